/* From stretches of time to parts, longest first, and what other CPUs did meanwhile. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/err.h"
#include "traces/why_internal.h"

/* ---- merging ---- */

static int order_keys(const struct why_key *a, const struct why_key *b)
{
  if (a->op_key != b->op_key)
    return a->op_key < b->op_key ? -1 : 1;
  if (a->cause != b->cause)
    return a->cause < b->cause ? -1 : 1;
  if (a->what != b->what)
    return a->what < b->what ? -1 : 1;
  if (a->other != b->other)
    return a->other < b->other ? -1 : 1;
  return 0;
}

static int order_stretches(const void *a, const void *b)
{
  const struct why_stretch *p = a, *q = b;
  int order = order_keys(&p->key, &q->key);

  return order ? order : p->order < q->order ? -1 : p->order > q->order;
}

static void fill_part(const struct why_walk *walk, const struct why_stretch *s,
                      struct why_part *part)
{
  const struct why_list *list = walk->list;

  why_part_text(list, s, part->what);
  part->cause = s->key.cause;
  part->node = walk->target ? s->key.op_key : WHY_NONE;
  if (s->op != WHY_NONE)
    why_node_text(list, &list->op[s->op], part->in);
  if (!walk->target && s->op != WHY_NONE) /* of a detail the kind alone */
    snprintf(part->in, sizeof(part->in), "%.80s", list->kind[list->op[s->op].kind].name);
}

/* Stretches with the same key become a part appended to *parts; the stretches are sorted by key.
 * part_of (may be NULL) gets the part of each stretch, by its order. */
static bool merge(const struct why_walk *walk, struct why_array *parts, uint32_t *part_of)
{
  struct why_stretch *s = walk->out.data;
  struct why_part *part = NULL;

  if (walk->out.count)
    qsort(s, walk->out.count, sizeof(*s), order_stretches);
  for (size_t i = 0; i < walk->out.count; i++) {
    if (i == 0 || order_keys(&s[i - 1].key, &s[i].key) != 0) {
      part = why_append(parts, sizeof(*part));
      if (!part)
        return false;
      fill_part(walk, &s[i], part);
    }
    part->ps += s[i].end - s[i].begin;
    part->count += part->count == 0 || s[i - 1].end != s[i].begin;
    if (part_of)
      part_of[s[i].order] = (uint32_t)(parts->count - 1);
  }
  return true;
}

/* ---- longest first ---- */

struct ranked {
  uint64_t ps;
  uint32_t index;
};

static int order_ranked(const void *a, const void *b)
{
  const struct ranked *p = a, *q = b;

  if (p->ps != q->ps)
    return p->ps > q->ps ? -1 : 1;
  return p->index < q->index ? -1 : p->index > q->index;
}

/* new_place[old index] of n parts. False without memory. */
static bool rank(struct why_part *part, size_t n, uint32_t *new_place)
{
  struct ranked *r = malloc((n ? n : 1) * sizeof(*r));
  struct why_part *copy = malloc((n ? n : 1) * sizeof(*copy));
  bool good = r && copy;

  for (size_t i = 0; i < n && good; i++)
    r[i] = (struct ranked){ part[i].ps, (uint32_t)i };
  if (good && n)
    qsort(r, n, sizeof(*r), order_ranked);
  for (size_t i = 0; i < n && good; i++) {
    copy[i] = part[r[i].index];
    if (new_place)
      new_place[r[i].index] = (uint32_t)i;
  }
  if (good && n)
    memcpy(part, copy, n * sizeof(*part));
  free(r);
  free(copy);
  return good;
}

/* ---- what the other CPU did ---- */

/* Stretches [first, last) of the walk are those of one part. */
static bool add_details(struct why_walk *walk, struct why_walk *other, size_t first, size_t last,
                        struct why_part *part, struct why_array *details)
{
  const struct why_stretch *s = walk->out.data;

  other->out.count = 0;
  for (size_t i = first; i < last; i++)
    if (!why_walk_run(other, s[i].key.other, s[i].begin, s[i].end))
      return false;
  part->detail = (uint32_t)details->count;
  if (!merge(other, details, NULL))
    return false;
  part->details = (uint32_t)details->count - part->detail;
  return rank((struct why_part *)details->data + part->detail, part->details, NULL);
}

