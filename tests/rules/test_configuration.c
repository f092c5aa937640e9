/* Rules of STEs, CDs and first level descriptors. IHI 0070 3.21.3, 4.3, 5.1 to 5.4. */
#include "tiny.h"

MISTAKE(CFGI_MISSING, StreamStopped,
        "STE of stream 0x1: no CFGI when its stream was said to be moved", .start = true,
        .stage = 1)
{
  store(d, STE_OF(d, 1), 1); /* here */
  barrier(d);
  say(d, STREAM, 1, 0, 0);
}

REMEDY(CFGI_MISSING, StreamStopped)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  say(d, STREAM, 1, 0, 0);
}

MISTAKE(CFGI_MISSING, CdChanged, "CD of substream 0x0 of stream 0x1: no CFGI when all was over",
        .start = true, .stage = 1)
{
  store(d, d->cd, load(d, d->cd) & ~(1ULL << CD_R_LO)); /* here */
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
}

REMEDY(CFGI_MISSING, CdChanged)
{
  store(d, d->cd, load(d, d->cd) & ~(1ULL << CD_R_LO));
  issue(d, "CFGI_CD sid=1 leaf=1; SYNC");
}

MISTAKE(CFGI_EARLY, DeviceToldFirst,
        "STE of stream 0x1: CFGI_STE sid=1 leaf=1 came before the change", .start = true,
        .stage = 1)
{
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC"); /* here */
  store(d, STE_OF(d, 1), 1);
  say(d, STREAM, 1, 0, 0);
}

REMEDY(CFGI_EARLY, DeviceToldFirst)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  say(d, STREAM, 1, 0, 0);
}

MISTAKE(CFGI_OTHER, WrongStream,
        "STE of stream 0x1 is what has changed; sent was CFGI_STE sid=2 leaf=1", .start = true,
        .stage = 1)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC"); /* here */
  say(d, STREAM, 1, 0, 0);
}

REMEDY(CFGI_OTHER, WrongStream)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  say(d, STREAM, 1, 0, 0);
}

MISTAKE(CFGI_LEAF, SecondLevelMade,
        "L1STD of stream 0x40 is what has changed; sent was CFGI_STE sid=0x41 leaf=1")
{
  uint64_t table = tiny_memory(d, 64 * 64);

  d->shape = TWO_LEVELS;
  started(d);
  store(d, d->streams + 8, table | 7);
  issue(d, "CFGI_STE sid=0x41 leaf=1; SYNC"); /* here */
  say(d, STREAM, 0x41, 0, 0);
}

REMEDY(CFGI_LEAF, SecondLevelMade)
{
  uint64_t table = tiny_memory(d, 64 * 64);

  d->shape = TWO_LEVELS;
  started(d);
  store(d, d->streams + 8, table | 7);
  issue(d, "CFGI_STE sid=0x41 leaf=0; SYNC");
  say(d, STREAM, 0x41, 0, 0);
}

MISTAKE(CFGI_NO_SYNC, ConsumedIsNotComplete,
        "STE of stream 0x1: no CMD_SYNC behind the CFGI when its stream was said to be moved",
        .start = true, .stage = 1)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=1 leaf=1"); /* here */
  say(d, STREAM, 1, 0, 0);
}

REMEDY(CFGI_NO_SYNC, ConsumedIsNotComplete)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  say(d, STREAM, 1, 0, 0);
}

MISTAKE(ENTRY_TORN, TwoWordsOfACd,
        "CD of substream 0x0: 2 words that count have changed since it was last invalidated",
        .start = true, .stage = 1)
{
  uint64_t other = tiny_memory(d, 4096);

  store(d, d->cd, (load(d, d->cd) & ~bits_mask(63, 48)) | 8ULL << 48);
  store(d, d->cd + 8, other); /* here */
  issue(d, "CFGI_CD sid=1 leaf=1; SYNC");
}

REMEDY(ENTRY_TORN, TwoWordsOfACd)
{
  uint64_t other = tiny_memory(d, 4096), first = load(d, d->cd);

  store(d, d->cd, 0);
  issue(d, "CFGI_CD sid=1 leaf=1; SYNC");
  store(d, d->cd + 8, other);
  issue(d, "CFGI_CD sid=1 leaf=1; SYNC");
  store(d, d->cd, (first & ~bits_mask(63, 48)) | 8ULL << 48);
  issue(d, "CFGI_CD sid=1 leaf=1; SYNC");
}

MISTAKE(ENTRY_CHANGED_EARLY, InvalidButStillCached,
        "STE of stream 0x1: 2 words that count have changed since it was last invalidated",
        .start = true, .stage = 2)
{
  uint64_t other = tiny_memory(d, 4096);

  store(d, STE_OF(d, 1), 0);
  store(d, STE_OF(d, 1) + 24, other); /* here */
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
}

REMEDY(ENTRY_CHANGED_EARLY, InvalidButStillCached)
{
  uint64_t other = tiny_memory(d, 4096);

  store(d, STE_OF(d, 1), 0);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  store(d, STE_OF(d, 1) + 24, other);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
}

