/* Each rule for a valid STE, with an illegal value and its legal neighbour: bit numbers and values
 * are literals of the text. IHI 0070 5.2, 5.2.2. */
#include "arch/ste.h"
#include "shim/gtest_c.h"
#include "shim/legal.h"

static bool decode(const struct legal_row *row, const struct legal_bits *bits, struct smmu_ste *out)
{
  struct smmu_config config = legal_device();
  struct smmu_features f;
  uint64_t ste[8];

  legal_ste(ste, row->base);
  legal_apply(row->common, LEGAL_COMMON, ste, &config);
  legal_apply(bits, LEGAL_OWN, ste, &config);
  smmu_features_decode(&config, &f);
  return smmu_ste_decode(ste, &f, false, out);
}

static void expect_rows(const struct legal_row *rows, size_t n)
{
  struct smmu_ste ste;

  for (size_t i = 0; i < n; i++) {
    if (decode(&rows[i], rows[i].bad, &ste))
      ADD_TEST_FAILURE("%s: the illegal one is taken for legal", rows[i].name);
    if (!decode(&rows[i], rows[i].good, &ste))
      ADD_TEST_FAILURE("%s: the legal one is taken for illegal", rows[i].name);
  }
}

#define EXPECT_ROWS(rows) expect_rows(rows, sizeof(rows) / sizeof((rows)[0]))

