// SPDX-License-Identifier: GPL-2.0
/* Processes, as far as a device shares their memory: areas of addresses, pages that are there or come when
 * somebody asks for them, and page tables in the format that CPUs and the SMMU walk (VMSAv8-64, 4 KB,
 * 48 bits). Who else keeps translations is told by the kernel's own mm/mmu_notifier.c. Left out: files,
 * pages that are shared or written back, anything of a CPU. */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "sim.h"

enum { PROCESSES = 64, AREAS = 32, LEVELS = 4, LEVEL_BITS = 9, PENDING = 512 };

#define ENTRIES     (1UL << LEVEL_BITS)
#define ADDRESS     0x0000fffffffff000UL
#define VALID_TABLE 3UL /* bits 1:0 of a table, and of a page */
/* Accessible at EL0, inner shareable, accessed, not global, attribute 0, nobody executes. */
#define PAGE_BITS (VALID_TABLE | 1UL << 6 | 3UL << 8 | 1UL << 10 | 1UL << 11 | 3UL << 53)
#define READ_ONLY (1UL << 7)

static struct process {
  struct mm_struct *mm;
  struct vm_area_struct *area[AREAS];
  unsigned long faults; /* pages that came because somebody asked */
} processes[PROCESSES];

static struct process *process_of(const struct mm_struct *mm)
{
  struct process *p = processes;

  while (p < processes + PROCESSES && p->mm != mm)
    p++;
  return p < processes + PROCESSES ? p : NULL;
}

struct mm_struct *sim_process_mm(unsigned int number)
{
  return number < PROCESSES ? processes[number].mm : NULL;
}

/* ---- tables ---- */

static void set_entry(u64 *at, u64 value)
{
  sim_will_store(at, sizeof(*at));
  WRITE_ONCE(*at, value);
}

static u64 *next_table(u64 *entry, bool make)
{
  if (!*entry && make) {
    struct page *table = alloc_page(GFP_KERNEL);

    if (!table)
      return NULL;
    set_entry(entry, page_to_phys(table) | VALID_TABLE);
  }
  return *entry ? __va(*entry & ADDRESS) : NULL;
}

/* The entry for an address at a level, 0 to 3; NULL: there is no table for it. */
static u64 *entry_at(struct mm_struct *mm, unsigned long address, int level, bool make)
{
  u64 *table = (u64 *)mm->pgd;

  for (int l = 0; table; l++) {
    u64 *entry = &table[address >> (12 + LEVEL_BITS * (3 - l)) & (ENTRIES - 1)];

    if (l == level)
      return entry;
    table = next_table(entry, make);
  }
  return NULL;
}

static bool is_empty(const u64 *table)
{
  for (unsigned long i = 0; i < ENTRIES; i++) {
    if (table[i])
      return false;
  }
  return true;
}

/* ---- who else has to know ---- */

static void note(struct mm_struct *mm, enum lx_note what, unsigned long address,
                 unsigned long bytes)
{
  struct iommu_domain *domain;

  if (!mm->iommu_mm)
    return;
  list_for_each_entry(domain, &mm->iommu_mm->sva_domains, next)
    lx_note(what, address, bytes, sim_domain_number(domain));
}

/* Pages and tables that nothing leads to any more, and that others may still hold translations of. */
struct gather {
  struct page *page[PENDING];
  unsigned int pages;
  unsigned long start, end;
};

/* As CPUs order it: what has changed is seen, then everybody forgets, then the memory is free. */
static void flush(struct mm_struct *mm, struct gather *g)
{
  if (!g->pages)
    return;
  wmb();
  mmu_notifier_arch_invalidate_secondary_tlbs(mm, g->start, g->end);
  note(mm, LX_UNMAPPED, g->start, g->end - g->start);
  while (g->pages) {
    struct page *page = g->page[--g->pages];

    lx_note(LX_FREED, page_to_phys(page), PAGE_SIZE, 0);
    __free_page(page);
  }
}

static void take_out(struct mm_struct *mm, struct gather *g, u64 *entry)
{
  g->page[g->pages++] = phys_to_page(*entry & ADDRESS);
  set_entry(entry, 0);
}

/* Tables on the way to an address that are empty go with what was in them. */
static void take_tables_out(struct mm_struct *mm, struct gather *g, unsigned long address)
{
  for (int level = LEVELS - 2; level >= 0; level--) {
    u64 *entry = entry_at(mm, address, level, false);

    if (entry && *entry && is_empty(__va(*entry & ADDRESS)))
      take_out(mm, g, entry);
  }
}

static void drop(struct mm_struct *mm, unsigned long start, unsigned long end)
{
  struct gather g = { .start = start, .end = end };

  for (unsigned long at = start; at < end; at += PAGE_SIZE) {
    u64 *entry = entry_at(mm, at, LEVELS - 1, false);

    if (!entry || !*entry)
      continue;
    if (g.pages > PENDING - LEVELS)
      flush(mm, &g);
    take_out(mm, &g, entry);
    take_tables_out(mm, &g, at);
  }
  flush(mm, &g);
}

/* ---- areas ---- */

static struct vm_area_struct **area_at(struct process *p, unsigned long address)
{
  for (unsigned int i = 0; i < AREAS; i++) {
    struct vm_area_struct *area = p->area[i];

    if (area && address >= area->vm_start && address < area->vm_end)
      return &p->area[i];
  }
  return NULL;
}

void *mtree_load(struct maple_tree *tree, unsigned long index)
{
  struct process *p = process_of(container_of(tree, struct mm_struct, mm_mt));
  struct vm_area_struct **area = p ? area_at(p, index) : NULL;

  return area ? *area : NULL;
}

