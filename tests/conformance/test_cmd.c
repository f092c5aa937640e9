/* Command entries as words and as text, against entries that a real driver wrote and entries put
 * together by hand. IHI 0070: chapter 4. */
#include <string.h>

#include "arch/cmd.h"
#include "arch/fields.h"
#include "arch/structs.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"

static const struct {
  uint64_t words[2];
  const char *text;
} commands[] = {
#define COMMAND(word0, word1, text) { { word0, word1 }, text },
#include "cmd_words.inc"
#undef COMMAND
};

static const struct {
  const char *name;
  unsigned number;
  unsigned model;
} opcodes[] = {
#define OPCODE(name, number) { #name, number, CMD_##name },
#define EVENT_NUMBER(name, number)
#include "numbers.inc"
#undef OPCODE
#undef EVENT_NUMBER
};

enum {
  COMMANDS = sizeof(commands) / sizeof(commands[0]),
  OPCODES = sizeof(opcodes) / sizeof(opcodes[0])
};

TEST_CASE(ConformanceCmd, OpcodesAreThoseOfTheArchitecture)
{
  unsigned named = 0;

  for (unsigned i = 0; i < OPCODES; i++) {
    EXPECT_EQ(opcodes[i].model, opcodes[i].number);
    EXPECT_STREQ(smmu_cmd_name((uint8_t)opcodes[i].number), opcodes[i].name);
  }
  for (unsigned opcode = 0; opcode < 256; opcode++)
    named += smmu_cmd_name((uint8_t)opcode) != NULL;
  EXPECT_EQ(named, OPCODES);
}

TEST_CASE(ConformanceCmd, GoldenWordsDisassemble)
{
  for (unsigned i = 0; i < COMMANDS; i++) {
    char text[SMMU_CMD_TEXT_MAX];

    smmu_cmd_print(commands[i].words, text, sizeof(text));
    EXPECT_STREQ(text, commands[i].text);
  }
}

TEST_CASE(ConformanceCmd, GoldenTextAssembles)
{
  for (unsigned i = 0; i < COMMANDS; i++) {
    char why[256] = "";
    uint64_t words[2];

    EXPECT_EQ(smmu_cmd_assemble(commands[i].text, words, why, sizeof(why)), 0);
    EXPECT_STREQ(why, "");
    EXPECT_EQ(words[0], commands[i].words[0]);
    EXPECT_EQ(words[1], commands[i].words[1]);
  }
}

static bool round_trip(const uint64_t words[2])
{
  char text[SMMU_CMD_TEXT_MAX];
  char why[256];
  uint64_t again[2];
  size_t length = smmu_cmd_print(words, text, sizeof(text));

  if (length < sizeof(text) && smmu_cmd_assemble(text, again, why, sizeof(why)) == 0 &&
      memcmp(words, again, sizeof(again)) == 0)
    return true;
  ADD_TEST_FAILURE("%016llx %016llx does not survive \"%s\"", (unsigned long long)words[0],
                   (unsigned long long)words[1], text);
  return false;
}

TEST_CASE(ConformanceCmd, EveryOpcodeSurvivesARoundTripWithAnyBits)
{
  uint64_t seed = 1;

  for (unsigned i = 0; i < 256 * 64; i++) {
    uint64_t words[2];

    for (unsigned k = 0; k < 2; k++) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      words[k] = seed ^ (seed >> 29);
      if (i % 4 == k)
        words[k] = 0;
    }
    words[0] = (words[0] & ~0xFFull) | (i & 0xFF);
    if (!round_trip(words))
      return;
  }
}

TEST_CASE(ConformanceCmd, EachFieldAloneSurvivesARoundTrip)
{
  for (unsigned i = 0; i < OPCODES; i++) {
    struct smmu_layout layout;

    ASSERT_TRUE(smmu_layout_by_key(SMMU_LAYOUT_CMD, opcodes[i].number, &layout));
    for (unsigned k = 1; k < layout.count; k++) {
      uint64_t words[2] = { opcodes[i].number, 0 };

      smmu_field_put(&layout.fields[k], words, smmu_field_max(&layout.fields[k]));
      EXPECT_TRUE(round_trip(words));
    }
  }
}

