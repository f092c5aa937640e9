/* What each invalidation removes, and which transactions in flight it marks.
 * IHI 0070 3.17, 4.3 (CFGI), 4.4 (TLBI), 3.21.1, 3.21.3 (what a CMD_SYNC then promises). Rule of the
 * model: caches are swept from source to sink (walk cache, main TLB, micro-TLBs), and at each of
 * these steps every transaction that may hold, or be about to cache, something covered is marked. A
 * marked transaction answers, fills nothing, and the next CMD_SYNC of the queue that marked it waits
 * for it (sync.c); one that has stalled unrecorded begins again. IMPDEF: a sweep may remove more
 * (config.wider); marks go by world, VMID and ASID, not by address (over-marking is legal). */
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

/* ---- what must go ---- */

enum {
  KINDS_S1 = 1u << ENTRY_S1 | 1u << ENTRY_WALK_S1,
  KINDS_S2 = 1u << ENTRY_S2 | 1u << ENTRY_WALK_S2 | 1u << ENTRY_WALK_IPA,
  KINDS_TABLE = 1u << ENTRY_WALK_S1 | 1u << ENTRY_WALK_S2,
  KINDS_ALL = KINDS_S1 | KINDS_S2
};

/* An invalidation as a comparison of tags, made once a sweep. */
struct scope {
  const struct inval *inv;
  uint64_t cells;        /* bit (world << 4 | kind) */
  uint64_t value;        /* what the tag must have ... */
  uint64_t mask[2];      /* ... in these bits; [1]: of global entries */
  bool addressed, whole; /* the range counts; everything goes */
};

static unsigned kinds_of(const struct inval *inv)
{
  unsigned tables = by_address(inv) && inv->leaf ? KINDS_TABLE : 0;

  switch (inv->kind) {
  case INVAL_S12_ALL:
  case INVAL_WORLD: return KINDS_ALL;
  case INVAL_S2_IPA: return KINDS_S2 & ~tables;
  default: return KINDS_S1 & ~tables;
  }
}

/* Entries of EL2 carry no ASID: the command by ASID means those of EL2-E2H, the commands by address
 * those of the world that CR2.E2H names. IHI 0070 4.4.2.8 to 4.4.2.10. */
static uint64_t cells_of(const struct inval *inv)
{
  uint64_t kinds = kinds_of(inv), el2 = kinds << 16 * SMMU_WORLD_EL2,
           e2h = kinds << 16 * SMMU_WORLD_EL2_E2H;

  if (!inv->el2)
    return kinds << 16 * SMMU_WORLD_EL1;
  if (inv->kind == INVAL_WORLD)
    return el2 | e2h;
  return inv->kind == INVAL_S1_ASID || inv->e2h ? e2h : el2;
}

static inline void make_scope(const struct inval *inv, struct scope *w)
{
  uint64_t vmid = inv->el2 || inv->kind == INVAL_WORLD ? 0 : inv->vmid_mask;

  w->inv = inv;
  w->cells = cells_of(inv);
  w->value = tag_make(0, 0, inv->vmid, inv->asid, 0);
  w->mask[0] = w->mask[1] = vmid;
  if (inv->kind == INVAL_S1_ASID)
    w->mask[0] = w->mask[1] = vmid | TAG_ASID_MASK | TAG_GLOBAL;
  else if (inv->kind == INVAL_S1_VA && (!inv->el2 || inv->e2h))
    w->mask[0] = vmid | TAG_ASID_MASK;
  if (inv->shared) {
    w->mask[0] |= TAG_ASET;
    w->mask[1] |= TAG_ASET;
  }
  w->addressed = by_address(inv) && inv->wider == SMMU_WIDER_EXACT;
  w->whole = inv->wider == SMMU_WIDER_ALL;
}

/* What the entry covers as software knows it. A stage 1 block that stage 2 pages broke into smaller
 * entries goes as a whole: software names any address of the block. IHI 0070 4.4.2. */
static inline unsigned span_of(const struct tlb_entry *e)
{
  return entry_fracture(e) ? entry_fracture(e) : tag_size(e->tag);
}

/* TG and TTL: entries of one granule, leaves of one level, and the tables above it. IHI
 * 0070 4.4.1.1. */
static bool is_of_level(const struct inval *inv, const struct tlb_entry *e)
{
  unsigned span_log2 = span_of(e), tables_log2 = inv->ttl_log2 + inv->ttl_stride;

  if (entry_tg(e) != inv->tg && entry_tg(e) != 0)
    return false;
  if (inv->ttl_log2 == 0)
    return true;
  if (KINDS_TABLE >> tag_kind(e->tag) & 1)
    return span_log2 >= tables_log2;
  return span_log2 >= inv->ttl_log2 && span_log2 < tables_log2;
}

static inline bool overlaps(const struct inval *inv, const struct tlb_entry *e)
{
  unsigned span_log2 = span_of(e);
  uint64_t base = align_down_log2(e->va, span_log2);

  return base <= inv->last && base + bits_low(span_log2) >= inv->first &&
         (inv->tg == 0 || is_of_level(inv, e));
}

/* Must this entry go? An invalid one has tag 0: kind 0, which no scope has. */
static inline bool covers(const struct scope *w, const struct tlb_entry *e)
{
  uint64_t tag = e->tag;

  if (!(w->cells >> (tag >> 40 & 0x3f) & 1) ||
      ((tag ^ w->value) & w->mask[(tag & TAG_GLOBAL) != 0]))
    return false;
  return !w->addressed || overlaps(w->inv, e);
}

/* ---- one cache ---- */

