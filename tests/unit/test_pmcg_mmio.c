/* Registers of a counter group, each rule by itself; offsets and bits are those of the text. IHI
 * 0070 10.5.1, 10.5.2, 10.2.1. */
#include <string.h>

#include "shim/gtest_c.h"
#include "smmu/pmcg.h"
#include "smmu/smmu.h"

enum {
  EVCNTR = 0x000,
  EVTYPER = 0x400,
  SVR = 0x600,
  SMR = 0xa00,
  CNTENSET = 0xc00,
  CNTENCLR = 0xc20,
  INTENSET = 0xc40,
  INTENCLR = 0xc60,
  OVSCLR = 0xc80,
  OVSSET = 0xcc0,
  CAPR = 0xd88,
  SCR = 0xdf8,
  CFGR = 0xe00,
  CR = 0xe04,
  IIDR = 0xe08,
  CEID0 = 0xe20,
  CEID1 = 0xe28,
  IRQ_CTRL = 0xe50,
  IRQ_CTRLACK = 0xe54,
  IRQ_CFG0 = 0xe58,
  IRQ_CFG1 = 0xe60,
  IRQ_CFG2 = 0xe64,
  IRQ_STATUS = 0xe68,
  AIDR = 0xe70,
  PAGE1 = 0x10000
};

static struct smmu_pmcg_config cfg;
static struct smmu_pmcg p;
static uint64_t now;

static void neutral(void)
{
  struct smmu_config device;

  smmu_config_neutral(&device);
  smmu_pmcg_config_neutral(&cfg, &device, SMMU_PMCG_WHOLE);
  cfg.relocated = 0;
  cfg.msi = 1;
  cfg.sid_bits = 32;
  now = 0;
}

static void start(void)
{
  ASSERT_EQ(smmu_pmcg_init(&p, &cfg), SMMU_OK);
}

static uint64_t read4(uint64_t offset)
{
  return smmu_pmcg_read(&p, offset, 4, now);
}

static uint64_t read8(uint64_t offset)
{
  return smmu_pmcg_read(&p, offset, 8, now);
}

static void write4(uint64_t offset, uint64_t value)
{
  smmu_pmcg_write(&p, offset, value, 4, now);
  smmu_pmcg_invariant(&p);
}

static void write8(uint64_t offset, uint64_t value)
{
  smmu_pmcg_write(&p, offset, value, 8, now);
  smmu_pmcg_invariant(&p);
}

/* ---- configurations ---- */

TEST_CASE(PmcgMmio, ConfigurationsOutOfRangeAreRefused)
{
  static const uint8_t sizes[] = { 32, 36, 40, 44, 48, 64 };
  unsigned good = 0;

  for (unsigned bits = 0; bits < 256; bits++) {
    neutral();
    cfg.counter_bits = (uint8_t)bits;
    good += smmu_pmcg_init(&p, &cfg) == SMMU_OK;
  }
  EXPECT_EQ(good, 6u);
  for (unsigned i = 0; i < 6; i++) {
    cfg.counter_bits = sizes[i];
    EXPECT_EQ(smmu_pmcg_init(&p, &cfg), SMMU_OK);
  }
  cfg.counters = 0;
  EXPECT_EQ(smmu_pmcg_init(&p, &cfg), SMMU_ERR_BADCFG);
  cfg.counters = 65;
  EXPECT_EQ(smmu_pmcg_init(&p, &cfg), SMMU_ERR_BADCFG);
  neutral();
  cfg.sid_bits = 33;
  EXPECT_EQ(smmu_pmcg_init(&p, &cfg), SMMU_ERR_BADCFG);
  neutral();
  cfg.tbu = 64;
  EXPECT_EQ(smmu_pmcg_init(&p, &cfg), SMMU_ERR_BADCFG);
  neutral();
  cfg.cycle_ps = 0;
  EXPECT_EQ(smmu_pmcg_init(&p, &cfg), SMMU_ERR_BADCFG);
}

TEST_CASE(PmcgMmio, CfgrShowsWhatTheGroupHas)
{
  neutral();
  cfg.counters = 9;
  cfg.counter_bits = 36;
  cfg.capture = cfg.msi = cfg.relocated = cfg.one_filter = 0;
  start();
  EXPECT_EQ(read4(CFGR), 8 | 35 << 8);
  cfg.relocated = 1;
  start();
  EXPECT_EQ(read4(CFGR), 8 | 35 << 8 | 1 << 20);
  cfg.msi = 1;
  cfg.capture = 1;
  cfg.one_filter = 1;
  cfg.counters = 64;
  cfg.counter_bits = 64;
  start();
  EXPECT_EQ(read4(CFGR), 63 | 63 << 8 | 0xf << 20);
  write4(CFGR, 0);
  EXPECT_EQ(read4(CFGR), 63 | 63 << 8 | 0xf << 20);
}

