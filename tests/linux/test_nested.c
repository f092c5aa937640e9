/* The kernel's driver in a guest beside our own: the published table by both. */
#include <stdlib.h>
#include <string.h>

#include "kit.h"

enum {
  DONE = 0,
  WRONG = 2,
  CELLS = 20,
  WITHIN_PPM = 50000,
  READS_WITHIN = 50,
  OTHERS_WITHIN = 1000
};

static const char *text(const json_t *object, const char *key)
{
  return json_string_value(json_object_get(object, key));
}

static const json_t *exact(const json_t *cell, const char *driver)
{
  return json_object_get(json_object_get(cell, driver), "without_jitter");
}

/* What driver and VMM must do, from their sources: pages and a CMD_SYNC, one write of PROD and one read of
 * CONS that trap, a CMD_SYNC of the host for each 63 commands. Of unmaps of one thread, exactly. */
static void expect_counts(const json_t *cell, const char *which)
{
  const json_t *run = exact(cell, which);
  long long unmaps = linux_number(run, "unmaps"), pages = linux_number(cell, "bytes") / 4096;
  bool trapped = strcmp(text(cell, "mode"), "trapped") == 0;
  long long syncs = trapped ? (pages + 62) / 63 : 0;

  EXPECT_EQ(linux_number(run, "guest_commands"), (pages + 1) * unmaps);
  if (linux_number(cell, "threads") > 1)
    return;
  EXPECT_EQ(linux_number(run, "exits"), (trapped ? 2 : 0) * unmaps);
  EXPECT_EQ(linux_number(run, "ioctls"), (trapped ? 1 : 0) * unmaps);
  EXPECT_EQ(linux_number(run, "host_commands"), (trapped ? pages + syncs : 0) * unmaps);
  EXPECT_EQ(linux_number(run, "host_syncs"), syncs * unmaps);
  EXPECT_EQ(linux_number(run, "register_writes"), unmaps);
}

/* The same for the other driver, whatever it is. Ours does what that of 6.12 does, step by step; what others take is
 * not exactly the same. */
static void expect_equal(const json_t *cell, bool same_driver)
{
  static const char *const counts[] = { "unmaps",         "exits",         "ioctls",
                                        "guest_commands", "host_commands", "host_syncs",
                                        "register_writes" };
  const json_t *ours = exact(cell, "ours"), *theirs = exact(cell, "linux");
  long long a = linux_number(ours, "register_reads"), b = linux_number(theirs, "register_reads");

  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
    EXPECT_EQ(linux_number(ours, counts[i]), linux_number(theirs, counts[i]));
  EXPECT_LE(llabs(a - b), a / READS_WITHIN);
  if (linux_number(cell, "threads") != 1)
    return;
  a = linux_number(ours, "unmap_ps");
  b = linux_number(theirs, "unmap_ps");
  EXPECT_LE(llabs(a - b), same_driver ? 0 : a / OTHERS_WITHIN);
}

static void expect_clean(const json_t *cell)
{
  const json_t *verdicts = json_object_get(cell, "verdicts");

  EXPECT_EQ(json_array_size(json_object_get(cell, "findings")), 0u);
  EXPECT_EQ(linux_number(verdicts, "stale_driver") + linux_number(verdicts, "stale_device"), 0);
  EXPECT_GT(linux_number(json_object_get(cell, "model"), "translations"), 20);
  EXPECT_GT(linux_number(json_object_get(cell, "model"), "faults"), 20); /* what came late */
}

/* Each cell within 5 %, in either loop, and what one unmap causes is equal. */
LINUX_TEST(Nested, BothDriversGiveTheTable)
{
  int status = -1;
  json_t *root = linux_json("nested --json", &status), *cells = json_object_get(root, "cells");
  char *version = linux_run("--version", &(int){ 0 });
  bool same_driver = linux_is_release(version, "6.12.");
  json_t *cell;
  size_t i;

  free(version);
  EXPECT_EQ(status, DONE);
  EXPECT_EQ(json_array_size(cells), (size_t)CELLS);
  json_array_foreach(cells, i, cell)
  {
    long long ours = linux_number(json_object_get(cell, "ours"), "unmap_ps");
    long long theirs = linux_number(json_object_get(cell, "linux"), "unmap_ps");
    long long loop = linux_number(json_object_get(cell, "own_loop"), "unmap_ps");

    if (!json_is_true(json_object_get(cell, "holds")))
      ADD_TEST_FAILURE("%s does not hold: %s", text(cell, "name"), text(cell, "why"));
    EXPECT_GT(ours, 1000000);
    EXPECT_LE(llabs(theirs - ours), ours * WITHIN_PPM / 1000000);
    EXPECT_LE(llabs(loop - ours), ours * WITHIN_PPM / 1000000);
    expect_counts(cell, "linux");
    expect_counts(cell, "own_loop");
    expect_equal(cell, same_driver);
    expect_clean(cell);
  }
  json_decref(root);
}

/* Firmware names the extension, and the driver finds that its commands must be of a guest's kind. */
LINUX_TEST(Nested, GuestHasQueuesOfItsOwn)
{
  int status = -1;
  char *shown = linux_run("nested 4k/1/vcmdq -t 20 -s 1", &status);

  EXPECT_EQ(status, DONE);
  EXPECT_STR_CONTAINS(shown, "found companion CMDQV device");
  EXPECT_STR_CONTAINS(shown, "tegra241-cmdqv.c:");
  EXPECT_STR_CONTAINS(shown, "TLBI_NH_VA vmid=");
  EXPECT_STR_CONTAINS(shown, "driver.command");
  free(shown);
}

LINUX_TEST(Nested, SameOptionsGiveTheSameBytes)
{
  linux_repeats("nested 16k/2/trapped -t 20 -s 1 --json", NULL);
}

LINUX_TEST(Nested, MistakesAreTold)
{
  static const char *const runs[] = { "nested 4k", "nested -t 0", "nested -s 33",
                                      "nested -p no-such", "nested 4k/1/vcmdq 4k/2/vcmdq" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    char *said = linux_run(runs[i], &status);

    EXPECT_EQ(status, WRONG);
    EXPECT_STR_CONTAINS(said, "smmulator-linux nested");
    free(said);
  }
}
