/* Memory attributes of leaves, and how two stages combine. IHI 0070 5.4 (MAIR), 13.1.5 to 13.1.7,
 * 13.4.2; Arm ARM D8.5. */
#include "arch/attr.h"

#include "arch/structs.h"

/* One half (inner or outer) of Normal memory. 0b0100 is Non-cacheable; else bit 3 is non-transient,
 * bit 2 write-back, bits 1 and 0 are read and write allocate. */
enum { HALF_NC = 4, HALF_WB = 4, HALF_STAYS = 8, HALF_RW = 3 };

/* A cacheable type that allocates nothing has no transient hint. IHI 0070 13.1.7. */
static unsigned make_half(unsigned type, bool transient, unsigned rw)
{
  return type | (transient && rw ? 0u : (unsigned)HALF_STAYS) | rw;
}

static bool is_transient(unsigned half)
{
  return !(half & HALF_STAYS);
}

/* Device and Normal Non-cacheable memory is always Outer Shareable; the reserved encoding 0b01 of a
 * leaf acts as Non-shareable (IMPDEF). */
static unsigned effective_sh(unsigned memattr, unsigned sh)
{
  if (smmu_attr_is_device(memattr) || memattr == 0x44)
    return SMMU_SH_OSH;
  return sh == 1 ? SMMU_SH_NSH : sh;
}

static unsigned override_half(unsigned half, unsigned alloc)
{
  if (half == HALF_NC)
    return half;
  return make_half(half & HALF_WB, alloc & 1, alloc >> 1 & 3);
}

struct smmu_attr smmu_attr_incoming(bool mtcfg, unsigned memattr, unsigned shcfg, unsigned alloc)
{
  unsigned type = mtcfg ? smmu_attr_of_s2_memattr(memattr) : SMMU_ATTR_NORMAL_WB;
  struct smmu_attr a;

  if ((alloc & 8) && !smmu_attr_is_device(type))
    type = override_half(type >> 4, alloc) << 4 | override_half(type & 0xf, alloc);
  a.memattr = (uint8_t)type;
  a.sh = (uint8_t)effective_sh(type, shcfg == 1 ? SMMU_SH_NSH : shcfg);
  return a;
}

/* Reserved encodings behave as the text has it. IHI 0070 5.4, MAIR. */
static unsigned mair_byte(unsigned byte)
{
  if (smmu_attr_is_device(byte))
    return byte & 0x0c;
  return byte & 0xf ? byte : byte | 3;
}

struct smmu_attr smmu_attr_stage1(uint64_t desc, uint64_t mair, unsigned sh)
{
  struct smmu_attr a;

  a.memattr = (uint8_t)mair_byte((unsigned)(mair >> (8 * FGET(S1_LEAF, AttrIndx, &desc))) & 0xff);
  a.sh = (uint8_t)effective_sh(a.memattr, sh);
  return a;
}

static unsigned hint_half(unsigned half, unsigned incoming)
{
  if (half == HALF_NC || incoming == HALF_NC)
    return half;
  return make_half(half & HALF_WB, is_transient(half) || is_transient(incoming),
                   half & incoming & HALF_RW);
}

unsigned smmu_attr_hints(unsigned memattr, unsigned incoming)
{
  if (smmu_attr_is_device(memattr) || smmu_attr_is_device(incoming))
    return memattr;
  return hint_half(memattr >> 4, incoming >> 4) << 4 | hint_half(memattr & 0xf, incoming & 0xf);
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

/* MemAttr under S2FWB: bit 3 is reserved and does not count. */
static unsigned fwb_memattr(unsigned memattr)
{
  static const uint8_t forced[4] = { SMMU_ATTR_FWB_NC, SMMU_ATTR_FWB_NC, SMMU_ATTR_FWB_WB,
                                     SMMU_ATTR_FWB_S1 };

  return memattr & 4 ? forced[memattr & 3] : (memattr & 3) << 2;
}

struct smmu_attr smmu_attr_stage2(uint64_t desc, bool fwb, unsigned sh)
{
  unsigned memattr = (unsigned)FGET(S2_LEAF, MemAttr, &desc);
  struct smmu_attr a;

  a.memattr = (uint8_t)(fwb ? fwb_memattr(memattr) : smmu_attr_of_s2_memattr(memattr));
  a.sh = (uint8_t)sh;
  return a;
}

/* Non-cacheable beats Write-Through beats Write-Back; no allocation beats allocation, transient
 * beats non-transient. */
static unsigned combine_half(unsigned a, unsigned b)
{
  if (a == HALF_NC || b == HALF_NC)
    return HALF_NC;
  return make_half(a & b & HALF_WB, is_transient(a) || is_transient(b), a & b & HALF_RW);
}

static unsigned forced_half(unsigned half)
{
  return half == HALF_NC ? 0xf : make_half(HALF_WB, is_transient(half), half & HALF_RW);
}

/* Write-back, with the hints of a type that has some. */
static unsigned forced_wb(unsigned in)
{
  if (smmu_attr_is_device(in))
    return SMMU_ATTR_NORMAL_WB;
  return forced_half(in >> 4) << 4 | forced_half(in & 0xf);
}

/* in: what comes from stage 1 or from the bus. */
static unsigned combine_type(unsigned in, unsigned s2)
{
  bool in_device = smmu_attr_is_device(in), s2_device = smmu_attr_is_device(s2);

  if (in_device && s2_device)
    return in < s2 ? in : s2;
  if (s2_device)
    return s2;
  if (s2 == SMMU_ATTR_FWB_WB)
    return forced_wb(in);
  if (in_device || s2 == SMMU_ATTR_FWB_S1)
    return in;
  if (s2 == SMMU_ATTR_FWB_NC)
    return 0x44;
  return combine_half(in >> 4, s2 >> 4) << 4 | combine_half(in & 0xf, s2 & 0xf);
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
