/* What the ID registers promise, decoded once.
 * IHI 0070: 6.3.1 (IDR0) to 6.3.6 (IDR5), 3.4 (address sizes). Only features this model has a use
 * for are listed. */
#ifndef SMMU_ARCH_FEATURES_H
#define SMMU_ARCH_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

#include "smmu/config.h"

#define SMMU_GRAN_4K  1u
#define SMMU_GRAN_16K 2u
#define SMMU_GRAN_64K 4u

struct smmu_features {
  uint8_t s1p, s2p; /* stages */
  uint8_t ttf;      /* bit 0 VMSAv8-32 LPAE, bit 1 VMSAv8-64 */
  uint8_t httu, hyp;
  uint8_t asid16, vmid16, vmw;
  uint8_t cd2l, st_level; /* two-level CD and Stream tables */
  uint8_t msi, sev;
  uint8_t stall_model, term_model, ttendian;
  uint8_t sidsize, ssidsize, cmdqs, eventqs;
  uint8_t attr_perms_ovr,
    attr_types_ovr; /* STE.PRIVCFG and INSTCFG; STE.MTCFG, MemAttr and SHCFG */
  uint8_t had, xnx, stt, ril;
  uint8_t btm, ats, ns1ats, pri, atos, vatos, ecmdq;
  uint8_t atsrecerr; /* CR2.REC_CFG_ATS counts */
  uint8_t priqs, pps, pasidtt;
  uint8_t mpam, fwb, bbml, e0pd, epan, ptwnnc, pbha;
  uint8_t ds, vax; /* 52-bit tables with small granules; bits of VA: 48 or 52 */
  uint16_t stall_max;
  uint16_t partid_max;
  uint8_t pmg_max;
  uint8_t granules; /* SMMU_GRAN_* */
  uint8_t oas, ias; /* address bits */
};

void smmu_features_decode(const struct smmu_config *cfg, struct smmu_features *f);
/* Address bits of an OAS, IPS or S2PS encoding (IDR5.OAS): 32..52; reserved values act as the
 * largest known. */
unsigned smmu_address_bits(unsigned encoding);

/* A PARTID or PMG above what the device has is UNKNOWN by the text; here it is 0. IHI 0070 5.2,
 * 5.4. */
static inline uint16_t smmu_partid_of(uint64_t partid, const struct smmu_features *f)
{
  return partid > f->partid_max ? 0 : (uint16_t)partid;
}

static inline uint8_t smmu_pmg_of(uint64_t pmg, const struct smmu_features *f)
{
  return pmg > f->pmg_max ? 0 : (uint8_t)pmg;
}

#endif
