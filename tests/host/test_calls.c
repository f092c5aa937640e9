/* What holds for every call: sizes of structs, numbers, costs, notes, counts. */
#include "kit.h"

#include <string.h>

struct size_row {
  enum iommufd_nr nr;
  uint32_t first, bytes; /* first version, today */
};

#define END(type, member) \
  (uint32_t)(offsetof(struct type, member) + sizeof(((struct type *)0)->member))

static const struct size_row size_rows[] = {
  { IOMMUFD_NR_DESTROY, 8, sizeof(struct iommu_destroy) },
  { IOMMUFD_NR_IOAS_ALLOC, 12, sizeof(struct iommu_ioas_alloc) },
  { IOMMUFD_NR_IOAS_COPY, END(iommu_ioas_copy, src_iova), sizeof(struct iommu_ioas_copy) },
  { IOMMUFD_NR_IOAS_IOVA_RANGES, END(iommu_ioas_iova_ranges, out_iova_alignment),
    sizeof(struct iommu_ioas_iova_ranges) },
  { IOMMUFD_NR_IOAS_MAP, END(iommu_ioas_map, iova), sizeof(struct iommu_ioas_map) },
  { IOMMUFD_NR_IOAS_UNMAP, END(iommu_ioas_unmap, length), sizeof(struct iommu_ioas_unmap) },
  { IOMMUFD_NR_HWPT_ALLOC, END(iommu_hwpt_alloc, reserved), sizeof(struct iommu_hwpt_alloc) },
  { IOMMUFD_NR_GET_HW_INFO, END(iommu_hw_info, reserved), sizeof(struct iommu_hw_info) },
  { IOMMUFD_NR_HWPT_INVALIDATE, END(iommu_hwpt_invalidate, reserved),
    sizeof(struct iommu_hwpt_invalidate) },
  { IOMMUFD_NR_VIOMMU_ALLOC, END(iommu_viommu_alloc, out_viommu_id),
    sizeof(struct iommu_viommu_alloc) },
  { IOMMUFD_NR_VDEVICE_ALLOC, END(iommu_vdevice_alloc, virt_id),
    sizeof(struct iommu_vdevice_alloc) },
  { IOMMUFD_NR_VEVENTQ_ALLOC, END(iommu_veventq_alloc, reserved),
    sizeof(struct iommu_veventq_alloc) },
  { IOMMUFD_NR_HW_QUEUE_ALLOC, END(iommu_hw_queue_alloc, length),
    sizeof(struct iommu_hw_queue_alloc) },
};

enum { SIZE_ROWS = sizeof size_rows / sizeof size_rows[0] };

static int call(struct kit *kit, enum iommufd_nr nr, uint32_t size, int tail_at)
{
  _Alignas(16) unsigned char arg[IOMMUFD_ARG_MAX + 16] = { 0 };

  memcpy(arg, &size, sizeof size);
  if (tail_at >= 0)
    arg[tail_at] = 1;
  return iommufd_ioctl(kit->f, nr, arg);
}

HOST_TEST(Calls, AStructBelowItsFirstVersionIsEinval)
{
  for (unsigned i = 0; i < SIZE_ROWS; i++) {
    EXPECT_EQ(call(kit, size_rows[i].nr, 0, -1), -EINVAL);
    EXPECT_EQ(call(kit, size_rows[i].nr, size_rows[i].first - 1, -1), -EINVAL);
  }
}

/* Zeros are an unknown ID, or a success, but no complaint about the size. */
HOST_TEST(Calls, TheFirstVersionIsEnough)
{
  for (unsigned i = 0; i < SIZE_ROWS; i++) {
    int first = call(kit, size_rows[i].nr, size_rows[i].first, -1);
    int whole = call(kit, size_rows[i].nr, size_rows[i].bytes, -1);

    EXPECT_EQ(first, whole);
  }
}

HOST_TEST(Calls, UnknownBytesMustBeZero)
{
  for (unsigned i = 0; i < SIZE_ROWS; i++) {
    const struct size_row *row = &size_rows[i];
    int whole = call(kit, row->nr, row->bytes, -1);

    EXPECT_EQ(call(kit, row->nr, row->bytes + 9, (int)row->bytes + 8), -E2BIG);
    EXPECT_EQ(call(kit, row->nr, row->bytes + 1, (int)row->bytes), -E2BIG);
    EXPECT_EQ(call(kit, row->nr, row->bytes + 8, (int)row->bytes + 8), whole);
    EXPECT_EQ(call(kit, row->nr, IOMMUFD_ARG_MAX, -1), whole);
    EXPECT_EQ(call(kit, row->nr, IOMMUFD_ARG_MAX + 1, -1), -E2BIG);
  }
}

/* A short struct is not written beyond its end. */
HOST_TEST(Calls, AnswersStayInsideTheStruct)
{
  struct iommu_hw_info info = { .size = END(iommu_hw_info, reserved), .out_capabilities = 77 };

  info.dev_id = kit_bind(kit, KIT_SID);
  EXPECT_EQ(iommufd_ioctl(kit->f, IOMMUFD_NR_GET_HW_INFO, &info), 0);
  EXPECT_EQ(info.data_len, sizeof(struct iommu_hw_info_arm_smmuv3));
  EXPECT_EQ(info.out_capabilities, 77u);
}

