/* The same unmap as nested-unmap, with nothing cached: a nested walk is in flight while both commands sweep. */
#include "arch/structs.h"
#include "litmus/litmus.h"

enum { DEVICE, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup_nested(now, memory);
  litmus_commands(memory, "TLBI_S2_IPA vmid=3 ipa=0x20000 leaf=1; TLBI_NH_ALL vmid=3; SYNC");
}

static bool forbidden(const struct explore_view *v)
{
  const struct explore_seen *first = &v->seen[DEVICE][0];

  return litmus_saw_after(v, DEVICE, 1, LITMUS_OLD, CPU, 3) ||
         (first->done && first->value == LITMUS_OLD && first->ended[CPU] >= 3);
}

static bool witness(const struct explore_view *v)
{
  return v->seen[DEVICE][0].value == LITMUS_OLD &&
         litmus_saw_after(v, DEVICE, 1, EXPLORE_FAULT(EVENT_F_TRANSLATION), CPU, 3);
}

const struct explore_program litmus_nested_race = {
  .name = "nested-race",
  .claim = "a nested walk in flight neither caches nor answers with the page the host took away",
  .rule = "S2_IPA and NH_ALL mark the nested walks in flight; SYNC waits (IHI 0070 4.4, 3.21.1)",
  .config = LITMUS_DEVICE(1, 0, 2, 4),
  .n_threads = 2,
  .thread = { { "device", 2, { DMA_READ(1, 0), DMA_READ(1, 0) } },
              { "cpu", 3, { STORE(LITMUS_S2_PTE, 0), ISSUE(3), AWAIT_CONSUMED(3) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
