/* Finding the configuration: Stream table, STE, substreams, CD; every C_BAD_* and F_*_FETCH.
 * IHI 0070 3.3.1, 3.3.2, 5.1 to 5.4. Which fields make an STE or CD illegal: test_illegal.c. */
#include "shim/rig.h"

#define VA 0x1000ULL
#define PA 0x80000ULL

static void map(struct rig *rig, uint32_t sid)
{
  rig_map(rig, sid, VA, PA, RIG_RW);
}

/* ---- Stream table ---- */

ENGINE_TEST(TxnConfig, LastStreamOfTheTableIsFound)
{
  rig_stream(rig, 63, NULL);
  map(rig, 63);
  EXPECT_PA(rig_read(rig, 63, VA), PA);
}

ENGINE_TEST(TxnConfig, StreamBehindTheTableIsBad)
{
  EXPECT_FAULT(rig_read(rig, 64, VA), C_BAD_STREAMID);
  EXPECT_EQ(rig_event(rig, NULL), 2u);
  EXPECT_FAULT(rig_read(rig, 0xffffffff, VA), C_BAD_STREAMID);
}

ENGINE_TEST(TxnConfig, BadStreamIsNotRecordedWithoutRecinvsid)
{
  rig_set_cr0(rig, 0xc);
  rig_set_reg(rig, OFF_CR2, 0);
  rig_set_cr0(rig, 0xd);
  EXPECT_FAULT(rig_read(rig, 64, VA), C_BAD_STREAMID);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(TxnConfig, TableIsNoLargerThanSidsize)
{
  struct smmu_config config = rig->config;

  config.idr[1] = (config.idr[1] & ~0x3fu) | 4;
  rig_restart(rig, &config);
  rig_stream(rig, 15, NULL);
  map(rig, 15);
  EXPECT_PA(rig_read(rig, 15, VA), PA);
  EXPECT_FAULT(rig_read(rig, 16, VA), C_BAD_STREAMID);
}

ENGINE_TEST(TxnConfig, TableBaseIsAlignedToItsSize)
{
  rig_set_cr0(rig, 0xc);
  rig_set_reg(rig, OFF_STRTAB_BASE, RIG_STRTAB + 0xfc0); /* 64 STEs: 4 KB */
  rig_set_cr0(rig, 0xd);
  map(rig, SID);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(TxnConfig, AbortedSteFetch)
{
  engine_memory_inject_abort(rig->memory, rig_ste(rig, SID), 64, true);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_STE_FETCH);
}

/* ---- two levels ---- */

static const unsigned splits[] = { 6, 8, 10 };

ENGINE_TEST(TxnConfig, TwoLevelTableIsFollowedForEachSplit)
{
  for (unsigned i = 0; i < 3; i++) {
    uint32_t sid = (5u << splits[i]) + 3;

    for (unsigned l1 = 0; l1 < 8; l1++) /* the table of the round before */
      engine_memory_store64(rig->memory, RIG_STRTAB + 8 * l1, 0);
    rig_strtab(rig, splits[i] + 3, splits[i]);
    rig_stream(rig, sid, NULL);
    map(rig, sid);
    rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
    EXPECT_PA(rig_read(rig, sid, VA), PA);
  }
}

/* A two-level table, split 6, whose level 1 descriptor 0 has this Span. */
static void span_table(struct rig *rig, unsigned span)
{
  for (unsigned i = 0; i < 64; i++)
    engine_memory_store64(rig->memory, RIG_STRTAB + 8 * i, 0);
  rig_strtab(rig, 8, 6);
  rig_stream(rig, 1, NULL);
  map(rig, 1);
  rig_patch(rig, RIG_STRTAB, 4, 0, span);
}

ENGINE_TEST(TxnConfig, SpanZeroIsABadStream)
{
  span_table(rig, 0);
  EXPECT_FAULT(rig_read(rig, 1, VA), C_BAD_STREAMID);
}

ENGINE_TEST(TxnConfig, SpanLargerThanTheSplitIsABadStream)
{
  span_table(rig, 8);
  EXPECT_FAULT(rig_read(rig, 1, VA), C_BAD_STREAMID);
  span_table(rig, 12);
  EXPECT_FAULT(rig_read(rig, 1, VA), C_BAD_STREAMID);
}

ENGINE_TEST(TxnConfig, SpanLimitsTheStreams)
{
  span_table(rig, 2); /* two STEs */
  EXPECT_PA(rig_read(rig, 1, VA), PA);
  EXPECT_FAULT(rig_read(rig, 2, VA), C_BAD_STREAMID);
}

ENGINE_TEST(TxnConfig, LevelTwoArrayIsAlignedToItsSpan)
{
  span_table(rig, 7);
  rig_patch(rig, RIG_STRTAB, 11, 6, 0x3f); /* 64 STEs: bits 11:6 of the pointer do not count */
  EXPECT_PA(rig_read(rig, 1, VA), PA);
}

ENGINE_TEST(TxnConfig, AbortedLevelOneFetch)
{
  span_table(rig, 7);
  engine_memory_inject_abort(rig->memory, RIG_STRTAB, 8, true);
  EXPECT_FAULT(rig_read(rig, 1, VA), F_STE_FETCH);
}

ENGINE_TEST(TxnConfig, ReservedSplitActsAsSix)
{
  span_table(rig, 7);
  rig_set_cr0(rig, 0xc);
  rig_set_reg(rig, OFF_STRTAB_BASE_CFG, 8 | 7 << 6 | 1 << 16);
  rig_set_cr0(rig, 0xd);
  EXPECT_PA(rig_read(rig, 1, VA), PA);
}

/* ---- STE.Config ---- */

ENGINE_TEST(TxnConfig, AbortConfigurationTerminatesSilently)
{
  for (unsigned config = 0; config < 4; config++) {
    STE_SET(rig, SID, Config, config);
    rig_cmds(rig, "CFGI_STE sid=1; SYNC");
    EXPECT_EQ(rig_read(rig, SID, VA).status, SMMU_STATUS_ABORT);
  }
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(TxnConfig, BypassStreamKeepsTheAddress)
{
  struct smmu_result r;

  rig_stream(rig, 2, &(struct rig_stream){ .config = 4 });
  r = rig_read(rig, 2, 0xfedcba987654);
  EXPECT_PA(r, 0xfedcba987654);
  EXPECT_EQ(r.bypassed, 1u);
}

ENGINE_TEST(TxnConfig, BypassStreamAboveTheOutputSizeFaults)
{
  rig_stream(rig, 2, &(struct rig_stream){ .config = 4 });
  EXPECT_FAULT(rig_read(rig, 2, 1ULL << 48), F_ADDR_SIZE);
  EXPECT_EQ(rig_event(rig, NULL), 0x11u);
}

ENGINE_TEST(TxnConfig, StageTwoInputAboveIasFaults)
{
  rig_stream(rig, 2, &(struct rig_stream){ .config = 6 });
  EXPECT_FAULT(rig_read(rig, 2, 1ULL << 48), F_ADDR_SIZE);
}

ENGINE_TEST(TxnConfig, BypassStreamTakesItsAttributesFromTheSte)
{
  static const uint8_t wanted[] = { 0, 0, 2, 3 };
  struct smmu_result r;

  rig_stream(rig, 2, &(struct rig_stream){ .config = 4 });
  for (unsigned shcfg = 0; shcfg < 4; shcfg++) {
    STE_SET(rig, 2, SHCFG, shcfg);
    rig_cmds(rig, "CFGI_STE sid=2; SYNC");
    EXPECT_EQ(rig_read(rig, 2, VA).shareability, wanted[shcfg]);
  }
  STE_SET(rig, 2, MTCFG, 1);
  STE_SET(rig, 2, MemAttr, 1);
  rig_cmds(rig, "CFGI_STE sid=2; SYNC");
  r = rig_read(rig, 2, VA);
  EXPECT_EQ(r.memattr, 0x04u);
  EXPECT_EQ(r.shareability, 2u);
}

ENGINE_TEST(TxnConfig, StageTwoCombinesWithTheAttributesOfTheSte)
{
  rig_stream(rig, 2, &(struct rig_stream){ .config = 6 });
  STE_SET(rig, 2, MTCFG, 1);
  STE_SET(rig, 2, MemAttr, 0); /* Device-nGnRnE */
  rig_map(rig, 2, RIG_DATA, PA, RIG_RW);
  EXPECT_EQ(rig_read(rig, 2, RIG_DATA).memattr, 0x00u);
}

ENGINE_TEST(TxnConfig, PrivilegeOverrideDecidesPermission)
{
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_PRIVILEGED);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_PERMISSION);
  STE_SET(rig, SID, PRIVCFG, 3);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(TxnConfig, InstructionOverrideDecidesPermission)
{
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_NO_EXEC);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  STE_SET(rig, SID, INSTCFG, 3);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_FAULT(rig_read(rig, SID, VA), F_PERMISSION);
  EXPECT_PA(rig_write(rig, SID, VA), PA); /* writes are data */
}

