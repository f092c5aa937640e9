/* A whole world for tests. */
#include "e2e.h"

#include <stdio.h>
#include <string.h>

#include "arch/regs.h"
#include "smmu/cmdqv.h"
#include "util/check.h"

#define BOARD_RAM (128ULL << 20)

const char *const e2e_engines[2] = { "now", "timed" };

void e2e_begin(struct e2e *e2e, int engine)
{
  memset(e2e, 0, sizeof *e2e);
  e2e->spec = (struct e2e_spec){ .engine = engine,
                                 .vms = 1,
                                 .vcpus = 2,
                                 .lvcmdqs = 4,
                                 .sid0 = E2E_SID0,
                                 .backing_seed = 1,
                                 .ram_bytes = 32ULL << 20,
                                 .backing = IOMMUFD_MEMORY_HUGE };
}

/* ---- making ---- */

static void keep_log(void *ctx, unsigned cpu, uint64_t time, const void *platform, const char *line)
{
  struct e2e *e2e = ctx;

  (void)cpu;
  (void)time;
  (void)platform;
  e2e->logs++;
  snprintf(e2e->last_log, sizeof e2e->last_log, "%s", line);
}

static struct plat_device make_device(struct e2e *e2e, const struct smmu_config *config)
{
  struct timed_profile profile;
  struct engine_timed_options options = { .device = config,
                                          .profile = &profile,
                                          .bus = engine_memory_bus(e2e->memory),
                                          .seed = e2e->spec.seed };
  struct plat_device device;

  timed_profile_neutral(&profile);
  if (e2e->spec.profile)
    profile = *e2e->spec.profile;
  if (e2e->spec.engine == E2E_NOW)
    CHECK(plat_device_now(&device, config, e2e->memory, e2e->spec.seed) == 0);
  else
    CHECK(plat_device_timed(&device, &options) == 0);
  return device;
}

static void make_board(struct e2e *e2e)
{
  struct plat_board_config config = { .cpus = 1 + E2E_VMS * E2E_VCPUS,
                                      .irq_lines = SMMU_SIGNAL_COUNT + E2E_VMS * VMM_IRQ_LINES,
                                      .ram_bytes = BOARD_RAM,
                                      .seed = e2e->spec.seed,
                                      .memory = NULL };
  struct smmu_config smmu;
  struct plat_device device;

  CHECK(engine_memory_create(&e2e->memory, ENGINE_HOLE_ZERO) == 0);
  smmu_config_neutral(&smmu);
  if (e2e->spec.ats)
    smmu.idr[0] |= (uint32_t)MASK(IDR0, ATS);
  if (e2e->spec.host_without_ril)
    smmu.idr[3] &= ~(uint32_t)MASK(IDR3, RIL);
  if (e2e->spec.cmdqv || e2e->spec.host_cmdqv)
    smmu_config_set_cmdqv(&smmu, 4, 4 * e2e->spec.lvcmdqs);
  device = make_device(e2e, &smmu);
  config.memory = e2e->memory;
  plat_costs_neutral(&config.costs);
  if (e2e->spec.costs)
    config.costs = *e2e->spec.costs;
  CHECK(plat_board_create(&e2e->board, &config, &device) == 0);
  e2e->watch.ctx = e2e;
  e2e->watch.log = keep_log;
  plat_board_set_watch(e2e->board, &e2e->watch);
}

static void set_ats(void *arg, bool on)
{
  struct e2e *e2e = arg;

  e2e->ats_on += on;
  e2e->ats_off += !on;
}

static void on_event0(void *arg, const uint64_t words[4])
{
  struct e2e *e2e = arg;

  e2e->guest_events[0]++;
  memcpy(e2e->guest_event[0], words, sizeof e2e->guest_event[0]);
}

static void on_event1(void *arg, const uint64_t words[4])
{
  struct e2e *e2e = arg;

  e2e->guest_events[1]++;
  memcpy(e2e->guest_event[1], words, sizeof e2e->guest_event[1]);
}

uint32_t e2e_host_sid(unsigned vm, unsigned device)
{
  return 16 + 2 * vm + device;
}

