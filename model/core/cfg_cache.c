/* Configuration cache: STE and CD of a stream as one finished entry, keyed by StreamID and
 * SubstreamID. IHI 0070 3.20.2, 4.3 (CFGI_*), 5.2, 5.2.1, 5.4.1. Only configurations that let a transaction go
 * on, or abort silently, are kept: what raised C_BAD_* or F_*_FETCH is read again. IMPDEF: level 1
 * descriptors are not cached; with config.cont an entry serves the 2^CONT StreamIDs of its STE. */
#include <string.h>

#include "core/core.h"
#include "core/lookup.h"
#include "util/bits.h"

static const struct cache *cfg_cache(const struct smmu *s)
{
  return &s->cache[SMMU_CACHE_CFG];
}

static struct cfg_entry *cfg_entries(struct smmu *s)
{
  return at(s, cfg_cache(s)->off_entry);
}

/* A way of one set: the entry that serves the stream with this CONT. */
static uint32_t find_cont(struct smmu *s, const struct smmu_txn *t, unsigned cont)
{
  const struct cache *c = cfg_cache(s);
  uint32_t first = cfg_set(c, (uint32_t)align_down_log2(t->sid, cont)) * c->ways;
  uint32_t ssid = t->ssv ? t->ssid : 0, valid = cfg_valid(t) + cont * CFG_ENTRY_CONT;

  for (uint32_t i = first; i < first + c->ways; i++) {
    const struct cfg_entry *e = &cfg_entries(s)[i];

    if (((e->sid ^ t->sid) >> cont | (e->ssid ^ ssid) | (e->valid ^ valid)) == 0)
      return i;
  }
  return SMMU_NO_INDEX;
}

uint32_t smmu_cfg_lookup(struct smmu *s, const struct smmu_txn *t)
{
  const struct cfg_entry *entries = cfg_entries(s);
  uint64_t conts = cache_live_of(s, cfg_cache(s))->sizes | 1;
  uint32_t found = SMMU_NO_INDEX;

  for (; conts; conts &= conts - 1) {
    uint32_t i = find_cont(s, t, (unsigned)__builtin_ctzll(conts));

    if (i == SMMU_NO_INDEX)
      continue;
    if (s->config.conflict != SMMU_CONFLICT_FAULT)
      return i;
    if (found != SMMU_NO_INDEX && entries[i].cfg.ste_sum != entries[found].cfg.ste_sum)
      return SMMU_CONFLICT;
    found = found == SMMU_NO_INDEX ? i : found;
  }
  return found;
}

static void cfg_trace(const struct smmu_hooks *h, unsigned category, uint32_t slot,
                      const struct cfg_entry *e, smmu_actor actor)
{
  struct smmu_record r = { 0 };

  if (!h)
    return;
  r.category = (uint8_t)category;
  r.unit = SMMU_CACHE_CFG;
  r.slot = slot;
  r.sid = e->sid;
  r.ssid = e->ssid;
  r.asid = e->cfg.asid;
  r.vmid = e->cfg.vmid;
  r.actor = (uint16_t)actor;
  trace_put(h, &r);
}

/* Way for a fill: same key, else invalid; else the least recently used one as a hint. */
static uint32_t cfg_room(struct smmu *s, const struct smmu_txn *t, unsigned cont, uint32_t first,
                         uint32_t *hint)
{
  const uint32_t *stamp = at(s, cfg_cache(s)->off_stamp);
  uint32_t same = find_cont(s, t, cont), oldest = first;

  if (same != SMMU_NO_INDEX)
    return same;
  for (uint32_t i = first; i < first + cfg_cache(s)->ways; i++) {
    if (!cfg_entries(s)[i].valid)
      return i;
    if (stamp[i] < stamp[oldest])
      oldest = i;
  }
  *hint = oldest - first;
  return SMMU_NO_INDEX;
}

static void cfg_remove(struct smmu *s, uint32_t index, unsigned category, smmu_actor actor,
                       const struct smmu_hooks *h)
{
  struct cfg_entry *e = &cfg_entries(s)[index];
  struct cache_live *live = cache_live_of(s, cfg_cache(s));
  unsigned cont = cfg_entry_cont(e);

  cfg_trace(h, category, index, e, actor);
  if (cont && --live->count[cont] == 0)
    live->sizes &= ~(1ULL << cont);
  memset(e, 0, sizeof *e);
}

