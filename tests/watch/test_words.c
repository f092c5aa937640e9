/* Words of memory: stores by pointer, bits that do not count, bounds. */
#include "arch/cmdqv.h"
#include "arch/regs.h"
#include "plat/board.h"
#include "seq.h"

static struct seq seq, *const s = &seq;

enum { PAGE = 3, LEAF = 0x122018 };

static bool load(void *ctx, uint64_t addr, uint64_t *value)
{
  const struct seq *q = ctx;

  *value = q->loaded;
  return addr == q->loaded_at;
}

static void use_once(struct watch_options *options)
{
  seq_start_with(s, options);
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

/* The driver clears by pointer; the watch looks when it judges. */
static void clear_by_pointer(void)
{
  use_once(&(struct watch_options){ .load = load });
  s->loaded_at = LEAF;
  s->loaded = 0;
}

TEST_CASE(Pointer, ReadAgainWhenJudged)
{
  clear_by_pointer();
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_stop(s);
}

TEST_CASE(Pointer, UnmappedAfterItIsTheDrivers)
{
  clear_by_pointer();
  seq_note(s, 1, 0, PLAT_NOTE_UNMAPPED, PAGE << 12, 0x1000, 1);
  EXPECT_EQ(use_again(), WATCH_STALE_DRIVER);
  EXPECT_STR_CONTAINS(s->story, "unmapped: by pointer, after record");
  seq_stop(s);
}

TEST_CASE(Pointer, CoveredByASyncIsTheDevices)
{
  clear_by_pointer();
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000");
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(use_again(), WATCH_STALE_DEVICE);
  seq_stop(s);
}

/* Without load, the next walk that reads the word shows it. */
TEST_CASE(Pointer, SeenWhenTheDeviceReadsTheWord)
{
  use_once(&(struct watch_options){ 0 });
  seq_submit(s, 1, PAGE << 12);
  seq_config(s, 1);
  seq_s1(s, 1, 3, LEAF, 0);
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_stop(s);
}

/* AF; AP[2] where the hardware manages dirty state (DBM); bits 58:55. IHI 0070 3.13. */
TEST_CASE(Words, BitsOfHardwareAndSoftwareDoNotCount)
{
  static const uint64_t same[] = { 1ULL << 10, 1ULL << 55, 1ULL << 58 };
  static const uint64_t other[] = { 1ULL << 7, 1ULL << 54, 1ULL << 6, 1ULL << 12, 1ULL << 51 };
  uint64_t page = SEQ_PAGE(SEQ_OUT + 0x3000);

  use_once(&(struct watch_options){ 0 });
  for (unsigned i = 0; i < sizeof same / sizeof same[0]; i++) {
    seq_store(s, 1, LEAF, page ^ same[i]);
    EXPECT_EQ(use_again(), WATCH_FRESH);
  }
  for (unsigned i = 0; i < sizeof other / sizeof other[0]; i++) {
    seq_store(s, 1, LEAF, page ^ other[i]);
    EXPECT_EQ(use_again(), WATCH_PENDING);
  }
  seq_stop(s);
}

TEST_CASE(Words, DirtyPageIsNotAChange)
{
  uint64_t page = SEQ_PAGE(SEQ_OUT + 0x3000) | 1ULL << 51 | 1ULL << 7;

  seq_start(s);
  seq_tables(s);
  seq_store(s, 1, LEAF, page);
  seq_submit(s, 0, PAGE << 12);
  seq_config(s, 0);
  seq_cfg_cache(s, SMMU_TRACE_FILL, 0, 0);
  seq_s1(s, 0, 3, LEAF, page);
  seq_cache(s, SMMU_TRACE_FILL, 0, SMMU_CACHE_TLB, PAGE, SMMU_ENTRY_S1, 12, PAGE << 12, 0);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  seq_submit(s, 1, PAGE << 12);
  seq_s1(s, 1, 3, LEAF, page ^ 1ULL << 7);
  EXPECT_EQ(use_again(), WATCH_FRESH);
  seq_stop(s);
}

/* Records show descriptors of a big-endian table as numbers. */
TEST_CASE(Words, OtherByteOrderIsNotAChange)
{
  seq_start(s);
  seq_tables(s);
  seq_store(s, 1, LEAF, __builtin_bswap64(SEQ_PAGE(SEQ_OUT + 0x3000)));
  seq_walk(s, 0, PAGE);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_FRESH);
  EXPECT_EQ(use_again(), WATCH_FRESH);
  seq_store(s, 1, LEAF, 0);
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_stop(s);
}

static const uint64_t bases[] = {
  PLAT_SMMU_BASE + OFF_CMDQ_BASE,
  PLAT_CMDQV_BASE + 2 * SMMU_CMDQV_PAGE + SMMU_CMDQV_SLOT + OFF_VCMDQ_BASE,
};

/* What is stored in a command queue is no table; what was one may become one. */
TEST_CASE(Words, CommandQueueIsNotFollowedUntilItIsGivenBack)
{
  for (unsigned i = 0; i < sizeof bases / sizeof bases[0]; i++) {
    use_once(&(struct watch_options){ 0 });
    seq_put(s, &(struct smmu_record){ .category = SMMU_TRACE_STORE_REG,
                                      .addr_in = bases[i],
                                      .word = (LEAF & ~0xfffULL) | 8,
                                      .info = 8 });
    seq_store(s, 1, LEAF, 0);
    EXPECT_EQ(use_again(), WATCH_FRESH);
    seq_note(s, 1, 0, PLAT_NOTE_FREED, LEAF & ~0xfffULL, 0x1000, 0);
    seq_store(s, 1, LEAF, 0);
    EXPECT_EQ(use_again(), WATCH_PENDING);
    seq_stop(s);
  }
}

