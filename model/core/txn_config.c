/* Finding a stream's configuration: Stream table, STE, Context Descriptor. IHI
 * 0070 3.3.1, 3.3.2, 5.1 to 5.4, 7.3.22 (order). Every structure address under nesting is an IPA
 * and goes through stage 2 first; the VMS (5.6) is at a PA. */
#include "arch/cd.h"
#include "arch/structs.h"
#include "core/lookup.h"
#include "core/strtab.h"
#include "core/txn.h"
#include "util/bits.h"
#include "util/check.h"

static void trace_read(struct step *x, unsigned what)
{
  struct smmu_record r = { .addr_in = x->t->struct_addr,
                           .info = (uint8_t)what,
                           .result = x->reply->status };

  if (!x->h)
    return;
  if (!read_failed(x)) {
    r.word = x->reply->data[0];
    r.addr_out = what == SMMU_READ_STE || what == SMMU_READ_CD ? x->reply->data[1] : 0;
  }
  txn_record(x, SMMU_TRACE_READ, &r);
}

/* ---- Stream table ---- */

static void go_ste(struct step *x)
{
  uint64_t addr;

  switch (smmu_strtab_find(x->s, x->t->in.sid, &addr)) {
  case STRTAB_OUTSIDE: go_fault(x, EVENT_C_BAD_STREAMID, 0, false, 0, 0); break;
  case STRTAB_L1STD: go_read(x, TXN_L1STD, SMMU_STAGE_CFG_FETCH, addr, 8); break;
  case STRTAB_STE: go_read(x, TXN_STE, SMMU_STAGE_CFG_FETCH, addr, 64); break;
  }
}

void go_config(struct step *x)
{
  if (cache_on(x->s, SMMU_CACHE_CFG))
    go_stage(x, TXN_CFG_LOOKUP, SMMU_STAGE_CFG_CACHE);
  else
    go_ste(x);
}

void on_cfg_lookup(struct step *x)
{
  const struct cache *c = &x->s->cache[SMMU_CACHE_CFG];
  uint32_t i = cfg_lookup(x->s, &x->t->in);
  struct smmu_record r = { .unit = SMMU_CACHE_CFG, .slot = i < SMMU_CONFLICT ? i : 0 };

  VISIBLE(x->s);
  if (i == SMMU_CONFLICT) {
    go_fault(x, EVENT_F_CFG_CONFLICT, 0, false, 0, SMMU_CACHE_CFG);
    return;
  }
  txn_record(x, i < SMMU_CONFLICT ? SMMU_TRACE_HIT : SMMU_TRACE_MISS, &r);
  if (i == SMMU_NO_INDEX) {
    go_ste(x);
    return;
  }
  cache_touch(x->s, c, i);
  x->t->cfg = ((const struct cfg_entry *)at(x->s, c->off_entry))[i].cfg;
  x->t->have_ste = x->t->have_cfg = 1;
  if (!ats_stopped(x))
    go_translate(x);
}

void on_l1std(struct step *x)
{
  uint64_t ste_addr;

  trace_read(x, SMMU_READ_L1STD);
  if (read_failed(x))
    go_fault(x, EVENT_F_STE_FETCH, 0, false, 0, x->t->struct_addr);
  else if (!smmu_l1std_lookup(x->reply->data[0], x->t->in.sid, smmu_strtab_split(x->s), &ste_addr))
    go_fault(x, EVENT_C_BAD_STREAMID, 0, false, 0, 0);
  else
    go_read(x, TXN_STE, SMMU_STAGE_CFG_FETCH, ste_addr & bits_low(x->s->features.oas), 64);
}

/* ---- Context Descriptor ---- */

static uint32_t cd_index(const struct txn *t)
{
  return t->in.ssv ? t->in.ssid : 0;
}

static unsigned cd_leaf_log2(const struct smmu_ste *ste)
{
  if (ste->s1cdmax == 0 || ste->s1fmt == 0 || ste->s1fmt == 3)
    return 0; /* linear */
  return ste->s1fmt == 1 ? 6 : 10;
}

