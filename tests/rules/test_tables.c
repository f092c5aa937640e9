/* Rules of translation tables: break before make. IHI 0070 3.21.1.1 to 3.21.1.3. */
#include "tiny.h"

MISTAKE(BBM_OUTPUT, MovedInPlace, "0x1000 led to 0x801000 and leads to 0x808000", .start = true,
        .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x8000)); /* here */
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
}

REMEDY(BBM_OUTPUT, MovedInPlace)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x8000));
}

MISTAKE(BBM_TYPE, DeviceInPlace, "0x1000: memory type 0xff becomes 0x44", .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x1000) | 1 << 2); /* here */
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
}

REMEDY(BBM_TYPE, DeviceInPlace)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x1000) | 1 << 2);
}

static void without_bbml(struct smmu_config *config)
{
  config->idr[3] &= ~(uint32_t)MASK(IDR3, BBML);
}

MISTAKE(BBM_SIZE, TableBecomesABlock, "0x0: a table becomes a block, with BBML 0", .start = true,
        .stage = 1, .change = without_bbml)
{
  store(d, d->middle, PAGE(PAGES) & ~2ULL); /* here */
  issue(d, "TLBI_NH_VA asid=7 leaf=0 va=0 tg=1 scale=9; SYNC");
}

REMEDY(BBM_SIZE, TableBecomesABlock)
{
  store(d, d->middle, 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=0 va=0 tg=1 scale=9; SYNC");
  store(d, d->middle, PAGE(PAGES) & ~2ULL);
}

MISTAKE(BBM_GLOBAL, NotOfOneAsid, "0x1000 becomes global", .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x1000) & ~(1ULL << 11)); /* here */
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
}

REMEDY(BBM_GLOBAL, NotOfOneAsid)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x1000) & ~(1ULL << 11));
}

MISTAKE(BBM_EARLY, MadeBeforeBroken, "0x1000 is made valid; of what it was, the TLBI was not sent",
        .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x8000)); /* here */
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
}

REMEDY(BBM_EARLY, MadeBeforeBroken)
{
  store(d, LEAF_OF(d, 0x1000), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x1000; SYNC");
  store(d, LEAF_OF(d, 0x1000), PAGE(PAGES + 0x8000));
}

MISTAKE(MAP_UNORDERED, BarrierForgotten, "no barrier since a descriptor was made valid",
        .start = true, .stage = 1)
{
  store(d, LEAF_OF(d, 0x5000), PAGE(PAGES + 0x5000)); /* here */
  say(d, MAPPED, 0x5000, 0x1000, 1);
}

REMEDY(MAP_UNORDERED, BarrierForgotten)
{
  store(d, LEAF_OF(d, 0x5000), PAGE(PAGES + 0x5000));
  barrier(d);
  say(d, MAPPED, 0x5000, 0x1000, 1);
}

/* 16 pages that may be one entry, from 0x10000 on. */
static void map_group(struct tiny *d)
{
  for (uint64_t va = 0x10000; va < 0x20000; va += 0x1000)
    store(d, LEAF_OF(d, va), PAGE(PAGES + va) | 1ULL << 52);
}

MISTAKE(GROUP_TORN, OneOfSixteen,
        "0x10000 was changed, and 0x11000 of its group still has the Contiguous bit", .start = true,
        .stage = 1)
{
  map_group(d);
  store(d, LEAF_OF(d, 0x10000), 0); /* here */
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x10000; SYNC");
}

REMEDY(GROUP_TORN, OneOfSixteen)
{
  map_group(d);
  for (uint64_t va = 0x10000; va < 0x20000; va += 0x1000)
    store(d, LEAF_OF(d, va), 0);
  issue(d, "TLBI_NH_VA asid=7 leaf=1 va=0x10000 tg=1 scale=4; SYNC");
}
