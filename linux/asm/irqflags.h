/* SPDX-License-Identifier: GPL-2.0 */
/* Interrupt handlers run on CPUs of their own: masking them is remembered by nobody. */
#ifndef SIM_ASM_IRQFLAGS_H
#define SIM_ASM_IRQFLAGS_H

static inline unsigned long arch_local_save_flags(void)
{
  return 1;
}
#define arch_local_save_flags arch_local_save_flags

static inline void arch_local_irq_restore(unsigned long flags)
{
  (void)flags;
}
#define arch_local_irq_restore arch_local_irq_restore

#include <asm-generic/irqflags.h>

#endif
