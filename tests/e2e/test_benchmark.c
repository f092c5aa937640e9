/* The loop of dma_map_benchmark: what is timed, what is counted, when it ends. */
#include "e2e.h"

#include <errno.h>
#include <string.h>

enum { THREADS_MAX = 4 };

/* A run and what came of it. */
struct run {
  struct benchmark_config config;
  struct benchmark_result result;
  struct e2e_counts counts;
  int err;
};

static void thread(struct guest *guest, unsigned cpu, void *benchmark)
{
  (void)guest;
  (void)cpu;
  benchmark_thread(benchmark);
}

static void run_benchmark(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct run *r = e2e->user;
  struct benchmark *b;
  struct e2e_counts before = e2e_counts(e2e, 0);

  r->config.plat = guest_plat(guest);
  r->config.dma = guest_dma(guest, 0);
  r->err = benchmark_create(&b, &r->config);
  if (r->err)
    return;
  EXPECT_EQ(guest_run(guest, r->config.threads, thread, b), 0);
  benchmark_get_result(b, &r->result);
  benchmark_destroy(b);
  r->counts = e2e_since(e2e, 0, &before);
}

/* Nothing costs anything but what is given; on `now`, time is then known exactly. */
static struct run run_bare(struct plat_costs costs, struct benchmark_config config)
{
  struct run run = { .config = config };
  struct e2e e2e;

  e2e_begin(&e2e, E2E_NOW);
  e2e.spec.costs = &costs;
  e2e.user = &run;
  e2e_make_bare(&e2e);
  e2e_guest(&e2e, 0, run_benchmark);
  e2e_end(&e2e);
  return run;
}

static struct plat_costs only(enum plat_cost cost, uint64_t ps)
{
  struct plat_costs costs;

  memset(&costs, 0, sizeof costs);
  costs.ps[cost] = ps;
  return costs;
}

TEST_CASE(Benchmark, TimesTheUnmapAlone)
{
  struct plat_costs costs = only(PLAT_COST_DMA_UNMAP, 1234567);
  struct run r;

  costs.ps[PLAT_COST_DMA_MAP] = 7000000;
  costs.ps[PLAT_COST_FILL_PAGE] = 11000000;
  costs.ps[PLAT_COST_LOOP] = 13000000;
  r = run_bare(costs, (struct benchmark_config){ .threads = 1, .pages = 4, .turns = 1000 });
  EXPECT_EQ(r.result.error, 0);
  EXPECT_EQ(r.result.all.turns, 1000);
  EXPECT_EQ(r.result.all.unmap_ps, 1234567000);
  EXPECT_EQ(r.result.all.map_ps, 7000000000);
  EXPECT_EQ(r.result.all.unmap_min_ps, 1234567);
  EXPECT_EQ(r.result.all.unmap_max_ps, 1234567);
  /* 1234.567 ns are 12 whole hundreds of nanoseconds, whatever the clock's position. */
  EXPECT_EQ(r.result.all.unmap_100ns, 12000);
  EXPECT_EQ(r.result.all.unmap_100ns_squared, 144000);
  EXPECT_EQ(r.result.all.map_100ns, 70000);
  /* Fill, map, unmap, and the loop of all but the last turn. */
  EXPECT_EQ(r.result.span_ps, 1000 * (44000000ULL + 7000000 + 1234567 + 13000000) - 13000000);
}

/* Times are differences of a clock of whole nanoseconds, cut to hundreds: 99.6 ns may be 0 or 1. */
TEST_CASE(Benchmark, RoundsAsTheKernelsClockDoes)
{
  struct run r = run_bare(only(PLAT_COST_DMA_UNMAP, 99600),
                          (struct benchmark_config){ .threads = 1, .pages = 1, .turns = 1000 });

  EXPECT_GT(r.result.all.unmap_100ns, 500);
  EXPECT_LT(r.result.all.unmap_100ns, 700); /* 600: where the fraction carries */
}

