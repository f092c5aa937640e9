/* Depth-first search over states, and the replay of one schedule. What a state is:
 * explore_state.c; what a transition does: explore_do.c. This file only decides where to go next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/explore_state.h"
#include "engine/stateset.h"

enum { DEFAULT_MAX_STATES = 10000000, MAX_DEPTH = EXPLORE_SCHEDULE_MAX / 4 };

/* One level of the search: the state before the transition, and which transition is tried next. */
struct level {
  struct explore_state *state;
  struct explore_move moves[EXPLORE_MOVES_MAX];
  unsigned n_moves, next;
};

struct search {
  const struct explore_program *p;
  struct explore_world world;
  struct stateset seen;
  struct level *level; /* MAX_DEPTH + 1 */
  unsigned depth;
  uint64_t max_states;
  bool witnessed;
  void (*outcome)(void *ctx, const struct explore_view *view);
  void *ctx;
  struct explore_result *out;
};

const char *explore_verdict_text(enum explore_verdict verdict)
{
  static const char *const text[] = { "holds", "forbidden outcome reached", "deadlock",
                                      "vacuous: the witness was never seen", "too many states" };

  return (unsigned)verdict < sizeof text / sizeof text[0] ? text[verdict] : "?";
}

/* The transitions taken so far, as a schedule string. */
static void write_schedule(const struct search *x)
{
  size_t len = 0;

  x->out->schedule[0] = '\0';
  for (unsigned i = 0; i < x->depth; i++) {
    const struct level *l = &x->level[i];

    len +=
      explore_move_text(&l->moves[l->next - 1], x->out->schedule + len, EXPLORE_SCHEDULE_MAX - len);
  }
}

static void note_place(const struct search *x, const struct explore_state *s)
{
  write_schedule(x);
  x->out->view = s->view;
}

/* Look at a state nobody has seen before. True: go on from here. */
static bool judge(struct search *x, struct explore_state *s, enum explore_verdict *stop)
{
  struct level *l = &x->level[x->depth];

  if (s->changed && x->p->forbidden(&s->view)) {
    note_place(x, s);
    *stop = EXPLORE_FORBIDDEN;
    return false;
  }
  if (s->changed && !x->witnessed && x->p->witness(&s->view)) {
    x->witnessed = true;
    note_place(x, s);
  }
  l->n_moves = explore_moves(&x->world, s, l->moves);
  l->next = 0;
  if (l->n_moves)
    return true;
  x->out->outcomes++;
  if (!explore_finished(&x->world, s)) {
    note_place(x, s);
    *stop = EXPLORE_DEADLOCK;
  } else if (x->outcome) {
    x->outcome(x->ctx, &s->view);
  }
  return false;
}

/* Enter the state at x->depth. */
static bool enter(struct search *x, enum explore_verdict *stop, int *err)
{
  struct explore_state *s = x->level[x->depth].state;
  uint64_t hash[2];
  int added;

  explore_hash(&x->world, s, hash);
  added = stateset_add(&x->seen, hash);
  if (added < 0)
    *err = added;
  if (added != 1)
    return false;
  if (++x->out->states > x->max_states || x->depth == MAX_DEPTH) {
    *stop = EXPLORE_LIMIT;
    return false;
  }
  if (x->depth > x->out->depth)
    x->out->depth = x->depth;
  return judge(x, s, stop);
}

static int search_all(struct search *x)
{
  enum explore_verdict stop = EXPLORE_HOLDS;
  int err = SMMU_OK;
  bool going = enter(x, &stop, &err);

  while (going && stop == EXPLORE_HOLDS && err == SMMU_OK) {
    struct level *l = &x->level[x->depth];

    if (l->next == l->n_moves) {
      if (x->depth == 0)
        break;
      x->depth--;
      continue;
    }
    explore_restore(&x->world, l->state);
    explore_copy(&x->world, l[1].state, l->state);
    explore_do(&x->world, l[1].state, &l->moves[l->next++], NULL);
    x->out->transitions++;
    x->depth++;
    if (!enter(x, &stop, &err))
      x->depth--;
  }
  if (stop == EXPLORE_HOLDS && !x->witnessed)
    stop = EXPLORE_VACUOUS;
  x->out->verdict = stop;
  return err;
}

