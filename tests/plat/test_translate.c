/* Transactions of programs, on every device; and completions on the scripted one, to the
 * picosecond. */
#include "arch/regs.h"
#include "kit.h"

struct asker {
  struct kit *kit;
  struct smmu_txn txn;
  struct smmu_result result;
  uint64_t before, start, end;
};

static void ask(void *arg)
{
  struct asker *a = arg;
  const struct plat *p = a->kit->p;

  plat_charge(p, PLAT_COST_LOOP, a->before);
  a->start = plat_now_ps(p);
  plat_board_translate(a->kit->board, &a->txn, &a->result);
  a->end = plat_now_ps(p);
}

BOARD_TEST(Translate, AnswersComeBackToTheirCpu)
{
  struct asker asker[4] = { 0 };

  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit->smmu.gbpa_reset = 0; /* everything passes */
  if (kit->scripted)
    kit->scripted->latency = 100;
  for (unsigned i = 0; i < 4; i++) {
    asker[i].kit = kit;
    asker[i].before = 10 * (4 - i); /* the last CPU asks first */
    asker[i].txn.addr = 0x1000 * (4 - i);
    kit_start(kit, i, ask, &asker[i]);
  }
  kit_run(kit);
  for (unsigned i = 0; i < 4; i++) {
    EXPECT_EQ(asker[i].result.status, SMMU_STATUS_OK);
    EXPECT_EQ(asker[i].result.pa, kit->scripted ? ~asker[i].txn.addr : asker[i].txn.addr);
  }
}

BOARD_TEST(Translate, TakesTheTimeOfTheDevice)
{
  struct asker asker = { .kit = kit, .before = 12345 };

  kit_cost(kit, PLAT_COST_LOOP, 1);
  if (kit->scripted)
    kit->scripted->latency = 777;
  kit_start(kit, 0, ask, &asker);
  kit_run(kit);
  EXPECT_EQ(asker.start, 12345u);
  if (kit->device == KIT_NOW)
    EXPECT_EQ(asker.end, 12345u);
  else if (kit->device == KIT_TIMED)
    EXPECT_GT(asker.end, 12345u);
  else
    EXPECT_EQ(asker.end, 12345u + 777);
}

BOARD_TEST(Translate, MoreCpusThanSlotsTakeTurns)
{
  struct asker asker[16] = { 0 };

  kit->config.cpus = 16;
  kit->smmu.txns = 1;
  kit->smmu.gbpa_reset = 0;
  for (unsigned i = 0; i < 16; i++) {
    asker[i].kit = kit;
    asker[i].txn.addr = 0x1000 * i;
    kit_start(kit, i, ask, &asker[i]);
  }
  if (kit->scripted)
    kit->scripted->slots = 1;
  kit_run(kit);
  for (unsigned i = 0; i < 16; i++)
    EXPECT_EQ(asker[i].result.pa, kit->scripted ? ~asker[i].txn.addr : asker[i].txn.addr);
}

/* Two slots, 100 ps each: the third waits until the first ends. */
SCRIPT_TEST(Translate, WhoFindsNoSlotGoesOnWhenOneIsFree)
{
  struct asker asker[4] = { 0 };

  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit->scripted->slots = 2;
  kit->scripted->latency = 100;
  for (unsigned i = 0; i < 4; i++) {
    asker[i].kit = kit;
    asker[i].before = 10 * i;
    kit_start(kit, i, ask, &asker[i]);
  }
  kit_run(kit);
  EXPECT_EQ(asker[0].end, 100u);
  EXPECT_EQ(asker[1].end, 110u);
  EXPECT_EQ(asker[2].end, 200u);
  EXPECT_EQ(asker[3].end, 210u);
}

/* CPU 0 runs first and asks late: the only slot is not taken before its time. */
SCRIPT_TEST(Translate, WhoAsksEarlierIsServedEarlier)
{
  struct asker asker[2] = { { .kit = kit, .before = 1000 }, { .kit = kit, .before = 10 } };

  kit_cost(kit, PLAT_COST_LOOP, 1);
  kit->scripted->slots = 1;
  kit->scripted->latency = 100;
  kit_start(kit, 0, ask, &asker[0]);
  kit_start(kit, 1, ask, &asker[1]);
  kit_run(kit);
  EXPECT_EQ(asker[0].end, 1100u);
  EXPECT_EQ(asker[1].end, 110u);
}

/* A sleeping program does not hold up others, and they do not hold it up. */
struct worker {
  struct kit *kit;
  struct asker *asker;
  bool answered[3];
};

static void work(void *arg)
{
  struct worker *w = arg;

  for (unsigned i = 0; i < 3; i++) {
    plat_delay(w->kit->p, 60);
    w->answered[i] = w->asker->end != 0;
  }
}

SCRIPT_TEST(Translate, TheSleeperComesBackInOrderOfTime)
{
  struct asker asker = { .kit = kit };
  struct worker worker = { .kit = kit, .asker = &asker };

  kit->scripted->latency = 100;
  kit_start(kit, 0, ask, &asker);
  kit_start(kit, 1, work, &worker);
  kit_run(kit);
  EXPECT_FALSE(worker.answered[0]); /* 60 */
  EXPECT_TRUE(worker.answered[1]);  /* 120 */
}

static void ask_of_a_tbu_that_is_not_there(void *arg)
{
  struct kit *kit = arg;
  struct asker asker = { .kit = kit, .txn.tbu = 63 };

  kit_start(kit, 0, ask, &asker);
  kit_run(kit);
}

TEST_CASE(Translate, TheTbuExists)
{
  struct kit kit = kit_new(KIT_NOW);

  kit_make(&kit);
  EXPECT_DEATH(ask_of_a_tbu_that_is_not_there, &kit, "invariant broken");
  kit_end(&kit);
}
