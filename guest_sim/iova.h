/* Allocator of I/O virtual addresses, one for each DMA domain.
 *
 * Sizes are counted in pages of 4 KB. Up to 32 pages a size is rounded up to a power of two and
 * comes from the magazines of the CPU: two of 127 addresses for each of six sizes, one loaded, one
 * before it. When both are empty (full), a full (empty) magazine is exchanged with the depot that
 * all CPUs share. What the magazines do not have, and every larger size, comes from the tree: the
 * ranges in use, in order, under one lock, searched from the DMA limit down. Addresses are aligned
 * to their size rounded up to a power of two. Follows the public behaviour of Linux 6.12's iova.c.
 *
 * Functions run on a CPU of the platform. */
#ifndef GUEST_SIM_IOVA_H
#define GUEST_SIM_IOVA_H

#include <stdbool.h>
#include <stdint.h>

#include "plat/plat.h"

struct iova_domain;

enum { IOVA_PAGE_LOG2 = 12, IOVA_CLASSES = 6, IOVA_MAGAZINE = 127, IOVA_DEPOT = 32 };

struct iova_config {
  const struct plat *plat;
  unsigned cpus;        /* that have magazines: 1..256; others go to the tree */
  uint64_t first, last; /* usable addresses, inclusive; first is not below one page */
};

struct iova_counts {
  uint64_t fast;        /* allocations and frees by a magazine */
  uint64_t slow;        /* by the tree */
  uint64_t depot;       /* magazines exchanged with the depot */
  uint64_t in_tree;     /* ranges the tree holds now, those cached in magazines included */
  uint64_t in_magazine; /* ranges cached now */
};

/* 0, -EINVAL or -ENOMEM. */
int iova_create(struct iova_domain **out, const struct iova_config *config);
void iova_destroy(struct iova_domain *domain);

/* An address of `bytes` (rounded up to pages), or 0 when none is left. */
uint64_t iova_alloc(struct iova_domain *domain, uint64_t bytes);
/* Exactly what was allocated. */
void iova_free(struct iova_domain *domain, uint64_t iova, uint64_t bytes);
void iova_get_counts(const struct iova_domain *domain, struct iova_counts *out);

#endif
