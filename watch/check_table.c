/* Descriptors of reachable translation tables: what may be cached of one that changes, and changes
 * that must go by way of an invalid one (break before make). Permissions and nG from 0 to 1 may be
 * changed in place. IHI 0070 3.21.1, 3.21.1.1 to 3.21.1.3; DDI 0487 D8.3. */
#include "arch/ste.h"
#include "util/bits.h"
#include "watch/check_built.h"

enum { CONTIGUOUS = 52, NOT_GLOBAL = 11, BLOCK_NT = 16, STAGE2_MEMATTR = 2, ATTR_INDEX = 2 };

static uint64_t as_number(const struct check_area *area, uint64_t stored)
{
  return area->geometry.big_endian ? __builtin_bswap64(stored) : stored;
}

static unsigned shift_of(const struct check_area *area)
{
  return smmu_level_shift(area->geometry.granule_log2, area->level);
}

static uint64_t input_of(const struct check_area *area, uint64_t addr)
{
  return area->input + ((addr - area->base) / 8 << shift_of(area));
}

static enum smmu_desc_kind kind_of(const struct check_area *area, uint64_t desc)
{
  return smmu_desc_kind(desc, area->level, &area->geometry);
}

static uint64_t table_of(const struct check_area *area, uint64_t desc)
{
  return smmu_desc_out(desc, &area->geometry, area->geometry.granule_log2);
}

/* ---- links ---- */

static void unlink_table(struct check *c, struct check_world *w, uint64_t base)
{
  struct check_area *child;

  if (!check_area_unlink(w->built, base, &child))
    return;
  child->unlinked = c->now;
  child->unlinked_from = c->record->addr_out;
  child->owes = true;
  check_area_enter(c, w, child, false);
}

void check_table_links(struct check *c, struct check_world *w, const struct check_area *area,
                       uint64_t addr, uint64_t old, uint64_t now)
{
  bool was, is;
  struct check_area *child;

  old = as_number(area, old);
  now = as_number(area, now);
  was = kind_of(area, old) == SMMU_DESC_TABLE;
  is = kind_of(area, now) == SMMU_DESC_TABLE;
  if (was && is && table_of(area, old) == table_of(area, now))
    return;
  if (is) {
    struct check_area like = *area;

    like.base = table_of(area, now);
    like.bytes = 1ULL << area->geometry.granule_log2;
    like.level++;
    like.input = input_of(area, addr);
    like.owes = like.mixed = false;
    if (check_area_link(c, w->built, &like, &child))
      check_area_enter(c, w, child, true);
  }
  if (was)
    unlink_table(c, w, table_of(area, old));
}

/* Does the table that a descriptor leads to hold anything valid? */
static bool is_filled(const struct check_world *w, const struct check_area *area, uint64_t desc)
{
  uint64_t base = table_of(area, desc);

  for (uint64_t i = 0; i < 1ULL << (area->geometry.granule_log2 - 3); i++) {
    const struct check_word *x = check_memory_find(w, base + 8 * i);

    if (x && (as_number(area, x->value) & 1))
      return true;
  }
  return false;
}

/* ---- break before make ---- */

static unsigned memory_type(const struct check_area *area, uint64_t desc)
{
  if (area->tag.stage == 2)
    return (unsigned)bits_get(desc, STAGE2_MEMATTR + 3, STAGE2_MEMATTR);
  return (unsigned)(area->mair >> (8 * bits_get(desc, ATTR_INDEX + 2, ATTR_INDEX))) & 0xff;
}

static void leaf_to_leaf(struct check *c, const struct check_area *area, unsigned bbml, uint64_t va,
                         uint64_t old, uint64_t now)
{
  unsigned shift = shift_of(area);
  uint64_t from = smmu_desc_out(old, &area->geometry, shift);
  uint64_t to = smmu_desc_out(now, &area->geometry, shift);

  if (from != to)
    check_tell(c, CHECK_BBM_OUTPUT, NULL, "0x%llx led to 0x%llx and leads to 0x%llx",
               (unsigned long long)va, (unsigned long long)from, (unsigned long long)to);
  else if (memory_type(area, old) != memory_type(area, now))
    check_tell(c, CHECK_BBM_TYPE, NULL, "0x%llx: memory type 0x%x becomes 0x%x",
               (unsigned long long)va, memory_type(area, old), memory_type(area, now));
  else if (area->tag.stage == 1 && (old >> NOT_GLOBAL & 1) && !(now >> NOT_GLOBAL & 1))
    check_tell(c, CHECK_BBM_GLOBAL, NULL, "0x%llx becomes global", (unsigned long long)va);
  else if (bbml == 0 && ((old ^ now) >> CONTIGUOUS & 1))
    check_tell(c, CHECK_BBM_SIZE, NULL, "0x%llx: the Contiguous bit becomes %u, with BBML 0",
               (unsigned long long)va, (unsigned)(now >> CONTIGUOUS & 1));
}

