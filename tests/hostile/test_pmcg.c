/* Hostile software at a counter group: any access of any size, any record at any time, in groups of
 * every shape, by itself and on engines, from interrupts too. After each the invariants hold, places
 * without a register read as zero, and the clock of the group goes on. IHI 0070 10.5, 6.2. */
#include <string.h>

#include "shim/rig.h"
#include "smmu/pmcg.h"
#include "smmu/smmu.h"

enum { GROUPS = 60, OPERATIONS = 3000 };

static struct smmu_pmcg_config cfg;
static struct smmu_pmcg p;
static uint64_t now, state;

static uint64_t draw(uint64_t n)
{
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (state >> 33) % n;
}

static bool one_in(unsigned n)
{
  return draw(n) == 0;
}

static void any_group(void)
{
  static const uint8_t sizes[] = { 32, 36, 40, 44, 48, 64 };
  struct smmu_config device;

  smmu_config_neutral(&device);
  smmu_pmcg_config_neutral(&cfg, &device, SMMU_PMCG_WHOLE);
  cfg.counters = (uint8_t)(one_in(2) ? 1 + draw(4) : 1 + draw(64));
  cfg.counter_bits = sizes[draw(6)];
  cfg.relocated = one_in(2);
  cfg.capture = one_in(2);
  cfg.msi = one_in(2);
  cfg.one_filter = one_in(2);
  cfg.ats = one_in(2);
  cfg.sid_bits = (uint8_t)(1 + draw(32));
  cfg.tbu = one_in(2) ? SMMU_PMCG_WHOLE : (uint16_t)draw(3);
  cfg.cycle_ps = one_in(2) ? 1 : 1 + draw(1 << 30);
  cfg.ack_ps = one_in(2) ? 0 : draw(1 << 20);
  now = 0;
  ASSERT_EQ(smmu_pmcg_init(&p, &cfg), SMMU_OK);
}

/* Most accesses are to registers; the rest to anywhere. */
static uint64_t any_offset(void)
{
  static const uint16_t registers[] = { 0x000, 0x400, 0x600, 0xa00, 0xc00, 0xc20, 0xc40, 0xc60,
                                        0xc80, 0xcc0, 0xd88, 0xe00, 0xe04, 0xe04, 0xe50, 0xe50,
                                        0xe54, 0xe58, 0xe60, 0xe64, 0xe68, 0xe70 };
  uint64_t page = cfg.relocated && one_in(2) ? 0x10000 : 0;
  uint64_t offset = registers[draw(sizeof(registers) / sizeof(registers[0]))];

  if (one_in(8))
    return draw(0x28000);
  if (offset < 0xc00)
    offset += draw(cfg.counters) * (offset % 0x400 || offset == 0 ? 8 : 4);
  return page + offset;
}

static uint64_t any_value(void)
{
  switch (draw(5)) {
  case 0: return draw(0x90);
  case 1: return 0x20000000 | draw(0x90);
  case 2: return UINT64_MAX;
  case 3: return (UINT64_MAX >> draw(64)) - draw(4);
  default: return draw(1ULL << 31) << 33 | draw(1ULL << 31);
  }
}

static struct smmu_record any_record(void)
{
  struct smmu_record r;

  memset(&r, one_in(8) ? (int)draw(256) : 0, sizeof r);
  r.category = (uint8_t)draw(SMMU_TRACE_COUNT + 2);
  r.actor = (uint16_t)(one_in(16) ? draw(0x10000) : draw(6));
  r.sid = (uint32_t)draw(4);
  r.unit = (uint16_t)draw(5);
  r.info = (uint8_t)draw(SMMU_READ_COUNT + 1);
  r.phase = (uint8_t)draw(8);
  r.result = (uint16_t)draw(5);
  r.time = one_in(8) ? draw(now + 1) : now;
  return r;
}

static void operate(uint64_t *interrupts)
{
  uint64_t offset = any_offset();
  unsigned bytes = one_in(16) ? (unsigned)draw(12) : 4u << draw(2);
  struct smmu_pmcg_irq irq;
  struct smmu_record r;

  if (one_in(4))
    now += one_in(8) ? draw(1ULL << 31) << 20 : draw(1 << 20);
  if (one_in(3)) {
    r = any_record();
    smmu_pmcg_record(&p, &r);
  } else {
    smmu_pmcg_write(&p, offset, any_value(), bytes, now);
  }
  smmu_pmcg_read(&p, offset, bytes, now);
  EXPECT_EQ(smmu_pmcg_read(&p, 0x1000 + draw(0xf000), 4, now), 0);
  EXPECT_GT(smmu_pmcg_next_time(&p), now);
  if (smmu_pmcg_take_irq(&p, &irq)) {
    ++*interrupts;
    EXPECT_TRUE(!irq.msi || (cfg.msi && irq.addr % 4 == 0 && irq.addr >> cfg.address_bits == 0));
    if (irq.msi && one_in(2))
      smmu_pmcg_msi_aborted(&p);
  }
  smmu_pmcg_invariant(&p);
}

