/* Sleeping on a word of memory: who wakes the sleeper, when, and when nobody does. */
#include "arch/regs.h"
#include "kit.h"

enum { NEVER_US = 1000000 }; /* in ps: a microsecond, later than everything here */

struct shared {
  struct kit *kit;
  uint64_t word, value, until;
  uint64_t woken, seen;
  uint64_t *pointer; /* to the word */
};

static void costs(struct kit *kit)
{
  kit_cost(kit, PLAT_COST_STORE, 500);
  kit_cost(kit, PLAT_COST_LOAD, 0);
  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit_cost(kit, PLAT_COST_LINE_MOVE, 60000);
}

static void sleep_on_it(void *arg)
{
  struct shared *s = arg;

  plat_wait64(s->kit->p, s->word, s->value, s->until);
  s->woken = plat_now_ps(s->kit->p);
  s->seen = plat_load64(s->kit->p, s->word);
}

static void store_next_to_it_then_it(void *arg)
{
  struct shared *s = arg;

  plat_charge(s->kit->p, PLAT_COST_LOOP, 10000);
  plat_store64(s->kit->p, s->word + 8, 7);
  plat_charge(s->kit->p, PLAT_COST_LOOP, 10000);
  plat_store64(s->kit->p, s->word, 7);
}

BOARD_TEST(Word, StoreOfItWakesAndOfItsNeighbourDoesNot)
{
  struct shared s = { .kit = kit, .word = PLAT_RAM_BASE, .until = NEVER_US };

  costs(kit);
  kit_start(kit, 0, sleep_on_it, &s);
  kit_start(kit, 1, store_next_to_it_then_it, &s);
  kit_run(kit);
  EXPECT_EQ(s.woken, 10000u + 500 + 10000 + 500 + 60000);
  EXPECT_EQ(s.seen, 7u);
}

BOARD_TEST(Word, SleepEndsAtItsTime)
{
  struct shared s = { .kit = kit, .word = PLAT_RAM_BASE, .until = 12345 };

  costs(kit);
  kit_start(kit, 0, sleep_on_it, &s);
  kit_run(kit);
  EXPECT_EQ(s.woken, 12345u);
  EXPECT_EQ(s.seen, 0u);
}

BOARD_TEST(Word, WhatHasChangedAlreadyIsNotWaitedFor)
{
  struct shared s = { .kit = kit, .word = PLAT_RAM_BASE, .value = 1, .until = NEVER_US };

  costs(kit);
  kit_start(kit, 0, sleep_on_it, &s);
  kit_run(kit);
  EXPECT_EQ(s.woken, 0u);
}

/* Two sleepers on words of their own, and one on the first's word too. */
BOARD_TEST(Word, EverySleeperOnItIsWokenAndNoOther)
{
  struct shared s[3] = { { .kit = kit, .word = PLAT_RAM_BASE, .until = NEVER_US },
                         { .kit = kit, .word = PLAT_RAM_BASE + 64, .until = NEVER_US },
                         { .kit = kit, .word = PLAT_RAM_BASE, .until = NEVER_US } };

  costs(kit);
  for (unsigned i = 0; i < 3; i++)
    kit_start(kit, i, sleep_on_it, &s[i]);
  kit_start(kit, 3, store_next_to_it_then_it, &s[0]);
  kit_run(kit);
  EXPECT_EQ(s[0].woken, 81000u);
  EXPECT_EQ(s[1].woken, (uint64_t)NEVER_US);
  EXPECT_EQ(s[2].woken, 81000u);
}

/* ---- the device ------------------------------------------------------------------------------ */

enum { RING = 0, TARGET = 4096 }; /* from PLAT_RAM_BASE */

/* A CMD_SYNC whose completion is an MSI into TARGET, waited for there. IHI 0070 4.7.3. */
static void wait_for_an_msi(void *arg)
{
  struct shared *s = arg;
  const struct plat *p = s->kit->p;

  plat_mmio_write(p, PLAT_SMMU_BASE + OFF_CMDQ_BASE, (PLAT_RAM_BASE + RING) | 4, 8);
  plat_store64(p, PLAT_RAM_BASE + RING, 0x46 | 1 << 12 | (uint64_t)0x55 << 32);
  plat_store64(p, PLAT_RAM_BASE + RING + 8, PLAT_RAM_BASE + TARGET);
  plat_mmio_write(p, PLAT_SMMU_BASE + OFF_CR0, MASK(CR0, CMDQEN), 4);
  while (!plat_mmio_read(p, PLAT_SMMU_BASE + OFF_CR0ACK, 4))
    plat_relax(p);
  plat_mmio_write(p, PLAT_SMMU_BASE + OFF_CMDQ_PROD, 1, 4);
  s->until = plat_now_ps(p) + 100 * (uint64_t)NEVER_US;
  sleep_on_it(s);
}

static const char *const real_devices[] = { "now", "timed" };

PARAM_TEST_CASE(Word, WriteOfTheDeviceWakes, real_devices, 2)
{
  struct kit kit = kit_new(param);
  struct shared s = { .kit = &kit, .word = PLAT_RAM_BASE + TARGET };

  plat_costs_neutral(&kit.config.costs);
  kit_start(&kit, 0, wait_for_an_msi, &s);
  kit_run(&kit);
  EXPECT_EQ(s.seen, 0x55u);
  EXPECT_LT(s.woken, s.until);
  kit_end(&kit);
}

/* On `now` the device writes while another CPU rings: that is seen too. */
static void ring_for_another(void *arg)
{
  struct shared *s = arg;
  const struct plat *p = s->kit->p;
  struct shared unused = { .kit = s->kit, .word = PLAT_RAM_BASE + 8192 };

  plat_delay(p, NEVER_US);
  wait_for_an_msi(&unused);
}

PARAM_TEST_CASE(Word, WriteOfTheDeviceForAnotherCpuWakes, real_devices, 2)
{
  struct kit kit = kit_new(param);
  struct shared s = { .kit = &kit,
                      .word = PLAT_RAM_BASE + TARGET,
                      .until = 50 * (uint64_t)NEVER_US };

  plat_costs_neutral(&kit.config.costs);
  kit_start(&kit, 0, sleep_on_it, &s);
  kit_start(&kit, 1, ring_for_another, &s);
  kit_run(&kit);
  EXPECT_EQ(s.seen, 0x55u);
  EXPECT_LT(s.woken, s.until);
  kit_end(&kit);
}

static void store_by_pointer(void *arg)
{
  struct shared *s = arg;

  plat_charge(s->kit->p, PLAT_COST_STORE, 1);
  plat_cpu_settle(s->kit->board);
  *s->pointer = 7;
  plat_board_stored(s->kit->board, s->kit->p->ctx, s->word, s->word);
}

BOARD_TEST(Word, StoreByPointerWakesAndIsReported)
{
  struct shared s = { .kit = kit, .word = PLAT_RAM_BASE, .until = NEVER_US };
  struct kit_hash hash;
  struct plat_watch watch = kit_hash_watch(&hash);
  void *block;

  costs(kit);
  ASSERT_EQ(engine_memory_add_flat(kit->memory, PLAT_RAM_BASE, 0x10000, &block), SMMU_OK);
  s.pointer = block;
  kit_start(kit, 0, sleep_on_it, &s);
  kit_start(kit, 1, store_by_pointer, &s);
  plat_board_set_watch(kit->board, &watch);
  kit_run(kit);
  EXPECT_EQ(s.woken, 500u + 60000);
  EXPECT_EQ(s.seen, 7u);
  EXPECT_EQ(hash.calls[4], 1u);
}
