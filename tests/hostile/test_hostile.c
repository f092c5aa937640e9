/* Hostile software: register accesses of the SMMU and of CMDQV, ring contents, structures and
 * transactions by chance, between any two steps of any actor. After every step the invariants hold;
 * when software stops, everything comes to rest and nothing is left behind: no transaction, no
 * command in the middle, no record, no handshake that could be given. HOSTILE_WORLDS and
 * HOSTILE_SEED say how many worlds, and the first seed; a failure, or a death, names its seed.
 * IHI 0070 6.2, 4.1; arch/cmdqv.def. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "core/queues.h"
#include "shim/rig.h"
#include "util/bits.h"
#include "util/check.h"
#include "world.h"

enum { WORLDS = 60, SLOW_WORLDS = 2000, OPERATIONS = 400, REST_STEPS = 400000 };

/* ---- chance ---- */

uint64_t hostile_draw(struct world *w, uint64_t n)
{
  uint64_t x = w->random += 0x9e3779b97f4a7c15ULL;

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return n ? x % n : x;
}

static uint64_t draw(struct world *w, uint64_t n)
{
  return hostile_draw(w, n);
}

static bool one_in(struct world *w, unsigned n)
{
  return draw(w, n) == 0;
}

/* ---- the device ---- */

static void make_config(struct world *w)
{
  static const char *const profiles[4] = { "tiny", "neutral", "qemu", "none" };
  struct smmu_config *c = &w->config;
  unsigned vintfs = 1u << draw(w, 3), more = (unsigned)draw(w, 3);

  if (one_in(w, 2))
    smmu_config_neutral(c);
  else
    smmu_config_qemu(c);
  CHECK(smmu_config_set_tlb_profile(c, profiles[draw(w, 4)]) == SMMU_OK);
  c->txns = (uint16_t)(1 + draw(w, 6));
  c->tbus = (uint16_t)(1 + draw(w, 3));
  c->events = (uint16_t)(1 + draw(w, 4));
  if (one_in(w, 2))
    c->idr[0] |= 1u << 14; /* SEV */
  if (one_in(w, 3))
    c->idr[1] = (c->idr[1] & ~(31u << 21)) | (uint32_t)draw(w, 5) << 21; /* CMDQS */
  if (draw(w, 3)) { /* STALL_MODEL 0 or 2, STALL_MAX */
    c->idr[0] = (c->idr[0] & ~(3u << 24)) | (one_in(w, 4) ? 2u : 0u) << 24;
    c->idr[5] |= (uint32_t)(1 + draw(w, 4)) << 16;
  }
  if (one_in(w, 2))
    c->idr[0] |= (uint32_t)(1 + draw(w, 3)) << 6; /* HTTU */
  if (one_in(w, 16))
    vintfs = 64;
  smmu_config_set_cmdqv(c, vintfs, vintfs == 64 ? 128 : vintfs << more);
  if (one_in(w, 2))
    c->idr[0] |= 1u << 5; /* BTM */
  if (one_in(w, 2)) {
    c->idr[0] |= 1u << 13; /* MSI */
    smmu_config_set_ecmdq(c, 1u << draw(w, 2), 1u << draw(w, 3));
  }
  hostile_ats_config(w);
  CHECK(smmu_config_check(c, NULL, 0) == SMMU_OK);
}

static void open_world(struct world *w, uint64_t seed, bool timed)
{
  struct timed_profile profile;
  struct engine_timed_options options = { .device = &w->config, .profile = &profile };

  memset(w, 0, sizeof *w);
  w->random = seed;
  make_config(w);
  CHECK(engine_memory_create(&w->f.memory, ENGINE_HOLE_ZERO) == SMMU_OK);
  if (timed) {
    rig_random_profile(&profile, one_in(w, 8) ? 0 : seed);
    if (one_in(w, 8))
      timed_profile_zero(&profile);
    options.bus = engine_memory_bus(w->f.memory);
    options.seed = one_in(w, 4) ? 0 : seed;
    CHECK(engine_timed_create(&w->timed, &options) == SMMU_OK);
    w->f.device = engine_timed_device(w->timed);
    hostile_listen(w);
  } else {
    w->f.device = aligned_alloc(64, align_up_log2(smmu_size(&w->config), 6));
    CHECK(smmu_init(w->f.device, &w->config) == SMMU_OK);
  }
  CHECK(smmu_actor_count(w->f.device) <= HOSTILE_ACTORS);
  fuzz_template(&w->f);
}

