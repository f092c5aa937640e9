/* The one block: everything the device knows, laid out by the configuration, without pointers.
 *
 *   struct smmu, cache descriptors
 *   meaning: struct shared, event buffer, transactions, CMDQV, ECMDQs, DVM, marks, cache entries
 *   aid: results, runnable bits, owners of VCMDQs, free list, chains, counts, recency
 *
 * "Meaning" decides future behaviour and is hashed. "Aid" only makes things fast or remembers
 * results: it is cloned, never hashed, and follows from the meaning; smmu_invariant() rebuilds and
 * compares it, but for recency and the order of the free list. Padding is always zero. */
#ifndef SMMU_CORE_STATE_H
#define SMMU_CORE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/event.h"
#include "arch/features.h"
#include "arch/regs.h"
#include "arch/ste.h"
#include "core/entry.h"
#include "smmu/smmu.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words from the bus are taken as they come: a little-endian host is needed"
#endif

/* ---- transactions ---- */

struct walk_frame {
  uint64_t table;
  uint64_t desc; /* with flip: the descriptor that is to be updated, as it was read */
  int8_t level;
  uint8_t range;   /* stage 1: 0 TTB0, 1 TTB1 */
  uint8_t limits;  /* stage 1: SMMU_TABLE_* gathered so far */
  uint8_t purpose; /* stage 2: enum s2_purpose */
  uint16_t flip;   /* bits that the update changes; 0: none is under way */
  uint8_t pad[2];
};

/* What a stage 2 translation is for; also `phase` of its trace records. */
enum s2_purpose { S2_FOR_NONE, S2_FOR_CD, S2_FOR_TTD, S2_FOR_INPUT };

/* A finished stage. */
struct leaf {
  uint64_t out;      /* output address for this transaction's input, offset included */
  uint8_t size_log2; /* of what it can be cached for: a block, a page, or a contiguous group */
  uint8_t perm, memattr, sh;
  int8_t level;
  uint8_t global;
  uint8_t loose; /* must not be cached (nT) */
  uint8_t clean; /* perm holds with a write only after an update of the descriptor */
};

struct fault {
  uint8_t type; /* event type; 0: none */
  uint8_t clss, s2;
  uint8_t updating; /* of a stage 1 descriptor: stage 2 was asked for a write */
  uint8_t pad[4];
  uint64_t ipa, fetch_addr; /* fetch_addr: of a conflict, Reason */
};

/* How far a stalled transaction's record is; what is ordered for the transaction. stall.c. */
enum stall_state { STALL_NONE, STALL_UNRECORDED, STALL_WRITING, STALL_RECORDED };
enum stall_order { ORDER_NONE, ORDER_RETRY, ORDER_ABORT, ORDER_RAZWI };

struct txn {
  struct smmu_txn in;
  uint64_t va;    /* canonical input: TBI byte removed, sign-extended */
  uint8_t phase;  /* enum txn_phase */
  uint8_t marked; /* an invalidation covered this one: fill nothing; see marks_const() */
  uint8_t have_ste, have_cfg;
  uint8_t priv, ind; /* after STE overrides */
  uint8_t cd_step;   /* which configuration word a CD-purpose stage 2 walk is for */
  uint8_t waiting;   /* WAIT was returned */
  uint8_t picking;   /* PICK was returned */
  uint8_t enabled;   /* arrived under SMMUEN = 1: clearing it is acknowledged only after this one */
  uint8_t atschk;    /* ATS: effective CR0.ATSCHK when it arrived */
  uint8_t stall;     /* enum stall_state; 0: not stalled */
  uint8_t order;     /* enum stall_order */
  uint8_t pad[3];
  uint64_t struct_addr; /* configuration structure being fetched, PA or IPA */
  struct smmu_ste ste;  /* between STE and CD fetch */
  struct stream_cfg cfg;
  struct walk_frame s1, s2;
  uint64_t s2_ipa; /* input of the stage 2 walk */
  struct leaf s1_leaf, s2_leaf;
  struct tlb_entry fill; /* entry on its way into main TLB and micro-TLB */
  struct fault fault;
  struct smmu_result result;
};

/* ---- queues and registers ---- */

struct inval {
  uint64_t first, last; /* inclusive address range of the by-address forms, canonical */
  uint16_t vmid, asid;
  uint16_t vmid_mask; /* bits of VMID that take part (CR0.VMW) */
  uint8_t kind;       /* enum inval_kind */
  uint8_t leaf;
  uint32_t sid, ssid;
  uint8_t range;                /* CFGI_STE_RANGE: log2 of the block minus 1 */
  uint8_t el2;                  /* EL2 and EL2-E2H worlds instead of EL1 */
  uint8_t e2h;                  /* CR2.E2H: which of the two a by-address form means */
  uint8_t tg;                   /* entries of this granule alone, as TG spells it; 0: any */
  uint8_t ttl_log2, ttl_stride; /* TTL: leaves of 2^ttl_log2 bytes and (contiguous) more, below
                                   2^(ttl_log2 + ttl_stride), and tables from there on; 0: any */
  uint8_t wider;                /* enum smmu_wider, of the sweep that is being done */
  uint8_t shared;               /* broadcast by ASID: what a CD with ASET = 1 made stays */
};

/* The three registers of a ring, in the order that regs.def has them for the SMMU's own queue. */
enum { RING_BASE, RING_PROD, RING_CONS };

_Static_assert(R_CMDQ_PROD == R_CMDQ_BASE + RING_PROD && R_CMDQ_CONS == R_CMDQ_BASE + RING_CONS,
               "the SMMU's own ring lies among the registers");

