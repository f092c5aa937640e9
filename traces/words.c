/* Address to word map: see words.h. Open addressing over indices; nothing is ever removed. */
#include "traces/words.h"

#include <stdlib.h>
#include <string.h>

void trace_words_free(struct trace_words *w)
{
  free(w->chunks);
  free(w->slots);
  memset(w, 0, sizeof(*w));
}

static size_t first_slot(const struct trace_words *w, uint64_t base)
{
  return (size_t)((base >> 6) * 0x9e3779b97f4a7c15ULL >> 20) & (w->slot_count - 1);
}

/* Where base is, or the empty slot where it belongs. */
static uint32_t *find_slot(const struct trace_words *w, uint64_t base)
{
  size_t i = first_slot(w, base);

  while (w->slots[i] && w->chunks[w->slots[i] - 1].base != base)
    i = (i + 1) & (w->slot_count - 1);
  return &w->slots[i];
}

static bool grow_slots(struct trace_words *w)
{
  size_t count = w->slot_count ? w->slot_count * 2 : 256;
  uint32_t *slots = calloc(count, sizeof(*slots));

  if (!slots)
    return false;
  free(w->slots);
  w->slots = slots;
  w->slot_count = count;
  for (size_t i = 0; i < w->count; i++)
    *find_slot(w, w->chunks[i].base) = (uint32_t)(i + 1);
  return true;
}

static struct trace_chunk *add_chunk(struct trace_words *w, uint64_t base)
{
  struct trace_chunk *chunk;

  if (w->count >= UINT32_MAX / 2)
    return NULL;
  if (w->count == w->capacity) {
    size_t capacity = w->capacity ? w->capacity * 2 : 64;
    struct trace_chunk *chunks = realloc(w->chunks, capacity * sizeof(*chunks));

    if (!chunks)
      return NULL;
    w->chunks = chunks;
    w->capacity = capacity;
  }
  if ((w->count + 1) * 2 > w->slot_count && !grow_slots(w))
    return NULL;
  chunk = &w->chunks[w->count++];
  memset(chunk, 0, sizeof(*chunk));
  chunk->base = base;
  *find_slot(w, base) = (uint32_t)w->count;
  return chunk;
}

/* The chunk that holds addr, or NULL; valid until the next put. */
static const struct trace_chunk *find(const struct trace_words *w, uint64_t addr)
{
  uint32_t index = w->slot_count ? *find_slot(w, addr & ~63ULL) : 0;

  return index ? &w->chunks[index - 1] : NULL;
}

bool trace_words_put(struct trace_words *w, uint64_t addr, uint64_t value, uint64_t line)
{
  uint64_t base = addr & ~63ULL;
  uint32_t index = w->slot_count ? *find_slot(w, base) : 0;
  struct trace_chunk *chunk = index ? &w->chunks[index - 1] : add_chunk(w, base);
  unsigned i = (unsigned)(addr >> 3) & 7;

  if (!chunk)
    return false;
  chunk->word[i] = value;
  chunk->line[i] = (uint32_t)line;
  chunk->known |= (uint8_t)(1u << i);
  return true;
}

bool trace_words_get(const struct trace_words *w, uint64_t addr, uint64_t *value, uint64_t *line)
{
  const struct trace_chunk *chunk = find(w, addr);
  unsigned i = (unsigned)(addr >> 3) & 7;

  if (!chunk || !(chunk->known >> i & 1))
    return false;
  *value = chunk->word[i];
  if (line)
    *line = chunk->line[i];
  return true;
}
