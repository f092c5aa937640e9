/* Domains: identifiers, streams, errors, and nothing left behind. */
#include <errno.h>
#include <stdlib.h>

#include "kit.h"

DRIVER_TEST(Domain, BypassAndAbortNeedNoTable)
{
  struct drv_domain *pass = kit_domain(kit, DRV_DOMAIN_BYPASS, SID);
  struct drv_domain *stop;
  struct drv_domain *none;

  EXPECT_EQ(kit_read(kit, SID, 0x123450), 0x123450);
  EXPECT_EQ(drv_iova_to_phys(pass, 0x123450), 0x123450);
  EXPECT_EQ(drv_map(pass, 0x1000, KIT_DATA, 0x1000, KIT_RW), -EINVAL);
  EXPECT_EQ(drv_domain_alloc(kit->drv, DRV_DOMAIN_ABORT, &stop), 0);
  EXPECT_EQ(drv_domain_free(pass), -EBUSY);
  EXPECT_EQ(drv_attach(kit->drv, SID, stop), 0);
  EXPECT_PTR_EQ(drv_attached(kit->drv, SID), stop);
  EXPECT_EQ(drv_domain_free(pass), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x123450), KIT_FAULT);
  EXPECT_EQ(drv_domain_alloc(kit->drv, DRV_DOMAIN_NESTED, &none), -EOPNOTSUPP);
  kit_free(kit, stop, SID);
}

