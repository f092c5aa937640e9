/* See nested.h. */
#include "linux_tool/nested.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_world/nested.h"
#include "smmu/err.h"

enum { WATCHED_TURNS = 24, WATCHED_WARMUP = 4 };

struct job {
  const struct nested_request *request;
  const struct machine_cell *cell;
  uint64_t seed;
};

const char *nested_count_name(unsigned count)
{
  static const char *const names[] = { "exits",          "ioctls",     "guest_commands",
                                       "host_commands",  "host_syncs", "register_reads",
                                       "register_writes" };

  return count < NESTED_COUNTS ? names[count] : "?";
}

/* ---- one run ---- */

static int configure(struct machine_config *cfg, const struct job *job, struct machine_error *err)
{
  int rc;

  machine_config_defaults(cfg);
  rc = machine_config_profile(cfg, job->request->profile, err);
  /* The kernel's memory is one piece, so that of both is. */
  cfg->key[MACHINE_KEY_BACKING].value = MACHINE_BACKING_CONTIGUOUS;
  cfg->key[MACHINE_KEY_GRANULE].value = job->cell->granule;
  cfg->key[MACHINE_KEY_THREADS].value = job->cell->threads;
  cfg->key[MACHINE_KEY_QUEUE].value = job->cell->queue;
  cfg->key[MACHINE_KEY_SEED].value = job->seed;
  cfg->key[MACHINE_KEY_LOOPS].value = job->request->turns;
  if (cfg->key[MACHINE_KEY_VCPUS].value < job->cell->threads)
    cfg->key[MACHINE_KEY_VCPUS].value = job->cell->threads;
  return rc;
}

static json_t *costs_of(const struct machine_result *r)
{
  json_t *costs = json_object();

  for (unsigned i = 0; i < PLAT_COST_COUNT; i++) {
    const struct machine_spent *s = &r->where.cost[i];

    if (s->units)
      json_object_set_new(
        costs, plat_cost_key(i),
        json_pack("{s:I, s:I}", "units", (json_int_t)s->units, "ps", (json_int_t)s->ps));
  }
  return costs;
}

static json_t *figures_of(const struct machine_result *r)
{
  const struct machine_counts *n = &r->counts;
  const uint64_t count[NESTED_COUNTS] = { n->exits,         n->ioctls,     n->guest_commands,
                                          n->host_commands, n->host_syncs, n->mmio_reads,
                                          n->mmio_writes };
  json_t *figures = json_pack(
    "{s:I, s:I, s:I, s:I, s:o}", "unmap_ps", (json_int_t)machine_series_mean(&r->all.unmap),
    "map_ps", (json_int_t)machine_series_mean(&r->all.map), "unmaps", (json_int_t)n->unmaps,
    "measured", (json_int_t)r->all.unmap.count, "costs", costs_of(r));

  for (unsigned i = 0; i < NESTED_COUNTS; i++)
    json_object_set_new(figures, nested_count_name(i), json_integer((json_int_t)count[i]));
  return figures;
}

/* Ours first: the kernel's memory is its until the process ends. */
static struct json_t *run_pair(void *arg)
{
  static struct machine_config cfg;
  const struct job *job = arg;
  struct machine_error err = { "" };
  struct machine_result result = { 0 };
  json_t *made = json_object();
  unsigned errors = 0;
  int rc = configure(&cfg, job, &err);

  if (rc == SMMU_OK)
    rc = machine_run(&cfg, NULL, &result, &err);
  if (rc == SMMU_OK)
    json_object_set_new(made, "ours", figures_of(&result));
  machine_result_free(&result);
  if (rc == SMMU_OK) {
    rc = lx_nested_run(&cfg, &(struct lx_config){ 0 }, &result, &errors, &err);
    if (rc == SMMU_OK)
      json_object_set_new(made, "linux", figures_of(&result));
    machine_result_free(&result);
  }
  json_object_set_new(made, "why", json_string(rc == SMMU_OK ? "" : err.text));
  return made;
}

/* In the kernel's own loop. */
static struct json_t *run_own_loop(void *arg)
{
  static struct machine_config cfg;
  const struct job *job = arg;
  struct linux_bench_result said = { 0 };
  struct machine_error err = { "" };
  struct machine_result result = { 0 };
  json_t *made = json_object();
  int rc = configure(&cfg, job, &err);

  if (rc == SMMU_OK)
    rc = lx_nested_bench(&cfg, &(struct lx_config){ 0 }, &result, &said, &err);
  if (rc == SMMU_OK)
    json_object_set_new(made, "own_loop", figures_of(&result));
  machine_result_free(&result);
  json_object_set_new(made, "said_100ns", json_integer((json_int_t)said.unmap_100ns));
  json_object_set_new(made, "why", json_string(rc == SMMU_OK ? "" : err.text));
  return made;
}

/* ---- the watched run ---- */

static int run_watched(const struct lx_config *config, const void *arg, struct json_t *object,
                       bool *holds, char *why, size_t len)
{
  static struct machine_config cfg;
  struct machine_error err = { "" };
  struct machine_result result = { 0 };
  unsigned errors = 0;
  int rc = configure(&cfg, arg, &err);

  (void)object;
  cfg.key[MACHINE_KEY_LOOPS].value = WATCHED_TURNS;
  cfg.key[MACHINE_KEY_WARMUP].value = WATCHED_WARMUP;
  cfg.key[MACHINE_KEY_DMA_TRAFFIC].value = 1;
  cfg.key[MACHINE_KEY_DMA_LATE].value = 1;
  if (rc == SMMU_OK)
    rc = lx_nested_run(&cfg, config, &result, &errors, &err);
  machine_result_free(&result);
  if (rc != SMMU_OK)
    snprintf(why, len, "%s", err.text);
  *holds = rc == SMMU_OK && errors == 0;
  return rc;
}

