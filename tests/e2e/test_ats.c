/* ATS through all layers: the second round of an unmap, counted, and what a guest may do to its
 * device. IHI 0070 3.9.1, 4.5.1. */
#include "e2e.h"

enum { PAGE = 4096 };

struct unmap {
  struct e2e_counts c;
  unsigned pages;
};

static void unmap_once(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct unmap *u = e2e->user;
  struct dma *dma = guest_dma(guest, 0);
  uint64_t pa, iova, bytes = (uint64_t)u->pages * PAGE;

  ASSERT_EQ(plat_dma_alloc(guest_plat(guest), bytes, PAGE, &pa), 0);
  for (unsigned turn = 0; turn < 3; turn++) {
    struct e2e_counts before;

    ASSERT_EQ(dma_map(dma, pa, bytes, DRV_READ | DRV_WRITE, &iova), 0);
    before = e2e_counts(e2e, 0);
    ASSERT_EQ(dma_unmap(dma, iova, bytes), 0);
    u->c = e2e_since(e2e, 0, &before);
  }
  plat_dma_free(guest_plat(guest), pa, bytes);
}

static struct unmap measure(struct e2e *e2e, unsigned pages)
{
  struct unmap u = { .pages = pages };

  e2e->spec.ats = true;
  e2e->user = &u;
  e2e_make(e2e);
  e2e_guest(e2e, 0, unmap_once);
  return u;
}

E2E_TEST(Ats, ATrappedUnmapIsFourExitsAndTwoIoctls)
{
  struct unmap u = measure(e2e, 16);

  EXPECT_EQ(u.c.vm.exits, 4);
  EXPECT_EQ(u.c.vm.exits_prod, 2);
  EXPECT_EQ(u.c.vm.ioctls, 2);
  EXPECT_EQ(u.c.vm.commands, 16 + 1 + 2);
  EXPECT_EQ(u.c.guest.submissions, 2);
  EXPECT_EQ(u.c.guest.atc_inv, 1);
  EXPECT_EQ(u.c.host.syncs, 2);
}

E2E_TEST(Ats, ThroughAVcmdqThereIsStillNoExit)
{
  struct unmap u;

  e2e->spec.cmdqv = true;
  u = measure(e2e, 16);
  EXPECT_EQ(u.c.vm.exits, 0);
  EXPECT_EQ(u.c.vm.ioctls, 0);
  EXPECT_EQ(u.c.guest.submissions, 2);
  EXPECT_EQ(u.c.guest.vcmdq_submissions, 2);
  EXPECT_EQ(u.c.guest.atc_inv, 1);
  EXPECT_EQ(u.c.guest.timeouts, 0);
  EXPECT_EQ(e2e->logs, 0); /* no error of any queue */
}

static void nothing(struct guest *guest, void *arg)
{
  (void)guest;
  (void)arg;
}

/* Host and guest each switch each of two devices on once, and off at the end. */
E2E_TEST(Ats, DevicesAreSwitchedOnWithTheirStreamAndOffBeforeIt)
{
  e2e->spec.ats = true;
  e2e_make(e2e);
  e2e_guest(e2e, 0, nothing);
  EXPECT_EQ(e2e->ats_on, 4u);
  EXPECT_EQ(e2e->ats_off, 4u);
}

E2E_TEST(Ats, WithoutItNothingIsSentToDevices)
{
  struct unmap u = { .pages = 1 };

  e2e->user = &u;
  e2e_make(e2e);
  e2e_guest(e2e, 0, unmap_once);
  EXPECT_EQ(u.c.vm.exits, 2);
  EXPECT_EQ(u.c.guest.atc_inv, 0);
  EXPECT_EQ(e2e->ats_on, 0u);
}
