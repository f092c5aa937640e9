/* What the files of the core call of each other. Everything here works on one struct smmu and never
 * leaves it. */
#ifndef SMMU_CORE_CORE_H
#define SMMU_CORE_CORE_H

#include "arch/cd.h"
#include "core/state.h"

/* ---- trace ---- */

/* Hand a record to the hook, if there is one. */
static inline void trace_put(const struct smmu_hooks *h, const struct smmu_record *r)
{
  if (h && h->record)
    h->record(h->ctx, r);
}

/* The record of a register access: unit 0 is the SMMU, 1 CMDQV. */
static inline void trace_access(const struct smmu_hooks *h, unsigned unit, unsigned category,
                                uint64_t offset, uint64_t value, unsigned bytes)
{
  struct smmu_record r = { 0 };

  if (!h)
    return;
  r.category = (uint8_t)category;
  r.unit = (uint8_t)unit;
  r.addr_in = offset;
  r.word = value;
  r.info = (uint8_t)bytes;
  trace_put(h, &r);
}

/* ---- asks ---- */

static inline void ask_stage(struct smmu_ask *ask, unsigned stage)
{
  ask->kind = SMMU_ASK_STAGE;
  ask->stage = (uint8_t)stage;
}

static inline void ask_read(struct smmu_ask *ask, unsigned stage, uint64_t addr, unsigned len)
{
  ask->kind = SMMU_ASK_READ;
  ask->stage = (uint8_t)stage;
  ask->addr = addr;
  ask->len = (uint16_t)len;
}

/* Interrupts are wired and, where an MSI address is set, MSIs as well: the MSI first. Ends the work
 * item. */
static inline void ask_signal(struct smmu_ask *ask, unsigned line)
{
  ask->kind = SMMU_ASK_SIGNAL;
  ask->stage = SMMU_STAGE_NONE;
  ask->key = line;
}

static inline void ask_wait(struct smmu_ask *ask, unsigned key)
{
  ask->kind = SMMU_ASK_WAIT;
  ask->stage = SMMU_STAGE_NONE;
  ask->key = key;
}

/* ---- caches (cache.c) ---- */

static inline struct tlb_entry *cache_entries(struct smmu *s, const struct cache *c)
{
  return at(s, c->off_entry);
}

static inline struct cache_live *cache_live_of(struct smmu *s, const struct cache *c)
{
  return at(s, c->off_live);
}

/* What to look for: kind, world, VMID, ASID without a size; the size classes present are tried from
 * small to large. */
struct cache_key {
  uint64_t tag; /* tag_make(..., size 0) */
  uint64_t va;
};

/* Entry index, SMMU_NO_INDEX, or SMMU_CONFLICT. Touches recency only when touch is set. */
uint32_t smmu_cache_find(struct smmu *s, const struct cache *c, const struct cache_key *k,
                         bool touch);
/* Way that a fill of this entry would take: same key, else an invalid way; SMMU_NO_INDEX when a
 * victim must be chosen, then *hint is the least recently used way and *choices the number of ways.
 */
uint32_t smmu_cache_room(struct smmu *s, const struct cache *c, const struct tlb_entry *e,
                         uint32_t *hint, uint32_t *choices);
/* Write an entry at an index (evicting what is there), links and counts kept; actor: whose walk. */
void smmu_cache_write(struct smmu *s, const struct cache *c, uint32_t index,
                      const struct tlb_entry *e, smmu_actor actor, const struct smmu_hooks *h);
/* Entry index of way `way` in the set that e belongs to. */
uint32_t smmu_cache_way(const struct cache *c, const struct tlb_entry *e, uint32_t way);
void smmu_cache_drop(struct smmu *s, const struct cache *c, uint32_t index, unsigned category,
                     const struct smmu_hooks *h);
void smmu_cache_flush(struct smmu *s, const struct cache *c, unsigned category,
                      const struct smmu_hooks *h);
void smmu_cache_reset(struct smmu *s, const struct cache *c);
/* First entry of the chain for (VMID, ASID or global) or for VMID; then follow link.next[which]. */
uint32_t smmu_cache_chain(struct smmu *s, const struct cache *c, unsigned which, uint64_t tag);
void smmu_cache_record(const struct smmu_hooks *h, unsigned category, const struct cache *c,
                       uint32_t slot, const struct tlb_entry *e, smmu_actor actor);
static inline void cache_trace(const struct smmu_hooks *h, unsigned category, const struct cache *c,
                               uint32_t slot, const struct tlb_entry *e, smmu_actor actor)
{
  if (h)
    smmu_cache_record(h, category, c, slot, e, actor);
}
void smmu_cache_invariant(const struct smmu *s, const struct cache *c);

