/* A watch (watch/watch.h) and a check (watch/check.h) on a board, given the records that a run of
 * smmulator makes. A stale translation or a broken rule fails the running case, unless the test asks
 * for findings itself.
 *
 *   checked_start(&c, board);
 *   plat_board_run(board, why, sizeof why);
 *   checked_stop(&c);                          also when start failed */
#ifndef SHIM_CHECKED_H
#define SHIM_CHECKED_H

#include "machine/observe.h"
#include "plat/board.h"
#include "watch/check.h"
#include "watch/place.h"
#include "watch/watch.h"

struct checked {
  /* Of the test; may all be NULL. */
  void *ctx;
  void (*finding)(void *ctx, const struct check_finding *finding);
  void (*story)(void *ctx, const struct watch_story *story);
  void (*record)(void *ctx, const struct smmu_record *record); /* whatever happens */
  struct check_options options;                                /* but ctx and finding */

  struct machine_observer observer;
  struct machine_sink sink;
  struct watch *watch;
  struct check *check;
  struct plat_places *places;
  struct watch_places *names; /* of the places of findings */
};

/* Before the board runs; takes the place of its watch and of its device's hooks. */
void checked_start(struct checked *c, struct plat_board *board);
/* After it has run. */
void checked_stop(struct checked *c);

#endif
