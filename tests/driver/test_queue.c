/* Many CPUs, one queue: nothing is lost, doubled or out of order, PROD only moves on, and a CMD_SYNC
 * covers what was submitted before it. */
#include <stdlib.h>

#include "kit.h"
#include "util/check.h"

/* Every command is TLBI_NH_VA with ASID = CPU + 1 and ADDR = its number on that CPU. */
struct crowd {
  unsigned cpus, submissions, most;
  uint64_t random;
  bool syncs_only, no_syncs;
  uint64_t sent[KIT_CPUS], seen[KIT_CPUS];
  unsigned early, misordered;
};

static struct crowd *crowd_of(struct kit *kit)
{
  return kit->arg;
}

static void on_consumed(struct kit *kit, const struct kit_command *c)
{
  struct crowd *crowd = crowd_of(kit);
  unsigned cpu;

  if (FGET(CMD, Opcode, c->words) != CMD_TLBI_NH_VA)
    return;
  cpu = (unsigned)FGET(TLBI_NH_VA, ASID, c->words) - 1;
  CHECK(cpu < KIT_CPUS);
  crowd->misordered += FGET(TLBI_NH_VA, ADDR, c->words) != crowd->seen[cpu];
  crowd->seen[cpu]++;
}

static unsigned draw(struct crowd *crowd, unsigned n)
{
  crowd->random = crowd->random * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(crowd->random >> 33) % n;
}

static void one_cpu(struct kit *kit, unsigned n)
{
  struct crowd *crowd = crowd_of(kit);
  struct drv_command c[DRV_BATCH];

  for (unsigned i = 0; i < crowd->submissions; i++) {
    unsigned count = draw(crowd, crowd->most + 1);
    bool sync = crowd->syncs_only || (!crowd->no_syncs && draw(crowd, 4) != 0) || count == 0;

    for (unsigned k = 0; k < count; k++) {
      c[k] = (struct drv_command){ { CMD_TLBI_NH_VA, 0 } };
      FPUT(TLBI_NH_VA, ASID, c[k].words, n + 1);
      FPUT(TLBI_NH_VA, ADDR, c[k].words, crowd->sent[n]);
      FPUT(TLBI_NH_VA, Leaf, c[k].words, 1);
      crowd->sent[n]++;
    }
    EXPECT_EQ(drv_issue(kit->drv, c, count, sync), 0);
    if (sync)
      crowd->early += crowd->seen[n] != crowd->sent[n];
  }
}

/* Returns the number of writes. */
static unsigned check_prod(struct kit *kit)
{
  const struct kit_access *a = kit->accesses.at;
  uint32_t mask = (2u << kit->options.cmdq_log2) - 1;
  unsigned writes = 0;
  unsigned wrong = 0;
  uint32_t last = 0;

  for (size_t i = 0; i < kit->accesses.count; i++) {
    uint32_t step;

    if (!a[i].write || a[i].addr != PLAT_SMMU_BASE + OFF_CMDQ_PROD)
      continue;
    step = ((uint32_t)a[i].value - last) & mask;
    if (writes++)
      wrong += a[i].value > mask || step == 0 || step > 1u << kit->options.cmdq_log2;
    last = (uint32_t)a[i].value;
  }
  EXPECT_EQ(wrong, 0);
  return writes;
}

static void run_crowd(struct kit *kit)
{
  struct crowd *crowd = crowd_of(kit);
  struct drv_counts before;
  struct drv_counts after;
  unsigned writes;

  ASSERT_EQ(kit_probe(kit), 0);
  kit_clear(kit);
  kit->consumed = on_consumed;
  drv_get_counts(kit->drv, &before);
  for (unsigned n = 0; n < crowd->cpus; n++)
    kit_start(kit, n + (crowd->cpus < KIT_CPUS ? 1 : 0), one_cpu, n);
  kit_join(kit);
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), 0);
  drv_get_counts(kit->drv, &after);
  for (unsigned n = 0; n < crowd->cpus; n++)
    EXPECT_EQ(crowd->seen[n], crowd->sent[n]);
  EXPECT_EQ(crowd->early, 0);
  EXPECT_EQ(crowd->misordered, 0);
  EXPECT_EQ(after.submissions - before.submissions, (uint64_t)crowd->cpus * crowd->submissions + 1);
  EXPECT_EQ(after.timeouts, 0);
  EXPECT_STREQ(kit->log, "");
  writes = check_prod(kit);
  EXPECT_EQ(writes, after.prod_writes - before.prod_writes);
  EXPECT_EQ(kit->commands.count, after.commands - before.commands);
  if (crowd->cpus >= 8)
    EXPECT_LT(writes, after.submissions - before.submissions);
  kit->consumed = NULL;
  kit_remove(kit);
}

enum { CROWDS = 12 };

static const struct {
  const char *name;
  unsigned cpus, submissions, most, jitter, without;
  bool syncs_only, no_syncs;
} crowds[CROWDS] = {
  { "2_cpus", 2, 600, 5, 0, 0, false, false },
  { "2_cpus_jitter", 2, 600, 64, 300, 0, false, false },
  { "3_cpus_full", 3, 300, 64, 200, 0, false, false },
  { "8_cpus", 8, 200, 5, 0, 0, false, false },
  { "8_cpus_full_jitter", 8, 100, 64, 500, 0, false, false },
  { "8_cpus_cons", 8, 150, 5, 300, DRV_WITHOUT_MSI_POLL, false, false },
  { "16_cpus_syncs", 16, 100, 1, 300, 0, true, false },
  { "16_cpus_no_syncs", 16, 100, 64, 300, 0, false, true },
  { "32_cpus_cons_full", 32, 50, 64, 400, DRV_WITHOUT_MSI_POLL, false, false },
  { "63_cpus", 63, 60, 3, 100, 0, false, false },
  { "63_cpus_cons_syncs", 63, 60, 1, 200, DRV_WITHOUT_MSI_POLL, true, false },
  { "63_cpus_full", 63, 30, 64, 500, 0, false, false },
};

