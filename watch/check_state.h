/* Inside a check: what its families of rules share. Numbers of records serve as time: they order
 * everything, and the first is 1, so 0 is "never". */
#ifndef WATCH_CHECK_STATE_H
#define WATCH_CHECK_STATE_H

#include "arch/regs.h"
#include "plat/plat.h"
#include "watch/check.h"

/* Bytes of registers looked at: page 0 and page 1. CHECK_QUEUES: a world's, at most. */
enum { CHECK_OUTPUTS = 2 };
enum { CHECK_WORLDS = 16, CHECK_QUEUES = 320, CHECK_SMMU_BYTES = 0x20000 };

/* Where something was done. */
struct check_at {
  uint64_t record, time;
  uint32_t place;
  uint16_t cpu, world;
};

/* A word of memory that this world has stored, at the address the world calls it. */
struct check_word {
  uint64_t addr, value, before; /* before: the value that the last store replaced; 0: none known */
  uint64_t earlier;             /* record of the store before the last; 0: none */
  struct check_at at;           /* of the last store */
};

struct check_memory {
  struct check_word *word;
  struct watch_slot *slot; /* twice as many as there is room for */
  uint32_t used, mask, room;
  uint32_t idle; /* number + 1 of a word that was dropped; its value leads to the next */
};

/* A register as software knows it: 64-bit ones are put together from halves. */
struct check_register {
  uint64_t written, read; /* the last values; `written` begins with the reset value */
  struct check_at wrote, saw;
};

/* A command that was handed over: PROD has passed it. */
struct check_command {
  uint64_t words[2];
  struct check_at at;        /* of the store of its first word; of PROD's write if there was none */
  struct check_at submitted; /* of the write to PROD */
  uint64_t number;           /* counts this world's commands, from 1 */
  uint32_t index;            /* RD/WR value of its slot, with wrap bit */
  bool told;                 /* of its slot something was said already */
  bool mended;               /* stored again after an error */
  bool second;               /* its second word was stored once */
};

enum check_queue_kind { CHECK_CMDQ, CHECK_VCMDQ, CHECK_ECMDQ };

/* What was done to a queue lately, for advice (check_advice.c). */
struct check_habit {
  uint64_t words[2], record; /* of the last command; handed over */
  uint64_t page, step;       /* of TLBIs in a row, in 4 KB */
  unsigned pages, reads;     /* of them; of CONS without news */
  uint32_t cons;
  uint16_t cpu;
  bool synced; /* the last command is a CMD_SYNC */
};

/* A command queue of a world. Commands handed over and not yet seen completed are kept in a ring. */
struct check_queue {
  enum check_queue_kind kind;
  uint64_t prod_reg, cons_reg, base_reg; /* addresses in this world */
  uint64_t base;                         /* of the ring */
  unsigned log2;
  uint32_t prod, cons;        /* last written; last seen. With wrap bit */
  struct check_command *owed; /* commands from `cons` up to `prod`: slot is index modulo size */
  uint32_t filled;            /* slots behind `prod` that were stored in order */
  bool acked;                 /* its enable, as last seen: of ECMDQs and VCMDQs */
  bool enabled, known;        /* known: base and size have been written */
  bool stored;                /* commands come by stores that are seen */
  bool errack;                /* of an enhanced queue's PROD */
  unsigned cerror;            /* that CONS showed, until it is acknowledged */
  struct check_at based;      /* the write of base and size */
  uint64_t cons_read;         /* record */
  struct check_habit habit;
};

/* Event queue, PRI queue: the indices that software has read or written, with their flags. */
struct check_output {
  uint32_t prod, cons;
  bool emptied; /* up to PROD, and an overflow that was seen stays unacknowledged: */
  struct check_at emptied_at;
};

/* A CPU, or an interrupt handler, in one world. */
struct check_cpu {
  bool syncs;     /* it has a CMD_SYNC in a queue, which it does not yet know complete, */
  bool waits;     /* sleeps until it is, */
  bool signalled; /* and the SMMU has sent its MSI */
  uint32_t queue, index;
  uint64_t words[2], record; /* of the CMD_SYNC; handed over */
};

/* Where a queue begins, and how far it and those before it reach. */
struct check_ring {
  uint64_t base, reach;
  uint32_t queue;
};