MISTAKE(ENTRY_VALID_EARLY, FilledAtOneGo,
        "STE of stream 0x2: 2 words that count have changed since it was last invalidated",
        .start = true)
{
  store(d, STE_OF(d, 2) + 8, 1ULL << STE_SHCFG_LO % 64);
  store(d, STE_OF(d, 2), 9); /* here */
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
}

REMEDY(ENTRY_VALID_EARLY, FilledAtOneGo)
{
  store(d, STE_OF(d, 2) + 8, 1ULL << STE_SHCFG_LO % 64);
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
  store(d, STE_OF(d, 2), 9);
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
}

MISTAKE(ENTRY_RESERVED, BitsAboveAPointer, "STE: 0x200000000000000 of its word 0 is reserved",
        .start = true)
{
  store(d, STE_OF(d, 2), 9 | 1ULL << 57); /* here */
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
}

REMEDY(ENTRY_RESERVED, BitsAboveAPointer)
{
  store(d, STE_OF(d, 2), 9);
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
}

MISTAKE(STE_ILLEGAL, StageTwoWithoutItsFields, "STE of stream 0x2: Config is 6, word 0 is 0xd",
        .start = true, .stage = 1)
{
  store(d, STE_OF(d, 2), 1 | 6 << STE_Config_LO); /* here */
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
}

REMEDY(STE_ILLEGAL, StageTwoWithoutItsFields)
{
  store(d, STE_OF(d, 2), 1 | 4 << STE_Config_LO);
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
}

MISTAKE(CD_ILLEGAL, NoSuchGranule, "CD of stream 0x1, substream 0x0: word 0 is 0x7e202c00000d9",
        .start = true, .stage = 1)
{
  store(d, d->cd, load(d, d->cd) | 3 << CD_TG0_LO); /* here */
  issue(d, "CFGI_CD sid=1 leaf=1; SYNC");
}

REMEDY(CD_ILLEGAL, NoSuchGranule)
{
  store(d, d->cd, load(d, d->cd) & ~(3ULL << CD_TG0_LO));
  issue(d, "CFGI_CD sid=1 leaf=1; SYNC");
}

MISTAKE(FIRST_LEVEL, TableNotAligned, "L1STD: L2Ptr is 0x80004040, the table 2^12 bytes")
{
  uint64_t table = tiny_memory(d, 2 * 64 * 64) + 64;

  d->shape = TWO_LEVELS;
  started(d);
  store(d, d->streams + 8, table | 7); /* here */
  issue(d, "CFGI_STE sid=0x41 leaf=0; SYNC");
}

REMEDY(FIRST_LEVEL, TableNotAligned)
{
  uint64_t table = tiny_memory(d, 64 * 64);

  d->shape = TWO_LEVELS;
  started(d);
  store(d, d->streams + 8, table | 7);
  issue(d, "CFGI_STE sid=0x41 leaf=0; SYNC");
}

MISTAKE(TTB_MISALIGNED, HalfATable, "TTB0 of stream 0x1 is 0x80004800, the table 2^12 bytes",
        .start = true, .stage = 1)
{
  store(d, d->cd + 8, d->root + 0x800); /* here */
  issue(d, "CFGI_CD sid=1 leaf=1; SYNC");
}

REMEDY(TTB_MISALIGNED, HalfATable)
{
  store(d, d->cd + 8, d->root);
  issue(d, "CFGI_CD sid=1 leaf=1; SYNC");
}

MISTAKE(CFGI_WIDE, AllForOne, "Range 31 for one structure", .start = true, .stage = 1)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_ALL; SYNC"); /* here */
}

REMEDY(CFGI_WIDE, AllForOne)
{
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
}

MISTAKE(CD_MISSING, SteBeforeCd, "the STE of stream 0x2 leads to a CD with V = 0", .start = true,
        .stage = 1)
{
  uint64_t cd = tiny_memory(d, 64);

  store(d, STE_OF(d, 2), cd | 5 << STE_Config_LO | 1);
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
  say(d, STREAM, 2, 1, 0); /* here */
}

REMEDY(CD_MISSING, SteBeforeCd)
{
  store(d, STE_OF(d, 2), d->cd | 5 << STE_Config_LO | 1);
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
  say(d, STREAM, 2, 1, 0);
}

MISTAKE(TAG_SHARED, AsidGivenTwice, "ASID 7 stands for the tables of stream 0x1 and of 0x2",
        .start = true, .stage = 1)
{
  uint64_t cd = tiny_memory(d, 64);

  store(d, cd + 8, tiny_memory(d, 4096));
  store(d, cd, load(d, d->cd));
  store(d, STE_OF(d, 2), cd | 5 << STE_Config_LO | 1); /* here */
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
}

REMEDY(TAG_SHARED, AsidGivenTwice)
{
  uint64_t cd = tiny_memory(d, 64);

  store(d, cd + 8, tiny_memory(d, 4096));
  store(d, cd, (load(d, d->cd) & ~bits_mask(63, 48)) | 8ULL << 48);
  store(d, STE_OF(d, 2), cd | 5 << STE_Config_LO | 1);
  issue(d, "CFGI_STE sid=2 leaf=1; SYNC");
}
