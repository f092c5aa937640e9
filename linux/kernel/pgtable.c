// SPDX-License-Identifier: GPL-2.0
/* What the kernel's page tables cost beyond their loads and stores: one walk a call, and each descriptor.
 * The functions that a set of tables is used by are called through these here. */
#include <linux/io-pgtable.h>

#include "sim.h"

/* Not static: a link-time name, see linux/link.sh. */
struct io_pgtable_ops *__wrap_alloc_io_pgtable_ops(enum io_pgtable_fmt fmt,
                                                   struct io_pgtable_cfg *cfg, void *cookie);
struct io_pgtable_ops *__real_alloc_io_pgtable_ops(enum io_pgtable_fmt fmt,
                                                   struct io_pgtable_cfg *cfg, void *cookie);

/* The kernel's: all formats that are compiled have the same. */
static struct io_pgtable_ops theirs;

static int map_pages(struct io_pgtable_ops *ops, unsigned long iova, phys_addr_t paddr,
                     size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
  size_t before = *mapped;
  int err;

  lx_charge(LX_COST_TABLE_WALK, 1);
  err = theirs.map_pages(ops, iova, paddr, pgsize, pgcount, prot, gfp, mapped);
  lx_charge(LX_COST_PTE_SET, (*mapped - before) / pgsize);
  return err;
}

static size_t unmap_pages(struct io_pgtable_ops *ops, unsigned long iova, size_t pgsize,
                          size_t pgcount, struct iommu_iotlb_gather *gather)
{
  size_t done;

  lx_charge(LX_COST_TABLE_WALK, 1);
  done = theirs.unmap_pages(ops, iova, pgsize, pgcount, gather);
  lx_charge(LX_COST_PTE_CLEAR, done / pgsize);
  return done;
}

static phys_addr_t iova_to_phys(struct io_pgtable_ops *ops, unsigned long iova)
{
  lx_charge(LX_COST_TABLE_WALK, 1);
  return theirs.iova_to_phys(ops, iova);
}

struct io_pgtable_ops *__wrap_alloc_io_pgtable_ops(enum io_pgtable_fmt fmt,
                                                   struct io_pgtable_cfg *cfg, void *cookie)
{
  struct io_pgtable_ops *ops = __real_alloc_io_pgtable_ops(fmt, cfg, cookie);

  if (!ops)
    return NULL;
  if (theirs.map_pages && theirs.map_pages != ops->map_pages)
    panic("page tables of two kinds");
  theirs = *ops;
  ops->map_pages = map_pages;
  ops->unmap_pages = unmap_pages;
  ops->iova_to_phys = iova_to_phys;
  return ops;
}
