// SPDX-License-Identifier: GPL-2.0
/* What programs of the board ask the kernel for: its public interfaces to domains and to DMA, with what
 * only software knows said beside. */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>

#include "sim.h"

enum { DOMAINS = 512 };

static struct {
  struct iommu_domain *domain;
  struct device *dev;
} domains[DOMAINS];

static const char *type_of(const struct iommu_domain *domain)
{
  if (!domain)
    return "none";
  switch (domain->type) {
  case IOMMU_DOMAIN_BLOCKED: return "blocked";
  case IOMMU_DOMAIN_IDENTITY: return "identity";
  case IOMMU_DOMAIN_UNMANAGED: return "unmanaged";
  case IOMMU_DOMAIN_DMA: return "DMA";
  case IOMMU_DOMAIN_DMA_FQ: return "DMA-FQ";
  default: return "other";
  }
}

const char *linux_client_domain(unsigned int client)
{
  return type_of(iommu_get_domain_for_dev(sim_client(client)));
}

/* ---- domains and who is attached ---- */

static int create(int number, struct device *dev)
{
  struct iommu_domain *domain = iommu_paging_domain_alloc(dev);

  if (IS_ERR(domain))
    return (int)PTR_ERR(domain);
  domains[number].domain = domain;
  domains[number].dev = dev;
  return number;
}

int linux_domain_create(unsigned int client)
{
  struct device *dev = sim_client(client);
  int number = 0;

  while (number < DOMAINS && domains[number].domain)
    number++;
  if (!dev || number == DOMAINS)
    return -EINVAL;
  sim_enter();
  number = create(number, dev);
  sim_leave();
  return number;
}

struct iommu_domain *sim_domain(unsigned int number)
{
  return domains[number].domain;
}

void linux_domain_destroy(unsigned int domain)
{
  sim_enter();
  iommu_domain_free(domains[domain].domain);
  domains[domain].domain = NULL;
  sim_leave();
}

int linux_attach(unsigned int domain)
{
  int err;

  sim_enter();
  err = iommu_attach_device(domains[domain].domain, domains[domain].dev);
  if (!err)
    sim_domain_attached(domains[domain].dev);
  sim_leave();
  return err;
}

int linux_attach_other(unsigned int domain, unsigned int client)
{
  int err;

  sim_enter();
  err = iommu_attach_device(domains[domain].domain, sim_client(client));
  sim_leave();
  return err;
}

void linux_detach(unsigned int domain)
{
  sim_enter();
  iommu_detach_device(domains[domain].domain, domains[domain].dev);
  sim_domain_attached(domains[domain].dev);
  sim_leave();
}

int linux_block(unsigned int client)
{
  struct device *dev = sim_client(client);
  int err;

  sim_enter();
  err = iommu_device_claim_dma_owner(dev, dev);
  if (!err)
    sim_domain_attached(dev);
  sim_leave();
  return err;
}

void linux_unblock(unsigned int client)
{
  struct device *dev = sim_client(client);

  sim_enter();
  iommu_device_release_dma_owner(dev);
  sim_domain_attached(dev);
  sim_leave();
}

/* ---- mappings ---- */

int linux_map(unsigned int domain, lx_u64 iova, lx_u64 pa, lx_u64 bytes)
{
  int err;

  sim_enter();
  lx_note(LX_MAP_BEGINS, bytes, 0, 0);
  err = iommu_map(domains[domain].domain, iova, pa, bytes, IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
  if (!err)
    lx_note(LX_MAPPED, iova, bytes, sim_domain_number(domains[domain].domain));
  lx_note(LX_MAP_ENDS, 0, 0, 0);
  sim_leave();
  return err;
}

lx_u64 linux_unmap(unsigned int domain, lx_u64 iova, lx_u64 bytes)
{
  lx_u64 done;

  sim_enter();
  lx_note(LX_UNMAP_BEGINS, bytes, 0, 0);
  done = iommu_unmap(domains[domain].domain, iova, bytes);
  if (done)
    lx_note(LX_UNMAPPED, iova, done, sim_domain_number(domains[domain].domain));
  lx_note(LX_UNMAP_ENDS, 0, 0, 0);
  sim_leave();
  return done;
}

lx_u64 linux_iova_to_phys(unsigned int domain, lx_u64 iova)
{
  lx_u64 pa;

  sim_enter();
  pa = iommu_iova_to_phys(domains[domain].domain, iova);
  sim_leave();
  return pa;
}

unsigned int linux_domain_id(unsigned int domain)
{
  return sim_domain_id(domains[domain].domain);
}

lx_u64 linux_page_sizes(unsigned int domain)
{
  return domains[domain].domain->pgsize_bitmap;
}

static enum dma_data_direction direction(int write)
{
  return write ? DMA_BIDIRECTIONAL : DMA_TO_DEVICE;
}

lx_u64 linux_dma_map(unsigned int client, lx_u64 pa, lx_u64 bytes, int write)
{
  struct device *dev = sim_client(client);
  dma_addr_t iova;

  sim_enter();
  iova = dma_map_page(dev, phys_to_page(pa), pa & ~PAGE_MASK, bytes, direction(write));
  sim_leave();
  return dma_mapping_error(dev, iova) ? 0 : iova;
}

void linux_dma_unmap(unsigned int client, lx_u64 iova, lx_u64 bytes, int write)
{
  sim_enter();
  dma_unmap_page(sim_client(client), iova, bytes, direction(write));
  sim_leave();
}

void linux_idle(void)
{
  sim_enter();
  sim_run_deferred();
  sim_leave();
}
