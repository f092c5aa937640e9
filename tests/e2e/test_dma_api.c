/* The DMA API: order of steps, strict and lazy, on the bare host and in a guest. */
#include "arch/structs.h"
#include "e2e.h"

#include <errno.h>
#include <string.h>

enum { PAGE = 4096, NOTES = 64 };

/* Notes of the kernel's world while `on`. */
struct notes {
  const void *platform;
  bool on;
  unsigned count;
  struct plat_note note[NOTES];
};

static void keep_note(void *ctx, unsigned cpu, uint64_t time, const void *platform,
                      const struct plat_note *note)
{
  struct notes *n = ((struct e2e *)ctx)->user;

  (void)cpu;
  (void)time;
  if (n && n->on && platform == n->platform && n->count < NOTES)
    n->note[n->count++] = *note;
}

static unsigned find(const struct notes *n, unsigned kind, uint64_t a)
{
  for (unsigned i = 0; i < n->count; i++) {
    if (n->note[i].kind == kind && n->note[i].a == a)
      return i;
  }
  return NOTES;
}

static void watch_notes(struct e2e *e2e, struct notes *n, const struct plat *plat)
{
  *n = (struct notes){ .platform = plat->ctx };
  e2e->user = n;
  e2e->watch.note = keep_note;
  plat_board_set_watch(e2e->board, &e2e->watch);
}

static void map_and_unmap(struct guest *guest, void *arg)
{
  struct notes *n = ((struct e2e *)arg)->user;
  struct dma *dma = guest_dma(guest, 0);
  uint64_t pa, iova;

  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), 2 * PAGE, PAGE, &pa), 0);
  n->on = true;
  EXPECT_EQ(dma_map(dma, pa, 2 * PAGE, DRV_READ, &iova), 0);
  EXPECT_EQ(dma_unmap(dma, iova, 2 * PAGE), 0);
  n->on = false;
  EXPECT_LT(find(n, PLAT_NOTE_BEGIN, PLAT_OP_MAP), find(n, PLAT_NOTE_MAPPED, iova));
  EXPECT_LT(find(n, PLAT_NOTE_MAPPED, iova), find(n, PLAT_NOTE_STOP, PLAT_OP_MAP));
  EXPECT_LT(find(n, PLAT_NOTE_STOP, PLAT_OP_MAP), find(n, PLAT_NOTE_BEGIN, PLAT_OP_UNMAP));
  EXPECT_LT(find(n, PLAT_NOTE_BEGIN, PLAT_OP_UNMAP), find(n, PLAT_NOTE_BEGIN, PLAT_OP_SUBMIT));
  EXPECT_LT(find(n, PLAT_NOTE_BEGIN, PLAT_OP_SYNC_WAIT),
            find(n, PLAT_NOTE_STOP, PLAT_OP_SYNC_WAIT));
  EXPECT_LT(find(n, PLAT_NOTE_STOP, PLAT_OP_SYNC_WAIT), find(n, PLAT_NOTE_UNMAPPED, iova));
  EXPECT_LT(find(n, PLAT_NOTE_UNMAPPED, iova), find(n, PLAT_NOTE_STOP, PLAT_OP_UNMAP));
  EXPECT_LT(find(n, PLAT_NOTE_STOP, PLAT_OP_UNMAP), n->count);
  ASSERT_LT(find(n, PLAT_NOTE_MAPPED, iova), n->count);
  EXPECT_EQ(n->note[find(n, PLAT_NOTE_MAPPED, iova)].b, 2 * PAGE);
  EXPECT_EQ(n->note[find(n, PLAT_NOTE_MAPPED, iova)].c, drv_domain_number(dma_domain(dma)));
}

E2E_TEST(DmaApi, DeclaresDeadAfterTheSyncInAGuest)
{
  struct notes notes;

  e2e_make(e2e);
  watch_notes(e2e, &notes, vmm_guest_plat(e2e->vm[0]));
  e2e_guest(e2e, 0, map_and_unmap);
  /* The guest's own traps are in its world too. */
  EXPECT_LT(find(&notes, PLAT_NOTE_BEGIN, PLAT_OP_EXIT), NOTES);
  EXPECT_LT(find(&notes, PLAT_NOTE_BEGIN, PLAT_OP_BIG_LOCK), NOTES);
}

