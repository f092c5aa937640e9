/* The verdict on one answer: each word it depends on against what memory says now. IHI 0070 3.21.1,
 * 3.21.3 (what a CMD_SYNC promises), 4.4.3.1 (combined entries survive an invalidation by IPA). The
 * device is to blame when one completed invalidation covered what was used, or the walk that made it;
 * else software, when it had declared the mapping dead; else nobody. */
#include <string.h>

#include "smmu/smmu.h"
#include "util/bits.h"
#include "watch/state.h"

/* The words of an answer's translation or configuration, and the entry that they came from. */
struct part {
  const struct watch_ref *ref;
  uint32_t count;
  uint64_t made; /* when the walk had put it together */
  struct watch_target target;
};

struct judged {
  struct watch *w;
  const struct watch_txn *t;
  const struct smmu_record *r;
  struct part cfg, desc;
  const struct watch_ref *s1_leaf, *s2_leaf;
  uint8_t s1_tg, s2_tg;
};

/* ---- what the words say ---- */

static unsigned granule_log2(unsigned tg)
{
  return tg == 2 ? 14 : tg == 3 ? 16 : 12;
}

static unsigned span_of_level(unsigned tg, int level)
{
  unsigned granule = granule_log2(tg);

  return granule + (unsigned)(3 - level) * (granule - 3);
}

static bool is_table(const struct watch_ref *ref)
{
  return (ref->value & 3) == 3 && ref->level < 3;
}

/* As TLBI spells granules (1: 4 KB, 2: 16 KB, 3: 64 KB); STE and CD spell them in two other ways. */
static void find_granules(struct judged *j)
{
  static const uint8_t tg0[4] = { 1, 3, 2, 0 }, tg1[4] = { 0, 2, 1, 3 };
  bool upper = j->t->addr >> 55 & 1;

  for (uint32_t i = 0; i < j->cfg.count; i++) {
    const struct watch_ref *ref = &j->cfg.ref[i];

    if (ref->what == SMMU_READ_CD && ref->order == 0)
      j->s1_tg = upper ? tg1[bits_get(ref->value, 23, 22)] : tg0[bits_get(ref->value, 7, 6)];
    if (ref->what == SMMU_READ_STE && ref->order == 2)
      j->s2_tg = tg0[bits_get(ref->value, 47, 46)];
  }
}

static void find_leaves(struct judged *j)
{
  for (uint32_t i = 0; i < j->desc.count; i++) {
    const struct watch_ref *ref = &j->desc.ref[i];

    if (ref->what == SMMU_READ_S1_DESC && !is_table(ref))
      j->s1_leaf = ref;
    if (ref->what == SMMU_READ_S2_DESC && !is_table(ref))
      j->s2_leaf = ref;
  }
}

/* The entry as software knows it: a stage 1 block that stage 2 broke into pieces is one. */
static void aim_at_entry(struct judged *j)
{
  struct watch_target *e = &j->desc.target;
  const struct watch_print *hit = j->t->hit;
  const struct watch_ref *leaf = j->s1_leaf ? j->s1_leaf : j->s2_leaf;
  unsigned span;

  e->tag = j->t->tag;
  e->va = hit ? hit->va : j->t->addr;
  e->span = hit ? hit->span : j->r->info;
  e->tg = j->s1_leaf ? j->s1_tg : j->s2_tg;
  e->level = leaf ? leaf->level : 3;
  if (!j->t->has_tag)
    e->tag |= (uint64_t)(j->s1_leaf ? SMMU_ENTRY_S1 : SMMU_ENTRY_S2) << 40 |
              (uint64_t)(j->s1_leaf && !(j->s1_leaf->value >> 11 & 1)) << 48;
  span = j->s1_leaf && e->tg ? span_of_level(e->tg, e->level) : 0;
  e->span = e->span > span ? e->span : (uint8_t)span;
}

