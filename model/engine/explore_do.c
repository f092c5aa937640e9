/* Transitions of an exploration.
 * A transition of an actor is: answer the ask that is out (the memory access happens now), then one
 * step, which does at most one visible thing and ends in the next ask. Nothing of another actor can
 * fall in between, and everything can fall before and after: with rule 1 of the core that is every
 * interleaving that matters. */
#include "engine/explore_state.h"

#include <string.h>

#include "util/check.h"

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
  CHECK(smmu_submit(explore_device(s), &txn, &actor, h) == SMMU_OK);
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

  CHECK(smmu_dvm_submit(explore_device(s), &message, h) == SMMU_OK);
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
  case EXPLORE_MMIO_WRITE:
    smmu_mmio_write(explore_device(s), op->addr, op->value, op->bytes, h);
    break;
  case EXPLORE_MMIO_READ:
    value = smmu_mmio_read(explore_device(s), op->addr, op->bytes, h) & op->mask;
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

  smmu_get_result(explore_device_const(s), actor, &r);
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
  smmu_step(explore_device(s), m->who, had ? &reply : NULL, h, &p->ask);
  CHECK(!touched_memory || smmu_debug_visible(explore_device_const(s)) == 0);
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
