/* decode: each kind of structure, as text and as JSON, and what it says to a wrong line. */
#include <stdio.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

struct decoding {
  const char *args;
  const char *text;  /* stands in the output */
  const char *title; /* of the JSON */
};

static const char *const kinds[] = { "command",
                                     "command-text",
                                     "ste",
                                     "l1std",
                                     "cd",
                                     "l1cd",
                                     "event",
                                     "register",
                                     "s1-page",
                                     "s1-block",
                                     "table",
                                     "s2-page",
                                     "reserved-command",
                                     "vms",
                                     "wide-64k",
                                     "wide-block",
                                     "block-of-16k",
                                     "counter-register",
                                     "enhanced-queue",
                                     "counter-by-number" };

static const struct decoding decodings[] = {
  { "decode cmd 0x0007000000000012 0x0000000000001001", "TLBI_NH_VA asid=7 leaf=1 va=0x1000",
    "TLBI_NH_VA" },
  { "decode cmd \"SYNC cs=2\"", "0x2  SEV", "SYNC" },
  { "decode ste 0x4830b00b 0xd6 0 0 0 0 0 0", "stage 1", "STE" },
  { "decode ste 0x7ac60009", "address 0x7ac60000", "L1STD" },
  { "decode cd 0x2e204c0003510 0x4563f000 0 0xfffffffff404ff44 0 0 0 0", "valid", "CD" },
  { "decode cd 0x40001001", "valid", "L1CD" },
  { "decode event 0000002000000013 0000020000000000 0000000354e65530 0000000000000000",
    "F_PERMISSION sid=0x20 class=2 inputaddr=0x354e65530", "F_PERMISSION" },
  { "decode reg CR0 0xd", "CMDQEN", "CR0, offset 0x20, 32 bits" },
  { "decode pte --stage 1 --level 3 0x46a62f47", "page", "stage 1 level 3: page" },
  { "decode pte --stage 1 --level 2 0x46a00fc5", "block", "stage 1 level 2: block" },
  { "decode pte --level 1 0x45609003", "table", "stage 1 level 1: table" },
  { "decode pte --stage 2 0x800007ff", "MemAttr", "stage 2 level 3: page" },
  { "decode cmd 0x99 0", "reserved", "reserved" },
  { "decode vms 0x0003000200010000 0 0 0 0 0 0 0xffff000000000000",
    "PARTID_MAP31         [511:496]  0xffff", "VMS" },
  { "decode pte --granule 64K --wide 0x000080000003f703", "address 0xf800000030000\n",
    "stage 1 level 3: page" },
  { "decode pte --wide --level 1 --stage 2 0x00030000c0000fc1", "address 0xf0000c0000000\n",
    "stage 2 level 1: block" },
  { "decode pte --granule 16K --level 2 0x0000000ffe000f41", "address 0xffe000000\n",
    "stage 1 level 2: block" },
  { "decode reg pmcg_evtyper 0x20000002", "TLB miss", "PMCG_EVTYPER" },
  { "decode reg SMMU_ECMDQ_PROD17 0x80000005", "0x5", "ECMDQ_PROD" },
  { "decode reg SMMU_PMCG_EVCNTR0 0x7", "COUNTER_VALUE", "PMCG_EVCNTR" },
};

enum { DECODINGS = sizeof(decodings) / sizeof(decodings[0]) };

PARAM_TEST_CASE(Decode, SaysWhatTheWordsMean, kinds, DECODINGS)
{
  const struct decoding *d = &decodings[param];
  struct test_run run;

  ASSERT_TRUE(test_run_tool(d->args, &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STREQ(run.err, "");
  EXPECT_STR_CONTAINS(run.out, d->text);
  test_run_free(&run);
}

PARAM_TEST_CASE(Decode, JsonHasFieldsThatMakeUpTheWords, kinds, DECODINGS)
{
  const struct decoding *d = &decodings[param];
  char args[512];
  int exit_code = -1;
  json_t *root, *field;
  size_t i;

  snprintf(args, sizeof(args), "%s --json", d->args);
  root = cli_json(args, &exit_code);
  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  EXPECT_STREQ(cli_text(root, "title"), d->title);
  EXPECT_GT(json_array_size(cli_at(root, "fields")), 0);
  json_array_foreach(cli_at(root, "fields"), i, field)
  {
    if (!json_is_string(json_object_get(field, "name")) || !json_object_get(field, "value") ||
        !json_is_integer(json_object_get(field, "hi")) ||
        !json_is_integer(json_object_get(field, "lo")))
      ADD_TEST_FAILURE("field %zu has not all of name, value, hi, lo", i);
  }
  json_decref(root);
}

static const char *const mistakes[] = { "no-kind",     "kind",     "word-count",  "word",
                                        "too-large",   "register", "value-width", "level",
                                        "command",     "operand",  "granule",     "first-level",
                                        "level-narrow" };
static const char *const wrong_lines[] = {
  "decode",
  "decode foo 1",
  "decode cmd 1",
  "decode cmd xyz 1",
  "decode pte 0x12345678123456789",
  "decode reg NOSUCH",
  "decode reg CR0 0x100000000",
  "decode pte --level 7 1",
  "decode cmd NOSUCH",
  "decode cmd \"TLBI_NH_VA foo=1\"",
  "decode pte --granule 5K 1",
  "decode pte --granule 64K --wide --level 0 3",
  "decode pte --level -1 3",
};

PARAM_TEST_CASE(Decode, WrongLineGetsAReasonAndAnExample, mistakes, 13)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool(wrong_lines[param], &run));
  EXPECT_EQ(run.exit_code, WRONG);
  EXPECT_STREQ(run.out, "");
  EXPECT_STR_CONTAINS(run.err, "smmulator decode: ");
  EXPECT_STR_CONTAINS(run.err, "For example:");
  test_run_free(&run);
}

TEST_CASE(Decode, LevelThatIsNotThereIsToldWithTheFirst)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool("decode pte --granule 64K --level 0 3", &run));
  EXPECT_STR_CONTAINS(run.err, "tables of 64K begin at level 1");
  test_run_free(&run);
  ASSERT_TRUE(test_run_tool("decode pte --level -1 3", &run));
  EXPECT_STR_CONTAINS(run.err, "tables of 4K without --wide begin at level 0");
  test_run_free(&run);
  ASSERT_TRUE(test_run_tool("decode pte --wide --level -1 3", &run));
  EXPECT_EQ(run.exit_code, 0);
  test_run_free(&run);
}
