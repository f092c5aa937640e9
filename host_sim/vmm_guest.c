/* The guest's platform: what a vCPU's accesses to registers, memory and interrupts come to.
 * Register accesses exit to the VMM, but for page 0 of the VINTF while it is mapped; memory is
 * the host's; time, lines between CPUs and charges are the host's as they are. */
#include "host_sim/vmm_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/check.h"

#define ALL_ONES_32 0xFFFFFFFFu

/* ---- traps ---- */

void vmm_lock(struct vmm *vm)
{
  plat_mutex_lock(&vm->lock);
  plat_begin(&vm->guest, PLAT_OP_BIG_LOCK, 0);
}

void vmm_unlock(struct vmm *vm)
{
  plat_end(&vm->guest, PLAT_OP_BIG_LOCK, 0);
  plat_mutex_unlock(&vm->lock);
}

static bool in_smmu(uint64_t addr)
{
  return addr >= PLAT_SMMU_BASE && addr - PLAT_SMMU_BASE < VMM_SMMU_WINDOW;
}

static bool in_cmdqv(const struct vmm *vm, uint64_t addr)
{
  return vm->cmdqv.present && addr >= PLAT_CMDQV_BASE && addr - PLAT_CMDQV_BASE < VMM_CMDQV_WINDOW;
}

/* Page 0 and page 1 of the guest's SMMU are one: bit 16 does not count. */
static void count_exit(struct vmm *vm, uint64_t addr, bool write)
{
  uint64_t offset = (addr - PLAT_SMMU_BASE) & 0xffff;

  vm->counts.exits++;
  if (in_cmdqv(vm, addr))
    vm->counts.exits_cmdqv++;
  else if (in_smmu(addr) && offset == OFF_CMDQ_PROD && write)
    vm->counts.exits_prod++;
  else if (in_smmu(addr) && offset == OFF_CMDQ_CONS && !write)
    vm->counts.exits_cons++;
  else
    vm->counts.exits_other++;
}

static void enter_vmm(struct vmm *vm, uint64_t addr, bool write)
{
  plat_begin(&vm->guest, PLAT_OP_EXIT, addr);
  plat_charge(vm->host, PLAT_COST_VM_EXIT, 1);
  vmm_lock(vm);
  plat_charge(vm->host, PLAT_COST_VMM_ACCESS, 1);
  count_exit(vm, addr, write);
}

static void leave_vmm(struct vmm *vm)
{
  vmm_unlock(vm);
  plat_charge(vm->host, PLAT_COST_VM_ENTRY, 1);
  plat_end(&vm->guest, PLAT_OP_EXIT, 0);
}

/* The host address behind a guest address that does not trap; 0: it traps. */
static uint64_t mapped(const struct vmm *vm, uint64_t addr)
{
  uint64_t base = PLAT_CMDQV_BASE + SMMU_CMDQV_VINTF_PAGES;

  if (!vm->cmdqv.mapped || addr < base || addr - base >= SMMU_CMDQV_PAGE)
    return 0;
  return vm->cmdqv.page0 + (addr - base);
}

static bool natural(uint64_t addr, unsigned bytes)
{
  return (bytes == 4 || bytes == 8) && (addr & (bytes - 1)) == 0;
}

static uint64_t guest_mmio_read(void *ctx, uint64_t addr, unsigned bytes)
{
  struct vmm *vm = ctx;
  uint64_t direct = mapped(vm, addr);
  uint64_t value = bytes == 4 ? ALL_ONES_32 : UINT64_MAX;

  if (direct && natural(addr, bytes)) {
    vm->counts.mapped++;
    return plat_board_mmio_read(vm->board, vm, addr, direct, bytes);
  }
  enter_vmm(vm, addr, false);
  if (natural(addr, bytes) && in_smmu(addr))
    value = vmm_smmu_read(vm, addr - PLAT_SMMU_BASE, bytes);
  else if (natural(addr, bytes) && in_cmdqv(vm, addr))
    value = vmm_cmdqv_read(vm, addr - PLAT_CMDQV_BASE, bytes);
  leave_vmm(vm);
  plat_board_report_mmio(vm->board, vm, addr, value, bytes, false);
  return value;
}

