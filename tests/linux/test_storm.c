/* Storms of maps and unmaps by the real driver's DMA API. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "kit.h"

enum { DONE = 0, DIFFERS = 1, WRONG = 2, MACHINE = 4 };

static json_t *storm(const char *args, int *status)
{
  json_t *root = linux_json(args, status), *one = NULL;

  if (root) {
    one = json_incref(json_array_get(json_object_get(root, "storms"), 0));
    json_decref(root);
  }
  return one;
}

static long long verdict(json_t *one, const char *key)
{
  return linux_number(json_object_get(one, "verdicts"), key);
}

/* Each device is refused when it comes late: the unmap has waited for its invalidation. */
LINUX_TEST(Storm, StrictUnmapLeavesNothingBehind)
{
  static const char *const runs[] = { "storm -m strict -c 16 -v neutral --json",
                                      "storm -m strict -c 16 -v cmdqv --json",
                                      "storm -m strict -c 8 -d 1 -v s2-only --json" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    json_t *one = storm(runs[i], &status);

    ASSERT_TRUE(one != NULL);
    EXPECT_EQ(status, DONE);
    EXPECT_EQ(linux_number(one, "unmaps"), 1024);
    EXPECT_EQ(linux_number(one, "right"), 2048);
    EXPECT_EQ(linux_number(one, "refused"), 128);
    EXPECT_EQ(verdict(one, "stale_driver") + verdict(one, "stale_device"), 0);
    EXPECT_EQ(json_array_size(json_object_get(one, "findings")), 0u);
    EXPECT_GE(linux_number(json_object_get(one, "model"), "syncs"), 1024);
    json_decref(one);
  }
}

/* Functions keep translations of their own, and forget each before its unmap returns: TLBI, then ATC_INV. */
LINUX_TEST(Storm, StrictUnmapReachesTheCachesOfDevices)
{
  static const char *const runs[] = { "storm -m strict -c 16 -v ats --json",
                                      "storm -m strict -c 8 -d 1 -v ats --json",
                                      "storm -m strict -c 8 -v ats-cmdqv --json" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    json_t *one = storm(runs[i], &status), *atc = json_object_get(one, "atc");

    ASSERT_TRUE(one != NULL);
    EXPECT_EQ(status, DONE);
    EXPECT_EQ(linux_number(one, "right"), 2048);
    EXPECT_EQ(linux_number(one, "refused"), 128);
    EXPECT_EQ(json_array_size(json_object_get(one, "findings")), 0u);
    EXPECT_GE(linux_number(atc, "invalidations"), 1024);
    EXPECT_GT(linux_number(atc, "dropped"), 1000);
    EXPECT_GT(linux_number(atc, "hits"), 2000);
    EXPECT_EQ(linux_number(atc, "misused"), 0);
    json_decref(one);
  }
}

/* Each SMMU is told of its devices alone, and a domain of one is not for devices of the other. */
LINUX_TEST(Storm, TwoSmmusAreKeptApart)
{
  static const char *const runs[] = { "storm --smmus 2 -m strict -c 8 -v neutral --json",
                                      "storm --smmus 2 -m strict -c 8 -v msi --json",
                                      "storm --smmus 2 -m strict -c 8 -v s2-only --json" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    json_t *one = storm(runs[i], &status), *second = json_object_get(one, "second");
    long long first = linux_number(json_object_get(one, "model"), "syncs");

    ASSERT_TRUE(one != NULL);
    EXPECT_EQ(status, DONE);
    EXPECT_EQ(linux_number(one, "right"), 2048);
    EXPECT_EQ(linux_number(one, "refused"), 128);
    EXPECT_EQ(linux_number(one, "other_smmu"), -EINVAL);
    EXPECT_GT(first, 512);
    EXPECT_LT(first, 600);
    EXPECT_GT(linux_number(json_object_get(second, "model"), "syncs"), 512);
    EXPECT_EQ(linux_number(json_object_get(second, "model"), "translations"), 1024 + 64);
    EXPECT_EQ(json_array_size(json_object_get(second, "findings")), 0u);
    json_decref(one);
  }
}

