/* Stage 1 walks: ranges, granules, blocks, faults at each level, permissions, attributes.
 * IHI 0070 3.3.3, 3.4; Arm ARM D8.2 to D8.5; spec 3.2. */
#include "shim/rig.h"

#define VA 0x12345000ULL
#define PA 0x87654000ULL

static const uint8_t granules[] = { 12, 14, 16 };

/* Stream SID with this granule and T0SZ, nothing cached. */
static void remake(struct rig *rig, unsigned granule, unsigned t0sz)
{
  rig_stream(rig, SID, &(struct rig_stream){ .granule1 = (uint8_t)granule, .t0sz = (uint8_t)t0sz });
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

/* The descriptor of VA at a level is `desc`: what a read raises. */
static unsigned event_of(struct rig *rig, unsigned granule, int level, uint64_t desc)
{
  remake(rig, granule, 16);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, SID)->s1, VA, level),
                        desc);
  return rig_read(rig, SID, VA).event;
}

/* ---- shape ---- */

ENGINE_TEST(Walk1, PagesOfEachGranule)
{
  for (unsigned i = 0; i < 3; i++) {
    uint64_t page = 1ULL << granules[i];

    remake(rig, granules[i], 25);
    rig_map(rig, SID, 5 * page, 9 * page, RIG_RW);
    EXPECT_PA(rig_read(rig, SID, 5 * page + 0xabc), 9 * page + 0xabc);
    EXPECT_FAULT(rig_read(rig, SID, 6 * page), F_TRANSLATION);
    EXPECT_EQ(rig_read(rig, SID, 5 * page).size_log2, granules[i]);
  }
}

ENGINE_TEST(Walk1, BlocksOfEachGranule)
{
  static const uint8_t log2[] = { 21, 25, 29 };

  for (unsigned i = 0; i < 3; i++) {
    uint64_t block = 1ULL << log2[i];

    remake(rig, granules[i], 25);
    rig_map(rig, SID, 3 * block, 7 * block, RIG_RW | RIG_L2);
    EXPECT_PA(rig_read(rig, SID, 4 * block - 8), 8 * block - 8);
    EXPECT_FAULT(rig_read(rig, SID, 4 * block), F_TRANSLATION);
    EXPECT_EQ(rig_read(rig, SID, 3 * block).size_log2, log2[i]);
  }
}

ENGINE_TEST(Walk1, OneGigabyteBlock)
{
  rig_map(rig, SID, 0x80000000, 0x140000000, RIG_RW | RIG_L1);
  EXPECT_PA(rig_read(rig, SID, 0x9fff1234), 0x15fff1234);
}

ENGINE_TEST(Walk1, StartLevelFollowsTheSize)
{
  static const struct {
    uint8_t granule, t0sz, reads;
  } rows[] = { { 12, 16, 4 }, { 12, 24, 4 }, { 12, 25, 3 }, { 12, 33, 3 }, { 12, 34, 2 },
               { 12, 42, 2 }, { 12, 43, 1 }, { 12, 48, 1 }, { 14, 16, 4 }, { 14, 17, 3 },
               { 14, 27, 3 }, { 14, 28, 2 }, { 14, 38, 2 }, { 14, 39, 1 }, { 14, 48, 1 },
               { 16, 16, 3 }, { 16, 21, 3 }, { 16, 22, 2 }, { 16, 34, 2 }, { 16, 35, 1 },
               { 16, 47, 1 } };

  rig_restart_profile(rig, "none");
  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint64_t reads;

    remake(rig, rows[i].granule, rows[i].t0sz);
    rig_map(rig, SID, 0, 0x100000, RIG_RW);
    reads = rig_reads(rig, SID, 0) - 2; /* STE and CD */
    if (reads != rows[i].reads)
      ADD_TEST_FAILURE("granule 2^%u, T0SZ %u: %u reads, expected %u", rows[i].granule,
                       rows[i].t0sz, (unsigned)reads, rows[i].reads);
  }
}

