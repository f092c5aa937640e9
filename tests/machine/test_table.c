/* The published table: its file, the straight lines, errors, and gates that can be missed. */
#include <stdio.h>
#include <string.h>

#include "machine/table.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"

static struct machine_table table;
static struct machine_error err;
static struct machine_gate gate[MACHINE_GATES];

/* The table with the measured values as the model's: everything is met. */
static void start(void)
{
  ASSERT_EQ(machine_table_load(&table, NULL, &err), SMMU_OK);
  for (unsigned i = 0; i < table.cells; i++) {
    struct machine_cell *c = &table.cell[i];

    c->model = c->measured;
    memcpy(c->count, c->expected, sizeof(c->count));
  }
}

static struct machine_cell *cell(uint64_t granule, unsigned threads, enum machine_queue queue)
{
  const struct machine_cell *c = machine_table_find(&table, granule, threads, queue);

  return c ? &table.cell[c - table.cell] : NULL;
}

TEST_CASE(Table, BuiltInHasTheTwentyPublishedCells)
{
  start();
  EXPECT_EQ(table.cells, 20);
  EXPECT_EQ(cell(262144, 2, MACHINE_QUEUE_TRAPPED)->measured, 443000000);
  EXPECT_EQ(cell(4096, 1, MACHINE_QUEUE_VCMDQ)->measured, 5300000);
}

TEST_CASE(Table, FileInTheTreeIsTheBuiltInOne)
{
  static struct machine_table other;
  char path[4096];

  start();
  snprintf(path, sizeof(path), "%s/traces/reference/dma_map_benchmark.csv", test_source_dir());
  ASSERT_EQ(machine_table_load(&other, path, &err), SMMU_OK);
  EXPECT_EQ(other.cells, table.cells);
  for (unsigned i = 0; i < other.cells; i++)
    EXPECT_EQ(other.cell[i].measured, table.cell[i].measured);
}

/* By hand: through (1, 35.7) (4, 41.8) (16, 68.9) (32, 109.0) (64, 187.1), least squares. */
TEST_CASE(Table, NullModelIsTheStraightLine)
{
  static const double measured[] = { 35.7, 41.8, 68.9, 109.0, 187.1 };
  static const double pages[] = { 1, 4, 16, 32, 64 };
  static const uint64_t bytes[] = { 4096, 16384, 65536, 131072, 262144 };
  double x = 0, y = 0, slope_up = 0, slope_down = 0;

  start();
  for (unsigned i = 0; i < 5; i++) {
    x += pages[i] / 5;
    y += measured[i] / 5;
  }
  for (unsigned i = 0; i < 5; i++) {
    slope_up += (pages[i] - x) * (measured[i] - y);
    slope_down += (pages[i] - x) * (pages[i] - x);
  }
  for (unsigned i = 0; i < 5; i++) {
    double line = y + slope_up / slope_down * (pages[i] - x);

    EXPECT_NEAR((double)cell(bytes[i], 1, MACHINE_QUEUE_TRAPPED)->null_model / 1e6, line, 1e-4);
  }
}

static const struct {
  const char *text, *place;
} mistakes[] = {
  { "", "t.csv:1:1: " },
  { "a,b\n", "t.csv:1:1: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n", "t.csv:2:1: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n4097,1,vcmdq,5\n", "t.csv:2:1: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n0,1,vcmdq,5\n", "t.csv:2:1: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n8388608,1,vcmdq,5\n", "t.csv:2:1: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n4096,0,vcmdq,5\n", "t.csv:2:6: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n4096,x,vcmdq,5\n", "t.csv:2:6: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n4096,1,bare,5\n", "t.csv:2:8: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n4096,1,vcmdq,0\n", "t.csv:2:14: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n4096,1,vcmdq,-5\n", "t.csv:2:14: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n4096,1,vcmdq,5 us\n", "t.csv:2:14: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n4096,1,vcmdq,2000000\n", "t.csv:2:14: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n4096,1\n", "t.csv:2:6: " },
  { "granule_bytes,threads,mode,unmap_latency_us\n4096,1,vcmdq,5\n4096,1,vcmdq,6\n",
    "t.csv:3:1: " },
};

