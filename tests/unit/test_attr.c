/* Memory attributes, and permissions from descriptor bits. IHI 0070 13.1.5; Arm ARM D8.4, D8.5. */
#include "arch/attr.h"
#include "arch/desc.h"
#include "shim/gtest_c.h"

static unsigned combined(unsigned a, unsigned b)
{
  struct smmu_attr one = { (uint8_t)a, SMMU_SH_ISH }, two = { (uint8_t)b, SMMU_SH_ISH };

  return smmu_attr_combine(one, two).memattr;
}

TEST_CASE(Attr, Stage2EncodingBecomesAMairByte)
{
  static const uint8_t wanted[16] = { 0x00, 0x04, 0x08, 0x0c, 0x00, 0x44, 0x4b, 0x4f,
                                      0x00, 0xb4, 0xbb, 0xbf, 0x00, 0xf4, 0xfb, 0xff };

  for (unsigned i = 0; i < 16; i++)
    EXPECT_EQ(smmu_attr_of_s2_memattr(i), wanted[i]);
}

TEST_CASE(Attr, DeviceBeatsNormal)
{
  EXPECT_EQ(combined(0x00, 0xff), 0x00u);
  EXPECT_EQ(combined(0xff, 0x0c), 0x0cu);
}

TEST_CASE(Attr, StricterDeviceWins)
{
  EXPECT_EQ(combined(0x04, 0x0c), 0x04u);
  EXPECT_EQ(combined(0x08, 0x00), 0x00u);
}

TEST_CASE(Attr, NonCacheableBeatsWriteThroughBeatsWriteBack)
{
  EXPECT_EQ(combined(0x44, 0xff), 0x44u);
  EXPECT_EQ(combined(0xbb, 0xff), 0xbbu);
  EXPECT_EQ(combined(0xff, 0xff), 0xffu);
}

TEST_CASE(Attr, InnerAndOuterCombineSeparately)
{
  EXPECT_EQ(combined(0x4f, 0xff), 0x4fu);
  EXPECT_EQ(combined(0xf4, 0x4f), 0x44u);
}

TEST_CASE(Attr, CombiningIsSymmetric)
{
  static const uint8_t some[] = { 0x00, 0x04, 0x0c, 0x44, 0x4f, 0xb4, 0xbb, 0xbf, 0xf4, 0xff };

  for (unsigned i = 0; i < sizeof some; i++) {
    for (unsigned j = 0; j < sizeof some; j++)
      EXPECT_EQ(combined(some[i], some[j]), combined(some[j], some[i]));
  }
}

TEST_CASE(Attr, WiderShareabilityWins)
{
  static const uint8_t order[3] = { SMMU_SH_NSH, SMMU_SH_ISH, SMMU_SH_OSH };

  for (unsigned i = 0; i < 3; i++) {
    for (unsigned j = 0; j < 3; j++)
      EXPECT_EQ(smmu_attr_combine((struct smmu_attr){ 0xff, order[i] },
                                  (struct smmu_attr){ 0xff, order[j] })
                  .sh,
                order[i > j ? i : j]);
  }
}

TEST_CASE(Attr, DeviceAndNonCacheableAreOuterShareable)
{
  EXPECT_EQ(smmu_attr_stage1(0, 0x00, 0).sh, SMMU_SH_OSH);
  EXPECT_EQ(smmu_attr_stage1(0, 0x44, 0).sh, SMMU_SH_OSH);
  EXPECT_EQ(smmu_attr_stage1(0, 0xff, 3).sh, SMMU_SH_ISH);
}

TEST_CASE(Attr, IndexChoosesTheMairByte)
{
  for (uint64_t i = 0; i < 8; i++)
    EXPECT_EQ(smmu_attr_stage1(i << 2, 0xf8f7f6f5f4f3f2f1, 0).memattr, 0xf1 + i);
}

TEST_CASE(Attr, IncomingIsWriteBackUnlessOverridden)
{
  EXPECT_EQ(smmu_attr_incoming(false, 0, 1, 0).memattr, 0xffu);
  EXPECT_EQ(smmu_attr_incoming(true, 5, 1, 0).memattr, 0x44u);
}

TEST_CASE(Attr, IncomingShareabilityFollowsShcfg)
{
  EXPECT_EQ(smmu_attr_incoming(false, 0, 0, 0).sh, SMMU_SH_NSH);
  EXPECT_EQ(smmu_attr_incoming(false, 0, 1, 0).sh, SMMU_SH_NSH); /* the bus says so */
  EXPECT_EQ(smmu_attr_incoming(false, 0, 2, 0).sh, SMMU_SH_OSH);
  EXPECT_EQ(smmu_attr_incoming(false, 0, 3, 0).sh, SMMU_SH_ISH);
  EXPECT_EQ(smmu_attr_incoming(true, 0, 3, 0).sh, SMMU_SH_OSH); /* Device */
}

