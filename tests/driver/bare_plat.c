/* bare_plat.h. */
#include "bare_plat.h"

#include <errno.h>
#include <string.h>

#include "util/check.h"

enum { WINDOW = 0x20000 };

static void run_handlers(struct bare *bare)
{
  if (bare->inside)
    return;
  bare->inside = true;
  for (unsigned i = 0; i < SMMU_SIGNAL_COUNT; i++) {
    while (bare->line[i].raised && bare->line[i].fn) {
      bare->line[i].raised = false;
      bare->line[i].fn(bare->line[i].arg);
    }
  }
  bare->inside = false;
}

static void on_signal(void *ctx, enum smmu_signal line)
{
  struct bare *bare = ctx;

  bare->line[line].raised = true;
}

static uint64_t mmio_read(void *ctx, uint64_t addr, unsigned bytes)
{
  struct bare *bare = ctx;
  uint64_t value = UINT64_MAX;

  bare->now_ps += 200000;
  if (addr - BARE_SMMU < WINDOW)
    value = engine_now_mmio_read(bare->engine, addr - BARE_SMMU, bytes);
  else if (addr >= BARE_CMDQV)
    value = engine_now_cmdqv_read(bare->engine, addr - BARE_CMDQV, bytes);
  run_handlers(bare);
  return value;
}

static void mmio_write(void *ctx, uint64_t addr, uint64_t value, unsigned bytes)
{
  struct bare *bare = ctx;

  bare->now_ps += 50000;
  if (addr - BARE_SMMU < WINDOW)
    engine_now_mmio_write(bare->engine, addr - BARE_SMMU, value, bytes);
  else if (addr >= BARE_CMDQV)
    engine_now_cmdqv_write(bare->engine, addr - BARE_CMDQV, value, bytes);
  run_handlers(bare);
}

static int dma_alloc(void *ctx, size_t bytes, size_t align, uint64_t *addr)
{
  struct bare *bare = ctx;

  if (align < 64)
    align = 64;
  bare->next = (bare->next + align - 1) & ~(uint64_t)(align - 1);
  *addr = bare->next;
  bare->next += bytes;
  bare->blocks++;
  return 0;
}

static void dma_free(void *ctx, uint64_t addr, size_t bytes)
{
  struct bare *bare = ctx;

  (void)addr;
  (void)bytes;
  bare->blocks--;
}

static void store64(void *ctx, uint64_t addr, uint64_t value)
{
  engine_memory_store64(((struct bare *)ctx)->memory, addr, value);
}

static uint64_t load64(void *ctx, uint64_t addr)
{
  return engine_memory_load64(((struct bare *)ctx)->memory, addr);
}

static void barrier(void *ctx)
{
  (void)ctx;
}

static void charge(void *ctx, enum plat_cost what, uint64_t n)
{
  (void)ctx;
  (void)what;
  (void)n;
}

static void take(void *ctx, struct plat_line *line)
{
  (void)ctx;
  line->writer = 1;
}

static void wrote(void *ctx, struct plat_line *line)
{
  (void)ctx;
  (void)line;
}

/* There is nobody who could wake the only CPU. */
static void wait(void *ctx, struct plat_line *line)
{
  (void)ctx;
  CHECK(!line);
}

static void relax(void *ctx)
{
  struct bare *bare = ctx;

  bare->now_ps += 10000;
  run_handlers(bare);
}

static void wait64(void *ctx, uint64_t addr, uint64_t value, uint64_t until_ps)
{
  (void)addr, (void)value, (void)until_ps;
  relax(ctx);
}

static void delay(void *ctx, uint64_t ps)
{
  struct bare *bare = ctx;

  bare->now_ps += ps;
  run_handlers(bare);
}

static uint64_t now_ps(void *ctx)
{
  return ((struct bare *)ctx)->now_ps;
}

static unsigned cpu(void *ctx)
{
  (void)ctx;
  return 0;
}

static int irq_handler(void *ctx, unsigned line, void (*fn)(void *arg), void *arg)
{
  struct bare *bare = ctx;

  if (line >= SMMU_SIGNAL_COUNT)
    return -EINVAL;
  if (fn && bare->line[line].fn)
    return -EBUSY;
  bare->line[line].fn = fn;
  bare->line[line].arg = arg;
  return 0;
}

static void note(void *ctx, const struct plat_note *n)
{
  (void)n;
  ((struct bare *)ctx)->notes++;
}

static void log_line(void *ctx, const char *line)
{
  (void)line;
  ((struct bare *)ctx)->lines_logged++;
}

static const struct plat_ops bare_ops = {
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

void bare_init(struct bare *bare, const struct smmu_config *config)
{
  memset(bare, 0, sizeof *bare);
  CHECK(engine_memory_create(&bare->memory, ENGINE_HOLE_ZERO) == SMMU_OK);
  CHECK(engine_now_create(&bare->engine, config, bare->memory) == SMMU_OK);
  engine_now_set_signal(bare->engine, on_signal, bare);
  bare->plat = (struct plat){ &bare_ops, bare };
  bare->next = 0x80000000ULL;
}

void bare_destroy(struct bare *bare)
{
  engine_now_destroy(bare->engine);
  engine_memory_destroy(bare->memory);
}
