/* A transaction from arrival to response: global bypass, micro-TLB, main TLB and fills; input,
 * configuration and walks are in files of their own. IHI 0070 3.3 (procedure), 3.12 (bypass),
 * 6.3.14 (GBPA). The order of the code is the order of the text. A marked transaction (inval.c)
 * answers but fills nothing. Left out: speculative and CMO transactions. */
#include "core/txn.h"
#include "core/lookup.h"

#include <string.h>

#include "arch/attr.h"
#include "arch/structs.h"
#include "util/bits.h"
#include "util/check.h"

void txn_record(const struct step *x, unsigned category, struct smmu_record *r)
{
  r->category = (uint8_t)category;
  r->actor = (uint16_t)x->slot;
  r->sid = x->t->in.sid;
  r->ssid = x->t->in.ssv ? x->t->in.ssid : 0;
  if (x->s->features.mpam)
    mpam_label(x, r);
  trace_put(x->h, r);
}

/* ---- arrival ---- */

void go_bypass(struct step *x, struct smmu_attr attr)
{
  struct smmu_result *r = &x->t->result;

  r->pa = x->t->in.addr;
  r->bypassed = 1;
  r->perm = SMMU_PERM_READ | SMMU_PERM_WRITE | SMMU_PERM_EXEC;
  r->size_log2 = 12;
  r->memattr = attr.memattr;
  r->shareability = attr.sh;
  go_respond(x, SMMU_STATUS_OK);
}

/* SMMUEN = 0: GBPA decides. No configuration, no translation, no event. */
static void bypass_globally(struct step *x)
{
  uint64_t gbpa = shared_of(x->s)->reg[R_GBPA];
  bool types = x->s->features.attr_types_ovr;

  if (GET(GBPA, ABORT, gbpa) || (x->t->in.addr >> x->s->features.oas) != 0) {
    go_respond(x, SMMU_STATUS_ABORT);
    return;
  }
  go_bypass(x,
            smmu_attr_incoming(types && GET(GBPA, MTCFG, gbpa), (unsigned)GET(GBPA, MemAttr, gbpa),
                               types ? (unsigned)GET(GBPA, SHCFG, gbpa) : 1,
                               types ? (unsigned)GET(GBPA, ALLOCCFG, gbpa) : 0));
}

/* What needs no configuration: the bus already knows better, or nobody waits for an answer. The
 * attributes reported are those that came in. IHI 0070 7.3.2, 7.3.19. */
static void arrive_without_access(struct step *x, bool hint)
{
  struct txn *t = x->t;

  t->priv = t->in.privileged;
  t->ind = t->in.instruction;
  if (!hint)
    go_fault(x, EVENT_F_UUT, 0, false, 0, 0);
  else if (smmu_enabled(x->s))
    go_fault(x, EVENT_E_PAGE_REQUEST, 0, false, 0, 0);
  else
    go_respond(x, SMMU_STATUS_OK);
}

static void on_arrive(struct step *x)
{
  unsigned kind = x->t->in.kind;

  VISIBLE(x->s);
  if (is_atos(x->t)) {
    go_atos(x);
    return;
  }
  if (kind == SMMU_TXN_UNSUPPORTED || kind == SMMU_TXN_PAGE_HINT) {
    arrive_without_access(x, kind == SMMU_TXN_PAGE_HINT);
    return;
  }
  if (!smmu_enabled(x->s)) {
    if (txn_is_ats(x->t))
      ats_disabled(x);
    else
      bypass_globally(x);
    return;
  }
  x->t->enabled = 1;
  txn_free_of(x->s)->enabled++;
  if (!txn_is_ats(x->t) || !ats_arrived(x))
    go_config(x);
}

/* ---- lookup ---- */

static void result_from(struct step *x, const struct tlb_entry *e)
{
  txn_result_from(e, x->t->va, x->t->priv, &x->t->result);
  if (x->t->cfg.slow)
    txn_output_attr(&x->t->cfg, &x->t->result);
  if (x->t->in.kind == SMMU_TXN_ATS_REQUEST)
    ats_complete(x, e);
}

