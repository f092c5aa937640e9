/* What the files of this directory share. */
#ifndef LINUX_WORLD_STATE_H
#define LINUX_WORLD_STATE_H

#include "linux_world/pair.h"
#include "linux_world/world.h"

/* The device's wired interrupts, then lines for messages. */
enum { LX_MESSAGE_LINE = SMMU_SIGNAL_COUNT, LX_LINES = LX_SECOND_LINE + SMMU_SIGNAL_COUNT };
/* Where devices write messages: a word that nothing else uses. */
#define LX_DOORBELL 0x08020040ULL

/* The kernel knows no world: its calls go to this one. */
extern struct lx_world *lx_current;

/* Records of this world go to *sink through w->told, which gives stores their places. */
void lx_world_tell_to(struct lx_world *w, const struct machine_sink *sink);

#endif
