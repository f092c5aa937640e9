/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_TLBFLUSH_H
#define SIM_ASM_TLBFLUSH_H
#include <linux/mm_types.h>
#include <linux/mmu_notifier.h>
#define flush_tlb_all()                    ((void)0)
#define flush_tlb_mm(mm)                   ((void)(mm))
#define flush_tlb_page(vma, addr)          ((void)(vma), (void)(addr))
#define flush_tlb_range(vma, start, end)   ((void)(vma), (void)(start), (void)(end))
#define flush_tlb_kernel_range(start, end) ((void)(start), (void)(end))
#endif
