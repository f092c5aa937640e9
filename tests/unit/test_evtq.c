/* Event queue: when a record becomes visible, when it is lost, and who is told. IHI 0070 3.5.2 to
 * 3.5.4, 3.18, 7.2. */
#include "shim/rig.h"

#define OVFLG (1ULL << 31)

/* n transactions that fault. */
static void fault(struct rig *rig, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    EXPECT_FAULT(rig_read(rig, SID, 0x1000 + 0x1000ULL * i), F_TRANSLATION);
}

static uint64_t prod_of(struct rig *rig)
{
  return rig_reg(rig, OFF_EVENTQ_PROD);
}

static bool abort_error(struct rig *rig)
{
  return ((rig_reg(rig, OFF_GERROR) ^ rig_reg(rig, OFF_GERRORN)) >> 2) & 1;
}

ENGINE_TEST(Evtq, RecordsComeInOrder)
{
  uint64_t words[4][4];

  fault(rig, 3);
  ASSERT_EQ(rig_events(rig, words, 4), 3u);
  for (unsigned i = 0; i < 3; i++)
    EXPECT_EQ(words[i][2], 0x1000 + 0x1000ULL * i);
}

ENGINE_TEST(Evtq, ProdMovesOnlyAfterTheRecordIsWritten)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn, evtq = smmu_actor_eventq(rig->device);

  ASSERT_EQ(smmu_submit(rig->device, &(struct smmu_txn){ .sid = SID }, &txn, NULL), SMMU_OK);
  rig_finish(&h, txn);
  ASSERT_TRUE(rig_reach(&h, evtq, SMMU_STAGE_EVENT_WRITE));
  EXPECT_EQ(prod_of(rig), 0u);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_EVENTQ), 0u);
  rig_step(&h, evtq); /* the write is done, the index has not moved */
  EXPECT_EQ(prod_of(rig), 0u);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_EVENTQ) & 0xff, 0x10u);
  rig_settle(&h);
  EXPECT_EQ(prod_of(rig), 1u);
}

ENGINE_TEST(Evtq, RingGoesOnBehindItsEnd)
{
  uint64_t words[4][4];

  rig_program(rig, 6, 1);
  for (unsigned i = 0; i < 5; i++) {
    fault(rig, 2);
    EXPECT_EQ(rig_events(rig, words, 4), 2u);
    EXPECT_EQ(words[1][2], 0x2000u);
  }
  EXPECT_EQ(prod_of(rig), 10u & 3u);
}

ENGINE_TEST(Evtq, EqualFaultsMakeARecordEach)
{
  uint64_t words[4][4];

  rig_read(rig, SID, 0x1000);
  rig_read(rig, SID, 0x1000);
  EXPECT_EQ(rig_events(rig, words, 4), 2u);
}

ENGINE_TEST(Evtq, BaseIsAlignedToTheSizeOfTheQueue)
{
  rig_set_cr0(rig, 9);
  rig_set_reg(rig, OFF_EVENTQ_BASE, (RIG_EVENTQ + 0x7e0) | 6);
  rig_set_cr0(rig, 0xd);
  fault(rig, 1);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_EVENTQ) & 0xff, 0x10u);
}

/* ---- full ---- */

ENGINE_TEST(Evtq, FullQueueLosesRecordsAndTogglesTheOverflowFlagOnce)
{
  rig_program(rig, 6, 1);
  fault(rig, 2);
  EXPECT_EQ(prod_of(rig), 2u);
  fault(rig, 1);
  EXPECT_EQ(prod_of(rig), OVFLG | 2u);
  fault(rig, 3);
  EXPECT_EQ(prod_of(rig), OVFLG | 2u);
}

ENGINE_TEST(Evtq, OverflowAfterTheAcknowledgementTogglesBack)
{
  uint64_t words[2][4];

  rig_program(rig, 6, 1);
  fault(rig, 3);
  rig_events(rig, words, 2); /* acknowledges */
  fault(rig, 3);
  EXPECT_EQ(prod_of(rig) & OVFLG, 0u);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_CONS) & OVFLG, OVFLG);
}

