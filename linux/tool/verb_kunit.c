/* smmulator-linux kunit: the driver's own tests. They touch no register: they say whether the runtime that
 * the driver stands on here is one it can stand on. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { SCHEMA = 1 };

static const struct argp_option options[] = { { "json", 'j', NULL, 0, "Print one JSON object", 0 },
                                              { 0 } };

static const char doc[] =
  "Runs the tests that come with the driver: its KUnit suites, and the self-test of the page table code. "
  "They touch no register, so they try the runtime that the driver stands on, not the model.\v"
  "Exit status 1: a case failed.\n\n"
  "Example:\n"
  "  smmulator-linux kunit\n"
  "  smmulator-linux kunit --json";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  switch (key) {
  case 'j': *(bool *)state->input = true; return 0;
  case ARGP_KEY_ARG:
    ui_complain("kunit", "no argument is expected, \"%s\" is one", arg);
    return ARGP_ERR_UNKNOWN;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- in a child ---- */

struct run {
  struct lx_world *w;
  json_t *cases;
  struct linux_tests kunit;
  int error, selftest;
};

static void on_case(void *arg, const char *name, int passed)
{
  json_array_append_new(((struct run *)arg)->cases,
                        json_pack("{s:s, s:b}", "name", name, "passed", passed));
}

static void program(void *arg)
{
  struct run *r = arg;

  r->error = lx_boot(r->w);
  if (r->error)
    return;
  linux_kunit(&r->kunit, on_case, r);
  r->selftest = linux_selftest();
  lx_world_flush(r->w);
}

static int tests(struct lx_world *w, const void *arg, json_t *object, bool *holds, char *why,
                 size_t len)
{
  struct run r = { .w = w, .cases = json_array() };
  int rc = lx_world_run(w, 1, program, &r, why, len);

  (void)arg;
  json_object_set_new(object, "cases", r.cases);
  json_object_set_new(object, "run", json_integer(r.kunit.run));
  json_object_set_new(object, "failed", json_integer(r.kunit.failed));
  json_object_set_new(object, "selftest", json_integer(r.selftest));
  *holds = r.error == 0 && r.kunit.run > 0 && r.kunit.failed == 0 && r.selftest == 0;
  return rc;
}

static struct json_t *run_tests(void *arg)
{
  const struct judged_work work = {
    .config = { .variant = lx_variant_by_name("neutral"), .cpus = 1 }, .run = tests, .arg = arg
  };

  return judged_run(&work);
}

/* The self-test says itself how many of its cases passed. */
static void add_selftest(json_t *one)
{
  const json_t *line;
  size_t i;

  json_array_foreach(json_object_get(one, "driver"), i, line)
  {
    static const char first[] = "completed with ", second[] = " PASS ";
    const char *said = strstr(json_string_value(line), first);
    long passed, failed;
    char *end;

    if (!said)
      continue;
    passed = strtol(said + sizeof first - 1, &end, 10);
    if (strncmp(end, second, sizeof second - 1) != 0)
      continue;
    failed = strtol(end + sizeof second - 1, NULL, 10);
    json_object_set_new(one, "selftest_run", json_integer(passed + failed));
    json_object_set_new(one, "selftest_failed", json_integer(failed));
  }
}

/* ---- for people ---- */

static long long number(const json_t *object, const char *key)
{
  return json_integer_value(json_object_get(object, key));
}

static void print(const json_t *one)
{
  const json_t *list = json_object_get(one, "cases"), *test;
  const char *why = json_string_value(json_object_get(one, "why"));
  size_t i;

  json_array_foreach(list, i, test)
  {
    bool passed = json_is_true(json_object_get(test, "passed"));

    ui_put(passed ? UI_GOOD : UI_BAD, "%-6s", passed ? "ok" : "FAILED");
    printf(" %s\n", json_string_value(json_object_get(test, "name")));
  }
  printf("KUnit: %lld of %lld passed; page table self-test: %lld of %lld passed\n",
         number(one, "run") - number(one, "failed"), number(one, "run"),
         number(one, "selftest_run") - number(one, "selftest_failed"), number(one, "selftest_run"));
  if (*why)
    printf("%s\n", why);
}

int verb_kunit(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, NULL, doc, NULL, NULL, NULL };
  static char name[] = "smmulator-linux kunit";
  bool json = false, holds;
  json_t *one;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &json) != 0)
    return TOOL_WRONG;
  one = isolate(run_tests, NULL);
  if (!one)
    return TOOL_MACHINE;
  add_selftest(one);
  holds = json_is_true(json_object_get(one, "holds")) && number(one, "selftest_run") > 0;
  if (json) {
    json_object_set_new(one, "schema", json_integer(SCHEMA));
    ui_json(one);
  } else {
    print(one);
    json_decref(one);
  }
  return holds ? TOOL_DONE : TOOL_DIFFERS;
}
