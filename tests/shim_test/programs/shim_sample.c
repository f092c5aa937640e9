/* A test program with tests that pass, fail and skip; runner.c starts it. Line numbers matter there. */
#include "shim/gtest_c.h"

static const char *const names[] = { "one", "two" };

PARAM_TEST_CASE(Sample, Passes, names, 2)
{
  TEST_NOTE("seed %d", param);
}

TEST_CASE(Sample, Fails)
{
  int three = 3;
  EXPECT_EQ(three, 4);
}

TEST_CASE(Sample, Skips)
{
  SKIP_TEST("shared: no recording %d", 7);
  TEST_NOTE("not reached");
}

TEST_CASE(Sample, FailsThenSkips)
{
  EXPECT_TRUE(false);
  SKIP_TEST("missing: something");
}
