/* The allocator of I/O virtual addresses, alone on a board. */
#include "e2e.h"
#include "guest_sim/iova.h"

#include <string.h>

/* Literals, so that a change of the allocator's own numbers is noticed. */
enum { PAGE = 4096, LAST_PAGE = 0xfffff, MAGAZINE = 127, DEPOT = 32 };
#define LIMIT 0xffffffffULL

struct world {
  struct iova_domain *iova;
  struct iova_config config;
  void (*program)(struct world *w);
};

static void run_world(struct guest *guest, void *e2e)
{
  struct world *w = ((struct e2e *)e2e)->user;

  w->config.plat = guest_plat(guest);
  ASSERT_EQ(iova_create(&w->iova, &w->config), 0);
  w->program(w);
  iova_destroy(w->iova);
}

static void on_board(struct world w)
{
  struct e2e e2e;

  e2e_begin(&e2e, E2E_NOW);
  if (w.config.cpus == 0)
    w.config = (struct iova_config){ .cpus = 2, .first = PAGE, .last = LIMIT };
  e2e.user = &w;
  e2e_make_bare(&e2e);
  e2e_guest(&e2e, 0, run_world);
  e2e_end(&e2e);
}

#define IOVA_TEST(name) \
  static void iova_body_##name(struct world *w); \
  TEST_CASE(Iova, name) \
  { \
    on_board((struct world){ .program = iova_body_##name }); \
  } \
  static void iova_body_##name(struct world *w)

static struct iova_counts counts(const struct world *w)
{
  struct iova_counts c;

  iova_get_counts(w->iova, &c);
  return c;
}

IOVA_TEST(ComesFromTheTopDown)
{
  EXPECT_EQ(iova_alloc(w->iova, PAGE), (uint64_t)LAST_PAGE * PAGE);
  EXPECT_EQ(iova_alloc(w->iova, PAGE), (LAST_PAGE - 1ULL) * PAGE);
  EXPECT_EQ(iova_alloc(w->iova, 1), (LAST_PAGE - 2ULL) * PAGE);
}

IOVA_TEST(IsAlignedToItsSizeRoundedUp)
{
  static const unsigned pages[] = { 1, 2, 3, 5, 16, 17, 31, 32, 33, 64, 100, 512 };

  iova_alloc(w->iova, PAGE);
  for (unsigned i = 0; i < sizeof pages / sizeof *pages; i++) {
    uint64_t iova = iova_alloc(w->iova, (uint64_t)pages[i] * PAGE), size = PAGE;

    while (size < (uint64_t)pages[i] * PAGE)
      size *= 2;
    EXPECT_NE(iova, 0);
    EXPECT_EQ(iova % size, 0);
  }
}

IOVA_TEST(OfUpTo32PagesComesBackFromTheMagazine)
{
  for (unsigned pages = 1; pages <= 32; pages++) {
    uint64_t iova = iova_alloc(w->iova, (uint64_t)pages * PAGE);
    uint64_t slow = counts(w).slow;

    iova_free(w->iova, iova, (uint64_t)pages * PAGE);
    EXPECT_EQ(iova_alloc(w->iova, (uint64_t)pages * PAGE), iova);
    EXPECT_EQ(counts(w).slow, slow);
  }
}

IOVA_TEST(OfMoreThan32PagesAlwaysTakesTheTree)
{
  for (unsigned turn = 1; turn <= 3; turn++) {
    uint64_t iova = iova_alloc(w->iova, 33 * PAGE);

    iova_free(w->iova, iova, 33 * PAGE);
    EXPECT_EQ(counts(w).slow, 2 * turn);
    EXPECT_EQ(counts(w).fast, 0);
    EXPECT_EQ(counts(w).in_tree, 0);
  }
}

IOVA_TEST(MagazinesHold127AndTwoOfThem)
{
  uint64_t iova[3 * MAGAZINE];

  for (unsigned i = 0; i < 3 * MAGAZINE; i++)
    iova[i] = iova_alloc(w->iova, PAGE);
  for (unsigned i = 0; i < 2 * MAGAZINE; i++)
    iova_free(w->iova, iova[i], PAGE);
  EXPECT_EQ(counts(w).depot, 0);
  EXPECT_EQ(counts(w).in_magazine, 2 * MAGAZINE);
  iova_free(w->iova, iova[2 * MAGAZINE], PAGE);
  EXPECT_EQ(counts(w).depot, 1);
  EXPECT_EQ(counts(w).slow, 3 * MAGAZINE); /* the allocations alone */
  for (unsigned i = 0; i < 2 * MAGAZINE + 1; i++)
    EXPECT_NE(iova_alloc(w->iova, PAGE), 0);
  EXPECT_EQ(counts(w).depot, 2);
  EXPECT_EQ(counts(w).in_magazine, 0);
  EXPECT_EQ(counts(w).slow, 3 * MAGAZINE);
}

IOVA_TEST(ADepotThatIsFullGivesBackToTheTree)
{
  enum { MANY = (DEPOT + 4) * MAGAZINE };
  static uint64_t iova[MANY];

  for (unsigned i = 0; i < MANY; i++)
    iova[i] = iova_alloc(w->iova, PAGE);
  for (unsigned i = 0; i < MANY; i++)
    iova_free(w->iova, iova[i], PAGE);
  EXPECT_EQ(counts(w).in_magazine, (DEPOT + 2) * MAGAZINE);
  EXPECT_EQ(counts(w).in_tree, counts(w).in_magazine);
}

static void use_up(struct world *w)
{
  uint64_t iova[63];

  for (unsigned i = 0; i < 63; i++) {
    iova[i] = iova_alloc(w->iova, PAGE);
    EXPECT_NE(iova[i], 0);
  }
  EXPECT_EQ(iova_alloc(w->iova, PAGE), 0);
  for (unsigned i = 0; i < 63; i++)
    iova_free(w->iova, iova[i], PAGE);
  EXPECT_EQ(counts(w).in_magazine, 63);
  /* What magazines keep is found when nothing else is left. */
  EXPECT_EQ(iova_alloc(w->iova, 32 * PAGE), 32 * PAGE);
  EXPECT_EQ(counts(w).in_magazine, 0);
  EXPECT_EQ(counts(w).in_tree, 1);
}

TEST_CASE(Iova, SpaceThatIsUsedUpIsFoundInMagazines)
{
  struct iova_config config = { .cpus = 1, .first = PAGE, .last = 64 * PAGE - 1 };

  on_board((struct world){ .program = use_up, .config = config });
}

static void use_up_with_depot(struct world *w)
{
  uint64_t iova[599];

  for (unsigned i = 0; i < 599; i++)
    iova[i] = iova_alloc(w->iova, PAGE);
  for (unsigned i = 0; i < 599; i++)
    iova_free(w->iova, iova[i], PAGE);
  EXPECT_EQ(counts(w).in_magazine, 599);
  EXPECT_GT(counts(w).depot, 1);
  EXPECT_NE(iova_alloc(w->iova, 256 * PAGE), 0);
  EXPECT_EQ(counts(w).in_tree, 1);
}

TEST_CASE(Iova, SpaceThatIsUsedUpIsFoundInTheDepot)
{
  struct iova_config config = { .cpus = 1, .first = PAGE, .last = 600 * PAGE - 1 };

  on_board((struct world){ .program = use_up_with_depot, .config = config });
}

/* A CPU without magazines, as an interrupt's is. */
static void use_tree_alone(struct guest *guest, unsigned cpu, void *arg)
{
  struct world *w = arg;
  uint64_t slow = counts(w).slow, iova;

  (void)guest;
  if (cpu == 0)
    return;
  iova = iova_alloc(w->iova, PAGE);
  EXPECT_NE(iova, 0);
  iova_free(w->iova, iova, PAGE);
  EXPECT_EQ(counts(w).slow, slow + 2);
  EXPECT_EQ(counts(w).fast, 0);
}

static void run_beside(struct guest *guest, void *e2e)
{
  struct world *w = ((struct e2e *)e2e)->user;

  w->config.plat = guest_plat(guest);
  ASSERT_EQ(iova_create(&w->iova, &w->config), 0);
  EXPECT_EQ(guest_run(guest, 2, use_tree_alone, w), 0);
  iova_destroy(w->iova);
}

TEST_CASE(Iova, OfACpuWithoutMagazinesTakesTheTree)
{
  struct world w = { .config = { .cpus = 1, .first = PAGE, .last = LIMIT } };
  struct e2e e2e;

  e2e_begin(&e2e, E2E_NOW);
  e2e.user = &w;
  e2e_make_bare(&e2e);
  e2e_guest(&e2e, 0, run_beside);
  e2e_end(&e2e);
}

static void expect_refused(struct world *w)
{
  struct iova_domain *iova;
  struct iova_config config = w->config;

  config.first = 0;
  EXPECT_NE(iova_create(&iova, &config), 0);
  config = w->config;
  config.cpus = 0;
  EXPECT_NE(iova_create(&iova, &config), 0);
  config = w->config;
  config.last = config.first + PAGE - 2;
  EXPECT_NE(iova_create(&iova, &config), 0);
}

TEST_CASE(Iova, DomainsWithoutSpaceOrCpusAreRefused)
{
  on_board((struct world){ .program = expect_refused });
}

/* ---- against a naive set, on four CPUs at once ---- */

enum { CPUS = 4, HELD = 60, TURNS = 4000, SPACE = 1024 };

struct property {
  struct iova_domain *iova;
  uint8_t used[SPACE]; /* by page */
  uint64_t seed;
  uint64_t refused;
};

static uint64_t draw(uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
  return z ^ z >> 31;
}

static void mark(struct property *p, uint64_t iova, unsigned pages, bool taken)
{
  for (unsigned i = 0; i < pages; i++) {
    uint64_t page = iova / PAGE + i;

    ASSERT_LT(page, SPACE);
    ASSERT_GT(page, 0);
    ASSERT_NE(p->used[page], taken);
    p->used[page] = taken;
  }
}

static void mix(struct guest *guest, unsigned cpu, void *arg)
{
  struct property *p = arg;
  struct {
    uint64_t iova;
    unsigned pages;
  } held[HELD] = { { 0 } };
  uint64_t state = p->seed + cpu;

  (void)guest;
  for (unsigned turn = 0; turn < TURNS + HELD; turn++) {
    unsigned i = turn < TURNS ? (unsigned)draw(&state) % HELD : turn - TURNS;

    if (held[i].pages) {
      mark(p, held[i].iova, held[i].pages, false);
      iova_free(p->iova, held[i].iova, (uint64_t)held[i].pages * PAGE);
      held[i].pages = 0;
    } else if (turn < TURNS) {
      held[i].pages = 1 + (unsigned)draw(&state) % (draw(&state) % 8 ? 8 : 70);
      held[i].iova = iova_alloc(p->iova, (uint64_t)held[i].pages * PAGE);
      if (held[i].iova == 0) {
        held[i].pages = 0;
        p->refused++;
      }
      mark(p, held[i].iova, held[i].pages, true);
    }
  }
}

static void mix_on_all(struct guest *guest, void *arg)
{
  struct property *p = ((struct e2e *)arg)->user;
  struct iova_config config = {
    .plat = guest_plat(guest), .cpus = CPUS - 1, .first = PAGE, .last = SPACE * PAGE - 1
  };
  struct iova_counts c;

  ASSERT_EQ(iova_create(&p->iova, &config), 0);
  EXPECT_EQ(guest_run(guest, CPUS, mix, p), 0);
  iova_get_counts(p->iova, &c);
  EXPECT_EQ(c.in_tree, c.in_magazine); /* nothing leaks */
  EXPECT_GT(c.fast, TURNS);
  EXPECT_GT(c.slow, TURNS / 4);
  iova_destroy(p->iova);
}

TEST_CASE(Iova, NeverOverlapsNeverLeaksOnFourCpus)
{
  for (uint64_t seed = 1; seed <= 5; seed++) {
    static struct property p;
    struct e2e e2e;

    memset(&p, 0, sizeof p);
    p.seed = seed << 32;
    e2e_begin(&e2e, E2E_NOW);
    e2e.spec.seed = seed;
    e2e.user = &p;
    e2e_make_bare(&e2e);
    e2e_guest(&e2e, 0, mix_on_all);
    e2e_end(&e2e);
    EXPECT_GT(p.refused, 0); /* the space was used up now and then */
    for (unsigned page = 0; page < SPACE; page++)
      ASSERT_EQ(p.used[page], 0);
  }
}
