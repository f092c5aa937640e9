// SPDX-License-Identifier: GPL-2.0
/* PCI, as far as the driver and the IOMMU core see it: functions on one root bus, each isolated from the others,
 * with a configuration space that the board answers for. What is read and written there for ATS, PRI
 * and PASID is the kernel's own drivers/pci/ats.c. */
#include <linux/pci-ats.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "sim.h"

/* Of the kernel, in a header of its own. */
void pci_ats_init(struct pci_dev *dev);
void pci_pri_init(struct pci_dev *pdev);
void pci_pasid_init(struct pci_dev *pdev);

const struct bus_type pci_bus_type = { .name = "pci" };

static struct pci_host_bridge bridge = { .windows = LIST_HEAD_INIT(bridge.windows),
                                         .dma_ranges = LIST_HEAD_INIT(bridge.dma_ranges) };
static struct pci_bus root_bus;

/* The requester's number is its StreamID. */
void sim_pci_begin(struct pci_dev *pdev, unsigned int sid)
{
  pdev->bus = &root_bus;
  root_bus.number = (unsigned char)(sid >> 8);
  pdev->devfn = sid & 0xff;
  pdev->cfg_size = PCI_CFG_SPACE_EXP_SIZE;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
  pdev->eetlp_prefix_max = 1;
#else
  pdev->eetlp_prefix_path = 1;
#endif
  pdev->dev.bus = &pci_bus_type;
  pci_ats_init(pdev);
  pci_pri_init(pdev);
  pci_pasid_init(pdev);
}

bool pci_ats_disabled(void)
{
  return false;
}

/* ---- configuration space ---- */

int pci_read_config_word(const struct pci_dev *dev, int where, u16 *value)
{
  *value = (u16)lx_config_read(pci_dev_id((struct pci_dev *)dev), (unsigned int)where, 2);
  return PCIBIOS_SUCCESSFUL;
}

int pci_read_config_dword(const struct pci_dev *dev, int where, u32 *value)
{
  *value = lx_config_read(pci_dev_id((struct pci_dev *)dev), (unsigned int)where, 4);
  return PCIBIOS_SUCCESSFUL;
}

int pci_write_config_word(const struct pci_dev *dev, int where, u16 value)
{
  lx_config_write(pci_dev_id((struct pci_dev *)dev), (unsigned int)where, 2, value);
  return PCIBIOS_SUCCESSFUL;
}

int pci_write_config_dword(const struct pci_dev *dev, int where, u32 value)
{
  lx_config_write(pci_dev_id((struct pci_dev *)dev), (unsigned int)where, 4, value);
  return PCIBIOS_SUCCESSFUL;
}

u16 pci_find_ext_capability(struct pci_dev *dev, int id)
{
  u16 at = PCI_CFG_SPACE_SIZE;
  u32 header = 0;

  for (unsigned int n = 0; at && n < 64; n++, at = PCI_EXT_CAP_NEXT(header)) {
    pci_read_config_dword(dev, at, &header);
    if (PCI_EXT_CAP_ID(header) == id)
      return at;
  }
  return 0;
}

/* There are no capabilities of vendors. */
u16 pci_find_dvsec_capability(struct pci_dev *dev, u16 vendor, u16 capability)
{
  return 0;
}

/* ---- who is whose neighbour: nobody ---- */

int pci_for_each_dma_alias(struct pci_dev *pdev,
                           int (*fn)(struct pci_dev *pdev, u16 alias, void *data), void *data)
{
  return fn(pdev, pci_dev_id(pdev), data);
}

bool pci_devs_are_dma_aliases(struct pci_dev *one, struct pci_dev *other)
{
  return false;
}

bool pci_acs_enabled(struct pci_dev *pdev, u16 flags)
{
  return true;
}

bool pci_acs_path_enabled(struct pci_dev *start, struct pci_dev *end, u16 flags)
{
  return true;
}

struct pci_dev *pci_get_device(unsigned int vendor, unsigned int device, struct pci_dev *from)
{
  return NULL;
}

void pci_dev_put(struct pci_dev *dev) {}

struct pci_host_bridge *pci_find_host_bridge(struct pci_bus *bus)
{
  return &bridge;
}
