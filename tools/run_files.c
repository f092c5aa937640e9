/* See run_files.h. */
#include "tools/run_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "tools/machine_words.h"
#include "tools/ui.h"
#include "tools/verbs.h"
#include "traces/smt.h"
#include "watch/place.h"

enum { PATH_LENGTH = 4096, FOLDER_MOST = PATH_LENGTH - 64, FILES = 5, TRACE_FILES = 2 };

/* The last belong to the recording. */
static const char *const names[FILES] = { "config.yaml", "stats.json", "stats.txt",
                                          WATCH_PLACES_FILE, SMT_FILE_NAME };

int run_files_folder(const char *folder)
{
  struct stat st;
  int error;

  if (strlen(folder) > FOLDER_MOST)
    errno = ENAMETOOLONG;
  else if ((stat(folder, &st) == 0 && S_ISDIR(st.st_mode)) || mkdir(folder, 0777) == 0)
    return TOOL_DONE;
  error = errno;
  ui_complain("run", "%s: %s, expected a folder, or a name for a new one", folder, strerror(error));
  return error == ENOENT || error == ENOTDIR || error == EEXIST || error == ENAMETOOLONG
           ? TOOL_WRONG
           : TOOL_MACHINE;
}

static void print_stat(void *ctx, const struct machine_stat *stat)
{
  if (stat->is_ratio)
    fprintf(ctx, "%-44s %24.6f # %s\n", stat->name, (double)stat->value / 1e6, stat->what);
  else
    fprintf(ctx, "%-44s %24llu # %s\n", stat->name, (unsigned long long)stat->value, stat->what);
}

static FILE *open_new(const char *folder, const char *name)
{
  char path[PATH_LENGTH];

  snprintf(path, sizeof(path), "%s/%s" RUN_FILE_NEW, folder, name);
  return fopen(path, "w");
}

static bool close_new(FILE *file, bool good)
{
  good &= !ferror(file);
  return fclose(file) == 0 && good;
}

static bool write_config(const char *folder, const struct machine_config *cfg)
{
  FILE *file = open_new(folder, names[0]);
  char head[160], *yaml;
  bool good;

  if (!file)
    return false;
  snprintf(head, sizeof(head),
           "Effective configuration, smmulator %s. Run it again: smmulator run FILE",
           machine_build_id());
  yaml = machine_config_yaml(cfg, head);
  good = close_new(file, yaml && fputs(yaml, file) >= 0);
  free(yaml);
  return good;
}

static bool write_json(const char *folder, struct json_t *json)
{
  FILE *file = open_new(folder, names[1]);

  return file && close_new(file, json && json_dumpf(json, file, JSON_INDENT(2)) == 0 &&
                                   fputc('\n', file) != EOF);
}

static bool write_stats(const char *folder, const struct machine_result *result)
{
  FILE *file = open_new(folder, names[2]);

  if (!file)
    return false;
  fputs("---------- Begin Simulation Statistics ----------\n", file);
  machine_result_each(result, print_stat, file);
  return close_new(file, fputs("---------- End Simulation Statistics   ----------\n", file) >= 0);
}

bool run_files_write(const char *folder, const struct machine_config *cfg,
                     const struct machine_result *result, struct json_t *json)
{
  bool good = write_config(folder, cfg) && write_json(folder, json) && write_stats(folder, result);

  json_decref(json);
  return good;
}

bool run_files_places(const char *folder, struct watch_places *places)
{
  FILE *file = open_new(folder, WATCH_PLACES_FILE);

  return file && close_new(file, watch_places_write(places, file));
}

static void path_of(char path[PATH_LENGTH], const char *folder, const char *name, const char *end)
{
  snprintf(path, PATH_LENGTH, "%s/%s%s", folder, name, end);
}

bool run_files_keep(const char *folder, bool trace)
{
  char from[PATH_LENGTH], to[PATH_LENGTH];

  for (unsigned i = 0; i < FILES; i++) {
    path_of(from, folder, names[i], RUN_FILE_NEW);
    path_of(to, folder, names[i], "");
    if (i + TRACE_FILES < FILES || trace) {
      if (rename(from, to) != 0)
        return false;
    } else if (unlink(to) != 0 && errno != ENOENT) {
      return false;
    }
  }
  return true;
}

void run_files_drop(const char *folder)
{
  char path[PATH_LENGTH];

  for (unsigned i = 0; i < FILES; i++) {
    path_of(path, folder, names[i], RUN_FILE_NEW);
    unlink(path);
  }
}
