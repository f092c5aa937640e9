/* Translation tables in either byte order, for each stage on its own. IHI 0070 6.3.1 (TTENDIAN), 5.2
 * (S2ENDI), 5.4 (ENDI). */
#include "shim/rig.h"

#define VA  0x1000ULL
#define IPA 0x40005000ULL
#define PA  0x80000ULL

/* The neutral device with another TTENDIAN: 0 both, 2 little, 3 big. */
static void begin(struct rig *rig, unsigned ttendian)
{
  struct smmu_config config = rig->config;

  config.idr[0] = (config.idr[0] & ~(3u << 21)) | ttendian << 21;
  rig_restart(rig, &config);
}

static void swap(struct rig *rig, uint64_t at)
{
  engine_memory_store64(rig->memory, at, __builtin_bswap64(engine_memory_load64(rig->memory, at)));
}

/* Every descriptor on the way to `in`. */
static void swap_walk(struct rig *rig, const struct rig_table *t, uint64_t in)
{
  uint64_t at[4];

  for (int level = t->start_level; level <= 3; level++)
    at[level] = rig_table_desc(rig, t, in, level);
  for (int level = t->start_level; level <= 3; level++)
    swap(rig, at[level]);
}

ENGINE_TEST(BigEndian, StageOne)
{
  begin(rig, 0);
  rig_map(rig, SID, VA, PA, RIG_RW);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  swap_walk(rig, &rig_space(rig, SID)->s1, VA);
  CD_SET(rig, SID, 0, ENDI, 1);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
  EXPECT_PA(rig_read(rig, SID, VA + 0x123), PA + 0x123);
  EXPECT_FAULT(rig_read(rig, SID, VA + 0x1000), F_TRANSLATION);
}

ENGINE_TEST(BigEndian, WrongOrderReadsAsInvalid)
{
  begin(rig, 0);
  rig_map(rig, SID, VA, PA, RIG_RW);
  CD_SET(rig, SID, 0, ENDI, 1);
  EXPECT_FAULT(rig_read(rig, SID, VA), F_TRANSLATION);
}

ENGINE_TEST(BigEndian, StageTwo)
{
  begin(rig, 0);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6, .vmid = 5 });
  rig_map(rig, SID, IPA, PA, RIG_RW);
  swap_walk(rig, &rig_space(rig, SID)->s2, IPA);
  STE_SET(rig, SID, S2ENDI, 1);
  EXPECT_PA(rig_read(rig, SID, IPA + 8), PA + 8);
}

/* The low 512 MB of stage 2 stay little-endian blocks, so stage 1 has to be the swapped one. */
ENGINE_TEST(BigEndian, StageOneOverLittleEndianStageTwo)
{
  begin(rig, 0);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .vmid = 5 });
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
  swap_walk(rig, &rig_space(rig, SID)->s1, VA);
  CD_SET(rig, SID, 0, ENDI, 1);
  EXPECT_PA(rig_read(rig, SID, VA + 4), PA + 4);
}

ENGINE_TEST(BigEndian, LittleEndianStageOneOverStageTwo)
{
  const struct rig_table *two;

  begin(rig, 0);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .vmid = 5 });
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
  two = &rig_space(rig, SID)->s2;
  swap(rig, rig_table_desc(rig, two, IPA, 3)); /* the other path, first from the leaf up */
  swap(rig, rig_table_desc(rig, two, IPA, 2));
  for (uint64_t at = 0; at < RIG_DATA; at += 1 << 21)
    swap(rig, rig_table_desc(rig, two, at, 2));
  swap(rig, rig_table_desc(rig, two, IPA, 1));
  swap(rig, rig_table_desc(rig, two, 0, 1));
  STE_SET(rig, SID, S2ENDI, 1);
  EXPECT_PA(rig_read(rig, SID, VA + 4), PA + 4);
}

ENGINE_TEST(BigEndian, OnlyOrder)
{
  begin(rig, 3);
  rig_map(rig, SID, VA, PA, RIG_RW);
  swap_walk(rig, &rig_space(rig, SID)->s1, VA);
  EXPECT_FAULT(rig_read(rig, SID, VA), C_BAD_CD);
  CD_SET(rig, SID, 0, ENDI, 1);
  rig_cmds(rig, "CFGI_ALL; SYNC");
  EXPECT_PA(rig_read(rig, SID, VA), PA);
}

/* An update of the Access flag goes back in the order it came in. */
ENGINE_TEST(BigEndian, UpdatesKeepTheOrder)
{
  struct smmu_config config = rig->config;
  uint64_t leaf;

  config.idr[0] = (config.idr[0] & ~(3u << 21)) | 1u << 6; /* TTENDIAN 0, HTTU 1 */
  rig_restart(rig, &config);
  leaf = rig_map(rig, SID, VA, PA, RIG_RW | RIG_NO_AF);
  swap_walk(rig, &rig_space(rig, SID)->s1, VA);
  CD_SET(rig, SID, 0, ENDI, 1);
  CD_SET(rig, SID, 0, HA, 1);
  EXPECT_PA(rig_read(rig, SID, VA), PA);
  EXPECT_EQ(__builtin_bswap64(engine_memory_load64(rig->memory, leaf)) & 0xfffffff403, PA | 0x403);
}

/* The trace shows descriptors as the walk understands them. */
ENGINE_TEST(BigEndian, RecordsHoldTheMeaning)
{
  uint64_t leaf;

  begin(rig, 0);
  leaf = rig_map(rig, SID, VA, PA, RIG_RW);
  swap_walk(rig, &rig_space(rig, SID)->s1, VA);
  CD_SET(rig, SID, 0, ENDI, 1);
  rig_watch(rig);
  rig_read(rig, SID, VA);
  for (unsigned i = 0;; i++) {
    const struct smmu_record *r = rig_find(rig, SMMU_TRACE_READ, i);

    ASSERT_TRUE(r != NULL);
    if (r->addr_in != leaf)
      continue;
    EXPECT_EQ(r->word & 0xfffff003, PA | 3);
    break;
  }
}
