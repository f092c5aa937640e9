/* What a legal STE means. IHI 0070 5.2; the ILLEGAL rules are in ste_legal.c. */
#include "arch/ste.h"

#include <string.h>

#include "arch/structs.h"
#include "util/bits.h"

static uint8_t byte_of(uint64_t value)
{
  return (uint8_t)value;
}

static enum smmu_world world_of(const uint64_t *w, const struct smmu_features *f, bool e2h)
{
  if (FGET(STE, Config, w) != 5 || !f->hyp || FGET(STE, STRW, w) != 2)
    return SMMU_WORLD_EL1;
  return e2h ? SMMU_WORLD_EL2_E2H : SMMU_WORLD_EL2;
}

static void decode_stage1(const uint64_t *w, const struct smmu_features *f, struct smmu_ste *out)
{
  out->s1_context_ptr = FGET(STE, S1ContextPtr, w) << STE_S1ContextPtr_LO;
  out->s1fmt = byte_of(FGET(STE, S1Fmt, w));
  out->s1dss = byte_of(FGET(STE, S1DSS, w));
  out->s1cdmax = f->ssidsize ? byte_of(FGET(STE, S1CDMax, w)) : 0;
  out->s1stalld = byte_of(FGET(STE, S1STALLD, w));
  out->s1mpam = f->mpam && FGET(STE, S1MPAM, w);
  if (out->s2 && out->s1mpam && f->partid_max)
    out->vms_ptr = FGET(STE, VMSPtr, w) << (STE_VMSPtr_LO % 64);
}

static void decode_stage2(const uint64_t *w, const struct smmu_features *f, struct smmu_ste *out)
{
  const struct smmu_geometry *g = &out->s2_geometry;
  unsigned s2ps = smmu_address_bits((unsigned)FGET(STE, S2PS, w));

  out->s2ttb = align_down_log2(FGET(STE, S2TTB, w) << (STE_S2TTB_LO % 64),
                               smmu_table_align_log2(g, s2ps < f->oas ? s2ps : f->oas));
  out->s2ha = byte_of(FGET(STE, S2HA, w));
  out->s2hd = out->s2ha && FGET(STE, S2HD, w);
  out->s2haft = f->httu == 3 && FGET(STE, S2HAFT, w);
  out->s2affd = !out->s2ha && FGET(STE, S2AFFD, w);
  out->s2s = byte_of(FGET(STE, S2S, w));
  out->s2r = byte_of(FGET(STE, S2R, w));
  out->s2ptw = out->s1 && FGET(STE, S2PTW, w);
  out->s2fwb = f->fwb && FGET(STE, S2FWB, w);
  out->s2sh0 = byte_of(FGET(STE, S2SH0, w));
}

/* The override fields are RES0 without their features: what comes in is used. */
static void decode_overrides(const uint64_t *w, const struct smmu_features *f, struct smmu_ste *out)
{
  if (f->attr_perms_ovr) {
    out->privcfg = byte_of(FGET(STE, PRIVCFG, w));
    out->instcfg = byte_of(FGET(STE, INSTCFG, w));
  }
  out->shcfg = 1;
  if (f->attr_types_ovr) {
    out->mtcfg = byte_of(FGET(STE, MTCFG, w));
    out->memattr = byte_of(FGET(STE, MemAttr, w));
    out->shcfg = byte_of(FGET(STE, SHCFG, w));
    out->alloccfg = FGET(STE, ALLOCCFG, w) & 8 ? byte_of(FGET(STE, ALLOCCFG, w)) : 0;
  }
}

/* Fields of the stream as a whole. EATS = 3 is reserved without DPT. */
static void decode_stream(const uint64_t *w, const struct smmu_features *f, struct smmu_ste *out)
{
  unsigned eats = (unsigned)FGET(STE, EATS, w);

  if (f->s2p && (out->s1 || out->s2) && out->world == SMMU_WORLD_EL1)
    out->vmid = (uint16_t)FGET(STE, S2VMID, w);
  if (f->ats && (out->s1 || out->s2) && eats < 3)
    out->eats = (uint8_t)eats;
  out->mev = byte_of(FGET(STE, MEV, w));
  out->cont = byte_of(FGET(STE, CONT, w));
  out->ppar = f->pri && f->ssidsize && (f->pps || FGET(STE, PPAR, w));
  if (f->mpam) {
    out->partid = smmu_partid_of(FGET(STE, PARTID, w), f);
    out->pmg = smmu_pmg_of(FGET(STE, PMG, w), f);
  }
}

bool smmu_ste_decode(const uint64_t words[8], const struct smmu_features *f, bool e2h,
                     struct smmu_ste *out)
{
  unsigned config = (unsigned)FGET(STE, Config, words);
  struct smmu_geometry s2 = { 0 };

  memset(out, 0, sizeof *out);
  if (!FGET(STE, V, words))
    return false;
  out->abort = !(config & 4);
  if (out->abort)
    return true;
  if (!smmu_ste_legal(words, f, &s2))
    return false;
  out->s2_geometry = s2;
  out->s1 = config & 1;
  out->s2 = (config & 2) != 0;
  out->world = (uint8_t)world_of(words, f, e2h);
  if (out->s1)
    decode_stage1(words, f, out);
  if (out->s2)
    decode_stage2(words, f, out);
  decode_stream(words, f, out);
  decode_overrides(words, f, out);
  return true;
}

bool smmu_l1std_lookup(uint64_t l1std, uint32_t sid, unsigned split, uint64_t *ste_addr)
{
  unsigned span = (unsigned)FGET(L1STD, Span, &l1std);
  uint64_t l2ptr = FGET(L1STD, L2Ptr, &l1std) << L1STD_L2Ptr_LO;
  uint32_t index = sid & (uint32_t)bits_low(split);

  if (span == 0 || span >= 12 || span > split + 1 || index >= (1u << (span - 1)))
    return false;
  *ste_addr = align_down_log2(l2ptr, 5 + span) + 64ULL * index;
  return true;
}
