/* Costs: names, scale, jitter, what a zero is, where 64 bits end; ties. */
#include "kit.h"

#include <string.h>

struct spender {
  struct kit *kit;
  uint64_t n, turns, low, high, sum, end;
  uint32_t permille, old;
};

static void spend(void *arg)
{
  struct spender *s = arg;
  const struct plat *p = s->kit->p;

  s->low = UINT64_MAX;
  for (uint64_t i = 0; i < s->turns; i++) {
    uint64_t start = plat_now_ps(p), took;

    plat_charge(p, PLAT_COST_PTE_SET, s->n);
    took = plat_now_ps(p) - start;
    s->low = took < s->low ? took : s->low;
    s->high = took > s->high ? took : s->high;
    s->sum += took;
  }
  s->end = plat_now_ps(p);
}

SCRIPT_TEST(Charge, CountsUnits)
{
  struct spender s = { .kit = kit, .n = 7, .turns = 3 };

  kit_cost(kit, PLAT_COST_PTE_SET, 2000);
  kit_start(kit, 0, spend, &s);
  kit_run(kit);
  EXPECT_EQ(s.end, 3 * 7 * 2000u);
}

SCRIPT_TEST(Charge, JitterStaysWithinItsBoundsAndReachesThem)
{
  struct spender s = { .kit = kit, .n = 1, .turns = 20000 };

  kit->config.seed = 9;
  kit->config.jitter_permille = 250;
  kit_cost(kit, PLAT_COST_PTE_SET, 1000000);
  kit_start(kit, 0, spend, &s);
  kit_run(kit);
  EXPECT_EQ(s.low, 750000u);
  EXPECT_EQ(s.high, 1250000u);
  EXPECT_NEAR((double)s.sum / (double)s.turns, 1e6, 5000);
}

SCRIPT_TEST(Charge, SeedZeroHasNoJitter)
{
  struct spender s = { .kit = kit, .n = 1, .turns = 100 };

  kit->config.jitter_permille = 500;
  kit_cost(kit, PLAT_COST_PTE_SET, 1000);
  kit_start(kit, 0, spend, &s);
  kit_run(kit);
  EXPECT_EQ(s.low, 1000u);
  EXPECT_EQ(s.high, 1000u);
}

static void spend_with_nothing_between(void *arg)
{
  struct spender *s = arg;

  if (s->old) {
    plat_charge(s->kit->p, PLAT_COST_LOOP, 1);    /* zero ps */
    plat_charge(s->kit->p, PLAT_COST_PTE_SET, 0); /* no unit */
  }
  spend(s);
}

SCRIPT_TEST(Charge, NothingCostsNothingAndDrawsNothing)
{
  uint64_t end[2];

  for (unsigned i = 0; i < 2; i++) {
    struct kit one = kit_new(KIT_SCRIPTED);
    struct spender s = { .kit = &one, .n = 1, .turns = 5, .old = i };

    one.config.seed = 5;
    one.config.jitter_permille = 100;
    kit_cost(&one, PLAT_COST_PTE_SET, 100000);
    kit_start(&one, 0, spend_with_nothing_between, &s);
    kit_run(&one);
    end[i] = s.end;
    kit_end(&one);
  }
  EXPECT_EQ(end[0], end[1]);
  EXPECT_NULL(kit->board);
}

static void spend_scaled(void *arg)
{
  struct spender *s = arg;

  s->old = plat_cpu_scale(s->kit->board, s->permille);
  spend(s);
  s->permille = plat_cpu_scale(s->kit->board, 1000);
}

SCRIPT_TEST(Charge, AScaleCountsThousandths)
{
  struct spender s = { .kit = kit, .n = 3, .turns = 1, .permille = 1337 };

  kit_cost(kit, PLAT_COST_PTE_SET, 1001);
  kit_start(kit, 0, spend_scaled, &s);
  kit_run(kit);
  EXPECT_EQ(s.end, 3003 * 1337 / 1000u);
  EXPECT_EQ(s.old, 1000u);
  EXPECT_EQ(s.permille, 1337u);
}

static void leave_scaled(void *arg)
{
  struct spender *s = arg;

  plat_cpu_scale(s->kit->board, 5);
}

SCRIPT_TEST(Charge, AProgramBeginsUnscaled)
{
  struct spender s = { .kit = kit, .n = 1, .turns = 1 };

  kit_cost(kit, PLAT_COST_PTE_SET, 1000);
  kit_start(kit, 0, leave_scaled, &s);
  kit_run(kit);
  kit_start(kit, 0, spend, &s);
  kit_run(kit);
  EXPECT_EQ(s.end, 1000u);
}

