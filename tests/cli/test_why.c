/* why: real runs, recorded by `run -o` and then asked about. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

enum { LOOPS = 7 };

/* Records a run into a new folder; its JSON goes to *result (may be NULL). */
static bool record(const char *args, char folder[64], json_t **result)
{
  char line[256];
  int exit_code = -1;
  json_t *root;

  if (!cli_make_folder(folder))
    return false;
  snprintf(line, sizeof(line), "run %s -o %s --json", args, folder);
  root = cli_json(line, &exit_code);
  if (exit_code != 0)
    ADD_TEST_FAILURE("%s: exit %d", line, exit_code);
  if (result)
    *result = root;
  else
    json_decref(root);
  return root && exit_code == 0;
}

static json_t *why(const char *folder, const char *event)
{
  char args[160];
  int exit_code = -1;
  json_t *root;

  snprintf(args, sizeof(args), "why %s '%s' --json", folder, event);
  root = cli_json(args, &exit_code);
  if (exit_code != 0)
    ADD_TEST_FAILURE("%s: exit %d", args, exit_code);
  return root;
}

static json_int_t number(const json_t *root, const char *path)
{
  return json_integer_value(cli_at(root, path));
}

static json_int_t sum_of_parts(const json_t *root)
{
  json_int_t sum = 0;
  json_t *part;
  size_t i;

  json_array_foreach(cli_at(root, "path"), i, part) sum += number(part, "ps");
  return sum;
}

static const char *const machines[] = { "trapped", "vcmdq", "bare" };

/* What `run` measures in the machine and what `why` finds in the recording is the same. */
PARAM_TEST_CASE(WhyRun, PartsAddUpToTheLatencyThatRunMeasured, machines, 3)
{
  json_int_t total = 0, longest = 0, shortest = 0;
  json_t *result = NULL, *stats;
  char folder[64], args[128];

  snprintf(args, sizeof(args), "dma-map-%s --set bench.loops=%d --set bench.warmup=0",
           machines[param], LOOPS);
  ASSERT_TRUE(record(args, folder, &result));
  stats = cli_at(result, "stats");
  for (unsigned i = 1; i <= LOOPS; i++) {
    char event[16];
    json_t *root;
    json_int_t ps;

    snprintf(event, sizeof(event), "UNMAP#%u", i);
    root = why(folder, event);
    ps = number(root, "total_ps");
    EXPECT_GT(ps, 0);
    EXPECT_EQ(sum_of_parts(root), ps);
    EXPECT_EQ(number(root, "operations/0/ps"), ps);
    total += ps;
    longest = ps > longest ? ps : longest;
    shortest = shortest == 0 || ps < shortest ? ps : shortest;
    json_decref(root);
  }
  EXPECT_EQ(json_integer_value(json_object_get(stats, "unmap.count")), LOOPS);
  EXPECT_EQ(json_integer_value(json_object_get(stats, "unmap.mean_ps")),
            (total + LOOPS / 2) / LOOPS);
  EXPECT_EQ(json_integer_value(json_object_get(stats, "unmap.max_ps")), longest);
  EXPECT_EQ(json_integer_value(json_object_get(stats, "unmap.min_ps")), shortest);
  json_decref(result);
  cli_remove_folder(folder);
}

PARAM_TEST_CASE(WhyRun, RecordingDoesNotChangeTheRun, machines, 3)
{
  json_t *recorded = NULL, *plain;
  char folder[64], args[160];
  int exit_code = -1;

  snprintf(args, sizeof(args), "dma-map-%s --set bench.loops=20 --set bench.warmup=2",
           machines[param]);
  ASSERT_TRUE(record(args, folder, &recorded));
  snprintf(args, sizeof(args), "run dma-map-%s --set bench.loops=20 --set bench.warmup=2 --json",
           machines[param]);
  plain = cli_json(args, &exit_code);
  ASSERT_NOT_NULL(plain);
  EXPECT_TRUE(json_equal(recorded, plain));
  EXPECT_NOT_NULL(json_object_get(cli_at(plain, "stats"), "sim.hash")); /* of all that happened */
  json_decref(recorded);
  json_decref(plain);
  cli_remove_folder(folder);
}

/* Thousandths of the time that parts with this cause have. */
static unsigned share_of(const json_t *root, const char *cause)
{
  double sum = 0;
  json_t *part;
  size_t i;

  json_array_foreach(cli_at(root, "path"), i, part)
  {
    if (strcmp(cli_text(part, "cause"), cause) == 0)
      sum += json_real_value(cli_at(part, "share"));
  }
  return (unsigned)(1000 * sum);
}

