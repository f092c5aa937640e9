/* Engine `timed`: what it tells about itself, spans and statistics, and buses that ask for more
 * time. */
#include <string.h>

#include "shim/rig.h"

#define PA 0x80000ULL
#define VA 0x40000000ULL

enum { KEPT = 4096 };

static struct {
  struct timed_span span[KEPT];
  unsigned n;
} seen;

static void keep(void *ctx, const struct timed_span *span)
{
  (void)ctx;
  if (seen.n < KEPT)
    seen.span[seen.n++] = *span;
}

static void watch(struct rig *rig)
{
  seen.n = 0;
  engine_timed_set_span(rig_timed(rig), keep, NULL);
}

static struct engine_timed_done finish(struct rig *rig)
{
  struct engine_timed_done done = { 0 };

  engine_timed_run_until(rig_timed(rig), ENGINE_NEVER);
  EXPECT_TRUE(engine_timed_poll(rig_timed(rig), &done));
  return done;
}

static struct engine_timed_stats stats_of(struct rig *rig)
{
  struct engine_timed_stats s;

  engine_timed_get_stats(rig_timed(rig), &s);
  return s;
}

/* ---- spans ---- */

static void lone(struct rig *rig)
{
  struct engine_timed_done done;
  uint64_t at, sum = 0;
  unsigned reads = 0;

  rig_map(rig, SID, VA, PA, RIG_RW);
  watch(rig);
  rig_submit(rig, SID, VA);
  done = finish(rig);
  at = done.submitted;
  for (unsigned i = 0; i < seen.n; i++) {
    const struct timed_span *s = &seen.span[i];

    EXPECT_EQ(s->begin, at); /* no gap, no overlap */
    EXPECT_LE(s->begin, s->start);
    EXPECT_LE(s->start, s->memory);
    EXPECT_LE(s->memory, s->end);
    sum += s->end - s->begin;
    at = s->end;
    reads += s->ask == SMMU_ASK_READ;
  }
  EXPECT_EQ(sum, done.ended - done.submitted);
  EXPECT_EQ(reads, 5u);
}

TEST_CASE(TimedSpans, LoneTransactionIsAccountedForToThePicosecond)
{
  struct timed_profile p;

  rig_run_neutral(0, lone);
  for (uint64_t seed = 1; seed < 30; seed++) {
    rig_random_profile(&p, seed);
    rig_run_timed(&p, seed, lone);
  }
}

static void parts(struct rig *rig)
{
  uint64_t leaf = rig_map(rig, SID, VA, PA, RIG_RW), start;
  const struct timed_span *s;

  rig_read(rig, SID, 0x1000);
  start = engine_timed_now(rig_timed(rig));
  watch(rig);
  rig_submit(rig, SID, VA);
  rig_submit(rig, SID, 0x2000);
  engine_timed_run_until(rig_timed(rig), ENGINE_NEVER);
  for (s = seen.span; s < seen.span + seen.n - 1 && s->ask != SMMU_ASK_READ; s++)
    ;
  EXPECT_EQ(s->stage, SMMU_STAGE_WALK);
  EXPECT_EQ(s->begin, start);
  EXPECT_EQ(s->start, start);
  EXPECT_EQ(s->memory, start + 3000);
  EXPECT_EQ(s->end, start + 103000);
  EXPECT_EQ(s->actor, 0u);
  for (s++; s < seen.span + seen.n - 1 && (s->ask != SMMU_ASK_READ || s->actor == 0); s++)
    ;
  EXPECT_EQ(s->begin, start);
  EXPECT_EQ(s->start, start + 103000); /* the one slot was taken */
  EXPECT_EQ(s->memory, start + 106000);
  for (s = seen.span; s < seen.span + seen.n - 1 && s->addr != leaf; s++)
    ;
  EXPECT_EQ(s->addr, leaf);
}

TEST_CASE(TimedSpans, WaitStageAndMemoryAreToldApart)
{
  struct timed_profile p;

  timed_profile_zero(&p);
  p.stage[SMMU_STAGE_WALK] = (struct timed_resource){ .slots = 1, .latency_ps = 3000 };
  p.read.latency_ps = 100000;
  rig_run_timed(&p, 0, parts);
}

