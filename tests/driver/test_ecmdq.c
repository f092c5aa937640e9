/* Enhanced command queues: one a CPU, shared where there are fewer, errors by queue, and what was left
 * switched on. IHI 0070 3.5.6. */
#include <string.h>

#include "arch/ecmdq.h"
#include "driver/drv_state.h"
#include "kit.h"

enum { PAGES = 2, QUEUES = 2, ALL = PAGES * QUEUES };

static void init_ecmdqs(struct kit *kit, int variant)
{
  kit_init(kit, variant);
  smmu_config_set_ecmdq(&kit->config, PAGES, QUEUES);
  kit->options.ecmdq = true;
}

#define ECMDQ_TEST(name, prepare) \
  static void ecmdq_body_##name(struct kit *kit); \
  PARAM_TEST_CASE(Ecmdq, name, kit_devices, KIT_DEVICES) \
  { \
    struct kit kit; \
\
    init_ecmdqs(&kit, param); \
    prepare; \
    kit_run(&kit, ecmdq_body_##name); \
  } \
  static void ecmdq_body_##name(struct kit *kit)

static uint64_t at(unsigned e, uint32_t offset)
{
  return ecmdq_set(e, 1) + offset;
}

static void issue_one(struct kit *kit, unsigned n)
{
  struct drv_command c = { { CMD_TLBI_NH_ASID, 0 } };

  FPUT(TLBI_NH_ASID, ASID, c.words, n + 1);
  EXPECT_EQ(drv_issue(kit->drv, &c, 1, true), 0);
}

ECMDQ_TEST(FeaturesCountWhatIdr6Says, (void)0)
{
  EXPECT_EQ(drv_get_features(kit->drv)->ecmdqs, ALL);
}

ECMDQ_TEST(EachCpuUsesItsOwnQueue, (void)0)
{
  struct drv_counts counts;

  for (unsigned cpu = 1; cpu < ALL; cpu++)
    kit_start(kit, cpu, issue_one, cpu);
  kit_join(kit);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), ALL - 1);
  for (size_t i = 0; i < kit->commands.count; i++) {
    const struct kit_command *c = kit_command(kit, i);

    if (FGET(CMD, Opcode, c->words) == CMD_TLBI_NH_ASID)
      EXPECT_EQ(c->queue, FGET(TLBI_NH_ASID, ASID, c->words));
  }
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.ecmdq_submissions, ALL - 1);
  EXPECT_EQ(counts.vcmdq_submissions, 0);
}

ECMDQ_TEST(CpusShareWhereThereAreFewer, (void)0)
{
  for (unsigned cpu = 1; cpu < 12; cpu++)
    kit_start(kit, cpu, issue_one, cpu);
  kit_join(kit);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), 11);
}

ECMDQ_TEST(UnusedWithoutTheOption, kit.options.ecmdq = false)
{
  issue_one(kit, 0);
  EXPECT_EQ(kit_command(kit, kit->commands.count - 1)->queue, 0);
  EXPECT_EQ(kit_reg(kit, at(0, OFF_ECMDQ_CONS)), 0);
}

ECMDQ_TEST(UnusedWithoutTheFeature, smmu_config_set_ecmdq(&kit.config, 0, 0))
{
  issue_one(kit, 0);
  EXPECT_EQ(kit_command(kit, kit->commands.count - 1)->queue, 0);
  EXPECT_EQ(drv_get_features(kit->drv)->ecmdqs, 0);
}

ECMDQ_TEST(MappingsComeAndGoThroughThem, (void)0)
{
  struct drv_domain *domain = kit_domain(kit, DRV_DOMAIN_S1, SID);

  ASSERT_EQ(drv_map(domain, 0x10000, KIT_DATA, 0x4000, KIT_RW), 0);
  EXPECT_EQ(kit_read(kit, SID, 0x11000), KIT_DATA + 0x1000);
  kit_clear(kit);
  EXPECT_EQ(kit_unmap(kit, domain, 0x10000, 0x4000), 0x4000);
  EXPECT_EQ(kit_read(kit, SID, 0x11000), KIT_FAULT);
  for (size_t i = 0; i < kit->commands.count; i++)
    EXPECT_EQ(kit_command(kit, i)->queue, 1);
  kit_free(kit, domain, SID);
}

