/* Address translation operations: software asks through registers what a transaction would be told.
 * IHI 0070 chapter 9; 6.3.37 to 6.3.40, 6.3.44. A request is a transaction in a slot of the
 * device's own: it takes the way of any other, but answers into the PAR register, raises no event
 * and never stalls. It uses the configuration cache and the walk cache, and leaves the TLBs alone
 * (IMPDEF: they may be used). Left out: Secure requests. */
#include <string.h>

#include "arch/structs.h"
#include "core/txn.h"
#include "util/bits.h"

enum { TYPE_S1 = 1, TYPE_S2, TYPE_BOTH };
enum { FAULT_INV_REQ = 0xff, FAULT_INV_STAGE = 0xfe };

_Static_assert(R_VATOS_SID == R_VATOS_CTRL + 1 && R_VATOS_ADDR == R_VATOS_CTRL + 2 &&
                 R_VATOS_PAR == R_VATOS_CTRL + 3 && R_GATOS_SID == R_GATOS_CTRL + 1 &&
                 R_GATOS_ADDR == R_GATOS_CTRL + 2 && R_GATOS_PAR == R_GATOS_CTRL + 3,
               "the registers of a group follow each other");

/* The group that a slot serves: its CTRL register. */
static unsigned group_of(const struct step *x)
{
  return x->s->features.atos && x->slot == x->s->config.txns ? R_GATOS_CTRL : R_VATOS_CTRL;
}

static unsigned slot_of(const struct smmu *s, unsigned ctrl)
{
  return s->config.txns + (ctrl == R_VATOS_CTRL && s->features.atos ? 1u : 0u);
}

static uint64_t request_of(const struct step *x)
{
  return shared_of(x->s)->reg[group_of(x) + 2];
}

static unsigned type_of(const struct step *x)
{
  return (unsigned)GET(GATOS_ADDR, TYPE, request_of(x));
}

void smmu_atos_start(struct smmu *s, unsigned ctrl)
{
  uint64_t sid = shared_of(s)->reg[ctrl + 1], addr = shared_of(s)->reg[ctrl + 2];
  unsigned slot = slot_of(s, ctrl);
  struct txn *t = txn_at(s, slot);

  memset(t, 0, sizeof *t);
  t->in.kind = SMMU_TXN_ATOS;
  t->in.addr = addr & ~bits_low(12);
  t->in.sid = (uint32_t)GET(GATOS_SID, STREAMID, sid);
  t->in.ssv = (uint8_t)GET(GATOS_SID, SSID_VALID, sid);
  t->in.ssid = t->in.ssv ? (uint32_t)GET(GATOS_SID, SUBSTREAMID, sid) : 0;
  t->in.write = !GET(GATOS_ADDR, RnW, addr);
  t->in.instruction = !t->in.write && GET(GATOS_ADDR, InD, addr);
  t->in.privileged = (uint8_t)GET(GATOS_ADDR, PnU, addr);
  t->in.no_write = (uint8_t)GET(GATOS_ADDR, HTTUI, addr);
  t->phase = TXN_ARRIVE;
  t->enabled = 1;
  txn_free_of(s)->in_flight++;
  txn_free_of(s)->enabled++;
  set_runnable(s, slot, true);
}

/* ---- the answer ---- */

/* The value of PAR waits in struct_addr until the step that shows it. */
static void go_answer(struct step *x, uint64_t par)
{
  x->t->fault = (struct fault){ 0 };
  x->t->struct_addr = par;
  go_respond(x, SMMU_STATUS_OK);
}

static void refuse(struct step *x, unsigned code)
{
  go_answer(x, PUT(GATOS_PAR, FAULTCODE, MASK(GATOS_PAR, FAULT), code));
}

/* A larger size than 4 KB is told by the lowest bit that is set. */
static uint64_t par_of(const struct leaf *leaf, struct smmu_attr attr, unsigned size_log2)
{
  uint64_t par = align_down_log2(leaf->out, size_log2) & MASK(GATOS_PAR, ADDR);

  if (size_log2 > 12)
    par |= MASK(GATOS_PAR, Size) | 1ULL << (size_log2 - 1);
  par = PUT(GATOS_PAR, ATTR, par, attr.memattr);
  return PUT(GATOS_PAR, SH, par, attr.sh);
}

void atos_answer(struct step *x)
{
  const struct txn *t = x->t;
  bool s1 = t->cfg.flags & CFG_S1, s2 = (t->cfg.flags & CFG_S2) && type_of(x) != TYPE_S1;
  const struct leaf *last = s2 ? &t->s2_leaf : &t->s1_leaf;
  struct smmu_attr attr = txn_table_attr(t, s1, s2);
  unsigned size_log2 = last->size_log2;

  if (s1 && s2)
    size_log2 = t->s1_leaf.size_log2 < size_log2 ? t->s1_leaf.size_log2 : size_log2;
  else if (s2) /* overrides do not apply: the default type comes in (13.1.4) */
    attr = smmu_attr_combine(smmu_attr_incoming(false, 0, 1, 0), attr);
  go_answer(x, par_of(last, attr, size_log2));
}

