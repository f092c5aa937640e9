/* See kit.h. */
#include "kit.h"

#include "smmu/err.h"

void kit_set(struct machine_config *cfg, const char *assignment)
{
  struct machine_error err;

  if (machine_config_set(cfg, assignment, &err) != SMMU_OK)
    ADD_TEST_FAILURE("%s", err.text);
}

void kit_start(struct machine_config *cfg, const char *const *settings)
{
  machine_config_defaults(cfg);
  for (; *settings; settings++)
    kit_set(cfg, *settings);
}

bool kit_run(const struct machine_config *cfg, struct machine_result *result)
{
  struct machine_error err;
  int rc = machine_run(cfg, NULL, result, &err);

  if (rc != SMMU_OK)
    ADD_TEST_FAILURE("%s: %s", smmu_err_name(rc), err.text);
  return rc == SMMU_OK;
}
