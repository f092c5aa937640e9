/* VMs as wholes: what is given back, reset, two at once, two vCPUs, and the guest's platform. */
#include "arch/event.h"
#include "raw.h"

#include <errno.h>
#include <string.h>

enum { PAGE = 4096 };

static void map_and_leave(struct guest *guest, void *arg)
{
  uint64_t pa, iova;

  (void)arg;
  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), PAGE, PAGE, &pa), 0);
  EXPECT_EQ(dma_map(guest_dma(guest, 0), pa, PAGE, DRV_READ, &iova), 0);
  EXPECT_EQ(dma_unmap(guest_dma(guest, 0), iova, PAGE), 0);
}

E2E_TEST(Vm, GivesEverythingBack)
{
  e2e->spec.vms = 2;
  e2e->spec.cmdqv = true;
  e2e->check_ram = true;
  e2e_make(e2e);
  e2e_guest(e2e, 0, map_and_leave);
  e2e_guest(e2e, 1, map_and_leave);
}

/* ---- reset ---- */

static void leave_half_done(struct raw *raw)
{
  uint64_t ring = 0;

  raw_up(raw);
  raw_ste(raw, E2E_SID0, RAW_STE_V | RAW_STE_ABORT, 0);
  raw_set(raw, OFF_GBPA, MASK(GBPA, ABORT) | MASK(GBPA, Update));
  raw_cmds(raw, "CFGI_ALL; OP_0x99");
  EXPECT_EQ(plat_dma_alloc(raw->p, 4096, 4096, &ring), 0);
  raw_set_cmdqv(raw, cmdqv_vintf(0) + OFF_VINTF_CONFIG, 1);
  for (unsigned l = 0; l < 2; l++) {
    raw_set_cmdqv(raw, OFF_CMDQV_CMDQ_ALLOC_MAP + 4 * l, 1 | l << 1);
    raw_set_cmdqv64(raw, cmdqv_lvcmdq_page1(0, l) + OFF_VCMDQ_BASE, ring | 7);
  }
}

static void reset_vm0(struct e2e *e2e)
{
  vmm_reset(e2e->vm[0]);
}

static void expect_fresh(struct raw *raw)
{
  struct smmu_result r;

  EXPECT_EQ(raw_reg(raw, OFF_CR0), 0);
  EXPECT_EQ(raw_reg(raw, OFF_CR0ACK), 0);
  EXPECT_EQ(raw_reg(raw, OFF_GERROR), 0);
  EXPECT_EQ(raw_reg(raw, OFF_CMDQ_PROD), 0);
  EXPECT_EQ(raw_reg(raw, OFF_CMDQ_CONS), 0);
  EXPECT_EQ(raw_reg(raw, OFF_GBPA), 0x1000);
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_STATUS), 1);
  EXPECT_EQ(raw_cmdqv(raw, cmdqv_vintf(0) + OFF_VINTF_CONFIG), 0);
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_CMDQ_ALLOC_MAP), 0);
  r = e2e_dma(raw->e2e, 0, 0, VMM_RAM_BASE + 0x1000, true);
  EXPECT_EQ(r.pa, vmm_host_address(raw->e2e->vm[0], VMM_RAM_BASE + 0x1000));
}

E2E_TEST(Vm, ResetBeginsAnewAndTheGuestBootsAgain)
{
  e2e->spec.cmdqv = true;
  e2e_make(e2e);
  raw_run(e2e, 0, leave_half_done);
  e2e_host(e2e, reset_vm0);
  raw_run(e2e, 0, expect_fresh);
  e2e_guest(e2e, 0, map_and_leave);
  e2e_host(e2e, reset_vm0);
  e2e_guest(e2e, 0, map_and_leave);
}

static void ignore_irq(void *arg)
{
  (*(unsigned *)arg)++;
}

static unsigned stray_irqs;

static void leave_handlers(void *arg)
{
  struct e2e *e2e = arg;

  for (unsigned i = 0; i < SMMU_SIGNAL_COUNT; i++)
    EXPECT_EQ(plat_irq_handler(vmm_guest_plat(e2e->vm[0]), i, ignore_irq, &stray_irqs), 0);
}

