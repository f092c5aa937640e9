/* Inside a watch: what its files share. Numbers of records serve as time: they order everything, and
 * the first is 1, so 0 is "never". */
#ifndef WATCH_STATE_H
#define WATCH_STATE_H

#include "plat/plat.h"
#include "watch/watch.h"

enum { WATCH_NONE = -1, WATCH_VERSIONS = 3, WATCH_REFS = 48, WATCH_DEEP = 16 };

/* ---- memory (shadow.c) ---- */

/* A value that a word had. An unseen change happened at some moment after `record`. */
struct watch_version {
  uint64_t value, record, time;
  uint32_t operation; /* number of an operation; 0: outside any */
  uint32_t place;     /* in software; 0: unknown */
  uint16_t cpu;
  bool unseen;
};

struct watch_word {
  uint64_t addr, seen; /* seen: record at which the last version was known to be there */
  uint32_t holders;
  uint8_t count, last; /* versions; where the last of them is, round the end */
  bool read;           /* by the device, as a table */
  struct watch_version version[WATCH_VERSIONS];
};

struct watch_memory {
  struct watch_word *word;
  struct watch_slot *slot; /* mask + 1 of them, twice the words there is room for */
  uint32_t *idle;          /* words that were given up */
  uint32_t mask, limit, room, used, idles;
  uint64_t full; /* words lost since the last sweep */
};

/* ---- command queues (ring.c) ---- */

enum { WATCH_RINGS = 512 };

struct watch_ring {
  uint64_t first, bytes, base; /* base: the register */
  uint16_t world;
};

/* In the order of worlds and addresses. */
struct watch_rings {
  struct watch_ring ring[WATCH_RINGS];
  uint32_t count;
};

/* ---- operations of software (operation.c) ---- */

struct watch_operation {
  uint32_t number, other; /* other: of an unmap, the operation that had mapped what it removed */
  uint16_t cpu, world;
  uint8_t kind; /* enum plat_operation */
  bool ranged, lazy;
  uint64_t began, ended, ended_time, dead; /* records; dead: its UNMAPPED */
  uint64_t first, last, domain;            /* of MAPPED, or of what it unmapped; with `ranged` */
  uint32_t place;                          /* of what declared it dead */
  uint32_t older;                          /* lazy: the next of its list */
};

struct watch_cpu {
  uint32_t stack[WATCH_DEEP];
  uint8_t kind[WATCH_DEEP];
  uint32_t depth;
  uint32_t now; /* the innermost operation that is kept; 0: none */
};

/* Something declared dead. */
struct watch_death {
  uint64_t record, time, first, last, id;
  uint32_t place;
  uint16_t kind; /* enum plat_note_kind */
  uint16_t world, cpu;
};

enum { WATCH_DEATHS = 1024 };

/* The last of them: number n is [n % WATCH_DEATHS]. */
struct watch_deaths {
  struct watch_death death[WATCH_DEATHS];
  uint64_t count;
};

/* ---- footprints (print.c) ---- */

struct watch_print;

/* One word that something was built from. */
struct watch_ref {
  uint64_t value, read;     /* read: the record at which the device got it */
  uint64_t at;              /* its address as the table's owner knows it: IPA under stage 2 */
  uint64_t input;           /* stage 2: the IPA that was translated */
  uint64_t used;            /* the record at which `from` answered */
  struct watch_print *from; /* the walk cache entry that it came through, or NULL */
  uint32_t word;
  uint8_t what;    /* enum smmu_read */
  uint8_t purpose; /* enum smmu_read_for */
  int8_t level;
  uint8_t order; /* of a structure: which of its words */
};

struct watch_print {
  uint32_t holders, count;
  uint64_t tag, va;         /* of the entry; the tag as in smmu/trace.h */
  uint64_t made, made_time; /* the fill by the walk */
  uint64_t checked;         /* nothing it depends on had changed at this epoch */
  uint32_t sid, ssid;       /* of the walk */
  uint16_t actor;
  uint8_t span, cache;
  struct watch_ref ref[];
};

struct watch_slots {
  struct watch_print **print;
  uint32_t count;
};

