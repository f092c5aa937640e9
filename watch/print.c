/* Footprints: the words that a cache entry was built from, one footprint for each slot of each cache.
 * An entry made by way of a walk cache entry holds that one's footprint too: it may be the one that
 * should have gone. Shared and counted; levels only go down, so chains are short. */
#include <stdlib.h>
#include <string.h>

#include "watch/state.h"

enum { FIRST_UTLB = 3, CACHES_MOST = 4096 };

static struct watch_slots *slots_of(struct watch *w, const struct smmu_record *r)
{
  uint32_t i = r->unit;

  if (r->unit == SMMU_CACHE_UTLB)
    i = FIRST_UTLB + r->sid;
  if (r->unit >= SMMU_CACHE_COUNT || i >= CACHES_MOST ||
      !watch_grow(w, (void **)&w->slots, &w->caches, i, sizeof *w->slots))
    return NULL;
  return &w->slots[i];
}

struct watch_print *watch_slot(struct watch *w, const struct smmu_record *r)
{
  const struct watch_slots *s = slots_of(w, r);

  return s && r->slot < s->count ? s->print[r->slot] : NULL;
}

void watch_slot_set(struct watch *w, const struct smmu_record *r, struct watch_print *print)
{
  struct watch_slots *s = slots_of(w, r);

  if (!s || (r->slot >= s->count && !print)) {
    watch_print_release(w, print);
    return;
  }
  if (r->slot >= w->options.entries ||
      !watch_grow(w, (void **)&s->print, &s->count, r->slot, sizeof(struct watch_print *))) {
    w->counts.lost_entries++;
    watch_print_release(w, print);
    return;
  }
  watch_print_release(w, s->print[r->slot]);
  s->print[r->slot] = print;
}

static void hold_ref(struct watch *w, const struct watch_ref *ref)
{
  w->memory.word[ref->word].holders++;
  watch_print_hold(ref->from);
}

static void release_ref(struct watch *w, const struct watch_ref *ref)
{
  w->memory.word[ref->word].holders--;
  watch_print_release(w, ref->from);
}

struct watch_print *watch_print_make(struct watch *w, const struct smmu_record *r,
                                     const struct watch_txn *t, const struct watch_ref *ref,
                                     uint32_t count)
{
  struct watch_print *p;

  if (w->entries >= w->options.entries) {
    w->counts.lost_entries++;
    return NULL;
  }
  p = calloc(1, sizeof *p + count * sizeof *ref);
  if (!p) {
    w->failed = true;
    return NULL;
  }
  w->entries++;
  p->holders = 1;
  p->count = count;
  p->tag = r->word;
  p->va = r->addr_in;
  p->span = r->info;
  p->cache = (uint8_t)r->unit;
  p->made = t->hit ? t->hit->made : w->now;
  p->made_time = t->hit ? t->hit->made_time : r->time;
  p->sid = t->hit ? t->hit->sid : t->sid;
  p->ssid = t->hit ? t->hit->ssid : t->ssid;
  p->actor = t->hit ? t->hit->actor : r->actor;
  for (uint32_t i = 0; i < count; i++) {
    p->ref[i] = ref[i];
    hold_ref(w, &ref[i]);
  }
  return p;
}

struct watch_print *watch_print_hold(struct watch_print *print)
{
  if (print)
    print->holders++;
  return print;
}

void watch_print_release(struct watch *w, struct watch_print *print)
{
  if (!print || --print->holders)
    return;
  for (uint32_t i = 0; i < print->count; i++)
    release_ref(w, &print->ref[i]);
  w->entries--;
  free(print);
}

void watch_print_destroy_all(struct watch *w)
{
  for (uint32_t i = 0; i < w->caches; i++) {
    for (uint32_t n = 0; n < w->slots[i].count; n++)
      watch_print_release(w, w->slots[i].print[n]);
    free(w->slots[i].print);
  }
  free(w->slots);
}

/* ---- lists of a transaction ---- */

bool watch_list_add(struct watch *w, struct watch_list *list, const struct watch_ref *ref)
{
  if (list->count == WATCH_REFS)
    return false;
  list->ref[list->count++] = *ref;
  hold_ref(w, ref);
  return true;
}

void watch_list_clear(struct watch *w, struct watch_list *list)
{
  for (uint32_t i = 0; i < list->count; i++)
    release_ref(w, &list->ref[i]);
  list->count = 0;
}
