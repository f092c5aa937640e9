/* Is a structure legal that software considers ready? The checks are those of arch/, with the features
 * that software itself has read: nothing is said before it has read IDR0, IDR1, IDR3 and IDR5. IHI 0070
 * 5.1, 5.2.2, 5.3, 5.4.2. */
#include <string.h>

#include "arch/cd.h"
#include "arch/fields.h"
#include "arch/ste.h"
#include "util/bits.h"
#include "watch/check_built.h"

enum { CONFIG_BYPASS = 4, STAGE1 = 1, STAGE2 = 2, S1DSS_BYPASS = 1, TRANSLATES = 4 };

static const char *const names[] = { "L1STD", "STE", "L1CD", "CD" };

/* ---- what counts ---- */

#define ALL_OF(mask, type, field) FPUT(type, field, mask, ~0ULL)

static void used_by_stage1(const uint64_t *words, uint64_t *mask)
{
  ALL_OF(mask, STE, S1Fmt);
  ALL_OF(mask, STE, S1ContextPtr);
  ALL_OF(mask, STE, S1CDMax);
  ALL_OF(mask, STE, S1DSS);
  ALL_OF(mask, STE, S1CIR);
  ALL_OF(mask, STE, S1COR);
  ALL_OF(mask, STE, S1CSH);
  ALL_OF(mask, STE, S1STALLD);
  ALL_OF(mask, STE, S1MPAM);
  ALL_OF(mask, STE, STRW);
  if (FGET(STE, S1DSS, words) == S1DSS_BYPASS)
    ALL_OF(mask, STE, SHCFG);
}

static void used_by_stage2(uint64_t *mask)
{
  ALL_OF(mask, STE, SHCFG);
  ALL_OF(mask, STE, S2FWB);
  mask[2] |= bits_mask(STE_S2HAFT_HI % 64, STE_S2T0SZ_LO % 64);
  ALL_OF(mask, STE, S2SL0_2);
  ALL_OF(mask, STE, S2DS);
  ALL_OF(mask, STE, S2TTB);
}

/* MEV and CONT may change at any time: they merge events and entries. */
static void used_of_ste(const uint64_t *words, uint64_t *mask)
{
  unsigned config = (unsigned)FGET(STE, Config, words);

  ALL_OF(mask, STE, V);
  if (!FGET(STE, V, words))
    return;
  ALL_OF(mask, STE, Config);
  if (config < CONFIG_BYPASS)
    return;
  if (config == CONFIG_BYPASS)
    ALL_OF(mask, STE, SHCFG);
  if (config & (STAGE1 | STAGE2)) {
    ALL_OF(mask, STE, EATS);
    ALL_OF(mask, STE, S2VMID);
  }
  if (config & STAGE1)
    used_by_stage1(words, mask);
  if (config & STAGE2)
    used_by_stage2(mask);
}

void check_used(unsigned kind, const uint64_t words[CHECK_STRUCTURE_WORDS],
                uint64_t mask[CHECK_STRUCTURE_WORDS])
{
  memset(mask, 0, CHECK_STRUCTURE_WORDS * sizeof *mask);
  if (kind == AREA_STE) {
    used_of_ste(words, mask);
    return;
  }
  ALL_OF(mask, CD, V);
  if (!FGET(CD, V, words))
    return;
  memset(mask, 0xff, CHECK_STRUCTURE_WORDS * sizeof *mask);
  if (FGET(CD, EPD0, words)) {
    mask[0] &= ~bits_mask(CD_SH0_HI, CD_T0SZ_LO);
    FPUT(CD, TTB0, mask, 0);
  }
  if (FGET(CD, EPD1, words)) {
    mask[0] &= ~bits_mask(CD_SH1_HI, CD_T1SZ_LO);
    FPUT(CD, TTB1, mask, 0);
  }
}

/* ---- features ---- */

static bool has_read(const struct check_world *w)
{
  return w->reg[R_IDR0].saw.record && w->reg[R_IDR1].saw.record && w->reg[R_IDR3].saw.record &&
         w->reg[R_IDR5].saw.record;
}

/* Bits that have a name. */
static void find_named(struct check_built *b)
{
  struct smmu_layout layout;

  for (unsigned kind = AREA_L1STD; kind <= AREA_CD; kind++) {
    bool of_stream = kind == AREA_L1STD || kind == AREA_STE;

    memset(b->named[kind], 0, sizeof b->named[kind]);
    if (!smmu_layout_by_name(of_stream ? SMMU_LAYOUT_STE : SMMU_LAYOUT_CD, names[kind], &layout))
      continue;
    for (unsigned i = 0; i < layout.count; i++)
      smmu_field_put(&layout.fields[i], b->named[kind], UINT64_MAX);
  }
}

/* What was not read may be there. */
void check_legal_features(struct check_world *w)
{
  struct smmu_config config = { .idr = { 0 } };
  struct smmu_features *f = &w->built->features;

  for (unsigned i = 0; i < 6; i++)
    config.idr[i] = (uint32_t)w->reg[R_IDR0 + i].read;
  smmu_features_decode(&config, f);
  if (!w->reg[R_IDR0].saw.record) {
    f->s1p = f->s2p = f->asid16 = f->vmid16 = f->cd2l = f->ats = 1;
    f->ttf = 2;
  }
  if (!w->reg[R_IDR1].saw.record)
    f->ssidsize = 20;
  if (!w->reg[R_IDR5].saw.record) {
    f->granules = SMMU_GRAN_4K | SMMU_GRAN_16K | SMMU_GRAN_64K;
    f->oas = f->ias = 48;
  }
  find_named(w->built);
}

/* ---- rules ---- */

