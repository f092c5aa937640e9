/* States and transitions of an exploration.
 * A transition of an actor is: answer the ask that is out (the memory access happens now), then one
 * step, which does at most one visible thing and ends in the next ask. Nothing of another actor can
 * fall in between, and everything can fall before and after: with rule 1 of the core that is every
 * interleaving that matters. */
#include "engine/explore_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "arch/regs.h"
#include "smmu/ecmdq.h"
#include "util/bits.h"
#include "util/check.h"

static struct smmu *device_of(struct explore_state *s)
{
  return (struct smmu *)s->device;
}

static const struct smmu *device_const(const struct explore_state *s)
{
  return (const struct smmu *)s->device;
}

/* ---- the world ---- */

static void note_stores(struct explore_world *w)
{
  for (unsigned t = 0; t < w->p->n_threads; t++) {
    for (unsigned i = 0; i < w->p->thread[t].n; i++) {
      if (w->p->thread[t].op[i].kind == EXPLORE_STORE ||
          w->p->thread[t].op[i].kind == EXPLORE_CLEAR)
        w->stored[w->n_stored++] = w->p->thread[t].op[i].addr & ~63ULL;
    }
  }
}

static bool has_dvm(const struct explore_program *p)
{
  return GET(IDR0, BTM, p->config.idr[0]) != 0;
}

static bool broadcast_is_legal(const struct explore_program *p, const struct explore_op *op)
{
  if (op->kind != EXPLORE_BROADCAST && op->kind != EXPLORE_AWAIT_BROADCAST)
    return true;
  return has_dvm(p) && op->value < SMMU_DVM_KINDS;
}

/* Most transitions that one state can offer: a full set makes a PICK out of each transaction. */
static unsigned most_moves(const struct explore_program *p)
{
  const struct smmu_config *c = &p->config;
  const struct smmu_cache_config *caches[] = { &c->utlb, &c->tlb, &c->walk_cache, &c->cfg_cache };
  unsigned sweeps = 1 + has_dvm(p); /* actors that do them */
  unsigned ways = 2;                /* of any cache: merging an event is a choice as well */

  for (unsigned i = 0; i < 4; i++) {
    if (caches[i]->sets && caches[i]->ways > ways)
      ways = caches[i]->ways;
  }
  return p->n_threads + 3 + sweeps * (c->pick_wider ? SMMU_WIDER_COUNT : 1) + c->txns * ways;
}

static bool thread_is_legal(const struct explore_program *p, const struct explore_thread *t)
{
  if (t->n > EXPLORE_OPS)
    return false;
  for (unsigned i = 0; i < t->n; i++) {
    if (t->op[i].kind >= EXPLORE_OP_KINDS || !broadcast_is_legal(p, &t->op[i]) ||
        (explore_is_dma(t->op[i].kind) && t->op[i].tbu >= p->config.tbus) ||
        !explore_atc_is_legal(p, &t->op[i]))
      return false;
  }
  return true;
}

/* IDR0.ATOS, VATOS and PRI: a program has no operation for them. */
#define OTHER_BITS (1u << 15 | 1u << 20 | 1u << 16)

static bool program_is_legal(const struct explore_program *p)
{
  if (p->n_threads > EXPLORE_THREADS || smmu_config_check(&p->config, NULL, 0) != SMMU_OK ||
      p->config.cmdqv.present || (p->config.idr[0] & OTHER_BITS) || smmu_ecmdq_count(&p->config) ||
      p->config.prefetch || p->config.txns + has_dvm(p) > EXPLORE_ACTORS_MAX - 3 ||
      most_moves(p) > EXPLORE_MOVES_MAX)
    return false;
  for (unsigned i = 0; i < p->n_threads; i++) {
    if (!thread_is_legal(p, &p->thread[i]))
      return false;
  }
  return true;
}

int explore_world_open(struct explore_world *w, const struct explore_program *p)
{
  int err;

  memset(w, 0, sizeof *w);
  w->p = p;
  if (!program_is_legal(p))
    return SMMU_ERR_BADCFG;
  err = engine_memory_create(&w->memory, ENGINE_HOLE_ZERO);
  if (err == SMMU_OK)
    err = engine_now_create(&w->now, &p->config, w->memory);
  if (err != SMMU_OK)
    return err;
  w->device_bytes = smmu_size(&p->config);
  w->actors = smmu_actor_count(engine_now_device(w->now));
  note_stores(w);
  p->setup(w->now, w->memory);
  return SMMU_OK;
}

void explore_world_close(struct explore_world *w)
{
  engine_now_destroy(w->now);
  engine_memory_destroy(w->memory);
}

struct explore_state *explore_state_new(const struct explore_world *w)
{
  struct explore_state *s = aligned_alloc(64, align_up_log2(sizeof *s + w->device_bytes, 6));

