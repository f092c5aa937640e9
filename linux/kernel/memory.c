// SPDX-License-Identifier: GPL-2.0
/* Memory: pages from the board, whose device sees them; objects in pages, in classes of powers of
 * two. What runs here is alone between two calls of the board. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#include "sim.h"

char *sim_ram;
unsigned long sim_ram_base, sim_ram_bytes;
unsigned char *sim_page_kind;
struct page *mem_map;
unsigned long max_mapnr;
struct pglist_data contig_page_data;

enum { LEAST_CLASS = 5, CLASSES = 12, WHOLE_PAGES = 64 };

/* A free object says where the next one is. */
struct free_object {
  struct free_object *next;
};
static struct free_object *free_objects[CLASSES];

/* The caches of constant sizes are not looked at: sizes are. */
kmem_buckets kmalloc_caches[NR_KMALLOC_TYPES];

struct kmem_cache {
  unsigned int size;
  void (*constructor)(void *object);
};

void sim_memory_init(const struct linux_boot *boot)
{
  sim_ram = boot->ram;
  sim_ram_base = boot->ram_base;
  sim_ram_bytes = boot->ram_bytes;
  max_mapnr = sim_ram_bytes >> PAGE_SHIFT;
  sim_page_kind = boot->calloc(max_mapnr);
  mem_map = boot->calloc(max_mapnr * sizeof(*mem_map));
}

/* ---- pages ---- */

static struct page *pages_alloc(unsigned int order, unsigned char kind)
{
  lx_u64 addr = lx_pages_alloc(order);
  struct page *page;

  if (!addr)
    return NULL;
  page = phys_to_page(addr);
  for (unsigned int i = 0; i < 1U << order; i++)
    sim_page_kind[page_to_pfn(page + i) - ARCH_PFN_OFFSET] = kind;
  page->private = order;
  return page;
}

static void pages_free(struct page *page, unsigned int order)
{
  if (sim_page_kind[page_to_pfn(page) - ARCH_PFN_OFFSET] == SIM_PAGE_DEVICE)
    lx_note(LX_TABLE_FREED, page_to_phys(page), PAGE_SIZE << order, 0);
  for (unsigned int i = 0; i < 1U << order; i++)
    sim_page_kind[page_to_pfn(page + i) - ARCH_PFN_OFFSET] = SIM_PAGE_FREE;
  lx_pages_free(page_to_phys(page), order);
}

struct page *__alloc_pages_noprof(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodes)
{
  struct page *page = pages_alloc(order, SIM_PAGE_DEVICE);

  if (page)
    init_page_count(page);
  return page;
}

/* Other pages are not compound. */
struct folio *__folio_alloc_noprof(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodes)
{
  struct page *page = __alloc_pages_noprof(gfp, order, nid, nodes);

  if (!page)
    return NULL;
  if (order) {
    __SetPageHead(page);
    page_folio(page)->_flags_1 = order;
  }
  return page_folio(page);
}

unsigned long get_free_pages_noprof(gfp_t gfp, unsigned int order)
{
  struct page *page = __alloc_pages_noprof(gfp, order, 0, NULL);

  return page ? (unsigned long)page_to_virt(page) : 0;
}

void __free_pages(struct page *page, unsigned int order)
{
  if (!put_page_testzero(page))
    return;
  pages_free(page, order);
}

void free_pages(unsigned long addr, unsigned int order)
{
  if (addr)
    __free_pages(virt_to_page((void *)addr), order);
}

void __folio_put(struct folio *folio)
{
  if (folio_test_large(folio)) {
    folio->_flags_1 = 0;
    __ClearPageHead(&folio->page);
  }
  pages_free(&folio->page, (unsigned int)folio->page.private);
}

/* Data of a program, in whole blocks. */
void *alloc_pages_exact_noprof(size_t bytes, gfp_t flags)
{
  struct page *page = pages_alloc(get_order(bytes), SIM_PAGE_HEAP);

  return page ? page_to_virt(page) : NULL;
}

void free_pages_exact(void *at, size_t bytes)
{
  lx_note(LX_FREED, __pa((unsigned long)at), bytes, 0);
  pages_free(virt_to_page(at), get_order(bytes));
}

void mod_node_page_state(struct pglist_data *node, enum node_stat_item item, long delta) {}

/* ---- objects ---- */

static unsigned int class_of(size_t bytes)
{
  return bytes <= 1U << LEAST_CLASS ? LEAST_CLASS : fls64(bytes - 1);
}

static void *object_alloc(unsigned int class)
{
  struct free_object *object;

  while (!free_objects[class]) {
    struct page *page = pages_alloc(0, SIM_PAGE_HEAP);
    char *at;

    if (!page)
      return NULL;
    page->private = class;
    at = page_to_virt(page);
    for (unsigned long offset = 0; offset < PAGE_SIZE; offset += 1UL << class) {
      object = (struct free_object *)(at + offset);
      object->next = free_objects[class];
      free_objects[class] = object;
    }
  }
  object = free_objects[class];
  free_objects[class] = object->next;
  memset(object, 0, 1UL << class);
  return object;
}

