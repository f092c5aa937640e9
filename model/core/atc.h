/* Messages to endpoints, and the invalidations of their ATCs that are on their way. Nothing of it
 * is there on a device without ATS. A tag is 32 x the number of the queue + its index there. */
#ifndef SMMU_CORE_ATC_H
#define SMMU_CORE_ATC_H

#include "core/core.h"

enum { ATC_TAGS = 32 }; /* a queue has so many invalidations on their way, as an endpoint's ITag */

struct atc {
  uint32_t out;    /* bit i: index i waits for its answer */
  uint32_t failed; /* one was never answered: the next CMD_SYNC says so */
  uint32_t sid[ATC_TAGS];
};

static inline struct atc *atc_at(struct smmu *s, unsigned number)
{
  return (struct atc *)at(s, s->off_atc) + number;
}

static inline const struct atc *atc_const(const struct smmu *s, unsigned number)
{
  return (const struct atc *)at_const(s, s->off_atc) + number;
}

/* Can queue `number` send one more? */
bool smmu_atc_has_tag(const struct smmu *s, unsigned number);
/* CMD_ATC_INV or CMD_PRI_RESP of a queue to an endpoint. */
void smmu_atc_send(struct smmu *s, unsigned number, const uint64_t words[2],
                   const struct smmu_hooks *h, struct smmu_ask *ask);
/* Is everything answered that a CMD_SYNC of this queue waits for? */
bool smmu_atc_is_done(const struct smmu *s, unsigned number);
/* Was something not? Forgotten by asking. */
bool smmu_atc_take_failure(struct smmu *s, unsigned number);

/* Any message. */
void smmu_message_ask(const struct smmu_message *m, unsigned unit, const struct smmu_hooks *h,
                      struct smmu_ask *ask);

#endif
