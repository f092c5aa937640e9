/* Every litmus program holds, its witness is reachable, and a schedule string leads back to it. */
#include <string.h>

#include "litmus/litmus.h"
#include "names.h"
#include "shim/gtest_c.h"

TEST_CASE(Litmus, TheListHasExactlyTheseProgramsAndEachExplainsItself)
{
  size_t count;
  const struct explore_program *const *p = litmus_programs(&count);

  ASSERT_EQ(count, PROGRAMS);
  for (size_t i = 0; i < count; i++) {
    EXPECT_STREQ(p[i]->name, names[i]);
    EXPECT_TRUE(strlen(p[i]->claim) > 20);
    EXPECT_STR_CONTAINS(p[i]->rule, "IHI 0070");
  }
}

PARAM_TEST_CASE(Litmus, Holds, names, PROGRAMS)
{
  struct explore_result r;

  ASSERT_EQ(explore_run(litmus_find(names[param]), 0, &r), SMMU_OK);
  TEST_NOTE("%s: %s, %llu states, %s", names[param], explore_verdict_text(r.verdict),
            (unsigned long long)r.states, r.schedule);
  EXPECT_EQ(r.verdict, EXPLORE_HOLDS);
  EXPECT_TRUE(r.states > 10);
}

/* Removing more than must go is legal, so every program holds however much it is. */
static void hold_with(const char *name, unsigned wider, unsigned pick)
{
  struct explore_program p = *litmus_find(name);
  struct explore_result r;

  p.config.wider = (uint8_t)wider;
  p.config.pick_wider = (uint8_t)pick;
  ASSERT_EQ(explore_run(&p, 0, &r), SMMU_OK);
  TEST_NOTE("%s: %s, %llu states", name, explore_verdict_text(r.verdict),
            (unsigned long long)r.states);
  EXPECT_EQ(r.verdict, EXPLORE_HOLDS);
}

PARAM_TEST_CASE(Litmus, HoldsWhenWholeCachesGo, names, PROGRAMS)
{
  hold_with(names[param], SMMU_WIDER_ALL, 0);
}

PARAM_TEST_CASE(Litmus, HoldsHoweverWideEachSweepIs, names, PROGRAMS)
{
  if (strcmp(names[param], "nested-race") != 0) /* half a million states as it is */
    hold_with(names[param], SMMU_WIDER_EXACT, 1);
}

PARAM_TEST_CASE(Litmus, WitnessScheduleReplaysToTheSameView, names, PROGRAMS)
{
  const struct explore_program *p = litmus_find(names[param]);
  struct explore_result found, again;

  ASSERT_EQ(explore_run(p, 0, &found), SMMU_OK);
  ASSERT_EQ(explore_replay(p, found.schedule, NULL, NULL, NULL, &again), SMMU_OK);
  EXPECT_MEMEQ(&found.view, &again.view, sizeof found.view);
  EXPECT_TRUE(p->witness(&again.view));
}

PARAM_TEST_CASE(Litmus, ExploringTwiceVisitsTheSameStates, names, PROGRAMS)
{
  struct explore_result a, b;

  ASSERT_EQ(explore_run(litmus_find(names[param]), 0, &a), SMMU_OK);
  ASSERT_EQ(explore_run(litmus_find(names[param]), 0, &b), SMMU_OK);
  EXPECT_EQ(a.states, b.states);
  EXPECT_EQ(a.transitions, b.transitions);
  EXPECT_STREQ(a.schedule, b.schedule);
}

TEST_CASE(Litmus, DeviceIsAtMostEightKibibytes)
{
  size_t count;
  const struct explore_program *const *p = litmus_programs(&count);

  for (size_t i = 0; i < count; i++)
    EXPECT_LE(smmu_size(&p[i]->config), 8192);
}

TEST_CASE(Litmus, TooFewStatesAllowedIsReportedAsLimit)
{
  struct explore_result r;

  ASSERT_EQ(explore_run(litmus_find("stale-fill"), 100, &r), SMMU_OK);
  EXPECT_EQ(r.verdict, EXPLORE_LIMIT);
}

TEST_CASE(Litmus, ScheduleThatIsNotEnabledIsRefused)
{
  struct explore_result r;

  EXPECT_EQ(explore_replay(litmus_find("stale-fill"), "Qa", NULL, NULL, NULL, &r), SMMU_ERR_FORMAT);
  EXPECT_EQ(explore_replay(litmus_find("stale-fill"), "a!", NULL, NULL, NULL, &r), SMMU_ERR_FORMAT);
}

/* A program whose CPU waits for what nobody will do. */
static void idle_setup(struct engine_now *now, struct engine_memory *memory)
{
  (void)now, (void)memory;
}

static bool never(const struct explore_view *v)
{
  (void)v;
  return false;
}

TEST_CASE(Explore, WorkLeftAndNobodyAbleToMoveIsADeadlock)
{
  struct explore_program p = { .name = "stuck",
                               .config = LITMUS_CONFIG,
                               .n_threads = 1,
                               .thread = { { "cpu", 1, { AWAIT_WORD(0x1000, 1, 1) } } },
                               .setup = idle_setup,
                               .forbidden = never,
                               .witness = never };
  struct explore_result r;

  ASSERT_EQ(explore_run(&p, 0, &r), SMMU_OK);
  EXPECT_EQ(r.verdict, EXPLORE_DEADLOCK);
}

TEST_CASE(Explore, AWitnessThatIsNeverSeenMakesAProgramVacuous)
{
  struct explore_program p = { .name = "empty",
                               .config = LITMUS_CONFIG,
                               .n_threads = 1,
                               .thread = { { "cpu", 1, { STORE(0x1000, 1) } } },
                               .setup = idle_setup,
                               .forbidden = never,
                               .witness = never };
  struct explore_result r;

  ASSERT_EQ(explore_run(&p, 0, &r), SMMU_OK);
  EXPECT_EQ(r.verdict, EXPLORE_VACUOUS);
}
