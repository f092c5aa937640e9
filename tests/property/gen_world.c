/* Stream table, CDs and addresses of a random world. IHI 0070 5.1-5.4. */
#include <string.h>

#include "gen_tables.h"

/* ---- Context Descriptors ---- */

/* Every byte is a code; the reserved ones of Normal memory and those of Device are rarer. */
static uint64_t draw_mair(struct gen_rng *r)
{
  uint64_t mair = gen_next(r);
  unsigned i;

  for (i = 0; i < 8; i++)
    if ((mair >> (8 * i) & 15) == 0 && gen_chance(r, 70))
      mair |= 15ull << (8 * i);
  return mair;
}

static void build_cd(struct gen_world *w, unsigned cd, uint64_t asid, uint64_t words[8])
{
  struct gen_rng *r = w->rng;
  unsigned ips = gen_size_code(w);
  bool must_abort = gen_id(w, 0, 26, 1);
  unsigned model = gen_id(w, 0, 24, 2);

  memset(words, 0, 8 * sizeof words[0]);
  w->cd[cd].asid = asid;
  words[0] = 1ull << 31 | 1ull << 41 | (uint64_t)ips << 32 | asid << 48;
  words[0] |= (uint64_t)(must_abort || gen_chance(r, 75)) << 46 | (uint64_t)gen_chance(r, 80) << 45;
  words[0] |= gen_maybe(w, 15, 35) | gen_maybe(w, 12, 36);
  words[0] |= gen_maybe(w, 9, 40) | (gen_next(r) & 1) << 47 | (gen_next(r) & 1) << 37;
  if (model == 2 || (model == 0 && !w->no_stall))
    words[0] |= gen_maybe(w, model == 2 ? 98 : 35, 44); /* S */
  gen_halves(w, cd, ips, words);
  words[3] = draw_mair(r);
  words[5] = gen_below(r, 32) << 32 | gen_below(r, 4) << 48; /* PARTID, PMG */
}

/* Write a CD (or, for n = 1, an L1CD) where the SMMU will look for it. */
static void put_structure(struct gen_world *w, enum gen_kind kind, uint64_t at,
                          const uint64_t *words, unsigned n)
{
  uint64_t pa = w->config & 2 ? gen_map_s2(w, at) : at;
  unsigned i;

  for (i = 0; i < n; i++)
    gen_put(w, kind, pa + 8 * i, words[i]);
}

static void place_cds(struct gen_world *w, uint64_t ste[8])
{
  struct gen_rng *r = w->rng;
  unsigned width = w->config & 2 ? w->s2.in_bits : gen_oas(w);
  unsigned format = w->cd_count_log2 == 0       ? (unsigned)gen_below(r, 4)
                    : (w->dev.idr[0] >> 19 & 1) ? (unsigned)gen_below(r, 3)
                                                : 0;
  bool two_level = w->cd_count_log2 > 0 && format > 0;
  unsigned split = format == 1 ? 6 : 10;
  unsigned size_log2 = 6 + w->cd_count_log2;
  uint64_t asid_mask = w->dev.idr[0] & 1u << 12 ? 0xffff : 0xff;
  uint64_t asid = w->twin && w->twin->cds > 0 ? w->twin->cd[0].asid : gen_next(r) & asid_mask;
  uint64_t ptr, words[8], l1cd;
  unsigned i;

  if (two_level)
    size_log2 = w->cd_count_log2 > split + 3 ? w->cd_count_log2 - split + 3 : 6;
  ptr = gen_place(w, width, size_log2);
  ste[0] |= ptr | (uint64_t)format << 4 | (uint64_t)w->cd_count_log2 << 59;
  for (i = 0; i < w->cds; i++) {
    uint64_t at = ptr + 64ull * w->cd[i].ssid;

    build_cd(w, i, i == 0 ? asid : ~asid & asid_mask, words);
    if (two_level) {
      uint64_t l1_at = ptr + 8ull * (w->cd[i].ssid >> split);
      uint64_t l1_pa = w->config & 2 ? gen_map_s2(w, l1_at) : l1_at;

      l1cd = engine_memory_load64(w->memory, l1_pa);
      if (!(l1cd & 1)) {
        l1cd = gen_place(w, width, 6 + split) | 1;
        put_structure(w, GEN_L1CD, l1_at, &l1cd, 1);
      }
      at = (l1cd & ~0xfffull) + 64ull * (w->cd[i].ssid & ((1u << split) - 1));
    }
    put_structure(w, GEN_CD, at, words, 8);
  }
}

