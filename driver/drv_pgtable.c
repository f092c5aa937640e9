/* Translation tables of either stage as such: shape, memory, unlinking. VMSAv8-64, 4 KB, 16 KB or
 * 64 KB granule. Stage 2 starts with up to 16 concatenated tables where that saves a level.
 * DDI 0487 D8.2, D8.3; IHI 0070 3.4. */
#include <errno.h>

#include "driver/drv_state.h"

static uint64_t granule(const struct drv_domain *domain)
{
  return 1ULL << domain->table.geometry.granule_log2;
}

static unsigned entries(const struct drv_domain *domain)
{
  return 1u << (domain->table.geometry.granule_log2 - 3);
}

unsigned drv_size_code(unsigned bits)
{
  static const uint8_t known[] = { 32, 36, 40, 42, 44, 48 };
  unsigned code = 0;

  while (code < 5 && known[code] < bits)
    code++;
  return code;
}

unsigned drv_granule_code(unsigned granule_log2)
{
  return granule_log2 == 12 ? 0 : granule_log2 == 16 ? 1 : 2;
}

static void choose_shape(struct drv_table *table, const struct drv_features *f)
{
  struct smmu_geometry *g = &table->geometry;

  g->granule_log2 = f->granule_4k ? 12 : f->granule_16k ? 14 : 16;
  g->oa_bits = (uint8_t)f->oas_bits;
  g->ia_bits = table->stage == 1 ? 48 : (uint8_t)f->ias_bits;
  g->start_level = (int8_t)smmu_stage1_start_level(g->granule_log2, g->ia_bits);
  if (table->stage == 2 && g->start_level < 3 &&
      smmu_stage2_start_fits(g->granule_log2, g->ia_bits, g->start_level + 1))
    g->start_level++;
}

int drv_table_init(struct drv_domain *domain, unsigned stage)
{
  struct drv_table *table = &domain->table;
  unsigned log2;

  table->stage = (uint8_t)stage;
  choose_shape(table, &domain->drv->features);
  log2 = smmu_start_table_log2(&table->geometry);
  table->root_bytes = (size_t)1 << (log2 < 6 ? 6 : log2);
  if (plat_dma_alloc(&domain->drv->plat, table->root_bytes, table->root_bytes, &table->root)) {
    table->root = 0;
    return -ENOMEM;
  }
  return 0;
}

/* ---- giving memory back ---------------------------------------------------------------------- */

static void give_back(struct drv_domain *domain, uint64_t table, size_t bytes)
{
  const struct plat *plat = &domain->drv->plat;

  plat_note(plat, PLAT_NOTE_TABLE_FREED, table, bytes, 0);
  plat_dma_free(plat, table, bytes);
}

/* The tables below one, and itself. At most four levels deep. */
static void free_tables(struct drv_domain *domain, uint64_t table, size_t bytes, int level)
{
  for (uint64_t at = table; level < 3 && at < table + bytes; at += 8) {
    uint64_t desc = plat_load64(&domain->drv->plat, at);

    if (smmu_desc_kind(desc, level, &domain->table.geometry) == SMMU_DESC_TABLE)
      free_tables(domain, drv_table_next(domain, desc), granule(domain), level + 1);
  }
  give_back(domain, table, bytes);
}

void drv_table_free(struct drv_domain *domain)
{
  struct drv_table *table = &domain->table;

  if (table->root)
    free_tables(domain, table->root, table->root_bytes, table->geometry.start_level);
  table->root = 0;
}

/* A walk may stand in the table until the invalidation has completed. */
int drv_table_drop(struct drv_domain *domain, uint64_t at, uint64_t desc, int level, uint64_t iova)
{
  uint64_t span = drv_table_span(domain, level);
  int err;

  plat_store64(&domain->drv->plat, at, 0);
  plat_charge(&domain->drv->plat, PLAT_COST_PTE_CLEAR, 1);
  err = drv_inv_range(domain, iova & ~(span - 1), span, granule(domain), false);
  free_tables(domain, drv_table_next(domain, desc), granule(domain), level + 1);
  return err;
}

/* ---- looking ahead --------------------------------------------------------------------------- */

bool drv_table_is_empty(const struct drv_domain *domain, uint64_t table, int level)
{
  for (unsigned i = 0; i < entries(domain); i++) {
    uint64_t desc = plat_load64(&domain->drv->plat, table + 8ULL * i);

    switch (smmu_desc_kind(desc, level, &domain->table.geometry)) {
    case SMMU_DESC_LEAF: return false;
    case SMMU_DESC_TABLE:
      if (!drv_table_is_empty(domain, drv_table_next(domain, desc), level + 1))
        return false;
      break;
    case SMMU_DESC_INVALID: break;
    }
  }
  return true;
}

bool drv_table_is_full(const struct drv_domain *domain, uint64_t table, int level)
{
  for (unsigned i = 0; i < entries(domain); i++) {
    uint64_t desc = plat_load64(&domain->drv->plat, table + 8ULL * i);

    switch (smmu_desc_kind(desc, level, &domain->table.geometry)) {
    case SMMU_DESC_INVALID: return false;
    case SMMU_DESC_TABLE:
      if (!drv_table_is_full(domain, drv_table_next(domain, desc), level + 1))
        return false;
      break;
    case SMMU_DESC_LEAF: break;
    }
  }
  return true;
}
