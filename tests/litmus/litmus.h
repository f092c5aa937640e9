/* Litmus programs: the smallest machines that show what an invalidation promises.
 * Each lives in a file of its own as one `const struct explore_program`; this header has what they
 * share: one memory map, short tables (two levels), a command ring written beforehand, and
 * predicates. smmulator litmus and tests/litmus_run use the list. */
#ifndef SMMU_TESTS_LITMUS_H
#define SMMU_TESTS_LITMUS_H

#include "smmu/explore.h"

/* Every program, in the order they are best read. */
const struct explore_program *const *litmus_programs(size_t *count);
const struct explore_program *litmus_find(const char *name);

/* ---- memory map of all programs ---- */

enum {
  LITMUS_STRTAB = 0x1000, /* linear, 4 STEs */
  LITMUS_CD = 0x2000,     /* one CD a stream: + 64 * StreamID */
  LITMUS_L2 = 0x3000,     /* level 2 table, entry 0 leads to LITMUS_L3 */
  LITMUS_L3 = 0x4000,     /* level 3 table, entry 1 maps LITMUS_VA to LITMUS_OLD */
  LITMUS_L2_NEW = 0x5000, /* the same shape, leading to LITMUS_NEW */
  LITMUS_L3_NEW = 0x6000,
  LITMUS_S2_L2 = 0x7000, /* stage 2: identity for the structures above, LITMUS_IPA to LITMUS_OLD */
  LITMUS_S2_L3 = 0x8000,
  LITMUS_CMDQ = 0x9000,   /* 8 entries */
  LITMUS_EVENTQ = 0xa000, /* 8 entries */
  LITMUS_MSI = 0xb000,
  LITMUS_IPA = 0x20000,
  LITMUS_VA = 0x1000,
  LITMUS_OLD = 0x80000,
  LITMUS_NEW = 0x90000,
  LITMUS_ASID = 7,
  LITMUS_VMID = 3
};

#define LITMUS_PTE        (LITMUS_L3 + 8)         /* the descriptor of LITMUS_VA */
#define LITMUS_S2_PTE     (LITMUS_S2_L3 + 8 * 32) /* the descriptor of LITMUS_IPA */
#define LITMUS_PAGE_ATTRS 0xf47ULL                /* valid page, AF, ISH, user read and write, nG */

/* Two transactions in flight, caches of so many fully associative entries (0: off), a configuration
 * cache of two, 8 bytes at a time on the bus. */
#define LITMUS_CACHE(entries) \
  { \
    (entries) ? 1 : 0, (entries) ? (entries) : 1 \
  }
#define LITMUS_DEVICE(tbu_count, utlb_entries, tlb_entries, walk_entries) \
  LITMUS_DEVICE_OF(0x094e321b, tbu_count, utlb_entries, tlb_entries, walk_entries)
#define LITMUS_DEVICE_OF(idr0, tbu_count, utlb_entries, tlb_entries, walk_entries) \
  LITMUS_DEVICE_WITH(idr0, 0x75, tbu_count, utlb_entries, tlb_entries, walk_entries)
#define LITMUS_DEVICE_WITH(idr0, idr5, tbu_count, utlb_entries, tlb_entries, walk_entries) \
  { \
    .idr = { (idr0), 0x02730000 | 8 << 6 | 20, 0, 0x0e14, 0, (idr5) }, .aidr = 1, \
    .gbpa_reset = 0x1000, .txns = 2, .tbus = (tbu_count), .events = 2, \
    .utlb = LITMUS_CACHE(utlb_entries), .tlb = LITMUS_CACHE(tlb_entries), \
    .walk_cache = LITMUS_CACHE(walk_entries), .cfg_cache = { 1, 2 }, .atomic_bytes = 8 \
  }
/* The plain one: one TBU without a micro-TLB, a main TLB of two. */
#define LITMUS_CONFIG LITMUS_DEVICE(1, 0, 2, 0)
/* The same with ATS. */
#define LITMUS_ATS LITMUS_DEVICE_OF(0x094e361b, 1, 0, 2, 0)

