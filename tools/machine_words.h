/* What the verbs that run machines say in the same way. */
#ifndef SMMU_TOOLS_MACHINE_WORDS_H
#define SMMU_TOOLS_MACHINE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/config.h"
#include "machine/result.h"

struct json_t;

/* The exit status for what a function of machine/ returned; says why when it is none. */
int machine_status(const char *verb, int rc, const struct machine_error *err);

/* Options --set may be given often. */
struct machine_settings {
  const char *set[64];
  unsigned count;
};

/* False: too many. */
bool machine_settings_add(struct machine_settings *s, const char *verb, const char *assignment);
/* 0, or what machine_config_set() gave for the first that failed. */
int machine_settings_apply(const struct machine_settings *s, struct machine_config *cfg,
                           struct machine_error *err);

/* A decimal number from least to most; says so when it is none. */
bool machine_number(const char *verb, const char *option, const char *text, uint64_t least,
                    uint64_t most, uint64_t *value);

/* Values as they are written in files: numbers in their unit, words of choices. */
struct json_t *machine_value_json(unsigned key, uint64_t value);
struct json_t *machine_config_json(const struct machine_config *cfg);
struct json_t *machine_stats_json(const struct machine_result *result);
const char *machine_build_id(void);

/* For people: where a run was, how long it took, where the time went. */
void machine_print_summary(const struct machine_config *cfg, const struct machine_result *result);

#endif
