/* A board with the driver on it. The body of a DRIVER_TEST is a program on CPU 0, with the driver
 * probed; it runs on engine `now` and on engine `timed`.
 *
 *   DRIVER_TEST(Map, ReadsWhatWasMapped)
 *   {
 *     struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
 *     EXPECT_EQ(drv_map(d, 0x1000, 0x80000, 0x1000, KIT_RW), 0);
 *     EXPECT_EQ(kit_read(kit, SID, 0x1000), 0x80000);
 *   }
 *
 * The driver sees the board's platform through a thin one of ours, which writes down what passes and
 * can answer registers itself. */
#ifndef TESTS_DRIVER_KIT_H
#define TESTS_DRIVER_KIT_H

#include "arch/cmdqv.h"
#include "arch/regs.h"
#include "arch/structs.h"
#include "driver/drv.h"
#include "plat/board.h"
#include "shim/checked.h"
#include "shim/gtest_c.h"
#include "smmu/cmdqv.h"

enum { SID = 3, KIT_RW = DRV_READ | DRV_WRITE, KIT_CPUS = 64, KIT_DEVICES = 2, KIT_LOG = 4096 };

#define KIT_FAULT UINT64_MAX /* what kit_read() returns for a transaction that was aborted */
#define KIT_DATA  0x4000000000ULL

extern const char *const kit_devices[KIT_DEVICES];

struct kit_command {
  uint64_t words[2];
  unsigned queue; /* 0: the SMMU's own; 1 + n: VCMDQ n */
};

struct kit_access {
  uint64_t addr, value;
  unsigned bytes, cpu;
  bool write;
};

struct kit_list {
  void *at;
  size_t count, room;
};

struct kit {
  /* To be set before kit_boot(). */
  struct smmu_config config;
  struct drv_options options;
  struct plat_board_config board_config;
  struct smmu_pmcg_config pmcg; /* a counter group, with has_pmcg */
  bool has_pmcg;
  bool timed;

  struct engine_memory *memory;
  struct plat_board *board;
  struct plat plat; /* what the driver gets */
  struct drv *drv;
  struct checked checked; /* no translation is stale, no rule is broken */
  const char *breaks;     /* but this one, by intent: its id */
  bool excused;           /* and any, where registers are answered instead of the device */
  struct plat_line join_line;
  unsigned running;

  struct kit_list commands;    /* struct kit_command: consumed by the device */
  struct kit_list accesses;    /* struct kit_access: registers */
  struct kit_list stores;      /* struct kit_access: memory */
  struct kit_list notes;       /* struct plat_note; reserved: commands consumed until then */
  unsigned unordered;          /* stores since the last barrier, of all CPUs */
  unsigned unordered_at_write; /* the same at the last register write */
  uint64_t event[4];           /* the last one */
  unsigned events, vintf_errors;
  uint64_t vintf_map[2];
  char log[KIT_LOG];
  size_t blocks, bytes; /* allocated and not given back */

  /* Answer a register access instead of the device. */
  bool (*answer)(struct kit *kit, uint64_t addr, bool write, uint64_t *value);
  /* After each command. */
  void (*consumed)(struct kit *kit, const struct kit_command *command);
  /* After each store. */
  void (*stored)(struct kit *kit, uint64_t addr, uint64_t value);
  int fail_alloc_after; /* allocations that still succeed; -1: all */
  void *arg;
};

/* Neutral device of the kind devices[variant], one CPU program at a time. */
void kit_init(struct kit *kit, int variant);
/* Make the board and run `program` on CPU 0 until everybody has returned; the driver is not yet
 * probed. */
void kit_boot(struct kit *kit, void (*program)(struct kit *kit));
/* The same with kit_init() before and the driver probed, which is removed at the end: all memory
 * must then have been given back. */
void kit_run(struct kit *kit, void (*body)(struct kit *kit));
void kit_run_variant(int variant, void (*body)(struct kit *kit));
int kit_probe(struct kit *kit);
void kit_remove(struct kit *kit);

#define DRIVER_TEST(suite, name) \
  static void kit_body_##suite##_##name(struct kit *kit); \
  PARAM_TEST_CASE(suite, name, kit_devices, KIT_DEVICES) \
  { \
    kit_run_variant(param, kit_body_##suite##_##name); \
  } \
  static void kit_body_##suite##_##name(struct kit *kit)

/* Run fn(arg) on another CPU; wait until all of them have returned. */
void kit_start(struct kit *kit, unsigned cpu, void (*fn)(struct kit *kit, unsigned n), unsigned n);
void kit_join(struct kit *kit);

/* A domain with the stream attached; and away with it. */
struct drv_domain *kit_domain(struct kit *kit, enum drv_domain_kind kind, uint32_t sid);
void kit_free(struct kit *kit, struct drv_domain *domain, uint32_t sid);
/* Physical address or KIT_FAULT. */
uint64_t kit_read(struct kit *kit, uint32_t sid, uint64_t iova);
uint64_t kit_write(struct kit *kit, uint32_t sid, uint64_t iova);
struct smmu_result kit_translate(struct kit *kit, const struct smmu_txn *txn);
/* Unmap and invalidate; returns what drv_unmap() did. */
uint64_t kit_unmap(struct kit *kit, struct drv_domain *domain, uint64_t iova, uint64_t bytes);

/* Let the device come to rest, then forget what was written down. */
void kit_clear(struct kit *kit);
struct kit_command *kit_command(struct kit *kit, size_t n);
/* Commands with this opcode. */
size_t kit_count(struct kit *kit, unsigned opcode);
/* Writes to a register of the SMMU. */
size_t kit_writes(struct kit *kit, uint64_t addr);
uint64_t kit_reg(struct kit *kit, uint64_t offset);

/* Between kit.c and kit_plat.c: a new element of a list; the platform. */
void *kit_add(struct kit_list *list, size_t size);
extern const struct plat_ops kit_ops;

#endif
