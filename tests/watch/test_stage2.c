/* Two stages: whose table changed, and which invalidations reach an entry that combines both. */
#include "seq.h"

static struct seq seq, *const s = &seq;

enum { PAGE = 3, VA = PAGE << 12, VMID = 5 };

#define IPA 0x80003000ULL /* what stage 1 makes of VA */

/* Stage 2 walk of an IPA: level 2 table, level 3 page, both entries of the walk cache filled. */
static void stage2(unsigned actor, unsigned purpose, uint64_t ipa, unsigned slot)
{
  uint64_t leaf = SEQ_S2_L3 + 8 * slot;

  seq_s2(s, actor, 2, SEQ_S2_L2, SEQ_TABLE(SEQ_S2_L3), purpose, ipa);
  seq_cache(s, SMMU_TRACE_FILL, actor, SMMU_CACHE_WALK, 10, SMMU_ENTRY_WALK_S2, 21,
            ipa & ~0x1fffffULL, VMID);
  seq_s2(s, actor, 3, leaf, 0x90000fffULL + 0x1000 * slot, purpose, ipa);
  seq_cache(s, SMMU_TRACE_FILL, actor, SMMU_CACHE_WALK, 20 + slot, SMMU_ENTRY_WALK_IPA, 12,
            ipa & ~0xfffULL, VMID);
}

static void start(void)
{
  seq_start(s);
  seq_tables(s);
  seq_begin(s, 1, 1, PLAT_OP_MAP);
  seq_store(s, 1, SEQ_L3 + 8 * PAGE, SEQ_PAGE(SEQ_OUT + VA));
  seq_end(s, 1, 1, PLAT_OP_MAP);
  seq_store(s, 0, SEQ_S2_L2, SEQ_TABLE(SEQ_S2_L3));
  for (unsigned i = 0; i < 4; i++)
    seq_store(s, 0, SEQ_S2_L3 + 8 * i, 0x90000fffULL + 0x1000 * i);
}

/* The CD through stage 2 (slot 0), one stage 1 descriptor (slot 1), the output (slot 2). */
static void walk(void)
{
  seq_submit(s, 0, VA);
  seq_cfg_cache(s, SMMU_TRACE_MISS, 0, 0);
  seq_read(s, 0, SMMU_READ_STE, SEQ_STE, 0xb | SEQ_CD, 0);
  stage2(0, SMMU_READ_FOR_CD, SEQ_CD, 0);
  seq_read(s, 0, SMMU_READ_CD, SEQ_CD, 0x7000080000019ULL | 1ULL << 31, SEQ_L1);
  seq_cfg_cache(s, SMMU_TRACE_FILL, 0, 0);
  stage2(0, SMMU_READ_FOR_S1_DESC, 0x40000018, 1);
  seq_s1(s, 0, 3, SEQ_L3 + 8 * PAGE, SEQ_PAGE(SEQ_OUT + VA));
  stage2(0, SMMU_READ_FOR_INPUT, IPA, 2);
  seq_cache(s, SMMU_TRACE_FILL, 0, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, VA, VMID);
}

static enum watch_verdict use_again(void)
{
  seq_submit(s, 0, VA);
  seq_cfg_cache(s, SMMU_TRACE_HIT, 0, 0);
  seq_cache(s, SMMU_TRACE_HIT, 0, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, VA, VMID);
  return seq_respond(s, 0, PAGE);
}

static void use_once(void)
{
  start();
  walk();
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
}

static void unmap_stage2(void)
{
  seq_begin(s, 1, 0, PLAT_OP_IOCTL);
  seq_store(s, 1, SEQ_S2_L3 + 8 * 2, 0);
}

static void unmapped_stage2(void)
{
  seq_note(s, 1, 0, PLAT_NOTE_UNMAPPED, IPA, 0x1000, 9);
  seq_end(s, 1, 0, PLAT_OP_IOCTL);
}

TEST_CASE(Stage2, CombinedEntryDependsOnBothStages)
{
  use_once();
  unmap_stage2();
  EXPECT_EQ(use_again(), WATCH_PENDING);
  unmapped_stage2();
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  EXPECT_STR_CONTAINS(s->story, "stage 2 descriptor at 0x202010, level 3");
  seq_stop(s);
}

