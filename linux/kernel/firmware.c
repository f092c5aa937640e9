// SPDX-License-Identifier: GPL-2.0
/* Interrupts as messages, and the ACPI companion that brings the command queue extension. */
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/msi.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "sim.h"

enum { ACPI_IS_MEMORY = 1, ACPI_IS_IRQ };

enum { SMMUS = 8 };
static struct linux_smmu described; /* that was made last */
static struct {
  struct device *dev;
  struct linux_smmu smmu;
} all[SMMUS];

/* ---- messages ---- */

/* The driver wants to know that there is a domain, and never looks into it. */
static struct irq_domain *message_domain(void)
{
  static long domain;

  return (struct irq_domain *)&domain;
}

void sim_irq_setup(struct device *dev, const struct linux_smmu *smmu)
{
  static unsigned int count;

  described = *smmu;
  all[count % SMMUS].dev = dev;
  all[count++ % SMMUS].smmu = *smmu;
  dev->msi.domain = smmu->msi ? message_domain() : NULL;
}

/* Messages come in the driver's order: event queue, global errors, page requests. */
static unsigned int irq_of_message(const struct device *dev, unsigned int index)
{
  const struct linux_smmu *s = &described;

  for (unsigned int i = 0; i < SMMUS; i++) {
    if (all[i].dev == dev)
      s = &all[i].smmu;
  }
  const unsigned int irqs[] = { s->eventq, s->gerror, s->priq };

  return index < ARRAY_SIZE(irqs) ? irqs[index] : 0;
}

int platform_device_msi_init_and_alloc_irqs(struct device *dev, unsigned int count,
                                            irq_write_msi_msg_t write)
{
  for (unsigned int i = 0; i < count; i++) {
    struct msi_desc desc = { .dev = dev, .msi_index = (u16)i };
    struct msi_msg message = { .address_lo = (u32)described.doorbell,
                               .address_hi = (u32)(described.doorbell >> 32),
                               .data = irq_of_message(dev, i) - 1 };

    write(&desc, &message);
  }
  return 0;
}

unsigned int msi_domain_get_virq(struct device *dev, unsigned int domain, unsigned int index)
{
  return irq_of_message(dev, index);
}

void platform_device_msi_free_irqs_all(struct device *dev) {}

bool msi_device_has_isolated_msi(struct device *dev)
{
  return true;
}

/* ---- ACPI ---- */

static struct acpi_device companion;

void sim_acpi_setup(const struct linux_smmu *smmu)
{
  static const struct bus_type bus = { .name = "acpi" };

  memset(&companion, 0, sizeof(companion));
  sim_device_begin(&companion.dev, "NVDA200C:00", &bus);
}

/* The same as a device of the platform bus, which newer drivers ask for. */
struct device *acpi_get_first_physical_node(struct acpi_device *adev)
{
  static struct resource resources[2];
  static struct platform_device device = { .resource = resources };

  sim_device_begin(&device.dev, "NVDA200C:00", &platform_bus_type);
  resources[0] = (struct resource){ .start = described.cmdqv,
                                    .end = described.cmdqv + described.cmdqv_bytes - 1,
                                    .flags = IORESOURCE_MEM };
  resources[1] = (struct resource){ .start = described.cmdqv_irq,
                                    .end = described.cmdqv_irq,
                                    .flags = IORESOURCE_IRQ };
  device.num_resources = described.cmdqv_irq ? 2 : 1;
  return &device.dev;
}

struct acpi_device *acpi_dev_get_first_match_dev(const char *hid, const char *uid, s64 hrv)
{
  return described.cmdqv && strcmp(hid, "NVDA200C") == 0 ? &companion : NULL;
}

/* Two resources, told apart by their type: `preproc` returns 0 for what belongs on the list. */
int acpi_dev_get_resources(struct acpi_device *adev, struct list_head *list,
                           int (*preproc)(struct acpi_resource *, void *), void *data)
{
  struct acpi_resource memory = { .type = ACPI_IS_MEMORY }, irq = { .type = ACPI_IS_IRQ };
  struct resource_entry *entry;

  if (preproc(&memory, data) == 0) {
    entry = kzalloc(sizeof(*entry) + sizeof(struct resource), GFP_KERNEL);
    if (!entry)
      return -ENOMEM;
    entry->res = (struct resource *)(entry + 1);
    *entry->res = (struct resource){ .start = described.cmdqv,
                                     .end = described.cmdqv + described.cmdqv_bytes - 1,
                                     .flags = IORESOURCE_MEM };
    list_add_tail(&entry->node, list);
  }
  preproc(&irq, data);
  return 0;
}

void acpi_dev_free_resource_list(struct list_head *list)
{
  struct resource_entry *entry, *next;

  list_for_each_entry_safe(entry, next, list, node)
  {
    list_del(&entry->node);
    kfree(entry);
  }
}

bool acpi_dev_resource_address_space(struct acpi_resource *r, struct resource_win *win)
{
  return r->type == ACPI_IS_MEMORY;
}

bool acpi_dev_resource_interrupt(struct acpi_resource *r, int index, struct resource *result)
{
  if (r->type != ACPI_IS_IRQ || !described.cmdqv_irq)
    return false;
  result->start = described.cmdqv_irq;
  return true;
}

void iort_get_rmr_sids(struct fwnode_handle *fwnode, struct list_head *list) {}

void iort_put_rmr_sids(struct fwnode_handle *fwnode, struct list_head *list) {}

void iort_iommu_get_resv_regions(struct device *dev, struct list_head *list) {}
