/* smmulator reproduce: a published result beside what the model gives for it. Exit status 1 when a
 * gate is missed. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "smmu/err.h"
#include "tools/reproduce.h"
#include "tools/ui.h"
#include "tools/verbs.h"
#include "util/check.h"

enum { KEY_SET = 256, KEY_REFERENCE, KEY_SEEDS, KEY_SENSITIVITY };

struct request {
  const char *name, *profile, *reference;
  struct machine_settings settings;
  uint64_t seeds;
  bool json, sensitivity, wrong;
};

static const struct argp_option options[] = {
  { "profile", 'p', "PROFILE", 0,
    "Costs: grace-fitted (default), published, neutral, or a YAML file", 0 },
  { "reference", KEY_REFERENCE, "CSV", 0, "Another table than the one in the program", 0 },
  { "seeds", KEY_SEEDS, "N", 0, "Runs of each cell, with seeds 1 to N (5)", 0 },
  { "set", KEY_SET, "KEY=VALUE", 0, "Set a parameter in every cell; may be given often", 0 },
  { "sensitivity", KEY_SENSITIVITY, NULL, 0,
    "Also halve and double each fitted parameter and a few set by hand, with the first seed", 0 },
  { "json", 'j', NULL, 0, "Print one JSON object", 0 },
  { 0 }
};

static const char doc[] =
  "Reproduces a published result. NAME is dma-map: the latency of dma_unmap in a guest, with its "
  "command queue emulated by the VMM (trapped) and with a hardware queue of its own (vcmdq). Every "
  "cell is simulated and compared; exit status 1 when a gate is missed.\v"
  "Example:\n"
  "  smmulator reproduce dma-map\n"
  "  smmulator reproduce dma-map --seeds 1 --json";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case 'p': r->profile = arg; return 0;
  case 'j': r->json = true; return 0;
  case KEY_REFERENCE: r->reference = arg; return 0;
  case KEY_SENSITIVITY: r->sensitivity = true; return 0;
  case KEY_SET: r->wrong |= !machine_settings_add(&r->settings, "reproduce", arg); return 0;
  case KEY_SEEDS:
    r->wrong |= !machine_number("reproduce", "--seeds", arg, 1, REPRODUCE_SEEDS_MOST, &r->seeds);
    return 0;
  case ARGP_KEY_ARG: r->wrong |= !ui_take_one("reproduce", "NAME", arg, &r->name); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- one cell ---- */

static const uint16_t cell_keys[] = { MACHINE_KEY_GRANULE, MACHINE_KEY_THREADS, MACHINE_KEY_QUEUE,
                                      MACHINE_KEY_SEED };

static void set_cell(struct machine_config *cfg, const struct machine_cell *c, uint64_t seed)
{
  cfg->key[MACHINE_KEY_GRANULE].value = c->granule;
  cfg->key[MACHINE_KEY_THREADS].value = c->threads;
  cfg->key[MACHINE_KEY_QUEUE].value = c->queue;
  cfg->key[MACHINE_KEY_SEED].value = seed;
  if (cfg->key[MACHINE_KEY_VCPUS].value < c->threads)
    cfg->key[MACHINE_KEY_VCPUS].value = c->threads;
}

int reproduce_cell(const struct machine_config *base, const struct machine_cell *c, uint64_t seed,
                   struct machine_result *result, struct machine_error *err)
{
  static struct machine_config cfg;

  cfg = *base;
  set_cell(&cfg, c, seed);
  return machine_run(&cfg, NULL, result, err);
}

/* Counts do not depend on the seed where the driver alone decides; where threads meet they are
 * averages. */