/* IHI 0070 4.4.3.1: an invalidation by IPA need not reach combined entries. */
TEST_CASE(Stage2, ByIpaAloneIsTheDrivers)
{
  use_once();
  unmap_stage2();
  seq_command(s, 0, "TLBI_S2_IPA vmid=5 ipa=0x80003000");
  seq_command(s, 0, "TLBI_S2_IPA vmid=5 ipa=0x3000"); /* an IPA with the number of the VA */
  seq_command(s, 0, "SYNC");
  unmapped_stage2();
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  seq_command(s, 0, "TLBI_NH_ALL vmid=5");
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  seq_stop(s);
}

/* NH_ALL alone: the combined entry is made again from a stage 2 entry that nobody removed. */
static enum watch_verdict make_again(const char *before)
{
  enum watch_verdict verdict;

  use_once();
  unmap_stage2();
  if (before)
    seq_command(s, 0, before);
  seq_command(s, 0, "TLBI_NH_ALL vmid=5");
  seq_command(s, 0, "SYNC");
  seq_cache(s, SMMU_TRACE_DROP, 0xffff, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, VA, VMID);
  unmapped_stage2();
  seq_submit(s, 0, VA);
  seq_cfg_cache(s, SMMU_TRACE_HIT, 0, 0);
  seq_s1(s, 0, 3, SEQ_L3 + 8 * PAGE, SEQ_PAGE(SEQ_OUT + VA));
  seq_cache(s, SMMU_TRACE_HIT, 0, SMMU_CACHE_WALK, 22, SMMU_ENTRY_WALK_IPA, 12, IPA, VMID);
  seq_cache(s, SMMU_TRACE_FILL, 0, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, VA, VMID);
  verdict = seq_respond(s, 0, PAGE);
  EXPECT_EQ(use_again(), verdict);
  seq_stop(s);
  return verdict;
}

TEST_CASE(Stage2, MadeAgainFromAStage2EntryIsJudgedByThatEntry)
{
  EXPECT_EQ(make_again(NULL), WATCH_STALE_DRIVER);
  EXPECT_EQ(make_again("TLBI_S2_IPA vmid=5 ipa=0x80002000"), WATCH_STALE_DRIVER);
  EXPECT_EQ(make_again("TLBI_S2_IPA vmid=4 ipa=0x80003000"), WATCH_STALE_DRIVER);
  EXPECT_EQ(make_again("TLBI_S2_IPA vmid=5 ipa=0x80003000 leaf=1"), WATCH_STALE_DEVICE);
  EXPECT_STR_CONTAINS(s->story, "by way of walk cache, 0x80003000");
}

/* An entry for an IPA holds the words of its own walk: stage 1's changes are none of its. */
TEST_CASE(Stage2, WalkCacheEntryHoldsItsOwnWalkAlone)
{
  use_once();
  seq_clear(s, PAGE);
  seq_dead(s, PAGE);
  seq_map(s, 4);
  seq_submit(s, 0, 4 << 12);
  seq_cfg_cache(s, SMMU_TRACE_HIT, 0, 0);
  seq_cache(s, SMMU_TRACE_HIT, 0, SMMU_CACHE_WALK, 21, SMMU_ENTRY_WALK_IPA, 12, 0x40000000, VMID);
  seq_s1(s, 0, 3, SEQ_L3 + 8 * 4, SEQ_PAGE(SEQ_OUT + 0x4000));
  seq_cache(s, SMMU_TRACE_HIT, 0, SMMU_CACHE_WALK, 22, SMMU_ENTRY_WALK_IPA, 12, IPA, VMID);
  EXPECT_EQ(seq_respond(s, 0, 4), WATCH_FRESH);
  seq_stop(s);
}

/* A guest knows its tables by IPA. */
TEST_CASE(Stage2, GuestsTableFreedByItsIpa)
{
  start();
  walk();
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  seq_note(s, 1, 1, PLAT_NOTE_TABLE_FREED, SEQ_L3, 0x1000, 0);
  EXPECT_EQ(use_again(), WATCH_FRESH); /* that is the host's name for it */
  seq_note(s, 1, 1, PLAT_NOTE_TABLE_FREED, 0x40000000, 0x1000, 0);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  seq_stop(s);
}

TEST_CASE(Stage2, GuestsPageFreedByItsIpa)
{
  use_once();
  seq_note(s, 1, 1, PLAT_NOTE_FREED, 0x80004000, 0x1000, 0);
  EXPECT_EQ(use_again(), WATCH_FRESH);
  seq_note(s, 1, 1, PLAT_NOTE_FREED, 0x80003000, 0x1000, 0);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  seq_stop(s);
}

TEST_CASE(Stage2, VmidGivenAwayIsDead)
{
  use_once();
  seq_note(s, 1, 0, PLAT_NOTE_VMID, VMID, 0, 1);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  seq_stop(s);
}