DRIVER_TEST(Domain, StreamOutOfRangeIsRefused)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(drv_attach(kit->drv, 1u << 20, d), -EINVAL);
  EXPECT_EQ(drv_attach(kit->drv, UINT32_MAX, d), -EINVAL);
  EXPECT_NULL(drv_attached(kit->drv, UINT32_MAX));
  EXPECT_EQ(drv_attach(kit->drv, (1u << 20) - 1, d), 0);
  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, (1u << 20) - 1, 0x1008), KIT_DATA + 8);
  EXPECT_EQ(drv_attach(kit->drv, (1u << 20) - 1, NULL), 0);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Domain, StreamsAndDomainsDoNotMix)
{
  struct drv_domain *a = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_domain *b = kit_domain(kit, DRV_DOMAIN_S1, SID + 300);
  struct drv_domain *c = kit_domain(kit, DRV_DOMAIN_S2, SID + 301);

  EXPECT_NE(drv_domain_asid(a), drv_domain_asid(b));
  EXPECT_NE(drv_domain_asid(a), 0);
  EXPECT_NE(drv_domain_vmid(c), 0);
  EXPECT_NE(drv_domain_number(a), drv_domain_number(b));
  EXPECT_EQ(drv_attach(kit->drv, SID + 1, a), 0);
  EXPECT_EQ(drv_map(a, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(b, 0x1000, KIT_DATA + 0x10000, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(c, 0x1000, KIT_DATA + 0x20000, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_DATA);
  EXPECT_EQ(kit_read(kit, SID + 1, 0x1000), KIT_DATA);
  EXPECT_EQ(kit_read(kit, SID + 300, 0x1000), KIT_DATA + 0x10000);
  EXPECT_EQ(kit_read(kit, SID + 301, 0x1000), KIT_DATA + 0x20000);
  /* An invalidation of one leaves the others. */
  EXPECT_EQ(kit_unmap(kit, a, 0x1000, 0x1000), 0x1000);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_FAULT);
  EXPECT_EQ(kit_read(kit, SID + 1, 0x1000), KIT_FAULT);
  EXPECT_EQ(kit_read(kit, SID + 300, 0x1000), KIT_DATA + 0x10000);
  EXPECT_EQ(kit_unmap(kit, b, 0x1000, 0x1000), 0x1000);
  EXPECT_EQ(kit_read(kit, SID + 300, 0x1000), KIT_FAULT);
  EXPECT_EQ(kit_unmap(kit, c, 0x1000, 0x1000), 0x1000);
  EXPECT_EQ(kit_read(kit, SID + 301, 0x1000), KIT_FAULT);
  EXPECT_EQ(drv_attach(kit->drv, SID + 1, NULL), 0);
  kit_free(kit, a, SID);
  kit_free(kit, b, SID + 300);
  kit_free(kit, c, SID + 301);
}

/* An ASID that is used again must not meet what its last owner left in caches. */
DRIVER_TEST(Domain, IdentifierIsCleanWhenItComesAgain)
{
  struct drv_domain *a = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_domain *b;
  uint16_t asid = drv_domain_asid(a);

  EXPECT_EQ(drv_map(a, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_DATA);
  kit_free(kit, a, SID);
  b = kit_domain(kit, DRV_DOMAIN_S1, SID);
  EXPECT_EQ(drv_domain_asid(b), asid);
  EXPECT_EQ(kit_read(kit, SID, 0x1000), KIT_FAULT);
  kit_free(kit, b, SID);
}

/* ---- identifiers that end ------------------------------------------------------------------------- */

enum { SMALL_IDS = 255 };

static void exhaust(struct kit *kit, enum drv_domain_kind kind)
{
  struct drv_domain **d = calloc(SMALL_IDS, sizeof(struct drv_domain *));
  struct drv_domain *more;

  for (unsigned i = 0; i < SMALL_IDS; i++)
    ASSERT_EQ(drv_domain_alloc(kit->drv, kind, &d[i]), 0);
  EXPECT_EQ(drv_domain_alloc(kit->drv, kind, &more), -ENOSPC);
  EXPECT_EQ(drv_domain_free(d[100]), 0);
  EXPECT_EQ(drv_domain_alloc(kit->drv, kind, &d[100]), 0);
  EXPECT_EQ(drv_domain_alloc(kit->drv, kind, &more), -ENOSPC);
  for (unsigned i = 0; i < SMALL_IDS; i++)
    EXPECT_EQ(drv_domain_free(d[i]), 0);
  free(d);
}

static void exhaust_both(struct kit *kit)
{
  exhaust(kit, DRV_DOMAIN_S1);
  exhaust(kit, DRV_DOMAIN_S2);
}

PARAM_TEST_CASE(Domain, IdentifiersEndAndComeBack, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit.config.idr[0] &= ~(uint32_t)(MASK(IDR0, ASID16) | MASK(IDR0, VMID16));
  kit_run(&kit, exhaust_both);
}

/* ---- memory ---------------------------------------------------------------------------------------- */

/* Wherever memory ends, the operation fails as a whole and nothing is lost. */
DRIVER_TEST(Domain, SurvivesTheEndOfMemory)
{
  for (int n = 0; n < 40; n++) {
    struct drv_domain *d = NULL;
    size_t before = kit->blocks;
    int err;

    kit->fail_alloc_after = n;
    err = drv_domain_alloc(kit->drv, DRV_DOMAIN_S1, &d);
    if (!err) {
      err = drv_map(d, 0x7fe00000, KIT_DATA, 0x400000, KIT_RW);
      EXPECT_EQ(drv_iova_to_phys(d, 0x7fe00000), err ? UINT64_MAX : KIT_DATA);
      if (!err)
        err = drv_attach(kit->drv, 700 + (unsigned)n, d);
      if (!err)
        EXPECT_EQ(drv_attach(kit->drv, 700 + (unsigned)n, NULL), 0);
      EXPECT_EQ(drv_domain_free(d), 0);
    } else {
      EXPECT_EQ(kit->blocks, before);
    }
    EXPECT_TRUE(err == 0 || err == -ENOMEM);
    kit->fail_alloc_after = -1;
  }
}

/* ---- notes ---------------------------------------------------------------------------------------- */

static unsigned notes_of(struct kit *kit, enum plat_note_kind kind, uint64_t a, uint64_t b)
{
  const struct plat_note *note = kit->notes.at;
  unsigned count = 0;

  for (size_t i = 0; i < kit->notes.count; i++)
    count += note[i].kind == kind && note[i].a == a && note[i].b == b;
  return count;
}

DRIVER_TEST(Notes, IdentifiersAndStreamsAreNoted)
{
  struct drv_domain *a = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_domain *b = kit_domain(kit, DRV_DOMAIN_S2, SID);
  uint16_t asid = drv_domain_asid(a);
  uint16_t vmid = drv_domain_vmid(b);

  EXPECT_EQ(notes_of(kit, PLAT_NOTE_ASID, asid, 1), 1);
  EXPECT_EQ(notes_of(kit, PLAT_NOTE_VMID, vmid, 1), 1);
  EXPECT_EQ(notes_of(kit, PLAT_NOTE_STREAM, SID, drv_domain_number(a)), 1);
  EXPECT_EQ(notes_of(kit, PLAT_NOTE_STREAM, SID, drv_domain_number(b)), 1);
  EXPECT_EQ(drv_domain_free(a), 0);
  EXPECT_EQ(notes_of(kit, PLAT_NOTE_ASID, asid, 0), 1);
  kit_free(kit, b, SID);
  EXPECT_EQ(notes_of(kit, PLAT_NOTE_VMID, vmid, 0), 1);
  EXPECT_EQ(notes_of(kit, PLAT_NOTE_STREAM, SID, 0), 1);
}

DRIVER_TEST(Notes, SubmissionsBeginAndEnd)
{
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), 0);
  EXPECT_EQ(notes_of(kit, PLAT_NOTE_BEGIN, PLAT_OP_SUBMIT, 1), 1);
  EXPECT_EQ(notes_of(kit, PLAT_NOTE_STOP, PLAT_OP_SUBMIT, 0), 1);
  EXPECT_EQ(notes_of(kit, PLAT_NOTE_BEGIN, PLAT_OP_SYNC_WAIT, 0), 1);
  EXPECT_EQ(notes_of(kit, PLAT_NOTE_STOP, PLAT_OP_SYNC_WAIT, 0), 1);
}
