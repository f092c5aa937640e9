/* A case on which the model and the naive translator disagree, printed: what each says, the
 * registers, the transaction and every word of the world. */
#ifndef DUMP_H
#define DUMP_H

#include "gen.h"
#include "naive.h"
#include "rig_device.h"

/* out: of the device without caches, then twice of each cached one. */
void dump_case(const struct gen_world *w, const struct naive_txn *t, const struct naive_result *n,
               const struct rig_outcome out[5]);

#endif
