/* Memory for the device: a buddy allocator over pages of 4 KB, beside the memory and not in it.
 * Every allocation takes a power of two of pages and lies on a multiple of its size, up to 2 GB;
 * what was freed last is given out first. Memory is zero when it is handed out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plat/state.h"
#include "util/bits.h"
#include "util/check.h"

enum { PAGE_LOG2 = 12, ORDERS = 32, FREE = 0x40, USED = 0x80, ORDER = 0x3f };

/* Of a block's first page. Free: its neighbours in the list, page + 1. Used: the bytes asked for. */
struct ram_page {
  uint32_t next, previous;
};

struct ram {
  struct engine_memory *memory;
  uint32_t pages;
  uint8_t *head; /* of a block's first page: FREE or USED, and its order; 0 inside a block */
  struct ram_page *page;
  uint32_t first[ORDERS]; /* page + 1 */
};

static void give(struct ram *r, uint32_t page, unsigned order)
{
  uint32_t next = r->first[order];

  r->head[page] = (uint8_t)(FREE | order);
  r->page[page] = (struct ram_page){ .next = next };
  if (next)
    r->page[next - 1].previous = page + 1;
  r->first[order] = page + 1;
}

static void take_out(struct ram *r, uint32_t page)
{
  struct ram_page p = r->page[page];

  if (p.previous)
    r->page[p.previous - 1].next = p.next;
  else
    r->first[r->head[page] & ORDER] = p.next;
  if (p.next)
    r->page[p.next - 1].previous = p.previous;
  r->head[page] = 0;
}

int ram_create(struct ram **out, struct engine_memory *memory, uint64_t bytes)
{
  struct ram *r = calloc(1, sizeof *r);
  uint32_t pages = (uint32_t)(bytes >> PAGE_LOG2);

  *out = r;
  if (!r)
    return SMMU_ERR_NOMEM;
  r->memory = memory;
  r->pages = pages;
  r->head = calloc(pages + 1, sizeof *r->head);
  r->page = calloc(pages + 1, sizeof *r->page);
  if (!r->head || !r->page)
    return SMMU_ERR_NOMEM;
  /* The largest aligned blocks that fit, the lowest first. */
  for (uint32_t page = 0; page < pages;) {
    unsigned order = page ? (unsigned)__builtin_ctz(page) : ORDERS - 1;

    while (page + (1ULL << order) > pages)
      order--;
    give(r, page, order);
    page += 1u << order;
  }
  return SMMU_OK;
}

void ram_destroy(struct ram *ram)
{
  if (!ram)
    return;
  free(ram->head);
  free(ram->page);
  free(ram);
}

static void clear(const struct ram *r, uint64_t addr, uint64_t bytes)
{
  static const uint64_t zero[8];
  uint64_t words[8];

  for (uint64_t end = addr + bytes; addr < end; addr += sizeof words) {
    if (!engine_memory_read(r->memory, addr, words, sizeof words))
      continue; /* an abort is injected there */
    if (memcmp(words, zero, sizeof words) != 0)
      engine_memory_write(r->memory, addr, zero, sizeof words);
  }
}

static unsigned order_of(uint64_t bytes)
{
  return bytes <= 1u << PAGE_LOG2 ? 0 : log2_ceil(bytes) - PAGE_LOG2;
}

int ram_alloc(struct ram *ram, size_t bytes, size_t align, uint64_t *addr)
{
  unsigned order = order_of(bytes > align ? bytes : align), found = order;
  uint32_t page;

  if (bytes == 0 || !is_power_of_two(align))
    return -EINVAL;
  /* Blocks lie on multiples of their size counted from PLAT_RAM_BASE. */
  if (align > 1ULL << __builtin_ctzll(PLAT_RAM_BASE) || order >= ORDERS)
    return -ENOMEM;
  while (found < ORDERS && !ram->first[found])
    found++;
  if (found == ORDERS)
    return -ENOMEM;
  page = ram->first[found] - 1;
  take_out(ram, page);
  while (found > order) {
    found--;
    give(ram, page + (1u << found), found);
  }
  ram->head[page] = (uint8_t)(USED | order);
  ram->page[page] = (struct ram_page){ (uint32_t)bytes, (uint32_t)((uint64_t)bytes >> 32) };
  *addr = PLAT_RAM_BASE + ((uint64_t)page << PAGE_LOG2);
  clear(ram, *addr, 1ULL << (order + PAGE_LOG2));
  return 0;
}

void ram_free(struct ram *ram, uint64_t addr, size_t bytes)
{
  uint64_t index = (addr - PLAT_RAM_BASE) >> PAGE_LOG2;
  uint32_t page = (uint32_t)index;
  unsigned order;

  CHECK(addr % (1u << PAGE_LOG2) == 0 && index < ram->pages); /* what dma_alloc() returned */
  CHECK(ram->head[page] & USED);
  CHECK((ram->page[page].next | (uint64_t)ram->page[page].previous << 32) == bytes);
  order = ram->head[page] & ORDER;
  ram->head[page] = 0;
  for (; order < ORDERS - 1; order++) {
    uint32_t buddy = page ^ 1u << order;

    if (buddy >= ram->pages || ram->head[buddy] != (FREE | order))
      break;
    take_out(ram, buddy);
    page &= ~(1u << order);
  }
  give(ram, page, order);
}
