/* Register file: widths, halves, aliases, guards, reserved bits. IHI 0070 6.1 to 6.3. */
#include "shim/rig.h"

#define ON 0xdULL

static uint64_t read_as(struct rig *rig, uint64_t offset, unsigned bytes)
{
  return rig_mmio_read(rig, offset, bytes);
}

static void write_as(struct rig *rig, uint64_t offset, uint64_t value, unsigned bytes)
{
  rig_mmio_write(rig, offset, value, bytes);
}

/* Write ones everywhere a register allows; what stays. */
static uint64_t after_write(struct rig *rig, uint64_t offset, uint64_t value)
{
  rig_set_reg(rig, offset, value);
  return rig_reg(rig, offset);
}

ENGINE_TEST(Mmio, IdRegistersShowTheConfigurationAndIgnoreWrites)
{
  for (unsigned i = 0; i < 6; i++)
    EXPECT_EQ(after_write(rig, 4 * i, ~0ULL), rig->config.idr[i]);
  EXPECT_EQ(after_write(rig, OFF_AIDR, ~0ULL), rig->config.aidr);
}

ENGINE_TEST(Mmio, AcknowledgementsAndGerrorAreReadOnly)
{
  EXPECT_EQ(after_write(rig, OFF_CR0ACK, 0), ON);
  EXPECT_EQ(after_write(rig, OFF_IRQ_CTRLACK, 7), 0u);
  EXPECT_EQ(after_write(rig, OFF_GERROR, 0x1ff), 0u);
}

ENGINE_TEST(Mmio, UnknownOffsetsReadAsZeroAndIgnoreWrites)
{
  static const uint64_t unknown[] = {
    0x34, 0x100, 0xfd0, 0x4000, 0x8020, 0x10000, 0x1fffc, 0x123456
  };

  for (unsigned i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    write_as(rig, unknown[i], 0xffffffff, 4);
    EXPECT_EQ(read_as(rig, unknown[i], 4), 0u);
  }
}

ENGINE_TEST(Mmio, OddWidthsAndMisalignedAccessesAreIgnored)
{
  write_as(rig, OFF_CR0, 0, 2);
  write_as(rig, OFF_CR0, 0, 8); /* two 32-bit registers at once */
  write_as(rig, OFF_CR0 + 2, 0, 4);
  EXPECT_EQ(read_as(rig, OFF_CR0, 8), 0u);
  EXPECT_EQ(read_as(rig, OFF_CR0, 2), 0u);
  EXPECT_EQ(rig_reg(rig, OFF_CR0), ON);
}

ENGINE_TEST(Mmio, SixtyFourBitRegistersTakeHalves)
{
  rig_set_cr0(rig, 0);
  rig_set_reg(rig, OFF_STRTAB_BASE, 0);
  write_as(rig, OFF_STRTAB_BASE, 0x89abcd40, 4);
  write_as(rig, OFF_STRTAB_BASE + 4, 0x40000123, 4);
  EXPECT_EQ(rig_reg(rig, OFF_STRTAB_BASE), 0x4000012389abcd40u);
  EXPECT_EQ(read_as(rig, OFF_STRTAB_BASE + 4, 4), 0x40000123u);
}

ENGINE_TEST(Mmio, BaseAddressesEndAtTheOutputSize)
{
  struct smmu_config config = rig->config;

  config.idr[5] = (config.idr[5] & ~7u) | 2; /* 40 bits */
  rig_restart(rig, &config);
  rig_set_cr0(rig, 0);
  EXPECT_EQ(after_write(rig, OFF_STRTAB_BASE, 0x00ffffffffffffc0), 0x000000ffffffffc0u);
  EXPECT_EQ(after_write(rig, OFF_CMDQ_BASE, 0x00ffffffffffffe0), 0x000000ffffffffe0u);
  EXPECT_EQ(after_write(rig, OFF_EVENTQ_BASE, 0x00ffffffffffffe0), 0x000000ffffffffe0u);
}

ENGINE_TEST(Mmio, PageZeroAliasesTheEventQueueIndices)
{
  rig_set_reg(rig, OFF_EVENTQ_CONS, 5);
  EXPECT_EQ(read_as(rig, 0xac, 4), 5u);
  write_as(rig, 0xac, 9, 4);
  EXPECT_EQ(rig_reg(rig, OFF_EVENTQ_CONS), 9u);
  EXPECT_EQ(read_as(rig, 0xa8, 4), rig_reg(rig, OFF_EVENTQ_PROD));
}

/* ---- guards ---- */

struct guarded {
  uint64_t offset, value, enable;
};

/* Changes nothing while the enable bit of CR0 is set, takes the value once it is clear. */
static void expect_guarded(struct rig *rig, const struct guarded *g)
{
  uint64_t before = rig_reg(rig, g->offset);

  if (after_write(rig, g->offset, g->value) != before)
    ADD_TEST_FAILURE("0x%llx changed while enabled", (unsigned long long)g->offset);
  rig_set_cr0(rig, ON & ~g->enable);
  if (after_write(rig, g->offset, g->value) != g->value)
    ADD_TEST_FAILURE("0x%llx is 0x%llx while disabled", (unsigned long long)g->offset,
                     (unsigned long long)rig_reg(rig, g->offset));
  rig_set_cr0(rig, ON);
}

