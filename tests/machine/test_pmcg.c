/* Counter groups of whole machines: what software reads from their registers is what records say,
 * whatever the engine, and does not hang on the fast path. IHI 0070 10.3. */
#include <stdio.h>
#include <string.h>

#include "kit.h"
#include "shim/rig.h"
#include "smmu/err.h"

static struct machine_config cfg;
static struct machine_result result, other;

#define START(...) \
  kit_start(&cfg, (const char *const[]){ "bench.loops=12", "bench.warmup=2", "bench.granule=16k", \
                                         __VA_ARGS__, NULL })

/* ---- registers and records ---- */

static void expect_counts_to_be_tallies(const struct machine_pmcg_counts *c)
{
  char name[16];

  for (unsigned g = 0; g < c->groups; g++) {
    machine_pmcg_group_name(g, name, sizeof(name));
    for (unsigned e = 1; e < SMMU_PMCG_EVENTS; e++) {
      if (c->counted[g][e] && c->count[g][e] != c->tally[g][e])
        ADD_TEST_FAILURE("%s.%s is %llu, records say %llu", name, machine_pmcg_event_name(e),
                         (unsigned long long)c->count[g][e], (unsigned long long)c->tally[g][e]);
    }
  }
}

static const char *const machines[] = { "bare-now",      "bare-timed", "trapped-now",
                                        "trapped-timed", "vcmdq-now",  "vcmdq-timed" };
static const char *const queues[] = { "vm.queue=bare", "vm.queue=trapped", "vm.queue=vcmdq" };

PARAM_TEST_CASE(MachinePmcg, WhatRegistersShowIsWhatRecordsSay, machines, 6)
{
  const struct machine_pmcg_counts *c = &result.pmcg;

  START(queues[param / 2], param % 2 ? "run.engine=timed" : "run.engine=now", "smmu.pmcg=on",
        "smmu.tbus=3", "device.dma=on", "device.rounds=4", "bench.threads=2");
  ASSERT_TRUE(kit_run(&cfg, &result));
  ASSERT_EQ(c->groups, 4u);
  expect_counts_to_be_tallies(c);
  EXPECT_EQ(c->count[0][SMMU_PMCG_TRANSACTION], 2 * 14 * 4 * 4);
  EXPECT_EQ(c->count[1][SMMU_PMCG_TRANSACTION], 2 * 14 * 4 * 2);
  EXPECT_EQ(c->count[2][SMMU_PMCG_TRANSACTION], 2 * 14 * 4);
  EXPECT_EQ(c->count[3][SMMU_PMCG_TRANSACTION], 2 * 14 * 4);
  EXPECT_GE(c->count[0][SMMU_PMCG_TLB_MISS], 2 * 14 * 4); /* four pages, mapped anew each turn */
  EXPECT_EQ(c->count[0][SMMU_PMCG_TERMINATED], 0);
  EXPECT_GT(c->count[0][SMMU_PMCG_COMMAND], 0);
  machine_result_free(&result);
}

/* A page is asked for once, and then used translated. */
PARAM_TEST_CASE(MachinePmcg, AtsTrafficCountsByItsKind, machines, 6)
{
  const struct machine_pmcg_counts *c = &result.pmcg;

  START(queues[param / 2], param % 2 ? "run.engine=timed" : "run.engine=now", "smmu.pmcg=on",
        "device.ats=on", "device.dma=on", "device.rounds=3");
  ASSERT_TRUE(kit_run(&cfg, &result));
  expect_counts_to_be_tallies(c);
  EXPECT_EQ(c->count[0][SMMU_PMCG_ATS_REQUEST], 14 * 4);
  EXPECT_EQ(c->count[1][SMMU_PMCG_ATS_TRANSLATED], 14 * 4 * 3);
  EXPECT_EQ(c->count[0][SMMU_PMCG_TRANSACTION], 14 * 4 * (1 + 3));
  EXPECT_EQ(c->count[0][SMMU_PMCG_TERMINATED], 0);
  machine_result_free(&result);
}

PARAM_TEST_CASE(MachinePmcg, CommandsAreThoseOfTheDrivers, machines, 6)
{
  const struct machine_counts *c = &result.counts;
  uint64_t mine;

  START(queues[param / 2], param % 2 ? "run.engine=timed" : "run.engine=now", "smmu.pmcg=on");
  ASSERT_TRUE(kit_run(&cfg, &result));
  mine = param / 2 == 1 ? c->host_commands : c->guest_commands; /* whose queue the SMMU reads */
  EXPECT_EQ(result.pmcg.count[0][SMMU_PMCG_COMMAND], mine);
  EXPECT_EQ(result.pmcg.count[0][SMMU_PMCG_SYNC], param / 2 == 1 ? c->host_syncs : c->guest_syncs);
  machine_result_free(&result);
}

