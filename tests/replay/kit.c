/* Helpers of the replay tests: see kit.h. */
#include "kit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim/gtest_c.h"

const char *kit_recorded(const char *run)
{
  static char path[512];

  snprintf(path, sizeof(path), "%s/traces/recorded/%s", test_source_dir(), run);
  return path;
}

const char *kit_shared(const char *run)
{
  static char path[512];

  if (!test_shared_dir())
    return NULL;
  snprintf(path, sizeof(path), "%s/traces/qemu-linux/%s", test_shared_dir(), run);
  return access(path, R_OK) == 0 ? path : NULL;
}

const char *kit_first(const struct replay_results *res)
{
  static char text[512];
  const struct replay_divergence *d = &res->first_divergence;

  snprintf(text, sizeof(text), "%s, %s line %llu, expected %s, got %s", d->what, d->file,
           (unsigned long long)d->line, d->expected, d->got);
  return d->found ? text : "none";
}

bool kit_replay(const char *path, const char *profile, struct replay_results *res)
{
  struct replay_options opt = { .tlb_profile = profile };
  struct trace_error err = { "" };
  int rc = replay_path(path, &opt, res, &err);

  if (rc)
    ADD_TEST_FAILURE("replay of %s: %d, %s", path, rc, err.text);
  return rc == 0;
}

int kit_replay_text(const char *text, size_t len, const char *profile, struct replay_results *res,
                    struct trace_error *err)
{
  struct replay_options opt = { .tlb_profile = profile };
  struct kit_dir dir;
  char path[160];
  int rc = -1;

  if (!kit_make_dir(&dir))
    return rc;
  snprintf(path, sizeof(path), "%s/log", dir.path);
  if (kit_write(&dir, "log", text, len))
    rc = replay_path(path, &opt, res, err);
  kit_remove(&dir);
  return rc;
}

bool kit_make_dir(struct kit_dir *dir)
{
  const char *base = getenv("TMPDIR");

  snprintf(dir->path, sizeof(dir->path), "%s/smmulator-replay-XXXXXX", base ? base : "/tmp");
  if (!mkdtemp(dir->path)) {
    ADD_TEST_FAILURE("no temporary folder %s", dir->path);
    return false;
  }
  return true;
}

void kit_remove(const struct kit_dir *dir)
{
  DIR *d = opendir(dir->path);
  struct dirent *entry;
  char path[512];

  while (d && (entry = readdir(d)) != NULL) {
    snprintf(path, sizeof(path), "%s/%s", dir->path, entry->d_name);
    if (entry->d_name[0] != '.')
      unlink(path);
  }
  if (d)
    closedir(d);
  rmdir(dir->path);
}

bool kit_write(const struct kit_dir *dir, const char *name, const void *bytes, size_t len)
{
  char path[512];
  FILE *f;
  bool good;

  snprintf(path, sizeof(path), "%s/%s", dir->path, name);
  f = fopen(path, "wb");
  good = f && fwrite(bytes, 1, len, f) == len;
  if (f && fclose(f) != 0)
    good = false;
  if (!good)
    ADD_TEST_FAILURE("%s could not be written", path);
  return good;
}

static char *slurp_raw(const char *path, size_t *len)
{
  FILE *f = fopen(path, "rb");
  char *bytes = NULL;

  *len = 0;
  if (f) {
    bytes = malloc(4u << 20);
    *len = bytes ? fread(bytes, 1, 4u << 20, f) : 0;
    fclose(f);
  }
  return bytes;
}

bool kit_copy_run(const struct kit_dir *dir, const char *run)
{
  DIR *d = opendir(run);
  struct dirent *entry;
  char path[1024];
  bool good = d != NULL;

  while (good && (entry = readdir(d)) != NULL) {
    size_t len;
    char *bytes;

    if (entry->d_name[0] == '.')
      continue;
    snprintf(path, sizeof(path), "%s/%s", run, entry->d_name);
    bytes = slurp_raw(path, &len);
    good = bytes && kit_write(dir, entry->d_name, bytes, len);
    free(bytes);
  }
  if (d)
    closedir(d);
  if (!good)
    ADD_TEST_FAILURE("%s could not be copied", run);
  return good;
}

char *kit_slurp_without_line(const char *path, size_t n, size_t *len)
{
  struct trace_source *source;
  struct trace_text line;
  struct trace_error err;
  char *text = NULL;
  FILE *out = open_memstream(&text, len);

  if (trace_source_open(&source, path, &err) != 0) {
    ADD_TEST_FAILURE("%s", err.text);
    fclose(out);
    free(text);
    return NULL;
  }
  while (trace_source_next(source, &line)) {
    if (line.line_no == n)
      continue;
    fwrite(line.text, 1, line.len, out);
    if (line.terminated)
      fputc('\n', out);
  }
  trace_source_close(source);
  fclose(out);
  return text;
}

char *kit_slurp(const char *path, size_t *len)
{
  return kit_slurp_without_line(path, 0, len);
}

uint64_t kit_random(uint64_t *state)
{
  uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}
