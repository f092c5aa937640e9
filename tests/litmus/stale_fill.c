/* A walk in flight read the old descriptor before it was cleared; the TLBI swept the TLB before the
 * walk filled it. */
#include "arch/structs.h"
#include "litmus/litmus.h"

enum { DEVICE, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  litmus_commands(memory, "TLBI_NH_VA asid=7 vmid=3 va=0x1000 leaf=1; SYNC");
}

static bool forbidden(const struct explore_view *v)
{
  return litmus_saw_after(v, DEVICE, 1, LITMUS_OLD, CPU, 3);
}

static bool witness(const struct explore_view *v)
{
  return v->seen[DEVICE][0].value == LITMUS_OLD &&
         litmus_saw_after(v, DEVICE, 1, EXPLORE_FAULT(EVENT_F_TRANSLATION), CPU, 3);
}

const struct explore_program litmus_stale_fill = {
  .name = "stale-fill",
  .claim =
    "after unmap, TLBI and a completed SYNC, a DMA never uses the old page, even if a walk was in flight",
  .rule =
    "an invalidation marks the walks in flight it covers; a marked walk fills nothing (IHI 0070 4.4, 3.21.1)",
  .config = LITMUS_CONFIG,
  .n_threads = 2,
  .thread = { { "device", 2, { DMA_READ(1, 0), DMA_READ(1, 0) } },
              { "cpu", 3, { STORE(LITMUS_PTE, 0), ISSUE(2), AWAIT_CONSUMED(2) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
