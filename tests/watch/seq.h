/* Sequences of records made by hand, as the device, a driver and their CPUs would leave them: each
 * call is one event, the watch sees it at once. Stream SID has stage 1 (ASID 7, VMID 0): a table at
 * level 1, one at level 2, and leaves at level 3 for pages 0 to 511. */
#ifndef WATCH_SEQ_H
#define WATCH_SEQ_H

#include "plat/plat.h"
#include "shim/gtest_c.h"
#include "smmu/dvm.h"
#include "smmu/smmu.h"
#include "watch/watch.h"

enum { SEQ_SID = 0x20, SEQ_ASID = 7 };

#define SEQ_OUT   0x80000000ULL
#define SEQ_STE   0x100000ULL
#define SEQ_CD    0x110000ULL
#define SEQ_L1    0x120000ULL
#define SEQ_L2    0x121000ULL
#define SEQ_L3    0x122000ULL
#define SEQ_S2_L1 0x200000ULL
#define SEQ_S2_L2 0x201000ULL
#define SEQ_S2_L3 0x202000ULL

#define SEQ_TABLE(at) ((at) | 3)
#define SEQ_PAGE(pa)  ((pa) | 0xf43) /* nG, AF, attributes */

struct seq {
  struct watch *watch;
  uint64_t time;
  struct watch_counts counts;
  char story[2048]; /* the last one */
  unsigned stories;
  uint64_t loaded_at, loaded; /* what load() answers for one address; elsewhere nothing */
};

void seq_start(struct seq *s);
void seq_start_with(struct seq *s, struct watch_options *options);
void seq_stop(struct seq *s);
void seq_put(struct seq *s, const struct smmu_record *r);

/* ---- software: CPU, world ---- */
void seq_store(struct seq *s, unsigned cpu, uint64_t addr, uint64_t value);
void seq_note(struct seq *s, unsigned cpu, unsigned world, unsigned kind, uint64_t a, uint64_t b,
              uint64_t c);
void seq_begin(struct seq *s, unsigned cpu, unsigned world, unsigned operation);
void seq_end(struct seq *s, unsigned cpu, unsigned world, unsigned operation);
/* STE, CD and tables; then a map of one page in an operation of its own, and the change that takes it
 * away, in one that is left open. IOVA is the page's number times 4 KB, the domain 1. */
void seq_tables(struct seq *s);
void seq_map(struct seq *s, unsigned page);
void seq_clear(struct seq *s, unsigned page);
/* UNMAPPED and the end of the operation; the end alone, as in lazy mode. */
void seq_dead(struct seq *s, unsigned page);
void seq_returned(struct seq *s);

/* ---- the device ---- */
void seq_submit(struct seq *s, unsigned actor, uint64_t va);
void seq_read(struct seq *s, unsigned actor, unsigned what, uint64_t addr, uint64_t word,
              uint64_t second);
void seq_s1(struct seq *s, unsigned actor, int level, uint64_t addr, uint64_t desc);
void seq_s2(struct seq *s, unsigned actor, int level, uint64_t addr, uint64_t desc,
            unsigned purpose, uint64_t ipa);
void seq_config(struct seq *s, unsigned actor);
/* A translation cache's record. tag_more is or-ed into the tag of kind, ASID 7 and VMID 0. */
void seq_cache(struct seq *s, unsigned category, unsigned actor, unsigned unit, unsigned slot,
               unsigned kind, unsigned span, uint64_t va, uint64_t tag_more);
void seq_cfg_cache(struct seq *s, unsigned category, unsigned actor, unsigned slot);
/* SUBMIT, configuration, three descriptors; fills slot `page` of the main TLB and of the configuration
 * cache slot 0. RESPOND is left to the caller. */
void seq_walk(struct seq *s, unsigned actor, unsigned page);
/* SUBMIT and hits in both. */
void seq_hit(struct seq *s, unsigned actor, unsigned page);
/* The verdict that this answer got, WATCH_VERDICTS for none. */
enum watch_verdict seq_respond(struct seq *s, unsigned actor, unsigned page);

/* FETCH and COMMAND of one command; of a CMD_SYNC, SYNC too. */
void seq_command(struct seq *s, unsigned queue, const char *text);
void seq_broadcast(struct seq *s, unsigned kind, unsigned asid, uint64_t addr);
void seq_broadcast_synced(struct seq *s);

#endif