TEST_CASE(ConformanceCmd, NamesAreReadInAnyCaseAndByTheirSynonyms)
{
  static const char *const same[] = {
    "TLBI_NH_VA asid=7 va=0x1000 leaf=1",
    "tlbi_nh_va LEAF=1 ADDR=4096 ASID=0x7",
    "CMD_TLBI_NH_VA asid=7 ipa=0x1000 leaf=1",
    "  cmd_tlbi_nh_va\tasid=7 address=0x1000 leaf=1  ",
  };

  for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
    char why[256] = "";
    uint64_t words[2];

    EXPECT_EQ(smmu_cmd_assemble(same[i], words, why, sizeof(why)), 0);
    EXPECT_EQ(words[0], 0x0007000000000012);
    EXPECT_EQ(words[1], 0x0000000000001001);
  }
}

static const struct {
  const char *text, *why;
} mistakes[] = {
  { "", "column 1: no command" },
  { "TLBI", "column 1: \"TLBI\" is no command" },
  { "OP_0x100", "column 1: \"OP_0x100\" is no command" },
  { "SYNC foo=1", "column 6: \"foo\" is no field of SYNC; its fields are: CS MSH MSIAttr" },
  { "SYNC opcode=1", "column 6: \"opcode\" is no field of SYNC" },
  { "SYNC cs=4", "column 6: 0x4 is too large for CS of SYNC; the largest value is 0x3" },
  { "SYNC cs", "column 6: expected field=value, found \"cs\"" },
  { "SYNC  cs=x", "column 7: \"x\" is no number" },
  { "SYNC cs=-1", "column 6: \"-1\" is no number" },
  { "TLBI_NH_VA va=0x1008", "column 12: 0x1008 is not a multiple of 0x1000" },
  { "TLBI_S2_IPA ipa=0x100000000000000", "the largest value is 0xfffffffffff000" },
  { "SYNC dw0=0x10000000000000000", "is no number" },
};

TEST_CASE(ConformanceCmd, MistakesAreNamedWithTheirColumn)
{
  for (unsigned i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
    char why[256] = "";
    uint64_t words[2];

    EXPECT_EQ(smmu_cmd_assemble(mistakes[i].text, words, why, sizeof(why)), SMMU_ERR_FORMAT);
    EXPECT_STR_CONTAINS(why, mistakes[i].why);
  }
}

struct collected {
  unsigned count, stop_at;
  uint64_t first_words[8];
};

static int collect(void *arg, const uint64_t words[2])
{
  struct collected *c = arg;

  c->first_words[c->count++] = words[0];
  return c->count == c->stop_at ? 42 : 0;
}

TEST_CASE(ConformanceCmd, ListsAreSplitAtSemicolonsAndLineEnds)
{
  struct collected c = { 0 };
  char why[256] = "";

  EXPECT_EQ(smmu_cmd_assemble_list(";CFGI_ALL; ;SYNC cs=1\nSTALL_TERM sid=2;", collect, &c, why,
                                   sizeof(why)),
            0);
  EXPECT_EQ(c.count, 3);
  EXPECT_EQ(c.first_words[0], 0x04);
  EXPECT_EQ(c.first_words[1], 0x1046);
  EXPECT_EQ(c.first_words[2], 0x200000045);
}

TEST_CASE(ConformanceCmd, ListsStopAtTheFirstErrorAndWhenTold)
{
  struct collected c = { 0 };
  char why[256] = "";

  EXPECT_EQ(smmu_cmd_assemble_list("SYNC; SYNK; SYNC", collect, &c, why, sizeof(why)),
            SMMU_ERR_FORMAT);
  EXPECT_EQ(c.count, 1);
  EXPECT_STR_CONTAINS(why, "column 7: \"SYNK\" is no command");
  c = (struct collected){ .stop_at = 2 };
  EXPECT_EQ(smmu_cmd_assemble_list("SYNC; SYNC; SYNC", collect, &c, why, sizeof(why)), 42);
  EXPECT_EQ(c.count, 2);
}