ENGINE_TEST(Evtq, DeliveryGoesOnAfterAnOverflowWithoutAcknowledgement)
{
  rig_program(rig, 6, 1);
  fault(rig, 3);
  rig_set_reg(rig, OFF_EVENTQ_CONS, 1); /* room for one; OVACKFLG as before */
  fault(rig, 1);
  EXPECT_EQ(prod_of(rig), OVFLG | 3u);
}

/* ---- not writable ---- */

ENGINE_TEST(Evtq, DisabledQueueLosesRecordsSilently)
{
  rig_set_cr0(rig, 9);
  fault(rig, 3);
  EXPECT_EQ(prod_of(rig), 0u);
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 0u);
}

ENGINE_TEST(Evtq, RecordsOfTheDisabledTimeDoNotComeLater)
{
  rig_set_cr0(rig, 9);
  fault(rig, 2);
  rig_set_cr0(rig, 0xd);
  EXPECT_EQ(prod_of(rig), 0u);
}

ENGINE_TEST(Evtq, RecordsThatWaitWhenItIsSwitchedOffDoNotComeLater)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn, ack = smmu_actor_ack(rig->device);

  for (unsigned i = 0; i < 2; i++) {
    smmu_submit(rig->device, &(struct smmu_txn){ .sid = SID }, &txn, NULL);
    rig_finish(&h, txn);
  }
  smmu_mmio_write(rig->device, OFF_CR0, 9, 4, NULL);
  rig_finish(&h, ack);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), 9u);
  smmu_mmio_write(rig->device, OFF_CR0, 0xd, 4, NULL);
  rig_finish(&h, ack);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), 0xdu);
  rig_settle(&h);
  EXPECT_EQ(prod_of(rig), 0u);
}

ENGINE_TEST(Evtq, AbortedWriteIsAGlobalError)
{
  engine_memory_inject_abort(rig->memory, RIG_EVENTQ, 32, true);
  fault(rig, 1);
  EXPECT_TRUE(abort_error(rig));
  EXPECT_EQ(prod_of(rig), 0u);
}

ENGINE_TEST(Evtq, AfterAnAbortRecordsAreLostUntilItIsAcknowledged)
{
  engine_memory_inject_abort(rig->memory, RIG_EVENTQ, 32, true);
  fault(rig, 1);
  engine_memory_inject_abort(rig->memory, RIG_EVENTQ, 32, false);
  fault(rig, 2);
  EXPECT_EQ(prod_of(rig), 0u);
  rig_set_reg(rig, OFF_GERRORN, 4);
  fault(rig, 1);
  EXPECT_EQ(prod_of(rig), 1u);
}

/* ---- telling ---- */

ENGINE_TEST(Evtq, FirstRecordOfAnEmptyQueueInterrupts)
{
  uint64_t words[4][4];

  rig_set_reg(rig, OFF_IRQ_CTRL, 4);
  fault(rig, 3);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_EVENTQ], 1u);
  rig_events(rig, words, 4);
  fault(rig, 1);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_EVENTQ], 2u);
}

ENGINE_TEST(Evtq, InterruptNeedsItsEnable)
{
  rig_set_reg(rig, OFF_IRQ_CTRL, 1);
  fault(rig, 1);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_EVENTQ], 0u);
}

ENGINE_TEST(Evtq, MsiComesBesideTheWire)
{
  rig_set_reg(rig, OFF_EVENTQ_IRQ_CFG0, RIG_MSI);
  rig_set_reg(rig, OFF_EVENTQ_IRQ_CFG1, 0x77);
  rig_set_reg(rig, OFF_IRQ_CTRL, 4);
  fault(rig, 1);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0x77u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_EVENTQ], 1u);
}

ENGINE_TEST(Evtq, AbortedMsiIsAGlobalError)
{
  rig_set_reg(rig, OFF_EVENTQ_IRQ_CFG0, RIG_MSI);
  rig_set_reg(rig, OFF_IRQ_CTRL, 4);
  engine_memory_inject_abort(rig->memory, RIG_MSI, 4, true);
  fault(rig, 1);
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 1u << 5);
  EXPECT_EQ(prod_of(rig), 1u);
}

