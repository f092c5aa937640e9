/* The contiguous hint: one entry for a group of leaves, its size by granule and level, and where the
 * hint does not count. IHI 0070 3.21.1; Arm ARM D8.3. What invalidations do to groups:
 * conformance/cache_rules.inc. */
#include "shim/rig.h"

#define VA 0x40200000ULL
#define PA 0xc0200000ULL

#define HINT (1ULL << 52)

static void use_groups(struct rig *rig)
{
  struct smmu_config config;

  smmu_config_neutral(&config);
  config.contiguous = 1;
  rig_restart(rig, &config);
  rig_stream(rig, SID, NULL);
}

static void set_bits(struct rig *rig, uint64_t leaf, uint64_t bits)
{
  engine_memory_store64(rig->memory, leaf, engine_memory_load64(rig->memory, leaf) | bits);
}

static void map_group(struct rig *rig)
{
  for (uint64_t i = 0; i < 16; i++)
    set_bits(rig, rig_map(rig, SID, VA + (i << 12), PA + (i << 12), RIG_RW), HINT);
}

/* log2 of what the main TLB was filled with. */
static unsigned filled_log2(struct rig *rig)
{
  for (unsigned i = 0; i < rig->n_records; i++) {
    if (rig->record[i].category == SMMU_TRACE_FILL && rig->record[i].unit == SMMU_CACHE_TLB)
      return rig->record[i].info;
  }
  return 0;
}

ENGINE_TEST(Contiguous, OneEntryServesEveryPageOfTheGroup)
{
  use_groups(rig);
  map_group(rig);
  EXPECT_PA(rig_read(rig, SID, VA + 0x3000), PA + 0x3000);
  EXPECT_EQ(rig_reads(rig, SID, VA + 0xf000), 0u);
  EXPECT_PA(rig_read(rig, SID, VA + 0xfabc), PA + 0xfabc);
  EXPECT_EQ(rig_read(rig, SID, VA).size_log2, 16u);
}

ENGINE_TEST(Contiguous, WithoutTheParameterPagesAreCachedOneByOne)
{
  map_group(rig);
  EXPECT_PA(rig_read(rig, SID, VA + 0x3000), PA + 0x3000);
  EXPECT_EQ(rig_reads(rig, SID, VA + 0xf000), 1u);
}

ENGINE_TEST(Contiguous, TheNextGroupIsAnotherEntry)
{
  use_groups(rig);
  map_group(rig);
  rig_read(rig, SID, VA);
  EXPECT_FAULT(rig_read(rig, SID, VA + 0x10000), F_TRANSLATION);
}

/* ---- sizes ---- */

static const struct {
  uint8_t granule, group_log2;
  uint16_t flags;
} sizes[] = { { 12, 16, 0 },      { 12, 25, RIG_L2 }, { 12, 34, RIG_L1 }, { 14, 21, 0 },
              { 14, 30, RIG_L2 }, { 16, 21, 0 },      { 16, 34, RIG_L2 } };

ENGINE_TEST(Contiguous, GroupsAreAsLargeAsGranuleAndLevelSay)
{
  for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    uint64_t base = 1ULL << 35;

    use_groups(rig);
    rig_stream(rig, 2, &(struct rig_stream){ .granule1 = sizes[i].granule });
    set_bits(rig, rig_map(rig, 2, base, base << 1, RIG_RW | sizes[i].flags), HINT);
    rig_watch(rig);
    EXPECT_PA(rig_read(rig, 2, base | 0x123), base << 1 | 0x123);
    EXPECT_EQ(filled_log2(rig), sizes[i].group_log2);
  }
}

ENGINE_TEST(Contiguous, StageTwoHasGroupsToo)
{
  use_groups(rig);
  rig_stream(rig, 2, &(struct rig_stream){ .config = 6, .vmid = 5 });
  set_bits(rig, rig_map(rig, 2, VA, PA, RIG_RW), HINT);
  rig_watch(rig);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
  EXPECT_EQ(filled_log2(rig), 16u);
}

ENGINE_TEST(Contiguous, AGroupOfBothStagesIsTheSmallerOne)
{
  use_groups(rig);
  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .vmid = 5 });
  set_bits(rig, rig_map(rig, 2, VA, PA, RIG_RW), HINT);
  set_bits(rig, rig_map2(rig, 2, PA & ~0x1fffffULL, 0x100000000, RIG_RW | RIG_L2), HINT);
  rig_watch(rig);
  EXPECT_PA(rig_read(rig, 2, VA), 0x100000000 | (PA & 0x1fffff));
  EXPECT_EQ(filled_log2(rig), 16u);
}

/* ---- where the hint does not count ---- */

ENGINE_TEST(Contiguous, AGroupThatTheTableDoesNotHoldDoesNotCount)
{
  use_groups(rig);
  rig_stream(rig, 2, &(struct rig_stream){ .t0sz = 33 }); /* 31 bits, groups of level 1 have 34 */
  set_bits(rig, rig_map(rig, 2, 0x40000000, 0x1040000000, RIG_RW | RIG_L1), HINT);
  rig_watch(rig);
  rig_read(rig, 2, 0x40000000);
  EXPECT_EQ(filled_log2(rig), 30u);
}

ENGINE_TEST(Contiguous, AnOutputElsewhereInItsGroupIsUsedForItsPageAlone)
{
  use_groups(rig);
  set_bits(rig, rig_map(rig, SID, VA + 0x1000, PA + 0x2000, RIG_RW), HINT);
  EXPECT_PA(rig_read(rig, SID, VA + 0x1000), PA + 0x2000);
  EXPECT_FAULT(rig_read(rig, SID, VA + 0x2000), F_TRANSLATION);
}
