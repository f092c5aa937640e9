/* Each rule for a valid CD, with an illegal value and its legal neighbour: bit numbers and values
 * are literals of the text. IHI 0070 5.4, 5.4.1, 5.4.2. */
#include "arch/cd.h"
#include "shim/gtest_c.h"
#include "shim/legal.h"

/* What reaches the CD. */
enum { EL1, EL2, E2H, STALLD, NESTED };

static struct smmu_ste ste_of(unsigned base)
{
  struct smmu_ste ste = { .s1 = 1, .s1mpam = 1 };

  ste.world = base == EL2 ? SMMU_WORLD_EL2 : base == E2H ? SMMU_WORLD_EL2_E2H : SMMU_WORLD_EL1;
  ste.s1stalld = base == STALLD;
  ste.s2 = base == NESTED;
  return ste;
}

static bool decode(const struct legal_row *row, const struct legal_bits *bits, struct smmu_cd *out)
{
  /* T0SZ 25, EPD1, V, IPS 52, AA64, A */
  uint64_t cd[8] = { 25 | 1ULL << 30 | 1ULL << 31 | 6ULL << 32 | 1ULL << 41 | 1ULL << 46 };
  struct smmu_config config = legal_device();
  struct smmu_ste ste = ste_of(row->base);
  struct smmu_features f;

  legal_apply(row->common, LEGAL_COMMON, cd, &config);
  legal_apply(bits, LEGAL_OWN, cd, &config);
  smmu_features_decode(&config, &f);
  return smmu_cd_decode(cd, &f, &ste, out);
}

static void expect_rows(const struct legal_row *rows, size_t n)
{
  struct smmu_cd cd;

  for (size_t i = 0; i < n; i++) {
    if (decode(&rows[i], rows[i].bad, &cd))
      ADD_TEST_FAILURE("%s: the illegal one is taken for legal", rows[i].name);
    if (!decode(&rows[i], rows[i].good, &cd))
      ADD_TEST_FAILURE("%s: the legal one is taken for illegal", rows[i].name);
  }
}

#define EXPECT_ROWS(rows) expect_rows(rows, sizeof(rows) / sizeof((rows)[0]))

