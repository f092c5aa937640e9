/* Places in software (watch/place.h) in a tool: of a run, and of a recording, which has their names in a
 * file beside it. */
#ifndef SMMU_TOOLS_PLACES_H
#define SMMU_TOOLS_PLACES_H

#include "watch/place.h"

/* The places of the recording at `path`, a run's folder or the trace.smt in one; *out is NULL when it has
 * none. An exit status, with a complaint of `verb`. */
int places_open(struct watch_places **out, const char *verb, const char *path);
/* As watch_place_driver(); places may be NULL. */
unsigned places_frames(struct watch_places *places, uint32_t number,
                       const struct watch_frame **frames);
/* For watch_options.place and others: the name of a place, "" without one. places may be NULL. */
void places_text(struct watch_places *places, uint32_t number, char *text, size_t len);

#endif
