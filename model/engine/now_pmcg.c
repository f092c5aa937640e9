/* Engine `now`: counter groups. They see every record, and are given the time by whoever has one. */
#include "engine/now_state.h"
#include "util/check.h"

/* The device is at rest, nothing of ours is open: interrupts of counter groups go out. */
void now_deliver_pmcgs(struct engine_now *e)
{
  if (e->pmcgs)
    pmcg_groups_deliver(e->pmcgs, e->time);
}

/* The core knows no time. */
static void see_record(void *ctx, const struct smmu_record *record)
{
  struct engine_now *e = ctx;
  struct smmu_record stamped = *record;

  stamped.time = e->time;
  pmcg_groups_record(e->pmcgs, &stamped);
  if (e->others && e->others->record)
    e->others->record(e->others->ctx, record);
}

int engine_now_set_pmcgs(struct engine_now *e, const struct smmu_pmcg_config *configs,
                         unsigned count)
{
  struct engine_bus bus = engine_memory_bus(e->memory);
  int rc = e->pmcgs ? SMMU_ERR_BADARG : pmcg_groups_create(&e->pmcgs, configs, count, &bus);

  if (rc != SMMU_OK)
    return rc;
  e->tee = (struct smmu_hooks){ e, see_record };
  e->hooks = &e->tee;
  return SMMU_OK;
}

void engine_now_set_pmcg_signal(struct engine_now *e,
                                void (*signal)(void *ctx, unsigned group, uint64_t time), void *ctx)
{
  CHECK(e->pmcgs);
  e->pmcgs->signal = signal;
  e->pmcgs->ctx = ctx;
}

uint64_t engine_now_pmcg_read(struct engine_now *e, uint64_t offset, unsigned bytes)
{
  uint64_t value = e->pmcgs ? pmcg_groups_read(e->pmcgs, offset, bytes, e->time) : 0;

  now_deliver_pmcgs(e);
  return value;
}

void engine_now_pmcg_write(struct engine_now *e, uint64_t offset, uint64_t value, unsigned bytes)
{
  if (e->pmcgs)
    pmcg_groups_write(e->pmcgs, offset, value, bytes, e->time);
  now_deliver_pmcgs(e);
}

uint64_t engine_now_pmcg_next_time(const struct engine_now *e)
{
  return e->pmcgs ? pmcg_groups_next_time(e->pmcgs) : ENGINE_NEVER;
}

void engine_now_set_time(struct engine_now *e, uint64_t time)
{
  uint64_t next;

  while ((next = engine_now_pmcg_next_time(e)) <= time && next > e->time) {
    e->time = next;
    pmcg_groups_advance(e->pmcgs, next);
    now_deliver_pmcgs(e);
  }
  if (time > e->time)
    e->time = time;
}

const struct smmu_pmcg *engine_now_pmcg(const struct engine_now *e, unsigned group)
{
  return e->pmcgs && group < e->pmcgs->count ? &e->pmcgs->group[group] : NULL;
}
