/* Records of stalled transactions and the event queue: none is lost, none tells of what was before a
 * CMD_SYNC, neither kind of record starves the other. IHI 0070 3.5.3, 3.5.4, 4.7.3, 7.2.1, 7.4. */
#include <stdlib.h>

#include "shim/rig.h"

#define OVFLG (1ULL << 31)

static struct smmu_actor_pair {
  smmu_actor a, b;
} submit_two(struct rig *rig)
{
  struct smmu_actor_pair p;

  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &p.a, NULL);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x2000, .sid = SID }, &p.b, NULL);
  return p;
}

static void stall(struct rig *rig, uint64_t addr)
{
  EXPECT_EQ(rig_read(rig, SID, addr).status, SMMU_STATUS_STALLED);
}

/* A stream that terminates. */
enum { OTHER = 2 };

static void setup(struct rig *rig, unsigned stall_max)
{
  rig_restart_stalling(rig, stall_max);
  rig_stream(rig, OTHER, &(struct rig_stream){ .asid = 9 });
}

/* ---- a queue that is not writable ---- */

STALL_TEST(StallQueue, FullQueueKeepsTheRecordWithoutOverflow)
{
  uint64_t words[4][4];

  setup(rig, 8);
  rig_program(rig, 6, 1);
  for (unsigned i = 1; i <= 3; i++)
    stall(rig, 0x1000 * i);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 2u);
  EXPECT_EQ(rig_events(rig, words, 4), 2u);
  EXPECT_EQ(rig_events(rig, words, 4), 1u);
  EXPECT_EQ(words[0][2], 0x3000u);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD) & OVFLG, 0u);
}

STALL_TEST(StallQueue, OtherRecordsAreLostMeanwhile)
{
  uint64_t words[4][4];

  setup(rig, 8);
  rig_program(rig, 6, 1);
  for (unsigned i = 1; i <= 3; i++)
    stall(rig, 0x1000 * i);
  EXPECT_FAULT(rig_read(rig, OTHER, 0x1000), F_TRANSLATION);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), OVFLG | 2u);
  EXPECT_EQ(rig_events(rig, words, 4), 2u);
  EXPECT_EQ(rig_events(rig, words, 4), 1u);
  EXPECT_EQ(words[0][0] >> 32, SID);
}

STALL_TEST(StallQueue, DisabledQueueGetsItWhenItIsEnabled)
{
  setup(rig, 8);
  rig_set_cr0(rig, 9);
  stall(rig, 0x1000);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 0u);
  rig_set_cr0(rig, 0xd);
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
}

STALL_TEST(StallQueue, AfterAnAbortItWaitsForTheAcknowledgement)
{
  setup(rig, 8);
  engine_memory_inject_abort(rig->memory, RIG_EVENTQ, 32, true);
  EXPECT_FAULT(rig_read(rig, OTHER, 0x1000), F_TRANSLATION);
  engine_memory_inject_abort(rig->memory, RIG_EVENTQ, 32, false);
  stall(rig, 0x1000);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 0u);
  rig_set_reg(rig, OFF_GERRORN, 4);
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
}

STALL_TEST(StallQueue, ARecordThatAbortsIsLostAndStallTermEndsTheTransaction)
{
  setup(rig, 8);
  engine_memory_inject_abort(rig->memory, RIG_EVENTQ, 32, true);
  stall(rig, 0x1000);
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 4u);
  engine_memory_inject_abort(rig->memory, RIG_EVENTQ, 32, false);
  rig_set_reg(rig, OFF_GERRORN, 4);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 0u);
  rig_cmds(rig, "STALL_TERM sid=1");
  EXPECT_FAULT(rig_late(rig), F_TRANSLATION);
}

/* ---- invalidation and CMD_SYNC ---- */

