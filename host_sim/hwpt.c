/* HWPT: paging domains that mirror an IOAS, and nested ones that stand for a guest's STE.
 * What a guest's STE may say and what is kept of it. Linux: hw_pagetable.c of iommufd and
 * arm-smmu-v3-iommufd.c (behaviour). Left out: dirty tracking, fault queues, PASIDs, ATS. */
#include "arch/structs.h"
#include "host_sim/iommufd_priv.h"
#include "util/check.h"

enum { CFG_ABORT = 0, CFG_BYPASS = 4, CFG_S1 = 5, EATS_ABORT = 0, EATS_FULL = 1 };

/* Bits of a field that lies in word 0 or 1. */
#define STE_BITS(field) bits_mask(STE_##field##_HI % 64, STE_##field##_LO % 64)

/* Judge the two words of a guest's STE: 0 and the words as they are stored, or -EIO. */
static int vste_check(uint64_t ste[2], bool *s1, bool *ats)
{
  const uint64_t allowed[2] = { STE_BITS(V) | STE_BITS(Config) | STE_BITS(S1Fmt) |
                                  bits_mask(51, 6) | STE_BITS(S1CDMax),
                                STE_BITS(S1DSS) | STE_BITS(S1CIR) | STE_BITS(S1COR) |
                                  STE_BITS(S1CSH) | STE_BITS(S1STALLD) | STE_BITS(EATS) };
  uint64_t config = FGET(STE, Config, ste), eats = FGET(STE, EATS, ste);

  *s1 = *ats = false;
  if (!FGET(STE, V, ste)) {
    ste[0] = ste[1] = 0;
    return 0;
  }
  if ((ste[0] & ~allowed[0]) || (ste[1] & ~allowed[1]))
    return -EIO;
  if (config != CFG_ABORT && config != CFG_BYPASS && config != CFG_S1)
    return -EIO;
  if (eats != EATS_ABORT && eats != EATS_FULL)
    return -EIO;
  FPUT(STE, EATS, ste, 0);
  *s1 = config == CFG_S1;
  *ats = *s1 && eats == EATS_FULL;
  return 0;
}

/* ---- paging ---- */

static uint64_t last_address(const struct drv_features *features, enum drv_domain_kind kind)
{
  return bits_low(kind == DRV_DOMAIN_S2 ? features->ias_bits : 48);
}

static int fill_all(struct iommufd *f, struct iommufd_hwpt *hwpt)
{
  const struct iommufd_ioas *ioas = hwpt->ioas;

  for (unsigned i = 0; i < ioas->areas; i++) {
    int err = iommufd_ioas_fill(f, hwpt, &ioas->area[i]);

    if (err)
      return err;
  }
  return 0;
}

int iommufd_hwpt_paging_new(struct iommufd *f, struct iommufd_ioas *ioas, bool nest_parent,
                            bool automatic, struct iommufd_hwpt **out)
{
  const struct drv_features *features = drv_get_features(f->drv);
  enum drv_domain_kind kind = nest_parent || !features->s1 ? DRV_DOMAIN_S2 : DRV_DOMAIN_S1;
  struct iommufd_hwpt *hwpt;
  int err;

  if (nest_parent && !features->nested)
    return -EOPNOTSUPP;
  if (!iommufd_ioas_fits(ioas, last_address(features, kind)))
    return -EADDRINUSE;
  hwpt = iommufd_object_new(f, IOMMUFD_OBJECT_PAGING, sizeof *hwpt);
  if (!hwpt)
    return -ENOMEM;
  hwpt->ioas = ioas;
  hwpt->last = last_address(features, kind);
  hwpt->nest_parent = nest_parent;
  hwpt->automatic = automatic;
  err = drv_domain_alloc(f->drv, kind, &hwpt->domain);
  if (!err) {
    err = fill_all(f, hwpt);
    if (err)
      CHECK(drv_domain_free(hwpt->domain) == 0);
  }
  if (err) {
    iommufd_object_drop(f, &hwpt->object);
    return err;
  }
  hwpt->next = ioas->hwpt;
  ioas->hwpt = hwpt;
  ioas->object.users++;
  *out = hwpt;
  return 0;
}

