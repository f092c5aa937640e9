/* Rows for the rules of STE and CD: bits to change in the structure, in the ID registers, and in
 * the STE that a CD is reached from. */
#ifndef SHIM_LEGAL_H
#define SHIM_LEGAL_H

#include "smmu/config.h"

enum { LEGAL_NOTHING, LEGAL_WORD, LEGAL_IDR, LEGAL_COMMON = 4, LEGAL_OWN = 1 };

struct legal_bits {
  uint8_t kind, n; /* n: which ID register */
  uint16_t hi, lo;
  uint64_t value;
};

#define WORD(hi, lo, value) \
  { \
    LEGAL_WORD, 0, hi, lo, value \
  }
#define IDR(n, hi, lo, value) \
  { \
    LEGAL_IDR, n, hi, lo, value \
  }
#define MPAM 6

struct legal_row {
  const char *name;
  uint8_t base; /* STE.Config; the meaning is the test's for a CD */
  struct legal_bits common[LEGAL_COMMON], bad[LEGAL_OWN], good[LEGAL_OWN];
};

/* A device that has everything up to v3.3. */
static inline struct smmu_config legal_device(void)
{
  return (struct smmu_config){
    /* S2P S1P TTF=2 HTTU=3 HYP ATS ASID16 PRI VMID16 CD2L STALL_MODEL=0 ST_LEVEL=1 */
    .idr = { 0x080d16cb, 8 << 6 | 3u << 26, 0,
             /* HAD XNX MPAM FWB STT RIL E0PD EPAN */
             0x00022794, 0,
             /* OAS 52, all granules, DS, VAX 52 */
             0x4f6 },
    .mpamidr = 63 | 3 << 16,
    .aidr = 3
  };
}

static inline void legal_put(uint64_t *words, unsigned hi, unsigned lo, uint64_t value)
{
  uint64_t mask = (hi - lo == 63 ? ~0ULL : (1ULL << (hi - lo + 1)) - 1) << lo % 64;

  words[lo / 64] = (words[lo / 64] & ~mask) | (value << lo % 64 & mask);
}

/* A legal STE: 40 bits of IPA from level 1, S2PS 52 bits, VMSAv8-64 tables. */
static inline void legal_ste(uint64_t ste[8], unsigned config)
{
  for (unsigned i = 0; i < 8; i++)
    ste[i] = 0;
  legal_put(ste, 0, 0, 1); /* V */
  legal_put(ste, 3, 1, config);
  legal_put(ste, 165, 160, 24); /* S2T0SZ */
  legal_put(ste, 167, 166, 1);  /* S2SL0 */
  legal_put(ste, 178, 176, 6);  /* S2PS */
  legal_put(ste, 179, 179, 1);  /* S2AA64 */
}

static inline void legal_apply(const struct legal_bits *bits, unsigned n, uint64_t *words,
                               struct smmu_config *config)
{
  for (unsigned i = 0; i < n; i++) {
    uint64_t reg;

    if (bits[i].kind == LEGAL_WORD)
      legal_put(words, bits[i].hi, bits[i].lo, bits[i].value);
    if (bits[i].kind != LEGAL_IDR)
      continue;
    reg = bits[i].n == MPAM ? config->mpamidr : config->idr[bits[i].n];
    legal_put(&reg, bits[i].hi, bits[i].lo, bits[i].value);
    *(bits[i].n == MPAM ? &config->mpamidr : &config->idr[bits[i].n]) = (uint32_t)reg;
  }
}

#endif
