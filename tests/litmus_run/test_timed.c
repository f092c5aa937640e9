/* Engine `timed` does nothing that `explore` does not allow: every run of a litmus program ends in
 * one of the outcomes that explore enumerates, and never passes a forbidden one. */
#include <stdlib.h>
#include <string.h>

#include "litmus/litmus.h"
#include "names.h"
#include "on_timed.h"
#include "shim/rig.h"

enum { SEEDS = 300, MANY_SEEDS = 10000 };

/* ---- sets of views ---- */

struct views {
  struct explore_view *view;
  size_t n, size;
};

static void add(void *ctx, const struct explore_view *view)
{
  struct views *v = ctx;

  if (v->n == v->size) {
    v->size = v->size ? 2 * v->size : 256;
    v->view = realloc(v->view, v->size * sizeof *v->view);
  }
  v->view[v->n++] = *view;
}

static int compare(const void *a, const void *b)
{
  return memcmp(a, b, sizeof(struct explore_view));
}

static void make_set(struct views *v)
{
  size_t n = 0;

  if (v->n == 0)
    return;
  qsort(v->view, v->n, sizeof *v->view, compare);
  for (size_t i = 0; i < v->n; i++) {
    if (i == 0 || compare(&v->view[i], &v->view[n - 1]) != 0)
      v->view[n++] = v->view[i];
  }
  v->n = n;
}

static bool contains(const struct views *v, const struct explore_view *view)
{
  return v->n != 0 && bsearch(view, v->view, v->n, sizeof *view, compare) != NULL;
}

/* The view without the order of operations: what was seen. */
static void add_values(struct views *to, const struct views *from)
{
  for (size_t i = 0; i < from->n; i++) {
    struct explore_view bare = from->view[i];

    for (unsigned t = 0; t < EXPLORE_THREADS; t++) {
      for (unsigned k = 0; k < EXPLORE_OPS; k++) {
        memset(bare.seen[t][k].started, 0, sizeof bare.seen[t][k].started);
        memset(bare.seen[t][k].ended, 0, sizeof bare.seen[t][k].ended);
      }
    }
    add(to, &bare);
  }
  make_set(to);
}

/* ---- runs ---- */

/* Nothing takes time, the neutral device, and random ones; a third of the seeds on a slow bus. */
static void profile_of(struct timed_profile *profile, uint64_t seed)
{
  switch (seed % 6) {
  case 0: timed_profile_zero(profile); break;
  case 1: timed_profile_neutral(profile); break;
  default: rig_random_profile(profile, seed); break;
  }
}

static void run_seeds(const struct explore_program *p, const struct views *allowed,
                      struct views *found, unsigned seeds)
{
  for (uint64_t seed = 1; seed <= seeds; seed++) {
    struct timed_profile profile;
    struct explore_view view;
    bool forbidden, finished;

    profile_of(&profile, seed);
    finished = on_timed_run(p, &profile, seed, seed % 12 >= 8, &view, &forbidden);
    if (!finished || forbidden || !contains(allowed, &view))
      ADD_TEST_FAILURE("%s, seed %llu: %s", p->name, (unsigned long long)seed,
                       !finished   ? "work was left and nothing could move"
                       : forbidden ? "a forbidden outcome"
                                   : "an outcome that explore does not reach");
    add(found, &view);
  }
  make_set(found);
}

static void expect_subset(const struct explore_program *p, unsigned seeds)
{
  struct views allowed = { 0 }, found = { 0 }, allowed_values = { 0 }, found_values = { 0 };
  struct explore_result r;

  ASSERT_EQ(explore_outcomes(p, 0, add, &allowed, &r), SMMU_OK);
  EXPECT_EQ(allowed.n, r.outcomes);
  make_set(&allowed);
  run_seeds(p, &allowed, &found, seeds);
  add_values(&allowed_values, &allowed);
  add_values(&found_values, &found);
  TEST_NOTE("%s: %zu of %zu outcomes (%zu of %zu views) in %u runs", p->name, found_values.n,
            allowed_values.n, found.n, allowed.n, seeds);
  EXPECT_EQ(found_values.n, allowed_values.n);
  free(allowed.view);
  free(found.view);
  free(allowed_values.view);
  free(found_values.view);
}

PARAM_TEST_CASE(LitmusTimed, EveryRunIsOneThatExploreAllows, names, PROGRAMS)
{
  expect_subset(litmus_find(names[param]), SEEDS);
}

PARAM_TEST_CASE(SlowLitmusTimed, EveryOfManyRunsIsOneThatExploreAllows, names, PROGRAMS)
{
  expect_subset(litmus_find(names[param]), MANY_SEEDS);
}
