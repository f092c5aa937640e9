/* Where in a hash table of words the word at an address is looked for: words of 128 bytes lie side
 * by side, for software stores them one after the other. Slots are probed upwards, round the end. */
#ifndef WATCH_SLOTS_H
#define WATCH_SLOTS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct watch_slot {
  uint32_t item; /* its number + 1; 0: free */
  uint32_t tag;  /* words with another tag are other words */
};

/* All free; `count` is a power of two from 8 on. Eight lie in one line of the processor's cache. NULL: no
 * memory. */
static inline struct watch_slot *watch_slots_alloc(uint32_t count)
{
  struct watch_slot *slot = aligned_alloc(64, count * sizeof *slot);

  return slot ? memset(slot, 0, count * sizeof *slot) : NULL;
}

static inline uint64_t watch_slots_hash(uint64_t addr)
{
  return (addr >> 7) * 0x9e3779b97f4a7c15ULL;
}

static inline uint32_t watch_slots_first(uint64_t addr)
{
  return (uint32_t)(watch_slots_hash(addr) >> 32) << 4 | (uint32_t)(addr >> 3 & 15);
}

static inline uint32_t watch_slots_tag(uint64_t addr)
{
  return (uint32_t)watch_slots_hash(addr) << 4 | (uint32_t)(addr >> 3 & 15);
}

#endif
