/* What was mapped is what the device translates to; what was unmapped and synchronised faults. */
#include <errno.h>

#include "kit.h"

#define MB (1ULL << 20)
#define GB (1ULL << 30)

DRIVER_TEST(Map, OnePageIsTranslated)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_FAULT);
  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1234), KIT_DATA + 0x234);
  EXPECT_EQ(kit_write(kit, SID, 0x1fff), KIT_DATA + 0xfff);
  EXPECT_EQ(kit_read(kit, SID, 0x2000), KIT_FAULT);
  EXPECT_EQ(kit_read(kit, SID, 0xfff), KIT_FAULT);
  EXPECT_EQ(drv_iova_to_phys(d, 0x1abc), KIT_DATA + 0xabc);
  EXPECT_EQ(drv_iova_to_phys(d, 0x2000), UINT64_MAX);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Map, UnmappedPageFaultsAfterSync)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x2000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_DATA);
  EXPECT_EQ(kit_read(kit, SID, 0x2000), KIT_DATA + 0x1000);
  EXPECT_EQ(kit_unmap(kit, d, 0x1000, 0x1000), 0x1000);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_FAULT);
  EXPECT_EQ(kit_read(kit, SID, 0x2000), KIT_DATA + 0x1000);
  EXPECT_EQ(drv_iova_to_phys(d, 0x1000), UINT64_MAX);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Map, LeavesAreVisibleWhenItReturns)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit->unordered, 0);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Map, PermissionsAreThoseAskedFor)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct smmu_txn fetch = { .addr = 0x1000, .sid = SID, .instruction = 1 };

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, DRV_READ), 0);
  EXPECT_EQ(drv_map(d, 0x2000, KIT_DATA, 0x1000, KIT_RW | DRV_PRIVILEGED), 0);
  EXPECT_EQ(drv_map(d, 0x3000, KIT_DATA, 0x1000, DRV_READ | DRV_EXEC), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_DATA);
  EXPECT_EQ(kit_write(kit, SID, 0x1000), KIT_FAULT);
  EXPECT_EQ(kit_read(kit, SID, 0x2000), KIT_FAULT);
  EXPECT_EQ(kit_translate(kit, &fetch).status, SMMU_STATUS_ABORT);
  fetch.addr = 0x3000;
  EXPECT_EQ(kit_translate(kit, &fetch).status, SMMU_STATUS_OK);
  EXPECT_EQ(drv_map(d, 0x4000, KIT_DATA, 0x1000, 0), -EINVAL);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Map, DeviceMemoryIsDeviceAtBothStages)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_domain *e = kit_domain(kit, DRV_DOMAIN_S2, SID + 1);
  struct smmu_txn txn = { .addr = 0x1000, .sid = SID };

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, KIT_RW | DRV_DEVICE), 0);
  EXPECT_EQ(drv_map(e, 0x1000, KIT_DATA, 0x1000, KIT_RW | DRV_DEVICE), 0);
  EXPECT_EQ(kit_translate(kit, &txn).memattr, 0x04);
  txn.sid = SID + 1;
  EXPECT_EQ(kit_translate(kit, &txn).memattr, 0x04);
  EXPECT_EQ(drv_map(d, 0x2000, KIT_DATA, 0x1000, KIT_RW), 0);
  txn = (struct smmu_txn){ .addr = 0x2000, .sid = SID };
  EXPECT_EQ(kit_translate(kit, &txn).memattr, 0xff);
  kit_free(kit, d, SID);
  kit_free(kit, e, SID + 1);
}

