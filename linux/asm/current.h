/* SPDX-License-Identifier: GPL-2.0 */
/* Who runs: each CPU of the board, interrupt handlers included, has a task of its own. */
#ifndef SIM_ASM_CURRENT_H
#define SIM_ASM_CURRENT_H

struct task_struct;
struct task_struct *sim_current(void);

#define get_current() sim_current()
#define current       get_current()

#endif
