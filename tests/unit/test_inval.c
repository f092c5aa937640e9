/* What each invalidation removes and what it leaves: tags, worlds, stages. IHI 0070 4.4. Ranges:
 * test_inval_range.c; configuration: test_cfg_cache.c. That something stays is the model's pick
 * (dropping more is legal). */
#include "shim/rig.h"

#define VA 0x1000ULL
#define PA 0x80000ULL

/* Make stream sid, map VA, and load it into the caches. */
static void warm(struct rig *rig, uint32_t sid, struct rig_stream spec, unsigned flags)
{
  rig_stream(rig, sid, &spec);
  rig_map(rig, sid, VA, PA, flags);
  EXPECT_PA(rig_read(rig, sid, VA), PA);
  EXPECT_TRUE(rig_is_cached(rig, sid, VA));
}

ENGINE_TEST(Inval, SyncHidesRemovedMapping)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  rig_unmap(rig, SID, 0x1000);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000; SYNC");
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_TRANSLATION);
}

ENGINE_TEST(Inval, RemovedMappingIsServedUntilItIsInvalidated)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_read(rig, SID, VA);
  rig_unmap(rig, SID, VA);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(Inval, EntriesAreNotTaggedByStream)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_stream(rig, 2, NULL);
  rig_set_cd(rig, 2, 0, RIG_ASID, &rig_space(rig, SID)->s1);
  rig_read(rig, SID, VA);
  EXPECT_EQ(rig_reads(rig, 2, VA), 2u); /* its STE and its CD, no descriptor */
}

/* ---- by address ---- */

ENGINE_TEST(Inval, NhVaHitsItsAddressAlone)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_map(rig, SID, 0x2000, 0x90000, RIG_RW);
  rig_read(rig, SID, VA);
  rig_read(rig, SID, 0x2000);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x2000));
  EXPECT_FALSE(rig_is_cached(rig, SID, VA));
}

ENGINE_TEST(Inval, NhVaHitsItsAsidAlone)
{
  warm(rig, 2, (struct rig_stream){ .asid = 7 }, RIG_RW);
  warm(rig, 3, (struct rig_stream){ .asid = 8 }, RIG_RW);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
}

ENGINE_TEST(Inval, NhVaHitsGlobalsWhateverTheAsid)
{
  warm(rig, 2, (struct rig_stream){ .asid = 7 }, RIG_RW | RIG_GLOBAL);
  rig_cmds(rig, "TLBI_NH_VA asid=99 va=0x1000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, GlobalEntryServesEveryAsidOfItsVmid)
{
  warm(rig, 2, (struct rig_stream){ .asid = 7 }, RIG_RW | RIG_GLOBAL);
  rig_stream(rig, 3, &(struct rig_stream){ .asid = 8 });
  EXPECT_PA(rig_read(rig, 3, VA), PA);
}

ENGINE_TEST(Inval, NhVaHitsItsVmidAlone)
{
  warm(rig, 2, (struct rig_stream){ .vmid = 5 }, RIG_RW);
  warm(rig, 3, (struct rig_stream){ .vmid = 6 }, RIG_RW);
  rig_cmds(rig, "TLBI_NH_VA asid=7 vmid=5 va=0x1000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
}

ENGINE_TEST(Inval, NhVaaHitsEveryAsidOfItsVmid)
{
  warm(rig, 2, (struct rig_stream){ .asid = 7, .vmid = 5 }, RIG_RW);
  warm(rig, 3, (struct rig_stream){ .asid = 8, .vmid = 5 }, RIG_RW);
  warm(rig, 4, (struct rig_stream){ .asid = 7, .vmid = 6 }, RIG_RW);
  rig_cmds(rig, "TLBI_NH_VAA vmid=5 va=0x1000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_FALSE(rig_is_cached(rig, 3, VA));
  EXPECT_TRUE(rig_is_cached(rig, 4, VA));
}

ENGINE_TEST(Inval, AnyAddressInsideABlockHitsIt)
{
  rig_map(rig, SID, 0x200000, 0x40000000, RIG_RW | RIG_L2);
  EXPECT_PA(rig_read(rig, SID, 0x234567), 0x40034567);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x3ff000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x200000));
}

ENGINE_TEST(Inval, AddressBesideABlockLeavesIt)
{
  rig_map(rig, SID, 0x200000, 0x40000000, RIG_RW | RIG_L2);
  rig_read(rig, SID, 0x200000);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1ff000; TLBI_NH_VA asid=7 va=0x400000; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x3ff000));
}

