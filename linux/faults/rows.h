/* The rows of faults.def as data. */
#ifndef LINUX_FAULTS_ROWS_H
#define LINUX_FAULTS_ROWS_H

enum fault_scenario { FAULT_PROBE, FAULT_STRICT, FAULT_CROWD, FAULT_LAZY, FAULT_SVA, FAULT_TWO };

/* Behind them: as the guest of a VMM, its queue emulated or its own. */
enum { FAULT_TRAPPED = FAULT_TWO + 1, FAULT_VCMDQ };

struct fault {
  const char *name, *variant;
  enum fault_scenario scenario;
  const char *rule, *what;
};

static const struct fault faults[] = {
#define FAULT(name, file, variant, scenario, rule, what) \
  { file, variant, FAULT_##scenario, rule, what },
#include "linux_faults/faults.def"
#undef FAULT
};

enum { FAULTS = sizeof faults / sizeof faults[0] };

#endif
