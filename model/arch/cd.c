/* CD decode and the ILLEGAL rules, in the order of the specification. IHI 0070 5.4.2. */
#include "arch/cd.h"

#include <string.h>

#include "arch/structs.h"
#include "util/bits.h"

/* CD.TG0 and CD.TG1 do not share an encoding. */
static bool granule_of_tg(unsigned which, unsigned tg, uint8_t granules, uint8_t *granule_log2)
{
  static const uint8_t log2[2][4] = { { 12, 16, 14, 0 }, { 0, 14, 12, 16 } };
  uint8_t need;

  *granule_log2 = log2[which][tg];
  need = *granule_log2 == 12   ? SMMU_GRAN_4K
         : *granule_log2 == 14 ? SMMU_GRAN_16K
         : *granule_log2 == 16 ? SMMU_GRAN_64K
                               : 0;
  return (granules & need) != 0;
}

static bool txsz_legal(unsigned txsz, unsigned granule_log2, const struct smmu_features *f)
{
  unsigned high = f->stt ? (granule_log2 == 16 ? 47 : 48) : 39;

  return txsz >= 16 && txsz <= high;
}

static bool decode_table(unsigned which, unsigned txsz, unsigned tg, uint64_t ttb, unsigned oa_bits,
                         const struct smmu_features *f, struct smmu_cd_table *t)
{
  struct smmu_geometry *g = &t->geometry;

  if (t->epd)
    return true; /* fields of a disabled table are not checked */
  if (!granule_of_tg(which, tg, f->granules, &g->granule_log2))
    return false;
  if (!txsz_legal(txsz, g->granule_log2, f))
    return false;
  if ((ttb >> oa_bits) != 0)
    return false;
  g->ia_bits = (uint8_t)(64 - txsz);
  g->oa_bits = (uint8_t)oa_bits;
  g->start_level = (int8_t)smmu_stage1_start_level(g->granule_log2, g->ia_bits);
  t->ttb = align_down_log2(ttb, smmu_start_table_log2(g));
  return true;
}

static bool decode_tables(const uint64_t *w, const struct smmu_features *f, bool two_ranges,
                          struct smmu_cd *out)
{
  unsigned ips = smmu_address_bits((unsigned)FGET(CD, IPS, w));
  unsigned oa_bits = ips < f->oas ? ips : f->oas;

  /* EPD0 is ignored where there is one range only; the second range does not exist then. */
  out->table[0].epd = two_ranges && FGET(CD, EPD0, w);
  out->table[1].epd = !two_ranges || FGET(CD, EPD1, w);
  out->table[0].tbi = (uint8_t)FGET(CD, TBI0, w);
  out->table[1].tbi = (uint8_t)FGET(CD, TBI1, w);
  out->table[0].had = f->had && FGET(CD, HAD0, w);
  out->table[1].had = f->had && FGET(CD, HAD1, w);
  return decode_table(0, (unsigned)FGET(CD, T0SZ, w), (unsigned)FGET(CD, TG0, w),
                      FGET(CD, TTB0, w) << (CD_TTB0_LO % 64), oa_bits, f, &out->table[0]) &&
         decode_table(1, (unsigned)FGET(CD, T1SZ, w), (unsigned)FGET(CD, TG1, w),
                      FGET(CD, TTB1, w) << (CD_TTB1_LO % 64), oa_bits, f, &out->table[1]);
}

bool smmu_cd_decode(const uint64_t words[8], const struct smmu_features *f,
                    const struct smmu_ste *ste, struct smmu_cd *out)
{
  bool two_ranges = ste->world != SMMU_WORLD_EL2;
  uint64_t asid = FGET(CD, ASID, words);
  bool endi = FGET(CD, ENDI, words);

  memset(out, 0, sizeof *out);
  if (!FGET(CD, V, words))
    return false;
  if (f->term_model && !FGET(CD, A, words))
    return false;
  if ((f->stall_model == 1 && FGET(CD, S, words)) || (f->stall_model == 2 && !FGET(CD, S, words)))
    return false;
  if (!(two_ranges && FGET(CD, EPD0, words) && FGET(CD, EPD1, words)) &&
      ((f->ttendian == 2 && endi) || (f->ttendian == 3 && !endi)))
    return false;
  if (!FGET(CD, AA64, words) || !(f->ttf & 2)) /* VMSAv8-32 tables: see ste.c */
    return false;
  if ((FGET(CD, HA, words) || FGET(CD, HD, words)) && f->httu == 0)
    return false;
  if (two_ranges && !f->asid16 && asid > 0xff)
    return false;
  if (!decode_tables(words, f, two_ranges, out))
    return false;
  out->mair = FGET(CD, MAIR0, words) | FGET(CD, MAIR1, words) << 32;
  out->asid = two_ranges ? (uint16_t)asid : 0;
  out->affd = (uint8_t)FGET(CD, AFFD, words);
  out->wxn = (uint8_t)FGET(CD, WXN, words);
  out->pan = two_ranges && FGET(CD, PAN, words);
  out->a = f->term_model || FGET(CD, A, words);
  out->r = (uint8_t)FGET(CD, R, words);
  out->aset = (uint8_t)FGET(CD, ASET, words);
  return true;
}

bool smmu_l1cd_lookup(uint64_t l1cd, uint32_t ssid, unsigned leaf_log2, unsigned address_bits,
                      uint64_t *cd_addr)
{
  uint64_t l2ptr = align_down_log2(FGET(L1CD, L2Ptr, &l1cd) << L1CD_L2Ptr_LO, leaf_log2 + 6);

  if (!FGET(L1CD, V, &l1cd) || (l2ptr >> address_bits) != 0)
    return false;
  *cd_addr = l2ptr + 64ULL * (ssid & (uint32_t)bits_low(leaf_log2));
  return true;
}
