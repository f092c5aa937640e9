/* Stage 2 and nested walks. IHI 0070 3.3.3, 3.4, 5.2; spec 3.3 to 3.6. */
#include "shim/rig.h"

#define VA  0x1000ULL
#define IPA 0x40005000ULL
#define PA  0x80000ULL

static const uint8_t granules[] = { 12, 14, 16 };

static void stage2(struct rig *rig, unsigned granule)
{
  rig_stream(rig, SID,
             &(struct rig_stream){ .config = 6, .granule2 = (uint8_t)granule, .vmid = 5 });
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

static void nested(struct rig *rig, unsigned granule1, unsigned granule2)
{
  rig_stream(
    rig, SID,
    &(struct rig_stream){
      .config = 7, .granule1 = (uint8_t)granule1, .granule2 = (uint8_t)granule2, .vmid = 5 });
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

/* ---- stage 2 alone ---- */

ENGINE_TEST(Walk2, PagesOfEachGranule)
{
  for (unsigned i = 0; i < 3; i++) {
    uint64_t page = 1ULL << granules[i];

    stage2(rig, granules[i]);
    rig_map(rig, SID, RIG_DATA + 5 * page, 9 * page, RIG_RW);
    EXPECT_PA(rig_read(rig, SID, RIG_DATA + 5 * page + 0xabc), 9 * page + 0xabc);
    EXPECT_FAULT(rig_read(rig, SID, RIG_DATA + 6 * page), F_TRANSLATION);
  }
}

ENGINE_TEST(Walk2, ConcatenatedStartTableIsIndexedWhole)
{
  stage2(rig, 12); /* 40 bits from level 1: two tables of 512 GB */
  rig_map(rig, SID, 0xffc0001000, PA, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, 0xffc0001000), PA);
}

ENGINE_TEST(Walk2, InputAboveItsSizeFaults)
{
  stage2(rig, 12);
  EXPECT_FAULT(rig_read(rig, SID, 1ULL << 40), F_TRANSLATION);
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
}

ENGINE_TEST(Walk2, OutputAboveS2psFaults)
{
  stage2(rig, 12);
  rig_map(rig, SID, IPA, 1ULL << 36, RIG_RW);
  STE_SET(rig, SID, S2PS, 1);
  EXPECT_FAULT(rig_read(rig, SID, IPA), F_ADDR_SIZE);
}

ENGINE_TEST(Walk2, TableAboveS2psFaults)
{
  stage2(rig, 12);
  STE_SET(rig, SID, S2PS, 1);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, SID)->s2, IPA, 1),
                        1ULL << 36 | 3);
  EXPECT_FAULT(rig_read(rig, SID, IPA), F_ADDR_SIZE);
}

ENGINE_TEST(Walk2, AccessFlagMustBeSetUnlessS2affd)
{
  stage2(rig, 12);
  rig_map(rig, SID, IPA, PA, RIG_RW | RIG_NO_AF);
  EXPECT_FAULT(rig_read(rig, SID, IPA), F_ACCESS);
  STE_SET(rig, SID, S2AFFD, 1);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_PA(rig_read(rig, SID, IPA), PA);
}

ENGINE_TEST(Walk2, ReadAndWriteAreSeparatePermissions)
{
  stage2(rig, 12);
  rig_map(rig, SID, IPA, PA, RIG_R);
  rig_map(rig, SID, IPA + 0x1000, PA, RIG_W);
  EXPECT_PA(rig_read(rig, SID, IPA), PA);
  EXPECT_FAULT(rig_write(rig, SID, IPA), F_PERMISSION);
  EXPECT_PA(rig_write(rig, SID, IPA + 0x1000), PA);
  EXPECT_FAULT(rig_read(rig, SID, IPA + 0x1000), F_PERMISSION);
}

