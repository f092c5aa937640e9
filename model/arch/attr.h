/* Memory attributes: MAIR encoding throughout. IHI 0070 13.1.5 (combining), Arm ARM D8.5.
 * Left out: S2FWB, transient hints, allocation hints. */
#ifndef SMMU_ARCH_ATTR_H
#define SMMU_ARCH_ATTR_H

#include <stdbool.h>
#include <stdint.h>

#define SMMU_SH_NSH             0u
#define SMMU_SH_OSH             2u
#define SMMU_SH_ISH             3u
#define SMMU_ATTR_DEVICE_NGNRNE 0x00u
#define SMMU_ATTR_NORMAL_WB     0xffu

struct smmu_attr {
  uint8_t memattr; /* as a MAIR byte */
  uint8_t sh;
};

static inline bool smmu_attr_is_device(unsigned memattr)
{
  return (memattr & 0xf0) == 0;
}

/* Attributes of a stage 1 leaf. */
struct smmu_attr smmu_attr_stage1(uint64_t desc, uint64_t mair);
/* Stage 2 MemAttr[3:0] as a MAIR byte. */
unsigned smmu_attr_of_s2_memattr(unsigned memattr);
/* Attributes of a stage 2 leaf. */
struct smmu_attr smmu_attr_stage2(uint64_t desc);
/* Attributes of a transaction that no stage 1 has replaced: Normal write-back, Non-shareable from
 * the bus (IMPDEF), then the overrides of STE or GBPA. shcfg: 0 NSH, 1 as it comes, 2 OSH, 3 ISH.
 * IHI 0070 13.1.3, 13.3. */
struct smmu_attr smmu_attr_incoming(bool mtcfg, unsigned memattr, unsigned shcfg);
/* Stage 2 combined with stage 1 (or with the incoming transaction): the stronger wins. */
struct smmu_attr smmu_attr_combine(struct smmu_attr s1, struct smmu_attr s2);

#endif
