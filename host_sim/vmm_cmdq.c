/* The emulated command queue. It is carried out whole whenever the guest moves PROD: commands
 * are read from guest RAM, judged, and what concerns the host's caches is collected for
 * HWPT_INVALIDATE. CONS and CMD_SYNC become visible when all of it is done. IHI 0070: chapter 4,
 * 7.1. Left out: PRI (the guest has none), commands of EL2 and stage 2, stalls. */
#include "host_sim/vmm_state.h"

#include <string.h>

#include "util/bits.h"
#include "util/check.h"

enum { COMMAND_BYTES = 16, RANGE_ALL = 31 };

enum batch_class { CLASS_TLBI, CLASS_CFGI_CD, CLASS_ATC };

/* One drain of the queue. */
struct drain {
  uint32_t cons, prod, mask; /* indices with wrap bit */
  unsigned log2size;
  uint64_t base;
  uint32_t stop; /* where the queue stops, when error is not 0 */
  enum smmu_cerror error;
  bool sync_irq;       /* a CMD_SYNC asked for an interrupt, */
  unsigned sync_after; /* after so many commands of the batch */
};

/* ---- what goes to the host ---- */

static int invalidate(struct vmm *vm, unsigned count, unsigned *handled)
{
  struct iommu_hwpt_invalidate call = {
    .size = sizeof call,
    .hwpt_id = vm->viommu,
    .data_uptr = { vm->batch.command, count * sizeof *vm->batch.command },
    .data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
    .entry_len = sizeof *vm->batch.command,
    .entry_num = count,
  };
  int err = vmm_ioctl(vm, IOMMUFD_NR_HWPT_INVALIDATE, &call);

  vm->counts.invalidates++;
  *handled = call.entry_num < count ? call.entry_num : count - 1;
  return err;
}

/* Send the batch. On failure the queue stops at the command that failed; what was before it may
 * have been checked and not issued, so it is sent once more, for itself. */
static void flush(struct vmm *vm, struct drain *d)
{
  unsigned count = vm->batch.count, good = 0, rest = 0;

  vm->batch.count = 0;
  if (count == 0 || vm->viommu == 0)
    return;
  if (invalidate(vm, count, &good) == 0) {
    d->sync_after = 0;
    return;
  }
  d->stop = vm->batch.index[good];
  d->error = CERROR_ILL;
  if (d->sync_irq && d->sync_after > good)
    d->sync_irq = false;
  if (good > 0)
    (void)invalidate(vm, good, &rest);
}

static void collect(struct vmm *vm, struct drain *d, const uint64_t command[2],
                    enum batch_class class)
{
  struct vmm_batch *batch = &vm->batch;

  if (batch->count > 0 && (batch->class != class || batch->count == VMM_BATCH))
    flush(vm, d);
  if (d->error)
    return;
  batch->class = class;
  memcpy(batch->command[batch->count], command, COMMAND_BYTES);
  batch->index[batch->count] = d->cons;
  batch->count++;
  if (vm->config.policy == VMM_POLICY_PER_COMMAND)
    flush(vm, d);
}

/* ---- single commands: CERROR_NONE or CERROR_ILL ---- */

/* Without RIL the fields of a range mean nothing; with it, one encoding is illegal. IHI 0070
 * 4.4.1.1. */
static enum smmu_cerror tlbi_va(struct vmm *vm, struct drain *d, uint64_t command[2])
{
  unsigned tg = (unsigned)FGET(TLBI_NH_VA, TG, command);
  unsigned ttl = (unsigned)FGET(TLBI_NH_VA, TTL, command);

  if (!vm->config.ril) {
    FPUT(TLBI_NH_VA, NUM, command, 0);
    FPUT(TLBI_NH_VA, SCALE, command, 0);
    FPUT(TLBI_NH_VA, TTL, command, 0);
    FPUT(TLBI_NH_VA, TG, command, 0);
    tg = 0;
  }
  if (tg == 2 && ttl == 1)
    ttl = 0;
  if (tg != 0 && ttl == 0 && FGET(TLBI_NH_VA, NUM, command) == 0 &&
      (FGET(TLBI_NH_VA, SCALE, command) & 0x1f) == 0)
    return CERROR_ILL;
  collect(vm, d, command, CLASS_TLBI);
  return CERROR_NONE;
}

/* Configuration of streams that are no devices of ours is cached nowhere. */
static enum smmu_cerror cfgi_cd(struct vmm *vm, struct drain *d, const uint64_t command[2])
{
  if (vmm_device_find(vm, (uint32_t)FGET(CFGI_CD, SID, command)))
    collect(vm, d, command, CLASS_CFGI_CD);
  return CERROR_NONE;
}

/* Of streams that are no devices of ours nobody caches anything. */
static enum smmu_cerror atc_inv(struct vmm *vm, struct drain *d, const uint64_t command[2])
{
  if (!vm->config.ats)
    return CERROR_ILL;
  if (vmm_device_find(vm, (uint32_t)FGET(ATC_INV, SID, command)))
    collect(vm, d, command, CLASS_ATC);
  return CERROR_NONE;
}

static enum smmu_cerror cfgi_ste(struct vmm *vm, struct drain *d, uint32_t first, uint32_t last)
{
  flush(vm, d);
  if (d->error)
    return CERROR_NONE;
  return vmm_devices_install(vm, first, last) == 0 ? CERROR_NONE : CERROR_ILL;
}