static void guest_mmio_write(void *ctx, uint64_t addr, uint64_t value, unsigned bytes)
{
  struct vmm *vm = ctx;
  uint64_t direct = mapped(vm, addr);

  if (bytes == 4)
    value &= ALL_ONES_32;
  if (direct && natural(addr, bytes)) {
    vm->counts.mapped++;
    plat_board_mmio_write(vm->board, vm, addr, direct, value, bytes);
    return;
  }
  plat_board_report_mmio(vm->board, vm, addr, value, bytes, true);
  enter_vmm(vm, addr, true);
  if (natural(addr, bytes) && in_smmu(addr))
    vmm_smmu_write(vm, addr - PLAT_SMMU_BASE, value, bytes);
  else if (natural(addr, bytes) && in_cmdqv(vm, addr))
    vmm_cmdqv_write(vm, addr - PLAT_CMDQV_BASE, value, bytes);
  leave_vmm(vm);
}

/* ---- memory ---- */

static int guest_dma_alloc(void *ctx, size_t bytes, size_t align, uint64_t *addr)
{
  return vmm_ram_alloc(ctx, bytes, align, addr);
}

static void guest_dma_free(void *ctx, uint64_t addr, size_t bytes)
{
  vmm_ram_free(ctx, addr, bytes);
}

static void report_stray(struct vmm *vm, const char *what, uint64_t addr)
{
  char line[96];

  snprintf(line, sizeof line, "%s at 0x%llx, where there is no RAM", what,
           (unsigned long long)addr);
  plat_board_log(vm->board, vm, line);
}

static void guest_store64(void *ctx, uint64_t addr, uint64_t value)
{
  struct vmm *vm = ctx;
  uint64_t pa = (addr & 7) == 0 ? vmm_host_address(vm, addr) : UINT64_MAX;

  if (pa == UINT64_MAX)
    report_stray(vm, "store", addr);
  else
    plat_board_store(vm->board, vm, addr, pa, value);
}

static uint64_t guest_load64(void *ctx, uint64_t addr)
{
  struct vmm *vm = ctx;
  uint64_t pa = (addr & 7) == 0 ? vmm_host_address(vm, addr) : UINT64_MAX;

  if (pa != UINT64_MAX)
    return plat_load64(vm->host, pa);
  report_stray(vm, "load", addr);
  return 0;
}

static void guest_barrier(void *ctx)
{
  plat_barrier(((struct vmm *)ctx)->host);
}

/* ---- time and CPUs ---- */

static void guest_charge(void *ctx, enum plat_cost what, uint64_t n)
{
  plat_charge(((struct vmm *)ctx)->host, what, n);
}

static void guest_take(void *ctx, struct plat_line *line)
{
  plat_take(((struct vmm *)ctx)->host, line);
}

static void guest_wrote(void *ctx, struct plat_line *line)
{
  plat_wrote(((struct vmm *)ctx)->host, line);
}

static void guest_wait(void *ctx, struct plat_line *line)
{
  plat_wait(((struct vmm *)ctx)->host, line);
}

static void guest_relax(void *ctx)
{
  plat_relax(((struct vmm *)ctx)->host);
}

static void guest_wait64(void *ctx, uint64_t addr, uint64_t value, uint64_t until_ps)
{
  struct vmm *vm = ctx;
  uint64_t pa = (addr & 7) == 0 ? vmm_host_address(vm, addr) : UINT64_MAX;

  if (pa != UINT64_MAX)
    plat_wait64(vm->host, pa, value, until_ps);
  else
    plat_relax(vm->host); /* the load before it has said so */
}

static void guest_delay(void *ctx, uint64_t ps)
{
  plat_delay(((struct vmm *)ctx)->host, ps);
}

