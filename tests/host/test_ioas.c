/* IOAS: what can be mapped where, errors and their order (specification of iommufd, section 2). */
#include "kit.h"

enum { PAGE = IOMMUFD_PAGE };

#define TOP UINT64_MAX

struct map_row {
  const char *why;
  uint32_t flags;
  uint32_t reserved;
  bool bad_id;
  uint64_t user_va, length, iova;
  int err;
};

/* Mapped already: [0x10000, 0x14000). The device is attached, so the MSI window is reserved and the
 * addresses end. */
static const struct map_row map_rows[] = {
  { "plain", KIT_FIXED_RW, 0, false, 0, PAGE, 0x20000, 0 },
  { "unknown flag", KIT_FIXED_RW | 8, 0, false, 0, PAGE, 0x30000, -EOPNOTSUPP },
  { "reserved", KIT_FIXED_RW, 1, false, 0, PAGE, 0x30000, -EOPNOTSUPP },
  { "reserved before overflow", KIT_FIXED_RW, 1, false, 0, TOP, 0x30000, -EOPNOTSUPP },
  { "iova all ones", KIT_FIXED_RW, 0, false, 0, PAGE, TOP, -EOVERFLOW },
  { "length all ones", KIT_FIXED_RW, 0, false, 0, TOP, 0, -EOVERFLOW },
  { "overflow before access", IOMMU_IOAS_MAP_FIXED_IOVA, 0, false, 0, TOP, 0, -EOVERFLOW },
  { "neither read nor write", IOMMU_IOAS_MAP_FIXED_IOVA, 0, false, 0, PAGE, 0x30000, -EINVAL },
  { "access before id", IOMMU_IOAS_MAP_FIXED_IOVA, 0, true, 0, PAGE, 0x30000, -EINVAL },
  { "no such ioas", KIT_FIXED_RW, 0, true, 0, PAGE, 0x30000, -ENOENT },
  { "id before length", KIT_FIXED_RW, 0, true, 0, 0, 0x30000, -ENOENT },
  { "length 0", KIT_FIXED_RW, 0, false, 0, 0, 0x30000, -EINVAL },
  { "length no pages", KIT_FIXED_RW, 0, false, 0, PAGE + 8, 0x30000, -EINVAL },
  { "iova no page", KIT_FIXED_RW, 0, false, 0, PAGE, 0x30008, -EINVAL },
  { "user address no page", KIT_FIXED_RW, 0, false, 8, PAGE, 0x30000, -EINVAL },
  { "wraps", KIT_FIXED_RW, 0, false, 0, 2 * PAGE, TOP - PAGE + 1, -EOVERFLOW },
  { "beyond the device's addresses", KIT_FIXED_RW, 0, false, 0, PAGE, 1ull << 52, -EINVAL },
  { "into the MSI window", KIT_FIXED_RW, 0, false, 0, 2 * PAGE, 0x07fff000, -EINVAL },
  { "below the MSI window", KIT_FIXED_RW, 0, false, 0, PAGE, 0x07fff000, 0 },
  { "behind the MSI window", KIT_FIXED_RW, 0, false, 0, PAGE, 0x08100000, 0 },
  { "overlap at the end", KIT_FIXED_RW, 0, false, 0, 2 * PAGE, 0xf000, -EEXIST },
  { "overlap at the start", KIT_FIXED_RW, 0, false, 0, PAGE, 0x13000, -EEXIST },
  { "around", KIT_FIXED_RW, 0, false, 0, 16 * PAGE, 0x8000, -EEXIST },
  { "just below", KIT_FIXED_RW, 0, false, 0, PAGE, 0xf000, 0 },
  { "just behind", KIT_FIXED_RW, 0, false, 0, PAGE, 0x14000, 0 },
  { "behind the memory", KIT_FIXED_RW, 0, false, KIT_RAM, PAGE, 0x30000, -EFAULT },
  { "longer than the memory", KIT_FIXED_RW, 0, false, PAGE, KIT_RAM, 0x100000, -EFAULT },
  { "too long anywhere", KIT_RW, 0, false, 0, 1ull << 52, 0, -ENOSPC },
};

