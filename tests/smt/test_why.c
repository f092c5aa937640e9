/* Where the time of an operation went: recordings made by hand, whose critical path is known. */
#include <stdio.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

/* A trapped unmap of vCPU 0 that sleeps on the big lock, which vCPU 1 holds for its own trapped
 * write:
 *     0       100      1100 1110            5110       6110   6210     8210  8300
 *     unmap   exit.....|lock-wait: asleep....|wake......|      big-lock      entry... */
static void lock_scenario(struct kit *k)
{
  kit_begin(k, 1, 0, "unmap", 0);
  kit_store_reg(k, 1, 50, 0x2b000098);
  kit_begin(k, 1, 50, "exit", 0x2b000098); /* CMDQ_PROD */
  kit_charge(k, 1, 50, 600, "vm.exit");
  kit_begin(k, 1, 600, "big-lock", 0);
  kit_begin(k, 0, 0, "unmap", 0);
  kit_charge(k, 0, 0, 100, "dma.unmap");
  kit_store_reg(k, 0, 100, 0x2b000098);
  kit_begin(k, 0, 100, "exit", 0x2b000098);
  kit_charge(k, 0, 100, 1100, "vm.exit");
  kit_begin(k, 0, 1110, "lock-wait", 0);
  kit_charge(k, 1, 600, 4000, "driver.command");
  kit_begin(k, 1, 4000, "ioctl", 0);
  kit_charge(k, 1, 4000, 5000, "driver.other");
  kit_end(k, 1, 5000, "ioctl");
  kit_end(k, 1, 5000, "big-lock");
  kit_charge(k, 1, 5000, 5110, "cpu.line_move");
  kit_sleep(k, 0, 1110, 5110);
  kit_charge(k, 0, 5110, 6110, "vmm.wake");
  kit_end(k, 1, 5110, "exit");
  kit_end(k, 1, 5110, "unmap");
  kit_end(k, 0, 6110, "lock-wait");
  kit_begin(k, 0, 6110, "big-lock", 0);
  kit_charge(k, 0, 6110, 6210, "driver.command");
  kit_end(k, 0, 6210, "big-lock");
  kit_charge(k, 0, 6210, 8210, "vm.entry");
  kit_end(k, 0, 8210, "exit");
  kit_charge(k, 0, 8210, 8300, "dma.unmap");
  kit_end(k, 0, 8300, "unmap");
}

TEST_CASE(Why, SleepOnTheLockIsTheHoldersWork)
{
  struct kit k;

  kit_open(&k);
  lock_scenario(&k);
  ASSERT_TRUE(kit_why(&k, "UNMAP#2"));
  EXPECT_EQ(k.why->total, 8300);
  EXPECT_STREQ(k.why->cpu, "vCPU 0");
  EXPECT_EQ(kit_part(&k, "big lock, held by vCPU 1", "lock-wait"), 5000 - 1110);
  EXPECT_EQ(kit_detail(&k, "big lock, held by vCPU 1", "driver.command"), 4000 - 1110);
  EXPECT_EQ(kit_detail(&k, "big lock, held by vCPU 1", "driver.other"), 1000);
  EXPECT_EQ(kit_part(&k, "big lock, held by nobody: changing hands", "lock-wait"), 110);
  EXPECT_EQ(kit_part(&k, "vmm.wake", "lock-wait"), 1000);
  kit_close(&k);
}

TEST_CASE(Why, TimeIsInTheInnermostOperation)
{
  struct kit k;

  kit_open(&k);
  lock_scenario(&k);
  ASSERT_TRUE(kit_why(&k, "UNMAP#2"));
  EXPECT_EQ(kit_part(&k, "vm.exit", "exit, write of CMDQ_PROD"), 1000);
  EXPECT_EQ(kit_part(&k, "vm.entry", "exit, write of CMDQ_PROD"), 2000);
  EXPECT_EQ(kit_part(&k, "dma.unmap", "unmap"), 190);
  EXPECT_EQ(kit_part(&k, "driver.command", "big-lock"), 100);
  EXPECT_EQ(kit_part(&k, "not recorded", "exit, write of CMDQ_PROD"), 10);
  kit_close(&k);
}

TEST_CASE(Why, HeadlineNamesTheHolderAndWhatHeHeldItFor)
{
  struct kit k;

  kit_open(&k);
  lock_scenario(&k);
  ASSERT_TRUE(kit_why(&k, "UNMAP#2"));
  EXPECT_STREQ(k.why->headline, "60 % of this unmap was waiting for the big lock: held by vCPU 1 "
                                "for its write of CMDQ_PROD (47 %), waking up (12 %).");
  kit_close(&k);
}

