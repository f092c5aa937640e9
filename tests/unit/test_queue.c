/* Wrap-bit arithmetic of every queue. IHI 0070 3.5.1. */
#include "core/queue.h"
#include "shim/gtest_c.h"

TEST_CASE(Queue, EqualIndicesAndWrapsAreEmpty)
{
  EXPECT_EQ(queue_used(5, 5, 3), 0u);
  EXPECT_FALSE(queue_is_full(5, 5, 3));
}

TEST_CASE(Queue, EqualIndicesAndDifferentWrapsAreFull)
{
  EXPECT_EQ(queue_used(5 | 8, 5, 3), 8u);
  EXPECT_TRUE(queue_is_full(5 | 8, 5, 3));
  EXPECT_TRUE(queue_is_full(5, 5 | 8, 3));
}

TEST_CASE(Queue, UsedCountsAcrossTheEndOfTheRing)
{
  EXPECT_EQ(queue_used(1 | 8, 6, 3), 3u);
  EXPECT_EQ(queue_used(1, 6 | 8, 3), 3u);
}

TEST_CASE(Queue, ContradictionIsMoreThanFull)
{
  EXPECT_GT(queue_used(6 | 8, 5, 3), 8u);
  EXPECT_TRUE(queue_is_full(6 | 8, 5, 3));
}

TEST_CASE(Queue, OneEntryWrapsAtEachStep)
{
  EXPECT_EQ(queue_used(0, 0, 0), 0u);
  EXPECT_TRUE(queue_is_full(1, 0, 0));
  EXPECT_EQ(queue_next(0, 0), 1u);
  EXPECT_EQ(queue_next(1, 0), 0u);
  EXPECT_EQ(queue_index(1, 0), 0u);
}

TEST_CASE(Queue, NextTogglesTheWrapBitAtTheEnd)
{
  EXPECT_EQ(queue_next(7, 3), 8u);
  EXPECT_EQ(queue_next(15, 3), 0u);
}

TEST_CASE(Queue, NextLeavesWhatStandsAboveTheWrapBit)
{
  EXPECT_EQ(queue_next(0x8000000f, 3), 0x80000000u);
}

TEST_CASE(Queue, BitsAboveTheWrapBitDoNotCount)
{
  EXPECT_EQ(queue_used(0x80000005, 5, 3), 0u);
  EXPECT_EQ(queue_index(0xfffff8 | 2, 3), 2u);
}

TEST_CASE(Queue, SizeIsLimitedByTheDevice)
{
  EXPECT_EQ(queue_log2size(0x1005, 19), 5u);
  EXPECT_EQ(queue_log2size(0x101f, 19), 19u);
}

TEST_CASE(Queue, BaseIsAlignedToTheSizeOfTheQueue)
{
  EXPECT_EQ(queue_entry(0x12345678e0, 8, 4, 3), 0x1234567030u);
}

TEST_CASE(Queue, BaseIsAlignedToThirtyTwoBytesAtLeast)
{
  EXPECT_EQ(queue_entry(0x12345678e0, 0, 4, 0), 0x12345678e0u);
  EXPECT_EQ(queue_entry(0x123456781f, 0, 4, 0), 0x1234567800u);
}

TEST_CASE(Queue, AttributeBitsOfTheBaseAreNoAddress)
{
  EXPECT_EQ(queue_entry(0xff00000000001000 | 4, 4, 5, 1), 0x1020u);
}
