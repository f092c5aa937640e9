/* HW queues and mappings: errors and their order (specification of CMDQV, 9.2, 9.3, 9.5), the ring
 * that cannot move, and a queue that works. */
#include "kit.h"

#include "arch/structs.h"

enum { RING = 4096 };
#define AT (KIT_GPA + 0x100000) /* in guest RAM, aligned to 1 MB */
/* LVCMDQ 0 of VINTF 1, by its mapped page: CONS, PROD, CONFIG, STATUS. */
enum { CONS = 0, PROD = 4, CONFIG = 8, STATUS = 12 };

struct queue_row {
  const char *why;
  uint32_t flags, type;
  enum { VIOMMU, TYPE1, BAD } on;
  uint32_t index;
  uint64_t iova, length;
  int err;
};

/* Index 0 exists already, at AT. Type 1 stands beside on another vIOMMU. Guest RAM is followed by a
 * page that can only be written, and by nothing. */
static const struct queue_row queue_rows[] = {
  { "flags", 1, 1, BAD, 9, 0, 0, -EOPNOTSUPP },
  { "type 0", 0, 0, BAD, 9, 0, 0, -EOPNOTSUPP },
  { "length 0", 0, 1, BAD, 9, UINT64_MAX, 0, -EINVAL },
  { "end overflows", 0, 1, BAD, 9, UINT64_MAX, 2, -EOVERFLOW },
  { "no such vIOMMU", 0, 9, BAD, 9, AT, RING, -ENOENT },
  { "vIOMMU of type 1", 0, 1, TYPE1, 9, AT, RING, -EOPNOTSUPP },
  { "unknown type", 0, 2, VIOMMU, 9, 0, RING, -EOPNOTSUPP },
  { "offset and length overflow", 0, 1, VIOMMU, 9, 1, UINT64_MAX, -ERANGE },
  { "bad index on bad memory", 0, 1, VIOMMU, 9, 0, RING, -ENOENT },
  { "hole at the end", 0, 1, VIOMMU, 1, 0x60001000, 2 * RING, -ENOENT },
  { "not readable", 0, 1, VIOMMU, 9, KIT_GPA + KIT_RAM, RING, -EPERM },
  { "readable and not readable", 0, 1, VIOMMU, 9, KIT_GPA + KIT_RAM - RING, 2 * RING, -EPERM },
  { "not contiguous", 0, 1, VIOMMU, 9, 0x60000000, 2 * RING, -EFAULT },
  { "index beyond the VINTF", 0, 1, VIOMMU, 4, AT, RING, -EINVAL },
  { "index beyond before exists", 0, 1, VIOMMU, 0xffffffff, AT, RING, -EINVAL },
  { "exists", 0, 1, VIOMMU, 0, AT, 17, -EEXIST },
  { "index - 1 is missing", 0, 1, VIOMMU, 2, AT, 17, -EIO },
  { "length no power of two", 0, 1, VIOMMU, 1, AT, 48, -EINVAL },
  { "length below 32", 0, 1, VIOMMU, 1, AT, 16, -EINVAL },
  { "longer than IDR1.CMDQS", 0, 1, VIOMMU, 1, AT, 1 << 16, -EINVAL },
  { "not aligned to its length", 0, 1, VIOMMU, 1, AT + 4096, 8192, -EINVAL },
  { "not aligned to 32", 0, 1, VIOMMU, 1, AT + 16, 32, -EINVAL },
  { "inside a page", 0, 1, VIOMMU, 1, AT + 64, 64, 0 },
  { "as long as IDR1.CMDQS", 0, 1, VIOMMU, 1, AT, 1 << 15, 0 },
};

static void queue_errors(struct kit *kit)
{
  uint32_t viommu[3], first;

  kit_vm(kit, 1);
  viommu[TYPE1] = kit->viommu;
  viommu[BAD] = KIT_BAD_ID;
  viommu[VIOMMU] = kit->viommu = kit_viommu(kit, 2, kit->dev, kit->parent);
  EXPECT_EQ(kit_map(kit, kit->ioas, IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_FIXED_IOVA, 0, 4096,
                    KIT_GPA + KIT_RAM),
            0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0x8000, 4096, 0x60000000), 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0x4000, 4096, 0x60001000), 0);
  EXPECT_EQ(kit_queue(kit, 0, AT, RING, &first), 0);
  for (unsigned i = 0; i < sizeof queue_rows / sizeof queue_rows[0]; i++) {
    const struct queue_row *row = &queue_rows[i];
    struct iommu_hw_queue_alloc alloc = { sizeof alloc, row->flags, viommu[row->on], row->type,
                                          row->index,   0,          row->iova,       row->length };
    int err = iommufd_ioctl(kit->f, IOMMUFD_NR_HW_QUEUE_ALLOC, &alloc);

    if (err != row->err)
      ADD_TEST_FAILURE("%s: %d, expected %d", row->why, err, row->err);
    if (!err)
      EXPECT_EQ(kit_destroy(kit, alloc.out_hw_queue_id), 0);
  }
}

