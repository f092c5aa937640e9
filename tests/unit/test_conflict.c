/* Two TLB entries for one address: F_TLB_CONFLICT where BBML allows it and the device looks, else one
 * of the two; blocks with nT. IHI 0070 3.20.1, 3.21.1.1 to 3.21.1.3, 7.3.17. */
#include "shim/rig.h"

#define VA    0x40200000ULL
#define PA    0xc0200000ULL
#define OTHER 0xd0200000ULL

#define HINT (1ULL << 52)
#define NT   (1ULL << 16)

/* A device with this BBML that caches by the contiguous hint and looks for conflicts. */
static void use_device(struct rig *rig, unsigned bbml, unsigned conflict)
{
  struct smmu_config config;

  smmu_config_neutral(&config);
  config.idr[3] = (config.idr[3] & ~(3u << 11)) | bbml << 11;
  config.contiguous = 1;
  config.conflict = (uint8_t)conflict;
  rig_restart(rig, &config);
  rig_stream(rig, SID, NULL);
}

static void set_bits(struct rig *rig, uint64_t leaf, uint64_t bits)
{
  engine_memory_store64(rig->memory, leaf, engine_memory_load64(rig->memory, leaf) | bits);
}

/* Page 3 alone, then its group through page 0: two entries for page 3. */
static void overlap(struct rig *rig, uint64_t page3)
{
  set_bits(rig, rig_map(rig, SID, VA, PA, RIG_RW), HINT);
  rig_map(rig, SID, VA + 0x3000, page3 + 0x3000, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, VA + 0x3000), page3 + 0x3000);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(Conflict, IsRecordedWordForWord)
{
  uint64_t words[4];

  use_device(rig, 0, SMMU_CONFLICT_FAULT);
  overlap(rig, OTHER);
  EXPECT_FAULT(rig_read(rig, SID, VA + 0x3008), F_TLB_CONFLICT);
  EXPECT_EQ(rig_event(rig, words), 0x20u);
  EXPECT_EQ(words[0], 0x0000000100000020u);
  EXPECT_EQ(words[1], 0x0000000800000003u); /* RnW; Reason: the micro-TLB */
  EXPECT_EQ(words[2], VA + 0x3008);
  EXPECT_EQ(words[3], 0u);
}

ENGINE_TEST(Conflict, LevelZeroTakesEveryOverlap)
{
  use_device(rig, 0, SMMU_CONFLICT_FAULT);
  overlap(rig, PA);
  EXPECT_FAULT(rig_read(rig, SID, VA + 0x3000), F_TLB_CONFLICT);
}

ENGINE_TEST(Conflict, LevelOneTakesAChangedOutput)
{
  use_device(rig, 1, SMMU_CONFLICT_FAULT);
  overlap(rig, OTHER);
  EXPECT_FAULT(rig_read(rig, SID, VA + 0x3000), F_TLB_CONFLICT);
}

ENGINE_TEST(Conflict, LevelOneAllowsAChangeOfTheHintAlone)
{
  use_device(rig, 1, SMMU_CONFLICT_FAULT);
  overlap(rig, PA);
  EXPECT_PA(rig_read(rig, SID, VA + 0x3000), PA + 0x3000);
}

/* The device itself has made page 3 dirty. */
ENGINE_TEST(Conflict, LevelOneAllowsAnotherDirtyState)
{
  struct smmu_config config;
  uint64_t leaf;

  use_device(rig, 1, SMMU_CONFLICT_FAULT);
  config = rig->config;
  config.idr[0] = (config.idr[0] & ~(3u << 6)) | 2u << 6; /* HTTU */
  rig_restart(rig, &config);
  CD_SET(rig, SID, 0, HA, 1);
  CD_SET(rig, SID, 0, HD, 1);
  for (unsigned i = 0; i < 4; i += 3) {
    leaf = rig_map(rig, SID, VA + 0x1000 * i, PA + 0x1000 * i, RIG_R);
    set_bits(rig, leaf, 1ULL << 51 | (i ? 0 : HINT)); /* DBM */
  }
  EXPECT_PA(rig_write(rig, SID, VA + 0x3000), PA + 0x3000);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  EXPECT_PA(rig_read(rig, SID, VA + 0x3000), PA + 0x3000);
  EXPECT_PA(rig_write(rig, SID, VA + 0x3000), PA + 0x3000);
}

ENGINE_TEST(Conflict, LevelTwoNeverReports)
{
  uint64_t pa;

  use_device(rig, 2, SMMU_CONFLICT_FAULT);
  overlap(rig, OTHER);
  pa = rig_read(rig, SID, VA + 0x3000).pa;
  EXPECT_TRUE(pa == PA + 0x3000 || pa == OTHER + 0x3000);
}

ENGINE_TEST(Conflict, ADeviceThatDoesNotLookUsesOneOfTheTwo)
{
  uint64_t pa;

  use_device(rig, 0, SMMU_CONFLICT_EITHER);
  overlap(rig, OTHER);
  pa = rig_read(rig, SID, VA + 0x3000).pa;
  EXPECT_TRUE(pa == PA + 0x3000 || pa == OTHER + 0x3000);
}

ENGINE_TEST(Conflict, OtherAddressesOfTheGroupGoOn)
{
  use_device(rig, 0, SMMU_CONFLICT_FAULT);
  overlap(rig, OTHER);
  EXPECT_PA(rig_read(rig, SID, VA + 0x4000), PA + 0x4000);
}

