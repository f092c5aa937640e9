/* Whole runs: what they count, that figures add up, that nothing but the seed makes a difference. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/cmdqv.h"
#include "kit.h"
#include "plat/board.h"
#include "smmu/err.h"
#include "smmu/trace.h"

enum { MILLION = 1000000 };

static struct machine_config cfg;
static struct machine_result result, other;
static struct machine_error err;

#define START(...) \
  kit_start(&cfg, (const char *const[]){ "bench.loops=20", "bench.warmup=3", __VA_ARGS__, NULL })

/* ---- counts ---- */

static const char *const granules[] = { "4k", "16k", "64k", "128k", "256k" };
static const uint64_t pages[] = { 1, 4, 16, 32, 64 };

PARAM_TEST_CASE(Counts, TrappedUnmapCostsWhatTheSourcesSay, granules, 5)
{
  uint64_t n = pages[param], syncs = (n + 62) / 63;
  char granule[32];

  snprintf(granule, sizeof(granule), "bench.granule=%s", granules[param]);
  START("vm.queue=trapped", granule);
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.counts.unmaps, 23);
  EXPECT_EQ(result.counts.exits, 2 * 23);
  EXPECT_EQ(result.counts.exits_prod, 23);
  EXPECT_EQ(result.counts.exits_cons, 23);
  EXPECT_EQ(result.counts.ioctls, 23);
  EXPECT_EQ(result.counts.guest_commands, (n + 1) * 23);
  EXPECT_EQ(result.counts.guest_syncs, 23);
  EXPECT_EQ(result.counts.host_commands, (n + syncs) * 23);
  EXPECT_EQ(result.counts.host_syncs, syncs * 23);
  machine_result_free(&result);
}

PARAM_TEST_CASE(Counts, VcmdqUnmapNeverLeavesTheGuest, granules, 5)
{
  char granule[32];

  snprintf(granule, sizeof(granule), "bench.granule=%s", granules[param]);
  START("vm.queue=vcmdq", granule);
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.counts.exits, 0);
  EXPECT_EQ(result.counts.ioctls, 0);
  EXPECT_EQ(result.counts.host_commands, 0);
  EXPECT_EQ(result.counts.guest_commands, (pages[param] + 1) * 23);
  EXPECT_EQ(result.counts.guest_syncs, 23);
  machine_result_free(&result);
}

TEST_CASE(Counts, RangeInvalidationIsOneCommand)
{
  START("vm.queue=trapped", "bench.granule=256k", "guest.ril=on");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.counts.guest_tlbi, 23);
  EXPECT_EQ(result.counts.guest_commands, 2 * 23);
  machine_result_free(&result);
}

/* It would be refused a page that is not mapped, and the run would fail. */
TEST_CASE(Counts, ADeviceThatWorksTranslatesEachPage)
{
  START("vm.queue=vcmdq", "bench.granule=16k", "device.dma=on");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.device.stage[SMMU_STAGE_TBU].served, 4 * 23);
  EXPECT_GT(result.device.stage[SMMU_STAGE_WALK].served, 4 * 22);
  machine_result_free(&result);
}

static uint64_t walks_of(const char *wider)
{
  uint64_t walks = 0;

  START("vm.queue=bare", "bench.granule=16k", "device.dma=on", wider);
  if (kit_run(&cfg, &result)) {
    walks = result.device.stage[SMMU_STAGE_WALK].served;
    machine_result_free(&result);
  }
  return walks;
}

TEST_CASE(Counts, InvalidationsThatTakeMoreCostWalks)
{
  uint64_t exact = walks_of("smmu.wider=exact");

  EXPECT_EQ(walks_of("smmu.wider=address"), exact); /* one address space, each page unmapped */
  EXPECT_GT(walks_of("smmu.wider=all"), exact);     /* tables of both levels go as well */
}

TEST_CASE(Counts, ADeviceWithAnAtcTakesASecondRound)
{
  START("vm.queue=trapped", "bench.granule=16k", "device.ats=on");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.counts.exits, 4 * 23);
  EXPECT_EQ(result.counts.ioctls, 2 * 23);
  EXPECT_EQ(result.counts.guest_atc_inv, 23);
  EXPECT_EQ(result.counts.guest_commands, (4 + 1 + 2) * 23);
  machine_result_free(&result);
}

