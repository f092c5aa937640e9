/* plat_board_run(): when it ends and what it says; boards and programs made wrongly. */
#include "arch/cmd.h"
#include "arch/regs.h"
#include "kit.h"

#include <string.h>

struct waiter {
  struct kit *kit;
  struct plat_line *line;
  struct plat_mutex *mutex;
  uint64_t before;
};

static void costs(struct kit *kit)
{
  kit_cost(kit, PLAT_COST_LOOP, 1);
}

static void wait_forever(void *arg)
{
  struct waiter *w = arg;

  plat_charge(w->kit->p, PLAT_COST_LOOP, w->before);
  plat_wait(w->kit->p, w->line);
}

static void write_once(void *arg)
{
  struct waiter *w = arg;

  plat_take(w->kit->p, w->line);
}

static void hold_and_wait(void *arg)
{
  struct waiter *w = arg;

  plat_mutex_lock(w->mutex);
  wait_forever(w);
}

static void lock(void *arg)
{
  struct waiter *w = arg;

  plat_charge(w->kit->p, PLAT_COST_LOOP, w->before);
  plat_mutex_lock(w->mutex);
}

BOARD_TEST(Run, ADeadlockNamesEachAndWhatItWaitsFor)
{
  struct plat_line line = { 0 };
  struct plat_mutex mutex = { 0 };
  struct waiter waiter[3];

  costs(kit);
  kit_make(kit);
  mutex.board = kit->board;
  for (unsigned i = 0; i < 3; i++)
    waiter[i] = (struct waiter){ kit, &line, &mutex, 12345678 };
  kit_start(kit, 1, write_once, &waiter[0]);
  kit_start(kit, 2, hold_and_wait, &waiter[1]);
  kit_start(kit, 3, lock, &waiter[2]);
  EXPECT_EQ(kit_try(kit), SMMU_ERR_DEADLOCK);
  EXPECT_STREQ(kit->why, "cpu 2 waits for a line written last by cpu 1 (since 12.3 us); "
                         "cpu 3 sleeps on a lock held by cpu 2 (since 12.3 us); "
                         "the device is at rest");
}

BOARD_TEST(Run, ADeadlockTextIsCutWhereItsBufferEnds)
{
  struct plat_line line = { 0 };
  struct waiter waiter = { .kit = kit, .line = &line };
  char small[12] = "xxxxxxxxxxx";

  kit_start(kit, 0, wait_forever, &waiter);
  EXPECT_EQ(plat_board_run(kit->board, small, sizeof small), SMMU_ERR_DEADLOCK);
  EXPECT_STREQ(small, "cpu 0 waits");
  EXPECT_EQ(plat_board_run(kit->board, NULL, 0), SMMU_ERR_DEADLOCK);
}

static void handler(void *arg)
{
  wait_forever(arg);
}

static void remove_it(void *arg)
{
  struct waiter *w = arg;

  EXPECT_EQ(plat_irq_handler(w->kit->p, 2, handler, w), 0);
  plat_board_raise(w->kit->board, 2, 0);
  plat_delay(w->kit->p, 1000000);
  plat_irq_handler(w->kit->p, 2, NULL, NULL);
}

BOARD_TEST(Run, ADeadlockNamesInterruptHandlers)
{
  struct plat_line line = { 0 };
  struct waiter waiter = { .kit = kit, .line = &line };

  kit_start(kit, 0, remove_it, &waiter);
  EXPECT_EQ(kit_try(kit), SMMU_ERR_DEADLOCK);
  EXPECT_STREQ(kit->why, "cpu 0 waits until the handler of line 2 returns (since 1.0 us); "
                         "the handler of line 2 waits for a line written last by nobody "
                         "(since 0.0 us); the device is at rest");
}

static void translate(void *arg)
{
  struct kit *kit = arg;
  struct smmu_result result;

  plat_board_translate(kit->board, &(struct smmu_txn){ 0 }, &result);
}