ENGINE_TEST(TxnConfig, OverridesNeedTheirFeature)
{
  struct smmu_config config = rig->config;

  config.idr[1] &= ~(1u << 26); /* ATTR_PERMS_OVR */
  rig_restart(rig, &config);
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_NO_EXEC);
  STE_SET(rig, SID, INSTCFG, 3);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

/* ---- substreams ---- */

/* Stream 2 with 2^cdmax substreams; 0, 1 and 3 have CDs of their own ASIDs that share a table. */
static void substreams(struct rig *rig, uint8_t cdmax, uint8_t fmt, uint8_t dss)
{
  static const uint32_t used[] = { 0, 1, 3 };

  rig_stream(rig, 2, &(struct rig_stream){ .s1cdmax = cdmax, .s1fmt = fmt, .s1dss = dss });
  map(rig, 2);
  for (unsigned i = 0; i < 3; i++)
    rig_set_cd(rig, 2, used[i], 20 + used[i], &rig_space(rig, 2)->s1);
}

ENGINE_TEST(TxnConfig, EachTableFormatFindsItsCds)
{
  for (uint8_t fmt = 0; fmt < 4; fmt++) {
    substreams(rig, 2, fmt == 3 ? 0 : fmt, 0);
    STE_SET(rig, 2, S1Fmt, fmt);
    rig_cmds(rig, "CFGI_ALL; SYNC");
    EXPECT_PA(rig_read_ssid(rig, 2, 3, VA), PA);
  }
}

