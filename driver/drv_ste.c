/* Stream table: linear, or two levels with 256 STEs in a second level table, made when the first of
 * its streams is attached. Every STE aborts until then. IHI 0070 3.3.1, 5.1, 5.2. Left out:
 * substreams (S1CDMax is 0), S2FWB. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/drv_state.h"

enum {
  CHUNK = 1 << DRV_CHUNK_LOG2,
  LINEAR_LOG2_MAX = 16,    /* more streams than that have no room here */
  TWO_LEVEL_LOG2_MAX = 25, /* 2^17 first level descriptors */
  CONFIG_ABORT = 0,
  CONFIG_BYPASS = 4,
  CONFIG_S1 = 5,
  CONFIG_S2 = 6,
  CONFIG_NESTED = 7,
  EATS_FULL = 1,
  S1DSS_SSID0 = 2,
  CACHE_WBRA = 1,
  SH_ISH = 3,
  SHCFG_INCOMING = 1
};

/* ---- the table ------------------------------------------------------------------------------- */

static unsigned chunks_of(const struct drv_strtab *tab)
{
  return tab->log2 <= DRV_CHUNK_LOG2 ? 1 : 1u << (tab->log2 - DRV_CHUNK_LOG2);
}

/* The table is zero; V alone makes an STE that aborts. */
static void fill_aborting(struct drv *drv, uint64_t table, unsigned count)
{
  uint64_t words[8] = { 0 };

  FPUT(STE, V, words, 1);
  FPUT(STE, Config, words, CONFIG_ABORT);
  for (unsigned i = 0; i < count; i++)
    plat_store64(&drv->plat, table + (uint64_t)i * DRV_ENTRY, words[0]);
  plat_barrier(&drv->plat);
}

static void set_base(struct drv *drv)
{
  const struct drv_strtab *tab = &drv->strtab;
  uint32_t config = (uint32_t)PUT(STRTAB_BASE_CFG, LOG2SIZE, 0, tab->log2);

  if (tab->two_level) {
    config = (uint32_t)PUT(STRTAB_BASE_CFG, FMT, config, 1);
    config = (uint32_t)PUT(STRTAB_BASE_CFG, SPLIT, config, DRV_CHUNK_LOG2);
  }
  drv_write64(drv, OFF_STRTAB_BASE, tab->base | MASK(STRTAB_BASE, RA));
  drv_write(drv, OFF_STRTAB_BASE_CFG, config);
}

int drv_strtab_init(struct drv *drv)
{
  struct drv_strtab *tab = &drv->strtab;
  unsigned bits = drv->features.sid_bits;
  unsigned most;

  tab->two_level = drv->features.ste_2level && bits > DRV_CHUNK_LOG2;
  most = tab->two_level ? TWO_LEVEL_LOG2_MAX : LINEAR_LOG2_MAX;
  tab->log2 = bits < most ? bits : most;
  tab->chunk = calloc(chunks_of(tab), sizeof(struct drv_chunk *));
  tab->bytes = tab->two_level ? 8u * chunks_of(tab) : (size_t)DRV_ENTRY << tab->log2;
  if (!tab->chunk || plat_dma_alloc(&drv->plat, tab->bytes, tab->bytes, &tab->base)) {
    tab->base = 0;
    return -ENOMEM;
  }
  if (!tab->two_level)
    fill_aborting(drv, tab->base, 1u << tab->log2);
  set_base(drv);
  return 0;
}

static void free_chunk(struct drv *drv, struct drv_chunk *chunk)
{
  for (unsigned i = 0; i < CHUNK; i++) {
    if (chunk->stream[i].cd)
      plat_dma_free(&drv->plat, chunk->stream[i].cd, DRV_ENTRY);
  }
  if (drv->strtab.two_level)
    plat_dma_free(&drv->plat, chunk->table, CHUNK * DRV_ENTRY);
  free(chunk);
}

void drv_strtab_free(struct drv *drv)
{
  struct drv_strtab *tab = &drv->strtab;

  if (!tab->chunk)
    return;
  for (unsigned i = 0; i < chunks_of(tab); i++) {
    if (tab->chunk[i])
      free_chunk(drv, tab->chunk[i]);
  }
  free(tab->chunk);
  tab->chunk = NULL;
  if (tab->base)
    plat_dma_free(&drv->plat, tab->base, tab->bytes);
}

/* The first level descriptor is stored when all STEs behind it abort. An invalid one may be cached too,
 * and the CFGI_STE of the STEs leaves it. IHI 0070 3.21.3, 4.3.1. */
