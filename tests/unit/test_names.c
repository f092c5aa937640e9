/* Names of enumerators: every one has its own, and nothing else has any. */
#include <string.h>

#include "shim/gtest_c.h"
#include "smmu/explore.h"
#include "smmu/smmu.h"

static void expect_names(const char *(*name)(unsigned), unsigned count)
{
  for (unsigned i = 0; i < count; i++) {
    EXPECT_TRUE(strcmp(name(i), "?") != 0);
    for (unsigned j = 0; j < i; j++)
      EXPECT_TRUE(strcmp(name(i), name(j)) != 0);
  }
  EXPECT_STREQ(name(count), "?");
  EXPECT_STREQ(name(~0u), "?");
}

TEST_CASE(Names, EveryStageAskTraceReadAndCacheHasItsOwn)
{
  expect_names(smmu_stage_name, SMMU_STAGE_COUNT);
  expect_names(smmu_ask_name, SMMU_ASK_KINDS);
  expect_names(smmu_trace_name, SMMU_TRACE_COUNT);
  expect_names(smmu_read_name, SMMU_READ_COUNT);
  expect_names(smmu_cache_name, SMMU_CACHE_COUNT);
}

TEST_CASE(Names, ErrorsHaveNameAndText)
{
  for (int err = -1; err >= -8; err--) {
    EXPECT_TRUE(strcmp(smmu_err_name(err), "?") != 0);
    EXPECT_TRUE(strcmp(smmu_err_text(err), "unknown error") != 0);
  }
  EXPECT_STREQ(smmu_err_text(SMMU_OK), "no error");
  EXPECT_STREQ(smmu_err_text(-1000), "unknown error");
  EXPECT_STREQ(smmu_err_text(1), "unknown error");
  EXPECT_STREQ(smmu_err_name(SMMU_ERR_BADCFG), "BADCFG");
}

TEST_CASE(Names, VerdictsHaveText)
{
  EXPECT_STREQ(explore_verdict_text(EXPLORE_HOLDS), "holds");
  EXPECT_STREQ(explore_verdict_text((enum explore_verdict)99), "?");
}
