/* A board: made, taken apart, asked. */
#include <stdlib.h>

#include "plat/state.h"
#include "smmu/cmdqv.h"
#include "smmu/ecmdq.h"
#include "util/check.h"

#define MAX_RAM   (1ULL << 40)
#define MIN_STACK (16u << 10)
#define MAX_STACK (1u << 30)

static bool config_is_good(const struct plat_board_config *config)
{
  return config->cpus >= 1 && config->cpus <= PLAT_MAX_CPUS &&
         config->irq_lines <= PLAT_MAX_LINES && config->ram_bytes % 0x10000 == 0 &&
         config->ram_bytes <= MAX_RAM && config->jitter_permille <= 500 &&
         (config->stack_bytes == 0 || config->stack_bytes >= MIN_STACK) &&
         config->stack_bytes <= MAX_STACK &&
         config->smmu_bytes <= PLAT_CMDQV_BASE - PLAT_SMMU_BASE &&
         config->pmcg_line < PLAT_MAX_LINES && config->memory;
}

static uint64_t default_stack(void)
{
#if defined(__SANITIZE_ADDRESS__)
  return 256 << 10; /* frames are larger */
#else
  return 128 << 10;
#endif
}

static void heard(void *arg, enum smmu_signal line, uint64_t time)
{
  irq_fire(arg, (uint32_t)line, time);
}

static void heard_pmcg(void *arg, unsigned group, uint64_t time)
{
  struct plat_board *b = arg;

  if (b->config.pmcg_line)
    irq_fire(b, b->config.pmcg_line + group, time);
}

static int make(struct plat_board *b)
{
  b->cpus = b->config.cpus;
  b->lines = b->config.irq_lines > SMMU_SIGNAL_COUNT ? b->config.irq_lines : SMMU_SIGNAL_COUNT;
  b->total = b->cpus + b->lines;
  b->cpu = calloc(b->total, sizeof *b->cpu);
  b->irq = calloc(b->lines, sizeof *b->irq);
  b->heap = calloc(b->total + 1, sizeof *b->heap); /* all of them, and the current one again */
  if (!b->cpu || !b->irq || !b->heap)
    return SMMU_ERR_NOMEM;
  for (uint32_t i = 0; i < b->total; i++) {
    b->cpu[i].board = b;
    b->cpu[i].number = i;
    b->cpu[i].key.tie = i;
    b->cpu[i].permille = 1000;
  }
  if (engine_memory_add_range(b->config.memory, PLAT_RAM_BASE, b->config.ram_bytes) != SMMU_OK)
    return SMMU_ERR_NOMEM;
  return ram_create(&b->ram, b->config.memory, b->config.ram_bytes);
}

static const struct smmu_config *device_config(const struct plat_board *b)
{
  return smmu_get_config(b->device.ops->core(b->device.ctx));
}

static void set_up(struct plat_board *b)
{
  uint64_t seed = b->config.seed;

  b->host = (struct plat){ &host_ops, b };
  b->limit = b->config.limit_ps ? b->config.limit_ps : ENGINE_NEVER;
  if (b->config.stack_bytes == 0)
    b->config.stack_bytes = default_stack();
  b->tie_random = plat_draw(&seed);
  b->jitter_random = plat_draw(&seed);
  b->smmu_bytes = b->config.smmu_bytes ? b->config.smmu_bytes : smmu_mmio_bytes(device_config(b));
  b->cmdqv_bytes = smmu_cmdqv_bytes(device_config(b));
  b->takes_dvm = smmu_has_dvm(b->device.ops->core(b->device.ctx));
  if (b->device.ops->set_dvm)
    b->device.ops->set_dvm(b->device.ctx, broadcast_synced, b);
  b->device.ops->set_signal(b->device.ctx, heard, b);
  if (b->device.ops->pmcgs)
    b->pmcg_bytes = (uint64_t)b->device.ops->pmcgs(b->device.ctx) * SMMU_PMCG_SPAN;
  if (b->pmcg_bytes)
    b->device.ops->set_pmcg_signal(b->device.ctx, heard_pmcg, b);
}

int plat_device_set_pmcgs(struct plat_device *device, const struct smmu_pmcg_config *configs,
                          unsigned count)
{
  return device->ops->set_pmcgs ? device->ops->set_pmcgs(device->ctx, configs, count)
                                : SMMU_ERR_BADARG;
}

int plat_board_create(struct plat_board **out, const struct plat_board_config *config,
                      const struct plat_device *device)
{
  struct plat_board *b = config_is_good(config) ? calloc(1, sizeof *b) : NULL;
  int err;

  *out = NULL;
  if (!b) {
    device->ops->destroy(device->ctx);
    return config_is_good(config) ? SMMU_ERR_NOMEM : SMMU_ERR_BADCFG;
  }
  b->config = *config;
  b->device = *device;
  err = smmu_mmio_bytes(device_config(b)) <= PLAT_CMDQV_BASE - PLAT_SMMU_BASE ? make(b)
                                                                              : SMMU_ERR_BADCFG;
  if (err != SMMU_OK) {
    plat_board_destroy(b);
    return err;
  }
  set_up(b);
  *out = b;
  return SMMU_OK;
}

void plat_board_destroy(struct plat_board *board)
{
  if (!board)
    return;
  CHECK(!board->current);
  for (uint32_t i = 0; board->cpu && i < board->total; i++)
    fiber_destroy(&board->cpu[i].fiber);
  board->device.ops->destroy(board->device.ctx);
  ram_destroy(board->ram);
  free(board->cpu);
  free(board->irq);
  free(board->heap);
  free(board->raise);
  free(board);
}

const struct plat *plat_board_host(struct plat_board *board)
{
  return &board->host;
}

const struct plat_device *plat_board_device(const struct plat_board *board)
{
  return &board->device;
}

struct engine_memory *plat_board_memory(struct plat_board *board)
{
  return board->config.memory;
}

bool plat_board_set_endpoint(struct plat_board *board, const struct engine_endpoint *endpoint)
{
  if (!board->device.ops->set_endpoint)
    return false;
  board->device.ops->set_endpoint(board->device.ctx, endpoint);
  return true;
}

/* ---- those who watch ---- */

void plat_board_set_watch(struct plat_board *board, const struct plat_watch *watch)
{
  board->watch = watch ? *watch : (struct plat_watch){ 0 };
}

void plat_board_note(struct plat_board *board, const void *platform, const struct plat_note *note)
{
  if (board->watch.note)
    board->watch.note(board->watch.ctx, board->current ? board->current->number : 0,
                      plat_board_time(board), platform, note);
}

void plat_board_report_mmio(struct plat_board *board, const void *platform, uint64_t addr,
                            uint64_t value, unsigned bytes, bool write)
{
  if (board->watch.mmio)
    board->watch.mmio(board->watch.ctx, board->current ? board->current->number : 0,
                      plat_board_time(board), platform, addr, value, bytes, write);
}

void plat_board_log(struct plat_board *board, const void *platform, const char *line)
{
  if (board->watch.log)
    board->watch.log(board->watch.ctx, board->current ? board->current->number : 0,
                     plat_board_time(board), platform, line);
}