TEST_CASE(HwQueue, AllocErrorsAndTheirOrder)
{
  static struct kit kit;

  kit_defaults(&kit, queue_errors);
  kit.smmu.idr[1] = (kit.smmu.idr[1] & ~(31u << 21)) | 11 << 21;
  kit_run(&kit);
}

/* In the order of their index, and away from the last. */
HOST_TEST(HwQueue, ComeAndGoInOrder)
{
  uint32_t id[4], none;

  kit_vm(kit, 2);
  EXPECT_EQ(kit_queue(kit, 1, AT, RING, &none), -EIO);
  for (unsigned i = 0; i < 4; i++)
    EXPECT_EQ(kit_queue(kit, i, AT + i * 0x10000ull, RING, &id[i]), 0);
  EXPECT_EQ(kit_destroy(kit, id[0]), -EBUSY);
  EXPECT_EQ(kit_destroy(kit, id[2]), -EBUSY);
  EXPECT_EQ(kit_destroy(kit, kit->viommu), -EBUSY);
  EXPECT_EQ(kit_destroy(kit, id[3]), 0);
  EXPECT_EQ(kit_destroy(kit, id[1]), -EBUSY);
  EXPECT_EQ(kit_destroy(kit, id[2]), 0);
  EXPECT_EQ(kit_queue(kit, 2, AT + 0x50000, RING, &id[2]), 0);
}

HOST_TEST(HwQueue, ItsRingCannotBeUnmapped)
{
  uint64_t length = KIT_RAM, part = 0x1000, all = UINT64_MAX, other = 0x1000;
  uint32_t id;

  kit_vm(kit, 2);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0, 0x1000, KIT_GPA - 0x10000), 0);
  EXPECT_EQ(kit_queue(kit, 0, AT, RING, &id), 0);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, KIT_GPA, &length), -EBUSY);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, AT, &part), -EBUSY); /* before the question of parts */
  EXPECT_EQ(kit_unmap(kit, kit->ioas, 0, &all), -EBUSY);
  EXPECT_EQ(all, UINT64_MAX);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, KIT_GPA - 0x10000, &other), -ENOENT); /* went with "all" */
  EXPECT_EQ(kit_destroy(kit, kit->ioas), -EBUSY);
  EXPECT_EQ(kit_destroy(kit, id), 0);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, AT, &part), -ENOENT);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, KIT_GPA, &length), 0);
}

/* A ring over two areas locks both. */
HOST_TEST(HwQueue, ARingMayLieInSeveralAreas)
{
  uint64_t length;
  uint32_t id;

  kit_vm(kit, 2);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0x100000, 0x1000, 0x60000000), 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, 0x101000, 0x1000, 0x60001000), 0);
  EXPECT_EQ(kit_queue(kit, 0, 0x60000000, 0x2000, &id), 0);
  for (uint64_t page = 0x60000000; page < 0x60002000; page += 0x1000) {
    length = 0x1000;
    EXPECT_EQ(kit_unmap(kit, kit->ioas, page, &length), -EBUSY);
  }
  EXPECT_EQ(kit_destroy(kit, id), 0);
  length = 0x2000;
  EXPECT_EQ(kit_unmap(kit, kit->ioas, 0x60000000, &length), 0);
}

/* ---- mappings ---- */

