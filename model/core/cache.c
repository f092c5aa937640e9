/* One set-associative translation cache; micro-TLBs, main TLB and walk cache are instances of it.
 * Entries of every span live side by side: a lookup tries the spans that are present, small ones
 * first. Larger caches keep two chains in the aid region, by (VMID, ASID or global) and by VMID, so
 * that an invalidation whose sets cannot be computed walks the entries concerned and not the cache
 * (measured: docs/decisions/001). */
#include <string.h>

#include "core/core.h"
#include "core/lookup.h"
#include "util/bits.h"
#include "util/check.h"

static uint32_t *head_of(struct smmu *s, const struct cache *c, unsigned which, uint64_t tag)
{
  uint32_t *heads = at(s, c->off_head);

  return &heads[which * (c->bucket_mask + 1) + cache_bucket(c, which, tag)];
}

uint32_t smmu_cache_chain(struct smmu *s, const struct cache *c, unsigned which, uint64_t tag)
{
  return *head_of(s, c, which, tag);
}

static void chain_insert(struct smmu *s, const struct cache *c, uint32_t index, uint64_t tag)
{
  struct cache_link *link = at(s, c->off_link);

  if (!c->off_link)
    return;
  for (unsigned which = 0; which < 2; which++) {
    uint32_t *head = head_of(s, c, which, tag);

    link[index].prev[which] = SMMU_NO_INDEX;
    link[index].next[which] = *head;
    if (*head != SMMU_NO_INDEX)
      link[*head].prev[which] = index;
    *head = index;
  }
}

static void chain_remove(struct smmu *s, const struct cache *c, uint32_t index, uint64_t tag)
{
  struct cache_link *link = at(s, c->off_link);

  if (!c->off_link)
    return;
  for (unsigned which = 0; which < 2; which++) {
    uint32_t next = link[index].next[which], prev = link[index].prev[which];

    if (prev == SMMU_NO_INDEX)
      *head_of(s, c, which, tag) = next;
    else
      link[prev].next[which] = next;
    if (next != SMMU_NO_INDEX)
      link[next].prev[which] = prev;
  }
}

/* Do two entries for one address contradict each other? Table descriptors of several levels never do.
 * With BBML = 1 a changed contiguous hint must not count, and the dirty state, which the device
 * changes itself, does not either. IHI 0070 3.20.1, 3.21.1.2. */
static bool contradict(const struct smmu *s, const struct tlb_entry *a, const struct tlb_entry *b,
                       uint64_t va)
{
  uint64_t out_a = a->pa | (va & bits_low(tag_size(a->tag)));
  uint64_t out_b = b->pa | (va & bits_low(tag_size(b->tag)));

  if (s->features.bbml == 0)
    return true;
  return a->level != b->level || out_a != out_b || ((a->tag ^ b->tag) & TAG_GLOBAL) ||
         entry_allows(a->perm) != entry_allows(b->perm) ||
         entry_allows(a->perm2) != entry_allows(b->perm2) || a->memattr != b->memattr ||
         a->sh != b->sh;
}

static bool looks_for_conflicts(const struct smmu *s, uint64_t tag)
{
  return s->config.conflict == SMMU_CONFLICT_FAULT && s->features.bbml < 2 &&
         tag_kind(tag) != ENTRY_WALK_S1 && tag_kind(tag) != ENTRY_WALK_S2;
}

static uint32_t find_span(struct smmu *s, const struct cache *c, uint64_t tag, uint64_t va,
                          unsigned size_log2)
{
  uint32_t first = cache_set(c, va, size_log2) * c->ways;
  uint32_t way = find_tag(&cache_entries(s, c)[first], c->ways, tag | (uint64_t)size_log2 << 32,
                          align_down_log2(va, size_log2));

  return way == SMMU_NO_INDEX ? way : first + way;
}

uint32_t smmu_cache_lookup(struct smmu *s, const struct cache *c, uint64_t tag, uint64_t va)
{
  const struct tlb_entry *entries = cache_entries(s, c);
  const struct cache_live *live = cache_live_of(s, c);
  uint64_t tags[2] = { tag, (tag & ~TAG_ASID_MASK) | TAG_GLOBAL };
  uint32_t found = SMMU_NO_INDEX;

  for (uint64_t sizes = live->sizes; sizes; sizes &= sizes - 1) {
    for (unsigned i = 0; i < (live->globals ? 2 : 1); i++) {
      uint32_t other = find_span(s, c, tags[i], va, (unsigned)__builtin_ctzll(sizes));

      if (other == SMMU_NO_INDEX)
        continue;
      if (!looks_for_conflicts(s, tag))
        return other;
      if (found != SMMU_NO_INDEX && contradict(s, &entries[found], &entries[other], va))
        return SMMU_CONFLICT;
      found = found == SMMU_NO_INDEX ? other : found;
    }
  }
  return found;
}

uint32_t smmu_cache_find(struct smmu *s, const struct cache *c, const struct cache_key *k,
                         bool touch)
{
  uint32_t i = cache_lookup(s, c, k->tag, k->va);

  if (touch && i < SMMU_CONFLICT)
    cache_touch(s, c, i);
  return i;
}

uint32_t smmu_cache_way(const struct cache *c, const struct tlb_entry *e, uint32_t way)
{
  return cache_set(c, e->va, tag_size(e->tag)) * c->ways + way % c->ways;
}

