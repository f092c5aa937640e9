/* The operations of a recording: numbers, figures, EVENT strings, and recordings that are not whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"

static void one(struct kit *k, unsigned cpu, uint64_t begin, uint64_t end, const char *operation)
{
  kit_begin(k, cpu, begin, operation, 0);
  kit_end(k, cpu, end, operation);
}

static const struct why_kind *kind_called(const struct kit *k, const char *name)
{
  for (unsigned i = 0; i < why_list_kinds(k->list); i++)
    if (strcmp(why_list_kind(k->list, i)->name, name) == 0)
      return why_list_kind(k->list, i);
  ADD_TEST_FAILURE("no kind %s", name);
  return why_list_kind(k->list, 0);
}

static void open_list(struct kit *k)
{
  kit_finish(k);
  if (why_list_open(&k->list, k->path, &k->err) != 0)
    ADD_TEST_FAILURE("%s", k->err.text);
}

/* CPUs are recorded one behind the other, as their clocks run apart. */
TEST_CASE(WhyList, NumbersAreByTheTimeOfTheEnd)
{
  static const uint64_t begins[] = { 0, 10, 40, 90 };
  struct kit k;
  uint32_t index = 0;

  kit_open(&k);
  one(&k, 1, 10, 50, "unmap");
  one(&k, 1, 90, 95, "unmap");
  one(&k, 0, 0, 30, "unmap");
  one(&k, 0, 40, 60, "unmap");
  open_list(&k);
  for (unsigned i = 0; i < 4; i++) {
    char event[16];

    snprintf(event, sizeof(event), "UNMAP#%u", i + 1);
    ASSERT_EQ(why_list_find(k.list, event, &index, &k.err), 0);
    EXPECT_EQ(why_list_op(k.list, index)->begin, begins[i]);
  }
  kit_close(&k);
}

TEST_CASE(WhyList, FiguresAreThoseOfTheLatencies)
{
  const struct why_kind *kind;
  struct kit k;

  kit_open(&k);
  for (uint64_t i = 1; i <= 200; i++)
    one(&k, 0, 1000 * i, 1000 * i + (i * 7) % 201, "map"); /* 1 to 200, each once */
  one(&k, 0, 500000, 500009, "unmap");
  open_list(&k);
  kind = kind_called(&k, "map");
  EXPECT_EQ(kind->count, 200);
  EXPECT_EQ(kind->mean, 100);
  EXPECT_EQ(kind->p50, 100);
  EXPECT_EQ(kind->p99, 198);
  EXPECT_EQ(kind->longest, 200);
  EXPECT_EQ((uint64_t)kind->slowest * 7 % 201, 200);
  EXPECT_EQ((uint64_t)kind->median * 7 % 201, 100);
  EXPECT_EQ(kind_called(&k, "unmap")->p99, 9);
  EXPECT_EQ(kind_called(&k, "exit")->count, 0);
  kit_close(&k);
}

static const char *const goods[] = { "exact", "any-case", "beginning", "slowest", "median" };
static const struct {
  const char *event;
  uint64_t begin;
} good_events[] = {
  { "UNMAP#2", 100 },       { "sync-WAIT#1", 300 }, { "Un#1", 0 },
  { "UNMAP#Slowest", 100 }, { "unmap#median", 0 },
};

static void three(struct kit *k)
{
  kit_open(k);
  one(k, 0, 0, 10, "unmap");
  one(k, 0, 100, 190, "unmap");
  one(k, 0, 300, 310, "sync-wait");
  one(k, 0, 300, 310, "sync-else");
  kit_begin(k, 0, 400, "exit", 0);
  open_list(k);
}

PARAM_TEST_CASE(WhyList, EventStringFindsItsOperation, goods, 5)
{
  struct kit k;
  uint32_t index = 0;

  three(&k);
  ASSERT_EQ(why_list_find(k.list, good_events[param].event, &index, &k.err), 0);
  EXPECT_EQ(why_list_op(k.list, index)->begin, good_events[param].begin);
  kit_close(&k);
}

static const char *const bads[] = { "no-hash", "empty",   "nothing", "zero",      "behind",
                                    "unknown", "letters", "huge",    "ambiguous", "unfinished" };
