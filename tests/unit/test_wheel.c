/* The queue of events: order, near and far, against a plain list. */
#include <stdlib.h>

#include "engine/wheel.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"
#include "util/check.h"

enum { NODES = 300 };

#define TURN ((uint64_t)WHEEL_BUCKETS << WHEEL_BUCKET_LOG2)

static struct wheel *make(uint32_t nodes)
{
  struct wheel *w = malloc(sizeof *w);

  CHECK(w && wheel_init(w, nodes) == SMMU_OK);
  return w;
}

static void drop(struct wheel *w)
{
  wheel_free(w);
  free(w);
}

TEST_CASE(Wheel, EmptyHasNoFirst)
{
  struct wheel *w = make(1);

  EXPECT_EQ(wheel_first(w), WHEEL_NONE);
  EXPECT_EQ(wheel_take(w, UINT64_MAX), WHEEL_NONE);
  drop(w);
}

TEST_CASE(Wheel, TimeThenTieThenArrivalDecide)
{
  struct wheel *w = make(5);
  static const uint32_t order[] = { 3, 1, 0, 4, 2 };

  wheel_put(w, 0, 100, 7);
  wheel_put(w, 1, 100, 6);
  wheel_put(w, 2, 101, 0);
  wheel_put(w, 3, 99, 9);
  wheel_put(w, 4, 100, 7);
  for (unsigned i = 0; i < 5; i++)
    EXPECT_EQ(wheel_take(w, UINT64_MAX), order[i]);
  drop(w);
}

TEST_CASE(Wheel, TakesNothingAfterTheBound)
{
  struct wheel *w = make(1);

  wheel_put(w, 0, 100, 0);
  EXPECT_EQ(wheel_take(w, 99), WHEEL_NONE);
  EXPECT_EQ(wheel_first(w), 0u);
  EXPECT_EQ(wheel_take(w, 100), 0u);
  EXPECT_EQ(wheel_first(w), WHEEL_NONE);
  drop(w);
}

TEST_CASE(Wheel, LastBucketOfTheTurnIsNearAndTheNextIsFar)
{
  struct wheel *w = make(3);

  wheel_put(w, 0, TURN, 0);
  EXPECT_EQ(w->n_heap, 1u);
  wheel_put(w, 1, TURN - 1, 0);
  EXPECT_EQ(w->n_heap, 1u);
  wheel_put(w, 2, 0, 0); /* the same bucket as TURN */
  EXPECT_EQ(wheel_take(w, UINT64_MAX), 2u);
  EXPECT_EQ(wheel_take(w, UINT64_MAX), 1u);
  EXPECT_EQ(wheel_take(w, UINT64_MAX), 0u);
  drop(w);
}

/* Far when it was put, near by now: a later one must not overtake it. */
TEST_CASE(Wheel, FarEventsKeepTheirPlaceAsTheyComeNear)
{
  struct wheel *w = make(3);

  wheel_put(w, 0, TURN + 500, 0);
  wheel_put(w, 1, 1000, 0);
  EXPECT_EQ(wheel_take(w, UINT64_MAX), 1u);
  wheel_pass(w, TURN);
  wheel_put(w, 1, TURN + 500, 0);
  wheel_put(w, 2, TURN + 499, 0);
  EXPECT_EQ(w->n_heap, 1u);
  EXPECT_EQ(wheel_take(w, UINT64_MAX), 2u);
  EXPECT_EQ(wheel_take(w, UINT64_MAX), 0u);
  EXPECT_EQ(wheel_take(w, UINT64_MAX), 1u);
  drop(w);
}

static void put_in_the_past(void *arg)
{
  struct wheel *w = arg;

  wheel_pass(w, 10);
  wheel_put(w, 0, 9, 0);
}

static void pass_an_event(void *arg)
{
  struct wheel *w = arg;

  wheel_put(w, 0, 9, 0);
  wheel_pass(w, 10);
}

TEST_CASE(Wheel, PastIsClosed)
{
  struct wheel *w = make(1);

  EXPECT_DEATH(put_in_the_past, w, "invariant broken");
  EXPECT_DEATH(pass_an_event, w, "invariant broken");
  drop(w);
}

/* ---- against a plain list ---- */

struct event {
  uint64_t time, arrival;
  uint32_t tie;
  bool in;
};

struct list {
  struct event event[NODES];
  uint64_t arrivals, random;
};

static uint64_t draw(struct list *l, uint64_t n)
{
  l->random = l->random * 6364136223846793005ULL + 1442695040888963407ULL;
  return (l->random >> 20) % n;
}

static bool is_before(const struct event *a, const struct event *b)
{
  if (a->time != b->time)
    return a->time < b->time;
  return a->tie != b->tie ? a->tie < b->tie : a->arrival < b->arrival;
}

static uint32_t first_of(const struct list *l)
{
  uint32_t first = WHEEL_NONE;

  for (uint32_t i = 0; i < NODES; i++) {
    if (l->event[i].in && (first == WHEEL_NONE || is_before(&l->event[i], &l->event[first])))
      first = i;
  }
  return first;
}

/* Now and then the same picosecond, mostly nanoseconds, sometimes microseconds to a second, and
 * about one turn of the ring. */
static uint64_t some_delay(struct list *l)
{
  static const uint64_t most[] = { 1, 3, 5000, 100000, 100000, 3 * TURN, 1000000000000ULL };
  uint64_t which = draw(l, 8);

  return which == 7 ? TURN - 5000 + draw(l, 10000) : draw(l, most[which]);
}

static void put(struct wheel *w, struct list *l, uint64_t now)
{
  uint32_t node = (uint32_t)draw(l, NODES);
  struct event *e = &l->event[node];

  if (e->in)
    return;
  *e = (struct event){ now + some_delay(l), l->arrivals++, (uint32_t)draw(l, 3), true };
  wheel_put(w, node, e->time, e->tie);
}

TEST_CASE(Wheel, AgreesWithASortedList)
{
  static struct list l;
  struct wheel *w = make(NODES);
  uint64_t now = 0;
  unsigned taken = 0, wrong = 0;

  l.random = 1;
  for (unsigned i = 0; i < 60000 && wrong == 0; i++) {
    uint32_t first = first_of(&l);
    unsigned fill = i / 3000 % 3; /* phases: filling, level, draining */

    wrong += wheel_first(w) != first;
    if (draw(&l, 4) > fill) {
      put(w, &l, now);
    } else if (first != WHEEL_NONE) {
      now = l.event[first].time;
      wrong += wheel_take(w, now) != first;
      l.event[first].in = false;
      taken++;
    }
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(taken, 15000u);
  drop(w);
}