static void make_vm(struct e2e *e2e, unsigned v)
{
  struct vmm_config config = { .board = e2e->board,
                               .host = e2e->host,
                               .ram_bytes = e2e->spec.ram_bytes,
                               .backing = e2e->spec.backing,
                               .backing_seed = e2e->spec.backing_seed,
                               .vcpus = e2e->spec.vcpus,
                               .irq_line = SMMU_SIGNAL_COUNT + v * VMM_IRQ_LINES,
                               .devices = E2E_DEVICES,
                               .device = { { e2e_host_sid(v, 0), E2E_SID0, set_ats, e2e },
                                           { e2e_host_sid(v, 1), E2E_SID1, set_ats, e2e } },
                               .ats = e2e->spec.ats,
                               .ril = e2e->spec.ril,
                               .cmdqv = e2e->spec.cmdqv,
                               .policy = e2e->spec.policy,
                               .lock_switch_permille = e2e->spec.switch_permille };
  char why[160] = "";
  int err;

  for (unsigned i = 0; i < config.vcpus; i++)
    config.vcpu_cpu[i] = 1 + v * E2E_VCPUS + i;
  err = vmm_create(&e2e->vm[v], &config, why, sizeof why);
  EXPECT_EQ(err, 0);
  EXPECT_STREQ(why, "");
}

static void make_host(struct e2e *e2e)
{
  struct iommufd_host_options options = { .driver = { .smmu = PLAT_SMMU_BASE,
                                                      .cpus = 1 + E2E_VMS * E2E_VCPUS } };

  if (e2e->spec.cmdqv || e2e->spec.host_cmdqv)
    options.driver.cmdqv = PLAT_CMDQV_BASE;
  EXPECT_EQ(iommufd_host_create(&e2e->host, plat_board_host(e2e->board), &options), 0);
  if (!e2e->host)
    return;
  for (unsigned v = 0; v < e2e->spec.vms; v++)
    make_vm(e2e, v);
}

static int start_vcpu(void *machine, unsigned cpu, void (*program)(void *arg), void *arg)
{
  return vmm_vcpu_start(machine, cpu, program, arg);
}

static void make_guest(struct e2e *e2e, unsigned v)
{
  struct guest_config config = { .plat = vmm_guest_plat(e2e->vm[v]),
                                 .cpus = e2e->spec.vcpus,
                                 .start = start_vcpu,
                                 .machine = e2e->vm[v],
                                 .driver = { .smmu = PLAT_SMMU_BASE,
                                             .bypass_vcmdq = e2e->spec.bypass_vcmdq,
                                             .event = v ? on_event1 : on_event0,
                                             .arg = e2e },
                                 .devices = E2E_DEVICES,
                                 .set_ats = set_ats,
                                 .ats_arg = e2e,
                                 .sid = { e2e->spec.sid0, E2E_SID1 },
                                 .lazy = e2e->spec.lazy };

  if (e2e->spec.cmdqv)
    config.driver.cmdqv = PLAT_CMDQV_BASE;
  EXPECT_EQ(guest_create(&e2e->guest[v], &config), 0);
}

void e2e_make(struct e2e *e2e)
{
  make_board(e2e);
  e2e_host(e2e, make_host);
  for (unsigned v = 0; v < e2e->spec.vms; v++) {
    if (e2e->vm[v])
      make_guest(e2e, v);
  }
}

/* CPU 0 of the kernel is CPU 0 of the board. */
static int start_cpu(void *machine, unsigned cpu, void (*program)(void *arg), void *arg)
{
  return plat_cpu_start(machine, cpu, program, arg);
}

