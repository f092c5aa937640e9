/* The DMA API of a kernel, for one device: addresses, mappings, and when what is unmapped may be
 * used again.
 *
 *   dma_create(&dma, &config);             a domain of its own, the stream attached to it
 *   dma_map(dma, pa, bytes, DRV_READ | DRV_WRITE, &iova);
 *   dma_unmap(dma, iova, bytes);
 *
 * Strict: dma_unmap() clears the descriptors, invalidates, waits, and only then gives the address
 * back. Lazy: it clears the descriptors and puts the address into the flush queue of its CPU; the
 * whole domain is invalidated when a queue is full or 10 ms after the first address was put there,
 * and addresses are given back after that. In between the device still reaches the old memory.
 *
 * Works on any platform and driver, host or guest. Functions run on a CPU; the order of steps is
 * that of Linux 6.12 (own code). Notes: MAP and UNMAP around each call; MAPPED when the device
 * may use the address; UNMAPPED when the invalidation is complete, which in lazy mode is long
 * after the call. The owner of the memory notes FREED. */
#ifndef GUEST_SIM_DMA_API_H
#define GUEST_SIM_DMA_API_H

#include <stdbool.h>
#include <stdint.h>

#include "driver/drv.h"
#include "guest_sim/iova.h"

struct dma;

enum { DMA_FLUSH_QUEUE = 256 };
#define DMA_FLUSH_AFTER_PS 10000000000ULL /* 10 ms */

struct dma_config {
  struct drv *drv;
  uint32_t sid;
  unsigned cpus; /* with magazines and flush queues of their own; others use CPU 0's flush queue */
  bool lazy;
  /* The device has an ATC: drv_enable_ats(). NULL, or a driver without ATS: it is not used. */
  void (*set_ats)(void *arg, bool on);
  void *arg;
  uint64_t limit; /* highest address the device can send; 0: 2^32 - 1 */
};

struct dma_counts {
  uint64_t maps, unmaps;
  uint64_t flushes; /* lazy: of the whole domain */
  uint64_t queued;  /* lazy: addresses that wait now */
};

/* 0, or what drv_domain_alloc(), drv_attach() or iova_create() gave. */
int dma_create(struct dma **out, const struct dma_config *config);
/* Flush, make the stream abort, free the domain. 0, or what the driver gave; then it still
 * exists. */
int dma_destroy(struct dma *dma);

/* Map physically contiguous memory, page aligned; bytes is rounded up to pages. 0 and *iova;
 * -ENOSPC no address; what drv_map() gave. */
int dma_map(struct dma *dma, uint64_t pa, uint64_t bytes, unsigned prot, uint64_t *iova);
/* Exactly what was mapped. 0, -EINVAL nothing is mapped there, or what drv_iotlb_sync() gave. */
int dma_unmap(struct dma *dma, uint64_t iova, uint64_t bytes);

/* Lazy: flush, and give back everything that waits. */
void dma_flush(struct dma *dma);
/* Lazy: the timer, a program for a CPU of its own. Without it an address waits past its 10 ms until
 * the next dma_unmap() of any CPU. arg is the struct dma. It returns after dma_timer_stop(). */
void dma_timer(void *arg);
void dma_timer_stop(struct dma *dma);

struct drv_domain *dma_domain(const struct dma *dma);
void dma_get_counts(const struct dma *dma, struct dma_counts *out);
void dma_get_iova_counts(const struct dma *dma, struct iova_counts *out);

#endif
