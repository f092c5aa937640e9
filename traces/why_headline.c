/* One sentence: the largest share of an operation's time, and behind it. What counts as one thing:
 * waiting for the big lock, waiting for the SMMU, sleeping, and each cost of software. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/why_internal.h"

enum { COSTS = 65536 }; /* a record has 16 bits for them */

/* "62 %" */
static const char *percent(uint64_t ps, uint64_t total, char text[24])
{
  unsigned p = (unsigned)(((double)ps / (double)total) * 100 + 0.5);

  if (p == 0)
    snprintf(text, 24, "under 1 %%");
  else
    snprintf(text, 24, "%u %%", p);
  return text;
}

enum group { LOCK, DEVICE, SLEEP, UNKNOWN, WORK, GROUPS };

/* Sums of the stretches. WORK is a sum for each cost. */
struct sums {
  uint64_t group[GROUPS];
  uint64_t work[COSTS], times[COSTS]; /* by cost */
  uint64_t held[WHY_CPUS];            /* by CPU */
  uint64_t late, waking;              /* of SLEEP and LOCK */
  uint64_t best;                      /* the largest of the groups and costs */
  enum group best_group;
  uint32_t best_cost, holder; /* WHY_NONE: none */
  unsigned holders;
};

static enum group group_of(const struct why_list *list, const struct why_stretch *s)
{
  if (s->op != WHY_NONE && list->op[s->op].kind == list->words.lock_wait)
    return LOCK;
  switch ((enum why_cause)s->key.cause) {
  case WHY_LOCK:
  case WHY_HANDOVER: return LOCK;
  case WHY_DEVICE:
  case WHY_QUEUED:
  case WHY_DRAIN: return DEVICE;
  case WHY_WOKEN:
  case WHY_LATE:
  case WHY_ASLEEP: return SLEEP;
  case WHY_WORK: return WORK;
  default: return UNKNOWN;
  }
}

static void add(struct sums *sums, const struct why_list *list, const struct why_stretch *s)
{
  enum group group = group_of(list, s);
  uint64_t ps = s->end - s->begin, sum;

  if (group == WORK) {
    sum = sums->work[s->key.what] += ps;
    sums->times[s->key.what]++;
  } else {
    sum = sums->group[group] += ps;
  }
  if (sum > sums->best) {
    sums->best = sum;
    sums->best_group = group;
    sums->best_cost = s->key.what;
  }
  if (s->key.cause == WHY_LATE)
    sums->late += ps;
  if (s->key.cause == WHY_WORK && group == LOCK)
    sums->waking += ps;
  if (s->key.cause != WHY_LOCK)
    return;
  sums->holders += sums->held[s->key.other] == 0;
  sums->held[s->key.other] += ps;
  if (sums->holder == WHY_NONE || sums->held[s->key.other] > sums->held[sums->holder])
    sums->holder = s->key.other;
}

/* Why this CPU held the lock: the exit around its longest hold. */
static void purpose(const struct why_list *list, const struct why_walk *walk, uint32_t holder,
                    char *text, size_t len)
{
  const struct why_stretch *s = walk->out.data;
  uint64_t longest = 0;

  text[0] = '\0';
  for (size_t i = 0; i < walk->out.count; i++) {
    uint32_t op = s[i].other;
    char name[WHY_TEXT];
    const char *comma;

    if (s[i].key.cause != WHY_LOCK || s[i].key.other != holder || s[i].end - s[i].begin <= longest)
      continue;
    while (op != WHY_NONE && list->op[op].kind != list->words.exit)
      op = list->op[op].parent;
    if (op == WHY_NONE)
      continue;
    longest = s[i].end - s[i].begin;
    why_node_text(list, &list->op[op], name);
    comma = strchr(name, ',');
    snprintf(text, len, " for its %.60s", comma ? comma + 2 : name);
  }
}

