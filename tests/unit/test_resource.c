/* One resource: when an ask starts, who comes next, what is counted. */
#include "engine/resource.h"
#include "shim/gtest_c.h"

enum { PEOPLE = 40 };

static struct resource_link line[PEOPLE];

static struct resource make(uint32_t slots, uint64_t interval)
{
  struct timed_resource given = { .slots = slots, .latency_ps = 100, .interval_ps = interval };
  struct resource r;

  resource_init(&r, &given, line);
  return r;
}

TEST_CASE(Resource, FreeSlotStartsOnArrival)
{
  struct resource r = make(2, 0);
  uint64_t start;

  ASSERT_TRUE(resource_enter(&r, 0, 50, &start));
  EXPECT_EQ(start, 50u);
  ASSERT_TRUE(resource_enter(&r, 1, 50, &start));
  EXPECT_EQ(start, 50u);
  EXPECT_FALSE(resource_enter(&r, 2, 50, &start));
}

TEST_CASE(Resource, StartsKeepTheirInterval)
{
  struct resource r = make(3, 30);
  uint64_t start;

  resource_enter(&r, 0, 50, &start);
  ASSERT_TRUE(resource_enter(&r, 1, 60, &start));
  EXPECT_EQ(start, 80u);
  ASSERT_TRUE(resource_enter(&r, 2, 110, &start));
  EXPECT_EQ(start, 110u);
}

TEST_CASE(Resource, LineIsServedInOrderOfArrival)
{
  struct resource r = make(1, 0);
  uint64_t start;

  resource_enter(&r, 5, 0, &start);
  EXPECT_FALSE(resource_enter(&r, 9, 10, &start));
  EXPECT_FALSE(resource_enter(&r, 2, 20, &start));
  EXPECT_EQ(resource_leave(&r, 0, 100, &start), 9u);
  EXPECT_EQ(start, 100u);
  EXPECT_EQ(resource_leave(&r, 100, 200, &start), 2u);
  EXPECT_EQ(resource_leave(&r, 200, 300, &start), RESOURCE_NOBODY);
}

TEST_CASE(Resource, IntervalOutlastsTheSlot)
{
  struct resource r = make(1, 150);
  uint64_t start;

  resource_enter(&r, 0, 0, &start);
  resource_enter(&r, 1, 10, &start);
  EXPECT_EQ(resource_leave(&r, 0, 100, &start), 1u);
  EXPECT_EQ(start, 150u);
}

TEST_CASE(Resource, WithoutSlotsNobodyWaits)
{
  struct resource r = make(0, 0);
  uint64_t start;

  for (uint32_t i = 0; i < PEOPLE; i++) {
    ASSERT_TRUE(resource_enter(&r, i, 7, &start));
    EXPECT_EQ(start, 7u);
  }
  EXPECT_EQ(resource_leave(&r, 7, 107, &start), RESOURCE_NOBODY);
  EXPECT_EQ(r.use.served, 1u);
  EXPECT_EQ(r.use.busy_ps, 100u);
}

TEST_CASE(Resource, UseIsCounted)
{
  struct resource r = make(1, 0);
  uint64_t start;

  resource_enter(&r, 0, 0, &start);
  resource_enter(&r, 1, 40, &start);
  resource_enter(&r, 2, 90, &start);
  resource_leave(&r, 0, 100, &start);
  resource_leave(&r, 100, 200, &start);
  resource_leave(&r, 200, 300, &start);
  EXPECT_EQ(r.use.served, 3u);
  EXPECT_EQ(r.use.busy_ps, 300u);
  EXPECT_EQ(r.use.waited_ps, 60u + 110u);
  EXPECT_EQ(r.use.longest_wait_ps, 110u);
}

/* ---- the formula, over random arrivals ---- */

static uint64_t draw(uint64_t *state, uint64_t n)
{
  *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (*state >> 33) % n;
}

/* start = max(arrival, first free slot, last start + interval), for arrivals in order. */
static void plan(const struct timed_resource *given, const uint64_t *arrival, uint64_t *start)
{
  uint64_t free_at[64] = { 0 }, next = 0;

  for (unsigned i = 0; i < PEOPLE; i++) {
    unsigned slot = 0;

    for (unsigned k = 1; k < given->slots; k++)
      slot = free_at[k] < free_at[slot] ? k : slot;
    start[i] = arrival[i] > free_at[slot] ? arrival[i] : free_at[slot];
    start[i] = start[i] > next ? start[i] : next;
    next = start[i] + given->interval_ps;
    free_at[slot] = start[i] + given->latency_ps;
  }
}

/* The same people through the resource; who leaves and who arrives at one time: leaves first. */
static void act(struct resource *r, const uint64_t *arrival, uint64_t *start)
{
  bool started[PEOPLE] = { false }, left[PEOPLE] = { false };
  unsigned arrived = 0;

  for (uint64_t now = 0; now < 20000; now++) {
    for (uint32_t i = 0; i < PEOPLE; i++) {
      uint64_t at;
      uint32_t next;

      if (!started[i] || left[i] || start[i] + r->given.latency_ps != now)
        continue;
      left[i] = true;
      next = resource_leave(r, start[i], now, &at);
      if (next != RESOURCE_NOBODY) {
        started[next] = true;
        start[next] = at;
      }
    }
    for (; arrived < PEOPLE && arrival[arrived] == now; arrived++)
      started[arrived] = resource_enter(r, arrived, now, &start[arrived]);
  }
}

TEST_CASE(Resource, StartIsTheLatestOfArrivalSlotAndInterval)
{
  uint64_t state = 3;

  for (unsigned round = 0; round < 60; round++) {
    uint64_t arrival[PEOPLE], planned[PEOPLE], found[PEOPLE] = { 0 }, at = 0;
    struct timed_resource given = { .slots = 1 + (uint32_t)draw(&state, 5),
                                    .latency_ps = 1 + draw(&state, 200),
                                    .interval_ps = draw(&state, 120) };
    struct resource r;

    resource_init(&r, &given, line);
    for (unsigned i = 0; i < PEOPLE; i++)
      arrival[i] = at += draw(&state, 90);
    plan(&given, arrival, planned);
    act(&r, arrival, found);
    EXPECT_MEMEQ(planned, found, sizeof found);
  }
}