HOST_TEST(Ioas, MapErrorsAndTheirOrder)
{
  kit_vm(kit, 1);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 4 * PAGE, 0x10000), 0);
  for (unsigned i = 0; i < sizeof map_rows / sizeof map_rows[0]; i++) {
    const struct map_row *row = &map_rows[i];
    struct iommu_ioas_map map = { sizeof map,    row->flags, row->bad_id ? KIT_BAD_ID : kit->ioas,
                                  row->reserved, kit->ram,   row->user_va,
                                  row->length,   row->iova };
    int err = iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_MAP, &map);
    uint64_t length = row->length;

    if (err != row->err)
      ADD_TEST_FAILURE("%s: %d, expected %d", row->why, err, row->err);
    if (!err)
      EXPECT_EQ(kit_unmap(kit, kit->ioas, map.iova, &length), 0);
  }
}

HOST_TEST(Ioas, MapWantsMemory)
{
  struct iommu_ioas_map map = { sizeof map, KIT_FIXED_RW, kit_ioas(kit), 0, NULL, 0, PAGE, 0 };

  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_MAP, &map), -EFAULT);
}

HOST_TEST(Ioas, WithoutFixedTheKernelChoosesFreeAddresses)
{
  struct iommu_ioas_map map = { sizeof map, KIT_RW, 0, 0, NULL, 0, PAGE, 0x123 };
  uint64_t small, big;

  kit_vm(kit, 1);
  map.ioas_id = kit->ioas;
  map.memory = kit->ram;
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_MAP, &map), 0);
  small = map.iova;
  EXPECT_EQ(small % PAGE, 0u);
  EXPECT_NE(small, 0u);
  map.length = 2 << 20;
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_MAP, &map), 0);
  big = map.iova;
  EXPECT_EQ(big % (2 << 20), 0u);
  EXPECT_TRUE(big > small);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, PAGE, small), -EEXIST);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, PAGE, big), -EEXIST);
}

/* The MSI window is not chosen either. */
HOST_TEST(Ioas, ChoosingSkipsWhatIsReserved)
{
  struct iommu_ioas_map map = { sizeof map, KIT_RW, 0, 0, NULL, 0, 4 << 20, 0 };

  kit_vm(kit, 1);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), 0);
  map.ioas_id = kit->ioas;
  map.memory = kit->ram;
  for (unsigned i = 0; i < 40; i++) {
    EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_MAP, &map), 0);
    EXPECT_TRUE(map.iova > 0x080fffff || map.iova + map.length <= 0x08000000);
  }
}

struct unmap_row {
  const char *why;
  bool bad_id;
  uint64_t iova, length;
  int err;
  uint64_t left; /* length afterwards */
};

/* Areas: [0x10000, 0x14000) and [0x14000, 0x15000), made anew for each row. */
static const struct unmap_row unmap_rows[] = {
  { "one", false, 0x10000, 0x4000, 0, 0x4000 },
  { "both", false, 0x10000, 0x5000, 0, 0x5000 },
  { "both and around", false, 0x1000, 0x100000, 0, 0x5000 },
  { "unaligned but whole", false, 0xffff, 0x4001, 0, 0x4000 },
  { "no such ioas", true, 0x10000, 0x4000, -ENOENT, 0x4000 },
  { "length 0", false, 0x10000, 0, -EINVAL, 0 },
  { "wraps", false, 0x10000, UINT64_MAX - 0x1000, -EOVERFLOW, UINT64_MAX - 0x1000 },
  { "iova all ones", false, UINT64_MAX, 1, -EOVERFLOW, 1 },
  { "length all ones", false, 0x1000, UINT64_MAX, -EOVERFLOW, UINT64_MAX },
  { "nothing there", false, 0x20000, 0x1000, -ENOENT, 0x1000 },
  { "part at the start", false, 0x10000, 0x1000, -ENOENT, 0x1000 },
  { "part at the end", false, 0x12000, 0x2000, -ENOENT, 0x2000 },
  { "one byte short", false, 0x10000, 0x3fff, -ENOENT, 0x3fff },
  { "one and a part", false, 0x12000, 0x3000, -ENOENT, 0x3000 },
  { "all", false, 0, UINT64_MAX, 0, 0x5000 },
};

