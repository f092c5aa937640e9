/* What is rare: tables below tables, codes that a device reports seldom, devices that stall. */
#include <errno.h>

#include "driver/drv_state.h"
#include "kit.h"

#define MB (1ULL << 20)
#define GB (1ULL << 30)

DRIVER_TEST(Corner, TableWithAHoleIsClearedUpToIt)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  EXPECT_EQ(drv_map(d, 4 * MB, KIT_DATA + 0x1000, MB, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, 5 * MB + 0x1000, KIT_DATA, MB - 0x1000, KIT_RW), 0);
  EXPECT_EQ(kit_unmap(kit, d, 4 * MB, 2 * MB), MB);
  EXPECT_EQ(drv_iova_to_phys(d, 5 * MB - 0x1000), UINT64_MAX);
  EXPECT_EQ(drv_iova_to_phys(d, 5 * MB + 0x1000), KIT_DATA);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Corner, BigBlockReplacesEmptyTablesOfTwoLevels)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  size_t blocks;

  EXPECT_EQ(drv_map(d, GB + 6 * MB, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, GB, KIT_DATA, GB, KIT_RW), -EEXIST);
  EXPECT_EQ(kit_read(kit, SID, GB + 6 * MB), KIT_DATA);
  EXPECT_EQ(kit_unmap(kit, d, GB + 6 * MB, 0x1000), 0x1000);
  blocks = kit->blocks;
  EXPECT_EQ(drv_map(d, GB, KIT_DATA, GB, KIT_RW), 0);
  EXPECT_EQ(kit->blocks, blocks - 2);
  EXPECT_EQ(kit_read(kit, SID, GB + 6 * MB), KIT_DATA + 6 * MB);
  kit_free(kit, d, SID);
}

/* 1 GB of blocks and one table of pages goes in one piece; with a hole below, bit by bit. */
DRIVER_TEST(Corner, TablesOfTwoLevelsAreDroppedTogether)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  size_t blocks;

  EXPECT_EQ(drv_map(d, GB, KIT_DATA, 2 * MB, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, GB + 2 * MB, KIT_DATA + 0x1000, 2 * MB, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, GB + 4 * MB, KIT_DATA + 4 * MB, GB - 4 * MB, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, GB + 3 * MB), KIT_DATA + 0x1000 + MB);
  blocks = kit->blocks;
  kit_clear(kit);
  EXPECT_EQ(kit_unmap(kit, d, GB, GB), GB);
  EXPECT_EQ(kit->blocks, blocks - 2);
  EXPECT_EQ(kit_count(kit, CMD_SYNC), 1);
  EXPECT_EQ(kit_read(kit, SID, GB + 3 * MB), KIT_FAULT);
  EXPECT_EQ(drv_map(d, GB, KIT_DATA, 2 * MB, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, GB + 2 * MB, KIT_DATA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(drv_map(d, GB + 4 * MB, KIT_DATA + 4 * MB, GB - 4 * MB, KIT_RW), 0);
  EXPECT_EQ(kit_unmap(kit, d, GB, GB), 2 * MB + 0x1000);
  kit_free(kit, d, SID);
}

DRIVER_TEST(Corner, RangeWithoutLevelIsNeverOnePage)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  kit_clear(kit);
  EXPECT_EQ(drv_inv_range(d, GB, 33 * 0x1000, 0x1000, false), 0);
  ASSERT_EQ(kit->commands.count, 2);
  EXPECT_EQ(FGET(TLBI_NH_VA, SCALE, kit_command(kit, 0)->words), 1);
  EXPECT_EQ(FGET(TLBI_NH_VA, NUM, kit_command(kit, 0)->words), 16);
  EXPECT_EQ(FGET(TLBI_NH_VA, Leaf, kit_command(kit, 0)->words), 0);
  kit_free(kit, d, SID);
}

/* ---- error codes ------------------------------------------------------------------------------------- */

static bool answer_cons(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  if (!write && addr == PLAT_SMMU_BASE + OFF_CMDQ_CONS)
    *value = *(uint32_t *)kit->arg;
  return false;
}

