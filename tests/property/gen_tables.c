/* Translation tables of a random world. IHI 0070 3.4, 5.2, 5.4; VMSAv8-64 descriptors. */
#include "gen_tables.h"

unsigned gen_size_of_code(uint64_t code)
{
  static const unsigned sizes[8] = { 32, 36, 40, 42, 44, 48, 52, 56 };

  return sizes[code & 7];
}

unsigned gen_least(unsigned a, unsigned b)
{
  return a < b ? a : b;
}

unsigned gen_oas(const struct gen_world *w)
{
  return gen_least(48, gen_size_of_code(w->dev.idr[5]));
}

uint64_t gen_reserved(const uint32_t idr[6])
{
  return (1ull << gen_least(48, gen_size_of_code(idr[5]))) - 0x100000;
}

void gen_put(struct gen_world *w, enum gen_kind kind, int level, uint64_t addr, uint64_t value)
{
  engine_memory_store64(w->memory, addr, value);
  if (w->words < GEN_WORDS) {
    w->word[w->words].addr = addr;
    w->word[w->words].kind = kind;
    w->word[w->words].level = level;
    w->words++;
  }
}

uint64_t gen_place(struct gen_world *w, unsigned width, unsigned align_log2)
{
  struct gen_rng *r = w->rng;
  unsigned used = gen_chance(r, 60) && width > 32 ? 32 : width;
  uint64_t at = gen_next(r) >> (64 - used) >> align_log2 << align_log2;

  if (align_log2 >= used)
    return 0;
  if (at >= (1ull << gen_oas(w)) - 0x200000)
    at = align_log2 < used - 1 ? 1ull << (used - 1) : 0;
  if (at == 0 && align_log2 < used)
    at = 1ull << (align_log2 > used - 2 ? align_log2 : used - 2);
  return at;
}

static uint64_t swap_if(bool big_endian, uint64_t v)
{
  return big_endian ? __builtin_bswap64(v) : v;
}

static unsigned span_of(const struct gen_tables *t, int level)
{
  return t->grain + (t->grain - 3) * (unsigned)(3 - level);
}

/* ---- descriptors ---- */

static uint64_t s2_attributes(struct gen_rng *r)
{
  uint64_t d = 3ull << 6 | 1ull << 10 | 15ull << 2;

  if (gen_chance(r, 6))
    d ^= (gen_next(r) & 3) << 6; /* S2AP */
  if (gen_chance(r, 3))
    d ^= 1ull << 10;
  if (gen_chance(r, 8))
    d ^= (gen_next(r) & 15) << 2;
  if (gen_chance(r, 20))
    d |= (gen_next(r) & 3) << 53;
  d |= (gen_next(r) & 3) << 8 | (gen_next(r) & 1) << 51;
  return d | (gen_next(r) & 0xff) << 55;
}

static uint64_t s1_attributes(const struct gen_world *w)
{
  struct gen_rng *r = w->rng;
  uint64_t d = 1ull << 6 | 1ull << 10 | (gen_next(r) & 7) << 2;

  if (gen_chance(r, 30))
    d ^= (gen_next(r) & 3) << 6; /* AP[2:1] */
  if (gen_chance(r, 4))
    d ^= 1ull << 10;
  if (gen_chance(r, 30))
    d |= (gen_next(r) & 3) << 53;
  d |= (gen_next(r) & 3) << 8 | (gen_next(r) & 1) << 51;
  d |= (uint64_t)(w->cds > 1 || gen_chance(r, 50)) << 11; /* nG; see keep_apart() */
  return d | (gen_next(r) & 0xff) << 55;
}

/* APTable, XNTable, PXNTable and the bits a walk ignores. */
static uint64_t table_attributes(struct gen_rng *r, bool is_s2)
{
  uint64_t d = 3 | (gen_next(r) & 0x3f) << 52;

  if (!is_s2 && gen_chance(r, 12))
    d |= (gen_next(r) & 15) << 59;
  return d;
}

