/* What the files of a counter group share. */
#ifndef SMMU_ENGINE_PMCG_H
#define SMMU_ENGINE_PMCG_H

#include "arch/pmcg.h"
#include "smmu/pmcg.h"
#include "util/bits.h"

/* One bit for each counter there is. */
static inline uint64_t pmcg_all(const struct smmu_pmcg *p)
{
  return bits_low(p->config.counters);
}

static inline bool pmcg_is_wide(const struct smmu_pmcg *p)
{
  return p->config.counter_bits > 32;
}

/* Whose transaction it is; without `known` nobody can tell, and only filters that pass all
 * StreamIDs let it pass. */
struct pmcg_who {
  uint32_t sid;
  bool known;
};

/* The event has happened, now. */
void pmcg_count(struct smmu_pmcg *p, unsigned event, struct pmcg_who who);
/* Does the group count this event at all? */
bool pmcg_supports(const struct smmu_pmcg *p, unsigned event);
/* To be called when an enable or an event type has changed. */
void pmcg_refresh(struct smmu_pmcg *p);
/* All counters into their shadows. */
void pmcg_capture(struct smmu_pmcg *p);

#endif