ENGINE_TEST(Mmio, GuardedRegistersTakeWritesOnlyWhenSwitchedOff)
{
  static const struct guarded rows[] = {
    { OFF_STRTAB_BASE, 0x40000, 1 },
    { OFF_STRTAB_BASE_CFG, 0x10187, 1 },
    { OFF_CR2, 0xf, 1 },
    { OFF_CMDQ_BASE, 0x90003, 8 },
    { OFF_CMDQ_CONS, 3, 8 },
    { OFF_EVENTQ_BASE, 0x90003, 4 },
    { OFF_EVENTQ_PROD, 3, 4 },
  };

  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
    expect_guarded(rig, &rows[i]);
}

ENGINE_TEST(Mmio, GuardHoldsUntilTheAcknowledgement)
{
  smmu_mmio_write(rig->device, OFF_CR0, 0xc, 4, NULL); /* SMMUEN = 0, not yet acknowledged */
  smmu_mmio_write(rig->device, OFF_CR2, 0xf, 4, NULL);
  EXPECT_EQ(rig_reg(rig, OFF_CR2), 2u);
  rig_rest(rig);
  EXPECT_EQ(after_write(rig, OFF_CR2, 0xf), 0xfu);
}

ENGINE_TEST(Mmio, Cr1TableFieldsNeedTheSmmuOff)
{
  rig_set_cr0(rig, ON & ~1ULL);
  EXPECT_EQ(after_write(rig, OFF_CR1, 0xfff), 0xfc0u);
}

ENGINE_TEST(Mmio, Cr1QueueFieldsNeedEveryQueueOff)
{
  rig_set_cr0(rig, ON & ~8ULL);
  EXPECT_EQ(after_write(rig, OFF_CR1, 0xfff), 0u);
  rig_set_cr0(rig, 1);
  EXPECT_EQ(after_write(rig, OFF_CR1, 0xfff), 0x3fu);
}

ENGINE_TEST(Mmio, InterruptConfigurationNeedsItsEnableOff)
{
  rig_set_reg(rig, OFF_IRQ_CTRL, 5);
  EXPECT_EQ(after_write(rig, OFF_GERROR_IRQ_CFG0, 0x1000), 0u);
  EXPECT_EQ(after_write(rig, OFF_EVENTQ_IRQ_CFG1, 77), 0u);
  rig_set_reg(rig, OFF_IRQ_CTRL, 4);
  EXPECT_EQ(after_write(rig, OFF_GERROR_IRQ_CFG0, 0x1004), 0x1004u);
  EXPECT_EQ(after_write(rig, OFF_EVENTQ_IRQ_CFG1, 77), 0u);
  rig_set_reg(rig, OFF_IRQ_CTRL, 0);
  EXPECT_EQ(after_write(rig, OFF_EVENTQ_IRQ_CFG0, ~0ULL), 0x0000fffffffffffcu); /* 48 bits */
  EXPECT_EQ(after_write(rig, OFF_EVENTQ_IRQ_CFG2, ~0ULL), 0x3fu);
}

ENGINE_TEST(Mmio, InterruptConfigurationNeedsMsiSupport)
{
  struct smmu_config config = rig->config;

  config.idr[0] &= ~(1u << 13);
  rig_restart(rig, &config);
  EXPECT_EQ(after_write(rig, OFF_GERROR_IRQ_CFG0, 0x1000), 0u);
  EXPECT_EQ(after_write(rig, OFF_GERROR_IRQ_CFG1, 5), 0u);
  EXPECT_EQ(after_write(rig, OFF_EVENTQ_IRQ_CFG0, 0x1000), 0u);
  EXPECT_EQ(after_write(rig, OFF_EVENTQ_IRQ_CFG2, 5), 0u);
}

/* ---- queue indices ---- */

ENGINE_TEST(Mmio, IndexBitsOfTheDeviceAboveTheWrapBitReadAsZero)
{
  rig_program(rig, 3, 2);
  rig_set_cr0(rig, 0);
  EXPECT_EQ(after_write(rig, OFF_CMDQ_CONS, 0x000fffff), 0xfu);
  EXPECT_EQ(after_write(rig, OFF_EVENTQ_PROD, 0x800fffff), 0x80000007u);
}

ENGINE_TEST(Mmio, GerrornTakesItsErrorBitsAlone)
{
  EXPECT_EQ(after_write(rig, OFF_GERRORN, 0xffffffff), 0x1fdu);
}

/* ---- traces ---- */

ENGINE_TEST(Mmio, RefusedAccessesLeaveARegBadRecord)
{
  rig_watch(rig);
  write_as(rig, 0x34, 1, 4);
  read_as(rig, 0x34, 4);
  rig_set_reg(rig, OFF_CR2, 0); /* guarded: the SMMU is on */
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_REG_BAD), 3u);
  EXPECT_EQ(rig_count(rig, SMMU_TRACE_REG_WRITE), 0u);
}
