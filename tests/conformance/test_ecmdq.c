/* The registers of enhanced command queues against a second transcription, asked of devices of several
 * shapes: each stands where the list puts it, and nothing stands between. IHI 0070 6.2.5. */
#include <stdlib.h>
#include <string.h>

#include "arch/ecmdq.h"
#include "arch/fields.h"
#include "shim/gtest_c.h"
#include "smmu/smmu.h"
#include "util/bits.h"

enum { RO, RW };

static const struct {
  const char *name;
  uint32_t offset, bits, access, guard;
} registers[] = {
#define QREGISTER(name, section, offset, bits, access, guard) \
  { #name, offset, bits, access, ECMDQ_GUARD_##guard },
#include "ecmdq_registers.inc"
#undef QREGISTER
};

enum { REGISTERS = sizeof(registers) / sizeof(registers[0]) };

static bool is_of_a_page(unsigned i)
{
  return registers[i].offset >= 0x4000;
}

TEST_CASE(ConformanceEcmdq, EveryRegisterIsInTheListWithItsWidthAccessAndGuard)
{
  ASSERT_EQ(REGISTERS, ECMDQ_R_COUNT);
  for (unsigned i = 0; i < REGISTERS; i++) {
    const struct smmu_ecmdq_row *row = &smmu_ecmdq_rows[i];
    struct smmu_layout layout;
    uint64_t stray;

    EXPECT_STREQ(row->name, registers[i].name);
    EXPECT_EQ(row->width, registers[i].bits);
    EXPECT_EQ(row->rw != 0, registers[i].access == RW);
    EXPECT_EQ(row->guard, registers[i].guard);
    ASSERT_TRUE(smmu_layout_by_name(SMMU_LAYOUT_ECMDQ, row->name, &layout));
    EXPECT_FALSE(smmu_layout_stray(&layout, &row->rw, &stray));
    EXPECT_FALSE(smmu_layout_stray(&layout, &row->reset, &stray));
  }
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

  smmu_mmio_read(s, offset, bytes, &hooks);
  return seen.bad == 0;
}

/* Widths of the register at an offset of a group, 0: none. */
static unsigned bits_at(bool page, uint32_t at)
{
  for (unsigned i = 0; i < REGISTERS; i++) {
    uint32_t first = registers[i].offset & 0xfff;

    if (is_of_a_page(i) == page && at >= first && at < first + registers[i].bits / 8)
      return registers[i].bits;
  }
  return 0;
}

static void check_group(struct smmu *s, bool page, uint64_t base, uint32_t distance)
{
  for (uint32_t at = 0; at < distance && at < 64; at += 4) {
    if (answers(s, base + at, 4) != (bits_at(page, at) != 0))
      ADD_TEST_FAILURE("four bytes at 0x%llx", (unsigned long long)(base + at));
    if (at % 8 == 0 && answers(s, base + at, 8) != (bits_at(page, at) == 64))
      ADD_TEST_FAILURE("eight bytes at 0x%llx", (unsigned long long)(base + at));
  }
}

static struct smmu *device(unsigned pages, unsigned queues)
{
  struct smmu_config cfg;
  struct smmu *s;

  smmu_config_neutral(&cfg);
  smmu_config_set_tlb_profile(&cfg, "tiny");
  smmu_config_set_ecmdq(&cfg, pages, queues);
  s = aligned_alloc(64, align_up_log2(smmu_size(&cfg), 6));
  EXPECT_EQ(smmu_init(s, &cfg), SMMU_OK);
  return s;
}

/* Software finds a page by its BASE, and the queues of a page by their even distance. */
static void check_shape(unsigned pages, unsigned queues)
{
  struct smmu *s = device(pages, queues);
  uint64_t next = 0;

  for (unsigned p = 0; p < pages; p++) {
    uint64_t base = smmu_mmio_read(s, 0x4000 + 32 * p, 8, NULL);
    uint64_t page = base & 0x00FFFFFFFFFF0000;

    EXPECT_EQ(base & 0xFFFF, 3); /* 64 KB, in registers */
    EXPECT_EQ(smmu_mmio_read(s, 0x4008 + 32 * p, 4, NULL), 1);
    EXPECT_EQ(smmu_mmio_read(s, 0x400C + 32 * p, 4, NULL), 1);
    if (p)
      EXPECT_EQ(page, next);
    next = page + 0x10000;
    check_group(s, true, 0x4000 + 32 * p, 32);
    for (unsigned q = 0; q < queues; q++)
      check_group(s, false, page + 0x10000 / queues * q, 0x10000 / queues);
  }
  EXPECT_FALSE(answers(s, 0x4000 + 32 * pages, 8));
  EXPECT_FALSE(answers(s, next, 8));
  free(s);
}

TEST_CASE(ConformanceEcmdq, RegistersAreWhereTheArchitecturePutsThem)
{
  check_shape(1, 1);
  check_shape(1, 256);
  check_shape(4, 2);
  check_shape(256, 1);
}

TEST_CASE(ConformanceEcmdq, WithoutTheFeatureThereIsNothing)
{
  struct smmu *s = device(0, 0);

  EXPECT_EQ(smmu_mmio_read(s, 0x4, 4, NULL) >> 31, 0);
  EXPECT_FALSE(answers(s, 0x190, 4));
  EXPECT_FALSE(answers(s, 0x4000, 8));
  EXPECT_FALSE(answers(s, 0x4008, 4));
  EXPECT_FALSE(answers(s, SMMU_ECMDQ_PAGES, 8));
  free(s);
}
