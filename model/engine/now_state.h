/* The inside of engine `now`: what its files share. */
#ifndef ENGINE_NOW_STATE_H
#define ENGINE_NOW_STATE_H

#include "engine/pmcg_group.h"
#include "smmu/engine.h"

/* An actor's ask that is out, and whose completion is to be polled. */
struct pending {
  struct smmu_ask ask;
  bool out;
  uint64_t ticket; /* 0: nobody's */
};

struct engine_now {
  struct smmu *device;
  struct engine_memory *memory;
  const struct smmu_hooks *hooks; /* what the core gets: the caller's, or &tee */
  void (*signal)(void *ctx, enum smmu_signal line);
  void *signal_ctx;
  struct engine_endpoint endpoint; /* receive NULL: none */
  uint64_t random;                 /* 0: no seed */
  bool fast;
  struct engine_now_stats stats;
  uint64_t *runnable;
  struct pending *pending; /* one an actor */
  uint64_t tickets;
  struct engine_now_done *done; /* not polled yet: [first, last) */
  size_t first, last, room;
  size_t promised; /* completions to come */

  struct pmcg_groups *pmcgs; /* NULL: none */
  uint64_t time;
  struct smmu_hooks tee;           /* records to the groups, and to the caller's hooks */
  const struct smmu_hooks *others; /* the caller's */
};

/* Interrupts of counter groups that are due. */
void now_deliver_pmcgs(struct engine_now *e);

#endif
