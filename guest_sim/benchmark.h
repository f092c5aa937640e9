/* The loop of dma_map_benchmark: fill a buffer, map it, unmap it, and how long both took.
 *
 * Each thread has a buffer of `pages` pages of contiguous memory. One turn: fill it (unless the
 * device only writes), map [timed], let the device use it (access(), and transfer_ps), unmap
 * [timed], add both times to the sums.
 * Times are those of the CPU's clock; the kernel's sums count each in whole 100 ns, exact ones in
 * picoseconds stand beside them.
 *
 *   benchmark_create(&b, &config);
 *   on each CPU that takes part: benchmark_thread(b);        as many as config.threads
 *   benchmark_get_result(b, &result);                        when all have returned
 *   benchmark_destroy(b);
 *
 * Threads wait for one another before the first turn that counts; turns of the warm-up are not
 * counted. Works on any platform and driver: the same loop runs in a guest and on the bare host. */
#ifndef GUEST_SIM_BENCHMARK_H
#define GUEST_SIM_BENCHMARK_H

#include <stdbool.h>
#include <stdint.h>

#include "guest_sim/dma_api.h"

struct benchmark;

enum benchmark_direction { BENCHMARK_BIDIRECTIONAL, BENCHMARK_TO_DEVICE, BENCHMARK_FROM_DEVICE };

/* The map and unmap of another DMA API than ours. 0 or a negative errno value. */
struct benchmark_api {
  void *ctx;
  int (*map)(void *ctx, uint64_t pa, uint64_t bytes, unsigned prot, uint64_t *iova);
  int (*unmap)(void *ctx, uint64_t iova, uint64_t bytes, unsigned prot);
};

struct benchmark_config {
  const struct plat *plat;
  struct dma *dma;
  const struct benchmark_api *api; /* in the place of `dma`; or NULL */
  unsigned threads;                /* 1..1024 */
  unsigned pages;                  /* of 4 KB, 1..1024: the granule */
  unsigned direction;              /* enum benchmark_direction */
  uint64_t transfer_ps;            /* 0..10 ms */
  /* The device reads or writes each page; returns when it has all answers. How many were refused.
   * NULL: it does nothing. */
  unsigned (*access)(void *arg, uint64_t iova, unsigned pages, bool write);
  void *arg;
  bool late;       /* it does so once more behind dma_unmap; what is refused then does not matter */
  uint64_t warmup; /* turns of each thread that do not count */
  /* A thread ends after so many turns, or with the first turn that ends at or after so much time
   * from the common start, whichever is sooner; 0: no such end. One of them must be given. */
  uint64_t turns;
  uint64_t duration_ps;
};

/* Sums over turns. Averages are sum / turns. */
struct benchmark_sum {
  uint64_t turns;
  uint64_t map_100ns, map_100ns_squared;
  uint64_t unmap_100ns, unmap_100ns_squared;
  uint64_t map_ps, unmap_ps;
  uint64_t unmap_min_ps, unmap_max_ps;
};

struct benchmark_result {
  struct benchmark_sum all;    /* every turn that counts */
  struct benchmark_sum inside; /* whose unmap began before the first thread, or the time, was at its
                                  end: all threads compete, and who is starved counts too */
  uint64_t span_ps;            /* from the common start to the end of the last turn */
  int error; /* 0, or what the first failed call gave; the sums are then partial */
};

/* PLAT_COST_COLD is charged in the timed part of each unmap: n / (n + 8) of a thousand units for n
 * pages, so a unit is a thousandth of what an endless buffer costs. 0, -EINVAL or -ENOMEM. */
int benchmark_create(struct benchmark **out, const struct benchmark_config *config);
void benchmark_destroy(struct benchmark *benchmark);
void benchmark_thread(struct benchmark *benchmark);
void benchmark_get_result(const struct benchmark *benchmark, struct benchmark_result *out);

#endif
