/* The sleeping lock, to the picosecond: atomic 5, line move 60, wake 1000. */
#include "kit.h"

struct user {
  struct kit_trail *trail;
  struct plat_mutex *mutex;
  uint64_t before, inside, after; /* work, in ps */
  unsigned turns;
};

static void costs(struct kit *kit)
{
  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit_cost(kit, PLAT_COST_ATOMIC, 5);
  kit_cost(kit, PLAT_COST_LINE_MOVE, 60);
  kit_cost(kit, PLAT_COST_VMM_WAKE, 1000);
}

/* Marks the time of each lock (1) and unlock (2). */
static void use(void *arg)
{
  struct user *u = arg;
  const struct plat *p = u->trail->kit->p;

  for (unsigned i = 0; i < u->turns; i++) {
    plat_charge(p, PLAT_COST_LOOP, u->before);
    plat_mutex_lock(u->mutex);
    kit_mark(u->trail, 1);
    plat_charge(p, PLAT_COST_LOOP, u->inside);
    plat_mutex_unlock(u->mutex);
    kit_mark(u->trail, 2);
    plat_charge(p, PLAT_COST_LOOP, u->after);
  }
}

static void run(struct kit *kit, struct plat_mutex *mutex, struct kit_trail *trail,
                struct user *users, unsigned n)
{
  costs(kit);
  kit_make(kit);
  mutex->board = kit->board;
  for (unsigned i = 0; i < n; i++) {
    users[i].trail = trail;
    users[i].mutex = mutex;
    kit_start(kit, i, use, &users[i]);
  }
  kit_run(kit);
}

static void expect_at(const struct kit_trail *trail, unsigned i, unsigned cpu, uint64_t time,
                      uint64_t what)
{
  ASSERT_LT(i, trail->n);
  EXPECT_EQ(trail->at[i].cpu, cpu);
  EXPECT_EQ(trail->at[i].time, time);
  EXPECT_EQ(trail->at[i].what, what);
}

BOARD_TEST(Mutex, AFreeOneCostsAnAtomicAccess)
{
  struct kit_trail trail = { .kit = kit };
  struct plat_mutex mutex = { 0 };
  struct user user = { .inside = 100, .turns = 2 };

  run(kit, &mutex, &trail, &user, 1);
  expect_at(&trail, 0, 0, 5, 1);
  expect_at(&trail, 1, 0, 110, 2);
  expect_at(&trail, 2, 0, 115, 1);
  EXPECT_EQ(mutex.taken, 2u);
  EXPECT_EQ(mutex.slept, 0u);
  EXPECT_EQ(mutex.switched, 0u);
  EXPECT_EQ(mutex.holder, 0u);
}

BOARD_TEST(Mutex, WhoFindsItHeldRunsAWakeUpAfterItsRelease)
{
  struct kit_trail trail = { .kit = kit };
  struct plat_mutex mutex = { 0 };
  struct user user[2] = { { .inside = 500, .turns = 1 }, { .before = 10, .turns = 1 } };

  run(kit, &mutex, &trail, user, 2);
  expect_at(&trail, 0, 0, 5, 1);
  /* CPU 1 looked at 10 and moved the line; the release moves it back, and CPU 1 again. */
  expect_at(&trail, 1, 0, 505 + 60, 2);
  expect_at(&trail, 2, 1, 565 + 1000 + 60, 1);
  EXPECT_EQ(mutex.taken, 2u);
  EXPECT_EQ(mutex.slept, 1u);
  EXPECT_EQ(mutex.switched, 1u);
}

/* CPU 0 comes back before the sleeper is awake and has the lock again; the sleeper finds it held
 * and sleeps on. */
BOARD_TEST(Mutex, ARunningCpuOvertakesTheSleeper)
{
  struct kit_trail trail = { .kit = kit };
  struct plat_mutex mutex = { 0 };
  struct user user[2] = { { .inside = 500, .after = 600, .turns = 2 },
                          { .before = 10, .turns = 1 } };

  run(kit, &mutex, &trail, user, 2);
  expect_at(&trail, 1, 0, 565, 2);
  expect_at(&trail, 2, 0, 565 + 600 + 5, 1);   /* 1170: barging */
  expect_at(&trail, 3, 0, 1170 + 500 + 60, 2); /* 1730: CPU 1 looked at 1565 */
  expect_at(&trail, 4, 1, 1730 + 1000 + 60, 1);
  EXPECT_EQ(mutex.slept, 2u);
  EXPECT_EQ(mutex.taken, 3u);
}

