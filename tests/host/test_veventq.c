/* vEVENTQs: errors, records, what happens when one is full, and whose events are whose
 * (specification of iommufd, section 9). */
#include "kit.h"

#include <string.h>

#include "arch/structs.h"

struct record {
  struct iommufd_vevent_header header;
  struct iommu_vevent_arm_smmuv3 data;
};

static int alloc(struct kit *kit, uint32_t flags, uint32_t viommu, uint32_t type, uint32_t depth,
                 uint32_t reserved)
{
  struct iommu_veventq_alloc call = { sizeof call, flags, viommu, type, depth, 0, 0, reserved };

  return iommufd_ioctl(kit->f, IOMMUFD_NR_VEVENTQ_ALLOC, &call);
}

HOST_TEST(Veventq, AllocErrorsAndTheirOrder)
{
  kit_vm(kit, 1);
  EXPECT_EQ(alloc(kit, 1, KIT_BAD_ID, 1, 0, 0), -EOPNOTSUPP);
  EXPECT_EQ(alloc(kit, 0, KIT_BAD_ID, 1, 0, 1), -EOPNOTSUPP);
  EXPECT_EQ(alloc(kit, 0, KIT_BAD_ID, 0, 0, 0), -EOPNOTSUPP);
  EXPECT_EQ(alloc(kit, 0, KIT_BAD_ID, 1, 0, 0), -EINVAL);
  EXPECT_EQ(alloc(kit, 0, KIT_BAD_ID, 1, 1, 0), -ENOENT);
  EXPECT_EQ(alloc(kit, 0, kit->parent, 1, 1, 0), -ENOENT);
  EXPECT_EQ(alloc(kit, 0, kit->viommu, 1, 1, 0), 0);
  EXPECT_EQ(alloc(kit, 0, kit->viommu, 1, 1, 0), -EEXIST);
  EXPECT_EQ(alloc(kit, 0, kit->viommu, 2, 1, 0), 0);
}

/* Types that no driver knows have queues like any other; nothing comes. */
HOST_TEST(Veventq, UnknownTypesAreAccepted)
{
  kit_vm(kit, 1);
  EXPECT_EQ(alloc(kit, 0, KIT_BAD_ID, 3, 0, 0), -EINVAL);
  EXPECT_EQ(alloc(kit, 0, KIT_BAD_ID, 3, 1, 0), -ENOENT);
  EXPECT_EQ(alloc(kit, 0, kit->viommu, 3, 1, 0), 0);
  EXPECT_EQ(alloc(kit, 0, kit->viommu, 3, 1, 0), -EEXIST);
  EXPECT_EQ(alloc(kit, 0, kit->viommu, UINT32_MAX, 1, 0), 0);
  EXPECT_EQ(alloc(kit, 0, kit->viommu, 1, 1, 0), 0);
  EXPECT_EQ(alloc(kit, 0, kit->viommu, UINT32_MAX, 1, 0), -EEXIST);
}

HOST_TEST(Veventq, ItsFileHoldsIt)
{
  uint32_t id, fd, second, second_fd;

  kit_vm(kit, 1);
  EXPECT_EQ(kit_veventq(kit, 1, 4, &id, &fd), 0);
  EXPECT_EQ(kit_veventq(kit, 2, 4, &second, &second_fd), 0);
  EXPECT_NE(fd, second_fd);
  EXPECT_EQ(kit_destroy(kit, id), -EBUSY);
  EXPECT_EQ(iommufd_veventq_close(kit->f, fd), 0);
  EXPECT_EQ(iommufd_veventq_close(kit->f, fd), -EBADF);
  EXPECT_EQ(kit_destroy(kit, kit->viommu), -EBUSY);
  EXPECT_EQ(kit_destroy(kit, id), 0);
  EXPECT_EQ(kit_veventq(kit, 1, 4, &id, &fd), 0);
}

/* ---- a device that faults ---- */

/* Attached with stage 1 that maps nothing: each DMA is F_TRANSLATION at its address. */
static void faulting(struct kit *kit)
{
  kit_vm(kit, 1);
  kit_guest_tables(kit, 3);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1)), 0);
}

