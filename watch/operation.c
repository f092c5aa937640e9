/* What software says of itself: which operation a store belongs to, what it declared dead. An unmap
 * learns its addresses from the operation that had mapped what it removes: so a lazy one is known
 * again when its flush gives the address back, on whatever CPU. Bounded rings; what has left them is
 * unknown. */
#include <string.h>

#include "watch/state.h"

static bool is_kept(unsigned kind)
{
  return kind == PLAT_OP_MAP || kind == PLAT_OP_UNMAP || kind == PLAT_OP_IOCTL ||
         kind == PLAT_OP_EXIT || kind == PLAT_OP_IRQ_HANDLER;
}

static struct watch_operation *at(struct watch *w, uint32_t number)
{
  struct watch_operation *o = &w->operation[number & (w->options.operations - 1)];

  return number && o->number == number ? o : NULL;
}

const struct watch_operation *watch_operation_at(const struct watch *w, uint32_t number)
{
  return at((struct watch *)w, number);
}

uint32_t watch_operation_now(const struct watch *w, unsigned cpu)
{
  return cpu < w->cpus ? w->cpu[cpu].now : 0;
}

void watch_operation_replaces(struct watch *w, uint32_t number, uint32_t before)
{
  struct watch_operation *o = at(w, number);
  const struct watch_operation *old = at(w, before);

  if (!o || !old || o->kind != PLAT_OP_UNMAP || o->ranged || old->kind == PLAT_OP_UNMAP ||
      !old->ranged)
    return;
  o->other = before;
  o->ranged = true;
  o->first = old->first;
  o->last = old->last;
  o->domain = old->domain;
}

static void begin(struct watch *w, struct watch_cpu *c, const struct smmu_record *r)
{
  struct watch_operation *o;
  uint32_t i = c->depth++;

  if (i >= WATCH_DEEP)
    return;
  c->kind[i] = r->addr_in < PLAT_OP_COUNT ? (uint8_t)r->addr_in : PLAT_OP_COUNT;
  c->stack[i] = 0;
  if (!is_kept(c->kind[i]))
    return;
  c->stack[i] = c->now = ++w->operations;
  o = &w->operation[w->operations & (w->options.operations - 1)];
  w->lazies -= o->lazy;
  *o = (struct watch_operation){
    .number = w->operations, .cpu = r->actor, .world = r->unit, .kind = c->kind[i], .began = w->now
  };
}

/* Lazy unmaps whose address may be this one. */
static uint32_t *lazy_of(struct watch *w, unsigned world, uint64_t domain, uint64_t first)
{
  uint64_t key = first ^ domain << 40 ^ (uint64_t)world << 56;

  return &w->lazy[(key * 0x9e3779b97f4a7c15) >> 32 & (w->options.operations - 1)];
}

static void begin_lazy(struct watch *w, struct watch_operation *o)
{
  uint32_t *newest = lazy_of(w, o->world, o->domain, o->first);

  o->lazy = true;
  o->older = *newest;
  *newest = o->number;
  w->lazies++;
}

/* The innermost operation that is kept, or 0. */
static uint32_t innermost(const struct watch_cpu *c)
{
  uint32_t i = c->depth < WATCH_DEEP ? c->depth : WATCH_DEEP;

  while (i > 0 && !is_kept(c->kind[i - 1]))
    i--;
  return i ? c->stack[i - 1] : 0;
}

static void end(struct watch *w, struct watch_cpu *c, const struct smmu_record *r)
{
  struct watch_operation *o;

  if (c->depth == 0 || --c->depth >= WATCH_DEEP)
    return;
  c->now = innermost(c);
  o = at(w, c->stack[c->depth]);
  if (!o)
    return;
  o->ended = w->now;
  o->ended_time = r->time;
  if (o->kind == PLAT_OP_UNMAP && !o->dead && o->ranged)
    begin_lazy(w, o);
}

static bool gives_back(const struct watch_operation *o, const struct watch_death *d)
{
  return o->lazy && o->world == d->world && o->domain == d->id && o->first <= d->last &&
         o->last >= d->first;
}

