/* What memory holds, word by word, as far as records tell: the last values, who stored them and when.
 * A store by pointer leaves no record. It is noticed when the device reads another value than the one
 * known, or when options.load does, and dated from the last moment at which the old one was there.
 * Bounded: when all words are in use, those that no table and no cache entry needs are given up.
 * Stores to command queues are left out (ring.c). */
#include <stdlib.h>
#include <string.h>

#include "util/bits.h"
#include "watch/slots.h"
#include "watch/state.h"

enum { ROOM_FIRST = 1024, LOST_BEFORE_SWEEP = 4096 };

/* ---- the hash table ---- */

static struct watch_slot *find(const struct watch_memory *m, uint64_t addr)
{
  uint32_t i = watch_slots_first(addr) & m->mask, tag = watch_slots_tag(addr);

  while (m->slot[i].item && (m->slot[i].tag != tag || m->word[m->slot[i].item - 1].addr != addr))
    i = (i + 1) & m->mask;
  return &m->slot[i];
}

static void enter(struct watch_memory *m, uint64_t addr, uint32_t word)
{
  *find(m, addr) = (struct watch_slot){ word + 1, watch_slots_tag(addr) };
}

static void fill(struct watch_memory *m)
{
  for (uint32_t i = 0; i < m->used; i++) {
    if (m->word[i].count)
      enter(m, m->word[i].addr, i);
  }
}

static void rebuild(struct watch_memory *m)
{
  memset(m->slot, 0, (m->mask + 1ULL) * sizeof *m->slot);
  fill(m);
}

static bool enlarge(void **array, size_t bytes)
{
  void *more = realloc(*array, bytes);

  if (!more)
    return false;
  *array = more;
  return true;
}

static bool resize(struct watch_memory *m, uint32_t room)
{
  struct watch_slot *slot;

  if (!enlarge((void **)&m->word, room * sizeof *m->word) ||
      !enlarge((void **)&m->idle, room * sizeof *m->idle))
    return false;
  slot = watch_slots_alloc(2 * room);
  if (!slot)
    return false;
  free(m->slot);
  m->slot = slot;
  m->mask = 2 * room - 1;
  m->room = room;
  fill(m);
  return true;
}

bool watch_memory_create(struct watch *w)
{
  struct watch_memory *m = &w->memory;

  m->limit = 1;
  while (m->limit < w->options.words && m->limit < 1u << 28)
    m->limit *= 2;
  return resize(m, m->limit < ROOM_FIRST ? m->limit : ROOM_FIRST);
}

void watch_memory_destroy(struct watch *w)
{
  free(w->memory.word);
  free(w->memory.slot);
  free(w->memory.idle);
}

/* Give up what nobody needs: first what the device never read, then what no entry was built from. */
static void sweep(struct watch_memory *m)
{
  for (unsigned pass = 0; pass < 2 && m->idles <= m->limit / 16; pass++) {
    for (uint32_t i = 0; i < m->used; i++) {
      struct watch_word *x = &m->word[i];

      if (x->count && !x->holders && (!x->read || pass)) {
        x->count = 0;
        m->idle[m->idles++] = i;
      }
    }
  }
  rebuild(m);
}

static struct watch_word *add(struct watch *w, uint64_t addr)
{
  struct watch_memory *m = &w->memory;
  uint32_t i;

  if (!m->idles && m->used == m->room && m->room < m->limit && !resize(m, 2 * m->room)) {
    w->failed = true;
    return NULL;
  }
  if (!m->idles && m->used == m->room && m->full++ % LOST_BEFORE_SWEEP == 0) {
    sweep(m);
    m->full = m->idles > m->limit / 16 ? 0 : m->full;
  }
  if (!m->idles && m->used == m->room) {
    w->counts.lost_words++;
    return NULL;
  }
  i = m->idles ? m->idle[--m->idles] : m->used++;
  m->word[i] = (struct watch_word){ .addr = addr };
  enter(m, addr, i);
  return &m->word[i];
}

static struct watch_word *find_or_add(struct watch *w, uint64_t addr)
{
  int32_t i = watch_word_find(w, addr);

  return i >= 0 ? &w->memory.word[i] : add(w, addr);
}

int32_t watch_word_find(const struct watch *w, uint64_t addr)
{
  return (int32_t)find(&w->memory, addr)->item - 1;
}

/* ---- versions ---- */

static struct watch_version *newest(struct watch_word *x)
{
  return &x->version[x->last];
}

/* From the oldest, which is 0. */
static const struct watch_version *nth(const struct watch_word *x, unsigned i)
{
  return &x->version[(x->last + 1U + WATCH_VERSIONS - x->count + i) % WATCH_VERSIONS];
}

const struct watch_version *watch_word_now(const struct watch *w, uint32_t word)
{
  return newest(&w->memory.word[word]);
}

/* ---- values ---- */

/* AF and, where the hardware manages dirty state, the write permission; bits 58:55 of descriptors
 * belong to software. IHI 0070 3.13. */