/* ---- input range ---- */

ENGINE_TEST(Walk1, LastAddressOfTheRangeIsTranslated)
{
  rig_map(rig, SID, 0x7ffffff000, 0x80000, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, 0x7fffffffff), 0x80fff);
  EXPECT_FAULT(rig_read(rig, SID, 0x8000000000), F_TRANSLATION);
}

ENGINE_TEST(Walk1, HighRangeUsesItsOwnTable)
{
  rig_stream(rig, SID, &(struct rig_stream){ .two_ranges = 1 });
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_map(rig, SID, 0xffffff8000001000, 0x90000, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  EXPECT_PA(rig_read(rig, SID, 0xffffff8000001000), 0x90000);
  EXPECT_FAULT(rig_read(rig, SID, 0xffffff7fffffffff), F_TRANSLATION);
}

ENGINE_TEST(Walk1, DisabledTableFaults)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  EXPECT_FAULT(rig_read(rig, SID, 0xffffffffffffffff), F_TRANSLATION); /* EPD1 */
  CD_SET(rig, SID, 0, EPD0, 1);
  rig_cmds(rig, "CFGI_CD sid=1; TLBI_NH_ALL; SYNC");
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_TRANSLATION);
}

ENGINE_TEST(Walk1, TopByteCountsUnlessIgnored)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  EXPECT_FAULT(rig_read(rig, SID, 0x5a00000000001000), F_TRANSLATION);
  CD_SET(rig, SID, 0, TBI0, 1);
  rig_cmds(rig, "CFGI_CD sid=1; SYNC");
  EXPECT_PA(rig_read(rig, SID, 0x5a00000000001000), 0x80000);
  EXPECT_FAULT(rig_read(rig, SID, 0x0080000000001000), F_TRANSLATION); /* bit 55: high range */
}

/* ---- descriptors ---- */

ENGINE_TEST(Walk1, InvalidDescriptorAtEachLevelFaults)
{
  for (int level = 0; level <= 3; level++) {
    EXPECT_EQ(event_of(rig, 12, level, 0), EVENT_F_TRANSLATION);
    EXPECT_EQ(event_of(rig, 12, level, PA | 0x442), EVENT_F_TRANSLATION); /* bit 0 clear */
  }
}

ENGINE_TEST(Walk1, BlockWhereNoneIsAllowedFaults)
{
  EXPECT_EQ(event_of(rig, 12, 0, 0x441), EVENT_F_TRANSLATION);
  EXPECT_EQ(event_of(rig, 14, 0, 0x441), EVENT_F_TRANSLATION);
  EXPECT_EQ(event_of(rig, 14, 1, 0x441), EVENT_F_TRANSLATION);
  EXPECT_EQ(event_of(rig, 16, 1, 0x441), EVENT_F_TRANSLATION);
}

ENGINE_TEST(Walk1, BlockFormAtLevelThreeFaults)
{
  for (unsigned i = 0; i < 3; i++)
    EXPECT_EQ(event_of(rig, granules[i], 3, 0x80000000 | 0x441), EVENT_F_TRANSLATION);
}

ENGINE_TEST(Walk1, AbortedDescriptorAtEachLevel)
{
  for (int level = 0; level <= 3; level++) {
    uint64_t at;

    remake(rig, 12, 16);
    at = rig_table_desc(rig, &rig_space(rig, SID)->s1, VA, level);
    engine_memory_inject_abort(rig->memory, at, 8, true);
    EXPECT_FAULT(rig_read(rig, SID, VA), F_WALK_EABT);
    engine_memory_inject_abort(rig->memory, at, 8, false);
  }
}

ENGINE_TEST(Walk1, OutputAboveIpsFaultsAtEachLevel)
{
  for (int level = 0; level <= 3; level++) {
    remake(rig, 12, 16);
    CD_SET(rig, SID, 0, IPS, 1); /* 36 bits */
    engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, SID)->s1, VA, level),
                          1ULL << 36 | 0x443);
    EXPECT_FAULT(rig_read(rig, SID, VA), F_ADDR_SIZE);
  }
}

