/* Damaged input: what can be replayed is, the rest is counted with its line, and what holds nothing
 * at all is refused with the reason. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"

static const char run_f[] = "F-vfio-edu-faults";
static const char run_a[] = "A-strict-nvme";

static char *log_text(const char *run, size_t *len)
{
  char path[600];

  snprintf(path, sizeof(path), "%s/qemu-smmu.log.zst", kit_recorded(run));
  return kit_slurp(path, len);
}

/* text with `extra` put in behind its n-th line. */
static char *insert_behind(const char *text, unsigned n, const char *extra, size_t *out_len)
{
  const char *at = text;
  char *out = NULL;
  FILE *f = open_memstream(&out, out_len);

  while (n-- > 0)
    at = strchr(at, '\n') + 1;
  fwrite(text, 1, (size_t)(at - text), f);
  fprintf(f, "%s%s", extra, at);
  fclose(f);
  return out;
}

static uint64_t dropped(const struct replay_results *res, enum trace_drop_reason why)
{
  return res->dropped.entry[why].count;
}

TEST_CASE(Damage, CutLastLineIsCounted)
{
  struct replay_results res;
  struct trace_error err;
  size_t len;
  char *text = log_text(run_f, &len);

  ASSERT_EQ(kit_replay_text(text, len - 3, "qemu", &res, &err), 0);
  EXPECT_EQ(dropped(&res, TRACE_DROP_CUT_LINE), 1);
  EXPECT_EQ(res.dropped.entry[TRACE_DROP_CUT_LINE].first_line, 13277);
  EXPECT_FALSE(replay_results_differ(&res));
  EXPECT_TRUE(replay_results_damaged(&res));
  free(text);
}

struct intruder {
  const char *line;
  enum trace_drop_reason why;
  bool damage;
};

static const struct intruder intruders[] = {
  { "7@1.000000:smmu_not_there a=1\n", TRACE_DROP_UNKNOWN_EVENT, true },
  { "7@1.000000:smmu_get_pte baseaddr=0x1 index=\n", TRACE_DROP_BAD_FIELDS, true },
  { "7@1.000000:smmu_get_pte baseaddr=0x0 index=0x0, pteaddr=0x3, pte=0x1\n", TRACE_DROP_BAD_FIELDS,
    true },
  { "7@1.000000:smmuv3_write_mmio addr: 0x21 val:0x1 size: 0x4(0)\n", TRACE_DROP_BAD_FIELDS, true },
  { "7@1.000000:smmuv3_write_mmio addr: 0x20 val:0x1 size: 0x2(0)\n", TRACE_DROP_BAD_FIELDS, true },
  { "no prefix at all\n", TRACE_DROP_NOT_A_TRACE, true },
  { "\n", TRACE_DROP_NOT_A_TRACE, true },
  { "gic: some message\n", TRACE_DROP_OTHER_DEVICE, false },
  { "smmuv3-iommu-memory-region-32-2 translation failed for iova=0x8046b03eadf6 "
    "(no recorded event)\n",
    TRACE_DROP_NO_EVENT, false },
};

static const char *const intruder_names[] = { "UnknownEvent", "MissingField", "UnalignedWord",
                                              "OddRegister",  "OddSize",      "NoPrefix",
                                              "EmptyLine",    "OtherDevice",  "NoRecordedEvent" };

PARAM_TEST_CASE(Damage, LineBetweenGoodOnes, intruder_names, 9)
{
  const struct intruder *in = &intruders[param];
  struct replay_results res;
  struct trace_error err;
  size_t len, longer;
  char *text = log_text(run_a, &len);
  char *with = insert_behind(text, 5000, in->line, &longer);

  ASSERT_EQ(kit_replay_text(with, longer, "qemu", &res, &err), 0);
  EXPECT_EQ(dropped(&res, in->why), 1);
  EXPECT_EQ(res.dropped.entry[in->why].first_line, 5001);
  EXPECT_STREQ(kit_first(&res), "none");
  EXPECT_EQ(replay_results_damaged(&res), in->damage);
  EXPECT_EQ(res.translations.matched, 3781);
  free(text);
  free(with);
}