static int page_in(struct mm_struct *mm, struct vm_area_struct *area, unsigned long address)
{
  u64 *entry = entry_at(mm, address, LEVELS - 1, true);
  struct page *page;

  if (!entry)
    return -ENOMEM;
  if (*entry)
    return 0;
  page = alloc_page(GFP_KERNEL);
  if (!page)
    return -ENOMEM;
  set_entry(entry, page_to_phys(page) | PAGE_BITS | (area->vm_flags & VM_WRITE ? 0 : READ_ONLY));
  wmb();
  note(mm, LX_MAPPED, address, PAGE_SIZE);
  return 0;
}

vm_fault_t handle_mm_fault(struct vm_area_struct *area, unsigned long address, unsigned int flags,
                           struct pt_regs *regs)
{
  struct mm_struct *mm = area->vm_mm;
  int err;

  spin_lock(&mm->page_table_lock);
  process_of(mm)->faults++;
  err = page_in(mm, area, address & PAGE_MASK);
  spin_unlock(&mm->page_table_lock);
  return err ? VM_FAULT_OOM : 0;
}

static int add_area(struct process *p, unsigned long address, unsigned long bytes, bool write)
{
  struct vm_area_struct *area = kzalloc(sizeof(*area), GFP_KERNEL);
  unsigned int i = 0;

  while (i < AREAS && p->area[i])
    i++;
  if (!area || i == AREAS)
    return -ENOMEM;
  area->vm_mm = p->mm;
  area->vm_start = address;
  area->vm_end = address + bytes;
  vm_flags_init(area, VM_READ | (write ? VM_WRITE : 0));
  p->area[i] = area;
  return 0;
}

int linux_mmap(unsigned int process, lx_u64 address, lx_u64 bytes, int write, int populate)
{
  struct process *p = &processes[process];
  int err;

  sim_enter();
  mmap_write_lock(p->mm);
  err = add_area(p, address, bytes, write);
  for (lx_u64 at = address; populate && at < address + bytes && !err; at += PAGE_SIZE)
    err = page_in(p->mm, *area_at(p, address), at);
  mmap_write_unlock(p->mm);
  sim_leave();
  return err;
}

void linux_munmap(unsigned int process, lx_u64 address)
{
  struct process *p = &processes[process];
  struct vm_area_struct **area;

  sim_enter();
  mmap_write_lock(p->mm);
  area = area_at(p, address);
  if (area) {
    lx_note(LX_UNMAP_BEGINS, (*area)->vm_end - (*area)->vm_start, 0, 0);
    drop(p->mm, (*area)->vm_start, (*area)->vm_end);
    lx_note(LX_UNMAP_ENDS, 0, 0, 0);
    kfree(*area);
    *area = NULL;
  }
  mmap_write_unlock(p->mm);
  sim_leave();
}

lx_u64 linux_mm_page(unsigned int process, lx_u64 address)
{
  struct mm_struct *mm = processes[process].mm;
  u64 *entry = mm && mm->pgd ? entry_at(mm, address, LEVELS - 1, false) : NULL;

  return entry && *entry ? (*entry & ADDRESS) | (address & ~PAGE_MASK) : 0;
}

/* ---- processes ---- */

static struct mm_struct *mm_create(void)
{
  struct mm_struct *mm = kzalloc(sizeof(*mm), GFP_KERNEL);
  struct page *top = alloc_page(GFP_KERNEL);

  if (!mm || !top)
    return NULL;
  atomic_set(&mm->mm_users, 1);
  atomic_set(&mm->mm_count, 1);
  spin_lock_init(&mm->page_table_lock);
  init_rwsem(&mm->mmap_lock);
  mm->pgd = page_to_virt(top);
  return mm;
}

int linux_process_create(void)
{
  struct mm_struct *mm;
  struct process *p;

  sim_enter();
  mm = mm_create();
  p = process_of(NULL);
  if (p && mm)
    *p = (struct process){ .mm = mm };
  sim_leave();
  return p && mm ? (int)(p - processes) : -ENOMEM;
}

void linux_process_exit(unsigned int process)
{
  sim_enter();
  mmput(processes[process].mm);
  sim_leave();
}

lx_u64 linux_process_faults(unsigned int process)
{
  return processes[process].faults;
}

/* The last who used the memory is gone. Who shares it is told before it goes. */
void mmput(struct mm_struct *mm)
{
  struct process *p = process_of(mm);

  if (!atomic_dec_and_test(&mm->mm_users))
    return;
  lx_note(LX_UNMAP_BEGINS, 0, 0, 0);
  mmu_notifier_release(mm);
  for (unsigned int i = 0; i < AREAS; i++) {
    if (!p->area[i])
      continue;
    drop(mm, p->area[i]->vm_start, p->area[i]->vm_end);
    kfree(p->area[i]);
    p->area[i] = NULL;
  }
  lx_note(LX_UNMAP_ENDS, 0, 0, 0);
  mmdrop(mm);
}

void __mmdrop(struct mm_struct *mm)
{
  struct process *p = process_of(mm);

  mm_pasid_drop(mm);
  mmu_notifier_subscriptions_destroy(mm);
  free_page((unsigned long)mm->pgd);
  kfree(mm);
  p->mm = NULL;
}

/* Nobody else takes a lock of an area. */
int mm_take_all_locks(struct mm_struct *mm)
{
  return 0;
}

void mm_drop_all_locks(struct mm_struct *mm) {}
