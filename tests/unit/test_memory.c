/* Sparse memory: holes, ranges, aborts, undo log and hash. */
#include <string.h>

#include "shim/gtest_c.h"
#include "smmu/engine.h"

static struct engine_memory *make(enum engine_memory_hole hole)
{
  struct engine_memory *m;

  EXPECT_EQ(engine_memory_create(&m, hole), SMMU_OK);
  return m;
}

static bool readable(struct engine_memory *m, uint64_t addr, size_t len)
{
  uint8_t bytes[64];

  return engine_memory_read(m, addr, bytes, len);
}

static bool same_hash(const uint64_t a[2], const uint64_t b[2])
{
  return a[0] == b[0] && a[1] == b[1];
}

/* ---- accesses ---- */

TEST_CASE(Memory, StoredWordsAreReadBackEverywhere)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);

  for (unsigned bit = 3; bit < 52; bit++)
    EXPECT_TRUE(engine_memory_store64(m, 1ull << bit, bit));
  for (unsigned bit = 3; bit < 52; bit++)
    EXPECT_EQ(engine_memory_load64(m, 1ull << bit), bit);
  engine_memory_destroy(m);
}

TEST_CASE(Memory, EveryAlignedLengthWorks)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);
  uint8_t in[64], out[64];

  for (unsigned i = 0; i < 64; i++)
    in[i] = (uint8_t)(i + 1);
  for (size_t len = 1; len <= 64; len *= 2) {
    memset(out, 0, sizeof out);
    EXPECT_TRUE(engine_memory_write(m, 0x1000, in, len));
    EXPECT_TRUE(engine_memory_read(m, 0x1000, out, len));
    EXPECT_MEMEQ(in, out, len);
  }
  engine_memory_destroy(m);
}

TEST_CASE(Memory, MisalignedOddAndFarAccessesAbort)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);

  EXPECT_FALSE(readable(m, 0x1004, 8));
  EXPECT_FALSE(readable(m, 0x1000, 3));
  EXPECT_FALSE(readable(m, 0x1000, 0));
  EXPECT_FALSE(readable(m, 1ull << 52, 8));
  EXPECT_TRUE(readable(m, (1ull << 52) - 8, 8));
  EXPECT_FALSE(engine_memory_store64(m, 0x1004, 1));
  engine_memory_destroy(m);
}

TEST_CASE(Memory, HolesReadAsZero)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);
  uint8_t bytes[64];

  memset(bytes, 0xff, sizeof bytes);
  EXPECT_TRUE(engine_memory_read(m, 0x123440, bytes, 64));
  for (unsigned i = 0; i < 64; i++)
    EXPECT_EQ(bytes[i], 0u);
  engine_memory_destroy(m);
}

TEST_CASE(Memory, HolesAbortWhenAsked)
{
  struct engine_memory *m = make(ENGINE_HOLE_ABORT);

  EXPECT_FALSE(readable(m, 0x1000, 8));
  EXPECT_FALSE(engine_memory_store64(m, 0x1000, 1));
  EXPECT_EQ(engine_memory_load64(m, 0x1000), 0u);
  engine_memory_destroy(m);
}

TEST_CASE(Memory, RangesOpenHoles)
{
  struct engine_memory *m = make(ENGINE_HOLE_ABORT);

  EXPECT_EQ(engine_memory_add_range(m, 0x1000, 0x1000), SMMU_OK);
  EXPECT_TRUE(engine_memory_store64(m, 0x1000, 5));
  EXPECT_TRUE(readable(m, 0x1ff8, 8));
  EXPECT_FALSE(readable(m, 0x2000, 8));
  EXPECT_FALSE(readable(m, 0xff8, 8));
  engine_memory_destroy(m);
}

