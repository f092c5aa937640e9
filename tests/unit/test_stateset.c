/* The set of visited states. */
#include "engine/stateset.h"
#include "shim/gtest_c.h"

TEST_CASE(Stateset, EachHashIsNewOnce)
{
  struct stateset set;

  EXPECT_EQ(stateset_init(&set), 0);
  for (unsigned round = 0; round < 2; round++) {
    for (uint64_t i = 0; i < 20000; i++) {
      uint64_t hash[2] = { i * 0x9e3779b97f4a7c15ull, i };

      if (stateset_add(&set, hash) != (round == 0))
        FAIL_TEST("hash %u, round %u", (unsigned)i, round);
    }
  }
  EXPECT_EQ(set.count, 20000u);
  stateset_free(&set);
}

TEST_CASE(Stateset, BothHalvesCount)
{
  static const uint64_t hashes[][2] = { { 1, 2 }, { 1, 3 }, { 2, 2 }, { 0, 1 } };
  struct stateset set;

  stateset_init(&set);
  for (unsigned i = 0; i < 4; i++)
    EXPECT_EQ(stateset_add(&set, hashes[i]), 1);
  stateset_free(&set);
}

TEST_CASE(Stateset, ZeroIsAHashLikeOthers)
{
  static const uint64_t zero[2] = { 0, 0 };
  struct stateset set;

  stateset_init(&set);
  EXPECT_EQ(stateset_add(&set, zero), 1);
  EXPECT_EQ(stateset_add(&set, zero), 0);
  stateset_free(&set);
}
