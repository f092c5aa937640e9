/* Configuration hit and TLB hit in one call: what the steps would do one by one, for engines that
 * answer at once. Decides first, changes afterwards, so that "false" has changed nothing. A
 * property test holds it against the stepped path. */
#include "core/lookup.h"
#include "core/txn.h"
#include "util/bits.h"

struct hit {
  const struct cache *c;    /* who answered */
  const struct cache *fill; /* micro-TLB to fill from the main TLB, or NULL */
  uint32_t index;
};

static inline bool find_hit(struct smmu *s, const struct smmu_txn *in, uint64_t tag, uint64_t va,
                            struct hit *hit)
{
  const struct cache *utlb = &s->cache[SMMU_CACHE_UTLB + in->tbu], *tlb = &s->cache[SMMU_CACHE_TLB];

  hit->fill = NULL;
  if (utlb->entries) {
    hit->c = utlb;
    hit->index = cache_lookup(s, utlb, tag, va);
    if (hit->index < SMMU_CONFLICT)
      return true;
    if (hit->index == SMMU_CONFLICT)
      return false;
    hit->fill = utlb;
  }
  if (!tlb->entries)
    return false;
  hit->c = tlb;
  hit->index = cache_lookup(s, tlb, tag, va);
  return hit->index < SMMU_CONFLICT;
}

/* The records that stepping would have left, in the same order. */
static void trace_hit(struct smmu *s, struct step *x, const struct cfg_entry *cfg,
                      const struct hit *hit)
{
  struct smmu_record submit = { .addr_in = x->t->in.addr, .unit = x->t->in.tbu },
                     r = { .unit = SMMU_CACHE_CFG };
  const struct smmu_txn *in = &x->t->in;

  submit.perm = in->write ? SMMU_PERM_WRITE : in->instruction ? SMMU_PERM_EXEC : SMMU_PERM_READ;
  txn_record(x, SMMU_TRACE_SUBMIT, &submit);
  r.slot = (uint32_t)(cfg - (const struct cfg_entry *)at(s, s->cache[SMMU_CACHE_CFG].off_entry));
  txn_record(x, SMMU_TRACE_HIT, &r);
  if (hit->fill) {
    struct tlb_entry none = { .va = x->t->va };

    cache_trace(x->h, SMMU_TRACE_MISS, hit->fill, 0, &none, x->slot);
  }
  cache_trace(x->h, SMMU_TRACE_HIT, hit->c, hit->index, &cache_entries(s, hit->c)[hit->index],
              x->slot);
}

static void trace_response(struct step *x, const struct smmu_result *out)
{
  struct smmu_record r = { .addr_in = x->t->in.addr, .addr_out = out->pa, .unit = x->t->in.tbu };

  r.result = out->status;
  r.perm = out->perm;
  r.info = out->size_log2;
  txn_record(x, SMMU_TRACE_RESPOND, &r);
}

static void fill_utlb(struct smmu *s, const struct hit *hit, smmu_actor actor,
                      const struct smmu_hooks *h)
{
  struct tlb_entry e = cache_entries(s, hit->c)[hit->index];
  uint32_t hint, choices, index = smmu_cache_room(s, hit->fill, &e, &hint, &choices);

  if (index == SMMU_NO_INDEX && s->config.replace == SMMU_REPLACE_FLUSH) {
    smmu_cache_flush(s, hit->fill, SMMU_TRACE_EVICT, h);
    hint = 0;
  }
  if (index == SMMU_NO_INDEX)
    index = smmu_cache_way(hit->fill, &e, hint);
  smmu_cache_write(s, hit->fill, index, &e, actor, h);
}

/* Everything but the bare hit: records, and the fill of a micro-TLB. Kept out of the way of the
 * common case. */
static __attribute__((noinline)) void commit_rest(struct smmu *s, const struct smmu_txn *in,
                                                  uint64_t va, const struct cfg_entry *cfg,
                                                  const struct hit *hit,
                                                  const struct smmu_result *out,
                                                  const struct smmu_hooks *h)
{
  const struct txn_free *free_slots = txn_free_of(s);
  struct txn shadow;
  struct step x = {
    .s = s, .t = &shadow, .h = h, .slot = free_slots->slot[free_slots->free_count - 1]
  };

  if (h) {
    shadow.in = *in;
    shadow.in.instruction = in->instruction && !in->write;
    shadow.va = va;
    shadow.cfg = cfg->cfg; /* of which the response has its label */
    shadow.enabled = 1;
    trace_hit(s, &x, cfg, hit);
  }
  if (hit->fill)
    fill_utlb(s, hit, x.slot, h);
  if (h)
    trace_response(&x, out);
}

bool smmu_try_hit(struct smmu *s, const struct smmu_txn *txn, struct smmu_result *out,
                  const struct smmu_hooks *hooks)
{
  const struct cache *cfg_cache = &s->cache[SMMU_CACHE_CFG];
  const struct cfg_entry *cfg;
  const struct tlb_entry *e;
  struct hit hit;
  bool priv, ind;
  uint64_t va = txn->addr;
  uint32_t i;

  if (txn->kind != SMMU_TXN_ORDINARY || txn->tbu >= s->config.tbus || !smmu_enabled(s) ||
      !txn_free_of(s)->free_count)
    return false;
  i = cfg_lookup(s, txn);
  if (i >= SMMU_CONFLICT)
    return false;
  cfg = (const struct cfg_entry *)at(s, cfg_cache->off_entry) + i;
  if (!(cfg->cfg.flags & (CFG_S1 | CFG_S2)) || cfg->cfg.slow)
    return false;
  if (cfg->cfg.flags & CFG_S1 ? cfg_input_range(&cfg->cfg, txn->addr, &va) < 0
                              : (txn->addr >> s->features.ias) != 0)
    return false;
  if (!find_hit(s, txn, cfg->cfg.tag, va, &hit))
    return false;
  txn_overrides(&cfg->cfg, txn, &priv, &ind);
  e = &cache_entries(s, hit.c)[hit.index];
  if (txn_judge(e, smmu_access_bit(txn->write, ind, priv)) != ENTRY_OK)
    return false;
  txn_result_from(e, va, priv, out);
  cache_touch(s, cfg_cache, i);
  cache_touch(s, hit.c, hit.index);
  if (hooks || hit.fill)
    commit_rest(s, txn, va, cfg, &hit, out, hooks);
  return true;
}
