/* The ID registers of known devices, for `smmulator params --ids`. */
#ifndef TOOLS_PARAMS_IDS_H
#define TOOLS_PARAMS_IDS_H

#include <stdbool.h>

/* Print the rows of one device, or all names with a NULL name. An exit status of tools/ui.h. */
int params_ids(const char *name, bool json);

#endif