/* One that can stall, with a walk cache. */
#define LITMUS_STALLS LITMUS_DEVICE_WITH(0x084e321b, 2 << 16 | 0x75, 1, 0, 2, 2)

/* One that updates flags in descriptors (HTTU = 2). */
#define LITMUS_HTTU LITMUS_DEVICE_OF(0x094e329b, 1, 0, 2, 0)

/* The first word of every CD; CD.S; CD.HA and HD. IHI 0070 5.4. */
#define LITMUS_CD_WORD0 \
  (39ULL | 1ULL << 30 | 1ULL << 31 | 5ULL << 32 | 1ULL << 41 | 3ULL << 45 | \
   (uint64_t)LITMUS_ASID << 48)
#define LITMUS_CD_S    (1ULL << 44)
#define LITMUS_CD_HTTU (3ULL << 42)

/* ---- setup ---- */

/* Stage 1 streams 0 to 3 (ASID 7, VMID 3), CMDQ and event queue enabled, SMMUEN set. */
void litmus_setup(struct engine_now *now, struct engine_memory *memory);
/* The same with nested translation: LITMUS_VA to LITMUS_IPA to LITMUS_OLD, CD and tables behind
 * stage 2. */
void litmus_setup_nested(struct engine_now *now, struct engine_memory *memory);
/* Stream 1 may use ATS. */
void litmus_setup_ats(struct engine_now *now, struct engine_memory *memory);
/* Commands (assembler text, see arch/cmd.h) into the ring from slot 0 on. */
void litmus_commands(struct engine_memory *memory, const char *text);
/* One DMA read now, so that the caches are warm. */
void litmus_warm(struct engine_now *now, unsigned sid, unsigned tbu);

/* ---- threads ---- */

#define STORE(address, word) \
  { \
    .kind = EXPLORE_STORE, .addr = (address), .value = (word) \
  }
#define LOAD(address) \
  { \
    .kind = EXPLORE_LOAD, .addr = (address) \
  }
#define WRITE_REG(offset, word) \
  { \
    .kind = EXPLORE_MMIO_WRITE, .bytes = 4, .addr = (offset), .value = (word) \
  }
#define READ_REG(offset, bits) \
  { \
    .kind = EXPLORE_MMIO_READ, .bytes = 4, .addr = (offset), .mask = (bits) \
  }
#define AWAIT_REG(offset, bits, word) \
  { \
    .kind = EXPLORE_AWAIT_REG, .bytes = 4, .addr = (offset), .mask = (bits), .value = (word) \
  }
#define AWAIT_WORD(address, bits, word) \
  { \
    .kind = EXPLORE_AWAIT_WORD, .addr = (address), .mask = (bits), .value = (word) \
  }
#define DMA_READ(stream, unit) \
  { \
    .kind = EXPLORE_DMA, .sid = (stream), .tbu = (unit), .addr = LITMUS_VA \
  }
/* An access of stream 1 through the program's ATC. */
#define ATC_READ() \
  { \
    .kind = EXPLORE_ATC_DMA, .sid = 1, .addr = LITMUS_VA \
  }
/* A CPU's TLBI VAE1IS of the programs' ASID and VMID, and its DSB. */
#define BROADCAST_VA(va) \
  { \
    .kind = EXPLORE_BROADCAST, .value = SMMU_DVM_VAE1, .addr = (va), .sid = LITMUS_ASID, \
    .ssid = LITMUS_VMID \
  }
#define AWAIT_BROADCAST \
  { \
    .kind = EXPLORE_AWAIT_BROADCAST \
  }
#define ISSUE(n)          WRITE_REG(0x98, n)          /* CMDQ_PROD */
#define AWAIT_CONSUMED(n) AWAIT_REG(0x9c, 0xfffff, n) /* CMDQ_CONS */

/* ---- predicates ---- */

/* Operation i of thread t saw this value, having started when thread `after` had finished at least
 * `pc` operations. */
bool litmus_saw_after(const struct explore_view *v, unsigned t, unsigned i, uint64_t value,
                      unsigned after, unsigned pc);

#endif
