/* Address spaces shared with CPUs: unmapping by TLBI instructions, and no command. IHI 0070 3.17. */
#include "driver/drv_state.h"
#include "kit.h"
#include "smmu/dvm.h"

enum { BTM = 1 << 5 };

static void init_broadcast(struct kit *kit, int variant)
{
  kit_init(kit, variant);
  kit->config.idr[0] |= BTM;
  kit->options.broadcast = true;
}

#define BROADCAST_TEST(name, prepare) \
  static void broadcast_body_##name(struct kit *kit); \
  PARAM_TEST_CASE(Broadcast, name, kit_devices, KIT_DEVICES) \
  { \
    struct kit kit; \
\
    init_broadcast(&kit, param); \
    prepare; \
    kit_run(&kit, broadcast_body_##name); \
  } \
  static void broadcast_body_##name(struct kit *kit)

static struct drv_counts counts_of(struct kit *kit)
{
  struct drv_counts counts;

  drv_get_counts(kit->drv, &counts);
  return counts;
}

BROADCAST_TEST(UnmapNeedsNoCommand, (void)0)
{
  struct drv_domain *domain = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_counts before = counts_of(kit), after;

  ASSERT_EQ(drv_map(domain, 0x10000, KIT_DATA, 0x4000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x13000), KIT_DATA + 0x3000);
  EXPECT_EQ(kit_unmap(kit, domain, 0x10000, 0x4000), 0x4000);
  EXPECT_EQ(kit_read(kit, SID, 0x13000), KIT_FAULT);
  after = counts_of(kit);
  EXPECT_EQ(after.commands, before.commands);
  EXPECT_EQ(after.broadcasts - before.broadcasts, 1); /* two times two pages */
  EXPECT_EQ(after.broadcast_syncs - before.broadcast_syncs, 1);
  kit_free(kit, domain, SID);
}

BROADCAST_TEST(WithoutRangesEachPageIsSaid, kit.options.without = DRV_WITHOUT_RIL)
{
  struct drv_domain *domain = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_counts before = counts_of(kit);

  ASSERT_EQ(drv_map(domain, 0x10000, KIT_DATA, 0x7000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x16000), KIT_DATA + 0x6000);
  EXPECT_EQ(kit_unmap(kit, domain, 0x10000, 0x7000), 0x7000);
  EXPECT_EQ(kit_read(kit, SID, 0x16000), KIT_FAULT);
  EXPECT_EQ(counts_of(kit).broadcasts - before.broadcasts, 7);
  kit_free(kit, domain, SID);
}

/* Every number of pages goes as a whole: ranges add up to it. */
BROADCAST_TEST(RangesCoverWhatWasUnmapped, (void)0)
{
  struct drv_domain *domain = kit_domain(kit, DRV_DOMAIN_S1, SID);

  for (unsigned pages = 1; pages < 140; pages += 23) {
    uint64_t bytes = 0x1000ULL * pages;

    ASSERT_EQ(drv_map(domain, 0x100000, KIT_DATA, bytes, KIT_RW), 0);
    for (unsigned p = 0; p < pages; p += 11)
      EXPECT_EQ(kit_read(kit, SID, 0x100000 + 0x1000ULL * p), KIT_DATA + 0x1000ULL * p);
    EXPECT_EQ(kit_read(kit, SID, 0x100000 + bytes - 0x1000), KIT_DATA + bytes - 0x1000);
    EXPECT_EQ(kit_unmap(kit, domain, 0x100000, bytes), bytes);
    for (unsigned p = 0; p < pages; p++)
      EXPECT_EQ(kit_read(kit, SID, 0x100000 + 0x1000ULL * p), KIT_FAULT);
  }
  kit_free(kit, domain, SID);
}

BROADCAST_TEST(TablesGoWithTheirLeaves, (void)0)
{
  struct drv_domain *domain = kit_domain(kit, DRV_DOMAIN_S1, SID);

  for (unsigned i = 0; i < 2; i++) {
    for (unsigned p = 0; p < 512; p++)
      ASSERT_EQ(drv_map(domain, 0x400000 + 0x1000ULL * p, KIT_DATA + 0x2000ULL * p, 0x1000, KIT_RW),
                0);
    EXPECT_EQ(kit_read(kit, SID, 0x401000), KIT_DATA + 0x2000);
    EXPECT_EQ(kit_unmap(kit, domain, 0x400000, 0x200000), 0x200000);
    EXPECT_EQ(kit_read(kit, SID, 0x401000), KIT_FAULT);
  }
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_VA), 0);
  kit_free(kit, domain, SID);
}

