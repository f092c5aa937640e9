/* The register map of a counter group against a second transcription, and the places at which a
 * group answers. IHI 0070: 10.5.1, 10.5.2. */
#include <string.h>

#include "arch/fields.h"
#include "arch/pmcg.h"
#include "shim/gtest_c.h"
#include "smmu/pmcg.h"
#include "smmu/smmu.h"

enum { RO, RW, WO };

static const struct {
  const char *name;
  uint32_t first, count, distance, bits, access, guard;
} registers[] = {
#define PREGISTER(name, section, first, count, distance, bits, access, guard) \
  { #name, first, count, distance, bits, access, PMCG_GUARD_##guard },
#include "pmcg_registers.inc"
#undef PREGISTER
};

enum { REGISTERS = sizeof(registers) / sizeof(registers[0]) };

TEST_CASE(ConformancePmcg, EveryRegisterIsWhereTheArchitecturePutsIt)
{
  ASSERT_EQ(REGISTERS, PMCG_R_COUNT);
  for (unsigned i = 0; i < REGISTERS; i++) {
    int reg = smmu_pmcg_by_name(registers[i].name);
    const struct smmu_pmcg_row *row;
    unsigned index;

    ASSERT_GE(reg, 0);
    row = &smmu_pmcg_rows[reg];
    EXPECT_EQ(row->offset, registers[i].first);
    EXPECT_EQ(row->count, registers[i].count);
    EXPECT_EQ(row->width, registers[i].bits);
    EXPECT_EQ(row->guard, registers[i].guard);
    EXPECT_EQ(row->rw != 0, registers[i].access != RO);
    EXPECT_EQ(row->hook == PMCG_HOOK_TRIGGER, registers[i].access == WO);
    for (unsigned n = 0; n < registers[i].count; n++) {
      EXPECT_EQ(smmu_pmcg_by_offset(registers[i].first + n * registers[i].distance, true, &index),
                reg);
      EXPECT_EQ(index, n);
    }
  }
}

static bool is_moved(const char *name)
{
  static const char *const moved[] = { "PMCG_EVCNTR", "PMCG_SVR", "PMCG_OVSCLR", "PMCG_OVSSET",
                                       "PMCG_CAPR" };

  for (unsigned i = 0; i < 5; i++) {
    if (strcmp(name, moved[i]) == 0)
      return true;
  }
  return false;
}

TEST_CASE(ConformancePmcg, FiveRegistersMoveToPageOne)
{
  for (unsigned i = 0; i < REGISTERS; i++)
    EXPECT_EQ(smmu_pmcg_rows[smmu_pmcg_by_name(registers[i].name)].page == PMCG_PAGE_COUNTERS,
              is_moved(registers[i].name));
}

TEST_CASE(ConformancePmcg, WritableAndResetBitsLieInFields)
{
  for (unsigned i = 0; i < PMCG_R_COUNT; i++) {
    const struct smmu_pmcg_row *row = &smmu_pmcg_rows[i];
    struct smmu_layout layout;
    uint64_t stray;

    ASSERT_TRUE(smmu_layout_by_name(SMMU_LAYOUT_PMCG, row->name, &layout));
    EXPECT_FALSE(smmu_layout_stray(&layout, &row->rw, &stray));
    EXPECT_FALSE(smmu_layout_stray(&layout, &row->reset, &stray));
  }
}

/* ---- a group answers there and nowhere else ---- */

/* SCR, GMPAM and MPAMIDR are RES0: no Secure state, no MPAM. */
static bool is_absent(const char *name)
{
  return strcmp(name, "PMCG_SCR") == 0 || strcmp(name, "PMCG_GMPAM") == 0 ||
         strcmp(name, "PMCG_MPAMIDR") == 0;
}

/* Bytes of a register in a group of this shape: 32-bit counters lie closer, and a bitmap has a bit for
 * each counter there is. */
static uint64_t bytes_of(const struct smmu_pmcg_config *cfg, unsigned i)
{
  if (registers[i].count == 64)
    return cfg->counters *
           (registers[i].bits == 64 && cfg->counter_bits == 32 ? 4ull : registers[i].distance);
  if (strstr(registers[i].name, "SET"))
    return cfg->counters > 32 ? 8 : 4;
  return registers[i].bits / 8;
}

/* Is there a register at this place that keeps what is written? */
static bool keeps(const struct smmu_pmcg_config *cfg, uint64_t offset)
{
  for (unsigned i = 0; i < REGISTERS; i++) {
    uint64_t page = cfg->relocated && is_moved(registers[i].name) ? 0x10000 : 0;
    uint64_t from = page + registers[i].first;

    if (offset >= from && offset < from + bytes_of(cfg, i))
      return registers[i].access == RW && !is_absent(registers[i].name) &&
             strstr(registers[i].name, "CLR") == NULL;
  }
  return false;
}

static const char *const shapes[] = { "few-narrow", "many-wide", "many-narrow-moved",
                                      "few-wide-moved" };

PARAM_TEST_CASE(ConformancePmcg, PlacesThatKeepBitsAreThoseOfWritableRegisters, shapes, 4)
{
  static struct smmu_pmcg fresh, group;
  struct smmu_config device;
  struct smmu_pmcg_config cfg;

  smmu_config_neutral(&device);
  smmu_pmcg_config_neutral(&cfg, &device, SMMU_PMCG_WHOLE);
  cfg.counters = param == 0 || param == 3 ? 5 : 64;
  cfg.counter_bits = param % 2 ? 64 : 32;
  cfg.relocated = param >= 2;
  cfg.sid_bits = 32;
  cfg.msi = 1;
  ASSERT_EQ(smmu_pmcg_init(&fresh, &cfg), SMMU_OK);
  for (uint64_t offset = 0; offset < 0x20000; offset += 4) {
    bool kept;

    group = fresh;
    smmu_pmcg_write(&group, offset, 0x5, 4, 0);
    kept = smmu_pmcg_read(&group, offset, 4, 0) != smmu_pmcg_read(&fresh, offset, 4, 0);
    if (kept != keeps(&cfg, offset))
      ADD_TEST_FAILURE("0x%05x keeps %s", (unsigned)offset, kept ? "bits" : "nothing");
  }
}
