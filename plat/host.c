/* The host's platform: struct plat_ops straight on the board. Each function that touches what
 * others see settles first, so that whoever has a smaller clock has acted before. */
#include <errno.h>

#include "plat/state.h"
#include "util/check.h"

/* ---- registers ---- */

static bool find_window(const struct plat_board *b, uint64_t addr, unsigned bytes,
                        enum plat_window *window, uint64_t *offset)
{
  if ((bytes != 4 && bytes != 8) || addr % bytes)
    return false;
  *window = PLAT_WINDOW_SMMU;
  *offset = addr - PLAT_SMMU_BASE;
  if (*offset < b->smmu_bytes)
    return true;
  *window = PLAT_WINDOW_CMDQV;
  *offset = addr - PLAT_CMDQV_BASE;
  if (*offset < b->cmdqv_bytes)
    return true;
  *window = PLAT_WINDOW_PMCG;
  *offset = addr - PLAT_PMCG_BASE;
  return *offset < b->pmcg_bytes;
}

uint64_t plat_board_mmio_read(struct plat_board *b, const void *platform, uint64_t seen,
                              uint64_t addr, unsigned bytes)
{
  struct cpu *self = cpu_current(b);
  uint64_t start = self->key.clock, cost = cpu_cost(b, self, PLAT_COST_MMIO_READ, 1);
  uint64_t value = bytes < 8 ? UINT32_MAX : UINT64_MAX, offset;
  enum plat_window window;

  self->key.clock = time_add(start, cost / 2);
  plat_cpu_settle(b);
  if (find_window(b, addr, bytes, &window, &offset)) {
    cpu_meet_device(b);
    value = b->device.ops->mmio_read(b->device.ctx, window, offset, bytes);
  }
  plat_board_report_mmio(b, platform, seen, value, bytes, false);
  self->key.clock = time_add(self->key.clock, cost - cost / 2);
  cpu_report_charge(b, self, PLAT_COST_MMIO_READ, 1, start, self->key.clock);
  return value;
}

static uint64_t host_mmio_read(void *ctx, uint64_t addr, unsigned bytes)
{
  return plat_board_mmio_read(ctx, ctx, addr, addr, bytes);
}

void plat_board_mmio_write(struct plat_board *b, const void *platform, uint64_t seen, uint64_t addr,
                           uint64_t value, unsigned bytes)
{
  uint64_t offset;
  enum plat_window window;

  cpu_charge(b, cpu_current(b), PLAT_COST_MMIO_WRITE, 1);
  plat_cpu_settle(b);
  plat_board_report_mmio(b, platform, seen, value, bytes, true);
  if (find_window(b, addr, bytes, &window, &offset)) {
    cpu_meet_device(b);
    b->device.ops->mmio_write(b->device.ctx, window, offset, value, bytes);
    if (b->monitors)
      word_check(b, cpu_current(b)->key.clock);
    if (b->expecting) /* an immediate device may have ended what had stalled */
      translate_collect(b);
  }
}

static void host_mmio_write(void *ctx, uint64_t addr, uint64_t value, unsigned bytes)
{
  plat_board_mmio_write(ctx, ctx, addr, addr, value, bytes);
}

/* ---- memory ---- */

/* Who allocates after a free in time must not find the memory before; from outside a program there
 * is nobody to wait for. */
static int host_dma_alloc(void *ctx, size_t bytes, size_t align, uint64_t *addr)
{
  struct plat_board *b = ctx;

  if (b->current)
    plat_cpu_settle(b);
  return ram_alloc(b->ram, bytes, align, addr);
}

static void host_dma_free(void *ctx, uint64_t addr, size_t bytes)
{
  struct plat_board *b = ctx;

  if (b->current)
    plat_cpu_settle(b);
  ram_free(b->ram, addr, bytes);
}

void plat_board_store(struct plat_board *b, const void *platform, uint64_t seen, uint64_t addr,
                      uint64_t value)
{
  struct cpu *self = cpu_current(b);

  cpu_charge(b, self, PLAT_COST_STORE, 1);
  plat_cpu_settle(b);
  if (b->watch.store)
    b->watch.store(b->watch.ctx, self->number, self->key.clock, platform, seen, addr, value);
  engine_memory_store64(b->config.memory, addr, value);
  if (b->monitors)
    word_check(b, self->key.clock);
}

void plat_board_stored(struct plat_board *b, const void *platform, uint64_t seen, uint64_t addr)
{
  struct cpu *self = cpu_current(b);

  if (b->watch.store)
    b->watch.store(b->watch.ctx, self->number, self->key.clock, platform, seen, addr,
                   engine_memory_load64(b->config.memory, addr));
  if (b->monitors)
    word_check(b, self->key.clock);
}

