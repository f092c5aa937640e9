/* smmulator replay: a recorded QEMU run through the model. Data on stdout, talk on stderr.
 * Exit status: 0 everything recorded was reproduced, 1 something differs (or the input is damaged
 * and --strict-input was given), 2 the command line or the file is wrong, 4 the machine failed. */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "smmu/err.h"
#include "tools/ui.h"
#include "tools/verbs.h"
#include "tools/watching.h"
#include "traces/replay.h"

enum { KEY_FORMAT = 256, KEY_TLB, KEY_ENGINE, KEY_STRICT, KEY_JSON, KEY_PROGRESS, KEY_WATCH };

struct arguments {
  const char *path, *format, *tlb, *engine, *progress;
  bool strict, json, watch;
};

struct progress {
  bool bar, json;
  double began, last;
};

static const struct argp_option options[] = {
  { "tlb", KEY_TLB, "PROFILE", 0,
    "Caches of the model: qemu (the recording's own; hits and misses are compared too; default), "
    "none, neutral",
    0 },
  { "format", KEY_FORMAT, "NAME", 0, "Format of PATH: auto (default) or qemu", 0 },
  { "engine", KEY_ENGINE, "NAME", 0, "Engine: now (default)", 0 },
  { "strict-input", KEY_STRICT, NULL, 0, "Exit with 1 when a damaged line had to be left out", 0 },
  { "json", KEY_JSON, NULL, 0, "Print one JSON object instead of the table", 0 },
  { "watch", KEY_WATCH, NULL, 0,
    "Judge every translation, and every access of the guest's driver (docs/watch.md). A folder with "
    "the guest's own trace (ftrace.txt) tells what it unmapped; its tables are changed accordingly",
    0 },
  { "progress", KEY_PROGRESS, "HOW", 0,
    "auto (default: a line on a terminal, else every 30 s), json, never", 0 },
  { 0 }
};

static const char doc[] =
  "Replay a recorded QEMU run: a log of smmu* trace events (plain or .zst), or a folder with a log "
  "and snapshots. Every register write, command and DMA of the recording is given to the model, "
  "and everything the recording tells about the outcome is compared.\v"
  "Example:\n"
  "  smmulator replay --watch traces/recorded/F-vfio-edu-faults\n";

