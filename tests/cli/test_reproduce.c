/* reproduce dma-map: the table, its JSON, gates and exit statuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

/* Few turns: what is tested here does not depend on the figures. */
#define QUICK " --seeds 1 --set bench.loops=12 --set bench.warmup=2"

TEST_CASE(Reproduce, TableFitsAScreenAndExplainsItself)
{
  static const char *const parts[] = { "trapped",   "vcmdq", "measured",   "model",
                                       "reduction", "256k",  "Parameters", "fitted",
                                       "left at 0", "Gates" };
  struct test_run run;
  size_t lines = 0, width = 0, longest = 0;

  ASSERT_TRUE(test_run_tool("reproduce dma-map" QUICK, &run));
  EXPECT_STREQ(run.err, "");
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
    EXPECT_STR_CONTAINS(run.out, parts[i]);
  for (const char *c = run.out; *c; c++) {
    width = *c == '\n' ? 0 : width + 1;
    longest = width > longest ? width : longest;
    lines += *c == '\n';
  }
  EXPECT_LE(lines, 40);
  EXPECT_LE(longest, 100);
  test_run_free(&run);
}

TEST_CASE(Reproduce, JsonHasTheStableKeysAndTwentyCells)
{
  static const char *const keys[] = { "schema",
                                      "cells/0/granule_bytes",
                                      "cells/0/threads",
                                      "cells/0/mode",
                                      "cells/0/measured_us",
                                      "cells/0/model_us",
                                      "cells/0/null_us",
                                      "cells/0/error_pct",
                                      "cells/0/held_out",
                                      "mean_abs_error_pct",
                                      "max_abs_error_pct",
                                      "heldout_mean_abs_error_pct",
                                      "fitted_parameters",
                                      "hand_set_parameters",
                                      "zero_parameters",
                                      "null_numbers",
                                      "counts/0/granule_bytes",
                                      "counts/0/threads",
                                      "counts/0/mode",
                                      "counts/0/exits",
                                      "counts/0/ioctls",
                                      "counts/0/guest_commands",
                                      "counts/0/host_commands",
                                      "counts/0/host_syncs",
                                      "gates/0/name",
                                      "gates/0/holds",
                                      "reductions/0/model_pct",
                                      "seeds/0/seed",
                                      NULL };
  int exit_code = -1;
  json_t *root = cli_json("reproduce dma-map --json" QUICK, &exit_code);

  ASSERT_NOT_NULL(root);
  cli_expect_keys(root, keys);
  EXPECT_EQ(json_array_size(cli_at(root, "cells")), 20);
  EXPECT_EQ(json_array_size(cli_at(root, "counts")), 20);
  EXPECT_EQ(json_array_size(cli_at(root, "gates")), 5);
  EXPECT_EQ(json_array_size(cli_at(root, "seeds")), 1);
  EXPECT_GT(json_integer_value(cli_at(root, "fitted_parameters")), 0);
  json_decref(root);
}

TEST_CASE(Reproduce, CountsOfOneThreadAreThoseOfTheSources)
{
  int exit_code = -1;
  json_t *root = cli_json("reproduce dma-map --json" QUICK, &exit_code), *row;
  size_t i;

  ASSERT_NOT_NULL(root);
  json_array_foreach(cli_at(root, "counts"), i, row)
  {
    json_int_t pages = json_integer_value(cli_at(row, "granule_bytes")) / 4096;
    bool trapped = strcmp(cli_text(row, "mode"), "trapped") == 0;

    EXPECT_NEAR(json_real_value(cli_at(row, "guest_commands")), (double)(pages + 1), 0);
    if (json_integer_value(cli_at(row, "threads")) != 1)
      continue;
    EXPECT_NEAR(json_real_value(cli_at(row, "exits")), trapped ? 2 : 0, 0);
    EXPECT_NEAR(json_real_value(cli_at(row, "ioctls")), trapped ? 1 : 0, 0);
    EXPECT_NEAR(json_real_value(cli_at(row, "host_syncs")), !trapped ? 0 : pages == 64 ? 2 : 1, 0);
  }
  json_decref(root);
}

