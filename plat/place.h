/* Where software was when it called the platform: a place is the chain of return addresses of the
 * program that runs, interned, so that a record carries one number (smmu/trace.h: `slot`).
 *
 *   places = plat_places_create(0);
 *   record.slot = plat_place_here(places, board);      in a callback of struct plat_watch
 *   plat_place_chain(places, number, &address);        what to look up in debug information
 *
 * Chains are followed by frame pointers, within the stack of the program's fiber and nowhere else. So
 * software has to be compiled with -fno-omit-frame-pointer, and with -fno-optimize-sibling-calls, or
 * functions that end in a call are missing. Numbers are given in the order of first use: the same
 * program and seed give the same numbers. watch/place.h gives places their names. */
#ifndef PLAT_PLACE_H
#define PLAT_PLACE_H

#include <stdint.h>

#include "plat/board.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Return addresses of one chain, the innermost; and the most places there can be. */
enum { PLAT_PLACE_DEEP = 64, PLAT_PLACES_MOST = 1 << 16 };

struct plat_places;

/* At most `limit` places are told apart; 0: 16384, which take 9 MB if all chains are as deep as can be.
 * NULL: no memory. */
struct plat_places *plat_places_create(uint32_t limit);
void plat_places_destroy(struct plat_places *places);
/* The number of the place at which the board's program is, from 1. 0: unknown, because no program runs,
 * the limit is reached (counted), or the processor's frames are not known here (x86-64 and AArch64 are). */
uint32_t plat_place_here(struct plat_places *places, const struct plat_board *board);
/* Places there are; and how often one was not told apart for want of room. */
uint32_t plat_places_count(const struct plat_places *places);
uint64_t plat_places_lost(const struct plat_places *places);
/* Return addresses of a place, the innermost (of the callback) first; how many. 0: no such place. Valid
 * until the next place is made. */
unsigned plat_place_chain(const struct plat_places *places, uint32_t number,
                          const uintptr_t **address);

#ifdef __cplusplus
}
#endif
#endif
