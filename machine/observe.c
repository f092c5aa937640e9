/* See observe.h. */
#include "machine/observe.h"

#include <string.h>

#include "arch/structs.h"
#include "plat/place.h"

/* ---- records ---- */

static uint16_t world_of(const struct machine_observer *o, const void *platform)
{
  for (unsigned i = 0; i < MACHINE_WORLDS; i++) {
    if (o->world[i] == platform)
      return (uint16_t)i;
  }
  return MACHINE_WORLDS;
}

static void mix(struct machine_observer *o, uint64_t word)
{
  o->hash = (o->hash ^ word) * 0x9e3779b97f4a7c15ULL;
  o->hash ^= o->hash >> 29;
}

/* What is hashed is what a record says, whether or not anybody takes it. */
static void emit(struct machine_observer *o, const struct smmu_record *r)
{
  mix(o, r->time);
  mix(o, r->addr_in);
  mix(o, r->addr_out);
  mix(o, r->word);
  mix(o,
      (uint64_t)r->category << 48 | (uint64_t)r->actor << 32 | (uint64_t)r->result << 16 | r->unit);
  o->records++;
  if (o->sink)
    o->sink->record(o->sink->ctx, r);
}

/* Where the program is that calls; numbers of places take no part in the hash, for they differ between
 * builds. */
static uint32_t place_of(const struct machine_observer *o)
{
  return o->sink && o->sink->places ? plat_place_here(o->sink->places, o->board) : 0;
}

static void on_device(void *ctx, const struct smmu_record *r)
{
  struct machine_observer *o = ctx;

  if (o->tally)
    machine_tally_record(o->tally, r);
  if (r->category == SMMU_TRACE_COMMAND && r->unit != 0) {
    o->seen.commands++;
    o->seen.syncs += (uint8_t)r->addr_out == CMD_SYNC;
  }
  emit(o, r);
}

void machine_observer_span(void *observer, const struct timed_span *span)
{
  struct smmu_record r = { .category = SMMU_TRACE_SPAN,
                           .time = span->start,
                           .addr_in = span->begin,
                           .word = span->end,
                           .addr_out = span->addr,
                           .actor = (uint16_t)span->actor,
                           .phase = span->stage,
                           .info = span->ask };

  emit(observer, &r);
}

static void on_mmio(void *ctx, unsigned cpu, uint64_t time, const void *platform, uint64_t addr,
                    uint64_t value, unsigned bytes, bool write)
{
  struct machine_observer *o = ctx;
  struct smmu_record r = { .category = write ? SMMU_TRACE_STORE_REG : SMMU_TRACE_LOAD_REG,
                           .time = time,
                           .addr_in = addr,
                           .word = value,
                           .actor = (uint16_t)cpu,
                           .unit = world_of(ctx, platform),
                           .slot = place_of(ctx),
                           .info = (uint8_t)bytes };

  if (platform == o->subject) {
    o->seen.mmio_writes += write;
    o->seen.mmio_reads += !write;
  }
  emit(ctx, &r);
}

static void on_store(void *ctx, unsigned cpu, uint64_t time, const void *platform, uint64_t seen,
                     uint64_t addr, uint64_t value)
{
  struct smmu_record r = { .category = SMMU_TRACE_STORE,
                           .time = time,
                           .addr_in = addr,
                           .addr_out = seen,
                           .word = value,
                           .actor = (uint16_t)cpu,
                           .unit = world_of(ctx, platform),
                           .slot = place_of(ctx),
                           .info = 8 };

  emit(ctx, &r);
}

/* ---- where time goes ---- */

static struct machine_watched *watched(struct machine_observer *o, unsigned cpu)
{
  return o->active && cpu < o->cpus ? &o->cpu[cpu] : NULL;
}

/* Is this CPU inside an unmap, by the benchmark's clock? */
static bool unmaps(const struct machine_watched *w)
{
  return w && (w->cold || (w->mapping && w->operation[w->mapping - 1] == PLAT_OP_UNMAP));
}

static void on_charge(void *ctx, unsigned cpu, enum plat_cost what, uint64_t n, uint64_t start,
                      uint64_t end)
{
  struct machine_observer *o = ctx;
  struct machine_watched *w = watched(o, cpu);
  struct smmu_record r = { .category = SMMU_TRACE_CHARGE,
                           .time = start,
                           .word = end,
                           .addr_in = n,
                           .actor = (uint16_t)cpu,
                           .result = (uint16_t)what };

  emit(o, &r);
  o->charged[what] |= o->active;
  if (w && what == PLAT_COST_COLD && w->depth == 0) {
    memset(&w->where, 0, sizeof(w->where));
    w->cold = true;
    w->began = start;
  }
  if (unmaps(w)) {
    w->where.cost[what].units += n;
    w->where.cost[what].ps += end - start;
  }
}