ENGINE_TEST(Walk2, ExecuteNeverIsKept)
{
  struct smmu_txn fetch = { .addr = IPA, .sid = SID, .instruction = 1 };

  stage2(rig, 12);
  rig_map(rig, SID, IPA, PA, RIG_R | RIG_NO_EXEC);
  EXPECT_FAULT(rig_dma(rig, fetch), F_PERMISSION);
  rig_map(rig, SID, IPA + 0x1000, PA, RIG_R);
  fetch.addr = IPA + 0x1000;
  EXPECT_PA(rig_dma(rig, fetch), PA);
}

/* ---- both stages ---- */

ENGINE_TEST(Walk2, EveryPairOfGranules)
{
  for (unsigned i = 0; i < 9; i++) {
    uint64_t page1 = 1ULL << granules[i / 3], page2 = 1ULL << granules[i % 3];

    nested(rig, granules[i / 3], granules[i % 3]);
    rig_map(rig, SID, 4 * page1, 0x40000000, RIG_RW);
    rig_map2(rig, SID, 0x40000000, 8 * page2, RIG_RW);
    EXPECT_PA(rig_read(rig, SID, 4 * page1 + 0xabc), 8 * page2 + 0xabc);
    EXPECT_EQ(rig_read(rig, SID, 4 * page1).size_log2,
              granules[i / 3] < granules[i % 3] ? granules[i / 3] : granules[i % 3]);
  }
}

ENGINE_TEST(Walk2, PagesInsideABlockAreTranslatedOneByOne)
{
  nested(rig, 12, 12);
  rig_map(rig, SID, 0x200000, 0x40000000, RIG_RW | RIG_L2);
  rig_map2(rig, SID, 0x40003000, PA, RIG_RW);
  rig_map2(rig, SID, 0x40004000, 0xa0000, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, 0x203008), PA + 8);
  EXPECT_PA(rig_read(rig, SID, 0x204008), 0xa0008);
  EXPECT_FAULT(rig_read(rig, SID, 0x205000), F_TRANSLATION);
}

ENGINE_TEST(Walk2, BlockBehindAPageIsCutToThePage)
{
  nested(rig, 12, 12);
  rig_map(rig, SID, VA, 0x40005000, RIG_RW);
  rig_map2(rig, SID, 0x40000000, 0x60000000, RIG_RW | RIG_L2);
  EXPECT_PA(rig_read(rig, SID, VA + 8), 0x60005008);
  EXPECT_EQ(rig_read(rig, SID, VA).size_log2, 12u);
}

ENGINE_TEST(Walk2, FullNestedWalkTakesTwentyFourReads)
{
  rig_restart_profile(rig, "none");
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .t0sz = 16, .vmid = 5 });
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
  /* STE; CD behind 2 reads; 4 descriptors behind 2 reads each; 3 reads for the output:
   * structures lie in 2 MB blocks of a table that starts at level 1. */
  EXPECT_EQ(rig_reads(rig, SID, VA), 1u + (2 + 1) + 4 * (2 + 1) + 3);
}

ENGINE_TEST(Walk2, BothStagesMustAllow)
{
  nested(rig, 12, 12);
  rig_map(rig, SID, 0x1000, IPA, RIG_R);
  rig_map(rig, SID, 0x2000, IPA + 0x1000, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
  rig_map2(rig, SID, IPA + 0x1000, PA, RIG_R);
  EXPECT_FAULT(rig_write(rig, SID, 0x1000), F_PERMISSION);
  EXPECT_FAULT(rig_write(rig, SID, 0x2000), F_PERMISSION);
  EXPECT_PA(rig_read(rig, SID, 0x1000), PA);
  EXPECT_PA(rig_read(rig, SID, 0x2000), PA);
}

ENGINE_TEST(Walk2, DescriptorsNeedReadPermissionAtStageTwo)
{
  nested(rig, 12, 12);
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
  rig_patch(rig, rig_table_desc(rig, &rig_space(rig, SID)->s2, rig_space(rig, SID)->s1.base, 2), 6,
            6, 0);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_PERMISSION);
}

