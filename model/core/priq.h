/* The PRI queue writer's phases, and what its two files call of each other. */
#ifndef SMMU_CORE_PRIQ_H
#define SMMU_CORE_PRIQ_H

#include "core/core.h"

enum priq_phase {
  PRIQ_IDLE,
  PRIQ_TAKE,
  PRIQ_WRITTEN,
  PRIQ_PUBLISH,
  PRIQ_ABORTED,
  PRIQ_SENT,
  PRIQ_MSI,
  PRIQ_MSI_ABORTED,
  /* priq_ppar.c */
  PRIQ_L1STD,
  PRIQ_STE,
  PRIQ_ANSWER,
  PRIQ_EVENT
};

/* The request at hand. */
const uint64_t *priq_head(struct smmu *s);
/* It leaves the buffer and is answered by the SMMU; pasid: the answer carries its PASID. */
void priq_respond(struct smmu *s, unsigned response, bool pasid, const struct smmu_hooks *h,
                  struct smmu_ask *ask);
/* STE.PPAR decides whether the PASID is used. */
void priq_ask_ppar(struct smmu *s, struct smmu_ask *ask);
void priq_ppar_step(struct smmu *s, const struct smmu_reply *reply, const struct smmu_hooks *h,
                    struct smmu_ask *ask);

#endif