DRIVER_TEST(Map, BlocksStandWhereTheyFit)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct smmu_txn txn = { .addr = 0, .sid = SID };
  uint64_t from = GB - 2 * MB - 0x1000;

  /* A page, a 2 MB block, a 1 GB block, a 2 MB block, a page. */
  EXPECT_EQ(drv_map(d, from, KIT_DATA + from, GB + 4 * MB + 0x2000, KIT_RW), 0);
  txn.addr = from;
  EXPECT_EQ(kit_translate(kit, &txn).size_log2, 12);
  txn.addr = GB - MB;
  EXPECT_EQ(kit_translate(kit, &txn).size_log2, 21);
  txn.addr = GB + 5 * MB;
  EXPECT_EQ(kit_translate(kit, &txn).size_log2, 30);
  EXPECT_EQ(kit_read(kit, SID, GB + 5 * MB + 0x123), KIT_DATA + GB + 5 * MB + 0x123);
  txn.addr = 2 * GB + MB;
  EXPECT_EQ(kit_translate(kit, &txn).size_log2, 21);
  EXPECT_EQ(kit_read(kit, SID, 2 * GB + 2 * MB), KIT_DATA + 2 * GB + 2 * MB);
  EXPECT_EQ(kit_read(kit, SID, 2 * GB + 2 * MB + 0x1000), KIT_FAULT);
  EXPECT_EQ(kit_unmap(kit, d, from, GB + 4 * MB + 0x2000), GB + 4 * MB + 0x2000);
  EXPECT_EQ(kit_read(kit, SID, GB + 5 * MB), KIT_FAULT);
  EXPECT_EQ(kit_read(kit, SID, from), KIT_FAULT);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Map, WhatIsMappedIsNotMappedAgain)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(drv_map(d, 0x3000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA + MB, 0x4000, KIT_RW), -EEXIST);
  EXPECT_EQ(drv_iova_to_phys(d, 0x1000), UINT64_MAX);
  EXPECT_EQ(drv_iova_to_phys(d, 0x3000), KIT_DATA);
  EXPECT_EQ(drv_iova_to_phys(d, 0x4000), UINT64_MAX);
  EXPECT_EQ(drv_map(d, 0, KIT_DATA, 2 * MB, KIT_RW), -EEXIST);
  EXPECT_EQ(drv_map(d, 2 * MB, KIT_DATA, 2 * MB, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, 2 * MB + 0x5000, KIT_DATA, 0x1000, KIT_RW), -EEXIST);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Map, RangesThatCannotBeAreRefused)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0, KIT_RW), -EINVAL);
  EXPECT_EQ(drv_map(d, 0x1800, KIT_DATA, 0x1000, KIT_RW), -EINVAL);
  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA + 8, 0x1000, KIT_RW), -EINVAL);
  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1800, KIT_RW), -EINVAL);
  EXPECT_EQ(drv_map(d, 1ULL << 48, KIT_DATA, 0x1000, KIT_RW), -EINVAL);
  EXPECT_EQ(drv_map(d, UINT64_MAX - 0xfff, KIT_DATA, 0x1000, KIT_RW), -EINVAL);
  EXPECT_EQ(drv_map(d, 0x1000, 1ULL << 48, 0x1000, KIT_RW), -EINVAL);
  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, UINT64_MAX - 0xfff, KIT_RW), -EINVAL);
  EXPECT_EQ(drv_map(d, (1ULL << 48) - 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, (1ULL << 48) - 1), KIT_DATA + 0xfff);
  EXPECT_EQ(kit_unmap(kit, d, 0x1800, 0x1000), 0);
  EXPECT_EQ(kit_unmap(kit, d, 1ULL << 48, 0x1000), 0);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Unmap, StopsAtAHole)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x2000, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, 0x4000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_unmap(kit, d, 0x1000, 0x4000), 0x2000);
  EXPECT_EQ(drv_iova_to_phys(d, 0x4000), KIT_DATA);
  EXPECT_EQ(kit_unmap(kit, d, 0x1000, 0x1000), 0);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Unmap, PartOfABlockIsRefused)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(drv_map(d, 2 * MB - 0x1000, KIT_DATA + 2 * MB - 0x1000, 2 * MB + 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_unmap(kit, d, 2 * MB + 0x1000, 0x1000), 0);
  EXPECT_EQ(kit_unmap(kit, d, 2 * MB - 0x1000, MB), 0x1000);
  EXPECT_EQ(kit_read(kit, SID, 2 * MB), KIT_DATA + 2 * MB);
  EXPECT_EQ(kit_unmap(kit, d, 2 * MB, 2 * MB), 2 * MB);
  kit_free(kit, d, SID);
}

