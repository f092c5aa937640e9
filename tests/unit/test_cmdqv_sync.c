/* CMD_SYNC with several queues: each waits for what its own queue marked and for the records before
 * it, and for nothing that other queues do. IHI 0070 4.7.3. */
#include "shim/rig_cmdqv.h"

enum { VMID_A = 5, VMID_B = 9 };

/* VINTF 0 belongs to the hypervisor, VINTF 1 and 2 to guests; queue n is in VINTF n. Stream SID is
 * the first guest's; its configuration is cached. */
static void start(struct rig *rig)
{
  struct rig_stream a = { .config = 7, .vmid = VMID_A };

  rig_cmdqv(rig, 4, 4);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vintf(rig, 1, VMID_A, RIG_GUEST);
  rig_vintf(rig, 2, VMID_B, RIG_GUEST);
  for (unsigned q = 0; q < 3; q++)
    rig_vcmdq(rig, q, q, 0);
  rig_stream(rig, SID, &a);
  rig_map(rig, SID, 0x1000, RIG_DATA, RIG_RW);
  rig_map2(rig, SID, RIG_DATA, RIG_DATA, RIG_RW);
  rig_read(rig, SID, 0x1000);
}

/* A transaction of stream `sid` on its way to a fill, then an invalidation that marks it. */
static smmu_actor marked_walk(struct rig *rig, struct rig_hand *h, uint32_t sid)
{
  smmu_actor txn;

  rig_map(rig, sid, 0x5000, RIG_DATA, RIG_RW);
  *h = rig_hand(rig);
  EXPECT_EQ(smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x5000, .sid = sid }, &txn, NULL),
            SMMU_OK);
  EXPECT_TRUE(rig_reach(h, txn, SMMU_STAGE_WALK));
  return txn;
}

ENGINE_TEST(CmdqvSync, SyncWaitsForTheWalkThatItsQueueMarked)
{
  struct rig_hand h;
  smmu_actor queue, txn;

  start(rig);
  txn = marked_walk(rig, &h, SID);
  rig_put_vcmd(rig, 1, 0, "TLBI_NH_ASID asid=7");
  rig_put_vcmd(rig, 1, 1, "SYNC");
  queue = smmu_actor_cmdq(rig->device, 2);
  rig_poke_cmdqv(rig, cmdqv_vcmdq_page0(1) + OFF_VCMDQ_PROD_INDX, 2);
  EXPECT_EQ(rig_finish(&h, queue), SMMU_ASK_WAIT);
  EXPECT_FALSE(smmu_is_runnable(rig->device, queue));
  EXPECT_EQ(rig_vreg(rig, 1, OFF_VCMDQ_CONS_INDX), 1u);
  rig_finish(&h, txn);
  EXPECT_TRUE(smmu_is_runnable(rig->device, queue));
  rig_settle(&h);
  EXPECT_EQ(rig_vreg(rig, 1, OFF_VCMDQ_CONS_INDX), 2u);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

/* The doorbell of queue `number` (0: the SMMU's own), whose ring then holds one or two commands; the
 * queue runs until it ends, waits or has nothing more to do, once for each command. */
static unsigned ring(struct rig *rig, struct rig_hand *h, unsigned number, const char *first,
                     const char *second)
{
  unsigned commands = second ? 2 : 1, kind = 0;

  for (unsigned i = 0; i < commands; i++) {
    const char *text = i ? second : first;

    if (number)
      rig_put_vcmd(rig, number - 1, i, text);
    else
      rig_put_cmd(rig, i, text);
  }
  if (number)
    rig_poke_cmdqv(rig, cmdqv_vcmdq_page0(number - 1) + OFF_VCMDQ_PROD_INDX, commands);
  else
    smmu_mmio_write(rig->device, OFF_CMDQ_PROD, commands, 4, NULL);
  while (smmu_is_runnable(rig->device, smmu_actor_cmdq(rig->device, number)))
    kind = rig_finish(h, smmu_actor_cmdq(rig->device, number));
  return kind;
}

static uint64_t cons_of(struct rig *rig, unsigned number)
{
  return number ? rig_vreg(rig, number - 1, OFF_VCMDQ_CONS_INDX) : rig_reg(rig, OFF_CMDQ_CONS);
}

ENGINE_TEST(CmdqvSync, SyncDoesNotWaitForWhatAnotherQueueMarked)
{
  struct rig_hand h;
  smmu_actor txn;

  start(rig);
  txn = marked_walk(rig, &h, SID);
  EXPECT_EQ(ring(rig, &h, 2, "TLBI_NH_ASID asid=7", "SYNC"), SMMU_ASK_WAIT);
  for (unsigned number = 0; number < 4; number++) {
    if (number == 2)
      continue;
    EXPECT_EQ(ring(rig, &h, number, "SYNC", NULL), SMMU_ASK_END);
    EXPECT_EQ(cons_of(rig, number), 1u);
  }
  EXPECT_EQ(cons_of(rig, 2), 1u);
  rig_finish(&h, txn);
  rig_settle(&h);
  EXPECT_EQ(cons_of(rig, 2), 2u);
}

ENGINE_TEST(CmdqvSync, EveryQueueThatMarkedAWalkWaitsForIt)
{
  struct rig_hand h;
  smmu_actor txn;

  start(rig);
  txn = marked_walk(rig, &h, SID);
  for (unsigned number = 0; number < 3; number++) {
    EXPECT_EQ(ring(rig, &h, number, number == 2 ? "TLBI_NH_ASID asid=7" : "TLBI_NSNH_ALL", "SYNC"),
              SMMU_ASK_WAIT);
    EXPECT_EQ(cons_of(rig, number), 1u);
  }
  rig_finish(&h, txn);
  smmu_invariant(rig->device);
  rig_settle(&h);
  for (unsigned number = 0; number < 3; number++)
    EXPECT_EQ(cons_of(rig, number), 2u);
}

/* The queue has been let go, and has not moved yet. */
ENGINE_TEST(CmdqvSync, MarksOfOthersDoNotHoldUpASyncThatWasLetGo)
{
  struct rig_hand h;
  smmu_actor first, second;

  start(rig);
  first = marked_walk(rig, &h, SID);
  EXPECT_EQ(ring(rig, &h, 2, "TLBI_NH_ASID asid=7", "SYNC"), SMMU_ASK_WAIT);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x6000, .sid = SID }, &second, NULL);
  EXPECT_TRUE(rig_reach(&h, second, SMMU_STAGE_WALK));
  rig_finish(&h, first);
  ring(rig, &h, 1, "TLBI_NSNH_ALL", NULL);
  smmu_invariant(rig->device);
  rig_finish(&h, smmu_actor_cmdq(rig->device, 2));
  EXPECT_EQ(cons_of(rig, 2), 2u);
  rig_settle(&h);
}

