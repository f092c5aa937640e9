/* VCMDQs: what must be on for a queue to run, the handshakes, and how a queue is switched off. */
#include "shim/rig_cmdqv.h"

/* One VINTF that owns its commands, one queue in it, enabled. */
static void start(struct rig *rig)
{
  rig_cmdqv(rig, 2, 4);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vcmdq(rig, 0, 0, 0);
}

static unsigned cons_of(struct rig *rig, unsigned vcmdq)
{
  return rig_vreg(rig, vcmdq, OFF_VCMDQ_CONS_INDX);
}

static uint32_t status_of(struct rig *rig, unsigned vcmdq)
{
  return rig_vreg(rig, vcmdq, OFF_VCMDQ_STATUS);
}

static uint32_t vintf_ok(struct rig *rig, unsigned vintf)
{
  return rig_vintf_reg(rig, vintf, OFF_VINTF_STATUS) & 1;
}

/* ---- running ---- */

ENGINE_TEST(Cmdqv, QueueConsumesItsCommands)
{
  start(rig);
  rig_watch(rig);
  rig_vcmds(rig, 0, "TLBI_NH_ALL; CFGI_ALL; SYNC");
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_COMMAND), 3u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 0)->addr_out & 0xff, 0x10u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 2)->addr_out & 0xff, 0x46u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 2)->slot, 2u);
}

ENGINE_TEST(Cmdqv, RecordsNameTheQueueAndItsActor)
{
  start(rig);
  rig_vcmdq(rig, 2, 0, 1);
  rig_watch(rig);
  rig_cmds(rig, "SYNC");
  rig_vcmds(rig, 2, "SYNC");
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 0)->unit, 0);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_COMMAND, 1)->unit, 3);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_SYNC, 1)->unit, 3);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_SYNC, 1)->actor, smmu_actor_cmdq(rig->device, 3));
  EXPECT_EQ(smmu_actor_cmdq(rig->device, 1), smmu_actor_ack(rig->device) + 1);
  EXPECT_EQ(smmu_actor_count(rig->device), smmu_actor_ack(rig->device) + 5);
}

ENGINE_TEST(Cmdqv, QueueRunsThroughTheApertureOfItsVintf)
{
  uint64_t page0 = cmdqv_lvcmdq_page0(1, 1), page1 = cmdqv_lvcmdq_page1(1, 1);

  rig_cmdqv(rig, 2, 4);
  rig_vintf(rig, 1, 0, RIG_HYP_OWN);
  rig_allocate(rig, 3, 1, 1);
  rig_put_vcmd(rig, 3, 0, "SYNC");
  rig_cmdqv_write(rig, page1 + OFF_VCMDQ_BASE, RIG_VCMDQ(3) | RIG_VCMDQ_LOG2, 8);
  rig_set_creg(rig, page0 + OFF_VCMDQ_CONFIG, 1);
  EXPECT_EQ(rig_creg(rig, page0 + OFF_VCMDQ_STATUS), 1u);
  rig_set_creg(rig, page0 + OFF_VCMDQ_PROD_INDX, 1);
  EXPECT_EQ(rig_creg(rig, page0 + OFF_VCMDQ_CONS_INDX), 1u);
}

ENGINE_TEST(Cmdqv, InvalidationReachesTheCachesOfTheSmmu)
{
  start(rig);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  EXPECT_TRUE(rig_is_cached(rig, SID, 0x1000));
  rig_vcmds(rig, 0, "TLBI_NH_VA asid=7 va=0x1000; SYNC");
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x1000));
}

ENGINE_TEST(Cmdqv, QueueGoesOnBehindTheEndOfItsRing)
{
  start(rig);
  for (unsigned i = 0; i < 15; i++)
    rig_vcmds(rig, 0, "TLBI_NH_ALL; CFGI_ALL; SYNC");
  EXPECT_EQ(cons_of(rig, 0), 45u & 31u);
}

ENGINE_TEST(Cmdqv, FullRingIsConsumedWhole)
{
  start(rig);
  for (unsigned i = 0; i < 16; i++)
    rig_put_vcmd(rig, 0, i, "TLBI_NH_ALL");
  rig_set_vreg(rig, 0, OFF_VCMDQ_PROD_INDX, 16);
  EXPECT_EQ(cons_of(rig, 0), 16u);
}

