/* Two TBUs hold the old page in their micro-TLBs; one TLBI must reach both. */
#include "arch/structs.h"
#include "litmus/litmus.h"

enum { DEVICE0, DEVICE1, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  litmus_commands(memory, "TLBI_NH_VA asid=7 vmid=3 va=0x1000 leaf=1; SYNC");
  litmus_warm(now, 1, 0);
  litmus_warm(now, 1, 1);
}

static bool forbidden(const struct explore_view *v)
{
  return litmus_saw_after(v, DEVICE0, 0, LITMUS_OLD, CPU, 3) ||
         litmus_saw_after(v, DEVICE1, 0, LITMUS_OLD, CPU, 3);
}

static bool witness(const struct explore_view *v)
{
  return v->seen[DEVICE0][0].value == LITMUS_OLD &&
         litmus_saw_after(v, DEVICE1, 0, EXPLORE_FAULT(EVENT_F_TRANSLATION), CPU, 3);
}

const struct explore_program litmus_every_tbu = {
  .name = "every-tbu",
  .claim = "one TLBI and SYNC reach the micro-TLB of every TBU",
  .rule =
    "an invalidation sweeps each cache that can hold the entry before SYNC completes (IHI 0070 3.17, 4.4)",
  .config = LITMUS_DEVICE(2, 2, 0, 0),
  .n_threads = 3,
  .thread = { { "device0", 1, { DMA_READ(1, 0) } },
              { "device1", 1, { DMA_READ(1, 1) } },
              { "cpu", 3, { STORE(LITMUS_PTE, 0), ISSUE(2), AWAIT_CONSUMED(2) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
