/* Which trace record counts as which events. IHI 0070: 10.3. IMPDEF: terminated transactions count,
 * and so do all that arrive with SMMUEN = 0; of ATOS, prefetch and page requests only accesses count;
 * a stalled transaction that begins again is a new one. An event
 * "once a transaction" is remembered by transaction slot, from SUBMIT to RESPOND. */
#include "engine/pmcg.h"

#include "smmu/smmu.h"

/* Of a transaction: it was submitted; what it has been counted for. */
enum { KNOWN = 1, CONFIG_MISSED = 2, TLB_MISSED = 4, FAULTED = 8, NO_CLIENT = 16 };

static const struct pmcg_who nobody;

static bool is_whole(const struct smmu_pmcg *p)
{
  return p->config.tbu == SMMU_PMCG_WHOLE;
}

static bool is_mine(const struct smmu_pmcg *p, uint32_t tbu)
{
  return is_whole(p) || p->config.tbu == tbu;
}

/* The transaction of a record, if it was submitted within sight. */
static struct smmu_pmcg_txn *find_txn(struct smmu_pmcg *p, const struct smmu_record *r)
{
  return r->actor < SMMU_PMCG_TXNS && (p->txn[r->actor].seen & KNOWN) ? &p->txn[r->actor] : NULL;
}

/* The same for what a transaction does on its way. One that goes on behind a fault had stalled, and
 * begins again: from here on it counts like a new one. */
static struct smmu_pmcg_txn *txn_of(struct smmu_pmcg *p, const struct smmu_record *r)
{
  struct smmu_pmcg_txn *t = find_txn(p, r);

  if (t && (t->seen & FAULTED)) {
    t->seen &= KNOWN | NO_CLIENT;
    if (!(t->seen & NO_CLIENT) && is_mine(p, t->tbu))
      pmcg_count(p, SMMU_PMCG_TRANSACTION, (struct pmcg_who){ t->sid, true });
  }
  return t;
}

static struct pmcg_who who_of(const struct smmu_pmcg_txn *t)
{
  return t ? (struct pmcg_who){ t->sid, true } : nobody;
}

static void count_once(struct smmu_pmcg *p, struct smmu_pmcg_txn *t, unsigned bit, unsigned event)
{
  if (!t || (t->seen & (bit | NO_CLIENT)) || !is_mine(p, t->tbu))
    return;
  t->seen |= (uint8_t)bit;
  pmcg_count(p, event, who_of(t));
}

/* The TBU alone could not translate. */
static void left_tbu(struct smmu_pmcg *p, struct smmu_pmcg_txn *t)
{
  if (!is_whole(p))
    count_once(p, t, TLB_MISSED, SMMU_PMCG_TLB_MISS);
}

/* What the SMMU does for itself, and page requests, are no transactions. */
static bool is_transaction(unsigned kind)
{
  return kind == SMMU_TXN_ORDINARY || kind == SMMU_TXN_ATS_REQUEST ||
         kind == SMMU_TXN_ATS_TRANSLATED || kind == SMMU_TXN_UNSUPPORTED;
}

static void on_submit(struct smmu_pmcg *p, const struct smmu_record *r)
{
  struct pmcg_who who = { r->sid, true };
  bool counts = is_transaction(r->phase);

  if (r->actor < SMMU_PMCG_TXNS)
    p->txn[r->actor] = (struct smmu_pmcg_txn){ .sid = r->sid,
                                               .tbu = r->unit,
                                               .seen = counts ? KNOWN : KNOWN | NO_CLIENT };
  if (!counts || !is_mine(p, r->unit))
    return;
  pmcg_count(p, SMMU_PMCG_TRANSACTION, who);
  if (r->phase == SMMU_TXN_ATS_REQUEST)
    pmcg_count(p, SMMU_PMCG_ATS_REQUEST, who);
  else if (r->phase == SMMU_TXN_ATS_TRANSLATED)
    pmcg_count(p, SMMU_PMCG_ATS_TRANSLATED, who);
}

/* A descriptor that is read to find a CD tells nothing about the transaction's own translation. */
static void on_read(struct smmu_pmcg *p, const struct smmu_record *r)
{
  bool walk = r->info == SMMU_READ_S1_DESC || r->info == SMMU_READ_S2_DESC;
  struct smmu_pmcg_txn *t = txn_of(p, r);

  pmcg_count(p, walk ? SMMU_PMCG_WALK_ACCESS : SMMU_PMCG_CONFIG_ACCESS,
             (struct pmcg_who){ r->sid, true });
  if (!walk)
    count_once(p, t, CONFIG_MISSED, SMMU_PMCG_CONFIG_MISS);
  else if (r->phase != SMMU_READ_FOR_CD)
    count_once(p, t, TLB_MISSED, SMMU_PMCG_TLB_MISS);
}