TEST_CASE(Reproduce, MissedGateIsExitOne)
{
  int exit_code = -1;
  json_t *root = cli_json("reproduce dma-map --json --set vm.exit=1ms" QUICK, &exit_code), *gate;
  bool missed = false;
  size_t i;

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, DIFFERS);
  json_array_foreach(cli_at(root, "gates"), i, gate)
  {
    missed |= json_is_false(cli_at(gate, "holds"));
  }
  EXPECT_TRUE(missed);
  json_decref(root);
}

TEST_CASE(Reproduce, FittedProfileHoldsEveryGate)
{
  int exit_code = -1;
  json_t *root = cli_json("reproduce dma-map --json", &exit_code), *gate;
  size_t i;

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  json_array_foreach(cli_at(root, "gates"), i, gate)
  {
    if (!json_is_true(cli_at(gate, "holds")))
      ADD_TEST_FAILURE("%s at %s", cli_text(gate, "name"), cli_text(gate, "where"));
  }
  EXPECT_EQ(json_array_size(cli_at(root, "seeds")), 5);
  json_decref(root);
}

static json_t *with_profile(const char *folder, const char *yaml, const char *more, int *exit_code)
{
  char args[256];

  if (!cli_write_file(folder, "p.yaml", yaml))
    return NULL;
  snprintf(args, sizeof(args), "reproduce dma-map --json --seeds 1 --profile %s/p.yaml %s", folder,
           more);
  return cli_json(args, exit_code);
}

/* Nothing was fitted: every cell is a prediction. */
TEST_CASE(Reproduce, UnfittedProfilesHoldEveryCellOut)
{
  static const char *const profiles[] = { "published", "neutral" };
  char folder[64], yaml[128];

  ASSERT_TRUE(cli_make_folder(folder));
  for (unsigned p = 0; p < 2; p++) {
    int exit_code = -1;
    json_t *root, *cell;
    size_t i;

    snprintf(yaml, sizeof(yaml), "profile: %s\nbench: {loops: 12, warmup: 2}\n", profiles[p]);
    root = with_profile(folder, yaml, "", &exit_code);
    ASSERT_NOT_NULL(root);
    EXPECT_EQ(exit_code, DIFFERS);
    EXPECT_EQ(json_integer_value(cli_at(root, "fitted_parameters")), 0);
    json_array_foreach(cli_at(root, "cells"), i, cell)
    {
      EXPECT_TRUE(json_is_true(cli_at(cell, "held_out")));
    }
    EXPECT_NEAR(json_real_value(cli_at(root, "heldout_mean_abs_error_pct")),
                json_real_value(cli_at(root, "mean_abs_error_pct")), 1e-9);
    json_decref(root);
  }
  cli_remove_folder(folder);
}

/* A value that was changed by hand may have been changed with a look at any cell. */
TEST_CASE(Reproduce, NothingIsUnseenOnceSomethingIsSet)
{
  struct test_run run;
  int exit_code = -1;
  json_t *root = cli_json("reproduce dma-map --json --profile neutral" QUICK, &exit_code), *cell;
  size_t i;

  ASSERT_NOT_NULL(root);
  json_array_foreach(cli_at(root, "cells"), i, cell)
  {
    EXPECT_TRUE(json_is_false(cli_at(cell, "held_out")));
  }
  EXPECT_TRUE(json_is_null(cli_at(root, "heldout_mean_abs_error_pct")));
  json_decref(root);
  ASSERT_TRUE(test_run_tool("reproduce dma-map --profile neutral" QUICK, &run));
  EXPECT_STR_CONTAINS(run.out, "--set was given: no cell counts as not seen by the fit.");
  test_run_free(&run);
}

