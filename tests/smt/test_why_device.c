/* Waits for CMD_SYNC: which queue it was, and what that did meanwhile. */
#include "kit.h"
#include "shim/gtest_c.h"

enum { CMDQ = 64, VCMDQ = 67 };

/* vCPU 0 writes an invalidation and a CMD_SYNC at 0x9000 and 0x9010 and polls. */
static void device_scenario(struct kit *k)
{
  kit_begin(k, 0, 0, "unmap", 0);
  kit_begin(k, 0, 0, "submit", 2);
  kit_charge(k, 0, 0, 100, "driver.command");
  kit_store(k, 0, 40, 0x9000);
  kit_store(k, 0, 40, 0x9008);
  kit_store(k, 0, 90, 0x9010);
  kit_store(k, 0, 90, 0x9018);
  kit_end(k, 0, 100, "submit");
  kit_begin(k, 0, 100, "sync-wait", 0);
  kit_charge(k, 0, 100, 600, "cpu.relax");
  kit_span(k, CMDQ, 120, 150, 250, "cmd-fetch", "read", 0x9000);
  kit_span(k, CMDQ, 250, 250, 550, "invalidate", "stage", 0);
  kit_charge(k, 0, 600, 1000, "cpu.relax");
  kit_span(k, CMDQ, 550, 550, 650, "cmd-fetch", "read", 0x9010);
  kit_span(k, CMDQ, 650, 700, 700, "none", "wait", 0);
  kit_span(k, CMDQ, 700, 700, 900, "sync", "stage", 0);
  kit_sync(k, CMDQ, 900);
  kit_span(k, CMDQ, 900, 900, 1200, "cmd-fetch", "read", 0x9020); /* somebody else's next */
  kit_end(k, 0, 1000, "sync-wait");
  kit_end(k, 0, 1000, "unmap");
}

TEST_CASE(WhyDevice, PollingIsWhatTheQueueDidMeanwhile)
{
  struct kit k;

  kit_open(&k);
  device_scenario(&k);
  ASSERT_TRUE(kit_why(&k, "UNMAP#1"));
  EXPECT_EQ(kit_part(&k, "SMMU: waits for cmd-fetch", "sync-wait"), 30);
  EXPECT_EQ(kit_part(&k, "SMMU: cmd-fetch", "sync-wait"), 200);
  EXPECT_EQ(kit_part(&k, "SMMU: invalidate", "sync-wait"), 300);
  EXPECT_EQ(kit_part(&k, "SMMU: drains transactions", "sync-wait"), 50);
  EXPECT_EQ(kit_part(&k, "SMMU: sync", "sync-wait"), 200);
  EXPECT_STREQ(k.why->headline, "78 % of this unmap was waiting for the SMMU: invalidate (30 %), "
                                "cmd-fetch (20 %).");
  kit_close(&k);
}

/* Before the queue began and after CMD_SYNC was complete it is software's own time. */
TEST_CASE(WhyDevice, PollThatSeesCompletionIsNotTheDevice)
{
  struct kit k;

  kit_open(&k);
  device_scenario(&k);
  ASSERT_TRUE(kit_why(&k, "UNMAP#1"));
  EXPECT_EQ(kit_part(&k, "cpu.relax", "sync-wait"), 20 + 100);
  EXPECT_EQ(k.why->segment[k.why->segments - 1].begin, 900);
  kit_close(&k);
}

/* The back-off of a poll goes on when CMD_SYNC is complete already. */
TEST_CASE(WhyDevice, SleepBehindCompletionIsSaidToBeLate)
{
  struct kit k;

  kit_open(&k);
  kit_store(&k, 0, 10, 0x9000);
  kit_begin(&k, 0, 20, "sync-wait", 0);
  kit_span(&k, CMDQ, 20, 20, 120, "cmd-fetch", "read", 0x9000);
  kit_span(&k, CMDQ, 120, 120, 300, "sync", "stage", 0);
  kit_charge(&k, 0, 20, 200, "cpu.relax");
  kit_sleep(&k, 0, 200, 1020);
  kit_end(&k, 0, 1020, "sync-wait");
  ASSERT_TRUE(kit_why(&k, "SYNC-WAIT#1"));
  EXPECT_EQ(kit_part(&k, "SMMU: sync", ""), 180);
  EXPECT_EQ(kit_part(&k, "asleep, CMD_SYNC was complete", ""), 720);
  EXPECT_STREQ(k.why->headline,
               "72 % of this sync-wait was spent asleep, 72 % when CMD_SYNC was complete already.");
  kit_close(&k);
}

