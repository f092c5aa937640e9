/* One CPU's time as stretches without gaps: its charges and sleeps in order, cut where operations
 * begin and end, where the lock changes hands and where the device goes on. */
#include <stdlib.h>

#include "traces/why_internal.h"

/* From `time` on, `op` is the innermost operation. */
struct why_change {
  uint64_t time;
  uint32_t op;
};

/* ---- the operation at a time ---- */

static bool change(struct why_walk *k, uint64_t time, uint32_t op)
{
  struct why_change *last = k->change->data, *c;

  if (k->change->count > 0 && (last[k->change->count - 1].time == time ||
                               (k->change->count == 1 && time <= k->window->begin))) {
    last[k->change->count - 1] = (struct why_change){ time, op };
    return true;
  }
  c = why_append(k->change, sizeof(*c));
  if (c)
    *c = (struct why_change){ time, op };
  return c != NULL;
}

/* Once for each CPU: those before the window are dropped as they come, those behind it are not
 * made. */
static bool make_changes(struct why_walk *k, uint32_t cpu)
{
  const struct why_op *op = k->list->op;
  uint32_t top = WHY_NONE;
  bool good = true;

  k->change = &k->changes[cpu];
  if (k->change->count > 0)
    return true;
  for (uint32_t i = k->list->first[cpu]; good && i != WHY_NONE && op[i].begin < k->window->end;
       i = op[i].next) {
    for (; good && top != WHY_NONE && top != op[i].parent; top = op[top].parent)
      good = change(k, op[top].end, op[top].parent);
    good = good && change(k, op[i].begin, i);
    top = i;
  }
  for (; good && top != WHY_NONE && op[top].end < k->window->end; top = op[top].parent)
    good = change(k, op[top].end, op[top].parent);
  return good;
}

/* Begin at a time. */
static void seek_change(struct why_walk *k, uint64_t time)
{
  const struct why_change *c = k->change->data;
  size_t low = 0, high = k->change->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (c[middle].time <= time)
      low = middle + 1;
    else
      high = middle;
  }
  k->at_change = low;
}

/* Called with times that do not go back. Until when it holds goes into *until (at most that). */
static uint32_t op_at(struct why_walk *k, uint64_t time, uint64_t *until)
{
  const struct why_change *c = k->change->data;

  while (k->at_change < k->change->count && c[k->at_change].time <= time)
    k->at_change++;
  if (k->at_change < k->change->count && c[k->at_change].time < *until)
    *until = c[k->at_change].time;
  return k->at_change ? c[k->at_change - 1].op : WHY_NONE;
}

/* ---- what a stretch was ---- */

static bool put(struct why_walk *k, uint64_t begin, uint64_t end, struct why_stretch s)
{
  struct why_stretch *out = why_append(&k->out, sizeof(*out));
  uint32_t op = s.op;

  if (!out)
    return false;
  s.begin = begin;
  s.end = end;
  s.order = (uint32_t)(k->out.count - 1);
  if (k->target)
    s.key.op_key = op == WHY_NONE ? 0 : k->node[op] == WHY_NONE ? 0 : k->node[op];
  else
    s.key.op_key = op == WHY_NONE ? 0 : k->list->op[op].kind + 1u;
  *out = s;
  return true;
}

static bool is_kind(const struct why_walk *k, uint32_t op, unsigned kind)
{
  return op != WHY_NONE && k->list->op[op].kind == kind;
}

/* Asleep on the big lock in [begin, end). Two do not hold it at a time; where a recording says so,
 * the one who took it first counts. */
static bool put_lock(struct why_walk *k, uint64_t begin, uint64_t end, struct why_stretch s)
{
  const uint32_t *holder = k->holder.data;
  bool good = true;

  while (k->at_holder < k->holder.count && k->list->op[holder[k->at_holder]].end <= begin)
    k->at_holder++;
  for (size_t i = k->at_holder; good && begin < end && i < k->holder.count; i++) {
    const struct why_op *h = &k->list->op[holder[i]];
    uint64_t to = h->end < end ? h->end : end;

    if (h->end <= begin)
      continue;
    if (h->begin >= end)
      break;
    if (h->begin > begin) {
      s.key.cause = WHY_HANDOVER;
      s.key.other = WHY_NONE;
      good = put(k, begin, h->begin, s);
      begin = h->begin;
    }
    s.key.cause = WHY_LOCK;
    s.key.other = h->cpu;
    s.other = holder[i];
    good = good && put(k, begin, to, s);
    begin = to;
  }
  s.key.cause = WHY_HANDOVER;
  s.key.other = WHY_NONE;
  return good && (begin >= end || put(k, begin, end, s));
}

/* In a wait for CMD_SYNC that is not complete: what the device did counts, not how software passed
 * the time. `s` is what it is otherwise. */
