/* Engine `now`: every ask is answered at once from memory, and the device comes to rest after each
 * call. With seed 0 an actor runs until it ends or waits, and the core's hints are taken; with
 * another seed, actors that can move are interleaved ask by ask and victims are drawn: the same
 * seed gives the same run. */
#include <stdlib.h>
#include <string.h>

#include "engine/now_state.h"
#include "smmu/cmdqv.h"
#include "util/bits.h"
#include "util/check.h"

int engine_now_create(struct engine_now **out, const struct smmu_config *cfg,
                      struct engine_memory *memory)
{
  size_t size = smmu_size(cfg);
  struct engine_now *e;

  *out = NULL;
  if (size == 0)
    return SMMU_ERR_BADCFG;
  e = calloc(1, sizeof *e);
  if (!e)
    return SMMU_ERR_NOMEM;
  e->memory = memory;
  e->fast = true;
  e->device = aligned_alloc(64, align_up_log2(size, 6));
  if (e->device && smmu_init(e->device, cfg) == SMMU_OK) {
    e->pending = calloc(smmu_actor_count(e->device), sizeof *e->pending);
    e->runnable = calloc((smmu_actor_count(e->device) + 63) / 64, sizeof *e->runnable);
  }
  if (!e->pending || !e->runnable) {
    engine_now_destroy(e);
    return SMMU_ERR_NOMEM;
  }
  *out = e;
  return SMMU_OK;
}

void engine_now_destroy(struct engine_now *e)
{
  if (!e)
    return;
  pmcg_groups_destroy(e->pmcgs);
  free(e->device);
  free(e->pending);
  free(e->runnable);
  free(e->done);
  free(e);
}

struct smmu *engine_now_device(struct engine_now *e)
{
  return e->device;
}

void engine_now_set_hooks(struct engine_now *e, const struct smmu_hooks *hooks)
{
  e->others = hooks;
  e->hooks = e->pmcgs ? &e->tee : hooks;
}

void engine_now_set_signal(struct engine_now *e, void (*signal)(void *ctx, enum smmu_signal line),
                           void *ctx)
{
  e->signal = signal;
  e->signal_ctx = ctx;
}

void engine_now_set_endpoint(struct engine_now *e, const struct engine_endpoint *endpoint)
{
  e->endpoint = endpoint ? *endpoint : (struct engine_endpoint){ 0 };
}

void engine_now_set_fast(struct engine_now *e, bool fast)
{
  e->fast = fast;
}

void engine_now_set_seed(struct engine_now *e, uint64_t seed)
{
  e->random = seed;
}

/* xorshift64*: small, seeded, the same everywhere. */
static uint64_t draw(struct engine_now *e)
{
  uint64_t x = e->random;

  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  e->random = x;
  return x * 0x2545f4914f6cdd1dULL;
}

/* ---- answering ---- */

static void answer_read(struct engine_now *e, const struct smmu_ask *ask, struct smmu_reply *reply)
{
  e->stats.reads++;
  reply->status =
    engine_memory_read(e->memory, ask->addr, reply->data, ask->len) ? SMMU_BUS_OK : SMMU_BUS_ABORT;
}

static void answer_write(struct engine_now *e, const struct smmu_ask *ask, struct smmu_reply *reply)
{
  e->stats.writes++;
  reply->status =
    engine_memory_write(e->memory, ask->addr, ask->data, ask->len) ? SMMU_BUS_OK : SMMU_BUS_ABORT;
}

static void answer_send(struct engine_now *e, const struct smmu_ask *ask)
{
  unsigned answer = ENGINE_ANSWER_UNSUPPORTED;
  struct smmu_message m;
  uint64_t delay = 0;

  smmu_message_of(ask, &m);
  if (e->endpoint.receive)
    answer = e->endpoint.receive(e->endpoint.ctx, &m, 0, &delay);
  if (m.kind == SMMU_MESSAGE_ATC_INV && answer != ENGINE_ANSWER_LATER)
    CHECK(smmu_endpoint_done(e->device, m.tag, answer, e->hooks) == SMMU_OK);
}

static void answer_cas(struct engine_now *e, const struct smmu_ask *ask, struct smmu_reply *reply)
{
  bool ok = engine_memory_swap64(e->memory, ask->addr, ask->data[0], ask->data[1], &reply->data[0]);

  e->stats.reads++;
  e->stats.writes += ok && reply->data[0] == ask->data[0];
  reply->status = ok ? SMMU_BUS_OK : SMMU_BUS_ABORT;
}

