/* smmulator-linux-faults caught: faults that were patched into the driver (linux/faults), one at a time. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "linux_faults/rows.h"
#include "linux_tool/linux_tool.h"
#include "linux_tool/nested.h"
#include "linux_world/scenario.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { SCHEMA = 1, RAM = 64 << 20 };

static const char *const scenario_names[] = { "probe", "strict", "crowd",   "lazy",
                                              "sva",   "two",    "trapped", "vcmdq" };

/* What guests do is an unmap: these are run in both kinds of them as well, and told by these rules. */
static const struct {
  const char *name, *rule;
} in_guests[] = {
  { "tlbi-dropped", "tlbi-missing" },         { "tlbi-short", "tlbi-wrong-range" },
  { "tlbi-asid", "tlbi-wrong-asid" },         { "no-sync", "tlbi-without-sync" },
  { "sync-not-awaited", "sync-not-awaited" }, { "no-barrier", "command-not-ordered" },
  { "pte-kept", "page-freed-while-mapped" }
};

static const char *rule_in_guests(const char *name)
{
  for (size_t i = 0; i < sizeof in_guests / sizeof in_guests[0]; i++) {
    if (strcmp(in_guests[i].name, name) == 0)
      return in_guests[i].rule;
  }
  return NULL;
}

struct request {
  const char *name;
  bool json, wrong;
};

static const struct argp_option options[] = { { "json", 'j', NULL, 0, "Print one JSON object", 0 },
                                              { 0 } };

static const char doc[] =
  "Runs the driver with one fault after the other, each a patch of a few lines, and says who notices: "
  "which rule of the checker, at which function and line, and whether a stale translation has a story. "
  "The first rows are the driver without a fault.\v"
  "Exit status 1: a fault was not told by the rule that it is for, or something was found without one.\n\n"
  "Example:\n"
  "  smmulator-linux-faults caught\n"
  "  smmulator-linux-faults caught tlbi-short";

