/* Engine `timed`: when things happen. Not a picosecond before, and then. Each case takes a profile
 * in which nothing takes time and gives time to one thing. */
#include "shim/rig.h"

#define PA  0x80000ULL
#define VA1 0x40000000ULL
#define VA2 0x80000000ULL

/* Reads of a translation with nothing cached: STE, CD, three levels. */
enum { COLD_READS = 5, WALK_READS = 3 };

static struct timed_profile nothing(void)
{
  struct timed_profile p;

  timed_profile_zero(&p);
  return p;
}

/* The next completion comes `after` ps from `since` on, to the picosecond. */
static struct engine_timed_done ends_after(struct rig *rig, uint64_t since, uint64_t after)
{
  struct engine_timed *e = rig_timed(rig);
  struct engine_timed_done done = { 0 };

  if (since + after > engine_timed_now(e)) {
    engine_timed_run_until(e, since + after - 1);
    EXPECT_FALSE(engine_timed_poll(e, &done));
  }
  engine_timed_run_until(e, since + after);
  EXPECT_TRUE(engine_timed_poll(e, &done));
  EXPECT_EQ(done.ended, since + after);
  return done;
}

static uint64_t now_of(struct rig *rig)
{
  return engine_timed_now(rig_timed(rig));
}

static void map_both(struct rig *rig)
{
  rig_map(rig, SID, VA1, PA, RIG_RW);
  rig_map(rig, SID, VA2, PA + 0x1000, RIG_RW);
}

/* ---- one transaction ---- */

static void cold(struct rig *rig)
{
  rig_map(rig, SID, VA1, PA, RIG_RW);
  rig_submit(rig, SID, VA1);
  EXPECT_PA(ends_after(rig, 0, COLD_READS * 100000).result, PA);
}

TEST_CASE(TimedLatency, ReadsFromMemoryAddUp)
{
  struct timed_profile p = nothing();

  p.read.latency_ps = 100000;
  rig_run_timed(&p, 0, cold);
}

static void warm(struct rig *rig)
{
  uint64_t start;

  rig_map(rig, SID, VA1, PA, RIG_RW);
  rig_read(rig, SID, VA1);
  start = now_of(rig);
  rig_submit(rig, SID, VA1);
  EXPECT_PA(ends_after(rig, start, 7000 + 2000).result, PA);
}

TEST_CASE(TimedLatency, StagesOfAHitAddUp)
{
  struct timed_profile p = nothing();

  p.stage[SMMU_STAGE_TBU].latency_ps = 7000;
  p.stage[SMMU_STAGE_RESPOND].latency_ps = 2000;
  p.stage[SMMU_STAGE_EVENT].latency_ps = 500000; /* not on its way */
  p.read.latency_ps = 100000;
  rig_run_timed(&p, 0, warm);
}

static void stage_then_memory(struct rig *rig)
{
  rig_map(rig, SID, VA1, PA, RIG_RW);
  rig_submit(rig, SID, VA1);
  ends_after(rig, 0, COLD_READS * 100000 + WALK_READS * 3000);
}

TEST_CASE(TimedLatency, AccessPassesItsStageAndThenMemory)
{
  struct timed_profile p = nothing();

  p.read.latency_ps = 100000;
  p.stage[SMMU_STAGE_WALK].latency_ps = 3000;
  rig_run_timed(&p, 0, stage_then_memory);
}

/* ---- when an access takes effect ---- */

static void store_before_the_answer(struct rig *rig)
{
  uint64_t leaf = rig_map(rig, SID, VA1, PA, RIG_RW);
  uint64_t desc = engine_memory_load64(rig->memory, leaf);

  rig_submit(rig, SID, VA1);
  engine_timed_run_until(rig_timed(rig), COLD_READS * 100000 - 1);
  engine_memory_store64(rig->memory, leaf, desc + 0x1000);
  EXPECT_PA(ends_after(rig, 0, COLD_READS * 100000).result, PA + 0x1000);
}

TEST_CASE(TimedLatency, ReadSeesAStoreMadeBeforeItsAnswer)
{
  struct timed_profile p = nothing();

  p.read.latency_ps = 100000;
  rig_run_timed(&p, 0, store_before_the_answer);
}

