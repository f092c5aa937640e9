/* A board: CPUs, memory and one SMMU, and the scheduler that runs them in the order of their
 * clocks.
 *
 *   plat_device_timed(&device, &options);        or plat_device_now()
 *   plat_board_create(&board, &config, &device); the board owns the device
 *   plat_cpu_start(board, 0, program, arg);      program(arg) runs in simulated time
 *   plat_board_run(board, why, sizeof why);      until every program has returned
 *
 * A CPU is a fiber on a stack of its own. It is left only where plat.h says that shared state is
 * touched, and whoever has the smallest clock runs; the device is run up to that clock first. One
 * board is used by one host thread. */
#ifndef PLAT_BOARD_H
#define PLAT_BOARD_H

#include "plat/plat.h"
#include "smmu/engine.h"
#include "smmu/timed.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the device of a board ---- */

/* Register windows of a device. */
enum plat_window { PLAT_WINDOW_SMMU, PLAT_WINDOW_CMDQV, PLAT_WINDOW_PMCG, PLAT_WINDOW_COUNT };

/* What a board needs of a device; `now` and `timed` are given, others may bring their own. Before
 * each access run_until() has been called with the clock of the CPU that makes it; times never go
 * back. The board polls completions and drops those of others. */
struct plat_device_ops {
  uint64_t (*mmio_read)(void *ctx, enum plat_window window, uint64_t offset, unsigned bytes);
  void (*mmio_write)(void *ctx, enum plat_window window, uint64_t offset, uint64_t value,
                     unsigned bytes);
  /* Time of the next thing that will happen by itself; ENGINE_NEVER at rest. */
  uint64_t (*next_time)(void *ctx);
  void (*run_until)(void *ctx, uint64_t t);
  /* A transaction: 0 and a ticket, or SMMU_ERR_NOSLOT; poll as engine_timed_poll(). */
  int (*submit)(void *ctx, const struct smmu_txn *txn, uint64_t *ticket);
  bool (*poll)(void *ctx, struct engine_timed_done *done);
  /* Broadcast maintenance (smmu/dvm.h), as smmu_dvm_submit(); and who hears that a sync has completed,
   * in their order. NULL: CPUs' maintenance does not reach the device. */
  int (*dvm)(void *ctx, const struct smmu_dvm *op);
  void (*set_dvm)(void *ctx, void (*synced)(void *arg, uint64_t time), void *arg);
  /* Who hears interrupts. */
  void (*set_signal)(void *ctx, void (*signal)(void *arg, enum smmu_signal line, uint64_t time),
                     void *arg);
  void (*set_hooks)(void *ctx, const struct smmu_hooks *hooks);
  /* Who answers ATC_INV and hears PRI responses; NULL: nobody. May be NULL itself: nobody can. */
  void (*set_endpoint)(void *ctx, const struct engine_endpoint *endpoint);
  /* As smmu_pri_request(); NULL: no Page Requests. */
  int (*page_request)(void *ctx, const struct smmu_pri *p);
  struct smmu *(*core)(void *ctx);
  void (*destroy)(void *ctx);

  /* Counter groups; NULL, all four, where a device can have none. Their clocks alone keep nobody
   * from rest: alarm_time() is when one next interrupts by its clock, as next_time() is for the
   * rest; ENGINE_NEVER if never. */
  int (*set_pmcgs)(void *ctx, const struct smmu_pmcg_config *configs, unsigned count);
  unsigned (*pmcgs)(void *ctx);
  uint64_t (*alarm_time)(void *ctx);
  void (*set_pmcg_signal)(void *ctx, void (*signal)(void *arg, unsigned group, uint64_t time),
                          void *arg);
};

struct plat_device {
  const struct plat_device_ops *ops;
  void *ctx;
};

/* Devices on engine `now` (what is asked of it happens at once and takes no time; seed as
 * engine_now_set_seed) and on engine `timed`. 0 or enum smmu_err. The memory stays the caller's.
 * Records of both carry the time. */
int plat_device_now(struct plat_device *out, const struct smmu_config *cfg,
                    struct engine_memory *memory, uint64_t seed);
int plat_device_timed(struct plat_device *out, const struct engine_timed_options *options);
/* Counter groups (smmu/pmcg.h), before a board gets the device: 0 or enum smmu_err (BADARG: it can
 * have none, or has them). */
int plat_device_set_pmcgs(struct plat_device *device, const struct smmu_pmcg_config *configs,
                          unsigned count);
/* The engine under a timed device, for its statistics; NULL for any other. */
struct engine_timed *plat_device_engine_timed(const struct plat_device *device);

/* ---- the board ---- */

