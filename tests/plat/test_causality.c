/* Charge, become the CPU with the smallest clock, only then touch what others see. CPU 0 always
 * runs first and is late; CPU 1 is early, and what it does must be there before. */
#include "arch/regs.h"
#include "kit.h"

enum { LATE = 1000000, EARLY = 1000 };

struct pair {
  struct kit *kit;
  struct plat_line line;
  uint64_t addr, seen, value, order;
};

/* Work that takes so many ps and touches nothing. */
static void spend(const struct kit *kit, uint64_t ps)
{
  plat_charge(kit->p, PLAT_COST_LOOP, ps);
}

static void run_pair(struct kit *kit, struct pair *x, void (*late)(void *), void (*early)(void *))
{
  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit_make(kit);
  x->kit = kit;
  if (!x->addr)
    EXPECT_EQ(plat_dma_alloc(kit->p, 4096, 64, &x->addr), 0);
  kit_start(kit, 0, late, x);
  kit_start(kit, 1, early, x);
  kit_run(kit);
}

static void early_store(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, EARLY);
  plat_store64(x->kit->p, x->addr, 1);
}

static void late_store(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, LATE);
  plat_store64(x->kit->p, x->addr, 2);
}

static void late_load(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, LATE);
  x->seen = plat_load64(x->kit->p, x->addr);
}

BOARD_TEST(Causality, ALoadSeesEarlierStores)
{
  struct pair x = { 0 };

  run_pair(kit, &x, late_load, early_store);
  EXPECT_EQ(x.seen, 1u);
}

BOARD_TEST(Causality, ALaterStoreIsTheOneThatStays)
{
  struct pair x = { 0 };

  run_pair(kit, &x, late_store, early_store);
  EXPECT_EQ(engine_memory_load64(kit->memory, x.addr), 2u);
}

static void early_write(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, EARLY);
  plat_mmio_write(x->kit->p, PLAT_SMMU_BASE + OFF_CMDQ_PROD, 1, 4);
}

static void late_write(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, LATE);
  plat_mmio_write(x->kit->p, PLAT_SMMU_BASE + OFF_CMDQ_PROD, 2, 4);
}

static void late_read(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, LATE);
  x->seen = plat_mmio_read(x->kit->p, PLAT_SMMU_BASE + OFF_CMDQ_PROD, 4);
}

BOARD_TEST(Causality, ARegisterReadSeesEarlierWrites)
{
  struct pair x = { 0 };

  run_pair(kit, &x, late_read, early_write);
  EXPECT_EQ(x.seen, kit->scripted ? 1 + OFF_CMDQ_PROD : 1);
}

static void count_write(void *ctx, unsigned cpu, uint64_t time, const void *platform, uint64_t addr,
                        uint64_t value, unsigned bytes, bool write)
{
  struct pair *x = ctx;

  (void)cpu;
  (void)time;
  (void)platform;
  (void)addr;
  (void)bytes;
  if (write)
    x->order = x->order * 10 + value;
}

BOARD_TEST(Causality, RegisterWritesReachTheDeviceInOrderOfTime)
{
  struct pair x = { 0 };
  struct plat_watch watch = { .ctx = &x, .mmio = count_write };

  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit_make(kit);
  plat_board_set_watch(kit->board, &watch);
  run_pair(kit, &x, late_write, early_write);
  EXPECT_EQ(x.order, 12u);
}

static void early_take(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, EARLY);
  plat_take(x->kit->p, &x->line);
  x->value = 1;
}

static void late_take(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, LATE);
  plat_take(x->kit->p, &x->line);
  x->seen = x->value;
  x->order = plat_now_ps(x->kit->p);
}

BOARD_TEST(Causality, WhoTakesALineSeesWhatEarlierHoldersWrote)
{
  struct pair x = { 0 };

  kit_cost(kit, PLAT_COST_ATOMIC, 5);
  kit_cost(kit, PLAT_COST_LINE_MOVE, 60);
  run_pair(kit, &x, late_take, early_take);
  EXPECT_EQ(x.seen, 1u);
}

BOARD_TEST(Causality, TheEarlierOneIsTheWriterThatTheLaterOnePaysFor)
{
  struct pair x = { 0 };

  kit_cost(kit, PLAT_COST_ATOMIC, 5);
  kit_cost(kit, PLAT_COST_LINE_MOVE, 60);
  run_pair(kit, &x, late_take, early_take);
  EXPECT_EQ(x.order, LATE + 60u);
}

/* CPU 1 takes the line at EARLY and may use it 60 ps later; CPU 0 looks in between. */
static void look_between(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, EARLY + 10);
  plat_cpu_settle(x->kit->board);
  x->seen = x->value;
}

BOARD_TEST(Causality, ALineIsPaidForBeforeItIsUsed)
{
  struct pair x = { .line.writer = 4 };

  kit_cost(kit, PLAT_COST_LINE_MOVE, 60);
  run_pair(kit, &x, look_between, early_take);
  EXPECT_EQ(x.seen, 0u);
  EXPECT_EQ(x.value, 1u);
}

