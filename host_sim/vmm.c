/* A VM as a whole: its configuration is judged, its parts are made and unmade, its counts told. */
#include "host_sim/vmm_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/bits.h"

#define RAM_UNIT (2ULL << 20)
#define RAM_MAX  (64ULL << 30)

/* ---- the configuration ---- */

static int refuse(char *why, size_t len, const char *text)
{
  if (why && len)
    snprintf(why, len, "%s", text);
  return -EINVAL;
}

static bool vcpus_differ(const struct vmm_config *c)
{
  for (unsigned i = 0; i < c->vcpus; i++) {
    for (unsigned k = 0; k < i; k++) {
      if (c->vcpu_cpu[i] == c->vcpu_cpu[k])
        return false;
    }
  }
  return true;
}

static bool devices_differ(const struct vmm_config *c)
{
  for (unsigned i = 0; i < c->devices; i++) {
    if (c->device[i].guest_sid >= 1u << 16)
      return false;
    for (unsigned k = 0; k < i; k++) {
      if (c->device[i].guest_sid == c->device[k].guest_sid)
        return false;
    }
  }
  return true;
}

static int check(const struct vmm_config *c, char *why, size_t len)
{
  const struct drv_features *host = drv_get_features(iommufd_host_drv(c->host));

  if (c->ram_bytes % RAM_UNIT != 0 || c->ram_bytes == 0 || c->ram_bytes > RAM_MAX)
    return refuse(why, len, "ram_bytes is not a multiple of 2 MB from 2 MB to 64 GB");
  if (c->vcpus < 1 || c->vcpus > VMM_VCPUS_MAX || !vcpus_differ(c))
    return refuse(why, len, "vcpus is not 1 to 64, or two of them share a CPU");
  if (c->irq_line < SMMU_SIGNAL_COUNT)
    return refuse(why, len, "irq_line is one of the device's own lines");
  if (c->devices > VMM_DEVICES_MAX || !devices_differ(c))
    return refuse(why, len, "more than 16 devices, or a guest_sid above 16 bits or used twice");
  if (c->cmdqs_log2 > 19)
    return refuse(why, len, "cmdqs_log2 is above 19");
  if (c->ats && !host->ats)
    return refuse(why, len, "ats: the host has none");
  if (c->ril && !host->ril)
    return refuse(why, len, "ril: the host cannot invalidate by range");
  if (c->devices > 0 && !host->nested)
    return refuse(why, len, "devices: the host cannot nest stages");
  if (c->cmdqv && (c->devices == 0 || !host->cmdqv))
    return refuse(why, len, "cmdqv: no device, or a host without CMDQV");
  if (c->lvcmdqs != 0 && (!is_power_of_two(c->lvcmdqs) || c->lvcmdqs < 2))
    return refuse(why, len, "lvcmdqs is not a power of two from 2 on");
  return 0;
}

/* ---- calls ---- */

int vmm_ioctl(struct vmm *vm, enum iommufd_nr nr, void *arg)
{
  return iommufd_ioctl(vm->f, nr, arg);
}

void vmm_destroy_object(struct vmm *vm, uint32_t id)
{
  struct iommu_destroy call = { .size = sizeof call, .id = id };

  if (id != 0)
    (void)vmm_ioctl(vm, IOMMUFD_NR_DESTROY, &call);
}

static int hw_info(struct vmm *vm, unsigned type, void *data, uint32_t bytes)
{
  struct iommu_hw_info call = { .size = sizeof call,
                                .flags = IOMMU_HW_INFO_FLAG_INPUT_TYPE,
                                .dev_id = vm->stream[0].dev_id,
                                .data_len = bytes,
                                .data_uptr = { data, bytes },
                                .in_data_type = type };

  return vmm_ioctl(vm, IOMMUFD_NR_GET_HW_INFO, &call);
}

/* ---- making ---- */

/* What the host's driver knows of its SMMU is what GET_HW_INFO tells of a device behind it. */
static void make_smmu(struct vmm *vm)
{
  struct iommu_hw_info_arm_smmuv3 host = { 0 };
  const struct drv_features *features = drv_get_features(iommufd_host_drv(vm->config.host));

  memcpy(host.idr, features->idr, sizeof host.idr);
  vmm_smmu_create(vm, &host);
  vmm_smmu_reset(vm);
}

