// SPDX-License-Identifier: GPL-2.0
/* Readers that may sleep: counted, all of them alike. Who waits for them waits until there is none. */
#include <linux/srcu.h>

#include "sim.h"

static unsigned int readers;

int __srcu_read_lock(struct srcu_struct *srcu)
{
  readers++;
  return 0;
}

void __srcu_read_unlock(struct srcu_struct *srcu, int index)
{
  sim_take(&readers);
  readers--;
  sim_wrote(&readers);
}

void synchronize_srcu(struct srcu_struct *srcu)
{
  for (sim_take(&readers); readers; sim_take(&readers))
    lx_wait(sim_line(&readers));
}

/* When nobody is in the kernel, nobody reads. */
void call_srcu(struct srcu_struct *srcu, struct rcu_head *head, rcu_callback_t fn)
{
  call_rcu(head, fn);
}
