/* A replay that is watched: the recorded guest did nothing wrong, and what it would have done wrong is
 * noticed with its line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "kit.h"
#include "shim/gtest_c.h"

static const char run_f[] = "F-vfio-edu-faults";

/* The answer to `replay --watch --json MORE`; NULL: there is none, which is reported. */
static json_t *watched(const char *path, const char *more, int *exit_code)
{
  struct test_run run;
  char args[600];
  json_t *root;

  snprintf(args, sizeof args, "replay --watch --json --progress never %s %s", more, path);
  if (!test_run_tool(args, &run))
    return NULL;
  *exit_code = run.exit_code;
  root = json_loads(run.out, 0, NULL);
  if (!root)
    ADD_TEST_FAILURE("%s: %s%s", args, run.out, run.err);
  test_run_free(&run);
  return root;
}

static json_int_t number(const json_t *root, const char *object, const char *key)
{
  return json_integer_value(json_object_get(json_object_get(root, object), key));
}

static void expect_clean(const json_t *root, json_int_t fresh, json_int_t unmaps)
{
  EXPECT_EQ(number(json_object_get(root, "windows"), "flush", "count"), 0);
  EXPECT_EQ(number(root, "verdicts", "fresh"), fresh);
  EXPECT_EQ(number(root, "verdicts", "window_pending"), 0);
  EXPECT_EQ(number(root, "verdicts", "stale_driver"), 0);
  EXPECT_EQ(number(root, "verdicts", "stale_device"), 0);
  EXPECT_EQ(json_array_size(json_object_get(root, "findings")), 0);
  EXPECT_EQ(number(root, "unmaps", "listed"), unmaps);
  EXPECT_EQ(number(root, "unmaps", "matched"), unmaps);
  EXPECT_EQ(number(root, "unmaps", "mismatched"), 0);
}

TEST_CASE(ReplayWatched, GuestOfRunFDidNothingWrong)
{
  int exit_code = -1;
  json_t *root;

  if (access(test_tool_path(), X_OK) != 0)
    SKIP_TEST("missing: %s", test_tool_path());
  root = watched(kit_recorded(run_f), "", &exit_code);
  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  expect_clean(root, 152, 57);
  json_decref(root);
}

struct full {
  const char *run;
  json_int_t fresh, unmaps, lazy;
};

static const struct full fulls[] = {
  { "A-strict-nvme", 38961, 3662, 0 },          { "B-lazy-nvme", 38620, 0, 3662 },
  { "C-strict-smp4-multi", 43879, 10411, 0 },   { "H-cmdq-wrap-smp4", 0, 33928, 0 },
  { "A-old-qemu7.2-linux6.1", 24578, 2445, 0 },
};

static const char *const full_names[] = { "A", "B", "C", "H", "Aold" };

PARAM_TEST_CASE(ReplayWatched, GuestsDidNothingWrong, full_names, 5)
{
  const struct full *f = &fulls[param];
  const char *path = kit_shared(f->run);
  int exit_code = -1;
  json_t *root, *drop;
  json_int_t lazy = 0;
  size_t i;

  if (!path)
    SKIP_TEST("shared: %s", f->run);
  if (access(test_tool_path(), X_OK) != 0)
    SKIP_TEST("missing: %s", test_tool_path());
  root = watched(path, "", &exit_code);
  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 0);
  expect_clean(root, f->fresh, f->unmaps);
  json_array_foreach(json_object_get(root, "dropped"), i, drop)
  {
    if (strstr(json_string_value(json_object_get(drop, "reason")), "lazy mode"))
      lazy = json_integer_value(json_object_get(drop, "count"));
  }
  EXPECT_EQ(lazy, f->lazy);
  json_decref(root);
}

/* A copy of the run with one of its files replaced by text. */
static bool copy_with(const struct kit_dir *dir, const char *compressed, const char *plain,
                      const char *text, size_t len)
{
  char path[300];

  if (!kit_copy_run(dir, kit_recorded(run_f)))
    return false;
  snprintf(path, sizeof path, "%s/%s", dir->path, compressed);
  return unlink(path) == 0 && kit_write(dir, plain, text, len);
}

static char *file_of_run(const char *name, size_t *len)
{
  char path[600];

  snprintf(path, sizeof path, "%s/%s", kit_recorded(run_f), name);
  return kit_slurp(path, len);
}

/* What the guest's own trace says: a line more, or its end cut off. */
static json_t *with_guest_trace(const char *more, size_t cut, const char *options, int *exit_code)
{
  struct kit_dir dir;
  size_t len;
  char *text = file_of_run("ftrace.txt.zst", &len), *all;
  json_t *root = NULL;

  all = text ? malloc(len + strlen(more) + 1) : NULL;
  if (all && kit_make_dir(&dir)) {
    memcpy(all, text, len - cut);
    memcpy(all + len - cut, more, strlen(more) + 1);
    if (copy_with(&dir, "ftrace.txt.zst", "ftrace.txt", all, len - cut + strlen(more)))
      root = watched(dir.path, options, exit_code);
    kit_remove(&dir);
  }
  free(all);
  free(text);
  return root;
}

