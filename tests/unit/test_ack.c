/* Handshakes: CR0/CR0ACK, IRQ_CTRL/IRQ_CTRLACK, GBPA.Update, GERROR/GERRORN, and the bypass that
 * SMMUEN = 0 means. IHI 0070 6.3.9, 6.3.14, 6.3.15, 6.3.18, 6.3.19, 3.11. */
#include "shim/rig.h"

enum { SMMUEN = 1, EVENTQEN = 4, CMDQEN = 8, ON = 0xd, UPDATE_ABORT = 1 << 20 };

#define UPDATE (1ULL << 31)

/* Register write without letting the device move. */
static void poke(struct rig *rig, uint64_t offset, uint64_t value)
{
  smmu_mmio_write(rig->device, offset, value, 4, NULL);
}

ENGINE_TEST(Ack, Cr0IsReadableAtOnceAndAcknowledgedLater)
{
  poke(rig, OFF_CR0, 0);
  EXPECT_EQ(rig_reg(rig, OFF_CR0), 0u);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), ON);
  rig_rest(rig);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), 0u);
}

ENGINE_TEST(Ack, EachCr0FieldIsAcknowledged)
{
  static const uint32_t values[] = { SMMUEN, EVENTQEN, CMDQEN, 1 << 6, 2 << 6, 4 << 6, ON, 0 };

  for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
    rig_set_cr0(rig, values[i]);
    EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), values[i]);
  }
}

ENGINE_TEST(Ack, FieldsAreAcknowledgedOneByOne)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor ack = smmu_actor_ack(rig->device);

  poke(rig, OFF_CR0, 0);
  rig_finish(&h, ack);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), EVENTQEN | CMDQEN);
  rig_finish(&h, ack);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), CMDQEN);
}

ENGINE_TEST(Ack, FieldsOfAbsentFeaturesStayZero)
{
  struct smmu_config config = rig->config;

  config.idr[0] &= ~(1u << 17); /* VMW */
  rig_restart(rig, &config);
  rig_set_cr0(rig, 0xffffffff);
  EXPECT_EQ(rig_reg(rig, OFF_CR0), ON);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), ON);
}

ENGINE_TEST(Ack, FieldInTransitionTakesNoThirdValue)
{
  poke(rig, OFF_CR0, ON | 3 << 6);
  poke(rig, OFF_CR0, ON | 4 << 6);
  EXPECT_EQ(GET(CR0, VMW, rig_reg(rig, OFF_CR0)), 3u);
  rig_rest(rig);
  EXPECT_EQ(GET(CR0ACK, VMW, rig_reg(rig, OFF_CR0ACK)), 3u);
}

ENGINE_TEST(Ack, SmmuenOffWaitsForTransactionsInFlight)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn;

  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  ASSERT_EQ(smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &txn, NULL),
            SMMU_OK);
  rig_reach(&h, txn, SMMU_STAGE_WALK);
  poke(rig, OFF_CR0, EVENTQEN | CMDQEN);
  rig_finish(&h, smmu_actor_ack(rig->device));
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), ON);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), EVENTQEN | CMDQEN);
}

/* Two commands in the ring, the first one at this stage when CMDQEN is cleared; CONS at rest. */
static uint64_t cons_after_disabling_at(struct rig *rig, unsigned stage)
{
  struct rig_hand h = rig_hand(rig);

  rig_put_cmd(rig, 0, "TLBI_NSNH_ALL");
  rig_put_cmd(rig, 1, "TLBI_NSNH_ALL");
  poke(rig, OFF_CMDQ_PROD, 2);
  EXPECT_TRUE(rig_reach(&h, smmu_actor_cmdq(rig->device, 0), stage));
  poke(rig, OFF_CR0, SMMUEN | EVENTQEN);
  rig_finish(&h, smmu_actor_ack(rig->device));
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), ON);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), SMMUEN | EVENTQEN);
  return rig_reg(rig, OFF_CMDQ_CONS);
}

ENGINE_TEST(Ack, CmdqenOffWaitsForTheCommandBeingProcessed)
{
  EXPECT_EQ(cons_after_disabling_at(rig, SMMU_STAGE_INVALIDATE), 1u);
}

ENGINE_TEST(Ack, CmdqenOffDropsTheCommandBeingFetched)
{
  EXPECT_EQ(cons_after_disabling_at(rig, SMMU_STAGE_CMD_FETCH), 0u);
}

ENGINE_TEST(Ack, SmmuenOffDoesNotWaitForTransactionsThatBypass)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn;

  poke(rig, OFF_CR0, EVENTQEN | CMDQEN);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x5000, .sid = SID }, &txn, NULL);
  rig_reach(&h, txn, SMMU_STAGE_RESPOND);
  rig_finish(&h, smmu_actor_ack(rig->device));
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), EVENTQEN | CMDQEN);
  rig_settle(&h);
}

