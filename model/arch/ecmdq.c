/* The register table of enhanced command queues as data: rows of ecmdq.def, and lookup. IHI 0070
 * 6.2.5, 6.3.49-6.3.51, 6.3.107-6.3.109. */
#include "arch/ecmdq.h"

#define RESET(value) (value)
#define RW(mask)     (mask)

const struct smmu_ecmdq_row smmu_ecmdq_rows[ECMDQ_R_COUNT] = {
#define QREG(name, block, offset, width, reset, rw, guard) \
  { #name, (offset), ECMDQ_BLOCK_##block, (width), ECMDQ_GUARD_##guard, (reset), (rw) },
#define FIELD(reg, name, hi, lo)
#include "arch/ecmdq.def"
#undef QREG
#undef FIELD
};

int smmu_ecmdq_by_offset(enum smmu_ecmdq_block block, uint32_t offset)
{
  for (int i = 0; i < ECMDQ_R_COUNT; i++) {
    if (smmu_ecmdq_rows[i].block == block && smmu_ecmdq_rows[i].offset == offset)
      return i;
  }
  return -1;
}
