/* Enhanced command queues: registers, the handshake, and what their commands do. IHI 0070 3.5.6,
 * 6.3.107-6.3.109, 6.3.11. */
#include "shim/rig_ecmdq.h"

#define EN     0x80000000u
#define ERRACK 0x800000u

static uint32_t cons_of(struct rig *rig, unsigned e)
{
  return (uint32_t)rig_ereg(rig, e, 12);
}

/* ---- registers ---- */

ENGINE_TEST(Ecmdq, RegistersKeepWhatTheyHaveFieldsFor)
{
  rig_ecmdqs(rig, 2, 2);
  rig_set_ereg(rig, 3, 0, ~0ULL);
  rig_set_ereg(rig, 3, 8, 0x7fffffff);
  rig_set_ereg(rig, 3, 12, 0x7fffffff);
  EXPECT_EQ(rig_ereg(rig, 3, 0), 0x4000ffffffffffffu); /* addresses have 48 bits here */
  EXPECT_EQ(rig_ereg(rig, 3, 8), 0x008fffffu);
  EXPECT_EQ(rig_ereg(rig, 3, 12), 0x078fffffu);
  for (unsigned e = 0; e < 3; e++)
    EXPECT_EQ(rig_ereg(rig, e, 0) | rig_ereg(rig, e, 8) | rig_ereg(rig, e, 12), 0u);
}

ENGINE_TEST(Ecmdq, BaseTakesHalvesAndIndicesNothingButTheirWidth)
{
  uint64_t at;

  rig_ecmdqs(rig, 1, 1);
  at = rig_ecmdq_offset(rig, 0, 0);
  rig_mmio_write(rig, at, 0x00345664, 4);
  rig_mmio_write(rig, at + 4, 0x40000012, 4);
  EXPECT_EQ(rig_mmio_read(rig, at, 8), 0x4000001200345664u);
  EXPECT_EQ(rig_mmio_read(rig, at + 4, 4), 0x40000012u);
  rig_mmio_write(rig, at + 8, 0x0000000500000005, 8);
  EXPECT_EQ(rig_mmio_read(rig, at + 8, 8), 0u);
  EXPECT_EQ(rig_ereg(rig, 0, 8), 0u);
}

ENGINE_TEST(Ecmdq, ConsReadsZeroAboveItsWrapBit)
{
  rig_ecmdqs(rig, 1, 1);
  rig_set_ereg(rig, 0, 0, RIG_ECMDQ(0) | 4);
  rig_set_ereg(rig, 0, 12, 0x030fffff);
  EXPECT_EQ(rig_ereg(rig, 0, 12), 0x0300001fu);
}

ENGINE_TEST(Ecmdq, SoftwareCannotWriteEnack)
{
  rig_ecmdqs(rig, 1, 1);
  rig_ecmdq_ring(rig, 0);
  rig_set_ereg(rig, 0, 12, EN);
  EXPECT_EQ(rig_ereg(rig, 0, 12), 0u);
  rig_set_ereg(rig, 0, 8, EN | 1);
  rig_set_ereg(rig, 0, 12, 0);
  EXPECT_EQ(cons_of(rig, 0) & EN, EN);
}

ENGINE_TEST(Ecmdq, BaseAndConsAreGuardedByEnAndEnack)
{
  struct rig_hand h;

  rig_ecmdqs(rig, 1, 2);
  rig_ecmdq_on(rig, 1);
  rig_set_ereg(rig, 1, 0, 0);
  rig_set_ereg(rig, 1, 12, 5);
  EXPECT_EQ(rig_ereg(rig, 1, 0), RIG_ECMDQ(1) | 4);
  EXPECT_EQ(cons_of(rig, 1), EN);
  h = rig_hand(rig);
  rig_poke_ereg(rig, 1, 8, 0); /* EN is 0, ENACK still 1 */
  rig_poke_ereg(rig, 1, 12, 5);
  EXPECT_EQ(cons_of(rig, 1), EN);
  rig_settle(&h);
  rig_set_ereg(rig, 1, 12, 5);
  EXPECT_EQ(cons_of(rig, 1), 5u);
}

ENGINE_TEST(Ecmdq, ProdIsReadOnlyWhileTheHandshakeIsUnderWay)
{
  struct rig_hand h;

  rig_ecmdqs(rig, 1, 1);
  rig_ecmdq_ring(rig, 0);
  h = rig_hand(rig);
  rig_poke_ereg(rig, 0, 8, EN | 1);
  rig_poke_ereg(rig, 0, 8, 3);
  EXPECT_EQ(rig_ereg(rig, 0, 8), EN | 1);
  rig_put_ecmd(rig, 0, 0, "TLBI_NH_ALL");
  rig_settle(&h);
  rig_put_ecmd(rig, 0, 1, "TLBI_NH_ALL");
  rig_set_ereg(rig, 0, 8, EN | 2);
  EXPECT_EQ(cons_of(rig, 0), EN | 2);
}