  if (s)
    memset(s, 0, sizeof *s + w->device_bytes);
  return s;
}

void explore_first(struct explore_world *w, struct explore_state *s)
{
  smmu_clone(device_of(s), engine_now_device(w->now));
  s->undo = engine_memory_undo_mark(w->memory);
  endpoint_init(&s->endpoint, w->p->atc_sid, w->p->atc_entries);
  s->changed = true;
}

void explore_copy(const struct explore_world *w, struct explore_state *to,
                  const struct explore_state *from)
{
  memcpy(to, from, sizeof *from + w->device_bytes);
  to->changed = false;
}

void explore_restore(struct explore_world *w, const struct explore_state *s)
{
  engine_memory_undo_rewind(w->memory, s->undo);
}

/* An ask follows from its actor's state, so it needs no hashing; a half-arrived read does. */
void explore_hash(struct explore_world *w, const struct explore_state *s, uint64_t hash[2])
{
  uint64_t device[2], memory[2];
  XXH3_state_t h;
  XXH128_hash_t sum;

  smmu_hash(device_const(s), device);
  engine_memory_hash(w->memory, memory);
  XXH3_128bits_reset(&h);
  XXH3_128bits_update(&h, device, sizeof device);
  XXH3_128bits_update(&h, memory, sizeof memory);
  XXH3_128bits_update(&h, &s->view, sizeof s->view);
  XXH3_128bits_update(&h, s->in_flight, sizeof s->in_flight);
  XXH3_128bits_update(&h, &s->owed, sizeof s->owed);
  XXH3_128bits_update(&h, s->endpoint.entry, w->p->atc_entries * sizeof s->endpoint.entry[0]);
  for (smmu_actor a = 0; a < w->actors; a++) {
    const struct explore_pending *p = &s->pending[a];
    uint8_t head[4] = { p->out, p->arrived, p->thread, p->failed };

    XXH3_128bits_update(&h, head, sizeof head);
    if (p->arrived)
      XXH3_128bits_update(&h, p->data, p->arrived);
  }
  sum = XXH3_128bits_digest(&h);
  hash[0] = sum.low64;
  hash[1] = sum.high64;
}

/* ---- which transitions there are ---- */

static bool thread_is_done(const struct explore_world *w, const struct explore_state *s, unsigned t)
{
  return s->view.pc[t] == w->p->thread[t].n;
}

static bool is_stalled(const struct explore_pending *p)
{
  return p->ask.kind == SMMU_ASK_WAIT &&
         (p->ask.key == SMMU_WAIT_RESUME || p->ask.key == SMMU_WAIT_STALL_ROOM);
}

/* Does the thread wait for a DMA that has stalled? */
static bool thread_is_stalled(const struct explore_world *w, const struct explore_state *s,
                              unsigned t)
{
  for (smmu_actor a = 0; s->in_flight[t] && a < w->p->config.txns; a++) {
    if (s->pending[a].thread == t && is_stalled(&s->pending[a]))
      return true;
  }
  return false;
}

bool explore_finished(const struct explore_world *w, const struct explore_state *s)
{
  for (unsigned t = 0; t < w->p->n_threads; t++) {
    if (!thread_is_done(w, s, t) && !thread_is_stalled(w, s, t))
      return false;
  }
  return true;
}

static unsigned in_flight_count(const struct explore_state *s)
{
  unsigned count = 0;

  for (unsigned t = 0; t < EXPLORE_THREADS; t++)
    count += s->in_flight[t] != EXPLORE_FLIGHT_NONE;
  return count;
}

static bool op_is_enabled(const struct explore_world *w, const struct explore_state *s, unsigned t)
{
  const struct explore_op *op = &w->p->thread[t].op[s->view.pc[t]];

  switch (op->kind) {
  case EXPLORE_AWAIT_REG:
    return (smmu_mmio_read(device_const(s), op->addr, op->bytes, NULL) & op->mask) == op->value;
  case EXPLORE_AWAIT_WORD:
    return (engine_memory_load64(w->memory, op->addr) & op->mask) == op->value;
  case EXPLORE_DMA:
  case EXPLORE_ATC_DMA: return !s->in_flight[t] && in_flight_count(s) < w->p->config.txns;
  case EXPLORE_BROADCAST: return smmu_dvm_has_room(device_const(s));
  case EXPLORE_AWAIT_BROADCAST: return smmu_dvm_is_idle(device_const(s));
  default: return true;
  }
}

static char actor_name(const struct explore_state *s, smmu_actor a)
{
  const struct smmu *d = device_const(s);

  if (a == smmu_actor_cmdq(d, 0))
    return 'Q';
  if (a == smmu_actor_eventq(d))
    return 'E';
  if (smmu_has_dvm(d) && a == smmu_actor_dvm(d))
    return 'B';
  return a == smmu_actor_ack(d) ? 'K' : (char)('0' + a);
}

