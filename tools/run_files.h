/* The folder of `smmulator run -o`. Files are written beside those of an earlier run, under names that
 * end in ".new", and take their places together when the run has succeeded: a folder never holds files
 * of two runs. */
#ifndef SMMU_TOOLS_RUN_FILES_H
#define SMMU_TOOLS_RUN_FILES_H

#include <stdbool.h>

#include "machine/config.h"
#include "machine/result.h"

#define RUN_FILE_NEW ".new"

struct json_t;
struct watch_places;

/* Makes the folder when there is none; an exit status, with a complaint. */
int run_files_folder(const char *folder);
/* config.yaml, stats.json and stats.txt, as new files. Frees json. False: errno says why. */
bool run_files_write(const char *folder, const struct machine_config *cfg,
                     const struct machine_result *result, struct json_t *json);
/* places.txt, which belongs to trace.smt, as a new file. False: errno. */
bool run_files_places(const char *folder, struct watch_places *places);
/* The new files replace the old ones; without a trace, an old one goes. False: errno. */
bool run_files_keep(const char *folder, bool trace);
/* The new files go. */
void run_files_drop(const char *folder);

#endif
