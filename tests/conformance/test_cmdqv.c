/* The CMDQV register map against a second transcription, asked of a device of the largest size: at
 * each address stands the register that the list says, and nothing stands between. */
#include <stdlib.h>
#include <string.h>

#include "arch/cmdqv.h"
#include "arch/fields.h"
#include "shim/gtest_c.h"
#include "smmu/smmu.h"
#include "util/bits.h"

enum { RO, RW };

static const struct {
  const char *name;
  uint32_t first, count, distance, bits, access;
} registers[] = {
#define VREGISTER(name, first, count, distance, bits, access) \
  { #name, first, count, distance, bits, access },
#include "cmdqv_registers.inc"
#undef VREGISTER
};

enum { REGISTERS = sizeof(registers) / sizeof(registers[0]) };

static const struct smmu_cmdqv_row *row_named(const char *name)
{
  for (unsigned i = 0; i < CMDQV_R_COUNT; i++) {
    if (strcmp(smmu_cmdqv_rows[i].name, name) == 0)
      return &smmu_cmdqv_rows[i];
  }
  return NULL;
}

static struct smmu *largest(void)
{
  struct smmu_config cfg;
  struct smmu *s;

  smmu_config_neutral(&cfg);
  smmu_config_set_tlb_profile(&cfg, "tiny");
  smmu_config_set_cmdqv(&cfg, 64, 128);
  s = aligned_alloc(64, align_up_log2(smmu_size(&cfg), 6));
  EXPECT_EQ(smmu_init(s, &cfg), SMMU_OK);
  return s;
}

struct seen {
  unsigned bad;
};

static void count_bad(void *ctx, const struct smmu_record *r)
{
  struct seen *seen = ctx;

  seen->bad += r->category == SMMU_TRACE_REG_BAD;
}

static bool answers(struct smmu *s, uint64_t offset, unsigned bytes)
{
  struct seen seen = { 0 };
  struct smmu_hooks hooks = { &seen, count_bad };

  smmu_cmdqv_read(s, offset, bytes, &hooks);
  return seen.bad == 0;
}

TEST_CASE(ConformanceCmdqv, EveryRegisterIsInTheListWithItsWidthAndAccess)
{
  ASSERT_EQ(REGISTERS, CMDQV_R_COUNT);
  for (unsigned i = 0; i < REGISTERS; i++) {
    const struct smmu_cmdqv_row *row = row_named(registers[i].name);

    if (row == NULL) {
      ADD_TEST_FAILURE("%s is in no table", registers[i].name);
      continue;
    }
    EXPECT_EQ(row->width, registers[i].bits);
    EXPECT_EQ(row->rw != 0, registers[i].access == RW);
    EXPECT_EQ(row->hook == CMDQV_HOOK_STORED, registers[i].access == RW);
  }
}

/* Which register the list has at an address of the first page or of the global pages. */
static int listed(uint32_t offset)
{
  for (unsigned i = 0; i < REGISTERS; i++) {
    uint32_t bytes = registers[i].bits / 8, inner = registers[i].distance;
    uint32_t block = registers[i].first >= 0x1040 && registers[i].first < 0x10000 ? 64 : 1;

    for (uint32_t b = 0; b < block; b++) {
      uint32_t from = registers[i].first + b * 0x100;

      if (offset >= from && (offset - from) / inner < registers[i].count &&
          (offset - from) % inner < bytes)
        return (int)i;
    }
  }
  return -1;
}

TEST_CASE(ConformanceCmdqv, RegistersAnswerAtTheirAddressesAndNothingElseDoes)
{
  struct smmu *s = largest();

  for (uint32_t offset = 0; offset < 0x30000; offset += 4) {
    int i = listed(offset);

    if (answers(s, offset, 4) != (i >= 0))
      ADD_TEST_FAILURE("0x%05x: %s", offset, i < 0 ? "nothing is listed" : registers[i].name);
  }
  free(s);
}

TEST_CASE(ConformanceCmdqv, BlockEndsBehindTheLastVintf)
{
  struct smmu_config cfg;

  smmu_config_neutral(&cfg);
  EXPECT_EQ(smmu_cmdqv_bytes(&cfg), 0u);
  smmu_config_set_cmdqv(&cfg, 1, 2);
  EXPECT_EQ(smmu_cmdqv_bytes(&cfg), 0x50000u);
  smmu_config_set_cmdqv(&cfg, 64, 128);
  EXPECT_EQ(smmu_cmdqv_bytes(&cfg), 0x830000u);
}

TEST_CASE(ConformanceCmdqv, AddressesOfBlocksAreThoseOfTheMap)
{
  EXPECT_EQ(cmdqv_vintf(63), 0x4f00u);
  EXPECT_EQ(cmdqv_vcmdq_page0(127), 0x13f80u);
  EXPECT_EQ(cmdqv_vcmdq_page1(2), 0x20100u);
  EXPECT_EQ(cmdqv_lvcmdq_page0(0, 1), 0x30080u);
  EXPECT_EQ(cmdqv_lvcmdq_page1(0, 1), 0x40080u);
  EXPECT_EQ(cmdqv_lvcmdq_page0(3, 5), 0x90280u);
}

TEST_CASE(ConformanceCmdqv, WritableAndResetBitsLieInFields)
{
  for (unsigned i = 0; i < CMDQV_R_COUNT; i++) {
    const struct smmu_cmdqv_row *row = &smmu_cmdqv_rows[i];
    struct smmu_layout layout;
    uint64_t stray;

    ASSERT_TRUE(smmu_layout_by_name(SMMU_LAYOUT_CMDQV, row->name, &layout));
    EXPECT_FALSE(smmu_layout_stray(&layout, &row->rw, &stray));
    EXPECT_FALSE(smmu_layout_stray(&layout, &row->reset, &stray));
    for (unsigned k = 0; k < layout.count && row->rw != 0; k++)
      EXPECT_EQ(smmu_field_get(&layout.fields[k], &row->rw), smmu_field_max(&layout.fields[k]));
  }
}

/* Reset values by hand: a device of one VINTF and two queues, as QEMU shows one to a guest. */
TEST_CASE(ConformanceCmdqv, ResetValuesAreThoseOfAGuest)
{
  struct smmu_config cfg;
  struct smmu *s;

  smmu_config_neutral(&cfg);
  smmu_config_set_cmdqv(&cfg, 1, 2);
  s = aligned_alloc(64, align_up_log2(smmu_size(&cfg), 6));
  EXPECT_EQ(smmu_init(s, &cfg), SMMU_OK);
  EXPECT_EQ(smmu_cmdqv_read(s, 0x0, 4, NULL), 0x20083u);
  EXPECT_EQ(smmu_cmdqv_read(s, 0x4, 4, NULL), 0x4011u);
  EXPECT_EQ(smmu_cmdqv_read(s, 0x8, 4, NULL), 1u);
  for (uint32_t offset = 0xc; offset < 0x50000; offset += 4)
    EXPECT_EQ(smmu_cmdqv_read(s, offset, 4, NULL), 0u);
  free(s);
}
