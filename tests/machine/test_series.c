/* Series of latencies: exact mean, extremes and deviation, percentiles to 1 in 128. */
#include <stdlib.h>
#include <string.h>

#include "machine/series.h"
#include "shim/gtest_c.h"

static struct machine_series series, other;

static void start(void)
{
  memset(&series, 0, sizeof(series));
  memset(&other, 0, sizeof(other));
}

TEST_CASE(Series, EmptyOneIsZeroEverywhere)
{
  start();
  EXPECT_EQ(machine_series_mean(&series), 0);
  EXPECT_EQ(machine_series_std(&series), 0);
  EXPECT_EQ(machine_series_percentile(&series, 500), 0);
}

TEST_CASE(Series, MeanAndDeviationAreExact)
{
  static const uint64_t values[] = { 2, 4, 4, 4, 5, 5, 7, 9 };

  start();
  for (unsigned i = 0; i < 8; i++)
    machine_series_add(&series, values[i] * 1000000000000);
  EXPECT_EQ(machine_series_mean(&series), 5000000000000);
  EXPECT_EQ(machine_series_std(&series), 2000000000000);
  EXPECT_EQ(series.least, 2000000000000);
  EXPECT_EQ(series.most, 9000000000000);
}

TEST_CASE(Series, ConstantLargeValuesHaveNoDeviation)
{
  start();
  for (unsigned i = 0; i < 1000; i++)
    machine_series_add(&series, 123456789012345);
  EXPECT_EQ(machine_series_std(&series), 0);
  EXPECT_EQ(machine_series_percentile(&series, 990), 123456789012345);
}

TEST_CASE(Series, PercentilesAreGoodToOneIn128)
{
  static const unsigned permille[] = { 10, 250, 500, 900, 990, 999, 1000 };

  start();
  for (uint64_t i = 1; i <= 100000; i++)
    machine_series_add(&series, i * 977);
  for (unsigned i = 0; i < sizeof(permille) / sizeof(permille[0]); i++) {
    uint64_t exact = 977ULL * 100 * permille[i];
    uint64_t got = machine_series_percentile(&series, permille[i]);

    EXPECT_LE(got > exact ? got - exact : exact - got, exact / 128);
  }
}

TEST_CASE(Series, MergingIsAddingAllOfBoth)
{
  uint64_t random = 1;

  start();
  for (unsigned i = 0; i < 1000; i++) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    machine_series_add(i % 3 ? &series : &other, random >> 30);
  }
  {
    static struct machine_series all, merged;

    random = 1;
    for (unsigned i = 0; i < 1000; i++) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      machine_series_add(&all, random >> 30);
    }
    machine_series_merge(&merged, &series);
    machine_series_merge(&merged, &other);
    EXPECT_MEMEQ(&merged, &all, sizeof(all));
  }
}
