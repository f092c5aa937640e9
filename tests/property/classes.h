/* What a run of random cases has met, so that a generator that has lost its aim is noticed. */
#ifndef CLASSES_H
#define CLASSES_H

#include "gen.h"
#include "leeway.h"
#include "naive.h"

/* How often each outcome was met, by what translated: 0 nothing or bypass, 1 stage 1, 2 stage 2, 3
 * nested. */
struct classes {
  uint64_t cases, ok[4], razwi, silent, unrecorded;
  uint64_t fault[0x26][2][3]; /* event type, S2, CLASS */
  uint64_t unpredictable, nested, commands, targeted, broadcasts;
  uint64_t requests[4], denied, translated, ur, ca, stalled, flips;
  uint64_t feature[GEN_FEATURES];
};

/* One more case. */
void classes_count(struct classes *c, const struct gen_world *w, const struct naive_txn *t,
                   const struct naive_result *n);
void classes_print(const struct classes *c, const struct leeway *l, uint64_t seed);
/* Fails the test when a run of the usual length has met too little of anything. */
void classes_check(const struct classes *c);

#endif
