/* Counter groups by the driver: what is counted between two reads, filters, counters that wrap while
 * they count, and sequences register by register. IHI 0070 10.2.1, 10.3, 10.4, 10.5. */
#include <errno.h>

#include "arch/pmcg.h"
#include "driver/drv_pmcg.h"
#include "kit.h"

enum { LINE = 12 };

static void init_pmcg(struct kit *kit, int variant)
{
  kit_init(kit, variant);
  kit->has_pmcg = true;
  kit->board_config.irq_lines = 16;
  kit->board_config.pmcg_line = LINE;
  smmu_pmcg_config_neutral(&kit->pmcg, &kit->config, SMMU_PMCG_WHOLE);
}

#define PMCG_TEST(name, prepare) \
  static void pmcg_body_##name(struct kit *kit); \
  PARAM_TEST_CASE(DrvPmcg, name, kit_devices, KIT_DEVICES) \
  { \
    struct kit kit; \
\
    init_pmcg(&kit, param); \
    prepare; \
    kit_run(&kit, pmcg_body_##name); \
  } \
  static void pmcg_body_##name(struct kit *kit)

static struct drv_pmcg *probe(struct kit *kit)
{
  struct drv_pmcg_options options = { .page0 = PLAT_PMCG_BASE, .line = LINE };
  struct drv_pmcg *p;

  EXPECT_EQ(drv_pmcg_probe(&p, &kit->plat, &options), 0);
  return p;
}

static unsigned add(struct drv_pmcg *p, unsigned number)
{
  struct drv_pmcg_event event = { .number = (uint16_t)number };
  unsigned n = 99;

  EXPECT_EQ(drv_pmcg_add(p, &event, &n), 0);
  return n;
}

PMCG_TEST(FeaturesAreThoseOfTheRegisters, kit.pmcg.counters = 7)
{
  struct drv_pmcg *p = probe(kit);
  const struct drv_pmcg_features *f = drv_pmcg_get_features(p);

  EXPECT_EQ(f->counters, 7u);
  EXPECT_EQ(f->counter_bits, 48u);
  EXPECT_TRUE(f->relocated && f->capture && !f->one_filter);
  EXPECT_EQ(f->events[0] & 0x3f, 0x3f);
  drv_pmcg_remove(p);
}

/* A stage 1 domain of the driver's on the neutral device: three levels of tables. */
PMCG_TEST(CountsWhatStreamsDoWhileTheGroupIsOn, (void)0)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_pmcg *p = probe(kit);
  unsigned all = add(p, 1), miss = add(p, 2), cfg = add(p, 3), walk = add(p, 4),
           command = add(p, 0x8a);
  unsigned utlb = add(p, 0x80), cycles = add(p, 0);
  uint64_t start;

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x2000, KIT_RW), 0);
  kit_read(kit, SID, 0x1000);
  EXPECT_EQ(drv_pmcg_read(p, all), 0);
  EXPECT_EQ(drv_pmcg_enable(p), 0);
  start = plat_now_ps(&kit->plat);
  kit_read(kit, SID, 0x1000);
  kit_read(kit, SID, 0x1000);
  kit_read(kit, SID, 0x2000);
  EXPECT_EQ(drv_pmcg_read(p, all), 3);
  EXPECT_EQ(drv_pmcg_read(p, miss), 1);
  EXPECT_EQ(drv_pmcg_read(p, cfg), 0);
  EXPECT_EQ(drv_pmcg_read(p, walk), 1); /* the walk cache knows the table */
  EXPECT_EQ(drv_pmcg_read(p, utlb), 2);
  EXPECT_EQ(drv_pmcg_read(p, command), 0);
  plat_delay(&kit->plat, 5000000);
  EXPECT_GE(drv_pmcg_read(p, cycles), (plat_now_ps(&kit->plat) - start) / 1000 - 1000);
  drv_pmcg_disable(p);
  kit_read(kit, SID, 0x1000);
  EXPECT_EQ(drv_pmcg_read(p, all), 3);
  drv_pmcg_remove(p);
  EXPECT_EQ(kit_unmap(kit, d, 0x1000, 0x2000), 0x2000);
  kit_free(kit, d, SID);
}

PMCG_TEST(FiltersByStreamAndBySpan, (void)0)
{
  struct drv_pmcg *p = probe(kit);
  struct drv_pmcg_event one = { .number = 1, .filter = true, .sid = SID },
                        span = { .number = 1, .filter = true, .span = true, .sid = 5 };
  unsigned a, b, all = add(p, 1);

  EXPECT_EQ(drv_pmcg_add(p, &one, &a), 0);
  EXPECT_EQ(drv_pmcg_add(p, &span, &b), 0); /* 4 to 7 */
  EXPECT_EQ(drv_pmcg_enable(p), 0);
  for (uint32_t sid = 0; sid < 10; sid++)
    kit_read(kit, sid, 0x1000);
  EXPECT_EQ(drv_pmcg_read(p, a), 1);
  EXPECT_EQ(drv_pmcg_read(p, b), 4);
  EXPECT_EQ(drv_pmcg_read(p, all), 10);
  drv_pmcg_remove(p);
}

PMCG_TEST(CountersRunOutAndAreGivenBack, kit.pmcg.counters = 2)
{
  struct drv_pmcg *p = probe(kit);
  struct drv_pmcg_event event = { .number = 1 }, absent = { .number = 9 };
  unsigned n;

  EXPECT_EQ(drv_pmcg_add(p, &absent, &n), -EINVAL);
  EXPECT_EQ(add(p, 1), 0u);
  EXPECT_EQ(add(p, 0x8f), 1u);
  EXPECT_EQ(drv_pmcg_add(p, &event, &n), -ENOSPC);
  drv_pmcg_del(p, 0);
  EXPECT_EQ(add(p, 4), 0u);
  drv_pmcg_remove(p);
}

