/* SPDX-License-Identifier: GPL-2.0 */
/* Does this CPU let interrupts in? See kernel/irq.c. */
#ifndef SIM_ASM_IRQFLAGS_H
#define SIM_ASM_IRQFLAGS_H

unsigned long sim_irqs_on(void);
void sim_irqs_set(unsigned long on);

static inline unsigned long arch_local_save_flags(void)
{
  return sim_irqs_on();
}
#define arch_local_save_flags arch_local_save_flags

static inline void arch_local_irq_restore(unsigned long flags)
{
  sim_irqs_set(flags);
}
#define arch_local_irq_restore arch_local_irq_restore

#include <asm-generic/irqflags.h>

#endif
