/* The model against the naive translator (naive.h), over random worlds (gen.h): result, permissions
 * and event record.
 *
 * Every case goes through a device without caches once, and through two cached devices twice each,
 * with the fast path and without: a miss and the hit after it must say the same. SMMULATOR_CASES
 * sets how many, SMMULATOR_SEED the seed, SMMULATOR_WORLD runs a single world of it again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "gen.h"
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
  struct rig_device bare, fast, slow;
};

/* How often each outcome was met, by what translated: 0 nothing or bypass, 1 stage 1, 2 stage 2, 3
 * nested. */
struct classes {
  uint64_t ok[4], razwi, silent, unrecorded;
  uint64_t fault[0x26][2][3]; /* event type, S2, CLASS */
  uint64_t unpredictable, nested, commands, targeted, broadcasts;
  uint64_t requests[4], denied, translated, ur, ca, stalled, flips;
  uint64_t feature[GEN_FEATURES];
};

struct run {
  struct engine_memory *memory;
  struct machine machine[VARIANTS];
  struct classes seen;
  uint64_t seed, world_index, cases, wrong;
  uint64_t before[GEN_WORDS];        /* the words of the world, before the transaction */
  uint64_t command[TARGETED_MAX][2]; /* the last invalidation that was not a sweep */
  unsigned commands;
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

static void count(struct classes *c, const struct gen_world *w, const struct naive_txn *t,
                  const struct naive_result *n)
{
  struct gen_device device = { .mpamidr = w->dev.mpamidr };
  uint32_t features;
  unsigned i;
  bool on = w->dev.cr0 & 1;

  c->unpredictable += n->constrained_unpredictable;
  c->nested += on && w->config == 7;
  if (n->status == NAIVE_OK && !n->denied)
    c->ok[on && !n->bypassed && w->config >= 4 ? w->config & 3 : 0]++;
  c->razwi += n->status == NAIVE_RAZWI;
  c->silent += n->status == NAIVE_ABORT && n->event == 0;
  c->unrecorded += n->event != 0 && !n->recorded;
  c->denied += n->denied;
  c->ur += n->status == NAIVE_UR;
  c->ca += n->status == NAIVE_CA;
  c->stalled += n->status == NAIVE_STALL;
  c->flips += n->flips > 0;
  if (t->kind == NAIVE_ATS_REQUEST && n->status == NAIVE_OK && !n->denied)
    c->requests[w->config & 3]++;
  c->translated += t->kind == NAIVE_ATS_TRANSLATED && n->status == NAIVE_OK;
  if (n->event && !n->denied)
    c->fault[n->event][n->s2][n->class]++;
  memcpy(device.idr, w->dev.idr, sizeof device.idr);
  features = gen_features(&device);
  for (i = 0; i < GEN_FEATURES; i++)
    c->feature[i] += features >> i & 1;
}

static void report(struct run *run, const struct gen_world *w, const struct naive_txn *t,
                   const char *what, const struct naive_result *n, const struct rig_outcome out[5])
{
  unsigned i;

  if (run->wrong++ >= FAILURES_SHOWN)
    return;
  ADD_TEST_FAILURE("world %" PRIu64 " of seed %" PRIu64 ": %s", run->world_index, run->seed, what);
  printf("  again: SMMULATOR_SEED=%" PRIu64 " SMMULATOR_WORLD=%" PRIu64 "\n", run->seed,
         run->world_index);
  dump_case(w, t, n, out);
  for (i = 0; i < run->commands; i++)
    printf("  command %016" PRIx64 " %016" PRIx64 "\n", run->command[i][0], run->command[i][1]);
}

/* One transaction through the five, each from the same memory. NULL, or what differs. */
static const char *run_devices(struct run *run, struct machine *m, struct gen_world *w,
                               const struct naive_txn *t, const struct naive_result *n,
                               struct rig_outcome out[5])
{
  struct rig_device *const rig[5] = { &m->bare, &m->fast, &m->fast, &m->slow, &m->slow };
  size_t mark = engine_memory_undo_mark(w->memory);
  const char *what = NULL;
  unsigned i;

  for (i = 0; i < w->words && updates_flags(w); i++)
    run->before[i] = engine_memory_load64(w->memory, w->word[i].addr);
  for (i = 0; i < 5; i++) {
    if (updates_flags(w) && (i == 1 || i == 3))
      engine_memory_undo_rewind(w->memory, mark);
    rig_translate(rig[i], t, &out[i]);
    if (!what && i == 0 && !n->constrained_unpredictable)
      what = difference(m, t, n, &out[0]);
    if (n->beyond && i > 0)
      continue;
    if (!what && updates_flags(w) && !n->constrained_unpredictable)
      what = memory_difference(run, w, n);
    if (n->perm_may &&
        !n->constrained_unpredictable) /* a cache may not know of a page that it is dirty already */
      what = what ? what : difference(m, t, n, &out[i]);
    else if (!what && i > 0 && !same_outcome(&out[0], &out[i]))
      what = i < 3 ? "cached, fast path on" : "cached, fast path off";
  }
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
  count(&run->seen, w, &t, &n);
  run->cases++;
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
    rig_program(&m->fast, &w->dev);
    rig_program(&m->slow, &w->dev);
    return;
  }
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
      printf("---- targeted %016" PRIx64 " %016" PRIx64 "\n", run->command[q][0], run->command[q][1]);
  run->commands = n;
  run->seen.targeted++;
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
  rig_program(&m->fast, &w[0].dev);
  rig_program(&m->slow, &w[0].dev);
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

