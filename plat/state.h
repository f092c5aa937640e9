/* What the files of this layer share: the board's insides and the scheduler's verbs.
 *
 *   cpu.c     who runs next; sleeping and waking        irq.c        interrupt lines
 *   charge.c  what work costs                           ram.c        dma_alloc()'s memory
 *   run.c     plat_board_run(), why it ended            translate.c  transactions
 *   host.c    struct plat_ops of the host               mutex.c      a sleeping lock
 *   word.c    sleeping until memory changes            broadcast.c  TLB maintenance of CPUs */
#ifndef PLAT_STATE_H
#define PLAT_STATE_H

#include "plat/board.h"
#include "plat/fiber.h"

enum { PLAT_MAX_CPUS = 256, PLAT_MAX_LINES = 4096, PLAT_NUMBER_BITS = 13 };

enum cpu_state {
  CPU_IDLE,  /* no program */
  CPU_READY, /* in the heap */
  CPU_RUNNING,
  CPU_ASLEEP
};

/* What a CPU sleeps for, and where to look for more. */
enum cpu_reason {
  SLEEP_LINE,   /* object: struct plat_line */
  SLEEP_MUTEX,  /* object: struct plat_mutex */
  SLEEP_IRQ,    /* object: struct irq; until its handler has returned */
  SLEEP_ANSWER, /* of its transaction */
  SLEEP_SLOT,   /* for a transaction slot of the device */
  SLEEP_WORD,   /* until a word of memory changes; cpu.word */
  SLEEP_SYNC    /* until its sync of broadcast maintenance, cpu.ticket, has completed */
};

/* The order of CPUs: by clock, then by tie, whose low bits are the CPU's number. */
struct key {
  uint64_t clock;
  uint64_t tie;
};

struct cpu {
  struct key key;
  struct plat_board *board;
  uint32_t number;
  uint32_t permille; /* scale of charges */
  uint8_t state;     /* enum cpu_state */
  uint8_t reason;    /* enum cpu_reason, while asleep */
  const void *object;
  uint32_t next; /* CPU + 1: on a list of sleepers */
  void (*program)(void *arg);
  void *arg;
  struct {
    uint64_t addr, value, until;
  } word;          /* it sleeps on */
  uint64_t ticket; /* of its transaction */
  struct smmu_result *result;
  struct fiber fiber;
};

/* One interrupt line. Its CPU is cpus + line. */
struct irq {
  void (*fn)(void *arg);
  void *arg;
  bool inside;  /* the handler runs */
  bool latched; /* raised meanwhile, first at latched_time */
  uint64_t latched_time;
  uint32_t waiters; /* CPU + 1 of the first that waits for `inside` to end */
};

/* A line to be raised later. */
struct raise {
  uint64_t time;
  uint32_t line;
};

struct ram;

struct plat_board {
  struct plat_board_config config;
  struct plat_device device;
  struct plat host;
  struct plat_watch watch; /* all NULL: nobody */
  uint64_t limit;          /* ENGINE_NEVER: none */
  bool at_limit;
  uint64_t reached;                             /* time of the last thing that happened */
  uint64_t smmu_bytes, cmdqv_bytes, pmcg_bytes; /* of the register windows */
  struct ram *ram;

  struct cpu *current;  /* NULL: the caller of plat_board_run() */
  struct fiber outside; /* his stack */
  struct cpu *cpu;      /* programs, then interrupt handlers */
  uint32_t cpus, total;
  struct key *heap; /* CPUs that can run, except the current one */
  uint32_t ready;
  struct irq *irq;
  uint32_t lines;
  struct raise *raise; /* heap by time */
  uint32_t raises, raise_room;
  uint32_t expecting;              /* CPUs asleep for an answer or a slot */
  uint64_t syncs_sent, syncs_done; /* of broadcast maintenance */
  bool takes_dvm;                  /* IDR0.BTM */
  uint32_t monitors;               /* CPU + 1 of the first that sleeps on a word */