ENGINE_TEST(TxnConfig, SmallLeafChangesEvery64Substreams)
{
  rig_stream(rig, 2, &(struct rig_stream){ .s1cdmax = 8, .s1fmt = 1 });
  map(rig, 2);
  rig_set_cd(rig, 2, 200, 20, &rig_space(rig, 2)->s1);
  EXPECT_PA(rig_read_ssid(rig, 2, 200, VA), PA);
  EXPECT_FAULT(rig_read_ssid(rig, 2, 100, VA), C_BAD_SUBSTREAMID); /* its L1CD is invalid */
}

ENGINE_TEST(TxnConfig, SubstreamBehindTheTableIsBad)
{
  substreams(rig, 2, 0, 0);
  EXPECT_FAULT(rig_read_ssid(rig, 2, 4, VA), C_BAD_SUBSTREAMID);
}

ENGINE_TEST(TxnConfig, SubstreamWithoutSubstreamsIsBad)
{
  map(rig, SID);
  EXPECT_FAULT(rig_read_ssid(rig, SID, 0, VA), C_BAD_SUBSTREAMID);
}

ENGINE_TEST(TxnConfig, SubstreamWithoutStageOneIsBad)
{
  rig_stream(rig, 2, &(struct rig_stream){ .config = 4 });
  rig_stream(rig, 3, &(struct rig_stream){ .config = 6 });
  EXPECT_FAULT(rig_read_ssid(rig, 2, 0, VA), C_BAD_SUBSTREAMID);
  EXPECT_FAULT(rig_read_ssid(rig, 3, 0, VA), C_BAD_SUBSTREAMID);
}

