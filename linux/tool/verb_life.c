/* smmulator-linux life: devices, processes, drivers and kernels come and go while devices are at work. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_world/scenario.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { MOST_SEED = 1000000000 };

static const struct row {
  const char *name, *variant;
  enum lx_life life;
  bool can_stall;
  const char *says; /* the driver, at least once; NULL: nothing of its own */
  const char *what;
} rows[] = {
  { "device", "neutral", LX_DEVICE_REMOVED, false, NULL, "devices are removed and come again" },
  { "device-ats", "ats", LX_DEVICE_REMOVED, false, NULL, "the same, of PCI functions with ATCs" },
  { "device-stall", "stall", LX_DEVICE_REMOVED, true, NULL, "the same, where transactions stall" },
  { "process", "stall", LX_PROCESS_EXITS, true, NULL,
    "processes end while accesses wait for their pages" },
  { "bond", "stall", LX_BOND_AGAIN, true, NULL,
    "devices stop, are unbound, removed, added and bound again" },
  { "faults-off", "stall", LX_FAULTS_OFF, true, NULL,
    "devices give up page faults while accesses wait for their pages" },
  { "driver", "neutral", LX_DRIVER_AGAIN, false, NULL, "the driver is removed and probed again" },
  { "driver-cmdqv", "cmdqv", LX_DRIVER_AGAIN, false, NULL,
    "the same with the command queue extension" },
  { "shutdown", "neutral", LX_SHUTDOWN, false, NULL,
    "the SMMU is switched off for another kernel, which probes it" },
  { "left-enabled", "neutral", LX_LEFT_ENABLED, false, "SMMU currently enabled! Resetting",
    "another kernel finds the SMMU enabled" },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

struct request {
  const char *name;
  unsigned long seed;
  bool json, wrong;
};

static const struct argp_option options[] = {
  { "seed", 's', "N", 0, "Ties between CPUs and jitter of 10 % follow it; 0: neither", 0 },
  { "json", 'j', NULL, 0, "Print one JSON object", 0 },
  { 0 }
};

static const char doc[] =
  "Two devices are at work all the time, while what they stand on goes and comes again: the devices, a process, "
  "page faults, the driver, the kernel. An answer has to be one that was possible meanwhile; at the end all is "
  "as it was.\v"
  "Exit status 1: an answer was none of those, a device got stuck, something was stale, or the driver broke a "
  "rule.\n\n"
  "Example:\n"
  "  smmulator-linux life\n"
  "  smmulator-linux life left-enabled";

static void set_seed(struct request *r, const char *arg)
{
  char *end;

  r->seed = strtoul(arg, &end, 0);
  if (*arg < '0' || *arg > '9' || *end || r->seed > MOST_SEED) {
    ui_complain("life", "\"%s\" is no number from 0 to %d", arg, MOST_SEED);
    r->wrong = true;
  }
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;
  unsigned i = 0;

  switch (key) {
  case 'j': r->json = true; return 0;
  case 's': set_seed(r, arg); return 0;
  case ARGP_KEY_ARG:
    while (i < ROWS && strcmp(rows[i].name, arg) != 0)
      i++;
    if (i == ROWS) {
      ui_complain("life", "there is no row \"%s\"; smmulator-linux life lists them", arg);
      r->wrong = true;
    }
    r->wrong |= !ui_take_one("life", "ROW", arg, &r->name);
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- one run, in a child ---- */

static int life(struct lx_world *w, const void *arg, json_t *object, bool *holds, char *why,
                size_t len)
{
  const struct row *row = arg;
  struct lx_life_result r;
  int rc = lx_scenario_life(w, row->life, &r, why, len);
  json_t *made = json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:i}", "name", row->name,
                           "variant", row->variant, "what", row->what, "error", r.error, "right",
                           (json_int_t)r.right, "refused", (json_int_t)r.refused, "bypassed",
                           (json_int_t)r.bypassed, "wrong", (json_int_t)r.wrong, "after",
                           (json_int_t)r.after, "warnings", (int)(w->warnings + w->errors));

  json_object_update(object, made);
  json_decref(made);
  *holds = r.error == 0 && r.right && r.wrong == 0 && (r.after || !r.again);
  return rc;
}

struct job {
  const struct row *row;
  uint64_t seed;
};

static struct json_t *run_one(void *arg)
{
  const struct job *job = arg;
  const struct row *row = job->row;
  const struct judged_work work = { .config = { .variant = lx_variant_by_name(row->variant),
                                                .cpus = LX_LIFE_CPUS,
                                                .seed = job->seed,
                                                .can_stall = row->can_stall },
                                    .run = life,
                                    .arg = row,
                                    .lines = 4096 };

  return judged_run(&work);
}

/* ---- for people ---- */

static long long number(const json_t *object, const char *key)
{
  return json_integer_value(json_object_get(object, key));
}

static bool said(const json_t *one, const char *text)
{
  const json_t *line;
  size_t i;

  json_array_foreach(json_object_get(one, "driver"), i, line)
  {
    if (strstr(json_string_value(line), text))
      return true;
  }
  return false;
}

static void print_head(void)
{
  ui_put(UI_HEAD, "%-12s %-5s %6s %7s %8s %6s %6s %6s %7s %7s  %s\n", "row", "", "right", "refused",
         "bypassed", "wrong", "after", "warned", "syncs", "finding", "what");
}

static void print_row(const json_t *one)
{
  bool holds = json_is_true(json_object_get(one, "holds"));
  const char *why = json_string_value(json_object_get(one, "why"));

  printf("%-12s ", json_string_value(json_object_get(one, "name")));
  ui_put(holds ? UI_GOOD : UI_BAD, "%-5s", holds ? "ok" : "FAILS");
  printf(" %6lld %7lld %8lld %6lld %6lld %6lld %7lld %7lld  %s\n", number(one, "right"),
         number(one, "refused"), number(one, "bypassed"), number(one, "wrong"),
         number(one, "after"), number(one, "warnings"),
         number(json_object_get(one, "model"), "syncs"), (long long)judged_found(one),
         json_string_value(json_object_get(one, "what")));
  if (number(one, "error"))
    printf("    a step failed: %s\n", strerror((int)-number(one, "error")));
  if (*why)
    printf("    %s\n", why);
  if (judged_found(one))
    judged_print(one);
}

static bool run_row(const struct row *row, const struct request *q, json_t *list)
{
  struct job job = { row, q->seed };
  json_t *one = isolate(run_one, &job);

  if (!one)
    return false;
  if (row->says && !said(one, row->says))
    json_object_set_new(one, "holds", json_false());
  if (!q->json && q->name) {
    timeline_print(one);
    printf("\n");
  }
  if (!q->json && q->name)
    print_head();
  if (!q->json)
    print_row(one);
  if (!q->name)
    json_object_del(one, "timeline");
  json_array_append_new(list, one);
  return true;
}

int verb_life(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "[ROW]", doc, NULL, NULL, NULL };
  static char name[] = "smmulator-linux life";
  struct request q = { 0 };
  bool all = true;
  json_t *list;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong)
    return TOOL_WRONG;
  list = json_array();
  if (!q.json && !q.name)
    print_head();
  for (unsigned i = 0; i < ROWS && all; i++)
    all = (q.name && strcmp(q.name, rows[i].name) != 0) || run_row(&rows[i], &q, list);
  return rows_end(list, "life", q.json, all);
}
