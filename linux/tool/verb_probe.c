/* smmulator-linux probe: the driver boots and probes on one SMMU after the other. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_world/scenario.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { SCHEMA = 1, LINES = 4000 };

struct request {
  const char *name;
  bool json, wrong;
};

static const struct argp_option options[] = { { "json", 'j', NULL, 0, "Print one JSON object", 0 },
                                              { 0 } };

static const char doc[] =
  "Boots the kernel part and probes the unmodified driver on SMMUs that differ in their ID registers and "
  "in what firmware says of them. Then a device is added, mapped for by the DMA API and in a domain of "
  "its own, and reads and writes what is mapped and what no longer is, while the observatory and the "
  "driver checker watch. With a VARIANT: all that the driver logged and wrote beside what the model "
  "saw.\v"
  "Exit status 1: a probe failed, an address was translated wrongly or after its unmap had returned, "
  "something was stale, or the driver broke a rule.\n\n"
  "Example:\n"
  "  smmulator-linux probe\n"
  "  smmulator-linux probe s2-only\n"
  "  smmulator-linux probe cmdqv --json";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG:
    if (!lx_variant_by_name(arg)) {
      ui_complain("probe", "there is no variant \"%s\"; smmulator-linux probe lists them", arg);
      r->wrong = true;
    }
    r->wrong |= !ui_take_one("probe", "VARIANT", arg, &r->name);
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- one variant, in a child ---- */

struct job {
  const struct lx_variant *variant;
  bool lines;
};

static json_t *result_json(const struct lx_probe_result *r)
{
  return json_pack("{s:i, s:i, s:i, s:s, s:i, s:I, s:i, s:i, s:i, s:i, s:i, s:i}", "boot", r->boot,
                   "probe", r->probe, "device", r->client, "domain", r->domain, "own_domain",
                   r->own, "page_sizes", (json_int_t)r->page_sizes, "mapped", (int)r->mapped,
                   "unmapped", (int)r->unmapped, "right", (int)r->right, "wrong", (int)r->wrong,
                   "refused", (int)r->refused, "passed", (int)r->passed);
}

static bool is_good(const struct lx_probe_result *r)
{
  return !r->boot && !r->probe && !r->client && !r->own && r->mapped && r->mapped == r->unmapped &&
         r->right && r->refused && !r->wrong && !r->passed;
}

int work_probe(struct lx_world *w, const void *arg, json_t *object, bool *holds, char *why,
               size_t len)
{
  struct lx_probe_result result;
  int rc = lx_scenario_probe(w, &result, why, len);
  json_t *made = result_json(&result);

  (void)arg;
  json_object_set_new(made, "name", json_string(w->config.variant->name));
  json_object_set_new(made, "what", json_string(w->config.variant->what));
  json_object_update(object, made);
  json_decref(made);
  *holds = is_good(&result);
  return rc;
}

static struct json_t *run_one(void *arg)
{
  const struct job *job = arg;
  const struct judged_work work = { .config = { .variant = job->variant, .cpus = 4 },
                                    .run = work_probe,
                                    .lines = job->lines ? LINES : 0 };

  return judged_run(&work);
}

/* ---- for people ---- */

static long long number(const json_t *object, const char *key)
{
  return json_integer_value(json_object_get(object, key));
}

static void print_row(const json_t *one)
{
  const json_t *model = json_object_get(one, "model");
  bool holds = json_is_true(json_object_get(one, "holds"));

  printf("%-14s ", json_string_value(json_object_get(one, "name")));
  ui_put(holds ? UI_GOOD : UI_BAD, "%-5s", holds ? "ok" : "FAILS");
  printf(" %5lld %-9s %6lld %6lld %6lld %6lld %7lld %7lld  %s\n", number(one, "probe"),
         json_string_value(json_object_get(one, "domain")), number(one, "mapped"),
         number(one, "right"), number(one, "refused"), number(one, "wrong") + number(one, "passed"),
         number(model, "syncs"), (long long)judged_found(one),
         json_string_value(json_object_get(one, "what")));
  if (*json_string_value(json_object_get(one, "why")))
    printf("%15s%s\n", "", json_string_value(json_object_get(one, "why")));
}

static void print_head(void)
{
  ui_put(UI_HEAD, "%-14s %-5s %5s %-9s %6s %6s %6s %6s %7s %7s  %s\n", "variant", "", "probe",
         "domain", "mapped", "right", "refusd", "wrong", "syncs", "finding", "what");
}

static void show(const struct request *q, json_t *list)
{
  json_t *one;
  size_t i;

  if (q->json) {
    ui_json(json_pack("{s:i, s:O}", "schema", SCHEMA, "variants", list));
    return;
  }
  if (q->name) {
    timeline_print(json_array_get(list, 0));
    printf("\n");
  }
  print_head();
  json_array_foreach(list, i, one) print_row(one);
  if (q->name)
    judged_print(json_array_get(list, 0));
}

int verb_probe(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "[VARIANT]", doc, NULL, NULL, NULL };
  static char name[] = "smmulator-linux probe";
  struct request q = { 0 };
  json_t *list;
  int status = TOOL_DONE;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong)
    return TOOL_WRONG;
  list = json_array();
  for (unsigned i = 0; lx_variant_at(i); i++) {
    struct job job = { lx_variant_at(i), q.name != NULL };
    json_t *one;

    if (q.name && strcmp(job.variant->name, q.name) != 0)
      continue;
    one = isolate(run_one, &job);
    if (!one) {
      json_decref(list);
      return TOOL_MACHINE;
    }
    if (!json_is_true(json_object_get(one, "holds")))
      status = TOOL_DIFFERS;
    json_array_append_new(list, one);
  }
  show(&q, list);
  json_decref(list);
  return status;
}
