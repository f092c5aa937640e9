/* Function, file and line of what software did: in findings and stories, live and from a recording; the
 * stop of --break-on. The program is smmulator with a faulty driver (tests/cli/faulty/). */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"
#include "watch/place.h"

#define RUN    "run dma-map-bare --set bench.loops=3 --set bench.warmup=0 --set device.dma=on"
#define LATE   RUN " --set device.late=on"
#define FORGOT "tests/cli/faulty/forgetful.c:"

/* ARGS of the faulty program; its output is to be freed. */
static int forgetful(const char *args, char **out, char **err)
{
  char script[1024];

  snprintf(script, sizeof script, "%s %s", test_program_path("smmulator_forgetful"), args);
  return cli_shell(script, out, err);
}

static json_t *forgetful_json(const char *args)
{
  json_t *root;
  char *out = NULL;

  (void)forgetful(args, &out, NULL);
  root = out ? json_loads(out, 0, NULL) : NULL;
  free(out);
  if (!root)
    ADD_TEST_FAILURE("%s: no JSON", args);
  return root;
}

/* Line of the first place in a source file with that text. */
static unsigned line_of(const char *file, const char *text)
{
  char *source = cli_read_source(file), *at = source ? strstr(source, text) : NULL;
  unsigned line = 1;

  for (char *c = source; at && c < at; c++)
    line += *c == '\n';
  free(source);
  return at ? line : 0;
}

/* ---- findings ---- */

static void expect_finding(const json_t *root)
{
  char place[128];

  snprintf(place, sizeof place, "__wrap_drv_inv_range " FORGOT "%u",
           line_of("tests/cli/faulty/forgetful.c", "plat_mmio_write"));
  EXPECT_STREQ(cli_text(root, "findings/0/rule"), "register-reserved-bits");
  EXPECT_STREQ(cli_text(root, "findings/0/where/0"), place);
  EXPECT_STR_CONTAINS(cli_text(root, "findings/0/where/1"), "drv_iotlb_sync driver/drv_unmap.c:");
}

/* Declared dead by iommufd or the DMA API, and stored by the driver. */
static void expect_story(const json_t *root)
{
  char text[128];

  EXPECT_STREQ(cli_text(root, "stories/0/verdict"), "stale_driver");
  EXPECT_STR_CONTAINS(cli_text(root, "stories/0/text/2"), "driver/drv_map.c:");
  snprintf(text, sizeof text, ", clear_run driver/drv_unmap.c:%u,",
           line_of("driver/drv_unmap.c", "plat_store64"));
  EXPECT_STR_CONTAINS(cli_text(root, "stories/0/text/3"), text);
  snprintf(text, sizeof text, " guest_sim/dma_api.c:%u",
           line_of("guest_sim/dma_api.c", "plat_note(dma->plat, PLAT_NOTE_UNMAPPED, iova"));
  EXPECT_STR_CONTAINS(cli_text(root, "stories/0/where/0"), text);
  snprintf(text + strlen(text), sizeof text - strlen(text), ", record %lld",
           (long long)json_integer_value(cli_at(root, "stories/0/blame")));
  EXPECT_STR_CONTAINS(cli_text(root, "stories/0/text/4"), text);
}

TEST_CASE(Places, FindingAndStoryNameFunctionFileAndLine)
{
  json_t *root;

  if (watch_places_lack())
    SKIP_TEST("%s", watch_places_lack());
  root = forgetful_json(LATE " --watch --json");
  expect_finding(root);
  expect_story(root);
  json_decref(root);
}

TEST_CASE(Places, RecordingKeepsThem)
{
  char folder[64], args[256], *out = NULL;
  json_t *root;

  if (watch_places_lack())
    SKIP_TEST("%s", watch_places_lack());
  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(args, sizeof args, LATE " -o %s >/dev/null 2>&1", folder);
  EXPECT_EQ(forgetful(args, NULL, NULL), 0);
  /* The right program has other addresses and the same names. */
  snprintf(args, sizeof args, "@ check %s --json", folder);
  EXPECT_EQ(cli_shell(args, &out, NULL), DIFFERS);
  root = json_loads(out, 0, NULL);
  free(out);
  expect_finding(root);
  expect_story(root);
  json_decref(root);
  snprintf(args, sizeof args,
           "@ trace cat %s | grep -c 'store-reg.*in __wrap_drv_inv_range " FORGOT "'", folder);
  EXPECT_EQ(cli_shell(args, &out, NULL), 0);
  EXPECT_STREQ(out, "3\n");
  free(out);
  cli_remove_folder(folder);
}

