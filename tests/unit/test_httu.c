/* Hardware update of translation tables: which flags, when, and what a fault leaves alone. IHI 0070
 * 3.13, 3.13.5 to 3.13.7. Descriptors are judged bit by bit: 10 AF, 51 DBM, 7 AP[2] or S2AP[1]. */
#include "shim/rig.h"

#define AF  (1ULL << 10)
#define RO  (1ULL << 7) /* stage 1: AP[2] */
#define DBM (1ULL << 51)
#define S2W (1ULL << 7) /* stage 2: S2AP[1] */

static uint64_t word(struct rig *rig, uint64_t at)
{
  return engine_memory_load64(rig->memory, at);
}

static void set(struct rig *rig, uint64_t at, uint64_t on, uint64_t off)
{
  engine_memory_store64(rig->memory, at, (word(rig, at) | on) & ~off);
}

static void restart(struct rig *rig, unsigned httu)
{
  struct smmu_config config = rig->config;

  config.idr[0] = (config.idr[0] & ~(3u << 6)) | httu << 6;
  rig_restart(rig, &config);
}

/* SID with stage 1 and these flags; a page at 0x1000, its descriptor. */
static uint64_t stage1(struct rig *rig, unsigned ha, unsigned hd, unsigned flags)
{
  restart(rig, 2);
  CD_SET(rig, SID, 0, HA, ha);
  CD_SET(rig, SID, 0, HD, hd);
  return rig_map(rig, SID, 0x1000, 0x80000, flags);
}

static uint64_t clean(struct rig *rig, unsigned ha, unsigned hd)
{
  uint64_t at = stage1(rig, ha, hd, RIG_R);

  set(rig, at, DBM, 0);
  return at;
}

/* Nested; 0x1000 goes to the page `ipa`, which stage 2 maps: its descriptor. */
static uint64_t nested(struct rig *rig, unsigned ha, unsigned hd, uint64_t ipa, unsigned flags)
{
  restart(rig, 3);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7 });
  STE_SET(rig, SID, S2HA, ha);
  STE_SET(rig, SID, S2HD, hd);
  rig_map(rig, SID, 0x1000, ipa, RIG_RW);
  return rig_map2(rig, SID, ipa, 0x80000, flags);
}

/* ---- access flag ---- */

ENGINE_TEST(Httu, AccessSetsTheFlagInsteadOfAFault)
{
  uint64_t at = stage1(rig, 1, 0, RIG_RW | RIG_NO_AF), before = word(rig, at);

  EXPECT_PA(rig_read(rig, SID, 0x1008), 0x80008);
  EXPECT_EQ(word(rig, at), before | AF);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(Httu, WithoutHaItIsAFault)
{
  uint64_t at = stage1(rig, 0, 0, RIG_RW | RIG_NO_AF), before = word(rig, at);

  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_ACCESS);
  EXPECT_EQ(word(rig, at), before);
}

ENGINE_TEST(Httu, HaMakesAffdMeaningless)
{
  uint64_t at = stage1(rig, 1, 0, RIG_RW | RIG_NO_AF);

  CD_SET(rig, SID, 0, AFFD, 1);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  EXPECT_EQ(word(rig, at) & AF, AF);
}

ENGINE_TEST(Httu, DeniedAccessesLeaveTheDescriptorAlone)
{
  uint64_t at = stage1(rig, 1, 1, RIG_R | RIG_NO_AF), before = word(rig, at);

  EXPECT_FAULT(rig_write(rig, SID, 0x1000), F_PERMISSION);
  EXPECT_EQ(word(rig, at), before);
}

ENGINE_TEST(Httu, FlagIsSetOnceThenCached)
{
  stage1(rig, 1, 0, RIG_RW | RIG_NO_AF);
  rig_read(rig, SID, 0x1000);
  EXPECT_EQ(rig_reads(rig, SID, 0x1000), 0u);
}

/* ---- dirty state ---- */

ENGINE_TEST(Httu, WriteMakesACleanPageDirty)
{
  uint64_t at = clean(rig, 1, 1), before = word(rig, at);

  EXPECT_PA(rig_write(rig, SID, 0x1008), 0x80008);
  EXPECT_EQ(word(rig, at), before & ~RO);
}

ENGINE_TEST(Httu, ReadLeavesItCleanAndALaterWriteGoesBackToTheTables)
{
  uint64_t at = clean(rig, 1, 1), before = word(rig, at);

  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  EXPECT_EQ(word(rig, at), before);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000); /* cached */
  EXPECT_PA(rig_write(rig, SID, 0x1000), 0x80000);
  EXPECT_EQ(word(rig, at), before & ~RO);
  EXPECT_EQ(rig_reads(rig, SID, 0x1000), 0u);
}