TEST_CASE(Reproduce, FittedProfileWithoutFittedOnIsRefused)
{
  char folder[64], args[200];

  ASSERT_TRUE(cli_make_folder(folder));
  ASSERT_TRUE(cli_write_file(folder, "p.yaml", "vm.exit: {value: 1us, origin: fitted}\n"));
  snprintf(args, sizeof(args), "reproduce dma-map --seeds 1 --profile %s/p.yaml", folder);
  cli_expect_refused(args, WRONG, "/p.yaml:1:1: vm.exit is fitted, expected fitted_on");
  cli_remove_folder(folder);
}

/* Of a stage that serves, slots count too; of a fit, what had a part; zeros stand apart. */
TEST_CASE(Reproduce, ParametersThatHadAPartAreCounted)
{
  static const char few[] = "bench: {loops: 5, warmup: 0}\n"
                            "fitted_on: \"*/*/*\"\n"
                            "smmu.event.latency: {value: 1ns, origin: fitted}\n"
                            "vm.exit: {value: 1us, origin: fitted}\n";
  static const char *const more[] = { "", "--set smmu.sync.slots=2",
                                      "--set smmu.sync.slots=0 --set smmu.sync.interval=0" };
  json_int_t by_hand[3], zero[3];
  char folder[64];

  ASSERT_TRUE(cli_make_folder(folder));
  for (unsigned i = 0; i < 3; i++) {
    int exit_code = -1;
    json_t *root = with_profile(folder, few, more[i], &exit_code);

    ASSERT_NOT_NULL(root);
    EXPECT_EQ(json_integer_value(cli_at(root, "fitted_parameters")), 1);
    by_hand[i] = json_integer_value(cli_at(root, "hand_set_parameters"));
    zero[i] = json_integer_value(cli_at(root, "zero_parameters"));
    json_decref(root);
  }
  EXPECT_EQ(by_hand[1], by_hand[0]);
  EXPECT_EQ(by_hand[2] + zero[2], by_hand[0] + zero[0]);
  EXPECT_GT(zero[2], zero[0]);
  cli_remove_folder(folder);
}

TEST_CASE(Reproduce, SeedsAreComparedFromTwoOn)
{
  struct test_run one, two;

  ASSERT_TRUE(test_run_tool("reproduce dma-map" QUICK, &one));
  ASSERT_TRUE(test_run_tool("reproduce dma-map" QUICK " --seeds 2", &two));
  EXPECT_TRUE(strstr(one.out, "Seeds 1 to") == NULL);
  EXPECT_STR_CONTAINS(two.out, "Seeds 1 to 2: mean error");
  test_run_free(&one);
  test_run_free(&two);
}

/* Half as long again: ratios and counts are right, and yet it is no reproduction. */
TEST_CASE(Reproduce, ModelFarOffMissesTheErrorGate)
{
  int exit_code = -1;
  json_t *root = cli_json("reproduce dma-map --json --set host.ioctl=40us" QUICK, &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, DIFFERS);
  EXPECT_STREQ(cli_text(root, "gates/4/name"), "error");
  EXPECT_TRUE(json_is_false(cli_at(root, "gates/4/holds")));
  EXPECT_GT(json_integer_value(cli_at(root, "gates/4/mean_ppm")), 40000);
  EXPECT_GT(json_integer_value(cli_at(root, "gates/4/worst_ppm")), 120000);
  json_decref(root);
}

