/* A guest without a driver. */
#include "raw.h"

#include "arch/cmd.h"
#include "util/check.h"

enum { STE_BYTES = 64, COMMAND_BYTES = 16 };

struct raw_program {
  struct raw raw;
  void (*program)(struct raw *raw);
  bool over;
};

static void run(void *arg)
{
  struct raw_program *p = arg;

  p->program(&p->raw);
  for (unsigned i = 0; i < SMMU_SIGNAL_COUNT; i++)
    plat_irq_handler(p->raw.p, i, NULL, NULL);
  p->over = true;
}

void raw_run(struct e2e *e2e, unsigned vm, void (*program)(struct raw *raw))
{
  struct raw_program p = { .raw = { .e2e = e2e, .vm = vm, .p = vmm_guest_plat(e2e->vm[vm]) },
                           .program = program };

  EXPECT_EQ(vmm_vcpu_start(e2e->vm[vm], 0, run, &p), 0);
  e2e_run(e2e);
}

void raw_run_beside(struct e2e *e2e, unsigned vm, void (*program)(struct raw *raw))
{
  struct raw_program p = { .raw = { .e2e = e2e, .vm = vm, .p = vmm_guest_plat(e2e->vm[vm]) },
                           .program = program };

  EXPECT_EQ(vmm_vcpu_start(e2e->vm[vm], 0, run, &p), 0);
  while (!p.over)
    plat_delay(p.raw.p, 10000000);
}

/* ---- registers ---- */

static unsigned width(uint64_t offset)
{
  int reg = smmu_reg_by_offset(offset);

  return reg >= 0 && smmu_reg_rows[reg].width == 64 ? 8 : 4;
}

uint64_t raw_reg(struct raw *raw, uint64_t offset)
{
  return plat_mmio_read(raw->p, PLAT_SMMU_BASE + offset, width(offset));
}

void raw_set(struct raw *raw, uint64_t offset, uint64_t value)
{
  plat_mmio_write(raw->p, PLAT_SMMU_BASE + offset, value, width(offset));
}

uint32_t raw_cmdqv(struct raw *raw, uint64_t offset)
{
  return (uint32_t)plat_mmio_read(raw->p, PLAT_CMDQV_BASE + offset, 4);
}

void raw_set_cmdqv(struct raw *raw, uint64_t offset, uint32_t value)
{
  plat_mmio_write(raw->p, PLAT_CMDQV_BASE + offset, value, 4);
}

void raw_set_cmdqv64(struct raw *raw, uint64_t offset, uint64_t value)
{
  plat_mmio_write(raw->p, PLAT_CMDQV_BASE + offset, value, 8);
}

/* ---- bring-up ---- */

static void count_irq(void *arg)
{
  (*(unsigned *)arg)++;
}

void raw_irqs(struct raw *raw)
{
  for (unsigned i = 0; i < SMMU_SIGNAL_COUNT; i++)
    CHECK(plat_irq_handler(raw->p, i, count_irq, &raw->irqs[i]) == 0);
}

void raw_up(struct raw *raw)
{
  size_t strtab = (size_t)STE_BYTES << RAW_STRTAB_LOG2;

  CHECK(plat_dma_alloc(raw->p, COMMAND_BYTES << RAW_LOG2, 1 << 16, &raw->cmdq) == 0);
  CHECK(plat_dma_alloc(raw->p, 32 << RAW_LOG2, 1 << 16, &raw->eventq) == 0);
  CHECK(plat_dma_alloc(raw->p, strtab, 1 << 16, &raw->strtab) == 0);
  raw_irqs(raw);
  raw_set(raw, OFF_STRTAB_BASE, raw->strtab);
  raw_set(raw, OFF_STRTAB_BASE_CFG, RAW_STRTAB_LOG2);
  raw_set(raw, OFF_CMDQ_BASE, raw->cmdq | RAW_LOG2);
  raw_set(raw, OFF_EVENTQ_BASE, raw->eventq | RAW_LOG2);
  raw_set(raw, OFF_IRQ_CTRL, 5);
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN) | MASK(CR0, EVENTQEN) | MASK(CR0, SMMUEN));
}

void raw_ste(struct raw *raw, uint32_t sid, uint64_t word0, uint64_t word1)
{
  plat_store64(raw->p, raw->strtab + (uint64_t)sid * STE_BYTES + 8, word1);
  plat_store64(raw->p, raw->strtab + (uint64_t)sid * STE_BYTES, word0);
}

/* ---- commands ---- */

static int put_one(void *arg, const uint64_t words[2])
{
  struct raw *raw = arg;
  uint64_t slot = raw->cmdq + (uint64_t)(raw->put % (1u << RAW_LOG2)) * COMMAND_BYTES;

  plat_store64(raw->p, slot, words[0]);
  plat_store64(raw->p, slot + 8, words[1]);
  raw->put++;
  return 0;
}

void raw_put(struct raw *raw, const char *text)
{
  char why[128] = "";

  smmu_cmd_assemble_list(text, put_one, raw, why, sizeof why);
  EXPECT_STREQ(why, "");
}

void raw_ring(struct raw *raw)
{
  raw_set(raw, OFF_CMDQ_PROD, raw->put & ((2u << RAW_LOG2) - 1));
}

void raw_cmds(struct raw *raw, const char *text)
{
  raw_put(raw, text);
  raw_ring(raw);
}

uint32_t raw_consumed(struct raw *raw)
{
  return (uint32_t)GET(CMDQ_CONS, RD, raw_reg(raw, OFF_CMDQ_CONS));
}

unsigned raw_error(struct raw *raw)
{
  return (unsigned)GET(CMDQ_CONS, ERR, raw_reg(raw, OFF_CMDQ_CONS));
}

bool raw_has_error(struct raw *raw)
{
  return GET(GERROR, CMDQ_ERR, raw_reg(raw, OFF_GERROR) ^ raw_reg(raw, OFF_GERRORN));
}

void raw_acknowledge(struct raw *raw)
{
  raw_set(raw, OFF_GERRORN, raw_reg(raw, OFF_GERROR));
}

void raw_wait(struct raw *raw)
{
  plat_delay(raw->p, 100000000);
}
