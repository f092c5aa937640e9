/* Table walks of the naive translator: VMSAv8-64 (Arm ARM chapter D8) as IHI 0070 3.4, 5.2 and 5.4
 * restrict it; order of faults 7.3.22; update of flags 3.13. The recursion is the nesting: reading
 * a stage 1 descriptor is a stage 2 walk, and so is the right to write it. */
#include "naive_job.h"

#include <string.h>

/* ---- memory, with the flags this transaction has changed ---- */

bool naive_read(struct job *j, uint64_t pa, void *bytes, unsigned len)
{
  uint8_t *p = bytes;
  unsigned i, k;

  if (!j->d->read(j->d->ctx, pa, bytes, len))
    return false;
  for (i = 0; i < j->out->flips; i++)
    for (k = 0; k < 8 && j->out->flip[i].addr - pa < len; k++)
      p[j->out->flip[i].addr - pa + k] ^= (uint8_t)(j->out->flip[i].must >> (8 * k));
  return true;
}

/* must: now, as far as this transaction sees; what of it may be left undone when it ends in a fault
 * goes to `may` as well. */
static void flip(struct job *j, const struct stage *st, uint64_t pa, uint64_t must, uint64_t may)
{
  struct naive_flip *f = j->out->flip;
  struct naive_flip *end = f + j->out->flips;

  if ((must | may) == 0)
    return;
  while (f < end && f->addr != pa)
    f++;
  if (f == end && j->out->flips++ == NAIVE_FLIPS)
    __builtin_trap();
  f->addr = pa;
  f->must ^= st->big_endian ? __builtin_bswap64(must) : must;
  f->may |= st->big_endian ? __builtin_bswap64(may) : may;
}

/* Set the flags: bit 10 is AF, bit 7 is AP[2], which is cleared, or S2AP[1], which is set. */
static bool update(struct job *j, const struct stage *st, const struct leaf *leaf, bool is_table,
                   uint64_t flags)
{
  struct leaf through;
  unsigned perm = NAIVE_R | NAIVE_W | NAIVE_X;
  bool firm = st->is_s2 && !j->updating && !is_table;

  if (flags == 0)
    return true;
  if (!st->is_s2 && j->s2) {
    j->updating = true;
    if (!naive_stage2(j, leaf->at, CLASS_TT, NAIVE_W, &through, &perm))
      return false;
    j->updating = false;
  }
  flip(j, st, leaf->pa, j->speculative ? 0 : flags, firm && !j->speculative ? 0 : flags);
  return true;
}

/* ---- one stage ---- */

/* Log2 of what one entry at `level` spans. */
unsigned naive_entry_span(const struct stage *st, int level)
{
  return st->grain + (st->grain - 3) * (unsigned)(3 - level);
}

/* 1G and 2M, 32M, 512M; with 52-bit formats 512G, 64G, 4T. */
static bool block_is_legal(const struct stage *st, int level)
{
  return level == 2 || (level == 1 && (st->grain == 12 || st->ds || st->lpa)) ||
         (level == 0 && st->grain == 12 && st->ds);
}

/* The address in a descriptor, from bit `low` on. */
static uint64_t output(const struct stage *st, uint64_t desc, unsigned low)
{
  uint64_t out = bits(desc, 47, low) << low;

  if (st->ds)
    return out | bits(desc, 49, 48) << 48 | bits(desc, 9, 8) << 50;
  return st->lpa ? out | bits(desc, 15, 12) << 48 : out;
}

/* Log2 of how many leaves the Contiguous bit joins. */
static unsigned group_log2(const struct stage *st, int level)
{
  return st->grain == 12 ? 4 : st->grain == 14 && level == 3 ? 7 : 5;
}

static bool is_leaf(const struct stage *st, uint64_t desc, int level)
{
  return bits(desc, 1, 0) == (level == 3 ? 3 : 1) && (level == 3 || block_is_legal(st, level));
}

/* Bits in which the members of a group may differ: flags that are updated. */
static uint64_t flags_of(const struct stage *st, uint64_t desc)
{
  return (st->ha ? 1 << 10 : 0) | (st->hd && bit(desc, 51) ? 1 << 7 : 0);
}

/* The group around the descriptor at pa: has a leaf of it the Contiguous bit, though they are not
 * all alike but for the address, which counts up? */
