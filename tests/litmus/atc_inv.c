/* A page is unmapped under a device with an ATC: TLBI and SYNC, then ATC_INV and SYNC. When the
 * second SYNC has completed, the device has left the page, whatever it kept or had in flight. */
#include "litmus/litmus.h"

enum { DEVICE, CPU };

static void setup(struct engine_now *now, struct engine_memory *memory)
{
  litmus_setup_ats(now, memory);
  litmus_commands(memory, "TLBI_NH_VA asid=7 vmid=3 va=0x1000 leaf=1; SYNC; "
                          "ATC_INV sid=1 addr=0x1000 size=0; SYNC");
}

/* Not even an access that began before may end after. */
static bool forbidden(const struct explore_view *v)
{
  for (unsigned i = 0; i < 2; i++) {
    const struct explore_seen *s = &v->seen[DEVICE][i];

    if (s->done && s->value == LITMUS_OLD && s->ended[CPU] >= 3)
      return true;
  }
  return false;
}

static bool witness(const struct explore_view *v)
{
  return v->seen[DEVICE][0].value == LITMUS_OLD &&
         litmus_saw_after(v, DEVICE, 1, EXPLORE_FAULT(0), CPU, 3);
}

const struct explore_program litmus_atc_inv = {
  .name = "atc-inv",
  .claim =
    "after TLBI, SYNC, ATC_INV and a completed SYNC, no access through the ATC ends on the old page",
  .rule = "an answer counts when what was sent before it is gone (IHI 0070 3.9.1, 4.5.1)",
  .config = LITMUS_ATS,
  .atc_sid = 1,
  .atc_entries = 1,
  .n_threads = 2,
  .thread = { { "device", 2, { ATC_READ(), ATC_READ() } },
              { "cpu", 3, { STORE(LITMUS_PTE, 0), ISSUE(4), AWAIT_CONSUMED(4) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
