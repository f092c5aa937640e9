/* smmulator replay as a user runs it: exit status and what is said. */
#include <stdio.h>
#include <unistd.h>

#include "kit.h"
#include "shim/gtest_c.h"

struct call {
  const char *args;
  int exit_code;
  const char *out, *err; /* what stdout and stderr contain; NULL: nothing is asked */
};

static const struct call calls[] = {
  { "replay traces/recorded/F-vfio-edu-faults", 0, "Everything the recording tells was reproduced.",
    "lines/s" },
  { "replay --tlb none --progress never traces/recorded/A-strict-nvme", 0, "TLB profile none",
    NULL },
  { "replay --json --strict-input traces/recorded/F-vfio-edu-faults", 0, "\"schema\": 1", NULL },
  { "replay --progress json traces/recorded/F-vfio-edu-faults", 0, "160", NULL },
  { "replay", 2, NULL, "PATH is missing" },
  { "replay a b", 2, NULL, "one too many" },
  { "replay --nonsense", 2, NULL, "--nonsense" },
  { "replay no/such/thing", 2, NULL, "no/such/thing" },
  { "replay LICENSE", 2, NULL, "nothing to replay" },
  { "replay traces", 2, NULL, "qemu-smmu.log" },
  { "replay --format ftrace traces/recorded/A-strict-nvme", 2, NULL, "not there yet" },
  { "replay --engine timed traces/recorded/A-strict-nvme", 2, NULL, "not there yet" },
  { "replay --tlb grand traces/recorded/A-strict-nvme", 2, NULL, "grand" },
  { "replay --help", 0, "Example:", NULL },
};

static const char *const call_names[] = { "Folder",     "Options",  "Json",      "ProgressJson",
                                          "NoPath",     "TwoPaths", "BadOption", "NoFile",
                                          "NoTrace",    "NoLog",    "Format",    "Engine",
                                          "TlbProfile", "Help" };

PARAM_TEST_CASE(ReplayCommand, Answers, call_names, 14)
{
  const struct call *c = &calls[param];
  struct test_run run;

  if (access(test_tool_path(), X_OK) != 0)
    SKIP_TEST("missing: %s", test_tool_path());
  ASSERT_TRUE(test_run_tool(c->args, &run));
  EXPECT_EQ(run.exit_code, c->exit_code);
  if (c->out)
    EXPECT_STR_CONTAINS(run.out, c->out);
  else
    EXPECT_STREQ(run.out, "");
  if (c->err)
    EXPECT_STR_CONTAINS(run.err, c->err);
  test_run_free(&run);
}

TEST_CASE(ReplayCommand, StrictInputTurnsDamageIntoOne)
{
  static const char text[] = "7@1.000000:smmuv3_read_mmio addr: 0x0 val:0xd44101b size: 0x4(0)\n"
                             "7@1.000000:smmuv3_something_new\n";
  struct test_run run;
  struct kit_dir dir;
  char args[300];

  if (access(test_tool_path(), X_OK) != 0)
    SKIP_TEST("missing: %s", test_tool_path());
  ASSERT_TRUE(kit_make_dir(&dir));
  ASSERT_TRUE(kit_write(&dir, "log", text, sizeof(text) - 1));
  snprintf(args, sizeof(args), "replay %s/log", dir.path);
  ASSERT_TRUE(test_run_tool(args, &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STR_CONTAINS(run.out, "unknown event (first: line 2)");
  test_run_free(&run);
  snprintf(args, sizeof(args), "replay --strict-input %s/log", dir.path);
  ASSERT_TRUE(test_run_tool(args, &run));
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_STR_CONTAINS(run.err, "damaged");
  test_run_free(&run);
  kit_remove(&dir);
}
