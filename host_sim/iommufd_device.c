/* Devices as VFIO hands them over: bind, attach, detach, unbind; and what their hardware can do.
 * Attach also decides whom the stream's events belong to. Linux: device.c of iommufd,
 * arm-smmu-v3-iommufd.c (behaviour). */
#include <string.h>

#include "arch/regs.h"
#include "host_sim/iommufd_priv.h"
#include "util/bits.h"
#include "util/check.h"

/* ---- bind ---- */

static int bind(struct iommufd *f, const struct iommufd_device *info, uint32_t *dev_id)
{
  struct iommufd_host *host = f->host;
  struct iommufd_bound *device;
  int err;

  for (const struct iommufd_bound *b = host->bound; b; b = b->next) {
    if (b->info.sid == info->sid)
      return -EBUSY;
  }
  device = iommufd_object_new(f, IOMMUFD_OBJECT_DEVICE, sizeof *device);
  if (!device)
    return -ENOMEM;
  device->file = f;
  device->info = *info;
  device->next = host->bound;
  host->bound = device;
  err = drv_attach(f->drv, info->sid, NULL);
  if (!err && info->set_ats && drv_get_features(f->drv)->ats)
    err = drv_enable_ats(f->drv, info->sid, info->set_ats, info->arg);
  if (err) {
    iommufd_device_destroy(f, device);
    iommufd_object_drop(f, &device->object);
    return err;
  }
  device->object.users++; /* VFIO's */
  *dev_id = device->object.id;
  return 0;
}

/* The list of the host loses it, and so does the driver's of those with an ATC. */
void iommufd_device_destroy(struct iommufd *f, struct iommufd_bound *device)
{
  struct iommufd_bound **link = &f->host->bound;

  while (*link != device)
    link = &(*link)->next;
  *link = device->next;
  drv_disable_ats(f->drv, device->info.sid);
}

void iommufd_device_unbind(struct iommufd *f, struct iommufd_bound *device)
{
  iommufd_device_detach(f, device);
  if (device->vdevice) {
    struct iommufd_vdevice *vdevice = device->vdevice;

    iommufd_vdevice_destroy(f, vdevice);
    iommufd_object_bury(f, &vdevice->object);
  }
  device->object.users--;
  CHECK(iommufd_object_destroy(f, &device->object) == 0);
}

/* ---- attach ---- */

void iommufd_device_detach(struct iommufd *f, struct iommufd_bound *device)
{
  struct iommufd_hwpt *hwpt = device->hwpt;

  if (!hwpt)
    return;
  drv_attach(f->drv, device->info.sid, NULL); /* a device that does not answer is logged there */
  device->hwpt = NULL;
  device->events_to = NULL;
  iommufd_hwpt_paging(hwpt)->ioas->msi_users--;
  hwpt->object.users--;
  if (hwpt->automatic)
    iommufd_object_destroy(f, &hwpt->object);
}

/* A nested domain with stage 1 needs the guest's name of the stream; the others only use it. */
static int judge_nested(const struct iommufd_bound *device, const struct iommufd_hwpt *hwpt)
{
  if (device->info.pasids_in_use)
    return -EBUSY;
  if (hwpt->s1 && !(device->vdevice && device->vdevice->viommu == hwpt->viommu))
    return -ENOENT;
  return 0;
}

static int attach_to(struct iommufd *f, struct iommufd_bound *device, struct iommufd_hwpt *hwpt)
{
  struct iommufd_viommu *viommu = hwpt->viommu;
  struct iommufd_hwpt *old = device->hwpt;
  int err = viommu ? judge_nested(device, hwpt) : 0;

  if (!err)
    err = iommufd_ioas_reserve_msi(iommufd_hwpt_paging(hwpt)->ioas);
  if (err)
    return err;
  hwpt->object.users++;
  err = drv_attach(f->drv, device->info.sid, hwpt->domain);
  if (err) {
    drv_attach(f->drv, device->info.sid, old ? old->domain : NULL);
    iommufd_hwpt_paging(hwpt)->ioas->msi_users--;
    hwpt->object.users--;
    return err;
  }
  device->hwpt = hwpt;
  device->events_to = NULL;
  if (viommu && device->vdevice && device->vdevice->viommu == viommu) {
    device->events_to = viommu;
    device->events_vsid = (uint32_t)device->vdevice->virt_id;
  }
  if (old) {
    iommufd_hwpt_paging(old)->ioas->msi_users--;
    old->object.users--;
    if (old->automatic)
      iommufd_object_destroy(f, &old->object);
  }
  return 0;
}

/* An IOAS named directly gets one automatic HWPT that all such devices share. */
static int attach_ioas(struct iommufd *f, struct iommufd_bound *device, struct iommufd_ioas *ioas,
                       uint32_t *pt_id)
{
  struct iommufd_hwpt *hwpt = ioas->hwpt;
  int err = 0;

  while (hwpt && !hwpt->automatic)
    hwpt = hwpt->next;
  if (!hwpt)
    err = iommufd_hwpt_paging_new(f, ioas, false, true, &hwpt);
  if (err)
    return err;
  err = attach_to(f, device, hwpt);
  if (!err)
    *pt_id = hwpt->object.id;
  else
    iommufd_object_destroy(f, &hwpt->object); /* stays while others use it */
  return err;
}

