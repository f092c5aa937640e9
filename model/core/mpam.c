/* Memory partitioning: which PARTID and PMG go with an access. IHI 0070 17.2 to 17.4, 5.6.
 * The labels ride on trace records (READ, UPDATE, RESPOND), for nothing here acts on them. The map of a
 * virtual machine's PARTIDs is read for one CD and kept with its configuration, which CFGI_STE and
 * CFGI_CD drop; CFGI_VMS_PIDM finds nothing of its own. Left out: labels of queue accesses and MSIs. */
#include "arch/structs.h"
#include "core/txn.h"
#include "util/bits.h"

/* PARTIDs of the map, and bytes of one. */
enum { MAP_MASK = 31, MAP_ENTRY = 2 };

bool mpam_needs_map(const struct smmu_features *f, const struct smmu_ste *ste)
{
  return f->mpam && f->partid_max && f->s1p && f->s2p && ste->s1 && ste->s2 && ste->s1mpam;
}

void mpam_assign(const struct smmu_features *f, const struct smmu_ste *ste,
                 const struct smmu_cd *cd, struct stream_cfg *cfg)
{
  if (!f->mpam)
    return;
  cfg->partid = cfg->ste_partid = ste->partid;
  cfg->pmg = cfg->ste_pmg = ste->pmg;
  if (cd && ste->s1mpam) {
    cfg->partid = cd->partid;
    cfg->pmg = cd->pmg;
  }
}

static uint64_t map_entry(const struct txn *t)
{
  return (t->ste.vms_ptr & ~bits_low(12)) + (uint64_t)(t->cfg.partid & MAP_MASK) * MAP_ENTRY;
}

void go_vms(struct step *x)
{
  go_read(x, TXN_VMS, SMMU_STAGE_CFG_FETCH, map_entry(x->t) & ~7ULL, 8);
}

/* IMPDEF: a PARTID that is too large is kept as it is. */
uint16_t mpam_map(const struct txn *t, uint64_t word)
{
  return (uint16_t)(word >> (map_entry(t) % 8 * 8));
}

/* ---- labels of records ---- */

static void put_label(struct smmu_record *r, uint64_t partid, uint64_t pmg)
{
  r->partid = (uint16_t)partid;
  r->pmg = (uint8_t)pmg;
}

static bool is_of_stream_table(const struct smmu_record *r)
{
  return r->category == SMMU_TRACE_READ &&
         (r->info == SMMU_READ_L1STD || r->info == SMMU_READ_STE || r->info == SMMU_READ_VMS);
}

static bool is_of_tables(const struct smmu_record *r)
{
  return r->category == SMMU_TRACE_READ || r->category == SMMU_TRACE_UPDATE;
}

static bool is_of_ste(const struct smmu_record *r)
{
  return is_of_tables(r) &&
         (r->info == SMMU_READ_L1CD || r->info == SMMU_READ_CD || r->info == SMMU_READ_S2_DESC);
}

void smmu_mpam_label_own(const struct smmu *s, struct smmu_record *r)
{
  uint64_t gmpam = shared_const(s)->reg[R_GMPAM];

  if (s->features.mpam)
    put_label(r, GET(GMPAM, SO_PARTID, gmpam), GET(GMPAM, SO_PMG, gmpam));
}

/* Translated transactions that nobody checks go by GBPMPAM, as everything with SMMUEN = 0. IHI
 * 0070 17.3. */
static bool has_configuration(const struct txn *t)
{
  return t->enabled && (t->in.kind != SMMU_TXN_ATS_TRANSLATED || t->atschk);
}

void mpam_label(const struct step *x, struct smmu_record *r)
{
  const uint64_t *reg = shared_of(x->s)->reg;
  const struct stream_cfg *cfg = &x->t->cfg;

  if (is_of_stream_table(r))
    smmu_mpam_label_own(x->s, r);
  else if (is_of_ste(r))
    put_label(r, cfg->ste_partid, cfg->ste_pmg);
  else if (is_of_tables(r) || (r->category == SMMU_TRACE_RESPOND && has_configuration(x->t)))
    put_label(r, cfg->partid, cfg->pmg);
  else if (r->category == SMMU_TRACE_RESPOND)
    put_label(r, GET(GBPMPAM, GBP_PARTID, reg[R_GBPMPAM]), GET(GBPMPAM, GBP_PMG, reg[R_GBPMPAM]));
}
