/* Every field of every table against a second transcription, made by hand with section numbers.
 * A field without a golden vector fails, and so does a vector without a field. */
#include <string.h>

#include "arch/cmdqv.h"
#include "arch/ecmdq.h"
#include "arch/fields.h"
#include "arch/pmcg.h"
#include "arch/regs.h"
#include "arch/structs.h"
#include "shim/gtest_c.h"

struct gold {
  const char *layout, *field, *section;
  unsigned hi, lo, word;
  uint64_t value, image;
  unsigned macro_hi, macro_lo; /* what GET, PUT, FGET and FPUT use */
};

static const struct gold golds[] = {
#define GOLD(layout, field, hi, lo, section, word, value, image) \
  { #layout, \
    #field, \
    section, \
    hi, \
    lo, \
    word, \
    value, \
    image, \
    layout##_##field##_HI, \
    layout##_##field##_LO },
#include "cd.inc"
#include "cmd.inc"
#include "cmdqv.inc"
#include "desc.inc"
#include "ecmdq.inc"
#include "event.inc"
#include "pmcg.inc"
#include "pri.inc"
#include "regs.inc"
#include "ste.inc"
#include "vms.inc"
#undef GOLD
};

enum { GOLDS = sizeof(golds) / sizeof(golds[0]) };

static const struct gold *gold_of(const char *layout, const char *field)
{
  for (unsigned i = 0; i < GOLDS; i++) {
    if (strcmp(golds[i].layout, layout) == 0 && strcmp(golds[i].field, field) == 0)
      return &golds[i];
  }
  return NULL;
}

static bool layout_named(const char *name, struct smmu_layout *out)
{
  for (unsigned i = 0; i < smmu_layout_total(); i++) {
    *out = smmu_layout_at(i);
    if (strcmp(out->name, name) == 0)
      return true;
  }
  return false;
}

/* The field alone makes the image; everything but the field makes its complement. */
static bool gold_holds(const struct gold *g, const struct smmu_field *field)
{
  uint64_t ones = smmu_field_max(field);
  uint64_t words[SMMU_LAYOUT_WORDS_MAX] = { 0 };
  bool ok;

  smmu_field_put(field, words, g->value);
  ok = words[g->word] == g->image && smmu_field_get(field, words) == g->value;
  memset(words, 0xFF, sizeof(words));
  smmu_field_put(field, words, ones & ~g->value);
  ok = ok && words[g->word] == ~g->image && smmu_field_get(field, words) == (ones & ~g->value);
  return ok && field->hi == g->hi && field->lo == g->lo && g->macro_hi == g->hi &&
         g->macro_lo == g->lo;
}

TEST_CASE(Conformance, EveryGoldenFieldDecodesAndEncodes)
{
  for (unsigned i = 0; i < GOLDS; i++) {
    const struct gold *g = &golds[i];
    const struct smmu_field *field = NULL;
    struct smmu_layout layout;

    if (layout_named(g->layout, &layout) && g->word < layout.words)
      field = smmu_layout_field(&layout, g->field);
    if (field == NULL)
      ADD_TEST_FAILURE("%s.%s (%s) is in no table", g->layout, g->field, g->section);
    else if (!gold_holds(g, field))
      ADD_TEST_FAILURE("%s.%s (%s) is [%u:%u], not [%u:%u]", g->layout, g->field, g->section, g->hi,
                       g->lo, field->hi, field->lo);
  }
}

TEST_CASE(Conformance, EveryFieldHasAGoldenVector)
{
  for (unsigned i = 0; i < smmu_layout_total(); i++) {
    struct smmu_layout layout = smmu_layout_at(i);

    EXPECT_GT(layout.count, 0);
    for (unsigned k = 0; k < layout.count; k++) {
      if (gold_of(layout.name, layout.fields[k].name) == NULL)
        ADD_TEST_FAILURE("%s.%s has no golden vector", layout.name, layout.fields[k].name);
    }
  }
}

TEST_CASE(Conformance, NoGoldenVectorIsListedTwice)
{
  for (unsigned i = 0; i < GOLDS; i++)
    EXPECT_PTR_EQ(gold_of(golds[i].layout, golds[i].field), &golds[i]);
}

TEST_CASE(Conformance, FieldsOverlapOnlyInDescriptorsAndViews)
{
  for (unsigned i = 0; i < smmu_layout_total(); i++) {
    struct smmu_layout layout = smmu_layout_at(i);
    uint64_t used[SMMU_LAYOUT_WORDS_MAX] = { 0 };

    if (layout.kind == SMMU_LAYOUT_DESC || layout.kind == SMMU_LAYOUT_VIEW ||
        strcmp(layout.name, "PMCG_SMR") == 0) /* two formats */
      continue;
    if (strstr(layout.name, "ATOS_PAR")) /* a translation or a fault */
      continue;
    for (unsigned k = 0; k < layout.count; k++) {
      const struct smmu_field *f = &layout.fields[k];

      if (smmu_field_get(f, used) != 0)
        ADD_TEST_FAILURE("%s.%s overlaps another field", layout.name, f->name);
      smmu_field_put(f, used, smmu_field_max(f));
    }
  }
}

enum { RO, RW };

static const struct {
  const char *name;
  uint32_t offset;
  unsigned bits, access, guard;
} registers[] = {
#define REGISTER(name, section, offset, bits, access, guard) \
  { #name, offset, bits, access, GUARD_##guard },
#include "registers.inc"
#undef REGISTER
};

TEST_CASE(Conformance, RegistersAreWhereTheArchitecturePutsThem)
{
  ASSERT_EQ(sizeof(registers) / sizeof(registers[0]), R_COUNT);
  for (unsigned i = 0; i < R_COUNT; i++) {
    int reg = smmu_reg_by_name(registers[i].name);

    ASSERT_GE(reg, 0);
    EXPECT_STREQ(smmu_reg_rows[reg].name, registers[i].name);
    EXPECT_EQ(smmu_reg_rows[reg].offset, registers[i].offset);
    EXPECT_EQ(smmu_reg_rows[reg].width, registers[i].bits);
    EXPECT_EQ(smmu_reg_rows[reg].guard, registers[i].guard);
    EXPECT_EQ(smmu_reg_rows[reg].rw != 0, registers[i].access == RW);
    EXPECT_EQ(smmu_reg_by_offset(registers[i].offset), reg);
  }
}

TEST_CASE(Conformance, WritableAndResetBitsLieInFields)
{
  for (unsigned i = 0; i < R_COUNT; i++) {
    const struct smmu_reg_row *row = &smmu_reg_rows[i];
    struct smmu_layout layout;
    uint64_t stray;

    ASSERT_TRUE(smmu_layout_by_key(SMMU_LAYOUT_REG, row->offset, &layout));
    EXPECT_STREQ(layout.name, row->name);
    EXPECT_FALSE(smmu_layout_stray(&layout, &row->rw, &stray));
    EXPECT_FALSE(smmu_layout_stray(&layout, &row->reset, &stray));
  }
}

/* DPT is absent, and so are its enable and its error. */
TEST_CASE(Conformance, EveryFieldOfAWritableRegisterCanBeWrittenButForAbsentFeatures)
{
  for (unsigned i = 0; i < R_COUNT; i++) {
    const struct smmu_reg_row *row = &smmu_reg_rows[i];
    struct smmu_layout layout;

    ASSERT_TRUE(smmu_layout_by_key(SMMU_LAYOUT_REG, row->offset, &layout));
    for (unsigned k = 0; k < layout.count && row->rw != 0; k++) {
      const char *name = layout.fields[k].name;
      bool absent = strncmp(name, "DPT", 3) == 0;

      if ((smmu_field_get(&layout.fields[k], &row->rw) == 0) != absent)
        ADD_TEST_FAILURE("%s.%s", row->name, name);
    }
  }
}

TEST_CASE(Conformance, QueueIndicesOfPageZeroAreThoseOfPageOne)
{
  EXPECT_EQ(smmu_reg_by_offset(0xA8), R_EVENTQ_PROD);
  EXPECT_EQ(smmu_reg_by_offset(0xAC), R_EVENTQ_CONS);
  EXPECT_EQ(smmu_reg_by_offset(0xC8), R_PRIQ_PROD);
  EXPECT_EQ(smmu_reg_by_offset(0xCC), R_PRIQ_CONS);
  EXPECT_EQ(smmu_reg_by_offset(0x84), -1);
  EXPECT_EQ(smmu_reg_by_offset(0x1000000A8), -1);
}

TEST_CASE(Conformance, RegisterNamesMatchInAnyCaseWithAndWithoutPrefix)
{
  EXPECT_EQ(smmu_reg_by_name("SMMU_CR0"), R_CR0);
  EXPECT_EQ(smmu_reg_by_name("smmu_gbpa"), R_GBPA);
  EXPECT_EQ(smmu_reg_by_name("cmdq_cons"), R_CMDQ_CONS);
  EXPECT_EQ(smmu_reg_by_name("CR"), -1);
}

TEST_CASE(Conformance, BitsOutsideEveryFieldAreStray)
{
  struct smmu_layout layout;
  uint64_t words[STE_WORDS] = { 0 };
  uint64_t stray[STE_WORDS];

  ASSERT_TRUE(smmu_layout_by_name(SMMU_LAYOUT_STE, "ste", &layout));
  words[0] = 0x0600000000000001; /* bits 57 and 58 are reserved, bit 0 is V */
  EXPECT_TRUE(smmu_layout_stray(&layout, words, stray));
  EXPECT_EQ(stray[0], 0x0600000000000000);
  words[0] = 1;
  EXPECT_FALSE(smmu_layout_stray(&layout, words, stray));
}

TEST_CASE(Conformance, PrintedStructureNamesValueAndMeaning)
{
  uint64_t words[STE_WORDS] = { 0x0000000080001FCB };
  struct smmu_layout layout;
  char text[8192];
  char small[8];
  size_t length;

  ASSERT_TRUE(smmu_layout_by_name(SMMU_LAYOUT_STE, "STE", &layout));
  length = smmu_layout_print(&layout, words, text, sizeof(text));
  ASSERT_LT(length, sizeof(text));
  EXPECT_EQ(length, strlen(text));
  EXPECT_STR_CONTAINS(text, "Config               [3:1]      0x5  stage 1\n");
  EXPECT_STR_CONTAINS(text, "address 0x80001fc0\n");
  EXPECT_EQ(smmu_layout_print(&layout, words, small, sizeof(small)), length);
  EXPECT_EQ(strlen(small), sizeof(small) - 1);
}
