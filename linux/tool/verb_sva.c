/* smmulator-linux sva: devices use the memory of processes. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_world/scenario.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { PROCESSES = WORK_SVA_CPUS - LX_SVA_MORE, TURNS = 24, SEED = 1 };

static const struct row {
  const char *variant;
  bool can_stall;
  const char *what;
} rows[] = {
  { "neutral", false, "devices on the platform bus, with PASIDs of 8 bits" },
  { "no-ril", false, "invalidations page by page" },
  { "cmdqv", false, "through the command queue extension" },
  { "ats", false, "PCI functions, whose ATCs keep what they get" },
  { "ats-cmdqv", false, "the same through the command queue extension" },
  { "stall", true, "every second area has no memory until a device asks for it" },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static const char doc[] =
  "Processes share their memory with devices, each by a PASID of its own: areas come, are read and written "
  "by a device, and go; afterwards the device is refused. One process ends while its device is at work, and "
  "one substream has a domain of its own. Where transactions can stall, memory comes when a device asks for it.\v"
  "Exit status 1: an access was answered wrongly, or after its memory had gone, something was stale, or the "
  "driver broke a rule.\n\n"
  "Example:\n"
  "  smmulator-linux sva\n"
  "  smmulator-linux sva --json";

/* ---- one run, in a child ---- */

int work_sva(struct lx_world *w, const void *arg, json_t *object, bool *holds, char *why,
             size_t len)
{
  static const struct lx_sva what = { .processes = PROCESSES, .turns = TURNS };
  struct lx_sva_result r;
  int rc = lx_scenario_sva(w, &what, &r, why, len);
  json_t *made =
    json_pack("{s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I}", "variant", w->config.variant->name,
              "error", r.error, "processes", PROCESSES + 1, "areas", (json_int_t)r.areas, "right",
              (json_int_t)r.right, "refused", (json_int_t)r.refused, "wrong", (json_int_t)r.wrong,
              "passed", (json_int_t)r.passed, "faults", (json_int_t)r.faults);

  (void)arg;
  json_object_update(object, made);
  json_decref(made);
  *holds = r.error == 0 && r.areas == (uint64_t)PROCESSES * TURNS && r.right && r.refused &&
           r.wrong == 0 && r.passed == 0 && (r.faults > 0) == w->config.can_stall;
  return rc;
}

static struct json_t *run_one(void *arg)
{
  const struct row *row = arg;
  const struct judged_work work = { .config = { .variant = lx_variant_by_name(row->variant),
                                                .cpus = WORK_SVA_CPUS,
                                                .seed = SEED,
                                                .can_stall = row->can_stall },
                                    .run = work_sva };

  return judged_run(&work);
}

/* ---- for people ---- */

static long long number(const json_t *object, const char *key)
{
  return json_integer_value(json_object_get(object, key));
}

static void print_head(void)
{
  ui_put(UI_HEAD, "%-10s %-5s %6s %6s %7s %6s %7s %7s %8s %7s %7s  %s\n", "variant", "", "areas",
         "right", "refused", "wrong", "faults", "resumed", "ATC_INV", "syncs", "finding", "what");
}

static void print_row(const json_t *one)
{
  const json_t *model = json_object_get(one, "model");
  const json_t *commands = json_object_get(model, "commands");
  bool holds = json_is_true(json_object_get(one, "holds"));
  const char *why = json_string_value(json_object_get(one, "why"));

  printf("%-10s ", json_string_value(json_object_get(one, "variant")));
  ui_put(holds ? UI_GOOD : UI_BAD, "%-5s", holds ? "ok" : "FAILS");
  printf(" %6lld %6lld %7lld %6lld %7lld %7lld %8lld %7lld %7lld  %s\n", number(one, "areas"),
         number(one, "right"), number(one, "refused"), number(one, "wrong") + number(one, "passed"),
         number(one, "faults"), number(commands, "RESUME"), number(commands, "ATC_INV"),
         number(model, "syncs"), (long long)judged_found(one),
         json_string_value(json_object_get(one, "what")));
  if (number(one, "error"))
    printf("    a step failed: %s\n", strerror((int)-number(one, "error")));
  if (*why)
    printf("    %s\n", why);
  if (judged_found(one))
    judged_print(one);
}

int verb_sva(int argc, char **argv)
{
  static char name[] = "smmulator-linux sva";
  bool json, all = true;
  json_t *list;

  if (!rows_take_json(argc, argv, name, doc, &json))
    return TOOL_WRONG;
  list = json_array();
  if (!json)
    print_head();
  for (unsigned i = 0; i < ROWS; i++) {
    struct row row = rows[i];
    json_t *one = isolate(run_one, &row);

    if (!one) {
      all = false;
      break;
    }
    json_object_set_new(one, "what", json_string(row.what));
    if (!json)
      print_row(one);
    json_array_append_new(list, one);
  }
  return rows_end(list, "sva", json, all);
}
