/* PRI queue writer: takes Page Requests from their buffer, writes them, makes them visible, or
 * answers them itself when it cannot. IHI 0070 3.9, 8, 8.1 to 8.3, 6.3.33 to 6.3.36, 6.3.97, 6.3.98.
 * Last=1 and Stop markers: a response goes to each Page Request while PRIQEN does not count or after
 * an abort, and to the last of its group in an overflow; never to a Stop marker. Reading STE.PPAR is
 * in priq_ppar.c. */
#include "core/priq.h"

#include <string.h>

#include "arch/structs.h"
#include "core/atc.h"
#include "core/msi.h"
#include "core/queue.h"
#include "core/queues.h"

#define OVFLG (1ULL << 31)

/* ---- the buffer ---- */

static struct pri_slot *slot_at(struct smmu *s, uint32_t i)
{
  return (struct pri_slot *)at(s, s->off_pri) + i % s->config.page_requests;
}

const uint64_t *priq_head(struct smmu *s)
{
  return slot_at(s, shared_of(s)->priq.head)->words;
}

static void trace(struct smmu *s, unsigned category, const uint64_t *w, const struct smmu_hooks *h)
{
  struct smmu_record r = { 0 };

  if (!h)
    return;
  r.category = (uint8_t)category;
  r.word = w[0];
  r.addr_in = FGET(PRI, PageAddr, w) << 12;
  r.addr_out = w[1];
  r.sid = (uint32_t)FGET(PRI, SID, w);
  r.ssid = (uint32_t)FGET(PRI, SSID, w);
  r.slot = (uint32_t)FGET(PRI, PRGIndex, w);
  r.actor = (uint16_t)actor_priq(s);
  trace_put(h, &r);
}

static void pop(struct smmu *s)
{
  struct priq *q = &shared_of(s)->priq;

  memset(slot_at(s, q->head), 0, sizeof(struct pri_slot));
  q->head = (q->head + 1) % s->config.page_requests;
  if (--q->count == 0)
    q->head = 0; /* one representation of "empty": equal meanings compare equal */
}

int smmu_pri_request(struct smmu *s, const struct smmu_pri *p, const struct smmu_hooks *hooks)
{
  struct priq *q = &shared_of(s)->priq;
  bool ssv = p->ssv && s->features.ssidsize;
  uint64_t w[2] = { 0 };

  if (!s->features.pri || p->group > 0x1ff || p->ssid > 0xfffff)
    return SMMU_ERR_BADARG;
  if (q->count == s->config.page_requests)
    return SMMU_ERR_NOSLOT;
  FPUT(PRI, SID, w, p->sid);
  FPUT(PRI, SSV, w, ssv);
  FPUT(PRI, SSID, w, ssv ? p->ssid : 0);
  FPUT(PRI, Priv, w, ssv && p->privileged);
  FPUT(PRI, X, w, ssv && p->exec);
  FPUT(PRI, R, w, p->read != 0);
  FPUT(PRI, W, w, p->write != 0);
  FPUT(PRI, Last, w, p->last != 0);
  FPUT(PRI, PRGIndex, w, p->group);
  FPUT(PRI, PageAddr, w, p->addr >> 12);
  memcpy(slot_at(s, q->head + q->count)->words, w, sizeof w);
  q->count++;
  trace(s, SMMU_TRACE_PAGE_REQUEST, w, hooks);
  smmu_wake_priq(s);
  return SMMU_OK;
}

/* ---- when it moves ---- */

/* PRIQEN counts with SMMUEN. */
static bool is_enabled(const struct smmu *s)
{
  const uint64_t *reg = shared_const(s)->reg;

  return smmu_enabled(s) && GET(CR0, PRIQEN, reg[R_CR0] & reg[R_CR0ACK]);
}

/* PRIQEN or SMMUEN going to 0 and IRQ_CTRL wait for rest: nothing is taken before they are
 * acknowledged, or a stream of requests would hold them up for ever. */