static bool is_torn(struct job *j, const struct stage *st, uint64_t pa, int level)
{
  unsigned log2 = group_log2(st, level), span = naive_entry_span(st, level), i;
  uint64_t first = align_down(pa, log2 + 3), desc, like = 0;
  bool hint = false, same = true;
  uint8_t bytes[8];

  if (level < 1 || span + log2 > st->in_bits)
    return false;
  for (i = 0; i < 1u << log2; i++) {
    if (!naive_read(j, first + 8 * i, bytes, sizeof bytes)) {
      same = false;
      continue;
    }
    desc = word_of(bytes, st->big_endian);
    hint |= is_leaf(st, desc, level) && bit(desc, 52);
    if (i == 0)
      like = desc;
    same &= ((desc ^ like ^ (uint64_t)i << span) & ~flags_of(st, desc)) == 0;
  }
  return hint && !(same && bits(like, span + log2 - 1, span) == 0);
}

static bool read_descriptor(struct job *j, const struct stage *st, uint64_t at, int level,
                            enum fault_class class, struct leaf *leaf)
{
  struct leaf through = { 0 };
  uint8_t bytes[8] = { 0 };
  unsigned perm = NAIVE_R | NAIVE_W | NAIVE_X;

  leaf->at = leaf->pa = at;
  if (!st->is_s2 && j->s2) {
    if (!naive_stage2(j, at, CLASS_TT, NAIVE_R, &through, &perm))
      return false;
    leaf->pa = through.addr;
  }
  j->out->torn |= is_torn(j, st, leaf->pa, level);
  if (!naive_read(j, leaf->pa, bytes, sizeof bytes))
    return naive_walk_abort(j, st->is_s2, class, leaf->pa);
  leaf->desc = word_of(bytes, st->big_endian);
  return true;
}

/* One level, then the next by recursion. `table` is a PA, or an IPA for stage 1 under stage 2;
 * input has been range checked. */
static bool walk(struct job *j, const struct stage *st, uint64_t input, enum fault_class class,
                 int level, uint64_t table, struct leaf *leaf)
{
  unsigned span = naive_entry_span(st, level);
  unsigned top = level == st->start ? st->in_bits - 1 : span + st->grain - 4;
  uint64_t desc, out;

  if (!read_descriptor(j, st, table + 8 * bits(input, top, span), level, class, leaf))
    return false;
  desc = leaf->desc;
  if (!bit(desc, 0) || (level == 3 && !bit(desc, 1)) ||
      (level < 3 && !bit(desc, 1) && !block_is_legal(st, level)))
    return naive_fault(j, F_TRANSLATION, st->is_s2, class, input);
  if (level < 3 && bit(desc, 1)) {
    out = output(st, desc, st->grain);
    if (!fits(out, st->out_bits))
      return naive_fault(j, F_ADDR_SIZE, st->is_s2, class, input);
    if (!st->no_hierarchy) {
      leaf->no_el0 |= bit(desc, 61);
      leaf->no_write |= bit(desc, 62);
      leaf->no_exec |= bit(desc, 60);
      leaf->no_priv_exec |= bit(desc, 59);
    }
    return update(j, st, leaf, true, st->haft ? ~desc & 1 << 10 : 0) &&
           walk(j, st, input, class, level + 1, out, leaf);
  }
  leaf->addr = output(st, desc, span) | bits(input, span - 1, 0);
  if (!fits(leaf->addr, st->out_bits))
    return naive_fault(j, F_ADDR_SIZE, st->is_s2, class, input);
  if (!bit(desc, 10) && !st->ha && !st->ignore_af)
    return naive_fault(j, F_ACCESS, st->is_s2, class, input);
  leaf->size_most = span;
  /* Of a block larger than the output size only a part can be used (3.4). */
  leaf->size_log2 = span < st->out_bits ? span : st->out_bits;
  if (bit(desc, 52)) /* Contiguous */
    leaf->size_most += group_log2(st, level);
  return true;
}

/* The start table is aligned to its size (5.2 S2TTB, 5.4 TTBx). */
static bool walk_from_start(struct job *j, const struct stage *st, uint64_t input,
                            enum fault_class class, struct leaf *leaf)
{
  unsigned size = 3 + st->in_bits - naive_entry_span(st, st->start);

  memset(leaf, 0, sizeof *leaf);
  if (st->out_bits == 52 && size < 6)
    size = 6;
  return walk(j, st, input, class, st->start, align_down(st->base, size), leaf);
}

/* What the access needs has been found: set AF, and with `write` the dirty state. */
static bool touch(struct job *j, const struct stage *st, const struct leaf *leaf, bool write)
{
  uint64_t flags = st->ha ? ~leaf->desc & 1 << 10 : 0;

  if (write && st->hd && bit(leaf->desc, 51) && bit(leaf->desc, 7) == !st->is_s2)
    flags |= 1 << 7;
  return update(j, st, leaf, false, flags);
}

