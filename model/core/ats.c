/* ATS as a transaction sees it: Translation Requests, what their completions grant, and Translated
 * transactions. IHI 0070 3.9.1.1 to 3.9.1.3, 5.2 (EATS, S1DSS), 7.3.6, 7.3.8, 13.6, 13.7. They take
 * the way of ordinary transactions; here is what differs. A request never faults for a translation:
 * it is granted nothing. Effective ATSCHK is that of the arrival. Left out: DPT, several
 * translations in one completion, attribute stashing, CXL and TDISP fields. */
#include "arch/attr.h"
#include "arch/structs.h"
#include "core/txn.h"
#include "util/bits.h"

static bool is_request(const struct txn *t)
{
  return t->in.kind == SMMU_TXN_ATS_REQUEST;
}

/* PCIe knows one NW bit. Privilege and execution come with a PASID, which a Translated transaction
 * has with IDR3.PASIDTT alone. */
void smmu_ats_submitted(const struct smmu *s, struct smmu_txn *in)
{
  if (in->kind == SMMU_TXN_ATS_REQUEST) {
    in->write = in->write && !in->no_write;
    in->no_write = !in->write;
  } else if (!s->features.pasidtt) {
    in->ssv = 0;
  }
  if (!in->ssv)
    in->ssid = in->privileged = in->instruction = 0;
}

/* ---- arrival and configuration ---- */

static void forbid(struct step *x)
{
  go_fault(x, is_request(x->t) ? EVENT_F_BAD_ATS_TREQ : EVENT_F_TRANSL_FORBIDDEN, 0, false, 0, 0);
}

/* Out as it came, with the attributes of the bus: whether overrides apply is IMPDEF. */
static void pass(struct step *x)
{
  if (x->t->in.addr >> x->s->features.oas)
    go_respond(x, SMMU_STATUS_ABORT);
  else
    go_bypass(x, smmu_attr_incoming(false, 0, 1, 0));
}

void ats_disabled(struct step *x)
{
  if (x->s->features.ats)
    forbid(x);
  else
    go_respond(x, is_request(x->t) ? SMMU_STATUS_UR : SMMU_STATUS_ABORT);
}

bool ats_arrived(struct step *x)
{
  struct txn *t = x->t;

  if (!x->s->features.ats) {
    ats_disabled(x);
    return true;
  }
  t->atschk = GET(CR0ACK, ATSCHK, shared_of(x->s)->reg[R_CR0ACK]) != 0;
  if (is_request(t) || t->atschk)
    return false;
  pass(x);
  return true;
}

bool ats_stopped(struct step *x)
{
  const struct txn *t = x->t;

  if (!txn_is_ats(t) || (t->cfg.flags & CFG_ABORT))
    return false;
  if (t->cfg.eats == 1 || (t->cfg.eats == 2 && t->atschk))
    return false;
  forbid(x);
  return true;
}

/* Stage 1 is done with in a split stage configuration: what comes in is an IPA. The overrides of
 * type and shareability do not apply (13.1.4); ALLOCCFG does not either (IMPDEF). */
bool ats_translated(struct step *x)
{
  struct stream_cfg *cfg = &x->t->cfg;

  if (x->t->in.kind != SMMU_TXN_ATS_TRANSLATED)
    return false;
  if (cfg->eats != 2) {
    pass(x);
    return true;
  }
  cfg->flags &= ~(uint32_t)(CFG_S1 | CFG_MTCFG | CFG_SHCFG);
  cfg->flags |= CFG_SHCFG & -CFG_SHCFG; /* 1: as it comes */
  cfg->alloc = 0;
  cfg->slow = (cfg->flags & CFG_FWB) != 0;
  cfg->tag = tag_make(ENTRY_S2, cfg->world, cfg->vmid, 0, 0);
  return false;
}

/* ---- completions ---- */

/* The smallest translation unit: the smallest granule there is. */
static uint8_t stu_log2(const struct smmu *s)
{
  if (s->features.granules & SMMU_GRAN_4K)
    return 12;
  return s->features.granules & SMMU_GRAN_16K ? 14 : 16;
}

static bool reads_are_fetches(const struct txn *t)
{
  return t->cfg.instcfg == 3;
}

