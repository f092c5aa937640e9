/* Guest RAM as its VMM has it: a list of host pages, one behind the other, in big pieces, or
 * scattered. Areas of an IOAS keep it alive after its owner has put it, as pinned pages do. */
#include <stdlib.h>

#include "host_sim/iommufd_priv.h"

enum { HUGE_PAGES = 512 };

struct iommufd_memory {
  const struct plat *plat;
  uint64_t base, bytes;
  unsigned references;
  uint64_t page[]; /* host physical address of each */
};

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
  uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

/* Exchange pieces of `pages` pages (Fisher and Yates). */
static void shuffle(struct iommufd_memory *m, uint64_t pages, uint64_t seed)
{
  for (uint64_t i = m->bytes / IOMMUFD_PAGE / pages; i > 1; i--) {
    uint64_t *a = &m->page[(i - 1) * pages];
    uint64_t *b = &m->page[next_random(&seed) % i * pages];

    for (uint64_t k = 0; k < pages; k++) {
      uint64_t t = a[k];

      a[k] = b[k];
      b[k] = t;
    }
  }
}

int iommufd_memory_alloc(const struct plat *plat, uint64_t bytes, enum iommufd_memory_kind kind,
                         uint64_t seed, struct iommufd_memory **out)
{
  uint64_t piece = kind == IOMMUFD_MEMORY_HUGE ? HUGE_PAGES * IOMMUFD_PAGE : IOMMUFD_PAGE;
  uint64_t align = bytes >= HUGE_PAGES * IOMMUFD_PAGE ? HUGE_PAGES * IOMMUFD_PAGE : IOMMUFD_PAGE;
  struct iommufd_memory *m;

  if (!bytes || bytes % piece || bytes >> 48)
    return -EINVAL;
  m = malloc(sizeof *m + bytes / IOMMUFD_PAGE * sizeof m->page[0]);
  if (!m)
    return -ENOMEM;
  if (plat_dma_alloc(plat, bytes, align, &m->base) != 0) {
    free(m);
    return -ENOMEM;
  }
  m->plat = plat;
  m->bytes = bytes;
  m->references = 1;
  for (uint64_t i = 0; i < bytes / IOMMUFD_PAGE; i++)
    m->page[i] = m->base + i * IOMMUFD_PAGE;
  if (seed && kind != IOMMUFD_MEMORY_CONTIGUOUS)
    shuffle(m, piece / IOMMUFD_PAGE, seed);
  *out = m;
  return 0;
}

void iommufd_memory_get(struct iommufd_memory *memory)
{
  memory->references++;
}

void iommufd_memory_put(struct iommufd_memory *memory)
{
  if (--memory->references)
    return;
  plat_note(memory->plat, PLAT_NOTE_FREED, memory->base, memory->bytes, 0);
  plat_dma_free(memory->plat, memory->base, memory->bytes);
  free(memory);
}

uint64_t iommufd_memory_bytes(const struct iommufd_memory *memory)
{
  return memory->bytes;
}

uint64_t iommufd_memory_pa(const struct iommufd_memory *memory, uint64_t offset)
{
  if (offset >= memory->bytes)
    return UINT64_MAX;
  return memory->page[offset / IOMMUFD_PAGE] + offset % IOMMUFD_PAGE;
}

uint64_t iommufd_memory_run(const struct iommufd_memory *memory, uint64_t offset, uint64_t bytes)
{
  uint64_t start = memory->page[offset / IOMMUFD_PAGE];
  uint64_t run = IOMMUFD_PAGE;

  while (run < bytes && memory->page[(offset + run) / IOMMUFD_PAGE] == start + run)
    run += IOMMUFD_PAGE;
  return run;
}
