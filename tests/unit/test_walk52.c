/* Addresses of 52 bits: the 64 KB granule, DS for the small ones, level -1, large blocks, tables and
 * structures above 2^48. Descriptors are written bit by bit. IHI 0070 3.4, 5.2 (S2DS, S2SL0_2), 5.4
 * (DS), 4.4.1.1; Arm ARM D8.3. */
#include <stdio.h>

#include "shim/rig.h"
#include "util/bits.h"

/* Tables of one stage, above 2^48 where the descriptors can say so. */
struct wide {
  struct rig *rig;
  uint64_t base, next;
  unsigned granule, bits;
  int start;
  bool ds;
};

/* OAS 52, VAX 52, DS, small tables; without a contiguous hint to think of. */
static void begin(struct rig *rig, const char *profile)
{
  struct smmu_config config = rig->config;

  if (profile)
    smmu_config_set_tlb_profile(&config, profile);
  config.idr[5] = 0x4f6;
  rig_restart(rig, &config);
}

static unsigned shift_of(const struct wide *t, int level)
{
  return t->granule + (t->granule - 3) * (unsigned)(3 - level);
}

/* Where a descriptor keeps an address. */
static uint64_t address_bits(const struct wide *t, uint64_t a)
{
  uint64_t low = a & 0xfffffffff000;

  if (t->granule == 16)
    return low | (a >> 48 & 0xf) << 12;
  return t->ds ? low | (a & 3ULL << 48) | (a >> 50 & 3) << 8 : low;
}

static uint64_t address_of(const struct wide *t, uint64_t desc)
{
  uint64_t low = desc & 0xfffffffff000 & ~bits_low(t->granule);

  if (t->granule == 16)
    return low | (desc >> 12 & 0xf) << 48;
  return t->ds ? low | (desc & 3ULL << 48) | (desc >> 8 & 3) << 50 : low;
}

static struct wide tables(struct rig *rig, uint64_t at, unsigned granule, unsigned bits, bool ds)
{
  struct wide t = { rig, at, at + 0x100000, granule, bits, 3, ds };

  while (bits > shift_of(&t, t.start) + granule - 3)
    t.start--;
  return t;
}

static uint64_t leaf_at(struct wide *t, uint64_t in, int level)
{
  uint64_t table = t->base;

  in &= bits_low(t->bits);
  for (int l = t->start;; l++) {
    uint64_t index = in >> shift_of(t, l);
    uint64_t at;

    if (l != t->start)
      index &= bits_low(t->granule - 3);
    at = table + 8 * index;
    if (l == level)
      return at;
    if (!engine_memory_load64(t->rig->memory, at)) {
      engine_memory_store64(t->rig->memory, at, address_bits(t, t->next) | 3);
      t->next += 0x10000;
    }
    table = address_of(t, engine_memory_load64(t->rig->memory, at));
  }
}

static void put(struct wide *t, uint64_t in, uint64_t out, int level)
{
  uint64_t sh = t->ds && t->granule < 16 ? 0 : 3ULL << 8;

  engine_memory_store64(t->rig->memory, leaf_at(t, in, level),
                        address_bits(t, out) | 1ULL << 10 | sh | 3ULL << 6 |
                          (level == 3 ? 3 : 1)); /* AF; AP read-only, or S2AP read-write */
}

