/* The register table as data: rows of regs.def, the page 0 aliases, and lookup. IHI 0070: 6.2.
 * Lookup is a short scan; register accesses are rare next to translations. */
#include "arch/regs.h"

#include <stddef.h>
#include <strings.h>

#define RESET(value) (value)
#define RW(mask)     (mask)

const struct smmu_reg_row smmu_reg_rows[R_COUNT] = {
#define REG(name, offset, width, reset, rw, guard, hook, origin) \
  { #name, (offset), (width), (guard), (hook), SMMU_ORIGIN_##origin, (reset), (rw) },
#define FIELD(reg, name, hi, lo)
#include "arch/regs.def"
#undef REG
#undef FIELD
};

/* IMPDEF: the page 0 offsets of the event and PRI queue indices alias page 1; RAZ/WI would be legal too. */
const struct smmu_reg_alias_row smmu_reg_alias[SMMU_REG_ALIAS_COUNT] = {
  { 0xA8, R_EVENTQ_PROD },
  { 0xAC, R_EVENTQ_CONS },
  { 0xC8, R_PRIQ_PROD },
  { 0xCC, R_PRIQ_CONS },
};

int smmu_reg_by_offset(uint64_t offset)
{
  for (int i = 0; i < R_COUNT; i++) {
    if (smmu_reg_rows[i].offset == offset)
      return i;
  }
  for (int i = 0; i < SMMU_REG_ALIAS_COUNT; i++) {
    if (smmu_reg_alias[i].offset == offset)
      return smmu_reg_alias[i].reg;
  }
  return -1;
}

int smmu_reg_by_name(const char *name)
{
  if (strncasecmp(name, "SMMU_", 5) == 0)
    name += 5;
  for (int i = 0; i < R_COUNT; i++) {
    if (strcasecmp(smmu_reg_rows[i].name, name) == 0)
      return i;
  }
  return -1;
}
