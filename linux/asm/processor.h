/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_PROCESSOR_H
#define SIM_ASM_PROCESSOR_H

#include "boundary.h"
#include <linux/types.h>

#define TASK_SIZE          (1UL << 47)
#define TASK_UNMAPPED_BASE (TASK_SIZE / 4)
#define STACK_TOP          TASK_SIZE

struct task_struct;

struct thread_struct {
  unsigned long unused;
};

#define INIT_THREAD \
  { \
    0 \
  }

#define cpu_relax()         lx_relax()
#define current_text_addr() ((void *)0)
#define KSTK_EIP(task)      ((void)(task), 0UL)
#define KSTK_ESP(task)      ((void)(task), 0UL)

static inline unsigned long __get_wchan(struct task_struct *task)
{
  return 0;
}

#endif
