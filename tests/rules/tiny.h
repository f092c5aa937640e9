/* Rules of drivers, each with its mistake in a few lines and the remedy. docs/rules/ is made of these
 * files by docs/rules.sh, text and all, so a case is written to be read:
 *
 *   MISTAKE(CR0_UNACKNOWLEDGED, WrittenAgain, "what exactly the checker says", .start = true)
 *   {
 *     reg_write(d, CR0, ...);
 *     reg_write(d, CR0, ...); // here        in C comments: the line that the finding names
 *   }
 *
 *   REMEDY(CR0_UNACKNOWLEDGED, WrittenAgain)
 *   {
 *     ...
 *   }
 *
 * Both are programs on CPU 0 of a board, on engine `now` and on `timed`, under a watch and a check.
 * The mistake breaks that rule once, at that line, and no other; the remedy breaks none, and nothing
 * in it is stale. The driver is the tiny one below. */
#ifndef TESTS_RULES_TINY_H
#define TESTS_RULES_TINY_H

#include "arch/cmdqv.h"
#include "arch/ecmdq.h"
#include "arch/regs.h"
#include "arch/structs.h"
#include "plat/board.h"
#include "shim/gtest_c.h"
#include "watch/check.h"

/* Entries of the Stream table; of the command, event and PRI queue. */
enum { TINY_STREAMS_LOG2 = 4, TINY_QUEUE_LOG2 = 4 };

/* A driver of its own. Before start: registers as after reset, memory allocated, nothing told to
 * the device. */
struct tiny {
  const struct plat *plat;
  struct plat_board *board;
  uint64_t ring, events, pages, streams; /* command, event, PRI queue; Stream table */
  uint32_t shape;                        /* STRTAB_BASE_CFG; linear, unless a case sets it */
  uint32_t prod;                         /* of the command queue: what was put */
  /* After attached(): tables of 39 bits of address, and the CD of stage 1. */
  uint64_t cd, root, middle, leaves; /* levels 1, 2 and 3; what leads to address 0 */
};

struct tiny_options {
  bool start;          /* started(d) before the program */
  unsigned stage;      /* attached(d, stage) as well: 1, 2, 3 (both) */
  bool with_ats;       /* the SMMU has it */
  bool with_cmdqv;     /* 2 VINTFs, 4 VCMDQs; 4 in all */
  bool with_ecmdqs;    /* one page of 4 */
  const char *besides; /* id of a rule that is broken on the way, by intent */
  void (*change)(struct smmu_config *config);
};

/* Registers of the SMMU by name. */
#define reg_write(d, name, value) plat_mmio_write((d)->plat, PLAT_SMMU_BASE + OFF_##name, value, 4)
#define reg_write64(d, name, value) \
  plat_mmio_write((d)->plat, PLAT_SMMU_BASE + OFF_##name, value, 8)
#define reg_read(d, name)     ((uint32_t)plat_mmio_read((d)->plat, PLAT_SMMU_BASE + OFF_##name, 4))
#define store(d, addr, value) plat_store64((d)->plat, addr, value)
#define load(d, addr)         plat_load64((d)->plat, addr)
#define barrier(d)            plat_barrier((d)->plat)
/* Until (register & mask) == value; a failure when it does not come. */
#define reg_wait(d, name, mask, value) \
  tiny_wait(d, PLAT_SMMU_BASE + OFF_##name, (uint32_t)(mask), (uint32_t)(value))
/* All commands put so far are the device's. */
#define ring_doorbell(d) (barrier(d), reg_write(d, CMDQ_PROD, (d)->prod))

void tiny_wait(const struct tiny *d, uint64_t addr, uint32_t mask, uint32_t value);
/* Zeroed memory, aligned to its size. */
uint64_t tiny_memory(const struct tiny *d, size_t bytes);
/* Store commands (arch/cmd.h: "CFGI_STE sid=1; SYNC") into the ring; the device is not told. */
void put(struct tiny *d, const char *commands);
/* Until the device has consumed what was put. */
void wait_consumed(const struct tiny *d);
/* put, ring_doorbell, wait_consumed. */
void issue(struct tiny *d, const char *commands);
/* From reset to SMMUEN, by the book. */
void started(struct tiny *d);

/* Stream 1 by stage 1 (ASID 7), stage 2 (VMID 3), or both, by the book; IDR0 to IDR5 are read.
 * Pages 0x1000 to 0x4fff lead to PAGES and on. */
void attached(struct tiny *d, unsigned stage);
/* The same by stage 1, for substream 1 of the stream alone: its CD is the second of two. */
void attached_substream(struct tiny *d);
/* STRTAB_BASE_CFG of four first level descriptors, for 64 streams each. */
#define TWO_LEVELS (1u << STRTAB_BASE_CFG_FMT_LO | 6u << STRTAB_BASE_CFG_SPLIT_LO | 8)
/* Where things are, and what a page's descriptor is. */
#define PAGES           0x800000ULL
#define STE_OF(d, sid)  ((d)->streams + 64ULL * (sid))
#define LEAF_OF(d, va)  ((d)->leaves + 8 * ((uint64_t)(va) >> 12))
#define PAGE(pa)        ((uint64_t)(pa) | 0xf43) /* nG, AF, inner shareable, for everybody */
#define STAGE2_PAGE(pa) ((uint64_t)(pa) | 0x7ff) /* AF, inner shareable, read and write */
#define TABLE(addr)     ((uint64_t)(addr) | 3)
/* What software says of itself. */
#define say(d, what, a, b, c) plat_note((d)->plat, PLAT_NOTE_##what, a, b, c)

/* ---- cases ---- */

struct tiny_case {
  unsigned rule;
  const char *claim, *says;
  const char *file;
  int line;
  void (*mistake)(struct tiny *d);
  void (*remedy)(struct tiny *d);
  struct tiny_options options;
};

void tiny_register(const struct tiny_case *c);
void tiny_run(const struct tiny_case *c);
void tiny_run_legal(const struct tiny_case *c); /* the remedy alone */

#define MISTAKE(name, claim_name, says_text, ...) \
  static void mistake_##name##_##claim_name(struct tiny *d); \
  static void remedy_##name##_##claim_name(struct tiny *d); \
  static const struct tiny_case case_##name##_##claim_name = { CHECK_##name, \
                                                               #claim_name, \
                                                               says_text, \
                                                               __FILE__, \
                                                               __LINE__, \
                                                               mistake_##name##_##claim_name, \
                                                               remedy_##name##_##claim_name, \
                                                               { __VA_ARGS__ } }; \
  __attribute__((constructor)) static void enter_##name##_##claim_name(void) \
  { \
    tiny_register(&case_##name##_##claim_name); \
  } \
  TEST_CASE(name, claim_name) \
  { \
    tiny_run(&case_##name##_##claim_name); \
  } \
  static void mistake_##name##_##claim_name(struct tiny *d)

/* A program that breaks no rule, though it comes near. */
#define LEGAL(claim_name, ...) \
  static void legal_##claim_name(struct tiny *d); \
  TEST_CASE(Legal, claim_name) \
  { \
    static const struct tiny_case c = { .rule = CHECK_RULES, \
                                        .remedy = legal_##claim_name, \
                                        .file = __FILE__, \
                                        .options = { __VA_ARGS__ } }; \
    tiny_run_legal(&c); \
  } \
  static void legal_##claim_name(struct tiny *d)

#define REMEDY(name, claim_name) static void remedy_##name##_##claim_name(struct tiny *d)

#endif