HOST_TEST(Ioas, UnmapErrorsAndWhatLengthSays)
{
  kit->ioas = kit_ioas(kit);
  kit_ram(kit, IOMMUFD_MEMORY_CONTIGUOUS, 0);
  for (unsigned i = 0; i < sizeof unmap_rows / sizeof unmap_rows[0]; i++) {
    const struct unmap_row *row = &unmap_rows[i];
    uint64_t length = UINT64_MAX;
    int err;

    EXPECT_EQ(kit_unmap(kit, kit->ioas, 0, &length), 0);
    EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x4000, 0x10000), 0);
    EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0x4000, 0x1000, 0x14000), 0);
    length = row->length;
    err = kit_unmap(kit, row->bad_id ? KIT_BAD_ID : kit->ioas, row->iova, &length);
    if (err != row->err || length != row->left)
      ADD_TEST_FAILURE("%s: %d, length 0x%llx", row->why, err, (unsigned long long)length);
  }
}

HOST_TEST(Ioas, UnmapOfEverythingMayFindNothing)
{
  uint64_t length = UINT64_MAX;

  EXPECT_EQ(kit_unmap(kit, kit_ioas(kit), 0, &length), 0);
  EXPECT_EQ(length, 0u);
}

/* The area before the culprit is gone, the one behind it is not. */
HOST_TEST(Ioas, AFailingUnmapHasRemovedWhatCameBefore)
{
  uint64_t length = 0x5000;

  kit->ioas = kit_ioas(kit);
  kit_ram(kit, IOMMUFD_MEMORY_CONTIGUOUS, 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x4000, 0x10000), 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x4000, 0x14000), 0);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, 0x10000, &length), -ENOENT);
  EXPECT_EQ(length, 0x5000u);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x1000, 0x10000), 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x1000, 0x14000), -EEXIST);
}

static int ranges(struct kit *kit, uint32_t ioas, struct iommu_iova_range *range, uint32_t *num)
{
  struct iommu_ioas_iova_ranges call = { .size = sizeof call,
                                         .ioas_id = ioas,
                                         .num_iovas = *num,
                                         .allowed_iovas = { range, *num * sizeof *range } };
  int err = iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_IOVA_RANGES, &call);

  *num = call.num_iovas;
  if (!err)
    EXPECT_EQ(call.out_iova_alignment, (uint64_t)PAGE);
  return err;
}

HOST_TEST(Ioas, RangesLeaveOutWhatIsReserved)
{
  struct iommu_iova_range range[4] = { { 1, 1 } };
  uint32_t num = 4;

  kit->ioas = kit_ioas(kit);
  EXPECT_EQ(ranges(kit, kit->ioas, range, &num), 0);
  EXPECT_EQ(num, 1u);
  EXPECT_EQ(range[0].start, 0u);
  EXPECT_EQ(range[0].last, UINT64_MAX);
  kit->dev = kit_bind(kit, KIT_SID);
  kit->parent = kit_parent(kit, kit->dev, kit->ioas);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit->parent), 0);
  num = 1;
  EXPECT_EQ(ranges(kit, kit->ioas, range, &num), -EMSGSIZE);
  EXPECT_EQ(num, 2u);
  EXPECT_EQ(range[0].last, 0x07ffffffu);
  num = 2;
  EXPECT_EQ(ranges(kit, kit->ioas, range, &num), 0);
  EXPECT_EQ(range[1].start, 0x08100000u);
  EXPECT_EQ(range[1].last, (1ull << 48) - 1);
}