static bool may_be_block(const struct gen_tables *t, int level)
{
  return level == 2 || (level == 1 && t->grain == 12);
}

/* Where a table word of `t` lies in physical memory. */
static uint64_t word_place(struct gen_world *w, const struct gen_tables *t, uint64_t at)
{
  return !t->is_s2 && (w->config & 2) ? gen_map_s2(w, at) : at;
}

/* Tables and outputs of stage 1 under stage 2 must lie where stage 2 has a range. */
static unsigned output_width(const struct gen_world *w, const struct gen_tables *t)
{
  if (!t->is_s2 && (w->config & 2) && !gen_chance(w->rng, 2))
    return gen_least(t->out_bits, w->s2.in_bits);
  return t->out_bits;
}

static uint64_t new_leaf(struct gen_world *w, const struct gen_tables *t, int level, uint64_t *out)
{
  struct gen_rng *r = w->rng;
  unsigned span = span_of(t, level);
  unsigned width = output_width(w, t);

  *out = gen_place(w, gen_chance(r, 98) || t->out_bits > 47 ? width : 48, span);
  return *out | (t->is_s2 ? s2_attributes(r) : s1_attributes(w)) | (level == 3 ? 3 : 1);
}

uint64_t gen_map(struct gen_world *w, const struct gen_tables *t, uint64_t input)
{
  uint64_t table = t->base;
  uint64_t in = t->in_bits < 64 ? input & ((1ull << t->in_bits) - 1) : input;
  int level;

  for (level = t->start; level <= 3; level++) {
    unsigned span = span_of(t, level);
    uint64_t index = level == t->start ? in >> span : (in >> span) & ((1ull << (t->grain - 3)) - 1);
    uint64_t at = word_place(w, t, table + 8 * index);
    uint64_t desc = swap_if(t->big_endian, engine_memory_load64(w->memory, at));
    uint64_t out = desc & 0xffffffffffffull & ~((1ull << t->grain) - 1);
    bool leaf = level == 3 || (desc & 3) == 1;

    if (!(desc & 1)) {
      leaf = level == 3 || (may_be_block(t, level) && span < gen_least(t->out_bits, 36) &&
                            gen_chance(w->rng, 15));
      if (leaf)
        desc = new_leaf(w, t, level, &out);
      else {
        out = gen_place(w, output_width(w, t), t->grain);
        desc = out | table_attributes(w->rng, t->is_s2);
      }
      gen_put(w, t->is_s2 ? GEN_S2_DESC : GEN_S1_DESC, level, at, swap_if(t->big_endian, desc));
    }
    if (leaf)
      return out | (in & ((1ull << span) - 1));
    table = out;
  }
  return 0;
}

uint64_t gen_map_s2(struct gen_world *w, uint64_t ipa)
{
  return gen_map(w, &w->s2, ipa);
}

/* ---- table geometry ---- */

static unsigned draw_grain(struct gen_world *w)
{
  static const unsigned grains[3] = { 12, 14, 16 };
  unsigned i;

  if (gen_chance(w->rng, 50) && (w->dev.idr[5] & 1u << 4))
    return 12;
  for (i = 0; i < 16; i++) {
    unsigned pick = (unsigned)gen_below(w->rng, 3);

    if (gen_chance(w->rng, 1) || (w->dev.idr[5] & 1u << (4 + pick)))
      return grains[pick];
  }
  return 12;
}

unsigned gen_size_code(struct gen_world *w)
{
  return gen_chance(w->rng, 70) ? w->dev.idr[5] & 7 : (unsigned)gen_below(w->rng, 8);
}

static void draw_base(struct gen_world *w, struct gen_tables *t)
{
  unsigned size_log2 = 3 + t->in_bits - span_of(t, t->start);

  t->base = gen_place(w, output_width(w, t), size_log2 < 6 ? 6 : size_log2);
}

