/* What devices stand on goes and comes again while they are at work. */
#include <stdlib.h>
#include <string.h>

#include "kit.h"

enum { DONE = 0, WRONG = 2 };

static bool said(json_t *one, const char *text)
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

/* Every answer was possible at its time, nobody got stuck, and at the end all is as it was. */
LINUX_TEST(Life, NothingIsAnsweredThatWasNotThere)
{
  int status = -1;
  json_t *root = linux_json("life --json", &status), *list, *one;
  size_t i;

  ASSERT_TRUE(root != NULL);
  EXPECT_EQ(status, DONE);
  list = json_object_get(root, "life");
  EXPECT_GE(json_array_size(list), 10u);
  json_array_foreach(list, i, one)
  {
    const char *name = json_string_value(json_object_get(one, "name"));
    json_t *verdicts = json_object_get(one, "verdicts");
    bool returns = strcmp(name, "process") != 0 && strcmp(name, "faults-off") != 0;

    EXPECT_EQ(linux_number(one, "error"), 0);
    EXPECT_EQ(linux_number(one, "wrong"), 0);
    EXPECT_GT(linux_number(one, "right"), 10);
    EXPECT_GT(linux_number(one, "refused"), 10);
    EXPECT_EQ(linux_number(one, "after") > 0, returns);
    EXPECT_EQ(linux_number(verdicts, "stale_driver") + linux_number(verdicts, "stale_device"), 0);
    EXPECT_EQ(json_array_size(json_object_get(one, "findings")), 0u);
  }
  json_decref(root);
}

/* An SMMU that is off lets everything through as it is; one that another kernel finds enabled never does. */
LINUX_TEST(Life, KernelThatFindsTheSmmuEnabledRefusesWhatIsOnItsWay)
{
  int status = -1;
  json_t *root = linux_json("life --json", &status), *list, *one;

  ASSERT_TRUE(root != NULL);
  list = json_object_get(root, "life");
  EXPECT_GT(linux_number(linux_named(list, "shutdown"), "bypassed"), 50);
  EXPECT_GT(linux_number(linux_named(list, "driver"), "bypassed"), 50);
  one = linux_named(list, "left-enabled");
  EXPECT_EQ(linux_number(one, "bypassed"), 0);
  EXPECT_TRUE(said(one, "SMMU currently enabled! Resetting"));
  EXPECT_FALSE(said(linux_named(list, "shutdown"), "currently enabled"));
  json_decref(root);
}

LINUX_TEST(Life, OrdersOfEventsAreMany)
{
  static const char *const runs[] = { "life device-stall --json -s 5", "life process --json -s 5",
                                      "life device-ats --json -s 5" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
    linux_repeats(runs[i], NULL);
}

LINUX_TEST(Life, MistakesAreTold)
{
  static const char *const runs[] = { "life nobody", "life -s x", "life device driver",
                                      "life -s 1000000001" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    char *text = linux_run(runs[i], &status);

    EXPECT_EQ(status, WRONG);
    EXPECT_STR_CONTAINS(text, "smmulator-linux life");
    free(text);
  }
}