static void set_stage1(const struct wide *t)
{
  static const uint8_t tg0[] = { [12] = 0, [14] = 2, [16] = 1 };
  struct rig *rig = t->rig;

  CD_SET(rig, SID, 0, T0SZ, 64 - t->bits);
  CD_SET(rig, SID, 0, TG0, tg0[t->granule]);
  CD_SET(rig, SID, 0, TTB0, t->base >> 4);
  CD_SET(rig, SID, 0, IPS, 6);
  CD_SET(rig, SID, 0, DS, t->ds);
  CD_SET(rig, SID, 0, SH0, 2);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

static void set_stage2(const struct wide *t)
{
  static const uint8_t s2tg[] = { [12] = 0, [14] = 2, [16] = 1 };
  unsigned s2sl = t->start == -1 ? 4 : (unsigned)((t->granule == 12 ? 2 : 3) - t->start);
  struct rig *rig = t->rig;

  STE_SET(rig, SID, S2T0SZ, 64 - t->bits);
  STE_SET(rig, SID, S2TG, s2tg[t->granule]);
  STE_SET(rig, SID, S2TTB, t->base >> 4);
  STE_SET(rig, SID, S2PS, 6);
  STE_SET(rig, SID, S2DS, t->ds);
  STE_SET(rig, SID, S2SL0, s2sl & 3);
  STE_SET(rig, SID, S2SL0_2, s2sl >> 2);
  STE_SET(rig, SID, S2SH0, 2);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

static void expect_both(struct rig *rig, uint64_t in, uint64_t pa)
{
  EXPECT_PA(rig_read(rig, SID, in), pa);
  EXPECT_PA(rig_read(rig, SID, in), pa); /* from whatever has cached it */
}

#define HIGH 0xa000000000000ULL
#define IN   0xfedcba9876000ULL /* 52 bits */
#define OUT  0xd5a3c9e870000ULL

/* ---- stage 1 ---- */

static const uint8_t granules[] = { 12, 14, 16 };

ENGINE_TEST(Walk52, PagesOfEachGranule)
{
  for (unsigned i = 0; i < 3; i++) {
    struct wide t;

    begin(rig, NULL);
    t = tables(rig, HIGH, granules[i], 52, granules[i] < 16);
    put(&t, IN, OUT, 3);
    set_stage1(&t);
    expect_both(rig, IN + 0xabc, OUT + (IN & bits_low(granules[i])) + 0xabc);
    EXPECT_FAULT(rig_read(rig, SID, IN + 0x10000), F_TRANSLATION);
    EXPECT_FAULT(rig_read(rig, SID, 1ULL << 52), F_TRANSLATION);
  }
}

ENGINE_TEST(Walk52, SmallGranuleStartsAtLevelMinusOne)
{
  struct wide t;

  begin(rig, "none");
  t = tables(rig, HIGH, 12, 52, true);
  put(&t, IN, OUT, 3);
  set_stage1(&t);
  EXPECT_EQ(t.start, -1);
  rig_read(rig, SID, IN);
  EXPECT_EQ(rig_reads(rig, SID, IN), 7u); /* STE, CD, five levels */
}

ENGINE_TEST(Walk52, BlocksOneLevelHigher)
{
  static const struct {
    uint8_t granule, level, log2;
  } rows[] = { { 12, 0, 39 }, { 14, 1, 36 }, { 16, 1, 42 } };

  for (unsigned i = 0; i < 3; i++) {
    uint64_t out = OUT & ~bits_low(rows[i].log2);
    struct smmu_result r;
    struct wide t;

    begin(rig, NULL);
    t = tables(rig, HIGH, rows[i].granule, 52, rows[i].granule < 16);
    put(&t, IN, out, rows[i].level);
    set_stage1(&t);
    expect_both(rig, IN, out | (IN & bits_low(rows[i].log2)));
    r = rig_read(rig, SID, IN);
    EXPECT_EQ(r.size_log2, rows[i].log2);
  }
}

ENGINE_TEST(Walk52, LargestBlocksAreReservedWithoutTheirBits)
{
  struct wide t;

  begin(rig, NULL);
  t = tables(rig, 0x70000000, 12, 48, false);
  put(&t, 0x8000000000, 0, 0);
  set_stage1(&t);
  EXPECT_FAULT(rig_read(rig, SID, 0x8000000000), F_TRANSLATION);
  t = tables(rig, 0x80000000, 14, 47, false);
  put(&t, 0x1000000000, 0, 1);
  set_stage1(&t);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000000000), F_TRANSLATION);
}

