/* The SMMU a guest sees: its registers. Page 0 and page 1 are one (bit 16 of an offset does not
 * count), acknowledgements come at once, and 64-bit accesses reach 64-bit registers alone. Stage 1
 * only; no MSI, no SEV, no PRI, no stalls; ATS where the VMM offers it. IHI 0070: 6.2, 6.3. */
#include "host_sim/vmm_state.h"

#include "util/bits.h"

/* ---- ID registers ---- */

static uint32_t host_field(uint32_t value, unsigned hi, unsigned lo)
{
  return (uint32_t)(value & bits_mask(hi, lo));
}

#define HOST(n, field) host_field(host->idr[n], IDR##n##_##field##_HI, IDR##n##_##field##_LO)

/* What the guest may know and use. What decides table formats is the host's; the rest is ours. */
void vmm_smmu_create(struct vmm *vm, const struct iommu_hw_info_arm_smmuv3 *host)
{
  uint64_t *reg = vm->smmu.reg;
  uint64_t bbml = GET(IDR3, BBML, host->idr[3]), oas = GET(IDR5, OAS, host->idr[5]);

  reg[R_IDR0] =
    HOST(0, TTF) | HOST(0, TTENDIAN) | HOST(0, ASID16) | HOST(0, ST_LEVEL) | HOST(0, TERM_MODEL);
  reg[R_IDR0] = PUT(IDR0, S1P, reg[R_IDR0], 1);
  reg[R_IDR0] = PUT(IDR0, COHACC, reg[R_IDR0], 1);
  reg[R_IDR0] = PUT(IDR0, STALL_MODEL, reg[R_IDR0], 1);
  reg[R_IDR0] = PUT(IDR0, ATS, reg[R_IDR0], vm->config.ats);
  reg[R_IDR1] = PUT(IDR1, SIDSIZE, 0ULL, 16);
  reg[R_IDR1] = PUT(IDR1, EVENTQS, reg[R_IDR1], 19);
  reg[R_IDR1] = PUT(IDR1, CMDQS, reg[R_IDR1], vm->config.cmdqs_log2);
  reg[R_IDR3] = PUT(IDR3, RIL, 0ULL, vm->config.ril);
  reg[R_IDR3] = PUT(IDR3, BBML, reg[R_IDR3], bbml);
  reg[R_IDR5] = HOST(5, GRAN4K) | HOST(5, GRAN16K) | HOST(5, GRAN64K);
  reg[R_IDR5] = PUT(IDR5, OAS, reg[R_IDR5], oas < 5 ? oas : 5);
  reg[R_AIDR] = 1;
}

void vmm_smmu_reset(struct vmm *vm)
{
  for (unsigned i = 0; i < R_COUNT; i++) {
    if (smmu_reg_rows[i].hook != HOOK_ID)
      vm->smmu.reg[i] = smmu_reg_rows[i].reset;
  }
  vm->smmu.reg[R_GBPA] = PUT(GBPA, SHCFG, 0ULL, 1);
}

/* ---- access ---- */

/* The register at an offset; half is 1 for the upper half of a 64-bit one. -1: there is none. */
static int find(uint64_t offset, unsigned bytes, unsigned *half)
{
  offset &= 0xffff;
  for (uint64_t page = 0; page <= 0x10000; page += 0x10000) {
    int reg = smmu_reg_by_offset(offset + page);

    *half = 0;
    if (reg >= 0)
      return bytes == 8 && smmu_reg_rows[reg].width != 64 ? -1 : reg;
    *half = 1;
    reg = offset >= 4 ? smmu_reg_by_offset(offset + page - 4) : -1;
    if (reg >= 0 && bytes == 4 && smmu_reg_rows[reg].width == 64)
      return reg;
  }
  return -1;
}

uint64_t vmm_smmu_read(struct vmm *vm, uint64_t offset, unsigned bytes)
{
  unsigned half = 0;
  int reg = find(offset, bytes, &half);

  if (reg < 0)
    return 0;
  return bytes == 8 ? vm->smmu.reg[reg] : (vm->smmu.reg[reg] >> (32 * half)) & UINT32_MAX;
}

