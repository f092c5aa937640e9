// SPDX-License-Identifier: GPL-2.0
/* Interrupts. Each has a thread of its own, on a context beyond the CPUs; threaded handlers run there. The
 * others do so too, unless interrupts come to one of the CPUs: that one is stopped between two of its
 * accesses, when it is in the kernel and lets interrupts in, and runs the handler there and then. Left out:
 * interrupts of interrupts, and several CPUs that share them. */
#include <linux/device.h>
#include <linux/interrupt.h>

#include "sim.h"

enum { IRQS = 32 };

struct action {
  irq_handler_t handler, thread;
  void *arg;
  int irq;
  bool raised; /* for the CPU that interrupts come to */
  irqreturn_t result;
};

static struct action actions[IRQS];

/* That CPU + 1; 0: none. */
static unsigned int irq_cpu;
static struct {
  bool off, asleep;
  unsigned int inside; /* how deep in the kernel */
} here;
static unsigned int raised, stopped;
/* What threads sleep on. */
static int news;

void sim_irq_init(const struct linux_boot *boot)
{
  irq_cpu = boot->irq_cpu;
}

static bool is_here(void)
{
  return irq_cpu && lx_cpu() == irq_cpu - 1;
}

/* ---- on the CPU ---- */

static irqreturn_t run_handler(struct action *a)
{
  return a->handler ? a->handler(a->irq, a->arg) : IRQ_WAKE_THREAD;
}

void linux_irq_point(void)
{
  if (!raised || !is_here() || here.off || !here.inside)
    return;
  here.off = true;
  stopped++;
  for (struct action *a = actions; a < actions + IRQS; a++) {
    if (!a->raised)
      continue;
    a->raised = false;
    raised--;
    a->result = run_handler(a);
  }
  here.off = false;
  sim_take(&news);
  news++;
  sim_wrote(&news);
}

unsigned linux_irq_stopped(void)
{
  return stopped;
}

unsigned long sim_irqs_on(void)
{
  return !is_here() || !here.off;
}

void sim_irqs_set(unsigned long on)
{
  if (!is_here())
    return;
  here.off = !on;
  linux_irq_point();
}

void sim_irq_enter(void)
{
  if (is_here())
    here.inside++;
}

void sim_irq_leave(void)
{
  linux_irq_point();
  if (is_here())
    here.inside--;
}

/* No CPU may be left between the two: what it waits for could come. */
void linux_irq_sleep(int asleep)
{
  if (!is_here())
    return;
  here.asleep = asleep;
  if (asleep && raised)
    sim_wrote(&news);
}

/* ---- on a thread ---- */

/* Nothing of the CPU is stopped when it has nothing to do. */
static bool is_idle(void)
{
  return !here.inside || (here.asleep && !here.off);
}

static irqreturn_t interrupt(struct action *a)
{
  if (!irq_cpu)
    return run_handler(a);
  a->raised = true;
  raised++;
  for (sim_take(&news); a->raised && !is_idle(); sim_take(&news))
    lx_wait(sim_line(&news));
  if (!a->raised)
    return a->result;
  a->raised = false;
  raised--;
  return run_handler(a);
}

static void run_action(void *arg)
{
  struct action *a = arg;

  sim_enter();
  if (interrupt(a) == IRQ_WAKE_THREAD && a->thread)
    a->thread(a->irq, a->arg);
  sim_leave();
}

/* ---- who wants them ---- */

int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread,
                         unsigned long flags, const char *name, void *arg)
{
  struct action *a;

  if (irq == 0 || irq >= IRQS)
    return -EINVAL;
  a = &actions[irq];
  if (a->handler || a->thread)
    return -EBUSY;
  *a = (struct action){ handler, thread, arg, (int)irq };
  return lx_irq_handler(irq - 1, run_action, a);
}

const void *free_irq(unsigned int irq, void *arg)
{
  lx_irq_handler(irq - 1, NULL, NULL);
  actions[irq] = (struct action){ 0 };
  return NULL;
}

void sim_irq_forget(void)
{
  for (unsigned int irq = 1; irq < IRQS; irq++) {
    if (actions[irq].handler || actions[irq].thread)
      free_irq(irq, NULL);
  }
}

/* A handler that runs now is not seen by who waits: it runs to its end. */
void synchronize_irq(unsigned int irq) {}

static void release_irq(void *arg)
{
  free_irq((unsigned int)(unsigned long)arg, NULL);
}

int devm_request_threaded_irq(struct device *dev, unsigned int irq, irq_handler_t handler,
                              irq_handler_t thread, unsigned long flags, const char *name,
                              void *arg)
{
  int err = request_threaded_irq(irq, handler, thread, flags, name, arg);

  return err ? err : devm_add_action_or_reset(dev, release_irq, (void *)(unsigned long)irq);
}
