/* Runs of smmulator-linux. Without the kernel's source there is no such program, and each test says so. */
#ifndef TESTS_LINUX_KIT_H
#define TESTS_LINUX_KIT_H

#include <stdbool.h>

#include <jansson.h>

#include "shim/gtest_c.h"

/* A test that is skipped when the program is not there. */
#define LINUX_TEST(suite, name) \
  static void linux_body_##suite##_##name(void); \
  TEST_CASE(suite, name) \
  { \
    if (!linux_is_there()) \
      SKIP_TEST("%s", "the source of Linux is absent: ./dev deps linux"); \
    linux_body_##suite##_##name(); \
  } \
  static void linux_body_##suite##_##name(void)

bool linux_is_there(void);
/* Standard output of `smmulator-linux ARGS` (`smmulator-linux-faults ...` for ARGS "-faults ..."), to be freed, and the exit status (or -1). */
char *linux_run(const char *args, int *status);
/* A run that holds, and gives the same bytes twice; `other`, unless it is NULL, holds and gives others. */
void linux_repeats(const char *args, const char *other);
/* Does `--version` name a release that begins so, "7.2."? */
bool linux_is_release(const char *version, const char *release);
/* The JSON that a run prints, and its exit status; NULL with a reported failure. */
json_t *linux_json(const char *args, int *status);
long long linux_number(const json_t *object, const char *key);
/* One of a list of objects by its "name"; NULL with a reported failure. */
json_t *linux_named(json_t *list, const char *name);

#endif
