// SPDX-License-Identifier: GPL-2.0
/* Which domain a device stands on, and which ASID or VMID a domain has, said to who watches. The driver
 * keeps them to itself: what it takes is read out of its own structures when a device has been attached,
 * and what it gives back is seen in the calls that do so. */
#include <linux/idr.h>
#include <linux/iommu.h>
#include <linux/platform_device.h>
#include <linux/xarray.h>

#include "arm-smmu-v3.h"
#include "sim.h"

/* Link-time names of the driver's calls, see linux/link.sh. */
void *__wrap_xa_erase(struct xarray *xa, unsigned long index);
void *__real_xa_erase(struct xarray *xa, unsigned long index);
void __wrap_ida_free(struct ida *ida, unsigned int id);
void __real_ida_free(struct ida *ida, unsigned int id);

enum { DOMAINS = 1024 };

static struct numbered {
  const struct iommu_domain *domain; /* NULL: free */
  unsigned int number, id;
  enum arm_smmu_domain_stage stage;
  const struct arm_smmu_device *smmu;
  bool told; /* that it has its ASID or VMID */
} domains[DOMAINS];
static unsigned int numbers;

static struct numbered *numbered(const struct iommu_domain *domain)
{
  struct numbered *free = NULL;

  for (struct numbered *d = domains; d < domains + DOMAINS; d++) {
    if (d->domain == domain)
      return d;
    if (!d->domain && !free)
      free = d;
  }
  if (!free)
    panic("more than %d domains", DOMAINS);
  *free = (struct numbered){ .domain = domain, .number = ++numbers };
  return free;
}

unsigned int sim_domain_number(const struct iommu_domain *domain)
{
  return numbered(domain)->number;
}

static bool translates(const struct iommu_domain *domain)
{
  return domain && domain->type & __IOMMU_DOMAIN_PAGING;
}

unsigned int sim_domain_id(const struct iommu_domain *domain)
{
  const struct arm_smmu_domain *own = container_of(domain, struct arm_smmu_domain, domain);

  return own->stage == ARM_SMMU_DOMAIN_S2 ? own->s2_cfg.vmid : own->cd.asid;
}

/* VMIDs are of an SMMU, ASIDs are not. */
static void tell_id(const struct numbered *d, unsigned int taken)
{
  lx_u64 i = 0;

  while (sim_smmu_state((unsigned int)i) && sim_smmu_state((unsigned int)i) != d->smmu)
    i++;
  if (d->stage == ARM_SMMU_DOMAIN_S1)
    lx_note(LX_ASID, d->id, taken, d->number);
  else
    lx_note(LX_VMID, i << 32 | d->id, taken, d->number);
}

void sim_domain_told(struct iommu_domain *domain)
{
  const struct arm_smmu_domain *own = container_of(domain, struct arm_smmu_domain, domain);
  struct numbered *d = numbered(domain);

  if (d->told)
    return;
  d->told = true;
  d->stage = own->stage == ARM_SMMU_DOMAIN_S2 ? ARM_SMMU_DOMAIN_S2 : ARM_SMMU_DOMAIN_S1;
  d->id = sim_domain_id(domain);
  d->smmu = own->smmu;
  tell_id(d, 1);
}

void sim_domain_attached(struct device *dev)
{
  struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

  if (translates(domain))
    sim_domain_told(domain);
  lx_note(LX_STREAM, sim_client_of(dev)->sid, translates(domain) ? sim_domain_number(domain) : 0,
          0);
}

static void given_back(enum arm_smmu_domain_stage stage, unsigned int id,
                       const struct arm_smmu_device *smmu)
{
  for (struct numbered *d = domains; d < domains + DOMAINS; d++) {
    if (d->domain && d->told && d->stage == stage && d->id == id && (!smmu || d->smmu == smmu)) {
      tell_id(d, 0);
      d->domain = NULL;
      return;
    }
  }
}

void *__wrap_xa_erase(struct xarray *xa, unsigned long index)
{
  if (xa == &arm_smmu_asid_xa)
    given_back(ARM_SMMU_DOMAIN_S1, (unsigned int)index, NULL);
  return __real_xa_erase(xa, index);
}

void __wrap_ida_free(struct ida *ida, unsigned int id)
{
  const struct arm_smmu_device *smmu;

  for (unsigned int i = 0; (smmu = sim_smmu_state(i)) != NULL; i++) {
    if (ida == &smmu->vmid_map)
      given_back(ARM_SMMU_DOMAIN_S2, id, smmu);
  }
  __real_ida_free(ida, id);
}
