/* Caches with and without chains against brute force: after every random fill, lookup and
 * invalidation each entry is looked at one by one, and every aid is rebuilt (smmu_invariant). IHI
 * 0070 3.17, 4.4. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "shim/gtest_c.h"
#include "util/bits.h"

enum { OPERATIONS = 4000 };

struct bench {
  struct smmu *s;
  const struct cache *c;
  struct tlb_entry *before;
  uint64_t random;
};

static uint64_t draw(struct bench *b, uint64_t n)
{
  b->random ^= b->random << 13;
  b->random ^= b->random >> 7;
  b->random ^= b->random << 17;
  return b->random % n;
}

static const char *const shapes[] = { "tlb-8x4", "tlb-64x4", "tlb-1x256", "walk-16x8",
                                      "utlb-1x80" };

static void open_bench(struct bench *b, int shape)
{
  struct smmu_config cfg;

  smmu_config_neutral(&cfg);
  smmu_config_set_tlb_profile(&cfg, "none");
  cfg.txns = 1;
  switch (shape) {
  case 0: cfg.tlb = (struct smmu_cache_config){ 8, 4 }; break;
  case 1: cfg.tlb = (struct smmu_cache_config){ 64, 4 }; break;
  case 2: cfg.tlb = (struct smmu_cache_config){ 1, 256 }; break;
  case 3: cfg.walk_cache = (struct smmu_cache_config){ 16, 8 }; break;
  default: cfg.utlb = (struct smmu_cache_config){ 1, 80 }; break;
  }
  b->s = aligned_alloc(64, align_up_log2(smmu_size(&cfg), 6));
  EXPECT_EQ(smmu_init(b->s, &cfg), SMMU_OK);
  b->c = &b->s->cache[shape == 3 ? SMMU_CACHE_WALK : shape == 4 ? SMMU_CACHE_UTLB : SMMU_CACHE_TLB];
  b->before = calloc(b->c->entries, sizeof *b->before);
  b->random = 0x9e3779b97f4a7c15ULL + (unsigned)shape;
}

static void close_bench(struct bench *b)
{
  free(b->before);
  free(b->s);
}

/* ---- random things ---- */

static bool is_stage2(unsigned kind)
{
  return kind == ENTRY_S2 || kind == ENTRY_WALK_S2 || kind == ENTRY_WALK_IPA;
}

static struct tlb_entry random_entry(struct bench *b)
{
  static const uint8_t sizes[] = { 12, 12, 12, 16, 21, 30 };
  bool walk = b->c->id == SMMU_CACHE_WALK;
  unsigned kind = walk ? ENTRY_WALK_S1 + (unsigned)draw(b, 3) : ENTRY_S1 + (unsigned)draw(b, 2);
  unsigned world = is_stage2(kind) ? 0 : (unsigned)draw(b, 3), size = sizes[draw(b, 6)];
  unsigned vmid = world == SMMU_WORLD_EL1 ? (unsigned)draw(b, 4) : 0;
  unsigned asid = is_stage2(kind) || world == SMMU_WORLD_EL2 ? 0 : (unsigned)draw(b, 4);
  bool global = kind == ENTRY_S1 && world != SMMU_WORLD_EL2 && draw(b, 4) == 0;
  uint64_t va = draw(b, 256) << 12 | draw(b, 3) << 30 | (draw(b, 8) == 0 ? 0xffffff8000000000 : 0);
  struct tlb_entry e;

  memset(&e, 0, sizeof e);
  e.tag = tag_make(kind, world, vmid, global ? 0 : asid, size) | (global ? TAG_GLOBAL : 0);
  e.va = align_down_log2(va, size);
  e.pa = draw(b, 1 << 20) << 30;
  e.perm = 0x77;
  e.size_log2 = (uint8_t)size;
  if (kind == ENTRY_S1 && world == SMMU_WORLD_EL1 && size < 21 && draw(b, 6) == 0)
    e.made = 21;
  e.made |= (uint8_t)(draw(b, 4) << 6);
  return e;
}

static struct inval random_inval(struct bench *b)
{
  static const uint8_t kinds[] = { INVAL_S1_ALL, INVAL_S1_ASID, INVAL_S1_VA,   INVAL_S1_VA,
                                   INVAL_S1_VAA, INVAL_S2_IPA,  INVAL_S12_ALL, INVAL_WORLD };
  struct inval v;

