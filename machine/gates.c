/* How well a model meets the published table: errors, reductions, gates. Parts per million. */
#include <stdio.h>
#include <string.h>

#include "machine/table.h"

enum {
  PPM = 1000000,
  REDUCTION_POINTS = 30000,
  TWICE = 2 * PPM,
  ERROR_MEAN = 40000,
  ERROR_MOST = 120000
};

static int64_t ratio_error(uint64_t value, uint64_t measured)
{
  return (int64_t)((__int128)value * PPM / measured) - PPM;
}

int64_t machine_cell_error(const struct machine_cell *c)
{
  return ratio_error(c->model, c->measured);
}

static int64_t null_error(const struct machine_cell *c)
{
  return ratio_error(c->null_model, c->measured);
}

int64_t machine_reduction(uint64_t trapped, uint64_t vcmdq)
{
  return trapped ? PPM - (int64_t)((__int128)vcmdq * PPM / trapped) : 0;
}

static uint64_t absolute(int64_t value)
{
  return (uint64_t)(value < 0 ? -value : value);
}

/* A straight line has two numbers; through one granule alone, one. Counted at a line's first cell. */
static unsigned numbers_of_line(const struct machine_table *t, unsigned first)
{
  const struct machine_cell *c = &t->cell[first];
  unsigned points = 0;

  for (unsigned i = 0; i < t->cells; i++) {
    if (t->cell[i].threads != c->threads || t->cell[i].queue != c->queue)
      continue;
    if (i < first)
      return 0;
    points++;
  }
  return points > 1 ? 2 : 1;
}

void machine_table_errors(const struct machine_table *t, struct machine_errors *out)
{
  memset(out, 0, sizeof(*out));
  for (unsigned i = 0; i < t->cells; i++) {
    uint64_t error = absolute(machine_cell_error(&t->cell[i]));

    out->cells++;
    out->null_numbers += numbers_of_line(t, i);
    out->mean += error;
    out->null_mean += absolute(null_error(&t->cell[i]));
    if (error > out->most)
      out->most = error;
    if (t->cell[i].held_out) {
      out->held_out++;
      out->held_out_mean += error;
    }
  }
  if (out->cells) {
    out->mean /= out->cells;
    out->null_mean /= out->cells;
  }
  if (out->held_out)
    out->held_out_mean /= out->held_out;
}

/* ---- gates: each looks at every place it speaks of and keeps the worst ---- */

static void place(struct machine_gate *g, const struct machine_cell *c)
{
  char granule[32];

  machine_value_print(MACHINE_KEY_GRANULE, c->granule, granule, sizeof(granule));
  snprintf(g->where, sizeof(g->where), "%s, %u thread%s", granule, c->threads,
           c->threads == 1 ? "" : "s");
}

static void check_reductions(const struct machine_table *t, struct machine_gate *g)
{
  *g = (struct machine_gate){ .name = "reduction",
                              .what = "VCMDQ's reduction within 3 points of the measured one",
                              .limit = REDUCTION_POINTS,
                              .worst = -1 };
  for (unsigned i = 0; i < t->cells; i++) {
    const struct machine_cell *c = &t->cell[i], *v;
    int64_t off;

    v = machine_table_find(t, c->granule, c->threads, MACHINE_QUEUE_VCMDQ);
    if (c->queue != MACHINE_QUEUE_TRAPPED || !v)
      continue;
    off = (int64_t)absolute(machine_reduction(c->model, v->model) -
                            machine_reduction(c->measured, v->measured));
    if (off > g->worst) {
      g->worst = off;
      place(g, c);
    }
  }
  g->has_data = g->worst >= 0;
  g->holds = g->has_data && g->worst <= g->limit;
}

/* Two threads against one, of one mode, in parts per million; -1: there is no such pair. */
static int64_t scaling(const struct machine_table *t, const struct machine_cell *two)
{
  const struct machine_cell *one = machine_table_find(t, two->granule, 1, two->queue);

  if (two->threads != 2 || !one || one->model == 0)
    return -1;
  return (int64_t)((__int128)two->model * PPM / one->model);
}

