/* CMD_SYNC: what it waits for, and how it tells. IHI 0070 4.7.3, 3.18. */
#include "shim/rig.h"

static void poke_prod(struct rig *rig, uint64_t prod)
{
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, prod, 4, NULL);
}

/* Commands from slot 0 on, consumed by hand while other actors stand still. */
static void consume(struct rig *rig, struct rig_hand *h, const char *const *texts, unsigned n)
{
  smmu_actor cmdq = smmu_actor_cmdq(rig->device, 0);
  uint64_t prod = rig_reg(rig, OFF_CMDQ_PROD);

  for (unsigned i = 0; i < n; i++)
    rig_put_cmd(rig, (unsigned)(prod + i) & 63, texts[i]);
  poke_prod(rig, (prod + n) & 127);
  while (smmu_is_runnable(rig->device, cmdq))
    rig_step(h, cmdq);
}

static uint64_t cons_of(struct rig *rig)
{
  return GET(CMDQ_CONS, RD, rig_reg(rig, OFF_CMDQ_CONS));
}

/* A transaction of stream SID whose walk is under way. */
static smmu_actor walk_in_flight(struct rig *rig, struct rig_hand *h)
{
  smmu_actor txn = 0;

  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  EXPECT_EQ(smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &txn, NULL),
            SMMU_OK);
  EXPECT_TRUE(rig_reach(h, txn, SMMU_STAGE_WALK));
  return txn;
}

/* ---- completion ---- */

ENGINE_TEST(Sync, NoneCompletesSilently)
{
  rig_cmds(rig, "SYNC cs=0 msiaddress=0x2f0000 msidata=5");
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 0u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_SEV], 0u);
}

ENGINE_TEST(Sync, IrqWithoutAddressRaisesTheWire)
{
  rig_cmds(rig, "SYNC cs=1");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 1u);
}

/* Whether there is an address is asked before it is cut to the output size. */
ENGINE_TEST(Sync, AddressAboveTheOutputSizeIsAnAddress)
{
  struct smmu_config config = rig->config;

  config.idr[5] = (config.idr[5] & ~7u) | 4; /* 44 bits */
  rig_restart(rig, &config);
  rig_cmds(rig, "SYNC cs=1 msiaddress=0x100000000000 msidata=5");
  EXPECT_EQ(engine_memory_load64(rig->memory, 0), 5u);
}

ENGINE_TEST(Sync, IrqWithAddressWritesTheMsi)
{
  rig_cmds(rig, "SYNC cs=1 msiaddress=0x2f0004 msidata=0x12345678");
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0x1234567800000000u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 1u); /* the wire comes besides */
}

ENGINE_TEST(Sync, WithoutMsiSupportTheWireIsRaised)
{
  struct smmu_config config = rig->config;

  config.idr[0] &= ~(1u << 13);
  rig_restart(rig, &config);
  rig_cmds(rig, "SYNC cs=1 msiaddress=0x2f0000 msidata=5");
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 1u);
}

ENGINE_TEST(Sync, MsiMayGoIntoItsOwnSlot)
{
  rig_cmds(rig, "TLBI_NH_ALL; SYNC cs=1 msiaddress=0x200010 msidata=0");
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_CMDQ + 16) & 0xffffffff, 0u);
}

ENGINE_TEST(Sync, ConsMovesBeforeTheMsi)
{
  struct rig_hand h = rig_hand(rig);

  rig_put_cmd(rig, 0, "SYNC cs=1 msiaddress=0x2f0000 msidata=5");
  poke_prod(rig, 1);
  ASSERT_TRUE(rig_reach(&h, smmu_actor_cmdq(rig->device, 0), SMMU_STAGE_MSI));
  EXPECT_EQ(cons_of(rig), 1u);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0u);
}

ENGINE_TEST(Sync, AbortedMsiIsReportedAndTheSyncStillCompletes)
{
  engine_memory_inject_abort(rig->memory, RIG_MSI, 4, true);
  rig_cmds(rig, "SYNC cs=1 msiaddress=0x2f0000 msidata=5; TLBI_NH_ALL");
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 1u << 4);
}

