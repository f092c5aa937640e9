/* Stream Table Entry: meaning and legality. IHI 0070 5.2, 5.2.2; level 1 descriptors 5.1.
 * Fields hold what counts: 0 where the text has them IGNORED or RES0 for this device. Left out:
 * Secure and Realm fields, DPT, everything of v3.4. */
#ifndef SMMU_ARCH_STE_H
#define SMMU_ARCH_STE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/desc.h"
#include "arch/features.h"

/* NS StreamWorld, the tag of everything cached for a stream. IHI 0070 3.3.3. */
enum smmu_world { SMMU_WORLD_EL1, SMMU_WORLD_EL2, SMMU_WORLD_EL2_E2H };

struct smmu_ste {
  uint64_t s1_context_ptr;
  uint64_t s2ttb; /* aligned to the start table */
  uint16_t vmid;  /* S2VMID, also for stage 1 only streams; 0 without stage 2 support */
  uint8_t abort;  /* Config = 0b0xx: terminate silently */
  uint8_t s1, s2; /* stages that translate */
  uint8_t world;  /* enum smmu_world */
  uint8_t s1fmt, s1cdmax, s1dss;
  uint8_t privcfg, instcfg;
  uint8_t mtcfg, memattr, shcfg, alloccfg;
  uint8_t s2affd, s2r, s2ptw;
  uint8_t s2s, s1stalld; /* stall on stage 2 faults; stage 1 must not stall */
  uint8_t s2ha, s2hd, s2haft, s2fwb;
  uint8_t s2sh0; /* shareability of leaves when S2DS takes their SH field */
  uint8_t eats;  /* 0 none, 1 full, 2 split stage (none while CR0.ATSCHK is 0) */
  uint8_t mev, cont, ppar;
  uint32_t sum; /* of the words but for CONT, where somebody asks whether STEs are identical */
  uint8_t s1mpam, pmg; /* S1MPAM = 1: PARTID and PMG of the CD count */
  uint16_t partid;
  uint64_t vms_ptr;
  struct smmu_geometry s2_geometry;
};

/* Decode eight dwords. True: legal, *out filled (with abort set, only abort is meaningful). False:
 * C_BAD_STE. e2h is CR2.E2H. */
bool smmu_ste_decode(const uint64_t words[8], const struct smmu_features *f, bool e2h,
                     struct smmu_ste *out);

/* The rules of 5.2.2 for a valid STE that translates or bypasses. When stage 2 translates, *s2 is
 * the shape of its tables. */
bool smmu_ste_legal(const uint64_t words[8], const struct smmu_features *f,
                    struct smmu_geometry *s2);

/* Level 1 Stream Table descriptor for a StreamID: false if the StreamID is outside
 * (C_BAD_STREAMID), else the STE's address. */
bool smmu_l1std_lookup(uint64_t l1std, uint32_t sid, unsigned split, uint64_t *ste_addr);

#endif
