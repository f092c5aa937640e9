/* Snapshot: regions, image, mappings, translations and queues, one line at a time. See snapshot.h.
 * A missing file is an empty one: not every run has every list. */
#include "traces/snapshot_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "smmu/err.h"

#define ADDRESS_END (1ULL << 52)

typedef bool (*line_reader)(struct snapshot_reading *r, char *text, uint64_t line_no);

static void drop(struct snapshot_reading *r, enum trace_drop_reason why, uint64_t line_no)
{
  trace_drop_add(r->drops, why, r->file, line_no);
}

/* Split at commas, in place; returns the number of fields, at most max. */
static unsigned split_csv(char *text, char **field, unsigned max)
{
  unsigned n = 0;

  text[strcspn(text, "\r")] = '\0';
  while (n < max) {
    field[n++] = text;
    text = strchr(text, ',');
    if (!text)
      break;
    *text++ = '\0';
  }
  return n;
}

/* Every reader below returns false only when memory ran out. */

static bool read_region(struct snapshot_reading *r, char *text, uint64_t line_no)
{
  struct snapshot_region region = { .line = line_no }, *slot;
  char *field[4];

  if (line_no == 1 && strncmp(text, "kind,", 5) == 0)
    return true;
  if (split_csv(text, field, 4) < 3 || !snapshot_number(field[1], &region.base) ||
      !snapshot_number(field[2], &region.size) || region.size == 0 || region.base % 8 != 0 ||
      region.size % 8 != 0 || region.base > ADDRESS_END ||
      region.size > ADDRESS_END - region.base) {
    drop(r, TRACE_DROP_SNAPSHOT_REGION, line_no);
    return true;
  }
  slot = snapshot_append((void **)&r->snap->regions, &r->snap->region_count, sizeof(*slot));
  if (slot)
    *slot = region;
  return slot != NULL;
}

/* The image is read before regions are sorted. */
static bool in_some_region(const struct trace_snapshot *s, uint64_t addr)
{
  for (size_t i = 0; i < s->region_count; i++)
    if (addr - s->regions[i].base < s->regions[i].size)
      return true;
  return false;
}

/* "LEADER: w0 w1 ..." with `count` hexadecimal words of 16 digits at most. */
static bool scan_words(char *text, uint64_t *leader, uint64_t *words, unsigned count)
{
  char *colon = strchr(text, ':');
  char *at, *end;

  if (!colon)
    return false;
  *colon = '\0';
  if (!snapshot_number(text, leader))
    return false;
  at = colon + 1;
  for (unsigned i = 0; i < count; i++) {
    errno = 0;
    words[i] = strtoull(at, &end, 16);
    if (end == at || errno || end - at > 17)
      return false;
    at = end;
  }
  return at[strspn(at, " \r")] == '\0';
}

static bool read_image(struct snapshot_reading *r, char *text, uint64_t line_no)
{
  uint64_t addr, words[8];

  if (!scan_words(text, &addr, words, 8) || addr % 64 != 0) {
    drop(r, TRACE_DROP_SNAPSHOT_IMAGE, line_no);
    return true;
  }
  if (!in_some_region(r->snap, addr)) {
    drop(r, TRACE_DROP_SNAPSHOT_OUTSIDE, line_no);
    return true;
  }
  for (unsigned i = 0; i < 8; i++)
    if (!trace_words_put(&r->snap->image, addr + 8 * i, words[i], line_no))
      return false;
  return true;
}

static bool read_leaf(struct snapshot_reading *r, char *text, uint64_t line_no)
{
  struct snapshot_leaf leaf = { .line = line_no }, *slot;
  uint64_t sid, level;
  char *field[7];

  if (line_no == 1 && strncmp(text, "sid,", 4) == 0)
    return true;
  if (split_csv(text, field, 7) != 7 || !snapshot_number(field[0], &sid) ||
      !snapshot_number(field[2], &leaf.iova) || !snapshot_number(field[3], &leaf.pa) ||
      !snapshot_number(field[4], &leaf.size) || !snapshot_number(field[5], &leaf.descriptor) ||
      !snapshot_number(field[6], &level) || level > 3 || sid > UINT32_MAX || leaf.size == 0 ||
      leaf.iova + (leaf.size - 1) < leaf.iova) {
    drop(r, TRACE_DROP_SNAPSHOT_ROW, line_no);
    return true;
  }
  leaf.sid = (uint32_t)sid;
  leaf.level = (int32_t)level;
  slot = snapshot_append((void **)&r->snap->leaves, &r->snap->leaf_count, sizeof(*slot));
  if (slot)
    *slot = leaf;
  return slot != NULL;
}

static bool pair_state(const char *text, enum snapshot_pair_state *state)
{
  static const char *const names[] = { "live", "unmapped", "remapped" };

  for (unsigned i = 0; i < 3; i++) {
    if (strcmp(text, names[i]) == 0) {
      *state = (enum snapshot_pair_state)i;
      return true;
    }
  }
  return false;
}

