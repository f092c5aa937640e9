/* Waiting for CMD_SYNC, and for anything else the device does: polling with back-off.
 * With MSIs and a coherent device the CMD_SYNC writes zero over its own slot and nobody reads a
 * register: the CPU sleeps on that word, no back-off delays it. Else CONS is polled. A device with
 * IDR0.SEV is asked for CS=SEV, but its event wakes nobody here: CPUs poll with the same back-off.
 * IHI 0070 4.7, 4.8. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "driver/drv_state.h"

enum { SPINS = 10 }; /* the tenth turn is a delay */

void drv_log(const struct drv *drv, const char *format, ...)
{
  char line[192];
  va_list args;

  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  plat_log(&drv->plat, line);
}

void drv_lock(const struct plat *plat, struct drv_mutex *mutex)
{
  plat_take(plat, &mutex->line);
  while (mutex->held) {
    plat_wait(plat, &mutex->line);
    plat_take(plat, &mutex->line);
  }
  mutex->held = true;
  plat_wrote(plat, &mutex->line);
}

void drv_unlock(const struct plat *plat, struct drv_mutex *mutex)
{
  plat_take(plat, &mutex->line);
  mutex->held = false;
  plat_wrote(plat, &mutex->line);
}

/* ---- polling --------------------------------------------------------------------------------- */

void drv_poll_start(const struct drv *drv, struct drv_poll *poll)
{
  poll->deadline = plat_now_ps(&drv->plat) + DRV_TIMEOUT_PS;
  poll->delay = DRV_US;
  poll->spins = 0;
}

int drv_poll_turn(const struct drv *drv, struct drv_poll *poll)
{
  uint64_t now = plat_now_ps(&drv->plat);

  if (now >= poll->deadline)
    return -ETIMEDOUT;
  if (++poll->spins < SPINS) {
    plat_relax(&drv->plat);
    return 0;
  }
  plat_delay(&drv->plat, poll->delay < poll->deadline - now ? poll->delay : poll->deadline - now);
  poll->delay *= 2;
  poll->spins = 0;
  return 0;
}

int drv_poll_register(const struct drv *drv, uint64_t addr, uint32_t mask, uint32_t want)
{
  struct drv_poll poll;

  drv_poll_start(drv, &poll);
  while (((uint32_t)plat_mmio_read(&drv->plat, addr, 4) & mask) != want) {
    if (drv_poll_turn(drv, &poll))
      return -ETIMEDOUT;
  }
  return 0;
}

/* ---- CMD_SYNC -------------------------------------------------------------------------------- */

enum { CS_NONE, CS_IRQ, CS_SEV, MSH_ISH = 3, ATTR_WB = 0xf };

struct drv_command drv_sync_command(const struct drv_queue *queue, uint32_t at)
{
  struct drv_command c = drv_cmd_plain(CMD_SYNC);

  switch (queue->signal) {
  case DRV_SIGNAL_MSI:
    FPUT(SYNC, CS, c.words, CS_IRQ);
    FPUT(SYNC, MSH, c.words, MSH_ISH);
    FPUT(SYNC, MSIAttr, c.words, ATTR_WB);
    FPUT(SYNC, MSIAddress, c.words, drv_queue_slot(queue, at) >> 2);
    break;
  case DRV_SIGNAL_SEV: FPUT(SYNC, CS, c.words, CS_SEV); break;
  case DRV_SIGNAL_NONE: FPUT(SYNC, CS, c.words, CS_NONE); break;
  }
  return c;
}

static int wait_for_msi(struct drv_queue *queue, uint32_t at)
{
  const struct plat *plat = &queue->drv->plat;
  uint64_t slot = drv_queue_slot(queue, at), until = plat_now_ps(plat) + DRV_TIMEOUT_PS, word;

  while ((uint32_t)(word = plat_load64(plat, slot))) {
    if (plat_now_ps(plat) >= until)
      return -ETIMEDOUT;
    plat_wait64(plat, slot, word, until);
  }
  return 0;
}

/* The slots after `at` that the device can have reached by now are fewer than the ring has. */
static bool is_consumed(const struct drv_queue *queue, uint32_t cons, uint32_t at)
{
  return ((cons - at - 1) & drv_queue_mask(queue)) < 1u << queue->log2;
}

/* What software knows is asked first: somebody else may have read CONS. */
static int wait_for_cons(struct drv_queue *queue, uint32_t at, uint32_t *cons, bool *known)
{
  const struct drv *drv = queue->drv;
  struct drv_poll poll;
  uint32_t read;

  drv_poll_start(drv, &poll);
  *cons = queue->cons;
  *known = true;
  while (!is_consumed(queue, *cons, at)) {
    if (drv_poll_turn(drv, &poll))
      return -ETIMEDOUT;
    if (drv_queue_read_cons(queue, &read))
      *cons = read;
    plat_barrier(&drv->plat); /* what is read next is not older */
  }
  return 0;
}

int drv_sync_wait(struct drv_queue *queue, uint32_t at, uint32_t *cons, bool *known)
{
  struct drv *drv = queue->drv;
  int err;

  if (queue->signal == DRV_SIGNAL_MSI) {
    err = wait_for_msi(queue, at);
    *cons = (at + 1) & drv_queue_mask(queue);
    *known = !err;
  } else {
    err = wait_for_cons(queue, at, cons, known);
  }
  if (err) {
    drv->counts.timeouts++;
    drv_log(drv, "%s: timeout: CMD_SYNC at 0x%x, PROD 0x%x CONS 0x%x", queue->name, at,
            (unsigned)plat_mmio_read(&drv->plat, queue->prod_reg, 4),
            (unsigned)plat_mmio_read(&drv->plat, queue->cons_reg, 4));
  }
  return err;
}
