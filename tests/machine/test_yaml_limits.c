/* Configuration files that would take long, and what a file must say of its fitted values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "machine/config.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"

enum { MEGABYTE = 1 << 20 };

static struct machine_config cfg;
static struct machine_error err;

static int read_text(const char *text)
{
  machine_config_defaults(&cfg);
  err.text[0] = '\0';
  return machine_config_text(&cfg, "f.yaml", text, strlen(text), &err);
}

/* ---- size ---- */

/* `head`, and `part` again and again: a megabyte. To be freed. */
static char *repeat(const char *head, const char *part)
{
  char *text = malloc(MEGABYTE + 1);
  size_t at = strlen(head), length = strlen(part);

  if (!text)
    return NULL;
  memcpy(text, head, at + 1);
  for (; at + length <= MEGABYTE; at += length)
    memcpy(text + at, part, length + 1);
  return text;
}

static const struct {
  const char *head, *part, *what;
} large[] = {
  { "vm.exit: ", "[", "f.yaml:1:25: found lists or mappings more than 16 deep" },
  { "", "{", "f.yaml:1:17: found lists or mappings more than 16 deep" },
  { "", "- ", "f.yaml:1:33: found lists or mappings more than 16 deep" },
  { "", "? ", "f.yaml:1:33: found lists or mappings more than 16 deep" },
  { "vm.exit: 1us\n---\n", "[", "f.yaml:3:17: found lists or mappings more than 16 deep" },
  { "vm.exit: [", "1, ", "more than 10000 words and signs" },
  { "vm.exit: [", "[], ", "more than 10000 words and signs" },
  { "vm.exit: [", "&a b, ", "more than 10000 words and signs" },
  { "", "vm.exit: 1us\n", "more than 10000 words and signs" },
  { "", "---\n", "more than 10000 words and signs" },
  { "%TAG !a! b\n", "%TAG !b! b\n", "f.yaml:1:1: found %TAG" },
  { "vm.exit: ", "a ", "expected a time" },
  { "", "#", "found nothing" },
};

TEST_CASE(YamlLimits, AMegabyteOfAnythingEndsSoon)
{
  for (unsigned i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
    char *text = repeat(large[i].head, large[i].part);
    clock_t begin = clock();

    if (!text)
      FAIL_TEST("out of memory");
    EXPECT_EQ(read_text(text), SMMU_ERR_FORMAT);
    EXPECT_STR_CONTAINS(err.text, large[i].what);
    EXPECT_LT((clock() - begin) / CLOCKS_PER_SEC, 2);
    free(text);
  }
}

TEST_CASE(YamlLimits, SixteenDeepIsReadSeventeenIsNot)
{
  EXPECT_EQ(read_text("vm.exit: [[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]\n"), SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(err.text, "f.yaml:1:10: vm.exit is a list");
  EXPECT_EQ(read_text("vm.exit: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n"), SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(err.text, "f.yaml:1:25: found lists or mappings more than 16 deep");
}

/* Depth is that of the place, not of all places together. */
TEST_CASE(YamlLimits, ManySectionsBesideEachOtherAreNotDeep)
{
  char *yaml;

  machine_config_defaults(&cfg);
  for (unsigned i = 0; i < MACHINE_KEY_COUNT; i++) {
    cfg.key[i].origin = MACHINE_ORIGIN_ASSUMED;
    snprintf(cfg.key[i].source, sizeof(cfg.key[i].source), "{[{[ text of a source ]}]}");
  }
  yaml = machine_config_yaml(&cfg, "everything");
  ASSERT_NOT_NULL(yaml);
  EXPECT_EQ(read_text(yaml), SMMU_OK);
  free(yaml);
}

/* ---- fitted values ---- */

#define FITTED "vm.exit: {value: 2us, origin: fitted}\n"

TEST_CASE(FittedOn, FittedValuesWithoutItAreRefused)
{
  EXPECT_EQ(read_text("vm.entry: 1us\n  \n" FITTED), SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(err.text, "f.yaml:3:1: vm.exit is fitted, expected fitted_on");
  EXPECT_EQ(read_text(FITTED "fitted_on: \"\"\n"), SMMU_ERR_FORMAT);
  EXPECT_EQ(read_text("vm:\n  exit: {value: 2us, origin: fitted}\n"), SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(err.text, "f.yaml:2:3: ");
  EXPECT_EQ(read_text("fitted_on: \"64k/*/*\"\n" FITTED), SMMU_OK);
  EXPECT_STREQ(cfg.fitted_on, "64k/*/*");
}

/* A word on new values does not unsay what the old ones have seen. */
TEST_CASE(FittedOn, InheritedValuesKeepWhatTheyHaveSeen)
{
  ASSERT_EQ(read_text("profile: grace-fitted\nfitted_on: \"4k/1/vcmdq\"\n"), SMMU_OK);
  EXPECT_STREQ(cfg.fitted_on, "*/*/*, 4k/1/vcmdq");
  EXPECT_EQ(read_text("profile: grace-fitted\nfitted_on: \"\"\n"), SMMU_OK);
  EXPECT_STREQ(cfg.fitted_on, "*/*/*");
  EXPECT_EQ(read_text("profile: grace-fitted\n" FITTED), SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(err.text, "f.yaml:2:1: vm.exit is fitted");
}

/* `published` says nothing of vmm.lock_switch: the fitted value stays, and so does what it has seen. */
TEST_CASE(FittedOn, AnotherProfileAboveDoesNotHideIt)
{
  machine_config_defaults(&cfg);
  ASSERT_EQ(machine_config_profile(&cfg, "grace-fitted", &err), SMMU_OK);
  ASSERT_EQ(machine_config_profile(&cfg, "published", &err), SMMU_OK);
  EXPECT_EQ(cfg.key[MACHINE_KEY_LOCK_SWITCH].origin, MACHINE_ORIGIN_FITTED);
  EXPECT_STREQ(cfg.fitted_on, "*/*/*");
}

TEST_CASE(FittedOn, IsForgottenWithTheLastFittedValue)
{
  char *neutral;

  machine_config_defaults(&cfg);
  neutral = machine_config_yaml(&cfg, NULL);
  ASSERT_NOT_NULL(neutral);
  ASSERT_EQ(machine_config_profile(&cfg, "grace-fitted", &err), SMMU_OK);
  ASSERT_EQ(machine_config_text(&cfg, "all.yaml", neutral, strlen(neutral), &err), SMMU_OK);
  EXPECT_STREQ(cfg.fitted_on, "");
  free(neutral);
}

TEST_CASE(FittedOn, HeadingsStandOnce)
{
  static const char *const texts[] = { "profile: neutral\nprofile: published\n",
                                       "about: a\nabout: b\n",
                                       "fitted_on: \"*/*/*\"\nfitted_on: \"4k/*/*\"\n" };

  for (unsigned i = 0; i < 3; i++) {
    EXPECT_EQ(read_text(texts[i]), SMMU_ERR_FORMAT);
    EXPECT_STR_CONTAINS(err.text, "f.yaml:2:1: ");
    EXPECT_STR_CONTAINS(err.text, "is set twice, first in line 1");
  }
}
