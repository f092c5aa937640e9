/* smmulator-linux faults: errors of queues and stalled transactions, and how the driver gets over them. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_world/scenario.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { CPUS = 4, TURNS = 64, LATE = 4 };

/* What a driver cannot mend: a command that is lost, and with it an invalidation. */
static const struct row {
  const char *name, *variant;
  enum lx_wrong wrong;
  unsigned every;
  bool can_stall, loses;
  const char *says; /* the driver, once for each at least; NULL: nothing of its own */
  const char *what;
} rows[] = {
  { "command-abort", "neutral", LX_COMMAND_ABORT, 31, false, false, "Abort on command fetch",
    "every 31st read of a command comes to an external abort" },
  { "command-abort-msi", "msi", LX_COMMAND_ABORT, 31, false, false, "Abort on command fetch",
    "the same, the error told by a message" },
  { "command-illegal", "neutral", LX_COMMAND_ILLEGAL, 13, false, true, "Illegal command",
    "every 13th read of a command gives an opcode that there is not" },
  { "event-abort", "neutral", LX_EVENT_ABORT, 5, false, false, "EVTQ write aborted",
    "every 5th write of an event comes to an external abort" },
  { "atc-timeout", "ats", LX_ATC_SILENT, 31, false, false, "ATC invalidate timeout",
    "every 31st ATC invalidation is not answered" },
  { "page-request", "ats", LX_PAGE_REQUEST, 1, false, false, "unexpected PRI request received",
    "a function that is refused asks for the page, which nobody has allowed" },
  { "event-abort-cpu0", "neutral", LX_EVENT_ABORT, 5, false, false, "EVTQ write aborted",
    "every 5th write of an event fails, and the interrupts stop CPU 0 at its work" },
  { "command-abort-cpu0", "neutral", LX_COMMAND_ABORT, 31, false, true, "CMD_SYNC timeout",
    "the same of commands: who waits for CMD_SYNC lets no interrupt in, and gives up in the end" },
  { "stall", "stall", LX_NOTHING, 0, true, false, NULL,
    "what is refused waits for the driver, who ends it" },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static const char doc[] =
  "A storm of maps and unmaps in which something goes wrong: commands that cannot be read or are no "
  "commands, event records that cannot be written, transactions that stall. The driver has to say it, and "
  "to go on: every pair is made, and nothing is stale. A command that was illegal is replaced by the "
  "driver, so what it should have invalidated stays; that is counted and told, and no failure.\v"
  "Exit status 1: something was not told or not mended, an address was translated wrongly, something was "
  "stale, or the driver broke a rule.\n\n"
  "Example:\n"
  "  smmulator-linux faults\n"
  "  smmulator-linux faults --json";

/* ---- one run, in a child ---- */

static int storm(struct lx_world *w, const void *arg, json_t *object, bool *holds, char *why,
                 size_t len)
{
  static const struct lx_storm what = { .turns = TURNS, .late = LATE };
  int rc = work_storm(w, &what, object, holds, why, len);

  (void)arg;
  json_object_set_new(object, "injected", json_integer((json_int_t)w->inject.done));
  json_object_set_new(object, "interrupted", json_integer(linux_irq_stopped()));
  return rc;
}

static struct json_t *run_one(void *arg)
{
  const struct row *row = arg;
  const struct judged_work work = { .config = { .variant = lx_variant_by_name(row->variant),
                                                .cpus = CPUS,
                                                .wrong = row->wrong,
                                                .every = row->every,
                                                .can_stall = row->can_stall,
                                                .irqs_here = strstr(row->name, "-cpu0") != NULL },
                                    .run = storm };

  return judged_run(&work);
}

/* ---- what came of it ---- */

static long long number(const json_t *object, const char *key)
{
  return json_integer_value(json_object_get(object, key));
}

static long long said(const json_t *one, const char *text)
{
  const json_t *line;
  long long n = 0;
  size_t i;

  json_array_foreach(json_object_get(one, "driver"), i, line) n +=
    strstr(json_string_value(line), text) != NULL;
  return n;
}

/* Commands were lost: the driver cannot know, and what came late got through. Nothing else is excused. */
static bool is_what_was_lost(const json_t *one)
{
  const json_t *verdicts = json_object_get(one, "verdicts");

  return json_is_true(json_object_get(one, "sound")) && judged_found(one) > 0 &&
         number(verdicts, "stale_device") == 0 &&
         number(verdicts, "stale_driver") <= number(one, "passed");
}

static void sum_up(json_t *one, const struct row *row)
{
  long long told = row->says ? said(one, row->says) : 0, injected = number(one, "injected");
  bool made = number(one, "unmaps") == CPUS * TURNS && number(one, "wrong") == 0;
  bool heard = row->wrong == LX_NOTHING || (injected > 0 && told > 0);

  json_object_set_new(one, "name", json_string(row->name));
  json_object_set_new(one, "what", json_string(row->what));
  json_object_set_new(one, "told", json_integer(told));
  if (row->loses)
    json_object_set_new(one, "holds", json_boolean(made && heard && is_what_was_lost(one)));
  else if (!made || !heard)
    json_object_set_new(one, "holds", json_false());
}

static void print_row(const json_t *one)
{
  const json_t *commands = json_object_get(json_object_get(one, "model"), "commands");
  bool holds = json_is_true(json_object_get(one, "holds"));
  const char *why = json_string_value(json_object_get(one, "why"));

  printf("%-18s ", json_string_value(json_object_get(one, "name")));
  ui_put(holds ? UI_GOOD : UI_BAD, "%-5s", holds ? "ok" : "FAILS");
  printf(" %6lld %6lld %6lld %7lld %7lld %7lld %6lld  %s\n", number(one, "unmaps"),
         number(one, "injected"), number(one, "told"), number(one, "refused"),
         number(commands, "RESUME"), (long long)judged_found(one), number(one, "passed"),
         json_string_value(json_object_get(one, "what")));
  if (*why)
    printf("    %s\n", why);
  if (judged_found(one) && !holds)
    judged_print(one);
}

int verb_faults(int argc, char **argv)
{
  static char name[] = "smmulator-linux faults";
  bool json, all = true;
  json_t *list;

  if (!rows_take_json(argc, argv, name, doc, &json))
    return TOOL_WRONG;
  list = json_array();
  if (!json)
    ui_put(UI_HEAD, "%-18s %-5s %6s %6s %6s %7s %7s %7s %6s  %s\n", "fault", "", "pairs", "wrong",
           "told", "refused", "resumed", "finding", "passed", "what");
  for (unsigned i = 0; i < ROWS; i++) {
    struct row row = rows[i];
    json_t *one = isolate(run_one, &row);

    if (!one) {
      all = false;
      break;
    }
    sum_up(one, &rows[i]);
    if (!json)
      print_row(one);
    json_array_append_new(list, one);
  }
  return rows_end(list, "faults", json, all);
}
