/* See rig_wide.h. */
#include "shim/rig_wide.h"

#include "util/bits.h"

void rig_wide_begin(struct rig *rig, const char *profile)
{
  struct smmu_config config = rig->config;

  if (profile)
    smmu_config_set_tlb_profile(&config, profile);
  config.idr[5] = 0x4f6;
  rig_restart(rig, &config);
}

static unsigned rig_wide_shift(const struct rig_wide *t, int level)
{
  return t->granule + (t->granule - 3) * (unsigned)(3 - level);
}

/* Where a descriptor keeps an address. */
static uint64_t rig_wide_bits(const struct rig_wide *t, uint64_t a)
{
  uint64_t low = a & 0xfffffffff000;

  if (t->granule == 16)
    return low | (a >> 48 & 0xf) << 12;
  return t->ds ? low | (a & 3ULL << 48) | (a >> 50 & 3) << 8 : low;
}

static uint64_t address_of(const struct rig_wide *t, uint64_t desc)
{
  uint64_t low = desc & 0xfffffffff000 & ~bits_low(t->granule);

  if (t->granule == 16)
    return low | (desc >> 12 & 0xf) << 48;
  return t->ds ? low | (desc & 3ULL << 48) | (desc >> 8 & 3) << 50 : low;
}

struct rig_wide rig_wide_tables(struct rig *rig, uint64_t at, unsigned granule, unsigned bits,
                                bool ds)
{
  struct rig_wide t = { rig, at, at + 0x100000, granule, bits, 3, ds };

  while (bits > rig_wide_shift(&t, t.start) + granule - 3)
    t.start--;
  return t;
}

uint64_t rig_wide_leaf(struct rig_wide *t, uint64_t in, int level)
{
  uint64_t table = t->base;

  in &= bits_low(t->bits);
  for (int l = t->start;; l++) {
    uint64_t index = in >> rig_wide_shift(t, l);
    uint64_t at;

    if (l != t->start)
      index &= bits_low(t->granule - 3);
    at = table + 8 * index;
    if (l == level)
      return at;
    if (!engine_memory_load64(t->rig->memory, at)) {
      engine_memory_store64(t->rig->memory, at, rig_wide_bits(t, t->next) | 3);
      t->next += 0x10000;
    }
    table = address_of(t, engine_memory_load64(t->rig->memory, at));
  }
}

void rig_wide_put(struct rig_wide *t, uint64_t in, uint64_t out, int level)
{
  uint64_t sh = t->ds && t->granule < 16 ? 0 : 3ULL << 8;

  engine_memory_store64(t->rig->memory, rig_wide_leaf(t, in, level),
                        rig_wide_bits(t, out) | 1ULL << 10 | sh | 3ULL << 6 |
                          (level == 3 ? 3 : 1)); /* AF; AP read-only, or S2AP read-write */
}

void rig_wide_stage1(const struct rig_wide *t)
{
  static const uint8_t tg0[] = { [12] = 0, [14] = 2, [16] = 1 };
  struct rig *rig = t->rig;

  CD_SET(rig, SID, 0, T0SZ, 64 - t->bits);
  CD_SET(rig, SID, 0, TG0, tg0[t->granule]);
  CD_SET(rig, SID, 0, TTB0, t->base >> 4);
  CD_SET(rig, SID, 0, IPS, 6);
  CD_SET(rig, SID, 0, DS, t->ds);
  CD_SET(rig, SID, 0, SH0, 2);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

void rig_wide_stage2(const struct rig_wide *t)
{
  static const uint8_t s2tg[] = { [12] = 0, [14] = 2, [16] = 1 };
  unsigned s2sl = t->start == -1 ? 4 : (unsigned)((t->granule == 12 ? 2 : 3) - t->start);
  struct rig *rig = t->rig;

  STE_SET(rig, SID, S2T0SZ, 64 - t->bits);
  STE_SET(rig, SID, S2TG, s2tg[t->granule]);
  STE_SET(rig, SID, S2TTB, t->base >> 4);
  STE_SET(rig, SID, S2PS, 6);
  STE_SET(rig, SID, S2DS, t->ds);
  STE_SET(rig, SID, S2SL0, s2sl & 3);
  STE_SET(rig, SID, S2SL0_2, s2sl >> 2);
  STE_SET(rig, SID, S2SH0, 2);
  rig_cmds(rig, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

void rig_wide_expect(struct rig *rig, uint64_t in, uint64_t pa)
{
  EXPECT_PA(rig_read(rig, SID, in), pa);
  EXPECT_PA(rig_read(rig, SID, in), pa); /* from whatever has cached it */
}
