/* See place.h. A frame of a function is a pair of words on both processors: the frame of its caller, and
 * the address to return to. Callers lie higher; a chain ends where this does not hold. */
#include "plat/place.h"

#include <stdlib.h>

#include "plat/state.h"

enum { PLACES = 1 << 14, ROOM_FIRST = 256 };

#define FACTOR 0xd1342543de82ef95ULL /* 5 modulo 8, as multipliers have to be */

struct place {
  uint64_t hash;
  uint32_t first; /* of its addresses */
  uint32_t count;
};

struct plat_places {
  struct place *place;
  uint32_t count, room, limit;
  uintptr_t *address;
  uint32_t addresses, address_room;
  uint32_t *bucket; /* place + 1; twice `room` of them, a power of two */
  uint64_t lost;
};

#if defined(__x86_64__) || defined(__aarch64__)
/* Stacks are read as they lie there: what a sanitizer thinks of a word does not matter. The hash is a sum
 * of products, which do not wait for one another; powers of an odd number keep frames apart. `address` may be NULL. */
__attribute__((no_sanitize_address)) static inline unsigned walk(const struct fiber *f,
                                                                 const void *frame,
                                                                 uintptr_t *address, uint64_t *hash)
{
  uintptr_t low = (uintptr_t)f->bottom, end = low + f->bytes - 2 * sizeof low,
            at = (uintptr_t)frame;
  uint64_t h = 0, factor = FACTOR;
  unsigned n = 0;

  for (; n < PLAT_PLACE_DEEP && at >= low && at <= end && at % sizeof at == 0; n++) {
    const uintptr_t *pair = (const uintptr_t *)at; // NOLINT(performance-no-int-to-ptr)

    if (pair[1] == 0)
      break;
    h += pair[1] * factor;
    factor *= FACTOR;
    if (address)
      address[n] = pair[1];
    low = at + 2 * sizeof at;
    at = pair[0];
  }
  *hash = (h ^ h >> 32) * FACTOR;
  return n;
}
#else
static inline unsigned walk(const struct fiber *f, const void *frame, uintptr_t *address,
                            uint64_t *hash)
{
  (void)f;
  (void)frame;
  (void)address;
  *hash = 0;
  return 0;
}
#endif

/* Chains of one hash are taken for one place: among 2^14 of them, once in 2^37 programs. */
static uint32_t *find(const struct plat_places *p, unsigned n, uint64_t hash)
{
  uint32_t mask = 2 * p->room - 1, i = (uint32_t)(hash >> 32) & mask;

  for (; p->bucket[i]; i = (i + 1) & mask) {
    const struct place *x = &p->place[p->bucket[i] - 1];

    if (x->hash == hash && x->count == n)
      break;
  }
  return &p->bucket[i];
}

static bool enlarge(void **array, size_t bytes)
{
  void *more = realloc(*array, bytes);

  if (more)
    *array = more;
  return more != NULL;
}

static bool grow(struct plat_places *p, uint32_t room)
{
  uint32_t *bucket = calloc(2ULL * room, sizeof *bucket);

  if (!bucket || !enlarge((void **)&p->place, room * sizeof *p->place)) {
    free(bucket);
    return false;
  }
  free(p->bucket);
  p->bucket = bucket;
  p->room = room;
  for (uint32_t i = 0; i < p->count; i++)
    *find(p, p->place[i].count, p->place[i].hash) = i + 1;
  return true;
}

static uint32_t add(struct plat_places *p, const struct fiber *f, const void *frame, unsigned n,
                    uint64_t hash)
{
  uint32_t more = p->address_room ? 2 * p->address_room : 16 * ROOM_FIRST;

  if (p->count == p->limit || (p->count == p->room && !grow(p, 2 * p->room)))
    return 0;
  if (p->addresses + n > p->address_room) {
    if (!enlarge((void **)&p->address, more * sizeof *p->address))
      return 0;
    p->address_room = more;
  }
  (void)walk(f, frame, &p->address[p->addresses], &hash);
  p->place[p->count] = (struct place){ hash, p->addresses, n };
  p->addresses += n;
  *find(p, n, hash) = p->count + 1;
  return ++p->count;
}

struct plat_places *plat_places_create(uint32_t limit)
{
  struct plat_places *p = calloc(1, sizeof *p);

  if (!p)
    return NULL;
  p->limit = limit ? limit : PLACES;
  if (p->limit > PLAT_PLACES_MOST)
    p->limit = PLAT_PLACES_MOST;
  if (grow(p, ROOM_FIRST))
    return p;
  plat_places_destroy(p);
  return NULL;
}

void plat_places_destroy(struct plat_places *places)
{
  if (!places)
    return;
  free(places->place);
  free(places->address);
  free(places->bucket);
  free(places);
}

uint32_t plat_place_here(struct plat_places *places, const struct plat_board *board)
{
  const void *frame = __builtin_frame_address(0);
  uint32_t number;
  uint64_t hash;
  unsigned n;

  if (!board->current)
    return 0;
  n = walk(&board->current->fiber, frame, NULL, &hash);
  if (n == 0)
    return 0;
  number = *find(places, n, hash);
  if (!number)
    number = add(places, &board->current->fiber, frame, n, hash);
  places->lost += number == 0;
  return number;
}

uint32_t plat_places_count(const struct plat_places *places)
{
  return places->count;
}

uint64_t plat_places_lost(const struct plat_places *places)
{
  return places->lost;
}

unsigned plat_place_chain(const struct plat_places *places, uint32_t number,
                          const uintptr_t **address)
{
  const struct place *p;

  if (number == 0 || number > places->count)
    return 0;
  p = &places->place[number - 1];
  *address = &places->address[p->first];
  return p->count;
}
