/* params: every parameter, some of them, those of a profile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "machine/config.h"
#include "shim/gtest_c.h"

TEST_CASE(Params, EveryKeyIsListedWithUnitRangeAndOrigin)
{
  int exit_code = -1;
  json_t *root = cli_json("params --json", &exit_code), *row;
  size_t i;

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(json_array_size(cli_at(root, "params")), MACHINE_KEY_COUNT);
  json_array_foreach(cli_at(root, "params"), i, row)
  {
    EXPECT_STREQ(cli_text(row, "name"), machine_key_at((unsigned)i)->name);
    if (!*cli_text(row, "unit") || !*cli_text(row, "origin") || !*cli_text(row, "what") ||
        !cli_at(row, "value") || !cli_at(row, "default"))
      ADD_TEST_FAILURE("%s lacks something", cli_text(row, "name"));
  }
  json_decref(root);
}

TEST_CASE(Params, TableShowsEveryKeyAndTheProfiles)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool("params", &run));
  EXPECT_EQ(run.exit_code, 0);
  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++)
    EXPECT_STR_CONTAINS(run.out, machine_key_at(i)->name);
  EXPECT_STR_CONTAINS(run.out, "grace-fitted");
  EXPECT_STR_CONTAINS(run.out, "trapped|vcmdq|bare");
  test_run_free(&run);
}

TEST_CASE(Params, GlobSelects)
{
  static const struct {
    const char *args;
    size_t count;
  } cases[] = { { "params vm.exit --json", 1 },
                { "params 'smmu.*.latency' --json", 22 },
                { "params smmu.tlb --json", 2 } };

  for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    int exit_code = -1;
    json_t *root = cli_json(cases[i].args, &exit_code);

    ASSERT_NOT_NULL(root);
    EXPECT_EQ(exit_code, 0);
    EXPECT_EQ(json_array_size(cli_at(root, "params")), cases[i].count);
    json_decref(root);
  }
}

TEST_CASE(Params, ProfileGivesValuesOriginsAndSources)
{
  int exit_code = -1;
  json_t *root = cli_json("params vm.exit --profile published --json", &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "profile"), "published");
  EXPECT_STREQ(cli_text(root, "params/0/origin"), "published");
  EXPECT_STR_CONTAINS(cli_text(root, "params/0/source"), "kvm-unit-tests");
  EXPECT_EQ(json_integer_value(cli_at(root, "params/0/value")), 842000);
  EXPECT_EQ(json_integer_value(cli_at(root, "params/0/default")), 1000000);
  json_decref(root);
}

static const struct {
  const char *args, *reason;
} wrong_lines[] = {
  { "params vm.exti", "did you mean \"vm.exit\"?" },
  { "params frobnicate", "no parameter" },
  { "params vm smmu", "one too many" },
  { "params --profile publsihed", "did you mean \"published\"?" },
  { "params --profile /nowhere.yaml", "/nowhere.yaml: No such file" },
  { "params --profile README.md", "README.md:" },
  { "params --ids full smmu.tlb", "no GLOB" },
  { "params --ids full --profile published", "no --profile" },
};

static const char *const mistakes[] = { "typo", "word", "two",         "profile",
                                        "file", "text", "ids-of-some", "ids-of-profile" };

PARAM_TEST_CASE(Params, WrongLineGetsAReason, mistakes, 8)
{
  cli_expect_refused(wrong_lines[param].args, WRONG, wrong_lines[param].reason);
}

TEST_CASE(Params, IdsOfADeviceSayHowTheyAreKnown)
{
  int exit_code = -1;
  json_t *root = cli_json("params --ids qemu --json", &exit_code), *row;

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  row = json_array_get(cli_at(root, "rows"), 0);
  EXPECT_STREQ(json_string_value(json_object_get(row, "register")), "IDR0");
  EXPECT_EQ(json_integer_value(json_object_get(row, "value")), 0x0d44101b);
  EXPECT_STREQ(json_string_value(json_object_get(row, "origin")), "measured");
  json_decref(root);
}

TEST_CASE(Params, UnknownDeviceIsNamedWithThoseThatAreKnown)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool("params --ids mmu-900", &run));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_STR_CONTAINS(run.err, "mmu-900");
  EXPECT_STR_CONTAINS(run.err, "mmu-700, grace, full");
  test_run_free(&run);
}