ENGINE_TEST(Inval, AnyAddressInsideA64KPageHitsIt)
{
  rig_stream(rig, 2, &(struct rig_stream){ .granule1 = 16 });
  rig_map(rig, 2, 0x30000, 0x90000, RIG_RW);
  EXPECT_PA(rig_read(rig, 2, 0x3abcd), 0x9abcd);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x3f000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, 0x30000));
}

ENGINE_TEST(Inval, TaggedAddressHitsTheEntryOfItsAddress)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  CD_SET(rig, SID, 0, TBI0, 1);
  rig_read(rig, SID, 0xab00000000001000);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0xcd00000000001000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, SID, VA));
}

ENGINE_TEST(Inval, HighRangeAddressIsFound)
{
  rig_stream(rig, 2, &(struct rig_stream){ .two_ranges = 1 });
  rig_map(rig, 2, 0xffffffffc0001000, PA, RIG_RW);
  EXPECT_PA(rig_read(rig, 2, 0xffffffffc0001234), 0x80234);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0xffffffffc0001000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, 0xffffffffc0001000));
}

/* ---- table descriptors ---- */

ENGINE_TEST(Inval, Leaf1LeavesTableDescriptors)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_read(rig, SID, VA);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000 leaf=1; SYNC");
  EXPECT_EQ(rig_reads(rig, SID, VA), 1u);
}

ENGINE_TEST(Inval, Leaf0DropsTableDescriptors)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_read(rig, SID, VA);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000 leaf=0; SYNC");
  EXPECT_EQ(rig_reads(rig, SID, VA), 3u);
}

ENGINE_TEST(Inval, NhAsidDropsTableDescriptors)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_read(rig, SID, VA);
  rig_cmds(rig, "TLBI_NH_ASID asid=7; SYNC");
  EXPECT_EQ(rig_reads(rig, SID, VA), 3u);
}

/* ---- by ASID, VMID, world ---- */

