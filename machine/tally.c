/* See tally.h. */
#include "machine/tally.h"

#include <string.h>

/* For the whole SMMU, and for the TBU as well when it counts such things. */
static void add(struct machine_tally *t, unsigned event, int tbu)
{
  if (!t->active)
    return;
  t->count[0][event]++;
  if (tbu >= 0 && tbu < MACHINE_GROUPS - 1)
    t->count[1 + tbu][event]++;
}

enum { TCU = -1 };

static void tally_submit(struct machine_tally *t, const struct smmu_record *r)
{
  if (r->actor < SMMU_PMCG_TXNS) {
    memset(&t->txn[r->actor], 0, sizeof t->txn[0]);
    t->txn[r->actor].known = true;
    t->txn[r->actor].tbu = r->unit;
    t->txn[r->actor].kind = r->phase;
  }
  if (r->phase == SMMU_TXN_PAGE_HINT || r->phase >= SMMU_TXN_KINDS)
    return;
  add(t, SMMU_PMCG_TRANSACTION, r->unit);
  if (r->phase == SMMU_TXN_ATS_REQUEST)
    add(t, SMMU_PMCG_ATS_REQUEST, r->unit);
  if (r->phase == SMMU_TXN_ATS_TRANSLATED)
    add(t, SMMU_PMCG_ATS_TRANSLATED, r->unit);
}

/* A transaction of a client, or -1. */
static int client(struct machine_tally *t, const struct smmu_record *r)
{
  if (r->actor >= SMMU_PMCG_TXNS || !t->txn[r->actor].known ||
      t->txn[r->actor].kind == SMMU_TXN_PAGE_HINT || t->txn[r->actor].kind >= SMMU_TXN_KINDS)
    return -1;
  if (t->txn[r->actor].fault) {
    t->txn[r->actor].fault = t->txn[r->actor].structure = false;
    t->txn[r->actor].descriptor = t->txn[r->actor].beyond = false;
    add(t, SMMU_PMCG_TRANSACTION, t->txn[r->actor].tbu);
  }
  return r->actor;
}

/* The TBU has asked the TCU for a transaction's translation. */
static void tally_beyond(struct machine_tally *t, int slot)
{
  if (slot < 0 || t->txn[slot].beyond)
    return;
  t->txn[slot].beyond = true;
  if (t->active && t->txn[slot].tbu < MACHINE_GROUPS - 1)
    t->count[1 + t->txn[slot].tbu][SMMU_PMCG_TLB_MISS]++;
}

static void tally_read(struct machine_tally *t, const struct smmu_record *r)
{
  int slot = client(t, r);

  if (r->info != SMMU_READ_S1_DESC && r->info != SMMU_READ_S2_DESC) {
    add(t, SMMU_PMCG_CONFIG_ACCESS, TCU);
    if (slot >= 0 && !t->txn[slot].structure)
      add(t, SMMU_PMCG_CONFIG_MISS, TCU);
    if (slot >= 0)
      t->txn[slot].structure = true;
    return;
  }
  add(t, SMMU_PMCG_WALK_ACCESS, TCU);
  if (slot < 0 || r->phase == SMMU_READ_FOR_CD)
    return;
  if (!t->txn[slot].descriptor)
    add(t, SMMU_PMCG_TLB_MISS, TCU);
  t->txn[slot].descriptor = true;
  tally_beyond(t, slot);
}

static void tally_hit(struct machine_tally *t, const struct smmu_record *r)
{
  if (r->unit == SMMU_CACHE_UTLB)
    add(t, SMMU_PMCG_UTLB_HIT, (int)r->sid);
  else if (r->unit == SMMU_CACHE_TLB)
    add(t, SMMU_PMCG_MAIN_TLB_HIT, TCU);
  else if (r->unit == SMMU_CACHE_CFG)
    add(t, SMMU_PMCG_CONFIG_HIT, TCU);
  else if (r->phase == SMMU_ENTRY_WALK_S1)
    add(t, SMMU_PMCG_WALK_S1_HIT, TCU);
  else
    add(t, r->phase == SMMU_ENTRY_WALK_S2 ? SMMU_PMCG_WALK_S2_HIT : SMMU_PMCG_WALK_IPA_HIT, TCU);
}

static void tally_lookup(struct machine_tally *t, const struct smmu_record *r)
{
  int slot = client(t, r);

  if (r->category == SMMU_TRACE_HIT)
    tally_hit(t, r);
  else if (r->unit == SMMU_CACHE_UTLB)
    add(t, SMMU_PMCG_UTLB_MISS, (int)r->sid);
  else if (r->unit == SMMU_CACHE_TLB)
    add(t, SMMU_PMCG_MAIN_TLB_MISS, TCU);
  if (r->unit == SMMU_CACHE_TLB || (r->unit == SMMU_CACHE_UTLB && r->category == SMMU_TRACE_MISS))
    tally_beyond(t, slot);
}

static void tally_gone(struct machine_tally *t, const struct smmu_record *r)
{
  bool drop = r->category == SMMU_TRACE_DROP;

  if (r->unit != SMMU_CACHE_CFG)
    add(t, drop ? SMMU_PMCG_INVALIDATED : SMMU_PMCG_EVICTED,
        r->unit == SMMU_CACHE_UTLB ? (int)r->sid : TCU);
  else if (drop)
    add(t, SMMU_PMCG_CONFIG_INVALIDATED, TCU);
}

void machine_tally_record(struct machine_tally *t, const struct smmu_record *r)
{
  switch (r->category) {
  case SMMU_TRACE_SUBMIT: tally_submit(t, r); break;
  case SMMU_TRACE_READ: tally_read(t, r); break;
  case SMMU_TRACE_UPDATE: add(t, SMMU_PMCG_WALK_ACCESS, TCU); break;
  case SMMU_TRACE_HIT:
  case SMMU_TRACE_MISS: tally_lookup(t, r); break;
  case SMMU_TRACE_DROP:
  case SMMU_TRACE_EVICT: tally_gone(t, r); break;
  case SMMU_TRACE_EVENT: add(t, SMMU_PMCG_RECORD, TCU); break;
  case SMMU_TRACE_EVENT_LOST: add(t, SMMU_PMCG_RECORD_LOST, TCU); break;
  case SMMU_TRACE_COMMAND: add(t, SMMU_PMCG_COMMAND, TCU); break;
  case SMMU_TRACE_SYNC: add(t, SMMU_PMCG_SYNC, TCU); break;
  case SMMU_TRACE_FAULT:
    if (r->actor < SMMU_PMCG_TXNS)
      t->txn[r->actor].fault = true;
    break;
  case SMMU_TRACE_RESPOND:
    if (r->actor < SMMU_PMCG_TXNS)
      t->txn[r->actor].known = false;
    if (r->result == SMMU_STATUS_ABORT || r->result == SMMU_STATUS_RAZWI)
      add(t, SMMU_PMCG_TERMINATED, r->unit);
    break;
  default: break;
  }
}
