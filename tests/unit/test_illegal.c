/* Field by field: what makes an STE or a CD illegal, and what looks odd and is legal. IHI 0070
 * 5.2.2, 5.4.2. */
#include "arch/cd.h"
#include "arch/ste.h"
#include "shim/rig.h"

#define VA 0x1000ULL

struct field_value {
  const char *name;
  unsigned hi, lo;
  uint64_t value;
};

#define STE_FIELD(field, value) \
  { \
#field, STE_##field##_HI, STE_##field##_LO, value \
  }
#define CD_FIELD(field, value) \
  { \
#field, CD_##field##_HI, CD_##field##_LO, value \
  }

/* Stream SID as spec says, with one field changed: the type of event of a read. */
static unsigned ste_event(struct rig *rig, uint8_t config, const struct field_value *f)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = config });
  rig_patch(rig, rig_ste(rig, SID), f->hi, f->lo, f->value);
  rig_cmds(rig, "CFGI_ALL; SYNC");
  return rig_read(rig, SID, VA).event;
}

static unsigned cd_event(struct rig *rig, const struct field_value *f)
{
  rig_stream(rig, SID, NULL);
  rig_map(rig, SID, VA, 0x80000, RIG_RW);
  rig_patch(rig, rig_cd(rig, SID, 0), f->hi, f->lo, f->value);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
  return rig_read(rig, SID, VA).event;
}

static void expect_ste(struct rig *rig, uint8_t config, const struct field_value *f, unsigned n,
                       bool bad)
{
  for (unsigned i = 0; i < n; i++) {
    if ((ste_event(rig, config, &f[i]) == EVENT_C_BAD_STE) != bad)
      ADD_TEST_FAILURE("Config %u, %s = 0x%llx: expected %s", config, f[i].name,
                       (unsigned long long)f[i].value, bad ? "C_BAD_STE" : "a legal STE");
  }
}

static void expect_cd(struct rig *rig, const struct field_value *f, unsigned n, bool bad)
{
  for (unsigned i = 0; i < n; i++) {
    if ((cd_event(rig, &f[i]) == EVENT_C_BAD_CD) != bad)
      ADD_TEST_FAILURE("%s = 0x%llx: expected %s", f[i].name, (unsigned long long)f[i].value,
                       bad ? "C_BAD_CD" : "a legal CD");
  }
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- STE ---- */

ENGINE_TEST(IllegalSte, StageOne)
{
  static const struct field_value bad[] = {
    STE_FIELD(V, 0),
    STE_FIELD(S1CDMax, 9),
    STE_FIELD(S1CDMax, 31),
    STE_FIELD(S1STALLD, 1),
    STE_FIELD(STRW, 1),
    STE_FIELD(STRW, 3),
    STE_FIELD(S1ContextPtr, 1ULL << (48 - 6)),
  };

  expect_ste(rig, 5, bad, COUNT(bad), true);
}

ENGINE_TEST(IllegalSte, StageOneIgnoresStageTwo)
{
  static const struct field_value good[] = {
    STE_FIELD(S2AA64, 0),      STE_FIELD(S2TG, 3), STE_FIELD(S2T0SZ, 63),
    STE_FIELD(S2ENDI, 1),      STE_FIELD(S2HA, 1), STE_FIELD(S2TTB, (1ULL << 48) - 1),
    STE_FIELD(S2VMID, 0xffff),
  };

  expect_ste(rig, 5, good, COUNT(good), false);
}

ENGINE_TEST(IllegalSte, StageTwo)
{
  static const struct field_value bad[] = {
    STE_FIELD(S2AA64, 0),  STE_FIELD(S2S, 1),     STE_FIELD(S2HA, 1),
    STE_FIELD(S2HD, 1),    STE_FIELD(S2TG, 3),    STE_FIELD(S2ENDI, 1),
    STE_FIELD(S2T0SZ, 15), STE_FIELD(S2T0SZ, 49), STE_FIELD(S2SL0, 3),
    STE_FIELD(S2SL0, 0),   STE_FIELD(S2T0SZ, 16), STE_FIELD(S2TTB, 1ULL << (48 - 4)),
  };

  expect_ste(rig, 6, bad, COUNT(bad), true);
}

ENGINE_TEST(IllegalSte, StageTwoIgnoresStageOne)
{
  static const struct field_value good[] = {
    STE_FIELD(S1CDMax, 31), STE_FIELD(S1STALLD, 1),
    STE_FIELD(STRW, 3),     STE_FIELD(S1ContextPtr, 1ULL << 49),
    STE_FIELD(S2PS, 7),     STE_FIELD(S2PTW, 1),
  };

  expect_ste(rig, 6, good, COUNT(good), false);
}

ENGINE_TEST(IllegalSte, NestedObeysBoth)
{
  static const struct field_value bad[] = { STE_FIELD(S1CDMax, 9), STE_FIELD(S2AA64, 0),
                                            STE_FIELD(S2TG, 3), STE_FIELD(S1STALLD, 1) };
  static const struct field_value good[] = { STE_FIELD(STRW, 1), STE_FIELD(STRW, 3) };

  expect_ste(rig, 7, bad, COUNT(bad), true);
  expect_ste(rig, 7, good, COUNT(good), false);
}

ENGINE_TEST(IllegalSte, BypassAndAbortIgnoreTheRest)
{
  static const struct field_value good[] = {
    STE_FIELD(S1CDMax, 31), STE_FIELD(S1STALLD, 1), STE_FIELD(STRW, 3),
    STE_FIELD(S2AA64, 0),   STE_FIELD(S2TG, 3),     STE_FIELD(S2VMID, 0xffff),
  };

  expect_ste(rig, 4, good, COUNT(good), false);
  expect_ste(rig, RIG_STE_ABORT, good, COUNT(good), false);
}

ENGINE_TEST(IllegalSte, TableAddressAboveTheEffectiveStageTwoSize)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6 });
  STE_SET(rig, SID, S2TTB, 0x100000000 >> 4);
  STE_SET(rig, SID, S2PS, 0); /* 32 bits */
  EXPECT_FAULT(rig_read(rig, SID, VA), C_BAD_STE);
}