static void build_s1(struct gen_world *w, uint64_t ste[8])
{
  struct gen_rng *r = w->rng;
  unsigned ssid_bits = w->dev.idr[1] >> 6 & 31;
  unsigned i;

  w->cd_count_log2 = ssid_bits > 0 && gen_chance(r, 50) ? (unsigned)gen_below(r, ssid_bits + 1) : 0;
  w->s1dss = (unsigned)gen_below(r, 4);
  w->cds = w->cd_count_log2 > 0 && !w->one_range ? 2 : 1;
  for (i = 0; i < w->cds; i++)
    w->cd[i].ssid = (uint32_t)gen_below(r, 1ull << w->cd_count_log2);
  if (w->s1dss == 2 && gen_chance(r, 50))
    w->cd[0].ssid = 0;
  if (w->cds == 2 && w->cd[0].ssid == w->cd[1].ssid)
    w->cds = 1;
  ste[1] |= w->s1dss;
  place_cds(w, ste);
}

/* ---- addresses that shall translate ---- */

static void add_target(struct gen_world *w)
{
  struct gen_rng *r = w->rng;
  unsigned cd = w->cds > 0 ? (unsigned)gen_below(r, w->cds) : 0;
  unsigned half = w->one_range ? 0 : gen_chance(r, 35);
  const struct gen_tables *t = &w->cd[cd].half[half];
  const struct gen_world *twin = gen_chance(r, 70) ? w->twin : NULL;
  uint64_t like = twin ? twin->target[gen_below(r, twin->targets)].addr : 0;
  uint64_t in, out;

  if (twin && !w->one_range) {
    half = like >> 55 & 1;
    t = &w->cd[cd].half[half];
  }
  if (w->config & 1 && !w->cd[cd].on[half] && !w->one_range) {
    half ^= 1;
    t = &w->cd[cd].half[half];
  }
  if (!(w->config & 1)) {
    in = gen_place(w, w->config & 2 && gen_chance(r, 97) ? w->s2.in_bits : gen_oas(w), 0);
    if (twin && w->config & 2 && like >> w->s2.in_bits == 0)
      in = like;
    out = in;
    w->target[w->targets].ipa = in;
  } else {
    in = gen_next(r) >> (64 - t->in_bits + gen_below(r, 3) * 4);
    if (twin)
      in = like;
    else if (w->targets > 0 && gen_chance(r, 40))
      in = (w->target[w->targets - 1].addr & ((1ull << t->in_bits) - 1)) +
           ((gen_next(r) & 3) << t->grain);
    in &= (1ull << t->in_bits) - 1;
    out = gen_map(w, t, in);
    w->target[w->targets].ipa = out;
    if (half)
      in |= ~0ull << t->in_bits;
  }
  if (w->config & 2)
    gen_map_s2(w, out);
  w->target[w->targets].addr = in;
  w->target[w->targets].cd = cd;
  w->targets++;
}

/* ---- the stream table ---- */

static void put_ste(struct gen_world *w, const uint64_t ste[8])
{
  unsigned i;

  for (i = 0; i < 8; i++)
    gen_put(w, GEN_STE, w->ste_addr + 8 * i, ste[i]);
}

