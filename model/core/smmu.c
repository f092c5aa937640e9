/* The block: its layout, birth, reset, copy and hash; its actors; the dispatch of a step.
 * IHI 0070 3.11 (reset), 3.3.4 (transactions). Offsets depend on the configuration alone, so equal
 * configurations give comparable blocks. */
#include "smmu/smmu.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/atc.h"
#include "core/queues.h"
#include "util/bits.h"
#include "util/check.h"

enum { CHAINED_FROM = 65 }; /* smaller caches are scanned: shorter than following links */

static uint32_t take(uint32_t *cursor, size_t bytes)
{
  uint32_t off = *cursor;

  *cursor = (uint32_t)align_up_log2(off + bytes, 3);
  return off;
}

static uint32_t cache_count(const struct smmu_config *cfg)
{
  return SMMU_CACHE_UTLB + cfg->tbus;
}

static const struct smmu_cache_config *cache_geometry(const struct smmu_config *cfg, uint32_t i)
{
  switch (i) {
  case SMMU_CACHE_CFG: return &cfg->cfg_cache;
  case SMMU_CACHE_WALK: return &cfg->walk_cache;
  case SMMU_CACHE_TLB: return &cfg->tlb;
  default: return &cfg->utlb;
  }
}

static void place_cache_entries(struct cache *c, uint32_t i, const struct smmu_config *cfg,
                                uint32_t *cursor)
{
  const struct smmu_cache_config *g = cache_geometry(cfg, i);
  size_t entry = i == SMMU_CACHE_CFG ? sizeof(struct cfg_entry) : sizeof(struct tlb_entry);

  c->id = (uint16_t)(i < SMMU_CACHE_UTLB ? i : SMMU_CACHE_UTLB);
  c->unit = (uint16_t)(i < SMMU_CACHE_UTLB ? 0 : i - SMMU_CACHE_UTLB);
  c->sets = g->sets;
  c->ways = g->sets ? g->ways : 0;
  c->entries = c->sets * c->ways;
  c->off_entry = take(cursor, c->entries * entry);
}

static void place_cache_aids(struct cache *c, uint32_t *cursor)
{
  if (c->entries == 0)
    return;
  c->off_stamp = take(cursor, c->entries * sizeof(uint32_t));
  c->off_live = take(cursor, sizeof(struct cache_live));
  if (c->id == SMMU_CACHE_CFG || c->entries < CHAINED_FROM)
    return;
  c->off_link = take(cursor, c->entries * sizeof(struct cache_link));
  c->bucket_mask = (1u << log2_ceil(c->entries / 4)) - 1;
  c->off_head = take(cursor, 2 * (c->bucket_mask + 1) * sizeof(uint32_t));
}

static void place_cmdqv(struct smmu *s, uint32_t *cursor)
{
  if (s->n_vcmdqs == 0)
    return;
  s->off_cmdqv = take(cursor, sizeof(struct cmdqv) + s->n_vcmdqs * sizeof(uint32_t));
  s->off_vintfs = take(cursor, s->n_vintfs * sizeof(struct vintf));
  s->off_vcmdqs = take(cursor, s->n_vcmdqs * sizeof(struct vcmdq));
}

/* Header in *s (its cache descriptors included); everything else is offsets. */
static void lay_out(struct smmu *s, const struct smmu_config *cfg)
{
  uint32_t cursor = 0;

  s->config = *cfg;
  smmu_features_decode(cfg, &s->features);
  s->n_caches = cache_count(cfg);
  s->n_vintfs = cfg->cmdqv.present ? 1u << cfg->cmdqv.vintfs_log2 : 0;
  s->n_vcmdqs = cfg->cmdqv.present ? 1u << cfg->cmdqv.vcmdqs_log2 : 0;
  s->slots = cfg->txns + (s->features.atos ? 1u : 0u) + (s->features.vatos ? 1u : 0u);
  s->n_ecmdqs = smmu_ecmdq_count(cfg);
  s->n_queues = 1 + s->n_vcmdqs + s->n_ecmdqs + (s->features.btm ? 1u : 0u);
  s->actors = s->slots + 2u + s->n_queues + (s->features.pri ? 1u : 0u);
  take(&cursor, sizeof(struct smmu) + s->n_caches * sizeof(struct cache));
  cursor = (uint32_t)align_up_log2(cursor, 6);
  s->meaning_off = take(&cursor, sizeof(struct shared));
  s->off_events = take(&cursor, cfg->events * sizeof(struct event_slot));
  s->off_txns = take(&cursor, s->slots * sizeof(struct txn));
  place_cmdqv(s, &cursor);
  s->off_ecmdqs = take(&cursor, s->n_ecmdqs * sizeof(struct ecmdq));
  if (s->features.btm)
    s->off_dvm = take(&cursor, sizeof(struct dvm));
  if (s->features.ats)
    s->off_atc = take(&cursor, s->n_queues * sizeof(struct atc));
  if (s->features.pri)
    s->off_pri = take(&cursor, cfg->page_requests * sizeof(struct pri_slot));
  s->off_marks = take(&cursor, s->n_queues * mark_words(s) * sizeof(uint64_t));
  for (uint32_t i = 0; i < s->n_caches; i++)
    place_cache_entries(&s->cache[i], i, cfg, &cursor);
  s->meaning_len = cursor - s->meaning_off;
  s->aid_off = cursor;
  s->off_results = take(&cursor, s->slots * sizeof(struct smmu_result));
  s->off_runnable = take(&cursor, (s->actors + 63) / 64 * sizeof(uint64_t));
  s->off_owner = take(&cursor, s->n_vcmdqs * sizeof(uint32_t));
  s->off_free = take(&cursor, sizeof(struct txn_free) + cfg->txns * sizeof(uint16_t));
  for (uint32_t i = 0; i < s->n_caches; i++)
    place_cache_aids(&s->cache[i], &cursor);
  s->size = (uint32_t)align_up_log2(cursor, 6);
}

