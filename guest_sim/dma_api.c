/* The DMA API: dma_map and dma_unmap, strict and lazy, and the flush queues of the lazy one. */
#include "guest_sim/dma_api.h"

#include <errno.h>
#include <stdlib.h>

#include "guest_sim/spin.h"
#include "util/bits.h"

enum { FLUSH_ENTRIES = DMA_FLUSH_QUEUE };

/* An address that waits, and how many flushes had begun when it was put there. */
struct waiting {
  uint64_t iova, bytes, begun;
};

/* One CPU's flush queue: a ring. */
struct flush_queue {
  struct spin lock;
  unsigned first, count;
  struct waiting ring[FLUSH_ENTRIES];
};

struct dma {
  struct dma_config config;
  const struct plat *plat;
  struct drv_domain *domain;
  struct iova_domain *iova;
  struct flush_queue *queue; /* lazy: one a CPU */
  uint64_t begun, finished;  /* flushes */
  struct plat_line timer_line;
  uint64_t deadline; /* 0: nothing waits */
  bool stopped;      /* the timer shall return */
  struct dma_counts counts;
};

/* ---- creation ---- */

static int build(struct dma *dma)
{
  struct iova_config iova = { .plat = dma->plat,
                              .cpus = dma->config.cpus,
                              .first = 1ULL << IOVA_PAGE_LOG2,
                              .last = dma->config.limit ? dma->config.limit : UINT32_MAX };
  int err = iova_create(&dma->iova, &iova);

  if (err == 0 && dma->config.lazy) {
    dma->queue = calloc(dma->config.cpus, sizeof *dma->queue);
    err = dma->queue ? 0 : -ENOMEM;
  }
  if (err == 0 && dma->config.set_ats && drv_get_features(dma->config.drv)->ats)
    err = drv_enable_ats(dma->config.drv, dma->config.sid, dma->config.set_ats, dma->config.arg);
  if (err == 0)
    err = drv_domain_alloc(dma->config.drv, DRV_DOMAIN_S1, &dma->domain);
  if (err == 0)
    err = drv_attach(dma->config.drv, dma->config.sid, dma->domain);
  return err;
}

static void release(struct dma *dma)
{
  iova_destroy(dma->iova);
  free(dma->queue);
  free(dma);
}

int dma_create(struct dma **out, const struct dma_config *config)
{
  struct dma *dma = calloc(1, sizeof *dma);
  int err;

  *out = NULL;
  if (dma == NULL)
    return -ENOMEM;
  dma->config = *config;
  dma->plat = drv_plat(config->drv);
  err = build(dma);
  if (err) {
    if (dma->domain)
      (void)drv_domain_free(dma->domain);
    drv_disable_ats(config->drv, config->sid);
    release(dma);
    return err;
  }
  *out = dma;
  return 0;
}

int dma_destroy(struct dma *dma)
{
  int err;

  if (dma->config.lazy)
    dma_flush(dma);
  err = drv_attach(dma->config.drv, dma->config.sid, NULL);
  if (err == 0)
    drv_disable_ats(dma->config.drv, dma->config.sid);
  if (err == 0)
    err = drv_domain_free(dma->domain);
  if (err == 0)
    release(dma);
  return err;
}

/* ---- lazy ---- */

static struct flush_queue *own_queue(struct dma *dma)
{
  unsigned cpu = plat_cpu(dma->plat);

  return &dma->queue[cpu < dma->config.cpus ? cpu : 0];
}

/* Give back what a flush has covered that began after it was put there. Lock held. */
static void give_back(struct dma *dma, struct flush_queue *q)
{
  while (q->count > 0 && q->ring[q->first].begun < dma->finished) {
    struct waiting w = q->ring[q->first];

    q->first = (q->first + 1) % FLUSH_ENTRIES;
    q->count--;
    dma->counts.queued--;
    plat_note(dma->plat, PLAT_NOTE_UNMAPPED, w.iova, w.bytes, drv_domain_number(dma->domain));
    iova_free(dma->iova, w.iova, w.bytes);
  }
}

static void flush_domain(struct dma *dma)
{
  uint64_t begun = ++dma->begun;

  dma->counts.flushes++;
  (void)drv_flush_all(dma->domain);
  if (dma->finished < begun)
    dma->finished = begun;
}

static void flush_everything(struct dma *dma)
{
  plat_take(dma->plat, &dma->timer_line);
  dma->deadline = 0;
  flush_domain(dma);
  for (unsigned i = 0; i < dma->config.cpus; i++) {
    spin_lock(dma->plat, &dma->queue[i].lock);
    give_back(dma, &dma->queue[i]);
    spin_unlock(dma->plat, &dma->queue[i].lock);
  }
}