HOST_TEST(Mmap, Rules)
{
  const unsigned rw = IOMMUFD_MMAP_READ | IOMMUFD_MMAP_WRITE | IOMMUFD_MMAP_SHARED;
  uint64_t address;

  kit_vm(kit, 2);
  EXPECT_EQ(iommufd_mmap(kit->f, 0x12345, 0x10001, rw, &address), -EINVAL);
  EXPECT_EQ(iommufd_mmap(kit->f, 0, 0x10000, rw & ~(unsigned)IOMMUFD_MMAP_SHARED, &address),
            -EINVAL);
  EXPECT_EQ(iommufd_mmap(kit->f, 0x1000, 0x10000, rw | IOMMUFD_MMAP_EXEC, &address), -EPERM);
  EXPECT_EQ(iommufd_mmap(kit->f, 0x1000, 0x10000, rw, &address), -ENXIO);
  EXPECT_EQ(iommufd_mmap(kit->f, 0, 0x1000, rw, &address), -ENXIO);
  EXPECT_EQ(iommufd_mmap(kit->f, 0, 0x20000, rw, &address), -ENXIO);
  EXPECT_EQ(iommufd_mmap(kit->f, 0x10000, 0x10000, rw, &address), -ENXIO);
  EXPECT_EQ(iommufd_munmap(kit->f, 0), -EINVAL);
  EXPECT_EQ(kit_mmap(kit, &address), 0);
  EXPECT_EQ(address, PLAT_CMDQV_BASE + 0x50000); /* page 0 of VINTF 1 */
}

HOST_TEST(Mmap, EachMappingHoldsTheViommu)
{
  uint64_t address;

  kit_vm(kit, 2);
  EXPECT_EQ(kit_destroy(kit, kit->vdevice), 0);
  EXPECT_EQ(kit_mmap(kit, &address), 0);
  EXPECT_EQ(kit_mmap(kit, &address), 0);
  EXPECT_EQ(kit_destroy(kit, kit->viommu), -EBUSY);
  EXPECT_EQ(iommufd_munmap(kit->f, address), 0);
  EXPECT_EQ(kit_destroy(kit, kit->viommu), -EBUSY);
  EXPECT_EQ(iommufd_munmap(kit->f, address), 0);
  EXPECT_EQ(iommufd_munmap(kit->f, address), -EINVAL);
  EXPECT_EQ(kit_destroy(kit, kit->viommu), 0);
  EXPECT_EQ(kit_mmap(kit, &address), -ENXIO);
}

HOST_TEST(Mmap, ARegionBelongsToItsFile)
{
  const unsigned rw = IOMMUFD_MMAP_READ | IOMMUFD_MMAP_WRITE | IOMMUFD_MMAP_SHARED;
  struct iommufd *other;
  uint64_t address;

  kit_vm(kit, 2);
  ASSERT_EQ(iommufd_open(kit->host, &other), 0);
  EXPECT_EQ(iommufd_mmap(other, kit->mmap_offset, kit->mmap_length, rw, &address), -ENXIO);
  iommufd_close(other);
}

/* ---- a queue at work ---- */

static uint64_t reg(struct kit *kit, uint64_t page, unsigned offset)
{
  return plat_mmio_read(&kit->plat, page + offset, 4);
}

/* Until (register & mask) is `want`; a device that never gets there is a failure. */
static void await(struct kit *kit, uint64_t page, unsigned offset, uint32_t mask, uint32_t want)
{
  unsigned turns = 10000;

  while ((reg(kit, page, offset) & mask) != want && --turns)
    plat_relax(&kit->plat);
  EXPECT_NE(turns, 0u);
}

/* What a guest does through the mapped page: enable, put commands, ring. */
static void run_queue(struct kit *kit, uint64_t page, const uint64_t (*words)[2], unsigned n)
{
  for (unsigned i = 0; i < n; i++) {
    kit_store(kit, AT + 16ull * i, words[i][0]);
    kit_store(kit, AT + 16ull * i + 8, words[i][1]);
  }
  plat_mmio_write(&kit->plat, page + CONFIG, 1, 4);
  await(kit, page, STATUS, 1, 1);
  plat_mmio_write(&kit->plat, page + PROD, n, 4);
}

HOST_TEST(HwQueue, IsDisabledUntilItsPageEnablesItAndThenTakesCommands)
{
  const uint64_t words[2][2] = { { CMD_TLBI_NH_ASID | 3ull << 48, 0 }, { CMD_SYNC, 0 } };
  uint64_t page;
  uint32_t id;

  kit_vm(kit, 2);
  EXPECT_EQ(kit_mmap(kit, &page), 0);
  EXPECT_EQ(kit_queue(kit, 0, AT, RING, &id), 0);
  EXPECT_EQ(reg(kit, page, STATUS) & 1, 0u);
  kit_watch(kit);
  run_queue(kit, page, words, 2);
  await(kit, page, CONS, 0xfffff, 2);
  EXPECT_EQ(kit->commands, 2u);
  EXPECT_NE(kit->command[0].queue, 0u);
  EXPECT_EQ(kit->command[0].words[0] & 0xff, CMD_TLBI_NH_ASID);
}

