/* One run: build, boot, turns, results, shutdown. See result.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/device.h"
#include "machine/world.h"
#include "smmu/err.h"

/* ---- differences of counters ---- */

static void count_drivers(struct machine_counts *c, const struct machine_counters *a,
                          const struct machine_counters *b)
{
  c->guest_commands = b->subject.commands - a->subject.commands;
  c->guest_syncs = b->subject.syncs - a->subject.syncs;
  c->guest_tlbi = b->subject.tlbi - a->subject.tlbi;
  c->guest_atc_inv = b->subject.atc_inv - a->subject.atc_inv;
  c->guest_submissions = b->subject.submissions - a->subject.submissions;
  c->host_commands = b->host.commands - a->host.commands;
  c->host_syncs = b->host.syncs - a->host.syncs;
  c->host_tlbi = b->host.tlbi - a->host.tlbi;
  c->host_submissions = b->host.submissions - a->host.submissions;
  c->maps = b->dma.maps - a->dma.maps;
  c->unmaps = b->dma.unmaps - a->dma.unmaps;
  c->iova_fast = b->iova.fast - a->iova.fast;
  c->iova_slow = b->iova.slow - a->iova.slow;
}

/* A driver that is not ours keeps no counts for us: what the VMM took from its queue, and what the device
 * took from others. */
static void count_seen(struct machine_counts *c, const struct machine_counters *a,
                       const struct machine_counters *b)
{
  c->guest_commands = b->seen.commands - a->seen.commands + b->vm.commands - a->vm.commands;
  c->guest_syncs = b->seen.syncs - a->seen.syncs + b->vm.syncs - a->vm.syncs;
  c->guest_tlbi = c->guest_commands - c->guest_syncs;
  c->maps = b->seen.maps - a->seen.maps;
  c->unmaps = b->seen.unmaps - a->seen.unmaps;
}

static void count_vm(struct machine_counts *c, const struct vmm_counts *a,
                     const struct vmm_counts *b)
{
  c->exits = b->exits - a->exits;
  c->exits_prod = b->exits_prod - a->exits_prod;
  c->exits_cons = b->exits_cons - a->exits_cons;
  c->exits_cmdqv = b->exits_cmdqv - a->exits_cmdqv;
  c->exits_other = b->exits_other - a->exits_other;
  c->ioctls = b->ioctls - a->ioctls;
  c->invalidates = b->invalidates - a->invalidates;
  c->irqs = b->irqs - a->irqs;
  c->lock_taken = b->lock_taken - a->lock_taken;
  c->lock_slept = b->lock_slept - a->lock_slept;
  c->lock_moved = b->lock_moved - a->lock_moved;
}

static void use_between(struct timed_use *out, const struct timed_use *a, const struct timed_use *b)
{
  out->served = b->served - a->served;
  out->busy_ps = b->busy_ps - a->busy_ps;
  out->waited_ps = b->waited_ps - a->waited_ps;
  out->longest_wait_ps = b->longest_wait_ps; /* since creation: a maximum has no difference */
}

static void count_device(struct engine_timed_stats *out, const struct engine_timed_stats *a,
                         const struct engine_timed_stats *b)
{
  out->steps = b->steps - a->steps;
  out->reads = b->reads - a->reads;
  out->writes = b->writes - a->writes;
  out->translations = b->translations - a->translations;
  for (unsigned i = 0; i < SMMU_STAGE_COUNT; i++)
    use_between(&out->stage[i], &a->stage[i], &b->stage[i]);
  use_between(&out->read, &a->read, &b->read);
  use_between(&out->write, &a->write, &b->write);
}

/* ---- which parameters had a part ---- */

/* Latency, slots and interval of a stage that has served. */
static void mark_stage(struct machine_result *r, unsigned latency_key, const struct timed_use *use)
{
  for (unsigned i = 0; i < 3; i++)
    r->used[latency_key + i] = use->served != 0;
}