struct watch_list {
  uint32_t count;
  struct watch_ref ref[WATCH_REFS];
};

/* ---- transactions (walk.c) ---- */

struct watch_txn {
  uint64_t submit, addr;
  uint64_t tag, s2_ipa, delta;   /* delta: IPA minus PA of the stage 1 descriptor to come */
  struct watch_print *cfg, *hit; /* what answered, or NULL: the lists below are its own */
  uint64_t made;                 /* the fill of a main or micro-TLB, or 0 */
  uint32_t sid, ssid, s2_from;
  uint8_t kind;
  bool active, lost, configured, in_s2, has_ipa, has_tag, has_delta;
  struct watch_list own_cfg, own;
};

/* ---- invalidations (queue.c, cover.c) ---- */

struct watch_inval {
  uint64_t fetch, fetch_time, sync, sync_time; /* sync 0: not completed */
  uint64_t words[2];
  uint64_t first, last;
  uint32_t next; /* of the same queue, not completed: number + 1 */
  uint32_t sid, ssid;
  uint16_t queue, vmid, asid, vmid_mask;
  uint8_t opcode, tg, ttl, range;
  bool leaf, broadcast, e2h;
};

struct watch_queue {
  uint64_t fetch, fetch_time;
  uint64_t words[2];    /* of the command that was fetched */
  uint32_t first, tail; /* number + 1 of what no sync has completed */
};

enum { WATCH_DVM_QUEUE = 0xffff, WATCH_DVM_SYNCS = 16 };

struct watch_log {
  struct watch_inval *inval; /* number n is [n % limit] */
  uint32_t limit, count;
  struct watch_queue *queue;
  uint32_t queues;
  struct watch_queue dvm;
  uint32_t dvm_sync[WATCH_DVM_SYNCS]; /* count of the log when a sync arrived */
  uint32_t dvm_syncs;
  uint64_t cr0, cr2;
  bool no_ranges; /* software has read IDR3.RIL = 0 */
};

/* What an invalidation must cover: a translation cache's entry, or what of a configuration. */
struct watch_target {
  bool config;
  uint8_t what; /* enum smmu_read, of a configuration */
  uint32_t sid, ssid;
  uint64_t tag, va; /* kind, VMID, ASID ... */
  uint8_t span, tg; /* tg 0: unknown */
  int8_t level;     /* of its last descriptor */
};

/* ---- all of it ---- */

struct watch {
  struct watch_options options;
  struct watch_counts counts;
  uint64_t now, time, epoch; /* the record under way; epoch: changes to what somebody holds */
  bool failed;
  struct watch_memory memory;
  struct watch_rings rings;
  struct watch_operation *operation; /* number n is [n % options.operations] */
  uint32_t *lazy;              /* by a hash of the address: the newest that waits for its flush */
  uint32_t operations, lazies; /* lazies: how many wait */
  struct watch_cpu *cpu;
  uint32_t cpus;
  struct watch_deaths unmapped, freed; /* freed: all but UNMAPPED */
  struct watch_slots *slots; /* configuration, walk, main TLB, then a micro-TLB for each TBU */
  uint32_t caches, entries;
  struct watch_txn *txn;
  uint32_t txns;
  struct watch_log log;
};

/* Grow an array of `size` bytes an element so that it has index `i`; new elements are zero. False:
 * out of memory, and the watch has failed. */
bool watch_grow(struct watch *w, void **array, uint32_t *count, uint32_t i, size_t size);
void watch_length_add(struct watch_lengths *l, uint64_t ps);

/* ---- shadow.c ---- */
bool watch_memory_create(struct watch *w);
void watch_memory_destroy(struct watch *w);
/* The word, or WATCH_NONE when it is not followed. */
int32_t watch_word_find(const struct watch *w, uint64_t addr);
void watch_word_store(struct watch *w, const struct smmu_record *r);
/* The device read a word of `what`. value NULL: the record does not say what (a later word of a
 * structure). The word, or WATCH_NONE: its value is not known. */
int32_t watch_word_read(struct watch *w, unsigned what, uint64_t addr, const uint64_t *value);
/* A bus may take its time between a read and its answer. The record before which `value`, which is not what
 * stands there now, was overwritten by a store that came after record `since`; 0: none such. */
