/* Command queue consumer: fetch, execute, consume, one command at a time, and CMD_SYNC.
 * CONS moves only after the command's effects; an error stops the queue with CONS at the command,
 * ERR visible before GERROR. IHI 0070 3.5.1, 4.1, 4.7.3, 6.3.27-6.3.28, 7.1. A CMD_SYNC waits until
 * nothing that was marked is in flight and the event records that were buffered when it began, or
 * that marked transactions added, are visible; then CONS moves, and only then is completion
 * signalled. */
#include <string.h>

#include "arch/structs.h"
#include "core/cmd_exec.h"
#include "core/core.h"
#include "core/queue.h"

enum cmdq_phase {
  CMDQ_IDLE,
  CMDQ_FETCHED,
  CMDQ_INV_WALK,
  CMDQ_INV_TLB,
  CMDQ_INV_UTLB,
  CMDQ_INV_CFG,
  CMDQ_CONSUME,
  CMDQ_DRAIN,
  CMDQ_SYNC,
  CMDQ_MSI,
  CMDQ_MSI_ABORTED,
  CMDQ_ERROR,
  CMDQ_GERROR,
  CMDQ_EVENT
};

enum cerror { CERROR_NONE = 0, CERROR_ILL = 1, CERROR_ABT = 2 };

static unsigned log2size(const struct smmu *s)
{
  return queue_log2size(shared_const(s)->reg[R_CMDQ_BASE], s->features.cmdqs);
}

/* Enabled, no error pending, and PROD and CONS name a sensible, non-empty stretch (IMPDEF: a
 * contradiction stops the queue). */
static bool can_fetch(const struct smmu *s)
{
  const uint64_t *reg = shared_const(s)->reg;
  uint32_t used = queue_used(reg[R_CMDQ_PROD], reg[R_CMDQ_CONS], log2size(s));

  return GET(CR0, CMDQEN, reg[R_CR0] & reg[R_CR0ACK]) &&
         !(gerror_active(s) & MASK(GERROR, CMDQ_ERR)) && used != 0 && used <= (1u << log2size(s));
}

bool smmu_sync_drained(const struct smmu *s)
{
  const struct txn *txns = at_const(s, s->off_txns);
  const struct txn_free *free_slots = at_const(s, s->off_free);
  uint32_t left = free_slots->in_flight;

  if (shared_const(s)->cmdq.records)
    return false;
  for (unsigned i = 0; i < s->config.txns && left; i++) {
    left -= txns[i].phase != 0;
    if (txns[i].marked)
      return false;
  }
  return true;
}

void smmu_sync_record_added(struct smmu *s)
{
  struct shared *sh = shared_of(s);

  if (sh->cmdq.phase == CMDQ_DRAIN && sh->cmdq.waiting)
    sh->cmdq.records = sh->evtq.count;
}

void smmu_sync_record_gone(struct smmu *s)
{
  struct cmdq *q = &shared_of(s)->cmdq;

  if (q->records)
    q->records--;
}

bool smmu_cmdq_can_move(const struct smmu *s)
{
  const struct cmdq *q = &shared_const(s)->cmdq;

  if (q->phase == CMDQ_IDLE)
    return can_fetch(s);
  return !q->waiting || smmu_sync_drained(s);
}

void smmu_cmdq_wake(struct smmu *s)
{
  set_runnable(s, actor_cmdq(s), smmu_cmdq_can_move(s));
}

/* Reading PROD and CONS shows nothing to anybody, so a fetch may begin in the step that consumed
 * the command before. */
static void fetch(struct smmu *s, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);
  unsigned q = log2size(s);

  sh->cmdq.phase = CMDQ_FETCHED;
  ask_read(ask, SMMU_STAGE_CMD_FETCH,
           queue_entry(sh->reg[R_CMDQ_BASE], q, 4, queue_index(sh->reg[R_CMDQ_CONS], q)), 16);
}

/* The work item is over; an event output that is due ends it. */
static void rest(struct cmdq *q, struct smmu_ask *ask)
{
  if (q->sev)
    ask_signal(ask, SMMU_SIGNAL_SEV);
  else
    ask->kind = SMMU_ASK_END;
  memset(q, 0, sizeof *q);
}

static void stop(struct cmdq *q, unsigned cerror, struct smmu_ask *ask)
{
  q->cerror = (uint8_t)cerror;
  q->phase = CMDQ_ERROR;
  ask_stage(ask, SMMU_STAGE_CMD);
}

