/* The register table of counter groups as data: rows of pmcg.def, and lookup by a short scan. */
#include "arch/pmcg.h"

#include <strings.h>

#define RESET(value) (value)
#define RW(mask)     (mask)

const struct smmu_pmcg_row smmu_pmcg_rows[PMCG_R_COUNT] = {
#define PREG(name, page, offset, count, width, reset, rw, needs, guard, hook) \
  { #name, \
    (offset), \
    (count), \
    PMCG_PAGE_##page, \
    (width), \
    PMCG_NEEDS_##needs, \
    PMCG_GUARD_##guard, \
    PMCG_HOOK_##hook, \
    (reset), \
    (rw) },
#define FIELD(reg, name, hi, lo)
#include "arch/pmcg.def"
#undef PREG
#undef FIELD
};

unsigned smmu_pmcg_width(int reg, bool wide)
{
  return smmu_pmcg_rows[reg].hook == PMCG_HOOK_COUNTER && !wide ? 32 : smmu_pmcg_rows[reg].width;
}

int smmu_pmcg_by_offset(uint32_t offset, bool wide, unsigned *index)
{
  for (int i = 0; i < PMCG_R_COUNT; i++) {
    const struct smmu_pmcg_row *row = &smmu_pmcg_rows[i];
    uint32_t bytes = smmu_pmcg_width(i, wide) / 8;

    if (offset >= row->offset && offset < row->offset + row->count * bytes) {
      *index = (offset - row->offset) / bytes;
      return i;
    }
  }
  return -1;
}

int smmu_pmcg_by_name(const char *name)
{
  for (int i = 0; i < PMCG_R_COUNT; i++) {
    if (strcasecmp(smmu_pmcg_rows[i].name, name) == 0)
      return i;
  }
  return -1;
}
