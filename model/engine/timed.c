/* Engine `timed`, as its callers see it: birth, registers, transactions, completions. What happens
 * when time goes on is in timed_run.c. */
#include <stdlib.h>
#include <string.h>

#include "engine/timed_state.h"
#include "util/bits.h"
#include "util/check.h"

static void stamp(void *ctx, const struct smmu_record *r)
{
  struct engine_timed *e = ctx;
  struct smmu_record timed = *r;

  timed.time = e->now;
  if (e->pmcgs)
    pmcg_groups_record(e->pmcgs, &timed);
  if (e->hooks && e->hooks->record)
    e->hooks->record(e->hooks->ctx, &timed);
}

static bool memory_read(void *ctx, uint64_t addr, void *bytes, size_t len, uint64_t *extra_ps)
{
  (void)extra_ps;
  return engine_memory_read(ctx, addr, bytes, len);
}

static bool memory_write(void *ctx, uint64_t addr, const void *bytes, size_t len,
                         uint64_t *extra_ps)
{
  (void)extra_ps;
  return engine_memory_write(ctx, addr, bytes, len);
}

struct engine_bus engine_memory_bus(struct engine_memory *memory)
{
  return (struct engine_bus){ memory, memory_read, memory_write };
}

/* ---- birth ---- */

static int make_device(struct engine_timed *e, const struct smmu_config *cfg)
{
  e->device = aligned_alloc(64, align_up_log2(smmu_size(cfg), 6));
  if (!e->device)
    return SMMU_ERR_NOMEM;
  return smmu_init(e->device, cfg);
}

static int make_actors(struct engine_timed *e)
{
  size_t words;

  e->first_wait = e->last_wait = RESOURCE_NOBODY;
  e->txns = smmu_get_config(e->device)->txns;
  e->actors = smmu_actor_count(e->device);
  e->dvm = smmu_has_dvm(e->device) ? smmu_actor_dvm(e->device) : RESOURCE_NOBODY;
  words = (e->actors + 63) / 64;
  e->actor = calloc(e->actors, sizeof *e->actor);
  e->link = calloc(e->actors, sizeof *e->link);
  e->runnable = calloc(words, sizeof *e->runnable);
  e->scheduled = calloc(words, sizeof *e->scheduled);
  if (!e->actor || !e->link || !e->runnable || !e->scheduled)
    return SMMU_ERR_NOMEM;
  e->tags = smmu_tag_count(e->device);
  e->answer = calloc(e->tags + 1, sizeof *e->answer);
  if (!e->answer)
    return SMMU_ERR_NOMEM;
  return wheel_init(&e->wheel, e->actors + 2 * e->tags);
}

static void make_resources(struct engine_timed *e, const struct timed_profile *profile)
{
  for (unsigned i = 0; i < SMMU_STAGE_COUNT; i++)
    resource_init(&e->stage[i], &profile->stage[i], e->link);
  resource_init(&e->read, &profile->read, e->link);
  resource_init(&e->write, &profile->write, e->link);
}

int engine_timed_create(struct engine_timed **out, const struct engine_timed_options *options)
{
  struct engine_timed *e;
  int err;

  *out = NULL;
  if (smmu_size(options->device) == 0 || timed_profile_check(options->profile, NULL, 0) != SMMU_OK)
    return SMMU_ERR_BADCFG;
  e = calloc(1, sizeof *e);
  if (!e)
    return SMMU_ERR_NOMEM;
  e->bus = options->bus;
  e->random = options->seed;
  e->seeded = options->seed != 0;
  e->stamp = (struct smmu_hooks){ e, stamp };
  err = make_device(e, options->device);
  if (err == SMMU_OK)
    err = make_actors(e);
  if (err != SMMU_OK) {
    engine_timed_destroy(e);
    return err;
  }
  make_resources(e, options->profile);
  *out = e;
  return SMMU_OK;
}

void engine_timed_destroy(struct engine_timed *e)
{
  if (!e)
    return;
  wheel_free(&e->wheel);
  pmcg_groups_destroy(e->pmcgs);
  free(e->device);
  free(e->actor);
  free(e->link);
  free(e->runnable);
  free(e->scheduled);
  free(e->answer);
  free(e->done);
  free(e);
}

struct smmu *engine_timed_device(struct engine_timed *e)
{
  return e->device;
}

void engine_timed_set_hooks(struct engine_timed *e, const struct smmu_hooks *hooks)
{
  e->hooks = hooks;
}

void engine_timed_set_signal(struct engine_timed *e,
                             void (*signal)(void *ctx, enum smmu_signal line, uint64_t time),
                             void *ctx)
{
  e->signal = signal;
  e->signal_ctx = ctx;
}

void engine_timed_set_span(struct engine_timed *e,
                           void (*span)(void *ctx, const struct timed_span *span), void *ctx)
{
  e->span = span;
  e->span_ctx = ctx;
}

/* ---- registers ---- */

uint64_t engine_timed_mmio_read(struct engine_timed *e, uint64_t offset, unsigned bytes)
{
  return smmu_mmio_read(e->device, offset, bytes, timed_hooks(e));
}

void engine_timed_mmio_write(struct engine_timed *e, uint64_t offset, uint64_t value,
                             unsigned bytes)
{
  smmu_mmio_write(e->device, offset, value, bytes, timed_hooks(e));
  timed_wake(e);
}

/* ---- transactions ---- */

/* Room for one completion more than are in flight or wait to be polled. */
static int make_room(struct engine_timed *e)
{
  uint64_t kept = e->done_last - e->done_first, size = e->done_size ? 2 * e->done_size : 64;
  struct engine_timed_done *done;

  if (kept + e->in_flight < e->done_size)
    return SMMU_OK;
  done = malloc(size * sizeof *done);
  if (!done)
    return SMMU_ERR_NOMEM;
  for (uint64_t i = 0; i < kept; i++)
    done[i] = e->done[(e->done_first + i) & (e->done_size - 1)];
  free(e->done);
  e->done = done;
  e->done_first = 0;
  e->done_last = kept;
  e->done_size = size;
  return SMMU_OK;
}

int engine_timed_submit(struct engine_timed *e, const struct smmu_txn *txn, uint64_t *ticket)
{
  smmu_actor actor;
  int err = make_room(e);

  if (err == SMMU_OK)
    err = smmu_submit(e->device, txn, &actor, timed_hooks(e));
  if (err != SMMU_OK)
    return err;
  e->actor[actor].ticket = *ticket = ++e->tickets;
  e->actor[actor].submitted = e->now;
  e->in_flight++;
  e->stats.translations++;
  timed_wake(e);
  timed_deliver_pmcgs(e);
  return SMMU_OK;
}

bool engine_timed_poll(struct engine_timed *e, struct engine_timed_done *out)
{
  if (e->done_first == e->done_last)
    return false;
  *out = e->done[e->done_first++ & (e->done_size - 1)];
  return true;
}

void engine_timed_get_stats(const struct engine_timed *e, struct engine_timed_stats *out)
{
  *out = e->stats;
  for (unsigned i = 0; i < SMMU_STAGE_COUNT; i++)
    out->stage[i] = e->stage[i].use;
  out->read = e->read.use;
  out->write = e->write.use;
}