struct cmdq {
  uint64_t words[2]; /* command being executed, as the queue's owner may give it */
  struct inval inval;
  uint32_t records; /* CMD_SYNC: event records that must become visible before it completes */
  uint16_t unit;    /* micro-TLB being swept */
  uint8_t phase;    /* enum cmdq_phase */
  uint8_t cerror;
  uint8_t waiting;
  uint8_t sev;     /* an event output is due: SIG_SEV, or a full queue that is no longer full */
  uint8_t picking; /* PICK of how much wider the sweep is was returned */
  uint8_t pad[5];
};

struct evtq {
  uint32_t head, count; /* ring of buffered events */
  uint16_t stalled; /* 1 + slot of the stalled transaction whose record is written; 0: the oldest of
                       the buffer */
  uint16_t turn;    /* slot from which the next stalled transaction is looked for */
  uint8_t yield;    /* the last record was a stalled transaction's: the buffer is next */
  uint8_t phase;    /* enum evtq_phase */
  uint8_t pad[2];
};

struct priq {
  uint32_t head, count; /* ring of buffered Page Requests */
  uint64_t addr;        /* what is read for STE.PPAR */
  uint8_t phase;        /* enum priq_phase */
  uint8_t waiting;      /* for room in the event buffer */
  uint8_t irq;          /* an interrupt ends this work item */
  uint8_t response, pasid, event;
  uint8_t again; /* what was read for STE.PPAR has been invalidated */
  uint8_t pad;
};

struct pri_slot {
  uint64_t words[2];
};

struct ack {
  uint8_t phase;
  uint8_t gerror_irq; /* GERROR interrupt to raise */
  uint8_t pad[2];
  uint32_t ecmdq_turn; /* whose handshake is looked at first: see smmu_ecmdq_acknowledge() */
};

struct event_slot {
  uint64_t words[4];
};

struct shared {
  uint64_t reg[R_COUNT];
  struct cmdq cmdq;
  struct evtq evtq;
  struct priq priq;
  struct ack ack;
};

struct smmu {
  struct smmu_config config;
  struct smmu_features features;
  uint32_t size;
  uint32_t meaning_off, meaning_len, aid_off;
  uint32_t off_events, off_txns, off_results, off_runnable, off_free;
  uint32_t off_cmdqv, off_vintfs, off_vcmdqs, off_ecmdqs, off_dvm, off_marks, off_owner, off_atc,
    off_pri;
  uint32_t n_vintfs, n_vcmdqs; /* 0 without CMDQV */
  uint32_t n_ecmdqs;           /* 0 without IDR1.ECMDQ */
  uint32_t slots;    /* transactions: config.txns that software's devices use, then the device's own
                        of ATOS and VATOS */
  uint32_t n_queues; /* whatever takes commands: see queues.h */
  uint32_t actors;
  uint32_t visible; /* visible actions of the current step (debug) */
  uint32_t n_caches;
  struct cache
    cache[]; /* SMMU_CACHE_CFG, SMMU_CACHE_WALK, SMMU_CACHE_TLB, then one micro-TLB a TBU */
};

/* Aid: free transaction slots as a stack, how many are in flight, and how many of those translate.
 */
struct txn_free {
  uint32_t in_flight;
  uint32_t enabled;     /* with txn.enabled */
  uint32_t unrecorded;  /* stalled, no record yet: STALL_UNRECORDED */
  uint32_t outstanding; /* stalled, record written or being written, nobody has answered it */
  uint32_t free_count;
  uint16_t slot[];
};

static inline void *at(struct smmu *s, uint32_t off)
{
  return (char *)s + off;
}

static inline const void *at_const(const struct smmu *s, uint32_t off)
{
  return (const char *)s + off;
}

static inline struct shared *shared_of(struct smmu *s)
{
  return at(s, s->meaning_off);
}

static inline const struct shared *shared_const(const struct smmu *s)
{
  return at_const(s, s->meaning_off);
}

static inline struct txn *txn_at(struct smmu *s, unsigned i)
{
  return (struct txn *)at(s, s->off_txns) + i;
}

static inline struct txn_free *txn_free_of(struct smmu *s)
{
  return at(s, s->off_free);
}

/* Which transactions each command queue has marked: one bit a slot, whole words a queue. */
static inline unsigned mark_words(const struct smmu *s)
{
  return (s->slots + 63u) / 64;
}

static inline const uint64_t *marks_const(const struct smmu *s, unsigned number)
{
  return (const uint64_t *)at_const(s, s->off_marks) + number * mark_words(s);
}

static inline bool has_mark(const struct smmu *s, unsigned number, unsigned slot)
{
  return marks_const(s, number)[slot / 64] >> slot % 64 & 1;
}

/* ---- actors ---- */

static inline smmu_actor actor_cmdq(const struct smmu *s, unsigned number)
{
  return s->slots + (number ? 2u + number : 0u);
}
static inline smmu_actor actor_evtq(const struct smmu *s)
{
  return s->slots + 1u;
}
static inline smmu_actor actor_ack(const struct smmu *s)
{
  return s->slots + 2u;
}

/* Exists with IDR0.PRI alone. */
static inline smmu_actor actor_priq(const struct smmu *s)
{
  return s->slots + 2u + s->n_queues;
}

static inline void set_runnable(struct smmu *s, smmu_actor a, bool on)
{
  uint64_t *word = (uint64_t *)at(s, s->off_runnable) + a / 64;
  uint64_t bit = 1ULL << (a % 64);

  *word = on ? *word | bit : *word & ~bit;
}

/* ---- rule 1: one visible action a step ---- */

#if defined(SMMU_DEBUG) && SMMU_DEBUG
#define VISIBLE(s) ((s)->visible++)
#else
#define VISIBLE(s) ((void)(s))
#endif

#endif
