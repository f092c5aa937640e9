/* What an invalidation must remove, written from the text alone: it shares nothing with the model's
 * own rules, of which it is the second opinion. IHI 0070 4.3.1 to 4.3.4 (CFGI), 4.4.1.1 (ranges, TTL,
 * TG), 4.4.2 (stage 1), 4.4.3 (stage 2), 4.4.4, 3.17 (broadcast), 6.3.9 (VMW). Where an entry's
 * granule is unknown and the command names one, it counts as not covered: nobody is blamed. */
#include <string.h>

#include "smmu/dvm.h"
#include "util/bits.h"
#include "watch/state.h"

enum {
  CFGI_STE = 0x03,
  CFGI_STE_RANGE = 0x04,
  CFGI_CD = 0x05,
  CFGI_CD_ALL = 0x06,
  NH_ALL = 0x10,
  NH_ASID = 0x11,
  NH_VA = 0x12,
  NH_VAA = 0x13,
  EL2_ALL = 0x20,
  EL2_ASID = 0x21,
  EL2_VA = 0x22,
  EL2_VAA = 0x23,
  S12_VMALL = 0x28,
  S2_IPA = 0x2a,
  NSNH_ALL = 0x30,
  SCALE_MOST = 39
};

static unsigned granule_log2(unsigned tg)
{
  return tg == 2 ? 14 : tg == 3 ? 16 : 12;
}

/* ---- from words ---- */

static void set_range(struct watch_inval *v, uint64_t first, uint64_t granules)
{
  unsigned shift = granule_log2(v->tg);

  v->first = first;
  v->last = granules >> (64 - shift) ? UINT64_MAX : first + (granules << shift) - 1;
  if (v->last < first)
    v->last = UINT64_MAX;
}

static uint16_t mask_of(uint64_t cr0)
{
  unsigned vmw = (unsigned)bits_get(cr0, 8, 6);

  return (uint16_t)~bits_low(vmw <= 4 ? vmw : 0);
}

void watch_inval_decode(struct watch_inval *v, const uint64_t words[2], uint64_t cr0, bool ranges)
{
  unsigned num = (unsigned)bits_get(words[0], 16, 12), scale = (unsigned)bits_get(words[0], 25, 20);

  v->opcode = (uint8_t)words[0];
  v->words[0] = words[0];
  v->words[1] = words[1];
  v->sid = (uint32_t)(words[0] >> 32);
  v->ssid = (uint32_t)bits_get(words[0], 31, 12);
  v->vmid = (uint16_t)(words[0] >> 32);
  v->asid = (uint16_t)(words[0] >> 48);
  v->leaf = words[1] & 1;
  v->range = words[1] & 31;
  v->vmid_mask = mask_of(cr0);
  v->tg = ranges ? (uint8_t)bits_get(words[1], 11, 10) : 0;
  v->ttl = v->tg ? (uint8_t)bits_get(words[1], 9, 8) : 0;
  if (v->tg == 2 && v->ttl == 1)
    v->ttl = 0;
  scale = scale < SCALE_MOST ? scale : SCALE_MOST;
  set_range(v, words[1] & ~bits_low(12), v->tg ? (num + 1ULL) << scale : 1);
}

/* The command that means the same, and whether it is the form for last levels. */
static const struct {
  uint8_t opcode;
  bool leaf;
} broadcasts[SMMU_DVM_KINDS] = {
  [SMMU_DVM_ALLE1] = { NSNH_ALL, false },       [SMMU_DVM_VMALLE1] = { NH_ALL, false },
  [SMMU_DVM_VMALLS12E1] = { S12_VMALL, false }, [SMMU_DVM_ASIDE1] = { NH_ASID, false },
  [SMMU_DVM_VAE1] = { NH_VA, false },           [SMMU_DVM_VALE1] = { NH_VA, true },
  [SMMU_DVM_VAAE1] = { NH_VAA, false },         [SMMU_DVM_VAALE1] = { NH_VAA, true },
  [SMMU_DVM_IPAS2E1] = { S2_IPA, false },       [SMMU_DVM_IPAS2LE1] = { S2_IPA, true },
  [SMMU_DVM_ALLE2] = { EL2_ALL, false },        [SMMU_DVM_ASIDE2] = { EL2_ASID, false },
  [SMMU_DVM_VAE2] = { EL2_VA, false },          [SMMU_DVM_VALE2] = { EL2_VA, true },
  [SMMU_DVM_VAAE2] = { EL2_VAA, false },        [SMMU_DVM_VAALE2] = { EL2_VAA, true },
};

bool watch_inval_broadcast(struct watch_inval *v, const struct smmu_record *r)
{
  if (r->phase >= SMMU_DVM_KINDS || !broadcasts[r->phase].opcode)
    return false;
  v->opcode = broadcasts[r->phase].opcode;
  v->leaf = broadcasts[r->phase].leaf;
  v->words[0] = r->phase;
  v->words[1] = r->addr_in;
  v->vmid = r->vmid;
  v->asid = r->asid;
  v->vmid_mask = 0xffff;
  v->broadcast = true;
  set_range(v, r->addr_in & ~bits_low(granule_log2(r->info)), 1);
  v->tg = r->info;
  if (r->info)
    set_range(v, v->first, r->word);
  v->tg = 0; /* a range of granules, not a statement on entries */
  return true;
}

