/* A DMA stalls while the event queue is off. Software makes the stream terminate instead, and then
 * switches the queue on. */
#include "arch/structs.h"
#include "litmus/litmus.h"

enum { DEVICE, CPU };

#define STALL (1ULL << 31)

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  litmus_commands(memory, "CFGI_CD sid=1 leaf=1; SYNC");
  engine_memory_store64(memory, LITMUS_CD + 64, LITMUS_CD_WORD0 | LITMUS_CD_S);
  engine_memory_store64(memory, LITMUS_PTE, 0);
  engine_now_mmio_write(now, 0x20, 9, 4); /* CR0 without EVENTQEN */
}

static bool forbidden(const struct explore_view *v)
{
  return v->seen[CPU][5].done && v->seen[CPU][5].value & STALL;
}

static bool witness(const struct explore_view *v)
{
  return v->seen[CPU][5].done && v->seen[DEVICE][0].done &&
         v->seen[DEVICE][0].value == EXPLORE_FAULT(EVENT_F_TRANSLATION) &&
         v->seen[DEVICE][0].started[CPU] == 0;
}

const struct explore_program litmus_stall_unrecorded = {
  .name = "stall-unrecorded",
  .claim = "after CFGI and a SYNC no record tells of a stall under the configuration before",
  .rule =
    "a stalled transaction without a record that a CFGI covers begins again (IHI 0070 4.7.3, 7.2.1)",
  .config = LITMUS_STALLS,
  .n_threads = 2,
  .thread = { { "device", 1, { DMA_READ(1, 0) } },
              { "cpu",
                6,
                { STORE(LITMUS_CD + 64, LITMUS_CD_WORD0), ISSUE(2), AWAIT_CONSUMED(2),
                  WRITE_REG(0x20, 0xd), AWAIT_REG(0x24, 4, 4), LOAD(LITMUS_EVENTQ + 8) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
