/* See nested.h. */
#include "linux_world/nested.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/drv.h"
#include "linux_world/state.h"
#include "machine/software.h"
#include "smmu/err.h"

struct nested {
  struct lx_world world;
  bool probed;
  int client;
  struct linux_bench_result said; /* by the kernel's own loop */
};

static int probe(const struct machine_stand *stand)
{
  const struct linux_smmu smmu = { .base = PLAT_SMMU_BASE,
                                   .bytes = stand->smmu_bytes,
                                   .cmdqv = stand->cmdqv_bytes ? PLAT_CMDQV_BASE : 0,
                                   .cmdqv_bytes = stand->cmdqv_bytes,
                                   .eventq = SMMU_SIGNAL_EVENTQ + 1,
                                   .gerror = SMMU_SIGNAL_GERROR + 1,
                                   .cmdqv_irq = SMMU_SIGNAL_CMDQV + 1,
                                   .coherent = 1 };

  return linux_probe(&smmu);
}

static int boot(void *ctx, const struct machine_stand *stand)
{
  struct nested *n = ctx;
  struct lx_world *w = &n->world;
  const struct linux_client client = { .sid = stand->sid };
  int err;

  w->board = stand->board;
  w->plat = stand->plat;
  w->ram = stand->ram;
  w->ram_base = stand->ram_base;
  w->ram_pa = stand->ram_pa;
  w->config.ram_bytes = stand->ram_bytes;
  w->config.cpus = stand->cpus;
  lx_current = w;
  err = lx_boot(w);
  if (!err)
    err = probe(stand);
  n->probed = !err;
  if (!err)
    n->client = err = linux_client_add(&client);
  lx_world_flush(w);
  if (err >= 0 && strcmp(linux_client_domain((unsigned)n->client), "DMA") != 0)
    err = -ENODEV;
  return err < 0 ? err : 0;
}

static void stop(void *ctx)
{
  struct nested *n = ctx;

  if (n->probed)
    linux_remove();
  lx_world_flush(&n->world);
  lx_current = NULL;
}

static int map(void *ctx, uint64_t pa, uint64_t bytes, unsigned prot, uint64_t *iova)
{
  struct nested *n = ctx;

  *iova = linux_dma_map((unsigned)n->client, pa, bytes, (prot & DRV_WRITE) != 0);
  lx_world_flush(&n->world);
  return *iova ? 0 : -ENOSPC;
}

static int unmap(void *ctx, uint64_t iova, uint64_t bytes, unsigned prot)
{
  struct nested *n = ctx;

  linux_dma_unmap((unsigned)n->client, iova, bytes, (prot & DRV_WRITE) != 0);
  lx_world_flush(&n->world);
  return 0;
}

/* By turns, however long they take. */
static int own_loop(void *ctx, const struct machine_loop *loop)
{
  struct nested *n = ctx;
  const struct linux_bench bench = { .client = (unsigned)n->client,
                                     .threads = loop->threads,
                                     .granule = loop->pages,
                                     .direction = loop->direction,
                                     .sleep_ps = MACHINE_SECOND,
                                     .turns = loop->turns };
  int err = 0;

  if (plat_cpu(n->world.plat) == 0)
    err = linux_bench_run(&bench, &n->said);
  else
    linux_thread_cpu();
  lx_world_flush(&n->world);
  return err;
}

static int run(struct nested *n, const struct machine_config *cfg, const struct lx_config *how,
               bool own, struct machine_result *result, struct machine_error *err)
{
  const struct machine_software software = { .ctx = n,
                                             .stack_bytes = 256 << 10,
                                             .boot = boot,
                                             .stop = stop,
                                             .api = { n, map, unmap },
                                             .loop = own ? own_loop : NULL };
  int rc;

  n->world.config = *how;
  n->world.config.lazy = machine_get(cfg, MACHINE_KEY_DMA) == MACHINE_DMA_LAZY;
  lx_world_tell_to(&n->world, how->sink);
  rc = machine_run_software(cfg, &software, how->sink ? &n->world.told : NULL, result, err);
  if (n->world.died[0])
    snprintf(err->text, sizeof err->text, "the kernel stopped: %s", n->world.died);
  return n->world.died[0] ? SMMU_ERR_DEADLOCK : rc;
}

int lx_nested_bench(const struct machine_config *cfg, const struct lx_config *how,
                    struct machine_result *result, struct linux_bench_result *said,
                    struct machine_error *err)
{
  static struct nested n;
  int rc = run(&n, cfg, how, true, result, err);

  *said = n.said;
  return rc;
}

int lx_nested_run(const struct machine_config *cfg, const struct lx_config *how,
                  struct machine_result *result, unsigned *errors, struct machine_error *err)
{
  static struct nested n;
  int rc = run(&n, cfg, how, false, result, err);

  *errors = n.world.errors;
  return rc;
}
