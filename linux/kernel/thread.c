// SPDX-License-Identifier: GPL-2.0
/* Threads of the kernel: each has a CPU, in the order in which they wake. The first has the CPU of who
 * made them and runs while that one sleeps; so it stops by itself when the sleep is over, as it would be the
 * first to be told. */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sim.h"

struct thread {
  struct task_struct task;
  int (*fn)(void *data);
  void *data;
  lx_u64 turns; /* that it has asked for, one more than it has made */
  int result;
  bool awake, stop, done;
};

static struct thread *running[NR_CPUS]; /* or about to */
static unsigned int awake;
static lx_u64 sleep_ps, due_ps, turns, most_turns;
static bool over;
/* What CPUs without a thread and who waits for one sleep on. */
static int news;

static void tell(void)
{
  sim_take(&news);
  news++;
  sim_wrote(&news);
}

void sim_threads_begin(lx_u64 ps, lx_u64 most)
{
  sleep_ps = ps;
  most_turns = most;
  turns = 0;
  awake = 0;
  over = false;
}

void sim_threads_end(void)
{
  over = true;
  tell();
}

lx_u64 sim_threads_turns(void)
{
  return turns;
}

/* ---- for who makes them ---- */

struct task_struct *kthread_create_on_node(int (*fn)(void *data), void *data, int node,
                                           const char name[], ...)
{
  struct thread *t = kzalloc(sizeof(*t), GFP_KERNEL);

  if (!t)
    return ERR_PTR(-ENOMEM);
  t->fn = fn;
  t->data = data;
  refcount_set(&t->task.usage, 1);
  return &t->task;
}

void kthread_bind_mask(struct task_struct *task, const struct cpumask *mask) {}

int wake_up_process(struct task_struct *task)
{
  struct thread *t = container_of(task, struct thread, task);

  if (awake == num_online_cpus())
    panic("more threads than CPUs");
  t->awake = true;
  running[awake++] = t;
  tell();
  return 1;
}

void __put_task_struct(struct task_struct *task)
{
  kfree(container_of(task, struct thread, task));
}

void __put_task_struct_rcu_cb(struct rcu_head *head)
{
  __put_task_struct(container_of(head, struct task_struct, rcu));
}

int kthread_stop(struct task_struct *task)
{
  struct thread *t = container_of(task, struct thread, task);

  t->stop = true;
  for (sim_take(&news); t->awake && !t->done; sim_take(&news))
    lx_wait(sim_line(&news));
  put_task_struct(task);
  return t->result;
}

int kthread_stop_put(struct task_struct *task)
{
  int result = kthread_stop(task);

  put_task_struct(task);
  return result;
}

/* ---- for themselves, and the CPUs that they run on ---- */

static void run(struct thread *t)
{
  t->result = t->fn(t->data);
  t->done = true;
  tell();
}

/* The sleep of who made them is over for the first: of time, or of turns. */
static bool is_due(const struct thread *t)
{
  return lx_now_ps() >= due_ps || (most_turns && t->turns > most_turns);
}

/* Between two turns a thread reads nothing that others take away: what was put off is done. */
bool kthread_should_stop(void)
{
  struct thread *t = running[raw_smp_processor_id()];

  turns++;
  if (t->turns++)
    sim_bench_turn();
  sim_leave();
  sim_enter();
  sim_run_deferred();
  return t->stop || (t == running[0] && is_due(t));
}

unsigned long msleep_interruptible(unsigned int ms)
{
  lx_u64 ps = (lx_u64)ms * 1000000000ULL, began = lx_now_ps();

  if (ps > sleep_ps)
    ps = sleep_ps;
  due_ps = began + ps;
  if (awake)
    run(running[0]);
  if (lx_now_ps() < due_ps && !most_turns)
    lx_delay(due_ps - lx_now_ps());
  return ms - (unsigned int)(ps / 1000000000ULL);
}

void linux_thread_cpu(void)
{
  unsigned int cpu = raw_smp_processor_id();

  for (sim_take(&news); !over && cpu >= awake; sim_take(&news))
    lx_wait(sim_line(&news));
  if (over)
    return;
  sim_enter();
  run(running[cpu]);
  sim_leave();
}
