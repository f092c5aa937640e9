/* vIOMMU: a guest's share of the SMMU. Type 1 is stage 1 nested on the VM's stage 2; type 2 has a
 * VINTF of the CMDQV as well, whose page 0 can be mapped. Linux: viommu.c of iommufd,
 * arm-smmu-v3-iommufd.c, tegra241-cmdqv.c (behaviour). */
#include <stdlib.h>

#include "host_sim/iommufd_priv.h"
#include "util/check.h"

/* The driver knows such a vIOMMU for this device. */
static bool is_supported(const struct iommufd *f, const struct iommufd_bound *device, uint32_t type)
{
  const struct drv_features *features = drv_get_features(f->drv);

  if (!features->nested || !device->info.coherent)
    return false;
  return type == IOMMU_VIOMMU_TYPE_ARM_SMMUV3 ||
         (type == IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV && features->cmdqv);
}

struct iommufd_viommu *iommufd_viommu_region(struct iommufd *f, uint64_t offset)
{
  for (struct iommufd_viommu *v = f->host->vintf_viommus; v; v = v->next) {
    if (v->file == f && v->mmap_offset == offset)
      return v;
  }
  return NULL;
}

/* ---- the VINTF ---- */

static void unlink_vintf(struct iommufd *f, struct iommufd_viommu *viommu)
{
  struct iommufd_viommu **link = &f->host->vintf_viommus;

  while (*link != viommu)
    link = &(*link)->next;
  *link = viommu->next;
}

static void give_vintf_back(struct iommufd *f, struct iommufd_viommu *viommu)
{
  unlink_vintf(f, viommu);
  drv_vintf_free(viommu->vintf);
  free(viommu->queue);
}

static int take_vintf(struct iommufd *f, struct iommufd_viommu *viommu,
                      struct iommu_viommu_alloc *cmd)
{
  struct iommu_viommu_tegra241_cmdqv data;
  int err = -EINVAL;

  if (cmd->data_len)
    err = iommufd_data_from_user(&data, sizeof data, &cmd->data_uptr, cmd->data_len);
  if (err)
    return err;
  viommu->queues = drv_get_features(f->drv)->lvcmdqs;
  viommu->queue = calloc(viommu->queues, sizeof(struct iommufd_hw_queue *));
  if (!viommu->queue)
    return -ENOMEM;
  err = drv_vintf_alloc(f->drv, drv_domain_vmid(viommu->parent->domain), &viommu->vintf);
  if (err) {
    free(viommu->queue);
    return err;
  }
  while (iommufd_viommu_region(f, viommu->mmap_offset))
    viommu->mmap_offset += IOMMUFD_REGION;
  viommu->next = f->host->vintf_viommus;
  f->host->vintf_viommus = viommu;
  data.out_vintf_mmap_offset = viommu->mmap_offset;
  data.out_vintf_mmap_length = IOMMUFD_REGION;
  CHECK(iommufd_to_user(&cmd->data_uptr, 0, &data, sizeof data) == 0); /* it was readable */
  return 0;
}

/* ---- life ---- */

int iommufd_viommu_alloc(struct iommufd *f, struct iommu_viommu_alloc *cmd)
{
  const struct iommufd_bound *device;
  struct iommufd_viommu *viommu;
  struct iommufd_hwpt *parent;
  int err = 0;

  if (cmd->flags || cmd->type == IOMMU_VIOMMU_TYPE_DEFAULT)
    return -EOPNOTSUPP;
  device = iommufd_object_get(f, cmd->dev_id, IOMMUFD_OBJECT_DEVICE);
  if (!device)
    return -ENOENT;
  if (!is_supported(f, device, cmd->type))
    return -EOPNOTSUPP;
  parent = iommufd_object_get(f, cmd->hwpt_id, IOMMUFD_OBJECT_PAGING);
  if (!parent)
    return -ENOENT;
  if (!parent->nest_parent)
    return -EINVAL;
  viommu = iommufd_object_new(f, IOMMUFD_OBJECT_VIOMMU, sizeof *viommu);
  if (!viommu)
    return -ENOMEM;
  viommu->file = f;
  viommu->type = cmd->type;
  viommu->parent = parent;
  if (cmd->type == IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV)
    err = take_vintf(f, viommu, cmd);
  if (err) {
    iommufd_object_drop(f, &viommu->object);
    return err;
  }
  parent->object.users++;
  cmd->out_viommu_id = viommu->object.id;
  return 0;
}

void iommufd_viommu_destroy(struct iommufd *f, struct iommufd_viommu *viommu)
{
  CHECK(!viommu->vdevice);
  if (viommu->vintf)
    give_vintf_back(f, viommu);
  viommu->parent->object.users--;
}
