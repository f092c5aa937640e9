/* See machine_words.h. */
#include "tools/machine_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "smmu/err.h"
#include "smmu_build.h"
#include "tools/ui.h"
#include "tools/verbs.h"

int machine_status(const char *verb, int rc, const struct machine_error *err)
{
  if (rc == SMMU_OK)
    return TOOL_DONE;
  ui_complain(verb, "%s", err->text[0] ? err->text : smmu_err_text(rc));
  switch (rc) {
  case SMMU_ERR_BADCFG:
  case SMMU_ERR_FORMAT: return TOOL_WRONG;
  case SMMU_ERR_LIMIT:
  case SMMU_ERR_DEADLOCK: return TOOL_DIFFERS;
  default: return TOOL_MACHINE;
  }
}

bool machine_settings_add(struct machine_settings *s, const char *verb, const char *assignment)
{
  if (s->count == sizeof(s->set) / sizeof(s->set[0])) {
    ui_complain(verb, "--set %s is one too many, expected at most 64", assignment);
    return false;
  }
  s->set[s->count++] = assignment;
  return true;
}

int machine_settings_apply(const struct machine_settings *s, struct machine_config *cfg,
                           struct machine_error *err)
{
  int rc = SMMU_OK;

  for (unsigned i = 0; i < s->count && rc == SMMU_OK; i++) {
    struct machine_error why;

    rc = machine_config_set(cfg, s->set[i], &why);
    if (rc != SMMU_OK)
      snprintf(err->text, sizeof(err->text), "--set: %.700s", why.text);
  }
  return rc;
}

bool machine_number(const char *verb, const char *option, const char *text, uint64_t least,
                    uint64_t most, uint64_t *value)
{
  char *end;

  errno = 0;
  *value = strtoull(text, &end, 10);
  if (!errno && end != text && !*end && *text >= '0' && *text <= '9' && *value >= least &&
      *value <= most)
    return true;
  ui_complain(verb, "%s is \"%s\", expected a number from %llu to %llu", option, text,
              (unsigned long long)least, (unsigned long long)most);
  return false;
}

/* ---- JSON ---- */

json_t *machine_value_json(unsigned key, uint64_t value)
{
  char word[48];

  if (machine_key_at(key)->unit != MACHINE_UNIT_CHOICE)
    return json_integer((json_int_t)value);
  machine_value_print(key, value, word, sizeof(word));
  return json_string(word);
}

json_t *machine_config_json(const struct machine_config *cfg)
{
  json_t *object = json_object();

  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++)
    json_object_set_new(object, machine_key_at(i)->name, machine_value_json(i, cfg->key[i].value));
  return object;
}

/* A hash is no number to calculate with, and 64 bits do not fit into a JSON number of most readers. */
static void add_stat(void *object, const struct machine_stat *stat)
{
  char text[24];
  json_t *value;

  if (strcmp(stat->name, "sim.hash") == 0) {
    snprintf(text, sizeof(text), "%016llx", (unsigned long long)stat->value);
    value = json_string(text);
  } else if (stat->is_ratio) {
    value = json_real((double)stat->value / 1e6);
  } else {
    value = json_integer((json_int_t)stat->value);
  }
  json_object_set_new(object, stat->name, value);
}

json_t *machine_stats_json(const struct machine_result *result)
{
  json_t *object = json_object();

  machine_result_each(result, add_stat, object);
  return object;
}

const char *machine_build_id(void)
{
  return SMMU_BUILD_VERSION " (" SMMU_BUILD_ID ")";
}