/* Behind the cache that was asked just now. */
static void go_further(struct step *x)
{
  if (x->t->phase == TXN_UTLB && cache_on(x->s, SMMU_CACHE_TLB))
    go_stage(x, TXN_TLB, SMMU_STAGE_MAIN_TLB);
  else
    go_walk(x);
}

/* A request that announces writes needs nothing but one permission, and dirty pages where it is
 * granted writes. */
static enum entry_verdict judge(const struct txn *t, const struct tlb_entry *e)
{
  if (t->in.kind == SMMU_TXN_ATS_REQUEST && t->in.write &&
      txn_judge(e, txn_write_bit(t)) == ENTRY_CLEAN)
    return ENTRY_CLEAN;
  if (t->in.kind == SMMU_TXN_ATS_REQUEST && txn_judge(e, txn_wants(t)) == ENTRY_CLEAN)
    return ENTRY_DENIED_S1;
  return txn_judge(e, txn_wants(t));
}

/* A TLB entry serves the transaction, denies it, or has to be made anew. True: served. */
static bool use_entry(struct step *x, const struct tlb_entry *e)
{
  struct txn *t = x->t;
  uint64_t offset = t->va & bits_low(tag_size(e->tag));

  switch (judge(t, e)) {
  case ENTRY_CLEAN: go_further(x); return false;
  case ENTRY_DENIED_S1: go_fault(x, EVENT_F_PERMISSION, SMMU_CLASS_IN, false, 0, 0); return false;
  case ENTRY_DENIED_S2:
    go_fault(x, EVENT_F_PERMISSION, SMMU_CLASS_IN, true,
             tag_kind(e->tag) == ENTRY_S2 ? t->va : e->ipa | offset, 0);
    return false;
  default: result_from(x, e); return true;
  }
}

/* Two entries that contradict each other. IHI 0070 3.20.1, 7.3.17; Reason is the cache (IMPDEF). */
static void go_conflict(struct step *x, const struct cache *c)
{
  bool s2 = tag_kind(x->t->cfg.tag) == ENTRY_S2;

  go_fault(x, EVENT_F_TLB_CONFLICT, SMMU_CLASS_IN, s2, s2 ? x->t->va : 0, c->id);
}

static uint32_t lookup(struct step *x, const struct cache *c)
{
  struct cache_key k = { x->t->cfg.tag, x->t->va };
  uint32_t i = smmu_cache_find(x->s, c, &k, true);

  VISIBLE(x->s);
  if (i < SMMU_CONFLICT) {
    cache_trace(x->h, SMMU_TRACE_HIT, c, i, &cache_entries(x->s, c)[i], x->slot);
  } else if (i == SMMU_NO_INDEX) {
    struct tlb_entry none = { .va = x->t->va };

    cache_trace(x->h, SMMU_TRACE_MISS, c, 0, &none, x->slot);
  }
  return i;
}

static void on_utlb(struct step *x)
{
  const struct cache *c = utlb_of(x);
  uint32_t i = lookup(x, c);

  if (i == SMMU_CONFLICT) {
    go_conflict(x, c);
  } else if (i != SMMU_NO_INDEX) {
    if (use_entry(x, &cache_entries(x->s, c)[i]))
      go_respond(x, SMMU_STATUS_OK);
  } else {
    go_further(x);
  }
}

static void go_utlb_fill(struct step *x)
{
  if (cache_on(x->s, SMMU_CACHE_UTLB) && !is_prefetch(x->t))
    go_stage(x, TXN_UTLB_FILL, SMMU_STAGE_UTLB_FILL);
  else
    go_respond(x, SMMU_STATUS_OK);
}

static void on_tlb(struct step *x)
{
  const struct cache *c = &x->s->cache[SMMU_CACHE_TLB];
  uint32_t i = lookup(x, c);

  if (i == SMMU_CONFLICT) {
    go_conflict(x, c);
    return;
  }
  if (i == SMMU_NO_INDEX) {
    go_walk(x);
    return;
  }
  x->t->fill = cache_entries(x->s, c)[i];
  if (use_entry(x, &x->t->fill))
    go_utlb_fill(x);
}

/* ---- fills ---- */

