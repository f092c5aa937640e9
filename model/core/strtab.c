/* Where the STE of a StreamID lies: linear and two-level Stream tables. IHI 0070 3.3.1, 5.1, 6.3.24,
 * 6.3.25. */
#include "core/strtab.h"

#include "util/bits.h"

static unsigned log2size_of(const struct smmu *s)
{
  unsigned log2size =
    (unsigned)GET(STRTAB_BASE_CFG, LOG2SIZE, shared_const(s)->reg[R_STRTAB_BASE_CFG]);

  return log2size < s->features.sidsize ? log2size : s->features.sidsize;
}

unsigned smmu_strtab_split(const struct smmu *s)
{
  unsigned split = (unsigned)GET(STRTAB_BASE_CFG, SPLIT, shared_const(s)->reg[R_STRTAB_BASE_CFG]);

  return split == 8 || split == 10 ? split : 6;
}

static bool is_two_level(const struct smmu *s)
{
  return s->features.st_level &&
         GET(STRTAB_BASE_CFG, FMT, shared_const(s)->reg[R_STRTAB_BASE_CFG]) == 1;
}

/* The base is aligned by hardware to the size that LOG2SIZE spells, whatever SIDSIZE makes of it.
 */
static uint64_t base_of(const struct smmu *s, unsigned split)
{
  const uint64_t *reg = shared_const(s)->reg;
  unsigned log2size = (unsigned)GET(STRTAB_BASE_CFG, LOG2SIZE, reg[R_STRTAB_BASE_CFG]);
  unsigned entry_log2 = is_two_level(s) ? 3 : 6;
  unsigned table_log2 = (log2size > split ? log2size - split : 0) + entry_log2;
  uint64_t base = reg[R_STRTAB_BASE] & bits_mask(STRTAB_BASE_ADDR_HI, STRTAB_BASE_ADDR_LO);

  return align_down_log2(base, table_log2 < 6 ? 6 : table_log2);
}

enum strtab_place smmu_strtab_find(const struct smmu *s, uint32_t sid, uint64_t *addr)
{
  unsigned split = is_two_level(s) ? smmu_strtab_split(s) : 0;
  uint64_t base = base_of(s, split);

  if (((uint64_t)sid >> log2size_of(s)) != 0)
    return STRTAB_OUTSIDE;
  *addr = split ? base + 8ULL * (sid >> split) : base + 64ULL * sid;
  return split ? STRTAB_L1STD : STRTAB_STE;
}

unsigned smmu_strtab_side_by_side(const struct smmu *s)
{
  return is_two_level(s) ? smmu_strtab_split(s) : log2size_of(s);
}