ENGINE_TEST(Inval, NhAsidLeavesGlobals)
{
  warm(rig, 2, (struct rig_stream){ 0 }, RIG_RW | RIG_GLOBAL);
  rig_cmds(rig, "TLBI_NH_ASID asid=7; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, NhAsidHitsItsAsidAlone)
{
  warm(rig, 2, (struct rig_stream){ .asid = 7 }, RIG_RW);
  warm(rig, 3, (struct rig_stream){ .asid = 8 }, RIG_RW);
  rig_cmds(rig, "TLBI_NH_ASID asid=7; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
}

ENGINE_TEST(Inval, NhAsidHitsItsVmidAlone)
{
  warm(rig, 2, (struct rig_stream){ .vmid = 5 }, RIG_RW);
  warm(rig, 3, (struct rig_stream){ .vmid = 6 }, RIG_RW);
  rig_cmds(rig, "TLBI_NH_ASID asid=7 vmid=5; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
}

ENGINE_TEST(Inval, NhAllHitsGlobals)
{
  warm(rig, 2, (struct rig_stream){ 0 }, RIG_RW | RIG_GLOBAL);
  rig_cmds(rig, "TLBI_NH_ALL; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, NhAllHitsItsVmidAlone)
{
  warm(rig, 2, (struct rig_stream){ .vmid = 5 }, RIG_RW);
  warm(rig, 3, (struct rig_stream){ .vmid = 6 }, RIG_RW);
  rig_cmds(rig, "TLBI_NH_ALL vmid=5; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
}

ENGINE_TEST(Inval, VmwWidensTheVmidMatch)
{
  warm(rig, 2, (struct rig_stream){ .vmid = 4 }, RIG_RW);
  warm(rig, 3, (struct rig_stream){ .vmid = 7 }, RIG_RW);
  warm(rig, 4, (struct rig_stream){ .vmid = 8 }, RIG_RW);
  rig_set_cr0(rig, 0xd | 2 << 6);
  rig_cmds(rig, "TLBI_NH_ALL vmid=5; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_FALSE(rig_is_cached(rig, 3, VA));
  EXPECT_TRUE(rig_is_cached(rig, 4, VA));
}

ENGINE_TEST(Inval, VmwWidensByAddressToo)
{
  warm(rig, 2, (struct rig_stream){ .vmid = 4 }, RIG_RW);
  warm(rig, 3, (struct rig_stream){ .vmid = 6 }, RIG_RW);
  rig_set_cr0(rig, 0xd | 1 << 6);
  rig_cmds(rig, "TLBI_NH_VA asid=7 vmid=5 va=0x1000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
}

ENGINE_TEST(Inval, NsnhAllHitsEveryVmidAndBothStages)
{
  warm(rig, 2, (struct rig_stream){ .vmid = 5 }, RIG_RW | RIG_GLOBAL);
  warm(rig, 3, (struct rig_stream){ .config = 6, .vmid = 6 }, RIG_RW);
  rig_cmds(rig, "TLBI_NSNH_ALL; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_FALSE(rig_is_cached(rig, 3, VA));
}

/* ---- ASET ---- */

ENGINE_TEST(Inval, AsetKeepsGlobalsApart)
{
  warm(rig, 2, (struct rig_stream){ .asid = 7 }, RIG_RW | RIG_GLOBAL);
  rig_stream(rig, 3, &(struct rig_stream){ .asid = 8 });
  CD_SET(rig, 3, 0, ASET, 1);
  rig_map(rig, 3, VA, 0x90000, RIG_RW | RIG_GLOBAL);
  EXPECT_PA(rig_read(rig, 3, VA), 0x90000);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
}

ENGINE_TEST(Inval, CommandsIgnoreAset)
{
  rig_stream(rig, 3, &(struct rig_stream){ .asid = 8 });
  CD_SET(rig, 3, 0, ASET, 1);
  rig_map(rig, 3, VA, PA, RIG_RW | RIG_GLOBAL);
  rig_map(rig, 3, 0x2000, PA, RIG_RW);
  rig_read(rig, 3, VA);
  rig_read(rig, 3, 0x2000);
  rig_cmds(rig, "TLBI_NH_VA asid=99 va=0x1000; TLBI_NH_ASID asid=8; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 3, VA));
  EXPECT_FALSE(rig_is_cached(rig, 3, 0x2000));
}

ENGINE_TEST(Inval, ReservedVmwActsAsZero)
{
  warm(rig, 2, (struct rig_stream){ .vmid = 4 }, RIG_RW);
  rig_set_cr0(rig, 0xd | 5 << 6);
  rig_cmds(rig, "TLBI_NH_ALL vmid=5; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, 2, VA));
}

/* ---- every cache ---- */

ENGINE_TEST(Inval, EveryMicroTlbIsSwept)
{
  struct smmu_config config = rig->config;

  config.tbus = 3;
  rig_restart(rig, &config);
  rig_map(rig, SID, VA, PA, RIG_RW);
  for (rig->tbu = 0; rig->tbu < 3; rig->tbu++)
    rig_read(rig, SID, VA);
  rig_unmap(rig, SID, VA);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000; SYNC");
  for (rig->tbu = 0; rig->tbu < 3; rig->tbu++)
    EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
  rig->tbu = 0;
}

ENGINE_TEST(Inval, TlbiLeavesTheConfigurationCache)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_read(rig, SID, VA);
  rig_cmds(rig, "TLBI_NSNH_ALL; SYNC");
  EXPECT_EQ(rig_reads(rig, SID, VA), 3u); /* three descriptors, neither STE nor CD */
}

ENGINE_TEST(Inval, DisablingTheSmmuLeavesTheCaches)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_read(rig, SID, VA);
  rig_set_cr0(rig, 0xc);
  rig_set_cr0(rig, 0xd);
  EXPECT_TRUE(rig_is_cached(rig, SID, VA));
}