  memset(&v, 0, sizeof v);
  v.kind = kinds[draw(b, 8)];
  v.el2 =
    v.kind != INVAL_S1_ALL && v.kind != INVAL_S2_IPA && v.kind != INVAL_S12_ALL && draw(b, 3) == 0;
  v.vmid = v.el2 ? 0 : (uint16_t)draw(b, 4);
  v.vmid_mask = (uint16_t)(draw(b, 4) ? 0xffff : 0xffff << draw(b, 3));
  v.asid = (uint16_t)draw(b, 4);
  v.leaf = (uint8_t)draw(b, 2);
  v.e2h = (uint8_t)draw(b, 2);
  if (draw(b, 3) == 0) {
    static const uint8_t levels[4][3] = { { 0 }, { 30, 21, 12 }, { 36, 25, 14 }, { 42, 29, 16 } };

    v.tg = (uint8_t)(1 + draw(b, 3));
    v.ttl_log2 = draw(b, 2) ? levels[v.tg][draw(b, 3)] : 0;
    v.ttl_stride = v.ttl_log2 ? (uint8_t)(7 + 2 * v.tg) : 0;
  }
  v.wider = draw(b, 6) ? SMMU_WIDER_EXACT : (uint8_t)draw(b, 3);
  v.first = draw(b, 256) << 12 | draw(b, 3) << 30;
  v.last = v.first + ((draw(b, 3) ? 1ULL : 1ULL << draw(b, 12)) << 12) - 1;
  return v;
}

/* ---- brute force ---- */

/* TG and TTL: 4.4.1.1. */
static bool of_level(const struct tlb_entry *e, const struct inval *v, bool table)
{
  unsigned span = e->made & 63 ? e->made & 63 : tag_size(e->tag);

  if (v->tg && e->made >> 6 && e->made >> 6 != v->tg)
    return false;
  if (!v->ttl_log2)
    return true;
  return table ? span >= v->ttl_log2 + v->ttl_stride
               : span >= v->ttl_log2 && span < v->ttl_log2 + v->ttl_stride;
}

/* Spec section 4.2, in this file's own words. */
static bool must_go(const struct tlb_entry *e, const struct inval *v)
{
  unsigned kind = tag_kind(e->tag), world = tag_world(e->tag);
  bool global = e->tag & TAG_GLOBAL, el2 = world != SMMU_WORLD_EL1;
  bool table = kind == ENTRY_WALK_S1 || kind == ENTRY_WALK_S2;
  uint64_t span = 1ULL << (e->made & 63 ? e->made & 63 : tag_size(e->tag)), base = e->va & -span;
  bool in_range = v->wider == SMMU_WIDER_ADDRESS ||
                  (base <= v->last && base + span - 1 >= v->first && of_level(e, v, table));
  bool same_vmid = el2 || ((tag_vmid(e->tag) ^ v->vmid) & v->vmid_mask) == 0;
  bool same_asid = tag_asid(e->tag) == v->asid;

  if (v->wider == SMMU_WIDER_ALL)
    return true;
  if (el2 != (v->el2 != 0))
    return false;
  if (el2 && v->kind == INVAL_S1_ASID && world == SMMU_WORLD_EL2)
    return false;
  if (el2 && (v->kind == INVAL_S1_VA || v->kind == INVAL_S1_VAA) &&
      (world == SMMU_WORLD_EL2) == (v->e2h != 0))
    return false;
  switch (v->kind) {
  case INVAL_WORLD: return true;
  case INVAL_S12_ALL: return same_vmid;
  case INVAL_S1_ALL: return same_vmid && !is_stage2(kind);
  case INVAL_S1_ASID: return same_vmid && !is_stage2(kind) && !global && same_asid;
  case INVAL_S2_IPA: return same_vmid && is_stage2(kind) && in_range && !(table && v->leaf);
  case INVAL_S1_VAA: return same_vmid && !is_stage2(kind) && in_range && !(table && v->leaf);
  default:
    return same_vmid && !is_stage2(kind) && in_range && !(table && v->leaf) &&
           (same_asid || global || world == SMMU_WORLD_EL2);
  }
}

static void check_inval(struct bench *b, unsigned op)
{
  const struct tlb_entry *now = cache_entries(b->s, b->c);
  struct inval v = random_inval(b);

  memcpy(b->before, now, b->c->entries * sizeof *now);
  smmu_inval_cache(b->s, b->c, &v, NULL);
  for (uint32_t i = 0; i < b->c->entries; i++) {
    bool was = b->before[i].tag != 0, is = now[i].tag != 0;

    if (was && is == must_go(&b->before[i], &v))
      ADD_TEST_FAILURE("operation %u, kind %u: entry %u (tag %" PRIx64 ", va %" PRIx64 ") %s", op,
                       v.kind, i, b->before[i].tag, b->before[i].va,
                       is ? "should have gone" : "should have stayed");
  }
}