TEST_CASE(WhyRun, SlowLockHolderIsFound)
{
  json_t *root;
  char folder[64];

  ASSERT_TRUE(record("small-demo --set vmm.command=40us --set vmm.wake=100ns --set bench.loops=20",
                     folder, NULL));
  root = why(folder, "LOCK-WAIT#slowest");
  EXPECT_GT(share_of(root, "lock"), 900);
  EXPECT_STR_CONTAINS(cli_text(root, "headline"), "waiting for the big lock: held by vCPU ");
  EXPECT_STR_CONTAINS(cli_text(root, "headline"), "for its write of CMDQ_PROD (");
  EXPECT_STREQ(cli_text(root, "path/0/meanwhile/0/what"), "vmm.command");
  EXPECT_STREQ(cli_text(root, "path/0/meanwhile/0/in"), "big-lock");
  json_decref(root);
  cli_remove_folder(folder);
}

TEST_CASE(WhyRun, SlowStageOfTheDeviceIsFound)
{
  json_t *root;
  char folder[64];

  ASSERT_TRUE(
    record("dma-map-vcmdq --set smmu.sync.latency=50us --set bench.loops=5", folder, NULL));
  root = why(folder, "UNMAP#median");
  EXPECT_STREQ(cli_text(root, "path/0/what"), "SMMU: sync");
  EXPECT_STREQ(cli_text(root, "path/0/in"), "sync-wait");
  EXPECT_EQ(number(root, "path/0/ps"), 50000000);
  EXPECT_STR_CONTAINS(cli_text(root, "headline"), "waiting for the SMMU: sync (");
  json_decref(root);
  cli_remove_folder(folder);
}

/* Nothing of a run's operation is without a record. */
TEST_CASE(WhyRun, EveryPicosecondOfARunIsRecorded)
{
  json_t *root;
  char folder[64], event[32];

  ASSERT_TRUE(record("small-demo", folder, NULL));
  for (unsigned i = 1; i <= 24; i++) {
    snprintf(event, sizeof(event), "UNMAP#%u", i);
    root = why(folder, event);
    EXPECT_EQ(share_of(root, "unknown"), 0);
    json_decref(root);
  }
  cli_remove_folder(folder);
}

TEST_CASE(WhyRun, TreeOfATrappedUnmapReachesTheHostsSync)
{
  static const char *const names[] = { "unmap",    "submit", "exit, write of CMDQ_PROD",
                                       "big-lock", "ioctl",  "submit",
                                       "sync-wait" };
  static const int parents[] = { -1, 0, 1, 2, 3, 4, 4 };
  json_t *root;
  char folder[64], path[40];

  ASSERT_TRUE(record("dma-map-trapped --set bench.loops=3", folder, NULL));
  root = why(folder, "UNMAP#2");
  for (unsigned i = 0; i < 7; i++) {
    snprintf(path, sizeof(path), "operations/%u/name", i);
    EXPECT_STREQ(cli_text(root, path), names[i]);
    snprintf(path, sizeof(path), "operations/%u/parent", i);
    if (parents[i] >= 0)
      EXPECT_EQ(number(root, path), parents[i]);
  }
  json_decref(root);
  cli_remove_folder(folder);
}

/* ---- the command line ---- */

TEST_CASE(WhyLine, ListTellsWhatToAskFor)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool("why " CLI_RUN_T, &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STREQ(run.err, "");
  EXPECT_STR_CONTAINS(run.out, "operation");
  EXPECT_STR_CONTAINS(run.out, "UNMAP#");
  EXPECT_STR_CONTAINS(run.out, "sync-wait");
  EXPECT_STR_CONTAINS(run.out, "smmulator why " CLI_RUN_T " 'UNMAP#slowest'");
  test_run_free(&run);
}

TEST_CASE(WhyLine, TextHasHeadlineTableAndTree)
{
  static const char *const parts[] = {
    "UNMAP#17 on vCPU ", " of this unmap was ", "what",       "share",      "total",
    "100.0 %",           "operations",          "\n  submit", "small parts"
  };
  struct test_run run;

  ASSERT_TRUE(test_run_tool("why " CLI_RUN_T " UNMAP#17", &run));
  EXPECT_EQ(run.exit_code, 0);
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
    EXPECT_STR_CONTAINS(run.out, parts[i]);
  test_run_free(&run);
}