static void mark_used(struct machine_result *r, const struct machine_world *w)
{
  const struct machine_config *cfg = w->cfg;

#define COST(name, key, neutral_ps, what) \
  r->used[MACHINE_KEY_##name] = w->observer.charged[PLAT_COST_##name];
#include "plat/costs.def"
#undef COST
  for (unsigned i = SMMU_STAGE_NONE + 1; i < SMMU_STAGE_COUNT; i++)
    mark_stage(r, machine_stage_latency_key(i), &r->device.stage[i]);
  mark_stage(r, MACHINE_KEY_READ_LATENCY, &r->device.read);
  mark_stage(r, MACHINE_KEY_WRITE_LATENCY, &r->device.write);
  r->used[MACHINE_KEY_JITTER] =
    machine_get(cfg, MACHINE_KEY_SEED) != 0 && machine_get(cfg, MACHINE_KEY_JITTER) != 0;
  r->used[MACHINE_KEY_LOCK_SWITCH] =
    r->counts.lock_moved != 0 && machine_get(cfg, MACHINE_KEY_LOCK_SWITCH) != 1000;
}

/* ---- the run ---- */

static int measure(struct machine_world *w, struct machine_result *r)
{
  struct machine_counters before, after;
  uint64_t start;
  int rc = machine_world_start_pmcg(w);

  if (rc != SMMU_OK)
    return rc;
  machine_world_counters(w, &before);
  start = plat_board_time(w->board);
  rc = machine_world_turns(w);
  if (rc != SMMU_OK)
    return rc;
  machine_world_counters(w, &after);
  r->time_ps = plat_board_time(w->board) - start;
  rc = machine_world_stop_pmcg(w, &r->pmcg);
  if (rc != SMMU_OK)
    return rc;
  r->threads = (unsigned)machine_get(w->cfg, MACHINE_KEY_THREADS);
  r->where = w->observer.where;
  r->bench_turns = w->sums.inside.turns;
  r->bench_unmap_ps = w->sums.inside.unmap_ps;
  r->has_device = machine_get(w->cfg, MACHINE_KEY_ENGINE) == MACHINE_ENGINE_TIMED;
  count_drivers(&r->counts, &before, &after);
  if (w->software)
    count_seen(&r->counts, &before, &after);
  r->counts.mmio_reads = after.seen.mmio_reads - before.seen.mmio_reads;
  r->counts.mmio_writes = after.seen.mmio_writes - before.seen.mmio_writes;
  count_vm(&r->counts, &before.vm, &after.vm);
  count_device(&r->device, &before.device, &after.device);
  mark_used(r, w);
  return SMMU_OK;
}

static void collect(struct machine_world *w, struct machine_result *r)
{
  r->thread = w->observer.thread;
  w->observer.thread = NULL;
  for (unsigned i = 0; i < r->threads; i++) {
    machine_series_merge(&r->all.map, &r->thread[i].map);
    machine_series_merge(&r->all.unmap, &r->thread[i].unmap);
  }
  r->hash = w->observer.hash;
  r->records = w->observer.records;
}

/* Boots, measures and shuts down. *given_up: programs are in the middle of something. */
static int use(struct machine_world *w, struct machine_result *r, bool *given_up)
{
  int rc = machine_world_boot(w), more;

  if (rc == SMMU_OK)
    rc = measure(w, r);
  *given_up = w->stuck;
  if (*given_up)
    return rc;
  if (rc != SMMU_OK)
    w->err = &w->later; /* the first error is the one to be told */
  more = machine_world_shut_down(w);
  *given_up = more != SMMU_OK;
  return rc == SMMU_OK ? more : rc;
}

static int check_memory(const struct machine_config *cfg, struct machine_error *err)
{
  if (machine_get(cfg, MACHINE_KEY_BACKING) == MACHINE_BACKING_CONTIGUOUS ||
      machine_get(cfg, MACHINE_KEY_BACKING_SEED) == 0)
    return SMMU_OK;
  snprintf(err->text, sizeof(err->text),
           "vm.backing: this software needs memory in one piece, expected contiguous");
  return SMMU_ERR_BADCFG;
}

int machine_run(const struct machine_config *cfg, const struct machine_sink *sink,
                struct machine_result *result, struct machine_error *err)
{
  return machine_run_software(cfg, NULL, sink, result, err);
}

int machine_run_software(const struct machine_config *cfg, const struct machine_software *software,
                         const struct machine_sink *sink, struct machine_result *result,
                         struct machine_error *err)
{
  struct machine_world *w;
  bool given_up = false;
  int rc = machine_config_check(cfg, err);

  memset(result, 0, sizeof(*result));
  if (rc == SMMU_OK && software)
    rc = check_memory(cfg, err);
  if (rc != SMMU_OK)
    return rc;
  w = calloc(1, sizeof(*w));
  if (!w) {
    snprintf(err->text, sizeof(err->text), "out of memory");
    return SMMU_ERR_NOMEM;
  }
  w->cfg = cfg;
  w->err = err;
  w->software = software;
  w->observer.sink = sink;
  rc = machine_world_create(w);
  if (rc == SMMU_OK)
    rc = use(w, result, &given_up);
  if (rc == SMMU_OK)
    collect(w, result);
  machine_world_destroy(w, given_up);
  return rc;
}