static enum smmu_cerror cfgi_range(struct vmm *vm, struct drain *d, const uint64_t command[2])
{
  unsigned range = (unsigned)FGET(CFGI_STE_RANGE, Range, command);
  uint32_t span = (uint32_t)bits_low(range + 1);
  uint32_t sid = (uint32_t)FGET(CFGI_STE_RANGE, SID, command);

  return cfgi_ste(vm, d, sid & ~span, sid | span);
}

static enum smmu_cerror sync(struct vmm *vm, struct drain *d, const uint64_t command[2])
{
  unsigned cs = (unsigned)FGET(SYNC, CS, command);

  if (cs == 3)
    return CERROR_ILL;
  vm->counts.syncs++;
  if (cs == 1 && !d->sync_irq) {
    d->sync_irq = true;
    d->sync_after = vm->batch.count;
  }
  return CERROR_NONE;
}

static enum smmu_cerror execute(struct vmm *vm, struct drain *d, uint64_t command[2])
{
  uint32_t sid = (uint32_t)FGET(CMD, SID, command);

  switch (FGET(CMD, Opcode, command)) {
  case CMD_SYNC: return sync(vm, d, command);
  case CMD_PREFETCH_CONFIG:
  case CMD_PREFETCH_ADDR: return FGET(CMD, SSec, command) ? CERROR_ILL : CERROR_NONE;
  case CMD_CFGI_STE: return FGET(CMD, SSec, command) ? CERROR_ILL : cfgi_ste(vm, d, sid, sid);
  case CMD_CFGI_STE_RANGE:
    return FGET(CMD, SSec, command) ? CERROR_ILL : cfgi_range(vm, d, command);
  case CMD_CFGI_CD:
  case CMD_CFGI_CD_ALL: return FGET(CMD, SSec, command) ? CERROR_ILL : cfgi_cd(vm, d, command);
  case CMD_TLBI_NH_ALL:
  case CMD_TLBI_NH_ASID:
  case CMD_TLBI_NSNH_ALL: collect(vm, d, command, CLASS_TLBI); return CERROR_NONE;
  case CMD_TLBI_NH_VA:
  case CMD_TLBI_NH_VAA: return tlbi_va(vm, d, command);
  case CMD_ATC_INV: return atc_inv(vm, d, command);
  default: return CERROR_ILL;
  }
}

/* ---- the queue ---- */

static bool begin(struct vmm *vm, struct drain *d)
{
  const uint64_t *reg = vm->smmu.reg;
  uint64_t log2size = GET(CMDQ_BASE, LOG2SIZE, reg[R_CMDQ_BASE]);

  memset(d, 0, sizeof *d);
  if (!GET(CR0, CMDQEN, reg[R_CR0]) ||
      ((reg[R_GERROR] ^ reg[R_GERRORN]) & MASK(GERROR, CMDQ_ERR)) != 0)
    return false;
  if (log2size > GET(IDR1, CMDQS, reg[R_IDR1]))
    log2size = GET(IDR1, CMDQS, reg[R_IDR1]);
  d->log2size = (unsigned)log2size;
  d->mask = (uint32_t)bits_low(d->log2size + 1);
  d->base = align_down_log2(reg[R_CMDQ_BASE] & MASK(CMDQ_BASE, ADDR),
                            d->log2size < 1 ? 5 : d->log2size + 4);
  d->cons = (uint32_t)reg[R_CMDQ_CONS] & d->mask;
  d->prod = (uint32_t)reg[R_CMDQ_PROD] & d->mask;
  return true;
}

static void run(struct vmm *vm, struct drain *d)
{
  while (d->cons != d->prod && !d->error) {
    uint64_t slot = d->base + (d->cons & bits_low(d->log2size)) * COMMAND_BYTES;
    uint64_t command[2] = { 0 };
    enum smmu_cerror error = CERROR_ABT;

    if (vmm_ram_load(vm, slot, command, 2)) {
      plat_charge(vm->host, PLAT_COST_VMM_COMMAND, 1);
      vm->counts.commands++;
      error = execute(vm, d, command);
    }
    if (error && !d->error) {
      flush(vm, d); /* may fail earlier in the queue, and then decides */
      d->stop = d->error ? d->stop : d->cons;
      d->error = d->error ? d->error : error;
    }
    if (!d->error)
      d->cons = (d->cons + 1) & d->mask;
  }
  if (!d->error)
    flush(vm, d);
}

void vmm_cmdq_drain(struct vmm *vm)
{
  uint64_t *reg = vm->smmu.reg;
  struct drain d;

  if (!begin(vm, &d) || d.cons == d.prod)
    return;
  CHECK(vm->batch.count == 0);
  run(vm, &d);
  vm->batch.count = 0;
  reg[R_CMDQ_CONS] = PUT(CMDQ_CONS, RD, reg[R_CMDQ_CONS], d.error ? d.stop : d.cons);
  if (d.sync_irq)
    vmm_inject(vm, SMMU_SIGNAL_CMD_SYNC);
  if (d.error) {
    vm->counts.cmdq_errors++;
    reg[R_CMDQ_CONS] = PUT(CMDQ_CONS, ERR, reg[R_CMDQ_CONS], d.error);
    vmm_smmu_error(vm, (uint32_t)MASK(GERROR, CMDQ_ERR));
  }
}
