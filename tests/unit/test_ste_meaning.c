/* What the fields of a legal STE come to: 0 where the text has them IGNORED or RES0. Bit numbers and
 * values are literals of the text. IHI 0070 5.2. */
#include "arch/ste.h"
#include "shim/gtest_c.h"
#include "shim/legal.h"

static struct smmu_ste meaning(unsigned config, struct legal_bits a, struct legal_bits b)
{
  struct smmu_config device = legal_device();
  struct smmu_features f;
  struct smmu_ste out;
  uint64_t ste[8];

  legal_ste(ste, config);
  legal_apply(&a, 1, ste, &device);
  legal_apply(&b, 1, ste, &device);
  smmu_features_decode(&device, &f);
  if (!smmu_ste_decode(ste, &f, false, &out))
    ADD_TEST_FAILURE("Config %u, bits %u and %u: legal", config, a.lo, b.lo);
  return out;
}

#define NOTHING \
  { \
    0 \
  }
#define BITS (struct legal_bits)

TEST_CASE(SteMeaning, EatsIsNoneWithoutTranslationOrWhenReserved)
{
  EXPECT_EQ(meaning(5, BITS WORD(93, 92, 1), BITS NOTHING).eats, 1);
  EXPECT_EQ(meaning(7, BITS WORD(93, 92, 2), BITS NOTHING).eats, 2);
  EXPECT_EQ(meaning(4, BITS WORD(93, 92, 1), BITS NOTHING).eats, 0);
  EXPECT_EQ(meaning(5, BITS WORD(93, 92, 3), BITS NOTHING).eats, 0);
  EXPECT_EQ(meaning(5, BITS WORD(93, 92, 1), BITS IDR(0, 10, 10, 0)).eats, 0);
}

TEST_CASE(SteMeaning, DirtyUpdatesNeedAccessFlagUpdates)
{
  EXPECT_EQ(meaning(6, BITS WORD(183, 183, 1), BITS WORD(184, 184, 1)).s2hd, 1);
  EXPECT_EQ(meaning(6, BITS WORD(183, 183, 1), BITS NOTHING).s2hd, 0);
  EXPECT_EQ(meaning(5, BITS WORD(184, 184, 1), BITS NOTHING).s2ha, 0);
}

TEST_CASE(SteMeaning, AccessFlagsAreNotDisabledWhileUpdated)
{
  EXPECT_EQ(meaning(6, BITS WORD(181, 181, 1), BITS NOTHING).s2affd, 1);
  EXPECT_EQ(meaning(6, BITS WORD(181, 181, 1), BITS WORD(184, 184, 1)).s2affd, 0);
}

TEST_CASE(SteMeaning, PparFollowsPpsAndNeedsPriAndSubstreams)
{
  EXPECT_EQ(meaning(5, BITS WORD(82, 82, 1), BITS NOTHING).ppar, 1);
  EXPECT_EQ(meaning(5, BITS NOTHING, BITS NOTHING).ppar, 0);
  EXPECT_EQ(meaning(5, BITS IDR(3, 5, 5, 1), BITS NOTHING).ppar, 1);
  EXPECT_EQ(meaning(5, BITS WORD(82, 82, 1), BITS IDR(0, 16, 16, 0)).ppar, 0);
  EXPECT_EQ(meaning(5, BITS WORD(82, 82, 1), BITS IDR(1, 10, 6, 0)).ppar, 0);
}

TEST_CASE(SteMeaning, MpamFieldsNeedMpam)
{
  EXPECT_EQ(meaning(5, BITS WORD(287, 272, 63), BITS NOTHING).partid, 63);
  EXPECT_EQ(meaning(5, BITS WORD(287, 272, 64), BITS NOTHING).partid, 0); /* above PARTID_MAX */
  EXPECT_EQ(meaning(5, BITS WORD(287, 272, 63), BITS IDR(3, 7, 7, 0)).partid, 0);
  EXPECT_EQ(meaning(4, BITS WORD(327, 320, 3), BITS NOTHING).pmg, 3);
  EXPECT_EQ(meaning(7, BITS WORD(375, 332, 5), BITS WORD(90, 90, 1)).vms_ptr, 0x5000u);
  EXPECT_EQ(meaning(7, BITS WORD(375, 332, 5), BITS NOTHING).vms_ptr, 0u);
}

TEST_CASE(SteMeaning, FwbNeedsItsFeature)
{
  EXPECT_EQ(meaning(6, BITS WORD(89, 89, 1), BITS NOTHING).s2fwb, 1);
  EXPECT_EQ(meaning(6, BITS WORD(89, 89, 1), BITS IDR(3, 8, 8, 0)).s2fwb, 0);
  EXPECT_EQ(meaning(5, BITS WORD(89, 89, 1), BITS NOTHING).s2fwb, 0);
}

TEST_CASE(SteMeaning, PlainFields)
{
  EXPECT_EQ(meaning(4, BITS WORD(83, 83, 1), BITS NOTHING).mev, 1);
  EXPECT_EQ(meaning(4, BITS WORD(80, 77, 5), BITS NOTHING).cont, 5);
  EXPECT_EQ(meaning(5, BITS WORD(91, 91, 1), BITS NOTHING).s1stalld, 1);
  EXPECT_EQ(meaning(6, BITS WORD(185, 185, 1), BITS NOTHING).s2s, 1);
  EXPECT_EQ(meaning(6, BITS WORD(173, 172, 3), BITS NOTHING).s2sh0, 3);
}

TEST_CASE(SteMeaning, TableBaseOf52BitsIsAlignedTo64Bytes)
{
  /* Level 3 of 16 bits has 16 descriptors: 128 bytes; level 1 of 31 bits has 2: 16 bytes. */
  struct legal_bits t0sz = WORD(165, 160, 33);

  EXPECT_EQ(meaning(6, t0sz, BITS WORD(243, 196, 7)).s2ttb, 0x40u);
  EXPECT_EQ(meaning(6, BITS WORD(165, 160, 24), BITS WORD(243, 196, 0x3ff)).s2ttb, 0x2000u);
}

TEST_CASE(SteMeaning, ShapeOfStageTwo)
{
  struct smmu_geometry g = meaning(6, BITS WORD(195, 195, 1), BITS WORD(180, 180, 1)).s2_geometry;

  EXPECT_EQ(g.format, SMMU_OA_DS);
  EXPECT_EQ(g.oa_bits, 52);
  EXPECT_EQ(g.big_endian, 1);
  EXPECT_EQ(meaning(6, BITS NOTHING, BITS NOTHING).s2_geometry.oa_bits, 48);
  EXPECT_EQ(meaning(6, BITS WORD(175, 174, 1), BITS NOTHING).s2_geometry.format, SMMU_OA_64K);
  EXPECT_EQ(meaning(6, BITS WORD(175, 174, 1), BITS IDR(5, 2, 0, 5)).s2_geometry.format,
            SMMU_OA_48);
}