static bool read_pair(struct snapshot_reading *r, char *text, uint64_t line_no)
{
  struct snapshot_pair pair = { .line = line_no }, *slot;
  uint64_t sid, perm;
  char *field[6];

  if (line_no == 1 && strncmp(text, "log_line,", 9) == 0)
    return true;
  if (split_csv(text, field, 6) != 6 || !snapshot_number(field[0], &pair.log_line) ||
      !snapshot_number(field[1], &sid) || !snapshot_number(field[2], &pair.iova) ||
      !snapshot_number(field[3], &pair.pa) || !snapshot_number(field[4], &perm) || perm > 7 ||
      sid > UINT32_MAX || !pair_state(field[5], &pair.state)) {
    drop(r, TRACE_DROP_SNAPSHOT_ROW, line_no);
    return true;
  }
  pair.sid = (uint32_t)sid;
  pair.perm = (uint32_t)perm;
  slot = snapshot_append((void **)&r->snap->pairs, &r->snap->pair_count, sizeof(*slot));
  if (slot)
    *slot = pair;
  return slot != NULL;
}

/* "key=NUMBER" somewhere in the head line of a queue dump. */
static bool head_number(const char *text, const char *key, uint64_t *value)
{
  const char *at = strstr(text, key);
  char number[24];
  size_t len;

  if (!at)
    return false;
  at += strlen(key);
  len = strcspn(at, " \r");
  if (len >= sizeof(number))
    return false;
  memcpy(number, at, len);
  number[len] = '\0';
  return snapshot_number(number, value);
}

static bool start_ring(struct snapshot_reading *r, struct snapshot_ring *ring, unsigned width,
                       const char *text, uint64_t line_no)
{
  uint64_t log2size = 99;

  if (!head_number(text, "base=", &ring->base) || !head_number(text, "log2size=", &log2size) ||
      !head_number(text, "prod=", &ring->prod) || !head_number(text, "cons=", &ring->cons) ||
      log2size > 19) {
    drop(r, TRACE_DROP_SNAPSHOT_RING, line_no);
    return true;
  }
  ring->words = calloc((size_t)width << log2size, sizeof(*ring->words));
  ring->present = calloc((size_t)1 << log2size, 1);
  ring->log2size = (unsigned)log2size;
  ring->width = ring->words && ring->present ? width : 0;
  return ring->width != 0;
}

static bool read_slot(struct snapshot_reading *r, struct snapshot_ring *ring, unsigned width,
                      char *text, uint64_t line_no)
{
  uint64_t slot, words[4];

  if (text[0] == '#' && ring->width == 0)
    return start_ring(r, ring, width, text, line_no);
  if (ring->width == 0 || !scan_words(text, &slot, words, width) || slot >> ring->log2size) {
    drop(r, TRACE_DROP_SNAPSHOT_RING, line_no);
    return true;
  }
  memcpy(&ring->words[slot * width], words, width * sizeof(words[0]));
  ring->slots += !ring->present[slot];
  ring->present[slot] = 1;
  return true;
}

static bool read_command(struct snapshot_reading *r, char *text, uint64_t line_no)
{
  return read_slot(r, &r->snap->cmdq, 2, text, line_no);
}

static bool read_event(struct snapshot_reading *r, char *text, uint64_t line_no)
{
  return read_slot(r, &r->snap->evtq, 4, text, line_no);
}

static int read_file(struct snapshot_reading *r, const char *suffix, line_reader reader)
{
  char file[64];
  struct trace_source *source;
  struct trace_text line = { .line_no = 0 };
  struct stat st;
  bool good = true;
  int rc;

  snprintf(file, sizeof(file), "%s%s", r->snap->prefix, suffix);
  r->file = file;
  snprintf(r->path, sizeof(r->path), "%s/%s", r->dir, file);
  if (stat(r->path, &st) != 0 && errno == ENOENT)
    return 0;
  rc = trace_source_open(&source, r->path, r->err);
  if (rc)
    return rc;
  while (good && trace_source_next(source, &line)) {
    if (line.terminated)
      good = reader(r, line.text, line.line_no);
    else
      drop(r, TRACE_DROP_CUT_LINE, line.line_no);
  }
  if (trace_source_damage(source))
    drop(r, TRACE_DROP_DAMAGED_FILE, line.line_no);
  trace_source_close(source);
  r->file = NULL;
  return good ? 0 : trace_fail(r->err, SMMU_ERR_NOMEM, "%s: out of memory", r->path);
}

int snapshot_read_texts(struct snapshot_reading *r)
{
  static const struct {
    const char *suffix;
    line_reader reader;
  } files[] = {
    { "_regions.csv", read_region },   { "_mem.txt.zst", read_image },
    { "_mappings.csv", read_leaf },    { "_pairs.csv", read_pair },
    { "_cmdq.txt.zst", read_command }, { "_evtq.txt", read_event },
  };

  for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
    int rc = read_file(r, files[i].suffix, files[i].reader);

    if (rc)
      return rc;
  }
  return 0;
}