bool watch_same(unsigned what, uint64_t a, uint64_t b)
{
  uint64_t loose = bits_mask(58, 55) | 1ULL << 10;

  if (what != SMMU_READ_S1_DESC && what != SMMU_READ_S2_DESC)
    return a == b;
  if ((a & b) >> 51 & 1)
    loose |= 1ULL << 7;
  return ((a ^ b) & ~loose) == 0;
}

/* Tables may be of the other byte order than records, which show descriptors as numbers. */
static bool is_what_was_stored(unsigned what, uint64_t stored, uint64_t read)
{
  return watch_same(what, stored, read) || __builtin_bswap64(stored) == read;
}

static void push(struct watch *w, struct watch_word *x, const struct watch_version *v)
{
  if (x->count < WATCH_VERSIONS)
    x->count++;
  x->last = x->last + 1 == WATCH_VERSIONS ? 0 : (uint8_t)(x->last + 1);
  *newest(x) = *v;
  x->seen = w->now;
  if (x->holders)
    w->epoch++;
}

void watch_word_store(struct watch *w, const struct smmu_record *r)
{
  struct watch_word *x =
    watch_ring_has(w, r->unit, r->addr_out) ? NULL : find_or_add(w, r->addr_in);
  struct watch_version v = { .value = r->word,
                             .record = w->now,
                             .time = r->time,
                             .operation = watch_operation_now(w, r->actor),
                             .place = r->slot,
                             .cpu = r->actor };

  if (!x)
    return;
  if (x->count && newest(x)->value == r->word) {
    x->seen = w->now;
    return;
  }
  if (x->count)
    watch_operation_replaces(w, v.operation, newest(x)->operation);
  push(w, x, &v);
}

static void compare(struct watch *w, unsigned what, struct watch_word *x, uint64_t value)
{
  struct watch_version *last = newest(x);

  if (!is_what_was_stored(what, last->value, value))
    push(w, x,
         &(struct watch_version){
           .value = value, .record = x->seen + 1, .time = w->time, .unseen = true });
  else if (watch_same(what, last->value, value))
    last->value = value; /* what hardware may update has no history */
  x->seen = w->now;
}

int32_t watch_word_read(struct watch *w, unsigned what, uint64_t addr, const uint64_t *value)
{
  int32_t i = watch_word_find(w, addr);
  struct watch_word *x;
  uint64_t loaded;

  if (!value && w->options.load && w->options.load(w->options.ctx, addr, &loaded))
    value = &loaded;
  if (i < 0 && !value)
    return WATCH_NONE;
  x = i >= 0 ? &w->memory.word[i] : add(w, addr);
  if (!x || (x->count == 0 && !value))
    return WATCH_NONE;
  x->read = true;
  if (value && x->count == 0)
    push(w, x, &(struct watch_version){ .value = *value, .unseen = true });
  else if (value)
    compare(w, what, x, *value);
  return (int32_t)(x - w->memory.word);
}

uint64_t watch_word_late(const struct watch *w, unsigned what, uint64_t addr, uint64_t value,
                         uint64_t since)
{
  int32_t number = watch_word_find(w, addr);
  const struct watch_word *x = number >= 0 ? &w->memory.word[number] : NULL;

  if (!x || x->count < 2 || is_what_was_stored(what, nth(x, x->count - 1U)->value, value))
    return 0;
  for (unsigned i = x->count - 1U; i > 0 && nth(x, i)->record > since; i--) {
    if (!nth(x, i)->unseen && is_what_was_stored(what, nth(x, i - 1)->value, value))
      return nth(x, i)->record;
  }
  return 0;
}

uint64_t watch_word_before(const struct watch *w, uint32_t word, uint64_t record)
{
  const struct watch_word *x = &w->memory.word[word];
  unsigned i = x->count - 1U;

  while (i > 0 && nth(x, i)->record >= record)
    i--;
  return nth(x, i)->value;
}

void watch_word_reload(struct watch *w, unsigned what, uint32_t word)
{
  struct watch_word *x = &w->memory.word[word];
  uint64_t value;

  if (w->options.load && w->options.load(w->options.ctx, x->addr, &value))
    compare(w, what, x, value);
}

const struct watch_version *watch_changed(const struct watch *w, const struct watch_ref *ref)
{
  const struct watch_word *x = &w->memory.word[ref->word];

  if (watch_same(ref->what, nth(x, x->count - 1U)->value, ref->value))
    return NULL;
  for (unsigned i = 0; i < x->count; i++) {
    if (nth(x, i)->record > ref->read && !watch_same(ref->what, nth(x, i)->value, ref->value))
      return nth(x, i);
  }
  return NULL;
}

const struct watch_version *watch_origin(const struct watch *w, const struct watch_ref *ref)
{
  const struct watch_word *x = &w->memory.word[ref->word];

  for (unsigned i = x->count; i > 0; i--) {
    if (nth(x, i - 1)->record <= ref->read && nth(x, i - 1)->value == ref->value)
      return nth(x, i - 1);
  }
  return NULL;
}
