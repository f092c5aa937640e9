/* Unmapping: leaves are cleared and the range is gathered; a table that lies in the range as a whole
 * and is full of leaves is unlinked, invalidated at once, and given back. DDI 0487 D8.3. */
#include "driver/drv_state.h"
#include "util/bits.h"

void drv_gather_init(struct drv_gather *gather)
{
  *gather = (struct drv_gather){ .first = UINT64_MAX };
}

static bool is_empty(const struct drv_gather *gather)
{
  return gather->last < gather->first;
}

int drv_iotlb_sync(struct drv_domain *domain, struct drv_gather *gather)
{
  int err = gather->err;
  int bad = 0;

  if (!is_empty(gather))
    bad =
      drv_inv_range(domain, gather->first, gather->last - gather->first + 1, gather->page, true);
  gather->first = UINT64_MAX;
  gather->last = gather->page = 0;
  gather->err = 0;
  return err ? err : bad;
}

/* One gather is one range of leaves of one size: anything else is invalidated before. */
static void gather_add(struct drv_domain *domain, struct drv_gather *gather, uint64_t iova,
                       uint64_t bytes, uint64_t page)
{
  uint64_t last = iova + bytes - 1;

  if (gather->queued)
    return;
  if (!is_empty(gather) && (gather->page != page || iova > gather->last + 1 ||
                            (gather->first && last < gather->first - 1)))
    gather->err = drv_iotlb_sync(domain, gather);
  gather->page = page;
  if (gather->first > iova)
    gather->first = iova;
  if (gather->last < last)
    gather->last = last;
}

/* Clear the leaves from `at` on, until the range, the table or the leaves end. */
static uint64_t clear_run(struct drv_domain *domain, uint64_t at, int level, uint64_t iova,
                          uint64_t bytes, struct drv_gather *gather)
{
  const struct smmu_geometry *g = &domain->table.geometry;
  const struct plat *plat = &domain->drv->plat;
  uint64_t span = drv_table_span(domain, level);
  unsigned in_table = 1u << (g->granule_log2 - 3);
  unsigned most = in_table - (unsigned)(iova / span) % in_table;
  unsigned count = 0;

  if (iova & (span - 1))
    return 0;
  while (count < most && (count + 1) * span <= bytes) {
    uint64_t desc = plat_load64(plat, at + 8ULL * count);

    if (smmu_desc_kind(desc, level, g) != SMMU_DESC_LEAF)
      break;
    plat_store64(plat, at + 8ULL * count, 0);
    count++;
  }
  if (!count)
    return 0;
  plat_charge(plat, PLAT_COST_PTE_CLEAR, count);
  gather_add(domain, gather, iova, count * span, span);
  return count * span;
}

/* Bytes unmapped from iova on; 0: nothing is mapped there, or a block that is longer. */
static uint64_t unmap_some(struct drv_domain *domain, uint64_t iova, uint64_t bytes,
                           struct drv_gather *gather)
{
  const struct smmu_geometry *g = &domain->table.geometry;
  uint64_t table = domain->table.root;

  plat_charge(&domain->drv->plat, PLAT_COST_TABLE_WALK, 1);
  for (int level = g->start_level; level <= 3; level++) {
    uint64_t span = drv_table_span(domain, level);
    uint64_t at = smmu_desc_addr(g, table, level, iova);
    uint64_t desc = plat_load64(&domain->drv->plat, at);

    switch (smmu_desc_kind(desc, level, g)) {
    case SMMU_DESC_INVALID: return 0;
    case SMMU_DESC_LEAF: return clear_run(domain, at, level, iova, bytes, gather);
    case SMMU_DESC_TABLE: break;
    }
    table = drv_table_next(domain, desc);
    if (drv_table_leaf_level(domain, level) && bytes >= span && (iova & (span - 1)) == 0 &&
        drv_table_is_full(domain, table, level + 1)) {
      int err = drv_table_drop(domain, at, desc, level, iova);

      gather->err = gather->err ? gather->err : err;
      return span;
    }
  }
  return 0;
}

uint64_t drv_unmap(struct drv_domain *domain, uint64_t iova, uint64_t bytes,
                   struct drv_gather *gather)
{
  const struct smmu_geometry *g = &domain->table.geometry;
  uint64_t done = 0;

  if (!drv_domain_translates(domain) || ((iova | bytes) & bits_low(g->granule_log2)) ||
      bytes > 1ULL << g->ia_bits || iova > (1ULL << g->ia_bits) - bytes)
    return 0;
  while (done < bytes) {
    uint64_t some = unmap_some(domain, iova + done, bytes - done, gather);

    if (!some)
      break;
    done += some;
  }
  return done;
}
