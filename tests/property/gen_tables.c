/* Translation tables of a random world: placing them, and descriptors. What the STE and the CD say
 * about them is in gen_geometry.c. IHI 0070 3.4, 5.2, 5.4; VMSAv8-64 descriptors. */
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
  return gen_least(52, gen_size_of_code(w->dev.idr[5]));
}

unsigned gen_id(const struct gen_world *w, unsigned reg, unsigned lo, unsigned width)
{
  return w->dev.idr[reg] >> lo & ((1u << width) - 1);
}

uint64_t gen_maybe(struct gen_world *w, unsigned percent, unsigned bit)
{
  return (uint64_t)gen_chance(w->rng, percent) << bit;
}

static void remember(struct gen_world *w, const struct gen_word *word, uint64_t value)
{
  engine_memory_store64(w->memory, word->addr, value);
  if (w->words < GEN_WORDS)
    w->word[w->words++] = *word;
}

void gen_put(struct gen_world *w, enum gen_kind kind, uint64_t addr, uint64_t value)
{
  struct gen_word word = { .addr = addr, .kind = kind };

  remember(w, &word, value);
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

unsigned gen_span(const struct gen_tables *t, int level)
{
  return t->grain + (t->grain - 3) * (unsigned)(3 - level);
}

/* ---- descriptors ---- */

/* Stage 2 MemAttr: mostly Normal. */
static uint64_t s2_memattr(struct gen_rng *r, const struct gen_tables *t)
{
  static const uint8_t normal[9] = { 5, 6, 7, 9, 10, 11, 13, 14, 15 };
  static const uint8_t forced[4] = { 6, 6, 7, 5 };

  if (gen_chance(r, 6))
    return gen_next(r) & (t->fwb ? 7 : 15);
  if (t->fwb)
    return forced[gen_below(r, 4)];
  return gen_chance(r, 60) ? 15 : normal[gen_below(r, 9)];
}

static uint64_t s2_attributes(struct gen_rng *r, const struct gen_tables *t)
{
  uint64_t d = 3ull << 6 | 1ull << 10 | s2_memattr(r, t) << 2;

  if (gen_chance(r, 5))
    d ^= (gen_next(r) & 3) << 6; /* S2AP */
  if (gen_chance(r, t->ha ? 35 : 3))
    d ^= 1ull << 10;
  if (gen_chance(r, 20))
    d |= (gen_next(r) & 3) << 53;
  d |= (gen_next(r) & 3) << 8 | (gen_next(r) & 1) << 51;
  if (t->hd && gen_chance(r, 35))
    d = (d & ~(1ull << 7)) | 1ull << 51; /* writable-clean */
  return d | (gen_next(r) & 0xff) << 55;
}

static uint64_t s1_attributes(const struct gen_world *w, const struct gen_tables *t)
{
  struct gen_rng *r = w->rng;
  uint64_t d = 1ull << 6 | 1ull << 10 | (gen_next(r) & 7) << 2;

  if (gen_chance(r, 20))
    d ^= (gen_next(r) & 3) << 6; /* AP[2:1] */
  if (gen_chance(r, t->ha ? 35 : 4))
    d ^= 1ull << 10;
  if (gen_chance(r, 20))
    d |= (gen_next(r) & 3) << 53;
  d |= (gen_next(r) & 3) << 8 | (gen_next(r) & 1) << 51;
  if (t->hd && gen_chance(r, 35))
    d |= 1ull << 7 | 1ull << 51;                          /* writable-clean */
  d |= (uint64_t)(w->cds > 1 || gen_chance(r, 50)) << 11; /* nG; see keep_apart() */
  return d | (gen_next(r) & 0xff) << 55;
}

/* APTable, XNTable, PXNTable, AF and the bits a walk ignores. */
static uint64_t table_attributes(struct gen_rng *r, const struct gen_tables *t)
{
  uint64_t d = 3 | (gen_next(r) & 0x3f) << 52 | (gen_next(r) & 1) << 10;

  if (!t->is_s2 && gen_chance(r, 12))
    d |= (gen_next(r) & 15) << 59;
  return d;
}

static bool may_be_block(const struct gen_tables *t, int level)
{
  return level == 2 || (level == 1 && (t->grain == 12 || t->ds || t->lpa)) ||
         (level == 0 && t->grain == 12 && t->ds);
}

/* An address as a descriptor holds it, and back. */
static uint64_t encode(const struct gen_tables *t, uint64_t out)
{
  if (t->ds)
    return (out & 0x3ffffffffffffull) | (out >> 50 & 3) << 8;
  return t->lpa ? (out & 0xffffffffffffull) | (out >> 48 & 15) << 12 : out;
}

static uint64_t decode(const struct gen_tables *t, uint64_t desc)
{
  uint64_t out = desc & 0xffffffffffffull & ~((1ull << t->grain) - 1);

  if (t->ds)
    return out | (desc >> 48 & 3) << 48 | (desc >> 8 & 3) << 50;
  return t->lpa ? out | (desc >> 12 & 15) << 48 : out;
}

/* Where a table word of `t` lies in physical memory. */
static uint64_t word_place(struct gen_world *w, const struct gen_tables *t, uint64_t at)
{
  return !t->is_s2 && (w->config & 2) ? gen_map_s2(w, at) : at;
}

unsigned gen_output_width(const struct gen_world *w, const struct gen_tables *t)
{
  if (!t->is_s2 && (w->config & 2) && !gen_chance(w->rng, 2))
    return gen_least(t->out_bits, w->s2.in_bits);
  return t->out_bits;
}

static uint64_t new_leaf(struct gen_world *w, const struct gen_tables *t, int level, uint64_t *out)
{
  struct gen_rng *r = w->rng;
  unsigned span = gen_span(t, level);
  unsigned width = gen_output_width(w, t);
  uint64_t attributes = t->is_s2 ? s2_attributes(r, t) : s1_attributes(w, t);

  *out = gen_place(w, gen_chance(r, 98) || t->out_bits > 47 ? width : 48, span);
  if (t->ds)
    attributes &= ~(3ull << 8);
  return encode(t, *out) | attributes | (level == 3 ? 3 : 1);
}

/* How many leaves the Contiguous bit joins, as log2: 16 of 4K; 128 pages or 32 blocks of 16K; 32 of
 * 64K. 0 where flags are updated, for a group may then have them in any of its leaves. */
static unsigned group_of(struct gen_world *w, const struct gen_tables *t, int level)
{
  unsigned log2 = t->grain == 12 ? 4 : t->grain == 14 && level == 3 ? 7 : 5;

  if (t->ha || level < 1 || gen_span(t, level) + log2 >= gen_output_width(w, t) ||
      gen_span(t, level) + log2 > t->in_bits)
    return 0;
  return gen_chance(w->rng, 12) ? log2 : 0;
}

/* A leaf and its neighbours, `at` being where one of them lies; false when there is no room. */
static bool put_group(struct gen_world *w, const struct gen_tables *t, int level, uint64_t at,
                      uint64_t *out)
{
  unsigned span = gen_span(t, level), log2 = group_of(w, t, level);
  uint64_t n = 1ull << log2, first = at & ~(8 * n - 1), i, desc;
  struct gen_word word = { .addr = first, .level = level, .big_endian = t->big_endian };

  if (log2 == 0)
    return false;
  for (i = 0; i < n; i++)
    if (engine_memory_load64(w->memory, first + 8 * i) != 0)
      return false;
  desc = (t->is_s2 ? s2_attributes(w->rng, t) : s1_attributes(w, t)) | (level == 3 ? 3 : 1);
  if (t->ds)
    desc &= ~(3ull << 8);
  desc |= 1ull << 52;
  *out = gen_place(w, gen_output_width(w, t), span + log2);
  for (i = n; i-- > 0;)
    engine_memory_store64(w->memory, first + 8 * i,
                          swap_if(t->big_endian, desc | encode(t, *out + (i << span))));
  word.kind = t->is_s2 ? GEN_S2_DESC : GEN_S1_DESC;
  word.group_log2 = log2;
  word.fixed = swap_if(t->big_endian, (n - 1) << span);
  remember(w, &word, engine_memory_load64(w->memory, first));
  *out += (at - first) / 8 << span;
  return true;
}

static void put_descriptor(struct gen_world *w, const struct gen_tables *t, int level, uint64_t at,
                           uint64_t desc)
{
  struct gen_word word = { .addr = at, .level = level, .big_endian = t->big_endian };

  word.kind = t->is_s2 ? GEN_S2_DESC : GEN_S1_DESC;
  remember(w, &word, swap_if(t->big_endian, desc));
}

uint64_t gen_map(struct gen_world *w, const struct gen_tables *t, uint64_t input)
{
  uint64_t table = t->base;
  uint64_t in = t->in_bits < 64 ? input & ((1ull << t->in_bits) - 1) : input;
  int level;

  for (level = t->start; level <= 3; level++) {
    unsigned span = gen_span(t, level);
    uint64_t index = level == t->start ? in >> span : (in >> span) & ((1ull << (t->grain - 3)) - 1);
    uint64_t at = word_place(w, t, table + 8 * index);
    uint64_t desc = swap_if(t->big_endian, engine_memory_load64(w->memory, at));
    uint64_t out = decode(t, desc);
    bool leaf = level == 3 || (desc & 3) == 1;

    if (!(desc & 1)) {
      leaf = level == 3 || (may_be_block(t, level) &&
                            span < gen_least(gen_output_width(w, t), 43) && gen_chance(w->rng, 15));
      if (!leaf) {
        out = gen_place(w, gen_output_width(w, t), t->grain);
        put_descriptor(w, t, level, at, encode(t, out) | table_attributes(w->rng, t));
      } else if (!put_group(w, t, level, at, &out)) {
        desc = new_leaf(w, t, level, &out);
        put_descriptor(w, t, level, at, desc);
      }
    }
    if (leaf)
      return (out >> span << span) | (in & ((1ull << span) - 1));
    table = out;
  }
  return 0;
}

uint64_t gen_map_s2(struct gen_world *w, uint64_t ipa)
{
  return gen_map(w, &w->s2, ipa);
}
