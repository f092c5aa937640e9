/* Engine `now` as the device of a board: what is asked of it happens at the present time and takes
 * none. */
#include <stdlib.h>

#include "plat/board.h"

struct device_now {
  struct engine_now *engine;
  uint64_t time;
  void (*signal)(void *arg, enum smmu_signal line, uint64_t time);
  void *signal_arg;
  void (*synced)(void *arg, uint64_t time);
  void *synced_arg;
  struct smmu_hooks stamp; /* ours: sets the time of records */
  const struct smmu_hooks *hooks;
  unsigned groups; /* of counters */
};

static uint64_t now_mmio_read(void *ctx, enum plat_window window, uint64_t offset, unsigned bytes)
{
  struct device_now *d = ctx;

  switch (window) {
  case PLAT_WINDOW_CMDQV: return engine_now_cmdqv_read(d->engine, offset, bytes);
  case PLAT_WINDOW_PMCG: return engine_now_pmcg_read(d->engine, offset, bytes);
  default: return engine_now_mmio_read(d->engine, offset, bytes);
  }
}

static void now_mmio_write(void *ctx, enum plat_window window, uint64_t offset, uint64_t value,
                           unsigned bytes)
{
  struct device_now *d = ctx;

  if (window == PLAT_WINDOW_CMDQV)
    engine_now_cmdqv_write(d->engine, offset, value, bytes);
  else if (window == PLAT_WINDOW_PMCG)
    engine_now_pmcg_write(d->engine, offset, value, bytes);
  else
    engine_now_mmio_write(d->engine, offset, value, bytes);
}

static uint64_t now_next_time(void *ctx)
{
  (void)ctx;
  return ENGINE_NEVER;
}

static void now_run_until(void *ctx, uint64_t t)
{
  struct device_now *d = ctx;

  if (t <= d->time)
    return;
  d->time = t;
  if (d->groups)
    engine_now_set_time(d->engine, t);
}

static int now_submit(void *ctx, const struct smmu_txn *txn, uint64_t *ticket)
{
  return engine_now_submit(((struct device_now *)ctx)->engine, txn, ticket);
}

/* A transaction that had stalled has no better time of arrival than that of its end. */
static bool now_poll(void *ctx, struct engine_timed_done *done)
{
  struct device_now *d = ctx;
  struct engine_now_done ended;

  if (!engine_now_poll(d->engine, &ended))
    return false;
  *done = (struct engine_timed_done){
    .ticket = ended.ticket, .submitted = d->time, .ended = d->time, .result = ended.result
  };
  return true;
}

static void heard(void *ctx, enum smmu_signal line)
{
  struct device_now *d = ctx;

  if (d->signal)
    d->signal(d->signal_arg, line, d->time);
}

/* A sync has completed before this returns. */
static int now_dvm(void *ctx, const struct smmu_dvm *op)
{
  struct device_now *d = ctx;
  int err = engine_now_dvm(d->engine, op);

  if (err == SMMU_OK && op->kind == SMMU_DVM_SYNC && d->synced)
    d->synced(d->synced_arg, d->time);
  return err;
}

static void now_set_dvm(void *ctx, void (*synced)(void *arg, uint64_t time), void *arg)
{
  struct device_now *d = ctx;

  d->synced = synced;
  d->synced_arg = arg;
}

static void now_set_signal(void *ctx,
                           void (*signal)(void *arg, enum smmu_signal line, uint64_t time),
                           void *arg)
{
  struct device_now *d = ctx;

  d->signal = signal;
  d->signal_arg = arg;
}

static void stamp(void *ctx, const struct smmu_record *record)
{
  struct device_now *d = ctx;
  struct smmu_record stamped = *record;

  stamped.time = d->time;
  d->hooks->record(d->hooks->ctx, &stamped);
}

static void now_set_endpoint(void *ctx, const struct engine_endpoint *endpoint)
{
  struct device_now *d = ctx;

  engine_now_set_endpoint(d->engine, endpoint);
}

static int now_page_request(void *ctx, const struct smmu_pri *p)
{
  return engine_now_pri_request(((struct device_now *)ctx)->engine, p);
}

static void now_set_hooks(void *ctx, const struct smmu_hooks *hooks)
{
  struct device_now *d = ctx;

  d->hooks = hooks;
  d->stamp = (struct smmu_hooks){ d, stamp };
  engine_now_set_hooks(d->engine, hooks ? &d->stamp : NULL);
}

static struct smmu *now_core(void *ctx)
{
  return engine_now_device(((struct device_now *)ctx)->engine);
}

static void now_destroy(void *ctx)
{
  struct device_now *d = ctx;

  engine_now_destroy(d->engine);
  free(d);
}

/* ---- counter groups ---- */

static int now_set_pmcgs(void *ctx, const struct smmu_pmcg_config *configs, unsigned count)
{
  struct device_now *d = ctx;
  int rc = engine_now_set_pmcgs(d->engine, configs, count);

  if (rc == SMMU_OK)
    d->groups = count;
  return rc;
}

static unsigned now_pmcgs(void *ctx)
{
  return ((struct device_now *)ctx)->groups;
}

static uint64_t now_alarm_time(void *ctx)
{
  return engine_now_pmcg_next_time(((struct device_now *)ctx)->engine);
}

static void now_set_pmcg_signal(void *ctx, void (*signal)(void *arg, unsigned group, uint64_t time),
                                void *arg)
{
  engine_now_set_pmcg_signal(((struct device_now *)ctx)->engine, signal, arg);
}

static const struct plat_device_ops now_ops = {
  .mmio_read = now_mmio_read,
  .mmio_write = now_mmio_write,
  .next_time = now_next_time,
  .run_until = now_run_until,
  .submit = now_submit,
  .poll = now_poll,
  .dvm = now_dvm,
  .set_dvm = now_set_dvm,
  .set_signal = now_set_signal,
  .set_hooks = now_set_hooks,
  .set_endpoint = now_set_endpoint,
  .page_request = now_page_request,
  .core = now_core,
  .destroy = now_destroy,
  .set_pmcgs = now_set_pmcgs,
  .pmcgs = now_pmcgs,
  .alarm_time = now_alarm_time,
  .set_pmcg_signal = now_set_pmcg_signal,
};

int plat_device_now(struct plat_device *out, const struct smmu_config *cfg,
                    struct engine_memory *memory, uint64_t seed)
{
  struct device_now *d = calloc(1, sizeof *d);
  int err;

  *out = (struct plat_device){ &now_ops, NULL };
  if (!d)
    return SMMU_ERR_NOMEM;
  err = engine_now_create(&d->engine, cfg, memory);
  if (err != SMMU_OK) {
    free(d);
    return err;
  }
  engine_now_set_seed(d->engine, seed);
  engine_now_set_signal(d->engine, heard, d);
  out->ctx = d;
  return SMMU_OK;
}
