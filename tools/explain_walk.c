/* One translation on a fresh device with every cache off, turned into steps: the hook sees each
 * read, and arch/ decodes it the way the device did. Then twice with caches, to tell what would
 * be kept. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch/event.h"
#include "arch/regs.h"
#include "arch/structs.h"
#include "smmu/err.h"
#include "tools/explain.h"
#include "util/bits.h"

enum { EVENTQ_LOG2SIZE = 1, EVENTQ_BYTES = 4096, GBPA_UPDATE_BIT = 31 };

/* ---- the device ---- */

/* The record of a fault goes where the machine has no memory: the last page below the output
 * size. */
static uint64_t eventq_base(const struct explain_source *s)
{
  struct smmu_features f;

  smmu_features_decode(&s->config, &f);
  return (1ULL << f.oas) - EVENTQ_BYTES;
}

static int open_device(const struct explain_source *s, const char *profile, struct engine_now **now)
{
  struct smmu_config cfg = s->config;
  int rc = smmu_config_set_tlb_profile(&cfg, profile);

  *now = NULL;
  if (!rc)
    rc = smmu_config_check(&cfg, NULL, 0);
  if (!rc)
    rc = engine_memory_add_range(s->memory, eventq_base(s), EVENTQ_BYTES);
  if (!rc)
    rc = engine_now_create(now, &cfg, s->memory);
  if (rc)
    return rc;
  engine_now_mmio_write(*now, OFF_GBPA, s->gbpa | 1ULL << GBPA_UPDATE_BIT, 4);
  engine_now_mmio_write(*now, OFF_CR1, s->cr1, 4);
  engine_now_mmio_write(*now, OFF_CR2, s->cr2, 4);
  engine_now_mmio_write(*now, OFF_STRTAB_BASE, s->strtab_base, 8);
  engine_now_mmio_write(*now, OFF_STRTAB_BASE_CFG, s->strtab_base_cfg, 4);
  engine_now_mmio_write(*now, OFF_EVENTQ_BASE, eventq_base(s) | EVENTQ_LOG2SIZE, 8);
  engine_now_mmio_write(*now, OFF_CR0,
                        PUT(CR0, EVENTQEN, 0, 1) | PUT(CR0, SMMUEN, 0, s->enabled ? 1 : 0), 4);
  return 0;
}

/* ---- how an address came about ---- */

static void came_from(struct explain_step *s, const char *base_name, uint64_t at, uint64_t index,
                      unsigned entry_bytes)
{
  s->base_name = base_name;
  s->index = index;
  s->entry_bytes = entry_bytes;
  s->base = at - index * entry_bytes;
}

static void index_bits(struct explain_step *s, const char *of, unsigned hi, unsigned lo)
{
  s->index_of = of;
  s->index_hi = hi;
  s->index_lo = lo;
}

static unsigned strtab_split(const struct explain_source *s)
{
  unsigned split = (unsigned)GET(STRTAB_BASE_CFG, SPLIT, s->strtab_base_cfg);

  return split == 8 || split == 10 ? split : 6;
}

static bool strtab_is_two_level(const struct explain_walk *w)
{
  return w->features.st_level && GET(STRTAB_BASE_CFG, FMT, w->source->strtab_base_cfg) == 1;
}

static void place_stream_table(const struct explain_walk *w, struct explain_step *s)
{
  unsigned split = strtab_split(w->source);
  uint32_t sid = w->txn.sid;

  if (s->what == SMMU_READ_L1STD) {
    came_from(s, "STRTAB_BASE", s->addr, sid >> split, 8);
    index_bits(s, "StreamID", 31, split);
  } else if (strtab_is_two_level(w)) {
    came_from(s, "level 2 array", s->addr, sid & bits_low(split), 64);
    index_bits(s, "StreamID", split - 1, 0);
  } else {
    came_from(s, "STRTAB_BASE", s->addr, sid, 64);
    index_bits(s, "StreamID", 31, 0);
  }
}

