/* Arrival of transactions: from software's devices, and the device's own that CMD_PREFETCH_CONFIG and
 * CMD_PREFETCH_ADDR begin. Those fill caches and answer nobody: they fault in silence, read as an
 * unprivileged access does, make nothing dirty, and are marked by invalidations as any other. IHI 0070
 * 3.14, 4.2. IMPDEF: config.prefetch; of the span of PREFETCH_ADDR the first address; micro-TLBs are
 * left alone; one slot stays free for software's devices, and without one more nothing is done. */
#include "arch/structs.h"
#include "core/txn.h"

unsigned smmu_txn_begin(struct smmu *s, const struct smmu_txn *in, const struct smmu_hooks *h)
{
  struct txn_free *free_slots = txn_free_of(s);
  unsigned slot = free_slots->slot[--free_slots->free_count];
  struct txn *t = txn_at(s, slot);
  struct smmu_record r = { .addr_in = in->addr, .unit = in->tbu, .phase = in->kind };

  free_slots->in_flight++;
  t->in = *in;
  if (txn_is_ats(t))
    smmu_ats_submitted(s, &t->in);
  if (in->kind != SMMU_TXN_ATS_REQUEST) /* a request may be for reads, writes and fetches */
    t->in.instruction = t->in.instruction && !in->write;
  t->phase = TXN_ARRIVE;
  set_runnable(s, slot, true);
  r.perm = in->write ? SMMU_PERM_WRITE : in->instruction ? SMMU_PERM_EXEC : SMMU_PERM_READ;
  txn_record(&(struct step){ .s = s, .t = t, .h = h, .slot = slot }, SMMU_TRACE_SUBMIT, &r);
  return slot;
}

int smmu_submit(struct smmu *s, const struct smmu_txn *txn, smmu_actor *actor,
                const struct smmu_hooks *hooks)
{
  if (txn->tbu >= s->config.tbus || txn->kind >= SMMU_TXN_KINDS)
    return SMMU_ERR_BADARG;
  if (txn_free_of(s)->free_count == 0)
    return SMMU_ERR_NOSLOT;
  *actor = smmu_txn_begin(s, txn, hooks);
  return SMMU_OK;
}

void smmu_prefetch(struct smmu *s, const uint64_t words[2], const struct smmu_hooks *h)
{
  bool config = FGET(CMD, Opcode, words) == CMD_PREFETCH_CONFIG;
  struct smmu_txn in = { .sid = (uint32_t)FGET(PREFETCH_ADDR, SID, words) };

  if (!smmu_enabled(s) || txn_free_of(s)->free_count < 2)
    return;
  in.ssv = s->features.ssidsize && FGET(PREFETCH_ADDR, SSV, words);
  in.ssid = in.ssv ? (uint32_t)FGET(PREFETCH_ADDR, SSID, words) : 0;
  in.kind = config ? SMMU_TXN_PREFETCH_CONFIG : SMMU_TXN_PREFETCH;
  in.addr = config ? 0 : FGET(PREFETCH_ADDR, ADDR, words) << 12;
  smmu_txn_begin(s, &in, h);
}