TEST_CASE(LegalCd, FaultModel)
{
  static const struct legal_row rows[] = {
    { "V", EL1, { { 0 } }, { WORD(31, 31, 0) }, { WORD(31, 31, 1) } },
    { "S while S1STALLD", STALLD, { { 0 } }, { WORD(44, 44, 1) }, { WORD(44, 44, 0) } },
    { "A clear with TERM_MODEL", EL1, { IDR(0, 26, 26, 1) }, { WORD(46, 46, 0) }, { { 0 } } },
    { "TERM_MODEL", EL1, { WORD(46, 46, 0) }, { IDR(0, 26, 26, 1) }, { IDR(0, 26, 26, 0) } },
    { "S without stalls", EL1, { IDR(0, 25, 24, 1) }, { WORD(44, 44, 1) }, { WORD(44, 44, 0) } },
    { "S with forced stalls",
      EL1,
      { IDR(0, 25, 24, 2) },
      { WORD(44, 44, 0) },
      { WORD(44, 44, 1) } },
    { "S when stalls are optional",
      EL1,
      { WORD(44, 44, 1) },
      { IDR(0, 25, 24, 1) },
      { IDR(0, 25, 24, 0) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalCd, FormatAndUpdates)
{
  static const struct legal_row rows[] = {
    { "ENDI, little-endian only",
      EL1,
      { IDR(0, 22, 21, 2) },
      { WORD(15, 15, 1) },
      { WORD(15, 15, 0) } },
    { "ENDI, big-endian only",
      EL1,
      { IDR(0, 22, 21, 3) },
      { WORD(15, 15, 0) },
      { WORD(15, 15, 1) } },
    { "ENDI without tables",
      EL1,
      { IDR(0, 22, 21, 2), WORD(15, 15, 1) },
      { WORD(14, 14, 0) },
      { WORD(14, 14, 1) } },
    { "ENDI, EPD0 and EPD1 do not count at EL2",
      EL2,
      { IDR(0, 22, 21, 2), WORD(14, 14, 1) },
      { WORD(15, 15, 1) },
      { WORD(15, 15, 0) } },
    { "AA64", EL1, { { 0 } }, { WORD(41, 41, 0) }, { WORD(41, 41, 1) } },
    { "HA without HTTU", EL1, { IDR(0, 7, 6, 0) }, { WORD(43, 43, 1) }, { { 0 } } },
    { "HD without HTTU", EL1, { IDR(0, 7, 6, 0) }, { WORD(42, 42, 1) }, { { 0 } } },
    { "HD with access flags alone",
      EL1,
      { WORD(42, 42, 1) },
      { IDR(0, 7, 6, 1) },
      { IDR(0, 7, 6, 2) } },
    { "HAFT without HA", EL1, { WORD(67, 67, 1) }, { WORD(43, 43, 0) }, { WORD(43, 43, 1) } },
    { "HAFT is reserved below HTTU 3",
      EL1,
      { WORD(67, 67, 1) },
      { IDR(0, 7, 6, 3) },
      { IDR(0, 7, 6, 2) } },
    { "ASID above 8 bits",
      EL1,
      { IDR(0, 12, 12, 0) },
      { WORD(63, 48, 256) },
      { WORD(63, 48, 255) } },
    { "ASID above 8 bits, E2H",
      E2H,
      { IDR(0, 12, 12, 0) },
      { WORD(63, 48, 256) },
      { WORD(63, 48, 255) } },
    { "V, ASID ignored at EL2",
      EL2,
      { IDR(0, 12, 12, 0), WORD(63, 48, 256) },
      { WORD(31, 31, 0) },
      { { 0 } } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalCd, InputSize)
{
  static const struct legal_row rows[] = {
    { "without STT at most 39", EL1, { IDR(3, 9, 9, 0) }, { WORD(5, 0, 40) }, { WORD(5, 0, 39) } },
    { "4 KB at most 48", EL1, { { 0 } }, { WORD(5, 0, 49) }, { WORD(5, 0, 48) } },
    { "16 KB at most 48", EL1, { WORD(7, 6, 2) }, { WORD(5, 0, 49) }, { WORD(5, 0, 48) } },
    { "64 KB at most 47", EL1, { WORD(7, 6, 1) }, { WORD(5, 0, 48) }, { WORD(5, 0, 47) } },
    { "4 KB at least 16", EL1, { { 0 } }, { WORD(5, 0, 15) }, { WORD(5, 0, 16) } },
    { "4 KB below 16 with DS",
      EL1,
      { WORD(5, 0, 12) },
      { WORD(186, 186, 0) },
      { WORD(186, 186, 1) } },
    { "DS needs IDR5.DS",
      EL1,
      { WORD(5, 0, 12), WORD(186, 186, 1) },
      { IDR(5, 7, 7, 0) },
      { IDR(5, 7, 7, 1) } },
    { "4 KB at least 12 with DS",
      EL1,
      { WORD(186, 186, 1) },
      { WORD(5, 0, 11) },
      { WORD(5, 0, 12) } },
    { "64 KB at least 12", EL1, { WORD(7, 6, 1) }, { WORD(5, 0, 11) }, { WORD(5, 0, 12) } },
    { "64 KB below 16 with VAX",
      EL1,
      { WORD(7, 6, 1), WORD(5, 0, 12) },
      { IDR(5, 11, 10, 0) },
      { IDR(5, 11, 10, 1) } },
    { "16 KB below 16 with DS",
      EL1,
      { WORD(7, 6, 2), WORD(5, 0, 15) },
      { WORD(186, 186, 0) },
      { WORD(186, 186, 1) } },
    { "T1SZ counts while EPD1 is clear",
      EL1,
      { WORD(23, 22, 2), WORD(21, 16, 15) },
      { WORD(30, 30, 0) },
      { WORD(30, 30, 1) } },
    { "T0SZ does not count with EPD0",
      EL1,
      { WORD(5, 0, 15) },
      { WORD(14, 14, 0) },
      { WORD(14, 14, 1) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalCd, Granules)
{
  static const struct legal_row rows[] = {
    { "TG0 reserved", EL1, { { 0 } }, { WORD(7, 6, 3) }, { WORD(7, 6, 0) } },
    { "TG1 reserved",
      EL1,
      { WORD(30, 30, 0), WORD(21, 16, 25) },
      { WORD(23, 22, 0) },
      { WORD(23, 22, 2) } },
    { "TG1 64 KB without it",
      EL1,
      { WORD(30, 30, 0), WORD(21, 16, 25), WORD(23, 22, 3) },
      { IDR(5, 6, 6, 0) },
      { IDR(5, 6, 6, 1) } },
    { "TG0 16 KB without it", EL1, { WORD(7, 6, 2) }, { IDR(5, 5, 5, 0) }, { IDR(5, 5, 5, 1) } },
    { "TG0 4 KB without it", EL1, { { 0 } }, { IDR(5, 4, 4, 0) }, { IDR(5, 4, 4, 1) } },
    { "TG0 with EPD0", EL1, { WORD(7, 6, 3) }, { WORD(14, 14, 0) }, { WORD(14, 14, 1) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalCd, TableBases)
{
  static const struct legal_row rows[] = {
    { "TTB0 above IPS",
      EL1,
      { WORD(34, 32, 1) },
      { WORD(64 + 36, 64 + 36, 1) },
      { WORD(64 + 35, 64 + 35, 1) } },
    { "TTB0 above OAS",
      EL1,
      { IDR(5, 2, 0, 4) },
      { WORD(64 + 44, 64 + 44, 1) },
      { WORD(64 + 43, 64 + 43, 1) } },
    { "TTB0 above 48 bits, small granule",
      EL1,
      { { 0 } },
      { WORD(64 + 48, 64 + 48, 1) },
      { WORD(64 + 47, 64 + 47, 1) } },
    { "TTB0 above 48 bits needs DS",
      EL1,
      { WORD(64 + 51, 64 + 51, 1) },
      { WORD(186, 186, 0) },
      { WORD(186, 186, 1) } },
    { "TTB0 above 48 bits, 64 KB",
      EL1,
      { WORD(64 + 51, 64 + 51, 1) },
      { WORD(7, 6, 2) },
      { WORD(7, 6, 1) } },
    { "TTB1 above IPS",
      EL1,
      { WORD(30, 30, 0), WORD(21, 16, 25), WORD(23, 22, 2), WORD(34, 32, 1) },
      { WORD(128 + 36, 128 + 36, 1) },
      { WORD(128 + 35, 128 + 35, 1) } },
    { "TTB1 with EPD1",
      EL1,
      { WORD(21, 16, 25), WORD(23, 22, 2), WORD(128 + 51, 128 + 51, 1) },
      { WORD(30, 30, 0) },
      { WORD(30, 30, 1) } },
    { "EPD0 does not count at EL2",
      EL2,
      { WORD(14, 14, 1) },
      { WORD(5, 0, 0) },
      { WORD(5, 0, 16) } },
    { "V, TTB1 does not exist at EL2",
      EL2,
      { WORD(30, 30, 0), WORD(23, 22, 0) },
      { WORD(31, 31, 0) },
      { { 0 } } },
    { "EPD0 counts at EL2-E2H", E2H, { WORD(5, 0, 0) }, { WORD(14, 14, 0) }, { WORD(14, 14, 1) } },
  };

  EXPECT_ROWS(rows);
}

/* ---- what the fields come to ---- */

static struct smmu_cd meaning(unsigned base, struct legal_bits a, struct legal_bits b)
{
  struct legal_row row = { "", (uint8_t)base, { a, b }, { { 0 } }, { { 0 } } };
  struct smmu_cd cd;

  if (!decode(&row, row.bad, &cd))
    ADD_TEST_FAILURE("CD %u, bits %u and %u: legal", base, a.lo, b.lo);
  return cd;
}

#define NOTHING \
  { \
    0 \
  }
#define BITS (struct legal_bits)

TEST_CASE(CdMeaning, DirtyUpdatesNeedAccessFlagUpdates)
{
  EXPECT_EQ(meaning(EL1, BITS WORD(42, 42, 1), BITS WORD(43, 43, 1)).hd, 1);
  EXPECT_EQ(meaning(EL1, BITS WORD(42, 42, 1), BITS NOTHING).hd, 0);
  EXPECT_EQ(meaning(EL1, BITS WORD(67, 67, 1), BITS WORD(43, 43, 1)).haft, 1);
}

TEST_CASE(CdMeaning, AccessFlagsAreNotDisabledWhileUpdated)
{
  EXPECT_EQ(meaning(EL1, BITS WORD(35, 35, 1), BITS NOTHING).affd, 1);
  EXPECT_EQ(meaning(EL1, BITS WORD(35, 35, 1), BITS WORD(43, 43, 1)).affd, 0);
}

TEST_CASE(CdMeaning, E0pdNeedsItsFeatureAndAnUnprivilegedSide)
{
  EXPECT_EQ(meaning(EL1, BITS WORD(66, 66, 1), BITS NOTHING).table[0].e0pd, 1);
  EXPECT_EQ(meaning(E2H, BITS WORD(130, 130, 1), BITS NOTHING).table[1].e0pd, 1);
  EXPECT_EQ(meaning(EL2, BITS WORD(66, 66, 1), BITS NOTHING).table[0].e0pd, 0);
  EXPECT_EQ(meaning(EL1, BITS WORD(66, 66, 1), BITS IDR(3, 13, 13, 0)).table[0].e0pd, 0);
}

TEST_CASE(CdMeaning, PanAndEpanNeedAnUnprivilegedSide)
{
  EXPECT_EQ(meaning(EL1, BITS WORD(40, 40, 1), BITS NOTHING).pan, 1);
  EXPECT_EQ(meaning(EL2, BITS WORD(40, 40, 1), BITS NOTHING).pan, 0);
  EXPECT_EQ(meaning(EL1, BITS WORD(123, 123, 1), BITS NOTHING).epan, 1);
  EXPECT_EQ(meaning(EL2, BITS WORD(123, 123, 1), BITS NOTHING).epan, 0);
  EXPECT_EQ(meaning(EL1, BITS WORD(123, 123, 1), BITS IDR(3, 17, 17, 0)).epan, 0);
}

TEST_CASE(CdMeaning, HadNeedsItsFeature)
{
  EXPECT_EQ(meaning(EL1, BITS WORD(65, 65, 1), BITS NOTHING).table[0].had, 1);
  EXPECT_EQ(meaning(EL2, BITS WORD(65, 65, 1), BITS NOTHING).table[0].had, 1);
  EXPECT_EQ(meaning(EL1, BITS WORD(65, 65, 1), BITS IDR(3, 2, 2, 0)).table[0].had, 0);
  EXPECT_EQ(meaning(EL1, BITS WORD(129, 129, 1), BITS NOTHING).table[1].had, 1);
}

TEST_CASE(CdMeaning, PartidIsVirtualUnderNesting)
{
  EXPECT_EQ(meaning(EL1, BITS WORD(367, 352, 63), BITS NOTHING).partid, 63);
  EXPECT_EQ(meaning(EL1, BITS WORD(367, 352, 64), BITS NOTHING).partid, 0);
  EXPECT_EQ(meaning(NESTED, BITS WORD(367, 352, 0x7f), BITS NOTHING).partid, 31);
  EXPECT_EQ(meaning(EL1, BITS WORD(375, 368, 3), BITS NOTHING).pmg, 3);
}

TEST_CASE(CdMeaning, ShapeOfTables)
{
  struct smmu_geometry g =
    meaning(EL1, BITS WORD(186, 186, 1), BITS WORD(5, 0, 12)).table[0].geometry;

  EXPECT_EQ(g.format, SMMU_OA_DS);
  EXPECT_EQ(g.start_level, -1);
  EXPECT_EQ(g.oa_bits, 52);
  EXPECT_EQ(meaning(EL1, BITS WORD(34, 32, 7), BITS NOTHING).table[0].geometry.oa_bits, 48);
  EXPECT_EQ(meaning(EL1, BITS WORD(34, 32, 7), BITS WORD(7, 6, 1)).table[0].geometry.oa_bits, 52);
  EXPECT_EQ(meaning(EL1, BITS WORD(34, 32, 2), BITS WORD(7, 6, 1)).table[0].geometry.oa_bits, 40);
  EXPECT_EQ(meaning(EL1, BITS WORD(15, 15, 1), BITS NOTHING).table[0].geometry.big_endian, 1);
}

TEST_CASE(CdMeaning, TableBaseOf52BitsIsAlignedTo64Bytes)
{
  /* 31 bits with 4 KB: two descriptors at level 1. */
  EXPECT_EQ(meaning(EL1, BITS WORD(5, 0, 33), BITS WORD(115, 68, 7)).table[0].ttb, 0x40u);
}
