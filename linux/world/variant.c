/* See variant.h. */
#include "linux_world/variant.h"

#include <string.h>

#include "arch/regs.h"
#include "smmu/cmdqv.h"
#include "smmu/ecmdq.h"

static void clear(uint32_t *reg, uint64_t mask)
{
  *reg &= (uint32_t)~mask;
}

static void stage1_only(struct smmu_config *cfg)
{
  clear(&cfg->idr[0], MASK(IDR0, S2P) | MASK(IDR0, HYP));
}

static void stage2_only(struct smmu_config *cfg)
{
  clear(&cfg->idr[0], MASK(IDR0, S1P) | MASK(IDR0, HYP));
}

static void granule_64k(struct smmu_config *cfg)
{
  clear(&cfg->idr[5], MASK(IDR5, GRAN4K) | MASK(IDR5, GRAN16K));
  cfg->idr[5] |= (uint32_t)MASK(IDR5, GRAN64K);
}

static void no_range(struct smmu_config *cfg)
{
  clear(&cfg->idr[3], MASK(IDR3, RIL));
}

static void linear_table(struct smmu_config *cfg)
{
  clear(&cfg->idr[0], MASK(IDR0, ST_LEVEL));
  cfg->idr[1] = (uint32_t)PUT(IDR1, SIDSIZE, cfg->idr[1], 6);
}

static void no_msi(struct smmu_config *cfg)
{
  clear(&cfg->idr[0], MASK(IDR0, MSI));
}

/* Neither message nor event: the driver polls CONS. */
static void poll_only(struct smmu_config *cfg)
{
  clear(&cfg->idr[0], MASK(IDR0, MSI) | MASK(IDR0, SEV));
}

static void not_coherent(struct smmu_config *cfg)
{
  clear(&cfg->idr[0], MASK(IDR0, COHACC));
}

static void stall_model(struct smmu_config *cfg)
{
  clear(&cfg->idr[0], MASK(IDR0, STALL_MODEL));
  cfg->idr[5] = (uint32_t)PUT(IDR5, STALL_MAX, cfg->idr[5], 16);
}

/* As small as the driver accepts: a lap of the command queue is 128 commands. */
static void small_queues(struct smmu_config *cfg)
{
  cfg->idr[1] = (uint32_t)PUT(IDR1, CMDQS, cfg->idr[1], 7);
  cfg->idr[1] = (uint32_t)PUT(IDR1, EVENTQS, cfg->idr[1], 5);
}

static void cmdqv(struct smmu_config *cfg)
{
  smmu_config_set_cmdqv(cfg, 2, 4);
}

static void ecmdq(struct smmu_config *cfg)
{
  smmu_config_set_ecmdq(cfg, 1, 4);
}

static void ats(struct smmu_config *cfg)
{
  cfg->idr[0] |= (uint32_t)(MASK(IDR0, ATS) | MASK(IDR0, PRI));
  cfg->idr[1] = (uint32_t)PUT(IDR1, PRIQS, cfg->idr[1], 7);
  cfg->page_requests = 64;
}

static void ats_cmdqv(struct smmu_config *cfg)
{
  ats(cfg);
  cmdqv(cfg);
}

static const struct lx_variant variants[] = {
  { "neutral", "stage 1 and 2, wired interrupts", "neutral", NULL, false, false, false, false },
  { "msi", "interrupts as messages", "neutral", NULL, true, false, false, false },
  { "no-msi", "CMD_SYNC completes by event", "neutral", no_msi, false, false, false, false },
  { "poll", "CMD_SYNC is polled", "neutral", poll_only, false, false, false, false },
  { "s1-only", "stage 1 alone", "neutral", stage1_only, false, false, false, false },
  { "s2-only", "stage 2 alone", "neutral", stage2_only, false, false, false, false },
  { "64k-only", "64 KB granules alone; the DMA API of 4 KB pages passes through", "neutral",
    granule_64k, false, false, true, false },
  { "no-ril", "no range invalidation", "neutral", no_range, false, false, false, false },
  { "linear", "a linear Stream table of 2^6 entries", "neutral", linear_table, false, false, false,
    false },
  { "not-coherent", "table walks are not coherent", "neutral", not_coherent, false, false, false,
    false },
  { "stall", "transactions can stall", "neutral", stall_model, false, false, false, false },
  { "small-queues", "128 commands, 32 events", "neutral", small_queues, false, false, false,
    false },
  { "cmdqv", "command queue extension: 2 interfaces, 4 queues", "neutral", cmdqv, false, true,
    false, false },
  { "cmdqv-unnamed", "the extension is there, firmware does not say so", "neutral", cmdqv, false,
    false, false, false },
  { "ecmdq", "4 enhanced command queues, which this driver does not know", "neutral", ecmdq, false,
    false, false, false },
  { "ats", "ATS and page requests; the device is a PCI function", "neutral", ats, false, false,
    false, true },
  { "ats-cmdqv", "the same with the command queue extension", "neutral", ats_cmdqv, false, true,
    false, true },
  { "qemu", "ID registers of QEMU's virt machine", "qemu", NULL, false, false, false, false },
  { "mmu-600", "ID registers as published of MMU-600", "mmu-600", NULL, false, false, false,
    false },
  { "mmu-700", "ID registers as published of MMU-700", "mmu-700", NULL, true, false, false, false },
  { "grace", "ID registers as published of Grace, with its extension", "grace", cmdqv, true, true,
    false, false },
  { "full", "everything that is modelled", "full", NULL, true, false, false, true },
};

const struct lx_variant *lx_variant_at(unsigned i)
{
  return i < sizeof variants / sizeof variants[0] ? &variants[i] : NULL;
}

const struct lx_variant *lx_variant_by_name(const char *name)
{
  const struct lx_variant *v;

  for (unsigned i = 0; (v = lx_variant_at(i)) != NULL; i++) {
    if (strcmp(v->name, name) == 0)
      return v;
  }
  return NULL;
}

void lx_variant_config(const struct lx_variant *v, struct smmu_config *cfg)
{
  smmu_config_neutral(cfg);
  smmu_config_set_ids(cfg, v->ids);
  if (v->change)
    v->change(cfg);
}
