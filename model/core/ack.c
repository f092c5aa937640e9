/* Register acknowledger: the handshakes CR0/CR0ACK, IRQ_CTRL/IRQ_CTRLACK, GBPA.Update and those of
 * CMDQV; the GERROR interrupt is raised from here. IHI 0070 6.3.9, 6.3.10, 6.3.14, 6.3.16, 6.3.18.
 * One acknowledgement a step: GERROR, CR0 from the lowest field on, IRQ_CTRL, GBPA, GMPAM, GBPMPAM,
 * ECMDQs (3.5.6.2), CMDQV; the last two take turns among themselves, and CMDQV's are last, for guests
 * set them off. A bit that goes to 0 is acknowledged only when what it switches off has come to rest;
 * until then it no longer starts anything new. */
#include "core/queues.h"

/* The fields of CR0 whose acknowledgement may be given now. */
static uint64_t cr0_ready(const struct smmu *s)
{
  const struct shared *sh = shared_const(s);
  const struct txn_free *txns = at_const(s, s->off_free);
  uint64_t pending = sh->reg[R_CR0] ^ sh->reg[R_CR0ACK];
  uint64_t falling = pending & sh->reg[R_CR0ACK];

  if ((falling & MASK(CR0, SMMUEN)) && txns->enabled)
    pending &= ~MASK(CR0, SMMUEN);
  if ((falling & MASK(CR0, CMDQEN)) && sh->cmdq.phase != 0)
    pending &= ~MASK(CR0, CMDQEN);
  if ((falling & MASK(CR0, EVENTQEN)) && sh->evtq.phase != 0)
    pending &= ~MASK(CR0, EVENTQEN);
  /* PRIQEN counts with SMMUEN. */
  if (sh->priq.phase != 0)
    pending &= ~(falling & (MASK(CR0, PRIQEN) | MASK(CR0, SMMUEN)));
  return pending;
}

static bool irq_ready(const struct smmu *s)
{
  const struct shared *sh = shared_const(s);

  return sh->reg[R_IRQ_CTRL] != sh->reg[R_IRQ_CTRLACK] && sh->evtq.phase == 0 &&
         sh->priq.phase == 0;
}

/* The register whose Update is to be cleared, or 0: that is IDR0, which has none. */
static unsigned updating(const struct shared *sh)
{
  static const uint8_t regs[] = { R_GBPA, R_GMPAM, R_GBPMPAM };

  for (unsigned i = 0; i < sizeof regs; i++) {
    if (GET(GBPA, Update, sh->reg[regs[i]]))
      return regs[i];
  }
  return 0;
}

bool smmu_ack_can_move(const struct smmu *s)
{
  const struct shared *sh = shared_const(s);

  return sh->ack.phase != ACK_IDLE || sh->ack.gerror_irq || cr0_ready(s) || irq_ready(s) ||
         updating(sh) || smmu_ecmdq_is_ready(s) || smmu_cmdqv_is_ready(s);
}

static void acknowledge(struct smmu *s, const struct smmu_hooks *h, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);
  uint64_t ready = cr0_ready(s);

  ask->kind = SMMU_ASK_END;
  if (ready) {
    /* Lowest field first; each is independently in transition. */
    uint64_t bit = ready & -ready;
    uint64_t field = (bit & MASK(CR0, VMW)) ? MASK(CR0, VMW) : bit;

    sh->reg[R_CR0ACK] = (sh->reg[R_CR0ACK] & ~field) | (sh->reg[R_CR0] & field);
    if (field & ~sh->reg[R_CR0] & MASK(CR0, EVENTQEN))
      smmu_evtq_discard(s, h);
    smmu_wake_cmdq(s, 0);
    smmu_wake_evtq(s);
    smmu_wake_priq(s);
  } else if (irq_ready(s)) {
    sh->reg[R_IRQ_CTRLACK] = sh->reg[R_IRQ_CTRL];
    smmu_wake_evtq(s);
    smmu_wake_priq(s);
  } else if (updating(sh)) {
    sh->reg[updating(sh)] &= ~MASK(GBPA, Update);
  } else if (smmu_ecmdq_is_ready(s)) {
    smmu_ecmdq_acknowledge(s);
  } else {
    smmu_cmdqv_acknowledge(s, ask);
  }
}

void smmu_ack_step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                   struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);

  ask->kind = SMMU_ASK_NONE;
  switch (sh->ack.phase) {
  case ACK_IDLE:
    if (!smmu_ack_can_move(s))
      break;
    sh->ack.phase = ACK_UPDATE;
    ask_stage(ask, SMMU_STAGE_REGISTER);
    return;
  case ACK_UPDATE:
    VISIBLE(s);
    sh->ack.phase = ACK_IDLE;
    if (sh->ack.gerror_irq)
      smmu_gerror_irq_start(s, ask);
    else
      acknowledge(s, h, ask);
    break;
  default: smmu_gerror_irq_step(s, reply, ask); break;
  }
  smmu_wake_ack(s);
}
