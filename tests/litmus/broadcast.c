/* TLBI instructions of a CPU instead of commands: after the sync (DSB) nothing old is used, without it
 * it may be. IHI 0070 3.17, 3.21. */
#include "arch/structs.h"
#include "litmus/litmus.h"

enum { DEVICE, CPU, CR0 = 0x20, CR2 = 0x2c };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  engine_now_mmio_write(now, CR0, 0xc, 4);
  engine_now_mmio_write(now, CR2, 2, 4); /* PTM = 0: the device takes part */
  engine_now_mmio_write(now, CR0, 0xd, 4);
}

static bool old_after_sync(const struct explore_view *v)
{
  return litmus_saw_after(v, DEVICE, 1, LITMUS_OLD, CPU, 3);
}

static bool new_after_sync(const struct explore_view *v)
{
  return v->seen[DEVICE][0].value == LITMUS_OLD &&
         litmus_saw_after(v, DEVICE, 1, EXPLORE_FAULT(EVENT_F_TRANSLATION), CPU, 3);
}

static bool never(const struct explore_view *v)
{
  (void)v;
  return false;
}

static bool old_without_sync(const struct explore_view *v)
{
  return litmus_saw_after(v, DEVICE, 1, LITMUS_OLD, CPU, 2);
}

#define LITMUS_BTM_DEVICE \
  { \
    .idr = { 0x094e323b, 0x02730000 | 8 << 6 | 20, 0, 0x0e14, 0, 0x75 }, .aidr = 1, \
    .gbpa_reset = 0x1000, .txns = 2, .tbus = 1, .events = 2, .tlb = LITMUS_CACHE(2), \
    .cfg_cache = { 1, 2 }, .utlb = LITMUS_CACHE(0), .walk_cache = LITMUS_CACHE(0), \
    .atomic_bytes = 8 \
  }

const struct explore_program litmus_broadcast = {
  .name = "broadcast",
  .claim = "after unmap, a TLBI instruction of the CPU and its DSB, a DMA never uses the old page",
  .rule = "a broadcast marks the walks in flight it covers, and its sync waits for them (IHI 0070 "
          "3.17, 3.21)",
  .config = LITMUS_BTM_DEVICE,
  .n_threads = 2,
  .thread = { { "device", 2, { DMA_READ(1, 0), DMA_READ(1, 0) } },
              { "cpu", 3, { STORE(LITMUS_PTE, 0), BROADCAST_VA(LITMUS_VA), AWAIT_BROADCAST } } },
  .setup = setup,
  .forbidden = old_after_sync,
  .witness = new_after_sync,
};

const struct explore_program litmus_broadcast_early = {
  .name = "broadcast-too-early",
  .claim = "nothing: between a TLBI instruction and its DSB a DMA may still use the old page",
  .rule =
    "an invalidation has its effect when its sync has completed, not when it is sent (IHI 0070 "
    "3.21)",
  .config = LITMUS_BTM_DEVICE,
  .n_threads = 2,
  .thread = { { "device", 2, { DMA_READ(1, 0), DMA_READ(1, 0) } },
              { "cpu", 2, { STORE(LITMUS_PTE, 0), BROADCAST_VA(LITMUS_VA) } } },
  .setup = setup,
  .forbidden = never,
  .witness = old_without_sync,
};
