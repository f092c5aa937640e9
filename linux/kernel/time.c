// SPDX-License-Identifier: GPL-2.0
/* Simulated time, and what is put off: timers, work, and what waits for readers to be gone. The
 * programs of the board come to a quiescent point between two operations; it is done there. Order among
 * timers is not kept: those that have expired run in any order. */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#include "sim.h"

#define JIFFY_PS (1000000000000ULL / HZ)

unsigned long volatile jiffies;
struct workqueue_struct *system_percpu_wq;

static LIST_HEAD(work_list);
static HLIST_HEAD(timer_list);
static struct callback_head *callbacks;
static unsigned int inside; /* CPUs in the kernel */
static unsigned int works;  /* that somebody is at */

void sim_time_update(void)
{
  jiffies = (unsigned long)(lx_now_ps() / JIFFY_PS);
}

ktime_t ktime_get(void)
{
  sim_time_update();
  return ns_to_ktime(lx_now_ps() / 1000);
}

void usleep_range_state(unsigned long least, unsigned long most, unsigned int state)
{
  lx_delay((lx_u64)least * 1000000);
}

void msleep(unsigned int ms)
{
  lx_delay((lx_u64)ms * 1000000000);
}

unsigned long __msecs_to_jiffies(const unsigned int ms)
{
  return DIV_ROUND_UP((unsigned long)ms * HZ, 1000);
}

void time64_to_tm(time64_t seconds, int offset, struct tm *result)
{
  memset(result, 0, sizeof(*result));
}

/* ---- timers ---- */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define init_timer_key timer_init_key
#define from_timer     timer_container_of
#endif

void init_timer_key(struct timer_list *timer, void (*fn)(struct timer_list *), unsigned int flags,
                    const char *name, struct lock_class_key *key)
{
  timer->entry.pprev = NULL;
  timer->entry.next = NULL;
  timer->function = fn;
  timer->flags = flags;
}

int mod_timer(struct timer_list *timer, unsigned long expires)
{
  int pending = timer_pending(timer);

  timer->expires = expires;
  if (!pending)
    hlist_add_head(&timer->entry, &timer_list);
  return pending;
}

static int take_out(struct timer_list *timer)
{
  int pending = timer_pending(timer);

  if (pending)
    hlist_del_init(&timer->entry);
  return pending;
}

int timer_delete_sync(struct timer_list *timer)
{
  return take_out(timer);
}

static struct timer_list *first_expired(void)
{
  struct timer_list *timer;

  hlist_for_each_entry(timer, &timer_list, entry)
  {
    if (time_after_eq(jiffies, timer->expires))
      return timer;
  }
  return NULL;
}

/* ---- work ---- */

/* There is one queue behind them all. */
#ifdef alloc_workqueue
struct workqueue_struct *alloc_workqueue_noprof(const char *format, unsigned int flags, int most,
                                                ...)
#else
struct workqueue_struct *alloc_workqueue(const char *format, unsigned int flags, int most, ...)
#endif
{
  return kzalloc(8, GFP_KERNEL);
}

void destroy_workqueue(struct workqueue_struct *queue)
{
  kfree(queue);
}

bool queue_work_on(int cpu, struct workqueue_struct *queue, struct work_struct *work)
{
  if (!list_empty(&work->entry))
    return false;
  list_add_tail(&work->entry, &work_list);
  return true;
}

void delayed_work_timer_fn(struct timer_list *timer)
{
  struct delayed_work *work = from_timer(work, timer, timer);

  queue_work_on(0, NULL, &work->work);
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *queue, struct delayed_work *work,
                           unsigned long delay)
{
  if (timer_pending(&work->timer))
    return false;
  sim_time_update();
  mod_timer(&work->timer, jiffies + delay);
  return true;
}

bool cancel_delayed_work_sync(struct delayed_work *work)
{
  bool pending = take_out(&work->timer);

  list_del_init(&work->work.entry);
  return pending;
}

static void run_work(void)
{
  while (!list_empty(&work_list)) {
    struct work_struct *work = list_first_entry(&work_list, struct work_struct, entry);

    list_del_init(&work->entry);
    works++;
    work->func(work);
    sim_take(&works);
    works--;
    sim_wrote(&works);
  }
}

/* Memory is freed: work that waits and lies in it would be done with whatever comes there next. It is said, and
 * the work is forgotten. */
void sim_work_freed(const void *object, unsigned long bytes)
{
  struct work_struct *work, *next;

  list_for_each_entry_safe(work, next, &work_list, entry)
  {
    unsigned long at = (unsigned long)work - (unsigned long)object;

    if (at >= bytes)
      continue;
    list_del_init(&work->entry);
    WARN(1, "work is freed while it waits to be done");
  }
}

/* What waits is done here; what another CPU is at is waited for. */
void __flush_workqueue(struct workqueue_struct *queue)
{
  run_work();
  for (sim_take(&works); works; sim_take(&works))
    lx_wait(sim_line(&works));
}

/* ---- readers ---- */

void call_rcu(struct rcu_head *head, rcu_callback_t fn)
{
  head->func = fn;
  head->next = callbacks;
  callbacks = head;
}

/* Without a head the caller may sleep: nobody reads between two operations. */
void kvfree_call_rcu(struct rcu_head *head, void *object)
{
  if (!head)
    return;
  head->func = (rcu_callback_t)((unsigned long)head - (unsigned long)object);
  head->next = callbacks;
  callbacks = head;
}

/* A callback that is a small number is the offset of the head in what is to be freed. */
static void run_callbacks(void)
{
  while (callbacks) {
    struct callback_head *head = callbacks;

    callbacks = head->next;
    if ((unsigned long)head->func < 4096)
      kfree((void *)((unsigned long)head - (unsigned long)head->func));
    else
      head->func(head);
  }
}

void sim_enter(void)
{
  inside++;
  sim_irq_enter();
}

void sim_leave(void)
{
  sim_irq_leave();
  if (--inside == 0)
    run_callbacks();
}

void sim_run_deferred(void)
{
  struct timer_list *timer;

  sim_time_update();
  while ((timer = first_expired()) != NULL) {
    take_out(timer);
    timer->function(timer);
  }
  run_work();
}
