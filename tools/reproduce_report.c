/* The table of `reproduce dma-map`, for people and as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tools/reproduce.h"
#include "tools/ui.h"

enum { SCHEMA = 1 };

static double percent(int64_t ppm)
{
  return (double)ppm / 1e4;
}

static double us(uint64_t ps)
{
  return (double)ps / 1e6;
}

/* ---- for people ---- */

static void print_head(const struct reproduce *r, const struct machine_config *cfg)
{
  ui_put(UI_HEAD, "How long does dma_unmap take in a guest?");
  printf(" A published table, and what this model gives for it.\n");
  printf(
    "measured   mean time of one dma_unmap_single(), dma_map_benchmark in a guest on NVIDIA Grace\n"
    "trapped    the VMM emulates the guest's command queue: using it leaves the guest (an exit)\n"
    "vcmdq      the guest has a hardware command queue of its own; reduction is what that saves\n"
    "model      the same loop on the simulated machine, profile %s, mean of %u seed%s\n"
    "line       a straight line through each measured column, for a model to beat\n",
    cfg->profile, r->seeds, r->seeds == 1 ? "" : "s");
  if (r->errors.held_out > 0)
    printf("*          a cell that the fit of this profile has not seen\n");
  putchar('\n');
}

static void print_half(const struct machine_cell *c)
{
  if (!c) {
    printf("  %8s %8s %8s %7s ", "-", "-", "-", "-");
    return;
  }
  printf("  %8.1f %8.1f%c%+7.1f%% %6.1f", us(c->measured), us(c->model), c->held_out ? '*' : ' ',
         percent(machine_cell_error(c)), us(c->null_model));
}

/* One granule and number of threads; either mode may be missing. */
static void print_row(const struct machine_cell *c, const struct machine_cell *t,
                      const struct machine_cell *v)
{
  char granule[32];

  machine_value_print(MACHINE_KEY_GRANULE, c->granule, granule, sizeof(granule));
  printf("%5s %7u", granule, c->threads);
  print_half(t);
  print_half(v);
  if (t && v)
    printf("  %5.1f%% %5.1f%%", percent(machine_reduction(t->measured, v->measured)),
           percent(machine_reduction(t->model, v->model)));
  putchar('\n');
}

static void print_cells(const struct machine_table *t)
{
  ui_put(UI_HEAD, "%15s%-35s %-34s%s\n", "", "---- trapped, us ---------------",
         "---- vcmdq, us -----------------", "- reduction -");
  ui_put(UI_HEAD, "%5s %7s  %8s %8s %8s %6s   %8s %8s %8s %6s  %6s %6s\n", "bytes", "threads",
         "measured", "model", "error", "line", "measured", "model", "error", "line", "meas.",
         "model");
  for (unsigned i = 0; i < t->cells; i++) {
    const struct machine_cell *c = &t->cell[i];
    const struct machine_cell *other = machine_table_find(
      t, c->granule, c->threads,
      c->queue == MACHINE_QUEUE_TRAPPED ? MACHINE_QUEUE_VCMDQ : MACHINE_QUEUE_TRAPPED);

    if (c->queue == MACHINE_QUEUE_TRAPPED)
      print_row(c, c, other);
    else if (!other)
      print_row(c, NULL, c);
  }
}

/* "2" when every granule has the same, else "2 5 17 33 65". */
static void print_count(const struct machine_table *t, enum machine_queue queue, unsigned count)
{
  uint64_t first = UINT64_MAX;
  bool same = true;

  for (unsigned i = 0; i < t->cells; i++) {
    const struct machine_cell *c = &t->cell[i];

    if (c->threads != 1 || c->queue != queue)
      continue;
    same &= first == UINT64_MAX || first == c->count[count];
    if (first == UINT64_MAX)
      first = c->count[count];
  }
  for (unsigned i = 0; i < t->cells; i++) {
    const struct machine_cell *c = &t->cell[i];

    if (c->threads != 1 || c->queue != queue)
      continue;
    printf(" %.4g", (double)c->count[count] / 1e6);
    if (same)
      return;
  }
}

