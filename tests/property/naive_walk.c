/* Table walks of the naive translator: VMSAv8-64 (Arm ARM chapter D8) as IHI 0070 3.4, 5.2 and 5.4
 * restrict it; order of faults 7.3.22. The recursion is the nesting: reading a stage 1 descriptor
 * is a stage 2 walk. */
#include "naive_job.h"

#include <string.h>

/* Log2 of what one entry at `level` spans. */
unsigned naive_entry_span(const struct stage *st, int level)
{
  return st->grain + (st->grain - 3) * (unsigned)(3 - level);
}

/* Without 52-bit formats: 1G and 2M, 32M, 512M. */
static bool block_is_legal(unsigned grain, int level)
{
  return level == 2 || (level == 1 && grain == 12);
}

static bool read_descriptor(struct job *j, const struct stage *st, uint64_t at,
                            enum fault_class class, uint64_t *desc)
{
  struct leaf through = { 0 };
  uint8_t bytes[8] = { 0 };

  if (!st->is_s2 && j->s2) {
    if (!naive_stage2(j, at, CLASS_TT, &through))
      return false;
    at = through.addr;
  }
  if (!j->d->read(j->d->ctx, at, bytes, sizeof bytes))
    return naive_walk_abort(j, st->is_s2, class, at);
  *desc = word_of(bytes, st->big_endian);
  return true;
}

/* One level, then the next by recursion. `table` is a PA, or an IPA for stage 1 under stage 2;
 * input has been range checked. */
static bool walk(struct job *j, const struct stage *st, uint64_t input, enum fault_class class,
                 int level, uint64_t table, struct leaf *leaf)
{
  unsigned span = naive_entry_span(st, level);
  unsigned top = level == st->start ? st->in_bits - 1 : span + st->grain - 4;
  uint64_t desc = 0;
  uint64_t out;

  if (!read_descriptor(j, st, table + 8 * bits(input, top, span), class, &desc))
    return false;
  if (!bit(desc, 0) || (level == 3 && !bit(desc, 1)) ||
      (level < 3 && !bit(desc, 1) && !block_is_legal(st->grain, level)))
    return naive_fault(j, F_TRANSLATION, st->is_s2, class, input);
  if (level < 3 && bit(desc, 1)) {
    out = bits(desc, 47, st->grain) << st->grain;
    if (!fits(out, st->out_bits))
      return naive_fault(j, F_ADDR_SIZE, st->is_s2, class, input);
    if (!st->no_hierarchy) {
      leaf->no_el0 |= bit(desc, 61);
      leaf->no_write |= bit(desc, 62);
      leaf->no_exec |= bit(desc, 60);
      leaf->no_priv_exec |= bit(desc, 59);
    }
    return walk(j, st, input, class, level + 1, out, leaf);
  }
  out = bits(desc, 47, span) << span;
  if (!fits(out, st->out_bits))
    return naive_fault(j, F_ADDR_SIZE, st->is_s2, class, input);
  if (!bit(desc, 10) && !st->ignore_af)
    return naive_fault(j, F_ACCESS, st->is_s2, class, input);
  leaf->desc = desc;
  leaf->size_log2 = span;
  leaf->addr = out | bits(input, span - 1, 0);
  return true;
}

/* The start table is aligned to its size (5.2 S2TTB, 5.4 TTBx). */
static bool walk_from_start(struct job *j, const struct stage *st, uint64_t input,
                            enum fault_class class, struct leaf *leaf)
{
  memset(leaf, 0, sizeof *leaf);
  return walk(j, st, input, class, st->start,
              align_down(st->base, 3 + st->in_bits - naive_entry_span(st, st->start)), leaf);
}

/* What the access may do at stage 2: S2AP, XN and, for nested CD and TTD fetches, S2PTW (5.2).
 * Structure fetches are data reads. */
unsigned naive_stage2_perm(const struct job *j, const struct leaf *leaf)
{
  uint64_t xn = bits(leaf->desc, 54, 53);
  unsigned perm = (unsigned)bits(leaf->desc, 7, 6); /* S2AP: bit 0 read, bit 1 write */
  bool exec;

  if (!bit(j->d->idr[3], 4)) /* XNX */
    exec = !bit(leaf->desc, 54);
  else if (j->privileged)
    exec = xn == 0 || xn == 3;
  else
    exec = xn == 0 || xn == 1;
  return perm | (exec ? NAIVE_X : 0);
}

static unsigned wanted(const struct job *j)
{
  return j->t->write ? NAIVE_W : j->fetch ? NAIVE_X : NAIVE_R;
}

/* S2SL0, 5.2: level by code and granule, 52-bit left out; -1 is not a start level of this device.
 */
static int stage2_start(const struct job *j, unsigned grain)
{
  uint64_t sl0 = bits(j->ste[2], 39, 38);

  if (sl0 == 3)
    return grain == 12 && bit(j->d->idr[3], 9) ? 3 : -1; /* small tables (STT) */
  return (grain == 12 ? 2 : 3) - (int)sl0;
}