/* Lazy unmaps are cheaper, and the late access finds its translation still there, which is legal. */
LINUX_TEST(Storm, LazyUnmapOpensAWindowThatTheVerdictsShow)
{
  int status = -1;
  json_t *one = storm("storm -m lazy -c 4 -v neutral --json", &status);

  ASSERT_TRUE(one != NULL);
  EXPECT_EQ(status, DONE);
  EXPECT_EQ(linux_number(one, "right"), 2048);
  EXPECT_GT(linux_number(one, "passed"), 100);
  EXPECT_EQ(verdict(one, "window_deferred"), linux_number(one, "passed"));
  EXPECT_EQ(verdict(one, "stale_driver") + verdict(one, "stale_device"), 0);
  EXPECT_LT(linux_number(json_object_get(one, "model"), "syncs"), 100);
  json_decref(one);
}

LINUX_TEST(Storm, SixtyFourCpusTakeTurns)
{
  static const char *const runs[] = { "storm -m strict -c 64 -t 4 -v cmdqv --json",
                                      "storm -m lazy -c 64 -t 4 -v neutral --json" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    json_t *one = storm(runs[i], &status);

    ASSERT_TRUE(one != NULL);
    EXPECT_EQ(status, DONE);
    EXPECT_EQ(linux_number(one, "unmaps"), 256);
    EXPECT_EQ(linux_number(one, "right"), 512);
    json_decref(one);
  }
}

/* Devices translate while their pages are unmapped, and memory answers some walks late: those answers are of the
 * time before the unmap returned, or refused, and nothing that a walk has brought stays. */
LINUX_TEST(Storm, WalksInFlightMeetUnmaps)
{
  static const char *const runs[] = { "storm -c 4 -t 64 -T 32 -s 2 -m strict -v neutral --json",
                                      "storm -c 4 -t 64 -T 16 -s 3 -m strict -v poll --json",
                                      "storm -c 8 -t 32 -T 16 -m strict -v cmdqv --json",
                                      "storm -c 4 -t 64 -T 16 -s 4 -m strict -v s2-only --json" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    json_t *one = storm(runs[i], &status);

    EXPECT_EQ(status, DONE);
    EXPECT_EQ(linux_number(one, "wrong"), 0);
    EXPECT_EQ(linux_number(one, "passed"), 0);
    EXPECT_GT(linux_number(one, "right"), 512);
    EXPECT_GT(linux_number(one, "refused"), 32);
    EXPECT_GT(linux_number(one, "between"), 256);
    EXPECT_GT(verdict(one, "window_pending"), 100);
    EXPECT_EQ(verdict(one, "stale_driver") + verdict(one, "stale_device"), 0);
    EXPECT_EQ(json_array_size(json_object_get(one, "findings")), 0u);
    json_decref(one);
  }
}

/* A function forgets half a microsecond after it was told to: who is not waited for answers what is unmapped. */
LINUX_TEST(Storm, FunctionsThatForgetLateAreWaitedFor)
{
  static const char *const runs[] = { "storm -c 4 -t 64 -T 16 -s 3 -m strict -v ats --json",
                                      "storm -c 4 -t 64 -T 8 -d 1 -m strict -v ats --json",
                                      "storm -c 4 -t 64 -T 16 -s 3 -m strict -v ats-cmdqv --json" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    json_t *one = storm(runs[i], &status), *atc = json_object_get(one, "atc");

    EXPECT_EQ(status, DONE);
    EXPECT_EQ(linux_number(one, "wrong") + linux_number(one, "passed"), 0);
    EXPECT_GT(linux_number(one, "right"), 512);
    EXPECT_GT(linux_number(one, "refused"), 100);
    EXPECT_GE(linux_number(atc, "invalidations"), 256);
    EXPECT_GT(linux_number(atc, "dropped"), 256);
    EXPECT_GT(linux_number(atc, "hits"), 512);
    json_decref(one);
  }
}