ENGINE_TEST(Httu, CleanPagesCountAsWritableInResults)
{
  clean(rig, 1, 1);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).perm & SMMU_PERM_WRITE, SMMU_PERM_WRITE);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).perm & SMMU_PERM_WRITE, SMMU_PERM_WRITE);
}

ENGINE_TEST(Httu, HdWithoutHaAndDbmWithoutHdAreNothing)
{
  uint64_t at;

  clean(rig, 0, 1);
  EXPECT_FAULT(rig_write(rig, SID, 0x1000), F_PERMISSION);
  at = clean(rig, 1, 0);
  EXPECT_FAULT(rig_write(rig, SID, 0x1000), F_PERMISSION);
  EXPECT_EQ(word(rig, at) & RO, RO);
}

ENGINE_TEST(Httu, ReadOnlyPagesWithoutDbmStaySo)
{
  uint64_t at = stage1(rig, 1, 1, RIG_R), before = word(rig, at);

  EXPECT_FAULT(rig_write(rig, SID, 0x1000), F_PERMISSION);
  EXPECT_EQ(word(rig, at), before);
}

ENGINE_TEST(Httu, BothFlagsAreSetInOneUpdate)
{
  uint64_t at = clean(rig, 1, 1);
  struct rig_hand h;
  smmu_actor txn;

  set(rig, at, 0, AF);
  h = rig_hand(rig);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID, .write = 1 }, &txn,
              NULL);
  ASSERT_TRUE(rig_reach(&h, txn, SMMU_STAGE_UPDATE));
  EXPECT_EQ(h.ask[txn].kind, SMMU_ASK_CAS);
  EXPECT_EQ(h.ask[txn].addr, at);
  EXPECT_EQ(h.ask[txn].data[0], word(rig, at));
  EXPECT_EQ(h.ask[txn].data[1], (word(rig, at) | AF) & ~RO);
  rig_step(&h, txn);
  EXPECT_FALSE(rig_reach(&h, txn, SMMU_STAGE_UPDATE));
  rig_settle(&h);
}

/* ---- what is told of it ---- */

ENGINE_TEST(Httu, UpdatesAreRecorded)
{
  uint64_t at = clean(rig, 1, 1);
  const struct smmu_record *r;

  set(rig, at, 0, AF);
  rig_watch(rig);
  rig_write(rig, SID, 0x1000);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_UPDATE), 1u);
  r = rig_find(rig, SMMU_TRACE_UPDATE, 0);
  ASSERT_NOT_NULL(r);
  EXPECT_EQ(r->addr_in, at);
  EXPECT_EQ(r->word, word(rig, at));
  EXPECT_EQ(r->info, SMMU_READ_S1_DESC);
  EXPECT_EQ(r->level, 3);
  EXPECT_EQ(r->slot, 1u);
  EXPECT_EQ(r->sid, (unsigned)SID);
}

ENGINE_TEST(Httu, UpdatesOfStageTwoSayWhatFor)
{
  uint64_t at = nested(rig, 1, 1, 0x40000000, RIG_R);
  const struct smmu_record *r;

  set(rig, at, DBM, AF);
  rig_watch(rig);
  EXPECT_PA(rig_write(rig, SID, 0x1000), 0x80000);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_UPDATE), 1u);
  r = rig_find(rig, SMMU_TRACE_UPDATE, 0);
  ASSERT_NOT_NULL(r);
  EXPECT_EQ(r->addr_in, at);
  EXPECT_EQ(r->addr_out, 0x40000000u);
  EXPECT_EQ(r->info, SMMU_READ_S2_DESC);
  EXPECT_EQ(r->phase, SMMU_READ_FOR_INPUT);
}

/* ---- somebody else was faster ---- */

ENGINE_TEST(Httu, ChangedDescriptorIsJudgedAnew)
{
  uint64_t at = clean(rig, 1, 1);
  struct rig_hand h = rig_hand(rig);
  struct smmu_result r;
  smmu_actor txn;

  rig_watch(rig);
  h.hooks = &rig->hooks;
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID, .write = 1 }, &txn,
              NULL);
  ASSERT_TRUE(rig_reach(&h, txn, SMMU_STAGE_UPDATE));
  engine_memory_store64(rig->memory, at, 0);
  EXPECT_EQ(rig_finish(&h, txn), SMMU_ASK_END);
  ASSERT_EQ(rig_count(rig, SMMU_TRACE_UPDATE), 1u);
  EXPECT_EQ(rig_find(rig, SMMU_TRACE_UPDATE, 0)->slot, 0u);
  smmu_get_result(rig->device, txn, &r);
  EXPECT_FAULT(r, F_TRANSLATION);
  EXPECT_EQ(word(rig, at), 0u);
  rig_settle(&h);
}

