// Unmaps a minute of a whole machine on one core: guest driver, VCMDQ, model and clock, 64 virtual
// CPUs. The gate: at least a million. The scenario is vcmdq-64 of machine/scenarios, for one page a
// turn and for the 16 it has by itself; boot is not measured apart, so runs are long.
#if __has_include("machine/result.h")

#include <cstdlib>
#include <ctime>

#include "rig.hpp"

extern "C" {
#include "machine/config.h"
#include "machine/result.h"
}

namespace {

double cpu_seconds()
{
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// CPU time, since a whole machine is one thread and other work may share the core.
double unmaps_per_minute(const char *granule, const char *loops, uint64_t *unmaps)
{
  machine_config cfg;
  machine_error err;
  machine_result result;
  const machine_file *scenario = machine_file_find("scenarios", "vcmdq-64");
  double from;
  int code;

  *unmaps = 0;
  machine_config_defaults(&cfg);
  if (!scenario ||
      machine_config_text(&cfg, scenario->name, reinterpret_cast<const char *>(scenario->bytes),
                          scenario->length, &err) != 0 ||
      machine_config_set(&cfg, granule, &err) != 0 || machine_config_set(&cfg, loops, &err) != 0)
    return 0;
  from = cpu_seconds();
  code = machine_run(&cfg, nullptr, &result, &err);
  from = cpu_seconds() - from;
  *unmaps = code == 0 ? result.counts.unmaps : 0;
  machine_result_free(&result);
  return static_cast<double>(*unmaps) * 60 / from;
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

#endif
