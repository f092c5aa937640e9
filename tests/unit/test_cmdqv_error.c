/* Errors of VCMDQs: what is visible when, who is told, how a queue goes on, and that nobody else is
 * touched. IHI 0070 4.1, 7.1 for what VCMDQs share with the SMMU's own queue. */
#include "shim/rig_cmdqv.h"

/* VINTF 0 owns its commands and has queues 0 and 2; VINTF 1 is a guest's and has queue 1. */
static void start(struct rig *rig)
{
  rig_cmdqv(rig, 2, 4);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vintf(rig, 1, 5, RIG_GUEST);
  rig_vcmdq(rig, 0, 0, 0);
  rig_vcmdq(rig, 1, 1, 0);
  rig_vcmdq(rig, 2, 0, 33);
  rig->signals[SMMU_SIGNAL_CMDQV] = 0;
}

static uint32_t cons_of(struct rig *rig, unsigned vcmdq)
{
  return rig_vreg(rig, vcmdq, OFF_VCMDQ_CONS_INDX);
}

static uint32_t active(struct rig *rig, unsigned vcmdq)
{
  return rig_vreg(rig, vcmdq, OFF_VCMDQ_GERROR) ^ rig_vreg(rig, vcmdq, OFF_VCMDQ_GERRORN);
}

/* ---- stopping ---- */

ENGINE_TEST(CmdqvError, IllegalCommandStopsTheQueueAtItself)
{
  start(rig);
  rig_watch(rig);
  rig_vpush(rig, 0, "TLBI_NH_ALL; TLBI_NH_ALL; OP_0xff; TLBI_NH_ALL");
  EXPECT_EQ(cons_of(rig, 0), 0x01000002u);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_GERROR), 1u);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_GERRORN), 0u);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_STATUS), 1u); /* stopped, still enabled */
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_CERROR), 1u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_CERROR, 0)->unit, 1);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_CERROR, 0)->result, CERROR_ILL);
}

ENGINE_TEST(CmdqvError, AbortedFetchStopsTheQueueAtItself)
{
  start(rig);
  engine_memory_inject_abort(rig->memory, RIG_VCMDQ(2) + 16, 16, true);
  rig_vpush(rig, 2, "TLBI_NH_ALL");
  rig_set_vreg(rig, 2, OFF_VCMDQ_PROD_INDX, 3);
  EXPECT_EQ(cons_of(rig, 2), 0x02000001u);
  EXPECT_EQ(active(rig, 2), 1u);
}

ENGINE_TEST(CmdqvError, ErrIsVisibleBeforeGerrorAndGerrorBeforeTheSignal)
{
  struct rig_hand h;
  smmu_actor queue;
  unsigned kind;

  start(rig);
  rig_put_vcmd(rig, 0, 0, "OP_0xff");
  h = rig_hand(rig);
  queue = smmu_actor_cmdq(rig->device, 1);
  rig_poke_cmdqv(rig, 0x10004, 1);
  while (cons_of(rig, 0) == 0)
    ASSERT_NE(rig_step(&h, queue), SMMU_ASK_NONE);
  EXPECT_EQ(cons_of(rig, 0), 0x01000000u);
  EXPECT_EQ(active(rig, 0), 0u);
  do
    kind = rig_step(&h, queue);
  while (active(rig, 0) == 0 && kind != SMMU_ASK_NONE && kind != SMMU_ASK_SIGNAL);
  EXPECT_EQ(active(rig, 0), 1u);
  EXPECT_EQ(kind, SMMU_ASK_SIGNAL); /* the ask that came with the toggle */
  EXPECT_EQ(h.ask[queue].key, SMMU_SIGNAL_CMDQV);
  rig_settle(&h);
}

ENGINE_TEST(CmdqvError, StaysStoppedUntilAcknowledged)
{
  start(rig);
  rig_vpush(rig, 0, "OP_0xff");
  rig_put_vcmd(rig, 0, 0, "TLBI_NH_ALL");
  rig_set_vreg(rig, 0, OFF_VCMDQ_PROD_INDX, 2);
  EXPECT_EQ(cons_of(rig, 0), 0x01000000u);
}

ENGINE_TEST(CmdqvError, AcknowledgedQueueGoesOnAtCons)
{
  start(rig);
  rig_vpush(rig, 1, "TLBI_NH_ASID asid=7; TLBI_NH_ALL; SYNC");
  EXPECT_EQ(cons_of(rig, 1), 0x01000001u);
  rig_put_vcmd(rig, 1, 1, "SYNC");
  rig_vack(rig, 1);
  EXPECT_EQ(cons_of(rig, 1), 3u);
  EXPECT_EQ(active(rig, 1), 0u);
  EXPECT_EQ(rig_vreg(rig, 1, OFF_VCMDQ_GERROR), 1u);
  rig_vpush(rig, 1, "TLBI_NH_ALL"); /* the second error toggles back */
  EXPECT_EQ(rig_vreg(rig, 1, OFF_VCMDQ_GERROR), 0u);
  EXPECT_EQ(active(rig, 1), 1u);
}

ENGINE_TEST(CmdqvError, AcknowledgementThroughTheVintfPageCounts)
{
  start(rig);
  rig_vpush(rig, 1, "OP_0xff");
  rig_put_vcmd(rig, 1, 0, "SYNC");
  rig_set_creg(rig, cmdqv_lvcmdq_page0(1, 0) + OFF_VCMDQ_GERRORN, 1);
  EXPECT_EQ(cons_of(rig, 1), 1u);
}

