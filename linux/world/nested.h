/* The kernel as software on a machine (machine/software.h): in a guest of the machine's VMM, or on the bare
 * machine, in the loop of the benchmark. One a process, as any world. */
#ifndef LINUX_WORLD_NESTED_H
#define LINUX_WORLD_NESTED_H

#include "linux_world/world.h"
#include "machine/result.h"

/* Of `how` who watches counts: sink, log and ctx. As machine_run(); a kernel that stopped is
 * SMMU_ERR_DEADLOCK. *errors: lines the kernel logged at level 3 and below. */
int lx_nested_run(const struct machine_config *cfg, const struct lx_config *how,
                  struct machine_result *result, unsigned *errors, struct machine_error *err);
/* The same in the kernel's own loop, dma_map_benchmark; *said is what its interface reports. */
int lx_nested_bench(const struct machine_config *cfg, const struct lx_config *how,
                    struct machine_result *result, struct linux_bench_result *said,
                    struct machine_error *err);

#endif
