/* The guest's devices: bound to the VM's iommufd, and attached to what the guest's Stream table
 * says. An STE that aborts or bypasses takes one of two HWPTs that are kept; one with stage 1
 * gets a nested HWPT of its own. Left out: two stages of the guest. */
#include "host_sim/vmm_state.h"

#include <errno.h>

#include "arch/ste.h"
#include "util/bits.h"

enum { STE_BYTES = 64, CONFIG_ABORT_MAX = 3, CONFIG_BYPASS = 4, CONFIG_S1 = 5 };

/* ---- creation ---- */

static int nested_alloc(struct vmm *vm, uint32_t dev_id, const uint64_t ste[2], uint32_t *hwpt)
{
  struct iommu_hwpt_arm_smmuv3 data = { { ste[0], ste[1] } };
  struct iommu_hwpt_alloc alloc = { .size = sizeof alloc,
                                    .dev_id = dev_id,
                                    .pt_id = vm->viommu,
                                    .data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
                                    .data_len = sizeof data,
                                    .data_uptr = { &data, sizeof data } };
  int err = vmm_ioctl(vm, IOMMUFD_NR_HWPT_ALLOC, &alloc);

  if (err == 0)
    *hwpt = alloc.out_hwpt_id;
  return err;
}

static int bind_all(struct vmm *vm)
{
  for (unsigned i = 0; i < vm->config.devices; i++) {
    struct vmm_stream *s = &vm->stream[i];
    struct iommufd_device device = { .sid = vm->config.device[i].host_sid,
                                     .coherent = true,
                                     .set_ats = vm->config.device[i].set_ats,
                                     .arg = vm->config.device[i].arg };
    int err;

    s->id = vm->config.device[i];
    err = iommufd_bind(vm->f, &device, &s->dev_id);
    if (err)
      return err;
  }
  return 0;
}

static int map_ram(struct vmm *vm)
{
  struct iommu_ioas_alloc ioas = { .size = sizeof ioas };
  int err = vmm_ioctl(vm, IOMMUFD_NR_IOAS_ALLOC, &ioas);
  struct iommu_ioas_map map = { .size = sizeof map,
                                .flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE |
                                         IOMMU_IOAS_MAP_READABLE,
                                .memory = vm->ram.memory,
                                .length = vm->ram.bytes,
                                .iova = VMM_RAM_BASE };

  if (err)
    return err;
  vm->ioas = ioas.out_ioas_id;
  map.ioas_id = vm->ioas;
  return vmm_ioctl(vm, IOMMUFD_NR_IOAS_MAP, &map);
}

static int make_parent(struct vmm *vm)
{
  struct iommu_hwpt_alloc alloc = { .size = sizeof alloc,
                                    .flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
                                    .dev_id = vm->stream[0].dev_id,
                                    .pt_id = vm->ioas };
  int err = vmm_ioctl(vm, IOMMUFD_NR_HWPT_ALLOC, &alloc);

  vm->parent = alloc.out_hwpt_id;
  return err;
}

static int make_viommu(struct vmm *vm)
{
  struct iommu_viommu_tegra241_cmdqv vintf = { 0 };
  struct iommu_viommu_alloc alloc = { .size = sizeof alloc,
                                      .type = IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
                                      .dev_id = vm->stream[0].dev_id,
                                      .hwpt_id = vm->parent };
  int err;

  if (vm->cmdqv.present) {
    alloc.type = IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV;
    alloc.data_len = sizeof vintf;
    alloc.data_uptr = (struct iommufd_user){ &vintf, sizeof vintf };
  }
  err = vmm_ioctl(vm, IOMMUFD_NR_VIOMMU_ALLOC, &alloc);
  vm->viommu = alloc.out_viommu_id;
  if (err || !vm->cmdqv.present)
    return err;
  return iommufd_mmap(vm->f, vintf.out_vintf_mmap_offset, vintf.out_vintf_mmap_length,
                      IOMMUFD_MMAP_READ | IOMMUFD_MMAP_WRITE | IOMMUFD_MMAP_SHARED,
                      &vm->cmdqv.page0);
}

static int make_kept(struct vmm *vm)
{
  uint64_t ste[2] = { 0 };
  int err;

  FPUT(STE, V, ste, 1);
  err = nested_alloc(vm, vm->stream[0].dev_id, ste, &vm->hwpt_abort);
  if (err)
    return err;
  FPUT(STE, Config, ste, CONFIG_BYPASS);
  return nested_alloc(vm, vm->stream[0].dev_id, ste, &vm->hwpt_bypass);
}

int vmm_devices_create(struct vmm *vm, const char **step)
{
  static const struct {
    const char *name;
    int (*make)(struct vmm *vm);
  } steps[] = {
    { "bind a device", bind_all },      { "use the host's CMDQV", vmm_cmdqv_probe },
    { "map guest RAM", map_ram },       { "make stage 2", make_parent },
    { "make the vIOMMU", make_viommu }, { "make abort and bypass", make_kept },
  };

  for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
    int err = steps[i].make(vm);

    *step = steps[i].name;
    if (err)
      return err;
  }
  *step = "attach the devices";
  return vmm_devices_refresh(vm);
}

struct vmm_stream *vmm_device_find(struct vmm *vm, uint32_t guest_sid)
{
  for (unsigned i = 0; i < vm->config.devices; i++) {
    if (vm->stream[i].id.guest_sid == guest_sid)
      return &vm->stream[i];
  }
  return NULL;
}

/* ---- the guest's STE ---- */

