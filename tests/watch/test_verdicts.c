/* Each verdict by the shortest sequence of records that must get it. */
#include <stdio.h>

#include "seq.h"

static struct seq seq, *const s = &seq;

enum { PAGE = 3 };

/* A page is mapped, used once, and still in the TLB. */
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

TEST_CASE(Verdict, WhatTablesSayIsFresh)
{
  use_once();
  EXPECT_EQ(use_again(), WATCH_FRESH);
  EXPECT_EQ(s->counts.verdict[WATCH_FRESH], 2);
  EXPECT_EQ(s->stories, 0);
  seq_stop(s);
}

TEST_CASE(Verdict, ChangedWithoutAPromiseIsPending)
{
  use_once();
  seq_clear(s, PAGE);
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_stop(s);
}

TEST_CASE(Verdict, InvalidatedWithoutSyncIsPending)
{
  use_once();
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000");
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_stop(s);
}

TEST_CASE(Verdict, DeadWithoutInvalidationIsTheDrivers)
{
  use_once();
  seq_clear(s, PAGE);
  seq_dead(s, PAGE);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  EXPECT_STR_CONTAINS(s->story, "stale-driver: 0x3000 of stream 0x20 became 0x80003000");
  EXPECT_STR_CONTAINS(s->story, "mapped:   CPU 1 (host), map that began");
  EXPECT_STR_CONTAINS(s->story, "unmapped: CPU 1 (host), unmap that began");
  EXPECT_STR_CONTAINS(s->story, "0 invalidations read since the change");
  seq_stop(s);
}

TEST_CASE(Verdict, UsedAfterSyncIsTheDevices)
{
  use_once();
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000 leaf=1");
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  EXPECT_STR_CONTAINS(s->story, "TLBI_NH_VA asid=7 leaf=1 va=0x3000 of queue 0");
  EXPECT_STR_CONTAINS(s->story, "the entry was there when the invalidation was read");
  EXPECT_STR_CONTAINS(s->story, "by transaction 0 of stream 0x20");
  seq_stop(s);
}

TEST_CASE(Verdict, TheDeviceIsNotExcusedByTheDriversWord)
{
  use_once();
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_ASID asid=7");
  seq_command(s, 0, "SYNC");
  seq_dead(s, PAGE);
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  seq_stop(s);
}

TEST_CASE(Verdict, EntryThatWentIsForgotten)
{
  use_once();
  seq_clear(s, PAGE);
  seq_cache(s, SMMU_TRACE_DROP, 0xffff, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, 0x3000, 0);
  seq_dead(s, PAGE);
  seq_map(s, PAGE);
  seq_walk(s, 0, PAGE);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  seq_stop(s);
}

TEST_CASE(Verdict, InvalidationBeforeTheChangeDoesNotCount)
{
  use_once();
  seq_command(s, 0, "TLBI_NH_ASID asid=7");
  seq_clear(s, PAGE);
  seq_command(s, 0, "SYNC");
  seq_dead(s, PAGE);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  EXPECT_STR_CONTAINS(s->story, "before the change");
  seq_stop(s);
}

/* What was changed and changed back is what the tables say. */
TEST_CASE(Verdict, ChangedBackIsFresh)
{
  use_once();
  seq_clear(s, PAGE);
  seq_returned(s);
  seq_map(s, PAGE);
  EXPECT_EQ(use_again(), WATCH_FRESH);
  seq_stop(s);
}

/* The first change counts, not the last: between them a promise was made. */
TEST_CASE(Verdict, MappedElsewhereAfterAnInvalidationIsStillTheDevices)
{
  use_once();
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000");
  seq_command(s, 0, "SYNC");
  seq_dead(s, PAGE);
  seq_store(s, 1, SEQ_L3 + 8 * PAGE, SEQ_PAGE(0x90000000));
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  seq_stop(s);
}

