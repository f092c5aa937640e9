/* vDEVICE: a device under the StreamID its guest knows it by; with a VINTF also an entry of its
 * StreamID table. Linux: viommu.c of iommufd, tegra241-cmdqv.c (behaviour). */
#include "host_sim/iommufd_priv.h"

struct iommufd_vdevice *iommufd_vdevice_find(const struct iommufd_viommu *viommu, uint64_t virt_id)
{
  struct iommufd_vdevice *v = viommu->vdevice;

  while (v && v->virt_id != virt_id)
    v = v->next;
  return v;
}

static int take_slot(struct iommufd_viommu *viommu, uint64_t virt_id, uint32_t sid, unsigned *slot)
{
  if (!viommu->vintf)
    return 0;
  if (virt_id > UINT32_MAX)
    return -EINVAL;
  return drv_vintf_add_sid(viommu->vintf, (uint32_t)virt_id, sid, slot);
}

int iommufd_vdevice_alloc(struct iommufd *f, struct iommu_vdevice_alloc *cmd)
{
  struct iommufd_viommu *viommu = iommufd_object_get(f, cmd->viommu_id, IOMMUFD_OBJECT_VIOMMU);
  struct iommufd_bound *device = iommufd_object_get(f, cmd->dev_id, IOMMUFD_OBJECT_DEVICE);
  struct iommufd_vdevice *vdevice;
  int err;

  if (!viommu || !device)
    return -ENOENT;
  if (device->vdevice || iommufd_vdevice_find(viommu, cmd->virt_id))
    return -EEXIST;
  vdevice = iommufd_object_new(f, IOMMUFD_OBJECT_VDEVICE, sizeof *vdevice);
  if (!vdevice)
    return -ENOMEM;
  err = take_slot(viommu, cmd->virt_id, device->info.sid, &vdevice->slot);
  if (err) {
    iommufd_object_drop(f, &vdevice->object);
    return err;
  }
  vdevice->viommu = viommu;
  vdevice->device = device;
  vdevice->virt_id = cmd->virt_id;
  vdevice->next = viommu->vdevice;
  viommu->vdevice = vdevice;
  viommu->object.users++;
  device->vdevice = vdevice;
  cmd->out_vdevice_id = vdevice->object.id;
  return 0;
}

/* Only its places in the lists and in the VINTF; the object itself is the caller's. */
void iommufd_vdevice_destroy(struct iommufd *f, struct iommufd_vdevice *vdevice)
{
  struct iommufd_viommu *viommu = vdevice->viommu;
  struct iommufd_vdevice **link = &viommu->vdevice;

  (void)f;
  while (*link != vdevice)
    link = &(*link)->next;
  *link = vdevice->next;
  vdevice->device->vdevice = NULL;
  if (viommu->vintf)
    drv_vintf_remove_sid(viommu->vintf, vdevice->slot);
  viommu->object.users--;
}
