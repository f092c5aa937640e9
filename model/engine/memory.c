/* Sparse memory: a radix tree of 4 KB pages over a 52-bit address space, with an undo log, injected
 * aborts, and blocks whose pages lie side by side. Three levels, so that a read costs three loads and no hashing: table walks are
 * what the engines spend their time on. Words lie in host order: a little-endian host is needed. */
#include <stdlib.h>
#include <string.h>

#include "smmu/engine.h"
#include "util/bits.h"
#include "util/check.h"

enum {
  PAGE_LOG2 = 12,
  PAGE_BYTES = 1 << PAGE_LOG2,
  LOW_LOG2 = 13,
  MID_LOG2 = 13,
  TOP_LOG2 = 14,
  ADDRESS_LOG2 = PAGE_LOG2 + LOW_LOG2 + MID_LOG2 + TOP_LOG2,
  MAX_ABORTS = 16
};

struct low_table {
  uint8_t *page[1 << LOW_LOG2];
};

struct mid_table {
  struct low_table *low[1 << MID_LOG2];
};

struct range {
  uint64_t base, bytes;
};

/* A block whose pages are one piece. */
struct flat {
  struct flat *next;
  uint64_t base, bytes;
  void *allocated;
  uint8_t *block; /* in it, on a page boundary */
};

struct undo_word {
  uint64_t addr, old;
};

struct engine_memory {
  struct mid_table *mid[1 << TOP_LOG2];
  enum engine_memory_hole hole;
  struct range *ranges;
  size_t n_ranges;
  struct flat *flats;
  struct range aborts[MAX_ABORTS];
  size_t n_aborts;
  bool tracking; /* an undo mark was taken */
  struct undo_word *undo;
  size_t n_undo, cap_undo;
  uint64_t hash[2];
};

int engine_memory_create(struct engine_memory **out, enum engine_memory_hole hole)
{
  struct engine_memory *m = calloc(1, sizeof *m);

  *out = m;
  if (!m)
    return SMMU_ERR_NOMEM;
  m->hole = hole;
  return SMMU_OK;
}

static bool is_flat(const struct engine_memory *m, const uint8_t *page)
{
  for (const struct flat *f = m->flats; f; f = f->next) {
    if ((uintptr_t)page - (uintptr_t)f->block < f->bytes)
      return true;
  }
  return false;
}

static void free_mid(const struct engine_memory *m, struct mid_table *mid)
{
  for (size_t i = 0; i < 1 << MID_LOG2; i++) {
    struct low_table *low = mid->low[i];

    for (size_t j = 0; low && j < 1 << LOW_LOG2; j++) {
      if (low->page[j] && !is_flat(m, low->page[j]))
        free(low->page[j]);
    }
    free(low);
  }
  free(mid);
}

void engine_memory_destroy(struct engine_memory *m)
{
  if (!m)
    return;
  for (size_t i = 0; i < 1 << TOP_LOG2; i++) {
    if (m->mid[i])
      free_mid(m, m->mid[i]);
  }
  for (struct flat *f = m->flats, *next; f; f = next) {
    next = f->next;
    free(f->allocated);
    free(f);
  }
  free(m->ranges);
  free(m->undo);
  free(m);
}

int engine_memory_add_range(struct engine_memory *m, uint64_t base, uint64_t bytes)
{
  struct range *ranges = realloc(m->ranges, (m->n_ranges + 1) * sizeof *ranges);

  if (!ranges)
    return SMMU_ERR_NOMEM;
  m->ranges = ranges;
  m->ranges[m->n_ranges++] = (struct range){ base, bytes };
  return SMMU_OK;
}

int engine_memory_inject_abort(struct engine_memory *m, uint64_t base, uint64_t bytes, bool on)
{
  for (size_t i = 0; !on && i < m->n_aborts; i++) {
    if (m->aborts[i].base == base && m->aborts[i].bytes == bytes) {
      m->aborts[i] = m->aborts[--m->n_aborts];
      return SMMU_OK;
    }
  }
  if (!on)
    return SMMU_ERR_BADARG;
  if (m->n_aborts == MAX_ABORTS)
    return SMMU_ERR_LIMIT;
  m->aborts[m->n_aborts++] = (struct range){ base, bytes };
  return SMMU_OK;
}

static bool overlaps(const struct range *r, uint64_t addr, size_t len)
{
  return addr - r->base < r->bytes || r->base - addr < len;
}