static void place_context(const struct explain_walk *w, struct explain_step *s, uint64_t at)
{
  uint32_t index = w->txn.ssv ? w->txn.ssid : 0;
  bool linear = w->ste.s1cdmax == 0 || w->ste.s1fmt == 0 || w->ste.s1fmt == 3;
  unsigned leaf = linear ? 0 : w->ste.s1fmt == 1 ? 6 : 10;

  if (s->what == SMMU_READ_L1CD) {
    came_from(s, "S1ContextPtr", at, index >> leaf, 8);
    index_bits(s, "SubstreamID", 19, leaf);
  } else if (linear) {
    came_from(s, "S1ContextPtr", at, index, 64);
    index_bits(s, "SubstreamID", 19, 0);
  } else {
    came_from(s, "level 2 CD table", at, index & bits_low(leaf), 64);
    index_bits(s, "SubstreamID", leaf - 1, 0);
  }
}

static void place_descriptor(struct explain_step *s, const struct smmu_geometry *g, uint64_t at,
                             uint64_t ia, const char *start_name, const char *of)
{
  unsigned shift = smmu_level_shift(g->granule_log2, s->level);
  unsigned top = s->level == g->start_level ? g->ia_bits : shift + g->granule_log2 - 3u;

  if (top <= shift)
    top = shift + 1;
  came_from(s, s->level == g->start_level ? start_name : "table", at,
            (ia >> shift) & bits_low(top - shift), 8);
  index_bits(s, of, top - 1, shift);
}

static unsigned range_of(const struct explain_walk *w)
{
  return w->ste.world != SMMU_WORLD_EL2 && ((w->txn.addr >> 55) & 1);
}

/* ---- records to steps ---- */

static void read_words(struct explain_walk *w, struct explain_step *s, const struct smmu_record *r)
{
  s->words = s->what == SMMU_READ_STE || s->what == SMMU_READ_CD ? 8 : 1;
  for (unsigned i = 1; i < s->words && !s->aborted; i++)
    s->word[i] = engine_memory_load64(w->source->memory, s->addr + 8 * i);
  s->word[0] = s->aborted ? 0 : r->word;
}

static void learn(struct explain_walk *w, const struct explain_step *s)
{
  bool e2h = GET(CR2, E2H, w->source->cr2) != 0;

  if (s->aborted)
    return;
  if (s->what == SMMU_READ_STE)
    w->has_ste = smmu_ste_decode(s->word, &w->features, e2h, &w->ste) && !w->ste.abort;
  else if (s->what == SMMU_READ_CD)
    w->has_cd = smmu_cd_decode(s->word, &w->features, &w->ste, &w->cd);
  else if (s->what == SMMU_READ_S2_DESC)
    w->structure_ipa = s->ipa;
}

static void place(struct explain_walk *w, struct explain_step *s, const struct smmu_record *r)
{
  uint64_t at = s->addr;
  unsigned range = range_of(w);

  if (s->what == SMMU_READ_S2_DESC) {
    s->ipa = r->addr_out;
    place_descriptor(s, &w->ste.s2_geometry, at, s->ipa, "S2TTB", "IPA");
    return;
  }
  if (s->what == SMMU_READ_VMS) {
    came_from(s, "VMSPtr", at, 0, 64);
    return;
  }
  if (s->what == SMMU_READ_L1STD || s->what == SMMU_READ_STE) {
    place_stream_table(w, s);
    return;
  }
  if (w->ste.s2) {
    s->through_stage2 = true;
    s->ipa = at = w->structure_ipa;
  }
  if (s->what == SMMU_READ_S1_DESC)
    place_descriptor(s, &w->cd.table[range].geometry, at, w->txn.addr, range ? "TTB1" : "TTB0",
                     "IOVA");
  else
    place_context(w, s, at);
}