TEST_CASE(Memory, AccessMustLieInRangesWhole)
{
  struct engine_memory *m = make(ENGINE_HOLE_ABORT);

  engine_memory_add_range(m, 0x1000, 0x20);
  EXPECT_TRUE(readable(m, 0x1000, 32));
  EXPECT_FALSE(readable(m, 0x1000, 64));
  engine_memory_add_range(m, 0x1020, 0x20);
  EXPECT_TRUE(readable(m, 0x1000, 64)); /* two that touch */
  engine_memory_destroy(m);
}

TEST_CASE(Memory, InjectedAbortsHitWhateverTouchesThem)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);

  engine_memory_store64(m, 0x1000, 7);
  EXPECT_EQ(engine_memory_inject_abort(m, 0x1010, 8, true), SMMU_OK);
  EXPECT_FALSE(readable(m, 0x1010, 8));
  EXPECT_FALSE(readable(m, 0x1000, 64));
  EXPECT_FALSE(readable(m, 0x1014, 4));
  EXPECT_TRUE(readable(m, 0x1008, 8));
  EXPECT_TRUE(readable(m, 0x1018, 8));
  EXPECT_FALSE(engine_memory_store64(m, 0x1010, 1));
  EXPECT_EQ(engine_memory_inject_abort(m, 0x1010, 8, false), SMMU_OK);
  EXPECT_TRUE(readable(m, 0x1000, 64));
  engine_memory_destroy(m);
}

TEST_CASE(Memory, AtMostSixteenAborts)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);

  for (uint64_t i = 0; i < 16; i++)
    EXPECT_EQ(engine_memory_inject_abort(m, i << 12, 8, true), SMMU_OK);
  EXPECT_EQ(engine_memory_inject_abort(m, 16 << 12, 8, true), SMMU_ERR_LIMIT);
  EXPECT_EQ(engine_memory_inject_abort(m, 99 << 12, 8, false), SMMU_ERR_BADARG);
  engine_memory_destroy(m);
}

/* ---- undo and hash ---- */

TEST_CASE(Memory, RewindRestoresEveryWord)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);
  size_t mark, later;
  uint8_t ones[64];

  memset(ones, 0xff, sizeof ones);
  engine_memory_store64(m, 0x1000, 1);
  mark = engine_memory_undo_mark(m);
  engine_memory_store64(m, 0x1000, 2);
  later = engine_memory_undo_mark(m);
  engine_memory_store64(m, 0x1000, 3);
  engine_memory_write(m, 0x2000, ones, 64);
  engine_memory_write(m, 0x3002, ones, 2);
  engine_memory_undo_rewind(m, later);
  EXPECT_EQ(engine_memory_load64(m, 0x1000), 2u);
  EXPECT_EQ(engine_memory_load64(m, 0x2038), 0u);
  EXPECT_EQ(engine_memory_load64(m, 0x3000), 0u);
  engine_memory_undo_rewind(m, mark);
  EXPECT_EQ(engine_memory_load64(m, 0x1000), 1u);
  engine_memory_destroy(m);
}

TEST_CASE(Memory, RewindRestoresTheHash)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);
  uint64_t before[2], during[2], after[2];
  size_t mark = engine_memory_undo_mark(m);

  engine_memory_hash(m, before);
  for (uint64_t i = 0; i < 100; i++)
    engine_memory_store64(m, i * 0x1008, i);
  engine_memory_hash(m, during);
  engine_memory_undo_rewind(m, mark);
  engine_memory_hash(m, after);
  EXPECT_FALSE(same_hash(before, during));
  EXPECT_TRUE(same_hash(before, after));
  engine_memory_destroy(m);
}

TEST_CASE(Memory, HashDoesNotDependOnTheOrderOfStores)
{
  uint64_t hash[2][2];

  for (unsigned round = 0; round < 2; round++) {
    struct engine_memory *m = make(ENGINE_HOLE_ZERO);

    engine_memory_undo_mark(m);
    for (uint64_t i = 0; i < 50; i++) {
      uint64_t n = round ? 49 - i : i;

      engine_memory_store64(m, n * 8, n + 1);
    }
    engine_memory_hash(m, hash[round]);
    engine_memory_destroy(m);
  }
  EXPECT_TRUE(same_hash(hash[0], hash[1]));
}