/* The table's memory is free only when no walk can stand in it: TABLE_FREED comes after a CMD_SYNC
 * that followed a non-leaf TLBI. */
static void check_freed_after_invalidation(struct kit *kit, const struct drv_domain *d,
                                           uint64_t iova)
{
  ASSERT_EQ(kit->commands.count, kit_count(kit, CMD_TLBI_NH_VA) + kit_count(kit, CMD_SYNC));
  ASSERT_GE(kit_count(kit, CMD_TLBI_NH_VA), 1);
  EXPECT_EQ(FGET(TLBI_NH_VA, Leaf, kit_command(kit, 0)->words), 0);
  EXPECT_EQ(FGET(TLBI_NH_VA, ASID, kit_command(kit, 0)->words), drv_domain_asid(d));
  EXPECT_EQ(FGET(TLBI_NH_VA, ADDR, kit_command(kit, 0)->words), iova >> 12);
}

static const struct plat_note *find_note(struct kit *kit, enum plat_note_kind kind)
{
  const struct plat_note *note = kit->notes.at;

  for (size_t i = 0; i < kit->notes.count; i++) {
    if (note[i].kind == kind)
      return &note[i];
  }
  return NULL;
}

DRIVER_TEST(Unmap, FullTableIsInvalidatedThenFreed)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_gather gather;
  const struct plat_note *freed;
  size_t blocks;

  EXPECT_EQ(drv_map(d, 4 * MB, KIT_DATA + 0x1000, 2 * MB, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 5 * MB), KIT_DATA + 0x1000 + MB);
  blocks = kit->blocks;
  kit_clear(kit);
  drv_gather_init(&gather);
  EXPECT_EQ(drv_unmap(d, 4 * MB, 2 * MB, &gather), 2 * MB);
  check_freed_after_invalidation(kit, d, 4 * MB);
  EXPECT_EQ(kit->blocks, blocks - 1);
  freed = find_note(kit, PLAT_NOTE_TABLE_FREED);
  ASSERT_NOT_NULL(freed);
  EXPECT_EQ(freed->b, 0x1000);
  EXPECT_EQ(freed->reserved, kit->commands.count);
  kit_clear(kit);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), 0);
  EXPECT_EQ(kit->commands.count, 0);
  EXPECT_EQ(kit_read(kit, SID, 5 * MB), KIT_FAULT);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Map, BlockReplacesAnEmptyTable)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(drv_map(d, 4 * MB, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 4 * MB), KIT_DATA);
  EXPECT_EQ(kit_unmap(kit, d, 4 * MB, 0x1000), 0x1000);
  kit_clear(kit);
  EXPECT_EQ(drv_map(d, 4 * MB, KIT_DATA + 2 * MB, 2 * MB, KIT_RW), 0);
  check_freed_after_invalidation(kit, d, 4 * MB);
  EXPECT_EQ(kit_read(kit, SID, 4 * MB + 0x1000), KIT_DATA + 2 * MB + 0x1000);
  EXPECT_EQ(kit_unmap(kit, d, 4 * MB, 2 * MB), 2 * MB);
  kit_free(kit, d, SID);
}

/* ---- granules and stage 2 ---------------------------------------------------------------------- */

enum { SHAPES = 14 };

