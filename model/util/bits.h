/* Bit fields, alignment and little-endian words.
 * Field positions are given as the specification gives them: [hi:lo], inclusive. All functions are
 * pure. */
#ifndef SMMU_UTIL_BITS_H
#define SMMU_UTIL_BITS_H

#include <stdbool.h>
#include <stdint.h>

/* Ones in [hi:lo]; 0 <= lo <= hi <= 63. */
static inline uint64_t bits_mask(unsigned hi, unsigned lo)
{
  return (~0ULL >> (63 - hi + lo)) << lo;
}

static inline uint64_t bits_get(uint64_t word, unsigned hi, unsigned lo)
{
  return (word >> lo) & (~0ULL >> (63 - hi + lo));
}

/* word with [hi:lo] replaced by the low bits of value; bits of value that do not fit are dropped.
 */
static inline uint64_t bits_put(uint64_t word, unsigned hi, unsigned lo, uint64_t value)
{
  uint64_t mask = bits_mask(hi, lo);

  return (word & ~mask) | ((value << lo) & mask);
}

/* The low `count` bits set; count 0..64. */
static inline uint64_t bits_low(unsigned count)
{
  return count >= 64 ? ~0ULL : (1ULL << count) - 1;
}

static inline uint64_t align_down_log2(uint64_t value, unsigned log2)
{
  return value & ~bits_low(log2);
}

static inline uint64_t align_up_log2(uint64_t value, unsigned log2)
{
  return (value + bits_low(log2)) & ~bits_low(log2);
}

static inline bool is_power_of_two(uint64_t value)
{
  return value != 0 && (value & (value - 1)) == 0;
}

/* Smallest n with 2^n >= value; 0 for value 0 and 1. */
static inline unsigned log2_ceil(uint64_t value)
{
  unsigned n = 0;

  while (n < 63 && (1ULL << n) < value)
    n++;
  return n;
}

static inline uint64_t load_le(const void *bytes, unsigned count)
{
  const uint8_t *p = bytes;
  uint64_t value = 0;

  for (unsigned i = 0; i < count; i++)
    value |= (uint64_t)p[i] << (8 * i);
  return value;
}

static inline void store_le(void *bytes, uint64_t value, unsigned count)
{
  uint8_t *p = bytes;

  for (unsigned i = 0; i < count; i++)
    p[i] = (uint8_t)(value >> (8 * i));
}

#endif