/* 64 - TxSZ: 25..48, with small tables (IDR3.STT) down to 16, or 17 for 64K. */
static unsigned draw_in_bits(struct gen_world *w, unsigned grain)
{
  unsigned low = grain == 16 ? 17 : 16;

  if (!(w->dev.idr[3] & 1u << 9) || gen_chance(w->rng, 60))
    low = 25;
  return low + (unsigned)gen_below(w->rng, 49 - low);
}

/* Every (S2T0SZ, start level) pair that the format allows, one of them. 5.2 S2SL0. */
static unsigned draw_s2(struct gen_world *w)
{
  struct gen_rng *r = w->rng;
  struct gen_tables *t = &w->s2;
  unsigned tries, first, sl0;

  t->is_s2 = true;
  t->grain = draw_grain(w);
  for (tries = 0; tries < 200; tries++) {
    t->in_bits = draw_in_bits(w, t->grain);
    sl0 = (unsigned)gen_below(r, t->grain == 12 ? 4 : 3);
    t->start = t->grain == 12 ? 2 - (int)sl0 : 3 - (int)sl0;
    if (t->start < 0)
      t->start = 3; /* S2SL0 = 3, small tables */
    first = span_of(t, t->start);
    if (t->in_bits <= gen_oas(w) && t->in_bits > first && t->in_bits <= first + t->grain + 1 &&
        (sl0 < 3 || w->dev.idr[3] & 1u << 9))
      break;
  }
  return sl0;
}

static unsigned code_of_grain(unsigned grain, bool upper)
{
  if (grain == 12)
    return upper ? 2 : 0;
  return grain == 14 ? (upper ? 1 : 2) : (upper ? 3 : 1);
}

void gen_s2(struct gen_world *w, uint64_t ste[8])
{
  struct gen_rng *r = w->rng;
  unsigned sl0 = draw_s2(w);
  unsigned ps = gen_size_code(w);
  struct gen_tables *t = &w->s2;

  t->big_endian = !(w->dev.idr[0] & 3u << 21) && gen_chance(r, 30);
  t->out_bits = gen_least(gen_size_of_code(ps), gen_oas(w));
  draw_base(w, t);
  ste[2] |= (uint64_t)(64 - t->in_bits) << 32 | (uint64_t)sl0 << 38 | (gen_next(r) & 0x3f) << 40;
  ste[2] |= (uint64_t)code_of_grain(t->grain, false) << 46 | (uint64_t)ps << 48 | 1ull << 51;
  ste[2] |= (uint64_t)t->big_endian << 52 | (uint64_t)gen_chance(r, 15) << 53;
  ste[2] |= (uint64_t)gen_chance(r, 40) << 54 | (uint64_t)gen_chance(r, 80) << 58;
  ste[3] = t->base;
}

void gen_half(struct gen_world *w, unsigned cd, unsigned half, uint64_t words[8])
{
  struct gen_rng *r = w->rng;
  struct gen_tables *t = &w->cd[cd].half[half];
  unsigned shift = half ? 16 : 0;

  t->grain = draw_grain(w);
  t->in_bits = draw_in_bits(w, t->grain);
  t->start = 3 - (int)((t->in_bits - 1 - t->grain) / (t->grain - 3));
  t->big_endian = words[0] >> 15 & 1;
  w->cd[cd].tbi[half] = gen_chance(r, 40);
  w->cd[cd].on[half] = !gen_chance(r, w->one_range ? 0 : 8);
  draw_base(w, t);
  words[0] |= (uint64_t)(64 - t->in_bits) << shift | (uint64_t)!w->cd[cd].on[half]
                                                       << (half ? 30 : 14);
  words[0] |= (uint64_t)code_of_grain(t->grain, half == 1) << (half ? 22 : 6);
  words[0] |= (gen_next(r) & 0x3f) << (8 + shift) | (uint64_t)w->cd[cd].tbi[half] << (38 + half);
  words[1 + half] = t->base | (uint64_t)gen_chance(r, 25) << 1 | (uint64_t)gen_chance(r, 20) << 2;
}