ENGINE_TEST(Walk52, ShareabilityComesFromTheCd)
{
  struct wide t;

  begin(rig, NULL);
  t = tables(rig, HIGH, 12, 52, true);
  put(&t, IN, OUT, 3); /* bits 9:8 are address bits: 0b11 */
  set_stage1(&t);
  EXPECT_EQ(rig_read(rig, SID, IN).shareability, 2);
  t = tables(rig, HIGH + 0x1000000, 16, 52, true); /* DS does not matter to 64 KB */
  put(&t, IN, OUT, 3);
  engine_memory_store64(rig->memory, leaf_at(&t, IN, 3),
                        engine_memory_load64(rig->memory, leaf_at(&t, IN, 3)) | 3 << 8);
  set_stage1(&t);
  EXPECT_EQ(rig_read(rig, SID, IN).shareability, 3);
}

ENGINE_TEST(Walk52, OutputsAboveTheEffectiveSizeFault)
{
  for (unsigned i = 0; i < 3; i++) {
    struct wide t;

    begin(rig, NULL);
    t = tables(rig, 0x70000000, granules[i], 52, granules[i] < 16);
    t.next = 0x71000000;
    put(&t, IN, OUT, 3);
    put(&t, IN + 0x10000, OUT & bits_low(48), 3);
    set_stage1(&t);
    CD_SET(rig, SID, 0, IPS, 5);
    rig_cmds(rig, "CFGI_ALL; SYNC");
    EXPECT_FAULT(rig_read(rig, SID, IN), F_ADDR_SIZE);
    EXPECT_EQ(rig_read(rig, SID, IN + 0x10000).status, 0);
  }
}

ENGINE_TEST(Walk52, TablesAboveTheEffectiveSizeFault)
{
  struct wide t;

  begin(rig, NULL);
  t = tables(rig, 0x70000000, 16, 48, false);
  t.next = HIGH;
  put(&t, 0x10000, 0x80000, 3);
  set_stage1(&t);
  EXPECT_PA(rig_read(rig, SID, 0x10000), 0x80000);
  CD_SET(rig, SID, 0, IPS, 5);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
  EXPECT_FAULT(rig_read(rig, SID, 0x10000), F_ADDR_SIZE);
}

ENGINE_TEST(Walk52, HighHalfHas52BitsToo)
{
  uint64_t in = 0xfff3456789ab0000;
  struct wide t;

  begin(rig, NULL);
  rig_stream(rig, SID, &(struct rig_stream){ .two_ranges = 1 });
  t = tables(rig, HIGH, 16, 52, false);
  put(&t, in, OUT, 3);
  CD_SET(rig, SID, 0, T1SZ, 12);
  CD_SET(rig, SID, 0, TG1, 3);
  CD_SET(rig, SID, 0, TTB1, t.base >> 4);
  CD_SET(rig, SID, 0, IPS, 6);
  expect_both(rig, in + 5, OUT + 5);
  EXPECT_FAULT(rig_read(rig, SID, in ^ 1ULL << 52), F_TRANSLATION);
}

ENGINE_TEST(Walk52, WithoutDsTheBitsAreNoAddress)
{
  uint64_t at;

  begin(rig, NULL);
  at = rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_patch(rig, at, 9, 8, 3);
  rig_patch(rig, at, 49, 48, 3);
  CD_SET(rig, SID, 0, IPS, 6);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
}

/* ---- stage 2 and nesting ---- */

ENGINE_TEST(Walk52, StageTwoPagesOfEachGranule)
{
  for (unsigned i = 0; i < 3; i++) {
    struct wide t;

    begin(rig, NULL);
    rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .vmid = 5 });
    t = tables(rig, HIGH, granules[i], 52, granules[i] < 16);
    put(&t, IN, OUT, 3);
    set_stage2(&t);
    expect_both(rig, IN + 0xabc, OUT + (IN & bits_low(granules[i])) + 0xabc);
    EXPECT_FAULT(rig_read(rig, SID, IN + 0x10000), F_TRANSLATION);
    EXPECT_FAULT(rig_read(rig, SID, 1ULL << 52), F_ADDR_SIZE); /* beyond the IAS */
    if (granules[i] < 16)
      EXPECT_EQ(rig_read(rig, SID, IN).shareability, 2); /* S2SH0 */
  }
}