TEST_CASE(HostilePmcg, NoAccessAndNoRecordBreaksAGroup)
{
  uint64_t interrupts = 0;

  state = 1;
  for (unsigned group = 0; group < GROUPS; group++) {
    any_group();
    for (unsigned i = 0; i < OPERATIONS; i++)
      operate(&interrupts);
  }
  EXPECT_GT(interrupts, 100);
}

/* ---- on engines ---- */

static unsigned in_signal;
static uint64_t signals;

static uint64_t get(struct rig *rig, uint64_t offset, unsigned bytes)
{
  return rig_timed(rig) ? engine_timed_pmcg_read(rig_timed(rig), offset, bytes)
                        : engine_now_pmcg_read(rig->engine, offset, bytes);
}

static void put(struct rig *rig, uint64_t offset, uint64_t value, unsigned bytes)
{
  if (rig_timed(rig))
    engine_timed_pmcg_write(rig_timed(rig), offset, value, bytes);
  else
    engine_now_pmcg_write(rig->engine, offset, value, bytes);
}

/* From inside an interrupt, and from the interrupts that this leads to. */
static void on_signal(void *ctx, unsigned group, uint64_t time)
{
  struct rig *rig = ctx;

  (void)time;
  signals++;
  if (++in_signal < 4) {
    for (unsigned i = 0; i < 4; i++)
      put(rig, group * 0x20000ull + any_offset(), any_value(), 4u << draw(2));
  }
  in_signal--;
}

static void give_groups(struct rig *rig)
{
  struct smmu_pmcg_config groups[2];
  int rc;

  for (unsigned i = 0; i < 2; i++) {
    any_group();
    groups[i] = cfg;
    groups[i].tbu = i ? 0 : SMMU_PMCG_WHOLE;
    groups[i].cycle_ps = 1 + draw(1000);
  }
  if (rig_timed(rig)) {
    rc = engine_timed_set_pmcgs(rig_timed(rig), groups, 2);
    engine_timed_set_pmcg_signal(rig_timed(rig), on_signal, rig);
  } else {
    rc = engine_now_set_pmcgs(rig->engine, groups, 2);
    engine_now_set_pmcg_signal(rig->engine, on_signal, rig);
  }
  EXPECT_EQ(rc, SMMU_OK);
}

static void pass_time(struct rig *rig)
{
  uint64_t step = one_in(8) ? 1ull << 33 : draw(1 << 24);

  if (rig_timed(rig))
    engine_timed_run_until(rig_timed(rig), engine_timed_now(rig_timed(rig)) + step);
  else
    engine_now_set_time(rig->engine, now += step);
}

/* What it takes to interrupt soon, wherever the registers are. */
static void arm(struct rig *rig, uint64_t group)
{
  put(rig, group + 0x400, 0x20000000 | draw(3), 4);
  put(rig, group + 0xa00, UINT32_MAX, 4);
  for (uint64_t page = 0; page < 0x20000; page += 0x10000) {
    put(rig, group + page, UINT64_MAX - draw(4), 8);
    put(rig, group + page, UINT32_MAX - draw(4), 4);
  }
  put(rig, group + 0xc00, UINT64_MAX, 8);
  put(rig, group + 0xc40, UINT64_MAX, 8);
  put(rig, group + 0xe50, 1, 4);
  put(rig, group + 0xe04, 1, 4);
}

static void at_random(struct rig *rig)
{
  rig_restart_profile(rig, "tiny");
  rig_map(rig, SID, 0x1000, 0x30001000, RIG_RW);
  give_groups(rig);
  now = 0;
  for (unsigned i = 0; i < OPERATIONS; i++) {
    uint64_t offset = draw(3) * 0x20000 + any_offset();

    switch (draw(8)) {
    case 0: rig_read(rig, (uint32_t)draw(3), draw(3) << 12); break;
    case 1: pass_time(rig); break;
    case 2: get(rig, offset, 4u << draw(2)); break;
    case 3: arm(rig, draw(2) * 0x20000); break;
    default: put(rig, offset, any_value(), 4u << draw(2)); break;
    }
    for (unsigned group = 0; group < 2; group++)
      smmu_pmcg_invariant(rig_timed(rig) ? engine_timed_pmcg(rig_timed(rig), group)
                                         : engine_now_pmcg(rig->engine, group));
  }
}

static const struct rig_host *const hosts[] = { &rig_host_now, &rig_host_now_seeded,
                                                &rig_host_timed, &rig_host_timed_seeded };
static const char *const host_names[] = { "now", "now-seeded", "timed", "timed-seeded" };

PARAM_TEST_CASE(HostilePmcg, EnginesSurviveAnyAccessFromInterruptsToo, host_names, 4)
{
  state = 7;
  signals = 0;
  for (unsigned round = 0; round < 4; round++)
    rig_run_on(hosts[param], at_random);
  EXPECT_GT(signals, 100);
}
