/* Devices change domains while they translate. */
#include <string.h>

#include "kit.h"

enum { DONE = 0 };

/* Both kinds of choice the kernel makes, and each answer one of a place that the device was in. */
LINUX_TEST(Transitions, EveryAnswerIsOfAPlaceTheDeviceWasIn)
{
  int status = -1;
  json_t *root = linux_json("transitions --json", &status), *list, *one;
  unsigned identity = 0;
  size_t i;

  ASSERT_TRUE(root != NULL);
  EXPECT_EQ(status, DONE);
  list = json_object_get(root, "transitions");
  EXPECT_GE(json_array_size(list), 14u);
  json_array_foreach(list, i, one)
  {
    json_t *verdicts = json_object_get(one, "verdicts");

    EXPECT_EQ(linux_number(one, "moves"), 120);
    EXPECT_GT(linux_number(one, "right"), 1000);
    EXPECT_EQ(linux_number(one, "wrong"), 0);
    EXPECT_EQ(linux_number(verdicts, "stale_driver") + linux_number(verdicts, "stale_device"), 0);
    EXPECT_EQ(json_array_size(json_object_get(one, "findings")), 0u);
    identity += strcmp(json_string_value(json_object_get(one, "chosen")), "identity") == 0;
  }
  EXPECT_EQ(identity, json_array_size(list) / 2);
  json_decref(root);
}
