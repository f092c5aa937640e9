/* SPDX-License-Identifier: GPL-2.0 */
/* Nobody is preempted between two calls of the board. */
#ifndef SIM_ASM_PREEMPT_H
#define SIM_ASM_PREEMPT_H

#define PREEMPT_ENABLED 0

#define preempt_count()                    (0)
#define preempt_count_set(count)           ((void)(count))
#define init_task_preempt_count(task)      ((void)(task))
#define init_idle_preempt_count(task, cpu) ((void)(task), (void)(cpu))
#define set_preempt_need_resched()         ((void)0)
#define clear_preempt_need_resched()       ((void)0)
#define test_preempt_need_resched()        (0)
#define __preempt_count_add(n)             ((void)(n))
#define __preempt_count_sub(n)             ((void)(n))
#define __preempt_count_dec_and_test()     (0)
#define should_resched(offset)             (0)

#endif
