/* reproduce --sensitivity: how much each parameter decides. A value is halved and doubled above the
 * least it may have: a factor of 1.25 is a quarter more. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "smmu/err.h"
#include "tools/reproduce.h"
#include "tools/ui.h"

static double percent(int64_t ppm)
{
  return (double)ppm / 1e4;
}

/* Set by hand, and large beside what is fitted, or in every turn. */
static const uint16_t by_hand[] = { MACHINE_KEY_LOOP,    MACHINE_KEY_FILL_PAGE,
                                    MACHINE_KEY_JITTER,  MACHINE_KEY_MMIO_READ,
                                    MACHINE_KEY_VM_EXIT, MACHINE_KEY_VM_ENTRY };

static bool is_tried(const struct reproduce *r, const struct machine_config *cfg, unsigned key)
{
  unsigned origin = cfg->key[key].origin;

  if (!r->used[key] || machine_get(cfg, key) == 0)
    return false;
  for (unsigned i = 0; i < sizeof(by_hand) / sizeof(by_hand[0]); i++) {
    if (by_hand[i] == key)
      return origin != MACHINE_ORIGIN_PUBLISHED && origin != MACHINE_ORIGIN_MEASURED;
  }
  return origin == MACHINE_ORIGIN_FITTED;
}

/* ---- trials ---- */

static uint64_t absolute(int64_t value)
{
  return (uint64_t)(value < 0 ? -value : value);
}

static int try_value(const struct reproduce *r, const struct machine_config *base, unsigned key,
                     struct reproduce_trial *trial, struct machine_error *err)
{
  static struct machine_config cfg;
  static struct machine_result result;
  uint64_t errors = 0;
  int rc = SMMU_OK;

  cfg = *base;
  cfg.key[key].value = trial->value;
  for (unsigned i = 0; i < r->table.cells && rc == SMMU_OK; i++) {
    struct machine_cell c = r->table.cell[i];
    int64_t change = 0;

    rc = reproduce_cell(&cfg, &c, r->first_seed, &result, err);
    c.model = machine_series_mean(&result.all.unmap);
    machine_result_free(&result);
    if (r->first_model[i])
      change = (int64_t)((__int128)c.model * 1000000 / r->first_model[i]) - 1000000;
    errors += absolute(machine_cell_error(&c));
    if (i == 0 || absolute(change) > absolute(trial->worst)) {
      trial->worst = change;
      trial->cell = i;
    }
  }
  trial->mean_error = r->table.cells ? errors / r->table.cells : 0;
  return rc;
}

int reproduce_sensitivity(struct reproduce *r, const struct machine_config *cfg,
                          struct machine_error *err)
{
  int rc = SMMU_OK;

  for (unsigned i = 0; i < MACHINE_KEY_COUNT && rc == SMMU_OK; i++) {
    const struct machine_key *key = machine_key_at(i);
    uint64_t above = machine_get(cfg, i) - key->least;
    struct reproduce_sensitivity *s = &r->sensitivity[r->trials];

    if (!is_tried(r, cfg, i) || r->trials == REPRODUCE_TRIALS_MOST)
      continue;
    ui_progress("reproduce: sensitivity of %s", key->name);
    s->key = i;
    s->half.value = key->least + above / 2;
    s->twice.value =
      above < key->most - machine_get(cfg, i) ? machine_get(cfg, i) + above : key->most;
    rc = try_value(r, cfg, i, &s->half, err);
    if (rc == SMMU_OK)
      rc = try_value(r, cfg, i, &s->twice, err);
    r->trials++;
  }
  ui_progress_end();
  return rc;
}

/* ---- what came out ---- */

static const char *mode_of(const struct machine_cell *c)
{
  return c->queue == MACHINE_QUEUE_TRAPPED ? "trapped" : "vcmdq";
}

static void print_trial(const struct reproduce *r, const struct reproduce_trial *trial, int width)
{
  const struct machine_cell *c = &r->table.cell[trial->cell];
  char granule[32], where[64];

  machine_value_print(MACHINE_KEY_GRANULE, c->granule, granule, sizeof(granule));
  snprintf(where, sizeof(where), "%s/%u/%s", granule, c->threads, mode_of(c));
  printf("  %5.2f%% %+7.1f%% %-*s", percent((int64_t)trial->mean_error), percent(trial->worst),
         width, where);
}

void reproduce_print_sensitivity(const struct reproduce *r, const struct machine_config *cfg)
{
  printf(
    "\nSensitivity, seed %llu: the mean error (%.2f %% as it is) and the cell that changes most\n",
    (unsigned long long)r->first_seed, percent((int64_t)r->seed_error[0]));
  ui_put(UI_HEAD, "  %-23s %9s  %-32s%s\n", "parameter", "value", "halved: error, change, of cell",
         "doubled");
  for (unsigned i = 0; i < r->trials; i++) {
    const struct reproduce_sensitivity *s = &r->sensitivity[i];
    char value[48];

    machine_value_print(s->key, machine_get(cfg, s->key), value, sizeof(value));
    printf("  %-23s %9s", machine_key_at(s->key)->name, value);
    print_trial(r, &s->half, 14);
    print_trial(r, &s->twice, 0);
    putchar('\n');
  }
}

static json_t *trial_json(const struct reproduce *r, unsigned key,
                          const struct reproduce_trial *trial)
{
  const struct machine_cell *c = &r->table.cell[trial->cell];

  return json_pack("{s:o, s:f, s:f, s:I, s:i, s:s}", "value", machine_value_json(key, trial->value),
                   "mean_abs_error_pct", percent((int64_t)trial->mean_error), "worst_change_pct",
                   percent(trial->worst), "granule_bytes", (json_int_t)c->granule, "threads",
                   (int)c->threads, "mode", mode_of(c));
}

json_t *reproduce_sensitivity_json(const struct reproduce *r, const struct machine_config *cfg)
{
  json_t *list = json_array();

  for (unsigned i = 0; i < r->trials; i++) {
    const struct reproduce_sensitivity *s = &r->sensitivity[i];

    json_array_append_new(
      list, json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", machine_key_at(s->key)->name, "origin",
                      machine_origin_name(cfg->key[s->key].origin), "value",
                      machine_value_json(s->key, machine_get(cfg, s->key)), "half",
                      trial_json(r, s->key, &s->half), "twice", trial_json(r, s->key, &s->twice)));
  }
  return list;
}
