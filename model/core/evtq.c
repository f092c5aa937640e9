/* Event queue writer: takes records from the event buffer, writes them, and makes them visible.
 * IHI 0070 3.5.2, 3.5.3, 7.2, 7.3. A record is visible (PROD moves) only after its 32 bytes are.
 * Not writable means lost: when full, OVFLG toggles; when disabled or after an abort, silently.
 * Left out: merging (STE.MEV), stall records. */
#include <string.h>

#include "arch/structs.h"
#include "core/core.h"
#include "core/msi.h"
#include "core/queue.h"

enum evtq_phase {
  EVTQ_IDLE,
  EVTQ_TAKE,
  EVTQ_WRITTEN,
  EVTQ_PUBLISH,
  EVTQ_ABORTED,
  EVTQ_MSI,
  EVTQ_MSI_ABORTED
};

#define OVFLG (1ULL << 31)

static struct event_slot *slot_at(struct smmu *s, uint32_t i)
{
  return (struct event_slot *)at(s, s->off_events) + i % s->config.events;
}

bool smmu_evtq_has_room(const struct smmu *s)
{
  return shared_const(s)->evtq.count < s->config.events;
}

void smmu_evtq_push(struct smmu *s, const uint64_t words[4])
{
  struct evtq *q = &shared_of(s)->evtq;

  memcpy(slot_at(s, q->head + q->count)->words, words, sizeof slot_at(s, 0)->words);
  q->count++;
  smmu_wake_evtq(s);
  smmu_wake_no_room(s);
}

/* EVENTQEN going to 0 and IRQ_CTRL wait for rest: no record is taken before they are acknowledged,
 * or a stream of records would hold them up for ever. */
static bool must_rest(const struct shared *sh)
{
  return GET(CR0, EVENTQEN, ~sh->reg[R_CR0] & sh->reg[R_CR0ACK]) ||
         sh->reg[R_IRQ_CTRL] != sh->reg[R_IRQ_CTRLACK];
}

bool smmu_evtq_can_move(const struct smmu *s)
{
  const struct shared *sh = shared_const(s);

  return sh->evtq.phase != EVTQ_IDLE || (sh->evtq.count != 0 && !must_rest(sh));
}

static unsigned log2size(const struct smmu *s)
{
  return queue_log2size(shared_const(s)->reg[R_EVENTQ_BASE], s->features.eventqs);
}

static void pop(struct smmu *s)
{
  struct evtq *q = &shared_of(s)->evtq;

  memset(slot_at(s, q->head), 0, sizeof(struct event_slot));
  q->head = (q->head + 1) % s->config.events;
  if (--q->count == 0)
    q->head = 0; /* one representation of "empty": equal meanings compare equal */
  smmu_sync_record_gone(s);
  smmu_wake_room(s);
}

static void trace_event(struct smmu *s, unsigned category, const struct smmu_hooks *h)
{
  const uint64_t *w = slot_at(s, shared_of(s)->evtq.head)->words;
  struct smmu_record r = { 0 };

  if (!h)
    return;
  r.category = (uint8_t)category;
  r.word = w[0];
  r.addr_in = w[2];
  r.addr_out = w[1];
  r.sid = (uint32_t)(w[0] >> 32);
  r.result = (uint16_t)(w[0] & 0xff);
  trace_put(h, &r);
}

/* Look at the queue; either ask for the write or drop the record. */
static void take(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);
  unsigned q = log2size(s);
  uint64_t prod = sh->reg[R_EVENTQ_PROD], cons = sh->reg[R_EVENTQ_CONS];
  bool enabled = GET(CR0, EVENTQEN, sh->reg[R_CR0] & sh->reg[R_CR0ACK]);
  bool full = queue_is_full(prod, cons, q);

  VISIBLE(s);
  if (enabled && !full && !(gerror_active(s) & MASK(GERROR, EVENTQ_ABT_ERR))) {
    sh->evtq.phase = EVTQ_WRITTEN;
    ask->kind = SMMU_ASK_WRITE;
    ask->stage = SMMU_STAGE_EVENT_WRITE;
    ask->addr = queue_entry(sh->reg[R_EVENTQ_BASE], q, 5, queue_index(prod, q));
    ask->len = 32;
    memcpy(ask->data, slot_at(s, sh->evtq.head)->words, 32);
    return;
  }
  if (enabled && full && !((prod ^ cons) & OVFLG))
    sh->reg[R_EVENTQ_PROD] ^= OVFLG;
  trace_event(s, SMMU_TRACE_EVENT_LOST, h);
  sh->evtq.phase = EVTQ_IDLE;
  pop(s);
  ask->kind = SMMU_ASK_END;
}

