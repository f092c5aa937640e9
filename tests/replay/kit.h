/* Helpers of the replay tests: recorded runs, temporary folders, sessions. */
#ifndef TESTS_REPLAY_KIT_H
#define TESTS_REPLAY_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/replay.h"

/* A run of traces/recorded/, or of the shared recordings (NULL when those are not here). Valid
 * until the next call. */
const char *kit_recorded(const char *run);
const char *kit_shared(const char *run);

/* Replays a path and reports a test failure when that is refused. */
bool kit_replay(const char *path, const char *profile, struct replay_results *res);

/* A log given as text. Returns replay_path()'s answer. */
int kit_replay_text(const char *text, size_t len, const char *profile, struct replay_results *res,
                    struct trace_error *err);

/* A new folder; removed, with the files in it, by kit_remove. */
struct kit_dir {
  char path[128];
};
bool kit_make_dir(struct kit_dir *dir);
void kit_remove(const struct kit_dir *dir);
bool kit_write(const struct kit_dir *dir, const char *name, const void *bytes, size_t len);
/* Copies every file of a run. */
bool kit_copy_run(const struct kit_dir *dir, const char *run);

/* The decoded text of a file (plain or .zst), 0-terminated; free() it. */
char *kit_slurp(const char *path, size_t *len);
/* The same, without the n-th line (from 1). */
char *kit_slurp_without_line(const char *path, size_t n, size_t *len);

/* The same numbers for the same seed, everywhere. */
uint64_t kit_random(uint64_t *state);

/* Writes to res what went wrong first, for messages. */
const char *kit_first(const struct replay_results *res);

#endif
