/* A level 3 table is replaced; the level 2 descriptor that led to the old one may sit in the walk
 * cache: Leaf = 0 is needed. */
#include "litmus/litmus.h"

enum { DEVICE, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  litmus_commands(memory, "TLBI_NH_VA asid=7 vmid=3 va=0x1000; SYNC");
  litmus_warm(now, 1, 0);
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

const struct explore_program litmus_table_free = {
  .name = "table-free",
  .claim = "after a TLBI with Leaf = 0 and a completed SYNC, a freed table is never walked",
  .rule = "Leaf = 0 also drops cached table descriptors that lead to the address (IHI 0070 4.4.1)",
  .config = LITMUS_DEVICE(1, 0, 2, 2),
  .n_threads = 2,
  .thread = { { "device", 2, { DMA_READ(1, 0), DMA_READ(1, 0) } },
              { "cpu", 3, { STORE(LITMUS_L2, LITMUS_L3_NEW | 3), ISSUE(2), AWAIT_CONSUMED(2) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