struct check_world {
  uint16_t number;
  bool active;
  struct check_memory memory;
  struct check_register reg[R_COUNT];
  struct check_queue *queue; /* [0] is CMDQ */
  uint32_t queues;
  struct check_ring *ring; /* of queues that are known, by base; room for all */
  uint32_t rings;
  struct check_cpu *cpu; /* by number; grows */
  uint32_t cpus;
  uint64_t queue_written; /* record of the last write to a queue that is not CMDQ */
  bool waits;             /* software says when it waits for a CMD_SYNC */
  uint64_t commands;      /* handed over so far */
  struct check_output output[CHECK_OUTPUTS];
  struct check_cmdqv *cmdqv;   /* check_cmdqv.c; NULL: nothing yet */
  struct check_at error;       /* GERROR was read with one active, which is not acknowledged */
  unsigned forgetting, forgot; /* caches emptied by commands; known complete (check_enable.c) */
  bool started;                /* SMMUEN was set */
  struct check_built *built;   /* check_built.h; NULL: nothing yet */
};

struct check {
  struct check_options options;
  struct check_world world[CHECK_WORLDS];
  const struct smmu_record *record; /* under way */
  struct check_at now;
  uint64_t count[CHECK_RULES];
  uint64_t command_mask[256][2]; /* the fields of a command; 0: there is no such command */
  uint64_t *barrier;             /* by CPU: record of its last one; grows */
  uint32_t barriers;
  bool failed;
};

/* ---- check.c ---- */

/* Tell a finding at `at` (NULL: the record under way). printf's text: what exactly, one line. */
__attribute__((format(printf, 4, 5))) void check_tell(struct check *c, unsigned rule,
                                                      const struct check_at *at, const char *format,
                                                      ...);

/* ---- check_memory.c ---- */
/* NULL: this world has not stored there. */
const struct check_word *check_memory_find(const struct check_world *w, uint64_t addr);
/* The stored word, with what it replaced; NULL: out of memory. */
const struct check_word *check_memory_store(struct check *c, struct check_world *w, uint64_t addr,
                                            uint64_t value);
/* This memory is given back: who gets it finds zeros. */
void check_memory_forget(struct check_world *w, uint64_t first, uint64_t last);
/* As if it had never been stored: a command that was copied. */
void check_memory_drop(struct check_world *w, uint64_t addr);
void check_memory_destroy(struct check_world *w);

/* ---- check_register.c ---- */
void check_register_start(struct check_world *w);
/* Accesses of this world to the page of SMMU registers; offset from its base. */
void check_register_write(struct check *c, struct check_world *w, uint64_t offset, uint64_t value,
                          unsigned bytes);
void check_register_read(struct check *c, struct check_world *w, uint64_t offset, uint64_t value,
                         unsigned bytes);

/* ---- check_enable.c, check_output.c ---- */
/* Called before the mirror takes the value, which is the whole register's. */
void check_enable_write(struct check *c, struct check_world *w, unsigned reg, uint64_t value);
void check_output_write(struct check *c, struct check_world *w, unsigned reg, uint64_t value);
void check_output_read(struct check *c, struct check_world *w, unsigned reg, uint64_t value);
void check_output_end(struct check *c, struct check_world *w);
void check_enable_consumed(struct check_world *w, const struct check_command *command);
/* Size and alignment of a queue. */
void check_enable_base(struct check *c, const char *queue, uint64_t base, unsigned entry_log2,
                       unsigned log2_most);

/* ---- check_advice.c ---- */
void check_advice_submitted(struct check *c, const struct check_world *w, struct check_queue *q,
                            const struct check_command *command);
/* CONS was read. */
void check_advice_polled(struct check *c, const struct check_world *w, struct check_queue *q,
                         uint32_t cons);

/* ---- check_command.c, check_cmdqv.c ---- */
void check_command_masks(uint64_t masks[256][2]);
void check_command_submitted(struct check *c, const struct check_world *w,
                             const struct check_queue *q, const struct check_command *command);
