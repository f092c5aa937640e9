/* Attributes of a response: overrides, hints, forced write-back; and who may look at a half of the
 * address space at all. IHI 0070 13.1.3 to 13.1.6, 13.4; 5.2 (MTCFG, ALLOCCFG, S2FWB), 5.4 (E0PD,
 * EPAN). */
#include "shim/rig.h"

#define VA  0x1000ULL
#define IPA 0x40005000ULL
#define PA  0x80000ULL

/* FWB, E0PD and EPAN on top of the neutral device. */
static void begin(struct rig *rig)
{
  struct smmu_config config = rig->config;

  config.idr[3] |= 1u << 8 | 1u << 13 | 1u << 17;
  rig_restart(rig, &config);
}

static struct smmu_result privileged(struct rig *rig, uint64_t addr)
{
  return rig_dma(rig, (struct smmu_txn){ .sid = SID, .addr = addr, .privileged = 1 });
}

static void stage2(struct rig *rig, unsigned memattr, unsigned sh)
{
  uint64_t leaf;

  rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .vmid = 5 });
  leaf = rig_map(rig, SID, IPA, PA, RIG_RW);
  rig_patch(rig, leaf, 5, 2, memattr);
  rig_patch(rig, leaf, 9, 8, sh);
}

static void nested(struct rig *rig, unsigned index, unsigned memattr)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .vmid = 5 });
  rig_patch(rig, rig_map(rig, SID, VA, IPA, RIG_RW), 4, 2, index);
  rig_patch(rig, rig_map2(rig, SID, IPA, PA, RIG_RW), 5, 2, memattr);
}

#define EXPECT_ATTR(result, attr, share) \
  do { \
    struct smmu_result r_ = (result); \
    EXPECT_EQ(r_.status, 0); \
    EXPECT_EQ(r_.memattr, attr); \
    EXPECT_EQ(r_.shareability, share); \
  } while (0)

/* ---- overrides ---- */

ENGINE_TEST(TxnAttr, TypeThatComesInCombinesWithStageTwo)
{
  stage2(rig, 0xf, 3);
  EXPECT_ATTR(rig_read(rig, SID, IPA), 0xff, 3);
  STE_SET(rig, SID, MTCFG, 1);
  STE_SET(rig, SID, MemAttr, 5);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_ATTR(rig_read(rig, SID, IPA), 0x44, 2);
}

/* Overrides are no part of a TLB entry: the invalidation of the STE is enough, whatever it held
 * while the entry was made. */
ENGINE_TEST(TxnAttr, OverrideEndsWithTheSteAlone)
{
  stage2(rig, 0xf, 0);
  STE_SET(rig, SID, MTCFG, 1);
  STE_SET(rig, SID, MemAttr, 1);
  STE_SET(rig, SID, SHCFG, 2);
  EXPECT_ATTR(rig_read(rig, SID, IPA), 0x04, 2);
  STE_SET(rig, SID, MTCFG, 0);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_ATTR(rig_read(rig, SID, IPA), 0xff, 2);
  STE_SET(rig, SID, SHCFG, 1);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_ATTR(rig_read(rig, SID, IPA), 0xff, 0);
}

ENGINE_TEST(TxnAttr, StreamsOfOneVmidKeepTheirOwnOverrides)
{
  stage2(rig, 0xf, 0);
  rig_stream(rig, 2, &(struct rig_stream){ .config = 6, .vmid = 5 });
  for (unsigned word = 3; word < 4; word++)
    engine_memory_store64(rig->memory, rig_ste(rig, 2) + 8 * word,
                          engine_memory_load64(rig->memory, rig_ste(rig, SID) + 8 * word));
  STE_SET(rig, 2, SHCFG, 2);
  rig_cmds(rig, "CFGI_ALL; SYNC");
  EXPECT_ATTR(rig_read(rig, 2, IPA), 0xff, 2);
  EXPECT_ATTR(rig_read(rig, SID, IPA), 0xff, 0); /* from the entry of stream 2, where one is kept */
  EXPECT_ATTR(rig_read(rig, 2, IPA), 0xff, 2);
}

ENGINE_TEST(TxnAttr, AllocationHintsReachStageOne)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  STE_SET(rig, SID, ALLOCCFG, 8 | 4);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  for (unsigned i = 0; i < 2; i++) /* a walk, then a hit */
    EXPECT_EQ(rig_read(rig, SID, VA).memattr, 0xee);
  STE_SET(rig, SID, ALLOCCFG, 4);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_EQ(rig_read(rig, SID, VA).memattr, 0xff);
}

ENGINE_TEST(TxnAttr, DeviceThatComesInHasNoHintsForStageOne)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  STE_SET(rig, SID, ALLOCCFG, 8);
  STE_SET(rig, SID, MTCFG, 1);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_EQ(rig_read(rig, SID, VA).memattr, 0xff);
}

