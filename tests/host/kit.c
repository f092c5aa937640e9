#include "kit.h"

#include <string.h>

#include "smmu/cmdqv.h"

/* ---- the platform, counted ---- */

static struct kit *of(void *ctx)
{
  return ctx;
}

static const struct plat *board_plat(void *ctx)
{
  return plat_board_host(of(ctx)->board);
}

static uint64_t mmio_read(void *ctx, uint64_t addr, unsigned bytes)
{
  return plat_mmio_read(board_plat(ctx), addr, bytes);
}

static void mmio_write(void *ctx, uint64_t addr, uint64_t value, unsigned bytes)
{
  plat_mmio_write(board_plat(ctx), addr, value, bytes);
}

static int dma_alloc(void *ctx, size_t bytes, size_t align, uint64_t *addr)
{
  struct kit *kit = of(ctx);
  int err;

  if (kit->allocations_ok == 0)
    return -ENOMEM;
  kit->allocations_ok--;
  err = plat_dma_alloc(board_plat(ctx), bytes, align, addr);
  kit->allocated += err ? 0 : bytes;
  return err;
}

static void dma_free(void *ctx, uint64_t addr, size_t bytes)
{
  of(ctx)->allocated -= bytes;
  plat_dma_free(board_plat(ctx), addr, bytes);
}

static void store64(void *ctx, uint64_t addr, uint64_t value)
{
  plat_store64(board_plat(ctx), addr, value);
}

static uint64_t load64(void *ctx, uint64_t addr)
{
  return plat_load64(board_plat(ctx), addr);
}

static void barrier(void *ctx)
{
  plat_barrier(board_plat(ctx));
}

static void charge(void *ctx, enum plat_cost what, uint64_t n)
{
  of(ctx)->charged[what] += n;
  plat_charge(board_plat(ctx), what, n);
}

static void take(void *ctx, struct plat_line *line)
{
  plat_take(board_plat(ctx), line);
}

static void wrote(void *ctx, struct plat_line *line)
{
  plat_wrote(board_plat(ctx), line);
}

static void wait(void *ctx, struct plat_line *line)
{
  plat_wait(board_plat(ctx), line);
}

static void relax(void *ctx)
{
  plat_relax(board_plat(ctx));
}

static void wait64(void *ctx, uint64_t addr, uint64_t value, uint64_t until_ps)
{
  plat_wait64(board_plat(ctx), addr, value, until_ps);
}

static void delay(void *ctx, uint64_t ps)
{
  plat_delay(board_plat(ctx), ps);
}

static uint64_t now_ps(void *ctx)
{
  return plat_now_ps(board_plat(ctx));
}

static unsigned cpu(void *ctx)
{
  return plat_cpu(board_plat(ctx));
}

static int irq_handler(void *ctx, unsigned line, void (*fn)(void *arg), void *arg)
{
  return plat_irq_handler(board_plat(ctx), line, fn, arg);
}

static void note(void *ctx, const struct plat_note *n)
{
  struct kit *kit = of(ctx);

  plat_note(plat_board_host(kit->board), (enum plat_note_kind)n->kind, n->a, n->b, n->c);
  kit->noted[n->kind]++;
  kit->last_note[n->kind] = *n;
}

static void log_line(void *ctx, const char *line)
{
  (void)line;
  of(ctx)->logs++;
}

static const struct plat_ops counted_ops = {
  .mmio_read = mmio_read,
  .mmio_write = mmio_write,
  .dma_alloc = dma_alloc,
  .dma_free = dma_free,
  .store64 = store64,
  .load64 = load64,
  .barrier = barrier,
  .charge = charge,
  .take = take,
  .wrote = wrote,
  .wait = wait,
  .relax = relax,
  .wait64 = wait64,
  .delay = delay,
  .now_ps = now_ps,
  .cpu = cpu,
  .irq_handler = irq_handler,
  .note = note,
  .log = log_line,
};

/* ---- the machine ---- */

