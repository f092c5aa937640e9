/* Command queue consumer: fetch, execute, consume, one command at a time; for the
 * SMMU's own queue, VCMDQs, ECMDQs, and (dvm.c) the input for broadcast maintenance. CONS moves only
 * after the command's effects. IHI 0070 3.5.1, 3.5.6, 4.1, 6.3.27-6.3.28. How a CMD_SYNC and an error
 * end is in cmdq_end.c. */
#include <string.h>

#include "arch/structs.h"
#include "core/atc.h"
#include "core/cmd_exec.h"
#include "core/cmdq.h"

static bool is_on(const struct smmu *s, unsigned number)
{
  const uint64_t *reg = shared_const(s)->reg;

  switch (queue_kind(s, number)) {
  case QUEUE_OWN:
    return GET(CR0, CMDQEN, reg[R_CR0] & reg[R_CR0ACK]) &&
           !(gerror_active(s) & MASK(GERROR, CMDQ_ERR));
  case QUEUE_VCMDQ: return smmu_vcmdq_is_on(s, vcmdq_of_queue(number));
  case QUEUE_ECMDQ: return ecmdq_is_on(ring_const(s, number));
  default: return true;
  }
}

/* Will it be on, once everything is acknowledged? */
static bool is_asked(const struct smmu *s, unsigned number)
{
  switch (queue_kind(s, number)) {
  case QUEUE_OWN: return GET(CR0, CMDQEN, shared_const(s)->reg[R_CR0]) != 0;
  case QUEUE_VCMDQ: return smmu_vcmdq_is_asked(s, vcmdq_of_queue(number));
  case QUEUE_ECMDQ: return ecmdq_is_asked(ring_const(s, number));
  default: return true;
  }
}

/* Enabled, no error pending, and PROD and CONS name a sensible, non-empty stretch (IMPDEF: a
 * contradiction stops the queue). */
static inline bool can_fetch(const struct smmu *s, const uint64_t *ring, unsigned number)
{
  unsigned q;
  uint32_t used;

  if (!ring)
    return dvm_const(s)->count != 0;
  q = cmdq_log2size(s, ring);
  used = queue_used(ring[RING_PROD], ring[RING_CONS], q);
  return used != 0 && used <= (1u << q) && is_on(s, number);
}

bool smmu_cmdq_can_move(const struct smmu *s, unsigned number)
{
  const struct cmdq *q = cmdq_const(s, number);

  if (q->phase == CMDQ_IDLE)
    return can_fetch(s, ring_const(s, number), number);
  if (!q->waiting)
    return true;
  return q->phase == CMDQ_SEND ? smmu_atc_has_tag(s, number) : smmu_sync_is_drained(s, number);
}

static uint8_t first_sweep(const struct smmu *s, const struct inval *inv)
{
  if (inval_is_config(inv))
    return CMDQ_INV_CFG;
  return s->cache[SMMU_CACHE_WALK].entries ? CMDQ_INV_WALK : CMDQ_INV_TLB;
}

/* Broadcast maintenance: a sync, or what is to be swept. */
static void take_broadcast(const struct cmdq_view *v)
{
  v->q->inval = dvm_const(v->s)->ring[0];
  if (v->q->inval.kind == 0) {
    v->q->phase = CMDQ_DRAIN;
    ask_stage(v->ask, SMMU_STAGE_CMD);
  } else {
    v->q->phase = first_sweep(v->s, &v->q->inval);
    ask_stage(v->ask, SMMU_STAGE_INVALIDATE);
  }
}

/* Reading PROD and CONS shows nothing to anybody, so a fetch may begin in the step that consumed
 * the command before. */
static inline void fetch(const struct cmdq_view *v)
{
  unsigned q;

  if (!v->ring) {
    take_broadcast(v);
    return;
  }
  q = cmdq_log2size(v->s, v->ring);
  v->q->phase = CMDQ_FETCHED;
  ask_read(v->ask, SMMU_STAGE_CMD_FETCH,
           queue_entry(v->ring[RING_BASE], q, 4, queue_index(v->ring[RING_CONS], q)), 16);
}