/* Stage 1 tables of 16 KB at 52-bit IPAs, through stage 2 tables of 4 KB from level -1. */
ENGINE_TEST(Walk52, NestedWith52BitIpas)
{
  uint64_t ipa = 0x9876543210000;
  struct wide one, two;

  begin(rig, NULL);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .vmid = 5 });
  one = tables(rig, HIGH, 14, 52, true);
  two = tables(rig, HIGH + 0x10000000, 12, 52, true);
  put(&one, IN, ipa, 3);
  for (uint64_t at = 0; at < RIG_DATA; at += 1 << 21)
    put(&two, at, at, 2);
  for (uint64_t at = HIGH; at < HIGH + 0x1000000; at += 1 << 21)
    put(&two, at, at, 2);
  put(&two, ipa + (IN & 0x3000), OUT, 3);
  set_stage1(&one);
  set_stage2(&two);
  expect_both(rig, IN + 0x10, OUT + 0x10);
  EXPECT_FAULT(rig_read(rig, SID, IN ^ 0x1000), F_TRANSLATION);
}

ENGINE_TEST(Walk52, FaultRecordsHold52BitIpas)
{
  uint64_t words[4];
  struct wide t;

  begin(rig, NULL);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .vmid = 5 });
  t = tables(rig, HIGH, 12, 52, true);
  set_stage2(&t);
  EXPECT_FAULT(rig_read(rig, SID, IN), F_TRANSLATION);
  EXPECT_EQ(rig_event(rig, words), 0x10u);
  EXPECT_EQ(words[2], IN);
  EXPECT_EQ(words[3] & bits_mask(51, 12), IN);
}

/* ---- invalidation ---- */

static void range_command(struct rig *rig, unsigned tg, unsigned ttl, unsigned num, unsigned scale,
                          uint64_t address)
{
  char text[160];

  snprintf(text, sizeof text,
           "TLBI_NH_VA asid=7 va=0x%llx tg=%u ttl=%u num=%u scale=%u leaf=1; SYNC",
           (unsigned long long)address, tg, ttl, num, scale);
  rig_cmds(rig, text);
}

ENGINE_TEST(Walk52, InvalidationByA52BitAddress)
{
  struct wide t;

  begin(rig, NULL);
  t = tables(rig, HIGH, 12, 52, true);
  put(&t, IN, OUT, 3);
  set_stage1(&t);
  EXPECT_PA(rig_read(rig, SID, IN), OUT);
  engine_memory_store64(rig->memory, leaf_at(&t, IN, 3), 0);
  range_command(rig, 0, 0, 0, 0, IN);
  EXPECT_FAULT(rig_read(rig, SID, IN), F_TRANSLATION);
}

ENGINE_TEST(Walk52, InvalidationByA52BitIpa)
{
  char text[80];
  struct wide t;

  begin(rig, NULL);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .vmid = 5 });
  t = tables(rig, HIGH, 12, 52, true);
  put(&t, IN, OUT, 3);
  set_stage2(&t);
  EXPECT_PA(rig_read(rig, SID, IN), OUT);
  engine_memory_store64(rig->memory, leaf_at(&t, IN, 3), 0);
  snprintf(text, sizeof text, "TLBI_S2_IPA vmid=5 ipa=0x%llx; SYNC", (unsigned long long)IN);
  rig_cmds(rig, text);
  EXPECT_FAULT(rig_read(rig, SID, IN), F_TRANSLATION);
}

/* 2^39 granules of 4 KB and more: SCALE has six bits with DS, and stops at 39. */
ENGINE_TEST(Walk52, ScaleHasSixBits)
{
  static const uint8_t scales[] = { 38, 39, 63 };

  for (unsigned i = 0; i < 3; i++) {
    struct wide t;

    begin(rig, NULL);
    t = tables(rig, HIGH, 12, 52, true);
    put(&t, IN, OUT, 3);
    set_stage1(&t);
    EXPECT_PA(rig_read(rig, SID, IN), OUT);
    engine_memory_store64(rig->memory, leaf_at(&t, IN, 3), 0);
    range_command(rig, 1, 0, 3, scales[i], 0);
    EXPECT_FAULT(rig_read(rig, SID, IN), F_TRANSLATION);
  }
}

