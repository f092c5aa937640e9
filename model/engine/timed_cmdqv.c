/* Engine `timed`: the registers of CMDQV. */
#include "engine/timed_state.h"
#include "smmu/cmdqv.h"

uint64_t engine_timed_cmdqv_read(struct engine_timed *e, uint64_t offset, unsigned bytes)
{
  return smmu_cmdqv_read(e->device, offset, bytes, timed_hooks(e));
}

void engine_timed_cmdqv_write(struct engine_timed *e, uint64_t offset, uint64_t value,
                              unsigned bytes)
{
  smmu_cmdqv_write(e->device, offset, value, bytes, timed_hooks(e));
  timed_wake(e);
}
