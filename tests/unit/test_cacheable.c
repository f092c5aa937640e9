/* What may be cached at all: nothing that failed, no descriptor that faulted, nothing while SMMUEN is
 * 0. So software that makes things valid needs no invalidation. IHI 0070 3.21.1, 3.21.3, 4.3, 16.2. */
#include "shim/rig.h"

#define VA  0x40201000ULL
#define IPA 0x60201000ULL
#define PA  0xc0201000ULL

static void nested(struct rig *rig)
{
  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .vmid = 5 });
}

/* 64 bytes that cannot be read, until they can. */
static void set_broken(struct rig *rig, uint64_t at, bool on)
{
  EXPECT_EQ(engine_memory_inject_abort(rig->memory, at & ~63ULL, 64, on), 0);
}

/* ---- configuration ---- */

ENGINE_TEST(Cacheable, SteThatCouldNotBeRead)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  set_broken(rig, rig_ste(rig, SID), true);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_STE_FETCH);
  set_broken(rig, rig_ste(rig, SID), false);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(Cacheable, CdThatCouldNotBeRead)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  set_broken(rig, rig_cd(rig, SID, 0), true);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_CD_FETCH);
  set_broken(rig, rig_cd(rig, SID, 0), false);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(Cacheable, CdThatStageTwoDidNotMap)
{
  uint64_t leaf, was;

  nested(rig);
  rig_map(rig, 2, VA, IPA, RIG_RW);
  rig_map2(rig, 2, IPA, PA, RIG_RW);
  leaf = rig_table_desc(rig, &rig_space(rig, 2)->s2, rig_cd(rig, 2, 0), 2);
  was = engine_memory_load64(rig->memory, leaf);
  engine_memory_store64(rig->memory, leaf, 0);
  EXPECT_FAULT(rig_read(rig, 2, VA), F_TRANSLATION);
  engine_memory_store64(rig->memory, leaf, was);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
}

/* ---- translations ---- */

ENGINE_TEST(Cacheable, InvalidTableDescriptor)
{
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
  rig_map(rig, SID, VA, PA, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(Cacheable, InvalidLeaf)
{
  rig_map(rig, SID, VA + 0x1000, PA, RIG_RW);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
  rig_map(rig, SID, VA, PA, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(Cacheable, LeafWithoutTheAccessFlag)
{
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_NO_AF);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_ACCESS);
  rig_map(rig, SID, VA, PA, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(Cacheable, LeafOfStageTwoWithoutTheAccessFlag)
{
  nested(rig);
  rig_map(rig, 2, VA, IPA, RIG_RW);
  rig_map2(rig, 2, IPA, PA, RIG_RW | RIG_NO_AF);
  EXPECT_FAULT(rig_read(rig, 2, VA), F_ACCESS);
  rig_map2(rig, 2, IPA, PA, RIG_RW);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
}

ENGINE_TEST(Cacheable, InvalidLeafOfStageTwo)
{
  nested(rig);
  rig_map(rig, 2, VA, IPA, RIG_RW);
  EXPECT_FAULT(rig_read(rig, 2, VA), F_TRANSLATION);
  rig_map2(rig, 2, IPA, PA, RIG_RW);
  EXPECT_PA(rig_read(rig, 2, VA), PA);
}

ENGINE_TEST(Cacheable, DescriptorThatCouldNotBeRead)
{
  uint64_t leaf = rig_map(rig, SID, VA, PA, RIG_RW);

  set_broken(rig, leaf, true);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_WALK_EABT);
  set_broken(rig, leaf, false);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

ENGINE_TEST(Cacheable, OutputThatIsTooLarge)
{
  uint64_t leaf = rig_map(rig, SID, VA, PA, RIG_RW), desc = engine_memory_load64(rig->memory, leaf);

  CD_SET(rig, SID, 0, IPS, 0);
  engine_memory_store64(rig->memory, leaf, desc | 1ULL << 40);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_ADDR_SIZE);
  engine_memory_store64(rig->memory, leaf, desc);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

/* ---- nothing is left behind ---- */

static unsigned fills_of_leaves(const struct rig *rig)
{
  unsigned n = 0;

  for (unsigned i = 0; i < rig->n_records; i++)
    n += rig->record[i].category == SMMU_TRACE_FILL &&
         (rig->record[i].unit == SMMU_CACHE_TLB || rig->record[i].unit == SMMU_CACHE_UTLB);
  return n;
}

ENGINE_TEST(Cacheable, AFaultFillsNoTlb)
{
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_NO_AF);
  rig_watch(rig);
  rig_read(rig, SID, VA);
  rig_read(rig, SID, VA + 0x1000);
  rig_read(rig, 60, VA);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_FAULT), 3u);
  EXPECT_EQ(fills_of_leaves(rig), 0u);
}

ENGINE_TEST(Cacheable, NothingWhileTheSmmuIsOff)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  rig_set_cr0(rig, 0xc);
  rig_watch(rig);
  rig_read(rig, SID, VA);
  rig_cmds(rig, "PREFETCH_CONFIG sid=1; PREFETCH_ADDR sid=1 va=0x40201000; SYNC");
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_FILL), 0u);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_READ), 0u);
  rig_set_cr0(rig, 0xd);
  EXPECT_EQ(rig_reads(rig, SID, VA), 5u);
}
