/* Enhanced command queues: one a CPU, as far as they go round, so that CPUs do not meet at one ring and
 * at one register. IHI 0070 3.5.6, 6.3.49-6.3.51, 6.3.107-6.3.109. PROD is written with EN and ERRACK
 * in it, by owners of submissions and by the error handler, so those two take a lock. Queues
 * beyond the number of CPUs are switched off and stay so. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/ecmdq.h"
#include "driver/drv_state.h"
#include "util/check.h"

enum { CMDQGS_64K = 1 };

#define EN  ((uint32_t)MASK(ECMDQ_PROD, EN))
#define ERR ((uint32_t)MASK(ECMDQ_CONS, ERR))

static unsigned queues_log2(const struct drv *drv)
{
  return (unsigned)GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMQ, drv->ecmdq.idr6);
}

/* Address of a queue's registers; 0: its control page is not what a driver can use. */
static uint64_t registers_of(const struct drv *drv, unsigned e)
{
  uint64_t set = ecmdq_page_set(e >> queues_log2(drv));
  uint64_t base = plat_mmio_read(&drv->plat, drv->options.smmu + set, 8);
  unsigned in_page = e & ((1u << queues_log2(drv)) - 1);

  if (GET(CMDQ_CONTROL_PAGE_BASE, CMDQGS, base) != CMDQGS_64K ||
      !GET(CMDQ_CONTROL_PAGE_BASE, CMDQ_CONTROL_PAGE_PRESET, base))
    return 0;
  return drv->options.smmu + (base & MASK(CMDQ_CONTROL_PAGE_BASE, ADDR)) +
         (uint64_t)in_page * (SMMU_ECMDQ_PAGE >> queues_log2(drv));
}

int drv_ecmdq_probe(struct drv *drv)
{
  struct drv_ecmdq *x = &drv->ecmdq;
  unsigned there, log2;

  if (!GET(IDR1, ECMDQ, drv->features.idr[1]))
    return 0;
  x->idr6 = drv_read(drv, OFF_IDR6);
  log2 = (unsigned)(GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMP, x->idr6) + queues_log2(drv));
  there = x->idr6 == UINT32_MAX ? 0 : 1u << log2;
  if (log2 > 16 || there == 0) {
    drv_log(drv, "ecmdq: IDR6 0x%x makes no sense, enhanced queues stay unused", x->idr6);
    return 0;
  }
  drv->features.ecmdqs = there;
  if (!drv->options.ecmdq || !drv->features.msi || !drv->features.coherent)
    return 0;
  x->queues = drv->options.cpus < there ? drv->options.cpus : there;
  x->queue = calloc(x->queues, sizeof *x->queue);
  return x->queue ? 0 : -ENOMEM;
}

/* ---- switching ------------------------------------------------------------------------------- */

static int switch_off(struct drv *drv, uint64_t at)
{
  uint64_t cons = at + OFF_ECMDQ_CONS;
  uint32_t prod = (uint32_t)plat_mmio_read(&drv->plat, at + OFF_ECMDQ_PROD, 4);

  if (!(prod & EN) && !((uint32_t)plat_mmio_read(&drv->plat, cons, 4) & EN))
    return 0;
  plat_mmio_write(&drv->plat, at + OFF_ECMDQ_PROD, prod & ~EN, 4);
  return drv_poll_register(drv, cons, EN, 0);
}

int drv_ecmdq_all_off(struct drv *drv)
{
  int err = 0;

  for (unsigned e = 0; e < drv->features.ecmdqs && !err; e++) {
    uint64_t at = registers_of(drv, e);

    err = at ? switch_off(drv, at) : 0;
  }
  return err;
}

static int start_queue(struct drv *drv, unsigned e)
{
  struct drv_queue *queue = &drv->ecmdq.queue[e];
  uint64_t at = registers_of(drv, e);
  int err;

  if (!at)
    return -ENXIO;
  snprintf(queue->name, sizeof queue->name, "ecmdq%u", e);
  queue->prod_reg = at + OFF_ECMDQ_PROD;
  queue->cons_reg = at + OFF_ECMDQ_CONS;
  queue->signal = drv->cmdq.signal;
  queue->kind = DRV_QUEUE_ENHANCED;
  queue->prod_bits = EN;
  if (drv_queue_init(drv, queue, drv->cmdq.log2))
    return -ENOMEM;
  plat_mmio_write(&drv->plat, at + OFF_ECMDQ_BASE, queue->ring | queue->log2 | MASK(ECMDQ_BASE, RA),
                  8);
  plat_mmio_write(&drv->plat, queue->prod_reg, 0, 4);
  plat_mmio_write(&drv->plat, queue->cons_reg, 0, 4);
  plat_mmio_write(&drv->plat, queue->prod_reg, EN, 4);
  err = drv_poll_register(drv, queue->cons_reg, EN, EN);
  queue->enabled = !err;
  return err;
}

/* All or none: the SMMU's own queue is there anyway. */
int drv_ecmdq_start(struct drv *drv)
{
  struct drv_ecmdq *x = &drv->ecmdq;
  int err = 0;

  for (unsigned e = 0; e < x->queues && !err; e++)
    err = start_queue(drv, e);
  x->enabled = x->queues && !err;
  if (err == -ENXIO)
    drv_log(drv, "ecmdq: a control page of an unknown kind, enhanced queues stay unused");
  return err == -ENXIO ? 0 : err;
}

void drv_ecmdq_stop(struct drv *drv)
{
  struct drv_ecmdq *x = &drv->ecmdq;

  x->enabled = false;
  for (unsigned e = 0; e < x->queues && x->queue; e++) {
    struct drv_queue *queue = &x->queue[e];

    if (!queue->drv)
      continue;
    if (queue->enabled)
      switch_off(drv, queue->prod_reg - OFF_ECMDQ_PROD);
    queue->enabled = false;
    drv_queue_free(queue);
  }
  free(x->queue);
  x->queue = NULL;
}

struct drv_queue *drv_ecmdq_queue(struct drv *drv)
{
  struct drv_ecmdq *x = &drv->ecmdq;

  return x->enabled ? &x->queue[plat_cpu(&drv->plat) % x->queues] : NULL;
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* The lock keeps a PROD of an owner from being taken back. */
static void acknowledge(struct drv_queue *queue)
{
  const struct plat *plat = &queue->drv->plat;

  drv_lock(plat, &queue->doorbell);
  queue->prod_bits ^= ERR;
  plat_mmio_write(plat, queue->prod_reg, queue->published | queue->prod_bits, 4);
  drv_unlock(plat, &queue->doorbell);
}

/* GERROR says that some queue has an error, and each queue whether it has. */
void drv_ecmdq_errors(struct drv *drv)
{
  _Static_assert((int)ECMDQ_PROD_ERRACK_LO == (int)ECMDQ_CONS_ERR_LO, "ERR ^ ERRACK");

  for (unsigned e = 0; e < drv->ecmdq.queues && drv->ecmdq.enabled; e++) {
    struct drv_queue *queue = &drv->ecmdq.queue[e];
    uint32_t cons = (uint32_t)plat_mmio_read(&drv->plat, queue->cons_reg, 4);

    if (((cons ^ queue->prod_bits) & ERR) && drv_queue_skip_error(queue))
      acknowledge(queue);
  }
}
