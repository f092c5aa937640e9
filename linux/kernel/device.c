// SPDX-License-Identifier: GPL-2.0
/* The platform bus: SMMUs as the firmware's tables describe them, and the drivers. Devices behind them:
 * client.c. */
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "sim.h"

/* Of the kernel, in a header of its own. */
int devres_release_all(struct device *dev);

enum { SMMUS = 4, RESOURCES = 4 };

struct sim_smmu {
  struct platform_device device;
  struct fwnode_handle fwnode;
  struct acpi_iort_node *node;
};

const struct bus_type platform_bus_type = { .name = "platform" };
static struct platform_driver *smmu_driver, *client_driver;
static struct sim_smmu *smmus[SMMUS];
static unsigned int smmu_count;

/* ---- devices in general ---- */

static void device_gone(struct kobject *kobj) {}

static const struct kobj_type device_ktype = { .release = device_gone };

void sim_device_begin(struct device *dev, const char *name, const struct bus_type *bus)
{
  kobject_init(&dev->kobj, &device_ktype);
  spin_lock_init(&dev->devres_lock);
  INIT_LIST_HEAD(&dev->devres_head);
  mutex_init(&dev->mutex);
  dev->init_name = name;
  dev->bus = bus;
}

struct device *get_device(struct device *dev)
{
  if (dev)
    kobject_get(&dev->kobj);
  return dev;
}

void put_device(struct device *dev)
{
  if (dev)
    kobject_put(&dev->kobj);
}

struct fwnode_handle *__dev_fwnode(struct device *dev)
{
  return dev->fwnode;
}

int device_match_fwnode(struct device *dev, const void *fwnode)
{
  return fwnode && dev->fwnode == fwnode;
}

struct fwnode_handle *fwnode_handle_get(struct fwnode_handle *fwnode)
{
  return fwnode;
}

int driver_deferred_probe_check_state(struct device *dev)
{
  return -ENODEV;
}

/* ---- the SMMU and its driver ---- */

static struct platform_driver **driver_place(const struct platform_driver *driver)
{
  return strcmp(driver->driver.name, "arm-smmu-v3") == 0 ? &smmu_driver : &client_driver;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
int __platform_driver_register(struct platform_driver *driver, struct module *owner,
                               const char *module)
#else
int __platform_driver_register(struct platform_driver *driver, struct module *owner)
#endif
{
  *driver_place(driver) = driver;
  return 0;
}

void platform_driver_unregister(struct platform_driver *driver)
{
  *driver_place(driver) = NULL;
}

/* Nothing is on that bus. */
int __pci_register_driver(struct pci_driver *driver, struct module *owner, const char *name)
{
  return 0;
}

void pci_unregister_driver(struct pci_driver *driver) {}

static struct device *find_smmu(const void *data, device_match_t match)
{
  for (unsigned int i = 0; i < smmu_count; i++) {
    struct device *dev = &smmus[i]->device.dev;

    if (match(dev, data))
      return get_device(dev);
  }
  return NULL;
}

struct device *driver_find_device(const struct device_driver *driver, struct device *start,
                                  const void *data, device_match_t match)
{
  return find_smmu(data, match);
}

struct device *bus_find_device(const struct bus_type *bus, struct device *start, const void *data,
                               device_match_t match)
{
  return bus == &platform_bus_type ? find_smmu(data, match) : NULL;
}

struct fwnode_handle *sim_smmu_fwnode(unsigned int number)
{
  return number < smmu_count ? &smmus[number]->fwnode : NULL;
}

struct platform_driver *sim_client_driver(void)
{
  return client_driver;
}

const void *sim_smmu_state(unsigned int number)
{
  return number < smmu_count ? platform_get_drvdata(&smmus[number]->device) : NULL;
}

struct resource *platform_get_resource(struct platform_device *dev, unsigned int type,
                                       unsigned int number)
{
  for (u32 i = 0; i < dev->num_resources; i++) {
    if (resource_type(&dev->resource[i]) == type && number-- == 0)
      return &dev->resource[i];
  }
  return NULL;
}

int platform_get_irq_optional(struct platform_device *dev, unsigned int number)
{
  const struct resource *r = platform_get_resource(dev, IORESOURCE_IRQ, number);

  return r ? (int)r->start : -ENXIO;
}

int platform_get_irq_byname_optional(struct platform_device *dev, const char *name)
{
  for (u32 i = 0; i < dev->num_resources; i++) {
    const struct resource *r = &dev->resource[i];

    if (resource_type(r) == IORESOURCE_IRQ && strcmp(r->name, name) == 0)
      return (int)r->start;
  }
  return -ENXIO;
}

void __iomem *ioremap(phys_addr_t address, size_t bytes)
{
  return (void __iomem *)(address ^ SIM_IO_MARK);
}

void iounmap(volatile void __iomem *address) {}

void __iomem *devm_ioremap_resource(struct device *dev, const struct resource *r)
{
  return ioremap(r->start, resource_size(r));
}

static void add_irq(struct platform_device *dev, unsigned int irq, const char *name)
{
  if (irq)
    dev->resource[dev->num_resources++] =
      (struct resource){ .start = irq, .end = irq, .name = name, .flags = IORESOURCE_IRQ };
}

/* What the IORT says of it: a generic SMMUv3, coherent or not as its registers say. */
static struct acpi_iort_node *iort_node(const struct linux_smmu *smmu)
{
  struct acpi_iort_node *node =
    kzalloc(sizeof(*node) + sizeof(struct acpi_iort_smmu_v3), GFP_KERNEL);