/* An error of the guest's queue becomes an event for the VM, and the host leaves the queue alone. */
HOST_TEST(HwQueue, AnErrorIsAnEventOfType2)
{
  const uint64_t words[1][2] = { { CMD_CFGI_STE_RANGE, 0 } };
  struct {
    struct iommufd_vevent_header header;
    struct iommu_vevent_tegra241_cmdqv data;
  } record = { { 9, 9 }, { { 9, 9 } } };
  const uint64_t pos = 0;
  uint64_t page;
  uint32_t id, fd;

  kit->checked.finding = kit_excuse; /* a guest's command that its queue does not take */
  kit_vm(kit, 2);
  EXPECT_EQ(kit_mmap(kit, &page), 0);
  EXPECT_EQ(kit_queue(kit, 0, AT, RING, &id), 0);
  EXPECT_EQ(kit_veventq(kit, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV, 8, &id, &fd), 0);
  run_queue(kit, page, words, 1);
  plat_take(&kit->plat, iommufd_veventq_line(kit->f, fd));
  while (
    !iommufd_veventq_poll(kit->f, fd)) { /* asleep for ever is a deadlock, which ends the test */
    plat_wait(&kit->plat, iommufd_veventq_line(kit->f, fd));
    plat_take(&kit->plat, iommufd_veventq_line(kit->f, fd));
  }
  EXPECT_EQ(iommufd_veventq_read(kit->f, fd, (struct iommufd_user){ &record, sizeof record },
                                 sizeof record, &pos),
            (long)sizeof record);
  EXPECT_EQ(record.header.flags, 0u);
  EXPECT_EQ(record.header.sequence, 0u);
  EXPECT_EQ(record.data.lvcmdq_err_map[0], 1u);
  EXPECT_EQ(record.data.lvcmdq_err_map[1], 0u);
  EXPECT_NE(reg(kit, page, 0x10), reg(kit, page, 0x14)); /* GERROR, GERRORN */
}

/* ---- a guest that switches its queue on again and again ---- */

static struct {
  struct kit *kit;
  uint64_t page;
  bool stop;
} hostile;

static void enable_for_ever(void *arg)
{
  (void)arg;
  while (!hostile.stop) {
    plat_mmio_write(&hostile.kit->plat, hostile.page, 1, 4);
    plat_delay(&hostile.kit->plat, 700000);
  }
}

/* Its queue goes, its memory goes, and new queues come: each has the ring it was given. */
static void take_away_and_give(struct kit *kit)
{
  const uint64_t gpa = 0x70000000, va = 0x200000;
  uint64_t bytes = KIT_RAM;
  uint32_t id;

  hostile.kit = kit;
  hostile.stop = false;
  kit_vm(kit, 2);
  EXPECT_EQ(kit_mmap(kit, &hostile.page), 0);
  hostile.page += CONFIG;
  EXPECT_EQ(kit_queue(kit, 0, KIT_GPA + 0x10000, 4096, &id), 0);
  EXPECT_EQ(plat_cpu_start(kit->board, 1, enable_for_ever, NULL), 0);
  plat_delay(&kit->plat, 20000000);
  EXPECT_EQ(kit_destroy(kit, id), 0);
  EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, va, 0x100000, gpa), 0);
  EXPECT_EQ(kit_unmap(kit, kit->ioas, KIT_GPA, &bytes), 0);
  for (unsigned i = 0; i < 10; i++) {
    uint64_t base;

    ASSERT_EQ(kit_queue(kit, 0, gpa + i * 0x1000, 4096, &id), 0);
    base = plat_mmio_read(&kit->plat, hostile.page - CONFIG + 0x10000, 8) & ~0x1full;
    EXPECT_EQ(base, iommufd_memory_pa(kit->ram, va + i * 0x1000));
    EXPECT_EQ(kit_destroy(kit, id), 0);
  }
  hostile.stop = true;
}

TEST_CASE(HwQueue, AHostileGuestCannotKeepItsOldRing)
{
  static struct kit kit;

  kit_defaults(&kit, take_away_and_give);
  kit.timed = true;
  kit_run(&kit);
}