/* A structure of the CD fetch at its IPA or PA. */
static void go_cd_structure(struct step *x, unsigned phase, uint64_t addr)
{
  x->t->cd_step = (uint8_t)phase;
  if (x->t->ste.s2)
    go_s2(x, addr, S2_FOR_CD);
  else
    go_config_at(x, addr);
}

void go_config_at(struct step *x, uint64_t pa)
{
  go_read(x, x->t->cd_step, SMMU_STAGE_CFG_FETCH, pa, x->t->cd_step == TXN_L1CD ? 8 : 64);
}

static void go_cd(struct step *x)
{
  const struct smmu_ste *ste = &x->t->ste;
  unsigned leaf_log2 = cd_leaf_log2(ste);
  uint32_t index = cd_index(x->t);

  if (leaf_log2 == 0) {
    go_cd_structure(x, TXN_CD,
                    align_down_log2(ste->s1_context_ptr, 6u + ste->s1cdmax) + 64ULL * index);
  } else {
    unsigned entries_log2 = ste->s1cdmax > leaf_log2 ? ste->s1cdmax - leaf_log2 : 0;
    unsigned table_log2 = entries_log2 + 3 < 6 ? 6 : entries_log2 + 3;

    go_cd_structure(x, TXN_L1CD,
                    align_down_log2(ste->s1_context_ptr, table_log2) + 8ULL * (index >> leaf_log2));
  }
}

/* ---- STE ---- */

/* SubstreamID rules, before any CD is read. IHI 0070 3.3.2, 5.2 (S1DSS). */
enum substream { SUBSTREAM_CD, SUBSTREAM_NO_STAGE1, SUBSTREAM_BAD, SUBSTREAM_DISABLED };

static enum substream judge_substream(const struct step *x)
{
  const struct txn *t = x->t;
  const struct smmu_ste *ste = &t->ste;

  if (t->in.kind == SMMU_TXN_ATS_TRANSLATED && !t->in.ssv && !x->s->features.pasidtt)
    return SUBSTREAM_NO_STAGE1; /* nobody knows whether it had a PASID */
  if (t->in.ssv) {
    if (!ste->s1 || ste->s1cdmax == 0 || (t->in.ssid >> ste->s1cdmax) != 0)
      return SUBSTREAM_BAD;
    return ste->s1dss == 2 && t->in.ssid == 0 ? SUBSTREAM_DISABLED : SUBSTREAM_CD;
  }
  if (!ste->s1)
    return SUBSTREAM_NO_STAGE1;
  if (ste->s1cdmax == 0 || ste->s1dss == 2)
    return t->in.kind == SMMU_TXN_ATS_TRANSLATED ? SUBSTREAM_NO_STAGE1 : SUBSTREAM_CD;
  return ste->s1dss == 1 ? SUBSTREAM_NO_STAGE1 : SUBSTREAM_DISABLED;
}

static void go_cfg_fill(struct step *x)
{
  x->t->have_ste = x->t->have_cfg = 1;
  x->t->ste =
    (struct smmu_ste){ 0 }; /* all of it is in cfg now; one representation for equal meanings */
  if (cache_on(x->s, SMMU_CACHE_CFG))
    go_stage(x, TXN_CFG_FILL, SMMU_STAGE_CFG_CACHE);
  else
    go_translate(x);
}

/* What CONT may widen, capped by the table that the STE lies in; and what tells STEs apart.
 * IHI 0070 5.2 (CONT). */
static void note_cont(struct step *x)
{
  struct smmu_ste *ste = &x->t->ste;
  unsigned most = smmu_strtab_side_by_side(x->s);
  uint64_t sum = 0;

  if (!x->s->config.cont)
    return;
  for (unsigned i = 0; i < 8; i++) {
    uint64_t word = x->reply->data[i];

    if (i == STE_CONT_LO / 64)
      word &= ~bits_mask(STE_CONT_HI % 64, STE_CONT_LO % 64);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15ULL;
  }
  ste->sum = (uint32_t)(sum >> 32);
  ste->cont = ste->cont < most ? ste->cont : (uint8_t)most;
}

