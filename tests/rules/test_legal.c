/* What comes near to a rule and breaks none. IHI 0070 3.21.1.1 to 3.21.1.3, 3.21.3. */
#include "tiny.h"

LEGAL(PermissionsChangeInPlace, .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x1000) | 1 << 7); /* AP: read only */
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x1000));
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
}

/* Access flag, dirty state, bits that are software's: nothing that a TLBI would change. */
LEGAL(BitsThatDoNotCountNeedNoTlbi, .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x5000), PAGE(PAGES + 0x5000) & ~(1ULL << 10));
  store(d, LEAF_OF(d, 0x5000), PAGE(PAGES + 0x5000));
  store(d, LEAF_OF(d, 0x5000), PAGE(PAGES + 0x5000) | 1ULL << 55);
  barrier(d);
  say(d, MAPPED, 0x5000, 0x1000, 0);
}

static void with_bbml_2(struct smmu_config *config)
{
  config->idr[3] = (uint32_t)PUT(IDR3, BBML, config->idr[3], 2);
}

LEGAL(TableBecomesABlockWithBbml2, .start = true, .stage = 1, .change = with_bbml_2)
{
  store(d, d->middle, PAGE(PAGES) & ~2ULL);
  issue(d, "TLBI_NH_VA asid=7 leaf=0 va=0 tg=1 scale=9; SYNC");
  say(d, TABLE_FREED, d->leaves, 4096, 0);
}

LEGAL(OneWordOfAnSteChangesInPlace, .start = true, .stage = 1)
{
  store(d, STE_OF(d, 1) + 8, load(d, STE_OF(d, 1) + 8) | 1ULL << STE_S1CIR_LO % 64);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  say(d, STREAM, 1, 1, 0);
}

/* What is not looked at may change with the word that is. */
LEGAL(IgnoredWordsComeWithTheOneThatCounts, .start = true, .stage = 1)
{
  store(d, STE_OF(d, 1) + 16, 0x55ULL << 32);
  store(d, STE_OF(d, 1) + 24, 0x123450);
  store(d, STE_OF(d, 1), 1);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  say(d, STREAM, 1, 0, 0);
}

LEGAL(AsidOfACdChangesInPlace, .start = true, .stage = 1)
{
  store(d, d->cd, (load(d, d->cd) & ~bits_mask(63, 48)) | 8ULL << 48);
  issue(d, "CFGI_CD sid=1 leaf=1; SYNC; TLBI_NH_ASID asid=7; SYNC");
  say(d, ASID, 7, 0, 1);
}

/* Nobody leads to it: it may be whole, valid and at once. */
LEGAL(UnreachableCdIsFilledAtOneGo, .start = true, .stage = 1)
{
  uint64_t cd = tiny_memory(d, 64);

  for (unsigned i = 8; i > 0; i--)
    store(d, cd + 8 * (i - 1), load(d, d->cd + 8 * (i - 1)));
  store(d, STE_OF(d, 1), (load(d, STE_OF(d, 1)) & ~bits_mask(51, 6)) | cd);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  say(d, STREAM, 1, 1, 0);
}

/* The unmap has returned and its memory is free; the flush comes later, and the address after it. */
LEGAL(LazyUnmapIsDueWithItsFlush, .start = true, .stage = 1)
{
  plat_begin(d->plat, PLAT_OP_UNMAP, 0x1000);
  store(d, LEAF_OF(d, 0x1000), 0);
  plat_end(d->plat, PLAT_OP_UNMAP, 0);
  say(d, FREED, PAGES + 0x1000, 0x1000, 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

LEGAL(RangeIsPaidPieceByPiece, .start = true, .stage = 1)
{
  for (uint64_t va = 0x1000; va < 0x5000; va += 0x1000)
    store(d, LEAF_OF(d, va), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x3000; TLBI_NH_VA asid=7 leaf=1 va=0x1000");
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x4000; TLBI_NH_VA asid=7 leaf=1 va=0x2000; SYNC");
  say(d, UNMAPPED, 0x1000, 0x4000, 0);
}

LEGAL(EmptyTableNeedsOneTlbi, .start = true, .stage = 1)
{
  for (uint64_t va = 0x1000; va < 0x5000; va += 0x1000)
    store(d, LEAF_OF(d, va), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000 tg=1 scale=2; SYNC");
  store(d, d->middle, 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=0 va=0; SYNC");
  say(d, TABLE_FREED, d->leaves, 4096, 0);
}

/* The memory of a table comes back zeroed, as another one. */
LEGAL(TableIsUsedAgain, .start = true, .stage = 1)
{
  store(d, d->middle, 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=0 va=0 tg=1 scale=9; SYNC");
  say(d, TABLE_FREED, d->leaves, 4096, 0);
  store(d, d->middle, TABLE(d->leaves));
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x9000));
  barrier(d);
  say(d, MAPPED, 0x1000, 0x1000, 0);
}

LEGAL(AtcAfterACompleteTlbiOfAnotherWait, .start = true, .stage = 1, .with_ats = true)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  store(d, LEAF_OF(d, 0x2000), 0);
  issue(d, "TLBI_NH_ASID asid=7; SYNC");
  issue(d, "ATC_INV sid=1 addr=0 size=3; SYNC");
  say(d, UNMAPPED, 0x1000, 0x2000, 0);
}
