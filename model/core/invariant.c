/* What is true in every reachable state, and that every aid can be rebuilt from the meaning. */
#include "core/atc.h"
#include "core/lookup.h"
#include "core/queues.h"
#include "core/txn.h"
#include "util/bits.h"
#include "util/check.h"

static void check_entry(const struct cache *c, const struct tlb_entry *e, uint32_t index)
{
  unsigned kind = tag_kind(e->tag), size_log2 = tag_size(e->tag);

  CHECK(size_log2 >= 12 && size_log2 <= 52);
  CHECK(kind >= ENTRY_S1 && kind <= ENTRY_WALK_IPA);
  CHECK((c->id == SMMU_CACHE_WALK) == (kind >= ENTRY_WALK_S1));
  CHECK((e->va & bits_low(size_log2)) == 0);
  CHECK(kind == ENTRY_WALK_S1 || kind == ENTRY_WALK_S2 || (e->pa & bits_low(size_log2)) == 0);
  CHECK(cache_set(c, e->va, size_log2) == index / c->ways);
  CHECK(!(e->tag & TAG_GLOBAL) || tag_asid(e->tag) == 0);
}

/* Number of entries reachable over one kind of chain; each must lie in the bucket it hashes to. */
static uint32_t count_chained(struct smmu *s, const struct cache *c, unsigned which)
{
  const struct tlb_entry *entries = cache_entries(s, c);
  const struct cache_link *link = at_const(s, c->off_link);
  const uint32_t *heads = (const uint32_t *)at_const(s, c->off_head) + which * (c->bucket_mask + 1);
  uint32_t count = 0;

  for (uint32_t b = 0; b <= c->bucket_mask; b++) {
    for (uint32_t i = heads[b]; i != SMMU_NO_INDEX; i = link[i].next[which]) {
      CHECK(i < c->entries && entries[i].tag != 0);
      CHECK(cache_bucket(c, which, entries[i].tag) == b);
      CHECK(count < c->entries);
      CHECK(link[i].prev[which] == SMMU_NO_INDEX || link[link[i].prev[which]].next[which] == i);
      count++;
    }
  }
  return count;
}

void smmu_cache_invariant(const struct smmu *s, const struct cache *c)
{
  struct smmu *m = (struct smmu *)(uintptr_t)s; /* read only below */
  const struct tlb_entry *entries = cache_entries(m, c);
  const struct cache_live *live = cache_live_of(m, c);
  uint32_t count[64] = { 0 }, used = 0, globals = 0, fractures = 0;

  for (uint32_t i = 0; i < c->entries; i++) {
    if (entries[i].tag == 0)
      continue;
    check_entry(c, &entries[i], i);
    count[tag_size(entries[i].tag) & 63]++;
    used++;
    globals += (entries[i].tag & TAG_GLOBAL) != 0;
    fractures += entry_fracture(&entries[i]) != 0;
  }
  CHECK(used == live->used);
  CHECK(globals == live->globals);
  CHECK(fractures == live->fractures);
  for (unsigned n = 0; n < 64; n++) {
    CHECK(count[n] == live->count[n]);
    CHECK(((live->sizes >> n) & 1) == (count[n] != 0));
  }
  if (c->off_link) {
    CHECK(count_chained(m, c, 0) == used);
    CHECK(count_chained(m, c, 1) == used);
  }
}

static void check_cfg_cache(const struct smmu *s, const struct cache *c)
{
  struct smmu *m = (struct smmu *)(uintptr_t)s; /* read only below */
  const struct cfg_entry *e = at_const(s, c->off_entry);
  const struct cache_live *live = cache_live_of(m, c);
  uint32_t count[64] = { 0 };

  for (uint32_t i = 0; i < c->entries; i++) {
    if (!e[i].valid)
      continue;
    CHECK(cfg_entry_cont(&e[i]) <= (s->config.cont ? 15u : 0u));
    CHECK(cfg_set(c, (uint32_t)align_down_log2(e[i].sid, cfg_entry_cont(&e[i]))) == i / c->ways);
    count[cfg_entry_cont(&e[i])] += cfg_entry_cont(&e[i]) != 0;
  }
  for (unsigned n = 0; n < 64; n++) {
    CHECK(count[n] == live->count[n]);
    CHECK(((live->sizes >> n) & 1) == (count[n] != 0));
  }
}

