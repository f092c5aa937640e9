/* smmulator run: one scenario, a preset or a file: a whole machine, its virtual machine, its driver and
 * the loop of dma_map_benchmark. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "smmu/err.h"
#include "tools/break_on.h"
#include "tools/machine_words.h"
#include "tools/places.h"
#include "tools/recording.h"
#include "tools/run_files.h"
#include "tools/ui.h"
#include "tools/verbs.h"
#include "tools/watching.h"

enum { KEY_SET = 256, KEY_SEED, KEY_LIST, KEY_NO_TRACE, KEY_WATCH, KEY_STRICT, KEY_BREAK_ON };
enum { SCHEMA = 1 };

struct request {
  const char *scenario, *folder, *profile, *seed, *break_on;
  struct machine_settings settings;
  bool json, list, no_trace, watch, strict, wrong;
};

/* Those who look on. */
struct observation {
  struct watching *watching; /* --watch */
  struct plat_places *places;
  struct watch_places *names; /* of the places */
  struct break_on stop;       /* --break-on */
};

static const struct argp_option options[] = {
  { "output", 'o', "DIR", 0,
    "Write config.yaml (everything, to be run again), stats.json, stats.txt, trace.smt (every "
    "record, for smmulator why, trace and check) and places.txt (where in the software each came "
    "from) into DIR",
    0 },
  { "no-trace", KEY_NO_TRACE, NULL, 0,
    "With -o: leave out trace.smt (64 bytes a record) and places.txt", 0 },
  { "profile", 'p', "PROFILE", 0,
    "Costs of this profile (smmulator params) below the scenario's own", 0 },
  { "set", KEY_SET, "KEY=VALUE", 0, "Set a parameter, after the file; may be given often", 0 },
  { "seed", KEY_SEED, "N", 0, "As --set run.seed=N", 0 },
  { "watch", KEY_WATCH, NULL, 0,
    "Judge every translation of the device (device.dma=on): fresh, or stale and by whose fault; and "
    "the software: which rules of drivers it breaks (docs/rules/); as smmulator check does with a "
    "recording",
    0 },
  { "strict", KEY_STRICT, NULL, 0,
    "With --watch: exit status 3 when one was stale or a rule was broken", 0 },
  { "break-on", KEY_BREAK_ON, "RULE", 0,
    "Raise SIGTRAP in the call with which software first broke this rule (docs/rules/), with its "
    "frames on the stack, for a debugger; stale-driver: where it declared dead what was used "
    "later; stale-device: when the device used it. The machine is run twice",
    0 },
  { "list", KEY_LIST, NULL, 0, "List the presets", 0 },
  { "json", 'j', NULL, 0, "Print one JSON object", 0 },
  { 0 }
};

static const char doc[] =
  "Builds a machine, boots it and runs the loop of dma_map_benchmark in it: fill, map, unmap. Prints "
  "how long an unmap took, what it caused, and where its time went. The same configuration and seed "
  "give the same output, byte for byte.\v"
  "Example:\n"
  "  smmulator run small-demo\n"
  "  smmulator run dma-map-vcmdq --set bench.threads=2 --seed 7\n"
  "  smmulator run dma-map-trapped --profile published --json\n"
  "  smmulator run small-demo --set device.dma=on --watch --strict\n"
  "  gdb -ex run -ex bt --args smmulator run FILE.yaml --break-on stale-driver\n"
  "  smmulator run --list";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case 'o': r->folder = arg; return 0;
  case 'p': r->profile = arg; return 0;
  case 'j': r->json = true; return 0;
  case KEY_SET: r->wrong |= !machine_settings_add(&r->settings, "run", arg); return 0;
  case KEY_SEED: r->seed = arg; return 0;
  case KEY_LIST: r->list = true; return 0;
  case KEY_NO_TRACE: r->no_trace = true; return 0;
  case KEY_WATCH: r->watch = true; return 0;
  case KEY_BREAK_ON: r->break_on = arg; return 0;
  case KEY_STRICT: r->strict = true; return 0;
  case ARGP_KEY_ARG: r->wrong |= !ui_take_one("run", "PRESET or FILE", arg, &r->scenario); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static int list_presets(bool json)
{
  const struct machine_file *file;
  json_t *list = json_array();

  for (size_t i = 0; (file = machine_file_at("scenarios", i)) != NULL; i++) {
    static struct machine_config cfg;
    struct machine_error err;
    char name[MACHINE_NAME_MAX];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(file->name, "."), file->name);
    machine_config_defaults(&cfg);
    if (machine_config_text(&cfg, file->name, (const char *)file->bytes, file->length, &err))
      continue;
    if (json) {
      json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "about", cfg.about));
    } else {
      ui_put(UI_HEAD, "%-18s", name);
      ui_wrap(18, 18, cfg.about);
    }
  }
  if (json)
    ui_json(json_pack("{s:i, s:o}", "schema", SCHEMA, "presets", list));
  else
    json_decref(list);
  return TOOL_DONE;
}

