/* Engine `timed`: broadcast maintenance arrives, and syncs complete in the order in which they came.
 * IHI 0070 3.17. */
#include "engine/timed_state.h"

int engine_timed_dvm(struct engine_timed *e, const struct smmu_dvm *op)
{
  int err = smmu_dvm_submit(e->device, op, timed_hooks(e));

  if (err == SMMU_OK)
    timed_wake(e);
  return err;
}

void engine_timed_set_dvm(struct engine_timed *e, void (*synced)(void *ctx, uint64_t time),
                          void *ctx)
{
  e->synced = synced;
  e->synced_ctx = ctx;
}

void timed_dvm_ended(struct engine_timed *e, uint32_t key)
{
  if (key == SMMU_DVM_SYNCED && e->synced)
    e->synced(e->synced_ctx, e->now);
}
