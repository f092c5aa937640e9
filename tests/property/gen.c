/* Random numbers, transactions and mutations. The tables are in gen_tables.c, the rest of a world in
 * gen_world.c, devices in gen_device.c. IHI 0070 5.2-5.4. */
#include "gen.h"

#include <string.h>

uint64_t gen_mix(uint64_t v)
{
  v += 0x9e3779b97f4a7c15ull;
  v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9ull;
  v = (v ^ (v >> 27)) * 0x94d049bb133111ebull;
  return v ^ (v >> 31);
}

void gen_seed(struct gen_rng *r, uint64_t seed)
{
  unsigned i;

  for (i = 0; i < 4; i++)
    r->s[i] = gen_mix(seed + i * 0x9e3779b97f4a7c15ull);
}

static uint64_t rotate(uint64_t v, unsigned n)
{
  return v << n | v >> (64 - n);
}

uint64_t gen_next(struct gen_rng *r)
{
  uint64_t out = rotate(r->s[1] * 5, 7) * 9;
  uint64_t t = r->s[1] << 17;

  r->s[2] ^= r->s[0];
  r->s[3] ^= r->s[1];
  r->s[1] ^= r->s[2];
  r->s[0] ^= r->s[3];
  r->s[2] ^= t;
  r->s[3] = rotate(r->s[3], 45);
  return out;
}

uint64_t gen_below(struct gen_rng *r, uint64_t n)
{
  return n == 0 ? 0 : gen_next(r) % n;
}

bool gen_chance(struct gen_rng *r, unsigned percent)
{
  return gen_below(r, 100) < percent;
}

/* ---- transactions ---- */

/* An address inside a target's page, or near it, or anywhere. */
static uint64_t draw_address(struct gen_world *w, unsigned target)
{
  struct gen_rng *r = w->rng;
  uint64_t addr = w->target[target].addr;

  if (w->targets == 0 || gen_chance(r, 2))
    return gen_next(r) >> gen_below(r, 64);
  if (gen_chance(r, 80))
    addr ^= gen_below(r, 4096);
  if (gen_chance(r, 4))
    addr ^= 1ull << gen_below(r, 64);
  else if (gen_chance(r, 8))
    addr ^= 1ull << (12 + gen_below(r, 9));
  if (gen_chance(r, 5))
    addr ^= gen_below(r, 256) << 56;
  return addr;
}

/* Some transactions of a device with ATS are requests, or use what such a request got. */
static void draw_ats(struct gen_world *w, struct naive_txn *t, unsigned target)
{
  struct gen_rng *r = w->rng;
  uint64_t dice = gen_below(r, 100);

  if (w->eats == 0 && gen_chance(r, 75))
    return;
  if (dice < 30) {
    t->kind = NAIVE_ATS_REQUEST;
    t->no_write = gen_chance(r, 40);
    t->write = !t->no_write;
    t->privileged &= t->ssv;
    t->instruction = t->ssv && gen_chance(r, 40);
  } else if (dice < 42) {
    t->kind = NAIVE_ATS_TRANSLATED;
    t->ssv = t->instruction = t->privileged = false;
    t->ssid = 0;
    t->addr ^= w->target[target].addr ^ w->target[target].ipa;
  }
}

void gen_txn(struct gen_world *w, struct naive_txn *t)
{
  struct gen_rng *r = w->rng;
  unsigned target = (unsigned)gen_below(r, w->targets);
  unsigned cd = w->target[target].cd;

  memset(t, 0, sizeof *t);
  t->addr = draw_address(w, target);
  t->sid = w->sid;
  if (gen_chance(r, 2))
    t->sid ^= 1u << gen_below(r, 16);
  if ((w->config & 5) == 5 && w->cd_count_log2 > 0) {
    t->ssv = !(w->cd[cd].ssid == 0 && w->s1dss == 2) && !(w->s1dss == 1 && gen_chance(r, 30));
    t->ssid = w->cd[cd].ssid;
  }
  if (gen_chance(r, 2)) {
    t->ssv = !t->ssv;
    if (gen_chance(r, 50))
      t->ssid = (uint32_t)(gen_next(r) & 0xfffff) >> gen_below(r, 20);
  }
  t->write = gen_chance(r, 45);
  t->instruction = gen_chance(r, 13);
  t->privileged = gen_chance(r, 45);
  if (w->dev.idr[0] >> 10 & 1)
    draw_ats(w, t, target);
}

/* ---- mutations ---- */

/* Bits of a word where a change tells something: low attribute bits, the address's upper end, upper
 * attributes, or any. */
static unsigned draw_bit(struct gen_rng *r)
{
  switch (gen_below(r, 5)) {
  case 0: return (unsigned)gen_below(r, 12);
  case 1: return 30 + (unsigned)gen_below(r, 22);
  case 2: return 50 + (unsigned)gen_below(r, 14);
  default: return (unsigned)gen_below(r, 64);
  }
}

