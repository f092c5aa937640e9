/* Memory attributes of a response. IHI 0070 13.1.3 to 13.1.7, 13.3, 13.4; 5.2.1 (what TLB entries may
 * keep). A TLB entry holds what the tables say. What comes in and the overrides of the STE are put
 * on it for each transaction, as they may change without an invalidation of TLBs. Left out: INST,
 * PRIV and NS as outputs, attributes of the device's own accesses. */
#include "core/txn.h"

struct smmu_attr txn_incoming_attr(const struct stream_cfg *cfg)
{
  unsigned shcfg = (cfg->flags & CFG_SHCFG) / (CFG_SHCFG & -CFG_SHCFG);

  return smmu_attr_incoming(cfg->flags & CFG_MTCFG, cfg->memattr, shcfg, cfg->alloc);
}

/* Stage 2 alone: the default input changes nothing but under S2FWB, where the leaf stays as it is
 * until a type comes in. */
struct smmu_attr txn_table_attr(const struct txn *t, bool s1, bool s2)
{
  struct smmu_attr one = { t->s1_leaf.memattr, t->s1_leaf.sh };
  struct smmu_attr two = { t->s2_leaf.memattr, t->s2_leaf.sh };

  if (s1)
    return s2 ? smmu_attr_combine(one, two) : one;
  if (t->cfg.flags & CFG_FWB)
    return two;
  return smmu_attr_combine(smmu_attr_incoming(false, 0, 1, 0), two);
}

void txn_output_attr(const struct stream_cfg *cfg, struct smmu_result *r)
{
  struct smmu_attr in = txn_incoming_attr(cfg), table = { r->memattr, r->shareability };

  if (cfg->flags & CFG_S1)
    table.memattr = (uint8_t)smmu_attr_hints(table.memattr, in.memattr);
  else
    table = smmu_attr_combine(in, table);
  r->memattr = table.memattr;
  r->shareability = table.sh;
}
