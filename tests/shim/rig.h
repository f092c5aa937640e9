/* A whole tiny machine in C: an engine, memory, and helpers that build every structure the SMMU
 * reads, word by word, as a driver would. The cases written with it are the common suite: each runs
 * on every engine of rig_hosts[].
 *
 *   ENGINE_TEST(Sync, HidesRemovedMapping)
 *   {
 *     rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
 *     EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
 *     rig_unmap(rig, SID, 0x1000);
 *     rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000; SYNC");
 *     EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_TRANSLATION);
 *   }
 *
 * The machine starts enabled: linear Stream table of 64 entries, command and event queue of 64
 * entries, CR2.RECINVSID, and stream SID with stage 1 (ASID 7, VMID 0, 4 KB, 39 bits), which maps
 * nothing. All structures lie below RIG_DATA; stage 2 tables map that part to itself, so that CDs
 * and stage 1 tables work under nesting. IHI 0070 3.3, 4, 5, 6. */
#ifndef SHIM_RIG_H
#define SHIM_RIG_H

#include "arch/regs.h"
#include "arch/structs.h"
#include "shim/gtest_c.h"
#include "smmu/engine.h"
#include "smmu/timed.h"

enum { SID = 1, RIG_ASID = 7, RIG_STREAMS = 16, RIG_RECORDS = 4096 };

/* Where things lie. */
#define RIG_STRTAB 0x100000ULL
#define RIG_CMDQ   0x200000ULL
#define RIG_EVENTQ 0x280000ULL
#define RIG_MSI    0x2f0000ULL
#define RIG_DATA   0x20000000ULL /* 512 MB: what is below maps to itself at stage 2 */

/* ---- the machine ----------------------------------------------------------------------------- */

/* One translation table, of either stage. */
struct rig_table {
  uint64_t base;
  uint8_t stage, granule_log2, ia_bits;
  int8_t start_level;
};

/* How to make a stream; 0 is a default everywhere. */
struct rig_stream {
  uint8_t config; /* STE.Config: 4 bypass, 5 stage 1 (default), 6 stage 2, 7 both; RIG_STE_ABORT */
  uint8_t granule1; /* log2: 12 (default), 14, 16 */
  uint8_t granule2;
  uint8_t t0sz; /* default 25; also the size of the stage 2 input is 40 bits */
  uint8_t s1cdmax, s1fmt, s1dss;
  uint8_t strw;
  uint8_t two_ranges; /* TTB1 enabled: T1SZ = T0SZ, same granule */
  uint16_t asid;      /* default RIG_ASID */
  uint16_t vmid;
};

enum { RIG_STE_ABORT = 0x80 };

struct rig_space {
  uint32_t sid;
  bool used;
  struct rig_table s1, s1_high, s2;
};

struct rig {
  struct engine_memory *memory;
  const struct rig_host *host;
  void *engine; /* the host's; struct engine_now in a NOW_TEST */
  struct smmu *device;
  struct smmu_config config;
  unsigned cmdq_log2, eventq_log2;
  unsigned strtab_log2, strtab_split; /* split 0: linear */
  uint64_t next;                      /* first free byte for tables */
  struct rig_space space[RIG_STREAMS];
  uint64_t signals[SMMU_SIGNAL_COUNT];
  void (*on_signal)(struct rig *rig, enum smmu_signal line); /* may access registers */
  bool in_signal;
  struct smmu_hooks hooks;
  struct smmu_record record[RIG_RECORDS]; /* since rig_watch(), the first RIG_RECORDS */
  unsigned n_records;
  uint16_t tbu; /* where the next transactions enter */
};

/* ---- engines --------------------------------------------------------------------------------- */

/* An engine that the rig runs on. mmio_write and cmdqv_write need not move the device: the rig calls
 * run after them, except from inside signal. translate leaves the device at rest. */
