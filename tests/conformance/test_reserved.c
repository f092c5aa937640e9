/* Reserved bits against a second transcription: a bit is in a field or in the list, never in both
 * and never in neither; and so with opcodes and event numbers. IHI 0070: chapters 5 and 8, 4.1.1,
 * 6.3, 7.3. */
#include <string.h>

#include "arch/cmd.h"
#include "arch/event.h"
#include "arch/fields.h"
#include "arch/regs.h"
#include "shim/gtest_c.h"

static const struct {
  const char *layout, *section;
  unsigned hi, lo;
} reserved[] = {
#define RES0(layout, hi, lo, section) { #layout, section, hi, lo },
#include "reserved.inc"
#undef RES0
};

enum { NUMBERS = 256 };

static const struct {
  unsigned first, last;
  bool event;
  const char *what;
} nobodys[] = {
#define NO_OPCODE(first, last, what) { first, last, false, what },
#define NO_EVENT(first, last, what)  { first, last, true, what },
#include "reserved_numbers.inc"
#undef NO_OPCODE
#undef NO_EVENT
};

static const struct {
  unsigned number;
  bool event;
} somebodys[] = {
#define OPCODE(name, number)       { number, false },
#define EVENT_NUMBER(name, number) { number, true },
#include "numbers.inc"
#undef OPCODE
#undef EVENT_NUMBER
};

enum { RESERVED = sizeof(reserved) / sizeof(reserved[0]) };

/* The reserved bits of a layout; how many rows name them. */
static unsigned reserved_bits(const char *layout, uint64_t words[SMMU_LAYOUT_WORDS_MAX])
{
  unsigned rows = 0;

  memset(words, 0, SMMU_LAYOUT_WORDS_MAX * sizeof(words[0]));
  for (unsigned i = 0; i < RESERVED; i++) {
    if (strcmp(reserved[i].layout, layout) != 0)
      continue;
    rows++;
    for (unsigned bit = reserved[i].lo; bit <= reserved[i].hi; bit++)
      words[bit / 64] |= 1ull << bit % 64;
  }
  return rows;
}

static bool is_listed(const struct smmu_layout *layout, unsigned rows)
{
  switch (layout->kind) {
  case SMMU_LAYOUT_REG:
  case SMMU_LAYOUT_PMCG:
  case SMMU_LAYOUT_ECMDQ:
  case SMMU_LAYOUT_STE:
  case SMMU_LAYOUT_CD:
  case SMMU_LAYOUT_VMS:
  case SMMU_LAYOUT_PRI: return true;
  default: return rows != 0;
  }
}

/* Widths of registers that are not in the main pages. */
static const struct {
  const char *name;
  unsigned bits;
} others[] = {
#define PREGISTER(name, section, first, count, distance, bits, access, guard) { #name, bits },
#include "pmcg_registers.inc"
#undef PREGISTER
#define QREGISTER(name, section, offset, bits, access, guard) { #name, bits },
#include "ecmdq_registers.inc"
#undef QREGISTER
};

/* Bits of the structure: the upper half of the word of a 32-bit register is none. */
static uint64_t bits_of_word(const struct smmu_layout *layout)
{
  int reg = layout->kind == SMMU_LAYOUT_REG ? smmu_reg_by_name(layout->name) : -1;
  unsigned width = reg >= 0 ? smmu_reg_rows[reg].width : 64;

  for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    if (strcmp(others[i].name, layout->name) == 0)
      width = others[i].bits;
  }
  return width == 32 ? UINT32_MAX : UINT64_MAX;
}

TEST_CASE(ConformanceReserved, EveryBitIsInAFieldOrReserved)
{
  for (unsigned i = 0; i < smmu_layout_total(); i++) {
    struct smmu_layout layout = smmu_layout_at(i);
    uint64_t listed[SMMU_LAYOUT_WORDS_MAX], ones[SMMU_LAYOUT_WORDS_MAX];
    uint64_t outside[SMMU_LAYOUT_WORDS_MAX];
    unsigned rows = reserved_bits(layout.name, listed);

    if (!is_listed(&layout, rows))
      continue;
    for (unsigned w = 0; w < layout.words; w++)
      ones[w] = bits_of_word(&layout);
    smmu_layout_stray(&layout, ones, outside);
    for (unsigned w = 0; w < layout.words; w++) {
      if (outside[w] != listed[w])
        ADD_TEST_FAILURE("%s word %u: outside every field 0x%llx, reserved 0x%llx", layout.name, w,
                         (unsigned long long)outside[w], (unsigned long long)listed[w]);
    }
  }
}

TEST_CASE(ConformanceReserved, EveryRowNamesAStructure)
{
  for (unsigned i = 0; i < RESERVED; i++) {
    bool found = false;

    for (unsigned k = 0; k < smmu_layout_total(); k++)
      found |= strcmp(smmu_layout_at(k).name, reserved[i].layout) == 0;
    if (!found)
      ADD_TEST_FAILURE("%s (%s) is in no table", reserved[i].layout, reserved[i].section);
  }
}

TEST_CASE(ConformanceReserved, EveryNumberIsSomebodysOrReserved)
{
  for (unsigned number = 0; number < NUMBERS; number++) {
    unsigned named[2] = { 0 };

    for (unsigned i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++)
      named[nobodys[i].event] += number >= nobodys[i].first && number <= nobodys[i].last;
    for (unsigned i = 0; i < sizeof(somebodys) / sizeof(somebodys[0]); i++)
      named[somebodys[i].event] += number == somebodys[i].number;
    EXPECT_EQ(named[false], 1u);
    EXPECT_EQ(named[true], 1u);
  }
}

TEST_CASE(ConformanceReserved, ReservedNumbersHaveNoName)
{
  for (unsigned i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++) {
    for (unsigned number = nobodys[i].first; number <= nobodys[i].last; number++) {
      if (nobodys[i].event)
        EXPECT_STREQ(smmu_event_name((uint8_t)number), nobodys[i].what);
      else
        EXPECT_PTR_EQ(smmu_cmd_name((uint8_t)number), NULL);
    }
  }
}