PMCG_TEST(OneFilterForAllIsSharedOrRefused, kit.pmcg.one_filter = 1)
{
  struct drv_pmcg *p = probe(kit);
  struct drv_pmcg_event mine = { .number = 1, .filter = true, .sid = SID }, other = mine;
  unsigned a, b, n;

  other.sid = SID + 1;
  EXPECT_EQ(drv_pmcg_add(p, &mine, &a), 0);
  EXPECT_EQ(drv_pmcg_add(p, &mine, &b), 0);
  EXPECT_EQ(drv_pmcg_add(p, &other, &n), -EAGAIN);
  EXPECT_EQ(drv_pmcg_enable(p), 0);
  kit_read(kit, SID, 0x1000);
  kit_read(kit, SID + 1, 0x1000);
  EXPECT_EQ(drv_pmcg_read(p, b), 1);
  drv_pmcg_remove(p);
}

/* 32 bits of picoseconds wrap every 4.3 ms. */
PMCG_TEST(CountsGoOnWhereACounterWraps, (kit.pmcg.counter_bits = 32, kit.pmcg.cycle_ps = 1))
{
  struct drv_pmcg *p = probe(kit);
  unsigned cycles = add(p, 0);
  uint64_t from, to, count;

  EXPECT_EQ(drv_pmcg_enable(p), 0);
  from = plat_now_ps(&kit->plat);
  plat_delay(&kit->plat, 50000000000ull);
  to = plat_now_ps(&kit->plat);
  count = drv_pmcg_read(p, cycles);
  EXPECT_GE(count, to - from);
  EXPECT_LT(count, to - from + 10000000); /* and the accesses on either side */
  EXPECT_GE(drv_pmcg_overflows(p), 11u);
  drv_pmcg_remove(p);
}

/* An interrupt takes a while: reads in between find the counter small and its overflow untold. */
PMCG_TEST(AReadBetweenOverflowAndHandlerMissesNothing,
          (kit.pmcg.counter_bits = 32, kit.pmcg.cycle_ps = 1))
{
  struct drv_pmcg *p = probe(kit);
  unsigned cycles = add(p, 0), between = 0;
  uint64_t last = 0;

  EXPECT_EQ(drv_pmcg_enable(p), 0);
  plat_delay(&kit->plat, (1ull << 32) - drv_pmcg_read(p, cycles) - 20000000);
  for (unsigned i = 0; i < 100; i++) {
    uint64_t count = drv_pmcg_read(p, cycles);

    EXPECT_GT(count, last);
    if (i)
      EXPECT_LT(count - last, 1ull << 31);
    between += count > 1ull << 32 && drv_pmcg_overflows(p) == 0;
    last = count;
    plat_delay(&kit->plat, 400000);
  }
  EXPECT_GT(last, 1ull << 32);
  EXPECT_GT(between, 0u);
  drv_pmcg_remove(p);
}

PMCG_TEST(RegistersAreProgrammedWhileTheGroupIsOff, (kit.pmcg.ack_ps = 2000000, kit.pmcg.msi = 1))
{
  struct drv_pmcg *p = probe(kit);
  const struct kit_access *a = kit->accesses.at;
  unsigned guarded = 0, off = 0;

  for (size_t i = 0; i < kit->accesses.count; i++) {
    uint64_t offset = a[i].addr - PLAT_PMCG_BASE;

    if (a[i].write && offset == 0xe04)
      off = a[i].value == 0;
    if (a[i].write && offset >= 0xe58 && offset <= 0xe64) {
      guarded++;
      EXPECT_TRUE(off);
    }
  }
  EXPECT_EQ(guarded, 3u);
  EXPECT_EQ(drv_pmcg_enable(p), 0); /* waits for IRQ_CTRLACK */
  EXPECT_EQ(plat_mmio_read(&kit->plat, PLAT_PMCG_BASE + 0xe54, 4), 1);
  drv_pmcg_remove(p);
  EXPECT_EQ(plat_mmio_read(&kit->plat, PLAT_PMCG_BASE + 0xe04, 4), 0);
  EXPECT_EQ(plat_mmio_read(&kit->plat, PLAT_PMCG_BASE + 0xe54, 4), 0);
}

PMCG_TEST(ATakenLineIsTold, (void)0)
{
  struct drv_pmcg_options options = { .page0 = PLAT_PMCG_BASE, .line = LINE };
  struct drv_pmcg *p = probe(kit), *second;

  EXPECT_EQ(drv_pmcg_probe(&second, &kit->plat, &options), -EBUSY);
  EXPECT_NULL(second);
  drv_pmcg_remove(p);
}

static bool never_acknowledged(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  (void)kit;
  *value = 1;
  return !write && addr == PLAT_PMCG_BASE + 0xe54;
}

PMCG_TEST(AGroupThatDoesNotAnswerIsGivenUp, (void)0)
{
  struct drv_pmcg_options options = { .page0 = PLAT_PMCG_BASE, .line = LINE };
  struct drv_pmcg *p;

  kit->answer = never_acknowledged;
  EXPECT_EQ(drv_pmcg_probe(&p, &kit->plat, &options), -ETIMEDOUT);
  kit->answer = NULL;
}
