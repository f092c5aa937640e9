/* Engine `timed`: its counter groups. */
#include "engine/timed_state.h"
#include "util/check.h"

int engine_timed_set_pmcgs(struct engine_timed *e, const struct smmu_pmcg_config *configs,
                           unsigned count)
{
  if (e->pmcgs)
    return SMMU_ERR_BADARG;
  return pmcg_groups_create(&e->pmcgs, configs, count, &e->bus);
}

void engine_timed_set_pmcg_signal(struct engine_timed *e,
                                  void (*signal)(void *ctx, unsigned group, uint64_t time),
                                  void *ctx)
{
  CHECK(e->pmcgs);
  e->pmcgs->signal = signal;
  e->pmcgs->ctx = ctx;
}

uint64_t engine_timed_pmcg_read(struct engine_timed *e, uint64_t offset, unsigned bytes)
{
  uint64_t value = e->pmcgs ? pmcg_groups_read(e->pmcgs, offset, bytes, e->now) : 0;

  timed_deliver_pmcgs(e);
  return value;
}

void engine_timed_pmcg_write(struct engine_timed *e, uint64_t offset, uint64_t value,
                             unsigned bytes)
{
  if (e->pmcgs)
    pmcg_groups_write(e->pmcgs, offset, value, bytes, e->now);
  timed_deliver_pmcgs(e);
}

uint64_t engine_timed_pmcg_next_time(const struct engine_timed *e)
{
  return e->pmcgs ? pmcg_groups_next_time(e->pmcgs) : ENGINE_NEVER;
}

const struct smmu_pmcg *engine_timed_pmcg(const struct engine_timed *e, unsigned group)
{
  return e->pmcgs && group < e->pmcgs->count ? &e->pmcgs->group[group] : NULL;
}