/* The walk is done: one entry out of one or two finished stages. */
static void build_entry(struct txn *t, struct tlb_entry *e)
{
  const struct stream_cfg *cfg = &t->cfg;
  bool s1 = cfg->flags & CFG_S1, s2 = cfg->flags & CFG_S2;
  const struct leaf *last = s2 ? &t->s2_leaf : &t->s1_leaf;
  struct smmu_attr attr = txn_table_attr(t, s1, s2);
  const struct smmu_geometry *g = s1 ? &cfg->s1[t->s1.range] : &cfg->s2;
  unsigned size_log2 = last->size_log2;

  memset(e, 0, sizeof *e);
  if (s1 && s2) {
    size_log2 = t->s1_leaf.size_log2 < size_log2 ? t->s1_leaf.size_log2 : size_log2;
    e->ipa = align_down_log2(t->s1_leaf.out, size_log2);
  }
  e->tag = cfg->tag | (uint64_t)size_log2 << 32;
  if (s1 && t->s1_leaf.global)
    e->tag = (e->tag & ~TAG_ASID_MASK) | TAG_GLOBAL;
  e->va = align_down_log2(t->va, size_log2);
  e->pa = align_down_log2(last->out, size_log2);
  e->perm = s1 ? entry_perm(t->s1_leaf.perm, t->s1_leaf.clean)
               : entry_perm(t->s2_leaf.perm, t->s2_leaf.clean);
  e->perm2 = s1 && s2 ? entry_perm(t->s2_leaf.perm, t->s2_leaf.clean) : 0xff;
  e->memattr = attr.memattr;
  e->sh = attr.sh;
  e->level = last->level;
  e->made = entry_made(g->granule_log2,
                       txn_fracture(g, s1 ? t->s1_leaf.level : t->s2_leaf.level, size_log2));
  e->size_log2 = (uint8_t)size_log2;
}

/* A mark stops every fill, and is looked at again in the step that would fill. */
bool may_fill(struct step *x)
{
  struct smmu_record r = { .addr_in = x->t->in.addr };

  if (!x->t->marked)
    return true;
  txn_record(x, SMMU_TRACE_NOFILL, &r);
  return false;
}

void go_fill(struct step *x)
{
  struct txn *t = x->t;

  if (is_atos(t)) {
    atos_answer(x);
    return;
  }
  build_entry(t, &t->fill);
  result_from(x, &t->fill);
  if (t->s1_leaf.loose || t->s2_leaf.loose)
    go_respond(x, SMMU_STATUS_OK);
  else if (cache_on(x->s, SMMU_CACHE_TLB))
    go_stage(x, TXN_TLB_FILL, SMMU_STAGE_MAIN_TLB);
  else
    go_utlb_fill(x);
}

/* Write t->fill; false when a victim has to be picked first. */
bool txn_fill(struct step *x, const struct cache *c, const struct tlb_entry *e)
{
  uint32_t hint, choices, index = smmu_cache_room(x->s, c, e, &hint, &choices);
  bool picked = x->reply && x->t->picking;

  if (index == SMMU_NO_INDEX && x->s->config.replace == SMMU_REPLACE_FLUSH) {
    smmu_cache_flush(x->s, c, SMMU_TRACE_EVICT, x->h);
    index = smmu_cache_way(c, e, 0);
  } else if (index == SMMU_NO_INDEX && choices == 1) {
    index = smmu_cache_way(c, e, 0);
  } else if (index == SMMU_NO_INDEX && picked) {
    index = smmu_cache_way(c, e, x->reply->choice);
  } else if (index == SMMU_NO_INDEX) {
    x->t->picking = 1;
    x->ask->kind = SMMU_ASK_PICK;
    x->ask->key = SMMU_PICK_VICTIM;
    x->ask->choices = choices;
    x->ask->data[0] = hint;
    return false;
  }
  x->t->picking = 0;
  smmu_cache_write(x->s, c, index, e, x->slot, x->h);
  return true;
}

static void on_tlb_fill(struct step *x)
{
  VISIBLE(x->s);
  if (may_fill(x) && !txn_fill(x, &x->s->cache[SMMU_CACHE_TLB], &x->t->fill))
    return;
  x->t->picking = 0;
  go_utlb_fill(x);
}

static void on_utlb_fill(struct step *x)
{
  VISIBLE(x->s);
  if (may_fill(x) && !txn_fill(x, utlb_of(x), &x->t->fill))
    return;
  x->t->picking = 0;
  go_respond(x, SMMU_STATUS_OK);
}

