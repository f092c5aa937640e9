// A scenario of machine/scenarios, changed by settings, and what one run of it costs.
#ifndef BENCH_SCENARIO_HPP
#define BENCH_SCENARIO_HPP

#include <cstdint>
#include <initializer_list>

extern "C" {
#include "machine/config.h"
#include "machine/result.h"
}

namespace bench {

// False: there is no such scenario or setting.
bool scenario(machine_config *cfg, const char *name, std::initializer_list<const char *> settings);

// Seconds of CPU time: a whole machine is one thread, and other work may share the core. 0: it failed.
double run_seconds(const machine_config *cfg, const machine_sink *sink, uint64_t *unmaps);

} // namespace bench

#endif