ENGINE_TEST(Sync, SevIsSignalledWhenTheDeviceHasIt)
{
  struct smmu_config config = rig->config;

  rig_cmds(rig, "SYNC cs=2");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_SEV], 0u);
  config.idr[0] |= 1u << 14;
  rig_restart(rig, &config);
  rig_cmds(rig, "SYNC cs=2");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_SEV], 1u);
}

ENGINE_TEST(Sync, EachSyncSignals)
{
  rig_cmds(rig, "SYNC cs=1; SYNC cs=1; TLBI_NH_ALL; SYNC cs=1");
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 3u);
}

ENGINE_TEST(Sync, LeavesASyncRecord)
{
  rig_watch(rig);
  rig_cmds(rig, "SYNC; TLBI_NH_ALL; SYNC");
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_SYNC), 2u);
}

/* ---- what it waits for ---- */

ENGINE_TEST(Sync, WaitsForAWalkThatAnInvalidationCovers)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn = walk_in_flight(rig, &h);

  rig_put_cmd(rig, 0, "TLBI_NH_VA asid=7 va=0x1000");
  rig_put_cmd(rig, 1, "SYNC");
  poke_prod(rig, 2);
  rig_finish(&h, smmu_actor_cmdq(rig->device, 0));
  EXPECT_EQ(rig_finish(&h, smmu_actor_cmdq(rig->device, 0)), SMMU_ASK_WAIT);
  EXPECT_EQ(cons_of(rig), 1u);
  EXPECT_FALSE(smmu_is_runnable(rig->device, smmu_actor_cmdq(rig->device, 0)));
  EXPECT_EQ(rig_finish(&h, txn), SMMU_ASK_END);
  EXPECT_TRUE(smmu_is_runnable(rig->device, smmu_actor_cmdq(rig->device, 0)));
  rig_settle(&h);
  EXPECT_EQ(cons_of(rig), 2u);
}

ENGINE_TEST(Sync, DoesNotWaitForWalksThatNothingCovers)
{
  struct rig_hand h = rig_hand(rig);

  walk_in_flight(rig, &h);
  rig_put_cmd(rig, 0, "TLBI_NH_ASID asid=99");
  rig_put_cmd(rig, 1, "SYNC");
  poke_prod(rig, 2);
  rig_finish(&h, smmu_actor_cmdq(rig->device, 0));
  rig_finish(&h, smmu_actor_cmdq(rig->device, 0));
  EXPECT_EQ(cons_of(rig), 2u);
  rig_settle(&h);
}

/* Does this command mark the walk of SID that is under way? */
static bool marks(struct rig *rig, const char *command)
{
  struct rig_hand h = rig_hand(rig);
  bool marked;

  rig_watch(rig);
  walk_in_flight(rig, &h);
  h.hooks = &rig->hooks;
  consume(rig, &h, &command, 1);
  marked = rig_find(rig, SMMU_TRACE_MARK, 0) != NULL;
  rig_settle(&h);
  rig_cmds(rig, "TLBI_NSNH_ALL; CFGI_ALL; SYNC");
  return marked;
}

ENGINE_TEST(Sync, EveryInvalidationMarksWhatItCovers)
{
  static const char *const texts[] = { "TLBI_NH_ALL",
                                       "TLBI_NH_ASID asid=7",
                                       "TLBI_NH_VA asid=7 va=0x1000",
                                       "TLBI_NH_VAA va=0x1000",
                                       "TLBI_NSNH_ALL",
                                       "TLBI_S12_VMALL vmid=0",
                                       "CFGI_STE sid=1",
                                       "CFGI_STE_RANGE sid=0 range=0",
                                       "CFGI_CD sid=1",
                                       "CFGI_CD_ALL sid=1",
                                       "CFGI_ALL" };

  for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (!marks(rig, texts[i]))
      ADD_TEST_FAILURE("\"%s\" does not mark", texts[i]);
  }
}