TEST_CASE(Table, EveryMistakeHasItsPlace)
{
  for (unsigned i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
    EXPECT_EQ(machine_table_text(&table, "t.csv", mistakes[i].text, strlen(mistakes[i].text), &err),
              SMMU_ERR_FORMAT);
    if (strncmp(err.text, mistakes[i].place, strlen(mistakes[i].place)) != 0)
      ADD_TEST_FAILURE("\"%s\" is at %s, found \"%s\"", mistakes[i].text, mistakes[i].place,
                       err.text);
    EXPECT_STR_CONTAINS(err.text, "expected");
  }
  EXPECT_EQ(machine_table_load(&table, "/nowhere.csv", &err), SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(err.text, "/nowhere.csv");
}

TEST_CASE(Table, PatternsSayWhichCellsAFitHasSeen)
{
  unsigned held_out = 0;

  start();
  ASSERT_TRUE(machine_table_hold_out(&table, "64k/*/trapped, */1/vcmdq", &err));
  for (unsigned i = 0; i < table.cells; i++)
    held_out += table.cell[i].held_out;
  EXPECT_EQ(held_out, 20 - 2 - 5);
  EXPECT_FALSE(cell(65536, 2, MACHINE_QUEUE_TRAPPED)->held_out);
  EXPECT_TRUE(cell(65536, 2, MACHINE_QUEUE_VCMDQ)->held_out);
  ASSERT_TRUE(machine_table_hold_out(&table, "", &err));
  EXPECT_TRUE(cell(65536, 2, MACHINE_QUEUE_TRAPPED)->held_out);
  ASSERT_TRUE(machine_table_hold_out(&table, "*/*/*", &err));
  EXPECT_FALSE(cell(4096, 1, MACHINE_QUEUE_VCMDQ)->held_out);
  EXPECT_FALSE(machine_table_hold_out(&table, "all of them", &err));
  EXPECT_STR_CONTAINS(err.text, "fitted_on");
}

TEST_CASE(Table, ErrorsAreAveragedWithoutSign)
{
  struct machine_errors e;

  start();
  machine_table_hold_out(&table, "*/1/*", &err);
  cell(4096, 1, MACHINE_QUEUE_TRAPPED)->model = 35700000 * 11 / 10;
  cell(4096, 2, MACHINE_QUEUE_VCMDQ)->model = 6800000 * 8 / 10;
  machine_table_errors(&table, &e);
  EXPECT_EQ(e.cells, 20);
  EXPECT_EQ(e.held_out, 10);
  EXPECT_EQ(e.mean, (100000 + 200000) / 20);
  EXPECT_EQ(e.most, 200000);
  EXPECT_EQ(e.held_out_mean, 200000 / 10);
  EXPECT_EQ(machine_cell_error(cell(4096, 2, MACHINE_QUEUE_VCMDQ)), -200000);
  EXPECT_EQ(e.null_mean / 1000, 43); /* 4.3 %: a figure to beat */
  EXPECT_EQ(e.null_numbers, 8);
}

/* ---- gates ---- */

static void judge(void)
{
  machine_table_gates(&table, gate);
}

TEST_CASE(Gates, MeasuredTableHoldsThemAll)
{
  start();
  judge();
  for (unsigned i = 0; i < MACHINE_GATES; i++) {
    if (!gate[i].holds)
      ADD_TEST_FAILURE("%s: %s", gate[i].name, gate[i].where);
  }
}

TEST_CASE(Gates, ReductionThreePointsOffIsMissed)
{
  struct machine_cell *c;

  start();
  c = cell(131072, 1, MACHINE_QUEUE_VCMDQ);
  c->model = c->measured + 3 * 109000000ULL / 100 - 20000;
  judge();
  EXPECT_TRUE(gate[0].holds);
  c->model += 40000;
  judge();
  EXPECT_FALSE(gate[0].holds);
  EXPECT_STREQ(gate[0].where, "128k, 1 thread");
  EXPECT_TRUE(gate[1].holds);
}

TEST_CASE(Gates, TwoTrappedThreadsBelowTwiceIsMissed)
{
  start();
  cell(16384, 2, MACHINE_QUEUE_TRAPPED)->model = 2 * 41800000 - 100;
  judge();
  EXPECT_FALSE(gate[1].holds);
  EXPECT_STREQ(gate[1].where, "16k, 2 threads");
  EXPECT_EQ(gate[1].worst, 1999997);
}

TEST_CASE(Gates, VcmdqLimitsDependOnTheGranule)
{
  start();
  cell(4096, 2, MACHINE_QUEUE_VCMDQ)->model = 5300000 * 129 / 100;
  cell(16384, 2, MACHINE_QUEUE_VCMDQ)->model = 6800000 * 14 / 10;
  cell(65536, 2, MACHINE_QUEUE_VCMDQ)->model = 9900000 * 109 / 100;
  judge();
  EXPECT_TRUE(gate[2].holds);
  cell(65536, 2, MACHINE_QUEUE_VCMDQ)->model = 9900000 * 111 / 100;
  judge();
  EXPECT_FALSE(gate[2].holds);
  EXPECT_STREQ(gate[2].where, "64k, 2 threads");
  cell(65536, 2, MACHINE_QUEUE_VCMDQ)->model = 9900000;
  cell(4096, 2, MACHINE_QUEUE_VCMDQ)->model = 5300000 * 131 / 100;
  judge();
  EXPECT_FALSE(gate[2].holds);
}

TEST_CASE(Gates, OneCountTooManyIsMissed)
{
  for (unsigned i = 0; i < MACHINE_CELL_COUNTS; i++) {
    start();
    cell(262144, 1, MACHINE_QUEUE_TRAPPED)->count[i] += 1;
    judge();
    EXPECT_FALSE(gate[3].holds);
    EXPECT_STREQ(gate[3].where, "256k, 1 thread");
  }
  start();
  cell(4096, 2, MACHINE_QUEUE_TRAPPED)->count[MACHINE_CELL_EXITS] += 1;
  judge();
  EXPECT_TRUE(gate[3].holds);
  cell(4096, 2, MACHINE_QUEUE_TRAPPED)->count[MACHINE_CELL_GUEST_COMMANDS] += 1;
  judge();
  EXPECT_FALSE(gate[3].holds);
}

/* A PROD write of one thread may carry what another has queued: fewer exits and ioctls, but as many of
 * one as of the other, and each command reaches the host. */
TEST_CASE(Gates, CountsOfTwoTrappedThreadsKeepTheirBatches)
{
  static const unsigned broken[] = { MACHINE_CELL_EXITS_PROD, MACHINE_CELL_IOCTLS,
                                     MACHINE_CELL_HOST_TLBI, MACHINE_CELL_GUEST_TLBI };
  struct machine_cell *c;

  start();
  c = cell(65536, 2, MACHINE_QUEUE_TRAPPED);
  c->count[MACHINE_CELL_EXITS_PROD] = c->count[MACHINE_CELL_IOCTLS] = 700000;
  judge();
  EXPECT_TRUE(gate[3].holds);
  c->count[MACHINE_CELL_EXITS_PROD] = c->count[MACHINE_CELL_IOCTLS] = 1000001;
  judge();
  EXPECT_FALSE(gate[3].holds);
  for (unsigned i = 0; i < 4; i++) {
    start();
    c = cell(65536, 2, MACHINE_QUEUE_TRAPPED);
    c->count[broken[i]] -= 1;
    judge();
    EXPECT_FALSE(gate[3].holds);
    EXPECT_STREQ(gate[3].where, "64k, 2 threads");
  }
}

TEST_CASE(Gates, CountsOfTwoVcmdqThreadsAreExact)
{
  start();
  cell(4096, 2, MACHINE_QUEUE_VCMDQ)->count[MACHINE_CELL_HOST_TLBI] = 1;
  judge();
  EXPECT_FALSE(gate[3].holds);
}

TEST_CASE(Gates, OneCellTwelvePercentOffIsMissed)
{
  struct machine_cell *c;

  start();
  c = cell(131072, 1, MACHINE_QUEUE_VCMDQ);
  c->model = c->measured * 112 / 100;
  judge();
  EXPECT_TRUE(gate[4].holds);
  c->model = c->measured * 1122 / 1000;
  judge();
  EXPECT_FALSE(gate[4].holds);
  EXPECT_STREQ(gate[4].where, "128k, 1 thread");
  c->model = c->measured * 878 / 1000;
  judge();
  EXPECT_FALSE(gate[4].holds);
}

TEST_CASE(Gates, FourPercentOffOnAverageIsMissed)
{
  start();
  for (unsigned i = 0; i < table.cells; i++)
    table.cell[i].model = table.cell[i].measured * 1039 / 1000;
  judge();
  EXPECT_TRUE(gate[4].holds);
  for (unsigned i = 0; i < table.cells; i++)
    table.cell[i].model = table.cell[i].measured * 1042 / 1000;
  judge();
  EXPECT_FALSE(gate[4].holds);
  EXPECT_GT(gate[4].mean, gate[4].mean_limit);
}

/* All latencies half as long again: ratios and counts are as measured, and yet it is wrong. */
TEST_CASE(Gates, EverythingFiftyPercentOffIsMissed)
{
  start();
  for (unsigned i = 0; i < table.cells; i++)
    table.cell[i].model += table.cell[i].measured / 2;
  judge();
  for (unsigned i = 0; i < 4; i++)
    EXPECT_TRUE(gate[i].holds);
  EXPECT_FALSE(gate[4].holds);
}

TEST_CASE(Gates, WithoutTheirCellsTheySayNothing)
{
  static const char text[] = "granule_bytes,threads,mode,unmap_latency_us\n8192,3,vcmdq,7\n";
  struct machine_errors e;

  ASSERT_EQ(machine_table_text(&table, "t.csv", text, strlen(text), &err), SMMU_OK);
  table.cell[0].model = table.cell[0].measured;
  memcpy(table.cell[0].count, table.cell[0].expected, sizeof(table.cell[0].count));
  judge();
  for (unsigned i = 0; i < MACHINE_GATES; i++) {
    EXPECT_EQ(gate[i].has_data, i >= 3);
    EXPECT_EQ(gate[i].holds, i >= 3);
  }
  machine_table_errors(&table, &e);
  EXPECT_EQ(e.null_numbers, 1);
}

TEST_CASE(Gates, ExpectedCountsFollowTheBatches)
{
  const struct machine_cell *c;

  start();
  c = cell(262144, 1, MACHINE_QUEUE_TRAPPED);
  EXPECT_EQ(c->expected[MACHINE_CELL_GUEST_COMMANDS], 65000000);
  EXPECT_EQ(c->expected[MACHINE_CELL_HOST_SYNCS], 2000000);
  EXPECT_EQ(c->expected[MACHINE_CELL_HOST_COMMANDS], 66000000);
  EXPECT_EQ(cell(131072, 1, MACHINE_QUEUE_TRAPPED)->expected[MACHINE_CELL_HOST_SYNCS], 1000000);
  EXPECT_EQ(cell(262144, 1, MACHINE_QUEUE_VCMDQ)->expected[MACHINE_CELL_EXITS], 0);
}
