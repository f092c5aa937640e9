/* The driver's own tests pass on our runtime. */
#include "kit.h"

LINUX_TEST(Kunit, DriversOwnTestsPass)
{
  int status = -1;
  json_t *root = linux_json("kunit --json", &status);

  ASSERT_TRUE(root != NULL);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(linux_number(root, "schema"), 1);
  EXPECT_EQ(linux_number(root, "run"), 22);
  EXPECT_EQ(linux_number(root, "failed"), 0);
  EXPECT_EQ(linux_number(root, "selftest_run"), 18);
  EXPECT_EQ(linux_number(root, "selftest_failed"), 0);
  json_decref(root);
}
