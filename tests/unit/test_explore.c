/* Engine `explore`: each verdict, schedules that lead back, torn reads. */
#include <string.h>

#include "litmus/litmus.h"
#include "shim/gtest_c.h"
#include "smmu/cmdqv.h"
#include "smmu/ecmdq.h"

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
}

static bool never(const struct explore_view *v)
{
  (void)v;
  return false;
}

static bool first_done(const struct explore_view *v)
{
  return v->seen[0][0].done;
}

/* One thread with one operation. */
static struct explore_program program(struct explore_op op)
{
  struct explore_program p = { .name = "test",
                               .config = LITMUS_CONFIG,
                               .n_threads = 1,
                               .setup = setup,
                               .forbidden = never,
                               .witness = first_done };

  p.thread[0] = (struct explore_thread){ "t", 1, { op } };
  return p;
}

static enum explore_verdict verdict_of(const struct explore_program *p, uint64_t max_states,
                                       struct explore_result *r)
{
  EXPECT_EQ(explore_run(p, max_states, r), SMMU_OK);
  return r->verdict;
}

TEST_CASE(Explore, WitnessedProgramHolds)
{
  struct explore_program p = program((struct explore_op)DMA_READ(1, 0));
  struct explore_result r;

  EXPECT_EQ(verdict_of(&p, 0, &r), EXPLORE_HOLDS);
  EXPECT_GT(r.states, 5u);
  EXPECT_EQ(r.view.seen[0][0].value, LITMUS_OLD);
}

TEST_CASE(Explore, ForbiddenOutcomeIsFound)
{
  struct explore_program p = program((struct explore_op)DMA_READ(1, 0));
  struct explore_result r, again;

  p.forbidden = first_done;
  EXPECT_EQ(verdict_of(&p, 0, &r), EXPLORE_FORBIDDEN);
  EXPECT_EQ(explore_replay(&p, r.schedule, NULL, NULL, NULL, &again), SMMU_OK);
  EXPECT_EQ(again.verdict, EXPLORE_FORBIDDEN);
}

TEST_CASE(Explore, UnseenWitnessIsVacuous)
{
  struct explore_program p = program((struct explore_op)DMA_READ(1, 0));
  struct explore_result r;

  p.witness = never;
  EXPECT_EQ(verdict_of(&p, 0, &r), EXPLORE_VACUOUS);
}

TEST_CASE(Explore, WaitThatNeverEndsIsADeadlock)
{
  struct explore_program p = program((struct explore_op)AWAIT_WORD(LITMUS_MSI, ~0ULL, 5));
  struct explore_result r;

  EXPECT_EQ(verdict_of(&p, 0, &r), EXPLORE_DEADLOCK);
}

TEST_CASE(Explore, BoundOfStatesIsKept)
{
  struct explore_program p = program((struct explore_op)DMA_READ(1, 0));
  struct explore_result r;

  EXPECT_EQ(verdict_of(&p, 3, &r), EXPLORE_LIMIT);
}

TEST_CASE(Explore, ScheduleThatIsNotEnabledIsRefused)
{
  struct explore_program p = program((struct explore_op)DMA_READ(1, 0));
  struct explore_result r;

  EXPECT_EQ(explore_replay(&p, "z", NULL, NULL, NULL, &r), SMMU_ERR_FORMAT);
  EXPECT_EQ(explore_replay(&p, "0", NULL, NULL, NULL, &r),
            SMMU_ERR_FORMAT); /* nothing is in flight */
}

TEST_CASE(Explore, RunsAreReproducible)
{
  const struct explore_program *p = litmus_find("stale-fill");
  struct explore_result a, b;

  ASSERT_NOT_NULL(p);
  EXPECT_EQ(explore_run(p, 0, &a), SMMU_OK);
  EXPECT_EQ(explore_run(p, 0, &b), SMMU_OK);
  EXPECT_EQ(a.states, b.states);
  EXPECT_EQ(a.transitions, b.transitions);
  EXPECT_STREQ(a.schedule, b.schedule);
}

