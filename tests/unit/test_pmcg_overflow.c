/* Overflow of counters, interrupts, capture, and the clock. IHI 0070 10.2.1, 10.3 (event 0),
 * 10.5.2.8, 10.5.2.11, 10.5.2.19. */
#include "shim/gtest_c.h"
#include "smmu/pmcg.h"
#include "smmu/smmu.h"

enum {
  EVTYPER = 0x400,
  SVR = 0x600,
  SMR = 0xa00,
  CNTENSET = 0xc00,
  INTENSET = 0xc40,
  OVSCLR = 0xc80,
  CR = 0xe04,
  IRQ_CTRL = 0xe50,
  IRQ_CFG0 = 0xe58,
  IRQ_CFG1 = 0xe60,
  SPAN = 0x20000000
};
#define OVFCAP 0x80000000u
#define MAX48  0xffffffffffffull

static struct smmu_pmcg_config cfg;
static struct smmu_pmcg p;
static struct smmu_pmcg_irq irq;

static void neutral(void)
{
  struct smmu_config device;

  smmu_config_neutral(&device);
  smmu_pmcg_config_neutral(&cfg, &device, SMMU_PMCG_WHOLE);
  cfg.relocated = 0;
  cfg.sid_bits = 32;
  cfg.msi = 1;
}

static void put(uint64_t offset, uint64_t value, unsigned bytes)
{
  smmu_pmcg_write(&p, offset, value, bytes, p.now);
}

static uint64_t get(uint64_t offset)
{
  return smmu_pmcg_read(&p, offset, 8, p.now);
}

/* Counters from 0 on count these events from these values, and all may interrupt. */
static void start(unsigned count, const unsigned *events, const uint64_t *values)
{
  ASSERT_EQ(smmu_pmcg_init(&p, &cfg), SMMU_OK);
  for (unsigned n = 0; n < count; n++) {
    put(EVTYPER + 4 * n, SPAN | events[n], 4);
    put(SMR + 4 * n, 0xffffffff, 4);
    put(8 * n, values[n], 8);
    put(CNTENSET, 1ull << n, 8);
    put(INTENSET, 1ull << n, 8);
  }
  put(IRQ_CTRL, 1, 4);
  put(CR, 1, 4);
}

static void start_one(unsigned event, uint64_t value)
{
  start(1, &event, &value);
}

static void submit_at(uint64_t time)
{
  struct smmu_record r = { .category = SMMU_TRACE_SUBMIT, .time = time };

  smmu_pmcg_record(&p, &r);
  smmu_pmcg_invariant(&p);
}

TEST_CASE(PmcgOverflow, CounterWrapsGoesOnAndSaysSo)
{
  neutral();
  start_one(1, MAX48 - 1);
  submit_at(0);
  EXPECT_EQ(get(0), MAX48);
  EXPECT_EQ(get(OVSCLR), 0);
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
  submit_at(0);
  EXPECT_EQ(get(0), 0);
  EXPECT_EQ(get(OVSCLR), 1);
  submit_at(0);
  EXPECT_EQ(get(0), 1);
  EXPECT_TRUE(smmu_pmcg_take_irq(&p, &irq));
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
}

static const uint8_t sizes[] = { 32, 36, 40, 44, 48, 64 };
static const char *const size_names[] = { "32", "36", "40", "44", "48", "64" };

PARAM_TEST_CASE(PmcgOverflow, CounterOverflowsBehindItsLargestValue, size_names, 6)
{
  uint64_t max = sizes[param] == 64 ? UINT64_MAX : (1ull << sizes[param]) - 1;
  unsigned bytes = sizes[param] == 32 ? 4 : 8;

  neutral();
  cfg.counter_bits = sizes[param];
  start_one(1, 0);
  put(0, max, bytes);
  submit_at(0);
  EXPECT_EQ(smmu_pmcg_read(&p, 0, bytes, 0), 0);
  EXPECT_EQ(get(OVSCLR), 1);
}

TEST_CASE(PmcgOverflow, StatusDoesNotHoldBackTheNextInterrupt)
{
  neutral();
  start_one(1, MAX48);
  submit_at(0);
  EXPECT_TRUE(smmu_pmcg_take_irq(&p, &irq));
  put(0, MAX48, 8);
  submit_at(0);
  EXPECT_EQ(get(OVSCLR), 1);
  EXPECT_TRUE(smmu_pmcg_take_irq(&p, &irq));
}

TEST_CASE(PmcgOverflow, InterruptNeedsBothEnablesWhenItHappens)
{
  neutral();
  start_one(1, MAX48);
  put(0xc60, 1, 8); /* INTENCLR */
  submit_at(0);
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
  put(INTENSET, 1, 8); /* too late for the overflow that was */
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
  put(IRQ_CTRL, 0, 4);
  put(0, MAX48, 8);
  submit_at(0);
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
  put(IRQ_CTRL, 1, 4);
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
  EXPECT_EQ(get(OVSCLR), 1);
}

TEST_CASE(PmcgOverflow, NoInterruptBeforeItsEnableIsAcknowledged)
{
  neutral();
  cfg.ack_ps = 1000;
  start_one(1, MAX48);
  submit_at(999);
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
  put(0, MAX48, 8);
  submit_at(1000);
  EXPECT_TRUE(smmu_pmcg_take_irq(&p, &irq));
  put(IRQ_CTRL, 0, 4);
  put(0, MAX48, 8);
  submit_at(1500);
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
}

