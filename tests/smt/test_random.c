/* Property: whatever is recorded, the parts of each operation add up to its latency, and the plain
 * work in them is what a second, naive attribution finds, picosecond by picosecond. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

enum { CPUS = 3, SPAN_PS = 4000, DEEP = 5, COSTS = 4, KINDS = 5 };

static const char *const costs[COSTS] = { "vm.exit", "cpu.relax", "driver.command", "dma.unmap" };
static const char *const kinds[KINDS] = { "unmap", "submit", "sync-wait", "big-lock", "lock-wait" };

/* One picosecond of a CPU. */
struct moment {
  int8_t cost;  /* -1: asleep or nothing */
  int8_t depth; /* operations open */
  uint8_t kind[DEEP];
  uint16_t id[DEEP]; /* of the operation, from 1 */
};

struct world {
  uint64_t state;
  struct kit kit;
  struct moment at[CPUS][SPAN_PS];
  uint16_t ids;
};

static uint64_t draw(struct world *w, uint64_t below)
{
  uint64_t x = w->state += 0x9e3779b97f4a7c15ULL;

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return (x ^ x >> 31) % below;
}

/* A CPU's life: operations open and close, it works, sleeps, or does what nobody records. */
static void live(struct world *w, unsigned cpu)
{
  struct moment now = { .cost = -1 };
  uint64_t t = draw(w, 50);

  while (t + 200 < SPAN_PS) {
    uint64_t what = draw(w, 10), length = 1 + draw(w, 60);
    int cost = (int)draw(w, COSTS);

    if (what < 2 && now.depth < DEEP) {
      now.kind[now.depth] = (uint8_t)draw(w, KINDS);
      now.id[now.depth] = ++w->ids;
      kit_begin(&w->kit, cpu, t, kinds[now.kind[now.depth]], 0);
      now.depth++;
      continue;
    }
    if (what < 4 && now.depth > 0) {
      now.depth--;
      kit_end(&w->kit, cpu, t, kinds[now.kind[now.depth]]);
      continue;
    }
    now.cost = what < 7 ? (int8_t)cost : -1;
    for (uint64_t i = t; i < t + length; i++)
      w->at[cpu][i] = now;
    if (what < 7)
      kit_charge(&w->kit, cpu, t, t + length, costs[cost]);
    else if (what < 9)
      kit_sleep(&w->kit, cpu, t, t + length);
    t += length;
  }
  while (now.depth-- > 0)
    kit_end(&w->kit, cpu, t, kinds[now.kind[now.depth]]);
}

static void live_device(struct world *w)
{
  static const char *const stages[3] = { "cmd-fetch", "invalidate", "sync" };
  uint64_t t = draw(w, 100);

  while (t + 300 < SPAN_PS) {
    uint64_t wait = draw(w, 40), serve = 1 + draw(w, 100), addr = 0x9000 + 16 * draw(w, 8);

    if (draw(w, 2))
      kit_store(&w->kit, (unsigned)draw(w, CPUS), t, addr);
    kit_span(&w->kit, 64, t, t + wait, t + wait + serve, stages[draw(w, 3)], "stage", addr);
    t += wait + serve + draw(w, 50);
  }
}

/* Picoseconds of work, by cost and kind of the innermost operation, that lie inside operation
 * (cpu, begin, end) of this depth; waits for CMD_SYNC, which the device may explain, apart. */
static void expect_work(const struct world *w, const struct why_op *op, int depth)
{
  uint64_t naive[COSTS][KINDS] = { { 0 } };
  uint16_t id = w->at[op->cpu][op->begin].id[depth];

  for (uint64_t t = op->begin; t < op->end; t++) {
    const struct moment *m = &w->at[op->cpu][t];

    if (m->depth <= depth || m->id[depth] != id)
      ADD_TEST_FAILURE("the test's own book-keeping is wrong");
    else if (m->cost >= 0)
      naive[m->cost][m->kind[m->depth - 1]]++;
  }
  for (unsigned c = 0; c < COSTS; c++)
    for (unsigned k = 0; k < KINDS; k++)
      if (strcmp(kinds[k], "sync-wait") != 0)
        EXPECT_EQ(kit_part(&w->kit, costs[c], kinds[k]), naive[c][k]);
}

static int depth_of(const struct why_list *list, const struct why_op *op)
{
  int depth = 0;

  for (uint32_t p = op->parent; p != WHY_NONE; p = why_list_op(list, p)->parent)
    depth++;
  return depth;
}

static unsigned check_world(uint64_t seed)
{
  struct world *w = calloc(1, sizeof(*w));
  unsigned checked = 0;

  w->state = seed;
  kit_open(&w->kit);
  for (unsigned cpu = 0; cpu < CPUS; cpu++)
    live(w, cpu);
  live_device(w);
  kit_finish(&w->kit);
  if (why_list_open(&w->kit.list, w->kit.path, &w->kit.err) != 0)
    ADD_TEST_FAILURE("%s", w->kit.err.text);
  for (uint32_t i = 0; i < why_list_count(w->kit.list); i++) {
    const struct why_op *op = why_list_op(w->kit.list, i);

    why_path_destroy(w->kit.why);
    w->kit.why = NULL;
    if (why_path_create(&w->kit.why, w->kit.list, i, &w->kit.err) != 0) {
      ADD_TEST_FAILURE("%s", w->kit.err.text);
      continue;
    }
    kit_expect_exact(&w->kit);
    if (op->end > op->begin)
      expect_work(w, op, depth_of(w->kit.list, op));
    checked++;
  }
  kit_close(&w->kit);
  free(w);
  return checked;
}

static const char *const seeds[] = { "1", "2", "3", "4", "5", "6", "7", "8" };

PARAM_TEST_CASE(WhyProperty, PartsAddUpAndWorkIsWhatANaiveCountFinds, seeds, 8)
{
  EXPECT_GT(check_world((uint64_t)param + 1), 20);
}
