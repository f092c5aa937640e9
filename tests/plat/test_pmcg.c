/* Counter groups on a board: where their registers are, their lines, and clocks that interrupt while
 * CPUs sleep but keep nobody from the end. IHI 0070 10.2.1, 10.5. */
#include <string.h>

#include "kit.h"

enum { LINE = 10, CR = 0xe04, IRQ_CTRL = 0xe50, INTENSET = 0xc40, CNTENSET = 0xc00 };
enum { EVTYPER = 0x400, SMR = 0xa00, COUNTERS = 0x10000, GROUP = 0x20000 };
#define MAX48 0xffffffffffffull

static const char *const real_devices[] = { "now", "timed" };

struct world {
  struct kit kit;
  unsigned heard[2];
  uint64_t at, value[8];
  struct plat_line line;
  bool woken;
};

static void open_world(struct world *w, int device)
{
  memset(w, 0, sizeof *w);
  w->kit = kit_new(device);
  w->kit.config.irq_lines = 16;
  w->kit.config.pmcg_line = LINE;
  w->kit.pmcgs = 2;
  smmu_pmcg_config_neutral(&w->kit.pmcg[0], &w->kit.smmu, SMMU_PMCG_WHOLE);
  smmu_pmcg_config_neutral(&w->kit.pmcg[1], &w->kit.smmu, 0);
  w->kit.pmcg[1].counters = 3;
}

static void put(const struct world *w, unsigned group, uint64_t offset, uint64_t value,
                unsigned bytes)
{
  plat_mmio_write(w->kit.p, PLAT_PMCG_BASE + group * GROUP + offset, value, bytes);
}

static uint64_t get(const struct world *w, unsigned group, uint64_t offset, unsigned bytes)
{
  return plat_mmio_read(w->kit.p, PLAT_PMCG_BASE + group * GROUP + offset, bytes);
}

#define PMCG_TEST(suite, name) \
  static void pmcg_body_##suite##_##name(struct world *w); \
  PARAM_TEST_CASE(suite, name, real_devices, 2) \
  { \
    static struct world w; \
\
    open_world(&w, param); \
    pmcg_body_##suite##_##name(&w); \
    kit_end(&w.kit); \
  } \
  static void pmcg_body_##suite##_##name(struct world *w)

/* ---- registers ---- */

static void look_around(void *arg)
{
  struct world *w = arg;

  w->value[0] = get(w, 0, 0xe00, 4) & 0x3f;
  w->value[1] = get(w, 1, 0xe00, 4) & 0x3f;
  w->value[2] = get(w, 2, 0xe00, 4);
  put(w, 1, COUNTERS + 8, 77, 8);
  w->value[3] = get(w, 1, COUNTERS + 8, 8);
  w->value[4] = get(w, 0, COUNTERS + 8, 8);
  w->value[5] = get(w, 0, 0x2000, 4); /* in the span, but no register */
}

PMCG_TEST(BoardPmcg, EachGroupHasItsPages)
{
  kit_start(&w->kit, 0, look_around, w);
  kit_run(&w->kit);
  EXPECT_EQ(w->value[0], 15);
  EXPECT_EQ(w->value[1], 2);
  EXPECT_EQ(w->value[2], UINT32_MAX);
  EXPECT_EQ(w->value[3], 77);
  EXPECT_EQ(w->value[4], 0);
  EXPECT_EQ(w->value[5], 0);
}

PMCG_TEST(BoardPmcg, WithoutGroupsNothingIsThere)
{
  w->kit.pmcgs = 0;
  kit_start(&w->kit, 0, look_around, w);
  kit_run(&w->kit);
  EXPECT_EQ(w->value[0], 0x3f);
  EXPECT_EQ(w->value[3], UINT64_MAX);
}

/* ---- lines ---- */

static void hear(void *arg, unsigned group)
{
  struct world *w = arg;

  w->heard[group]++;
  w->at = plat_now_ps(w->kit.p);
  w->woken = true;
  plat_wrote(w->kit.p, &w->line);
}

static void hear_0(void *arg)
{
  hear(arg, 0);
}

static void hear_1(void *arg)
{
  hear(arg, 1);
}

