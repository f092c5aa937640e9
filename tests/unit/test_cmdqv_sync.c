/* CMD_SYNC with several queues: each waits for what is marked and for the records before it, whoever
 * caused them, and all are woken. IHI 0070 4.7.3. */
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

ENGINE_TEST(CmdqvSync, EverySyncThatDrainsIsWoken)
{
  struct rig_hand h;
  smmu_actor txn;

  start(rig);
  txn = marked_walk(rig, &h, SID);
  for (unsigned q = 0; q < 3; q++) {
    rig_put_vcmd(rig, q, 0, q == 1 ? "TLBI_NH_ASID asid=7" : "SYNC");
    rig_put_vcmd(rig, q, 1, "SYNC");
  }
  rig_poke_cmdqv(rig, cmdqv_vcmdq_page0(1) + OFF_VCMDQ_PROD_INDX, 2);
  EXPECT_EQ(rig_finish(&h, smmu_actor_cmdq(rig->device, 2)), SMMU_ASK_WAIT);
  for (unsigned q = 0; q < 3; q += 2) {
    rig_poke_cmdqv(rig, cmdqv_vcmdq_page0(q) + OFF_VCMDQ_PROD_INDX, 2);
    EXPECT_EQ(rig_finish(&h, smmu_actor_cmdq(rig->device, 1 + q)), SMMU_ASK_WAIT);
  }
  rig_finish(&h, txn);
  rig_settle(&h);
  for (unsigned q = 0; q < 3; q++)
    EXPECT_EQ(rig_vreg(rig, q, OFF_VCMDQ_CONS_INDX), 2u);
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
