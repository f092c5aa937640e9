/* What verbs have in common that make several runs: a row for each, and whether all hold. */
#include <argp.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { SCHEMA = 1 };

static error_t on_json(int key, char *arg, struct argp_state *state)
{
  (void)arg;
  if (key != 'j')
    return ARGP_ERR_UNKNOWN;
  *(bool *)state->input = true;
  return 0;
}

bool rows_take_json(int argc, char **argv, char *program, const char *doc, bool *json)
{
  static const struct argp_option options[] = {
    { "json", 'j', NULL, 0, "Print one JSON object", 0 }, { 0 }
  };
  const struct argp argp = { options, on_json, NULL, doc, NULL, NULL, NULL };

  argv[0] = program;
  *json = false;
  return argp_parse(&argp, argc, argv, 0, NULL, json) == 0;
}

int rows_status(const struct json_t *list, bool all)
{
  const json_t *one;
  size_t i;

  if (!all)
    return TOOL_MACHINE;
  json_array_foreach(list, i, one)
  {
    if (!json_is_true(json_object_get(one, "holds")))
      return TOOL_DIFFERS;
  }
  return TOOL_DONE;
}

int rows_end(struct json_t *list, const char *key, bool json, bool all)
{
  int status = rows_status(list, all);

  if (json)
    ui_json(json_pack("{s:i, s:O}", "schema", SCHEMA, key, list));
  json_decref(list);
  return status;
}
