/* Choosing invalidations: see targeted.h. Where several commands would do, one is drawn. */
#include "targeted.h"

enum {
  CFGI_STE = 0x03,
  CFGI_STE_RANGE = 0x04,
  CFGI_CD = 0x05,
  CFGI_CD_ALL = 0x06,
  TLBI_NH_ALL = 0x10,
  TLBI_NH_ASID = 0x11,
  TLBI_NH_VA = 0x12,
  TLBI_NH_VAA = 0x13,
  TLBI_EL2_ALL = 0x20,
  TLBI_EL2_VA = 0x22,
  TLBI_EL2_VAA = 0x23,
  TLBI_S12_VMALL = 0x28,
  TLBI_S2_IPA = 0x2a,
  TLBI_NSNH_ALL = 0x30
};

/* A list of commands in the making. */
struct list {
  struct gen_world *w;
  const struct naive_txn *used;
  unsigned uses, n;
  uint64_t (*cmd)[2];
  uint64_t vmid; /* in place: dword 0 [47:32] */
  bool leaf;     /* every changed descriptor was a last-level one, or invalid */
};

static void add(struct list *l, uint64_t dword0, uint64_t dword1)
{
  if (l->n == TARGETED_MAX)
    return;
  l->cmd[l->n][0] = dword0;
  l->cmd[l->n][1] = dword1;
  l->n++;
}

static bool has(const struct list *l, unsigned idr0_bit)
{
  return l->w->dev.idr[0] >> idr0_bit & 1;
}

static void everything(struct list *l)
{
  add(l, CFGI_STE_RANGE, 31);
  add(l, TLBI_NSNH_ALL, 0);
  if (has(l, 9))
    add(l, TLBI_EL2_ALL, 0);
}

static void all_translations(struct list *l)
{
  add(l, TLBI_NSNH_ALL, 0);
  if (has(l, 9))
    add(l, TLBI_EL2_ALL, 0);
}

/* ---- configuration: 4.3 ---- */

static void all_ste(struct list *l, bool with_l1std)
{
  unsigned i;

  if (gen_chance(l->w->rng, 20)) {
    add(l, CFGI_STE_RANGE, 31);
    return;
  }
  for (i = 0; i < l->uses; i++) {
    uint64_t sid = (uint64_t)l->used[i].sid << 32;

    if (gen_chance(l->w->rng, 30))
      add(l, CFGI_STE_RANGE | sid, gen_below(l->w->rng, 12));
    else
      add(l, CFGI_STE | sid, !with_l1std);
  }
}

/* Every CD that a transaction may have brought in, by index or by stream. */
static void all_cd(struct list *l, bool with_l1cd)
{
  uint64_t dice = gen_below(l->w->rng, 4);
  unsigned i;

  if (dice == 0) {
    all_ste(l, false);
    return;
  }
  for (i = 0; i < l->uses; i++) {
    uint64_t sid = (uint64_t)l->used[i].sid << 32;
    uint64_t ssid = l->used[i].ssv ? (uint64_t)l->used[i].ssid << 12 : 0;

    if (dice == 1)
      add(l, CFGI_CD_ALL | sid, 0);
    else
      add(l, CFGI_CD | sid | ssid | 1u << 11, !with_l1cd);
  }
}

/* ---- translations: 4.4 ---- */

/* The address as stage 1 sees it whether or not the top byte counts. */
static uint64_t canonical(uint64_t va)
{
  return va & 1ull << 55 ? va | 0xffull << 56 : va & ~(0xffull << 56);
}

/* Dword 1, and for a range NUM and SCALE of dword 0. grain 0: no range form. */
static void by_address(struct list *l, uint64_t dword0, uint64_t addr, unsigned grain)
{
  struct gen_rng *r = l->w->rng;
  uint64_t leaf = l->leaf && gen_chance(r, 50);
  uint64_t tg = grain == 12 ? 1 : grain == 14 ? 2 : 3;

  if (grain == 0 || gen_chance(r, 60)) {
    add(l, dword0, (addr & ~0xfffull) | leaf);
    return;
  }
  dword0 |= (1 + gen_below(r, 31)) << 12 | gen_below(r, 10) << 20;
  add(l, dword0, (addr & ~((1ull << grain) - 1)) | tg << 10 | leaf);
}

static void by_va(struct list *l, unsigned with_asid, unsigned without)
{
  const struct gen_world *w = l->w;
  bool any_asid = gen_chance(l->w->rng, 40);
  unsigned i, cd;

  for (i = 0; i < l->uses; i++) {
    uint64_t va = canonical(l->used[i].addr);
    unsigned half = w->one_range ? 0 : va >> 55 & 1;

    for (cd = 0; cd < (any_asid ? 1 : w->cds); cd++) {
      unsigned grain = any_asid && w->cds > 1 ? 0 : w->cd[cd].half[half].grain;
      uint64_t asid = any_asid ? 0 : w->cd[cd].asid << 48;

      by_address(l, (any_asid ? without : with_asid) | l->vmid | asid, va, grain);
    }
  }
}

static bool is_el2(const struct list *l)
{
  return l->w->config == 5 && has(l, 9) &&
         (engine_memory_load64(l->w->memory, l->w->ste_addr + 8) >> 30 & 3) == 2;
}

