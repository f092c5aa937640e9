// Engine `timed`: what an ask costs when it takes its time, and against engine `now` (stepped) on
// the same work in the same memory. No gate. Neutral profile; an ask is one step of the core, with
// its events, lines and answers.
#include <algorithm>

#include "rig.hpp"
#include "smmu/timed.h"

namespace {

constexpr size_t pages = 1000, batch = 256, in_flight = 16;

// A device like the rig's, in the rig's memory, in the state the rig's is in.
class Timed {
public:
  explicit Timed(bench::Rig &rig)
  {
    timed_profile profile;
    engine_timed_options options = {};

    timed_profile_neutral(&profile);
    options.device = smmu_get_config(rig.device);
    options.profile = &profile;
    options.bus = engine_memory_bus(rig.memory);
    if (engine_timed_create(&engine, &options) != 0)
      std::abort();
    smmu_clone(engine_timed_device(engine), rig.device);
  }
  ~Timed()
  {
    engine_timed_destroy(engine);
  }
  Timed(const Timed &) = delete;
  Timed &operator=(const Timed &) = delete;

  uint64_t steps() const
  {
    engine_timed_stats stats;

    engine_timed_get_stats(engine, &stats);
    return stats.steps;
  }
  // All of it, at most `in_flight` at a time; the sum of what came out.
  uint64_t translate_all(const bench::Rig &rig, const std::vector<uint64_t> &vas)
  {
    engine_timed_done done;
    uint64_t ticket, sum = 0;
    size_t submitted = 0, ended = 0;

    while (ended < vas.size()) {
      for (; submitted < vas.size() && submitted - ended < in_flight; submitted++) {
        smmu_txn t = rig.read_of(vas[submitted]);
        if (engine_timed_submit(engine, &t, &ticket) != 0)
          break;
      }
      engine_timed_run_until(engine, engine_timed_next_time(engine));
      for (; engine_timed_poll(engine, &done); ended++)
        sum += done.result.pa;
    }
    return sum;
  }

  engine_timed *engine = nullptr;
};

void report(benchmark::State &state, const bench::Pair &best, double asks)
{
  state.counters["timed_ns"] = best.ours;
  state.counters["now_ns"] = best.bare;
  state.counters["ratio"] = best.ours / best.bare;
  state.counters["asks"] = asks;
  state.counters["ns_per_ask"] = best.ours / asks;
}

void TimedNested(benchmark::State &state)
{
  bench::Rig rig(bench::no_tlb, true);
  std::vector<uint64_t> vas = bench::random_pages(pages, 1), outs = bench::random_pages(pages, 2);
  bench::Pair best = {};
  uint64_t sum = 0, before, expected = 0;

  for (size_t i = 0; i < pages; i++) {
    rig.map(vas[i], outs[i]);
    expected += outs[i];
  }
  engine_now_set_fast(rig.engine, false);
  Timed timed(rig);
  before = timed.steps();
  sum = timed.translate_all(rig, vas);
  double asks = double(timed.steps() - before) / double(pages);
  if (sum != expected)
    state.SkipWithError("a translation is wrong");
  for (auto _ : state)
    best = bench::measure(
      21, double(pages), [&] { benchmark::DoNotOptimize(timed.translate_all(rig, vas)); },
      [&] {
        for (uint64_t va : vas)
          benchmark::DoNotOptimize(rig.translate(va));
      });
  report(state, best, asks);
}
BENCHMARK(TimedNested)->Name("timed/nested")->Iterations(1)->Unit(benchmark::kMillisecond);

void TimedTlbi(benchmark::State &state)
{
  bench::Rig rig(bench::one_tlb, false);
  Timed timed(rig);
  bench::Pair best = {};
  uint32_t prod = 0;
  uint64_t before, after = 0;
  auto ring = [&] {
    engine_timed_mmio_write(timed.engine, 0x98, prod, 4);
    engine_timed_run_until(timed.engine, ENGINE_NEVER);
  };

  before = timed.steps();
  for (auto _ : state)
    best = bench::measure(
      200, double(batch), ring, [&] { rig.commit(); },
      [&] {
        ring();
        rig.commit(); // both queues are empty
        for (size_t i = 0; i < batch; i++)
          rig.write_command(0x12 | bench::Rig::vmid << 32 | bench::Rig::asid << 48,
                            0x40000001 + (uint64_t(i) << 12));
        rig.write_command(0x46, 0);
        prod = (prod + batch + 1) & ((2u << bench::Rig::queue_log2) - 1);
      });
  ring();
  after = timed.steps();
  if (engine_timed_mmio_read(timed.engine, 0x9c, 4) != prod)
    state.SkipWithError("the command queue did not drain");
  report(state, best, double(after - before) / (2 * 200 * double(batch)));
}
BENCHMARK(TimedTlbi)->Name("timed/tlbi")->Iterations(1)->Unit(benchmark::kMillisecond);

} // namespace