static void check_valid_to_valid(struct check *c, const struct check_world *w,
                                 const struct check_area *area, uint64_t va, uint64_t old,
                                 uint64_t now)
{
  unsigned bbml = (unsigned)GET(IDR3, BBML, w->reg[R_IDR3].read);
  bool was_leaf = kind_of(area, old) == SMMU_DESC_LEAF;
  bool is_leaf = kind_of(area, now) == SMMU_DESC_LEAF;
  uint64_t block = was_leaf ? old : now;

  if (was_leaf && is_leaf)
    leaf_to_leaf(c, area, bbml, va, old, now);
  else if (was_leaf != is_leaf && (bbml == 0 || (bbml == 1 && !(block >> BLOCK_NT & 1))))
    check_tell(c, CHECK_BBM_SIZE, NULL, "0x%llx: a %s becomes a %s, with BBML %u%s",
               (unsigned long long)va, was_leaf ? "block" : "table", was_leaf ? "table" : "block",
               bbml, bbml == 1 ? " and nT 0" : "");
}

/* A descriptor that was made invalid is used again while caches may know what it was. */
static void check_again(struct check *c, const struct check_world *w, const struct check_area *area,
                        const struct check_word *x, uint64_t va, uint64_t now)
{
  const struct check_built *b = w->built;
  uint64_t to = smmu_desc_out(now, &area->geometry, shift_of(area));
  bool leaf = kind_of(area, now) == SMMU_DESC_LEAF;

  if (b->debts == 0 || x->earlier < b->debt[0].at.record)
    return;
  for (uint32_t i = 0; i < b->debts; i++) {
    const struct check_debt *d = &b->debt[i];

    if (d->kind != DEBT_TLB || d->tag.stage != area->tag.stage || d->tag.asid != area->tag.asid ||
        d->tag.vmid != area->tag.vmid || va + bits_low(shift_of(area)) < d->first || va > d->last)
      continue;
    if (leaf && d->exact && d->level == area->level && d->out + (va - d->first) == to)
      continue;
    check_tell(c, CHECK_BBM_EARLY, NULL, "0x%llx is made valid; of what it was, the TLBI %s",
               (unsigned long long)va,
               d->paid.state == OWED ? "was not sent" : "is not known complete");
    return;
  }
}

/* ---- groups with the Contiguous hint ---- */

/* Descriptors that share one entry. DDI 0487 D8.6. */
static unsigned group_of(const struct check_area *area)
{
  switch (area->geometry.granule_log2) {
  case 12: return 16;
  case 14: return area->level == 3 ? 128 : 32;
  default: return 32;
  }
}

void check_group(struct check *c, struct check_world *w, const struct check_debt *d)
{
  const struct check_area *area = check_area_at(w->built, d->from);
  uint64_t bytes, base;

  if (!area || area->kind != AREA_TABLE || !area->holders)
    return;
  bytes = 8ULL * group_of(area);
  base = d->from & ~(bytes - 1);
  for (uint64_t at = base; at < base + bytes; at += 8) {
    uint64_t desc = check_descriptor(w, area, at);

    if (kind_of(area, desc) != SMMU_DESC_LEAF || !(desc >> CONTIGUOUS & 1))
      continue;
    check_tell(c, CHECK_GROUP_TORN, &d->at,
               "0x%llx was changed, and 0x%llx of its group still has the Contiguous bit",
               (unsigned long long)input_of(area, d->from), (unsigned long long)input_of(area, at));
    return;
  }
}

/* ---- stores ---- */

static void owe(struct check *c, struct check_world *w, const struct check_area *area,
                const struct check_word *x, uint64_t va, uint64_t old, bool table)
{
  unsigned shift = shift_of(area);
  struct check_debt debt = { .level = area->level,
                             .span = (uint8_t)shift,
                             .tag = area->tag,
                             .first = va,
                             .last = va + bits_low(shift),
                             .table = table,
                             .exact = !table,
                             .out = smmu_desc_out(old, &area->geometry, shift),
                             .from = x->addr,
                             .at = c->now };

  debt.global = !table && area->tag.stage == 1 && !(old >> NOT_GLOBAL & 1);
  debt.contiguous = !table && (old >> CONTIGUOUS & 1);
  if (table && is_filled(w, area, old))
    debt.span = area->geometry.granule_log2;
  check_debt_of_range(c, w, &debt);
}

void check_table_stored(struct check *c, struct check_world *w, struct check_area *area,
                        const struct check_word *x)
{
  uint64_t old = as_number(area, x->before), now = as_number(area, x->value);
  uint64_t va = input_of(area, x->addr);
  enum smmu_desc_kind was = kind_of(area, old), is = kind_of(area, now);
  unsigned what = area->tag.stage == 1 ? SMMU_READ_S1_DESC : SMMU_READ_S2_DESC;

  check_area_set_valid(area, x->addr, is != SMMU_DESC_INVALID);
  if (was == SMMU_DESC_INVALID && is == SMMU_DESC_INVALID)
    return;
  if (was == SMMU_DESC_INVALID) {
    check_again(c, w, area, x, va, now);
    check_made_valid(c, w);
  } else if (!watch_same(what, old, now)) {
    if (is != SMMU_DESC_INVALID)
      check_valid_to_valid(c, w, area, va, old, now);
    owe(c, w, area, x, va, old, was == SMMU_DESC_TABLE);
  }
  if (was == SMMU_DESC_TABLE || is == SMMU_DESC_TABLE)
    check_table_links(c, w, area, x->addr, x->before, x->value);
}