#define UNMAP(from, to, size) \
  " dmaload-170 [000] ..... 26.8: unmap: IOMMU: iova=" from " - " to " size=" size \
  " unmapped_size=" size "\n"

static const char *const lacks[][2] = {
  { UNMAP("0x0000000000005000", "0x0000000000006000", "4096"), "0x5000 and 0x1000 bytes: none" },
  { UNMAP("0x00000013f1600000", "0x00000013f1600000", "0"), NULL },
};

static const char *const lack_names[] = { "NoCommand", "NoBytes" };

PARAM_TEST_CASE(ReplayWatched, UnmapWithoutItsInvalidationIsNamed, lack_names, 2)
{
  int exit_code = -1;
  json_t *root, *first;

  if (access(test_tool_path(), X_OK) != 0)
    SKIP_TEST("missing: %s", test_tool_path());
  root = with_guest_trace(lacks[param][0], 0, "--strict-input", &exit_code);
  ASSERT_NOT_NULL(root);
  first = json_object_get(root, "first_divergence");
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(number(root, "unmaps", "matched"), 57);
  EXPECT_EQ(number(root, "unmaps", "mismatched"), lacks[param][1] ? 1 : 0);
  if (lacks[param][1]) {
    EXPECT_STREQ(json_string_value(json_object_get(first, "what")), "unmap");
    EXPECT_STREQ(json_string_value(json_object_get(first, "file")), "ftrace.txt");
    EXPECT_STREQ(json_string_value(json_object_get(first, "got")), lacks[param][1]);
  }
  json_decref(root);
}

/* The start of the line that holds the last `what`; NULL: there is none. */
static char *last_line_with(char *text, const char *what)
{
  char *last = NULL;

  for (char *at = text; (at = strstr(at, what)) != NULL; at++)
    last = at;
  while (last && last > text && last[-1] != '\n')
    last--;
  return last;
}

/* The last unmap grows by a page for which no command comes. */
TEST_CASE(ReplayWatched, UnmapInvalidatedInPartIsNamed)
{
  static const char grown[] = UNMAP("0x00000013f1600000", "0x00000013f1603000", "12288");
  size_t len, cut = 0;
  char *text = file_of_run("ftrace.txt.zst", &len), *last;
  int exit_code = -1;
  json_t *root;

  if (access(test_tool_path(), X_OK) != 0)
    SKIP_TEST("missing: %s", test_tool_path());
  ASSERT_NOT_NULL(text);
  last = last_line_with(text, "unmap: IOMMU: iova=0x00000013f1600000");
  ASSERT_NOT_NULL(last);
  cut = len - (size_t)(last - text);
  free(text);
  root = with_guest_trace(grown, cut, "", &exit_code);
  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 1);
  EXPECT_STREQ(json_string_value(json_object_get(json_object_get(root, "first_divergence"), "got")),
               "0x13f1600000 and 0x3000 bytes: a part of them");
  json_decref(root);
}

/* STRTAB_BASE written once more, before the guest disables the SMMU in line 13,276. */
TEST_CASE(ReplayWatched, FindingNamesTheLineOfTheLog)
{
  static const char more[] =
    "4701@1795162841.000000:smmuv3_write_mmio addr: 0x80 val:0x40000000483d8000 size: 0x8(0)\n";
  struct kit_dir dir;
  size_t len, before;
  char *text, *all, *disables;
  int exit_code = -1;
  json_t *root = NULL, *finding;

  if (access(test_tool_path(), X_OK) != 0)
    SKIP_TEST("missing: %s", test_tool_path());
  text = file_of_run("qemu-smmu.log.zst", &len);
  ASSERT_NOT_NULL(text);
  disables = last_line_with(text, "write_mmio addr: 0x20 val:0x0 ");
  ASSERT_NOT_NULL(disables);
  before = (size_t)(disables - text);
  all = malloc(len + sizeof more);
  if (all && kit_make_dir(&dir)) {
    memcpy(all, text, before);
    memcpy(all + before, more, sizeof more - 1);
    memcpy(all + before + sizeof more - 1, disables, len - before);
    if (copy_with(&dir, "qemu-smmu.log.zst", "qemu-smmu.log", all, len + sizeof more - 1))
      root = watched(dir.path, "", &exit_code);
    kit_remove(&dir);
  }
  free(text);
  free(all);
  ASSERT_NOT_NULL(root);
  EXPECT_EQ(exit_code, 1);
  finding = json_array_get(json_object_get(root, "findings"), 0);
  EXPECT_STREQ(json_string_value(json_object_get(finding, "rule")), "register-while-enabled");
  EXPECT_EQ(json_integer_value(json_object_get(finding, "line")), 13276);
  json_decref(root);
}