TEST_CASE(PmcgOverflow, MsiCarriesItsRegistersAndAddressZeroIsTheWireAlone)
{
  neutral();
  start_one(1, MAX48);
  submit_at(0);
  EXPECT_TRUE(smmu_pmcg_take_irq(&p, &irq));
  EXPECT_EQ(irq.msi, 0);
  put(IRQ_CTRL, 0, 4);
  put(IRQ_CFG0, 0x80001004, 8);
  put(IRQ_CFG1, 0x1234, 4);
  put(0xe64, 0x2f, 4);
  put(IRQ_CTRL, 1, 4);
  put(0, MAX48, 8);
  submit_at(0);
  EXPECT_TRUE(smmu_pmcg_take_irq(&p, &irq));
  EXPECT_EQ(irq.msi, 1);
  EXPECT_EQ(irq.addr, 0x80001004);
  EXPECT_EQ(irq.data, 0x1234u);
  EXPECT_EQ(irq.memattr, 0xf);
  EXPECT_EQ(irq.sh, 2);
}

/* ---- capture ---- */

TEST_CASE(PmcgOverflow, CaptureByOverflowTakesAllCountersAfterIt)
{
  static const unsigned events[] = { 1, 1, 4 };
  static const uint64_t values[] = { MAX48, 70, 80 };

  neutral();
  start(3, events, values);
  submit_at(0);
  EXPECT_EQ(get(SVR + 8), 0); /* OVFCAP is 0 */
  put(0, MAX48, 8);
  put(EVTYPER, OVFCAP | SPAN | 1, 4);
  submit_at(0);
  EXPECT_EQ(get(SVR), 0);
  EXPECT_EQ(get(SVR + 8), 72);
  EXPECT_EQ(get(SVR + 16), 80);
  submit_at(0);
  EXPECT_EQ(get(8), 73);
  EXPECT_EQ(get(SVR + 8), 72);
}

TEST_CASE(PmcgOverflow, CaptureByTheClockIsThatOfAllCyclesUpToIt)
{
  static const unsigned events[] = { 1, 0 };
  static const uint64_t values[] = { MAX48, 0 };

  neutral();
  start(2, events, values);
  put(EVTYPER, OVFCAP | SPAN | 1, 4);
  submit_at(7500);
  EXPECT_EQ(get(SVR + 8), 7);
}

/* ---- the clock ---- */

TEST_CASE(PmcgOverflow, CyclesPassWhileTheirCounterRuns)
{
  neutral();
  cfg.cycle_ps = 250;
  start_one(0, 0);
  smmu_pmcg_advance(&p, 999);
  EXPECT_EQ(get(0), 3);
  smmu_pmcg_advance(&p, 1000);
  EXPECT_EQ(get(0), 4);
  smmu_pmcg_advance(&p, 500); /* time does not go back */
  EXPECT_EQ(get(0), 4);
  put(CR, 0, 4);
  smmu_pmcg_advance(&p, 5000);
  EXPECT_EQ(get(0), 4);
  put(CR, 1, 4);
  smmu_pmcg_advance(&p, 6000);
  EXPECT_EQ(get(0), 8);
  put(0, 1000, 8);
  EXPECT_EQ(smmu_pmcg_read(&p, 0, 8, 6500), 1002);
}

TEST_CASE(PmcgOverflow, NextTimeIsThatOfAnOverflowThatTells)
{
  neutral();
  start_one(0, MAX48 - 9); /* ten cycles of 1 ns */
  EXPECT_EQ(smmu_pmcg_next_time(&p), 10000);
  smmu_pmcg_advance(&p, 9999);
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
  EXPECT_EQ(smmu_pmcg_next_time(&p), 10000);
  smmu_pmcg_advance(&p, 10000);
  EXPECT_TRUE(smmu_pmcg_take_irq(&p, &irq));
  EXPECT_EQ(get(OVSCLR), 1);
  EXPECT_EQ(smmu_pmcg_next_time(&p), 10000 + 1000 * (MAX48 + 1));
  put(0xc60, 1, 8); /* INTENCLR: nobody is told */
  EXPECT_EQ(smmu_pmcg_next_time(&p), UINT64_MAX);
  put(EVTYPER, OVFCAP, 4);
  EXPECT_EQ(smmu_pmcg_next_time(&p), 10000 + 1000 * (MAX48 + 1));
  put(CR, 0, 4);
  EXPECT_EQ(smmu_pmcg_next_time(&p), UINT64_MAX);
}

TEST_CASE(PmcgOverflow, ManyWrapsAtOnceAreOneOverflow)
{
  neutral();
  cfg.counter_bits = 32;
  cfg.cycle_ps = 1;
  start_one(0, 0);
  smmu_pmcg_advance(&p, (5ull << 32) + 7);
  EXPECT_EQ(smmu_pmcg_read(&p, 0, 4, 0), 7);
  EXPECT_EQ(get(OVSCLR), 1);
}

TEST_CASE(PmcgOverflow, NextTimeBeyondAllTimesIsNever)
{
  neutral();
  cfg.counter_bits = 64;
  start_one(0, 0);
  EXPECT_EQ(smmu_pmcg_next_time(&p), UINT64_MAX);
  put(0, UINT64_MAX, 8);
  EXPECT_EQ(smmu_pmcg_next_time(&p), 1000);
  smmu_pmcg_advance(&p, UINT64_MAX);
  EXPECT_EQ(smmu_pmcg_next_time(&p), UINT64_MAX);
  smmu_pmcg_invariant(&p);
}

TEST_CASE(PmcgOverflow, CountersThatOverflowTogetherMakeOneInterrupt)
{
  static const unsigned events[] = { 1, 1 };
  static const uint64_t values[] = { MAX48, MAX48 };

  neutral();
  start(2, events, values);
  submit_at(0);
  EXPECT_EQ(get(OVSCLR), 3);
  EXPECT_TRUE(smmu_pmcg_take_irq(&p, &irq));
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
}
