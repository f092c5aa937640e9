/* CMDQV register file: apertures, widths, guards, allocation, what derived registers show. */
#include "shim/rig_cmdqv.h"

static uint32_t after_write(struct rig *rig, uint64_t offset, uint32_t value)
{
  rig_set_creg(rig, offset, value);
  return rig_creg(rig, offset);
}

static uint64_t alloc_map(unsigned vcmdq)
{
  return OFF_CMDQV_CMDQ_ALLOC_MAP + 4ULL * vcmdq;
}

/* ---- the block ---- */

ENGINE_TEST(CmdqvMmio, WithoutCmdqvNothingAnswers)
{
  rig_watch(rig);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_PARAM), 0u);
  rig_set_creg(rig, OFF_CMDQV_CONFIG, 1);
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_REG_BAD), 2u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_REG_BAD, 0)->unit, 1);
  EXPECT_EQ(smmu_actor_count(rig->device), rig->config.txns + 3u);
}

ENGINE_TEST(CmdqvMmio, ParamShowsTheConfiguration)
{
  rig_cmdqv(rig, 1, 2);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_PARAM), 0x4011u);
  rig_cmdqv(rig, 4, 16);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_PARAM), 0x4241u);
}

ENGINE_TEST(CmdqvMmio, ConfigKeepsWhatIsOpaque)
{
  rig_cmdqv(rig, 1, 2);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_CONFIG), 0x20083u);
  EXPECT_EQ(after_write(rig, OFF_CMDQV_CONFIG, 0xffffffff), 0x1fffffu);
  EXPECT_EQ(after_write(rig, OFF_CMDQV_CONFIG, 0x20082), 0x20082u);
}

ENGINE_TEST(CmdqvMmio, DerivedRegistersIgnoreWrites)
{
  static const uint64_t offsets[] = { 0x4,    0x14,   0x18,   0x24,   0x30,    0x1004, 0x100c,
                                      0x1010, 0x1020, 0x10c0, 0x10cc, 0x1000c, 0x10010 };

  rig_cmdqv(rig, 1, 2);
  for (unsigned i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
    uint32_t before = rig_creg(rig, offsets[i]);

    EXPECT_EQ(after_write(rig, offsets[i], 0xffffffff), before);
  }
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_STATUS), 1u);
}

ENGINE_TEST(CmdqvMmio, RecordsCarryUnitOneAndTheOffset)
{
  rig_cmdqv(rig, 1, 2);
  rig_watch(rig);
  rig_set_creg(rig, OFF_CMDQV_VI_INT_MASK, 1);
  rig_creg(rig, OFF_CMDQV_PARAM);
  rig_creg(rig, 0xc);
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_REG_WRITE), 1u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_REG_WRITE, 0)->unit, 1);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_REG_WRITE, 0)->addr_in, 0x1cu);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_REG_READ, 0)->word, 0x4011u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_REG_BAD, 0)->addr_in, 0xcu);
}

/* ---- widths ---- */

ENGINE_TEST(CmdqvMmio, BaseTakesHalvesAndWholes)
{
  rig_cmdqv(rig, 1, 2);
  rig_cmdqv_write(rig, 0x20080, 0xffffffffffffffff, 8);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x20080, 8), 0x0000ffffffffffffu);
  rig_cmdqv_write(rig, 0x20080, 0x89abcde4, 4);
  rig_cmdqv_write(rig, 0x20084, 0x7777f123, 4);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x20080, 8), 0x0000f12389abcde4u);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x20084, 4), 0xf123u);
  rig_cmdqv_write(rig, 0x20088, 0x123456789abc, 8);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x2008c, 4), 0x1234u);
}

