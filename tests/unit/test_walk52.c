/* Addresses of 52 bits: the 64 KB granule, DS for the small ones, level -1, large blocks, tables above
 * 2^48. IHI 0070 3.4, 5.2 (S2DS, S2SL0_2), 5.4 (DS); Arm ARM D8.3. Invalidation and structures:
 * test_walk52_inval.c. */
#include "shim/rig_wide.h"
#include "util/bits.h"

#define HIGH 0xa000000000000ULL
#define IN   0xfedcba9876000ULL /* 52 bits */
#define OUT  0xd5a3c9e870000ULL

/* ---- stage 1 ---- */

static const uint8_t granules[] = { 12, 14, 16 };

ENGINE_TEST(Walk52, PagesOfEachGranule)
{
  for (unsigned i = 0; i < 3; i++) {
    struct rig_wide t;

    rig_wide_begin(rig, NULL);
    t = rig_wide_tables(rig, HIGH, granules[i], 52, granules[i] < 16);
    rig_wide_put(&t, IN, OUT, 3);
    rig_wide_stage1(&t);
    rig_wide_expect(rig, IN + 0xabc, OUT + (IN & bits_low(granules[i])) + 0xabc);
    EXPECT_FAULT(rig_read(rig, SID, IN + 0x10000), F_TRANSLATION);
    EXPECT_FAULT(rig_read(rig, SID, 1ULL << 52), F_TRANSLATION);
  }
}

ENGINE_TEST(Walk52, SmallGranuleStartsAtLevelMinusOne)
{
  struct rig_wide t;

  rig_wide_begin(rig, "none");
  t = rig_wide_tables(rig, HIGH, 12, 52, true);
  rig_wide_put(&t, IN, OUT, 3);
  rig_wide_stage1(&t);
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
    struct rig_wide t;

    rig_wide_begin(rig, NULL);
    t = rig_wide_tables(rig, HIGH, rows[i].granule, 52, rows[i].granule < 16);
    rig_wide_put(&t, IN, out, rows[i].level);
    rig_wide_stage1(&t);
    rig_wide_expect(rig, IN, out | (IN & bits_low(rows[i].log2)));
    r = rig_read(rig, SID, IN);
    EXPECT_EQ(r.size_log2, rows[i].log2);
  }
}

ENGINE_TEST(Walk52, LargestBlocksAreReservedWithoutTheirBits)
{
  struct rig_wide t;

  rig_wide_begin(rig, NULL);
  t = rig_wide_tables(rig, 0x70000000, 12, 48, false);
  rig_wide_put(&t, 0x8000000000, 0, 0);
  rig_wide_stage1(&t);
  EXPECT_FAULT(rig_read(rig, SID, 0x8000000000), F_TRANSLATION);
  t = rig_wide_tables(rig, 0x80000000, 14, 47, false);
  rig_wide_put(&t, 0x1000000000, 0, 1);
  rig_wide_stage1(&t);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000000000), F_TRANSLATION);
}

ENGINE_TEST(Walk52, ShareabilityComesFromTheCd)
{
  struct rig_wide t;

  rig_wide_begin(rig, NULL);
  t = rig_wide_tables(rig, HIGH, 12, 52, true);
  rig_wide_put(&t, IN, OUT, 3); /* bits 9:8 are address bits: 0b11 */
  rig_wide_stage1(&t);
  EXPECT_EQ(rig_read(rig, SID, IN).shareability, 2);
  t = rig_wide_tables(rig, HIGH + 0x1000000, 16, 52, true); /* DS does not matter to 64 KB */
  rig_wide_put(&t, IN, OUT, 3);
  engine_memory_store64(rig->memory, rig_wide_leaf(&t, IN, 3),
                        engine_memory_load64(rig->memory, rig_wide_leaf(&t, IN, 3)) | 3 << 8);
  rig_wide_stage1(&t);
  EXPECT_EQ(rig_read(rig, SID, IN).shareability, 3);
}

