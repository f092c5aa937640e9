/* Ways of a bare machine's driver to the SMMU, compared: the one queue, a queue for each CPU, TLBI
 * instructions of CPUs. */
#include <string.h>

#include "kit.h"
#include "smmu/err.h"

enum { TURNS = 23 }; /* of each thread, warm-up included */

static struct machine_config cfg;
static struct machine_result result;
static struct machine_error err;

/* Mean of an unmap; result stays for a look until the next call. */
static uint64_t run(const char *threads, const char *way)
{
  machine_result_free(&result);
  machine_config_defaults(&cfg);
  kit_set(&cfg, "vm.queue=bare");
  kit_set(&cfg, "vm.vcpus=8");
  kit_set(&cfg, "bench.loops=20");
  kit_set(&cfg, "bench.warmup=3");
  kit_set(&cfg, "bench.granule=4k");
  kit_set(&cfg, threads);
  kit_set(&cfg, way);
  if (machine_run(&cfg, NULL, &result, &err) != SMMU_OK)
    ADD_TEST_FAILURE("%s", err.text);
  return result.all.unmap.count ? result.all.unmap.sum / result.all.unmap.count : 0;
}

static void done(void)
{
  machine_result_free(&result);
  memset(&result, 0, sizeof(result));
}

TEST_CASE(Invalidation, ThreadsWithQueuesOfTheirOwnDoNotMeet)
{
  uint64_t alone = run("bench.threads=1", "host.ecmdq=on");
  uint64_t shared = run("bench.threads=8", "host.ecmdq=off");
  uint64_t apart = run("bench.threads=8", "host.ecmdq=on");

  EXPECT_GT(alone, 0);
  EXPECT_LT(apart, alone + alone / 10);
  EXPECT_GT(shared, 2 * apart);
  EXPECT_EQ(result.counts.guest_commands, 8 * TURNS * 2);
  EXPECT_EQ(result.counts.guest_syncs, 8 * TURNS);
  done();
}

TEST_CASE(Invalidation, FewerQueuesThanCpusAreShared)
{
  uint64_t mean;

  machine_config_defaults(&cfg);
  mean = run("bench.threads=8", "host.ecmdq=on");
  kit_set(&cfg, "smmu.ecmdqs=2");
  machine_result_free(&result);
  ASSERT_EQ(machine_run(&cfg, NULL, &result, &err), SMMU_OK);
  EXPECT_GT(result.all.unmap.sum / result.all.unmap.count, mean);
  EXPECT_EQ(result.counts.guest_syncs, 8 * TURNS);
  done();
}

TEST_CASE(Invalidation, QueuesComeInPowersOfTwo)
{
  machine_config_defaults(&cfg);
  kit_set(&cfg, "host.ecmdq=on");
  kit_set(&cfg, "smmu.ecmdqs=3");
  EXPECT_EQ(machine_config_check(&cfg, &err), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "smmu.ecmdqs");
}

/* The VMM's calls run on the CPU of the virtual CPU, so its commands have a queue of their own too. */
TEST_CASE(Invalidation, HostOfAVirtualMachineUsesThemAsWell)
{
  machine_config_defaults(&cfg);
  kit_set(&cfg, "vm.queue=trapped");
  kit_set(&cfg, "bench.loops=5");
  kit_set(&cfg, "bench.warmup=0");
  kit_set(&cfg, "host.ecmdq=on");
  ASSERT_EQ(machine_run(&cfg, NULL, &result, &err), SMMU_OK);
  EXPECT_EQ(result.counts.host_syncs, 5);
  done();
}

/* ---- broadcasts of CPUs ---- */

TEST_CASE(Invalidation, BroadcastsNeedNoCommandAndThreadsDoNotMeet)
{
  uint64_t alone = run("bench.threads=1", "host.tlbi=broadcast");
  uint64_t command = run("bench.threads=8", "host.tlbi=command");
  uint64_t broadcast = run("bench.threads=8", "host.tlbi=broadcast");

  EXPECT_GT(alone, 0);
  EXPECT_LT(broadcast, command);
  EXPECT_EQ(result.counts.guest_commands + result.counts.guest_syncs, 0);
  EXPECT_GT(result.where.cost[PLAT_COST_BROADCAST].units, 8 * 18);
  done();
}

TEST_CASE(Invalidation, BroadcastsOfAVirtualMachineAreRefused)
{
  machine_config_defaults(&cfg);
  kit_set(&cfg, "vm.queue=trapped");
  kit_set(&cfg, "host.tlbi=broadcast");
  EXPECT_EQ(machine_config_check(&cfg, &err), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "host.tlbi");
}

TEST_CASE(Invalidation, EnhancedQueuesThatTheDeviceCannotHaveNameTheirKey)
{
  machine_config_defaults(&cfg);
  kit_set(&cfg, "smmu.ids=qemu");
  EXPECT_EQ(machine_config_check(&cfg, &err), SMMU_OK);
  kit_set(&cfg, "host.ecmdq=on");
  EXPECT_EQ(machine_config_check(&cfg, &err), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "host.ecmdq is on, expected off with smmu.ids qemu");
}

/* An SMMU with ATS alone does not give the device an ATC. */
TEST_CASE(Invalidation, DevicesHaveAnAtcWithItsKeyAlone)
{
  uint64_t syncs[2];

  for (unsigned on = 0; on < 2; on++) {
    machine_config_defaults(&cfg);
    kit_set(&cfg, "vm.queue=bare");
    kit_set(&cfg, "smmu.ids=mmu-700");
    kit_set(&cfg, "bench.loops=10");
    kit_set(&cfg, on ? "device.ats=on" : "device.ats=off");
    ASSERT_EQ(machine_run(&cfg, NULL, &result, &err), SMMU_OK);
    syncs[on] = result.counts.guest_syncs;
    done();
  }
  EXPECT_GT(syncs[0], 0);
  EXPECT_EQ(syncs[1], 2 * syncs[0]);
}

TEST_CASE(Invalidation, EngineNowTakesBroadcastsToo)
{
  machine_config_defaults(&cfg);
  kit_set(&cfg, "vm.queue=bare");
  kit_set(&cfg, "run.engine=now");
  kit_set(&cfg, "host.tlbi=broadcast");
  kit_set(&cfg, "bench.loops=5");
  ASSERT_EQ(machine_run(&cfg, NULL, &result, &err), SMMU_OK);
  EXPECT_EQ(result.counts.guest_commands, 0);
  done();
}
