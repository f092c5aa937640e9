/* SPDX-License-Identifier: GPL-2.0 */
/* One block of memory at one offset from its physical address; a page is 4 KB. */
#ifndef SIM_ASM_PAGE_H
#define SIM_ASM_PAGE_H

#include <linux/const.h>

#ifndef CONFIG_PAGE_SHIFT
#define CONFIG_PAGE_SHIFT 12
#endif
#define PAGE_SHIFT 12
#define PAGE_SIZE  (_AC(1, UL) << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#ifndef __ASSEMBLY__

#include <asm/cpu_facts.h>
#include <asm/sim.h>
#include <linux/types.h>

typedef struct {
  unsigned long pte;
} pte_t;
typedef struct {
  unsigned long pgd;
} pgd_t;
typedef struct {
  unsigned long pgprot;
} pgprot_t;
typedef struct page *pgtable_t;

#define pte_val(x)    ((x).pte)
#define pgd_val(x)    ((x).pgd)
#define pgprot_val(x) ((x).pgprot)
#define __pte(x)      ((pte_t){ (x) })
#define __pgd(x)      ((pgd_t){ (x) })
#define __pgprot(x)   ((pgprot_t){ (x) })

#define clear_page(page)                   memset((page), 0, PAGE_SIZE)
#define copy_page(to, from)                memcpy((to), (from), PAGE_SIZE)
#define clear_user_page(page, vaddr, p)    clear_page(page)
#define copy_user_page(to, from, vaddr, p) copy_page(to, from)

extern unsigned long max_mapnr;

#define PAGE_OFFSET        ((unsigned long)sim_ram)
#define ARCH_PFN_OFFSET    (sim_ram_base >> PAGE_SHIFT)
#define __pa(x)            ((unsigned long)(x) - (unsigned long)sim_ram + sim_ram_base)
#define __va(x)            ((void *)((unsigned long)(x)-sim_ram_base + (unsigned long)sim_ram))
#define virt_to_page(x)    pfn_to_page(__pa(x) >> PAGE_SHIFT)
#define page_to_virt(p)    __va(PFN_PHYS(page_to_pfn(p)))
#define page_to_phys(p)    PFN_PHYS(page_to_pfn(p))
#define phys_to_page(p)    pfn_to_page((p) >> PAGE_SHIFT)
#define virt_to_pfn(x)     (__pa(x) >> PAGE_SHIFT)
#define pfn_to_virt(x)     __va((unsigned long)(x) << PAGE_SHIFT)
#define virt_addr_valid(x) ((unsigned long)(x) - (unsigned long)sim_ram < sim_ram_bytes)

#define VM_DATA_DEFAULT_FLAGS VM_DATA_FLAGS_EXEC

#include <asm-generic/getorder.h>
#include <asm-generic/memory_model.h>

#endif
#endif