struct rig_host {
  const char *name; /* letters, digits, '-': the last part of the case's name */
  /* The device and whatever drives it; hooks are off. signal(ctx, line) is called at each interrupt
   * or event output. NULL when it cannot be made. */
  void *(*create)(const struct smmu_config *config, struct engine_memory *memory,
                  void (*signal)(void *ctx, enum smmu_signal line), void *ctx);
  void (*destroy)(void *engine);
  struct smmu *(*device)(void *engine);
  int (*translate)(void *engine, const struct smmu_txn *txn, struct smmu_result *out);
  /* The oldest answer of a transaction that had stalled (SMMU_STATUS_STALLED); false: none. NULL
   * where translate cannot leave a transaction behind. */
  bool (*late)(void *engine, struct smmu_result *out);
  uint64_t (*mmio_read)(void *engine, uint64_t offset, unsigned bytes);
  void (*mmio_write)(void *engine, uint64_t offset, uint64_t value, unsigned bytes);
  uint64_t (*cmdqv_read)(void *engine, uint64_t offset, unsigned bytes);
  void (*cmdqv_write)(void *engine, uint64_t offset, uint64_t value, unsigned bytes);
  /* Until nothing can move; the device may have been acted on behind the engine's back. */
  void (*run)(void *engine);
  uint64_t (*reads)(void *engine); /* bus reads of the device so far */
  void (*set_hooks)(void *engine, const struct smmu_hooks *hooks);
  void (*set_endpoint)(void *engine, const struct engine_endpoint *endpoint);
  int (*answer)(void *engine, uint32_t tag, unsigned status); /* these need not move the device */
  int (*pri_request)(void *engine, const struct smmu_pri *p);
};

/* A host made by how; its other functions are the caller's, of the same names as the members. stalled:
 * its late, or NULL. */
#define RIG_HOST(label, how, stalled) \
  { \
    .name = (label), .create = (how), .destroy = destroy, .device = device, \
    .translate = translate, .late = (stalled), .mmio_read = mmio_read, .mmio_write = mmio_write, \
    .cmdqv_read = cmdqv_read, .cmdqv_write = cmdqv_write, .run = run, .reads = reads, \
    .set_hooks = set_hooks, .set_endpoint = set_endpoint, .answer = answer, \
    .pri_request = pri_request \
  }

/* The engines of this program, NULL at the end: rig_hosts.c. A program that defines a list of its
 * own gets that one instead (the linker then leaves rig_hosts.c out); in C++ as
 *
 *   extern "C" { extern const struct rig_host *const rig_hosts[]; }
 *   const struct rig_host *const rig_hosts[] = { &rig_host_mine, nullptr };
 *
 * The list and what it points to must be constants: cases are registered before main. */
extern const struct rig_host *const rig_hosts[];

/* now: fast path, steps only, seeded interleaving; timed: the neutral profile; a random profile and
 * a seed. */
extern const struct rig_host rig_host_now, rig_host_now_stepped, rig_host_now_seeded,
  rig_host_timed, rig_host_timed_seeded;

void rig_run_on(const struct rig_host *host, void (*body)(struct rig *rig));
void rig_register(struct gtest_c_where where, const char *suite, const char *name,
                  bool (*runs_on)(const struct rig_host *host), void (*run)(int host));
bool rig_is_any(const struct rig_host *host);
bool rig_is_now(const struct rig_host *host);
bool rig_can_stall(const struct rig_host *host);

/* A case of the common suite, run on every host. */
#define ENGINE_TEST(suite, name) RIG_TEST(suite, name, rig_is_any)
/* A case about engine `now` itself: its three hosts alone; engine_now_...(rig->engine). */
#define NOW_TEST(suite, name) RIG_TEST(suite, name, rig_is_now)

/* A case in which transactions stall: every host that can leave them behind. */
#define STALL_TEST(suite, name) RIG_TEST(suite, name, rig_can_stall)