TEST_CASE(Benchmark, WarmUpIsNotCounted)
{
  struct run r =
    run_bare(only(PLAT_COST_DMA_UNMAP, 1000000),
             (struct benchmark_config){ .threads = 2, .pages = 1, .turns = 10, .warmup = 5 });

  EXPECT_EQ(r.result.all.turns, 20);
  EXPECT_EQ(r.result.all.unmap_ps, 20000000);
  EXPECT_EQ(r.counts.guest.tlbi, 30);
}

TEST_CASE(Benchmark, FromDeviceIsNotFilledAndTransfersTakeTheirTime)
{
  struct plat_costs costs = only(PLAT_COST_FILL_PAGE, 1000000);
  struct benchmark_config config = { .threads = 1, .pages = 8, .turns = 10, .transfer_ps = 500000 };
  struct run r = run_bare(costs, config);

  EXPECT_EQ(r.result.span_ps, 10 * (8000000 + 500000));
  EXPECT_EQ(r.result.all.unmap_ps + r.result.all.map_ps, 0);
  config.direction = BENCHMARK_TO_DEVICE;
  EXPECT_EQ(run_bare(costs, config).result.span_ps, 10 * (8000000 + 500000));
  config.direction = BENCHMARK_FROM_DEVICE;
  EXPECT_EQ(run_bare(costs, config).result.span_ps, 10 * 500000);
}

/* n / (n + 8) of a thousand units. */
TEST_CASE(Benchmark, ColdCachesSaturate)
{
  static const struct {
    unsigned pages;
    uint64_t units;
  } cases[] = { { 1, 111 }, { 4, 333 }, { 8, 500 }, { 16, 666 }, { 32, 800 }, { 64, 888 } };

  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct run r =
      run_bare(only(PLAT_COST_COLD, 1000),
               (struct benchmark_config){ .threads = 1, .pages = cases[i].pages, .turns = 3 });

    EXPECT_EQ(r.result.all.unmap_ps, 3 * 1000 * cases[i].units);
  }
}

TEST_CASE(Benchmark, EndsWithTheFirstTurnBeyondItsTime)
{
  struct run r =
    run_bare(only(PLAT_COST_DMA_UNMAP, 1000000),
             (struct benchmark_config){ .threads = 2, .pages = 1, .duration_ps = 10500000 });

  EXPECT_EQ(r.result.all.turns, 22);
  EXPECT_EQ(r.result.inside.turns, 22); /* two were under way, and count */
  EXPECT_EQ(r.result.span_ps, 11000000);
}

TEST_CASE(Benchmark, InsideLeavesOutWhatRanWithoutCompetition)
{
  struct plat_costs costs = only(PLAT_COST_DMA_UNMAP, 1000000);
  struct run r;

  r = run_bare(costs, (struct benchmark_config){ .threads = 3, .pages = 1, .turns = 7 });
  EXPECT_EQ(r.result.all.turns, 21);
  EXPECT_EQ(r.result.inside.turns, 21);
  costs.ps[PLAT_COST_LINE_MOVE] = 3000000; /* threads are uneven now */
  r = run_bare(costs, (struct benchmark_config){ .threads = 3, .pages = 1, .turns = 7 });
  EXPECT_EQ(r.result.all.turns, 21);
  EXPECT_LT(r.result.inside.turns, 21);
  EXPECT_LE(r.result.inside.unmap_ps, r.result.all.unmap_ps);
}

TEST_CASE(Benchmark, BadConfigurationsAreRefused)
{
  static const struct benchmark_config bad[] = {
    { .threads = 0, .pages = 1, .turns = 1 },
    { .threads = 1025, .pages = 1, .turns = 1 },
    { .threads = 1, .pages = 0, .turns = 1 },
    { .threads = 1, .pages = 1025, .turns = 1 },
    { .threads = 1, .pages = 1 },
    { .threads = 1, .pages = 1, .turns = 1, .direction = 3 },
    { .threads = 1, .pages = 1, .turns = 1, .transfer_ps = 10000000001 },
  };

  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct benchmark *b;

    EXPECT_EQ(benchmark_create(&b, &bad[i]), -EINVAL);
    EXPECT_NULL(b);
  }
}

