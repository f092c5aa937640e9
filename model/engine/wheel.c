/* Buckets are sorted lists; see wheel.h. A near event lies less than one turn of the ring after
 * `at`, so a bucket never holds events of two turns. */
#include "engine/wheel.h"

#include <stdlib.h>
#include <string.h>

#include "smmu/err.h"
#include "util/check.h"

int wheel_init(struct wheel *w, uint32_t nodes)
{
  memset(w, 0, sizeof *w);
  memset(w->bucket, 0xff, sizeof w->bucket);
  w->node = calloc(nodes, sizeof *w->node);
  w->heap = calloc(nodes, sizeof *w->heap);
  return w->node && w->heap ? SMMU_OK : SMMU_ERR_NOMEM;
}

void wheel_free(struct wheel *w)
{
  free(w->node);
  free(w->heap);
}

static bool is_before(const struct wheel *w, uint32_t a, uint32_t b)
{
  const struct wheel_node *x = &w->node[a], *y = &w->node[b];

  if (x->time != y->time)
    return x->time < y->time;
  if (x->tie != y->tie)
    return x->tie < y->tie;
  return x->sequence < y->sequence;
}

/* ---- the ring ---- */

static uint32_t bucket_of(uint64_t time)
{
  return (uint32_t)(time >> WHEEL_BUCKET_LOG2) % WHEEL_BUCKETS;
}

static bool is_near(const struct wheel *w, uint64_t time)
{
  return (time >> WHEEL_BUCKET_LOG2) - (w->at >> WHEEL_BUCKET_LOG2) < WHEEL_BUCKETS;
}

static void put_near(struct wheel *w, uint32_t node)
{
  uint32_t index = bucket_of(w->node[node].time), *link;
  struct wheel_bucket *b = &w->bucket[index];

  w->node[node].next = WHEEL_NONE;
  if (b->head == WHEEL_NONE) {
    b->head = b->tail = node;
    w->filled[index / 64] |= 1ULL << (index % 64);
    w->summary |= 1ULL << (index / 64);
    return;
  }
  if (is_before(w, b->tail, node)) { /* the usual case */
    w->node[b->tail].next = node;
    b->tail = node;
    return;
  }
  for (link = &b->head; is_before(w, *link, node); link = &w->node[*link].next)
    ;
  w->node[node].next = *link;
  *link = node;
}

static void take_near(struct wheel *w, uint32_t node)
{
  uint32_t index = bucket_of(w->node[node].time);
  struct wheel_bucket *b = &w->bucket[index];

  b->head = w->node[node].next;
  if (b->head != WHEEL_NONE)
    return;
  b->tail = WHEEL_NONE;
  w->filled[index / 64] &= ~(1ULL << (index % 64));
  if (w->filled[index / 64] == 0)
    w->summary &= ~(1ULL << (index / 64));
}

/* First filled bucket at or after the present one, once around. */
static uint32_t first_near(const struct wheel *w)
{
  uint32_t from = bucket_of(w->at), word = from / 64;
  uint64_t bits = w->filled[word] & ~0ULL << (from % 64), words;

  if (w->summary == 0)
    return WHEEL_NONE;
  if (bits == 0) {
    words = w->summary & ~1ULL << word; /* the words after this one */
    words = words ? words : w->summary;
    word = (uint32_t)__builtin_ctzll(words);
    bits = w->filled[word]; /* once around: the present word again, its low bits */
  }
  return w->bucket[word * 64 + (uint32_t)__builtin_ctzll(bits)].head;
}

/* ---- the heap ---- */

static void put_far(struct wheel *w, uint32_t node)
{
  uint32_t i = w->n_heap++;

  while (i > 0 && is_before(w, node, w->heap[(i - 1) / 2])) {
    w->heap[i] = w->heap[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  w->heap[i] = node;
}

static void take_far(struct wheel *w)
{
  uint32_t last = w->heap[--w->n_heap], i = 0, child;

  while ((child = 2 * i + 1) < w->n_heap) {
    if (child + 1 < w->n_heap && is_before(w, w->heap[child + 1], w->heap[child]))
      child++;
    if (is_before(w, last, w->heap[child]))
      break;
    w->heap[i] = w->heap[child];
    i = child;
  }
  w->heap[i] = last;
}

/* ---- both ---- */

void wheel_put(struct wheel *w, uint32_t node, uint64_t time, uint32_t tie)
{
  CHECK(time >= w->at);
  w->node[node].time = time;
  w->node[node].tie = tie;
  w->node[node].sequence = w->sequence++;
  if (is_near(w, time))
    put_near(w, node);
  else
    put_far(w, node);
}

uint32_t wheel_first(const struct wheel *w)
{
  uint32_t near = first_near(w);

  if (w->n_heap == 0)
    return near;
  return near != WHEEL_NONE && is_before(w, near, w->heap[0]) ? near : w->heap[0];
}

uint32_t wheel_take(struct wheel *w, uint64_t until)
{
  uint32_t node = wheel_first(w);

  if (node == WHEEL_NONE || w->node[node].time > until)
    return WHEEL_NONE;
  if (w->n_heap != 0 && w->heap[0] == node)
    take_far(w);
  else
    take_near(w, node);
  w->at = w->node[node].time;
  return node;
}

void wheel_pass(struct wheel *w, uint64_t time)
{
  uint32_t first = wheel_first(w);

  CHECK(time >= w->at && (first == WHEEL_NONE || w->node[first].time >= time));
  w->at = time;
}
