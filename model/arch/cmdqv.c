/* The CMDQV register table as data: rows of cmdqv.def, and lookup by a short scan. */
#include "arch/cmdqv.h"

#define RESET(value) (value)
#define RW(mask)     (mask)

const struct smmu_cmdqv_row smmu_cmdqv_rows[CMDQV_R_COUNT] = {
#define VREG(name, block, offset, count, width, reset, rw, guard, hook, origin) \
  { #name, \
    (offset), \
    (count), \
    CMDQV_BLOCK_##block, \
    (width), \
    CMDQV_GUARD_##guard, \
    CMDQV_HOOK_##hook, \
    SMMU_ORIGIN_##origin, \
    (reset), \
    (rw) },
#define FIELD(reg, name, hi, lo)
#include "arch/cmdqv.def"
#undef VREG
#undef FIELD
};

int smmu_cmdqv_by_offset(enum smmu_cmdqv_block block, uint32_t offset, unsigned *index)
{
  for (int i = 0; i < CMDQV_R_COUNT; i++) {
    const struct smmu_cmdqv_row *row = &smmu_cmdqv_rows[i];
    uint32_t bytes = row->width / 8u;

    if (row->block == block && offset >= row->offset && offset < row->offset + row->count * bytes) {
      *index = (offset - row->offset) / bytes;
      return i;
    }
  }
  return -1;
}