TEST_CASE(Why, TreeHasEachOperationWithAllBelowIt)
{
  static const struct {
    const char *name;
    uint32_t parent;
    uint64_t ps;
  } expected[] = { { "unmap", WHY_NONE, 8300 },
                   { "exit, write of CMDQ_PROD", 0, 8110 },
                   { "lock-wait", 1, 5000 },
                   { "big-lock", 1, 100 } };
  struct kit k;

  kit_open(&k);
  lock_scenario(&k);
  ASSERT_TRUE(kit_why(&k, "UNMAP#2"));
  ASSERT_EQ(k.why->nodes, 4);
  for (unsigned i = 0; i < 4; i++) {
    EXPECT_STREQ(k.why->node[i].name, expected[i].name);
    EXPECT_EQ(k.why->node[i].parent, expected[i].parent);
    EXPECT_EQ(k.why->node[i].ps, expected[i].ps);
    EXPECT_EQ(k.why->node[i].count, 1);
  }
  kit_close(&k);
}

/* Two holders one after the other; the second one takes the lock before the sleeper can. */
TEST_CASE(Why, EachHolderGetsHisOwnTime)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 1, 0, "big-lock", 0);
  kit_begin(&k, 0, 10, "map", 0);
  kit_begin(&k, 0, 10, "lock-wait", 0);
  kit_end(&k, 1, 300, "big-lock");
  kit_begin(&k, 2, 320, "big-lock", 0);
  kit_end(&k, 2, 1000, "big-lock");
  kit_sleep(&k, 0, 10, 1000);
  kit_end(&k, 0, 1000, "lock-wait");
  kit_end(&k, 0, 1000, "map");
  ASSERT_TRUE(kit_why(&k, "MAP#1"));
  EXPECT_EQ(kit_part(&k, "big lock, held by vCPU 1", "lock-wait"), 290);
  EXPECT_EQ(kit_part(&k, "big lock, held by nobody: changing hands", "lock-wait"), 20);
  EXPECT_EQ(kit_part(&k, "big lock, held by vCPU 2", "lock-wait"), 680);
  EXPECT_STR_CONTAINS(k.why->headline, "held by 2 CPUs in turn, longest by vCPU 2 (69 %)");
  kit_close(&k);
}

/* It holds one lock and sleeps on another. */
TEST_CASE(Why, SleeperDoesNotWaitForItself)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 0, "big-lock", 0);
  kit_begin(&k, 0, 10, "lock-wait", 0);
  kit_begin(&k, 1, 20, "big-lock", 0);
  kit_end(&k, 1, 90, "big-lock");
  kit_sleep(&k, 0, 10, 100);
  kit_end(&k, 0, 100, "lock-wait");
  kit_end(&k, 0, 100, "big-lock");
  ASSERT_TRUE(kit_why(&k, "LOCK-WAIT#1"));
  EXPECT_EQ(kit_part(&k, "big lock, held by vCPU 1", "lock-wait"), 70);
  EXPECT_EQ(kit_part(&k, "big lock, held by nobody: changing hands", "lock-wait"), 20);
  kit_close(&k);
}

/* ---- other sleeps ---- */

TEST_CASE(Why, SleeperIsToldWhoWokeHim)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 0, "submit", 0);
  kit_sleep(&k, 0, 0, 400);
  kit_charge(&k, 1, 100, 400, "driver.command");
  kit_charge(&k, 2, 100, 399, "driver.other");
  kit_charge(&k, 0, 400, 460, "cpu.line_move");
  kit_sleep(&k, 0, 460, 500); /* a delay: nobody wakes him, no line moves */
  kit_charge(&k, 1, 400, 500, "driver.command");
  kit_end(&k, 0, 500, "submit");
  ASSERT_TRUE(kit_why(&k, "SUBMIT#1"));
  EXPECT_EQ(kit_part(&k, "asleep, woken by vCPU 1", "submit"), 400);
  EXPECT_EQ(kit_detail(&k, "asleep, woken by vCPU 1", "driver.command"), 300);
  EXPECT_EQ(kit_part(&k, "asleep", "submit"), 40);
  kit_close(&k);
}

/* Two CPUs did something at that very time. */
TEST_CASE(Why, WakerIsNotGuessed)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 0, "submit", 0);
  kit_sleep(&k, 0, 0, 400);
  kit_charge(&k, 1, 100, 400, "driver.command");
  kit_charge(&k, 2, 100, 400, "driver.other");
  kit_charge(&k, 0, 400, 460, "cpu.line_move");
  kit_end(&k, 0, 460, "submit");
  ASSERT_TRUE(kit_why(&k, "SUBMIT#1"));
  EXPECT_EQ(kit_part(&k, "asleep", "submit"), 400);
  kit_close(&k);
}

