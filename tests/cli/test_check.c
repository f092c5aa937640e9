/* check, and run --watch: the same verdicts live and from a recording, exit statuses, stories. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "plat/plat.h"
#include "shim/gtest_c.h"
#include "traces/smt.h"

#define LATE "small-demo --set device.dma=on --set device.late=on"

static json_int_t verdict(const json_t *root, const char *key)
{
  return json_integer_value(json_object_get(cli_at(root, "verdicts"), key));
}

/* The recording, but for one thing: each unmap says at its end that the mapping is dead, which in lazy
 * mode is a promise too early. */
static void copy_with_early_promises(const char *from, const char *to)
{
  struct smmu_record r, mapped[2] = { { 0 }, { 0 } };
  struct smt_reader *reader;
  struct smt_writer *writer;
  struct trace_error err;

  ASSERT_EQ(smt_reader_open(&reader, from, &err), 0);
  ASSERT_EQ(smt_writer_create(&writer, to, smt_reader_head(reader), &err), 0);
  while (smt_reader_next(reader, &r, &err) > 0) {
    bool note = r.category == SMMU_TRACE_NOTE;

    if (note && r.result == PLAT_NOTE_MAPPED && r.actor < 2)
      mapped[r.actor] = r;
    if (note && r.result == PLAT_NOTE_STOP && r.addr_in == PLAT_OP_UNMAP && r.actor < 2) {
      struct smmu_record dead = mapped[r.actor];

      dead.time = r.time;
      dead.result = PLAT_NOTE_UNMAPPED;
      smt_writer_record(writer, &dead);
    }
    smt_writer_record(writer, &r);
  }
  EXPECT_EQ(smt_writer_close(writer, &err), 0);
  smt_reader_close(reader);
}

TEST_CASE(Check, RecordingGetsTheVerdictsOfTheRun)
{
  static const char *const keys[] = { "fresh", "window_pending", "window_deferred", "stale_driver",
                                      "stale_device" };
  char folder[64], args[512];
  int exit_code = -1;
  json_t *live, *recorded;

  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(args, sizeof args, "run " LATE " --set guest.dma=lazy --watch --strict --json -o %s",
           folder);
  live = cli_json(args, &exit_code);
  EXPECT_EQ(exit_code, 0);
  snprintf(args, sizeof args, "check --json %s", folder);
  recorded = cli_json(args, &exit_code);
  EXPECT_EQ(exit_code, 0);
  ASSERT_NOT_NULL(live);
  ASSERT_NOT_NULL(recorded);
  for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
    EXPECT_EQ(verdict(live, keys[i]), verdict(recorded, keys[i]));
  EXPECT_EQ(verdict(live, "fresh"), 24);
  EXPECT_EQ(verdict(live, "window_deferred"), 24);
  EXPECT_TRUE(json_equal(cli_at(live, "windows"), cli_at(recorded, "windows")));
  json_decref(live);
  json_decref(recorded);
  cli_remove_folder(folder);
}

TEST_CASE(Check, StaleRecordingIsAFindingWithStories)
{
  char folder[64], args[512], path[96];
  struct test_run run;
  int exit_code = -1;
  json_t *root;

  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(args, sizeof args, "@ run " LATE " --set guest.dma=lazy -o %s >/dev/null 2>&1", folder);
  EXPECT_EQ(cli_shell(args, NULL, NULL), 0);
  snprintf(path, sizeof path, "%s/early.smt", folder);
  copy_with_early_promises(folder, path);
  snprintf(args, sizeof args, "check %s --json", path);
  root = cli_json(args, &exit_code);
  EXPECT_EQ(exit_code, DIFFERS);
  ASSERT_NOT_NULL(root);
  EXPECT_EQ(verdict(root, "stale_driver"), 24);
  EXPECT_EQ(json_array_size(cli_at(root, "stories")), 24);
  EXPECT_STREQ(cli_text(root, "stories/0/verdict"), "stale_driver");
  EXPECT_STR_CONTAINS(cli_text(root, "stories/0/text/2"), "mapped:   CPU ");
  json_decref(root);
  snprintf(args, sizeof args, "check %s", path);
  ASSERT_TRUE(test_run_tool(args, &run));
  EXPECT_EQ(run.exit_code, DIFFERS);
  EXPECT_STR_CONTAINS(run.out, "(VM 0), unmap that began in record");
  EXPECT_STR_CONTAINS(run.out, "and 21 stories more");
  test_run_free(&run);
  cli_remove_folder(folder);
}

TEST_CASE(Check, RunSaysItsVerdicts)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool("run " LATE " --watch --strict", &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STR_CONTAINS(run.out, "latency in us");
  EXPECT_STR_CONTAINS(run.out, "fresh                                  24");
  EXPECT_STR_CONTAINS(run.out, "stale-device                            0");
  test_run_free(&run);
}

/* Watching changes nothing that the run prints. */
TEST_CASE(Check, WatchedRunIsTheSameRun)
{
  EXPECT_EQ(cli_shell("@ run " LATE " >/tmp/.watch.$$ && @ run " LATE
                      " --watch | sed '/^verdicts/,$d' | cmp - /tmp/.watch.$$; s=$?; "
                      "rm /tmp/.watch.$$; exit $s",
                      NULL, NULL),
            0);
}

TEST_CASE(Check, StrictWithoutWatchIsWrong)
{
  cli_expect_refused("run small-demo --strict", WRONG, "give both");
}

TEST_CASE(Check, MissingPathIsWrong)
{
  struct test_run run;

  cli_expect_refused("check", WRONG, "PATH is missing");
  cli_expect_refused("check /nowhere/at-all", WRONG, "/nowhere/at-all");
  ASSERT_TRUE(test_run_tool("check LICENSE", &run));
  EXPECT_EQ(run.exit_code, WRONG);
  test_run_free(&run);
}

TEST_CASE(Check, RunThatFailsTellsWhatItSawUntilThen)
{
  int exit_code = -1;
  json_t *root = cli_json(
    "run " LATE " --set bench.loops=1000000 --set run.limit=3ms --watch --json", &exit_code);

  EXPECT_EQ(exit_code, DIFFERS);
  EXPECT_GT(verdict(root, "fresh"), 0);
  json_decref(root);
}
