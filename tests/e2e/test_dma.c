/* DMA of a guest's devices: through the guest's stage 1 and the host's stage 2, and no longer
 * once it is unmapped. */
#include "arch/event.h"
#include "arch/structs.h"
#include "e2e.h"

enum { PAGE = 4096, PAGES = 700 };

/* A buffer and where a device sees it. */
struct buffer {
  uint64_t pa, iova, bytes;
};

static struct buffer map_buffer(struct guest *guest, unsigned device, unsigned pages, unsigned prot)
{
  struct buffer b = { .bytes = (uint64_t)pages * PAGE };

  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), b.bytes, PAGE, &b.pa), 0);
  EXPECT_EQ(dma_map(guest_dma(guest, device), b.pa, b.bytes, prot, &b.iova), 0);
  return b;
}

static void unmap_buffer(struct guest *guest, unsigned device, const struct buffer *b)
{
  EXPECT_EQ(dma_unmap(guest_dma(guest, device), b->iova, b->bytes), 0);
  plat_dma_free(guest_plat(guest), b->pa, b->bytes);
}

static void reach_every_page(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct buffer b = map_buffer(guest, 0, PAGES, DRV_READ | DRV_WRITE);

  for (unsigned i = 0; i < PAGES; i++) {
    uint64_t offset = (uint64_t)i * PAGE + 8 * (i % 512);
    struct smmu_result r = e2e_dma(e2e, 0, 0, b.iova + offset, i & 1);

    ASSERT_EQ(r.status, SMMU_STATUS_OK);
    ASSERT_EQ(r.pa, vmm_host_address(e2e->vm[0], b.pa + offset));
  }
  unmap_buffer(guest, 0, &b);
}

static void check_backing(struct e2e *e2e, enum iommufd_memory_kind backing)
{
  e2e->spec.backing = backing;
  e2e_make(e2e);
  e2e_guest(e2e, 0, reach_every_page);
}

E2E_TEST(Dma, ReachesTheRightPageOfContiguousRam)
{
  check_backing(e2e, IOMMUFD_MEMORY_CONTIGUOUS);
}

E2E_TEST(Dma, ReachesTheRightPageOfHugePages)
{
  check_backing(e2e, IOMMUFD_MEMORY_HUGE);
}

E2E_TEST(Dma, ReachesTheRightPageOfScatteredPages)
{
  check_backing(e2e, IOMMUFD_MEMORY_SCATTERED);
}

/* Wait for what the device reported to go through host, VMM and guest. */
static void settle(struct guest *guest)
{
  plat_delay(guest_plat(guest), 200000000);
}

static void fault_after_unmap(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;

  for (unsigned turn = 0; turn < 10; turn++) {
    struct buffer b = map_buffer(guest, 0, 1 + turn, DRV_READ | DRV_WRITE);
    uint64_t last = b.iova + b.bytes - 8;

    ASSERT_EQ(e2e_dma(e2e, 0, 0, last, true).status, SMMU_STATUS_OK);
    unmap_buffer(guest, 0, &b);
    ASSERT_EQ(e2e_dma(e2e, 0, 0, last, true).event, EVENT_F_TRANSLATION);
    settle(guest);
    ASSERT_EQ(e2e->guest_events[0], turn + 1);
    EXPECT_EQ(FGET(F_TRANSLATION, Type, e2e->guest_event[0]), EVENT_F_TRANSLATION);
    EXPECT_EQ(FGET(F_TRANSLATION, SID, e2e->guest_event[0]), E2E_SID0);
    EXPECT_EQ(FGET(F_TRANSLATION, InputAddr, e2e->guest_event[0]), last);
    EXPECT_EQ(FGET(F_TRANSLATION, RnW, e2e->guest_event[0]), 0);
  }
}

E2E_TEST(Dma, FaultsAfterUnmapAndTheGuestHearsOfItTrapped)
{
  e2e_make(e2e);
  e2e_guest(e2e, 0, fault_after_unmap);
}

E2E_TEST(Dma, FaultsAfterUnmapAndTheGuestHearsOfItWithVcmdqs)
{
  e2e->spec.cmdqv = true;
  e2e_make(e2e);
  e2e_guest(e2e, 0, fault_after_unmap);
}

E2E_TEST(Dma, FaultsAfterUnmapWhenRangesAreInvalidated)
{
  e2e->spec.ril = true;
  e2e_make(e2e);
  e2e_guest(e2e, 0, fault_after_unmap);
}

static void only_read(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct buffer b = map_buffer(guest, 0, 1, DRV_READ);

  EXPECT_EQ(e2e_dma(e2e, 0, 0, b.iova, false).status, SMMU_STATUS_OK);
  EXPECT_EQ(e2e_dma(e2e, 0, 0, b.iova, true).event, EVENT_F_PERMISSION);
  settle(guest);
  EXPECT_EQ(FGET(EVENT, Type, e2e->guest_event[0]), EVENT_F_PERMISSION);
  unmap_buffer(guest, 0, &b);
}

E2E_TEST(Dma, ObeysTheGuestsPermissions)
{
  e2e_make(e2e);
  e2e_guest(e2e, 0, only_read);
}

/* Two devices have domains of their own: the same address is two pages. */
static void two_devices(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct buffer a = map_buffer(guest, 0, 4, DRV_READ | DRV_WRITE);
  struct buffer b = map_buffer(guest, 1, 4, DRV_READ | DRV_WRITE);

  ASSERT_EQ(a.iova, b.iova);
  EXPECT_EQ(e2e_dma(e2e, 0, 0, a.iova, true).pa, vmm_host_address(e2e->vm[0], a.pa));
  EXPECT_EQ(e2e_dma(e2e, 0, 1, b.iova, true).pa, vmm_host_address(e2e->vm[0], b.pa));
  unmap_buffer(guest, 0, &a);
  EXPECT_EQ(e2e_dma(e2e, 0, 1, b.iova, true).pa, vmm_host_address(e2e->vm[0], b.pa));
  EXPECT_EQ(e2e_dma(e2e, 0, 0, a.iova, true).event, EVENT_F_TRANSLATION);
  unmap_buffer(guest, 1, &b);
  settle(guest);
  EXPECT_EQ(FGET(EVENT, SID, e2e->guest_event[0]), E2E_SID0);
}

E2E_TEST(Dma, OfTwoDevicesHasTwoDomains)
{
  e2e_make(e2e);
  e2e_guest(e2e, 0, two_devices);
}

/* A guest that maps its device to where it has no RAM: stage 2 ends it, and that is the host's
 * business. */
static void beyond_ram(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct drv_domain *domain = dma_domain(guest_dma(guest, 0));
  struct drv_gather gather;

  ASSERT_EQ(drv_map(domain, 0x10000, 0x8000000000, PAGE, DRV_READ | DRV_WRITE), 0);
  EXPECT_EQ(e2e_dma(e2e, 0, 0, 0x10000, true).event, EVENT_F_TRANSLATION);
  settle(guest);
  EXPECT_EQ(e2e->guest_events[0], 0);
  drv_gather_init(&gather);
  EXPECT_EQ(drv_unmap(domain, 0x10000, PAGE, &gather), PAGE);
  EXPECT_EQ(drv_iotlb_sync(domain, &gather), 0);
}

E2E_TEST(Dma, EndsAtStage2BeyondGuestRam)
{
  e2e_make(e2e);
  e2e_guest(e2e, 0, beyond_ram);
}
