/* Lines: what taking one costs, who sleeps on it, who wakes him and when. */
#include "kit.h"

struct shared {
  struct kit *kit;
  struct plat_line line;
  uint64_t value, at[8];
  unsigned turns, done;
};

static void costs(struct kit *kit)
{
  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit_cost(kit, PLAT_COST_ATOMIC, 5000);
  kit_cost(kit, PLAT_COST_LINE_MOVE, 60000);
}

static void take_three_times(void *arg)
{
  struct shared *s = arg;

  for (unsigned i = 0; i < 3; i++) {
    plat_take(s->kit->p, &s->line);
    s->at[i] = plat_now_ps(s->kit->p);
  }
}

BOARD_TEST(Line, TakingItIsCheapForItsLastWriter)
{
  struct shared s = { .kit = kit };

  costs(kit);
  kit_start(kit, 0, take_three_times, &s);
  kit_run(kit);
  EXPECT_EQ(s.at[0], 5000u);
  EXPECT_EQ(s.at[2], 15000u);
}

BOARD_TEST(Line, TakingItFromAnotherCpuMovesIt)
{
  struct shared s = { .kit = kit, .line.writer = 2 };

  costs(kit);
  kit_start(kit, 0, take_three_times, &s);
  kit_run(kit);
  EXPECT_EQ(s.at[0], 60000u);
  EXPECT_EQ(s.at[1], 65000u);
}

static void await(void *arg)
{
  struct shared *s = arg;

  for (plat_take(s->kit->p, &s->line); !s->value; plat_take(s->kit->p, &s->line))
    plat_wait(s->kit->p, &s->line);
  s->at[plat_cpu(s->kit->p)] = plat_now_ps(s->kit->p);
}

static void set(void *arg)
{
  struct shared *s = arg;

  plat_charge(s->kit->p, PLAT_COST_LOOP, 1000000);
  plat_take(s->kit->p, &s->line);
  s->value = 1;
  plat_wrote(s->kit->p, &s->line);
}

BOARD_TEST(Wait, EndsALineMoveAfterTheWrite)
{
  struct shared s = { .kit = kit };

  costs(kit);
  kit_start(kit, 0, await, &s);
  kit_start(kit, 1, set, &s);
  kit_run(kit);
  /* CPU 1 takes the line from CPU 0 (60000) and writes; CPU 0 hears of it and takes it back. */
  EXPECT_EQ(s.at[0], 1000000u + 60000 + 60000 + 60000);
}

BOARD_TEST(Wait, EveryWaiterIsWoken)
{
  struct shared s = { .kit = kit };

  costs(kit);
  for (unsigned i = 0; i < 3; i++)
    kit_start(kit, i, await, &s);
  kit_start(kit, 3, set, &s);
  kit_run(kit);
  for (unsigned i = 0; i < 3; i++)
    EXPECT_EQ(s.at[i], 1000000u + 3 * 60000);
}

/* The waiter is ahead of the writer: it has nothing to catch up. */
static void charge_and_wait(void *arg)
{
  struct shared *s = arg;

  plat_charge(s->kit->p, PLAT_COST_LOOP, 5000000);
  plat_wait(s->kit->p, &s->line);
  s->at[0] = plat_now_ps(s->kit->p);
}

BOARD_TEST(Wait, AWakeUpNeverTurnsAClockBack)
{
  struct shared s = { .kit = kit };

  costs(kit);
  kit_start(kit, 0, charge_and_wait, &s);
  kit_start(kit, 1, set, &s);
  kit_run(kit);
  EXPECT_EQ(s.at[0], 5000000u + 60000);
}

/* One word to be filled and emptied in turns by two CPUs each: a lost wake-up is a deadlock. */
static void move(struct shared *s, uint64_t from, uint64_t to)
{
  const struct plat *p = s->kit->p;

  for (unsigned i = 0; i < s->turns; i++) {
    plat_charge(p, PLAT_COST_FILL_PAGE, 1);
    for (plat_take(p, &s->line); s->value != from; plat_take(p, &s->line))
      plat_wait(p, &s->line);
    s->value = to;
    plat_charge(p, PLAT_COST_FILL_PAGE, 1);
    plat_wrote(p, &s->line);
    s->done++;
  }
}

static void fill(void *arg)
{
  move(arg, 0, 1);
}

static void empty(void *arg)
{
  move(arg, 1, 0);
}

BOARD_TEST(Wait, NoWakeUpIsLostInTwoHundredSeeds)
{
  for (uint64_t seed = 1; seed <= 200; seed++) {
    struct kit one = kit_new(kit->device);
    struct shared s = { .kit = &one, .turns = 20 };

    costs(&one);
    kit_cost(&one, PLAT_COST_FILL_PAGE, 30000);
    one.config.seed = seed;
    one.config.jitter_permille = 500;
    for (unsigned i = 0; i < 4; i++)
      kit_start(&one, i, i < 2 ? fill : empty, &s);
    kit_run(&one);
    EXPECT_EQ(s.done, 80u);
    kit_end(&one);
  }
}

static void spin(void *arg)
{
  struct shared *s = arg;

  while (!s->value) {
    plat_relax(s->kit->p);
    s->turns++;
  }
  s->at[0] = plat_now_ps(s->kit->p);
}

BOARD_TEST(Wait, RelaxLetsOthersRun)
{
  struct shared s = { .kit = kit };

  costs(kit);
  kit_cost(kit, PLAT_COST_RELAX, 10000);
  kit_start(kit, 0, spin, &s);
  kit_start(kit, 1, set, &s);
  kit_run(kit);
  EXPECT_EQ(s.turns, 101u); /* the write is at 1005000 */
  EXPECT_EQ(s.at[0], 1010000u);
}

static void sleep_a_while(void *arg)
{
  struct shared *s = arg;

  plat_delay(s->kit->p, 777);
  s->at[0] = plat_now_ps(s->kit->p);
}

BOARD_TEST(Wait, DelayTakesExactlyItsTime)
{
  struct shared s = { .kit = kit };

  kit->config.seed = 3;
  kit->config.jitter_permille = 500;
  kit_start(kit, 0, sleep_a_while, &s);
  kit_run(kit);
  EXPECT_EQ(s.at[0], 777u);
}