unsigned explore_moves(const struct explore_world *w, const struct explore_state *s,
                       struct explore_move *moves)
{
  unsigned n = 0;

  for (unsigned t = 0; t < w->p->n_threads; t++) {
    if (!thread_is_done(w, s, t) && op_is_enabled(w, s, t))
      moves[n++] = (struct explore_move){
        .is_thread = 1, .who = (uint8_t)t, .choices = 1, .name = (char)('a' + t)
      };
  }
  if (s->owed)
    moves[n++] = (struct explore_move){ .who = (uint8_t)w->actors, .choices = 1, .name = 'P' };
  for (smmu_actor a = 0; a < w->actors; a++) {
    const struct explore_pending *p = &s->pending[a];
    uint32_t choices = p->out && p->ask.kind == SMMU_ASK_PICK ? p->ask.choices : 1;

    if (!smmu_is_runnable(device_const(s), a))
      continue;
    CHECK(n + choices <= EXPLORE_MOVES_MAX); /* see most_moves() */
    for (uint32_t c = 0; c < choices; c++)
      moves[n++] = (struct explore_move){ .who = (uint8_t)a,
                                          .choice = (uint8_t)c,
                                          .choices = (uint8_t)choices,
                                          .name = actor_name(s, a) };
  }
  return n;
}

size_t explore_move_text(const struct explore_move *m, char *text, size_t size)
{
  int len = m->choices > 1 ? snprintf(text, size, "%c*%u", m->name, m->choice)
                           : snprintf(text, size, "%c", m->name);

  return (size_t)len < size ? (size_t)len : size - 1;
}

/* ---- operations of threads ---- */

static void note_pcs(uint8_t to[EXPLORE_THREADS], const struct explore_state *s)
{
  memcpy(to, s->view.pc, EXPLORE_THREADS);
}

static struct explore_seen *seen_of(struct explore_state *s, unsigned t)
{
  return &s->view.seen[t][s->view.pc[t]];
}

static void finish_op(struct explore_state *s, unsigned t, uint64_t value)
{
  struct explore_seen *seen = seen_of(s, t);

  seen->value = value;
  seen->done = 1;
  note_pcs(seen->ended, s);
  s->view.pc[t]++;
  s->changed = true;
}

static void start_dma(struct explore_state *s, unsigned t, const struct explore_op *op,
                      const struct smmu_hooks *h)
{
  struct smmu_txn txn = { .addr = op->addr,
                          .sid = op->sid,
                          .ssid = op->ssid,
                          .ssv = op->ssv,
                          .write = op->write,
                          .tbu = op->tbu };
  enum explore_flight flight = EXPLORE_FLIGHT_DMA;
  smmu_actor actor;

  if (op->kind == EXPLORE_ATC_DMA)
    flight = explore_atc_txn(s, op, &txn);
  CHECK(smmu_submit(device_of(s), &txn, &actor, h) == SMMU_OK);
  s->in_flight[t] = (uint8_t)flight;
  s->pending[actor] = (struct explore_pending){ .thread = (uint8_t)t };
}

static void broadcast(struct explore_state *s, const struct explore_op *op,
                      const struct smmu_hooks *h)
{
  struct smmu_dvm message = { .addr = op->addr,
                              .asid = (uint16_t)op->sid,
                              .vmid = (uint16_t)op->ssid,
                              .kind = (uint8_t)op->value };

  CHECK(smmu_dvm_submit(device_of(s), &message, h) == SMMU_OK);
}

static void do_thread(struct explore_world *w, struct explore_state *s, unsigned t,
                      const struct smmu_hooks *h)
{
  const struct explore_op *op = &w->p->thread[t].op[s->view.pc[t]];
  uint64_t value = 0;

  note_pcs(seen_of(s, t)->started, s);
  switch (op->kind) {
  case EXPLORE_STORE: engine_memory_store64(w->memory, op->addr, op->value); break;
  case EXPLORE_LOAD: value = engine_memory_load64(w->memory, op->addr); break;
  case EXPLORE_CLEAR:
    value = engine_memory_load64(w->memory, op->addr);
    engine_memory_store64(w->memory, op->addr, value & ~op->value);
    break;
  case EXPLORE_MMIO_WRITE: smmu_mmio_write(device_of(s), op->addr, op->value, op->bytes, h); break;
  case EXPLORE_MMIO_READ:
    value = smmu_mmio_read(device_of(s), op->addr, op->bytes, h) & op->mask;
    break;
  case EXPLORE_DMA:
  case EXPLORE_ATC_DMA: start_dma(s, t, op, h); return;
  case EXPLORE_BROADCAST: broadcast(s, op, h); break;
  default: break;
  }
  finish_op(s, t, value);
}

