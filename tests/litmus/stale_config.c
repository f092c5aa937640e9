/* The CD gets another table; a fetch in flight read the old CD and must not put it into the
 * configuration cache. */
#include "arch/structs.h"
#include "litmus/litmus.h"

enum { DEVICE, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  litmus_commands(memory, "CFGI_CD sid=1 leaf=1; SYNC");
}

static bool forbidden(const struct explore_view *v)
{
  return litmus_saw_after(v, DEVICE, 1, LITMUS_OLD, CPU, 3);
}

static bool witness(const struct explore_view *v)
{
  return v->seen[DEVICE][0].value == LITMUS_OLD &&
         litmus_saw_after(v, DEVICE, 1, LITMUS_NEW, CPU, 3);
}

const struct explore_program litmus_stale_config = {
  .name = "stale-config",
  .claim = "after CFGI_CD and a completed SYNC, the old Context Descriptor is never used again",
  .rule =
    "CFGI marks configuration fetches in flight; a marked fetch is not cached (IHI 0070 4.3.8, 3.21.3)",
  .config = LITMUS_DEVICE(1, 0, 0, 0),
  .n_threads = 2,
  .thread = { { "device", 2, { DMA_READ(1, 0), DMA_READ(1, 0) } },
              { "cpu",
                3,
                { STORE(LITMUS_CD + 64 + 8, LITMUS_L2_NEW), ISSUE(2), AWAIT_CONSUMED(2) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