/* The event has come through the host's interrupt when the queue, or the log, has grown. */
static void fault_at(struct kit *kit, uint64_t va)
{
  struct drv_counts counts;
  uint64_t pa, before;
  unsigned turns = 1000;

  drv_get_counts(iommufd_host_drv(kit->host), &counts);
  before = counts.events;
  EXPECT_FALSE(kit_dma(kit, KIT_SID, va, false, &pa));
  while (counts.events == before && --turns) {
    plat_delay(&kit->plat, 1000000);
    drv_get_counts(iommufd_host_drv(kit->host), &counts);
  }
  EXPECT_NE(turns, 0u);
  plat_delay(&kit->plat, 10000000); /* the handler is through */
}

static long read_some(struct kit *kit, uint32_t fd, void *buffer, size_t bytes)
{
  const uint64_t pos = 0;

  return iommufd_veventq_read(kit->f, fd, (struct iommufd_user){ buffer, bytes }, bytes, &pos);
}

HOST_TEST(Veventq, ARecordIsTheEventUnderTheGuestsName)
{
  struct record record;
  uint32_t id, fd;

  faulting(kit);
  EXPECT_EQ(kit_veventq(kit, 1, 4, &id, &fd), 0);
  EXPECT_FALSE(iommufd_veventq_poll(kit->f, fd));
  EXPECT_EQ(read_some(kit, fd, &record, sizeof record), 0);
  fault_at(kit, 0x5008);
  EXPECT_TRUE(iommufd_veventq_poll(kit->f, fd));
  EXPECT_EQ(read_some(kit, fd, &record, sizeof record), (long)sizeof record);
  EXPECT_EQ(record.header.flags, 0u);
  EXPECT_EQ(record.header.sequence, 0u);
  EXPECT_EQ(record.data.evt[0] & 0xff, 0x10u);
  EXPECT_EQ(record.data.evt[0] >> 32, (uint64_t)KIT_VSID);
  EXPECT_EQ(record.data.evt[2], 0x5008u);
  EXPECT_EQ(record.data.evt[1] >> 35 & 1, 1u); /* RnW */
  EXPECT_EQ(read_some(kit, fd, &record, sizeof record), 0);
  EXPECT_FALSE(iommufd_veventq_poll(kit->f, fd));
  EXPECT_EQ(kit->logs, 0u);
}

HOST_TEST(Veventq, ReadGivesWholeRecordsAndNeverBlocks)
{
  struct record record[3];
  const uint64_t pos = 1, start = 0;
  uint32_t id, fd;

  faulting(kit);
  EXPECT_EQ(kit_veventq(kit, 1, 8, &id, &fd), 0);
  for (unsigned i = 0; i < 5; i++)
    fault_at(kit, 0x1000 * i);
  EXPECT_EQ(read_some(kit, fd, record, sizeof record[0] - 1), 0);
  EXPECT_EQ(read_some(kit, fd, record, 0), 0);
  EXPECT_EQ(iommufd_veventq_read(kit->f, fd, (struct iommufd_user){ record, sizeof record },
                                 sizeof record, &pos),
            -ESPIPE);
  EXPECT_EQ(iommufd_veventq_read(kit->f, fd, (struct iommufd_user){ NULL, 0 }, 40, &start),
            -EFAULT);
  EXPECT_EQ(iommufd_veventq_read(kit->f, 99, (struct iommufd_user){ record, 40 }, 40, &start),
            -EBADF);
  EXPECT_EQ(read_some(kit, fd, record, 2 * sizeof record[0] + 39), 80);
  EXPECT_EQ(record[0].data.evt[2], 0u);
  EXPECT_EQ(record[1].data.evt[2], 0x1000u);
  EXPECT_EQ(record[1].header.sequence, 1u);
  EXPECT_EQ(read_some(kit, fd, record, sizeof record), 120);
  EXPECT_EQ(record[2].header.sequence, 4u);
  EXPECT_EQ(iommufd_veventq_write(kit->f, fd, record, 40), -EINVAL);
  EXPECT_EQ(iommufd_veventq_write(kit->f, 99, record, 40), -EBADF);
}

/* The data cannot be copied though the header could: the header counts, the record stays. */
HOST_TEST(Veventq, AFaultInTheMiddleOfARecord)
{
  struct record record;
  const uint64_t start = 0;
  uint32_t id, fd;

  faulting(kit);
  EXPECT_EQ(kit_veventq(kit, 1, 8, &id, &fd), 0);
  fault_at(kit, 0x1000);
  EXPECT_EQ(iommufd_veventq_read(kit->f, fd, (struct iommufd_user){ &record, 20 }, 40, &start),
            (long)sizeof record.header);
  EXPECT_EQ(iommufd_veventq_read(kit->f, fd, (struct iommufd_user){ &record, 7 }, 40, &start),
            -EFAULT);
  EXPECT_EQ(read_some(kit, fd, &record, sizeof record), 40);
  EXPECT_EQ(record.header.sequence, 0u);
}

