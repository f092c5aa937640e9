/* Bringing a machine's software up: the host, a virtual machine, the driver under test, the DMA domain
 * and the benchmark, each from its keys. See world.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine/device.h"
#include "machine/world.h"
#include "smmu/ecmdq.h"
#include "smmu/err.h"

enum { GUEST_SID = 0x10 };

static void boot_host(void *world)
{
  struct machine_world *w = world;
  const struct machine_config *cfg = w->cfg;
  bool has_cmdqv = machine_get(cfg, MACHINE_KEY_QUEUE) == MACHINE_QUEUE_VCMDQ;
  struct iommufd_host_options options = {
    .driver = { .smmu = PLAT_SMMU_BASE,
                .cmdqv = has_cmdqv ? PLAT_CMDQV_BASE : 0,
                .cpus = machine_world_vcpus(w),
                .ecmdq = machine_get(cfg, MACHINE_KEY_HOST_ECMDQ),
                .cmdq_log2 = (unsigned)machine_get(cfg, MACHINE_KEY_HOST_CMDQ) }
  };

  if (!machine_get(cfg, MACHINE_KEY_HOST_RIL))
    options.driver.without |= DRV_WITHOUT_RIL;
  if (!machine_get(cfg, MACHINE_KEY_HOST_MSI))
    options.driver.without |= DRV_WITHOUT_MSI_POLL;
  machine_world_leave(w, iommufd_host_create(&w->host, plat_board_host(w->board), &options),
                      "the host's boot");
}

static enum iommufd_memory_kind backing_of(const struct machine_config *cfg)
{
  switch (machine_get(cfg, MACHINE_KEY_BACKING)) {
  case MACHINE_BACKING_CONTIGUOUS: return IOMMUFD_MEMORY_CONTIGUOUS;
  case MACHINE_BACKING_SCATTERED: return IOMMUFD_MEMORY_SCATTERED;
  default: return IOMMUFD_MEMORY_HUGE;
  }
}

/* Without device.ats the device has no ATC, whatever the SMMU could do. */
static void (*ats_of(const struct machine_config *cfg))(void *world, bool on)
{
  return machine_get(cfg, MACHINE_KEY_ATS) ? machine_dma_set_ats : NULL;
}

static void boot_vm(void *world)
{
  struct machine_world *w = world;
  const struct machine_config *cfg = w->cfg;
  struct vmm_config config = {
    .board = w->board,
    .host = w->host,
    .ram_bytes = machine_get(cfg, MACHINE_KEY_VM_RAM),
    .backing = backing_of(cfg),
    .backing_seed = machine_get(cfg, MACHINE_KEY_BACKING_SEED),
    .vcpus = machine_world_vcpus(w),
    .irq_line = SMMU_SIGNAL_COUNT,
    .devices = 1,
    .device = { { MACHINE_HOST_SID, GUEST_SID, ats_of(cfg), w } },
    .ats = machine_get(cfg, MACHINE_KEY_ATS),
    .ril = machine_get(cfg, MACHINE_KEY_GUEST_RIL),
    .cmdqv = machine_get(cfg, MACHINE_KEY_QUEUE) == MACHINE_QUEUE_VCMDQ,
    .lvcmdqs = (unsigned)machine_get(cfg, MACHINE_KEY_LVCMDQS),
    .policy = machine_get(cfg, MACHINE_KEY_INVALIDATE) == MACHINE_INVALIDATE_BATCH
                ? VMM_POLICY_BATCH
                : VMM_POLICY_PER_COMMAND,
    .lock_switch_permille = (uint32_t)machine_get(cfg, MACHINE_KEY_LOCK_SWITCH)
  };

  for (unsigned i = 0; i < config.vcpus; i++)
    config.vcpu_cpu[i] = i;
  machine_world_leave(w, vmm_create(&w->vm, &config, w->why, sizeof(w->why)),
                      "making the virtual machine");
}

