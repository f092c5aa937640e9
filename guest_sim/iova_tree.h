/* The ranges of one IOVA domain that are in use, in order of address. No time passes in here;
 * iova.c charges and locks. */
#ifndef GUEST_SIM_IOVA_TREE_H
#define GUEST_SIM_IOVA_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In pages, both inclusive. */
struct iova_range {
  uint64_t first, last;
};

struct iova_tree {
  uint64_t first, last;     /* usable pages */
  struct iova_range *range; /* sorted, disjoint */
  size_t count, room;
  uint64_t hint; /* the search begins here: nothing above it is known to be free */
};

void iova_tree_init(struct iova_tree *tree, uint64_t first, uint64_t last);
void iova_tree_release(struct iova_tree *tree);
/* The highest free run of `pages` aligned to `align` pages (a power of two) at or below the
 * hint, else below the limit; its first page, or 0 when there is none (or no memory). */
uint64_t iova_tree_alloc(struct iova_tree *tree, uint64_t pages, uint64_t align);
/* The range that begins here (CHECKed). */
void iova_tree_free(struct iova_tree *tree, uint64_t first);

#endif