/* The seed moves CPUs against each other; the same seed moves them the same way. */
LINUX_TEST(Storm, SeedDecidesAndRepeats)
{
  linux_repeats("storm -c 8 -t 16 -m strict -v cmdqv -s 7 --json",
                "storm -c 8 -t 16 -m strict -v cmdqv -s 8 --json");
}

/* Buffers that end within a page, and within its first word. */
LINUX_TEST(Storm, BuffersOfPartsOfPages)
{
  static const char *const runs[] = { "storm -c 2 -t 16 -b 8 -T 4 -m strict -v neutral --json",
                                      "storm -c 2 -t 16 -b 100 -T 4 -m strict -v neutral --json",
                                      "storm -c 2 -t 16 -b 4100 -T 4 -m strict -v ats --json" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    json_t *one = storm(runs[i], &status);

    EXPECT_EQ(status, DONE);
    EXPECT_EQ(linux_number(one, "unmaps"), 32);
    EXPECT_GE(linux_number(one, "right"), 64);
    EXPECT_EQ(linux_number(one, "wrong"), 0);
    json_decref(one);
  }
}

/* Where there is one device the second SMMU has none to be refused a domain. */
LINUX_TEST(Storm, OneDeviceLeavesTheOtherSmmuIdle)
{
  static const char *const runs[] = { "storm --smmus 2 -m strict -c 4 -d 1 -t 8 -v neutral --json",
                                      "storm --smmus 2 -m strict -c 1 -t 8 -v neutral --json" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    json_t *one = storm(runs[i], &status);

    EXPECT_EQ(status, DONE);
    EXPECT_TRUE(one != NULL && json_object_get(one, "other_smmu") == NULL);
    json_decref(one);
  }
}

/* Where the kernel gives devices no domain to map in, a storm says so. */
LINUX_TEST(Storm, PassedThroughDevicesAreNoStorm)
{
  int status = -1;
  json_t *one = storm("storm -m strict -c 2 -t 1 -v 64k-only --json", &status);

  EXPECT_EQ(status, DIFFERS);
  EXPECT_LT(linux_number(one, "error"), 0);
  json_decref(one);
}

/* That is no judgement of the driver. */
LINUX_TEST(Storm, TooLittleMemoryIsTheMachinesFault)
{
  struct rlimit all, little;
  int status = -1;
  char *text;

#ifdef __SANITIZE_ADDRESS__
  SKIP_TEST("%s", "sanitizers need the address space");
#endif
  ASSERT_TRUE(getrlimit(RLIMIT_AS, &all) == 0);
  little = all;
  little.rlim_cur = 120 << 20;
  ASSERT_TRUE(setrlimit(RLIMIT_AS, &little) == 0);
  text = linux_run("storm -c 1 -t 1 -m strict -v neutral", &status);
  ASSERT_TRUE(setrlimit(RLIMIT_AS, &all) == 0);
  EXPECT_EQ(status, MACHINE);
  EXPECT_STR_CONTAINS(text, "out of memory");
  EXPECT_TRUE(text != NULL && strstr(text, "(null)") == NULL);
  free(text);
}

LINUX_TEST(Storm, MistakesAreTold)
{
  static const char *const runs[] = { "storm -c 65",
                                      "storm -c x",
                                      "storm -m quick",
                                      "storm -v nothing",
                                      "storm -T 65",
                                      "storm 4",
                                      "storm --smmus 3",
                                      "storm --smmus 2 -v cmdqv",
                                      "storm --smmus 0",
                                      "storm -b 7",
                                      "storm -b 65537",
                                      "storm -c 0",
                                      "storm -t 0",
                                      "storm -d 0",
                                      "storm -s 18446744073709551616" };

  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    int status = -1;
    char *text = linux_run(runs[i], &status);

    EXPECT_EQ(status, WRONG);
    EXPECT_STR_CONTAINS(text, "smmulator-linux storm");
    free(text);
  }
}