HOST_TEST(Ioas, RangesErrors)
{
  struct iommu_ioas_iova_ranges call = { .size = sizeof call, .reserved = 1 };

  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_IOVA_RANGES, &call), -EOPNOTSUPP);
  call.reserved = 0;
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_IOVA_RANGES, &call), -ENOENT);
  call.ioas_id = kit_ioas(kit);
  call.num_iovas = 1;
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_IOVA_RANGES, &call), -EFAULT);
  call.num_iovas = 0;
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_IOVA_RANGES, &call), -EMSGSIZE);
  EXPECT_EQ(call.num_iovas, 1u);
}

HOST_TEST(Ioas, AllocTakesNoFlags)
{
  struct iommu_ioas_alloc alloc = { sizeof alloc, 1, 0 };

  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_ALLOC, &alloc), -EOPNOTSUPP);
}

/* ---- copy ---- */

static int copy(struct kit *kit, uint32_t flags, uint32_t src, uint64_t src_iova, uint64_t length,
                uint32_t dst, uint64_t dst_iova)
{
  struct iommu_ioas_copy call = { sizeof call, flags, dst, src, length, dst_iova, src_iova };

  return iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_COPY, &call);
}

HOST_TEST(Ioas, CopyErrors)
{
  uint32_t src = kit_ioas(kit), dst = kit_ioas(kit);
  const uint32_t read = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_FIXED_IOVA;

  kit->ioas = src;
  kit_ram(kit, IOMMUFD_MEMORY_CONTIGUOUS, 0);
  EXPECT_EQ(kit_map(kit, src, read, 0, 0x4000, 0x10000), 0);
  EXPECT_EQ(copy(kit, read | 8, src, 0x10000, 0x1000, dst, 0), -EOPNOTSUPP);
  EXPECT_EQ(copy(kit, read, src, UINT64_MAX, 0x1000, dst, 0), -EOVERFLOW);
  EXPECT_EQ(copy(kit, IOMMU_IOAS_MAP_FIXED_IOVA, src, 0x10000, 0x1000, dst, 0), -EINVAL);
  EXPECT_EQ(copy(kit, read, KIT_BAD_ID, 0x10000, 0x1000, dst, 0), -ENOENT);
  EXPECT_EQ(copy(kit, read, src, 0x10000, 0x1000, KIT_BAD_ID, 0), -ENOENT);
  EXPECT_EQ(copy(kit, read, src, 0x10000, 0, dst, 0), -EINVAL);
  EXPECT_EQ(copy(kit, read, src, 0x13000, 0x2000, dst, 0), -ENOENT);
  EXPECT_EQ(copy(kit, KIT_FIXED_RW, src, 0x10000, 0x1000, dst, 0), -EPERM);
  EXPECT_EQ(copy(kit, read, src, 0x11000, 0x2000, dst, 0x5000), 0);
  EXPECT_EQ(copy(kit, read, src, 0x11000, 0x1000, dst, 0x6000), -EEXIST);
}

/* The copy is memory of its own right: the source may go, and so may its owner's reference. */
HOST_TEST(Ioas, ACopyTranslatesToTheSamePages)
{
  uint64_t length = UINT64_MAX, pa;
  uint32_t dst, auto_hwpt;

  kit->ioas = kit_ioas(kit);
  dst = kit_ioas(kit);
  kit_ram(kit, IOMMUFD_MEMORY_SCATTERED, 7);
  EXPECT_EQ(copy(kit, KIT_FIXED_RW, kit->ioas, KIT_GPA + 0x3000, 0x2000, dst, 0x9000), 0);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, 0, &length), 0);
  kit->dev = kit_bind(kit, KIT_SID);
  auto_hwpt = dst;
  EXPECT_EQ(iommufd_attach(kit->f, kit->dev, &auto_hwpt), 0);
  EXPECT_NE(auto_hwpt, dst);
  EXPECT_TRUE(kit_dma(kit, KIT_SID, 0xa010, true, &pa));
  EXPECT_EQ(pa, iommufd_memory_pa(kit->ram, 0x4010));
  EXPECT_FALSE(kit_dma(kit, KIT_SID, 0xb000, false, &pa));
}

