/* Configurations: CFGI commands, streams that are moved, words that records do not show. */
#include "seq.h"

static struct seq seq, *const s = &seq;

enum { PAGE = 3 };

static void use_once(void)
{
  seq_start(s);
  seq_tables(s);
  seq_map(s, PAGE);
  seq_walk(s, 0, PAGE);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
}

static enum watch_verdict use_again(void)
{
  seq_hit(s, 0, PAGE);
  return seq_respond(s, 0, PAGE);
}

static enum watch_verdict use_after(uint64_t word, const char *command)
{
  enum watch_verdict verdict;

  use_once();
  seq_store(s, 1, word, 0x1234);
  seq_command(s, 0, command);
  seq_command(s, 0, "SYNC");
  verdict = use_again();
  seq_stop(s);
  return verdict;
}

TEST_CASE(Config, CfgiOfAnSteCoversItsCds)
{
  EXPECT_EQ(use_after(SEQ_STE, "CFGI_STE sid=0x20 leaf=1"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after(SEQ_CD, "CFGI_STE sid=0x20 leaf=1"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after(SEQ_STE, "CFGI_STE sid=0x21 leaf=1"), WATCH_PENDING);
  EXPECT_EQ(use_after(SEQ_STE, "CFGI_STE_RANGE sid=0x2f range=3"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after(SEQ_STE, "CFGI_STE_RANGE sid=0x1f range=3"), WATCH_PENDING);
  EXPECT_EQ(use_after(SEQ_STE, "CFGI_ALL"), WATCH_STALE_DEVICE);
}

TEST_CASE(Config, CfgiOfACdDoesNotCoverItsSte)
{
  EXPECT_EQ(use_after(SEQ_CD, "CFGI_CD sid=0x20 leaf=1"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after(SEQ_CD, "CFGI_CD sid=0x20 ssid=1 leaf=1"), WATCH_PENDING);
  EXPECT_EQ(use_after(SEQ_CD, "CFGI_CD_ALL sid=0x20"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after(SEQ_STE, "CFGI_CD sid=0x20"), WATCH_PENDING);
  EXPECT_EQ(use_after(SEQ_STE, "CFGI_CD_ALL sid=0x20"), WATCH_PENDING);
  EXPECT_EQ(use_after(SEQ_CD, "TLBI_NSNH_ALL"), WATCH_PENDING);
}

/* Words of a structure that the record does not show are known from their stores. */
TEST_CASE(Config, EveryWordOfAStructureCounts)
{
  EXPECT_EQ(use_after(SEQ_STE + 56, "CFGI_STE sid=0x20"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after(SEQ_CD + 24, "CFGI_CD sid=0x20"), WATCH_STALE_DEVICE);
}

TEST_CASE(Config, MovedStreamIsTheDriversWithoutCfgi)
{
  use_once();
  seq_store(s, 1, SEQ_STE, 0x1);
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_note(s, 1, 0, PLAT_NOTE_STREAM, 0x21, 0, 0);
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_note(s, 1, 0, PLAT_NOTE_STREAM, SEQ_SID, 0, 0);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  EXPECT_STR_CONTAINS(s->story, "dead:     stream 0x20 by CPU 1 (host)");
  EXPECT_STR_CONTAINS(s->story, "entry:    configuration cache");
  seq_stop(s);
}

/* Level 1 descriptors go with the forms that do not say Leaf. IHI 0070 4.3.1. */
TEST_CASE(Config, LeafLeavesLevel1Descriptors)
{
  for (unsigned leaf = 0; leaf < 2; leaf++) {
    seq_start(s);
    seq_tables(s);
    seq_map(s, PAGE);
    seq_submit(s, 0, PAGE << 12);
    seq_read(s, 0, SMMU_READ_L1STD, 0x300000, SEQ_STE | 5, 0);
    seq_config(s, 0);
    seq_cfg_cache(s, SMMU_TRACE_FILL, 0, 0);
    seq_s1(s, 0, 3, SEQ_L3 + 8 * PAGE, SEQ_PAGE(SEQ_OUT + 0x3000));
    seq_cache(s, SMMU_TRACE_FILL, 0, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, 0x3000, 0);
    EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
    seq_store(s, 1, 0x300000, 0);
    seq_command(s, 0, leaf ? "CFGI_STE sid=0x20 leaf=1" : "CFGI_STE sid=0x20");
    seq_command(s, 0, "SYNC");
    EXPECT_EQ(use_again(), leaf ? WATCH_PENDING : WATCH_STALE_DEVICE);
    seq_stop(s);
  }
}

TEST_CASE(Config, PassedUntranslatedIsNotATranslation)
{
  seq_start(s);
  seq_tables(s);
  seq_submit(s, 0, 0x5000);
  seq_read(s, 0, SMMU_READ_STE, SEQ_STE, 0xb | SEQ_CD, 0);
  seq_cfg_cache(s, SMMU_TRACE_FILL, 0, 0);
  EXPECT_EQ(seq_respond(s, 0, 5), WATCH_VERDICTS);
  EXPECT_EQ(s->counts.untranslated, 1);
  seq_store(s, 1, SEQ_STE, 0x1);
  seq_command(s, 0, "CFGI_STE sid=0x20");
  seq_command(s, 0, "SYNC");
  seq_submit(s, 0, 0x5000);
  seq_cfg_cache(s, SMMU_TRACE_HIT, 0, 0);
  EXPECT_EQ(seq_respond(s, 0, 5), WATCH_STALE_DEVICE);
  seq_stop(s);
}

TEST_CASE(Config, EntryThatWasNotSeenToFillIsNotJudged)
{
  seq_start(s);
  seq_hit(s, 0, PAGE);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_VERDICTS);
  EXPECT_EQ(s->counts.unjudged, 1);
  seq_stop(s);
}