ENGINE_TEST(TxnAttr, AllocationHintsOfABypass)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = 4 });
  STE_SET(rig, SID, ALLOCCFG, 8 | 2 | 1);
  EXPECT_EQ(rig_read(rig, SID, VA).memattr, 0x55);
}

ENGINE_TEST(TxnAttr, AllocationHintsOfGbpa)
{
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, 0x44, 1u << 31 | 0xa00 | 0x1000); /* Update, ALLOCCFG = 0b1010, SHCFG = 1 */
  rig_rest(rig);
  EXPECT_EQ(rig_read(rig, SID, VA).memattr, 0xdd);
}

/* ---- S2FWB ---- */

ENGINE_TEST(TxnAttr, ForcedWriteBackOfStageTwoAlone)
{
  begin(rig);
  stage2(rig, 6, 3);
  STE_SET(rig, SID, S2FWB, 1);
  STE_SET(rig, SID, MTCFG, 1); /* Device-nGnRnE comes in, and is Outer Shareable */
  for (unsigned i = 0; i < 2; i++)
    EXPECT_ATTR(rig_read(rig, SID, IPA), 0xff, 2);
}

ENGINE_TEST(TxnAttr, TypeAsItComesInUnderS2fwb)
{
  begin(rig);
  stage2(rig, 7, 3);
  STE_SET(rig, SID, S2FWB, 1);
  EXPECT_ATTR(rig_read(rig, SID, IPA), 0xff, 3);
  STE_SET(rig, SID, MTCFG, 1);
  STE_SET(rig, SID, MemAttr, 0xa);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_ATTR(rig_read(rig, SID, IPA), 0xbb, 3);
}

ENGINE_TEST(TxnAttr, ForcedTypeOfNestedWalks)
{
  static const struct {
    uint8_t index, memattr, out;
  } rows[] = { { 1, 6, 0xff }, { 3, 6, 0xff }, { 1, 7, 0x00 }, { 3, 7, 0x44 },
               { 0, 5, 0x44 }, { 1, 5, 0x00 }, { 0, 1, 0x04 } };

  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    begin(rig);
    nested(rig, rows[i].index, rows[i].memattr);
    STE_SET(rig, SID, S2FWB, 1);
    /* The rig's tables lie in memory that stage 2 maps with 0b1111: as stage 1 has it. */
    EXPECT_EQ(rig_read(rig, SID, VA).memattr, rows[i].out);
    EXPECT_EQ(rig_read(rig, SID, VA).memattr, rows[i].out);
  }
}

ENGINE_TEST(TxnAttr, S2fwbIsReservedWithoutItsFeature)
{
  stage2(rig, 6, 0);
  STE_SET(rig, SID, S2FWB, 1);
  EXPECT_ATTR(rig_read(rig, SID, IPA), 0x4b, 0);
}

ENGINE_TEST(TxnAttr, TableWalksThroughForcedWriteBackAreNotDevice)
{
  begin(rig);
  nested(rig, 0, 6);
  STE_SET(rig, SID, S2FWB, 1);
  STE_SET(rig, SID, S2PTW, 1);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

/* ---- E0PD, EPAN ---- */

ENGINE_TEST(TxnAttr, E0pdShutsAHalfToTheUnprivileged)
{
  begin(rig);
  rig_map(rig, SID, VA, PA, RIG_RW);
  CD_SET(rig, SID, 0, E0PD0, 1);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
  EXPECT_PA(privileged(rig, VA), PA);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION); /* though a TLB has it now */
}

ENGINE_TEST(TxnAttr, E0pdShutsOneHalf)
{
  begin(rig);
  rig_stream(rig, SID, &(struct rig_stream){ .two_ranges = 1 });
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_map(rig, SID, 0xffffffffff001000, PA + 0x1000, RIG_RW);
  CD_SET(rig, SID, 0, E0PD1, 1);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  EXPECT_FAULT(rig_read(rig, SID, 0xffffffffff001000), F_TRANSLATION);
  EXPECT_PA(privileged(rig, 0xffffffffff001000), PA + 0x1000);
}

ENGINE_TEST(TxnAttr, E0pdReadsNothing)
{
  begin(rig);
  CD_SET(rig, SID, 0, E0PD0, 1);
  privileged(rig, VA); /* the configuration is cached where there is a cache */
  EXPECT_EQ(rig_reads(rig, SID, VA), 0u);
}

ENGINE_TEST(TxnAttr, EpanHidesUserCodeFromPrivilegedData)
{
  begin(rig);
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_PRIVILEGED);
  CD_SET(rig, SID, 0, PAN, 1);
  EXPECT_PA(privileged(rig, VA), PA);
  CD_SET(rig, SID, 0, EPAN, 1);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
  EXPECT_FAULT(privileged(rig, VA), F_PERMISSION);
}