TEST_CASE(PmcgMmio, EventMapsShowArchitectedEventsAlone)
{
  neutral();
  cfg.ats = 0;
  start();
  EXPECT_EQ(read8(CEID0), 0x3f);
  EXPECT_EQ(read8(CEID1), 0);
  cfg.ats = 1;
  start();
  EXPECT_EQ(read8(CEID0), 0xff);
  cfg.tbu = 3;
  start();
  EXPECT_EQ(read8(CEID0), 0xc7); /* no table walker and no configuration cache there */
  write8(CEID0, 0);
  EXPECT_EQ(read8(CEID0), 0xc7);
}

TEST_CASE(PmcgMmio, IdentificationComesFromTheConfiguration)
{
  neutral();
  cfg.iidr = 0x1234543b;
  cfg.aidr = 3;
  start();
  write4(IIDR, 0);
  write4(AIDR, 0);
  EXPECT_EQ(read4(IIDR), 0x1234543b);
  EXPECT_EQ(read4(AIDR), 3);
}

/* ---- widths, strides, pages ---- */

TEST_CASE(PmcgMmio, CountersOf32BitsStandFourBytesApart)
{
  neutral();
  cfg.counter_bits = 32;
  cfg.counters = 3;
  start();
  for (unsigned n = 0; n < 4; n++)
    write4(EVCNTR + 4 * n, 0xf0000000u + n);
  EXPECT_EQ(read4(EVCNTR), 0xf0000000);
  EXPECT_EQ(read4(EVCNTR + 8), 0xf0000002);
  EXPECT_EQ(read4(EVCNTR + 12), 0); /* there is no fourth */
  EXPECT_EQ(read8(EVCNTR), 0);      /* they are 32-bit registers */
  write8(EVCNTR, 0x1111111122222222);
  EXPECT_EQ(read4(EVCNTR), 0xf0000000);
}

TEST_CASE(PmcgMmio, WiderCountersStandEightBytesApartAndTakeHalves)
{
  neutral();
  cfg.counter_bits = 40;
  cfg.counters = 2;
  start();
  write8(EVCNTR + 8, 0xffffffffffffffff);
  EXPECT_EQ(read8(EVCNTR + 8), 0xffffffffff); /* bits above the size are RES0 */
  write4(EVCNTR + 8, 0x12345678);
  EXPECT_EQ(read8(EVCNTR + 8), 0xff12345678);
  write4(EVCNTR + 12, 0xabcdef42);
  EXPECT_EQ(read8(EVCNTR + 8), 0x4212345678);
  EXPECT_EQ(read4(EVCNTR + 12), 0x42);
  EXPECT_EQ(read8(EVCNTR), 0);
  write8(EVCNTR + 16, 5);
  EXPECT_EQ(read8(EVCNTR + 16), 0);
}

TEST_CASE(PmcgMmio, RelocatedRegistersLeaveTheirPlacesInPageZeroEmpty)
{
  static const uint32_t moved[] = { EVCNTR, OVSSET };

  neutral();
  cfg.relocated = 1;
  start();
  for (unsigned i = 0; i < 2; i++) {
    write8(moved[i], 7);
    EXPECT_EQ(read8(PAGE1 + moved[i]), 0);
    write8(PAGE1 + moved[i], 7);
    EXPECT_EQ(read8(PAGE1 + moved[i]), 7);
    EXPECT_EQ(read8(moved[i]), 0);
  }
  write4(PAGE1 + CR, 1);
  EXPECT_EQ(read4(CR), 0);
  write4(CAPR, 1); /* not here any more */
  EXPECT_EQ(read8(PAGE1 + SVR), 0);
  write4(PAGE1 + CAPR, 1);
  EXPECT_EQ(read8(PAGE1 + SVR), 7);
}

TEST_CASE(PmcgMmio, WithoutPageOneThereIsNothing)
{
  neutral();
  start();
  write8(PAGE1 + EVCNTR, 7);
  write4(PAGE1 + CR, 1);
  EXPECT_EQ(read8(EVCNTR), 0);
  EXPECT_EQ(read4(CR), 0);
  EXPECT_EQ(read4(PAGE1 + CFGR), 0);
  EXPECT_EQ(read4(0x20000 + CFGR), 0);
}

TEST_CASE(PmcgMmio, UnalignedAndOddSizesAreRazWi)
{
  neutral();
  start();
  smmu_pmcg_write(&p, CR, 1, 2, 0);
  smmu_pmcg_write(&p, CR, 1, 8, 0); /* two 32-bit registers */
  smmu_pmcg_write(&p, CNTENSET + 2, 0xffff, 4, 0);
  smmu_pmcg_write(&p, CNTENSET + 4, 0xffff, 8, 0);
  EXPECT_EQ(read4(CR), 0);
  EXPECT_EQ(read8(CNTENSET), 0);
  EXPECT_EQ(read8(CFGR), 0);
  EXPECT_EQ(smmu_pmcg_read(&p, CFGR, 1, 0), 0);
}