/* ---- configurations ---- */

static bool names_stream(const struct watch_inval *v, uint32_t sid)
{
  if (v->opcode == CFGI_STE_RANGE)
    return v->range >= 31 || v->sid >> (v->range + 1) == sid >> (v->range + 1);
  return v->sid == sid;
}

static bool covers_config(const struct watch_inval *v, const struct watch_target *t)
{
  bool of_cd = t->what == SMMU_READ_CD || t->what == SMMU_READ_L1CD;

  if (v->broadcast || !names_stream(v, t->sid))
    return false;
  switch (v->opcode) {
  case CFGI_STE: return t->what != SMMU_READ_L1STD || !v->leaf;
  case CFGI_STE_RANGE: return true;
  case CFGI_CD_ALL: return of_cd;
  case CFGI_CD: return of_cd && v->ssid == t->ssid && (t->what == SMMU_READ_CD || !v->leaf);
  default: return false;
  }
}

/* ---- translations ---- */

enum { NS_EL1, NS_EL2, NS_EL2_E2H };

struct parts {
  unsigned kind, world;
  uint16_t vmid, asid;
  bool global, aset, table, stage1;
};

static struct parts parts_of(uint64_t tag)
{
  struct parts p = { .kind = (unsigned)bits_get(tag, 43, 40),
                     .world = (unsigned)bits_get(tag, 47, 44),
                     .vmid = (uint16_t)tag,
                     .asid = (uint16_t)(tag >> 16),
                     .global = tag >> 48 & 1,
                     .aset = tag >> 49 & 1 };

  p.table = p.kind == SMMU_ENTRY_WALK_S1 || p.kind == SMMU_ENTRY_WALK_S2;
  p.stage1 = p.kind == SMMU_ENTRY_S1 || p.kind == SMMU_ENTRY_WALK_S1;
  return p;
}

/* Bits 63:56 follow bit 55, whether or not software or the top byte said so. */
static uint64_t canonical(uint64_t addr)
{
  return (addr & bits_low(56)) | (addr >> 55 & 1 ? bits_mask(63, 56) : 0);
}

static bool overlaps(const struct watch_inval *v, const struct watch_target *t)
{
  uint64_t va = canonical(t->va);

  return (va & ~bits_low(t->span)) <= canonical(v->last) &&
         (va | bits_low(t->span)) >= canonical(v->first);
}

/* TG and TTL: entries of one granule; leaves of one level, and the tables above it. */
static bool is_of_level(const struct watch_inval *v, const struct watch_target *t, bool table)
{
  if (v->tg == 0)
    return true;
  if (t->tg != v->tg)
    return false;
  return v->ttl == 0 || (table ? t->level < v->ttl : t->level == v->ttl);
}

static bool by_address(const struct watch_inval *v, const struct watch_target *t,
                       const struct parts *p)
{
  return !(v->leaf && p->table) && overlaps(v, t) && is_of_level(v, t, p->table);
}

static bool covers_el1(const struct watch_inval *v, const struct watch_target *t,
                       const struct parts *p)
{
  bool vmid = ((v->vmid ^ p->vmid) & v->vmid_mask) == 0;
  bool asid = v->asid == p->asid && !(v->broadcast && p->aset);

  switch (v->opcode) {
  case NSNH_ALL: return true;
  case S12_VMALL: return vmid;
  case NH_ALL: return vmid && p->stage1;
  case NH_ASID: return vmid && p->stage1 && asid && !p->global;
  case NH_VA:
    return vmid && p->stage1 && (asid || (p->global && !(v->broadcast && p->aset))) &&
           by_address(v, t, p);
  case NH_VAA: return vmid && p->stage1 && by_address(v, t, p);
  case S2_IPA: return vmid && !p->stage1 && by_address(v, t, p);
  default: return false;
  }
}

static bool covers_el2(const struct watch_inval *v, const struct watch_target *t,
                       const struct parts *p)
{
  bool opts_out = v->broadcast && p->aset;
  bool asid = v->asid == p->asid || p->global;
  bool world = p->world == (v->e2h ? NS_EL2_E2H : NS_EL2);

  switch (v->opcode) {
  case EL2_ALL: return true;
  case EL2_ASID: return p->world == NS_EL2_E2H && v->asid == p->asid && !p->global && !opts_out;
  case EL2_VA: return world && (!v->e2h || asid) && !opts_out && by_address(v, t, p);
  case EL2_VAA: return world && (v->e2h || !opts_out) && by_address(v, t, p);
  default: return false;
  }
}

bool watch_covers(const struct watch_inval *v, const struct watch_target *t)
{
  struct parts p = parts_of(t->tag);

  if (t->config)
    return covers_config(v, t);
  return p.world == NS_EL1 ? covers_el1(v, t, &p) : covers_el2(v, t, &p);
}
