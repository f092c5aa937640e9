/* Register accesses: decode, guard, mask, hook, record, in that order for every register. IHI
 * 0070 6.1, 6.2. 32-bit registers take aligned 32-bit accesses; 64-bit registers also aligned
 * halves. IMPDEF: every other access is RAZ/WI and leaves a REG_BAD record, as does a write that a
 * guard forbids (ignored from SMMUv3.2 on; picked for all). */
#include "core/ecmdq.h"
#include "core/queue.h"
#include "util/bits.h"

/* Registers of features that are absent are RES0. */
static bool is_present(const struct smmu_features *f, int reg)
{
  switch (reg) {
  case R_PRIQ_BASE:
  case R_PRIQ_IRQ_CFG0:
  case R_PRIQ_IRQ_CFG1:
  case R_PRIQ_IRQ_CFG2:
  case R_PRIQ_PROD:
  case R_PRIQ_CONS: return f->pri;
  case R_GATOS_CTRL:
  case R_GATOS_SID:
  case R_GATOS_ADDR:
  case R_GATOS_PAR: return f->atos;
  case R_VATOS_SEL:
  case R_VATOS_CTRL:
  case R_VATOS_SID:
  case R_VATOS_ADDR:
  case R_VATOS_PAR: return f->vatos;
  case R_MPAMIDR:
  case R_GMPAM:
  case R_GBPMPAM: return f->mpam;
  case R_IDR6: return f->ecmdq;
  default: return true;
  }
}

/* The register that starts at an offset, or -1. */
static int find(const struct smmu *s, uint64_t offset)
{
  uint64_t page = SMMU_VATOS_PAGE + (GET(IDR2, BA_VATOS, (uint64_t)s->config.idr[2]) << 16);
  int reg = -1;

  if (offset < SMMU_VATOS_PAGE)
    reg = smmu_reg_by_offset(offset);
  else if (offset >= page && offset < page + 0x10000)
    reg = smmu_reg_by_offset(offset - page + SMMU_VATOS_PAGE);
  return reg >= 0 && is_present(&s->features, reg) ? reg : -1;
}

/* Register and bit shift of an access, or -1. */
static int decode(const struct smmu *s, uint64_t offset, unsigned bytes, unsigned *shift)
{
  int reg = find(s, offset);

  *shift = 0;
  if ((bytes != 4 && bytes != 8) || (offset & (bytes - 1)))
    return -1;
  if (reg < 0 && bytes == 4 && (offset & 4)) {
    reg = find(s, offset - 4);
    *shift = 32;
    return reg >= 0 && smmu_reg_rows[reg].width == 64 ? reg : -1;
  }
  if (reg >= 0 && bytes == 8 && smmu_reg_rows[reg].width != 64)
    return -1;
  return reg;
}

static uint64_t readable(const struct smmu *s, int reg, uint64_t value)
{
  const uint64_t *regs = shared_const(s)->reg;

  switch (reg) {
  case R_CMDQ_CONS: return queue_readable(value, regs[R_CMDQ_BASE], s->features.cmdqs);
  case R_PRIQ_PROD: return queue_readable(value, regs[R_PRIQ_BASE], s->features.priqs);
  case R_EVENTQ_PROD: return queue_readable(value, regs[R_EVENTQ_BASE], s->features.eventqs);
  default: return value;
  }
}

uint64_t smmu_mmio_read(const struct smmu *s, uint64_t offset, unsigned bytes,
                        const struct smmu_hooks *hooks)
{
  unsigned shift;
  int reg = decode(s, offset, bytes, &shift);
  uint64_t value;

  if (smmu_ecmdq_owns(s, offset))
    return smmu_ecmdq_read(s, offset, bytes, hooks);
  if (reg < 0) {
    trace_access(hooks, 0, SMMU_TRACE_REG_BAD, offset, 0, bytes);
    return 0;
  }
  value = readable(s, reg, shared_const(s)->reg[reg]) >> shift;
  if (bytes == 4)
    value &= 0xffffffff;
  trace_access(hooks, 0, SMMU_TRACE_REG_READ, offset, value, bytes);
  return value;
}

static bool both_off(const struct shared *sh, unsigned ctrl, unsigned ack, uint64_t bit)
{
  return !((sh->reg[ctrl] | sh->reg[ack]) & bit);
}

