/* CMDQV in the block of the device: size, hash, equality, reset. */
#include <stdlib.h>
#include <string.h>

#include "core/cmdqv.h"
#include "shim/rig_cmdqv.h"
#include "util/bits.h"

TEST_CASE(CmdqvBlock, LargestDeviceFitsIntoTwoMegabytes)
{
  struct smmu_config cfg;

  smmu_config_neutral(&cfg);
  cfg.tlb = (struct smmu_cache_config){ 4096, 4 };
  smmu_config_set_cmdqv(&cfg, 64, 128);
  EXPECT_LE(smmu_size(&cfg), 2048u * 1024);
}

ENGINE_TEST(CmdqvBlock, EveryByteOfItsMeaningCounts)
{
  struct smmu_config config = rig->config;
  struct smmu *copy;

  smmu_config_set_tlb_profile(&config, "tiny");
  config.txns = config.events = 2;
  smmu_config_set_cmdqv(&config, 2, 4);
  rig_restart(rig, &config);
  copy = aligned_alloc(64, align_up_log2(smmu_size(&config), 6));
  smmu_clone(copy, rig->device);
  for (uint32_t i = copy->off_cmdqv; i < copy->off_vcmdqs + 4 * sizeof(struct vcmdq); i++) {
    uint64_t a[2], b[2];

    ((unsigned char *)copy)[i] ^= 0x40;
    smmu_hash(copy, a);
    smmu_hash(rig->device, b);
    if (smmu_equal(copy, rig->device) || memcmp(a, b, sizeof a) == 0)
      FAIL_TEST("byte %u does not count", i);
    ((unsigned char *)copy)[i] ^= 0x40;
  }
  EXPECT_TRUE(smmu_equal(copy, rig->device));
  free(copy);
}

ENGINE_TEST(CmdqvBlock, ResetPutsEverythingBack)
{
  struct smmu *fresh;

  rig_cmdqv(rig, 2, 4);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vcmdq(rig, 0, 0, 0);
  rig_vpush(rig, 0, "OP_0xff");
  smmu_reset(rig->device);
  fresh = aligned_alloc(64, align_up_log2(smmu_size(&rig->config), 6));
  EXPECT_EQ(smmu_init(fresh, &rig->config), SMMU_OK);
  EXPECT_TRUE(smmu_equal(fresh, rig->device));
  smmu_invariant(rig->device);
  free(fresh);
}
