/* The broadcast input in the block: messages that wait, and the actor that does them as a command
 * queue does commands. Exists with IDR0.BTM. */
#ifndef SMMU_CORE_DVM_H
#define SMMU_CORE_DVM_H

#include "core/core.h"
#include "smmu/dvm.h"

struct dvm {
  struct inval ring[SMMU_DVM_ROOM]; /* the next one first; kind 0: a sync */
  uint32_t count;
  uint32_t pad;
  struct cmdq queue;
};

static inline struct dvm *dvm_of(struct smmu *s)
{
  return at(s, s->off_dvm);
}

static inline const struct dvm *dvm_const(const struct smmu *s)
{
  return at_const(s, s->off_dvm);
}

/* The first message is done: it leaves. */
void smmu_dvm_pop(struct smmu *s);

#endif
