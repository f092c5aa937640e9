/* The unmodified driver probes what it is shown, and does with it what it should. */
#include <stdlib.h>
#include <string.h>

#include "kit.h"

enum { DONE = 0, WRONG = 2 };

static long long commands(json_t *one, const char *name)
{
  return linux_number(json_object_get(json_object_get(one, "model"), "commands"), name);
}

static bool logged(json_t *one, const char *text)
{
  json_t *line;
  size_t i;

  json_array_foreach(json_object_get(one, "driver"), i, line)
  {
    if (strstr(json_string_value(line), text))
      return true;
  }
  return false;
}

/* Newer drivers print events as errors, and what is in them. */
static bool is_event(const char *line)
{
  return strstr(line, "event 0x") || strstr(line, "event: ") || strstr(line, ": \t0x") ||
         strstr(line, "priv data ");
}

static bool complains(json_t *one)
{
  json_t *line;
  size_t i;

  json_array_foreach(json_object_get(one, "driver"), i, line)
  {
    const char *text = json_string_value(line);

    if (strstr(text, "overridden") || (strncmp(text, "ERR", 3) == 0 && !is_event(text)))
      return true;
  }
  return false;
}

LINUX_TEST(Probe, DriverWorksOnEveryVariant)
{
  int status = -1;
  json_t *root = linux_json("probe --json", &status), *list, *one;
  size_t i;

  ASSERT_TRUE(root != NULL);
  EXPECT_EQ(status, DONE);
  EXPECT_EQ(linux_number(root, "schema"), 1);
  list = json_object_get(root, "variants");
  EXPECT_GE(json_array_size(list), 19u);
  json_array_foreach(list, i, one)
  {
    const char *name = json_string_value(json_object_get(one, "name"));

    if (!json_is_true(json_object_get(one, "holds")))
      ADD_TEST_FAILURE("%s: %s", name, json_string_value(json_object_get(one, "why")));
    if (complains(one))
      ADD_TEST_FAILURE("%s: the driver complains", name);
  }
  json_decref(root);
}

/* What the driver makes of the ID registers shows in its commands and in what it says. */
LINUX_TEST(Probe, DriverUsesWhatTheHardwareHas)
{
  int status = -1;
  json_t *root = linux_json("probe --json", &status), *list, *one;

  ASSERT_TRUE(root != NULL);
  list = json_object_get(root, "variants");
  one = linux_named(list, "neutral");
  EXPECT_GT(commands(one, "TLBI_EL2_VA"), 0);
  EXPECT_EQ(commands(one, "TLBI_S2_IPA"), 0);
  EXPECT_TRUE(logged(one, "msi_domain absent"));
  one = linux_named(list, "msi");
  EXPECT_FALSE(logged(one, "msi_domain absent"));
  EXPECT_TRUE(logged(one, "event 0x10 received"));
  one = linux_named(list, "s1-only");
  EXPECT_GT(commands(one, "TLBI_NH_VA"), 0);
  one = linux_named(list, "s2-only");
  EXPECT_GT(commands(one, "TLBI_S2_IPA"), 0);
  EXPECT_EQ(commands(one, "CFGI_CD"), 0);
  /* 1 + 4 + 16 + 7 pages by the DMA API; in the domain a page, a block, a table of 512 and the block that it
   * was, and a block again; in two domains whose ASIDs are alike a page each. Newer drivers send one command for a
   * whole table, by ASID. */
  one = linux_named(list, "no-ril");
  if (commands(one, "TLBI_EL2_VA") != 28 + 1 + 1 + 1 + 1 + 2)
    EXPECT_EQ(commands(one, "TLBI_EL2_VA"), 28 + 1 + 1 + 512 + 1 + 1 + 2);
  one = linux_named(list, "cmdqv");
  EXPECT_TRUE(logged(one, "for vcmdq1"));
  one = linux_named(list, "ats");
  EXPECT_GT(commands(one, "ATC_INV"), 10);
  one = linux_named(list, "cmdqv-unnamed");
  EXPECT_FALSE(logged(one, "for vcmdq"));
  json_decref(root);
}

LINUX_TEST(Probe, RepetitionGivesTheSameBytes)
{
  linux_repeats("probe grace --json", NULL);
}

LINUX_TEST(Probe, OneVariantIsToldLineByLine)
{
  int status = -1;
  char *text = linux_run("probe s2-only", &status);

  EXPECT_EQ(status, DONE);
  EXPECT_STR_CONTAINS(text, "arm-smmu-v3 arm-smmu-v3.0: ");
  EXPECT_STR_CONTAINS(text, "CR0 = 0xd");
  EXPECT_STR_CONTAINS(text, "F_TRANSLATION");
  free(text);
}

LINUX_TEST(Tool, MistakesAndHelpHaveTheirStatus)
{
  static const struct {
    const char *args;
    int status;
    const char *says;
  } runs[] = {
    { "probe no-such", WRONG, "no variant \"no-such\"" },
    { "probe neutral msi", WRONG, "one too many" },
    { "no-verb", WRONG, "unknown verb" },
    { "", WRONG, "usage:" },
    { "--help", DONE, "probe" },
    { "probe --help", DONE, "Example:" },
    { "--version", DONE, "Linux " },
  };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    char *text = linux_run(runs[i].args, &status);

    EXPECT_EQ(status, runs[i].status);
    EXPECT_STR_CONTAINS(text, runs[i].says);
    free(text);
  }
}
