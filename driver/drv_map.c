/* Mapping and looking up.
 * Two passes: the first makes tables and finds what is in the way, so that it can fail with nothing
 * changed; the second stores leaves. No invalidation: nothing is cached of what was invalid. A
 * barrier at the end makes the leaves visible. DDI 0487 D8.3. */
#include <errno.h>

#include "driver/drv_state.h"
#include "util/bits.h"

enum { AP_READ_ONLY = 2, AP_USER = 1, S2AP_READ = 1, S2AP_WRITE = 2, SH_OSH = 2, SH_ISH = 3 };
enum { ATTR_NORMAL = 0, ATTR_DEVICE = 1, MEMATTR_DEVICE_nGnRE = 1, MEMATTR_NORMAL_WB = 0xf };
enum { XN_NONE = 0, XN_ALL = 2 };

/* Neighbouring descriptors of one table, all of the same level. */
struct run {
  uint64_t iova, pa;
  uint64_t at, first; /* address and present value of the first descriptor */
  unsigned count;
  int level;
};

/* ---- descriptors ----------------------------------------------------------------------------- */

static uint64_t s1_leaf(unsigned prot)
{
  uint64_t d[1] = { 0 };

  FPUT(S1_LEAF, AttrIndx, d, (prot & DRV_DEVICE) ? ATTR_DEVICE : ATTR_NORMAL);
  FPUT(S1_LEAF, AP, d,
       ((prot & DRV_WRITE) ? 0 : AP_READ_ONLY) | ((prot & DRV_PRIVILEGED) ? 0 : AP_USER));
  FPUT(S1_LEAF, SH, d, (prot & DRV_DEVICE) ? SH_OSH : SH_ISH);
  FPUT(S1_LEAF, AF, d, 1);
  FPUT(S1_LEAF, nG, d, 1);
  FPUT(S1_LEAF, PXN, d, !(prot & DRV_EXEC));
  FPUT(S1_LEAF, UXN, d, !(prot & DRV_EXEC));
  return d[0];
}

static uint64_t s2_leaf(unsigned prot)
{
  uint64_t d[1] = { 0 };

  FPUT(S2_LEAF, MemAttr, d, (prot & DRV_DEVICE) ? MEMATTR_DEVICE_nGnRE : MEMATTR_NORMAL_WB);
  FPUT(S2_LEAF, S2AP, d,
       ((prot & DRV_READ) ? S2AP_READ : 0) | ((prot & DRV_WRITE) ? S2AP_WRITE : 0));
  FPUT(S2_LEAF, SH, d, (prot & DRV_DEVICE) ? SH_OSH : SH_ISH);
  FPUT(S2_LEAF, AF, d, 1);
  FPUT(S2_LEAF, XN, d, (prot & DRV_EXEC) ? XN_NONE : XN_ALL);
  return d[0];
}

/* ---- finding the place ----------------------------------------------------------------------- */

/* The highest level whose leaf fits: aligned at both ends and not longer than what is left. */
static int best_level(const struct drv_domain *domain, uint64_t iova, uint64_t pa, uint64_t bytes)
{
  int level = domain->table.geometry.start_level;

  for (; level < 3; level++) {
    uint64_t span = drv_table_span(domain, level);

    if (drv_table_leaf_level(domain, level) && bytes >= span && ((iova | pa) & (span - 1)) == 0)
      break;
  }
  return level;
}

/* Link a new table at `at`, unless somebody else was faster. *desc: what stands there then. */
static int link_table(struct drv_domain *domain, uint64_t at, uint64_t *desc)
{
  const struct plat *plat = &domain->drv->plat;
  size_t bytes = (size_t)1 << domain->table.geometry.granule_log2;
  uint64_t words[1] = { 0 };
  uint64_t table;
  int err = 0;

  drv_lock(plat, &domain->table.install);
  *desc = plat_load64(plat, at);
  if (!(*desc & 1)) {
    if (plat_dma_alloc(plat, bytes, bytes, &table)) {
      err = -ENOMEM;
    } else {
      FPUT(TABLE, Valid, words, 1);
      FPUT(TABLE, Type, words, 1);
      *desc = words[0] | table;
      plat_barrier(plat);
      plat_store64(plat, at, *desc);
    }
  }
  drv_unlock(plat, &domain->table.install);
  return err;
}

/* Go down to run->level for run->iova. 0; -EEXIST: a block is in the way; -ENOENT or, making
 * tables, -ENOMEM. */
static int descend(struct drv_domain *domain, struct run *run, bool make)
{
  const struct smmu_geometry *g = &domain->table.geometry;
  uint64_t table = domain->table.root;
  uint64_t desc;

  for (int level = g->start_level;; level++) {
    run->at = smmu_desc_addr(g, table, level, run->iova);
    desc = plat_load64(&domain->drv->plat, run->at);
    run->first = desc;
    if (level == run->level)
      return 0;
    if (smmu_desc_kind(desc, level, g) == SMMU_DESC_LEAF)
      return -EEXIST;
    if (!(desc & 1) && !make)
      return -ENOENT;
    if (!(desc & 1)) {
      int err = link_table(domain, run->at, &desc);

      if (err)
        return err;
    }
    table = drv_table_next(domain, desc);
  }
}

