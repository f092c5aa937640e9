// SPDX-License-Identifier: GPL-2.0
/* The DMA API: devices behind the SMMU go to the kernel's dma-iommu, the SMMU itself sees memory as it
 * is. Memory is coherent for all. An address that is given back to the allocator is unmapped for good,
 * and that is said to who watches. */
#include <linux/dma-map-ops.h>
#include <linux/iommu-dma.h>
#include <linux/iommu.h>
#include <linux/iova.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "sim.h"

/* Not static: link-time names of the calls that dma-iommu makes, see linux/link.sh. */
unsigned long __wrap_alloc_iova_fast(struct iova_domain *iovad, unsigned long size,
                                     unsigned long limit, bool flush);
void __wrap_free_iova_fast(struct iova_domain *iovad, unsigned long pfn, unsigned long size);
unsigned long __real_alloc_iova_fast(struct iova_domain *iovad, unsigned long size,
                                     unsigned long limit, bool flush);
void __real_free_iova_fast(struct iova_domain *iovad, unsigned long pfn, unsigned long size);
void __wrap_rb_insert_color(struct rb_node *node, struct rb_root *root);
void __real_rb_insert_color(struct rb_node *node, struct rb_root *root);
void __wrap_rb_erase(struct rb_node *node, struct rb_root *root);
void __real_rb_erase(struct rb_node *node, struct rb_root *root);

/* An allocator of addresses belongs to the domain that was mapped in when it was first asked. */
enum { SPACES = 256 };
static struct {
  struct iova_domain *iovad;
  unsigned int number;
} spaces[SPACES];
static unsigned int mapping[NR_CPUS];

void sim_dma_domain(const struct iommu_domain *domain)
{
  mapping[raw_smp_processor_id()] = domain ? sim_domain_number(domain) : 0;
}

static unsigned int space_of(struct iova_domain *iovad)
{
  unsigned int i = 0;

  while (i < SPACES && spaces[i].iovad && spaces[i].iovad != iovad)
    i++;
  if (i == SPACES)
    panic("more than %d address spaces", SPACES);
  if (!spaces[i].iovad) {
    spaces[i].iovad = iovad;
    spaces[i].number = mapping[raw_smp_processor_id()];
  }
  return spaces[i].number;
}

/* Addresses of these sizes are kept in magazines. */
static void charge_magazine(unsigned long size)
{
  if (size << PAGE_SHIFT <= iova_rcache_range())
    lx_charge(LX_COST_IOVA_FAST, 1);
}

unsigned long __wrap_alloc_iova_fast(struct iova_domain *iovad, unsigned long size,
                                     unsigned long limit, bool flush)
{
  unsigned int space = space_of(iovad);
  unsigned long pfn;

  charge_magazine(size);
  pfn = __real_alloc_iova_fast(iovad, size, limit, flush);
  if (pfn)
    lx_note(LX_MAPPED, (lx_u64)pfn << iova_shift(iovad), (lx_u64)size << iova_shift(iovad), space);
  return pfn;
}

void __wrap_free_iova_fast(struct iova_domain *iovad, unsigned long pfn, unsigned long size)
{
  lx_note(LX_UNMAPPED, (lx_u64)pfn << iova_shift(iovad), (lx_u64)size << iova_shift(iovad),
          space_of(iovad));
  charge_magazine(size);
  __real_free_iova_fast(iovad, pfn, size);
}

/* The tree of addresses changes, its lock held; other trees are none of these. */
static void charge_tree(const struct rb_root *root)
{
  for (unsigned int i = 0; i < SPACES && spaces[i].iovad; i++) {
    if (root == &spaces[i].iovad->rbroot)
      lx_charge(LX_COST_IOVA_SLOW, 1);
  }
}

void __wrap_rb_insert_color(struct rb_node *node, struct rb_root *root)
{
  charge_tree(root);
  __real_rb_insert_color(node, root);
}

void __wrap_rb_erase(struct rb_node *node, struct rb_root *root)
{
  charge_tree(root);
  __real_rb_erase(node, root);
}

int dma_set_mask(struct device *dev, u64 mask)
{
  if (!dev->dma_mask)
    dev->dma_mask = &dev->coherent_dma_mask;
  *dev->dma_mask = mask;
  return 0;
}

int dma_set_coherent_mask(struct device *dev, u64 mask)
{
  dev->coherent_dma_mask = mask;
  return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define map_page(dev, page, offset, size, dir, attrs) \
  iommu_dma_map_phys(dev, page_to_phys(page) + (offset), size, dir, attrs)
#define unmap_page iommu_dma_unmap_phys
#else
#define map_page   iommu_dma_map_page
#define unmap_page iommu_dma_unmap_page
#endif

static dma_addr_t map(struct device *dev, phys_addr_t pa, size_t size, enum dma_data_direction dir,
                      unsigned long attrs)
{
  if (!use_dma_iommu(dev))
    return pa;
  lx_charge(LX_COST_DMA_MAP, 1);
  return map_page(dev, phys_to_page(pa), pa & ~PAGE_MASK, size, dir, attrs);
}

/* What the driver maps for the SMMU itself is nobody's business. */
dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page, size_t offset, size_t size,
                              enum dma_data_direction dir, unsigned long attrs)
{
  dma_addr_t addr;

  if (!sim_client_of(dev))
    return map(dev, page_to_phys(page) + offset, size, dir, attrs);
  lx_note(LX_MAP_BEGINS, size, 0, 0);
  sim_dma_domain(iommu_get_dma_domain(dev));
  addr = map(dev, page_to_phys(page) + offset, size, dir, attrs);
  sim_dma_domain(NULL);
  lx_note(LX_MAP_ENDS, 0, 0, 0);
  sim_dma_mapped(addr, size);
  return addr;
}

void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size,
                          enum dma_data_direction dir, unsigned long attrs)
{
  bool client = sim_client_of(dev) != NULL;

  if (client) {
    sim_bench_unmaps(size);
    lx_note(LX_UNMAP_BEGINS, size, 0, 0);
  }
  if (use_dma_iommu(dev)) {
    lx_charge(LX_COST_DMA_UNMAP, 1);
    unmap_page(dev, addr, size, dir, attrs);
  }
  if (client)
    lx_note(LX_UNMAP_ENDS, 0, 0, 0);
}

/* For the SMMU's own tables and queues. */
void *dma_alloc_attrs(struct device *dev, size_t size, dma_addr_t *handle, gfp_t gfp,
                      unsigned long attrs)
{
  struct page *page = alloc_pages(gfp, get_order(size));

  if (!page)
    return NULL;
  *handle = page_to_phys(page);
  return page_to_virt(page);
}

void dma_free_attrs(struct device *dev, size_t size, void *addr, dma_addr_t handle,
                    unsigned long attrs)
{
  free_pages((unsigned long)addr, get_order(size));
}

struct managed {
  void *addr;
  size_t size;
};

static void managed_free(struct device *dev, void *resource)
{
  struct managed *m = resource;

  dma_free_attrs(dev, m->size, m->addr, 0, 0);
}

void *dmam_alloc_attrs(struct device *dev, size_t size, dma_addr_t *handle, gfp_t gfp,
                       unsigned long attrs)
{
  struct managed *m = devres_alloc(managed_free, sizeof(*m), gfp);
  void *addr = m ? dma_alloc_attrs(dev, size, handle, gfp, attrs) : NULL;

  if (!addr) {
    devres_free(m);
    return NULL;
  }
  *m = (struct managed){ addr, size };
  devres_add(dev, m);
  return addr;
}