/* ---- enabling ---- */

ENGINE_TEST(Ecmdq, RunsOnlyWithEnableAcknowledged)
{
  struct rig_hand h;

  rig_ecmdqs(rig, 1, 2);
  rig_ecmdq_ring(rig, 0);
  rig_put_ecmd(rig, 0, 0, "SYNC");
  rig_set_ereg(rig, 0, 8, 1);
  EXPECT_EQ(cons_of(rig, 0), 0u);
  h = rig_hand(rig);
  rig_poke_ereg(rig, 0, 8, EN | 1);
  EXPECT_FALSE(smmu_is_runnable(rig->device, smmu_actor_cmdq(rig->device, 1)));
  rig_settle(&h);
  EXPECT_EQ(cons_of(rig, 0), EN | 1);
}

ENGINE_TEST(Ecmdq, NeedsNeitherTheOwnQueueNorTheSmmuEnabled)
{
  rig_ecmdqs(rig, 1, 1);
  rig_set_cr0(rig, 0);
  rig_ecmdq_on(rig, 0);
  rig_ecmds(rig, 0, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

ENGINE_TEST(Ecmdq, OwnQueueGoesOnBesideThem)
{
  rig_ecmdqs(rig, 2, 1);
  rig_ecmdq_on(rig, 0);
  rig_ecmdq_on(rig, 1);
  rig_ecmds(rig, 1, "TLBI_NH_ALL; SYNC");
  rig_cmds(rig, "TLBI_NH_ALL; SYNC");
  rig_ecmds(rig, 0, "TLBI_NH_ALL; SYNC");
}

/* Disabling is acknowledged when the command under way is over; one being fetched has not begun. */
ENGINE_TEST(Ecmdq, DisablingWaitsForTheCommandUnderWay)
{
  struct rig_hand h;
  smmu_actor queue;

  rig_ecmdqs(rig, 1, 1);
  rig_ecmdq_on(rig, 0);
  rig_put_ecmd(rig, 0, 0, "TLBI_NH_ALL");
  rig_put_ecmd(rig, 0, 1, "TLBI_NH_ALL");
  h = rig_hand(rig);
  queue = smmu_actor_cmdq(rig->device, 1);
  rig_poke_ereg(rig, 0, 8, EN | 2);
  ASSERT_TRUE(rig_reach(&h, queue, SMMU_STAGE_INVALIDATE));
  rig_poke_ereg(rig, 0, 8, 2);
  rig_finish(&h, smmu_actor_ack(rig->device));
  EXPECT_EQ(cons_of(rig, 0), EN);
  rig_settle(&h);
  EXPECT_EQ(cons_of(rig, 0), 1u);
}

ENGINE_TEST(Ecmdq, DisablingDropsTheCommandBeingFetched)
{
  struct rig_hand h;

  rig_ecmdqs(rig, 1, 1);
  rig_ecmdq_on(rig, 0);
  rig_put_ecmd(rig, 0, 0, "TLBI_NH_ALL");
  h = rig_hand(rig);
  rig_poke_ereg(rig, 0, 8, EN | 1);
  ASSERT_TRUE(rig_reach(&h, smmu_actor_cmdq(rig->device, 1), SMMU_STAGE_CMD_FETCH));
  rig_poke_ereg(rig, 0, 8, 1);
  rig_settle(&h);
  EXPECT_EQ(cons_of(rig, 0), 0u);
}

/* Queue 0 is never at peace, and the others have their turn. */
ENGINE_TEST(Ecmdq, EachPendingHandshakeHasItsTurn)
{
  struct rig_hand h;
  uint32_t on = EN;

  rig_ecmdqs(rig, 1, 4);
  h = rig_hand(rig);
  for (unsigned e = 0; e < 4; e++)
    rig_poke_ereg(rig, e, 8, EN);
  for (unsigned i = 0; i < 4; i++) {
    rig_finish(&h, smmu_actor_ack(rig->device));
    on ^= EN;
    rig_poke_ereg(rig, 0, 8, on);
  }
  for (unsigned e = 1; e < 4; e++)
    EXPECT_EQ(cons_of(rig, e), EN);
  rig_settle(&h);
}

ENGINE_TEST(Ecmdq, OrderOfEnablingLeavesNoTrace)
{
  uint64_t hash[2][2];

  for (unsigned i = 0; i < 2; i++) {
    rig_ecmdqs(rig, 1, 4);
    rig_set_ereg(rig, i ? 3 : 1, 8, EN);
    rig_set_ereg(rig, i ? 1 : 3, 8, EN);
    smmu_hash(rig->device, hash[i]);
  }
  EXPECT_MEMEQ(hash[0], hash[1], sizeof hash[0]);
}

ENGINE_TEST(Ecmdq, QueueAttributesAreKeptWhileOneIsEnabled)
{
  rig_ecmdqs(rig, 2, 2);
  rig_ecmdq_on(rig, 3);
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, OFF_CR1, 0xfff);
  EXPECT_EQ(rig_reg(rig, OFF_CR1) & 0x3f, 0u);
  EXPECT_EQ(rig_reg(rig, OFF_CR1) & 0xfc0, 0xfc0u);
  rig_set_ereg(rig, 3, 8, 0);
  rig_set_reg(rig, OFF_CR1, 0xfff);
  EXPECT_EQ(rig_reg(rig, OFF_CR1), 0xfffu);
}

/* ---- what a command does ---- */

ENGINE_TEST(Ecmdq, InvalidationTakesEntriesWhoeverFilledThem)
{
  rig_ecmdqs(rig, 1, 2);
  rig_ecmdq_on(rig, 1);
  rig_stream(rig, SID, NULL);
  rig_map(rig, SID, 0x5000, RIG_DATA, RIG_RW);
  rig_read(rig, SID, 0x5000);
  ASSERT_TRUE(rig_is_cached(rig, SID, 0x5000));
  rig_ecmds(rig, 1, "TLBI_NH_VA asid=7 va=0x5000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

ENGINE_TEST(Ecmdq, SyncSignalsByMsiAndWire)
{
  rig_ecmdqs(rig, 1, 1);
  rig_ecmdq_on(rig, 0);
  rig->signals[SMMU_SIGNAL_CMD_SYNC] = 0;
  rig_ecmds(rig, 0, "SYNC cs=1 msiaddr=0x2f0000 msidata=0x1234");
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0x1234u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 1u);
}

ENGINE_TEST(Ecmdq, AbortedMsiIsAnErrorOfTheSmmuAndStopsNothing)
{
  rig_ecmdqs(rig, 1, 1);
  rig_ecmdq_on(rig, 0);
  engine_memory_inject_abort(rig->memory, RIG_MSI, 64, true);
  rig_ecmds(rig, 0, "SYNC cs=1 msiaddr=0x2f0000; TLBI_NH_ALL");
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 0x10u);
}

ENGINE_TEST(Ecmdq, RecordsTellTheQueue)
{
  rig_ecmdqs(rig, 2, 2);
  rig_ecmdq_on(rig, 2);
  rig_watch(rig);
  rig_ecmds(rig, 2, "SYNC");
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_SYNC), 1u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_SYNC, 0)->unit, 3);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_SYNC, 0)->actor, smmu_actor_cmdq(rig->device, 3));
}

