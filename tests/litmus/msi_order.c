/* Software that sees the completion MSI of a SYNC reads CONS next: it must have moved. */
#include "litmus/litmus.h"

enum { CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup(now, memory);
  litmus_commands(memory, "TLBI_NSNH_ALL; SYNC cs=1 msiaddress=0xb000 msidata=0x55");
}

static bool forbidden(const struct explore_view *v)
{
  return v->seen[CPU][2].done && v->seen[CPU][2].value != 2;
}

static bool witness(const struct explore_view *v)
{
  return v->seen[CPU][2].done && v->seen[CPU][2].value == 2;
}

const struct explore_program litmus_msi_order = {
  .name = "msi-order",
  .claim = "whoever sees the MSI of a SYNC also sees that the queue consumed it",
  .rule = "CONS moves before completion is signalled (IHI 0070 4.7.3)",
  .config = LITMUS_CONFIG,
  .n_threads = 1,
  .thread = { { "cpu",
                3,
                { ISSUE(2), AWAIT_WORD(LITMUS_MSI, 0xffffffff, 0x55), READ_REG(0x9c, 0xfffff) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
