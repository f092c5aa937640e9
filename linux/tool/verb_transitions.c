/* smmulator-linux transitions: devices change domains while they translate. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_world/scenario.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { CPUS = 4, ENGINES = 3, SLOW_PS = 2000000, MOVES = 40, SEED = 1 };

static const char doc[] =
  "Moves devices between what the kernel chose for them (a domain of the DMA API, or identity), two domains "
  "of their own and nothing at all, at random, while each of them translates one address all the time, twice "
  "at once, and memory answers some reads of tables late. An answer has to be that of a place the device was in meanwhile.\v"
  "Exit status 1: an answer was of no such place, something was stale, or the driver broke a rule.\n\n"
  "Example:\n"
  "  smmulator-linux transitions\n"
  "  smmulator-linux transitions --json";

/* ---- one run, in a child ---- */

static int transitions(struct lx_world *w, const void *arg, json_t *object, bool *holds, char *why,
                       size_t len)
{
  struct lx_transitions_result r;
  int rc = lx_scenario_transitions(w, MOVES, &r, why, len);
  json_t *made = json_pack(
    "{s:s, s:s, s:i, s:I, s:I, s:I, s:I}", "variant", w->config.variant->name, "chosen",
    w->config.passthrough ? "identity" : "DMA", "error", r.error, "moves", (json_int_t)r.moves,
    "right", (json_int_t)r.right, "between", (json_int_t)r.between, "wrong", (json_int_t)r.wrong);

  (void)arg;
  json_object_update(object, made);
  json_decref(made);
  *holds = r.error == 0 && r.moves > 0 && r.right > 0 && r.wrong == 0;
  return rc;
}

static struct json_t *run_one(void *arg)
{
  const struct lx_config *config = arg;
  const struct judged_work work = { .config = *config, .run = transitions };

  return judged_run(&work);
}

/* ---- for people ---- */

static long long number(const json_t *object, const char *key)
{
  return json_integer_value(json_object_get(object, key));
}

static void print_row(const json_t *one)
{
  bool holds = json_is_true(json_object_get(one, "holds"));
  const char *why = json_string_value(json_object_get(one, "why"));

  printf("%-12s %-9s ", json_string_value(json_object_get(one, "variant")),
         json_string_value(json_object_get(one, "chosen")));
  ui_put(holds ? UI_GOOD : UI_BAD, "%-5s", holds ? "ok" : "FAILS");
  printf(" %6lld %8lld %8lld %6lld %7lld %8lld\n", number(one, "moves"), number(one, "right"),
         number(one, "between"), number(one, "wrong"),
         number(json_object_get(one, "model"), "syncs"), (long long)judged_found(one));
  if (number(one, "error"))
    printf("    a step failed: %s\n", strerror((int)-number(one, "error")));
  if (*why)
    printf("    %s\n", why);
  if (judged_found(one))
    judged_print(one);
}

static bool run_all(json_t *list, bool people)
{
  static const char *const variants[] = { "neutral", "s1-only", "s2-only", "no-ril",
                                          "msi",     "cmdqv",   "mmu-700", "ats" };

  for (unsigned i = 0; i < 2 * sizeof variants / sizeof variants[0]; i++) {
    struct lx_config config = { .variant = lx_variant_by_name(variants[i / 2]),
                                .cpus = CPUS,
                                .engines = ENGINES,
                                .slow_ps = SLOW_PS,
                                .seed = SEED,
                                .passthrough = i % 2 };
    json_t *one = isolate(run_one, &config);

    if (!one)
      return false;
    if (people)
      print_row(one);
    json_array_append_new(list, one);
  }
  return true;
}

int verb_transitions(int argc, char **argv)
{
  static char name[] = "smmulator-linux transitions";
  bool json;
  json_t *list;

  if (!rows_take_json(argc, argv, name, doc, &json))
    return TOOL_WRONG;
  list = json_array();
  if (!json)
    ui_put(UI_HEAD, "%-12s %-9s %-5s %6s %8s %8s %6s %7s %8s\n", "variant", "chosen", "", "moves",
           "right", "between", "wrong", "syncs", "findings");
  return rows_end(list, "transitions", json, run_all(list, !json));
}
