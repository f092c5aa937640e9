/* What an address in this process is: functions, files and lines, from debug information. */
#ifndef WATCH_SYMBOL_H
#define WATCH_SYMBOL_H

#include "watch/place.h"

struct symbols;

/* NULL: no memory. */
struct symbols *symbols_open(void);
void symbols_close(struct symbols *s);
/* The frames behind one return address: the function it is in, inlined ones first. How many, at least
 * one, at most `room`; 0 without symbols. Strings are valid until the next call. Needs little stack. */
unsigned symbols_find(struct symbols *s, uintptr_t address, struct watch_frame *frames,
                      unsigned room);
/* As watch_places_lack(). */
const char *symbols_lack(void);

#endif
