/* A stage 1 block that smaller stage 2 pages break into many TLB entries: one TLBI by any address of
 * the block takes all of them. IHI 0070 4.4.2. */
#include "shim/rig.h"

enum { VMID = 3, BLOCK_VA = 0x200000, PAGES = 8 };

#define BLOCK_IPA 0x40000000ULL
#define PAGE_PA   0x80000000ULL

static uint64_t page_pa(unsigned i)
{
  return PAGE_PA + 0x10000 * (uint64_t)i;
}

/* A 2 MB stage 1 block over 4 KB stage 2 pages that lie apart; all of them used once. */
static void build(struct rig *rig)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .vmid = VMID });
  rig_map(rig, SID, BLOCK_VA, BLOCK_IPA, RIG_RW | RIG_L2);
  for (unsigned i = 0; i < PAGES; i++)
    rig_map2(rig, SID, BLOCK_IPA + 0x1000 * (uint64_t)i, page_pa(i), RIG_RW);
  for (unsigned i = 0; i < PAGES; i++)
    EXPECT_EQ(rig_read(rig, SID, BLOCK_VA + 0x1000 * (uint64_t)i).pa, page_pa(i));
}

static void expect_all_gone(struct rig *rig)
{
  for (unsigned i = 0; i < PAGES; i++)
    EXPECT_EQ(rig_read(rig, SID, BLOCK_VA + 0x1000 * (uint64_t)i).event, EVENT_F_TRANSLATION);
}

ENGINE_TEST(Fracture, InvalidationByTheBlocksFirstAddressTakesEveryPart)
{
  build(rig);
  rig_unmap(rig, SID, BLOCK_VA);
  rig_cmds(rig, "TLBI_NH_VA vmid=3 asid=7 va=0x200000 leaf=1; SYNC");
  expect_all_gone(rig);
}

ENGINE_TEST(Fracture, InvalidationByAnyAddressOfTheBlockTakesEveryPart)
{
  build(rig);
  rig_unmap(rig, SID, BLOCK_VA);
  rig_cmds(rig, "TLBI_NH_VA vmid=3 asid=7 va=0x3ff000 leaf=1; SYNC");
  expect_all_gone(rig);
}

ENGINE_TEST(Fracture, InvalidationForAllAsidsTakesEveryPart)
{
  build(rig);
  rig_unmap(rig, SID, BLOCK_VA);
  rig_cmds(rig, "TLBI_NH_VAA vmid=3 va=0x201000 leaf=1; SYNC");
  expect_all_gone(rig);
}

ENGINE_TEST(Fracture, RangeThatTouchesTheBlockTakesEveryPart)
{
  build(rig);
  rig_unmap(rig, SID, BLOCK_VA);
  rig_cmds(rig, "TLBI_NH_VA vmid=3 asid=7 va=0x3fe000 tg=1 num=1 ttl=2 leaf=1; SYNC");
  expect_all_gone(rig);
}

ENGINE_TEST(Fracture, SingleSetCachesTakeEveryPartToo)
{
  rig_restart_profile(rig, "qemu");
  build(rig);
  rig_unmap(rig, SID, BLOCK_VA);
  rig_cmds(rig, "TLBI_NH_VA vmid=3 asid=7 va=0x200000 leaf=1; SYNC");
  expect_all_gone(rig);
}

ENGINE_TEST(Fracture, AnotherBlockIsLeftAlone)
{
  build(rig);
  rig_cmds(rig, "TLBI_NH_VA vmid=3 asid=7 va=0x400000 leaf=1; SYNC");
  EXPECT_EQ(rig_reads(rig, SID, BLOCK_VA), 0);
  smmu_invariant(rig->device);
}
