/* Errors of enhanced command queues: what is visible when, who is told, how a queue goes on, and that
 * nobody else is touched. IHI 0070 3.5.6.3, 6.3.19, 7.1, 7.5. */
#include "shim/rig_ecmdq.h"

#define EN        0x80000000u
#define ERR       0x800000u
#define CMDQP_ERR 0x200u

static uint32_t cons_of(struct rig *rig, unsigned e)
{
  return (uint32_t)rig_ereg(rig, e, 12);
}

static uint64_t active(struct rig *rig)
{
  return rig_reg(rig, OFF_GERROR) ^ rig_reg(rig, OFF_GERRORN);
}

static void start(struct rig *rig)
{
  rig_ecmdqs(rig, 2, 2);
  for (unsigned e = 0; e < 3; e++)
    rig_ecmdq_on(rig, e);
  rig->signals[SMMU_SIGNAL_GERROR] = 0;
}

ENGINE_TEST(EcmdqError, IllegalCommandStopsTheQueueAtItself)
{
  start(rig);
  rig_epush(rig, 2, "TLBI_NH_ALL; TLBI_NH_ALL; OP_0xff; TLBI_NH_ALL");
  EXPECT_EQ(cons_of(rig, 2), EN | 1u << 24 | ERR | 2);
  EXPECT_EQ(active(rig), CMDQP_ERR);
}

ENGINE_TEST(EcmdqError, AbortedFetchStopsTheQueueAtItself)
{
  start(rig);
  engine_memory_inject_abort(rig->memory, RIG_ECMDQ(1) + 16, 16, true);
  rig_epush(rig, 1, "TLBI_NH_ALL");
  rig_set_ereg(rig, 1, 8, EN | 3);
  EXPECT_EQ(cons_of(rig, 1), EN | 2u << 24 | ERR | 1);
  EXPECT_EQ(active(rig), CMDQP_ERR);
}

ENGINE_TEST(EcmdqError, ErrIsVisibleBeforeGerror)
{
  struct rig_hand h;
  smmu_actor queue;

  start(rig);
  rig_put_ecmd(rig, 0, 0, "OP_0xff");
  h = rig_hand(rig);
  queue = smmu_actor_cmdq(rig->device, 1);
  rig_poke_ereg(rig, 0, 8, EN | 1);
  while (cons_of(rig, 0) == EN)
    ASSERT_NE(rig_step(&h, queue), SMMU_ASK_NONE);
  EXPECT_EQ(cons_of(rig, 0), EN | 1u << 24 | ERR); /* reason and toggle at once */
  EXPECT_EQ(active(rig), 0u);
  rig_settle(&h);
  EXPECT_EQ(active(rig), CMDQP_ERR);
}

ENGINE_TEST(EcmdqError, InterruptComesOnceWhileTheBitIsActive)
{
  start(rig);
  rig_set_reg(rig, OFF_IRQ_CTRL, 1);
  rig_epush(rig, 0, "OP_0xff");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_GERROR], 1u);
  rig_epush(rig, 1, "OP_0xff");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_GERROR], 1u);
  EXPECT_EQ(cons_of(rig, 1), EN | 1u << 24 | ERR);
  rig_set_reg(rig, OFF_GERRORN, rig_reg(rig, OFF_GERROR));
  EXPECT_EQ(active(rig), 0u);
  rig_epush(rig, 2, "OP_0xff");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_GERROR], 2u);
}

ENGINE_TEST(EcmdqError, OtherQueuesGoOn)
{
  start(rig);
  rig_epush(rig, 0, "OP_0xff");
  rig_ecmds(rig, 1, "TLBI_NH_ALL; SYNC");
  rig_cmds(rig, "TLBI_NH_ALL; SYNC");
  rig_push(rig, "OP_0xff"); /* an error of the SMMU's own queue does not stop them either */
  rig_ecmds(rig, 1, "TLBI_NH_ALL; SYNC");
}

/* GERROR only tells; the queue goes by its own ERR and ERRACK. */
ENGINE_TEST(EcmdqError, GoesOnWhenErrackAgreesWhateverGerrornSays)
{
  start(rig);
  rig_epush(rig, 0, "TLBI_NH_ALL; OP_0xff; SYNC");
  rig_set_reg(rig, OFF_GERRORN, rig_reg(rig, OFF_GERROR));
  rig_set_ereg(rig, 0, 8, rig_ereg(rig, 0, 8));
  EXPECT_EQ(cons_of(rig, 0) & 0xfffff, 1u);
  rig_put_ecmd(rig, 0, 1, "TLBI_NH_ALL");
  rig_eack(rig, 0);
  EXPECT_EQ(cons_of(rig, 0), EN | ERR | 3);
  rig_epush(rig, 0, "OP_0xff"); /* the second error toggles back */
  EXPECT_EQ(cons_of(rig, 0), EN | 1u << 24 | 3);
  rig_put_ecmd(rig, 0, 3, "SYNC");
  rig_eack(rig, 0);
  EXPECT_EQ(active(rig), CMDQP_ERR);
  EXPECT_EQ(cons_of(rig, 0), EN | 4);
}

ENGINE_TEST(EcmdqError, DisablingIsAcknowledgedAndTheErrorStays)
{
  start(rig);
  rig_epush(rig, 0, "OP_0xff");
  rig_set_ereg(rig, 0, 8, 1);
  EXPECT_EQ(cons_of(rig, 0), 1u << 24 | ERR);
  rig_put_ecmd(rig, 0, 0, "SYNC");
  rig_set_ereg(rig, 0, 8, EN | 1);
  EXPECT_EQ(cons_of(rig, 0), EN | 1u << 24 | ERR);
}

ENGINE_TEST(EcmdqError, DisablingEqualisingEnablingRestores)
{
  start(rig);
  rig_epush(rig, 0, "OP_0xff");
  rig_set_ereg(rig, 0, 8, 1);
  rig_set_ereg(rig, 0, 8, 0);
  rig_set_ereg(rig, 0, 12, 0);
  rig_set_ereg(rig, 0, 8, EN);
  rig_ecmds(rig, 0, "TLBI_NH_ALL; SYNC");
  EXPECT_EQ(cons_of(rig, 0), EN | 2);
}

ENGINE_TEST(EcmdqError, MismatchMadeBySoftwareStopsTheQueue)
{
  start(rig);
  rig_put_ecmd(rig, 1, 0, "SYNC");
  rig_set_ereg(rig, 1, 8, EN | ERR | 1);
  EXPECT_EQ(cons_of(rig, 1), EN);
  rig_set_ereg(rig, 1, 8, EN | 1);
  EXPECT_EQ(cons_of(rig, 1), EN | 1);
}

ENGINE_TEST(EcmdqError, WithoutTheFeatureTheBitCannotBeAcknowledged)
{
  rig_set_reg(rig, OFF_GERRORN, CMDQP_ERR);
  EXPECT_EQ(rig_reg(rig, OFF_GERRORN), 0u);
}