ENGINE_TEST(Cmdqv, ProdBeyondTheRingStopsTheQueueUntilItMakesSense)
{
  start(rig);
  rig_put_vcmd(rig, 0, 0, "SYNC");
  rig_set_vreg(rig, 0, OFF_VCMDQ_PROD_INDX, 17); /* seventeen commands in a ring of sixteen */
  EXPECT_EQ(cons_of(rig, 0), 0u);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_GERROR), 0u);
  rig_set_vreg(rig, 0, OFF_VCMDQ_PROD_INDX, 1);
  EXPECT_EQ(cons_of(rig, 0), 1u);
}

ENGINE_TEST(Cmdqv, SizeIsCappedAsThatOfTheOwnQueue)
{
  struct smmu_config config = rig->config;

  smmu_config_set_cmdqv(&config, 1, 2);
  config.idr[1] = (config.idr[1] & ~(31u << 21)) | 2u << 21; /* CMDQS: four entries */
  rig_restart(rig, &config);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vcmdq(rig, 0, 0, 0); /* asks for sixteen */
  for (unsigned i = 0; i < 5; i++)
    rig_put_vcmd(rig, 0, i, i < 4 ? "TLBI_NH_ALL" : "OP_0xff");
  rig_set_vreg(rig, 0, OFF_VCMDQ_PROD_INDX, 4);
  rig_set_vreg(rig, 0, OFF_VCMDQ_PROD_INDX, 5); /* slot 0 again */
  EXPECT_EQ(cons_of(rig, 0), 5u);
}

ENGINE_TEST(Cmdqv, QueuesAndTheOwnQueueDoNotWaitForEachOther)
{
  start(rig);
  rig_vcmdq(rig, 1, 0, 1);
  rig_set_cr0(rig, 5); /* CMDQEN = 0: of the own queue alone */
  rig_push(rig, "SYNC");
  rig_vcmds(rig, 0, "SYNC");
  rig_vcmds(rig, 1, "TLBI_NH_ALL; SYNC");
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 0u);
}

/* ---- what must be on ---- */

static const char *const missing[] = { "CMDQV", "VINTF", "Allocation", "Enable" };

/* Everything programmed but one thing, a command in the ring; then that one too. */
static void without(struct rig *rig, int what)
{
  static const struct {
    uint64_t offset;
    uint32_t off, on;
  } row[] = { { OFF_CMDQV_CONFIG, 0x20082, 0x20083 },
              { 0x1000, 0x20000, 0x20001 },
              { 0x200, 0, 1 },
              { 0x10008, 0, 1 } };

  rig_cmdqv(rig, 2, 4);
  rig_put_vcmd(rig, 0, 0, "SYNC");
  rig_vring(rig, 0);
  for (int i = 0; i < 4; i++)
    rig_set_creg(rig, row[i].offset, i == what ? row[i].off : row[i].on);
  rig_set_vreg(rig, 0, OFF_VCMDQ_PROD_INDX, 1);
  if (status_of(rig, 0) != 0 || cons_of(rig, 0) != 0)
    ADD_TEST_FAILURE("runs without %s", missing[what]);
  rig_set_creg(rig, row[what].offset, row[what].on);
  if (status_of(rig, 0) != 1 || cons_of(rig, 0) != 1)
    ADD_TEST_FAILURE("does not run when %s comes last", missing[what]);
}

ENGINE_TEST(Cmdqv, QueueRunsOnlyWithEverythingOnInAnyOrder)
{
  for (int what = 0; what < 4; what++)
    without(rig, what);
}

ENGINE_TEST(Cmdqv, QueueBehindAnotherOnItsSlotDoesNotRun)
{
  start(rig);
  rig_vintf(rig, 1, 0, RIG_HYP_OWN);
  rig_vcmdq(rig, 3, 1, 0);
  rig_allocate(rig, 1, 1, 0); /* a lower number on the same slot */
  EXPECT_EQ(status_of(rig, 3), 0u);
  rig_vpush(rig, 3, "SYNC");
  EXPECT_EQ(cons_of(rig, 3), 0u);
}

ENGINE_TEST(Cmdqv, AllocationToAVintfThatIsNotThereIsNone)
{
  rig_cmdqv(rig, 2, 4);
  rig_allocate(rig, 0, 2, 0);
  rig_vring(rig, 0);
  rig_set_vreg(rig, 0, OFF_VCMDQ_CONFIG, 1);
  EXPECT_EQ(status_of(rig, 0), 0u);
}

ENGINE_TEST(Cmdqv, ResetValueOfConfigSaysWhetherCmdqvStartsOn)
{
  struct smmu_config config = rig->config;

  smmu_config_set_cmdqv(&config, 1, 2);
  config.cmdqv.config_reset = 0x20402;
  rig_restart(rig, &config);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_CONFIG), 0x20402u);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_STATUS), 0u);
  rig_set_creg(rig, OFF_CMDQV_CONFIG, 0x20403);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_STATUS), 1u);
}

