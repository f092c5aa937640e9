/* What the files of the engine `timed` share. */
#ifndef SMMU_ENGINE_TIMED_STATE_H
#define SMMU_ENGINE_TIMED_STATE_H

#include "engine/pmcg_group.h"
#include "engine/resource.h"
#include "engine/wheel.h"
#include "smmu/timed.h"

/* Where an actor's ask is. */
enum timed_place {
  TIMED_REST,   /* nothing is out, or it waits for the core (WAIT) */
  TIMED_WOKEN,  /* takes its first step, or the one after a WAIT, when its event comes */
  TIMED_STAGE,  /* in line for the stage, or served by it */
  TIMED_MEMORY, /* READ, WRITE: past the stage, in line for memory or served by it */
  TIMED_ANSWER  /* READ, WRITE: the access is done, the bus asked for more time */
};

struct timed_actor {
  uint64_t begin, start, memory; /* as in struct timed_span */
  uint64_t ticket, submitted;    /* transactions */
  uint8_t place;                 /* enum timed_place */
  bool waits;                    /* its last ask was a WAIT, since begin */
  uint32_t prev_wait, next_wait; /* among those that wait; RESOURCE_NOBODY: none */
  struct smmu_ask ask;
  struct smmu_reply reply;
};

/* Nodes of the wheel: the actors, then for each tag its answer, then for each tag its timeout. */
struct timed_answer {
  uint64_t deadline; /* while one is awaited from outside */
  uint8_t status;    /* that is on its way */
  bool waits, armed; /* awaited from outside; the timeout's node is in the wheel */
};

struct engine_timed {
  struct smmu *device;
  smmu_actor actors, txns; /* the first `txns` are transactions */
  struct engine_bus bus;
  uint64_t now;
  uint64_t random; /* state of the generator */
  bool seeded;
  bool running; /* inside engine_timed_run_until() */

  struct pmcg_groups *pmcgs;      /* NULL: none */
  struct smmu_hooks stamp;        /* ours: sets the time */
  const struct smmu_hooks *hooks; /* the caller's */
  void (*signal)(void *ctx, enum smmu_signal line, uint64_t time);
  void *signal_ctx;
  void (*synced)(void *ctx, uint64_t time); /* broadcast maintenance */
  void *synced_ctx;
  smmu_actor dvm; /* its actor; no actor: RESOURCE_NOBODY */
  void (*span)(void *ctx, const struct timed_span *span);
  void *span_ctx;

  struct resource stage[SMMU_STAGE_COUNT], read, write;
  struct resource_link *link; /* one an actor, and so below */
  struct timed_actor *actor;
  uint32_t first_wait, last_wait; /* those that wait, in the order in which they began */
  uint64_t *runnable, *scheduled; /* bitmaps; scheduled: in the wheel or in a line */
  struct wheel wheel;

  struct engine_endpoint endpoint; /* receive NULL: none */
  uint32_t tags;
  struct timed_answer *answer; /* one a tag */

  struct engine_timed_done *done; /* ring, a power of two long */
  uint64_t done_first, done_last, done_size;
  uint64_t in_flight;
  uint64_t tickets;
  struct engine_timed_stats stats;
};

/* What smmu_step() and register accesses are given: NULL while nobody listens. */
static inline const struct smmu_hooks *timed_hooks(const struct engine_timed *e)
{
  return e->hooks || e->pmcgs ? &e->stamp : NULL;
}

/* Interrupts of counter groups go out. Nothing of ours may be open. */
static inline void timed_deliver_pmcgs(struct engine_timed *e)
{
  if (e->pmcgs)
    pmcg_groups_deliver(e->pmcgs, e->now);
}

/* timed_dvm.c: the broadcast actor has ended an item. */
void timed_dvm_ended(struct engine_timed *e, uint32_t key);

/* Queue the actors that can move and are not queued yet, for the present time. Comes after every
 * step and every register write. */
void timed_wake(struct engine_timed *e);
/* timed_endpoint.c: a SEND has been served; the event of a node behind the actors. */
void timed_send(struct engine_timed *e, const struct smmu_ask *ask);
void timed_answer_arrives(struct engine_timed *e, uint32_t node);
uint32_t timed_tie(struct engine_timed *e);

#endif
