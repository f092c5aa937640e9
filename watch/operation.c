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
  struct watch_operation *o = &w->operation[number % w->options.operations];

  return number && o->number == number ? o : NULL;
}

const struct watch_operation *watch_operation_at(const struct watch *w, uint32_t number)
{
  return at((struct watch *)w, number);
}

uint32_t watch_operation_now(const struct watch *w, unsigned cpu)
{
  const struct watch_cpu *c;

  if (cpu >= w->cpus)
    return 0;
  c = &w->cpu[cpu];
  for (uint32_t i = c->depth < WATCH_DEEP ? c->depth : WATCH_DEEP; i > 0; i--) {
    if (is_kept(c->kind[i - 1]))
      return c->stack[i - 1];
  }
  return 0;
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
  uint32_t i = c->depth++;

  if (i >= WATCH_DEEP)
    return;
  c->kind[i] = r->addr_in < PLAT_OP_COUNT ? (uint8_t)r->addr_in : PLAT_OP_COUNT;
  c->stack[i] = 0;
  if (!is_kept(c->kind[i]))
    return;
  c->stack[i] = ++w->operations;
  w->operation[w->operations % w->options.operations] = (struct watch_operation){
    .number = w->operations, .cpu = r->actor, .world = r->unit, .kind = c->kind[i], .began = w->now
  };
}

static void end(struct watch *w, struct watch_cpu *c, const struct smmu_record *r)
{
  struct watch_operation *o;

  if (c->depth == 0 || --c->depth >= WATCH_DEEP)
    return;
  o = at(w, c->stack[c->depth]);
  if (!o)
    return;
  o->ended = w->now;
  o->ended_time = r->time;
  o->lazy = o->kind == PLAT_OP_UNMAP && !o->dead && o->ranged;
  if (o->lazy && (w->lazy_first == 0 || o->number < w->lazy_first || !at(w, w->lazy_first)))
    w->lazy_first = o->number;
}

/* The lazy unmaps of an address that is given back now. */
static void end_lazy(struct watch *w, const struct watch_death *d)
{
  uint32_t oldest =
    w->operations < w->options.operations ? 1 : w->operations - w->options.operations + 1;
  uint32_t n = w->lazy_first > oldest ? w->lazy_first : oldest;
  bool waits = false;

  for (; w->lazy_first && n <= w->operations; n++) {
    struct watch_operation *o = at(w, n);

    if (!waits)
      w->lazy_first = n;
    if (!o || !o->lazy)
      continue;
    if (o->world == d->world && o->domain == d->id && o->first <= d->last && o->last >= d->first) {
      o->dead = d->record;
      o->place = d->place;
      o->lazy = false;
      watch_length_add(&w->counts.flush, d->time - o->ended_time);
      break;
    }
    waits = true;
  }
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
