/* Inside the loader: text and profiles may stand on other profiles, `depth` of them so far. They change
 * cfg also when they fail. */
#ifndef MACHINE_CONFIG_YAML_H
#define MACHINE_CONFIG_YAML_H

#include "machine/config.h"

int machine_yaml_text(struct machine_config *cfg, const char *name, const char *text, size_t len,
                      unsigned depth, struct machine_error *err);
int machine_yaml_profile(struct machine_config *cfg, const char *name, unsigned depth,
                         struct machine_error *err);

/* NULL, or what keeps the text from being read at all, and where (from 0): nested too deep, too much of
 * it. A text with mistakes of other kinds passes. */
const char *machine_yaml_shape(const char *text, size_t len, size_t *line, size_t *column);

#endif
