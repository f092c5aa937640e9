/* Context Descriptor: meaning and legality. IHI 0070 5.4, 5.4.2; level 1 descriptors 5.3.
 * Fields hold what counts: 0 where the text has them IGNORED or RES0 for this device. Left out: AMAIR,
 * PBHA, everything of v3.4. UWXN has no effect on VMSAv8-64 tables. */
#ifndef SMMU_ARCH_CD_H
#define SMMU_ARCH_CD_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/desc.h"
#include "arch/features.h"
#include "arch/ste.h"

/* One of the two tables of a CD. */
struct smmu_cd_table {
  uint64_t ttb; /* aligned to the start table */
  struct smmu_geometry geometry;
  uint8_t epd, had, tbi;
  uint8_t e0pd;
  uint8_t sh; /* shareability of leaves when DS takes their SH field */
};

struct smmu_cd {
  struct smmu_cd_table table[2];
  uint64_t mair; /* byte n: attribute n */
  uint16_t asid;
  uint8_t affd, wxn, pan;
  uint8_t a, r, s; /* fault behaviour: abort, record, stall */
  uint8_t ha, hd, haft, epan;
  uint8_t pmg;
  uint16_t partid; /* under nesting a virtual one: index into VMS.PARTID_MAP */
  uint8_t aset;
};

/* True: legal, *out filled. False: C_BAD_CD. */
bool smmu_cd_decode(const uint64_t words[8], const struct smmu_features *f,
                    const struct smmu_ste *ste, struct smmu_cd *out);

/* Level 1 CD descriptor: address of the CD for a SubstreamID; false if invalid or out of range
 * (C_BAD_SUBSTREAMID). leaf_log2 is 6 (4 KB leaf) or 10 (64 KB leaf). */
bool smmu_l1cd_lookup(uint64_t l1cd, uint32_t ssid, unsigned leaf_log2, unsigned address_bits,
                      uint64_t *cd_addr);

#endif