/* ---- event types and filters ---- */

TEST_CASE(PmcgMmio, EventTypeKeepsEventSpanAndOverflowCapture)
{
  neutral();
  start();
  write4(EVTYPER + 4, 0xffffffff);
  EXPECT_EQ(read4(EVTYPER + 4), 0xa000ffff); /* nothing of Secure, Realm, MPAM */
  EXPECT_EQ(read4(EVTYPER), 0);
  cfg.capture = 0;
  start();
  write4(EVTYPER + 4, 0xffffffff);
  EXPECT_EQ(read4(EVTYPER + 4), 0x2000ffff);
}

TEST_CASE(PmcgMmio, OneFilterForAllIsThatOfCounterZero)
{
  neutral();
  cfg.one_filter = 1;
  start();
  write4(EVTYPER, 0x20000001);
  write4(EVTYPER + 4, 0x20000001);
  write4(SMR, 42);
  write4(SMR + 4, 42);
  EXPECT_EQ(read4(EVTYPER), 0x20000001);
  EXPECT_EQ(read4(EVTYPER + 4), 1);
  EXPECT_EQ(read4(SMR), 42);
  EXPECT_EQ(read4(SMR + 4), 0);
}

TEST_CASE(PmcgMmio, StreamMatchHasTheBitsOfTheGroup)
{
  neutral();
  cfg.sid_bits = 16;
  start();
  write4(SMR + 8, 0xffffffff);
  EXPECT_EQ(read4(SMR + 8), 0xffff);
  EXPECT_EQ(read4(SMR + 4 * 16), 0);
  write4(SMR + 4 * 16, 1); /* there are 16 counters */
  EXPECT_EQ(read4(SMR + 4 * 16), 0);
}

/* ---- bitmaps ---- */

static const struct {
  uint32_t set, clear;
} maps[] = { { CNTENSET, CNTENCLR }, { INTENSET, INTENCLR }, { OVSSET, OVSCLR } };
static const char *const map_names[] = { "enable", "interrupt", "overflow" };

PARAM_TEST_CASE(PmcgMmio, OnesSetAndClearBitsOfTheCountersThereAre, map_names, 3)
{
  uint32_t set = maps[param].set, clear = maps[param].clear;

  neutral();
  cfg.counters = 40;
  start();
  write8(set, 0xffffffffffffffff);
  EXPECT_EQ(read8(set), 0xffffffffff);
  EXPECT_EQ(read8(clear), 0xffffffffff);
  write8(clear, 0x10f);
  EXPECT_EQ(read8(set), 0xfffffffef0);
  write8(set, 0x3);
  EXPECT_EQ(read8(clear), 0xfffffffef3);
  write4(clear + 4, 0x81);
  EXPECT_EQ(read8(set), 0x7efffffef3);
  write4(set + 4, 0xffffff01);
  EXPECT_EQ(read8(set), 0x7ffffffef3);
  write4(clear, 0xfffffef2);
  EXPECT_EQ(read4(set + 4), 0x7f);
  EXPECT_EQ(read4(set), 1);
  write8(set, 0);
  write8(clear, 0);
  EXPECT_EQ(read8(set), 0x7f00000001);
}

TEST_CASE(PmcgMmio, SettingOverflowStatusHasNoSideEffects)
{
  struct smmu_pmcg_irq irq;

  neutral();
  start();
  write8(INTENSET, 1);
  write4(IRQ_CTRL, 1);
  write4(EVTYPER, 0x80000001);
  write8(EVCNTR, 5);
  write8(OVSSET, 1);
  EXPECT_FALSE(smmu_pmcg_take_irq(&p, &irq));
  EXPECT_EQ(read8(SVR), 0);
}

/* ---- capture ---- */

TEST_CASE(PmcgMmio, CaptureCopiesAllCountersAtOnce)
{
  neutral();
  start();
  for (unsigned n = 0; n < 16; n++)
    write8(EVCNTR + 8 * n, 100 + n);
  write4(CAPR, 2); /* bit 0 alone counts */
  EXPECT_EQ(read8(SVR), 0);
  write4(CAPR, 1);
  for (unsigned n = 0; n < 16; n++)
    EXPECT_EQ(read8(SVR + 8 * n), 100 + n);
  EXPECT_EQ(read4(CAPR), 0);
  write8(EVCNTR, 1);
  write8(SVR, 3); /* read-only */
  EXPECT_EQ(read8(SVR), 100);
  EXPECT_EQ(read8(SVR + 8 * 16), 0);
}

