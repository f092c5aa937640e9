/* Whole machines under a watch: host, VMM, guest and driver keep the rules, whatever the way to the
 * queue and the seed; lazy mode shows its window and strict mode has none. */
#include <stdio.h>

#include "machine/result.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"
#include "watch/watch.h"

static struct machine_config cfg;
static struct watch_counts counts;
static char story[2048];

static void keep(void *ctx, const struct watch_story *s)
{
  (void)ctx;
  if (!story[0])
    snprintf(story, sizeof story, "%s", s->text);
}

static void set(const char *assignment)
{
  struct machine_error err;

  if (machine_config_set(&cfg, assignment, &err) != SMMU_OK)
    ADD_TEST_FAILURE("%s", err.text);
}

static void start(const char *const *settings)
{
  machine_config_defaults(&cfg);
  set("device.dma=on");
  set("bench.loops=20");
  set("bench.warmup=3");
  for (; *settings; settings++)
    set(*settings);
}

#define START(...) start((const char *const[]){ __VA_ARGS__, NULL })

static void run(void)
{
  struct watch *w = watch_create(&(struct watch_options){ .story = keep });
  const struct machine_sink sink = { w, watch_record, NULL };
  struct machine_result result;
  struct machine_error err;

  ASSERT_NOT_NULL(w);
  story[0] = '\0';
  if (machine_run(&cfg, &sink, &result, &err) != SMMU_OK)
    ADD_TEST_FAILURE("%s", err.text);
  EXPECT_FALSE(watch_failed(w));
  watch_get_counts(w, &counts);
  EXPECT_EQ(counts.records, result.records);
  machine_result_free(&result);
  watch_destroy(w);
}

/* Every page of every turn is read once (rounds: more often), and nothing is in doubt. */
static void expect_fresh(uint64_t pages)
{
  for (unsigned seed = 1; seed <= 3; seed++) {
    char text[32];

    snprintf(text, sizeof text, "run.seed=%u", seed);
    set(text);
    run();
    EXPECT_STREQ(story, "");
    EXPECT_EQ(counts.verdict[WATCH_FRESH], pages);
    EXPECT_EQ(counts.verdict[WATCH_PENDING] + counts.verdict[WATCH_DEFERRED], 0);
    EXPECT_EQ(counts.verdict[WATCH_STALE_DRIVER] + counts.verdict[WATCH_STALE_DEVICE], 0);
    EXPECT_EQ(counts.lost_words + counts.lost_entries, 0);
  }
}

TEST_CASE(Run, TrappedIsFresh)
{
  START("vm.queue=trapped", "bench.threads=2", "bench.granule=16k", "device.late=on");
  expect_fresh(2ULL * 23 * 4);
}

TEST_CASE(Run, VcmdqIsFresh)
{
  START("vm.queue=vcmdq", "bench.threads=2", "guest.ril=on", "bench.granule=36k", "device.late=on");
  expect_fresh(2ULL * 23 * 9);
}

TEST_CASE(Run, BareIsFresh)
{
  START("vm.queue=bare", "bench.threads=4", "vm.vcpus=4", "device.late=on", "smmu.tbus=2",
        "device.rounds=2");
  expect_fresh(4ULL * 23 * 2);
}

TEST_CASE(Run, BroadcastIsFresh)
{
  START("vm.queue=bare", "bench.threads=2", "host.tlbi=broadcast", "device.late=on");
  expect_fresh(2ULL * 23);
}

TEST_CASE(Run, EcmdqIsFresh)
{
  START("vm.queue=bare", "bench.threads=2", "host.ecmdq=on", "device.late=on");
  expect_fresh(2ULL * 23);
}

TEST_CASE(Run, WholeTablesComeAndGo)
{
  START("vm.queue=bare", "bench.threads=2", "bench.granule=4m", "bench.loops=2", "bench.warmup=1",
        "device.late=on");
  expect_fresh(2ULL * 3 * 1024);
}

/* What the endpoint asks for is judged; what it then uses left no record here. */
TEST_CASE(Run, AtsIsFresh)
{
  START("vm.queue=trapped", "device.ats=on", "device.late=on");
  expect_fresh(23);
  EXPECT_GE(counts.unjudged, 23);
}

TEST_CASE(Run, LazyShowsItsWindow)
{
  START("vm.queue=vcmdq", "guest.dma=lazy", "device.late=on", "bench.threads=2");
  run();
  EXPECT_STREQ(story, "");
  EXPECT_EQ(counts.verdict[WATCH_FRESH], 2 * 23);
  EXPECT_EQ(counts.verdict[WATCH_DEFERRED], 2 * 23);
  EXPECT_EQ(counts.verdict[WATCH_STALE_DRIVER], 0);
  EXPECT_EQ(counts.use.count, 2 * 23);
  EXPECT_EQ(counts.flush.count, 2 * 23);
  EXPECT_GT(counts.flush.most_ps, counts.use.most_ps);
  EXPECT_GT(counts.use.least_ps, 0);
}

TEST_CASE(Run, SameRecordsGiveTheSameCounts)
{
  struct watch_counts first;

  START("vm.queue=trapped", "guest.dma=lazy", "device.late=on");
  run();
  first = counts;
  run();
  EXPECT_MEMEQ(&first, &counts, sizeof first);
}