static void add_run(struct machine_cell *c, const struct machine_result *r, unsigned run)
{
  const struct machine_counts *n = &r->counts;
  const uint64_t count[MACHINE_CELL_COUNTS] = { n->exits,         n->ioctls,     n->guest_commands,
                                                n->host_commands, n->host_syncs, n->exits_prod,
                                                n->guest_tlbi,    n->host_tlbi };
  uint64_t mean = machine_series_mean(&r->all.unmap);

  c->model += mean;
  c->least = run == 0 || mean < c->least ? mean : c->least;
  c->most = mean > c->most ? mean : c->most;
  for (unsigned i = 0; i < MACHINE_CELL_COUNTS; i++)
    c->count[i] += n->unmaps ? (count[i] * 1000000 + n->unmaps / 2) / n->unmaps : 0;
}

static int run_cell(struct reproduce *r, struct machine_cell *c, const struct machine_config *base,
                    struct machine_error *err)
{
  static struct machine_result result;
  int rc = SMMU_OK;

  for (unsigned i = 0; i < r->seeds && rc == SMMU_OK; i++) {
    uint64_t before = c->model;
    int64_t error;

    rc = reproduce_cell(base, c, r->first_seed + i, &result, err);
    if (rc == SMMU_OK) {
      add_run(c, &result, i);
      if (i == 0)
        r->first_model[c - r->table.cell] = c->model;
      error = (int64_t)((__int128)(c->model - before) * 1000000 / c->measured) - 1000000;
      r->seed_error[i] += (uint64_t)(error < 0 ? -error : error);
      for (unsigned k = 0; k < MACHINE_KEY_COUNT; k++)
        r->used[k] |= result.used[k];
    }
    machine_result_free(&result);
  }
  CHECK(r->seeds > 0);
  c->model = (c->model + r->seeds / 2) / r->seeds;
  for (unsigned i = 0; i < MACHINE_CELL_COUNTS; i++)
    c->count[i] = (c->count[i] + r->seeds / 2) / r->seeds;
  return rc;
}

/* ---- all of them ---- */

/* A zero that nobody published and no fit has found is no figure: it says that a part is left out. */
static void count_parameters(struct reproduce *r, const struct machine_config *cfg)
{
  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++) {
    unsigned origin = cfg->key[i].origin;

    if (!r->used[i])
      continue;
    if (origin == MACHINE_ORIGIN_FITTED)
      r->fitted++;
    else if (origin == MACHINE_ORIGIN_PUBLISHED || origin == MACHINE_ORIGIN_MEASURED)
      r->published++;
    else if (cfg->key[i].value == 0)
      r->zero++;
    else if (origin == MACHINE_ORIGIN_NEUTRAL)
      r->neutral++;
    else
      r->assumed++;
  }
}

static void judge(struct reproduce *r)
{
  machine_table_errors(&r->table, &r->errors);
  machine_table_gates(&r->table, r->gate);
  for (unsigned i = 0; i < MACHINE_GATES; i++)
    r->missed |= r->gate[i].has_data && !r->gate[i].holds;
  for (unsigned i = 0; i < r->seeds; i++)
    r->seed_error[i] /= r->table.cells;
  for (unsigned i = 0; i < r->table.cells; i++) {
    const struct machine_cell *c = &r->table.cell[i];
    uint64_t spread = c->model ? (c->most - c->least) * 1000000 / c->model : 0;

    r->spread = spread > r->spread ? spread : r->spread;
  }
}

static int run_table(struct reproduce *r, const struct machine_config *cfg,
                     struct machine_error *err)
{
  int rc = SMMU_OK;

  for (unsigned i = 0; i < r->table.cells && rc == SMMU_OK; i++) {
    ui_progress("reproduce: cell %u of %u", i + 1, r->table.cells);
    rc = run_cell(r, &r->table.cell[i], cfg, err);
  }
  ui_progress_end();
  if (rc == SMMU_OK) {
    count_parameters(r, cfg);
    judge(r);
  }
  return rc;
}

static bool is_set(const struct machine_settings *s, unsigned key)
{
  const char *name = machine_key_at(key)->name;
  size_t length = strlen(name);

  for (unsigned i = 0; i < s->count; i++) {
    if (strncmp(s->set[i], name, length) == 0 && s->set[i][length] == '=')
      return true;
  }
  return false;
}