static const struct {
  const char *event, *text;
} bad_events[] = {
  { "UNMAP", "expected for example UNMAP#17" },
  { "", "is no event" },
  { "#1", "no operation is called" },
  { "UNMAP#0", "UNMAP#1 to UNMAP#2" },
  { "UNMAP#3", "there is no UNMAP#3: the recording has UNMAP#1 to UNMAP#2" },
  { "REMAP#1", "\"REMAP\"; expected one of UNMAP, SYNC-WAIT" },
  { "UNMAP#1x", "\"1x\" behind # is no number" },
  { "UNMAP#99999999999999999999999", "behind # is no number" },
  { "SYNC#1", "more than one operation begins with \"SYNC\"" },
  { "EXIT#1", "no exit ended" },
};

PARAM_TEST_CASE(WhyList, EventStringThatIsNoneGetsAReason, bads, 10)
{
  struct kit k;
  uint32_t index = 0;

  three(&k);
  EXPECT_EQ(why_list_find(k.list, bad_events[param].event, &index, &k.err), SMMU_ERR_BADARG);
  EXPECT_STR_CONTAINS(k.err.text, bad_events[param].text);
  kit_close(&k);
}

TEST_CASE(WhyList, OperationThatDidNotEndHasNoNumber)
{
  struct kit k;

  three(&k);
  EXPECT_EQ(kind_called(&k, "exit")->count, 0);
  EXPECT_EQ(kind_called(&k, "exit")->unfinished, 1);
  EXPECT_EQ(why_path_create(&k.why, k.list, why_list_count(k.list) - 1, &k.err), SMMU_ERR_BADARG);
  kit_close(&k);
}

/* An end without a beginning, and one that leaves an inner operation open. */
TEST_CASE(WhyList, NotesOutOfOrderAreCountedAndLeftOut)
{
  struct kit k;

  kit_open(&k);
  kit_end(&k, 0, 5, "map");
  kit_begin(&k, 0, 10, "unmap", 0);
  kit_begin(&k, 0, 20, "submit", 0);
  kit_end(&k, 0, 30, "unmap");
  one(&k, 0, 40, 50, "map");
  open_list(&k);
  EXPECT_EQ(why_list_op(k.list, 2)->parent, WHY_NONE);
  EXPECT_EQ(why_list_unmatched(k.list), 2);
  EXPECT_EQ(kind_called(&k, "unmap")->count, 1);
  EXPECT_EQ(kind_called(&k, "submit")->unfinished, 1);
  ASSERT_TRUE(kit_why(&k, "UNMAP#1"));
  EXPECT_EQ(k.why->nodes, 2);
  kit_close(&k);
}

TEST_CASE(WhyList, TimeOfACpuNeverGoesBack)
{
  struct kit k;

  kit_open(&k);
  one(&k, 0, 100, 50, "unmap");
  one(&k, 1, 10, 20, "unmap");
  open_list(&k);
  EXPECT_EQ(why_list_op(k.list, 0)->end, 100);
  EXPECT_EQ(why_list_op(k.list, 1)->end, 20);
  ASSERT_TRUE(kit_why(&k, "UNMAP#2"));
  EXPECT_EQ(k.why->total, 0);
  kit_close(&k);
}

TEST_CASE(WhyList, RecordingWithoutOperationsIsAnError)
{
  struct kit k;

  kit_open(&k);
  kit_charge(&k, 0, 0, 10, "vm.exit");
  kit_finish(&k);
  EXPECT_EQ(why_list_open(&k.list, k.path, &k.err), SMMU_ERR_EMPTY);
  EXPECT_STR_CONTAINS(k.err.text, "no operation among 1 records");
  kit_close(&k);
}

TEST_CASE(WhyList, CutRecordingIsUsedAndSaidToBeCut)
{
  unsigned char *bytes;
  struct kit k;
  size_t len;

  kit_open(&k);
  one(&k, 0, 0, 10, "unmap");
  one(&k, 0, 20, 30, "unmap");
  kit_finish(&k);
  bytes = kit_bytes(k.path, &len);
  kit_write_bytes(k.path, bytes, len - 1);
  free(bytes);
  ASSERT_EQ(why_list_open(&k.list, k.path, &k.err), 0);
  EXPECT_STR_CONTAINS(why_list_cut(k.list), "only 63 of 64 bytes of the last record");
  EXPECT_EQ(kind_called(&k, "unmap")->count, 1);
  EXPECT_EQ(kind_called(&k, "unmap")->unfinished, 1);
  kit_close(&k);
}