static void early_free(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, EARLY);
  EXPECT_EQ(plat_dma_alloc(x->kit->p, 4096, 64, &x->seen), 0);
}

static void late_free(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, LATE);
  plat_dma_free(x->kit->p, x->addr, 4096);
}

BOARD_TEST(Causality, MemoryIsNotHandedOutBeforeItIsFreed)
{
  struct pair x = { 0 };

  run_pair(kit, &x, late_free, early_free);
  EXPECT_NE(x.seen, x.addr);
}

static void late_alloc(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, LATE);
  EXPECT_EQ(plat_dma_alloc(x->kit->p, 4096, 64, &x->seen), 0);
}

static void early_give(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, EARLY);
  plat_dma_free(x->kit->p, x->addr, 4096);
}

BOARD_TEST(Causality, MemoryFreedEarlierIsHandedOut)
{
  struct pair x = { 0 };

  run_pair(kit, &x, late_alloc, early_give);
  EXPECT_EQ(x.seen, x.addr); /* what was freed last comes first */
}

static void nothing(void *arg)
{
  (void)arg;
}

static void late_start(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, LATE);
  x->value = (uint64_t)plat_cpu_start(x->kit->board, 1, nothing, NULL);
}

BOARD_TEST(Causality, ACpuIsBusyUntilItsProgramHasReturned)
{
  struct pair x = { 0 };

  run_pair(kit, &x, late_start, early_store);
  EXPECT_EQ(x.value, 0u); /* CPU 1 was done at EARLY */
}

static void long_work(void *arg)
{
  struct pair *x = arg;

  spend(x->kit, 2 * LATE);
}

BOARD_TEST(Causality, ACpuWithWorkAheadOfItIsBusy)
{
  struct pair x = { 0 };

  run_pair(kit, &x, long_work, nothing);
  kit_start(kit, 0, late_start, &x);
  kit_start(kit, 1, long_work, &x);
  kit_run(kit);
  EXPECT_EQ((int64_t)x.value, SMMU_ERR_BADARG);
}

/* The device's events come between: line 0 is raised at 500 and wakes a handler at once, although
 * the device has more to do before the CPU's clock. */
static void on_line(void *arg)
{
  struct kit_trail *trail = arg;

  kit_mark(trail, 100 + trail->kit->scripted->next);
}

static void handle_and_work(void *arg)
{
  struct kit_trail *trail = arg;
  const struct plat *p = trail->kit->p;

  plat_irq_handler(p, 0, on_line, trail);
  plat_charge(p, PLAT_COST_LOOP, 2000);
  plat_load64(p, 0);
  kit_mark(trail, 1);
}

SCRIPT_TEST(Causality, AWokenCpuGoesBeforeLaterEventsOfTheDevice)
{
  struct kit_trail trail = { .kit = kit };

  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit_cost(kit, PLAT_COST_IRQ, 100);
  kit->scripted->n = 2;
  kit->scripted->script[0].time = 500;
  kit->scripted->script[1].time = 1500;
  kit->scripted->script[1].line = 1;
  kit_start(kit, 0, handle_and_work, &trail);
  kit_run(kit);
  ASSERT_EQ(trail.n, 2u);
  EXPECT_EQ(trail.at[0].time, 600u);
  EXPECT_EQ(trail.at[0].cpu, 4u);
  EXPECT_EQ(trail.at[0].what, 101u); /* the event at 1500 had not happened */
  EXPECT_EQ(trail.at[1].time, 2000u);
}

static void look_at_500(void *arg)
{
  struct kit_trail *trail = arg;

  plat_charge(trail->kit->p, PLAT_COST_LOOP, 500);
  plat_cpu_settle(trail->kit->board);
  kit_mark(trail, trail->kit->scripted->next);
}

SCRIPT_TEST(Causality, AtTheSameTimeTheDeviceGoesFirst)
{
  struct kit_trail trail = { .kit = kit };

  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit->scripted->n = 2;
  kit->scripted->script[0].time = 500;
  kit->scripted->script[1].time = 501;
  kit_start(kit, 0, look_at_500, &trail);
  kit_run(kit);
  EXPECT_EQ(trail.at[0].what, 1u);
}

static void meet(void *arg)
{
  struct kit_trail *trail = arg;

  plat_charge(trail->kit->p, PLAT_COST_LOOP, 12345);
  plat_mmio_read(trail->kit->p, PLAT_SMMU_BASE, 4);
  kit_mark(trail, trail->kit->scripted->now);
}

SCRIPT_TEST(Causality, ARegisterAccessHappensAtTheClockOfItsCpu)
{
  struct kit_trail trail = { .kit = kit };

  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit_cost(kit, PLAT_COST_MMIO_READ, 201);
  kit_start(kit, 0, meet, &trail);
  kit_run(kit);
  EXPECT_EQ(trail.at[0].what, 12345u + 100); /* there */
  EXPECT_EQ(trail.at[0].time, 12345u + 201); /* and back */
}
