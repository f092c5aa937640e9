/* IOAS: areas of user memory by IO virtual address, the domains that have them, and the locks of HW
 * queues. Linux: drivers/iommu/iommufd/io_pagetable.c (behaviour). The calls are in ioas_map.c. */
#include <stdlib.h>

#include "arch/structs.h"
#include "host_sim/iommufd_priv.h"
#include "util/check.h"

unsigned iommufd_ioas_find(const struct iommufd_ioas *ioas, uint64_t iova)
{
  unsigned low = 0, high = ioas->areas;

  while (low < high) {
    unsigned middle = low + (high - low) / 2;
    const struct iommufd_area *area = &ioas->area[middle];

    if (area->iova + (area->bytes - 1) < iova)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

uint64_t iommufd_ioas_page(const struct iommufd *f)
{
  const struct drv_features *features = drv_get_features(f->drv);

  if (features->granule_4k)
    return 4096;
  return features->granule_16k ? 16384 : 65536;
}

uint64_t iommufd_ioas_last(const struct iommufd_ioas *ioas)
{
  uint64_t last = UINT64_MAX;

  for (const struct iommufd_hwpt *hwpt = ioas->hwpt; hwpt; hwpt = hwpt->next)
    last = hwpt->last < last ? hwpt->last : last;
  return last;
}

bool iommufd_ioas_fits(const struct iommufd_ioas *ioas, uint64_t last)
{
  const struct iommufd_area *top = ioas->areas ? &ioas->area[ioas->areas - 1] : NULL;

  return !top || top->iova + (top->bytes - 1) <= last;
}

int iommufd_ioas_reserve_msi(struct iommufd_ioas *ioas)
{
  unsigned i = iommufd_ioas_find(ioas, IOMMUFD_MSI_FIRST);

  if (!ioas->msi_users && i < ioas->areas && ioas->area[i].iova <= IOMMUFD_MSI_LAST)
    return -EADDRINUSE;
  ioas->msi_users++;
  return 0;
}

/* ---- domains ---- */

int iommufd_ioas_fill(struct iommufd *f, struct iommufd_hwpt *hwpt, const struct iommufd_area *area)
{
  uint64_t done = 0;

  while (done < area->bytes) {
    uint64_t run = iommufd_memory_run(area->memory, area->offset + done, area->bytes - done);
    uint64_t pa = iommufd_memory_pa(area->memory, area->offset + done);
    int err = drv_map(hwpt->domain, area->iova + done, pa, run, area->prot);

    if (err) {
      struct drv_gather gather;

      drv_gather_init(&gather);
      if (done)
        drv_unmap(hwpt->domain, area->iova, done, &gather);
      drv_iotlb_sync(hwpt->domain, &gather);
      return err;
    }
    done += run;
  }
  plat_note(f->plat, PLAT_NOTE_MAPPED, area->iova, area->bytes, drv_domain_number(hwpt->domain));
  return 0;
}

void iommufd_ioas_unfill(struct iommufd *f, struct iommufd_hwpt *hwpt,
                         const struct iommufd_area *area)
{
  struct drv_gather gather;

  drv_gather_init(&gather);
  CHECK(drv_unmap(hwpt->domain, area->iova, area->bytes, &gather) == area->bytes);
  /* A timeout is logged by the driver; as in a kernel, an unmap cannot fail for it. */
  drv_iotlb_sync(hwpt->domain, &gather);
  plat_note(f->plat, PLAT_NOTE_UNMAPPED, area->iova, area->bytes, drv_domain_number(hwpt->domain));
}

/* ---- locks ---- */

static int judge_range(const struct iommufd_ioas *ioas, uint64_t iova, uint64_t bytes, uint64_t *pa)
{
  uint64_t at = iova, end = iova + bytes; /* 0 at the very top */
  bool contiguous = true;

  for (unsigned i = iommufd_ioas_find(ioas, iova); at != end; i++) {
    const struct iommufd_area *area;
    uint64_t offset, here;

    if (i == ioas->areas || ioas->area[i].iova > at)
      return -ENOENT;
    area = &ioas->area[i];
    if (!(area->prot & DRV_READ))
      return -EPERM;
    here = area->bytes - (at - area->iova);
    here = here < end - at ? here : end - at;
    offset = area->offset + (at - area->iova);
    if (at == iova)
      *pa = iommufd_memory_pa(area->memory, offset);
    contiguous &= iommufd_memory_pa(area->memory, offset) == *pa + (at - iova) &&
                  iommufd_memory_run(area->memory, offset, here) >= here;
    at += here;
  }
  return contiguous ? 0 : -EFAULT;
}

static void change_locks(struct iommufd_ioas *ioas, uint64_t iova, uint64_t bytes, int by)
{
  uint64_t last = iova + (bytes - 1);

  for (unsigned i = iommufd_ioas_find(ioas, iova); i < ioas->areas && ioas->area[i].iova <= last;
       i++)
    ioas->area[i].locks += (unsigned)by;
}

int iommufd_ioas_lock_range(struct iommufd_ioas *ioas, uint64_t iova, uint64_t bytes, uint64_t *pa)
{
  int err = judge_range(ioas, iova, bytes, pa);

  if (err)
    return err;
  change_locks(ioas, iova, bytes, 1);
  ioas->object.users++;
  return 0;
}

void iommufd_ioas_unlock_range(struct iommufd_ioas *ioas, uint64_t iova, uint64_t bytes)
{
  change_locks(ioas, iova, bytes, -1);
  ioas->object.users--;
}

/* ---- life ---- */

int iommufd_ioas_alloc(struct iommufd *f, struct iommu_ioas_alloc *cmd)
{
  struct iommufd_ioas *ioas;

  if (cmd->flags)
    return -EOPNOTSUPP;
  ioas = iommufd_object_new(f, IOMMUFD_OBJECT_IOAS, sizeof *ioas);
  if (!ioas)
    return -ENOMEM;
  cmd->out_ioas_id = ioas->object.id;
  return 0;
}

void iommufd_ioas_destroy(struct iommufd *f, struct iommufd_ioas *ioas)
{
  (void)f;
  CHECK(!ioas->hwpt && !ioas->msi_users);
  for (unsigned i = 0; i < ioas->areas; i++)
    iommufd_memory_put(ioas->area[i].memory);
  free(ioas->area);
}

/* The holes between what is reserved: the MSI window while a device is attached, and what a HWPT
 * cannot translate. */
int iommufd_ioas_iova_ranges(struct iommufd *f, struct iommu_ioas_iova_ranges *cmd)
{
  struct iommu_iova_range range[2];
  struct iommufd_ioas *ioas;
  unsigned n = 0;

  if (cmd->reserved)
    return -EOPNOTSUPP;
  ioas = iommufd_object_get(f, cmd->ioas_id, IOMMUFD_OBJECT_IOAS);
  if (!ioas)
    return -ENOENT;
  if (ioas->msi_users)
    range[n++] = (struct iommu_iova_range){ 0, IOMMUFD_MSI_FIRST - 1 };
  range[n++] = (struct iommu_iova_range){ ioas->msi_users ? IOMMUFD_MSI_LAST + 1 : 0,
                                          iommufd_ioas_last(ioas) };
  for (unsigned i = 0; i < n && i < cmd->num_iovas; i++) {
    if (iommufd_to_user(&cmd->allowed_iovas, i * sizeof range[0], &range[i], sizeof range[0]) != 0)
      return -EFAULT;
  }
  cmd->out_iova_alignment = iommufd_ioas_page(f);
  if (n > cmd->num_iovas) {
    cmd->num_iovas = n;
    return -EMSGSIZE;
  }
  cmd->num_iovas = n;
  return 0;
}