/* What the words ask for. A guest's command may have been rewritten. */
static inline void execute(const struct cmdq_view *v)
{
  struct cmdq *q = v->q;
  unsigned cerror = CERROR_NONE;

  if (queue_kind(v->s, v->number) == QUEUE_VCMDQ)
    cerror = smmu_cmdqv_admit(v->s, vcmdq_of_queue(v->number), q->words);
  if (cerror != CERROR_NONE) {
    cmdq_stop(v, cerror);
    return;
  }
  ask_stage(v->ask, SMMU_STAGE_CMD);
  switch (smmu_cmd_action(&v->s->features, q->words, &q->inval)) {
  case CMD_ACTION_ILLEGAL: cmdq_stop(v, CERROR_ILL); break;
  case CMD_ACTION_NOTHING: q->phase = CMDQ_CONSUME; break;
  case CMD_ACTION_PREFETCH: q->phase = v->s->config.prefetch ? CMDQ_PREFETCH : CMDQ_CONSUME; break;
  case CMD_ACTION_SYNC: q->phase = CMDQ_DRAIN; break;
  case CMD_ACTION_SEND: q->phase = smmu_enabled(v->s) ? CMDQ_SEND : CMDQ_CONSUME; break;
  case CMD_ACTION_STALL: q->phase = CMDQ_STALL; break;
  case CMD_ACTION_INVALIDATE:
    ask_stage(v->ask, SMMU_STAGE_INVALIDATE);
    q->phase = first_sweep(v->s, &q->inval);
    break;
  }
}

/* The command's words are here: decide, touch nothing shared. HYP_OWN and VMID of the queue's VINTF
 * are read in this step, which takes the answer: a change meanwhile counts. */
static inline void fetched(const struct cmdq_view *v, const struct smmu_reply *reply)
{
  /* Disabled meanwhile: the command has not begun, and does not. IHI 0070 6.3.9. */
  if (!is_asked(v->s, v->number)) {
    cmdq_rest(v);
    return;
  }
  if (reply->status != SMMU_BUS_OK) {
    cmdq_stop(v, CERROR_ABT);
    return;
  }
  memcpy(v->q->words, reply->data, sizeof v->q->words);
  cmdq_trace(*v, SMMU_TRACE_FETCH, 0);
  execute(v);
}

/* One cache for one command, and the marks that belong to it. Sources are swept before the caches
 * they feed. */
static void sweep(const struct cmdq_view *v, const struct cache *c)
{
  const uint64_t *reg = shared_of(v->s)->reg;
  struct inval *inv = &v->q->inval;
  unsigned vmw = (unsigned)GET(CR0, VMW, reg[R_CR0ACK]); /* 5 to 7 act as 0 */

  inv->vmid_mask = (uint16_t)~bits_low(vmw <= 4 ? vmw : 0);
  inv->e2h = (uint8_t)GET(CR2, E2H, reg[R_CR2]);
  /* EL2 with E2H has ASIDs, and CD.ASET opts out of what matches one. IHI 0070 3.17. */
  if (inv->kind == INVAL_S1_VAA && inv->e2h)
    inv->shared = 0;
  inval_mark(v->s, inv, v->number, v->h);
  smmu_inval_cache(v->s, c, inv, v->h);
}

/* How much more than it must the next sweep removes is the engine's choice. */
static void ask_wider(const struct cmdq_view *v)
{
  v->q->picking = 1;
  v->ask->kind = SMMU_ASK_PICK;
  v->ask->key = SMMU_PICK_WIDER;
  v->ask->choices = SMMU_WIDER_COUNT;
  v->ask->data[0] = v->s->config.wider;
}

static void go_inval(const struct cmdq_view *v, unsigned phase)
{
  v->q->phase = (uint8_t)phase;
  ask_stage(v->ask, phase == CMDQ_CONSUME ? SMMU_STAGE_CMD : SMMU_STAGE_INVALIDATE);
}

static void invalidate(const struct cmdq_view *v, const struct smmu_reply *reply)
{
  struct smmu *s = v->s;
  struct cmdq *q = v->q;

  if (s->config.pick_wider && !q->picking) {
    ask_wider(v);
    return;
  }
  VISIBLE(s);
  q->inval.wider = (uint8_t)(q->picking ? reply->choice : s->config.wider);
  q->picking = 0;
  switch (q->phase) {
  case CMDQ_INV_WALK:
    sweep(v, &s->cache[SMMU_CACHE_WALK]);
    go_inval(v, CMDQ_INV_TLB);
    break;
  case CMDQ_INV_TLB:
    sweep(v, &s->cache[SMMU_CACHE_TLB]);
    go_inval(v, s->config.utlb.sets ? CMDQ_INV_UTLB : CMDQ_CONSUME);
    break;
  case CMDQ_INV_UTLB:
    sweep(v, &s->cache[SMMU_CACHE_UTLB + q->unit]);
    q->unit = (uint16_t)(q->unit + 1 < s->config.tbus ? q->unit + 1 : 0);
    go_inval(v, q->unit ? CMDQ_INV_UTLB : CMDQ_CONSUME);
    break;
  default: /* CMDQ_INV_CFG */
    inval_mark(s, &q->inval, v->number, v->h);
    smmu_cfg_invalidate(s, &q->inval, v->h);
    smmu_priq_invalidate(s, &q->inval);
    go_inval(v, CMDQ_CONSUME);
    break;
  }
  q->inval.wider = 0;
}

