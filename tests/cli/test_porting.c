/* docs/porting.md followed: the example, and a copy of it that lies outside the source tree. */
#include <stdio.h>
#include <stdlib.h>

#include "kit.h"
#include "shim/gtest_c.h"
#include "watch/place.h"

static const char *const names[] = { "own_driver", "brought_driver" };

static int run(const char *name, const char *option, struct test_run *r)
{
  char path[512];
  const char *const argv[] = { path, option, NULL };

  snprintf(path, sizeof path, "%s/examples/%s", test_build_dir(), name);
  return test_run_program(argv, r) ? r->exit_code : -1;
}

PARAM_TEST_CASE(Porting, DriverIsBroughtAndNothingIsWrong, names, 2)
{
  struct test_run r;

  ASSERT_EQ(run(names[param], NULL, &r), 0);
  EXPECT_STREQ(r.out, "mapped  : 0x40000123 becomes 0x80005123\n"
                      "unmapped: 0x40000123 is refused, event 0x10\n\n"
                      "1 fresh, 0 stale, 0 findings\n");
  EXPECT_STREQ(r.err, "");
  test_run_free(&r);
}

PARAM_TEST_CASE(Porting, ForgottenTlbiIsNamedWithItsLine, names, 2)
{
  struct test_run r;

  if (watch_places_lack())
    SKIP_TEST("%s", watch_places_lack());
  ASSERT_EQ(run(names[param], "--forget", &r), 1);
  EXPECT_STR_CONTAINS(r.out, "tlbi-missing in own_clear ");
  EXPECT_STR_CONTAINS(r.out, "driver.c:");
  EXPECT_STR_CONTAINS(r.out, "stale-driver: 0x40000123 of stream 0x5 became 0x80005123");
  EXPECT_STR_CONTAINS(r.out, "1 fresh, 1 stale, 1 findings\n");
  test_run_free(&r);
}

TEST_CASE(Porting, OtherWordsAreRefused)
{
  struct test_run r;

  ASSERT_EQ(run("own_driver", "--forgive", &r), 2);
  EXPECT_STR_CONTAINS(r.err, "usage");
  test_run_free(&r);
}