static void without(struct rig *rig, unsigned idr, uint32_t bits)
{
  struct smmu_config config = rig->config;

  config.idr[idr] &= ~bits;
  rig_restart(rig, &config);
}

ENGINE_TEST(IllegalSte, StageTwoNeedsS2p)
{
  static const struct field_value same = STE_FIELD(V, 1);

  without(rig, 0, 1 | 1 << 9); /* S2P and with it HYP */
  EXPECT_EQ(ste_event(rig, 6, &same), EVENT_C_BAD_STE);
  EXPECT_EQ(ste_event(rig, 7, &same), EVENT_C_BAD_STE);
  EXPECT_EQ(ste_event(rig, 5, &same), EVENT_F_TRANSLATION);
}

ENGINE_TEST(IllegalSte, StageOneNeedsS1p)
{
  static const struct field_value same = STE_FIELD(V, 1);

  without(rig, 0, 2 | 1 << 9);
  EXPECT_EQ(ste_event(rig, 5, &same), EVENT_C_BAD_STE);
  EXPECT_EQ(ste_event(rig, 7, &same), EVENT_C_BAD_STE);
}

ENGINE_TEST(IllegalSte, TwoLevelCdsNeedCd2l)
{
  without(rig, 0, 1 << 19);
  rig_stream(rig, SID, &(struct rig_stream){ .s1cdmax = 2, .s1fmt = 1 });
  EXPECT_FAULT(rig_read_ssid(rig, SID, 0, VA), C_BAD_STE);
}

ENGINE_TEST(IllegalSte, LargeVmidNeedsVmid16)
{
  without(rig, 0, 1 << 18);
  rig_stream(rig, SID, &(struct rig_stream){ .vmid = 0x100 });
  EXPECT_FAULT(rig_read(rig, SID, VA), C_BAD_STE);
  rig_stream(rig, SID, &(struct rig_stream){ .vmid = 0xff });
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
}

ENGINE_TEST(IllegalSte, GranuleOfStageTwoNeedsItsFeature)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .granule2 = 14 });
  EXPECT_FAULT(rig_read(rig, SID, 0x40000000), F_TRANSLATION);
  without(rig, 5, 1 << 5);
  EXPECT_FAULT(rig_read(rig, SID, 0x40000000), C_BAD_STE);
}

ENGINE_TEST(IllegalSte, WorldIsIgnoredWithoutHyp)
{
  without(rig, 0, 1 << 9);
  STE_SET(rig, SID, STRW, 1);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
}

