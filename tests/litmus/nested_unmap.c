/* Under nesting the host unmaps an IPA: TLBI_S2_IPA for stage 2 entries, then TLBI_NH_ALL for
 * combined ones, then SYNC. */
#include "arch/structs.h"
#include "litmus/litmus.h"

enum { DEVICE, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup_nested(now, memory);
  litmus_commands(memory, "TLBI_S2_IPA vmid=3 ipa=0x20000 leaf=1; TLBI_NH_ALL vmid=3; SYNC");
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

const struct explore_program litmus_nested_unmap = {
  .name = "nested-unmap",
  .claim = "after S2_IPA, NH_ALL and a completed SYNC, no DMA reaches the page the host took away",
  .rule = "S2_IPA drops IPA entries, NH_ALL the combined ones (IHI 0070 4.4.2, 4.4.3)",
  .config = LITMUS_DEVICE(1, 0, 2, 4),
  .n_threads = 2,
  .thread = { { "device", 2, { DMA_READ(1, 0), DMA_READ(1, 0) } },
              { "cpu", 3, { STORE(LITMUS_S2_PTE, 0), ISSUE(3), AWAIT_CONSUMED(3) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