/* A denied access may have set AF (3.13.2). */
static bool denied(struct job *j, const struct stage *st, enum fault_class class,
                   const struct leaf *leaf, uint64_t input)
{
  flip(j, st, leaf->pa, 0, st->ha ? ~leaf->desc & 1 << 10 : 0);
  return naive_fault(j, F_PERMISSION, st->is_s2, class, input);
}

/* Writable-clean, and a write or a request for one would make it dirty. */
static bool may_become_dirty(const struct job *j, const struct stage *st, uint64_t desc)
{
  return st->hd && bit(desc, 51) && (j->updating || j->need != 0 || !j->t->no_write);
}

/* ---- stage 2 ---- */

/* An ATS Translation Request may announce writes. */
static unsigned ask_for_write(const struct job *j)
{
  return j->need == 0 && !j->t->no_write ? NAIVE_W : 0;
}

/* S2AP, DBM, XN; privilege counts with XNX only. */
static unsigned stage2_perm(const struct job *j, const struct stage *st, uint64_t desc)
{
  uint64_t xn = bits(desc, 54, 53);
  unsigned perm = (unsigned)bits(desc, 7, 6); /* S2AP: bit 0 read, bit 1 write */
  bool exec;

  if (!bit(j->d->idr[3], 4)) /* XNX */
    exec = !bit(desc, 54);
  else if (j->privileged)
    exec = xn == 0 || xn == 3;
  else
    exec = xn == 0 || xn == 1;
  return perm | (may_become_dirty(j, st, desc) ? NAIVE_W : 0) | (exec ? NAIVE_X : 0);
}

/* {S2SL0_2, S2SL0}, 5.2: level by code and granule. */
static int stage2_start(const struct job *j, const struct stage *st)
{
  uint64_t sl0 = bits(j->ste[2], 39, 38);

  if (st->grain == 12 && st->ds && bit(j->ste[3], 2)) /* S2SL0_2 */
    return sl0 == 0 ? -1 : 4;
  if (sl0 == 3 && st->grain == 12)
    return bit(j->d->idr[3], 9) ? 3 : 4; /* small tables (STT) */
  if (sl0 == 3)
    return st->grain == 14 && st->ds ? 0 : 4;
  return (st->grain == 12 ? 2 : 3) - (int)sl0;
}

void naive_stage2_geometry(const struct job *j, struct stage *st)
{
  memset(st, 0, sizeof *st);
  st->is_s2 = true;
  st->grain = grain_of_tg0(bits(j->ste[2], 47, 46));
  st->in_bits = 64 - (unsigned)bits(j->ste[2], 37, 32);
  st->out_bits = smaller(size_of_code(bits(j->ste[2], 50, 48)), oas(j));
  st->ds = bit(j->d->idr[5], 7) && bit(j->ste[3], 3) && st->grain != 16;
  st->lpa = st->grain == 16 && oas(j) == 52;
  st->sh = (uint8_t)bits(j->ste[2], 45, 44);
  st->start = stage2_start(j, st);
  st->base = bits(j->ste[3], 51, 4) << 4;
  st->big_endian = bit(j->ste[2], 52);
  st->ignore_af = bit(j->ste[2], 53);
  st->no_hierarchy = true;
  st->ha = httu(j) >= 1 && bit(j->ste[2], 56);
  st->hd = httu(j) >= 2 && st->ha && bit(j->ste[2], 55);
  st->haft = httu(j) == 3 && st->ha && bit(j->ste[2], 59);
}

bool naive_stage2(struct job *j, uint64_t ipa, enum fault_class class, unsigned need,
                  struct leaf *leaf, unsigned *perm)
{
  struct stage st;

  naive_stage2_geometry(j, &st);
  if (!fits(ipa, st.in_bits))
    return naive_fault(j, F_TRANSLATION, true, class, ipa);
  if (!walk_from_start(j, &st, ipa, class, leaf))
    return false;
  *perm &= stage2_perm(j, &st, leaf->desc);
  if (need ? (need & ~*perm) != 0 : naive_ats_grant(j, *perm) == 0)
    return denied(j, &st, class, leaf, ipa);
  if (class == CLASS_IN) {
    naive_attr_stage2(j, &st, leaf->desc);
    need |= naive_ats_grant(j, *perm) & ask_for_write(j);
  } else if (bit(j->ste[2], 54) && naive_attr_s2_device(j, leaf->desc)) { /* S2PTW */
    return denied(j, &st, class, leaf, ipa);
  }
  return touch(j, &st, leaf, need & NAIVE_W);
}