HOST_TEST(Calls, UnknownNumbersAreEnotty)
{
  static const int numbers[] = { 0,
                                 0x3b,
                                 IOMMUFD_NR_VFIO_BIND,
                                 0x7f,
                                 IOMMUFD_NR_IOAS_ALLOW_IOVAS,
                                 IOMMUFD_NR_OPTION,
                                 IOMMUFD_NR_VFIO_IOAS,
                                 IOMMUFD_NR_HWPT_SET_DIRTY_TRACKING,
                                 IOMMUFD_NR_HWPT_GET_DIRTY_BITMAP,
                                 IOMMUFD_NR_FAULT_QUEUE_ALLOC,
                                 IOMMUFD_NR_IOAS_MAP_FILE,
                                 IOMMUFD_NR_IOAS_CHANGE_PROCESS,
                                 IOMMUFD_NR_END,
                                 0x7fffffff };

  for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    EXPECT_EQ(call(kit, (enum iommufd_nr)numbers[i], 64, -1), -ENOTTY);
}

HOST_TEST(Calls, ANullStructIsEfault)
{
  for (unsigned i = 0; i < SIZE_ROWS; i++)
    EXPECT_EQ(iommufd_ioctl(kit->f, size_rows[i].nr, NULL), -EFAULT);
}

HOST_TEST(Calls, EachIsChargedNotedAndCountedByNumber)
{
  struct iommufd_counts counts;
  uint64_t charged = kit->charged[PLAT_COST_IOCTL];
  uint64_t begun = kit->noted[PLAT_NOTE_BEGIN];

  kit_ioas(kit);
  EXPECT_EQ(kit->charged[PLAT_COST_IOCTL] - charged, 1u);
  EXPECT_EQ(kit->noted[PLAT_NOTE_BEGIN] - begun, 1u);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_BEGIN].a, PLAT_OP_IOCTL);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_BEGIN].b, IOMMUFD_NR_IOAS_ALLOC);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_STOP].a, PLAT_OP_IOCTL);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_STOP].b, 0u);
  EXPECT_EQ(kit_destroy(kit, KIT_BAD_ID), -ENOENT);
  EXPECT_EQ(kit->last_note[PLAT_NOTE_STOP].b, (uint64_t)(int64_t)-ENOENT);
  kit_bind(kit, KIT_SID);
  iommufd_get_counts(kit->f, &counts);
  EXPECT_EQ(counts.calls[IOMMUFD_NR_IOAS_ALLOC], 1u);
  EXPECT_EQ(counts.calls[IOMMUFD_NR_DESTROY], 1u);
  EXPECT_EQ(counts.calls[IOMMUFD_NR_VFIO_BIND], 1u);
  EXPECT_EQ(counts.failed, 1u);
  EXPECT_EQ(kit->charged[PLAT_COST_IOCTL] - charged, 3u);
}

HOST_TEST(Calls, IdsAreTheLowestFree)
{
  uint32_t first = kit_ioas(kit), second = kit_ioas(kit), third = kit_ioas(kit);

  EXPECT_EQ(first, 1u);
  EXPECT_EQ(second, 2u);
  EXPECT_EQ(third, 3u);
  EXPECT_EQ(kit_destroy(kit, second), 0);
  EXPECT_EQ(kit_destroy(kit, second), -ENOENT);
  EXPECT_EQ(kit_ioas(kit), second);
  EXPECT_EQ(iommufd_objects(kit->f), 3u);
  EXPECT_EQ(kit_destroy(kit, 0), -ENOENT);
}

/* Two threads of one VMM: the second call waits until the first has returned. */
static void other_thread(void *arg)
{
  struct kit *kit = arg;

  EXPECT_EQ(kit_ioas(kit), 2u);
}

HOST_TEST(Calls, OfOneFileRunOneAfterTheOther)
{
  EXPECT_EQ(plat_cpu_start(kit->board, 1, other_thread, kit), 0);
  EXPECT_EQ(kit_ioas(kit), 1u);
  for (unsigned turns = 10000; iommufd_objects(kit->f) < 2 && turns; turns--)
    plat_relax(&kit->plat);
  EXPECT_EQ(iommufd_objects(kit->f), 2u);
}

HOST_TEST(Calls, FilesDoNotSeeOneAnother)
{
  struct iommufd *other;
  struct iommu_destroy destroy = { sizeof destroy, 1 };

  ASSERT_EQ(iommufd_open(kit->host, &other), 0);
  EXPECT_EQ(kit_ioas(kit), 1u);
  EXPECT_EQ(iommufd_ioctl(other, IOMMUFD_NR_DESTROY, &destroy), -ENOENT);
  iommufd_close(other);
  EXPECT_EQ(kit_destroy(kit, 1), 0);
}