/* Accesses to any register. */
void check_cmdqv_write(struct check *c, struct check_world *w, uint64_t addr, uint64_t value);
void check_cmdqv_read(const struct check *c, struct check_world *w, uint64_t addr, uint64_t value);
/* The VCMDQ that is reached here through its VINTF, where its own window is; NULL: not known. */
const struct check_queue *check_cmdqv_same(const struct check *c, const struct check_world *w,
                                           const struct check_queue *q);
/* A VCMDQ is switched on. */
void check_cmdqv_enabled(struct check *c, const struct check_world *w, const struct check_queue *q);
/* May the owner of a VCMDQ give any command? */
bool check_cmdqv_owned(const struct check *c, const struct check_world *w,
                       const struct check_queue *q);

/* ---- check_block.c ---- */
/* Does the offset from the SMMU's registers lie among what control pages are? */
bool check_block_is_page_set(uint64_t offset);
/* Called for accesses to any register. */
void check_block_write(struct check *c, struct check_world *w, uint64_t addr, uint64_t value,
                       unsigned bytes);
void check_block_read(struct check *c, struct check_world *w, uint64_t addr, unsigned bytes);

/* ---- check_queue.c ---- */
/* The queue that an address in registers is of, made when it is new; NULL: none. Does not stay. */
struct check_queue *check_queue_at(struct check *c, struct check_world *w, uint64_t addr);
/* Where the set of enhanced queue registers begins that an address lies in; false: in none. */
bool check_ecmdq_set(const struct check *c, const struct check_world *w, uint64_t addr,
                     uint64_t *set);
/* Called for accesses to any register; the queues know theirs. */
void check_queue_write(struct check *c, struct check_world *w, uint64_t addr, uint64_t value,
                       unsigned bytes);
void check_queue_read(struct check *c, struct check_world *w, uint64_t addr, uint64_t value,
                      unsigned bytes);
/* A word was stored: does a command lie there? */
void check_queue_stored(struct check *c, struct check_world *w, const struct check_word *x);
/* An error is acknowledged that was seen in record `seen` (0: whenever): the queue goes on. */
void check_queue_restarted(struct check *c, const struct check_queue *q, uint64_t seen);
/* The first commands of a queue, up to `cons`, are known consumed. */
void check_queue_consume(struct check *c, struct check_world *w, struct check_queue *q,
                         uint32_t cons);
void check_queues_destroy(struct check_world *w);
static inline uint64_t check_queue_bytes(const struct check_queue *q)
{
  return 16ULL << q->log2;
}

/* ---- check_ring.c ---- */
/* The base of a queue has changed. */
void check_rings_renew(struct check *c, struct check_world *w);
/* How many of w->ring begin at `addr` or before it. Those that hold it are the last of them: further
 * ones are to be looked at from behind, as long as their reach is above it. */
uint32_t check_rings_before(const struct check_world *w, uint64_t addr);

/* ---- check_wait.c ---- */
/* NULL: out of memory. Does not stay when another CPU is asked for. */
struct check_cpu *check_cpu_at(struct check *c, struct check_world *w, unsigned cpu);
void check_wait_submitted(struct check *c, struct check_world *w, const struct check_queue *q,
                          const struct check_command *command);
void check_wait_noted(struct check *c, struct check_world *w, const struct plat_note *n);
/* The SMMU has completed a CMD_SYNC. */
void check_wait_synced(struct check *c, const struct smmu_record *r);
/* The queue into which this CPU has put a CMD_SYNC last, if after `record`; else UINT32_MAX. */
uint32_t check_wait_synced_in(const struct check_world *w, unsigned cpu, uint64_t record);
/* The CPU has made a barrier; record of the last one of a CPU, 0: none. */
void check_barrier(struct check *c, unsigned cpu);
uint64_t check_barrier_of(const struct check *c, unsigned cpu);

/* ---- what families hear: check.c hands it to each ---- */

/* A word was stored: x->before is what it replaces. */
void check_stored(struct check *c, struct check_world *w, const struct check_word *x);
/* A command was handed over; later: it and all before it in its queue were seen consumed. */
void check_submitted(struct check *c, struct check_world *w, struct check_queue *q,
                     const struct check_command *command);
void check_consumed(struct check *c, struct check_world *w, struct check_queue *q,
                    const struct check_command *command);
/* Software said something; *n as in plat/plat.h. */
void check_noted(struct check *c, struct check_world *w, const struct plat_note *n);

#endif