static bool is_translation_fault(unsigned type)
{
  return type >= EVENT_F_TRANSLATION && type <= EVENT_F_PERMISSION;
}

/* What the table of 9.1.4 has a stage for: the rest is miscellaneous, and of a stage only where no
 * other was asked for. */
static bool is_of_stage2(const struct step *x)
{
  const struct fault *f = &x->t->fault;

  return f->s2 &&
         (is_translation_fault(f->type) || f->type == EVENT_F_WALK_EABT || type_of(x) == TYPE_S2);
}

/* A request for stage 1 alone is told nothing of stage 2: its fault is an abort of what stage 1 was
 * fetching. */
void atos_fault(struct step *x)
{
  static const uint8_t reasons[] = { 1, 2, 3 }; /* by CLASS: CD, TT, IN */
  const struct fault *f = &x->t->fault;
  unsigned type = f->type, reason = is_of_stage2(x) ? reasons[f->clss] : 0;
  uint64_t par = MASK(GATOS_PAR, FAULT);

  if (type_of(x) == TYPE_S1 && reason) {
    type = f->clss == SMMU_CLASS_CD ? EVENT_F_CD_FETCH : EVENT_F_WALK_EABT;
    reason = 0;
  }
  par = PUT(GATOS_PAR, FAULTCODE, par, type);
  par = PUT(GATOS_PAR, REASON, par, reason);
  if (type_of(x) == TYPE_BOTH && reason && is_translation_fault(type))
    par |= f->ipa & MASK(GATOS_PAR, FADDR) & bits_low(x->s->features.oas);
  go_answer(x, par);
}

void atos_show(struct step *x)
{
  unsigned ctrl = group_of(x);
  uint64_t *reg = shared_of(x->s)->reg;

  reg[ctrl + 3] = x->t->struct_addr;
  reg[ctrl] &= ~MASK(GATOS_CTRL, RUN);
}

/* ---- on the way ---- */

static bool is_valid(struct step *x)
{
  const struct smmu_features *f = &x->s->features;
  unsigned type = type_of(x);
  bool valid = (type == TYPE_S1 && f->s1p) || (type == TYPE_S2 && f->s2p && !x->t->in.ssv) ||
               (type == TYPE_BOTH && f->s1p && f->s2p);

  if (group_of(x) == R_VATOS_CTRL)
    valid = valid && type == TYPE_S1;
  if (!valid)
    refuse(x, FAULT_INV_REQ);
  return valid;
}

/* The stages that the STE names against those asked for, and for VATOS the VMID. */
bool atos_admits(struct step *x, bool s1, bool s2)
{
  unsigned type = type_of(x);
  bool virtual = group_of(x) == R_VATOS_CTRL;
  const struct stream_cfg *cfg = &x->t->cfg;

  if (virtual && ((!s1 && !s2) || cfg->world != SMMU_WORLD_EL1 ||
                  cfg->vmid != GET(VATOS_SEL, VMID, shared_of(x->s)->reg[R_VATOS_SEL]))) {
    refuse(x, EVENT_C_BAD_STE);
    return false;
  }
  if (((type & TYPE_S1) && !s1) || ((type & TYPE_S2) && !s2)) {
    refuse(x, FAULT_INV_STAGE);
    return false;
  }
  return true;
}

/* Stage 1 was skipped (S1DSS): the input is its own translation. IMPDEF: reported as 4 KB of Normal
 * write-back memory. */
static void answer_identity(struct step *x)
{
  struct leaf leaf = { .out = x->t->va, .size_log2 = 12 };

  go_answer(x, par_of(&leaf, smmu_attr_incoming(false, 0, 1, 0), 12));
}

bool atos_wants_stage2(const struct step *x)
{
  return type_of(x) & TYPE_S2;
}

bool atos_wants_cd(const struct step *x)
{
  return type_of(x) & TYPE_S1;
}

void go_atos(struct step *x)
{
  if (is_valid(x))
    go_config(x);
}

void go_atos_translate(struct step *x)
{
  struct txn *t = x->t;
  bool s1 = (t->cfg.flags & CFG_S1) || t->cfg.skipped;

  if (!atos_admits(x, s1, t->cfg.flags & CFG_S2))
    return;
  t->priv = t->in.privileged;
  t->ind = t->in.instruction;
  if (!(type_of(x) & TYPE_S1))
    t->cfg.flags &= ~(uint32_t)CFG_S1;
  if (!go_input(x))
    return;
  if (!(t->cfg.flags & CFG_S1) && type_of(x) == TYPE_S1)
    answer_identity(x);
  else
    go_walk(x);
}
