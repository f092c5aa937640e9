/* smmulator litmus: every interleaving of the litmus programs; one program in full; one schedule in
 * words. Exit status 1 when any program differs from what is expected of it. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "litmus/litmus.h"
#include "tools/litmus_words.h"
#include "tools/ui.h"
#include "tools/verbs.h"
#include "util/near.h"

enum { KEY_REPLAY = 256, KEY_MAX, KEY_LIST, KEY_MARKDOWN };
enum { SCHEMA = 1 };

struct request {
  const char *name, *schedule;
  uint64_t max_states;
  bool json, list, markdown, wrong;
};

static const struct argp_option options[] = {
  { "json", 'j', NULL, 0, "Print one JSON object", 0 },
  { "list", KEY_LIST, NULL, 0, "List the programs instead of running them", 0 },
  { "markdown", KEY_MARKDOWN, NULL, 0, "With --list: as the catalogue of docs/litmus.md", 0 },
  { "replay", KEY_REPLAY, "SCHEDULE", 0,
    "Follow one schedule of program NAME and tell it step by step", 0 },
  { "max-states", KEY_MAX, "N", 0, "Give up after N states (10,000,000)", 0 },
  { 0 }
};

static const char doc[] =
  "Runs small programs of CPU stores, commands and DMAs against the device in every order there "
  "is, and asks after each whether a forbidden outcome was seen. With NAME: that program in full.\v"
  "A schedule names the transitions from the first state on: a letter a to d is a thread, a digit "
  "a transaction in flight, Q the command queue, B the input for broadcasts, E the event queue, K "
  "the register acknowledger, P the answer of a device with an ATC; *N behind it is the choice "
  "made.\n\n"
  "Example:\n"
  "  smmulator litmus\n"
  "  smmulator litmus stale-fill\n"
  "  smmulator litmus msi-order --json\n"
  "  smmulator litmus vmid-tag --replay ab01\n"
  "  smmulator litmus --list";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;
  char *end;

  switch (key) {
  case 'j': r->json = true; return 0;
  case KEY_LIST: r->list = true; return 0;
  case KEY_MARKDOWN: r->markdown = true; return 0;
  case KEY_REPLAY: r->schedule = arg; return 0;
  case KEY_MAX:
    errno = 0;
    r->max_states = strtoull(arg, &end, 10);
    if (errno || end == arg || *end || *arg == '-' || r->max_states == 0) {
      ui_complain("litmus", "--max-states is \"%s\"; expected a number from 1 on", arg);
      r->wrong = true;
    }
    return 0;
  case ARGP_KEY_ARG: r->wrong |= !ui_take_one("litmus", "NAME", arg, &r->name); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const char *program_name(const void *ctx, size_t i)
{
  size_t count;
  const struct explore_program *const *p = litmus_programs(&count);

  (void)ctx;
  return i < count ? p[i]->name : NULL;
}

static const struct explore_program *find_program(const char *name)
{
  const struct explore_program *p = litmus_find(name);
  const char *near = smmu_nearest(name, program_name, NULL);
  struct stat st;

  if (p)
    return p;
  if (strchr(name, '/') || stat(name, &st) == 0)
    ui_complain("litmus",
                "\"%s\" is a path; there is no litmus file format: the programs are built in, see "
                "smmulator litmus --list",
                name);
  else if (near)
    ui_complain("litmus", "no program \"%s\"; did you mean \"%s\"?", name, near);
  else
    ui_complain("litmus", "no program \"%s\"; smmulator litmus --list shows them", name);
  return NULL;
}

static int list_programs(const struct request *q)
{
  size_t count;
  const struct explore_program *const *p = litmus_programs(&count);
  json_t *list = json_array();
  unsigned wide = 0;

  for (size_t i = 0; i < count; i++)
    wide = strlen(p[i]->name) > wide ? (unsigned)strlen(p[i]->name) : wide;
  wide += 2;
  for (size_t i = 0; i < count; i++) {
    if (q->markdown) {
      litmus_print_markdown(p[i]);
    } else if (q->json) {
      json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", p[i]->name, "claim",
                                            p[i]->claim, "rule", p[i]->rule));
    } else {
      ui_put(UI_HEAD, "%-*s", (int)wide, p[i]->name);
      ui_wrap(wide, wide, p[i]->claim);
    }
  }
  if (q->json && !q->markdown)
    ui_json(json_pack("{s:i, s:o}", "schema", SCHEMA, "programs", list));
  else
    json_decref(list);
  return TOOL_DONE;
}

static int machine_or_bug(int rc)
{
  ui_complain("litmus", "%s", smmu_err_text(rc));
  return rc == SMMU_ERR_NOMEM ? TOOL_MACHINE : TOOL_BROKEN;
}

static int replay(const struct explore_program *p, const struct request *q)
{
  struct litmus_story s;
  int rc = litmus_follow(p, q->schedule, &s), status = TOOL_DONE;

  if (rc == SMMU_ERR_FORMAT) {
    ui_complain("litmus",
                "--replay: column %zu of the schedule is \"%.8s\", which is no transition that %s "
                "can take there",
                s.understood + 1, q->schedule + s.understood, p->name);
    status = TOOL_WRONG;
  } else if (rc != 0) {
    status = machine_or_bug(rc);
  } else if (s.result.verdict != EXPLORE_HOLDS) {
    status = TOOL_DIFFERS;
  }
  if (status <= TOOL_DIFFERS && q->json) {
    json_t *tests = json_array();
    int failed = status == TOOL_DIFFERS;

    snprintf(s.result.schedule, sizeof(s.result.schedule), "%s", q->schedule);
    json_array_append_new(tests, litmus_result_json(p, &s.result, 0));
    ui_json(json_pack("{s:i, s:o, s:i, s:i, s:o}", "schema", SCHEMA, "tests", tests, "passed",
                      !failed, "failed", failed, "steps", litmus_story_json(&s)));
  } else if (status <= TOOL_DIFFERS) {
    litmus_print_program(p);
    ui_put(UI_HEAD, "schedule");
    printf(" %s\n", q->schedule);
    litmus_print_story(p, &s, s.lines);
    if (status == TOOL_DIFFERS)
      ui_put(UI_BAD, "%s\n", explore_verdict_text(s.result.verdict));
  }
  litmus_story_free(&s);
  return status;
}

static void print_json(const struct litmus_run *runs, size_t count, size_t failed)
{
  json_t *tests = json_array();

  for (size_t i = 0; i < count; i++)
    json_array_append_new(tests, litmus_result_json(runs[i].p, &runs[i].result, runs[i].seconds));
  ui_json(json_pack("{s:i, s:o, s:i, s:i}", "schema", SCHEMA, "tests", tests, "passed",
                    (int)(count - failed), "failed", (int)failed));
}

static int run_programs(const struct explore_program *const *list, size_t count,
                        const struct request *q)
{
  struct litmus_run *runs = calloc(count, sizeof(*runs));
  size_t failed = 0;
  int rc = runs ? 0 : SMMU_ERR_NOMEM;

  for (size_t i = 0; i < count && rc == 0; i++) {
    double began = ui_seconds();

    ui_progress("litmus %zu of %zu: %s", i + 1, count, list[i]->name);
    runs[i].p = list[i];
    rc = explore_run(list[i], q->max_states, &runs[i].result);
    runs[i].seconds = ui_seconds() - began;
    failed += !litmus_is_good(&runs[i]);
  }
  ui_progress_end();
  if (rc == 0 && q->json) {
    print_json(runs, count, failed);
  } else if (rc == 0 && q->name) {
    litmus_print_one(&runs[0]);
  } else if (rc == 0) {
    if (!litmus_print_all(runs, count))
      rc = SMMU_ERR_NOMEM;
    ui_put(failed ? UI_BAD : UI_GOOD, "%zu passed, %zu failed\n", count - failed, failed);
  }
  free(runs);
  if (rc != 0)
    return machine_or_bug(rc);
  return failed ? TOOL_DIFFERS : TOOL_DONE;
}

int verb_litmus(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "[NAME]", doc, NULL, NULL, NULL };
  static char name[] = "smmulator litmus";
  const struct explore_program *const *all;
  const struct explore_program *one = NULL;
  struct request q = { 0 };
  size_t count;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong)
    return TOOL_WRONG;
  if (q.schedule && !q.name) {
    ui_complain("litmus", "--replay needs the NAME of a program");
    return TOOL_WRONG;
  }
  if (q.list)
    return list_programs(&q);
  if (q.name) {
    one = find_program(q.name);
    if (!one)
      return TOOL_WRONG;
    return q.schedule ? replay(one, &q) : run_programs(&one, 1, &q);
  }
  all = litmus_programs(&count);
  return run_programs(all, count, &q);
}
