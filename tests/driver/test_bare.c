/* The driver on a platform that is not a board. */
#include <errno.h>

#include "bare_plat.h"
#include "driver/drv.h"
#include "shim/gtest_c.h"
#include "smmu/cmdqv.h"

enum { SID = 3, RW = DRV_READ | DRV_WRITE };

struct events {
  unsigned count;
};

static void on_event(void *arg, const uint64_t words[4])
{
  (void)words;
  ((struct events *)arg)->count++;
}

static uint64_t read_at(struct bare *bare, uint64_t iova)
{
  struct smmu_txn txn = { .addr = iova, .sid = SID };
  struct smmu_result result;

  engine_now_translate(bare->engine, &txn, &result);
  return result.status == SMMU_STATUS_OK ? result.pa : UINT64_MAX;
}

static void use(struct bare *bare, struct drv *drv, const struct events *events)
{
  struct drv_domain *d;
  struct drv_gather gather;
  struct drv_command bad = { { 0x99, 0 } };

  ASSERT_EQ(drv_domain_alloc(drv, DRV_DOMAIN_S1, &d), 0);
  EXPECT_EQ(drv_attach(drv, SID, d), 0);
  EXPECT_EQ(drv_map(d, 0x1000, 0x7000, 0x3000, RW), 0);
  EXPECT_EQ(read_at(bare, 0x2008), 0x8008);
  drv_gather_init(&gather);
  EXPECT_EQ(drv_unmap(d, 0x1000, 0x3000, &gather), 0x3000);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), 0);
  EXPECT_EQ(read_at(bare, 0x2008), UINT64_MAX);
  EXPECT_EQ(drv_issue(drv, &bad, 1, true), 0);
  EXPECT_EQ(events->count, 1);
  EXPECT_EQ(drv_attach(drv, SID, NULL), 0);
  EXPECT_EQ(drv_domain_free(d), 0);
}

static void run(const struct smmu_config *config, uint64_t cmdqv)
{
  struct events events = { 0 };
  struct drv_options options = {
    .smmu = BARE_SMMU, .cmdqv = cmdqv, .cpus = 1, .event = on_event, .arg = &events
  };
  struct bare bare;
  struct drv *drv;

  bare_init(&bare, config);
  ASSERT_EQ(drv_probe(&drv, &bare.plat, &options), 0);
  use(&bare, drv, &events);
  drv_remove(drv);
  EXPECT_EQ(bare.blocks, 0);
  EXPECT_GT(bare.notes, 0);
  bare_destroy(&bare);
}

TEST_CASE(Bare, PlatformCanBeAnybodys)
{
  struct smmu_config config;

  smmu_config_neutral(&config);
  run(&config, 0);
  smmu_config_qemu(&config);
  run(&config, 0);
}

TEST_CASE(Bare, WithCmdqvToo)
{
  struct smmu_config config;

  smmu_config_neutral(&config);
  smmu_config_set_cmdqv(&config, 2, 4);
  run(&config, BARE_CMDQV);
}

/* Nothing is at the address. */
TEST_CASE(Bare, NothingThereIsRefused)
{
  struct drv_options options = { .smmu = 0x5000, .cpus = 1 };
  struct smmu_config config;
  struct bare bare;
  struct drv *drv;

  smmu_config_neutral(&config);
  bare_init(&bare, &config);
  EXPECT_EQ(drv_probe(&drv, &bare.plat, &options), -ENXIO);
  EXPECT_EQ(bare.blocks, 0);
  EXPECT_EQ(bare.lines_logged, 1);
  bare_destroy(&bare);
}
