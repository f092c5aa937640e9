/* A driver of one's own, as small as it can be: bare metal, one stream, one CPU, pages of 4 KB. It stands on
 * plat/plat.h and on nothing else of smmulator. How it was brought here: docs/porting.md.
 *
 * All functions run on a CPU of the board. Errors are negative errno values. */
#ifndef OWN_DRIVER_H
#define OWN_DRIVER_H

#include "plat/plat.h"

struct own_driver {
  const struct plat *plat;
  uint64_t smmu;    /* address of the registers */
  uint64_t streams; /* Stream table, linear */
  uint64_t cd;
  uint64_t table;    /* level 1 */
  uint64_t commands; /* the command queue, */
  uint32_t prod;     /* and what CMDQ_PROD was last written as */
};

/* Find the SMMU, give it its tables and queues, and enable it; every stream aborts. -ENXIO: it lacks what
 * this driver needs; -ENOMEM; -ETIMEDOUT: it does not answer. */
int own_start(struct own_driver *d, const struct plat *plat, uint64_t smmu);
/* Stream `sid`, below 64, translates from now on. One stream alone. */
int own_attach(struct own_driver *d, uint32_t sid);
/* One page, readable and writable. iova below 2^39. -ENOMEM. */
int own_map(struct own_driver *d, uint64_t iova, uint64_t pa);
/* The same, taken away: descriptor, TLB, and the word to those who watch that it is gone. */
int own_unmap(struct own_driver *d, uint64_t iova);
/* The first part of it: the descriptor alone. */
void own_clear(struct own_driver *d, uint64_t iova);

#endif