/* The run that begins at run->iova: not past the end of its table. */
static int find_run(struct drv_domain *domain, struct run *run, uint64_t bytes, bool make)
{
  const struct smmu_geometry *g = &domain->table.geometry;
  uint64_t span;
  uint64_t left;
  unsigned in_table = 1u << (g->granule_log2 - 3);

  run->level = best_level(domain, run->iova, run->pa, bytes);
  span = drv_table_span(domain, run->level);
  left = bytes / span;
  run->count = in_table - (unsigned)(run->iova / span) % in_table;
  if (run->count > left)
    run->count = (unsigned)left;
  return descend(domain, run, make);
}

/* ---- map ------------------------------------------------------------------------------------- */

/* Nothing but empty tables may stand where leaves shall. */
static int check_run(struct drv_domain *domain, const struct run *run)
{
  for (unsigned i = 0; i < run->count; i++) {
    uint64_t desc = i == 0 ? run->first : plat_load64(&domain->drv->plat, run->at + 8ULL * i);

    switch (smmu_desc_kind(desc, run->level, &domain->table.geometry)) {
    case SMMU_DESC_INVALID: break;
    case SMMU_DESC_LEAF: return -EEXIST;
    case SMMU_DESC_TABLE:
      if (!drv_table_is_empty(domain, drv_table_next(domain, desc), run->level + 1))
        return -EEXIST;
      break;
    }
  }
  return 0;
}

static void store_run(struct drv_domain *domain, const struct run *run, uint64_t leaf)
{
  const struct plat *plat = &domain->drv->plat;
  uint64_t span = drv_table_span(domain, run->level);

  if (run->level == 3)
    leaf |= 2;
  for (unsigned i = 0; i < run->count; i++) {
    uint64_t at = run->at + 8ULL * i;

    if (run->level < 3) {
      uint64_t desc = plat_load64(plat, at);

      if (desc & 1) /* a timeout is logged, and takes nothing back */
        drv_table_drop(domain, at, desc, run->level, run->iova + i * span);
    }
    plat_store64(plat, at, (run->pa + i * span) | leaf | 1);
  }
  plat_charge(plat, PLAT_COST_PTE_SET, run->count);
}

static bool range_is_legal(const struct drv_domain *domain, uint64_t iova, uint64_t pa,
                           uint64_t bytes)
{
  const struct smmu_geometry *g = &domain->table.geometry;

  return bytes && ((iova | pa | bytes) & bits_low(g->granule_log2)) == 0 &&
         bytes <= 1ULL << g->ia_bits && iova <= (1ULL << g->ia_bits) - bytes &&
         bytes <= 1ULL << g->oa_bits && pa <= (1ULL << g->oa_bits) - bytes;
}

int drv_map(struct drv_domain *domain, uint64_t iova, uint64_t pa, uint64_t bytes, unsigned prot)
{
  const struct plat *plat = &domain->drv->plat;
  struct run run;
  uint64_t leaf;
  bool one; /* run, and it is found already */

  if (!drv_domain_translates(domain) || !(prot & (DRV_READ | DRV_WRITE)) ||
      !range_is_legal(domain, iova, pa, bytes))
    return -EINVAL;
  for (uint64_t done = 0; done < bytes; done += run.count * drv_table_span(domain, run.level)) {
    int err;

    run.iova = iova + done;
    run.pa = pa + done;
    plat_charge(plat, PLAT_COST_TABLE_WALK, 1);
    err = find_run(domain, &run, bytes - done, true);
    if (!err)
      err = check_run(domain, &run);
    if (err)
      return err;
  }
  leaf = domain->table.stage == 1 ? s1_leaf(prot) : s2_leaf(prot);
  one = run.iova == iova;
  for (uint64_t done = 0; done < bytes; done += run.count * drv_table_span(domain, run.level)) {
    run.iova = iova + done;
    run.pa = pa + done;
    if (!one && find_run(domain, &run, bytes - done, false))
      return -EINVAL;
    store_run(domain, &run, leaf);
  }
  plat_barrier(plat);
  return 0;
}

/* ---- look up --------------------------------------------------------------------------------- */

uint64_t drv_iova_to_phys(struct drv_domain *domain, uint64_t iova)
{
  const struct smmu_geometry *g = &domain->table.geometry;
  uint64_t table = domain->table.root;

  if (domain->kind == DRV_DOMAIN_BYPASS)
    return iova;
  if (!drv_domain_translates(domain) || iova >> g->ia_bits)
    return UINT64_MAX;
  plat_charge(&domain->drv->plat, PLAT_COST_TABLE_WALK, 1);
  for (int level = g->start_level; level <= 3; level++) {
    uint64_t desc = plat_load64(&domain->drv->plat, smmu_desc_addr(g, table, level, iova));
    uint64_t span = drv_table_span(domain, level);

    switch (smmu_desc_kind(desc, level, g)) {
    case SMMU_DESC_INVALID: return UINT64_MAX;
    case SMMU_DESC_LEAF:
      return smmu_desc_out(desc, g, smmu_level_shift(g->granule_log2, level)) | (iova & (span - 1));
    case SMMU_DESC_TABLE: table = drv_table_next(domain, desc); break;
    }
  }
  return UINT64_MAX;
}