TEST_CASE(PmcgMmio, WithoutCaptureShadowsAreZero)
{
  neutral();
  cfg.capture = 0;
  start();
  write8(EVCNTR, 9);
  write4(CAPR, 1);
  EXPECT_EQ(read8(SVR), 0);
}

/* ---- control ---- */

TEST_CASE(PmcgMmio, EverythingIsOffAfterReset)
{
  neutral();
  start();
  EXPECT_EQ(read4(CR), 0);
  EXPECT_EQ(read4(IRQ_CTRL), 0);
  EXPECT_EQ(read4(IRQ_CTRLACK), 0);
  write4(CR, 0xffffffff);
  EXPECT_EQ(read4(CR), 1);
}

TEST_CASE(PmcgMmio, SecureAndMpamRegistersReadAsZero)
{
  static const uint32_t places[] = { SCR, 0xe40, 0xe48, 0xe6c, 0xe74, 0xe78, 0xfb0, 0xfe0, 0xffc };

  neutral();
  start();
  for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
    write4(places[i], 0xffffffff);
    EXPECT_EQ(read4(places[i]), 0);
  }
}

TEST_CASE(PmcgMmio, AcknowledgementFollowsAfterItsTime)
{
  neutral();
  cfg.ack_ps = 1000;
  start();
  now = 500;
  write4(IRQ_CTRL, 0xffffffff);
  EXPECT_EQ(read4(IRQ_CTRL), 1);
  EXPECT_EQ(read4(IRQ_CTRLACK), 0);
  now = 1499;
  EXPECT_EQ(read4(IRQ_CTRLACK), 0);
  write4(IRQ_CTRL, 0); /* on its way: lost */
  now = 1500;
  EXPECT_EQ(read4(IRQ_CTRLACK), 1);
  EXPECT_EQ(read4(IRQ_CTRL), 1);
  write4(IRQ_CTRL, 0);
  EXPECT_EQ(read4(IRQ_CTRLACK), 1);
  now = 2500;
  EXPECT_EQ(read4(IRQ_CTRLACK), 0);
}

TEST_CASE(PmcgMmio, MsiRegistersTakeWritesOnlyWhileInterruptsAreOff)
{
  neutral();
  cfg.ack_ps = 1000;
  cfg.address_bits = 40;
  start();
  write8(IRQ_CFG0, 0xffffffffffffffff);
  EXPECT_EQ(read8(IRQ_CFG0), 0xfffffffffc);
  write4(IRQ_CFG1, 0x12345678);
  write4(IRQ_CFG2, 0xffffffff);
  EXPECT_EQ(read4(IRQ_CFG2), 0x3f);
  write4(IRQ_CTRL, 1);
  write8(IRQ_CFG0, 0); /* IRQEN is 1, its acknowledgement still 0 */
  now = 1000;
  write4(IRQ_CFG1, 0);
  write4(IRQ_CTRL, 0);
  write4(IRQ_CFG2, 0); /* IRQEN is 0, its acknowledgement still 1 */
  EXPECT_EQ(read8(IRQ_CFG0), 0xfffffffffc);
  EXPECT_EQ(read4(IRQ_CFG1), 0x12345678);
  EXPECT_EQ(read4(IRQ_CFG2), 0x3f);
  now = 2000;
  write4(IRQ_CFG0 + 4, 0);
  EXPECT_EQ(read8(IRQ_CFG0), 0xfffffffc);
}

TEST_CASE(PmcgMmio, WithoutMsiItsRegistersAreZero)
{
  neutral();
  cfg.msi = 0;
  start();
  write8(IRQ_CFG0, 0xffffffffffffffff);
  write4(IRQ_CFG1, 0xffffffff);
  write4(IRQ_CFG2, 0xffffffff);
  EXPECT_EQ(read8(IRQ_CFG0), 0);
  EXPECT_EQ(read4(IRQ_CFG1), 0);
  EXPECT_EQ(read4(IRQ_CFG2), 0);
}

TEST_CASE(PmcgMmio, AbortOfAnMsiShowsUntilInterruptsAreSwitchedOnAgain)
{
  neutral();
  start();
  write4(IRQ_CTRL, 1);
  smmu_pmcg_msi_aborted(&p);
  EXPECT_EQ(read4(IRQ_STATUS), 1);
  write4(IRQ_STATUS, 0);
  write4(IRQ_CTRL, 0); /* from 1 to 0: stays */
  EXPECT_EQ(read4(IRQ_STATUS), 1);
  write4(IRQ_CTRL, 1);
  EXPECT_EQ(read4(IRQ_STATUS), 0);
  smmu_pmcg_msi_aborted(&p);
  cfg.aidr = 0;
  p.config.aidr = 0; /* SMMUv3.0 has no such register */
  EXPECT_EQ(read4(IRQ_STATUS), 0);
}