static void check_fill(struct bench *b)
{
  struct tlb_entry e = random_entry(b);
  uint32_t hint = 0, choices = 0, index = smmu_cache_room(b->s, b->c, &e, &hint, &choices);

  if (index == SMMU_NO_INDEX)
    index = smmu_cache_way(b->c, &e, hint);
  smmu_cache_write(b->s, b->c, index, &e, 0, NULL);
  EXPECT_MEMEQ(&cache_entries(b->s, b->c)[index], &e, sizeof e);
}

/* The smallest entry that serves the key, by looking at all. */
static unsigned brute_size(struct bench *b, const struct cache_key *k)
{
  const struct tlb_entry *entries = cache_entries(b->s, b->c);
  unsigned best = 64;

  for (uint32_t i = 0; i < b->c->entries; i++) {
    unsigned size = tag_size(entries[i].tag);
    uint64_t no_size = entries[i].tag & ~(0xffULL << 32);
    bool matches = no_size == k->tag || no_size == ((k->tag & ~TAG_ASID_MASK) | TAG_GLOBAL);

    if (entries[i].tag && matches && align_down_log2(k->va, size) == entries[i].va && size < best)
      best = size;
  }
  return best;
}

static void check_lookup(struct bench *b)
{
  struct tlb_entry like = random_entry(b);
  struct cache_key k = { like.tag & ~(0xffULL << 32 | TAG_GLOBAL), like.va | draw(b, 4096) };
  uint32_t i = smmu_cache_find(b->s, b->c, &k, draw(b, 2));
  unsigned found = i == SMMU_NO_INDEX ? 64 : tag_size(cache_entries(b->s, b->c)[i].tag);

  EXPECT_EQ(found, brute_size(b, &k));
}

PARAM_TEST_CASE(Cache, AgreesWithBruteForce, shapes, 5)
{
  struct bench b;

  open_bench(&b, param);
  for (unsigned op = 0; op < OPERATIONS; op++) {
    switch (draw(&b, 12)) {
    case 0: check_inval(&b, op); break;
    case 1:
    case 2:
    case 3: check_lookup(&b); break;
    default: check_fill(&b); break;
    }
    smmu_invariant(b.s);
  }
  close_bench(&b);
}

PARAM_TEST_CASE(Cache, FlushLeavesNothing, shapes, 5)
{
  struct bench b;

  open_bench(&b, param);
  for (unsigned i = 0; i < 300; i++)
    check_fill(&b);
  smmu_cache_flush(b.s, b.c, SMMU_TRACE_EVICT, NULL);
  smmu_invariant(b.s);
  for (uint32_t i = 0; i < b.c->entries; i++)
    EXPECT_EQ(cache_entries(b.s, b.c)[i].tag, 0u);
  close_bench(&b);
}

PARAM_TEST_CASE(Cache, SameKeyIsWrittenOver, shapes, 5)
{
  struct bench b;
  struct tlb_entry e;
  uint32_t hint, choices, first;

  open_bench(&b, param);
  e = random_entry(&b);
  first = smmu_cache_room(b.s, b.c, &e, &hint, &choices);
  smmu_cache_write(b.s, b.c, first, &e, 0, NULL);
  e.pa += 1ULL << 40;
  EXPECT_EQ(smmu_cache_room(b.s, b.c, &e, &hint, &choices), first);
  close_bench(&b);
}

PARAM_TEST_CASE(Cache, HintIsTheLeastRecentlyUsedWay, shapes, 5)
{
  struct bench b;
  struct tlb_entry e;
  uint32_t hint, choices;

  open_bench(&b, param);
  memset(&e, 0, sizeof e);
  e.tag = tag_make(b.c->id == SMMU_CACHE_WALK ? ENTRY_WALK_S1 : ENTRY_S1, 0, 0, 1, 12);
  for (uint32_t way = 0; way < b.c->ways; way++) {
    e.va = (uint64_t)way * b.c->sets << 12;
    smmu_cache_write(b.s, b.c, smmu_cache_way(b.c, &e, way), &e, 0, NULL);
  }
  for (uint32_t way = 0; way < b.c->ways; way++) {
    struct cache_key k = { e.tag & ~(0xffULL << 32), (uint64_t)way * b.c->sets << 12 };

    if (way != 2)
      smmu_cache_find(b.s, b.c, &k, true);
  }
  e.va = (uint64_t)b.c->ways * b.c->sets << 12;
  EXPECT_EQ(smmu_cache_room(b.s, b.c, &e, &hint, &choices), SMMU_NO_INDEX);
  EXPECT_EQ(hint, 2u);
  EXPECT_EQ(choices, b.c->ways);
  close_bench(&b);
}
