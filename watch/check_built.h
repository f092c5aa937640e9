/* What each world has built in memory for the SMMU, put together from its stores: Stream table, CDs,
 * translation tables, as far as valid pointers lead (IHI 0070 3.21.3: what is reachable may be
 * cached). And what it owes since it has changed some of it: an invalidation that covers the change,
 * behind the store, and a CMD_SYNC of the same queue that was waited for. Notes say when a debt is
 * due. Only check_*.c include this. */
#ifndef WATCH_CHECK_BUILT_H
#define WATCH_CHECK_BUILT_H

#include "arch/desc.h"
#include "arch/features.h"
#include "arch/structs.h"
#include "watch/check_state.h"
#include "watch/state.h"

enum { CHECK_STRUCTURE_WORDS = 8, CHECK_STRUCTURE = 64 };

/* ---- areas: where what lies (check_area.c) ---- */

enum check_area_kind { AREA_L1STD, AREA_STE, AREA_L1CD, AREA_CD, AREA_TABLE };

/* What translation caches tag the entries of an address space with. */
struct check_tag {
  uint16_t asid, vmid;
  uint8_t stage; /* 1, 2 */
  uint8_t world; /* StreamWorld, as in smmu/trace.h */
  bool aset;     /* CD.ASET: broadcasts by ASID leave it alone */
  bool under;    /* stage 2 that is under somebody's stage 1 */
};

struct check_area {
  uint64_t base, bytes;
  uint32_t holders; /* valid pointers that lead here; 0: unreachable */
  uint8_t kind;     /* enum check_area_kind */
  int8_t level;     /* of a table */
  bool mixed;       /* used in two ways at once: not judged */
  bool owes;        /* it was reachable, and what was known of it may be owed still */
  uint32_t sid, id; /* id: StreamID or SubstreamID of the first entry; sid: of a CD's stream */
  uint64_t input;   /* of a table: address that its first entry translates */
  uint64_t mair;    /* stage 1 */
  struct smmu_geometry geometry;
  struct check_tag tag;
  struct check_at unlinked; /* the store that made it unreachable, */
  uint64_t unlinked_from;   /* and where that was */
  uint64_t *valid; /* of a table: a bit for each descriptor that may be valid; NULL: all may */
};

/* ---- debts ---- */

enum check_debt_kind {
  DEBT_TLB,    /* entries of a range of addresses */
  DEBT_STAGE1, /* what somebody's stage 1 made of a stage 2 that has changed */
  DEBT_ID,     /* all entries of an ASID or a VMID */
  DEBT_ATC     /* an endpoint's entries of a range */
};

/* Paid: a command that covers it was handed over. Synced: so was a CMD_SYNC of its queue. It is gone
 * when that was seen complete. */
enum check_paid { OWED, PAID, SYNCED };

struct check_payment {
  uint8_t state; /* enum check_paid */
  uint32_t queue;
  uint64_t command, sync; /* numbers of commands */
  struct check_at at;     /* of the command */
};

struct check_debt {
  uint32_t number; /* those with one number were made by one change */
  uint8_t kind;
  uint8_t span; /* log2 of what one entry covers */
  int8_t level;
  bool table, contiguous; /* a table was unlinked; a leaf with the hint was changed */
  bool exact;             /* `out` is where `first` led, and the rest follows it */
  bool global;            /* of all ASIDs */
  bool left;              /* of a stream that has lost EATS */
  bool ssv;               /* DEBT_ATC: translations of the SubstreamID `ssid` */
  uint32_t sid, ssid, domain;
  uint32_t others; /* debts that were made with it, right behind it */
  struct check_tag tag;
  uint64_t first, last, out, from; /* from: address of the first descriptor */
  struct check_at at, early;       /* early: an ATC_INV that came before the TLBI was complete */
  struct check_payment paid;
};

/* A change to a structure of the configuration, from the first store after a quiet time on. */
struct check_edit {
  uint8_t kind; /* enum check_area_kind */
  bool told;
  uint32_t sid, id; /* id: StreamID, or SubstreamID */
  uint32_t entries; /* that an entry of a first level stands for; else 1 */
  uint64_t addr, base[CHECK_STRUCTURE_WORDS];
  struct check_at at; /* the last store */
  struct check_payment paid;
};

/* An invalidation that was handed over. */
struct check_sent {
  struct watch_inval inval;
  uint32_t queue, paid, pages; /* paid: debts and edits that it covered; of them single pages */
  uint64_t command;
  struct check_at at, submitted;
};