static int allocate_levels(struct search *x)
{
  x->level = calloc(MAX_DEPTH + 2, sizeof *x->level);
  for (unsigned i = 0; x->level && i < MAX_DEPTH + 2; i++) {
    x->level[i].state = explore_state_new(&x->world);
    if (!x->level[i].state)
      return SMMU_ERR_NOMEM;
  }
  return x->level ? SMMU_OK : SMMU_ERR_NOMEM;
}

static void free_levels(struct search *x)
{
  for (unsigned i = 0; x->level && i < MAX_DEPTH + 2; i++)
    free(x->level[i].state);
  free(x->level);
}

int explore_outcomes(const struct explore_program *p, uint64_t max_states,
                     void (*outcome)(void *ctx, const struct explore_view *view), void *ctx,
                     struct explore_result *out)
{
  struct search x = { .p = p,
                      .max_states = max_states ? max_states : DEFAULT_MAX_STATES,
                      .outcome = outcome,
                      .ctx = ctx,
                      .out = out };
  int err;

  memset(out, 0, sizeof *out);
  err = explore_world_open(&x.world, p);
  if (err == SMMU_OK)
    err = stateset_init(&x.seen);
  if (err == SMMU_OK)
    err = allocate_levels(&x);
  if (err == SMMU_OK) {
    explore_first(&x.world, x.level[0].state);
    err = search_all(&x);
  }
  free_levels(&x);
  stateset_free(&x.seen);
  explore_world_close(&x.world);
  return err;
}

int explore_run(const struct explore_program *p, uint64_t max_states, struct explore_result *out)
{
  return explore_outcomes(p, max_states, NULL, NULL, out);
}

/* ---- replay ---- */

/* The move that text begins with, if it is one of the enabled ones; its length in *len. */
static const struct explore_move *match_move(const struct explore_move *moves, unsigned n,
                                             const char *text, size_t *len)
{
  const struct explore_move *best = NULL;
  char name[16];

  *len = 0;
  for (unsigned i = 0; i < n; i++) {
    size_t l = explore_move_text(&moves[i], name, sizeof name);

    if (l > *len && strncmp(name, text, l) == 0) {
      best = &moves[i];
      *len = l;
    }
  }
  return best;
}

static int follow(struct explore_world *w, struct explore_state *s, const char *schedule,
                  const struct smmu_hooks *hooks,
                  void (*step)(void *, const char *, const struct explore_view *), void *ctx,
                  struct explore_result *out)
{
  struct explore_move moves[EXPLORE_MOVES_MAX];

  while (*schedule) {
    unsigned n = explore_moves(w, s, moves);
    size_t len;
    const struct explore_move *m = match_move(moves, n, schedule, &len);
    char name[16];

    if (!m)
      return SMMU_ERR_FORMAT;
    explore_move_text(m, name, sizeof name);
    explore_do(w, s, m, hooks);
    out->transitions++;
    if (step)
      step(ctx, name, &s->view);
    if (w->p->forbidden(&s->view))
      out->verdict = EXPLORE_FORBIDDEN;
    schedule += len;
  }
  if (out->verdict == EXPLORE_HOLDS && explore_moves(w, s, moves) == 0 && !explore_finished(w, s))
    out->verdict = EXPLORE_DEADLOCK;
  return SMMU_OK;
}

int explore_replay(const struct explore_program *p, const char *schedule,
                   const struct smmu_hooks *hooks,
                   void (*step)(void *ctx, const char *transition, const struct explore_view *view),
                   void *ctx, struct explore_result *out)
{
  struct explore_world world;
  struct explore_state *s = NULL;
  int err = explore_world_open(&world, p);

  memset(out, 0, sizeof *out);
  if (err == SMMU_OK)
    s = explore_state_new(&world);
  if (err == SMMU_OK && !s)
    err = SMMU_ERR_NOMEM;
  if (err == SMMU_OK) {
    explore_first(&world, s);
    err = follow(&world, s, schedule, hooks, step, ctx, out);
    out->view = s->view;
    snprintf(out->schedule, sizeof out->schedule, "%s", schedule);
  }
  free(s);
  explore_world_close(&world);
  return err;
}