/* Where the registers are, as the host sees them. */
#define PLAT_SMMU_BASE  0x2b000000ULL
#define PLAT_CMDQV_BASE 0x2c000000ULL
#define PLAT_PMCG_BASE  0x2d000000ULL
/* Memory that dma_alloc() hands out. */
#define PLAT_RAM_BASE 0x80000000ULL

struct plat_board;

struct plat_board_config {
  unsigned cpus;      /* 1..256 */
  unsigned irq_lines; /* the first SMMU_SIGNAL_COUNT are the device's and always there; more for
                         virtual ones; ..4096 */
  uint64_t ram_bytes; /* from PLAT_RAM_BASE; a multiple of 64 KB, up to 1 TB */
  uint64_t seed;      /* 0: ties go to the lowest CPU and there is no jitter */
  uint32_t jitter_permille; /* each charge varies by so much, uniformly, up or down; 0..500 */
  uint32_t pmcg_line;       /* counter group n raises line pmcg_line + n; 0: they raise none */
  uint64_t stack_bytes; /* of one fiber, 16 KB..1 GB; 0: 128 KB (twice that under a sanitizer) */
  uint64_t smmu_bytes;  /* registers from PLAT_SMMU_BASE, when the device stands for several SMMUs;
                           0: as many as one has */
  uint64_t limit_ps;    /* run stops with SMMU_ERR_LIMIT at this time; 0: none */
  struct plat_costs costs;
  struct engine_memory *memory; /* the caller's, the one the device reads */
};

/* 0, SMMU_ERR_BADCFG, SMMU_ERR_NOMEM. Owns *device from here on, also on failure. The memory's
 * [PLAT_RAM_BASE, + ram_bytes) becomes accessible. Registers are at PLAT_SMMU_BASE and
 * PLAT_CMDQV_BASE, as many bytes as the device has (SMMU_ERR_BADCFG: more than 16 MB, which 256
 * control pages of enhanced command queues come to), and at PLAT_PMCG_BASE, SMMU_PMCG_SPAN for each
 * counter group. */
int plat_board_create(struct plat_board **out, const struct plat_board_config *config,
                      const struct plat_device *device);
/* Also after a run that did not end well: programs that have not returned are left where they
 * stand, so their stacks are released and what they allocated is not. */
void plat_board_destroy(struct plat_board *board);

/* The host's platform on this board. Lives as long as the board. */
const struct plat *plat_board_host(struct plat_board *board);
const struct plat_device *plat_board_device(const struct plat_board *board);
struct engine_memory *plat_board_memory(struct plat_board *board);
/* The devices behind the SMMU that have ATCs. Copied; NULL: none. False: this device cannot. */
bool plat_board_set_endpoint(struct plat_board *board, const struct engine_endpoint *endpoint);

/* Start a program on an idle CPU, from the outside or from a program; its clock begins at the
 * present time. 0, SMMU_ERR_BADARG (no such CPU, or busy), SMMU_ERR_NOMEM (no stack). */
int plat_cpu_start(struct plat_board *board, unsigned cpu, void (*program)(void *arg), void *arg);
/* Run until every program and interrupt handler has returned and the device rests: 0. Clocks of
 * counter groups go on while a program runs or sleeps, and end nobody's rest after that.
 * SMMU_ERR_LIMIT when nothing is left to do up to limit_ps, and something after it.
 * SMMU_ERR_DEADLOCK when programs wait and nothing will ever wake them; `why` then names each
 * and what it waits for ("cpu 3 waits for a line written last by cpu 1 (since 12.3 us); ...").
 * why may be NULL if why_len is 0. After a deadlock the board goes on when a new program wakes
 * somebody. */
int plat_board_run(struct plat_board *board, char *why, size_t why_len);
/* The present: in a program its CPU's clock, else the time of the last thing that happened. */
uint64_t plat_board_time(const struct plat_board *board);

/* ---- for programs on a CPU: host, VMM and test code below the guest ---- */

/* The CPU whose program runs now; CHECKs that one does. */
unsigned plat_cpu_current(const struct plat_board *board);
/* Become the CPU with the smallest clock, the device run up to it. */
void plat_cpu_settle(struct plat_board *board);
/* While not 1000, charges of the current CPU count so many thousandths. Returns the old value. A
 * program begins with 1000. */
uint32_t plat_cpu_scale(struct plat_board *board, uint32_t permille);
/* Raise an interrupt line `delay_ps` after the present time. */
void plat_board_raise(struct plat_board *board, unsigned line, uint64_t delay_ps);
/* One translation, from submission to answer; the program sleeps meanwhile, and before that
 * until the device has a free slot. txn->tbu exists (CHECKed). */
