/* Every kind of entry of cache_rules.inc, as software brings it about: a stream, tables, one
 * translation. Which slots it went to is read from the trace. IHI 0070 3.17, 4.3, 16.2. */
#include "cache_entries.h"

#include <string.h>

#define VA      0x40201000ULL
#define HIGH_VA 0xffffffffc0201000ULL
#define IPA     0x60201000ULL
#define PA      0xc0201000ULL
#define BLOCK   (~0x1fffffULL)

enum { STREAM = 2, VMID = 5, TABLES_END = RIG_DATA };

/* `phase` of cache records: kinds of entries. */
enum { HELD_PAGE = 1, HELD_IPA_TO_PA, HELD_S1_TABLE, HELD_S2_TABLE, HELD_IPA_STEP, HELD_CONFIG };
enum { GROUP = 1, EL2 = 2, E2H = 4, ASET = 8, SUBSTREAM = 16, CONT = 32 };

#define HINT (1ULL << 52)

/* 0 is a default: the neutral stream, a page, any level, any address. */
static const struct recipe {
  struct rig_stream spec;
  unsigned flags, flags2; /* of the stage 1 (or only) mapping, of stage 2 below it */
  uint8_t held, needs;
  int8_t level;
  uint64_t at; /* where the entry begins */
} recipes[ENTRIES] = {
  [ENTRY_S1] = { .held = HELD_PAGE },
  [ENTRY_S1_GLOBAL] = { .held = HELD_PAGE, .flags = RIG_GLOBAL },
  [ENTRY_S1_ASET] = { .held = HELD_PAGE, .needs = ASET },
  [ENTRY_S1_ASET_GLOBAL] = { .held = HELD_PAGE, .flags = RIG_GLOBAL, .needs = ASET },
  [ENTRY_S1_BLOCK] = { .held = HELD_PAGE, .flags = RIG_L2 },
  [ENTRY_S1_GROUP] = { .held = HELD_PAGE, .needs = GROUP },
  [ENTRY_S1_16K] = { .held = HELD_PAGE, .spec = { .granule1 = 14 } },
  [ENTRY_S1_16K_BLOCK] = { .held = HELD_PAGE, .spec = { .granule1 = 14 }, .flags = RIG_L2 },
  [ENTRY_S1_64K] = { .held = HELD_PAGE, .spec = { .granule1 = 16 } },
  [ENTRY_S1_HIGH] = { .held = HELD_PAGE, .spec = { .two_ranges = 1 } },
  [ENTRY_NESTED] = { .held = HELD_PAGE, .spec = { .config = 7 } },
  [ENTRY_NESTED_GLOBAL] = { .held = HELD_PAGE, .spec = { .config = 7 }, .flags = RIG_GLOBAL },
  [ENTRY_NESTED_WIDE] = { .held = HELD_PAGE, .spec = { .config = 7 }, .flags2 = RIG_L2 },
  [ENTRY_NESTED_GROUP] = { .held = HELD_PAGE,
                           .spec = { .config = 7 },
                           .flags2 = RIG_L2,
                           .needs = GROUP },
  [ENTRY_NESTED_PART] = { .held = HELD_PAGE, .spec = { .config = 7 }, .needs = GROUP },
  [ENTRY_NESTED_BROKEN] = { .held = HELD_PAGE, .spec = { .config = 7 }, .flags = RIG_L2 },
  [ENTRY_S2] = { .held = HELD_IPA_TO_PA, .spec = { .config = 6 } },
  [ENTRY_S2_BLOCK] = { .held = HELD_IPA_TO_PA, .spec = { .config = 6 }, .flags = RIG_L2 },
  [ENTRY_S2_GROUP] = { .held = HELD_IPA_TO_PA, .spec = { .config = 6 }, .needs = GROUP },
  [ENTRY_S2_64K] = { .held = HELD_IPA_TO_PA, .spec = { .config = 6, .granule2 = 16 } },
  [ENTRY_EL2] = { .held = HELD_PAGE, .spec = { .strw = 2 }, .needs = EL2 },
  [ENTRY_E2H_PAGE] = { .held = HELD_PAGE, .spec = { .strw = 2 }, .needs = E2H },
  [ENTRY_E2H_GLOBAL] = { .held = HELD_PAGE,
                         .spec = { .strw = 2 },
                         .flags = RIG_GLOBAL,
                         .needs = E2H },
  [ENTRY_T1_LEVEL1] = { .held = HELD_S1_TABLE, .level = 1 },
  [ENTRY_T1_LEVEL2] = { .held = HELD_S1_TABLE, .level = 2 },
  [ENTRY_T1_NESTED] = { .held = HELD_S1_TABLE, .spec = { .config = 7 }, .level = 2 },
  [ENTRY_T1_EL2] = { .held = HELD_S1_TABLE, .spec = { .strw = 2 }, .needs = EL2, .level = 2 },
  [ENTRY_T1_E2H] = { .held = HELD_S1_TABLE, .spec = { .strw = 2 }, .needs = E2H, .level = 2 },
  [ENTRY_T2_LEVEL1] = { .held = HELD_S2_TABLE,
                        .spec = { .config = 7 },
                        .level = 1,
                        .at = IPA & -(1ULL << 30) },
  [ENTRY_T2_LEVEL2] = { .held = HELD_S2_TABLE, .spec = { .config = 7 }, .level = 2 },
  [ENTRY_T2_ALONE] = { .held = HELD_S2_TABLE, .spec = { .config = 6 }, .level = 2 },
  [ENTRY_IPA_PAGE] = { .held = HELD_IPA_STEP, .spec = { .config = 7 }, .at = IPA },
  [ENTRY_IPA_BLOCK] = { .held = HELD_IPA_STEP,
                        .spec = { .config = 7 },
                        .flags2 = RIG_L2,
                        .at = IPA & BLOCK },
  [ENTRY_IPA_OF_TABLE] = { .held = HELD_IPA_STEP, .spec = { .config = 7 }, .at = TABLES_END },
  [ENTRY_CONFIG_S1] = { .held = HELD_CONFIG },
  [ENTRY_CONFIG_NESTED] = { .held = HELD_CONFIG, .spec = { .config = 7 } },
  [ENTRY_CONFIG_SSID3] = { .held = HELD_CONFIG,
                           .spec = { .s1cdmax = 2, .s1dss = 1 },
                           .needs = SUBSTREAM },
  [ENTRY_CONFIG_DEFAULT] = { .held = HELD_CONFIG, .spec = { .s1cdmax = 2, .s1dss = 2 } },
  [ENTRY_CONFIG_SKIPPED] = { .held = HELD_CONFIG, .spec = { .s1cdmax = 2, .s1dss = 1 } },
  [ENTRY_CONFIG_CONT] = { .held = HELD_CONFIG, .needs = CONT },
  [ENTRY_CONFIG_CONT_S2] = { .held = HELD_CONFIG, .spec = { .config = 6 }, .needs = CONT },
  [ENTRY_CONFIG_S2] = { .held = HELD_CONFIG, .spec = { .config = 6 } },
  [ENTRY_CONFIG_BYPASS] = { .held = HELD_CONFIG, .spec = { .config = 4 } },
  [ENTRY_CONFIG_ABORT] = { .held = HELD_CONFIG, .spec = { .config = RIG_STE_ABORT } },
};

