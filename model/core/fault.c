/* Faults: what is recorded, and how the transaction ends. IHI 0070 3.12, 5.5, 7.2, 7.3.
 * Only translation faults are configurable: stage 1 by CD.{A,R,S}, stage 2 by STE.{S2R,S2S}. All
 * others abort and are recorded, but C_BAD_STREAMID only with CR2.RECINVSID. The record enters the
 * event buffer before the response leaves, or is merged with an equal one there (7.3.1). What
 * stalls: stall.c. F_UUT and E_PAGE_REQUEST are kinds of transactions. */
#include "arch/event.h"
#include "arch/structs.h"
#include "core/txn.h"
#include "util/bits.h"

static bool is_configurable(unsigned type)
{
  return type >= EVENT_F_TRANSLATION && type <= EVENT_F_PERMISSION;
}

static bool is_recorded(const struct step *x)
{
  const struct txn *t = x->t;

  if (txn_is_ats(t) && ats_fault_is_hidden(x))
    return false;
  if (t->fault.type == EVENT_C_BAD_STREAMID)
    return txn_is_ats(t) || GET(CR2, RECINVSID, shared_of(x->s)->reg[R_CR2]);
  if (!is_configurable(t->fault.type))
    return true;
  if (t->fault.s2)
    return t->cfg.flags & CFG_S2R;
  /* Without stage 1 there is no CD to ask: address size faults of a bypassed stage 1. */
  return !(t->cfg.flags & CFG_S1) || (t->cfg.flags & CFG_R);
}

/* Faults of a stage that is configured so; ATS requests and what the device does for itself never
 * stall. Without stage 1 there is no CD to ask, and the fault aborts. IHI 0070 3.12, 5.5. */
static bool is_stalled(const struct txn *t)
{
  if (!is_configurable(t->fault.type) || t->in.kind != SMMU_TXN_ORDINARY)
    return false;
  if (t->fault.s2)
    return t->cfg.flags & CFG_S2S;
  return (t->cfg.flags & CFG_S1) && (t->cfg.flags & CFG_S);
}

/* A page request is a hint: nothing is wrong with it. */
static unsigned status_of(const struct txn *t)
{
  bool by_cd = is_configurable(t->fault.type) && !t->fault.s2 && (t->cfg.flags & CFG_S1);

  if (txn_is_ats(t))
    return ats_fault_status(t);
  if (t->fault.type == EVENT_E_PAGE_REQUEST)
    return SMMU_STATUS_OK;
  return by_cd && !(t->cfg.flags & CFG_A) ? SMMU_STATUS_RAZWI : SMMU_STATUS_ABORT;
}

void fault_answer(struct step *x, unsigned status)
{
  x->t->result = (struct smmu_result){ .event = x->t->fault.type };
  x->t->fault = (struct fault){ 0 };
  go_respond(x, status);
}

void go_fault(struct step *x, unsigned type, unsigned clss, bool s2, uint64_t ipa,
              uint64_t fetch_addr)
{
  struct txn *t = x->t;
  struct smmu_record r = { .addr_in = t->in.addr, .addr_out = ipa, .word = fetch_addr };

  if (is_prefetch(t)) { /* IHI 0070 4.2 */
    go_respond(x, SMMU_STATUS_ABORT);
    return;
  }
  t->fault = (struct fault){
    .type = (uint8_t)type, .clss = (uint8_t)clss, .s2 = s2, .ipa = ipa, .fetch_addr = fetch_addr
  };
  t->fault.updating = t->s1.flip != 0;
  r.result = (uint16_t)type;
  r.info = (uint8_t)clss;
  r.phase = s2 ? 2 : 1;
  txn_record(x, SMMU_TRACE_FAULT, &r);
  if (t->in.kind == SMMU_TXN_ATS_REQUEST && is_configurable(type)) {
    t->fault = (struct fault){ 0 };
    ats_deny(x);
    return;
  }
  if (is_atos(t))
    atos_fault(x);
  else if (is_stalled(t) || is_recorded(x))
    go_stage(x, TXN_FAULT, SMMU_STAGE_EVENT);
  else
    fault_answer(x, status_of(t));
}

