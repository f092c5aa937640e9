/* Cells of `nested` for people. See nested.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_tool/nested.h"
#include "tools/ui.h"

enum { SAID_SHOWN = 7 };

static double number(const json_t *object, const char *key)
{
  return (double)json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
  return json_string_value(json_object_get(object, key));
}

static double us(const json_t *object, const char *driver)
{
  return number(json_object_get(object, driver), "unmap_ps") / 1e6;
}

static const json_t *exact(const json_t *object, const char *driver)
{
  return json_object_get(json_object_get(object, driver), "without_jitter");
}

void nested_print_head(void)
{
  printf(
    "The kernel's driver as a guest's, and our own in its place: one VMM, one host, one set of costs.\n"
    "Mean time of one dma_unmap_single() in our loop, and in the kernel's (dma_map_benchmark).\n\n");
  ui_put(UI_HEAD, "%-15s %-5s %9s %8s %8s %7s %8s %7s %6s %6s %5s %5s %5s %6s %6s %7s\n", "", "",
         "published", "ours, us", "linux", "differ", "its loop", "differ", "exits", "ioctls",
         "guest", "host", "syncs", "reads", "writes", "finding");
}

static void print_counts(const json_t *run)
{
  static const struct {
    int width, digits;
  } column[NESTED_COUNTS] = {
    { 6, 2 }, { 6, 2 }, { 5, 0 }, { 5, 1 }, { 5, 2 }, { 6, 2 }, { 6, 2 }
  };

  for (unsigned i = 0; i < NESTED_COUNTS; i++)
    printf(" %*.*f", column[i].width, column[i].digits,
           number(run, "unmaps") > 0 ? number(run, nested_count_name(i)) / number(run, "unmaps")
                                     : 0);
}

void nested_print_row(const struct json_t *cell)
{
  bool holds = json_is_true(json_object_get(cell, "holds"));

  printf("%-15s ", text(cell, "name"));
  ui_put(holds ? UI_GOOD : UI_BAD, "%-5s", holds ? "ok" : "FAILS");
  printf(" %9.1f %8.2f %8.2f %+6.1f%% %8.2f %+6.1f%%", number(cell, "published_ps") / 1e6,
         us(cell, "ours"), us(cell, "linux"), number(cell, "differs_ppm") / 1e4,
         us(cell, "own_loop"), number(cell, "own_loop_differs_ppm") / 1e4);
  print_counts(exact(cell, "linux"));
  printf(" %7llu\n", (unsigned long long)judged_found(cell));
  if (!json_is_true(json_object_get(cell, "counts_equal"))) {
    printf("%-71s ", "    ours:");
    print_counts(exact(cell, "ours"));
    putchar('\n');
  }
  if (*text(cell, "why"))
    printf("    %s\n", text(cell, "why"));
  if (judged_found(cell))
    judged_print(cell);
}

/* ---- one cell ---- */

static void print_cost(const char *key, const json_t *ours, const json_t *theirs, double unmaps)
{
  double a = number(ours, "units") / unmaps, b = number(theirs, "units") / unmaps;

  printf("  %-22s %12.3f %12.3f %12.1f %12.1f\n", key, a, b, number(ours, "ps") / unmaps / 1e3,
         number(theirs, "ps") / unmaps / 1e3);
}

void nested_print_costs(const struct json_t *cell)
{
  const json_t *ours = exact(cell, "ours"), *theirs = exact(cell, "linux"), *one;
  const json_t *a = json_object_get(ours, "costs"), *b = json_object_get(theirs, "costs");
  double unmaps = number(ours, "measured");
  const char *key;

  ui_put(UI_HEAD, "\n%-24s %12s %12s %12s %12s\n", "one unmap without jitter", "ours", "linux",
         "ours, ns", "linux, ns");
  json_object_foreach((json_t *)a, key, one) print_cost(key, one, json_object_get(b, key), unmaps);
  json_object_foreach((json_t *)b, key, one)
  {
    if (!json_object_get(a, key))
      print_cost(key, NULL, one, unmaps);
  }
  printf("  %-22s %12s %12s %12.1f %12.1f\n", "the whole of it", "", "",
         number(ours, "unmap_ps") / 1e3, number(theirs, "unmap_ps") / 1e3);
}

static void print_said(const json_t *said)
{
  size_t all = json_array_size(said);

  if (all)
    ui_put(UI_HEAD, "\nthe kernel said in the first of them\n");
  for (size_t i = 0; i < all && i < SAID_SHOWN; i++)
    printf("  %s\n", json_string_value(json_array_get(said, i)));
  if (all > SAID_SHOWN)
    printf("  and %zu lines more, of accesses that were refused (--json has them)\n",
           all - SAID_SHOWN);
}

/* The most that a figure of all cells is from zero, in percents, either way. */
struct worst {
  double most;
  const char *where;
};

static void take_worst(struct worst *w, double percents, const json_t *cell)
{
  percents = percents < 0 ? -percents : percents;
  if (percents <= w->most)
    return;
  w->most = percents;
  w->where = text(cell, "name");
}

static double without_jitter(const json_t *cell)
{
  double a = number(exact(cell, "ours"), "unmap_ps"), b = number(exact(cell, "linux"), "unmap_ps");

  return a > 0 ? (b - a) / a * 100 : 100;
}

void nested_print_end(const struct json_t *cells)
{
  struct worst driver = { 0, "none" }, loop = driver, still = driver;
  unsigned equal = 0;
  const json_t *cell;
  size_t i;

  json_array_foreach(cells, i, cell)
  {
    equal += json_is_true(json_object_get(cell, "counts_equal"));
    take_worst(&driver, number(cell, "differs_ppm") / 1e4, cell);
    take_worst(&loop, number(cell, "own_loop_differs_ppm") / 1e4, cell);
    take_worst(&still, without_jitter(cell), cell);
  }
  printf(
    "\nthe kernel's driver differs by %.1f %% at most (%s), without jitter by %.2f; %d would do\n",
    driver.most, driver.where, still.most, NESTED_WITHIN_PPM / 10000);
  printf("in the kernel's loop by %.1f %% at most (%s)\n", loop.most, loop.where);
  printf(
    "%u of %zu cells with equal counts, of unmaps without jitter (reads of CONS: within %d %%)\n",
    equal, json_array_size(cells), NESTED_READS_WITHIN_PPM / 10000);
  print_said(json_object_get(json_array_get(cells, 0), "driver"));
}
