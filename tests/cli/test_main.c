/* The program as a whole: help, version, exit statuses, colour, what happens when the world is
 * against it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

enum { EXAMPLES_MAX = 16 };

static const char *const verbs[] = { "replay", "explain", "litmus", "decode", "reproduce",
                                     "run",    "params",  "why",    "trace",  "check" };

/* A call of each verb that does something. */
static const char *const calls[] = {
  "replay " CLI_RUN_F,
  "explain --sid 0x20 --iova 0x151400097 " CLI_RUN_F,
  "litmus msi-order",
  "decode cmd SYNC",
  "reproduce dma-map --seeds 1",
  "run small-demo",
  "params vm",
  "why " CLI_RUN_T " UNMAP#17",
  "trace cat " CLI_RUN_T,
  "check " CLI_RUN_T,
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

TEST_CASE(Main, HelpNamesEveryVerbAndEveryExitStatus)
{
  static const char *const parts[] = { "replay",      "explain",
                                       "litmus",      "decode",
                                       "reproduce",   "run",
                                       "params",      "why",
                                       "trace",       "check",
                                       "Exit status", "0 done",
                                       "1 done",      "2 the command line",
                                       "3 --strict",  "4 the machine",
                                       "70 ",         "Example:" };
  struct test_run run;

  ASSERT_TRUE(test_run_tool("--help", &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STREQ(run.err, "");
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
    EXPECT_STR_CONTAINS(run.out, parts[i]);
  test_run_free(&run);
}

TEST_CASE(Main, VersionGivesNumberAndBuild)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool("--version", &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(strncmp(run.out, "smmulator ", 10), 0);
  EXPECT_STR_CONTAINS(run.out, "(");
  test_run_free(&run);
}

TEST_CASE(Main, NoVerbIsAWrongCommandLine)
{
  cli_expect_refused("", WRONG, "usage: smmulator");
}

TEST_CASE(Main, UnknownVerbGetsTheNearestOne)
{
  static const char *const typed[] = { "explane", "Litmus", "rep", "decod" };
  static const char *const meant[] = { "explain", "litmus", "replay", "decode" };

  for (unsigned i = 0; i < 4; i++) {
    char expected[64];

    snprintf(expected, sizeof(expected), "did you mean \"%s\"?", meant[i]);
    cli_expect_refused(typed[i], WRONG, expected);
  }
}

TEST_CASE(Main, UnlikeWordGetsNoSuggestion)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool("frobnicate", &run));
  EXPECT_EQ(run.exit_code, WRONG);
  EXPECT_EQ(strstr(run.err, "did you mean") != NULL, false);
  EXPECT_STR_CONTAINS(run.err, "--help");
  test_run_free(&run);
}

TEST_CASE(Main, UnknownOptionIsAWrongCommandLine)
{
  cli_expect_refused("--frobnicate", WRONG, "--frobnicate");
}

PARAM_TEST_CASE(Verb, UnknownOptionIsAWrongCommandLine, verbs, VERBS)
{
  char args[64];

  snprintf(args, sizeof(args), "%s --frobnicate", verbs[param]);
  cli_expect_refused(args, WRONG, "--frobnicate");
}

/* Lines behind "Example:" that call the program; argp breaks long ones, the next line is then
 * indented more. */
static unsigned find_examples(char *help, char *example[EXAMPLES_MAX])
{
  char *at = strstr(help, "Example:"), *save = NULL;
  unsigned count = 0;

  if (!at)
    return 0;
  for (char *line = strtok_r(at, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
    if (strncmp(line, "  smmulator ", 12) == 0 && count < EXAMPLES_MAX)
      example[count++] = line + 12;
  }
  return count;
}

PARAM_TEST_CASE(Verb, HelpExamplesRun, verbs, VERBS)
{
  char *example[EXAMPLES_MAX], args[64];
  struct test_run help;
  unsigned count;

  snprintf(args, sizeof(args), "%s --help", verbs[param]);
  ASSERT_TRUE(test_run_tool(args, &help));
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_STREQ(help.err, "");
  count = find_examples(help.out, example);
  EXPECT_GT(count, 0);
  for (unsigned i = 0; i < count; i++) {
    struct test_run run;

    if (!test_run_tool(example[i], &run))
      continue;
    if (run.exit_code != 0)
      ADD_TEST_FAILURE("the example \"%s\" ends with %d:\n%s", example[i], run.exit_code, run.err);
    EXPECT_GT(run.out_len, 0);
    test_run_free(&run);
  }
  test_run_free(&help);
}

TEST_CASE(Main, HelpExamplesRun)
{
  char *example[EXAMPLES_MAX];
  struct test_run help, run;
  unsigned count;

  ASSERT_TRUE(test_run_tool("--help", &help));
  count = find_examples(help.out, example);
  EXPECT_EQ(count, 4);
  for (unsigned i = 0; i < count; i++) {
    ASSERT_TRUE(test_run_tool(example[i], &run));
    EXPECT_EQ(run.exit_code, 0);
    test_run_free(&run);
  }
  test_run_free(&help);
}

PARAM_TEST_CASE(Verb, FullDiskIsTheMachinesFault, verbs, VERBS)
{
  static const char *const options[] = { "", " --json", " --help" };
  char script[256], *err;

  for (unsigned i = 0; i < 3; i++) {
    snprintf(script, sizeof(script), "@ %s%s >/dev/full", calls[param], options[i]);
    EXPECT_EQ(cli_shell(script, NULL, &err), MACHINE);
    EXPECT_STR_CONTAINS(err, "No space left");
    free(err);
  }
}

PARAM_TEST_CASE(Verb, WritesNoColourIntoFiles, verbs, VERBS)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool(calls[param], &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(strchr(run.out, '\033') != NULL, false);
  EXPECT_EQ(strchr(run.err, '\033') != NULL, false);
  test_run_free(&run);
}

/* script(1) gives the program a terminal. */
TEST_CASE(Main, ColourOnATerminalUnlessNoColorIsSet)
{
  char *out;

  if (cli_shell("command -v script", NULL, NULL) != 0)
    SKIP_TEST("missing: script (bsdutils)");
  if (cli_shell("script -qec true /dev/null", NULL, NULL) != 0)
    SKIP_TEST("this place has no pseudo-terminals");
  EXPECT_EQ(cli_shell("TERM=xterm script -qec '@ litmus msi-order' /dev/null", &out, NULL), 0);
  EXPECT_STR_CONTAINS(out, "\033[");
  EXPECT_STR_CONTAINS(out, "holds");
  free(out);
  out = NULL;
  EXPECT_EQ(
    cli_shell("NO_COLOR=1 TERM=xterm script -qec '@ litmus msi-order' /dev/null", &out, NULL), 0);
  EXPECT_EQ(strstr(out, "\033[1m") != NULL || strstr(out, "\033[32m") != NULL, false);
  free(out);
}

TEST_CASE(Main, ReaderThatLeavesEndsItQuietly)
{
  char *err;

  EXPECT_EQ(cli_shell("@ litmus --list --markdown | true", NULL, &err), 0);
  EXPECT_STREQ(err, "");
  free(err);
}

/* CHECK ends in abort(). A signal from outside takes the same road; the FIFO makes sure that the
 * program is running. */
TEST_CASE(Main, BrokenInvariantAsksForAReportAndExits70)
{
  char folder[64], script[512], *err;

  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(script, sizeof(script),
           "mkfifo %s/log && { @ replay %s/log & p=$!; exec 3>%s/log; kill -ABRT $p; wait $p; }",
           folder, folder, folder);
  EXPECT_EQ(cli_shell(script, NULL, &err), BROKEN);
  EXPECT_STR_CONTAINS(err, "report it");
  EXPECT_STR_CONTAINS(err, "smmulator 0.");
  free(err);
  cli_remove_folder(folder);
}

/* ---- keys that users may rely on ---- */

struct keys {
  const char *args;
  const char *const *paths;
};

static const struct keys promised[] = {
  { "replay " CLI_RUN_F " --json", (const char *const[]){ "schema",
                                                          "records",
                                                          "commands",
                                                          "translations/replayed",
                                                          "translations/matched",
                                                          "translations/mismatched",
                                                          "faults/replayed",
                                                          "faults/matched",
                                                          "faults/mismatched",
                                                          "tlb/hits",
                                                          "tlb/misses",
                                                          "tlb/mismatched",
                                                          "snapshot_pairs/live",
                                                          "snapshot_pairs/matched",
                                                          "snapshot_pairs/mismatched",
                                                          "snapshot_leaves/listed",
                                                          "snapshot_leaves/matched",
                                                          "snapshot_leaves/mismatched",
                                                          "dropped/0/reason",
                                                          "dropped/0/count",
                                                          "dropped/0/first_line",
                                                          "first_divergence",
                                                          NULL } },
  { "explain --sid 0x20 --iova 0x151400097 --json " CLI_RUN_F,
    (const char *const[]){ "schema", "sid", "iova", "access/write", "memory/source", "memory/line",
                           "steps/0/what", "steps/0/address", "steps/0/base", "steps/0/index",
                           "steps/0/words", "steps/0/means", "steps/0/section", "steps/3/level",
                           "result/status", "result/pa", "caches/kept", NULL } },
  { "litmus --json",
    (const char *const[]){ "schema", "tests/0/name", "tests/0/verdict", "tests/0/expected",
                           "tests/0/states", "tests/0/seconds", "tests/0/transitions",
                           "tests/0/schedule", "tests/0/seen", "passed", "failed", NULL } },
  { "decode cmd SYNC --json",
    (const char *const[]){ "schema", "kind", "fields/0/name", "fields/0/value", "words/0", NULL } },
  { "reproduce dma-map --seeds 1 --json",
    (const char *const[]){ "schema", "cells/0/model_us", "mean_abs_error_pct", "gates/0/holds",
                           "counts/0/exits", "fitted_parameters", "hand_set_parameters", NULL } },
  { "run small-demo --json", (const char *const[]){ "schema", "stats/unmap.mean_ps",
                                                    "config/vm.queue", "seed", "build", NULL } },
  { "params vm --json", (const char *const[]){ "schema", "params/0/name", "params/0/unit",
                                               "params/0/default", "params/0/origin", NULL } },
  { "why " CLI_RUN_T " UNMAP#17 --json",
    (const char *const[]){ "schema", "path/0/what", "path/0/ns", "path/0/share", "total_ns",
                           "event", NULL } },
  { "trace info " CLI_RUN_T " --json", (const char *const[]){ "schema", "records", NULL } },
  { "check " CLI_RUN_T " --json",
    (const char *const[]){ "schema", "verdicts/fresh", "verdicts/window_pending",
                           "verdicts/window_deferred", "verdicts/stale_driver",
                           "verdicts/stale_device", "stories", NULL } },
};

PARAM_TEST_CASE(Verb, JsonKeysAreThere, verbs, VERBS)
{
  int exit_code = -1;
  json_t *root = cli_json(promised[param].args, &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  EXPECT_TRUE(json_is_integer(cli_at(root, "schema")));
  cli_expect_keys(root, promised[param].paths);
  json_decref(root);
}