static bool guard_open(const struct shared *sh, unsigned guard)
{
  switch (guard) {
  case GUARD_SMMU_DISABLED: return both_off(sh, R_CR0, R_CR0ACK, MASK(CR0, SMMUEN));
  case GUARD_CMDQ_DISABLED: return both_off(sh, R_CR0, R_CR0ACK, MASK(CR0, CMDQEN));
  case GUARD_EVENTQ_DISABLED: return both_off(sh, R_CR0, R_CR0ACK, MASK(CR0, EVENTQEN));
  case GUARD_GERROR_IRQ_DISABLED:
    return both_off(sh, R_IRQ_CTRL, R_IRQ_CTRLACK, MASK(IRQ_CTRL, GERROR_IRQEN));
  case GUARD_EVENTQ_IRQ_DISABLED:
    return both_off(sh, R_IRQ_CTRL, R_IRQ_CTRLACK, MASK(IRQ_CTRL, EVENTQ_IRQEN));
  case GUARD_PRIQ_DISABLED: return both_off(sh, R_CR0, R_CR0ACK, MASK(CR0, PRIQEN));
  case GUARD_PRIQ_IRQ_DISABLED:
    return both_off(sh, R_IRQ_CTRL, R_IRQ_CTRLACK, MASK(IRQ_CTRL, PRIQ_IRQEN));
  case GUARD_GATOS_IDLE: return !GET(GATOS_CTRL, RUN, sh->reg[R_GATOS_CTRL]);
  case GUARD_VATOS_IDLE: return !GET(VATOS_CTRL, RUN, sh->reg[R_VATOS_CTRL]);
  default: return true;
  }
}

/* TABLE_* with the SMMU off, QUEUE_* with every queue off. */
static uint64_t cr1_mask(const struct smmu *s)
{
  const struct shared *sh = shared_const(s);
  uint64_t mask = 0;

  if (guard_open(sh, GUARD_SMMU_DISABLED))
    mask |= bits_mask(CR1_TABLE_SH_HI, CR1_TABLE_IC_LO);
  if (guard_open(sh, GUARD_CMDQ_DISABLED) && guard_open(sh, GUARD_EVENTQ_DISABLED) &&
      guard_open(sh, GUARD_PRIQ_DISABLED) && smmu_ecmdq_all_off(s))
    mask |= bits_mask(CR1_QUEUE_SH_HI, CR1_QUEUE_IC_LO);
  return mask;
}

static uint64_t cr0_mask(const struct smmu *s, uint64_t now, uint64_t ack)
{
  uint64_t mask = MASK(CR0, SMMUEN) | MASK(CR0, EVENTQEN) | MASK(CR0, CMDQEN);

  if (s->features.vmw)
    mask |= MASK(CR0, VMW);
  if (s->features.ats)
    mask |= MASK(CR0, ATSCHK);
  if (s->features.pri)
    mask |= MASK(CR0, PRIQEN);
  /* A field in transition does not take a third value: it keeps the new one, VMW as a whole. */
  if ((now ^ ack) & MASK(CR0, VMW))
    mask &= ~MASK(CR0, VMW);
  return mask & ~(now ^ ack);
}

/* Taken only with Update set, and only while no update is under way: GBPA, GMPAM, GBPMPAM. */
static uint64_t write_with_update(uint64_t old, uint64_t value, uint64_t mask)
{
  if (GET(GBPA, Update, old) || !GET(GBPA, Update, value))
    return old;
  return value & mask;
}

/* PARTIDs and PMGs have the width of their largest. IHI 0070 6.3.42, 6.3.43. */
static uint64_t mpam_mask(const struct smmu_features *f)
{
  return bits_low(f->partid_max ? log2_ceil(f->partid_max + 1u) : 0) |
         bits_low(f->pmg_max ? log2_ceil(f->pmg_max + 1u) : 0) << GMPAM_SO_PMG_LO |
         MASK(GMPAM, Update);
}

/* The new value of a register that its guard has let through. */
static uint64_t apply(struct smmu *s, int reg, uint64_t old, uint64_t value)
{
  const struct smmu_reg_row *row = &smmu_reg_rows[reg];
  const struct shared *sh = shared_of(s);
  uint64_t mask = row->rw;

  switch (row->hook) {
  case HOOK_ID:
  case HOOK_READ_ONLY: return old;
  case HOOK_CR0: mask &= cr0_mask(s, old, sh->reg[R_CR0ACK]); break;
  case HOOK_CR1: mask &= cr1_mask(s); break;
  case HOOK_GERRORN: mask &= ~(s->features.ecmdq ? 0 : MASK(GERRORN, CMDQP_ERR)); break;
  case HOOK_UPDATE: return write_with_update(old, value, mask & mpam_mask(&s->features));
  case HOOK_GBPA: return write_with_update(old, value, mask);
  case HOOK_ATOS: mask &= smmu_enabled(s) ? mask : 0; break;
  case HOOK_IRQ_CTRL:
    mask &= ~(old ^ sh->reg[R_IRQ_CTRLACK]) & ~(s->features.pri ? 0 : MASK(IRQ_CTRL, PRIQ_IRQEN));
    break;
  default: break;
  }
  return (old & ~mask) | (value & mask);
}

