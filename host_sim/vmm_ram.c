/* Guest RAM: where it is in host memory, and the guest's allocator of pages in it. The allocator is
 * part of the guest's platform, not of the VMM: it stands for the guest kernel's own. */
#include "host_sim/vmm_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/bits.h"
#include "util/check.h"

enum { PAGE_LOG2 = 12 };

/* What is known of a page. */
enum {
  PAGE_TAKEN = 1, /* allocated */
  PAGE_DIRTY = 2  /* was allocated before: may not be zero */
};

int vmm_ram_create(struct vmm_ram *ram, const struct vmm_config *config)
{
  memset(ram, 0, sizeof *ram);
  ram->bytes = config->ram_bytes;
  ram->pages = config->ram_bytes >> PAGE_LOG2;
  ram->page = calloc(ram->pages, 1);
  if (ram->page == NULL)
    return -ENOMEM;
  return iommufd_memory_alloc(iommufd_host_plat(config->host), config->ram_bytes, config->backing,
                              config->backing_seed, &ram->memory);
}

void vmm_ram_destroy(struct vmm_ram *ram)
{
  if (ram->memory)
    iommufd_memory_put(ram->memory);
  free(ram->page);
  memset(ram, 0, sizeof *ram);
}

void vmm_ram_reset(struct vmm_ram *ram)
{
  memset(ram->page, PAGE_DIRTY, ram->pages);
  ram->hint = 0;
}

uint64_t vmm_host_address(const struct vmm *vm, uint64_t gpa)
{
  if (gpa < VMM_RAM_BASE || gpa - VMM_RAM_BASE >= vm->ram.bytes)
    return UINT64_MAX;
  return iommufd_memory_pa(vm->ram.memory, gpa - VMM_RAM_BASE);
}

/* ---- words ---- */

bool vmm_ram_load(struct vmm *vm, uint64_t gpa, uint64_t *words, unsigned count)
{
  for (unsigned i = 0; i < count; i++) {
    uint64_t pa = vmm_host_address(vm, gpa + 8ULL * i);

    if (pa == UINT64_MAX || (gpa & 7) != 0)
      return false;
    words[i] = plat_load64(vm->host, pa);
  }
  return true;
}

bool vmm_ram_store(struct vmm *vm, uint64_t gpa, const uint64_t *words, unsigned count)
{
  for (unsigned i = 0; i < count; i++) {
    uint64_t pa = vmm_host_address(vm, gpa + 8ULL * i);

    if (pa == UINT64_MAX || (gpa & 7) != 0)
      return false;
    plat_store64(vm->host, pa, words[i]);
  }
  return true;
}

/* ---- the guest kernel's allocator ---- */

/* Zero a page; only words that are not are stored, so that a watcher sees what changes. */
static void clean_page(struct vmm *vm, uint64_t page)
{
  struct engine_memory *memory = plat_board_memory(vm->board);
  uint64_t pa = vmm_host_address(vm, VMM_RAM_BASE + (page << PAGE_LOG2));

  for (unsigned offset = 0; offset < 1u << PAGE_LOG2; offset += 8) {
    if (engine_memory_load64(memory, pa + offset) != 0)
      plat_store64(vm->host, pa + offset, 0);
  }
}

static bool run_is_free(const struct vmm_ram *ram, uint64_t first, uint64_t count)
{
  for (uint64_t i = 0; i < count; i++) {
    if (ram->page[first + i] & PAGE_TAKEN)
      return false;
  }
  return true;
}

/* Cleaning lets other CPUs run: the whole run is taken before. */
static void take_run(struct vmm *vm, uint64_t first, uint64_t count)
{
  for (uint64_t i = first; i < first + count; i++)
    vm->ram.page[i] |= PAGE_TAKEN;
  for (uint64_t i = first; i < first + count; i++) {
    if (vm->ram.page[i] & PAGE_DIRTY)
      clean_page(vm, i);
  }
}

int vmm_ram_alloc(struct vmm *vm, size_t bytes, size_t align, uint64_t *gpa)
{
  struct vmm_ram *ram = &vm->ram;
  uint64_t count = ((uint64_t)bytes + bits_low(PAGE_LOG2)) >> PAGE_LOG2;
  uint64_t step = align >> PAGE_LOG2 ? align >> PAGE_LOG2 : 1;

  CHECK(bytes > 0 && is_power_of_two(align));
  plat_cpu_settle(vm->board);
  if (count > ram->pages)
    return -ENOMEM;
  /* RAM begins at a multiple of 1 GB, so a page number is as aligned as its address. */
  for (uint64_t first = (ram->hint + step - 1) & ~(step - 1); first <= ram->pages - count;
       first += step) {
    if (!run_is_free(ram, first, count))
      continue;
    if (first == ram->hint)
      ram->hint = first + count;
    take_run(vm, first, count);
    *gpa = VMM_RAM_BASE + (first << PAGE_LOG2);
    return 0;
  }
  return -ENOMEM;
}

void vmm_ram_free(struct vmm *vm, uint64_t gpa, size_t bytes)
{
  struct vmm_ram *ram = &vm->ram;
  uint64_t first = (gpa - VMM_RAM_BASE) >> PAGE_LOG2;
  uint64_t count = ((uint64_t)bytes + bits_low(PAGE_LOG2)) >> PAGE_LOG2;

  plat_cpu_settle(vm->board);
  CHECK(gpa >= VMM_RAM_BASE && first < ram->pages && count <= ram->pages - first);
  for (uint64_t i = first; i < first + count; i++) {
    CHECK(ram->page[i] & PAGE_TAKEN);
    ram->page[i] = PAGE_DIRTY;
  }
  if (first < ram->hint)
    ram->hint = first;
}