/* Somebody waits for an answer: STAG of a stall, or PRGIndex. */
struct check_fault {
  bool stall, ssv, last; /* last: the group is complete */
  uint32_t sid, ssid, tag;
  struct check_at at; /* when software has seen it */
};

/* Where a domain's tables begin, and its table of the last level that was looked at last. */
struct check_root {
  uint64_t domain, base, leaves;
};

enum {
  CHECK_ROOTS = 64,
  CHECK_SENT = 1024,
  CHECK_DEBTS = 1 << 15,
  CHECK_AREAS = 1 << 16,
  CHECK_IDS = 1 << 16
};

/* The queue that broadcasts count as. */
enum { CHECK_DVM = CHECK_QUEUES };

/* A stream whose STE has EATS, and where that lies. */
struct check_stream {
  uint64_t ste;
  uint32_t sid;
};

struct check_built {
  bool enabled; /* SMMUEN is written as 1 */
  bool unmaps;  /* software says when addresses are dead */
  struct smmu_features features;
  uint64_t named[AREA_TABLE][CHECK_STRUCTURE_WORDS]; /* bits of structures that have a name */
  struct check_area **area;                          /* in order of addresses */
  struct check_area *last;                           /* found last */
  uint64_t gap[2]; /* nothing lies from the first to before the second */
  uint32_t areas, area_room;
  struct check_debt *debt;
  uint32_t debts, debt_room, numbers;
  struct check_edit *edit;
  uint32_t edits, edit_room;
  struct check_sent *sent; /* number n is [n % CHECK_SENT] */
  uint64_t sents;
  uint64_t dvm_syncs, dvm_synced; /* broadcast syncs that have arrived, and have completed */
  uint32_t *owner[2];             /* domain of each ASID, of each VMID; NULL: nobody said */
  struct check_stream *ats;
  struct check_root root[CHECK_ROOTS];
  struct check_at *made; /* each CPU's last store that made a descriptor valid; record 0: none */
  struct check_fault *fault;
  uint32_t mades, faults, fault_room;
  uint32_t atss, ats_room;
  uint32_t ssid_top; /* the highest SubstreamID whose CD was ever valid */
};

/* Grow an array of `size` bytes an element for index `used`. False: out of memory, c has failed. */
bool check_grow(struct check *c, void **array, uint32_t *room, uint32_t used, size_t size);

/* The area an address lies in, reachable or not; NULL. */
struct check_area *check_area_at(struct check_built *b, uint64_t addr);
/* A valid pointer leads to `like` now. True: it did not before, and is in *area. */
bool check_area_link(struct check *c, struct check_built *b, const struct check_area *like,
                     struct check_area **area);
/* Are both the same kind of table, under the same tag? */
bool check_area_same(const struct check_area *a, const struct check_area *like);
/* A pointer to it is no longer. True: that was the last. */
bool check_area_unlink(struct check_built *b, uint64_t base, struct check_area **area);
void check_area_drop(struct check_built *b, struct check_area *area);
/* The descriptor at `addr` of a table, as a number; 0: nothing valid was stored there. */
uint64_t check_descriptor(const struct check_world *w, const struct check_area *area,
                          uint64_t addr);
/* It was seen, valid or not. */
void check_area_set_valid(struct check_area *area, uint64_t addr, bool valid);
void check_areas_clear(struct check_built *b);

/* ---- structures (check_config.c), their legality (check_legal.c) ---- */

void check_read_structure(const struct check_world *w, uint64_t addr, unsigned words,
                          uint64_t *out);
/* A pointer to area has become valid, or the last of them is gone: so its entries' pointers. */
void check_area_enter(struct check *c, struct check_world *w, struct check_area *area, bool there);
/* What stands at an address goes from old to now: link what `now` points to, unlink the rest. */
void check_structure_links(struct check *c, struct check_world *w, const struct check_area *area,
                           uint64_t addr, const uint64_t *old, const uint64_t *now);
void check_structure_stored(struct check *c, struct check_world *w, struct check_area *area,
                            const struct check_word *x);
void check_legal_features(struct check_world *w);
/* A structure that software considers ready. */
void check_legal(struct check *c, struct check_world *w, const struct check_area *area,
                 uint64_t addr, const struct check_at *at);
