/* What each world has stored, word by word, under the addresses it uses itself. */
#include <stdlib.h>
#include <string.h>

#include "util/check.h"
#include "watch/check_state.h"

enum { FIRST_ROOM = 1024, WORDS = 1 << 20 };

static uint32_t *find(const struct check_memory *m, uint64_t addr)
{
  uint32_t i = (uint32_t)((addr >> 3) * 0x9e3779b97f4a7c15ULL >> 32) & m->mask;

  while (m->bucket[i] && m->word[m->bucket[i] - 1].addr != addr)
    i = (i + 1) & m->mask;
  return &m->bucket[i];
}

const struct check_word *check_memory_find(const struct check_world *w, uint64_t addr)
{
  uint32_t *slot = w->memory.bucket ? find(&w->memory, addr) : NULL;

  return slot && *slot ? &w->memory.word[*slot - 1] : NULL;
}

/* Twice as many; pointers to words do not stay. Buckets first: with too many of them all still works. */
static bool grow(struct check_memory *m)
{
  uint32_t room = m->room ? m->room * 2 : FIRST_ROOM;
  uint32_t *bucket = calloc(room * 2, sizeof *bucket);
  struct check_word *word;

  CHECK(m->word || m->used == 0);
  if (!bucket)
    return false;
  free(m->bucket);
  m->bucket = bucket;
  m->mask = room * 2 - 1;
  for (uint32_t i = 0; i < m->used; i++)
    *find(m, m->word[i].addr) = i + 1;
  word = realloc(m->word, room * sizeof *word);
  if (!word)
    return false;
  m->word = word;
  m->room = room;
  return true;
}

const struct check_word *check_memory_store(struct check *c, struct check_world *w, uint64_t addr,
                                            uint64_t value)
{
  struct check_memory *m = &w->memory;
  uint32_t limit = c->options.words ? c->options.words : WORDS;
  const struct check_word *old = check_memory_find(w, addr);
  struct check_word *x;
  uint64_t before = old ? old->value : 0;

  if (!old && (m->used == limit || (m->used == m->room && !grow(m)))) {
    c->failed = true;
    return NULL;
  }
  CHECK(m->word);
  if (!old) {
    *find(m, addr) = m->used + 1;
    x = &m->word[m->used++];
  } else {
    x = &m->word[old - m->word];
  }
  *x = (struct check_word){ .addr = addr, .value = value, .before = before, .at = c->now };
  return x;
}

void check_memory_destroy(struct check_world *w)
{
  free(w->memory.word);
  free(w->memory.bucket);
  memset(&w->memory, 0, sizeof w->memory);
}
