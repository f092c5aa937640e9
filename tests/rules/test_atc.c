/* Rules of streams with an ATC. IHI 0070 3.9.1, 4.5.1. */
#include "tiny.h"

MISTAKE(ATC_MISSING, EndpointForgotten,
        "0x1000-0x1fff of stream 0x1: no ATC_INV when it was said to be unmapped", .start = true,
        .stage = 1, .with_ats = true)
{
  store(d, LEAF_OF(d, 0x1000), 0); /* here */
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(ATC_MISSING, EndpointForgotten)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC; ATC_INV sid=1 addr=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(ATC_EARLY, OneSyncForBoth,
        "0x1000-0x1fff of stream 0x1: the ATC_INV was sent when the TLBI was not yet complete",
        .start = true, .stage = 1, .with_ats = true)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000");
  issue(d, "ATC_INV sid=1 addr=0x1000; SYNC"); /* here */
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(ATC_EARLY, OneSyncForBoth)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC; ATC_INV sid=1 addr=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(
  ATC_NO_SYNC, ConsumedIsNotComplete,
  "0x1000-0x1fff of stream 0x1: no CMD_SYNC behind the ATC_INV when it was said to be unmapped",
  .start = true, .stage = 1, .with_ats = true)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  issue(d, "ATC_INV sid=1 addr=0x1000"); /* here */
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(ATC_NO_SYNC, ConsumedIsNotComplete)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC; ATC_INV sid=1 addr=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(ATC_LEFT, EatsTaken,
        "all addresses of stream 0x1: no ATC_INV when its stream was said to be moved",
        .start = true, .stage = 1, .with_ats = true)
{
  store(d, STE_OF(d, 1) + 8, load(d, STE_OF(d, 1) + 8) & ~bits_mask(29, 28)); /* here */
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  say(d, STREAM, 1, 0, 0);
}

REMEDY(ATC_LEFT, EatsTaken)
{
  store(d, STE_OF(d, 1) + 8, load(d, STE_OF(d, 1) + 8) & ~bits_mask(29, 28));
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC; ATC_INV sid=1 size=52; SYNC");
  say(d, STREAM, 1, 0, 0);
}

MISTAKE(ATC_NEEDLESS, NoAtcThere, "stream 0x2", .start = true, .stage = 1, .with_ats = true)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  issue(d, "ATC_INV sid=2 addr=0x1000; ATC_INV sid=1 addr=0x1000; SYNC"); /* here */
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(ATC_NEEDLESS, NoAtcThere)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC; ATC_INV sid=1 addr=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(ATC_RANGE, SecondPageForgotten,
        "0x2000-0x2fff of stream 0x1 is what has changed; sent was ATC_INV sid=1 addr=0x1000",
        .start = true, .stage = 1, .with_ats = true)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  store(d, LEAF_OF(d, 0x2000), 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  issue(d, "ATC_INV sid=1 addr=0x1000; SYNC"); /* here */
  say(d, UNMAPPED, 0x1000, 0x2000, 0);
}

REMEDY(ATC_RANGE, SecondPageForgotten)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  store(d, LEAF_OF(d, 0x2000), 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  issue(d, "ATC_INV sid=1 addr=0x1000; ATC_INV sid=1 addr=0x2000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x2000, 0);
}

MISTAKE(ATC_STREAM, AnotherFunction,
        "0x1000-0x1fff of stream 0x1 is what has changed; sent was ATC_INV sid=3 addr=0x1000",
        .start = true, .stage = 1, .with_ats = true)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  issue(d, "ATC_INV sid=3 addr=0x1000; SYNC"); /* here */
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(ATC_STREAM, AnotherFunction)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  issue(d, "ATC_INV sid=1 addr=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(ATC_SUBSTREAM, AnotherProcess,
        "0x1000-0x1fff of stream 0x1, substream 0x1 is what has changed; "
        "sent was ATC_INV ssv=1 ssid=2 sid=1 addr=0x1000",
        .start = true, .with_ats = true)
{
  attached_substream(d);
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  issue(d, "ATC_INV ssv=1 ssid=2 sid=1 addr=0x1000; SYNC"); /* here */
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(ATC_SUBSTREAM, AnotherProcess)
{
  attached_substream(d);
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  issue(d, "ATC_INV ssv=1 ssid=1 sid=1 addr=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(ATC_MISSING, SubstreamForgotten,
        "0x1000-0x1fff of stream 0x1, substream 0x1: no ATC_INV when it was said to be unmapped",
        .start = true, .with_ats = true)
{
  attached_substream(d);
  store(d, LEAF_OF(d, 0x1000), 0); /* here */
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(ATC_MISSING, SubstreamForgotten)
{
  attached_substream(d);
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC; ATC_INV sid=1 addr=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(ATC_LEFT, DescriptorTaken,
        "all addresses of stream 0x1, substream 0x1: no ATC_INV when its ASID was given back",
        .start = true, .with_ats = true)
{
  attached_substream(d);
  store(d, d->cd, load(d, d->cd) & ~(1ull << 31)); /* here */
  issue(d, "CFGI_CD sid=1 ssid=1 leaf=1; TLBI_NH_ASID asid=7; SYNC");
  say(d, ASID, 7, 0, 0);
}

REMEDY(ATC_LEFT, DescriptorTaken)
{
  attached_substream(d);
  store(d, d->cd, load(d, d->cd) & ~(1ull << 31));
  issue(d, "CFGI_CD sid=1 ssid=1 leaf=1; TLBI_NH_ASID asid=7; SYNC");
  issue(d, "ATC_INV ssv=1 ssid=1 sid=1 size=52; SYNC");
  say(d, ASID, 7, 0, 0);
}
