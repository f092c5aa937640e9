// Unmaps a minute of a whole machine on one core: guest driver, VCMDQ, model and clock, 64 virtual
// CPUs. The gate: at least a million. The scenario is vcmdq-64 of machine/scenarios, for one page a
// turn and for the 16 it has by itself; boot is not measured apart, so runs are long.
#include "rig.hpp"
#include "scenario.hpp"

namespace {

double unmaps_per_minute(const char *granule, const char *loops, uint64_t *unmaps)
{
  machine_config cfg;

  *unmaps = 0;
  if (!bench::scenario(&cfg, "vcmdq-64", { granule, loops }))
    return 0;
  return 60 / bench::run_seconds(&cfg, nullptr, unmaps) * static_cast<double>(*unmaps);
}

void unmaps(benchmark::State &state, const char *granule, const char *loops)
{
  uint64_t count = 0;
  double best = 0;

  for (auto _ : state) {
    double one = unmaps_per_minute(granule, loops, &count);

    best = one > best ? one : best;
    if (count == 0)
      state.SkipWithError("the machine did not run");
  }
  state.counters["unmaps_per_minute"] = best;
  state.counters["unmaps"] = static_cast<double>(count);
}

BENCHMARK_CAPTURE(unmaps, page, "bench.granule=4k", "bench.loops=1000")
  ->Name("gate/unmap_4k")
  ->Iterations(1)
  ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(unmaps, sixteen, "bench.granule=64k", "bench.loops=400")
  ->Name("gate/unmap_64k")
  ->Iterations(1)
  ->Unit(benchmark::kMillisecond);

} // namespace