BROADCAST_TEST(FlushAndFreeingGoByAsid, (void)0)
{
  struct drv_domain *domain = kit_domain(kit, DRV_DOMAIN_S1, SID);

  ASSERT_EQ(drv_map(domain, 0x10000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x10000), KIT_DATA);
  EXPECT_EQ(drv_flush_all(domain), 0);
  kit_free(kit, domain, SID);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), 0);
}

/* What is not shared: the device opts out, and commands do the work. */
BROADCAST_TEST(Stage2StaysWithCommands, (void)0)
{
  struct drv_domain *domain = kit_domain(kit, DRV_DOMAIN_S2, SID);

  ASSERT_EQ(drv_map(domain, 0x10000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x10000), KIT_DATA);
  EXPECT_EQ(kit_unmap(kit, domain, 0x10000, 0x1000), 0x1000);
  EXPECT_EQ(kit_read(kit, SID, 0x10000), KIT_FAULT);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_S2_IPA), 1);
  kit_free(kit, domain, SID);
}

static void expect_commands(struct kit *kit)
{
  struct drv_domain *domain = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct smmu_dvm all = { .kind = SMMU_DVM_ALLE1 };

  ASSERT_EQ(drv_map(domain, 0x10000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x10000), KIT_DATA);
  plat_broadcast(&kit->plat, &all); /* somebody's; nobody listens */
  plat_broadcast_sync(&kit->plat);
  EXPECT_EQ(kit_unmap(kit, domain, 0x10000, 0x1000), 0x1000);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_VA), 1);
  EXPECT_EQ(counts_of(kit).broadcasts, 0);
  kit_free(kit, domain, SID);
}

BROADCAST_TEST(WithoutTheOptionCommandsAreUsedAndPtmIsSet, kit.options.broadcast = false)
{
  EXPECT_NE(kit_reg(kit, OFF_CR2) & 4, 0);
  expect_commands(kit);
}

BROADCAST_TEST(WithoutBtmCommandsAreUsed, kit.config.idr[0] &= ~(uint32_t)BTM)
{
  expect_commands(kit);
}

BROADCAST_TEST(WithTheOptionPtmIsClear, (void)0)
{
  EXPECT_EQ(kit_reg(kit, OFF_CR2) & 4, 0);
}

static void unmap_some(struct kit *kit, unsigned n)
{
  struct drv_domain *domain = kit->arg;
  uint64_t iova = 0x1000000ULL * n;

  for (unsigned i = 0; i < 10; i++) {
    EXPECT_EQ(drv_map(domain, iova, KIT_DATA + iova, 0x2000, KIT_RW), 0);
    EXPECT_EQ(kit_read(kit, SID, iova + 0x1000), KIT_DATA + iova + 0x1000);
    EXPECT_EQ(kit_unmap(kit, domain, iova, 0x2000), 0x2000);
    EXPECT_EQ(kit_read(kit, SID, iova + 0x1000), KIT_FAULT);
  }
}

BROADCAST_TEST(ManyCpusAtATime, (void)0)
{
  struct drv_domain *domain = kit_domain(kit, DRV_DOMAIN_S1, SID);

  kit->arg = domain;
  for (unsigned cpu = 1; cpu < 24; cpu++)
    kit_start(kit, cpu, unmap_some, cpu);
  kit_join(kit);
  kit_free(kit, domain, SID);
}