TEST_CASE(WhyLine, AllShowsTheSmallPartsToo)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool("why " CLI_RUN_T " UNMAP#17 --all", &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_NULL(strstr(run.out, "small part"));
  EXPECT_STR_CONTAINS(run.out, "driver.pte_clear");
  test_run_free(&run);
}

TEST_CASE(WhyLine, JsonKeysAreThere)
{
  static const char *const keys[] = { "schema",
                                      "event",
                                      "operation",
                                      "number",
                                      "cpu",
                                      "total_ns",
                                      "total_ps",
                                      "headline",
                                      "cut",
                                      "path/0/what",
                                      "path/0/in",
                                      "path/0/cause",
                                      "path/0/times",
                                      "path/0/ns",
                                      "path/0/ps",
                                      "path/0/share",
                                      "operations/0/name",
                                      "operations/0/parent",
                                      "operations/0/ps",
                                      NULL };
  static const char *const list_keys[] = { "schema",
                                           "operations/0/name",
                                           "operations/0/event",
                                           "operations/0/count",
                                           "operations/0/mean_ns",
                                           "operations/0/p50_ns",
                                           "operations/0/p99_ns",
                                           "operations/0/slowest_ns",
                                           "operations/0/slowest",
                                           "operations/0/median",
                                           "cut",
                                           NULL };
  int exit_code = -1;
  json_t *root = why(CLI_RUN_T, "unmap#slowest");

  cli_expect_keys(root, keys);
  json_decref(root);
  root = cli_json("why " CLI_RUN_T " --json", &exit_code);
  EXPECT_EQ(exit_code, 0);
  cli_expect_keys(root, list_keys);
  json_decref(root);
}

static const char *const mistakes[] = {
  "no-path", "no-file", "event", "number", "words", "format"
};
static const struct {
  const char *args, *reason;
} wrong_lines[] = {
  { "why", "PATH is missing" },
  { "why /nowhere/at/all UNMAP#1", "/nowhere/at/all: No such file" },
  { "why " CLI_RUN_T " REMAP#1", "expected one of " },
  { "why " CLI_RUN_T " UNMAP#99999", "there is no UNMAP#99999" },
  { "why " CLI_RUN_T " UNMAP#1 UNMAP#2", "one too many" },
  { "why README.md UNMAP#1", "README.md: offset 0: found byte 0x23, expected 0x89" },
};

PARAM_TEST_CASE(WhyLine, WrongLineGetsAReason, mistakes, 6)
{
  cli_expect_refused(wrong_lines[param].args, WRONG, wrong_lines[param].reason);
}

TEST_CASE(WhyLine, CutRecordingIsUsedAndSaidToBeCut)
{
  char folder[64], script[256], *out = NULL, *err = NULL;

  ASSERT_TRUE(record("small-demo", folder, NULL));
  snprintf(script, sizeof(script), "truncate -s -10 %s/trace.smt && @ why %s 'UNMAP#3'", folder,
           folder);
  EXPECT_EQ(cli_shell(script, &out, &err), 0);
  EXPECT_STR_CONTAINS(out, "UNMAP#3 on ");
  EXPECT_STR_CONTAINS(err, "the recording is cut: only 54 of 64 bytes of the last record");
  free(out);
  free(err);
  cli_remove_folder(folder);
}

/* A disk that fills up during a run is the machine's fault, and is told. */
TEST_CASE(WhyRun, FullDiskUnderTheRecordingIsTheMachinesFault)
{
  char folder[64], script[256], *err = NULL;

  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(script, sizeof(script), "ln -s /dev/full %s/trace.smt.new && @ run small-demo -o %s",
           folder, folder);
  EXPECT_EQ(cli_shell(script, NULL, &err), MACHINE);
  EXPECT_STR_CONTAINS(err, "trace.smt.new: cannot be written: No space left on device");
  free(err);
  cli_remove_folder(folder);
}

/* The same when it fills up later: the head and the first records still fit. */
TEST_CASE(WhyRun, RecordingThatCannotGrowIsTheMachinesFault)
{
  char folder[64], script[256], *err = NULL;

  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(script, sizeof(script), "trap '' XFSZ; ulimit -f 200; @ run small-demo -o %s", folder);
  EXPECT_EQ(cli_shell(script, NULL, &err), MACHINE);
  EXPECT_STR_CONTAINS(err, "trace.smt.new: cannot be written: File too large");
  free(err);
  cli_remove_folder(folder);
}