struct json_t *nested_watched(const struct nested_request *q, const struct machine_cell *cell)
{
  const struct job job = { q, cell, 1 };
  const struct judged_work work = {
    .alone = run_watched, .arg = &job, .world = 1, .fault = q->fault, .lines = q->lines
  };

  return judged_run(&work);
}

static struct json_t *run_judged(void *arg)
{
  const struct job *job = arg;

  return nested_watched(job->request, job->cell);
}

/* ---- one cell ---- */

static uint64_t number(const json_t *object, const char *key)
{
  return (uint64_t)json_integer_value(json_object_get(object, key));
}

static uint64_t apart(uint64_t a, uint64_t b)
{
  return a > b ? a - b : b - a;
}

/* Without jitter what one unmap causes is equal; how often CONS is polled follows the clock. */
static bool counts_agree(const json_t *ours, const json_t *theirs)
{
  for (unsigned i = 0; i < NESTED_COUNTS; i++) {
    uint64_t a = number(ours, nested_count_name(i)), b = number(theirs, nested_count_name(i));

    if (apart(a, b) * 1000000 > a * (i == NESTED_READS ? NESTED_READS_WITHIN_PPM : 0))
      return false;
  }
  return number(ours, "unmaps") == number(theirs, "unmaps");
}

/* Adds runs of a seed to the means, or they are those without jitter. */
static void add_pair(json_t *object, const json_t *pair, const struct job *job)
{
  static const char *const drivers[] = { "ours", "linux", "own_loop" };
  static const char *const times[] = { "unmap_ps", "map_ps" };

  for (unsigned i = 0; i < 3; i++) {
    json_t *to = json_object_get(object, drivers[i]), *run = json_object_get(pair, drivers[i]);

    if (!run)
      continue;
    if (job->seed == 0)
      json_object_set(to, "without_jitter", run);
    for (unsigned k = 0; k < 2 && job->seed; k++) {
      uint64_t share = number(run, times[k]) / job->request->seeds;

      json_object_set_new(to, times[k], json_integer((json_int_t)(number(to, times[k]) + share)));
    }
  }
}

static bool run_one(json_t *object, struct json_t *(*work)(void *arg), struct job *job)
{
  json_t *made = isolate(work, job);
  const char *why = json_string_value(json_object_get(made, "why"));

  if (!made)
    return false;
  if (*why)
    json_object_set_new(object, "why", json_string(why));
  add_pair(object, made, job);
  json_decref(made);
  return true;
}

static bool run_seeds(json_t *object, struct job *job)
{
  bool done = true;

  for (job->seed = 0; job->seed <= job->request->seeds && done; job->seed++)
    done = run_one(object, run_pair, job) && run_one(object, run_own_loop, job);
  return done;
}

/* How far one is from ours, in ppm. */
static int64_t differs(const json_t *object, const char *driver)
{
  int64_t a = (int64_t)number(json_object_get(object, "ours"), "unmap_ps");
  int64_t b = (int64_t)number(json_object_get(object, driver), "unmap_ps");

  return a && b ? (b - a) * 1000000 / a : INT32_MAX;
}

static void judge(json_t *object)
{
  int64_t driver = differs(object, "linux"), loop = differs(object, "own_loop");
  bool equal = counts_agree(json_object_get(json_object_get(object, "ours"), "without_jitter"),
                            json_object_get(json_object_get(object, "linux"), "without_jitter"));
  bool holds = json_is_true(json_object_get(object, "holds")) &&
               !*json_string_value(json_object_get(object, "why")) && equal &&
               llabs(driver) <= NESTED_WITHIN_PPM && llabs(loop) <= NESTED_WITHIN_PPM;

  json_object_set_new(object, "differs_ppm", json_integer(driver));
  json_object_set_new(object, "own_loop_differs_ppm", json_integer(loop));
  json_object_set_new(object, "counts_equal", json_boolean(equal));
  json_object_set_new(object, "holds", json_boolean(holds));
}

struct json_t *nested_cell(const struct nested_request *q, const struct machine_cell *cell)
{
  const char *mode = cell->queue == MACHINE_QUEUE_TRAPPED ? "trapped" : "vcmdq";
  struct job job = { q, cell, 1 };
  json_t *object = isolate(run_judged, &job);
  char name[48], bytes[24];

  if (!object)
    return NULL;
  machine_value_print(MACHINE_KEY_GRANULE, cell->granule, bytes, sizeof bytes);
  snprintf(name, sizeof name, "%s/%u/%s", bytes, cell->threads, mode);
  json_object_set_new(object, "name", json_string(name));
  json_object_set_new(object, "bytes", json_integer((json_int_t)cell->granule));
  json_object_set_new(object, "threads", json_integer(cell->threads));
  json_object_set_new(object, "mode", json_string(mode));
  json_object_set_new(object, "published_ps", json_integer((json_int_t)cell->measured));
  json_object_set_new(object, "ours", json_object());
  json_object_set_new(object, "linux", json_object());
  json_object_set_new(object, "own_loop", json_object());
  if (!run_seeds(object, &job)) {
    json_decref(object);
    return NULL;
  }
  judge(object);
  return object;
}
