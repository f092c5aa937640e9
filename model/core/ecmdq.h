/* Enhanced command queues in the block, and what the files of the core ask of them. */
#ifndef SMMU_CORE_ECMDQ_H
#define SMMU_CORE_ECMDQ_H

#include "arch/ecmdq.h"
#include "core/core.h"

struct ecmdq {
  uint64_t ring[3]; /* RING_*: the three registers as they read, EN and ENACK included */
  struct cmdq queue;
};

static inline struct ecmdq *ecmdq_at(struct smmu *s, unsigned e)
{
  return (struct ecmdq *)at(s, s->off_ecmdqs) + e;
}

static inline const struct ecmdq *ecmdq_const(const struct smmu *s, unsigned e)
{
  return (const struct ecmdq *)at_const(s, s->off_ecmdqs) + e;
}

/* The error has been acknowledged, or there was none. */
static inline bool ecmdq_is_well(const uint64_t ring[3])
{
  return GET(ECMDQ_PROD, ERRACK, ring[RING_PROD]) == GET(ECMDQ_CONS, ERR, ring[RING_CONS]);
}

/* Software has it switched on; it may fetch. */
static inline bool ecmdq_is_asked(const uint64_t ring[3])
{
  return GET(ECMDQ_PROD, EN, ring[RING_PROD]) != 0;
}
static inline bool ecmdq_is_on(const uint64_t ring[3])
{
  return GET(ECMDQ_PROD, EN, ring[RING_PROD] & ring[RING_CONS]) && ecmdq_is_well(ring);
}

/* Are EN and ENACK of every queue 0? */
bool smmu_ecmdq_all_off(const struct smmu *s);
/* Is a handshake ready to be acknowledged? And: acknowledge one. */
bool smmu_ecmdq_is_ready(const struct smmu *s);
void smmu_ecmdq_acknowledge(struct smmu *s);

/* Does the offset from page 0 belong to them? Then these are the access. */
bool smmu_ecmdq_owns(const struct smmu *s, uint64_t offset);
uint64_t smmu_ecmdq_read(const struct smmu *s, uint64_t offset, unsigned bytes,
                         const struct smmu_hooks *h);
void smmu_ecmdq_write(struct smmu *s, uint64_t offset, uint64_t value, unsigned bytes,
                      const struct smmu_hooks *h);

#endif
