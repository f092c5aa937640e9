/* SPDX-License-Identifier: GPL-2.0 */
/* Processes have no page tables here: what the headers ask for so that they compile, two levels of
 * it, and no more. */
#ifndef SIM_ASM_PGTABLE_H
#define SIM_ASM_PGTABLE_H

#include <asm/page.h>
#include <linux/version.h>

#define PTRS_PER_PTE      512
#define PTRS_PER_PGD      512
#define PGDIR_SHIFT       39
#define PGDIR_SIZE        (1UL << PGDIR_SHIFT)
#define PGDIR_MASK        (~(PGDIR_SIZE - 1))
#define PFN_PTE_SHIFT     12
#define USER_PTRS_PER_PGD 256

#define VMALLOC_START 0xffff800000000000UL
#define VMALLOC_END   0xffff900000000000UL
#define MODULES_VADDR VMALLOC_START
#define MODULES_END   VMALLOC_END

#define PAGE_NONE     __pgprot(0)
#define PAGE_SHARED   __pgprot(3)
#define PAGE_READONLY __pgprot(1)
#define PAGE_KERNEL   __pgprot(3)
#define PAGE_COPY     __pgprot(1)

#ifndef __ASSEMBLY__

#include <asm-generic/pgtable-nopmd.h>
#include <asm/tlbflush.h>

struct mm_struct;
struct vm_area_struct;
struct vm_fault;

enum {
  SIM_PTE_PRESENT = 1,
  SIM_PTE_WRITE = 2,
  SIM_PTE_DIRTY = 4,
  SIM_PTE_YOUNG = 8,
  SIM_PTE_SPECIAL = 16,
  SIM_PTE_EXCLUSIVE = 32
};

extern pgd_t swapper_pg_dir[PTRS_PER_PGD];

#define pgd_ERROR(e)        ((void)(e))
#define pte_ERROR(e)        ((void)(e))
#define pte_pfn(pte)        (pte_val(pte) >> PFN_PTE_SHIFT)
#define pte_page(pte)       pfn_to_page(pte_pfn(pte))
#define pfn_pte(pfn, p)     __pte((pfn) << PFN_PTE_SHIFT | pgprot_val(p))
#define pmd_page(pmd)       pfn_to_page(pmd_val(pmd) >> PFN_PTE_SHIFT)
#define pmd_pfn(pmd)        (pmd_val(pmd) >> PFN_PTE_SHIFT)
#define pmd_page_vaddr(pmd) ((unsigned long)__va(pmd_val(pmd) & PAGE_MASK))
#define pmd_pgtable(pmd)    pmd_page(pmd)
#define pte_none(pte)       (pte_val(pte) == 0)
#define pte_present(pte)    (pte_val(pte) & SIM_PTE_PRESENT)
#define pmd_none(pmd)       (pmd_val(pmd) == 0)
#define pmd_present(pmd)    (pmd_val(pmd) & SIM_PTE_PRESENT)
#define pmd_bad(pmd)        ((void)(pmd), 0)
#define pmd_leaf(pmd)       ((void)(pmd), 0)
#define pmd_clear(pmd)      ((pmd)->pud.p4d.pgd.pgd = 0)
#define set_pmd(at, v)      (*(at) = (v))
#define pte_write(pte)      ((pte_val(pte) & SIM_PTE_WRITE) != 0)
#define pte_dirty(pte)      ((pte_val(pte) & SIM_PTE_DIRTY) != 0)
#define pte_young(pte)      ((pte_val(pte) & SIM_PTE_YOUNG) != 0)
#define pte_special(pte)    ((pte_val(pte) & SIM_PTE_SPECIAL) != 0)

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define mk_pte(page, p) pfn_pte(page_to_pfn(page), p)
#endif

static inline pte_t sim_pte_change(pte_t pte, unsigned long off, unsigned long on)
{
  return __pte((pte_val(pte) & ~off) | on);
}

#define pte_wrprotect(pte)                            sim_pte_change(pte, SIM_PTE_WRITE, 0)
#define pte_mkwrite_novma(pte)                        sim_pte_change(pte, 0, SIM_PTE_WRITE)
#define pte_mkclean(pte)                              sim_pte_change(pte, SIM_PTE_DIRTY, 0)
#define pte_mkdirty(pte)                              sim_pte_change(pte, 0, SIM_PTE_DIRTY)
#define pte_mkold(pte)                                sim_pte_change(pte, SIM_PTE_YOUNG, 0)
#define pte_mkyoung(pte)                              sim_pte_change(pte, 0, SIM_PTE_YOUNG)
#define pte_mkspecial(pte)                            sim_pte_change(pte, 0, SIM_PTE_SPECIAL)
#define pte_modify(pte, prot)                         sim_pte_change(pte, PAGE_SIZE - 1, pgprot_val(prot))
#define pte_clear(mm, addr, at)                       (*(at) = __pte(0))
#define set_pte(at, pte)                              (*(at) = (pte))
#define update_mmu_cache(vma, addr, at)               ((void)(vma), (void)(addr), (void)(at))
#define update_mmu_cache_range(vmf, vma, addr, at, n) ((void)(at))

#define __swp_type(e)                ((e).val & 31)
#define __swp_offset(e)              ((e).val >> 5)
#define __swp_entry(type, at)        ((swp_entry_t){ (type) | (at) << 5 })
#define __pte_to_swp_entry(p)        ((swp_entry_t){ pte_val(p) >> 6 })
#define __swp_entry_to_pte(e)        __pte((e).val << 6)
#define pte_swp_exclusive(pte)       ((pte_val(pte) & SIM_PTE_EXCLUSIVE) != 0)
#define pte_swp_mkexclusive(pte)     sim_pte_change(pte, 0, SIM_PTE_EXCLUSIVE)
#define pte_swp_clear_exclusive(pte) sim_pte_change(pte, SIM_PTE_EXCLUSIVE, 0)

#endif
#endif