/* 2^64 is reached in one charge, in many, scaled and by a delay: time stops short of it. */
SCRIPT_TEST(Charge, TimeEndsWhere64BitsEnd)
{
  struct spender s = { .kit = kit, .n = UINT64_MAX / 3, .turns = 5, .permille = 900 };

  kit_cost(kit, PLAT_COST_PTE_SET, 2);
  kit_start(kit, 0, spend_scaled, &s);
  kit_run(kit);
  EXPECT_EQ(s.end, ENGINE_NEVER - 1);
  EXPECT_NEAR((double)s.high, 2.0 / 3 * 0.9 * 18446744073709551616.0, 1e6);
}

SCRIPT_TEST(Charge, AProductBeyond64BitsSaturates)
{
  struct spender s = { .kit = kit, .n = 1ULL << 60, .turns = 1 };

  kit_cost(kit, PLAT_COST_PTE_SET, 1 << 10);
  kit_start(kit, 0, spend, &s);
  kit_run(kit);
  EXPECT_EQ(s.end, ENGINE_NEVER - 1);
}

static void store_once(void *arg)
{
  struct kit_trail *trail = arg;

  plat_store64(trail->kit->p, PLAT_RAM_BASE, 1);
  kit_mark(trail, 0);
}

/* Eight CPUs at the same time: who comes first, as digits. */
static uint64_t order_of_ties(uint64_t seed)
{
  struct kit kit = kit_new(KIT_SCRIPTED);
  struct kit_trail trail = { .kit = &kit };
  uint64_t order = 0;

  kit.config.cpus = 8;
  kit.config.seed = seed;
  for (unsigned i = 0; i < 8; i++)
    kit_start(&kit, i, store_once, &trail);
  kit_run(&kit);
  for (unsigned i = 0; i < trail.n; i++)
    order = order * 10 + trail.at[i].cpu;
  kit_end(&kit);
  return order;
}

TEST_CASE(Tie, GoesToTheLowestCpuWithoutSeed)
{
  EXPECT_EQ(order_of_ties(0), 1234567u);
}

TEST_CASE(Tie, GoesAsTheSeedDraws)
{
  EXPECT_EQ(order_of_ties(1), order_of_ties(1));
  EXPECT_NE(order_of_ties(1), order_of_ties(2));
  EXPECT_NE(order_of_ties(1), order_of_ties(0));
}

/* Every CPU is first in some seed. */
TEST_CASE(Tie, GoesToEverybodySometimes)
{
  unsigned first = 0;

  for (uint64_t seed = 1; seed <= 100; seed++)
    first |= 1u << order_of_ties(seed) / 10000000;
  EXPECT_EQ(first, 0xffu);
}

TEST_CASE(Cost, EveryOneHasAKeyOfItsOwnAndAMeaning)
{
  struct plat_costs costs;

  for (unsigned i = 0; i < PLAT_COST_COUNT; i++) {
    EXPECT_GT(strlen(plat_cost_what(i)), 10u);
    EXPECT_NOT_NULL(strchr(plat_cost_key(i), '.'));
    for (unsigned j = 0; j < i; j++)
      EXPECT_NE(strcmp(plat_cost_key(i), plat_cost_key(j)), 0);
  }
  EXPECT_STREQ(plat_cost_key(PLAT_COST_COUNT), "?");
  EXPECT_STREQ(plat_cost_what(PLAT_COST_COUNT), "?");
  plat_costs_neutral(&costs);
  EXPECT_STREQ(plat_cost_key(PLAT_COST_MMIO_READ), "cpu.mmio_read");
  EXPECT_EQ(costs.ps[PLAT_COST_MMIO_READ], 200000u);
  EXPECT_EQ(costs.ps[PLAT_COST_VMM_WAKE], 5000000u);
}

TEST_CASE(Cost, NotesAndOperationsHaveNames)
{
  EXPECT_STREQ(plat_note_name(PLAT_NOTE_UNMAPPED), "unmapped");
  EXPECT_STREQ(plat_note_name(PLAT_NOTE_COUNT), "?");
  EXPECT_STREQ(plat_operation_name(PLAT_OP_SYNC_WAIT), "sync-wait");
  EXPECT_STREQ(plat_operation_name(PLAT_OP_COUNT), "?");
}
