/* CMDQV registers: numbers, offsets and field positions, all generated from cmdqv.def, and where
 * their blocks lie. GET, PUT and MASK of regs.h work on the fields: GET(VINTF_CONFIG, VMID, value).
 * An address is block plus OFF_: cmdqv_lvcmdq_page0(0, 1) + OFF_VCMDQ_PROD_INDX. */
#ifndef SMMU_ARCH_CMDQV_H
#define SMMU_ARCH_CMDQV_H

#include <stdint.h>

#include "arch/regs.h"
#include "smmu/cmdqv.h"

/* R_CMDQV_CONFIG, R_VINTF_STATUS, R_VCMDQ_BASE, ...: index into smmu_cmdqv_rows. */
enum smmu_cmdqv_reg {
#define VREG(name, block, offset, count, width, reset, rw, guard, hook, origin) R_##name,
#define FIELD(reg, name, hi, lo)
#include "arch/cmdqv.def"
#undef VREG
#undef FIELD
  CMDQV_R_COUNT
};

/* OFF_VCMDQ_CONS_INDX, ...: byte offset in the register's block. */
enum {
#define VREG(name, block, offset, count, width, reset, rw, guard, hook, origin) \
  OFF_##name = (offset),
#define FIELD(reg, name, hi, lo)
#include "arch/cmdqv.def"
#undef VREG
#undef FIELD
};

/* VCMDQ_CONFIG_CMDQ_EN_HI, VCMDQ_CONFIG_CMDQ_EN_LO, ... */
enum {
#define VREG(name, block, offset, count, width, reset, rw, guard, hook, origin)
#define FIELD(reg, name, hi, lo) reg##_##name##_HI = (hi), reg##_##name##_LO = (lo),
#include "arch/cmdqv.def"
#undef VREG
#undef FIELD
};

/* CONS_INDX.ERR. The first three are those of the SMMU's own queue. IHI 0070 7.1. */
enum smmu_cerror {
  CERROR_NONE = 0,
  CERROR_ILL = 1,
  CERROR_ABT = 2,
  CERROR_ATC_INV_SYNC = 3,
  CERROR_ILL_ACCESS = 4 /* VCMDQs alone: not for this VINTF */
};

enum smmu_cmdqv_block {
  CMDQV_BLOCK_CONFIG, /* the first page */
  CMDQV_BLOCK_VINTF,  /* in the first page, one a VINTF */
  CMDQV_BLOCK_PAGE0,  /* a queue's slot: indices, enable, errors */
  CMDQV_BLOCK_PAGE1   /* a queue's slot: addresses */
};

enum smmu_cmdqv_guard {
  CMDQV_GUARD_NONE,
  CMDQV_GUARD_QUEUE_OFF /* CONFIG.CMDQ_EN and STATUS.CMDQ_EN_OK must both be 0 */
};

enum smmu_cmdqv_hook {
  CMDQV_HOOK_STORED, /* keeps what software writes */
  CMDQV_HOOK_DERIVED /* read-only: what the device knows */
};

struct smmu_cmdqv_row {
  const char *name;
  uint16_t offset; /* of the first one, in its block */
  uint8_t count;   /* registers of this name, one behind the other */
  uint8_t block;   /* enum smmu_cmdqv_block */
  uint8_t width;   /* bits: 32 or 64 */
  uint8_t guard;   /* enum smmu_cmdqv_guard */
  uint8_t hook;    /* enum smmu_cmdqv_hook */
  uint8_t origin;  /* enum smmu_origin */
  uint64_t reset;
  uint64_t rw; /* bits that software can write */
};

extern const struct smmu_cmdqv_row smmu_cmdqv_rows[CMDQV_R_COUNT];

/* The register of this block that holds the byte at `offset`, and which one of its count; or -1. */
int smmu_cmdqv_by_offset(enum smmu_cmdqv_block block, uint32_t offset, unsigned *index);

/* ---- where the blocks lie ---- */

enum { CMDQV_VINTF_BLOCKS = 0x1000, CMDQV_VINTF_BLOCK = 0x100 };

static inline uint64_t cmdqv_vintf(unsigned vintf)
{
  return CMDQV_VINTF_BLOCKS + (uint64_t)vintf * CMDQV_VINTF_BLOCK;
}

/* A queue by its own number. */
static inline uint64_t cmdqv_vcmdq_page0(unsigned vcmdq)
{
  return SMMU_CMDQV_PAGE + (uint64_t)vcmdq * SMMU_CMDQV_SLOT;
}

static inline uint64_t cmdqv_vcmdq_page1(unsigned vcmdq)
{
  return 2ULL * SMMU_CMDQV_PAGE + (uint64_t)vcmdq * SMMU_CMDQV_SLOT;
}

/* A queue by VINTF and number in it. */
static inline uint64_t cmdqv_lvcmdq_page0(unsigned vintf, unsigned lvcmdq)
{
  return SMMU_CMDQV_VINTF_PAGES + (uint64_t)vintf * 2 * SMMU_CMDQV_PAGE +
         (uint64_t)lvcmdq * SMMU_CMDQV_SLOT;
}

static inline uint64_t cmdqv_lvcmdq_page1(unsigned vintf, unsigned lvcmdq)
{
  return cmdqv_lvcmdq_page0(vintf, lvcmdq) + SMMU_CMDQV_PAGE;
}

#endif