/* The driver under test: a guest's, or the only one of a bare machine. */
static void boot_driver(void *world)
{
  struct machine_world *w = world;
  const struct machine_config *cfg = w->cfg;
  bool bare = machine_world_is_bare(w);
  struct drv_options options = {
    .smmu = PLAT_SMMU_BASE,
    .cmdqv = machine_get(cfg, MACHINE_KEY_QUEUE) == MACHINE_QUEUE_VCMDQ ? PLAT_CMDQV_BASE : 0,
    .cpus = machine_world_vcpus(w),
    .cmdq_log2 = (unsigned)machine_get(cfg, bare ? MACHINE_KEY_HOST_CMDQ : MACHINE_KEY_GUEST_CMDQ),
    .ecmdq = bare && machine_get(cfg, MACHINE_KEY_HOST_ECMDQ),
    .broadcast = bare && machine_get(cfg, MACHINE_KEY_HOST_TLBI) == MACHINE_TLBI_BROADCAST,
    .guest = !bare
  };
  struct dma_config dma = { .sid = bare ? MACHINE_HOST_SID : GUEST_SID,
                            .cpus = machine_world_vcpus(w),
                            .set_ats = ats_of(cfg),
                            .arg = w,
                            .lazy = machine_get(cfg, MACHINE_KEY_DMA) == MACHINE_DMA_LAZY };

  if (!machine_get(cfg, bare ? MACHINE_KEY_HOST_RIL : MACHINE_KEY_GUEST_RIL))
    options.without |= DRV_WITHOUT_RIL;
  if (bare && !machine_get(cfg, MACHINE_KEY_HOST_MSI))
    options.without |= DRV_WITHOUT_MSI_POLL;
  machine_world_leave(w, drv_probe(&w->drv, w->plat, &options), "the driver's probe");
  if (w->error == 0) {
    dma.drv = w->drv;
    machine_world_leave(w, dma_create(&w->dma, &dma), "making the DMA domain");
  }
}

static int create_benchmark(struct machine_world *w)
{
  uint64_t limit = machine_get(w->cfg, MACHINE_KEY_LIMIT), now = plat_board_time(w->board);
  struct benchmark_config config = {
    .plat = w->plat,
    .dma = w->dma,
    .api = w->software ? &w->software->api : NULL,
    .threads = (unsigned)machine_get(w->cfg, MACHINE_KEY_THREADS),
    .pages = (unsigned)(machine_get(w->cfg, MACHINE_KEY_GRANULE) / 4096),
    .direction = (unsigned)machine_get(w->cfg, MACHINE_KEY_DIRECTION),
    .transfer_ps = machine_get(w->cfg, MACHINE_KEY_TRANSFER),
    .access = machine_get(w->cfg, MACHINE_KEY_DMA_TRAFFIC) ? machine_dma_access : NULL,
    .arg = w,
    .late = machine_get(w->cfg, MACHINE_KEY_DMA_LATE),
    .warmup = machine_get(w->cfg, MACHINE_KEY_WARMUP),
    .turns = machine_get(w->cfg, MACHINE_KEY_LOOPS),
  };
  int error;

  if (limit && now >= limit)
    return machine_world_reached_limit(w);
  config.duration_ps = limit ? limit - now : 0;
  error = benchmark_create(&w->benchmark, &config);
  if (error == 0)
    return SMMU_OK;
  snprintf(w->err->text, sizeof(w->err->text), "the benchmark: %s", strerror(-error));
  return error == -ENOMEM ? SMMU_ERR_NOMEM : SMMU_ERR_BADCFG;
}

static void boot_software(void *world)
{
  struct machine_world *w = world;
  bool bare = machine_world_is_bare(w);
  bool cmdqv = machine_get(w->cfg, MACHINE_KEY_QUEUE) == MACHINE_QUEUE_VCMDQ;
  struct smmu_config device;
  struct machine_stand stand = {
    .plat = w->plat,
    .board = w->board,
    .cpus = machine_world_vcpus(w),
    .sid = bare ? MACHINE_HOST_SID : GUEST_SID,
    .ram_base = bare ? PLAT_RAM_BASE : VMM_RAM_BASE,
    .ram_bytes = machine_get(w->cfg, bare ? MACHINE_KEY_HOST_RAM : MACHINE_KEY_VM_RAM),
    .ram_pa = bare ? PLAT_RAM_BASE : vmm_host_address(w->vm, VMM_RAM_BASE),
    .cmdqv_bytes = cmdqv ? VMM_CMDQV_WINDOW : 0,
  };

  machine_device_config(w->cfg, &device);
  stand.smmu_bytes = bare ? smmu_mmio_bytes(&device) : VMM_SMMU_WINDOW;
  stand.ram = (uint8_t *)w->ram + (stand.ram_pa - PLAT_RAM_BASE);
  w->booted = true;
  machine_world_leave(w, w->software->boot(w->software->ctx, &stand), "the software's boot");
}

int machine_world_boot(struct machine_world *w)
{
  int rc = SMMU_OK;

  w->plat = plat_board_host(w->board);
  if (!machine_world_is_bare(w)) {
    rc = machine_world_on_host(w, boot_host);
    if (rc == SMMU_OK)
      rc = machine_world_on_host(w, boot_vm);
    if (rc != SMMU_OK)
      return rc;
    w->plat = vmm_guest_plat(w->vm);
    w->observer.world[1] = w->plat->ctx;
  }
  w->observer.subject = w->plat->ctx;
  rc = machine_world_on_subject(w, w->software ? boot_software : boot_driver);
  return rc == SMMU_OK ? create_benchmark(w) : rc;
}
