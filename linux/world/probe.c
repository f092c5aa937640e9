/* Probe: see scenario.h. */
#include <errno.h>
#include <string.h>

#include "linux_world/scenario.h"

enum { SIZES = 4, SMALL = 0x1000, BLOCK = 2 << 20, PARTS = 8 };
/* ASIDs that differ by this have eight bits in common. */
enum { APART = 256, MOST_DOMAINS = 300 };

struct run {
  struct lx_world *w;
  struct lx_probe_result *out;
  uint32_t sid; /* of the device that comes */
};

/* The device reads and writes the first and the last word of [iova, + bytes), which lies at `pa`. */
static void use(struct run *r, uint64_t iova, uint64_t pa, uint64_t bytes)
{
  const uint64_t at[] = { 0, bytes - 8 };
  struct smmu_result result;

  for (unsigned i = 0; i < 4; i++) {
    lx_translate(r->w, r->sid, iova + at[i / 2], i % 2, &result);
    if (result.status == SMMU_STATUS_OK && result.pa == pa + at[i / 2])
      r->out->right++;
    else
      r->out->wrong++;
  }
}

static void use_after(struct run *r, uint64_t iova, uint64_t bytes)
{
  struct smmu_result result;

  for (unsigned i = 0; i < 2; i++) {
    lx_translate(r->w, r->sid, iova + (i ? bytes - 8 : 0), i, &result);
    if (result.status == SMMU_STATUS_OK)
      r->out->passed++;
    else
      r->out->refused++;
  }
}

static void give_back(struct run *r, uint64_t pa, uint64_t bytes)
{
  lx_world_flush(r->w);
  plat_note(r->w->plat, PLAT_NOTE_FREED, pa, bytes, 0);
  plat_dma_free(r->w->plat, pa, bytes);
}

/* The DMA API: the kernel chooses the addresses. Seven pages are a range that is no power of two. */
static void dma(struct run *r, unsigned client)
{
  static const uint64_t sizes[SIZES] = { 0x1000, 0x4000, 0x10000, 0x7000 };
  bool translates = strncmp(r->out->domain, "DMA", 3) == 0;

  for (unsigned i = 0; i < SIZES; i++) {
    uint64_t pa, iova;

    if (plat_dma_alloc(r->w->plat, sizes[i], 0x10000, &pa) != 0)
      return;
    iova = linux_dma_map(client, pa, sizes[i], true);
    if (iova) {
      r->out->mapped++;
      use(r, iova, pa, sizes[i]);
      linux_dma_unmap(client, iova, sizes[i], true);
      r->out->unmapped++;
      linux_idle();
      if (translates)
        use_after(r, iova, sizes[i]);
    }
    give_back(r, pa, sizes[i]);
  }
}

/* Every page of a table, so that one invalidation has whole sets of a TLB to clear. */
static void use_pages(struct run *r, uint64_t iova, uint64_t pa, uint64_t bytes)
{
  struct smmu_result result;

  for (uint64_t at = 0; at < bytes; at += SMALL) {
    lx_translate(r->w, r->sid, iova + at, false, &result);
    r->out->wrong += result.status != SMMU_STATUS_OK || result.pa != pa + at;
  }
}

/* What a table of small pages maps is unmapped at once, so that the table goes; then a block is mapped where
 * it was. */
static void table_then_block(struct run *r, unsigned number, uint64_t iova)
{
  uint64_t pa, at;

  if (!(r->out->page_sizes & SMALL) || !(r->out->page_sizes & BLOCK) ||
      plat_dma_alloc(r->w->plat, 2 * BLOCK, BLOCK, &pa) != 0)
    return;
  for (at = pa + SMALL;; at = pa) {
    if (linux_map(number, iova, at, BLOCK) != 0)
      break;
    r->out->mapped++;
    use_pages(r, iova, at, BLOCK);
    use(r, iova, at, BLOCK);
    r->out->unmapped += linux_unmap(number, iova, BLOCK) == BLOCK;
    for (uint64_t part = 0; part < BLOCK; part += BLOCK / PARTS)
      use_after(r, iova + part, BLOCK / PARTS);
    if (at == pa)
      break;
  }
  give_back(r, pa, 2 * BLOCK);
}

