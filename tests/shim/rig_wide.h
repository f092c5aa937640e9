/* Tables of 52-bit addresses, written bit by bit: the 64 KB granule, DS for the small ones, level -1.
 * IHI 0070 3.4, 5.2, 5.4; Arm ARM D8.3. */
#ifndef SHIM_RIG_WIDE_H
#define SHIM_RIG_WIDE_H

#include "shim/rig.h"

/* Tables of one stage, above 2^48 where the descriptors can say so. */
struct rig_wide {
  struct rig *rig;
  uint64_t base, next;
  unsigned granule, bits;
  int start;
  bool ds;
};

/* OAS 52, VAX 52, DS, small tables; without a contiguous hint to think of. */
void rig_wide_begin(struct rig *rig, const char *profile);
/* No descriptor yet: of so many bits of input address, from `at` on. */
struct rig_wide rig_wide_tables(struct rig *rig, uint64_t at, unsigned granule, unsigned bits,
                                bool ds);
/* Address of the descriptor of an input address; tables down to there are made. */
uint64_t rig_wide_leaf(struct rig_wide *t, uint64_t in, int level);
/* A leaf. */
void rig_wide_put(struct rig_wide *t, uint64_t in, uint64_t out, int level);
/* SID begins to use them. */
void rig_wide_stage1(const struct rig_wide *t);
void rig_wide_stage2(const struct rig_wide *t);
/* Walked, and then from whatever has cached it. */
void rig_wide_expect(struct rig *rig, uint64_t in, uint64_t pa);

#endif
