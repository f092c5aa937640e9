/* The platform of kit.h, between the driver and the board's. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kit.h"

/* ---- the platform between ----------------------------------------------------------------------- */

static const struct plat *host(struct kit *kit)
{
  return plat_board_host(kit->board);
}

static void write_down(struct kit *kit, struct kit_list *list, struct kit_access access)
{
  access.cpu = plat_cpu(host(kit));
  *(struct kit_access *)kit_add(list, sizeof access) = access;
}

static uint64_t on_mmio_read(void *ctx, uint64_t addr, unsigned bytes)
{
  struct kit *kit = ctx;
  uint64_t truth = plat_mmio_read(host(kit), addr, bytes), value = truth;

  if (kit->answer)
    kit->answer(kit, addr, false, &value);
  kit->excused |= value != truth;
  write_down(kit, &kit->accesses, (struct kit_access){ addr, value, bytes, 0, false });
  return value;
}

static void on_mmio_write(void *ctx, uint64_t addr, uint64_t value, unsigned bytes)
{
  struct kit *kit = ctx;

  write_down(kit, &kit->accesses, (struct kit_access){ addr, value, bytes, 0, true });
  kit->unordered_at_write = kit->unordered;
  if (kit->answer && kit->answer(kit, addr, true, &value))
    kit->excused = true;
  else
    plat_mmio_write(host(kit), addr, value, bytes);
}

static int on_dma_alloc(void *ctx, size_t bytes, size_t align, uint64_t *addr)
{
  struct kit *kit = ctx;
  int err;

  if (kit->fail_alloc_after == 0)
    return -ENOMEM;
  if (kit->fail_alloc_after > 0)
    kit->fail_alloc_after--;
  err = plat_dma_alloc(host(kit), bytes, align, addr);
  if (!err) {
    kit->blocks++;
    kit->bytes += bytes;
  }
  return err;
}

static void on_dma_free(void *ctx, uint64_t addr, size_t bytes)
{
  struct kit *kit = ctx;

  plat_dma_free(host(kit), addr, bytes);
  kit->blocks--;
  kit->bytes -= bytes;
}

static void on_store64(void *ctx, uint64_t addr, uint64_t value)
{
  struct kit *kit = ctx;

  plat_store64(host(kit), addr, value);
  kit->unordered++;
  write_down(kit, &kit->stores, (struct kit_access){ addr, value, 8, 0, true });
  if (kit->stored)
    kit->stored(kit, addr, value);
}

static uint64_t on_load64(void *ctx, uint64_t addr)
{
  return plat_load64(host(ctx), addr);
}

static void on_barrier(void *ctx)
{
  struct kit *kit = ctx;

  plat_barrier(host(kit));
  kit->unordered = 0;
}

static void on_charge(void *ctx, enum plat_cost what, uint64_t n)
{
  plat_charge(host(ctx), what, n);
}

static void on_take(void *ctx, struct plat_line *line)
{
  plat_take(host(ctx), line);
}

static void on_wrote(void *ctx, struct plat_line *line)
{
  plat_wrote(host(ctx), line);
}

static void on_wait(void *ctx, struct plat_line *line)
{
  plat_wait(host(ctx), line);
}

static void on_relax(void *ctx)
{
  plat_relax(host(ctx));
}

static void on_wait64(void *ctx, uint64_t addr, uint64_t value, uint64_t until_ps)
{
  plat_wait64(host(ctx), addr, value, until_ps);
}

static void on_delay(void *ctx, uint64_t ps)
{
  plat_delay(host(ctx), ps);
}

static uint64_t on_now_ps(void *ctx)
{
  return plat_now_ps(host(ctx));
}

static unsigned on_cpu(void *ctx)
{
  return plat_cpu(host(ctx));
}

static int on_irq_handler(void *ctx, unsigned line, void (*fn)(void *arg), void *arg)
{
  return plat_irq_handler(host(ctx), line, fn, arg);
}

static void on_note(void *ctx, const struct plat_note *note)
{
  struct kit *kit = ctx;

  struct plat_note *mine = kit_add(&kit->notes, sizeof *note);

  plat_note(host(kit), (enum plat_note_kind)note->kind, note->a, note->b, note->c);
  *mine = *note;
  mine->reserved = (uint32_t)kit->commands.count;
}

static void on_log(void *ctx, const char *line)
{
  struct kit *kit = ctx;
  size_t length = strlen(kit->log);

  snprintf(kit->log + length, sizeof kit->log - length, "%s\n", line);
}

static void on_broadcast(void *ctx, const struct smmu_dvm *op)
{
  plat_broadcast(host(ctx), op);
}

static void on_broadcast_sync(void *ctx)
{
  plat_broadcast_sync(host(ctx));
}

const struct plat_ops kit_ops = {
  .mmio_read = on_mmio_read,
  .mmio_write = on_mmio_write,
  .dma_alloc = on_dma_alloc,
  .dma_free = on_dma_free,
  .store64 = on_store64,
  .load64 = on_load64,
  .barrier = on_barrier,
  .charge = on_charge,
  .take = on_take,
  .wrote = on_wrote,
  .wait = on_wait,
  .relax = on_relax,
  .wait64 = on_wait64,
  .delay = on_delay,
  .now_ps = on_now_ps,
  .cpu = on_cpu,
  .irq_handler = on_irq_handler,
  .broadcast = on_broadcast,
  .broadcast_sync = on_broadcast_sync,
  .note = on_note,
  .log = on_log,
};
