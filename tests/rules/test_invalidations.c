/* Rules of TLBI and of what relies on it. IHI 0070 3.17, 3.21.1, 4.4, 4.7. */
#include "tiny.h"

MISTAKE(TLBI_MISSING, PageUnmapped,
        "0x1000-0x1fff of ASID 7: no TLBI when it was said to be unmapped", .start = true,
        .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), 0); /* here */
  barrier(d);
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(TLBI_MISSING, PageUnmapped)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(TLBI_MISSING, StageTwo, "0x2000-0x3fff of VMID 3: no TLBI when it was said to be unmapped",
        .start = true, .stage = 2)
{
  store(d, LEAF_OF(d, 0x2000), 0); /* here */
  store(d, LEAF_OF(d, 0x3000), 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  say(d, UNMAPPED, 0x2000, 0x2000, 0);
}

REMEDY(TLBI_MISSING, StageTwo)
{
  store(d, LEAF_OF(d, 0x2000), 0);
  store(d, LEAF_OF(d, 0x3000), 0);
  issue(d, "TLBI_S2_IPA vmid=3 leaf=1 ipa=0x2000; TLBI_S2_IPA vmid=3 leaf=1 ipa=0x3000; SYNC");
  say(d, UNMAPPED, 0x2000, 0x2000, 0);
}

MISTAKE(TLBI_EARLY, DeviceToldFirst,
        "0x1000-0x1fff of ASID 7: TLBI_NH_VA asid=7 leaf=1 va=0x1000 came before the change",
        .start = true, .stage = 1)
{
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC"); /* here */
  store(d, LEAF_OF(d, 0x1000), 0);
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(TLBI_EARLY, DeviceToldFirst)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(TLBI_ASID, AnotherSpace,
        "0x1000-0x1fff of ASID 7 is what has changed; sent was TLBI_NH_VA asid=8 leaf=1 va=0x1000",
        .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=8 leaf=1 va=0x1000; SYNC"); /* here */
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(TLBI_ASID, AnotherSpace)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(
  TLBI_VMID, AnotherMachine,
  "0x1000-0x1fff of VMID 3 is what has changed; sent was TLBI_S2_IPA vmid=4 leaf=1 ipa=0x1000",
  .start = true, .stage = 2)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_S2_IPA vmid=4 leaf=1 ipa=0x1000; SYNC"); /* here */
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(TLBI_VMID, AnotherMachine)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_S2_IPA vmid=3 leaf=1 ipa=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(TLBI_RANGE, SecondPageForgotten,
        "0x2000-0x2fff of ASID 7 is what has changed; sent was TLBI_NH_VA asid=7 leaf=1 va=0x1000",
        .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  store(d, LEAF_OF(d, 0x2000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC"); /* here */
  say(d, UNMAPPED, 0x1000, 0x2000, 0);
}

REMEDY(TLBI_RANGE, SecondPageForgotten)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  store(d, LEAF_OF(d, 0x2000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; TLBI_NH_VA asid=7 leaf=1 va=0x2000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x2000, 0);
}

/* A range of 512 pages: (0 + 1) << 9. */
MISTAKE(
  TLBI_LEAF, TableUnlinked,
  "0x0-0x1fffff of ASID 7, with a table is what has changed; sent was TLBI_NH_VA scale=9 asid=7 leaf=1 tg=1",
  .start = true, .stage = 1)
{
  store(d, d->middle, 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0 tg=1 scale=9; SYNC"); /* here */
  say(d, TABLE_FREED, d->leaves, 4096, 0);
}

REMEDY(TLBI_LEAF, TableUnlinked)
{
  store(d, d->middle, 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=0 va=0 tg=1 scale=9; SYNC");
  say(d, TABLE_FREED, d->leaves, 4096, 0);
}

MISTAKE(
  TLBI_HINT, PageCalledABlock,
  "0x1000-0x1fff of ASID 7 is what has changed; sent was TLBI_NH_VA asid=7 leaf=1 ttl=2 tg=1 va=0x1000",
  .start = true, .stage = 1, .besides = "tlbi-range-malformed")
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000 tg=1 ttl=2; SYNC"); /* here */
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(TLBI_HINT, PageCalledABlock)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000 tg=1 ttl=3; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(TLBI_STAGE1, CombinedEntries,
        "0x1000-0x1fff of VMID 3, as a stage 1 uses it: no TLBI of its VMID's stage 1 when it was "
        "said to be unmapped",
        .start = true, .stage = 3)
{
  store(d, LEAF_OF(d, 0x1000), 0); /* here */
  issue(d, "TLBI_S2_IPA vmid=3 leaf=1 ipa=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(TLBI_STAGE1, CombinedEntries)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_S2_IPA vmid=3 leaf=1 ipa=0x1000; SYNC; TLBI_NH_ALL vmid=3; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(
  TLBI_STAGE1, OneAsidIsNotAll,
  "0x1000-0x1fff of VMID 3, as a stage 1 uses it: no TLBI of its VMID's stage 1 when it was said "
  "to be unmapped",
  .start = true, .stage = 3)
{
  store(d, LEAF_OF(d, 0x1000), 0); /* here */
  issue(d, "TLBI_S2_IPA vmid=3 leaf=1 ipa=0x1000; SYNC; TLBI_NH_ASID vmid=3 asid=0; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(TLBI_STAGE1, OneAsidIsNotAll)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_S12_VMALL vmid=3; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(TLBI_NO_SYNC, ConsumedIsNotComplete,
        "0x1000-0x1fff of ASID 7: no CMD_SYNC behind the TLBI when it was said to be unmapped",
        .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000"); /* here */
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(TLBI_NO_SYNC, ConsumedIsNotComplete)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(
  SYNC_NOT_AWAITED, SentAndForgotten,
  "0x1000-0x1fff of ASID 7: the CMD_SYNC behind the TLBI was not seen complete when it was said "
  "to be unmapped",
  .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  put(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC"); /* here */
  ring_doorbell(d);
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(SYNC_NOT_AWAITED, SentAndForgotten)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  put(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  ring_doorbell(d);
  wait_consumed(d);
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(TABLE_LINKED, StillInUse,
        "0x80006000-0x80006fff is given back, and a valid pointer leads to it", .start = true,
        .stage = 1)
{
  say(d, TABLE_FREED, d->leaves, 4096, 0); /* here */
}

REMEDY(TABLE_LINKED, StillInUse)
{
  store(d, d->middle, 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=0 va=0 tg=1 scale=9; SYNC");
  say(d, TABLE_FREED, d->leaves, 4096, 0);
}

MISTAKE(TABLE_EARLY, BeforeTheTlbi,
        "0x0-0x1fffff of ASID 7, with a table: no TLBI when its table was given back",
        .start = true, .stage = 1)
{
  store(d, d->middle, 0); /* here */
  say(d, TABLE_FREED, d->leaves, 4096, 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=0 va=0 tg=1 scale=9; SYNC");
}

REMEDY(TABLE_EARLY, BeforeTheTlbi)
{
  store(d, d->middle, 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=0 va=0 tg=1 scale=9; SYNC");
  say(d, TABLE_FREED, d->leaves, 4096, 0);
}

MISTAKE(PAGE_MAPPED, StillInUse, "0x801000 is given back, and 0x1000 of ASID 7 leads to it",
        .start = true, .stage = 1)
{
  say(d, FREED, PAGES + 0x1000, 0x1000, 0); /* here */
}

REMEDY(PAGE_MAPPED, StillInUse)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  say(d, FREED, PAGES + 0x1000, 0x1000, 0);
}

MISTAKE(PAGE_EARLY, BeforeTheTlbi,
        "0x1000-0x1fff of ASID 7: no TLBI when its memory was given back", .start = true,
        .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), 0); /* here */
  say(d, FREED, PAGES + 0x1000, 0x1000, 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
}

REMEDY(PAGE_EARLY, BeforeTheTlbi)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  say(d, FREED, PAGES + 0x1000, 0x1000, 0);
}

MISTAKE(ID_IN_USE, StreamStillAttached, "ASID 7 is given back, and stream 0x1 uses it",
        .start = true, .stage = 1)
{
  say(d, ASID, 7, 0, 1); /* here */
}

REMEDY(ID_IN_USE, StreamStillAttached)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC; TLBI_NH_ASID asid=7; SYNC");
  say(d, ASID, 7, 0, 1);
}

MISTAKE(ID_EARLY, NobodyUsesItButTheTlb, "ASID 7: no TLBI when it was given back", .start = true,
        .stage = 1)
{
  store(d, STE_OF(d, 1), 1); /* here */
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  say(d, ASID, 7, 0, 1);
}

REMEDY(ID_EARLY, NobodyUsesItButTheTlb)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC; TLBI_NH_ASID asid=7; SYNC");
  say(d, ASID, 7, 0, 1);
}

MISTAKE(ID_EARLY, VmidToo, "VMID 3: no TLBI when it was given back", .start = true, .stage = 2)
{
  store(d, STE_OF(d, 1), 1); /* here */
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  say(d, VMID, 3, 0, 1);
}

REMEDY(ID_EARLY, VmidToo)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC; TLBI_S12_VMALL vmid=3; SYNC");
  say(d, VMID, 3, 0, 1);
}

MISTAKE(TLBI_NEEDLESS, AfterAMap, "0x5000-0x5fff of ASID 7", .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x5000), PAGE(PAGES + 0x5000));
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x5000; SYNC"); /* here */
}

REMEDY(TLBI_NEEDLESS, AfterAMap)
{
  store(d, LEAF_OF(d, 0x5000), PAGE(PAGES + 0x5000));
  barrier(d);
}

MISTAKE(TLBI_WIDE, EverythingForAPage, "opcode 0x30 for one descriptor", .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NSNH_ALL; SYNC"); /* here */
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(TLBI_WIDE, EverythingForAPage)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(UNMAPPED_VALID, OneOfTwoPages,
        "0x1000-0x2fff is said to be unmapped, and 0x2000 has a valid descriptor", .start = true,
        .stage = 1)
{
  say(d, ASID, 7, 1, 1);
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  say(d, UNMAPPED, 0x1000, 0x2000, 1); /* here */
}

REMEDY(UNMAPPED_VALID, OneOfTwoPages)
{
  say(d, ASID, 7, 1, 1);
  store(d, LEAF_OF(d, 0x1000), 0);
  store(d, LEAF_OF(d, 0x2000), 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  say(d, UNMAPPED, 0x1000, 0x2000, 1);
}