static bool all_details(struct why_walk *walk, struct why_array *parts, struct why_array *details)
{
  struct why_part *part = parts->data;
  struct why_walk other;
  size_t first = 0;
  bool good = why_walk_init(&other, walk->list, walk->window, walk->cpu);

  for (size_t i = 0; i < parts->count && good; i++) {
    const struct why_stretch *s = walk->out.data;
    size_t last = first + 1;

    while (last < walk->out.count && order_keys(&s[first].key, &s[last].key) == 0)
      last++;
    if (part[i].cause == WHY_LOCK || part[i].cause == WHY_WOKEN)
      good = add_details(walk, &other, first, last, &part[i], details);
    first = last;
  }
  why_walk_free(&other);
  return good;
}

/* ---- all of it ---- */

/* Segments in order of time; neighbours of one part are one segment. */
static bool make_segments(struct why_path *path, const struct why_walk *walk,
                          const uint32_t *part_of, const uint32_t *place)
{
  const struct why_stretch *s = walk->out.data;
  struct why_segment *all = calloc(walk->out.count ? walk->out.count : 1, sizeof(*all));
  size_t n = 0;

  if (!all)
    return false;
  for (size_t i = 0; i < walk->out.count; i++)
    all[s[i].order] = (struct why_segment){ s[i].begin, s[i].end, place[part_of[s[i].order]] };
  for (size_t i = 0; i < walk->out.count; i++) {
    if (n > 0 && all[n - 1].part == all[i].part)
      all[n - 1].end = all[i].end;
    else
      all[n++] = all[i];
  }
  path->segment = all;
  path->segments = n;
  return true;
}

static bool make_parts(struct why_path *path, struct why_walk *walk)
{
  size_t n = walk->out.count ? walk->out.count : 1;
  uint32_t *part_of = calloc(n, sizeof(*part_of)), *place = calloc(n, sizeof(*place));
  struct why_array parts = { 0 }, details = { 0 };
  bool good =
    part_of && place && merge(walk, &parts, part_of) && all_details(walk, &parts, &details);

  path->part = parts.data;
  path->parts = parts.count;
  path->detail = details.data;
  path->details = details.count;
  good = good && rank(path->part, path->parts, place) && make_segments(path, walk, part_of, place);
  free(part_of);
  free(place);
  return good;
}

static bool analyse(struct why_path *path, const struct why_list *list,
                    const struct why_window *window, uint32_t index)
{
  uint32_t *node = malloc(list->count * sizeof(*node));
  struct why_walk walk;
  bool good = why_walk_init(&walk, list, window, path->op.cpu) && node;

  good = good && why_nodes_make(path, list, index, node);
  walk.target = &path->op;
  walk.node = node;
  good = good && why_walk_run(&walk, path->op.cpu, path->op.begin, path->op.end) &&
         make_parts(path, &walk);
  if (good) {
    why_nodes_add(path);
    good = why_headline(list, &walk, path);
  }
  why_walk_free(&walk);
  free(node);
  return good;
}

int why_path_create(struct why_path **out, struct why_list *list, uint32_t index,
                    struct trace_error *err)
{
  const struct why_op *op = index < list->count ? &list->op[index] : NULL;
  struct why_path *path;
  struct why_window window = { 0 };
  int rc;

  *out = NULL;
  if (!op || !op->ended)
    return trace_fail(err, SMMU_ERR_BADARG, "%s: no such operation, or it did not end",
                      smt_reader_name(list->reader));
  path = calloc(1, sizeof(*path));
  if (!path)
    return trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", smt_reader_name(list->reader));
  path->op = *op;
  path->total = op->end - op->begin;
  snprintf(path->event, sizeof(path->event), "%s#%" PRIu32, list->kind[op->kind].event, op->number);
  why_list_cpu(list, op->cpu, path->cpu);
  rc = why_window_read(&window, list, op->begin, op->end, err);
  if (!rc && !analyse(path, list, &window, index))
    rc = trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", smt_reader_name(list->reader));
  why_window_free(&window);
  if (rc)
    why_path_destroy(path);
  else
    *out = path;
  return rc;
}

void why_path_destroy(struct why_path *path)
{
  if (!path)
    return;
  free(path->node);
  free(path->part);
  free(path->detail);
  free(path->segment);
  free(path);
}
