/* Register acknowledger and GERROR: the handshakes CR0/CR0ACK, IRQ_CTRL/IRQ_CTRLACK, GBPA.Update,
 * and the GERROR interrupt. IHI 0070 6.3.9, 6.3.10, 6.3.14, 6.3.16, 6.3.18-6.3.23, 7.5. One
 * acknowledgement a step. A bit that goes to 0 is acknowledged only when what it switches off has
 * come to rest; until then it no longer starts anything new. */
#include "arch/structs.h"
#include "core/core.h"
#include "core/msi.h"
#include "util/bits.h"

enum ack_phase { ACK_IDLE, ACK_UPDATE, ACK_GERROR_MSI, ACK_GERROR_ABORTED };

void smmu_gerror_raise(struct smmu *s, uint64_t bit)
{
  struct shared *sh = shared_of(s);

  if (gerror_active(s) & bit)
    return;
  sh->reg[R_GERROR] ^= bit;
  /* A failed GERROR MSI is not itself announced by one. */
  if (bit != MASK(GERROR, MSI_GERROR_ABT_ERR) &&
      GET(IRQ_CTRLACK, GERROR_IRQEN, sh->reg[R_IRQ_CTRLACK]))
    sh->ack.gerror_irq = 1;
  smmu_ack_wake(s);
}

/* The fields of CR0 whose acknowledgement may be given now. */
static uint64_t cr0_ready(struct smmu *s)
{
  struct shared *sh = shared_of(s);
  uint64_t pending = sh->reg[R_CR0] ^ sh->reg[R_CR0ACK];
  uint64_t falling = pending & sh->reg[R_CR0ACK];

  if ((falling & MASK(CR0, SMMUEN)) && txn_free_of(s)->enabled)
    pending &= ~MASK(CR0, SMMUEN);
  if ((falling & MASK(CR0, CMDQEN)) && sh->cmdq.phase != 0)
    pending &= ~MASK(CR0, CMDQEN);
  if ((falling & MASK(CR0, EVENTQEN)) && sh->evtq.phase != 0)
    pending &= ~MASK(CR0, EVENTQEN);
  return pending;
}

static bool irq_ready(struct smmu *s)
{
  struct shared *sh = shared_of(s);

  return sh->reg[R_IRQ_CTRL] != sh->reg[R_IRQ_CTRLACK] && sh->evtq.phase == 0;
}

void smmu_ack_wake(struct smmu *s)
{
  struct shared *sh = shared_of(s);
  bool work = sh->ack.phase != ACK_IDLE || sh->ack.gerror_irq || cr0_ready(s) || irq_ready(s) ||
              GET(GBPA, Update, sh->reg[R_GBPA]);

  set_runnable(s, actor_ack(s), work);
}

static void acknowledge(struct smmu *s)
{
  struct shared *sh = shared_of(s);
  uint64_t ready = cr0_ready(s);

  if (ready) {
    /* Lowest field first; each is independently in transition. */
    uint64_t bit = ready & -ready;
    uint64_t field = (bit & MASK(CR0, VMW)) ? MASK(CR0, VMW) : bit;

    sh->reg[R_CR0ACK] = (sh->reg[R_CR0ACK] & ~field) | (sh->reg[R_CR0] & field);
    smmu_cmdq_wake(s);
    smmu_evtq_wake(s);
    smmu_txn_wake(s);
  } else if (irq_ready(s)) {
    sh->reg[R_IRQ_CTRLACK] = sh->reg[R_IRQ_CTRL];
  } else {
    sh->reg[R_GBPA] &= ~MASK(GBPA, Update);
  }
}

static void start_gerror_irq(struct smmu *s, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);

  sh->ack.gerror_irq = 0;
  if (msi_ask(s, R_GERROR_IRQ_CFG0, ask)) {
    sh->ack.phase = ACK_GERROR_MSI;
    return;
  }
  sh->ack.phase = ACK_IDLE;
  ask_signal(ask, SMMU_SIGNAL_GERROR);
}

void smmu_ack_step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                   struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);

  (void)h;
  ask->kind = SMMU_ASK_NONE;
  switch (sh->ack.phase) {
  case ACK_IDLE:
    smmu_ack_wake(s);
    if (!smmu_is_runnable(s, actor_ack(s)))
      return;
    sh->ack.phase = ACK_UPDATE;
    ask_stage(ask, SMMU_STAGE_REGISTER);
    return;
  case ACK_UPDATE:
    VISIBLE(s);
    if (sh->ack.gerror_irq) {
      start_gerror_irq(s, ask);
    } else {
      acknowledge(s);
      sh->ack.phase = ACK_IDLE;
      ask->kind = SMMU_ASK_END;
    }
    break;
  case ACK_GERROR_MSI:
    sh->ack.phase = reply && reply->status != SMMU_BUS_OK ? ACK_GERROR_ABORTED : ACK_IDLE;
    if (sh->ack.phase == ACK_GERROR_ABORTED)
      ask_stage(ask, SMMU_STAGE_REGISTER);
    else
      ask_signal(ask, SMMU_SIGNAL_GERROR);
    break;
  default:
    VISIBLE(s);
    sh->ack.phase = ACK_IDLE;
    smmu_gerror_raise(s, MASK(GERROR, MSI_GERROR_ABT_ERR));
    ask_signal(ask, SMMU_SIGNAL_GERROR);
    break;
  }
  smmu_ack_wake(s);
}
