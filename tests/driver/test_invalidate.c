/* How many commands an invalidation takes, which, and in how many submissions. */
#include <errno.h>

#include "driver/drv_state.h"
#include "kit.h"

#define BASE 0x40000000ULL

static uint64_t prod_writes(struct kit *kit)
{
  return kit_writes(kit, PLAT_SMMU_BASE + OFF_CMDQ_PROD);
}

static void invalidate(struct kit *kit, struct drv_domain *d, uint64_t pages, uint64_t page)
{
  struct drv_gather gather = { .first = BASE, .last = BASE + pages * page - 1, .page = page };

  kit_clear(kit);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), 0);
  EXPECT_LT(gather.last, gather.first);
}

/* Every page of the range is covered by the commands, and none outside it. */
static void check_cover(struct kit *kit, uint64_t pages)
{
  uint64_t at = BASE;

  for (size_t i = 0; i + 1 < kit->commands.count; i++) {
    const uint64_t *w = kit_command(kit, i)->words;

    EXPECT_EQ(FGET(TLBI_NH_VA, ADDR, w) << 12, at);
    at += (FGET(TLBI_NH_VA, NUM, w) + 1) << FGET(TLBI_NH_VA, SCALE, w) << 12;
  }
  EXPECT_EQ(at, BASE + pages * 0x1000);
}

enum { ROWS = 8 };

static const struct row {
  unsigned pages, plain, ril;
} rows[ROWS] = { { 1, 1, 1 },   { 16, 16, 1 }, { 31, 31, 1 },   { 32, 32, 1 },
                 { 33, 33, 2 }, { 64, 64, 1 }, { 512, 512, 1 }, { 1023, 1023, 2 } };

static void check_rows(struct kit *kit)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  bool ril = drv_get_features(kit->drv)->ril;

  for (unsigned i = 0; i < ROWS; i++) {
    invalidate(kit, d, rows[i].pages, 0x1000);
    EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_VA), ril ? rows[i].ril : rows[i].plain);
    EXPECT_EQ(kit_count(kit, CMD_SYNC), 1);
    EXPECT_EQ(kit->commands.count, kit_count(kit, CMD_TLBI_NH_VA) + 1);
    check_cover(kit, rows[i].pages);
    EXPECT_EQ(FGET(TLBI_NH_VA, Leaf, kit_command(kit, 0)->words), 1);
    EXPECT_EQ(FGET(TLBI_NH_VA, TTL, kit_command(kit, 0)->words), ril ? 3 : 0);
    EXPECT_EQ(FGET(TLBI_NH_VA, TG, kit_command(kit, 0)->words), ril ? 1 : 0);
    EXPECT_EQ(FGET(TLBI_NH_VA, ASID, kit_command(kit, 0)->words), drv_domain_asid(d));
    EXPECT_EQ(FGET(TLBI_NH_VA, VMID, kit_command(kit, 0)->words), 0);
  }
  kit_free(kit, d, SID);
}

DRIVER_TEST(Range, TakesTheCommandsOfTheTable)
{
  check_rows(kit);
}

PARAM_TEST_CASE(Range, WithoutRilOneCommandAPage, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit.config.idr[3] &= ~(uint32_t)MASK(IDR3, RIL);
  kit_run(&kit, check_rows);
}

PARAM_TEST_CASE(Range, OptionLeavesRilUnused, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit.options.without = DRV_WITHOUT_RIL;
  kit_run(&kit, check_rows);
}

DRIVER_TEST(Range, BlocksCarryTheirLevel)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  invalidate(kit, d, 1, 2 << 20);
  EXPECT_EQ(kit->commands.count, 2);
  EXPECT_EQ(FGET(TLBI_NH_VA, TTL, kit_command(kit, 0)->words), 2);
  invalidate(kit, d, 1, 1 << 30);
  EXPECT_EQ(kit->commands.count, 2);
  EXPECT_EQ(FGET(TLBI_NH_VA, TTL, kit_command(kit, 0)->words), 1);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Range, StageTwoIsInvalidatedByIpaAndVmid)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S2, SID);

  invalidate(kit, d, 33, 0x1000);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_S2_IPA), 2);
  EXPECT_EQ(kit->commands.count, 3);
  EXPECT_EQ(FGET(TLBI_S2_IPA, VMID, kit_command(kit, 0)->words), drv_domain_vmid(d));
  EXPECT_EQ(FGET(TLBI_S2_IPA, Leaf, kit_command(kit, 0)->words), 1);
  kit_free(kit, d, SID);
}

