/* Litmus programs on engine `timed`: the same threads, each operation at a time of its own. */
#ifndef LITMUS_RUN_ON_TIMED_H
#define LITMUS_RUN_ON_TIMED_H

#include "smmu/explore.h"
#include "smmu/timed.h"

/* Run the program once. Delays between operations, ties and victims follow the seed; *view is what
 * was seen. False: work was left and nothing could move. *forbidden: the program's predicate said
 * so at some end of an operation. slow_bus: the bus asks for more time now and then. */
bool on_timed_run(const struct explore_program *p, const struct timed_profile *profile,
                  uint64_t seed, bool slow_bus, struct explore_view *view, bool *forbidden);

#endif
