/* MSI writes of the device's own interrupts. IHI 0070 3.18.
 * The registers x_IRQ_CFG0, CFG1, CFG2 stand next to each other in regs.def, so CFG0's number names
 * all three. */
#ifndef SMMU_CORE_MSI_H
#define SMMU_CORE_MSI_H

#include "core/core.h"
#include "util/bits.h"

/* Put the MSI write into *ask; false when MSIs are not supported or the address is 0. The wired
 * interrupt follows either way. */
static inline bool msi_ask(const struct smmu *s, enum smmu_reg cfg0, struct smmu_ask *ask)
{
  const uint64_t *reg = shared_const(s)->reg;
  uint64_t addr = reg[cfg0] & bits_mask(55, 2) & bits_low(s->features.oas);

  if (!s->features.msi || addr == 0)
    return false;
  ask->kind = SMMU_ASK_WRITE;
  ask->stage = SMMU_STAGE_MSI;
  ask->addr = addr;
  ask->len = 4;
  ask->data[0] = reg[cfg0 + 1];
  return true;
}

#endif
