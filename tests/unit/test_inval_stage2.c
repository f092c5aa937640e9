/* Invalidation of stage 2, of blocks that stage 2 broke into pages, and of EL2. IHI 0070 4.4.
 * That something stays is the model's pick (dropping more is legal). */
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

/* ---- stage 2 ---- */

ENGINE_TEST(Inval, StageOneCommandsLeaveStageTwoEntries)
{
  warm(rig, 2, (struct rig_stream){ .config = 6, .vmid = 5 }, RIG_RW);
  rig_cmds(rig, "TLBI_NH_ALL vmid=5; TLBI_NH_VAA vmid=5 va=0x1000; TLBI_NH_ASID vmid=5; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, S2IpaHitsItsIpaAlone)
{
  warm(rig, 2, (struct rig_stream){ .config = 6, .vmid = 5 }, RIG_RW);
  rig_map(rig, 2, 0x2000, 0x90000, RIG_RW);
  rig_read(rig, 2, 0x2000);
  rig_cmds(rig, "TLBI_S2_IPA vmid=5 ipa=0x1000; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, 2, 0x2000));
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, S2IpaHitsItsVmidAlone)
{
  warm(rig, 2, (struct rig_stream){ .config = 6, .vmid = 5 }, RIG_RW);
  warm(rig, 3, (struct rig_stream){ .config = 6, .vmid = 6 }, RIG_RW);
  rig_cmds(rig, "TLBI_S2_IPA vmid=5 ipa=0x1000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
}

static void warm_nested(struct rig *rig)
{
  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .vmid = 5 });
  rig_map(rig, 2, VA, 0x40000000, RIG_RW);
  rig_map(rig, 2, 0x2000, 0x40000000, RIG_RW);
  rig_map2(rig, 2, 0x40000000, PA, RIG_RW);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
}

ENGINE_TEST(Inval, S2IpaLeavesCombinedEntries)
{
  warm_nested(rig);
  rig_cmds(rig, "TLBI_S2_IPA vmid=5 ipa=0x40000000; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, S2IpaHitsTheIpaStepOfNestedWalks)
{
  warm_nested(rig);
  rig_map2(rig, 2, 0x40000000, 0x90000, RIG_RW);
  EXPECT_PA(rig_read(rig, 2, 0x2000), PA); /* from the cached IPA step */
  rig_cmds(rig, "TLBI_S2_IPA vmid=5 ipa=0x40000000; TLBI_NH_ALL vmid=5; SYNC");
  EXPECT_PA(rig_read(rig, 2, 0x2000), 0x90000);
}

ENGINE_TEST(Inval, NhAllHitsCombinedEntries)
{
  warm_nested(rig);
  rig_cmds(rig, "TLBI_NH_ALL vmid=5; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, S2IpaAndNhAllTakeAnIpaAway)
{
  warm_nested(rig);
  rig_unmap2(rig, 2, 0x40000000);
  rig_cmds(rig, "TLBI_S2_IPA vmid=5 ipa=0x40000000; TLBI_NH_ALL vmid=5; SYNC");
  EXPECT_FAULT(rig_read(rig, 2, VA), F_TRANSLATION);
}

ENGINE_TEST(Inval, S12VmallTakesBothStagesOfItsVmid)
{
  warm_nested(rig);
  rig_stream(rig, 3, &(struct rig_stream){ .config = 6, .vmid = 5 });
  STE_SET(rig, 3, S2TTB, rig_space(rig, 2)->s2.base >> 4); /* one VMID, one set of tables */
  EXPECT_PA(rig_read(rig, 3, 0x40000000), PA);
  EXPECT_TRUE(rig_is_cached(rig, 3, 0x40000000));
  warm(rig, 4, (struct rig_stream){ .config = 6, .vmid = 6 }, RIG_RW);
  rig_unmap2(rig, 2, 0x40000000);
  rig_cmds(rig, "TLBI_S12_VMALL vmid=5; SYNC");
  EXPECT_FAULT(rig_read(rig, 2, VA), F_TRANSLATION);
  EXPECT_FALSE(rig_is_cached(rig, 3, 0x40000000));
  EXPECT_TRUE(rig_is_cached(rig, 4, VA));
}

/* ---- stage 1 blocks that stage 2 breaks into pages ---- */

#define BLOCK 0x200000ULL

/* A 2 MB block of stage 1; three of its pages, each with a stage 2 page of its own, are cached. */
static void warm_broken_block(struct rig *rig)
{
  static const uint64_t parts[] = { 0x3000, 0x90000, 0x1ff000 };

  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .vmid = 5 });
  rig_map(rig, 2, BLOCK, 0x40000000, RIG_RW | RIG_L2);
  for (unsigned i = 0; i < 3; i++) {
    rig_map2(rig, 2, 0x40000000 + parts[i], RIG_DATA + parts[i], RIG_RW);
    EXPECT_PA(rig_read(rig, 2, BLOCK + parts[i]), RIG_DATA + parts[i]);
  }
}

static unsigned cached_parts(struct rig *rig)
{
  return rig_is_cached(rig, 2, BLOCK + 0x3000) + 2u * rig_is_cached(rig, 2, BLOCK + 0x90000) +
         4u * rig_is_cached(rig, 2, BLOCK + 0x1ff000);
}

static const char *const block_profiles[] = { "neutral", "tiny", "qemu" };

ENGINE_TEST(Inval, AnyAddressOfABrokenBlockHitsEveryPart)
{
  static const char *const texts[] = {
    "TLBI_NH_VA asid=7 vmid=5 va=0x2aa000 leaf=1; SYNC",
    "TLBI_NH_VAA vmid=5 va=0x3fe000 leaf=1; SYNC",
    "TLBI_NH_VA asid=7 vmid=5 va=0x1ff000 tg=1 num=1 leaf=1; SYNC",
    "TLBI_NH_VA asid=7 vmid=5 va=0x300000 tg=1 ttl=2 leaf=1; SYNC"
  };

  for (unsigned i = 0; i < 12; i++) {
    rig_restart_profile(rig, block_profiles[i / 4]);
    warm_broken_block(rig);
    rig_cmds(rig, texts[i % 4]);
    if (cached_parts(rig) != 0)
      ADD_TEST_FAILURE("profile %s: \"%s\" left a part", block_profiles[i / 4], texts[i % 4]);
  }
}

ENGINE_TEST(Inval, AddressBesideABrokenBlockLeavesItsParts)
{
  warm_broken_block(rig);
  rig_cmds(rig, "TLBI_NH_VA asid=7 vmid=5 va=0x1ff000; TLBI_NH_VA asid=7 vmid=5 va=0x400000; SYNC");
  EXPECT_EQ(cached_parts(rig), 7u);
}

ENGINE_TEST(Inval, BrokenBlocksDoNotWidenOtherEntries)
{
  warm_broken_block(rig);
  rig_map(rig, SID, 0x2aa000, PA, RIG_RW);
  rig_map(rig, SID, 0x2ab000, PA, RIG_RW);
  rig_read(rig, SID, 0x2aa000);
  rig_read(rig, SID, 0x2ab000);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x2aa000; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x2ab000));
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x2aa000));
}