/* Stage 1 tables lie in Device memory of stage 2. */
static void device_tables(struct rig *rig, unsigned s2ptw)
{
  nested(rig, 12, 12);
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
  rig_patch(rig, rig_table_desc(rig, &rig_space(rig, SID)->s2, rig_space(rig, SID)->s1.base, 2), 5,
            2, 0);
  STE_SET(rig, SID, S2PTW, s2ptw);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
}

ENGINE_TEST(Walk2, S2ptwForbidsTablesInDeviceMemory)
{
  device_tables(rig, 1);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_PERMISSION);
}

ENGINE_TEST(Walk2, WithoutS2ptwTablesMayLieInDeviceMemory)
{
  device_tables(rig, 0);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(Walk2, StageOneFaultsComeFirst)
{
  nested(rig, 12, 12);
  rig_map(rig, SID, VA, IPA, RIG_R); /* IPA maps nothing at stage 2 */
  EXPECT_FAULT(rig_write(rig, SID, VA), F_PERMISSION);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
}

ENGINE_TEST(Walk2, StrongerMemoryTypeWins)
{
  nested(rig, 12, 12);
  rig_map(rig, SID, 0x1000, IPA, RIG_RW | RIG_DEVICE);
  rig_map(rig, SID, 0x2000, IPA + 0x1000, RIG_RW);
  rig_map(rig, SID, 0x3000, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
  rig_map2(rig, SID, IPA + 0x1000, PA, RIG_RW | RIG_DEVICE);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).memattr, 0x00u);
  EXPECT_EQ(rig_read(rig, SID, 0x2000).memattr, 0x00u);
  EXPECT_EQ(rig_read(rig, SID, 0x3000).memattr, 0xffu);
}

ENGINE_TEST(Walk2, VmidsDoNotShareWalkCaches)
{
  for (uint32_t sid = 2; sid < 4; sid++) {
    rig_stream(rig, sid, &(struct rig_stream){ .config = 7, .vmid = (uint16_t)sid });
    rig_map(rig, sid, VA, IPA, RIG_RW);
    rig_map2(rig, sid, IPA, sid << 20, RIG_RW);
  }
  EXPECT_PA(rig_read(rig, 2, VA), 2 << 20);
  EXPECT_PA(rig_read(rig, 3, VA), 3 << 20);
}

ENGINE_TEST(Walk2, StageOneOnlyStreamsAreTaggedByVmidToo)
{
  for (uint32_t sid = 2; sid < 4; sid++) {
    rig_stream(rig, sid, &(struct rig_stream){ .vmid = (uint16_t)sid });
    rig_map(rig, sid, VA, sid << 20, RIG_RW | RIG_GLOBAL);
  }
  EXPECT_PA(rig_read(rig, 2, VA), 2 << 20);
  EXPECT_PA(rig_read(rig, 3, VA), 3 << 20);
}

ENGINE_TEST(Walk2, WorldsDoNotShareEntries)
{
  rig_stream(rig, 2, &(struct rig_stream){ 0 });
  rig_stream(rig, 3, &(struct rig_stream){ .strw = 2 });
  rig_map(rig, 2, VA, 2 << 20, RIG_RW | RIG_GLOBAL);
  rig_map(rig, 3, VA, 3 << 20, RIG_RW | RIG_GLOBAL);
  EXPECT_PA(rig_read(rig, 2, VA), 2 << 20);
  EXPECT_PA(rig_read(rig, 3, VA), 3 << 20);
}

ENGINE_TEST(Walk2, StageTwoOnlyEntriesAreNotStageOneEntries)
{
  rig_stream(rig, 2, &(struct rig_stream){ .vmid = 5, .asid = 0 });
  rig_stream(rig, 3, &(struct rig_stream){ .config = 6, .vmid = 5 });
  rig_map(rig, 2, IPA, 2 << 20, RIG_RW | RIG_GLOBAL);
  rig_map(rig, 3, IPA, 3 << 20, RIG_RW);
  EXPECT_PA(rig_read(rig, 2, IPA), 2 << 20);
  EXPECT_PA(rig_read(rig, 3, IPA), 3 << 20);
}