static bool must_rest(const struct shared *sh)
{
  uint64_t falling = ~sh->reg[R_CR0] & sh->reg[R_CR0ACK];

  return (falling & (MASK(CR0, PRIQEN) | MASK(CR0, SMMUEN))) ||
         sh->reg[R_IRQ_CTRL] != sh->reg[R_IRQ_CTRLACK];
}

bool smmu_priq_can_move(const struct smmu *s)
{
  const struct shared *sh = shared_const(s);

  if (sh->priq.phase == PRIQ_IDLE)
    return sh->priq.count != 0 && !must_rest(sh);
  return !sh->priq.waiting || smmu_evtq_has_room(s);
}

/* ---- interrupt ---- */

/* The work item ends, with an interrupt if one is due. */
static void rest(struct smmu *s, struct smmu_ask *ask)
{
  struct priq *q = &shared_of(s)->priq;
  bool irq = q->irq;

  q->irq = 0;
  q->phase = PRIQ_IDLE;
  ask->kind = SMMU_ASK_END;
  if (!irq)
    return;
  if (msi_ask(s, R_PRIQ_IRQ_CFG0, ask))
    q->phase = PRIQ_MSI;
  else
    ask_signal(ask, SMMU_SIGNAL_PRIQ);
}

/* Is an interrupt due, with LO by the request that was received, else by the queue? */
static bool is_due(const struct smmu *s, bool last, bool was_empty)
{
  const uint64_t *reg = shared_const(s)->reg;

  if (!GET(IRQ_CTRL, PRIQ_IRQEN, reg[R_IRQ_CTRLACK]))
    return false;
  return GET(PRIQ_IRQ_CFG2, LO, reg[R_PRIQ_IRQ_CFG2]) ? last : was_empty;
}

static void msi_replied(struct smmu *s, const struct smmu_reply *reply, struct smmu_ask *ask)
{
  struct priq *q = &shared_of(s)->priq;

  if (!reply || reply->status == SMMU_BUS_OK) {
    q->phase = PRIQ_IDLE;
    ask_signal(ask, SMMU_SIGNAL_PRIQ);
    return;
  }
  q->phase = PRIQ_MSI_ABORTED;
  ask_stage(ask, SMMU_STAGE_REGISTER);
}

/* ---- what becomes of a request ---- */

static bool is_stop_marker(const uint64_t *w)
{
  return FGET(PRI, SSV, w) && FGET(PRI, Last, w) && !FGET(PRI, W, w) && !FGET(PRI, R, w);
}

/* Gone without a place in the queue. */
static void drop(struct smmu *s, const struct smmu_hooks *h)
{
  trace(s, SMMU_TRACE_PAGE_LOST, priq_head(s), h);
  pop(s);
}

void priq_respond(struct smmu *s, unsigned response, bool pasid, const struct smmu_hooks *h,
                  struct smmu_ask *ask)
{
  const uint64_t *w = priq_head(s);
  struct smmu_message m = { .kind = SMMU_MESSAGE_PRI_RESP, .response = (uint8_t)response };

  m.sid = (uint32_t)FGET(PRI, SID, w);
  m.group = (uint16_t)FGET(PRI, PRGIndex, w);
  m.ssv = pasid;
  m.ssid = pasid ? (uint32_t)FGET(PRI, SSID, w) : 0;
  drop(s, h);
  shared_of(s)->priq.phase = PRIQ_SENT;
  smmu_message_ask(&m, 0, h, ask);
}

/* Everything is refused: to a Stop marker nobody says so. */
static void refuse(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  if (is_stop_marker(priq_head(s))) {
    drop(s, h);
    rest(s, ask);
  } else {
    priq_respond(s, SMMU_PRI_FAILURE, false, h, ask);
  }
}

/* No room, or an overflow that is not acknowledged: the last of a group is told to try again. */
static void overflow(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  const uint64_t *w = priq_head(s), *reg = shared_of(s)->reg;
  struct priq *q = &shared_of(s)->priq;
  bool last = FGET(PRI, Last, w);

  if (!((reg[R_PRIQ_PROD] ^ reg[R_PRIQ_CONS]) & OVFLG))
    shared_of(s)->reg[R_PRIQ_PROD] ^= OVFLG;
  q->irq = is_due(s, last, false);
  if (!last || is_stop_marker(w)) {
    drop(s, h);
    rest(s, ask);
  } else if (!FGET(PRI, SSV, w) || s->features.pps) {
    priq_respond(s, SMMU_PRI_SUCCESS, FGET(PRI, SSV, w), h, ask);
  } else {
    priq_ask_ppar(s, ask);
  }
}