  if (node) {
    struct acpi_iort_smmu_v3 *said = (struct acpi_iort_smmu_v3 *)node->node_data;

    said->model = ACPI_IORT_SMMU_V3_GENERIC;
    said->flags = (smmu->coherent ? ACPI_IORT_SMMU_V3_COHACC_OVERRIDE : 0) |
                  FIELD_PREP(ACPI_IORT_SMMU_V3_HTTU_OVERRIDE, smmu->httu);
  }
  return node;
}

int sim_smmu_create(const struct linux_smmu *smmu)
{
  struct sim_smmu *s = kzalloc(sizeof(*s), GFP_KERNEL);
  struct platform_device *dev;

  if (!s || smmu_count == SMMUS)
    return -ENOMEM;
  s->node = iort_node(smmu);
  dev = &s->device;
  dev->resource = kcalloc(RESOURCES, sizeof(*dev->resource), GFP_KERNEL);
  if (!s->node || !dev->resource)
    return -ENOMEM;
  dev->name = "arm-smmu-v3";
  sim_device_begin(&dev->dev, kasprintf(GFP_KERNEL, "arm-smmu-v3.%u", smmu_count),
                   &platform_bus_type);
  dev->dev.fwnode = &s->fwnode;
  dev->dev.platform_data = &s->node;
  dev->resource[dev->num_resources++] = (struct resource){ .start = smmu->base,
                                                           .end = smmu->base + smmu->bytes - 1,
                                                           .flags = IORESOURCE_MEM };
  add_irq(dev, smmu->eventq, "eventq");
  add_irq(dev, smmu->priq, "priq");
  add_irq(dev, smmu->gerror, "gerror");
  sim_irq_setup(&dev->dev, smmu);
  sim_acpi_setup(smmu);
  smmus[smmu_count++] = s;
  return 0;
}

static int probe(const struct linux_smmu *smmu)
{
  int err = sim_smmu_create(smmu);
  struct platform_device *dev;

  if (err || !smmu_driver)
    return err ? err : -ENODEV;
  dev = &smmus[smmu_count - 1]->device;
  dev->dev.driver = &smmu_driver->driver;
  err = smmu_driver->probe(dev);
  if (err)
    devres_release_all(&dev->dev);
  return err;
}

int linux_probe(const struct linux_smmu *smmu)
{
  int err;

  sim_enter();
  err = probe(smmu);
  sim_leave();
  return err;
}

/* Its devices go with it. */
static void remove_smmu(unsigned int number)
{
  struct sim_smmu *s = smmus[number];

  if (smmu_driver->remove)
    smmu_driver->remove(&s->device);
  sim_clients_left(number);
  devres_release_all(&s->device.dev);
}

void linux_remove(void)
{
  sim_enter();
  while (smmu_count)
    remove_smmu(--smmu_count);
  sim_leave();
}

void linux_shutdown(void)
{
  sim_enter();
  for (unsigned int i = 0; i < smmu_count; i++)
    smmu_driver->shutdown(&smmus[i]->device);
  sim_leave();
}

void linux_forget(void)
{
  sim_irq_forget();
  smmu_count = 0;
  sim_clients_forget();
}

/* ---- sysfs, which nobody reads ---- */

int iommu_device_sysfs_add(struct iommu_device *iommu, struct device *parent,
                           const struct attribute_group **groups, const char *format, ...)
{
  return 0;
}

void iommu_device_sysfs_remove(struct iommu_device *iommu) {}

int iommu_device_link(struct iommu_device *iommu, struct device *link)
{
  return 0;
}

void iommu_device_unlink(struct iommu_device *iommu, struct device *link) {}

struct kobject *kernel_kobj;

int kobject_uevent(struct kobject *kobj, enum kobject_action action)
{
  return 0;
}

int kobject_uevent_env(struct kobject *kobj, enum kobject_action action, char *env[])
{
  return 0;
}
