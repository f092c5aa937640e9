/* Memory attributes: MAIR encoding throughout, allocation and transient hints included. IHI
 * 0070 5.4 (MAIR), 13.1.3 to 13.1.7, 13.4; Arm ARM D8.5. Left out: attributes of the device's own
 * accesses (13.8). */
#ifndef SMMU_ARCH_ATTR_H
#define SMMU_ARCH_ATTR_H

#include <stdbool.h>
#include <stdint.h>

#define SMMU_SH_NSH             0u
#define SMMU_SH_OSH             2u
#define SMMU_SH_ISH             3u
#define SMMU_ATTR_DEVICE_NGNRNE 0x00u
#define SMMU_ATTR_NORMAL_WB     0xffu

/* Stage 2 leaves under S2FWB say what becomes of the type that comes in. MAIR bytes with a low
 * nibble of 0 are reserved, so these cannot be mistaken for one. IHI 0070 13.1.6. */
#define SMMU_ATTR_FWB_NC 0x10u /* Non-cacheable, unless Device comes in */
#define SMMU_ATTR_FWB_WB 0x20u /* write-back, whatever comes in */
#define SMMU_ATTR_FWB_S1 0x30u /* as it comes in */

struct smmu_attr {
  uint8_t memattr; /* as a MAIR byte */
  uint8_t sh;
};

static inline bool smmu_attr_is_device(unsigned memattr)
{
  return (memattr & 0xf0) == 0;
}

/* Attributes of a stage 1 leaf; sh: smmu_desc_sh(). */
struct smmu_attr smmu_attr_stage1(uint64_t desc, uint64_t mair, unsigned sh);
/* Stage 2 MemAttr[3:0] as a MAIR byte. */
unsigned smmu_attr_of_s2_memattr(unsigned memattr);
/* Attributes of a stage 2 leaf: SMMU_ATTR_FWB_* are possible with fwb. */
struct smmu_attr smmu_attr_stage2(uint64_t desc, bool fwb, unsigned sh);
/* Attributes of a transaction that no stage 1 has replaced: Normal write-back, Non-shareable from
 * the bus (IMPDEF), then the overrides of STE or GBPA. shcfg: 0 NSH, 1 as it comes, 2 OSH, 3 ISH.
 * alloc: ALLOCCFG, 0b1RWT or 0 as it comes. IHI 0070 13.1.3, 13.3. */
struct smmu_attr smmu_attr_incoming(bool mtcfg, unsigned memattr, unsigned shcfg, unsigned alloc);
/* A stage 1 type with the hints of the incoming one combined into it. IHI 0070 13.4.2. */
unsigned smmu_attr_hints(unsigned memattr, unsigned incoming);
/* Stage 2 combined with stage 1 (or with the incoming transaction): the stronger wins. */
struct smmu_attr smmu_attr_combine(struct smmu_attr s1, struct smmu_attr s2);

#endif
