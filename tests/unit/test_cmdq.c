/* Command queue: order of effects, errors, wrap, contradictions. IHI 0070 3.5.1, 4.1, 7.1. */
#include "shim/rig.h"

enum { CERROR_ILL = 1, CERROR_ABT = 2 };

static unsigned cons_of(struct rig *rig)
{
  return (unsigned)GET(CMDQ_CONS, RD, rig_reg(rig, OFF_CMDQ_CONS));
}

static unsigned err_of(struct rig *rig)
{
  return (unsigned)GET(CMDQ_CONS, ERR, rig_reg(rig, OFF_CMDQ_CONS));
}

static bool cmdq_err(struct rig *rig)
{
  return (rig_reg(rig, OFF_GERROR) ^ rig_reg(rig, OFF_GERRORN)) & 1;
}

static void acknowledge(struct rig *rig)
{
  rig_set_reg(rig, OFF_GERRORN, rig_reg(rig, OFF_GERROR));
}

ENGINE_TEST(Cmdq, CommandsAreConsumedInOrder)
{
  rig_watch(rig);
  rig_cmds(rig, "TLBI_NH_ALL; CFGI_ALL; TLBI_NSNH_ALL; SYNC");
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_COMMAND), 4u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 0)->addr_out & 0xff, 0x10u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 1)->addr_out & 0xff, 0x04u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 2)->addr_out & 0xff, 0x30u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 3)->addr_out & 0xff, 0x46u);
}

ENGINE_TEST(Cmdq, ConsMovesOnlyAfterTheEffects)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor cmdq = smmu_actor_cmdq(rig->device, 0);

  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  rig_put_cmd(rig, 0, "TLBI_NSNH_ALL");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  while (cons_of(rig) == 0 && rig_step(&h, cmdq) != SMMU_ASK_NONE) {
    if (cons_of(rig) != 0)
      break;
  }
  EXPECT_EQ(cons_of(rig), 1u);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x1000));
}

ENGINE_TEST(Cmdq, ConsIsStillWhileSweepsAreLeft)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor cmdq = smmu_actor_cmdq(rig->device, 0);

  rig_put_cmd(rig, 0, "TLBI_NSNH_ALL");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  while (rig_reach(&h, cmdq, SMMU_STAGE_INVALIDATE))
    EXPECT_EQ(cons_of(rig), 0u);
  EXPECT_EQ(cons_of(rig), 1u);
}

ENGINE_TEST(Cmdq, PrefetchIsConsumed)
{
  rig_cmds(rig, "PREFETCH_CONFIG sid=1; PREFETCH_ADDR sid=1 addr=0x1000; SYNC");
  EXPECT_FALSE(cmdq_err(rig));
}

ENGINE_TEST(Cmdq, DisabledQueueFetchesNothing)
{
  rig_set_cr0(rig, 5);
  rig_push(rig, "SYNC");
  EXPECT_EQ(cons_of(rig), 0u);
}

