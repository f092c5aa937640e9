/* The ILLEGAL rules of the STE, in the order of IHI 0070 5.2.2, for a Non-secure device up to v3.3.
 * A field that is IGNORED or RES0 breaks no rule. Left out: rules of v3.4 (D128, S2PIE, S2POE,
 * DPT), of VMSAv8-32 tables, of the Secure and Realm states. */
#include "arch/ste.h"
#include "arch/structs.h"
#include "util/bits.h"

enum { CONFIG_S1 = 1, CONFIG_S2 = 2 };

static bool address_fits(uint64_t address, unsigned bits)
{
  return bits >= 64 || (address >> bits) == 0;
}

/* EATS = 3 is reserved without DPT and behaves as 0. S2S counts for full ATS only while stage 2
 * translates, as the text recommends for v3.0 and demands from v3.1 on. */
static bool ats_legal(const uint64_t *w, const struct smmu_features *f, unsigned config)
{
  unsigned eats = (unsigned)FGET(STE, EATS, w);
  bool s2s = FGET(STE, S2S, w);

  if (!f->ats || (config & 3) == 0)
    return true;
  if (eats == 2)
    return (config & 3) == 3 && !s2s && !f->ns1ats;
  return !(eats == 1 && (config & CONFIG_S2) && s2s);
}

/* STRW counts only for stage 1 alone on a device with EL2. */
static bool strw_legal(const uint64_t *w, const struct smmu_features *f, unsigned config)
{
  return !f->hyp || (config & 3) != CONFIG_S1 || !(FGET(STE, STRW, w) & 1);
}

static bool stage1_legal(const uint64_t *w, const struct smmu_features *f, unsigned config)
{
  uint64_t s1_context_ptr = FGET(STE, S1ContextPtr, w) << STE_S1ContextPtr_LO;
  unsigned s1cdmax = (unsigned)FGET(STE, S1CDMax, w);
  unsigned s1fmt = (unsigned)FGET(STE, S1Fmt, w);

  if (FGET(STE, S1STALLD, w) && f->stall_model != 0)
    return false;
  if (f->ssidsize && s1cdmax > f->ssidsize)
    return false;
  if (f->ssidsize && s1cdmax && !f->cd2l && (s1fmt == 1 || s1fmt == 2))
    return false;
  return address_fits(s1_context_ptr, config & CONFIG_S2 ? f->ias : f->oas);
}

/* S2TG and its feature; false for what the device does not have. */
static bool granule_of_s2tg(unsigned s2tg, uint8_t granules, uint8_t *granule_log2)
{
  static const uint8_t log2[4] = { 12, 16, 14, 0 };
  static const uint8_t need[4] = { SMMU_GRAN_4K, SMMU_GRAN_64K, SMMU_GRAN_16K, 0 };

  *granule_log2 = log2[s2tg];
  return (granules & need[s2tg]) != 0;
}

/* Range of S2T0SZ. IHI 0070 5.2, S2T0SZ. */
static bool s2t0sz_legal(unsigned s2t0sz, const struct smmu_geometry *g, bool ds,
                         const struct smmu_features *f)
{
  unsigned high = f->stt ? (g->granule_log2 == 16 ? 47 : 48) : 39;
  unsigned low = g->granule_log2 == 16 || ds ? 12 : 16;

  if (low < 64u - f->ias)
    low = 64u - f->ias;
  return s2t0sz >= low && s2t0sz <= high;
}

/* A start level that a small output size does not justify is refused, as a PE does. Arm ARM
 * (S2InvalidSL); public sources do not say it of the SMMU (choices.md). Level -1 has an input size that
 * needs OAS 52 anyway. */
static bool start_level_justified(unsigned granule_log2, int level, unsigned oas)
{
  if (level == 0)
    return granule_log2 == 14 ? oas == 52 : oas > 42;
  return level != 1 || granule_log2 == 12 || oas > (granule_log2 == 14 ? 40 : 42);
}

