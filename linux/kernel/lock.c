// SPDX-License-Identifier: GPL-2.0
/* Locks: a word that says who holds it. Who finds it held sleeps on its line until somebody writes
 * there; so nobody spins in simulated time that nothing can happen in. Sleeping locks are the same. */
#include <linux/mutex.h>
#include <linux/panic.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/version.h>
#include <linux/wait.h>

#include "sim.h"

/* Who holds it is interrupted, and the interrupt wants it. */
static void check_holder(const arch_spinlock_t *lock)
{
  if (lock->holder == lx_cpu() + 1)
    panic("a CPU waits for a lock that it holds");
}

void sim_spin_lock(arch_spinlock_t *lock)
{
  for (sim_take(lock); lock->holder; sim_take(lock)) {
    check_holder(lock);
    lx_wait(sim_line(lock));
  }
  lock->holder = lx_cpu() + 1;
}

int sim_spin_trylock(arch_spinlock_t *lock)
{
  sim_take(lock);
  if (lock->holder)
    return 0;
  lock->holder = lx_cpu() + 1;
  return 1;
}

void sim_spin_unlock(arch_spinlock_t *lock)
{
  sim_take(lock);
  lock->holder = 0;
  sim_wrote(lock);
}

void sim_read_lock(arch_rwlock_t *lock)
{
  for (sim_take(lock); lock->readers < 0; sim_take(lock))
    lx_wait(sim_line(lock));
  lock->readers++;
}

void sim_read_unlock(arch_rwlock_t *lock)
{
  sim_take(lock);
  lock->readers--;
  sim_wrote(lock);
}

void sim_write_lock(arch_rwlock_t *lock)
{
  for (sim_take(lock); lock->readers; sim_take(lock))
    lx_wait(sim_line(lock));
  lock->readers = -1;
}

void sim_write_unlock(arch_rwlock_t *lock)
{
  sim_take(lock);
  lock->readers = 0;
  sim_wrote(lock);
}

int arch_read_trylock(arch_rwlock_t *lock)
{
  sim_take(lock);
  if (lock->readers < 0)
    return 0;
  lock->readers++;
  return 1;
}

int arch_write_trylock(arch_rwlock_t *lock)
{
  sim_take(lock);
  if (lock->readers)
    return 0;
  lock->readers = -1;
  return 1;
}

/* A mutex here is its owner word; who finds it held sleeps on the line. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
void mutex_init_generic(struct mutex *lock)
#else
void __mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
#endif
{
  lock->owner.counter = 0;
}

void mutex_lock(struct mutex *lock)
{
  for (sim_take(lock); lock->owner.counter; sim_take(lock))
    lx_wait(sim_line(lock));
  lock->owner.counter = lx_cpu() + 1;
}

void mutex_unlock(struct mutex *lock)
{
  sim_take(lock);
  lock->owner.counter = 0;
  sim_wrote(lock);
}

void __init_rwsem(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
  sem->count.counter = 0;
}

void down_read(struct rw_semaphore *sem)
{
  for (sim_take(sem); sem->count.counter < 0; sim_take(sem))
    lx_wait(sim_line(sem));
  sem->count.counter++;
}

void up_read(struct rw_semaphore *sem)
{
  sim_take(sem);
  sem->count.counter--;
  sim_wrote(sem);
}

void down_write(struct rw_semaphore *sem)
{
  for (sim_take(sem); sem->count.counter; sim_take(sem))
    lx_wait(sim_line(sem));
  sem->count.counter = -1;
}

void up_write(struct rw_semaphore *sem)
{
  sim_take(sem);
  sem->count.counter = 0;
  sim_wrote(sem);
}

void __init_waitqueue_head(struct wait_queue_head *head, const char *name,
                           struct lock_class_key *key)
{
  spin_lock_init(&head->lock);
  INIT_LIST_HEAD(&head->head);
}