static void whole_stage1(struct list *l)
{
  if (is_el2(l))
    add(l, TLBI_EL2_ALL, 0);
  else if (has(l, 0) && gen_chance(l->w->rng, 30))
    add(l, TLBI_S12_VMALL | l->vmid, 0);
  else
    add(l, TLBI_NH_ALL | l->vmid, 0);
}

static void stage1_changed(struct list *l)
{
  unsigned cd;

  if (gen_chance(l->w->rng, 20)) {
    whole_stage1(l);
  } else if (is_el2(l)) {
    l->vmid = 0;
    by_va(l, TLBI_EL2_VA, TLBI_EL2_VAA);
  } else if (l->w->cds > 1 && gen_chance(l->w->rng, 20)) {
    for (cd = 0; cd < l->w->cds; cd++) /* no global entries with two CDs */
      add(l, TLBI_NH_ASID | l->vmid | l->w->cd[cd].asid << 48, 0);
  } else {
    by_va(l, TLBI_NH_VA, TLBI_NH_VAA);
  }
}

/* A CD lies behind stage 2 as well: another mapping means another CD. */
static void stage2_changed(struct list *l)
{
  struct gen_rng *r = l->w->rng;
  unsigned grain = l->w->s2.grain;
  uint64_t tg = grain == 12 ? 1 : grain == 14 ? 2 : 3;
  unsigned i;

  if (l->w->config == 7)
    all_cd(l, true);
  if (gen_chance(r, 20) || l->w->s2.in_bits > grain + 36) { /* a range has 2^36 granules at most */
    add(l, TLBI_S12_VMALL | l->vmid, 0);
    return;
  }
  if (l->w->config == 6) {
    for (i = 0; i < l->uses; i++)
      by_address(l, TLBI_S2_IPA | l->vmid, l->used[i].addr & 0xfffffffffffffull, grain);
    return;
  }
  /* All of it by range, then what stage 1 and 2 made together. */
  add(l, TLBI_S2_IPA | l->vmid | 31u << 12 | 31u << 20, tg << 10 | (l->leaf && gen_chance(r, 50)));
  if (has(l, 1))
    add(l, TLBI_NH_ALL | l->vmid, 0);
}

/* ---- which structure, which field ---- */

/* Fields that no TLB may hold: CD.S, R, A; STE.S2S, S2R and nearly all of doubleword 1. */
static bool is_configuration_only(const struct list *l, const struct gen_change *c)
{
  uint64_t diff = c->old ^ engine_memory_load64(l->w->memory, c->word.addr);

  switch (c->word.kind) {
  case GEN_CD: return (c->word.addr & 63) == 0 && (diff & ~(7ull << 44)) == 0;
  case GEN_STE:
    if ((c->word.addr & 63) == 8) /* all but S2FWB and STRW */
      return (diff & (1ull << 25 | 3ull << 30)) == 0;
    return (c->word.addr & 63) == 16 && (diff & ~(3ull << 57)) == 0;
  default: return false;
  }
}

static void one_change(struct list *l, const struct gen_change *c)
{
  uint64_t old = c->word.big_endian ? __builtin_bswap64(c->old) : c->old;

  l->leaf = !(old & 1) || c->word.level == 3 || !(old & 2);
  switch (c->word.kind) {
  case GEN_S1_DESC:
    if (old & 1) /* from invalid to anything needs nothing: 4.1 */
      stage1_changed(l);
    break;
  case GEN_S2_DESC:
    if (old & 1)
      stage2_changed(l);
    break;
  case GEN_CD:
    all_cd(l, false);
    if (!is_configuration_only(l, c))
      whole_stage1(l);
    break;
  case GEN_L1CD:
    all_cd(l, true);
    whole_stage1(l);
    break;
  case GEN_STE:
    all_ste(l, false);
    if (!is_configuration_only(l, c))
      all_translations(l);
    break;
  default:
    all_ste(l, true);
    all_translations(l);
    break;
  }
}

/* Random tables can lie on top of a CD (both behind stage 2): such a word is two structures at once,
 * and what each of them asks for would have to be sent. */
static bool is_two_things(const struct gen_world *w, const struct gen_word *changed)
{
  unsigned i;

  for (i = 0; i < w->words; i++)
    if (w->word[i].addr == changed->addr && w->word[i].kind != changed->kind)
      return true;
  return false;
}

unsigned targeted_commands(struct gen_world *w, unsigned first, const struct naive_txn *used,
                           unsigned uses, uint64_t (*cmd)[2])
{
  struct list l = { .w = w, .used = used, .uses = uses, .cmd = cmd };
  bool blurred = (w->dev.idr[0] & 3) != 3 || w->changes == GEN_CHANGES;
  unsigned i;

  for (i = 0; i < first; i++)
    if (w->change[i].word.kind != GEN_S1_DESC && w->change[i].word.kind != GEN_S2_DESC)
      blurred = true;
  l.vmid = (engine_memory_load64(w->memory, w->ste_addr + 16) & 0xffff) << 32;
  if (w->changes > first && is_two_things(w, &w->change[first].word))
    blurred = true;
  if (blurred || w->changes - first > 1)
    everything(&l);
  else if (w->changes > first)
    one_change(&l, &w->change[first]);
  return l.n;
}
