/* When debts are due: software says that addresses are dead, memory is free, an ASID or VMID is given
 * back, a stream is moved. From then on it relies on what it has sent. IHI 0070 3.17, 3.21.1, 3.21.3.
 * A lazy unmap says so when its addresses are given back. */
#include <stdlib.h>

#include "util/bits.h"
#include "watch/check_built.h"

static bool is_named(const struct check_tag *tag, unsigned stage, uint64_t id)
{
  return tag->stage == stage && (stage == 1 ? tag->asid : tag->vmid) == id;
}

/* ---- addresses ---- */

static void unmapped(struct check *c, struct check_world *w, uint64_t first, uint64_t last,
                     uint64_t domain)
{
  struct check_built *b = w->built;

  b->unmaps = true;
  for (uint32_t i = 0; i < b->debts;) {
    const struct check_debt *at = &b->debt[i];
    struct check_debt d;

    if (at->first > last || at->last < first || at->kind == DEBT_ID || at->left ||
        (at->domain && at->domain != domain)) {
      i++;
      continue;
    }
    d = *at;
    check_blame_debt(c, w, &d, CHECK_TLBI_MISSING, "it was said to be unmapped");
    check_debt_remove(b, i);
  }
}

/* ---- memory ---- */

static bool unlinks(const struct check_debt *d, const struct check_area *area)
{
  if (d->kind == DEBT_ATC || d->at.record > area->unlinked.record ||
      d->tag.stage != area->tag.stage || d->tag.asid != area->tag.asid ||
      d->tag.vmid != area->tag.vmid)
    return false;
  if (d->kind == DEBT_ID)
    return d->at.record == area->unlinked.record;
  return d->table && d->first <= area->input && d->last >= area->input;
}

/* A table or structure that nothing leads to any more, and what of that is owed. */
static void freed_unlinked(struct check *c, struct check_world *w, const struct check_area *area)
{
  struct check_built *b = w->built;

  for (uint32_t i = 0; i < b->edits; i++) {
    struct check_edit *e = &b->edit[i];

    if (area->unlinked_from >= e->addr && area->unlinked_from - e->addr < CHECK_STRUCTURE &&
        !e->told) {
      e->told = true;
      check_blame_edit(c, w, e, "what it led to was given back");
    }
  }
  for (uint32_t i = 0; area->kind == AREA_TABLE && i < b->debts;) {
    const struct check_debt d = b->debt[i];

    if (!unlinks(&d, area)) {
      i++;
      continue;
    }
    check_blame_debt(c, w, &d, CHECK_TABLE_EARLY, "its table was given back");
    check_debt_remove(b, i);
  }
}

/* Who is known to lead to it; other structures are reached from more than one kind of place. */
static const char *leader_of(const struct check_world *w, const struct check_area *area)
{
  uint64_t config = w->reg[R_STRTAB_BASE_CFG].written;

  if (area->kind != AREA_L1STD && area->kind != AREA_STE)
    return "a valid pointer";
  return area->kind == AREA_STE && GET(STRTAB_BASE_CFG, FMT, config) == 1 ? "an L1STD"
                                                                          : "STRTAB_BASE";
}

static void freed_areas(struct check *c, struct check_world *w, uint64_t first, uint64_t last)
{
  struct check_built *b = w->built;

  for (uint32_t i = 0; i < b->areas;) {
    struct check_area *area = b->area[i];

    if (area->base > last || area->base + area->bytes - 1 < first) {
      i++;
      continue;
    }
    if (area->holders) {
      check_tell(c, CHECK_TABLE_LINKED, NULL, "0x%llx-0x%llx is given back, and %s leads to it",
                 (unsigned long long)area->base, (unsigned long long)(area->base + area->bytes - 1),
                 leader_of(w, area));
      area->holders = 0;
      check_area_enter(c, w, area, false);
    } else if (area->owes) {
      freed_unlinked(c, w, area);
    }
    check_area_drop(b, area);
    i = 0;
  }
}

/* What lies in it is nothing from here on. */
static void given_back(struct check *c, struct check_world *w, uint64_t first, uint64_t last)
{
  freed_areas(c, w, first, last);
  check_memory_forget(w, first, last);
}

/* Leaves that still lead to memory that is given back: told once. */
static void freed_mapped(struct check *c, struct check_world *w, uint64_t first, uint64_t last)
{
  struct check_built *b = w->built;

  for (uint32_t i = 0; i < b->areas; i++) {
    const struct check_area *area = b->area[i];
    unsigned shift = smmu_level_shift(area->geometry.granule_log2, area->level);

    if (area->kind != AREA_TABLE || !area->holders || area->mixed)
      continue;
    for (uint64_t at = area->base; at < area->base + area->bytes; at += 8) {
      uint64_t desc = check_descriptor(w, area, at), out, input;

      if (smmu_desc_kind(desc, area->level, &area->geometry) != SMMU_DESC_LEAF)
        continue;
      out = smmu_desc_out(desc, &area->geometry, shift);
      if (out > last || out + bits_low(shift) < first)
        continue;
      input = area->input + ((at - area->base) / 8 << shift);
      check_tell(c, CHECK_PAGE_MAPPED, NULL,
                 "0x%llx is given back, and 0x%llx of %s %u leads to it", (unsigned long long)out,
                 (unsigned long long)input, area->tag.stage == 1 ? "ASID" : "VMID",
                 area->tag.stage == 1 ? area->tag.asid : area->tag.vmid);
      return;
    }
  }
}