static bool in_a_range(const struct engine_memory *m, uint64_t addr)
{
  for (size_t i = 0; i < m->n_ranges; i++) {
    if (addr - m->ranges[i].base < m->ranges[i].bytes)
      return true;
  }
  return false;
}

/* Is [addr, addr + len) there at all? len <= 64 and naturally aligned, so it never crosses a page.
 */
static bool is_accessible(const struct engine_memory *m, uint64_t addr, size_t len)
{
  for (size_t i = 0; i < m->n_aborts; i++) {
    if (overlaps(&m->aborts[i], addr, len))
      return false;
  }
  if (m->hole == ENGINE_HOLE_ZERO)
    return true;
  return in_a_range(m, addr) && in_a_range(m, addr + len - 1);
}

static uint8_t *find_page(const struct engine_memory *m, uint64_t addr)
{
  const struct mid_table *mid = m->mid[addr >> (ADDRESS_LOG2 - TOP_LOG2)];
  const struct low_table *low =
    mid ? mid->low[(addr >> (PAGE_LOG2 + LOW_LOG2)) & bits_low(MID_LOG2)] : NULL;

  return low ? low->page[(addr >> PAGE_LOG2) & bits_low(LOW_LOG2)] : NULL;
}

/* Where the pointer to a page is kept; NULL: no memory. */
static uint8_t **page_place(struct engine_memory *m, uint64_t addr)
{
  struct mid_table **mid = &m->mid[addr >> (ADDRESS_LOG2 - TOP_LOG2)];
  struct low_table **low;

  if (!*mid)
    *mid = calloc(1, sizeof **mid);
  if (!*mid)
    return NULL;
  low = &(*mid)->low[(addr >> (PAGE_LOG2 + LOW_LOG2)) & bits_low(MID_LOG2)];
  if (!*low)
    *low = calloc(1, sizeof **low);
  return *low ? &(*low)->page[(addr >> PAGE_LOG2) & bits_low(LOW_LOG2)] : NULL;
}

static uint8_t *make_page(struct engine_memory *m, uint64_t addr)
{
  uint8_t **page = page_place(m, addr);

  if (page && !*page)
    *page = calloc(1, PAGE_BYTES);
  return page ? *page : NULL;
}

static struct flat *make_flat(struct engine_memory *m, uint64_t base, uint64_t bytes)
{
  struct flat *f = calloc(1, sizeof *f);
  void *allocated = f ? calloc(1, bytes + PAGE_BYTES) : NULL;

  if (!allocated) {
    free(f);
    return NULL;
  }
  *f = (struct flat){ m->flats, base, bytes, allocated, NULL };
  f->block = (uint8_t *)allocated + (-(uintptr_t)allocated & (PAGE_BYTES - 1));
  m->flats = f;
  return f;
}

int engine_memory_add_flat(struct engine_memory *m, uint64_t base, uint64_t bytes, void **out)
{
  struct flat *f;

  if (base % PAGE_BYTES || bytes % PAGE_BYTES || bytes == 0 || base >> ADDRESS_LOG2 ||
      bytes > (1ULL << ADDRESS_LOG2) - base)
    return SMMU_ERR_BADARG;
  for (uint64_t at = base; at < base + bytes; at += PAGE_BYTES) {
    if (find_page(m, at))
      return SMMU_ERR_BADARG;
  }
  f = make_flat(m, base, bytes);
  if (!f)
    return SMMU_ERR_NOMEM;
  for (uint64_t at = 0; at < bytes; at += PAGE_BYTES) {
    uint8_t **page = page_place(m, base + at);

    if (!page)
      return SMMU_ERR_NOMEM;
    *page = f->block + at;
  }
  *out = f->block;
  return engine_memory_add_range(m, base, bytes);
}

static bool is_legal(uint64_t addr, size_t len)
{
  return (addr >> ADDRESS_LOG2) == 0 && len >= 1 && len <= 64 && is_power_of_two(len) &&
         (addr & (len - 1)) == 0;
}

/* May this access be answered? Most memories have no holes and no injected aborts. */
static inline bool is_answered(const struct engine_memory *m, uint64_t addr, size_t len)
{
  if (!is_legal(addr, len))
    return false;
  return (m->n_aborts == 0 && m->hole == ENGINE_HOLE_ZERO) || is_accessible(m, addr, len);
}

/* Known lengths are a load and a store or two instead of a call. */
static inline void copy(void *to, const void *from, size_t len)
{
  switch (len) {
  case 8: memcpy(to, from, 8); break;
  case 16: memcpy(to, from, 16); break;
  case 64: memcpy(to, from, 64); break;
  default: memcpy(to, from, len); break;
  }
}