unsigned ats_wants(const struct txn *t)
{
  unsigned wants = SMMU_USER_W | (reads_are_fetches(t) ? SMMU_USER_X : SMMU_USER_R);

  return wants << (t->priv ? 4 : 0);
}

/* Of what a mapping allows (SMMU_PERM_*), what this request is granted. IHI 0070 13.7.1. */
static unsigned grant(const struct txn *t, unsigned allowed)
{
  bool exec = allowed & SMMU_PERM_EXEC, data = allowed & SMMU_PERM_READ;
  bool read = reads_are_fetches(t) ? exec : data;
  unsigned granted = allowed & SMMU_PERM_WRITE;

  if (t->cfg.instcfg == 2)
    exec = true; /* every access counts as data: what can be read can be run */
  if (read)
    granted |= SMMU_PERM_READ;
  if (read && exec && t->in.instruction)
    granted |= SMMU_PERM_EXEC;
  return granted;
}

void ats_deny(struct step *x)
{
  x->t->result = (struct smmu_result){ .size_log2 = stu_log2(x->s) };
  go_respond(x, SMMU_STATUS_OK);
}

void ats_complete(struct step *x, const struct tlb_entry *e)
{
  struct txn *t = x->t;
  struct smmu_result *r = &t->result;

  if (t->in.no_write && !(e->perm & e->perm2 & txn_write_bit(t)))
    r->perm &= (uint8_t)~SMMU_PERM_WRITE; /* clean, and it stays so */
  r->perm = (uint8_t)grant(t, r->perm);
  if (r->perm == 0)
    *r = (struct smmu_result){ .size_log2 = stu_log2(x->s) };
  else if (t->cfg.eats == 2)
    r->pa = t->cfg.flags & CFG_S1 ? e->ipa | (t->va & bits_low(e->size_log2)) : t->va;
}

/* S1DSS has skipped the only stage: the identity, for the stretch that a page of the smallest size
 * has. */
void ats_identity(struct step *x)
{
  struct smmu_result *r = &x->t->result;

  r->perm = SMMU_PERM_READ | SMMU_PERM_WRITE;
  r->size_log2 = stu_log2(x->s);
}

/* ---- faults ---- */

/* What an error of a configuration is to a Translated transaction. To a request everything is that
 * reaches an event at all. */
static bool is_config_error(const struct txn *t)
{
  switch (t->fault.type) {
  case EVENT_F_TRANSL_FORBIDDEN:
  case EVENT_F_BAD_ATS_TREQ: return false;
  case EVENT_C_BAD_STREAMID:
  case EVENT_F_STE_FETCH:
  case EVENT_C_BAD_STE:
  case EVENT_F_STREAM_DISABLED:
  case EVENT_C_BAD_SUBSTREAMID:
  case EVENT_F_CD_FETCH:
  case EVENT_C_BAD_CD:
  case EVENT_F_CFG_CONFLICT:
  case EVENT_F_VMS_FETCH: return true;
  default: return is_request(t);
  }
}

bool ats_fault_is_hidden(const struct step *x)
{
  const struct txn *t = x->t;
  uint64_t cr2 = shared_of(x->s)->reg[R_CR2];

  if (!txn_is_ats(t) || !is_config_error(t))
    return false;
  if (!x->s->features.atsrecerr || !GET(CR2, REC_CFG_ATS, cr2))
    return true;
  return is_request(t) && t->fault.type == EVENT_C_BAD_STREAMID && !GET(CR2, RECINVSID, cr2);
}

unsigned ats_fault_status(const struct txn *t)
{
  if (!is_request(t))
    return SMMU_STATUS_ABORT;
  return t->fault.type == EVENT_F_BAD_ATS_TREQ ? SMMU_STATUS_UR : SMMU_STATUS_CA;
}

void ats_describe(const struct txn *t, struct smmu_event *e)
{
  e->span = 1;
  e->perm = SMMU_PERM_R;
  if (t->in.write)
    e->perm |= SMMU_PERM_W;
  if (t->in.instruction)
    e->perm |= SMMU_PERM_X;
  if (t->in.privileged)
    e->perm |= SMMU_PERM_PRIV;
}