/* ---- programs that cannot run ---- */

static void expect_refused(const struct explore_program *p)
{
  struct explore_result r;

  EXPECT_EQ(explore_run(p, 0, &r), SMMU_ERR_BADCFG);
  EXPECT_EQ(explore_replay(p, "a", NULL, NULL, NULL, &r), SMMU_ERR_BADCFG);
}

TEST_CASE(Explore, IllegalProgramsAreRefused)
{
  const struct explore_program good = program((struct explore_op)DMA_READ(1, 0));
  struct explore_program p = good;

  p.n_threads = EXPLORE_THREADS + 1;
  expect_refused(&p);
  p = good;
  p.thread[0].n = EXPLORE_OPS + 1;
  expect_refused(&p);
  p = good;
  p.thread[0].op[0].tbu = 1;
  expect_refused(&p);
  p = good;
  p.thread[0].op[0].kind = EXPLORE_ATC_DMA + 1;
  expect_refused(&p);
  p = good;
  p.thread[0].op[0].kind = EXPLORE_ATC_DMA; /* of no ATC */
  expect_refused(&p);
  p = good;
  p.config.tbus = 0;
  expect_refused(&p);
}

TEST_CASE(Explore, ProgramsWithTooManyTransitionsAreRefused)
{
  struct explore_program p = program((struct explore_op)DMA_READ(1, 0));

  p.config.txns = 11;
  expect_refused(&p);
  p.config.txns = 10;
  p.config.tlb.ways = 7; /* 1 + 3 + 70 transitions */
  expect_refused(&p);
}

TEST_CASE(Explore, ProgramsWithCmdqvAreRefused)
{
  struct explore_program p = program((struct explore_op)DMA_READ(1, 0));

  smmu_config_set_cmdqv(&p.config, 1, 1);
  expect_refused(&p);
}

TEST_CASE(Explore, ProgramsWithEnhancedCommandQueuesAreRefused)
{
  struct explore_program p = program((struct explore_op)DMA_READ(1, 0));

  smmu_config_set_ecmdq(&p.config, 1, 1);
  expect_refused(&p);
}

TEST_CASE(Explore, DmaWaitsForAFreeSlot)
{
  struct explore_program p = program((struct explore_op)DMA_READ(1, 0));
  struct explore_result r;

  p.config.txns = 1;
  p.n_threads = 2;
  p.thread[1] = p.thread[0];
  EXPECT_EQ(verdict_of(&p, 0, &r), EXPLORE_HOLDS);
}

/* ---- torn reads ---- */

/* V of the CD is cleared (word 0), then TTB0 moves (word 1). Who reads the CD as one never sees V
 * with the new table; who reads it in pieces may take V before the first store and TTB0 after the
 * second. */
static bool old_v_with_new_table(const struct explore_view *v)
{
  return v->seen[0][0].done && v->seen[0][0].value == LITMUS_NEW;
}

static struct explore_program break_before_make(uint16_t atomic_bytes)
{
  struct explore_program p = program((struct explore_op)DMA_READ(1, 0));
  uint64_t cd = LITMUS_CD + 64;

  p.config.atomic_bytes = atomic_bytes;
  p.n_threads = 2;
  p.thread[1] = (struct explore_thread){ "cpu", 2, { STORE(cd, 0), STORE(cd + 8, LITMUS_L2_NEW) } };
  p.forbidden = old_v_with_new_table;
  return p;
}

TEST_CASE(Explore, LongReadsAreTornWhereStoresFall)
{
  struct explore_program p = break_before_make(8);
  struct explore_result r;

  EXPECT_EQ(verdict_of(&p, 0, &r), EXPLORE_FORBIDDEN);
}

TEST_CASE(Explore, ReadsWithinTheAtomicSizeAreNotTorn)
{
  struct explore_program p = break_before_make(64);
  struct explore_result r;

  EXPECT_EQ(verdict_of(&p, 0, &r), EXPLORE_HOLDS);
}
