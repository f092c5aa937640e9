/* A watch (watch/watch.h) in a tool: it may stand between a machine and a recording, keeps the first
 * stories, and says what came of it. */
#ifndef SMMU_TOOLS_WATCHING_H
#define SMMU_TOOLS_WATCHING_H

#include <stdbool.h>

#include "machine/result.h"
#include "watch/check.h"
#include "watch/watch.h"

struct json_t;
struct watch_places;
struct watching;

/* Records go on to *to, which may be NULL. *places, which may be NULL, names what software did, and
 * stays the caller's. NULL: out of memory. */
struct watching *watching_create(const struct machine_sink *to, struct watch_places *places);
/* Of a replayed log: the guest sees the registers at `smmu`, and `slot` of its records is a line. */
struct watching *watching_create_log(uint64_t smmu);
void watching_destroy(struct watching *w);
/* For replay_watch.unmap. */
void watching_unmap(void *watching, unsigned cpu, uint64_t time, bool begins, uint16_t asid,
                    uint64_t iova, uint64_t bytes);
/* When the last record has come. */
void watching_end(struct watching *w);
/* For machine_sink.record. */
void watching_record(void *watching, const struct smmu_record *record);
/* Was anything stale, or a rule broken? */
bool watching_found(const struct watching *w);
/* False: memory ran out on the way. */
bool watching_complete(const struct watching *w);
/* Adds the keys verdicts, untranslated, unjudged, lost, removed, windows, stories, findings and advice to an object. */
void watching_json(const struct watching *w, struct json_t *object);
/* Lines for people on standard output. */
void watching_print(const struct watching *w);

#endif
