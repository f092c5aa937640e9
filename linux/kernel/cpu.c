// SPDX-License-Identifier: GPL-2.0
/* Which CPUs there are, what each has of its own, and who runs. A CPU of the kernel is a CPU of the board; an
 * interrupt handler runs on one of its own and counts as the first. */
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "sim.h"

struct cpumask __cpu_possible_mask, __cpu_online_mask;
atomic_t __num_online_cpus;
unsigned long __per_cpu_offset[NR_CPUS];

static unsigned int cpu_count;
static struct task_struct *tasks;

void sim_cpu_init(const struct linux_boot *boot)
{
  cpu_count = boot->cpus;
  tasks = boot->calloc(sizeof(*tasks) * boot->contexts);
  for (unsigned int i = 0; i < boot->cpus; i++) {
    cpumask_set_cpu(i, &__cpu_possible_mask);
    cpumask_set_cpu(i, &__cpu_online_mask);
  }
  atomic_set(&__num_online_cpus, boot->cpus);
}

/* ---- areas for each CPU ---- */

/* The variables of the image come first in each CPU's area, as they are in the image. */
extern char __start_linux_percpu[], __stop_linux_percpu[];
enum { PERCPU_UNIT = 2 << 20 };
static unsigned long percpu_used;

void sim_percpu_init(const struct linux_boot *boot)
{
  static char *area;

  area = boot->calloc((unsigned long)PERCPU_UNIT * boot->cpus);
  percpu_used = (unsigned long)(__stop_linux_percpu - __start_linux_percpu);
  for (unsigned int i = 0; i < boot->cpus; i++) {
    char *own = area + (unsigned long)PERCPU_UNIT * i;

    (memcpy)(own, __start_linux_percpu, percpu_used);
    __per_cpu_offset[i] = (unsigned long)own - (unsigned long)__start_linux_percpu;
  }
}

/* Given out in order and never taken back: few are asked for. */
void __percpu *pcpu_alloc_noprof(size_t bytes, size_t align, bool reserved, gfp_t gfp)
{
  unsigned long at = ALIGN(percpu_used, align);

  if (at + bytes > PERCPU_UNIT)
    return NULL;
  percpu_used = at + bytes;
  return (void __percpu *)(__start_linux_percpu + at);
}

void free_percpu(void __percpu *area) {}

/* ---- who runs ---- */

struct task_struct *sim_current(void)
{
  return &tasks[lx_cpu()];
}

unsigned int sim_smp_processor_id(void)
{
  unsigned int cpu = lx_cpu();

  return cpu < cpu_count ? cpu : 0;
}

void __local_bh_enable_ip(unsigned long ip, unsigned int count) {}

int __cond_resched(void)
{
  lx_settle();
  return 0;
}

/* ---- CPUs that come and go: these stay ---- */

int __cpuhp_setup_state(enum cpuhp_state state, const char *name, bool invoke,
                        int (*startup)(unsigned int cpu), int (*teardown)(unsigned int cpu),
                        bool multi)
{
  return 0;
}

int __cpuhp_state_add_instance(enum cpuhp_state state, struct hlist_node *node, bool invoke)
{
  return 0;
}

int __cpuhp_state_remove_instance(enum cpuhp_state state, struct hlist_node *node, bool invoke)
{
  return 0;
}
