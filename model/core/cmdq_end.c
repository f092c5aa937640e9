/* How a command queue's CMD_SYNC completes, and how an error stops it. What a CMD_SYNC waits for is in
 * sync.c; then CONS moves, and only then is completion signalled. An error leaves CONS at its
 * command, and ERR is visible before GERROR. IHI 0070 4.7.3, 7.1, 7.5. */
#include "core/atc.h"
#include "core/cmdq.h"
#include "util/check.h"

/* By value: the view of a step can then live in registers. */
void cmdq_trace(struct cmdq_view v, unsigned category, unsigned result)
{
  struct smmu_record r = { 0 };

  if (!v.h)
    return;
  r.category = (uint8_t)category;
  r.addr_out = v.q->words[0];
  r.word = v.q->words[1];
  r.slot = v.ring ? queue_index(v.ring[RING_CONS], cmdq_log2size(v.s, v.ring)) : 0;
  r.result = (uint16_t)result;
  r.actor = (uint16_t)actor_cmdq(v.s, v.number);
  r.unit = (uint16_t)v.number;
  trace_put(v.h, &r);
}

void cmdq_drain(const struct cmdq_view *v)
{
  struct cmdq *q = v->q;

  VISIBLE(v->s);
  if (!q->waiting) /* records of answers already given; later ones need not wait */
    q->records = shared_of(v->s)->evtq.count;
  q->waiting = !smmu_sync_is_drained(v->s, v->number);
  if (q->waiting) {
    ask_wait(v->ask, SMMU_WAIT_DRAIN);
    return;
  }
  if (smmu_atc_take_failure(v->s, v->number)) {
    cmdq_stop(v, CERROR_ATC_INV_SYNC);
    return;
  }
  q->phase = CMDQ_SYNC;
  ask_stage(v->ask, SMMU_STAGE_SYNC);
}

/* The wired interrupt of a CMD_SYNC, then the event output if one is due as well. */
void cmdq_signal_sync(const struct cmdq_view *v)
{
  bool sev = v->q->sev;

  memset(v->q, 0, sizeof *v->q);
  v->q->sev = sev;
  v->q->phase = sev ? CMDQ_EVENT : CMDQ_IDLE;
  ask_signal(v->ask, SMMU_SIGNAL_CMD_SYNC);
}

/* CONS moves; how completion is told comes after, in steps of its own. SIG_IRQ is the MSI, where
 * there is one, and the wired interrupt. IHI 0070 4.7.3. */
void cmdq_complete_sync(const struct cmdq_view *v)
{
  struct cmdq *q = v->q;
  uint64_t address = FGET(SYNC, MSIAddress, q->words) << 2;
  unsigned cs = (unsigned)FGET(SYNC, CS, q->words);

  cmdq_advance(v);
  cmdq_trace(*v, SMMU_TRACE_SYNC, 0);
  if (cs == 1 && v->s->features.msi && address != 0) {
    v->ask->kind = SMMU_ASK_WRITE;
    v->ask->stage = SMMU_STAGE_MSI;
    v->ask->addr = address & bits_low(v->s->features.oas);
    v->ask->len = 4;
    v->ask->data[0] = FGET(SYNC, MSIData, q->words);
    q->phase = CMDQ_MSI;
    return;
  }
  if (cs == 2 && v->s->features.sev)
    q->sev = 1;
  if (cs == 1)
    cmdq_signal_sync(v);
  else
    cmdq_rest(v);
}

void cmdq_error(const struct cmdq_view *v)
{
  CHECK(v->ring); /* what has no ring makes no errors */
  VISIBLE(v->s);
  cmdq_trace(*v, SMMU_TRACE_CERROR, v->q->cerror);
  if (queue_kind(v->s, v->number) == QUEUE_ECMDQ) {
    v->ring[RING_CONS] = PUT(ECMDQ_CONS, ERR_REASON, v->ring[RING_CONS], v->q->cerror);
    v->ring[RING_CONS] ^= MASK(ECMDQ_CONS, ERR);
  } else {
    v->ring[RING_CONS] = PUT(CMDQ_CONS, ERR, v->ring[RING_CONS], v->q->cerror);
  }
  v->q->phase = CMDQ_GERROR;
  ask_stage(v->ask, SMMU_STAGE_REGISTER);
}

/* The acknowledger raises the interrupt of GERROR; a VCMDQ ends with CMDQV's. */
void cmdq_tell(const struct cmdq_view *v)
{
  bool interrupt = false;

  VISIBLE(v->s);
  switch (queue_kind(v->s, v->number)) {
  case QUEUE_OWN: smmu_gerror_raise(v->s, MASK(GERROR, CMDQ_ERR)); break;
  case QUEUE_VCMDQ:
    interrupt =
      smmu_vcmdq_raise(v->s, vcmdq_of_queue(v->number), (uint32_t)MASK(VCMDQ_GERROR, CMDQ_ERR));
    break;
  default: smmu_gerror_raise(v->s, MASK(GERROR, CMDQP_ERR)); break;
  }
  cmdq_rest(v);
  if (interrupt)
    ask_signal(v->ask, SMMU_SIGNAL_CMDQV);
}

void cmdq_msi_replied(const struct cmdq_view *v, const struct smmu_reply *reply)
{
  if (!reply || reply->status == SMMU_BUS_OK) {
    cmdq_signal_sync(v);
    return;
  }
  v->q->phase = CMDQ_MSI_ABORTED;
  ask_stage(v->ask, SMMU_STAGE_REGISTER);
}
