/* Stage 2 of a walk: for a configuration structure, for a stage 1 descriptor, or for the input
 * itself. IHI 0070 3.3.3, 3.4, 5.2 (S2* fields); Arm ARM D8.2. CLASS of every fault follows from
 * what the translation was for. */
#include "arch/attr.h"
#include "arch/desc.h"
#include "arch/structs.h"
#include "core/txn.h"
#include "util/bits.h"

unsigned s2_class(const struct txn *t)
{
  static const uint8_t clss[] = { SMMU_CLASS_IN, SMMU_CLASS_CD, SMMU_CLASS_TT, SMMU_CLASS_IN };

  return clss[t->s2.purpose];
}

static void s2_fault(struct step *x, unsigned type)
{
  go_fault(x, type, s2_class(x->t), true, x->t->s2_ipa, 0);
}

/* Two IPA steps that contradict each other. IHI 0070 3.20.1, 7.3.17. */
static void s2_conflict(struct step *x)
{
  go_fault(x, EVENT_F_TLB_CONFLICT, s2_class(x->t), true, x->t->s2_ipa, SMMU_CACHE_WALK);
}

void go_s2_desc(struct step *x)
{
  struct txn *t = x->t;

  go_read(x, TXN_S2_DESC, SMMU_STAGE_WALK,
          smmu_desc_addr(&t->cfg.s2, t->s2.table, t->s2.level, t->s2_ipa), 8);
}

void go_s2(struct step *x, uint64_t ipa, unsigned purpose)
{
  struct txn *t = x->t;

  t->s2_ipa = ipa;
  t->s2.purpose = (uint8_t)purpose;
  t->s2.table = t->cfg.s2ttb;
  t->s2.level = t->cfg.s2.start_level;
  if ((ipa >> t->cfg.s2.ia_bits) != 0)
    s2_fault(x, EVENT_F_TRANSLATION);
  else if (cache_on(x->s, SMMU_CACHE_WALK))
    go_stage(x, TXN_S2_BEGIN, SMMU_STAGE_WALK_CACHE);
  else
    go_s2_desc(x);
}

/* Is it for a write? To a stage 1 descriptor that is to be updated, or to what stage 1 lets be
 * written. */
static bool is_for_write(const struct txn *t)
{
  if (t->s2.purpose != S2_FOR_INPUT)
    return t->s2.purpose == S2_FOR_TTD && t->s1.flip;
  return txn_dirties(t) && (!(t->cfg.flags & CFG_S1) || (t->s1_leaf.perm & txn_write_bit(t)));
}

/* May this leaf be used for what it is for? CD and descriptor fetches are data reads, updates are
 * writes; S2PTW forbids Device memory to both. */
static bool leaf_allows(const struct txn *t, const struct leaf *leaf)
{
  if (t->s2.purpose == S2_FOR_INPUT)
    return txn_usable(t, leaf->perm, leaf->clean) & txn_wants(t);
  if (!(leaf->perm & (is_for_write(t) ? SMMU_PRIV_W : SMMU_PRIV_R)))
    return false;
  return !((t->cfg.flags & CFG_S2PTW) && smmu_attr_is_device(leaf->memattr));
}

static void after_s2(struct step *x)
{
  struct txn *t = x->t;

  if (!leaf_allows(t, &t->s2_leaf)) {
    s2_fault(x, EVENT_F_PERMISSION);
    return;
  }
  switch (t->s2.purpose) {
  case S2_FOR_CD: go_config_at(x, t->s2_leaf.out); break;
  case S2_FOR_TTD:
    if (t->s1.flip)
      go_s1_swap(x, t->s2_leaf.out);
    else
      go_s1_at(x, t->s2_leaf.out);
    break;
  default: go_fill(x); break;
  }
}

static uint32_t find(struct step *x, unsigned kind)
{
  const struct txn *t = x->t;
  const struct cache *c = &x->s->cache[SMMU_CACHE_WALK];
  struct cache_key k = { tag_make(kind, t->cfg.world, t->cfg.vmid, 0, 0), t->s2_ipa };
  uint32_t i = smmu_cache_find(x->s, c, &k, true);

  if (i < SMMU_CONFLICT)
    cache_trace(x->h, SMMU_TRACE_HIT, c, i, &cache_entries(x->s, c)[i], x->slot);
  return i;
}

