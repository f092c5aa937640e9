/* Whole test programs seen from outside, and the helpers that run programs. */
#include "shim/gtest_c.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Runs the program shim_sample, which holds tests that pass, fail and skip. */
static void run_sample(const char *filter, struct test_run *run)
{
  const char *const argv[] = { test_program_path("shim_sample"), filter, "--gtest_color=no", NULL };

  ASSERT_TRUE(test_run_program(argv, run));
}

TEST_CASE(Runner, ReportsAFailedExpectationWithFileAndLine)
{
  struct test_run run;

  run_sample("--gtest_filter=Sample.Fails", &run);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_STR_CONTAINS(run.out, "shim_sample.c:14: Failure");
  EXPECT_STR_CONTAINS(run.out, "[  FAILED  ] Sample.Fails");
  test_run_free(&run);
}

TEST_CASE(Runner, ReportsASkipWithItsReason)
{
  struct test_run run;

  run_sample("--gtest_filter=Sample.Skips", &run);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STR_CONTAINS(run.out, "Skipped\nshared: no recording 7");
  EXPECT_FALSE(strstr(run.out, "not reached"));
  test_run_free(&run);
}

TEST_CASE(Runner, CountsAFailureBeforeASkipAsFailure)
{
  struct test_run run;

  run_sample("--gtest_filter=Sample.FailsThenSkips", &run);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_FALSE(strstr(run.out, "[  SKIPPED ]"));
  test_run_free(&run);
}

TEST_CASE(Runner, ListsEachParameterOnceByName)
{
  struct test_run run;

  run_sample("--gtest_list_tests", &run);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STR_CONTAINS(run.out, "  Passes/one\n  Passes/two\n");
  test_run_free(&run);
}

TEST_CASE(Runner, PrintsNotes)
{
  struct test_run run;

  run_sample("--gtest_filter=Sample.Passes/two", &run);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STR_CONTAINS(run.out, "note: seed 1");
  EXPECT_STR_CONTAINS(run.out, "[  PASSED  ] 1 test.");
  test_run_free(&run);
}

TEST_CASE(Program, KeepsOutputErrorsAndStatusApart)
{
  const char *const argv[] = { "/bin/sh", "-c", "printf 'a\\nb'; printf oops >&2; exit 7", NULL };
  struct test_run run;

  ASSERT_TRUE(test_run_program(argv, &run));
  EXPECT_STREQ(run.out, "a\nb");
  EXPECT_EQ(run.out_len, 3);
  EXPECT_STREQ(run.err, "oops");
  EXPECT_EQ(run.exit_code, 7);
  EXPECT_EQ(run.signal, 0);
  test_run_free(&run);
}

TEST_CASE(Program, NamesTheSignalThatEndedIt)
{
  const char *const argv[] = { "/bin/sh", "-c", "kill -KILL $$", NULL };
  struct test_run run;

  ASSERT_TRUE(test_run_program(argv, &run));
  EXPECT_EQ(run.exit_code, -1);
  EXPECT_EQ(run.signal, SIGKILL);
  test_run_free(&run);
}

static void run_what_is_not_there(void *arg)
{
  const char *const argv[] = { "/nonexistent/program", NULL };
  struct test_run run;

  (void)arg;
  EXPECT_TRUE(test_run_program(argv, &run));
  test_run_free(&run);
}

TEST_CASE(Program, ThatIsAbsentIsAFailure)
{
  char text[512];

  EXPECT_EQ(test_capture_failures(run_what_is_not_there, NULL, text, sizeof(text)), 2);
  EXPECT_STR_CONTAINS(text, "/nonexistent/program");
}

TEST_CASE(Program, RunsInTheSourceDirectory)
{
  const char *const argv[] = { "/bin/sh", "-c", "test -f tests/shim_test/runner.c", NULL };
  struct test_run run;

  ASSERT_TRUE(test_run_program(argv, &run));
  EXPECT_EQ(run.exit_code, 0);
  test_run_free(&run);
}

TEST_CASE(Shared, DirectoryFollowsTheEnvironment)
{
  const char *old = getenv("SMMULATOR_SHARED");
  char *saved = old ? strdup(old) : NULL;

  setenv("SMMULATOR_SHARED", "/tmp", 1);
  EXPECT_STREQ(test_shared_dir(), "/tmp");
  setenv("SMMULATOR_SHARED", "/nonexistent/directory", 1);
  EXPECT_NULL(test_shared_dir());
  if (saved)
    setenv("SMMULATOR_SHARED", saved, 1);
  else
    unsetenv("SMMULATOR_SHARED");
  free(saved);
}
