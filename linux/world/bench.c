/* Bench: see scenario.h. */
#include <errno.h>
#include <string.h>

#include "linux_world/scenario.h"

enum { BOTH_WAYS, TO_DEVICE, FROM_DEVICE };

struct run {
  struct lx_world *w;
  const struct lx_bench *bench;
  struct lx_bench_result *out;
  int client;
};

static void set_up(void *arg)
{
  static const struct linux_client client = { .sid = LX_FIRST_SID };
  struct run *r = arg;
  int err = lx_boot(r->w);

  if (!err)
    err = lx_probe(r->w);
  if (!err) {
    r->client = linux_client_add(&client);
    if (r->client < 0)
      err = r->client;
    else if (strncmp(linux_client_domain((unsigned)r->client), "DMA", 3) != 0)
      err = -ENODEV;
  }
  lx_world_flush(r->w);
  r->out->error = err;
}

/* The first word is read and the last written, as far as the direction lets a device. */
static void dma(void *arg, lx_u64 iova, lx_u64 bytes)
{
  struct run *r = arg;
  struct smmu_result result;

  for (unsigned last = 0; last < 2; last++) {
    bool write = r->bench->direction == FROM_DEVICE || (r->bench->direction == BOTH_WAYS && last);

    lx_translate(r->w, LX_FIRST_SID, iova + (last ? bytes - 8 : 0), write, &result);
    r->out->answered += result.status == SMMU_STATUS_OK;
    r->out->refused += result.status != SMMU_STATUS_OK;
  }
}

static void program(void *arg)
{
  struct run *r = arg;
  const struct linux_bench bench = { .client = (unsigned)r->client,
                                     .threads = r->w->config.cpus,
                                     .granule = r->bench->granule,
                                     .direction = r->bench->direction,
                                     .sleep_ps = r->bench->sleep_ps,
                                     .dma = dma,
                                     .arg = r };

  if (plat_cpu(r->w->plat) == 0)
    r->out->error = linux_bench_run(&bench, &r->out->kernel);
  else
    linux_thread_cpu();
  lx_world_flush(r->w);
}

static void shut_down(void *arg)
{
  struct run *r = arg;

  linux_idle();
  linux_remove();
  lx_world_flush(r->w);
}

int lx_scenario_bench(struct lx_world *w, const struct lx_bench *bench, struct lx_bench_result *out,
                      char *why, size_t len)
{
  struct run r = { .w = w, .bench = bench, .out = out };
  int rc;

  *out = (struct lx_bench_result){ 0 };
  rc = lx_world_run(w, 1, set_up, &r, why, len);
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, w->config.cpus, program, &r, why, len);
  if (rc == SMMU_OK && out->error == 0)
    rc = lx_world_run(w, 1, shut_down, &r, why, len);
  return rc;
}
