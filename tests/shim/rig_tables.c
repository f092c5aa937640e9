/* Structures in memory for rig.h: Stream tables, CDs and translation tables, built word by word.
 * IHI 0070 5.1 to 5.4; Arm ARM D8.2, D8.3. Index arithmetic is this file's own. */
#include "shim/rig.h"

#include <string.h>

#include "util/bits.h"
#include "util/check.h"

uint64_t rig_alloc(struct rig *rig, uint64_t bytes)
{
  uint64_t size = 64;

  while (size < bytes)
    size *= 2;
  rig->next = (rig->next + size - 1) & ~(size - 1);
  rig->next += size;
  CHECK(rig->next <= RIG_DATA);
  return rig->next - size;
}

void rig_patch(struct rig *rig, uint64_t addr, unsigned hi, unsigned lo, uint64_t value)
{
  uint64_t at = addr + lo / 64 * 8;

  engine_memory_store64(rig->memory, at,
                        bits_put(engine_memory_load64(rig->memory, at), hi % 64, lo % 64, value));
}

/* ---- translation tables ---- */

static unsigned stride_of(const struct rig_table *t)
{
  return t->granule_log2 - 3u;
}

static unsigned shift_of(const struct rig_table *t, int level)
{
  return t->granule_log2 + stride_of(t) * (unsigned)(3 - level);
}

struct rig_table rig_table_new(struct rig *rig, unsigned stage, unsigned granule_log2,
                               unsigned ia_bits)
{
  struct rig_table t = { 0, (uint8_t)stage, (uint8_t)granule_log2, (uint8_t)ia_bits, 3 };
  unsigned index_bits, spare = stage == 2 ? 4 : 0; /* stage 2 may concatenate 16 tables */

  while (ia_bits > shift_of(&t, t.start_level) + stride_of(&t) + spare)
    t.start_level--;
  index_bits = ia_bits - shift_of(&t, t.start_level);
  t.base = rig_alloc(rig, 8ULL << index_bits);
  return t;
}

uint64_t rig_table_desc(struct rig *rig, const struct rig_table *t, uint64_t in, int level)
{
  uint64_t table = t->base, at;

  in &= bits_low(t->ia_bits);
  for (int l = t->start_level;; l++) {
    uint64_t index = in >> shift_of(t, l);
    uint64_t desc;

    if (l != t->start_level)
      index &= bits_low(stride_of(t));
    at = table + 8 * index;
    if (l == level)
      return at;
    desc = engine_memory_load64(rig->memory, at);
    if ((desc & 3) != 3) {
      desc = rig_alloc(rig, 1ULL << t->granule_log2) | 3;
      engine_memory_store64(rig->memory, at, desc);
    }
    table = desc & bits_mask(47, t->granule_log2);
  }
}

static uint64_t leaf_attributes(const struct rig_table *t, unsigned flags)
{
  uint64_t attrs = (flags & RIG_NO_AF ? 0 : 1ULL << 10) | 3ULL << 8;

  attrs |= flags & RIG_NO_EXEC ? 1ULL << 54 : 0;
  if (t->stage == 2)
    return attrs | (flags & RIG_R ? 1ULL << 6 : 0) | (flags & RIG_W ? 1ULL << 7 : 0) |
           (flags & RIG_DEVICE ? 0 : 0xfULL << 2);
  attrs |= flags & RIG_GLOBAL ? 0 : 1ULL << 11;
  attrs |= flags & RIG_PRIVILEGED ? 0 : 1ULL << 6;
  attrs |= flags & RIG_W ? 0 : 1ULL << 7;
  return attrs | (flags & RIG_DEVICE ? 1ULL << 2 : 0);
}

uint64_t rig_table_map(struct rig *rig, const struct rig_table *t, uint64_t in, uint64_t out,
                       unsigned flags)
{
  int level = flags & RIG_L1 ? 1 : flags & RIG_L2 ? 2 : 3;
  uint64_t at = rig_table_desc(rig, t, in, level);

  engine_memory_store64(rig->memory, at, out | leaf_attributes(t, flags) | (level == 3 ? 3 : 1));
  return at;
}

/* The leaf that serves `in` now. */
static uint64_t find_leaf(struct rig *rig, const struct rig_table *t, uint64_t in)
{
  for (int l = t->start_level; l < 3; l++) {
    uint64_t at = rig_table_desc(rig, t, in, l);

    if ((engine_memory_load64(rig->memory, at) & 3) != 3)
      return at;
  }
  return rig_table_desc(rig, t, in, 3);
}

