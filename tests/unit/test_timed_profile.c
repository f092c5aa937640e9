/* Profiles: every stage has its row, and what is refused is named. */
#include <string.h>

#include "shim/rig.h"

TEST_CASE(TimedProfile, NeutralHasARowForEachStage)
{
  unsigned rows[SMMU_STAGE_COUNT] = { 0 };
  struct timed_profile p;
  char why[128];

#define STAGE(name, slots, latency, interval, origin) \
  rows[SMMU_STAGE_##name]++; \
  EXPECT_STR_CONTAINS(origin, "no product measured");
#define WAY(name, slots, latency, interval, origin) \
  EXPECT_STR_CONTAINS(origin, "no product measured");
#include "engine/profile.def"
#undef STAGE
#undef WAY
  timed_profile_neutral(&p);
  EXPECT_EQ(timed_profile_check(&p, why, sizeof why), SMMU_OK);
  EXPECT_EQ(rows[SMMU_STAGE_NONE], 0u);
  for (unsigned i = 1; i < SMMU_STAGE_COUNT; i++) {
    EXPECT_EQ(rows[i], 1u);
    EXPECT_GT(p.stage[i].latency_ps, 0u);
    EXPECT_GT(p.stage[i].slots, 0u);
  }
  EXPECT_GT(p.read.latency_ps, 0u);
  EXPECT_GT(p.write.latency_ps, 0u);
}

TEST_CASE(TimedProfile, ZeroIsAllZeroes)
{
  static const struct timed_profile zero;
  struct timed_profile p;

  timed_profile_neutral(&p);
  timed_profile_zero(&p);
  EXPECT_MEMEQ(&p, &zero, sizeof p);
  EXPECT_EQ(timed_profile_check(&p, NULL, 0), SMMU_OK);
}

static void expect_refused(const struct timed_profile *p, const char *text)
{
  struct engine_timed_options options = { .profile = p };
  struct smmu_config config;
  struct engine_timed *e;
  char why[128] = "";

  EXPECT_EQ(timed_profile_check(p, why, sizeof why), SMMU_ERR_BADCFG);
  EXPECT_STREQ(why, text);
  EXPECT_EQ(timed_profile_check(p, NULL, 0), SMMU_ERR_BADCFG);
  smmu_config_neutral(&config);
  options.device = &config;
  EXPECT_EQ(engine_timed_create(&e, &options), SMMU_ERR_BADCFG);
  EXPECT_NULL(e);
}

TEST_CASE(TimedProfile, WhatIsRefusedIsNamed)
{
  struct timed_profile p;

  timed_profile_zero(&p);
  p.stage[SMMU_STAGE_MAIN_TLB].slots = 65;
  expect_refused(&p, "main-tlb.slots is 65; legal: 0 to 64");
  p.stage[SMMU_STAGE_MAIN_TLB].slots = 64;
  EXPECT_EQ(timed_profile_check(&p, NULL, 0), SMMU_OK);
  p.read.latency_ps = 1000000000001;
  expect_refused(&p, "read.latency_ps is 1000000000001; legal: at most one second");
  p.read.latency_ps = 1000000000000;
  EXPECT_EQ(timed_profile_check(&p, NULL, 0), SMMU_OK);
  p.write = (struct timed_resource){ .slots = 1, .interval_ps = 1000000000001 };
  expect_refused(&p, "write.interval_ps is 1000000000001; legal: at most one second");
  p.write = (struct timed_resource){ .interval_ps = 1 };
  expect_refused(&p, "write.interval_ps is 1; legal: 0 where slots is 0");
}
