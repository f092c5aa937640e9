#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void program(char path[512])
{
  snprintf(path, 512, "%s/smmulator-linux", test_build_dir());
}

bool linux_is_there(void)
{
  char path[512];

  program(path);
  return access(path, X_OK) == 0;
}

char *linux_run(const char *args, int *status)
{
  char path[512], command[1024];
  struct test_run run;

  program(path);
  snprintf(command, sizeof command, "%s%s%s 2>&1", path, *args == '-' && args[1] == 'f' ? "" : " ",
           args);
  *status = -1;
  if (!test_run_program((const char *const[]){ "/bin/sh", "-c", command, NULL }, &run))
    return calloc(1, 1);
  *status = run.exit_code;
  free(run.err);
  return run.out;
}

bool linux_is_release(const char *version, const char *release)
{
  const char *at = strstr(version, ", Linux ");

  return at && strncmp(at + strlen(", Linux "), release, strlen(release)) == 0;
}

json_t *linux_json(const char *args, int *status)
{
  char *text = linux_run(args, status);
  json_error_t err;
  json_t *root = json_loads(text, 0, &err);

  if (!root)
    ADD_TEST_FAILURE("smmulator-linux %s: %s in: %.400s", args, err.text, text);
  free(text);
  return root;
}

long long linux_number(const json_t *object, const char *key)
{
  return json_integer_value(json_object_get(object, key));
}

json_t *linux_named(json_t *list, const char *name)
{
  json_t *one;
  size_t i;

  json_array_foreach(list, i, one)
  {
    if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0)
      return one;
  }
  ADD_TEST_FAILURE("%s is not in the list", name);
  return NULL;
}

void linux_repeats(const char *args, const char *other)
{
  int status = -1;
  char *first = linux_run(args, &status), *again, *different;

  EXPECT_EQ(status, 0);
  again = linux_run(args, &status);
  different = other ? linux_run(other, &status) : NULL;
  EXPECT_STREQ(first, again);
  if (different) {
    EXPECT_TRUE(strcmp(first, different) != 0);
    EXPECT_STR_CONTAINS(different, "\"holds\": true");
  }
  free(first);
  free(again);
  free(different);
}