/* ---- nesting ---- */

/* Exits of one register are one node, those of another one another. */
TEST_CASE(Why, SameOperationsInTheSameOnesAreOneNode)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 0, "unmap", 0);
  for (unsigned i = 0; i < 7; i++) {
    uint64_t at = 1000 * i, addr = i == 5 ? 0x2b00009c : i == 6 ? 0x2b000064 : 0x2b000098;

    kit_begin(&k, 0, at, "submit", 0);
    if (i != 5)
      kit_store_reg(&k, 0, at, addr);
    kit_begin(&k, 0, at, "exit", addr);
    kit_charge(&k, 0, at, at + 1000, "vm.exit");
    kit_end(&k, 0, at + 1000, "exit");
    kit_end(&k, 0, at + 1000, "submit");
  }
  kit_end(&k, 0, 7000, "unmap");
  ASSERT_TRUE(kit_why(&k, "UNMAP#1"));
  ASSERT_EQ(k.why->nodes, 5);
  EXPECT_STREQ(k.why->node[1].name, "submit");
  EXPECT_EQ(k.why->node[1].count, 7);
  EXPECT_STREQ(k.why->node[2].name, "exit, write of CMDQ_PROD");
  EXPECT_EQ(k.why->node[2].ps, 5000);
  EXPECT_STREQ(k.why->node[3].name, "exit, read of CMDQ_CONS");
  EXPECT_EQ(k.why->node[3].ps, 1000);
  EXPECT_STREQ(k.why->node[4].name, "exit, write of GERRORN");
  kit_close(&k);
}

TEST_CASE(Why, WorkIsCutWhereOperationsBeginAndEnd)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 0, "unmap", 0);
  kit_charge(&k, 0, 0, 100, "dma.unmap");
  kit_begin(&k, 0, 40, "submit", 0);
  kit_end(&k, 0, 70, "submit");
  kit_end(&k, 0, 100, "unmap");
  ASSERT_TRUE(kit_why(&k, "UNMAP#1"));
  EXPECT_EQ(kit_part(&k, "dma.unmap", "unmap"), 70);
  EXPECT_EQ(kit_part(&k, "dma.unmap", "submit"), 30);
  kit_close(&k);
}

/* The neighbours of an operation on its CPU, and the same operation on others, are not in it. */
TEST_CASE(Why, OnlyTheOperationAskedForCounts)
{
  struct kit k;

  kit_open(&k);
  for (unsigned i = 0; i < 3; i++) {
    kit_begin(&k, 0, 100 * i, "unmap", 0);
    kit_charge(&k, 0, 100 * i, 100 * i + 100, i == 1 ? "dma.unmap" : "vm.exit");
    kit_end(&k, 0, 100 * i + 100, "unmap");
  }
  kit_begin(&k, 1, 90, "unmap", 0);
  kit_charge(&k, 1, 90, 350, "vm.entry");
  kit_end(&k, 1, 350, "unmap");
  ASSERT_TRUE(kit_why(&k, "UNMAP#2"));
  EXPECT_EQ(k.why->parts, 1);
  EXPECT_EQ(kit_part(&k, "dma.unmap", "unmap"), 100);
  EXPECT_STREQ(k.why->headline, "100 % of this unmap was dma.unmap.");
  kit_close(&k);
}

TEST_CASE(Why, OperationWithoutTimeHasNoParts)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 5, "map", 0);
  kit_end(&k, 0, 5, "map");
  ASSERT_TRUE(kit_why(&k, "MAP#1"));
  EXPECT_EQ(k.why->parts, 0);
  EXPECT_STREQ(k.why->headline, "This map took no time at all.");
  kit_close(&k);
}

TEST_CASE(Why, TimeWithoutRecordsIsSaidToBe)
{
  struct kit k;

  kit_open(&k);
  kit_begin(&k, 0, 0, "map", 0);
  kit_charge(&k, 0, 100, 200, "vm.exit");
  kit_end(&k, 0, 1000, "map");
  ASSERT_TRUE(kit_why(&k, "MAP#1"));
  EXPECT_EQ(kit_part(&k, "not recorded", "map"), 900);
  EXPECT_STREQ(k.why->headline, "90 % of this map was not recorded.");
  kit_close(&k);
}
