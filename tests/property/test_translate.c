/* The model against the naive translator (naive.h), over random worlds (gen.h): result, permissions
 * and event record.
 *
 * Every case goes through a device without caches once, and through two cached devices twice each,
 * with the fast path and without: a miss and the hit after it must say the same. SMMULATOR_CASES
 * sets how many, SMMULATOR_SEED the seed, SMMULATOR_WORLD runs a single world of it again, with
 * SMMULATOR_STORY case by case. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classes.h"
#include "dump.h"
#include "gen.h"
#include "leeway.h"
#include "rig_device.h"
#include "shim/gtest_c.h"
#include "targeted.h"

/* Memory keeps the pages of worlds that are gone, so it is made anew now and then. */
enum { VARIANTS = 24, PRESETS = 3, CASES_A_WORLD = 8, FAILURES_SHOWN = 5, WORLDS_A_MEMORY = 256 };

#if (defined(SMMU_DEBUG) && SMMU_DEBUG) || defined(__SANITIZE_ADDRESS__)
enum { CASES = 20000 };
#else
enum { CASES = 200000 };
#endif

/* The devices of one set of ID registers. */
struct machine {
  struct gen_device device;
  bool usable;
  bool groups; /* its caches keep what the Contiguous bit joins as one entry */
  struct rig_device bare, fast, slow;
};

struct run {
  struct engine_memory *memory;
  struct machine machine[VARIANTS];
  struct classes seen;
  struct leeway leeway;
  uint64_t seed, world_index, wrong;
  uint64_t before[GEN_WORDS];        /* the words of the world, before the transaction */
  uint64_t command[TARGETED_MAX][2]; /* the last invalidation that was not a sweep */
  unsigned commands;
  bool story; /* every case is printed, and what is sent after a change */
};

