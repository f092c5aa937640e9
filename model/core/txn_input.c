/* What the configuration makes of a transaction: abort, bypass, or an input address in a range that
 * translates; then to the first cache there is. IHI 0070 3.4 and 3.4.1 (input range), 5.2 (Config,
 * PRIVCFG, INSTCFG), 5.4 (E0PD0). */
#include "arch/structs.h"
#include "core/lookup.h"
#include "core/txn.h"

static void bypass_stream(struct step *x)
{
  if ((x->t->in.addr >> x->s->features.oas) != 0) {
    go_fault(x, EVENT_F_ADDR_SIZE, SMMU_CLASS_IN, false, 0, 0);
    return;
  }
  go_bypass(x, txn_incoming_attr(&x->t->cfg));
  if (x->t->in.kind == SMMU_TXN_ATS_REQUEST)
    ats_identity(x);
}

/* First translation cache that exists, else the walk. */
static void go_lookup(struct step *x)
{
  if (cache_on(x->s, SMMU_CACHE_UTLB) && !is_prefetch(x->t))
    go_stage(x, TXN_UTLB, SMMU_STAGE_TBU);
  else if (cache_on(x->s, SMMU_CACHE_TLB))
    go_stage(x, TXN_TLB, SMMU_STAGE_MAIN_TLB);
  else
    go_walk(x);
}

/* Range of the input address; false when it is outside. */
bool go_input(struct step *x)
{
  struct txn *t = x->t;
  int range = 0;

  if (t->cfg.flags & CFG_S1) {
    range = cfg_input_range(&t->cfg, t->in.addr, &t->va);
    if (range < 0) {
      go_fault(x, EVENT_F_TRANSLATION, SMMU_CLASS_IN, false, 0, 0);
      return false;
    }
    /* Before any lookup: the time of the fault must not tell what is mapped. */
    if (!t->priv && (t->cfg.flags & ((uint32_t)CFG_E0PD0 << range))) {
      go_fault(x, EVENT_F_TRANSLATION, SMMU_CLASS_IN, false, 0, 0);
      return false;
    }
  } else if ((t->in.addr >> x->s->features.ias) != 0) {
    go_fault(x, EVENT_F_ADDR_SIZE, SMMU_CLASS_IN, false, 0, 0);
    return false;
  } else {
    t->va = t->in.addr;
  }
  t->s1.range = (uint8_t)range;
  return true;
}

void go_translate(struct step *x)
{
  struct txn *t = x->t;
  bool priv, ind;

  if (is_atos(t)) {
    go_atos_translate(x);
    return;
  }
  if (t->in.kind == SMMU_TXN_PREFETCH_CONFIG) {
    go_respond(x, SMMU_STATUS_OK);
    return;
  }
  if (t->cfg.flags & CFG_ABORT) {
    go_respond(x, x->t->in.kind == SMMU_TXN_ATS_REQUEST ? SMMU_STATUS_UR : SMMU_STATUS_ABORT);
    return;
  }
  txn_overrides(&t->cfg, &t->in, &priv, &ind);
  t->priv = priv;
  t->ind = ind;
  if (ats_translated(x))
    return;
  if (!(t->cfg.flags & (CFG_S1 | CFG_S2))) {
    bypass_stream(x);
    return;
  }
  if (go_input(x))
    go_lookup(x);
}
