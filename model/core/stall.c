/* Stalled transactions: held with their fault until software answers the record, CMD_RESUME,
 * CMD_STALL_TERM, SMMUEN. IHI 0070 3.12.2, 4.7.1, 4.7.2, 6.3.9.6, 7.2.1. The record stays with the
 * transaction until the event queue can take it, so none is lost to a full queue. STAG is the
 * transaction slot. One whose record is not written yet and that an invalidation covers begins
 * again: no record tells of what was before a CMD_SYNC (4.7.3). Left out: suppression of duplicates,
 * early retry of what has a record. */
#include "arch/event.h"
#include "arch/structs.h"
#include "core/txn.h"

bool smmu_stall_can_move(const struct smmu *s, const struct txn *t)
{
  if (t->stall == STALL_WRITING)
    return false;
  return t->order != ORDER_NONE || !smmu_enabled(s) || (t->marked && t->stall == STALL_UNRECORDED);
}

void smmu_stall_wake(struct smmu *s, unsigned slot)
{
  set_runnable(s, slot, smmu_stall_can_move(s, txn_at(s, slot)));
  smmu_wake_evtq(s); /* whose record is next depends on it */
}

void smmu_stall_wake_all(struct smmu *s)
{
  const struct txn_free *txns = txn_free_of(s);
  uint32_t left = txns->enabled;

  for (unsigned i = 0; i < s->slots && left; i++) {
    const struct txn *t = txn_at(s, i);

    left -= t->enabled;
    if (t->phase == TXN_STALLED)
      smmu_stall_wake(s, i);
  }
}

bool smmu_stall_is_open(const struct txn *t)
{
  return t->order == ORDER_NONE && t->stall != STALL_RECORDED;
}

/* ---- counts, which follow from the state ---- */

static uint32_t *count_of(struct smmu *s, const struct txn *t)
{
  struct txn_free *txns = txn_free_of(s);

  if (t->stall == STALL_UNRECORDED)
    return &txns->unrecorded;
  return t->stall != STALL_NONE && t->order == ORDER_NONE ? &txns->outstanding : NULL;
}

/* Nobody waits for a turn: equal meanings compare equal. */
static void forget_turns(struct smmu *s)
{
  struct evtq *q = &shared_of(s)->evtq;

  if (txn_free_of(s)->unrecorded || txn_free_of(s)->outstanding)
    return;
  q->turn = 0;
  if (q->count == 0)
    q->yield = 0;
}

static void set_state(struct smmu *s, struct txn *t, unsigned stall, unsigned order)
{
  uint32_t *count = count_of(s, t);

  if (count)
    (*count)--;
  t->stall = (uint8_t)stall;
  t->order = (uint8_t)order;
  count = count_of(s, t);
  if (count)
    (*count)++;
  forget_turns(s);
}

/* ---- the record ---- */

static bool has_stall_room(const struct smmu *s)
{
  const struct txn_free *txns = at_const(s, s->off_free);

  return txns->outstanding < s->features.stall_max;
}

uint32_t smmu_stall_next(const struct smmu *s)
{
  const struct txn_free *txns = at_const(s, s->off_free);
  const struct txn *t = at_const(s, s->off_txns);
  uint32_t turn = shared_const(s)->evtq.turn;

  if (txns->unrecorded == 0 || !has_stall_room(s) || !smmu_evtq_is_writable(s))
    return SMMU_NO_INDEX;
  for (uint32_t i = 0; i < s->slots; i++) {
    uint32_t slot = (turn + i) % s->slots;

    if (t[slot].stall == STALL_UNRECORDED && !smmu_stall_can_move(s, &t[slot]))
      return slot;
  }
  return SMMU_NO_INDEX;
}

void smmu_stall_record(const struct smmu *s, unsigned slot, uint64_t words[4])
{
  fault_encode((const struct txn *)at_const(s, s->off_txns) + slot, slot, words);
}

void smmu_stall_begin_record(struct smmu *s, unsigned slot)
{
  struct txn *t = txn_at(s, slot);

  set_state(s, t, STALL_WRITING, t->order);
}

/* What an invalidation has marked is visible now, or gone: no CMD_SYNC waits for it any more. */
static void clear_mark(struct smmu *s, unsigned slot)
{
  if (!txn_at(s, slot)->marked)
    return;
  txn_at(s, slot)->marked = 0;
  smmu_sync_txn_ended(s, slot);
}

