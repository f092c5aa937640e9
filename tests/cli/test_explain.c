/* explain on the recorded run: what translates, what faults, which moment is shown, wrong lines. */
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

#define PAGE_ARGS "explain --sid 0x20 --iova 0x151400097 "

TEST_CASE(Explain, ShowsEveryReadUpToThePage)
{
  static const char *const what[] = { "L1STD",   "STE",     "CD",     "S1_DESC",
                                      "S1_DESC", "S1_DESC", "S1_DESC" };
  static const char *const address[] = { "0x483d8000", "0x7ac60800", "0x4830b000", "0x4563f000",
                                         "0x45609028", "0x4563c450", "0x48302000" };
  int exit_code = -1;
  json_t *root = cli_json(PAGE_ARGS "--json " CLI_RUN_F, &exit_code), *step;
  size_t i;

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(json_array_size(cli_at(root, "steps")), 7);
  json_array_foreach(cli_at(root, "steps"), i, step)
  {
    EXPECT_STREQ(cli_text(step, "what"), what[i]);
    EXPECT_STREQ(cli_text(step, "address"), address[i]);
  }
  EXPECT_STREQ(cli_text(root, "memory/source"), "snapshot");
  EXPECT_STREQ(cli_text(root, "result/status"), "ok");
  EXPECT_STREQ(cli_text(root, "result/pa"), "0x46a62097");
  EXPECT_STREQ(cli_text(root, "result/size"), "0x1000");
  json_decref(root);
}

/* Every address is base + index * size, and each base is what the step before said. */
TEST_CASE(Explain, AddressIsBasePlusIndex)
{
  int exit_code = -1;
  json_t *root = cli_json(PAGE_ARGS "--json " CLI_RUN_F, &exit_code), *step;
  size_t i;

  ASSERT_NOT_NULL(root);
  json_array_foreach(cli_at(root, "steps"), i, step)
  {
    unsigned long long base = strtoull(cli_text(step, "base"), NULL, 16);
    unsigned long long address = strtoull(cli_text(step, "address"), NULL, 16);

    EXPECT_EQ(address,
              base + (unsigned long long)(json_integer_value(cli_at(step, "index")) *
                                          json_integer_value(cli_at(step, "entry_bytes"))));
    if (i >= 4)
      EXPECT_STR_CONTAINS(
        cli_text(cli_at(root, "steps"), (const char *[]){ "3/means", "4/means", "5/means" }[i - 4]),
        cli_text(step, "base"));
  }
  json_decref(root);
}

TEST_CASE(Explain, TextReadsFromTopToBottom)
{
  static const char *const parts[] = { "IOVA 0x151400097 of stream 0x20, unprivileged data read",
                                       "snapshot 0",
                                       "level 1 stream table descriptor",
                                       "IHI 0070 5.1",
                                       "stream table entry (STE)",
                                       "IHI 0070 5.2",
                                       "context descriptor (CD)",
                                       "IHI 0070 5.4",
                                       "stage 1 descriptor, level 0",
                                       "Arm ARM D8.3",
                                       "at 0x45609028 = table 0x45609000 + 8 x 5 (IOVA[38:30])",
                                       "4 KiB page at 0x46a62000: user rw",
                                       "result   PA 0x46a62097",
                                       "caches   7 reads",
                                       "micro-TLB: 4 KiB at 0x151400000" };
  struct test_run run;
  const char *at;

  ASSERT_TRUE(test_run_tool(PAGE_ARGS CLI_RUN_F, &run));
  EXPECT_EQ(run.exit_code, 0);
  at = run.out;
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    const char *found = strstr(at, parts[i]);

    if (!found)
      FAIL_TEST("\"%s\" is not there, or too early, in:\n%s", parts[i], run.out);
    at = found;
  }
  test_run_free(&run);
}

/* The address is unmapped when the snapshot was taken; the log's last DMA to it was refused. Slot
 * 0 of the recorded ring: snap0_evtq.txt. */
