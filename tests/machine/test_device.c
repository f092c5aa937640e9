/* The device that a configuration makes. */
#include <string.h>

#include "kit.h"
#include "machine/device.h"
#include "smmu/err.h"

static struct machine_config cfg;
static struct machine_error err;
static struct smmu_config device, neutral;
static struct timed_profile profile, neutral_profile;

TEST_CASE(Device, DefaultsAreTheNeutralDevice)
{
  machine_config_defaults(&cfg);
  machine_device_config(&cfg, &device);
  machine_device_profile(&cfg, &profile);
  smmu_config_neutral(&neutral);
  timed_profile_neutral(&neutral_profile);
  EXPECT_MEMEQ(&device, &neutral, sizeof(device));
  EXPECT_MEMEQ(&profile, &neutral_profile, sizeof(profile));
}

TEST_CASE(Device, SizesAndStagesAreThoseOfTheirKeys)
{
  machine_config_defaults(&cfg);
  kit_set(&cfg, "smmu.tlb.sets=64");
  kit_set(&cfg, "smmu.tlb.ways=8");
  kit_set(&cfg, "smmu.cfg_cache.sets=0");
  kit_set(&cfg, "smmu.transactions=5");
  kit_set(&cfg, "smmu.walk.latency=7ns");
  kit_set(&cfg, "smmu.walk.slots=3");
  kit_set(&cfg, "smmu.walk.interval=2ns");
  kit_set(&cfg, "smmu.memory_write.slots=9");
  machine_device_config(&cfg, &device);
  machine_device_profile(&cfg, &profile);
  EXPECT_EQ(device.tlb.sets, 64);
  EXPECT_EQ(device.tlb.ways, 8);
  EXPECT_EQ(device.cfg_cache.sets, 0);
  EXPECT_EQ(device.txns, 5);
  EXPECT_EQ(profile.stage[SMMU_STAGE_WALK].latency_ps, 7000);
  EXPECT_EQ(profile.stage[SMMU_STAGE_WALK].slots, 3);
  EXPECT_EQ(profile.stage[SMMU_STAGE_WALK].interval_ps, 2000);
  EXPECT_EQ(profile.write.slots, 9);
}

TEST_CASE(Device, QueueOfVcmdqBringsACmdqv)
{
  machine_config_defaults(&cfg);
  kit_set(&cfg, "cmdqv.vintfs=4");
  kit_set(&cfg, "cmdqv.vcmdqs=32");
  machine_device_config(&cfg, &device);
  EXPECT_EQ(device.cmdqv.present, 0);
  kit_set(&cfg, "vm.queue=vcmdq");
  machine_device_config(&cfg, &device);
  EXPECT_EQ(device.cmdqv.present, 1);
  EXPECT_EQ(device.cmdqv.vintfs_log2, 2);
  EXPECT_EQ(device.cmdqv.vcmdqs_log2, 5);
}

TEST_CASE(Device, ItsOwnJudgeIsHeard)
{
  machine_config_defaults(&cfg);
  kit_set(&cfg, "smmu.tlb.sets=32768");
  kit_set(&cfg, "smmu.tlb.ways=256");
  kit_set(&cfg, "smmu.walk_cache.sets=32768");
  kit_set(&cfg, "smmu.walk_cache.ways=256");
  EXPECT_EQ(machine_config_check(&cfg, &err), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(err.text, "the SMMU: ");
  kit_set(&cfg, "smmu.tlb.sets=128");
  EXPECT_EQ(machine_config_check(&cfg, &err), SMMU_OK);
}