/* What the table says of each cell is not to be set for all of them. */
static int refuse_cell_keys(const struct machine_settings *s, struct machine_error *err)
{
  for (unsigned i = 0; i < sizeof(cell_keys) / sizeof(cell_keys[0]); i++) {
    if (!is_set(s, cell_keys[i]))
      continue;
    snprintf(err->text, sizeof(err->text),
             "--set %s: each cell has its own, expected another parameter%s",
             machine_key_at(cell_keys[i])->name,
             cell_keys[i] == MACHINE_KEY_SEED ? " (--seeds N runs seeds 1 to N)"
                                              : " (smmulator run takes this one)");
    return SMMU_ERR_BADCFG;
  }
  return SMMU_OK;
}

static int refuse_few_cpus(const struct request *q, const struct reproduce *r,
                           const struct machine_config *cfg, struct machine_error *err)
{
  unsigned threads = 0;

  for (unsigned i = 0; i < r->table.cells; i++)
    threads = r->table.cell[i].threads > threads ? r->table.cell[i].threads : threads;
  if (!is_set(&q->settings, MACHINE_KEY_VCPUS) || machine_get(cfg, MACHINE_KEY_VCPUS) >= threads)
    return SMMU_OK;
  snprintf(err->text, sizeof(err->text),
           "--set: vm.vcpus is %llu, expected %u or more: the table has cells of %u threads",
           (unsigned long long)machine_get(cfg, MACHINE_KEY_VCPUS), threads, threads);
  return SMMU_ERR_BADCFG;
}

static int prepare(const struct request *q, struct reproduce *r, struct machine_config *cfg,
                   struct machine_error *err)
{
  int rc;

  machine_config_defaults(cfg);
  rc = machine_config_profile(cfg, q->profile ? q->profile : "grace-fitted", err);
  if (rc == SMMU_OK)
    rc = machine_settings_apply(&q->settings, cfg, err);
  if (rc == SMMU_OK)
    rc = refuse_cell_keys(&q->settings, err);
  if (rc == SMMU_OK)
    rc = machine_table_load(&r->table, q->reference, err);
  if (rc == SMMU_OK)
    rc = refuse_few_cpus(q, r, cfg, err);
  if (rc == SMMU_OK && !machine_table_hold_out(&r->table, cfg->fitted_on, err))
    rc = SMMU_ERR_BADCFG;
  r->changed = q->settings.count;
  for (unsigned i = 0; r->changed && i < r->table.cells; i++)
    r->table.cell[i].held_out = false;
  r->seeds = (unsigned)q->seeds;
  r->first_seed = 1;
  return rc;
}

static bool is_known(const char *name)
{
  if (name && strcmp(name, "dma-map") == 0)
    return true;
  if (name)
    ui_complain("reproduce", "no published result \"%s\"; expected dma-map", name);
  else
    ui_complain("reproduce", "a NAME is missing; expected dma-map");
  return false;
}

int verb_reproduce(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "NAME", doc, NULL, NULL, NULL };
  static char name[] = "smmulator reproduce";
  static struct machine_config cfg;
  static struct reproduce r;
  struct machine_error err = { "" };
  struct request q = { .seeds = 5 };
  int rc;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong || !is_known(q.name))
    return TOOL_WRONG;
  rc = prepare(&q, &r, &cfg, &err);
  if (rc == SMMU_OK)
    rc = run_table(&r, &cfg, &err);
  if (rc == SMMU_OK && q.sensitivity)
    rc = reproduce_sensitivity(&r, &cfg, &err);
  if (rc != SMMU_OK)
    return machine_status("reproduce", rc, &err);
  if (q.json)
    ui_json(reproduce_json(&r, &cfg));
  else
    reproduce_print(&r, &cfg);
  return r.missed ? TOOL_DIFFERS : TOOL_DONE;
}
