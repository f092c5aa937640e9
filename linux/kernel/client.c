// SPDX-License-Identifier: GPL-2.0
/* Devices behind the SMMUs: what firmware says of each, and how they come and go. */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "sim.h"

enum { CLIENTS = 64 };

struct client {
  struct device *device; /* of one of these */
  struct platform_device platform;
  struct pci_dev function;
  struct linux_client firmware;
  u64 dma_mask;
};

static const struct device_type client_type = { .name = "client" };
static struct client *clients[CLIENTS];
static unsigned int client_count;
static struct notifier_block *iommu_notifier;

/* ---- what is asked of them ---- */

const struct linux_client *sim_client_of(const struct device *dev)
{
  return dev->type == &client_type ? &((struct client *)dev->platform_data)->firmware : NULL;
}

bool device_property_present(const struct device *dev, const char *name)
{
  const struct linux_client *client = sim_client_of(dev);

  return client && client->can_stall && strcmp(name, "dma-can-stall") == 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
bool device_property_read_bool(const struct device *dev, const char *name)
{
  return device_property_present(dev, name);
}
#endif

int device_property_read_u32_array(const struct device *dev, const char *name, u32 *value, size_t n)
{
  const struct linux_client *client = sim_client_of(dev);

  if (!client || strcmp(name, "pasid-num-bits") != 0)
    return -EINVAL;
  *value = client->pasid_bits;
  return 0;
}

int bus_for_each_dev(const struct bus_type *bus, struct device *start, void *data,
                     int (*fn)(struct device *dev, void *data))
{
  int err = 0;

  for (unsigned int i = 0; i < client_count && !err; i++) {
    if (clients[i]->device->bus == bus)
      err = fn(clients[i]->device, data);
  }
  return err;
}

/* Devices are probed when they are added, see linux_client_add(); all buses have the same to tell when one goes. */
int bus_register_notifier(const struct bus_type *bus, struct notifier_block *nb)
{
  iommu_notifier = nb;
  return 0;
}

/* ---- coming and going ---- */

/* What firmware says of it, and what the kernel makes of that. */
static int configure(struct client *client)
{
  struct fwnode_handle *fwnode = sim_smmu_fwnode(client->firmware.smmu);
  struct device *dev = client->device;
  u32 sid = client->firmware.sid;
  int err;

  if (!fwnode)
    return -ENODEV;
  err = iommu_fwspec_init(dev, fwnode);
  if (!err)
    err = iommu_fwspec_add_ids(dev, &sid, 1);
  if (!err && client->firmware.pci)
    dev_iommu_fwspec_get(dev)->flags |= IOMMU_FWSPEC_PCI_RC_ATS;
#ifdef IOMMU_FWSPEC_PCI_RC_CANWBS
  if (!err && client->firmware.snoops)
    dev_iommu_fwspec_get(dev)->flags |= IOMMU_FWSPEC_PCI_RC_CANWBS;
#endif
  if (!err)
    err = iommu_probe_device(dev);
  if (!err)
    sim_domain_attached(dev);
  return err;
}

static int client_add(const struct linux_client *firmware)
{
  struct client *client = kzalloc(sizeof(*client), GFP_KERNEL);
  struct device *dev;
  u32 sid = firmware->sid;
  int err;

  if (!client || client_count == CLIENTS)
    return -ENOMEM;
  client->firmware = *firmware;
  dev = client->device = firmware->pci ? &client->function.dev : &client->platform.dev;
  sim_device_begin(dev, kasprintf(GFP_KERNEL, "client-%x", sid), &platform_bus_type);
  dev->type = &client_type;
  dev->platform_data = client;
  if (firmware->pci)
    sim_pci_begin(&client->function, sid);
  client->dma_mask = DMA_BIT_MASK(64);
  dev->dma_mask = &client->dma_mask;
  dev->coherent_dma_mask = DMA_BIT_MASK(64);
  err = configure(client);
  if (err)
    return err;
  clients[client_count] = client;
  return (int)client_count++;
}

int linux_client_add(const struct linux_client *firmware)
{
  int number;

  sim_enter();
  number = client_add(firmware);
  sim_leave();
  return number;
}

int linux_client_again(unsigned int number)
{
  int err;

  sim_enter();
  err = configure(clients[number]);
  sim_leave();
  return err;
}

void linux_client_remove(unsigned int number)
{
  struct device *dev = clients[number]->device;

  sim_enter();
  iommu_notifier->notifier_call(iommu_notifier, BUS_NOTIFY_REMOVED_DEVICE, dev);
  lx_note(LX_STREAM, clients[number]->firmware.sid, 0, 0);
  sim_leave();
}

struct device *sim_client(unsigned int number)
{
  return number < client_count ? clients[number]->device : NULL;
}

int sim_client_bind(unsigned int number)
{
  struct platform_device *dev = &clients[number]->platform;
  struct platform_driver *driver = sim_client_driver();

  if (!driver || clients[number]->firmware.pci)
    return -ENODEV;
  dev->dev.driver = &driver->driver;
  return driver->probe(dev);
}

void sim_clients_left(unsigned int smmu)
{
  for (unsigned int i = 0; i < client_count; i++) {
    if (clients[i]->firmware.smmu == smmu && !clients[i]->device->iommu)
      lx_note(LX_STREAM, clients[i]->firmware.sid, 0, 0);
  }
}

void sim_clients_forget(void)
{
  client_count = 0;
}