static void answer(struct engine_now *e, const struct smmu_ask *ask, struct smmu_reply *reply)
{
  switch (ask->kind) {
  case SMMU_ASK_READ: answer_read(e, ask, reply); break;
  case SMMU_ASK_WRITE: answer_write(e, ask, reply); break;
  case SMMU_ASK_CAS: answer_cas(e, ask, reply); break;
  case SMMU_ASK_PICK:
    reply->choice = e->random ? (uint32_t)(draw(e) % ask->choices) : (uint32_t)ask->data[0];
    break;
  case SMMU_ASK_SEND: answer_send(e, ask); break;
  default: break;
  }
}

static void deliver(struct engine_now *e, uint32_t line)
{
  e->stats.signals[line]++;
  if (e->signal)
    e->signal(e->signal_ctx, (enum smmu_signal)line);
}

/* Asks whose actor goes on when it is answered; the others end its work item or park it. */
#define ANSWERED \
  (1u << SMMU_ASK_READ | 1u << SMMU_ASK_WRITE | 1u << SMMU_ASK_CAS | 1u << SMMU_ASK_STAGE | \
   1u << SMMU_ASK_PICK | 1u << SMMU_ASK_SEND)

static void complete(struct engine_now *e, smmu_actor actor)
{
  struct engine_now_done *d = &e->done[e->last++];

  d->ticket = e->pending[actor].ticket;
  smmu_get_result(e->device, actor, &d->result);
  e->pending[actor].ticket = 0;
  e->promised--;
}

/* Answer what is out and take one step. False when the actor has nothing more to do for now. */
static bool advance(struct engine_now *e, smmu_actor actor)
{
  struct pending *p = &e->pending[actor];
  struct smmu_reply reply; /* only what the ask names is ever written or read */
  bool had = p->out;

  if (had && p->ask.kind != SMMU_ASK_STAGE) /* "go" needs no words */
    answer(e, &p->ask, &reply);
  e->stats.steps++;
  smmu_step(e->device, actor, had ? &reply : NULL, e->hooks, &p->ask);
  p->out = (1u << p->ask.kind) & ANSWERED;
  if (p->out)
    return true;
  if (p->ask.kind == SMMU_ASK_END && p->ticket)
    complete(e, actor);
  /* The last ask of its work item. The callback may come back in here: nothing of ours is open. */
  if (p->ask.kind == SMMU_ASK_SIGNAL)
    deliver(e, p->ask.key);
  return false;
}

/* The runnable actor to move next; when nobody can move, an index that no actor has. */
static smmu_actor choose(struct engine_now *e)
{
  smmu_actor actors = smmu_actor_count(e->device);
  size_t count = smmu_runnable(e->device, e->runnable);
  uint64_t skip = e->random && count ? draw(e) % count : 0;

  for (smmu_actor word = 0; count && word * 64 < actors; word++) {
    uint64_t bits = e->runnable[word];

    for (; bits; bits &= bits - 1) {
      if (skip-- == 0)
        return word * 64 + (smmu_actor)__builtin_ctzll(bits);
    }
  }
  return actors;
}

static int run(struct engine_now *e, uint64_t max_steps)
{
  uint64_t limit = max_steps ? e->stats.steps + max_steps : ~0ULL;
  smmu_actor actors = smmu_actor_count(e->device), a;

  while ((a = choose(e)) != actors) {
    do {
      if (e->stats.steps >= limit)
        return SMMU_ERR_LIMIT;
    } while ((advance(e, a) || smmu_is_runnable(e->device, a)) && !e->random);
  }
  return SMMU_OK;
}

int engine_now_run(struct engine_now *e, uint64_t max_steps)
{
  int rc = run(e, max_steps);

  now_deliver_pmcgs(e);
  return rc;
}

/* ---- transactions ---- */

/* Step one transaction to its end; what it waits for is run in between, also by callbacks. False: it
 * has stalled, and nobody can move. */