ENGINE_TEST(CmdqvMmio, WideAccessesElsewhereAreIgnored)
{
  static const uint64_t offsets[] = { 0x0, 0x28, 0x200, 0x1040, 0x10c0, 0x10000, 0x10008, 0x10010 };

  rig_cmdqv(rig, 1, 2);
  rig_watch(rig);
  for (unsigned i = 0; i < 8; i++)
    rig_cmdqv_write(rig, offsets[i], 0xffffffffffffffff, 8);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_REG_BAD), 8u);
  EXPECT_EQ(rig_creg(rig, 0), 0x20083u);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x200, 8), 0u);
  EXPECT_EQ(rig_creg(rig, 0x200), 0u);
}

ENGINE_TEST(CmdqvMmio, OddWidthsAndMisalignedAccessesAreIgnored)
{
  rig_cmdqv(rig, 1, 2);
  rig_cmdqv_write(rig, 0x20084, 0x55, 8);
  smmu_cmdqv_write(rig->device, 0x10005, 0xff, 4, NULL);
  smmu_cmdqv_write(rig->device, 0x10004, 0xff, 2, NULL);
  EXPECT_EQ(smmu_cmdqv_read(rig->device, 0x4, 1, NULL), 0u);
  EXPECT_EQ(smmu_cmdqv_read(rig->device, 0x4, 0, NULL), 0u);
  EXPECT_EQ(rig_creg(rig, 0x10004), 0u);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x20080, 8), 0u);
}

ENGINE_TEST(CmdqvMmio, WhatIsNotThereReadsAsZeroAndIgnoresWrites)
{
  /* Queue 2, VINTF 1 and what lies behind the last page; a register behind the last SID entry. */
  static const uint64_t offsets[] = { 0x10100, 0x20100, 0x208,      0x1100, 0x50000,
                                      0x50008, 0x70000, 0xfffffff0, 0x10018 };

  rig_cmdqv(rig, 1, 2);
  rig_watch(rig);
  for (unsigned i = 0; i < 9; i++)
    EXPECT_EQ(after_write(rig, offsets[i], 0xffffffff), 0u);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_REG_BAD), 18u);
}

/* ---- apertures ---- */

ENGINE_TEST(CmdqvMmio, BothAperturesShowTheSameRegisters)
{
  rig_cmdqv(rig, 2, 4);
  rig_allocate(rig, 3, 1, 1); /* VCMDQ 3 is LVCMDQ 1 of VINTF 1 */
  rig_set_creg(rig, 0x50084, 0x11);
  EXPECT_EQ(rig_creg(rig, 0x10184), 0x11u);
  rig_set_creg(rig, 0x10180, 0x22);
  rig_cmdqv_write(rig, 0x20180, 0x300004, 8);
  EXPECT_EQ(rig_creg(rig, 0x50080) & 0x1f, 0x2u);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x60080, 8), 0x300004u);
  rig_set_creg(rig, 0x50094, 7);
  EXPECT_EQ(rig_creg(rig, 0x10194), 7u);
  EXPECT_EQ(rig_creg(rig, 0x30084), 0u); /* not of VINTF 0 */
}

ENGINE_TEST(CmdqvMmio, SlotWithoutAQueueDropsWritesAndReadsAsZero)
{
  rig_cmdqv(rig, 2, 4);
  rig_watch(rig);
  EXPECT_EQ(after_write(rig, 0x30004, 9), 0u);
  EXPECT_EQ(after_write(rig, 0x40000, 0x300004), 0u);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_REG_BAD), 4u);
  rig_set_creg(rig, alloc_map(0), rig_alloc_map(0, 0) & ~1u); /* indices without ALLOC */
  EXPECT_EQ(after_write(rig, 0x30004, 9), 0u);
  rig_allocate(rig, 0, 0, 0);
  EXPECT_EQ(after_write(rig, 0x30004, 9), 9u);
}

ENGINE_TEST(CmdqvMmio, SlotsBehindTheLastNumberAreEmpty)
{
  rig_cmdqv(rig, 1, 2);
  rig_allocate(rig, 0, 0, 0);
  EXPECT_EQ(after_write(rig, 0x30000 + 128 * 0x80 + 4, 9), 0u);
  EXPECT_EQ(rig_creg(rig, 0x30004), 0u);
  rig_allocate(rig, 1, 0, 127);
  EXPECT_EQ(after_write(rig, 0x30000 + 127 * 0x80 + 4, 9), 9u);
}