/* A snapshot without one line of its image: mappings that need it are not judged, and counted. */
TEST_CASE(Damage, HoleInASnapshot)
{
  struct replay_results res;
  struct kit_dir dir;
  char path[600];
  size_t len;
  char *image;
  bool found = false;

  for (size_t without = 1; without < 400 && !found; without += 7) {
    ASSERT_TRUE(kit_make_dir(&dir));
    ASSERT_TRUE(kit_copy_run(&dir, kit_recorded(run_a)));
    snprintf(path, sizeof(path), "%s/snap0_mem.txt.zst", kit_recorded(run_a));
    image = kit_slurp_without_line(path, without, &len);
    ASSERT_TRUE(kit_write(&dir, "snap0_mem.txt.zst", image, len));
    free(image);
    ASSERT_TRUE(kit_replay(dir.path, "qemu", &res));
    EXPECT_STREQ(kit_first(&res), "none");
    if (dropped(&res, TRACE_DROP_SNAPSHOT_HOLE)) {
      EXPECT_GT(res.dropped.entry[TRACE_DROP_SNAPSHOT_HOLE].first_line, 0);
      EXPECT_TRUE(replay_results_damaged(&res));
      found = true;
    }
    kit_remove(&dir);
  }
  EXPECT_TRUE(found);
}

struct snapshot_damage {
  const char *file, *text;
  enum trace_drop_reason why;
};

static const struct snapshot_damage snapshot_damages[] = {
  { "snap0_regions.csv", "kind,base,size,note\nstrtab_l1,nonsense,0x800,\n",
    TRACE_DROP_SNAPSHOT_REGION },
  { "snap0_regions.csv", "kind,base,size,note\nstrtab_l1,0x453ff000,0x800,\n",
    TRACE_DROP_SNAPSHOT_OUTSIDE },
  { "snap0_regions.csv", "kind,base,size,note\nstrtab_l1,0xfffffffffffff000,0x2000,\n",
    TRACE_DROP_SNAPSHOT_REGION },
  { "snap0_mem.txt.zst", "0x453ff000: zz\n", TRACE_DROP_SNAPSHOT_IMAGE },
  { "snap0_mappings.csv", "sid,x\n0x8,1,2\n", TRACE_DROP_SNAPSHOT_ROW },
  { "snap0_pairs.csv", "log_line,x\n1,0x8,0x0,0x0,0x1,sleeping\n", TRACE_DROP_SNAPSHOT_ROW },
  { "snap0_cmdq.txt.zst", "0: 1 2\n", TRACE_DROP_SNAPSHOT_RING },
  { "snap0_evtq.txt", "# base=0x1000 log2size=99 prod=0x0 cons=0x0\n", TRACE_DROP_SNAPSHOT_RING },
  { "guest-edu-s1.txt", "D 0 W iova=zz cnt=1 kind=x expect=ok rc=0\n", TRACE_DROP_GUEST_LIST },
};

static const char *const snapshot_damage_names[] = { "Region", "RegionMissing", "RegionOverflow",
                                                     "Image",  "Mapping",       "Pair",
                                                     "Ring",   "RingSize",      "GuestList" };

PARAM_TEST_CASE(Damage, SnapshotFile, snapshot_damage_names, 9)
{
  const struct snapshot_damage *d = &snapshot_damages[param];
  struct replay_results res;
  struct kit_dir dir;

  ASSERT_TRUE(kit_make_dir(&dir));
  ASSERT_TRUE(kit_copy_run(&dir, kit_recorded(run_a)));
  ASSERT_TRUE(kit_write(&dir, d->file, d->text, strlen(d->text)));
  if (kit_replay(dir.path, "qemu", &res)) {
    EXPECT_STREQ(kit_first(&res), "none");
    EXPECT_GT(dropped(&res, d->why), 0);
    EXPECT_STREQ(res.dropped.entry[d->why].file,
                 d->why == TRACE_DROP_SNAPSHOT_OUTSIDE ? "snap0_mem.txt.zst" : d->file);
    EXPECT_TRUE(replay_results_damaged(&res));
  }
  kit_remove(&dir);
}

TEST_CASE(Damage, BrokenSnapshotJsonIsRefusedWithItsPlace)
{
  static const char json[] = "{\n \"log_lines\": 3,\n oops\n}\n";
  struct replay_options opt = { 0 };
  struct replay_results res;
  struct trace_error err;
  struct kit_dir dir;

  ASSERT_TRUE(kit_make_dir(&dir));
  ASSERT_TRUE(kit_copy_run(&dir, kit_recorded(run_a)));
  ASSERT_TRUE(kit_write(&dir, "snap0.json", json, sizeof(json) - 1));
  EXPECT_EQ(replay_path(dir.path, &opt, &res, &err), SMMU_ERR_FORMAT);
  EXPECT_STR_CONTAINS(err.text, "snap0.json:3:");
  kit_remove(&dir);
}