/* ---- configuration cache (cfg_cache.c) ---- */

/* Fill; returns false when a victim must be picked first (then *hint, *choices) and way ==
 * SMMU_NO_INDEX. */
bool smmu_cfg_fill(struct smmu *s, const struct smmu_txn *t, const struct stream_cfg *cfg,
                   uint32_t way, uint32_t *hint, uint32_t *choices, smmu_actor actor,
                   const struct smmu_hooks *h);
void smmu_cfg_invalidate(struct smmu *s, const struct inval *inv, const struct smmu_hooks *h);
/* Combine an STE and (with stage 1) a CD. */
void smmu_cfg_combine(const struct smmu_ste *ste, const struct smmu_cd *cd, struct stream_cfg *out);

/* ---- invalidation (inval.c) ---- */

enum inval_kind {
  INVAL_S1_ALL = 1, /* stage 1 entries of a VMID, all ASIDs */
  INVAL_S1_ASID,    /* non-global stage 1 entries of an ASID */
  INVAL_S1_VA,      /* by address, ASID or global */
  INVAL_S1_VAA,     /* by address, any ASID */
  INVAL_S2_IPA,
  INVAL_S12_ALL, /* both stages of a VMID */
  INVAL_WORLD,   /* everything of the EL1 world (NSNH_ALL) or of EL2 */
  INVAL_CFG_STE, /* STE of a StreamID, and its CDs */
  INVAL_CFG_RANGE,
  INVAL_CFG_CD,
  INVAL_CFG_CD_ALL
};

bool smmu_inval_covers_stream(const struct inval *inv, uint32_t sid, uint32_t ssid);

static inline bool inval_is_config(const struct inval *inv)
{
  return inv->kind >= INVAL_CFG_STE;
}

/* Sweep one translation cache. */
void smmu_inval_cache(struct smmu *s, const struct cache *c, const struct inval *inv,
                      const struct smmu_hooks *h);
/* For command queue `number`: mark the transactions in flight that may hold, or be about to cache,
 * what the invalidation removes. */
void smmu_inval_mark_in_flight(struct smmu *s, const struct inval *inv, unsigned number,
                               const struct smmu_hooks *h);
static inline void inval_mark(struct smmu *s, const struct inval *inv, unsigned number,
                              const struct smmu_hooks *h)
{
  if (txn_free_of(s)->in_flight)
    smmu_inval_mark_in_flight(s, inv, number, h);
}

/* The PRI queue reads an STE too: what it has of a stream that is invalidated it reads again. */
void smmu_priq_invalidate(struct smmu *s, const struct inval *inv);

/* ---- transactions (txn*.c) ---- */

void smmu_txn_step(struct smmu *s, unsigned slot, const struct smmu_reply *reply,
                   const struct smmu_hooks *h, struct smmu_ask *ask);

/* ---- memory partitioning (mpam.c) ---- */

/* The label of what the device does for itself. IHI 0070 17.4. */
void smmu_mpam_label_own(const struct smmu *s, struct smmu_record *r);

/* ---- address translation operations (atos.c) ---- */

/* RUN of a group was set: R_GATOS_CTRL or R_VATOS_CTRL. */
void smmu_atos_start(struct smmu *s, unsigned ctrl);

/* A prefetch command has an effect (txn_submit.c), where there is room for it. */
void smmu_prefetch(struct smmu *s, const uint64_t words[2], const struct smmu_hooks *h);

/* ---- queues and registers (cmdq.c, evtq.c, ack.c, gerror.c) ---- */

/* number: see queues.h. */
void smmu_cmdq_step(struct smmu *s, unsigned number, const struct smmu_reply *reply,
                    const struct smmu_hooks *h, struct smmu_ask *ask);
void smmu_evtq_step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                    struct smmu_ask *ask);
void smmu_priq_step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                    struct smmu_ask *ask);
void smmu_ack_step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                   struct smmu_ask *ask);

/* ---- what CMD_SYNC waits for (sync.c) ---- */

/* Queue `number` has marked a transaction. */
void smmu_sync_mark(struct smmu *s, unsigned number, unsigned slot);
/* Is what a CMD_SYNC of this queue waits for done? */
bool smmu_sync_is_drained(const struct smmu *s, unsigned number);
/* A marked transaction's record entered the event buffer: the CMD_SYNCs that wait for the
 * transaction wait for the record, and so for everything before it. */
