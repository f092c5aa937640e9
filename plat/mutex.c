/* A sleeping lock with barging: the one who releases it wakes the first sleeper and gives him no
 * claim to it. The sleeper stays first until he finds it free. Taking and releasing are one take of
 * the lock's line each. */
#include "plat/state.h"
#include "util/check.h"

struct plat_mutex_waiter {
  struct plat_mutex_waiter *next;
  uint32_t cpu;
  bool woken; /* on its way to try */
};

static void own(struct plat_mutex *m, struct cpu *self)
{
  bool moved = m->last != 0 && m->last != self->number + 1;

  m->holder = self->number + 1;
  m->last = m->holder;
  m->taken++;
  m->switched += moved;
  m->saved_permille = self->permille;
  if (moved && m->switch_permille)
    self->permille = (uint32_t)((uint64_t)self->permille * m->switch_permille / 1000);
}

static void queue(struct plat_mutex *m, struct plat_mutex_waiter *w)
{
  if (m->tail)
    m->tail->next = w;
  else
    m->first = w;
  m->tail = w;
}

static void unqueue_first(struct plat_mutex *m)
{
  m->first = m->first->next;
  if (!m->first)
    m->tail = NULL;
}

/* Sleep until the lock is found free; the frame of this function is the place in the queue. */
static void sleep_for(struct plat_mutex *m, struct cpu *self)
{
  struct plat_board *b = m->board;
  struct plat_mutex_waiter w = { .cpu = self->number };

  plat_begin(&b->host, PLAT_OP_LOCK_WAIT, 0);
  queue(m, &w);
  do {
    w.woken = false;
    m->slept++;
    cpu_sleep(b, SLEEP_MUTEX, m);
    line_take(b, &m->line);
  } while (m->holder);
  CHECK(m->first == &w);
  unqueue_first(m);
  plat_end(&b->host, PLAT_OP_LOCK_WAIT, 0);
}

void plat_mutex_lock(struct plat_mutex *mutex)
{
  struct cpu *self = cpu_current(mutex->board);

  CHECK(mutex->holder != self->number + 1);
  line_take(mutex->board, &mutex->line);
  if (mutex->holder)
    sleep_for(mutex, self);
  own(mutex, self);
}

void plat_mutex_unlock(struct plat_mutex *mutex)
{
  struct plat_board *b = mutex->board;
  struct cpu *self = cpu_current(b);

  CHECK(mutex->holder == self->number + 1);
  line_take(b, &mutex->line);
  mutex->holder = 0;
  self->permille = mutex->saved_permille;
  if (mutex->first && !mutex->first->woken) {
    mutex->first->woken = true;
    cpu_wake(b, &b->cpu[mutex->first->cpu], self->key.clock, PLAT_COST_VMM_WAKE);
  }
}