static int make_chunk(struct drv *drv, unsigned index)
{
  struct drv_strtab *tab = &drv->strtab;
  struct drv_chunk *chunk = calloc(1, sizeof *chunk);
  struct drv_command forget;
  uint64_t l1[1] = { 0 };

  if (!chunk)
    return -ENOMEM;
  chunk->table = tab->base + (uint64_t)index * CHUNK * DRV_ENTRY;
  if (tab->two_level) {
    if (plat_dma_alloc(&drv->plat, CHUNK * DRV_ENTRY, CHUNK * DRV_ENTRY, &chunk->table)) {
      free(chunk);
      return -ENOMEM;
    }
    fill_aborting(drv, chunk->table, CHUNK);
    FPUT(L1STD, Span, l1, DRV_CHUNK_LOG2 + 1);
    FPUT(L1STD, L2Ptr, l1, chunk->table >> L1STD_L2Ptr_LO);
    plat_store64(&drv->plat, tab->base + 8ULL * index, l1[0]);
    forget = drv_cmd_cfgi_ste((uint32_t)index << DRV_CHUNK_LOG2);
    FPUT(CFGI_STE, Leaf, forget.words, 0);
    (void)drv_issue(drv, &forget, 1, true); /* a timeout is logged */
  }
  tab->chunk[index] = chunk;
  return 0;
}

int drv_strtab_stream(struct drv *drv, uint32_t sid, struct drv_stream **stream, uint64_t *ste)
{
  unsigned index = sid >> DRV_CHUNK_LOG2;
  struct drv_chunk *chunk;

  if (!drv->strtab.chunk[index] && make_chunk(drv, index))
    return -ENOMEM;
  chunk = drv->strtab.chunk[index];
  *stream = &chunk->stream[sid % CHUNK];
  *ste = chunk->table + (uint64_t)(sid % CHUNK) * DRV_ENTRY;
  return 0;
}

struct drv_stream *drv_strtab_find(struct drv *drv, uint32_t sid)
{
  struct drv_chunk *chunk;

  if ((uint64_t)sid >> drv->strtab.log2)
    return NULL;
  chunk = drv->strtab.chunk[sid >> DRV_CHUNK_LOG2];
  return chunk ? &chunk->stream[sid % CHUNK] : NULL;
}

/* ---- making STEs ----------------------------------------------------------------------------- */

static void put_incoming(const struct drv *drv, uint64_t words[8])
{
  if (GET(IDR1, ATTR_TYPES_OVR, drv->features.idr[1]))
    FPUT(STE, SHCFG, words, SHCFG_INCOMING);
}

static void make_s1(const struct drv *drv, uint64_t cd, unsigned how, uint64_t words[8])
{
  FPUT(STE, Config, words, CONFIG_S1);
  FPUT(STE, S1ContextPtr, words, cd >> STE_S1ContextPtr_LO);
  FPUT(STE, S1DSS, words, S1DSS_SSID0);
  FPUT(STE, S1CIR, words, CACHE_WBRA);
  FPUT(STE, S1COR, words, CACHE_WBRA);
  FPUT(STE, S1CSH, words, SH_ISH);
  if (GET(IDR0, STALL_MODEL, drv->features.idr[0]) == 0 && !(how & DRV_HOW_STALLS))
    FPUT(STE, S1STALLD, words, 1);
}

/* S2SL0 of the level the table starts at. */
static unsigned sl0_of(const struct smmu_geometry *g)
{
  for (unsigned sl0 = 0; sl0 < 3; sl0++) {
    int level;

    if (smmu_stage2_start_level(g->granule_log2, false, sl0, &level) && level == g->start_level)
      return sl0;
  }
  return 3;
}

static void make_s2(const struct drv_domain *domain, uint64_t words[8])
{
  const struct smmu_geometry *g = &domain->table.geometry;

  FPUT(STE, Config, words, CONFIG_S2);
  put_incoming(domain->drv, words);
  FPUT(STE, S2VMID, words, domain->vmid);
  FPUT(STE, S2T0SZ, words, 64u - g->ia_bits);
  FPUT(STE, S2SL0, words, sl0_of(g));
  FPUT(STE, S2IR0, words, CACHE_WBRA);
  FPUT(STE, S2OR0, words, CACHE_WBRA);
  FPUT(STE, S2SH0, words, SH_ISH);
  FPUT(STE, S2TG, words, drv_granule_code(g->granule_log2));
  FPUT(STE, S2PS, words, drv_size_code(g->oa_bits));
  FPUT(STE, S2AA64, words, 1);
  FPUT(STE, S2PTW, words, 1);
  FPUT(STE, S2R, words, 1);
  if (domain->drv->features.stall_forced)
    FPUT(STE, S2S, words, 1);
  FPUT(STE, S2TTB, words, domain->table.root >> (STE_S2TTB_LO % 64));
}