void naive_stage2_geometry(const struct job *j, struct stage *st)
{
  memset(st, 0, sizeof *st);
  st->is_s2 = true;
  st->grain = grain_of_tg0(bits(j->ste[2], 47, 46));
  st->in_bits = 64 - (unsigned)bits(j->ste[2], 37, 32);
  st->out_bits = smaller(size_of_code(bits(j->ste[2], 50, 48)), oas(j));
  st->start = stage2_start(j, st->grain);
  st->base = bits(j->ste[3], 51, 4) << 4;
  st->big_endian = bit(j->ste[2], 52);
  st->ignore_af = bit(j->ste[2], 53);
  st->no_hierarchy = true;
}

bool naive_stage2(struct job *j, uint64_t ipa, enum fault_class class, struct leaf *leaf)
{
  struct stage st;
  unsigned need = class == CLASS_IN ? wanted(j) : NAIVE_R;
  bool device;

  naive_stage2_geometry(j, &st);
  if (!fits(ipa, st.in_bits))
    return naive_fault(j, F_TRANSLATION, true, class, ipa);
  if (!walk_from_start(j, &st, ipa, class, leaf))
    return false;
  device = bits(leaf->desc, 5, 4) == 0 || bits(leaf->desc, 3, 2) == 0; /* MemAttr */
  if (!(naive_stage2_perm(j, leaf) & need) || (class != CLASS_IN && bit(j->ste[2], 54) && device))
    return naive_fault(j, F_PERMISSION, true, class, ipa);
  return true;
}

/* AP, APTable, UXN/PXN, WXN, PAN: the direct permissions of the Arm ARM, D8.4. */
unsigned naive_stage1_perm(const struct job *j, const struct leaf *leaf)
{
  bool write = !bit(leaf->desc, 7) && !leaf->no_write;
  bool read = true;
  bool exec;
  bool user = bit(leaf->desc, 6) && !leaf->no_el0;
  bool uxn = bit(leaf->desc, 54) || leaf->no_exec;
  bool pxn = bit(leaf->desc, 53) || leaf->no_priv_exec;

  if (j->world == WORLD_EL2) {
    exec = !uxn;
  } else if (j->privileged) {
    exec = !pxn && !(user && write);
    if (user && bit(j->cd[0], 40)) { /* PAN */
      read = false;
      write = false;
    }
  } else {
    read = user;
    write = write && user;
    exec = !uxn;
  }
  if (bit(j->cd[0], 36) && write) /* WXN */
    exec = false;
  return (read ? NAIVE_R : 0) | (write ? NAIVE_W : 0) | (exec ? NAIVE_X : 0);
}

/* Which half of the address space, and whether its translation is on: 3.4.1, 5.4 EPDx. */
bool naive_stage1_geometry(const struct job *j, bool upper, struct stage *st)
{
  memset(st, 0, sizeof *st);
  st->grain = upper ? grain_of_tg1(bits(j->cd[0], 23, 22)) : grain_of_tg0(bits(j->cd[0], 7, 6));
  st->in_bits = 64 - (unsigned)(upper ? bits(j->cd[0], 21, 16) : bits(j->cd[0], 5, 0));
  st->out_bits = smaller(size_of_code(bits(j->cd[0], 34, 32)), oas(j));
  st->base = bits(j->cd[upper ? 2 : 1], 51, 4) << 4;
  st->big_endian = bit(j->cd[0], 15);
  st->ignore_af = bit(j->cd[0], 35);
  st->no_hierarchy = bit(j->d->idr[3], 2) && bit(j->cd[upper ? 2 : 1], 1); /* HAD */
  if (j->world != WORLD_EL2 && bit(j->cd[0], upper ? 30 : 14))
    return false;
  st->start = 3 - (int)((st->in_bits - 1 - st->grain) / (st->grain - 3));
  return true;
}

/* IDR3.E0PD: unprivileged access to this half always faults. */
static bool half_is_privileged_only(const struct job *j, bool upper)
{
  return bit(j->d->idr[3], 13) && j->world != WORLD_EL2 && !j->privileged &&
         bit(j->cd[upper ? 2 : 1], 2);
}

bool naive_stage1(struct job *j, struct leaf *leaf)
{
  uint64_t va = j->t->addr;
  bool upper = j->world != WORLD_EL2 && bit(va, 55);
  bool tbi = bit(j->cd[0], upper ? 39 : 38);
  uint64_t sign;
  struct stage st;

  if (!naive_stage1_geometry(j, upper, &st) || half_is_privileged_only(j, upper))
    return naive_fault(j, F_TRANSLATION, false, CLASS_IN, 0);
  sign = bits(upper ? ~va : va, tbi ? 55 : 63, st.in_bits);
  if (sign != 0)
    return naive_fault(j, F_TRANSLATION, false, CLASS_IN, 0);
  if (!walk_from_start(j, &st, va, CLASS_IN, leaf))
    return false;
  if (!(naive_stage1_perm(j, leaf) & wanted(j)))
    return naive_fault(j, F_PERMISSION, false, CLASS_IN, 0);
  return true;
}