/* ---- configuration: defaults, --profile, the scenario, --set, --seed ---- */

static int load_scenario(struct machine_config *cfg, const char *name, struct machine_error *err)
{
  const struct machine_file *file = machine_file_find("scenarios", name);
  const char *near;
  char place[96];

  if (file) {
    snprintf(place, sizeof(place), "scenarios/%s", file->name);
    return machine_config_text(cfg, place, (const char *)file->bytes, file->length, err);
  }
  if (strchr(name, '/') || strchr(name, '.'))
    return machine_config_file(cfg, name, err);
  near = machine_file_nearest("scenarios", name);
  snprintf(err->text, sizeof(err->text),
           "no preset \"%.80s\"%s%s%s; expected one of smmulator run --list, or a YAML file", name,
           near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
  return SMMU_ERR_BADCFG;
}

static int configure(const struct request *q, struct machine_config *cfg, struct machine_error *err)
{
  char seed[64];
  int rc = SMMU_OK;

  machine_config_defaults(cfg);
  if (q->profile)
    rc = machine_config_profile(cfg, q->profile, err);
  if (rc == SMMU_OK)
    rc = load_scenario(cfg, q->scenario, err);
  if (rc == SMMU_OK)
    rc = machine_settings_apply(&q->settings, cfg, err);
  if (rc == SMMU_OK && q->seed) {
    snprintf(seed, sizeof(seed), "run.seed=%.40s", q->seed);
    rc = machine_config_set(cfg, seed, err);
  }
  return rc;
}

/* ---- the run ---- */

static json_t *result_json(const struct machine_config *cfg, const struct machine_result *r,
                           const struct watching *w)
{
  json_t *root =
    json_pack("{s:i, s:s, s:I, s:s, s:o, s:o}", "schema", SCHEMA, "build", machine_build_id(),
              "seed", (json_int_t)machine_get(cfg, MACHINE_KEY_SEED), "profile", cfg->profile,
              "stats", machine_stats_json(r), "config", machine_config_json(cfg));

  if (w)
    watching_json(w, root);
  return root;
}

static int report(const struct request *q, const struct machine_config *cfg,
                  const struct machine_result *r, const struct observation *o)
{
  const struct watching *w = o->watching;

  if (q->folder && (!run_files_write(q->folder, cfg, r, result_json(cfg, r, w)) ||
                    (!q->no_trace && !run_files_places(q->folder, o->names)) ||
                    !run_files_keep(q->folder, !q->no_trace))) {
    ui_complain("run", "%s cannot be written: %s", q->folder, strerror(errno));
    return TOOL_MACHINE;
  }
  if (q->json)
    ui_json(result_json(cfg, r, w));
  else
    machine_print_summary(cfg, r);
  if (w && !q->json)
    watching_print(w);
  if (q->folder)
    fprintf(stderr, "wrote %s/config.yaml, stats.json, stats.txt%s\n", q->folder,
            q->no_trace ? "" : ", trace.smt, places.txt");
  return w && q->strict && watching_found(w) ? TOOL_STRICT : TOOL_DONE;
}

/* What led to a failure is worth knowing most. */
static int report_failure(const struct request *q, const struct watching *w, int status)
{
  json_t *root;

  if (q->json) {
    root = json_pack("{s:i, s:s}", "schema", SCHEMA, "build", machine_build_id());
    watching_json(w, root);
    ui_json(root);
  } else {
    watching_print(w);
  }
  return q->strict && watching_found(w) ? TOOL_STRICT : status;
}

static int trace_status(int rc, const struct trace_error *err)
{
  if (rc == SMMU_OK)
    return TOOL_DONE;
  ui_complain("run", "%s", err->text);
  return TOOL_MACHINE;
}

/* Who gets the records: the recording, if there is one, or the watch before it. */
static int open_watch(const struct request *q, struct observation *o,
                      const struct machine_sink *recording, struct machine_sink *sink)
{
  *sink = *recording;
  if (!q->watch && !recording->record)
    return TOOL_DONE;
  o->places = plat_places_create(0);
  o->names = o->places ? watch_places_of(o->places) : NULL;
  if (q->watch && o->names) {
    o->watching = watching_create(recording->record ? recording : NULL, o->names);
    *sink = (struct machine_sink){ o->watching, watching_record, NULL };
  }
  sink->places = o->places;
  if (o->names && (o->watching || !q->watch))
    return TOOL_DONE;
  ui_complain("run", "%s", smmu_err_text(SMMU_ERR_NOMEM));
  return TOOL_MACHINE;
}

static void close_watch(struct observation *o)
{
  watching_destroy(o->watching);
  watch_places_destroy(o->names);
  plat_places_destroy(o->places);
}

/* The machine, and with -o all that happens in it as trace.smt. */
static int run_machine(const struct request *q, const struct machine_config *cfg,
                       struct machine_result *result, struct observation *o)
{
  struct smt_writer *writer = NULL;
  struct machine_sink recording = { NULL, NULL, NULL }, watch, sink;
  struct machine_error err = { "" };
  struct trace_error trace_err;
  int status = TOOL_DONE, closed;

  if (q->folder && !q->no_trace)
    status =
      trace_status(recording_open(&writer, &recording, q->folder, cfg, &trace_err), &trace_err);
  if (status != TOOL_DONE)
    return status;
  status = open_watch(q, o, &recording, &watch);
  sink = o->stop.record ? break_on_sink(&o->stop, &watch) : watch;
  if (status == TOOL_DONE)
    status =
      machine_status("run", machine_run(cfg, sink.record ? &sink : NULL, result, &err), &err);
  if (o->watching)
    watching_end(o->watching);
  if (status == TOOL_DONE && o->watching && !watching_complete(o->watching)) {
    ui_complain("run", "%s", smmu_err_text(SMMU_ERR_NOMEM));
    status = TOOL_MACHINE;
  }
  closed = trace_status(smt_writer_close(writer, &trace_err), &trace_err);
  return status == TOOL_DONE ? closed : status;
}

int verb_run(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "PRESET|FILE.yaml", doc, NULL, NULL, NULL };
  static char name[] = "smmulator run";
  static struct machine_config cfg;
  static struct machine_result result;
  struct machine_error err = { "" };
  struct request q = { 0 };
  struct observation o = { .stop = { .record = 0 } };
  int status;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong)
    return TOOL_WRONG;
  if (q.list)
    return list_presets(q.json);
  if (!q.scenario) {
    ui_complain("run", "a PRESET or FILE.yaml is missing; smmulator run --list shows the presets");
    return TOOL_WRONG;
  }
  if (q.strict && !q.watch) {
    ui_complain("run", "--strict judges what --watch sees: give both");
    return TOOL_WRONG;
  }
  if (q.break_on && !break_on_parse(&o.stop, q.break_on))
    return TOOL_WRONG;
  status = machine_status("run", configure(&q, &cfg, &err), &err);
  if (status == TOOL_DONE)
    status = machine_status("run", machine_config_check(&cfg, &err), &err);
  if (status == TOOL_DONE && q.folder)
    status = run_files_folder(q.folder);
  if (status == TOOL_DONE && q.break_on)
    status = break_on_find(&o.stop, &cfg);
  if (status != TOOL_DONE)
    return status;
  status = run_machine(&q, &cfg, &result, &o);
  if (status == TOOL_DONE)
    status = report(&q, &cfg, &result, &o);
  else if (o.watching)
    status = report_failure(&q, o.watching, status);
  if (q.folder && status != TOOL_DONE && status != TOOL_STRICT)
    run_files_drop(q.folder);
  close_watch(&o);
  machine_result_free(&result);
  return status;
}
