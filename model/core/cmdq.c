/* Command queue consumer: fetch, execute, consume, one command at a time, and CMD_SYNC; for the
 * SMMU's own queue, VCMDQs, ECMDQs, and (dvm.c) the input for broadcast maintenance. CONS moves only
 * after the command's effects; an error stops the queue with CONS at the command, ERR visible before
 * GERROR. IHI 0070 3.5.1, 3.5.6, 4.1, 4.7.3, 6.3.27-6.3.28, 7.1, 7.5. What a CMD_SYNC waits for is in
 * sync.c; then CONS moves, and only then is completion signalled. */
#include <string.h>

#include "arch/structs.h"
#include "core/atc.h"
#include "core/cmd_exec.h"
#include "core/queue.h"
#include "core/queues.h"
#include "util/check.h"

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
struct view {
  struct smmu *s;
  struct cmdq *q;
  uint64_t *ring; /* RING_*; NULL: broadcast maintenance */
  const struct smmu_hooks *h;
  struct smmu_ask *ask;
  unsigned number; /* see queues.h */
};

static unsigned log2size(const struct smmu *s, const uint64_t *ring)
{
  return queue_log2size(ring[RING_BASE], s->features.cmdqs);
}

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
  q = log2size(s, ring);
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
static void take_broadcast(const struct view *v)
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
static inline void fetch(const struct view *v)
{
  unsigned q;

  if (!v->ring) {
    take_broadcast(v);
    return;
  }
  q = log2size(v->s, v->ring);
  v->q->phase = CMDQ_FETCHED;
  ask_read(v->ask, SMMU_STAGE_CMD_FETCH,
           queue_entry(v->ring[RING_BASE], q, 4, queue_index(v->ring[RING_CONS], q)), 16);
}

/* The work item is over; an event output that is due ends it. */
static inline void rest(const struct view *v)
{
  if (v->q->sev)
    ask_signal(v->ask, SMMU_SIGNAL_SEV);
  else
    v->ask->kind = SMMU_ASK_END;
  if (!v->ring)
    v->ask->key = v->q->phase == CMDQ_SYNC ? SMMU_DVM_SYNCED : SMMU_DVM_DONE;
  memset(v->q, 0, sizeof *v->q);
}

static inline void stop(const struct view *v, unsigned cerror)
{
  v->q->cerror = (uint8_t)cerror;
  v->q->phase = CMDQ_ERROR;
  ask_stage(v->ask, SMMU_STAGE_CMD);
}

/* By value: the view of a step can then live in registers. */
static void trace_command(struct view v, unsigned category, unsigned result)
{
  struct smmu_record r = { 0 };

  if (!v.h)
    return;
  r.category = (uint8_t)category;
  r.addr_out = v.q->words[0];
  r.word = v.q->words[1];
  r.slot = v.ring ? queue_index(v.ring[RING_CONS], log2size(v.s, v.ring)) : 0;
  r.result = (uint16_t)result;
  r.actor = (uint16_t)actor_cmdq(v.s, v.number);
  r.unit = (uint16_t)v.number;
  trace_put(v.h, &r);
}

/* What the words ask for. A guest's command may have been rewritten. */
static inline void execute(const struct view *v)
{
  struct cmdq *q = v->q;
  unsigned cerror = CERROR_NONE;

  if (queue_kind(v->s, v->number) == QUEUE_VCMDQ)
    cerror = smmu_cmdqv_admit(v->s, vcmdq_of_queue(v->number), q->words);
  if (cerror != CERROR_NONE) {
    stop(v, cerror);
    return;
  }
  ask_stage(v->ask, SMMU_STAGE_CMD);
  switch (smmu_cmd_action(&v->s->features, q->words, &q->inval)) {
  case CMD_ACTION_ILLEGAL: stop(v, CERROR_ILL); break;
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
static inline void fetched(const struct view *v, const struct smmu_reply *reply)
{
  /* Disabled meanwhile: the command has not begun, and does not. IHI 0070 6.3.9. */
  if (!is_asked(v->s, v->number)) {
    rest(v);
    return;
  }
  if (reply->status != SMMU_BUS_OK) {
    stop(v, CERROR_ABT);
    return;
  }
  memcpy(v->q->words, reply->data, sizeof v->q->words);
  trace_command(*v, SMMU_TRACE_FETCH, 0);
  execute(v);
}

/* One cache for one command, and the marks that belong to it. Sources are swept before the caches
 * they feed. */
static void sweep(const struct view *v, const struct cache *c)
{
  const uint64_t *reg = shared_of(v->s)->reg;
  struct inval *inv = &v->q->inval;
  unsigned vmw = (unsigned)GET(CR0, VMW, reg[R_CR0ACK]); /* 5 to 7 act as 0 */

  inv->vmid_mask = (uint16_t)~bits_low(vmw <= 4 ? vmw : 0);
  inv->e2h = (uint8_t)GET(CR2, E2H, reg[R_CR2]);
  inval_mark(v->s, inv, v->number, v->h);
  smmu_inval_cache(v->s, c, inv, v->h);
}

/* How much more than it must the next sweep removes is the engine's choice. */
static void ask_wider(const struct view *v)
{
  v->q->picking = 1;
  v->ask->kind = SMMU_ASK_PICK;
  v->ask->key = SMMU_PICK_WIDER;
  v->ask->choices = SMMU_WIDER_COUNT;
  v->ask->data[0] = v->s->config.wider;
}

static void go_inval(const struct view *v, unsigned phase)
{
  v->q->phase = (uint8_t)phase;
  ask_stage(v->ask, phase == CMDQ_CONSUME ? SMMU_STAGE_CMD : SMMU_STAGE_INVALIDATE);
}

static void invalidate(const struct view *v, const struct smmu_reply *reply)
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
    go_inval(v, CMDQ_CONSUME);
    break;
  }
  q->inval.wider = 0;
}