/* ---- a full queue ---- */

HOST_TEST(Veventq, AFullQueueTellsAtItsTail)
{
  unsigned char buffer[256];
  struct iommufd_vevent_header header;
  struct iommufd_counts counts;
  uint32_t id, fd;

  faulting(kit);
  EXPECT_EQ(kit_veventq(kit, 1, 2, &id, &fd), 0);
  for (unsigned i = 0; i < 5; i++)
    fault_at(kit, 0x1000 * i);
  iommufd_get_counts(kit->f, &counts);
  EXPECT_EQ(counts.events, 2u);
  EXPECT_EQ(counts.lost, 3u);
  /* two records and one marker, which carries the last sequence and no data */
  EXPECT_EQ(read_some(kit, fd, buffer, sizeof buffer), 40 + 40 + 8);
  memcpy(&header, buffer + 80, sizeof header);
  EXPECT_EQ(header.flags, IOMMU_VEVENTQ_FLAG_LOST_EVENTS);
  EXPECT_EQ(header.sequence, 4u);
  fault_at(kit, 0x9000);
  EXPECT_EQ(read_some(kit, fd, buffer, sizeof buffer), 40);
  memcpy(&header, buffer, sizeof header);
  EXPECT_EQ(header.flags, 0u);
  EXPECT_EQ(header.sequence, 5u);
}

/* Room again while the marker is unread: the marker goes, the gap of sequence numbers stays. */
HOST_TEST(Veventq, TheNextEventReplacesAnUnreadMarker)
{
  struct record record[3];
  uint32_t id, fd;

  faulting(kit);
  EXPECT_EQ(kit_veventq(kit, 1, 2, &id, &fd), 0);
  for (unsigned i = 0; i < 3; i++)
    fault_at(kit, 0x1000 * i);
  EXPECT_EQ(read_some(kit, fd, record, 40), 40);
  fault_at(kit, 0x9000);
  EXPECT_EQ(read_some(kit, fd, record, sizeof record), 80);
  EXPECT_EQ(record[0].header.sequence, 1u);
  EXPECT_EQ(record[1].header.sequence, 3u);
  EXPECT_EQ(record[1].header.flags, 0u);
  EXPECT_EQ(record[1].data.evt[2], 0x9000u);
}

/* The marker itself takes no room: as many events as before fit behind a marker that was read. */
HOST_TEST(Veventq, TheMarkerIsNoEvent)
{
  unsigned char buffer[256];
  uint32_t id, fd;

  faulting(kit);
  EXPECT_EQ(kit_veventq(kit, 1, 1, &id, &fd), 0);
  fault_at(kit, 0x1000);
  fault_at(kit, 0x2000);
  fault_at(kit, 0x3000);
  EXPECT_EQ(read_some(kit, fd, buffer, 40), 40);
  EXPECT_EQ(read_some(kit, fd, buffer, 40), 8);
  fault_at(kit, 0x4000);
  fault_at(kit, 0x5000);
  EXPECT_EQ(read_some(kit, fd, buffer, 40), 40);
  fault_at(kit, 0x6000); /* the marker was alone */
  EXPECT_EQ(read_some(kit, fd, buffer, sizeof buffer), 40);
}

/* ---- whose events ---- */

HOST_TEST(Veventq, WithoutAQueueTheHostLogs)
{
  uint32_t id, fd;

  faulting(kit);
  fault_at(kit, 0x1000);
  EXPECT_EQ(kit->logs, 1u);
  EXPECT_EQ(kit_veventq(kit, 2, 4, &id, &fd), 0); /* of the other type */
  fault_at(kit, 0x1000);
  EXPECT_EQ(kit->logs, 2u);
  EXPECT_FALSE(iommufd_veventq_poll(kit->f, fd));
}

HOST_TEST(Veventq, StageTwoFaultsAreTheHosts)
{
  uint32_t id, fd;

  faulting(kit);
  EXPECT_EQ(kit_veventq(kit, 1, 4, &id, &fd), 0);
  kit_guest_map(kit, 0x7000, 0x70000000); /* no such guest memory */
  fault_at(kit, 0x7000);
  EXPECT_FALSE(iommufd_veventq_poll(kit->f, fd));
  EXPECT_EQ(kit->logs, 1u);
}

