/* TLB maintenance that CPUs broadcast: what it costs, whom a sync waits for, that many do not meet, and
 * that devices that do not take part let it pass. IHI 0070 3.17. */
#include "kit.h"
#include "smmu/dvm.h"

enum { BTM = 1 << 5, NS = 1000 };

struct program {
  struct kit *kit;
  unsigned count;
  uint64_t sent, synced;
};

static void say(void *arg)
{
  struct program *x = arg;
  struct smmu_dvm op = { .kind = SMMU_DVM_VMALLE1 };

  plat_mmio_write(x->kit->p, PLAT_SMMU_BASE + 0x2c, 0, 4); /* CR2.PTM is 1 after reset */
  for (unsigned i = 0; i < x->count; i++)
    plat_broadcast(x->kit->p, &op);
  x->sent = plat_now_ps(x->kit->p);
  plat_broadcast_sync(x->kit->p);
  x->synced = plat_now_ps(x->kit->p);
}

BOARD_TEST(Broadcast, CostsAreThoseOfTheTable)
{
  struct program x = { kit, 3, 0, 0 };

  timed_profile_zero(&kit->profile);
  kit->smmu.idr[0] |= BTM;
  kit_cost(kit, PLAT_COST_BROADCAST, 10 * NS);
  kit_cost(kit, PLAT_COST_BROADCAST_SYNC, 100 * NS);
  kit_start(kit, 0, say, &x);
  kit_run(kit);
  EXPECT_EQ(x.sent, 30 * NS);
  EXPECT_EQ(x.synced, 130 * NS);
}

/* More at a time than the device has room for, from many CPUs: every sync returns. */
BOARD_TEST(Broadcast, EverySyncReturnsHoweverManyAreSent)
{
  struct program x[4];

  kit->smmu.idr[0] |= BTM;
  for (unsigned cpu = 0; cpu < 4; cpu++) {
    x[cpu] = (struct program){ kit, 9 + cpu, 0, 0 };
    kit_start(kit, cpu, say, &x[cpu]);
  }
  kit_run(kit);
  for (unsigned cpu = 0; cpu < 4; cpu++)
    EXPECT_GE(x[cpu].synced, x[cpu].sent);
}

BOARD_TEST(Broadcast, DeviceThatDoesNotTakePartLetsThemPass)
{
  struct program x = { kit, 20, 0, 0 };

  kit_cost(kit, PLAT_COST_BROADCAST_SYNC, 7 * NS);
  kit_start(kit, 0, say, &x);
  kit_run(kit);
  EXPECT_EQ(x.synced - x.sent, 7 * NS);
}

/* A sync takes as long as the device needs for what came before. */
TEST_CASE(Broadcast, SyncWaitsForTheSweeps)
{
  struct kit kit = kit_new(KIT_TIMED);
  struct program x = { &kit, 4, 0, 0 };

  timed_profile_zero(&kit.profile);
  kit.profile.stage[SMMU_STAGE_INVALIDATE] = (struct timed_resource){ .latency_ps = 50 * NS };
  kit.smmu.idr[0] |= BTM;
  smmu_config_set_tlb_profile(&kit.smmu, "qemu"); /* one cache to sweep */
  kit_start(&kit, 0, say, &x);
  kit_run(&kit);
  EXPECT_EQ(x.sent, 0);
  EXPECT_EQ(x.synced, 200 * NS);
  kit_end(&kit);
}
