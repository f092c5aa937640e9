/* ID registers to features. IHI 0070: 6.3.1-6.3.6, 3.4. */
#include "arch/features.h"

#include <string.h>

#include "arch/regs.h"

unsigned smmu_address_bits(unsigned encoding)
{
  static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52, 52 };

  return bits[encoding & 7];
}

void smmu_features_decode(const struct smmu_config *cfg, struct smmu_features *f)
{
  uint32_t idr0 = cfg->idr[0], idr1 = cfg->idr[1], idr3 = cfg->idr[3], idr5 = cfg->idr[5];

  memset(f, 0, sizeof *f);
  f->s1p = (uint8_t)GET(IDR0, S1P, idr0);
  f->s2p = (uint8_t)GET(IDR0, S2P, idr0);
  f->ttf = (uint8_t)GET(IDR0, TTF, idr0);
  f->httu = (uint8_t)GET(IDR0, HTTU, idr0);
  f->hyp = (uint8_t)GET(IDR0, HYP, idr0);
  f->asid16 = (uint8_t)GET(IDR0, ASID16, idr0);
  f->vmid16 = (uint8_t)GET(IDR0, VMID16, idr0);
  f->vmw = (uint8_t)GET(IDR0, VMW, idr0);
  f->cd2l = (uint8_t)GET(IDR0, CD2L, idr0);
  f->st_level = (uint8_t)GET(IDR0, ST_LEVEL, idr0);
  f->msi = (uint8_t)GET(IDR0, MSI, idr0);
  f->sev = (uint8_t)GET(IDR0, SEV, idr0);
  f->stall_model = (uint8_t)GET(IDR0, STALL_MODEL, idr0);
  f->term_model = (uint8_t)GET(IDR0, TERM_MODEL, idr0);
  f->ttendian = (uint8_t)GET(IDR0, TTENDIAN, idr0);
  f->sidsize = (uint8_t)GET(IDR1, SIDSIZE, idr1);
  f->ssidsize = (uint8_t)GET(IDR1, SSIDSIZE, idr1);
  f->cmdqs = (uint8_t)GET(IDR1, CMDQS, idr1);
  f->eventqs = (uint8_t)GET(IDR1, EVENTQS, idr1);
  f->attr_perms_ovr = (uint8_t)GET(IDR1, ATTR_PERMS_OVR, idr1);
  f->attr_types_ovr = (uint8_t)GET(IDR1, ATTR_TYPES_OVR, idr1);
  f->had = (uint8_t)GET(IDR3, HAD, idr3);
  f->xnx = (uint8_t)GET(IDR3, XNX, idr3);
  f->stt = (uint8_t)GET(IDR3, STT, idr3);
  f->ril = (uint8_t)GET(IDR3, RIL, idr3);
  f->btm = (uint8_t)GET(IDR0, BTM, idr0);
  f->ats = (uint8_t)GET(IDR0, ATS, idr0);
  f->ns1ats = (uint8_t)GET(IDR0, NS1ATS, idr0);
  f->pri = (uint8_t)GET(IDR0, PRI, idr0);
  f->atos = (uint8_t)GET(IDR0, ATOS, idr0);
  f->vatos = (uint8_t)GET(IDR0, VATOS, idr0);
  f->atsrecerr = (uint8_t)GET(IDR0, ATSRECERR, idr0);
  f->ecmdq = (uint8_t)GET(IDR1, ECMDQ, idr1);
  f->priqs = (uint8_t)GET(IDR1, PRIQS, idr1);
  f->pps = (uint8_t)GET(IDR3, PPS, idr3);
  f->pasidtt = (uint8_t)GET(IDR3, PASIDTT, idr3);
  f->mpam = (uint8_t)GET(IDR3, MPAM, idr3);
  f->fwb = (uint8_t)GET(IDR3, FWB, idr3);
  f->bbml = (uint8_t)GET(IDR3, BBML, idr3);
  f->e0pd = (uint8_t)GET(IDR3, E0PD, idr3);
  f->epan = (uint8_t)GET(IDR3, EPAN, idr3);
  f->ptwnnc = (uint8_t)GET(IDR3, PTWNNC, idr3);
  f->pbha = (uint8_t)GET(IDR3, PBHA, idr3);
  f->ds = (uint8_t)GET(IDR5, DS, idr5);
  f->vax = GET(IDR5, VAX, idr5) ? 52 : 48;
  f->stall_max = (uint16_t)GET(IDR5, STALL_MAX, idr5);
  f->partid_max = (uint16_t)GET(MPAMIDR, PARTID_MAX, cfg->mpamidr);
  f->pmg_max = (uint8_t)GET(MPAMIDR, PMG_MAX, cfg->mpamidr);
  f->granules = (uint8_t)((GET(IDR5, GRAN4K, idr5) ? SMMU_GRAN_4K : 0) |
                          (GET(IDR5, GRAN16K, idr5) ? SMMU_GRAN_16K : 0) |
                          (GET(IDR5, GRAN64K, idr5) ? SMMU_GRAN_64K : 0));
  f->oas = (uint8_t)smmu_address_bits((unsigned)GET(IDR5, OAS, idr5));
  f->ias = (f->ttf & 2) ? f->oas : 0;
  if ((f->ttf & 1) && f->ias < 40)
    f->ias = 40;
}
