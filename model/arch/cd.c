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

/* Range of T0SZ and T1SZ. IHI 0070 5.4, T0SZ. */
static bool txsz_legal(unsigned txsz, unsigned granule_log2, bool ds, const struct smmu_features *f)
{
  unsigned high = f->stt ? (granule_log2 == 16 ? 47 : 48) : 39;
  unsigned low = f->vax == 52 && (granule_log2 == 16 || ds) ? 12 : 16;

  return txsz >= low && txsz <= high;
}

/* The fields of one half, as they lie in the CD. */
struct half {
  unsigned which, txsz, tg, ips;
  uint64_t ttb;
  bool ds, endi;
};

static bool decode_table(const struct half *h, const struct smmu_features *f,
                         struct smmu_cd_table *t)
{
  struct smmu_geometry *g = &t->geometry;
  bool ds;

  if (t->epd)
    return true; /* fields of a disabled table are not checked */
  if (!granule_of_tg(h->which, h->tg, f->granules, &g->granule_log2))
    return false;
  ds = h->ds && g->granule_log2 != 16;
  if (!txsz_legal(h->txsz, g->granule_log2, ds, f))
    return false;
  g->format = (uint8_t)smmu_oa_format(g->granule_log2, ds, f->oas);
  g->oa_bits = (uint8_t)smmu_oa_bits(h->ips, f->oas, g->format);
  g->big_endian = h->endi;
  if ((h->ttb >> g->oa_bits) != 0)
    return false;
  g->ia_bits = (uint8_t)(64 - h->txsz);
  g->start_level = (int8_t)smmu_stage1_start_level(g->granule_log2, g->ia_bits);
  t->ttb = align_down_log2(h->ttb, smmu_table_align_log2(g, h->ips < f->oas ? h->ips : f->oas));
  return true;
}

static bool decode_tables(const uint64_t *w, const struct smmu_features *f, bool two_ranges,
                          struct smmu_cd *out)
{
  unsigned ips = smmu_address_bits((unsigned)FGET(CD, IPS, w));
  bool ds = f->ds && FGET(CD, DS, w), endi = FGET(CD, ENDI, w);
  struct half low = { 0,
                      (unsigned)FGET(CD, T0SZ, w),
                      (unsigned)FGET(CD, TG0, w),
                      ips,
                      FGET(CD, TTB0, w) << (CD_TTB0_LO % 64),
                      ds,
                      endi };
  struct half high = { 1,
                       (unsigned)FGET(CD, T1SZ, w),
                       (unsigned)FGET(CD, TG1, w),
                       ips,
                       FGET(CD, TTB1, w) << (CD_TTB1_LO % 64),
                       ds,
                       endi };

  /* EPD0 is ignored where there is one range only; the second range does not exist then. */
  out->table[0].epd = two_ranges && FGET(CD, EPD0, w);
  out->table[1].epd = !two_ranges || FGET(CD, EPD1, w);
  out->table[0].tbi = (uint8_t)FGET(CD, TBI0, w);
  out->table[1].tbi = two_ranges && FGET(CD, TBI1, w);
  out->table[0].had = f->had && FGET(CD, HAD0, w);
  out->table[1].had = f->had && two_ranges && FGET(CD, HAD1, w);
  out->table[0].e0pd = f->e0pd && two_ranges && FGET(CD, E0PD0, w);
  out->table[1].e0pd = f->e0pd && two_ranges && FGET(CD, E0PD1, w);
  out->table[0].sh = (uint8_t)FGET(CD, SH0, w);
  out->table[1].sh = (uint8_t)FGET(CD, SH1, w);
  return decode_table(&low, f, &out->table[0]) && decode_table(&high, f, &out->table[1]);
}

static bool faults_legal(const uint64_t *w, const struct smmu_features *f,
                         const struct smmu_ste *ste)
{
  bool s = FGET(CD, S, w);

  if (ste->s1stalld && s)
    return false;
  if (f->term_model && !FGET(CD, A, w))
    return false;
  return !((f->stall_model == 1 && s) || (f->stall_model == 2 && !s));
}

static bool httu_legal(const uint64_t *w, unsigned httu)
{
  bool ha = FGET(CD, HA, w), hd = FGET(CD, HD, w);

  if ((ha || hd) && httu == 0)
    return false;
  if (hd && httu == 1)
    return false;
  return !(httu == 3 && FGET(CD, HAFT, w) && !ha);
}

/* The rules that do not belong to one of the two tables. Those of VMSAv8-32 tables fall away with
 * TTF[0]: configurations that promise them are refused. */
static bool cd_legal(const uint64_t *w, const struct smmu_features *f, const struct smmu_ste *ste)
{
  bool two_ranges = ste->world != SMMU_WORLD_EL2, endi = FGET(CD, ENDI, w);
  bool walks = !(two_ranges && FGET(CD, EPD0, w) && FGET(CD, EPD1, w));

  if (!FGET(CD, V, w) || !faults_legal(w, f, ste))
    return false;
  if (walks && ((f->ttendian == 2 && endi) || (f->ttendian == 3 && !endi)))
    return false;
  if (!FGET(CD, AA64, w) || !(f->ttf & 2))
    return false;
  if (!httu_legal(w, f->httu))
    return false;
  return !two_ranges || f->asid16 || FGET(CD, ASID, w) <= 0xff;
}

/* Under nesting PARTID is virtual and has five bits, unless there is one PARTID alone. */
static void decode_mpam(const uint64_t *w, const struct smmu_features *f,
                        const struct smmu_ste *ste, struct smmu_cd *out)
{
  if (!ste->s1mpam)
    return;
  out->partid = ste->s2 && f->partid_max ? (uint16_t)(FGET(CD, PARTID, w) & 0x1f)
                                         : smmu_partid_of(FGET(CD, PARTID, w), f);
  out->pmg = smmu_pmg_of(FGET(CD, PMG, w), f);
}

bool smmu_cd_decode(const uint64_t words[8], const struct smmu_features *f,
                    const struct smmu_ste *ste, struct smmu_cd *out)
{
  bool two_ranges = ste->world != SMMU_WORLD_EL2;

  memset(out, 0, sizeof *out);
  if (!cd_legal(words, f, ste) || !decode_tables(words, f, two_ranges, out))
    return false;
  out->mair = FGET(CD, MAIR0, words) | FGET(CD, MAIR1, words) << 32;
  out->asid = two_ranges ? (uint16_t)FGET(CD, ASID, words) : 0;
  out->ha = (uint8_t)FGET(CD, HA, words);
  out->hd = out->ha && FGET(CD, HD, words);
  out->haft = f->httu == 3 && FGET(CD, HAFT, words);
  out->affd = !out->ha && FGET(CD, AFFD, words);
  out->wxn = (uint8_t)FGET(CD, WXN, words);
  out->pan = two_ranges && FGET(CD, PAN, words);
  out->epan = f->epan && two_ranges && FGET(CD, EPAN, words);
  out->a = f->term_model || FGET(CD, A, words);
  out->r = (uint8_t)FGET(CD, R, words);
  out->s = (uint8_t)FGET(CD, S, words);
  out->aset = (uint8_t)FGET(CD, ASET, words);
  decode_mpam(words, f, ste, out);
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
