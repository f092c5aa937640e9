/* Watches a board: which unmap took how long and where its time went, a hash of everything, and one
 * record each for a sink. It changes nothing. */
#ifndef MACHINE_OBSERVE_H
#define MACHINE_OBSERVE_H

#include "machine/result.h"
#include "machine/tally.h"
#include "plat/board.h"
#include "smmu/trace.h"

enum { MACHINE_WORLDS = 2, MACHINE_OPERATIONS_DEEP = 16 };

/* One CPU: the operations it is in. */
struct machine_watched {
  uint8_t operation[MACHINE_OPERATIONS_DEEP]; /* enum plat_operation */
  unsigned depth;                             /* may exceed the array; the rest is not kept */
  unsigned mapping; /* depth at which the map or unmap under way began + 1; 0: none */
  uint64_t began;
  bool cold;                  /* the benchmark has charged PLAT_COST_COLD; its clock runs since */
  uint64_t turns[2];          /* maps, unmaps that have begun since observing began */
  struct machine_where where; /* of the unmap under way */
};

/* What the subject does, whatever it is, as it is seen from outside. */
struct machine_seen {
  uint64_t maps, unmaps;            /* that have ended, turns alone */
  uint64_t mmio_reads, mmio_writes; /* register accesses, those that trap included */
  uint64_t commands, syncs;         /* read from queues that are not the SMMU's own */
};

struct machine_observer {
  const void *world[MACHINE_WORLDS]; /* context pointers: the host's, a guest's */
  const void *subject;               /* the world whose maps and unmaps count */
  uint64_t warmup, loops;            /* turns of a CPU that do not count, and that do */
  unsigned cpus;                     /* thread i is CPU i */
  struct machine_thread *thread;     /* [cpus] */
  struct machine_watched *cpu;       /* [cpus] */
  bool active;
  uint64_t over_at; /* when the first thread had made all its turns: what begins later does not
                       count, for not all compete */
  struct machine_where where;
  struct machine_seen seen;
  bool charged[PLAT_COST_COUNT];
  uint64_t hash, records;
  const struct machine_sink *sink; /* or NULL */
  const struct plat_board *board;
  struct machine_tally *tally; /* or NULL */
  struct plat_watch watch;
  struct smmu_hooks hooks;
};

/* Everything but `watch` and `hooks`, which this fills in, is the caller's to set before. */
void machine_observer_start(struct machine_observer *o);
/* Callback for engine_timed_set_span(). */
void machine_observer_span(void *observer, const struct timed_span *span);

#endif
