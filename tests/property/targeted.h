/* The least that software has to send after it changed a structure in memory, so that caches may be
 * compared with memory again. IHI 0070 4.3, 4.4, 5.2.1, 5.4.1. */
#ifndef TARGETED_H
#define TARGETED_H

#include "gen.h"

enum { TARGETED_MAX = 56 };

/* Commands for the changes w->change[first] .. [w->changes - 1]. used: the transactions made since
 * the caches were empty. More than what is needed only where earlier changes blur the picture.
 * Returns how many were written to cmd. */
unsigned targeted_commands(struct gen_world *w, unsigned first, const struct naive_txn *used,
                           unsigned uses, uint64_t (*cmd)[2]);

#endif