static uint64_t guest_now_ps(void *ctx)
{
  return plat_now_ps(((struct vmm *)ctx)->host);
}

static unsigned guest_cpu(void *ctx)
{
  const struct vmm *vm = ctx;
  unsigned cpu = plat_cpu_current(vm->board);

  for (unsigned i = 0; i < vm->config.vcpus; i++) {
    if (vm->config.vcpu_cpu[i] == cpu)
      return i;
  }
  for (unsigned i = 0; i < SMMU_SIGNAL_COUNT; i++) {
    if (vm->line[i].cpu == cpu + 1)
      return vm->config.vcpus + i;
  }
  return vm->config.vcpus + SMMU_SIGNAL_COUNT;
}

int vmm_vcpu_start(struct vmm *vm, unsigned vcpu, void (*program)(void *arg), void *arg)
{
  if (vcpu >= vm->config.vcpus)
    return SMMU_ERR_BADARG;
  return plat_cpu_start(vm->board, vm->config.vcpu_cpu[vcpu], program, arg);
}

/* ---- interrupts ---- */

static void run_line(void *arg)
{
  struct vmm_line *line = arg;

  line->cpu = plat_cpu_current(line->vm->board) + 1;
  if (line->fn)
    line->fn(line->arg);
}

static int guest_irq_handler(void *ctx, unsigned line, void (*fn)(void *arg), void *arg)
{
  struct vmm *vm = ctx;
  struct vmm_line *l;
  int err;

  if (line >= SMMU_SIGNAL_COUNT)
    return -EINVAL;
  l = &vm->line[line];
  if (fn == NULL) {
    err = plat_irq_handler(vm->host, vm->config.irq_line + line, NULL, NULL);
    if (!err)
      l->fn = NULL;
    return err;
  }
  if (l->fn)
    return -EBUSY;
  l->fn = fn;
  l->arg = arg;
  err = plat_irq_handler(vm->host, vm->config.irq_line + line, run_line, l);
  if (err)
    l->fn = NULL;
  return err;
}

void vmm_inject(struct vmm *vm, enum smmu_signal line)
{
  vm->counts.irqs++;
  plat_charge(vm->host, PLAT_COST_VM_IRQ, 1);
  plat_board_raise(vm->board, vm->config.irq_line + (unsigned)line, 0);
}

/* ---- watching ---- */

static void guest_note(void *ctx, const struct plat_note *note)
{
  plat_board_note(((struct vmm *)ctx)->board, ctx, note);
}

static void guest_log(void *ctx, const char *line)
{
  plat_board_log(((struct vmm *)ctx)->board, ctx, line);
}

static const struct plat_ops guest_ops = {
  .mmio_read = guest_mmio_read,
  .mmio_write = guest_mmio_write,
  .dma_alloc = guest_dma_alloc,
  .dma_free = guest_dma_free,
  .store64 = guest_store64,
  .load64 = guest_load64,
  .barrier = guest_barrier,
  .charge = guest_charge,
  .take = guest_take,
  .wrote = guest_wrote,
  .wait = guest_wait,
  .relax = guest_relax,
  .wait64 = guest_wait64,
  .delay = guest_delay,
  .now_ps = guest_now_ps,
  .cpu = guest_cpu,
  .irq_handler = guest_irq_handler,
  .note = guest_note,
  .log = guest_log,
};

void vmm_guest_create(struct vmm *vm)
{
  vm->guest = (struct plat){ &guest_ops, vm };
  for (unsigned i = 0; i < SMMU_SIGNAL_COUNT; i++) {
    vm->line[i].vm = vm;
    vm->line[i].line = i;
  }
}

void vmm_guest_reset(struct vmm *vm)
{
  for (unsigned i = 0; i < SMMU_SIGNAL_COUNT; i++) {
    if (vm->line[i].fn)
      (void)guest_irq_handler(vm, i, NULL, NULL);
  }
}

const struct plat *vmm_guest_plat(struct vmm *vm)
{
  return &vm->guest;
}