static unsigned innermost(const struct machine_watched *w)
{
  if (w->depth == 0)
    return PLAT_OP_UNMAP;
  return w
    ->operation[w->depth <= MACHINE_OPERATIONS_DEEP ? w->depth - 1 : MACHINE_OPERATIONS_DEEP - 1];
}

static void on_sleep(void *ctx, unsigned cpu, uint64_t start, uint64_t end)
{
  struct machine_observer *o = ctx;
  struct machine_watched *w = watched(o, cpu);
  struct smmu_record r = {
    .category = SMMU_TRACE_SLEEP, .time = start, .word = end, .actor = (uint16_t)cpu
  };

  emit(o, &r);
  if (unmaps(w)) {
    struct machine_spent *s = &w->where.sleep[innermost(w)];

    s->units++;
    s->ps += end - start;
  }
}

static bool is_turn(const struct machine_observer *o, const void *platform, uint64_t operation)
{
  return platform == o->subject && (operation == PLAT_OP_MAP || operation == PLAT_OP_UNMAP);
}

static void begin(struct machine_observer *o, struct machine_watched *w, uint64_t time,
                  const void *platform, uint64_t operation)
{
  if (w->depth < MACHINE_OPERATIONS_DEEP) {
    w->operation[w->depth] = (uint8_t)operation;
    if (!w->mapping && is_turn(o, platform, operation)) {
      w->mapping = w->depth + 1;
      w->turns[operation == PLAT_OP_UNMAP]++;
      if (!w->cold) {
        memset(&w->where, 0, sizeof(w->where));
        w->began = time;
      }
      w->cold = false;
    }
  }
  w->depth++;
}

static void add_spent(struct machine_spent *to, const struct machine_spent *from, unsigned count)
{
  for (unsigned i = 0; i < count; i++) {
    to[i].units += from[i].units;
    to[i].ps += from[i].ps;
  }
}

/* A map or unmap of a thread has ended. */
static void end_turn(struct machine_observer *o, unsigned cpu, uint64_t time)
{
  struct machine_watched *w = &o->cpu[cpu];
  bool unmap = w->operation[w->mapping - 1] == PLAT_OP_UNMAP;
  struct machine_thread *t = &o->thread[cpu];

  w->mapping = 0;
  o->seen.unmaps += unmap;
  o->seen.maps += !unmap;
  if (w->turns[unmap] <= o->warmup || w->began > o->over_at)
    return;
  machine_series_add(unmap ? &t->unmap : &t->map, time - w->began);
  if (!unmap)
    return;
  add_spent(o->where.cost, w->where.cost, PLAT_COST_COUNT);
  add_spent(o->where.sleep, w->where.sleep, PLAT_OP_COUNT);
  if (w->turns[1] == o->warmup + o->loops && time < o->over_at)
    o->over_at = time;
}

static void end(struct machine_observer *o, unsigned cpu, uint64_t time)
{
  struct machine_watched *w = &o->cpu[cpu];

  if (w->depth > 0 && w->depth-- == w->mapping)
    end_turn(o, cpu, time);
}

static void on_note(void *ctx, unsigned cpu, uint64_t time, const void *platform,
                    const struct plat_note *note)
{
  struct machine_observer *o = ctx;
  struct smmu_record r = { .category = SMMU_TRACE_NOTE,
                           .time = time,
                           .addr_in = note->a,
                           .addr_out = note->b,
                           .word = note->c,
                           .actor = (uint16_t)cpu,
                           .unit = world_of(o, platform),
                           .slot = place_of(o),
                           .result = (uint16_t)note->kind };

  emit(o, &r);
  if (!watched(o, cpu))
    return;
  if (note->kind == PLAT_NOTE_BEGIN && note->a < PLAT_OP_COUNT)
    begin(o, &o->cpu[cpu], time, platform, note->a);
  else if (note->kind == PLAT_NOTE_STOP)
    end(o, cpu, time);
}

void machine_observer_start(struct machine_observer *o)
{
  o->over_at = ENGINE_NEVER;
  o->watch = (struct plat_watch){ .ctx = o,
                                  .charge = on_charge,
                                  .sleep = on_sleep,
                                  .note = on_note,
                                  .mmio = on_mmio,
                                  .store = on_store };
  o->hooks = (struct smmu_hooks){ .ctx = o, .record = on_device };
}