static void check_reserved(struct check *c, const struct check_world *w,
                           const struct check_area *area, const uint64_t *words,
                           const struct check_at *at)
{
  bool is_long = area->kind == AREA_STE || area->kind == AREA_CD;

  for (unsigned i = 0; i < (is_long ? CHECK_STRUCTURE_WORDS : 1u); i++) {
    uint64_t stray = words[i] & ~w->built->named[area->kind][i];

    if (stray)
      check_tell(c, CHECK_ENTRY_RESERVED, at, "%s: 0x%llx of its word %u is reserved",
                 names[area->kind], (unsigned long long)stray, i);
  }
}

/* Under nesting the fields of stage 1 are a guest's, who gets the event. */
static bool is_guests_fault(const uint64_t *words, const struct smmu_features *f)
{
  uint64_t host[CHECK_STRUCTURE_WORDS];
  struct smmu_geometry s2;

  if (FGET(STE, Config, words) != (TRANSLATES | STAGE1 | STAGE2))
    return false;
  memcpy(host, words, sizeof host);
  FPUT(STE, Config, host, TRANSLATES | STAGE2);
  return smmu_ste_legal(host, f, &s2);
}

static void check_ste(struct check *c, struct check_world *w, uint32_t sid, const uint64_t *words,
                      const struct check_at *at)
{
  const struct smmu_features *f = &w->built->features;
  uint64_t ttb = FGET(STE, S2TTB, words) << (STE_S2TTB_LO % 64);
  struct smmu_ste ste;

  if (!smmu_ste_decode(words, f, GET(CR2, E2H, w->reg[R_CR2].written), &ste)) {
    if (has_read(w) && !is_guests_fault(words, f))
      check_tell(c, CHECK_STE_ILLEGAL, at, "STE of stream 0x%x: Config is %u, word 0 is 0x%llx",
                 sid, (unsigned)FGET(STE, Config, words), (unsigned long long)words[0]);
    return;
  }
  if (ste.s2 && ttb != ste.s2ttb)
    check_tell(c, CHECK_TTB_MISALIGNED, at, "S2TTB of stream 0x%x is 0x%llx, the table 2^%u bytes",
               sid, (unsigned long long)ttb, smmu_start_table_log2(&ste.s2_geometry));
}

static void check_cd(struct check *c, struct check_world *w, const struct check_area *area,
                     uint32_t ssid, const uint64_t *words, const struct check_at *at)
{
  const struct smmu_features *f = &w->built->features;
  const uint64_t ttb[2] = { FGET(CD, TTB0, words) << (CD_TTB0_LO % 64), FGET(CD, TTB1, words)
                                                                          << (CD_TTB1_LO % 64) };
  struct smmu_ste ste = { .s1 = 1, .world = area->tag.world };
  struct smmu_cd cd;

  if (!smmu_cd_decode(words, f, &ste, &cd)) {
    if (has_read(w))
      check_tell(c, CHECK_CD_ILLEGAL, at, "CD of stream 0x%x, substream 0x%x: word 0 is 0x%llx",
                 area->sid, ssid, (unsigned long long)words[0]);
    return;
  }
  for (unsigned i = 0; i < 2; i++) {
    if (!cd.table[i].epd && ttb[i] != cd.table[i].ttb)
      check_tell(c, CHECK_TTB_MISALIGNED, at,
                 "TTB%u of stream 0x%x is 0x%llx, the table 2^%u bytes", i, area->sid,
                 (unsigned long long)ttb[i], smmu_start_table_log2(&cd.table[i].geometry));
  }
}

/* A first level entry that names a table the SMMU cannot find. */
static void check_first_level(struct check *c, const struct check_world *w,
                              const struct check_area *area, uint64_t word,
                              const struct check_at *at)
{
  unsigned split = (unsigned)GET(STRTAB_BASE_CFG, SPLIT, w->reg[R_STRTAB_BASE_CFG].written);
  unsigned span = (unsigned)FGET(L1STD, Span, &word);
  uint64_t ptr, found = 0;

  if (area->kind == AREA_L1STD) {
    ptr = FGET(L1STD, L2Ptr, &word) << L1STD_L2Ptr_LO;
    if (!smmu_l1std_lookup(word, 0, split, &found))
      check_tell(c, CHECK_FIRST_LEVEL, at, "L1STD: Span is %u, and SPLIT %u", span, split);
    else if (found != ptr)
      check_tell(c, CHECK_FIRST_LEVEL, at, "L1STD: L2Ptr is 0x%llx, the table 2^%u bytes",
                 (unsigned long long)ptr, span + 5);
    return;
  }
  ptr = FGET(L1CD, L2Ptr, &word) << L1CD_L2Ptr_LO;
  if (smmu_l1cd_lookup(word, 0, (unsigned)area->level, 56, &found) && found != ptr)
    check_tell(c, CHECK_FIRST_LEVEL, at, "L1CD: L2Ptr is 0x%llx, the table 2^%u bytes",
               (unsigned long long)ptr, (unsigned)area->level + 6);
}

void check_legal(struct check *c, struct check_world *w, const struct check_area *area,
                 uint64_t addr, const struct check_at *at)
{
  bool long_one = area->kind == AREA_STE || area->kind == AREA_CD;
  uint64_t words[CHECK_STRUCTURE_WORDS];
  uint32_t id = area->id + (uint32_t)((addr - area->base) / CHECK_STRUCTURE);

  check_read_structure(w, addr, long_one ? CHECK_STRUCTURE_WORDS : 1, words);
  if (!check_is_valid(area->kind, words))
    return;
  check_reserved(c, w, area, words, at);
  if (area->kind == AREA_STE)
    check_ste(c, w, id, words, at);
  else if (area->kind == AREA_CD)
    check_cd(c, w, area, id, words, at);
  else
    check_first_level(c, w, area, words[0], at);
}
