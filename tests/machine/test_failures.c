/* Simulated programs that fail: whose fault it is, which parameter it depends on. And which parameters
 * had a part in a run. */
#include <string.h>

#include "machine/result.h"
#include "shim/gtest_c.h"
#include "smmu/err.h"

static struct machine_config cfg;
static struct machine_result result;
static struct machine_error err;

static int run(const char *const *settings)
{
  int rc = SMMU_OK;

  machine_config_defaults(&cfg);
  err.text[0] = '\0';
  for (; *settings && rc == SMMU_OK; settings++)
    rc = machine_config_set(&cfg, *settings, &err);
  return rc == SMMU_OK ? machine_run(&cfg, NULL, &result, &err) : rc;
}

#define RUN(...) run((const char *const[]){ "bench.loops=5", "bench.warmup=0", __VA_ARGS__, NULL })

/* Not SMMU_ERR_NOMEM: the computer we run on has memory enough. */
TEST_CASE(Failures, SimulatedMemoryTooSmallNamesTheParameter)
{
  EXPECT_EQ(RUN("vm.ram=4m", "bench.granule=4m"), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "vm.ram is 4m, too small for");
  machine_result_free(&result);
  EXPECT_EQ(RUN("vm.queue=bare", "host.ram=4m", "bench.granule=4m"), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "host.ram is 4m, too small for");
  machine_result_free(&result);
}

TEST_CASE(Failures, TimeoutsSayWhoseAndWhen)
{
  EXPECT_EQ(RUN("vm.queue=trapped", "smmu.sync.latency=1s"), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "the host's boot failed: the host's driver gave up waiting");
  EXPECT_STR_CONTAINS(err.text, "after 1.0000");
  EXPECT_STR_CONTAINS(err.text, "s of simulated time");
  machine_result_free(&result);
  EXPECT_EQ(RUN("vm.queue=vcmdq", "bench.granule=256k", "smmu.invalidate.latency=20ms"),
            SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "the guest's driver gave up waiting");
  machine_result_free(&result);
}

TEST_CASE(Used, StagesThatServeUseTheirSlotsAndZeros)
{
  ASSERT_EQ(RUN("vm.queue=vcmdq", "smmu.sync.interval=0", "smmu.sync.latency=0"), SMMU_OK);
  EXPECT_TRUE(result.used[machine_key_find("smmu.sync.slots")]);
  EXPECT_TRUE(result.used[machine_key_find("smmu.sync.latency")]);
  EXPECT_TRUE(result.used[machine_key_find("smmu.sync.interval")]);
  EXPECT_FALSE(result.used[machine_key_find("smmu.event.slots")]);
  EXPECT_FALSE(result.used[machine_key_find("smmu.event.latency")]);
  machine_result_free(&result);
}
