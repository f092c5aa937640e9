/* The records that overlap a stretch of time, sorted for questions about one CPU or one queue. */
#include <stdlib.h>
#include <string.h>

#include "smmu/err.h"
#include "traces/why_internal.h"

/* Commands that are carried out in the window may have been stored and fetched before. Of those
 * records the last ones are kept, far more than queues hold. */
enum { COMMAND_BYTES = 16, EARLIER = 65536 };

struct reading {
  struct why_window *w;
  const struct why_words *words;
  struct why_store *store; /* rings of EARLIER */
  struct why_span *fetch;
  uint64_t stores, fetches; /* that went into them */
};

void *why_append(struct why_array *a, size_t width)
{
  char *at;

  if (a->count == a->room) {
    size_t room = a->room ? 2 * a->room : 256;
    void *grown = realloc(a->data, room * width);

    if (!grown)
      return NULL;
    a->data = grown;
    a->room = room;
  }
  at = (char *)a->data + a->count++ * width;
  memset(at, 0, width);
  return at;
}

/* ---- reading ---- */

static bool take_act(struct why_window *w, const struct smmu_record *r)
{
  struct why_act *a = why_append(&w->act, sizeof(*a));

  if (a)
    *a = (struct why_act){ r->word, r->actor };
  return a != NULL;
}

static bool take_piece(struct why_window *w, const struct smmu_record *r, bool asleep)
{
  struct why_piece *p;

  if (r->word <= r->time || r->time >= w->end || r->word <= w->begin)
    return true;
  p = why_append(&w->piece, sizeof(*p));
  if (!p)
    return false;
  *p = (struct why_piece){ r->time, r->word, r->addr_in, r->actor, r->result, asleep };
  if (asleep) {
    p->units = p->what = 0;
    return true;
  }
  return take_act(w, r);
}

static bool put_span(struct why_window *w, const struct why_span *span, bool fetch)
{
  struct why_span *a = why_append(&w->span, sizeof(*a));
  struct why_span *b = a && fetch ? why_append(&w->fetch, sizeof(*b)) : a;

  if (b)
    *a = *b = *span;
  return b != NULL;
}

static bool take_span(struct reading *g, const struct smmu_record *r)
{
  struct why_span span = {
    r->addr_in, r->time, r->word, r->addr_out, r->actor, r->phase, r->info, 0
  };
  bool fetch = r->phase == g->words->cmd_fetch;

  if (r->addr_in >= g->w->end)
    return true;
  if (r->word > g->w->begin)
    return put_span(g->w, &span, fetch);
  if (fetch)
    g->fetch[g->fetches++ % EARLIER] = span;
  return true;
}

static bool put_store(struct why_window *w, const struct why_store *store)
{
  struct why_store *a = why_append(&w->store, sizeof(*a));
  struct why_store *b = a ? why_append(&w->owner, sizeof(*b)) : NULL;

  if (b)
    *a = *b = *store;
  return b != NULL;
}

static bool take_store(struct reading *g, const struct smmu_record *r)
{
  struct why_store store = { r->time, r->addr_in / COMMAND_BYTES * COMMAND_BYTES, r->actor };

  if (r->time >= g->w->begin)
    return put_store(g->w, &store);
  g->store[g->stores++ % EARLIER] = store;
  return true;
}

static bool take(struct reading *g, const struct smmu_record *r)
{
  const struct why_words *words = g->words;
  struct why_sync *s;

  if (r->category == words->charge)
    return take_piece(g->w, r, false);
  if (r->category == words->sleep)
    return take_piece(g->w, r, true);
  if (r->category == words->span)
    return take_span(g, r);
  if (r->time > g->w->end)
    return true;
  if (r->category == words->store)
    return take_store(g, r);
  if (r->category != words->sync || r->time < g->w->begin)
    return true;
  s = why_append(&g->w->sync, sizeof(*s));
  if (s)
    *s = (struct why_sync){ r->time, r->actor };
  return s != NULL;
}

/* ---- order: every field counts, so that equal elements are the same ---- */

#define ORDER(a, b) \
  if ((a) != (b)) \
  return (a) < (b) ? -1 : 1

static int order_pieces(const void *a, const void *b)
{
  const struct why_piece *p = a, *q = b;

  ORDER(p->cpu, q->cpu);
  ORDER(p->begin, q->begin);
  ORDER(p->end, q->end);
  ORDER(p->asleep, q->asleep);
  ORDER(p->what, q->what);
  ORDER(p->units, q->units);
  return 0;
}

static int order_spans(const void *a, const void *b)
{
  const struct why_span *p = a, *q = b;

  ORDER(p->actor, q->actor);
  ORDER(p->arrival, q->arrival);
  ORDER(p->end, q->end);
  ORDER(p->start, q->start);
  ORDER(p->stage, q->stage);
  ORDER(p->ask, q->ask);
  ORDER(p->addr, q->addr);
  return 0;
}

