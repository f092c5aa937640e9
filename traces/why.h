/* Where the time of one operation went: the analysis behind `smmulator why`. Reads a recording and
 * nothing else; names come from the recording.
 *
 *   why_list_open(&list, "DIR", &err);                  all operations, one pass
 *   why_list_find(list, "UNMAP#17", &index, &err);
 *   why_path_create(&path, list, index, &err);          a second pass, for this one
 *
 * The path is free of gaps: each picosecond from the operation's beginning to its end on its CPU is
 * in one segment, and segments of the same kind in the same operation make a part. So parts add up
 * to the latency exactly. */
#ifndef TRACES_WHY_H
#define TRACES_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/source.h"

#define WHY_NONE UINT32_MAX

/* ---- the operations of a recording ---- */

/* Operations nest on their CPU. One that did not end before the recording did has end UINT64_MAX and
 * number 0. Times of one CPU never go back. */
struct why_op {
  uint64_t begin, end;       /* ps */
  uint64_t argument, result; /* of its two notes */
  uint32_t parent;           /* the operation around it, which began before; WHY_NONE: none */
  uint32_t next;             /* the next one that begins on this CPU; WHY_NONE: none */
  uint32_t number; /* from 1: among those of its kind that ended, by time, then by CPU; 0: none */
  uint16_t kind;   /* index for why_list_kind() */
  uint16_t cpu, world;
  bool ended, writes; /* writes: it follows a register write to `argument`, by software */
};

/* One kind of operation. Times are of those that ended, by nearest rank, in ps. */
struct why_kind {
  const char *name; /* "sync-wait" */
  char event[40];   /* what EVENT strings begin with: "SYNC-WAIT" */
  uint64_t count, unfinished;
  uint64_t mean, p50, p99, longest;
  uint32_t slowest, median; /* their numbers; the lower median */
};

struct why_list;

/* Memory grows with the number of operations, not of records. 0, or what smt_reader_open() and
 * smt_reader_next() return; SMMU_ERR_EMPTY: no operation at all. */
int why_list_open(struct why_list **out, const char *path, struct trace_error *err);
void why_list_close(struct why_list *list);
uint32_t why_list_count(const struct why_list *list);
const struct why_op *why_list_op(const struct why_list *list, uint32_t index);
unsigned why_list_kinds(const struct why_list *list);
const struct why_kind *why_list_kind(const struct why_list *list, unsigned kind);
/* What is missing of a cut recording; NULL: nothing. */
const char *why_list_cut(const struct why_list *list);
/* Notes that end what has not begun, or begin outside any order: left out. */
uint64_t why_list_unmatched(const struct why_list *list);
/* "vCPU 1", or "CPU 1" when the recording has no name for it. */
const char *why_list_cpu(const struct why_list *list, unsigned cpu, char text[64]);

/* EVENT: a kind's name or a beginning of it that is no other's, any case; then #NUMBER, #slowest or
 * #median. SMMU_ERR_BADARG with one sentence. */
int why_list_find(const struct why_list *list, const char *event, uint32_t *index,
                  struct trace_error *err);

/* ---- one operation ---- */

enum why_cause {
  WHY_WORK,     /* a charge of the CPU */
  WHY_LOCK,     /* asleep on a lock that CPU `other` held */
  WHY_HANDOVER, /* asleep on a lock that nobody held: being released, or being woken */
  WHY_DEVICE,   /* polling or sleeping while the device served a stage */
  WHY_QUEUED,   /* the same, while the device waited for a slot of the stage */
  WHY_DRAIN,    /* the same, while the queue waited for transactions in flight */
  WHY_WOKEN,    /* asleep until CPU `other` did something */
  WHY_LATE,     /* asleep in a wait for CMD_SYNC that was complete by then */
  WHY_ASLEEP,   /* asleep, the recording does not tell for what */
  WHY_UNKNOWN,  /* no record covers it */
  WHY_CAUSES
};

/* "work", "lock", ... for JSON. */
const char *why_cause_name(unsigned cause);

enum { WHY_TEXT = 96 };

/* A step of the way from the operation down to what was done: same operations inside the same ones
 * count as one. Node 0 is the operation itself. */
struct why_node {
  char name[WHY_TEXT]; /* "exit, write of CMDQ_PROD" */
  uint32_t parent, depth;
  uint32_t child, sibling; /* the first one below; the next one with the same parent; WHY_NONE */
  uint64_t count;          /* operations */
  uint64_t ps;             /* in them and below */
};

struct why_part {
  char what[WHY_TEXT]; /* "vm.exit", "big lock, held by vCPU 1", "SMMU: invalidate" */
  char in[WHY_TEXT];   /* the operation it happened in */
  uint64_t ps;
  uint64_t count;  /* segments that are not neighbours */
  uint32_t cause;  /* enum why_cause */
  uint32_t node;   /* of a detail: WHY_NONE */
  uint32_t detail; /* first of `details` entries of why_path.detail: what the other CPU did then */
  uint32_t details;
};

/* In order of time, without gap or overlap. */
struct why_segment {
  uint64_t begin, end;
  uint32_t part;
};

struct why_path {
  struct why_op op;
  uint64_t total; /* ps */
  char event[64]; /* "UNMAP#17" */
  char cpu[64];
  char headline[400]; /* one sentence */
  struct why_node *node;
  struct why_part *part;   /* longest first */
  struct why_part *detail; /* of parts with cause LOCK and WOKEN; longest first */
  struct why_segment *segment;
  size_t nodes, parts, details, segments;
};

/* The operation must have ended. 0; SMMU_ERR_BADARG, SMMU_ERR_NOMEM, or what the reader returns. */
int why_path_create(struct why_path **out, struct why_list *list, uint32_t index,
                    struct trace_error *err);
void why_path_destroy(struct why_path *path);

#endif
