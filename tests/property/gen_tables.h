/* What gen_tables.c and gen_world.c share: placing words, and tables of one stage. */
#ifndef GEN_TABLES_H
#define GEN_TABLES_H

#include "gen.h"

unsigned gen_size_of_code(uint64_t code);
unsigned gen_least(unsigned a, unsigned b);
/* OAS of the world's device, at most 48. */
unsigned gen_oas(const struct gen_world *w);
/* Store a word and remember where. */
void gen_put(struct gen_world *w, enum gen_kind kind, int level, uint64_t addr, uint64_t value);
/* An address below 2^width, aligned, away from the reserved megabyte and from page 0. */
uint64_t gen_place(struct gen_world *w, unsigned width, unsigned align_log2);
/* Follow `input` down, adding what is missing; the output address, whether or not a walk would be
 * allowed to use it. */
uint64_t gen_map(struct gen_world *w, const struct gen_tables *t, uint64_t input);
uint64_t gen_map_s2(struct gen_world *w, uint64_t ipa);
/* A size code for IPS and S2PS: mostly the whole OAS. */
unsigned gen_size_code(struct gen_world *w);
/* Geometry and start table of stage 2, into w->s2 and STE doublewords 2 and 3. */
void gen_s2(struct gen_world *w, uint64_t ste[8]);
/* One half of a CD: TxSZ, TGx, EPDx, TTBx. */
void gen_half(struct gen_world *w, unsigned cd, unsigned half, uint64_t words[8]);

#endif