bool engine_memory_read(const struct engine_memory *m, uint64_t addr, void *bytes, size_t len)
{
  const uint8_t *page;

  if (!is_answered(m, addr, len))
    return false;
  page = find_page(m, addr);
  if (page)
    copy(bytes, page + (addr & (PAGE_BYTES - 1)), len);
  else
    memset(bytes, 0, len);
  return true;
}

/* ---- undo ---- */

/* Mixes an address and a value into 128 bits; sums of these do not depend on the order of stores.
 */
static void mix(uint64_t addr, uint64_t value, uint64_t out[2])
{
  uint64_t a = (addr ^ 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
  uint64_t b = (value ^ a ^ a >> 29) * 0x94d049bb133111ebULL;

  out[0] = (b ^ b >> 32) * 0xd6e8feb86659fd93ULL;
  out[1] = (out[0] ^ out[0] >> 31 ^ value) * 0xa0761d6478bd642fULL + a;
}

static void account(struct engine_memory *m, uint64_t addr, uint64_t old, uint64_t now)
{
  uint64_t before[2], after[2];

  mix(addr, old, before);
  mix(addr, now, after);
  m->hash[0] += after[0] - before[0];
  m->hash[1] += after[1] - before[1];
}

static bool remember(struct engine_memory *m, uint64_t addr, uint64_t old)
{
  if (m->n_undo == m->cap_undo) {
    size_t cap = m->cap_undo ? 2 * m->cap_undo : 256;
    struct undo_word *undo = realloc(m->undo, cap * sizeof *undo);

    if (!undo)
      return false;
    m->undo = undo;
    m->cap_undo = cap;
  }
  m->undo[m->n_undo++] = (struct undo_word){ addr, old };
  return true;
}

static bool write_tracked(struct engine_memory *m, uint8_t *page, uint64_t addr,
                          const uint8_t *bytes, size_t len)
{
  for (size_t done = 0; done < len;) {
    uint64_t word = (addr + done) & ~7ULL, old, now;
    size_t from = (size_t)((addr + done) & 7), n = 8 - from < len - done ? 8 - from : len - done;
    uint8_t *p = page + (word & (PAGE_BYTES - 1));

    old = load_le(p, 8);
    if (!remember(m, word, old))
      return false;
    memcpy(p + from, bytes + done, n);
    now = load_le(p, 8);
    account(m, word, old, now);
    done += n;
  }
  return true;
}

bool engine_memory_write(struct engine_memory *m, uint64_t addr, const void *bytes, size_t len)
{
  uint8_t *page;

  if (!is_answered(m, addr, len))
    return false;
  page = find_page(m, addr);
  if (!page)
    page = make_page(m, addr);
  CHECK(page); /* out of memory inside a bus write has no one to tell */
  if (m->tracking)
    return write_tracked(m, page, addr, bytes, len);
  copy(page + (addr & (PAGE_BYTES - 1)), bytes, len);
  return true;
}

bool engine_memory_swap64(struct engine_memory *m, uint64_t addr, uint64_t expected,
                          uint64_t desired, uint64_t *found)
{
  *found = 0;
  if (!engine_memory_read(m, addr, found, 8))
    return false;
  return *found != expected || engine_memory_write(m, addr, &desired, 8);
}

uint64_t engine_memory_load64(const struct engine_memory *m, uint64_t addr)
{
  uint64_t value;

  return engine_memory_read(m, addr, &value, 8) ? value : 0;
}

bool engine_memory_store64(struct engine_memory *m, uint64_t addr, uint64_t value)
{
  return engine_memory_write(m, addr, &value, 8);
}

size_t engine_memory_undo_mark(struct engine_memory *m)
{
  m->tracking = true;
  return m->n_undo;
}

void engine_memory_undo_rewind(struct engine_memory *m, size_t mark)
{
  while (m->n_undo > mark) {
    const struct undo_word *u = &m->undo[--m->n_undo];
    uint8_t *p = find_page(m, u->addr) + (u->addr & (PAGE_BYTES - 1));

    account(m, u->addr, load_le(p, 8), u->old);
    store_le(p, u->old, 8);
  }
}

void engine_memory_hash(const struct engine_memory *m, uint64_t hash[2])
{
  hash[0] = m->hash[0];
  hash[1] = m->hash[1];
}
