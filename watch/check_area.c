/* Areas of memory that pointers of the configuration lead to, in order of addresses. One is reachable
 * while somebody holds it; unreachable ones are kept, for caches may know what was in them, until
 * their memory is used again or given back. IHI 0070 3.21.3. */
#include <stdlib.h>
#include <string.h>

#include "watch/check_built.h"

bool check_grow(struct check *c, void **array, uint32_t *room, uint32_t used, size_t size)
{
  uint32_t wanted = *room ? 2 * *room : 16;
  void *more;

  if (used < *room)
    return true;
  while (wanted <= used)
    wanted *= 2;
  more = realloc(*array, wanted * size);
  if (!more) {
    c->failed = true;
    return false;
  }
  memset((char *)more + *room * size, 0, (wanted - *room) * size);
  *array = more;
  *room = wanted;
  return true;
}

/* How many begin at or before addr. */
static uint32_t count_up_to(const struct check_built *b, uint64_t addr)
{
  uint32_t low = 0, high = b->areas;

  while (low < high) {
    uint32_t middle = low + (high - low) / 2;

    if (b->area[middle]->base <= addr)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool holds(const struct check_area *area, uint64_t addr)
{
  return addr >= area->base && addr - area->base < area->bytes;
}

/* Most stores go to queues, which lie in no area: where the last of them went is remembered. */
struct check_area *check_area_at(struct check_built *b, uint64_t addr)
{
  uint32_t n;

  if (b->last && holds(b->last, addr))
    return b->last;
  if (addr >= b->gap[0] && addr < b->gap[1])
    return NULL;
  n = count_up_to(b, addr);
  if (n && holds(b->area[n - 1], addr)) {
    b->last = b->area[n - 1];
    return b->last;
  }
  b->gap[0] = n ? b->area[n - 1]->base + b->area[n - 1]->bytes : 0;
  b->gap[1] = n < b->areas ? b->area[n]->base : UINT64_MAX;
  return NULL;
}

static void forget(struct check_built *b)
{
  b->last = NULL;
  b->gap[0] = b->gap[1] = 0;
}

static void destroy(struct check_area *area)
{
  free(area->valid);
  free(area);
}

void check_area_drop(struct check_built *b, struct check_area *area)
{
  uint32_t n = count_up_to(b, area->base) - 1;

  // NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what moves
  memmove(&b->area[n], &b->area[n + 1], (b->areas - n - 1) * sizeof *b->area);
  b->areas--;
  forget(b);
  destroy(area);
}

void check_areas_clear(struct check_built *b)
{
  for (uint32_t i = 0; i < b->areas; i++)
    destroy(b->area[i]);
  b->areas = 0;
  forget(b);
}

/* Unreachable areas make room; false: a reachable one lies there. */
static bool make_room(struct check_built *b, uint64_t base, uint64_t bytes)
{
  uint32_t n = count_up_to(b, base);

  n -= n > 0 && holds(b->area[n - 1], base);
  while (n < b->areas && b->area[n]->base < base + bytes) {
    if (b->area[n]->holders)
      return false;
    check_area_drop(b, b->area[n]);
  }
  return true;
}

bool check_area_same(const struct check_area *a, const struct check_area *like)
{
  return a->kind == like->kind && a->level == like->level && a->bytes == like->bytes &&
         a->input == like->input && a->tag.asid == like->tag.asid &&
         a->tag.vmid == like->tag.vmid && a->tag.stage == like->tag.stage;
}

/* Somebody's stage 1 stands on a stage 2 from now on. */
static void set_under(struct check_built *b, const struct check_tag *tag)
{
  for (uint32_t i = 0; i < b->areas; i++) {
    struct check_tag *t = &b->area[i]->tag;

    t->under |= t->stage == 2 && t->vmid == tag->vmid;
  }
}

bool check_area_link(struct check *c, struct check_built *b, const struct check_area *like,
                     struct check_area **area)
{
  struct check_area *a = check_area_at(b, like->base);
  uint32_t n;

  if (a && a->base == like->base && a->holders) {
    a->mixed |= !check_area_same(a, like);
    a->holders++;
    if (like->tag.under && !a->tag.under)
      set_under(b, &like->tag);
    return false;
  }
  if (!like->bytes || !make_room(b, like->base, like->bytes) || b->areas == CHECK_AREAS ||
      !check_grow(c, (void **)&b->area, &b->area_room, b->areas, sizeof(struct check_area *)))
    return false;
  a = malloc(sizeof *a);
  if (!a) {
    c->failed = true;
    return false;
  }
  *a = *like;
  a->holders = 1;
  a->valid = a->kind == AREA_TABLE ? calloc(a->bytes / 512 + 1, sizeof *a->valid) : NULL;
  n = count_up_to(b, a->base);
  // NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what moves
  memmove(&b->area[n + 1], &b->area[n], (b->areas - n) * sizeof *b->area);
  b->area[n] = a;
  b->areas++;
  forget(b);
  *area = a;
  return true;
}

bool check_area_unlink(struct check_built *b, uint64_t base, struct check_area **area)
{
  struct check_area *a = check_area_at(b, base);

  if (!a || a->base != base || a->holders == 0 || --a->holders)
    return false;
  *area = a;
  return true;
}

/* ---- descriptors ---- */

void check_area_set_valid(struct check_area *area, uint64_t addr, bool valid)
{
  uint64_t i = (addr - area->base) / 8, bit = 1ULL << i % 64;

  if (area->valid)
    area->valid[i / 64] = (area->valid[i / 64] & ~bit) | (valid ? bit : 0);
}

/* Most are not, and need not be looked for. */
static bool may_be_valid(const struct check_area *area, uint64_t addr)
{
  uint64_t i = (addr - area->base) / 8;

  return !area->valid || area->mixed || (area->valid[i / 64] >> i % 64 & 1);
}

uint64_t check_descriptor(const struct check_world *w, const struct check_area *area, uint64_t addr)
{
  const struct check_word *x = may_be_valid(area, addr) ? check_memory_find(w, addr) : NULL;

  if (!x)
    return 0;
  return area->geometry.big_endian ? __builtin_bswap64(x->value) : x->value;
}