static void on_read(struct explain_walk *w, const struct smmu_record *r)
{
  struct explain_step *s;
  enum smmu_desc_kind kind;

  if (w->count == EXPLAIN_STEPS)
    return;
  s = &w->step[w->count++];
  s->what = r->info;
  s->level = r->level;
  s->purpose = r->phase;
  s->addr = r->addr_in;
  s->aborted = r->result != SMMU_BUS_OK;
  read_words(w, s, r);
  place(w, s, r);
  learn(w, s);
  explain_describe(w, s);
  if (s->what != SMMU_READ_S1_DESC || s->aborted || w->cd.table[range_of(w)].had)
    return;
  kind = smmu_desc_kind(s->word[0], s->level, &w->cd.table[range_of(w)].geometry);
  if (kind == SMMU_DESC_TABLE)
    w->limits |= smmu_desc_table_limits(s->word[0]);
}

static void on_record(void *ctx, const struct smmu_record *r)
{
  struct explain_walk *w = ctx;

  if (r->category == SMMU_TRACE_READ) {
    on_read(w, r);
  } else if (r->category == SMMU_TRACE_FAULT) {
    w->fault.found = true;
    w->fault.clss = r->info;
    w->fault.stage2 = r->phase == 2;
    w->fault.ipa = r->addr_out;
  } else if (r->category == SMMU_TRACE_EVENT) {
    w->fault.recorded = true;
  }
}

int explain_translate(const struct explain_source *s, const struct smmu_txn *txn,
                      struct explain_walk *w)
{
  struct smmu_hooks hooks = { w, on_record };
  struct engine_now *now;
  int rc = open_device(s, "none", &now);

  memset(w, 0, sizeof(*w));
  if (rc)
    return rc;
  w->source = s;
  w->txn = *txn;
  smmu_features_decode(&s->config, &w->features);
  engine_now_set_hooks(now, &hooks);
  rc = engine_now_translate(now, txn, &w->result);
  for (unsigned i = 0; i < EVENT_WORDS && w->fault.recorded; i++)
    w->fault.record[i] = engine_memory_load64(s->memory, eventq_base(s) + 8 * i);
  engine_now_destroy(now);
  return rc;
}

/* ---- caches ---- */

struct watching {
  struct explain_caches *c;
  bool again;
};

static void entry_text(const struct smmu_record *r, char text[EXPLAIN_TEXT])
{
  const char *name = smmu_cache_name(r->unit);
  char span[16];

  if (r->unit == SMMU_CACHE_CFG)
    snprintf(text, EXPLAIN_TEXT, "%s: stream 0x%" PRIx32, name, r->sid);
  else
    snprintf(text, EXPLAIN_TEXT, "%s: %s at 0x%" PRIx64 " to 0x%" PRIx64, name,
             explain_span(r->info, span), r->addr_in, r->addr_out);
}

static void watch(void *ctx, const struct smmu_record *r)
{
  struct watching *x = ctx;
  struct explain_caches *c = x->c;

  if (r->category == SMMU_TRACE_READ)
    *(x->again ? &c->again_reads : &c->reads) += 1;
  else if (r->category == SMMU_TRACE_FILL && !x->again && c->fills < EXPLAIN_FILLS)
    entry_text(r, c->fill[c->fills++]);
  else if (r->category == SMMU_TRACE_HIT && x->again && c->hits < EXPLAIN_FILLS)
    entry_text(r, c->hit[c->hits++]);
}

int explain_caches_run(const struct explain_source *s, const struct smmu_txn *txn,
                       struct explain_caches *c)
{
  struct watching x = { .c = c };
  struct smmu_hooks hooks = { &x, watch };
  struct smmu_result ignored;
  struct engine_now *now;
  int rc = open_device(s, "neutral", &now);

  memset(c, 0, sizeof(*c));
  if (rc)
    return rc;
  engine_now_set_hooks(now, &hooks);
  rc = engine_now_translate(now, txn, &ignored);
  x.again = true;
  if (!rc)
    rc = engine_now_translate(now, txn, &ignored);
  engine_now_destroy(now);
  return rc;
}
