/* Which queues an address lies in: two of three stores are commands, and there may be hundreds of queues.
 * Rings may share their memory, as windows on one queue do, and bad ones may overlap. */
#include <stdlib.h>

#include "watch/check_state.h"

/* From behind, queues of one base come in the order of their numbers. */
static int by_base(const void *left, const void *right)
{
  const struct check_ring *a = left, *b = right;

  if (a->base != b->base)
    return a->base < b->base ? -1 : 1;
  return a->queue < b->queue ? 1 : -1;
}

void check_rings_renew(struct check *c, struct check_world *w)
{
  uint64_t reach = 0;

  if (!w->ring)
    w->ring = calloc(CHECK_QUEUES, sizeof *w->ring);
  w->rings = 0;
  if (!w->ring) {
    c->failed = true;
    return;
  }
  for (uint32_t i = 0; i < w->queues; i++) {
    const struct check_queue *q = &w->queue[i];

    if (q->known)
      w->ring[w->rings++] = (struct check_ring){ q->base, q->base + check_queue_bytes(q), i };
  }
  qsort(w->ring, w->rings, sizeof *w->ring, by_base);
  for (uint32_t i = 0; i < w->rings; i++) {
    reach = w->ring[i].reach > reach ? w->ring[i].reach : reach;
    w->ring[i].reach = reach;
  }
}

uint32_t check_rings_before(const struct check_world *w, uint64_t addr)
{
  uint32_t low = 0, high = w->rings;

  while (low < high) {
    uint32_t middle = (low + high) / 2;

    if (w->ring[middle].base > addr)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}
