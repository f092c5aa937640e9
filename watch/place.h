/* The names of places in software (plat/place.h): function, file and line, and who called it.
 *
 * Of a running program they are looked up in its own debug information when first asked for; of a
 * recording they are read from the file that the run left beside it (traces/FORMAT.md). A place begins
 * at the driver's line: frames of the platform, which every call passes through, are left out.
 *
 *   places = watch_places_of(plat_places);
 *   watch_place_text(places, record.slot, text, sizeof text);      "drv_unmap driver/drv_unmap.c:88" */
#ifndef WATCH_PLACE_H
#define WATCH_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "plat/place.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WATCH_PLACES_FILE "places.txt" /* in the folder of a run */

/* Longest text of one frame, end included; frames of one place. */
enum { WATCH_PLACE_TEXT = 256, WATCH_PLACE_FRAMES = 128 };

struct watch_frame {
  const char *function; /* never NULL; an address when the program has no debug information */
  const char *file;     /* from the top of the source tree: "driver/drv_sync.c"; "": unknown */
  uint32_t line;        /* 0: unknown */
};

struct watch_places;

/* Of this process. *places stays the caller's and must outlive the answer. NULL: no memory. */
struct watch_places *watch_places_of(const struct plat_places *places);
/* From a stream in the format of WATCH_PLACES_FILE. NULL: *error says why, with the line ("2: expected
 * a tab"), or is "" when memory ran out. */
struct watch_places *watch_places_read(FILE *stream, char *error, size_t error_len);
void watch_places_destroy(struct watch_places *places);

/* What a program built without the library for debug information says of its places; NULL: has it. */
const char *watch_places_lack(void);
/* The frames of a place, the innermost first; how many. 0: unknown. Valid as long as *places. */
unsigned watch_place_frames(struct watch_places *places, uint32_t number,
                            const struct watch_frame **frames);
/* The same from the driver's line on: from the first frame whose file is known and is no header, where
 * accessors are; or all when there is none. */
unsigned watch_place_driver(struct watch_places *places, uint32_t number,
                            const struct watch_frame **frames);
/* "drv_unmap driver/drv_unmap.c:88" */
void watch_frame_text(const struct watch_frame *frame, char *text, size_t len);
/* The text of the driver's line; "" when it is unknown. False then. */
bool watch_place_text(struct watch_places *places, uint32_t number, char *text, size_t len);
/* All places, for watch_places_read(). False: the stream has an error, or memory ran out. */
bool watch_places_write(struct watch_places *places, FILE *stream);

#ifdef __cplusplus
}
#endif
#endif