/* The runnable bits follow from the state. (The acknowledger's may be set too early: it then looks
 * and goes back to rest.) */
static void check_runnable(const struct smmu *s)
{
  const struct txn *txns = at_const(s, s->off_txns);

  for (unsigned i = 0; i < s->slots; i++) {
    bool waits =
      txns[i].stall ? !smmu_stall_can_move(s, &txns[i]) : txns[i].waiting && !smmu_evtq_has_room(s);

    CHECK(smmu_is_runnable(s, i) == (txns[i].phase != 0 && !waits));
  }
  for (unsigned number = 0; number < s->n_queues; number++)
    CHECK(smmu_is_runnable(s, actor_cmdq(s, number)) == smmu_cmdq_can_move(s, number));
  CHECK(smmu_is_runnable(s, actor_evtq(s)) == smmu_evtq_can_move(s));
  if (s->features.pri)
    CHECK(smmu_is_runnable(s, actor_priq(s)) == smmu_priq_can_move(s));
  CHECK(smmu_is_runnable(s, actor_ack(s)) || !smmu_ack_can_move(s));
}

/* What stalls has a fault to tell of, an order is for it alone, and the counts are right: no more
 * records without an answer than STALL_MAX. One record is written at a time. */
static void check_stalls(const struct smmu *s)
{
  const struct txn *txns = at_const(s, s->off_txns);
  const struct txn_free *free_slots = at_const(s, s->off_free);
  const struct evtq *q = &shared_const(s)->evtq;
  uint32_t unrecorded = 0, outstanding = 0;

  for (unsigned i = 0; i < s->slots; i++) {
    const struct txn *t = &txns[i];

    CHECK(t->stall <= STALL_RECORDED && t->order <= ORDER_RAZWI);
    CHECK((t->stall == STALL_NONE) == (t->phase != TXN_STALLED));
    CHECK(t->stall ? t->enabled && t->fault.type : t->order == ORDER_NONE);
    CHECK((t->stall == STALL_WRITING) == (q->stalled == i + 1));
    CHECK(!t->marked || t->stall != STALL_RECORDED);
    unrecorded += t->stall == STALL_UNRECORDED;
    outstanding += t->stall > STALL_UNRECORDED && t->order == ORDER_NONE;
  }
  CHECK(unrecorded == free_slots->unrecorded && outstanding == free_slots->outstanding);
  CHECK(outstanding <= s->features.stall_max);
  CHECK(q->stalled <= s->slots && q->turn < s->slots);
}

/* Bits that no software can write are never set, a queue in the middle of a command is acknowledged
 * on, and so is what lies above it. */
static void check_cmdqv(const struct smmu *s)
{
  const struct cmdqv *c = cmdqv_const(s);

  CHECK(c->status <= 1 && !(c->config & ~smmu_cmdqv_rows[R_CMDQV_CONFIG].rw));
  for (unsigned v = 0; v < s->n_vintfs; v++) {
    CHECK(vintf_const(s, v)->status <= 1);
    CHECK(!(vintf_const(s, v)->config & ~smmu_cmdqv_rows[R_VINTF_CONFIG].rw));
  }
  for (unsigned q = 0; q < s->n_vcmdqs; q++) {
    const struct vcmdq *x = vcmdq_const(s, q);
    unsigned owner = (unsigned)GET(CMDQV_CMDQ_ALLOC_MAP, VIRT_INTF_INDX, c->alloc[q]);

    CHECK(!(c->alloc[q] & ~smmu_cmdqv_rows[R_CMDQV_CMDQ_ALLOC_MAP].rw));
    CHECK(x->status <= 1 && x->config <= 1 && x->gerror < 8 && x->gerrorn < 8);
    CHECK(x->status || x->queue.phase == 0);
    CHECK(!x->status || (c->status && owner < s->n_vintfs && vintf_const(s, owner)->status));
    CHECK(smmu_vcmdq_owner(s, q) == smmu_cmdqv_find_owner(s, q));
  }
  CHECK(c->turn <= s->n_vcmdqs + s->n_vintfs);
}

