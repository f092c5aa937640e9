/* smmulator-linux nested: the published table by the kernel's driver in a guest, beside our own driver's. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_tool/nested.h"
#include "smmu/err.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { SCHEMA = 1, LINES = 400 };

struct request {
  struct nested_request cell;
  const char *name;
  bool json, wrong;
};

static const struct argp_option options[] = {
  { "profile", 'p', "PROFILE", 0,
    "Costs, of both drivers: grace-fitted, or another profile or file", 0 },
  { "turns", 't', "N", 0, "Turns of each thread that are measured (200)", 0 },
  { "seeds", 's', "N", 0, "Runs of each cell with jitter, seeds 1 to N (3)", 0 },
  { "json", 'j', NULL, 0, "Print one JSON object", 0 },
  { 0 }
};

static const char doc[] =
  "The driver in a guest of the simulated VMM, its command queue emulated (trapped) or a hardware queue of "
  "its own (vcmdq): the 20 cells of the published table, in our loop and in the kernel's own "
  "(dma_map_benchmark), beside what our own driver gives in its place. With a CELL such as 4k/1/trapped "
  "what the driver logged stands beside what the model saw, and the costs of both drivers side by side.\v"
  "Exit status 1: a cell differs by more than 5 %, a count differs, the driver broke a rule or something "
  "was stale. The same options give the same bytes.\n\n"
  "Example:\n"
  "  smmulator-linux nested\n"
  "  smmulator-linux nested 4k/1/vcmdq --json";

static void set_number(struct request *r, uint64_t *to, const char *arg, uint64_t most)
{
  char *end;

  *to = strtoul(arg, &end, 0);
  if (*arg < '0' || *arg > '9' || *end || *to < 1 || *to > most) {
    ui_complain("nested", "\"%s\" is no number from 1 to %llu", arg, (unsigned long long)most);
    r->wrong = true;
  }
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case 'p': r->cell.profile = arg; return 0;
  case 't': set_number(r, &r->cell.turns, arg, 100000); return 0;
  case 's': set_number(r, &r->cell.seeds, arg, 32); return 0;
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG: r->wrong |= !ui_take_one("nested", "CELL", arg, &r->name); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static void name_of(const struct machine_cell *c, char *name, size_t len)
{
  char bytes[24];

  machine_value_print(MACHINE_KEY_GRANULE, c->granule, bytes, sizeof bytes);
  snprintf(name, len, "%s/%u/%s", bytes, c->threads,
           c->queue == MACHINE_QUEUE_TRAPPED ? "trapped" : "vcmdq");
}

static bool is_asked(const struct request *q, const struct machine_cell *c)
{
  char name[48];

  name_of(c, name, sizeof name);
  return !q->name || strcmp(q->name, name) == 0;
}

static bool run_cells(const struct request *q, const struct machine_table *t, json_t *cells)
{
  for (unsigned i = 0; i < t->cells; i++) {
    json_t *cell;

    if (!is_asked(q, &t->cell[i]))
      continue;
    cell = nested_cell(&q->cell, &t->cell[i]);
    if (!cell)
      return false;
    if (!q->json)
      nested_print_row(cell);
    json_array_append_new(cells, cell);
  }
  return true;
}

static int finish(const struct request *q, json_t *cells)
{
  int status = rows_status(cells, true);
  const json_t *cell;

  if (q->json) {
    ui_json(
      json_pack("{s:i, s:s, s:O}", "schema", SCHEMA, "profile", q->cell.profile, "cells", cells));
  } else if (q->name) {
    cell = json_array_get(cells, 0);
    nested_print_costs(cell);
    putchar('\n');
    timeline_print(cell);
  } else {
    nested_print_end(cells);
  }
  return status;
}

static bool has_cell(const struct request *q, const struct machine_table *t)
{
  for (unsigned i = 0; i < t->cells; i++) {
    if (is_asked(q, &t->cell[i]))
      return true;
  }
  ui_complain("nested", "there is no cell \"%s\"; one is 4k/1/trapped, another 256k/2/vcmdq",
              q->name);
  return false;
}

int verb_nested(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "[CELL]", doc, NULL, NULL, NULL };
  static char name[] = "smmulator-linux nested";
  static struct machine_table table;
  static struct machine_config cfg;
  struct request q = { .cell = { .profile = "grace-fitted", .turns = 200, .seeds = 3 } };
  struct machine_error err = { "" };
  json_t *cells;
  bool done;
  int status;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong)
    return TOOL_WRONG;
  machine_config_defaults(&cfg);
  if (machine_table_load(&table, NULL, &err) != SMMU_OK ||
      machine_config_profile(&cfg, q.cell.profile, &err) != SMMU_OK) {
    ui_complain("nested", "%s", err.text);
    return TOOL_WRONG;
  }
  if (!has_cell(&q, &table))
    return TOOL_WRONG;
  q.cell.lines = q.name ? LINES : 0;
  if (!q.json)
    nested_print_head();
  cells = json_array();
  done = run_cells(&q, &table, cells);
  status = finish(&q, cells);
  json_decref(cells);
  return done ? status : TOOL_MACHINE;
}