/* The walk cache entry that a word came through. */
static struct watch_target walk_target(const struct judged *j, const struct watch_print *from)
{
  struct watch_target e = { .tag = from->tag, .va = from->va, .span = from->span, .level = 3 };
  bool s1 = bits_get(from->tag, 43, 40) == SMMU_ENTRY_WALK_S1;

  e.tg = s1 ? j->s1_tg : j->s2_tg;
  for (uint32_t i = 0; i < from->count; i++) {
    if ((from->ref[i].what == SMMU_READ_S1_DESC) == s1)
      e.level = from->ref[i].level;
  }
  return e;
}

/* ---- the device ---- */

/* Did the invalidation cover what this word was used through? See the head of the file and
 * docs/decisions/012. A last-level form promises nothing for a walk that has passed a table. */
static bool is_caught(const struct judged *j, const struct part *p, const struct watch_ref *ref,
                      const struct watch_inval *v, bool *walk)
{
  bool entry = watch_covers(v, &p->target), before = p->made < v->fetch, from;
  struct watch_target target;

  *walk = !before;
  if (entry && !before && v->leaf && is_table(ref))
    entry = false;
  if (!ref->from || p == &j->cfg)
    return entry && (!ref->from || ref->used < v->fetch);
  target = walk_target(j, ref->from);
  from = watch_covers(v, &target);
  *walk |= !entry || ref->used >= v->fetch;
  return (entry && ref->used < v->fetch) || (from && p->made > v->sync) || (entry && from);
}

static const struct watch_inval *find_inval(const struct judged *j, struct part *p,
                                            const struct watch_ref *ref, uint64_t since, bool *walk)
{
  const struct watch_log *log = &j->w->log;
  uint32_t kept = log->count < log->limit ? log->count : log->limit;

  p->target.what = ref->what == SMMU_READ_S2_DESC ? SMMU_READ_CD : ref->what;
  for (uint32_t n = log->count; kept > 0; kept--) {
    const struct watch_inval *v = &log->inval[--n % log->limit];

    if (v->fetch <= since)
      break;
    if (v->sync && is_caught(j, p, ref, v, walk))
      return v;
  }
  return NULL;
}

/* ---- software ---- */

static bool is_within(const struct watch_death *d, uint64_t addr)
{
  return addr >= d->first && addr <= d->last;
}

/* The world whose table the word is part of; the note's own when that is not known. */
static bool is_of_world(const struct judged *j, const struct watch_ref *ref,
                        const struct watch_death *d)
{
  const struct watch_version *v = watch_origin(j->w, ref);
  const struct watch_operation *o = v ? watch_operation_at(j->w, v->operation) : NULL;

  return !o || (o->kind != PLAT_OP_MAP && o->kind != PLAT_OP_UNMAP) || o->world == d->world;
}

/* The page that the answer names, as its owner calls it. */
static bool is_page(const struct judged *j, const struct watch_ref *ref,
                    const struct watch_death *d)
{
  unsigned span =
    ref->what == SMMU_READ_S1_DESC && j->s1_tg ? span_of_level(j->s1_tg, ref->level) : 12;
  uint64_t out = (ref->value & bits_mask(47, 12) & ~bits_low(span)) | (j->t->addr & bits_low(span));

  if (d->world == 0)
    return ref == (j->s2_leaf ? j->s2_leaf : j->s1_leaf) && is_within(d, j->r->addr_out);
  return ref == j->s1_leaf && j->s2_leaf && is_of_world(j, ref, d) && is_within(d, out);
}

/* The table that holds the word, or the one that the word leads to. */
static bool is_table_of(const struct judged *j, const struct watch_ref *ref,
                        const struct watch_death *d)
{
  uint64_t next = is_table(ref) ? ref->value & bits_mask(47, 12) : ref->at;
  bool nested_s1 = ref->what == SMMU_READ_S1_DESC && j->s2_leaf;

  if (d->world == 0)
    return is_within(d, j->w->memory.word[ref->word].addr) || (!nested_s1 && is_within(d, next));
  return ref->what == SMMU_READ_S1_DESC && is_of_world(j, ref, d) &&
         (is_within(d, ref->at) || is_within(d, next));
}

