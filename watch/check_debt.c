/* Debts of software: what caches may hold of a translation that it has changed. IHI 0070 3.9.1, 3.17,
 * 3.21.1, 4.4.3.1. Left out: ATS of substreams. */
#include "util/bits.h"
#include "watch/check_built.h"

enum { NEIGHBOURS = 4, CONFIG_S1 = 5 };

/* ---- what is owed ---- */

struct check_debt *check_debt_add(struct check *c, struct check_world *w,
                                  const struct check_debt *like)
{
  struct check_built *b = w->built;

  if (b->debts == CHECK_DEBTS ||
      !check_grow(c, (void **)&b->debt, &b->debt_room, b->debts, sizeof *b->debt))
    return NULL;
  b->debt[b->debts] = *like;
  return &b->debt[b->debts++];
}

void check_debt_remove(struct check_built *b, uint32_t i)
{
  for (b->debts--; i < b->debts; i++)
    b->debt[i] = b->debt[i + 1];
}

static bool same_tag(const struct check_tag *a, const struct check_tag *b)
{
  return a->asid == b->asid && a->vmid == b->vmid && a->stage == b->stage && a->world == b->world;
}

/* What endpoints hold of d's range grows with it; not when part of that was paid or is gone. */
static bool grow_others(struct check_built *b, uint32_t i, const struct check_debt *debt)
{
  uint32_t first = i + 1, end = first + b->debt[i].others;

  if (end > b->debts)
    return false;
  for (uint32_t k = first; k < end; k++) {
    const struct check_debt *o = &b->debt[k];

    if (o->number != b->debt[i].number || o->paid.state != OWED ||
        (o->kind == DEBT_ATC && o->last != UINT64_MAX && o->last + 1 != debt->first))
      return false;
  }
  for (uint32_t k = first; k < end; k++) {
    if (b->debt[k].kind == DEBT_ATC && b->debt[k].last != UINT64_MAX)
      b->debt[k].last = debt->last;
  }
  return true;
}

/* Descriptors side by side, changed one after the other, are one debt. */
static bool merge(struct check_built *b, const struct check_debt *debt)
{
  uint32_t least = b->debts > NEIGHBOURS ? b->debts - NEIGHBOURS : 0;

  for (uint32_t i = b->debts; i > least; i--) {
    struct check_debt *d = &b->debt[i - 1];

    if (d->kind != DEBT_TLB || d->paid.state != OWED || d->last + 1 != debt->first ||
        d->at.cpu != debt->at.cpu || d->span != debt->span || d->level != debt->level ||
        d->table != debt->table || d->global != debt->global || d->contiguous != debt->contiguous ||
        !same_tag(&d->tag, &debt->tag) || !grow_others(b, i - 1, debt))
      continue;
    d->exact &= debt->out == d->out + (debt->first - d->first);
    d->last = debt->last;
    return true;
  }
  return false;
}

static uint64_t word_at(const struct check_world *w, uint64_t addr)
{
  const struct check_word *x = check_memory_find(w, addr);

  return x ? x->value : 0;
}

/* Does a stream translate by this address space? Of STE and CD the words that say so are read alone. */
static bool stands_on(const struct check_world *w, const struct check_stream *s,
                      const struct check_tag *tag)
{
  uint64_t ste[3] = { word_at(w, s->ste), 0, word_at(w, s->ste + 16) }, cd;
  unsigned config = (unsigned)FGET(STE, Config, ste);

  if (FGET(STE, S2VMID, ste) != tag->vmid)
    return false;
  if (tag->stage == 2)
    return config & 2;
  cd = word_at(w, FGET(STE, S1ContextPtr, ste) << STE_S1ContextPtr_LO);
  return config == CONFIG_S1 && FGET(STE, S1CDMax, ste) == 0 && FGET(CD, ASID, &cd) == tag->asid;
}

static void owe_streams(struct check *c, struct check_world *w, const struct check_debt *debt)
{
  struct check_built *b = w->built;
  struct check_debt atc = *debt;

  atc.kind = DEBT_ATC;
  for (uint32_t i = 0; i < b->atss; i++) {
    if (!stands_on(w, &b->ats[i], &debt->tag))
      continue;
    atc.sid = b->ats[i].sid;
    if (debt->tag.under) {
      atc.first = 0;
      atc.last = UINT64_MAX;
    }
    check_debt_add(c, w, &atc);
  }
}

void check_debt_of_range(struct check *c, struct check_world *w, struct check_debt *debt)
{
  struct check_built *b = w->built;
  uint32_t i = b->debts;

  debt->kind = DEBT_TLB;
  if (merge(b, debt))
    return;
  debt->number = ++b->numbers;
  debt->domain =
    b->owner[debt->tag.stage - 1]
      ? b->owner[debt->tag.stage - 1][debt->tag.stage == 1 ? debt->tag.asid : debt->tag.vmid]
      : 0;
  if (!check_debt_add(c, w, debt))
    return;
  if (debt->tag.under) {
    struct check_debt combined = *debt;

    combined.kind = DEBT_STAGE1;
    check_debt_add(c, w, &combined);
  }
  owe_streams(c, w, debt);
  b->debt[i].others = b->debts - i - 1;
}

void check_debt_of_id(struct check *c, struct check_world *w, const struct check_tag *tag)
{
  struct check_built *b = w->built;
  struct check_debt debt = { .kind = DEBT_ID, .tag = *tag, .last = UINT64_MAX, .at = c->now };

  for (uint32_t i = 0; i < b->debts; i++) {
    if (b->debt[i].kind == DEBT_ID && same_tag(&b->debt[i].tag, tag)) {
      b->debt[i].at = c->now;
      b->debt[i].paid.state = OWED;
      return;
    }
  }
  debt.number = ++b->numbers;
  check_debt_add(c, w, &debt);
}

void check_debt_of_left(struct check *c, struct check_world *w, uint32_t sid)
{
  struct check_debt debt = { .kind = DEBT_ATC,
                             .number = ++w->built->numbers,
                             .left = true,
                             .sid = sid,
                             .last = UINT64_MAX,
                             .at = c->now };

  check_debt_add(c, w, &debt);
}
