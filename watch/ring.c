/* Command queues, as each world calls their memory: what is stored there is no table, and two of three
 * stores are. Known from writes to CMDQ_BASE and VCMDQ_BASE, until the memory is given back; enhanced
 * queues are left out, and their commands are followed like any word. IHI 0070 6.3.26. */
#include <string.h>

#include "arch/cmdqv.h"
#include "arch/regs.h"
#include "plat/board.h"
#include "util/bits.h"
#include "watch/state.h"

enum { ENTRY = 16 };

static bool is_base(uint64_t addr)
{
  uint64_t offset = addr - PLAT_CMDQV_BASE;

  if (addr == PLAT_SMMU_BASE + OFF_CMDQ_BASE)
    return true;
  return addr >= PLAT_CMDQV_BASE + SMMU_CMDQV_PAGE &&
         offset < SMMU_CMDQV_VINTF_PAGES + 64 * 2ULL * SMMU_CMDQV_PAGE &&
         offset / SMMU_CMDQV_PAGE % 2 == 0 && offset % SMMU_CMDQV_SLOT == OFF_VCMDQ_BASE;
}

static void take_out(struct watch_rings *all, uint32_t i)
{
  memmove(&all->ring[i], &all->ring[i + 1], (all->count - i - 1) * sizeof all->ring[i]);
  all->count--;
}

static bool is_behind(const struct watch_ring *ring, unsigned world, uint64_t addr)
{
  return ring->world > world || (ring->world == world && ring->first > addr);
}

/* How many begin at or before this address. */
static uint32_t before(const struct watch_rings *all, unsigned world, uint64_t addr)
{
  uint32_t low = 0, high = all->count;

  while (low < high) {
    uint32_t middle = (low + high) / 2;

    if (is_behind(&all->ring[middle], world, addr))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

void watch_ring_set(struct watch *w, const struct smmu_record *r)
{
  struct watch_rings *all = &w->rings;
  struct watch_ring ring = { .first = r->word & bits_mask(55, 5),
                             .bytes = (uint64_t)ENTRY << bits_get(r->word, 4, 0),
                             .base = r->addr_in,
                             .world = r->unit };
  uint32_t i = 0;

  if (r->info != 8 || !is_base(r->addr_in))
    return;
  while (i < all->count && (all->ring[i].base != ring.base || all->ring[i].world != ring.world))
    i++;
  if (i < all->count)
    take_out(all, i);
  if (all->count == WATCH_RINGS)
    return;
  i = before(all, ring.world, ring.first);
  memmove(&all->ring[i + 1], &all->ring[i], (all->count - i) * sizeof ring);
  all->ring[i] = ring;
  all->count++;
}

void watch_ring_free(struct watch *w, const struct smmu_record *r)
{
  struct watch_rings *all = &w->rings;

  for (uint32_t i = all->count; i > 0; i--) {
    const struct watch_ring *ring = &all->ring[i - 1];

    if (ring->world == r->unit && r->addr_in < ring->first + ring->bytes &&
        ring->first < r->addr_in + r->addr_out)
      take_out(all, i - 1);
  }
}

bool watch_ring_has(const struct watch *w, unsigned world, uint64_t addr)
{
  uint32_t n = before(&w->rings, world, addr);
  const struct watch_ring *ring = n ? &w->rings.ring[n - 1] : NULL;

  return ring && ring->world == world && addr - ring->first < ring->bytes;
}
