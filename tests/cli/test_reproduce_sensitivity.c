/* reproduce --sensitivity: which parameters are halved and doubled, and what is told of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

#define QUICK " --seeds 1 --set bench.loops=12 --set bench.warmup=2"

#define TWO_CELLS \
  "granule_bytes,threads,mode,unmap_latency_us\n4096,1,trapped,35.7\n4096,1,vcmdq,5.3\n"

TEST_CASE(Sensitivity, TriesFittedParametersAndSomeByHand)
{
  static const char *const keys[] = { "sensitivity/0/name",
                                      "sensitivity/0/origin",
                                      "sensitivity/0/value",
                                      "sensitivity/0/half/value",
                                      "sensitivity/0/half/mean_abs_error_pct",
                                      "sensitivity/0/half/worst_change_pct",
                                      "sensitivity/0/twice/granule_bytes",
                                      "sensitivity/0/twice/threads",
                                      "sensitivity/0/twice/mode",
                                      NULL };
  unsigned fitted = 0, by_hand = 0;
  char folder[64], args[200];
  int exit_code = -1;
  json_t *root, *row;
  size_t i;

  ASSERT_TRUE(cli_make_folder(folder));
  ASSERT_TRUE(cli_write_file(folder, "t.csv", TWO_CELLS));
  snprintf(args, sizeof(args), "reproduce dma-map --json --sensitivity --reference %s/t.csv" QUICK,
           folder);
  root = cli_json(args, &exit_code);
  ASSERT_NOT_NULL(root);
  cli_expect_keys(root, keys);
  json_array_foreach(cli_at(root, "sensitivity"), i, row)
  {
    json_int_t value = json_integer_value(cli_at(row, "value"));
    const char *name = cli_text(row, "name");

    fitted += strcmp(cli_text(row, "origin"), "fitted") == 0;
    by_hand += strcmp(cli_text(row, "origin"), "neutral") == 0;
    if (strcmp(name, "host.ioctl") != 0)
      continue;
    EXPECT_EQ(json_integer_value(cli_at(row, "half/value")), value / 2);
    EXPECT_EQ(json_integer_value(cli_at(row, "twice/value")), value * 2);
    EXPECT_STREQ(cli_text(row, "half/mode"), "trapped");
    EXPECT_TRUE(json_real_value(cli_at(row, "half/worst_change_pct")) < -20);
    EXPECT_TRUE(json_real_value(cli_at(row, "twice/worst_change_pct")) > 40);
    EXPECT_TRUE(json_real_value(cli_at(row, "twice/mean_abs_error_pct")) > 20);
  }
  EXPECT_EQ(fitted, json_integer_value(cli_at(root, "fitted_parameters")));
  EXPECT_GE(by_hand, 4);
  json_decref(root);
  cli_remove_folder(folder);
}

TEST_CASE(Sensitivity, IsALineForEachParameter)
{
  struct test_run with, without;
  size_t lines = 0, width = 0, longest = 0;
  char folder[64], args[240];

  ASSERT_TRUE(cli_make_folder(folder));
  ASSERT_TRUE(cli_write_file(folder, "t.csv", TWO_CELLS));
  snprintf(args, sizeof(args), "reproduce dma-map --reference %s/t.csv" QUICK, folder);
  ASSERT_TRUE(test_run_tool(args, &without));
  snprintf(args, sizeof(args), "reproduce dma-map --sensitivity --reference %s/t.csv" QUICK,
           folder);
  ASSERT_TRUE(test_run_tool(args, &with));
  ASSERT_EQ(strncmp(with.out, without.out, strlen(without.out)), 0);
  EXPECT_STR_CONTAINS(with.out, "\n  host.ioctl ");
  EXPECT_STR_CONTAINS(with.out, "\n  bench.fill_page ");
  for (const char *c = with.out + strlen(without.out); *c; c++) {
    width = *c == '\n' ? 0 : width + 1;
    longest = width > longest ? width : longest;
    lines += *c == '\n';
  }
  EXPECT_LE(longest, 100);
  EXPECT_LE(lines, 20);
  test_run_free(&with);
  test_run_free(&without);
  cli_remove_folder(folder);
}