uint64_t watch_word_late(const struct watch *w, unsigned what, uint64_t addr, uint64_t value,
                         uint64_t since);
/* What the word was before this record, as far as is remembered. */
uint64_t watch_word_before(const struct watch *w, uint32_t word, uint64_t record);
/* Ask options.load, if there is one. */
void watch_word_reload(struct watch *w, unsigned what, uint32_t word);
const struct watch_version *watch_word_now(const struct watch *w, uint32_t word);
/* Do two values mean the same? Bits that hardware updates and software's own do not count. */
bool watch_same(unsigned what, uint64_t a, uint64_t b);
/* The first version after the ref's reading that differs, if the word differs now; else NULL. */
const struct watch_version *watch_changed(const struct watch *w, const struct watch_ref *ref);
/* The version that the ref has read, if it is still remembered. */
const struct watch_version *watch_origin(const struct watch *w, const struct watch_ref *ref);

/* ---- ring.c ---- */
/* A register was written that may be the base of a command queue; a page was given back. */
void watch_ring_set(struct watch *w, const struct smmu_record *r);
void watch_ring_free(struct watch *w, const struct smmu_record *r);
bool watch_ring_has(const struct watch *w, unsigned world, uint64_t addr);

/* ---- operation.c ---- */
void watch_note(struct watch *w, const struct smmu_record *r);
/* The operation that a store on this CPU belongs to; 0: none. */
uint32_t watch_operation_now(const struct watch *w, unsigned cpu);
/* A store of operation `number` replaced what `before` had written. */
void watch_operation_replaces(struct watch *w, uint32_t number, uint32_t before);
/* NULL: none, or forgotten. */
const struct watch_operation *watch_operation_at(const struct watch *w, uint32_t number);

/* ---- print.c ---- */
struct watch_print *watch_slot(struct watch *w, const struct smmu_record *r);
void watch_slot_set(struct watch *w, const struct smmu_record *r, struct watch_print *print);
/* A footprint of these words for the entry of a FILL record; NULL: no room. made 0: made now. */
struct watch_print *watch_print_make(struct watch *w, const struct smmu_record *r,
                                     const struct watch_txn *t, const struct watch_ref *ref,
                                     uint32_t count);
struct watch_print *watch_print_hold(struct watch_print *print);
void watch_print_release(struct watch *w, struct watch_print *print);
void watch_print_destroy_all(struct watch *w);
bool watch_list_add(struct watch *w, struct watch_list *list, const struct watch_ref *ref);
void watch_list_clear(struct watch *w, struct watch_list *list);

/* ---- walk.c ---- */
void watch_walk(struct watch *w, const struct smmu_record *r);
void watch_txns_destroy(struct watch *w);

/* ---- queue.c, cover.c ---- */
bool watch_log_create(struct watch *w);
void watch_log_destroy(struct watch *w);
void watch_queue(struct watch *w, const struct smmu_record *r);
/* Does it remove this, whatever its time? */
bool watch_covers(const struct watch_inval *v, const struct watch_target *t);
void watch_inval_decode(struct watch_inval *v, const uint64_t words[2], uint64_t cr0, bool ranges);
bool watch_inval_broadcast(struct watch_inval *v, const struct smmu_record *r);

/* ---- unasked.c ---- */
/* A DROP, while its footprint is still there. */
void watch_removed(struct watch *w, const struct smmu_record *r);

/* ---- judge.c, story.c ---- */
struct watch_reason {
  enum watch_verdict verdict;
  const struct watch_ref *ref;
  const struct watch_version *change;
  const struct watch_death *death;
  const struct watch_operation *operation; /* that changed it */
  const struct watch_inval *inval;         /* that covered it; or, for the driver, came nearest */
  bool walk;                               /* it covered the walk that made the entry */
};

void watch_judge(struct watch *w, const struct watch_txn *t, const struct smmu_record *r);
void watch_tell(struct watch *w, const struct watch_txn *x, const struct smmu_record *r,
                const struct watch_reason *why);

#endif