TEST_CASE(Attr, ReservedMairEncodingsBehaveAsTheTextSays)
{
  static const struct {
    uint8_t mair, attr;
  } rows[] = { { 0x01, 0x00 }, { 0x07, 0x04 }, { 0x0a, 0x08 }, { 0x0d, 0x0c }, { 0xf0, 0xf3 },
               { 0x40, 0x43 }, { 0x10, 0x13 }, { 0x80, 0x83 }, { 0x5f, 0x5f }, { 0x34, 0x34 } };

  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
    EXPECT_EQ(smmu_attr_stage1(0, rows[i].mair, 0).memattr, rows[i].attr);
}

TEST_CASE(Attr, HintsCombineToTheWeakerAllocation)
{
  EXPECT_EQ(combined(0xee, 0xff), 0xeeu); /* read allocation alone */
  EXPECT_EQ(combined(0xee, 0xdd), 0xccu); /* read alone with write alone: none */
  EXPECT_EQ(combined(0x77, 0xff), 0x77u); /* transient stays */
  EXPECT_EQ(combined(0x77, 0xbb), 0x33u); /* transient write-back with Write-Through */
  EXPECT_EQ(combined(0x66, 0xdd), 0xccu); /* nothing allocated: not transient either */
}

TEST_CASE(Attr, AllocationOverridesReplaceHintsOfCacheableTypesAlone)
{
  EXPECT_EQ(smmu_attr_incoming(false, 0, 1, 8).memattr, 0xccu);
  EXPECT_EQ(smmu_attr_incoming(false, 0, 1, 8 | 4).memattr, 0xeeu);
  EXPECT_EQ(smmu_attr_incoming(false, 0, 1, 8 | 2 | 1).memattr, 0x55u);
  EXPECT_EQ(smmu_attr_incoming(false, 0, 1, 8 | 1).memattr,
            0xccu);                                             /* transient, nothing allocated */
  EXPECT_EQ(smmu_attr_incoming(false, 0, 1, 7).memattr, 0xffu); /* no override */
  EXPECT_EQ(smmu_attr_incoming(true, 5, 1, 8).memattr, 0x44u);
  EXPECT_EQ(smmu_attr_incoming(true, 1, 1, 8).memattr, 0x04u);
  EXPECT_EQ(smmu_attr_incoming(true, 7, 1, 8).memattr, 0x4cu); /* outer Non-cacheable */
}

TEST_CASE(Attr, StageOneKeepsItsTypeAndTakesHints)
{
  EXPECT_EQ(smmu_attr_hints(0xff, 0xcc), 0xccu);
  EXPECT_EQ(smmu_attr_hints(0xbb, 0xee), 0xaau);
  EXPECT_EQ(smmu_attr_hints(0x44, 0xcc), 0x44u);
  EXPECT_EQ(smmu_attr_hints(0x04, 0xcc), 0x04u);
  EXPECT_EQ(smmu_attr_hints(0xee, 0x44), 0xeeu); /* no hints come in */
  EXPECT_EQ(smmu_attr_hints(0xee, 0x00), 0xeeu);
}

/* ---- stage 2 forces the type: MemAttr of the leaf, what comes in, what goes out ---- */

TEST_CASE(Attr, ForcedWriteBackAndItsNeighbours)
{
  static const struct {
    uint8_t memattr, in, out;
  } rows[] = {
    { 0x6, 0x00, 0xff }, { 0x6, 0x44, 0xff }, { 0x6, 0xbb, 0xff }, { 0x6, 0xee, 0xee },
    { 0x6, 0x33, 0x77 }, { 0x6, 0x4e, 0xfe }, { 0x6, 0x88, 0xcc }, { 0x7, 0x00, 0x00 },
    { 0x7, 0x44, 0x44 }, { 0x7, 0xbb, 0xbb }, { 0x5, 0x0c, 0x0c }, { 0x5, 0xff, 0x44 },
    { 0x5, 0x44, 0x44 }, { 0x0, 0xff, 0x00 }, { 0x1, 0xff, 0x04 }, { 0x3, 0xff, 0x0c },
    { 0x2, 0x04, 0x04 }, { 0x1, 0x0c, 0x04 }, { 0xe, 0x00, 0xff }, { 0x4, 0xff, 0x44 },
  };

  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct smmu_attr in = { rows[i].in, SMMU_SH_ISH };

    EXPECT_EQ(
      smmu_attr_combine(in, smmu_attr_stage2((uint64_t)rows[i].memattr << 2, true, 3)).memattr,
      rows[i].out);
  }
}

