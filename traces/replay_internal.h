/* Between the files of the replay. */
#ifndef TRACES_REPLAY_INTERNAL_H
#define TRACES_REPLAY_INTERNAL_H

#include "traces/guest_unmaps.h"
#include "traces/replay.h"
#include "traces/snapshot.h"
#include "traces/words.h"

enum { REPLAY_THREADS = 16, REPLAY_EARLY_READS = 16, REPLAY_SNAPSHOTS = 64, REPLAY_GIGABYTES = 64 };

/* Translation table side of a CD, as the log decodes it. */
struct replay_tt {
  bool present;
  uint32_t tsz, granule_log2, had;
  uint64_t ttb;
};

/* What the log says of one configuration fetch. */
struct replay_fetch {
  uint64_t line; /* of its first line; 0: none */
  bool has_l1std, has_ste, has_cd;
  uint64_t l1std_addr, l2_ptr, ste_addr, cd_addr;
  uint32_t oas;
  struct replay_tt tt[2];
};

/* A command that is being read off the log. */
struct replay_command {
  bool open, failed; /* failed: QEMU refused it, so it is never consumed */
  uint32_t slot, wrap, opcode;
  uint64_t line;
  /* operands, as far as the log has them */
  uint32_t sid, sid_end, pieces, tg, ttl, leaf;
  int32_t asid, vmid;
  uint64_t addr, pages;
};

/* State of one host thread: the big lock keeps lines of one translation together, but nothing
 * promises it. */
struct replay_thread {
  uint32_t pid;
  uint64_t last_line;
  struct replay_command command;
  bool in_translation, cfg_known, cfg_hit, looked_up, tlb_hit;
  uint32_t sid, flushes;
  int32_t asid, vmid;
  uint64_t iova, start_line;
  struct replay_fetch fetch;
};

/* A command put into ring memory that the model has not consumed yet. */
struct replay_expected {
  uint64_t word[2], line;
};

/* What the model did during one transaction. */
struct replay_seen {
  bool active, config_fault; /* config_fault: words the recording does not show are no surprise */
  uint64_t line;
  uint32_t tlb_hits, cfg_hits, cfg_misses, tlb_flushes;
};

struct replay_dma {
  uint64_t iova, count, line;
  uint32_t expect_event; /* 0: must succeed */
  bool tail;             /* the fault comes only behind bytes that succeed */
  bool write;
};

struct replay_dmas {
  struct replay_dma *list;
  size_t count, current;
  bool started, last_ok, first_ok;
  uint64_t last_iova, first_line;
  uint32_t first_fault;
};

/* An unmap whose invalidation is on its way: in one command or in several, which need not come in
 * the order of their addresses. */
struct replay_unmap {
  bool open, synced;
  uint16_t asid;
  unsigned parts;
  uint64_t iova, bytes, number;
  size_t traced; /* in the guest's list */
  struct replay_part {
    uint64_t first, end;
  } part[16]; /* invalidated, apart from each other */
};

enum { REPLAY_UNMAPS = 16 };

/* For those who judge (replay_watch.c). */
struct replay_watched {
  struct guest_unmaps unmaps;
  struct trace_words leaves; /* address of the descriptor of a page, by ASID and page */
  struct replay_unmap unmap[REPLAY_UNMAPS];
  uint64_t leaf; /* the last stage 1 descriptor of this walk */
  uint64_t line, time, began;
  uint64_t reads, begun; /* registers read; unmaps */
};

struct replay {
  struct replay_options opt;
  struct engine_memory *memory;
  struct engine_now *engine;
  struct smmu_hooks hooks;
  struct replay_results res;
  struct replay_seen seen;
  struct replay_thread threads[REPLAY_THREADS];
  struct trace_line early_reads[REPLAY_EARLY_READS];

  struct trace_words known; /* what the recording says is in memory */
  struct trace_snapshot *snapshots[REPLAY_SNAPSHOTS];
  uint64_t gigabytes[REPLAY_GIGABYTES]; /* made accessible because the log has addresses there */