/* A domain of our own, one mapping of each page size that fits into memory. */
static void domain(struct run *r, unsigned client)
{
  enum { MOST = 2 << 20 };
  int number = linux_domain_create(client);
  uint64_t sizes, iova = 0x40000000, pa;

  r->out->own = number < 0 ? number : linux_attach((unsigned)number);
  if (r->out->own)
    return;
  sizes = r->out->page_sizes = linux_page_sizes((unsigned)number);
  for (; sizes; sizes &= sizes - 1, iova += 0x40000000) {
    uint64_t bytes = sizes & -sizes;

    if (bytes > MOST || plat_dma_alloc(r->w->plat, bytes, bytes, &pa) != 0)
      continue;
    if (linux_map((unsigned)number, iova, pa, bytes) == 0) {
      r->out->mapped++;
      r->out->wrong += linux_iova_to_phys((unsigned)number, iova + 8) != pa + 8;
      use(r, iova, pa, bytes);
      r->out->unmapped += linux_unmap((unsigned)number, iova, bytes) == bytes;
      use_after(r, iova, bytes);
    }
    give_back(r, pa, bytes);
  }
  table_then_block(r, (unsigned)number, iova);
  linux_detach((unsigned)number);
  linux_domain_destroy((unsigned)number);
}

/* ---- two devices whose ASIDs or VMIDs are alike ---- */

/* Domains until one is so far from the first; the last one, or -1: there are not so many. */
static int domain_apart(unsigned client, unsigned first, int *domains, unsigned *count)
{
  for (*count = 0; *count < MOST_DOMAINS; ++*count) {
    int number = linux_domain_create(client);

    if (number < 0)
      return -1;
    domains[*count] = number;
    if (linux_domain_id((unsigned)number) == linux_domain_id(first) + APART) {
      ++*count;
      return number;
    }
  }
  return -1;
}

/* Both map one address, to pages of their own. What the first one unmaps the second one keeps. */
static void both(struct run *r, unsigned first, unsigned second, uint64_t iova, uint64_t pa)
{
  uint64_t bytes = r->out->page_sizes & -r->out->page_sizes;

  if (linux_attach(second) != 0 || linux_map(first, iova, pa, bytes) != 0 ||
      linux_map(second, iova, pa + bytes, bytes) != 0)
    return;
  r->out->mapped += 2;
  for (unsigned n = 0; n < 2; n++) {
    use(r, iova, pa, bytes);
    r->sid++;
    use(r, iova, pa + bytes, bytes);
    r->sid--;
  }
  r->out->unmapped += linux_unmap(first, iova, bytes) == bytes;
  use_after(r, iova, bytes);
  r->sid++;
  use(r, iova, pa + bytes, bytes);
  r->out->unmapped += linux_unmap(second, iova, bytes) == bytes;
  use_after(r, iova, bytes);
  r->sid--;
  linux_detach(second);
}

static void neighbours(struct run *r, unsigned client)
{
  const struct linux_client other = { .sid = LX_FIRST_SID + 1, .pci = r->w->config.pci };
  int first = linux_domain_create(client), second = linux_client_add(&other), last;
  int domains[MOST_DOMAINS];
  unsigned count = 0;
  uint64_t pa;

  if (first < 0 || second < 0 || linux_attach((unsigned)first) != 0 ||
      plat_dma_alloc(r->w->plat, 0x20000, 0x20000, &pa) != 0)
    return;
  last = domain_apart((unsigned)second, (unsigned)first, domains, &count);
  if (last >= 0)
    both(r, (unsigned)first, (unsigned)last, 0x40000000, pa);
  while (count)
    linux_domain_destroy((unsigned)domains[--count]);
  linux_detach((unsigned)first);
  linux_domain_destroy((unsigned)first);
  give_back(r, pa, 0x20000);
}

static void program(void *arg)
{
  struct run *r = arg;
  struct linux_client client = { .sid = LX_FIRST_SID, .pci = r->w->config.pci };
  int number;

  r->out->boot = lx_boot(r->w);
  if (r->out->boot == 0)
    r->out->probe = lx_probe(r->w);
  if (r->out->boot || r->out->probe)
    return;
  number = linux_client_add(&client);
  r->out->client = number < 0 ? number : 0;
  if (number < 0)
    return;
  r->out->domain = linux_client_domain((unsigned)number);
  dma(r, (unsigned)number);
  domain(r, (unsigned)number);
  neighbours(r, (unsigned)number);
  linux_remove();
  lx_world_flush(r->w);
}

int lx_scenario_probe(struct lx_world *w, struct lx_probe_result *out, char *why, size_t len)
{
  struct run r = { w, out, LX_FIRST_SID };

  *out = (struct lx_probe_result){ .domain = "none" };
  return lx_world_run(w, 1, program, &r, why, len);
}
