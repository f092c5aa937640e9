/* What the configuration cache keeps, and what CFGI_* takes out of it. IHI 0070 4.3, 5.2.1, 5.4. */
#include "shim/rig.h"

#define VA 0x1000ULL
#define PA 0x80000ULL

/* Streams 2 .. 2+n-1 with one page each. */
static void warm(struct rig *rig, uint32_t first, uint32_t n)
{
  for (uint32_t sid = first; sid < first + n; sid++) {
    rig_stream(rig, sid, &(struct rig_stream){ .asid = (uint16_t)(100 + sid) });
    rig_map(rig, sid, VA, PA, RIG_RW);
    EXPECT_PA(rig_read(rig, sid, VA), PA);
  }
}

/* Stream 2 with four substreams that share a table; all are read. */
static void warm_substreams(struct rig *rig, unsigned s1fmt)
{
  rig_stream(rig, 2, &(struct rig_stream){ .s1cdmax = 2, .s1fmt = (uint8_t)s1fmt, .s1dss = 1 });
  rig_map(rig, 2, VA, PA, RIG_RW);
  for (uint32_t ssid = 0; ssid < 4; ssid++) {
    rig_set_cd(rig, 2, ssid, 20 + ssid, &rig_space(rig, 2)->s1);
    EXPECT_PA(rig_read_ssid(rig, 2, ssid, VA), PA);
  }
}

static bool substream_is_cached(struct rig *rig, uint32_t ssid)
{
  uint64_t before = rig_read_count(rig);

  rig_read_ssid(rig, 2, ssid, VA);
  return rig_read_count(rig) == before;
}

ENGINE_TEST(CfgCache, ChangedSteWaitsForCfgi)
{
  warm(rig, 2, 1);
  STE_SET(rig, 2, Config, 0);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
  rig_cmds(rig, "CFGI_STE sid=2; SYNC");
  EXPECT_EQ(rig_read(rig, 2, VA).status, SMMU_STATUS_ABORT);
}

ENGINE_TEST(CfgCache, ChangedCdWaitsForCfgi)
{
  struct rig_table other = rig_table_new(rig, 1, 12, 39);

  warm(rig, 2, 1);
  rig_table_map(rig, &other, VA, 0x90000, RIG_RW);
  rig_set_cd(rig, 2, 0, 200, &other);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
  rig_cmds(rig, "CFGI_CD sid=2 ssid=0; SYNC");
  EXPECT_PA(rig_read(rig, 2, VA), 0x90000);
}

ENGINE_TEST(CfgCache, CfgiSteHitsItsStreamAlone)
{
  warm(rig, 2, 2);
  rig_cmds(rig, "CFGI_STE sid=2; SYNC");
  EXPECT_EQ(rig_reads(rig, 2, VA), 2u);
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
}

ENGINE_TEST(CfgCache, CfgiSteHitsEveryCdOfItsStream)
{
  warm_substreams(rig, 0);
  rig_cmds(rig, "CFGI_STE sid=2; SYNC");
  for (uint32_t ssid = 0; ssid < 4; ssid++)
    EXPECT_FALSE(substream_is_cached(rig, ssid));
}

ENGINE_TEST(CfgCache, CfgiCdHitsItsSubstreamAlone)
{
  warm_substreams(rig, 0);
  rig_cmds(rig, "CFGI_CD sid=2 ssid=3; SYNC");
  EXPECT_TRUE(substream_is_cached(rig, 0));
  EXPECT_TRUE(substream_is_cached(rig, 2));
  EXPECT_FALSE(substream_is_cached(rig, 3));
}