static void place_ste(struct gen_world *w, const uint64_t ste[8])
{
  struct gen_rng *r = w->rng;
  static const unsigned splits[4] = { 6, 8, 10, 7 };
  bool two_level = (w->dev.idr[0] >> 27 & 3) == 1 && gen_chance(r, 50);
  unsigned code = splits[gen_below(r, 4)];
  unsigned split = code == 7 ? 6 : code;
  unsigned size = (unsigned)gen_below(r, two_level ? 18 : 10);
  unsigned eff = gen_least(size, w->dev.idr[1] & 63);
  unsigned span;
  uint64_t base, l2;

  w->sid = (uint32_t)gen_below(r, 1ull << eff);
  w->dev.strtab_base_cfg = size | code << 6 | (two_level ? 1u << 16 : 0);
  if (two_level) {
    base = gen_place(w, gen_oas(w), size > split + 3 ? size - split + 3 : 6);
    span = 1 + (unsigned)gen_below(r, split + 1);
    if (gen_chance(r, 94))
      w->sid = (w->sid >> split << split) | (w->sid & ((1u << (span - 1)) - 1));
    l2 = gen_place(w, gen_oas(w), 6 + span - 1);
    gen_put(w, GEN_L1STD, base + 8ull * (w->sid >> split), l2 | span);
    w->ste_addr = l2 + 64ull * (w->sid & ((1u << split) - 1));
    w->sid_room = gen_least(span - 1, eff);
    if ((w->sid & ((1u << split) - 1)) >> (span - 1))
      w->sid_room = 0;
  } else {
    base = gen_place(w, gen_oas(w), 6 + size);
    w->ste_addr = base + 64ull * w->sid;
    w->sid_room = eff;
  }
  w->dev.strtab_base = base | (gen_next(r) & 1) << 62;
  put_ste(w, ste);
}

static bool memory_read(void *ctx, uint64_t pa, void *bytes, size_t len)
{
  return engine_memory_read(ctx, pa, bytes, len);
}

static void draw_registers(struct gen_world *w)
{
  struct gen_rng *r = w->rng;

  w->dev.cr0 = 1u | 1u << 2 | 1u << 3;
  if (gen_chance(r, 3))
    w->dev.cr0 &= ~1u;
  w->dev.cr2 = (uint32_t)gen_chance(r, 75) << 1;
  if (gen_id(w, 0, 9, 1))
    w->dev.cr2 |= (uint32_t)gen_chance(r, 50);
  if (gen_id(w, 0, 10, 1)) {
    w->dev.cr0 |= (uint32_t)gen_chance(r, 80) << 4;                          /* ATSCHK */
    w->dev.cr2 |= (uint32_t)(gen_id(w, 0, 23, 1) && gen_chance(r, 60)) << 3; /* REC_CFG_ATS */
  }
  w->dev.gbpa = (uint32_t)gen_next(r) & 0x3f1f;
  if (gen_chance(r, 40))
    w->dev.gbpa |= 1u << 20;
}

/* nested, stage 1, stage 2, bypass, abort */
static unsigned draw_config(struct gen_world *w)
{
  uint64_t dice = gen_below(w->rng, 100);
  unsigned config = dice < 75   ? 7
                    : dice < 85 ? 5
                    : dice < 95 ? 6
                    : dice < 98 ? 4
                                : (unsigned)gen_below(w->rng, 8);

  if (!(w->dev.idr[0] & 2) && gen_chance(w->rng, 90))
    config &= 6;
  if (!(w->dev.idr[0] & 1) && gen_chance(w->rng, 90))
    config &= 5;
  return config;
}

static bool is_el2(const struct gen_world *w)
{
  return w->config == 5 && (engine_memory_load64(w->memory, w->ste_addr + 8) >> 30 & 3) == 2;
}

