/* What a random STE and CD say about their tables: granule, sizes, start level, flags, base. IHI
 * 0070 3.4, 5.2 and 5.4. */
#include "gen_tables.h"

static unsigned draw_grain(struct gen_world *w)
{
  static const unsigned grains[3] = { 12, 14, 16 };
  unsigned i;

  if (gen_chance(w->rng, 40) && gen_id(w, 5, 4, 1))
    return 12;
  for (i = 0; i < 16; i++) {
    unsigned pick = (unsigned)gen_below(w->rng, 3);

    if (gen_chance(w->rng, 1) || gen_id(w, 5, 4 + pick, 1))
      return grains[pick];
  }
  return 12;
}

unsigned gen_size_code(struct gen_world *w)
{
  return gen_chance(w->rng, 70) ? gen_id(w, 5, 0, 3) : (unsigned)gen_below(w->rng, 8);
}

static void draw_base(struct gen_world *w, struct gen_tables *t)
{
  unsigned size_log2 = 3 + t->in_bits - gen_span(t, t->start);

  t->base = gen_place(w, gen_output_width(w, t), size_log2 < 6 ? 6 : size_log2);
}

/* 64 - TxSZ: 25..48, with small tables (IDR3.STT) down to 16, or 17 for 64K, and up to 52. */
static unsigned draw_in_bits(struct gen_world *w, const struct gen_tables *t, bool is_long)
{
  unsigned low = t->grain == 16 ? 17 : 16;
  unsigned high = is_long && (t->ds || t->grain == 16) ? 52 : 48;

  if (!gen_id(w, 3, 9, 1) || gen_chance(w->rng, 60))
    low = high == 52 && gen_chance(w->rng, 50) ? 45 : 25;
  return low + (unsigned)gen_below(w->rng, high + 1 - low);
}

/* What the granule, the output size and DS come to. */
static void set_format(struct gen_world *w, struct gen_tables *t, unsigned ps, bool ds)
{
  t->ds = ds && t->grain != 16;
  t->lpa = t->grain == 16 && gen_oas(w) == 52;
  t->out_bits = gen_least(gen_size_of_code(ps), gen_oas(w));
  if (!t->ds && !t->lpa)
    t->out_bits = gen_least(t->out_bits, 48);
}

/* HA, HD, HAFT as bits 0 to 2: mostly a combination that the device has. */
static unsigned draw_flags(struct gen_world *w, struct gen_tables *t)
{
  struct gen_rng *r = w->rng;
  unsigned httu = gen_id(w, 0, 6, 2);
  unsigned flags = httu >= 1 && gen_chance(r, 65);

  if (httu >= 2 && gen_chance(r, flags ? 65 : 5))
    flags |= 2;
  if (httu == 3 && flags & 1 && gen_chance(r, 55))
    flags |= 4;
  if (gen_chance(r, 1))
    flags ^= 1u << gen_below(r, 3);
  t->ha = (flags & 1) && httu >= 1;
  t->hd = t->ha && (flags & 2) && httu >= 2;
  t->haft = t->ha && (flags & 4) && httu == 3;
  return flags;
}

static bool draw_endian(struct gen_world *w)
{
  unsigned ttendian = gen_id(w, 0, 21, 2);

  return ttendian == 3 || (ttendian == 0 && gen_chance(w->rng, 30));
}

/* {S2SL0_2, S2SL0} and the level it names: 5.2 S2SL0. */
static unsigned draw_start(struct gen_world *w, struct gen_tables *t)
{
  bool is_4k = t->grain == 12;
  unsigned sl0 = (unsigned)gen_below(w->rng, is_4k || t->ds ? 4 : 3);

  if (is_4k && t->ds && gen_chance(w->rng, 30)) {
    t->start = -1;
    return 4;
  }
  t->start = is_4k ? 2 - (int)sl0 : 3 - (int)sl0;
  if (t->start < 0)
    t->start = 3; /* 4K, small tables */
  return sl0;
}

