/* See world.h: a world is made and taken apart. */
#include "linux_world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/regs.h"
#include "linux_world/state.h"
#include "smmu/cmdqv.h"
#include "smmu/ecmdq.h"
#include "smmu/err.h"
#include "util/check.h"

enum { RAM_DEFAULT = 64 << 20 };
/* Bytes that reads of tables have, and those of commands do not. */
enum { DESCRIPTOR = 8, ENTRY = 64 };
/* Frames of the kernel are not large; handlers of interrupts run on stacks of their own. */
enum { STACK_BYTES = 256 << 10 };

/* ---- the bus: memory, and a doorbell ---- */

/* Is this the access to go wrong? */
static bool goes_wrong(struct lx_world *w, uint64_t addr)
{
  if (!w->inject.armed || addr - w->inject.base >= w->inject.bytes ||
      ++w->inject.seen % w->config.every != 0)
    return false;
  w->inject.done++;
  return true;
}

/* Memory is busy now and then; what a walk has read is then older when it arrives than what stands there. */
static uint64_t longer(struct lx_world *w)
{
  w->slow = w->slow * 6364136223846793005ULL + 1442695040888963407ULL;
  return w->slow >> 62 ? 0 : (w->slow >> 33) % w->config.slow_ps;
}

static bool bus_read(void *ctx, uint64_t addr, void *bytes, size_t len, uint64_t *extra_ps)
{
  struct lx_world *w = ctx;
  bool reads = w->config.wrong == LX_COMMAND_ABORT || w->config.wrong == LX_COMMAND_ILLEGAL;
  bool wrong = reads && goes_wrong(w, addr), there;

  if (w->config.slow_ps && (len == DESCRIPTOR || len == ENTRY))
    *extra_ps = longer(w);
  if (wrong && w->config.wrong == LX_COMMAND_ABORT)
    return false;
  there = engine_memory_read(w->memory, addr, bytes, len);
  if (wrong && there)
    *(uint8_t *)bytes = 0xff;
  return there;
}

/* When the device that writes is at it. */
static uint64_t present(const struct lx_world *w)
{
  const struct plat_device *device = plat_board_device(w->board);

  return w->config.second ? lx_pair_now(device)
                          : engine_timed_now(plat_device_engine_timed(device));
}

static bool bus_write(void *ctx, uint64_t addr, const void *bytes, size_t len, uint64_t *extra_ps)
{
  struct lx_world *w = ctx;
  uint32_t line;

  (void)extra_ps;
  if (w->config.wrong == LX_EVENT_ABORT && goes_wrong(w, addr))
    return false;
  if (addr != LX_DOORBELL)
    return engine_memory_write(w->memory, addr, bytes, len);
  memcpy(&line, bytes, sizeof line);
  if (line < LX_LINES)
    plat_board_message(w->board, line, present(w));
  return true;
}

/* ---- creation ---- */

static int create_device(struct lx_world *w, struct plat_device *out)
{
  struct plat_device part[2] = { { 0 } };
  struct timed_profile profile;
  unsigned parts = w->config.second ? 2 : 1;
  int rc = SMMU_OK;

  timed_profile_neutral(&profile);
  for (unsigned i = 0; i < parts && rc == SMMU_OK; i++) {
    rc =
      plat_device_timed(&part[i], &(struct engine_timed_options){ .device = &w->device,
                                                                  .profile = &profile,
                                                                  .bus = { w, bus_read, bus_write },
                                                                  .seed = w->config.seed + i });
    if (rc != SMMU_OK && i == 1)
      part[0].ops->destroy(part[0].ctx);
  }
  if (rc == SMMU_OK && parts == 2)
    return lx_pair_create(out, part);
  *out = part[0];
  return rc;
}

static int create_board(struct lx_world *w)
{
  const struct lx_config *config = &w->config;
  struct plat_board_config board = { .cpus = config->cpus + config->engines,
                                     .irq_lines = LX_LINES,
                                     .ram_bytes = config->ram_bytes,
                                     .seed = config->seed,
                                     .jitter_permille = config->seed ? 100 : 0,
                                     .stack_bytes = STACK_BYTES,
                                     .smmu_bytes = config->second ? LX_PAIR_BYTES : 0,
                                     .memory = w->memory };
  struct plat_device device;
  int rc;

  plat_costs_neutral(&board.costs);
  rc = create_device(w, &device);
  return rc == SMMU_OK ? plat_board_create(&w->board, &board, &device) : rc;
}

