/* Faults patched into the driver: each is told by its rule, at a function and line of the kernel. */
#include <stdlib.h>
#include <string.h>

#include "kit.h"

enum { DONE = 0, WRONG = 2 };

LINUX_TEST(Faults, EachIsToldByItsRuleAtALineOfTheKernel)
{
  int status = -1;
  json_t *root = linux_json("-faults caught --json", &status), *list, *one;
  unsigned told = 0, clean = 0, guests = 0;
  size_t i;

  ASSERT_TRUE(root != NULL);
  EXPECT_EQ(status, DONE);
  list = json_object_get(root, "faults");
  json_array_foreach(list, i, one)
  {
    const char *fault = json_string_value(json_object_get(one, "fault"));
    const char *place = json_string_value(json_object_get(one, "place"));

    if (!json_is_true(json_object_get(one, "caught")))
      ADD_TEST_FAILURE("%s is missed", fault);
    if (strcmp(fault, "none") == 0) {
      clean++;
      continue;
    }
    told++;
    guests += strcmp(json_string_value(json_object_get(one, "scenario")), "trapped") == 0 ||
              strcmp(json_string_value(json_object_get(one, "scenario")), "vcmdq") == 0;
    if (!strstr(place, ".c:"))
      ADD_TEST_FAILURE("%s has no line: %s", fault, place);
  }
  EXPECT_EQ(told - guests, 34u);
  EXPECT_EQ(clean, 8u);
  EXPECT_GE(guests, 14u);
  json_decref(root);
}

/* A forgotten page is used by the device, and the story names the driver's operations. */
LINUX_TEST(Faults, StaleTranslationHasItsStory)
{
  int status = -1;
  char *text = linux_run("-faults caught tlbi-short", &status);

  EXPECT_EQ(status, DONE);
  EXPECT_STR_CONTAINS(text, "tlbi-wrong-range");
  EXPECT_STR_CONTAINS(text, "arm_smmu_iotlb_sync");
  EXPECT_STR_CONTAINS(text, "stale translations");
  EXPECT_STR_CONTAINS(text, "stale-driver");
  free(text);
}

LINUX_TEST(Faults, MistakesAreTold)
{
  int status = -1;
  char *text = linux_run("-faults caught no-such", &status);

  EXPECT_EQ(status, WRONG);
  EXPECT_STR_CONTAINS(text, "there is no fault \"no-such\"");
  free(text);
}

static const char *said(json_t *one, const char *text)
{
  json_t *line;
  size_t i;

  json_array_foreach(json_object_get(one, "driver"), i, line)
  {
    if (strstr(json_string_value(line), text))
      return json_string_value(line);
  }
  return "";
}

static long long stale(json_t *one)
{
  json_t *verdicts = json_object_get(one, "verdicts");

  return linux_number(verdicts, "stale_driver") + linux_number(verdicts, "stale_device");
}

/* The driver says what goes wrong, mends what it can, and what it cannot has a verdict. */
LINUX_TEST(Faults, DriverGetsOverErrorsOfQueuesAndStalls)
{
  int status = -1;
  json_t *root = linux_json("faults --json", &status), *list, *one;
  size_t i;

  ASSERT_TRUE(root != NULL);
  EXPECT_EQ(status, DONE);
  list = json_object_get(root, "faults");
  json_array_foreach(list, i, one) EXPECT_EQ(linux_number(one, "unmaps"), 256);
  one = linux_named(list, "command-abort");
  EXPECT_GT(linux_number(one, "injected"), 5);
  EXPECT_STR_CONTAINS(said(one, "CMDQ error"), "Abort on command fetch");
  EXPECT_EQ(stale(one), 0);
  one = linux_named(list, "command-illegal");
  EXPECT_STR_CONTAINS(said(one, "CMDQ error"), "Illegal command");
  EXPECT_GT(stale(one), 0);
  EXPECT_EQ(linux_number(one, "passed"), stale(one));
  one = linux_named(list, "event-abort");
  EXPECT_STR_CONTAINS(said(one, "EVTQ"), "aborted");
  one = linux_named(list, "atc-timeout");
  EXPECT_STR_CONTAINS(said(one, "CMDQ error"), "ATC invalidate timeout");
  EXPECT_EQ(linux_number(one, "told"), linux_number(one, "injected"));
  EXPECT_EQ(stale(one), 0);
  one = linux_named(list, "page-request");
  EXPECT_EQ(linux_number(one, "injected"), linux_number(one, "refused"));
  EXPECT_EQ(linux_number(one, "told"), linux_number(one, "injected"));
  EXPECT_EQ(linux_number(json_object_get(one, "atc"), "denied"), linux_number(one, "injected"));
  one = linux_named(list, "event-abort-cpu0");
  EXPECT_GT(linux_number(one, "interrupted"), 10);
  EXPECT_EQ(linux_number(one, "told"), linux_number(one, "injected"));
  EXPECT_EQ(stale(one), 0);
  /* The interrupt that would mend the queue waits for who waits for the queue. */
  one = linux_named(list, "command-abort-cpu0");
  EXPECT_STR_CONTAINS(said(one, "CMDQ error"), "Abort on command fetch");
  EXPECT_STR_CONTAINS(said(one, "timeout"), "CMD_SYNC timeout");
  EXPECT_GT(linux_number(one, "time_ps"), 1000000000000);
  EXPECT_GT(stale(one), 0);
  EXPECT_EQ(linux_number(linux_named(list, "event-abort"), "interrupted"), 0);
  one = linux_named(list, "stall");
  EXPECT_EQ(linux_number(json_object_get(json_object_get(one, "model"), "commands"), "RESUME"),
            linux_number(one, "refused"));
  json_decref(root);
}
