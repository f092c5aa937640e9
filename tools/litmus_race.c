/* The schedule that `smmulator litmus NAME` tells: built move by move with explore_replay() as
 * the judge of what is enabled, so it knows nothing of the device. The explorer proves; this only
 * chooses among its witnesses the one a reader learns most from. */
#include <stdio.h>
#include <string.h>

#include "smmu/err.h"
#include "tools/litmus_words.h"

enum { MOVES_MAX = 400, HEAD_START_MAX = 24 };

struct race {
  const struct explore_program *p;
  char schedule[EXPLORE_SCHEDULE_MAX];
  size_t length;
  unsigned moves;
  bool witnessed, marked, unfilled;
};

static void on_record(void *ctx, const struct smmu_record *r)
{
  struct race *x = ctx;

  x->marked = x->marked || r->category == SMMU_TRACE_MARK;
  x->unfilled = x->unfilled || r->category == SMMU_TRACE_NOFILL;
}

static void on_step(void *ctx, const char *transition, const struct explore_view *view)
{
  struct race *x = ctx;

  (void)transition;
  x->witnessed = x->witnessed || x->p->witness(view);
}

/* One transition of this mover, the first choice where it has one; false when it cannot move. */
static bool move(struct race *x, char mover)
{
  struct explore_result ignored;

  if (x->moves == MOVES_MAX || x->length + 8 > sizeof(x->schedule))
    return false;
  for (unsigned i = 0; i < 2; i++) {
    char text[8];

    snprintf(text, sizeof(text), "%c%s", mover, i == 0 ? "" : "*0");
    snprintf(x->schedule + x->length, sizeof(x->schedule) - x->length, "%s", text);
    if (explore_replay(x->p, x->schedule, NULL, NULL, NULL, &ignored) == SMMU_OK) {
      x->length += strlen(text);
      x->moves++;
      return true;
    }
  }
  x->schedule[x->length] = '\0';
  return false;
}

/* Each of these in turn, as far as it gets, until none can move. */
static void exhaust(struct race *x, const char *movers)
{
  bool moved = true;

  while (moved) {
    moved = false;
    for (const char *m = movers; *m; m++) {
      while (move(x, *m))
        moved = true;
    }
  }
}

/* DMA of thread `first` takes `steps` steps, then all others work, then it goes on, then the
 * rest. */
static void build(struct race *x, char first, unsigned steps, const char *others)
{
  char all[16];

  x->length = x->moves = 0;
  x->schedule[0] = '\0';
  if (!move(x, first))
    return;
  while (steps > 0 && move(x, '0'))
    steps--;
  if (steps > 0)
    return;
  exhaust(x, others);
  snprintf(all, sizeof(all), "0123%s", others);
  exhaust(x, all);
  while (move(x, first))
    exhaust(x, all);
}

static bool is_witness(struct race *x)
{
  struct smmu_hooks hooks = { x, on_record };
  struct explore_result result;

  x->witnessed = x->marked = x->unfilled = false;
  return explore_replay(x->p, x->schedule, &hooks, on_step, x, &result) == SMMU_OK &&
         result.verdict == EXPLORE_HOLDS && x->witnessed && x->marked;
}

bool litmus_race(const struct explore_program *p, char schedule[EXPLORE_SCHEDULE_MAX])
{
  struct race x = { .p = p };
  char first = '\0', others[EXPLORE_THREADS + 4] = "";
  size_t n = 0;
  bool found = false;

  for (unsigned t = 0; t < p->n_threads; t++) {
    char name = (char)('a' + t);

    if (first == '\0' && explore_is_dma(p->thread[t].op[0].kind))
      first = name;
    else if (!explore_is_dma(p->thread[t].op[0].kind))
      others[n++] = name;
  }
  snprintf(others + n, sizeof(others) - n, p->atc_entries ? "QEKP" : "QEK");
  for (unsigned steps = HEAD_START_MAX; first && steps > 0; steps--) {
    build(&x, first, steps, others);
    if (!is_witness(&x) || (found && !x.unfilled))
      continue;
    memcpy(schedule, x.schedule, x.length + 1);
    found = true;
    if (x.unfilled)
      break;
  }
  return found;
}