  for (index = 0; run->cases < cases && run->wrong < 200; index++) {
    if (index > 0 && index % WORLDS_A_MEMORY == 0) {
      destroy_machines(run);
      create_machines(run, index);
    }
    run_world(run, index);
  }
}

static void print_classes(const struct run *run)
{
  static const char *const classes[3] = { "CD", "TT", "IN" };
  const struct classes *c = &run->seen;
  unsigned type, s2, class;

  printf("%" PRIu64 " cases, seed %" PRIu64 ": translated %" PRIu64 " stage 1, %" PRIu64
         " stage 2, %" PRIu64 " of %" PRIu64 " nested; passed %" PRIu64 "\n",
         run->cases, run->seed, c->ok[1], c->ok[2], c->ok[3], c->nested, c->ok[0]);
  printf("aborted without an event %" PRIu64 ", RAZ/WI %" PRIu64 ", events not recorded %" PRIu64
         ", more than one outcome allowed %" PRIu64 ", swept by command %" PRIu64
         ", by targeted commands %" PRIu64 ", %" PRIu64 " of them as broadcasts\n",
         c->silent, c->razwi, c->unrecorded, c->unpredictable, c->commands, c->targeted,
         c->broadcasts);
  printf("ATS requests granted %" PRIu64 " stage 1, %" PRIu64 " stage 2, %" PRIu64
         " nested, denied %" PRIu64 ", UR %" PRIu64 ", CA %" PRIu64 "; translated passed %" PRIu64
         "; stalled %" PRIu64 "; flags updated in %" PRIu64 "\n",
         c->requests[1], c->requests[2], c->requests[3], c->denied, c->ur, c->ca, c->translated,
         c->stalled, c->flips);
  for (type = 0; type < GEN_FEATURES; type++)
    if (c->feature[type])
      printf("  feature %s: %" PRIu64 "\n", gen_feature_names[type], c->feature[type]);
  for (type = 0; type < 0x26; type++)
    for (s2 = 0; s2 < 2; s2++)
      for (class = 0; class < 3; class ++)
        if (c->fault[type][s2][class])
          printf("  event %02x S2=%u CLASS=%s: %" PRIu64 "\n", type, s2,
                 type < 0x0b ? "-" : classes[class], c->fault[type][s2][class]);
}

/* What a run of the usual length must have met, or the generator has lost its aim. */
static void check_reach(const struct run *run)
{
  static const uint8_t config[] = { 0x02, 0x03, 0x04, 0x06, 0x08, 0x09, 0x0a };
  static const uint8_t stage2[] = { 0x0b, 0x10, 0x11, 0x12, 0x13 };
  const struct classes *c = &run->seen;
  uint64_t few = run->cases / 20000;
  unsigned i, class;

  EXPECT_GE(c->ok[3] * 5, run->cases);
  for (i = 0; i < sizeof config; i++)
    EXPECT_GE(c->fault[config[i]][0][0], few);
  for (i = 0; i < GEN_FEATURES; i++)
    if (strcmp(gen_feature_names[i], "ATS") == 0 && c->feature[i]) {
      EXPECT_GE(c->fault[0x05][0][0], few);
      EXPECT_GE(c->fault[0x07][0][0], few);
    } else if (strcmp(gen_feature_names[i], "MPAM") == 0 && c->feature[i]) {
      EXPECT_GE(c->fault[0x25][0][0], few);
    }
  for (i = 0; i < sizeof stage2; i++) {
    EXPECT_GE(c->fault[stage2[i]][0][i == 0 ? 1 : 2], few);
    for (class = 0; class < 3; class ++)
      EXPECT_GE(c->fault[stage2[i]][1][class], few);
  }
}

TEST_CASE(Translate, AgreesWithTheNaiveTranslator)
{
  static struct run run;
  uint64_t cases = from_env("SMMULATOR_CASES", CASES);

  memset(&run, 0, sizeof run);
  run.seed = from_env("SMMULATOR_SEED", 1);
  create_machines(&run, from_env("SMMULATOR_WORLD", 0));
  if (getenv("SMMULATOR_WORLD"))
    run_world(&run, from_env("SMMULATOR_WORLD", 0));
  else
    run_worlds(&run, cases);
  print_classes(&run);
  if (!getenv("SMMULATOR_WORLD") && cases >= 20000)
    check_reach(&run);
  EXPECT_EQ(run.wrong, 0u);
  destroy_machines(&run);
}