/* The command's words are here: decide, touch nothing shared. */
static void fetched(struct smmu *s, const struct smmu_reply *reply, struct smmu_ask *ask)
{
  struct cmdq *q = &shared_of(s)->cmdq;

  /* Disabled meanwhile: the command has not begun, and does not. IHI 0070 6.3.9. */
  if (!GET(CR0, CMDQEN, shared_of(s)->reg[R_CR0])) {
    rest(q, ask);
    return;
  }
  if (reply->status != SMMU_BUS_OK) {
    stop(q, CERROR_ABT, ask);
    return;
  }
  memcpy(q->words, reply->data, sizeof q->words);
  ask_stage(ask, SMMU_STAGE_CMD);
  switch (smmu_cmd_action(&s->features, q->words, &q->inval)) {
  case CMD_ACTION_ILLEGAL: stop(q, CERROR_ILL, ask); break;
  case CMD_ACTION_NOTHING: q->phase = CMDQ_CONSUME; break;
  case CMD_ACTION_SYNC: q->phase = CMDQ_DRAIN; break;
  case CMD_ACTION_INVALIDATE:
    ask_stage(ask, SMMU_STAGE_INVALIDATE);
    if (inval_is_config(&q->inval))
      q->phase = CMDQ_INV_CFG;
    else
      q->phase = s->cache[SMMU_CACHE_WALK].entries ? CMDQ_INV_WALK : CMDQ_INV_TLB;
    break;
  }
}

/* One cache for one command, and the marks that belong to it. Sources are swept before the caches
 * they feed. */
static void sweep(struct smmu *s, const struct cache *c, const struct smmu_hooks *h)
{
  struct cmdq *q = &shared_of(s)->cmdq;
  unsigned vmw = (unsigned)GET(CR0, VMW, shared_of(s)->reg[R_CR0ACK]); /* 5 to 7 act as 0 */

  VISIBLE(s);
  q->inval.vmid_mask = (uint16_t)~bits_low(vmw <= 4 ? vmw : 0);
  inval_mark(s, &q->inval, h);
  smmu_inval_cache(s, c, &q->inval, h);
}

static void sweep_utlb(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct cmdq *q = &shared_of(s)->cmdq;

  sweep(s, &s->cache[SMMU_CACHE_UTLB + q->unit], h);
  q->unit++;
  if (q->unit < s->config.tbus) {
    ask_stage(ask, SMMU_STAGE_INVALIDATE);
    return;
  }
  q->unit = 0;
  q->phase = CMDQ_CONSUME;
  ask_stage(ask, SMMU_STAGE_CMD);
}

static void sweep_config(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct cmdq *q = &shared_of(s)->cmdq;

  VISIBLE(s);
  inval_mark(s, &q->inval, h);
  smmu_cfg_invalidate(s, &q->inval, h);
  q->phase = CMDQ_CONSUME;
  ask_stage(ask, SMMU_STAGE_CMD);
}

static void trace_command(struct smmu *s, unsigned category, unsigned result,
                          const struct smmu_hooks *h)
{
  const struct shared *sh = shared_of(s);
  struct smmu_record r = { 0 };

  if (!h)
    return;
  r.category = (uint8_t)category;
  r.addr_out = sh->cmdq.words[0];
  r.word = sh->cmdq.words[1];
  r.slot = queue_index(sh->reg[R_CMDQ_CONS], log2size(s));
  r.result = (uint16_t)result;
  r.actor = (uint16_t)actor_cmdq(s);
  trace_put(h, &r);
}

static void advance(struct smmu *s, const struct smmu_hooks *h)
{
  struct shared *sh = shared_of(s);
  unsigned q = log2size(s);

  VISIBLE(s);
  if (h)
    trace_command(s, SMMU_TRACE_COMMAND, 0, h);
  /* Where events are supported, a full queue that is no longer full sends one. IHI 0070 4.1.2. */
  if (s->features.sev && queue_is_full(sh->reg[R_CMDQ_PROD], sh->reg[R_CMDQ_CONS], q))
    sh->cmdq.sev = 1;
  sh->reg[R_CMDQ_CONS] = PUT(CMDQ_CONS, ERR, queue_next(sh->reg[R_CMDQ_CONS], q), CERROR_NONE);
}

static void drain(struct smmu *s, struct smmu_ask *ask)
{
  struct cmdq *q = &shared_of(s)->cmdq;

  VISIBLE(s);
  if (!q->waiting)
    q->records =
      shared_of(s)->evtq.count; /* those of answers already given; later ones need not wait */
  q->waiting = !smmu_sync_drained(s);
  if (q->waiting) {
    ask_wait(ask, SMMU_WAIT_DRAIN);
    return;
  }
  q->phase = CMDQ_SYNC;
  ask_stage(ask, SMMU_STAGE_SYNC);
}

