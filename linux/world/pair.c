/* See pair.h. Left out: whatever a device may have and the driver's own does not need, as command queue
 * extensions, counter groups and broadcasts of the second. */
#include "linux_world/pair.h"

#include <stdlib.h>

#include "smmu/err.h"

struct pair {
  struct plat_device part[2];
  void (*signal)(void *arg, enum smmu_signal line, uint64_t time);
  void *arg;
  uint64_t now; /* of what happens */
};

static const struct plat_device *at(struct pair *p, enum plat_window window, uint64_t *offset)
{
  if (window != PLAT_WINDOW_SMMU || *offset < LX_SECOND_OFFSET)
    return &p->part[0];
  *offset -= LX_SECOND_OFFSET;
  return &p->part[1];
}

static uint64_t pair_read(void *ctx, enum plat_window window, uint64_t offset, unsigned bytes)
{
  const struct plat_device *d = at(ctx, window, &offset);

  return d->ops->mmio_read(d->ctx, window, offset, bytes);
}

static void pair_write(void *ctx, enum plat_window window, uint64_t offset, uint64_t value,
                       unsigned bytes)
{
  const struct plat_device *d = at(ctx, window, &offset);

  d->ops->mmio_write(d->ctx, window, offset, value, bytes);
}

static uint64_t next_of(const struct pair *p, unsigned i)
{
  return p->part[i].ops->next_time(p->part[i].ctx);
}

static uint64_t pair_next_time(void *ctx)
{
  uint64_t first = next_of(ctx, 0), second = next_of(ctx, 1);

  return first < second ? first : second;
}

/* What they do falls into one order. */
static void pair_run_until(void *ctx, uint64_t t)
{
  struct pair *p = ctx;

  for (;;) {
    uint64_t first = next_of(p, 0), second = next_of(p, 1);
    unsigned i = second < first;
    uint64_t time = i ? second : first;

    if (time > t || time == ENGINE_NEVER)
      break;
    p->now = time;
    p->part[i].ops->run_until(p->part[i].ctx, time);
  }
  for (unsigned i = 0; i < 2; i++)
    p->part[i].ops->run_until(p->part[i].ctx, t);
}

/* Tickets of the second are odd. */
static int pair_submit(void *ctx, const struct smmu_txn *txn, uint64_t *ticket)
{
  unsigned i = txn->sid >= LX_SECOND_SID;
  const struct plat_device *d = &((struct pair *)ctx)->part[i];
  int err = d->ops->submit(d->ctx, txn, ticket);

  *ticket = 2 * *ticket + i;
  return err;
}

static bool pair_poll(void *ctx, struct engine_timed_done *done)
{
  struct pair *p = ctx;

  for (unsigned i = 0; i < 2; i++) {
    if (p->part[i].ops->poll(p->part[i].ctx, done)) {
      done->ticket = 2 * done->ticket + i;
      return true;
    }
  }
  return false;
}

static void heard_second(void *arg, enum smmu_signal line, uint64_t time)
{
  const struct pair *p = arg;

  p->signal(p->arg, (enum smmu_signal)(LX_SECOND_LINE + line), time);
}

static void pair_set_signal(void *ctx,
                            void (*signal)(void *arg, enum smmu_signal line, uint64_t time),
                            void *arg)
{
  struct pair *p = ctx;

  p->signal = signal;
  p->arg = arg;
  p->part[0].ops->set_signal(p->part[0].ctx, signal, arg);
  p->part[1].ops->set_signal(p->part[1].ctx, heard_second, p);
}

static void pair_set_hooks(void *ctx, const struct smmu_hooks *hooks)
{
  struct pair *p = ctx;

  p->part[0].ops->set_hooks(p->part[0].ctx, hooks);
}

static struct smmu *pair_core(void *ctx)
{
  struct pair *p = ctx;

  return p->part[0].ops->core(p->part[0].ctx);
}

static uint64_t pair_alarm_time(void *ctx)
{
  (void)ctx;
  return ENGINE_NEVER;
}

static void pair_destroy(void *ctx)
{
  struct pair *p = ctx;

  for (unsigned i = 0; i < 2; i++)
    p->part[i].ops->destroy(p->part[i].ctx);
  free(p);
}

static const struct plat_device_ops pair_ops = { .mmio_read = pair_read,
                                                 .mmio_write = pair_write,
                                                 .next_time = pair_next_time,
                                                 .run_until = pair_run_until,
                                                 .submit = pair_submit,
                                                 .poll = pair_poll,
                                                 .set_signal = pair_set_signal,
                                                 .set_hooks = pair_set_hooks,
                                                 .core = pair_core,
                                                 .alarm_time = pair_alarm_time,
                                                 .destroy = pair_destroy };

int lx_pair_create(struct plat_device *out, const struct plat_device part[2])
{
  struct pair *p = calloc(1, sizeof *p);

  if (!p) {
    for (unsigned i = 0; i < 2; i++)
      part[i].ops->destroy(part[i].ctx);
    return SMMU_ERR_NOMEM;
  }
  p->part[0] = part[0];
  p->part[1] = part[1];
  out->ops = &pair_ops;
  out->ctx = p;
  return SMMU_OK;
}

uint64_t lx_pair_now(const struct plat_device *pair)
{
  return ((const struct pair *)pair->ctx)->now;
}

void lx_pair_watch_second(const struct plat_device *pair, const struct smmu_hooks *hooks)
{
  struct pair *p = pair->ctx;

  p->part[1].ops->set_hooks(p->part[1].ctx, hooks);
}