static void host_store64(void *ctx, uint64_t addr, uint64_t value)
{
  plat_board_store(ctx, ctx, addr, addr, value);
}

static uint64_t host_load64(void *ctx, uint64_t addr)
{
  struct plat_board *b = ctx;

  cpu_charge(b, cpu_current(b), PLAT_COST_LOAD, 1);
  plat_cpu_settle(b);
  return engine_memory_load64(b->config.memory, addr);
}

/* Stores reach memory in program order and at once, so there is nothing to order; a barrier costs
 * its time. */
static void host_barrier(void *ctx)
{
  struct plat_board *b = ctx;

  cpu_charge(b, cpu_current(b), PLAT_COST_BARRIER, 1);
}

/* ---- CPUs among themselves ---- */

static void host_charge(void *ctx, enum plat_cost what, uint64_t n)
{
  struct plat_board *b = ctx;

  CHECK((unsigned)what < PLAT_COST_COUNT);
  cpu_charge(b, cpu_current(b), what, n);
}

/* Who wrote the line last is itself something that others change: it is looked at in time, and then
 * paid for. */
void line_take(struct plat_board *b, struct plat_line *line)
{
  struct cpu *self = cpu_current(b);
  uint32_t me = self->number + 1;
  bool near;

  plat_cpu_settle(b);
  near = line->writer == me || line->writer == 0;
  line->writer = me;
  cpu_charge(b, self, near ? PLAT_COST_ATOMIC : PLAT_COST_LINE_MOVE, 1);
  plat_cpu_settle(b);
}

static void host_take(void *ctx, struct plat_line *line)
{
  line_take(ctx, line);
}

static void host_wrote(void *ctx, struct plat_line *line)
{
  struct plat_board *b = ctx;
  uint64_t time = cpu_current(b)->key.clock;

  cpu_wake_list(b, &line->waiters, time, PLAT_COST_LINE_MOVE);
}

/* Nobody else runs between the check of the condition and this: no wake-up is lost. */
static void host_wait(void *ctx, struct plat_line *line)
{
  struct plat_board *b = ctx;
  struct cpu *self = cpu_current(b);

  self->next = line->waiters;
  line->waiters = self->number + 1;
  cpu_sleep(b, SLEEP_LINE, line);
}

static void host_relax(void *ctx)
{
  struct plat_board *b = ctx;
  struct cpu *self = cpu_current(b);
  uint64_t start = self->key.clock;

  cpu_charge(b, self, PLAT_COST_RELAX, 1);
  if (self->key.clock == start)
    self->key.clock = time_add(start, 1);
  plat_cpu_settle(b);
}

static void host_wait64(void *ctx, uint64_t addr, uint64_t value, uint64_t until_ps)
{
  word_sleep(ctx, addr, value, until_ps);
}

static void host_delay(void *ctx, uint64_t ps)
{
  struct plat_board *b = ctx;
  struct cpu *self = cpu_current(b);
  uint64_t start = self->key.clock;

  self->key.clock = time_add(start, ps);
  if (b->watch.sleep && ps)
    b->watch.sleep(b->watch.ctx, self->number, start, self->key.clock);
  plat_cpu_settle(b);
}

static uint64_t host_now_ps(void *ctx)
{
  return plat_board_time(ctx);
}

static unsigned host_cpu(void *ctx)
{
  return plat_cpu_current(ctx);
}

static int host_irq_handler(void *ctx, unsigned line, void (*fn)(void *arg), void *arg)
{
  return irq_set_handler(ctx, line, fn, arg);
}

static void host_broadcast(void *ctx, const struct smmu_dvm *op)
{
  broadcast_send(ctx, op);
}

static void host_broadcast_sync(void *ctx)
{
  broadcast_sync(ctx);
}

static void host_note(void *ctx, const struct plat_note *note)
{
  plat_board_note(ctx, ctx, note);
}

static void host_log(void *ctx, const char *line)
{
  plat_board_log(ctx, ctx, line);
}

const struct plat_ops host_ops = {
  .mmio_read = host_mmio_read,
  .mmio_write = host_mmio_write,
  .dma_alloc = host_dma_alloc,
  .dma_free = host_dma_free,
  .store64 = host_store64,
  .load64 = host_load64,
  .barrier = host_barrier,
  .charge = host_charge,
  .take = host_take,
  .wrote = host_wrote,
  .wait = host_wait,
  .relax = host_relax,
  .wait64 = host_wait64,
  .delay = host_delay,
  .now_ps = host_now_ps,
  .cpu = host_cpu,
  .irq_handler = host_irq_handler,
  .broadcast = host_broadcast,
  .broadcast_sync = host_broadcast_sync,
  .note = host_note,
  .log = host_log,
};