/* The guest's stage 1 on top of the parent's stage 2; what the guest bypasses is stage 2 alone. */
static void make_nested(const struct drv_domain *domain, uint64_t words[8])
{
  const uint64_t *guest = domain->vste;
  unsigned config = (unsigned)FGET(STE, Config, guest);

  if (!FGET(STE, V, guest) || config < CONFIG_BYPASS)
    return;
  make_s2(domain->parent, words);
  if (config != CONFIG_S1)
    return;
  words[0] = guest[0];
  FPUT(STE, Config, words, CONFIG_NESTED);
  words[1] |= guest[1];
  FPUT(STE, MEV, words, 1);
}

void drv_ste_make(const struct drv_domain *domain, uint64_t cd, unsigned how, uint64_t words[8])
{
  memset(words, 0, 8 * sizeof words[0]);
  FPUT(STE, V, words, 1);
  if (!domain)
    return;
  switch (domain->kind) {
  case DRV_DOMAIN_ABORT: break;
  case DRV_DOMAIN_BYPASS:
    FPUT(STE, Config, words, CONFIG_BYPASS);
    put_incoming(domain->drv, words);
    break;
  case DRV_DOMAIN_S1: make_s1(domain->drv, cd, how, words); break;
  case DRV_DOMAIN_S2: make_s2(domain, words); break;
  case DRV_DOMAIN_NESTED: make_nested(domain, words); break;
  }
  if (how & DRV_HOW_ATS)
    FPUT(STE, EATS, words, EATS_FULL);
}

#define ALL_OF(mask, field) FPUT(STE, field, mask, ~0ULL)

static void used_by_s1(const uint64_t words[8], uint64_t mask[8])
{
  ALL_OF(mask, S1Fmt);
  ALL_OF(mask, S1ContextPtr);
  ALL_OF(mask, S1CDMax);
  ALL_OF(mask, S1DSS);
  ALL_OF(mask, S1CIR);
  ALL_OF(mask, S1COR);
  ALL_OF(mask, S1CSH);
  ALL_OF(mask, S1STALLD);
  ALL_OF(mask, STRW);
  ALL_OF(mask, EATS);
  ALL_OF(mask, S2VMID);
  if (FGET(STE, S1DSS, words) == 1)
    ALL_OF(mask, SHCFG);
}

static void used_by_s2(uint64_t mask[8])
{
  ALL_OF(mask, EATS);
  ALL_OF(mask, SHCFG);
  ALL_OF(mask, S2VMID);
  mask[2] |= bits_mask(STE_S2PS_HI % 64, STE_S2T0SZ_LO % 64);
  ALL_OF(mask, S2AA64);
  ALL_OF(mask, S2ENDI);
  ALL_OF(mask, S2PTW);
  ALL_OF(mask, S2S);
  ALL_OF(mask, S2R);
  ALL_OF(mask, S2TTB);
}

/* MEV only merges event records, and may change at any time. */
void drv_ste_used(const uint64_t words[8], uint64_t mask[8])
{
  unsigned config = (unsigned)FGET(STE, Config, words);

  memset(mask, 0, 8 * sizeof mask[0]);
  ALL_OF(mask, V);
  if (!FGET(STE, V, words))
    return;
  ALL_OF(mask, Config);
  if (config == CONFIG_BYPASS)
    ALL_OF(mask, SHCFG);
  if (config == CONFIG_S1 || config == CONFIG_NESTED)
    used_by_s1(words, mask);
  if (config == CONFIG_S2 || config == CONFIG_NESTED)
    used_by_s2(mask);
}

/* The new STE will soon be wanted. */
int drv_ste_install(struct drv *drv, uint32_t sid, uint64_t ste, const uint64_t words[8])
{
  struct drv_entry entry = { ste, drv_ste_used, drv_cmd_cfgi_ste(sid) };
  struct drv_command prefetch = drv_cmd_prefetch(sid);
  int err = drv_entry_write(drv, &entry, words);
  int bad = drv_issue(drv, &prefetch, 1, false);

  return err ? err : bad;
}