static void write_at_its_time(struct rig *rig)
{
  struct engine_timed *e = rig_timed(rig);
  uint64_t at;

  at = now_of(rig) + 40000;
  rig_put_cmd(rig, 0, "SYNC cs=1 msiaddress=0x2f0000 msidata=0x77");
  engine_timed_mmio_write(e, OFF_CMDQ_PROD, 1, 4);
  engine_timed_run_until(e, at - 1);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0u);
  engine_timed_run_until(e, at);
  EXPECT_EQ(engine_memory_load64(rig->memory, RIG_MSI), 0x77u);
}

TEST_CASE(TimedLatency, WriteIsSeenFromItsAnswerOn)
{
  struct timed_profile p = nothing();

  p.write.latency_ps = 40000;
  rig_run_timed(&p, 0, write_at_its_time);
}

/* ---- several transactions ---- */

/* Three hits at one time; when they end. */
static void three_hits(struct rig *rig, const uint64_t ends[3])
{
  uint64_t start;

  rig_map(rig, SID, VA1, PA, RIG_RW);
  rig_read(rig, SID, VA1);
  start = now_of(rig) + 1000000;
  engine_timed_run_until(rig_timed(rig), start);
  for (unsigned i = 0; i < 3; i++)
    rig_submit(rig, SID, VA1);
  for (unsigned i = 0; i < 3; i++)
    ends_after(rig, start, ends[i]);
}

static void one_slot(struct rig *rig)
{
  three_hits(rig, (const uint64_t[]){ 1000, 2000, 3000 });
}

static void two_slots(struct rig *rig)
{
  three_hits(rig, (const uint64_t[]){ 1000, 1000, 2000 });
}

static void intervals(struct rig *rig)
{
  three_hits(rig, (const uint64_t[]){ 1000, 1300, 1600 });
}

static void no_slots(struct rig *rig)
{
  three_hits(rig, (const uint64_t[]){ 1000, 1000, 1000 });
}

static void run_with_tbu(uint32_t slots, uint64_t interval, void (*body)(struct rig *rig))
{
  struct timed_profile p = nothing();

  p.stage[SMMU_STAGE_TBU] =
    (struct timed_resource){ .slots = slots, .latency_ps = 1000, .interval_ps = interval };
  rig_run_timed(&p, 0, body);
}

TEST_CASE(TimedLatency, SlotsBoundHowManyAreServedAtATime)
{
  run_with_tbu(1, 0, one_slot);
  run_with_tbu(2, 0, two_slots);
  run_with_tbu(0, 0, no_slots);
}

TEST_CASE(TimedLatency, IntervalPartsTheStarts)
{
  run_with_tbu(8, 300, intervals);
}

/* Two walks of three reads each, configuration cached: when they end. */
static void two_walks(struct rig *rig, uint64_t first, uint64_t second)
{
  uint64_t start;

  map_both(rig);
  rig_read(rig, SID, 0x1000);
  start = now_of(rig);
  rig_submit(rig, SID, VA1);
  rig_submit(rig, SID, VA2);
  EXPECT_PA(ends_after(rig, start, first).result, PA);
  EXPECT_PA(ends_after(rig, start, second).result, PA + 0x1000);
}

static void serial_walks(struct rig *rig)
{
  two_walks(rig, 500000, 600000);
}

static void parallel_walks(struct rig *rig)
{
  two_walks(rig, 300000, 300000);
}

TEST_CASE(TimedLatency, AccessHoldsItsStageUntilTheAnswer)
{
  struct timed_profile p = nothing();

  p.read.latency_ps = 100000;
  p.stage[SMMU_STAGE_WALK].slots = 1;
  rig_run_timed(&p, 0, serial_walks);
  p.stage[SMMU_STAGE_WALK].slots = 2;
  rig_run_timed(&p, 0, parallel_walks);
}

TEST_CASE(TimedLatency, MemoryHasSlotsOfItsOwn)
{
  struct timed_profile p = nothing();

  p.read = (struct timed_resource){ .slots = 1, .latency_ps = 100000 };
  rig_run_timed(&p, 0, serial_walks);
  p.read.slots = 2;
  rig_run_timed(&p, 0, parallel_walks);
}