ENGINE_TEST(Evtq, IrqCtrlWrittenInTheMiddleOfARecordIsAcknowledgedAfterIt)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn, evtq = smmu_actor_eventq(rig->device);

  smmu_submit(rig->device, &(struct smmu_txn){ .sid = SID }, &txn, NULL);
  rig_finish(&h, txn);
  EXPECT_TRUE(rig_reach(&h, evtq, SMMU_STAGE_EVENT_WRITE));
  smmu_mmio_write(rig->device, OFF_IRQ_CTRL, 5, 4, NULL);
  rig_finish(&h, smmu_actor_ack(rig->device));
  EXPECT_EQ(rig_reg(rig, OFF_IRQ_CTRLACK), 0u);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_IRQ_CTRLACK), 5u);
}

/* IRQ_CTRL and EVENTQEN take their turn between two records. */
ENGINE_TEST(Evtq, NoRecordIsTakenBeforeTheAcknowledgementThatWaitsForRest)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn, evtq = smmu_actor_eventq(rig->device);

  for (unsigned i = 0; i < 2; i++) {
    smmu_submit(rig->device, &(struct smmu_txn){ .sid = SID }, &txn, NULL);
    rig_finish(&h, txn);
  }
  EXPECT_TRUE(rig_reach(&h, evtq, SMMU_STAGE_EVENT_WRITE));
  smmu_mmio_write(rig->device, OFF_IRQ_CTRL, 5, 4, NULL);
  rig_finish(&h, evtq);
  EXPECT_FALSE(smmu_is_runnable(rig->device, evtq));
  rig_finish(&h, smmu_actor_ack(rig->device));
  EXPECT_EQ(rig_reg(rig, OFF_IRQ_CTRLACK), 5u);
  EXPECT_TRUE(smmu_is_runnable(rig->device, evtq));
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 2u);
}

/* ---- the buffer in front ---- */

ENGINE_TEST(Evtq, FaultWaitsForRoomInTheBuffer)
{
  struct smmu_config config = rig->config;
  struct rig_hand h;
  smmu_actor first, second;

  config.events = 1;
  rig_restart(rig, &config);
  h = rig_hand(rig);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &first, NULL);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x2000, .sid = SID }, &second, NULL);
  EXPECT_EQ(rig_finish(&h, first), SMMU_ASK_END);
  EXPECT_EQ(rig_finish(&h, second), SMMU_ASK_WAIT);
  EXPECT_FALSE(smmu_is_runnable(rig->device, second));
  rig_finish(&h, smmu_actor_eventq(rig->device));
  EXPECT_TRUE(smmu_is_runnable(rig->device, second));
  EXPECT_EQ(rig_finish(&h, second), SMMU_ASK_END);
  rig_settle(&h);
  EXPECT_EQ(prod_of(rig), 2u);
}

ENGINE_TEST(Evtq, FaultsThatFindTheRoomTakenWaitAgain)
{
  struct smmu_config config = rig->config;
  struct rig_hand h;
  smmu_actor txn[3];

  config.events = 1;
  rig_restart(rig, &config);
  h = rig_hand(rig);
  for (unsigned i = 0; i < 3; i++) {
    smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &txn[i], NULL);
    rig_finish(&h, txn[i]);
  }
  rig_finish(&h, smmu_actor_eventq(rig->device));
  EXPECT_TRUE(smmu_is_runnable(rig->device, txn[1]));
  EXPECT_TRUE(smmu_is_runnable(rig->device, txn[2]));
  EXPECT_EQ(rig_finish(&h, txn[2]), SMMU_ASK_END);
  EXPECT_FALSE(smmu_is_runnable(rig->device, txn[1]));
  smmu_invariant(rig->device);
  rig_settle(&h);
  EXPECT_EQ(prod_of(rig), 3u);
}

ENGINE_TEST(Evtq, LeavesARecordForEachEventAndEachLoss)
{
  rig_program(rig, 6, 1);
  rig_watch(rig);
  fault(rig, 3);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_EVENT), 2u);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_EVENT_LOST), 1u);
}
