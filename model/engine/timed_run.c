/* Engine `timed`: what happens when time goes on.
 * An event belongs to an actor and means that its ask has been served. The access to memory, the
 * answer and the step that takes it are one moment: the same transition that `explore` makes, so
 * that every run is one of the orders it visits. Only a bus that asks for more time parts them; the
 * step that takes the answer of an access shows nothing to others (smmu/step.h). */
#include <string.h>

#include "engine/timed_state.h"
#include "util/check.h"

/* Times beyond this are "until the device is at rest": nothing can overflow. */
#define LAST_TIME (1ULL << 63)
/* A bus adds at most this much: one second. */
#define EXTRA_MAX 1000000000000ULL

/* splitmix64. */
static uint64_t draw(struct engine_timed *e)
{
  uint64_t x = e->random += 0x9e3779b97f4a7c15ULL;

  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

uint32_t timed_tie(struct engine_timed *e)
{
  return e->seeded ? (uint32_t)draw(e) : 0;
}

static void schedule(struct engine_timed *e, smmu_actor a, uint64_t time)
{
  wheel_put(&e->wheel, a, time, timed_tie(e));
}

/* ---- who can move ---- */

static void wake_one(struct engine_timed *e, smmu_actor a)
{
  e->scheduled[a / 64] |= 1ULL << (a % 64);
  e->actor[a].place = TIMED_WOKEN;
  schedule(e, a, e->now);
}

static bool is_new(const struct engine_timed *e, smmu_actor a)
{
  return e->runnable[a / 64] & ~e->scheduled[a / 64] & 1ULL << (a % 64);
}

/* Those that wait come first, in the order in which they began: several may wait for the same room,
 * and by number the last ones would never have their turn. */
static void wake_waiting(struct engine_timed *e)
{
  for (uint32_t a = e->first_wait; a != RESOURCE_NOBODY; a = e->actor[a].next_wait) {
    if (is_new(e, a))
      wake_one(e, a);
  }
}

void timed_wake(struct engine_timed *e)
{
  uint64_t bits = 0;

  smmu_runnable(e->device, e->runnable);
  for (smmu_actor word = 0; word * 64 < e->actors; word++)
    bits |= e->runnable[word] & ~e->scheduled[word];
  if (!bits)
    return;
  wake_waiting(e);
  for (smmu_actor word = 0; word * 64 < e->actors; word++) {
    bits = e->runnable[word] & ~e->scheduled[word];
    for (; bits; bits &= bits - 1)
      wake_one(e, word * 64 + (smmu_actor)__builtin_ctzll(bits));
  }
}

static void rest(struct engine_timed *e, smmu_actor a)
{
  e->actor[a].place = TIMED_REST;
  e->scheduled[a / 64] &= ~(1ULL << (a % 64));
}

/* ---- resources ---- */

static bool is_memory(unsigned kind)
{
  return kind == SMMU_ASK_READ || kind == SMMU_ASK_WRITE || kind == SMMU_ASK_CAS;
}

static struct resource *way_of(struct engine_timed *e, const struct timed_actor *p)
{
  return p->ask.kind == SMMU_ASK_READ ? &e->read : &e->write;
}

static void serve(struct engine_timed *e, smmu_actor a, const struct resource *r, uint64_t start)
{
  struct timed_actor *p = &e->actor[a];

  if (p->place == TIMED_MEMORY)
    p->memory = start;
  else
    p->start = start;
  schedule(e, a, start + r->given.latency_ps);
}

static void enter(struct engine_timed *e, smmu_actor a, struct resource *r)
{
  uint64_t start;

  if (resource_enter(r, a, e->now, &start))
    serve(e, a, r, start);
}

static void leave(struct engine_timed *e, struct resource *r, uint64_t started)
{
  uint64_t start;
  uint32_t next = resource_leave(r, started, e->now, &start);

  if (next != RESOURCE_NOBODY)
    serve(e, next, r, start);
}

static void report_service(struct engine_timed *e, smmu_actor a)
{
  const struct timed_actor *p = &e->actor[a];
  bool memory = is_memory(p->ask.kind);

  e->span(e->span_ctx, &(struct timed_span){ .begin = p->begin,
                                             .start = p->start,
                                             .memory = memory ? p->memory : e->now,
                                             .end = e->now,
                                             .actor = a,
                                             .stage = p->ask.stage,
                                             .ask = p->ask.kind,
                                             .addr = memory ? p->ask.addr : 0 });
}

static void report_wait(struct engine_timed *e, smmu_actor a)
{
  e->span(e->span_ctx, &(struct timed_span){ .begin = e->actor[a].begin,
                                             .start = e->now,
                                             .memory = e->now,
                                             .end = e->now,
                                             .actor = a,
                                             .stage = SMMU_STAGE_NONE,
                                             .ask = SMMU_ASK_WAIT });
}

/* The ask has been served: give back what it held. */
static void release(struct engine_timed *e, smmu_actor a)
{
  struct timed_actor *p = &e->actor[a];

  if (is_memory(p->ask.kind))
    leave(e, way_of(e, p), p->memory);
  leave(e, &e->stage[p->ask.stage], p->start);
  if (e->span)
    report_service(e, a);
}

/* ---- steps ---- */

static void complete(struct engine_timed *e, smmu_actor a)
{
  struct timed_actor *p = &e->actor[a];
  struct engine_timed_done *d;

  if (p->ticket == 0) /* not submitted through this engine */
    return;
  d = &e->done[e->done_last++ & (e->done_size - 1)];
  *d =
    (struct engine_timed_done){ .ticket = p->ticket, .submitted = p->submitted, .ended = e->now };
  smmu_get_result(e->device, a, &d->result);
  p->ticket = 0;
  e->in_flight--;
}

static void pick(struct engine_timed *e, struct timed_actor *p)
{
  p->reply.choice = e->seeded ? (uint32_t)(draw(e) % p->ask.choices) : (uint32_t)p->ask.data[0];
}

static void deliver(struct engine_timed *e, uint32_t line)
{
  e->stats.signals[line]++;
  if (e->signal)
    e->signal(e->signal_ctx, (enum smmu_signal)line, e->now);
}

/* Woken in vain, it goes on waiting: one span, one place in line. */
static void wait(struct engine_timed *e, smmu_actor a)
{
  struct timed_actor *p = &e->actor[a];

  rest(e, a);
  if (p->waits)
    return;
  p->begin = e->now;
  p->waits = true;
  p->next_wait = RESOURCE_NOBODY;
  p->prev_wait = e->last_wait;
  if (e->last_wait == RESOURCE_NOBODY)
    e->first_wait = a;
  else
    e->actor[e->last_wait].next_wait = a;
  e->last_wait = a;
}

static void end_wait(struct engine_timed *e, smmu_actor a)
{
  struct timed_actor *p = &e->actor[a];

  if (!p->waits)
    return;
  p->waits = false;
  if (p->prev_wait == RESOURCE_NOBODY)
    e->first_wait = p->next_wait;
  else
    e->actor[p->prev_wait].next_wait = p->next_wait;
  if (p->next_wait == RESOURCE_NOBODY)
    e->last_wait = p->prev_wait;
  else
    e->actor[p->next_wait].prev_wait = p->prev_wait;
  if (e->span)
    report_wait(e, a);
}

/* A new ask is out. */
static void take_ask(struct engine_timed *e, smmu_actor a)
{
  struct timed_actor *p = &e->actor[a];

  if (p->ask.kind == SMMU_ASK_WAIT) {
    wait(e, a);
    return;
  }
  end_wait(e, a);
  switch (p->ask.kind) {
  case SMMU_ASK_READ:
  case SMMU_ASK_WRITE:
  case SMMU_ASK_CAS:
  case SMMU_ASK_STAGE:
  case SMMU_ASK_SEND:
    p->begin = e->now;
    p->place = TIMED_STAGE;
    enter(e, a, &e->stage[p->ask.stage]);
    return;
  case SMMU_ASK_END:
    if (a < e->txns)
      complete(e, a);
    break;
  default: break;
  }
  rest(e, a);
}

/* One step; a choice takes no time. The callback comes last: nothing of ours is open. */
static void step(struct engine_timed *e, smmu_actor a, const struct smmu_reply *reply)
{
  struct timed_actor *p = &e->actor[a];
  bool signal, ended;
  uint32_t line;

  for (;;) {
    e->stats.steps++;
    smmu_step(e->device, a, reply, timed_hooks(e), &p->ask);
    if (p->ask.kind != SMMU_ASK_PICK)
      break;
    pick(e, p);
    reply = &p->reply;
  }
  signal = p->ask.kind == SMMU_ASK_SIGNAL;
  ended = p->ask.kind == SMMU_ASK_END;
  line = p->ask.key;
  take_ask(e, a);
  timed_wake(e);
  if (ended && a == e->dvm)
    timed_dvm_ended(e, line);
  if (signal)
    deliver(e, line);
  timed_deliver_pmcgs(e);
}

/* Nothing else happens in this moment, so a read and a write are one. */
static bool compare_and_swap(struct engine_timed *e, const struct smmu_ask *ask, uint64_t *found,
                             uint64_t *extra_ps)
{
  uint64_t more = 0;
  bool ok = e->bus.read(e->bus.ctx, ask->addr, found, 8, extra_ps);

  e->stats.reads++;
  if (!ok || *found != ask->data[0])
    return ok;
  e->stats.writes++;
  ok = e->bus.write(e->bus.ctx, ask->addr, &ask->data[1], 8, &more);
  *extra_ps = more > *extra_ps ? more : *extra_ps;
  return ok;
}

/* The access. False: the bus wants more time for the answer. */
static bool access_memory(struct engine_timed *e, smmu_actor a)
{
  struct timed_actor *p = &e->actor[a];
  const struct smmu_ask *ask = &p->ask;
  uint64_t extra = 0;
  bool ok;

  if (ask->kind == SMMU_ASK_READ) {
    e->stats.reads++;
    ok = e->bus.read(e->bus.ctx, ask->addr, p->reply.data, ask->len, &extra);
  } else if (ask->kind == SMMU_ASK_CAS) {
    ok = compare_and_swap(e, ask, &p->reply.data[0], &extra);
  } else {
    e->stats.writes++;
    ok = e->bus.write(e->bus.ctx, ask->addr, ask->data, ask->len, &extra);
  }
  p->reply.status = ok ? SMMU_BUS_OK : SMMU_BUS_ABORT;
  if (extra == 0)
    return true;
  CHECK(extra <= EXTRA_MAX);
  p->place = TIMED_ANSWER;
  schedule(e, a, e->now + extra);
  return false;
}

/* The event of an actor. */
static void happen(struct engine_timed *e, smmu_actor a)
{
  struct timed_actor *p = &e->actor[a];

  if (p->place == TIMED_WOKEN) {
    step(e, a, NULL);
    return;
  }
  if (p->place == TIMED_STAGE && is_memory(p->ask.kind)) {
    p->place = TIMED_MEMORY;
    enter(e, a, way_of(e, p));
    return;
  }
  if (p->place == TIMED_MEMORY && !access_memory(e, a))
    return;
  release(e, a);
  if (p->ask.kind == SMMU_ASK_SEND)
    timed_send(e, &p->ask);
  step(e, a, &p->reply);
}

/* ---- time ---- */

uint64_t engine_timed_now(const struct engine_timed *e)
{
  return e->now;
}

uint64_t engine_timed_next_time(const struct engine_timed *e)
{
  uint32_t first = wheel_first(&e->wheel);

  return first == WHEEL_NONE ? ENGINE_NEVER : e->wheel.node[first].time;
}

/* Up to t, events alone. */
static void run_events(struct engine_timed *e, uint64_t t)
{
  uint32_t a;

  while ((a = wheel_take(&e->wheel, t)) != WHEEL_NONE) {
    e->now = e->wheel.node[a].time;
    if (a < e->actors)
      happen(e, a);
    else
      timed_answer_arrives(e, a);
  }
}

/* Up to t, events and what counter groups do by their clock; the clock alone keeps nobody from
 * rest. One event at a time, for each may set the clocks anew. */
static void run_with_pmcgs(struct engine_timed *e, uint64_t t)
{
  for (;;) {
    uint64_t event = engine_timed_next_time(e), clock = pmcg_groups_next_time(e->pmcgs);
    uint64_t bound = t < LAST_TIME ? t : event;

    if (event == ENGINE_NEVER && t >= LAST_TIME)
      return;
    if (clock <= bound && clock < event) {
      e->now = clock;
      pmcg_groups_advance(e->pmcgs, clock);
      timed_deliver_pmcgs(e);
    } else if (event <= bound) {
      run_events(e, event);
    } else {
      return;
    }
  }
}

void engine_timed_run_until(struct engine_timed *e, uint64_t t)
{
  CHECK(!e->running);
  e->running = true;
  timed_wake(e); /* the caller may have acted on the device itself */
  if (e->pmcgs)
    run_with_pmcgs(e, t);
  else
    run_events(e, t);
  e->running = false;
  if (t < LAST_TIME && t > e->now) {
    e->now = t;
    wheel_pass(&e->wheel, t);
  }
}
