/* Configurations: presets, cache profiles, and the judge. IHI 0070 6.3.1-6.3.6 (ID registers).
 * A configuration that promises what the model does not do is refused: an ID register must not lie
 * to a driver. */
#include <stdio.h>
#include <string.h>

#include "arch/cmdqv.h"
#include "arch/features.h"
#include "arch/regs.h"
#include "smmu/config.h"
#include "smmu/ecmdq.h"
#include "smmu/err.h"
#include "util/bits.h"

static const struct smmu_cache_config cache_off = { 0, 1 };

void smmu_config_neutral(struct smmu_config *cfg)
{
  memset(cfg, 0, sizeof *cfg);
  smmu_config_set_ids(cfg, "neutral");
  cfg->gbpa_reset = 0x1000;
  cfg->txns = 64;
  cfg->tbus = 1;
  cfg->events = 64;
  cfg->atomic_bytes = 64;
  smmu_config_set_tlb_profile(cfg, "neutral");
}

void smmu_config_qemu(struct smmu_config *cfg)
{
  smmu_config_neutral(cfg);
  smmu_config_set_ids(cfg, "qemu");
}

int smmu_config_set_tlb_profile(struct smmu_config *cfg, const char *name)
{
  cfg->replace = SMMU_REPLACE_PICK;
  cfg->utlb = cfg->tlb = cfg->walk_cache = cfg->cfg_cache = cache_off;
  if (strcmp(name, "none") == 0)
    return SMMU_OK;
  if (strcmp(name, "qemu") == 0) {
    cfg->replace = SMMU_REPLACE_FLUSH;
    cfg->tlb = (struct smmu_cache_config){ 1, 256 };
    cfg->cfg_cache = (struct smmu_cache_config){ 64, 4 };
    return SMMU_OK;
  }
  if (strcmp(name, "neutral") == 0) {
    cfg->utlb = (struct smmu_cache_config){ 1, 32 };
    cfg->tlb = (struct smmu_cache_config){ 128, 4 };
    cfg->walk_cache = (struct smmu_cache_config){ 16, 4 };
    cfg->cfg_cache = (struct smmu_cache_config){ 16, 4 };
    return SMMU_OK;
  }
  if (strcmp(name, "tiny") == 0) {
    cfg->utlb = cfg->tlb = cfg->walk_cache = cfg->cfg_cache = (struct smmu_cache_config){ 1, 2 };
    return SMMU_OK;
  }
  return SMMU_ERR_BADARG;
}

/* A count that is no power of two becomes a size that the judge refuses. */
static uint8_t exact_log2(unsigned count)
{
  return is_power_of_two(count) ? (uint8_t)log2_ceil(count) : UINT8_MAX;
}

void smmu_config_set_cmdqv(struct smmu_config *cfg, unsigned vintfs, unsigned vcmdqs)
{
  cfg->cmdqv = (struct smmu_cmdqv_config){
    .present = 1,
    .vintfs_log2 = exact_log2(vintfs),
    .vcmdqs_log2 = exact_log2(vcmdqs),
    .sids_log2 = 4,
    .config_reset = (uint32_t)smmu_cmdqv_rows[R_CMDQV_CONFIG].reset,
  };
}

void smmu_config_set_ecmdq(struct smmu_config *cfg, unsigned pages, unsigned queues)
{
  uint64_t idr6 = PUT(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMP, 0, exact_log2(pages) & 0xf);

  idr6 = PUT(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMQ, idr6, exact_log2(queues) & 0xf);
  cfg->idr6 = pages ? (uint32_t)idr6 : 0;
  cfg->idr[1] = (uint32_t)PUT(IDR1, ECMDQ, cfg->idr[1], pages != 0);
}

unsigned smmu_ecmdq_count(const struct smmu_config *cfg)
{
  uint64_t log2 = GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMP, cfg->idr6) +
                  GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMQ, cfg->idr6);

  return GET(IDR1, ECMDQ, cfg->idr[1]) ? 1u << log2 : 0;
}

