/* smmulator-linux storm: every CPU maps and unmaps while devices translate. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_world/scenario.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { LATE = 8, RAM = 192 << 20, SLOW_PS = 2000000, ATC_PS = 500000 };
enum { STRICT = 1, LAZY = 2 };
/* The first and the last word of a buffer are used. */
enum { WORD = 8 };

struct request {
  const struct lx_variant *variant;
  unsigned long cpus, turns, bytes, devices, traffic, seed, smmus;
  unsigned modes;
  bool json, wrong;
};

static const struct argp_option options[] = {
  { "cpus", 'c', "N", 0, "This many CPUs, 1 to 64, and not 1, 2, 4, ..., 64 in turns", 0 },
  { "turns", 't', "N", 0, "Maps and unmaps of each CPU; without it 1024 in all", 0 },
  { "mode", 'm', "strict|lazy", 0, "One of the DMA API's policies, not both", 0 },
  { "variant", 'v', "NAME", 0, "The SMMU (smmulator-linux probe lists them); neutral and cmdqv",
    0 },
  { "bytes", 'b', "N", 0, "Bytes of a buffer, 8 to 65536; without it 4, 16 and 64 KB in turns", 0 },
  { "devices", 'd', "N", 0, "So many devices, shared; without it one for each CPU", 0 },
  { "traffic", 'T', "N", 0,
    "So many translations at a time beside, 0 to 64, of pages that are mapped or were until now",
    0 },
  { "smmus", 'S', "1|2", 0, "Two SMMUs, each with every second device", 0 },
  { "seed", 's', "N", 0, "Ties between CPUs and jitter of 10 % follow it; 0: neither", 0 },
  { "json", 'j', NULL, 0, "Print one JSON object", 0 },
  { 0 }
};

static const char doc[] =
  "Every CPU maps a buffer through the kernel's DMA API, lets a device read and write it, and unmaps it, "
  "again and again; every eighth time the device comes once more when the unmap has returned. Strict "
  "unmaps must refuse that; after lazy ones it may be answered until the flush, and the verdicts show the "
  "window. With --traffic other devices' translations are under way all the time, of pages that are mapped or "
  "were until now, memory answers some of their reads late, so that unmaps meet walks in flight, and ATCs take "
  "half a microsecond to forget what they are told to.\v"
  "Exit status 1: an address was translated wrongly, or in strict mode after its unmap had returned, "
  "something was stale, or the driver broke a rule. The same options give the same bytes.\n\n"
  "Example:\n"
  "  smmulator-linux storm\n"
  "  smmulator-linux storm --cpus 4 --mode strict --traffic 32 --seed 1\n"
  "  smmulator-linux storm --cpus 16 --mode lazy --variant cmdqv --json";

static void set_number(struct request *r, unsigned long *to, const char *arg, unsigned long least,
                       unsigned long most)
{
  char *end;

  *to = strtoul(arg, &end, 0);
  if (*arg < '0' || *arg > '9' || *end || *to < least || *to > most) {
    ui_complain("storm", "\"%s\" is no number from %lu to %lu", arg, least, most);
    r->wrong = true;
  }
}

static void set_mode(struct request *r, const char *arg)
{
  r->modes = strcmp(arg, "strict") == 0 ? STRICT : strcmp(arg, "lazy") == 0 ? LAZY : 0;
  if (!r->modes) {
    ui_complain("storm", "--mode is \"%s\", expected strict or lazy", arg);
    r->wrong = true;
  }
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case 'c': set_number(r, &r->cpus, arg, 1, 64); return 0;
  case 't': set_number(r, &r->turns, arg, 1, 1000000000); return 0;
  case 'b': set_number(r, &r->bytes, arg, WORD, 65536); return 0;
  case 'd': set_number(r, &r->devices, arg, 1, 64); return 0;
  case 'T': set_number(r, &r->traffic, arg, 0, 64); return 0;
  case 's': set_number(r, &r->seed, arg, 0, 1000000000); return 0;
  case 'S': set_number(r, &r->smmus, arg, 1, 2); return 0;
  case 'm': set_mode(r, arg); return 0;
  case 'v':
    r->variant = lx_variant_by_name(arg);
    if (!r->variant) {
      ui_complain("storm", "there is no variant \"%s\"; smmulator-linux probe lists them", arg);
      r->wrong = true;
    }
    return 0;
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG:
    ui_complain("storm", "no argument is expected, \"%s\" is one", arg);
    r->wrong = true;
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- one storm, in a child ---- */

struct job {
  const struct request *request;
  const struct lx_variant *variant;
  unsigned cpus;
  bool lazy;
};

static uint64_t turns_of(const struct job *job)
{
  return job->request->turns ? job->request->turns : 1024 / job->cpus;
}

int work_storm(struct lx_world *w, const void *storm, json_t *object, bool *holds, char *why,
               size_t len)
{
  const struct lx_storm *what = storm;
  struct lx_storm_result r;
  int rc = lx_scenario_storm(w, what, &r, why, len);
  bool tries_other = w->config.second && w->config.cpus > 1 && what->devices != 1;
  json_t *made = json_pack(
    "{s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "variant",
    w->config.variant->name, "mode", w->config.lazy ? "lazy" : "strict", "cpus",
    (int)w->config.cpus, "error", r.error, "maps", (json_int_t)r.maps, "unmaps",
    (json_int_t)r.unmaps, "failed", (json_int_t)r.failed, "right", (json_int_t)r.right, "wrong",
    (json_int_t)r.wrong, "refused", (json_int_t)r.refused, "passed", (json_int_t)r.passed,
    "between", (json_int_t)r.between, "time_ps", (json_int_t)r.time_ps);

  struct lx_function_sums atc;

  lx_functions_sum(w, &atc);
  if (w->has_functions)
    json_object_set_new(made, "atc",
                        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "hits", (json_int_t)atc.hits,
                                  "misses", (json_int_t)atc.misses, "invalidations",
                                  (json_int_t)atc.invalidated, "dropped", (json_int_t)atc.dropped,
                                  "denied", (json_int_t)atc.denied, "misused",
                                  (json_int_t)atc.misused));
  if (tries_other)
    json_object_set_new(made, "other_smmu", json_integer(r.other));
  json_object_update(object, made);
  json_decref(made);
  *holds = atc.misused == 0 && (!tries_other || r.other == -EINVAL) && r.error == 0 &&
           r.maps == what->turns * w->config.cpus && r.maps == r.unmaps && r.wrong == 0 &&
           (w->config.lazy || r.passed == 0);
  return rc;
}