/* True: of the second alone. What software says is said of both, but for what is said of one. */
static bool tell_second(struct lx_world *w, const struct smmu_record *record)
{
  const struct machine_sink *sink = w->config.second;
  struct smmu_record moved = *record;

  switch (record->category) {
  case SMMU_TRACE_LOAD_REG:
  case SMMU_TRACE_STORE_REG:
    if (record->addr_in - PLAT_SMMU_BASE - LX_SECOND_OFFSET >= LX_SECOND_OFFSET)
      return false;
    moved.addr_in -= LX_SECOND_OFFSET;
    sink->record(sink->ctx, &moved);
    return true;
  case SMMU_TRACE_NOTE:
    if (w->note_of != 1)
      sink->record(sink->ctx, record);
    return w->note_of == 2;
  case SMMU_TRACE_STORE:
  case SMMU_TRACE_CHARGE:
  case SMMU_TRACE_SLEEP: sink->record(sink->ctx, record); return false;
  default: return false;
  }
}

/* A store is told by the call that comes next; its place is its own. */
static void tell(void *ctx, const struct smmu_record *record)
{
  struct lx_world *w = ctx;
  struct smmu_record store = *record;

  if (record->category == SMMU_TRACE_STORE) {
    store.slot = w->stored.place;
    record = &store;
  }
  if (!w->config.second || !tell_second(w, record))
    w->config.sink->record(w->config.sink->ctx, record);
}

static void second_recorded(void *ctx, const struct smmu_record *record)
{
  const struct machine_sink *sink = ((struct lx_world *)ctx)->config.second;

  sink->record(sink->ctx, record);
}

void lx_world_tell_to(struct lx_world *w, const struct machine_sink *sink)
{
  w->config.sink = sink;
  if (sink)
    w->told = (struct machine_sink){ w, tell, sink->places };
}

static void observe(struct lx_world *w)
{
  const struct plat_device *device = plat_board_device(w->board);

  w->observer.world[0] = w->plat->ctx;
  lx_world_tell_to(w, w->config.sink);
  w->observer.sink = w->config.sink ? &w->told : NULL;
  w->observer.board = w->board;
  machine_observer_start(&w->observer);
  plat_board_set_watch(w->board, &w->observer.watch);
  device->ops->set_hooks(device->ctx, &w->observer.hooks);
  if (w->config.second) {
    w->second_hooks = (struct smmu_hooks){ .ctx = w, .record = second_recorded };
    lx_pair_watch_second(device, &w->second_hooks);
  }
}

static int create(struct lx_world *w)
{
  int rc = engine_memory_create(&w->memory, ENGINE_HOLE_ZERO);

  if (rc == SMMU_OK)
    rc = engine_memory_add_flat(w->memory, PLAT_RAM_BASE, w->config.ram_bytes, &w->ram);
  return rc == SMMU_OK ? create_board(w) : rc;
}

int lx_world_create(struct lx_world **out, const struct lx_config *config, char *why, size_t len)
{
  struct lx_world *w = calloc(1, sizeof *w);
  int rc;

  *out = NULL;
  if (!w)
    return SMMU_ERR_NOMEM;
  w->config = *config;
  w->slow = config->seed;
  if (w->config.ram_bytes == 0)
    w->config.ram_bytes = RAM_DEFAULT;
  w->config.pci |= config->variant->pci;
  lx_variant_config(config->variant, &w->device);
  rc = smmu_config_check(&w->device, why, len);
  if (rc == SMMU_OK) {
    rc = create(w);
    if (rc != SMMU_OK)
      snprintf(why, len, "%s", smmu_err_text(rc));
  }
  if (rc != SMMU_OK) {
    lx_world_destroy(w);
    return rc;
  }
  w->plat = plat_board_host(w->board);
  if (w->config.pci)
    lx_functions_create(w);
  w->ram_base = w->ram_pa = PLAT_RAM_BASE;
  lx_current = w;
  observe(w);
  *out = w;
  return SMMU_OK;
}

void lx_world_destroy(struct lx_world *w)
{
  if (!w)
    return;
  plat_board_destroy(w->board);
  engine_memory_destroy(w->memory);
  if (lx_current == w)
    lx_current = NULL;
  free(w);
}