/* The lazy unmap that began where this begins, as it is most often; it leaves its list. */
static struct watch_operation *take_lazy(struct watch *w, const struct watch_death *d)
{
  uint32_t *from = lazy_of(w, d->world, d->id, d->first);
  struct watch_operation *o;

  for (; (o = at(w, *from)); from = &o->older) {
    if (!gives_back(o, d))
      continue;
    *from = o->older;
    return o;
  }
  return NULL;
}

/* Any of them that this overlaps, the oldest first. */
static struct watch_operation *search_lazy(struct watch *w, const struct watch_death *d)
{
  uint32_t left = w->lazies, ring = w->options.operations;

  for (uint32_t n = w->operations < ring ? 1 : w->operations - ring + 1; left && n <= w->operations;
       n++) {
    struct watch_operation *o = at(w, n);

    if (o && gives_back(o, d))
      return o;
    left -= o && o->lazy;
  }
  return NULL;
}

/* The lazy unmap of an address that is given back now. */
static void end_lazy(struct watch *w, const struct watch_death *d)
{
  struct watch_operation *o = w->lazies ? take_lazy(w, d) : NULL;

  if (!o)
    o = search_lazy(w, d);
  if (!o)
    return;
  o->dead = d->record;
  o->place = d->place;
  o->lazy = false;
  w->lazies--;
  watch_length_add(&w->counts.flush, d->time - o->ended_time);
}

static void unmapped(struct watch *w, const struct watch_death *d)
{
  struct watch_operation *o = at(w, watch_operation_now(w, d->cpu));
  bool is_unmap = o && o->kind == PLAT_OP_UNMAP && o->world == d->world;

  if (o && o->kind == PLAT_OP_IOCTL) {
    o->place = d->place;
    o->dead = d->record; /* one call may unmap several areas, one after the other */
  } else if (is_unmap &&
             (!o->ranged || (o->domain == d->id && o->first <= d->last && o->last >= d->first))) {
    o->dead = d->record;
    o->place = d->place;
    o->first = d->first;
    o->last = d->last;
    o->domain = d->id;
    o->ranged = true;
  } else {
    end_lazy(w, d);
  }
}

static void mapped(struct watch *w, const struct smmu_record *r)
{
  struct watch_operation *o = at(w, watch_operation_now(w, r->actor));

  if (!o)
    return;
  o->ranged = true;
  o->first = r->addr_in;
  o->last = r->addr_in + r->addr_out - 1;
  o->domain = r->word;
}

/* A range, or the number that was given back. */
static bool declare(struct watch *w, const struct smmu_record *r, struct watch_death *d)
{
  bool id = r->result == PLAT_NOTE_ASID || r->result == PLAT_NOTE_VMID;

  *d = (struct watch_death){ .record = w->now,
                             .time = r->time,
                             .place = r->slot,
                             .kind = r->result,
                             .world = r->unit,
                             .cpu = r->actor };
  d->id = r->result == PLAT_NOTE_UNMAPPED ? r->word : r->addr_in;
  d->first = r->addr_in;
  d->last = r->addr_in + r->addr_out - 1;
  if ((id && r->addr_out != 0) || (!id && r->result != PLAT_NOTE_STREAM && r->addr_out == 0))
    return false;
  if (r->result == PLAT_NOTE_UNMAPPED) {
    w->unmapped.death[w->unmapped.count++ % WATCH_DEATHS] = *d;
  } else {
    w->freed.death[w->freed.count++ % WATCH_DEATHS] = *d;
    w->epoch++;
  }
  return true;
}

void watch_note(struct watch *w, const struct smmu_record *r)
{
  struct watch_death d;

  if (!watch_grow(w, (void **)&w->cpu, &w->cpus, r->actor, sizeof *w->cpu))
    return;
  switch (r->result) {
  case PLAT_NOTE_BEGIN: begin(w, &w->cpu[r->actor], r); break;
  case PLAT_NOTE_STOP: end(w, &w->cpu[r->actor], r); break;
  case PLAT_NOTE_MAPPED: mapped(w, r); break;
  case PLAT_NOTE_UNMAPPED:
    if (declare(w, r, &d))
      unmapped(w, &d);
    break;
  default: (void)declare(w, r, &d); break;
  }
}
