/* A machine from a configuration: what it is made of, and how it is taken apart again. See world.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/device.h"
#include "machine/world.h"
#include "smmu/err.h"

/* A run that reaches its limit ends in good order, with the turns that are under way. Programs that do
 * not end by themselves are given up so much later. */
#define GRACE (10 * MACHINE_SECOND)

static int out_of_memory(struct machine_world *w)
{
  snprintf(w->err->text, sizeof(w->err->text), "out of memory");
  return SMMU_ERR_NOMEM;
}

/* ---- memory, device, board ---- */

static int create_engine(struct machine_world *w, const struct smmu_config *config,
                         struct plat_device *device)
{
  uint64_t seed = machine_get(w->cfg, MACHINE_KEY_SEED);
  struct timed_profile profile;

  machine_device_profile(w->cfg, &profile);
  if (machine_get(w->cfg, MACHINE_KEY_ENGINE) == MACHINE_ENGINE_NOW)
    return plat_device_now(device, config, w->memory, seed);
  return plat_device_timed(
    device,
    &(struct engine_timed_options){
      .device = config, .profile = &profile, .bus = engine_memory_bus(w->memory), .seed = seed });
}

static int create_device(struct machine_world *w, struct plat_device *device)
{
  struct smmu_config config;
  struct smmu_pmcg_config groups[MACHINE_GROUPS];
  int rc;

  machine_device_config(w->cfg, &config);
  rc = create_engine(w, &config, device);
  w->pmcg.groups = machine_pmcg_groups(w->cfg);
  if (rc != SMMU_OK || w->pmcg.groups == 0)
    return rc;
  machine_pmcg_configs(w->cfg, &config, groups);
  rc = plat_device_set_pmcgs(device, groups, w->pmcg.groups);
  if (rc != SMMU_OK)
    device->ops->destroy(device->ctx);
  else
    w->observer.tally = &w->pmcg.tally;
  return rc;
}

