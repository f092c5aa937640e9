/* smmulator trace: recordings (.smt) as they are. `info`: what is in one; `cat`: its records, one a
 * line. */
#include <argp.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "smmu/err.h"
#include "tools/places.h"
#include "tools/trace_print.h"
#include "tools/ui.h"
#include "tools/verbs.h"
#include "util/near.h"

enum { KEY_FROM = 256, KEY_TO, KEY_CATEGORY, KEY_CONFIG };

struct request {
  const char *what, *path;
  struct trace_filter filter;
  bool config, json, wrong;
};

static const struct argp_option options[] = {
  { "from", KEY_FROM, "TIME", 0, "cat: leave out records before TIME", 0 },
  { "to", KEY_TO, "TIME", 0, "cat: leave out records at TIME and behind", 0 },
  { "category", KEY_CATEGORY, "NAME", 0, "cat: these records alone; may be given more than once",
    0 },
  { "config", KEY_CONFIG, NULL, 0, "info: print the recorded configuration, and nothing else", 0 },
  { "json", 'j', NULL, 0, "Print one JSON object", 0 },
  { 0 }
};

static const char doc[] =
  "Reads a recording of a run: `info` tells what is in it, `cat` prints its records, one a line, in "
  "the order of the file (a record is written when its end is known).\v"
  "PATH is a recording (.smt) or the folder of a run with one. TIME is simulated time: a number and "
  "ps, ns (default), us, ms or s.\n\n"
  "Example:\n"
  "  smmulator trace info traces/recorded/T-trapped-unmap\n"
  "  smmulator trace cat traces/recorded/T-trapped-unmap --category sync\n"
  "  smmulator trace cat traces/recorded/T-trapped-unmap --from 250us --to 255us\n"
  "  smmulator trace info traces/recorded/T-trapped-unmap --json";

static bool take_time(struct request *r, const char *option, const char *text, uint64_t *ps)
{
  if (trace_time_parse(text, ps))
    return true;
  ui_complain("trace", "--%s is \"%s\"; expected a time such as 1500, 1500ns, 1.5us or 2ms", option,
              text);
  r->wrong = true;
  return false;
}

static void take_word(struct request *r, char *arg, unsigned number)
{
  if (number == 0) {
    r->what = arg;
  } else if (number == 1) {
    r->path = arg;
  } else {
    ui_complain("trace", "one PATH is expected, \"%s\" is one too many", arg);
    r->wrong = true;
  }
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case KEY_FROM: (void)take_time(r, "from", arg, &r->filter.from); return 0;
  case KEY_TO: (void)take_time(r, "to", arg, &r->filter.to); return 0;
  case KEY_CATEGORY:
    if (r->filter.categories == TRACE_FILTER_CATEGORIES) {
      ui_complain("trace", "more than %d categories", TRACE_FILTER_CATEGORIES);
      r->wrong = true;
      return 0;
    }
    r->filter.category[r->filter.categories++] = arg;
    return 0;
  case KEY_CONFIG: r->config = true; return 0;
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG: take_word(r, arg, state->arg_num); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const char *word(const void *ctx, size_t i)
{
  static const char *const words[] = { "info", "cat" };

  (void)ctx;
  return i < 2 ? words[i] : NULL;
}

static bool is_complete(struct request *r)
{
  struct stat st;
  const char *near;

  if (r->wrong)
    return false;
  if (!r->what || !r->path) {
    ui_complain("trace",
                "%s is missing\nFor example: smmulator trace info "
                "traces/recorded/T-trapped-unmap",
                r->what ? "PATH" : "info or cat");
    return false;
  }
  if (strcmp(r->what, "info") != 0 && strcmp(r->what, "cat") != 0) {
    near = smmu_nearest(r->what, word, NULL);
    ui_complain("trace", "\"%s\" is not known; %s \"%s\"", r->what,
                near ? "did you mean" : "expected info or cat, for example", near ? near : "info");
    return false;
  }
  if (stat(r->path, &st) == 0 || errno == EACCES)
    return true;
  ui_complain("trace", "%s: %s, expected a .smt recording or a run's folder", r->path,
              strerror(errno));
  return false;
}

static int run(const struct request *r, struct smt_reader *reader, struct watch_places *places,
               struct trace_error *err)
{
  if (strcmp(r->what, "cat") == 0)
    return trace_print_cat(reader, &r->filter, places, r->json, err);
  if (r->config) {
    fputs(smt_reader_head(reader)->config, stdout);
    return 0;
  }
  return trace_print_info(reader, r->json, err);
}

int verb_trace(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "info|cat PATH", doc, NULL, NULL, NULL };
  static char name[] = "smmulator trace";
  struct request r = { .filter = { .to = UINT64_MAX } };
  struct smt_reader *reader = NULL;
  struct watch_places *places = NULL;
  struct trace_error err;
  int rc, status = TOOL_DONE;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &r) != 0 || !is_complete(&r))
    return TOOL_WRONG;
  rc = smt_reader_open(&reader, r.path, &err);
  if (!rc)
    status = places_open(&places, "trace", r.path);
  if (!rc && status == TOOL_DONE)
    rc = run(&r, reader, places, &err);
  if (rc)
    ui_complain("trace", "%s", err.text);
  else if (smt_reader_cut(reader))
    ui_complain("trace", "%s: the recording is cut: %s", r.path, smt_reader_cut(reader));
  smt_reader_close(reader);
  watch_places_destroy(places);
  if (rc)
    return rc == SMMU_ERR_NOMEM || rc == SMMU_ERR_IO ? TOOL_MACHINE : TOOL_WRONG;
  return status;
}