ENGINE_TEST(Walk1, OutputIsLimitedByTheDeviceToo)
{
  struct smmu_config config = rig->config;

  config.idr[5] = (config.idr[5] & ~7u) | 2; /* 40 bits; IPS says 48 */
  rig_restart(rig, &config);
  rig_map(rig, SID, 0x1000, 1ULL << 40, RIG_RW);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_ADDR_SIZE);
}

ENGINE_TEST(Walk1, AccessFlagMustBeSetUnlessAffd)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW | RIG_NO_AF);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_ACCESS);
  CD_SET(rig, SID, 0, AFFD, 1);
  rig_cmds(rig, "CFGI_CD sid=1; SYNC");
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
}

ENGINE_TEST(Walk1, AddressSizeComesBeforeAccessFlagAndThatBeforePermission)
{
  CD_SET(rig, SID, 0, IPS, 1);
  rig_map(rig, SID, 0x1000, 1ULL << 36, RIG_R | RIG_NO_AF);
  rig_map(rig, SID, 0x2000, 0x80000, RIG_R | RIG_NO_AF);
  EXPECT_FAULT(rig_write(rig, SID, 0x1000), F_ADDR_SIZE);
  EXPECT_FAULT(rig_write(rig, SID, 0x2000), F_ACCESS);
}

ENGINE_TEST(Walk1, FaultsAreNotCached)
{
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_TRANSLATION);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW | RIG_NO_AF);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_ACCESS);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_R);
  EXPECT_FAULT(rig_write(rig, SID, 0x1000), F_PERMISSION);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  EXPECT_PA(rig_write(rig, SID, 0x1000), 0x80000);
}

/* ---- permissions ---- */

ENGINE_TEST(Walk1, ReadOnlyPageRefusesWrites)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_R);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  EXPECT_FAULT(rig_write(rig, SID, 0x1000), F_PERMISSION);
}

ENGINE_TEST(Walk1, PrivilegedPageRefusesUsers)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW | RIG_PRIVILEGED);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_PERMISSION);
  EXPECT_PA(rig_dma(rig, (struct smmu_txn){ .addr = 0x1000, .sid = SID, .privileged = 1 }),
            0x80000);
}

ENGINE_TEST(Walk1, NoExecutePageRefusesInstructions)
{
  struct smmu_txn fetch = { .addr = 0x1000, .sid = SID, .instruction = 1 };

  rig_map(rig, SID, 0x1000, 0x80000, RIG_R | RIG_NO_EXEC);
  EXPECT_FAULT(rig_dma(rig, fetch), F_PERMISSION);
  rig_map(rig, SID, 0x2000, 0x80000, RIG_R);
  fetch.addr = 0x2000;
  EXPECT_PA(rig_dma(rig, fetch), 0x80000);
}

/* One bit of the level 1 table descriptor above a user-writable page. */
static void limit(struct rig *rig, unsigned bit)
{
  uint64_t at = rig_table_desc(rig, &rig_space(rig, SID)->s1, 0x1000, 1);

  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_patch(rig, at, bit, bit, 1);
}

ENGINE_TEST(Walk1, TableDescriptorTakesWritingAway)
{
  limit(rig, 62);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  EXPECT_FAULT(rig_write(rig, SID, 0x1000), F_PERMISSION);
}

ENGINE_TEST(Walk1, TableDescriptorTakesUsersAway)
{
  limit(rig, 61);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_PERMISSION);
}

ENGINE_TEST(Walk1, TableDescriptorTakesExecutionAway)
{
  limit(rig, 60);
  EXPECT_FAULT(rig_dma(rig, (struct smmu_txn){ .addr = 0x1000, .sid = SID, .instruction = 1 }),
               F_PERMISSION);
}