/* The register is written again, or another world's: memory beside a queue is followed as before. */
TEST_CASE(Words, CommandQueueThatMovesIsFollowedAgain)
{
  struct smmu_record r = { .category = SMMU_TRACE_STORE_REG,
                           .addr_in = bases[0],
                           .word = (LEAF & ~0xfffULL) | 8,
                           .info = 8,
                           .unit = 1 };

  use_once(&(struct watch_options){ 0 });
  seq_put(s, &r);
  r.unit = 0;
  seq_put(s, &r);
  r.word += 0x1000;
  seq_put(s, &r);
  seq_store(s, 1, LEAF, 0);
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_stop(s);
}

/* ---- bounds ---- */

TEST_CASE(Bounds, WordsThatNobodyNeedsMakeRoom)
{
  use_once(&(struct watch_options){ .words = 64 });
  for (uint64_t i = 0; i < 1000; i++)
    seq_store(s, 0, 0x900000 + 8 * i, i);
  seq_clear(s, PAGE);
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_map(s, 4);
  seq_walk(s, 0, 4);
  EXPECT_EQ(seq_respond(s, 0, 4), WATCH_FRESH);
  seq_stop(s);
}

/* Four words cannot hold one footprint: nothing is guessed. */
TEST_CASE(Bounds, WithoutRoomForWordsNothingIsJudged)
{
  seq_start_with(s, &(struct watch_options){ .words = 4 });
  seq_tables(s);
  seq_map(s, PAGE);
  seq_walk(s, 0, PAGE);
  EXPECT_EQ(seq_respond(s, 0, PAGE), WATCH_VERDICTS);
  EXPECT_EQ(s->counts.unjudged, 1);
  EXPECT_GT(s->counts.lost_words, 0);
  seq_stop(s);
}

/* The configuration's entry takes the one place there is. */
TEST_CASE(Bounds, WithoutRoomForAnEntryItsHitsAreNotJudged)
{
  seq_start_with(s, &(struct watch_options){ .entries = 1 });
  seq_tables(s);
  seq_map(s, 0);
  seq_walk(s, 0, 0);
  EXPECT_EQ(seq_respond(s, 0, 0), WATCH_FRESH);
  EXPECT_EQ(s->counts.lost_entries, 1);
  seq_hit(s, 0, 0);
  EXPECT_EQ(seq_respond(s, 0, 0), WATCH_VERDICTS);
  EXPECT_EQ(s->counts.unjudged, 1);
  seq_stop(s);
}

/* An invalidation that has left the ring no longer speaks for the driver, nor against the device. */
TEST_CASE(Bounds, ForgottenInvalidationsBlameNobodyFalsely)
{
  use_once(&(struct watch_options){ .invalidations = 4, .operations = 16 });
  seq_clear(s, PAGE);
  seq_command(s, 0, "TLBI_NH_VA asid=7 va=0x3000");
  for (unsigned i = 0; i < 10; i++)
    seq_command(s, 0, "TLBI_NH_VA asid=9 va=0x3000");
  seq_command(s, 0, "SYNC");
  EXPECT_EQ(use_again(), WATCH_PENDING);
  seq_stop(s);
}

/* Records of any content: no crash, no leak, and the same verdicts again. */
TEST_CASE(Bounds, AnyRecordsAreTaken)
{
  static struct watch_counts first, second;

  for (unsigned round = 0; round < 2; round++) {
    struct watch *w =
      watch_create(&(struct watch_options){ .words = 256, .entries = 64, .invalidations = 16 });
    uint64_t x = 88172645463325252ULL;

    for (unsigned i = 0; i < 200000; i++) {
      struct smmu_record r = { .time = i };

      for (unsigned b = 0; b < 5; b++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        if (b == 0)
          r.category = (uint8_t)(x % SMMU_TRACE_COUNT), r.actor = x >> 8 & 3, r.unit = x >> 16 & 7,
          r.slot = x >> 24 & 15, r.phase = x >> 32 & 7, r.info = x >> 40 & 63,
          r.level = (int8_t)(x >> 48 & 3), r.result = x >> 52 & 7;
        else if (b == 1)
          r.addr_in = x & 0x3f8;
        else if (b == 2)
          r.addr_out = x & 0xff7f;
        else if (b == 3)
          r.word = x & 0x3fff000f;
        else
          r.sid = (uint32_t)x & 3;
      }
      r.result = r.category == SMMU_TRACE_RESPOND || r.category == SMMU_TRACE_READ ? 0 : r.result;
      watch_record(w, &r);
    }
    watch_get_counts(w, round ? &second : &first);
    watch_destroy(w);
  }
  EXPECT_MEMEQ(&first, &second, sizeof first);
  EXPECT_GT(first.unjudged + first.verdict[WATCH_FRESH] + first.verdict[WATCH_PENDING], 0);
}