/* Where the guest has the STE of a StreamID; false: nowhere. */
static bool ste_address(struct vmm *vm, uint32_t sid, uint64_t *ste)
{
  uint64_t base = vm->smmu.reg[R_STRTAB_BASE] & MASK(STRTAB_BASE, ADDR);
  uint64_t cfg = vm->smmu.reg[R_STRTAB_BASE_CFG], l1std = 0;
  unsigned log2size = (unsigned)GET(STRTAB_BASE_CFG, LOG2SIZE, cfg);
  unsigned split = (unsigned)GET(STRTAB_BASE_CFG, SPLIT, cfg);

  if (log2size > GET(IDR1, SIDSIZE, vm->smmu.reg[R_IDR1]))
    log2size = (unsigned)GET(IDR1, SIDSIZE, vm->smmu.reg[R_IDR1]);
  if (sid >= 1ULL << log2size)
    return false;
  switch (GET(STRTAB_BASE_CFG, FMT, cfg)) {
  case 0: *ste = align_down_log2(base, log2size + 6) + (uint64_t)sid * STE_BYTES; return true;
  case 1: break;
  default: return false;
  }
  if (split != 8 && split != 10)
    split = 6;
  if (log2size > split)
    base = align_down_log2(base, log2size - split + 3);
  return vmm_ram_load(vm, base + (uint64_t)(sid >> split) * 8, &l1std, 1) &&
         smmu_l1std_lookup(l1std, sid, split, ste);
}

/* What the host takes from a guest: V, Config, S1Fmt, S1ContextPtr below 2^52, S1CDMax; S1DSS,
 * S1CIR, S1COR, S1CSH, S1STALLD; and EATS, which means nothing to a guest without ATS. */
static void keep_allowed(const struct vmm *vm, uint64_t ste[2])
{
  uint64_t eats = vm->config.ats ? FGET(STE, EATS, ste) : 0;

  ste[0] &= bits_mask(51, 0) | MASK(STE, S1CDMax);
  ste[1] &= bits_mask(7, 0) | bits_mask(STE_S1STALLD_HI % 64, STE_S1STALLD_LO % 64);
  FPUT(STE, EATS, ste, eats);
}

/* ---- installing ---- */

static int attach(struct vmm *vm, struct vmm_stream *s, uint32_t hwpt)
{
  uint32_t id = hwpt;
  int err = s->at == hwpt ? 0 : iommufd_attach(vm->f, s->dev_id, &id);

  if (err)
    return err;
  s->at = hwpt;
  if (s->s1_hwpt && s->s1_hwpt != hwpt) {
    vmm_destroy_object(vm, s->s1_hwpt);
    s->s1_hwpt = 0;
  }
  return 0;
}

static int attach_stage1(struct vmm *vm, struct vmm_stream *s, const uint64_t ste[2])
{
  uint32_t old = s->s1_hwpt, new = 0;
  int err = nested_alloc(vm, s->dev_id, ste, &new);

  if (err)
    return err;
  s->s1_hwpt = 0; /* attach() must not take the old one away before the new one is in place */
  err = attach(vm, s, new);
  s->s1_hwpt = err ? old : new;
  vmm_destroy_object(vm, err ? new : old);
  return err;
}

static int need_vdevice(struct vmm *vm, struct vmm_stream *s)
{
  struct iommu_vdevice_alloc alloc = {
    .size = sizeof alloc, .viommu_id = vm->viommu, .dev_id = s->dev_id, .virt_id = s->id.guest_sid
  };
  int err = s->vdevice ? 0 : vmm_ioctl(vm, IOMMUFD_NR_VDEVICE_ALLOC, &alloc);

  if (err == 0 && s->vdevice == 0)
    s->vdevice = alloc.out_vdevice_id;
  return err;
}

static int install_gbpa(struct vmm *vm, struct vmm_stream *s)
{
  bool abort = GET(GBPA, ABORT, vm->smmu.reg[R_GBPA]);

  return attach(vm, s, abort ? vm->hwpt_abort : vm->hwpt_bypass);
}

static int install(struct vmm *vm, struct vmm_stream *s)
{
  uint64_t address = 0, ste[2] = { 0 };
  unsigned config;
  int err;

  if (!GET(CR0, SMMUEN, vm->smmu.reg[R_CR0]))
    return install_gbpa(vm, s);
  if (!ste_address(vm, s->id.guest_sid, &address) || !vmm_ram_load(vm, address, ste, 2) ||
      !FGET(STE, V, ste))
    return attach(vm, s, vm->hwpt_abort);
  config = (unsigned)FGET(STE, Config, ste);
  if (config == CONFIG_BYPASS)
    return attach(vm, s, vm->hwpt_bypass);
  if (config != CONFIG_S1)
    return attach(vm, s, vm->hwpt_abort);
  keep_allowed(vm, ste);
  err = need_vdevice(vm, s);
  return err ? err : attach_stage1(vm, s, ste);
}

int vmm_devices_install(struct vmm *vm, uint32_t first, uint32_t last)
{
  int err = 0;

  for (unsigned i = 0; i < vm->config.devices; i++) {
    struct vmm_stream *s = &vm->stream[i];
    int failed = 0;

    if (s->id.guest_sid >= first && s->id.guest_sid <= last) {
      failed = need_vdevice(vm, s);
      failed = failed ? failed : install(vm, s);
    }
    err = err ? err : failed;
  }
  return err;
}

int vmm_devices_refresh(struct vmm *vm)
{
  int err = 0;

  for (unsigned i = 0; i < vm->config.devices; i++) {
    int failed = install(vm, &vm->stream[i]);

    err = err ? err : failed;
  }
  return err;
}