TEST_CASE(MachinePmcg, CyclesAreTheTimeOfTheTurns)
{
  uint64_t cycles;

  START("vm.queue=trapped", "smmu.pmcg=on");
  ASSERT_TRUE(kit_run(&cfg, &result));
  cycles = result.pmcg.count[0][SMMU_PMCG_CYCLE];
  EXPECT_GE(cycles, result.time_ps / 1000);
  EXPECT_LT(cycles, result.time_ps / 1000 * 2);
  machine_result_free(&result);
}

TEST_CASE(MachinePmcg, WithoutThemThereAreNoCounts)
{
  START("vm.queue=bare");
  ASSERT_TRUE(kit_run(&cfg, &result));
  EXPECT_EQ(result.pmcg.groups, 0u);
  EXPECT_EQ(result.pmcg.count[0][SMMU_PMCG_COMMAND], 0);
  machine_result_free(&result);
}

/* Reading counters takes time before and after, and none in between. */
TEST_CASE(MachinePmcg, TheyDoNotChangeWhatIsMeasured)
{
  START("vm.queue=bare", "run.seed=0");
  ASSERT_TRUE(kit_run(&cfg, &result));
  kit_set(&cfg, "smmu.pmcg=on");
  ASSERT_TRUE(kit_run(&cfg, &other));
  EXPECT_EQ(other.all.unmap.sum, result.all.unmap.sum);
  EXPECT_EQ(other.all.map.sum, result.all.map.sum);
  EXPECT_EQ(other.time_ps, result.time_ps);
  EXPECT_EQ(other.counts.guest_commands, result.counts.guest_commands);
  machine_result_free(&result);
  machine_result_free(&other);
}

static void keep(void *ctx, const struct machine_stat *stat)
{
  uint64_t *found = ctx;

  if (strcmp(stat->name, "pmcg.smmu.transaction") == 0)
    found[0] = stat->value;
  if (strcmp(stat->name, "pmcg.tbu1.transaction") == 0)
    found[1] = stat->value;
  if (strcmp(stat->name, "pmcg.tbu1.walk_access") == 0)
    found[2]++;
}

TEST_CASE(MachinePmcg, FiguresHaveNames)
{
  uint64_t found[3] = { 0 };

  START("vm.queue=bare", "smmu.pmcg=on", "smmu.tbus=2", "device.dma=on", "device.rounds=3");
  ASSERT_TRUE(kit_run(&cfg, &result));
  machine_result_each(&result, keep, found);
  EXPECT_EQ(found[0], 14 * 4 * 3);
  EXPECT_EQ(found[1], 14 * 4);
  EXPECT_EQ(found[2], 0); /* a TBU walks no tables */
  machine_result_free(&result);
}

/* ---- the same program on every engine ---- */

enum { STEPS = 400 };

static struct machine_tally tally;
static uint64_t counted[3][2][SMMU_PMCG_EVENTS];
static unsigned which;

static void tell(void *ctx, const struct smmu_record *r)
{
  (void)ctx;
  machine_tally_record(&tally, r);
}

static uint64_t draw(uint64_t *state, uint64_t n)
{
  *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (*state >> 33) % n;
}

static void put(struct rig *rig, uint64_t offset, uint64_t value, unsigned bytes)
{
  if (rig_timed(rig))
    engine_timed_pmcg_write(rig_timed(rig), offset, value, bytes);
  else
    engine_now_pmcg_write(rig->engine, offset, value, bytes);
}

static uint64_t get(struct rig *rig, uint64_t offset)
{
  return rig_timed(rig) ? engine_timed_pmcg_read(rig_timed(rig), offset, 8)
                        : engine_now_pmcg_read(rig->engine, offset, 8);
}

