/* Engine `timed`: two command queues, the SMMU's own and a VCMDQ, share what has one slot. */
#include "shim/rig_cmdqv.h"

/* One SYNC in each, both doorbells at one time; when each is consumed. */
static void two_syncs(struct rig *rig, uint64_t own, uint64_t virtual)
{
  struct engine_timed *e;
  uint64_t start, cons = cmdqv_vcmdq_page0(0) + OFF_VCMDQ_CONS_INDX;

  rig_cmdqv(rig, 1, 1);
  rig_vintf(rig, 0, 5, RIG_GUEST);
  rig_vcmdq(rig, 0, 0, 0);
  rig_put_cmd(rig, 0, "SYNC");
  rig_put_vcmd(rig, 0, 0, "SYNC");
  e = rig_timed(rig);
  start = engine_timed_now(e);
  engine_timed_mmio_write(e, OFF_CMDQ_PROD, 1, 4);
  engine_timed_cmdqv_write(e, cmdqv_vcmdq_page0(0) + OFF_VCMDQ_PROD_INDX, 1, 4);
  engine_timed_run_until(e, start + own - 1);
  EXPECT_EQ(engine_timed_mmio_read(e, OFF_CMDQ_CONS, 4), 0u);
  engine_timed_run_until(e, start + own);
  EXPECT_EQ(engine_timed_mmio_read(e, OFF_CMDQ_CONS, 4), 1u);
  if (virtual > own) {
    engine_timed_run_until(e, start + virtual - 1);
    EXPECT_EQ(engine_timed_cmdqv_read(e, cons, 4), 0u);
  }
  engine_timed_run_until(e, start + virtual);
  EXPECT_EQ(engine_timed_cmdqv_read(e, cons, 4), 1u);
}

static void in_turn(struct rig *rig)
{
  two_syncs(rig, 100000 + 30000, 200000 + 30000);
}

static void side_by_side(struct rig *rig)
{
  two_syncs(rig, 100000 + 30000, 100000 + 30000);
}

static void fetched_together(struct rig *rig)
{
  two_syncs(rig, 100000 + 30000, 100000 + 60000);
}

TEST_CASE(TimedQueues, TwoCommandQueuesShareEachResource)
{
  struct timed_profile p;

  timed_profile_zero(&p);
  p.read.latency_ps = 100000;
  p.stage[SMMU_STAGE_SYNC].latency_ps = 30000;
  rig_run_timed(&p, 0, side_by_side);
  p.stage[SMMU_STAGE_SYNC].slots = 1;
  rig_run_timed(&p, 0, fetched_together);
  p.stage[SMMU_STAGE_CMD_FETCH].slots = 1;
  rig_run_timed(&p, 0, in_turn);
}
