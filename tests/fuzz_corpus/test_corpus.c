/* The fuzz programs without a fuzzer: every seed of tests/fuzz/corpus, and reproducible noise, go
 * through the same entry points. What a fuzz run once found is kept in the corpus as a seed. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim/gtest_c.h"

int fuzz_mmio_one(const uint8_t *data, size_t size);
int fuzz_commands_one(const uint8_t *data, size_t size);
int fuzz_tables_one(const uint8_t *data, size_t size);
int fuzz_log_one(const uint8_t *data, size_t size);
int fuzz_smt_one(const uint8_t *data, size_t size);
int fuzz_inputs_one(const uint8_t *data, size_t size);

static const char *const names[6] = { "mmio", "commands", "tables", "log", "smt", "inputs" };

static int (*const entries[6])(const uint8_t *data,
                               size_t size) = { fuzz_mmio_one, fuzz_commands_one, fuzz_tables_one,
                                                fuzz_log_one,  fuzz_smt_one,      fuzz_inputs_one };

enum { SEED_MAX = 65536, NOISE = 200 };

static bool feed_file(int which, const char *path)
{
  static uint8_t bytes[SEED_MAX];
  FILE *f = fopen(path, "rb");
  size_t n;

  if (!f)
    return false;
  n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  entries[which](bytes, n);
  return true;
}

PARAM_TEST_CASE(FuzzCorpus, EverySeedPasses, names, 6)
{
  char dir[512], path[1024];
  struct dirent *entry;
  unsigned fed = 0;
  DIR *d;

  snprintf(dir, sizeof dir, "%s/tests/fuzz/corpus/%s", test_source_dir(), names[param]);
  d = opendir(dir);
  if (!d)
    FAIL_TEST("no directory %s", dir);
  while ((entry = readdir(d)) != NULL) {
    if (entry->d_name[0] == '.')
      continue;
    snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
    fed += feed_file(param, path);
  }
  closedir(d);
  EXPECT_GE(fed, 3u);
}

PARAM_TEST_CASE(FuzzCorpus, NoisePasses, names, 6)
{
  static uint8_t bytes[1024];
  uint64_t state = 1;
  unsigned i, k;

  for (i = 0; i < NOISE; i++) {
    size_t n = 1 + i * 5 % sizeof bytes;

    for (k = 0; k < n; k++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      bytes[k] = (uint8_t)(state >> 56);
    }
    entries[param](bytes, n);
  }
}