TEST_CASE(Reproduce, TableOfAUserIsTaken)
{
  char folder[64], args[200];
  int exit_code = -1;
  json_t *root;

  ASSERT_TRUE(cli_make_folder(folder));
  ASSERT_TRUE(cli_write_file(folder, "t.csv",
                             "granule_bytes,threads,mode,unmap_latency_us\n8192,3,vcmdq,7.25\n"));
  snprintf(args, sizeof(args), "reproduce dma-map --json --reference %s/t.csv" QUICK, folder);
  root = cli_json(args, &exit_code);
  ASSERT_NOT_NULL(root);
  EXPECT_EQ(json_array_size(cli_at(root, "cells")), 1);
  EXPECT_NEAR(json_real_value(cli_at(root, "cells/0/measured_us")), 7.25, 1e-9);
  EXPECT_NEAR(json_real_value(cli_at(root, "cells/0/null_us")), 7.25, 1e-9);
  EXPECT_TRUE(json_real_value(cli_at(root, "cells/0/model_us")) > 0);
  EXPECT_EQ(json_integer_value(cli_at(root, "null_numbers")), 1);
  for (unsigned i = 0; i < 3; i++) {
    EXPECT_TRUE(json_is_null(cli_at(json_array_get(cli_at(root, "gates"), i), "holds")));
    EXPECT_TRUE(json_is_null(cli_at(json_array_get(cli_at(root, "gates"), i), "worst_ppm")));
  }
  EXPECT_TRUE(json_is_true(cli_at(root, "gates/3/holds")));
  json_decref(root);
  cli_remove_folder(folder);
}

/* Gates without data are told, and do not decide the exit status. */
TEST_CASE(Reproduce, GateWithoutDataSaysSo)
{
  static const char head[] = "granule_bytes,threads,mode,unmap_latency_us\n4096,1,vcmdq,";
  char folder[64], args[200], table[128];
  struct test_run run;
  int exit_code = -1;
  json_t *root;

  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(table, sizeof(table), "%s1\n", head);
  ASSERT_TRUE(cli_write_file(folder, "t.csv", table));
  snprintf(args, sizeof(args), "reproduce dma-map --json --reference %s/t.csv" QUICK, folder);
  root = cli_json(args, &exit_code);
  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, DIFFERS); /* of the error alone */
  snprintf(table, sizeof(table), "%s%.6f\n", head,
           json_real_value(cli_at(root, "cells/0/model_us")));
  json_decref(root);
  ASSERT_TRUE(cli_write_file(folder, "t.csv", table));
  snprintf(args, sizeof(args), "reproduce dma-map --reference %s/t.csv" QUICK, folder);
  ASSERT_TRUE(test_run_tool(args, &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STR_CONTAINS(run.out, "  no data VCMDQ's reduction");
  EXPECT_STR_CONTAINS(run.out, "straight lines 0.0 % (1 number).");
  test_run_free(&run);
  cli_remove_folder(folder);
}

TEST_CASE(Reproduce, IsAnExampleOfTheProgramsHelp)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool("--help", &run));
  EXPECT_STR_CONTAINS(run.out, "\n  smmulator reproduce dma-map\n");
  test_run_free(&run);
}

static const struct {
  const char *args, *reason;
} wrong_lines[] = {
  { "reproduce", "expected dma-map" },
  { "reproduce dma-mop", "expected dma-map" },
  { "reproduce dma-map twice", "one too many" },
  { "reproduce dma-map --seeds 0", "--seeds" },
  { "reproduce dma-map --seeds many", "--seeds" },
  { "reproduce dma-map --profile grace", "did you mean" },
  { "reproduce dma-map --set dma.clod=1", "did you mean \"dma.cold\"?" },
  { "reproduce dma-map --set vm.queue=bare", "--set vm.queue: each cell has its own" },
  { "reproduce dma-map --set bench.granule=4k", "--set bench.granule: each cell" },
  { "reproduce dma-map --set bench.threads=1", "--set bench.threads: each cell" },
  { "reproduce dma-map --set run.seed=3", "--seeds N" },
  { "reproduce dma-map --set vm.vcpus=1", "vm.vcpus is 1, expected 2 or more" },
  { "reproduce dma-map --reference README.md", "README.md:1:1: " },
  { "reproduce dma-map --reference /nowhere.csv", "/nowhere.csv" },
};

static const char *const mistakes[] = { "nothing", "name", "two",   "zero",    "word",
                                        "profile", "key",  "queue", "granule", "threads",
                                        "seed",    "cpus", "table", "path" };

PARAM_TEST_CASE(Reproduce, WrongLineGetsAReason, mistakes, 14)
{
  cli_expect_refused(wrong_lines[param].args, WRONG, wrong_lines[param].reason);
}