static bool is_irq_config(int reg)
{
  return (reg >= R_GERROR_IRQ_CFG0 && reg <= R_GERROR_IRQ_CFG2) ||
         (reg >= R_EVENTQ_IRQ_CFG0 && reg <= R_EVENTQ_IRQ_CFG2) ||
         (reg >= R_PRIQ_IRQ_CFG0 && reg <= R_PRIQ_IRQ_CFG2);
}

/* Bits of GATOS_SID and VATOS_SID that name a stream, and a substream where there are any. */
static uint64_t atos_sid_mask(const struct smmu_features *f)
{
  uint64_t mask = bits_low(f->sidsize);

  if (f->ssidsize)
    mask |= bits_low(f->ssidsize) << GATOS_SID_SUBSTREAMID_LO | MASK(GATOS_SID, SSID_VALID);
  return mask;
}

/* What the device has no use for reads back as zero: address bits above the output size, the MSI
 * registers without MSIs, numbers larger than there are. IHI 0070 6.3.21, 6.3.24, 6.3.26, 6.3.29,
 * 6.3.30, 6.3.38, 6.3.44. */
static uint64_t trim(const struct smmu *s, int reg, uint64_t value)
{
  if (is_irq_config(reg) && !s->features.msi) /* LO is for the wire as well */
    return reg == R_PRIQ_IRQ_CFG2 ? value & MASK(PRIQ_IRQ_CFG2, LO) : 0;
  switch (reg) {
  case R_STRTAB_BASE:
  case R_CMDQ_BASE:
  case R_EVENTQ_BASE:
  case R_PRIQ_BASE:
  case R_GERROR_IRQ_CFG0:
  case R_PRIQ_IRQ_CFG0:
  case R_EVENTQ_IRQ_CFG0: return value & ~(bits_mask(55, 6) & ~bits_low(s->features.oas));
  case R_GATOS_SID:
  case R_VATOS_SID: return value & atos_sid_mask(&s->features);
  case R_VATOS_SEL: return value & bits_low(s->features.vmid16 ? 16 : 8);
  default: return value;
  }
}

static void wake(struct smmu *s, unsigned hook)
{
  switch (hook) {
  case HOOK_CR0:
    smmu_stall_wake_all(s);
    smmu_wake_control(s);
    break;
  case HOOK_IRQ_CTRL:
  case HOOK_UPDATE:
  case HOOK_GBPA: smmu_wake_control(s); break;
  case HOOK_GERRORN:
    smmu_wake_evtq(s);
    smmu_wake_cmdq(s, 0);
    break;
  case HOOK_CMDQ_PROD: smmu_wake_cmdq(s, 0); break;
  case HOOK_EVENTQ_CONS: smmu_wake_evtq(s); break;
  default: break;
  }
}

void smmu_mmio_write(struct smmu *s, uint64_t offset, uint64_t value, unsigned bytes,
                     const struct smmu_hooks *hooks)
{
  struct shared *sh = shared_of(s);
  unsigned shift;
  int reg = decode(s, offset, bytes, &shift);
  uint64_t old, next;

  if (smmu_ecmdq_owns(s, offset)) {
    smmu_ecmdq_write(s, offset, value, bytes, hooks);
    return;
  }
  if (bytes == 4)
    value &= 0xffffffff;
  if (reg < 0 || !guard_open(sh, smmu_reg_rows[reg].guard)) {
    trace_access(hooks, 0, SMMU_TRACE_REG_BAD, offset, value, bytes);
    return;
  }
  old = sh->reg[reg];
  next = bytes == 8 ? value : bits_put(old, shift + 31, shift, value);
  trace_access(hooks, 0, SMMU_TRACE_REG_WRITE, offset, value, bytes);
  sh->reg[reg] = trim(s, reg, apply(s, reg, old, next));
  wake(s, smmu_reg_rows[reg].hook);
  if (smmu_reg_rows[reg].hook == HOOK_ATOS && sh->reg[reg])
    smmu_atos_start(s, (unsigned)reg);
}