uint32_t smmu_cache_room(struct smmu *s, const struct cache *c, const struct tlb_entry *e,
                         uint32_t *hint, uint32_t *choices)
{
  const struct tlb_entry *entries = cache_entries(s, c);
  const uint32_t *stamp = at(s, c->off_stamp);
  uint32_t first = smmu_cache_way(c, e, 0);
  uint32_t invalid = SMMU_NO_INDEX, oldest = first;

  for (uint32_t i = first; i < first + c->ways; i++) {
    if (entries[i].tag == e->tag && entries[i].va == e->va)
      return i;
    if (entries[i].tag == 0 && invalid == SMMU_NO_INDEX)
      invalid = i;
    if (stamp[i] < stamp[oldest])
      oldest = i;
  }
  *hint = oldest - first;
  *choices = c->ways;
  return invalid;
}

_Static_assert((int)ENTRY_WALK_S1 == SMMU_ENTRY_WALK_S1 &&
                 (int)ENTRY_WALK_S2 == SMMU_ENTRY_WALK_S2 &&
                 (int)ENTRY_WALK_IPA == SMMU_ENTRY_WALK_IPA && (int)S2_FOR_CD == SMMU_READ_FOR_CD,
               "records show the kind of an entry, and what a walk is for, as they are");

void smmu_cache_record(const struct smmu_hooks *h, unsigned category, const struct cache *c,
                       uint32_t slot, const struct tlb_entry *e, smmu_actor actor)
{
  struct smmu_record r = { 0 };

  r.category = (uint8_t)category;
  r.unit = c->id;
  r.slot = slot;
  r.actor = (uint16_t)actor;
  r.sid = c->unit; /* micro-TLBs: which TBU; an entry has no StreamID */
  if (e) {
    r.addr_in = e->va;
    r.addr_out = e->pa;
    r.vmid = (uint16_t)tag_vmid(e->tag);
    r.asid = (uint16_t)tag_asid(e->tag);
    r.info = (uint8_t)tag_size(e->tag);
    r.phase = (uint8_t)tag_kind(e->tag);
    r.level = e->level;
    r.perm = (uint8_t)(tag_kind(e->tag) == ENTRY_WALK_S1 ? e->perm : entry_allows(e->perm));
    r.word = e->tag;
  }
  trace_put(h, &r);
}

void smmu_cache_drop(struct smmu *s, const struct cache *c, uint32_t index, unsigned category,
                     const struct smmu_hooks *h)
{
  struct tlb_entry *e = &cache_entries(s, c)[index];
  struct cache_live *live = cache_live_of(s, c);
  unsigned size_log2 = tag_size(e->tag) & 63;

  CHECK(e->tag != 0);
  cache_trace(h, category, c, index, e, SMMU_NO_INDEX);
  chain_remove(s, c, index, e->tag);
  if (--live->count[size_log2] == 0)
    live->sizes &= ~(1ULL << size_log2);
  live->used--;
  live->globals -= (e->tag & TAG_GLOBAL) != 0;
  live->fractures -= entry_fracture(e) != 0;
  memset(e, 0, sizeof *e);
}

void smmu_cache_write(struct smmu *s, const struct cache *c, uint32_t index,
                      const struct tlb_entry *e, smmu_actor actor, const struct smmu_hooks *h)
{
  struct tlb_entry *slot = &cache_entries(s, c)[index];
  struct cache_live *live = cache_live_of(s, c);
  unsigned size_log2 = tag_size(e->tag) & 63;

  if (slot->tag != 0)
    smmu_cache_drop(s, c, index, SMMU_TRACE_EVICT, h);
  *slot = *e;
  live->count[size_log2]++;
  live->sizes |= 1ULL << size_log2;
  live->used++;
  live->globals += (e->tag & TAG_GLOBAL) != 0;
  live->fractures += entry_fracture(e) != 0;
  chain_insert(s, c, index, e->tag);
  cache_touch(s, c, index);
  cache_trace(h, SMMU_TRACE_FILL, c, index, e, actor);
}

void smmu_cache_flush(struct smmu *s, const struct cache *c, unsigned category,
                      const struct smmu_hooks *h)
{
  const struct tlb_entry *entries = cache_entries(s, c);

  cache_trace(h, SMMU_TRACE_FLUSH, c, c->entries, NULL, SMMU_NO_INDEX);
  for (uint32_t i = 0; i < c->entries; i++) {
    if (entries[i].tag != 0)
      smmu_cache_drop(s, c, i, category, h);
  }
}

void smmu_cache_reset(struct smmu *s, const struct cache *c)
{
  if (c->entries == 0 || c->id == SMMU_CACHE_CFG)
    return;
  memset(cache_entries(s, c), 0, c->entries * sizeof(struct tlb_entry));
  memset(at(s, c->off_stamp), 0, c->entries * sizeof(uint32_t));
  memset(cache_live_of(s, c), 0, sizeof(struct cache_live));
  if (c->off_link) {
    memset(at(s, c->off_link), 0, c->entries * sizeof(struct cache_link));
    memset(at(s, c->off_head), 0xff, 2 * (c->bucket_mask + 1) * sizeof(uint32_t));
  }
}
