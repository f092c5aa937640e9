/* Engine `timed` as the device of a board. */
#include "plat/board.h"

static uint64_t timed_mmio_read(void *ctx, enum plat_window window, uint64_t offset, unsigned bytes)
{
  switch (window) {
  case PLAT_WINDOW_CMDQV: return engine_timed_cmdqv_read(ctx, offset, bytes);
  case PLAT_WINDOW_PMCG: return engine_timed_pmcg_read(ctx, offset, bytes);
  default: return engine_timed_mmio_read(ctx, offset, bytes);
  }
}

static void timed_mmio_write(void *ctx, enum plat_window window, uint64_t offset, uint64_t value,
                             unsigned bytes)
{
  if (window == PLAT_WINDOW_CMDQV)
    engine_timed_cmdqv_write(ctx, offset, value, bytes);
  else if (window == PLAT_WINDOW_PMCG)
    engine_timed_pmcg_write(ctx, offset, value, bytes);
  else
    engine_timed_mmio_write(ctx, offset, value, bytes);
}

static uint64_t timed_next_time(void *ctx)
{
  return engine_timed_next_time(ctx);
}

static void timed_run_until(void *ctx, uint64_t t)
{
  engine_timed_run_until(ctx, t);
}

static int timed_submit(void *ctx, const struct smmu_txn *txn, uint64_t *ticket)
{
  return engine_timed_submit(ctx, txn, ticket);
}

static bool timed_poll(void *ctx, struct engine_timed_done *done)
{
  return engine_timed_poll(ctx, done);
}

static int timed_dvm(void *ctx, const struct smmu_dvm *op)
{
  return engine_timed_dvm(ctx, op);
}

static void timed_set_dvm(void *ctx, void (*synced)(void *arg, uint64_t time), void *arg)
{
  engine_timed_set_dvm(ctx, synced, arg);
}

static void timed_set_signal(void *ctx,
                             void (*signal)(void *arg, enum smmu_signal line, uint64_t time),
                             void *arg)
{
  engine_timed_set_signal(ctx, signal, arg);
}

static int timed_page_request(void *ctx, const struct smmu_pri *p)
{
  return engine_timed_pri_request(ctx, p);
}

static void timed_set_endpoint(void *ctx, const struct engine_endpoint *endpoint)
{
  engine_timed_set_endpoint(ctx, endpoint);
}

static void timed_set_hooks(void *ctx, const struct smmu_hooks *hooks)
{
  engine_timed_set_hooks(ctx, hooks);
}

static struct smmu *timed_core(void *ctx)
{
  return engine_timed_device(ctx);
}

static void timed_destroy(void *ctx)
{
  engine_timed_destroy(ctx);
}

/* ---- counter groups ---- */

static int timed_set_pmcgs(void *ctx, const struct smmu_pmcg_config *configs, unsigned count)
{
  return engine_timed_set_pmcgs(ctx, configs, count);
}

static unsigned timed_pmcgs(void *ctx)
{
  unsigned count = 0;

  while (engine_timed_pmcg(ctx, count))
    count++;
  return count;
}

static uint64_t timed_alarm_time(void *ctx)
{
  return engine_timed_pmcg_next_time(ctx);
}

static void timed_set_pmcg_signal(void *ctx,
                                  void (*signal)(void *arg, unsigned group, uint64_t time),
                                  void *arg)
{
  engine_timed_set_pmcg_signal(ctx, signal, arg);
}

static const struct plat_device_ops timed_ops = {
  .mmio_read = timed_mmio_read,
  .mmio_write = timed_mmio_write,
  .next_time = timed_next_time,
  .run_until = timed_run_until,
  .submit = timed_submit,
  .poll = timed_poll,
  .dvm = timed_dvm,
  .set_dvm = timed_set_dvm,
  .set_signal = timed_set_signal,
  .set_hooks = timed_set_hooks,
  .set_endpoint = timed_set_endpoint,
  .page_request = timed_page_request,
  .core = timed_core,
  .destroy = timed_destroy,
  .set_pmcgs = timed_set_pmcgs,
  .pmcgs = timed_pmcgs,
  .alarm_time = timed_alarm_time,
  .set_pmcg_signal = timed_set_pmcg_signal,
};

int plat_device_timed(struct plat_device *out, const struct engine_timed_options *options)
{
  struct engine_timed *e;
  int err = engine_timed_create(&e, options);

  *out = (struct plat_device){ &timed_ops, e };
  return err;
}

struct engine_timed *plat_device_engine_timed(const struct plat_device *device)
{
  return device->ops == &timed_ops ? device->ctx : NULL;
}
