/* Debts of software: what caches may hold of a translation that it has changed. IHI 0070 3.9.1, 3.17,
 * 3.21.1, 4.4.3.1, 4.5.1. */
#include "arch/cd.h"
#include "util/bits.h"
#include "watch/check_built.h"

enum { NEIGHBOURS = 4, CONFIG_S1 = 5, S1DSS_SSID0 = 2, LEAF_4K = 6, LEAF_64K = 10 };

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

/* ---- what endpoints may hold of it ---- */

/* Of STE and CD the words that say where a stream's translations come from are read alone. */
struct owing {
  struct check *c;
  struct check_world *w;
  struct check_debt debt; /* as it is to be added */
  bool by_default;        /* transactions without SubstreamID use the CD of substream 0 */
};

static void owe(struct owing *o, uint32_t ssid, bool ssv)
{
  o->debt.ssid = ssid;
  o->debt.ssv = ssv;
  check_debt_add(o->c, o->w, &o->debt);
}

static void owe_cd(struct owing *o, uint64_t at, uint32_t ssid, bool substreams)
{
  uint64_t cd = word_at(o->w, at);

  if (!FGET(CD, V, &cd) || FGET(CD, ASID, &cd) != o->debt.tag.asid)
    return;
  owe(o, ssid, substreams && (ssid > 0 || !o->by_default));
}

/* CDs of `first` and those behind it, so far as there was ever one. */
static void owe_cds(struct owing *o, uint64_t base, uint32_t first, unsigned log2)
{
  uint32_t top = o->w->built->ssid_top, last = first + (uint32_t)bits_low(log2);

  for (uint32_t i = first; i <= last && i <= top; i++)
    owe_cd(o, base + (uint64_t)CHECK_STRUCTURE * (i - first), i, true);
}

static void owe_table(struct owing *o, const uint64_t *ste, uint64_t base)
{
  unsigned format = (unsigned)FGET(STE, S1Fmt, ste), most = (unsigned)FGET(STE, S1CDMax, ste);
  unsigned leaf = format == 1 ? LEAF_4K : LEAF_64K;
  uint64_t to;

  if (most == 0)
    owe_cd(o, base, 0, false);
  else if (format == 0)
    owe_cds(o, base, 0, most);
  for (uint32_t i = 0; format && most && i << leaf <= o->w->built->ssid_top; i++) {
    if (smmu_l1cd_lookup(word_at(o->w, base + 8ULL * i), 0, leaf, 56, &to))
      owe_cds(o, to, i << leaf, leaf);
  }
}

static void owe_stream(struct owing *o, const struct check_stream *s)
{
  uint64_t ste[3] = { word_at(o->w, s->ste), word_at(o->w, s->ste + 8),
                      word_at(o->w, s->ste + 16) };
  unsigned config = (unsigned)FGET(STE, Config, ste);

  if (FGET(STE, S2VMID, ste) != o->debt.tag.vmid)
    return;
  o->debt.sid = s->sid;
  o->by_default = FGET(STE, S1DSS, ste) == S1DSS_SSID0;
  if (o->debt.tag.stage == 2 && config & 2)
    owe(o, 0, false);
  else if (o->debt.tag.stage == 1 && config == CONFIG_S1)
    owe_table(o, ste, FGET(STE, S1ContextPtr, ste) << STE_S1ContextPtr_LO);
}

static void owe_streams(struct check *c, struct check_world *w, const struct check_debt *debt)
{
  struct owing o = { .c = c, .w = w, .debt = *debt };

  o.debt.kind = DEBT_ATC;
  if (debt->tag.under) {
    o.debt.first = 0;
    o.debt.last = UINT64_MAX;
  }
  for (uint32_t i = 0; i < w->built->atss; i++)
    owe_stream(&o, &w->built->ats[i]);
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

/* While the stream has EATS. */
void check_debt_of_substream(struct check *c, struct check_world *w, uint32_t sid, uint32_t ssid,
                             const struct check_tag *tag)
{
  struct check_debt debt = { .kind = DEBT_ATC,
                             .left = true,
                             .ssv = true,
                             .sid = sid,
                             .ssid = ssid,
                             .tag = *tag,
                             .last = UINT64_MAX,
                             .at = c->now };

  for (uint32_t i = 0; i < w->built->atss; i++) {
    if (w->built->ats[i].sid != sid)
      continue;
    debt.number = ++w->built->numbers;
    check_debt_add(c, w, &debt);
  }
}