static void print_counts(const struct machine_table *t)
{
  static const char *const what[] = { "exits", ", ioctls", ", commands", ", host commands",
                                      ", host SYNCs" };

  printf("\nCaused by one unmap, one thread (several numbers: by granule):\n");
  for (unsigned queue = MACHINE_QUEUE_TRAPPED; queue <= MACHINE_QUEUE_VCMDQ; queue++) {
    printf("  %-7s ", queue == MACHINE_QUEUE_TRAPPED ? "trapped" : "vcmdq");
    for (unsigned i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
      fputs(what[i], stdout);
      print_count(t, queue, i);
    }
    putchar('\n');
  }
}

static void print_errors(const struct reproduce *r)
{
  const struct machine_errors *e = &r->errors;

  printf(
    "\nError: mean %.1f %%, worst %.1f %% of %u cells; straight lines %.1f %% (%u number%s).\n",
    percent((int64_t)e->mean), percent((int64_t)e->most), e->cells, percent((int64_t)e->null_mean),
    e->null_numbers, e->null_numbers == 1 ? "" : "s");
  if (r->changed)
    printf("--set was given: no cell counts as not seen by the fit.\n");
  else if (e->held_out)
    printf("Not seen by the fit: %.1f %% of %u cells.\n", percent((int64_t)e->held_out_mean),
           e->held_out);
  else
    printf("The fit has seen every cell.\n");
  printf(
    "Parameters: %u fitted, %u by hand (%u assumed, %u neutral), %u published; %u left at 0.\n",
    r->fitted, r->assumed + r->neutral, r->assumed, r->neutral, r->published, r->zero);
  if (r->seeds < 2)
    return;
  printf("Seeds %llu to %llu: mean error", (unsigned long long)r->first_seed,
         (unsigned long long)(r->first_seed + r->seeds - 1));
  for (unsigned i = 0; i < r->seeds; i++)
    printf(" %.2f", percent((int64_t)r->seed_error[i]));
  printf(" %%; no cell's mean varies by more than %.2f %%.\n", percent((int64_t)r->spread));
}

static void print_gate(const struct machine_gate *g)
{
  if (!g->has_data) {
    ui_put(UI_DIM, "  no data ");
    printf("%s\n", g->what);
    return;
  }
  ui_put(g->holds ? UI_GOOD : UI_BAD, "  %-8s", g->holds ? "holds" : "MISSED");
  printf("%s", g->what);
  if (strcmp(g->name, "counts") == 0)
    printf(g->holds ? "\n" : ": %lld cells differ, first %s\n", (long long)g->worst, g->where);
  else if (strcmp(g->name, "trapped-contention") == 0)
    printf(": least %.2f (%s)\n", (double)g->worst / 1e6, g->where);
  else if (strcmp(g->name, "error") == 0)
    printf(": mean %.1f, worst %.1f (%s)\n", percent(g->mean), percent(g->worst), g->where);
  else
    printf(": worst %.1f (%s)\n", percent(g->worst), g->where);
}

void reproduce_print(const struct reproduce *r, const struct machine_config *cfg)
{
  print_head(r, cfg);
  print_cells(&r->table);
  print_counts(&r->table);
  print_errors(r);
  printf("Gates:\n");
  for (unsigned i = 0; i < MACHINE_GATES; i++)
    print_gate(&r->gate[i]);
  if (r->trials)
    reproduce_print_sensitivity(r, cfg);
}

/* ---- JSON ---- */

static const char *mode_of(const struct machine_cell *c)
{
  return c->queue == MACHINE_QUEUE_TRAPPED ? "trapped" : "vcmdq";
}

static json_t *cells_json(const struct machine_table *t)
{
  json_t *list = json_array();

  for (unsigned i = 0; i < t->cells; i++) {
    const struct machine_cell *c = &t->cell[i];

    json_array_append_new(
      list, json_pack("{s:I, s:i, s:s, s:f, s:f, s:f, s:f, s:b, s:f, s:f}", "granule_bytes",
                      (json_int_t)c->granule, "threads", (int)c->threads, "mode", mode_of(c),
                      "measured_us", us(c->measured), "model_us", us(c->model), "null_us",
                      us(c->null_model), "error_pct", percent(machine_cell_error(c)), "held_out",
                      c->held_out, "model_least_us", us(c->least), "model_most_us", us(c->most)));
  }
  return list;
}

