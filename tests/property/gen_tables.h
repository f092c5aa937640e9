/* What gen_tables.c and gen_world.c share: placing words, and tables of one stage. */
#ifndef GEN_TABLES_H
#define GEN_TABLES_H

#include "gen.h"

unsigned gen_size_of_code(uint64_t code);
unsigned gen_least(unsigned a, unsigned b);
/* OAS of the world's device. */
unsigned gen_oas(const struct gen_world *w);
/* A bit or field of the world's ID registers. */
unsigned gen_id(const struct gen_world *w, unsigned reg, unsigned lo, unsigned width);
/* A field in place, when the dice say so. */
uint64_t gen_maybe(struct gen_world *w, unsigned percent, unsigned bit);
/* Store a word and remember where. */
void gen_put(struct gen_world *w, enum gen_kind kind, uint64_t addr, uint64_t value);
/* An address below 2^width, aligned, away from the reserved megabyte and from page 0. */
uint64_t gen_place(struct gen_world *w, unsigned width, unsigned align_log2);
/* Follow `input` down, adding what is missing; the output address, whether or not a walk would be
 * allowed to use it. */
uint64_t gen_map(struct gen_world *w, const struct gen_tables *t, uint64_t input);
uint64_t gen_map_s2(struct gen_world *w, uint64_t ipa);
/* A size code for IPS and S2PS: mostly the whole OAS. */
unsigned gen_size_code(struct gen_world *w);
/* Log2 of what an entry at `level` spans. */
unsigned gen_span(const struct gen_tables *t, int level);
/* How wide addresses may be that tables of `t` put out. */
unsigned gen_output_width(const struct gen_world *w, const struct gen_tables *t);
/* Geometry and start table of stage 2, into w->s2 and STE doublewords 2 and 3. */
void gen_s2(struct gen_world *w, uint64_t ste[8]);
/* What a CD says about its tables, both halves; ps: CD.IPS. */
void gen_halves(struct gen_world *w, unsigned cd, unsigned ps, uint64_t words[8]);

#endif