TEST_CASE(Places, DamagedNamesAreTheUsersMistakeAndMissingOnesAreNone)
{
  char folder[64], script[512], *err = NULL;

  ASSERT_TRUE(cli_make_folder(folder));
  snprintf(script, sizeof script, "@ " RUN " -o %s >/dev/null 2>&1", folder);
  EXPECT_EQ(cli_shell(script, NULL, NULL), 0);
  snprintf(script, sizeof script, "echo '1\tf\tx.c' >>%s/places.txt; @ check %s", folder, folder);
  EXPECT_EQ(cli_shell(script, NULL, &err), WRONG);
  EXPECT_STR_CONTAINS(err, "places.txt:");
  free(err);
  snprintf(script, sizeof script, "rm %s/places.txt; @ check %s", folder, folder);
  EXPECT_EQ(cli_shell(script, NULL, NULL), 0);
  cli_remove_folder(folder);
}

/* ---- --strict ---- */

TEST_CASE(Places, StrictFailsWithAFindingAndPassesWithout)
{
  char *out = NULL;

  EXPECT_EQ(forgetful(RUN " --watch --strict", &out, NULL), STRICT);
  EXPECT_STR_CONTAINS(out, "stale-driver                            0");
  EXPECT_STR_CONTAINS(out, "register-reserved-bits (6.3)");
  free(out);
  EXPECT_EQ(forgetful(RUN " --watch", NULL, NULL), 0);
  EXPECT_EQ(cli_shell("@ " RUN " --watch --strict", NULL, NULL), 0);
}

/* ---- --break-on ---- */

static void expect_trap(const char *rule, const char *what)
{
  const char *path = test_program_path("smmulator_forgetful");
  struct test_run run;

  ASSERT_TRUE(test_run_program(
    (const char *const[]){ path, "run", "dma-map-bare", "--set", "bench.loops=3", "--set",
                           "device.dma=on", "--set", "device.late=on", "--break-on", rule, NULL },
    &run));
  EXPECT_EQ(run.signal, SIGTRAP);
  EXPECT_STREQ(run.out, "");
  EXPECT_STR_CONTAINS(run.err, what);
  test_run_free(&run);
}

TEST_CASE(BreakOn, StopsAtTheFirstOffence)
{
  json_t *root = forgetful_json("run dma-map-bare --set bench.loops=3 --set device.dma=on "
                                "--set device.late=on --watch --json");
  char text[128];

  snprintf(text, sizeof text,
           "record %lld: IRQ_CTRL = 0xd: 0x8 is reserved\nstopped in the mistake\n",
           (long long)json_integer_value(cli_at(root, "findings/0/record")));
  expect_trap("register-reserved-bits", text);
  snprintf(text, sizeof text, "record %lld: stale-driver: 0x",
           (long long)json_integer_value(cli_at(root, "stories/0/blame")));
  expect_trap("stale-driver", text);
  json_decref(root);
}

TEST_CASE(BreakOn, NothingToStopAtIsAWholeRun)
{
  struct test_run run, plain;

  ASSERT_TRUE(test_run_tool(RUN " --break-on stale-device", &run));
  ASSERT_TRUE(test_run_tool(RUN, &plain));
  EXPECT_EQ(run.signal, 0);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STREQ(run.out, plain.out);
  EXPECT_STR_CONTAINS(run.err, "does not stop");
  test_run_free(&run);
  test_run_free(&plain);
}

TEST_CASE(BreakOn, UnknownRuleIsTheUsersMistake)
{
  struct test_run run;

  ASSERT_TRUE(test_run_tool(RUN " --break-on stale-drivr", &run));
  EXPECT_EQ(run.exit_code, WRONG);
  EXPECT_STR_CONTAINS(run.err, "did you mean \"stale-driver\"");
  test_run_free(&run);
  ASSERT_TRUE(test_run_tool(RUN " --break-on register-reserved", &run));
  EXPECT_EQ(run.exit_code, WRONG);
  EXPECT_STR_CONTAINS(run.err, "did you mean \"register-reserved-bits\"");
  test_run_free(&run);
}