static int order_fetches(const void *a, const void *b)
{
  const struct why_span *p = a, *q = b;

  ORDER(p->addr, q->addr);
  ORDER(p->end, q->end);
  return order_spans(a, b);
}

static int order_stores(const void *a, const void *b)
{
  const struct why_store *p = a, *q = b;

  ORDER(p->cpu, q->cpu);
  ORDER(p->time, q->time);
  ORDER(p->addr, q->addr);
  return 0;
}

static int order_owners(const void *a, const void *b)
{
  const struct why_store *p = a, *q = b;

  ORDER(p->addr, q->addr);
  ORDER(p->time, q->time);
  ORDER(p->cpu, q->cpu);
  return 0;
}

static int order_acts(const void *a, const void *b)
{
  const struct why_act *p = a, *q = b;

  ORDER(p->time, q->time);
  ORDER(p->cpu, q->cpu);
  return 0;
}

static int order_syncs(const void *a, const void *b)
{
  const struct why_sync *p = a, *q = b;

  ORDER(p->time, q->time);
  ORDER(p->actor, q->actor);
  return 0;
}

static void sort(struct why_array *a, size_t width, int (*order)(const void *, const void *))
{
  if (a->count)
    qsort(a->data, a->count, width, order);
}

static void link_commands(struct why_window *w, uint64_t cmd_fetch)
{
  struct why_span *s = w->span.data;

  for (size_t i = 0; i < w->span.count; i++)
    s[i].command = s[i].stage == cmd_fetch                 ? i + 1
                   : i > 0 && s[i - 1].actor == s[i].actor ? s[i - 1].command
                                                           : 0;
}

static int read_all(struct reading *g, struct smt_reader *reader, struct trace_error *err)
{
  struct smmu_record record;
  bool good = true;
  int rc = smt_reader_rewind(reader, err);

  while (!rc && good && (rc = smt_reader_next(reader, &record, err)) > 0) {
    good = take(g, &record);
    rc = 0;
  }
  for (uint64_t i = 0; i < g->stores && i < EARLIER && good; i++)
    good = put_store(g->w, &g->store[i]);
  for (uint64_t i = 0; i < g->fetches && i < EARLIER && good; i++)
    good = put_span(g->w, &g->fetch[i], true);
  return good ? rc : trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", smt_reader_name(reader));
}

int why_window_read(struct why_window *w, struct why_list *list, uint64_t begin, uint64_t end,
                    struct trace_error *err)
{
  struct reading g = { .w = w,
                       .words = &list->words,
                       .store = malloc(EARLIER * sizeof(struct why_store)),
                       .fetch = malloc(EARLIER * sizeof(struct why_span)) };
  int rc;

  memset(w, 0, sizeof(*w));
  w->begin = begin;
  w->end = end;
  rc = g.store && g.fetch
         ? read_all(&g, list->reader, err)
         : trace_fail(err, SMMU_ERR_NOMEM, "%s: out of memory", smt_reader_name(list->reader));
  free(g.store);
  free(g.fetch);
  sort(&w->piece, sizeof(struct why_piece), order_pieces);
  sort(&w->span, sizeof(struct why_span), order_spans);
  sort(&w->fetch, sizeof(struct why_span), order_fetches);
  sort(&w->store, sizeof(struct why_store), order_stores);
  sort(&w->owner, sizeof(struct why_store), order_owners);
  sort(&w->act, sizeof(struct why_act), order_acts);
  sort(&w->sync, sizeof(struct why_sync), order_syncs);
  link_commands(w, list->words.cmd_fetch);
  return rc;
}

void why_window_free(struct why_window *w)
{
  free(w->piece.data);
  free(w->span.data);
  free(w->fetch.data);
  free(w->store.data);
  free(w->owner.data);
  free(w->act.data);
  free(w->sync.data);
  memset(w, 0, sizeof(*w));
}

/* ---- questions ---- */

/* The first piece of a CPU from this number on, or of a later one. */
static size_t cpu_start(const struct why_window *w, uint64_t cpu)
{
  const struct why_piece *p = w->piece.data;
  size_t low = 0, high = w->piece.count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (p[middle].cpu < cpu)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Pieces of one CPU do not overlap in a good recording; in a bad one this may start too late, and
 * time then counts as not recorded. */
size_t why_first_piece(const struct why_window *w, uint32_t cpu, uint64_t time, size_t *end)
{
  const struct why_piece *p = w->piece.data;
  size_t low = cpu_start(w, cpu), high;

  *end = high = cpu_start(w, (uint64_t)cpu + 1);
  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (p[middle].end <= time)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

uint32_t why_who_acted(const struct why_window *w, uint32_t self, uint64_t time)
{
  const struct why_act *a = w->act.data;
  size_t low = 0, high = w->act.count;
  uint32_t found = WHY_NONE;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (a[middle].time < time)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < w->act.count && a[low].time == time; low++) {
    if (a[low].cpu == self || a[low].cpu == found)
      continue;
    if (found != WHY_NONE)
      return WHY_NONE;
    found = a[low].cpu;
  }
  return found;
}