/* ---- steps of actors ---- */

static bool may_be_torn(const struct explore_world *w, const struct smmu_ask *ask)
{
  if (ask->len <= w->p->config.atomic_bytes)
    return false;
  for (unsigned i = 0; i < w->n_stored; i++) {
    if (w->stored[i] == (ask->addr & ~63ULL))
      return true;
  }
  return false;
}

/* One piece of a read. True: all of it has arrived. */
static bool read_piece(struct explore_world *w, struct explore_pending *p)
{
  size_t left = (size_t)p->ask.len - p->arrived;
  size_t piece =
    may_be_torn(w, &p->ask) && left > w->p->config.atomic_bytes ? w->p->config.atomic_bytes : left;

  if (!engine_memory_read(w->memory, p->ask.addr + p->arrived, (char *)p->data + p->arrived, piece))
    p->failed = 1;
  p->arrived = (uint8_t)(p->arrived + piece);
  return p->arrived == p->ask.len || p->failed;
}

/* False: the ask is not answered yet. */
static bool answer(struct explore_world *w, struct explore_state *s, struct explore_pending *p,
                   unsigned choice, const struct smmu_hooks *h, struct smmu_reply *reply)
{
  memset(reply, 0, sizeof *reply);
  switch (p->ask.kind) {
  case SMMU_ASK_READ:
    if (!read_piece(w, p))
      return false;
    reply->status = p->failed ? SMMU_BUS_ABORT : SMMU_BUS_OK;
    memcpy(reply->data, p->data, sizeof reply->data);
    break;
  case SMMU_ASK_WRITE:
    reply->status = engine_memory_write(w->memory, p->ask.addr, p->ask.data, p->ask.len)
                      ? SMMU_BUS_OK
                      : SMMU_BUS_ABORT;
    break;
  case SMMU_ASK_CAS:
    reply->status =
      engine_memory_swap64(w->memory, p->ask.addr, p->ask.data[0], p->ask.data[1], &reply->data[0])
        ? SMMU_BUS_OK
        : SMMU_BUS_ABORT;
    break;
  case SMMU_ASK_PICK: reply->choice = choice; break;
  case SMMU_ASK_SEND: explore_send(w, s, &p->ask, h); break;
  default: break;
  }
  return true;
}

static bool is_memory(unsigned kind)
{
  return kind == SMMU_ASK_READ || kind == SMMU_ASK_WRITE || kind == SMMU_ASK_CAS;
}

/* Asks that the actor wants an answer to; the others end its work item or park it. */
static bool is_answered(unsigned kind)
{
  return is_memory(kind) || kind == SMMU_ASK_STAGE || kind == SMMU_ASK_PICK ||
         kind == SMMU_ASK_SEND;
}

static void end_dma(const struct explore_world *w, struct explore_state *s, smmu_actor actor)
{
  unsigned t = s->pending[actor].thread;
  struct smmu_result r;
  bool request;

  smmu_get_result(device_const(s), actor, &r);
  request = s->in_flight[t] == EXPLORE_FLIGHT_REQUEST;
  s->in_flight[t] = EXPLORE_FLIGHT_NONE;
  s->pending[actor] = (struct explore_pending){ 0 };
  if (request && explore_atc_completed(s, &w->p->thread[t].op[s->view.pc[t]], &r))
    return; /* the access itself is the thread's next transition */
  if (request)
    r.status = SMMU_STATUS_ABORT;
  finish_op(s, t, r.status == SMMU_STATUS_OK ? r.pa : EXPLORE_FAULT(r.event));
}

static void do_actor(struct explore_world *w, struct explore_state *s, const struct explore_move *m,
                     const struct smmu_hooks *h)
{
  struct explore_pending *p = &s->pending[m->who];
  bool had = p->out,
       touched_memory = had && (is_memory(p->ask.kind) || p->ask.kind == SMMU_ASK_SEND);
  struct smmu_reply reply;

  if (had && !answer(w, s, p, m->choice, h, &reply))
    return;
  smmu_step(device_of(s), m->who, had ? &reply : NULL, h, &p->ask);
  CHECK(!touched_memory || smmu_debug_visible(device_const(s)) == 0);
  p->out = is_answered(p->ask.kind);
  p->arrived = p->failed = 0;
  memset(p->data, 0, sizeof p->data);
  if (p->ask.kind == SMMU_ASK_END && m->who < w->p->config.txns)
    end_dma(w, s, m->who);
}

void explore_do(struct explore_world *w, struct explore_state *s, const struct explore_move *m,
                const struct smmu_hooks *h)
{
  if (m->is_thread)
    do_thread(w, s, m->who, h);
  else if (m->who == w->actors)
    explore_endpoint_answers(s, h);
  else
    do_actor(w, s, m, h);
  s->undo = engine_memory_undo_mark(w->memory);
}
