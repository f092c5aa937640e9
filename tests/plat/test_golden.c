/* The same seed gives the same bytes: everything that watches are told about a random program on
 * eight CPUs, hashed. The golden numbers were computed once; they are the same in every build, on
 * every machine. */
#include "kit.h"

enum { CPUS = 8, STEPS = 300, WORDS = 16, LINES = 4, PLAIN = 5, VIRTUAL = 6 };

struct world {
  struct kit *kit;
  uint64_t addr;
  struct plat_line line[LINES];
  unsigned value[LINES], awaited;
  struct plat_mutex mutex;
  struct {
    struct world *world;
    uint64_t random;
  } cpu[CPUS];
};

static uint64_t draw(uint64_t *x)
{
  *x = *x * 6364136223846793005ULL + 1442695040888963407ULL;
  return *x >> 33;
}

static void on_virtual_line(void *arg)
{
  struct world *w = arg;
  const struct plat *p = w->kit->p;

  plat_begin(p, PLAT_OP_IRQ_HANDLER, VIRTUAL);
  plat_charge(p, PLAT_COST_EVENT, 1);
  plat_take(p, &w->line[0]);
  w->value[0]++;
  plat_wrote(p, &w->line[0]);
  plat_end(p, PLAT_OP_IRQ_HANDLER, VIRTUAL);
}

/* Sleep on line 0 until its value changes; the last one awake does not. */
static void await_change(struct world *w)
{
  const struct plat *p = w->kit->p;
  unsigned old;

  plat_take(p, &w->line[0]);
  old = w->value[0];
  plat_board_raise(w->kit->board, VIRTUAL, 3000000);
  for (plat_take(p, &w->line[0]); w->value[0] == old; plat_take(p, &w->line[0]))
    plat_wait(p, &w->line[0]);
}

static void locked(struct world *w, uint64_t *random)
{
  const struct plat *p = w->kit->p;

  plat_mutex_lock(&w->mutex);
  plat_charge(p, PLAT_COST_VMM_ACCESS, draw(random) % 4);
  plat_mutex_unlock(&w->mutex);
}

static void touch_memory(struct world *w, uint64_t *random)
{
  const struct plat *p = w->kit->p;
  uint64_t addr = w->addr + draw(random) % WORDS * 8, more;

  plat_store64(p, addr, plat_load64(p, addr) + 1);
  plat_barrier(p);
  if (draw(random) % 4 == 0 && plat_dma_alloc(p, 4096, 64, &more) == 0) {
    plat_store64(p, more, 1);
    plat_dma_free(p, more, 4096);
  }
}

static void translate(struct world *w, uint64_t *random)
{
  struct smmu_txn txn = { .addr = draw(random) << 12 };
  struct smmu_result result;

  plat_board_translate(w->kit->board, &txn, &result);
  plat_note(w->kit->p, PLAT_NOTE_MAPPED, txn.addr, result.pa, result.status);
}

static void step(struct world *w, uint64_t *random)
{
  const struct plat *p = w->kit->p;
  struct plat_line *line = &w->line[1 + draw(random) % (LINES - 1)];

  switch (draw(random) % 10) {
  case 0: plat_charge(p, PLAT_COST_LOOP, draw(random) % 3); break;
  case 1: touch_memory(w, random); break;
  case 2: plat_mmio_write(p, PLAT_SMMU_BASE + 0x98, draw(random) % 16, 4); break;
  case 3: plat_mmio_read(p, PLAT_SMMU_BASE + 0x98, 4); break;
  case 4: plat_take(p, line); break;
  case 5: locked(w, random); break;
  case 6: translate(w, random); break;
  case 7: plat_relax(p); break;
  case 8: plat_delay(p, draw(random) % 100000); break;
  default:
    if (draw(random) % 8 == 0)
      await_change(w);
    plat_log(p, "step");
  }
}