void on_ste(struct step *x)
{
  struct txn *t = x->t;
  bool e2h = GET(CR2, E2H, shared_of(x->s)->reg[R_CR2]);
  bool priv, ind;

  trace_read(x, SMMU_READ_STE);
  if (read_failed(x)) {
    go_fault(x, EVENT_F_STE_FETCH, 0, false, 0, t->struct_addr);
    return;
  }
  if (!smmu_ste_decode(x->reply->data, &x->s->features, e2h, &t->ste)) {
    go_fault(x, EVENT_C_BAD_STE, 0, false, 0, 0);
    return;
  }
  note_cont(x);
  smmu_cfg_combine(&t->ste, NULL, &t->cfg);
  mpam_assign(&x->s->features, &t->ste, NULL, &t->cfg);
  t->have_ste = 1;
  txn_overrides(&t->cfg, &t->in, &priv, &ind); /* faults of the CD fetch report them already */
  t->priv = priv;
  t->ind = ind;
  if (t->ste.abort && !is_atos(t)) {
    go_cfg_fill(x);
    return;
  }
  if (ats_stopped(x))
    return;
  if (is_atos(t) && !atos_admits(x, t->ste.s1, t->ste.s2))
    return;
  if (is_atos(t) && !atos_wants_cd(x)) {
    go_translate(x);
    return;
  }
  switch (judge_substream(x)) {
  case SUBSTREAM_CD: go_cd(x); break;
  case SUBSTREAM_NO_STAGE1:
    t->cfg.skipped = t->ste.s1;
    go_cfg_fill(x);
    break;
  case SUBSTREAM_BAD: go_fault(x, EVENT_C_BAD_SUBSTREAMID, 0, false, 0, 0); break;
  case SUBSTREAM_DISABLED: go_fault(x, EVENT_F_STREAM_DISABLED, 0, false, 0, 0); break;
  }
}

void on_l1cd(struct step *x)
{
  const struct smmu_ste *ste = &x->t->ste;
  unsigned bits = ste->s2 ? x->s->features.ias : x->s->features.oas;
  uint64_t cd_addr;

  trace_read(x, SMMU_READ_L1CD);
  if (read_failed(x))
    go_fault(x, EVENT_F_CD_FETCH, 0, false, 0, x->t->struct_addr);
  else if (!smmu_l1cd_lookup(x->reply->data[0], cd_index(x->t), cd_leaf_log2(ste), bits, &cd_addr))
    go_fault(x, EVENT_C_BAD_SUBSTREAMID, 0, false, 0, 0);
  else
    go_cd_structure(x, TXN_CD, cd_addr);
}

void on_cd(struct step *x)
{
  struct smmu_cd cd;

  trace_read(x, SMMU_READ_CD);
  if (read_failed(x)) {
    go_fault(x, EVENT_F_CD_FETCH, 0, false, 0, x->t->struct_addr);
    return;
  }
  if (!smmu_cd_decode(x->reply->data, &x->s->features, &x->t->ste, &cd)) {
    go_fault(x, EVENT_C_BAD_CD, 0, false, 0, 0);
    return;
  }
  smmu_cfg_combine(&x->t->ste, &cd, &x->t->cfg);
  mpam_assign(&x->s->features, &x->t->ste, &cd, &x->t->cfg);
  if (mpam_needs_map(&x->s->features, &x->t->ste))
    go_vms(x);
  else
    go_cfg_fill(x);
}

void on_vms(struct step *x)
{
  trace_read(x, SMMU_READ_VMS);
  if (read_failed(x)) {
    go_fault(x, EVENT_F_VMS_FETCH, 0, false, 0, x->t->struct_addr);
    return;
  }
  x->t->cfg.partid = mpam_map(x->t, x->reply->data[0]);
  go_cfg_fill(x);
}

void on_cfg_fill(struct step *x)
{
  uint32_t hint = 0, choices = 0;
  uint32_t way = x->t->picking && x->reply ? x->reply->choice : SMMU_NO_INDEX;

  VISIBLE(x->s);
  if (may_fill(x) &&
      !smmu_cfg_fill(x->s, &x->t->in, &x->t->cfg, way, &hint, &choices, x->slot, x->h)) {
    x->t->picking = 1;
    x->ask->kind = SMMU_ASK_PICK;
    x->ask->key = SMMU_PICK_VICTIM;
    x->ask->choices = choices;
    x->ask->data[0] = hint;
    return;
  }
  x->t->picking = 0;
  go_translate(x);
}
