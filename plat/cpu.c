/* CPUs: fibers in the order of their clocks, and the device in between.
 * A CPU that stops running looks for the next one itself and switches to it, so there is no loop
 * that control returns to. Whoever is next, the device and the lines raised for later have been run
 * up to his clock, one time at a time, because each may wake somebody who is earlier still. */
#include "plat/state.h"
#include "util/check.h"

/* ---- CPUs that can run: a binary heap of keys ---- */

static inline bool before(struct key a, struct key b)
{
  return a.clock < b.clock || (a.clock == b.clock && a.tie < b.tie);
}

/* Let `key` sink from place i to where it belongs. */
static void sink(struct plat_board *b, uint32_t i, struct key key)
{
  struct key *heap = b->heap;

  for (uint32_t child; (child = 2 * i + 1) < b->ready; i = child) {
    if (child + 1 < b->ready)
      child += before(heap[child + 1], heap[child]);
    if (!before(heap[child], key))
      break;
    heap[i] = heap[child];
  }
  heap[i] = key;
}

static void rise(struct plat_board *b, uint32_t i, struct key key)
{
  for (; i > 0 && before(key, b->heap[(i - 1) / 2]); i = (i - 1) / 2)
    b->heap[i] = b->heap[(i - 1) / 2];
  b->heap[i] = key;
}

static struct cpu *cpu_of(struct plat_board *b, struct key key)
{
  return &b->cpu[key.tie & ((1u << PLAT_NUMBER_BITS) - 1)];
}

/* Among CPUs with the same clock: the lowest number, or as the seed draws. */
static void draw_tie(struct plat_board *b, struct cpu *c)
{
  if (b->config.seed)
    c->key.tie = plat_draw(&b->tie_random) << PLAT_NUMBER_BITS | c->number;
}

static void make_ready(struct plat_board *b, struct cpu *c)
{
  c->state = CPU_READY;
  draw_tie(b, c);
  rise(b, b->ready++, c->key);
}

static void remove_at(struct plat_board *b, uint32_t i)
{
  struct key last = b->heap[--b->ready];

  if (i == b->ready)
    return;
  sink(b, i, last);
  rise(b, i, b->heap[i]);
}

/* ---- who is next ---- */

/* When the device or a raised line acts next, or somebody gives up waiting. */
static uint64_t next_event(const struct plat_board *b)
{
  uint64_t device = b->device.ops->next_time(b->device.ctx);
  uint64_t raise = b->raises ? b->raise[0].time : ENGINE_NEVER;
  uint64_t first = device < raise ? device : raise;
  uint64_t deadline = b->monitors ? word_deadline(b) : ENGINE_NEVER;

  return first < deadline ? first : deadline;
}

static bool anybody_sleeps(const struct plat_board *b)
{
  for (uint32_t i = 0; i < b->total; i++) {
    if (b->cpu[i].state == CPU_ASLEEP)
      return true;
  }
  return false;
}

/* The clocks of counter groups: before a CPU at `first` and the event at `event`. With nothing else
 * to come they matter only to somebody asleep. */
static uint64_t next_alarm(const struct plat_board *b, uint64_t first, uint64_t event)
{
  uint64_t alarm = b->device.ops->alarm_time(b->device.ctx);
  bool others = first != ENGINE_NEVER || event != ENGINE_NEVER;

  return alarm < event && (others || anybody_sleeps(b)) ? alarm : event;
}

static bool beyond_limit(struct plat_board *b, uint64_t time)
{
  b->at_limit |= time > b->limit;
  return time > b->limit;
}

static void run_events(struct plat_board *b, uint64_t time)
{
  b->reached = time;
  b->device.ops->run_until(b->device.ctx, time);
  irq_raise_until(b, time);
  if (b->monitors)
    word_check(b, time);
  if (b->expecting)
    translate_collect(b);
}

/* Let everything happen that comes before the next CPU may act: `clock` is that of a CPU which is
 * not in the heap, ENGINE_NEVER if there is none. False when nobody can act, or not before the
 * limit. */
static bool run_to_next(struct plat_board *b, uint64_t clock)
{
  for (;;) {
    uint64_t first = b->ready && b->heap[0].clock < clock ? b->heap[0].clock : clock;
    uint64_t event = next_event(b);

    if (b->pmcg_bytes)
      event = next_alarm(b, first, event);
    if (event > first || event == ENGINE_NEVER) {
      if (first == ENGINE_NEVER || beyond_limit(b, first))
        return false;
      b->reached = first;
      return true;
    }
    if (beyond_limit(b, event))
      return false;
    run_events(b, event);
  }
}

static void switch_to(struct plat_board *b, struct cpu *to)
{
  struct fiber *from = b->current ? &b->current->fiber : &b->outside;
  struct fiber *fiber = to ? &to->fiber : &b->outside;

  if (to)
    to->state = CPU_RUNNING;
  if (from == fiber)
    return;
  b->current = to;
  fiber_switch(from, fiber);
}