DRIVER_TEST(Corner, EachErrorCodeHasItsAnswer)
{
  static uint32_t cons; /* kit->arg outlives the case's frame */

  cons = 0;
  kit->arg = &cons;
  kit->answer = answer_cons;
  kit_clear(kit);
  EXPECT_TRUE(drv_queue_skip_error(&kit->drv->cmdq));
  EXPECT_STREQ(kit->log, "");
  cons = CERROR_ATC_INV_SYNC << 24;
  kit->stores.count = 0;
  EXPECT_TRUE(drv_queue_skip_error(&kit->drv->cmdq));
  EXPECT_STR_CONTAINS(kit->log, "repeated");
  EXPECT_EQ(kit->stores.count, 0);
  cons = UINT32_MAX;
  EXPECT_FALSE(drv_queue_skip_error(&kit->drv->cmdq));
  EXPECT_EQ(kit->stores.count, 0);
  /* One that nobody knows is treated as illegal: the command goes. */
  cons = 0x55u << 24 | 3;
  EXPECT_TRUE(drv_queue_skip_error(&kit->drv->cmdq));
  EXPECT_EQ(kit->stores.count, 2);
  EXPECT_EQ(((struct kit_access *)kit->stores.at)[1].value & 0xff, CMD_SYNC);
  EXPECT_EQ(((struct kit_access *)kit->stores.at)[1].addr, kit->drv->cmdq.ring + 3 * 16);
}

/* ---- stall models ------------------------------------------------------------------------------------ */

static bool answer_stall(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  if (!write && addr == PLAT_SMMU_BASE + OFF_IDR0)
    *value = PUT(IDR0, STALL_MODEL, *value, *(unsigned *)kit->arg);
  return false;
}

/* Not attached: the device of the test has no stalls. */
static void check_stall(struct kit *kit)
{
  unsigned model = *(unsigned *)kit->arg;
  struct drv_domain *s1;
  struct drv_domain *s2;
  uint64_t words[8];

  ASSERT_EQ(kit_probe(kit), 0);
  ASSERT_EQ(drv_domain_alloc(kit->drv, DRV_DOMAIN_S1, &s1), 0);
  ASSERT_EQ(drv_domain_alloc(kit->drv, DRV_DOMAIN_S2, &s2), 0);
  drv_cd_make(s1, 0, words);
  EXPECT_EQ(FGET(CD, S, words), model == 2);
  drv_ste_make(s1, 0x1000, 0, words);
  EXPECT_EQ(FGET(STE, S1STALLD, words), model == 0);
  drv_ste_make(s2, 0, 0, words);
  EXPECT_EQ(FGET(STE, S2S, words), model == 2);
  EXPECT_EQ(drv_domain_free(s1), 0);
  EXPECT_EQ(drv_domain_free(s2), 0);
  kit_remove(kit);
}

static const char *const stall_models[3] = { "stall_or_terminate", "terminate", "forced" };

PARAM_TEST_CASE(Corner, StallBitsFollowTheModel, stall_models, 3)
{
  unsigned model = (unsigned)param;
  struct kit kit;

  kit_init(&kit, 0);
  kit.arg = &model;
  kit.answer = answer_stall;
  kit_boot(&kit, check_stall);
}

/* ---- a VINTF that does not come up ---------------------------------------------------------------------- */

static bool answer_vintf1(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  (void)kit;
  if (!write && addr == PLAT_CMDQV_BASE + cmdqv_vintf(1) + OFF_VINTF_STATUS)
    *value = 0;
  return false;
}

static void alloc_dead_vintf(struct kit *kit)
{
  struct drv_vintf *v;

  kit->answer = answer_vintf1;
  EXPECT_EQ(drv_vintf_alloc(kit->drv, 1, &v), -ETIMEDOUT);
  kit->answer = NULL;
  ASSERT_EQ(drv_vintf_alloc(kit->drv, 1, &v), 0);
  EXPECT_EQ(drv_vintf_index(v), 1);
  drv_vintf_free(v);
}

PARAM_TEST_CASE(Corner, VintfThatDoesNotComeUpIsGivenBack, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  smmu_config_set_cmdqv(&kit.config, 2, 4);
  kit.options.cmdqv = PLAT_CMDQV_BASE;
  kit_run(&kit, alloc_dead_vintf);
}
