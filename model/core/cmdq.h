/* The inside of the command queue consumer: one queue in one step, and what its two files share. */
#ifndef SMMU_CORE_CMDQ_H
#define SMMU_CORE_CMDQ_H

#include <string.h>

#include "arch/structs.h"
#include "core/queue.h"
#include "core/queues.h"

enum cmdq_phase {
  CMDQ_IDLE,
  CMDQ_FETCHED,
  CMDQ_INV_WALK,
  CMDQ_INV_TLB,
  CMDQ_INV_UTLB,
  CMDQ_INV_CFG,
  CMDQ_SEND,
  CMDQ_SENT,
  CMDQ_PREFETCH,
  CMDQ_STALL,
  CMDQ_CONSUME,
  CMDQ_DRAIN,
  CMDQ_SYNC,
  CMDQ_MSI,
  CMDQ_MSI_ABORTED,
  CMDQ_ERROR,
  CMDQ_GERROR,
  CMDQ_EVENT
};

/* One queue in one step. Queues differ in where their registers lie, in what lets them run, and in
 * who is told of an error. */
struct cmdq_view {
  struct smmu *s;
  struct cmdq *q;
  uint64_t *ring; /* RING_*; NULL: broadcast maintenance */
  const struct smmu_hooks *h;
  struct smmu_ask *ask;
  unsigned number; /* see queues.h */
};

static inline unsigned cmdq_log2size(const struct smmu *s, const uint64_t *ring)
{
  return queue_log2size(ring[RING_BASE], s->features.cmdqs);
}

/* By value: the view of a step can then live in registers. */
void cmdq_trace(struct cmdq_view v, unsigned category, unsigned result);

/* The work item is over; an event output that is due ends it. */
static inline void cmdq_rest(const struct cmdq_view *v)
{
  if (v->q->sev)
    ask_signal(v->ask, SMMU_SIGNAL_SEV);
  else
    v->ask->kind = SMMU_ASK_END;
  if (!v->ring)
    v->ask->key = v->q->phase == CMDQ_SYNC ? SMMU_DVM_SYNCED : SMMU_DVM_DONE;
  memset(v->q, 0, sizeof *v->q);
}

static inline void cmdq_stop(const struct cmdq_view *v, unsigned cerror)
{
  v->q->cerror = (uint8_t)cerror;
  v->q->phase = CMDQ_ERROR;
  ask_stage(v->ask, SMMU_STAGE_CMD);
}

static inline void cmdq_advance(const struct cmdq_view *v)
{
  unsigned q;

  VISIBLE(v->s);
  if (!v->ring) {
    smmu_dvm_pop(v->s);
    return;
  }
  q = cmdq_log2size(v->s, v->ring);
  if (v->h)
    cmdq_trace(*v, SMMU_TRACE_COMMAND, 0);
  /* Where events are supported, a full queue that is no longer full sends one. IHI 0070 4.1.2. */
  if (v->s->features.sev && queue_is_full(v->ring[RING_PROD], v->ring[RING_CONS], q))
    v->q->sev = 1;
  v->ring[RING_CONS] = PUT(CMDQ_CONS, ERR, queue_next(v->ring[RING_CONS], q), CERROR_NONE);
}

/* cmdq_end.c */
void cmdq_drain(const struct cmdq_view *v);
void cmdq_complete_sync(const struct cmdq_view *v);
void cmdq_msi_replied(const struct cmdq_view *v, const struct smmu_reply *reply);
void cmdq_signal_sync(const struct cmdq_view *v);
void cmdq_error(const struct cmdq_view *v);
void cmdq_tell(const struct cmdq_view *v);

#endif
