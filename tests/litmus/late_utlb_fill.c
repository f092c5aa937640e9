/* No walk at all: a hit in the main TLB is on its way into a micro-TLB when both are swept. */
#include "arch/structs.h"
#include "litmus/litmus.h"

enum { DEVICE, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  litmus_commands(memory, "TLBI_NH_VA asid=7 vmid=3 va=0x1000 leaf=1; SYNC");
  litmus_warm(now, 1, 0);
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

const struct explore_program litmus_late_utlb_fill = {
  .name = "late-utlb-fill",
  .claim = "an entry copied from the main TLB never reaches a micro-TLB that was swept meanwhile",
  .rule =
    "caches are swept from source to sink, and every sweep marks what is in flight (IHI 0070 3.17, 4.4)",
  .config = LITMUS_DEVICE(2, 2, 2, 0),
  .n_threads = 2,
  .thread = { { "device", 2, { DMA_READ(1, 1), DMA_READ(1, 1) } },
              { "cpu", 3, { STORE(LITMUS_PTE, 0), ISSUE(2), AWAIT_CONSUMED(2) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