static unsigned log2size(const struct smmu *s)
{
  return queue_log2size(shared_const(s)->reg[R_PRIQ_BASE], s->features.priqs);
}

static void take(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);
  uint64_t prod = sh->reg[R_PRIQ_PROD], cons = sh->reg[R_PRIQ_CONS];
  unsigned q = log2size(s);

  VISIBLE(s);
  if (!is_enabled(s) || (gerror_active(s) & MASK(GERROR, PRIQ_ABT_ERR))) {
    refuse(s, h, ask);
    return;
  }
  if (queue_is_full(prod, cons, q) || ((prod ^ cons) & OVFLG)) {
    overflow(s, h, ask);
    return;
  }
  sh->priq.phase = PRIQ_WRITTEN;
  ask->kind = SMMU_ASK_WRITE;
  ask->stage = SMMU_STAGE_PRI;
  ask->addr = queue_entry(sh->reg[R_PRIQ_BASE], q, 4, queue_index(prod, q));
  ask->len = 16;
  memcpy(ask->data, priq_head(s), 16);
}

static void publish(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);
  unsigned q = log2size(s);
  bool was_empty = queue_used(sh->reg[R_PRIQ_PROD], sh->reg[R_PRIQ_CONS], q) == 0;

  VISIBLE(s);
  trace(s, SMMU_TRACE_PAGE_QUEUED, priq_head(s), h);
  sh->priq.irq = is_due(s, FGET(PRI, Last, priq_head(s)), was_empty);
  sh->reg[R_PRIQ_PROD] = queue_next(sh->reg[R_PRIQ_PROD], q);
  pop(s);
  rest(s, ask);
}

static void step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                 struct smmu_ask *ask)
{
  struct priq *q = &shared_of(s)->priq;

  switch (q->phase) {
  case PRIQ_IDLE:
    if (!smmu_priq_can_move(s))
      break;
    q->phase = PRIQ_TAKE;
    ask_stage(ask, SMMU_STAGE_PRI);
    break;
  case PRIQ_TAKE: take(s, h, ask); break;
  case PRIQ_WRITTEN:
    q->phase = !reply || reply->status == SMMU_BUS_OK ? PRIQ_PUBLISH : PRIQ_ABORTED;
    ask_stage(ask, SMMU_STAGE_PRI);
    break;
  case PRIQ_PUBLISH: publish(s, h, ask); break;
  case PRIQ_ABORTED: /* a synchronous abort: the request is refused, PROD stays */
    VISIBLE(s);
    smmu_gerror_raise(s, MASK(GERROR, PRIQ_ABT_ERR));
    refuse(s, h, ask);
    break;
  case PRIQ_SENT: rest(s, ask); break;
  case PRIQ_MSI: msi_replied(s, reply, ask); break;
  case PRIQ_MSI_ABORTED:
    VISIBLE(s);
    smmu_gerror_raise(s, MASK(GERROR, MSI_PRIQ_ABT_ERR));
    q->phase = PRIQ_IDLE;
    ask_signal(ask, SMMU_SIGNAL_PRIQ);
    break;
  default: priq_ppar_step(s, reply, h, ask); break;
  }
}

void smmu_priq_step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                    struct smmu_ask *ask)
{
  const uint64_t *reg = shared_of(s)->reg;

  ask->kind = SMMU_ASK_NONE;
  step(s, reply, h, ask);
  smmu_wake_priq(s);
  if (shared_of(s)->priq.phase == PRIQ_IDLE &&
      (reg[R_CR0] != reg[R_CR0ACK] || reg[R_IRQ_CTRL] != reg[R_IRQ_CTRLACK]))
    smmu_wake_ack(s); /* PRIQEN, SMMUEN and IRQ_CTRL wait for rest */
}
