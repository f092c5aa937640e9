// Lines of a recorded QEMU log a second, from the compressed file through reader, model and
// comparison. The gate: at least 200,000. Run from the root of the source tree.
#if __has_include("traces/replay.h")

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>

#include "rig.hpp"

extern "C" {
#include "traces/replay.h"
}

namespace {

const char *folder()
{
  const char *chosen = std::getenv("SMMULATOR_BENCH_RUN");

  return chosen ? chosen : "traces/recorded/A-strict-nvme";
}

// One pass over the log; snapshots are loaded before the clock starts. 0 when it cannot be read.
double lines_per_second(const char *profile, uint64_t *lines, bool *differs)
{
  replay_options opt = {};
  replay *r = nullptr;
  trace_error err = {};
  trace_source *source = nullptr;
  trace_reader *reader = nullptr;
  trace_line line;
  std::string log = std::string(folder()) + "/qemu-smmu.log.zst";

  *lines = 0;
  opt.tlb_profile = profile;
  if (replay_create(&r, &opt, &err) != 0)
    return 0;
  if (replay_load_folder(r, folder(), &err) != 0 ||
      trace_source_open(&source, log.c_str(), &err) != 0 ||
      trace_reader_create(&reader, source) != 0) {
    replay_destroy(r);
    return 0;
  }
  auto from = std::chrono::steady_clock::now();
  while (trace_reader_next(reader, &line)) {
    replay_feed(r, &line);
    ++*lines;
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
  *differs = replay_results_differ(replay_get_results(r));
  trace_reader_destroy(reader);
  replay_destroy(r);
  return double(*lines) / took.count();
}

void run(benchmark::State &state, const char *profile)
{
  double best = 0;
  uint64_t lines = 0;
  bool differs = false;

  for (auto _ : state)
    for (unsigned i = 0; i < 7; i++)
      best = std::max(best, lines_per_second(profile, &lines, &differs));
  if (best == 0 || differs)
    state.SkipWithError("the recording cannot be replayed");
  state.counters["lines_per_second"] = best;
  state.counters["lines"] = double(lines);
}

void GateReplay(benchmark::State &state)
{
  run(state, "qemu");
}
BENCHMARK(GateReplay)->Name("gate/replay")->Iterations(1)->Unit(benchmark::kMillisecond);

void Replay(benchmark::State &state, const char *profile)
{
  run(state, profile);
}
BENCHMARK_CAPTURE(Replay, no_caches, "none")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Replay, neutral, "neutral")->Iterations(1)->Unit(benchmark::kMillisecond);

} // namespace

#endif
