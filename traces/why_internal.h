/* Between the files of the analysis of one operation: why_list.c (all operations), why_window.c
 * (records of the time in question), why_device.c (what a queue did), why_walk.c (one CPU's time, in
 * segments), why_path.c (segments to parts), why_words.c (names and the headline). */
#ifndef TRACES_WHY_INTERNAL_H
#define TRACES_WHY_INTERNAL_H

#include "traces/smt.h"
#include "traces/why.h"

enum { WHY_CPUS = 65536 };

/* The numbers this recording gives to what the analysis knows; UINT64_MAX: it has none such. */
struct why_words {
  uint64_t charge, sleep, span, note, store, store_reg, sync; /* categories */
  uint64_t begin, end;                                        /* notes */
  uint64_t cmd_fetch;                                         /* stage */
  uint64_t wait;                                              /* ask */
  uint64_t line_move;                                         /* cost */
  unsigned lock_wait, big_lock, sync_wait, exit;              /* kinds; UINT32_MAX: none */
};

struct why_list {
  struct smt_reader *reader;
  struct why_op *op;
  struct why_kind *kind;
  uint32_t count, room;
  unsigned kinds;
  uint32_t *first; /* of each CPU, WHY_CPUS of them */
  uint64_t unmatched;
  bool accesses; /* the recording has register writes of software */
  char *cut;
  struct why_words words;
};

void why_words_init(struct why_words *words, const struct why_list *list);

/* ---- records in a stretch of time ---- */

/* [begin, end) of a CPU: a charge (what: cost) or sleep. */
struct why_piece {
  uint64_t begin, end, units;
  uint32_t cpu, what;
  bool asleep;
};

struct why_span {
  uint64_t arrival, start, end, addr;
  uint32_t actor;
  uint16_t stage, ask;
  size_t command; /* one behind the span that fetched the command it serves; 0: not in the window */
};

/* A CPU's work ended. */
struct why_act {
  uint64_t time;
  uint32_t cpu;
};

struct why_store {
  uint64_t time, addr;
  uint32_t cpu;
};

/* A CMD_SYNC completed. */
struct why_sync {
  uint64_t time;
  uint32_t actor;
};

/* A growing array of `width`-byte elements. */
struct why_array {
  void *data;
  size_t count, room;
};

struct why_window {
  uint64_t begin, end;
  struct why_array piece; /* by CPU, then by time */
  struct why_array span;  /* by actor, then by time; some fetches from before `begin`, too */
  struct why_array fetch; /* spans that fetch commands; by address, then by time */
  struct why_array store; /* by CPU, then by time; some from before `begin`, for commands that are
                             carried out later */
  struct why_array owner; /* stores once more: by address, then by time */
  struct why_array act;   /* by time */
  struct why_array sync;  /* by time */
};

/* A new zeroed element; NULL without memory. */
void *why_append(struct why_array *a, size_t width);
int why_window_read(struct why_window *w, struct why_list *list, uint64_t begin, uint64_t end,
                    struct trace_error *err);
void why_window_free(struct why_window *w);
/* The first piece of the CPU that ends behind `time`; *end is behind its last one. */
size_t why_first_piece(const struct why_window *w, uint32_t cpu, uint64_t time, size_t *end);
/* The CPU other than `self` whose work ended at `time`, when it is the only one; WHY_NONE. */
uint32_t why_who_acted(const struct why_window *w, uint32_t self, uint64_t time);

/* ---- the queue behind a wait ---- */

/* A wait for CMD_SYNC: `actor` served it in [begin, end), then it was complete. WHY_NONE: not
 * found. */
struct why_link {
  uint32_t actor;
  uint64_t begin, end;
};

struct why_link why_device_link(const struct why_list *list, const struct why_window *w,
                                const struct why_op *wait);
/* What the actor did at `time`, and until when that holds (at most `until`): true, or false when it
 * did nothing. */
bool why_device_at(const struct why_list *list, const struct why_window *w, uint32_t actor,
                   uint64_t time, uint64_t *until, enum why_cause *cause, uint32_t *stage,
                   uint32_t *owner);

/* ---- segments ---- */

/* What a stretch of one CPU's time was. Segments with the same key make a part. */
struct why_key {
  uint32_t op_key; /* node, or (of another CPU's time) kind of the innermost operation + 1 */
  uint32_t cause;
  uint32_t what;  /* cost or stage */
  uint32_t other; /* CPU: holder of the lock, waker, owner of the device's command */
};

struct why_stretch {
  uint64_t begin, end, units;
  struct why_key key;
  uint32_t op;    /* innermost operation, or WHY_NONE */
  uint32_t other; /* WHY_LOCK: the operation of the holder */
  uint32_t order; /* place in time */
};

struct why_walk {
  const struct why_list *list;
  const struct why_window *window;
  struct why_array holder;     /* uint32_t: operations that hold the big lock, by begin */
  const struct why_op *target; /* NULL: another CPU's time */
  const uint32_t *node;        /* of each operation; with a target */
  struct why_array out;        /* struct why_stretch */
  struct why_array *changes;   /* of each CPU, the operation at a time: struct why_change */
  struct why_array *change;    /* of the CPU at hand */
  size_t at_change, at_holder;
  struct why_link link; /* of the wait link_op */
  uint32_t link_op;
  uint32_t cpu;
};

/* Holders of the lock in the window that make `waiter` wait. False without memory. */
bool why_walk_init(struct why_walk *walk, const struct why_list *list,
                   const struct why_window *window, uint32_t waiter);
void why_walk_free(struct why_walk *walk);
/* Append stretches that cover [begin, end) of the CPU. False without memory. */
bool why_walk_run(struct why_walk *walk, uint32_t cpu, uint64_t begin, uint64_t end);

/* ---- from stretches to a path ---- */

/* Nodes below the operation; node[] gets one for each operation of the list. False without
 * memory. */
bool why_nodes_make(struct why_path *path, const struct why_list *list, uint32_t index,
                    uint32_t *node);
/* Time of the parts into their nodes and those above. */
void why_nodes_add(struct why_path *path);

/* ---- words ---- */

void why_part_text(const struct why_list *list, const struct why_stretch *s, char text[WHY_TEXT]);
void why_node_text(const struct why_list *list, const struct why_op *op, char text[WHY_TEXT]);
/* One sentence, from the stretches of the target and the parts. False without memory. */
bool why_headline(const struct why_list *list, const struct why_walk *walk, struct why_path *path);

#endif
