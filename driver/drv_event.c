/* Interrupts of the SMMU: event records, and errors. IHI 0070 3.5.4 (event queue overflow), 7.1
 * (command errors), 7.2, 7.5 (GERROR). The PRI queue: drv_fault.c. Left out: service failure
 * recovery. */
#include <errno.h>

#include "arch/event.h"
#include "driver/drv_state.h"
#include "smmu/step.h"

enum {
  EVENT_BYTES = 32,
  ROUNDS_MAX = 4096, /* reads of PROD in one interrupt: a broken device cannot keep the CPU */
  ABORTS_MAX = 16    /* fetches of one command that failed in a row */
};

/* ---- event queue ----------------------------------------------------------------------------- */

int drv_eventq_init(struct drv *drv)
{
  size_t bytes = (size_t)EVENT_BYTES << drv->eventq.log2;

  if (plat_dma_alloc(&drv->plat, bytes, bytes, &drv->eventq.ring)) {
    drv->eventq.ring = 0;
    return -ENOMEM;
  }
  drv_write64(drv, OFF_EVENTQ_BASE, drv->eventq.ring | drv->eventq.log2 | MASK(EVENTQ_BASE, WA));
  drv_write(drv, OFF_EVENTQ_PROD, 0);
  drv_write(drv, OFF_EVENTQ_CONS, 0);
  return 0;
}

void drv_eventq_free(struct drv *drv)
{
  if (drv->eventq.ring)
    plat_dma_free(&drv->plat, drv->eventq.ring, (size_t)EVENT_BYTES << drv->eventq.log2);
  drv->eventq.ring = 0;
}

static void handle_record(struct drv *drv, uint64_t addr)
{
  uint64_t words[4];
  char text[SMMU_EVENT_TEXT_MAX];

  for (unsigned i = 0; i < 4; i++)
    words[i] = plat_load64(&drv->plat, addr + 8ULL * i);
  plat_charge(&drv->plat, PLAT_COST_EVENT, 1);
  drv->counts.events++;
  if (drv->options.event) {
    drv->options.event(drv->options.arg, words);
  } else {
    smmu_event_print(words, text, sizeof text);
    drv_log(drv, "event: %s", text);
  }
  if (FGET(EVENT, Stall, words))
    drv_fault_stalled(drv, words);
}

/* Index and wrap bits of PROD; false when it cannot be true. */
static bool read_prod(struct drv *drv, uint32_t *prod, bool *overflow)
{
  struct drv_eventq *q = &drv->eventq;
  uint32_t mask = (2u << q->log2) - 1;
  uint32_t value = drv_read(drv, OFF_EVENTQ_PROD);
  uint32_t flag = (uint32_t)MASK(EVENTQ_PROD, OVFLG);

  *prod = value & mask;
  *overflow = (value ^ q->cons) & flag;
  return !(value & ~(mask | flag)) && ((value - q->cons) & mask) <= 1u << q->log2;
}

static void take_records(struct drv *drv, uint32_t prod, bool tell)
{
  struct drv_eventq *q = &drv->eventq;
  uint32_t mask = (2u << q->log2) - 1;
  uint32_t flag = (uint32_t)MASK(EVENTQ_CONS, OVACKFLG);

  while ((q->cons & mask) != prod) {
    uint32_t index = q->cons & ((1u << q->log2) - 1);

    handle_record(drv, q->ring + (uint64_t)index * EVENT_BYTES);
    q->cons = (q->cons & flag) | ((q->cons + 1) & mask);
    if (tell)
      drv_write(drv, OFF_EVENTQ_CONS, q->cons);
  }
}

/* Until the queue is empty; false: it never is, or makes no sense. */
static bool drain(struct drv *drv)
{
  struct drv_eventq *q = &drv->eventq;
  uint32_t mask = (2u << q->log2) - 1;

  for (unsigned round = 0; round < ROUNDS_MAX; round++) {
    uint32_t prod;
    bool overflow;

    if (!read_prod(drv, &prod, &overflow)) {
      drv_log(drv, "eventq: PROD cannot be true");
      return false;
    }
    if (prod == (q->cons & mask) && !overflow)
      return true;
    take_records(drv, prod, true);
    if (overflow) {
      drv_log(drv, "eventq: overflow, events lost");
      q->cons ^= (uint32_t)MASK(EVENTQ_CONS, OVACKFLG);
      drv_write(drv, OFF_EVENTQ_CONS, q->cons);
    }
  }
  return false;
}

/* A queue that is left non-empty raises no interrupt again, so it is emptied while it is off: then
 * nothing is added. Records that still cannot be found are given up. IHI 0070 3.5.4, 7.2.1. */
