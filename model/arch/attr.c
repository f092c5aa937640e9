/* Memory attributes of leaves, and how two stages combine. IHI 0070 13.1.5; Arm ARM D8.5. */
#include "arch/attr.h"

#include "arch/structs.h"

/* Device and Normal Non-cacheable memory is always Outer Shareable; the reserved encoding 0b01 of a
 * leaf acts as Non-shareable (IMPDEF). */
static unsigned effective_sh(unsigned memattr, unsigned sh)
{
  if (smmu_attr_is_device(memattr) || memattr == 0x44)
    return SMMU_SH_OSH;
  return sh == 1 ? SMMU_SH_NSH : sh;
}

struct smmu_attr smmu_attr_incoming(bool mtcfg, unsigned memattr, unsigned shcfg)
{
  struct smmu_attr a = { SMMU_ATTR_NORMAL_WB, SMMU_SH_NSH };

  if (mtcfg)
    a.memattr = (uint8_t)smmu_attr_of_s2_memattr(memattr);
  a.sh = (uint8_t)effective_sh(a.memattr, shcfg == 1 ? SMMU_SH_NSH : shcfg);
  return a;
}

struct smmu_attr smmu_attr_stage1(uint64_t desc, uint64_t mair)
{
  struct smmu_attr a;

  a.memattr = (uint8_t)(mair >> (8 * FGET(S1_LEAF, AttrIndx, &desc)));
  a.sh = (uint8_t)effective_sh(a.memattr, (unsigned)FGET(S1_LEAF, SH, &desc));
  return a;
}

unsigned smmu_attr_of_s2_memattr(unsigned memattr)
{
  static const uint8_t device[4] = { 0x00, 0x04, 0x08, 0x0c };
  static const uint8_t cacheability[4] = { 0x0, 0x4, 0xb, 0xf };

  if ((memattr & 0xc) == 0)
    return device[memattr & 3];
  if ((memattr & 3) == 0) /* inner encoding 0b00 of Normal memory is reserved: the strongest type */
    return SMMU_ATTR_DEVICE_NGNRNE;
  return (unsigned)(cacheability[memattr >> 2] << 4 | cacheability[memattr & 3]);
}

/* One half (inner or outer) of Normal memory: Non-cacheable beats Write-Through beats Write-Back.
 */
static unsigned combine_half(unsigned a, unsigned b)
{
  if (a == 0x4 || b == 0x4)
    return 0x4;
  if ((a & 0xc) == 0x8 || (a & 0xc) == 0 || (b & 0xc) == 0x8 || (b & 0xc) == 0)
    return 0x8 | (a & b & 3);
  return 0xc | (a & b & 3);
}

struct smmu_attr smmu_attr_stage2(uint64_t desc)
{
  struct smmu_attr a;

  a.memattr = (uint8_t)smmu_attr_of_s2_memattr((unsigned)FGET(S2_LEAF, MemAttr, &desc) & 0xf);
  a.sh = (uint8_t)FGET(S2_LEAF, SH, &desc);
  return a;
}

static unsigned combine_type(unsigned a, unsigned b)
{
  bool a_device = smmu_attr_is_device(a), b_device = smmu_attr_is_device(b);

  if (a_device && b_device)
    return a < b ? a : b;
  if (a_device || b_device)
    return a_device ? a : b;
  return combine_half(a >> 4, b >> 4) << 4 | combine_half(a & 0xf, b & 0xf);
}

struct smmu_attr smmu_attr_combine(struct smmu_attr s1, struct smmu_attr s2)
{
  unsigned sh = SMMU_SH_NSH;
  struct smmu_attr a;

  if (s1.sh == SMMU_SH_OSH || s2.sh == SMMU_SH_OSH)
    sh = SMMU_SH_OSH;
  else if (s1.sh == SMMU_SH_ISH || s2.sh == SMMU_SH_ISH)
    sh = SMMU_SH_ISH;
  a.memattr = (uint8_t)combine_type(s1.memattr, s2.memattr);
  a.sh = (uint8_t)effective_sh(a.memattr, sh);
  return a;
}
