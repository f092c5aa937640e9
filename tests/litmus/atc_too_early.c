/* The wrong order: ATC_INV before the TLBI has completed. A device that asks in between is given the
 * old page once more by the SMMU's TLB, and keeps it. What is allowed here is the danger. */
#include "litmus/litmus.h"

enum { DEVICE, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup_ats(now, memory);
  litmus_commands(memory, "ATC_INV sid=1 addr=0x1000 size=0; "
                          "TLBI_NH_VA asid=7 vmid=3 va=0x1000 leaf=1; SYNC");
}

static bool forbidden(const struct explore_view *v)
{
  (void)v;
  return false;
}

static bool witness(const struct explore_view *v)
{
  return litmus_saw_after(v, DEVICE, 1, LITMUS_OLD, CPU, 3);
}

const struct explore_program litmus_atc_too_early = {
  .name = "atc-too-early",
  .claim =
    "with ATC_INV before the TLBI the device may use the old page for ever: the order matters",
  .rule = "a request may be answered from the TLB until it is invalidated (IHI 0070 3.9.1)",
  .config = LITMUS_ATS,
  .atc_sid = 1,
  .atc_entries = 1,
  .n_threads = 2,
  .thread = { { "device", 2, { ATC_READ(), ATC_READ() } },
              { "cpu", 3, { STORE(LITMUS_PTE, 0), ISSUE(3), AWAIT_CONSUMED(3) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
