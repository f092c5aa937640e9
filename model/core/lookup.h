/* Finding an entry: inline, because a TLB hit is what most transactions come to. Used by cache.c
 * and try_hit.c. */
#ifndef SMMU_CORE_LOOKUP_H
#define SMMU_CORE_LOOKUP_H

#include "core/core.h"
#include "util/bits.h"

static inline uint32_t cache_set(const struct cache *c, uint64_t va, unsigned size_log2)
{
  return (uint32_t)(va >> size_log2) & (c->sets - 1);
}

static inline void cache_touch(struct smmu *s, const struct cache *c, uint32_t index)
{
  uint32_t *stamp = at(s, c->off_stamp);

  stamp[index] = ++cache_live_of(s, c)->clock;
}

/* Chain 0 goes by VMID and ASID (or global), chain 1 by VMID. */
static inline uint32_t cache_bucket(const struct cache *c, unsigned which, uint64_t tag)
{
  uint64_t key = which == 0 ? (tag & 0xffffffffULL) | (tag & TAG_GLOBAL) >> 16 : tag & 0xffff;

  return (uint32_t)((key * 0x9e3779b97f4a7c15ULL) >> 40) & c->bucket_mask;
}

/* Which of n ways match, one bit each. No branch on the data: which way hits is as good as random.
 */
static inline uint32_t match_ways(const struct tlb_entry *e, uint32_t n, uint64_t want,
                                  uint64_t base)
{
  uint32_t mask = 0;

#pragma GCC unroll 4
  for (uint32_t w = 0; w < n; w++)
    mask |= (uint32_t)(((e[w].va ^ base) | (e[w].tag ^ want)) == 0) << w;
  return mask;
}

/* One set, for exactly this tag, any number of ways. */
static inline uint32_t find_tag(const struct tlb_entry *set, uint32_t ways, uint64_t want,
                                uint64_t base)
{
  for (uint32_t w = 0; w < ways; w += 4) {
    uint32_t mask = match_ways(set + w, ways - w < 4 ? ways - w : 4, want, base);

    if (mask)
      return w + (uint32_t)__builtin_ctz(mask);
  }
  return SMMU_NO_INDEX;
}

/* Entry index, SMMU_NO_INDEX, or SMMU_CONFLICT: every span that is present, small ones first. Global
 * entries are stored with ASID 0, so they take a second look. Recency stays as it is. */
uint32_t smmu_cache_lookup(struct smmu *s, const struct cache *c, uint64_t tag, uint64_t va);

/* The same for the case that counts: four ways, one span, no global entry; anything else goes the
 * long way. */
static inline uint32_t cache_lookup(struct smmu *s, const struct cache *c, uint64_t tag,
                                    uint64_t va)
{
  const struct cache_live *live = cache_live_of(s, c);
  unsigned size_log2 = (unsigned)__builtin_ctzll(live->sizes | 1ULL << 63);
  uint32_t first = cache_set(c, va, size_log2) * 4, mask;

  if (__builtin_expect(c->ways != 4 || (live->sizes & (live->sizes - 1)) || live->globals, 0))
    return smmu_cache_lookup(s, c, tag, va);
  mask = match_ways(cache_entries(s, c) + first, 4, tag | (uint64_t)size_log2 << 32,
                    align_down_log2(va, size_log2));
  return mask ? first + (uint32_t)__builtin_ctz(mask) : SMMU_NO_INDEX;
}

/* The input address of a translated stream: canonical in *va, and which range (0 or 1); -1 when it
 * is outside (F_TRANSLATION). The masks were made with the configuration (smmu_cfg_combine). */
static inline int cfg_input_range(const struct stream_cfg *cfg, uint64_t addr, uint64_t *va)
{
  unsigned range = (unsigned)(addr >> 55) & (cfg->flags / CFG_TWO_RANGES) & 1u;
  uint64_t mask = cfg->outside[range];

  *va = (uint64_t)((int64_t)(addr << 8) >> 8);
  if ((cfg->flags & ((uint32_t)CFG_EPD0 << range)) || (addr & mask) != (range ? mask : 0))
    return -1;
  return (int)range;
}

/* Ways of the configuration cache. */
static inline uint32_t cfg_set(const struct cache *c, uint32_t sid)
{
  return (sid ^ sid >> 8) & (c->sets - 1);
}

static inline uint32_t cfg_valid(const struct smmu_txn *t)
{
  bool ste = t->kind == SMMU_TXN_ATS_TRANSLATED && !t->ssv;

  return CFG_ENTRY_VALID | (t->ssv ? CFG_ENTRY_SSV : 0u) | (ste ? CFG_ENTRY_STE : 0u);
}

/* Entries that serve several StreamIDs (STE.CONT) are looked for as well; SMMU_CONFLICT when two
 * entries of STEs that are not identical serve the stream. */
uint32_t smmu_cfg_lookup(struct smmu *s, const struct smmu_txn *t);

static inline uint32_t cfg_lookup(struct smmu *s, const struct smmu_txn *t)
{
  const struct cache *c = &s->cache[SMMU_CACHE_CFG];
  uint32_t i = cfg_set(c, t->sid) * c->ways, end = i + c->ways;
  const struct cfg_entry *e = (const struct cfg_entry *)at(s, c->off_entry) + i;
  uint32_t ssv = t->ssv != 0, ssid = t->ssid & (0u - ssv), valid = cfg_valid(t);

  if (__builtin_expect(cache_live_of(s, c)->sizes != 0, 0))
    return smmu_cfg_lookup(s, t);
  for (; i < end; i++, e++) {
    if (((e->sid ^ t->sid) | (e->ssid ^ ssid) | (e->valid ^ valid)) == 0)
      return i;
  }
  return SMMU_NO_INDEX;
}

#endif
