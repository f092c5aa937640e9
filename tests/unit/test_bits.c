/* Bit fields, alignment, little-endian words. */
#include "shim/gtest_c.h"
#include "util/bits.h"
#include "util/check.h"

TEST_CASE(Bits, MaskHasOnesFromLoToHi)
{
  EXPECT_EQ(bits_mask(0, 0), 1u);
  EXPECT_EQ(bits_mask(7, 4), 0xf0u);
  EXPECT_EQ(bits_mask(63, 63), 1ull << 63);
  EXPECT_EQ(bits_mask(63, 0), ~0ull);
}

TEST_CASE(Bits, GetIsTheInverseOfPut)
{
  for (unsigned lo = 0; lo < 64; lo++) {
    for (unsigned hi = lo; hi < 64; hi++) {
      uint64_t value = 0x9e3779b97f4a7c15ull & bits_low(hi - lo + 1);

      EXPECT_EQ(bits_get(bits_put(0xa5a5a5a5a5a5a5a5, hi, lo, value), hi, lo), value);
    }
  }
}

TEST_CASE(Bits, PutLeavesItsNeighbours)
{
  EXPECT_EQ(bits_put(~0ull, 15, 8, 0), 0xffffffffffff00ffu);
  EXPECT_EQ(bits_put(0, 15, 8, 0x1ff), 0xff00u); /* what does not fit is dropped */
}

TEST_CASE(Bits, LowCountsFromNoneToAll)
{
  EXPECT_EQ(bits_low(0), 0u);
  EXPECT_EQ(bits_low(1), 1u);
  EXPECT_EQ(bits_low(63), ~0ull >> 1);
  EXPECT_EQ(bits_low(64), ~0ull);
}

TEST_CASE(Bits, AlignmentRoundsToPowersOfTwo)
{
  EXPECT_EQ(align_down_log2(0x1fff, 12), 0x1000u);
  EXPECT_EQ(align_up_log2(0x1001, 12), 0x2000u);
  EXPECT_EQ(align_up_log2(0x1000, 12), 0x1000u);
  EXPECT_EQ(align_down_log2(0x1234, 0), 0x1234u);
}

TEST_CASE(Bits, PowersOfTwo)
{
  EXPECT_FALSE(is_power_of_two(0));
  EXPECT_TRUE(is_power_of_two(1));
  EXPECT_FALSE(is_power_of_two(6));
  EXPECT_TRUE(is_power_of_two(1ull << 63));
}

TEST_CASE(Bits, Log2IsRoundedUp)
{
  EXPECT_EQ(log2_ceil(0), 0u);
  EXPECT_EQ(log2_ceil(1), 0u);
  EXPECT_EQ(log2_ceil(2), 1u);
  EXPECT_EQ(log2_ceil(5), 3u);
  EXPECT_EQ(log2_ceil(1ull << 40), 40u);
}

TEST_CASE(Bits, WordsAreLittleEndian)
{
  uint8_t bytes[8] = { 0 };

  store_le(bytes, 0x0102030405060708, 8);
  EXPECT_EQ(bytes[0], 8u);
  EXPECT_EQ(bytes[7], 1u);
  EXPECT_EQ(load_le(bytes, 8), 0x0102030405060708u);
  EXPECT_EQ(load_le(bytes + 2, 2), 0x0506u);
}

static void break_invariant(void *arg)
{
  CHECK(arg == NULL);
}

TEST_CASE(Check, BrokenInvariantNamesItselfAndDies)
{
  int one = 1;

  EXPECT_DEATH(break_invariant, &one, "test_bits.c:[0-9]+: invariant broken: arg == ");
}
