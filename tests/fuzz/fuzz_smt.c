/* Bytes as a .smt recording, read and analysed: nothing in a file may bring the reader or the
 * analysis down. Two seeds of the corpus in three are repaired first, as their first byte asks:
 * with a right hash the rest of the head is looked at, with parts that add up the records are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xxhash.h>

#include "traces/smt.h"
#include "traces/why.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HASH = 56, FIXED = 64, ASKED = 8 };

/* Where the records would begin; 0: there is no whole head. */
static size_t head_end(const uint8_t *bytes, size_t size)
{
  uint32_t part[5];
  uint64_t len = FIXED;

  if (size < FIXED)
    return 0;
  memcpy(part, bytes + 20, sizeof(part));
  len += (uint64_t)part[0] + part[1] + part[3];
  len = (len + FIXED - 1) / FIXED * FIXED;
  return len <= size ? (size_t)len : 0;
}

static void repair(uint8_t *bytes, size_t size)
{
  size_t len = head_end(bytes, size);
  uint64_t hash;

  if (len == 0)
    return;
  hash = XXH64(bytes + FIXED, len - FIXED, XXH64(bytes, HASH, 0));
  memcpy(bytes + HASH, &hash, sizeof(hash));
}

static void explain(struct why_list *list)
{
  struct trace_error err;
  uint64_t sum;

  for (uint32_t i = 0; i < why_list_count(list) && i < ASKED; i++) {
    struct why_path *path;

    if (why_path_create(&path, list, i, &err) != 0)
      continue;
    sum = 0;
    for (size_t p = 0; p < path->parts; p++)
      sum += path->part[p].ps;
    if (sum != path->total || path->node[0].ps != path->total)
      abort();
    why_path_destroy(path);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static uint8_t bytes[1 << 17];
  struct trace_error err;
  struct why_list *list;
  char path[64];
  int file;

  if (size < 1 || size > sizeof(bytes))
    return 0;
  memcpy(bytes, data + 1, size - 1);
  if (data[0] % 3)
    repair(bytes, size - 1);
  file = memfd_create("fuzz", 0);
  if (file < 0 || write(file, bytes, size - 1) != (ssize_t)(size - 1))
    abort();
  snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
  if (why_list_open(&list, path, &err) == 0) {
    explain(list);
    why_list_close(list);
  }
  close(file);
  return 0;
}