static unsigned walk_event(const struct smmu_record *r)
{
  switch (r->phase) {
  case SMMU_ENTRY_WALK_S1: return SMMU_PMCG_WALK_S1_HIT;
  case SMMU_ENTRY_WALK_S2: return SMMU_PMCG_WALK_S2_HIT;
  default: return SMMU_PMCG_WALK_IPA_HIT;
  }
}

static void on_lookup(struct smmu_pmcg *p, const struct smmu_record *r)
{
  bool hit = r->category == SMMU_TRACE_HIT;
  struct smmu_pmcg_txn *t = txn_of(p, r);

  switch (r->unit) {
  case SMMU_CACHE_CFG:
    if (hit)
      pmcg_count(p, SMMU_PMCG_CONFIG_HIT, who_of(t));
    break;
  case SMMU_CACHE_WALK:
    if (hit)
      pmcg_count(p, walk_event(r), who_of(t));
    break;
  case SMMU_CACHE_TLB:
    pmcg_count(p, hit ? SMMU_PMCG_MAIN_TLB_HIT : SMMU_PMCG_MAIN_TLB_MISS, who_of(t));
    left_tbu(p, t);
    break;
  case SMMU_CACHE_UTLB:
    if (is_mine(p, r->sid))
      pmcg_count(p, hit ? SMMU_PMCG_UTLB_HIT : SMMU_PMCG_UTLB_MISS, who_of(t));
    if (!hit)
      left_tbu(p, t);
    break;
  default: break;
  }
}

static void on_respond(struct smmu_pmcg *p, const struct smmu_record *r)
{
  struct smmu_pmcg_txn *t = find_txn(p, r);

  if (is_mine(p, r->unit) && (r->result == SMMU_STATUS_ABORT || r->result == SMMU_STATUS_RAZWI))
    pmcg_count(p, SMMU_PMCG_TERMINATED, (struct pmcg_who){ r->sid, true });
  if (t)
    *t = (struct smmu_pmcg_txn){ 0 };
}

static void on_fault(struct smmu_pmcg *p, const struct smmu_record *r)
{
  struct smmu_pmcg_txn *t = find_txn(p, r);

  if (t)
    t->seen |= FAULTED;
}

static void on_removal(struct smmu_pmcg *p, const struct smmu_record *r)
{
  bool dropped = r->category == SMMU_TRACE_DROP;

  if (r->unit == SMMU_CACHE_CFG) {
    if (dropped)
      pmcg_count(p, SMMU_PMCG_CONFIG_INVALIDATED, nobody);
  } else if (r->unit == SMMU_CACHE_UTLB ? is_mine(p, r->sid) : is_whole(p)) {
    pmcg_count(p, dropped ? SMMU_PMCG_INVALIDATED : SMMU_PMCG_EVICTED, nobody);
  }
}

void smmu_pmcg_record(struct smmu_pmcg *p, const struct smmu_record *record)
{
  struct pmcg_who who = { record->sid, true };

  smmu_pmcg_advance(p, record->time);
  switch (record->category) {
  case SMMU_TRACE_SUBMIT: on_submit(p, record); break;
  case SMMU_TRACE_READ: on_read(p, record); break;
  case SMMU_TRACE_UPDATE: pmcg_count(p, SMMU_PMCG_WALK_ACCESS, who); break;
  case SMMU_TRACE_HIT:
  case SMMU_TRACE_MISS: on_lookup(p, record); break;
  case SMMU_TRACE_FAULT: on_fault(p, record); break;
  case SMMU_TRACE_RESPOND: on_respond(p, record); break;
  case SMMU_TRACE_EVENT: pmcg_count(p, SMMU_PMCG_RECORD, who); break;
  case SMMU_TRACE_EVENT_LOST: pmcg_count(p, SMMU_PMCG_RECORD_LOST, who); break;
  case SMMU_TRACE_COMMAND: pmcg_count(p, SMMU_PMCG_COMMAND, nobody); break;
  case SMMU_TRACE_SYNC: pmcg_count(p, SMMU_PMCG_SYNC, nobody); break;
  case SMMU_TRACE_DROP:
  case SMMU_TRACE_EVICT: on_removal(p, record); break;
  default: break;
  }
}
