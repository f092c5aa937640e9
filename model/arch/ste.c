/* STE decode and the ILLEGAL rules, in the order of the specification. IHI 0070 5.2.2. */
#include "arch/ste.h"

#include <string.h>

#include "arch/structs.h"
#include "util/bits.h"

/* STE.S2TG to granule; false for what the device does not have. */
static bool granule_of_s2tg(unsigned s2tg, uint8_t granules, uint8_t *granule_log2)
{
  static const uint8_t log2[4] = { 12, 16, 14, 0 };
  static const uint8_t need[4] = { SMMU_GRAN_4K, SMMU_GRAN_64K, SMMU_GRAN_16K, 0 };

  *granule_log2 = log2[s2tg];
  return (granules & need[s2tg]) != 0;
}

static bool address_fits(uint64_t address, unsigned bits)
{
  return bits >= 64 || (address >> bits) == 0;
}

/* STE.STRW matters only for stage 1 alone on a device with EL2. */
static bool decode_world(const uint64_t *w, const struct smmu_features *f, bool e2h,
                         struct smmu_ste *out)
{
  unsigned strw = (unsigned)FGET(STE, STRW, w);

  out->world = SMMU_WORLD_EL1;
  if (FGET(STE, Config, w) != 5 || !f->hyp)
    return true;
  if (strw & 1)
    return false;
  if (strw == 2)
    out->world = e2h ? SMMU_WORLD_EL2_E2H : SMMU_WORLD_EL2;
  return true;
}

static bool decode_stage1(const uint64_t *w, const struct smmu_features *f, struct smmu_ste *out)
{
  out->s1_context_ptr = FGET(STE, S1ContextPtr, w) << STE_S1ContextPtr_LO;
  out->s1fmt = (uint8_t)FGET(STE, S1Fmt, w);
  out->s1dss = (uint8_t)FGET(STE, S1DSS, w);
  out->s1cdmax = f->ssidsize ? (uint8_t)FGET(STE, S1CDMax, w) : 0;
  if (FGET(STE, S1STALLD, w) && f->stall_model != 0)
    return false;
  if (out->s1cdmax > f->ssidsize)
    return false;
  if (out->s1cdmax != 0 && !f->cd2l && (out->s1fmt == 1 || out->s1fmt == 2))
    return false;
  return address_fits(out->s1_context_ptr, out->s2 ? f->ias : f->oas);
}

/* Range of S2T0SZ: IHI 0070 5.2, S2T0SZ. */
static bool s2t0sz_legal(unsigned s2t0sz, unsigned granule_log2, const struct smmu_features *f)
{
  unsigned high = f->stt ? (granule_log2 == 16 ? 47 : 48) : 39;
  unsigned low = granule_log2 == 16 ? 12 : 16;

  if (low < 64u - f->ias)
    low = 64u - f->ias;
  return s2t0sz >= low && s2t0sz <= high;
}

/* A start level that a small output size does not justify is refused, as a PE does. Arm ARM D8.2
 * (S2InvalidSL); public sources do not say it of the SMMU (choices.md). */
static bool start_level_justified(unsigned granule_log2, int level, unsigned oas)
{
  if (granule_log2 == 12)
    return level != 0 || oas > 42;
  return level != 1 || oas > (granule_log2 == 14 ? 40 : 42);
}

