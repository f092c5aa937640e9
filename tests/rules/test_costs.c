/* Advice: legal, and dearer than it must be. IHI 0070 4.4.1.1, 4.7.3. */
#include <stdio.h>

#include "tiny.h"

static const char *tlbi(uint64_t va)
{
  static char text[64];

  snprintf(text, sizeof text, "TLBI_NH_VA asid=7 va=0x%llx", (unsigned long long)va);
  return text;
}

/* A CMD_SYNC that writes 1 to an address. */
static const char *sync_msi(uint64_t addr)
{
  static char text[128];

  snprintf(text, sizeof text, "SYNC cs=1 msh=3 msiattr=15 msiaddress=0x%llx msidata=1",
           (unsigned long long)addr);
  return text;
}

MISTAKE(SYNC_NEEDLESS, TwoInARow,
        "nothing stands between it and the CMD_SYNC before, of the same CPU", .start = true)
{
  put(d, "TLBI_NH_ASID asid=7; SYNC");
  put(d, "SYNC"); /* here */
  ring_doorbell(d);
  wait_consumed(d);
}

REMEDY(SYNC_NEEDLESS, TwoInARow)
{
  put(d, "TLBI_NH_ASID asid=7; SYNC");
  ring_doorbell(d);
  wait_consumed(d);
}

MISTAKE(PAGE_BY_PAGE, SixteenCommands, "the 16th TLBI in a row for the next page", .start = true,
        .stage = 1, .besides = "tlbi-needless")
{
  for (uint64_t va = 0x100000; va < 0x110000; va += 0x1000) {
    put(d, tlbi(va)); /* here */
    ring_doorbell(d);
    wait_consumed(d);
  }
  issue(d, "SYNC");
}

REMEDY(PAGE_BY_PAGE, SixteenCommands)
{
  issue(d, "TLBI_NH_VA asid=7 va=0x100000 tg=1 num=15; SYNC");
}

MISTAKE(CONS_POLLED, QueueThatHasStopped, "CONS is 0x8, read for the 65th time", .start = true,
        .stage = 1, .besides = "command-illegal")
{
  put(d, "OP_0x99; SYNC");
  ring_doorbell(d);
  for (unsigned i = 0; i < 100; i++)
    (void)reg_read(d, CMDQ_CONS); /* here */
}

REMEDY(CONS_POLLED, QueueThatHasStopped)
{
  uint64_t done = tiny_memory(d, 4096);

  put(d, sync_msi(done));
  ring_doorbell(d);
  while ((uint32_t)load(d, done) != 1)
    plat_relax(d->plat);
}
