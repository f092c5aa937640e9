/* Registers of enhanced command queues: numbers, offsets and field positions, all generated from
 * ecmdq.def, and where their sets lie. GET, PUT and MASK of regs.h work on the fields. */
#ifndef SMMU_ARCH_ECMDQ_H
#define SMMU_ARCH_ECMDQ_H

#include <stdint.h>

#include "arch/regs.h"
#include "smmu/ecmdq.h"

/* R_ECMDQ_BASE, R_CMDQ_CONTROL_PAGE_CFG, ...: index into smmu_ecmdq_rows. */
enum smmu_ecmdq_reg {
#define QREG(name, block, offset, width, reset, rw, guard) R_##name,
#define FIELD(reg, name, hi, lo)
#include "arch/ecmdq.def"
#undef QREG
#undef FIELD
  ECMDQ_R_COUNT
};

/* OFF_ECMDQ_PROD, ...: byte offset in the register's set. */
enum {
#define QREG(name, block, offset, width, reset, rw, guard) OFF_##name = (offset),
#define FIELD(reg, name, hi, lo)
#include "arch/ecmdq.def"
#undef QREG
#undef FIELD
};

/* ECMDQ_PROD_EN_HI, ECMDQ_PROD_EN_LO, ... */
enum {
#define QREG(name, block, offset, width, reset, rw, guard)
#define FIELD(reg, name, hi, lo) reg##_##name##_HI = (hi), reg##_##name##_LO = (lo),
#include "arch/ecmdq.def"
#undef QREG
#undef FIELD
};

enum smmu_ecmdq_block {
  ECMDQ_BLOCK_PAGE, /* what a control page is, among the registers of page 0 */
  ECMDQ_BLOCK_QUEUE /* a queue's set in a control page */
};

enum smmu_ecmdq_guard {
  ECMDQ_GUARD_NONE,
  ECMDQ_GUARD_QUEUE_OFF,   /* PROD.EN and CONS.ENACK must both be 0 */
  ECMDQ_GUARD_NOT_UPDATING /* the two must be equal */
};

struct smmu_ecmdq_row {
  const char *name;
  uint8_t offset; /* in its set */
  uint8_t block;  /* enum smmu_ecmdq_block */
  uint8_t width;  /* bits: 32 or 64 */
  uint8_t guard;  /* enum smmu_ecmdq_guard */
  uint64_t reset;
  uint64_t rw; /* bits that software can write */
};

extern const struct smmu_ecmdq_row smmu_ecmdq_rows[ECMDQ_R_COUNT];

/* The register of this block that starts at `offset` of its set, or -1. */
int smmu_ecmdq_by_offset(enum smmu_ecmdq_block block, uint32_t offset);

/* ---- where the sets lie, from the start of page 0 ---- */

enum { ECMDQ_PAGE_SETS = 0x4000, ECMDQ_PAGE_SET = 32 };

static inline uint64_t ecmdq_page_set(unsigned page)
{
  return ECMDQ_PAGE_SETS + (uint64_t)page * ECMDQ_PAGE_SET;
}

/* A queue by its number, where a page has 2^queues_log2. IHI 0070 6.2.5. */
static inline uint64_t ecmdq_set(unsigned queue, unsigned queues_log2)
{
  return SMMU_ECMDQ_PAGES + (uint64_t)queue * (SMMU_ECMDQ_PAGE >> queues_log2);
}

#endif
