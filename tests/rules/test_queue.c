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
  barrier(d);
  reg_write(d, CMDQ_PROD, d->prod & 0xf); /* here */
}

REMEDY(PROD_BACKWARDS, WrapBitForgotten)
{
  for (unsigned i = 0; i < 11; i++)
    put(d, "TLBI_NH_ASID asid=7");
  ring_doorbell(d);
  wait_consumed(d);
  put(d, "TLBI_NH_ASID asid=8; SYNC");
  barrier(d);
  reg_write(d, CMDQ_PROD, d->prod & 0x1f);
}

MISTAKE(COMMAND_UNWRITTEN, DoorbellFirst,
        "PROD = 0x5 passes index 0x4, where nothing was stored since its last command",
        .start = true)
{
  d->prod++;
  ring_doorbell(d); /* here */
  d->prod--;
  put(d, "SYNC");
}

REMEDY(COMMAND_UNWRITTEN, DoorbellFirst)
{
  put(d, "SYNC");
  ring_doorbell(d);
}

MISTAKE(COMMAND_UNORDERED, NoBarrier,
        "PROD = 0x6 is written, and no barrier since the command at index 0x4 was stored",
        .start = true)
{
  put(d, "TLBI_NH_ASID asid=7; SYNC");
  reg_write(d, CMDQ_PROD, d->prod); /* here */
}

REMEDY(COMMAND_UNORDERED, NoBarrier)
{
  put(d, "TLBI_NH_ASID asid=7; SYNC");
  barrier(d);
  reg_write(d, CMDQ_PROD, d->prod);
}

MISTAKE(COMMAND_OVERWRITTEN, SecondThought,
        "a store into index 0x4; CONS was last seen at 0x4, PROD is 0x6", .start = true)
{
  uint64_t slot = d->ring + 4 * 16ULL;

  put(d, "TLBI_NH_ASID asid=7; SYNC");
  ring_doorbell(d);
  store(d, slot, CMD_TLBI_NSNH_ALL); /* here */
}

REMEDY(COMMAND_OVERWRITTEN, SecondThought)
{
  put(d, "TLBI_NH_ASID asid=7; SYNC");
  ring_doorbell(d);
  put(d, "TLBI_NSNH_ALL; SYNC");
  ring_doorbell(d);
}
