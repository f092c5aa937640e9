/* Command decode: one handler an opcode, and what is illegal. IHI 0070 4.1 to 4.8; illegal
 * commands 4.1.3. Reserved fields are ignored (IMPDEF: CERROR_ILL would be legal). StreamIDs and
 * SubstreamIDs out of range match nothing. Left out with their features: DPTI_*: illegal here, as
 * the architecture has it for a device without DPT. */
#include "core/cmd_exec.h"

#include <string.h>

#include "arch/structs.h"
#include "util/bits.h"

typedef enum cmd_action (*cmd_handler)(const struct smmu_features *f, const uint64_t *w,
                                       struct inval *inv);

static enum cmd_action prefetch(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  (void)f, (void)w, (void)inv;
  return CMD_ACTION_PREFETCH;
}

/* ---- configuration ---- */

static enum cmd_action cfgi_ste(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  (void)f;
  inv->kind = INVAL_CFG_STE;
  inv->sid = (uint32_t)FGET(CFGI_STE, SID, w);
  inv->leaf = (uint8_t)FGET(CFGI_STE, Leaf, w);
  return CMD_ACTION_INVALIDATE;
}

static enum cmd_action cfgi_range(const struct smmu_features *f, const uint64_t *w,
                                  struct inval *inv)
{
  (void)f;
  inv->kind = INVAL_CFG_RANGE;
  inv->sid = (uint32_t)FGET(CFGI_STE_RANGE, SID, w);
  inv->range = (uint8_t)FGET(CFGI_STE_RANGE, Range, w);
  return CMD_ACTION_INVALIDATE;
}

static enum cmd_action cfgi_cd(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  if (!f->s1p)
    return CMD_ACTION_ILLEGAL;
  inv->kind = INVAL_CFG_CD;
  inv->sid = (uint32_t)FGET(CFGI_CD, SID, w);
  inv->ssid = (uint32_t)FGET(CFGI_CD, SSID, w);
  inv->leaf = (uint8_t)FGET(CFGI_CD, Leaf, w);
  return CMD_ACTION_INVALIDATE;
}

static enum cmd_action cfgi_cd_all(const struct smmu_features *f, const uint64_t *w,
                                   struct inval *inv)
{
  if (!f->s1p)
    return CMD_ACTION_ILLEGAL;
  inv->kind = INVAL_CFG_CD_ALL;
  inv->sid = (uint32_t)FGET(CFGI_CD_ALL, SID, w);
  return CMD_ACTION_INVALIDATE;
}

/* IMPDEF: a PARTID_MAP is kept with the configuration of a stream alone. IHI 0070 5.6.2. */
static enum cmd_action cfgi_vms_pidm(const struct smmu_features *f, const uint64_t *w,
                                     struct inval *inv)
{
  (void)w, (void)inv;
  return f->mpam && f->partid_max && f->s1p && f->s2p ? CMD_ACTION_NOTHING : CMD_ACTION_ILLEGAL;
}

/* ---- translations ---- */

/* Addresses are compared sign-extended from bit 55, as entries keep them (the byte above is TBI's).
 */
static uint64_t canonical(uint64_t va)
{
  return (uint64_t)((int64_t)(va << 8) >> 8);
}

/* First and last byte of a by-address form; false for the range that is illegal. IHI 0070 4.4.1.1
 * (RIL). All by-address commands share the places of NUM, SCALE, TTL, TG and Leaf. */
static bool address_range(const struct smmu_features *f, const uint64_t *w, uint64_t address,
                          struct inval *inv)
{
  static const uint8_t granule_log2[4] = { 12, 12, 14, 16 };
  unsigned tg = f->ril ? (unsigned)FGET(TLBI_NH_VA, TG, w) : 0;
  uint64_t num = FGET(TLBI_NH_VA, NUM, w), scale = FGET(TLBI_NH_VA, SCALE, w);
  uint64_t ttl = FGET(TLBI_NH_VA, TTL, w);