TEST_CASE(Memory, HashDoesNotDependOnTheWayToAValue)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);
  uint64_t direct[2], detour[2];
  size_t mark = engine_memory_undo_mark(m);

  engine_memory_store64(m, 0x1000, 5);
  engine_memory_hash(m, direct);
  engine_memory_undo_rewind(m, mark);
  engine_memory_store64(m, 0x1000, 9);
  engine_memory_store64(m, 0x2000, 1);
  engine_memory_store64(m, 0x1000, 5);
  engine_memory_store64(m, 0x2000, 0);
  engine_memory_hash(m, detour);
  EXPECT_TRUE(same_hash(direct, detour));
  engine_memory_destroy(m);
}

TEST_CASE(Memory, HashTellsAddressesAndValuesApart)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);
  uint64_t one[2], two[2], three[2];
  size_t mark = engine_memory_undo_mark(m);

  engine_memory_store64(m, 0x1000, 5);
  engine_memory_hash(m, one);
  engine_memory_undo_rewind(m, mark);
  engine_memory_store64(m, 0x1008, 5);
  engine_memory_hash(m, two);
  engine_memory_undo_rewind(m, mark);
  engine_memory_store64(m, 0x1000, 6);
  engine_memory_hash(m, three);
  EXPECT_FALSE(same_hash(one, two));
  EXPECT_FALSE(same_hash(one, three));
  engine_memory_destroy(m);
}

/* ---- blocks ---- */

TEST_CASE(Memory, BlockIsOnePieceAndTheMemorysOwn)
{
  struct engine_memory *m = make(ENGINE_HOLE_ABORT);
  void *block = NULL;
  uint64_t *words;

  ASSERT_EQ(engine_memory_add_flat(m, 0x80000000, 0x3000, &block), SMMU_OK);
  words = block;
  EXPECT_EQ((uintptr_t)block % 0x1000, 0u);
  EXPECT_TRUE(engine_memory_store64(m, 0x80002ff8, 7));
  EXPECT_EQ(words[0x2ff8 / 8], 7u);
  words[0x1000 / 8] = 9; /* a page that the memory was not asked for before */
  EXPECT_EQ(engine_memory_load64(m, 0x80001000), 9u);
  EXPECT_TRUE(readable(m, 0x80000000, 8));
  EXPECT_FALSE(readable(m, 0x80003000, 8));
  engine_memory_destroy(m);
}

TEST_CASE(Memory, BlockIsOfWholePagesThatNothingWasStoredTo)
{
  struct engine_memory *m = make(ENGINE_HOLE_ZERO);
  void *block;

  EXPECT_EQ(engine_memory_add_flat(m, 0x800, 0x1000, &block), SMMU_ERR_BADARG);
  EXPECT_EQ(engine_memory_add_flat(m, 0x1000, 0x800, &block), SMMU_ERR_BADARG);
  EXPECT_EQ(engine_memory_add_flat(m, 0x1000, 0, &block), SMMU_ERR_BADARG);
  EXPECT_EQ(engine_memory_add_flat(m, 1ULL << 52, 0x1000, &block), SMMU_ERR_BADARG);
  EXPECT_TRUE(engine_memory_store64(m, 0x2000, 1));
  EXPECT_EQ(engine_memory_add_flat(m, 0x1000, 0x2000, &block), SMMU_ERR_BADARG);
  EXPECT_EQ(engine_memory_add_flat(m, 0x1000, 0x1000, &block), SMMU_OK);
  EXPECT_EQ(engine_memory_add_flat(m, 0x1000, 0x1000, &block), SMMU_ERR_BADARG);
  engine_memory_destroy(m);
}
