/* What is known about memory: a map from address to 64-bit word and the line that told it.
 * Grown on demand, eight words (64 bytes) at a time. */
#ifndef TRACES_WORDS_H
#define TRACES_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_chunk {
  uint64_t base; /* address of word[0], a multiple of 64 */
  uint64_t word[8];
  uint32_t line[8];
  uint8_t known; /* bit n: word[n] is known */
};

/* All zero is an empty map. */
struct trace_words {
  struct trace_chunk *chunks;
  uint32_t *slots; /* index + 1 into chunks */
  size_t count, capacity, slot_count;
};

void trace_words_free(struct trace_words *w);
/* Set the word at addr, a multiple of 8. False when memory ran out. */
bool trace_words_put(struct trace_words *w, uint64_t addr, uint64_t value, uint64_t line);
/* False when the word is not known. line may be NULL. */
bool trace_words_get(const struct trace_words *w, uint64_t addr, uint64_t *value, uint64_t *line);

#endif
