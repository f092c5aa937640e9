/* SMMUEN is cleared while a DMA is being translated: once CR0ACK shows it, no translated answer may
 * be left. */
#include "litmus/litmus.h"

enum { DEVICE, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
}

static bool forbidden(const struct explore_view *v)
{
  const struct explore_seen *dma = &v->seen[DEVICE][0];

  return dma->done && dma->value == LITMUS_OLD && dma->ended[CPU] >= 2;
}

static bool witness(const struct explore_view *v)
{
  const struct explore_seen *dma = &v->seen[DEVICE][0];

  return dma->done && dma->value == LITMUS_VA && dma->ended[CPU] >= 2;
}

const struct explore_program litmus_disable_drain = {
  .name = "disable-drain",
  .claim = "when CR0ACK shows SMMUEN = 0, every transaction that was translated has been answered",
  .rule =
    "SMMUEN 1 to 0 is acknowledged when no transaction that saw 1 is in flight (IHI 0070 6.3.9)",
  .config = LITMUS_CONFIG,
  .n_threads = 2,
  .thread = { { "device", 1, { DMA_READ(1, 0) } },
              { "cpu", 2, { WRITE_REG(0x20, 0xc), AWAIT_REG(0x24, 1, 0) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