ENGINE_TEST(Conflict, InvalidationByTheAddressEndsIt)
{
  use_device(rig, 0, SMMU_CONFLICT_FAULT);
  overlap(rig, OTHER);
  rig_map(rig, SID, VA + 0x3000, PA + 0x3000, RIG_RW);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x40203000 leaf=1; SYNC");
  EXPECT_PA(rig_read(rig, SID, VA + 0x3000), PA + 0x3000);
}

ENGINE_TEST(Conflict, AGlobalEntryOverANonGlobalOneIsOne)
{
  use_device(rig, 1, SMMU_CONFLICT_FAULT);
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_read(rig, SID, VA);
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_GLOBAL);
  rig_stream(rig, 2, &(struct rig_stream){ .asid = 8 });
  rig_set_cd(rig, 2, 0, 8, &rig_space(rig, SID)->s1);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TLB_CONFLICT);
}

/* ---- stage 2 ---- */

ENGINE_TEST(Conflict, OfAStageTwoStreamNamesTheIpa)
{
  uint64_t words[4];

  use_device(rig, 0, SMMU_CONFLICT_FAULT);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .vmid = 5 });
  overlap(rig, OTHER);
  EXPECT_FAULT(rig_read(rig, SID, VA + 0x3000), F_TLB_CONFLICT);
  EXPECT_EQ(rig_event(rig, words), 0x20u);
  EXPECT_EQ(words[1], 0x0000008800000003u); /* S2, RnW */
  EXPECT_EQ(words[3], VA + 0x3000);
}

ENGINE_TEST(Conflict, OfAnIpaStepNamesTheIpa)
{
  uint64_t words[4];

  use_device(rig, 0, SMMU_CONFLICT_FAULT);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .vmid = 5 });
  rig_map(rig, SID, 0x3000, VA + 0x3000, RIG_RW);
  rig_map(rig, SID, 0x4000, VA, RIG_RW);
  rig_map(rig, SID, 0x5000, VA + 0x3000, RIG_RW);
  rig_map2(rig, SID, VA + 0x3000, OTHER + 0x3000, RIG_RW);
  set_bits(rig, rig_map2(rig, SID, VA, PA, RIG_RW), HINT);
  rig_read(rig, SID, 0x3000);
  rig_read(rig, SID, 0x4000);
  EXPECT_FAULT(rig_read(rig, SID, 0x5000), F_TLB_CONFLICT);
  EXPECT_EQ(rig_event(rig, words), 0x20u);
  EXPECT_EQ(words[1], 0x0000008800000001u); /* Reason: the walk cache */
  EXPECT_EQ(words[2], 0x5000u);
  EXPECT_EQ(words[3], VA + 0x3000);
}

/* ---- a block in place of pages, without break-before-make ---- */

/* Page 3 is cached; then its 2 MB become a block that page 5 brings in. */
static void become_a_block(struct rig *rig, uint64_t nt)
{
  uint64_t table;

  rig_map(rig, SID, VA + 0x3000, PA + 0x3000, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, VA + 0x3000), PA + 0x3000);
  table = rig_map(rig, SID, VA, PA, RIG_RW | RIG_L2);
  set_bits(rig, table, nt);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x40205000; SYNC"); /* the table, not page 3 */
  EXPECT_PA(rig_read(rig, SID, VA + 0x5000), PA + 0x5000);
}

ENGINE_TEST(Conflict, LevelOneTakesABlockOverPages)
{
  use_device(rig, 1, SMMU_CONFLICT_FAULT);
  become_a_block(rig, 0);
  EXPECT_FAULT(rig_read(rig, SID, VA + 0x3000), F_TLB_CONFLICT);
}

ENGINE_TEST(Conflict, NtPreventsItAtLevelOne)
{
  use_device(rig, 1, SMMU_CONFLICT_FAULT);
  become_a_block(rig, NT);
  EXPECT_PA(rig_read(rig, SID, VA + 0x3000), PA + 0x3000);
}

ENGINE_TEST(Conflict, LevelTwoNeedsNeitherNtNorBreakBeforeMake)
{
  use_device(rig, 2, SMMU_CONFLICT_FAULT);
  become_a_block(rig, 0);
  EXPECT_PA(rig_read(rig, SID, VA + 0x3000), PA + 0x3000);
}

ENGINE_TEST(Conflict, ABlockWithNtIsCachedExceptAtLevelOne)
{
  for (unsigned bbml = 0; bbml < 3; bbml++) {
    use_device(rig, bbml, SMMU_CONFLICT_FAULT);
    set_bits(rig, rig_map(rig, SID, VA, PA, RIG_RW | RIG_L2), NT);
    EXPECT_PA(rig_read(rig, SID, VA), PA);
    EXPECT_EQ(rig_is_cached(rig, SID, VA), bbml != 1);
  }
}

ENGINE_TEST(Conflict, AStageTwoBlockWithNtIsNotCachedAtLevelOne)
{
  use_device(rig, 1, SMMU_CONFLICT_FAULT);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .vmid = 5 });
  rig_map(rig, SID, 0x1000, VA, RIG_RW);
  set_bits(rig, rig_map2(rig, SID, VA, PA, RIG_RW | RIG_L2), NT);
  EXPECT_PA(rig_read(rig, SID, 0x1000), PA);
  EXPECT_EQ(rig_reads(rig, SID, 0x1000), 2u); /* the leaf of stage 1 and that of stage 2 */
}
