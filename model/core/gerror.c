/* GERROR: a bit toggles when its error becomes active, software acknowledges in GERRORN; and the
 * GERROR interrupt, which the acknowledger raises. IHI 0070 6.3.19-6.3.23, 7.5. */
#include "core/core.h"
#include "core/msi.h"

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
  smmu_wake_ack(s);
}

void smmu_gerror_irq_start(struct smmu *s, struct smmu_ask *ask)
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

void smmu_gerror_irq_step(struct smmu *s, const struct smmu_reply *reply, struct smmu_ask *ask)
{
  struct shared *sh = shared_of(s);

  if (sh->ack.phase == ACK_GERROR_MSI && reply && reply->status != SMMU_BUS_OK) {
    sh->ack.phase = ACK_GERROR_ABORTED;
    ask_stage(ask, SMMU_STAGE_REGISTER);
    return;
  }
  if (sh->ack.phase == ACK_GERROR_ABORTED) {
    VISIBLE(s);
    smmu_gerror_raise(s, MASK(GERROR, MSI_GERROR_ABT_ERR));
  }
  sh->ack.phase = ACK_IDLE;
  ask_signal(ask, SMMU_SIGNAL_GERROR);
}