/* Bits that the SMMU looks at. IHI 0070 5.2, 5.4. */
void check_used(unsigned kind, const uint64_t words[CHECK_STRUCTURE_WORDS],
                uint64_t mask[CHECK_STRUCTURE_WORDS]);
bool check_is_valid(unsigned kind, const uint64_t *words);

/* ---- translation tables (check_table.c) ---- */
void check_table_links(struct check *c, struct check_world *w, const struct check_area *area,
                       uint64_t addr, uint64_t old, uint64_t now);
/* A TLBI was sent for a descriptor with the Contiguous hint: is the rest of its group gone too? */
void check_group(struct check *c, struct check_world *w, const struct check_debt *d);
void check_table_stored(struct check *c, struct check_world *w, struct check_area *area,
                        const struct check_word *x);

/* ---- debts (check_debt.c), payments (check_pay.c) ---- */
struct check_debt *check_debt_add(struct check *c, struct check_world *w,
                                  const struct check_debt *like);
/* What a descriptor's change leaves owed; `debt` has all but kind and number. */
void check_debt_of_range(struct check *c, struct check_world *w, struct check_debt *debt);
void check_debt_of_id(struct check *c, struct check_world *w, const struct check_tag *tag);
void check_debt_of_left(struct check *c, struct check_world *w, uint32_t sid);
/* A substream has lost its CD, or the ASID in it. */
void check_debt_of_substream(struct check *c, struct check_world *w, uint32_t sid, uint32_t ssid,
                             const struct check_tag *tag);
void check_debt_command(struct check *c, struct check_world *w, uint32_t queue,
                        const struct check_command *command);
void check_debt_broadcast(struct check *c, struct check_world *w, const struct smmu_record *r);
void check_debt_consumed(struct check_world *w, uint32_t queue, uint64_t number);
void check_debt_remove(struct check_built *b, uint32_t i);
struct check_edit *check_edit_find(struct check_built *b, uint64_t addr, uint32_t sid);
struct watch_target check_target_of(const struct check_debt *d);
bool check_is_by_address(unsigned opcode);
bool check_edit_covered(const struct check_edit *e, const struct watch_inval *v);

/* ---- hooks (check_built.c) ---- */
void check_built_destroy(struct check_world *w);
void check_built_stored(struct check *c, struct check_world *w, const struct check_word *x);
/* A register was written: at its offset, w->reg is up to date. */
void check_built_register(struct check *c, struct check_world *w, uint64_t offset);
void check_built_submitted(struct check *c, struct check_world *w, const struct check_queue *q,
                           const struct check_command *command);
void check_built_consumed(struct check_world *w, const struct check_queue *q,
                          const struct check_command *command);
void check_built_noted(struct check *c, struct check_world *w, const struct plat_note *n);
void check_built_recorded(struct check *c, struct check_world *w, const struct smmu_record *r);
void check_built_broadcast(struct check *c, struct check_world *w, const struct smmu_record *r);
void check_built_end(struct check *c, struct check_world *w);

/* ---- what is said of addresses and streams (check_mapped.c) ---- */
void check_said_unmapped(struct check *c, struct check_world *w, uint64_t first, uint64_t last,
                         uint64_t domain);
void check_said_mapped(struct check *c, struct check_world *w);
void check_said_moved(struct check *c, struct check_world *w, uint64_t sid);
/* This CPU's store made a descriptor valid. */
void check_made_valid(struct check *c, struct check_world *w);
/* Does another address space have this one's ASID or VMID? */
void check_tag_alone(struct check *c, const struct check_built *b, const struct check_area *root);

/* ---- stalls and page requests (check_fault.c) ---- */
void check_fault_recorded(struct check *c, struct check_world *w, const struct smmu_record *r);
void check_fault_answered(struct check *c, struct check_world *w,
                          const struct check_command *command);
void check_fault_taken(struct check *c, struct check_world *w);
void check_fault_end(struct check *c, struct check_world *w);

/* ---- due (check_due.c, check_blame.c) ---- */
void check_due_note(struct check *c, struct check_world *w, const struct plat_note *n);
void check_due_end(struct check *c, struct check_world *w);
/* Why is it not paid? Tells it; as `rule` when nothing better is known. what: what made it due. */
void check_blame_debt(struct check *c, struct check_world *w, const struct check_debt *d,
                      unsigned rule, const char *what);
void check_blame_edit(struct check *c, struct check_world *w, const struct check_edit *e,
                      const char *what);

#endif