static bool kills(const struct judged *j, const struct watch_ref *ref, const struct watch_death *d)
{
  uint64_t tag = j->desc.target.tag;
  bool s1 = ref->what == SMMU_READ_S1_DESC;

  switch (d->kind) {
  case PLAT_NOTE_TABLE_FREED:
    return (s1 || ref->what == SMMU_READ_S2_DESC) && is_table_of(j, ref, d);
  case PLAT_NOTE_FREED: return is_page(j, ref, d);
  case PLAT_NOTE_ASID:
    return s1 && !(tag >> 48 & 1) && (tag >> 16 & 0xffff) == d->id && is_of_world(j, ref, d) &&
           (d->world != 0) == (j->s2_leaf != NULL);
  case PLAT_NOTE_VMID: return j->s2_leaf && (tag & 0xffff) == d->id && d->world == 0;
  default: return false;
  }
}

/* Freed, or its name given away, since the device read it: dead whatever its words say now. */
static const struct watch_death *find_death(const struct judged *j, const struct watch_ref *ref)
{
  const struct watch_deaths *all = &j->w->freed;
  uint64_t kept = all->count < WATCH_DEATHS ? all->count : WATCH_DEATHS;
  const struct watch_death *found = NULL;

  for (uint64_t n = all->count; kept > 0; kept--) {
    const struct watch_death *d = &all->death[--n % WATCH_DEATHS];

    if (d->record <= ref->read)
      break;
    if (kills(j, ref, d))
      found = d;
  }
  return found;
}

/* The stream was moved after its entry had been changed. */
static const struct watch_death *find_move(const struct judged *j, uint64_t change)
{
  const struct watch_deaths *all = &j->w->freed;
  uint64_t kept = all->count < WATCH_DEATHS ? all->count : WATCH_DEATHS;

  for (uint64_t n = all->count; kept > 0; kept--) {
    const struct watch_death *d = &all->death[--n % WATCH_DEATHS];

    if (d->record <= change)
      break;
    if (d->kind == PLAT_NOTE_STREAM && d->world == 0 && d->id == j->t->sid)
      return d;
  }
  return NULL;
}

/* A change that belongs to no operation we know: any unmap of the address after it. */
static const struct watch_death *find_unmapped(const struct judged *j, const struct watch_ref *ref,
                                               uint64_t change)
{
  const struct watch_deaths *all = &j->w->unmapped;
  uint64_t kept = all->count < WATCH_DEATHS ? all->count : WATCH_DEATHS, input = j->t->addr;
  unsigned span = j->desc.target.span;

  if (ref->what == SMMU_READ_S2_DESC && j->s1_leaf)
    input = (ref->input & ~bits_low(span)) | (input & bits_low(span));
  for (uint64_t n = all->count; kept > 0; kept--) {
    const struct watch_death *d = &all->death[--n % WATCH_DEATHS];

    if (d->record < change)
      break;
    if (is_within(d, input))
      return d;
  }
  return NULL;
}

static bool is_dead(const struct judged *j, const struct part *p, const struct watch_ref *ref,
                    struct watch_reason *why)
{
  uint64_t change = why->change ? why->change->record : 0;

  if (why->death)
    return true;
  if (why->operation)
    return why->operation->dead > change;
  if (p == &j->cfg && ref->what != SMMU_READ_S2_DESC)
    why->death = find_move(j, change);
  else
    why->death = find_unmapped(j, ref, change);
  return why->death != NULL;
}

/* ---- one word, one answer ---- */

static void judge_ref(struct judged *j, struct part *p, const struct watch_ref *ref,
                      struct watch_reason *why)
{
  const struct watch_operation *o;
  uint64_t since = ref->read;

