/* See kit.h. */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim/gtest_c.h"

int cli_shell(const char *script, char **out, char **err)
{
  char text[4096];
  size_t length = 0;
  struct test_run run;
  int exit_code;

  for (const char *c = script; *c && length < sizeof(text) - 1; c++) {
    if (*c == '@')
      length += (size_t)snprintf(text + length, sizeof(text) - length, "%s", test_tool_path());
    else
      text[length++] = *c;
  }
  text[length < sizeof(text) ? length : sizeof(text) - 1] = '\0';
  if (!test_run_program((const char *const[]){ "/bin/sh", "-c", text, NULL }, &run))
    return -1;
  exit_code = run.exit_code;
  if (out) {
    *out = run.out;
    run.out = NULL;
  }
  if (err) {
    *err = run.err;
    run.err = NULL;
  }
  free(run.out);
  free(run.err);
  return exit_code;
}

void cli_expect_refused(const char *args, int exit_code, const char *reason)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool(args, &run));
  if (run.exit_code != exit_code || *run.out || !strstr(run.err, reason))
    ADD_TEST_FAILURE("smmulator %s: returned %d, expected %d and \"%s\"\n%s%s", args, run.exit_code,
                     exit_code, reason, run.out, run.err);
  test_run_free(&run);
}

json_t *cli_json(const char *args, int *exit_code)
{
  struct test_run run;
  json_error_t why;
  json_t *root;

  if (!test_run_tool(args, &run))
    return NULL;
  root = json_loads(run.out, 0, &why);
  if (!root)
    ADD_TEST_FAILURE("%s: line %d: %s\n%s%s", args, why.line, why.text, run.out, run.err);
  *exit_code = run.exit_code;
  test_run_free(&run);
  return root;
}

json_t *cli_at(const json_t *root, const char *path)
{
  const json_t *at = root;
  char copy[256], *save = NULL;

  snprintf(copy, sizeof(copy), "%s", path);
  for (char *key = strtok_r(copy, "/", &save); key && at; key = strtok_r(NULL, "/", &save)) {
    if (json_is_array(at))
      at = json_array_get(at, strtoul(key, NULL, 10));
    else
      at = json_object_get(at, key);
  }
  return (json_t *)(uintptr_t)at;
}

void cli_expect_keys(const json_t *root, const char *const *paths)
{
  for (; *paths; paths++) {
    if (!cli_at(root, *paths))
      ADD_TEST_FAILURE("the key %s is missing", *paths);
  }
}

const char *cli_text(const json_t *root, const char *path)
{
  const char *text = json_string_value(cli_at(root, path));

  return text ? text : "";
}

bool cli_make_folder(char path[64])
{
  snprintf(path, 64, "/tmp/smmulator-cli-XXXXXX");
  if (mkdtemp(path))
    return true;
  ADD_TEST_FAILURE("no folder in /tmp");
  return false;
}

void cli_remove_folder(const char *path)
{
  struct test_run run;

  if (test_run_program((const char *const[]){ "/bin/rm", "-rf", path, NULL }, &run))
    test_run_free(&run);
}

bool cli_write_file(const char *folder, const char *name, const char *text)
{
  char path[256];
  FILE *file;
  bool good;

  snprintf(path, sizeof(path), "%s/%s", folder, name);
  file = fopen(path, "w");
  if (!file) {
    ADD_TEST_FAILURE("%s cannot be written", path);
    return false;
  }
  good = fputs(text, file) >= 0;
  return fclose(file) == 0 && good;
}

char *cli_read_source(const char *name)
{
  char path[4096], *text = NULL;
  size_t room = 1 << 20;
  FILE *file;

  snprintf(path, sizeof(path), "%s/%s", test_source_dir(), name);
  file = fopen(path, "r");
  if (file)
    text = calloc(1, room);
  if (!text || fread(text, 1, room - 1, file) == 0)
    ADD_TEST_FAILURE("%s cannot be read", path);
  if (file)
    fclose(file);
  return text;
}