ENGINE_TEST(Walk52, ScaleAbove39ActsAs39)
{
  struct wide t;

  begin(rig, NULL);
  t = tables(rig, HIGH, 12, 52, true);
  put(&t, IN, OUT, 3);
  set_stage1(&t);
  EXPECT_PA(rig_read(rig, SID, IN), OUT);
  range_command(rig, 1, 0, 0, 40, 0); /* 2^51 bytes: IN lies above */
  EXPECT_TRUE(rig_is_cached(rig, SID, IN));
}

ENGINE_TEST(Walk52, LevelOneBlocksOf16KbCanBeNamed)
{
  uint64_t base = IN & ~bits_low(36);
  struct wide t;

  begin(rig, NULL);
  t = tables(rig, HIGH, 14, 52, true);
  put(&t, base, OUT & ~bits_low(36), 1);
  set_stage1(&t);
  EXPECT_PA(rig_read(rig, SID, base), OUT & ~bits_low(36));
  engine_memory_store64(rig->memory, leaf_at(&t, base, 1), 0);
  range_command(rig, 2, 1, 0, 0, base); /* CERROR_ILL without DS */
  EXPECT_FAULT(rig_read(rig, SID, base), F_TRANSLATION);
}

/* ---- structures ---- */

ENGINE_TEST(Walk52, StreamTableAndCdAbove48Bits)
{
  uint64_t ste = HIGH + 64 * SID, cd = HIGH + 0x100000;

  begin(rig, NULL);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  STE_SET(rig, SID, S1ContextPtr, cd >> 6);
  for (unsigned i = 0; i < 64; i += 8) {
    engine_memory_store64(rig->memory, ste + i,
                          engine_memory_load64(rig->memory, rig_ste(rig, SID) + i));
    engine_memory_store64(rig->memory, cd + i, 0);
  }
  rig_patch(rig, cd, 31, 31, 1); /* V */
  rig_patch(rig, cd, 41, 41, 1); /* AA64 */
  rig_patch(rig, cd, 46, 46, 1); /* A */
  rig_patch(rig, cd, 30, 30, 1); /* EPD1 */
  rig_patch(rig, cd, 5, 0, 25);  /* T0SZ */
  rig_patch(rig, cd, 34, 32, 6); /* IPS */
  rig_patch(rig, cd, 115, 68, rig_space(rig, SID)->s1.base >> 4);
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, 0x80, HIGH);
  EXPECT_EQ(rig_reg(rig, 0x80), HIGH);
  rig_set_cr0(rig, 0xd);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
}

ENGINE_TEST(Walk52, BasesAreTrimmedToTheOutputSize)
{
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, 0x80, HIGH | 0x40000);
  EXPECT_EQ(rig_reg(rig, 0x80), 0x40000u);
  begin(rig, NULL);
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, 0x90, HIGH | 1ULL << 53 | 0x40000);
  EXPECT_EQ(rig_reg(rig, 0x90), HIGH | 0x40000u);
}

ENGINE_TEST(Walk52, QueuesAbove48Bits)
{
  begin(rig, NULL);
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, 0x90, HIGH | 6);             /* CMDQ_BASE */
  rig_set_reg(rig, 0xa0, (HIGH + 0x10000) | 6); /* EVENTQ_BASE */
  rig_set_reg(rig, 0x98, 0);
  rig_set_reg(rig, 0x9c, 0);
  rig_set_reg(rig, 0x100a8, 0);
  rig_set_reg(rig, 0x100ac, 0);
  engine_memory_store64(rig->memory, HIGH, 0x46); /* CMD_SYNC */
  engine_memory_store64(rig->memory, HIGH + 8, 0);
  rig_set_cr0(rig, 0xd);
  rig_set_reg(rig, 0x98, 1);
  rig_rest(rig);
  EXPECT_EQ(rig_reg(rig, 0x9c), 1u);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_TRANSLATION);
  rig_rest(rig);
  EXPECT_EQ(engine_memory_load64(rig->memory, HIGH + 0x10000) & 0xff, 0x10u);
}
