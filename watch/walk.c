/* What each transaction's answer is built from, read off its records: words as they arrive, cache
 * entries as they answer, and the fills by which words get into caches. Stage 2 words are kept apart
 * by where their walk began, for a stage 2 entry holds those of its own walk alone. IHI 0070 3.3. */
#include <stdlib.h>
#include <string.h>

#include "util/bits.h"
#include "watch/state.h"

enum { WORDS_OF_STRUCTURE = 8 };

static void forget(struct watch *w, struct watch_txn *t)
{
  watch_list_clear(w, &t->own_cfg);
  watch_list_clear(w, &t->own);
  watch_print_release(w, t->cfg);
  watch_print_release(w, t->hit);
  t->cfg = t->hit = NULL;
  t->made = 0;
  t->configured = t->in_s2 = t->has_ipa = t->has_tag = t->has_delta = t->lost = false;
}

/* ---- words ---- */

static struct watch_list *list_of(struct watch_txn *t)
{
  return t->configured ? &t->own : &t->own_cfg;
}

static void add(struct watch *w, struct watch_txn *t, struct watch_list *list,
                const struct watch_ref *ref)
{
  if (!watch_list_add(w, list, ref))
    t->lost = true;
}

/* What the device got is what stood there when the bus looked, before the record `late`, or now. */
static struct watch_ref ref_of(const struct watch *w, const struct smmu_record *r, int32_t word,
                               uint64_t late)
{
  return (struct watch_ref){ .value = late ? r->word : watch_word_now(w, (uint32_t)word)->value,
                             .read = late ? late - 1 : w->now,
                             .at = r->addr_in,
                             .word = (uint32_t)word,
                             .what = r->info,
                             .level = r->level };
}

/* The record before which the first of the words that it shows was overwritten, or 0. */
static uint64_t late_structure(const struct watch *w, const struct watch_txn *t,
                               const struct smmu_record *r, unsigned words)
{
  const uint64_t value[2] = { r->word, r->addr_out };
  uint64_t first = 0;

  for (unsigned i = 0; i < words; i++) {
    uint64_t late = watch_word_late(w, r->info, r->addr_in + 8 * i, value[i], t->submit);

    if (late && (!first || late < first))
      first = late;
  }
  return first;
}

/* An STE or a CD: the record shows its first two words. */
static void read_structure(struct watch *w, struct watch_txn *t, const struct smmu_record *r)
{
  bool whole = r->info == SMMU_READ_STE || r->info == SMMU_READ_CD;
  const uint64_t first[2] = { r->word, r->addr_out };
  uint64_t late = late_structure(w, t, r, whole ? 2 : 1);

  for (unsigned i = 0; i < (whole ? WORDS_OF_STRUCTURE : 1u); i++) {
    int32_t word =
      watch_word_read(w, r->info, r->addr_in + 8 * i, i < 2 && !late ? &first[i] : NULL);
    struct watch_ref ref;

    if (word == WATCH_NONE) {
      t->lost |= i < 2;
      continue;
    }
    ref = ref_of(w, r, word, 0);
    if (late) {
      ref.value = i < 2 ? first[i] : watch_word_before(w, (uint32_t)word, late);
      ref.read = late - 1;
    }
    ref.order = (uint8_t)i;
    add(w, t, &t->own_cfg, &ref);
  }
  t->configured = r->info == SMMU_READ_CD;
}

/* Where its owner sees a stage 1 descriptor: at the IPA that stage 2 has just translated. */
static uint64_t owner_address(const struct watch_txn *t, const struct smmu_record *r)
{
  if (t->in_s2 && t->has_ipa)
    return (t->s2_ipa & ~bits_low(12)) | (r->addr_in & bits_low(12));
  return t->has_delta ? r->addr_in + t->delta : r->addr_in;
}

static void read_s1(struct watch *w, struct watch_txn *t, const struct smmu_record *r, int32_t word,
                    uint64_t late)
{
  struct watch_ref ref = ref_of(w, r, word, late);

  ref.at = owner_address(t, r);
  t->configured = true;
  if (!t->has_tag)
    t->tag = (uint64_t)r->asid << 16 | r->vmid;
  add(w, t, &t->own, &ref);
}

/* The first word of a walk, or the next. A walk begins at another address or for another purpose. */
static void read_s2(struct watch *w, struct watch_txn *t, const struct smmu_record *r, int32_t word,
                    uint64_t late)
{
  struct watch_ref ref = ref_of(w, r, word, late);
  struct watch_list *list;

  t->configured = r->phase != SMMU_READ_FOR_CD;
  list = list_of(t);
  if (!t->in_s2 || (t->has_ipa && t->s2_ipa != r->addr_out))
    t->s2_from = list->count;
  t->in_s2 = t->has_ipa = true;
  t->s2_ipa = r->addr_out;
  if (!t->has_tag && r->phase == SMMU_READ_FOR_INPUT && t->own.count == t->s2_from)
    t->tag = r->vmid;
  ref.input = r->addr_out;
  ref.purpose = r->phase;
  add(w, t, list, &ref);
}

static void read(struct watch *w, struct watch_txn *t, const struct smmu_record *r)
{
  bool desc = r->info == SMMU_READ_S1_DESC || r->info == SMMU_READ_S2_DESC;
  uint64_t late;
  int32_t word;

  if (r->result != 0 || r->info == SMMU_READ_VMS)
    return;
  if (!desc) {
    if (t->active)
      read_structure(w, t, r);
    t->in_s2 = t->has_delta = false;
    return;
  }
  late = t->active ? watch_word_late(w, r->info, r->addr_in, r->word, t->submit) : 0;
  word = watch_word_read(w, r->info, r->addr_in, late ? NULL : &r->word);
  if (!t->active)
    return;
  if (word == WATCH_NONE)
    t->lost = true;
  else if (r->info == SMMU_READ_S1_DESC)
    read_s1(w, t, r, word, late);
  else
    read_s2(w, t, r, word, late);
  if (r->info == SMMU_READ_S1_DESC)
    t->in_s2 = t->has_delta = false;
}