/* docs/watch.md shows the story of UsedAfterSyncIsTheDevices. */
TEST_CASE(Verdict, StoryInThePageIsTheOneTold)
{
  char path[512], page[16384];
  size_t len;
  FILE *file;

  use_once();
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000 leaf=1");
  seq_command(s, 0, "SYNC");
  (void)use_again();
  snprintf(path, sizeof path, "%s/docs/watch.md", test_source_dir());
  file = fopen(path, "r");
  ASSERT_NOT_NULL(file);
  len = fread(page, 1, sizeof page - 1, file);
  page[len] = '\0';
  fclose(file);
  EXPECT_STR_CONTAINS(page, s->story);
  seq_stop(s);
}

/* ---- lazy ---- */

TEST_CASE(Lazy, UsedBeforeTheFlushIsDeferred)
{
  use_once();
  seq_clear(s, PAGE);
  seq_returned(s);
  EXPECT_EQ(use_again(), WATCH_DEFERRED);
  EXPECT_EQ(s->counts.use.count, 1);
  EXPECT_EQ(s->counts.use.sum_ps, 4000000); /* SUBMIT, two hits, RESPOND */
  seq_stop(s);
}

TEST_CASE(Lazy, UsedAfterTheAddressWasGivenBackIsTheDrivers)
{
  use_once();
  seq_clear(s, PAGE);
  seq_returned(s);
  seq_note(s, 2, 0, PLAT_NOTE_UNMAPPED, PAGE << 12, 0x1000, 1);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  EXPECT_EQ(s->counts.flush.count, 1);
  EXPECT_EQ(s->counts.flush.sum_ps, 1000000);
  seq_stop(s);
}

TEST_CASE(Lazy, AnotherAddressOrDomainGivenBackChangesNothing)
{
  use_once();
  seq_clear(s, PAGE);
  seq_returned(s);
  seq_note(s, 2, 0, PLAT_NOTE_UNMAPPED, (PAGE + 1) << 12, 0x1000, 1);
  seq_note(s, 2, 0, PLAT_NOTE_UNMAPPED, PAGE << 12, 0x1000, 2);
  seq_note(s, 2, 1, PLAT_NOTE_UNMAPPED, PAGE << 12, 0x1000, 1);
  EXPECT_EQ(use_again(), WATCH_DEFERRED);
  EXPECT_EQ(s->counts.flush.count, 0);
  seq_stop(s);
}

TEST_CASE(Lazy, AStoreBehindAnOperationInsideTheUnmapIsTheUnmaps)
{
  use_once();
  seq_begin(s, 1, 0, PLAT_OP_UNMAP);
  seq_begin(s, 1, 0, PLAT_OP_EXIT);
  seq_end(s, 1, 0, PLAT_OP_EXIT);
  seq_store(s, 1, SEQ_L3 + PAGE * 8ULL, 0);
  seq_returned(s);
  EXPECT_EQ(use_again(), WATCH_DEFERRED);
  seq_stop(s);
}

TEST_CASE(Lazy, GivenBackAsPartOfALargerRangeIsGivenBack)
{
  use_once();
  seq_clear(s, PAGE);
  seq_returned(s);
  seq_note(s, 2, 0, PLAT_NOTE_UNMAPPED, (PAGE - 1) << 12, 0x3000, 1);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  EXPECT_EQ(s->counts.flush.count, 1);
  seq_stop(s);
}

/* Each time the address waits anew; what was given back is not given back twice. */
TEST_CASE(Lazy, AnAddressMayComeBackOftenAndWaitsEachTime)
{
  seq_start(s);
  seq_tables(s);
  for (unsigned i = 0; i < 20; i++) {
    seq_map(s, PAGE);
    seq_clear(s, PAGE);
    seq_returned(s);
    seq_note(s, 2, 0, PLAT_NOTE_UNMAPPED, PAGE << 12, 0x1000, 1);
    seq_note(s, 2, 0, PLAT_NOTE_UNMAPPED, PAGE << 12, 0x1000, 1);
  }
  watch_get_counts(s->watch, &s->counts);
  EXPECT_EQ(s->counts.flush.count, 20);
  seq_stop(s);
}