E2E_TEST(Vm, ResetTakesTheGuestsHandlersAway)
{
  e2e_make(e2e);
  EXPECT_EQ(vmm_vcpu_start(e2e->vm[0], 0, leave_handlers, e2e), 0);
  e2e_run(e2e);
  e2e_host(e2e, reset_vm0);
  e2e_guest(e2e, 0, map_and_leave); /* -EBUSY else */
  EXPECT_EQ(stray_irqs, 0);
  EXPECT_EQ(vmm_vcpu_start(e2e->vm[0], 2, leave_handlers, e2e), SMMU_ERR_BADARG);
}

/* ---- a kernel that cannot boot ---- */

static void never(struct guest *guest, void *arg)
{
  (void)guest;
  (void)arg;
  ADD_TEST_FAILURE("the program ran");
}

E2E_TEST(Vm, AKernelWithADeviceItCannotHaveUndoesItsBoot)
{
  e2e->spec.sid0 = 1u << 30;
  e2e->check_ram = true;
  e2e_make(e2e);
  EXPECT_EQ(guest_power_on(e2e->guest[0], never, e2e), 0);
  e2e_run(e2e);
  EXPECT_EQ(guest_error(e2e->guest[0]), -EINVAL);
}

static int start_vcpu(void *machine, unsigned cpu, void (*program)(void *arg), void *arg)
{
  return vmm_vcpu_start(machine, cpu, program, arg);
}

E2E_TEST(Vm, AKernelWithoutAnSmmuSaysSo)
{
  struct guest_config config = { .cpus = 1, .start = start_vcpu, .driver = { .smmu = 0x1000 } };
  struct guest *guest;

  e2e_make(e2e);
  config.plat = vmm_guest_plat(e2e->vm[0]);
  config.machine = e2e->vm[0];
  EXPECT_EQ(guest_create(&guest, &config), 0);
  EXPECT_EQ(guest_power_on(guest, never, NULL), 0);
  e2e_run(e2e);
  EXPECT_LT(guest_error(guest), 0);
  guest_destroy(guest);
}

/* ---- two VMs ---- */

/* The other guest throws away all that it can. */
static void throw_away(struct raw *raw)
{
  raw_up(raw);
  raw_cmds(raw, "CFGI_ALL; TLBI_NSNH_ALL; TLBI_NH_ALL vmid=1; TLBI_NH_ALL vmid=2; SYNC");
  EXPECT_EQ(raw_consumed(raw), 5);
}

/* A guest with a mapping in the hardware's caches whose descriptor is gone; it sends no TLBI. */
struct stale {
  uint64_t iova, pa;
};

static void make_stale(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct stale *s = e2e->user;
  struct drv_gather gather;
  struct drv_domain *domain = dma_domain(guest_dma(guest, 0));

  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), PAGE, PAGE, &s->pa), 0);
  s->iova = 0x10000;
  EXPECT_EQ(drv_map(domain, s->iova, s->pa, PAGE, DRV_READ | DRV_WRITE), 0);
  EXPECT_EQ(e2e_dma(e2e, 0, 0, s->iova, true).status, SMMU_STATUS_OK);
  drv_gather_init(&gather);
  EXPECT_EQ(drv_unmap(domain, s->iova, PAGE, &gather), PAGE);
  raw_run_beside(e2e, 1, throw_away);
  EXPECT_EQ(e2e_dma(e2e, 0, 0, s->iova, true).status, SMMU_STATUS_OK);
  EXPECT_EQ(drv_iotlb_sync(domain, &gather), 0);
  EXPECT_EQ(e2e_dma(e2e, 0, 0, s->iova, true).event, EVENT_F_TRANSLATION);
}

E2E_TEST(Vm, CommandsOfOneDoNotTouchTheOther)
{
  struct stale stale;

  e2e->user = &stale;
  e2e->spec.vms = 2;
  e2e_make(e2e);
  e2e_guest(e2e, 0, make_stale);
}