TEST_CASE(LegalSte, StagesNeedTheirFeatures)
{
  static const struct legal_row rows[] = {
    { "Config without S1P", 5, { IDR(0, 9, 9, 0) }, { IDR(0, 1, 1, 0) }, { IDR(0, 1, 1, 1) } },
    { "nested without S1P", 7, { IDR(0, 9, 9, 0) }, { IDR(0, 1, 1, 0) }, { IDR(0, 1, 1, 1) } },
    { "Config without S2P", 6, { IDR(0, 9, 9, 0) }, { IDR(0, 0, 0, 0) }, { IDR(0, 0, 0, 1) } },
    { "nested without S2P", 7, { IDR(0, 9, 9, 0) }, { IDR(0, 0, 0, 0) }, { IDR(0, 0, 0, 1) } },
    { "V", 5, { { 0 } }, { WORD(0, 0, 0) }, { WORD(0, 0, 1) } },
    { "V of an aborting STE", 0, { { 0 } }, { WORD(0, 0, 0) }, { WORD(0, 0, 1) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, Eats)
{
  static const struct legal_row rows[] = {
    { "split stage with stage 1 alone", 5, { { 0 } }, { WORD(93, 92, 2) }, { WORD(93, 92, 1) } },
    { "split stage with stage 2 alone", 6, { { 0 } }, { WORD(93, 92, 2) }, { WORD(93, 92, 1) } },
    { "split stage with S2S",
      7,
      { WORD(93, 92, 2) },
      { WORD(185, 185, 1) },
      { WORD(185, 185, 0) } },
    { "split stage with NS1ATS", 7, { WORD(93, 92, 2) }, { IDR(0, 11, 11, 1) }, { { 0 } } },
    { "full ATS with S2S", 6, { WORD(93, 92, 1) }, { WORD(185, 185, 1) }, { WORD(185, 185, 0) } },
    { "full ATS with S2S under nesting",
      7,
      { WORD(93, 92, 1) },
      { WORD(185, 185, 1) },
      { WORD(185, 185, 0) } },
    { "EATS counts with ATS alone",
      5,
      { WORD(93, 92, 2) },
      { IDR(0, 10, 10, 1) },
      { IDR(0, 10, 10, 0) } },
    { "reserved EATS behaves as 0", 5, { { 0 } }, { WORD(93, 92, 2) }, { WORD(93, 92, 3) } },
    { "S2S of a stage 2 that is off",
      5,
      { WORD(185, 185, 1) },
      { WORD(93, 92, 2) },
      { WORD(93, 92, 1) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, World)
{
  static const struct legal_row rows[] = {
    { "STRW 1", 5, { { 0 } }, { WORD(95, 94, 1) }, { WORD(95, 94, 2) } },
    { "STRW 3", 5, { { 0 } }, { WORD(95, 94, 3) }, { WORD(95, 94, 0) } },
    { "STRW without HYP", 5, { WORD(95, 94, 1) }, { IDR(0, 9, 9, 1) }, { IDR(0, 9, 9, 0) } },
    { "V, with STRW ignored: stage 2", 6, { WORD(95, 94, 3) }, { WORD(0, 0, 0) }, { { 0 } } },
    { "V, with STRW ignored: nested", 7, { WORD(95, 94, 3) }, { WORD(0, 0, 0) }, { { 0 } } },
    { "V, with STRW ignored: bypass", 4, { WORD(95, 94, 3) }, { WORD(0, 0, 0) }, { { 0 } } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, StageOne)
{
  static const struct legal_row rows[] = {
    { "S1STALLD without stalls", 5, { IDR(0, 25, 24, 1) }, { WORD(91, 91, 1) }, { { 0 } } },
    { "S1STALLD with forced stalls", 5, { IDR(0, 25, 24, 2) }, { WORD(91, 91, 1) }, { { 0 } } },
    { "S1STALLD may be set when stalls are optional",
      5,
      { WORD(91, 91, 1) },
      { IDR(0, 25, 24, 1) },
      { IDR(0, 25, 24, 0) } },
    { "S1CDMax above SSIDSIZE", 5, { { 0 } }, { WORD(63, 59, 9) }, { WORD(63, 59, 8) } },
    { "S1CDMax without substreams",
      5,
      { WORD(63, 59, 31) },
      { IDR(1, 10, 6, 8) },
      { IDR(1, 10, 6, 0) } },
    { "4 KB leaves without CD2L",
      5,
      { IDR(0, 19, 19, 0), WORD(63, 59, 2) },
      { WORD(5, 4, 1) },
      { WORD(5, 4, 0) } },
    { "64 KB leaves without CD2L",
      5,
      { IDR(0, 19, 19, 0), WORD(63, 59, 2) },
      { WORD(5, 4, 2) },
      { WORD(5, 4, 3) } },
    { "S1Fmt of a single CD",
      5,
      { IDR(0, 19, 19, 0), WORD(5, 4, 1) },
      { WORD(63, 59, 1) },
      { WORD(63, 59, 0) } },
    { "S1ContextPtr above OAS", 5, { IDR(5, 2, 0, 4) }, { WORD(44, 44, 1) }, { WORD(43, 43, 1) } },
    { "S1ContextPtr above 52 bits", 7, { { 0 } }, { WORD(52, 52, 1) }, { WORD(51, 51, 1) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, StageTwoFaultsAndUpdates)
{
  static const struct legal_row rows[] = {
    { "S2S without stalls", 6, { IDR(0, 25, 24, 1) }, { WORD(185, 185, 1) }, { { 0 } } },
    { "S2S with forced stalls",
      6,
      { IDR(0, 25, 24, 2) },
      { WORD(185, 185, 0) },
      { WORD(185, 185, 1) } },
    { "S2AA64", 6, { { 0 } }, { WORD(179, 179, 0) }, { WORD(179, 179, 1) } },
    { "S2HA without HTTU", 6, { IDR(0, 7, 6, 0) }, { WORD(184, 184, 1) }, { { 0 } } },
    { "S2HD without HTTU", 6, { IDR(0, 7, 6, 0) }, { WORD(183, 183, 1) }, { { 0 } } },
    { "S2HD with access flags alone",
      6,
      { IDR(0, 7, 6, 1), WORD(184, 184, 1) },
      { WORD(183, 183, 1) },
      { { 0 } } },
    { "S2HD with dirty state", 6, { WORD(183, 183, 1) }, { IDR(0, 7, 6, 1) }, { IDR(0, 7, 6, 2) } },
    { "S2HAFT without S2HA",
      6,
      { WORD(187, 187, 1) },
      { WORD(184, 184, 0) },
      { WORD(184, 184, 1) } },
    { "S2HAFT is reserved below HTTU 3",
      6,
      { WORD(187, 187, 1) },
      { IDR(0, 7, 6, 3) },
      { IDR(0, 7, 6, 2) } },
    { "S2ENDI, little-endian only",
      6,
      { IDR(0, 22, 21, 2) },
      { WORD(180, 180, 1) },
      { WORD(180, 180, 0) } },
    { "S2ENDI, big-endian only",
      6,
      { IDR(0, 22, 21, 3) },
      { WORD(180, 180, 0) },
      { WORD(180, 180, 1) } },
    { "S2ENDI, both", 6, { WORD(180, 180, 1) }, { IDR(0, 22, 21, 2) }, { IDR(0, 22, 21, 0) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, StageTwoTables)
{
  static const struct legal_row rows[] = {
    { "S2TG reserved", 6, { { 0 } }, { WORD(175, 174, 3) }, { WORD(175, 174, 0) } },
    { "4 KB without GRAN4K", 6, { { 0 } }, { IDR(5, 4, 4, 0) }, { IDR(5, 4, 4, 1) } },
    { "64 KB without GRAN64K", 6, { WORD(175, 174, 1) }, { IDR(5, 6, 6, 0) }, { IDR(5, 6, 6, 1) } },
    { "16 KB without GRAN16K", 6, { WORD(175, 174, 2) }, { IDR(5, 5, 5, 0) }, { IDR(5, 5, 5, 1) } },
    { "S2TTB above S2PS",
      6,
      { WORD(178, 176, 2) },
      { WORD(192 + 40, 192 + 40, 1) },
      { WORD(192 + 39, 192 + 39, 1) } },
    { "S2TTB above OAS",
      6,
      { IDR(5, 2, 0, 4) },
      { WORD(192 + 44, 192 + 44, 1) },
      { WORD(192 + 43, 192 + 43, 1) } },
    { "S2TTB above 48 bits, small granule",
      6,
      { { 0 } },
      { WORD(192 + 48, 192 + 48, 1) },
      { WORD(192 + 47, 192 + 47, 1) } },
    { "S2TTB above 48 bits needs S2DS",
      6,
      { WORD(192 + 48, 192 + 48, 1) },
      { WORD(195, 195, 0) },
      { WORD(195, 195, 1) } },
    { "S2DS needs IDR5.DS",
      6,
      { WORD(192 + 48, 192 + 48, 1), WORD(195, 195, 1) },
      { IDR(5, 7, 7, 0) },
      { IDR(5, 7, 7, 1) } },
    { "S2TTB above 48 bits, 64 KB",
      6,
      { WORD(192 + 51, 192 + 51, 1) },
      { WORD(175, 174, 0) },
      { WORD(175, 174, 1) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, StageTwoInputSize)
{
  static const struct legal_row rows[] = {
    { "without STT at most 39",
      6,
      { IDR(3, 9, 9, 0), WORD(167, 166, 0) },
      { WORD(165, 160, 40) },
      { WORD(165, 160, 39) } },
    { "STT needed above 39",
      6,
      { WORD(167, 166, 3), WORD(165, 160, 43) },
      { IDR(3, 9, 9, 0) },
      { IDR(3, 9, 9, 1) } },
    { "4 KB at most 48", 6, { WORD(167, 166, 3) }, { WORD(165, 160, 49) }, { WORD(165, 160, 48) } },
    { "64 KB at most 47",
      6,
      { WORD(175, 174, 1), WORD(167, 166, 0) },
      { WORD(165, 160, 48) },
      { WORD(165, 160, 47) } },
    { "not below 64 - OAS",
      6,
      { IDR(5, 2, 0, 2) },
      { WORD(165, 160, 23) },
      { WORD(165, 160, 24) } },
    { "4 KB at least 16",
      6,
      { WORD(167, 166, 2) },
      { WORD(165, 160, 15) },
      { WORD(165, 160, 16) } },
    { "4 KB below 16 with S2DS",
      6,
      { WORD(167, 166, 2), WORD(165, 160, 12) },
      { WORD(195, 195, 0) },
      { WORD(195, 195, 1) } },
    { "64 KB at least 12",
      6,
      { WORD(175, 174, 1), WORD(167, 166, 2) },
      { WORD(165, 160, 11) },
      { WORD(165, 160, 12) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, Vmid)
{
  static const struct legal_row rows[] = {
    { "VMID above 8 bits",
      6,
      { IDR(0, 18, 18, 0) },
      { WORD(143, 128, 256) },
      { WORD(143, 128, 255) } },
    { "VMID of stage 1 alone",
      5,
      { IDR(0, 18, 18, 0), WORD(143, 128, 256) },
      { WORD(95, 94, 0) },
      { WORD(95, 94, 2) } },
    { "VMID of stage 1 alone, STRW without HYP",
      5,
      { IDR(0, 18, 18, 0), WORD(143, 128, 256), WORD(95, 94, 2) },
      { IDR(0, 9, 9, 0) },
      { IDR(0, 9, 9, 1) } },
    { "VMID without stage 2",
      5,
      { IDR(0, 18, 18, 0), IDR(0, 9, 9, 0), WORD(143, 128, 256) },
      { IDR(0, 0, 0, 1) },
      { IDR(0, 0, 0, 0) } },
  };

  EXPECT_ROWS(rows);
}

/* {S2SL0_2, S2SL0} against S2TG and S2T0SZ: smallest and largest table of each start level. */
TEST_CASE(LegalSte, StartLevelFitsTheInputSize4Kb)
{
  static const struct legal_row rows[] = {
    { "4 KB level 2, least",
      6,
      { WORD(167, 166, 0) },
      { WORD(165, 160, 43) },
      { WORD(165, 160, 42) } },
    { "4 KB level 2, most",
      6,
      { WORD(167, 166, 0) },
      { WORD(165, 160, 29) },
      { WORD(165, 160, 30) } },
    { "4 KB level 1, least",
      6,
      { WORD(167, 166, 1) },
      { WORD(165, 160, 34) },
      { WORD(165, 160, 33) } },
    { "4 KB level 1, most",
      6,
      { WORD(167, 166, 1) },
      { WORD(165, 160, 20) },
      { WORD(165, 160, 21) } },
    { "4 KB level 0, least",
      6,
      { WORD(167, 166, 2) },
      { WORD(165, 160, 25) },
      { WORD(165, 160, 24) } },
    { "4 KB level 3, most",
      6,
      { WORD(167, 166, 3) },
      { WORD(165, 160, 38) },
      { WORD(165, 160, 39) } },
    { "4 KB level -1, least",
      6,
      { WORD(195, 195, 1), WORD(194, 194, 1), WORD(167, 166, 0) },
      { WORD(165, 160, 16) },
      { WORD(165, 160, 15) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, StartLevelFitsTheInputSize16KbAnd64Kb)
{
  static const struct legal_row rows[] = {
    { "16 KB level 3, most",
      6,
      { WORD(175, 174, 2), WORD(167, 166, 0) },
      { WORD(165, 160, 34) },
      { WORD(165, 160, 35) } },
    { "16 KB level 1, least",
      6,
      { WORD(175, 174, 2), WORD(167, 166, 2) },
      { WORD(165, 160, 28) },
      { WORD(165, 160, 27) } },
    { "64 KB level 1, least",
      6,
      { WORD(175, 174, 1), WORD(167, 166, 2) },
      { WORD(165, 160, 22) },
      { WORD(165, 160, 21) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, StartLevelNeedsItsFeatures)
{
  static const struct legal_row rows[] = {
    { "4 KB level 3 needs STT",
      6,
      { WORD(167, 166, 3), WORD(165, 160, 39) },
      { IDR(3, 9, 9, 0) },
      { IDR(3, 9, 9, 1) } },
    { "16 KB level 0 needs S2DS",
      6,
      { WORD(175, 174, 2), WORD(167, 166, 3), WORD(165, 160, 16) },
      { WORD(195, 195, 0) },
      { WORD(195, 195, 1) } },
    { "16 KB level 0 needs OAS 52",
      6,
      { WORD(175, 174, 2), WORD(167, 166, 3), WORD(165, 160, 16), WORD(195, 195, 1) },
      { IDR(5, 2, 0, 5) },
      { IDR(5, 2, 0, 6) } },
    { "16 KB level 1 needs OAS 42",
      6,
      { WORD(175, 174, 2), WORD(167, 166, 2), WORD(165, 160, 27) },
      { IDR(5, 2, 0, 2) },
      { IDR(5, 2, 0, 3) } },
    { "64 KB level 1 needs OAS 44",
      6,
      { WORD(175, 174, 1), WORD(167, 166, 2), WORD(165, 160, 21) },
      { IDR(5, 2, 0, 3) },
      { IDR(5, 2, 0, 4) } },
    { "4 KB level 0 needs OAS 44",
      6,
      { WORD(167, 166, 2), WORD(165, 160, 24) },
      { IDR(5, 2, 0, 3) },
      { IDR(5, 2, 0, 4) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, StartLevelReserved)
{
  static const struct legal_row rows[] = {
    { "64 KB S2SL0 reserved",
      6,
      { WORD(175, 174, 1), WORD(165, 160, 33) },
      { WORD(167, 166, 3) },
      { WORD(167, 166, 1) } },
    { "S2SL0_2 reserved encodings",
      6,
      { WORD(195, 195, 1), WORD(194, 194, 1), WORD(165, 160, 12) },
      { WORD(167, 166, 1) },
      { WORD(167, 166, 0) } },
    { "S2SL0_2 counts with S2DS alone",
      6,
      { WORD(194, 194, 1) },
      { WORD(195, 195, 1) },
      { WORD(195, 195, 0) } },
  };

  EXPECT_ROWS(rows);
}

TEST_CASE(LegalSte, VmsPtr)
{
  static const struct legal_row rows[] = {
    { "above OAS",
      7,
      { WORD(90, 90, 1), IDR(5, 2, 0, 4) },
      { WORD(320 + 44, 320 + 44, 1) },
      { WORD(320 + 43, 320 + 43, 1) } },
    { "counts with S1MPAM alone",
      7,
      { WORD(320 + 52, 320 + 52, 1) },
      { WORD(90, 90, 1) },
      { WORD(90, 90, 0) } },
    { "counts with MPAM alone",
      7,
      { WORD(320 + 52, 320 + 52, 1), WORD(90, 90, 1) },
      { IDR(3, 7, 7, 1) },
      { IDR(3, 7, 7, 0) } },
    { "counts with partitions alone",
      7,
      { WORD(320 + 52, 320 + 52, 1), WORD(90, 90, 1) },
      { IDR(MPAM, 15, 0, 1) },
      { IDR(MPAM, 15, 0, 0) } },
  };
  static const struct legal_row s1 = {
    "", 5, { WORD(320 + 52, 320 + 52, 1), WORD(90, 90, 1) }, { { 0 } }, { { 0 } }
  };
  struct smmu_ste ste;

  EXPECT_ROWS(rows);
  EXPECT_TRUE(decode(&s1, s1.bad, &ste));
}
