/* The kernel's own benchmark of its DMA API, on the model. */
#include <stdlib.h>
#include <string.h>

#include "kit.h"

enum { DONE = 0, DIFFERS = 1, WRONG = 2 };

static json_t *bench(const char *args, int *status)
{
  json_t *root = linux_json(args, status), *one = NULL;

  if (root) {
    one = json_incref(json_array_get(json_object_get(root, "benches"), 0));
    json_decref(root);
  }
  return one;
}

static long long model(json_t *one, const char *key)
{
  return linux_number(json_object_get(one, "model"), key);
}

static long long found(json_t *one)
{
  const json_t *verdicts = json_object_get(one, "verdicts");

  return linux_number(verdicts, "stale_driver") + linux_number(verdicts, "stale_device") +
         (long long)json_array_size(json_object_get(one, "findings"));
}

/* Each turn of the loop is a map and an unmap, whose device was answered in between, and a strict unmap waits
 * for a CMD_SYNC. */
LINUX_TEST(Bench, EveryTurnOfTheLoopIsSeenByTheModel)
{
  static const char *const runs[] = { "bench -t 1 -g 1 -m strict -v neutral -u 50 --json",
                                      "bench -t 16 -g 16 -m strict -v cmdqv -u 50 --json",
                                      "bench -t 3 -g 64 -d from -m strict -v s2-only -u 50 --json",
                                      "bench -t 64 -g 2 -d to -m strict -v neutral -u 50 --json" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    json_t *one = bench(runs[i], &status);
    long long turns = linux_number(one, "turns");

    EXPECT_EQ(status, DONE);
    EXPECT_GT(turns, 20);
    EXPECT_EQ(linux_number(one, "answered"), 2 * turns);
    EXPECT_EQ(model(one, "translations"), 2 * turns);
    EXPECT_GE(model(one, "syncs"), turns);
    EXPECT_LE(model(one, "syncs"), turns + 32);
    EXPECT_EQ(found(one), 0);
    json_decref(one);
  }
}

/* What the kernel reports is the time that the turns took: of one thread there is nothing else. */
LINUX_TEST(Bench, TheMeansAreThoseOfTheSimulatedTime)
{
  int status = -1;
  json_t *one = bench("bench -t 1 -g 1 -m strict -v neutral -u 1000 --json", &status);
  long long turns = linux_number(one, "turns"), time = linux_number(one, "time_ps");

  EXPECT_EQ(status, DONE);
  EXPECT_GE(time, 1000000000LL);
  EXPECT_LT(time, 1002000000LL);
  EXPECT_GT(linux_number(one, "unmap_100ns"), 0);
  EXPECT_LE(linux_number(one, "unmap_deviation_100ns"), linux_number(one, "unmap_100ns"));
  EXPECT_LT((linux_number(one, "unmap_100ns") + linux_number(one, "map_100ns")) * turns * 100000,
            time);
  json_decref(one);
}

/* One queue for all: the more threads, the longer an unmap waits; two queues of the extension help. */
LINUX_TEST(Bench, ThreadsWaitForEachOther)
{
  static const char *const runs[] = { "bench -t 1 -g 1 -m strict -v neutral -u 100 --json",
                                      "bench -t 32 -g 1 -m strict -v neutral -u 100 --json",
                                      "bench -t 32 -g 1 -m strict -v cmdqv -u 100 --json" };
  long long unmap[3];

  for (size_t i = 0; i < 3; i++) {
    int status = -1;
    json_t *one = bench(runs[i], &status);

    EXPECT_EQ(status, DONE);
    unmap[i] = linux_number(one, "unmap_100ns");
    json_decref(one);
  }
  EXPECT_GT(unmap[1], 8 * unmap[0]);
  EXPECT_LT(unmap[2], unmap[1]);
}

LINUX_TEST(Bench, LazyUnmapsDoNotWait)
{
  int status = -1;
  json_t *one = bench("bench -t 4 -g 1 -m lazy -v neutral -u 100 --json", &status);

  EXPECT_EQ(status, DONE);
  EXPECT_GT(linux_number(one, "turns"), 100);
  EXPECT_LT(model(one, "syncs"), 40);
  EXPECT_EQ(found(one), 0);
  json_decref(one);
}

LINUX_TEST(Bench, SameSeedSameBytes)
{
  linux_repeats("bench -t 8 -g 4 -u 20 -m strict -v cmdqv -s 7 --json",
                "bench -t 8 -g 4 -u 20 -m strict -v cmdqv -s 8 --json");
}

/* Where the DMA API passes through there is nothing to measure. */
LINUX_TEST(Bench, PassedThroughDevicesAreNotMeasured)
{
  int status = -1;
  json_t *one = bench("bench -t 2 -g 1 -m strict -v 64k-only --json", &status);

  EXPECT_EQ(status, DIFFERS);
  EXPECT_LT(linux_number(one, "error"), 0);
  json_decref(one);
}

LINUX_TEST(Bench, MistakesAreTold)
{
  static const char *const runs[] = { "bench -t 65",  "bench -g 65",      "bench -d up",
                                      "bench -m now", "bench -v nothing", "bench 4",
                                      "bench -t 0",   "bench -g 0",       "bench -u 0" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    char *text = linux_run(runs[i], &status);

    EXPECT_EQ(status, WRONG);
    EXPECT_STR_CONTAINS(text, "smmulator-linux bench");
    free(text);
  }
}