STALL_TEST(StallQueue, AnInvalidationSendsAnUnrecordedOneAroundAgain)
{
  setup(rig, 8);
  rig_set_cr0(rig, 9);
  stall(rig, 0x1234);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_cmds(rig, "TLBI_NH_ASID asid=7; SYNC");
  EXPECT_PA(rig_late(rig), 0x80234);
  rig_set_cr0(rig, 0xd);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

STALL_TEST(StallQueue, AfterAConfigurationInvalidationTheRecordIsThatOfTheNewOne)
{
  uint64_t words[4];

  setup(rig, 8);
  rig_set_cr0(rig, 9);
  stall(rig, 0x1234);
  CD_SET(rig, SID, 0, T0SZ, 39);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, SID)->s1, 0, 1), 0);
  CD_SET(rig, SID, 0, A, 1);
  CD_SET(rig, SID, 0, S, 0);
  rig_cmds(rig, "CFGI_CD sid=1; SYNC");
  EXPECT_FAULT(rig_late(rig), F_TRANSLATION); /* terminated while nothing could be recorded */
  rig_set_cr0(rig, 0xd);
  EXPECT_EQ(rig_event(rig, words), 0u);
}

STALL_TEST(StallQueue, InvalidationsOfOthersLeaveItAlone)
{
  setup(rig, 8);
  rig_set_cr0(rig, 9);
  stall(rig, 0x1000);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_cmds(rig, "TLBI_NH_ASID asid=9; CFGI_STE sid=2; SYNC");
  EXPECT_EQ(rig_late(rig).status, SMMU_STATUS_STALLED);
}

STALL_TEST(StallQueue, WhatIsRecordedStaysAndHoldsUpNoSync)
{
  setup(rig, 8);
  stall(rig, 0x1000);
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_cmds(rig, "TLBI_NH_ASID asid=7; CFGI_STE sid=1; SYNC");
  EXPECT_EQ(rig_late(rig).status, SMMU_STATUS_STALLED);
}

STALL_TEST(StallQueue, SyncWaitsForACoveredRecordThatIsBeingWritten)
{
  struct rig_hand h;
  smmu_actor txn, evtq, cmdq;

  setup(rig, 8);
  evtq = smmu_actor_eventq(rig->device);
  cmdq = smmu_actor_cmdq(rig->device, 0);
  h = rig_hand(rig);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &txn, NULL);
  rig_finish(&h, txn);
  ASSERT_TRUE(rig_reach(&h, evtq, SMMU_STAGE_EVENT_WRITE));
  rig_put_cmd(rig, 0, "TLBI_NH_ASID asid=7");
  rig_put_cmd(rig, 1, "SYNC");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 2, 4, NULL);
  EXPECT_EQ(rig_finish(&h, cmdq), SMMU_ASK_WAIT);
  EXPECT_FALSE(smmu_is_runnable(rig->device, cmdq));
  EXPECT_FALSE(smmu_is_runnable(rig->device, txn)); /* the record is on its way */
  rig_finish(&h, evtq);
  EXPECT_TRUE(smmu_is_runnable(rig->device, cmdq));
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 2u);
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
}

STALL_TEST(StallQueue, SyncWaitsUntilAMarkedOneHasBegunAgain)
{
  struct rig_hand h;
  smmu_actor txn, cmdq;

  setup(rig, 8);
  cmdq = smmu_actor_cmdq(rig->device, 0);
  h = rig_hand(rig);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &txn, NULL);
  rig_finish(&h, txn);
  rig_put_cmd(rig, 0, "TLBI_NH_ASID asid=7");
  rig_put_cmd(rig, 1, "SYNC");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 2, 4, NULL);
  EXPECT_EQ(rig_finish(&h, cmdq), SMMU_ASK_WAIT);
  EXPECT_FALSE(smmu_is_runnable(rig->device, smmu_actor_eventq(rig->device)));
  EXPECT_EQ(rig_step(&h, txn), SMMU_ASK_STAGE);
  EXPECT_EQ(h.ask[txn].stage, SMMU_STAGE_STALL);
  EXPECT_TRUE(smmu_is_runnable(rig->device, cmdq));
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 2u);
}

