/* A series of latencies, kept as counts: mean and extremes are exact, percentiles are good to 1 in 128.
 */
#ifndef MACHINE_SERIES_H
#define MACHINE_SERIES_H

#include <stdint.h>

/* Buckets grow with the value: 64 for each power of two. */
enum { MACHINE_SUB_LOG2 = 6, MACHINE_BUCKETS = (64 - MACHINE_SUB_LOG2 + 1) << MACHINE_SUB_LOG2 };

struct machine_series {
  uint64_t count, sum, least, most;
  unsigned __int128 squares; /* their sum */
  uint32_t bucket[MACHINE_BUCKETS];
};

void machine_series_add(struct machine_series *s, uint64_t value);
/* Everything of `from` too. */
void machine_series_merge(struct machine_series *s, const struct machine_series *from);
/* All rounded to the nearest integer; 0 for an empty series. */
uint64_t machine_series_mean(const struct machine_series *s);
uint64_t machine_series_std(const struct machine_series *s);
/* The value that `permille` thousandths of the series do not exceed, 0..1000. */
uint64_t machine_series_percentile(const struct machine_series *s, unsigned permille);

#endif