int vmm_cmdqv_probe(struct vmm *vm)
{
  struct iommu_hw_info_tegra241_cmdqv info = { 0 };
  struct vmm_cmdqv *c = &vm->cmdqv;
  int err;

  if (!c->present)
    return 0;
  err = hw_info(vm, IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV, &info, sizeof info);
  if (err)
    return err;
  if (info.version != 1 || info.log2vcmdqs < 1 || info.log2vsids < 4)
    return -EINVAL;
  c->lvcmdqs = vm->config.lvcmdqs ? vm->config.lvcmdqs : 1u << info.log2vcmdqs;
  if (c->lvcmdqs > 1u << info.log2vcmdqs || c->lvcmdqs > VMM_LVCMDQS_MAX)
    return -EINVAL;
  c->sids_log2 = info.log2vsids;
  c->param = (uint32_t)PUT(CMDQV_PARAM, VER, 0ULL, 1);
  c->param = (uint32_t)PUT(CMDQV_PARAM, NUM_CMDQ_LOG2, c->param, log2_ceil(c->lvcmdqs));
  c->param = (uint32_t)PUT(CMDQV_PARAM, NUM_SID_PER_VI_LOG2, c->param, c->sids_log2);
  return 0;
}

static int make_parts(struct vmm *vm, char *why, size_t len)
{
  const char *step = "open iommufd";
  int err = iommufd_open(vm->config.host, &vm->f);

  if (err == 0) {
    step = "take memory";
    err = vmm_ram_create(&vm->ram, &vm->config);
  }
  if (err == 0) {
    step = "take its interrupt lines";
    err = plat_irq_handler(vm->host, vm->config.irq_line + VMM_EVENT_LINE, vmm_event_thread, vm);
  }
  if (err == 0 && vm->config.devices > 0)
    err = vmm_devices_create(vm, &step);
  if (err && why && len && why[0] == 0)
    snprintf(why, len, "cannot %s: errno %d", step, -err);
  return err;
}

int vmm_create(struct vmm **out, const struct vmm_config *config, char *why, size_t why_len)
{
  struct vmm *vm;
  int err;

  *out = NULL;
  if (why && why_len)
    why[0] = 0;
  err = check(config, why, why_len);
  if (err)
    return err;
  vm = calloc(1, sizeof *vm);
  if (vm == NULL)
    return -ENOMEM;
  vm->config = *config;
  vm->board = config->board;
  vm->host = iommufd_host_plat(config->host);
  vm->lock.board = config->board;
  vm->lock.switch_permille = config->lock_switch_permille;
  if (vm->config.cmdqs_log2 == 0)
    vm->config.cmdqs_log2 = config->backing == IOMMUFD_MEMORY_SCATTERED ? 8 : 17;
  vm->cmdqv.present = config->cmdqv;
  vmm_guest_create(vm);
  make_smmu(vm);
  err = make_parts(vm, why, why_len);
  if (err == 0 && vm->cmdqv.present)
    err = vmm_event_open(vm, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV);
  if (err) {
    vmm_destroy(vm);
    return err;
  }
  vmm_cmdqv_reset(vm);
  *out = vm;
  return 0;
}

void vmm_destroy(struct vmm *vm)
{
  if (vm == NULL)
    return;
  vmm_guest_reset(vm);
  (void)plat_irq_handler(vm->host, vm->config.irq_line + VMM_EVENT_LINE, NULL, NULL);
  for (unsigned type = 0; type < 3; type++) {
    if (vm->event[type].open)
      (void)iommufd_veventq_set_ready(vm->f, vm->event[type].fd, NULL, NULL);
  }
  if (vm->f)
    iommufd_close(vm->f);
  vmm_ram_destroy(&vm->ram);
  free(vm);
}

void vmm_reset(struct vmm *vm)
{
  vmm_guest_reset(vm);
  vmm_lock(vm);
  vmm_cmdqv_reset(vm);
  vmm_smmu_reset(vm);
  if (vmm_devices_refresh(vm) != 0)
    plat_log(vm->host, "vmm: a device could not be reset");
  vmm_ram_reset(&vm->ram);
  vmm_unlock(vm);
}

void vmm_get_counts(const struct vmm *vm, struct vmm_counts *out)
{
  struct iommufd_counts calls;

  iommufd_get_counts(vm->f, &calls);
  *out = vm->counts;
  out->ioctls = 0;
  for (unsigned nr = IOMMUFD_NR_DESTROY; nr < IOMMUFD_NR_END; nr++)
    out->ioctls += calls.calls[nr];
  out->lock_taken = vm->lock.taken;
  out->lock_slept = vm->lock.slept;
  out->lock_moved = vm->lock.switched;
}