/* Each page is asked for once and used once, and forgotten when it is unmapped: the next turn has the
 * same addresses and other tables. */
TEST_CASE(Counts, AnAtcIsFilledAndEmptiedInEachTurn)
{
  START("vm.queue=vcmdq", "bench.granule=16k", "device.ats=on", "device.dma=on");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.device.stage[SMMU_STAGE_TBU].served, 4 * 23); /* Translated ones pass */
  EXPECT_EQ(result.counts.guest_atc_inv, 23);
  machine_result_free(&result);
}

TEST_CASE(Counts, OneByOneEveryCommandIsACall)
{
  START("vm.queue=trapped", "bench.granule=16k", "vmm.invalidate=per-command");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.counts.invalidates, 4 * 23);
  EXPECT_EQ(result.counts.host_syncs, 4 * 23);
  machine_result_free(&result);
}

TEST_CASE(Counts, BareMachineHasNoVirtualMachine)
{
  START("vm.queue=bare", "bench.granule=16k", "host.ril=off");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.counts.exits + result.counts.ioctls + result.counts.host_commands, 0);
  EXPECT_EQ(result.counts.guest_commands, 5 * 23);
  machine_result_free(&result);
}

TEST_CASE(Counts, LazyUnmapsSendNothingByThemselves)
{
  START("vm.queue=vcmdq", "guest.dma=lazy");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_LT(result.counts.guest_commands, 23);
  machine_result_free(&result);
}

/* ---- figures add up ---- */

static const char *const queues[] = { "trapped", "vcmdq", "bare" };

static uint64_t sum_where(const struct machine_where *w)
{
  uint64_t sum = 0;

  for (unsigned i = 0; i < PLAT_COST_COUNT; i++)
    sum += w->cost[i].ps;
  for (unsigned i = 0; i < PLAT_OP_COUNT; i++)
    sum += w->sleep[i].ps;
  return sum;
}

PARAM_TEST_CASE(Where, WorkAndSleepAreAllOfTheTime, queues, 3)
{
  char queue[32];

  snprintf(queue, sizeof(queue), "vm.queue=%s", queues[param]);
  START(queue, "bench.threads=2", "dma.cold=3ns", "bench.granule=64k");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_GT(result.all.unmap.sum, 0);
  EXPECT_EQ(sum_where(&result.where), result.all.unmap.sum);
  EXPECT_GT(result.where.cost[PLAT_COST_COLD].ps, 0);
  EXPECT_EQ(result.where.cost[PLAT_COST_FILL_PAGE].ps, 0);
  EXPECT_EQ(result.where.cost[PLAT_COST_LOOP].ps, 0);
  machine_result_free(&result);
}

PARAM_TEST_CASE(Where, LatenciesAreThoseTheBenchmarkCounts, queues, 3)
{
  char queue[32];

  snprintf(queue, sizeof(queue), "vm.queue=%s", queues[param]);
  START(queue, "dma.cold=3ns");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.all.unmap.count, 20);
  EXPECT_EQ(result.bench_turns, 20);
  EXPECT_EQ(result.all.unmap.sum, result.bench_unmap_ps);
  machine_result_free(&result);
}

/* What the threads that are left do alone, when the first has made its turns, is not counted. */
TEST_CASE(Where, TurnsWithoutAllCompetitorsDoNotCount)
{
  START("vm.queue=trapped", "vm.vcpus=8", "bench.threads=8", "bench.granule=256k",
        "guest.cmdq_log2=7");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_LT(result.bench_turns, 8 * 20 - 7);
  EXPECT_EQ(result.all.unmap.count, result.bench_turns);
  EXPECT_EQ(result.all.unmap.sum, result.bench_unmap_ps);
  machine_result_free(&result);
}

/* A ring too small for two: one thread may not get through at all while the other makes its turns.
 * The unmap in which it is starved is in the mean. */