ENGINE_TEST(Httu, AbortedUpdateIsAnAbortedWalk)
{
  uint64_t at = stage1(rig, 1, 0, RIG_RW | RIG_NO_AF), words[4];
  struct rig_hand h = rig_hand(rig);
  smmu_actor txn;

  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &txn, NULL);
  ASSERT_TRUE(rig_reach(&h, txn, SMMU_STAGE_UPDATE));
  engine_memory_inject_abort(rig->memory, at, 8, true);
  rig_settle(&h);
  EXPECT_EQ(rig_event(rig, words), 0x0bu);
  EXPECT_EQ(words[3], at);
}

/* ---- stage 2 ---- */

ENGINE_TEST(Httu, StageTwoSetsItsFlags)
{
  uint64_t at = nested(rig, 1, 1, 0x40005000, RIG_R | RIG_NO_AF), before;

  set(rig, at, DBM, 0);
  before = word(rig, at);
  EXPECT_PA(rig_read(rig, SID, 0x1008), 0x80008);
  EXPECT_EQ(word(rig, at), before | AF);
  EXPECT_PA(rig_write(rig, SID, 0x1008), 0x80008);
  EXPECT_EQ(word(rig, at), before | AF | S2W);
}

ENGINE_TEST(Httu, StageTwoAloneSetsItsFlags)
{
  uint64_t at;

  restart(rig, 2);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6 });
  STE_SET(rig, SID, S2HA, 1);
  STE_SET(rig, SID, S2HD, 1);
  at = rig_map(rig, SID, 0x40001000, 0x80000, RIG_R | RIG_NO_AF);
  set(rig, at, DBM, 0);
  EXPECT_PA(rig_read(rig, SID, 0x40001000), 0x80000);
  EXPECT_EQ(word(rig, at) & (AF | S2W), AF);
  EXPECT_PA(rig_write(rig, SID, 0x40001000), 0x80000);
  EXPECT_EQ(word(rig, at) & (AF | S2W), AF | S2W);
}

/* The stage 2 block that maps all structures: read-only from now on. */
static uint64_t structures(struct rig *rig)
{
  uint64_t at = rig_table_desc(rig, &rig_space(rig, SID)->s2, rig_cd(rig, SID, 0), 2);

  set(rig, at, 0, S2W);
  return at;
}

static uint64_t leaf_of(struct rig *rig)
{
  return rig_table_desc(rig, &rig_space(rig, SID)->s1, 0x1000, 3);
}

ENGINE_TEST(Httu, UpdateOfStageOneNeedsWritePermissionOfStageTwo)
{
  uint64_t leaf, words[4];

  nested(rig, 0, 0, 0x40005000, RIG_RW);
  CD_SET(rig, SID, 0, HA, 1);
  structures(rig);
  leaf = leaf_of(rig);
  set(rig, leaf, 0, AF);
  EXPECT_FAULT(rig_read(rig, SID, 0x1008), F_PERMISSION);
  EXPECT_EQ(rig_event(rig, words), 0x13u);
  EXPECT_EQ(words[1] >> 39 & 1, 1u); /* S2 */
  EXPECT_EQ(words[1] >> 40 & 3, 1u); /* CLASS TT */
  EXPECT_EQ(words[1] >> 44 & 1, 0u); /* TTRnW: the write */
  EXPECT_EQ(words[3], leaf & ~0xfffULL);
  EXPECT_EQ(word(rig, leaf) & AF, 0u);
}

ENGINE_TEST(Httu, UpdateOfStageOneMakesItsPageDirty)
{
  uint64_t leaf, page;

  nested(rig, 1, 1, 0x40005000, RIG_RW);
  CD_SET(rig, SID, 0, HA, 1);
  leaf = leaf_of(rig);
  page = structures(rig);
  set(rig, page, DBM, 0);
  EXPECT_PA(rig_read(rig, SID, 0x1008), 0x80008); /* descriptors are read: nothing is dirty */
  EXPECT_EQ(word(rig, page) & S2W, 0u);
  set(rig, leaf, 0, AF);
  rig_cmds(rig, "TLBI_NSNH_ALL; SYNC");
  EXPECT_PA(rig_read(rig, SID, 0x1008), 0x80008);
  EXPECT_EQ(word(rig, page) & S2W, S2W);
  EXPECT_EQ(word(rig, leaf) & AF, AF);
}

