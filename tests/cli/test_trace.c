/* trace info, trace cat: what is in a recording, in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

enum { CATEGORY_COLUMN = 36 };

TEST_CASE(Trace, InfoCountsEveryRecordOnce)
{
  static const char *const keys[] = { "schema",      "records",           "build", "seed",
                                      "first_ps",    "last_ps",           "cut",   "config",
                                      "cpus/vCPU 0", "categories/charge", NULL };
  int exit_code = -1;
  json_t *root = cli_json("trace info " CLI_RUN_T " --json", &exit_code), *count;
  json_int_t sum = 0;
  const char *key;

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  cli_expect_keys(root, keys);
  json_object_foreach(cli_at(root, "categories"), key, count) sum += json_integer_value(count);
  EXPECT_EQ(sum, json_integer_value(cli_at(root, "records")));
  EXPECT_GT(sum, 1000);
  EXPECT_STR_CONTAINS(cli_text(root, "config"), "vm.queue: trapped");
  json_decref(root);
}

TEST_CASE(Trace, InfoShowsWhatIsSimulated)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool("trace info " CLI_RUN_T, &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STREQ(run.err, "");
  EXPECT_STR_CONTAINS(run.out, "vCPU 1: ");
  EXPECT_STR_CONTAINS(run.out, "vm.queue: trapped");
  EXPECT_STR_CONTAINS(run.out, "more with an origin");
  EXPECT_STR_CONTAINS(run.out, "charge");
  test_run_free(&run);
}

/* The configuration in a recording gives the same run again. */
TEST_CASE(Trace, RecordedConfigurationRunsAgainTheSame)
{
  char folder[64], script[512], *out = NULL;

  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(
    script, sizeof(script),
    "cd %s && @ run small-demo --seed 5 -o a >/dev/null 2>&1 && @ trace info --config a >c.yaml "
    "&& @ run c.yaml -o b >/dev/null 2>&1 && @ trace cat a >a.txt && @ trace cat b >b.txt && "
    "cmp a.txt b.txt && wc -l <a.txt",
    folder);
  EXPECT_EQ(cli_shell(script, &out, NULL), 0);
  EXPECT_GT(strtol(out, NULL, 10), 1000);
  free(out);
  cli_remove_folder(folder);
}

static size_t lines(const char *text)
{
  size_t n = 0;

  for (; *text; text++)
    n += *text == '\n';
  return n;
}

TEST_CASE(Trace, CatPrintsOneLineARecord)
{
  int exit_code = -1;
  json_t *info = cli_json("trace info " CLI_RUN_T " --json", &exit_code);
  struct test_run run;

  ASSERT_NOT_NULL(info);
  ASSERT_TRUE(test_run_tool("trace cat " CLI_RUN_T, &run));
  EXPECT_EQ(lines(run.out), json_integer_value(cli_at(info, "records")));
  EXPECT_NULL(strstr(run.out, "?"));
  test_run_free(&run);
  json_decref(info);
}

/* What the device's records are of is named after the device that ran, in whatever order its queues are. */
TEST_CASE(Trace, QueuesHaveTheirNamesOnEveryDevice)
{
  static const char *const run = "@ run small-demo --set vm.queue=bare --set smmu.ids=full %s -o "
                                 "%s/a >/dev/null 2>&1 && @ trace cat %s/a --category %s";
  char folder[64], script[512], *out = NULL;

  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(script, sizeof(script), run, "--set host.ecmdq=on", folder, folder, "command");
  EXPECT_EQ(cli_shell(script, &out, NULL), 0);
  EXPECT_STR_CONTAINS(out, "  ECMDQ 1         command     TLBI_NH_VA at ");
  EXPECT_STR_CONTAINS(out, "  CMDQ            command     CFGI_STE_RANGE at ");
  EXPECT_NULL(strstr(out, "acknowledger"));
  EXPECT_NULL(strstr(out, "VCMDQ"));
  free(out);
  cli_remove_folder(folder);
}