ENGINE_TEST(Sync, ForeignInvalidationsDoNotMark)
{
  static const char *const texts[] = { "TLBI_NH_ALL vmid=9",
                                       "TLBI_NH_ASID asid=9",
                                       "TLBI_NH_VAA vmid=9 va=0x1000",
                                       "TLBI_EL2_ALL",
                                       "TLBI_S12_VMALL vmid=9",
                                       "CFGI_STE sid=2",
                                       "CFGI_STE_RANGE sid=2 range=0",
                                       "CFGI_CD sid=1 ssid=1",
                                       "CFGI_CD_ALL sid=2" };

  for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (marks(rig, texts[i]))
      ADD_TEST_FAILURE("\"%s\" marks", texts[i]);
  }
}

ENGINE_TEST(Sync, MarkedWalkAnswersButFillsNothing)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn = walk_in_flight(rig, &h);
  struct smmu_result r;

  consume(rig, &h, (const char *const[]){ "TLBI_NH_VA asid=7 va=0x1000" }, 1);
  rig_finish(&h, txn);
  smmu_get_result(rig->device, txn, &r);
  EXPECT_PA(r, 0x80000);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x1000));
}

ENGINE_TEST(Sync, WaitsForEventRecordsOfAnsweredTransactions)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn, cmdq = smmu_actor_cmdq(rig->device, 0);

  ASSERT_EQ(smmu_submit(rig->device, &(struct smmu_txn){ .sid = SID }, &txn, NULL), SMMU_OK);
  EXPECT_EQ(rig_finish(&h, txn), SMMU_ASK_END);
  rig_put_cmd(rig, 0, "SYNC");
  poke_prod(rig, 1);
  EXPECT_EQ(rig_finish(&h, cmdq), SMMU_ASK_WAIT);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 0u);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 1u);
  EXPECT_EQ(cons_of(rig), 1u);
}

ENGINE_TEST(Sync, DoesNotWaitForRecordsThatCameLater)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor walk = walk_in_flight(rig, &h), later, cmdq = smmu_actor_cmdq(rig->device, 0);

  consume(rig, &h, (const char *const[]){ "TLBI_NH_VA asid=7 va=0x1000", "SYNC" }, 2);
  EXPECT_EQ(cons_of(rig), 1u);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x7000, .sid = SID }, &later, NULL);
  rig_finish(&h, later);
  rig_finish(&h, walk);
  while (smmu_is_runnable(rig->device, cmdq))
    rig_step(&h, cmdq);
  EXPECT_EQ(cons_of(rig), 2u);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 0u);
  rig_settle(&h);
}

ENGINE_TEST(Sync, WaitsForTheRecordOfAMarkedTransaction)
{
  struct rig_hand h = rig_hand(rig);
  smmu_actor walk = walk_in_flight(rig, &h), cmdq = smmu_actor_cmdq(rig->device, 0);

  rig_unmap(rig, SID, 0x1000);
  consume(rig, &h, (const char *const[]){ "TLBI_NH_VA asid=7 va=0x1000", "SYNC" }, 2);
  rig_finish(&h, walk); /* faults */
  while (smmu_is_runnable(rig->device, cmdq))
    rig_step(&h, cmdq);
  EXPECT_EQ(cons_of(rig), 1u);
  rig_settle(&h);
  EXPECT_EQ(cons_of(rig), 2u);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_PROD), 1u);
}

ENGINE_TEST(Sync, LostEventRecordsDoNotHoldItUp)
{
  rig_set_cr0(rig, 9);
  rig_read(rig, SID, 0x1000);
  rig_cmds(rig, "SYNC");
}

ENGINE_TEST(Sync, CommandsBehindAWaitingSyncDoNotStart)
{
  static const char *const texts[] = { "TLBI_NH_VA asid=7 va=0x1000", "SYNC", "TLBI_NSNH_ALL" };
  struct rig_hand h = rig_hand(rig);

  walk_in_flight(rig, &h);
  consume(rig, &h, texts, 3);
  EXPECT_EQ(cons_of(rig), 1u);
  rig_settle(&h);
}