/* ---- CMD_SYNC covers its own queue ---- */

/* A walk in flight that an invalidation of queue `number` marks. */
static smmu_actor marked_by(struct rig *rig, struct rig_hand *h, unsigned e)
{
  smmu_actor txn = 0;

  rig_stream(rig, SID, NULL);
  rig_map(rig, SID, 0x5000, RIG_DATA, RIG_RW);
  rig_put_ecmd(rig, e, 0, "TLBI_NH_ASID asid=7");
  *h = rig_hand(rig);
  EXPECT_EQ(smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x5000, .sid = SID }, &txn, NULL),
            SMMU_OK);
  EXPECT_TRUE(rig_reach(h, txn, SMMU_STAGE_WALK));
  rig_poke_ereg(rig, e, 8, EN | 1);
  rig_finish(h, smmu_actor_cmdq(rig->device, 1 + e));
  return txn;
}

static unsigned sync_on(struct rig *rig, struct rig_hand *h, unsigned e, unsigned slot)
{
  smmu_actor queue = smmu_actor_cmdq(rig->device, 1 + e);
  unsigned kind = SMMU_ASK_NONE;

  rig_put_ecmd(rig, e, slot, "SYNC");
  rig_poke_ereg(rig, e, 8, EN | (slot + 1));
  while (smmu_is_runnable(rig->device, queue))
    kind = rig_finish(h, queue);
  return kind;
}

ENGINE_TEST(Ecmdq, SyncWaitsForWhatItsQueueMarked)
{
  struct rig_hand h;
  smmu_actor txn;

  rig_ecmdqs(rig, 1, 2);
  rig_ecmdq_on(rig, 0);
  txn = marked_by(rig, &h, 0);
  EXPECT_EQ(sync_on(rig, &h, 0, 1), SMMU_ASK_WAIT);
  rig_finish(&h, txn);
  rig_settle(&h);
  EXPECT_EQ(cons_of(rig, 0), EN | 2);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x5000));
}

ENGINE_TEST(Ecmdq, SyncDoesNotWaitForWhatAnotherQueueMarked)
{
  struct rig_hand h;
  smmu_actor txn;

  rig_ecmdqs(rig, 2, 1);
  rig_ecmdq_on(rig, 0);
  rig_ecmdq_on(rig, 1);
  txn = marked_by(rig, &h, 0);
  EXPECT_EQ(sync_on(rig, &h, 1, 0), SMMU_ASK_END);
  EXPECT_EQ(cons_of(rig, 1), EN | 1);
  rig_finish(&h, txn);
  rig_settle(&h);
}