static const struct fault *find(const char *name)
{
  for (unsigned i = 0; i < FAULTS; i++) {
    if (strcmp(faults[i].name, name) == 0)
      return &faults[i];
  }
  return NULL;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG:
    if (!find(arg)) {
      ui_complain("caught", "there is no fault \"%s\"; linux/faults/faults.def has them", arg);
      r->wrong = true;
    }
    r->wrong |= !ui_take_one("caught", "FAULT", arg, &r->name);
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- one run, in a child ---- */

struct job {
  unsigned fault;
  unsigned scenario; /* enum fault_scenario, FAULT_TRAPPED, FAULT_VCMDQ */
  const struct lx_variant *variant;
};

/* Crowd: strict too, many CPUs with jitter, so that they meet in the queue. Lazy: as many turns as fill the flush
 * queue of a CPU, and more. */
static struct json_t *run_guest(const struct job *job)
{
  const struct nested_request request = { .profile = "neutral", .turns = 1, .fault = job->fault };
  const struct machine_cell cell = { .granule = 64 << 10,
                                     .threads = 2,
                                     .queue = job->scenario == FAULT_TRAPPED
                                                ? MACHINE_QUEUE_TRAPPED
                                                : MACHINE_QUEUE_VCMDQ };

  return nested_watched(&request, &cell);
}

static struct json_t *run_one(void *arg)
{
  static const struct {
    unsigned cpus, turns;
    uint64_t seed;
  } of[] = { { 4, 0, 0 },  { 8, 24, 0 }, { 16, 24, 1 }, { 2, 300, 0 }, { WORK_SVA_CPUS, 0, 1 },
             { 8, 24, 0 }, { 0 },        { 0 } };
  const struct job *job = arg;
  const struct lx_storm storm = { .turns = of[job->scenario].turns, .late = 8 };
  struct judged_work work = { .config = { .variant = job->variant,
                                          .cpus = of[job->scenario].cpus,
                                          .ram_bytes = RAM,
                                          .seed = of[job->scenario].seed,
                                          .lazy = job->scenario == FAULT_LAZY },
                              .fault = job->fault,
                              .smmus = job->scenario == FAULT_TWO ? 2 : 1,
                              .run = job->scenario == FAULT_PROBE ? work_probe
                                     : job->scenario == FAULT_SVA ? work_sva
                                                                  : work_storm,
                              .arg = &storm };

  return job->scenario >= FAULT_TRAPPED ? run_guest(job) : judged_run(&work);
}

/* ---- what came of it ---- */

static const char *rule_of(const json_t *finding)
{
  return finding ? json_string_value(json_object_get(finding, "rule")) : "";
}

/* Is it one of the rules with a bar between them? */
static bool is_among(const char *rules, const char *rule)
{
  size_t length = strlen(rule);

  for (; rules; rules = strchr(rules, '|')) {
    rules += *rules == '|';
    if (strncmp(rules, rule, length) == 0 && (rules[length] == '|' || !rules[length]))
      return true;
  }
  return false;
}

static const json_t *finding_of(const json_t *one, const char *rules)
{
  const json_t *finding;
  size_t i;

  json_array_foreach(json_object_get(one, "findings"), i, finding)
  {
    if (is_among(rules, rule_of(finding)))
      return finding;
  }
  return json_object_get(one, "second") ? finding_of(json_object_get(one, "second"), rules) : NULL;
}

static const char *place_of(const json_t *finding)
{
  const char *text = json_string_value(json_array_get(json_object_get(finding, "where"), 0));

  return text ? text : "";
}

static unsigned long long stale(const json_t *one)
{
  const json_t *verdicts = json_object_get(one, "verdicts");
  const json_t *second = json_object_get(one, "second");

  return (second ? stale(second) : 0) +
         (unsigned long long)(json_integer_value(json_object_get(verdicts, "stale_driver")) +
                              json_integer_value(json_object_get(verdicts, "stale_device")));
}

/* The row of a fault: caught when its rule was told. Without a fault nothing may be. */
static void sum_up(json_t *one, const struct fault *fault, const struct job *job)
{
  const char *rule = fault && job->scenario >= FAULT_TRAPPED ? rule_in_guests(fault->name)
                     : fault                                 ? fault->rule
                                                             : "";
  const json_t *finding = fault ? finding_of(one, rule) : NULL;
  bool holds = fault ? finding != NULL : json_is_true(json_object_get(one, "holds"));

  json_object_set_new(one, "fault", json_string(fault ? fault->name : "none"));
  json_object_set_new(one, "does", json_string(fault ? fault->what : "the driver as it is"));
  json_object_set_new(one, "scenario", json_string(scenario_names[job->scenario]));
  json_object_set_new(one, "rule", json_string(rule_of(finding)));
  json_object_set_new(one, "place", json_string(place_of(finding)));
  json_object_set_new(one, "stale", json_integer((json_int_t)stale(one)));
  json_object_set_new(one, "caught", json_boolean(holds));
}

static void print_row(const json_t *one)
{
  bool caught = json_is_true(json_object_get(one, "caught"));
  const char *place = json_string_value(json_object_get(one, "place"));
  const char *space = strchr(place, ' '), *file = strrchr(place, '/');

  printf("%-19s ", json_string_value(json_object_get(one, "fault")));
  ui_put(caught ? UI_GOOD : UI_BAD, "%-6s", caught ? "ok" : "MISSED");
  printf(" %-7s %-28s %5lld  %.*s%s%s\n", json_string_value(json_object_get(one, "scenario")),
         json_string_value(json_object_get(one, "rule")),
         (long long)json_integer_value(json_object_get(one, "stale")),
         space ? (int)(space - place) : 0, place, space ? " " : "", file ? file + 1 : "");
}

/* ---- all of them ---- */

static bool run_job(const struct job *job, const struct request *q, json_t *list)
{
  const struct fault *fault = job->fault ? &faults[job->fault - 1] : NULL;
  struct job copy = *job;
  json_t *one = isolate(run_one, &copy);

  if (!one)
    return false;
  sum_up(one, fault, job);
  if (!q->json)
    print_row(one);
  if (!q->json && q->name)
    judged_print(one);
  if (!q->json && q->name && *json_string_value(json_object_get(one, "why")))
    printf("\n%s\n", json_string_value(json_object_get(one, "why")));
  json_array_append_new(list, one);
  return true;
}

/* Fault i + 1, where it matters. */
static bool run_fault(const struct request *q, unsigned i, json_t *list)
{
  const struct fault *f = &faults[i];
  struct job job = { i + 1, f->scenario, lx_variant_by_name(f->variant) };
  bool done = run_job(&job, q, list);

  for (job.scenario = FAULT_TRAPPED; job.scenario <= FAULT_VCMDQ && rule_in_guests(f->name) && done;
       job.scenario++)
    done = run_job(&job, q, list);
  return done;
}

/* Without a fault nothing is found in any scenario. */
static bool run_all(const struct request *q, json_t *list)
{
  bool done = true;

  for (unsigned s = FAULT_PROBE; s <= FAULT_VCMDQ && done && !q->name; s++)
    done = run_job(&(struct job){ 0, s, lx_variant_by_name("neutral") }, q, list);
  for (unsigned i = 0; i < FAULTS && done; i++) {
    if (!q->name || strcmp(faults[i].name, q->name) == 0)
      done = run_fault(q, i, list);
  }
  return done;
}

/* The rows alone, without what they were made of. */
static void print_json(const json_t *list)
{
  static const char *const keys[] = { "fault", "does",  "scenario", "rule",
                                      "place", "stale", "caught" };
  json_t *rows = json_array(), *one;
  size_t i;

  json_array_foreach(list, i, one)
  {
    json_t *row = json_object();

    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
      json_object_set(row, keys[k], json_object_get(one, keys[k]));
    json_array_append_new(rows, row);
  }
  ui_json(json_pack("{s:i, s:o}", "schema", SCHEMA, "faults", rows));
}

int verb_caught(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "[FAULT]", doc, NULL, NULL, NULL };
  static char name[] = "smmulator-linux-faults caught";
  struct request q = { 0 };
  int status;
  json_t *list, *one;
  size_t i;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong)
    return TOOL_WRONG;
  list = json_array();
  if (!q.json)
    ui_put(UI_HEAD, "%-19s %-6s %-7s %-28s %5s  %s\n", "fault", "", "run", "rule", "stale",
           "where");
  status = run_all(&q, list) ? TOOL_DONE : TOOL_MACHINE;
  json_array_foreach(list, i, one)
  {
    if (status == TOOL_DONE && !json_is_true(json_object_get(one, "caught")))
      status = TOOL_DIFFERS;
  }
  if (q.json)
    print_json(list);
  json_decref(list);
  return status;
}