/* ---- streams ---- */

void rig_strtab(struct rig *rig, unsigned log2size, unsigned split)
{
  rig->strtab_log2 = log2size;
  rig->strtab_split = split;
  memset(rig->space, 0, sizeof rig->space);
  rig_program(rig, rig->cmdq_log2, rig->eventq_log2);
}

uint64_t rig_ste(struct rig *rig, uint32_t sid)
{
  unsigned split = rig->strtab_split;
  uint64_t l1, desc;

  if (split == 0)
    return RIG_STRTAB + 64ULL * sid;
  l1 = RIG_STRTAB + 8ULL * (sid >> split);
  desc = engine_memory_load64(rig->memory, l1);
  if ((desc & 0x1f) == 0) {
    desc = rig_alloc(rig, 64ULL << split) | (split + 1);
    engine_memory_store64(rig->memory, l1, desc);
  }
  return (desc & bits_mask(55, 6)) + 64 * (sid & bits_low(split));
}

static uint64_t ste_field(struct rig *rig, uint32_t sid, unsigned hi, unsigned lo)
{
  return bits_get(engine_memory_load64(rig->memory, rig_ste(rig, sid) + lo / 64 * 8), hi % 64,
                  lo % 64);
}

#define STE_GET(rig, sid, field) ste_field(rig, sid, STE_##field##_HI, STE_##field##_LO)

uint64_t rig_cd(struct rig *rig, uint32_t sid, uint32_t ssid)
{
  uint64_t base = STE_GET(rig, sid, S1ContextPtr) << 6, fmt = STE_GET(rig, sid, S1Fmt), l1, desc;
  unsigned leaf_log2 = fmt == 1 ? 6 : 10;

  if (STE_GET(rig, sid, S1CDMax) == 0 || fmt == 0)
    return base + 64ULL * ssid;
  l1 = base + 8ULL * (ssid >> leaf_log2);
  desc = engine_memory_load64(rig->memory, l1);
  if (!(desc & 1)) {
    desc = rig_alloc(rig, 64ULL << leaf_log2) | 1;
    engine_memory_store64(rig->memory, l1, desc);
  }
  return (desc & bits_mask(55, 12)) + 64 * (ssid & bits_low(leaf_log2));
}

void rig_set_cd(struct rig *rig, uint32_t sid, uint32_t ssid, unsigned asid,
                const struct rig_table *table)
{
  static const uint8_t tg0[] = { [12] = 0, [14] = 2, [16] = 1 };
  uint64_t addr = rig_cd(rig, sid, ssid);

  for (unsigned i = 0; i < 8; i++)
    engine_memory_store64(rig->memory, addr + 8 * i, 0);
  RIG_SET(rig, addr, CD, V, 1);
  RIG_SET(rig, addr, CD, AA64, 1);
  RIG_SET(rig, addr, CD, A, 1);
  RIG_SET(rig, addr, CD, R, 1);
  RIG_SET(rig, addr, CD, EPD1, 1);
  RIG_SET(rig, addr, CD, IPS, 5);
  RIG_SET(rig, addr, CD, ASID, asid);
  RIG_SET(rig, addr, CD, T0SZ, 64u - table->ia_bits);
  RIG_SET(rig, addr, CD, TG0, tg0[table->granule_log2]);
  RIG_SET(rig, addr, CD, TTB0, table->base >> 4);
  RIG_SET(rig, addr, CD, MAIR0, 0x440000ff); /* 0 write-back, 1 Device-nGnRnE, 3 Non-cacheable */
}

static void enable_high_range(struct rig *rig, uint32_t sid, const struct rig_table *t)
{
  static const uint8_t tg1[] = { [12] = 2, [14] = 1, [16] = 3 };

  CD_SET(rig, sid, 0, EPD1, 0);
  CD_SET(rig, sid, 0, T1SZ, 64u - t->ia_bits);
  CD_SET(rig, sid, 0, TG1, tg1[t->granule_log2]);
  CD_SET(rig, sid, 0, TTB1, t->base >> 4);
}