/* ---- stage 1 ---- */

/* AP, DBM, APTable, UXN/PXN, WXN, PAN: the direct permissions of the Arm ARM, D8.4. */
static unsigned stage1_perm(const struct job *j, const struct stage *st, const struct leaf *leaf)
{
  bool clean = st->hd && bit(leaf->desc, 51);
  bool write = (!bit(leaf->desc, 7) || clean) && !leaf->no_write; /* also for XN of 3.13.8 */
  bool read = true;
  bool exec;
  bool user = bit(leaf->desc, 6) && !leaf->no_el0;
  bool uxn = bit(leaf->desc, 54) || leaf->no_exec;
  bool pxn = bit(leaf->desc, 53) || leaf->no_priv_exec;
  bool epan = bit(j->d->idr[3], 17) && bit(j->cd[1], 59);

  if (j->world == WORLD_EL2)
    exec = !uxn;
  else if (j->privileged)
    exec = !pxn && !(user && write);
  else
    exec = !uxn;
  if (j->world != WORLD_EL2 && !j->privileged) {
    read = user;
    write = write && user;
  }
  if (bit(j->cd[0], 36) && write) /* WXN */
    exec = false;
  if (j->world != WORLD_EL2 && j->privileged && bit(j->cd[0], 40) && (user || (epan && !uxn)))
    read = write = false; /* PAN, for data */
  if (bit(leaf->desc, 7) && !may_become_dirty(j, st, leaf->desc))
    write = false;
  return (read ? NAIVE_R : 0) | (write ? NAIVE_W : 0) | (exec ? NAIVE_X : 0);
}

/* Which half of the address space, and whether its translation is on: 3.4.1, 5.4 EPDx. */
bool naive_stage1_geometry(const struct job *j, bool upper, struct stage *st)
{
  const uint64_t *cd = j->cd;

  memset(st, 0, sizeof *st);
  st->grain = upper ? grain_of_tg1(bits(cd[0], 23, 22)) : grain_of_tg0(bits(cd[0], 7, 6));
  st->in_bits = 64 - (unsigned)(upper ? bits(cd[0], 21, 16) : bits(cd[0], 5, 0));
  st->out_bits = smaller(size_of_code(bits(cd[0], 34, 32)), oas(j));
  st->ds = bit(j->d->idr[5], 7) && bit(cd[2], 58) && st->grain != 16;
  st->lpa = st->grain == 16 && oas(j) == 52;
  st->sh = (uint8_t)(upper ? bits(cd[0], 29, 28) : bits(cd[0], 13, 12));
  st->base = bits(cd[upper ? 2 : 1], 51, 4) << 4;
  st->big_endian = bit(cd[0], 15);
  st->ignore_af = bit(cd[0], 35);
  st->no_hierarchy = bit(j->d->idr[3], 2) && bit(cd[upper ? 2 : 1], 1); /* HAD */
  st->ha = httu(j) >= 1 && bit(cd[0], 43);
  st->hd = httu(j) >= 2 && st->ha && bit(cd[0], 42);
  st->haft = httu(j) == 3 && st->ha && bit(cd[1], 3);
  if (j->world != WORLD_EL2 && bit(cd[0], upper ? 30 : 14))
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

bool naive_stage1(struct job *j, struct leaf *leaf, unsigned *perm)
{
  uint64_t va = j->t->addr;
  bool upper = j->world != WORLD_EL2 && bit(va, 55);
  bool tbi = bit(j->cd[0], upper ? 39 : 38);
  struct stage st;
  unsigned granted;

  j->out->stage1 = true;
  if (!naive_stage1_geometry(j, upper, &st) || half_is_privileged_only(j, upper) ||
      bits(upper ? ~va : va, tbi ? 55 : 63, st.in_bits) != 0)
    return naive_fault(j, F_TRANSLATION, false, CLASS_IN, 0);
  if (!walk_from_start(j, &st, va, CLASS_IN, leaf))
    return false;
  *perm = stage1_perm(j, &st, leaf);
  granted = j->need ? j->need & *perm : naive_ats_grant(j, *perm);
  if (granted == 0)
    return denied(j, &st, CLASS_IN, leaf, 0);
  naive_attr_stage1(j, &st, leaf->desc);
  j->out->global = j->world != WORLD_EL2 && !bit(leaf->desc, 11);
  return touch(j, &st, leaf, granted & (j->need | ask_for_write(j)) & NAIVE_W);
}