#define RIG_TEST(suite, name, runs_on) \
  static void rig_body_##suite##_##name(struct rig *rig); \
  static void rig_call_##suite##_##name(int host) \
  { \
    rig_run_on(rig_hosts[host], rig_body_##suite##_##name); \
  } \
  __attribute__((constructor)) static void rig_enter_##suite##_##name(void) \
  { \
    rig_register(GTEST_C_HERE, #suite, #name, runs_on, rig_call_##suite##_##name); \
  } \
  static void rig_body_##suite##_##name(struct rig *rig)

/* Up to three slots or none, latencies and intervals of 0 to 0.2 us: the same for the same seed. */
void rig_random_profile(struct timed_profile *profile, uint64_t seed);

/* The machine on engine timed with a profile and a seed of the caller's, for tests of that engine;
 * and the engine itself, NULL on other hosts. */
void rig_run_timed(const struct timed_profile *profile, uint64_t seed,
                   void (*body)(struct rig *rig));
struct engine_timed *rig_timed(struct rig *rig);

/* With the profile of that name; these do what every test of the engine begins with. */
void rig_run_neutral(uint64_t seed, void (*body)(struct rig *rig));
void rig_run_zero(uint64_t seed, void (*body)(struct rig *rig));
/* A read that nobody waits for: its ticket. */
uint64_t rig_submit(struct rig *rig, uint32_t sid, uint64_t addr);

/* Let the device move until nothing can. */
void rig_rest(struct rig *rig);
/* hooks NULL: off; rig_watch() sets its own. */
void rig_set_hooks(struct rig *rig, const struct smmu_hooks *hooks);
/* Bus reads of the device so far. */
uint64_t rig_read_count(struct rig *rig);

/* A new device of another configuration in the same memory, programmed as at the start. */
void rig_restart(struct rig *rig, const struct smmu_config *config);
/* The same with the neutral configuration and one cache profile ("none", "tiny", "qemu"). */
void rig_restart_profile(struct rig *rig, const char *profile);

/* The same with STALL_MODEL = 0 and so many records outstanding; SID stalls on stage 1 faults. */
void rig_restart_stalling(struct rig *rig, unsigned stall_max);

/* Program every register from scratch: SMMU off, queues of these sizes, then on. */
void rig_program(struct rig *rig, unsigned cmdq_log2, unsigned eventq_log2);
/* The Stream table gets another shape; streams must be made again. */
void rig_strtab(struct rig *rig, unsigned log2size, unsigned split);

uint64_t rig_reg(struct rig *rig, uint64_t offset);
void rig_set_reg(struct rig *rig, uint64_t offset, uint64_t value); /* width of the register */
/* Any offset and width: 4 or 8 bytes. */
uint64_t rig_mmio_read(struct rig *rig, uint64_t offset, unsigned bytes);
void rig_mmio_write(struct rig *rig, uint64_t offset, uint64_t value, unsigned bytes);
/* The register block of CMDQV. */
uint64_t rig_cmdqv_read(struct rig *rig, uint64_t offset, unsigned bytes);
void rig_cmdqv_write(struct rig *rig, uint64_t offset, uint64_t value, unsigned bytes);
void rig_set_cr0(struct rig *rig, uint64_t value);

/* ---- structures in memory -------------------------------------------------------------------- */

uint64_t rig_alloc(struct rig *rig, uint64_t bytes); /* zero, aligned to the next power of two */
/* Replace bits [hi:lo], counted over a structure of 64-bit words at addr. */
void rig_patch(struct rig *rig, uint64_t addr, unsigned hi, unsigned lo, uint64_t value);

#define RIG_SET(rig, addr, type, field, value) \
  rig_patch(rig, addr, type##_##field##_HI, type##_##field##_LO, value)
#define STE_SET(rig, sid, field, value)      RIG_SET(rig, rig_ste(rig, sid), STE, field, value)
#define CD_SET(rig, sid, ssid, field, value) RIG_SET(rig, rig_cd(rig, sid, ssid), CD, field, value)

/* A stream with STE, CD (SubstreamID 0) and empty tables; spec NULL is what SID has. */
void rig_stream(struct rig *rig, uint32_t sid, const struct rig_stream *spec);
/* Addresses of the structures; level 1 descriptors and their second levels are made on the way. */
uint64_t rig_ste(struct rig *rig, uint32_t sid);
uint64_t rig_cd(struct rig *rig, uint32_t sid, uint32_t ssid);
/* Write the CD of a substream. */
void rig_set_cd(struct rig *rig, uint32_t sid, uint32_t ssid, unsigned asid,
                const struct rig_table *table);

/* ---- mappings -------------------------------------------------------------------------------- */

enum {
  RIG_R = 1,
  RIG_W = 2,
  RIG_RW = 3,
  RIG_GLOBAL = 4,
  RIG_NO_AF = 8,
  RIG_PRIVILEGED = 16,
  RIG_NO_EXEC = 32,
  RIG_DEVICE = 64, /* stage 1: AttrIndx 1 (MAIR byte 0x00); stage 2: Device-nGnRnE */
  RIG_L1 = 256,    /* a block at level 1 */
  RIG_L2 = 512     /* a block at level 2 */
};

struct rig_table rig_table_new(struct rig *rig, unsigned stage, unsigned granule_log2,
                               unsigned ia_bits);
/* Map one page or block; returns the address of the leaf descriptor. */
uint64_t rig_table_map(struct rig *rig, const struct rig_table *t, uint64_t in, uint64_t out,
                       unsigned flags);
/* Address of the descriptor for `in` at a level; tables above are made. */
uint64_t rig_table_desc(struct rig *rig, const struct rig_table *t, uint64_t in, int level);

/* Stage 1 if the stream has one (TTB1 for addresses with bit 55), else stage 2. */
uint64_t rig_map(struct rig *rig, uint32_t sid, uint64_t in, uint64_t out, unsigned flags);
/* Stage 2 of a nested stream. */
uint64_t rig_map2(struct rig *rig, uint32_t sid, uint64_t ipa, uint64_t pa, unsigned flags);
/* Clear the leaf descriptor of `in`, whatever its level. */
void rig_unmap(struct rig *rig, uint32_t sid, uint64_t in);
void rig_unmap2(struct rig *rig, uint32_t sid, uint64_t ipa);
struct rig_space *rig_space(struct rig *rig, uint32_t sid);

/* ---- transactions ---------------------------------------------------------------------------- */

struct smmu_result rig_dma(struct rig *rig, struct smmu_txn txn);
/* The answer of one that had stalled: SMMU_STATUS_STALLED when there is none yet. */
struct smmu_result rig_late(struct rig *rig);
struct smmu_result rig_read(struct rig *rig, uint32_t sid, uint64_t addr);
struct smmu_result rig_write(struct rig *rig, uint32_t sid, uint64_t addr);
struct smmu_result rig_read_ssid(struct rig *rig, uint32_t sid, uint32_t ssid, uint64_t addr);
/* Memory reads that one translation needs: 0 when caches answer. */
uint64_t rig_reads(struct rig *rig, uint32_t sid, uint64_t addr);
bool rig_is_cached(struct rig *rig, uint32_t sid, uint64_t addr);

/* ---- queues ---------------------------------------------------------------------------------- */

/* Assemble commands, put them into the ring from PROD on, and ring once. Reports a failure unless
 * all are consumed. */
void rig_cmds(struct rig *rig, const char *text);
/* The same without that expectation; returns how many commands were put. */
unsigned rig_push(struct rig *rig, const char *text);
/* Only memory: one command into a slot of the ring. */
void rig_put_cmd(struct rig *rig, unsigned slot, const char *text);
/* New event records, oldest first, at most max; EVENTQ_CONS follows. */
unsigned rig_events(struct rig *rig, uint64_t (*words)[4], unsigned max);
/* The only new record: its type, or 0 when there is not exactly one. words may be NULL. */
unsigned rig_event(struct rig *rig, uint64_t words[4]);

/* ---- trace ----------------------------------------------------------------------------------- */

/* Start to keep records. */
void rig_watch(struct rig *rig);
unsigned rig_count(const struct rig *rig, unsigned category);
const struct smmu_record *rig_find(const struct rig *rig, unsigned category, unsigned n);

/* ---- stepping by hand ------------------------------------------------------------------------ */

/* Actors can be stepped one ask at a time, in any order. Each step answers the last ask from
 * memory; a PICK gets 0. While an ask is out the engine must not run: whatever ends in rig_rest()
 * (a register write, a translation) comes after rig_settle(). */
struct rig_hand {
  struct smmu *device;
  struct engine_memory *memory;
  const struct smmu_hooks *hooks; /* NULL at first */
  struct smmu_ask ask[128];
  bool out[128];
};

struct rig_hand rig_hand(struct rig *rig);
/* One step; the kind of ask that came of it. */
unsigned rig_step(struct rig_hand *h, smmu_actor actor);
/* Step until the actor ends, waits or is idle; that kind. */
unsigned rig_finish(struct rig_hand *h, smmu_actor actor);
/* Step until an ask of this stage is out; false when the actor ends, waits or idles before. */
bool rig_reach(struct rig_hand *h, smmu_actor actor, unsigned stage);
/* Whatever can move, lowest actor first, to rest. */
void rig_settle(struct rig_hand *h);

/* ---- expectations ---------------------------------------------------------------------------- */

void rig_expect_pa(struct gtest_c_where where, const char *text, struct smmu_result r, uint64_t pa);
void rig_expect_fault(struct gtest_c_where where, const char *text, struct smmu_result r,
                      unsigned event);
#define EXPECT_PA(result, pa)      rig_expect_pa(GTEST_C_HERE, #result, result, pa)
#define EXPECT_FAULT(result, name) rig_expect_fault(GTEST_C_HERE, #result, result, EVENT_##name)

#endif