/* A clean page behind a stage 2 page without writes, which a read has made known to the TLB. */
static uint64_t clean_and_kept(struct rig *rig)
{
  uint64_t leaf;

  nested(rig, 0, 0, 0x40005000, RIG_R);
  CD_SET(rig, SID, 0, HA, 1);
  CD_SET(rig, SID, 0, HD, 1);
  leaf = leaf_of(rig);
  set(rig, leaf, DBM | RO, 0);
  EXPECT_PA(rig_read(rig, SID, 0x1008), 0x80008);
  return leaf;
}

ENGINE_TEST(Httu, StageOneBecomesDirtyBeforeStageTwoDeniesAlsoFromTheTlb)
{
  uint64_t leaf = clean_and_kept(rig), words[4];

  EXPECT_FAULT(rig_write(rig, SID, 0x1008), F_PERMISSION);
  EXPECT_EQ(rig_event(rig, words), 0x13u);
  EXPECT_EQ(words[1] >> 40 & 3, 2u); /* CLASS IN */
  EXPECT_EQ(words[3], 0x40005000u);
  EXPECT_EQ(word(rig, leaf) & RO, 0u);
}

ENGINE_TEST(Httu, UpdateThatStageTwoForbidsIsTheFirstFaultAlsoFromTheTlb)
{
  uint64_t leaf, words[4];

  leaf = clean_and_kept(rig);
  structures(rig);
  rig_cmds(rig, "TLBI_NSNH_ALL; SYNC");
  EXPECT_PA(rig_read(rig, SID, 0x1008), 0x80008);
  EXPECT_FAULT(rig_write(rig, SID, 0x1008), F_PERMISSION);
  EXPECT_EQ(rig_event(rig, words), 0x13u);
  EXPECT_EQ(words[1] >> 40 & 3, 1u); /* CLASS TT */
  EXPECT_EQ(words[3], leaf & ~0xfffULL);
  EXPECT_EQ(word(rig, leaf) & RO, RO);
}

ENGINE_TEST(Httu, CdFetchSetsTheAccessFlagAndNothingElse)
{
  uint64_t at;

  nested(rig, 1, 1, 0x40005000, RIG_RW);
  at = structures(rig);
  set(rig, at, DBM, AF);
  EXPECT_PA(rig_write(rig, SID, 0x1008), 0x80008);
  EXPECT_EQ(word(rig, at) & (AF | S2W), AF);
}

/* ---- tables ---- */

ENGINE_TEST(Httu, HaftSetsTheFlagOfTables)
{
  uint64_t table;

  restart(rig, 3);
  CD_SET(rig, SID, 0, HA, 1);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  table = rig_table_desc(rig, &rig_space(rig, SID)->s1, 0x1000, 2);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  EXPECT_EQ(word(rig, table) & AF, 0u);
  CD_SET(rig, SID, 0, HAFT, 1);
  rig_cmds(rig, "CFGI_CD sid=1; TLBI_NH_ALL; SYNC");
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  EXPECT_EQ(word(rig, table) & AF, AF);
}

ENGINE_TEST(Httu, S2haftSetsTheFlagOfStageTwoTables)
{
  uint64_t table;

  nested(rig, 1, 0, 0x40005000, RIG_RW);
  STE_SET(rig, SID, S2HAFT, 1);
  table = rig_table_desc(rig, &rig_space(rig, SID)->s2, 0x40005000, 2);
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  EXPECT_EQ(word(rig, table) & AF, AF);
}

/* ---- byte order ---- */

ENGINE_TEST(Httu, BigEndianTablesKeepTheirOrder)
{
  struct smmu_config config = rig->config;
  uint64_t at, before;

  config.idr[0] = (config.idr[0] & ~(3u << 21 | 3u << 6)) | 2u << 6; /* TTENDIAN: both */
  rig_restart(rig, &config);
  CD_SET(rig, SID, 0, HA, 1);
  CD_SET(rig, SID, 0, ENDI, 1);
  at = rig_map(rig, SID, 0x1000, 0x80000, RIG_RW | RIG_NO_AF);
  before = word(rig, at);
  for (int level = 3; level >= 1; level--) { /* upwards: the way down is in little-endian */
    uint64_t where = rig_table_desc(rig, &rig_space(rig, SID)->s1, 0x1000, level);

    engine_memory_store64(rig->memory, where, __builtin_bswap64(word(rig, where)));
  }
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
  EXPECT_EQ(word(rig, at), __builtin_bswap64(before | AF));
}