static void check_trapped_scaling(const struct machine_table *t, struct machine_gate *g)
{
  *g = (struct machine_gate){ .name = "trapped-contention",
                              .what = "trapped, two threads at least 2.0 x as long as one",
                              .limit = TWICE,
                              .worst = INT64_MAX };
  for (unsigned i = 0; i < t->cells; i++) {
    int64_t s = t->cell[i].queue == MACHINE_QUEUE_TRAPPED ? scaling(t, &t->cell[i]) : -1;

    if (s >= 0 && s < g->worst) {
      g->worst = s;
      place(g, &t->cell[i]);
    }
  }
  g->has_data = g->worst != INT64_MAX;
  g->holds = g->has_data && g->worst >= g->limit;
}

/* The limit depends on the granule: what counts is how much of it is used. */
static void check_vcmdq_scaling(const struct machine_table *t, struct machine_gate *g)
{
  int64_t most_used = -1;

  *g =
    (struct machine_gate){ .name = "vcmdq-scaling",
                           .what = "VCMDQ, two threads within 30 % of one at 4k, 10 % from 64k on",
                           .limit = 300000 };
  for (unsigned i = 0; i < t->cells; i++) {
    const struct machine_cell *c = &t->cell[i];
    int64_t s = c->queue == MACHINE_QUEUE_VCMDQ ? scaling(t, c) : -1, limit, off;

    if (s < 0 || (c->granule > 4096 && c->granule < 65536))
      continue;
    limit = c->granule == 4096 ? 300000 : 100000;
    off = (int64_t)absolute(s - PPM);
    if (off * PPM / limit > most_used) {
      most_used = off * PPM / limit;
      g->worst = off;
      g->limit = limit;
      place(g, c);
    }
  }
  g->has_data = most_used >= 0;
  g->holds = g->has_data && g->worst <= g->limit;
}

/* One thread, or queues of the guest's own: all of them. Several threads on one trapped queue: a driver
 * publishes what others have queued meanwhile, in one write of PROD and one call of the host, and polls
 * CONS as long as it takes; the commands are the same. */
static bool counts_are_exact(const struct machine_cell *c)
{
  const uint64_t *n = c->count, *expected = c->expected;

  if (c->threads == 1 || c->queue != MACHINE_QUEUE_TRAPPED)
    return memcmp(n, expected, sizeof(c->count)) == 0;
  return n[MACHINE_CELL_GUEST_COMMANDS] == expected[MACHINE_CELL_GUEST_COMMANDS] &&
         n[MACHINE_CELL_EXITS_PROD] <= expected[MACHINE_CELL_EXITS_PROD] &&
         n[MACHINE_CELL_IOCTLS] == n[MACHINE_CELL_EXITS_PROD] &&
         n[MACHINE_CELL_HOST_TLBI] == n[MACHINE_CELL_GUEST_TLBI];
}

static void check_counts(const struct machine_table *t, struct machine_gate *g)
{
  *g = (struct machine_gate){ .name = "counts",
                              .what = "exits, ioctls, commands and SYNCs per unmap exactly as in "
                                      "the sources" };
  for (unsigned i = 0; i < t->cells; i++) {
    if (counts_are_exact(&t->cell[i]))
      continue;
    if (g->worst++ == 0)
      place(g, &t->cell[i]);
  }
  g->has_data = t->cells > 0;
  g->holds = g->has_data && g->worst == 0;
}

static void check_errors(const struct machine_table *t, struct machine_gate *g)
{
  struct machine_errors errors;

  *g = (struct machine_gate){ .name = "error",
                              .what = "latencies within 4 % on average, 12 % at worst",
                              .limit = ERROR_MOST,
                              .mean_limit = ERROR_MEAN,
                              .worst = -1 };
  for (unsigned i = 0; i < t->cells; i++) {
    int64_t error = (int64_t)absolute(machine_cell_error(&t->cell[i]));

    if (error > g->worst) {
      g->worst = error;
      place(g, &t->cell[i]);
    }
  }
  machine_table_errors(t, &errors);
  g->mean = (int64_t)errors.mean;
  g->has_data = t->cells > 0;
  g->holds = g->has_data && g->worst <= g->limit && g->mean <= g->mean_limit;
}

void machine_table_gates(const struct machine_table *t, struct machine_gate gate[MACHINE_GATES])
{
  check_reductions(t, &gate[0]);
  check_trapped_scaling(t, &gate[1]);
  check_vcmdq_scaling(t, &gate[2]);
  check_counts(t, &gate[3]);
  check_errors(t, &gate[4]);
}