static bool put_device(struct why_walk *k, uint64_t begin, uint64_t end, struct why_stretch s)
{
  bool good = true;

  if (k->link_op != s.op) {
    k->link = why_device_link(k->list, k->window, &k->list->op[s.op]);
    k->link_op = s.op;
  }
  while (good && begin < end) {
    struct why_stretch part = s;
    uint64_t until = end;
    bool served = k->link.actor != WHY_NONE && begin >= k->link.begin && begin < k->link.end;
    enum why_cause cause;
    uint32_t owner, stage;

    if (served) {
      if (k->link.end < until)
        until = k->link.end;
      served =
        why_device_at(k->list, k->window, k->link.actor, begin, &until, &cause, &stage, &owner);
    } else if (k->link.actor != WHY_NONE && begin < k->link.begin && k->link.begin < until) {
      until = k->link.begin;
    }
    if (served) {
      part.key.cause = cause;
      part.key.what = stage;
      part.key.other = owner == k->cpu ? WHY_NONE : owner;
    } else if (s.key.cause == WHY_ASLEEP && k->link.actor != WHY_NONE && begin >= k->link.end) {
      part.key.cause = WHY_LATE;
    }
    good = put(k, begin, until, part);
    begin = until;
  }
  return good;
}

/* [begin, end) of one operation. */
static bool put_one(struct why_walk *k, uint64_t begin, uint64_t end, struct why_stretch s)
{
  if (s.key.cause != WHY_UNKNOWN && is_kind(k, s.op, k->list->words.sync_wait))
    return put_device(k, begin, end, s);
  if (s.key.cause == WHY_ASLEEP && is_kind(k, s.op, k->list->words.lock_wait) && k->target)
    return put_lock(k, begin, end, s);
  return put(k, begin, end, s);
}

/* [begin, end), cut where operations begin and end. */
static bool put_cut(struct why_walk *k, uint64_t begin, uint64_t end, struct why_stretch s)
{
  while (begin < end) {
    uint64_t until = end;

    s.op = op_at(k, begin, &until);
    if (!put_one(k, begin, until, s))
      return false;
    begin = until;
  }
  return true;
}

/* What a piece was by itself. A CPU that another one woke fetches the line that one wrote. */
static struct why_stretch describe(const struct why_walk *k, const struct why_piece *p,
                                   const struct why_piece *next)
{
  struct why_stretch s = { .units = p->units, .key = { 0, WHY_WORK, p->what, WHY_NONE } };
  uint32_t waker = WHY_NONE;

  if (!p->asleep)
    return s;
  if (next && !next->asleep && next->begin == p->end && next->what == k->list->words.line_move)
    waker = why_who_acted(k->window, p->cpu, p->end);
  s.key = (struct why_key){ 0, waker == WHY_NONE ? WHY_ASLEEP : WHY_WOKEN, 0, waker };
  return s;
}

bool why_walk_run(struct why_walk *walk, uint32_t cpu, uint64_t begin, uint64_t end)
{
  const struct why_piece *p = walk->window->piece.data;
  const struct why_stretch unknown = { .key = { 0, WHY_UNKNOWN, 0, WHY_NONE } };
  size_t last, i;
  bool good = make_changes(walk, cpu);

  walk->cpu = cpu;
  walk->at_holder = 0;
  walk->link_op = WHY_NONE;
  seek_change(walk, begin);
  for (i = why_first_piece(walk->window, cpu, begin, &last); good && i < last && begin < end; i++) {
    uint64_t from = p[i].begin > begin ? p[i].begin : begin;
    uint64_t to = p[i].end < end ? p[i].end : end;

    if (to <= begin || from >= end)
      continue;
    if (from > begin)
      good = put_cut(walk, begin, from, unknown);
    good = good && put_cut(walk, from, to, describe(walk, &p[i], i + 1 < last ? &p[i + 1] : NULL));
    begin = to;
  }
  return good && (begin >= end || put_cut(walk, begin, end, unknown));
}

/* ---- holders of the lock ---- */

static int by_begin(const void *a, const void *b, void *ops)
{
  const struct why_op *op = ops;
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

  if (op[x].begin != op[y].begin)
    return op[x].begin < op[y].begin ? -1 : 1;
  return x < y ? -1 : x > y;
}

bool why_walk_init(struct why_walk *walk, const struct why_list *list,
                   const struct why_window *window, uint32_t waiter)
{
  *walk = (struct why_walk){ .list = list, .window = window, .link_op = WHY_NONE };
  walk->changes = calloc(WHY_CPUS, sizeof(walk->changes[0]));
  if (!walk->changes)
    return false;
  for (uint32_t i = 0; i < list->count; i++) {
    const struct why_op *op = &list->op[i];
    uint32_t *h;

    if (op->kind != list->words.big_lock || op->cpu == waiter || op->begin >= window->end ||
        op->end <= window->begin)
      continue;
    h = why_append(&walk->holder, sizeof(*h));
    if (!h)
      return false;
    *h = i;
  }
  if (walk->holder.count)
    qsort_r(walk->holder.data, walk->holder.count, sizeof(uint32_t), by_begin, list->op);
  return true;
}

void why_walk_free(struct why_walk *walk)
{
  free(walk->holder.data);
  free(walk->out.data);
  for (unsigned i = 0; i < WHY_CPUS && walk->changes; i++)
    free(walk->changes[i].data);
  free(walk->changes);
}
