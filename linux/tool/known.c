/* What the driver is known to do wrong by the letter of the architecture: findings of the checker that are
 * true, and of which a run is not to complain again. docs/linux.md says more of each. */
#include <stddef.h>
#include <string.h>

#include <jansson.h>

#include "linux_tool/linux_tool.h"

static const struct {
  const char *rule, *what, *function;
  const char *row; /* of a verb, by its name; NULL: in any */
} known[] = {
  /* A first level descriptor of the Stream table that was invalid is filled, and no CFGI follows but those
     with Leaf = 1. */
  { "cfgi-missing", "L1STD", "arm_smmu_insert_master", NULL },
  /* At the removal of the driver, tables of the second level are given back before SMMUEN is cleared: they
     were allocated last. */
  { "table-freed-while-linked", "an L1STD leads to it", "devres_release_all", NULL },
  /* A queue of a guest is reset, and given its ring, while the guest has its page and may enable it. */
  { "register-while-enabled", "VCMDQ_", "tegra241_vcmdq_hw_deinit", "vintf-hostile" },
  { "register-while-enabled", "VCMDQ_", "tegra241_vcmdq_hw_init_user", "vintf-hostile" },
  /* What such a guest does is no fault of the driver's (linux/world/vsmmu.c). */
  { "queue-without-base", "", "enable_again_and_again", "vintf-hostile" },
  { "vcmdq-not-allocated", "", "enable_again_and_again", "vintf-hostile" },
};

static bool is_in(const json_t *where, const char *function)
{
  const json_t *frame;
  size_t i, length = strlen(function);

  json_array_foreach(where, i, frame)
  {
    const char *text = json_string_value(frame);

    if (strncmp(text, function, length) == 0 && text[length] == ' ')
      return true;
  }
  return false;
}

static bool is_known(const json_t *finding, const char *row)
{
  const char *rule = json_string_value(json_object_get(finding, "rule"));
  const char *what = json_string_value(json_object_get(finding, "what"));

  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (known[i].row && (!row || strcmp(row, known[i].row) != 0))
      continue;
    if (strcmp(rule, known[i].rule) == 0 && strstr(what, known[i].what) &&
        is_in(json_object_get(finding, "where"), known[i].function))
      return true;
  }
  return false;
}

void known_set_apart(json_t *object)
{
  json_t *all = json_object_get(object, "findings"), *rest = json_array(), *apart = json_array();
  const char *row = json_string_value(json_object_get(object, "name"));
  json_t *one;
  size_t i;

  json_array_foreach(all, i, one) json_array_append(is_known(one, row) ? apart : rest, one);
  json_object_set_new(object, "findings", rest);
  json_object_set_new(object, "known", apart);
}