/* A SYNC behind an invalidation that marked a walk waits for that walk. */
static void drain(struct rig *rig)
{
  struct engine_timed *e = rig_timed(rig);
  const struct timed_span *s;
  struct engine_timed_done done;
  unsigned waits = 0;

  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_put_cmd(rig, 0, "TLBI_NSNH_ALL");
  rig_put_cmd(rig, 1, "SYNC");
  watch(rig);
  rig_submit(rig, SID, VA);
  engine_timed_mmio_write(e, OFF_CMDQ_PROD, 2, 4);
  done = finish(rig);
  for (s = seen.span; s < seen.span + seen.n; s++) {
    if (s->ask != SMMU_ASK_WAIT)
      continue;
    waits++;
    EXPECT_EQ(s->stage, SMMU_STAGE_NONE);
    EXPECT_EQ(s->actor, smmu_actor_cmdq(rig->device, 0));
    EXPECT_EQ(s->begin, 200000u); /* two commands fetched */
    EXPECT_EQ(s->start, done.ended);
    EXPECT_EQ(s->end, done.ended);
  }
  EXPECT_EQ(waits, 1u);
  EXPECT_EQ(done.ended, 500000u);
}

TEST_CASE(TimedSpans, WaitOfASyncEndsWithTheWalkItWaitsFor)
{
  struct timed_profile p;

  timed_profile_zero(&p);
  p.read.latency_ps = 100000;
  rig_run_timed(&p, 0, drain);
}

/* Four faults, room for one record: whoever finds the room taken again goes on waiting. */
static void race_for_room(struct rig *rig)
{
  struct smmu_config config = rig->config;
  struct engine_timed_done done;
  unsigned waits[4] = { 0 }, sum = 0;
  uint64_t spent = 0, lived = 0;

  config.events = 1;
  rig_restart(rig, &config);
  watch(rig);
  for (unsigned i = 0; i < 4; i++)
    rig_submit(rig, SID, VA);
  engine_timed_run_until(rig_timed(rig), ENGINE_NEVER);
  for (unsigned i = 0; i < seen.n; i++) {
    if (seen.span[i].actor >= config.txns)
      continue;
    waits[seen.span[i].actor & 3] += seen.span[i].ask == SMMU_ASK_WAIT;
    spent += seen.span[i].end - seen.span[i].begin;
  }
  while (engine_timed_poll(rig_timed(rig), &done))
    lived += done.ended - done.submitted;
  EXPECT_EQ(spent, lived);
  for (unsigned i = 0; i < 4; i++) {
    EXPECT_LE(waits[i], 1u);
    sum += waits[i];
  }
  EXPECT_EQ(sum, 3u);
  EXPECT_EQ(rig_events(rig, NULL, 0), 4u);
}

TEST_CASE(TimedSpans, WaitThatIsNotOverYetIsOneSpan)
{
  rig_run_neutral(0, race_for_room);
}

/* ---- statistics ---- */

static void counted(struct rig *rig)
{
  struct engine_timed_stats s;

  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_map(rig, SID, 2 * VA, PA, RIG_RW);
  rig_read(rig, SID, 0x1000); /* five reads, one event record */
  rig_submit(rig, SID, VA);
  rig_submit(rig, SID, 2 * VA);
  finish(rig);
  s = stats_of(rig);
  EXPECT_EQ(s.translations, 3u);
  EXPECT_EQ(s.reads, 3u + 6u); /* STE, CD and one empty level; then two walks */
  EXPECT_EQ(s.writes, 1u);
  EXPECT_EQ(s.read.served, s.reads);
  EXPECT_EQ(s.read.busy_ps, s.reads * 100000);
  EXPECT_EQ(s.stage[SMMU_STAGE_WALK].served, 7u);
  /* Two walks take turns at one slot: each but the first read waits for one of the other. */
  EXPECT_EQ(s.stage[SMMU_STAGE_WALK].waited_ps, 5 * 100000u);
  EXPECT_EQ(s.stage[SMMU_STAGE_WALK].longest_wait_ps, 100000u);
  EXPECT_EQ(s.stage[SMMU_STAGE_WALK].busy_ps, 7 * 100000u);
  EXPECT_GT(s.steps, s.reads);
}