TEST_CASE(Where, StarvedThreadIsInTheMean)
{
  START("vm.queue=trapped", "bench.threads=2", "bench.granule=256k", "guest.cmdq_log2=7");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_GT(result.thread[0].unmap.count, 0);
  EXPECT_GT(result.thread[1].unmap.count, 0);
  EXPECT_GT(result.all.unmap.most, 3 * result.all.unmap.least);
  machine_result_free(&result);
}

TEST_CASE(Where, CostsTakeAsLongAsTheySay)
{
  START("vm.queue=trapped", "run.jitter=0", "vm.exit=3us");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.where.cost[PLAT_COST_VM_EXIT].units, 40);
  EXPECT_EQ(result.where.cost[PLAT_COST_VM_EXIT].ps, 120ULL * MILLION);
  EXPECT_TRUE(result.used[MACHINE_KEY_VM_EXIT]);
  EXPECT_FALSE(result.used[MACHINE_KEY_JITTER]);
  EXPECT_FALSE(result.used[MACHINE_KEY_COLD]);
  machine_result_free(&result);
}

TEST_CASE(Where, ThreadsOfAllAreSummed)
{
  uint64_t sum = 0, count = 0;

  START("vm.queue=vcmdq", "vm.vcpus=4", "bench.threads=4");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.threads, 4);
  for (unsigned i = 0; i < 4; i++) {
    EXPECT_GT(result.thread[i].unmap.count, 5);
    sum += result.thread[i].unmap.sum;
    count += result.thread[i].unmap.count;
  }
  EXPECT_EQ(sum, result.all.unmap.sum);
  EXPECT_EQ(count, result.all.unmap.count);
  machine_result_free(&result);
}

/* ---- the same again ---- */

static void expect_same(const struct machine_result *a, const struct machine_result *b)
{
  EXPECT_EQ(a->hash, b->hash);
  EXPECT_EQ(a->records, b->records);
  EXPECT_MEMEQ(&a->all, &b->all, sizeof(a->all));
  EXPECT_MEMEQ(&a->counts, &b->counts, sizeof(a->counts));
  EXPECT_MEMEQ(&a->where, &b->where, sizeof(a->where));
  EXPECT_MEMEQ(&a->device, &b->device, sizeof(a->device));
}

PARAM_TEST_CASE(Determinism, SameSeedSameRunOtherSeedAnother, queues, 3)
{
  char queue[32];

  snprintf(queue, sizeof(queue), "vm.queue=%s", queues[param]);
  START(queue, "bench.threads=2");
  ASSERT_TRUE(kit_run(&cfg, &result));
  ASSERT_TRUE(kit_run(&cfg, &other));
  expect_same(&result, &other);
  machine_result_free(&other);
  kit_set(&cfg, "run.seed=2");
  ASSERT_TRUE(kit_run(&cfg, &other));
  EXPECT_NE(result.hash, other.hash);
  EXPECT_NE(result.all.unmap.sum, other.all.unmap.sum);
  machine_result_free(&other);
  machine_result_free(&result);
}

struct counter {
  uint64_t records, category[SMMU_TRACE_COUNT];
  unsigned long bad;
};

static void count_record(void *ctx, const struct smmu_record *r)
{
  struct counter *c = ctx;

  c->records++;
  c->bad += r->category >= SMMU_TRACE_COUNT;
  if (r->category < SMMU_TRACE_COUNT)
    c->category[r->category]++;
}

TEST_CASE(Records, SinkGetsEveryKindAndChangesNothing)
{
  static const unsigned expected[] = { SMMU_TRACE_SPAN,  SMMU_TRACE_CHARGE,   SMMU_TRACE_SLEEP,
                                       SMMU_TRACE_NOTE,  SMMU_TRACE_LOAD_REG, SMMU_TRACE_STORE_REG,
                                       SMMU_TRACE_STORE, SMMU_TRACE_COMMAND,  SMMU_TRACE_SYNC };
  struct counter counter = { 0 };
  const struct machine_sink sink = { &counter, count_record, NULL };

  START("vm.queue=trapped", "bench.threads=2");
  ASSERT_TRUE(kit_run(&cfg, &result));
  ASSERT_EQ(machine_run(&cfg, &sink, &other, &err), SMMU_OK);
  expect_same(&result, &other);
  EXPECT_EQ(counter.records, other.records);
  EXPECT_EQ(counter.bad, 0);
  for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
    if (counter.category[expected[i]] == 0)
      ADD_TEST_FAILURE("no record of %s", smmu_trace_name(expected[i]));
  }
  machine_result_free(&other);
  machine_result_free(&result);
}