ENGINE_TEST(Ack, EventqenOffWaitsForTheRecordBeingWritten)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn, evtq = smmu_actor_eventq(rig->device);

  ASSERT_EQ(smmu_submit(rig->device, &(struct smmu_txn){ .sid = SID }, &txn, NULL), SMMU_OK);
  rig_finish(&h, txn);
  ASSERT_TRUE(rig_reach(&h, evtq, SMMU_STAGE_EVENT_WRITE));
  poke(rig, OFF_CR0, SMMUEN | CMDQEN);
  rig_finish(&h, smmu_actor_ack(rig->device));
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), ON);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), SMMUEN | CMDQEN);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 1u);
}

ENGINE_TEST(Ack, CommandsWaitForTheAcknowledgementOfCmdqen)
{
  rig_set_cr0(rig, SMMUEN | EVENTQEN);
  rig_push(rig, "TLBI_NSNH_ALL");
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 0u);
  poke(rig, OFF_CR0, ON);
  EXPECT_FALSE(smmu_is_runnable(rig->device, smmu_actor_cmdq(rig->device, 0)));
  rig_rest(rig);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 1u);
}

/* ---- IRQ_CTRL ---- */

ENGINE_TEST(Ack, IrqCtrlIsAcknowledged)
{
  poke(rig, OFF_IRQ_CTRL, 5);
  EXPECT_EQ(rig_reg(rig, OFF_IRQ_CTRLACK), 0u);
  rig_rest(rig);
  EXPECT_EQ(rig_reg(rig, OFF_IRQ_CTRLACK), 5u);
}

ENGINE_TEST(Ack, PriqIrqenStaysZeroWithoutPri)
{
  rig_set_reg(rig, OFF_IRQ_CTRL, 7);
  EXPECT_EQ(rig_reg(rig, OFF_IRQ_CTRL), 5u);
}

/* ---- GBPA and bypass ---- */

ENGINE_TEST(Ack, GbpaTakesAWriteWithUpdateAndClearsIt)
{
  poke(rig, OFF_GBPA, UPDATE | UPDATE_ABORT);
  EXPECT_EQ(rig_reg(rig, OFF_GBPA), UPDATE | UPDATE_ABORT);
  rig_rest(rig);
  EXPECT_EQ(rig_reg(rig, OFF_GBPA), UPDATE_ABORT);
}

ENGINE_TEST(Ack, GbpaIgnoresAWriteWithoutUpdate)
{
  uint64_t before = rig_reg(rig, OFF_GBPA);

  rig_set_reg(rig, OFF_GBPA, UPDATE_ABORT);
  EXPECT_EQ(rig_reg(rig, OFF_GBPA), before);
}

ENGINE_TEST(Ack, GbpaIgnoresAWriteDuringAnUpdate)
{
  poke(rig, OFF_GBPA, UPDATE | 0x1000);
  poke(rig, OFF_GBPA, UPDATE | UPDATE_ABORT);
  rig_rest(rig);
  EXPECT_EQ(rig_reg(rig, OFF_GBPA), 0x1000u);
}

ENGINE_TEST(Ack, GbpaStartsWithTheConfiguredValueWithoutUpdate)
{
  struct smmu_config config = rig->config;

  config.gbpa_reset = (uint32_t)(UPDATE | 0x2000);
  rig_restart(rig, &config);
  EXPECT_EQ(rig_reg(rig, OFF_GBPA), 0x2000u);
}

ENGINE_TEST(Ack, DisabledSmmuBypasses)
{
  struct smmu_result r;

  rig_set_cr0(rig, EVENTQEN | CMDQEN);
  r = rig_write(rig, 12345, 0xabcdef123);
  EXPECT_PA(r, 0xabcdef123);
  EXPECT_EQ(r.bypassed, 1u);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(Ack, DisabledSmmuReadsNoTables)
{
  rig_set_cr0(rig, EVENTQEN | CMDQEN);
  EXPECT_EQ(rig_reads(rig, SID, 0x1000), 0u);
}

ENGINE_TEST(Ack, DisabledSmmuBypassesSubstreamsToo)
{
  rig_set_cr0(rig, EVENTQEN | CMDQEN);
  EXPECT_PA(rig_read_ssid(rig, SID, 3, 0x1000), 0x1000);
}

/* GBPA takes these bits; memory type << 8 | shareability of a bypassed transaction. */
static unsigned bypass_attributes(struct rig *rig, uint64_t gbpa)
{
  struct smmu_result r;

  rig_set_reg(rig, OFF_GBPA, UPDATE | gbpa);
  r = rig_read(rig, SID, 0x1000);
  return (unsigned)r.memattr << 8 | r.shareability;
}

ENGINE_TEST(Ack, GbpaDecidesTheAttributesOfABypass)
{
  rig_set_cr0(rig, EVENTQEN | CMDQEN);
  EXPECT_EQ(bypass_attributes(rig, 0 << 12), 0xff00u);
  EXPECT_EQ(bypass_attributes(rig, 1 << 12), 0xff00u);
  EXPECT_EQ(bypass_attributes(rig, 2 << 12), 0xff02u);
  EXPECT_EQ(bypass_attributes(rig, 3 << 12), 0xff03u);
  EXPECT_EQ(bypass_attributes(rig, 3 << 12 | 1 << 4 | 0), 0x0002u); /* Device is OSH */
  EXPECT_EQ(bypass_attributes(rig, 3 << 12 | 1 << 4 | 15), 0xff03u);
}

ENGINE_TEST(Ack, GbpaAttributesNeedTheirFeature)
{
  struct smmu_config config = rig->config;

  config.idr[1] &= ~(1u << 27); /* ATTR_TYPES_OVR */
  rig_restart(rig, &config);
  rig_set_cr0(rig, EVENTQEN | CMDQEN);
  EXPECT_EQ(bypass_attributes(rig, 3 << 12 | 1 << 4), 0xff00u);
}

ENGINE_TEST(Ack, GbpaAbortTerminatesSilently)
{
  rig_set_cr0(rig, EVENTQEN | CMDQEN);
  rig_set_reg(rig, OFF_GBPA, UPDATE | UPDATE_ABORT);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_ABORT);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(Ack, BypassAboveTheOutputSizeTerminatesSilently)
{
  rig_set_cr0(rig, EVENTQEN | CMDQEN);
  EXPECT_PA(rig_read(rig, SID, 0xffffffffffff), 0xffffffffffff);
  EXPECT_EQ(rig_read(rig, SID, 0x1000000000000).status, SMMU_STATUS_ABORT);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(Ack, TransactionsUseTheStreamTableOnlyOnceSmmuenIsAcknowledged)
{
  struct rig_hand h = rig_hand(rig);
  struct smmu_result r;
  smmu_actor txn;

  rig_set_cr0(rig, EVENTQEN | CMDQEN);
  poke(rig, OFF_CR0, ON);
  ASSERT_EQ(smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x5000, .sid = SID }, &txn, NULL),
            SMMU_OK);
  rig_finish(&h, txn);
  smmu_get_result(rig->device, txn, &r);
  EXPECT_PA(r, 0x5000);
  rig_rest(rig);
  EXPECT_FAULT(rig_read(rig, SID, 0x5000), F_TRANSLATION);
}

