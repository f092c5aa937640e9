/* STE.CONT: one entry of the configuration cache for several streams, its bounds, and entries that
 * contradict each other. IHI 0070 3.20.2, 5.2 (CONT), 7.3.18. What CFGI_* does to such entries:
 * conformance/cache_rules.inc. */
#include "shim/rig.h"

#define VA 0x1000ULL
#define PA 0x80000ULL

static void use_cont(struct rig *rig, unsigned conflict)
{
  struct smmu_config config;

  smmu_config_neutral(&config);
  config.cont = 1;
  config.conflict = (uint8_t)conflict;
  rig_restart(rig, &config);
}

/* Streams first .. last with the words of the first STE, all with this CONT. */
static void make_span(struct rig *rig, uint32_t first, uint32_t last, unsigned cont)
{
  rig_stream(rig, first, NULL);
  rig_map(rig, first, VA, PA, RIG_RW);
  STE_SET(rig, first, CONT, cont);
  for (uint32_t sid = first + 1; sid <= last; sid++) {
    for (unsigned i = 0; i < 8; i++)
      engine_memory_store64(rig->memory, rig_ste(rig, sid) + 8 * i,
                            engine_memory_load64(rig->memory, rig_ste(rig, first) + 8 * i));
  }
}

ENGINE_TEST(Cont, ANeighbourServesEveryStreamOfTheSpan)
{
  use_cont(rig, SMMU_CONFLICT_FAULT);
  make_span(rig, 4, 7, 2);
  EXPECT_PA(rig_read(rig, 5, VA), PA);
  EXPECT_EQ(rig_reads(rig, 7, VA), 0u);
  EXPECT_EQ(rig_reads(rig, 4, VA), 0u);
  EXPECT_EQ(rig_read(rig, 8, VA).event, EVENT_C_BAD_STE);
  EXPECT_EQ(rig_read(rig, 3, VA).event, EVENT_C_BAD_STE);
}

ENGINE_TEST(Cont, WithoutTheParameterEachStreamHasItsOwn)
{
  make_span(rig, 4, 7, 2);
  EXPECT_PA(rig_read(rig, 5, VA), PA);
  EXPECT_EQ(rig_reads(rig, 7, VA), 2u);
}

ENGINE_TEST(Cont, SubstreamsAreKeptApart)
{
  use_cont(rig, SMMU_CONFLICT_FAULT);
  make_span(rig, 4, 7, 2);
  rig_read(rig, 5, VA);
  EXPECT_EQ(rig_read_ssid(rig, 6, 1, VA).event, EVENT_C_BAD_SUBSTREAMID);
}

ENGINE_TEST(Cont, ASpanEndsWithTheTable)
{
  use_cont(rig, SMMU_CONFLICT_FAULT);
  make_span(rig, 60, 63, 15);
  EXPECT_PA(rig_read(rig, 61, VA), PA);
  EXPECT_FAULT(rig_read(rig, 64, VA), C_BAD_STREAMID);
  EXPECT_EQ(rig_reads(rig, 2, VA), 0u); /* all 64 */
}

ENGINE_TEST(Cont, ASpanEndsWithTheSecondLevelTable)
{
  use_cont(rig, SMMU_CONFLICT_FAULT);
  rig_strtab(rig, 8, 6);
  make_span(rig, 64, 65, 15);
  EXPECT_PA(rig_read(rig, 65, VA), PA);
  EXPECT_EQ(rig_reads(rig, 127, VA), 0u);
  EXPECT_FAULT(rig_read(rig, 128, VA), C_BAD_STREAMID);
}

/* ---- contradiction ---- */

/* Stream 5 is cached with another STE, then stream 4 for its span. */
static void contradict(struct rig *rig)
{
  make_span(rig, 4, 7, 2);
  STE_SET(rig, 5, CONT, 0);
  STE_SET(rig, 5, PRIVCFG, 2);
  EXPECT_PA(rig_read(rig, 5, VA), PA);
  EXPECT_PA(rig_read(rig, 4, VA), PA);
}

ENGINE_TEST(Cont, ContradictionIsRecordedWordForWord)
{
  uint64_t words[4];

  use_cont(rig, SMMU_CONFLICT_FAULT);
  contradict(rig);
  EXPECT_FAULT(rig_read(rig, 5, VA), F_CFG_CONFLICT);
  EXPECT_EQ(rig_event(rig, words), 0x21u);
  EXPECT_EQ(words[0], 0x0000000500000021u);
  EXPECT_EQ(words[1], 0u);
  EXPECT_EQ(words[2], 0u);
  EXPECT_EQ(words[3], 0u);
  EXPECT_PA(rig_read(rig, 6, VA), PA);
}

ENGINE_TEST(Cont, ADeviceThatDoesNotLookUsesOneOfTheTwo)
{
  use_cont(rig, SMMU_CONFLICT_EITHER);
  contradict(rig);
  EXPECT_PA(rig_read(rig, 5, VA), PA);
}

ENGINE_TEST(Cont, StesThatDifferInContAloneDoNotContradict)
{
  use_cont(rig, SMMU_CONFLICT_FAULT);
  make_span(rig, 4, 7, 2);
  STE_SET(rig, 5, CONT, 0);
  EXPECT_PA(rig_read(rig, 5, VA), PA);
  EXPECT_PA(rig_read(rig, 4, VA), PA);
  EXPECT_PA(rig_read(rig, 5, VA), PA);
}

ENGINE_TEST(Cont, InvalidationOfEveryStreamEndsIt)
{
  use_cont(rig, SMMU_CONFLICT_FAULT);
  contradict(rig);
  rig_cmds(rig, "CFGI_STE_RANGE sid=4 range=1; SYNC");
  EXPECT_PA(rig_read(rig, 5, VA), PA);
}