/* TTL 0 with NUM 0 and SCALE 0 is illegal: 33 pages become 34. */
DRIVER_TEST(Range, WithoutLevelOnePageMoreThanOneOver)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  /* A table of 512 pages is dropped: 512 is scale 9, num 1. */
  EXPECT_EQ(drv_map(d, BASE, KIT_DATA + 0x1000, 2 << 20, KIT_RW), 0);
  kit_clear(kit);
  EXPECT_EQ(kit_unmap(kit, d, BASE, 2 << 20), 2 << 20);
  ASSERT_EQ(kit->commands.count, 2);
  EXPECT_EQ(FGET(TLBI_NH_VA, TTL, kit_command(kit, 0)->words), 0);
  EXPECT_EQ(FGET(TLBI_NH_VA, SCALE, kit_command(kit, 0)->words), 9);
  EXPECT_EQ(FGET(TLBI_NH_VA, NUM, kit_command(kit, 0)->words), 0);
  EXPECT_EQ(FGET(TLBI_NH_VA, Leaf, kit_command(kit, 0)->words), 0);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Flush, OfADomainIsOneCommand)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_domain *e = kit_domain(kit, DRV_DOMAIN_S2, SID + 1);

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_DATA);
  kit_clear(kit);
  EXPECT_EQ(drv_flush_all(d), 0);
  ASSERT_EQ(kit->commands.count, 2);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), 1);
  EXPECT_EQ(FGET(TLBI_NH_ASID, ASID, kit_command(kit, 0)->words), drv_domain_asid(d));
  kit_clear(kit);
  EXPECT_EQ(drv_flush_all(e), 0);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_S12_VMALL), 1);
  EXPECT_EQ(FGET(TLBI_S12_VMALL, VMID, kit_command(kit, 0)->words), drv_domain_vmid(e));
  kit_free(kit, d, SID);
  kit_free(kit, e, SID + 1);
}

DRIVER_TEST(Flush, LazyUnmapIsDeadAfterIt)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_gather gather;

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_DATA);
  drv_gather_init(&gather);
  gather.queued = true;
  kit_clear(kit);
  EXPECT_EQ(drv_unmap(d, 0x1000, 0x1000, &gather), 0x1000);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), 0);
  EXPECT_EQ(kit->commands.count, 0);
  EXPECT_EQ(drv_flush_all(d), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_FAULT);
  kit_free(kit, d, SID);
}

/* ---- gathering --------------------------------------------------------------------------------- */

DRIVER_TEST(Gather, NeighboursAreOneRange)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_gather gather;

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x4000, KIT_RW), 0);
  drv_gather_init(&gather);
  kit_clear(kit);
  EXPECT_EQ(drv_unmap(d, 0x3000, 0x1000, &gather), 0x1000);
  EXPECT_EQ(drv_unmap(d, 0x2000, 0x1000, &gather), 0x1000);
  EXPECT_EQ(drv_unmap(d, 0x4000, 0x1000, &gather), 0x1000);
  EXPECT_EQ(kit->commands.count, 0);
  EXPECT_EQ(gather.first, 0x2000);
  EXPECT_EQ(gather.last, 0x4fff);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), 0);
  EXPECT_EQ(kit->commands.count, 2);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Gather, DistantOrOtherSizeIsInvalidatedFirst)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_gather gather;

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, 0x9000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, 2 << 20, KIT_DATA, 2 << 20, KIT_RW), 0);
  drv_gather_init(&gather);
  kit_clear(kit);
  EXPECT_EQ(drv_unmap(d, 0x1000, 0x1000, &gather), 0x1000);
  EXPECT_EQ(drv_unmap(d, 0x9000, 0x1000, &gather), 0x1000);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_VA), 1);
  EXPECT_EQ(FGET(TLBI_NH_VA, ADDR, kit_command(kit, 0)->words), 1);
  EXPECT_EQ(gather.first, 0x9000);
  EXPECT_EQ(drv_unmap(d, 2 << 20, 2 << 20, &gather), 2 << 20);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_VA), 2);
  EXPECT_EQ(gather.page, 2 << 20);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), 0);
  kit_free(kit, d, SID);
}

