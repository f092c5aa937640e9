/* Events of the guest's devices: records that the host put into the VM's event queues are read
 * by the VMM's event thread, which a line of the board wakes, and written to the guest's event
 * queue, or become errors of its VCMDQs. IHI 0070: 3.5.1, 7.2, 7.4. */
#include "host_sim/vmm_state.h"

#include "util/bits.h"

enum { RECORD_BYTES = 32, DEPTH = 1 << 10 };

/* ---- the guest's event queue ---- */

static void write_record(struct vmm *vm, const uint64_t record[4])
{
  uint64_t *reg = vm->smmu.reg, base = reg[R_EVENTQ_BASE];
  uint64_t prod = reg[R_EVENTQ_PROD], cons = reg[R_EVENTQ_CONS];
  unsigned log2size = (unsigned)GET(EVENTQ_BASE, LOG2SIZE, base);
  uint64_t mask, slot;

  if (!GET(CR0, EVENTQEN, reg[R_CR0])) {
    vm->counts.events_lost++;
    return;
  }
  if (log2size > GET(IDR1, EVENTQS, reg[R_IDR1]))
    log2size = (unsigned)GET(IDR1, EVENTQS, reg[R_IDR1]);
  mask = bits_low(log2size + 1);
  if (((prod ^ cons) & mask) == 1ULL << log2size) {
    if (GET(EVENTQ_PROD, OVFLG, prod) == GET(EVENTQ_CONS, OVACKFLG, cons))
      reg[R_EVENTQ_PROD] ^= MASK(EVENTQ_PROD, OVFLG);
    vm->counts.events_lost++;
    return;
  }
  slot = align_down_log2(base & MASK(EVENTQ_BASE, ADDR), log2size + 5) +
         (prod & bits_low(log2size)) * RECORD_BYTES;
  if (!vmm_ram_store(vm, slot, record, 4)) {
    vm->counts.events_lost++;
    vmm_smmu_error(vm, (uint32_t)MASK(GERROR, EVENTQ_ABT_ERR));
    return;
  }
  reg[R_EVENTQ_PROD] = PUT(EVENTQ_PROD, WR, prod, (prod + 1) & mask);
  vm->counts.events++;
  if (GET(IRQ_CTRL, EVENTQ_IRQEN, reg[R_IRQ_CTRL]))
    vmm_inject(vm, SMMU_SIGNAL_EVENTQ);
}

/* ---- the host's ---- */

/* On the interrupt's CPU, where iommufd may not be called. */
static void wake(void *arg)
{
  struct vmm *vm = arg;

  plat_board_raise(vm->board, vm->config.irq_line + VMM_EVENT_LINE, 0);
}

int vmm_event_open(struct vmm *vm, unsigned type)
{
  struct vmm_event_file *file = &vm->event[type];
  struct iommu_veventq_alloc alloc = {
    .size = sizeof alloc, .viommu_id = vm->viommu, .type = type, .veventq_depth = DEPTH
  };
  int err;

  if (file->open || vm->viommu == 0)
    return 0;
  err = vmm_ioctl(vm, IOMMUFD_NR_VEVENTQ_ALLOC, &alloc);
  if (err)
    return err;
  file->open = true;
  file->id = alloc.out_veventq_id;
  file->fd = alloc.out_veventq_fd;
  return iommufd_veventq_set_ready(vm->f, file->fd, wake, vm);
}

/* Count what a gap in the sequence says was lost. A LOST_EVENTS record has the number of the
 * last that was. */
static void follow(struct vmm *vm, struct vmm_event_file *file,
                   const struct iommufd_vevent_header *header)
{
  bool lost = (header->flags & IOMMU_VEVENTQ_FLAG_LOST_EVENTS) != 0;

  vm->counts.events_lost += ((header->sequence - file->sequence) & INT32_MAX) + lost;
  file->sequence = (header->sequence + 1) & INT32_MAX;
}

/* One record; false when there is none. data has room for the longest. */
static bool read_record(struct vmm *vm, unsigned type, size_t bytes, uint64_t data[4])
{
  struct {
    struct iommufd_vevent_header header;
    uint64_t data[4];
  } record;
  struct vmm_event_file *file = &vm->event[type];
  struct iommufd_user buffer = { &record, sizeof record.header + bytes };
  uint64_t pos = 0;

  while (file->open) {
    long got = iommufd_veventq_read(vm->f, file->fd, buffer, buffer.bytes, &pos);

    if (got < (long)sizeof record.header)
      return false;
    follow(vm, file, &record.header);
    if (record.header.flags & IOMMU_VEVENTQ_FLAG_LOST_EVENTS)
      continue;
    for (unsigned i = 0; i < bytes / 8; i++)
      data[i] = record.data[i];
    return true;
  }
  return false;
}

void vmm_event_thread(void *arg)
{
  struct vmm *vm = arg;
  uint64_t data[4];

  vmm_lock(vm);
  while (
    read_record(vm, IOMMU_VEVENTQ_TYPE_ARM_SMMUV3, sizeof(struct iommu_vevent_arm_smmuv3), data))
    write_record(vm, data);
  while (read_record(vm, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV,
                     sizeof(struct iommu_vevent_tegra241_cmdqv), data))
    vmm_cmdqv_error(vm, data);
  vmm_unlock(vm);
}
