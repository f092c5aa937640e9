/* When something fails half way: no memory, no device, somebody still at work. */
#include "kit.h"

#include "arch/structs.h"

/* A mapping that fails in the middle leaves nothing; later it succeeds. */
HOST_TEST(Failure, AMapWithoutMemoryLeavesNothingMapped)
{
  unsigned failures = 0;
  uint64_t length = UINT64_MAX, pa;
  int err = -ENOMEM;

  kit->ioas = kit_ioas(kit);
  kit_ram(kit, IOMMUFD_MEMORY_SCATTERED, 5);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, 0, &length), 0);
  kit->dev = kit_bind(kit, KIT_SID);
  kit->parent = kit_parent(kit, kit->dev, kit->ioas);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), 0);
  for (long n = 0; err && n < 16; n++) {
    kit->allocations_ok = n;
    err = kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, KIT_RAM, KIT_GPA);
    kit->allocations_ok = -1;
    if (!err)
      break;
    failures++;
    EXPECT_EQ(err, -ENOMEM);
    for (uint64_t at = 0; at < KIT_RAM; at += 0x100000)
      EXPECT_FALSE(kit_dma(kit, KIT_SID, KIT_GPA + at, false, &pa));
    length = 0x1000;
    EXPECT_EQ(kit_unmap(kit, kit->ioas, KIT_GPA, &length), -ENOENT);
  }
  EXPECT_EQ(err, 0);
  EXPECT_TRUE(failures > 1);
  EXPECT_TRUE(kit_dma(kit, KIT_SID, KIT_GPA + 0x200000, false, &pa));
}

/* The second of two pieces fails: the first goes again. */
HOST_TEST(Failure, ACopyWithoutMemoryLeavesNothingMapped)
{
  struct iommu_ioas_copy copy = { sizeof copy, KIT_FIXED_RW, 0, 0, 0x2000, 0x601ff000, 0x50000000 };
  uint64_t length = 0x1000;
  uint32_t dst;

  kit_vm(kit, 1);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x1000, 0x50000000), 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0x4000, 0x1000, 0x50001000), 0);
  dst = kit_ioas(kit);
  kit_parent(kit, kit->dev, dst);
  EXPECT_EQ(kit_map(kit, dst, KIT_FIXED_RW, 0, 0x1000, 0x60000000), 0); /* the tables of piece 1 */
  copy.dst_ioas_id = dst;
  copy.src_ioas_id = kit->ioas;
  kit->allocations_ok = 0;
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_COPY, &copy), -ENOMEM);
  kit->allocations_ok = -1;
  EXPECT_EQ(kit_unmap(kit, dst, 0x601ff000, &length), -ENOENT);
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_COPY, &copy), 0);
}

/* A device that the driver refuses. */
static void never(struct kit *kit)
{
  (void)kit;
}

TEST_CASE(Failure, AHostNeedsADevice)
{
  static struct kit kit;

  kit_defaults(&kit, never);
  kit.smmu.idr[1] = (kit.smmu.idr[1] & ~(31u << 21)) | 5 << 21; /* CMDQS */
  kit.expect_host = -ENXIO;
  kit_run(&kit);
}

/* Pages of 64 KB: what is mapped is a multiple of them. */
static void big_pages(struct kit *kit)
{
  uint32_t id;

  kit->ioas = kit_ioas(kit);
  EXPECT_EQ(iommufd_memory_alloc(&kit->plat, KIT_RAM, IOMMUFD_MEMORY_CONTIGUOUS, 0, &kit->ram), 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x1000, 0x10000), -EINVAL);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x10000, 0x11000), -EINVAL);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0x1000, 0x10000, 0x10000), -EINVAL);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x10000, 0x10000), 0);
  kit->dev = kit_bind(kit, KIT_SID);
  EXPECT_EQ(kit_hwpt(kit, kit->dev, kit->ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, &id), 0);
}

TEST_CASE(Failure, SmallPagesWhereTheDeviceHasBigOnes)
{
  static struct kit kit;

  kit_defaults(&kit, big_pages);
  kit.smmu.idr[5] &= ~0x30u; /* GRAN4K, GRAN16K */
  kit_run(&kit);
}

/* ---- events ---- */

struct slow {
  struct kit *kit;
  bool begun, done;
};

static void slow_ready(void *arg)
{
  struct slow *slow = arg;

  slow->begun = true;
  plat_delay(&slow->kit->plat, 1000000000);
  slow->done = true;
}

/* A queue is destroyed only when no delivery touches it any more. */
HOST_TEST(Failure, DestroyWaitsForADelivery)
{
  struct slow slow = { kit, false, false };
  uint32_t id, fd;
  uint64_t pa;

  kit_vm(kit, 1);
  kit_guest_tables(kit, 3);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1)), 0);
  EXPECT_EQ(kit_veventq(kit, 1, 4, &id, &fd), 0);
  EXPECT_EQ(iommufd_veventq_set_ready(kit->f, fd, slow_ready, &slow), 0);
  EXPECT_FALSE(kit_dma(kit, KIT_SID, 0x1000, false, &pa));
  for (unsigned turns = 1000; !slow.begun && turns; turns--)
    plat_delay(&kit->plat, 1000000);
  EXPECT_TRUE(slow.begun);
  EXPECT_FALSE(slow.done);
  EXPECT_EQ(iommufd_veventq_close(kit->f, fd), 0);
  EXPECT_EQ(kit_destroy(kit, id), 0);
  EXPECT_TRUE(slow.done);
}

/* An error of a queue whose VM does not listen is the host's. */
static unsigned other_errors;

static void other_error(void *arg, unsigned vintf, const uint64_t map[2])
{
  (void)arg;
  other_errors += vintf == 1 && map[0] == 1;
}

static void unheard_error(struct kit *kit)
{
  uint64_t page;
  uint32_t id, second;

  kit->checked.finding = kit_excuse; /* a guest's command that its queue does not take */
  kit_vm(kit, 2);
  second = kit_bind(kit, KIT_SID + 1);
  EXPECT_EQ(kit_mmap(kit, &page), 0);
  EXPECT_EQ(kit_queue(kit, 0, KIT_GPA + 0x100000, 4096, &id), 0);
  kit_viommu(kit, 2, second, kit->parent); /* stands before it in the host's list */
  kit_store(kit, KIT_GPA + 0x100000, CMD_CFGI_STE_RANGE);
  plat_mmio_write(&kit->plat, page + 8, 1, 4); /* CONFIG, PROD */
  plat_mmio_write(&kit->plat, page + 4, 1, 4);
  plat_delay(&kit->plat, 100000000);
}

static void logged_error(struct kit *kit)
{
  unheard_error(kit);
  EXPECT_TRUE(kit->logs > 0);
}

TEST_CASE(Failure, AnErrorNobodyHearsIsLogged)
{
  static struct kit kit;

  kit_defaults(&kit, logged_error);
  kit_run(&kit);
}

TEST_CASE(Failure, AnErrorNobodyHearsGoesToTheHostsOwner)
{
  static struct kit kit;

  other_errors = 0;
  kit_defaults(&kit, unheard_error);
  kit.options.driver.vintf_error = other_error;
  kit_run(&kit);
  EXPECT_EQ(other_errors, 1u);
}