static void publish(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);
  unsigned q = log2size(s);
  bool was_empty = queue_used(sh->reg[R_EVENTQ_PROD], sh->reg[R_EVENTQ_CONS], q) == 0;

  VISIBLE(s);
  trace_event(s, SMMU_TRACE_EVENT, h);
  sh->reg[R_EVENTQ_PROD] = queue_next(sh->reg[R_EVENTQ_PROD], q);
  sh->evtq.phase = EVTQ_IDLE;
  pop(s);
  ask->kind = SMMU_ASK_END;
  if (!was_empty || !GET(IRQ_CTRLACK, EVENTQ_IRQEN, sh->reg[R_IRQ_CTRLACK]))
    return;
  if (msi_ask(s, R_EVENTQ_IRQ_CFG0, ask))
    sh->evtq.phase = EVTQ_MSI;
  else
    ask_signal(ask, SMMU_SIGNAL_EVENTQ);
}

/* The record that could not be written is gone; the queue stays unwritable until software
 * acknowledges. */
static void aborted(struct smmu *s, const struct smmu_hooks *h)
{
  VISIBLE(s);
  smmu_gerror_raise(s, MASK(GERROR, EVENTQ_ABT_ERR));
  trace_event(s, SMMU_TRACE_EVENT_LOST, h);
  shared_of(s)->evtq.phase = EVTQ_IDLE;
  pop(s);
}

static void after_write(struct smmu *s, const struct smmu_reply *reply, unsigned ok_phase,
                        unsigned abort_phase, struct smmu_ask *ask)
{
  bool ok = !reply || reply->status == SMMU_BUS_OK;

  shared_of(s)->evtq.phase = (uint8_t)(ok ? ok_phase : abort_phase);
  ask_stage(ask, SMMU_STAGE_EVENT);
}

void smmu_evtq_step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                    struct smmu_ask *ask)
{
  struct evtq *q = &shared_of(s)->evtq;
  const uint64_t *reg = shared_of(s)->reg;

  ask->kind = SMMU_ASK_NONE;
  switch (q->phase) {
  case EVTQ_IDLE:
    if (!smmu_evtq_can_move(s))
      break;
    q->phase = EVTQ_TAKE;
    ask_stage(ask, SMMU_STAGE_EVENT);
    break;
  case EVTQ_TAKE: take(s, h, ask); break;
  case EVTQ_WRITTEN: after_write(s, reply, EVTQ_PUBLISH, EVTQ_ABORTED, ask); break;
  case EVTQ_PUBLISH: publish(s, h, ask); break;
  case EVTQ_ABORTED:
    aborted(s, h);
    ask->kind = SMMU_ASK_END;
    break;
  case EVTQ_MSI:
    after_write(s, reply, EVTQ_IDLE, EVTQ_MSI_ABORTED, ask);
    if (q->phase == EVTQ_IDLE)
      ask_signal(ask, SMMU_SIGNAL_EVENTQ);
    break;
  default: /* EVTQ_MSI_ABORTED */
    VISIBLE(s);
    smmu_gerror_raise(s, MASK(GERROR, MSI_EVENTQ_ABT_ERR));
    q->phase = EVTQ_IDLE;
    ask_signal(ask, SMMU_SIGNAL_EVENTQ);
    break;
  }
  smmu_wake_evtq(s);
  if (q->phase == EVTQ_IDLE &&
      (reg[R_CR0] != reg[R_CR0ACK] || reg[R_IRQ_CTRL] != reg[R_IRQ_CTRLACK]))
    smmu_wake_ack(s); /* CR0.EVENTQEN and IRQ_CTRL wait for rest */
}