TEST_CASE(Explain, FaultComesWithTheRecordOfTheRecording)
{
  int exit_code = -1;
  json_t *root =
    cli_json("explain --sid 0x20 --iova 0x354e65530 --write --json " CLI_RUN_F, &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  EXPECT_STREQ(cli_text(root, "memory/source"), "log");
  EXPECT_STREQ(cli_text(root, "result/status"), "abort");
  EXPECT_STREQ(cli_text(root, "result/event"), "F_PERMISSION");
  EXPECT_STREQ(cli_text(root, "result/record/0"), "0x2000000013");
  EXPECT_STREQ(cli_text(root, "result/record/1"), "0x20000000000");
  EXPECT_STREQ(cli_text(root, "result/record/2"), "0x354e65530");
  EXPECT_STREQ(cli_text(root, "result/record/3"), "0x0");
  EXPECT_STR_CONTAINS(cli_text(root, "steps/5/means"), "2 MiB block at 0x46a00000: user r-");
  json_decref(root);
}

TEST_CASE(Explain, SameAddressMayBeRead)
{
  int exit_code = -1;
  json_t *root = cli_json("explain --sid 0x20 --iova 0x354e65530 --json " CLI_RUN_F, &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/pa"), "0x46a65530");
  EXPECT_STREQ(cli_text(root, "result/size"), "0x200000");
  json_decref(root);
}

TEST_CASE(Explain, PageNobodyMappedFaultsInTheSnapshot)
{
  int exit_code = -1;
  json_t *root = cli_json("explain --sid 0x20 --iova 0xdead000000 --json " CLI_RUN_F, &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  EXPECT_STREQ(cli_text(root, "memory/source"), "snapshot");
  EXPECT_STREQ(cli_text(root, "result/event"), "F_TRANSLATION");
  json_decref(root);
}

TEST_CASE(Explain, AtALineShowsTheMachineOfThatLine)
{
  int exit_code = -1;
  json_t *root = cli_json(PAGE_ARGS "--at 500 --json " CLI_RUN_F, &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  EXPECT_STREQ(cli_text(root, "memory/source"), "log");
  EXPECT_EQ(json_integer_value(cli_at(root, "memory/line")), 500);
  EXPECT_STREQ(cli_text(root, "result/pa"), "0x46a62097");
  json_decref(root);
  /* Before the guest mapped it, the log has not shown the table yet. */
  root = cli_json(PAGE_ARGS "--at 300 --json " CLI_RUN_F, &exit_code);
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/event"), "F_TRANSLATION");
  json_decref(root);
}

TEST_CASE(Explain, LogAloneIsEnough)
{
  int exit_code = -1;
  json_t *root = cli_json(PAGE_ARGS "--json " CLI_RUN_F "/qemu-smmu.log.zst", &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  EXPECT_STREQ(cli_text(root, "memory/source"), "log");
  EXPECT_STREQ(cli_text(root, "result/pa"), "0x46a62097");
  json_decref(root);
}

TEST_CASE(Explain, UnknownStreamIsABadStream)
{
  int exit_code = -1;
  json_t *root = cli_json("explain --sid 0xfffff --iova 0 --json " CLI_RUN_F, &exit_code);

  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "result/event"), "C_BAD_STREAMID");
  EXPECT_EQ(json_array_size(cli_at(root, "steps")), 0);
  json_decref(root);
}

static const char *const mistakes[] = { "sid",  "iova", "path", "number", "range",
                                        "both", "gone", "at",   "line",   "log" };
static const struct {
  const char *args, *reason;
} wrong_lines[] = {
  { "explain --iova 0 " CLI_RUN_F, "--sid S is missing" },
  { "explain --sid 0 " CLI_RUN_F, "--iova A is missing" },
  { "explain --sid 0 --iova 0", "PATH is missing" },
  { "explain --sid 0 --iova x " CLI_RUN_F, "--iova is \"x\"" },
  { "explain --sid 0x100000000 --iova 0 " CLI_RUN_F, "0xffffffff" },
  { "explain --sid 0 --iova 0 --write --instruction " CLI_RUN_F, "contradict" },
  { "explain --sid 0 --iova 0 /no/such/folder", "No such file" },
  { "explain --sid 0 --iova 0 --at 0 " CLI_RUN_F, "from 1" },
  { "explain --sid 0 --iova 0 --at 99999999 " CLI_RUN_F, "the log has 13277 lines" },
  { "explain --sid 0 --iova 0 README.md", "nothing to replay" },
};

PARAM_TEST_CASE(Explain, WrongLineGetsAReason, mistakes, 10)
{
  cli_expect_refused(wrong_lines[param].args, WRONG, wrong_lines[param].reason);
}