static bool guard_holds(const struct vmm *vm, unsigned guard)
{
  const uint64_t *reg = vm->smmu.reg;

  switch (guard) {
  case GUARD_SMMU_DISABLED: return !GET(CR0, SMMUEN, reg[R_CR0]);
  case GUARD_CMDQ_DISABLED: return !GET(CR0, CMDQEN, reg[R_CR0]);
  case GUARD_EVENTQ_DISABLED: return !GET(CR0, EVENTQEN, reg[R_CR0]);
  default: return true; /* the other guards are those of MSI registers */
  }
}

/* ---- what writes do ---- */

static void log_failed(struct vmm *vm, int err)
{
  if (err)
    plat_log(vm->host, "vmm: a host call failed while a register of the guest was written");
}

static void write_cr0(struct vmm *vm, uint64_t value)
{
  uint64_t *reg = vm->smmu.reg, old = reg[R_CR0];

  value &= MASK(CR0, SMMUEN) | MASK(CR0, EVENTQEN) | MASK(CR0, CMDQEN) |
           (vm->config.ats ? MASK(CR0, ATSCHK) : 0);
  reg[R_CR0] = reg[R_CR0ACK] = value;
  if (GET(CR0, EVENTQEN, value))
    log_failed(vm, vmm_event_open(vm, IOMMU_VEVENTQ_TYPE_ARM_SMMUV3));
  if (GET(CR0, SMMUEN, value) != GET(CR0, SMMUEN, old))
    log_failed(vm, vmm_devices_refresh(vm));
  vmm_cmdq_drain(vm);
}

/* Written only with Update set, which reads as 0 again at once. IHI 0070 6.3.14. */
static void write_gbpa(struct vmm *vm, uint64_t value)
{
  if (!GET(GBPA, Update, value))
    return;
  vm->smmu.reg[R_GBPA] = PUT(GBPA, Update, value, 0);
  if (!GET(CR0, SMMUEN, vm->smmu.reg[R_CR0]))
    log_failed(vm, vmm_devices_refresh(vm));
}

static void write_register(struct vmm *vm, unsigned reg, uint64_t value)
{
  uint64_t *r = vm->smmu.reg;

  switch (smmu_reg_rows[reg].hook) {
  case HOOK_ID:
  case HOOK_READ_ONLY: return;
  case HOOK_CR0: write_cr0(vm, value); return;
  case HOOK_GBPA: write_gbpa(vm, value); return;
  case HOOK_IRQ_CTRL:
    r[R_IRQ_CTRL] = r[R_IRQ_CTRLACK] =
      value & (MASK(IRQ_CTRL, GERROR_IRQEN) | MASK(IRQ_CTRL, EVENTQ_IRQEN));
    return;
  case HOOK_GERRORN:
  case HOOK_CMDQ_PROD:
    r[reg] = value;
    vmm_cmdq_drain(vm);
    return;
  default: r[reg] = value;
  }
}

/* Registers of MSIs do not exist without IDR0.MSI. */
static bool is_msi(unsigned reg)
{
  return (reg >= R_GERROR_IRQ_CFG0 && reg <= R_GERROR_IRQ_CFG2) ||
         (reg >= R_EVENTQ_IRQ_CFG0 && reg <= R_EVENTQ_IRQ_CFG2);
}

void vmm_smmu_write(struct vmm *vm, uint64_t offset, uint64_t value, unsigned bytes)
{
  const struct smmu_reg_row *row;
  unsigned half = 0;
  int reg = find(offset, bytes, &half);
  uint64_t old;

  if (reg < 0 || is_msi((unsigned)reg))
    return;
  row = &smmu_reg_rows[reg];
  if (!guard_holds(vm, row->guard))
    return;
  old = vm->smmu.reg[reg];
  if (bytes == 4 && row->width == 64)
    value = bits_put(old, 31 + 32 * half, 32 * half, value);
  write_register(vm, (unsigned)reg, (value & row->rw) | (old & ~row->rw));
}

void vmm_smmu_error(struct vmm *vm, uint32_t bit)
{
  uint64_t *reg = vm->smmu.reg;

  if ((reg[R_GERROR] ^ reg[R_GERRORN]) & bit)
    return;
  reg[R_GERROR] ^= bit;
  if (GET(IRQ_CTRL, GERROR_IRQEN, reg[R_IRQ_CTRL]))
    vmm_inject(vm, SMMU_SIGNAL_GERROR);
}