static void start_over(struct drv *drv)
{
  uint64_t ack = drv->options.smmu + OFF_CR0ACK;
  uint32_t on = drv_read(drv, OFF_CR0);
  uint32_t off = on & ~(uint32_t)MASK(CR0, EVENTQEN);
  uint32_t prod;
  bool overflow;

  drv_log(drv, "eventq: does not get empty, starting over, events lost");
  drv_write(drv, OFF_CR0, off);
  if (drv_poll_register(drv, ack, UINT32_MAX, off)) {
    drv_log(drv, "eventq: does not turn off");
    return;
  }
  if (read_prod(drv, &prod, &overflow))
    take_records(drv, prod, false);
  drv->eventq.cons = 0;
  drv_write(drv, OFF_EVENTQ_PROD, 0);
  drv_write(drv, OFF_EVENTQ_CONS, 0);
  drv_write(drv, OFF_CR0, on);
  drv_poll_register(drv, ack, UINT32_MAX, on);
}

void drv_eventq_handler(void *arg)
{
  struct drv *drv = arg;

  plat_begin(&drv->plat, PLAT_OP_IRQ_HANDLER, SMMU_SIGNAL_EVENTQ);
  if (!drain(drv))
    start_over(drv);
  plat_end(&drv->plat, PLAT_OP_IRQ_HANDLER, SMMU_SIGNAL_EVENTQ);
}

/* ---- command errors -------------------------------------------------------------------------- */

/* A fetch that failed is tried again, but not for ever. */
static bool retry_fetch(struct drv_queue *queue, uint32_t cons)
{
  queue->aborts = cons == queue->abort_at ? queue->aborts + 1 : 1;
  queue->abort_at = cons;
  if (queue->aborts <= ABORTS_MAX) {
    drv_log(queue->drv, "%s: abort at fetch, CONS 0x%x, retrying", queue->name, cons);
    return true;
  }
  drv_log(queue->drv, "%s: abort at fetch, CONS 0x%x, giving up", queue->name, cons);
  return false;
}

bool drv_queue_skip_error(struct drv_queue *queue)
{
  struct drv *drv = queue->drv;
  const struct plat *plat = &drv->plat;
  uint32_t value = (uint32_t)plat_mmio_read(plat, queue->cons_reg, 4);
  uint32_t mask = drv_queue_mask(queue);
  uint64_t slot = drv_queue_slot(queue, value);
  struct drv_command sync = drv_cmd_plain(CMD_SYNC);

  if (value & ~(mask | drv_queue_status(queue))) {
    drv_log(drv, "%s: CONS 0x%x cannot be true", queue->name, value);
    return false;
  }
  switch (GET(CMDQ_CONS, ERR, value)) {
  case CERROR_NONE: return true;
  case CERROR_ABT: return retry_fetch(queue, value & mask);
  case CERROR_ATC_INV_SYNC:
    drv_log(drv, "%s: timeout of ATC_INV, CMD_SYNC repeated", queue->name);
    return true;
  default: break;
  }
  drv_log(drv, "%s: error %u at CONS 0x%x, skipped: %016llx %016llx", queue->name,
          (unsigned)GET(CMDQ_CONS, ERR, value), value & mask,
          (unsigned long long)plat_load64(plat, slot),
          (unsigned long long)plat_load64(plat, slot + 8));
  if (queue->signal != DRV_SIGNAL_NONE)
    FPUT(SYNC, CS, sync.words, 2);
  plat_store64(plat, slot + 8, sync.words[1]);
  plat_store64(plat, slot, sync.words[0]);
  plat_barrier(plat);
  return true;
}

void drv_gerror_handler(void *arg)
{
  struct drv *drv = arg;
  uint32_t gerror;
  uint32_t acked;
  uint32_t active;
  uint32_t known;

  plat_begin(&drv->plat, PLAT_OP_IRQ_HANDLER, SMMU_SIGNAL_GERROR);
  gerror = drv_read(drv, OFF_GERROR);
  acked = drv_read(drv, OFF_GERRORN);
  active = gerror ^ acked;
  known =
    (uint32_t)(MASK(GERROR, CMDQ_ERR) | MASK(GERROR, EVENTQ_ABT_ERR) | MASK(GERROR, PRIQ_ABT_ERR) |
               MASK(GERROR, MSI_PRIQ_ABT_ERR) | MASK(GERROR, MSI_CMDQ_ABT_ERR) |
               MASK(GERROR, MSI_EVENTQ_ABT_ERR) | MASK(GERROR, MSI_GERROR_ABT_ERR) |
               MASK(GERROR, SFM_ERR) | (drv->features.ecmdqs ? MASK(GERROR, CMDQP_ERR) : 0));
  if (active & known) {
    drv->counts.gerrors++;
    drv_log(drv, "gerror: 0x%x active", active);
    if ((active & MASK(GERROR, CMDQ_ERR)) && !drv_queue_skip_error(&drv->cmdq))
      gerror ^= (uint32_t)MASK(GERROR, CMDQ_ERR);
    /* Before enhanced queues are asked: an error that comes meanwhile is told again. */
    if (gerror != acked)
      drv_write(drv, OFF_GERRORN, gerror);
    if (active & MASK(GERROR, CMDQP_ERR))
      drv_ecmdq_errors(drv);
  }
  plat_end(&drv->plat, PLAT_OP_IRQ_HANDLER, SMMU_SIGNAL_GERROR);
}
