// What watching costs: a run with verdicts, rules and places, as a multiple of the same run without.
// The gate: less than twice, strict and lazy.
#include <algorithm>

#include "rig.hpp"
#include "scenario.hpp"

extern "C" {
#include "plat/place.h"
#include "watch/check.h"
#include "watch/watch.h"
}

namespace {

struct Watched {
  struct watch *watch = watch_create(nullptr);
  struct check *check = check_create(nullptr);
  plat_places *places = plat_places_create(0);
  uint64_t skipped = 0;

  Watched() = default;
  Watched(const Watched &) = delete;
  Watched &operator=(const Watched &) = delete;
  ~Watched()
  {
    watch_destroy(watch);
    check_destroy(check);
    plat_places_destroy(places);
  }
};

// As the tool does it.
void record(void *ctx, const smmu_record *r)
{
  Watched *w = static_cast<Watched *>(ctx);

  if (watch_is_of_time(r)) {
    w->skipped++;
    return;
  }
  watch_skip(w->watch, w->skipped);
  check_skip(w->check, w->skipped);
  w->skipped = 0;
  watch_record(w->watch, r);
  check_record(w->check, r);
}

// Least of five each, in turns.
void cost(benchmark::State &state, const char *name, const char *loops, const char *mode)
{
  machine_config cfg;
  double alone = 1e9, watched = 1e9;
  uint64_t unmaps = 0;

  if (!bench::scenario(&cfg, name, { loops, mode })) {
    state.SkipWithError("no such scenario");
    return;
  }
  for (auto _ : state) {
    for (int i = 0; i < 5; i++) {
      Watched w;
      const machine_sink sink = { &w, record, w.places };

      alone = std::min(alone, bench::run_seconds(&cfg, nullptr, &unmaps));
      watched = std::min(watched, bench::run_seconds(&cfg, &sink, &unmaps));
      if (unmaps == 0 || check_findings(w.check, CHECK_FINDING) != 0)
        state.SkipWithError("the run failed, or was not clean");
    }
  }
  state.counters["times"] = watched / alone;
}

void strict(benchmark::State &state, const char *name, const char *loops)
{
  cost(state, name, loops, "guest.dma=strict");
}

void lazy(benchmark::State &state, const char *name, const char *loops)
{
  cost(state, name, loops, "guest.dma=lazy");
}

#define WATCHED(mode, title, name, loops) \
  BENCHMARK_CAPTURE(mode, title, name, loops) \
    ->Name("watched/" #mode "/" name) \
    ->Iterations(1) \
    ->Unit(benchmark::kMillisecond)

WATCHED(strict, ats, "dma-map-ats", "bench.loops=5000");
WATCHED(strict, trapped, "dma-map-trapped", "bench.loops=5000");
WATCHED(strict, vcmdq, "dma-map-vcmdq", "bench.loops=5000");
WATCHED(strict, grace, "grace-2t-256k", "bench.loops=2000");
WATCHED(strict, many, "vcmdq-64", "bench.loops=400");
WATCHED(lazy, ats, "dma-map-ats", "bench.loops=20000");
WATCHED(lazy, trapped, "dma-map-trapped", "bench.loops=20000");
WATCHED(lazy, vcmdq, "dma-map-vcmdq", "bench.loops=20000");
WATCHED(lazy, grace, "grace-2t-256k", "bench.loops=10000");
WATCHED(lazy, many, "vcmdq-64", "bench.loops=1000");

} // namespace
