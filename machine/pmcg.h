/* Counter groups of a machine: software on the host sets every counter before the turns, as perf
 * would, and reads them after. */
#ifndef MACHINE_PMCG_H
#define MACHINE_PMCG_H

#include "driver/drv_pmcg.h"
#include "machine/config.h"
#include "machine/result.h"
#include "machine/tally.h"

/* A group as software has it. */
struct machine_group {
  struct drv_pmcg *drv;
  unsigned counter[SMMU_PMCG_EVENTS];
};

struct machine_pmcg {
  unsigned groups; /* 0: there are none */
  struct machine_group group[MACHINE_GROUPS];
  struct machine_tally tally;
};

/* How many groups the configuration asks for: 0, or one and one a TBU. */
unsigned machine_pmcg_groups(const struct machine_config *cfg);
/* Their configurations, groups of them. */
void machine_pmcg_configs(const struct machine_config *cfg, const struct smmu_config *device,
                          struct smmu_pmcg_config *out);

#endif
