/* Engine `explore`: every order of every actor, over a small device and a few short threads.
 *
 * A program is a device, a memory, and up to four threads of operations (CPU stores, register
 * accesses, waits; device DMA). explore_run() visits every reachable state once (depth first,
 * 128-bit hashes) and asks the program's predicate about each outcome. A transition is either one
 * operation of a thread or one step of one device actor, its memory access included; reads of more
 * than config.atomic_bytes bytes are taken in pieces where a store of the program could fall in
 * between. Recency is never read: a victim is every way in turn. States left with work and nobody
 * able to move are reported as a deadlock; a thread whose DMA has stalled and that no software
 * resumes is no work left: that is an outcome, with the DMA not done.
 *
 * A program has at most 10 transaction slots ('0'..'9'), 64 transitions in any state (threads + 3 +
 * slots x ways of the widest cache) and no CMDQV (config.cmdqv.present is 0); anything else is
 * SMMU_ERR_BADCFG.
 *
 * A schedule string names the transitions from the first state on: 'a'..'d' a thread, '0'..'9' a
 * transaction slot, 'Q' the command queue, 'B' the broadcast input, 'E' the event queue, 'K' the
 * acknowledger, 'P' the endpoint with the ATC, which answers an ATC_INV; "*n" after it is the choice
 * made at a PICK. */
#ifndef SMMU_EXPLORE_H
#define SMMU_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smmu/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { EXPLORE_THREADS = 4, EXPLORE_OPS = 16, EXPLORE_SCHEDULE_MAX = 2048 };

enum explore_op_kind {
  EXPLORE_STORE,      /* 64-bit store of value to addr */
  EXPLORE_LOAD,       /* 64-bit load of addr; seen */
  EXPLORE_MMIO_WRITE, /* register at offset addr := value; bytes 4 or 8 */
  EXPLORE_MMIO_READ,  /* register at offset addr, masked; seen */
  EXPLORE_AWAIT_REG,  /* blocked until (register & mask) == value */
  EXPLORE_AWAIT_WORD, /* blocked until (64-bit word & mask) == value */
  EXPLORE_DMA,        /* one transaction; seen = output address, or EXPLORE_FAULT(event) */
  EXPLORE_ATC_DMA,    /* an access through the program's ATC: a Translation Request when it has no
                         translation, in a transition of its own, then a Translated transaction.
                         `started` is the latter's; seen likewise, EXPLORE_FAULT(0): not granted */
  EXPLORE_BROADCAST, /* maintenance of a CPU (dvm.h): value is its kind, addr, sid the ASID, ssid the
                         VMID; blocked while the device has no room */
  EXPLORE_AWAIT_BROADCAST, /* blocked until all broadcasts have had their effect */
  EXPLORE_CLEAR, /* the bits of value in the 64-bit word at addr := 0, atomically; seen = the word
                    before */
  EXPLORE_OP_KINDS
};

static inline bool explore_is_dma(unsigned kind)
{
  return kind == EXPLORE_DMA || kind == EXPLORE_ATC_DMA;
}

#define EXPLORE_FAULT(event) (0xf000000000000000ULL | (uint64_t)(event))

struct explore_op {
  uint8_t kind; /* enum explore_op_kind */
  uint8_t bytes;
  uint8_t write; /* DMA: 1 write */
  uint8_t ssv;
  uint16_t tbu;
  uint16_t reserved;
  uint32_t sid, ssid;
  uint64_t addr, value, mask;
};

struct explore_thread {
  const char *name;
  unsigned n;
  struct explore_op op[EXPLORE_OPS];
};

/* What a predicate may look at. pc[i] is how many operations thread i has finished. */
struct explore_seen {
  uint64_t value;
  uint8_t done;
  uint8_t started[EXPLORE_THREADS]; /* pc of every thread when this operation started */
  uint8_t ended[EXPLORE_THREADS];   /* ... and when it ended */
};

struct explore_view {
  uint8_t pc[EXPLORE_THREADS];
  struct explore_seen seen[EXPLORE_THREADS][EXPLORE_OPS];
};

struct explore_program {
  const char *name;  /* "stale-fill" */
  const char *claim; /* one sentence: what must never be seen */
  const char *rule;  /* the rule of the model that makes it so, with section numbers */
  struct smmu_config config;
  unsigned n_threads;
  struct explore_thread thread[EXPLORE_THREADS];
  uint32_t atc_sid;    /* the StreamID of its accesses */
  uint8_t atc_entries; /* room in the ATC of EXPLORE_ATC_DMA, see endpoint.h; 0: none */
  /* Bring memory and device into the first state (registers, tables, warm caches). */
  void (*setup)(struct engine_now *now, struct engine_memory *memory);
  /* Is this outcome forbidden? Asked whenever an operation ends. */
  bool (*forbidden)(const struct explore_view *v);
  /* An outcome that must be reachable, or the program proves nothing. Asked likewise. */
  bool (*witness)(const struct explore_view *v);
};

enum explore_verdict {
  EXPLORE_HOLDS,     /* every state visited, nothing forbidden, the witness seen */
  EXPLORE_FORBIDDEN, /* a forbidden outcome: schedule tells how */
  EXPLORE_DEADLOCK,  /* work left, nobody can move: schedule tells how */
  EXPLORE_VACUOUS,   /* every state visited, but the witness was never seen */
  EXPLORE_LIMIT      /* more than max_states states, or a path longer than 512 transitions */
};

struct explore_result {
  enum explore_verdict verdict;
  uint64_t states, transitions, outcomes; /* outcomes: states in which every thread had finished */
  unsigned depth;                         /* longest path */
  char schedule[EXPLORE_SCHEDULE_MAX];    /* of the forbidden outcome, the deadlock or the first
                                             witness */
  struct explore_view view;               /* what had been seen there */
};

/* Visit every state. max_states 0: ten million. 0, or a negative enum smmu_err (memory, bad
 * configuration). */
int explore_run(const struct explore_program *p, uint64_t max_states, struct explore_result *out);
/* The same; outcome(ctx, view) is called for each state in which every thread has finished and the
 * device is at rest. A view may come more than once: the states differ in device or memory. */
int explore_outcomes(const struct explore_program *p, uint64_t max_states,
                     void (*outcome)(void *ctx, const struct explore_view *view), void *ctx,
                     struct explore_result *out);
/* Follow one schedule string; step(ctx, transition, view) is called after each transition (may be
 * NULL). SMMU_ERR_FORMAT when a transition is not enabled or not understood; *out describes the
 * state reached. hooks see every record. */
int explore_replay(const struct explore_program *p, const char *schedule,
                   const struct smmu_hooks *hooks,
                   void (*step)(void *ctx, const char *transition, const struct explore_view *view),
                   void *ctx, struct explore_result *out);
/* "holds", "forbidden outcome reached", ... Static storage. */
const char *explore_verdict_text(enum explore_verdict verdict);

#ifdef __cplusplus
}
#endif
#endif
