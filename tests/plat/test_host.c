/* The host's world: where registers are, what a register access costs, who is told what. */
#include "arch/regs.h"
#include "kit.h"
#include "smmu/cmdqv.h"

struct probe {
  struct kit *kit;
  uint64_t value[6];
};

static void read_nowhere(void *arg)
{
  struct probe *x = arg;
  const struct plat *p = x->kit->p;

  plat_mmio_write(p, PLAT_SMMU_BASE - 4, 0, 4);
  plat_mmio_write(p, PLAT_CMDQV_BASE, 0, 4);
  x->value[0] = plat_mmio_read(p, PLAT_SMMU_BASE - 8, 8);
  x->value[1] = plat_mmio_read(p, PLAT_SMMU_BASE + 0x20000, 4);
  x->value[2] = plat_mmio_read(p, PLAT_CMDQV_BASE, 8);
  x->value[3] = plat_mmio_read(p, PLAT_SMMU_BASE + 2, 4); /* not aligned */
  x->value[4] = plat_mmio_read(p, PLAT_SMMU_BASE, 2);     /* nor a size of registers */
  x->value[5] = plat_mmio_read(p, 0, 4);
}

BOARD_TEST(Host, NothingThereReadsAsOnes)
{
  struct probe x = { .kit = kit };

  kit_start(kit, 0, read_nowhere, &x);
  kit_run(kit);
  EXPECT_EQ(x.value[0], UINT64_MAX);
  EXPECT_EQ(x.value[1], UINT32_MAX);
  EXPECT_EQ(x.value[2], UINT64_MAX);
  EXPECT_EQ(x.value[3], UINT32_MAX);
  EXPECT_EQ(x.value[4], UINT32_MAX);
  EXPECT_EQ(x.value[5], UINT32_MAX);
  if (kit->scripted)
    EXPECT_EQ(kit->scripted->writes, 0u);
}

static void read_far(void *arg)
{
  struct probe *x = arg;
  const struct plat *p = x->kit->p;

  plat_mmio_write(p, PLAT_SMMU_BASE + 0x100020, 0, 4);
  x->value[0] = plat_mmio_read(p, PLAT_SMMU_BASE + 0x100020, 4);
  x->value[1] = plat_mmio_read(p, PLAT_SMMU_BASE + 0x1ffffc, 4);
  x->value[2] = plat_mmio_read(p, PLAT_SMMU_BASE + 0x200000, 4);
}

/* Two SMMUs behind one another are one device of a board; its register reads as its offset and the writes. */
SCRIPT_TEST(Host, ADeviceThatStandsForSeveralHasAWiderWindow)
{
  struct probe x = { .kit = kit };

  kit->config.smmu_bytes = 0x200000;
  kit_start(kit, 0, read_far, &x);
  kit_run(kit);
  EXPECT_EQ(x.value[0], 0x100021u);
  EXPECT_EQ(x.value[1], 0x1ffffdu);
  EXPECT_EQ(x.value[2], UINT32_MAX);
  EXPECT_EQ(kit->scripted->writes, 1u);
}

static void read_registers(void *arg)
{
  struct probe *x = arg;
  const struct plat *p = x->kit->p;

  x->value[0] = plat_mmio_read(p, PLAT_SMMU_BASE + OFF_IDR0, 4);
  x->value[1] = plat_mmio_read(p, PLAT_CMDQV_BASE + 4, 4);
  plat_mmio_write(p, PLAT_CMDQV_BASE, 0, 4);
  x->value[2] = plat_mmio_read(p, PLAT_CMDQV_BASE, 4);
  plat_mmio_write(p, PLAT_CMDQV_BASE, 1, 4);
  x->value[3] = plat_mmio_read(p, PLAT_CMDQV_BASE, 4);
}

static const char *const real_devices[] = { "now", "timed" };

PARAM_TEST_CASE(Host, BothWindowsReachTheDevice, real_devices, 2)
{
  struct kit kit = kit_new(param);
  struct probe x = { .kit = &kit };

  smmu_config_set_cmdqv(&kit.smmu, 2, 8);
  kit_start(&kit, 0, read_registers, &x);
  kit_run(&kit);
  EXPECT_EQ(x.value[0], kit.smmu.idr[0]);
  EXPECT_EQ(x.value[1] >> 4 & 0xf, 3u); /* PARAM: log2 of the VCMDQs */
  EXPECT_EQ(x.value[1] >> 8 & 0xf, 1u); /* and of the VINTFs */
  EXPECT_EQ(x.value[2] & 1, 0u);        /* CONFIG.CMDQV_EN */
  EXPECT_EQ(x.value[3] & 1, 1u);
  kit_end(&kit);
}

static void use_vatos(void *arg)
{
  struct probe *x = arg;
  const uint64_t page = PLAT_SMMU_BASE + 0x50000; /* IDR2.BA_VATOS 3 */

  plat_mmio_write(x->kit->p, page + 0xa08, 0x2a, 8);
  x->value[0] = plat_mmio_read(x->kit->p, page + 0xa08, 8);
  x->value[1] = plat_mmio_read(x->kit->p, page + 0x10000, 4);
}

