/* Structures of the configuration: where valid ones point, and how software changes them. Until a
 * CFGI and a CMD_SYNC are through, the SMMU may put a structure together from old and new words, in
 * any order: what it looks at may differ in one word only. IHI 0070 3.21.3, 3.21.3.1, 5.1 to 5.4.
 * Left out: what a stage 1 under stage 2 points to, for it is the guest's. */
#include <stdlib.h>
#include <string.h>

#include "arch/cd.h"
#include "arch/ste.h"
#include "util/bits.h"
#include "watch/check_built.h"

enum { CONFIG_S1 = 5, CONFIG_S2 = 6, CONFIG_NESTED = 7, LEAF_4K = 6, LEAF_64K = 10 };

void check_read_structure(const struct check_world *w, uint64_t addr, unsigned words, uint64_t *out)
{
  for (unsigned i = 0; i < words; i++) {
    const struct check_word *x = check_memory_find(w, addr + 8ULL * i);

    out[i] = x ? x->value : 0;
  }
}

static unsigned words_of(unsigned kind)
{
  return kind == AREA_STE || kind == AREA_CD ? CHECK_STRUCTURE_WORDS : 1;
}

bool check_is_valid(unsigned kind, const uint64_t *words)
{
  switch (kind) {
  case AREA_L1STD: return FGET(L1STD, Span, words) != 0;
  case AREA_STE: return FGET(STE, V, words);
  case AREA_L1CD: return FGET(L1CD, V, words);
  default: return FGET(CD, V, words);
  }
}

/* ---- links ---- */

static void link_area(struct check *c, struct check_world *w, const struct check_area *like)
{
  struct check_area *area;

  if (check_area_link(c, w->built, like, &area))
    check_area_enter(c, w, area, true);
}

static void unlink_area(struct check *c, struct check_world *w, uint64_t base)
{
  struct check_area *area;

  if (!check_area_unlink(w->built, base, &area))
    return;
  area->unlinked = c->now;
  area->unlinked_from = c->record->addr_out;
  area->owes = true;
  check_area_enter(c, w, area, false);
  if (area->kind == AREA_TABLE && !area->mixed && area->level == area->geometry.start_level)
    check_debt_of_id(c, w, &area->tag);
}

/* What a structure points to: at most two areas. */
struct pointers {
  struct check_area to[2];
  unsigned count;
};

static void point(struct pointers *p, const struct check_area *like)
{
  if (like->bytes)
    p->to[p->count++] = *like;
}

static void of_l1std(const struct check_world *w, const struct check_area *area, uint64_t addr,
                     uint64_t word, struct pointers *p)
{
  unsigned split = (unsigned)GET(STRTAB_BASE_CFG, SPLIT, w->reg[R_STRTAB_BASE_CFG].written);
  unsigned span = (unsigned)FGET(L1STD, Span, &word);
  uint32_t sid = area->id + ((uint32_t)((addr - area->base) / 8) << split);
  struct check_area like = { .kind = AREA_STE, .id = sid, .sid = sid };

  if (smmu_l1std_lookup(word, 0, split, &like.base))
    like.bytes = (uint64_t)CHECK_STRUCTURE << (span - 1);
  point(p, &like);
}

static bool ste_meaning(const struct check_world *w, const uint64_t *words, struct smmu_ste *ste)
{
  return smmu_ste_decode(words, &w->built->features, GET(CR2, E2H, w->reg[R_CR2].written), ste) &&
         !ste->abort;
}

static void of_ste(const struct check_world *w, uint32_t sid, const uint64_t *words,
                   struct pointers *p)
{
  struct smmu_ste ste;
  struct check_area like = { .sid = sid };
  unsigned leaf;