void plat_board_translate(struct plat_board *board, const struct smmu_txn *txn,
                          struct smmu_result *out);
/* A Page Request of a device, from a program. 0, SMMU_ERR_NOSLOT (full: sleep and try again),
 * SMMU_ERR_BADARG (the device takes none, or a field is out of range). */
int plat_board_page_request(struct plat_board *board, const struct smmu_pri *p);

/* A sleeping lock. Taking a free one costs a plat_take() of its line, and so does releasing it.
 * Who finds it held sleeps; the one who releases it wakes the first sleeper, unless he is on his
 * way already, who runs PLAT_COST_VMM_WAKE later, takes the line and must find the lock free:
 * others may have taken it meanwhile (barging), and then he sleeps on, still first. While the
 * holder is another CPU than the last one, its charges count `switch_permille` thousandths (cold
 * caches, another core's clock), from the lock taken to the lock released; locks that do so are
 * released in the reverse order. Zero is a free lock; set the first two fields. Only the holder
 * releases it, and he does not take it twice (CHECKed). */
struct plat_mutex {
  struct plat_board *board;
  uint32_t switch_permille; /* 0 counts as 1000 */
  uint32_t holder;          /* CPU + 1; 0: free */
  uint32_t last;            /* CPU + 1 of the last holder */
  uint32_t saved_permille;
  struct plat_line line;
  struct plat_mutex_waiter *first, *tail;
  uint64_t taken, slept, switched; /* counts: locks, sleeps, locks by another CPU than the last */
};

void plat_mutex_lock(struct plat_mutex *mutex);
void plat_mutex_unlock(struct plat_mutex *mutex);

/* ---- for those who watch ---- */

/* Every function may be NULL. They see and change nothing. `platform` is the context pointer of the
 * world (struct plat.ctx) that the software ran in. */
struct plat_watch {
  void *ctx;
  /* [start, end) on the CPU's clock was spent on n units of `what`; told at `end`. What costs
   * nothing is not told. */
  void (*charge)(void *ctx, unsigned cpu, enum plat_cost what, uint64_t n, uint64_t start,
                 uint64_t end);
  /* [start, end) was spent asleep or in plat_delay(). */
  void (*sleep)(void *ctx, unsigned cpu, uint64_t start, uint64_t end);
  void (*note)(void *ctx, unsigned cpu, uint64_t time, const void *platform,
               const struct plat_note *note);
  void (*mmio)(void *ctx, unsigned cpu, uint64_t time, const void *platform, uint64_t addr,
               uint64_t value, unsigned bytes, bool write);
  /* `seen` is the address as the platform's software knows it, `addr` the board's. */
  void (*store)(void *ctx, unsigned cpu, uint64_t time, const void *platform, uint64_t seen,
                uint64_t addr, uint64_t value);
  void (*log)(void *ctx, unsigned cpu, uint64_t time, const void *platform, const char *line);
};

/* *watch is copied, its ctx must stay; NULL: nobody. */
void plat_board_set_watch(struct plat_board *board, const struct plat_watch *watch);
/* For platforms built on this one (a guest's): report what happens in them. A store of theirs, or an
 * access to a register that does not trap, is made as the host's is, at its price, and reported as
 * `platform`'s alone, which calls the address `seen`. */
void plat_board_store(struct plat_board *board, const void *platform, uint64_t seen, uint64_t addr,
                      uint64_t value);
uint64_t plat_board_mmio_read(struct plat_board *board, const void *platform, uint64_t seen,
                              uint64_t addr, unsigned bytes);
void plat_board_mmio_write(struct plat_board *board, const void *platform, uint64_t seen,
                           uint64_t addr, uint64_t value, unsigned bytes);
/* For software that stores by pointer (engine_memory_add_flat()): the 8-byte word at addr has been stored
 * since the last time that the program settled, and before it goes on it is told here: to who watches,
 * and to who sleeps on the word. What a store costs has been charged. `seen` is as above. */
void plat_board_stored(struct plat_board *board, const void *platform, uint64_t seen,
                       uint64_t addr);
/* For a bus: the device has written a message that raises a line, while it runs, at `time`. */
void plat_board_message(struct plat_board *board, unsigned line, uint64_t time);
void plat_board_note(struct plat_board *board, const void *platform, const struct plat_note *note);
void plat_board_report_mmio(struct plat_board *board, const void *platform, uint64_t addr,
                            uint64_t value, unsigned bytes, bool write);
/* One line for people, without newline. */
void plat_board_log(struct plat_board *board, const void *platform, const char *line);

#ifdef __cplusplus
}
#endif
#endif