static const char *const crowd_names[CROWDS] = {
  "2_cpus",        "2_cpus_jitter",      "3_cpus_full",
  "8_cpus",        "8_cpus_full_jitter", "8_cpus_cons",
  "16_cpus_syncs", "16_cpus_no_syncs",   "32_cpus_cons_full",
  "63_cpus",       "63_cpus_cons_syncs", "63_cpus_full"
};

static void crowd_on(int variant, int row, uint64_t seed)
{
  struct kit *kit = malloc(sizeof *kit);
  struct crowd *crowd = calloc(1, sizeof *crowd);

  CHECK(kit && crowd);
  kit_init(kit, variant);
  crowd->cpus = crowds[row].cpus;
  crowd->submissions = crowds[row].submissions;
  crowd->most = crowds[row].most;
  crowd->syncs_only = crowds[row].syncs_only;
  crowd->no_syncs = crowds[row].no_syncs;
  crowd->random = seed;
  kit->arg = crowd;
  kit->options.cmdq_log2 = 7;
  kit->options.without = crowds[row].without;
  kit->board_config.seed = seed;
  kit->board_config.jitter_permille = crowds[row].jitter;
  kit_boot(kit, run_crowd);
  free(crowd);
  free(kit);
}

PARAM_TEST_CASE(Crowd, LosesNothingOnNow, crowd_names, CROWDS)
{
  crowd_on(0, param, 1);
  crowd_on(0, param, 2);
}

PARAM_TEST_CASE(Crowd, LosesNothingOnTimed, crowd_names, CROWDS)
{
  crowd_on(1, param, 1);
  crowd_on(1, param, 3);
}

/* ---- one CPU ----------------------------------------------------------------------------------- */

DRIVER_TEST(Queue, WrapsManyTimes)
{
  struct drv_command c[3] = { { { CMD_TLBI_NH_ASID, 0 } },
                              { { CMD_TLBI_NH_ASID, 0 } },
                              { { CMD_TLBI_NH_ASID, 0 } } };

  for (unsigned i = 0; i < 600; i++)
    EXPECT_EQ(drv_issue(kit->drv, c, 3, i % 100 == 99), 0);
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), 0);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), 1800);
}

DRIVER_TEST(Queue, BarrierStandsBeforeProd)
{
  struct drv_command c = { { CMD_TLBI_NH_ASID, 0 } };

  EXPECT_EQ(drv_issue(kit->drv, &c, 1, false), 0);
  EXPECT_EQ(((struct kit_access *)kit->accesses.at)[0].addr, PLAT_SMMU_BASE + OFF_CMDQ_PROD);
  EXPECT_EQ(kit->unordered_at_write, 0);
  EXPECT_EQ(kit->stores.count, 2);
}

DRIVER_TEST(Queue, LongListsAreCutIntoBatches)
{
  struct drv_command c[200];

  for (unsigned i = 0; i < 200; i++)
    c[i] = (struct drv_command){ { CMD_TLBI_NH_ASID, 0 } };
  EXPECT_EQ(drv_issue(kit->drv, c, 200, true), 0);
  EXPECT_EQ(kit_writes(kit, PLAT_SMMU_BASE + OFF_CMDQ_PROD), 4);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), 200);
  EXPECT_EQ(kit_count(kit, CMD_SYNC), 1);
}

/* With an MSI nobody reads CONS; without, one read is enough when the command was consumed at once,
 * and none when software knows already. */
DRIVER_TEST(Queue, SyncByMsiReadsNoRegister)
{
  struct drv_counts counts;
  struct drv_counts after;

  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), 0);
  drv_get_counts(kit->drv, &after);
  EXPECT_EQ(after.cons_reads, counts.cons_reads);
  EXPECT_EQ(FGET(SYNC, CS, kit_command(kit, 0)->words), 1);
}

static void sync_by_cons(struct kit *kit)
{
  struct drv_counts counts;
  struct drv_counts after;

  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), 0);
  drv_get_counts(kit->drv, &after);
  EXPECT_GE(after.cons_reads, counts.cons_reads + 1);
  if (!kit->timed)
    EXPECT_EQ(after.cons_reads, counts.cons_reads + 1);
  EXPECT_EQ(FGET(SYNC, CS, kit_command(kit, 0)->words), 2);
  EXPECT_EQ(FGET(SYNC, MSIAddress, kit_command(kit, 0)->words), 0);
}

PARAM_TEST_CASE(Queue, SyncByConsReadsIt, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit.config.idr[0] &= ~(uint32_t)MASK(IDR0, MSI);
  kit_run(&kit, sync_by_cons);
  kit_init(&kit, param);
  kit.config.idr[0] &= ~(uint32_t)MASK(IDR0, COHACC);
  kit_run(&kit, sync_by_cons);
  kit_init(&kit, param);
  kit.config.idr[0] = (kit.config.idr[0] & ~(uint32_t)MASK(IDR0, MSI)) | (uint32_t)MASK(IDR0, SEV);
  kit_run(&kit, sync_by_cons);
}
