/* The example prints what docs/tlm.md shows. */
#include <stdio.h>
#include <string.h>

#include "shim/gtest_c.h"

TEST_CASE(TlmExample, PrintsWhatThePageShows)
{
  char path[4096], page[65536];
  const char *argv[] = { path, NULL };
  struct test_run run;
  size_t length;
  FILE *f;

  snprintf(path, sizeof path, "%s/examples/tlm_platform", test_build_dir());
  ASSERT_TRUE(test_run_program(argv, &run));
  EXPECT_EQ(run.exit_code, 0);
  snprintf(path, sizeof path, "%s/docs/tlm.md", test_source_dir());
  f = fopen(path, "r");
  ASSERT_NOT_NULL(f);
  length = fread(page, 1, sizeof page - 1, f);
  fclose(f);
  page[length] = 0;
  EXPECT_GT(run.out_len, 300u);
  EXPECT_STR_CONTAINS(page, run.out);
  test_run_free(&run);
}
