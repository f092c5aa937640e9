/* A resource: slots, a latency, an interval between two starts, and a line of those who wait.
 * Served in order of arrival: a start is at the latest of arrival, the first free slot and the last
 * start + interval. Who was given a slot holds it from then on, also while the interval is not over
 * yet. Slots 0: nobody waits, nothing is held. */
#ifndef SMMU_ENGINE_RESOURCE_H
#define SMMU_ENGINE_RESOURCE_H

#include "smmu/timed.h"

#define RESOURCE_NOBODY 0xffffffffu

/* One for everybody who may wait, shared by all resources: nobody waits for two. */
struct resource_link {
  uint64_t arrived;
  uint32_t next;
  uint32_t pad;
};

struct resource {
  struct timed_resource given;
  struct resource_link *link;
  uint32_t taken;       /* slots */
  uint32_t first, last; /* of the line */
  uint32_t pad;
  uint64_t earliest; /* start of whoever comes next */
  struct timed_use use;
};

void resource_init(struct resource *r, const struct timed_resource *given,
                   struct resource_link *link);
/* `who` arrives. True: it starts at *start; false: it stands in line. */
bool resource_enter(struct resource *r, uint32_t who, uint64_t now, uint64_t *start);
/* Somebody who started at `started` leaves now. The first in line, who starts at *start, or
 * RESOURCE_NOBODY. */
uint32_t resource_leave(struct resource *r, uint64_t started, uint64_t now, uint64_t *start);

#endif
