/* What each world has stored, word by word, under the addresses it uses itself. */
#include <stdlib.h>
#include <string.h>

#include "util/bits.h"
#include "util/check.h"
#include "watch/check_state.h"
#include "watch/slots.h"

enum { FIRST_ROOM = 1024, WORDS = 1 << 20 };

static struct watch_slot *find(const struct check_memory *m, uint64_t addr)
{
  uint32_t i = watch_slots_first(addr) & m->mask, tag = watch_slots_tag(addr);

  while (m->slot[i].item && (m->slot[i].tag != tag || m->word[m->slot[i].item - 1].addr != addr))
    i = (i + 1) & m->mask;
  return &m->slot[i];
}

const struct check_word *check_memory_find(const struct check_world *w, uint64_t addr)
{
  const struct watch_slot *slot = w->memory.slot ? find(&w->memory, addr) : NULL;

  return slot && slot->item ? &w->memory.word[slot->item - 1] : NULL;
}

/* Twice as many; pointers to words do not stay. Slots first: with too many of them all still works. */
static bool grow(struct check_memory *m)
{
  uint32_t room = m->room ? m->room * 2 : FIRST_ROOM;
  struct watch_slot *slot = watch_slots_alloc(room * 2);
  struct check_word *word;

  CHECK(m->word || m->used == 0);
  if (!slot)
    return false;
  free(m->slot);
  m->slot = slot;
  m->mask = room * 2 - 1;
  for (uint32_t i = 0; i < m->used; i++)
    *find(m, m->word[i].addr) = (struct watch_slot){ i + 1, watch_slots_tag(m->word[i].addr) };
  word = realloc(m->word, room * sizeof *word);
  if (!word)
    return false;
  m->word = word;
  m->room = room;
  return true;
}

/* A word that was dropped, or a new one. */
static struct check_word *take(struct check_memory *m)
{
  struct check_word *x = m->idle ? &m->word[m->idle - 1] : &m->word[m->used];

  if (m->idle)
    m->idle = (uint32_t)x->value;
  else
    m->used++;
  return x;
}

const struct check_word *check_memory_store(struct check *c, struct check_world *w, uint64_t addr,
                                            uint64_t value)
{
  struct check_memory *m = &w->memory;
  uint32_t limit = c->options.words ? c->options.words : WORDS;
  struct watch_slot *slot = m->slot ? find(m, addr) : NULL;
  struct check_word *x = slot && slot->item ? &m->word[slot->item - 1] : NULL;
  uint64_t before = x ? x->value : 0, earlier = x ? x->at.record : 0;

  if (!x && !m->idle && (m->used == limit || (m->used == m->room && !grow(m)))) {
    c->failed = true;
    return NULL;
  }
  CHECK(m->word);
  if (!x) {
    x = take(m);
    *find(m, addr) = (struct watch_slot){ (uint32_t)(x - m->word) + 1, watch_slots_tag(addr) };
  }
  *x = (struct check_word){
    .addr = addr, .value = value, .before = before, .earlier = earlier, .at = c->now
  };
  return x;
}

void check_memory_forget(struct check_world *w, uint64_t first, uint64_t last)
{
  struct check_memory *m = &w->memory;

  if ((last - first) / 8 < m->used) {
    for (uint64_t at = align_up_log2(first, 3); at <= last; at += 8) {
      struct watch_slot *slot = find(m, at);

      if (slot->item)
        m->word[slot->item - 1].value = m->word[slot->item - 1].before = 0;
    }
    return;
  }
  for (uint32_t i = 0; i < m->used; i++) {
    struct check_word *x = &m->word[i];

    if (x->addr >= first && x->addr <= last)
      x->value = x->before = 0;
  }
}

/* What was probed past the slot that gets free moves up, unless it lies where it is looked for first. */
void check_memory_drop(struct check_world *w, uint64_t addr)
{
  struct check_memory *m = &w->memory;
  struct watch_slot *slot = m->slot ? find(m, addr) : NULL;
  uint32_t free_slot, i;

  if (!slot || !slot->item)
    return;
  m->word[slot->item - 1] = (struct check_word){ .addr = UINT64_MAX, .value = m->idle };
  m->idle = slot->item;
  free_slot = i = (uint32_t)(slot - m->slot);
  while (m->slot[i = (i + 1) & m->mask].item) {
    uint32_t first = watch_slots_first(m->word[m->slot[i].item - 1].addr);

    if (((i - first) & m->mask) >= ((i - free_slot) & m->mask)) {
      m->slot[free_slot] = m->slot[i];
      free_slot = i;
    }
  }
  m->slot[free_slot].item = 0;
}

void check_memory_destroy(struct check_world *w)
{
  free(w->memory.word);
  free(w->memory.slot);
  memset(&w->memory, 0, sizeof w->memory);
}