TEST_CASE(TimedSpans, StatisticsCountAccessesUseAndWaits)
{
  struct timed_profile p;

  timed_profile_zero(&p);
  p.stage[SMMU_STAGE_WALK].slots = 1;
  p.read.latency_ps = 100000;
  rig_run_timed(&p, 0, counted);
}

/* ---- buses ---- */

struct bus {
  struct engine_memory *memory;
  uint64_t extra, last_addr;
  struct engine_timed *timed;
  uint64_t last_time;
};

static bool slow_read(void *ctx, uint64_t addr, void *bytes, size_t len, uint64_t *extra_ps)
{
  struct bus *b = ctx;

  EXPECT_EQ(*extra_ps, 0u);
  *extra_ps = b->extra;
  b->last_addr = addr;
  b->last_time = engine_timed_now(b->timed);
  return engine_memory_read(b->memory, addr, bytes, len);
}

static bool slow_write(void *ctx, uint64_t addr, const void *bytes, size_t len, uint64_t *extra_ps)
{
  struct bus *b = ctx;

  EXPECT_EQ(*extra_ps, 0u);
  *extra_ps = b->extra;
  return engine_memory_write(b->memory, addr, bytes, len);
}

/* A second engine over the rig's memory, its device a copy of the rig's. */
static void make_slow(struct rig *rig, struct bus *b, const struct timed_profile *profile)
{
  struct engine_timed_options options = { .device = &rig->config,
                                          .profile = profile,
                                          .bus = { b, slow_read, slow_write } };

  b->memory = rig->memory;
  EXPECT_EQ(engine_timed_create(&b->timed, &options), SMMU_OK);
  smmu_clone(engine_timed_device(b->timed), rig->device);
}

static void extra_time(struct rig *rig)
{
  struct timed_profile p;
  struct bus b = { .extra = 7000 };
  struct engine_timed_stats stats;
  struct engine_timed_done done;
  uint64_t ticket, leaf = rig_map(rig, SID, VA, PA, RIG_RW);

  timed_profile_zero(&p);
  p.read = (struct timed_resource){ .slots = 1, .latency_ps = 100000 };
  make_slow(rig, &b, &p);
  EXPECT_EQ(engine_timed_submit(b.timed, &(struct smmu_txn){ .addr = VA, .sid = SID }, &ticket),
            SMMU_OK);
  engine_timed_run_until(b.timed, 5 * 107000 - 1);
  EXPECT_FALSE(engine_timed_poll(b.timed, &done));
  EXPECT_EQ(b.last_addr, leaf);
  EXPECT_EQ(b.last_time, 5 * 107000u - 7000u); /* takes effect before the extra time */
  engine_timed_run_until(b.timed, 5 * 107000);
  ASSERT_TRUE(engine_timed_poll(b.timed, &done));
  EXPECT_PA(done.result, PA);
  engine_timed_get_stats(b.timed, &stats);
  EXPECT_EQ(stats.read.busy_ps, 5 * 107000u);
  EXPECT_EQ(stats.reads, 5u);
  engine_timed_destroy(b.timed);
}

TEST_CASE(TimedSpans, BusMayAskForMoreTime)
{
  rig_run_zero(0, extra_time);
}

static void ask_too_much(void *arg)
{
  struct rig *rig = arg;
  struct timed_profile p;
  struct bus b = { .extra = 1000000000001 };
  uint64_t ticket;

  timed_profile_zero(&p);
  make_slow(rig, &b, &p);
  engine_timed_submit(b.timed, &(struct smmu_txn){ .addr = VA, .sid = SID }, &ticket);
  engine_timed_run_until(b.timed, ENGINE_NEVER);
}

static void too_slow(struct rig *rig)
{
  EXPECT_DEATH(ask_too_much, rig, "invariant broken");
}

TEST_CASE(TimedSpans, BusMayNotAskForMoreThanASecond)
{
  rig_run_zero(0, too_slow);
}