static int alloc_paging(struct iommufd *f, struct iommufd_ioas *ioas, struct iommu_hwpt_alloc *cmd)
{
  struct iommufd_hwpt *hwpt;
  int err;

  if ((cmd->flags & ~(uint32_t)IOMMU_HWPT_ALLOC_NEST_PARENT) || cmd->data_len)
    return -EOPNOTSUPP;
  err = iommufd_hwpt_paging_new(f, ioas, cmd->flags & IOMMU_HWPT_ALLOC_NEST_PARENT, false, &hwpt);
  if (!err)
    cmd->out_hwpt_id = hwpt->object.id;
  return err;
}

/* ---- nested ---- */

static int alloc_nested(struct iommufd *f, struct iommufd_viommu *viommu,
                        struct iommu_hwpt_alloc *cmd)
{
  struct iommu_hwpt_arm_smmuv3 data;
  struct iommufd_hwpt *hwpt;
  bool s1;
  bool ats;
  int err;

  if (cmd->flags || !cmd->data_len)
    return -EOPNOTSUPP;
  if (cmd->data_type != IOMMU_HWPT_DATA_ARM_SMMUV3)
    return -EINVAL;
  err = iommufd_data_from_user(&data, sizeof data, &cmd->data_uptr, cmd->data_len);
  if (!err)
    err = vste_check(data.ste, &s1, &ats);
  if (err)
    return err;
  hwpt = iommufd_object_new(f, IOMMUFD_OBJECT_NESTED, sizeof *hwpt);
  if (!hwpt)
    return -ENOMEM;
  err = drv_domain_alloc_nested(f->drv, viommu->parent->domain, data.ste, ats, &hwpt->domain);
  if (err) {
    iommufd_object_drop(f, &hwpt->object);
    return err;
  }
  hwpt->viommu = viommu;
  hwpt->s1 = s1;
  viommu->object.users++;
  cmd->out_hwpt_id = hwpt->object.id;
  return 0;
}

/* ---- both ---- */

int iommufd_hwpt_alloc(struct iommufd *f, struct iommu_hwpt_alloc *cmd)
{
  const uint32_t flags = IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_DIRTY_TRACKING |
                         IOMMU_HWPT_FAULT_ID_VALID | IOMMU_HWPT_ALLOC_PASID;
  struct iommufd_object *on;
  void *whole;

  if ((cmd->flags & ~flags) || cmd->reserved || cmd->reserved2)
    return -EOPNOTSUPP;
  if ((cmd->data_type == IOMMU_HWPT_DATA_NONE) != (cmd->data_len == 0))
    return -EINVAL;
  if (!iommufd_object_get(f, cmd->dev_id, IOMMUFD_OBJECT_DEVICE))
    return -ENOENT;
  on = whole = iommufd_object_get(f, cmd->pt_id, IOMMUFD_OBJECT_ANY);
  if (!on)
    return -EINVAL;
  switch (on->type) {
  case IOMMUFD_OBJECT_IOAS: return alloc_paging(f, whole, cmd);
  case IOMMUFD_OBJECT_VIOMMU: return alloc_nested(f, whole, cmd);
  case IOMMUFD_OBJECT_PAGING: return -EOPNOTSUPP;
  default: return -EINVAL;
  }
}

struct iommufd_hwpt *iommufd_hwpt_paging(struct iommufd_hwpt *hwpt)
{
  return hwpt->viommu ? hwpt->viommu->parent : hwpt;
}

void iommufd_hwpt_destroy(struct iommufd *f, struct iommufd_hwpt *hwpt)
{
  uint32_t number = drv_domain_number(hwpt->domain);

  if (hwpt->viommu) {
    hwpt->viommu->object.users--;
  } else {
    struct iommufd_hwpt **link = &hwpt->ioas->hwpt;

    while (*link != hwpt)
      link = &(*link)->next;
    *link = hwpt->next;
    hwpt->ioas->object.users--;
  }
  CHECK(drv_domain_free(hwpt->domain) == 0);
  for (unsigned i = 0; hwpt->ioas && i < hwpt->ioas->areas; i++)
    plat_note(f->plat, PLAT_NOTE_UNMAPPED, hwpt->ioas->area[i].iova, hwpt->ioas->area[i].bytes,
              number);
}
