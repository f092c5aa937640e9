/* The kernel as the host of a guest. Versions before 6.17 have no such calls. */
#include <stdlib.h>
#include <string.h>

#include "kit.h"

enum { DONE = 0, WRONG = 2, ROWS = 5 };

static long long verdict(const json_t *one, const char *key)
{
  return linux_number(json_object_get(one, "verdicts"), key);
}

static bool is_there(void)
{
  int status = -1;
  json_t *root = linux_json("vsmmu trapped --json", &status);
  bool there = json_is_true(json_object_get(root, "there"));

  EXPECT_EQ(status, DONE);
  json_decref(root);
  return there;
}

#define NEEDS_IOMMUFD() \
  do { \
    if (!is_there()) \
      SKIP_TEST("%s", "this Linux has no nested domains: 6.17 and later (SMMULATOR_LINUX_SRC)"); \
  } while (0)

/* Each access is answered by what the guest's tables say then, by a queue of its own or by the kernel. */
LINUX_TEST(Vsmmu, GuestChangesItsFirstStage)
{
  int status = -1;
  json_t *root, *list, *one;
  size_t i;

  NEEDS_IOMMUFD();
  root = linux_json("vsmmu --json", &status);
  EXPECT_EQ(status, DONE);
  list = json_object_get(root, "vsmmu");
  EXPECT_EQ(json_array_size(list), (size_t)ROWS);
  json_array_foreach(list, i, one)
  {
    bool vintf = strncmp(json_string_value(json_object_get(one, "name")), "vintf", 5) == 0;

    EXPECT_TRUE(json_is_true(json_object_get(one, "holds")));
    EXPECT_EQ(verdict(one, "stale_driver") + verdict(one, "stale_device"), 0);
    EXPECT_EQ(json_array_size(json_object_get(one, "findings")), 0u);
    if (linux_number(one, "rings"))
      continue;
    EXPECT_GT(linux_number(one, "right"), 50);
    EXPECT_GT(linux_number(one, "refused"), 25);
    EXPECT_EQ(linux_number(one, "wrong") + linux_number(one, "passed"), 0);
    EXPECT_EQ(linux_number(one, "submitted"), vintf ? 26 : 0);
    EXPECT_EQ(linux_number(one, "handed"), vintf ? 2 : 28);
    EXPECT_EQ(linux_number(one, "denied"), vintf ? 10 : 7);
    EXPECT_EQ(linux_number(one, "allowed"), 0);
  }
  json_decref(root);
}

static void expect_in_order(const char *text, const char *const *parts, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    const char *at = strstr(text, parts[i]);

    if (!at) {
      ADD_TEST_FAILURE("%s is not there, or too early", parts[i]);
      return;
    }
    text = at;
  }
}

/* A VINTF of the guest's VMID, 1; its StreamID's replacement before what it matches; a queue that is allocated, reset
 * and given its ring; and the other way round, the last queue first. */
LINUX_TEST(Vsmmu, KernelProgramsTheVintfInThisOrder)
{
  static const char *const order[] = {
    "CMDQV + 0x1100 = 0x0",   "CMDQV + 0x1140 = 0x0",     "CMDQV + 0x1100 = 0x2",
    "CMDQV + 0x1100 = 0x3",   "CMDQV + 0x1180 = 0x20",    "CMDQV + 0x1140 = 0xb",
    "CMDQV + 0x208 = 0x8001", "CMDQV + 0x50008 = 0x0",    "SYNC",
    "CMDQV + 0x60000 = 0x0",  "CMDQV + 0x60000 = 0x80",   "vsmmu_queue_enable",
    "CMDQV + 0x20c = 0x8003", "TLBI_NH_VA vmid=1 asid=7", "CMDQV + 0x50088 = 0x0",
    "CMDQV + 0x20c = 0x8002", "CMDQV + 0x50008 = 0x0",    "CMDQV + 0x208 = 0x8000",
    "CMDQV + 0x1140 = 0x0",   "CMDQV + 0x1180 = 0x0",     "CMDQV + 0x1100 = 0x0"
  };
  int status = -1;
  char *text;

  NEEDS_IOMMUFD();
  text = linux_run("vsmmu vintf", &status);
  EXPECT_EQ(status, DONE);
  expect_in_order(text, order, sizeof order / sizeof order[0]);
  free(text);
}

/* The driver resets a queue and gives it its ring while the guest has its page: whoever enables it between keeps the
 * old ring, and the checker says which write came too late. */
LINUX_TEST(Vsmmu, HostileGuestKeepsItsOldRing)
{
  int status = -1;
  char *text;

  NEEDS_IOMMUFD();
  text = linux_run("vsmmu vintf-hostile", &status);
  EXPECT_EQ(status, DONE);
  EXPECT_STR_CONTAINS(text, "8 of 8 times the queue had its old ring");
  free(text);
  text = linux_run("vsmmu vintf-hostile --json", &status);
  EXPECT_STR_CONTAINS(text, "VCMDQ_BASE is written while its queue is enabled");
  EXPECT_STR_CONTAINS(text, "tegra241_vcmdq_hw_init_user");
  free(text);
}

LINUX_TEST(Vsmmu, OlderKernelsSaySoAndMistakesAreTold)
{
  int status = -1;
  char *text = linux_run("vsmmu no-such", &status);

  EXPECT_EQ(status, WRONG);
  EXPECT_STR_CONTAINS(text, "there is no row \"no-such\"");
  free(text);
  text = linux_run("vsmmu trapped", &status);
  EXPECT_EQ(status, DONE);
  EXPECT_TRUE(strstr(text, "6.17 and later") || strstr(text, "ok"));
  free(text);
}