E2E_TEST(DmaApi, DeclaresDeadAfterTheSyncOnTheHost)
{
  struct notes notes;

  e2e_make_bare(e2e);
  watch_notes(e2e, &notes, plat_board_host(e2e->board));
  e2e_guest(e2e, 0, map_and_unmap);
}

static void check_errors(struct guest *guest, void *arg)
{
  struct dma *dma = guest_dma(guest, 0);
  struct iova_counts c;
  uint64_t pa, iova;

  (void)arg;
  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), PAGE, PAGE, &pa), 0);
  EXPECT_EQ(dma_map(dma, pa + 8, PAGE, DRV_READ, &iova), -EINVAL);
  EXPECT_EQ(dma_map(dma, pa, 1ULL << 33, DRV_READ, &iova), -ENOSPC);
  EXPECT_EQ(dma_unmap(dma, 0x10000, PAGE), -EINVAL);
  dma_get_iova_counts(dma, &c);
  EXPECT_EQ(c.in_tree, c.in_magazine);
}

E2E_TEST(DmaApi, ErrorsTakeNoAddress)
{
  e2e_make_bare(e2e);
  e2e_guest(e2e, 0, check_errors);
}

/* ---- lazy ---- */

struct lazy {
  uint64_t pa, iova;
};

static uint64_t commands(struct guest *guest)
{
  struct drv_counts c;

  drv_get_counts(guest_drv(guest), &c);
  return c.commands;
}

static void lazy_unmap(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct dma *dma = guest_dma(guest, 0);
  struct dma_counts c;
  uint64_t pa, first = 0, iova, before;

  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), PAGE, PAGE, &pa), 0);
  before = commands(guest);
  for (unsigned i = 0; i < DMA_FLUSH_QUEUE; i++) {
    EXPECT_EQ(dma_map(dma, pa, PAGE, DRV_READ, &iova), 0);
    EXPECT_NE(iova, first); /* not given back yet */
    first = first ? first : iova;
    EXPECT_EQ(e2e_dma(e2e, 0, 0, iova, false).status, SMMU_STATUS_OK);
    EXPECT_EQ(dma_unmap(dma, iova, PAGE), 0);
    EXPECT_EQ(e2e_dma(e2e, 0, 0, iova, false).status, SMMU_STATUS_OK); /* the window */
  }
  EXPECT_EQ(commands(guest), before);
  EXPECT_EQ(dma_map(dma, pa, PAGE, DRV_READ, &iova), 0);
  EXPECT_EQ(dma_unmap(dma, iova, PAGE), 0);
  dma_get_counts(dma, &c);
  EXPECT_EQ(c.flushes, 1);
  EXPECT_EQ(c.queued, 1);
  EXPECT_EQ(commands(guest), before + 2); /* TLBI_NH_ASID and CMD_SYNC */
  EXPECT_EQ(e2e_dma(e2e, 0, 0, first, false).event, EVENT_F_TRANSLATION);
  dma_flush(dma);
  dma_get_counts(dma, &c);
  EXPECT_EQ(c.queued, 0);
}

E2E_TEST(DmaApi, LazyFlushesWhenAQueueIsFullOnTheHost)
{
  e2e->spec.lazy = true;
  e2e_make_bare(e2e);
  e2e_guest(e2e, 0, lazy_unmap);
}

E2E_TEST(DmaApi, LazyFlushesWhenAQueueIsFullInAGuest)
{
  e2e->spec.lazy = true;
  e2e_make(e2e);
  e2e_guest(e2e, 0, lazy_unmap);
}

