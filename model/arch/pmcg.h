/* Registers of a counter group: numbers, offsets and field positions, all generated from pmcg.def.
 * GET, PUT and MASK of regs.h work on the fields: GET(PMCG_EVTYPER, EVENT, value). What is written
 * is decided in engine/pmcg_mmio.c. IHI 0070: 10.5. */
#ifndef SMMU_ARCH_PMCG_H
#define SMMU_ARCH_PMCG_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/regs.h"

/* R_PMCG_EVCNTR, ...: index into smmu_pmcg_rows. */
enum smmu_pmcg_reg {
#define PREG(name, page, offset, count, width, reset, rw, needs, guard, hook) R_##name,
#define FIELD(reg, name, hi, lo)
#include "arch/pmcg.def"
#undef PREG
#undef FIELD
  PMCG_R_COUNT
};

/* OFF_PMCG_EVCNTR, ...: byte offset in the register's page. */
enum {
#define PREG(name, page, offset, count, width, reset, rw, needs, guard, hook) OFF_##name = (offset),
#define FIELD(reg, name, hi, lo)
#include "arch/pmcg.def"
#undef PREG
#undef FIELD
};

/* PMCG_CR_E_HI, PMCG_CR_E_LO, ... */
enum {
#define PREG(name, page, offset, count, width, reset, rw, needs, guard, hook)
#define FIELD(reg, name, hi, lo) reg##_##name##_HI = (hi), reg##_##name##_LO = (lo),
#include "arch/pmcg.def"
#undef PREG
#undef FIELD
};

enum smmu_pmcg_page {
  PMCG_PAGE_FIRST,   /* page 0 */
  PMCG_PAGE_COUNTERS /* page 1 if there is one */
};

/* What a register needs to be there. */
enum smmu_pmcg_needs {
  PMCG_NEEDS_NOTHING,
  PMCG_NEEDS_CAPTURE,
  PMCG_NEEDS_MSI,
  PMCG_NEEDS_MSI_STATUS, /* MSI, and SMMUv3.1 */
  PMCG_NEEDS_SECURE,     /* never there */
  PMCG_NEEDS_MPAM        /* never there */
};

enum smmu_pmcg_guard {
  PMCG_GUARD_NONE,
  PMCG_GUARD_IRQ_DISABLED /* IRQEN of IRQ_CTRL and IRQ_CTRLACK must both be 0 */
};

enum smmu_pmcg_hook {
  PMCG_HOOK_STORED,  /* keeps what software writes */
  PMCG_HOOK_COUNTER, /* as wide as counters are */
  PMCG_HOOK_SET,     /* ones set bits of a bitmap */
  PMCG_HOOK_CLEAR,   /* ones clear bits of the same bitmap */
  PMCG_HOOK_TRIGGER, /* a one does something; reads as zero */
  PMCG_HOOK_IRQ_CTRL,
  PMCG_HOOK_DERIVED /* read-only */
};

struct smmu_pmcg_row {
  const char *name;
  uint16_t offset; /* of the first one, in its page */
  uint8_t count;   /* registers of this name */
  uint8_t page;    /* enum smmu_pmcg_page */
  uint8_t width;   /* bits: 32 or 64 */
  uint8_t needs;   /* enum smmu_pmcg_needs */
  uint8_t guard;   /* enum smmu_pmcg_guard */
  uint8_t hook;    /* enum smmu_pmcg_hook */
  uint64_t reset;
  uint64_t rw; /* bits that software can write */
};

extern const struct smmu_pmcg_row smmu_pmcg_rows[PMCG_R_COUNT];

/* The register that holds the byte at `offset` of its page, and which one of its count; or -1. wide:
 * counters have more than 32 bits. */
int smmu_pmcg_by_offset(uint32_t offset, bool wide, unsigned *index);
/* The register of this name, any case, or -1. */
int smmu_pmcg_by_name(const char *name);
/* Bits of one such register: 32 or 64. */
unsigned smmu_pmcg_width(int reg, bool wide);

#endif