static const struct shape {
  const char *name;
  enum drv_domain_kind kind;
  unsigned granules; /* IDR5[6:4] */
  unsigned oas;      /* IDR5[2:0] */
  unsigned page_log2, block_log2, ipa_bits;
} shapes[SHAPES] = {
  { "s1-4k", DRV_DOMAIN_S1, 1, 5, 12, 21, 48 },
  { "s1-16k", DRV_DOMAIN_S1, 2, 5, 14, 25, 48 },
  { "s1-64k", DRV_DOMAIN_S1, 4, 5, 16, 29, 48 },
  { "s1-4k-16k", DRV_DOMAIN_S1, 3, 2, 12, 30, 40 },
  { "s1-16k-64k", DRV_DOMAIN_S1, 6, 4, 14, 25, 44 },
  { "s2-4k-32", DRV_DOMAIN_S2, 1, 0, 12, 21, 32 },
  { "s2-4k-36", DRV_DOMAIN_S2, 1, 1, 12, 21, 36 },
  { "s2-4k-40", DRV_DOMAIN_S2, 1, 2, 12, 30, 40 },
  { "s2-4k-42", DRV_DOMAIN_S2, 1, 3, 12, 30, 42 },
  { "s2-4k-44", DRV_DOMAIN_S2, 1, 4, 12, 30, 44 },
  { "s2-4k-48", DRV_DOMAIN_S2, 7, 5, 12, 30, 48 },
  { "s2-16k-48", DRV_DOMAIN_S2, 2, 5, 14, 25, 48 },
  { "s2-16k-40", DRV_DOMAIN_S2, 2, 2, 14, 25, 40 },
  { "s2-64k-48", DRV_DOMAIN_S2, 4, 5, 16, 29, 48 },
};

static const char *const shape_names[SHAPES] = { "s1-4k",      "s1-16k",   "s1-64k",   "s1-4k-16k",
                                                 "s1-16k-64k", "s2-4k-32", "s2-4k-36", "s2-4k-40",
                                                 "s2-4k-42",   "s2-4k-44", "s2-4k-48", "s2-16k-48",
                                                 "s2-16k-40",  "s2-64k-48" };

static const struct shape *shape_now;

static void check_shape(struct kit *kit)
{
  const struct shape *s = shape_now;
  struct drv_domain *d = kit_domain(kit, s->kind, SID);
  uint64_t page = 1ULL << s->page_log2;
  uint64_t block = 1ULL << s->block_log2;
  uint64_t top = (1ULL << s->ipa_bits) - page;
  uint64_t pa = (1ULL << 31) + block;
  struct smmu_txn txn = { .addr = block + page, .sid = SID };

  pa &= ~(block - 1);
  EXPECT_EQ(drv_map(d, page, 5 * page, page, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, page + 0x18), 5 * page + 0x18);
  EXPECT_EQ(kit_read(kit, SID, 0), KIT_FAULT);
  EXPECT_EQ(kit_read(kit, SID, 2 * page), KIT_FAULT);
  EXPECT_EQ(drv_map(d, top, page, page, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, top + page - 1), 2 * page - 1);
  EXPECT_EQ(drv_map(d, block, pa, block, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, block + page), pa + page);
  EXPECT_EQ(kit_translate(kit, &txn).size_log2, s->block_log2);
  EXPECT_EQ(kit_unmap(kit, d, block, block), block);
  EXPECT_EQ(kit_read(kit, SID, block + page), KIT_FAULT);
  EXPECT_EQ(kit_unmap(kit, d, top, page), page);
  EXPECT_EQ(kit_read(kit, SID, top), KIT_FAULT);
  EXPECT_EQ(kit_read(kit, SID, page), 5 * page);
  kit_free(kit, d, SID);
}

PARAM_TEST_CASE(Shape, MapsPagesBlocksAndTheTop, shape_names, SHAPES)
{
  struct kit kit;

  for (int variant = 0; variant < KIT_DEVICES; variant++) {
    kit_init(&kit, variant);
    shape_now = &shapes[param];
    kit.config.idr[5] = shape_now->granules << 4 | shape_now->oas;
    kit_run(&kit, check_shape);
  }
}
