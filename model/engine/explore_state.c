/* States of an exploration, and which transitions each has. What a transition does: explore_do.c. */
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
  smmu_clone(explore_device(s), engine_now_device(w->now));
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

  smmu_hash(explore_device_const(s), device);
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
    return (smmu_mmio_read(explore_device_const(s), op->addr, op->bytes, NULL) & op->mask) ==
           op->value;
  case EXPLORE_AWAIT_WORD:
    return (engine_memory_load64(w->memory, op->addr) & op->mask) == op->value;
  case EXPLORE_DMA:
  case EXPLORE_ATC_DMA: return !s->in_flight[t] && in_flight_count(s) < w->p->config.txns;
  case EXPLORE_BROADCAST: return smmu_dvm_has_room(explore_device_const(s));
  case EXPLORE_AWAIT_BROADCAST: return smmu_dvm_is_idle(explore_device_const(s));
  default: return true;
  }
}

static char actor_name(const struct explore_state *s, smmu_actor a)
{
  const struct smmu *d = explore_device_const(s);

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

    if (!smmu_is_runnable(explore_device_const(s), a))
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
