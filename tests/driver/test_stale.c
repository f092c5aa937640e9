/* Stress: CPUs map and unmap at random, a stream wanders between domains that come and go, and others
 * send DMAs; each answer is judged against what was mapped at any time between submission and
 * answer. What was unmapped before a DMA was sent must not be seen, nor a domain that the stream has
 * left, nor an address that was never there. */
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "util/check.h"

enum { MAKERS = 4, READERS = 4, PAGES = 1024, TURNS = 25, WANDERS = 25, READER_SID = 7 };
enum { WANDER_SID = 300, MODES = 6 };

#define REGION      0x400000ULL /* of one maker */
#define WANDER_IOVA 0x10000ULL

/* What a page translates to. The last change began at `begun`; it is going on while `done` is 0. */
struct page {
  uint64_t pa;  /* KIT_FAULT: nothing */
  uint64_t old; /* what it was before */
  uint64_t begun, done;
};

struct world {
  struct drv_domain *domain;
  struct page page[MAKERS][PAGES];
  struct page wander;
  uint64_t random, serial;
  unsigned makers;
  bool wandering;
  unsigned hits, wrong;
};

static struct world world;

static uint64_t draw(void)
{
  uint64_t x = world.random += 0x9e3779b97f4a7c15ULL;

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

static unsigned below(unsigned n)
{
  return (unsigned)(draw() % n);
}

static uint64_t now(struct kit *kit)
{
  return plat_board_time(kit->board);
}

static void begin(struct kit *kit, struct page *page, unsigned count, uint64_t pa)
{
  for (unsigned i = 0; i < count; i++)
    page[i] = (struct page){ .pa = pa == KIT_FAULT ? KIT_FAULT : pa + i * 0x1000ULL,
                             .old = page[i].pa,
                             .begun = now(kit) };
}

static void finish(struct kit *kit, struct page *page, unsigned count)
{
  for (unsigned i = 0; i < count; i++)
    page[i].done = now(kit);
}

/* Right is what stood there at any time since it was sent; after two changes nobody can tell. */
static void judge(const struct page *before, const struct page *after, uint64_t sent, uint64_t got)
{
  bool was_changing = before->done == 0 || before->done > sent;

  world.hits += got != KIT_FAULT;
  if (got == before->pa || got == after->pa || got == after->old)
    return;
  if (was_changing && got == before->old)
    return;
  world.wrong += after->begun == before->begun || after->old == before->pa;
}

/* ---- makers ---- */

static void unmap_in_two(struct kit *kit, uint64_t iova, uint64_t first, uint64_t second)
{
  struct drv_gather gather;

  drv_gather_init(&gather);
  EXPECT_EQ(drv_unmap(world.domain, iova + first, second, &gather), second);
  EXPECT_EQ(drv_unmap(world.domain, iova, first, &gather), first);
  EXPECT_EQ(drv_iotlb_sync(world.domain, &gather), 0);
  (void)kit;
}

/* Blocks and whole tables, long runs, and a few pages. */
static void make_one(struct kit *kit, unsigned n)
{
  unsigned kind = below(4);
  unsigned count = kind == 0 ? 512 : kind == 1 ? 1 + below(600) : 1 + below(40);
  unsigned first = kind == 0 ? 512 * below(2) : below(PAGES - count);
  uint64_t pa = KIT_DATA + ++world.serial * REGION + (kind == 1 ? first % 512 * 0x1000ULL : 0);
  uint64_t iova = 0x40000000 + n * REGION + first * 0x1000ULL, bytes = count * 0x1000ULL;
  struct page *page = &world.page[n][first];

  begin(kit, page, count, pa);
  EXPECT_EQ(drv_map(world.domain, iova, pa, bytes, KIT_RW), 0);
  finish(kit, page, count);
  plat_delay(&kit->plat, draw() % 3000000);
  begin(kit, page, count, KIT_FAULT);
  if (kind >= 2 && count > 1 && below(2))
    unmap_in_two(kit, iova, count / 2 * 0x1000ULL, bytes - count / 2 * 0x1000ULL);
  else
    EXPECT_EQ(kit_unmap(kit, world.domain, iova, bytes), bytes);
  finish(kit, page, count);
}

static void maker(struct kit *kit, unsigned n)
{
  for (unsigned turn = 0; turn < TURNS; turn++)
    make_one(kit, n);
  world.makers--;
}

static void reader(struct kit *kit, unsigned n)
{
  while (world.makers) {
    unsigned m = below(MAKERS), i = below(PAGES);
    struct page before;
    uint64_t sent, got;

    for (unsigned k = 0; k < 64 && n % 2 && world.page[m][i].pa == KIT_FAULT; k++)
      i = (i + 17) % PAGES; /* somewhere live */
    plat_cpu_settle(kit->board);
    before = world.page[m][i];
    sent = now(kit);
    got = kit_read(kit, READER_SID + n % 2, 0x40000000 + m * REGION + i * 0x1000ULL);
    judge(&before, &world.page[m][i], sent, got);
  }
}

/* ---- a stream that is attached elsewhere, so that identifiers are used again ---- */

static void wanderer(struct kit *kit, unsigned n)
{
  struct drv_domain *old = NULL, *d;

  (void)n;
  for (unsigned i = 0; i < WANDERS; i++) {
    uint64_t pa = 0x100000000ULL + ++world.serial * 0x10000;

    ASSERT_EQ(drv_domain_alloc(kit->drv, below(3) ? DRV_DOMAIN_S1 : DRV_DOMAIN_S2, &d), 0);
    EXPECT_EQ(drv_map(d, WANDER_IOVA, pa, 0x1000, KIT_RW), 0);
    begin(kit, &world.wander, 1, pa);
    EXPECT_EQ(drv_attach(kit->drv, WANDER_SID, d), 0);
    finish(kit, &world.wander, 1);
    if (old)
      EXPECT_EQ(drv_domain_free(old), 0);
    old = d;
    plat_delay(&kit->plat, draw() % 5000000);
  }
  world.wandering = false;
  EXPECT_EQ(drv_attach(kit->drv, WANDER_SID, NULL), 0);
  EXPECT_EQ(drv_domain_free(old), 0);
}

static void wander_reader(struct kit *kit, unsigned n)
{
  (void)n;
  while (world.wandering) {
    struct page before;
    uint64_t sent, got;
    bool gap;

    plat_cpu_settle(kit->board);
    before = world.wander;
    sent = now(kit);
    got = kit_read(kit, WANDER_SID, WANDER_IOVA);
    gap = !before.done || !world.wander.done || before.begun != world.wander.begun;
    if (world.wandering && !(gap && got == KIT_FAULT))
      judge(&before, &world.wander, sent, got);
  }
}

/* ---- all of them ---- */

static void start(struct kit *kit)
{
  unsigned cpu = 1;

  for (unsigned n = 0; n < MAKERS; n++)
    kit_start(kit, cpu++, maker, n);
  for (unsigned n = 0; n < READERS; n++)
    kit_start(kit, cpu++, reader, n);
  kit_start(kit, cpu++, wanderer, 0);
  kit_start(kit, cpu++, wander_reader, 0);
  kit_start(kit, cpu++, wander_reader, 1);
}

static void stress(struct kit *kit)
{
  EXPECT_EQ(drv_domain_alloc(kit->drv, DRV_DOMAIN_S1, &world.domain), 0);
  for (unsigned i = 0; i < 2; i++)
    EXPECT_EQ(drv_attach(kit->drv, READER_SID + i, world.domain), 0);
  for (unsigned m = 0; m < MAKERS; m++) {
    begin(kit, world.page[m], PAGES, KIT_FAULT);
    begin(kit, world.page[m], PAGES, KIT_FAULT);
    finish(kit, world.page[m], PAGES);
  }
  world.wander = world.page[0][0];
  world.makers = MAKERS;
  world.wandering = true;
  start(kit);
  kit_join(kit);
  EXPECT_EQ(world.wrong, 0u);
  EXPECT_GT(world.hits, 100u);
  for (unsigned i = 0; i < 2; i++)
    EXPECT_EQ(drv_attach(kit->drv, READER_SID + i, NULL), 0);
  EXPECT_EQ(drv_domain_free(world.domain), 0);
}

static void probed(struct kit *kit)
{
  ASSERT_EQ(kit_probe(kit), 0);
  stress(kit);
  kit_remove(kit);
}

static const char *const modes[MODES] = { "msi", "cons", "no_ril", "cmdqv", "cmdqv_cons", "guest" };

PARAM_TEST_CASE(Stale, NothingUnmappedIsSeen, modes, MODES)
{
  struct kit *kit = malloc(sizeof *kit);

  CHECK(kit);
  memset(&world, 0, sizeof world);
  world.random = 77 * (unsigned)param;
  kit_init(kit, 1);
  kit->board_config.seed = 1 + (unsigned)param;
  kit->board_config.jitter_permille = 400;
  kit->options.cmdq_log2 = 7;
  if (param == 1 || param == 4)
    kit->options.without = DRV_WITHOUT_MSI_POLL;
  if (param == 2)
    kit->options.without = DRV_WITHOUT_RIL;
  if (param >= 3) {
    smmu_config_set_cmdqv(&kit->config, 2, 16);
    kit->options.cmdqv = PLAT_CMDQV_BASE;
    kit->options.guest = param == 5;
  }
  kit_boot(kit, probed);
  free(kit);
}
