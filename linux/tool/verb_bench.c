/* smmulator-linux bench: dma_map_benchmark, the loop that the kernel has for it, as its own interface reports. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "linux_world/scenario.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { RAM = 192 << 20, MOST_PAGES = 64, SLEEP_US = 500 };
enum { STRICT = 1, LAZY = 2 };

static const char *const directions[] = { "both", "to", "from" };

struct request {
  const struct lx_variant *variant;
  unsigned long threads, granule, us, seed;
  unsigned modes, direction;
  bool json, wrong;
};

static const struct argp_option options[] = {
  { "threads", 't', "N", 0, "This many threads, 1 to 64, and not 1, 4, 16, 64 in turns", 0 },
  { "granule", 'g', "PAGES", 0, "Pages of a buffer, 1 to 64, and not 1 and 16 in turns", 0 },
  { "direction", 'd', "both|to|from", 0, "The way of the data, seen from memory; both", 0 },
  { "mode", 'm', "strict|lazy", 0, "One of the DMA API's policies, not both", 0 },
  { "variant", 'v', "NAME", 0, "The SMMU (smmulator-linux probe lists them); neutral and cmdqv",
    0 },
  { "us", 'u', "N", 0, "Simulated microseconds that the loop runs; 500", 0 },
  { "seed", 's', "N", 0, "Ties between CPUs and jitter of 10 % follow it; 0: neither", 0 },
  { "json", 'j', NULL, 0, "Print one JSON object", 0 },
  { 0 }
};

static const char doc[] =
  "Runs the kernel's dma_map_benchmark: its threads, one a CPU, map and unmap a buffer of one device again "
  "and again, and its interface reports mean and standard deviation of both, in steps of 0.1 us as it has "
  "them. It is asked to run for seconds; a signal ends its sleep earlier. Between map and unmap the device "
  "uses the buffer. Beside it stands what the model saw.\v"
  "Exit status 1: the benchmark failed, the device was refused what was mapped, something was stale, or "
  "the driver broke a rule. The same options give the same bytes.\n\n"
  "Example:\n"
  "  smmulator-linux bench\n"
  "  smmulator-linux bench --threads 8 --granule 64 --mode lazy --variant cmdqv";

static void set_number(struct request *r, unsigned long *to, const char *arg, unsigned long least,
                       unsigned long most)
{
  char *end;

  *to = strtoul(arg, &end, 0);
  if (*arg < '0' || *arg > '9' || *end || *to < least || *to > most) {
    ui_complain("bench", "\"%s\" is no number from %lu to %lu", arg, least, most);
    r->wrong = true;
  }
}

/* Its place among the words, or 0 with a complaint. */
static unsigned word_of(struct request *r, const char *option, const char *arg,
                        const char *const *words, unsigned count, const char *expected)
{
  for (unsigned i = 0; i < count; i++) {
    if (strcmp(arg, words[i]) == 0)
      return i;
  }
  ui_complain("bench", "%s is \"%s\", expected %s", option, arg, expected);
  r->wrong = true;
  return 0;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  static const char *const modes[] = { "strict", "lazy" };
  struct request *r = state->input;

  switch (key) {
  case 't': set_number(r, &r->threads, arg, 1, 64); return 0;
  case 'g': set_number(r, &r->granule, arg, 1, MOST_PAGES); return 0;
  case 'u': set_number(r, &r->us, arg, 1, 1000000); return 0;
  case 's': set_number(r, &r->seed, arg, 0, 1000000000); return 0;
  case 'm': r->modes = 1u << word_of(r, "--mode", arg, modes, 2, "strict or lazy"); return 0;
  case 'd':
    r->direction = word_of(r, "--direction", arg, directions, 3, "both, to or from");
    return 0;
  case 'v':
    r->variant = lx_variant_by_name(arg);
    if (!r->variant) {
      ui_complain("bench", "there is no variant \"%s\"; smmulator-linux probe lists them", arg);
      r->wrong = true;
    }
    return 0;
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG:
    ui_complain("bench", "no argument is expected, \"%s\" is one", arg);
    r->wrong = true;
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- one run, in a child ---- */

struct job {
  struct lx_config config;
  struct lx_bench bench;
};

static int work_bench(struct lx_world *w, const void *arg, json_t *object, bool *holds, char *why,
                      size_t len)
{
  const struct lx_bench *bench = arg;
  struct lx_bench_result r;
  int rc = lx_scenario_bench(w, bench, &r, why, len);
  json_t *made = json_pack(
    "{s:s, s:s, s:i, s:i, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "variant",
    w->config.variant->name, "mode", w->config.lazy ? "lazy" : "strict", "threads",
    (int)w->config.cpus, "granule", (int)bench->granule, "direction", directions[bench->direction],
    "error", r.error, "turns", (json_int_t)r.kernel.turns, "time_ps", (json_int_t)r.kernel.time_ps,
    "map_100ns", (json_int_t)r.kernel.map_100ns, "map_deviation_100ns",
    (json_int_t)r.kernel.map_deviation_100ns, "unmap_100ns", (json_int_t)r.kernel.unmap_100ns,
    "unmap_deviation_100ns", (json_int_t)r.kernel.unmap_deviation_100ns, "answered",
    (json_int_t)r.answered, "refused", (json_int_t)r.refused);

  json_object_update(object, made);
  json_decref(made);
  *holds = r.error == 0 && r.kernel.turns > 0 && r.answered == 2 * r.kernel.turns && r.refused == 0;
  return rc;
}

static struct json_t *run_one(void *arg)
{
  const struct job *job = arg;
  const struct judged_work work = { .config = job->config, .run = work_bench, .arg = &job->bench };

  return judged_run(&work);
}

/* ---- for people ---- */

static long long number(const json_t *object, const char *key)
{
  return json_integer_value(json_object_get(object, key));
}

static void print_head(void)
{
  ui_put(UI_HEAD, "%-12s %-6s %7s %7s %-5s %6s  %-11s  %-11s  %8s %8s %8s %8s %5s %7s\n", "variant",
         "mode", "threads", "granule", "", "pairs", "map us", "unmap us", "commands", "syncs",
         "mmio", "answers", "stale", "finding");
}

static long long commands_of(const json_t *model)
{
  const char *name;
  json_t *count;
  long long n = 0;

  json_object_foreach(json_object_get(model, "commands"), name, count) n +=
    json_integer_value(count);
  return n;
}

static void print_time(const json_t *one, const char *mean, const char *deviation)
{
  char text[32];

  snprintf(text, sizeof text, "%.1f +- %.1f", (double)number(one, mean) / 10,
           (double)number(one, deviation) / 10);
  printf("  %-11s", text);
}

static void print_row(const json_t *one)
{
  const json_t *model = json_object_get(one, "model");
  bool holds = json_is_true(json_object_get(one, "holds"));
  const char *why = json_string_value(json_object_get(one, "why"));
  long long rules = (long long)json_array_size(json_object_get(one, "findings"));

  printf("%-12s %-6s %7lld %7lld ", json_string_value(json_object_get(one, "variant")),
         json_string_value(json_object_get(one, "mode")), number(one, "threads"),
         number(one, "granule"));
  ui_put(holds ? UI_GOOD : UI_BAD, "%-5s", holds ? "ok" : "FAILS");
  printf(" %6lld", number(one, "turns"));
  print_time(one, "map_100ns", "map_deviation_100ns");
  print_time(one, "unmap_100ns", "unmap_deviation_100ns");
  printf("  %8lld %8lld %8lld %8lld %5lld %7lld\n", commands_of(model), number(model, "syncs"),
         number(model, "register_reads") + number(model, "register_writes"),
         number(one, "answered"), (long long)judged_found(one) - rules, rules);
  if (number(one, "error"))
    printf("    a device or the driver: %s\n", strerror((int)-number(one, "error")));
  if (*why)
    printf("    %s\n", why);
  if (judged_found(one))
    judged_print(one);
}

/* ---- all of them ---- */

static bool run_job(const struct request *q, const struct lx_variant *variant, unsigned mode,
                    unsigned threads, unsigned granule, json_t *list)
{
  struct job job = { .config = { .variant = variant,
                                 .cpus = threads,
                                 .ram_bytes = RAM,
                                 .seed = q->seed,
                                 .lazy = mode == LAZY },
                     .bench = { .granule = granule,
                                .direction = q->direction,
                                .sleep_ps = (q->us ? q->us : SLEEP_US) * 1000000ULL } };
  json_t *one = isolate(run_one, &job);

  if (!one)
    return false;
  if (!q->json)
    print_row(one);
  json_array_append_new(list, one);
  return true;
}

static bool run_mode(const struct request *q, const struct lx_variant *variant, unsigned mode,
                     json_t *list)
{
  for (unsigned long threads = q->threads ? q->threads : 1; threads <= 64; threads *= 4) {
    for (unsigned long granule = q->granule ? q->granule : 1; granule <= 16 || q->granule;
         granule *= 16) {
      if (!run_job(q, variant, mode, (unsigned)threads, (unsigned)granule, list))
        return false;
      if (q->granule)
        break;
    }
    if (q->threads)
      break;
  }
  return true;
}

static bool run_variant(const struct request *q, const struct lx_variant *variant, json_t *list)
{
  bool done = true;

  for (unsigned mode = STRICT; mode <= LAZY && done; mode *= 2) {
    if (q->modes & mode)
      done = run_mode(q, variant, mode, list);
  }
  return done;
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
           run_variant(q, lx_variant_by_name("cmdqv"), list);
  return rows_end(list, "benches", q->json, done);
}

int verb_bench(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, NULL, doc, NULL, NULL, NULL };
  static char name[] = "smmulator-linux bench";
  struct request q = { .modes = STRICT | LAZY };

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong)
    return TOOL_WRONG;
  return run_all(&q);
}
