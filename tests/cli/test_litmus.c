/* litmus: the list, all programs, one program, schedules that reproduce what they showed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

enum { PROGRAMS_MAX = 64 };

TEST_CASE(Litmus, EveryProgramHolds)
{
  int exit_code = -1;
  json_t *root = cli_json("litmus --json", &exit_code), *test;
  size_t i;

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(json_integer_value(cli_at(root, "failed")), 0);
  EXPECT_EQ(json_integer_value(cli_at(root, "passed")), json_array_size(cli_at(root, "tests")));
  EXPECT_GE(json_array_size(cli_at(root, "tests")), 8);
  json_array_foreach(cli_at(root, "tests"), i, test)
  {
    if (strcmp(cli_text(test, "verdict"), cli_text(test, "expected")) != 0)
      ADD_TEST_FAILURE("%s: %s", cli_text(test, "name"), cli_text(test, "verdict"));
    EXPECT_GT(json_integer_value(cli_at(test, "states")), 0);
  }
  json_decref(root);
}

/* The schedule of each witness, replayed, shows each thread the same. */
TEST_CASE(Litmus, WitnessScheduleReproducesWhatWasSeen)
{
  int exit_code = -1;
  json_t *root = cli_json("litmus --json", &exit_code), *test;
  size_t i;

  ASSERT_NOT_NULL(root);
  json_array_foreach(cli_at(root, "tests"), i, test)
  {
    char args[4096];
    json_t *again;

    snprintf(args, sizeof(args), "litmus %s --json --replay '%s'", cli_text(test, "name"),
             cli_text(test, "schedule"));
    again = cli_json(args, &exit_code);
    if (!again)
      continue;
    EXPECT_EQ(exit_code, 0);
    EXPECT_STREQ(cli_text(again, "tests/0/schedule"), cli_text(test, "schedule"));
    if (!json_equal(cli_at(again, "tests/0/seen"), cli_at(test, "seen")))
      ADD_TEST_FAILURE("%s: another view than the witness", cli_text(test, "name"));
    EXPECT_GT(json_array_size(cli_at(again, "steps")), 0);
    json_decref(again);
  }
  json_decref(root);
}

TEST_CASE(Litmus, OneProgramShowsItselfItsStatesAndOneWay)
{
  static const char *const parts[] = { "program  stale-fill",
                                       "claim    ",
                                       "rule     ",
                                       "IHI 0070",
                                       "threads  ",
                                       "queue    0  TLBI_NH_VA",
                                       "SYNC",
                                       "holds, as expected",
                                       " states, ",
                                       " transitions, ",
                                       "witness  ",
                                       "marks the DMA of device",
                                       "it fills nothing",
                                       "the SYNC may not complete",
                                       "fault F_TRANSLATION",
                                       "smmulator litmus stale-fill --replay '" };
  struct test_run run;

  ASSERT_TRUE(test_run_tool("litmus stale-fill", &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STREQ(run.err, "");
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
    EXPECT_STR_CONTAINS(run.out, parts[i]);
  test_run_free(&run);
}

TEST_CASE(Litmus, JsonSaysWhatEachThreadSaw)
{
  int exit_code = -1;
  json_t *root = cli_json("litmus stale-fill --json", &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "tests/0/seen/0/thread"), "device");
  EXPECT_STREQ(cli_text(root, "tests/0/seen/0/saw/0/value"), "0x80000");
  EXPECT_STREQ(cli_text(root, "tests/0/seen/0/saw/0/meaning"), "0x80000, the old page");
  EXPECT_STREQ(cli_text(root, "tests/0/seen/0/saw/1/meaning"), "fault F_TRANSLATION");
  json_decref(root);
}

/* The lines from the first step of the story to the line before "re-run". */
static char *story_of(char *out)
{
  char *first = strstr(out, "\n      1  "), *end = strstr(out, "\nre-run");

  if (end)
    *end = '\0';
  return first;
}

/* What a reader copies from the screen: the line behind "re-run". */
TEST_CASE(Litmus, PrintedCommandTellsTheSameStory)
{
  struct test_run run, again;
  char *command, *line_end, *story, *story_again;

  ASSERT_TRUE(test_run_tool("litmus sync-drain", &run));
  command = strstr(run.out, "re-run   smmulator ");
  ASSERT_NOT_NULL(command);
  command += strlen("re-run   smmulator ");
  line_end = strchr(command, '\n');
  ASSERT_NOT_NULL(line_end);
  *line_end = '\0';
  ASSERT_TRUE(test_run_tool(command, &again));
  EXPECT_EQ(again.exit_code, 0);
  story = story_of(run.out);
  story_again = story_of(again.out);
  ASSERT_NOT_NULL(story);
  ASSERT_NOT_NULL(story_again);
  EXPECT_STR_CONTAINS(story_again, story);
  test_run_free(&again);
  test_run_free(&run);
}

TEST_CASE(Litmus, TooFewStatesIsADifference)
{
  int exit_code = -1;
  json_t *root = cli_json("litmus stale-fill --max-states 10 --json", &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, DIFFERS);
  EXPECT_STREQ(cli_text(root, "tests/0/verdict"), "limit");
  EXPECT_EQ(json_integer_value(cli_at(root, "failed")), 1);
  json_decref(root);
}

TEST_CASE(Litmus, ListNamesEveryProgramAndItsClaim)
{
  int exit_code = -1;
  json_t *root = cli_json("litmus --list --json", &exit_code), *program;
  struct test_run run;
  size_t i;

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  ASSERT_TRUE(test_run_tool("litmus --list", &run));
  json_array_foreach(cli_at(root, "programs"), i, program)
  {
    char column[80];

    snprintf(column, sizeof(column), "%s  ", cli_text(program, "name"));
    EXPECT_STR_CONTAINS(run.out, column);
    EXPECT_GT(strlen(cli_text(program, "claim")), 0);
  }
  EXPECT_GE(i, 8);
  test_run_free(&run);
  json_decref(root);
}

TEST_CASE(Litmus, CatalogueIsTheOneInDocs)
{
  char *page = cli_read_source("docs/litmus.md");
  struct test_run run;

  ASSERT_NOT_NULL(page);
  ASSERT_TRUE(test_run_tool("litmus --list --markdown", &run));
  if (!strstr(page, run.out))
    ADD_TEST_FAILURE("docs/litmus.md is stale. Renew it: docs/renew.sh");
  test_run_free(&run);
  free(page);
}

static const char *const mistakes[] = { "name",  "folder",   "file",  "schedule",
                                        "alone", "max-zero", "words", "max-word" };
static const struct {
  const char *args, *reason;
} wrong_lines[] = {
  { "litmus stalefill", "did you mean \"stale-fill\"?" },
  { "litmus tests/litmus", "there is no litmus file format" },
  { "litmus README.md", "there is no litmus file format" },
  { "litmus stale-fill --replay aZ", "column 2" },
  { "litmus --replay a", "NAME" },
  { "litmus --max-states 0", "--max-states" },
  { "litmus stale-fill sync-drain", "one too many" },
  { "litmus --max-states many", "--max-states" },
};

PARAM_TEST_CASE(Litmus, WrongLineGetsAReason, mistakes, 8)
{
  cli_expect_refused(wrong_lines[param].args, WRONG, wrong_lines[param].reason);
}