ENGINE_TEST(CfgCache, CfgiCdHitsItsStreamAlone)
{
  warm(rig, 2, 2);
  rig_cmds(rig, "CFGI_CD sid=2 ssid=0; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
  EXPECT_FALSE(rig_is_cached(rig, 2, VA));
}

ENGINE_TEST(CfgCache, CfgiCdAllHitsEverySubstream)
{
  warm_substreams(rig, 1);
  rig_cmds(rig, "CFGI_CD_ALL sid=2; SYNC");
  for (uint32_t ssid = 0; ssid < 4; ssid++)
    EXPECT_FALSE(substream_is_cached(rig, ssid));
}

ENGINE_TEST(CfgCache, CfgiCdAllHitsItsStreamAlone)
{
  warm(rig, 2, 2);
  rig_cmds(rig, "CFGI_CD_ALL sid=2; SYNC");
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
}

ENGINE_TEST(CfgCache, CfgiRangeHitsItsAlignedBlock)
{
  warm(rig, 3, 6);
  rig_cmds(rig, "CFGI_STE_RANGE sid=6 range=1; SYNC"); /* 4 to 7 */
  EXPECT_TRUE(rig_is_cached(rig, 3, VA));
  EXPECT_TRUE(rig_is_cached(rig, 8, VA));
  for (uint32_t sid = 4; sid < 8; sid++)
    EXPECT_FALSE(rig_is_cached(rig, sid, VA));
}

ENGINE_TEST(CfgCache, CfgiAllHitsEveryStream)
{
  warm(rig, 2, 6);
  rig_cmds(rig, "CFGI_ALL; SYNC");
  for (uint32_t sid = 2; sid < 8; sid++)
    EXPECT_FALSE(rig_is_cached(rig, sid, VA));
}

ENGINE_TEST(CfgCache, CfgiLeavesTheTlbs)
{
  warm(rig, 2, 1);
  rig_unmap(rig, 2, VA);
  rig_cmds(rig, "CFGI_ALL; SYNC");
  EXPECT_PA(rig_read(rig, 2, VA), PA);
}

ENGINE_TEST(CfgCache, SsvIsPartOfTheKey)
{
  rig_stream(rig, 2, &(struct rig_stream){ .s1cdmax = 1, .s1dss = 1 });
  rig_map(rig, 2, VA, PA, RIG_RW);
  EXPECT_PA(rig_read_ssid(rig, 2, 0, VA), PA);
  EXPECT_PA(rig_read(rig, 2, VA), VA); /* S1DSS 1: no SubstreamID, no stage 1 */
}

/* ---- what is never kept ---- */

ENGINE_TEST(CfgCache, BadSteIsReadAgain)
{
  warm(rig, 2, 1);
  rig_cmds(rig, "CFGI_STE sid=2; SYNC");
  STE_SET(rig, 2, V, 0);
  EXPECT_FAULT(rig_read(rig, 2, VA), C_BAD_STE);
  STE_SET(rig, 2, V, 1);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
}

ENGINE_TEST(CfgCache, BadCdIsReadAgain)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  CD_SET(rig, SID, 0, V, 0);
  EXPECT_FAULT(rig_read(rig, SID, VA), C_BAD_CD);
  CD_SET(rig, SID, 0, V, 1);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(CfgCache, AbortedFetchIsDoneAgain)
{
  uint64_t cd = rig_cd(rig, SID, 0);

  rig_map(rig, SID, VA, PA, RIG_RW);
  engine_memory_inject_abort(rig->memory, cd, 64, true);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_CD_FETCH);
  engine_memory_inject_abort(rig->memory, cd, 64, false);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(CfgCache, SilentAbortIsKept)
{
  rig_stream(rig, 2, &(struct rig_stream){ .config = RIG_STE_ABORT });
  rig_read(rig, 2, VA);
  EXPECT_TRUE(rig_is_cached(rig, 2, VA));
}

/* ---- room ---- */

ENGINE_TEST(CfgCache, MoreStreamsThanEntriesStillTranslate)
{
  rig_restart_profile(rig, "tiny");
  warm(rig, 2, 6);
  for (uint32_t sid = 2; sid < 8; sid++)
    EXPECT_PA(rig_read(rig, sid, VA), PA);
}

ENGINE_TEST(CfgCache, SwitchedOffEveryTransactionFetches)
{
  rig_restart_profile(rig, "none");
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_read(rig, SID, VA);
  EXPECT_EQ(rig_reads(rig, SID, VA), 5u);
}