ENGINE_TEST(CmdqvSync, SyncWaitsForTheRecordOfAWalkThatItsQueueMarked)
{
  struct rig_hand h;
  smmu_actor txn, queue;

  start(rig);
  h = rig_hand(rig);
  queue = smmu_actor_cmdq(rig->device, 2);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x9000, .sid = SID }, &txn, NULL);
  EXPECT_TRUE(rig_reach(&h, txn, SMMU_STAGE_WALK));
  EXPECT_EQ(ring(rig, &h, 2, "TLBI_NH_ASID asid=7", "SYNC"), SMMU_ASK_WAIT);
  rig_finish(&h, txn); /* faults: its record is in the buffer */
  EXPECT_FALSE(smmu_is_runnable(rig->device, queue));
  rig_settle(&h);
  EXPECT_EQ(cons_of(rig, 2), 2u);
}

ENGINE_TEST(CmdqvSync, SyncDoesNotWaitForTheRecordOfAWalkThatAnotherQueueMarked)
{
  struct rig_hand h;
  smmu_actor before, walk;

  start(rig);
  h = rig_hand(rig);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x9000, .sid = SID }, &before, NULL);
  rig_finish(&h, before);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x9000, .sid = SID }, &walk, NULL);
  EXPECT_TRUE(rig_reach(&h, walk, SMMU_STAGE_WALK));
  EXPECT_EQ(ring(rig, &h, 1, "SYNC", NULL), SMMU_ASK_WAIT);
  EXPECT_EQ(ring(rig, &h, 2, "TLBI_NH_ASID asid=7", NULL), SMMU_ASK_END);
  rig_finish(&h, walk); /* the second record */
  rig_finish(&h, smmu_actor_eventq(rig->device));
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 1u);
  rig_finish(&h, smmu_actor_cmdq(rig->device, 1));
  EXPECT_EQ(cons_of(rig, 1), 1u);
  rig_settle(&h);
}

ENGINE_TEST(CmdqvSync, EverySyncWaitsForTheEventRecordsBeforeIt)
{
  struct rig_hand h;
  smmu_actor txn, evtq;

  start(rig);
  h = rig_hand(rig);
  evtq = smmu_actor_eventq(rig->device);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x9000, .sid = SID }, &txn, NULL);
  rig_finish(&h, txn); /* a fault: its record is in the buffer */
  for (unsigned q = 0; q < 3; q++) {
    rig_put_vcmd(rig, q, 0, "SYNC");
    rig_poke_cmdqv(rig, cmdqv_vcmdq_page0(q) + OFF_VCMDQ_PROD_INDX, 1);
    EXPECT_EQ(rig_finish(&h, smmu_actor_cmdq(rig->device, 1 + q)), SMMU_ASK_WAIT);
  }
  rig_finish(&h, evtq);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 1u);
  rig_settle(&h);
  for (unsigned q = 0; q < 3; q++)
    EXPECT_EQ(rig_vreg(rig, q, OFF_VCMDQ_CONS_INDX), 1u);
}
