/* Interrupt lines: latched, not counted. A handler has a CPU of its own and is an ordinary program
 * there; it begins PLAT_COST_IRQ after the line was raised, and not before it has returned from the
 * last time. A line nobody handles forgets. */
#include <errno.h>
#include <stdlib.h>

#include "plat/state.h"
#include "util/check.h"

static struct cpu *handler_of(struct plat_board *b, const struct irq *irq)
{
  return &b->cpu[b->cpus + (uint32_t)(irq - b->irq)];
}

static void handle(void *arg)
{
  struct cpu *c = arg;
  struct plat_board *b = c->board;
  struct irq *irq = &b->irq[c->number - b->cpus];

  irq->inside = true;
  irq->fn(irq->arg);
}

/* The handler's CPU is idle: it begins when the interrupt has come through. */
static void begin(struct plat_board *b, struct irq *irq, uint64_t time)
{
  struct cpu *c = handler_of(b, irq);
  uint64_t arrival, start;

  c->permille = 1000;
  arrival = time_add(time, cpu_cost(b, c, PLAT_COST_IRQ, 1));
  start = c->key.clock > time ? c->key.clock : time;
  if (arrival > start) {
    cpu_report_charge(b, c, PLAT_COST_IRQ, 1, start, arrival);
    start = arrival;
  }
  c->key.clock = start;
  cpu_begin(b, c, handle, c);
}

void irq_fire(struct plat_board *b, uint32_t line, uint64_t time)
{
  struct irq *irq;

  if (line >= b->lines || !b->irq[line].fn)
    return;
  irq = &b->irq[line];
  if (!irq->inside) {
    if (handler_of(b, irq)->state == CPU_IDLE)
      begin(b, irq, time);
  } else if (!irq->latched) {
    irq->latched = true;
    irq->latched_time = time;
  }
}

void plat_board_message(struct plat_board *board, unsigned line, uint64_t time)
{
  irq_fire(board, line, time);
}

void irq_finished(struct plat_board *b, struct cpu *c)
{
  struct irq *irq = &b->irq[c->number - b->cpus];

  irq->inside = false;
  cpu_wake_list(b, &irq->waiters, c->key.clock, PLAT_COST_LINE_MOVE);
  if (irq->latched) {
    irq->latched = false;
    begin(b, irq, irq->latched_time);
  }
}

/* Nothing of the old handler is left when this returns, unless the old handler itself calls it. */
static void take_away(struct plat_board *b, struct irq *irq)
{
  struct cpu *c = handler_of(b, irq);

  irq->fn = NULL;
  irq->latched = false;
  if (!irq->inside && c->state == CPU_READY)
    cpu_cancel(b, c);
  while (irq->inside && c != b->current) {
    struct cpu *self = cpu_current(b);

    self->next = irq->waiters;
    irq->waiters = self->number + 1;
    cpu_sleep(b, SLEEP_IRQ, irq);
  }
}

int irq_set_handler(struct plat_board *b, uint32_t line, void (*fn)(void *arg), void *arg)
{
  struct irq *irq;

  if (line >= b->lines)
    return -EINVAL;
  if (b->current)
    plat_cpu_settle(b);
  irq = &b->irq[line];
  if (!fn) {
    if (irq->inside && !b->current)
      return -EBUSY; /* nobody here can wait for it */
    take_away(b, irq);
    return 0;
  }
  if (irq->fn || irq->inside)
    return -EBUSY;
  if (!cpu_prepare(b, handler_of(b, irq)))
    return -ENOMEM;
  irq->fn = fn;
  irq->arg = arg;
  return 0;
}

/* ---- lines raised by software, now or later ---- */

static struct raise take_first(struct plat_board *b)
{
  struct raise first = b->raise[0], last = b->raise[--b->raises];
  uint32_t i = 0;

  for (uint32_t child; (child = 2 * i + 1) < b->raises; i = child) {
    if (child + 1 < b->raises && b->raise[child + 1].time < b->raise[child].time)
      child++;
    if (last.time <= b->raise[child].time)
      break;
    b->raise[i] = b->raise[child];
  }
  b->raise[i] = last;
  return first;
}

void irq_raise_until(struct plat_board *b, uint64_t time)
{
  while (b->raises && b->raise[0].time <= time) {
    struct raise r = take_first(b);

    irq_fire(b, r.line, r.time);
  }
}

static void put(struct plat_board *b, struct raise r)
{
  uint32_t i = b->raises++;

  for (; i > 0 && r.time < b->raise[(i - 1) / 2].time; i = (i - 1) / 2)
    b->raise[i] = b->raise[(i - 1) / 2];
  b->raise[i] = r;
}

void plat_board_raise(struct plat_board *board, unsigned line, uint64_t delay_ps)
{
  CHECK(line < board->lines);
  if (board->current)
    plat_cpu_settle(board);
  if (delay_ps == 0) {
    irq_fire(board, line, plat_board_time(board));
    return;
  }
  if (board->raises == board->raise_room) {
    board->raise_room = board->raise_room ? 2 * board->raise_room : 16;
    board->raise = realloc(board->raise, board->raise_room * sizeof *board->raise);
    CHECK(board->raise);
  }
  put(board, (struct raise){ time_add(plat_board_time(board), delay_ps), line });
}
