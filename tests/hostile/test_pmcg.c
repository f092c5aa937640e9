/* Hostile software at a counter group: any access of any size, any record at any time, in groups of
 * every shape. After each the invariants hold, places without a register read as zero, and the clock
 * of the group goes on. IHI 0070 10.5, 6.2. */
#include <string.h>

#include "shim/gtest_c.h"
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
