/* smmulator params: every parameter of a machine, its value in a profile, and where that comes from.
 */
#include <argp.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "smmu/err.h"
#include "tools/machine_words.h"
#include "tools/params_ids.h"
#include "tools/ui.h"
#include "tools/verbs.h"

enum { SCHEMA = 1, INDENT = 4 };

struct request {
  const char *glob, *profile, *ids;
  bool json, wrong;
};

static const struct argp_option options[] = {
  { "profile", 'p', "PROFILE", 0,
    "Show the values of a profile: neutral (default), published, grace-fitted, or a YAML file", 0 },
  { "ids", 'i', "DEVICE", 0,
    "Show what the ID registers of a device say, and how that is known: neutral, qemu, mmu-600, "
    "mmu-700, grace, full (key smmu.ids)",
    0 },
  { "json", 'j', NULL, 0, "Print one JSON object", 0 },
  { 0 }
};

static const char doc[] =
  "Lists the parameters of a simulated machine: name, value, range, origin, what it is and which "
  "source its value has. GLOB selects some: a name, a section, or a pattern with * and ?.\v"
  "Origins: neutral (a round figure that claims nothing), measured, published (the source is "
  "named), fitted (chosen so that a published table comes out), assumed (set by hand), chosen (what "
  "is simulated, or a value of the user).\n\n"
  "Example:\n"
  "  smmulator params\n"
  "  smmulator params vm\n"
  "  smmulator params 'smmu.*.latency' --profile published\n"
  "  smmulator params vm.exit --json\n"
  "  smmulator params --ids mmu-700";

static error_t on_option(int key, char *arg, struct argp_state *state)
{
  struct request *r = state->input;

  switch (key) {
  case 'p': r->profile = arg; return 0;
  case 'i': r->ids = arg; return 0;
  case 'j': r->json = true; return 0;
  case ARGP_KEY_ARG: r->wrong |= !ui_take_one("params", "GLOB", arg, &r->glob); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static bool is_meant(const char *glob, const char *name)
{
  size_t length = glob ? strlen(glob) : 0;

  return !glob || fnmatch(glob, name, 0) == 0 ||
         (strncmp(name, glob, length) == 0 && name[length] == '.');
}

static void print_range(unsigned id, char *text, size_t len)
{
  const struct machine_key *key = machine_key_at(id);
  char least[32], most[32];

  if (key->words) {
    snprintf(text, len, "%s", key->words);
    return;
  }
  machine_value_print(id, key->least, least, sizeof(least));
  machine_value_print(id, key->most, most, sizeof(most));
  snprintf(text, len, "%s to %s%s%s", least, most, key->unit == MACHINE_UNIT_TIME ? "" : " ",
           key->unit == MACHINE_UNIT_TIME ? "" : machine_key_unit(id));
}

static bool print_table(const struct machine_config *cfg, const char *glob)
{
  struct ui_table t;
  uint16_t shown[MACHINE_KEY_COUNT];
  unsigned count = 0;
  bool good = true;

  ui_table_start(&t, 4);
  for (unsigned i = 0; good && i < MACHINE_KEY_COUNT; i++) {
    char value[32], range[96];

    if (!is_meant(glob, machine_key_at(i)->name))
      continue;
    shown[count++] = (uint16_t)i;
    machine_value_print(i, cfg->key[i].value, value, sizeof(value));
    print_range(i, range, sizeof(range));
    good = ui_table_cell(&t, "%s", machine_key_at(i)->name) && ui_table_cell(&t, "%s", value) &&
           ui_table_cell(&t, "%s", range) &&
           ui_table_cell(&t, "%s", machine_origin_name(cfg->key[i].origin));
  }
  for (unsigned i = 0; good && i < count; i++) {
    ui_table_row(&t, i);
    printf("\n%*s", INDENT, "");
    ui_wrap(INDENT, INDENT, machine_key_at(shown[i])->what);
    if (cfg->key[shown[i]].source[0]) {
      char source[MACHINE_SOURCE_MAX + 16];

      snprintf(source, sizeof(source), "source: %s", cfg->key[shown[i]].source);
      printf("%*s", INDENT, "");
      ui_wrap(INDENT, INDENT, source);
    }
  }
  ui_table_free(&t);
  return good;
}

static void print_profiles(void)
{
  const struct machine_file *file;
  struct machine_error err;

  ui_put(UI_HEAD, "\nProfiles\n");
  for (size_t i = 0; (file = machine_file_at("profiles", i)) != NULL; i++) {
    static struct machine_config cfg;

    machine_config_defaults(&cfg);
    if (machine_config_profile(&cfg, file->name, &err) != SMMU_OK)
      continue;
    printf("  %-14.*s ", (int)strcspn(file->name, "."), file->name);
    ui_wrap(17, 17, cfg.about);
  }
}

static void print_json(const struct machine_config *cfg, const char *glob)
{
  json_t *list = json_array();

  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++) {
    const struct machine_key *key = machine_key_at(i);
    json_t *row;

    if (!is_meant(glob, key->name))
      continue;
    row = json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "name", key->name, "unit",
                    machine_key_unit(i), "value", machine_value_json(i, cfg->key[i].value),
                    "default", machine_value_json(i, key->value), "origin",
                    machine_origin_name(cfg->key[i].origin), "source", cfg->key[i].source, "what",
                    key->what);
    if (!key->words) {
      json_object_set_new(row, "least", json_integer((json_int_t)key->least));
      json_object_set_new(row, "most", json_integer((json_int_t)key->most));
    }
    json_array_append_new(list, row);
  }
  ui_json(json_pack("{s:i, s:s, s:s, s:s, s:o}", "schema", SCHEMA, "profile", cfg->profile, "about",
                    cfg->about, "fitted_on", cfg->fitted_on, "params", list));
}

static bool any_is_meant(const char *glob)
{
  const char *near;

  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++) {
    if (is_meant(glob, machine_key_at(i)->name))
      return true;
  }
  near = machine_key_nearest(glob);
  if (near)
    ui_complain("params", "no parameter \"%s\"; did you mean \"%s\"?", glob, near);
  else
    ui_complain("params", "no parameter \"%s\"; smmulator params lists them all", glob);
  return false;
}

int verb_params(int argc, char **argv)
{
  static const struct argp argp = { options, on_option, "[GLOB]", doc, NULL, NULL, NULL };
  static char name[] = "smmulator params";
  static struct machine_config cfg;
  struct machine_error err;
  struct request q = { 0 };
  int rc;

  argv[0] = name;
  if (argp_parse(&argp, argc, argv, 0, NULL, &q) != 0 || q.wrong || !any_is_meant(q.glob))
    return TOOL_WRONG;
  if (q.ids && (q.glob || q.profile)) {
    ui_complain("params", "--ids shows ID registers; expected no GLOB and no --profile with it");
    return TOOL_WRONG;
  }
  if (q.ids)
    return params_ids(q.ids, q.json);
  machine_config_defaults(&cfg);
  rc = machine_config_profile(&cfg, q.profile ? q.profile : "neutral", &err);
  if (rc != SMMU_OK)
    return machine_status("params", rc, &err);
  if (q.json) {
    print_json(&cfg, q.glob);
    return TOOL_DONE;
  }
  if (!print_table(&cfg, q.glob)) {
    ui_complain("params", "out of memory");
    return TOOL_MACHINE;
  }
  if (!q.glob)
    print_profiles();
  return TOOL_DONE;
}