/* A lazy unmap gives back what others had left in its queue: that is no word on its own page. */
TEST_CASE(Lazy, GivenBackInsideAnotherUnmapIsNotThatUnmap)
{
  seq_start(s);
  seq_tables(s);
  seq_map(s, 1);
  seq_map(s, PAGE);
  seq_walk(s, 0, PAGE);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  seq_clear(s, 1);
  seq_returned(s);
  seq_clear(s, PAGE);
  seq_dead(s, 1);
  EXPECT_EQ(use_again(), WATCH_DEFERRED);
  EXPECT_EQ(s->counts.flush.count, 1);
  seq_stop(s);
}

TEST_CASE(Lazy, FlushedAndStillUsedIsTheDevices)
{
  use_once();
  seq_clear(s, PAGE);
  seq_returned(s);
  seq_command(s, 0, "TLBI_NH_ASID asid=7");
  seq_command(s, 0, "SYNC");
  seq_note(s, 2, 0, PLAT_NOTE_UNMAPPED, PAGE << 12, 0x1000, 1);
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  seq_stop(s);
}

/* A walk whose bus takes its time: the leaf is cleared after it was looked up and before it arrives. */
static void walk_late(void)
{
  seq_start(s);
  seq_tables(s);
  seq_map(s, PAGE);
  seq_submit(s, 0, PAGE << 12);
  seq_config(s, 0);
  seq_s1(s, 0, 1, SEQ_L1, SEQ_TABLE(SEQ_L2));
  seq_s1(s, 0, 2, SEQ_L2, SEQ_TABLE(SEQ_L3));
  seq_clear(s, PAGE);
}

static void leaf_arrives(void)
{
  seq_s1(s, 0, 3, SEQ_L3 + 8ULL * PAGE, SEQ_PAGE(SEQ_OUT + (PAGE << 12)));
}

/* The old value is no new store by pointer, which any unmap of this address would then end. */
TEST_CASE(Late, WhatArrivesLateStoodThereWhenItWasLookedUp)
{
  walk_late();
  leaf_arrives();
  seq_submit(s, 1, PAGE << 12);
  seq_s1(s, 1, 3, SEQ_L3 + 8ULL * PAGE, 0);
  seq_note(s, 2, 0, PLAT_NOTE_UNMAPPED, PAGE << 12, 0x1000, 1);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  seq_stop(s);
}

TEST_CASE(Late, AnsweredAfterTheSyncIsTheDevices)
{
  walk_late();
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000");
  leaf_arrives();
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_STALE_DEVICE);
  EXPECT_STR_CONTAINS(s->story, "unmapped: CPU 1 (host), unmap that began");
  seq_stop(s);
}

/* What was overwritten before the transaction came is no answer to it: somebody stored it again. */
TEST_CASE(Late, WhatWasGoneBeforeItCameWasStoredAgain)
{
  seq_start(s);
  seq_tables(s);
  seq_map(s, PAGE);
  seq_clear(s, PAGE);
  seq_dead(s, PAGE);
  seq_walk(s, 0, PAGE);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  seq_stop(s);
}

/* The same of an STE, of which the record shows two words: the others are what they were then. */
TEST_CASE(Late, AStructureIsWhatItWasWhenItWasLookedUp)
{
  const uint64_t ste = 0xb | SEQ_CD;

  seq_start(s);
  seq_tables(s);
  seq_map(s, PAGE);
  seq_store(s, 1, SEQ_STE, ste);
  for (unsigned i = 20; i > 0; i--)
    seq_store(s, 1, SEQ_STE + 24, i);
  seq_submit(s, 0, PAGE << 12);
  seq_cfg_cache(s, SMMU_TRACE_MISS, 0, 0);
  seq_store(s, 1, SEQ_STE, 0);
  seq_store(s, 1, SEQ_STE + 24, 2);
  seq_config(s, 0);
  seq_store(s, 1, SEQ_STE, ste);
  seq_s1(s, 0, 1, SEQ_L1, SEQ_TABLE(SEQ_L2));
  seq_s1(s, 0, 2, SEQ_L2, SEQ_TABLE(SEQ_L3));
  leaf_arrives();
  seq_command(s, 0, "CFGI_STE sid=0x20");
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_STALE_DEVICE);
  EXPECT_STR_CONTAINS(s->story, "STE");
  seq_stop(s);
}