/* A page behind the first two, wherever the device says. */
PARAM_TEST_CASE(Host, TheVatosPageIsPartOfTheWindow, real_devices, 2)
{
  struct kit kit = kit_new(param);
  struct probe x = { .kit = &kit };

  kit.smmu.idr[0] |= 1u << 15 | 1u << 20;
  kit.smmu.idr[2] = 3;
  kit_start(&kit, 0, use_vatos, &x);
  kit_run(&kit);
  EXPECT_EQ(x.value[0], 0x2au);
  EXPECT_EQ(x.value[1], UINT32_MAX);
  kit_end(&kit);
}

/* ---- watches ---- */

struct told {
  struct kit *kit;
  uint64_t start, end, slept, n;
  unsigned cpu, charges;
};

static void on_charge(void *ctx, unsigned cpu, enum plat_cost what, uint64_t n, uint64_t start,
                      uint64_t end)
{
  struct told *t = ctx;

  EXPECT_EQ(what, PLAT_COST_MMIO_READ);
  t->cpu = cpu;
  t->n = n;
  t->start = start;
  t->end = end;
  t->charges++;
}

static void on_sleep(void *ctx, unsigned cpu, uint64_t start, uint64_t end)
{
  struct told *t = ctx;

  EXPECT_EQ(cpu, 2u);
  t->slept += end - start;
}

static void read_late(void *arg)
{
  struct told *t = arg;

  plat_delay(t->kit->p, 1000);
  plat_mmio_read(t->kit->p, PLAT_SMMU_BASE, 4);
}

BOARD_TEST(Host, ARegisterReadIsOneChargeThereAndBack)
{
  struct told told = { .kit = kit };
  struct plat_watch watch = { .ctx = &told, .charge = on_charge, .sleep = on_sleep };

  kit_cost(kit, PLAT_COST_MMIO_READ, 201);
  kit_make(kit);
  plat_board_set_watch(kit->board, &watch);
  kit_start(kit, 2, read_late, &told);
  kit_run(kit);
  EXPECT_EQ(told.charges, 1u);
  EXPECT_EQ(told.cpu, 2u);
  EXPECT_EQ(told.n, 1u);
  EXPECT_EQ(told.start, 1000u);
  EXPECT_EQ(told.end, 1201u);
  EXPECT_EQ(told.slept, 1000u);
}

static void on_note(void *ctx, unsigned cpu, uint64_t time, const void *platform,
                    const struct plat_note *note)
{
  struct told *t = ctx;

  EXPECT_EQ(cpu, 2u);
  EXPECT_TRUE(platform == t->kit->p->ctx || platform == t);
  t->n = t->n * 10 + note->a;
  t->end = time;
}

static void tell(void *arg)
{
  struct told *t = arg;
  struct plat_note note = { .kind = PLAT_NOTE_ASID, .a = 2 };

  plat_delay(t->kit->p, 500);
  plat_note(t->kit->p, PLAT_NOTE_ASID, 1, 1, 0);
  plat_board_note(t->kit->board, t, &note); /* as another world on the same board would */
}

BOARD_TEST(Host, NotesCarryCpuTimeAndWorld)
{
  struct told told = { .kit = kit };
  struct plat_watch watch = { .ctx = &told, .note = on_note };

  kit_make(kit);
  plat_board_set_watch(kit->board, &watch);
  kit_start(kit, 2, tell, &told);
  kit_run(kit);
  EXPECT_EQ(told.n, 12u);
  EXPECT_EQ(told.end, 500u);
  plat_board_set_watch(kit->board, NULL);
  kit_start(kit, 2, tell, &told);
  kit_run(kit);
  EXPECT_EQ(told.n, 12u); /* nobody listens now */
}

static void on_log(void *ctx, unsigned cpu, uint64_t time, const void *platform, const char *line)
{
  struct told *t = ctx;

  EXPECT_EQ(cpu, 2u);
  EXPECT_STREQ(line, platform == t ? "theirs" : "ours");
  EXPECT_TRUE(platform == t->kit->p->ctx || platform == t);
  t->n = t->n * 10 + (platform == t ? 2 : 1);
  t->end = time;
}

static void say(void *arg)
{
  struct told *t = arg;

  plat_delay(t->kit->p, 500);
  plat_log(t->kit->p, "ours");
  plat_board_log(t->kit->board, t, "theirs");
}

BOARD_TEST(Host, LinesCarryCpuTimeAndWorld)
{
  struct told told = { .kit = kit };
  struct plat_watch watch = { .ctx = &told, .log = on_log };

  kit_make(kit);
  plat_board_set_watch(kit->board, &watch);
  kit_start(kit, 2, say, &told);
  kit_run(kit);
  EXPECT_EQ(told.n, 12u);
  EXPECT_EQ(told.end, 500u);
}
