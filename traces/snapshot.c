/* Snapshot: the JSON part, and the questions asked of a snapshot. See snapshot.h. */
#include "traces/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "smmu/err.h"
#include "traces/snapshot_internal.h"

bool snapshot_number(const char *text, uint64_t *value)
{
  char *end;

  if (*text < '0' || *text > '9')
    return false;
  errno = 0;
  *value = strtoull(text, &end, text[0] == '0' && text[1] == 'x' ? 16 : 10);
  return errno == 0 && *end == '\0';
}

void *snapshot_append(void **array, size_t *count, size_t width)
{
  /* Capacity is the next power of two, so it need not be stored. */
  if ((*count & (*count - 1)) == 0) {
    size_t capacity = *count ? *count * 2 : 1;
    void *grown = realloc(*array, capacity * width);

    if (!grown)
      return NULL;
    *array = grown;
  }
  memset((char *)*array + *count * width, 0, width);
  return (char *)*array + (*count)++ * width;
}

/* Numbers appear as JSON integers and as "0x..." strings. */
static bool json_number(const json_t *value, uint64_t *out)
{
  if (json_is_integer(value) && json_integer_value(value) >= 0) {
    *out = (uint64_t)json_integer_value(value);
    return true;
  }
  return json_is_string(value) && snapshot_number(json_string_value(value), out);
}

static int bad_json(struct snapshot_reading *r, const char *key, const char *expected)
{
  return trace_fail(r->err, SMMU_ERR_FORMAT, "%s: key \"%s\" is missing or wrong, expected %s",
                    r->path, key, expected);
}

static int read_registers(struct snapshot_reading *r, const json_t *root)
{
  json_t *values = json_object_get(root, "registers");
  json_t *offsets = json_object_get(root, "register_offsets");
  const char *name;
  json_t *value;

  if (!json_is_object(values))
    return bad_json(r, "registers", "an object of names and values");
  if (!json_is_object(offsets))
    return bad_json(r, "register_offsets", "an object of names and offsets");
  json_object_foreach(values, name, value)
  {
    struct snapshot_register *reg =
      snapshot_append((void **)&r->snap->registers, &r->snap->register_count, sizeof(*reg));

    if (!reg)
      return trace_fail(r->err, SMMU_ERR_NOMEM, "%s: out of memory", r->path);
    snprintf(reg->name, sizeof(reg->name), "%s", name);
    if (!json_number(value, &reg->value) ||
        !json_number(json_object_get(offsets, name), &reg->offset))
      return bad_json(r, name, "a value in \"registers\" and an offset in \"register_offsets\"");
  }
  return 0;
}

static int read_structure(struct snapshot_reading *r, const json_t *from, uint64_t sid, bool is_cd)
{
  json_t *words = json_object_get(from, "words");
  struct snapshot_structure *s =
    snapshot_append((void **)&r->snap->structures, &r->snap->structure_count, sizeof(*s));
  bool good = json_array_size(words) == 8;

  if (!s)
    return trace_fail(r->err, SMMU_ERR_NOMEM, "%s: out of memory", r->path);
  memset(s, 0, sizeof(*s));
  s->sid = (uint32_t)sid;
  s->is_cd = is_cd;
  good = good && json_number(json_object_get(from, "addr"), &s->addr) && s->addr % 64 == 0;
  for (unsigned i = 0; good && i < 8; i++)
    good = json_number(json_array_get(words, i), &s->words[i]);
  return good ? 0
              : bad_json(r, is_cd ? "cds" : "valid_stes_not_abort", "an address and eight words");
}

/* Streams in use, with their CDs. A snapshot without the list has no second source, that is all. */
static int read_structures(struct snapshot_reading *r, const json_t *root)
{
  json_t *stes = json_object_get(root, "valid_stes_not_abort");
  int rc = 0;

  for (size_t i = 0; i < json_array_size(stes) && !rc; i++) {
    const json_t *ste = json_array_get(stes, i);
    json_t *cds = json_object_get(ste, "cds");
    uint64_t sid = 0;

    json_number(json_object_get(ste, "sid"), &sid);
    rc = read_structure(r, ste, sid, false);
    for (size_t n = 0; n < json_array_size(cds) && !rc; n++)
      rc = read_structure(r, json_array_get(cds, n), sid, true);
  }
  return rc;
}

