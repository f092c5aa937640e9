/* The smallest platform there can be: one CPU, engine `now`, memory that is never used twice, and a
 * clock that counts what was spent on registers and waiting. Nothing of board.h: a platform can be
 * anybody's.
 *
 * Interrupt handlers run when the CPU next touches a register or waits. */
#ifndef TESTS_DRIVER_BARE_PLAT_H
#define TESTS_DRIVER_BARE_PLAT_H

#include "plat/plat.h"
#include "smmu/engine.h"

#define BARE_SMMU  0x10000000ULL
#define BARE_CMDQV 0x20000000ULL

struct bare {
  struct engine_memory *memory;
  struct engine_now *engine;
  struct plat plat;
  uint64_t now_ps, next;
  size_t blocks;
  struct {
    void (*fn)(void *arg);
    void *arg;
    bool raised;
  } line[SMMU_SIGNAL_COUNT];
  bool inside; /* a handler */
  unsigned notes, lines_logged;
};

void bare_init(struct bare *bare, const struct smmu_config *config);
void bare_destroy(struct bare *bare);

#endif
