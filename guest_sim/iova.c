/* Allocator of I/O virtual addresses: magazines of each CPU, the depot, the tree. */
#include "guest_sim/iova.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest_sim/iova_tree.h"
#include "guest_sim/spin.h"
#include "util/bits.h"
#include "util/check.h"

struct magazine {
  unsigned count;
  uint64_t page[IOVA_MAGAZINE];
};

struct magazines {
  struct spin lock;
  struct magazine *loaded, *before;
};

struct depot {
  struct spin lock;
  unsigned count;
  struct magazine *full[IOVA_DEPOT];
};

struct iova_domain {
  const struct plat *plat;
  unsigned cpus;
  struct magazines *cpu; /* [cpus][IOVA_CLASSES] */
  struct depot depot[IOVA_CLASSES];
  struct spin tree_lock;
  struct iova_tree tree;
  struct iova_counts counts;
};

static struct magazine *magazine_new(void)
{
  return calloc(1, sizeof(struct magazine));
}

int iova_create(struct iova_domain **out, const struct iova_config *config)
{
  uint64_t first = config->first >> IOVA_PAGE_LOG2;
  uint64_t last = (config->last + 1) >> IOVA_PAGE_LOG2;
  struct iova_domain *domain;

  *out = NULL;
  if (config->last == UINT64_MAX)
    last = 1ULL << (64 - IOVA_PAGE_LOG2);
  if (config->cpus < 1 || config->cpus > 256 || first == 0 || last <= first)
    return -EINVAL;
  domain = calloc(1, sizeof *domain);
  if (domain == NULL)
    return -ENOMEM;
  domain->plat = config->plat;
  domain->cpus = config->cpus;
  iova_tree_init(&domain->tree, first, last - 1);
  domain->cpu = calloc((size_t)config->cpus * IOVA_CLASSES, sizeof *domain->cpu);
  for (size_t i = 0; domain->cpu && i < (size_t)config->cpus * IOVA_CLASSES; i++) {
    domain->cpu[i].loaded = magazine_new();
    domain->cpu[i].before = magazine_new();
    if (domain->cpu[i].loaded == NULL || domain->cpu[i].before == NULL) {
      iova_destroy(domain);
      return -ENOMEM;
    }
  }
  if (domain->cpu == NULL) {
    iova_destroy(domain);
    return -ENOMEM;
  }
  *out = domain;
  return 0;
}

void iova_destroy(struct iova_domain *domain)
{
  if (domain == NULL)
    return;
  for (size_t i = 0; domain->cpu && i < (size_t)domain->cpus * IOVA_CLASSES; i++) {
    free(domain->cpu[i].loaded);
    free(domain->cpu[i].before);
  }
  for (unsigned c = 0; c < IOVA_CLASSES; c++) {
    for (unsigned i = 0; i < domain->depot[c].count; i++)
      free(domain->depot[c].full[i]);
  }
  iova_tree_release(&domain->tree);
  free(domain->cpu);
  free(domain);
}

static uint64_t pages_of(uint64_t bytes)
{
  uint64_t pages = (bytes >> IOVA_PAGE_LOG2) + ((bytes & bits_low(IOVA_PAGE_LOG2)) != 0);

  return pages ? pages : 1;
}

/* The magazines of this CPU; NULL: it has none. */
static struct magazines *own(struct iova_domain *domain, unsigned class)
{
  unsigned cpu = plat_cpu(domain->plat);

  return cpu < domain->cpus ? &domain->cpu[(size_t)cpu * IOVA_CLASSES + class] : NULL;
}

static void swap(struct magazines *m)
{
  struct magazine *loaded = m->loaded;

  m->loaded = m->before;
  m->before = loaded;
}

/* ---- the tree ---- */

static uint64_t tree_alloc(struct iova_domain *domain, uint64_t pages)
{
  uint64_t align = 1ULL << log2_ceil(pages);
  uint64_t page;

  spin_lock(domain->plat, &domain->tree_lock);
  plat_charge(domain->plat, PLAT_COST_IOVA_SLOW, 1);
  page = iova_tree_alloc(&domain->tree, pages, align);
  domain->counts.slow++;
  spin_unlock(domain->plat, &domain->tree_lock);
  return page;
}

static void tree_free(struct iova_domain *domain, uint64_t page)
{
  spin_lock(domain->plat, &domain->tree_lock);
  plat_charge(domain->plat, PLAT_COST_IOVA_SLOW, 1);
  iova_tree_free(&domain->tree, page);
  domain->counts.slow++;
  spin_unlock(domain->plat, &domain->tree_lock);
}

/* ---- the depot ---- */

/* A full magazine for the empty loaded one, if the depot has any. */
static void depot_fetch(struct iova_domain *domain, struct magazines *m, unsigned class)
{
  struct depot *depot = &domain->depot[class];

  spin_lock(domain->plat, &depot->lock);
  if (depot->count > 0) {
    struct magazine *empty = m->loaded;

    m->loaded = depot->full[--depot->count];
    domain->counts.depot++;
    free(empty);
  }
  spin_unlock(domain->plat, &depot->lock);
}