static int read_json(struct snapshot_reading *r)
{
  struct trace_snapshot *s = r->snap;
  json_error_t why;
  json_t *root;
  int rc;

  snprintf(r->path, sizeof(r->path), "%s/%s.json", r->dir, s->prefix);
  errno = 0;
  root = json_load_file(r->path, 0, &why);
  if (!root && why.line <= 0) {
    if (errno == ENOENT)
      return trace_fail(r->err, SMMU_ERR_EMPTY, "%s: no such file", r->path);
    return trace_fail(r->err, SMMU_ERR_IO, "%s: %s", r->path, why.text);
  }
  if (!root)
    return trace_fail(r->err, SMMU_ERR_FORMAT, "%s:%d:%d: %s, expected JSON", r->path, why.line,
                      why.column, why.text);
  if (!json_is_object(root))
    rc = trace_fail(r->err, SMMU_ERR_FORMAT, "%s:1: expected a JSON object", r->path);
  else if (!json_number(json_object_get(root, "log_lines"), &s->log_lines))
    rc = bad_json(r, "log_lines", "a number of lines");
  else
    rc = read_registers(r, root);
  if (!rc)
    rc = read_structures(r, root);
  /* Both or none: a machine without a recorded size has memory wherever the log finds some. */
  if (!json_number(json_object_get(root, "ram_base"), &s->ram_base) ||
      !json_number(json_object_get(root, "ram_size"), &s->ram_size))
    s->ram_base = s->ram_size = 0;
  json_decref(root);
  return rc;
}

static int compare_regions(const void *a, const void *b)
{
  const struct snapshot_region *x = a, *y = b;

  return x->base < y->base ? -1 : x->base > y->base;
}

static int compare_leaves(const void *a, const void *b)
{
  const struct snapshot_leaf *x = a, *y = b;

  if (x->sid != y->sid)
    return x->sid < y->sid ? -1 : 1;
  return x->iova < y->iova ? -1 : x->iova > y->iova;
}

int snapshot_open(struct trace_snapshot **out, const char *dir, unsigned number,
                  struct trace_drops *drops, struct trace_error *err)
{
  struct trace_snapshot *s = calloc(1, sizeof(*s));
  struct snapshot_reading r = { .snap = s, .dir = dir, .drops = drops, .err = err };
  int rc;

  *out = NULL;
  if (!s)
    return trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", dir);
  s->number = number;
  snprintf(s->prefix, sizeof(s->prefix), "snap%u", number);
  rc = read_json(&r);
  if (!rc)
    rc = snapshot_read_texts(&r);
  if (rc) {
    snapshot_close(s);
    return rc;
  }
  if (s->region_count)
    qsort(s->regions, s->region_count, sizeof(*s->regions), compare_regions);
  if (s->leaf_count)
    qsort(s->leaves, s->leaf_count, sizeof(*s->leaves), compare_leaves);
  *out = s;
  return 0;
}

static void free_ring(struct snapshot_ring *r)
{
  free(r->words);
  free(r->present);
}

void snapshot_close(struct trace_snapshot *s)
{
  if (!s)
    return;
  free(s->registers);
  free(s->structures);
  free(s->regions);
  free(s->pairs);
  free(s->leaves);
  trace_words_free(&s->image);
  free_ring(&s->cmdq);
  free_ring(&s->evtq);
  free(s);
}

bool snapshot_register_value(const struct trace_snapshot *s, const char *name, uint64_t *value)
{
  for (size_t i = 0; i < s->register_count; i++) {
    if (strcmp(s->registers[i].name, name) == 0) {
      *value = s->registers[i].value;
      return true;
    }
  }
  return false;
}

/* The region that holds addr, or NULL. */
static const struct snapshot_region *find_region(const struct trace_snapshot *s, uint64_t addr)
{
  size_t low = 0, high = s->region_count;

  while (low < high) {
    size_t mid = low + (high - low) / 2;

    if (s->regions[mid].base <= addr)
      low = mid + 1;
    else
      high = mid;
  }
  if (low == 0 || addr - s->regions[low - 1].base >= s->regions[low - 1].size)
    return NULL;
  return &s->regions[low - 1];
}

bool snapshot_word(const struct trace_snapshot *s, uint64_t addr, uint64_t *value, bool *present)
{
  bool known;

  if (!find_region(s, addr))
    return false;
  *value = 0;
  known = trace_words_get(&s->image, addr, value, NULL);
  if (present)
    *present = known;
  return true;
}

const struct snapshot_leaf *snapshot_find_leaf(const struct trace_snapshot *s, uint32_t sid,
                                               uint64_t iova)
{
  size_t low = 0, high = s->leaf_count;

  while (low < high) {
    size_t mid = low + (high - low) / 2;
    const struct snapshot_leaf *leaf = &s->leaves[mid];

    if (leaf->sid < sid || (leaf->sid == sid && leaf->iova <= iova))
      low = mid + 1;
    else
      high = mid;
  }
  if (low == 0 || s->leaves[low - 1].sid != sid ||
      iova - s->leaves[low - 1].iova >= s->leaves[low - 1].size)
    return NULL;
  return &s->leaves[low - 1];
}

const uint64_t *snapshot_ring_slot(const struct snapshot_ring *r, uint64_t slot)
{
  if (r->width == 0 || slot >> r->log2size || !r->present[slot])
    return NULL;
  return &r->words[slot * r->width];
}
