/* See place.h. Looked up is each address once, and each place once; what was looked up is kept. */
#include "watch/place.h"

#include <stdlib.h>
#include <string.h>

#include "watch/place_state.h"
#include "watch/symbol.h"

enum { ROOM_FIRST = 64 };

/* What lies between software and the board: what a platform does is the doing of who called it. */
static const char *const platforms[] = { "plat/",
                                         "host_sim/vmm_guest.c",
                                         "linux/world/calls.c",
                                         "linux/kernel/access.c",
                                         "linux/kernel/lock.c",
                                         "linux/world/function.c",
                                         "linux/kernel/pci.c" };

/* ---- strings ---- */

static uint32_t hash_of(const char *text, size_t len)
{
  uint32_t h = 2166136261u;

  for (size_t i = 0; i < len; i++)
    h = (h ^ (unsigned char)text[i]) * 16777619u;
  return h;
}

static char **string_slot(const struct strings *s, const char *text, size_t len)
{
  uint32_t i = hash_of(text, len) & (s->room - 1);

  while (s->text[i] && (strncmp(s->text[i], text, len) != 0 || s->text[i][len]))
    i = (i + 1) & (s->room - 1);
  return &s->text[i];
}

static bool strings_grow(struct strings *s)
{
  struct strings more = { .room = s->room ? 2 * s->room : ROOM_FIRST, .count = s->count };

  more.text = calloc(more.room, sizeof *more.text);
  if (!more.text)
    return false;
  for (uint32_t i = 0; i < s->room; i++) {
    if (s->text[i])
      *string_slot(&more, s->text[i], strlen(s->text[i])) = s->text[i];
  }
  free(s->text);
  *s = more;
  return true;
}

const char *places_string(struct watch_places *p, const char *text, size_t len)
{
  struct strings *s = &p->strings;
  char **slot;

  if (2 * s->count >= s->room && !strings_grow(s))
    return NULL;
  slot = string_slot(s, text, len);
  if (!*slot && (*slot = strndup(text, len)) != NULL)
    s->count++;
  return *slot;
}

/* ---- one set of frames ---- */

bool places_keep(struct watch_places *p, struct named *to, const struct watch_frame *frames,
                 unsigned count)
{
  to->frame = count ? calloc(count, sizeof *frames) : NULL;
  if (count && !to->frame)
    return false;
  for (unsigned i = 0; i < count; i++) {
    struct watch_frame *f = &to->frame[i];

    f->function = places_string(p, frames[i].function, strlen(frames[i].function));
    f->file = places_string(p, frames[i].file, strlen(frames[i].file));
    f->line = frames[i].line;
    if (!f->function || !f->file) {
      free(to->frame);
      to->frame = NULL;
      return false;
    }
  }
  to->count = count;
  to->known = true;
  return true;
}

/* ---- addresses ---- */

static struct named *address_slot(struct named *table, uint32_t room, uint64_t address)
{
  uint32_t i = (uint32_t)(address * 0x9e3779b97f4a7c15ULL >> 32) & (room - 1);

  while (table[i].known && table[i].key != address)
    i = (i + 1) & (room - 1);
  return &table[i];
}

static bool addresses_grow(struct watch_places *p)
{
  uint32_t room = p->address_room ? 2 * p->address_room : ROOM_FIRST;
  struct named *more = calloc(room, sizeof *more);

  if (!more)
    return false;
  for (uint32_t i = 0; i < p->address_room; i++) {
    if (p->address[i].known)
      *address_slot(more, room, p->address[i].key) = p->address[i];
  }
  free(p->address);
  p->address = more;
  p->address_room = room;
  return true;
}

/* NULL: no memory. */
static const struct named *look_up(struct watch_places *p, uintptr_t address)
{
  struct watch_frame frames[WATCH_PLACE_FRAMES];
  struct named *slot;

  if (2 * p->addresses >= p->address_room && !addresses_grow(p))
    return NULL;
  slot = address_slot(p->address, p->address_room, address);
  if (slot->known)
    return slot;
  if (!places_keep(p, slot, frames, symbols_find(p->symbols, address, frames, WATCH_PLACE_FRAMES)))
    return NULL;
  slot->key = address;
  p->addresses++;
  return slot;
}

/* ---- places ---- */