/* ---- response ---- */

void go_respond(struct step *x, unsigned status)
{
  x->t->result.status = (uint8_t)status;
  go_stage(x, TXN_RESPOND, SMMU_STAGE_RESPOND);
}

static void on_respond(struct step *x)
{
  struct smmu *s = x->s;
  struct txn_free *free_slots = txn_free_of(s);
  struct smmu_result *results = at(s, s->off_results);
  struct smmu_record r = { 0 };
  bool was_marked = x->t->marked, was_enabled = x->t->enabled;

  VISIBLE(s);
  if (is_atos(x->t))
    atos_show(x);
  results[x->slot] = x->t->result;
  r.addr_in = x->t->in.addr;
  r.addr_out = x->t->result.pa;
  r.result = x->t->result.status;
  r.perm = x->t->result.perm;
  r.info = x->t->result.size_log2;
  r.unit = x->t->in.tbu;
  txn_record(x, SMMU_TRACE_RESPOND, &r);
  memset(x->t, 0, sizeof *x->t);
  free_slots->in_flight--;
  free_slots->enabled -= was_enabled;
  if (x->slot < s->config.txns)
    free_slots->slot[free_slots->free_count++] = (uint16_t)x->slot;
  set_runnable(s, x->slot, false);
  if (was_marked)
    smmu_sync_txn_ended(s, x->slot);
  if (free_slots->enabled == 0 && shared_of(s)->reg[R_CR0] != shared_of(s)->reg[R_CR0ACK])
    smmu_wake_ack(s);
  x->ask->kind = SMMU_ASK_END;
}

void smmu_get_result(const struct smmu *s, smmu_actor actor, struct smmu_result *out)
{
  const struct smmu_result *results = at_const(s, s->off_results);

  CHECK(actor < s->slots);
  *out = results[actor];
}

/* ---- dispatch ---- */

static const struct phase {
  const char *name;
  void (*fn)(struct step *x);
} phases[TXN_PHASES] = {
  [TXN_ARRIVE] = { "arrive", on_arrive },
  [TXN_CFG_LOOKUP] = { "cfg-lookup", on_cfg_lookup },
  [TXN_L1STD] = { "l1std", on_l1std },
  [TXN_STE] = { "ste", on_ste },
  [TXN_L1CD] = { "l1cd", on_l1cd },
  [TXN_CD] = { "cd", on_cd },
  [TXN_VMS] = { "vms", on_vms },
  [TXN_CFG_FILL] = { "cfg-fill", on_cfg_fill },
  [TXN_UTLB] = { "utlb", on_utlb },
  [TXN_TLB] = { "tlb", on_tlb },
  [TXN_S1_BEGIN] = { "s1-begin", on_s1_begin },
  [TXN_S1_DESC] = { "s1-desc", on_s1_desc },
  [TXN_S1_UPDATE] = { "s1-update", on_s1_update },
  [TXN_S1_CACHE] = { "s1-cache", on_s1_cache },
  [TXN_S2_BEGIN] = { "s2-begin", on_s2_begin },
  [TXN_S2_DESC] = { "s2-desc", on_s2_desc },
  [TXN_S2_UPDATE] = { "s2-update", on_s2_update },
  [TXN_S2_CACHE] = { "s2-cache", on_s2_cache },
  [TXN_S2_LEAF_CACHE] = { "s2-leaf-cache", on_s2_leaf_cache },
  [TXN_TLB_FILL] = { "tlb-fill", on_tlb_fill },
  [TXN_UTLB_FILL] = { "utlb-fill", on_utlb_fill },
  [TXN_FAULT] = { "fault", on_fault },
  [TXN_STALLED] = { "stalled", on_stalled },
  [TXN_RETRY] = { "retry", on_retry },
  [TXN_RESPOND] = { "respond", on_respond },
};

void smmu_txn_step(struct smmu *s, unsigned slot, const struct smmu_reply *reply,
                   const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct step x = { s, txn_at(s, slot), reply, h, ask, slot };

  ask->kind = SMMU_ASK_NONE;
  if (x.t->phase != TXN_FREE)
    phases[x.t->phase].fn(&x);
}
