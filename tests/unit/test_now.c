/* Engine `now`: seeds, limits, statistics, the fast path. */
#include "shim/rig.h"

#define PA 0x80000ULL

static struct engine_now_stats stats_of(struct rig *rig)
{
  struct engine_now_stats s;

  engine_now_get_stats(rig->engine, &s);
  return s;
}

NOW_TEST(Now, UnknownTbuIsRefused)
{
  struct smmu_result r;

  EXPECT_EQ(engine_now_translate(rig->engine, &(struct smmu_txn){ .tbu = 1 }, &r), SMMU_ERR_BADARG);
}

NOW_TEST(Now, BadConfigurationIsRefused)
{
  struct smmu_config config = rig->config;
  struct engine_now *e;

  config.tbus = 0;
  EXPECT_EQ(engine_now_create(&e, &config, rig->memory), SMMU_ERR_BADCFG);
  EXPECT_NULL(e);
}

NOW_TEST(Now, RunStopsAtItsLimit)
{
  rig_put_cmd(rig, 0, "TLBI_NSNH_ALL");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 1, 4, NULL);
  EXPECT_EQ(engine_now_run(rig->engine, 2), SMMU_ERR_LIMIT);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 0u);
  EXPECT_EQ(engine_now_run(rig->engine, 0), SMMU_OK);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 1u);
}

ENGINE_TEST(Engine, EverythingRestsAfterATranslation)
{
  uint64_t bitmap[4];

  rig_read(rig, SID, 0x1000);
  EXPECT_EQ(smmu_runnable(rig->device, bitmap), 0u);
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
}

NOW_TEST(Now, FastPathAnswersHitsUnlessSwitchedOff)
{
  bool fast = rig->host == &rig_host_now;

  rig_map(rig, SID, 0x1000, PA, RIG_RW);
  for (unsigned i = 0; i < 10; i++)
    EXPECT_PA(rig_read(rig, SID, 0x1000), PA);
  EXPECT_EQ(stats_of(rig).fast_hits, fast ? 9u : 0u);
  EXPECT_EQ(stats_of(rig).translations, 10u);
}

NOW_TEST(Now, StatisticsCountMemoryAccesses)
{
  struct engine_now_stats before = stats_of(rig), after;

  rig_read(rig, SID, 0x1000);
  after = stats_of(rig);
  EXPECT_EQ(after.reads - before.reads, 3u); /* STE, CD, the invalid descriptor */
  EXPECT_EQ(after.writes - before.writes, 1u);
}

NOW_TEST(Now, StatisticsCountSignals)
{
  rig_cmds(rig, "SYNC cs=1; SYNC cs=1");
  EXPECT_EQ(stats_of(rig).signals[SMMU_SIGNAL_CMD_SYNC], 2u);
}

/* A run with victims to pick; what the device is afterwards. */
static void busy_run(struct rig *rig, uint64_t seed, uint64_t hash[2])
{
  rig_restart_profile(rig, "tiny");
  engine_now_set_seed(rig->engine, seed);
  for (uint64_t i = 0; i < 17; i++)
    rig_map(rig, SID, i << 12, PA, RIG_RW);
  for (uint64_t i = 0; i < 200; i++) {
    rig_map(rig, SID, (i % 17) << 12, RIG_DATA + (i << 12), RIG_RW);
    rig_read(rig, SID, (i * 5 % 17) << 12);
  }
  smmu_hash(rig->device, hash);
}

NOW_TEST(Now, EqualSeedsGiveEqualRuns)
{
  uint64_t a[2], b[2];

  busy_run(rig, 42, a);
  busy_run(rig, 42, b);
  EXPECT_MEMEQ(a, b, sizeof a);
}

NOW_TEST(Now, TwoDevicesInOneMemoryDoNotMeet)
{
  struct engine_now *other;
  struct smmu_result r;

  EXPECT_EQ(engine_now_create(&other, &rig->config, rig->memory), SMMU_OK);
  rig_map(rig, SID, 0x1000, PA, RIG_RW);
  EXPECT_EQ(engine_now_translate(other, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &r),
            SMMU_OK);
  EXPECT_PA(r, 0x1000); /* never enabled */
  EXPECT_PA(rig_read(rig, SID, 0x1000), PA);
  engine_now_destroy(other);
}

/* An interrupt handler: empties the event queue from inside the signal. */
static void drain_events(struct rig *rig, enum smmu_signal line)
{
  if (line == SMMU_SIGNAL_EVENTQ)
    rig_set_reg(rig, OFF_EVENTQ_CONS, rig_reg(rig, OFF_EVENTQ_PROD));
}

ENGINE_TEST(Engine, SignalHandlerMayAccessRegisters)
{
  rig->on_signal = drain_events;
  rig_set_reg(rig, OFF_IRQ_CTRL, 5);
  for (unsigned i = 0; i < 3; i++)
    rig_read(rig, SID, 0x1000);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_EVENTQ], 3u);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_CONS), 3u);
}

/* ---- the fast path alone ---- */

ENGINE_TEST(TryHit, MissFaultAndBypassAreLeftToTheSteps)
{
  struct smmu_txn read = { .addr = 0x1000, .sid = SID },
                  write = { .addr = 0x1000, .sid = SID, .write = 1 };
  struct smmu_result r;

  rig_map(rig, SID, 0x1000, PA, RIG_R);
  EXPECT_FALSE(smmu_try_hit(rig->device, &read, &r, NULL));
  rig_read(rig, SID, 0x1000);
  EXPECT_TRUE(smmu_try_hit(rig->device, &read, &r, NULL));
  EXPECT_PA(r, PA);
  EXPECT_FALSE(smmu_try_hit(rig->device, &write, &r, NULL));
  rig_set_cr0(rig, 0xc);
  EXPECT_FALSE(smmu_try_hit(rig->device, &read, &r, NULL));
}

ENGINE_TEST(TryHit, NeedsAFreeSlotAsSteppingDoes)
{
  struct smmu_txn read = { .addr = 0x1000, .sid = SID };
  struct rig_hand h = rig_hand(rig);
  struct smmu_result r;
  smmu_actor actor;

  rig_map(rig, SID, 0x1000, PA, RIG_RW);
  rig_read(rig, SID, 0x1000);
  for (unsigned i = 0; i < rig->config.txns; i++)
    smmu_submit(rig->device, &read, &actor, NULL);
  EXPECT_FALSE(smmu_try_hit(rig->device, &read, &r, NULL));
  rig_settle(&h);
  EXPECT_TRUE(smmu_try_hit(rig->device, &read, &r, NULL));
}