/* S2TG, S2TTB, S2T0SZ and the start level, which have to fit one another. */
static bool s2_tables_legal(const uint64_t *w, const struct smmu_features *f,
                            struct smmu_geometry *g)
{
  unsigned s2t0sz = (unsigned)FGET(STE, S2T0SZ, w);
  unsigned s2ps = smmu_address_bits((unsigned)FGET(STE, S2PS, w));
  unsigned s2sl = (unsigned)(FGET(STE, S2SL0_2, w) << 2 | FGET(STE, S2SL0, w));
  bool ds;
  int level;

  if (!granule_of_s2tg((unsigned)FGET(STE, S2TG, w), f->granules, &g->granule_log2))
    return false;
  ds = f->ds && g->granule_log2 != 16 && FGET(STE, S2DS, w);
  g->format = (uint8_t)smmu_oa_format(g->granule_log2, ds, f->oas);
  g->oa_bits = (uint8_t)smmu_oa_bits(s2ps, f->oas, g->format);
  g->big_endian = (uint8_t)FGET(STE, S2ENDI, w);
  if (!address_fits(FGET(STE, S2TTB, w) << (STE_S2TTB_LO % 64), g->oa_bits))
    return false;
  if (!s2t0sz_legal(s2t0sz, g, ds, f))
    return false;
  g->ia_bits = (uint8_t)(64 - s2t0sz);
  if (!smmu_stage2_start_level(g->granule_log2, ds, s2sl, &level) ||
      (level == 3 && g->granule_log2 == 12 && !f->stt) ||
      !start_level_justified(g->granule_log2, level, f->oas) ||
      !smmu_stage2_start_fits(g->granule_log2, g->ia_bits, level))
    return false;
  g->start_level = (int8_t)level;
  return true;
}

static bool httu_legal(bool ha, bool hd, bool haft, unsigned httu)
{
  if ((ha || hd) && httu == 0)
    return false;
  if (hd && httu == 1)
    return false;
  return !(haft && !ha && httu == 3);
}

static bool stage2_legal(const uint64_t *w, const struct smmu_features *f, struct smmu_geometry *g)
{
  bool s2s = FGET(STE, S2S, w), endi = FGET(STE, S2ENDI, w);

  if ((s2s && f->stall_model == 1) || (!s2s && f->stall_model == 2))
    return false;
  if (!FGET(STE, S2AA64, w) || !(f->ttf & 2))
    return false;
  if (!httu_legal(FGET(STE, S2HA, w), FGET(STE, S2HD, w), FGET(STE, S2HAFT, w), f->httu))
    return false;
  if (!s2_tables_legal(w, f, g))
    return false;
  return !((f->ttendian == 2 && endi) || (f->ttendian == 3 && !endi));
}

/* S2VMID tags the EL1 world whenever stage 2 exists, even for stage 1 only streams. */
static bool vmid_legal(const uint64_t *w, const struct smmu_features *f, unsigned config)
{
  bool el2 = f->hyp && (config & 3) == CONFIG_S1 && FGET(STE, STRW, w) != 0;

  if (!f->s2p || (config & 3) == 0 || el2)
    return true;
  return f->vmid16 || FGET(STE, S2VMID, w) <= 0xff;
}

static bool vms_ptr_legal(const uint64_t *w, const struct smmu_features *f, unsigned config)
{
  if (!f->mpam || f->partid_max == 0 || (config & 3) != 3 || !FGET(STE, S1MPAM, w))
    return true;
  return address_fits(FGET(STE, VMSPtr, w) << (STE_VMSPtr_LO % 64), f->oas);
}

bool smmu_ste_legal(const uint64_t words[8], const struct smmu_features *f,
                    struct smmu_geometry *s2)
{
  unsigned config = (unsigned)FGET(STE, Config, words);

  if (((config & CONFIG_S1) && !f->s1p) || ((config & CONFIG_S2) && !f->s2p))
    return false;
  if (!ats_legal(words, f, config) || !strw_legal(words, f, config))
    return false;
  if ((config & CONFIG_S1) && !stage1_legal(words, f, config))
    return false;
  if ((config & CONFIG_S2) && !stage2_legal(words, f, s2))
    return false;
  return vmid_legal(words, f, config) && vms_ptr_legal(words, f, config);
}
