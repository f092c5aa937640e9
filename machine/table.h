/* A published table of unmap latencies beside what a model gives: cells, the straight-line null
 * model, errors, reductions and gates. Latencies are picoseconds, errors parts per million. */
#ifndef MACHINE_TABLE_H
#define MACHINE_TABLE_H

#include "machine/config.h"

enum { MACHINE_CELLS_MOST = 64, MACHINE_GATES = 5 };

enum machine_cell_count {
  MACHINE_CELL_EXITS,
  MACHINE_CELL_IOCTLS,
  MACHINE_CELL_GUEST_COMMANDS,
  MACHINE_CELL_HOST_COMMANDS,
  MACHINE_CELL_HOST_SYNCS,
  MACHINE_CELL_EXITS_PROD,
  MACHINE_CELL_GUEST_TLBI,
  MACHINE_CELL_HOST_TLBI,
  MACHINE_CELL_COUNTS
};

const char *machine_cell_count_name(unsigned count);

struct machine_cell {
  uint64_t granule;
  unsigned threads;
  enum machine_queue queue; /* TRAPPED or VCMDQ */
  uint64_t measured;
  uint64_t model, least, most; /* mean, and range over seeds: the caller's */
  uint64_t null_model;
  bool held_out;                          /* the profile's fit has not seen it */
  uint64_t count[MACHINE_CELL_COUNTS];    /* per unmap, in millionths: the caller's */
  uint64_t expected[MACHINE_CELL_COUNTS]; /* what driver and VMM must do, the same */
};

struct machine_table {
  unsigned cells;
  struct machine_cell cell[MACHINE_CELLS_MOST];
};

/* CSV with the head granule_bytes,threads,mode,unmap_latency_us. 0, SMMU_ERR_FORMAT (with line and
 * column), SMMU_ERR_IO. Fills in null_model and expected, too. */
int machine_table_text(struct machine_table *t, const char *name, const char *text, size_t len,
                       struct machine_error *err);
/* path NULL: the table in the program. */
int machine_table_load(struct machine_table *t, const char *path, struct machine_error *err);
/* Which cells a fit has seen: patterns "GRANULE/THREADS/MODE" with * for any, separated by commas;
 * "" for none. False and err for a pattern that says nothing. */
bool machine_table_hold_out(struct machine_table *t, const char *fitted_on,
                            struct machine_error *err);
/* The cell, or NULL. */
const struct machine_cell *machine_table_find(const struct machine_table *t, uint64_t granule,
                                              unsigned threads, enum machine_queue queue);

/* model / measured - 1, signed, in parts per million. */
int64_t machine_cell_error(const struct machine_cell *c);
/* 1 - vcmdq / trapped of a pair, in parts per million. */
int64_t machine_reduction(uint64_t trapped, uint64_t vcmdq);

struct machine_errors {
  unsigned cells, held_out;
  unsigned null_numbers;                         /* that all straight lines together have */
  uint64_t mean, most, null_mean, held_out_mean; /* absolute, parts per million */
};

void machine_table_errors(const struct machine_table *t, struct machine_errors *out);

/* What a model of this table must show. */
struct machine_gate {
  const char *name, *what;
  bool has_data;            /* the table has a place it speaks of; else it says nothing */
  bool holds;               /* never without data */
  int64_t worst, limit;     /* parts per million; of counts: cells that differ, 0 */
  int64_t mean, mean_limit; /* of "error" alone: over all cells */
  char where[48];           /* the worst place */
};

/* In the order reduction, trapped-contention, vcmdq-scaling, counts, error. */
void machine_table_gates(const struct machine_table *t, struct machine_gate gate[MACHINE_GATES]);

#endif
