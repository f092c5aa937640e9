/* What each invalidation removes, and which transactions in flight it marks.
 * IHI 0070 4.3 (CFGI), 4.4 (TLBI), 3.21.1, 3.21.3 (what a CMD_SYNC then promises). Rule of the
 * model: caches are swept from source to sink (walk cache, main TLB, micro-TLBs), and at each of
 * these steps every transaction that may hold, or be about to cache, something covered is marked. A
 * marked transaction answers, fills nothing, and the next CMD_SYNC of the queue that marked it waits
 * for it (sync.c). IMPDEF: TTL and TG never narrow an invalidation; marks go by world, VMID and
 * ASID, not by address (over-marking is legal). */
#include "core/core.h"
#include "core/lookup.h"
#include "util/bits.h"

static bool is_el2(unsigned world)
{
  return world != SMMU_WORLD_EL1;
}

static bool by_address(const struct inval *inv)
{
  return inv->kind == INVAL_S1_VA || inv->kind == INVAL_S1_VAA || inv->kind == INVAL_S2_IPA;
}

static bool is_stage2_kind(unsigned kind)
{
  return kind == ENTRY_S2 || kind == ENTRY_WALK_S2 || kind == ENTRY_WALK_IPA;
}

static bool is_table_kind(unsigned kind)
{
  return kind == ENTRY_WALK_S1 || kind == ENTRY_WALK_S2;
}

static bool covers_kind(const struct inval *inv, unsigned kind)
{
  switch (inv->kind) {
  case INVAL_S12_ALL:
  case INVAL_WORLD: return true;
  case INVAL_S2_IPA: return is_stage2_kind(kind) && !(inv->leaf && is_table_kind(kind));
  case INVAL_S1_VA:
  case INVAL_S1_VAA: return !is_stage2_kind(kind) && !(inv->leaf && is_table_kind(kind));
  default: return !is_stage2_kind(kind);
  }
}

/* Does the range touch what the entry was made of? A stage 1 block that stage 2 pages broke into
 * smaller entries goes as a whole: software names any address of the block. IHI 0070 4.4.2. */
static inline bool overlaps(const struct inval *inv, const struct tlb_entry *e)
{
  unsigned span_log2 = e->fracture ? e->fracture : tag_size(e->tag);
  uint64_t base = align_down_log2(e->va, span_log2);

  return e->tag != 0 && base <= inv->last && base + bits_low(span_log2) >= inv->first;
}

/* Must this entry go? */
static bool covers(const struct inval *inv, const struct tlb_entry *e)
{
  uint64_t tag = e->tag;

  if (is_el2(tag_world(tag)) != (inv->el2 != 0) || !covers_kind(inv, tag_kind(tag)))
    return false;
  if (!inv->el2 && inv->kind != INVAL_WORLD && ((tag_vmid(tag) ^ inv->vmid) & inv->vmid_mask))
    return false;
  if (inv->kind == INVAL_S1_ASID && ((tag & TAG_GLOBAL) || tag_asid(tag) != inv->asid))
    return false;
  if (inv->kind == INVAL_S1_VA && !(tag & TAG_GLOBAL) && tag_asid(tag) != inv->asid &&
      tag_world(tag) != SMMU_WORLD_EL2)
    return false;
  return !by_address(inv) || overlaps(inv, e);
}

static void sweep_all(struct smmu *s, const struct cache *c, const struct inval *inv,
                      const struct smmu_hooks *h)
{
  const struct tlb_entry *entries = cache_entries(s, c);

  for (uint32_t i = 0; i < c->entries; i++) {
    if (entries[i].tag != 0 && covers(inv, &entries[i]))
      smmu_cache_drop(s, c, i, SMMU_TRACE_DROP, h);
  }
}

static void sweep_chain(struct smmu *s, const struct cache *c, const struct inval *inv,
                        unsigned which, uint64_t tag, const struct smmu_hooks *h)
{
  const struct tlb_entry *entries = cache_entries(s, c);
  const struct cache_link *link = at(s, c->off_link);
  uint32_t next;

  for (uint32_t i = smmu_cache_chain(s, c, which, tag); i != SMMU_NO_INDEX; i = next) {
    next = link[i].next[which];
    if (covers(inv, &entries[i]))
      smmu_cache_drop(s, c, i, SMMU_TRACE_DROP, h);
  }
}