enum { MAX_CACHES = SMMU_CACHE_UTLB + 64 };

size_t smmu_size(const struct smmu_config *cfg)
{
  uint64_t header[(sizeof(struct smmu) + MAX_CACHES * sizeof(struct cache)) / 8 + 1];
  struct smmu *s = (struct smmu *)header;

  if (smmu_config_check(cfg, NULL, 0) != SMMU_OK)
    return 0;
  memset(header, 0, sizeof header);
  lay_out(s, cfg);
  return s->size;
}

int smmu_init(struct smmu *block, const struct smmu_config *cfg)
{
  if (smmu_config_check(cfg, NULL, 0) != SMMU_OK)
    return SMMU_ERR_BADCFG;
  memset(block, 0, smmu_size(cfg));
  lay_out(block, cfg);
  smmu_reset(block);
  return SMMU_OK;
}

static void reset_registers(struct smmu *s)
{
  struct shared *sh = shared_of(s);

  for (unsigned i = 0; i < R_COUNT; i++)
    sh->reg[i] = smmu_reg_rows[i].reset;
  for (unsigned i = 0; i < 6; i++)
    sh->reg[R_IDR0 + i] = s->config.idr[i];
  sh->reg[R_IDR6] = s->config.idr6;
  sh->reg[R_MPAMIDR] = s->config.mpamidr;
  sh->reg[R_IIDR] = s->config.iidr;
  sh->reg[R_AIDR] = s->config.aidr;
  sh->reg[R_CR2] = PUT(CR2, PTM, sh->reg[R_CR2], s->features.btm);
  sh->reg[R_GBPA] = s->config.gbpa_reset & ~bits_mask(GBPA_Update_HI, GBPA_Update_LO);
}

void smmu_reset(struct smmu *s)
{
  struct txn_free *free_slots;

  memset(at(s, s->meaning_off), 0, s->meaning_len);
  memset(at(s, s->aid_off), 0, s->size - s->aid_off);
  reset_registers(s);
  smmu_cmdqv_reset(s);
  for (uint32_t i = 0; i < s->n_caches; i++)
    smmu_cache_reset(s, &s->cache[i]);
  free_slots = txn_free_of(s);
  free_slots->free_count = s->config.txns;
  for (unsigned i = 0; i < s->config.txns; i++)
    free_slots->slot[i] = (uint16_t)(s->config.txns - 1 - i);
}

void smmu_clone(struct smmu *dst, const struct smmu *src)
{
  memcpy(dst, src, src->size);
}

void smmu_hash(const struct smmu *s, uint64_t hash[2])
{
  XXH128_hash_t h = XXH3_128bits(at_const(s, s->meaning_off), s->meaning_len);

  hash[0] = h.low64;
  hash[1] = h.high64;
}

bool smmu_equal(const struct smmu *a, const struct smmu *b)
{
  return a->meaning_len == b->meaning_len &&
         memcmp(at_const(a, a->meaning_off), at_const(b, b->meaning_off), a->meaning_len) == 0;
}

const struct smmu_config *smmu_get_config(const struct smmu *s)
{
  return &s->config;
}

/* ---- actors ---- */

smmu_actor smmu_actor_count(const struct smmu *s)
{
  return s->actors;
}

smmu_actor smmu_actor_cmdq(const struct smmu *s, unsigned queue)
{
  CHECK(queue < s->n_queues);
  return actor_cmdq(s, queue);
}

smmu_actor smmu_actor_eventq(const struct smmu *s)
{
  return actor_evtq(s);
}

smmu_actor smmu_actor_priq(const struct smmu *s)
{
  CHECK(s->features.pri);
  return actor_priq(s);
}

smmu_actor smmu_actor_ack(const struct smmu *s)
{
  return actor_ack(s);
}

size_t smmu_runnable(const struct smmu *s, uint64_t *bitmap)
{
  const uint64_t *bits = at_const(s, s->off_runnable);
  size_t count = 0;

  for (uint32_t i = 0; i < (s->actors + 63) / 64; i++) {
    bitmap[i] = bits[i];
    count += (size_t)__builtin_popcountll(bits[i]);
  }
  return count;
}

bool smmu_is_runnable(const struct smmu *s, smmu_actor actor)
{
  const uint64_t *bits = at_const(s, s->off_runnable);

  return actor < s->actors && ((bits[actor / 64] >> (actor % 64)) & 1);
}

unsigned smmu_debug_visible(const struct smmu *s)
{
  return s->visible;
}

void smmu_step(struct smmu *s, smmu_actor actor, const struct smmu_reply *reply,
               const struct smmu_hooks *hooks, struct smmu_ask *ask)
{
  unsigned role = actor - s->slots;

  s->visible = 0;
  if (actor < s->slots)
    smmu_txn_step(s, actor, reply, hooks, ask);
  else if (actor == actor_evtq(s))
    smmu_evtq_step(s, reply, hooks, ask);
  else if (actor == actor_ack(s))
    smmu_ack_step(s, reply, hooks, ask);
  else if (s->features.pri && actor == actor_priq(s))
    smmu_priq_step(s, reply, hooks, ask);
  else if (actor < s->actors)
    smmu_cmdq_step(s, role ? role - 2 : 0, reply, hooks, ask);
  else
    ask->kind = SMMU_ASK_NONE;
  DEBUG_CHECK(s->visible <= 1); /* only debug builds count */
}