static void sweep_all(struct smmu *s, const struct cache *c, const struct scope *w,
                      const struct smmu_hooks *h)
{
  const struct tlb_entry *entries = cache_entries(s, c);

  for (uint32_t i = 0; i < c->entries; i++) {
    if (entries[i].tag != 0 && (w->whole || covers(w, &entries[i])))
      smmu_cache_drop(s, c, i, SMMU_TRACE_DROP, h);
  }
}

static void sweep_chain(struct smmu *s, const struct cache *c, const struct scope *w,
                        unsigned which, uint64_t tag, const struct smmu_hooks *h)
{
  const struct tlb_entry *entries = cache_entries(s, c);
  const struct cache_link *link = at(s, c->off_link);
  uint32_t next;

  for (uint32_t i = smmu_cache_chain(s, c, which, tag); i != SMMU_NO_INDEX; i = next) {
    next = link[i].next[which];
    if (covers(w, &entries[i]))
      smmu_cache_drop(s, c, i, SMMU_TRACE_DROP, h);
  }
}

/* One set, entry by entry. */
static void sweep_set(struct smmu *s, const struct cache *c, const struct scope *w, uint32_t first,
                      const struct smmu_hooks *h)
{
  const struct tlb_entry *entries = cache_entries(s, c);

  for (uint32_t i = first; i < first + c->ways; i++) {
    if (covers(w, &entries[i]))
      smmu_cache_drop(s, c, i, SMMU_TRACE_DROP, h);
  }
}

/* One page of this span: which way has it is as good as random, so the search does not branch. */
static void sweep_page(struct smmu *s, const struct cache *c, const struct scope *w, uint64_t base,
                       unsigned size_log2, const struct smmu_hooks *h)
{
  const struct tlb_entry *entries = cache_entries(s, c);
  uint32_t first = cache_set(c, base, size_log2) * c->ways;
  uint64_t want = tag_make(0, 0, 0, 0, size_log2), span = tag_make(0, 0, 0, 0, 0xff);

  for (uint32_t way = 0; way < c->ways; way += 4) {
    const struct tlb_entry *e = &entries[first + way];
    uint32_t left = c->ways - way, found = 0;

    for (uint32_t i = 0; i < 4 && i < left; i++)
      found |= (uint32_t)(((e[i].va ^ base) | ((e[i].tag ^ want) & span)) == 0) << i;
    for (; found; found &= found - 1) {
      uint32_t i = (uint32_t)__builtin_ctz(found);

      if (covers(w, &e[i]))
        smmu_cache_drop(s, c, first + way + i, SMMU_TRACE_DROP, h);
    }
  }
}

/* The sets that pages of one span inside the range fall into. */
static void sweep_span(struct smmu *s, const struct cache *c, const struct scope *w,
                       unsigned size_log2, const struct smmu_hooks *h)
{
  const struct inval *inv = w->inv;
  uint64_t base = align_down_log2(inv->first, size_log2);
  uint64_t pages = ((inv->last >> size_log2) - (inv->first >> size_log2)) + 1;

  if (pages > c->sets) {
    for (uint32_t set = 0; set < c->sets; set++)
      sweep_set(s, c, w, set * c->ways, h);
    return;
  }
  for (uint64_t p = 0; p < pages; p++)
    sweep_page(s, c, w, base + (p << size_log2), size_log2, h);
}

/* Entries a by-address sweep would look at, against what the chains hold: a range wider than this
 * goes by chain. */
enum { SWEEP_PAGES_MAX = 64 };

static bool sweep_by_set(struct smmu *s, const struct cache *c, const struct scope *w,
                         const struct smmu_hooks *h)
{
  uint64_t sizes = cache_live_of(s, c)->sizes;

  if (cache_live_of(s, c)->fractures)
    return false; /* parts of a block may lie in any set */
  if (sizes && ((w->inv->last - w->inv->first) >> __builtin_ctzll(sizes)) >= SWEEP_PAGES_MAX)
    return false;
  for (; sizes; sizes &= sizes - 1)
    sweep_span(s, c, w, (unsigned)__builtin_ctzll(sizes), h);
  return true;
}

void smmu_inval_cache(struct smmu *s, const struct cache *c, const struct inval *inv,
                      const struct smmu_hooks *h)
{
  uint64_t tag = tag_make(0, 0, inv->vmid, inv->asid, 0);
  bool one_vmid = inv->el2 || inv->vmid_mask == 0xffff;
  struct scope w;

  if (c->entries == 0 || cache_live_of(s, c)->used == 0)
    return;
  make_scope(inv, &w);
  if (w.addressed && sweep_by_set(s, c, &w, h))
    return;
  if (!c->off_link || inv->kind == INVAL_WORLD || !one_vmid || w.whole) {
    sweep_all(s, c, &w, h);
  } else if (inv->kind == INVAL_S1_ASID) {
    sweep_chain(s, c, &w, 0, tag, h);
  } else if (inv->kind == INVAL_S1_VA && !inv->el2) {
    sweep_chain(s, c, &w, 0, tag, h);
    sweep_chain(s, c, &w, 0, (tag & 0xffff) | TAG_GLOBAL, h);
  } else {
    sweep_chain(s, c, &w, 1, tag, h);
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
  if (inv->shared && (cfg->tag & TAG_ASET))
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
    if (t->stall != STALL_NONE && !smmu_stall_is_open(t))
      continue;
    if (!(config ? smmu_inval_covers_stream(inv, t->in.sid, t->in.ssv ? t->in.ssid : 0)
                 : translation_concerns(t, inv)))
      continue;
    smmu_sync_mark(s, number, i);
    if (t->marked)
      continue;
    t->marked = 1;
    if (t->stall != STALL_NONE)
      smmu_stall_wake(s, i);
    r.category = SMMU_TRACE_MARK;
    r.slot = i;
    r.sid = t->in.sid;
    r.addr_in = t->in.addr;
    trace_put(h, &r);
  }
}