static bool is_clean(const struct tlb_entry *e)
{
  return (e->perm & ENTRY_MAY_WRITE) && !(e->perm & (SMMU_USER_W | SMMU_PRIV_W));
}

static bool must_become_dirty(const struct txn *t, const struct tlb_entry *e)
{
  return is_clean(e) && is_for_write(t);
}

/* A finished IPA translation, else as deep as the walk cache allows. One look at one cache. */
void on_s2_begin(struct step *x)
{
  struct txn *t = x->t;
  const struct tlb_entry *entries = cache_entries(x->s, &x->s->cache[SMMU_CACHE_WALK]);
  uint32_t i = find(x, ENTRY_WALK_IPA);

  VISIBLE(x->s);
  if (i == SMMU_CONFLICT) {
    s2_conflict(x);
    return;
  }
  if (i != SMMU_NO_INDEX && !must_become_dirty(t, &entries[i])) {
    const struct tlb_entry *e = &entries[i];
    unsigned size_log2 = tag_size(e->tag);

    t->s2_leaf = (struct leaf){ .out = e->pa | (t->s2_ipa & bits_low(size_log2)),
                                .size_log2 = (uint8_t)size_log2,
                                .perm = (uint8_t)entry_allows(e->perm),
                                .clean = is_clean(e),
                                .memattr = e->memattr,
                                .sh = e->sh,
                                .level = e->level };
    after_s2(x);
    return;
  }
  i = find(x, ENTRY_WALK_S2);
  if (i != SMMU_NO_INDEX) {
    t->s2.table = entries[i].pa;
    t->s2.level = (int8_t)(entries[i].level + 1);
  }
  go_s2_desc(x);
}

static void s2_table(struct step *x, uint64_t desc)
{
  struct txn *t = x->t;
  uint64_t next = smmu_desc_out(desc, &t->cfg.s2, t->cfg.s2.granule_log2);
  unsigned flips = httu_table_flips(t, true, desc);

  if ((next >> t->cfg.s2.oa_bits) != 0) {
    s2_fault(x, EVENT_F_ADDR_SIZE);
    return;
  }
  if (flips) {
    go_s2_update(x, desc, flips);
    return;
  }
  t->s2.table = next;
  t->s2.level++;
  if (cache_on(x->s, SMMU_CACHE_WALK) && (!(t->cfg.flags & CFG_S2HAFT) || httu_may_cache(t, desc)))
    go_stage(x, TXN_S2_CACHE, SMMU_STAGE_WALK_CACHE);
  else
    go_s2_desc(x);
}

void on_s2_cache(struct step *x)
{
  struct txn *t = x->t;
  unsigned shift = smmu_level_shift(t->cfg.s2.granule_log2, t->s2.level - 1);
  struct tlb_entry e = { .tag = tag_make(ENTRY_WALK_S2, t->cfg.world, t->cfg.vmid, 0, shift),
                         .va = align_down_log2(t->s2_ipa, shift),
                         .pa = t->s2.table,
                         .level = (int8_t)(t->s2.level - 1),
                         .made = entry_made(t->cfg.s2.granule_log2, 0) };

  VISIBLE(x->s);
  if (may_fill(x) && !txn_fill(x, &x->s->cache[SMMU_CACHE_WALK], &e))
    return;
  t->picking = 0;
  go_s2_desc(x);
}

