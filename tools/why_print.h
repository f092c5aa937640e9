/* `smmulator why` on the screen and as JSON. What it prints is computed in traces/why.h. */
#ifndef SMMU_TOOLS_WHY_PRINT_H
#define SMMU_TOOLS_WHY_PRINT_H

#include <stdbool.h>

#include "traces/why.h"

/* One operation. all: small parts too. False without memory. */
bool why_print_path(const struct why_path *path, bool all);
void why_print_path_json(const struct why_list *list, const struct why_path *path);
/* All kinds of operations, and which EVENT to ask for. */
bool why_print_list(const struct why_list *list, const char *path);
void why_print_list_json(const struct why_list *list);

#endif