/* CPUs 1, 2 and 3 come in this order; CPU 1 is overtaken once and still is the next. */
BOARD_TEST(Mutex, WhoWasOvertakenIsStillFirst)
{
  struct kit_trail trail = { .kit = kit };
  struct plat_mutex mutex = { 0 };
  struct user user[4] = { { .inside = 500, .after = 600, .turns = 2 },
                          { .before = 10, .turns = 1 },
                          { .before = 100, .turns = 1 },
                          { .before = 200, .turns = 1 } };
  unsigned order = 0;

  run(kit, &mutex, &trail, user, 4);
  for (unsigned i = 0; i < trail.n; i++) {
    if (trail.at[i].what == 1)
      order = order * 10 + trail.at[i].cpu;
  }
  EXPECT_EQ(order, 123u); /* 0, 0, 1, 2, 3 */
  EXPECT_EQ(mutex.taken, 5u);
}

/* A release while the first sleeper is on its way wakes nobody else. */
BOARD_TEST(Mutex, OneSleeperIsWokenAtATime)
{
  struct kit_trail trail = { .kit = kit };
  struct plat_mutex mutex = { 0 };
  struct user user[3] = { { .inside = 500, .after = 10, .turns = 3 },
                          { .before = 10, .turns = 1 },
                          { .before = 100, .turns = 1 } };

  user[0].inside = 300;
  run(kit, &mutex, &trail, user, 3);
  EXPECT_EQ(mutex.taken, 5u);
  EXPECT_EQ(mutex.slept, 2u); /* each once: the lock was free when CPU 1 came */
}

BOARD_TEST(Mutex, WhatTheNewHolderDoesCostsMore)
{
  struct kit_trail trail = { .kit = kit };
  struct plat_mutex mutex = { .switch_permille = 1500 };
  struct user user[2] = { { .inside = 100, .turns = 2 },
                          { .before = 5000, .inside = 100, .after = 100, .turns = 2 } };

  run(kit, &mutex, &trail, user, 2);
  expect_at(&trail, 3, 0, 5 + 105 + 5 + 105, 2);
  expect_at(&trail, 4, 1, 5060, 1);           /* the scale begins with the lock held */
  expect_at(&trail, 5, 1, 5060 + 150 + 7, 2); /* 5 * 1.5, rounded down */
  expect_at(&trail, 6, 1, 5217 + 100 + 5000 + 5, 1);
  expect_at(&trail, 7, 1, 10322 + 105, 2); /* its own again: no switch */
  EXPECT_EQ(mutex.switched, 1u);
}

static void unlock_alone(void *arg)
{
  plat_mutex_unlock(arg);
}

static void unlock_what_is_free(void *arg)
{
  struct kit *kit = arg;
  struct plat_mutex mutex = { .board = kit->board };

  kit_start(kit, 0, unlock_alone, &mutex);
  kit_run(kit);
}

BOARD_TEST(Mutex, OnlyTheHolderReleasesIt)
{
  kit_make(kit);
  EXPECT_DEATH(unlock_what_is_free, kit, "invariant broken");
}

static void lock_twice(void *arg)
{
  plat_mutex_lock(arg);
  plat_mutex_lock(arg);
}

static void lock_what_one_holds(void *arg)
{
  struct kit *kit = arg;
  struct plat_mutex mutex = { .board = kit->board };

  kit_start(kit, 0, lock_twice, &mutex);
  kit_run(kit);
}

BOARD_TEST(Mutex, TheHolderDoesNotTakeItAgain)
{
  kit_make(kit);
  EXPECT_DEATH(lock_what_one_holds, kit, "invariant broken");
}

/* Many CPUs, many seeds: never two inside, nobody forgotten. */
struct crowd {
  struct kit *kit;
  struct plat_mutex mutex;
  unsigned inside, most, passed;
};

static void pass(void *arg)
{
  struct crowd *c = arg;
  const struct plat *p = c->kit->p;

  for (unsigned i = 0; i < 10; i++) {
    plat_charge(p, PLAT_COST_LOOP, 1500);
    plat_mutex_lock(&c->mutex);
    c->most = ++c->inside > c->most ? c->inside : c->most;
    plat_charge(p, PLAT_COST_LOOP, 400);
    plat_cpu_settle(c->kit->board);
    c->inside--;
    c->passed++;
    plat_mutex_unlock(&c->mutex);
  }
}

SCRIPT_TEST(Mutex, NeverTwoInsideAndNobodyForgotten)
{
  kit_make(kit);
  for (uint64_t seed = 1; seed <= 100; seed++) {
    struct kit one = kit_new(KIT_SCRIPTED);
    struct crowd crowd = { .kit = &one };

    costs(&one);
    one.config.cpus = 16;
    one.config.seed = seed;
    one.config.jitter_permille = 500;
    kit_make(&one);
    crowd.mutex.board = one.board;
    for (unsigned i = 0; i < 16; i++)
      kit_start(&one, i, pass, &crowd);
    kit_run(&one);
    EXPECT_EQ(crowd.most, 1u);
    EXPECT_EQ(crowd.passed, 160u);
    EXPECT_EQ(crowd.mutex.taken, 160u);
    EXPECT_GT(crowd.mutex.slept, 0u);
    kit_end(&one);
  }
}