ENGINE_TEST(CmdqvMmio, OfTwoQueuesInASlotTheLowestIsSeen)
{
  rig_cmdqv(rig, 1, 2);
  rig_allocate(rig, 1, 0, 0);
  rig_set_creg(rig, 0x30004, 0x10);
  rig_allocate(rig, 0, 0, 0);
  rig_set_creg(rig, 0x30004, 0x20);
  EXPECT_EQ(rig_creg(rig, 0x10004), 0x20u);
  EXPECT_EQ(rig_creg(rig, 0x10084), 0x10u);
}

/* ---- allocation ---- */

ENGINE_TEST(CmdqvMmio, AllocMapKeepsItsFieldsAlone)
{
  rig_cmdqv(rig, 1, 2);
  EXPECT_EQ(after_write(rig, alloc_map(1), 0xffffffff), 0x1f80ffu);
  EXPECT_EQ(after_write(rig, alloc_map(1), 0), 0u);
}

ENGINE_TEST(CmdqvMmio, EnabledQueueKeepsItsPlace)
{
  rig_cmdqv(rig, 2, 4);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vintf(rig, 1, 0, RIG_HYP_OWN);
  rig_vcmdq(rig, 0, 0, 0);
  EXPECT_EQ(after_write(rig, alloc_map(0), rig_alloc_map(1, 1)), rig_alloc_map(0, 0));
  rig_vcmds(rig, 0, "SYNC");
}

ENGINE_TEST(CmdqvMmio, QueueThatLosesItsAllocationIsOff)
{
  rig_cmdqv(rig, 2, 4);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vintf(rig, 1, 0, RIG_HYP_OWN);
  rig_vcmdq(rig, 0, 0, 0);
  rig_set_creg(rig, alloc_map(0), 0);
  EXPECT_EQ(rig_creg(rig, alloc_map(0)), 0u);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_CONFIG), 0u);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_STATUS), 0u);
  rig_allocate(rig, 0, 1, 0);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_STATUS), 0u); /* its next owner has to enable it */
}

ENGINE_TEST(CmdqvMmio, QueueThatChangesHandsWhileItsVintfIsOffIsOff)
{
  rig_cmdqv(rig, 2, 4);
  rig_vintf(rig, 1, 0, RIG_HYP_OWN);
  rig_allocate(rig, 0, 0, 0);
  rig_set_vreg(rig, 0, OFF_VCMDQ_CONFIG, 1); /* waits for VINTF 0 */
  rig_allocate(rig, 0, 1, 0);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_CONFIG), 0u);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_STATUS), 0u);
}

ENGINE_TEST(CmdqvMmio, StatusCountsTheQueuesOfAVintf)
{
  rig_cmdqv(rig, 2, 4);
  rig_allocate(rig, 0, 0, 0);
  rig_allocate(rig, 1, 1, 0);
  rig_allocate(rig, 2, 1, 1);
  rig_allocate(rig, 3, 1, 1); /* the same slot */
  EXPECT_EQ(rig_vintf_reg(rig, 0, OFF_VINTF_STATUS), 0x10000u);
  EXPECT_EQ(rig_vintf_reg(rig, 1, OFF_VINTF_STATUS), 0x20000u);
}

/* ---- guards and masks ---- */

/* Changes nothing while the queue is enabled, takes the value once it is not. */
static void expect_guarded(struct rig *rig, uint64_t offset, uint32_t value)
{
  uint32_t before;

  rig_set_vreg(rig, 0, OFF_VCMDQ_CONFIG, 1);
  before = rig_creg(rig, offset);
  if (after_write(rig, offset, value) != before)
    ADD_TEST_FAILURE("0x%llx changed while enabled", (unsigned long long)offset);
  rig_set_vreg(rig, 0, OFF_VCMDQ_CONFIG, 0);
  EXPECT_EQ(after_write(rig, offset, value), value);
}