static void s2_leaf(struct step *x, uint64_t desc)
{
  struct txn *t = x->t;
  unsigned shift = smmu_level_shift(t->cfg.s2.granule_log2, t->s2.level);
  struct smmu_attr attr = smmu_attr_stage2(desc, (t->cfg.flags & CFG_FWB) != 0,
                                           smmu_desc_sh(desc, &t->cfg.s2, t->cfg.s2sh));
  bool clean = httu_is_clean(t, true, desc), allowed;
  unsigned flips;

  t->s2_leaf =
    (struct leaf){ .out = smmu_desc_out(desc, &t->cfg.s2, shift) | (t->s2_ipa & bits_low(shift)),
                   .loose = x->s->features.bbml == 1 && smmu_desc_nt(desc, t->s2.level),
                   .perm =
                     (uint8_t)smmu_s2_perm(clean ? httu_dirty(desc) : desc, x->s->features.xnx),
                   .clean = clean,
                   .memattr = attr.memattr,
                   .sh = attr.sh,
                   .level = t->s2.level };
  t->s2_leaf.size_log2 =
    (uint8_t)txn_group(x, desc, t->s2.level, &t->cfg.s2, t->s2_ipa, t->s2_leaf.out);
  if ((t->s2_leaf.out >> t->cfg.s2.oa_bits) != 0) {
    s2_fault(x, EVENT_F_ADDR_SIZE);
    return;
  }
  if (!smmu_desc_af(desc) && httu_needs_af(t, true)) {
    s2_fault(x, EVENT_F_ACCESS);
    return;
  }
  allowed = leaf_allows(t, &t->s2_leaf);
  flips = httu_leaf_flips(t, true, desc, is_for_write(t) && (t->s2_leaf.perm & SMMU_PRIV_W));
  if (allowed && flips) {
    go_s2_update(x, desc, flips);
    return;
  }
  /* A stage 2 only stream keeps its leaf in the TLBs; the walk cache is for what nested walks meet
   * on their way. */
  if (cache_on(x->s, SMMU_CACHE_WALK) && !t->s2_leaf.loose && allowed &&
      !(t->s2.purpose == S2_FOR_INPUT && !(t->cfg.flags & CFG_S1)) &&
      (!(t->cfg.flags & CFG_S2HA) || httu_may_cache(t, desc)))
    go_stage(x, TXN_S2_LEAF_CACHE, SMMU_STAGE_WALK_CACHE);
  else
    after_s2(x);
}

void on_s2_leaf_cache(struct step *x)
{
  struct txn *t = x->t;
  const struct leaf *leaf = &t->s2_leaf;
  struct tlb_entry e = { .tag =
                           tag_make(ENTRY_WALK_IPA, t->cfg.world, t->cfg.vmid, 0, leaf->size_log2),
                         .va = align_down_log2(t->s2_ipa, leaf->size_log2),
                         .pa = align_down_log2(leaf->out, leaf->size_log2),
                         .perm = entry_perm(leaf->perm, leaf->clean),
                         .memattr = leaf->memattr,
                         .sh = leaf->sh,
                         .level = leaf->level };

  e.made =
    entry_made(t->cfg.s2.granule_log2, txn_fracture(&t->cfg.s2, leaf->level, leaf->size_log2));
  VISIBLE(x->s);
  if (may_fill(x) && !txn_fill(x, &x->s->cache[SMMU_CACHE_WALK], &e))
    return;
  t->picking = 0;
  after_s2(x);
}

void s2_judge(struct step *x, uint64_t desc)
{
  switch (smmu_desc_kind(desc, x->t->s2.level, &x->t->cfg.s2)) {
  case SMMU_DESC_TABLE: s2_table(x, desc); break;
  case SMMU_DESC_LEAF: s2_leaf(x, desc); break;
  case SMMU_DESC_INVALID: s2_fault(x, EVENT_F_TRANSLATION); break;
  }
}

void on_s2_desc(struct step *x)
{
  struct txn *t = x->t;
  uint64_t desc = desc_order(&t->cfg.s2, x->reply->data[0]);

  if (x->h) {
    struct smmu_record r = { .addr_in = t->struct_addr,
                             .word = read_failed(x) ? 0 : desc,
                             .info = SMMU_READ_S2_DESC,
                             .level = t->s2.level };

    r.phase = t->s2.purpose;
    r.addr_out = t->s2_ipa;
    r.vmid = t->cfg.vmid;
    r.result = x->reply->status;
    txn_record(x, SMMU_TRACE_READ, &r);
  }
  if (read_failed(x)) {
    go_fault(x, EVENT_F_WALK_EABT, s2_class(t), true, t->s2_ipa, t->struct_addr);
    return;
  }
  s2_judge(x, desc);
}
