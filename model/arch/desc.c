/* VMSAv8-64 descriptors. Arm ARM D8.3 (formats), D8.4 (permissions); IHI 0070 3.4, 5.2 (S2SL0). */
#include "arch/desc.h"

#include "arch/structs.h"
#include "util/bits.h"

int smmu_stage1_start_level(unsigned granule_log2, unsigned ia_bits)
{
  return 3 - (int)((ia_bits - 1 - granule_log2) / (granule_log2 - 3));
}

bool smmu_stage2_start_level(unsigned granule_log2, bool ds, unsigned s2sl, int *level)
{
  /* Encodings count up from the smallest table; 4 KB counts from level 2, the others from level 3.
   * 4 KB alone has a third bit. */
  static const int8_t level_4k[8] = { 2, 1, 0, 3, -1, -2, -2, -2 };
  static const int8_t level_16k[4] = { 3, 2, 1, 0 };
  static const int8_t level_64k[4] = { 3, 2, 1, -2 };

  if (granule_log2 == 12)
    *level = level_4k[ds ? s2sl & 7 : s2sl & 3];
  else
    *level = granule_log2 == 14 ? level_16k[s2sl & 3] : level_64k[s2sl & 3];
  return *level > -2 && (granule_log2 != 14 || *level != 0 || ds);
}

enum smmu_oa_format smmu_oa_format(unsigned granule_log2, bool ds, unsigned oas)
{
  if (granule_log2 == 16)
    return oas == 52 ? SMMU_OA_64K : SMMU_OA_48;
  return ds ? SMMU_OA_DS : SMMU_OA_48;
}

unsigned smmu_oa_bits(unsigned ps, unsigned oas, unsigned format)
{
  unsigned bits = ps < oas ? ps : oas;

  return format == SMMU_OA_48 && bits > 48 ? 48 : bits;
}

bool smmu_stage2_start_fits(unsigned granule_log2, unsigned ia_bits, int level)
{
  int index_bits = (int)ia_bits - (int)smmu_level_shift(granule_log2, level);

  return index_bits >= 1 && index_bits <= (int)granule_log2 - 3 + 4;
}

unsigned smmu_start_table_log2(const struct smmu_geometry *g)
{
  return g->ia_bits - smmu_level_shift(g->granule_log2, g->start_level) + 3;
}

unsigned smmu_table_align_log2(const struct smmu_geometry *g, unsigned ps)
{
  unsigned log2 = smmu_start_table_log2(g);

  return ps == 52 && log2 < 6 ? 6 : log2;
}

enum smmu_desc_kind smmu_desc_kind(uint64_t desc, int level, const struct smmu_geometry *g)
{
  int first = g->granule_log2 == 12 ? 1 : 2; /* level with the largest blocks */

  if (!(desc & 1))
    return SMMU_DESC_INVALID;
  if (level == 3)
    return (desc & 2) ? SMMU_DESC_LEAF : SMMU_DESC_INVALID;
  if (desc & 2)
    return SMMU_DESC_TABLE;
  if (g->format != SMMU_OA_48)
    first--;
  return level >= first ? SMMU_DESC_LEAF : SMMU_DESC_INVALID;
}

/* log2 of the entries of a group: 4 KB granule 16, 16 KB 128 pages or 32 blocks, 64 KB 32. */
static unsigned group_entries_log2(int level, unsigned granule_log2)
{
  switch (granule_log2) {
  case 12: return level >= 1 ? 4 : 0;
  case 14: return level == 3 ? 7 : level == 2 ? 5 : 0;
  default: return level >= 2 ? 5 : 0;
  }
}

unsigned smmu_desc_group_log2(uint64_t desc, int level, const struct smmu_geometry *g, uint64_t in,
                              uint64_t out)
{
  unsigned shift = smmu_level_shift(g->granule_log2, level);
  unsigned group = shift + group_entries_log2(level, g->granule_log2);

  if (!(desc >> 52 & 1) || group > g->ia_bits || (in ^ out) >> shift << shift & bits_low(group))
    return shift;
  return group;
}

unsigned smmu_desc_table_limits(uint64_t desc)
{
  unsigned ap = (unsigned)FGET(TABLE, APTable, &desc);
  unsigned limits = 0;

  limits |= (ap & 1) ? SMMU_TABLE_NO_USER : 0;
  limits |= (ap & 2) ? SMMU_TABLE_NO_WRITE : 0;
  limits |= FGET(TABLE, PXNTable, &desc) ? SMMU_TABLE_PXN : 0;
  limits |= FGET(TABLE, UXNTable, &desc) ? SMMU_TABLE_UXN : 0;
  return limits;
}

/* EL2 without E2H: one translation regime without unprivileged side. Both sides get the same
 * answer, so that a transaction's privilege does not matter. */
static unsigned one_range_perm(uint64_t desc, unsigned limits, bool wxn)
{
  bool write = !(FGET(S1_LEAF, AP, &desc) & 2) && !(limits & SMMU_TABLE_NO_WRITE);
  bool exec = !FGET(S1_LEAF, UXN, &desc) && !(limits & SMMU_TABLE_UXN) && !(wxn && write);
  unsigned side = SMMU_USER_R | (write ? SMMU_USER_W : 0) | (exec ? SMMU_USER_X : 0);

  return side | side << 4;
}

unsigned smmu_s1_perm(uint64_t desc, unsigned limits, const struct smmu_s1_policy *p)
{
  unsigned ap = (unsigned)FGET(S1_LEAF, AP, &desc);
  bool uxn = FGET(S1_LEAF, UXN, &desc) || (limits & SMMU_TABLE_UXN);
  bool pxn = FGET(S1_LEAF, PXN, &desc) || (limits & SMMU_TABLE_PXN);
  bool writable = !(ap & 2) && !(limits & SMMU_TABLE_NO_WRITE);
  bool user = (ap & 1) && !(limits & SMMU_TABLE_NO_USER);
  bool user_write = user && writable;
  bool user_exec = !uxn && !(p->wxn && user_write);
  bool priv_exec = !pxn && !user_write && !(p->wxn && writable);
  bool priv_data = !(p->pan && (user || (p->epan && !uxn)));
  unsigned perm = 0;

  if (p->one_range)
    return one_range_perm(desc, limits, p->wxn);
  perm |= user ? SMMU_USER_R : 0;
  perm |= user_write ? SMMU_USER_W : 0;
  perm |= user_exec ? SMMU_USER_X : 0;
  perm |= priv_data ? SMMU_PRIV_R : 0;
  perm |= priv_data && writable ? SMMU_PRIV_W : 0;
  perm |= priv_exec ? SMMU_PRIV_X : 0;
  return perm;
}

unsigned smmu_s2_perm(uint64_t desc, bool xnx)
{
  static const unsigned exec[4] = { SMMU_USER_X | SMMU_PRIV_X, SMMU_USER_X, 0, SMMU_PRIV_X };
  unsigned ap = (unsigned)FGET(S2_LEAF, S2AP, &desc);
  unsigned xn = (unsigned)bits_get(desc, 54, 53);
  unsigned perm = exec[xnx ? xn : xn & 2];

  perm |= (ap & 1) ? SMMU_USER_R | SMMU_PRIV_R : 0;
  perm |= (ap & 2) ? SMMU_USER_W | SMMU_PRIV_W : 0;
  return perm;
}
