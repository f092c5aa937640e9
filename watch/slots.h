/* Where in a hash table of words the word at an address is looked for: words of one 64-byte line lie side
 * by side, for software stores them one after the other. Slots are probed upwards, round the end. */
#ifndef WATCH_SLOTS_H
#define WATCH_SLOTS_H

#include <stdint.h>

struct watch_slot {
  uint32_t item; /* its number + 1; 0: free */
  uint32_t tag;  /* words with another tag are other words */
};

static inline uint64_t watch_slots_hash(uint64_t addr)
{
  return (addr >> 6) * 0x9e3779b97f4a7c15ULL;
}

static inline uint32_t watch_slots_first(uint64_t addr)
{
  return (uint32_t)(watch_slots_hash(addr) >> 32) << 3 | (uint32_t)(addr >> 3 & 7);
}

static inline uint32_t watch_slots_tag(uint64_t addr)
{
  return (uint32_t)watch_slots_hash(addr) << 3 | (uint32_t)(addr >> 3 & 7);
}

#endif
