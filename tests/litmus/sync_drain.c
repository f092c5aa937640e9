/* A DMA translated with the old page must have been answered before SYNC completes: software frees
 * the page then. */
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
  const struct explore_seen *dma = &v->seen[DEVICE][0];

  return dma->done && dma->value == LITMUS_OLD && dma->ended[CPU] >= 3;
}

static bool witness(const struct explore_view *v)
{
  const struct explore_seen *dma = &v->seen[DEVICE][0];

  return dma->done && dma->value == LITMUS_OLD && dma->ended[CPU] == 2;
}

const struct explore_program litmus_sync_drain = {
  .name = "sync-drain",
  .claim =
    "when SYNC has completed, no DMA that was translated by the old page is still unanswered",
  .rule = "CMD_SYNC waits until every marked transaction has ended (IHI 0070 4.7.3, 4.4)",
  .config = LITMUS_CONFIG,
  .n_threads = 2,
  .thread = { { "device", 1, { DMA_READ(1, 0) } },
              { "cpu", 3, { STORE(LITMUS_PTE, 0), ISSUE(2), AWAIT_CONSUMED(2) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