TEST_CASE(Trace, BroadcastsHaveASyncInWords)
{
  char folder[64], script[512], *out = NULL;

  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(script, sizeof(script),
           "@ run small-demo --set vm.queue=bare --set host.tlbi=broadcast -o %s/a >/dev/null 2>&1 "
           "&& @ trace cat %s/a --category sync",
           folder, folder);
  EXPECT_EQ(cli_shell(script, &out, NULL), 0);
  EXPECT_STR_CONTAINS(out, "  broadcast       sync        of the broadcasts before it\n");
  EXPECT_NULL(strchr(out, '?'));
  free(out);
  cli_remove_folder(folder);
}

static const char *const words[] = { "command", "sync",      "charge",   "sleep", "note",
                                     "span",    "store-reg", "load-reg", "store", "reg-write" };
static const char *const said[] = { "TLBI_NH_VA at index ",
                                    "CMD_SYNC",
                                    "vm.exit, 1 unit, until ",
                                    "until ",
                                    "begin exit, CMDQ_PROD, VM 0",
                                    "cmd-fetch, read, arrived ",
                                    "CMDQ_PROD (0x2b000098) ",
                                    "CMDQ_CONS (0x2b00009c) ",
                                    " at 0x",
                                    "CMDQ_PROD (0x98) " };

PARAM_TEST_CASE(Trace, CatSaysACategoryInWords, words, 10)
{
  char args[128];
  struct test_run run;

  snprintf(args, sizeof(args), "trace cat " CLI_RUN_T " --category %s", words[param]);
  ASSERT_TRUE(test_run_tool(args, &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STR_CONTAINS(run.out, param == 1 ? "SYNC at index " : said[param]);
  for (const char *line = run.out; *line; line = strchr(line, '\n') + 1) {
    if (strncmp(line + CATEGORY_COLUMN, words[param], strlen(words[param])) != 0 ||
        line[CATEGORY_COLUMN + strlen(words[param])] != ' ')
      ADD_TEST_FAILURE("another category: %.80s", line);
  }
  test_run_free(&run);
}

TEST_CASE(Trace, FromAndToKeepWhatLiesBetween)
{
  int exit_code = -1;
  json_t *all = cli_json("trace cat " CLI_RUN_T " --json --category note", &exit_code), *line;
  json_t *some, *expected = json_array();
  size_t i;

  some =
    cli_json("trace cat " CLI_RUN_T " --json --category note --from 200us --to 0.25ms", &exit_code);
  ASSERT_NOT_NULL(all);
  ASSERT_NOT_NULL(some);
  json_array_foreach(cli_at(all, "lines"), i, line)
  {
    json_int_t time = json_integer_value(cli_at(line, "time_ps"));

    if (time >= 200000000 && time < 250000000)
      json_array_append(expected, line);
  }
  EXPECT_GT(json_array_size(expected), 10);
  EXPECT_TRUE(json_equal(expected, cli_at(some, "lines")));
  EXPECT_EQ(json_integer_value(cli_at(some, "records")), json_array_size(expected));
  json_decref(expected);
  json_decref(some);
  json_decref(all);
}

static const char *const mistakes[] = { "nothing", "no-path",  "word",     "time",
                                        "digits",  "category", "too-many", "no-file" };
static const struct {
  const char *args, *reason;
} wrong_lines[] = {
  { "trace", "info or cat is missing" },
  { "trace info", "PATH is missing" },
  { "trace inof " CLI_RUN_T, "did you mean \"info\"" },
  { "trace cat " CLI_RUN_T " --from 5parsec", "--from is \"5parsec\"" },
  { "trace cat " CLI_RUN_T " --to 0.0005ns", "--to is \"0.0005ns\"" },
  { "trace cat " CLI_RUN_T " --category chrage", "did you mean \"charge\"" },
  { "trace cat " CLI_RUN_T " there", "one too many" },
  { "trace cat /nowhere", "/nowhere: No such file" },
};

PARAM_TEST_CASE(Trace, WrongLineGetsAReason, mistakes, 8)
{
  cli_expect_refused(wrong_lines[param].args, WRONG, wrong_lines[param].reason);
}