bool smmu_cfg_fill(struct smmu *s, const struct smmu_txn *t, const struct stream_cfg *cfg,
                   uint32_t way, uint32_t *hint, uint32_t *choices, smmu_actor actor,
                   const struct smmu_hooks *h)
{
  const struct cache *c = cfg_cache(s);
  struct cache_live *live = cache_live_of(s, c);
  unsigned cont = s->config.cont ? cfg->cont : 0;
  uint32_t first = cfg_set(c, (uint32_t)align_down_log2(t->sid, cont)) * c->ways;
  uint32_t index = cfg_room(s, t, cont, first, hint);
  struct cfg_entry *e;

  *choices = c->ways;
  if (index == SMMU_NO_INDEX && way == SMMU_NO_INDEX)
    return false;
  if (index == SMMU_NO_INDEX)
    index = first + way % c->ways;
  e = &cfg_entries(s)[index];
  if (e->valid)
    cfg_remove(s, index, SMMU_TRACE_EVICT, actor, h);
  e->cfg = *cfg;
  e->sid = t->sid;
  e->ssid = t->ssv ? t->ssid : 0;
  e->valid = cfg_valid(t) + cont * CFG_ENTRY_CONT;
  if (cont && live->count[cont]++ == 0)
    live->sizes |= 1ULL << cont;
  cache_touch(s, c, index);
  cfg_trace(h, SMMU_TRACE_FILL, index, e, actor);
  return true;
}

/* Which streams a CFGI covers. The index of a CD is its SubstreamID, 0 without one. */
bool smmu_inval_covers_stream(const struct inval *inv, uint32_t sid, uint32_t ssid)
{
  switch (inv->kind) {
  case INVAL_CFG_STE:
  case INVAL_CFG_CD_ALL: return sid == inv->sid;
  case INVAL_CFG_RANGE:
    return inv->range >= 31 || (sid >> (inv->range + 1)) == (inv->sid >> (inv->range + 1));
  case INVAL_CFG_CD: return sid == inv->sid && ssid == inv->ssid;
  default: return false;
  }
}

/* Must this entry go? One that holds no CD is none of a CFGI_CD's business. CONT does not count for
 * an STE, but the CD of an entry is that of every StreamID it serves. IHI 0070 5.2 (CONT), 4.3.3. */
static bool covers(const struct inval *inv, const struct cfg_entry *e)
{
  bool names_cd = inv->kind == INVAL_CFG_CD || inv->kind == INVAL_CFG_CD_ALL;
  bool has_cd = e->cfg.flags & CFG_S1;
  unsigned cont = has_cd ? cfg_entry_cont(e) : 0;
  uint32_t sid = (e->sid ^ inv->sid) >> cont ? e->sid : inv->sid;

  switch (inv->wider) {
  case SMMU_WIDER_EXACT:
    return (has_cd || !names_cd) && (smmu_inval_covers_stream(inv, sid, e->ssid) ||
                                     smmu_inval_covers_stream(inv, e->sid, e->ssid));
  case SMMU_WIDER_ADDRESS: return smmu_inval_covers_stream(inv, sid, inv->ssid);
  default: return true;
  }
}

void smmu_cfg_invalidate(struct smmu *s, const struct inval *inv, const struct smmu_hooks *h)
{
  const struct cache *c = cfg_cache(s);
  const struct cfg_entry *entries = cfg_entries(s);

  for (uint32_t i = 0; i < c->entries; i++) {
    if (entries[i].valid && covers(inv, &entries[i]))
      cfg_remove(s, i, SMMU_TRACE_DROP, SMMU_NO_INDEX, h);
  }
}

static uint32_t flag(bool on, uint32_t bit)
{
  return on ? bit : 0;
}

/* Input address bits above the range: up to the sign bit, or to bit 55 where the top byte is
 * ignored. IHI 0070 3.4.1. */
static uint64_t outside_mask(const struct smmu_cd_table *t)
{
  return t->epd ? 0 : bits_low(t->tbi ? 56 : 64) & ~bits_low(t->geometry.ia_bits);
}