struct both {
  uint64_t iova[2], pa[2];
};

static void map_page(struct guest *guest, struct e2e *e2e, unsigned vm)
{
  struct both *both = e2e->user;

  for (unsigned turn = 0; turn < 30; turn++) {
    EXPECT_EQ(plat_dma_alloc(guest_plat(guest), PAGE, PAGE, &both->pa[vm]), 0);
    EXPECT_EQ(dma_map(guest_dma(guest, 0), both->pa[vm], PAGE, DRV_READ, &both->iova[vm]), 0);
    EXPECT_EQ(e2e_dma(e2e, vm, 0, both->iova[vm], false).pa,
              vmm_host_address(e2e->vm[vm], both->pa[vm]));
    EXPECT_EQ(dma_unmap(guest_dma(guest, 0), both->iova[vm], PAGE), 0);
    EXPECT_EQ(e2e_dma(e2e, vm, 0, both->iova[vm], false).event, EVENT_F_TRANSLATION);
    plat_dma_free(guest_plat(guest), both->pa[vm], PAGE);
  }
  plat_delay(guest_plat(guest), 1000000000);
}

static void map_in_vm0(struct guest *guest, void *e2e)
{
  map_page(guest, e2e, 0);
}

static void map_in_vm1(struct guest *guest, void *e2e)
{
  map_page(guest, e2e, 1);
}

static void run_both(struct e2e *e2e)
{
  struct both both = { { 0 }, { 0 } };

  e2e->user = &both;
  e2e->spec.vms = 2;
  e2e_make(e2e);
  EXPECT_EQ(guest_power_on(e2e->guest[0], map_in_vm0, e2e), 0);
  EXPECT_EQ(guest_power_on(e2e->guest[1], map_in_vm1, e2e), 0);
  e2e_run(e2e);
  EXPECT_EQ(both.iova[0], both.iova[1]);
  EXPECT_NE(vmm_host_address(e2e->vm[0], both.pa[0]), vmm_host_address(e2e->vm[1], both.pa[1]));
  for (unsigned v = 0; v < 2; v++) {
    EXPECT_EQ(guest_error(e2e->guest[v]), 0);
    EXPECT_EQ(e2e->guest_events[v], 30);
  }
}

E2E_TEST(Vm, TwoAtOnceHearOfTheirOwnFaultsAloneTrapped)
{
  run_both(e2e);
}

E2E_TEST(Vm, TwoAtOnceHearOfTheirOwnFaultsAloneWithVcmdqs)
{
  e2e->spec.cmdqv = true;
  run_both(e2e);
}

/* ---- vCPUs ---- */

static void hammer(struct guest *guest, unsigned cpu, void *arg)
{
  uint64_t pa, iova;

  (void)arg;
  EXPECT_EQ(plat_cpu(guest_plat(guest)), cpu);
  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), 4 * PAGE, PAGE, &pa), 0);
  for (unsigned turn = 0; turn < 100; turn++) {
    EXPECT_EQ(dma_map(guest_dma(guest, 0), pa, 4 * PAGE, DRV_READ | DRV_WRITE, &iova), 0);
    EXPECT_EQ(dma_unmap(guest_dma(guest, 0), iova, 4 * PAGE), 0);
  }
}

static void hammer_on_two(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct e2e_counts before = e2e_counts(e2e, 0), c;

  EXPECT_EQ(guest_run(guest, 2, hammer, NULL), 0);
  c = e2e_since(e2e, 0, &before);
  EXPECT_EQ(c.guest.tlbi, 800);
  EXPECT_EQ(c.vm.commands, 1000);
  /* Two submissions may share one PROD write; then there are fewer. */
  EXPECT_LE(c.vm.exits_prod, 200);
  EXPECT_GE(c.vm.exits_prod, 100);
  EXPECT_EQ(c.vm.invalidates, c.vm.exits_prod);
  EXPECT_GT(c.vm.lock_slept, 0);
  EXPECT_GT(c.vm.lock_moved, 0);
  EXPECT_EQ(c.host.timeouts + c.guest.timeouts, 0);
}

