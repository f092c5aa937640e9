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

#include "arch/cd.h"
#include "arch/desc.h"
#include "arch/event.h"
#include "arch/features.h"
#include "arch/regs.h"
#include "arch/ste.h"
#include "smmu/smmu.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words from the bus are taken as they come: a little-endian host is needed"
#endif

#define SMMU_NO_INDEX 0xffffffffu
#define SMMU_CONFLICT 0xfffffffeu /* of a lookup: two entries that contradict each other */

/* ---- configuration of a stream, as the configuration cache holds it ---- */

enum {
  CFG_S1 = 1u << 0,    /* stage 1 translates */
  CFG_S2 = 1u << 1,    /* stage 2 translates */
  CFG_ABORT = 1u << 2, /* STE.Config = 0b0xx */
  CFG_EPD0 = 1u << 3,
  CFG_EPD1 = 1u << 4,
  CFG_HAD0 = 1u << 5,
  CFG_HAD1 = 1u << 6,
  CFG_AFFD = 1u << 7,
  CFG_WXN = 1u << 8,
  CFG_PAN = 1u << 9,
  CFG_A = 1u << 10,
  CFG_R = 1u << 11,
  CFG_S2AFFD = 1u << 12,
  CFG_S2R = 1u << 13,
  CFG_S2PTW = 1u << 14,
  CFG_MTCFG = 1u << 15,
  CFG_SHCFG = 3u << 16,      /* two bits: STE.SHCFG */
  CFG_TWO_RANGES = 1u << 18, /* TTB1 exists: not EL2 without E2H */
  CFG_S = 1u << 19,
  CFG_S2S = 1u << 20,
  CFG_HA = 1u << 21,
  CFG_HD = 1u << 22,
  CFG_HAFT = 1u << 23,
  CFG_S2HA = 1u << 24,
  CFG_S2HD = 1u << 25,
  CFG_S2HAFT = 1u << 26,
  CFG_E0PD0 = 1u << 27,
  CFG_E0PD1 = 1u << 28,
  CFG_EPAN = 1u << 29,
  CFG_FWB = 1u << 30,
  CFG_MEV = 1u << 31
};

struct stream_cfg {
  uint64_t ttb[2];
  uint64_t s2ttb;
  uint64_t mair;
  uint64_t tag;        /* of this stream's entries in the TLBs, without a size: tag_make() */
  uint64_t outside[2]; /* stage 1: address bits that must all be 0 (TTB0) or 1 (TTB1) */
  uint32_t flags;      /* CFG_* */
  uint16_t asid, vmid;
  struct smmu_geometry s1[2], s2;
  uint8_t world; /* enum smmu_world */
  uint8_t privcfg, instcfg, memattr;
  uint8_t eats;        /* as smmu_ste has it */
  uint8_t cont;        /* log2 of the StreamIDs that share this configuration */
  uint8_t sh[2], s2sh; /* shareability of leaves that have no field for it */
  uint8_t ppar, pmg;
  uint8_t skipped;     /* 1: Config names stage 1, S1DSS skipped it */
  uint16_t partid;     /* partid and pmg of the stream's accesses */
  uint16_t ste_partid; /* of accesses to CDs and stage 2 tables */
  uint8_t ste_pmg;
  uint8_t alloc; /* STE.ALLOCCFG, 0 while it overrides nothing */
  uint8_t slow;  /* a TLB hit takes more than its entry: E0PD, overrides of attributes */
  uint8_t pad;
  uint32_t ste_sum; /* as smmu_ste has it */
};

struct cfg_entry {
  uint32_t ssid, sid;
  uint32_t valid; /* CFG_ENTRY_*; SSV: for transactions with a SubstreamID; [7:4] CONT */
  uint32_t pad;
  struct stream_cfg cfg;
};

/* STE: the STE alone, for Translated transactions without SubstreamID. */
enum { CFG_ENTRY_VALID = 1, CFG_ENTRY_SSV = 2, CFG_ENTRY_STE = 4, CFG_ENTRY_CONT = 16 };

/* log2 of the StreamIDs that the entry serves. */
static inline unsigned cfg_entry_cont(const struct cfg_entry *e)
{
  return e->valid / CFG_ENTRY_CONT;
}

/* ---- translation caches: micro-TLBs, main TLB and walk cache share one kind of entry ---- */

enum entry_kind {
  ENTRY_NONE = 0,
  ENTRY_S1,      /* VA to PA: stage 1 alone or both stages combined */
  ENTRY_S2,      /* IPA to PA of a stage 2 only stream */
  ENTRY_WALK_S1, /* stage 1 table descriptor: VA prefix to next table (PA, or IPA under nesting) */
  ENTRY_WALK_S2, /* stage 2 table descriptor: IPA prefix to next table */
  ENTRY_WALK_IPA /* stage 2 leaf met inside a nested walk: IPA to PA */
};