/* The sets that pages of one span inside the range fall into. */
static void sweep_span(struct smmu *s, const struct cache *c, const struct inval *inv,
                       unsigned size_log2, const struct smmu_hooks *h)
{
  const struct tlb_entry *entries = cache_entries(s, c);
  uint64_t pages = ((inv->last >> size_log2) - (inv->first >> size_log2)) + 1;

  for (uint64_t p = 0; p < pages && p < c->sets; p++) {
    uint32_t first = cache_set(c, inv->first + (p << size_log2), size_log2) * c->ways;

    for (uint32_t i = first; i < first + c->ways; i++) {
      if (overlaps(inv, &entries[i]) && covers(inv, &entries[i]))
        smmu_cache_drop(s, c, i, SMMU_TRACE_DROP, h);
    }
  }
}

/* Entries a by-address sweep would look at, against what the chains hold: a range wider than this
 * goes by chain. */
enum { SWEEP_PAGES_MAX = 64 };

static bool sweep_by_set(struct smmu *s, const struct cache *c, const struct inval *inv,
                         const struct smmu_hooks *h)
{
  uint64_t sizes = cache_live_of(s, c)->sizes;

  if (cache_live_of(s, c)->fractures)
    return false; /* parts of a block may lie in any set */
  if (sizes && ((inv->last - inv->first) >> __builtin_ctzll(sizes)) >= SWEEP_PAGES_MAX)
    return false;
  for (; sizes; sizes &= sizes - 1)
    sweep_span(s, c, inv, (unsigned)__builtin_ctzll(sizes), h);
  return true;
}

void smmu_inval_cache(struct smmu *s, const struct cache *c, const struct inval *inv,
                      const struct smmu_hooks *h)
{
  uint64_t tag = tag_make(0, 0, inv->vmid, inv->asid, 0);
  bool one_vmid = inv->el2 || inv->vmid_mask == 0xffff;

  if (c->entries == 0 || cache_live_of(s, c)->used == 0)
    return;
  if (by_address(inv) && sweep_by_set(s, c, inv, h))
    return;
  if (!c->off_link || inv->kind == INVAL_WORLD || !one_vmid) {
    sweep_all(s, c, inv, h);
  } else if (inv->kind == INVAL_S1_ASID) {
    sweep_chain(s, c, inv, 0, tag, h);
  } else if (inv->kind == INVAL_S1_VA && !inv->el2) {
    sweep_chain(s, c, inv, 0, tag, h);
    sweep_chain(s, c, inv, 0, (tag & 0xffff) | TAG_GLOBAL, h);
  } else {
    sweep_chain(s, c, inv, 1, tag, h);
  }
}

/* ---- transactions in flight ---- */

/* The VMID and world are known once the STE is; the ASID once the CD is. By-address forms mark
 * whatever the ASID, for a walk in flight may turn out to be of a global page. */
static bool translation_concerns(const struct txn *t, const struct inval *inv)
{
  const struct stream_cfg *cfg = &t->cfg;
  bool stage2 = inv->kind == INVAL_S2_IPA || inv->kind == INVAL_S12_ALL || inv->kind == INVAL_WORLD;

  if (!t->have_ste || (!stage2 && !t->have_cfg))
    return false;
  if (is_el2(cfg->world) != (inv->el2 != 0))
    return false;
  if (!inv->el2 && inv->kind != INVAL_WORLD && ((cfg->vmid ^ inv->vmid) & inv->vmid_mask))
    return false;
  return inv->kind != INVAL_S1_ASID || cfg->asid == inv->asid;
}

void smmu_inval_mark_in_flight(struct smmu *s, const struct inval *inv, unsigned number,
                               const struct smmu_hooks *h)
{
  bool config = inval_is_config(inv);
  uint32_t left = txn_free_of(s)->in_flight;

  for (unsigned i = 0; i < s->slots && left; i++) {
    struct txn *t = txn_at(s, i);
    struct smmu_record r = { 0 };

    if (t->phase == 0)
      continue;
    left--;
    if (!(config ? smmu_inval_covers_stream(inv, t->in.sid, t->in.ssv ? t->in.ssid : 0)
                 : translation_concerns(t, inv)))
      continue;
    smmu_sync_mark(s, number, i);
    if (t->marked)
      continue;
    t->marked = 1;
    r.category = SMMU_TRACE_MARK;
    r.slot = i;
    r.sid = t->in.sid;
    r.addr_in = t->in.addr;
    trace_put(h, &r);
  }
}
