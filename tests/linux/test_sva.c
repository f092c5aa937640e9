/* Devices use the memory of processes. */
#include <stdlib.h>
#include <string.h>

#include "kit.h"

enum { DONE = 0, WRONG = 2 };

static long long commands(json_t *one, const char *name)
{
  return linux_number(json_object_get(json_object_get(one, "model"), "commands"), name);
}

static json_t *variant(json_t *root, const char *name)
{
  json_t *one;
  size_t i;

  json_array_foreach(json_object_get(root, "sva"), i, one)
  {
    if (strcmp(json_string_value(json_object_get(one, "variant")), name) == 0)
      return one;
  }
  ADD_TEST_FAILURE("%s is not in the list", name);
  return NULL;
}

/* What goes is invalidated before its memory is free, in the SMMU and in the devices. */
LINUX_TEST(Sva, MemoryThatHasGoneIsRefused)
{
  int status = -1;
  json_t *root = linux_json("sva --json", &status), *one;
  size_t i;

  ASSERT_TRUE(root != NULL);
  EXPECT_EQ(status, DONE);
  EXPECT_GE(json_array_size(json_object_get(root, "sva")), 6u);
  json_array_foreach(json_object_get(root, "sva"), i, one)
  {
    json_t *verdicts = json_object_get(one, "verdicts");

    EXPECT_EQ(linux_number(one, "areas"), 96);
    EXPECT_GT(linux_number(one, "right"), 500);
    EXPECT_GT(linux_number(one, "refused"), 200);
    EXPECT_EQ(linux_number(one, "wrong") + linux_number(one, "passed"), 0);
    EXPECT_EQ(linux_number(verdicts, "stale_driver") + linux_number(verdicts, "stale_device"), 0);
    EXPECT_EQ(json_array_size(json_object_get(one, "findings")), 0u);
  }
  EXPECT_GT(commands(variant(root, "ats"), "ATC_INV"), 100);
  EXPECT_GT(commands(variant(root, "no-ril"), "TLBI_EL2_VA"),
            commands(variant(root, "neutral"), "TLBI_EL2_VA"));
  json_decref(root);
}

/* A stalled access waits until the process has the page, and then goes through. */
LINUX_TEST(Sva, StalledAccessesAreGivenTheirPages)
{
  int status = -1;
  json_t *root = linux_json("sva --json", &status), *one;

  ASSERT_TRUE(root != NULL);
  one = variant(root, "stall");
  EXPECT_GT(linux_number(one, "faults"), 100);
  EXPECT_GT(commands(one, "RESUME"), linux_number(one, "faults"));
  EXPECT_EQ(linux_number(variant(root, "neutral"), "faults"), 0);
  json_decref(root);
}

LINUX_TEST(Sva, MistakesAreTold)
{
  int status = -1;
  char *text = linux_run("sva 4", &status);

  EXPECT_EQ(status, WRONG);
  EXPECT_STR_CONTAINS(text, "smmulator-linux sva");
  free(text);
}
