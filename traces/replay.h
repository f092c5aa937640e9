/* Replay of a recorded QEMU run through the model: memory is rebuilt from the log and the
 * snapshots, register writes and DMAs are repeated in the log's order, and whatever the recording
 * says about the outcome is compared.
 *
 *   struct replay_options opt = { .tlb_profile = "qemu" };
 *   struct replay_results res;
 *   rc = replay_path("traces/recorded/F-vfio-edu-faults", &opt, &res, &err);
 *
 * or line by line, which lets a test change memory in between:
 *
 *   replay_create(&r, &opt, &err);  replay_load_folder(r, dir, &err);
 *   while (trace_reader_next(reader, &line))
 *     replay_feed(r, &line);
 *   replay_finish(r);  replay_get_results(r)->translations.mismatched ... */
#ifndef TRACES_REPLAY_H
#define TRACES_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "smmu/engine.h"
#include "traces/dropped.h"
#include "traces/qemu_log.h"
#include "traces/source.h"

struct replay_progress {
  uint64_t lines;
  uint64_t bytes, bytes_total; /* of the file as it lies on disk; total 0: unknown */
};

/* Where the watched guest's registers lie: QEMU's virt machine. */
#define REPLAY_SMMU_BASE 0x09050000ULL

/* Somebody who judges what is replayed. Records of the device, and STORE, STORE_REG and LOAD_REG of
 * the guest (smmu/trace.h); `slot` of these is the line of the log, the CPU always 0 but for unmaps. */
struct replay_watch {
  void *ctx;
  void (*record)(void *ctx, const struct smmu_record *record);
  /* The guest unmaps a range: begins before its descriptors are cleared, ends when the guest knows
   * its invalidation complete. Only with the guest's own trace of its unmaps. */
  void (*unmap)(void *ctx, unsigned cpu, uint64_t time, bool begins, uint16_t asid, uint64_t iova,
                uint64_t bytes);
};

struct replay_options {
  const char
    *tlb_profile; /* "qemu" (hits and misses are compared too), "none", "neutral"; NULL: "qemu" */
  bool slow_path; /* never use smmu_try_hit() */
  void (*progress)(void *ctx, const struct replay_progress *p); /* every 8,192 lines; may be NULL */
  void *ctx;
  const struct replay_watch *watch; /* must stay; NULL: nobody */
};

struct replay_count {
  uint64_t replayed, matched, mismatched;
};

/* What first went wrong. file is empty for the log itself. */
struct replay_divergence {
  bool found;
  uint64_t line;
  char file[64], what[64], expected[160], got[160];
};

struct replay_cache_count {
  uint64_t hits, misses; /* transactions the model answered from the cache, and the others */
  uint64_t
    mismatched; /* recorded hit or miss lines the model disagrees with (profile "qemu" only) */
};

struct replay_results {
  uint64_t lines;                        /* of the log */
  uint64_t records;                      /* trace events among them */
  uint64_t commands;                     /* commands the model consumed */
  struct replay_count recorded_commands; /* replayed: the log's command lines */
  struct replay_count translations, faults;
  struct replay_count reads; /* register reads */
  struct replay_count
    table_words; /* words the model read; against what the recording knows of that address */
  struct replay_count events; /* event records in the ring; replayed: those a snapshot recorded */
  struct replay_count dmas;   /* the guest program's list; replayed: listed */
  struct replay_count
    unmaps; /* the guest's own trace of them, when watched; matched: a TLBI of just
                                 its range follows */
  struct replay_cache_count tlb, config_cache;
  uint64_t tlb_flushes; /* full caches the model dropped */
  struct replay_count snapshot_pairs, snapshot_leaves, snapshot_neighbours, snapshot_structures;
  uint64_t snapshots;
  uint64_t messages;   /* QEMU's own lines about refused accesses */
  uint64_t replayable; /* lines that were carried out; 0: nothing here to replay */
  struct trace_drops dropped;
  struct replay_divergence first_divergence;
  char profile[16];
  double log_seconds; /* replay_path(): reading and replaying the log */
  double seconds;     /* the same with the snapshots' files and walks */
};

struct replay;

/* 0, SMMU_ERR_BADARG (unknown profile) or SMMU_ERR_NOMEM. */
int replay_create(struct replay **out, const struct replay_options *opt, struct trace_error *err);
void replay_destroy(struct replay *r);
/* Snapshots snap0..., and the guest program's list, if dir has them. Before the first line. */
int replay_load_folder(struct replay *r, const char *dir, struct trace_error *err);
/* 0, or SMMU_ERR_NOMEM; whatever the line says, it is replayed or counted. */
int replay_feed(struct replay *r, const struct trace_line *line);
/* Behind the last line: what needs the whole log, and the walks of the snapshots alone. */
int replay_finish(struct replay *r);
const struct replay_results *replay_get_results(const struct replay *r);
/* The rebuilt memory; NULL before the model was built (first line with an effect). */
struct engine_memory *replay_get_memory(struct replay *r);
struct engine_now *replay_get_engine(struct replay *r);

/* A log (plain or .zst) or a recorded run's folder. 0; or SMMU_ERR_EMPTY (nothing replayable), _IO,
 * _FORMAT, _NOMEM, _BADARG with *err telling file, line, what was found and what was expected. */
int replay_path(const char *path, const struct replay_options *opt, struct replay_results *res,
                struct trace_error *err);

/* The same, and the session stays: memory and device as the recording left them. */
int replay_path_session(struct replay **out, const char *path, const struct replay_options *opt,
                        struct trace_error *err);

/* Anything mismatched? */
bool replay_results_differ(const struct replay_results *res);
/* Any dropped line that means a damaged input? */
bool replay_results_damaged(const struct replay_results *res);
/* One JSON object, keys as in FORMAT.md: as an object of the caller's (NULL: out of memory), and
 * printed; and a table for people. */
struct json_t *replay_json(const struct replay_results *res);
int replay_print_json(const struct replay_results *res, FILE *out);
void replay_print_table(const struct replay_results *res, FILE *out);

#endif