  scale = f->ds ? (scale < 39 ? scale : 39) : scale & 0x1f;
  inv->leaf = (uint8_t)FGET(TLBI_NH_VA, Leaf, w);
  inv->first = align_down_log2(address, granule_log2[tg]);
  inv->last = inv->first + 0xfff;
  if (tg == 0)
    return true;
  if (tg == 2 && ttl == 1 && !f->ds)
    ttl = 0; /* 16 KB has no blocks at level 1 then: reserved, acts as 0 */
  if (num == 0 && scale == 0 && ttl == 0)
    return false;
  inv->tg = (uint8_t)tg;
  if (ttl != 0) {
    inv->ttl_log2 = (uint8_t)smmu_level_shift(granule_log2[tg], (int)ttl);
    inv->ttl_stride = (uint8_t)(granule_log2[tg] - 3);
  }
  inv->last = inv->first + ((num + 1) << scale << granule_log2[tg]) - 1;
  if (inv->last < inv->first)
    inv->last = ~0ULL;
  return true;
}

/* Without stage 2 there are no VMIDs: entries have 0, and a command that names another does
 * nothing. IHI 0070 4.4.2. */
static void set_vmid(const uint64_t *w, struct inval *inv)
{
  inv->vmid = (uint16_t)FGET(TLBI_NH_VA, VMID, w);
}

static enum cmd_action nh_all(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  if (!f->s1p)
    return CMD_ACTION_ILLEGAL;
  inv->kind = INVAL_S1_ALL;
  set_vmid(w, inv);
  return CMD_ACTION_INVALIDATE;
}

static enum cmd_action nh_asid(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  if (!f->s1p)
    return CMD_ACTION_ILLEGAL;
  inv->kind = INVAL_S1_ASID;
  inv->asid = (uint16_t)FGET(TLBI_NH_ASID, ASID, w);
  set_vmid(w, inv);
  return CMD_ACTION_INVALIDATE;
}

static enum cmd_action nh_va(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  bool legal = address_range(f, w, canonical(FGET(TLBI_NH_VA, ADDR, w) << 12), inv);

  if (!f->s1p || !legal)
    return CMD_ACTION_ILLEGAL;
  inv->kind = FGET(CMD, Opcode, w) == CMD_TLBI_NH_VA ? INVAL_S1_VA : INVAL_S1_VAA;
  inv->asid = (uint16_t)FGET(TLBI_NH_VA, ASID, w);
  set_vmid(w, inv);
  return CMD_ACTION_INVALIDATE;
}

static enum cmd_action el2_all(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  (void)w;
  inv->kind = INVAL_WORLD;
  inv->el2 = 1;
  return f->hyp ? CMD_ACTION_INVALIDATE : CMD_ACTION_ILLEGAL;
}

static enum cmd_action el2_asid(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  inv->kind = INVAL_S1_ASID;
  inv->asid = (uint16_t)FGET(TLBI_EL2_ASID, ASID, w);
  inv->el2 = 1;
  return f->hyp ? CMD_ACTION_INVALIDATE : CMD_ACTION_ILLEGAL;
}

static enum cmd_action el2_va(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  bool legal = address_range(f, w, canonical(FGET(TLBI_EL2_VA, ADDR, w) << 12), inv);

  if (!f->hyp || !legal)
    return CMD_ACTION_ILLEGAL;
  inv->kind = FGET(CMD, Opcode, w) == CMD_TLBI_EL2_VA ? INVAL_S1_VA : INVAL_S1_VAA;
  inv->asid = (uint16_t)FGET(TLBI_EL2_VA, ASID, w);
  inv->el2 = 1;
  return CMD_ACTION_INVALIDATE;
}

static enum cmd_action s12_vmall(const struct smmu_features *f, const uint64_t *w,
                                 struct inval *inv)
{
  inv->kind = INVAL_S12_ALL;
  set_vmid(w, inv);
  return f->s2p ? CMD_ACTION_INVALIDATE : CMD_ACTION_ILLEGAL;
}