void smmu_sync_record_added(struct smmu *s, unsigned slot);
/* The oldest record left the buffer. */
void smmu_sync_record_gone(struct smmu *s);
/* A marked transaction has ended. */
void smmu_sync_txn_ended(struct smmu *s, unsigned slot);

/* ---- event buffer and event queue (evtq.c) ---- */

bool smmu_evtq_has_room(const struct smmu *s);
void smmu_evtq_push(struct smmu *s, const uint64_t words[4]);
/* Does a record wait that this one may be merged with? IHI 0070 7.3.1. */
bool smmu_evtq_has_equal(struct smmu *s, const uint64_t words[4]);
/* EVENTQEN is acknowledged as 0: what has not begun to be written never is. IHI 0070 6.3.9.4. */
void smmu_evtq_discard(struct smmu *s, const struct smmu_hooks *h);
/* Enabled, not full, no abort unacknowledged. IHI 0070 7.2.1. */
bool smmu_evtq_is_writable(const struct smmu *s);

/* ---- stalled transactions (stall.c) ---- */

/* Can a stalled transaction go on? Its runnable bit says the same. */
bool smmu_stall_can_move(const struct smmu *s, const struct txn *t);
/* To be called when something that this depends on has changed; all: SMMUEN. */
void smmu_stall_wake(struct smmu *s, unsigned slot);
void smmu_stall_wake_all(struct smmu *s);
/* Does an invalidation concern it? What the software has been told of, or has decided, it does not.
 */
bool smmu_stall_is_open(const struct txn *t);
/* The one whose record is written next, or SMMU_NO_INDEX: in turn, STALL_MAX at a time. */
uint32_t smmu_stall_next(const struct smmu *s);
void smmu_stall_record(const struct smmu *s, unsigned slot, uint64_t words[4]);
/* Its record is being written; is written, or lost in an abort. */
void smmu_stall_begin_record(struct smmu *s, unsigned slot);
void smmu_stall_end_record(struct smmu *s, unsigned slot);
/* CMD_RESUME and CMD_STALL_TERM. */
void smmu_stall_command(struct smmu *s, const uint64_t words[2]);

/* Toggle a GERROR bit unless it is active already. */
void smmu_gerror_raise(struct smmu *s, uint64_t bit);
static inline uint64_t gerror_active(const struct smmu *s)
{
  return shared_const(s)->reg[R_GERROR] ^ shared_const(s)->reg[R_GERRORN];
}

/* The acknowledger's phases; those of the GERROR interrupt are gerror.c's. */
enum ack_phase { ACK_IDLE, ACK_UPDATE, ACK_GERROR_MSI, ACK_GERROR_ABORTED };
void smmu_gerror_irq_start(struct smmu *s, struct smmu_ask *ask);
void smmu_gerror_irq_step(struct smmu *s, const struct smmu_reply *reply, struct smmu_ask *ask);

/* ---- who can move (wake.c) ---- */

/* Can the actor move? Its runnable bit says the same. (The acknowledger's may be set too early.) */
bool smmu_cmdq_can_move(const struct smmu *s, unsigned number);
bool smmu_evtq_can_move(const struct smmu *s);
/* Only with IDR0.PRI. */
bool smmu_priq_can_move(const struct smmu *s);
bool smmu_ack_can_move(const struct smmu *s);

/* To be called when something that this depends on has changed. */
void smmu_wake_cmdq(struct smmu *s, unsigned number);
void smmu_wake_evtq(struct smmu *s);
/* Nothing without IDR0.PRI. */
void smmu_wake_priq(struct smmu *s);
void smmu_wake_ack(struct smmu *s);
/* CR0 or IRQ_CTRL: the SMMU's own queue, the event queue and the acknowledger. */
void smmu_wake_control(struct smmu *s);
/* An enable or an allocation of CMDQV, or its acknowledgement: every VCMDQ and the acknowledger. */
void smmu_wake_cmdqv(struct smmu *s);
/* A record left the event buffer: transactions that wait for room, and CMD_SYNCs. */
void smmu_wake_room(struct smmu *s);
/* A record entered it: when it is full now, transactions that were let go wait again. */
void smmu_wake_no_room(struct smmu *s);

/* Effective SMMUEN for transactions that arrive now: a bit in transition counts as 0. */
static inline bool smmu_enabled(const struct smmu *s)
{
  const uint64_t *reg = shared_const(s)->reg;

  return GET(CR0, SMMUEN, reg[R_CR0] & reg[R_CR0ACK]) != 0;
}

#endif