static void set_up(struct rig *rig)
{
  struct smmu_config device;
  struct smmu_pmcg_config groups[2];
  static struct smmu_hooks hooks = { NULL, tell };

  smmu_config_neutral(&device);
  device.tbus = 2;
  device.tlb = (struct smmu_cache_config){ 2, 2 };
  device.utlb = (struct smmu_cache_config){ 1, 2 };
  rig_restart(rig, &device);
  smmu_pmcg_config_neutral(&groups[0], &device, SMMU_PMCG_WHOLE);
  smmu_pmcg_config_neutral(&groups[1], &device, 1);
  groups[0].counters = groups[1].counters = SMMU_PMCG_EVENTS;
  EXPECT_EQ(rig_timed(rig) ? engine_timed_set_pmcgs(rig_timed(rig), groups, 2)
                           : engine_now_set_pmcgs(rig->engine, groups, 2),
            SMMU_OK);
  memset(&tally, 0, sizeof tally);
  rig_set_hooks(rig, &hooks);
  rig_stream(rig, 2, &(struct rig_stream){ .config = 7, .asid = 9, .vmid = 3 });
  for (uint64_t page = 1; page < 12; page++) {
    rig_map(rig, SID, page << 12, 0x30000000 + (page << 12), page % 3 ? RIG_RW : RIG_R);
    rig_map(rig, 2, page << 12, RIG_DATA + (page << 12), RIG_RW);
    rig_map2(rig, 2, RIG_DATA + (page << 12), 0x40000000 + (page << 12), RIG_RW);
  }
  for (uint64_t group = 0; group < 2; group++) {
    for (unsigned e = 0; e < SMMU_PMCG_EVENTS; e++) {
      put(rig, group * 0x20000 + 0x400 + 4 * e, 0x20000000 | smmu_pmcg_event_number(e), 4);
      put(rig, group * 0x20000 + 0xa00 + 4 * e, 0xffffffff, 4);
    }
    put(rig, group * 0x20000 + 0xc00, UINT64_MAX, 8);
    put(rig, group * 0x20000 + 0xe04, 1, 4);
  }
  tally.active = true;
}

static const bool of_tbu[SMMU_PMCG_EVENTS] = {
#define X(name, number, filter, tbu, text) tbu,
  SMMU_PMCG_EVENT_LIST(X)
#undef X
};

static void compare(struct rig *rig, unsigned group, unsigned event, uint64_t tallied)
{
  uint64_t count = get(rig, group * 0x20000 + 0x10000 + 8ull * event);

  counted[which][group][event] = count;
  if (count != tallied)
    ADD_TEST_FAILURE("group %u, %s: %llu counted, %llu tallied", group,
                     machine_pmcg_event_name(event), (unsigned long long)count,
                     (unsigned long long)tallied);
}

static void at_random(struct rig *rig)
{
  uint64_t state = 4711;

  set_up(rig);
  for (unsigned i = 0; i < STEPS; i++) {
    uint32_t sid = 1 + (uint32_t)draw(&state, 3); /* there is no stream 3 */
    uint64_t page = draw(&state, 3) ? 1 + draw(&state, 2) : draw(&state, 13);

    rig->tbu = (uint16_t)draw(&state, 2);
    switch (draw(&state, 12)) {
    case 0: rig_cmds(rig, "TLBI_NH_ALL vmid=0; CFGI_STE sid=1; SYNC"); break;
    case 1: rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x4000; TLBI_S12_VMALL vmid=3; SYNC"); break;
    case 2: rig_write(rig, sid, page << 12); break;
    default: rig_read(rig, sid, page << 12); break;
    }
  }
  for (unsigned e = 1; e < SMMU_PMCG_EVENTS; e++) {
    compare(rig, 0, e, tally.count[0][e]);
    if (of_tbu[e])
      compare(rig, 1, e, tally.count[2][e]);
  }
}

TEST_CASE(MachinePmcg, TheFastPathCountsAsTheStepsDo)
{
  static const struct rig_host *const hosts[] = { &rig_host_now, &rig_host_now_stepped,
                                                  &rig_host_timed };

  for (which = 0; which < 3; which++)
    rig_run_on(hosts[which], at_random);
  for (unsigned e = 1; e < SMMU_PMCG_EVENTS; e++) {
    for (unsigned group = 0; group < 2; group++) {
      EXPECT_EQ(counted[0][group][e], counted[1][group][e]);
      EXPECT_EQ(counted[0][group][e], counted[2][group][e]);
    }
  }
  EXPECT_GT(counted[0][0][SMMU_PMCG_TRANSACTION], 300);
  EXPECT_GT(counted[0][1][SMMU_PMCG_UTLB_HIT], 10);
  EXPECT_GT(counted[0][0][SMMU_PMCG_RECORD], 10);
  EXPECT_GT(counted[0][0][SMMU_PMCG_WALK_IPA_HIT], 10);
  EXPECT_GT(counted[0][0][SMMU_PMCG_TERMINATED], 10);
}
