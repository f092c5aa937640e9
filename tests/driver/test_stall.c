/* Devices that wait for a page: the transaction stalls, the driver asks for the page, and resumes or
 * ends it. IHI 0070 3.12.2, 4.6. */
#include <errno.h>

#include "kit.h"

enum { VA = 0x5000, PA = 0x90000 };

struct pager {
  struct drv_domain *domain;
  struct drv_page_fault fault; /* the last one */
  unsigned faults;
  bool no_memory, read_only;
};

static struct pager pager;

static bool make_good(void *arg, const struct drv_page_fault *fault)
{
  (void)arg;
  pager.fault = *fault;
  pager.faults++;
  return !pager.no_memory && drv_map(pager.domain, fault->addr & ~0xfffULL, PA, 0x1000,
                                     pager.read_only ? DRV_READ : KIT_RW) == 0;
}

static void probe(struct kit *kit)
{
  pager = (struct pager){ 0 };
  ASSERT_EQ(kit_probe(kit), 0);
  ASSERT_EQ(drv_enable_stalls(kit->drv, SID), 0);
  pager.domain = kit_domain(kit, DRV_DOMAIN_S1, SID);
}

static void finish(struct kit *kit)
{
  kit_free(kit, pager.domain, SID);
  kit_remove(kit);
}

static void run(int variant, void (*program)(struct kit *kit))
{
  struct kit kit;

  kit_init(&kit, variant);
  kit.config.idr[0] &= ~(3u << 24); /* STALL_MODEL 0 */
  kit.config.idr[5] |= 8u << 16;    /* STALL_MAX */
  kit.options.page_fault = make_good;
  kit_boot(&kit, program);
}

#define STALL_TEST(name) \
  static void body_##name(struct kit *kit); \
  PARAM_TEST_CASE(DrvStall, name, kit_devices, KIT_DEVICES) \
  { \
    run(param, body_##name); \
  } \
  static void body_##name(struct kit *kit)

STALL_TEST(PageThatIsMadeGoodIsUsed)
{
  struct drv_counts c;

  probe(kit);
  EXPECT_EQ(kit_write(kit, SID, VA + 8), PA + 8);
  EXPECT_EQ(pager.faults, 1u);
  EXPECT_EQ(pager.fault.sid, (uint32_t)SID);
  EXPECT_EQ(pager.fault.addr, (uint64_t)VA + 8);
  EXPECT_EQ(pager.fault.access, (unsigned)DRV_WRITE);
  EXPECT_FALSE(pager.fault.requested);
  drv_get_counts(kit->drv, &c);
  EXPECT_EQ(c.page_faults, 1u);
  EXPECT_EQ(c.page_faults_bad, 0u);
  EXPECT_EQ(kit_read(kit, SID, VA + 16), PA + 16);
  EXPECT_EQ(pager.faults, 1u); /* it is there now */
  finish(kit);
}

STALL_TEST(PageThatCannotBeHadEndsTheTransaction)
{
  struct drv_counts c;

  probe(kit);
  pager.no_memory = true;
  EXPECT_EQ(kit_read(kit, SID, VA), KIT_FAULT);
  EXPECT_EQ(pager.faults, 1u);
  EXPECT_EQ(pager.fault.access, (unsigned)DRV_READ);
  drv_get_counts(kit->drv, &c);
  EXPECT_EQ(c.page_faults_bad, 1u);
  finish(kit);
}

/* The page is there and may not be written: mapping it again fails, and the write ends. */
STALL_TEST(WriteThatIsForbiddenIsNotTriedForEver)
{
  probe(kit);
  pager.read_only = true;
  EXPECT_EQ(kit_read(kit, SID, VA), PA);
  EXPECT_EQ(kit_write(kit, SID, VA), KIT_FAULT);
  EXPECT_EQ(pager.faults, 2u);
  finish(kit);
}

STALL_TEST(StreamsThatMayNotStallAbort)
{
  struct drv_domain *other;

  probe(kit);
  other = kit_domain(kit, DRV_DOMAIN_S1, SID + 1);
  EXPECT_EQ(kit_read(kit, SID + 1, VA), KIT_FAULT);
  EXPECT_EQ(pager.faults, 0u);
  EXPECT_EQ(drv_enable_stalls(kit->drv, SID + 1), -EBUSY);
  kit_free(kit, other, SID + 1);
  finish(kit);
}

DRIVER_TEST(DrvStall, DeviceThatCannotStallSaysSo)
{
  EXPECT_EQ(drv_enable_stalls(kit->drv, SID), -EOPNOTSUPP);
}