/* The VATOS page starts here, or nowhere: 0. IHI 0070 6.3.3. */
static uint64_t vatos_page(const struct smmu_config *cfg)
{
  return GET(IDR0, VATOS, cfg->idr[0]) ? 0x20000 + (GET(IDR2, BA_VATOS, cfg->idr[2]) << 16) : 0;
}

static uint64_t ecmdq_end(const struct smmu_config *cfg)
{
  uint64_t pages = 1ULL << GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMP, cfg->idr6);

  return GET(IDR1, ECMDQ, cfg->idr[1]) ? SMMU_ECMDQ_PAGES + pages * SMMU_ECMDQ_PAGE : 0;
}

uint64_t smmu_mmio_bytes(const struct smmu_config *cfg)
{
  uint64_t bytes = 0x20000, vatos = vatos_page(cfg), ecmdq = ecmdq_end(cfg);

  if (vatos && vatos + 0x10000 > bytes)
    bytes = vatos + 0x10000;
  return ecmdq > bytes ? ecmdq : bytes;
}

/* ---- the judge ---- */

static int refuse(char *why, size_t len, const char *field, unsigned long value, const char *legal)
{
  if (why && len)
    snprintf(why, len, "%s is 0x%lx, expected %s", field, value, legal);
  return SMMU_ERR_BADCFG;
}

static int check_cache(const char *name, const struct smmu_cache_config *c, char *why, size_t len)
{
  if (c->sets == 0)
    return SMMU_OK;
  if (!is_power_of_two(c->sets) || c->sets > 32768)
    return refuse(why, len, name, c->sets, "sets 0 or a power of two up to 32768");
  if (c->ways < 1 || c->ways > 256)
    return refuse(why, len, name, c->ways, "ways 1 to 256");
  return SMMU_OK;
}

/* Offsets in the block are 32 bits wide: all caches together stay far below that. */
static int check_entries(const struct smmu_config *cfg, char *why, size_t len)
{
  uint64_t entries = (uint64_t)cfg->utlb.sets * cfg->utlb.ways * cfg->tbus;

  entries += (uint64_t)cfg->tlb.sets * cfg->tlb.ways;
  entries += (uint64_t)cfg->walk_cache.sets * cfg->walk_cache.ways;
  entries += (uint64_t)cfg->cfg_cache.sets * cfg->cfg_cache.ways;
  if (entries > 1 << 24)
    return refuse(why, len, "utlb x tbus + tlb + walk_cache + cfg_cache", (unsigned long)entries,
                  "at most 0x1000000 entries in all");
  return SMMU_OK;
}

/* One row for each promise that is not kept: mask and the only value accepted. */
struct promise {
  uint8_t reg;
  uint32_t mask, value;
  const char *field, *legal;
};