ENGINE_TEST(Walk52, OutputsAboveTheEffectiveSizeFault)
{
  for (unsigned i = 0; i < 3; i++) {
    struct rig_wide t;

    rig_wide_begin(rig, NULL);
    t = rig_wide_tables(rig, 0x70000000, granules[i], 52, granules[i] < 16);
    t.next = 0x71000000;
    rig_wide_put(&t, IN, OUT, 3);
    rig_wide_put(&t, IN + 0x10000, OUT & bits_low(48), 3);
    rig_wide_stage1(&t);
    CD_SET(rig, SID, 0, IPS, 5);
    rig_cmds(rig, "CFGI_ALL; SYNC");
    EXPECT_FAULT(rig_read(rig, SID, IN), F_ADDR_SIZE);
    EXPECT_EQ(rig_read(rig, SID, IN + 0x10000).status, 0);
  }
}

ENGINE_TEST(Walk52, TablesAboveTheEffectiveSizeFault)
{
  struct rig_wide t;

  rig_wide_begin(rig, NULL);
  t = rig_wide_tables(rig, 0x70000000, 16, 48, false);
  t.next = HIGH;
  rig_wide_put(&t, 0x10000, 0x80000, 3);
  rig_wide_stage1(&t);
  EXPECT_PA(rig_read(rig, SID, 0x10000), 0x80000);
  CD_SET(rig, SID, 0, IPS, 5);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
  EXPECT_FAULT(rig_read(rig, SID, 0x10000), F_ADDR_SIZE);
}

ENGINE_TEST(Walk52, HighHalfHas52BitsToo)
{
  uint64_t in = 0xfff3456789ab0000;
  struct rig_wide t;

  rig_wide_begin(rig, NULL);
  rig_stream(rig, SID, &(struct rig_stream){ .two_ranges = 1 });
  t = rig_wide_tables(rig, HIGH, 16, 52, false);
  rig_wide_put(&t, in, OUT, 3);
  CD_SET(rig, SID, 0, T1SZ, 12);
  CD_SET(rig, SID, 0, TG1, 3);
  CD_SET(rig, SID, 0, TTB1, t.base >> 4);
  CD_SET(rig, SID, 0, IPS, 6);
  rig_wide_expect(rig, in + 5, OUT + 5);
  EXPECT_FAULT(rig_read(rig, SID, in ^ 1ULL << 52), F_TRANSLATION);
}

ENGINE_TEST(Walk52, WithoutDsTheBitsAreNoAddress)
{
  uint64_t at;

  rig_wide_begin(rig, NULL);
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
    struct rig_wide t;

    rig_wide_begin(rig, NULL);
    rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .vmid = 5 });
    t = rig_wide_tables(rig, HIGH, granules[i], 52, granules[i] < 16);
    rig_wide_put(&t, IN, OUT, 3);
    rig_wide_stage2(&t);
    rig_wide_expect(rig, IN + 0xabc, OUT + (IN & bits_low(granules[i])) + 0xabc);
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
  struct rig_wide one, two;

  rig_wide_begin(rig, NULL);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .vmid = 5 });
  one = rig_wide_tables(rig, HIGH, 14, 52, true);
  two = rig_wide_tables(rig, HIGH + 0x10000000, 12, 52, true);
  rig_wide_put(&one, IN, ipa, 3);
  for (uint64_t at = 0; at < RIG_DATA; at += 1 << 21)
    rig_wide_put(&two, at, at, 2);
  for (uint64_t at = HIGH; at < HIGH + 0x1000000; at += 1 << 21)
    rig_wide_put(&two, at, at, 2);
  rig_wide_put(&two, ipa + (IN & 0x3000), OUT, 3);
  rig_wide_stage1(&one);
  rig_wide_stage2(&two);
  rig_wide_expect(rig, IN + 0x10, OUT + 0x10);
  EXPECT_FAULT(rig_read(rig, SID, IN ^ 0x1000), F_TRANSLATION);
}

ENGINE_TEST(Walk52, FaultRecordsHold52BitIpas)
{
  uint64_t words[4];
  struct rig_wide t;

  rig_wide_begin(rig, NULL);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .vmid = 5 });
  t = rig_wide_tables(rig, HIGH, 12, 52, true);
  rig_wide_stage2(&t);
  EXPECT_FAULT(rig_read(rig, SID, IN), F_TRANSLATION);
  EXPECT_EQ(rig_event(rig, words), 0x10u);
  EXPECT_EQ(words[2], IN);
  EXPECT_EQ(words[3] & bits_mask(51, 12), IN);
}