/* Another CPU's commands stand before ours in the same queue. */
TEST_CASE(WhyDevice, CommandsOfOthersAreNamed)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 0, "unmap", 0);
  kit_store(&k, 3, 10, 0x8ff0);
  kit_store(&k, 0, 20, 0x9000);
  kit_begin(&k, 0, 20, "sync-wait", 0);
  kit_span(&k, CMDQ, 20, 20, 120, "cmd-fetch", "read", 0x8ff0);
  kit_span(&k, CMDQ, 120, 120, 520, "invalidate", "stage", 0);
  kit_span(&k, CMDQ, 520, 520, 620, "cmd-fetch", "read", 0x9000);
  kit_span(&k, CMDQ, 620, 620, 700, "sync", "stage", 0);
  kit_charge(&k, 0, 0, 20, "driver.command");
  kit_charge(&k, 0, 20, 700, "cpu.relax");
  kit_end(&k, 0, 700, "sync-wait");
  kit_end(&k, 0, 700, "unmap");
  ASSERT_TRUE(kit_why(&k, "SYNC-WAIT#1"));
  EXPECT_EQ(kit_part(&k, "SMMU: invalidate, command of vCPU 3", ""), 400);
  EXPECT_EQ(kit_part(&k, "SMMU: cmd-fetch", ""), 100);
  EXPECT_EQ(kit_part(&k, "SMMU: sync", ""), 80);
  kit_close(&k);
}

/* Two queues work at the same time; ours is the one that read what we wrote. */
TEST_CASE(WhyDevice, QueueIsTheOneThatFetchedOurCommand)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 0, "unmap", 0);
  kit_store(&k, 0, 10, 0x9000);
  kit_begin(&k, 0, 20, "sync-wait", 0);
  kit_span(&k, CMDQ, 20, 20, 700, "invalidate", "stage", 0);
  kit_span(&k, VCMDQ, 20, 20, 120, "cmd-fetch", "read", 0x9000);
  kit_span(&k, VCMDQ, 120, 120, 700, "sync", "stage", 0);
  kit_charge(&k, 0, 0, 20, "driver.command");
  kit_sleep(&k, 0, 20, 700);
  kit_end(&k, 0, 700, "sync-wait");
  kit_end(&k, 0, 700, "unmap");
  ASSERT_TRUE(kit_why(&k, "UNMAP#1"));
  EXPECT_EQ(kit_part(&k, "SMMU: sync", "sync-wait"), 580);
  EXPECT_EQ(kit_part(&k, "SMMU: invalidate", ""), 0);
  kit_close(&k);
}

/* The question is about the wait alone: its CMD_SYNC was stored and fetched before. */
TEST_CASE(WhyDevice, CommandFetchedBeforeTheWaitIsFoundToo)
{
  struct kit k;

  kit_open(&k);
  kit_store(&k, 0, 10, 0x9000);
  kit_span(&k, CMDQ, 20, 20, 120, "cmd-fetch", "read", 0x9000);
  kit_begin(&k, 0, 200, "sync-wait", 0);
  kit_span(&k, CMDQ, 120, 120, 580, "sync", "stage", 0);
  kit_charge(&k, 0, 200, 700, "cpu.relax");
  kit_end(&k, 0, 700, "sync-wait");
  ASSERT_TRUE(kit_why(&k, "SYNC-WAIT#1"));
  EXPECT_EQ(kit_part(&k, "SMMU: sync", "sync-wait"), 380);
  kit_close(&k);
}

/* Somebody else has used the slot since; what is fetched from it is his. */
TEST_CASE(WhyDevice, SlotUsedAgainIsNotOurCommand)
{
  struct kit k;

  kit_open(&k);
  kit_store(&k, 0, 10, 0x9000);
  kit_begin(&k, 0, 200, "sync-wait", 0);
  kit_store(&k, 1, 210, 0x9000);
  kit_span(&k, CMDQ, 220, 220, 320, "cmd-fetch", "read", 0x9000);
  kit_span(&k, CMDQ, 320, 320, 580, "sync", "stage", 0);
  kit_charge(&k, 0, 200, 700, "cpu.relax");
  kit_end(&k, 0, 700, "sync-wait");
  ASSERT_TRUE(kit_why(&k, "SYNC-WAIT#1"));
  EXPECT_EQ(kit_part(&k, "cpu.relax", "sync-wait"), 500);
  kit_close(&k);
}

/* A recording without stores: the only queue that completed a CMD_SYNC meanwhile. */
TEST_CASE(WhyDevice, WithoutStoresTheQueueIsTheOneThatCompleted)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 0, "sync-wait", 0);
  kit_span(&k, VCMDQ, 0, 0, 580, "sync", "stage", 0);
  kit_sync(&k, VCMDQ, 580);
  kit_charge(&k, 0, 0, 700, "cpu.relax");
  kit_end(&k, 0, 700, "sync-wait");
  ASSERT_TRUE(kit_why(&k, "SYNC-WAIT#1"));
  EXPECT_EQ(kit_part(&k, "SMMU: sync", "sync-wait"), 580);
  EXPECT_EQ(kit_part(&k, "cpu.relax", "sync-wait"), 120);
  kit_close(&k);
}

TEST_CASE(WhyDevice, TwoQueuesThatCompletedAreNotGuessedBetween)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 0, "sync-wait", 0);
  kit_span(&k, VCMDQ, 0, 0, 580, "sync", "stage", 0);
  kit_sync(&k, VCMDQ, 580);
  kit_span(&k, CMDQ, 0, 0, 600, "sync", "stage", 0);
  kit_sync(&k, CMDQ, 600);
  kit_charge(&k, 0, 0, 700, "cpu.relax");
  kit_end(&k, 0, 700, "sync-wait");
  ASSERT_TRUE(kit_why(&k, "SYNC-WAIT#1"));
  EXPECT_EQ(kit_part(&k, "cpu.relax", "sync-wait"), 700);
  kit_close(&k);
}