void *__kmalloc_noprof(size_t bytes, gfp_t flags)
{
  struct page *page;
  unsigned int order;

  if (!bytes)
    return ZERO_SIZE_PTR;
  if (class_of(bytes) < CLASSES)
    return object_alloc(class_of(bytes));
  order = get_order(bytes);
  page = pages_alloc(order, SIM_PAGE_HEAP);
  if (!page)
    return NULL;
  page->private = WHOLE_PAGES + order;
  return page_to_virt(page);
}

void kfree(const void *object)
{
  struct page *page;

  if (ZERO_OR_NULL_PTR(object) || !virt_addr_valid(object))
    return;
  page = virt_to_page(object);
  sim_work_freed(object, ksize(object));
  if (page->private >= WHOLE_PAGES) {
    pages_free(page, (unsigned int)page->private - WHOLE_PAGES);
  } else {
    struct free_object *f = (struct free_object *)object;

    f->next = free_objects[page->private];
    free_objects[page->private] = f;
  }
}

size_t ksize(const void *object)
{
  struct page *page;

  if (ZERO_OR_NULL_PTR(object))
    return 0;
  page = virt_to_page(object);
  return page->private >= WHOLE_PAGES ? PAGE_SIZE << (page->private - WHOLE_PAGES)
                                      : 1UL << page->private;
}

size_t kmalloc_size_roundup(size_t bytes)
{
  if (!bytes)
    return 0;
  return class_of(bytes) < CLASSES ? 1UL << class_of(bytes) : PAGE_SIZE << get_order(bytes);
}

static void *reallocate(const void *object, size_t bytes, gfp_t flags)
{
  void *larger;

  if (!ZERO_OR_NULL_PTR(object) && ksize(object) >= bytes)
    return (void *)object;
  larger = __kmalloc_noprof(bytes, flags);
  if (larger && !ZERO_OR_NULL_PTR(object)) {
    memcpy(larger, object, ksize(object));
    kfree(object);
  }
  return larger;
}

#ifdef krealloc_noprof
void *krealloc_node_align_noprof(const void *object, DECL_TOKEN_PARAMS(bytes, token),
                                 unsigned long align, gfp_t flags, int node)
{
  return reallocate(object, bytes, flags);
}
#else
void *krealloc_noprof(const void *object, size_t bytes, gfp_t flags)
{
  return reallocate(object, bytes, flags);
}
#endif

void *__kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags, size_t bytes)
{
  return __kmalloc_noprof(bytes, flags);
}

void *__kmalloc_node_noprof(DECL_BUCKET_PARAMS(size, b), gfp_t flags, int node)
{
  return __kmalloc_noprof(size, flags);
}

void *__kmalloc_node_track_caller_noprof(DECL_BUCKET_PARAMS(size, b), gfp_t flags, int node,
                                         unsigned long caller)
{
  return __kmalloc_noprof(size, flags);
}

#ifdef kvmalloc_node_align_noprof
void *__kvmalloc_node_noprof(DECL_BUCKET_PARAMS(size, b), unsigned long align, gfp_t flags,
                             int node)
#else
void *__kvmalloc_node_noprof(DECL_BUCKET_PARAMS(size, b), gfp_t flags, int node)
#endif
{
  return __kmalloc_noprof(size, flags);
}

void kvfree(const void *object)
{
  kfree(object);
}

void *vmalloc_noprof(unsigned long bytes)
{
  return __kmalloc_noprof(bytes, GFP_KERNEL);
}

void vfree(const void *object)
{
  kfree(object);
}

bool is_vmalloc_addr(const void *p)
{
  return false;
}

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
                                            struct kmem_cache_args *args, slab_flags_t flags)
{
  struct kmem_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);

  if (cache) {
    cache->size = size;
    cache->constructor = args->ctor;
  }
  return cache;
}

void *kmem_cache_alloc_noprof(struct kmem_cache *cache, gfp_t flags)
{
  void *object = __kmalloc_noprof(cache->size, flags);

  if (object && cache->constructor)
    cache->constructor(object);
  return object;
}

void *kmem_cache_alloc_lru_noprof(struct kmem_cache *cache, struct list_lru *lru, gfp_t flags)
{
  return kmem_cache_alloc_noprof(cache, flags);
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
  kfree(object);
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
  kfree(cache);
}

/* ---- texts ---- */

char *kstrdup(const char *text, gfp_t gfp)
{
  char *copy = text ? __kmalloc_noprof(strlen(text) + 1, gfp) : NULL;

  if (copy)
    memcpy(copy, text, strlen(text) + 1);
  return copy;
}

const char *kstrdup_const(const char *text, gfp_t gfp)
{
  return kstrdup(text, gfp);
}

void kfree_const(const void *text)
{
  kfree(text);
}
