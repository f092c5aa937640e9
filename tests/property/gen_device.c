/* Devices for random worlds: ID register values drawn over the whole space of features, of which
 * those remain that the judge accepts. IHI 0070 6.3.1-6.3.6. */
#include <string.h>

#include "gen.h"

/* One draw: a field gets one of the values that are set in `values`, bit n for value n. */
struct draw {
  uint8_t reg, lo, width, percent;
  uint32_t values;
};

/* In this order, for some need others: DS needs VAX, OAS 52 needs DS or 64K. */
static const struct draw draws[] = {
  { 0, 0, 2, 8, 0x6 },                             /* one stage alone */
  { 0, 6, 2, 60, 0xe },                            /* HTTU */
  { 0, 5, 1, 50, 0x2 },                            /* BTM */
  { 0, 9, 1, 50, 0x2 },                            /* HYP */
  { 0, 10, 1, 50, 0x2 },                           /* ATS */
  { 0, 11, 1, 25, 0x2 },                           /* NS1ATS */
  { 0, 12, 1, 20, 0x1 },                           /* ASID16 */
  { 0, 18, 1, 20, 0x1 },                           /* VMID16 */
  { 0, 19, 1, 20, 0x1 },                           /* CD2L */
  { 0, 21, 2, 60, 0x9 },                           /* TTENDIAN */
  { 0, 23, 1, 50, 0x2 },                           /* ATSRECERR */
  { 0, 26, 1, 50, 0x1 },                           /* TERM_MODEL */
  { 1, 6, 5, 40, 0x1fffff },                       /* SSIDSIZE */
  { 1, 26, 1, 50, 0x2 },                           /* ATTR_PERMS_OVR */
  { 1, 27, 1, 40, 0x1 },                           /* ATTR_TYPES_OVR */
  { 3, 4, 1, 25, 0x1 },                            /* XNX */
  { 3, 7, 1, 40, 0x2 },                            /* MPAM */
  { 3, 8, 1, 60, 0x2 },                            /* FWB */
  { 3, 9, 1, 40, 0x2 },                            /* STT */
  { 3, 13, 1, 50, 0x2 },                           /* E0PD */
  { 3, 14, 1, 50, 0x2 },                           /* PTWNNC */
  { 3, 17, 1, 50, 0x2 },                           /* EPAN */
  { 5, 10, 2, 60, 0x2 },                           /* VAX */
  { 5, 7, 1, 70, 0x2 },                            /* DS */
  { 5, 0, 3, 60, 0x3f },                           /* OAS */
  { 5, 0, 3, 40, 0x40 },     { 5, 4, 1, 15, 0x1 }, /* GRAN4K */
  { 5, 5, 1, 15, 0x1 },                            /* GRAN16K */
  { 5, 6, 1, 15, 0x1 },                            /* GRAN64K */
};

static uint32_t draw_value(struct gen_rng *r, uint32_t values)
{
  uint64_t skip = gen_below(r, (uint64_t)__builtin_popcount(values));

  while (skip-- > 0)
    values &= values - 1;
  return (uint32_t)__builtin_ctz(values);
}

/* STALL_MODEL, with the STALL_MAX that goes with it. */
static void draw_stall(struct gen_device *d, struct gen_rng *r,
                       bool (*accepts)(const struct gen_device *d))
{
  struct gen_device old = *d;
  uint32_t model = gen_chance(r, 70) ? 0 : 2;

  d->idr[0] = (d->idr[0] & ~(3u << 24)) | model << 24;
  d->idr[5] |= 16u << 16;
  if (!accepts(d))
    *d = old;
}

void gen_draw_device(unsigned variant, struct gen_device *d,
                     bool (*accepts)(const struct gen_device *d))
{
  static const uint32_t qemu[6] = { 0x0d44101b, 0x02730010, 0, 0x1414, 0, 0x74 };
  static const uint32_t neutral[6] = { 0x094e321b, 0x0e730214, 0, 0x0e14, 0, 0x75 };
  struct gen_rng r;
  unsigned i;

  memset(d, 0, sizeof *d);
  memcpy(d->idr, variant == 2 || variant % 3 == 0 ? neutral : qemu, sizeof qemu);
  if (variant == 0)
    memcpy(d->idr, qemu, sizeof qemu);
  if (variant == 0 || variant == 2)
    return;
  d->idr[0] |= 1u << 19; /* CD2L */
  d->idr[1] = (d->idr[1] & ~(31u << 6)) | 20u << 6;
  if (variant == 1)
    return;
  gen_seed(&r, variant);
  for (i = 0; i < sizeof draws / sizeof draws[0]; i++) {
    const struct draw *f = &draws[i];
    struct gen_device old = *d;
    uint32_t mask = ((1u << f->width) - 1) << f->lo;

    if (!gen_chance(&r, f->percent))
      continue;
    d->idr[f->reg] = (d->idr[f->reg] & ~mask) | draw_value(&r, f->values) << f->lo;
    if (f->reg == 3 && f->lo == 7)
      d->mpamidr = 31 | 3u << 16;
    if (!accepts(d))
      *d = old;
  }
  if (gen_chance(&r, 60))
    draw_stall(d, &r, accepts);
}

uint64_t gen_reserved(const struct gen_device *d)
{
  static const unsigned sizes[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };

  return (1ull << sizes[d->idr[5] & 7]) - 0x100000;
}

/* What a device has, for the table of features. */
const char *const gen_feature_names[GEN_FEATURES] = {
  "HTTU 1",       "HTTU 2", "HTTU 3",       "HYP",    "ATS", "NS1ATS", "big endian alone",
  "mixed endian", "stall",  "stall forced", "RAZ/WI", "XNX", "MPAM",   "FWB",
  "STT",          "E0PD",   "PTWNNC",       "EPAN",   "VAX", "DS",     "OAS 52",
  "BTM"
};

uint32_t gen_features(const struct gen_device *d)
{
  uint32_t a = d->idr[0], b = d->idr[3], c = d->idr[5];
  uint32_t httu = a >> 6 & 3, endian = a >> 21 & 3, stall = a >> 24 & 3;
  uint32_t set = 0;

  if (httu)
    set |= 1u << (httu - 1);
  set |= (a >> 9 & 1) << 3 | (a >> 10 & 1) << 4 | (a >> 11 & 1) << 5;
  set |= (uint32_t)(endian == 3) << 6 | (uint32_t)(endian == 0) << 7;
  set |= (uint32_t)(stall == 0) << 8 | (uint32_t)(stall == 2) << 9;
  set |= (uint32_t) !(a >> 26 & 1) << 10 | (b >> 4 & 1) << 11 | (b >> 7 & 1) << 12;
  set |= (b >> 8 & 1) << 13 | (b >> 9 & 1) << 14 | (b >> 13 & 1) << 15 | (b >> 14 & 1) << 16;
  set |= (b >> 17 & 1) << 17 | (uint32_t)((c >> 10 & 3) != 0) << 18 | (c >> 7 & 1) << 19;
  return set | (uint32_t)((c & 7) == 6) << 20 | (a >> 5 & 1) << 21;
}
