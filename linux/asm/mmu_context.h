/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_MMU_CONTEXT_H
#define SIM_ASM_MMU_CONTEXT_H
#include <linux/mm_types.h>
#include <linux/sched.h>
unsigned long arm64_mm_context_get(struct mm_struct *mm);
void arm64_mm_context_put(struct mm_struct *mm);
#include <asm-generic/mmu_context.h>
#endif