  uint64_t tie_random, jitter_random;
};

/* ---- cpu.c ---- */

/* The CPU whose program runs; CHECKs that one does. */
struct cpu *cpu_current(const struct plat_board *b);
/* Put the current CPU to sleep until cpu_wake(); the caller has put it on some list before. */
void cpu_sleep(struct plat_board *b, enum cpu_reason reason, const void *object);
/* It sleeps no more from `time` on, and then spends one `cost` before it runs;
 * PLAT_COST_COUNT: none. */
void cpu_wake(struct plat_board *b, struct cpu *c, uint64_t time, enum plat_cost cost);
/* Wake a whole list of sleepers, linked by cpu.next. */
void cpu_wake_list(struct plat_board *b, uint32_t *first, uint64_t time, enum plat_cost cost);
/* Give an idle CPU a program; it can run from its clock on. False: no memory for its stack. */
bool cpu_prepare(struct plat_board *b, struct cpu *c);
void cpu_begin(struct plat_board *b, struct cpu *c, void (*program)(void *arg), void *arg);
/* Take back what cpu_begin() gave to a CPU that has not begun to run. */
void cpu_cancel(struct plat_board *b, struct cpu *c);
/* From outside: run until nobody can. */
void cpu_run_all(struct plat_board *b);
/* The device is at the current CPU's clock: before it is touched. */
void cpu_meet_device(struct plat_board *b);

/* ---- broadcast.c ---- */

void broadcast_send(struct plat_board *b, const struct smmu_dvm *op);
void broadcast_sync(struct plat_board *b);
/* The device has completed one. */
void broadcast_synced(void *board, uint64_t time);

/* ---- charge.c ---- */

/* Seeded, the same everywhere. */
uint64_t plat_draw(uint64_t *state);
/* Saturates just below ENGINE_NEVER. */
uint64_t time_add(uint64_t time, uint64_t ps);
/* What n units cost this CPU now: one draw when there is jitter. */
uint64_t cpu_cost(struct plat_board *b, const struct cpu *c, enum plat_cost what, uint64_t n);
/* Spend it, and tell who watches. */
void cpu_charge(struct plat_board *b, struct cpu *c, enum plat_cost what, uint64_t n);
void cpu_report_charge(struct plat_board *b, const struct cpu *c, enum plat_cost what, uint64_t n,
                       uint64_t start, uint64_t end);

/* ---- irq.c ---- */

void irq_fire(struct plat_board *b, uint32_t line, uint64_t time);
/* The program of c, an interrupt handler's CPU, has returned. */
void irq_finished(struct plat_board *b, struct cpu *c);
int irq_set_handler(struct plat_board *b, uint32_t line, void (*fn)(void *arg), void *arg);
/* Fire the lines whose time has come. */
void irq_raise_until(struct plat_board *b, uint64_t time);

/* ---- translate.c ---- */

/* Hand completed transactions to those who sleep for them. */
void translate_collect(struct plat_board *b);

/* ---- word.c ---- */

/* Wake those whose word has changed, or whose time has come. */
void word_check(struct plat_board *b, uint64_t time);
/* The first time at which one of them gives up. */
uint64_t word_deadline(const struct plat_board *b);
/* Put the current CPU to sleep on a word. */
void word_sleep(struct plat_board *b, uint64_t addr, uint64_t value, uint64_t until);

/* ---- ram.c ---- */

/* 0 or SMMU_ERR_NOMEM. */
int ram_create(struct ram **out, struct engine_memory *memory, uint64_t bytes);
void ram_destroy(struct ram *ram);
/* 0 or a negative errno value, as dma_alloc(). */
int ram_alloc(struct ram *ram, size_t bytes, size_t align, uint64_t *addr);
void ram_free(struct ram *ram, uint64_t addr, size_t bytes);

/* ---- host.c ---- */

extern const struct plat_ops host_ops;
/* Take the line for one of the board's CPUs: pay, and be its writer. */
void line_take(struct plat_board *b, struct plat_line *line);

#endif