/* ---- errors ---- */

static void let_interrupts_pass(struct kit *kit)
{
  plat_delay(&kit->plat, 100000000);
}

ECMDQ_TEST(ErrorIsSkippedInItsQueueAlone, kit.breaks = "command-illegal")
{
  struct drv_command bad = { { 0xff, 0 } };
  struct drv_counts counts;

  EXPECT_EQ(drv_issue(kit->drv, &bad, 1, true), 0);
  let_interrupts_pass(kit);
  EXPECT_TRUE(strstr(kit->log, "ecmdq0: error 1 at CONS 0x0, skipped"));
  EXPECT_EQ(kit_reg(kit, OFF_GERROR) ^ kit_reg(kit, OFF_GERRORN), 0);
  EXPECT_EQ((kit_reg(kit, at(0, OFF_ECMDQ_PROD)) ^ kit_reg(kit, at(0, OFF_ECMDQ_CONS))) >> 23 & 1,
            0);
  issue_one(kit, 0);
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.gerrors, 1);
  EXPECT_EQ(counts.timeouts, 0);
}

static void issue_bad(struct kit *kit, unsigned n)
{
  struct drv_command bad = { { 0xff, 0 } };

  for (unsigned i = 0; i < 8; i++) {
    EXPECT_EQ(drv_issue(kit->drv, &bad, 1, true), 0);
    issue_one(kit, n);
  }
}

ECMDQ_TEST(ErrorsInSeveralQueuesAtATimeAreAllSkipped, kit.breaks = "command-illegal")
{
  struct drv_counts counts;

  for (unsigned cpu = 1; cpu < 8; cpu++)
    kit_start(kit, cpu, issue_bad, cpu);
  kit_join(kit);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), 56);
  let_interrupts_pass(kit);
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.timeouts, 0);
  EXPECT_EQ(kit_reg(kit, OFF_GERROR) ^ kit_reg(kit, OFF_GERRORN), 0);
}

/* ---- a device that was in use ---- */

static void probe_used_device(struct kit *kit)
{
  uint64_t base = PLAT_SMMU_BASE + at(3, 0);

  plat_mmio_write(&kit->plat, base + OFF_ECMDQ_PROD, 0x80000000, 4);
  plat_delay(&kit->plat, 10000000);
  EXPECT_EQ(plat_mmio_read(&kit->plat, base + OFF_ECMDQ_CONS, 4) >> 31, 1);
  ASSERT_EQ(kit_probe(kit), 0);
  EXPECT_EQ(plat_mmio_read(&kit->plat, base + OFF_ECMDQ_CONS, 4) >> 31, 0);
  EXPECT_NE(kit_reg(kit, OFF_CR1) & 0x3f, 0);
  kit_remove(kit);
}

PARAM_TEST_CASE(Ecmdq, QueuesLeftOnAreSwitchedOffFirst, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  init_ecmdqs(&kit, param);
  kit.options.ecmdq = false;
  kit_boot(&kit, probe_used_device);
}

static bool odd_page(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  (void)kit;
  if (write || addr != PLAT_SMMU_BASE + 0x4000)
    return false;
  *value = SMMU_ECMDQ_PAGES | 5; /* no such granule */
  return true;
}

ECMDQ_TEST(PagesOfAnotherKindStayUnused, kit.answer = odd_page)
{
  issue_one(kit, 0);
  EXPECT_EQ(kit_command(kit, kit->commands.count - 1)->queue, 0);
  EXPECT_EQ(kit_reg(kit, at(0, OFF_ECMDQ_PROD)), 0);
}