/* Attached without a vDEVICE nobody knows the guest's name; attaching decides, not destroying. */
HOST_TEST(Veventq, TheLastAttachDecidesWhoseTheyAre)
{
  struct record record;
  uint32_t id, fd;

  faulting(kit);
  EXPECT_EQ(kit_veventq(kit, 1, 4, &id, &fd), 0);
  EXPECT_EQ(kit_destroy(kit, kit->vdevice), 0);
  fault_at(kit, 0x1000);
  EXPECT_EQ(read_some(kit, fd, &record, sizeof record), 40);
  EXPECT_EQ(record.data.evt[0] >> 32, (uint64_t)KIT_VSID);
  EXPECT_EQ(kit_attach(kit, kit->dev, kit_nested(kit, kit->viommu, 0x9, 0)), 0);
  fault_at(kit, 0x1000);
  EXPECT_FALSE(iommufd_veventq_poll(kit->f, fd));
}

static void count_call(void *arg)
{
  unsigned *calls = arg;

  ++*calls;
}

HOST_TEST(Veventq, ReadyIsCalledForEachRecord)
{
  unsigned calls = 0;
  uint32_t id, fd;

  faulting(kit);
  EXPECT_EQ(kit_veventq(kit, 1, 4, &id, &fd), 0);
  EXPECT_EQ(iommufd_veventq_set_ready(kit->f, 99, count_call, &calls), -EBADF);
  EXPECT_EQ(iommufd_veventq_set_ready(kit->f, fd, count_call, &calls), 0);
  fault_at(kit, 0x1000);
  fault_at(kit, 0x2000);
  EXPECT_EQ(calls, 2u);
  EXPECT_EQ(iommufd_veventq_set_ready(kit->f, fd, NULL, NULL), 0);
  fault_at(kit, 0x3000);
  EXPECT_EQ(calls, 2u);
  EXPECT_NULL(iommufd_veventq_line(kit->f, 99));
}

/* What is not taken by a VM goes to the caller of iommufd_host_create(). */
static unsigned other_events;

static void other_event(void *arg, const uint64_t words[4])
{
  (void)arg;
  other_events += (words[0] & 0xff) == 0x10;
}

static void unwanted(struct kit *kit)
{
  faulting(kit);
  fault_at(kit, 0x1000);
  EXPECT_EQ(kit->logs, 0u);
}

TEST_CASE(Veventq, UnwantedEventsGoToTheHostsOwner)
{
  static struct kit kit;

  other_events = 0;
  kit_defaults(&kit, unwanted);
  kit.options.driver.event = other_event;
  kit_run(&kit);
  EXPECT_EQ(other_events, 1u);
}

/* ---- a thread that waits for the file while another one closes it ---- */

static struct kit *shared;
static unsigned woken;

static void sleep_for_a_record(void *arg)
{
  uint32_t fd = *(uint32_t *)arg;
  struct plat_line *line = iommufd_veventq_line(shared->f, fd);

  for (plat_take(&shared->plat, line);
       iommufd_veventq_line(shared->f, fd) && !iommufd_veventq_poll(shared->f, fd);
       plat_take(&shared->plat, line))
    plat_wait(&shared->plat, line);
  woken++;
}

HOST_TEST(Veventq, ClosingWakesWhoWaitsForARecord)
{
  uint32_t id, fd, again;

  shared = kit;
  woken = 0;
  kit_vm(kit, 1);
  EXPECT_EQ(kit_veventq(kit, 1, 4, &id, &fd), 0);
  for (unsigned cpu = 1; cpu <= 2; cpu++)
    EXPECT_EQ(plat_cpu_start(kit->board, cpu, sleep_for_a_record, &fd), 0);
  plat_delay(&kit->plat, 1000000);
  EXPECT_EQ(woken, 0u);
  EXPECT_EQ(iommufd_veventq_close(kit->f, fd), 0);
  EXPECT_EQ(kit_destroy(kit, id), 0);
  plat_delay(&kit->plat, 100000000);
  EXPECT_EQ(woken, 2u);
  EXPECT_NULL(iommufd_veventq_line(kit->f, fd));
  EXPECT_EQ(kit_veventq(kit, 1, 4, &id, &again), 0);
  EXPECT_EQ(again, fd);
}
