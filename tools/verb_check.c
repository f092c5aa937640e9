/* smmulator check: was every translation of a recorded run right, and who is to blame if not? */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "smmu/err.h"
#include "tools/places.h"
#include "tools/ui.h"
#include "tools/verbs.h"
#include "tools/watching.h"
#include "traces/smt.h"

enum { SCHEMA = 1 };

struct request {
  const char *path;
  bool json, wrong;
};

static const struct argp_option options[] = { { "json", 'j', NULL, 0, "Print one JSON object", 0 },
                                              { 0 } };

static const char doc[] =
  "Judges every translation of a recorded run: fresh; in a window in which a change was not yet "
  "promised to the device (pending, or deferred by a lazy unmap); stale, because software declared the "
  "mapping dead without a completed invalidation that covers it (stale-driver), or because the device "
  "used what a completed invalidation had covered (stale-device). The last two have a story each. Tells "
  "which rules of drivers its software broke (docs/rules/). Exit status 1 when something is stale or a "
  "rule was broken. docs/watch.md says more.\v"
  "PATH is a recording (.smt) or the folder of a run with one. A run judges itself with smmulator run "
  "--watch.\n\n"
  "Example:\n"
  "  smmulator check traces/recorded/T-trapped-unmap\n"
  "  smmulator check traces/recorded/T-trapped-unmap --json";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG: r->wrong |= !ui_take_one("check", "PATH", arg, &r->path); return 0;
  case ARGP_KEY_END:
    if (!r->path) {
      ui_complain("check", "PATH is missing: a .smt recording or a run's folder\nFor example: "
                           "smmulator check traces/recorded/T-trapped-unmap");
      r->wrong = true;
    }
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static int fail(int rc, const char *text)
{
  ui_complain("check", "%s", text);
  return rc == SMMU_ERR_NOMEM || rc == SMMU_ERR_IO ? TOOL_MACHINE : TOOL_WRONG;
}

static void show(const struct request *q, const struct smt_reader *reader, const struct watching *w)
{
  json_t *root;

  if (!q->json) {
    printf("%s: %s records\n", smt_reader_name(reader), ui_count(smt_reader_records(reader)));
    watching_print(w);
    return;
  }
  root =
    json_pack("{s:i, s:I}", "schema", SCHEMA, "records", (json_int_t)smt_reader_records(reader));
  watching_json(w, root);
  ui_json(root);
}

static int check(const struct request *q, struct smt_reader *reader, struct watch_places *places)
{
  struct watching *w = watching_create(NULL, places);
  struct smmu_record record;
  struct trace_error err;
  int rc = w ? 1 : SMMU_ERR_NOMEM, status;

  while (rc > 0) {
    rc = smt_reader_next(reader, &record, &err);
    if (rc > 0)
      watching_record(w, &record);
  }
  if (w)
    watching_end(w);
  if (!w || !watching_complete(w))
    status = fail(SMMU_ERR_NOMEM, smmu_err_text(SMMU_ERR_NOMEM));
  else if (rc < 0)
    status = fail(rc, err.text);
  else {
    show(q, reader, w);
    status = watching_found(w) ? TOOL_DIFFERS : TOOL_DONE;
  }
  watching_destroy(w);
  return status;
}

/* A path that is not there is the user's mistake; one that cannot be read is the machine's. */
static int check_path(const char *path)
{
  struct stat st;

  if (stat(path, &st) == 0 || errno == EACCES)
    return TOOL_DONE;
  ui_complain("check", "%s: %s, expected a .smt recording or a run's folder", path,
              strerror(errno));
  return TOOL_WRONG;
}

int verb_check(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "PATH", doc, NULL, NULL, NULL };
  static char name[] = "smmulator check";
  struct request q = { 0 };
  struct smt_reader *reader = NULL;
  struct watch_places *places = NULL;
  struct trace_error err;
  int rc;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong)
    return TOOL_WRONG;
  rc = check_path(q.path);
  if (rc)
    return rc;
  rc = smt_reader_open(&reader, q.path, &err);
  if (rc)
    return fail(rc, err.text);
  rc = places_open(&places, "check", q.path);
  if (rc == TOOL_DONE)
    rc = check(&q, reader, places);
  if (smt_reader_cut(reader))
    ui_complain("check", "%s: the recording is cut: %s", q.path, smt_reader_cut(reader));
  smt_reader_close(reader);
  watch_places_destroy(places);
  return rc;
}
