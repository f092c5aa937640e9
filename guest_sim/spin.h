/* A spinning lock between CPUs of a platform. Who finds it held waits for the line; taking costs
 * what taking the line costs. Zero is a free lock. */
#ifndef GUEST_SIM_SPIN_H
#define GUEST_SIM_SPIN_H

#include <stdbool.h>

#include "plat/plat.h"

struct spin {
  struct plat_line line;
  bool held;
};

static inline void spin_lock(const struct plat *plat, struct spin *spin)
{
  plat_take(plat, &spin->line);
  while (spin->held) {
    plat_wait(plat, &spin->line);
    plat_take(plat, &spin->line);
  }
  spin->held = true;
}

static inline void spin_unlock(const struct plat *plat, struct spin *spin)
{
  plat_take(plat, &spin->line);
  spin->held = false;
  plat_wrote(plat, &spin->line);
}

#endif