static enum cmd_action s2_ipa(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  bool legal = address_range(f, w, FGET(TLBI_S2_IPA, ADDR, w) << 12, inv);

  if (!f->s2p || !legal)
    return CMD_ACTION_ILLEGAL;
  inv->kind = INVAL_S2_IPA;
  set_vmid(w, inv);
  return CMD_ACTION_INVALIDATE;
}

static enum cmd_action nsnh_all(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  (void)f, (void)w;
  inv->kind = INVAL_WORLD;
  return CMD_ACTION_INVALIDATE;
}

/* ---- the rest ---- */

static enum cmd_action sync_cmd(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  (void)f, (void)inv;
  return FGET(SYNC, CS, w) == 3 ? CMD_ACTION_ILLEGAL : CMD_ACTION_SYNC;
}

/* Sizes beyond everything are refused (CU: an unknown span would be legal). */
static enum cmd_action atc_inv(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  (void)inv;
  return f->ats && FGET(ATC_INV, Size, w) <= 52 ? CMD_ACTION_SEND : CMD_ACTION_ILLEGAL;
}

static enum cmd_action pri_resp(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  (void)inv;
  return f->pri && FGET(PRI_RESP, Resp, w) != 3 ? CMD_ACTION_SEND : CMD_ACTION_ILLEGAL;
}

/* RESUME and STALL_TERM. What they do is in stall.c. */
static enum cmd_action stall(const struct smmu_features *f, const uint64_t *w, struct inval *inv)
{
  (void)inv;
  return f->stall_model == 1 || FGET(CMD, SSec, w) ? CMD_ACTION_ILLEGAL : CMD_ACTION_STALL;
}

static const cmd_handler handlers[256] = {
  [CMD_PREFETCH_CONFIG] = prefetch,
  [CMD_PREFETCH_ADDR] = prefetch,
  [CMD_CFGI_STE] = cfgi_ste,
  [CMD_CFGI_STE_RANGE] = cfgi_range,
  [CMD_CFGI_CD] = cfgi_cd,
  [CMD_CFGI_CD_ALL] = cfgi_cd_all,
  [CMD_CFGI_VMS_PIDM] = cfgi_vms_pidm,
  [CMD_TLBI_NH_ALL] = nh_all,
  [CMD_TLBI_NH_ASID] = nh_asid,
  [CMD_TLBI_NH_VA] = nh_va,
  [CMD_TLBI_NH_VAA] = nh_va,
  [CMD_TLBI_EL2_ALL] = el2_all,
  [CMD_TLBI_EL2_ASID] = el2_asid,
  [CMD_TLBI_EL2_VA] = el2_va,
  [CMD_TLBI_EL2_VAA] = el2_va,
  [CMD_TLBI_S12_VMALL] = s12_vmall,
  [CMD_TLBI_S2_IPA] = s2_ipa,
  [CMD_TLBI_NSNH_ALL] = nsnh_all,
  [CMD_ATC_INV] = atc_inv,
  [CMD_PRI_RESP] = pri_resp,
  [CMD_SYNC] = sync_cmd,
  [CMD_RESUME] = stall,
  [CMD_STALL_TERM] = stall,
};

enum cmd_action smmu_cmd_action(const struct smmu_features *f, const uint64_t words[2],
                                struct inval *inv)
{
  unsigned opcode = (unsigned)FGET(CMD, Opcode, words);

  memset(inv, 0, sizeof *inv);
  inv->vmid_mask = 0xffff;
  if (!handlers[opcode])
    return CMD_ACTION_ILLEGAL;
  if (opcode <= CMD_CFGI_VMS_PIDM && FGET(CMD, SSec, words)) /* PREFETCH_*, CFGI_* */
    return CMD_ACTION_ILLEGAL;
  return handlers[opcode](f, words, inv);
}