/* Every (S2T0SZ, start level) pair that the format allows, one of them. */
static unsigned draw_s2(struct gen_world *w, unsigned ps, bool ds)
{
  struct gen_tables *t = &w->s2;
  unsigned tries, first, sl0 = 0;

  t->is_s2 = true;
  t->grain = draw_grain(w);
  set_format(w, t, ps, ds);
  for (tries = 0; tries < 200; tries++) {
    t->in_bits = draw_in_bits(w, t, true);
    sl0 = draw_start(w, t);
    first = gen_span(t, t->start);
    if (t->in_bits <= gen_oas(w) && t->in_bits > first && t->in_bits <= first + t->grain + 1 &&
        (sl0 != 3 || t->grain == 14 || gen_id(w, 3, 9, 1)))
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
  unsigned ps = gen_size_code(w), model = gen_id(w, 0, 24, 2);
  struct gen_tables *t = &w->s2;
  bool ds = gen_id(w, 5, 7, 1) && gen_chance(r, 60);
  unsigned sl0 = draw_s2(w, ps, ds);
  unsigned flags = draw_flags(w, t);

  t->big_endian = draw_endian(w);
  t->fwb = gen_id(w, 3, 8, 1) && ste[1] & 1ull << 25;
  draw_base(w, t);
  ste[2] |= (uint64_t)(64 - t->in_bits) << 32 | (uint64_t)(sl0 & 3) << 38;
  ste[2] |= (gen_next(r) & 0x3f) << 40 | (uint64_t)code_of_grain(t->grain, false) << 46;
  ste[2] |= (uint64_t)ps << 48 | 1ull << 51 | (uint64_t)t->big_endian << 52;
  ste[2] |= gen_maybe(w, 15, 53) | gen_maybe(w, 30, 54) | gen_maybe(w, 80, 58);
  ste[2] |= (uint64_t)(flags >> 1 & 1) << 55 | (uint64_t)(flags & 1) << 56;
  ste[2] |= (uint64_t)(flags >> 2) << 59;
  if (model == 2 || (model == 0 && w->eats == 0))
    ste[2] |= gen_maybe(w, model == 2 ? 98 : 35, 57); /* S2S */
  ste[3] = t->base | (uint64_t)(sl0 >> 2) << 2 | (uint64_t)ds << 3;
}

static void draw_half(struct gen_world *w, unsigned cd, unsigned half, uint64_t words[8])
{
  struct gen_rng *r = w->rng;
  struct gen_tables *t = &w->cd[cd].half[half];
  unsigned shift = half ? 16 : 0;

  t->in_bits = draw_in_bits(w, t, gen_id(w, 5, 10, 2) != 0);
  t->start = 3 - (int)((t->in_bits - 1 - t->grain) / (t->grain - 3));
  w->cd[cd].tbi[half] = gen_chance(r, 40);
  w->cd[cd].on[half] = !gen_chance(r, w->one_range ? 0 : 4);
  draw_base(w, t);
  words[0] |= (uint64_t)(64 - t->in_bits) << shift | (uint64_t)!w->cd[cd].on[half]
                                                       << (half ? 30 : 14);
  words[0] |= (uint64_t)code_of_grain(t->grain, half == 1) << (half ? 22 : 6);
  words[0] |= (gen_next(r) & 0x3f) << (8 + shift) | (uint64_t)w->cd[cd].tbi[half] << (38 + half);
  words[1 + half] |= t->base | gen_maybe(w, 25, 1) | gen_maybe(w, 7, 2);
}

/* ENDI, HA, HD, HAFT, DS: both halves have them in common. */
void gen_halves(struct gen_world *w, unsigned cd, unsigned ps, uint64_t words[8])
{
  bool big_endian = draw_endian(w);
  bool ds = gen_id(w, 5, 7, 1) && gen_chance(w->rng, 60);
  struct gen_tables *t = w->cd[cd].half;
  unsigned flags = draw_flags(w, &t[0]);
  unsigned half;

  t[1] = t[0];
  words[0] |= (uint64_t)big_endian << 15 | (uint64_t)(flags >> 1 & 1) << 42;
  words[0] |= (uint64_t)(flags & 1) << 43;
  words[1] |= (uint64_t)(flags >> 2) << 3 | gen_maybe(w, 40, 59); /* EPAN */
  words[2] |= (uint64_t)ds << 58;
  for (half = 0; half < 2; half++) {
    t[half].big_endian = big_endian;
    t[half].grain = draw_grain(w);
    set_format(w, &t[half], ps, ds);
    draw_half(w, cd, half, words);
  }
}