/* An invalidation counts as on its way before it is: its answer may come at once. */
static void send(const struct cmdq_view *v)
{
  struct cmdq *q = v->q;

  VISIBLE(v->s);
  q->waiting = FGET(CMD, Opcode, q->words) == CMD_ATC_INV && !smmu_atc_has_tag(v->s, v->number);
  if (q->waiting) {
    ask_wait(v->ask, SMMU_WAIT_ENDPOINT);
    return;
  }
  q->phase = CMDQ_SENT;
  smmu_atc_send(v->s, v->number, q->words, v->h, v->ask);
}

/* A hint; with config.prefetch = 2 the engine decides. */
static void prefetch(const struct cmdq_view *v, const struct smmu_reply *reply)
{
  if (v->s->config.prefetch == 2 && !v->q->picking) {
    v->q->picking = 1;
    v->ask->kind = SMMU_ASK_PICK;
    v->ask->key = SMMU_PICK_PREFETCH;
    v->ask->choices = 2;
    v->ask->data[0] = 1;
    return;
  }
  VISIBLE(v->s);
  if (!v->q->picking || reply->choice)
    smmu_prefetch(v->s, v->q->words, v->h);
  v->q->picking = 0;
  v->q->phase = CMDQ_CONSUME;
  ask_stage(v->ask, SMMU_STAGE_CMD);
}

static void step(const struct cmdq_view *v, const struct smmu_reply *reply)
{
  struct smmu *s = v->s;
  struct cmdq *q = v->q;

  switch (q->phase) {
  case CMDQ_IDLE:
    if (can_fetch(s, v->ring, v->number))
      fetch(v);
    break;
  case CMDQ_FETCHED: fetched(v, reply); break;
  case CMDQ_INV_WALK:
  case CMDQ_INV_TLB:
  case CMDQ_INV_UTLB:
  case CMDQ_INV_CFG: invalidate(v, reply); break;
  case CMDQ_STALL:
    smmu_stall_command(s, q->words);
    q->phase = CMDQ_CONSUME;
    ask_stage(v->ask, SMMU_STAGE_CMD);
    break;
  case CMDQ_SEND: send(v); break;
  case CMDQ_PREFETCH: prefetch(v, reply); break;
  case CMDQ_SENT:
    q->phase = CMDQ_CONSUME;
    ask_stage(v->ask, SMMU_STAGE_CMD);
    break;
  case CMDQ_CONSUME:
    cmdq_advance(v);
    cmdq_rest(v);
    if (v->ask->kind == SMMU_ASK_END && can_fetch(s, v->ring, v->number))
      fetch(v);
    break;
  case CMDQ_DRAIN: cmdq_drain(v); break;
  case CMDQ_SYNC: cmdq_complete_sync(v); break;
  case CMDQ_MSI: cmdq_msi_replied(v, reply); break;
  case CMDQ_MSI_ABORTED:
    VISIBLE(s);
    smmu_gerror_raise(s, MASK(GERROR, MSI_CMDQ_ABT_ERR));
    cmdq_signal_sync(v);
    break;
  case CMDQ_ERROR: cmdq_error(v); break;
  case CMDQ_GERROR: cmdq_tell(v); break;
  default: cmdq_rest(v); break; /* CMDQ_EVENT */
  }
}

void smmu_cmdq_step(struct smmu *s, unsigned number, const struct smmu_reply *reply,
                    const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct cmdq_view v = { s, cmdq_at(s, number), ring_at(s, number), h, ask, number };

  ask->kind = SMMU_ASK_NONE;
  step(&v, reply);
  /* In the middle of a command nothing but a wait changes who can move. */
  if (v.q->phase == CMDQ_IDLE || v.q->waiting)
    smmu_wake_cmdq(s, number);
  if (v.q->phase == CMDQ_IDLE && !is_asked(s, number))
    smmu_wake_ack(s); /* disabling waits for rest */
}