void e2e_make_bare(struct e2e *e2e)
{
  struct guest_config config = { .cpus = 1 + E2E_VMS * E2E_VCPUS,
                                 .start = start_cpu,
                                 .driver = { .smmu = PLAT_SMMU_BASE,
                                             .bypass_vcmdq = e2e->spec.bypass_vcmdq,
                                             .without = e2e->spec.ril ? 0 : DRV_WITHOUT_RIL,
                                             .event = on_event0,
                                             .arg = e2e },
                                 .devices = E2E_DEVICES,
                                 .set_ats = set_ats,
                                 .ats_arg = e2e,
                                 .sid = { e2e_host_sid(0, 0), e2e_host_sid(0, 1) },
                                 .lazy = e2e->spec.lazy };

  make_board(e2e);
  if (e2e->spec.cmdqv)
    config.driver.cmdqv = PLAT_CMDQV_BASE;
  config.plat = plat_board_host(e2e->board);
  config.machine = e2e->board;
  EXPECT_EQ(guest_create(&e2e->guest[0], &config), 0);
}

/* ---- running ---- */

void e2e_run(struct e2e *e2e)
{
  char why[512] = "";

  EXPECT_EQ(plat_board_run(e2e->board, why, sizeof why), 0);
  EXPECT_STREQ(why, "");
}

struct host_program {
  struct e2e *e2e;
  void (*program)(struct e2e *e2e);
};

static void run_host_program(void *arg)
{
  struct host_program *p = arg;

  p->program(p->e2e);
}

void e2e_host(struct e2e *e2e, void (*program)(struct e2e *e2e))
{
  struct host_program p = { e2e, program };

  EXPECT_EQ(plat_cpu_start(e2e->board, 0, run_host_program, &p), 0);
  e2e_run(e2e);
}

void e2e_guest(struct e2e *e2e, unsigned vm, void (*program)(struct guest *guest, void *e2e))
{
  EXPECT_EQ(guest_power_on(e2e->guest[vm], program, e2e), 0);
  e2e_run(e2e);
  EXPECT_EQ(guest_error(e2e->guest[vm]), 0);
}

struct smmu_result e2e_dma(struct e2e *e2e, unsigned vm, unsigned device, uint64_t addr, bool write)
{
  struct smmu_txn txn = { .addr = addr, .sid = e2e_host_sid(vm, device), .write = write };
  struct smmu_result result;

  plat_board_translate(e2e->board, &txn, &result);
  return result;
}

/* ---- counts ---- */

struct e2e_counts e2e_counts(struct e2e *e2e, unsigned vm)
{
  struct e2e_counts c = { 0 };

  if (e2e->vm[vm])
    vmm_get_counts(e2e->vm[vm], &c.vm);
  if (e2e->host)
    drv_get_counts(iommufd_host_drv(e2e->host), &c.host);
  if (guest_drv(e2e->guest[vm]))
    drv_get_counts(guest_drv(e2e->guest[vm]), &c.guest);
  return c;
}

/* All three are made of 64-bit counters alone. */
struct e2e_counts e2e_since(struct e2e *e2e, unsigned vm, const struct e2e_counts *before)
{
  struct e2e_counts now = e2e_counts(e2e, vm);
  uint64_t *a = (uint64_t *)(void *)&now;
  const uint64_t *b = (const uint64_t *)(const void *)before;

  for (size_t i = 0; i < sizeof now / sizeof *a; i++)
    a[i] -= b[i];
  return now;
}

/* ---- the end ---- */

static void destroy_all(struct e2e *e2e)
{
  for (unsigned v = 0; v < E2E_VMS; v++)
    vmm_destroy(e2e->vm[v]);
  iommufd_host_destroy(e2e->host);
}

void e2e_end(struct e2e *e2e)
{
  if (!e2e->board)
    return;
  e2e->watch.note = NULL; /* what the test gave may be gone */
  plat_board_set_watch(e2e->board, &e2e->watch);
  for (unsigned v = 0; v < E2E_VMS; v++)
    guest_destroy(e2e->guest[v]);
  if (e2e->host)
    e2e_host(e2e, destroy_all);
  if (e2e->check_ram) {
    uint64_t addr;

    EXPECT_EQ(plat_dma_alloc(plat_board_host(e2e->board), BOARD_RAM, 1 << 16, &addr), 0);
  }
  plat_board_destroy(e2e->board);
  engine_memory_destroy(e2e->memory);
}