/* Of 2^32 pages and more, which is what SCALE and NUM of one command cannot say. */
static void check_huge(struct kit *kit)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  const uint64_t iova = 1ULL << 45;

  for (unsigned i = 0; i < 3; i++) {
    const uint64_t bytes = (i == 2 ? 3ULL : 1ULL) << (i == 0 ? 43 : 44);
    uint64_t covered = 0;

    EXPECT_EQ(drv_map(d, iova, 0, bytes, KIT_RW), 0);
    EXPECT_EQ(kit_read(kit, SID, iova + (5ULL << 30)), 5ULL << 30);
    EXPECT_EQ(kit_read(kit, SID, iova + bytes - 0x1000), bytes - 0x1000);
    kit_clear(kit);
    EXPECT_EQ(kit_unmap(kit, d, iova, bytes), bytes);
    for (size_t c = 0; c < kit->commands.count; c++) {
      const uint64_t *w = kit_command(kit, c)->words;

      if (FGET(CMD, Opcode, w) == CMD_TLBI_NH_VA)
        covered += (FGET(TLBI_NH_VA, NUM, w) + 1) << FGET(TLBI_NH_VA, SCALE, w) << 12;
    }
    EXPECT_EQ(covered, bytes);
    EXPECT_EQ(kit_read(kit, SID, iova + (5ULL << 30)), KIT_FAULT);
    EXPECT_EQ(kit_read(kit, SID, iova + bytes - 0x1000), KIT_FAULT);
  }
  kit_free(kit, d, SID);
}

PARAM_TEST_CASE(Ril, HugeUnmapForgetsAll, kit_devices, KIT_DEVICES)
{
  static struct kit kit;

  kit_init(&kit, param);
  kit_run(&kit, check_huge);
}

/* ---- what was not confirmed is told ---- */

static void silence(struct kit *kit, bool on)
{
  uint64_t ring = kit->drv->cmdq.ring;

  EXPECT_EQ(engine_memory_inject_abort(kit->memory, ring, 4096, on), 0);
  if (!on)
    plat_mmio_write(&kit->plat, PLAT_SMMU_BASE + OFF_GERRORN, kit_reg(kit, OFF_GERROR), 4);
}

/* Of a table dropped at once, and of a gather sent because the next range did not fit. */
static void check_told(struct kit *kit)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_gather gather;

  EXPECT_EQ(drv_map(d, BASE, KIT_DATA + 0x1000, 2 << 20, KIT_RW), 0);
  drv_gather_init(&gather);
  silence(kit, true);
  EXPECT_EQ(drv_unmap(d, BASE, 2 << 20, &gather), 2 << 20);
  silence(kit, false);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), -ETIMEDOUT);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), 0);
  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, 0x9000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_unmap(d, 0x1000, 0x1000, &gather), 0x1000);
  silence(kit, true);
  EXPECT_EQ(drv_unmap(d, 0x9000, 0x1000, &gather), 0x1000);
  silence(kit, false);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), -ETIMEDOUT);
  kit_free(kit, d, SID);
}

PARAM_TEST_CASE(Gather, SyncTellsWhatUnmapCouldNotInvalidate, kit_devices, KIT_DEVICES)
{
  static struct kit kit;

  kit_init(&kit, param);
  kit.options.without = DRV_WITHOUT_MSI_POLL;
  kit.breaks = "table-freed-early"; /* a device that does not answer keeps no memory for ever */
  kit_run(&kit, check_told);
}

/* ---- batches ----------------------------------------------------------------------------------- */

static void check_batches(struct kit *kit)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_counts before;
  struct drv_counts after;
  struct drv_gather gather = { .first = BASE, .last = BASE + 0x3ffff, .page = 0x1000 };

  kit_clear(kit);
  drv_get_counts(kit->drv, &before);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), 0);
  drv_get_counts(kit->drv, &after);
  EXPECT_EQ(prod_writes(kit), 1);
  EXPECT_EQ(kit->commands.count, 65);
  EXPECT_EQ(after.submissions - before.submissions, 1);
  EXPECT_EQ(after.tlbi - before.tlbi, 64);
  EXPECT_EQ(after.syncs - before.syncs, 1);
  EXPECT_EQ(after.commands - before.commands, 65);
  invalidate(kit, d, 65, 0x1000);
  EXPECT_EQ(prod_writes(kit), 2);
  EXPECT_EQ(kit_count(kit, CMD_SYNC), 1);
  EXPECT_EQ(kit->commands.count, 66);
  invalidate(kit, d, 129, 0x1000);
  EXPECT_EQ(prod_writes(kit), 3);
  EXPECT_EQ(kit_count(kit, CMD_SYNC), 1);
  kit_free(kit, d, SID);
}

PARAM_TEST_CASE(Batch, SixtyFourAndSyncAreOneSubmission, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit.options.without = DRV_WITHOUT_RIL;
  kit_run(&kit, check_batches);
}

DRIVER_TEST(Batch, EmptyOneSendsNothing)
{
  struct drv_batch batch;

  drv_batch_init(&batch);
  EXPECT_EQ(drv_batch_submit(kit->drv, &batch), 0);
  EXPECT_EQ(prod_writes(kit), 0);
}