ENGINE_TEST(TxnConfig, SubstreamOfAnAbortingStreamIsSilent)
{
  rig_stream(rig, 2, &(struct rig_stream){ .config = RIG_STE_ABORT });
  EXPECT_EQ(rig_read_ssid(rig, 2, 0, VA).event, 0u);
}

ENGINE_TEST(TxnConfig, Dss0TerminatesWhatHasNoSubstream)
{
  substreams(rig, 2, 0, 0);
  EXPECT_FAULT(rig_read(rig, 2, VA), F_STREAM_DISABLED);
  EXPECT_PA(rig_read_ssid(rig, 2, 0, VA), PA);
}

ENGINE_TEST(TxnConfig, Dss1SkipsStageOneForWhatHasNoSubstream)
{
  substreams(rig, 2, 0, 1);
  EXPECT_PA(rig_read(rig, 2, 0x5678), 0x5678);
  EXPECT_PA(rig_read_ssid(rig, 2, 0, VA), PA);
}

ENGINE_TEST(TxnConfig, Dss2UsesCdZeroForWhatHasNoSubstream)
{
  substreams(rig, 2, 0, 2);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
  EXPECT_FAULT(rig_read_ssid(rig, 2, 0, VA), F_STREAM_DISABLED);
  EXPECT_PA(rig_read_ssid(rig, 2, 1, VA), PA);
}

ENGINE_TEST(TxnConfig, Dss3ActsAsZero)
{
  substreams(rig, 2, 0, 3);
  EXPECT_FAULT(rig_read(rig, 2, VA), F_STREAM_DISABLED);
}

ENGINE_TEST(TxnConfig, Dss1OfANestedStreamLeavesStageTwo)
{
  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .vmid = 5, .s1cdmax = 2, .s1dss = 1 });
  rig_map2(rig, 2, 0x40000000, PA, RIG_RW);
  EXPECT_PA(rig_read(rig, 2, 0x40000123), PA + 0x123);
}

ENGINE_TEST(TxnConfig, DssDoesNotMatterWithoutSubstreams)
{
  map(rig, SID);
  STE_SET(rig, SID, S1DSS, 0);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

/* ---- CD ---- */

ENGINE_TEST(TxnConfig, AbortedCdFetch)
{
  engine_memory_inject_abort(rig->memory, rig_cd(rig, SID, 0), 64, true);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_CD_FETCH);
}

ENGINE_TEST(TxnConfig, AbortedLevelOneCdFetch)
{
  rig_stream(rig, 2, &(struct rig_stream){ .s1cdmax = 8, .s1fmt = 1 });
  engine_memory_inject_abort(rig->memory, rig_cd(rig, 2, 0), 64, false);
  STE_SET(rig, 2, S1ContextPtr, 0x3000000 >> 6);
  engine_memory_inject_abort(rig->memory, 0x3000000, 8, true);
  EXPECT_FAULT(rig_read_ssid(rig, 2, 0, VA), F_CD_FETCH);
}

ENGINE_TEST(TxnConfig, NestedCdIsFetchedThroughStageTwo)
{
  uint64_t cd;

  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .vmid = 5 });
  cd = rig_cd(rig, 2, 0);
  rig_map(rig, 2, VA, 0x40000000, RIG_RW);
  rig_map2(rig, 2, 0x40000000, PA, RIG_RW);
  rig_map2(rig, 2, 0x50000000, cd & ~0xfffULL, RIG_R);
  STE_SET(rig, 2, S1ContextPtr, (0x50000000 | (cd & 0xfff)) >> 6);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
}

ENGINE_TEST(TxnConfig, NestedCdNeedsReadPermissionAtStageTwo)
{
  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .vmid = 5 });
  rig_map2(rig, 2, 0x50000000, rig_cd(rig, 2, 0), RIG_W);
  STE_SET(rig, 2, S1ContextPtr, 0x50000000 >> 6);
  EXPECT_FAULT(rig_read(rig, 2, VA), F_PERMISSION);
}