static int create_board(struct machine_world *w, const struct plat_device *device)
{
  const struct machine_config *cfg = w->cfg;
  uint64_t vm_ram = machine_world_is_bare(w) ? 0 : machine_get(cfg, MACHINE_KEY_VM_RAM);
  struct plat_board_config config = {
    .cpus = machine_world_vcpus(w),
    .irq_lines = MACHINE_PMCG_LINE + w->pmcg.groups,
    .pmcg_line = MACHINE_PMCG_LINE,
    .ram_bytes = machine_get(cfg, MACHINE_KEY_HOST_RAM) + vm_ram,
    .seed = machine_get(cfg, MACHINE_KEY_SEED),
    .jitter_permille = (uint32_t)machine_get(cfg, MACHINE_KEY_JITTER),
    .limit_ps =
      machine_get(cfg, MACHINE_KEY_LIMIT) ? machine_get(cfg, MACHINE_KEY_LIMIT) + GRACE : 0,
    .stack_bytes = w->software ? w->software->stack_bytes : 0,
    .memory = w->memory,
  };
  int rc = SMMU_OK;

  if (w->software)
    rc = engine_memory_add_flat(w->memory, PLAT_RAM_BASE, config.ram_bytes, &w->ram);
  if (rc != SMMU_OK) {
    device->ops->destroy(device->ctx);
    return rc;
  }
#define COST(name, key, neutral_ps, what) \
  config.costs.ps[PLAT_COST_##name] = machine_get(cfg, MACHINE_KEY_##name);
#include "plat/costs.def"
#undef COST
  return plat_board_create(&w->board, &config, device);
}

static void start_observing(struct machine_world *w)
{
  struct engine_timed *engine = plat_device_engine_timed(plat_board_device(w->board));

  w->observer.world[0] = plat_board_host(w->board)->ctx;
  w->observer.board = w->board;
  machine_observer_start(&w->observer);
  plat_board_set_watch(w->board, &w->observer.watch);
  machine_dma_init(w);
  plat_board_device(w->board)->ops->set_hooks(plat_board_device(w->board)->ctx, &w->observer.hooks);
  if (engine)
    engine_timed_set_span(engine, machine_observer_span, &w->observer);
}

int machine_world_create(struct machine_world *w)
{
  struct plat_device device;
  int rc;

  w->observer.cpus = machine_world_vcpus(w);
  w->observer.cpu = calloc(w->observer.cpus, sizeof(*w->observer.cpu));
  w->observer.thread = calloc(w->observer.cpus, sizeof(*w->observer.thread));
  if (!w->observer.cpu || !w->observer.thread ||
      engine_memory_create(&w->memory, ENGINE_HOLE_ZERO) != SMMU_OK)
    return out_of_memory(w);
  rc = create_device(w, &device);
  if (rc == SMMU_OK)
    rc = create_board(w, &device);
  if (rc == SMMU_OK)
    start_observing(w);
  else
    snprintf(w->err->text, sizeof(w->err->text), "the machine cannot be built: %s",
             smmu_err_text(rc));
  return rc;
}

/* ---- programs ---- */

void machine_world_leave(struct machine_world *w, int error, const char *step)
{
  if (error < 0 && w->error == 0) {
    w->error = error;
    w->step = step;
  }
}

static bool is_guests(const struct machine_world *w)
{
  return w->vm && w->plat == vmm_guest_plat(w->vm);
}

/* A step of a simulated program has failed; by_guest: in the guest. */
static int step_failed(struct machine_world *w, const char *step, int error, bool by_guest)
{
  char *text = w->err->text, ram[32];
  size_t len = sizeof(w->err->text);
  unsigned key = by_guest ? MACHINE_KEY_VM_RAM : MACHINE_KEY_HOST_RAM;

  machine_value_print(key, machine_get(w->cfg, key), ram, sizeof(ram));
  if (error == -ENOMEM)
    snprintf(text, len, "%s is %s, too small for %s", machine_key_at(key)->name, ram, step);
  else if (error == -ETIMEDOUT)
    snprintf(text, len,
             "%s failed: the %s's driver gave up waiting for the SMMU, after %.6f s of simulated "
             "time in all",
             step, by_guest ? "guest" : "host",
             (double)plat_board_time(w->board) / (double)MACHINE_SECOND);
  else
    snprintf(text, len, "%s failed: %s%s%s", step, strerror(-error), w->why[0] ? ": " : "", w->why);
  return SMMU_ERR_BADCFG;
}

/* Run what was started, and say what went wrong. */
static int run_board(struct machine_world *w)
{
  char why[400] = "";
  int rc = plat_board_run(w->board, why, sizeof(why));

  w->stuck |= rc != SMMU_OK;
  if (rc == SMMU_ERR_LIMIT)
    snprintf(w->err->text, sizeof(w->err->text),
             "programs still run long after run.limit: they were given up");
  else if (rc != SMMU_OK)
    snprintf(w->err->text, sizeof(w->err->text), "%s: %s", smmu_err_text(rc), why);
  if (rc != SMMU_OK || w->error == 0)
    return rc;
  return step_failed(w, w->step, w->error, is_guests(w));
}

int machine_world_on_host(struct machine_world *w, void (*program)(void *world))
{
  int rc = plat_cpu_start(w->board, 0, program, w);

  if (rc != SMMU_OK)
    return out_of_memory(w);
  return run_board(w);
}

static int start_on_subject(struct machine_world *w, unsigned cpu, void (*program)(void *arg),
                            void *arg)
{
  return w->vm ? vmm_vcpu_start(w->vm, cpu, program, arg)
               : plat_cpu_start(w->board, cpu, program, arg);
}

int machine_world_on_subject(struct machine_world *w, void (*program)(void *world))
{
  if (start_on_subject(w, 0, program, w) != SMMU_OK)
    return out_of_memory(w);
  return run_board(w);
}

/* ---- turns ---- */

int machine_world_reached_limit(struct machine_world *w)
{
  snprintf(w->err->text, sizeof(w->err->text),
           "simulated time has reached run.limit before all turns were made");
  return SMMU_ERR_LIMIT;
}

static void thread_program(void *arg)
{
  benchmark_thread(arg);
}

/* A thread of the software's own loop. */
static void loop_program(void *world)
{
  struct machine_world *w = world;
  const struct machine_loop loop = {
    .threads = (unsigned)machine_get(w->cfg, MACHINE_KEY_THREADS),
    .pages = (unsigned)(machine_get(w->cfg, MACHINE_KEY_GRANULE) / 4096),
    .direction = (unsigned)machine_get(w->cfg, MACHINE_KEY_DIRECTION),
    .turns = w->observer.warmup + w->observer.loops,
  };

  machine_world_leave(w, w->software->loop(w->software->ctx, &loop), "the software's loop");
}

int machine_world_turns(struct machine_world *w)
{
  bool own = w->software && w->software->loop;
  unsigned threads = (unsigned)machine_get(w->cfg, MACHINE_KEY_THREADS);
  int rc;

  w->observer.warmup = machine_get(w->cfg, MACHINE_KEY_WARMUP);
  w->observer.loops = machine_get(w->cfg, MACHINE_KEY_LOOPS);
  w->observer.active = true;
  for (unsigned i = 0; i < threads; i++) {
    if (start_on_subject(w, i, own ? loop_program : thread_program,
                         own ? (void *)w : w->benchmark) != SMMU_OK)
      return out_of_memory(w);
  }
  rc = run_board(w);
  w->observer.active = false;
  if (rc != SMMU_OK || own)
    return rc;
  benchmark_get_result(w->benchmark, &w->sums);
  if (w->sums.error == 0)
    return w->sums.all.turns < threads * w->observer.loops ? machine_world_reached_limit(w)
                                                           : SMMU_OK;
  return step_failed(w, "the benchmark", w->sums.error, is_guests(w));
}

/* ---- the end ---- */

static void stop_driver(void *world)
{
  struct machine_world *w = world;

  if (w->booted)
    w->software->stop(w->software->ctx);
  w->booted = false;
  if (w->dma)
    machine_world_leave(w, dma_destroy(w->dma), "freeing the DMA domain");
  if (w->error)
    return;
  if (w->drv)
    drv_remove(w->drv);
  w->dma = NULL;
  w->drv = NULL;
}

static void stop_host(void *world)
{
  struct machine_world *w = world;

  if (w->vm)
    vmm_destroy(w->vm);
  if (w->host)
    iommufd_host_destroy(w->host);
  w->vm = NULL;
  w->host = NULL;
}

/* Also after a failed boot: what is there is taken down. */
int machine_world_shut_down(struct machine_world *w)
{
  int rc = SMMU_OK;

  w->error = 0;
  w->why[0] = '\0';
  if (w->drv || w->booted)
    rc = machine_world_on_subject(w, stop_driver);
  return rc == SMMU_OK && w->host ? machine_world_on_host(w, stop_host) : rc;
}

void machine_world_destroy(struct machine_world *w, bool given_up)
{
  static struct machine_world *kept;

  if (given_up) {
    w->next = kept;
    kept = w;
    return;
  }
  benchmark_destroy(w->benchmark);
  if (w->board)
    plat_board_destroy(w->board);
  if (w->memory)
    engine_memory_destroy(w->memory);
  free(w->observer.cpu);
  free(w->observer.thread);
  free(w);
}

void machine_world_counters(const struct machine_world *w, struct machine_counters *out)
{
  const struct engine_timed *engine = plat_device_engine_timed(plat_board_device(w->board));

  memset(out, 0, sizeof(*out));
  out->seen = w->observer.seen;
  if (w->drv) {
    drv_get_counts(w->drv, &out->subject);
    dma_get_counts(w->dma, &out->dma);
    dma_get_iova_counts(w->dma, &out->iova);
  }
  if (w->host)
    drv_get_counts(iommufd_host_drv(w->host), &out->host);
  if (w->vm)
    vmm_get_counts(w->vm, &out->vm);
  if (engine)
    engine_timed_get_stats(engine, &out->device);
}
