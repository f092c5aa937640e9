/* A verdict for every translation: was it right, and who is to blame when it was not.
 *
 * A watch is a pure reader of trace records (smmu/trace.h), live or from a recording. It keeps what
 * tables held and who changed them, the words that each cache entry was built from, and the
 * invalidations that a CMD_SYNC completed. Give it every record, in order:
 *
 *   struct watch *w = watch_create(&(struct watch_options){ .ctx = me, .story = print });
 *   watch_record(w, &record);                 for each one; also a hook of struct smmu_hooks
 *   watch_get_counts(w, &counts);
 *   watch_destroy(w);
 *
 * Judged is the moment of a RESPOND record with SMMU_STATUS_OK: each word the answer depends on is
 * compared with what memory says now. Same records, same verdicts, same stories. Docs: docs/watch.md.
 *
 * Not judged: translated traffic of ATS (what an endpoint keeps leaves no record here), ATOS,
 * prefetches, and transactions that passed untranslated. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/plat.h"
#include "smmu/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* From harmless to bad; the worst word of a translation decides.
 *   fresh         as the tables say, or said when the transaction had already arrived
 *   pending       changed, and no completion that covers it was promised yet
 *   deferred      the same in lazy mode: the unmap has returned, its flush has not come
 *   stale-driver  software declared the mapping dead (unmap done, page or table freed, ASID or
 *                 VMID given away, stream moved) without a completed invalidation that covers it
 *   stale-device  an invalidation that covers the entry, or the walk that made it, was read by the
 *                 device after the change and completed by a CMD_SYNC of its queue */
#define WATCH_VERDICT_LIST(X) \
  X(FRESH, "fresh", "fresh") \
  X(PENDING, "window/pending", "window_pending") \
  X(DEFERRED, "window/deferred", "window_deferred") \
  X(STALE_DRIVER, "stale-driver", "stale_driver") \
  X(STALE_DEVICE, "stale-device", "stale_device")

enum watch_verdict {
#define X(name, text, key) WATCH_##name,
  WATCH_VERDICT_LIST(X)
#undef X
    WATCH_VERDICTS
};

/* "stale-driver"; "stale_driver". "?" out of range. */
const char *watch_verdict_name(unsigned verdict);
const char *watch_verdict_key(unsigned verdict);

/* Why one translation was stale. The text is lines, each ended by '\n', valid during the call. */
struct watch_story {
  enum watch_verdict verdict; /* STALE_DRIVER or STALE_DEVICE */
  uint64_t record;            /* number of the RESPOND record, the first of all is 1 */
  uint64_t time;              /* ps */
  uint64_t addr;              /* that the transaction asked for */
  uint32_t sid, ssid;
  uint64_t
    blame; /* number of the record with which software declared it dead; the device: `record` */
  uint32_t
    place; /* in software, of that record (watch/place.h); 0: unknown, or the device is to blame */
  const char *text;
};

struct watch_options {
  void *ctx;
  /* Optional: the 8-byte word at a physical address, now; false: there is none. With it, words are
   * read again when an answer depends on them: stores by pointer are noticed then. Without it, they
   * are noticed when the device reads the word. */
  bool (*load)(void *ctx, uint64_t addr, uint64_t *value);
  /* Optional: called for each stale translation, within watch_record(). */
  void (*story)(void *ctx, const struct watch_story *story);
  /* Optional: where software was, for stories: the name of the place with this number (watch/place.h),
   * "" when it is unknown. `len` is WATCH_PLACE_TEXT. */
  void (*place)(void *ctx, uint32_t number, char *text, size_t len);
  /* Bounds; 0 takes the default. What a bound drops is counted, never guessed. */
  uint32_t words;         /* followed words of memory: 262144, of 164 bytes each */
  uint32_t entries;       /* followed cache entries: 65536, of 64 + 56 n bytes for n words */
  uint32_t invalidations; /* remembered: 16384, of 96 bytes each */
  uint32_t operations;    /* remembered: 65536, of 84 bytes each; up to the next power of two */
};

/* Lengths of time: how many, their sum, extremes, and how many had ps in [2^i, 2^(i+1)). */
enum { WATCH_BUCKETS = 64 };

struct watch_lengths {
  uint64_t count, sum_ps, least_ps, most_ps;
  uint64_t bucket[WATCH_BUCKETS];
};

struct watch_counts {
  uint64_t records;
  uint64_t verdict[WATCH_VERDICTS];
  uint64_t untranslated; /* answers that no descriptor was used for */
  uint64_t unjudged;     /* depend on what the watch has not seen, or had no room for */
  uint64_t lost_words, lost_entries;
  /* Entries that invalidations removed; of those, entries that no command under way covered. A device may do
   * so (IHI 0070 4.3, 4.4); one whose caches remove no more than they must (smmu.wider) does not. */
  uint64_t removed, unasked;
  /* Of lazy unmaps: from their return to each use that was still answered, and to the flush that
   * gave the address back. */
  struct watch_lengths use, flush;
};

struct watch;

/* NULL: out of memory. *options is copied; NULL: all defaults. */
struct watch *watch_create(const struct watch_options *options);
void watch_destroy(struct watch *w);
/* `watch` is a struct watch. Out of memory: records are counted, and nothing is judged from then on;
 * see watch_failed(). */
void watch_record(void *watch, const struct smmu_record *record);
/* Most records say nothing but where time went: a barrier's charge is one of the order of stores too.
 * So many of them came, and need not be shown to a watch or a check. */
static inline bool watch_is_of_time(const struct smmu_record *r)
{
  return r->category == SMMU_TRACE_SPAN ||
         (r->category == SMMU_TRACE_CHARGE && r->result != PLAT_COST_BARRIER);
}
void watch_skip(struct watch *w, uint64_t records);
void watch_get_counts(const struct watch *w, struct watch_counts *out);
/* Memory ran out on the way: the counts are those up to there. */
bool watch_failed(const struct watch *w);

#ifdef __cplusplus
}
#endif
#endif