static const char *const names[ENTRIES] = {
#define ENTRY(name, kind, section, text) [ENTRY_##name] = #name,
#define SET(name, members)
#define RULE(device, command, section, must, why)
#include "cache_rules.inc"
#undef ENTRY
#undef SET
#undef RULE
};

const char *cache_entry_name(unsigned entry)
{
  return names[entry];
}

bool cache_entry_is_config(unsigned entry)
{
  return recipes[entry].held == HELD_CONFIG;
}

bool cache_entry_fits(unsigned entry, enum cache_device device)
{
  const struct recipe *r = &recipes[entry];

  return device != DEVICE_STAGE1_ONLY ||
         (r->spec.config != 6 && r->spec.config != 7 && !(r->needs & (EL2 | E2H)));
}

/* ---- devices ---- */

void cache_device_config(enum cache_device device, struct smmu_config *config)
{
  smmu_config_neutral(config);
  config->contiguous = config->cont = 1;
  if (device == DEVICE_SMALL)
    config->idr[0] &= ~(1u << 12 | 1u << 18);
  if (device == DEVICE_STAGE1_ONLY)
    config->idr[0] &= ~(1u << 0 | 1u << 9);
  if (device == DEVICE_MPAM) {
    config->idr[3] |= 1u << 7;
    config->mpamidr = 7;
  }
}

static void set_e2h(struct rig *rig, bool on)
{
  rig_set_cr0(rig, 0xc);
  rig_set_reg(rig, OFF_CR2, on ? 3 : 2);
  rig_set_cr0(rig, 0xd);
}

void cache_set_device(struct rig *rig, enum cache_device device)
{
  static const uint8_t vmw[] = { [DEVICE_VMW1] = 1, [DEVICE_VMW2] = 2, [DEVICE_VMW4] = 4 };

  set_e2h(rig, device == DEVICE_E2H);
  if (device <= DEVICE_VMW4 && vmw[device])
    rig_set_cr0(rig, 0xd | (uint64_t)vmw[device] << 6);
}

