/* Where the STE of a StreamID lies. IHI 0070 3.3.1, 5.1, 6.3.24, 6.3.25. */
#ifndef SMMU_CORE_STRTAB_H
#define SMMU_CORE_STRTAB_H

#include "core/core.h"

enum strtab_place {
  STRTAB_OUTSIDE, /* C_BAD_STREAMID */
  STRTAB_L1STD,   /* *addr is a level 1 descriptor; smmu_l1std_lookup() goes on */
  STRTAB_STE
};

enum strtab_place smmu_strtab_find(const struct smmu *s, uint32_t sid, uint64_t *addr);
/* log2 of the STEs that a level 1 descriptor stands for. */
unsigned smmu_strtab_split(const struct smmu *s);
/* log2 of the STEs that lie side by side: the whole table, or what one such descriptor leads to. */
unsigned smmu_strtab_side_by_side(const struct smmu *s);

#endif