/* The first to reach memory is served first, though the other one asked its stage before. */
static void short_way(struct rig *rig)
{
  struct engine_timed *e = rig_timed(rig);
  uint64_t start, ticket;

  map_both(rig);
  rig_read(rig, SID, 0x1000);
  start = now_of(rig);
  ticket = rig_submit(rig, SID, VA1); /* its WALK takes 5 ns */
  engine_timed_run_until(e, start + 1000);
  rig_put_cmd(rig, 0, "SYNC");
  engine_timed_mmio_write(e, OFF_CMDQ_PROD, 1, 4); /* its CMD_FETCH takes none */
  engine_timed_run_until(e, start + 100999);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 0u);
  engine_timed_run_until(e, start + 101000);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 1u);
  /* The walk waited for memory until then. */
  EXPECT_EQ(ends_after(rig, start, 101000 + 100000 + 2 * 105000).ticket, ticket);
}

TEST_CASE(TimedLatency, MemoryServesInOrderOfArrivalAtMemory)
{
  struct timed_profile p = nothing();

  p.read = (struct timed_resource){ .slots = 1, .latency_ps = 100000 };
  p.stage[SMMU_STAGE_WALK].latency_ps = 5000;
  rig_run_timed(&p, 0, short_way);
}

static void overtaking(struct rig *rig)
{
  uint64_t start, slow, quick;

  map_both(rig);
  rig_read(rig, SID, VA2);
  start = now_of(rig);
  slow = rig_submit(rig, SID, VA1);
  engine_timed_run_until(rig_timed(rig), start + 50000);
  quick = rig_submit(rig, SID, VA2);
  EXPECT_EQ(ends_after(rig, start, 50000).ticket, quick);
  EXPECT_EQ(ends_after(rig, start, 300000).ticket, slow);
}

TEST_CASE(TimedLatency, HitOvertakesAWalk)
{
  struct timed_profile p = nothing();

  p.read.latency_ps = 100000;
  rig_run_timed(&p, 0, overtaking);
}

/* ---- queues ---- */

/* PREFETCH does nothing here: 100 ns for its words, 100 ns for those of SYNC, and 50 ns in it. */
static void two_commands(struct rig *rig)
{
  static const struct {
    uint64_t time;
    unsigned cons;
  } steps[] = { { 99999, 0 }, { 100000, 1 }, { 249999, 1 }, { 250000, 2 } };
  struct engine_timed *e = rig_timed(rig);
  uint64_t start = now_of(rig);

  rig_put_cmd(rig, 0, "PREFETCH_CONFIG sid=1");
  rig_put_cmd(rig, 1, "SYNC");
  engine_timed_mmio_write(e, OFF_CMDQ_PROD, 2, 4);
  for (unsigned i = 0; i < 4; i++) {
    engine_timed_run_until(e, start + steps[i].time);
    EXPECT_EQ(engine_timed_mmio_read(e, OFF_CMDQ_CONS, 4), steps[i].cons);
  }
}

TEST_CASE(TimedLatency, CommandsFollowOneAnother)
{
  struct timed_profile p = nothing();

  p.read.latency_ps = 100000;
  p.stage[SMMU_STAGE_SYNC].latency_ps = 50000;
  rig_run_timed(&p, 0, two_commands);
}

/* A fault is recorded while the command queue waits for memory: neither holds up the other. */
static void both_queues(struct rig *rig)
{
  struct engine_timed *e = rig_timed(rig);
  uint64_t start;

  rig_read(rig, SID, 0x1000); /* configuration and upper levels are cached now */
  EXPECT_EQ(rig_event(rig, NULL), EVENT_F_TRANSLATION);
  start = now_of(rig);
  rig_put_cmd(rig, 0, "SYNC");
  engine_timed_mmio_write(e, OFF_CMDQ_PROD, 1, 4);
  rig_submit(rig, SID, 0x1000);
  ends_after(rig, start, 100000);
  engine_timed_run_until(e, start + 100000 + 29999);
  EXPECT_EQ(engine_timed_mmio_read(e, OFF_EVENTQ_PROD, 4), 1u);
  engine_timed_run_until(e, start + 100000 + 30000);
  EXPECT_EQ(engine_timed_mmio_read(e, OFF_EVENTQ_PROD, 4), 2u);
  EXPECT_EQ(engine_timed_mmio_read(e, OFF_CMDQ_CONS, 4), 1u);
}

TEST_CASE(TimedLatency, QueuesDoNotHoldUpEachOther)
{
  struct timed_profile p = nothing();

  p.read.latency_ps = 100000;
  p.write.latency_ps = 30000;
  rig_run_timed(&p, 0, both_queues);
}
