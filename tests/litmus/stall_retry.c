/* A DMA stalls; software gives the stream other tables, and uses the old ones for something else
 * before it lets the DMA go on. Another DMA keeps the caches busy. */
#include "litmus/litmus.h"

enum { DEVICE, OTHER, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  litmus_commands(memory, "CFGI_CD sid=1 leaf=1; TLBI_NH_ASID asid=7 vmid=3; SYNC; "
                          "RESUME sid=1 stag=0 action=1; RESUME sid=1 stag=1 action=1");
  engine_memory_store64(memory, LITMUS_CD + 64, LITMUS_CD_WORD0 | LITMUS_CD_S);
  engine_memory_store64(memory, LITMUS_PTE + 8, engine_memory_load64(memory, LITMUS_PTE) + 0x1000);
  engine_memory_store64(memory, LITMUS_L3_NEW + 16, LITMUS_NEW + 0x1000 + LITMUS_PAGE_ATTRS);
  engine_memory_store64(memory, LITMUS_PTE, 0);
}

static bool forbidden(const struct explore_view *v)
{
  return v->seen[DEVICE][0].done && v->seen[DEVICE][0].value == LITMUS_OLD;
}

static bool witness(const struct explore_view *v)
{
  return v->seen[DEVICE][0].done && v->seen[DEVICE][0].value == LITMUS_NEW;
}

const struct explore_program litmus_stall_retry = {
  .name = "stall-retry",
  .claim =
    "a stalled DMA that is resumed after an invalidation and a SYNC walks the new tables alone",
  .rule = "a retry begins with the configuration, as a new arrival does (IHI 0070 3.12.2, 4.7.1)",
  .config = LITMUS_STALLS,
  .n_threads = 3,
  .thread = { { "device", 1, { DMA_READ(1, 0) } },
              { "other", 1, { { .kind = EXPLORE_DMA, .sid = 1, .addr = LITMUS_VA + 0x1000 } } },
              { "cpu",
                6,
                { AWAIT_REG(0x100a8, 0xfffff, 1), STORE(LITMUS_CD + 64 + 8, LITMUS_L2_NEW),
                  ISSUE(3), AWAIT_CONSUMED(3), STORE(LITMUS_PTE, LITMUS_OLD | LITMUS_PAGE_ATTRS),
                  ISSUE(5) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