static bool finish(struct engine_now *e, smmu_actor actor)
{
  e->pending[actor].ask.kind = SMMU_ASK_NONE;
  while (e->pending[actor].ask.kind != SMMU_ASK_END) {
    bool mine = !e->random && smmu_is_runnable(e->device, actor);
    smmu_actor a = mine ? actor : choose(e);

    if (a == smmu_actor_count(e->device))
      return false;
    while (advance(e, a) && !e->random)
      ;
  }
  return true;
}

/* Room for one completion more than have been promised. */
static bool make_room(struct engine_now *e)
{
  size_t room = e->room ? 2 * e->room : 16;
  struct engine_now_done *done;

  if (e->first == e->last)
    e->first = e->last = 0;
  if (e->last + e->promised < e->room)
    return true;
  done = realloc(e->done, room * sizeof *done);
  if (!done)
    return false;
  e->done = done;
  e->room = room;
  return true;
}

static uint64_t promise(struct engine_now *e, smmu_actor actor)
{
  e->promised++;
  return e->pending[actor].ticket = ++e->tickets;
}

static inline bool hit(struct engine_now *e, const struct smmu_txn *txn, struct smmu_result *out)
{
  e->stats.translations++;
  if (!e->fast || e->random || !smmu_try_hit(e->device, txn, out, e->hooks))
    return false;
  e->stats.fast_hits++;
  now_deliver_pmcgs(e);
  return true;
}

int engine_now_translate(struct engine_now *e, const struct smmu_txn *txn, struct smmu_result *out)
{
  smmu_actor actor;
  int err;

  if (hit(e, txn, out))
    return SMMU_OK;
  if (!make_room(e))
    return SMMU_ERR_NOMEM;
  err = smmu_submit(e->device, txn, &actor, e->hooks);
  if (err)
    return err;
  if (!finish(e, actor))
    promise(e, actor);
  smmu_get_result(e->device, actor, out);
  if (out->event || e->random)
    err = run(e, 0);
  now_deliver_pmcgs(e);
  return err;
}

int engine_now_submit(struct engine_now *e, const struct smmu_txn *txn, uint64_t *ticket)
{
  smmu_actor actor;
  int err;

  if (!make_room(e))
    return SMMU_ERR_NOMEM;
  if (hit(e, txn, &e->done[e->last].result)) {
    *ticket = e->done[e->last++].ticket = ++e->tickets;
    return SMMU_OK;
  }
  err = smmu_submit(e->device, txn, &actor, e->hooks);
  if (err)
    return err;
  *ticket = promise(e, actor);
  return engine_now_run(e, 0);
}

uint64_t engine_now_last_ticket(const struct engine_now *e)
{
  return e->tickets;
}

bool engine_now_poll(struct engine_now *e, struct engine_now_done *out)
{
  if (e->first == e->last)
    return false;
  *out = e->done[e->first++];
  return true;
}

int engine_now_answer(struct engine_now *e, uint32_t tag, unsigned status)
{
  int err = smmu_endpoint_done(e->device, tag, status, e->hooks);

  return err ? err : engine_now_run(e, 0);
}

int engine_now_pri_request(struct engine_now *e, const struct smmu_pri *p)
{
  int err = smmu_pri_request(e->device, p, e->hooks);

  return err ? err : engine_now_run(e, 0);
}

int engine_now_dvm(struct engine_now *e, const struct smmu_dvm *op)
{
  int err = smmu_dvm_submit(e->device, op, e->hooks);

  return err == SMMU_OK ? engine_now_run(e, 0) : err;
}

uint64_t engine_now_mmio_read(struct engine_now *e, uint64_t offset, unsigned bytes)
{
  return smmu_mmio_read(e->device, offset, bytes, e->hooks);
}

void engine_now_mmio_write(struct engine_now *e, uint64_t offset, uint64_t value, unsigned bytes)
{
  smmu_mmio_write(e->device, offset, value, bytes, e->hooks);
  engine_now_run(e, 0);
}

uint64_t engine_now_cmdqv_read(struct engine_now *e, uint64_t offset, unsigned bytes)
{
  return smmu_cmdqv_read(e->device, offset, bytes, e->hooks);
}

void engine_now_cmdqv_write(struct engine_now *e, uint64_t offset, uint64_t value, unsigned bytes)
{
  smmu_cmdqv_write(e->device, offset, value, bytes, e->hooks);
  engine_now_run(e, 0);
}

void engine_now_get_stats(const struct engine_now *e, struct engine_now_stats *out)
{
  *out = e->stats;
}