/* ---- programs ---- */

int lx_world_run(struct lx_world *w, unsigned cpus, void (*program)(void *arg), void *arg,
                 char *why, size_t len)
{
  int rc = SMMU_OK;

  for (unsigned i = 0; i < (cpus ? cpus : 1) && rc == SMMU_OK; i++)
    rc = plat_cpu_start(w->board, i, program, arg);
  if (rc == SMMU_OK)
    rc = plat_board_run(w->board, why, len);
  if (w->died[0]) {
    snprintf(why, len, "the kernel stopped: %s", w->died);
    return SMMU_ERR_DEADLOCK;
  }
  return rc;
}

/* Whole pages, so that what lies on one cache line does not hang on the allocator. The kernel keeps it until
 * the process ends. */
static void *zeroed(lx_u64 bytes)
{
  void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  CHECK(at != MAP_FAILED);
  return at;
}

int lx_boot(struct lx_world *w)
{
  const struct linux_boot boot = {
    .ram = w->ram,
    .ram_base = w->ram_base,
    .ram_bytes = w->config.ram_bytes,
    .calloc = zeroed,
    .cpus = w->config.cpus,
    .contexts = w->config.cpus + w->config.engines + LX_LINES,
    .irq_cpu = w->config.irqs_here,
    .lazy = w->config.lazy,
    .passthrough = w->config.passthrough || (w->config.variant && w->config.variant->passthrough)
  };

  return linux_boot(&boot);
}

int lx_probe(struct lx_world *w)
{
  bool msi = w->config.variant->msi, companion = w->config.variant->companion;
  struct linux_smmu smmu = { .base = PLAT_SMMU_BASE,
                             .bytes = smmu_mmio_bytes(&w->device),
                             .eventq = (msi ? LX_MESSAGE_LINE : SMMU_SIGNAL_EVENTQ) + 1,
                             .gerror = (msi ? LX_MESSAGE_LINE + 1 : SMMU_SIGNAL_GERROR) + 1,
                             .priq = (msi ? LX_MESSAGE_LINE + 2 : SMMU_SIGNAL_PRIQ) + 1,
                             .cmdqv_irq = SMMU_SIGNAL_CMDQV + 1,
                             .coherent = GET(IDR0, COHACC, w->device.idr[0]) != 0,
                             .httu = (unsigned)GET(IDR0, HTTU, w->device.idr[0]),
                             .msi = msi,
                             .doorbell = LX_DOORBELL };
  int rc;

  if (companion) {
    smmu.cmdqv = PLAT_CMDQV_BASE;
    smmu.cmdqv_bytes = smmu_cmdqv_bytes(&w->device);
  }
  rc = linux_probe(&smmu);
  if (rc != 0 || !w->config.second)
    return rc;
  smmu.base += LX_SECOND_OFFSET;
  smmu.eventq = (msi ? LX_MESSAGE_LINE + 3 : LX_SECOND_LINE + SMMU_SIGNAL_EVENTQ) + 1;
  smmu.gerror = (msi ? LX_MESSAGE_LINE + 4 : LX_SECOND_LINE + SMMU_SIGNAL_GERROR) + 1;
  smmu.priq = (msi ? LX_MESSAGE_LINE + 5 : LX_SECOND_LINE + SMMU_SIGNAL_PRIQ) + 1;
  smmu.cmdqv = 0;
  return linux_probe(&smmu);
}

void lx_translate(struct lx_world *w, uint32_t sid, uint64_t iova, bool write,
                  struct smmu_result *out)
{
  lx_access(w, sid, &(struct endpoint_access){ .addr = iova, .write = write }, out);
}

void lx_access(struct lx_world *w, uint32_t sid, const struct endpoint_access *a,
               struct smmu_result *out)
{
  const struct smmu_txn txn = {
    .addr = a->addr, .sid = sid, .ssid = a->ssid, .ssv = a->ssv, .write = a->write
  };
  struct lx_function *f = lx_function_at(w, sid);

  lx_world_flush(w);
  if (f)
    plat_cpu_settle(w->board);
  if (f && lx_function_uses_ats(f))
    lx_function_access(w, f, a, out);
  else
    plat_board_translate(w->board, &txn, out);
}