/* Who says when addresses are dead was judged then. */
static void freed_pages(struct check *c, struct check_world *w, uint64_t first, uint64_t last)
{
  struct check_built *b = w->built;

  for (uint32_t i = 0; !b->unmaps && i < b->debts;) {
    const struct check_debt d = b->debt[i];

    if (d.kind == DEBT_ID || !d.exact || d.out > last || d.out + (d.last - d.first) < first) {
      i++;
      continue;
    }
    check_blame_debt(c, w, &d, CHECK_PAGE_EARLY, "its memory was given back");
    check_debt_remove(b, i);
  }
}

/* ---- identifiers and streams ---- */

static void id_given_back(struct check *c, struct check_world *w, unsigned stage, uint64_t id)
{
  struct check_built *b = w->built;

  for (uint32_t i = 0; i < b->areas; i++) {
    const struct check_area *area = b->area[i];

    if (area->kind != AREA_TABLE || !area->holders || !is_named(&area->tag, stage, id) ||
        area->level != area->geometry.start_level)
      continue;
    check_tell(c, CHECK_ID_IN_USE, NULL, "%s %u is given back, and stream 0x%x uses it",
               stage == 1 ? "ASID" : "VMID", (unsigned)id, area->sid);
    break;
  }
  for (uint32_t i = 0; i < b->debts;) {
    const struct check_debt d = b->debt[i];

    if (!is_named(&d.tag, stage, id)) {
      i++;
      continue;
    }
    if (d.kind == DEBT_ID)
      check_blame_debt(c, w, &d, CHECK_ID_EARLY, "it was given back");
    else if (d.left)
      check_blame_debt(c, w, &d, CHECK_ATC_LEFT, "its ASID was given back");
    check_debt_remove(b, i);
  }
}

static void owner(struct check *c, struct check_world *w, unsigned stage, const struct plat_note *n)
{
  uint32_t **of = &w->built->owner[stage - 1];

  if (n->a >= CHECK_IDS)
    return;
  if (!*of)
    *of = calloc(CHECK_IDS, sizeof **of);
  if (!*of) {
    c->failed = true;
    return;
  }
  if (n->b == 0)
    id_given_back(c, w, stage, n->a);
  (*of)[n->a] = n->b ? (uint32_t)n->c : 0;
}

static void moved(struct check *c, struct check_world *w, uint64_t sid)
{
  struct check_built *b = w->built;

  for (uint32_t i = 0; i < b->edits;) {
    const struct check_edit e = b->edit[i];
    bool its = e.kind == AREA_L1STD ? sid >= e.id && sid - e.id < e.entries : e.sid == sid;

    if (!its) {
      i++;
      continue;
    }
    check_blame_edit(c, w, &e, "its stream was said to be moved");
    b->edit[i] = b->edit[--b->edits];
  }
  for (uint32_t i = 0; i < b->debts;) {
    const struct check_debt d = b->debt[i];

    if (!d.left || d.sid != sid) {
      i++;
      continue;
    }
    check_blame_debt(c, w, &d, CHECK_ATC_LEFT, "its stream was said to be moved");
    check_debt_remove(b, i);
  }
}

/* ---- notes ---- */

void check_due_note(struct check *c, struct check_world *w, const struct plat_note *n)
{
  uint64_t last = n->a + n->b - 1;

  switch (n->kind) {
  case PLAT_NOTE_BEGIN: w->built->unmaps |= n->a == PLAT_OP_UNMAP; break;
  case PLAT_NOTE_UNMAPPED:
    if (n->b)
      unmapped(c, w, n->a, last, n->c);
    if (n->b)
      check_said_unmapped(c, w, n->a, last, n->c);
    break;
  case PLAT_NOTE_MAPPED: check_said_mapped(c, w); break;
  case PLAT_NOTE_TABLE_FREED:
    if (n->b)
      given_back(c, w, n->a, last);
    break;
  case PLAT_NOTE_FREED:
    if (!n->b)
      break;
    freed_pages(c, w, n->a, last);
    freed_mapped(c, w, n->a, last);
    given_back(c, w, n->a, last);
    break;
  case PLAT_NOTE_ASID: owner(c, w, 1, n); break;
  case PLAT_NOTE_VMID: owner(c, w, 2, n); break;
  case PLAT_NOTE_STREAM:
    moved(c, w, n->a);
    check_said_moved(c, w, n->a);
    break;
  default: break;
  }
}

/* What is never told to the device is never known to it. */
void check_due_end(struct check *c, struct check_world *w)
{
  struct check_built *b = w->built;

  for (uint32_t i = 0; i < b->edits; i++) {
    if (b->edit[i].paid.state == OWED && !b->edit[i].told)
      check_blame_edit(c, w, &b->edit[i], "all was over");
  }
}