ENGINE_TEST(Cmdq, WorksWhileTheSmmuIsDisabled)
{
  rig_set_cr0(rig, 0xc);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

/* ---- wrap ---- */

ENGINE_TEST(Cmdq, GoesOnBehindTheEndOfTheRing)
{
  rig_program(rig, 2, 6);
  for (unsigned i = 0; i < 5; i++)
    rig_cmds(rig, "TLBI_NH_ALL; CFGI_ALL; SYNC");
  EXPECT_EQ(cons_of(rig), 15u & 7u);
}

ENGINE_TEST(Cmdq, FullRingIsConsumedWhole)
{
  rig_program(rig, 2, 6);
  rig_cmds(rig, "TLBI_NH_ALL; CFGI_ALL; TLBI_NH_ALL; SYNC");
  EXPECT_EQ(cons_of(rig), 4u);
}

ENGINE_TEST(Cmdq, QueueOfOneEntryWorks)
{
  rig_program(rig, 0, 6);
  rig_cmds(rig, "TLBI_NH_ALL");
  EXPECT_EQ(cons_of(rig), 1u);
  rig_cmds(rig, "SYNC");
  EXPECT_EQ(cons_of(rig), 0u);
}

ENGINE_TEST(Cmdq, ContradictingIndicesStopTheQueue)
{
  rig_program(rig, 2, 6);
  rig_set_reg(rig, OFF_CMDQ_PROD, 6); /* six commands in a queue of four */
  EXPECT_EQ(cons_of(rig), 0u);
  EXPECT_FALSE(cmdq_err(rig));
}

ENGINE_TEST(Cmdq, BaseIsAlignedToTheSizeOfTheQueue)
{
  rig_set_cr0(rig, 5);
  rig_set_reg(rig, OFF_CMDQ_BASE, (RIG_CMDQ + 0x3e0) | 6);
  rig_set_cr0(rig, 0xd);
  rig_cmds(rig, "TLBI_NH_ALL; SYNC");
}

/* Four commands in a ring of four, on a device with or without SEV. */
static uint64_t events_of_a_full_ring(struct rig *rig, uint32_t sev)
{
  struct smmu_config config = rig->config;

  config.idr[0] = (config.idr[0] & ~(1u << 14)) | sev << 14;
  rig_restart(rig, &config);
  rig_program(rig, 2, 6);
  rig->signals[SMMU_SIGNAL_SEV] = 0;
  rig_cmds(rig, "TLBI_NH_ALL; TLBI_NH_ALL; TLBI_NH_ALL; SYNC");
  return rig->signals[SMMU_SIGNAL_SEV];
}

ENGINE_TEST(Cmdq, RingThatIsNoLongerFullSendsAnEvent)
{
  EXPECT_EQ(events_of_a_full_ring(rig, 0), 0u);
  EXPECT_EQ(events_of_a_full_ring(rig, 1), 1u);
}

/* ---- errors ---- */

ENGINE_TEST(Cmdq, IllegalCommandStopsTheQueueAtItself)
{
  rig_push(rig, "TLBI_NH_ALL; TLBI_NH_ALL; OP_0xff; TLBI_NH_ALL");
  EXPECT_EQ(cons_of(rig), 2u);
  EXPECT_EQ(err_of(rig), CERROR_ILL);
  EXPECT_TRUE(cmdq_err(rig));
}

ENGINE_TEST(Cmdq, SyncWithReservedSignalIsIllegal)
{
  rig_push(rig, "SYNC cs=3");
  EXPECT_EQ(err_of(rig), CERROR_ILL);
}

ENGINE_TEST(Cmdq, AbortedFetchStopsTheQueueAtItself)
{
  rig_put_cmd(rig, 0, "TLBI_NH_ALL");
  engine_memory_inject_abort(rig->memory, RIG_CMDQ + 16, 16, true);
  rig_set_reg(rig, OFF_CMDQ_PROD, 3);
  EXPECT_EQ(cons_of(rig), 1u);
  EXPECT_EQ(err_of(rig), CERROR_ABT);
  EXPECT_TRUE(cmdq_err(rig));
}

ENGINE_TEST(Cmdq, ErrIsVisibleBeforeGerror)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor cmdq = smmu_actor_cmdq(rig->device, 0);

  rig_put_cmd(rig, 0, "OP_0xff");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  while (err_of(rig) == 0)
    ASSERT_NE(rig_step(&h, cmdq), SMMU_ASK_NONE);
  EXPECT_FALSE(cmdq_err(rig));
  rig_settle(&h);
  EXPECT_TRUE(cmdq_err(rig));
}

ENGINE_TEST(Cmdq, StaysStoppedUntilAcknowledged)
{
  rig_push(rig, "OP_0xff");
  rig_put_cmd(rig, 0, "TLBI_NH_ALL");
  rig_set_reg(rig, OFF_CMDQ_PROD, 2);
  EXPECT_EQ(cons_of(rig), 0u);
}

ENGINE_TEST(Cmdq, DisablingDoesNotClearTheError)
{
  rig_push(rig, "OP_0xff");
  rig_set_cr0(rig, 5);
  rig_set_cr0(rig, 0xd);
  EXPECT_TRUE(cmdq_err(rig));
  EXPECT_EQ(cons_of(rig), 0u);
}

ENGINE_TEST(Cmdq, RewrittenSlotIsFetchedAgainAfterTheAcknowledgement)
{
  rig_push(rig, "TLBI_NH_ALL; OP_0xff; SYNC");
  rig_put_cmd(rig, 1, "SYNC");
  acknowledge(rig);
  EXPECT_EQ(cons_of(rig), 3u);
  EXPECT_EQ(err_of(rig), 0u);
  EXPECT_FALSE(cmdq_err(rig));
}

ENGINE_TEST(Cmdq, ProdMovedBackTakesTheRestAway)
{
  rig_push(rig, "OP_0xff; OP_0xff; OP_0xff");
  rig_set_reg(rig, OFF_CMDQ_PROD, 0);
  acknowledge(rig);
  EXPECT_EQ(cons_of(rig), 0u);
  EXPECT_FALSE(cmdq_err(rig));
  rig_cmds(rig, "SYNC");
}

ENGINE_TEST(Cmdq, AbortedFetchIsRetriedAfterTheAcknowledgement)
{
  rig_put_cmd(rig, 0, "SYNC");
  engine_memory_inject_abort(rig->memory, RIG_CMDQ, 16, true);
  rig_set_reg(rig, OFF_CMDQ_PROD, 1);
  engine_memory_inject_abort(rig->memory, RIG_CMDQ, 16, false);
  acknowledge(rig);
  EXPECT_EQ(cons_of(rig), 1u);
}

ENGINE_TEST(Cmdq, CommandsBeforeTheErrorHaveTheirEffect)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  rig_push(rig, "TLBI_NSNH_ALL; OP_0xff");
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x1000));
}

ENGINE_TEST(Cmdq, CommandsBehindTheErrorHaveNone)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  rig_push(rig, "OP_0xff; TLBI_NSNH_ALL");
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x1000));
}

ENGINE_TEST(Cmdq, ErrorLeavesARecordWithItsCode)
{
  rig_watch(rig);
  rig_push(rig, "OP_0xff");
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_CERROR), 1u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_CERROR, 0)->result, CERROR_ILL);
}