  if (!check_is_valid(AREA_STE, words) || !ste_meaning(w, words, &ste))
    return;
  like.tag = (struct check_tag){ .vmid = ste.vmid, .world = ste.world };
  if (ste.s2) {
    like.kind = AREA_TABLE;
    like.tag.stage = 2;
    like.tag.under = ste.s1;
    like.geometry = ste.s2_geometry;
    like.level = ste.s2_geometry.start_level;
    like.base = ste.s2ttb;
    like.bytes = 1ULL << smmu_start_table_log2(&ste.s2_geometry);
    point(p, &like);
    return;
  }
  leaf = ste.s1fmt == 1 ? LEAF_4K : LEAF_64K;
  like.kind = ste.s1cdmax && ste.s1fmt ? AREA_L1CD : AREA_CD;
  like.base = ste.s1_context_ptr;
  like.bytes = (uint64_t)CHECK_STRUCTURE << ste.s1cdmax;
  if (like.kind == AREA_L1CD)
    like.bytes = ste.s1cdmax > leaf ? 8ULL << (ste.s1cdmax - leaf) : 8;
  like.level = (int8_t)leaf;
  point(p, &like);
}

static void of_l1cd(const struct check_area *area, uint64_t addr, uint64_t word, struct pointers *p)
{
  struct check_area like = { .kind = AREA_CD,
                             .sid = area->sid,
                             .tag = area->tag,
                             .bytes = (uint64_t)CHECK_STRUCTURE << area->level };

  like.id = (uint32_t)((addr - area->base) / 8) << area->level;
  if (smmu_l1cd_lookup(word, 0, (unsigned)area->level, 56, &like.base))
    point(p, &like);
}

static void of_cd(const struct check_world *w, const struct check_area *area, const uint64_t *words,
                  struct pointers *p)
{
  struct smmu_ste ste = { .s1 = 1, .world = area->tag.world };
  struct smmu_cd cd;

  if (!check_is_valid(AREA_CD, words) || !smmu_cd_decode(words, &w->built->features, &ste, &cd))
    return;
  for (unsigned i = 0; i < 2; i++) {
    const struct smmu_cd_table *t = &cd.table[i];
    struct check_area like = { .kind = AREA_TABLE,
                               .sid = area->sid,
                               .base = t->ttb,
                               .level = t->geometry.start_level,
                               .geometry = t->geometry,
                               .tag = area->tag,
                               .mair = cd.mair };

    if (t->epd)
      continue;
    like.tag.stage = 1;
    like.tag.asid = cd.asid;
    like.tag.aset = cd.aset;
    like.input = i ? -(1ULL << t->geometry.ia_bits) : 0;
    like.bytes = 1ULL << smmu_start_table_log2(&t->geometry);
    point(p, &like);
  }
}

static void pointers_of(const struct check_world *w, const struct check_area *area, uint64_t addr,
                        const uint64_t *words, struct pointers *p)
{
  p->count = 0;
  switch (area->kind) {
  case AREA_L1STD: of_l1std(w, area, addr, words[0], p); break;
  case AREA_STE:
    of_ste(w, area->id + (uint32_t)((addr - area->base) / CHECK_STRUCTURE), words, p);
    break;
  case AREA_L1CD: of_l1cd(area, addr, words[0], p); break;
  default: of_cd(w, area, words, p); break;
  }
}

/* Which streams have ATS: few, so their STEs are a list. */
static void note_ats(struct check *c, struct check_world *w, uint32_t sid, uint64_t addr,
                     const uint64_t *words)
{
  struct check_built *b = w->built;
  struct smmu_ste ste;
  bool ats = check_is_valid(AREA_STE, words) && ste_meaning(w, words, &ste) && ste.eats;
  uint32_t i = 0;

  while (i < b->atss && b->ats[i].ste != addr)
    i++;
  if (!ats && i < b->atss && b->enabled)
    check_debt_of_left(c, w, sid);
  if (ats && i == b->atss && check_grow(c, (void **)&b->ats, &b->ats_room, i, sizeof *b->ats))
    b->ats[b->atss++] = (struct check_stream){ addr, sid };
  else if (!ats && i < b->atss)
    b->ats[i] = b->ats[--b->atss];
}

/* So that nobody looks at CDs that there are not; and what ATCs hold of one that goes. */
static void note_substream(struct check *c, struct check_world *w, const struct check_area *area,
                           uint32_t ssid, const uint64_t *old, const uint64_t *now)
{
  bool was = check_is_valid(AREA_CD, old), is = check_is_valid(AREA_CD, now);
  struct check_tag tag = area->tag;

  if (is && ssid > w->built->ssid_top)
    w->built->ssid_top = ssid;
  if (!was || ssid == 0 || !w->built->enabled || (is && FGET(CD, ASID, old) == FGET(CD, ASID, now)))
    return;
  tag.stage = 1;
  tag.asid = (uint16_t)FGET(CD, ASID, old);
  check_debt_of_substream(c, w, area->sid, ssid, &tag);
}

