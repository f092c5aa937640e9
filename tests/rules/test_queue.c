/* Rules of the command queue. IHI 0070 3.5, 4.1, 7.1. */
#include "tiny.h"

MISTAKE(PROD_OVERRUN, NoRoomAsked,
        "PROD goes from 0x12 to 0x1e, of 2^4 entries, and CONS was last seen at 0x4", .start = true)
{
  for (unsigned i = 0; i < 14; i++)
    put(d, "TLBI_NH_ASID asid=7");
  ring_doorbell(d);
  for (unsigned i = 0; i < 12; i++)
    put(d, "TLBI_NH_ASID asid=8");
  ring_doorbell(d); /* here */
}

REMEDY(PROD_OVERRUN, NoRoomAsked)
{
  for (unsigned i = 0; i < 14; i++)
    put(d, "TLBI_NH_ASID asid=7");
  ring_doorbell(d);
  wait_consumed(d);
  for (unsigned i = 0; i < 12; i++)
    put(d, "TLBI_NH_ASID asid=8");
  ring_doorbell(d);
}

MISTAKE(PROD_BACKWARDS, WrapBitForgotten, "PROD goes from 0xf to 0x1, of 2^4 entries",
        .start = true)
{
  for (unsigned i = 0; i < 11; i++)
    put(d, "TLBI_NH_ASID asid=7");
  ring_doorbell(d);
  wait_consumed(d);
  put(d, "TLBI_NH_ASID asid=8; SYNC");
  reg_write(d, CMDQ_PROD, d->prod & 0xf); /* here */
}

REMEDY(PROD_BACKWARDS, WrapBitForgotten)
{
  for (unsigned i = 0; i < 11; i++)
    put(d, "TLBI_NH_ASID asid=7");
  ring_doorbell(d);
  wait_consumed(d);
  put(d, "TLBI_NH_ASID asid=8; SYNC");
  reg_write(d, CMDQ_PROD, d->prod & 0x1f);
}