#define IDR_BITS(n, field) \
  ((uint32_t)((2ULL << IDR##n##_##field##_HI) - (1ULL << IDR##n##_##field##_LO)))
#define MUST_BE_ZERO(n, field) \
  { \
    n, IDR_BITS(n, field), 0, "IDR" #n "." #field, "0 (not modelled)" \
  }

static const struct promise promises[] = {
  MUST_BE_ZERO(0, RME_IMPL),
  MUST_BE_ZERO(1, REL),
  MUST_BE_ZERO(1, QUEUES_PRESET),
  MUST_BE_ZERO(1, TABLES_PRESET),
  MUST_BE_ZERO(3, S1PI),
  MUST_BE_ZERO(3, S2PI),
  MUST_BE_ZERO(3, S2PO),
  MUST_BE_ZERO(3, MTEPERM),
  MUST_BE_ZERO(3, AIE),
  MUST_BE_ZERO(3, DPT),
  MUST_BE_ZERO(3, THE),
  MUST_BE_ZERO(5, D128),
  { 0, IDR_BITS(0, TTF), 2u << 2, "IDR0.TTF", "2 (VMSAv8-64 tables only)" },
};

static int check_promises(const struct smmu_config *cfg, char *why, size_t len)
{
  for (size_t i = 0; i < sizeof promises / sizeof promises[0]; i++) {
    const struct promise *p = &promises[i];

    if ((cfg->idr[p->reg] & p->mask) != p->value)
      return refuse(why, len, p->field, cfg->idr[p->reg] & p->mask, p->legal);
  }
  return SMMU_OK;
}

/* What is reserved without ATS, or without what else it rests on. IHI 0070 6.3.1, 6.3.4. */
static int check_ats(const struct smmu_config *cfg, char *why, size_t len)
{
  struct smmu_features f;

  smmu_features_decode(cfg, &f);
  if (f.ns1ats && !(f.ats && f.s1p && f.s2p))
    return refuse(why, len, "IDR0.NS1ATS", f.ns1ats, "0 unless ATS, S1P and S2P");
  if (f.atsrecerr && !f.ats)
    return refuse(why, len, "IDR0.ATSRECERR", f.atsrecerr, "0 unless ATS");
  if (f.pri && !f.ats)
    return refuse(why, len, "IDR0.PRI", f.pri, "0 unless ATS");
  if (f.pps && !(f.pri && f.ssidsize))
    return refuse(why, len, "IDR3.PPS", f.pps, "0 unless PRI and SSIDSIZE");
  if (f.pri && f.priqs > 19)
    return refuse(why, len, "IDR1.PRIQS", f.priqs, "0 to 19");
  if (f.pri && (cfg->page_requests < 1 || cfg->page_requests > 256))
    return refuse(why, len, "page_requests", cfg->page_requests, "1 to 256 with PRI");
  if (f.pasidtt && !(f.ats && f.ssidsize))
    return refuse(why, len, "IDR3.PASIDTT", f.pasidtt, "0 unless ATS and SSIDSIZE");
  return SMMU_OK;
}

/* IHI 0070 6.3.6, 6.3.11: what 52-bit addresses need. */
static int check_sizes(const struct smmu_config *cfg, char *why, size_t len)
{
  unsigned oas = (unsigned)GET(IDR5, OAS, cfg->idr[5]), vax = (unsigned)GET(IDR5, VAX, cfg->idr[5]);
  struct smmu_features f;
  bool wide; /* there are descriptors of 52 bits */

  smmu_features_decode(cfg, &f);
  wide = f.ds || (f.granules & SMMU_GRAN_64K);
  if (!f.granules)
    return refuse(why, len, "IDR5", cfg->idr[5], "at least one granule");
  if (oas > 6 || (oas == 6 && !wide))
    return refuse(why, len, "IDR5.OAS", oas, "at most 5, or 6 with GRAN64K or DS");
  if (vax > 1 || (vax == 1 && !wide))
    return refuse(why, len, "IDR5.VAX", vax, "0, or 1 with GRAN64K or DS");
  if (f.ds && !(f.granules & (SMMU_GRAN_4K | SMMU_GRAN_16K)))
    return refuse(why, len, "IDR5.DS", f.ds, "0 without GRAN4K and GRAN16K");
  if (f.ds && !vax)
    return refuse(why, len, "IDR5.DS", f.ds, "0 unless VAX is 1");
  if ((cfg->aidr & 0xff) == 0 && (oas == 6 || vax || f.ds))
    return refuse(why, len, "AIDR", cfg->aidr, "v3.1 or later for 52-bit addresses");
  return SMMU_OK;
}

static int check_ids(const struct smmu_config *cfg, char *why, size_t len)
{
  struct smmu_features f;

  smmu_features_decode(cfg, &f);
  if (!f.s1p && !f.s2p)
    return refuse(why, len, "IDR0", cfg->idr[0], "S1P or S2P");
  if (f.hyp && !(f.s1p && f.s2p))
    return refuse(why, len, "IDR0.HYP", f.hyp, "0 unless S1P and S2P");
  if (f.vatos && !(f.atos && f.s1p && f.s2p))
    return refuse(why, len, "IDR0.VATOS", f.vatos, "0 unless ATOS, S1P and S2P");
  if (f.sidsize > 32)
    return refuse(why, len, "IDR1.SIDSIZE", f.sidsize, "0 to 32");
  if (f.ssidsize > 20)
    return refuse(why, len, "IDR1.SSIDSIZE", f.ssidsize, "0 to 20");
  if (f.cmdqs > 19)
    return refuse(why, len, "IDR1.CMDQS", f.cmdqs, "0 to 19");
  if (f.eventqs > 19)
    return refuse(why, len, "IDR1.EVENTQS", f.eventqs, "0 to 19");
  if (f.st_level > 1)
    return refuse(why, len, "IDR0.ST_LEVEL", f.st_level, "0 or 1");
  if (f.ttendian == 1)
    return refuse(why, len, "IDR0.TTENDIAN", f.ttendian, "0, 2 or 3");
  if (f.sidsize >= 7 && !f.st_level)
    return refuse(why, len, "IDR0.ST_LEVEL", f.st_level, "1 with IDR1.SIDSIZE of 7 and more");
  if (f.ptwnnc && !f.s2p)
    return refuse(why, len, "IDR3.PTWNNC", f.ptwnnc, "0 without S2P");
  if (f.pbha && !f.had)
    return refuse(why, len, "IDR3.PBHA", f.pbha, "0 without HAD");
  return SMMU_OK;
}

/* IHI 0070 6.3.1 (STALL_MODEL), 6.3.6 (STALL_MAX). */
static int check_stalls(const struct smmu_config *cfg, char *why, size_t len)
{
  struct smmu_features f;

  smmu_features_decode(cfg, &f);
  if (f.stall_model == 3)
    return refuse(why, len, "IDR0.STALL_MODEL", 3, "0, 1 or 2");
  if (f.stall_model == 1 && f.stall_max)
    return refuse(why, len, "IDR5.STALL_MAX", f.stall_max, "0 where IDR0.STALL_MODEL is 1");
  if (f.stall_model != 1 && !f.stall_max)
    return refuse(why, len, "IDR5.STALL_MAX", 0, "1 or more unless IDR0.STALL_MODEL is 1");
  return SMMU_OK;
}

static int check_range(unsigned long value, unsigned long low, unsigned long high,
                       const char *field, const char *legal, char *why, size_t len)
{
  return value >= low && value <= high ? SMMU_OK : refuse(why, len, field, value, legal);
}

static int check_cmdqv(const struct smmu_cmdqv_config *c, char *why, size_t len)
{
  static const struct smmu_cmdqv_config none = { 0 };

  if (!c->present)
    return memcmp(c, &none, sizeof none) == 0
             ? SMMU_OK
             : refuse(why, len, "cmdqv.present", 0, "1, or nothing else of cmdqv set");
  if (c->present != 1)
    return refuse(why, len, "cmdqv.present", c->present, "0 or 1");
  if (c->vintfs_log2 > 6)
    return refuse(why, len, "cmdqv.vintfs_log2", c->vintfs_log2, "0 to 6");
  if (c->vcmdqs_log2 > 7 || c->vcmdqs_log2 < c->vintfs_log2)
    return refuse(why, len, "cmdqv.vcmdqs_log2", c->vcmdqs_log2, "vintfs_log2 to 7");
  if (c->sids_log2 > 4)
    return refuse(why, len, "cmdqv.sids_log2", c->sids_log2, "0 to 4");
  if (c->config_reset & ~smmu_cmdqv_rows[R_CMDQV_CONFIG].rw)
    return refuse(why, len, "cmdqv.config_reset", c->config_reset, "bits of 0x1fffff alone");
  return SMMU_OK;
}

static int check_cache_rules(const struct smmu_config *cfg, char *why, size_t len)
{
  int err = check_range(cfg->wider, 0, SMMU_WIDER_ALL, "wider", "an enum smmu_wider", why, len);

  if (err == SMMU_OK)
    err = check_range(cfg->pick_wider, 0, 1, "pick_wider", "0 or 1", why, len);
  if (err == SMMU_OK)
    err = check_range(cfg->conflict, 0, SMMU_CONFLICT_FAULT, "conflict", "an enum smmu_conflict",
                      why, len);
  if (err == SMMU_OK)
    err = check_range(cfg->contiguous, 0, 1, "contiguous", "0 or 1", why, len);
  if (err == SMMU_OK)
    err = check_range(cfg->cont, 0, 1, "cont", "0 or 1", why, len);
  if (err == SMMU_OK)
    err = check_range(cfg->prefetch, 0, 2, "prefetch", "0 to 2", why, len);
  return err;
}

static int check_ecmdq(const struct smmu_config *cfg, char *why, size_t len)
{
  uint64_t pages_log2 = GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMP, cfg->idr6);
  uint64_t queues_log2 = GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMQ, cfg->idr6);
  uint64_t fields = MASK(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMP) | MASK(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMQ);

  if (!GET(IDR1, ECMDQ, cfg->idr[1]))
    return cfg->idr6 ? refuse(why, len, "idr6", cfg->idr6, "0 without IDR1.ECMDQ") : SMMU_OK;
  if (!GET(IDR0, COHACC, cfg->idr[0]) || !GET(IDR0, MSI, cfg->idr[0]))
    return refuse(why, len, "IDR1.ECMDQ", 1, "0 unless IDR0.COHACC and IDR0.MSI");
  if (cfg->idr6 & ~fields)
    return refuse(why, len, "idr6", cfg->idr6, "no other bits than LOG2NUMP and LOG2NUMQ");
  if (vatos_page(cfg) >= SMMU_ECMDQ_PAGES && vatos_page(cfg) < ecmdq_end(cfg))
    return refuse(why, len, "IDR2.BA_VATOS", GET(IDR2, BA_VATOS, (uint64_t)cfg->idr[2]),
                  "a page that is no control page of ECMDQs");
  if (pages_log2 + queues_log2 > 8)
    return refuse(why, len, "idr6", cfg->idr6, "at most 256 queues in all");
  return SMMU_OK;
}

int smmu_config_check(const struct smmu_config *cfg, char *why, size_t why_len)
{
  int err = check_promises(cfg, why, why_len);

  if (err == SMMU_OK)
    err = check_ids(cfg, why, why_len);
  if (err == SMMU_OK)
    err = check_sizes(cfg, why, why_len);
  if (err == SMMU_OK)
    err = check_ats(cfg, why, why_len);
  if (err == SMMU_OK)
    err = check_stalls(cfg, why, why_len);
  if (err == SMMU_OK)
    err = check_range(cfg->txns, 1, 1024, "txns", "1 to 1024", why, why_len);
  if (err == SMMU_OK)
    err = check_range(cfg->tbus, 1, 64, "tbus", "1 to 64", why, why_len);
  if (err == SMMU_OK)
    err = check_range(cfg->events, 1, 1024, "events", "1 to 1024", why, why_len);
  if (err == SMMU_OK)
    err = check_range(cfg->replace, 0, SMMU_REPLACE_FLUSH, "replace", "an enum smmu_replace", why,
                      why_len);
  if (err == SMMU_OK &&
      (!is_power_of_two(cfg->atomic_bytes) || cfg->atomic_bytes < 8 || cfg->atomic_bytes > 64))
    err = refuse(why, why_len, "atomic_bytes", cfg->atomic_bytes, "8, 16, 32 or 64");
  if (err == SMMU_OK)
    err = check_cache_rules(cfg, why, why_len);
  if (err == SMMU_OK)
    err = check_cache("utlb", &cfg->utlb, why, why_len);
  if (err == SMMU_OK)
    err = check_cache("tlb", &cfg->tlb, why, why_len);
  if (err == SMMU_OK)
    err = check_cache("walk_cache", &cfg->walk_cache, why, why_len);
  if (err == SMMU_OK)
    err = check_cache("cfg_cache", &cfg->cfg_cache, why, why_len);
  if (err == SMMU_OK)
    err = check_entries(cfg, why, why_len);
  if (err == SMMU_OK)
    err = check_cmdqv(&cfg->cmdqv, why, why_len);
  if (err == SMMU_OK)
    err = check_ecmdq(cfg, why, why_len);
  return err;
}