/* ---- memory ---- */

HOST_TEST(Memory, KindsDifferInWhatIsContiguous)
{
  static const enum iommufd_memory_kind kinds[] = { IOMMUFD_MEMORY_CONTIGUOUS, IOMMUFD_MEMORY_HUGE,
                                                    IOMMUFD_MEMORY_SCATTERED };

  for (unsigned k = 0; k < 3; k++) {
    struct iommufd_memory *m;
    unsigned jumps = 0, huge_jumps = 0;

    ASSERT_EQ(iommufd_memory_alloc(&kit->plat, 8 << 20, kinds[k], 3, &m), 0);
    for (uint64_t at = PAGE; at < 8 << 20; at += PAGE) {
      if (iommufd_memory_pa(m, at) != iommufd_memory_pa(m, at - PAGE) + PAGE) {
        jumps++;
        huge_jumps += at % (2 << 20) == 0;
      }
    }
    EXPECT_EQ(iommufd_memory_pa(m, 8 << 20), UINT64_MAX);
    EXPECT_EQ(kinds[k] == IOMMUFD_MEMORY_CONTIGUOUS, jumps == 0);
    if (kinds[k] == IOMMUFD_MEMORY_HUGE)
      EXPECT_EQ(jumps, huge_jumps);
    if (kinds[k] == IOMMUFD_MEMORY_SCATTERED)
      EXPECT_TRUE(jumps > 1000);
    iommufd_memory_put(m);
  }
}

HOST_TEST(Memory, BadSizesAndNoMemory)
{
  struct iommufd_memory *m;

  EXPECT_EQ(iommufd_memory_alloc(&kit->plat, 0, IOMMUFD_MEMORY_CONTIGUOUS, 0, &m), -EINVAL);
  EXPECT_EQ(iommufd_memory_alloc(&kit->plat, 100, IOMMUFD_MEMORY_CONTIGUOUS, 0, &m), -EINVAL);
  EXPECT_EQ(iommufd_memory_alloc(&kit->plat, PAGE, IOMMUFD_MEMORY_HUGE, 0, &m), -EINVAL);
  EXPECT_EQ(iommufd_memory_alloc(&kit->plat, 1 << 30, IOMMUFD_MEMORY_CONTIGUOUS, 0, &m), -ENOMEM);
}

static struct kit *shared;
static struct iommufd_memory *put_early;

static void putter(void *arg)
{
  (void)arg;
  plat_delay(&shared->plat, 3000000);
  iommufd_memory_put(put_early);
}

/* While a domain is filled, which takes long, other CPUs run. */
HOST_TEST(Memory, OwnerPutsMemoryDuringMap)
{
  struct iommu_ioas_map map = { .size = sizeof map, .flags = KIT_FIXED_RW };
  uint64_t length = 1 << 20;

  shared = kit;
  kit_vm(kit, 1);
  ASSERT_EQ(iommufd_memory_alloc(&kit->plat, length, IOMMUFD_MEMORY_SCATTERED, 3, &put_early), 0);
  map.ioas_id = kit->ioas;
  map.memory = put_early;
  map.length = length;
  map.iova = 0x50000000;
  EXPECT_EQ(plat_cpu_start(kit->board, 1, putter, NULL), 0);
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_IOAS_MAP, &map), 0);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, 0x50000000, &length), 0);
}
