/* The recordings that lie in the repository, and the full set where it is at hand: everything they
 * tell is reproduced. */
#include "kit.h"
#include "shim/gtest_c.h"

#include <stdio.h>
#include <string.h>

#define EXPECT_ALL_SAME(res, field, number) \
  do { \
    EXPECT_EQ((res).field.replayed, number); \
    EXPECT_EQ((res).field.matched, number); \
    EXPECT_EQ((res).field.mismatched, 0); \
  } while (0)

static const char *const profiles[] = { "none", "qemu", "neutral" };

PARAM_TEST_CASE(Recorded, FaultsOfTheGuestProgram, profiles, 3)
{
  struct replay_results res;

  ASSERT_TRUE(kit_replay(kit_recorded("F-vfio-edu-faults"), profiles[param], &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(res.lines, 13277);
  EXPECT_EQ(res.records, 12380);
  EXPECT_EQ(res.commands, 171);
  EXPECT_ALL_SAME(res, recorded_commands, 171);
  EXPECT_ALL_SAME(res, translations, 152);
  EXPECT_ALL_SAME(res, faults, 895);
  EXPECT_ALL_SAME(res, events, 895);
  EXPECT_ALL_SAME(res, dmas, 160);
  EXPECT_ALL_SAME(res, reads, 208);
  EXPECT_ALL_SAME(res, snapshot_pairs, 118);
  EXPECT_ALL_SAME(res, snapshot_leaves, 7837);
  EXPECT_EQ(res.snapshot_neighbours.mismatched, 0);
  EXPECT_GT(res.snapshot_neighbours.matched, 50);
  EXPECT_EQ(res.dropped.entry[TRACE_DROP_SPLIT_DMA].count, 838);
  EXPECT_EQ(res.dropped.entry[TRACE_DROP_OTHER_DEVICE].count, 2);
  EXPECT_FALSE(replay_results_damaged(&res));
  EXPECT_EQ(res.tlb.mismatched + res.config_cache.mismatched, 0);
  if (strcmp(profiles[param], "qemu") == 0) {
    EXPECT_EQ(res.tlb.hits, 178);
    EXPECT_EQ(res.tlb.misses, 869);
    EXPECT_EQ(res.config_cache.misses, 1);
  }
}

PARAM_TEST_CASE(Recorded, StartOfTheNvmeRun, profiles, 3)
{
  struct replay_results res;

  ASSERT_TRUE(kit_replay(kit_recorded("A-strict-nvme"), profiles[param], &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(res.lines, 20000);
  EXPECT_ALL_SAME(res, recorded_commands, 939);
  EXPECT_ALL_SAME(res, translations, 3781);
  EXPECT_ALL_SAME(res, snapshot_pairs, 358);
  EXPECT_ALL_SAME(res, snapshot_leaves, 27);
  EXPECT_FALSE(replay_results_damaged(&res));
}

/* Without the snapshots, stream table entries and context descriptors come from the log alone. */
PARAM_TEST_CASE(Recorded, LogAloneSuffices, profiles, 3)
{
  struct replay_results res;
  char path[600];

  snprintf(path, sizeof(path), "%s/qemu-smmu.log.zst", kit_recorded("F-vfio-edu-faults"));
  ASSERT_TRUE(kit_replay(path, profiles[param], &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_ALL_SAME(res, recorded_commands, 171);
  EXPECT_ALL_SAME(res, translations, 152);
  EXPECT_ALL_SAME(res, faults, 895);
  EXPECT_EQ(res.snapshots, 0);
}

TEST_CASE(Recorded, SlowPathGivesTheSame)
{
  struct replay_options fast = { .tlb_profile = "qemu" },
                        slow = { .tlb_profile = "qemu", .slow_path = true };
  struct replay_results a, b;
  struct trace_error err;

  ASSERT_EQ(replay_path(kit_recorded("A-strict-nvme"), &fast, &a, &err), 0);
  ASSERT_EQ(replay_path(kit_recorded("A-strict-nvme"), &slow, &b, &err), 0);
  a.seconds = b.seconds = 0;
  EXPECT_EQ(b.translations.matched, 3781);
  EXPECT_EQ(a.tlb.hits, b.tlb.hits);
  EXPECT_EQ(a.table_words.replayed, b.table_words.replayed);
  EXPECT_FALSE(replay_results_differ(&b));
}

/* What the recordings' own description says of each run. */
struct run {
  const char *name;
  uint64_t commands, translations, faults, hits, misses, flushes;
};

static const struct run runs[] = {
  { "A-strict-nvme", 7339, 38961, 0, 28196, 10765, 0 },
  { "B-lazy-nvme", 211, 38620, 0, 27205, 11415, 16 },
  { "C-strict-smp4-multi", 20869, 43879, 0, 32463, 11416, 0 },
  { "F-vfio-edu-faults", 171, 152, 895, 178, 869, 0 },
  { "H-cmdq-wrap-smp4", 67905, 0, 0, 0, 0, 0 },
  { "A-old-qemu7.2-linux6.1", 4903, 24578, 0, 17324, 7254, 0 },
};

static const char *const run_names[] = { "A", "B", "C", "F", "H", "Aold" };

static void check_run(const struct run *run, const char *path, const char *profile)
{
  struct replay_results res;

  ASSERT_TRUE(kit_replay(path, profile, &res));
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(res.commands, run->commands);
  EXPECT_ALL_SAME(res, recorded_commands, run->commands);
  EXPECT_ALL_SAME(res, translations, run->translations);
  EXPECT_ALL_SAME(res, faults, run->faults);
  EXPECT_EQ(res.reads.mismatched + res.table_words.mismatched + res.events.mismatched, 0);
  EXPECT_EQ(res.snapshot_pairs.mismatched + res.snapshot_leaves.mismatched, 0);
  EXPECT_EQ(res.snapshot_neighbours.mismatched, 0);
  EXPECT_EQ(res.tlb.mismatched + res.config_cache.mismatched, 0);
  EXPECT_FALSE(replay_results_damaged(&res));
  if (strcmp(profile, "qemu") == 0) {
    EXPECT_EQ(res.tlb.hits, run->hits);
    EXPECT_EQ(res.tlb.misses, run->misses);
    EXPECT_EQ(res.tlb_flushes, run->flushes);
  }
}

PARAM_TEST_CASE(RecordedFullSet, CachesOff, run_names, 6)
{
  if (!kit_shared(runs[param].name))
    SKIP_TEST("shared: %s", runs[param].name);
  check_run(&runs[param], kit_shared(runs[param].name), "none");
}

PARAM_TEST_CASE(RecordedFullSet, CachesAsRecorded, run_names, 6)
{
  if (!kit_shared(runs[param].name))
    SKIP_TEST("shared: %s", runs[param].name);
  check_run(&runs[param], kit_shared(runs[param].name), "qemu");
}

PARAM_TEST_CASE(RecordedFullSet, LargerCaches, run_names, 6)
{
  if (!kit_shared(runs[param].name))
    SKIP_TEST("shared: %s", runs[param].name);
  check_run(&runs[param], kit_shared(runs[param].name), "neutral");
}

PARAM_TEST_CASE(RecordedFullSet, LogAlone, run_names, 6)
{
  char path[700];

  if (!kit_shared(runs[param].name))
    SKIP_TEST("shared: %s", runs[param].name);
  snprintf(path, sizeof(path), "%s/qemu-smmu.log.zst", kit_shared(runs[param].name));
  check_run(&runs[param], path, "qemu");
}

/* Live pairs and leaves, as many as the recordings list. */
TEST_CASE(RecordedFullSet, SnapshotsOfA)
{
  struct replay_results res;

  if (!kit_shared("A-strict-nvme"))
    SKIP_TEST("shared: A-strict-nvme");
  ASSERT_TRUE(kit_replay(kit_shared("A-strict-nvme"), "none", &res));
  EXPECT_EQ(res.snapshots, 4);
  EXPECT_ALL_SAME(res, snapshot_pairs, 358 + 288 + 332 + 52);
  EXPECT_ALL_SAME(res, snapshot_leaves, 27 + 63 + 154 + 26);
}
