/* One state of an exploration: a device, memory (as a position in the undo log), threads, and what
 * each actor asked last. */
#ifndef SMMU_ENGINE_EXPLORE_STATE_H
#define SMMU_ENGINE_EXPLORE_STATE_H

#include "smmu/endpoint.h"
#include "smmu/explore.h"

enum { EXPLORE_ACTORS_MAX = 13, EXPLORE_MOVES_MAX = 64 };

/* What stays the same during one exploration. */
struct explore_world {
  const struct explore_program *p;
  struct engine_memory *memory;
  struct engine_now *now; /* holds the first device */
  size_t device_bytes;
  smmu_actor actors;
  uint64_t stored[EXPLORE_THREADS * EXPLORE_OPS]; /* 64-byte lines that the program stores to */
  unsigned n_stored;
};

/* An ask that is out, and how much of a long read has arrived. */
struct explore_pending {
  struct smmu_ask ask;
  uint8_t out;
  uint8_t arrived; /* bytes */
  uint8_t thread;  /* transaction actors: whose DMA this is */
  uint8_t failed;
  uint8_t pad[4];
  uint64_t data[8];
};

struct explore_state {
  size_t undo;  /* memory is this position of the undo log */
  bool changed; /* the last transition ended an operation */
  struct explore_view view;
  uint8_t in_flight[EXPLORE_THREADS]; /* enum explore_flight */
  uint32_t owed;                      /* tags of ATC_INVs that the endpoint has not answered */
  struct endpoint endpoint;
  struct explore_pending pending[EXPLORE_ACTORS_MAX];
  _Alignas(64) unsigned char device[];
};

/* What a thread waits for the END of. */
enum explore_flight { EXPLORE_FLIGHT_NONE, EXPLORE_FLIGHT_DMA, EXPLORE_FLIGHT_REQUEST };

/* A transition: an operation of a thread, or a step of an actor with the choice made if it had
 * asked for one. */
struct explore_move {
  uint8_t is_thread;
  uint8_t who; /* thread, or actor; the number of actors: the endpoint */
  uint8_t choice, choices;
  char name; /* in a schedule string */
};

static inline struct smmu *explore_device(struct explore_state *s)
{
  return (struct smmu *)s->device;
}

static inline const struct smmu *explore_device_const(const struct explore_state *s)
{
  return (const struct smmu *)s->device;
}

int explore_world_open(struct explore_world *w, const struct explore_program *p);
void explore_world_close(struct explore_world *w);
struct explore_state *explore_state_new(const struct explore_world *w);
void explore_first(struct explore_world *w, struct explore_state *s);
void explore_copy(const struct explore_world *w, struct explore_state *to,
                  const struct explore_state *from);
/* Bring memory back to what it was in this state. */
void explore_restore(struct explore_world *w, const struct explore_state *s);
void explore_hash(struct explore_world *w, const struct explore_state *s, uint64_t hash[2]);
unsigned explore_moves(const struct explore_world *w, const struct explore_state *s,
                       struct explore_move *moves);
bool explore_finished(const struct explore_world *w, const struct explore_state *s);
size_t explore_move_text(const struct explore_move *m, char *text, size_t size);
/* explore_do.c */
void explore_do(struct explore_world *w, struct explore_state *s, const struct explore_move *m,
                const struct smmu_hooks *h);
/* explore_ats.c */
bool explore_atc_is_legal(const struct explore_program *p, const struct explore_op *op);
/* The transaction that an access comes to; which flight it is. */
enum explore_flight explore_atc_txn(struct explore_state *s, const struct explore_op *op,
                                    struct smmu_txn *txn);
/* The request of an access has ended: false when it granted nothing. */
bool explore_atc_completed(struct explore_state *s, const struct explore_op *op,
                           const struct smmu_result *r);
void explore_send(const struct explore_world *w, struct explore_state *s,
                  const struct smmu_ask *ask, const struct smmu_hooks *h);
void explore_endpoint_answers(struct explore_state *s, const struct smmu_hooks *h);

#endif
