/* Rules of event queue, PRI queue, errors and interrupts. IHI 0070 3.21.2, 7.1, 7.4, 7.5, 6.3.16. */
#include "smmu/step.h"
#include "tiny.h"

enum { EVENTS = 1 << TINY_QUEUE_LOG2, OVERFLOW = 1u << 31 };

/* The device uses streams whose STE is not valid: each use is an event. */
static void faults(const struct tiny *d, unsigned count)
{
  for (unsigned i = 0; i < count; i++) {
    const struct smmu_txn txn = { .sid = 1, .addr = 0x1000 };
    struct smmu_result result;

    plat_board_translate(d->board, &txn, &result);
  }
}

static void issue_illegal(struct tiny *d)
{
  put(d, "OP_0x99; SYNC");
  ring_doorbell(d);
  reg_wait(d, GERROR, MASK(GERROR, CMDQ_ERR), MASK(GERROR, CMDQ_ERR));
}

/* The command where the queue has stopped becomes a CMD_SYNC. */
static void mend(const struct tiny *d)
{
  uint32_t at = (uint32_t)GET(CMDQ_CONS, RD, reg_read(d, CMDQ_CONS)) % EVENTS;

  store(d, d->ring + 16ULL * at, CMD_SYNC);
  barrier(d);
}

MISTAKE(OUTPUT_CONS, OneTooMany, "EVENTQ_CONS goes from 0x0 to 0x4, and PROD was read as 0x3",
        .start = true)
{
  faults(d, 3);
  if (reg_read(d, EVENTQ_PROD) == 3)
    reg_write(d, EVENTQ_CONS, 4); /* here */
}

REMEDY(OUTPUT_CONS, OneTooMany)
{
  faults(d, 3);
  reg_write(d, EVENTQ_CONS, reg_read(d, EVENTQ_PROD));
}

MISTAKE(OUTPUT_CONS, WrapBitForgotten,
        "EVENTQ_CONS goes from 0xf to 0x1, and PROD was read as 0x11", .start = true)
{
  faults(d, 15);
  reg_write(d, EVENTQ_CONS, reg_read(d, EVENTQ_PROD));
  faults(d, 2);
  reg_write(d, EVENTQ_CONS, reg_read(d, EVENTQ_PROD) % EVENTS); /* here */
}

REMEDY(OUTPUT_CONS, WrapBitForgotten)
{
  faults(d, 15);
  reg_write(d, EVENTQ_CONS, reg_read(d, EVENTQ_PROD));
  faults(d, 2);
  reg_write(d, EVENTQ_CONS, reg_read(d, EVENTQ_PROD) % (2 * EVENTS));
}

MISTAKE(OUTPUT_CONS, PageRequestThatIsNotThere,
        "PRIQ_CONS goes from 0x0 to 0x1, and PROD was read as 0x0", .start = true, .with_ats = true)
{
  if (reg_read(d, PRIQ_PROD) == 0)
    reg_write(d, PRIQ_CONS, 1); /* here */
}

REMEDY(OUTPUT_CONS, PageRequestThatIsNotThere)
{
  if (reg_read(d, PRIQ_PROD) != 0)
    reg_write(d, PRIQ_CONS, 1);
}

MISTAKE(OVERFLOW_IGNORED, FlagMaskedAway,
        "EVENTQ_CONS took all records, and its OVACKFLG is still not OVFLG", .start = true)
{
  faults(d, EVENTS + 1);
  reg_write(d, EVENTQ_CONS, reg_read(d, EVENTQ_PROD) & ~OVERFLOW); /* here */
}

REMEDY(OVERFLOW_IGNORED, FlagMaskedAway)
{
  faults(d, EVENTS + 1);
  reg_write(d, EVENTQ_CONS, reg_read(d, EVENTQ_PROD));
}

MISTAKE(OVERFLOW_INVENTED, AlwaysToggled, "EVENTQ_CONS.OVACKFLG = 1", .start = true)
{
  faults(d, 2);
  reg_write(d, EVENTQ_CONS, reg_read(d, EVENTQ_PROD) ^ OVERFLOW); /* here */
}

REMEDY(OVERFLOW_INVENTED, AlwaysToggled)
{
  faults(d, 2);
  reg_write(d, EVENTQ_CONS, reg_read(d, EVENTQ_PROD));
}

MISTAKE(ERROR_IGNORED, LoggedOnly, "GERROR was 0x1, and GERRORN is 0x0", .start = true,
        .besides = "command-illegal")
{
  put(d, "OP_0x99; SYNC");
  ring_doorbell(d);
  plat_delay(d->plat, 1000000);
  (void)reg_read(d, GERROR); /* here */
}

REMEDY(ERROR_IGNORED, LoggedOnly)
{
  issue_illegal(d);
  mend(d);
  reg_write(d, GERRORN, reg_read(d, GERROR));
}

MISTAKE(ERROR_INVENTED, AllAtOnce,
        "GERRORN goes from 0x0 to 0x1fd, GERROR was read without that error", .start = true)
{
  if (reg_read(d, GERROR) == 0)
    reg_write(d, GERRORN, 0x1fd); /* here */
}

REMEDY(ERROR_INVENTED, AllAtOnce)
{
  reg_write(d, GERRORN, reg_read(d, GERROR));
}

MISTAKE(ERROR_UNMENDED, TriedAgain, "CONS = 0x4 with error 1, and nothing was stored there",
        .start = true, .besides = "command-illegal")
{
  issue_illegal(d);
  (void)reg_read(d, CMDQ_CONS);
  reg_write(d, GERRORN, MASK(GERRORN, CMDQ_ERR)); /* here */
}

REMEDY(ERROR_UNMENDED, TriedAgain)
{
  issue_illegal(d);
  mend(d);
  reg_write(d, GERRORN, MASK(GERRORN, CMDQ_ERR));
}

MISTAKE(ERROR_UNMENDED, ReasonNotAsked, "CONS was not read since the error was seen", .start = true,
        .besides = "command-illegal")
{
  issue_illegal(d);
  reg_write(d, GERRORN, MASK(GERRORN, CMDQ_ERR)); /* here */
}

REMEDY(ERROR_UNMENDED, ReasonNotAsked)
{
  issue_illegal(d);
  mend(d);
  reg_write(d, GERRORN, MASK(GERRORN, CMDQ_ERR));
}

MISTAKE(IRQ_UNACKNOWLEDGED, OnAndOff,
        "IRQ_CTRL = 0x0 is written; of 0x4 before it IRQ_CTRLACK has not shown 0x4")
{
  reg_write(d, IRQ_CTRL, MASK(IRQ_CTRL, EVENTQ_IRQEN));
  reg_write(d, IRQ_CTRL, 0); /* here */
}

REMEDY(IRQ_UNACKNOWLEDGED, OnAndOff)
{
  reg_write(d, IRQ_CTRL, MASK(IRQ_CTRL, EVENTQ_IRQEN));
  reg_wait(d, IRQ_CTRLACK, UINT32_MAX, MASK(IRQ_CTRL, EVENTQ_IRQEN));
  reg_write(d, IRQ_CTRL, 0);
}
