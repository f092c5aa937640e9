/* Context descriptors: one a stream, for SubstreamID 0. IHI 0070 5.4. Left out: TTB1, hardware
 * update of the access flag, substreams. */
#include <string.h>

#include "driver/drv_state.h"

enum { CACHE_WBWA = 1, SH_ISH = 3, MAIR_NORMAL_WB = 0xff, MAIR_DEVICE_nGnRE = 0x04 };

void drv_cd_make(const struct drv_domain *domain, unsigned how, uint64_t words[8])
{
  const struct smmu_geometry *g = &domain->table.geometry;

  memset(words, 0, 8 * sizeof words[0]);
  FPUT(CD, T0SZ, words, 64u - g->ia_bits);
  FPUT(CD, TG0, words, drv_granule_code(g->granule_log2));
  FPUT(CD, IR0, words, CACHE_WBWA);
  FPUT(CD, OR0, words, CACHE_WBWA);
  FPUT(CD, SH0, words, SH_ISH);
  FPUT(CD, EPD1, words, 1);
  FPUT(CD, V, words, 1);
  FPUT(CD, IPS, words, drv_size_code(g->oa_bits));
  FPUT(CD, AA64, words, 1);
  FPUT(CD, S, words, domain->drv->features.stall_forced || (how & DRV_HOW_STALLS));
  FPUT(CD, R, words, 1);
  FPUT(CD, A, words, 1);
  FPUT(CD, ASET, words, !domain->shared);
  FPUT(CD, ASID, words, domain->asid);
  FPUT(CD, TTB0, words, domain->table.root >> (CD_TTB0_LO % 64));
  /* AttrIndx 0 and 1 of the leaves. */
  FPUT(CD, MAIR0, words, MAIR_NORMAL_WB | MAIR_DEVICE_nGnRE << 8);
}

void drv_cd_used(const uint64_t words[8], uint64_t mask[8])
{
  memset(mask, 0, 8 * sizeof mask[0]);
  FPUT(CD, V, mask, 1);
  if (!FGET(CD, V, words))
    return;
  memset(mask, 0xff, 8 * sizeof mask[0]);
  if (FGET(CD, EPD0, words)) {
    FPUT(CD, T0SZ, mask, 0);
    FPUT(CD, TG0, mask, 0);
    FPUT(CD, IR0, mask, 0);
    FPUT(CD, OR0, mask, 0);
    FPUT(CD, SH0, mask, 0);
    FPUT(CD, TTB0, mask, 0);
  }
}

int drv_cd_install(struct drv *drv, uint32_t sid, uint64_t cd, const uint64_t words[8])
{
  struct drv_entry entry = { cd, drv_cd_used, drv_cmd_cfgi_cd(sid) };

  return drv_entry_write(drv, &entry, words);
}