static void run_without_memory(struct guest *guest, void *arg)
{
  uint64_t all;

  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), 24 << 20, 4096, &all), 0);
  while (plat_dma_alloc(guest_plat(guest), 64 << 10, 4096, &all) == 0)
    continue;
  run_benchmark(guest, arg);
}

E2E_TEST(Benchmark, AThreadWithoutMemoryEndsTheRunWithItsError)
{
  struct run run = { .config = { .threads = 2, .pages = 64, .turns = 3 } };

  e2e->user = &run;
  e2e_make(e2e);
  e2e_guest(e2e, 0, run_without_memory);
  EXPECT_EQ(run.result.error, -ENOMEM);
  EXPECT_EQ(run.result.all.turns, 0);
}

/* ---- in a guest ---- */

static struct run run_in_guest(struct e2e *e2e, unsigned threads, unsigned pages)
{
  struct run run = { .config = { .threads = threads, .pages = pages, .turns = 50, .warmup = 3 } };

  e2e->user = &run;
  e2e_make(e2e);
  e2e_guest(e2e, 0, run_benchmark);
  EXPECT_EQ(run.result.error, 0);
  EXPECT_EQ(run.result.all.turns, 50ULL * threads);
  return run;
}

E2E_TEST(Benchmark, RunsInAGuestTrapped)
{
  struct run r = run_in_guest(e2e, 1, 16);

  EXPECT_EQ(r.counts.vm.exits, 53 * 2);
  EXPECT_EQ(r.counts.vm.ioctls, 53);
  EXPECT_EQ(r.counts.guest.tlbi, 53 * 16);
}

E2E_TEST(Benchmark, RunsInAGuestWithVcmdqs)
{
  struct run r;

  e2e->spec.cmdqv = true;
  r = run_in_guest(e2e, 2, 16);
  EXPECT_EQ(r.counts.vm.exits, 0);
  EXPECT_EQ(r.counts.vm.ioctls, 0);
  EXPECT_EQ(r.counts.guest.vcmdq_submissions, 106);
}

static uint64_t mean_ps(int engine, bool cmdqv, unsigned threads, unsigned pages)
{
  struct e2e e2e;
  struct run r;

  e2e_begin(&e2e, engine);
  e2e.spec.cmdqv = cmdqv;
  r = run_in_guest(&e2e, threads, pages);
  e2e_end(&e2e);
  return r.result.all.unmap_ps / r.result.all.turns;
}

/* The shape of the published table, with costs of no machine: trapped grows with pages and more
 * than doubles with the second thread; a VCMDQ is far quicker and hardly minds. */
TEST_CASE(Benchmark, HasTheShapeOfTheTable)
{
  uint64_t trapped1 = mean_ps(E2E_TIMED, false, 1, 16), trapped2 = mean_ps(E2E_TIMED, false, 2, 16);
  uint64_t vcmdq1 = mean_ps(E2E_TIMED, true, 1, 16), vcmdq2 = mean_ps(E2E_TIMED, true, 2, 16);

  TEST_NOTE("16 pages, ns: trapped %llu and %llu, VCMDQ %llu and %llu",
            (unsigned long long)trapped1 / 1000, (unsigned long long)trapped2 / 1000,
            (unsigned long long)vcmdq1 / 1000, (unsigned long long)vcmdq2 / 1000);
  EXPECT_GT(trapped1, 2 * vcmdq1);
  EXPECT_GT(trapped2, trapped1 * 3 / 2);
  EXPECT_LT(vcmdq2, vcmdq1 * 3 / 2);
  EXPECT_GT(mean_ps(E2E_TIMED, false, 1, 64), trapped1 + 48 * 200000);
}

TEST_CASE(Benchmark, IsTheSameEachTime)
{
  EXPECT_EQ(mean_ps(E2E_TIMED, false, 2, 4), mean_ps(E2E_TIMED, false, 2, 4));
  EXPECT_EQ(mean_ps(E2E_TIMED, true, 2, 4), mean_ps(E2E_TIMED, true, 2, 4));
}
