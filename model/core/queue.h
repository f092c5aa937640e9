/* Wrap-bit ring arithmetic, the same for every queue. IHI 0070 3.5.1.
 * An index register holds {wrap, index}: with 2^q entries, index in [q-1:0] and wrap in bit q. */
#ifndef SMMU_CORE_QUEUE_H
#define SMMU_CORE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/bits.h"

static inline uint32_t queue_index(uint64_t reg, unsigned log2size)
{
  return (uint32_t)(reg & bits_low(log2size));
}

/* Entries between consumer and producer; more than 2^q means that the two contradict each other. */
static inline uint32_t queue_used(uint64_t prod, uint64_t cons, unsigned log2size)
{
  return (uint32_t)((prod - cons) & bits_low(log2size + 1));
}

static inline bool queue_is_full(uint64_t prod, uint64_t cons, unsigned log2size)
{
  return queue_used(prod, cons, log2size) >= bits_low(log2size) + 1;
}

/* The next {wrap, index}; bits above the wrap bit (ERR, OVFLG) stay. */
static inline uint64_t queue_next(uint64_t reg, unsigned log2size)
{
  uint64_t mask = bits_low(log2size + 1);

  return (reg & ~mask) | ((reg + 1) & mask);
}

static inline unsigned queue_log2size(uint64_t base_reg, unsigned max_log2)
{
  unsigned log2size = (unsigned)(base_reg & 0x1f);

  return log2size < max_log2 ? log2size : max_log2;
}

/* An index that the device moves, as software reads it: bits above the wrap bit are zero. IHI
 * 0070 6.3.28, 6.3.95. (Those of software are stored as written.) */
static inline uint64_t queue_readable(uint64_t reg, uint64_t base_reg, unsigned max_log2)
{
  return reg & ~(bits_low(20) & ~bits_low(queue_log2size(base_reg, max_log2) + 1));
}

/* Address of an entry; the base is aligned to the larger of 32 bytes and the queue's size. IHI
 * 0070 6.3.26. */
static inline uint64_t queue_entry(uint64_t base_reg, unsigned log2size, unsigned entry_log2,
                                   uint32_t index)
{
  unsigned align_log2 = log2size + entry_log2 < 5 ? 5 : log2size + entry_log2;

  return align_down_log2(base_reg & bits_mask(55, 5), align_log2) + ((uint64_t)index << entry_log2);
}

#endif
