/* What tests of whole machines share: a configuration made of settings, and its run. */
#ifndef TESTS_MACHINE_KIT_H
#define TESTS_MACHINE_KIT_H

#include "machine/result.h"
#include "shim/gtest_c.h"

/* "bench.loops=20"; reports what is refused. */
void kit_set(struct machine_config *cfg, const char *assignment);
/* The defaults and these settings; NULL ends them. */
void kit_start(struct machine_config *cfg, const char *const *settings);
/* Runs it, without a recording; reports a failure, then false. */
bool kit_run(const struct machine_config *cfg, struct machine_result *result);

#endif
