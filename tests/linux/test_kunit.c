/* The driver's own tests pass on our runtime. */
#include <stdlib.h>

#include "kit.h"

/* How many there are is a fact of the version; others pass all that they have. */
static const struct {
  const char *release;
  int kunit, selftest;
} counts[] = { { "6.12.", 22, 18 }, { "7.2.", 26, 63 } };

LINUX_TEST(Kunit, DriversOwnTestsPass)
{
  int status = -1;
  json_t *root = linux_json("kunit --json", &status);
  char *version = linux_run("--version", &status);

  ASSERT_TRUE(root != NULL);
  EXPECT_TRUE(json_is_true(json_object_get(root, "holds")));
  EXPECT_EQ(linux_number(root, "schema"), 1);
  EXPECT_GE(linux_number(root, "run"), 22);
  EXPECT_GE(linux_number(root, "selftest_run"), 18);
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    if (!linux_is_release(version, counts[i].release))
      continue;
    EXPECT_EQ(linux_number(root, "run"), counts[i].kunit);
    EXPECT_EQ(linux_number(root, "selftest_run"), counts[i].selftest);
  }
  EXPECT_EQ(linux_number(root, "failed"), 0);
  EXPECT_EQ(linux_number(root, "selftest_failed"), 0);
  free(version);
  json_decref(root);
}
