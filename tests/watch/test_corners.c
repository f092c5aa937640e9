/* Where the line between driver and device is fine: walks in flight, walk cache entries, stages,
 * queues, and invalidations that miss by a little. */
#include "seq.h"

static struct seq seq, *const s = &seq;

enum { PAGE = 3, VA = PAGE << 12 };

static void start(void)
{
  seq_start(s);
  seq_tables(s);
  seq_map(s, PAGE);
}

static void use_once(void)
{
  start();
  seq_walk(s, 0, PAGE);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
}

static enum watch_verdict use_again(void)
{
  seq_hit(s, 0, PAGE);
  return seq_respond(s, 0, PAGE);
}

/* Change, this command, a sync, and UNMAPPED: then used. */
static enum watch_verdict use_after(const char *command)
{
  enum watch_verdict verdict;

  use_once();
  seq_clear(s, PAGE);
  seq_command(s, 0, command);
  seq_command(s, 0, "SYNC");
  seq_dead(s, PAGE);
  verdict = use_again();
  seq_stop(s);
  return verdict;
}

/* ---- invalidations that miss ---- */

TEST_CASE(Miss, WrongAsidVmidOrAddressIsTheDrivers)
{
  EXPECT_EQ(use_after("TLBI_NH_VA asid=8 va=0x3000"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_after("TLBI_NH_VA asid=7 vmid=1 va=0x3000"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_after("TLBI_NH_VA asid=7 va=0x4000"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_after("TLBI_NH_ASID asid=8"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_after("TLBI_NH_ALL vmid=1"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_after("TLBI_EL2_ALL"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_after("TLBI_S2_IPA vmid=0 ipa=0x3000"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_after("CFGI_ALL"), WATCH_STALE_DRIVER);
}

TEST_CASE(Miss, EveryCommandThatCoversIsTheDevices)
{
  EXPECT_EQ(use_after("TLBI_NH_VA asid=7 va=0x3000"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after("TLBI_NH_VAA va=0x3000 leaf=1"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after("TLBI_NH_ASID asid=7"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after("TLBI_NH_ALL"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after("TLBI_S12_VMALL"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after("TLBI_NSNH_ALL"), WATCH_STALE_DEVICE);
}

/* One page short, or for entries of another granule or level. */
TEST_CASE(Miss, RangesEndWhereTheyEnd)
{
  EXPECT_EQ(use_after("TLBI_NH_VA asid=7 va=0x0 tg=1 num=2"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_after("TLBI_NH_VA asid=7 va=0x0 tg=1 num=3"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after("TLBI_NH_VA asid=7 va=0x0 tg=1 num=0 scale=1"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_after("TLBI_NH_VA asid=7 va=0x0 tg=1 num=1 scale=1"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after("TLBI_NH_VA asid=7 va=0x0 tg=3 num=1"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_after("TLBI_NH_VA asid=7 va=0x3000 tg=1 num=1 ttl=3"), WATCH_STALE_DEVICE);
  EXPECT_EQ(use_after("TLBI_NH_VA asid=7 va=0x3000 tg=1 num=1 ttl=2"), WATCH_STALE_DRIVER);
}

/* Without RIL the fields of a range mean nothing. IHI 0070 4.4.1.1, 6.3.4. */
TEST_CASE(Miss, RangeOfAnSmmuWithoutRangesIsOnePage)
{
  use_once();
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_REG_READ, .addr_in = 0xc });
  seq_clear(s, PAGE);
  seq_dead(s, PAGE);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x0 tg=1 num=3");
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000 tg=1 num=3");
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  seq_stop(s);
}

/* VMW: the low bits of a VMID do not count. IHI 0070 6.3.9. */
TEST_CASE(Miss, VmidWildcardsWidenWhatIsCovered)
{
  use_once();
  seq_put(
    s, &(struct smmu_record){ .category = SMMU_TRACE_REG_WRITE, .addr_in = 0x20, .word = 1 << 6 });
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_ALL vmid=1");
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  seq_stop(s);
}

TEST_CASE(Miss, SyncOnAnotherQueueCompletesNothing)
{
  use_once();
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000");
  seq_command(s, 5, "SYNC");
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_dead(s, PAGE);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  EXPECT_STR_CONTAINS(s->story, "1 of them not completed by a sync of the same queue");
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  seq_stop(s);
}

/* ---- global entries ---- */

static enum watch_verdict use_global_after(const char *command)
{
  enum watch_verdict verdict;

  start();
  seq_walk(s, 0, PAGE);
  seq_cache(s, SMMU_TRACE_FILL, 0, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, VA, 1ULL << 48);
  (void)seq_respond(s, 0, PAGE);
  seq_clear(s, PAGE);
  seq_command(s, 0, command);
  seq_command(s, 0, "SYNC");
  seq_dead(s, PAGE);
  seq_submit(s, 0, VA);
  seq_cfg_cache(s, SMMU_TRACE_HIT, 0, 0);
  seq_cache(s, SMMU_TRACE_HIT, 0, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, VA, 1ULL << 48);
  verdict = seq_respond(s, 0, PAGE);
  seq_stop(s);
  return verdict;
}

TEST_CASE(Miss, GlobalEntriesGoByAddressWhateverTheAsid)
{
  EXPECT_EQ(use_global_after("TLBI_NH_ASID asid=7"), WATCH_STALE_DRIVER);
  EXPECT_EQ(use_global_after("TLBI_NH_VA asid=9 va=0x3000"), WATCH_STALE_DEVICE);
}

/* ---- walks in flight ---- */

/* Submitted before the change, answered before anything was promised: legal. */
TEST_CASE(Flight, AnsweredWithWhatItHasReadIsFresh)
{
  start();
  seq_walk(s, 0, PAGE);
  seq_clear(s, PAGE);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  seq_stop(s);
}

TEST_CASE(Flight, AnsweredAfterTheSyncIsTheDevices)
{
  start();
  seq_walk(s, 0, PAGE);
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000");
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_STALE_DEVICE);
  seq_stop(s);
}

TEST_CASE(Flight, AnsweredAfterUnmapReturnedWithoutSyncIsTheDrivers)
{
  start();
  seq_walk(s, 0, PAGE);
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000");
  seq_dead(s, PAGE);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_STALE_DRIVER);
  seq_stop(s);
}

/* The walk had read the leaf, the invalidation passed, and then the walk filled the TLB. */
TEST_CASE(Flight, FilledBehindTheSweepIsTheDevices)
{
  start();
  seq_submit(s, 0, VA);
  seq_config(s, 0);
  seq_s1(s, 0, 1, SEQ_L1, SEQ_TABLE(SEQ_L2));
  seq_s1(s, 0, 2, SEQ_L2, SEQ_TABLE(SEQ_L3));
  seq_s1(s, 0, 3, SEQ_L3 + 8 * PAGE, SEQ_PAGE(SEQ_OUT + VA));
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000");
  seq_cache(s, SMMU_TRACE_FILL, 0, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, VA, 0);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  seq_command(s, 0, "SYNC");
  seq_dead(s, PAGE);
  seq_submit(s, 0, VA);
  seq_config(s, 0);
  seq_cache(s, SMMU_TRACE_HIT, 0, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, VA, 0);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_STALE_DEVICE);
  EXPECT_STR_CONTAINS(s->story, "the walk that made it was under way");
  seq_stop(s);
}

/* What a fault threw away does not count for the answer that came in the end. */
TEST_CASE(Flight, BegunAgainAfterAFaultCountsFromThere)
{
  start();
  seq_submit(s, 0, VA);
  seq_config(s, 0);
  seq_store(s, 1, SEQ_L1, 0);
  seq_s1(s, 0, 1, SEQ_L1, 0);
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_FAULT, .actor = 0, .result = 0x10 });
  seq_store(s, 1, SEQ_L1, SEQ_TABLE(SEQ_L2));
  seq_command(s, 0, "TLBI_NH_ASID asid=7");
  seq_command(s, 0, "SYNC");
  seq_config(s, 0);
  seq_s1(s, 0, 1, SEQ_L1, SEQ_TABLE(SEQ_L2));
  seq_s1(s, 0, 2, SEQ_L2, SEQ_TABLE(SEQ_L3));
  seq_s1(s, 0, 3, SEQ_L3 + 8 * PAGE, SEQ_PAGE(SEQ_OUT + VA));
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  seq_stop(s);
}

/* ---- the walk cache ---- */

/* A level 2 table's entry in the walk cache; then another page's walk begins with it. */
static void cache_the_table(void)
{
  start();
  seq_map(s, 4);
  seq_submit(s, 0, VA);
  seq_config(s, 0);
  seq_s1(s, 0, 1, SEQ_L1, SEQ_TABLE(SEQ_L2));
  seq_s1(s, 0, 2, SEQ_L2, SEQ_TABLE(SEQ_L3));
  seq_cache(s, SMMU_TRACE_FILL, 0, SMMU_CACHE_WALK, 0, SMMU_ENTRY_WALK_S1, 21, 0, 0);
  seq_s1(s, 0, 3, SEQ_L3 + 8 * PAGE, SEQ_PAGE(SEQ_OUT + VA));
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
}

static enum watch_verdict walk_from_the_table(void)
{
  seq_submit(s, 0, 4 << 12);
  seq_config(s, 0);
  seq_cache(s, SMMU_TRACE_HIT, 0, SMMU_CACHE_WALK, 0, SMMU_ENTRY_WALK_S1, 21, 0, 0);
  seq_s1(s, 0, 3, SEQ_L3 + 8 * 4, SEQ_PAGE(SEQ_OUT + 0x4000));
  return seq_respond(s, 0, 4);
}

/* The level 3 table goes; with `command` the driver means to make it safe. */
static enum watch_verdict free_the_table(const char *command)
{
  enum watch_verdict verdict;

  cache_the_table();
  EXPECT_EQ(walk_from_the_table(), WATCH_FRESH);
  seq_begin(s, 1, 0, PLAT_OP_UNMAP);
  seq_store(s, 1, SEQ_L2, 0);
  seq_command(s, 0, command);
  seq_command(s, 0, "SYNC");
  seq_note(s, 1, 0, PLAT_NOTE_TABLE_FREED, SEQ_L3, 0x1000, 0);
  verdict = walk_from_the_table();
  seq_stop(s);
  return verdict;
}

TEST_CASE(Walk, TableFreedWithoutInvalidatingTheTableIsTheDrivers)
{
  EXPECT_EQ(free_the_table("TLBI_NH_VA asid=7 va=0x4000 leaf=1"), WATCH_STALE_DRIVER);
  EXPECT_STR_CONTAINS(s->story, "by way of walk cache");
}

TEST_CASE(Walk, TableEntryThatSurvivesIsTheDevices)
{
  EXPECT_EQ(free_the_table("TLBI_NH_VA asid=7 va=0x4000"), WATCH_STALE_DEVICE);
  EXPECT_EQ(free_the_table("TLBI_NH_ASID asid=7"), WATCH_STALE_DEVICE);
}

/* Tables are freed as they are: no word changes, and it is a mistake all the same. */
TEST_CASE(Walk, FreedTableIsDeadWhateverItsWordsSay)
{
  use_once();
  seq_note(s, 1, 0, PLAT_NOTE_TABLE_FREED, SEQ_L3, 0x1000, 0);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  EXPECT_STR_CONTAINS(s->story, "dead:     table-freed 0x122000 by CPU 1 (host)");
  seq_stop(s);
}

TEST_CASE(Walk, FreedTableThatWasInvalidatedBeforeIsTheDevices)
{
  use_once();
  seq_command(s, 0, "TLBI_NH_ASID asid=7");
  seq_command(s, 0, "SYNC");
  seq_note(s, 1, 0, PLAT_NOTE_TABLE_FREED, SEQ_L3, 0x1000, 0);
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  seq_stop(s);
}

TEST_CASE(Walk, FreedPageIsDead)
{
  use_once();
  seq_note(s, 1, 0, PLAT_NOTE_FREED, SEQ_OUT + 0x4000, 0x1000, 0);
  EXPECT_EQ(use_again(), WATCH_FRESH);
  seq_note(s, 1, 0, PLAT_NOTE_FREED, SEQ_OUT + 0x3000, 0x1000, 0);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  seq_stop(s);
}

TEST_CASE(Walk, AsidGivenAwayIsDead)
{
  use_once();
  seq_note(s, 1, 0, PLAT_NOTE_ASID, 8, 0, 1);
  EXPECT_EQ(use_again(), WATCH_FRESH);
  seq_note(s, 1, 0, PLAT_NOTE_ASID, SEQ_ASID, 0, 1);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  seq_stop(s);
}

/* ---- micro-TLBs ---- */

TEST_CASE(Walk, MicroTlbInheritsTheFootprint)
{
  use_once();
  seq_submit(s, 0, VA);
  seq_cfg_cache(s, SMMU_TRACE_HIT, 0, 0);
  seq_cache(s, SMMU_TRACE_MISS, 0, SMMU_CACHE_UTLB, 0, SMMU_ENTRY_S1, 12, VA, 0);
  seq_cache(s, SMMU_TRACE_HIT, 0, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, VA, 0);
  seq_cache(s, SMMU_TRACE_FILL, 0, SMMU_CACHE_UTLB, 0, SMMU_ENTRY_S1, 12, VA, 0);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  seq_clear(s, PAGE);
  seq_cache(s, SMMU_TRACE_DROP, 0xffff, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, VA, 0);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000");
  seq_command(s, 0, "SYNC");
  seq_submit(s, 0, VA);
  seq_cfg_cache(s, SMMU_TRACE_HIT, 0, 0);
  seq_cache(s, SMMU_TRACE_HIT, 0, SMMU_CACHE_UTLB, 0, SMMU_ENTRY_S1, 12, VA, 0);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_STALE_DEVICE);
  EXPECT_STR_CONTAINS(s->story, "micro-TLB, 0x3000");
  seq_stop(s);
}

/* ---- broadcasts ---- */

TEST_CASE(Broadcast, CountsFromItsSync)
{
  use_once();
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_REG_WRITE, .addr_in = 0x2c });
  seq_clear(s, PAGE);
  seq_broadcast(s, SMMU_DVM_VAE1, SEQ_ASID, VA);
  seq_broadcast(s, SMMU_DVM_SYNC, 0, 0);
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_broadcast_synced(s);
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  EXPECT_STR_CONTAINS(s->story, "broadcast vae1 0x3000 ASID 7");
  seq_stop(s);
}

/* A sync completes what had arrived before it, not what arrived while it waited. */
TEST_CASE(Broadcast, SyncCompletesWhatWasThereBefore)
{
  use_once();
  seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_REG_WRITE, .addr_in = 0x2c });
  seq_clear(s, PAGE);
  seq_broadcast(s, SMMU_DVM_SYNC, 0, 0);
  seq_broadcast(s, SMMU_DVM_VAE1, SEQ_ASID, VA);
  seq_broadcast_synced(s);
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_stop(s);
}

/* After reset, and with CR2.PTM = 1, broadcasts do nothing. IHI 0070 6.3.12. */
TEST_CASE(Broadcast, PrivateMaintenancePromisesNothing)
{
  use_once();
  seq_clear(s, PAGE);
  seq_broadcast(s, SMMU_DVM_VAE1, SEQ_ASID, VA);
  seq_broadcast(s, SMMU_DVM_SYNC, 0, 0);
  seq_broadcast_synced(s);
  seq_dead(s, PAGE);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  seq_stop(s);
}