static bool decode_stage2(const uint64_t *w, const struct smmu_features *f, struct smmu_ste *out)
{
  unsigned s2t0sz = (unsigned)FGET(STE, S2T0SZ, w);
  unsigned s2ps = smmu_address_bits((unsigned)FGET(STE, S2PS, w));
  struct smmu_geometry *g = &out->s2_geometry;
  uint64_t s2ttb = FGET(STE, S2TTB, w) << (STE_S2TTB_LO % 64);
  int level;

  if (!FGET(STE, S2AA64, w) ||
      !(f->ttf & 2)) /* VMSAv8-32 tables are not modelled: configurations with TTF[0] are refused */
    return false;
  if (FGET(STE, S2S, w) && f->stall_model == 1)
    return false;
  if (!FGET(STE, S2S, w) && f->stall_model == 2)
    return false;
  if ((FGET(STE, S2HA, w) || FGET(STE, S2HD, w)) && f->httu == 0)
    return false;
  if (!granule_of_s2tg((unsigned)FGET(STE, S2TG, w), f->granules, &g->granule_log2))
    return false;
  g->oa_bits = (uint8_t)(s2ps < f->oas ? s2ps : f->oas);
  if (!address_fits(s2ttb, g->oa_bits))
    return false;
  if (g->granule_log2 < 16 && !address_fits(s2ttb, 48))
    return false;
  if (!s2t0sz_legal(s2t0sz, g->granule_log2, f))
    return false;
  g->ia_bits = (uint8_t)(64 - s2t0sz);
  if (!smmu_stage2_start_level(g->granule_log2, (unsigned)FGET(STE, S2SL0, w), &level) ||
      (level == 3 && g->granule_log2 == 12 && !f->stt) ||
      !start_level_justified(g->granule_log2, level, f->oas) ||
      !smmu_stage2_start_fits(g->granule_log2, g->ia_bits, level))
    return false;
  g->start_level = (int8_t)level;
  if ((f->ttendian == 2 && FGET(STE, S2ENDI, w)) || (f->ttendian == 3 && !FGET(STE, S2ENDI, w)))
    return false;
  out->s2ttb = align_down_log2(s2ttb, smmu_start_table_log2(g));
  out->s2affd = (uint8_t)FGET(STE, S2AFFD, w);
  out->s2r = (uint8_t)FGET(STE, S2R, w);
  out->s2ptw = out->s1 && FGET(STE, S2PTW, w);
  return true;
}

bool smmu_ste_decode(const uint64_t words[8], const struct smmu_features *f, bool e2h,
                     struct smmu_ste *out)
{
  unsigned config = (unsigned)FGET(STE, Config, words);
  uint64_t vmid = FGET(STE, S2VMID, words);

  memset(out, 0, sizeof *out);
  if (!FGET(STE, V, words))
    return false;
  out->abort = !(config & 4);
  if (out->abort)
    return true;
  out->s1 = config & 1;
  out->s2 = (config & 2) != 0;
  if ((out->s1 && !f->s1p) || (out->s2 && !f->s2p))
    return false;
  if (!decode_world(words, f, e2h, out))
    return false;
  if (out->s1 && !decode_stage1(words, f, out))
    return false;
  if (out->s2 && !decode_stage2(words, f, out))
    return false;
  /* S2VMID tags the EL1 world whenever stage 2 exists, even for stage 1 only streams. */
  if (f->s2p && (out->s1 || out->s2) && out->world == SMMU_WORLD_EL1) {
    if (!f->vmid16 && vmid > 0xff)
      return false;
    out->vmid = (uint16_t)vmid;
  }
  /* Without the override features these fields are RES0: what comes in is used. */
  if (f->attr_perms_ovr) {
    out->privcfg = (uint8_t)FGET(STE, PRIVCFG, words);
    out->instcfg = (uint8_t)FGET(STE, INSTCFG, words);
  }
  out->shcfg = 1;
  if (f->attr_types_ovr) {
    out->mtcfg = (uint8_t)FGET(STE, MTCFG, words);
    out->memattr = (uint8_t)FGET(STE, MemAttr, words);
    out->shcfg = (uint8_t)FGET(STE, SHCFG, words);
  }
  return true;
}

bool smmu_l1std_lookup(uint64_t l1std, uint32_t sid, unsigned split, uint64_t *ste_addr)
{
  unsigned span = (unsigned)FGET(L1STD, Span, &l1std);
  uint64_t l2ptr = FGET(L1STD, L2Ptr, &l1std) << L1STD_L2Ptr_LO;
  uint32_t index = sid & (uint32_t)bits_low(split);

  if (span == 0 || span >= 12 || span > split + 1 || index >= (1u << (span - 1)))
    return false;
  *ste_addr = align_down_log2(l2ptr, 5 + span) + 64ULL * index;
  return true;
}