ENGINE_TEST(CmdqvError, DisablingDoesNotClearTheError)
{
  start(rig);
  rig_vpush(rig, 0, "OP_0xff");
  rig_set_vreg(rig, 0, OFF_VCMDQ_CONFIG, 0);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_STATUS), 0u);
  rig_set_vreg(rig, 0, OFF_VCMDQ_CONFIG, 1);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_STATUS), 1u);
  EXPECT_EQ(active(rig, 0), 1u);
  EXPECT_EQ(cons_of(rig, 0), 0x01000000u);
}

ENGINE_TEST(CmdqvError, MirrorAbortBitStopsNothing)
{
  start(rig);
  rig_set_vreg(rig, 0, OFF_VCMDQ_GERRORN, 2); /* makes CONS_DRAM_WR_ABT_ERR active */
  rig_vcmds(rig, 0, "SYNC");
  rig_set_vreg(rig, 0, OFF_VCMDQ_GERRORN, 4); /* CMDQ_INIT_ERR */
  rig_vpush(rig, 0, "SYNC");
  EXPECT_EQ(cons_of(rig, 0), 1u);
}

/* ---- isolation ---- */

ENGINE_TEST(CmdqvError, OtherQueuesGoOn)
{
  start(rig);
  rig_vpush(rig, 1, "OP_0xff");
  rig_vcmds(rig, 0, "TLBI_NH_ALL; SYNC");
  rig_vcmds(rig, 2, "SYNC");
  rig_cmds(rig, "CFGI_ALL; SYNC");
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 0u);
  EXPECT_EQ(active(rig, 0) | active(rig, 2), 0u);
}

ENGINE_TEST(CmdqvError, ErrorOfTheOwnQueueStopsNoVcmdq)
{
  start(rig);
  rig_push(rig, "OP_0xff");
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 1u);
  rig_vcmds(rig, 0, "TLBI_NH_ALL; SYNC");
  rig_vcmds(rig, 1, "SYNC");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMDQV], 0u);
}

/* ---- maps ---- */

ENGINE_TEST(CmdqvError, MapsNameTheQueueAndItsVintf)
{
  start(rig);
  rig_vpush(rig, 2, "OP_0xff"); /* LVCMDQ 33 of VINTF 0 */
  EXPECT_EQ(rig_creg(rig, 0x14), 1u);
  EXPECT_EQ(rig_creg(rig, 0x24), 4u);
  EXPECT_EQ(rig_creg(rig, 0x10c0), 0u);
  EXPECT_EQ(rig_creg(rig, 0x10c4), 2u);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x10c0, 8), 0x200000000u);
  EXPECT_EQ(rig_cmdqv_read(rig, 0x10c8, 8), 0u);
  EXPECT_EQ(rig_vintf_reg(rig, 0, OFF_VINTF_STATUS) & 0xf, 3u);
  EXPECT_EQ(rig_vintf_reg(rig, 1, OFF_VINTF_STATUS) & 0xf, 1u);
  rig_vpush(rig, 1, "OP_0xff");
  EXPECT_EQ(rig_creg(rig, 0x14), 3u);
  EXPECT_EQ(rig_creg(rig, 0x24), 6u);
  EXPECT_EQ(rig_creg(rig, 0x11c0), 1u);
}

ENGINE_TEST(CmdqvError, MapsClearWithTheAcknowledgement)
{
  start(rig);
  rig_vpush(rig, 2, "OP_0xff");
  rig_set_vreg(rig, 2, OFF_VCMDQ_PROD_INDX, 0);
  rig_vack(rig, 2);
  EXPECT_EQ(rig_creg(rig, 0x14) | rig_creg(rig, 0x24) | rig_creg(rig, 0x10c4), 0u);
  EXPECT_EQ(rig_vintf_reg(rig, 0, OFF_VINTF_STATUS) & 0xf, 1u);
}

ENGINE_TEST(CmdqvError, MapsReachTheLastQueueAndVintf)
{
  struct smmu_config config = rig->config;

  smmu_config_set_cmdqv(&config, 64, 128);
  rig_restart(rig, &config);
  rig_vintf(rig, 63, 1, RIG_HYP_OWN);
  rig_vcmdq(rig, 127, 63, 127);
  rig_vpush(rig, 127, "OP_0xff");
  EXPECT_EQ(rig_creg(rig, 0x14), 0u);
  EXPECT_EQ(rig_creg(rig, 0x18), 0x80000000u);
  EXPECT_EQ(rig_creg(rig, 0x30), 0x80000000u);
  EXPECT_EQ(rig_cmdqv_read(rig, cmdqv_vintf(63) + 0xc8, 8), 0x8000000000000000u);
}

/* ---- the interrupt ---- */

ENGINE_TEST(CmdqvError, EachErrorThatBecomesActiveSignals)
{
  start(rig);
  rig_vpush(rig, 0, "OP_0xff");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMDQV], 1u);
  rig_vpush(rig, 1, "OP_0xff");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMDQV], 2u);
  rig_vack(rig, 0); /* the same command again */
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMDQV], 3u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_GERROR], 0u);
}

ENGINE_TEST(CmdqvError, MaskOfAVintfHoldsItsSignalsAlone)
{
  start(rig);
  rig_set_creg(rig, OFF_CMDQV_VI_INT_MASK, 2);
  rig_vpush(rig, 1, "OP_0xff");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMDQV], 0u);
  EXPECT_EQ(rig_creg(rig, 0x14), 2u); /* visible all the same */
  rig_vpush(rig, 0, "OP_0xff");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMDQV], 1u);
  rig_set_creg(rig, OFF_CMDQV_VI_INT_MASK, 0); /* what was held is not made up for */
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMDQV], 1u);
}
