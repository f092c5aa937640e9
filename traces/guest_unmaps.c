/* See guest_unmaps.h. A line reads
 *   TASK-PID [CPU] FLAGS SECONDS: unmap: IOMMU: iova=0xFIRST - 0xEND size=BYTES unmapped_size=BYTES
 * Left out: what a guest has unmapped in part only (unmapped_size counts). */
#include "traces/guest_unmaps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "smmu/err.h"

/* A command may stand so many unmaps away from its line: other CPUs trace theirs in between. */
enum { WINDOW = 512 };

static bool number(const char *text, const char *key, int base, uint64_t *value)
{
  const char *at = strstr(text, key);
  char *end;

  if (!at)
    return false;
  at += strlen(key);
  errno = 0;
  *value = strtoull(at, &end, base);
  return end != at && errno == 0;
}

static bool add(struct guest_unmaps *unmaps, const struct guest_unmap *u)
{
  struct guest_unmap *grown;

  if ((unmaps->count & (unmaps->count - 1)) == 0) {
    grown = realloc(unmaps->list, (unmaps->count ? unmaps->count * 2 : 1) * sizeof(*grown));
    if (!grown)
      return false;
    unmaps->list = grown;
  }
  unmaps->list[unmaps->count++] = *u;
  return true;
}

static int read_all(struct guest_unmaps *unmaps, struct trace_source *source, const char *name,
                    struct trace_drops *drops)
{
  struct trace_text line;

  while (trace_source_next(source, &line)) {
    struct guest_unmap u = { .line = line.line_no };
    const char *event = strstr(line.text, ": unmap: IOMMU: ");

    if (!event)
      continue;
    if (!line.terminated || !number(event, " iova=", 16, &u.iova) ||
        !number(event, " unmapped_size=", 10, &u.bytes) || u.bytes == 0)
      trace_drop_add(drops, TRACE_DROP_GUEST_LIST, name, line.line_no);
    else if (!add(unmaps, &u))
      return SMMU_ERR_NOMEM;
  }
  if (trace_source_damage(source))
    trace_drop_add(drops, TRACE_DROP_GUEST_LIST, name, 0);
  return 0;
}

int guest_unmaps_load(struct guest_unmaps *unmaps, const char *dir, struct trace_drops *drops,
                      struct trace_error *err)
{
  static const char *const names[] = { "ftrace.txt.zst", "ftrace.txt" };
  struct trace_source *source;
  struct stat st;
  char path[512];
  int rc;

  for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    int n = snprintf(path, sizeof(path), "%s/%s", dir, names[i]);

    if (n < 0 || (size_t)n >= sizeof(path) || stat(path, &st) != 0)
      continue;
    rc = trace_source_open(&source, path, err);
    if (rc)
      return rc;
    rc = read_all(unmaps, source, names[i], drops);
    trace_source_close(source);
    return rc ? trace_fail(err, rc, "%s: out of memory", path) : 0;
  }
  return 0;
}

void guest_unmaps_free(struct guest_unmaps *unmaps)
{
  free(unmaps->list);
  memset(unmaps, 0, sizeof(*unmaps));
}

struct guest_unmap *guest_unmaps_take(struct guest_unmaps *unmaps, uint64_t iova, uint64_t bytes)
{
  struct guest_unmap *begins = NULL;
  size_t end;

  while (unmaps->first < unmaps->count && unmaps->list[unmaps->first].taken)
    unmaps->first++;
  end = unmaps->count - unmaps->first < WINDOW ? unmaps->count : unmaps->first + WINDOW;
  for (size_t i = unmaps->first; i < end; i++) {
    struct guest_unmap *u = &unmaps->list[i];

    if (u->taken || iova < u->iova || iova - u->iova >= u->bytes)
      continue;
    if (bytes <= u->bytes - (iova - u->iova)) {
      begins = u;
      break;
    }
    if (!begins)
      begins = u;
  }
  if (begins)
    begins->taken = true;
  return begins;
}