/* ---- GERROR ---- */

/* Make the command queue stop. */
static void break_cmdq(struct rig *rig)
{
  rig_push(rig, "OP_0xff");
}

ENGINE_TEST(Gerror, ErrorTogglesItsBitOnce)
{
  break_cmdq(rig);
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 1u);
  EXPECT_EQ(rig_reg(rig, OFF_GERRORN), 0u);
}

ENGINE_TEST(Gerror, SecondErrorAfterTheAcknowledgementTogglesBack)
{
  break_cmdq(rig);
  rig_put_cmd(rig, 0, "OP_0xfe");
  rig_set_reg(rig, OFF_GERRORN, 1); /* the queue goes on, and stops at the same slot */
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 0u);
  EXPECT_EQ(rig_reg(rig, OFF_GERRORN), 1u);
}

ENGINE_TEST(Gerror, RepeatedErrorWhileActiveIsLost)
{
  engine_memory_inject_abort(rig->memory, 0x3000000, 4, true);
  rig_cmds(rig, "SYNC cs=1 msiaddress=0x3000000; SYNC cs=1 msiaddress=0x3000000");
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 1u << 4);
}

ENGINE_TEST(Gerror, ActivationRaisesTheInterruptOnce)
{
  rig_set_reg(rig, OFF_IRQ_CTRL, 1);
  break_cmdq(rig);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_GERROR], 1u);
}

ENGINE_TEST(Gerror, InterruptNeedsItsEnable)
{
  rig_set_reg(rig, OFF_IRQ_CTRL, 4);
  break_cmdq(rig);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_GERROR], 0u);
}

ENGINE_TEST(Gerror, EnablingLaterRaisesNothingForThePast)
{
  break_cmdq(rig);
  rig_set_reg(rig, OFF_IRQ_CTRL, 1);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_GERROR], 0u);
}

ENGINE_TEST(Gerror, MsiComesBesideTheWire)
{
  rig_set_reg(rig, OFF_GERROR_IRQ_CFG0, RIG_MSI);
  rig_set_reg(rig, OFF_GERROR_IRQ_CFG1, 0xcafe);
  rig_set_reg(rig, OFF_IRQ_CTRL, 1);
  break_cmdq(rig);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0xcafeu);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_GERROR], 1u);
}

ENGINE_TEST(Gerror, AbortedMsiIsItselfAnErrorWithoutInterrupt)
{
  rig_set_reg(rig, OFF_GERROR_IRQ_CFG0, RIG_MSI);
  rig_set_reg(rig, OFF_IRQ_CTRL, 1);
  engine_memory_inject_abort(rig->memory, RIG_MSI, 4, true);
  break_cmdq(rig);
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 1u | 1u << 7);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_GERROR], 1u); /* for CMDQ_ERR */
}

ENGINE_TEST(Gerror, WithoutMsiSupportTheAddressIsIgnored)
{
  struct smmu_config config = rig->config;

  config.idr[0] &= ~(1u << 13);
  rig_restart(rig, &config);
  rig_set_reg(rig, OFF_GERROR_IRQ_CFG0, RIG_MSI);
  rig_set_reg(rig, OFF_IRQ_CTRL, 1);
  break_cmdq(rig);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_GERROR], 1u);
}