ENGINE_TEST(Walk1, TableLimitsSurviveInTheWalkCache)
{
  limit(rig, 62);
  rig_map(rig, SID, 0x2000, 0x90000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  EXPECT_FAULT(rig_write(rig, SID, 0x2000), F_PERMISSION); /* starts at the cached table */
}

ENGINE_TEST(Walk1, HadIgnoresTableLimits)
{
  limit(rig, 62);
  CD_SET(rig, SID, 0, HAD0, 1);
  EXPECT_PA(rig_write(rig, SID, 0x1000), 0x80000);
}

ENGINE_TEST(Walk1, WxnForbidsExecutionOfWritablePages)
{
  struct smmu_txn fetch = { .addr = 0x1000, .sid = SID, .instruction = 1 };

  CD_SET(rig, SID, 0, WXN, 1);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  EXPECT_FAULT(rig_dma(rig, fetch), F_PERMISSION);
  rig_map(rig, SID, 0x2000, 0x80000, RIG_R);
  fetch.addr = 0x2000;
  EXPECT_PA(rig_dma(rig, fetch), 0x80000);
}

ENGINE_TEST(Walk1, PanKeepsPrivilegedDataOutOfUserPages)
{
  CD_SET(rig, SID, 0, PAN, 1);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  EXPECT_FAULT(rig_dma(rig, (struct smmu_txn){ .addr = 0x1000, .sid = SID, .privileged = 1 }),
               F_PERMISSION);
}

ENGINE_TEST(Walk1, El2HasNoUsers)
{
  rig_stream(rig, SID, &(struct rig_stream){ .strw = 2 });
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW | RIG_PRIVILEGED);
  EXPECT_PA(rig_write(rig, SID, 0x1000), 0x80000);
}

/* ---- the answer ---- */

ENGINE_TEST(Walk1, AnswerNamesThePermissions)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_R | RIG_NO_EXEC);
  rig_map(rig, SID, 0x2000, 0x80000, RIG_RW);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).perm, SMMU_PERM_READ);
  EXPECT_EQ(rig_read(rig, SID, 0x2000).perm, SMMU_PERM_READ | SMMU_PERM_WRITE | SMMU_PERM_EXEC);
}

ENGINE_TEST(Walk1, AnswerNamesTheMemoryType)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_map(rig, SID, 0x2000, 0x80000, RIG_RW | RIG_DEVICE);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).memattr, 0xffu);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).shareability, 3u);
  EXPECT_EQ(rig_read(rig, SID, 0x2000).memattr, 0x00u);
  EXPECT_EQ(rig_read(rig, SID, 0x2000).shareability, 2u); /* Device is Outer Shareable */
}

ENGINE_TEST(Walk1, HitAnswersAsTheWalkDid)
{
  struct smmu_result walk, hit;

  rig_map(rig, SID, 0x200000, 0x40000000, RIG_R | RIG_L2 | RIG_DEVICE);
  walk = rig_read(rig, SID, 0x234567);
  hit = rig_read(rig, SID, 0x234567);
  EXPECT_MEMEQ(&walk, &hit, sizeof hit);
}

/* ---- walk cache ---- */

ENGINE_TEST(Walk1, NeighbourStartsAtTheDeepestCachedTable)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_map(rig, SID, 0x2000, 0x90000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  EXPECT_EQ(rig_reads(rig, SID, 0x2000), 1u);
}

ENGINE_TEST(Walk1, EachProfileAgrees)
{
  static const char *const profiles[] = { "none", "tiny", "qemu", "neutral" };

  for (uint64_t page = 0; page < 40; page++)
    rig_map(rig, SID, page << 12, RIG_DATA + (page << 12), RIG_RW);
  for (unsigned i = 0; i < 4; i++) {
    rig_restart_profile(rig, profiles[i]);
    for (uint64_t n = 0; n < 200; n++) {
      uint64_t va = (n * 7 % 40) << 12;

      EXPECT_PA(rig_read(rig, SID, va), RIG_DATA + va);
    }
  }
}
