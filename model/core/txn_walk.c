/* Stage 1 of a walk, and where the stages meet. IHI 0070 3.3.3, 3.4; Arm ARM D8.2, D8.3.
 * A nested walk is two frames, not a product of states: stage 1 asks stage 2 for each descriptor
 * address and for its own output. */
#include "arch/attr.h"
#include "arch/desc.h"
#include "arch/structs.h"
#include "core/txn.h"
#include "util/bits.h"

static const struct smmu_geometry *s1_geometry(const struct txn *t)
{
  return &t->cfg.s1[t->s1.range];
}

static uint64_t s1_desc_addr(const struct txn *t)
{
  return smmu_desc_addr(s1_geometry(t), t->s1.table, t->s1.level, t->va);
}

/* Next stage 1 descriptor: its address is an IPA under nesting. */
void go_s1_desc(struct step *x)
{
  uint64_t addr = s1_desc_addr(x->t);

  if (x->t->cfg.flags & CFG_S2)
    go_s2(x, addr, S2_FOR_TTD);
  else
    go_s1_at(x, addr);
}

void go_s1_at(struct step *x, uint64_t pa)
{
  go_read(x, TXN_S1_DESC, SMMU_STAGE_WALK, pa, 8);
}

void go_walk(struct step *x)
{
  struct txn *t = x->t;

  if (!(t->cfg.flags & CFG_S1)) {
    go_s2(x, t->va, S2_FOR_INPUT);
    return;
  }
  t->s1.table = t->cfg.ttb[t->s1.range];
  t->s1.level = s1_geometry(t)->start_level;
  t->s1.limits = 0;
  if (cache_on(x->s, SMMU_CACHE_WALK))
    go_stage(x, TXN_S1_BEGIN, SMMU_STAGE_WALK_CACHE);
  else
    go_s1_desc(x);
}

/* Start as deep as the walk cache allows. */
void on_s1_begin(struct step *x)
{
  struct txn *t = x->t;
  const struct cache *c = &x->s->cache[SMMU_CACHE_WALK];
  struct cache_key k = { tag_make(ENTRY_WALK_S1, t->cfg.world, t->cfg.vmid, t->cfg.asid, 0),
                         t->va };
  uint32_t i = smmu_cache_find(x->s, c, &k, true);

  VISIBLE(x->s);
  if (i != SMMU_NO_INDEX) {
    const struct tlb_entry *e = &cache_entries(x->s, c)[i];

    cache_trace(x->h, SMMU_TRACE_HIT, c, i, e, x->slot);
    t->s1.table = e->pa;
    t->s1.level = (int8_t)(e->level + 1);
    t->s1.limits = e->perm;
  }
  go_s1_desc(x);
}

static void s1_table(struct step *x, uint64_t desc)
{
  struct txn *t = x->t;
  const struct smmu_geometry *g = s1_geometry(t);
  uint64_t next = smmu_desc_out(desc, g, g->granule_log2);
  unsigned flips = httu_table_flips(t, false, desc);

  if ((next >> g->oa_bits) != 0) {
    go_fault(x, EVENT_F_ADDR_SIZE, SMMU_CLASS_IN, false, 0, 0);
    return;
  }
  if (flips) {
    go_s1_update(x, desc, flips);
    return;
  }
  if (!(t->cfg.flags & ((uint32_t)CFG_HAD0 << t->s1.range)))
    t->s1.limits |= (uint8_t)smmu_desc_table_limits(desc);
  t->s1.table = next;
  t->s1.level++;
  if (cache_on(x->s, SMMU_CACHE_WALK) && (!(t->cfg.flags & CFG_HAFT) || httu_may_cache(t, desc)))
    go_stage(x, TXN_S1_CACHE, SMMU_STAGE_WALK_CACHE);
  else
    go_s1_desc(x);
}

void on_s1_cache(struct step *x)
{
  struct txn *t = x->t;
  int level = t->s1.level - 1; /* of the descriptor that was read */
  unsigned shift = smmu_level_shift(s1_geometry(t)->granule_log2, level);
  struct tlb_entry e = { .tag =
                           tag_make(ENTRY_WALK_S1, t->cfg.world, t->cfg.vmid, t->cfg.asid, shift),
                         .va = align_down_log2(t->va, shift),
                         .pa = t->s1.table,
                         .perm = t->s1.limits,
                         .level = (int8_t)level,
                         .made = entry_made(s1_geometry(t)->granule_log2, 0) };

  VISIBLE(x->s);
  if (may_fill(x) && !txn_fill(x, &x->s->cache[SMMU_CACHE_WALK], &e))
    return;
  t->picking = 0;
  go_s1_desc(x);
}

