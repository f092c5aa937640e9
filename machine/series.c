/* See series.h. */
#include "machine/series.h"

static unsigned bucket_of(uint64_t value)
{
  unsigned exponent;

  if (value < 1u << MACHINE_SUB_LOG2)
    return (unsigned)value;
  exponent = 63 - (unsigned)__builtin_clzll(value);
  return ((exponent - MACHINE_SUB_LOG2 + 1) << MACHINE_SUB_LOG2) +
         (unsigned)((value >> (exponent - MACHINE_SUB_LOG2)) & ((1u << MACHINE_SUB_LOG2) - 1));
}

/* The middle of a bucket. */
static uint64_t value_of(unsigned bucket)
{
  unsigned octave = bucket >> MACHINE_SUB_LOG2;
  uint64_t within = bucket & ((1u << MACHINE_SUB_LOG2) - 1);

  if (octave == 0)
    return bucket;
  return ((within + (1u << MACHINE_SUB_LOG2)) << (octave - 1)) + ((1ULL << (octave - 1)) >> 1);
}

void machine_series_add(struct machine_series *s, uint64_t value)
{
  if (s->count == 0 || value < s->least)
    s->least = value;
  if (value > s->most)
    s->most = value;
  s->count++;
  s->sum += value;
  s->squares += (unsigned __int128)value * value;
  s->bucket[bucket_of(value)]++;
}

void machine_series_merge(struct machine_series *s, const struct machine_series *from)
{
  if (from->count == 0)
    return;
  if (s->count == 0 || from->least < s->least)
    s->least = from->least;
  if (from->most > s->most)
    s->most = from->most;
  s->count += from->count;
  s->sum += from->sum;
  s->squares += from->squares;
  for (unsigned i = 0; i < MACHINE_BUCKETS; i++)
    s->bucket[i] += from->bucket[i];
}

uint64_t machine_series_mean(const struct machine_series *s)
{
  return s->count ? (s->sum + s->count / 2) / s->count : 0;
}

static uint64_t root_of(unsigned __int128 square)
{
  uint64_t root = 0;

  for (unsigned bit = 64; bit-- > 0;) {
    uint64_t tried = root | 1ULL << bit;

    if ((unsigned __int128)tried * tried <= square)
      root = tried;
  }
  return root;
}

/* Around the rounded mean m: sum of (x - m)^2, without a fraction. */
uint64_t machine_series_std(const struct machine_series *s)
{
  unsigned __int128 mean = machine_series_mean(s), around;

  if (s->count == 0)
    return 0;
  around = s->squares + s->count * mean * mean - 2 * mean * s->sum;
  return root_of(around / s->count);
}

uint64_t machine_series_percentile(const struct machine_series *s, unsigned permille)
{
  uint64_t rank = (s->count * permille + 999) / 1000, seen = 0, value;

  if (s->count == 0)
    return 0;
  for (unsigned i = 0; i < MACHINE_BUCKETS; i++) {
    seen += s->bucket[i];
    if (seen >= rank && seen > 0) {
      value = value_of(i);
      return value < s->least ? s->least : value > s->most ? s->most : value;
    }
  }
  return s->most;
}
