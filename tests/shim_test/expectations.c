/* The expectations of the shim: each holds when it should, fails when it should, and says why. */
#include "shim/gtest_c.h"

#include <stdlib.h>
#include <string.h>

enum colour { RED, GREEN };

static char text[4096];

#define FAILURES_OF(body) test_capture_failures(body, NULL, text, sizeof(text))

TEST_CASE(Expect, HoldsForEqualValuesOfEveryIntegerType)
{
  const uint8_t small = 200;
  const struct {
    unsigned field : 5;
  } bits = { 17 };

  EXPECT_EQ(small, 200);
  EXPECT_EQ(bits.field, 17u);
  EXPECT_EQ(GREEN, 1);
  EXPECT_EQ(true, 1);
  EXPECT_EQ((int8_t)-1, -1);
  EXPECT_EQ(-1L, -1);
  EXPECT_EQ(UINT64_MAX, UINT64_MAX);
  EXPECT_EQ(sizeof(int), 4);
}

TEST_CASE(Expect, OrdersSignedAndUnsignedByValue)
{
  EXPECT_LT(-1, 1u);
  EXPECT_GT(UINT64_MAX, -1);
  EXPECT_NE(-1, UINT64_MAX);
  EXPECT_LE(INT64_MIN, 0u);
  EXPECT_GE(0, INT64_MIN);
  EXPECT_LE(3, 3);
  EXPECT_GE(3, 3);
}

TEST_CASE(Expect, HoldsForTextBytesAndPointers)
{
  const char *nothing = NULL;

  EXPECT_TRUE(1 + 1 == 2);
  EXPECT_FALSE(nothing);
  EXPECT_STREQ("abc", "abc");
  EXPECT_STREQ(nothing, NULL);
  EXPECT_STR_CONTAINS("the whole text", "whole");
  EXPECT_MEMEQ("abc", "abd", 2);
  EXPECT_NULL(nothing);
  EXPECT_NOT_NULL(text);
  EXPECT_PTR_EQ(&text[0], text);
  EXPECT_NEAR(1.0, 1.05, 0.1);
}

TEST_CASE(Expect, EvaluatesItsArgumentsOnce)
{
  int calls = 0;

  EXPECT_EQ(++calls, 1);
  EXPECT_TRUE(++calls == 2);
  EXPECT_LT(calls++, 3);
  EXPECT_EQ(calls, 3);
}

#define WANTED_INDEX 0x13

static void compare_wrongly(void *arg)
{
  uint32_t cons = 0x12;

  (void)arg;
  EXPECT_EQ(cons, WANTED_INDEX);
  EXPECT_LT(-1, -2);
}

TEST_CASE(Failure, ShowsExpressionsInDecimalAndHexadecimal)
{
  EXPECT_EQ(FAILURES_OF(compare_wrongly), 2);
  EXPECT_STR_CONTAINS(text, "Expected: cons == WANTED_INDEX");
  EXPECT_STR_CONTAINS(text, "18 (0x12)");
  EXPECT_STR_CONTAINS(text, "19 (0x13)");
  EXPECT_STR_CONTAINS(text, "-2 (0xfffffffffffffffe)");
}

/* One failing expectation of every kind. */
static void fail_each_kind(void *arg)
{
  const char *abc = "abc";

  (void)arg;
  EXPECT_TRUE(abc[0] == 'b');
  EXPECT_FALSE(abc[0] == 'a');
  EXPECT_EQ(1, 2);
  EXPECT_EQ(-1, UINT64_MAX);
  EXPECT_NE(1, 1);
  EXPECT_LT(1, 1);
  EXPECT_LT(2, 1);
  EXPECT_LE(2, 1);
  EXPECT_GT(1, 1);
  EXPECT_GE(1, 2);
  EXPECT_GE(-1, 0u);
  EXPECT_STREQ(abc, "abd");
  EXPECT_STREQ(abc, NULL);
  EXPECT_STR_CONTAINS(abc, "x");
  EXPECT_STR_CONTAINS(NULL, "x");
  EXPECT_MEMEQ(abc, "abd", 3);
  EXPECT_NULL(abc);
  EXPECT_NOT_NULL(NULL);
  EXPECT_PTR_EQ(abc, NULL);
  EXPECT_NEAR(1.0, 1.2, 0.1);
  ADD_TEST_FAILURE("number %d", 21);
}

TEST_CASE(Failure, IsReportedByEveryKindOfExpectation)
{
  EXPECT_EQ(FAILURES_OF(fail_each_kind), 21);
  EXPECT_STR_CONTAINS(text, "number 21");
  EXPECT_STR_CONTAINS(text, "byte 2 differs");
  EXPECT_STR_CONTAINS(text, "which is: \"abc\"");
}

static void assert_then_count(void *arg)
{
  int *reached = arg;

  (*reached)++;
  ASSERT_EQ(1, 1);
  (*reached)++;
  ASSERT_EQ(1, 2);
  (*reached)++;
}

TEST_CASE(Assert, LeavesTheFunctionOnlyWhenItFails)
{
  int reached = 0;

  EXPECT_EQ(test_capture_failures(assert_then_count, &reached, text, sizeof(text)), 1);
  EXPECT_EQ(reached, 2);
}

static void fail_and_count(void *arg)
{
  int *reached = arg;

  FAIL_TEST("gone with %s", "words");
  (*reached)++;
}

TEST_CASE(Failure, FailTestLeavesWithItsMessage)
{
  int reached = 0;

  EXPECT_EQ(test_capture_failures(fail_and_count, &reached, text, sizeof(text)), 1);
  EXPECT_EQ(reached, 0);
  EXPECT_STR_CONTAINS(text, "gone with words");
}

static void die(void *arg)
{
  (void)arg;
  abort();
}

static void live(void *arg)
{
  (void)arg;
}

static void expect_death_of_the_living(void *arg)
{
  (void)arg;
  EXPECT_DEATH(live, NULL, "");
}

TEST_CASE(Death, IsExpectedOfTheDyingAlone)
{
  EXPECT_DEATH(die, NULL, "");
  EXPECT_EQ(FAILURES_OF(expect_death_of_the_living), 1);
}

static const char *const shapes[] = { "round", "square" };

PARAM_TEST_CASE(Param, GetsTheIndexOfItsName, shapes, 2)
{
  EXPECT_STREQ(shapes[param], param == 0 ? "round" : "square");
}