static int attach(struct iommufd *f, uint32_t dev_id, uint32_t *pt_id)
{
  struct iommufd_bound *device = iommufd_object_get(f, dev_id, IOMMUFD_OBJECT_DEVICE);
  void *whole = iommufd_object_get(f, *pt_id, IOMMUFD_OBJECT_ANY);
  const struct iommufd_object *to = whole;

  if (!device || !to)
    return -ENOENT;
  switch (to->type) {
  case IOMMUFD_OBJECT_IOAS: return attach_ioas(f, device, whole, pt_id);
  case IOMMUFD_OBJECT_PAGING:
  case IOMMUFD_OBJECT_NESTED: return attach_to(f, device, whole);
  default: return -EINVAL;
  }
}

/* ---- the calls of VFIO ---- */

static void enter(struct iommufd *f, enum iommufd_nr nr)
{
  plat_begin(f->plat, PLAT_OP_IOCTL, (uint64_t)nr);
  plat_charge(f->plat, PLAT_COST_IOCTL, 1);
  iommufd_lock(f);
}

static int leave(struct iommufd *f, enum iommufd_nr nr, int err)
{
  iommufd_unlock(f);
  f->counts.calls[nr]++;
  f->counts.failed += err != 0;
  plat_end(f->plat, PLAT_OP_IOCTL, (uint64_t)(int64_t)err);
  return err;
}

int iommufd_bind(struct iommufd *f, const struct iommufd_device *device, uint32_t *dev_id)
{
  enter(f, IOMMUFD_NR_VFIO_BIND);
  return leave(f, IOMMUFD_NR_VFIO_BIND, bind(f, device, dev_id));
}

int iommufd_attach(struct iommufd *f, uint32_t dev_id, uint32_t *pt_id)
{
  enter(f, IOMMUFD_NR_VFIO_ATTACH);
  return leave(f, IOMMUFD_NR_VFIO_ATTACH, attach(f, dev_id, pt_id));
}

int iommufd_detach(struct iommufd *f, uint32_t dev_id)
{
  struct iommufd_bound *device;

  enter(f, IOMMUFD_NR_VFIO_DETACH);
  device = iommufd_object_get(f, dev_id, IOMMUFD_OBJECT_DEVICE);
  if (device)
    iommufd_device_detach(f, device);
  return leave(f, IOMMUFD_NR_VFIO_DETACH, device ? 0 : -ENOENT);
}

int iommufd_unbind(struct iommufd *f, uint32_t dev_id)
{
  struct iommufd_bound *device;

  iommufd_lock(f);
  device = iommufd_object_get(f, dev_id, IOMMUFD_OBJECT_DEVICE);
  if (device)
    iommufd_device_unbind(f, device);
  iommufd_unlock(f);
  return device ? 0 : -ENOENT;
}

/* ---- GET_HW_INFO ---- */

union hw_info {
  struct iommu_hw_info_arm_smmuv3 smmuv3;
  struct iommu_hw_info_tegra241_cmdqv cmdqv;
};

static uint32_t read_id(const struct iommufd *f, uint64_t offset)
{
  return (uint32_t)plat_mmio_read(f->plat, f->host->options.driver.smmu + offset, 4);
}

/* Length of the information, or -EOPNOTSUPP. */
static int describe(const struct iommufd *f, uint32_t type, union hw_info *info)
{
  const struct drv_features *features = drv_get_features(f->drv);

  memset(info, 0, sizeof *info);
  if (type == IOMMU_HW_INFO_TYPE_ARM_SMMUV3) {
    memcpy(info->smmuv3.idr, features->idr, sizeof info->smmuv3.idr);
    info->smmuv3.iidr = read_id(f, OFF_IIDR);
    info->smmuv3.aidr = read_id(f, OFF_AIDR);
    return sizeof info->smmuv3;
  }
  if (type != IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV || !features->cmdqv)
    return -EOPNOTSUPP;
  info->cmdqv.version = 1;
  info->cmdqv.log2vcmdqs = (uint8_t)log2_ceil(features->lvcmdqs);
  info->cmdqv.log2vsids = (uint8_t)log2_ceil(features->sids);
  return sizeof info->cmdqv;
}

int iommufd_get_hw_info(struct iommufd *f, struct iommu_hw_info *cmd)
{
  const struct iommufd_bound *device;
  union hw_info info;
  uint32_t type = cmd->in_data_type;
  size_t copied;
  int bytes;

  if (cmd->flags & ~(uint32_t)IOMMU_HW_INFO_FLAG_INPUT_TYPE)
    return -EOPNOTSUPP;
  if (cmd->reserved[0] || cmd->reserved[1] || cmd->reserved[2])
    return -EOPNOTSUPP;
  if (!(cmd->flags & IOMMU_HW_INFO_FLAG_INPUT_TYPE) && type)
    return -EOPNOTSUPP;
  device = iommufd_object_get(f, cmd->dev_id, IOMMUFD_OBJECT_DEVICE);
  if (!device)
    return -ENOENT;
  if (type == IOMMU_HW_INFO_TYPE_DEFAULT)
    type = IOMMU_HW_INFO_TYPE_ARM_SMMUV3;
  bytes = describe(f, type, &info);
  if (bytes < 0)
    return bytes;
  copied = cmd->data_len < (unsigned)bytes ? cmd->data_len : (size_t)bytes;
  if (iommufd_to_user(&cmd->data_uptr, 0, &info, copied) != 0)
    return -EFAULT;
  for (size_t i = copied; i < cmd->data_len; i++) {
    if (iommufd_to_user(&cmd->data_uptr, i, "", 1) != 0)
      return -EFAULT;
  }
  cmd->data_len = (uint32_t)bytes;
  cmd->out_data_type = type;
  cmd->out_max_pasid_log2 = device->info.max_pasid_log2;
  cmd->out_capabilities = 0;
  return 0;
}
