/* A queue of events in order of (time, tie, order of arrival).
 * Events are nodes 0..n-1, each in the queue at most once. Near ones lie in a ring of buckets, far
 * ones in a heap; both are looked at when the first is asked for, so nothing moves between them.
 * Putting and taking near events takes constant time as long as few share a bucket. */
#ifndef SMMU_ENGINE_WHEEL_H
#define SMMU_ENGINE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

enum {
  WHEEL_BUCKET_LOG2 = 12, /* ps: 4 ns */
  WHEEL_BUCKETS = 1024    /* the ring spans 4 us */
};

struct wheel_node {
  uint64_t time;
  uint64_t sequence;
  uint32_t tie;
  uint32_t next; /* in its bucket */
};

struct wheel_bucket {
  uint32_t head, tail; /* WHEEL_NONE: empty */
};

#define WHEEL_NONE 0xffffffffu

struct wheel {
  struct wheel_node *node;
  uint32_t *heap;
  uint32_t n_heap;
  uint64_t at;       /* nothing lies before this time */
  uint64_t sequence; /* of the next event put */
  uint64_t summary;  /* bit w: filled[w] is not 0 */
  uint64_t filled[WHEEL_BUCKETS / 64];
  struct wheel_bucket bucket[WHEEL_BUCKETS];
};

/* 0 or SMMU_ERR_NOMEM; a wheel of zero bytes can be freed as well. */
int wheel_init(struct wheel *w, uint32_t nodes);
void wheel_free(struct wheel *w);
/* node is not in the queue, and time is not before the last one taken or passed (CHECKed). */
void wheel_put(struct wheel *w, uint32_t node, uint64_t time, uint32_t tie);
/* The first event, without taking it: its node, or WHEEL_NONE. */
uint32_t wheel_first(const struct wheel *w);
/* Take the first event if its time is at or before `until`: its node, or WHEEL_NONE. */
uint32_t wheel_take(struct wheel *w, uint64_t until);
/* Time goes on to `time`; no event lies before it (CHECKed). */
void wheel_pass(struct wheel *w, uint64_t time);

#endif