/* ---- handshakes ---- */

ENGINE_TEST(Cmdqv, EachEnableIsAcknowledgedInAStepOfItsOwn)
{
  struct rig_hand h;
  smmu_actor ack;

  rig_cmdqv(rig, 1, 2);
  rig_set_creg(rig, OFF_CMDQV_CONFIG, 0);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_STATUS), 0u);
  rig_allocate(rig, 0, 0, 0);
  rig_vring(rig, 0);
  h = rig_hand(rig);
  ack = smmu_actor_ack(rig->device);
  rig_poke_cmdqv(rig, OFF_CMDQV_CONFIG, 1);
  rig_poke_cmdqv(rig, 0x1000, 1);
  rig_poke_cmdqv(rig, 0x10008, 1);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_STATUS) | vintf_ok(rig, 0) | status_of(rig, 0), 0u);
  rig_finish(&h, ack);
  rig_finish(&h, ack);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_STATUS) & vintf_ok(rig, 0), 1u);
  EXPECT_EQ(status_of(rig, 0), 0u);
  rig_finish(&h, ack);
  EXPECT_EQ(status_of(rig, 0), 1u);
  EXPECT_FALSE(smmu_is_runnable(rig->device, ack));
}

/* Two commands in the ring, the first one at this stage when `offset` loses its enable; everything
 * that it switches off is acknowledged only at rest. CONS at rest. */
static unsigned cons_after_disabling_at(struct rig *rig, uint64_t offset, unsigned stage)
{
  struct rig_hand h;

  start(rig);
  rig_put_vcmd(rig, 0, 0, "TLBI_NSNH_ALL");
  rig_put_vcmd(rig, 0, 1, "TLBI_NSNH_ALL");
  h = rig_hand(rig);
  rig_poke_cmdqv(rig, 0x10004, 2);
  EXPECT_TRUE(rig_reach(&h, smmu_actor_cmdq(rig->device, 1), stage));
  rig_poke_cmdqv(rig, offset, rig_creg(rig, offset) & ~1u);
  rig_finish(&h, smmu_actor_ack(rig->device));
  EXPECT_EQ(status_of(rig, 0), 1u);
  EXPECT_EQ(vintf_ok(rig, 0), 1u);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_STATUS), 1u);
  rig_settle(&h);
  EXPECT_EQ(status_of(rig, 0), 0u);
  return cons_of(rig, 0);
}

static const uint64_t enables[] = { 0x10008, 0x1000, OFF_CMDQV_CONFIG, 0x200 };

ENGINE_TEST(Cmdqv, DisablingWaitsForTheCommandBeingProcessed)
{
  for (unsigned i = 0; i < 4; i++)
    EXPECT_EQ(cons_after_disabling_at(rig, enables[i], SMMU_STAGE_INVALIDATE), 1u);
}

ENGINE_TEST(Cmdqv, DisablingDropsTheCommandBeingFetched)
{
  for (unsigned i = 0; i < 4; i++)
    EXPECT_EQ(cons_after_disabling_at(rig, enables[i], SMMU_STAGE_CMD_FETCH), 0u);
}

ENGINE_TEST(Cmdqv, VintfIsOffOnlyAfterItsQueuesAre)
{
  struct rig_hand h;
  smmu_actor ack;

  start(rig);
  rig_vcmdq(rig, 1, 0, 1);
  h = rig_hand(rig);
  ack = smmu_actor_ack(rig->device);
  rig_poke_cmdqv(rig, 0x1000, 0x20000);
  for (unsigned left = 2; left; left--) {
    EXPECT_EQ(status_of(rig, 0) + status_of(rig, 1), left);
    EXPECT_EQ(vintf_ok(rig, 0), 1u);
    rig_finish(&h, ack);
  }
  rig_finish(&h, ack);
  EXPECT_EQ(vintf_ok(rig, 0), 0u);
}

ENGINE_TEST(Cmdqv, DisabledVintfTakesItsQueuesAlongAndBringsThemBack)
{
  start(rig);
  rig_vintf(rig, 1, 0, RIG_HYP_OWN);
  rig_vcmdq(rig, 1, 1, 0);
  rig_set_vintf_reg(rig, 0, OFF_VINTF_CONFIG, 0x20000);
  EXPECT_EQ(vintf_ok(rig, 0), 0u);
  EXPECT_EQ(status_of(rig, 0), 0u);
  EXPECT_EQ(rig_vreg(rig, 0, OFF_VCMDQ_CONFIG), 1u);
  rig_vpush(rig, 0, "SYNC");
  EXPECT_EQ(cons_of(rig, 0), 0u);
  rig_vcmds(rig, 1, "SYNC"); /* the other VINTF stays */
  rig_set_vintf_reg(rig, 0, OFF_VINTF_CONFIG, 0x20001);
  EXPECT_EQ(status_of(rig, 0), 1u);
  EXPECT_EQ(cons_of(rig, 0), 1u);
}

