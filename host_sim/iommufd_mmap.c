/* Mappings of register pages. Each holds the vIOMMU whose page it is. Linux: main.c of iommufd
 * (behaviour). */
#include "host_sim/iommufd_priv.h"

static int map_region(struct iommufd *f, uint64_t offset, uint64_t length, unsigned flags,
                      uint64_t *address)
{
  struct iommufd_viommu *viommu;

  if (length % IOMMUFD_PAGE || !(flags & IOMMUFD_MMAP_SHARED))
    return -EINVAL;
  if (flags & IOMMUFD_MMAP_EXEC)
    return -EPERM;
  viommu = iommufd_viommu_region(f, offset);
  if (!viommu || length != IOMMUFD_REGION)
    return -ENXIO;
  if (iommufd_grow(&f->vma, &f->vma_room, f->vmas + 1, sizeof(struct iommufd_vma)) != 0)
    return -ENOMEM;
  *address = drv_vintf_page0(viommu->vintf);
  f->vma[f->vmas++] = (struct iommufd_vma){ viommu, *address };
  viommu->object.users++;
  return 0;
}

int iommufd_mmap(struct iommufd *f, uint64_t offset, uint64_t length, unsigned flags,
                 uint64_t *address)
{
  int err;

  plat_charge(f->plat, PLAT_COST_IOCTL, 1);
  iommufd_lock(f);
  err = map_region(f, offset, length, flags, address);
  f->counts.mmaps += err == 0;
  iommufd_unlock(f);
  return err;
}

int iommufd_munmap(struct iommufd *f, uint64_t address)
{
  unsigned i = 0;
  bool found;

  plat_charge(f->plat, PLAT_COST_IOCTL, 1);
  iommufd_lock(f);
  while (i < f->vmas && f->vma[i].address != address)
    i++;
  found = i < f->vmas;
  if (found) {
    f->vma[i].viommu->object.users--;
    f->vma[i] = f->vma[--f->vmas];
    f->counts.munmaps++;
  }
  iommufd_unlock(f);
  return found ? 0 : -EINVAL;
}
