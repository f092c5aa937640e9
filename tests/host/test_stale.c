/* Stress: a guest's DMAs through stage 1 on stage 2 while the VMM maps and unmaps stage 2, invalidates,
 * and attaches again on other CPUs: nothing that was unmapped before a DMA was sent is seen by it. */
#include "kit.h"

enum { WINDOWS = 4, TURNS = 60, SEEDS = 3 };

#define VA     0x100000ull
#define GPA(w) (0x60000000ull + (w)*0x10000ull)
#define NONE   UINT64_MAX

/* What a window translates to. The last change began at `begun`; it is going on while `done` is 0. */
struct window {
  uint64_t pa, old;
  uint64_t begun, done;
};

static struct {
  struct kit *kit;
  struct window window[WINDOWS];
  uint64_t random;
  uint32_t hwpt[2];
  bool running;
  unsigned hits, wrong;
} world;

static uint64_t draw(void)
{
  uint64_t x = world.random += 0x9e3779b97f4a7c15ull;

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
  return (x ^ x >> 27) >> 11;
}

static uint64_t now(void)
{
  return plat_board_time(world.kit->board);
}

static void begin(struct window *w, uint64_t pa)
{
  *w = (struct window){ .pa = pa, .old = w->pa, .begun = now() };
}

static void mapper(void *arg)
{
  struct kit *kit = world.kit;

  (void)arg;
  for (unsigned i = 0; i < TURNS; i++) {
    unsigned n = (unsigned)(draw() % WINDOWS);
    uint64_t va = 0x100000 + draw() % 512 * 0x1000, length = 0x2000;
    struct window *w = &world.window[n];

    begin(w, iommufd_memory_pa(kit->ram, va));
    EXPECT_EQ(kit_map(kit, kit->ioas, KIT_FIXED_RW, va, length, GPA(n)), 0);
    w->done = now();
    plat_delay(&kit->plat, draw() % 4000000);
    begin(w, NONE);
    EXPECT_EQ(kit_unmap(kit, kit->ioas, GPA(n), &length), 0);
    w->done = now();
  }
  world.running = false;
}

/* Right is what stood there at any time since it was sent; after two changes nobody can tell. */
static void judge(const struct window *before, const struct window *after, uint64_t sent,
                  uint64_t pa)
{
  bool was_changing = !before->done || before->done > sent;

  world.hits += pa != NONE;
  if (pa == before->pa || pa == after->pa || pa == after->old)
    return;
  if (was_changing && pa == before->old)
    return;
  world.wrong += after->begun == before->begun || after->old == before->pa;
}

static void reader(void *arg)
{
  (void)arg;
  while (world.running) {
    unsigned n = (unsigned)(draw() % WINDOWS);
    struct window before;
    uint64_t pa, sent;

    plat_cpu_settle(world.kit->board);
    before = world.window[n];
    sent = now();
    if (!kit_dma(world.kit, KIT_SID, VA + n * 0x1000, false, &pa))
      pa = NONE;
    judge(&before, &world.window[n], sent, pa);
  }
}

/* TLBI_NH_ASID, TLBI_NH_VA, CFGI_CD. */
static void invalidator(void *arg)
{
  static const uint64_t words[3][2] = { { 0x11 | 3ull << 48, 0 },
                                        { 0x12 | 3ull << 48, VA | 1 },
                                        { 0x05 | (uint64_t)KIT_VSID << 32, 1 } };
  struct kit *kit = world.kit;

  (void)arg;
  while (world.running) {
    uint32_t num = 3;

    EXPECT_EQ(kit_invalidate(kit, words, &num), 0);
    EXPECT_EQ(kit_attach(kit, kit->dev, world.hwpt[draw() % 2]), 0);
    plat_delay(&kit->plat, draw() % 9000000);
  }
}

static void stress(struct kit *kit)
{
  world.kit = kit;
  world.hits = world.wrong = 0;
  world.running = true;
  kit_vm(kit, 1);
  kit_guest_tables(kit, 3);
  for (unsigned n = 0; n < WINDOWS; n++) {
    world.window[n] = (struct window){ NONE, NONE, 0, 1 };
    kit_guest_map(kit, VA + n * 0x1000, GPA(n));
  }
  for (unsigned i = 0; i < 2; i++)
    world.hwpt[i] = kit_nested(kit, kit->viommu, KIT_STE0, KIT_STE1);
  EXPECT_EQ(kit_attach(kit, kit->dev, world.hwpt[0]), 0);
  EXPECT_EQ(plat_cpu_start(kit->board, 1, reader, NULL), 0);
  EXPECT_EQ(plat_cpu_start(kit->board, 2, invalidator, NULL), 0);
  EXPECT_EQ(plat_cpu_start(kit->board, 3, mapper, NULL), 0);
  reader(NULL);
  plat_delay(&kit->plat, 100000000); /* the others have ended */
  EXPECT_EQ(world.wrong, 0u);
  EXPECT_GT(world.hits, 100u);
}

TEST_CASE(Stale, ANestedDmaSeesNothingUnmapped)
{
  static struct kit kit;

  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    world.random = seed;
    kit_defaults(&kit, stress);
    kit.timed = true;
    kit_run(&kit);
  }
}
