/* Devices that are dead, or answer nonsense: errors and timeouts, never a hang or a crash. */
#include <errno.h>

#include "kit.h"

#define SECOND 1000000000000ULL

/* ---- dead ---------------------------------------------------------------------------------------- */

static bool answer_all_ones(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  (void)kit;
  (void)addr;
  if (!write)
    *value = UINT64_MAX;
  return write;
}

static uint64_t now(struct kit *kit)
{
  return plat_now_ps(&kit->plat);
}

static void check_dead(struct kit *kit)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_gather gather = { .first = 0x1000, .last = 0x1fff, .page = 0x1000 };
  struct drv_counts counts;
  uint64_t start;

  EXPECT_EQ(drv_map(d, 0x1000, KIT_DATA, 0x1000, KIT_RW), 0);
  kit->answer = answer_all_ones;
  start = now(kit);
  EXPECT_EQ(drv_iotlb_sync(d, &gather), -ETIMEDOUT);
  EXPECT_GE(now(kit) - start, SECOND);
  EXPECT_LT(now(kit) - start, SECOND + SECOND / 100);
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.timeouts, 1);
  EXPECT_STR_CONTAINS(kit->log, "timeout: CMD_SYNC");
  EXPECT_EQ(drv_attach(kit->drv, SID, NULL), -ETIMEDOUT);
  EXPECT_NULL(drv_attached(kit->drv, SID));
  EXPECT_EQ(drv_domain_free(d), 0);
}

DRIVER_TEST(Dead, SyncTimesOutAfterASecond)
{
  check_dead(kit);
}

PARAM_TEST_CASE(Dead, SyncByConsTimesOutToo, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit.options.without = DRV_WITHOUT_MSI_POLL;
  kit_run(&kit, check_dead);
}

DRIVER_TEST(Dead, FullQueueTimesOut)
{
  struct drv_command c[DRV_BATCH] = { 0 };
  struct drv_counts counts;
  uint64_t start = 0;
  int err = 0;

  for (unsigned i = 0; i < DRV_BATCH; i++)
    c[i].words[0] = CMD_TLBI_NH_ASID;
  kit->answer = answer_all_ones;
  for (unsigned i = 0; !err && i < 10; i++) {
    start = now(kit);
    err = drv_issue(kit->drv, c, DRV_BATCH, false);
  }
  EXPECT_EQ(err, -ETIMEDOUT);
  EXPECT_GE(now(kit) - start, SECOND);
  EXPECT_LT(now(kit) - start, SECOND + SECOND / 100);
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.timeouts, 1);
  EXPECT_STR_CONTAINS(kit->log, "timeout: no room");
}

static void one_waiter(struct kit *kit, unsigned n)
{
  (void)n;
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), -ETIMEDOUT);
}

/* Everybody's own timeout: nobody waits for ever behind another. */
DRIVER_TEST(Dead, EveryCpuTimesOut)
{
  uint64_t start = now(kit);

  kit->answer = answer_all_ones;
  for (unsigned n = 0; n < 16; n++)
    kit_start(kit, n + 1, one_waiter, n);
  kit_join(kit);
  EXPECT_LT(now(kit) - start, 2 * SECOND);
}

static bool answer_no_ack(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  if (!write && addr == PLAT_SMMU_BASE + *(unsigned *)kit->arg)
    *value = ~*value;
  return false;
}

static void probe_without_ack(struct kit *kit)
{
  uint64_t start = now(kit);

  EXPECT_EQ(kit_probe(kit), -ETIMEDOUT);
  EXPECT_GE(now(kit) - start, SECOND);
  EXPECT_EQ(kit->blocks, 0);
}

static const char *const ack_names[2] = { "cr0ack", "irq_ctrlack" };

PARAM_TEST_CASE(Dead, ProbeWithoutAcknowledgementTimesOut, ack_names, 2)
{
  unsigned offset = param ? OFF_IRQ_CTRLACK : OFF_CR0ACK;
  struct kit kit;

  for (int variant = 0; variant < KIT_DEVICES; variant++) {
    kit_init(&kit, variant);
    kit.answer = answer_no_ack;
    kit.arg = &offset;
    kit_boot(&kit, probe_without_ack);
  }
}

/* ---- nonsense ------------------------------------------------------------------------------------ */

struct noise {
  uint64_t random;
  unsigned one_in; /* reads that are answered with a random value */
};

static bool answer_noise(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  struct noise *noise = kit->arg;

  (void)addr;
  noise->random = noise->random * 6364136223846793005ULL + 1442695040888963407ULL;
  if (!write && (noise->random >> 40) % noise->one_in == 0)
    *value = (noise->random >> 7) ^ (noise->random << 31);
  return false;
}

static void two_pages(struct kit *kit)
{
  struct drv_domain *d;

  if (drv_domain_alloc(kit->drv, DRV_DOMAIN_S1, &d))
    return;
  drv_attach(kit->drv, SID, d);
  for (unsigned i = 0; i < 8; i++) {
    struct drv_gather gather;

    drv_map(d, 0x1000, KIT_DATA, 0x2000, KIT_RW);
    kit_read(kit, SID, 0x1000);
    kit_read(kit, SID, 0x9000);
    drv_gather_init(&gather);
    drv_unmap(d, 0x1000, 0x2000, &gather);
    drv_iotlb_sync(d, &gather);
  }
  drv_attach(kit->drv, SID, NULL);
  EXPECT_EQ(drv_domain_free(d), 0);
}

static void live_with_noise(struct kit *kit)
{
  kit->answer = answer_noise;
  if (kit_probe(kit) == 0) {
    two_pages(kit);
    drv_remove(kit->drv);
  }
  EXPECT_EQ(kit->blocks, 0);
}

enum { NOISES = 40 };

/* Whatever registers say: everything ends, within simulated minutes, and memory comes back. */
TEST_CASE(Noise, EndsAndGivesBackItsMemory)
{
  struct kit kit;

  for (unsigned i = 0; i < NOISES; i++) {
    struct noise noise = { 77 + i, 1 + i % 8 * 3 };

    kit_init(&kit, (int)(i & 1));
    kit.arg = &noise;
    kit.options.without = i & 2 ? DRV_WITHOUT_MSI_POLL : 0;
    kit.board_config.limit_ps = 600 * SECOND;
    kit_boot(&kit, live_with_noise);
  }
}

/* CONS outside the ring, or past what was published, is no news. */
static bool answer_wild_cons(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  (void)kit;
  if (!write && addr == PLAT_SMMU_BASE + OFF_CMDQ_CONS)
    *value |= 0xc0000;
  return false;
}

static void check_wild_cons(struct kit *kit)
{
  kit->answer = answer_wild_cons;
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), -ETIMEDOUT);
  kit->answer = NULL;
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), 0);
}

PARAM_TEST_CASE(Noise, WildConsIsNotBelieved, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit.options.without = DRV_WITHOUT_MSI_POLL;
  kit_run(&kit, check_wild_cons);
}