/* The current CPU runs no more for now. Returns when it is chosen again. */
static void leave(struct plat_board *b)
{
  struct cpu *next = NULL;

  if (run_to_next(b, ENGINE_NEVER)) {
    next = cpu_of(b, b->heap[0]);
    remove_at(b, 0);
  }
  switch_to(b, next);
}

void plat_cpu_settle(struct plat_board *b)
{
  struct cpu *self = cpu_current(b), *next;

  draw_tie(b, self);
  if (!run_to_next(b, self->key.clock)) {
    self->state = CPU_READY;
    rise(b, b->ready++, self->key);
    switch_to(b, NULL);
    return;
  }
  if (b->ready == 0 || before(self->key, b->heap[0]))
    return;
  next = cpu_of(b, b->heap[0]);
  self->state = CPU_READY;
  sink(b, 0, self->key);
  switch_to(b, next);
}

void cpu_meet_device(struct plat_board *b)
{
  b->device.ops->run_until(b->device.ctx, b->current->key.clock);
}

void cpu_run_all(struct plat_board *b)
{
  b->at_limit = false;
  leave(b);
}

/* ---- sleeping ---- */

void cpu_sleep(struct plat_board *b, enum cpu_reason reason, const void *object)
{
  struct cpu *self = cpu_current(b);

  self->state = CPU_ASLEEP;
  self->reason = (uint8_t)reason;
  self->object = object;
  if (b->expecting)
    translate_collect(b); /* its answer may be there already */
  leave(b);
}

void cpu_wake(struct plat_board *b, struct cpu *c, uint64_t time, enum plat_cost cost)
{
  uint64_t start = c->key.clock;

  CHECK(c->state == CPU_ASLEEP);
  if (time > start)
    c->key.clock = time;
  if (b->watch.sleep && time > start)
    b->watch.sleep(b->watch.ctx, c->number, start, time);
  if (cost < PLAT_COST_COUNT)
    cpu_charge(b, c, cost, 1);
  make_ready(b, c);
}

void cpu_wake_list(struct plat_board *b, uint32_t *first, uint64_t time, enum plat_cost cost)
{
  uint32_t next = *first;

  *first = 0;
  while (next) {
    struct cpu *c = &b->cpu[next - 1];

    next = c->next;
    cpu_wake(b, c, time, cost);
  }
}

/* ---- programs ---- */

/* The life of a CPU: it is idle, then runs a program, then is idle. */
static void live(void *arg)
{
  struct cpu *self = arg;
  struct plat_board *b = self->board;

  for (;;) {
    self->program(self->arg);
    plat_cpu_settle(b); /* idle is something that others see */
    self->state = CPU_IDLE;
    if (self->number >= b->cpus)
      irq_finished(b, self);
    leave(b);
  }
}

bool cpu_prepare(struct plat_board *b, struct cpu *c)
{
  return c->fiber.mapping || fiber_create(&c->fiber, b->config.stack_bytes, live, c);
}

void cpu_begin(struct plat_board *b, struct cpu *c, void (*program)(void *arg), void *arg)
{
  CHECK(c->state == CPU_IDLE);
  c->program = program;
  c->arg = arg;
  c->permille = 1000;
  make_ready(b, c);
}

void cpu_cancel(struct plat_board *b, struct cpu *c)
{
  uint32_t i = 0;

  CHECK(c->state == CPU_READY);
  while (cpu_of(b, b->heap[i]) != c)
    CHECK(++i < b->ready);
  remove_at(b, i);
  c->state = CPU_IDLE;
}

struct cpu *cpu_current(const struct plat_board *b)
{
  CHECK(b->current); /* a program on a CPU, not the one who runs the board */
  return b->current;
}

unsigned plat_cpu_current(const struct plat_board *board)
{
  return cpu_current(board)->number;
}

uint64_t plat_board_time(const struct plat_board *board)
{
  return board->current ? board->current->key.clock : board->reached;
}

int plat_cpu_start(struct plat_board *board, unsigned cpu, void (*program)(void *arg), void *arg)
{
  uint64_t *clock = &board->cpu[cpu < board->cpus ? cpu : 0].key.clock;

  if (cpu >= board->cpus)
    return SMMU_ERR_BADARG;
  if (board->current)
    plat_cpu_settle(board);
  if (board->cpu[cpu].state != CPU_IDLE)
    return SMMU_ERR_BADARG;
  if (!cpu_prepare(board, &board->cpu[cpu]))
    return SMMU_ERR_NOMEM;
  if (*clock < plat_board_time(board))
    *clock = plat_board_time(board);
  cpu_begin(board, &board->cpu[cpu], program, arg);
  return SMMU_OK;
}