static void s1_leaf(struct step *x, uint64_t desc)
{
  struct txn *t = x->t;
  const struct smmu_geometry *g = s1_geometry(t);
  unsigned shift = smmu_level_shift(g->granule_log2, t->s1.level);
  struct smmu_s1_policy policy = { t->cfg.world == SMMU_WORLD_EL2, (t->cfg.flags & CFG_WXN) != 0,
                                   (t->cfg.flags & CFG_PAN) != 0, (t->cfg.flags & CFG_EPAN) != 0 };
  struct smmu_attr attr =
    smmu_attr_stage1(desc, t->cfg.mair, smmu_desc_sh(desc, g, t->cfg.sh[t->s1.range]));
  struct leaf *leaf = &t->s1_leaf;
  bool clean = httu_is_clean(t, false, desc);
  unsigned flips;

  leaf->out = smmu_desc_out(desc, g, shift) | (t->va & bits_low(shift));
  if ((leaf->out >> g->oa_bits) != 0) {
    go_fault(x, EVENT_F_ADDR_SIZE, SMMU_CLASS_IN, false, 0, 0);
    return;
  }
  if (!smmu_desc_af(desc) && httu_needs_af(t, false)) {
    go_fault(x, EVENT_F_ACCESS, SMMU_CLASS_IN, false, 0, 0);
    return;
  }
  leaf->size_log2 = (uint8_t)txn_group(x, desc, t->s1.level, g, t->va, leaf->out);
  leaf->loose = x->s->features.bbml == 1 && smmu_desc_nt(desc, t->s1.level);
  leaf->perm = (uint8_t)smmu_s1_perm(clean ? httu_dirty(desc) : desc, t->s1.limits, &policy);
  leaf->clean = clean;
  leaf->memattr = attr.memattr;
  leaf->sh = attr.sh;
  leaf->level = t->s1.level;
  leaf->global = !smmu_desc_ng(desc) && !policy.one_range;
  flips = httu_leaf_flips(t, false, desc, txn_dirties(t) && (leaf->perm & txn_write_bit(t)));
  if (!(txn_usable(t, leaf->perm, clean) & txn_wants(t)))
    go_fault(x, EVENT_F_PERMISSION, SMMU_CLASS_IN, false, 0, 0);
  else if (flips)
    go_s1_update(x, desc, flips);
  else if ((t->cfg.flags & CFG_S2) && !(is_atos(t) && !atos_wants_stage2(x)))
    go_s2(x, leaf->out, S2_FOR_INPUT);
  else
    go_fill(x);
}

void s1_judge(struct step *x, uint64_t desc)
{
  const struct txn *t = x->t;

  switch (smmu_desc_kind(desc, t->s1.level, s1_geometry(t))) {
  case SMMU_DESC_TABLE: s1_table(x, desc); break;
  case SMMU_DESC_LEAF: s1_leaf(x, desc); break;
  case SMMU_DESC_INVALID: go_fault(x, EVENT_F_TRANSLATION, SMMU_CLASS_IN, false, 0, 0); break;
  }
}

void on_s1_desc(struct step *x)
{
  struct txn *t = x->t;
  uint64_t desc = desc_order(s1_geometry(t), x->reply->data[0]);

  if (x->h) {
    struct smmu_record r = { .addr_in = t->struct_addr,
                             .word = read_failed(x) ? 0 : desc,
                             .info = SMMU_READ_S1_DESC,
                             .level = t->s1.level };

    r.asid = t->cfg.asid;
    r.vmid = t->cfg.vmid;
    r.result = x->reply->status;
    txn_record(x, SMMU_TRACE_READ, &r);
  }
  if (read_failed(x)) {
    go_fault(x, EVENT_F_WALK_EABT, SMMU_CLASS_TT, false, 0, t->struct_addr);
    return;
  }
  s1_judge(x, desc);
}