/* ---- the record ---- */

/* A hint says what a page will be used for: by whom, and how. */
static void encode_hint(const struct smmu_txn *in, struct smmu_event *e)
{
  unsigned perm = in->write ? SMMU_PERM_W : in->instruction ? SMMU_PERM_X : SMMU_PERM_R;

  *(in->privileged ? &e->perm_priv : &e->perm) = (uint8_t)perm;
  e->span = 1;
}

void fault_encode(const struct txn *t, unsigned slot, uint64_t words[4])
{
  struct smmu_event e = { .type = t->fault.type, .ssv = t->in.ssv, .sid = t->in.sid };

  e.ssid = t->in.ssv ? t->in.ssid : 0;
  e.pnu = t->priv;
  e.ind = t->ind;
  e.rnw = !t->in.write;
  e.s2 = t->fault.s2;
  e.clss = t->fault.clss;
  e.ttrnw = t->fault.s2 && t->fault.clss == SMMU_CLASS_TT && !t->fault.updating;
  if (e.type == EVENT_F_BAD_ATS_TREQ)
    ats_describe(t, &e);
  e.input_addr = t->in.addr;
  e.ipa = t->fault.s2 ? t->fault.ipa : 0;
  e.fetch_addr = t->fault.fetch_addr;
  e.stall = t->stall != STALL_NONE;
  e.stag = (uint16_t)(e.stall ? slot : 0);
  if (t->fault.type == EVENT_E_PAGE_REQUEST)
    encode_hint(&t->in, &e);
  if (e.type == EVENT_F_TLB_CONFLICT || e.type == EVENT_F_CFG_CONFLICT)
    e.reason = (uint32_t)t->fault.fetch_addr;
  smmu_event_encode(&e, words);
}

/* STE.MEV, for events that come after the STE; what comes before it may always be merged. */
static bool is_mergeable(const struct txn *t)
{
  switch (t->fault.type) {
  case EVENT_F_UUT:
  case EVENT_C_BAD_STREAMID:
  case EVENT_F_STE_FETCH:
  case EVENT_C_BAD_STE: return true;
  default: return t->cfg.flags & CFG_MEV;
  }
}

/* May the record be dropped for an equal one? False with a PICK out: asked again then. */
static bool merge(struct step *x, const uint64_t words[4], bool *is_merged)
{
  bool may = is_mergeable(x->t) && smmu_evtq_has_equal(x->s, words);

  *is_merged = false;
  if (may && !x->t->picking) {
    x->t->waiting = 0;
    set_runnable(x->s, x->slot, true); /* it may have waited for room; a merged record needs none */
    x->t->picking = 1;
    x->ask->kind = SMMU_ASK_PICK;
    x->ask->key = SMMU_PICK_MERGE;
    x->ask->choices = 2;
    x->ask->data[0] = 1;
    return false;
  }
  *is_merged = may && x->reply->choice == 1;
  x->t->picking = 0;
  return true;
}

void on_fault(struct step *x)
{
  uint64_t words[4];
  bool is_merged;

  if (is_stalled(x->t)) {
    go_stall(x);
    return;
  }
  VISIBLE(x->s);
  fault_encode(x->t, x->slot, words);
  if (!merge(x, words, &is_merged))
    return;
  if (!is_merged && !smmu_evtq_has_room(x->s)) {
    x->t->waiting = 1;
    set_runnable(x->s, x->slot, false);
    ask_wait(x->ask, SMMU_WAIT_EVENT_ROOM);
    return;
  }
  x->t->waiting = 0;
  if (!is_merged)
    smmu_evtq_push(x->s, words);
  if (x->t->marked)
    smmu_sync_record_added(x->s, x->slot);
  fault_answer(x, status_of(x->t));
}