/* Doubleword 1 of the STE: attributes and what the device decides. */
static uint64_t draw_ste_1(struct gen_world *w)
{
  struct gen_rng *r = w->rng;
  uint64_t v = (gen_next(r) & 15) << 48 | (gen_next(r) & 0x3f) << 2;

  if (gen_chance(r, 50))
    v |= gen_next(r) & 0x31ff00000000ull; /* MemAttr, MTCFG, ALLOCCFG, SHCFG */
  else
    v |= 1ull << 44;
  if (gen_id(w, 3, 8, 1))
    v |= gen_maybe(w, 50, 25); /* S2FWB */
  w->no_stall = gen_id(w, 0, 24, 2) == 0 && gen_chance(r, 20);
  v |= (uint64_t)w->no_stall << 27;                                              /* S1STALLD */
  if (gen_id(w, 0, 10, 1) && gen_chance(r, gen_id(w, 0, 24, 2) == 2 ? 8 : 90)) { /* S2S = 0 */
    w->eats = w->config == 7 && !gen_id(w, 0, 11, 1) && gen_chance(r, 45) ? 2 : 1;
    if (gen_chance(r, 4))
      w->eats = (unsigned)gen_below(r, 4);
  }
  return v | (uint64_t)w->eats << 28;
}

/* Everything but the place of the STE. */
static void build_stream(struct gen_world *w, uint64_t ste[8])
{
  struct gen_rng *r = w->rng;
  uint64_t vmid_mask = w->dev.idr[0] & 1u << 18 ? 0xffff : 0xff;
  unsigned i, n;

  w->config = draw_config(w);
  ste[0] = 1 | (uint64_t)w->config << 1;
  ste[1] = draw_ste_1(w);
  ste[2] = gen_next(r) & vmid_mask;
  if (w->twin)
    ste[2] = (engine_memory_load64(w->memory, w->twin->ste_addr + 16) & vmid_mask) ^
             (1ull << gen_below(r, 16) & vmid_mask);
  if (w->config == 5 && w->dev.idr[0] & 1u << 9 && gen_chance(r, 40) &&
      !(w->twin && is_el2(w->twin))) {
    ste[1] |= 2ull << 30;
    w->one_range = !(w->dev.cr2 & 1);
  }
  if (gen_id(w, 3, 7, 1)) {
    uint64_t vms = gen_place(w, gen_oas(w), 12);

    ste[1] |= gen_maybe(w, 60, 26); /* S1MPAM */
    ste[5] = vms;
    gen_put(w, GEN_VMS, vms, gen_next(r));
  }
  if (w->config & 2)
    gen_s2(w, ste);
  if (w->config & 1)
    build_s1(w, ste);
  n = 1 + (unsigned)gen_below(r, GEN_TARGETS);
  for (i = 0; i < n; i++)
    add_target(w);
}

void gen_world(struct gen_world *w, struct gen_rng *r, const struct gen_device *d,
               struct engine_memory *m)
{
  uint64_t ste[8] = { 0 };

  memset(w, 0, sizeof *w);
  w->rng = r;
  w->memory = m;
  memcpy(w->dev.idr, d->idr, sizeof w->dev.idr);
  w->dev.mpamidr = d->mpamidr;
  w->dev.read = memory_read;
  w->dev.ctx = m;
  draw_registers(w);
  build_stream(w, ste);
  place_ste(w, ste);
}

bool gen_twin(struct gen_world *w, struct gen_world *first, struct gen_rng *r)
{
  uint64_t ste[8] = { 0 };
  uint32_t bit;

  memset(w, 0, sizeof *w);
  if (first->sid_room == 0 || (first->dev.idr[0] & 3) != 3)
    return false;
  bit = 1u << gen_below(r, first->sid_room);
  w->rng = r;
  w->memory = first->memory;
  w->dev = first->dev;
  w->twin = first;
  first->twin = w;
  w->sid = first->sid ^ bit;
  w->ste_addr = w->sid & bit ? first->ste_addr + 64ull * bit : first->ste_addr - 64ull * bit;
  build_stream(w, ste);
  if ((ste[2] & 0xffff) == (engine_memory_load64(w->memory, first->ste_addr + 16) & 0xffff))
    return false;
  put_ste(w, ste);
  return true;
}