/* ---- making one ---- */

static uint64_t input_of(const struct recipe *r)
{
  return r->spec.config == 6 ? IPA : r->spec.two_ranges ? HIGH_VA : VA;
}

static void map(struct rig *rig, const struct recipe *r)
{
  unsigned granule_log2 = r->spec.config == 6 ? r->spec.granule2 : r->spec.granule1;
  uint64_t in = input_of(r), page = granule_log2 ? ~0ULL << granule_log2 : ~0xfffULL;
  uint64_t block = granule_log2 == 14 ? ~0ULL << 25 : BLOCK;
  uint64_t mask = r->flags & RIG_L2 ? block : page;
  uint64_t leaf =
    rig_map(rig, STREAM, in & mask, (r->spec.config == 7 ? IPA : PA) & mask, RIG_RW | r->flags);

  if (r->needs & GROUP)
    engine_memory_store64(rig->memory, leaf, engine_memory_load64(rig->memory, leaf) | HINT);
  if (r->spec.config == 7 && r->flags2 & RIG_L2)
    rig_map2(rig, STREAM, IPA & BLOCK, PA & BLOCK, RIG_RW | RIG_L2);
  else if (r->spec.config == 7)
    rig_map2(rig, STREAM, IPA, PA, RIG_RW);
}

static void use(struct rig *rig, const struct recipe *r)
{
  if (r->needs & SUBSTREAM)
    rig_read_ssid(rig, STREAM, 3, input_of(r));
  else
    rig_read(rig, STREAM, input_of(r));
}

static bool is_it(const struct recipe *r, const struct smmu_record *f)
{
  if (f->category != SMMU_TRACE_FILL)
    return false;
  if (r->held == HELD_CONFIG)
    return f->unit == SMMU_CACHE_CFG;
  if (f->unit == SMMU_CACHE_CFG || f->phase != r->held || (r->level && f->level != r->level))
    return false;
  if (r->at == TABLES_END)
    return f->addr_in < TABLES_END;
  return !r->at || f->addr_in == r->at;
}

void cache_make(struct rig *rig, unsigned entry, struct cache_held *held)
{
  const struct recipe *r = &recipes[entry];
  struct rig_stream spec = r->spec;

  spec.vmid = VMID;
  set_e2h(rig, r->needs & E2H);
  rig_stream(rig, STREAM, &spec);
  if (r->needs & ASET)
    CD_SET(rig, STREAM, 0, ASET, 1);
  if (r->needs & CONT)
    STE_SET(rig, STREAM, CONT, 2);
  if (r->needs & SUBSTREAM)
    rig_set_cd(rig, STREAM, 3, RIG_ASID, &rig_space(rig, STREAM)->s1);
  if (r->spec.config != 4 && r->spec.config != RIG_STE_ABORT)
    map(rig, r);
  rig_watch(rig);
  use(rig, r);
  for (unsigned i = 0; i < rig->n_records && held->n < 8; i++) {
    const struct smmu_record *f = &rig->record[i];

    if (!is_it(r, f))
      continue;
    held->place[held->n].slot = f->slot;
    held->place[held->n].unit = f->unit;
    held->place[held->n++].tbu = f->unit == SMMU_CACHE_UTLB ? f->sid : 0;
  }
}

/* ---- what became of it ---- */

static bool names_place(const struct smmu_record *r, const struct cache_held *held, unsigned i)
{
  return r->unit == held->place[i].unit && r->slot == held->place[i].slot &&
         (r->unit != SMMU_CACHE_UTLB || r->sid == held->place[i].tbu);
}

unsigned cache_dropped(const struct rig *rig, const struct cache_held *held)
{
  unsigned n = 0;

  for (unsigned i = 0; i < held->n; i++) {
    for (unsigned k = 0; k < rig->n_records; k++)
      n += rig->record[k].category == SMMU_TRACE_DROP && names_place(&rig->record[k], held, i);
  }
  return n;
}

bool cache_answers(struct rig *rig, unsigned entry, const struct cache_held *held)
{
  bool filled[8] = { false };

  rig_watch(rig);
  use(rig, &recipes[entry]);
  for (unsigned k = 0; k < rig->n_records; k++) {
    const struct smmu_record *r = &rig->record[k];

    for (unsigned i = 0; i < held->n; i++) {
      if (!names_place(r, held, i))
        continue;
      if (r->category == SMMU_TRACE_HIT && !filled[i])
        return true;
      filled[i] |= r->category == SMMU_TRACE_FILL;
    }
  }
  return false;
}