E2E_TEST(Vm, TwoVcpusShareOneTrappedQueue)
{
  e2e->spec.switch_permille = 1200;
  e2e_make(e2e);
  e2e_guest(e2e, 0, hammer_on_two);
}

/* ---- the platform ---- */

static void touch_nothing(struct raw *raw)
{
  struct e2e_counts before = e2e_counts(raw->e2e, 0), c;
  unsigned logs = raw->e2e->logs;

  plat_store64(raw->p, 0x1000, 1);
  EXPECT_EQ(plat_load64(raw->p, VMM_RAM_BASE + (32ULL << 20)), 0);
  EXPECT_EQ(plat_load64(raw->p, PLAT_RAM_BASE), 0);
  EXPECT_EQ(raw->e2e->logs, logs + 3);
  EXPECT_STR_CONTAINS(raw->e2e->last_log, "no RAM");
  EXPECT_EQ(plat_mmio_read(raw->p, 0x1000, 4), 0xffffffff);
  EXPECT_EQ(plat_mmio_read(raw->p, PLAT_CMDQV_BASE, 8), UINT64_MAX);
  EXPECT_EQ(plat_mmio_read(raw->p, PLAT_SMMU_BASE + 2, 4), 0xffffffff);
  c = e2e_since(raw->e2e, 0, &before);
  EXPECT_EQ(c.vm.exits_other, 3);
}

E2E_TEST(Vm, AccessesWhereNothingIsAreHarmless)
{
  e2e_make(e2e);
  raw_run(e2e, 0, touch_nothing);
}

static void reuse_page(struct raw *raw)
{
  uint64_t a, b;

  EXPECT_EQ(plat_dma_alloc(raw->p, 100, 64, &a), 0);
  plat_store64(raw->p, a + 8, 0x1234);
  EXPECT_EQ(plat_load64(raw->p, a + 8), 0x1234);
  plat_dma_free(raw->p, a, 100);
  EXPECT_EQ(plat_dma_alloc(raw->p, PAGE, PAGE, &b), 0);
  EXPECT_EQ(a, b);
  EXPECT_EQ(plat_load64(raw->p, b + 8), 0);
  EXPECT_EQ(plat_dma_alloc(raw->p, 64 << 20, PAGE, &a), -ENOMEM);
  EXPECT_EQ(plat_dma_alloc(raw->p, 1 << 20, 1 << 20, &a), 0);
  EXPECT_EQ(a % (1 << 20), 0);
}

E2E_TEST(Vm, MemoryOfTheGuestIsZeroWhenItIsHandedOut)
{
  e2e_make(e2e);
  raw_run(e2e, 0, reuse_page);
}

static unsigned handler_cpu;

static void remember_cpu(void *arg)
{
  handler_cpu = plat_cpu(((struct raw *)arg)->p);
}

static void take_interrupt(struct raw *raw)
{
  raw_up(raw);
  plat_irq_handler(raw->p, SMMU_SIGNAL_CMD_SYNC, NULL, NULL);
  EXPECT_EQ(plat_irq_handler(raw->p, SMMU_SIGNAL_CMD_SYNC, remember_cpu, raw), 0);
  EXPECT_EQ(plat_irq_handler(raw->p, SMMU_SIGNAL_CMD_SYNC, remember_cpu, raw), -EBUSY);
  EXPECT_EQ(plat_irq_handler(raw->p, SMMU_SIGNAL_COUNT, remember_cpu, raw), -EINVAL);
  raw_cmds(raw, "SYNC cs=1");
  raw_wait(raw);
  EXPECT_EQ(handler_cpu, 2 + SMMU_SIGNAL_CMD_SYNC);
}

E2E_TEST(Vm, HandlersHaveCpuNumbersAboveThoseOfTheVcpus)
{
  e2e_make(e2e);
  raw_run(e2e, 0, take_interrupt);
}
