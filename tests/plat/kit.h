/* Boards for tests of plat/: one on each device, and one on a device whose every event is written
 * down by the test.
 *
 *   BOARD_TEST(Settle, Claim)              runs on now, timed and scripted
 *   {
 *     kit_costs(kit, PLAT_COST_STORE, 10); every cost is zero unless given; before kit_start()
 *     kit_start(kit, 0, program, &x);      makes the board at the first call
 *     kit_run(kit);                        expects that all programs return
 *   } */
#ifndef PLAT_TEST_KIT_H
#define PLAT_TEST_KIT_H

#include "plat/board.h"
#include "shim/gtest_c.h"

enum {
  KIT_NOW,
  KIT_TIMED,
  KIT_SCRIPTED,
  KIT_DEVICES,
  KIT_SCRIPT = 16,
  KIT_ANSWERS = 64,
  KIT_TRAIL = 512
};
extern const char *const kit_devices[KIT_DEVICES];

/* A device that does what the test wrote down: it raises lines at given times, answers transactions
 * `latency` after they came, `slots` at a time, and its register at `offset` reads as the number of
 * writes plus `offset`. */
struct kit_scripted {
  struct {
    uint64_t time;
    uint32_t line;
  } script[KIT_SCRIPT];
  unsigned n, next;
  uint64_t now, writes, latency;
  unsigned slots, busy;
  struct engine_timed_done done[KIT_ANSWERS]; /* a ring, in order of `ended` */
  unsigned first, last, ended;
  uint64_t ticket;
  void (*signal)(void *arg, enum smmu_signal line, uint64_t time);
  void *arg;
  struct smmu *core;
};

struct kit {
  int device;
  struct smmu_config smmu;
  struct timed_profile profile;
  struct plat_board_config config;
  struct smmu_pmcg_config pmcg[2]; /* counter groups of a real device: the first `pmcgs` */
  unsigned pmcgs;
  struct engine_memory *memory;
  struct kit_scripted *scripted; /* KIT_SCRIPTED */
  struct plat_board *board;
  const struct plat *p;
  char why[512];
};

struct kit kit_new(int device);
void kit_end(struct kit *kit);
void kit_cost(struct kit *kit, enum plat_cost cost, uint64_t ps);
/* Make the board now, if it is not made yet. */
void kit_make(struct kit *kit);
void kit_start(struct kit *kit, unsigned cpu, void (*program)(void *arg), void *arg);
/* Make and run; the result of plat_board_run(), `why` in kit->why. */
int kit_try(struct kit *kit);
void kit_run(struct kit *kit);

#define BOARD_TEST(suite, name) \
  static void kit_body_##suite##_##name(struct kit *kit); \
  PARAM_TEST_CASE(suite, name, kit_devices, KIT_DEVICES) \
  { \
    struct kit kit = kit_new(param); \
\
    kit_body_##suite##_##name(&kit); \
    kit_end(&kit); \
  } \
  static void kit_body_##suite##_##name(struct kit *kit)

/* A case on the scripted device alone. */
#define SCRIPT_TEST(suite, name) \
  static void kit_body_##suite##_##name(struct kit *kit); \
  TEST_CASE(suite, name) \
  { \
    struct kit kit = kit_new(KIT_SCRIPTED); \
\
    kit_body_##suite##_##name(&kit); \
    kit_end(&kit); \
  } \
  static void kit_body_##suite##_##name(struct kit *kit)

/* ---- what was seen, in order ---- */

struct kit_trail {
  struct kit *kit;
  unsigned n;
  struct {
    unsigned cpu;
    uint64_t time;
    uint64_t what;
  } at[KIT_TRAIL];
};

/* Add the current CPU and time. */
void kit_mark(struct kit_trail *trail, uint64_t what);

/* ---- hash of everything that watches are told ---- */

struct kit_hash {
  uint64_t value;
  uint64_t calls[6]; /* charge, sleep, note, mmio, store, log */
  uint64_t last;     /* time of the last mmio or store */
  bool backwards;    /* one came before an earlier one */
};

struct plat_watch kit_hash_watch(struct kit_hash *hash);

#endif