  uint64_t cmdq_base, evtq_base;
  uint64_t opcode_lines, failed_commands, event_lines;
  uint64_t dump_commands; /* commands up to the snapshot that dumped the queue; 0: no dump */
  struct replay_expected *expected; /* ring buffer */
  size_t expected_first, expected_count, expected_capacity;

  struct replay_dmas dmas;
  struct replay_watched watched;
  uint64_t last_fault_iova;
  uint32_t last_fault_sid;
  unsigned snapshot_count, next_snapshot, gigabyte_count, early_read_count;
  int error; /* SMMU_ERR_NOMEM sticks here */
  struct smmu_config config;
  bool compare_caches; /* profile "qemu" */
  bool ram_known, last_was_fault;
  bool structure_present; /* the image had a line for the structure looked up last */
};

/* replay.c */
void replay_diverge(struct replay *r, const char *file, uint64_t line, const char *what,
                    const char *expected, const char *format, ...)
  __attribute__((format(printf, 6, 7)));
/* Build the model if that was not done yet; false when it cannot be built. */
bool replay_start(struct replay *r);
/* Make addr writable in the rebuilt memory where RAM is not known from a snapshot. */
void replay_touch(struct replay *r, uint64_t addr);
/* Store a word and note that the recording said so. */
void replay_store(struct replay *r, uint64_t addr, uint64_t value, uint64_t line);
void replay_count(struct replay_count *c, bool same);

/* replay_path.c */
/* The log inside a run's folder; false when there is none. */
bool replay_find_log(const char *dir, char *path, size_t size);
/* Command lines among the first `lines` lines of a log. */
int replay_count_commands(const char *log, uint64_t lines, uint64_t *count,
                          struct trace_error *err);

/* replay_hooks.c */
void replay_record(void *ctx, const struct smmu_record *record);

/* replay_watch.c; not called when nobody watches. */
bool replay_is_watched(const struct replay *r);
void replay_watch_line(struct replay *r, const struct trace_line *line);
void replay_watch_device(struct replay *r, const struct smmu_record *record);
void replay_watch_end(struct replay *r);
/* A command was stored at addr of the ring. */
void replay_watch_command(struct replay *r, uint64_t addr, const uint64_t *word);
/* Registers: read; about to be written; the write had its effects. */
void replay_watch_read(struct replay *r, uint64_t offset, uint64_t value, unsigned bytes);
void replay_watch_write(struct replay *r, uint64_t offset, uint64_t value, unsigned bytes);
void replay_watch_written(struct replay *r, uint64_t offset);

/* replay_cmdq.c */
void replay_command_line(struct replay *r, struct replay_thread *t, const struct trace_line *line);
/* The command being read is complete: into the ring with it. */
void replay_command_end(struct replay *r, struct replay_thread *t);
void replay_command_consumed(struct replay *r, const struct smmu_record *record);

/* rebuild.c */
void replay_fetch_line(struct replay *r, struct replay_thread *t, const struct trace_line *line);
/* Put the stream table entry and context descriptor of this translation into memory. config:
 * STE.Config where no context descriptor was read (4 bypass, 0 abort), -1 when the log does not
 * tell. */
void replay_rebuild_config(struct replay *r, struct replay_thread *t, int config);

/* replay_txn.c */
void replay_lookup_line(struct replay *r, struct replay_thread *t, const struct trace_line *line);
void replay_translation_end(struct replay *r, struct replay_thread *t,
                            const struct trace_line *line);

/* QEMU's message that it refused line->addr and recorded nothing: there is no end to compare. */
void replay_no_event(struct replay *r, const struct trace_line *line);

/* replay_events.c */
/* Did the n-th recorded event (from 0) come from a write? fallback when the ring does not tell. */
bool replay_event_is_write(const struct replay *r, uint64_t n, uint64_t line, uint32_t type,
                           uint32_t sid, bool fallback);
void replay_check_events(struct replay *r, const struct trace_snapshot *s);

/* replay_dma.c */
int replay_dma_load(struct replay *r, const char *dir, struct trace_error *err);
void replay_dma_step(struct replay *r, uint64_t iova, bool ok, uint32_t event, uint64_t line);
void replay_dma_finish(struct replay *r);

/* replay_snapshot.c */
int replay_check_snapshot(struct replay *r, const struct trace_snapshot *s);

#endif