static void close_world(struct world *w)
{
  if (w->timed)
    engine_timed_destroy(w->timed);
  else
    free(w->f.device);
  engine_memory_destroy(w->f.memory);
}

/* ---- the device moves ---- */

static void answer(struct world *w, const struct smmu_ask *ask, struct smmu_reply *reply)
{
  bool ok = true;

  memset(reply, 0, sizeof *reply);
  if (ask->kind == SMMU_ASK_READ)
    ok = engine_memory_read(w->f.memory, ask->addr, reply->data, ask->len);
  else if (ask->kind == SMMU_ASK_WRITE)
    ok = engine_memory_write(w->f.memory, ask->addr, ask->data, ask->len);
  else if (ask->kind == SMMU_ASK_CAS)
    ok = engine_memory_swap64(w->f.memory, ask->addr, ask->data[0], ask->data[1], &reply->data[0]);
  else if (ask->kind == SMMU_ASK_SEND)
    hostile_answer_send(w, ask);
  else if (ask->kind == SMMU_ASK_PICK)
    reply->choice = (uint32_t)draw(w, ask->choices);
  reply->status = ok && draw(w, 64) ? SMMU_BUS_OK : SMMU_BUS_ABORT;
}

/* Where the access, or the message, was what others could see. */
static bool is_access(unsigned kind)
{
  return kind == SMMU_ASK_READ || kind == SMMU_ASK_WRITE || kind == SMMU_ASK_CAS ||
         kind == SMMU_ASK_SEND;
}

/* One step of one actor that can move; false at rest. */
static bool step_one(struct world *w)
{
  uint64_t bits[(HOSTILE_ACTORS + 63) / 64];
  size_t count = smmu_runnable(w->f.device, bits);
  uint64_t skip = count ? draw(w, count) : 0;
  struct smmu_reply reply;
  smmu_actor a;
  bool memory;

  if (!count)
    return false;
  for (a = 0; !smmu_is_runnable(w->f.device, a) || skip--;)
    a++;
  memory = w->out[a] && is_access(w->ask[a].kind);
  if (w->out[a])
    answer(w, &w->ask[a], &reply);
  smmu_step(w->f.device, a, w->out[a] ? &reply : NULL, NULL, &w->ask[a]);
  w->out[a] = is_access(w->ask[a].kind) || w->ask[a].kind == SMMU_ASK_PICK ||
              w->ask[a].kind == SMMU_ASK_STAGE;
  CHECK(!memory || smmu_debug_visible(w->f.device) == 0); /* smmu/step.h */
  smmu_invariant(w->f.device);
  return true;
}

/* The events of one moment. */
static bool step_timed(struct world *w)
{
  struct engine_timed_done done;
  uint64_t t = engine_timed_next_time(w->timed);

  if (t == ENGINE_NEVER)
    return false;
  engine_timed_run_until(w->timed, t);
  smmu_invariant(w->f.device);
  while (engine_timed_poll(w->timed, &done))
    CHECK(done.ended >= done.submitted);
  return true;
}

static bool step(struct world *w)
{
  return w->timed ? step_timed(w) : step_one(w);
}

/* Nobody can move: what is left that somebody should have done, or NULL. What has stalled waits for
 * software. */