/* The same memory under another tag is left first: it is another table then. */
static void leave_changed(struct check *c, struct check_world *w, struct pointers *before,
                          const struct pointers *after)
{
  for (unsigned i = 0; i < before->count;) {
    unsigned k = 0;

    while (k < after->count && (after->to[k].base != before->to[i].base ||
                                check_area_same(&before->to[i], &after->to[k])))
      k++;
    if (k == after->count) {
      i++;
      continue;
    }
    unlink_area(c, w, before->to[i].base);
    before->to[i] = before->to[--before->count];
  }
}

void check_structure_links(struct check *c, struct check_world *w, const struct check_area *area,
                           uint64_t addr, const uint64_t *old, const uint64_t *now)
{
  struct pointers before, after;

  if (area->kind == AREA_STE)
    note_ats(c, w, area->id + (uint32_t)((addr - area->base) / CHECK_STRUCTURE), addr, now);
  if (area->kind == AREA_CD)
    note_substream(c, w, area, area->id + (uint32_t)((addr - area->base) / CHECK_STRUCTURE), old,
                   now);
  pointers_of(w, area, addr, old, &before);
  pointers_of(w, area, addr, now, &after);
  leave_changed(c, w, &before, &after);
  for (unsigned i = 0; i < after.count; i++)
    link_area(c, w, &after.to[i]);
  for (unsigned i = 0; i < before.count; i++)
    unlink_area(c, w, before.to[i].base);
  for (unsigned i = 0; i < after.count; i++) {
    if (after.to[i].kind == AREA_TABLE)
      check_tag_alone(c, w->built, &after.to[i]);
  }
}

/* ---- what stands in an area ---- */

static void enter(struct check *c, struct check_world *w, struct check_area *area, uint64_t addr,
                  bool there)
{
  static const uint64_t nothing[CHECK_STRUCTURE_WORDS];
  uint64_t words[CHECK_STRUCTURE_WORDS];

  check_read_structure(w, addr, words_of(area->kind), words);
  if (area->kind == AREA_TABLE) {
    check_area_set_valid(area, addr, true);
    check_table_links(c, w, area, addr, there ? 0 : words[0], there ? words[0] : 0);
    return;
  }
  if (!check_is_valid(area->kind, words))
    return;
  check_structure_links(c, w, area, addr, there ? nothing : words, there ? words : nothing);
  if (there)
    check_legal(c, w, area, addr, NULL);
}

void check_area_enter(struct check *c, struct check_world *w, struct check_area *area, bool there)
{
  unsigned bytes = area->kind == AREA_STE || area->kind == AREA_CD ? CHECK_STRUCTURE : 8;
  uint64_t base = area->base, end = base + area->bytes;

  if (area->bytes / 8 <= w->memory.used) {
    for (uint64_t at = base; at < end; at += bytes) {
      if (check_memory_find(w, at))
        enter(c, w, area, at, there);
    }
    return;
  }
  for (uint32_t i = 0; i < w->memory.used; i++) {
    uint64_t at = w->memory.word[i].addr;

    if (at >= base && at < end && at % bytes == 0)
      enter(c, w, area, at, there);
  }
}

/* ---- stores ---- */

struct check_edit *check_edit_find(struct check_built *b, uint64_t addr, uint32_t sid)
{
  for (uint32_t i = 0; i < b->edits; i++) {
    if (b->edit[i].addr == addr && b->edit[i].sid == sid)
      return &b->edit[i];
  }
  return NULL;
}