ENGINE_TEST(Cmdqv, DisabledCmdqvStopsEveryQueueButTheOwnOne)
{
  start(rig);
  rig_vintf(rig, 1, 0, RIG_HYP_OWN);
  rig_vcmdq(rig, 1, 1, 0);
  rig_set_creg(rig, OFF_CMDQV_CONFIG, 0x20082);
  EXPECT_EQ(rig_creg(rig, OFF_CMDQV_STATUS), 0u);
  EXPECT_EQ(status_of(rig, 0) + status_of(rig, 1), 0u);
  EXPECT_EQ(vintf_ok(rig, 0), 1u); /* VINTFs follow their own enable */
  rig_vpush(rig, 1, "SYNC");
  EXPECT_EQ(cons_of(rig, 1), 0u);
  rig_cmds(rig, "SYNC");
  rig_set_creg(rig, OFF_CMDQV_CONFIG, 0x20083);
  EXPECT_EQ(cons_of(rig, 1), 1u);
}

ENGINE_TEST(Cmdqv, EnableThatReturnsBeforeTheAcknowledgementGoesOn)
{
  struct rig_hand h;

  start(rig);
  rig_put_vcmd(rig, 0, 0, "SYNC");
  h = rig_hand(rig);
  rig_poke_cmdqv(rig, 0x10004, 1);
  rig_reach(&h, smmu_actor_cmdq(rig->device, 1), SMMU_STAGE_CMD_FETCH);
  rig_poke_cmdqv(rig, 0x10008, 0);
  rig_poke_cmdqv(rig, 0x10008, 1);
  rig_settle(&h);
  EXPECT_EQ(status_of(rig, 0), 1u);
  EXPECT_EQ(cons_of(rig, 0), 1u);
}

/* ---- a ring that cannot be ---- */

/* GERROR of a queue enabled with this BASE. */
static uint32_t init_error(struct rig *rig, uint64_t base)
{
  rig_set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 0);
  rig_cmdqv_write(rig, cmdqv_vcmdq_page1(1), base, 8);
  rig_vack(rig, 1);
  rig_set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 1);
  return (rig_vreg(rig, 1, OFF_VCMDQ_GERROR) ^ rig_vreg(rig, 1, OFF_VCMDQ_GERRORN)) |
         status_of(rig, 1) << 16;
}

ENGINE_TEST(Cmdqv, RingThatCannotBeIsAnInitError)
{
  struct smmu_config config = rig->config;

  smmu_config_set_cmdqv(&config, 1, 2);
  config.idr[5] = (config.idr[5] & ~7u) | 2; /* 40 bits */
  rig_restart(rig, &config);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_allocate(rig, 1, 0, 0);
  rig->signals[SMMU_SIGNAL_CMDQV] = 0;
  EXPECT_EQ(init_error(rig, 1ULL << 40 | 4), 4u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMDQV], 1u);
  EXPECT_EQ(init_error(rig, 0x300020 | 4), 4u); /* a ring of 256 bytes at half its size */
  EXPECT_EQ(rig_creg(rig, 0x10c0), 1u);
  EXPECT_EQ(init_error(rig, 0x300000 | 4), 1u << 16);
  EXPECT_EQ(init_error(rig, 0x300020 | 0), 1u << 16);
  EXPECT_EQ(init_error(rig, ((1ULL << 40) - 256) | 4), 1u << 16);
  EXPECT_EQ(rig_creg(rig, 0x10c0), 0u);
}

ENGINE_TEST(Cmdqv, AcknowledgedInitErrorComesBackWhileTheRingStays)
{
  rig_cmdqv(rig, 1, 2);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_allocate(rig, 1, 0, 0);
  rig->signals[SMMU_SIGNAL_CMDQV] = 0;
  init_error(rig, 0x300020 | 4);
  EXPECT_EQ(rig_vreg(rig, 1, OFF_VCMDQ_GERROR), 4u);
  rig_vack(rig, 1);
  EXPECT_EQ(rig_vreg(rig, 1, OFF_VCMDQ_GERROR), 0u); /* toggled again */
  EXPECT_EQ(rig_vreg(rig, 1, OFF_VCMDQ_GERRORN), 4u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMDQV], 2u);
}