static bool is_platform(const struct watch_frame *f)
{
  for (size_t i = 0; i < sizeof platforms / sizeof platforms[0]; i++) {
    if (strncmp(f->file, platforms[i], strlen(platforms[i])) == 0)
      return true;
  }
  return false;
}

/* Leave out those who watch, whom the platform called, and the platform. With no platform in it, as in a
 * program without debug information, a chain stays as it is. */
static unsigned leave_out(struct watch_frame *frames, unsigned count)
{
  unsigned first = 0, n = 0;

  while (first < count && !is_platform(&frames[first]))
    first++;
  if (first == count)
    return count;
  for (unsigned i = first; i < count; i++) {
    if (!is_platform(&frames[i]))
      frames[n++] = frames[i];
  }
  /* Below a program lies what starts fibers, in assembly. */
  while (n > 0 && !*frames[n - 1].file)
    n--;
  return n;
}

static bool find(struct watch_places *p, uint32_t number)
{
  struct watch_frame frames[WATCH_PLACE_FRAMES];
  const uintptr_t *address;
  unsigned n = 0, deep = plat_place_chain(p->from, number, &address);

  if (deep == 0 || !places_reserve(p, number))
    return false;
  if (p->place[number - 1].known)
    return true;
  if (!p->symbols)
    p->symbols = symbols_open();
  if (!p->symbols)
    return false;
  for (unsigned i = 0; i < deep; i++) {
    const struct named *at = look_up(p, address[i]);

    if (!at)
      return false;
    for (uint32_t k = 0; k < at->count && n < WATCH_PLACE_FRAMES; k++)
      frames[n++] = at->frame[k];
  }
  return places_keep(p, &p->place[number - 1], frames, leave_out(frames, n));
}

unsigned watch_place_frames(struct watch_places *places, uint32_t number,
                            const struct watch_frame **frames)
{
  if (number == 0 || (places->from && !find(places, number)) || number > places->places)
    return 0;
  *frames = places->place[number - 1].frame;
  return places->place[number - 1].count;
}

static bool is_header(const struct watch_frame *f)
{
  const char *end = strrchr(f->file, '.');

  return end && strcmp(end, ".h") == 0;
}

unsigned watch_place_driver(struct watch_places *places, uint32_t number,
                            const struct watch_frame **frames)
{
  unsigned count = watch_place_frames(places, number, frames), first = 0;

  while (first < count && (is_header(&(*frames)[first]) || !*(*frames)[first].file))
    first++;
  if (first == count)
    return count;
  *frames += first;
  return count - first;
}

void watch_frame_text(const struct watch_frame *frame, char *text, size_t len)
{
  if (frame->line)
    snprintf(text, len, "%s %s:%u", frame->function, frame->file, frame->line);
  else
    snprintf(text, len, "%s%s%s", frame->function, *frame->file ? " " : "", frame->file);
}

bool watch_place_text(struct watch_places *places, uint32_t number, char *text, size_t len)
{
  const struct watch_frame *f;

  if (len)
    *text = '\0';
  if (watch_place_driver(places, number, &f) == 0)
    return false;
  watch_frame_text(f, text, len);
  return true;
}

const char *watch_places_lack(void)
{
  return symbols_lack();
}

/* ---- beginning and end ---- */

bool places_reserve(struct watch_places *p, uint32_t number)
{
  uint32_t room = p->room ? p->room : ROOM_FIRST;
  struct named *more;

  while (room < number)
    room *= 2;
  if (room > p->room) {
    more = realloc(p->place, room * sizeof *more);
    if (!more)
      return false;
    memset(more + p->room, 0, (room - p->room) * sizeof *more);
    p->place = more;
    p->room = room;
  }
  if (p->places < number)
    p->places = number;
  return true;
}

struct watch_places *places_create(void)
{
  return calloc(1, sizeof(struct watch_places));
}

struct watch_places *watch_places_of(const struct plat_places *places)
{
  struct watch_places *p = places_create();

  if (p)
    p->from = places;
  return p;
}

void watch_places_destroy(struct watch_places *places)
{
  if (!places)
    return;
  for (uint32_t i = 0; i < places->places; i++)
    free(places->place[i].frame);
  for (uint32_t i = 0; i < places->address_room; i++)
    free(places->address[i].frame);
  for (uint32_t i = 0; i < places->strings.room; i++)
    free(places->strings.text[i]);
  free(places->place);
  free(places->address);
  free(places->strings.text);
  symbols_close(places->symbols);
  free(places);
}
