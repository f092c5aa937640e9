/* A stream of the tiny driver, attached by the book: tables, CD, STE. IHI 0070 3.21.3.1, 5.2, 5.4. */
#include "tiny.h"

enum {
  TABLE_BYTES = 4096,
  STE_BYTES = 64,
  CONFIG_BYPASS = 4,
  SIZE = 39,
  PA_40 = 2,
  PAGE_COUNT = 4
};

static void store_words(const struct tiny *d, uint64_t addr, const uint64_t words[8])
{
  for (unsigned i = 8; i > 0; i--)
    store(d, addr + 8ULL * (i - 1), words[i - 1]);
}

static void make_tables(struct tiny *d, unsigned stage)
{
  d->root = tiny_memory(d, TABLE_BYTES);
  d->middle = tiny_memory(d, TABLE_BYTES);
  d->leaves = tiny_memory(d, TABLE_BYTES);
  store(d, d->root, TABLE(d->middle));
  store(d, d->middle, TABLE(d->leaves));
  for (uint64_t i = 1; i <= PAGE_COUNT; i++) {
    uint64_t pa = PAGES + i * 0x1000;

    store(d, d->leaves + 8 * i, stage & 2 ? STAGE2_PAGE(pa) : PAGE(pa));
  }
}

/* Behind so many others, which are not valid. */
static void make_cd(struct tiny *d, unsigned behind)
{
  uint64_t words[8] = { 0 };

  FPUT(CD, T0SZ, words, 64 - SIZE);
  FPUT(CD, EPD1, words, 1);
  FPUT(CD, V, words, 1);
  FPUT(CD, IPS, words, PA_40);
  FPUT(CD, AA64, words, 1);
  FPUT(CD, R, words, 1);
  FPUT(CD, A, words, 1);
  FPUT(CD, ASET, words, 1);
  FPUT(CD, ASID, words, 7);
  FPUT(CD, TTB0, words, d->root >> (CD_TTB0_LO % 64));
  FPUT(CD, MAIR0, words, 0x44ff);
  d->cd = tiny_memory(d, STE_BYTES << behind) + (uint64_t)STE_BYTES * behind;
  store_words(d, d->cd, words);
}

static void make_ste(const struct tiny *d, unsigned stage, unsigned substream, uint64_t words[8])
{
  FPUT(STE, Config, words, CONFIG_BYPASS | stage);
  if (stage == 1)
    FPUT(STE, S1ContextPtr, words,
         (d->cd - (uint64_t)STE_BYTES * substream) >> STE_S1ContextPtr_LO);
  FPUT(STE, S1CDMax, words, substream);
  if (!(stage & 2))
    return;
  FPUT(STE, S2VMID, words, 3);
  FPUT(STE, S2T0SZ, words, 64 - SIZE);
  FPUT(STE, S2SL0, words, 1);
  FPUT(STE, S2PS, words, PA_40);
  FPUT(STE, S2AA64, words, 1);
  FPUT(STE, S2R, words, 1);
  FPUT(STE, S2TTB, words, d->root >> (STE_S2TTB_LO % 64));
}

static void attach(struct tiny *d, unsigned stage, unsigned substream)
{
  uint64_t words[8] = { 0 };
  bool ats = GET(IDR0, ATS, reg_read(d, IDR0));

  (void)reg_read(d, IDR1);
  (void)reg_read(d, IDR3);
  (void)reg_read(d, IDR5);
  make_tables(d, stage);
  if (stage == 1)
    make_cd(d, substream);
  make_ste(d, stage, substream, words);
  FPUT(STE, EATS, words, ats);
  store_words(d, STE_OF(d, 1), words);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
  store(d, STE_OF(d, 1), words[0] | 1);
  issue(d, "CFGI_STE sid=1 leaf=1; SYNC");
}

void attached(struct tiny *d, unsigned stage)
{
  attach(d, stage, 0);
}

void attached_substream(struct tiny *d)
{
  attach(d, 1, 1);
}
