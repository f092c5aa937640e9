/* smmulator explain, between its files: where memory comes from, one walk as steps, and words for
 * them. The device runs through the public API; what it read is taken from its records, and what
 * that means from arch/. */
#ifndef SMMU_TOOLS_EXPLAIN_H
#define SMMU_TOOLS_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/cd.h"
#include "arch/features.h"
#include "arch/ste.h"
#include "smmu/engine.h"
#include "traces/replay.h"
#include "traces/snapshot.h"

enum { EXPLAIN_STEPS = 96, EXPLAIN_TEXT = 448, EXPLAIN_FILLS = 64 };

/* ---- explain_source.c: a machine at one moment ---- */

struct explain_source {
  struct engine_memory *memory;
  struct smmu_config config; /* ID registers of the machine; caches as the caller wants */
  uint64_t strtab_base, strtab_base_cfg, cr1, cr2, gbpa;
  bool enabled;            /* CR0.SMMUEN */
  uint64_t log_line;       /* the moment, as a line of the log; 0: not known */
  char text[EXPLAIN_TEXT]; /* the same in words */
  /* whoever owns the memory */
  struct trace_snapshot *snapshot;
  struct replay *replay;
};

/* All return 0 or a negative enum smmu_err with *err filled. Only a successful one is to be
 * closed. */

/* The last snapshot of a folder; SMMU_ERR_EMPTY when there is none. */
int explain_open_snapshot(struct explain_source *s, const char *path, struct trace_error *err);
/* The log (a file, or the one in a folder) replayed up to line `at`, included; 0: to its end. */
int explain_open_log(struct explain_source *s, const char *path, uint64_t at,
                     struct trace_error *err);
/* The last line of the log that ends a translation of this page by this stream; 0: none does. */
int explain_find_line(const char *path, uint32_t sid, uint64_t iova, uint64_t *line,
                      struct trace_error *err);
void explain_close(struct explain_source *s);

/* ---- explain_walk.c: one translation ---- */

/* One read of the device, and how it came to that address. */
struct explain_step {
  uint8_t what;    /* enum smmu_read */
  uint8_t purpose; /* stage 2: 1 for the CD, 2 for a stage 1 descriptor, 3 for the address itself */
  int8_t level;
  bool aborted; /* the bus answered with an abort */
  bool through_stage2;
  uint64_t addr; /* as read, physical */
  uint64_t ipa;  /* stage 2: the address being translated; with through_stage2: before stage 2 */
  uint64_t base, index;
  unsigned entry_bytes, index_hi, index_lo;
  const char *base_name, *index_of, *section;
  unsigned words;
  uint64_t word[8];
  char title[EXPLAIN_TEXT], means[EXPLAIN_TEXT];
};

struct explain_fault {
  bool found, stage2, recorded;
  uint8_t clss;
  uint64_t ipa;
  uint64_t record[4];
};

struct explain_walk {
  const struct explain_source *source;
  struct smmu_txn txn;
  struct smmu_features features;
  struct smmu_result result;
  struct explain_fault fault;
  unsigned count;
  struct explain_step step[EXPLAIN_STEPS];
  /* what the walk has met so far; decoded by arch/ */
  bool has_ste, has_cd;
  struct smmu_ste ste;
  struct smmu_cd cd;
  unsigned limits;        /* of the table descriptors met at stage 1 */
  uint64_t structure_ipa; /* of the structure stage 2 has last translated */
  uint64_t config_ptr;    /* IPA or PA of the last structure */
};

/* What caches would do: the same translation twice with profile "neutral". */
struct explain_caches {
  unsigned reads, again_reads; /* first time, second time */
  unsigned fills, hits;
  char fill[EXPLAIN_FILLS][EXPLAIN_TEXT];
  char hit[EXPLAIN_FILLS][EXPLAIN_TEXT];
};

int explain_translate(const struct explain_source *s, const struct smmu_txn *txn,
                      struct explain_walk *w);
int explain_caches_run(const struct explain_source *s, const struct smmu_txn *txn,
                       struct explain_caches *c);

/* ---- explain_words.c: meanings ---- */

/* Fill title, section and means of a step from its words and from what the walk has met. */
void explain_describe(const struct explain_walk *w, struct explain_step *step);
/* "2 MiB": 2^log2 bytes. */
const char *explain_span(unsigned log2, char text[16]);
/* attr_words.c: "Normal write-back", "Device-nGnRE"; the text is valid until the next call. */
const char *explain_memattr(unsigned memattr);
const char *explain_shareability(unsigned sh);
/* Why a transaction faulted, and the section that says so. */
const char *explain_fault_text(const struct explain_walk *w, const char **section);

/* ---- explain_print.c ---- */

void explain_print_text(const struct explain_walk *w, const struct explain_caches *c);
void explain_print_json(const struct explain_walk *w, const struct explain_caches *c);

#endif