void dma_flush(struct dma *dma)
{
  flush_everything(dma);
}

/* The first address that waits starts the timer. */
static void start_timer(struct dma *dma)
{
  if (dma->deadline)
    return;
  plat_take(dma->plat, &dma->timer_line);
  dma->deadline = plat_now_ps(dma->plat) + DMA_FLUSH_AFTER_PS;
  plat_wrote(dma->plat, &dma->timer_line);
}

static void put_waiting(struct dma *dma, uint64_t iova, uint64_t bytes)
{
  struct flush_queue *q = own_queue(dma);

  spin_lock(dma->plat, &q->lock);
  give_back(dma, q);
  if (q->count == FLUSH_ENTRIES) {
    flush_domain(dma);
    give_back(dma, q);
  }
  q->ring[(q->first + q->count++) % FLUSH_ENTRIES] = (struct waiting){ iova, bytes, dma->begun };
  dma->counts.queued++;
  spin_unlock(dma->plat, &q->lock);
  start_timer(dma);
  if (plat_now_ps(dma->plat) >= dma->deadline)
    flush_everything(dma);
}

void dma_timer(void *arg)
{
  struct dma *dma = arg;

  for (;;) {
    uint64_t now;

    plat_take(dma->plat, &dma->timer_line);
    if (dma->stopped)
      return;
    if (dma->deadline == 0) {
      plat_wait(dma->plat, &dma->timer_line);
      continue;
    }
    now = plat_now_ps(dma->plat);
    if (now < dma->deadline)
      plat_delay(dma->plat, dma->deadline - now);
    else
      flush_everything(dma);
  }
}

void dma_timer_stop(struct dma *dma)
{
  plat_take(dma->plat, &dma->timer_line);
  dma->stopped = true;
  plat_wrote(dma->plat, &dma->timer_line);
}

/* ---- map and unmap ---- */

static uint64_t whole_pages(uint64_t bytes)
{
  return align_up_log2(bytes, IOVA_PAGE_LOG2);
}

static int map(struct dma *dma, uint64_t pa, uint64_t bytes, unsigned prot, uint64_t *iova)
{
  uint64_t at;
  int err;

  plat_charge(dma->plat, PLAT_COST_DMA_MAP, 1);
  at = iova_alloc(dma->iova, bytes);
  if (at == 0)
    return -ENOSPC;
  err = drv_map(dma->domain, at, pa, bytes, prot);
  if (err) {
    iova_free(dma->iova, at, bytes);
    return err;
  }
  dma->counts.maps++;
  *iova = at;
  plat_note(dma->plat, PLAT_NOTE_MAPPED, at, bytes, drv_domain_number(dma->domain));
  return 0;
}

int dma_map(struct dma *dma, uint64_t pa, uint64_t bytes, unsigned prot, uint64_t *iova)
{
  int err;

  plat_begin(dma->plat, PLAT_OP_MAP, bytes);
  err = map(dma, pa, whole_pages(bytes), prot, iova);
  plat_end(dma->plat, PLAT_OP_MAP, (uint64_t)(int64_t)err);
  return err;
}

static int unmap(struct dma *dma, uint64_t iova, uint64_t bytes)
{
  struct drv_gather gather;
  int err = 0;

  plat_charge(dma->plat, PLAT_COST_DMA_UNMAP, 1);
  if (drv_iova_to_phys(dma->domain, iova) == UINT64_MAX)
    return -EINVAL;
  drv_gather_init(&gather);
  gather.queued = dma->config.lazy;
  if (drv_unmap(dma->domain, iova, bytes, &gather) != bytes)
    err = -EINVAL;
  dma->counts.unmaps++;
  if (dma->config.lazy) {
    put_waiting(dma, iova, bytes);
    return err;
  }
  err = drv_iotlb_sync(dma->domain, &gather) ? -ETIMEDOUT : err;
  plat_note(dma->plat, PLAT_NOTE_UNMAPPED, iova, bytes, drv_domain_number(dma->domain));
  iova_free(dma->iova, iova, bytes);
  return err;
}

int dma_unmap(struct dma *dma, uint64_t iova, uint64_t bytes)
{
  int err;

  plat_begin(dma->plat, PLAT_OP_UNMAP, bytes);
  err = unmap(dma, iova, whole_pages(bytes));
  plat_end(dma->plat, PLAT_OP_UNMAP, (uint64_t)(int64_t)err);
  return err;
}

struct drv_domain *dma_domain(const struct dma *dma)
{
  return dma->domain;
}

void dma_get_counts(const struct dma *dma, struct dma_counts *out)
{
  *out = dma->counts;
}

void dma_get_iova_counts(const struct dma *dma, struct iova_counts *out)
{
  iova_get_counts(dma->iova, out);
}