static inline void advance(const struct view *v)
{
  unsigned q;

  VISIBLE(v->s);
  if (!v->ring) {
    smmu_dvm_pop(v->s);
    return;
  }
  q = log2size(v->s, v->ring);
  if (v->h)
    trace_command(*v, SMMU_TRACE_COMMAND, 0);
  /* Where events are supported, a full queue that is no longer full sends one. IHI 0070 4.1.2. */
  if (v->s->features.sev && queue_is_full(v->ring[RING_PROD], v->ring[RING_CONS], q))
    v->q->sev = 1;
  v->ring[RING_CONS] = PUT(CMDQ_CONS, ERR, queue_next(v->ring[RING_CONS], q), CERROR_NONE);
}

/* An invalidation counts as on its way before it is: its answer may come at once. */
static void send(const struct view *v)
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
static void prefetch(const struct view *v, const struct smmu_reply *reply)
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

static void drain(const struct view *v)
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
    stop(v, CERROR_ATC_INV_SYNC);
    return;
  }
  q->phase = CMDQ_SYNC;
  ask_stage(v->ask, SMMU_STAGE_SYNC);
}

/* The wired interrupt of a CMD_SYNC, then the event output if one is due as well. */
static inline void signal_sync(const struct view *v)
{
  bool sev = v->q->sev;

  memset(v->q, 0, sizeof *v->q);
  v->q->sev = sev;
  v->q->phase = sev ? CMDQ_EVENT : CMDQ_IDLE;
  ask_signal(v->ask, SMMU_SIGNAL_CMD_SYNC);
}

/* CONS moves; how completion is told comes after, in steps of its own. SIG_IRQ is the MSI, where
 * there is one, and the wired interrupt. IHI 0070 4.7.3. */
static void complete_sync(const struct view *v)
{
  struct cmdq *q = v->q;
  uint64_t address = (FGET(SYNC, MSIAddress, q->words) << 2) & bits_low(v->s->features.oas);
  unsigned cs = (unsigned)FGET(SYNC, CS, q->words);

  advance(v);
  trace_command(*v, SMMU_TRACE_SYNC, 0);
  if (cs == 1 && v->s->features.msi && address != 0) {
    v->ask->kind = SMMU_ASK_WRITE;
    v->ask->stage = SMMU_STAGE_MSI;
    v->ask->addr = address;
    v->ask->len = 4;
    v->ask->data[0] = FGET(SYNC, MSIData, q->words);
    q->phase = CMDQ_MSI;
    return;
  }
  if (cs == 2 && v->s->features.sev)
    q->sev = 1;
  if (cs == 1)
    signal_sync(v);
  else
    rest(v);
}

static void error(const struct view *v)
{
  CHECK(v->ring); /* what has no ring makes no errors */
  VISIBLE(v->s);
  trace_command(*v, SMMU_TRACE_CERROR, v->q->cerror);
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
static void tell(const struct view *v)
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
  rest(v);
  if (interrupt)
    ask_signal(v->ask, SMMU_SIGNAL_CMDQV);
}

static void msi_replied(const struct view *v, const struct smmu_reply *reply)
{
  if (!reply || reply->status == SMMU_BUS_OK) {
    signal_sync(v);
    return;
  }
  v->q->phase = CMDQ_MSI_ABORTED;
  ask_stage(v->ask, SMMU_STAGE_REGISTER);
}

static void step(const struct view *v, const struct smmu_reply *reply)
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
    advance(v);
    rest(v);
    if (v->ask->kind == SMMU_ASK_END && can_fetch(s, v->ring, v->number))
      fetch(v);
    break;
  case CMDQ_DRAIN: drain(v); break;
  case CMDQ_SYNC: complete_sync(v); break;
  case CMDQ_MSI: msi_replied(v, reply); break;
  case CMDQ_MSI_ABORTED:
    VISIBLE(s);
    smmu_gerror_raise(s, MASK(GERROR, MSI_CMDQ_ABT_ERR));
    signal_sync(v);
    break;
  case CMDQ_ERROR: error(v); break;
  case CMDQ_GERROR: tell(v); break;
  default: rest(v); break; /* CMDQ_EVENT */
  }
}

void smmu_cmdq_step(struct smmu *s, unsigned number, const struct smmu_reply *reply,
                    const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct view v = { s, cmdq_at(s, number), ring_at(s, number), h, ask, number };

  ask->kind = SMMU_ASK_NONE;
  step(&v, reply);
  /* In the middle of a command nothing but a wait changes who can move. */
  if (v.q->phase == CMDQ_IDLE || v.q->waiting)
    smmu_wake_cmdq(s, number);
  if (v.q->phase == CMDQ_IDLE && !is_asked(s, number))
    smmu_wake_ack(s); /* disabling waits for rest */
}
