// SPDX-License-Identifier: GPL-2.0
/* Substreams: a domain or the memory of a process for one PASID of a device, by the kernel's public
 * interfaces. */
#include <linux/iommu.h>
#include <linux/sched/mm.h>
#include <linux/version.h>

#include "sim.h"

enum { DEVICES = 64, PROCESSES = 64 };

static struct iommu_sva *bonds[DEVICES][PROCESSES];

static void unbind(unsigned int client, unsigned int process)
{
  if (bonds[client][process])
    iommu_sva_unbind_device(bonds[client][process]);
  bonds[client][process] = NULL;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
/* Devices that can wait for a page have to say so first. */
static int enable(struct device *dev)
{
  int err;

  if (sim_client_of(dev)->can_stall) {
    err = iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_IOPF);
    if (err)
      return err;
  }
  return iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA);
}

static void disable(unsigned int client)
{
  struct device *dev = sim_client(client);

  iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_SVA);
  if (sim_client_of(dev)->can_stall)
    iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_IOPF);
}
#else
/* The driver does it when the first process is bound, and undoes it with the last. */
static int enable(struct device *dev)
{
  return 0;
}

static void disable(unsigned int client)
{
  for (unsigned int i = 0; i < PROCESSES; i++)
    unbind(client, i);
}
#endif

int linux_sva_enable(unsigned int client)
{
  int err;

  sim_enter();
  err = enable(sim_client(client));
  sim_leave();
  return err;
}

void linux_sva_disable(unsigned int client)
{
  sim_enter();
  disable(client);
  sim_leave();
}

int linux_sva_bind(unsigned int client, unsigned int process)
{
  struct iommu_sva *bond;
  int pasid;

  sim_enter();
  bond = iommu_sva_bind_device(sim_client(client), sim_process_mm(process));
  pasid = IS_ERR(bond) ? (int)PTR_ERR(bond) : (int)iommu_sva_get_pasid(bond);
  if (!IS_ERR(bond)) {
    bonds[client][process] = bond;
    sim_domain_told(bond->handle.domain);
  }
  sim_leave();
  return pasid;
}

void linux_sva_unbind(unsigned int client, unsigned int process)
{
  sim_enter();
  unbind(client, process);
  sim_leave();
}

int linux_attach_pasid(unsigned int domain, unsigned int client, unsigned int pasid)
{
  int err;

  sim_enter();
  err = iommu_attach_device_pasid(sim_domain(domain), sim_client(client), pasid, NULL);
  if (!err)
    sim_domain_told(sim_domain(domain));
  sim_leave();
  return err;
}

void linux_detach_pasid(unsigned int domain, unsigned int client, unsigned int pasid)
{
  sim_enter();
  iommu_detach_device_pasid(sim_domain(domain), sim_client(client), pasid);
  sim_leave();
}
