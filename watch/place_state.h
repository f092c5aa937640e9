/* Inside the names of places: what place.c and place_file.c share. */
#ifndef WATCH_PLACE_STATE_H
#define WATCH_PLACE_STATE_H

#include "watch/place.h"

struct symbols;

/* The frames of a place or of an address. Strings belong to `strings`. */
struct named {
  uint64_t key; /* of an address */
  struct watch_frame *frame;
  uint32_t count;
  bool known;
};

struct strings {
  char **text;
  uint32_t count, room; /* room: a power of two, never full */
};

struct watch_places {
  const struct plat_places *from; /* NULL: everything was read from a file */
  struct symbols *symbols;
  struct named *place; /* [number - 1] */
  uint32_t places, room;
  struct named *address; /* a hash table */
  uint32_t addresses, address_room;
  struct strings strings;
};

/* NULL: no memory. */
struct watch_places *places_create(void);
/* The one copy of a text; NULL: no memory. */
const char *places_string(struct watch_places *p, const char *text, size_t len);
/* Room for place `number`, from 1. */
bool places_reserve(struct watch_places *p, uint32_t number);
/* A copy of the frames and of their strings. */
bool places_keep(struct watch_places *p, struct named *to, const struct watch_frame *frames,
                 unsigned count);

#endif