/* ---- EL2 ---- */

static void set_e2h(struct rig *rig)
{
  rig_set_cr0(rig, 0xc);
  rig_set_reg(rig, OFF_CR2, 3);
  rig_set_cr0(rig, 0xd);
}

ENGINE_TEST(Inval, El1CommandsLeaveEl2)
{
  warm(rig, 2, (struct rig_stream){ .strw = 2 }, RIG_RW);
  rig_cmds(rig, "TLBI_NSNH_ALL; TLBI_NH_ALL; TLBI_NH_VAA va=0x1000; TLBI_NH_ASID asid=7; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, El2CommandsLeaveEl1)
{
  warm(rig, 2, (struct rig_stream){ 0 }, RIG_RW);
  rig_cmds(rig, "TLBI_EL2_ALL; TLBI_EL2_VA asid=7 va=0x1000; TLBI_EL2_VAA va=0x1000; "
                "TLBI_EL2_ASID asid=7; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, El2AllHitsEl2)
{
  warm(rig, 2, (struct rig_stream){ .strw = 2 }, RIG_RW);
  rig_cmds(rig, "TLBI_EL2_ALL; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, El2VaIgnoresTheAsidWithoutE2h)
{
  warm(rig, 2, (struct rig_stream){ .strw = 2 }, RIG_RW);
  rig_cmds(rig, "TLBI_EL2_VA asid=99 va=0x1000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, El2VaMatchesTheAsidWithE2h)
{
  set_e2h(rig);
  warm(rig, 2, (struct rig_stream){ .strw = 2, .asid = 7 }, RIG_RW);
  rig_cmds(rig, "TLBI_EL2_VA asid=99 va=0x1000; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, 2, VA));
  rig_cmds(rig, "TLBI_EL2_VA asid=7 va=0x1000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, El2VaaHitsEveryAsid)
{
  set_e2h(rig);
  warm(rig, 2, (struct rig_stream){ .strw = 2, .asid = 7 }, RIG_RW);
  rig_cmds(rig, "TLBI_EL2_VAA va=0x1000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(Inval, El2AsidHitsItsAsidAlone)
{
  set_e2h(rig);
  warm(rig, 2, (struct rig_stream){ .strw = 2, .asid = 7 }, RIG_RW);
  warm(rig, 3, (struct rig_stream){ .strw = 2, .asid = 8 }, RIG_RW);
  rig_cmds(rig, "TLBI_EL2_ASID asid=7; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
}
