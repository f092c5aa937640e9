/* The judge of configurations, CMDQV's part: each bad field is refused by name. */
#include "shim/gtest_c.h"
#include "smmu/cmdqv.h"
#include "smmu/smmu.h"

static struct smmu_config with_cmdqv(unsigned vintfs, unsigned vcmdqs)
{
  struct smmu_config cfg;

  smmu_config_neutral(&cfg);
  smmu_config_set_cmdqv(&cfg, vintfs, vcmdqs);
  return cfg;
}

static void expect_refused(const struct smmu_config *cfg, const char *name)
{
  char why[160] = "";

  EXPECT_EQ(smmu_config_check(cfg, why, sizeof why), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(why, name);
  EXPECT_STR_CONTAINS(why, "expected");
  EXPECT_EQ(smmu_size(cfg), 0u);
}

TEST_CASE(CmdqvConfig, EverySizeIsLegal)
{
  for (unsigned v = 0; v <= 6; v++) {
    for (unsigned q = v; q <= 7; q++) {
      struct smmu_config cfg = with_cmdqv(1u << v, 1u << q);

      EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
      EXPECT_EQ(cfg.cmdqv.vintfs_log2, v);
      EXPECT_EQ(cfg.cmdqv.vcmdqs_log2, q);
      EXPECT_EQ(cfg.cmdqv.sids_log2, 4u);
      EXPECT_EQ(cfg.cmdqv.config_reset, 0x20083u);
    }
  }
}

TEST_CASE(CmdqvConfig, CountsThatAreNoPowerOfTwoAreRefused)
{
  struct smmu_config cfg = with_cmdqv(3, 4);

  expect_refused(&cfg, "cmdqv.vintfs_log2");
  cfg = with_cmdqv(2, 5);
  expect_refused(&cfg, "cmdqv.vcmdqs_log2");
  cfg = with_cmdqv(0, 4);
  expect_refused(&cfg, "cmdqv.vintfs_log2");
}

TEST_CASE(CmdqvConfig, CountsOutOfRangeAreRefused)
{
  struct smmu_config cfg = with_cmdqv(128, 128);

  expect_refused(&cfg, "cmdqv.vintfs_log2");
  cfg = with_cmdqv(1, 256);
  expect_refused(&cfg, "cmdqv.vcmdqs_log2");
  cfg = with_cmdqv(4, 2);
  expect_refused(&cfg, "cmdqv.vcmdqs_log2");
}

TEST_CASE(CmdqvConfig, OtherFieldsOutOfRangeAreRefused)
{
  struct smmu_config cfg = with_cmdqv(1, 2);

  cfg.cmdqv.sids_log2 = 5;
  expect_refused(&cfg, "cmdqv.sids_log2");
  cfg = with_cmdqv(1, 2);
  cfg.cmdqv.config_reset = 0x200000;
  expect_refused(&cfg, "cmdqv.config_reset");
  cfg = with_cmdqv(1, 2);
  cfg.cmdqv.present = 2;
  expect_refused(&cfg, "cmdqv.present");
}

TEST_CASE(CmdqvConfig, LeftoversWithoutCmdqvAreRefused)
{
  struct smmu_config cfg = with_cmdqv(1, 2);

  cfg.cmdqv.present = 0;
  expect_refused(&cfg, "cmdqv.present");
}

TEST_CASE(CmdqvConfig, ConfigurationWithoutCmdqvKeepsItsSize)
{
  struct smmu_config plain, cfg = with_cmdqv(1, 2);

  smmu_config_neutral(&plain);
  cfg.cmdqv = plain.cmdqv;
  EXPECT_EQ(smmu_size(&plain), smmu_size(&cfg));
  EXPECT_EQ(plain.cmdqv.present, 0u);
}

TEST_CASE(CmdqvConfig, SetCmdqvChangesNothingElse)
{
  struct smmu_config plain, cfg = with_cmdqv(64, 128);

  smmu_config_neutral(&plain);
  cfg.cmdqv = plain.cmdqv;
  EXPECT_MEMEQ(&cfg, &plain, sizeof cfg);
}