static json_t *counts_json(const struct machine_table *t)
{
  json_t *list = json_array();

  for (unsigned i = 0; i < t->cells; i++) {
    const struct machine_cell *c = &t->cell[i];
    json_t *row = json_pack("{s:I, s:i, s:s}", "granule_bytes", (json_int_t)c->granule, "threads",
                            (int)c->threads, "mode", mode_of(c));
    json_t *expected = json_object();

    for (unsigned k = 0; k < MACHINE_CELL_COUNTS; k++) {
      json_object_set_new(row, machine_cell_count_name(k), json_real((double)c->count[k] / 1e6));
      json_object_set_new(expected, machine_cell_count_name(k),
                          json_integer((json_int_t)(c->expected[k] / 1000000)));
    }
    json_object_set_new(row, "one_thread_expected", expected);
    json_array_append_new(list, row);
  }
  return list;
}

static json_t *reductions_json(const struct machine_table *t)
{
  json_t *list = json_array();

  for (unsigned i = 0; i < t->cells; i++) {
    const struct machine_cell *c = &t->cell[i];
    const struct machine_cell *v =
      machine_table_find(t, c->granule, c->threads, MACHINE_QUEUE_VCMDQ);

    if (c->queue != MACHINE_QUEUE_TRAPPED || !v)
      continue;
    json_array_append_new(list,
                          json_pack("{s:I, s:i, s:f, s:f}", "granule_bytes", (json_int_t)c->granule,
                                    "threads", (int)c->threads, "measured_pct",
                                    percent(machine_reduction(c->measured, v->measured)),
                                    "model_pct", percent(machine_reduction(c->model, v->model))));
  }
  return list;
}

static json_t *gates_json(const struct reproduce *r)
{
  json_t *list = json_array();

  for (unsigned i = 0; i < MACHINE_GATES; i++) {
    const struct machine_gate *g = &r->gate[i];
    json_t *holds = g->has_data ? json_boolean(g->holds) : json_null();
    json_t *worst = g->has_data ? json_integer(g->worst) : json_null();
    json_t *row =
      json_pack("{s:s, s:s, s:o, s:o, s:I, s:s}", "name", g->name, "what", g->what, "holds", holds,
                "worst_ppm", worst, "limit_ppm", (json_int_t)g->limit, "where", g->where);

    if (g->mean_limit) {
      json_object_set_new(row, "mean_ppm", json_integer(g->mean));
      json_object_set_new(row, "mean_limit_ppm", json_integer(g->mean_limit));
    }
    json_array_append_new(list, row);
  }
  return list;
}

static json_t *seeds_json(const struct reproduce *r)
{
  json_t *list = json_array();

  for (unsigned i = 0; i < r->seeds; i++)
    json_array_append_new(list,
                          json_pack("{s:I, s:f}", "seed", (json_int_t)r->first_seed + (json_int_t)i,
                                    "mean_abs_error_pct", percent((int64_t)r->seed_error[i])));
  return list;
}

json_t *reproduce_json(const struct reproduce *r, const struct machine_config *cfg)
{
  const struct machine_errors *e = &r->errors;
  json_t *held_out = e->held_out ? json_real(percent((int64_t)e->held_out_mean)) : json_null();
  json_t *root;

  root = json_pack(
    "{s:i, s:s, s:s, s:s, s:s, s:o, s:f, s:f, s:o, s:f, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, "
    "s:o, s:o, s:o, s:o, s:f}",
    "schema", SCHEMA, "name", "dma-map", "profile", cfg->profile, "fitted_on", cfg->fitted_on,
    "build", machine_build_id(), "cells", cells_json(&r->table), "mean_abs_error_pct",
    percent((int64_t)e->mean), "max_abs_error_pct", percent((int64_t)e->most),
    "heldout_mean_abs_error_pct", held_out, "null_mean_abs_error_pct",
    percent((int64_t)e->null_mean), "null_numbers", (int)e->null_numbers, "set_parameters",
    (int)r->changed, "fitted_parameters", (int)r->fitted, "hand_set_parameters",
    (int)(r->assumed + r->neutral), "assumed_parameters", (int)r->assumed, "neutral_parameters",
    (int)r->neutral, "published_parameters", (int)r->published, "zero_parameters", (int)r->zero,
    "counts", counts_json(&r->table), "reductions", reductions_json(&r->table), "gates",
    gates_json(r), "seeds", seeds_json(r), "seed_spread_pct", percent((int64_t)r->spread));
  if (r->trials)
    json_object_set_new(root, "sensitivity", reproduce_sensitivity_json(r, cfg));
  return root;
}