static void program(void *arg)
{
  struct world *w = arg;
  unsigned me = plat_cpu(w->kit->p);

  for (unsigned i = 0; i < STEPS; i++)
    step(w, &w->cpu[me].random);
}

static void install(void *arg)
{
  struct world *w = arg;

  EXPECT_EQ(plat_irq_handler(w->kit->p, VIRTUAL, on_virtual_line, w), 0);
  program(w);
}

/* Not the neutral table, which may change. */
static void set_costs(struct kit *kit)
{
  kit_cost(kit, PLAT_COST_ATOMIC, 5000);
  kit_cost(kit, PLAT_COST_LINE_MOVE, 60000);
  kit_cost(kit, PLAT_COST_STORE, 500);
  kit_cost(kit, PLAT_COST_LOAD, 700);
  kit_cost(kit, PLAT_COST_BARRIER, 5100);
  kit_cost(kit, PLAT_COST_RELAX, 10000);
  kit_cost(kit, PLAT_COST_MMIO_READ, 200001);
  kit_cost(kit, PLAT_COST_MMIO_WRITE, 50000);
  kit_cost(kit, PLAT_COST_IRQ, 1000000);
  kit_cost(kit, PLAT_COST_EVENT, 200000);
  kit_cost(kit, PLAT_COST_LOOP, 500000);
  kit_cost(kit, PLAT_COST_VMM_ACCESS, 210000);
  kit_cost(kit, PLAT_COST_VMM_WAKE, 5000000);
}

static struct kit_hash run(int device, uint64_t seed)
{
  struct kit kit = kit_new(device);
  struct world w = { .kit = &kit };
  struct kit_hash hash;
  struct plat_watch watch = kit_hash_watch(&hash);

  set_costs(&kit);
  kit.config.cpus = CPUS;
  kit.config.irq_lines = VIRTUAL + 1;
  kit.config.seed = seed;
  kit.config.jitter_permille = 50;
  kit_make(&kit);
  plat_board_set_watch(kit.board, &watch);
  w.mutex = (struct plat_mutex){ .board = kit.board, .switch_permille = 1250 };
  EXPECT_EQ(plat_dma_alloc(kit.p, 8 * WORDS, 64, &w.addr), 0);
  for (unsigned i = 0; i < CPUS; i++) {
    w.cpu[i].random = 77 * (i + 1);
    kit_start(&kit, i, i ? program : install, &w);
  }
  kit_run(&kit);
  kit_end(&kit);
  return hash;
}

static const char *const all_devices[] = { "now", "timed", "scripted" };

PARAM_TEST_CASE(Golden, TheSameSeedGivesTheSameBytes, all_devices, 3)
{
  struct kit_hash once = run(param, 11), twice = run(param, 11), other = run(param, 12);

  EXPECT_EQ(once.value, twice.value);
  EXPECT_NE(once.value, other.value);
  for (unsigned i = 0; i < 6; i++) {
    EXPECT_GT(once.calls[i], 0u);
    EXPECT_EQ(once.calls[i], twice.calls[i]);
  }
}

PARAM_TEST_CASE(Golden, WhatOthersSeeHappensInOrderOfTime, all_devices, 3)
{
  for (uint64_t seed = 0; seed < 20; seed++)
    EXPECT_FALSE(run(param, seed).backwards);
}

/* Devices that take no time of their own: a change of the neutral profile changes nothing here. */
TEST_CASE(Golden, AllBuildsAgree)
{
  EXPECT_EQ(run(KIT_NOW, 0).value, 0x6f238268c29927cbULL);
  EXPECT_EQ(run(KIT_NOW, 11).value, 0x82f6b87cfe17ca73ULL);
  EXPECT_EQ(run(KIT_SCRIPTED, 0).value, 0x1fb8fae194f2223dULL);
  EXPECT_EQ(run(KIT_SCRIPTED, 11).value, 0x322160c524d303ebULL);
}
