/* run: presets, files, what is written, and that it can be run again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

TEST_CASE(Run, SummarySaysHowLongHowOftenAndWhere)
{
  static const char *const parts[] = { "latency in us",    "unmap",         "map",
                                       "thread 1",         "per unmap",     "exits 2",
                                       "where an unmap's", "vm.exit",       "seed 1",
                                       "queue trapped",    "the VMM's lock" };
  struct test_run run;

  ASSERT_TRUE(test_run_tool("run small-demo", &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STREQ(run.err, "");
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
    EXPECT_STR_CONTAINS(run.out, parts[i]);
  test_run_free(&run);
}

TEST_CASE(Run, EveryPresetRuns)
{
  int exit_code = -1;
  json_t *root = cli_json("run --list --json", &exit_code), *preset;
  size_t i;

  ASSERT_NOT_NULL(root);
  json_array_foreach(cli_at(root, "presets"), i, preset)
  {
    char args[160];
    json_t *result;

    snprintf(args, sizeof(args), "run %s --set bench.loops=5 --set bench.warmup=1 --json",
             cli_text(preset, "name"));
    result = cli_json(args, &exit_code);
    ASSERT_NOT_NULL(result);
    EXPECT_EQ(exit_code, 0);
    EXPECT_GT(json_integer_value(json_object_get(cli_at(result, "stats"), "unmap.mean_ps")), 0);
    json_decref(result);
  }
  EXPECT_GE(i, 5);
  json_decref(root);
}

TEST_CASE(Run, JsonHasTheStableKeys)
{
  int exit_code = -1;
  json_t *root = cli_json("run small-demo --seed 7 --json", &exit_code), *stats, *config;

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(json_integer_value(cli_at(root, "schema")), 1);
  EXPECT_EQ(json_integer_value(cli_at(root, "seed")), 7);
  EXPECT_GT(strlen(cli_text(root, "build")), 4);
  stats = cli_at(root, "stats");
  config = cli_at(root, "config");
  EXPECT_EQ(json_integer_value(json_object_get(stats, "count.unmaps")), 24);
  EXPECT_NOT_NULL(json_object_get(stats, "unmap.p99_ps"));
  EXPECT_NOT_NULL(json_object_get(stats, "thread1.unmap.mean_ps"));
  EXPECT_NOT_NULL(json_object_get(stats, "smmu.sync.served"));
  EXPECT_NOT_NULL(json_object_get(stats, "where.vm.exit.ps"));
  EXPECT_NOT_NULL(json_object_get(stats, "per_unmap.exits"));
  EXPECT_EQ(json_integer_value(json_object_get(config, "run.seed")), 7);
  EXPECT_STREQ(json_string_value(json_object_get(config, "vm.queue")), "trapped");
  json_decref(root);
}

static int in_folder(const char *folder, const char *script)
{
  char text[1024];

  snprintf(text, sizeof(text), "cd %s && %s", folder, script);
  return cli_shell(text, NULL, NULL);
}

/* What -o writes is everything: the same bytes come out when its config.yaml is run. */
/* 24 turns of two accesses, each turn's page mapped anew. */
TEST_CASE(Run, CountersAreInSummaryAndJson)
{
  const char *args = "run small-demo --set smmu.pmcg=on --set device.dma=on --set device.rounds=2";
  struct test_run run;
  char json[160];
  int exit_code;
  json_t *root, *stats;

  ASSERT_TRUE(test_run_tool(args, &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STR_CONTAINS(run.out, "0x01 transaction                     48");
  test_run_free(&run);
  snprintf(json, sizeof(json), "%s --json", args);
  root = cli_json(json, &exit_code);
  ASSERT_NOT_NULL(root);
  stats = cli_at(root, "stats");
  EXPECT_EQ(json_integer_value(json_object_get(stats, "pmcg.smmu.transaction")), 48);
  EXPECT_GE(json_integer_value(json_object_get(stats, "pmcg.tbu0.tlb_miss")), 24);
  EXPECT_NULL(json_object_get(stats, "pmcg.tbu0.walk_access"));
  json_decref(root);
}

TEST_CASE(Run, WrittenConfigurationGivesTheSameBytesAgain)
{
  char folder[64];

  ASSERT_TRUE(cli_make_folder(folder));
  EXPECT_EQ(in_folder(folder, "@ run grace-2t-256k --set bench.loops=15 --set vm.exit=1234567ps "
                              "--seed 3 -o a >1 && @ run a/config.yaml -o b >2"),
            0);
  EXPECT_EQ(in_folder(folder, "cmp 1 2 && diff -r a b"), 0);
  EXPECT_EQ(in_folder(folder, "grep -q 'vm.exit: 1234567ps' a/config.yaml"), 0);
  EXPECT_EQ(in_folder(folder, "grep -q 'run.seed: 3' a/config.yaml"), 0);
  EXPECT_EQ(in_folder(folder, "grep -q '^unmap.mean_ps  *[0-9]* # ' a/stats.txt"), 0);
  EXPECT_EQ(in_folder(folder, "grep -q '\"unmap.mean_ps\"' a/stats.json"), 0);
  EXPECT_EQ(in_folder(folder, "test $(ls a | wc -l) = 5"), 0);
  EXPECT_EQ(in_folder(folder, "test -s a/trace.smt && test -s a/places.txt"), 0);
  EXPECT_EQ(in_folder(folder, "@ run small-demo -o c --no-trace && test $(ls c | wc -l) = 3"), 0);
  cli_remove_folder(folder);
}

/* A folder holds the files of one run, of the last that succeeded. */
TEST_CASE(Run, UsedFolderNeverMixesTwoRuns)
{
  char folder[64];

  ASSERT_TRUE(cli_make_folder(folder));
  EXPECT_EQ(in_folder(folder, "@ run small-demo -o a >1 && @ run small-demo --seed 2 -o b >2 && "
                              "@ run small-demo --seed 2 -o c >2 && cp -r a before"),
            0);
  EXPECT_EQ(in_folder(folder, "@ run small-demo -o a --set bench.loops=1000000 "
                              "--set run.limit=3ms"),
            DIFFERS);
  EXPECT_EQ(in_folder(folder, "@ run small-demo -o a --set vm.ram=4m --set bench.granule=4m"),
            WRONG);
  EXPECT_EQ(in_folder(folder, "diff -r a before"), 0);
  EXPECT_EQ(in_folder(folder, "@ run small-demo --seed 2 -o a >3 && diff -r a b"), 0);
  EXPECT_EQ(in_folder(folder, "@ run small-demo -o a --no-trace >4 && test ! -e a/trace.smt && "
                              "test $(ls -A a | wc -l) = 3 && cmp a/stats.json before/stats.json"),
            0);
  cli_remove_folder(folder);
}

TEST_CASE(Run, FolderWithANameTooLongIsTheUsersMistake)
{
  char folder[64];

  ASSERT_TRUE(cli_make_folder(folder));
  EXPECT_EQ(in_folder(folder, "@ run small-demo -o $(printf %0300d 0) 2>long"), WRONG);
  EXPECT_EQ(in_folder(folder, "grep -q 'too long, expected a folder' long"), 0);
  EXPECT_EQ(in_folder(folder, "@ run small-demo -o $(printf ./%.0s $(seq 2040)) 2>long"), WRONG);
  EXPECT_EQ(in_folder(folder, "grep -q 'too long, expected a folder' long"), 0);
  cli_remove_folder(folder);
}

TEST_CASE(Run, SameSeedSameBytesOtherSeedOthers)
{
  struct test_run one, two, three;

  ASSERT_TRUE(test_run_tool("run small-demo --json", &one));
  ASSERT_TRUE(test_run_tool("run small-demo --json", &two));
  ASSERT_TRUE(test_run_tool("run small-demo --seed 2 --json", &three));
  EXPECT_STREQ(one.out, two.out);
  EXPECT_EQ(strcmp(one.out, three.out) != 0, true);
  test_run_free(&one);
  test_run_free(&two);
  test_run_free(&three);
}

TEST_CASE(Run, FileOfAUserRuns)
{
  char folder[64], args[160];
  struct test_run run;

  ASSERT_TRUE(cli_make_folder(folder));
  ASSERT_TRUE(cli_write_file(
    folder, "mine.yaml", "profile: published\nbench: {loops: 5, warmup: 0}\nvm.queue: vcmdq\n"));
  snprintf(args, sizeof(args), "run %s/mine.yaml", folder);
  ASSERT_TRUE(test_run_tool(args, &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STR_CONTAINS(run.out, "profile published");
  test_run_free(&run);
  cli_remove_folder(folder);
}

TEST_CASE(Run, MistakeInAFileHasItsPlace)
{
  char folder[64], args[160], place[160];
  struct test_run run;

  ASSERT_TRUE(cli_make_folder(folder));
  ASSERT_TRUE(cli_write_file(folder, "mine.yaml", "vm.queue: vcmdq\nbench.threds: 2\n"));
  snprintf(args, sizeof(args), "run %s/mine.yaml", folder);
  snprintf(place, sizeof(place), "%s/mine.yaml:2:1: ", folder);
  ASSERT_TRUE(test_run_tool(args, &run));
  EXPECT_EQ(run.exit_code, WRONG);
  EXPECT_STREQ(run.out, "");
  EXPECT_STR_CONTAINS(run.err, place);
  EXPECT_STR_CONTAINS(run.err, "did you mean \"bench.threads\"?");
  test_run_free(&run);
  cli_remove_folder(folder);
}

static const struct {
  const char *args, *reason;
  int exit_code;
} wrong_lines[] = {
  { "run", "missing", WRONG },
  { "run smal-demo", "did you mean \"small-demo\"?", WRONG },
  { "run small-demo vcmdq-64", "one too many", WRONG },
  { "run small-demo --set vm.exti=1", "did you mean \"vm.exit\"?", WRONG },
  { "run small-demo --set vm.exit", "expected KEY=VALUE", WRONG },
  { "run small-demo --set vm.exit=2parsec", "a time such as", WRONG },
  { "run small-demo --set bench.threads=9", "at most vm.vcpus", WRONG },
  { "run small-demo --seed -1", "run.seed", WRONG },
  { "run small-demo -o /nowhere/x", "/nowhere/x", WRONG },
  { "run small-demo -o README.md", "README.md", WRONG },
  { "run /nowhere.yaml", "No such file", WRONG },
  { "run /", "Is a directory, expected a YAML file", WRONG },
  { "run small-demo --set vm.ram=4m --set bench.granule=4m", "vm.ram is 4m, too small", WRONG },
  { "run small-demo --set smmu.sync.latency=1s", "the host's driver gave up", WRONG },
  { "run small-demo --set bench.loops=1000000 --set run.limit=3ms", "run.limit", DIFFERS },
};

static const char *const mistakes[] = { "nothing", "preset", "two",  "key",     "value",
                                        "unit",    "fit",    "seed", "folder",  "file",
                                        "path",    "root",   "ram",  "timeout", "limit" };

PARAM_TEST_CASE(Run, WrongLineGetsAReason, mistakes, 15)
{
  cli_expect_refused(wrong_lines[param].args, wrong_lines[param].exit_code,
                     wrong_lines[param].reason);
}
