/* The counter groups of an engine: records to all of them, their register window, their interrupts.
 * Both engines that own groups go through here. */
#ifndef SMMU_ENGINE_PMCG_GROUP_H
#define SMMU_ENGINE_PMCG_GROUP_H

#include "smmu/pmcg.h"
#include "smmu/timed.h"

struct pmcg_groups {
  unsigned count;
  struct smmu_pmcg *group;
  struct engine_bus bus; /* for MSIs */
  void (*signal)(void *ctx, unsigned group, uint64_t time);
  void *ctx;
};

/* 0, SMMU_ERR_BADCFG or SMMU_ERR_NOMEM. */
int pmcg_groups_create(struct pmcg_groups **out, const struct smmu_pmcg_config *configs,
                       unsigned count, const struct engine_bus *bus);
void pmcg_groups_destroy(struct pmcg_groups *g);
void pmcg_groups_record(struct pmcg_groups *g, const struct smmu_record *record);
/* Offsets count from the first page of group 0; group n begins at n * SMMU_PMCG_SPAN. */
uint64_t pmcg_groups_read(struct pmcg_groups *g, uint64_t offset, unsigned bytes, uint64_t now);
void pmcg_groups_write(struct pmcg_groups *g, uint64_t offset, uint64_t value, unsigned bytes,
                       uint64_t now);
/* The first of their smmu_pmcg_next_time(). */
uint64_t pmcg_groups_next_time(const struct pmcg_groups *g);
void pmcg_groups_advance(struct pmcg_groups *g, uint64_t now);
/* Hand out the interrupts that are due. Nothing of the caller's may be half done. */
void pmcg_groups_deliver(struct pmcg_groups *g, uint64_t now);

#endif