ENGINE_TEST(CmdqvMmio, BaseAndConsNeedTheQueueOff)
{
  rig_cmdqv(rig, 1, 2);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vcmdq(rig, 0, 0, 0);
  expect_guarded(rig, 0x10000, 0);
  expect_guarded(rig, 0x20004, 0x12);
  expect_guarded(rig, 0x20000, 0x310004);
  expect_guarded(rig, 0x20008, 0x1000);
  expect_guarded(rig, 0x30000, 0);
  expect_guarded(rig, 0x40008, 0x2000);
}

ENGINE_TEST(CmdqvMmio, GuardHoldsUntilTheAcknowledgementAndLeavesARecord)
{
  rig_cmdqv(rig, 1, 2);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vcmdq(rig, 0, 0, 0);
  rig_poke_cmdqv(rig, 0x10008, 0); /* CMDQ_EN = 0, not yet acknowledged */
  rig_watch(rig);
  smmu_cmdqv_write(rig->device, 0x20000, 0x320004, 8, &rig->hooks);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_REG_BAD), 1u);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x20000, 8), 0x300004u);
  rig_rest(rig);
  rig_cmdqv_write(rig, 0x20000, 0x320004, 8);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x20000, 8), 0x320004u);
}

ENGINE_TEST(CmdqvMmio, EnablingAloneClosesTheGuard)
{
  rig_cmdqv(rig, 1, 2);
  rig_set_vreg(rig, 0, OFF_VCMDQ_CONFIG, 1); /* never acknowledged: not allocated */
  rig_cmdqv_write(rig, 0x20000, 0x320004, 8);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x20000, 8), 0u);
}

ENGINE_TEST(CmdqvMmio, RegistersOfAQueueTakeTheirFieldsAlone)
{
  rig_cmdqv(rig, 1, 2);
  EXPECT_EQ(after_write(rig, 0x10084, 0xffffffff), 0xfffffu);
  EXPECT_EQ(after_write(rig, 0x10094, 0xffffffff), 7u);
  EXPECT_EQ(after_write(rig, 0x10088, 0xfffffffe), 0u);
}

ENGINE_TEST(CmdqvMmio, ConsBitsAboveTheWrapBitReadAsZero)
{
  rig_cmdqv(rig, 1, 2);
  rig_cmdqv_write(rig, 0x20000, 0x300003, 8);
  EXPECT_EQ(after_write(rig, 0x10000, 0xffffffff), 0x7f00000fu);
}

ENGINE_TEST(CmdqvMmio, InterruptMaskHasABitForEachVintf)
{
  rig_cmdqv(rig, 2, 4);
  EXPECT_EQ(after_write(rig, 0x1c, 0xffffffff), 3u);
  EXPECT_EQ(after_write(rig, 0x20, 0xffffffff), 0u);
}

ENGINE_TEST(CmdqvMmio, SidTableKeepsItsFields)
{
  rig_cmdqv(rig, 2, 4);
  EXPECT_EQ(after_write(rig, 0x1140, 0xffffffff), 0x1fffffu);
  EXPECT_EQ(after_write(rig, 0x11bc, 0xffffffff), 0xfffffu);
  EXPECT_EQ(rig_creg(rig, 0x1040), 0u);
  EXPECT_EQ(rig_creg(rig, 0x1144), 0u);
}

ENGINE_TEST(CmdqvMmio, SidTableEndsAtItsSize)
{
  struct smmu_config config = rig->config;

  smmu_config_set_cmdqv(&config, 1, 2);
  config.cmdqv.sids_log2 = 1;
  rig_restart(rig, &config);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_PARAM), 0x1011u);
  EXPECT_EQ(after_write(rig, 0x1044, 3), 3u);
  EXPECT_EQ(after_write(rig, 0x1048, 3), 0u);
  EXPECT_EQ(after_write(rig, 0x1088, 3), 0u);
}
