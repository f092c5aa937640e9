/* Which known word a mistyped one was meant to be. */
#include "shim/gtest_c.h"
#include "util/near.h"

static const char *word_at(const void *ctx, size_t i)
{
  const char *const *words = ctx;

  return words[i];
}

static const char *nearest(const char *typed)
{
  static const char *const words[] = { "vm.exit", "vm.exec", "replay",       "reproduce",
                                       "litmus",  "now",     "grace-fitted", NULL };
  const char *near = smmu_nearest(typed, word_at, words);

  return near ? near : "none";
}

TEST_CASE(Near, SwappedLostAndExtraLettersAreOneEditEach)
{
  EXPECT_STREQ(nearest("nwo"), "now");
  EXPECT_STREQ(nearest("rplay"), "replay");
  EXPECT_STREQ(nearest("litmuss"), "litmus");
  EXPECT_STREQ(nearest("vm.exti"), "vm.exit");
}

TEST_CASE(Near, LongerWordsMayHaveMoreEdits)
{
  EXPECT_STREQ(nearest("ltimsu"), "litmus");
  EXPECT_STREQ(nearest("wno"), "none");
  EXPECT_STREQ(nearest("reprdocue"), "reproduce");
}

TEST_CASE(Near, CaseOfLettersDoesNotCount)
{
  EXPECT_STREQ(nearest("LITMUS"), "litmus");
  EXPECT_STREQ(nearest("Nwo"), "now");
  EXPECT_STREQ(nearest("Exit"), "vm.exit");
}

TEST_CASE(Near, EndOrSectionMayBeLeftOut)
{
  EXPECT_STREQ(nearest("grace"), "grace-fitted");
  EXPECT_STREQ(nearest("exec"), "vm.exec");
  EXPECT_STREQ(nearest("re"), "none");
}

TEST_CASE(Near, FirstOfEquallyNearWordsIsMeant)
{
  EXPECT_STREQ(nearest("rep"), "replay");
  EXPECT_STREQ(nearest("vm.exet"), "vm.exit");
}

TEST_CASE(Near, NothingIsNearToNothingOrToAnUnlikeWord)
{
  EXPECT_STREQ(nearest(""), "none");
  EXPECT_STREQ(nearest("frobnicate"), "none");
  EXPECT_STREQ(nearest("a-word-of-more-letters-than-any-known-word-has"), "none");
}