void kit_defaults(struct kit *kit, void (*body)(struct kit *kit))
{
  memset(kit, 0, sizeof *kit);
  smmu_config_neutral(&kit->smmu);
  smmu_config_set_cmdqv(&kit->smmu, 4, 16);
  kit->options.driver =
    (struct drv_options){ .smmu = PLAT_SMMU_BASE, .cmdqv = PLAT_CMDQV_BASE, .cpus = KIT_CPUS };
  kit->body = body;
}

void kit_excuse(void *kit, const struct check_finding *finding)
{
  (void)kit;
  (void)finding;
}

static void record(void *ctx, const struct smmu_record *r)
{
  struct kit *kit = ctx;

  if (!kit->watched)
    return;

  if (r->category != SMMU_TRACE_COMMAND && r->category != SMMU_TRACE_CERROR)
    return;
  if (kit->commands == KIT_COMMANDS)
    return;
  kit->command[kit->commands++] =
    (struct kit_command){ { r->addr_out, r->word }, r->unit, r->category == SMMU_TRACE_CERROR };
}

static void program(void *arg)
{
  struct kit *kit = arg;

  ASSERT_EQ(iommufd_host_create(&kit->host, &kit->plat, &kit->options), kit->expect_host);
  if (kit->expect_host)
    return;
  ASSERT_EQ(iommufd_open(kit->host, &kit->f), 0);
  kit->body(kit);
  kit->allocations_ok = -1;
  if (kit->f)
    iommufd_close(kit->f);
  if (kit->ram)
    iommufd_memory_put(kit->ram);
  iommufd_host_destroy(kit->host);
}

static void make_device(struct kit *kit, struct plat_device *device)
{
  struct timed_profile profile;
  struct engine_timed_options options = { &kit->smmu, &profile, engine_memory_bus(kit->memory), 1 };

  timed_profile_neutral(&profile);
  if (kit->command_ps)
    profile.stage[SMMU_STAGE_CMD].latency_ps = kit->command_ps;
  if (kit->timed)
    ASSERT_EQ(plat_device_timed(device, &options), SMMU_OK);
  else
    ASSERT_EQ(plat_device_now(device, &kit->smmu, kit->memory, 0), SMMU_OK);
}

void kit_run(struct kit *kit)
{
  struct plat_board_config config = {
    .cpus = KIT_CPUS, .irq_lines = KIT_LINES, .ram_bytes = 64ull << 20, .limit_ps = 0
  };
  struct plat_device device;
  char why[256] = "";

  ASSERT_EQ(engine_memory_create(&kit->memory, ENGINE_HOLE_ZERO), SMMU_OK);
  make_device(kit, &device);
  config.memory = kit->memory;
  plat_costs_neutral(&config.costs);
  ASSERT_EQ(plat_board_create(&kit->board, &config, &device), SMMU_OK);
  kit->plat = (struct plat){ &counted_ops, kit };
  kit->allocations_ok = -1;
  kit->checked.ctx = kit;
  kit->checked.record = record;
  checked_start(&kit->checked, kit->board);
  ASSERT_EQ(plat_cpu_start(kit->board, 0, program, kit), SMMU_OK);
  EXPECT_EQ(plat_board_run(kit->board, why, sizeof why), SMMU_OK);
  EXPECT_STREQ(why, "");
  EXPECT_EQ(kit->allocated, 0u);
  checked_stop(&kit->checked);
  plat_board_destroy(kit->board);
  engine_memory_destroy(kit->memory);
}

void kit_watch(struct kit *kit)
{
  kit->watched = true;
  kit->commands = 0;
}

unsigned kit_count(const struct kit *kit, unsigned opcode)
{
  unsigned n = 0;

  for (unsigned i = 0; i < kit->commands; i++)
    n += (kit->command[i].words[0] & 0xff) == opcode;
  return n;
}

bool kit_dma(struct kit *kit, uint32_t sid, uint64_t addr, bool write, uint64_t *pa)
{
  struct smmu_txn txn = { .addr = addr, .sid = sid, .write = write };
  struct smmu_result result;

  plat_board_translate(kit->board, &txn, &result);
  *pa = result.pa;
  return result.status == SMMU_STATUS_OK;
}