static error_t parse(int key, char *arg, struct argp_state *state)
{
  struct arguments *a = state->input;

  switch (key) {
  case KEY_TLB: a->tlb = arg; break;
  case KEY_FORMAT: a->format = arg; break;
  case KEY_ENGINE: a->engine = arg; break;
  case KEY_PROGRESS: a->progress = arg; break;
  case KEY_STRICT: a->strict = true; break;
  case KEY_JSON: a->json = true; break;
  case KEY_WATCH: a->watch = true; break;
  case ARGP_KEY_ARG:
    if (state->arg_num > 0)
      argp_error(state, "one PATH is expected, \"%s\" is one too many", arg);
    a->path = arg;
    break;
  case ARGP_KEY_NO_ARGS:
    argp_error(state, "PATH is missing: a QEMU log or a recorded run's folder");
    break;
  default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

static bool one_of(const char *option, const char *value, const char *const *known,
                   const char *const *planned)
{
  for (; *known; known++)
    if (strcmp(value, *known) == 0)
      return true;
  for (; planned && *planned; planned++) {
    if (strcmp(value, *planned) == 0) {
      ui_complain("replay", "--%s %s is not there yet", option, value);
      return false;
    }
  }
  ui_complain("replay", "--%s: \"%s\" is not known", option, value);
  return false;
}

static bool arguments_are_good(const struct arguments *a)
{
  static const char *const formats[] = { "auto", "qemu", NULL };
  static const char *const planned_formats[] = { "ftrace", "trace-cmd", "smt", NULL };
  static const char *const engines[] = { "now", NULL };
  static const char *const planned_engines[] = { "timed", NULL };
  static const char *const profiles[] = { "qemu", "none", "neutral", NULL };
  static const char *const progresses[] = { "auto", "json", "never", NULL };

  return one_of("format", a->format, formats, planned_formats) &&
         one_of("engine", a->engine, engines, planned_engines) &&
         one_of("tlb", a->tlb, profiles, NULL) && one_of("progress", a->progress, progresses, NULL);
}

static void show_progress(void *ctx, const struct replay_progress *p)
{
  struct progress *show = ctx;
  double now = ui_seconds(), rate = (double)p->lines / (now - show->began + 1e-9);
  int percent = p->bytes_total ? (int)(100 * p->bytes / p->bytes_total) : 0;
  double pause = show->bar ? 0.05 : show->json ? 1.0 : 30.0;

  if (now - show->last < pause)
    return;
  show->last = now;
  if (show->json)
    fprintf(stderr, "{\"lines\":%llu,\"bytes\":%llu,\"bytes_total\":%llu}\n",
            (unsigned long long)p->lines, (unsigned long long)p->bytes,
            (unsigned long long)p->bytes_total);
  else if (show->bar)
    ui_progress("replay: %d %%, %s lines, %s lines/s", percent, ui_count(p->lines),
                ui_count((uint64_t)rate));
  else
    fprintf(stderr, "replay: %d %%, %s lines, %s lines/s\n", percent, ui_count(p->lines),
            ui_count((uint64_t)rate));
}

/* A path that is not there is the user's mistake; one that cannot be read is the machine's. */
static int check_path(const char *path)
{
  int error;

  if (access(path, R_OK) == 0)
    return TOOL_DONE;
  error = errno;
  ui_complain("replay", "%s: %s, expected a QEMU log or a recorded run's folder", path,
              strerror(error));
  return error == EACCES ? TOOL_MACHINE : TOOL_WRONG;
}

static void print(const struct arguments *a, const struct replay_results *res,
                  const struct watching *w)
{
  struct json_t *root = a->json ? replay_json(res) : NULL;

  if (root && w)
    watching_json(w, root);
  if (a->json) {
    ui_json(root);
    return;
  }
  replay_print_table(res, stdout);
  if (w)
    watching_print(w);
}

static int report(const struct arguments *a, const struct replay_results *res,
                  const struct watching *w)
{
  print(a, res, w);
  if (!ui_finish("replay"))
    return TOOL_MACHINE;
  if (w && !watching_complete(w)) {
    ui_complain("replay", "%s", smmu_err_text(SMMU_ERR_NOMEM));
    return TOOL_MACHINE;
  }
  if (replay_results_differ(res) || (w && watching_found(w)))
    return TOOL_DIFFERS;
  if (a->strict && replay_results_damaged(res)) {
    ui_complain("replay", "the input is damaged, and --strict-input was given");
    return TOOL_DIFFERS;
  }
  return TOOL_DONE;
}

static int replay(const struct arguments *a, struct replay_options opt, struct watching *w)
{
  struct progress show = { .began = ui_seconds() };
  struct replay_results res;
  struct trace_error err;
  int rc;

  show.json = strcmp(a->progress, "json") == 0;
  show.bar = !show.json && isatty(STDERR_FILENO);
  show.last = show.bar ? 0 : show.began;
  opt.ctx = &show;
  opt.progress = strcmp(a->progress, "never") == 0 ? NULL : show_progress;
  rc = replay_path(a->path, &opt, &res, &err);
  if (show.bar && opt.progress)
    ui_progress_end();
  if (rc) {
    ui_complain("replay", "%s", err.text);
    return rc == SMMU_ERR_NOMEM || rc == SMMU_ERR_IO ? TOOL_MACHINE : TOOL_WRONG;
  }
  if (opt.progress && !show.json)
    fprintf(stderr, "replayed %s lines in %.2f s (%s lines/s), with snapshots %.2f s\n",
            ui_count(res.lines), res.log_seconds,
            ui_count((uint64_t)((double)res.lines / (res.log_seconds + 1e-9))), res.seconds);
  if (w)
    watching_end(w);
  return report(a, &res, w);
}

int verb_replay(int argc, char **argv)
{
  static const struct argp argp = { options, parse, "PATH", doc, NULL, NULL, NULL };
  static char name[] = "smmulator replay";
  struct arguments a = { .format = "auto", .tlb = "qemu", .engine = "now", .progress = "auto" };
  struct replay_options opt = { 0 };
  struct replay_watch watch = { .record = watching_record, .unmap = watching_unmap };
  struct watching *w = NULL;
  int rc;

  argv[0] = name;
  argp_err_exit_status = TOOL_WRONG;
  if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0 || !a.path || !arguments_are_good(&a))
    return TOOL_WRONG;
  rc = check_path(a.path);
  if (rc)
    return rc;
  opt.tlb_profile = a.tlb;
  if (a.watch) {
    w = watching_create_log(REPLAY_SMMU_BASE);
    if (!w) {
      ui_complain("replay", "%s", smmu_err_text(SMMU_ERR_NOMEM));
      return TOOL_MACHINE;
    }
    watch.ctx = w;
    opt.watch = &watch;
  }
  rc = replay(&a, opt, w);
  watching_destroy(w);
  return rc;
}