static struct gen_word draw_word(struct gen_world *w)
{
  static const enum gen_kind kinds[13] = { GEN_L1STD,   GEN_STE,     GEN_STE,     GEN_L1CD,
                                           GEN_CD,      GEN_CD,      GEN_VMS,     GEN_S1_DESC,
                                           GEN_S1_DESC, GEN_S1_DESC, GEN_S2_DESC, GEN_S2_DESC,
                                           GEN_S2_DESC };
  /* Of an STE and a CD, by doubleword: where the fields are. */
  static const uint8_t ste[12] = { 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 5 };
  static const uint8_t cd[12] = { 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4 };
  enum gen_kind kind = kinds[gen_below(w->rng, 13)];
  struct gen_word found = w->word[gen_below(w->rng, w->words)];
  unsigned i;

  for (i = 0; i < 32 && found.kind != kind; i++)
    found = w->word[gen_below(w->rng, w->words)];
  if (found.kind == GEN_STE)
    found.addr = (found.addr & ~63ull) + 8ull * ste[gen_below(w->rng, 12)];
  if (found.kind == GEN_CD)
    found.addr = (found.addr & ~63ull) + 8ull * cd[gen_below(w->rng, 12)];
  return found;
}

/* What a cache knows of a group it need not read from another of its descriptors. */
static bool is_in_group(const struct gen_world *w, uint64_t line)
{
  unsigned i;

  for (i = 0; i < w->words; i++)
    if (w->word[i].group_log2 > 0 && line + 64 > w->word[i].addr &&
        line < w->word[i].addr + (8ull << w->word[i].group_log2))
      return true;
  return false;
}

/* A line with a structure's word aborts, from the first try for a kind that is present. */
static void mutate_abort(struct gen_world *w)
{
  uint64_t at = draw_word(w).addr;
  bool favour = gen_chance(w->rng, 15); /* the VMS, for few transactions need it */
  unsigned i;

  for (i = 0; i < w->words && favour; i++)
    if (w->word[i].kind == GEN_VMS)
      at = w->word[i].addr;
  gen_heal(w);
  w->abort.base = at & ~63ull;
  if (is_in_group(w, w->abort.base))
    return;
  w->abort.on = engine_memory_inject_abort(w->memory, w->abort.base, 64, true) == 0;
}

/* Two streams keep their VMIDs and StreamWorlds. Two CDs must not come to share TLB entries, or
 * results are UNPREDICTABLE (5.4.1): their ASIDs, ASETs and StreamWorld stay (EL2 has no ASIDs), and
 * nothing of theirs becomes global. */
static uint64_t keep_apart(const struct gen_world *w, const struct gen_word *word, uint64_t old,
                           uint64_t v)
{
  if (w->twin && word->kind == GEN_STE && (word->addr & 63) == 16)
    return (v & ~0xffffull) | (old & 0xffff);
  if ((w->twin || w->cds > 1) && word->kind == GEN_STE && (word->addr & 63) == 8)
    return (v & ~(3ull << 30)) | (old & 3ull << 30);
  if (w->cds < 2)
    return v;
  if (word->kind == GEN_CD)
    return (v & ~(0x1ffffull << 47)) | (old & 0x1ffffull << 47);
  if (word->kind != GEN_S1_DESC)
    return v;
  return v | (word->big_endian ? __builtin_bswap64(1ull << 11) : 1ull << 11);
}

static void flip_words(struct gen_world *w, const struct gen_word *word, uint64_t mask)
{
  uint64_t i;

  for (i = 0; i < 1ull << word->group_log2; i++)
    engine_memory_store64(w->memory, word->addr + 8 * i,
                          engine_memory_load64(w->memory, word->addr + 8 * i) ^ mask);
}

static void store_change(struct gen_world *w, const struct gen_word *word, uint64_t v)
{
  uint64_t old = engine_memory_load64(w->memory, word->addr);

  if (w->changes < GEN_CHANGES) {
    w->change[w->changes].word = *word;
    w->change[w->changes].old = old;
    w->changes++;
  }
  flip_words(w, word, (v ^ old) & ~word->fixed);
}

void gen_mutate(struct gen_world *w)
{
  struct gen_rng *r = w->rng;
  unsigned n = gen_chance(r, 25) ? 2 : 1;

  if (w->words == 0)
    return;
  if (gen_chance(r, 13)) {
    mutate_abort(w);
    return;
  }
  while (n-- > 0) {
    struct gen_word word = draw_word(w);
    uint64_t old = engine_memory_load64(w->memory, word.addr);
    uint64_t v = old;

    if (w->abort.on && (word.addr & ~63ull) == w->abort.base)
      continue; /* nobody can tell what is there, or change it */
    if (gen_chance(r, 5))
      v = gen_chance(r, 50) ? 0 : gen_next(r);
    else
      v ^= 1ull << draw_bit(r);
    store_change(w, &word, keep_apart(w, &word, old, v));
  }
}

void gen_heal(struct gen_world *w)
{
  if (w->abort.on)
    engine_memory_inject_abort(w->memory, w->abort.base, 64, false);
  w->abort.on = false;
}

void gen_repair(struct gen_world *w)
{
  gen_heal(w);
  while (w->changes > 0) {
    w->changes--;
    flip_words(w, &w->change[w->changes].word,
               engine_memory_load64(w->memory, w->change[w->changes].word.addr) ^
                 w->change[w->changes].old);
  }
}
