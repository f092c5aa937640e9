/* What the tests of the command line share: runs, JSON, a folder to write into. */
#ifndef TESTS_CLI_KIT_H
#define TESTS_CLI_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define CLI_RUN_F "traces/recorded/F-vfio-edu-faults"
#define CLI_RUN_T "traces/recorded/T-trapped-unmap"

/* What the program returns; 0 is success. */
enum { DIFFERS = 1, WRONG = 2, STRICT = 3, MACHINE = 4, BROKEN = 70 };

/* `smmulator ARGS` in a shell, so that redirections work; @ stands for the program. The exit
 * status, or -1; *out and *err (may be NULL) are to be freed. */
int cli_shell(const char *script, char **out, char **err);
/* `smmulator ARGS` returns exit_code, gives a reason that contains the given one, and prints nothing
 * else. */
void cli_expect_refused(const char *args, int exit_code, const char *reason);
/* The JSON a run prints, and its exit status; NULL with a reported failure. */
json_t *cli_json(const char *args, int *exit_code);
/* Every "/"-separated path is there ("tests/0/name"); reports the first that is not. */
void cli_expect_keys(const json_t *root, const char *const *paths);
json_t *cli_at(const json_t *root, const char *path);
/* Text at a path; "" when there is none. */
const char *cli_text(const json_t *root, const char *path);

/* A new folder below /tmp; remove with cli_remove_folder. */
bool cli_make_folder(char path[64]);
void cli_remove_folder(const char *path);
bool cli_write_file(const char *folder, const char *name, const char *text);
/* All of a file of the source tree; NULL with a reported failure. */
char *cli_read_source(const char *name);

#endif