static const char *left_behind(struct smmu *s)
{
  const struct shared *sh = shared_const(s);
  const struct txn_free *txns = txn_free_of(s);

  if (txns->in_flight != txns->unrecorded + txns->outstanding)
    return "a transaction is in flight";
  if (sh->evtq.count || sh->evtq.phase)
    return "an event record is in the buffer";
  if (sh->priq.count || sh->priq.phase)
    return "a Page Request is in the buffer";
  if (sh->ack.phase || sh->ack.gerror_irq)
    return "the acknowledger is at work";
  if (sh->reg[R_CR0] != sh->reg[R_CR0ACK] || sh->reg[R_IRQ_CTRL] != sh->reg[R_IRQ_CTRLACK])
    return "CR0 or IRQ_CTRL is not acknowledged";
  if (smmu_cmdqv_is_ready(s))
    return "an enable of CMDQV is not acknowledged";
  if (smmu_ecmdq_is_ready(s))
    return "an enable of an ECMDQ is not acknowledged";
  for (unsigned number = 0; number < s->n_queues; number++) {
    if (cmdq_const(s, number)->phase)
      return "a queue is in the middle of a command";
  }
  for (unsigned q = 0; q < s->n_vcmdqs; q++) {
    if (vcmdq_const(s, q)->status && !smmu_vcmdq_is_asked(s, q))
      return "a disabled VCMDQ is acknowledged on";
  }
  if (!smmu_dvm_is_idle(s))
    return "a broadcast is in the buffer";
  for (unsigned e = 0; e < s->n_ecmdqs; e++) {
    const uint64_t *ring = ecmdq_const(s, e)->ring;

    if (ecmdq_is_asked(ring) != (GET(ECMDQ_CONS, ENACK, ring[RING_CONS]) != 0))
      return "an ECMDQ is in the middle of its handshake";
  }
  return NULL;
}

static const char *come_to_rest(struct world *w)
{
  for (unsigned i = 0; i < REST_STEPS; i++) {
    if (step(w))
      continue;
    if (!w->n_owed)
      return left_behind(w->f.device);
    hostile_answer_all(w);
  }
  return "it does not come to rest";
}

/* Clearing SMMUEN ends what has stalled. */
static const char *switch_off(struct world *w)
{
  const char *left;

  if (w->timed)
    engine_timed_mmio_write(w->timed, OFF_CR0, 0, 4);
  else
    smmu_mmio_write(w->f.device, OFF_CR0, 0, 4, NULL);
  left = come_to_rest(w);
  return left || !txn_free_of(w->f.device)->in_flight ? left : "a transaction is still stalled";
}

/* ---- worlds ---- */

static const char *run_world(struct world *w, uint64_t seed, bool timed)
{
  const char *left;

  open_world(w, seed, timed);
  if (draw(w, 8))
    hostile_program(w);
  for (unsigned i = 0; i < OPERATIONS; i++) {
    unsigned moves = (unsigned)draw(w, one_in(w, 8) ? 200 : 12);

    hostile_act(w);
    smmu_invariant(w->f.device);
    while (moves-- && step(w))
      ;
  }
  left = come_to_rest(w);
  if (!left)
    left = switch_off(w);
  close_world(w);
  return left;
}

/* ---- the seed of a world that dies ---- */

static char dying[64];

static void name_the_seed(void)
{
  ssize_t written = write(STDERR_FILENO, dying, strlen(dying));

  (void)written;
}

static void on_abort(int signal_number)
{
  (void)signal_number;
  name_the_seed();
}

/* Of the sanitizers, where there are any. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void prepare_to_die(const char *engine, uint64_t seed)
{
  snprintf(dying, sizeof dying, "%s: HOSTILE_SEED=%llu\n", engine, (unsigned long long)seed);
  signal(SIGABRT, on_abort);
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback(name_the_seed);
}

static void live_on(void)
{
  dying[0] = 0;
  signal(SIGABRT, SIG_DFL);
}

/* ---- the tests ---- */

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
  const char *text = getenv(name);

  return text ? strtoull(text, NULL, 0) : otherwise;
}

static const char *const engines[2] = { "stepped", "timed" };

static void run_worlds(int engine, uint64_t worlds)
{
  static struct world w;
  uint64_t first = from_environment("HOSTILE_SEED", 1);
  const char *left = NULL;

  worlds = from_environment("HOSTILE_WORLDS", worlds);
  for (uint64_t i = 0; i < worlds && !left; i++) {
    prepare_to_die(engines[engine], first + i);
    left = run_world(&w, first + i, engine == 1);
    if (left)
      ADD_TEST_FAILURE("HOSTILE_SEED=%llu: %s", (unsigned long long)(first + i), left);
  }
  live_on();
}

PARAM_TEST_CASE(Hostile, NothingThatSoftwareDoesBreaksTheDevice, engines, 2)
{
  run_worlds(param, WORLDS);
}

PARAM_TEST_CASE(SlowHostile, NothingThatSoftwareDoesBreaksTheDevice, engines, 2)
{
  run_worlds(param, SLOW_WORLDS);
}
