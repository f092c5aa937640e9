/* Register numbers, offsets and field positions, all generated from regs.def, and access to fields
 * by name: GET(CR0, CMDQEN, value) reads as the specification does. IHI 0070: 6.2, 6.3.
 * What a guard forbids and what a hook does is decided where registers are written, not here. */
#ifndef SMMU_ARCH_REGS_H
#define SMMU_ARCH_REGS_H

#include <stdint.h>

#include "util/bits.h"

/* R_IDR0, R_IDR1, ...: index into smmu_reg_rows. */
enum smmu_reg {
#define REG(name, offset, width, reset, rw, guard, hook, origin) R_##name,
#define FIELD(reg, name, hi, lo)
#include "arch/regs.def"
#undef REG
#undef FIELD
  R_COUNT
};

/* OFF_IDR0, ...: byte offset from the start of page 0. */
enum {
#define REG(name, offset, width, reset, rw, guard, hook, origin) OFF_##name = (offset),
#define FIELD(reg, name, hi, lo)
#include "arch/regs.def"
#undef REG
#undef FIELD
};

/* CR0_SMMUEN_HI, CR0_SMMUEN_LO, ... */
enum {
#define REG(name, offset, width, reset, rw, guard, hook, origin)
#define FIELD(reg, name, hi, lo) reg##_##name##_HI = (hi), reg##_##name##_LO = (lo),
#include "arch/regs.def"
#undef REG
#undef FIELD
};

/* The page of VATOS_CTRL and so on, with IDR2.BA_VATOS = 0. */
enum { SMMU_VATOS_PAGE = 0x20000 };

/* When a register takes writes: the enable bit and its acknowledgement must both be 0. */
enum smmu_guard {
  GUARD_NONE = 0,
  GUARD_SMMU_DISABLED,       /* CR0.SMMUEN, CR0ACK.SMMUEN */
  GUARD_CMDQ_DISABLED,       /* CR0.CMDQEN, CR0ACK.CMDQEN */
  GUARD_EVENTQ_DISABLED,     /* CR0.EVENTQEN, CR0ACK.EVENTQEN */
  GUARD_GERROR_IRQ_DISABLED, /* IRQ_CTRL.GERROR_IRQEN, IRQ_CTRLACK.GERROR_IRQEN */
  GUARD_EVENTQ_IRQ_DISABLED, /* IRQ_CTRL.EVENTQ_IRQEN, IRQ_CTRLACK.EVENTQ_IRQEN */
  GUARD_PRIQ_DISABLED,       /* CR0.PRIQEN, CR0ACK.PRIQEN */
  GUARD_PRIQ_IRQ_DISABLED,   /* IRQ_CTRL.PRIQ_IRQEN, IRQ_CTRLACK.PRIQ_IRQEN */
  GUARD_GATOS_IDLE,          /* GATOS_CTRL.RUN */
  GUARD_VATOS_IDLE,          /* VATOS_CTRL.RUN */
  GUARD_COUNT
};

/* What a write does beyond replacing the bits of the mask. */
enum smmu_hook {
  HOOK_NONE = 0,
  HOOK_ID,        /* read-only; the value comes from the configuration */
  HOOK_READ_ONLY, /* read-only for software, written by the device */
  HOOK_CR0,
  HOOK_CR1,
  HOOK_GBPA,
  HOOK_IRQ_CTRL,
  HOOK_GERRORN,
  HOOK_CMDQ_PROD,
  HOOK_CMDQ_CONS,
  HOOK_EVENTQ_PROD,
  HOOK_EVENTQ_CONS,
  HOOK_PRIQ_PROD,
  HOOK_PRIQ_CONS,
  HOOK_ATOS,
  HOOK_UPDATE, /* taken with Update set, which the device clears: GMPAM, GBPMPAM */
  HOOK_COUNT
};

/* Where a row is known from. */
enum smmu_origin {
  SMMU_ORIGIN_ARCH = 0,      /* the architecture */
  SMMU_ORIGIN_PUBLIC_DRIVER, /* behaviour of a published driver */
  SMMU_ORIGIN_ASSUMED        /* our assumption, listed in the documentation */
};

struct smmu_reg_row {
  const char *name;
  uint32_t offset;
  uint8_t width;  /* bits: 32 or 64 */
  uint8_t guard;  /* enum smmu_guard */
  uint8_t hook;   /* enum smmu_hook */
  uint8_t origin; /* enum smmu_origin */
  uint64_t reset;
  uint64_t rw; /* bits that software can write */
};

/* A second address of a register. */
struct smmu_reg_alias_row {
  uint32_t offset;
  uint8_t reg; /* enum smmu_reg */
};

enum { SMMU_REG_ALIAS_COUNT = 4 };

extern const struct smmu_reg_row smmu_reg_rows[R_COUNT];
extern const struct smmu_reg_alias_row smmu_reg_alias[SMMU_REG_ALIAS_COUNT];

/* The register that starts at this offset, aliases included, or -1. The upper half of a 64-bit
 * register is no start. */
int smmu_reg_by_offset(uint64_t offset);
/* The register of this name, any case, with or without the prefix SMMU_, or -1. */
int smmu_reg_by_name(const char *name);

/* The bits of a field; a field of a register value; a register value with one field replaced. */
#define MASK(reg, field)       bits_mask(reg##_##field##_HI, reg##_##field##_LO)
#define GET(reg, field, value) bits_get((value), reg##_##field##_HI, reg##_##field##_LO)
#define PUT(reg, field, value, newbits) \
  bits_put((value), reg##_##field##_HI, reg##_##field##_LO, (newbits))

#endif
