/* smmulator why: where the time of one operation of a recorded run went. */
#include <argp.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "smmu/err.h"
#include "tools/ui.h"
#include "tools/verbs.h"
#include "tools/why_print.h"

struct request {
  const char *path, *event;
  bool all, json, wrong;
};

static const struct argp_option options[] = { { "all", 'a', NULL, 0,
                                                "Show parts below half a percent too", 0 },
                                              { "json", 'j', NULL, 0, "Print one JSON object", 0 },
                                              { 0 } };

static const char doc[] =
  "Shows where the time of one operation went, from its beginning to its end on its CPU: what "
  "software did and in which operation, who held the lock it slept on and what he did meanwhile, "
  "and which stages of the SMMU it waited for. The parts add up to the latency.\v"
  "PATH is a recording (.smt) or the folder of a run with one. EVENT is a kind of operation and a "
  "number, slowest or median: UNMAP#17, MAP#3, SYNC#5, EXIT#2, IOCTL#1, UNMAP#slowest. Numbers "
  "count those that ended, by time. Without EVENT: the kinds there are.\n\n"
  "Example:\n"
  "  smmulator why traces/recorded/T-trapped-unmap\n"
  "  smmulator why traces/recorded/T-trapped-unmap 'UNMAP#17'\n"
  "  smmulator why traces/recorded/T-trapped-unmap 'SYNC#median' --all\n"
  "  smmulator why traces/recorded/T-trapped-unmap 'UNMAP#slowest' --json";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case 'a': r->all = true; return 0;
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG:
    if (state->arg_num == 0) {
      r->path = arg;
    } else if (state->arg_num == 1) {
      r->event = arg;
    } else {
      ui_complain("why", "PATH and one EVENT are expected, \"%s\" is one too many", arg);
      r->wrong = true;
    }
    return 0;
  case ARGP_KEY_END:
    if (!r->path) {
      ui_complain("why", "PATH is missing: a .smt recording or a run's folder\nFor example: "
                         "smmulator why traces/recorded/T-trapped-unmap 'UNMAP#17'");
      r->wrong = true;
    }
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static int fail(int rc, const struct trace_error *err)
{
  ui_complain("why", "%s", err->text);
  return rc == SMMU_ERR_NOMEM || rc == SMMU_ERR_IO ? TOOL_MACHINE : TOOL_WRONG;
}

static int out_of_memory(void)
{
  ui_complain("why", "%s", smmu_err_text(SMMU_ERR_NOMEM));
  return TOOL_MACHINE;
}

static int show_list(const struct request *r, const struct why_list *list)
{
  if (r->json)
    why_print_list_json(list);
  else if (!why_print_list(list, r->path))
    return out_of_memory();
  return TOOL_DONE;
}

static int show_path(const struct request *r, struct why_list *list)
{
  struct why_path *path = NULL;
  struct trace_error err;
  uint32_t index = 0;
  int rc = why_list_find(list, r->event, &index, &err);

  if (!rc)
    rc = why_path_create(&path, list, index, &err);
  if (rc)
    return fail(rc, &err);
  if (r->json)
    why_print_path_json(list, path);
  else if (!why_print_path(path, r->all))
    rc = out_of_memory();
  why_path_destroy(path);
  return rc;
}

/* A path that is not there is the user's mistake; one that cannot be read is the machine's. */
static int check_path(const char *path)
{
  struct stat st;

  if (stat(path, &st) == 0 || errno == EACCES)
    return TOOL_DONE;
  ui_complain("why", "%s: %s, expected a .smt recording or a run's folder", path, strerror(errno));
  return TOOL_WRONG;
}

int verb_why(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "PATH [EVENT]", doc, NULL, NULL, NULL };
  static char name[] = "smmulator why";
  struct request r = { 0 };
  struct why_list *list;
  struct trace_error err;
  int rc;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &r) != 0 || r.wrong)
    return TOOL_WRONG;
  rc = check_path(r.path);
  if (rc)
    return rc;
  rc = why_list_open(&list, r.path, &err);
  if (rc)
    return fail(rc, &err);
  if (why_list_cut(list))
    ui_complain("why", "%s: the recording is cut: %s", r.path, why_list_cut(list));
  rc = r.event ? show_path(&r, list) : show_list(&r, list);
  why_list_close(list);
  return rc;
}
