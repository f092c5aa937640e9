/* CMDQV in the block, and what the files of the core ask of it. Nothing of it is there on a device
 * without one. */
#ifndef SMMU_CORE_CMDQV_H
#define SMMU_CORE_CMDQV_H

#include "arch/cmdqv.h"
#include "core/core.h"

/* ---- state ---- */

struct cmdqv {
  uint32_t config, status; /* STATUS: what has been acknowledged, as in every struct here */
  uint32_t int_mask[2];
  uint32_t turn;    /* whose handshake is looked at first: see smmu_cmdqv_acknowledge() */
  uint32_t alloc[]; /* CMDQ_ALLOC_MAP, one a VCMDQ */
};

struct vintf {
  uint32_t config, status;
  uint32_t sid_match[16], sid_replace[16];
};

struct vcmdq {
  uint64_t ring[3]; /* RING_*, as the SMMU's own queue has them among its registers */
  uint64_t cons_base;
  uint32_t config, status, gerror, gerrorn;
  struct cmdq queue;
};

static inline struct cmdqv *cmdqv_of(struct smmu *s)
{
  return at(s, s->off_cmdqv);
}

static inline const struct cmdqv *cmdqv_const(const struct smmu *s)
{
  return at_const(s, s->off_cmdqv);
}

static inline struct vintf *vintf_at(struct smmu *s, unsigned v)
{
  return (struct vintf *)at(s, s->off_vintfs) + v;
}

static inline const struct vintf *vintf_const(const struct smmu *s, unsigned v)
{
  return (const struct vintf *)at_const(s, s->off_vintfs) + v;
}

static inline struct vcmdq *vcmdq_at(struct smmu *s, unsigned q)
{
  return (struct vcmdq *)at(s, s->off_vcmdqs) + q;
}

static inline const struct vcmdq *vcmdq_const(const struct smmu *s, unsigned q)
{
  return (const struct vcmdq *)at_const(s, s->off_vcmdqs) + q;
}

/* ---- cmdqv.c ---- */

void smmu_cmdqv_reset(struct smmu *s);
/* The VCMDQ that is LVCMDQ l of VINTF v, or SMMU_NO_INDEX. */
uint32_t smmu_lvcmdq_find(const struct smmu *s, unsigned vintf, unsigned lvcmdq);
/* The VINTF that a VCMDQ is allocated to, or SMMU_NO_INDEX. */
uint32_t smmu_vcmdq_owner(const struct smmu *s, unsigned vcmdq);
/* The same, found out from the allocations; and: find out every queue's, when one has changed. */
uint32_t smmu_cmdqv_find_owner(const struct smmu *s, unsigned vcmdq);
void smmu_cmdqv_find_owners(struct smmu *s);
/* Everything that must be on for this queue to process commands is: its enable, its VINTF, CMDQV.
 * STATUS.CMDQ_EN_OK follows. */
bool smmu_vcmdq_is_asked(const struct smmu *s, unsigned vcmdq);
/* It may fetch: asked, acknowledged, and no error that stops it. */
bool smmu_vcmdq_is_on(const struct smmu *s, unsigned vcmdq);
/* VCMDQ GERROR bits that are active. */
uint32_t smmu_vcmdq_errors(const struct smmu *s, unsigned vcmdq);
/* Toggle one unless it is active already; true when the CMDQV interrupt is due. */
bool smmu_vcmdq_raise(struct smmu *s, unsigned vcmdq, uint32_t bit);
/* Is a handshake of CMDQV ready to be acknowledged? And: acknowledge one; ends the work item. */
bool smmu_cmdqv_is_ready(const struct smmu *s);
void smmu_cmdqv_acknowledge(struct smmu *s, struct smmu_ask *ask);
/* What PARAM, the STATUS registers and the error maps show. */
uint32_t smmu_cmdqv_param(const struct smmu *s);
uint32_t smmu_vintf_status(const struct smmu *s, unsigned vintf);
uint32_t smmu_cmdqv_vi_err_map(const struct smmu *s, unsigned word);
uint32_t smmu_cmdqv_cmdq_err_map(const struct smmu *s, unsigned word);
uint32_t smmu_vintf_lvcmdq_err_map(const struct smmu *s, unsigned vintf, unsigned word);

/* ---- cmdqv_filter.c ---- */

/* May the owner of this VCMDQ give this command? CERROR_NONE, ILL or ILL_ACCESS; what it may not
 * choose is replaced in words. */
unsigned smmu_cmdqv_admit(const struct smmu *s, unsigned vcmdq, uint64_t words[2]);

#endif