SCRIPT_TEST(Run, ADeadlockNamesTransactions)
{
  kit->scripted->latency = ENGINE_NEVER; /* it never answers */
  kit->scripted->slots = 1;
  kit_start(kit, 0, translate, kit);
  kit_start(kit, 1, translate, kit);
  EXPECT_EQ(kit_try(kit), SMMU_ERR_DEADLOCK);
  EXPECT_STR_CONTAINS(kit->why, "cpu 0 waits for the answer to its transaction (since 0.0 us)");
  EXPECT_STR_CONTAINS(kit->why, "cpu 1 waits for a transaction slot (since 0.0 us)");
}

static void wake(void *arg)
{
  struct waiter *w = arg;

  plat_wrote(w->kit->p, w->line);
}

BOARD_TEST(Run, ADeadlockEndsWhenSomebodyWakesTheSleeper)
{
  struct plat_line line = { 0 };
  struct waiter waiter = { .kit = kit, .line = &line };

  kit_start(kit, 0, wait_forever, &waiter);
  EXPECT_EQ(kit_try(kit), SMMU_ERR_DEADLOCK);
  kit_start(kit, 1, wake, &waiter);
  EXPECT_EQ(kit_try(kit), SMMU_OK);
}

/* ---- the limit ---- */

static void spin(void *arg)
{
  const struct plat *p = ((struct kit *)arg)->p;

  for (;;)
    plat_relax(p);
}

BOARD_TEST(Run, StopsAtItsLimit)
{
  kit->config.limit_ps = 1000000;
  kit_cost(kit, PLAT_COST_RELAX, 300);
  kit_start(kit, 0, spin, kit);
  kit_start(kit, 2, spin, kit);
  EXPECT_EQ(kit_try(kit), SMMU_ERR_LIMIT);
  EXPECT_STREQ(kit->why, "the limit of 1000000 ps was reached");
  EXPECT_EQ(plat_board_time(kit->board), 999900u);
  EXPECT_EQ(kit_try(kit), SMMU_ERR_LIMIT); /* and stays there */
}

static void delay_to_the_limit(void *arg)
{
  plat_delay(((struct kit *)arg)->p, 1000000);
}

BOARD_TEST(Run, WhatHappensAtTheLimitStillHappens)
{
  kit->config.limit_ps = 1000000;
  kit_start(kit, 0, delay_to_the_limit, kit);
  EXPECT_EQ(kit_try(kit), SMMU_OK);
}

BOARD_TEST(Run, AtRestIsNotTheLimit)
{
  struct plat_line line = { 0 };
  struct waiter waiter = { .kit = kit, .line = &line };

  kit->config.limit_ps = 1000000;
  kit_start(kit, 0, wait_forever, &waiter);
  EXPECT_EQ(kit_try(kit), SMMU_ERR_DEADLOCK);
}

SCRIPT_TEST(Run, ADeviceThatGoesOnRunsUntilItRests)
{
  kit->scripted->n = 1;
  kit->scripted->script[0].time = 5000;
  kit_run(kit);
  EXPECT_EQ(kit->scripted->next, 1u);
  EXPECT_EQ(plat_board_time(kit->board), 5000u);
}

SCRIPT_TEST(Run, ADeviceIsStoppedAtTheLimitToo)
{
  kit->config.limit_ps = 4999;
  kit->scripted->n = 1;
  kit->scripted->script[0].time = 5000;
  EXPECT_EQ(kit_try(kit), SMMU_ERR_LIMIT);
  EXPECT_EQ(kit->scripted->next, 0u);
}

/* ---- programs ---- */

static void mark(void *arg)
{
  struct kit_trail *trail = arg;

  plat_charge(trail->kit->p, PLAT_COST_LOOP, 100);
  kit_mark(trail, 0);
}

static void start_another(void *arg)
{
  struct kit_trail *trail = arg;

  plat_charge(trail->kit->p, PLAT_COST_LOOP, 50);
  EXPECT_EQ(plat_cpu_start(trail->kit->board, 3, mark, trail), SMMU_OK);
  EXPECT_EQ(plat_cpu_start(trail->kit->board, 3, mark, trail), SMMU_ERR_BADARG); /* busy */
  EXPECT_EQ(plat_cpu_start(trail->kit->board, 0, mark, trail), SMMU_ERR_BADARG);
}