static struct json_t *run_one(void *arg)
{
  const struct job *job = arg;
  const struct lx_storm storm = { .devices = (unsigned)job->request->devices,
                                  .turns = turns_of(job),
                                  .bytes = job->request->bytes,
                                  .late = LATE };
  const struct judged_work work = { .config = { .variant = job->variant,
                                                .cpus = job->cpus,
                                                .engines = (unsigned)job->request->traffic,
                                                .ram_bytes = RAM,
                                                .slow_ps = job->request->traffic ? SLOW_PS : 0,
                                                .atc_ps = job->request->traffic ? ATC_PS : 0,
                                                .seed = job->request->seed,
                                                .lazy = job->lazy },
                                    .run = work_storm,
                                    .arg = &storm,
                                    .smmus = (unsigned)job->request->smmus };

  return judged_run(&work);
}

/* ---- for people ---- */

static long long number(const json_t *object, const char *key)
{
  return json_integer_value(json_object_get(object, key));
}

static void print_head(void)
{
  ui_put(UI_HEAD, "%-12s %-6s %4s %-5s %8s %10s %9s %9s %9s %9s %9s %7s\n", "variant", "mode",
         "cpus", "", "pairs", "ns/pair", "mmio/pair", "syncs", "right", "refused", "window",
         "finding");
}

/* ns/pair: of one CPU, from the beginning of its map to the end of its unmap, the device's accesses
 * included. */
static void print_row(const json_t *one)
{
  const json_t *model = json_object_get(one, "model"), *verdicts = json_object_get(one, "verdicts");
  const json_t *other = json_object_get(one, "other_smmu");
  bool holds = json_is_true(json_object_get(one, "holds"));
  double pairs = (double)number(one, "unmaps");
  const char *why = json_string_value(json_object_get(one, "why"));

  printf("%-12s %-6s %4lld ", json_string_value(json_object_get(one, "variant")),
         json_string_value(json_object_get(one, "mode")), number(one, "cpus"));
  ui_put(holds ? UI_GOOD : UI_BAD, "%-5s", holds ? "ok" : "FAILS");
  printf(" %8lld %10.0f %9.1f %9lld %9lld %9lld %9lld %7lld\n", number(one, "unmaps"),
         pairs > 0 ? (double)number(one, "time_ps") * (double)number(one, "cpus") / pairs / 1e3 : 0,
         pairs > 0
           ? (double)(number(model, "register_reads") + number(model, "register_writes")) / pairs
           : 0,
         number(model, "syncs"), number(one, "right"), number(one, "refused"),
         number(verdicts, "window_pending") + number(verdicts, "window_deferred"),
         (long long)judged_found(one));
  if (json_object_get(one, "second"))
    printf("    the other SMMU: %lld syncs; a domain for its device: %s\n",
           number(json_object_get(json_object_get(one, "second"), "model"), "syncs"),
           other ? strerror((int)-json_integer_value(other)) : "it has none");
  if (number(one, "error"))
    printf("    a device or the driver: %s\n", strerror((int)-number(one, "error")));
  if (*why)
    printf("    %s\n", why);
  if (judged_found(one))
    judged_print(one);
}

/* ---- all of them ---- */

static bool run_job(const struct job *job, json_t *list, bool people)
{
  struct job copy = *job;
  json_t *one = isolate(run_one, &copy);

  if (!one)
    return false;
  if (people)
    print_row(one);
  json_array_append_new(list, one);
  return true;
}

static bool run_variant(const struct request *q, const struct lx_variant *variant, json_t *list)
{
  for (unsigned mode = STRICT; mode <= LAZY; mode *= 2) {
    if (!(q->modes & mode))
      continue;
    for (unsigned cpus = q->cpus ? (unsigned)q->cpus : 1; cpus <= 64; cpus *= 2) {
      if (!run_job(&(struct job){ q, variant, cpus, mode == LAZY }, list, !q->json))
        return false;
      if (q->cpus)
        break;
    }
  }
  return true;
}

static int run_all(const struct request *q)
{
  json_t *list = json_array();
  bool done;

  if (!q->json)
    print_head();
  if (q->variant)
    done = run_variant(q, q->variant, list);
  else
    done = run_variant(q, lx_variant_by_name("neutral"), list) &&
           run_variant(q, lx_variant_by_name(q->smmus == 2 ? "s2-only" : "cmdqv"), list);
  return rows_end(list, "storms", q->json, done);
}

int verb_storm(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, NULL, doc, NULL, NULL, NULL };
  static char name[] = "smmulator-linux storm";
  struct request q = { .modes = STRICT | LAZY };

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong)
    return TOOL_WRONG;
  if (q.smmus == 2 && q.variant && (q.variant->companion || q.variant->pci)) {
    ui_complain("storm", "there is one SMMU with the extension or with PCI: not \"%s\"",
                q.variant->name);
    return TOOL_WRONG;
  }
  return run_all(&q);
}
