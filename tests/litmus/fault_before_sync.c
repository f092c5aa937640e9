/* The device has had its abort; a SYNC issued after that must not complete before the event record
 * can be read. */
#include "arch/structs.h"
#include "litmus/litmus.h"

enum { DEVICE, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  engine_memory_store64(memory, LITMUS_PTE, 0);
  litmus_commands(memory, "SYNC");
}

static bool forbidden(const struct explore_view *v)
{
  const struct explore_seen *dma = &v->seen[DEVICE][0], *prod = &v->seen[CPU][2];

  return prod->done && dma->done && dma->ended[CPU] == 0 && prod->value == 0;
}

static bool witness(const struct explore_view *v)
{
  const struct explore_seen *dma = &v->seen[DEVICE][0], *prod = &v->seen[CPU][2];

  return prod->done && prod->value == 1 && dma->done &&
         dma->value == EXPLORE_FAULT(EVENT_F_TRANSLATION);
}

const struct explore_program litmus_fault_before_sync = {
  .name = "fault-before-sync",
  .claim = "a SYNC issued after a DMA was aborted completes only when the event record is visible",
  .rule =
    "CMD_SYNC waits for event records of transactions whose response was returned (IHI 0070 4.7.3)",
  .config = LITMUS_CONFIG,
  .n_threads = 2,
  .thread = { { "device", 1, { DMA_READ(1, 0) } },
              { "cpu", 3, { ISSUE(1), AWAIT_CONSUMED(1), READ_REG(0x100a8, 0xfffff) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