STALL_TEST(StallQueue, ResumeBeforeTheRecordIsVisibleHasNoEffect)
{
  struct rig_hand h;
  smmu_actor txn, evtq;

  setup(rig, 8);
  evtq = smmu_actor_eventq(rig->device);
  h = rig_hand(rig);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &txn, NULL);
  rig_finish(&h, txn);
  ASSERT_TRUE(rig_reach(&h, evtq, SMMU_STAGE_EVENT_WRITE));
  rig_put_cmd(rig, 0, "RESUME sid=1 stag=0 action=0 abort=1");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  rig_finish(&h, smmu_actor_cmdq(rig->device, 0));
  rig_settle(&h);
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
  EXPECT_EQ(h.ask[txn].kind, SMMU_ASK_WAIT);
}

STALL_TEST(StallQueue, StallTermInTheMiddleOfTheRecordTakesEffectAfterIt)
{
  struct rig_hand h;
  smmu_actor txn, evtq;

  setup(rig, 8);
  evtq = smmu_actor_eventq(rig->device);
  h = rig_hand(rig);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &txn, NULL);
  rig_finish(&h, txn);
  ASSERT_TRUE(rig_reach(&h, evtq, SMMU_STAGE_EVENT_WRITE));
  rig_put_cmd(rig, 0, "STALL_TERM sid=1");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  rig_finish(&h, smmu_actor_cmdq(rig->device, 0));
  EXPECT_FALSE(smmu_is_runnable(rig->device, txn));
  rig_finish(&h, evtq);
  EXPECT_EQ(rig_finish(&h, txn), SMMU_ASK_END);
  rig_settle(&h);
}

/* ---- fairness ---- */

STALL_TEST(StallQueue, StalledOnesTakeTurns)
{
  uint64_t words[4][4];

  setup(rig, 1);
  stall(rig, 0x1000);
  stall(rig, 0x2000);
  EXPECT_EQ(rig_events(rig, words, 4), 1u);
  EXPECT_EQ(words[0][2], 0x1000u);
  /* Slot 0 begins again and faults again; it is the other's turn. */
  rig_push(rig, "RESUME sid=1 stag=0 action=1");
  rig_rest(rig);
  EXPECT_EQ(rig_events(rig, words, 4), 1u);
  EXPECT_EQ(words[0][2], 0x2000u);
}

STALL_TEST(StallQueue, NeitherKindOfRecordHoldsUpTheOther)
{
  struct rig_hand h;
  struct smmu_actor_pair p;
  smmu_actor evtq, txn;
  uint64_t words[6][4];

  setup(rig, 8);
  evtq = smmu_actor_eventq(rig->device);
  h = rig_hand(rig);
  for (unsigned i = 0; i < 3; i++) {
    smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = OTHER }, &txn, NULL);
    rig_finish(&h, txn);
  }
  p = submit_two(rig);
  rig_finish(&h, p.a);
  rig_finish(&h, p.b);
  for (unsigned i = 0; i < 5; i++)
    rig_finish(&h, evtq);
  rig_settle(&h);
  ASSERT_EQ(rig_events(rig, words, 6), 5u);
  for (unsigned i = 0; i < 4; i++)
    EXPECT_EQ(words[i][0] >> 32, i % 2 ? OTHER : SID);
  EXPECT_EQ(words[4][0] >> 32, OTHER);
}

/* A stall in the first slot, or in the second one while another transaction has the first. */
static struct smmu *after_a_stall(struct rig *rig, bool second)
{
  struct smmu *copy;
  struct rig_hand h;
  smmu_actor one = 0, two;

  setup(rig, 8);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_R);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  h = rig_hand(rig);
  if (second)
    smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &one, NULL);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x2000, .sid = SID }, &two, NULL);
  rig_finish(&h, two);
  rig_finish(&h, smmu_actor_eventq(rig->device));
  rig_put_cmd(rig, 0, "STALL_TERM sid=1");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 1u);
  copy = aligned_alloc(64, (smmu_size(&rig->config) + 63) & ~63ULL);
  smmu_clone(copy, rig->device);
  return copy;
}

STALL_TEST(StallQueue, NothingIsLeftOfWhoseTurnItWas)
{
  struct smmu *a = after_a_stall(rig, false), *b = after_a_stall(rig, true);

  EXPECT_TRUE(smmu_equal(a, b));
  free(a);
  free(b);
}