/* Counter 0 of a group: `left` events until it overflows. */
static void arm(struct world *w, unsigned group, unsigned event, uint64_t left)
{
  plat_irq_handler(w->kit.p, LINE + group, group ? hear_1 : hear_0, w);
  put(w, group, EVTYPER, 0x20000000 | event, 4);
  put(w, group, SMR, 0xffffffff, 4);
  put(w, group, COUNTERS, MAX48 + 1 - left, 8);
  put(w, group, INTENSET, 1, 8);
  put(w, group, CNTENSET, 1, 8);
  put(w, group, IRQ_CTRL, 1, 4);
  put(w, group, CR, 1, 4);
}

static void translate(void *arg)
{
  struct world *w = arg;
  struct smmu_txn txn = { .addr = 0x1000 };
  struct smmu_result result;

  arm(w, 1, 1, 3);
  for (unsigned i = 0; i < 3; i++) {
    w->value[i] = w->heard[1];
    plat_board_translate(w->kit.board, &txn, &result);
  }
  plat_delay(w->kit.p, 1000000);
  w->value[3] = w->heard[1];
  w->value[4] = get(w, 1, COUNTERS, 8);
}

PMCG_TEST(BoardPmcg, OverflowByATransactionRaisesTheLineOfItsGroup)
{
  kit_start(&w->kit, 0, translate, w);
  kit_run(&w->kit);
  EXPECT_EQ(w->value[2], 0);
  EXPECT_EQ(w->value[3], 1);
  EXPECT_EQ(w->value[4], 0);
  EXPECT_EQ(w->heard[0], 0u);
}

/* ---- clocks ---- */

static void sleep_until_heard(void *arg)
{
  struct world *w = arg;

  arm(w, 0, 0, 500); /* of 1 ns */
  for (plat_take(w->kit.p, &w->line); !w->woken; plat_take(w->kit.p, &w->line))
    plat_wait(w->kit.p, &w->line);
}

PMCG_TEST(BoardPmcg, AClockThatOverflowsWakesWhoSleepsForIt)
{
  kit_start(&w->kit, 0, sleep_until_heard, w);
  kit_run(&w->kit);
  EXPECT_EQ(w->heard[0], 1u);
  EXPECT_EQ(w->at, 500000);
}

static void leave_clock_running(void *arg)
{
  arm(arg, 0, 0, 500);
}

PMCG_TEST(BoardPmcg, AClockLeftRunningKeepsNobodyFromTheEnd)
{
  kit_start(&w->kit, 0, leave_clock_running, w);
  kit_run(&w->kit);
  EXPECT_EQ(w->heard[0], 0u);
  EXPECT_LT(plat_board_time(w->kit.board), 500000);
}

static void delay_past_it(void *arg)
{
  struct world *w = arg;

  arm(w, 0, 0, 500);
  plat_delay(w->kit.p, 10000000);
  w->value[0] = plat_now_ps(w->kit.p);
}

PMCG_TEST(BoardPmcg, HandlerRunsAtTheTimeOfTheOverflow)
{
  kit_start(&w->kit, 0, delay_past_it, w);
  kit_run(&w->kit);
  EXPECT_EQ(w->heard[0], 1u);
  EXPECT_EQ(w->at, 500000);
  EXPECT_GE(w->value[0], 10000000);
}

static void sleep_for_an_msi(void *arg)
{
  struct world *w = arg;
  uint64_t word;

  plat_dma_alloc(w->kit.p, 64, 64, &word);
  put(w, 0, 0xe58, word, 8);
  put(w, 0, 0xe60, 0x1234, 4);
  arm(w, 0, 0, 500);
  while (plat_load64(w->kit.p, word) == 0)
    plat_wait64(w->kit.p, word, 0, 100000000);
  w->value[0] = plat_load64(w->kit.p, word);
  w->value[1] = plat_now_ps(w->kit.p);
  plat_dma_free(w->kit.p, word, 64);
}

PMCG_TEST(BoardPmcg, AnMsiWakesWhoMonitorsItsWord)
{
  kit_start(&w->kit, 0, sleep_for_an_msi, w);
  kit_run(&w->kit);
  EXPECT_EQ(w->value[0], 0x1234);
  EXPECT_EQ(w->value[1], 500000);
}

SCRIPT_TEST(BoardPmcg, ADeviceWithoutGroupsRefusesThem)
{
  struct plat_device device;

  kit_make(kit);
  device = *plat_board_device(kit->board);
  EXPECT_EQ(plat_device_set_pmcgs(&device, kit->pmcg, 1), SMMU_ERR_BADARG);
}