/* Old and new words that the SMMU could mix up. */
static void check_torn(struct check *c, const struct check_area *area, struct check_edit *e,
                       const uint64_t *now)
{
  uint64_t before[CHECK_STRUCTURE_WORDS], after[CHECK_STRUCTURE_WORDS];
  bool was = check_is_valid(area->kind, e->base), is = check_is_valid(area->kind, now);
  const char *name = area->kind == AREA_STE ? "STE of stream" : "CD of substream";
  unsigned changed = 0, rule;

  check_used(area->kind, e->base, before);
  check_used(area->kind, now, after);
  for (unsigned i = 0; i < CHECK_STRUCTURE_WORDS; i++)
    changed += ((e->base[i] ^ now[i]) & (before[i] | after[i])) != 0;
  if (changed < 2 || e->told)
    return;
  e->told = true;
  rule = !was ? CHECK_ENTRY_VALID_EARLY : is ? CHECK_ENTRY_TORN : CHECK_ENTRY_CHANGED_EARLY;
  check_tell(c, rule, NULL,
             "%s 0x%x: %u words that count have changed since it was last invalidated", name, e->id,
             changed);
}

/* One edit for each stream that leads here. */
static void owe(struct check *c, struct check_world *w, const struct check_area *area,
                uint64_t addr, const uint64_t *old, const uint64_t *now, uint32_t sid)
{
  struct check_built *b = w->built;
  unsigned words = words_of(area->kind);
  uint32_t index = (uint32_t)((addr - area->base) / (8 * words));
  unsigned split = (unsigned)GET(STRTAB_BASE_CFG, SPLIT, w->reg[R_STRTAB_BASE_CFG].written);
  struct check_edit *e = check_edit_find(b, addr, sid);
  unsigned log2 = area->kind == AREA_L1STD  ? split
                  : area->kind == AREA_L1CD ? (unsigned)area->level
                                            : 0;

  if (!e) {
    if (!check_grow(c, (void **)&b->edit, &b->edit_room, b->edits, sizeof *b->edit))
      return;
    e = &b->edit[b->edits++];
    *e = (struct check_edit){ .kind = area->kind,
                              .sid = sid,
                              .id = area->id + (index << log2),
                              .entries = 1u << log2,
                              .addr = addr };
    memcpy(e->base, old, words * sizeof *old);
  }
  e->at = c->now;
  e->paid.state = OWED;
  if (words > 1)
    check_torn(c, area, e, now);
}

/* Streams whose STE leads to a CD table; almost always there is one. */
static void owe_each(struct check *c, struct check_world *w, const struct check_area *area,
                     uint64_t addr, const uint64_t *old, const uint64_t *now)
{
  struct check_built *b = w->built;
  uint32_t index = (uint32_t)((addr - area->base) / CHECK_STRUCTURE);

  if (area->kind == AREA_STE)
    owe(c, w, area, addr, old, now, area->id + index);
  else
    owe(c, w, area, addr, old, now, area->sid);
  if ((area->kind != AREA_CD && area->kind != AREA_L1CD) || area->holders < 2)
    return;
  for (uint32_t i = 0; i < b->areas; i++) {
    const struct check_area *table = b->area[i];

    if (table->kind != AREA_STE || !table->holders)
      continue;
    for (uint64_t at = 0; at < table->bytes; at += CHECK_STRUCTURE) {
      uint64_t ste[CHECK_STRUCTURE_WORDS];
      uint32_t sid = table->id + (uint32_t)(at / CHECK_STRUCTURE);

      check_read_structure(w, table->base + at, CHECK_STRUCTURE_WORDS, ste);
      if (sid != area->sid && check_is_valid(AREA_STE, ste) &&
          (FGET(STE, Config, ste) == CONFIG_S1) &&
          FGET(STE, S1ContextPtr, ste) << STE_S1ContextPtr_LO == area->base)
        owe(c, w, area, addr, old, now, sid);
    }
  }
}

void check_structure_stored(struct check *c, struct check_world *w, struct check_area *area,
                            const struct check_word *x)
{
  unsigned words = words_of(area->kind), order = (unsigned)(x->addr - area->base) / 8 % words;
  uint64_t addr = x->addr - 8ULL * order, old[CHECK_STRUCTURE_WORDS], now[CHECK_STRUCTURE_WORDS];

  if (x->value == x->before)
    return;
  check_read_structure(w, addr, words, now);
  memcpy(old, now, sizeof old);
  old[order] = x->before;
  owe_each(c, w, area, addr, old, now);
  check_structure_links(c, w, area, addr, old, now);
}
