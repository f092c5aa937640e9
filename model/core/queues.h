/* Command queues by number: 0 is the SMMU's own, then come the VCMDQs of CMDQV, then the enhanced
 * command queues, then the input for broadcast maintenance, which has no ring in memory. */
#ifndef SMMU_CORE_QUEUES_H
#define SMMU_CORE_QUEUES_H

#include <stddef.h>

#include "core/cmdqv.h"
#include "core/dvm.h"
#include "core/ecmdq.h"

enum queue_kind { QUEUE_OWN, QUEUE_VCMDQ, QUEUE_ECMDQ, QUEUE_DVM };

static inline enum queue_kind queue_kind(const struct smmu *s, unsigned number)
{
  if (number == 0)
    return QUEUE_OWN;
  if (number <= s->n_vcmdqs)
    return QUEUE_VCMDQ;
  return number <= s->n_vcmdqs + s->n_ecmdqs ? QUEUE_ECMDQ : QUEUE_DVM;
}

static inline unsigned queue_of_vcmdq(unsigned vcmdq)
{
  return 1 + vcmdq;
}
static inline unsigned queue_of_ecmdq(const struct smmu *s, unsigned ecmdq)
{
  return 1 + s->n_vcmdqs + ecmdq;
}
static inline unsigned queue_of_dvm(const struct smmu *s)
{
  return 1 + s->n_vcmdqs + s->n_ecmdqs;
}
/* The way back. */
static inline unsigned vcmdq_of_queue(unsigned number)
{
  return number - 1;
}
static inline unsigned ecmdq_of_queue(const struct smmu *s, unsigned number)
{
  return number - 1 - s->n_vcmdqs;
}

static inline const struct cmdq *cmdq_const(const struct smmu *s, unsigned number)
{
  switch (queue_kind(s, number)) {
  case QUEUE_OWN: return &shared_const(s)->cmdq;
  case QUEUE_VCMDQ: return &vcmdq_const(s, vcmdq_of_queue(number))->queue;
  case QUEUE_ECMDQ: return &ecmdq_const(s, ecmdq_of_queue(s, number))->queue;
  default: return &dvm_const(s)->queue;
  }
}

static inline struct cmdq *cmdq_at(struct smmu *s, unsigned number)
{
  return (struct cmdq *)(uintptr_t)cmdq_const(s, number);
}

/* RING_* of a queue; NULL where there is none. */
static inline const uint64_t *ring_const(const struct smmu *s, unsigned number)
{
  switch (queue_kind(s, number)) {
  case QUEUE_OWN: return &shared_const(s)->reg[R_CMDQ_BASE];
  case QUEUE_VCMDQ: return vcmdq_const(s, vcmdq_of_queue(number))->ring;
  case QUEUE_ECMDQ: return ecmdq_const(s, ecmdq_of_queue(s, number))->ring;
  default: return NULL;
  }
}

static inline uint64_t *ring_at(struct smmu *s, unsigned number)
{
  return (uint64_t *)(uintptr_t)ring_const(s, number);
}

#endif
