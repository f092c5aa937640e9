/* Places: the same chain of callers has the same number, another chain another; bounds. */
#include "plat/place.h"

#include "kit.h"

enum { STORES = 5 };

struct seen {
  struct kit *kit;
  struct plat_places *places;
  uint32_t number[STORES], count;
  volatile unsigned twice; /* no loop that a compiler unrolls */
};

static void on_store(void *ctx, unsigned cpu, uint64_t time, const void *platform, uint64_t seen,
                     uint64_t addr, uint64_t value)
{
  struct seen *s = ctx;

  (void)cpu;
  (void)time;
  (void)platform;
  (void)seen;
  (void)addr;
  (void)value;
  if (s->count < STORES)
    s->number[s->count++] = plat_place_here(s->places, s->kit->board);
}

__attribute__((noinline)) static void store(struct seen *s)
{
  plat_store64(s->kit->p, PLAT_RAM_BASE + 8, 1);
}

__attribute__((noinline)) static void store_from_elsewhere(struct seen *s)
{
  store(s);
  s->count += 0;
}

/* Twice from one line, from another, by way of another function; and at a line of its own. */
static void program(void *arg)
{
  struct seen *s = arg;

  for (unsigned i = 0; i < s->twice; i++)
    store(s);
  store(s);
  store_from_elsewhere(s);
  plat_store64(s->kit->p, PLAT_RAM_BASE + 16, 1);
}

static void run(struct kit *kit, struct seen *s, uint32_t limit)
{
  const struct plat_watch watch = { .ctx = s, .store = on_store };

  *s = (struct seen){ .kit = kit, .places = plat_places_create(limit), .twice = 2 };
  ASSERT_NOT_NULL(s->places);
  kit_make(kit);
  plat_board_set_watch(kit->board, &watch);
  kit_start(kit, 0, program, s);
  kit_run(kit);
  plat_board_set_watch(kit->board, NULL);
  EXPECT_EQ(s->count, STORES);
}

SCRIPT_TEST(Place, OneChainIsOnePlaceAndEachOtherAnother)
{
  struct seen s;

  run(kit, &s, 0);
  EXPECT_EQ(s.number[0], 1);
  EXPECT_EQ(s.number[1], 1);
  EXPECT_EQ(s.number[2], 2);
  EXPECT_EQ(s.number[3], 3);
  EXPECT_EQ(s.number[4], 4);
  EXPECT_EQ(plat_places_count(s.places), 4);
  EXPECT_EQ(plat_places_lost(s.places), 0);
  plat_places_destroy(s.places);
}

SCRIPT_TEST(Place, ChainsBeginInsideAndShareTheirEnd)
{
  const uintptr_t *near, *far;
  unsigned shallow, deep;
  struct seen s;

  run(kit, &s, 0);
  deep = plat_place_chain(s.places, 3, &far);
  shallow = plat_place_chain(s.places, 2, &near);
  ASSERT_GT(shallow, 2);
  EXPECT_EQ(deep, shallow + 1);
  EXPECT_EQ(near[0], far[0]);
  EXPECT_EQ(near[shallow - 1], far[deep - 1]);
  EXPECT_EQ(plat_place_chain(s.places, 0, &near), 0);
  EXPECT_EQ(plat_place_chain(s.places, 5, &near), 0);
  plat_places_destroy(s.places);
}

SCRIPT_TEST(Place, WhatExceedsTheLimitIsUnknownAndCounted)
{
  struct seen s;

  run(kit, &s, 2);
  EXPECT_EQ(s.number[2], 2);
  EXPECT_EQ(s.number[3], 0);
  EXPECT_EQ(s.number[4], 0);
  EXPECT_EQ(plat_places_count(s.places), 2);
  EXPECT_EQ(plat_places_lost(s.places), 2);
  plat_places_destroy(s.places);
}

SCRIPT_TEST(Place, NobodyIsNowhere)
{
  struct plat_places *places = plat_places_create(0);

  kit_make(kit);
  EXPECT_EQ(plat_place_here(places, kit->board), 0);
  EXPECT_EQ(plat_places_count(places), 0);
  plat_places_destroy(places);
  plat_places_destroy(NULL);
}