struct doorbells {
  uint64_t guest, host; /* the host's: of queues that are not VINTF 0's */
};

static void count_doorbell(void *ctx, const struct smmu_record *r)
{
  struct doorbells *d = ctx;
  uint64_t offset = r->addr_in - PLAT_CMDQV_BASE - SMMU_CMDQV_VINTF_PAGES;

  if (r->category != SMMU_TRACE_STORE_REG ||
      r->addr_in < PLAT_CMDQV_BASE + SMMU_CMDQV_VINTF_PAGES ||
      offset % SMMU_CMDQV_SLOT != OFF_VCMDQ_PROD_INDX || r->word == 0)
    return;
  d->guest += r->unit == 1;
  d->host += r->unit == 0 && offset >= 2ULL * SMMU_CMDQV_PAGE;
}

TEST_CASE(Records, AMappedPageIsReportedAsTheGuestsAlone)
{
  struct doorbells doorbells = { 0 };
  const struct machine_sink sink = { &doorbells, count_doorbell, NULL };

  START("vm.queue=vcmdq", "bench.threads=2");
  ASSERT_EQ(machine_run(&cfg, &sink, &result, &err), SMMU_OK);
  EXPECT_GE(doorbells.guest, 40);
  EXPECT_EQ(doorbells.host, 0);
  machine_result_free(&result);
}

/* Two builds (with and without optimisation and sanitizers) and all machines give these. When a
 * change is meant to change times, copy what the failure prints. */
TEST_CASE(Determinism, EveryBuildGivesTheseFigures)
{
  static const struct {
    const char *scenario;
    uint64_t hash;
  } golden[] = {
#include "golden.inc"
  };

  for (unsigned i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
    const struct machine_file *file = machine_file_find("scenarios", golden[i].scenario);

    ASSERT_NOT_NULL(file);
    machine_config_defaults(&cfg);
    ASSERT_EQ(machine_config_text(&cfg, file->name, (const char *)file->bytes, file->length, &err),
              SMMU_OK);
    kit_set(&cfg, "bench.loops=20");
    if (!kit_run(&cfg, &result))
      return;
    if (result.hash != golden[i].hash)
      ADD_TEST_FAILURE("tests/machine/golden.inc: { \"%s\", 0x%016llx },", golden[i].scenario,
                       (unsigned long long)result.hash);
    machine_result_free(&result);
  }
}

/* ---- what goes wrong ---- */

TEST_CASE(Limits, RunEndsAtItsLimit)
{
  START("run.limit=1us");
  EXPECT_EQ(machine_run(&cfg, NULL, &result, &err), SMMU_ERR_LIMIT);
  START("run.limit=5ms", "bench.loops=1000000");
  EXPECT_EQ(machine_run(&cfg, NULL, &result, &err), SMMU_ERR_LIMIT);
  EXPECT_STR_CONTAINS(err.text, "run.limit");
  machine_result_free(&result);
}

TEST_CASE(Limits, MachineThatCannotBeIsRefused)
{
  START("vm.lvcmdqs=3", "vm.queue=vcmdq");
  EXPECT_EQ(machine_run(&cfg, NULL, &result, &err), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "lvcmdqs");
  START("host.ram=4m", "vm.ram=4m", "bench.granule=4m");
  EXPECT_NE(machine_run(&cfg, NULL, &result, &err), SMMU_OK);
  EXPECT_GT(strlen(err.text), 10);
}

TEST_CASE(Limits, EngineNowRunsTheSameSoftware)
{
  START("run.engine=now", "vm.queue=trapped", "bench.granule=16k");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.counts.exits, 2 * 23);
  EXPECT_FALSE(result.has_device);
  machine_result_free(&result);
}
