/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_THREAD_INFO_H
#define SIM_ASM_THREAD_INFO_H

#include <asm/page.h>

#define THREAD_SIZE_ORDER 2
#define THREAD_SIZE       (PAGE_SIZE << THREAD_SIZE_ORDER)

struct thread_info {
  unsigned long flags;
  int preempt_count;
  u32 cpu;
};

#define INIT_THREAD_INFO(task) \
  { \
    .flags = 0 \
  }

#define TIF_SIGPENDING    0
#define TIF_NEED_RESCHED  1
#define TIF_NOTIFY_SIGNAL 2
#define TIF_MEMDIE        3
#define TIF_NOTIFY_RESUME 4
#define _TIF_NEED_RESCHED (1 << TIF_NEED_RESCHED)

#endif