static uint64_t from_env(const char *name, uint64_t otherwise)
{
  const char *text = getenv(name);

  return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

/* ---- the comparison ---- */

static const char *record_difference(const struct naive_result *n, const struct rig_outcome *o)
{
  unsigned i;

  if (o->records != (n->recorded ? 1u : 0u))
    return "number of event records";
  for (i = 0; i < 4 && n->recorded; i++)
    if ((o->event[i] ^ n->dword[i]) & n->mask[i])
      return "event record";
  return NULL;
}

static const char *stall_difference(const struct machine *m, const struct rig_outcome *o)
{
  bool may_raz = !(m->device.idr[0] >> 26 & 1); /* TERM_MODEL */

  if (m->bare.answer == RIG_RETRY && !o->again)
    return "retry of a stalled transaction";
  if (o->ended != (m->bare.answer == RIG_TERMINATE_RAZWI && may_raz ? NAIVE_RAZWI : NAIVE_ABORT))
    return "end of a stalled transaction";
  return NULL;
}

/* NULL, or what differs. */
static const char *difference(const struct machine *m, const struct naive_txn *t,
                              const struct naive_result *n, const struct rig_outcome *o)
{
  const char *what;

  if (o->result.status != (uint8_t)n->status)
    return "status";
  if (o->result.event != n->event && !(n->denied && o->result.event == 0))
    return "event type";
  what = record_difference(n, o);
  if (!what && n->status == NAIVE_STALL)
    what = stall_difference(m, o);
  if (what || n->status != NAIVE_OK)
    return what;
  if (n->denied)
    return o->result.perm ? "permissions" : NULL;
  if (t->kind == NAIVE_ATS_REQUEST && n->perm == 0 && o->result.perm == 0)
    return NULL; /* it had nothing but what may be withheld */
  if (o->result.pa != n->pa)
    return "output address";
  if ((o->result.bypassed != 0) != n->bypassed)
    return "bypassed";
  if (n->attr_known && o->result.memattr != n->memattr)
    return "memory attributes";
  if (n->sh_known && o->result.shareability != n->shareability)
    return "shareability";
  if (n->bypassed && t->kind != NAIVE_ATS_REQUEST)
    return NULL;
  if ((o->result.perm ^ n->perm) & ~n->perm_may)
    return "permissions";
  if (n->size_known && (o->result.size_log2 < n->size_log2 || o->result.size_log2 > n->size_most))
    return "size";
  return NULL;
}

static bool updates_flags(const struct gen_world *w)
{
  return w->dev.idr[0] >> 6 & 3; /* HTTU */
}

/* Words as they were in `before`, but for what the transaction flips in them. */
static const char *memory_difference(const struct run *run, const struct gen_world *w,
                                     const struct naive_result *n)
{
  unsigned i, k;

  for (i = 0; i < w->words; i++) {
    uint64_t addr = w->word[i].addr;
    uint64_t diff = engine_memory_load64(w->memory, addr) ^ run->before[i];

    for (k = 0; k < n->flips && n->flip[k].addr != addr; k++)
      ;
    if (k == n->flips ? diff != 0
                      : (n->flip[k].must & ~diff) || (diff & ~(n->flip[k].must | n->flip[k].may)))
      return "memory afterwards";
  }
  return NULL;
}

static bool same_outcome(const struct rig_outcome *a, const struct rig_outcome *b)
{
  return memcmp(&a->result, &b->result, sizeof a->result) == 0 && a->records == b->records &&
         a->again == b->again && a->ended == b->ended &&
         memcmp(a->event, b->event, sizeof a->event) == 0;
}

static void print_commands(const struct run *run)
{
  unsigned i;

  for (i = 0; i < run->commands; i++)
    printf("  command %016" PRIx64 " %016" PRIx64 "\n", run->command[i][0], run->command[i][1]);
}

static void report(struct run *run, const struct gen_world *w, const struct naive_txn *t,
                   const char *what, const struct naive_result *n, const struct rig_outcome out[5])
{
  if (run->wrong++ >= FAILURES_SHOWN)
    return;
  ADD_TEST_FAILURE("world %" PRIu64 " of seed %" PRIu64 ": %s", run->world_index, run->seed, what);
  printf("  again: SMMULATOR_SEED=%" PRIu64 " SMMULATOR_WORLD=%" PRIu64 "\n", run->seed,
         run->world_index);
  dump_case(w, t, n, out);
  print_commands(run);
}

static void start_anew(struct run *run, struct machine *m, const struct gen_world *w)
{
  rig_program(&m->fast, &w->dev);
  rig_program(&m->slow, &w->dev);
  leeway_forget(&run->leeway);
}

/* One transaction through the five, each from the same memory. NULL, or what differs. */
static const char *run_devices(struct run *run, struct machine *m, struct gen_world *w,
                               const struct naive_txn *t, const struct naive_result *n,
                               struct rig_outcome out[5])
{
  struct rig_device *const rig[5] = { &m->bare, &m->fast, &m->fast, &m->slow, &m->slow };
  size_t mark = engine_memory_undo_mark(w->memory);
  const char *what = NULL;
  bool excused = leeway_applies(&run->leeway, t, n, m->groups);
  unsigned i;

  for (i = 0; i < w->words && updates_flags(w); i++)
    run->before[i] = engine_memory_load64(w->memory, w->word[i].addr);
  for (i = 0; i < 5; i++) {
    if (updates_flags(w) && (i == 1 || i == 3))
      engine_memory_undo_rewind(w->memory, mark);
    rig_translate(rig[i], t, &out[i]);
    if (!what && i == 0 && !n->constrained_unpredictable)
      what = difference(m, t, n, &out[0]);
    if (excused && i > 0)
      continue;
    if (!what && updates_flags(w) && !n->constrained_unpredictable)
      what = memory_difference(run, w, n);
    if (n->perm_may &&
        !n->constrained_unpredictable) /* a cache may not know of a page that it is dirty already */
      what = what ? what : difference(m, t, n, &out[i]);
    else if (!what && i > 0 && !same_outcome(&out[0], &out[i]))
      what = i < 3 ? "cached, fast path on" : "cached, fast path off";
  }
  leeway_learn(&run->leeway, t, n);
  if (excused && updates_flags(w)) /* they may have updated other words */
    start_anew(run, m, w);
  return what;
}

/* Case i of a world: a new transaction, or one of before, which caches may know. */
static void run_case(struct run *run, struct machine *m, struct gen_world *w,
                     struct naive_txn *used, unsigned i_case)
{
  struct naive_txn t;
  struct naive_result n;
  struct rig_outcome out[5];
  const char *what;

  if (i_case > 0 && gen_chance(w->rng, 40))
    t = used[gen_below(w->rng, i_case)];
  else
    gen_txn(w, &t);
  used[i_case] = t;
  naive_translate(&w->dev, &t, &n);
  classes_count(&run->seen, w, &t, &n);
  m->bare.answer = m->fast.answer = m->slow.answer =
    (enum rig_answer)gen_below(w->rng, RIG_ANSWERS);
  what = run_devices(run, m, w, &t, &n, out);
  if (getenv("SMMULATOR_STORY")) {
    printf("---- case %u: %s\n", i_case, what ? what : "agree");
    dump_case(w, &t, &n, out);
  }
  if (what)
    report(run, w, &t, what, &n, out);
}

/* Caches forget everything: by reset, or by command. */
static void forget(struct run *run, struct machine *m, const struct gen_world *w)
{
  bool el2 = w->dev.idr[0] >> 9 & 1;

  if (gen_chance(w->rng, 30) || !(w->dev.cr0 & 1)) {
    start_anew(run, m, w);
    return;
  }
  leeway_forget(&run->leeway);
  run->seen.commands++;
  if (!rig_invalidate_all(&m->fast, el2) || !rig_invalidate_all(&m->slow, el2)) {
    run->wrong++;
    ADD_TEST_FAILURE("world %" PRIu64 ": the command queue did not drain", run->world_index);
  }
}

/* Whether broadcasts by ASID may leave a CD's translations alone. */
static bool has_aset(const struct gen_world *w)
{
  unsigned i;

  for (i = 0; i < w->words; i++)
    if (w->word[i].kind == GEN_CD && (w->word[i].addr & 63) == 0 &&
        engine_memory_load64(w->memory, w->word[i].addr) >> 47 & 1)
      return true;
  return false;
}

/* Something in memory changes, and the caches are told: everything, or just what software owes. */
static void change(struct run *run, struct machine *m, struct gen_world *w,
                   const struct naive_txn *used, unsigned uses)
{
  bool (*send)(struct rig_device * rig, const uint64_t(*cmd)[2], unsigned n);
  unsigned first = w->changes;
  unsigned n;

  run->commands = 0;
  if (gen_chance(w->rng, 30)) {
    gen_repair(w);
    if (getenv("SMMULATOR_STORY"))
      printf("---- repair, forget all\n");
    forget(run, m, w);
    return;
  }
  gen_mutate(w);
  if (getenv("SMMULATOR_STORY"))
    printf("---- mutate\n");
  if (w->changes == first || gen_chance(w->rng, 20)) {
    if (getenv("SMMULATOR_STORY"))
      printf("---- forget all\n");
    forget(run, m, w);
    return;
  }
  n = targeted_commands(w, first, used, uses, run->command);
  if (getenv("SMMULATOR_STORY"))
    for (unsigned q = 0; q < n; q++)
      printf("---- targeted %016" PRIx64 " %016" PRIx64 "\n", run->command[q][0],
             run->command[q][1]);
  run->commands = n;
  run->seen.targeted++;
  if (run->story)
    print_commands(run);
  send = m->device.idr[0] >> 5 & 1 && !has_aset(w) && gen_chance(w->rng, 50) ? rig_broadcast
                                                                             : rig_commands;
  run->seen.broadcasts += send == rig_broadcast;
  if (!send(&m->fast, (const uint64_t(*)[2])run->command, n) ||
      !send(&m->slow, (const uint64_t(*)[2])run->command, n)) {
    run->wrong++;
    ADD_TEST_FAILURE("world %" PRIu64 ": a targeted command failed", run->world_index);
  }
}

static void run_world(struct run *run, uint64_t index)
{
  struct gen_rng rng;
  struct gen_world w[2];
  struct machine *m;
  struct naive_txn used[CASES_A_WORLD];
  size_t mark = engine_memory_undo_mark(run->memory);
  unsigned i, streams = 1;

  run->world_index = index;
  run->commands = 0;
  gen_seed(&rng, gen_mix(run->seed) ^ index);
  m = &run->machine[gen_below(&rng, VARIANTS)];
  if (!m->usable)
    m = &run->machine[0];
  gen_world(&w[0], &rng, &m->device, run->memory);
  if (gen_chance(&rng, 50) && gen_twin(&w[1], &w[0], &rng))
    streams = 2;
  rig_program(&m->bare, &w[0].dev);
  start_anew(run, m, &w[0]);
  for (i = 0; i < CASES_A_WORLD; i++) {
    struct gen_world *now = &w[gen_below(&rng, streams)];

    run_case(run, m, now, used, i);
    if (gen_chance(&rng, 36))
      change(run, m, now, used, i + 1);
  }
  gen_heal(&w[0]);
  if (streams == 2)
    gen_heal(&w[1]);
  engine_memory_undo_rewind(run->memory, mark);
}

/* ---- set up and report ---- */

static void create_machine(struct run *run, struct machine *m, unsigned variant)
{
  static const char *const fast_profile[2] = { "neutral", "qemu" };
  static const char *const slow_profile[3] = { "tiny", "neutral", "qemu" };
  uint64_t queues;
  char why[200] = "";

  memset(m, 0, sizeof *m);
  gen_draw_device(variant, &m->device, rig_accepts);
  queues = gen_reserved(&m->device);
  m->groups = variant % 2;
  m->usable =
    rig_create(&m->bare, &m->device, "none", variant % 2, run->memory, queues, why, sizeof why) &&
    rig_create(&m->fast, &m->device, fast_profile[variant % 2], variant % 2, run->memory,
               queues + 0x10000, why, sizeof why) &&
    rig_create(&m->slow, &m->device, slow_profile[variant % 3], variant % 14, run->memory,
               queues + 0x20000, why, sizeof why);
  if (m->usable) {
    engine_now_set_fast(m->slow.engine, false);
    engine_now_set_seed(m->slow.engine, variant % 5);
  } else {
    ADD_TEST_FAILURE("variant %u is refused: %s", variant, why);
  }
}

/* Others each time: world `index` is one of the first to use them. */
static void create_machines(struct run *run, uint64_t index)
{
  unsigned i, first = (unsigned)(index / WORLDS_A_MEMORY) * VARIANTS;

  if (engine_memory_create(&run->memory, ENGINE_HOLE_ZERO) != 0)
    abort();
  for (i = 0; i < VARIANTS; i++)
    create_machine(run, &run->machine[i], i < PRESETS ? i : first + i);
}

static void destroy_machines(struct run *run)
{
  unsigned i;

  for (i = 0; i < VARIANTS; i++) {
    rig_destroy(&run->machine[i].bare);
    rig_destroy(&run->machine[i].fast);
    rig_destroy(&run->machine[i].slow);
  }
  engine_memory_destroy(run->memory);
}

static void run_worlds(struct run *run, uint64_t cases)
{
  uint64_t index;

  for (index = 0; run->seen.cases < cases && run->wrong < 200; index++) {
    if (index > 0 && index % WORLDS_A_MEMORY == 0) {
      destroy_machines(run);
      create_machines(run, index);
    }
    run_world(run, index);
  }
}

TEST_CASE(Translate, AgreesWithTheNaiveTranslator)
{
  static struct run run;
  uint64_t cases = from_env("SMMULATOR_CASES", CASES);

  memset(&run, 0, sizeof run);
  run.seed = from_env("SMMULATOR_SEED", 1);
  run.story = getenv("SMMULATOR_STORY") != NULL;
  create_machines(&run, from_env("SMMULATOR_WORLD", 0));
  if (getenv("SMMULATOR_WORLD"))
    run_world(&run, from_env("SMMULATOR_WORLD", 0));
  else
    run_worlds(&run, cases);
  classes_print(&run.seen, &run.leeway, run.seed);
  if (!getenv("SMMULATOR_WORLD") && cases >= 20000)
    classes_check(&run.seen);
  EXPECT_EQ(run.wrong, 0u);
  destroy_machines(&run);
}
