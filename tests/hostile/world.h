/* A device with everything that hostile software may touch, on its own (stepped by hand) or inside
 * engine `timed`; the memory and the structures are those of the fuzz programs. */
#ifndef HOSTILE_WORLD_H
#define HOSTILE_WORLD_H

#include "fuzz/fuzz_rig.h"
#include "smmu/timed.h"

enum { HOSTILE_ACTORS = 160, HOSTILE_OWED = 4608 };

struct world {
  uint64_t random;
  struct smmu_config config;
  struct fuzz_rig f;          /* memory, device, template */
  struct engine_timed *timed; /* NULL: stepped by hand */
  struct smmu_ask ask[HOSTILE_ACTORS];
  bool out[HOSTILE_ACTORS]; /* the ask wants an answer */
  unsigned n_owed;
  uint32_t owed[HOSTILE_OWED]; /* tags of ATC_INVs that will be answered later */
};

/* 0 to n - 1, or any 64 bits (n = 0): the same for the same seed. */
uint64_t hostile_draw(struct world *w, uint64_t n);
/* software.c: the registers that everything needs, so that chance does not have to find them; and one
 * act of software, whatever it is. */
void hostile_program(struct world *w);
void hostile_act(struct world *w);

/* endpoint.c: a device with ATS and PRI more often than not; a SEND in a world stepped by hand; the
 * callback of `timed`; one act of an endpoint; whatever is owed. */
void hostile_ats_config(struct world *w);
void hostile_answer_send(struct world *w, const struct smmu_ask *ask);
void hostile_listen(struct world *w);
void hostile_endpoint_acts(struct world *w);
void hostile_answer_all(struct world *w);

#endif