static void run_timer(struct guest *guest, unsigned cpu, void *arg)
{
  struct e2e *e2e = arg;
  struct dma *dma = guest_dma(guest, 0);
  struct dma_counts c;
  uint64_t pa, iova;

  if (cpu == 1) {
    dma_timer(dma);
    return;
  }
  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), PAGE, PAGE, &pa), 0);
  for (unsigned turn = 1; turn <= 3; turn++) {
    EXPECT_EQ(dma_map(dma, pa, PAGE, DRV_READ, &iova), 0);
    EXPECT_EQ(e2e_dma(e2e, 0, 0, iova, false).status, SMMU_STATUS_OK);
    EXPECT_EQ(dma_unmap(dma, iova, PAGE), 0);
    plat_delay(guest_plat(guest), DMA_FLUSH_AFTER_PS - 100000000);
    dma_get_counts(dma, &c);
    EXPECT_EQ(c.flushes, turn - 1);
    EXPECT_EQ(c.queued, 1);
    plat_delay(guest_plat(guest), 300000000);
    dma_get_counts(dma, &c);
    EXPECT_EQ(c.flushes, turn);
    EXPECT_EQ(c.queued, 0);
    EXPECT_EQ(e2e_dma(e2e, 0, 0, iova, false).event, EVENT_F_TRANSLATION);
  }
  dma_timer_stop(dma);
}

static void start_timer(struct guest *guest, void *e2e)
{
  EXPECT_EQ(guest_run(guest, 2, run_timer, e2e), 0);
}

E2E_TEST(DmaApi, LazyFlushesAfterTenMilliseconds)
{
  e2e->spec.lazy = true;
  e2e_make_bare(e2e);
  e2e_guest(e2e, 0, start_timer);
}

/* Without a timer's CPU the next unmap after the time sees to it. */
static void late_unmap(struct guest *guest, void *arg)
{
  struct dma *dma = guest_dma(guest, 0);
  struct dma_counts c;
  uint64_t pa, iova;

  (void)arg;
  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), PAGE, PAGE, &pa), 0);
  for (unsigned i = 0; i < 2; i++) {
    EXPECT_EQ(dma_map(dma, pa, PAGE, DRV_READ, &iova), 0);
    EXPECT_EQ(dma_unmap(dma, iova, PAGE), 0);
    dma_get_counts(dma, &c);
    EXPECT_EQ(c.flushes, i);
    EXPECT_EQ(c.queued, i == 0);
    plat_delay(guest_plat(guest), DMA_FLUSH_AFTER_PS);
  }
}

E2E_TEST(DmaApi, LazyFlushesLateWithoutATimer)
{
  e2e->spec.lazy = true;
  e2e_make_bare(e2e);
  e2e_guest(e2e, 0, late_unmap);
}

/* Many CPUs, lazily: no address is in two hands at once. */
static void hammer(struct guest *guest, unsigned cpu, void *arg)
{
  struct dma *dma = guest_dma(guest, 0);
  uint64_t pa, iova[8];

  (void)cpu;
  (void)arg;
  EXPECT_EQ(plat_dma_alloc(guest_plat(guest), PAGE, PAGE, &pa), 0);
  for (unsigned turn = 0; turn < 100; turn++) {
    for (unsigned i = 0; i < 8; i++)
      ASSERT_EQ(dma_map(dma, pa, PAGE, DRV_READ, &iova[i]), 0); /* -EEXIST else */
    for (unsigned i = 0; i < 8; i++)
      ASSERT_EQ(dma_unmap(dma, iova[i], PAGE), 0);
  }
}

static void hammer_on_all(struct guest *guest, void *arg)
{
  struct iova_counts c;

  EXPECT_EQ(guest_run(guest, 4, hammer, arg), 0);
  dma_flush(guest_dma(guest, 0));
  dma_get_iova_counts(guest_dma(guest, 0), &c);
  EXPECT_EQ(c.in_tree, c.in_magazine);
}

E2E_TEST(DmaApi, LazyOnManyCpusGivesNoAddressTwice)
{
  e2e->spec.lazy = true;
  e2e_make_bare(e2e);
  e2e_guest(e2e, 0, hammer_on_all);
}