BOARD_TEST(Run, AProgramBeginsAtThePresent)
{
  struct kit_trail trail = { .kit = kit };

  costs(kit);
  kit_start(kit, 0, start_another, &trail);
  kit_run(kit);
  kit_start(kit, 1, mark, &trail);
  kit_run(kit);
  ASSERT_EQ(trail.n, 2u);
  EXPECT_EQ(trail.at[0].cpu, 3u);
  EXPECT_EQ(trail.at[0].time, 150u);
  EXPECT_EQ(trail.at[1].time, 250u);
}

BOARD_TEST(Run, ThereAreNoMoreCpusThanConfigured)
{
  kit_make(kit);
  EXPECT_EQ(plat_cpu_start(kit->board, 4, mark, NULL), SMMU_ERR_BADARG);
}

BOARD_TEST(Run, ABoardWithoutProgramsEndsAtOnce)
{
  EXPECT_EQ(kit_try(kit), SMMU_OK);
  EXPECT_STREQ(kit->why, "");
}

/* ---- what a board is made of ---- */

static int create(struct kit *kit, const struct plat_board_config *config)
{
  struct plat_device device;
  struct plat_board *board;
  int err;

  EXPECT_EQ(plat_device_now(&device, &kit->smmu, kit->memory, 0), SMMU_OK);
  err = plat_board_create(&board, config, &device);
  plat_board_destroy(board);
  return err;
}

TEST_CASE(Board, ABadConfigurationIsRefused)
{
  struct kit kit = kit_new(KIT_NOW);
  struct plat_board_config good = kit.config;

#define REFUSED(field, value) \
  do { \
    struct plat_board_config bad = good; \
    bad.field = value; \
    EXPECT_EQ(create(&kit, &bad), SMMU_ERR_BADCFG); \
  } while (0)
  EXPECT_EQ(create(&kit, &good), SMMU_OK);
  REFUSED(cpus, 0);
  REFUSED(cpus, 257);
  REFUSED(irq_lines, 4097);
  REFUSED(ram_bytes, 0x18000);
  REFUSED(ram_bytes, 2ULL << 40);
  REFUSED(jitter_permille, 501);
  REFUSED(smmu_bytes, (16ULL << 20) + 1);
  REFUSED(stack_bytes, 100);
  REFUSED(stack_bytes, 2ULL << 30);
  REFUSED(memory, NULL);
  kit_end(&kit);
}

TEST_CASE(Board, AllOf256CpusRun)
{
  struct kit kit = kit_new(KIT_SCRIPTED);
  struct kit_trail trail = { .kit = &kit };

  kit.config.cpus = 256;
  for (unsigned i = 0; i < 256; i++)
    kit_start(&kit, i, mark, &trail);
  kit_run(&kit);
  EXPECT_EQ(trail.n, 256u);
  kit_end(&kit);
}

TEST_CASE(Board, ADeviceThatCannotBeMadeIsNotMade)
{
  struct kit kit = kit_new(KIT_NOW);
  struct plat_device device;
  struct engine_timed_options options = { .device = &kit.smmu, .profile = &kit.profile };

  kit.smmu.tbus = 0;
  EXPECT_EQ(plat_device_now(&device, &kit.smmu, kit.memory, 0), SMMU_ERR_BADCFG);
  EXPECT_EQ(plat_device_timed(&device, &options), SMMU_ERR_BADCFG);
  kit_end(&kit);
}

static uint32_t recurse(uint32_t depth)
{
  volatile uint32_t frame[64] = { depth };

  return depth ? recurse(depth - 1) + frame[depth % 64] : 0;
}

static void overflow(void *arg)
{
  (void)arg;
  recurse(1u << 20);
}

static void overflow_a_stack(void *arg)
{
  struct kit *kit = arg;

  kit_start(kit, 0, overflow, NULL);
  kit_run(kit);
}

BOARD_TEST(Board, AStackThatOverflowsStopsTheProgram)
{
  kit_make(kit);
  EXPECT_DEATH(overflow_a_stack, kit, "");
}

static void use_outside(void *arg)
{
  struct kit *kit = arg;

  plat_charge(kit->p, PLAT_COST_LOOP, 1);
}

BOARD_TEST(Board, OnlyProgramsChargeWork)
{
  kit_make(kit);
  EXPECT_DEATH(use_outside, kit, "invariant broken");
}
