/* One snapshot of a recorded run: registers, an image of the tables, the mappings found in it, the
 * last translations before it, and the queues. The files snapN.json and snapN_* are described in
 * FORMAT.md.
 * A file that cannot be used at all is an error with its place; single bad lines are dropped. */
#ifndef TRACES_SNAPSHOT_H
#define TRACES_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/dropped.h"
#include "traces/source.h"
#include "traces/words.h"

struct snapshot_register {
  char name[24];
  uint64_t offset, value;
};

struct snapshot_region {
  uint64_t base, size, line;
};

enum snapshot_pair_state { SNAPSHOT_PAIR_LIVE, SNAPSHOT_PAIR_UNMAPPED, SNAPSHOT_PAIR_REMAPPED };

struct snapshot_pair {
  uint64_t log_line, iova, pa, line;
  uint32_t sid, perm;
  enum snapshot_pair_state state;
};

struct snapshot_leaf {
  uint64_t iova, pa, size, descriptor, line;
  uint32_t sid;
  int32_t level;
};

/* An STE or CD as the recorder read it itself: a second source for the image. */
struct snapshot_structure {
  uint64_t addr, words[8];
  uint32_t sid;
  bool is_cd;
};

/* A queue as it lay in memory; words of slot s begin at words[s * width]. width 0: not recorded. */
struct snapshot_ring {
  uint64_t base, prod, cons;
  unsigned log2size, width;
  uint64_t *words;
  uint8_t *present;
  uint64_t slots; /* how many are present */
};

struct trace_snapshot {
  unsigned number;
  char prefix[24];             /* "snap0", for messages */
  uint64_t log_lines;          /* the state belongs behind this line of the log */
  uint64_t ram_base, ram_size; /* 0: not recorded */
  struct snapshot_register *registers;
  struct snapshot_region *regions; /* sorted by base */
  struct snapshot_pair *pairs;
  struct snapshot_leaf *leaves; /* sorted by sid, iova */
  struct snapshot_structure *structures;
  size_t register_count, region_count, pair_count, leaf_count, structure_count;
  struct trace_words image;
  struct snapshot_ring cmdq, evtq;
};

/* Read snapN of a directory. 0; SMMU_ERR_EMPTY when there is no snapN.json; SMMU_ERR_IO,
 * SMMU_ERR_FORMAT or SMMU_ERR_NOMEM with *err filled. */
int snapshot_open(struct trace_snapshot **out, const char *dir, unsigned number,
                  struct trace_drops *drops, struct trace_error *err);
void snapshot_close(struct trace_snapshot *s);

/* Value of a register by name; false when it was not recorded. */
bool snapshot_register_value(const struct trace_snapshot *s, const char *name, uint64_t *value);
/* Word at addr (a multiple of 8): false outside the regions. Absent lines inside a region are
 * zeros; *present (may be NULL) tells whether the image has a line for the word. */
bool snapshot_word(const struct trace_snapshot *s, uint64_t addr, uint64_t *value, bool *present);
/* Is [iova, iova] of that stream inside a listed leaf? */
const struct snapshot_leaf *snapshot_find_leaf(const struct trace_snapshot *s, uint32_t sid,
                                               uint64_t iova);
/* Words of a slot, or NULL when the slot was not recorded. */
const uint64_t *snapshot_ring_slot(const struct snapshot_ring *r, uint64_t slot);

#endif