struct nothing {
  const char *text;
  const char *reason;
};

static const struct nothing nothings[] = {
  { "", "empty file" },
  { "hello\nworld\n", "2 lines without a trace prefix" },
  { "1@2.3:qcow2_something x\n", "1 unknown events" },
  { "1@2.3:smmu_reset_exit \n", "1 trace events" },
};

TEST_CASE(Damage, NothingReplayableIsRefusedWithTheReason)
{
  struct replay_results res;
  struct trace_error err;

  for (size_t i = 0; i < sizeof(nothings) / sizeof(nothings[0]); i++) {
    EXPECT_EQ(kit_replay_text(nothings[i].text, strlen(nothings[i].text), "qemu", &res, &err),
              SMMU_ERR_EMPTY);
    EXPECT_STR_CONTAINS(err.text, nothings[i].reason);
    EXPECT_STR_CONTAINS(err.text, "expected");
  }
}

TEST_CASE(Damage, FolderWithoutALogIsRefused)
{
  struct replay_options opt = { 0 };
  struct replay_results res;
  struct trace_error err;
  struct kit_dir dir;

  ASSERT_TRUE(kit_make_dir(&dir));
  EXPECT_EQ(replay_path(dir.path, &opt, &res, &err), SMMU_ERR_EMPTY);
  EXPECT_STR_CONTAINS(err.text, "qemu-smmu.log");
  kit_remove(&dir);
  EXPECT_EQ(replay_path(dir.path, &opt, &res, &err), SMMU_ERR_IO);
}

TEST_CASE(Damage, UnknownProfileIsRefused)
{
  struct replay_options opt = { .tlb_profile = "grand" };
  struct replay_results res;
  struct trace_error err;

  EXPECT_EQ(replay_path(kit_recorded(run_a), &opt, &res, &err), SMMU_ERR_BADARG);
  EXPECT_STR_CONTAINS(err.text, "neutral");
}

TEST_CASE(Damage, CutCompressedLogIsReplayedUpToThere)
{
  struct replay_results res;
  struct trace_error err;
  char path[600];
  static char bytes[60000];
  FILE *f;

  snprintf(path, sizeof(path), "%s/qemu-smmu.log.zst", kit_recorded(run_a));
  f = fopen(path, "rb");
  ASSERT_NOT_NULL(f);
  EXPECT_EQ(fread(bytes, 1, sizeof(bytes), f), sizeof(bytes));
  fclose(f);
  ASSERT_EQ(kit_replay_text(bytes, sizeof(bytes), "qemu", &res, &err), 0);
  EXPECT_EQ(dropped(&res, TRACE_DROP_DAMAGED_FILE), 1);
  EXPECT_GT(res.translations.matched, 500);
  EXPECT_STREQ(kit_first(&res), "none");
}

TEST_CASE(Damage, RandomBytesAreRefused)
{
  struct replay_results res;
  struct trace_error err;
  uint64_t seed = 71;
  static unsigned char bytes[40000];

  TEST_NOTE("seed %" PRIu64, seed);
  for (int round = 0; round < 20; round++) {
    for (size_t i = 0; i < sizeof(bytes); i++)
      bytes[i] = (unsigned char)kit_random(&seed);
    EXPECT_EQ(kit_replay_text((char *)bytes, sizeof(bytes), "qemu", &res, &err), SMMU_ERR_EMPTY);
  }
}

/* Digits and letters changed all over a log: whatever it then says, the session takes it. */
TEST_CASE(Damage, ScrambledLogsDoNoHarm)
{
  static const char *const profiles[] = { "none", "qemu", "neutral" };
  struct replay_results res;
  struct trace_error err;
  uint64_t seed = 72;
  size_t len;
  char *text = log_text(run_f, &len);
  size_t part = len > 200000 ? 200000 : len;
  char *scrambled = malloc(part);
  unsigned replayed = 0;

  TEST_NOTE("seed %" PRIu64, seed);
  for (int round = 0; round < 60; round++) {
    memcpy(scrambled, text, part);
    for (int i = 0; i < 20 << (round % 8); i++)
      scrambled[kit_random(&seed) % part] = "0123456789abcdef= \n"[kit_random(&seed) % 19];
    replayed += kit_replay_text(scrambled, part, profiles[round % 3], &res, &err) == 0;
  }
  EXPECT_EQ(replayed, 60);
  free(scrambled);
  free(text);
}
