/* Event queue writer: takes records from the event buffer and from stalled transactions, writes
 * them, and makes them visible. IHI 0070 3.5.2 to 3.5.5, 7.2, 7.3.1, 7.4. A record is visible (PROD
 * moves) only after its 32 bytes are. Not writable means lost: when full, OVFLG toggles; when
 * disabled or after an abort, silently. Records of stalled transactions are taken only when the
 * queue is writable, one between any two of the buffer at least and at most: neither kind holds up
 * the other. */
#include <string.h>

#include "arch/structs.h"
#include "core/core.h"
#include "core/msi.h"
#include "core/queue.h"
#include "util/bits.h"

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
 * or a stream of records would hold them up for ever. IRQ_CTRL waits for the PRI queue as well, which
 * may itself wait for a record to be taken. */
static bool must_rest(const struct shared *sh)
{
  return GET(CR0, EVENTQEN, ~sh->reg[R_CR0] & sh->reg[R_CR0ACK]) ||
         (sh->reg[R_IRQ_CTRL] != sh->reg[R_IRQ_CTRLACK] && !sh->priq.waiting);
}

bool smmu_evtq_can_move(const struct smmu *s)
{
  const struct shared *sh = shared_const(s);

  if (sh->evtq.phase != EVTQ_IDLE)
    return true;
  return !must_rest(sh) && (sh->evtq.count != 0 || smmu_stall_next(s) != SMMU_NO_INDEX);
}

static unsigned log2size(const struct smmu *s)
{
  return queue_log2size(shared_const(s)->reg[R_EVENTQ_BASE], s->features.eventqs);
}

static bool is_full(const struct smmu *s)
{
  const uint64_t *reg = shared_const(s)->reg;

  return queue_is_full(reg[R_EVENTQ_PROD], reg[R_EVENTQ_CONS], log2size(s));
}

static bool is_enabled(const struct smmu *s)
{
  const uint64_t *reg = shared_const(s)->reg;

  return GET(CR0, EVENTQEN, reg[R_CR0] & reg[R_CR0ACK]);
}

bool smmu_evtq_is_writable(const struct smmu *s)
{
  return is_enabled(s) && !is_full(s) && !(gerror_active(s) & MASK(GERROR, EVENTQ_ABT_ERR));
}

/* ---- merging ---- */

/* Bits of InputAddr that make a difference. IHI 0070 7.3.8 to 7.3.17. */
static uint64_t address_mask(uint64_t word0)
{
  switch (word0 & 0xff) {
  case EVENT_F_TRANSL_FORBIDDEN:
  case EVENT_F_WALK_EABT:
  case EVENT_F_TRANSLATION:
  case EVENT_F_ADDR_SIZE:
  case EVENT_F_ACCESS:
  case EVENT_F_PERMISSION:
  case EVENT_F_TLB_CONFLICT: return ~0xfffULL;
  default: return ~0ULL;
  }
}

bool smmu_evtq_has_equal(struct smmu *s, const uint64_t words[4])
{
  const struct evtq *q = &shared_of(s)->evtq;
  uint64_t mask = address_mask(words[0]);

  for (uint32_t i = 0; i < q->count; i++) {
    const uint64_t *w = slot_at(s, q->head + i)->words;

    if (w[0] == words[0] && w[1] == words[1] && !((w[2] ^ words[2]) & mask) && w[3] == words[3])
      return true;
  }
  return false;
}

/* ---- one record ---- */

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

/* The words of the record being written. */
static void current(struct smmu *s, uint64_t words[4])
{
  const struct evtq *q = &shared_of(s)->evtq;

  if (q->stalled)
    smmu_stall_record(s, q->stalled - 1u, words);
  else
    memcpy(words, slot_at(s, q->head)->words, 32);
}

/* It is written, or lost. */
static void done(struct smmu *s)
{
  struct evtq *q = &shared_of(s)->evtq;
  unsigned stalled = q->stalled;

  q->phase = EVTQ_IDLE;
  q->stalled = 0;
  if (stalled)
    smmu_stall_end_record(s, stalled - 1);
  else
    pop(s);
}

static void trace_event(struct smmu *s, unsigned category, const struct smmu_hooks *h)
{
  struct smmu_record r = { 0 };
  uint64_t w[4];

  if (!h)
    return;
  current(s, w);
  r.category = (uint8_t)category;
  r.word = w[0];
  r.addr_in = w[2];
  r.addr_out = w[1];
  r.sid = (uint32_t)(w[0] >> 32);
  r.result = (uint16_t)(w[0] & 0xff);
  trace_put(h, &r);
}

void smmu_evtq_discard(struct smmu *s, const struct smmu_hooks *h)
{
  while (shared_of(s)->evtq.count) {
    trace_event(s, SMMU_TRACE_EVENT_LOST, h);
    pop(s);
  }
}

/* Whose record is next: a stalled transaction's or the oldest of the buffer. False: nobody's any
 * more. */
static bool choose(struct smmu *s)
{
  struct evtq *q = &shared_of(s)->evtq;
  uint32_t stalled = q->yield && q->count ? SMMU_NO_INDEX : smmu_stall_next(s);

  q->yield = stalled != SMMU_NO_INDEX;
  if (!q->yield)
    return q->count != 0;
  q->stalled = (uint16_t)(1 + stalled);
  q->turn = (uint16_t)((stalled + 1) % s->slots);
  smmu_stall_begin_record(s, stalled);
  return true;
}

static void ask_write(struct smmu *s, struct smmu_ask *ask)
{
  const uint64_t *reg = shared_of(s)->reg;
  unsigned q = log2size(s);

  shared_of(s)->evtq.phase = EVTQ_WRITTEN;
  ask->kind = SMMU_ASK_WRITE;
  ask->stage = SMMU_STAGE_EVENT_WRITE;
  ask->addr = queue_entry(reg[R_EVENTQ_BASE], q, 5, queue_index(reg[R_EVENTQ_PROD], q));
  ask->len = 32;
  current(s, ask->data);
}

/* Look at the queue; either ask for the write or drop the record. */
static void take(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);

  VISIBLE(s);
  ask->kind = SMMU_ASK_END;
  if (!choose(s)) {
    sh->evtq.phase = EVTQ_IDLE;
    return;
  }
  if (smmu_evtq_is_writable(s)) {
    ask_write(s, ask);
    return;
  }
  if (is_enabled(s) && is_full(s) && !((sh->reg[R_EVENTQ_PROD] ^ sh->reg[R_EVENTQ_CONS]) & OVFLG))
    sh->reg[R_EVENTQ_PROD] ^= OVFLG;
  trace_event(s, SMMU_TRACE_EVENT_LOST, h);
  done(s);
}

static void publish(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);
  unsigned q = log2size(s);
  bool was_empty = queue_used(sh->reg[R_EVENTQ_PROD], sh->reg[R_EVENTQ_CONS], q) == 0;

  VISIBLE(s);
  trace_event(s, SMMU_TRACE_EVENT, h);
  sh->reg[R_EVENTQ_PROD] = queue_next(sh->reg[R_EVENTQ_PROD], q);
  done(s);
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
  done(s);
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
