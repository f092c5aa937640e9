/* What software says of addresses and streams, against the tables it has built: unmapped and still
 * valid, mapped and perhaps not yet visible, moved to a stage 1 that has no CD; and two address spaces
 * under one tag. IHI 0070 3.17, 3.21.1, 5.4. */
#include "util/bits.h"
#include "watch/check_built.h"

enum { CONFIG_S1 = 5 };

/* ---- walks ---- */

static bool is_root_of(const struct check_built *b, const struct check_area *a, uint64_t domain)
{
  unsigned stage = a->tag.stage;

  return a->kind == AREA_TABLE && a->holders && !a->mixed && a->input == 0 &&
         a->level == a->geometry.start_level && b->owner[stage - 1] &&
         b->owner[stage - 1][stage == 1 ? a->tag.asid : a->tag.vmid] == domain;
}

static struct check_area *root_of(struct check_built *b, uint64_t domain)
{
  struct check_root *known = &b->root[domain % CHECK_ROOTS];
  struct check_area *a = known->domain == domain ? check_area_at(b, known->base) : NULL;

  if (domain == 0 || (a && is_root_of(b, a, domain)))
    return domain ? a : NULL;
  for (uint32_t i = 0; i < b->areas; i++) {
    if (is_root_of(b, b->area[i], domain)) {
      *known = (struct check_root){ domain, b->area[i]->base, 0 };
      return b->area[i];
    }
  }
  return NULL;
}

/* The descriptor that decides on an address: true when it is a leaf. *span: bytes it speaks of. */
static bool leads_on(const struct check_world *w, struct check_area *area, uint64_t va,
                     uint64_t *leaves, uint64_t *span)
{
  while (area && area->kind == AREA_TABLE && area->holders) {
    const struct smmu_geometry *g = &area->geometry;
    unsigned shift = smmu_level_shift(g->granule_log2, area->level);
    uint64_t desc = check_descriptor(w, area, area->base + 8 * ((va - area->input) >> shift));

    *span = 1ULL << shift;
    if (area->level == 3)
      *leaves = area->base;
    switch (smmu_desc_kind(desc, area->level, g)) {
    case SMMU_DESC_INVALID: return false;
    case SMMU_DESC_LEAF: return true;
    case SMMU_DESC_TABLE:
      area = check_area_at(w->built, smmu_desc_out(desc, g, g->granule_log2));
      break;
    }
  }
  return false;
}

/* Where a walk may begin that comes to an address: most come to the table that the last came to. */
static struct check_area *start_of(struct check_built *b, struct check_area *root, uint64_t leaves,
                                   uint64_t va)
{
  struct check_area *a = leaves ? check_area_at(b, leaves) : NULL;

  if (a && a->base == leaves && a->kind == AREA_TABLE && a->holders && a->level == 3 &&
      a->tag.stage == root->tag.stage && a->tag.asid == root->tag.asid &&
      a->tag.vmid == root->tag.vmid && va >= a->input &&
      (va - a->input) >> a->geometry.granule_log2 < a->bytes / 8)
    return a;
  return root;
}

void check_said_unmapped(struct check *c, struct check_world *w, uint64_t first, uint64_t last,
                         uint64_t domain)
{
  struct check_built *b = w->built;
  struct check_area *root = root_of(b, domain);
  uint64_t *leaves = &b->root[domain % CHECK_ROOTS].leaves;
  uint64_t va = first, span = 1;

  while (root && va <= last && va >> root->geometry.ia_bits == 0) {
    if (leads_on(w, start_of(b, root, *leaves, va), va, leaves, &span)) {
      check_tell(c, CHECK_UNMAPPED_VALID, NULL,
                 "0x%llx-0x%llx is said to be unmapped, and 0x%llx has a valid descriptor",
                 (unsigned long long)first, (unsigned long long)last, (unsigned long long)va);
      return;
    }
    va = (va | (span - 1)) + 1;
  }
}

/* ---- barriers ---- */

void check_made_valid(struct check *c, struct check_world *w)
{
  struct check_built *b = w->built;

  if (check_grow(c, (void **)&b->made, &b->mades, c->now.cpu, sizeof *b->made))
    b->made[c->now.cpu] = c->now;
}

void check_said_mapped(struct check *c, struct check_world *w)
{
  const struct check_built *b = w->built;
  struct check_at *made = c->now.cpu < b->mades ? &b->made[c->now.cpu] : NULL;

  if (!made || !made->record)
    return;
  if (c->barriers && check_barrier_of(c, c->now.cpu) < made->record)
    check_tell(c, CHECK_MAP_UNORDERED, made, "no barrier since a descriptor was made valid");
  made->record = 0;
}

/* ---- streams ---- */

static const struct check_area *stream_table(const struct check_built *b, uint64_t sid)
{
  for (uint32_t i = 0; i < b->areas; i++) {
    const struct check_area *a = b->area[i];

    if (a->kind == AREA_STE && a->holders && sid >= a->id &&
        sid - a->id < a->bytes / CHECK_STRUCTURE)
      return a;
  }
  return NULL;
}

void check_said_moved(struct check *c, struct check_world *w, uint64_t sid)
{
  const struct check_area *table = stream_table(w->built, sid);
  uint64_t ste[CHECK_STRUCTURE_WORDS], cd[CHECK_STRUCTURE_WORDS];

  if (!table)
    return;
  check_read_structure(w, table->base + (sid - table->id) * CHECK_STRUCTURE, CHECK_STRUCTURE_WORDS,
                       ste);
  if (!check_is_valid(AREA_STE, ste) || FGET(STE, Config, ste) != CONFIG_S1 ||
      FGET(STE, S1CDMax, ste))
    return;
  check_read_structure(w, FGET(STE, S1ContextPtr, ste) << STE_S1ContextPtr_LO,
                       CHECK_STRUCTURE_WORDS, cd);
  if (!check_is_valid(AREA_CD, cd))
    check_tell(c, CHECK_CD_MISSING, NULL, "the STE of stream 0x%llx leads to a CD with V = 0",
               (unsigned long long)sid);
}

/* ---- tags ---- */

void check_tag_alone(struct check *c, const struct check_built *b, const struct check_area *root)
{
  for (uint32_t i = 0; i < b->areas; i++) {
    const struct check_area *a = b->area[i];

    if (a->kind != AREA_TABLE || !a->holders || a->level != a->geometry.start_level ||
        a->base == root->base || a->input != root->input || a->tag.stage != root->tag.stage ||
        a->tag.asid != root->tag.asid || a->tag.vmid != root->tag.vmid ||
        a->tag.world != root->tag.world)
      continue;
    check_tell(c, CHECK_TAG_SHARED, NULL, "%s %u stands for the tables of stream 0x%x and of 0x%x",
               a->tag.stage == 1 ? "ASID" : "VMID", a->tag.stage == 1 ? a->tag.asid : a->tag.vmid,
               a->sid, root->sid);
    return;
  }
}
