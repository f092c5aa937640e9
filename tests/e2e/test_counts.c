/* What one unmap costs, counted: exits, ioctls, commands and CMD_SYNCs, exactly. */
#include "e2e.h"

enum { SIZES = 5, PAGE = 4096 };
static const unsigned sizes[SIZES] = { 1, 4, 16, 32, 64 };

/* The counts of one unmap of each size, the driver being warm. */
struct unmaps {
  struct e2e_counts of[SIZES];
};

static void unmap_each(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct unmaps *u = e2e->user;
  struct dma *dma = guest_dma(guest, 0);

  for (unsigned i = 0; i < SIZES; i++) {
    uint64_t pa, iova, bytes = (uint64_t)sizes[i] * PAGE;
    struct e2e_counts before;

    ASSERT_EQ(plat_dma_alloc(guest_plat(guest), bytes, PAGE, &pa), 0);
    for (unsigned turn = 0; turn < 3; turn++) {
      ASSERT_EQ(dma_map(dma, pa, bytes, DRV_READ | DRV_WRITE, &iova), 0);
      before = e2e_counts(e2e, 0);
      ASSERT_EQ(dma_unmap(dma, iova, bytes), 0);
      u->of[i] = e2e_since(e2e, 0, &before);
    }
    plat_dma_free(guest_plat(guest), pa, bytes);
  }
}

static void measure(struct e2e *e2e, struct unmaps *u)
{
  e2e->user = u;
  e2e_make(e2e);
  e2e_guest(e2e, 0, unmap_each);
}

E2E_TEST(Counts, ATrappedUnmapIsTwoExitsAndOneIoctl)
{
  struct unmaps u = { 0 };

  measure(e2e, &u);
  for (unsigned i = 0; i < SIZES; i++) {
    EXPECT_EQ(u.of[i].vm.exits, 2);
    EXPECT_EQ(u.of[i].vm.exits_prod, 1);
    EXPECT_EQ(u.of[i].vm.exits_cons, 1);
    EXPECT_EQ(u.of[i].vm.ioctls, 1);
    EXPECT_EQ(u.of[i].vm.invalidates, 1);
    EXPECT_EQ(u.of[i].vm.mapped, 0);
    EXPECT_EQ(u.of[i].vm.irqs, 0);
    EXPECT_EQ(u.of[i].vm.lock_taken, 2);
    EXPECT_EQ(u.of[i].vm.lock_slept, 0);
  }
}

E2E_TEST(Counts, WithoutRangesTheGuestSendsOneTlbiAPageAndOneSync)
{
  struct unmaps u = { 0 };

  measure(e2e, &u);
  for (unsigned i = 0; i < SIZES; i++) {
    EXPECT_EQ(u.of[i].guest.tlbi, sizes[i]);
    EXPECT_EQ(u.of[i].guest.syncs, 1);
    EXPECT_EQ(u.of[i].guest.submissions, 1);
    EXPECT_EQ(u.of[i].guest.prod_writes, 1);
    EXPECT_EQ(u.of[i].guest.cons_reads, 1);
    EXPECT_EQ(u.of[i].vm.commands, sizes[i] + 1);
    EXPECT_EQ(u.of[i].vm.syncs, 1);
  }
}

E2E_TEST(Counts, TheHostSendsASyncForEvery63Commands)
{
  struct unmaps u = { 0 };

  measure(e2e, &u);
  for (unsigned i = 0; i < SIZES; i++) {
    EXPECT_EQ(u.of[i].host.tlbi, sizes[i]);
    EXPECT_EQ(u.of[i].host.syncs, (sizes[i] + 62) / 63);
    EXPECT_EQ(u.of[i].host.submissions, (sizes[i] + 62) / 63);
  }
}

E2E_TEST(Counts, WithRangesAnUnmapIsOneTlbiAndOneSync)
{
  struct unmaps u = { 0 };

  e2e->spec.ril = true;
  measure(e2e, &u);
  for (unsigned i = 0; i < SIZES; i++) {
    EXPECT_EQ(u.of[i].guest.tlbi, 1);
    EXPECT_EQ(u.of[i].guest.syncs, 1);
    EXPECT_EQ(u.of[i].vm.commands, 2);
    EXPECT_EQ(u.of[i].vm.exits, 2);
    EXPECT_EQ(u.of[i].vm.ioctls, 1);
    EXPECT_EQ(u.of[i].host.tlbi, 1);
    EXPECT_EQ(u.of[i].host.syncs, 1);
  }
}

E2E_TEST(Counts, CallByCallEveryCommandIsAnIoctlAndAHostSync)
{
  struct unmaps u = { 0 };

  e2e->spec.policy = VMM_POLICY_PER_COMMAND;
  measure(e2e, &u);
  for (unsigned i = 0; i < SIZES; i++) {
    EXPECT_EQ(u.of[i].vm.exits, 2);
    EXPECT_EQ(u.of[i].vm.ioctls, sizes[i]);
    EXPECT_EQ(u.of[i].host.syncs, sizes[i]);
    EXPECT_EQ(u.of[i].host.tlbi, sizes[i]);
  }
}

E2E_TEST(Counts, AnUnmapThroughAVcmdqIsNoExitAndNoIoctl)
{
  struct unmaps u = { 0 };

  e2e->spec.cmdqv = true;
  measure(e2e, &u);
  for (unsigned i = 0; i < SIZES; i++) {
    EXPECT_EQ(u.of[i].vm.exits, 0);
    EXPECT_EQ(u.of[i].vm.ioctls, 0);
    EXPECT_EQ(u.of[i].vm.lock_taken, 0);
    EXPECT_EQ(u.of[i].vm.commands, 0);
    EXPECT_GE(u.of[i].vm.mapped, 2);
    EXPECT_EQ(u.of[i].guest.vcmdq_submissions, 1);
    EXPECT_EQ(u.of[i].guest.tlbi, sizes[i]);
    EXPECT_EQ(u.of[i].guest.syncs, 1);
    EXPECT_EQ(u.of[i].host.commands, 0);
  }
}

E2E_TEST(Counts, AGuestThatBypassesItsVcmdqsTrapsAgain)
{
  struct unmaps u = { 0 };

  e2e->spec.cmdqv = true;
  e2e->spec.bypass_vcmdq = true;
  measure(e2e, &u);
  for (unsigned i = 0; i < SIZES; i++) {
    EXPECT_EQ(u.of[i].vm.exits, 2);
    EXPECT_EQ(u.of[i].vm.ioctls, 1);
    EXPECT_EQ(u.of[i].guest.vcmdq_submissions, 0);
  }
}
