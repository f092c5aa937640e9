/* Broadcast TLB maintenance from CPUs: what each operation removes, and the buffer in front of the
 * actor; how it is done is cmdq.c's. IHI 0070 3.17, 3.17.1, 3.17.4-3.17.6, 6.3.12.1 (PTM). IMPDEF:
 * room for SMMU_DVM_ROOM; PTM = 1 ignores. Left out: Secure and EL3 regimes, GPT invalidation
 * (3.17.7), XS (3.17.8: no entry has it, nXS forms are the plain ones). */
#include "core/dvm.h"

#include <string.h>

#include "core/queues.h"
#include "util/bits.h"
#include "util/check.h"

enum { STAGE_1 = 1, STAGE_2 = 2, EL2 = 4, LEAF = 8, SHARED = 16 };

/* What an operation means; SHARED: entries with ASET = 1 opt out. */
static const struct {
  uint8_t inval, flags;
} meanings[SMMU_DVM_KINDS] = {
  [SMMU_DVM_ALLE1] = { INVAL_WORLD, 0 },
  [SMMU_DVM_VMALLE1] = { INVAL_S1_ALL, STAGE_1 },
  [SMMU_DVM_VMALLS12E1] = { INVAL_S12_ALL, 0 },
  [SMMU_DVM_ASIDE1] = { INVAL_S1_ASID, STAGE_1 | SHARED },
  [SMMU_DVM_VAE1] = { INVAL_S1_VA, STAGE_1 | SHARED },
  [SMMU_DVM_VALE1] = { INVAL_S1_VA, STAGE_1 | SHARED | LEAF },
  [SMMU_DVM_VAAE1] = { INVAL_S1_VAA, STAGE_1 },
  [SMMU_DVM_VAALE1] = { INVAL_S1_VAA, STAGE_1 | LEAF },
  [SMMU_DVM_IPAS2E1] = { INVAL_S2_IPA, STAGE_2 },
  [SMMU_DVM_IPAS2LE1] = { INVAL_S2_IPA, STAGE_2 | LEAF },
  [SMMU_DVM_ALLE2] = { INVAL_WORLD, EL2 },
  [SMMU_DVM_ASIDE2] = { INVAL_S1_ASID, EL2 | SHARED },
  [SMMU_DVM_VAE2] = { INVAL_S1_VA, EL2 | SHARED },
  [SMMU_DVM_VALE2] = { INVAL_S1_VA, EL2 | SHARED | LEAF },
  [SMMU_DVM_VAAE2] = { INVAL_S1_VAA, EL2 | SHARED },
  [SMMU_DVM_VAALE2] = { INVAL_S1_VAA, EL2 | SHARED | LEAF },
};

static bool is_legal(const struct smmu *s, const struct smmu_dvm *op)
{
  return s->features.btm && op->kind < SMMU_DVM_KINDS && op->tg <= 3 && op->num <= 31 &&
         op->scale <= 3;
}

/* A stage or regime that is not there has nothing to remove; private maintenance removes nothing. */
static bool has_effect(const struct smmu *s, const struct smmu_dvm *op)
{
  const struct smmu_features *f = &s->features;
  unsigned flags = meanings[op->kind].flags;

  if (op->kind == SMMU_DVM_SYNC)
    return true;
  return !GET(CR2, PTM, shared_const(s)->reg[R_CR2]) && (!(flags & STAGE_1) || f->s1p) &&
         (!(flags & STAGE_2) || f->s2p) && (!(flags & EL2) || f->hyp);
}

/* From here on addresses are compared as entries keep them: those of stage 1 canonical. */
static void set_range(const struct smmu_dvm *op, bool stage2, struct inval *inv)
{
  static const uint8_t granule_log2[4] = { 12, 12, 14, 16 };
  uint64_t addr = stage2 ? op->addr & bits_low(52) : (uint64_t)((int64_t)(op->addr << 8) >> 8);
  uint64_t pages = op->tg ? (op->num + 1ULL) << (5 * op->scale + 1) : 1;

  inv->first = align_down_log2(addr, granule_log2[op->tg]);
  inv->last = inv->first + (pages << granule_log2[op->tg]) - 1;
  if (inv->last < inv->first)
    inv->last = ~0ULL;
}

static struct inval meaning_of(const struct smmu *s, const struct smmu_dvm *op)
{
  unsigned flags = meanings[op->kind].flags;
  struct inval inv = { .kind = meanings[op->kind].inval, .vmid_mask = 0xffff };

  if (op->kind == SMMU_DVM_SYNC)
    return (struct inval){ 0 };
  inv.el2 = (flags & EL2) != 0;
  inv.shared = (flags & SHARED) != 0;
  inv.leaf = (flags & LEAF) != 0;
  if (inv.kind == INVAL_S1_ASID || inv.kind == INVAL_S1_VA)
    inv.asid = op->asid;
  if (inv.kind != INVAL_WORLD && !inv.el2 && s->features.s2p)
    inv.vmid = op->vmid;
  if (inv.kind == INVAL_S1_VA || inv.kind == INVAL_S1_VAA || inv.kind == INVAL_S2_IPA)
    set_range(op, inv.kind == INVAL_S2_IPA, &inv);
  return inv;
}

int smmu_dvm_submit(struct smmu *s, const struct smmu_dvm *op, const struct smmu_hooks *hooks)
{
  struct smmu_record r = { .category = SMMU_TRACE_BROADCAST };
  struct dvm *d;

  if (!is_legal(s, op))
    return SMMU_ERR_BADARG;
  d = dvm_of(s);
  if (d->count == SMMU_DVM_ROOM)
    return SMMU_ERR_NOSLOT;
  r.phase = op->kind;
  r.addr_in = op->addr;
  r.asid = op->asid;
  r.vmid = op->vmid;
  r.word = op->tg ? (op->num + 1ULL) << (5 * op->scale + 1) : 1;
  r.info = op->tg;
  trace_put(hooks, &r);
  if (has_effect(s, op)) {
    d->ring[d->count++] = meaning_of(s, op);
    smmu_wake_cmdq(s, queue_of_dvm(s));
  }
  return SMMU_OK;
}

void smmu_dvm_pop(struct smmu *s)
{
  struct dvm *d = dvm_of(s);

  d->count--;
  memmove(&d->ring[0], &d->ring[1], d->count * sizeof d->ring[0]);
  memset(&d->ring[d->count], 0, sizeof d->ring[0]);
}

bool smmu_has_dvm(const struct smmu *s)
{
  return s->features.btm;
}

smmu_actor smmu_actor_dvm(const struct smmu *s)
{
  CHECK(s->features.btm);
  return actor_cmdq(s, queue_of_dvm(s));
}

bool smmu_dvm_has_room(const struct smmu *s)
{
  return s->features.btm && dvm_const(s)->count < SMMU_DVM_ROOM;
}

bool smmu_dvm_is_idle(const struct smmu *s)
{
  return !s->features.btm || (dvm_const(s)->count == 0 && dvm_const(s)->queue.phase == 0);
}