/* The full loaded magazine goes to the depot, or, where that is full, back into the tree. */
static bool depot_store(struct iova_domain *domain, struct magazines *m, unsigned class)
{
  struct depot *depot = &domain->depot[class];
  struct magazine *empty = magazine_new();
  struct magazine *full = m->loaded;
  bool kept;

  if (empty == NULL)
    return false;
  m->loaded = empty;
  spin_lock(domain->plat, &depot->lock);
  kept = depot->count < IOVA_DEPOT;
  if (kept)
    depot->full[depot->count++] = full;
  domain->counts.depot++;
  spin_unlock(domain->plat, &depot->lock);
  if (!kept) {
    domain->counts.in_magazine -= full->count;
    for (unsigned i = 0; i < full->count; i++)
      tree_free(domain, full->page[i]);
    free(full);
  }
  return true;
}

/* ---- magazines ---- */

static uint64_t take_from(struct iova_domain *domain, struct magazines *m, unsigned class)
{
  if (m->loaded->count == 0 && m->before->count > 0)
    swap(m);
  if (m->loaded->count == 0)
    depot_fetch(domain, m, class);
  if (m->loaded->count == 0)
    return 0;
  domain->counts.fast++;
  domain->counts.in_magazine--;
  return m->loaded->page[--m->loaded->count];
}

static uint64_t magazine_alloc(struct iova_domain *domain, unsigned class)
{
  struct magazines *m = own(domain, class);
  uint64_t page;

  if (m == NULL)
    return 0;
  plat_charge(domain->plat, PLAT_COST_IOVA_FAST, 1);
  spin_lock(domain->plat, &m->lock);
  page = take_from(domain, m, class);
  spin_unlock(domain->plat, &m->lock);
  return page;
}

static bool put_into(struct iova_domain *domain, struct magazines *m, unsigned class, uint64_t page)
{
  if (m->loaded->count == IOVA_MAGAZINE && m->before->count < IOVA_MAGAZINE)
    swap(m);
  if (m->loaded->count == IOVA_MAGAZINE && !depot_store(domain, m, class))
    return false;
  domain->counts.fast++;
  domain->counts.in_magazine++;
  m->loaded->page[m->loaded->count++] = page;
  return true;
}

static bool magazine_free(struct iova_domain *domain, unsigned class, uint64_t page)
{
  struct magazines *m = own(domain, class);
  bool kept;

  if (m == NULL)
    return false;
  plat_charge(domain->plat, PLAT_COST_IOVA_FAST, 1);
  spin_lock(domain->plat, &m->lock);
  kept = put_into(domain, m, class, page);
  spin_unlock(domain->plat, &m->lock);
  return kept;
}

static void empty_magazine(struct iova_domain *domain, struct magazine *m)
{
  while (m->count > 0) {
    domain->counts.in_magazine--;
    tree_free(domain, m->page[--m->count]);
  }
}

/* The space is used up: what CPUs and depot keep goes back into the tree. */
static void empty_all(struct iova_domain *domain)
{
  for (size_t i = 0; i < (size_t)domain->cpus * IOVA_CLASSES; i++) {
    spin_lock(domain->plat, &domain->cpu[i].lock);
    empty_magazine(domain, domain->cpu[i].loaded);
    empty_magazine(domain, domain->cpu[i].before);
    spin_unlock(domain->plat, &domain->cpu[i].lock);
  }
  for (unsigned c = 0; c < IOVA_CLASSES; c++) {
    while (domain->depot[c].count > 0) {
      struct magazine *m = domain->depot[c].full[--domain->depot[c].count];

      empty_magazine(domain, m);
      free(m);
    }
  }
}

/* ---- what callers see ---- */

uint64_t iova_alloc(struct iova_domain *domain, uint64_t bytes)
{
  uint64_t pages = pages_of(bytes), page = 0;
  unsigned class = log2_ceil(pages);

  if (class < IOVA_CLASSES) {
    pages = 1ULL << class;
    page = magazine_alloc(domain, class);
  }
  if (page == 0)
    page = tree_alloc(domain, pages);
  if (page == 0 && domain->counts.in_magazine > 0) {
    empty_all(domain);
    page = tree_alloc(domain, pages);
  }
  return page << IOVA_PAGE_LOG2;
}

void iova_free(struct iova_domain *domain, uint64_t iova, uint64_t bytes)
{
  unsigned class = log2_ceil(pages_of(bytes));
  uint64_t page = iova >> IOVA_PAGE_LOG2;

  if (class >= IOVA_CLASSES || !magazine_free(domain, class, page))
    tree_free(domain, page);
}

void iova_get_counts(const struct iova_domain *domain, struct iova_counts *out)
{
  *out = domain->counts;
  out->in_tree = domain->tree.count;
}