/* ---- CD ---- */

ENGINE_TEST(IllegalCd, EachRule)
{
  static const struct field_value bad[] = {
    CD_FIELD(V, 0),
    CD_FIELD(S, 1),
    CD_FIELD(ENDI, 1),
    CD_FIELD(AA64, 0),
    CD_FIELD(HA, 1),
    CD_FIELD(HD, 1),
    CD_FIELD(T0SZ, 15),
    CD_FIELD(T0SZ, 49),
    CD_FIELD(T0SZ, 0),
    CD_FIELD(TG0, 3),
    CD_FIELD(TTB0, 1ULL << (48 - 4)),
  };

  expect_cd(rig, bad, COUNT(bad), true);
}

ENGINE_TEST(IllegalCd, OddAndLegal)
{
  static const struct field_value good[] = {
    CD_FIELD(A, 0),   CD_FIELD(R, 0),    CD_FIELD(IPS, 7),       CD_FIELD(T1SZ, 0),
    CD_FIELD(TG1, 0), CD_FIELD(EPD0, 1), CD_FIELD(ASET, 1),      CD_FIELD(TTB1, (1ULL << 48) - 1),
    CD_FIELD(WXN, 1), CD_FIELD(PAN, 1),  CD_FIELD(ASID, 0xffff),
  };

  expect_cd(rig, good, COUNT(good), false);
}

ENGINE_TEST(IllegalCd, DisabledTablesAreNotChecked)
{
  static const struct field_value odd[] = { CD_FIELD(T0SZ, 0), CD_FIELD(TG0, 3) };

  for (unsigned i = 0; i < COUNT(odd); i++) {
    rig_stream(rig, SID, NULL);
    CD_SET(rig, SID, 0, EPD0, 1);
    rig_patch(rig, rig_cd(rig, SID, 0), odd[i].hi, odd[i].lo, odd[i].value);
    EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
    rig_cmds(rig, "CFGI_ALL; SYNC");
  }
}

ENGINE_TEST(IllegalCd, SecondTableIsCheckedWhenEnabled)
{
  rig_stream(rig, SID, &(struct rig_stream){ .two_ranges = 1 });
  CD_SET(rig, SID, 0, TG1, 0);
  EXPECT_FAULT(rig_read(rig, SID, VA), C_BAD_CD);
}

ENGINE_TEST(IllegalCd, TableAddressAboveTheEffectiveSize)
{
  CD_SET(rig, SID, 0, TTB0, 0x100000000 >> 4);
  CD_SET(rig, SID, 0, IPS, 0); /* 32 bits */
  EXPECT_FAULT(rig_read(rig, SID, VA), C_BAD_CD);
}

ENGINE_TEST(IllegalCd, LargeAsidNeedsAsid16)
{
  without(rig, 0, 1 << 12);
  CD_SET(rig, SID, 0, ASID, 0x100);
  EXPECT_FAULT(rig_read(rig, SID, VA), C_BAD_CD);
}

ENGINE_TEST(IllegalCd, SmallTablesNeedStt)
{
  CD_SET(rig, SID, 0, T0SZ, 40);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
  without(rig, 3, 1 << 9);
  EXPECT_FAULT(rig_read(rig, SID, VA), C_BAD_CD);
}

ENGINE_TEST(IllegalCd, LargestT0szDependsOnTheGranule)
{
  rig_stream(rig, SID, &(struct rig_stream){ .granule1 = 16 });
  CD_SET(rig, SID, 0, T0SZ, 48);
  EXPECT_FAULT(rig_read(rig, SID, VA), C_BAD_CD);
  CD_SET(rig, SID, 0, T0SZ, 47);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
}

ENGINE_TEST(IllegalCd, El2HasOneTableAndNoAsid)
{
  without(rig, 0, 1 << 12);
  rig_stream(rig, SID, &(struct rig_stream){ .strw = 2, .asid = 0x123 });
  CD_SET(rig, SID, 0, EPD0, 1); /* ignored */
  CD_SET(rig, SID, 0, EPD1, 0); /* ignored */
  rig_map(rig, SID, VA, 0x80000, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, VA), 0x80000);
  EXPECT_FAULT(rig_read(rig, SID, 0xfffffffffffff000), F_TRANSLATION);
}