  *why = (struct watch_reason){ .verdict = WATCH_FRESH, .ref = ref };
  why->change = watch_changed(j->w, ref);
  why->death = p == &j->desc ? find_death(j, ref) : NULL;
  if (!why->change && !why->death)
    return;
  if (why->change && (!why->death || why->change->record < why->death->record))
    since = why->change->record;
  o = why->operation = why->change ? watch_operation_at(j->w, why->change->operation) : NULL;
  if (o && o->kind != PLAT_OP_MAP && o->kind != PLAT_OP_UNMAP && o->kind != PLAT_OP_IOCTL)
    why->operation = o = NULL;
  why->inval = find_inval(j, p, ref, since, &why->walk);
  if (why->inval)
    why->verdict = WATCH_STALE_DEVICE;
  else if (is_dead(j, p, ref, why))
    why->verdict = WATCH_STALE_DRIVER;
  else if (since > j->t->submit)
    why->verdict = WATCH_FRESH;
  else
    why->verdict = o && o->lazy ? WATCH_DEFERRED : WATCH_PENDING;
}

static bool judge_part(struct judged *j, struct part *p, struct watch_reason *worst)
{
  bool clean = true;

  for (uint32_t i = 0; i < p->count; i++) {
    struct watch_reason why;

    if (j->w->options.load)
      watch_word_reload(j->w, p->ref[i].what, p->ref[i].word);
    judge_ref(j, p, &p->ref[i], &why);
    clean &= !why.change && !why.death;
    if (why.verdict > worst->verdict || !worst->ref)
      *worst = why;
  }
  return clean;
}

static bool is_known_clean(const struct watch *w, const struct watch_print *print)
{
  return print && print->checked == w->epoch && !w->options.load;
}

static void judge_all(struct watch *w, const struct watch_txn *t, const struct smmu_record *r,
                      struct watch_reason *worst)
{
  struct judged j = { .w = w, .t = t, .r = r };
  bool clean;

  j.cfg = (struct part){ t->cfg ? t->cfg->ref : t->own_cfg.ref,
                         t->cfg ? t->cfg->count : t->own_cfg.count,
                         t->cfg ? t->cfg->made : w->now,
                         { .config = true, .sid = t->sid, .ssid = t->ssid } };
  j.desc.ref = t->hit ? t->hit->ref : t->own.ref;
  j.desc.count = t->hit ? t->hit->count : t->own.count;
  j.desc.made = t->hit ? t->hit->made : t->made ? t->made : w->now;
  find_granules(&j);
  find_leaves(&j);
  aim_at_entry(&j);
  if (!is_known_clean(w, t->cfg)) {
    clean = judge_part(&j, &j.cfg, worst);
    if (clean && t->cfg)
      t->cfg->checked = w->epoch;
  }
  if (!is_known_clean(w, t->hit)) {
    clean = judge_part(&j, &j.desc, worst);
    if (clean && t->hit && t->hit->span <= 16)
      t->hit->checked = w->epoch;
  }
}

void watch_judge(struct watch *w, const struct watch_txn *t, const struct smmu_record *r)
{
  struct watch_reason worst = { .verdict = WATCH_FRESH };

  if (r->result != SMMU_STATUS_OK || t->kind == SMMU_TXN_UNSUPPORTED ||
      t->kind == SMMU_TXN_PAGE_HINT || (t->kind == SMMU_TXN_ATS_REQUEST && r->perm == 0))
    return;
  if (t->lost || t->kind == SMMU_TXN_ATS_TRANSLATED) {
    w->counts.unjudged++;
    return;
  }
  if (!is_known_clean(w, t->cfg) || !is_known_clean(w, t->hit))
    judge_all(w, t, r, &worst);
  if (worst.verdict == WATCH_FRESH && !t->hit && t->own.count == 0) {
    w->counts.untranslated++;
    return;
  }
  w->counts.verdict[worst.verdict]++;
  if (worst.verdict == WATCH_DEFERRED)
    watch_length_add(&w->counts.use, r->time - worst.operation->ended_time);
  if (worst.verdict >= WATCH_STALE_DRIVER && w->options.story)
    watch_tell(w, t, r, &worst);
}