/* 40 bits of IPA; the structures map to themselves in the largest blocks there are. */
static void make_stage2(struct rig *rig, uint32_t sid, struct rig_space *space, unsigned granule)
{
  static const uint8_t s2tg[] = { [12] = 0, [14] = 2, [16] = 1 };
  uint64_t block = granule == 12 ? 1ULL << 21 : granule == 14 ? 1ULL << 25 : 1ULL << 29;

  space->s2 = rig_table_new(rig, 2, granule, 40);
  for (uint64_t at = 0; at < RIG_DATA; at += block)
    rig_table_map(rig, &space->s2, at, at, RIG_RW | RIG_L2);
  STE_SET(rig, sid, S2T0SZ, 24);
  STE_SET(rig, sid, S2SL0, (unsigned)((granule == 12 ? 2 : 3) - space->s2.start_level));
  STE_SET(rig, sid, S2TG, s2tg[granule]);
  STE_SET(rig, sid, S2PS, 5);
  STE_SET(rig, sid, S2AA64, 1);
  STE_SET(rig, sid, S2R, 1);
  STE_SET(rig, sid, S2TTB, space->s2.base >> 4);
}

struct rig_space *rig_space(struct rig *rig, uint32_t sid)
{
  struct rig_space *free_space = NULL;

  for (unsigned i = 0; i < RIG_STREAMS; i++) {
    if (rig->space[i].used && rig->space[i].sid == sid)
      return &rig->space[i];
    if (!rig->space[i].used && !free_space)
      free_space = &rig->space[i];
  }
  CHECK(free_space);
  free_space->used = true;
  free_space->sid = sid;
  return free_space;
}

static void make_stage1(struct rig *rig, uint32_t sid, const struct rig_stream *spec,
                        struct rig_space *space)
{
  unsigned granule = spec->granule1 ? spec->granule1 : 12, t0sz = spec->t0sz ? spec->t0sz : 25;
  uint64_t cds = spec->s1fmt ? 8 : 64;

  space->s1 = rig_table_new(rig, 1, granule, 64 - t0sz);
  STE_SET(rig, sid, S1ContextPtr, rig_alloc(rig, cds << spec->s1cdmax) >> 6);
  STE_SET(rig, sid, S1CDMax, spec->s1cdmax);
  STE_SET(rig, sid, S1Fmt, spec->s1fmt);
  STE_SET(rig, sid, S1DSS, spec->s1dss);
  rig_set_cd(rig, sid, 0, spec->asid ? spec->asid : RIG_ASID, &space->s1);
  if (spec->two_ranges) {
    space->s1_high = rig_table_new(rig, 1, granule, 64 - t0sz);
    enable_high_range(rig, sid, &space->s1_high);
  }
}

void rig_stream(struct rig *rig, uint32_t sid, const struct rig_stream *spec)
{
  static const struct rig_stream usual = { .config = 5 };
  struct rig_space *space = rig_space(rig, sid);
  uint64_t ste = rig_ste(rig, sid);
  unsigned config;

  spec = spec ? spec : &usual;
  config = spec->config == RIG_STE_ABORT ? 0 : spec->config ? spec->config : 5;
  for (unsigned i = 0; i < 8; i++)
    engine_memory_store64(rig->memory, ste + 8 * i, 0);
  RIG_SET(rig, ste, STE, V, 1);
  RIG_SET(rig, ste, STE, Config, config);
  RIG_SET(rig, ste, STE, SHCFG, 1);
  RIG_SET(rig, ste, STE, STRW, spec->strw);
  RIG_SET(rig, ste, STE, S2VMID, spec->vmid);
  *space = (struct rig_space){ .sid = sid, .used = true };
  if (config & 1 && config & 4)
    make_stage1(rig, sid, spec, space);
  if (config & 2 && config & 4)
    make_stage2(rig, sid, space, spec->granule2 ? spec->granule2 : 12);
}

/* ---- mappings ---- */

static const struct rig_table *first_stage(struct rig *rig, uint32_t sid, uint64_t in)
{
  struct rig_space *space = rig_space(rig, sid);

  if (!space->s1.base)
    return &space->s2;
  return in >> 55 & 1 ? &space->s1_high : &space->s1;
}

uint64_t rig_map(struct rig *rig, uint32_t sid, uint64_t in, uint64_t out, unsigned flags)
{
  return rig_table_map(rig, first_stage(rig, sid, in), in, out, flags);
}

uint64_t rig_map2(struct rig *rig, uint32_t sid, uint64_t ipa, uint64_t pa, unsigned flags)
{
  return rig_table_map(rig, &rig_space(rig, sid)->s2, ipa, pa, flags);
}

void rig_unmap(struct rig *rig, uint32_t sid, uint64_t in)
{
  engine_memory_store64(rig->memory, find_leaf(rig, first_stage(rig, sid, in), in), 0);
}

void rig_unmap2(struct rig *rig, uint32_t sid, uint64_t ipa)
{
  engine_memory_store64(rig->memory, find_leaf(rig, &rig_space(rig, sid)->s2, ipa), 0);
}