/* The wired interrupt of a CMD_SYNC, then the event output if one is due as well. */
static void signal_sync(struct cmdq *q, struct smmu_ask *ask)
{
  bool sev = q->sev;

  memset(q, 0, sizeof *q);
  q->sev = sev;
  q->phase = sev ? CMDQ_EVENT : CMDQ_IDLE;
  ask_signal(ask, SMMU_SIGNAL_CMD_SYNC);
}

/* CONS moves; how completion is told comes after, in steps of its own. SIG_IRQ is the MSI, where
 * there is one, and the wired interrupt. IHI 0070 4.7.3. */
static void complete_sync(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct cmdq *q = &shared_of(s)->cmdq;
  uint64_t address = (FGET(SYNC, MSIAddress, q->words) << 2) & bits_low(s->features.oas);
  unsigned cs = (unsigned)FGET(SYNC, CS, q->words);

  advance(s, h);
  trace_command(s, SMMU_TRACE_SYNC, 0, h);
  if (cs == 1 && s->features.msi && address != 0) {
    ask->kind = SMMU_ASK_WRITE;
    ask->stage = SMMU_STAGE_MSI;
    ask->addr = address;
    ask->len = 4;
    ask->data[0] = FGET(SYNC, MSIData, q->words);
    q->phase = CMDQ_MSI;
    return;
  }
  if (cs == 2 && s->features.sev)
    q->sev = 1;
  if (cs == 1)
    signal_sync(q, ask);
  else
    rest(q, ask);
}

static void error(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);

  VISIBLE(s);
  trace_command(s, SMMU_TRACE_CERROR, sh->cmdq.cerror, h);
  sh->reg[R_CMDQ_CONS] = PUT(CMDQ_CONS, ERR, sh->reg[R_CMDQ_CONS], sh->cmdq.cerror);
  sh->cmdq.phase = CMDQ_GERROR;
  ask_stage(ask, SMMU_STAGE_REGISTER);
}

static void msi_replied(struct cmdq *q, const struct smmu_reply *reply, struct smmu_ask *ask)
{
  if (!reply || reply->status == SMMU_BUS_OK) {
    signal_sync(q, ask);
    return;
  }
  q->phase = CMDQ_MSI_ABORTED;
  ask_stage(ask, SMMU_STAGE_REGISTER);
}

void smmu_cmdq_step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                    struct smmu_ask *ask)
{
  struct cmdq *q = &shared_of(s)->cmdq;

  ask->kind = SMMU_ASK_NONE;
  switch (q->phase) {
  case CMDQ_IDLE:
    if (can_fetch(s))
      fetch(s, ask);
    break;
  case CMDQ_FETCHED: fetched(s, reply, ask); break;
  case CMDQ_INV_WALK:
    sweep(s, &s->cache[SMMU_CACHE_WALK], h);
    q->phase = CMDQ_INV_TLB;
    ask_stage(ask, SMMU_STAGE_INVALIDATE);
    break;
  case CMDQ_INV_TLB:
    sweep(s, &s->cache[SMMU_CACHE_TLB], h);
    q->phase = s->config.utlb.sets ? CMDQ_INV_UTLB : CMDQ_CONSUME;
    ask_stage(ask, q->phase == CMDQ_CONSUME ? SMMU_STAGE_CMD : SMMU_STAGE_INVALIDATE);
    break;
  case CMDQ_INV_UTLB: sweep_utlb(s, h, ask); break;
  case CMDQ_INV_CFG: sweep_config(s, h, ask); break;
  case CMDQ_CONSUME:
    advance(s, h);
    rest(q, ask);
    if (ask->kind == SMMU_ASK_END && can_fetch(s))
      fetch(s, ask);
    break;
  case CMDQ_DRAIN: drain(s, ask); break;
  case CMDQ_SYNC: complete_sync(s, h, ask); break;
  case CMDQ_MSI: msi_replied(q, reply, ask); break;
  case CMDQ_MSI_ABORTED:
    VISIBLE(s);
    smmu_gerror_raise(s, MASK(GERROR, MSI_CMDQ_ABT_ERR));
    signal_sync(q, ask);
    break;
  case CMDQ_ERROR: error(s, h, ask); break;
  case CMDQ_GERROR:
    VISIBLE(s);
    smmu_gerror_raise(s, MASK(GERROR, CMDQ_ERR));
    rest(q, ask);
    break;
  default: rest(q, ask); break; /* CMDQ_EVENT */
  }
  /* In the middle of a command nothing but a wait changes who can move. */
  if (q->phase == CMDQ_IDLE || q->waiting)
    smmu_cmdq_wake(s);
  if (q->phase == CMDQ_IDLE && shared_of(s)->reg[R_CR0] != shared_of(s)->reg[R_CR0ACK])
    smmu_ack_wake(s); /* CR0.CMDQEN waits for rest */
}
