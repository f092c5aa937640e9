/* Prefetch commands: what they fill, that they fail in silence, and that an invalidation counts for them
 * as for any walk. IHI 0070 4.2, 3.21. */
#include "shim/rig.h"

static void start(struct rig *rig, unsigned prefetch, unsigned txns)
{
  struct smmu_config config;

  smmu_config_neutral(&config);
  config.prefetch = (uint8_t)prefetch;
  config.txns = (uint16_t)txns;
  rig_restart(rig, &config);
  rig_stream(rig, SID, NULL);
  rig_map(rig, SID, 0x5000, RIG_DATA, RIG_RW);
}

ENGINE_TEST(Prefetch, AddressFillsConfigurationAndTlb)
{
  start(rig, 1, 4);
  rig_cmds(rig, "PREFETCH_ADDR sid=1 addr=0x5000");
  EXPECT_EQ(rig_reads(rig, SID, 0x5000), 0u);
  EXPECT_PA(rig_read(rig, SID, 0x5000), RIG_DATA);
}

ENGINE_TEST(Prefetch, ConfigurationAloneReadsNoTable)
{
  uint64_t cold, warm;

  start(rig, 1, 4);
  cold = rig_reads(rig, SID, 0x5000);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC; PREFETCH_CONFIG sid=1");
  warm = rig_reads(rig, SID, 0x5000);
  EXPECT_EQ(cold - warm, 2u); /* STE and CD */
}

ENGINE_TEST(Prefetch, WithoutTheOptionNothingIsRead)
{
  uint64_t before;

  start(rig, 0, 4);
  before = rig_read_count(rig);
  rig_cmds(rig, "PREFETCH_ADDR sid=1 addr=0x5000; PREFETCH_CONFIG sid=1");
  EXPECT_EQ(rig_read_count(rig) - before, 2u); /* the commands */
}

ENGINE_TEST(Prefetch, WhatFaultsIsSilent)
{
  start(rig, 1, 4);
  STE_SET(rig, 2, V, 0);
  rig_cmds(rig, "PREFETCH_ADDR sid=1 addr=0x9000; PREFETCH_CONFIG sid=2; PREFETCH_ADDR sid=2; "
                "PREFETCH_CONFIG sid=0xffffff; PREFETCH_ADDR sid=1 addr=0xffff000000000000; SYNC");
  EXPECT_EQ(rig_events(rig, NULL, 0), 0u);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 0u);
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 0u);
  EXPECT_FAULT(rig_read(rig, SID, 0x9000), F_TRANSLATION);
}

ENGINE_TEST(Prefetch, DisabledSmmuConsumesThem)
{
  uint64_t before;

  start(rig, 1, 4);
  rig_set_cr0(rig, 0xc);
  before = rig_read_count(rig);
  rig_cmds(rig, "PREFETCH_ADDR sid=1 addr=0x5000; PREFETCH_CONFIG sid=1");
  EXPECT_EQ(rig_read_count(rig) - before, 2u);
}

/* The last free slot belongs to software's devices. */
ENGINE_TEST(Prefetch, LeavesOneSlotFree)
{
  uint64_t before;

  start(rig, 1, 1);
  before = rig_read_count(rig);
  rig_cmds(rig, "PREFETCH_ADDR sid=1 addr=0x5000");
  EXPECT_EQ(rig_read_count(rig) - before, 1u);
  EXPECT_PA(rig_read(rig, SID, 0x5000), RIG_DATA);
}

/* A prefetch whose walk has read the old descriptor fills nothing after the TLBI, and SYNC waits. */
ENGINE_TEST(Prefetch, MarkedOneFillsNothingAndSyncWaitsForIt)
{
  struct rig_hand h;
  smmu_actor queue, txn = 0;

  start(rig, 1, 2);
  rig_put_cmd(rig, 0, "PREFETCH_ADDR sid=1 addr=0x5000");
  rig_put_cmd(rig, 1, "TLBI_NH_VA asid=7 va=0x5000");
  rig_put_cmd(rig, 2, "SYNC");
  h = rig_hand(rig);
  queue = smmu_actor_cmdq(rig->device, 0);
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  rig_finish(&h, queue);
  while (!smmu_is_runnable(rig->device, txn) && txn < 2)
    txn++;
  ASSERT_LT(txn, 2u);
  ASSERT_TRUE(rig_reach(&h, txn, SMMU_STAGE_WALK));
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 3, 4, NULL);
  while (smmu_is_runnable(rig->device, queue))
    rig_finish(&h, queue);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 2u);
  rig_finish(&h, txn);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 3u);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

ENGINE_TEST(Prefetch, OptionTwoLeavesTheChoiceToTheEngine)
{
  struct rig_hand h;
  smmu_actor queue;

  start(rig, 2, 4);
  rig_put_cmd(rig, 0, "PREFETCH_ADDR sid=1 addr=0x5000");
  h = rig_hand(rig);
  queue = smmu_actor_cmdq(rig->device, 0);
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  while (rig_step(&h, queue) != SMMU_ASK_PICK)
    ASSERT_NE(h.ask[queue].kind, SMMU_ASK_END);
  EXPECT_EQ(h.ask[queue].key, SMMU_PICK_PREFETCH);
  EXPECT_EQ(h.ask[queue].choices, 2u);
  rig_settle(&h); /* picks 0: nothing */
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

/* It names a VMID where a prefetch names a stream, and fetches nothing. */
ENGINE_TEST(Prefetch, InvalidationOfAPartidMapIsNone)
{
  struct smmu_config config;
  uint64_t before;

  start(rig, 1, 4);
  config = rig->config;
  config.idr[3] |= 1u << 7;
  config.mpamidr = 0x000300ff;
  rig_restart(rig, &config);
  before = rig_read_count(rig);
  rig_cmds(rig, "CFGI_VMS_PIDM vmid=1");
  EXPECT_EQ(rig_read_count(rig) - before, 1u); /* the command */
}
