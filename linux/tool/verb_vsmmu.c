/* smmulator-linux vsmmu: the kernel as the host of a guest that has a device, by the calls that a VMM makes. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_world/scenario.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { SCHEMA = 1 };

static const struct row {
  const char *name, *variant;
  enum lx_guest guest;
  const char *what;
} rows[] = {
  { "trapped", "neutral", LX_TRAPPED, "every command of the guest is handed to the kernel" },
  { "trapped-no-ril", "no-ril", LX_TRAPPED, "the same without range invalidation" },
  { "vintf", "cmdqv", LX_VINTF, "the guest has two command queues of its own" },
  { "vintf-grace", "grace", LX_VINTF, "the same, of Grace's ID registers" },
  { "vintf-hostile", "cmdqv", LX_HOSTILE,
    "the guest enables its queue while the kernel takes it away" },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

struct request {
  const char *name;
  bool json, wrong;
};

static const struct argp_option options[] = { { "json", 'j', NULL, 0, "Print one JSON object", 0 },
                                              { 0 } };

static const char doc[] =
  "The kernel is the host: by ioctls of /dev/iommu, as a VMM makes them, a guest gets a device, a first stage of "
  "its own and, where there is one, a VINTF with two command queues. It maps, unmaps and invalidates while the "
  "device translates, by its queues or by IOMMU_HWPT_INVALIDATE; then everything is given back. What the kernel "
  "has to deny is asked for as well.\v"
  "Kernels before 6.17 have no such calls: nothing is run. Exit status 1: an access went wrong, a call was allowed "
  "that has to be denied, something was stale, or the driver broke a rule.\n\n"
  "Example:\n"
  "  smmulator-linux vsmmu\n"
  "  smmulator-linux vsmmu vintf";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;
  unsigned i = 0;

  switch (key) {
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG:
    while (i < ROWS && strcmp(rows[i].name, arg) != 0)
      i++;
    if (i == ROWS) {
      ui_complain("vsmmu", "there is no row \"%s\"; smmulator-linux vsmmu lists them", arg);
      r->wrong = true;
    }
    r->wrong |= !ui_take_one("vsmmu", "ROW", arg, &r->name);
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- one run, in a child ---- */

static int vsmmu(struct lx_world *w, const void *arg, json_t *object, bool *holds, char *why,
                 size_t len)
{
  const struct row *row = arg;
  struct lx_vsmmu_result r;
  int rc = lx_scenario_vsmmu(w, row->guest, &r, why, len);
  json_t *made = json_pack(
    "{s:s, s:s, s:s, s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
    row->name, "variant", row->variant, "what", row->what, "error", r.error, "step",
    r.step ? r.step : "", "right", (json_int_t)r.right, "wrong", (json_int_t)r.wrong, "refused",
    (json_int_t)r.refused, "passed", (json_int_t)r.passed, "submitted", (json_int_t)r.submitted,
    "handed", (json_int_t)r.handed, "denied", (json_int_t)r.denied, "allowed",
    (json_int_t)r.allowed, "rings", (json_int_t)r.rings, "kept", (json_int_t)r.kept);

  json_object_update(object, made);
  json_decref(made);
  *holds = r.error == 0 && (r.right || r.rings) && r.wrong == 0 && r.passed == 0 &&
           r.allowed == 0 && (w->errors == 0 || row->guest == LX_HOSTILE);
  return rc;
}

static struct json_t *run_one(void *arg)
{
  const struct row *row = arg;
  const struct judged_work work = { .config = { .variant = lx_variant_by_name(row->variant),
                                                .cpus = 2 },
                                    .run = vsmmu,
                                    .arg = row,
                                    .lines = 4096 };

  return judged_run(&work);
}

/* ---- for people ---- */

static long long number(const json_t *object, const char *key)
{
  return json_integer_value(json_object_get(object, key));
}

static void print_head(void)
{
  ui_put(UI_HEAD, "%-15s %-5s %6s %7s %6s %9s %6s %6s %6s %7s  %s\n", "row", "", "right", "refused",
         "wrong", "submitted", "handed", "denied", "syncs", "finding", "what");
}

static void print_row(const json_t *one)
{
  bool holds = json_is_true(json_object_get(one, "holds"));
  const char *why = json_string_value(json_object_get(one, "why"));

  printf("%-15s ", json_string_value(json_object_get(one, "name")));
  ui_put(holds ? UI_GOOD : UI_BAD, "%-5s", holds ? "ok" : "FAILS");
  printf(" %6lld %7lld %6lld %9lld %6lld %6lld %6lld %7lld  %s\n", number(one, "right"),
         number(one, "refused"), number(one, "wrong") + number(one, "passed"),
         number(one, "submitted"), number(one, "handed"), number(one, "denied"),
         number(json_object_get(one, "model"), "syncs"), (long long)judged_found(one),
         json_string_value(json_object_get(one, "what")));
  if (number(one, "error"))
    printf("    a step failed: %s: %s\n", json_string_value(json_object_get(one, "step")),
           strerror((int)-number(one, "error")));
  if (number(one, "allowed"))
    printf("    %lld calls were allowed that have to be denied\n", number(one, "allowed"));
  if (number(one, "rings"))
    printf("    %lld of %lld times the queue had its old ring when it was given back\n",
           number(one, "kept"), number(one, "rings"));
  if (*why)
    printf("    %s\n", why);
  if (judged_found(one))
    judged_print(one);
}

static bool run_row(const struct row *row, const struct request *q, json_t *list)
{
  json_t *one = isolate(run_one, (void *)(uintptr_t)row);

  if (!one)
    return false;
  if (!q->json && q->name) {
    timeline_print(one);
    printf("\n");
    print_head();
  }
  if (!q->json)
    print_row(one);
  if (!q->name)
    json_object_del(one, "timeline");
  json_array_append_new(list, one);
  return true;
}

static int run(const struct request *q, json_t *list)
{
  bool all = true;

  if (!q->json && !q->name)
    print_head();
  for (unsigned i = 0; i < ROWS && all; i++)
    all = (q->name && strcmp(q->name, rows[i].name) != 0) || run_row(&rows[i], q, list);
  return rows_status(list, all);
}

int verb_vsmmu(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "[ROW]", doc, NULL, NULL, NULL };
  static char name[] = "smmulator-linux vsmmu";
  bool there = lx_vsmmu_is_there();
  struct request q = { 0 };
  int status = TOOL_DONE;
  json_t *list;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong)
    return TOOL_WRONG;
  list = json_array();
  if (there)
    status = run(&q, list);
  else if (!q.json)
    printf("Linux %s gives guests no nested domains: 6.17 and later do\n", linux_release());
  if (q.json)
    ui_json(json_pack("{s:i, s:b, s:O}", "schema", SCHEMA, "there", there, "vsmmu", list));
  json_decref(list);
  return status;
}