struct tlb_entry {
  uint64_t tag;  /* see tag_make(); 0 = invalid */
  uint64_t va;   /* input base, aligned to the span; VA sign-extended from bit 55 */
  uint64_t pa;   /* output base */
  uint64_t ipa;  /* ENTRY_S1 under nesting: the IPA stage 1 gave; for fault records */
  uint8_t perm;  /* stage 1 (or only) permissions, entry_perm(); table limits for ENTRY_WALK_S1 */
  uint8_t perm2; /* stage 2 permissions of a combined entry */
  int8_t level;  /* level of the (last stage's) descriptor */
  uint8_t made;  /* see entry_made() */
  /* The last four bytes of struct smmu_result, in its order. */
  uint8_t size_log2, memattr, sh, zero;
};

/* What an entry was made of, in the table that addresses of a TLBI name (stage 1 of a combined
 * entry): [7:6] the granule as TG spells it, 0 for any; [5:0] log2 of the stage 1 leaf when stage 2
 * broke it into smaller entries, else 0. */
static inline uint8_t entry_made(unsigned granule_log2, unsigned fracture)
{
  return (uint8_t)(fracture | (granule_log2 - 10) / 2 << 6);
}
static inline unsigned entry_fracture(const struct tlb_entry *e)
{
  return e->made & 0x3f;
}
static inline unsigned entry_tg(const struct tlb_entry *e)
{
  return e->made >> 6;
}

/* Permissions of an entry: SMMU_USER_* | SMMU_PRIV_* as they hold, and a bit more on each side: a
 * write is allowed, at once or after the descriptor has been made dirty. */
#define ENTRY_MAY_WRITE 0x88u

static inline uint8_t entry_perm(unsigned perm, bool clean)
{
  unsigned write = perm & 0x22;

  return (uint8_t)((clean ? perm & ~write : perm) | write << 2);
}

/* What an entry allows, once it is dirty. */
static inline unsigned entry_allows(unsigned perm)
{
  return (perm & 0x55) | (perm & ENTRY_MAY_WRITE) >> 2;
}

/* Tag: [15:0] VMID, [31:16] ASID, [39:32] log2 of the span, [43:40] kind, [47:44] StreamWorld, 48
 * global, 49 ASET. Global entries carry ASID 0, so that one comparison finds them whatever the
 * ASID; ASET keeps the two sets of address spaces apart (IHI 0070 3.17.1). */
#define TAG_GLOBAL    (1ULL << 48)
#define TAG_ASET      (1ULL << 49)
#define TAG_ASID_MASK 0xffff0000ULL

static inline uint64_t tag_make(unsigned kind, unsigned world, unsigned vmid, unsigned asid,
                                unsigned size_log2)
{
  return (uint64_t)vmid | (uint64_t)asid << 16 | (uint64_t)size_log2 << 32 | (uint64_t)kind << 40 |
         (uint64_t)world << 44;
}

static inline unsigned tag_vmid(uint64_t tag)
{
  return tag & 0xffff;
}
static inline unsigned tag_asid(uint64_t tag)
{
  return (tag >> 16) & 0xffff;
}
static inline unsigned tag_size(uint64_t tag)
{
  return (tag >> 32) & 0xff;
}
static inline unsigned tag_kind(uint64_t tag)
{
  return (tag >> 40) & 0xf;
}
static inline unsigned tag_world(uint64_t tag)
{
  return (tag >> 44) & 0xf;
}

/* Offsets are from the start of the block. */
struct cache {
  uint32_t sets, ways, entries;
  uint32_t off_entry; /* meaning: struct tlb_entry or struct cfg_entry [entries] */
  uint32_t off_stamp; /* aid: uint32_t [entries], time of last use */
  uint32_t off_live;  /* aid: struct cache_live */
  uint32_t off_link;  /* aid: struct cache_link [entries]; 0 when not chained */
  uint32_t off_head;  /* aid: uint32_t [2][bucket_mask + 1] */
  uint32_t bucket_mask;
  uint16_t id;   /* enum smmu_cache_id */
  uint16_t unit; /* TBU of a micro-TLB */
};

struct cache_live {
  uint64_t sizes;   /* bit n: entries with span 2^n exist; configuration cache: with CONT = n > 0 */
  uint32_t used;    /* valid entries */
  uint32_t clock;   /* recency stamp of the last use */
  uint32_t globals; /* entries with TAG_GLOBAL */
  uint32_t fractures; /* entries with a fracture */
  uint32_t count[64]; /* entries by log2 of span */
};

/* Two doubly linked chains: by (VMID, ASID or global) and by VMID. */
struct cache_link {
  uint32_t next[2], prev[2];
};

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
  uint8_t pad[2];
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
