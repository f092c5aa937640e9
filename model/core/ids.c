/* ID registers of known devices, from ids.def. IHI 0070 6.3.1 to 6.3.8, 6.3.41, 6.3.45. */
#include <string.h>

#include "arch/regs.h"
#include "smmu/config.h"
#include "smmu/err.h"

enum ids {
#define IDS(id, name, what) IDS_##id,
#define ID_REG(id, reg, value, origin, source)
#define ID(id, reg, field, value, origin, source)
#include "core/ids.def"
#undef IDS
#undef ID_REG
#undef ID
  IDS_COUNT
};

static const struct {
  const char *name, *what;
} known[IDS_COUNT] = {
#define IDS(id, name, what) { (name), (what) },
#define ID_REG(id, reg, value, origin, source)
#define ID(id, reg, field, value, origin, source)
#include "core/ids.def"
#undef IDS
#undef ID_REG
#undef ID
};

/* A row, and what to do with it: replace bits [hi:lo] of a register. */
static const struct row {
  uint8_t id, reg, hi, lo;
  struct smmu_id_row shown;
} rows[] = {
#define IDS(id, name, what)
#define ID_REG(id, reg, value, origin, source) \
  { IDS_##id, R_##reg, 31, 0, { #reg, NULL, (value), SMMU_ID_##origin, (source) } },
#define ID(id, reg, field, value, origin, source) \
  { IDS_##id, \
    R_##reg, \
    reg##_##field##_HI, \
    reg##_##field##_LO, \
    { #reg, #field, (value), SMMU_ID_##origin, (source) } },
#include "core/ids.def"
#undef IDS
#undef ID_REG
#undef ID
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static uint32_t *place(struct smmu_config *cfg, unsigned reg)
{
  switch (reg) {
  case R_IIDR: return &cfg->iidr;
  case R_AIDR: return &cfg->aidr;
  case R_IDR6: return &cfg->idr6;
  case R_MPAMIDR: return &cfg->mpamidr;
  default: return &cfg->idr[reg - R_IDR0];
  }
}

int smmu_config_set_ids(struct smmu_config *cfg, const char *name)
{
  unsigned id = 0;

  while (id < IDS_COUNT && strcmp(known[id].name, name) != 0)
    id++;
  if (id == IDS_COUNT)
    return SMMU_ERR_BADARG;
  memset(cfg->idr, 0, sizeof cfg->idr);
  cfg->iidr = cfg->aidr = cfg->idr6 = cfg->mpamidr = 0;
  for (unsigned i = 0; i < ROWS; i++) {
    uint32_t *reg = place(cfg, rows[i].reg);

    if (rows[i].id == id)
      *reg = (uint32_t)bits_put(*reg, rows[i].hi, rows[i].lo, rows[i].shown.value);
  }
  if (GET(IDR0, PRI, (uint64_t)cfg->idr[0]) && cfg->page_requests == 0)
    cfg->page_requests = 64;
  return SMMU_OK;
}

const char *smmu_ids_name(unsigned i)
{
  return i < IDS_COUNT ? known[i].name : NULL;
}

const char *smmu_ids_what(unsigned i)
{
  return i < IDS_COUNT ? known[i].what : NULL;
}

const struct smmu_id_row *smmu_ids_row(unsigned i, unsigned row)
{
  for (unsigned k = 0; k < ROWS; k++) {
    if (rows[k].id == i && row-- == 0)
      return &rows[k].shown;
  }
  return NULL;
}

const char *smmu_id_origin_name(unsigned origin)
{
  static const char *const names[SMMU_ID_ORIGINS] = { "measured", "published", "assumed", "model" };

  return origin < SMMU_ID_ORIGINS ? names[origin] : "?";
}