static void combine_ste(const struct smmu_ste *ste, struct stream_cfg *out)
{
  out->world = ste->world;
  out->vmid = ste->vmid;
  out->privcfg = ste->privcfg;
  out->instcfg = ste->instcfg;
  out->memattr = ste->memattr;
  out->alloc = ste->alloccfg;
  out->s2 = ste->s2_geometry;
  out->s2ttb = ste->s2ttb;
  out->s2sh = ste->s2sh0;
  out->eats = ste->eats;
  out->cont = ste->cont;
  out->ste_sum = ste->sum;
  out->ppar = ste->ppar;
  out->partid = ste->partid;
  out->pmg = ste->pmg;
  out->flags = flag(ste->abort, CFG_ABORT) | flag(ste->s2, CFG_S2) | flag(ste->s2affd, CFG_S2AFFD) |
               flag(ste->s2r, CFG_S2R) | flag(ste->s2s, CFG_S2S) | flag(ste->s2ptw, CFG_S2PTW) |
               flag(ste->s2ha, CFG_S2HA) | flag(ste->s2hd, CFG_S2HD) |
               flag(ste->s2haft, CFG_S2HAFT) | flag(ste->s2fwb, CFG_FWB) | flag(ste->mev, CFG_MEV) |
               flag(ste->mtcfg, CFG_MTCFG) | (uint32_t)ste->shcfg * (CFG_SHCFG & -CFG_SHCFG);
  out->tag = tag_make(ste->s2 ? ENTRY_S2 : ENTRY_NONE, ste->world, ste->vmid, 0, 0);
}

static void combine_cd(const struct smmu_ste *ste, const struct smmu_cd *cd, struct stream_cfg *out)
{
  out->tag = tag_make(ENTRY_S1, ste->world, ste->vmid, cd->asid, 0) | (cd->aset ? TAG_ASET : 0);
  for (unsigned i = 0; i < 2; i++) {
    out->ttb[i] = cd->table[i].ttb;
    out->s1[i] = cd->table[i].geometry;
    out->sh[i] = cd->table[i].sh;
    out->outside[i] = outside_mask(&cd->table[i]);
    out->flags |= flag(cd->table[i].epd, (uint32_t)CFG_EPD0 << i) |
                  flag(cd->table[i].had, (uint32_t)CFG_HAD0 << i) |
                  flag(cd->table[i].e0pd, (uint32_t)CFG_E0PD0 << i);
  }
  out->asid = cd->asid;
  out->mair = cd->mair;
  out->flags |= CFG_S1 | flag(ste->world != SMMU_WORLD_EL2, CFG_TWO_RANGES) |
                flag(cd->affd, CFG_AFFD) | flag(cd->wxn, CFG_WXN) | flag(cd->pan, CFG_PAN) |
                flag(cd->epan, CFG_EPAN) | flag(cd->a, CFG_A) | flag(cd->r, CFG_R) |
                flag(cd->s, CFG_S) | flag(cd->ha, CFG_HA) | flag(cd->hd, CFG_HD) |
                flag(cd->haft, CFG_HAFT);
  if (ste->s1mpam) {
    out->partid = cd->partid;
    out->pmg = cd->pmg;
  }
}

/* The overrides of an STE are not part of a TLB entry (5.2.1), nor is what comes in. */
static bool is_slow(const struct smmu_ste *ste, const struct stream_cfg *cfg)
{
  bool s2_alone = (cfg->flags & (CFG_S1 | CFG_S2)) == CFG_S2;

  return ste->alloccfg || (cfg->flags & (CFG_E0PD0 | CFG_E0PD1)) ||
         (s2_alone && (ste->mtcfg || ste->shcfg != 1 || ste->s2fwb));
}

void smmu_cfg_combine(const struct smmu_ste *ste, const struct smmu_cd *cd, struct stream_cfg *out)
{
  memset(out, 0, sizeof *out);
  combine_ste(ste, out);
  out->skipped = ste->s1 && !cd;
  if (cd)
    combine_cd(ste, cd, out);
  out->slow = is_slow(ste, out);
}