static void say_lock(const struct why_list *list, const struct why_walk *walk,
                     const struct sums *sums, uint64_t total, char *text, size_t len)
{
  char cpu[64], why[WHY_TEXT], share[24], held[200] = "", waking[60] = "";
  bool woken_longer = true;

  if (sums->holder != WHY_NONE) {
    uint64_t longest = sums->held[sums->holder];

    why_list_cpu(list, sums->holder, cpu);
    purpose(list, walk, sums->holder, why, sizeof(why));
    woken_longer = sums->waking > longest;
    if (sums->holders == 1)
      snprintf(held, sizeof(held), "held by %.50s%s (%s)", cpu, why,
               percent(longest, total, share));
    else
      snprintf(held, sizeof(held), "held by %u CPUs in turn, longest by %.50s%s (%s)",
               sums->holders, cpu, why, percent(longest, total, share));
  }
  if (sums->waking)
    snprintf(waking, sizeof(waking), "waking up (%s)", percent(sums->waking, total, share));
  snprintf(text, len, "waiting for the big lock: %.130s%s%.130s", woken_longer ? waking : held,
           *held && *waking ? ", " : "", woken_longer ? held : waking);
}

static void say_sleep(const struct sums *sums, uint64_t total, char *text, size_t len)
{
  char share[24];

  if (sums->late)
    snprintf(text, len, "spent asleep, %s when CMD_SYNC was complete already",
             percent(sums->late, total, share));
  else
    snprintf(text, len, "spent asleep");
}

/* The two longest of its parts. */
static void say_device(const struct why_path *path, char *text, size_t len)
{
  unsigned told = 0;
  size_t n = (size_t)snprintf(text, len, "waiting for the SMMU");

  for (size_t i = 0; i < path->parts && told < 2 && n < len; i++) {
    const struct why_part *p = &path->part[i];
    const char *colon = strstr(p->what, ": ");
    char share[24];

    if ((p->cause != WHY_DEVICE && p->cause != WHY_QUEUED && p->cause != WHY_DRAIN) || !colon)
      continue;
    n += (size_t)snprintf(text + n, len - n, "%s %.80s (%s)", told ? "," : ":", colon + 2,
                          percent(p->ps, path->total, share));
    told++;
  }
}

static void say_work(const struct why_list *list, const struct sums *sums, char *text, size_t len)
{
  const char *cost =
    smt_names_find(&smt_reader_head(list->reader)->names, SMT_COST, sums->best_cost);
  uint64_t times = sums->times[sums->best_cost];

  if (times > 1)
    snprintf(text, len, "%.80s (%" PRIu64 " times)", cost ? cost : "?", times);
  else
    snprintf(text, len, "%.80s", cost ? cost : "?");
}

bool why_headline(const struct why_list *list, const struct why_walk *walk, struct why_path *path)
{
  const struct why_stretch *s = walk->out.data;
  struct sums *sums = calloc(1, sizeof(*sums));
  char what[300], share[24];

  if (!sums)
    return false;
  sums->holder = WHY_NONE;
  for (size_t i = 0; i < walk->out.count; i++)
    add(sums, list, &s[i]);
  switch (sums->best_group) {
  case LOCK: say_lock(list, walk, sums, path->total, what, sizeof(what)); break;
  case DEVICE: say_device(path, what, sizeof(what)); break;
  case SLEEP: say_sleep(sums, path->total, what, sizeof(what)); break;
  case WORK: say_work(list, sums, what, sizeof(what)); break;
  default: snprintf(what, sizeof(what), "not recorded"); break;
  }
  if (path->total)
    snprintf(path->headline, sizeof(path->headline), "%s of this %.60s was %s.",
             percent(sums->best, path->total, share), list->kind[path->op.kind].name, what);
  else
    snprintf(path->headline, sizeof(path->headline), "This %.60s took no time at all.",
             list->kind[path->op.kind].name);
  free(sums);
  return true;
}