TEST_CASE(Attr, ForcedTypeStillCombinesShareability)
{
  struct smmu_attr in = { 0xff, SMMU_SH_NSH };

  EXPECT_EQ(smmu_attr_combine(in, smmu_attr_stage2(6 << 2, true, 3)).sh, SMMU_SH_ISH);
  EXPECT_EQ(smmu_attr_combine(in, smmu_attr_stage2(6 << 2, true, 2)).sh, SMMU_SH_OSH);
  EXPECT_EQ(smmu_attr_combine(in, smmu_attr_stage2(5 << 2, true, 0)).sh, SMMU_SH_OSH);
}

/* ---- permissions ---- */

#define AP(n) ((uint64_t)(n) << 6)
#define PXN   (1ULL << 53)
#define UXN   (1ULL << 54)

static unsigned perm1(uint64_t desc, unsigned limits)
{
  struct smmu_s1_policy policy = { false, false, false, false };

  return smmu_s1_perm(desc, limits, &policy);
}

enum { UR = 1, UW = 2, UX = 4, PR = 16, PW = 32, PX = 64 };

TEST_CASE(Perm, StageOneAccessBits)
{
  EXPECT_EQ(perm1(AP(0), 0), UX | PR | PW | PX);
  EXPECT_EQ(perm1(AP(1), 0), UR | UW | UX | PR | PW); /* user-writable: not for privileged code */
  EXPECT_EQ(perm1(AP(2), 0), UX | PR | PX);
  EXPECT_EQ(perm1(AP(3), 0), UR | UX | PR | PX);
}

TEST_CASE(Perm, ExecuteNeverBits)
{
  EXPECT_EQ(perm1(AP(3) | UXN, 0), UR | PR | PX);
  EXPECT_EQ(perm1(AP(3) | PXN, 0), UR | UX | PR);
}

TEST_CASE(Perm, PanHidesWhatTheUserCanReadAndEpanWhatHeCanRun)
{
  struct smmu_s1_policy pan = { .pan = true }, epan = { .pan = true, .epan = true };
  struct smmu_s1_policy epan_alone = { .epan = true };

  EXPECT_EQ(smmu_s1_perm(AP(1), 0, &pan), UR | UW | UX);
  EXPECT_EQ(smmu_s1_perm(AP(0), 0, &pan), UX | PR | PW | PX);
  EXPECT_EQ(smmu_s1_perm(AP(0), 0, &epan), UX | PX);
  EXPECT_EQ(smmu_s1_perm(AP(0) | UXN, 0, &epan), PR | PW | PX);
  EXPECT_EQ(smmu_s1_perm(AP(0), SMMU_TABLE_UXN, &epan), PR | PW | PX);
  EXPECT_EQ(smmu_s1_perm(AP(0), 0, &epan_alone), UX | PR | PW | PX);
}

TEST_CASE(Perm, LimitsOfTables)
{
  EXPECT_EQ(perm1(AP(1), SMMU_TABLE_NO_WRITE), UR | UX | PR | PX);
  EXPECT_EQ(perm1(AP(1), SMMU_TABLE_NO_USER), UX | PR | PW | PX);
  EXPECT_EQ(perm1(AP(3), SMMU_TABLE_UXN | SMMU_TABLE_PXN), UR | PR);
}

TEST_CASE(Perm, OneRangeTreatsBothSidesAlike)
{
  struct smmu_s1_policy policy = { true, false, false, false };

  EXPECT_EQ(smmu_s1_perm(AP(0), 0, &policy), UR | UW | UX | PR | PW | PX);
  EXPECT_EQ(smmu_s1_perm(AP(2), 0, &policy), UR | UX | PR | PX);
  EXPECT_EQ(smmu_s1_perm(AP(2) | UXN, 0, &policy), UR | PR);
}

TEST_CASE(Perm, StageTwoAccessBits)
{
  EXPECT_EQ(smmu_s2_perm(AP(0), false), UX | PX);
  EXPECT_EQ(smmu_s2_perm(AP(1), false), UR | PR | UX | PX);
  EXPECT_EQ(smmu_s2_perm(AP(2), false), UW | PW | UX | PX);
  EXPECT_EQ(smmu_s2_perm(AP(3), false), UR | UW | PR | PW | UX | PX);
}

TEST_CASE(Perm, StageTwoExecuteNever)
{
  EXPECT_EQ(smmu_s2_perm(2ULL << 53, false), 0u);
  EXPECT_EQ(smmu_s2_perm(1ULL << 53, false), UX | PX); /* without XNX bit 53 does not count */
  EXPECT_EQ(smmu_s2_perm(1ULL << 53, true), UX);
  EXPECT_EQ(smmu_s2_perm(2ULL << 53, true), 0u);
  EXPECT_EQ(smmu_s2_perm(3ULL << 53, true), PX);
}