void smmu_stall_end_record(struct smmu *s, unsigned slot)
{
  struct txn *t = txn_at(s, slot);

  set_state(s, t, STALL_RECORDED, t->order);
  clear_mark(s, slot);
  smmu_stall_wake(s, slot);
}

/* ---- the transaction ---- */

static void wait_for_answer(struct step *x)
{
  bool room = x->t->stall != STALL_UNRECORDED || smmu_stall_next(x->s) != SMMU_NO_INDEX;

  ask_wait(x->ask, room ? SMMU_WAIT_RESUME : SMMU_WAIT_STALL_ROOM);
}

void go_stall(struct step *x)
{
  struct smmu_result *results = at(x->s, x->s->off_results);

  VISIBLE(x->s);
  results[x->slot] =
    (struct smmu_result){ .status = SMMU_STATUS_STALLED, .event = x->t->fault.type };
  x->t->phase = TXN_STALLED;
  set_state(x->s, x->t, STALL_UNRECORDED, ORDER_NONE);
  smmu_stall_wake(x->s, x->slot);
  wait_for_answer(x);
}

static void terminate(struct step *x, unsigned status)
{
  set_state(x->s, x->t, STALL_NONE, ORDER_NONE);
  fault_answer(x, status);
}

/* Nothing is left of the first time but the transaction itself. */
static void begin_again(struct step *x)
{
  struct smmu_txn in = x->t->in;
  uint8_t enabled = x->t->enabled;

  set_state(x->s, x->t, STALL_NONE, ORDER_NONE);
  clear_mark(x->s, x->slot);
  memset(x->t, 0, sizeof *x->t);
  x->t->in = in;
  x->t->enabled = enabled;
  go_stage(x, TXN_RETRY, SMMU_STAGE_STALL);
}

void on_stalled(struct step *x)
{
  const struct txn *t = x->t;

  if (!smmu_stall_can_move(x->s, t)) {
    wait_for_answer(x);
    return;
  }
  VISIBLE(x->s);
  if (!smmu_enabled(x->s) || t->order == ORDER_ABORT)
    terminate(x, SMMU_STATUS_ABORT);
  else if (t->order == ORDER_RAZWI)
    terminate(x, SMMU_STATUS_RAZWI);
  else
    begin_again(x);
  smmu_wake_evtq(x->s);
}

/* Cleared meanwhile, SMMUEN terminates what had stalled: it does not bypass. */
void on_retry(struct step *x)
{
  VISIBLE(x->s);
  if (smmu_enabled(x->s))
    go_config(x);
  else
    go_respond(x, SMMU_STATUS_ABORT);
}

/* ---- commands ---- */

static void order(struct smmu *s, unsigned slot, unsigned what)
{
  struct txn *t = txn_at(s, slot);

  set_state(s, t, t->stall, what);
  smmu_stall_wake(s, slot);
}

/* Exactly one transaction, whose record software can have seen and that it has not answered. */
static void resume(struct smmu *s, const uint64_t words[2])
{
  uint64_t stag = FGET(RESUME, STAG, words);
  const struct txn *t;
  bool razwi;

  if (stag >= s->slots)
    return;
  t = txn_at(s, (unsigned)stag);
  if (t->stall != STALL_RECORDED || t->order != ORDER_NONE || t->in.sid != FGET(RESUME, SID, words))
    return;
  razwi = !FGET(RESUME, Abort, words) && !s->features.term_model;
  if (FGET(RESUME, Action, words))
    order(s, (unsigned)stag, ORDER_RETRY);
  else
    order(s, (unsigned)stag, razwi ? ORDER_RAZWI : ORDER_ABORT);
}

static void stall_term(struct smmu *s, uint32_t sid)
{
  for (unsigned i = 0; i < s->slots; i++) {
    const struct txn *t = txn_at(s, i);

    if (t->stall != STALL_NONE && t->order == ORDER_NONE && t->in.sid == sid)
      order(s, i, ORDER_ABORT);
  }
}

void smmu_stall_command(struct smmu *s, const uint64_t words[2])
{
  VISIBLE(s);
  if (FGET(CMD, Opcode, words) == CMD_RESUME)
    resume(s, words);
  else
    stall_term(s, (uint32_t)FGET(STALL_TERM, SID, words));
}