static void check_dvm(const struct smmu *s)
{
  const struct dvm *d = dvm_const(s);

  CHECK(d->count <= SMMU_DVM_ROOM);
  CHECK(d->count || d->queue.phase == 0);
  for (unsigned i = 0; i < SMMU_DVM_ROOM; i++)
    CHECK(i < d->count || d->ring[i].vmid_mask == 0); /* what has left leaves nothing */
}

static void check_ecmdqs(const struct smmu *s)
{
  for (unsigned e = 0; e < s->n_ecmdqs; e++) {
    const struct ecmdq *x = ecmdq_const(s, e);
    uint64_t ack = MASK(ECMDQ_CONS, ENACK);

    CHECK(!(x->ring[RING_BASE] & ~smmu_ecmdq_rows[R_ECMDQ_BASE].rw));
    CHECK(!(x->ring[RING_PROD] & ~smmu_ecmdq_rows[R_ECMDQ_PROD].rw));
    CHECK(!(x->ring[RING_CONS] & ~(smmu_ecmdq_rows[R_ECMDQ_CONS].rw | ack)));
    CHECK((x->ring[RING_CONS] & ack) || x->queue.phase == 0);
  }
  CHECK(shared_const(s)->ack.ecmdq_turn <= s->n_ecmdqs);
}

/* A tag that nobody holds names nobody, and only a queue knows of failures. */
static void check_atc(const struct smmu *s)
{
  for (unsigned number = 0; s->features.ats && number < s->n_queues; number++) {
    const struct atc *a = atc_const(s, number);

    CHECK(a->failed <= 1);
    for (unsigned i = 0; i < ATC_TAGS; i++)
      CHECK((a->out >> i & 1) || a->sid[i] == 0);
  }
}

void smmu_invariant(const struct smmu *s)
{
  const struct shared *sh = shared_const(s);
  const struct txn *txns = at_const(s, s->off_txns);
  const struct txn_free *free_slots = at_const(s, s->off_free);
  uint32_t in_flight = 0, own = 0, enabled = 0;

  for (uint32_t i = 0; i < s->n_caches; i++) {
    if (s->cache[i].entries && s->cache[i].id != SMMU_CACHE_CFG)
      smmu_cache_invariant(s, &s->cache[i]);
    else if (s->cache[i].entries)
      check_cfg_cache(s, &s->cache[i]);
  }
  for (unsigned i = 0; i < s->slots; i++) {
    bool marked = false;

    in_flight += txns[i].phase != 0;
    own += i >= s->config.txns && txns[i].phase != 0;
    enabled += txns[i].enabled;
    CHECK(!txns[i].marked || txns[i].phase != 0);
    for (unsigned number = 0; number < s->n_queues; number++)
      marked |= has_mark(s, number, i);
    CHECK(marked == txns[i].marked);
  }
  CHECK(in_flight == free_slots->in_flight);
  CHECK(enabled == free_slots->enabled);
  CHECK(free_slots->free_count + in_flight - own == s->config.txns);
  CHECK(sh->evtq.count <= s->config.events);
  CHECK(sh->priq.count <= (s->features.pri ? s->config.page_requests : 0u));
  check_runnable(s);
  check_atc(s);
  check_stalls(s);
  if (s->n_vcmdqs)
    check_cmdqv(s);
  check_ecmdqs(s);
  if (s->features.btm)
    check_dvm(s);
}