/* ---- caches ---- */

static void append(struct watch *w, struct watch_txn *t, struct watch_print *from)
{
  for (uint32_t i = 0; i < from->count; i++) {
    struct watch_ref ref = from->ref[i];

    ref.from = from;
    ref.used = w->now;
    add(w, t, list_of(t), &ref);
  }
}

static void hit_walk(struct watch *w, struct watch_txn *t, const struct smmu_record *r,
                     struct watch_print *p)
{
  if (r->phase == SMMU_ENTRY_WALK_S1) {
    t->configured = true;
    watch_list_clear(w, &t->own);
    append(w, t, p);
    return;
  }
  t->s2_from = list_of(t)->count;
  append(w, t, p);
  t->has_ipa = false;
  t->in_s2 = r->phase == SMMU_ENTRY_WALK_S2;
  t->has_delta = r->phase == SMMU_ENTRY_WALK_IPA;
  t->delta = r->addr_in - r->addr_out;
}

static void hit(struct watch *w, struct watch_txn *t, const struct smmu_record *r)
{
  struct watch_print *p = watch_slot(w, r);

  if (r->unit == SMMU_CACHE_CFG)
    forget(w, t);
  if (!p) {
    t->lost = true;
    t->configured |= r->unit == SMMU_CACHE_CFG;
  } else if (r->unit == SMMU_CACHE_CFG) {
    t->cfg = watch_print_hold(p);
    t->configured = true;
  } else if (r->unit == SMMU_CACHE_WALK) {
    hit_walk(w, t, r, p);
  } else {
    watch_print_release(w, t->hit);
    t->hit = watch_print_hold(p);
    t->tag = r->word;
    t->has_tag = true;
  }
}

static void fill(struct watch *w, struct watch_txn *t, const struct smmu_record *r)
{
  const struct watch_list *list = r->unit == SMMU_CACHE_CFG ? &t->own_cfg : &t->own;
  uint32_t from = 0;
  bool tlb = r->unit == SMMU_CACHE_TLB || r->unit == SMMU_CACHE_UTLB;

  if (!t->active || t->lost) {
    watch_slot_set(w, r, NULL);
    return;
  }
  if (r->unit == SMMU_CACHE_WALK && r->phase != SMMU_ENTRY_WALK_S1) {
    list = list_of(t);
    from = t->s2_from < list->count ? t->s2_from : list->count;
  }
  if (tlb && t->hit)
    watch_slot_set(w, r, watch_print_make(w, r, t, t->hit->ref, t->hit->count));
  else
    watch_slot_set(w, r, watch_print_make(w, r, t, list->ref + from, list->count - from));
  t->configured |= r->unit == SMMU_CACHE_CFG;
  if (tlb) {
    t->tag = r->word;
    t->has_tag = true;
    t->made = t->made ? t->made : w->now;
  }
}

/* ---- transactions ---- */

static void submit(struct watch *w, struct watch_txn *t, const struct smmu_record *r)
{
  forget(w, t);
  t->active = true;
  t->submit = w->now;
  t->addr = r->addr_in;
  t->sid = r->sid;
  t->ssid = r->ssid;
  t->kind = r->phase;
  t->tag = 0;
}

static void flush(struct watch *w, const struct smmu_record *r)
{
  struct smmu_record each = *r;

  for (each.slot = 0; each.slot < r->slot; each.slot++) {
    if (watch_slot(w, &each))
      watch_slot_set(w, &each, NULL);
  }
}

static void of_txn(struct watch *w, struct watch_txn *t, const struct smmu_record *r)
{
  switch (r->category) {
  case SMMU_TRACE_SUBMIT: submit(w, t, r); break;
  case SMMU_TRACE_READ: read(w, t, r); break;
  case SMMU_TRACE_HIT:
    if (t->active)
      hit(w, t, r);
    break;
  case SMMU_TRACE_MISS: /* the first lookup of a transaction that begins again, too */
    if (r->unit == SMMU_CACHE_CFG)
      forget(w, t);
    else
      t->configured = true;
    break;
  case SMMU_TRACE_FILL: fill(w, t, r); break;
  case SMMU_TRACE_FAULT: forget(w, t); break;
  default: /* RESPOND */
    if (t->active)
      watch_judge(w, t, r);
    forget(w, t);
    t->active = false;
    break;
  }
}

void watch_walk(struct watch *w, const struct smmu_record *r)
{
  switch (r->category) {
  case SMMU_TRACE_DROP:
    watch_removed(w, r);
    watch_slot_set(w, r, NULL);
    break;
  case SMMU_TRACE_EVICT: watch_slot_set(w, r, NULL); break;
  case SMMU_TRACE_FLUSH: flush(w, r); break;
  default:
    if (watch_grow(w, (void **)&w->txn, &w->txns, r->actor, sizeof *w->txn))
      of_txn(w, &w->txn[r->actor], r);
    break;
  }
}

void watch_txns_destroy(struct watch *w)
{
  for (uint32_t i = 0; i < w->txns; i++)
    forget(w, &w->txn[i]);
  free(w->txn);
}
