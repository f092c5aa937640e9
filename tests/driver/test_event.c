/* Interrupts: event records reach the callback, a queue that overflowed goes on, and a command that
 * the device does not know is skipped. */
#include <errno.h>

#include "arch/event.h"
#include "driver/drv_state.h"
#include "kit.h"

/* Until the handlers have run. */
static void let_interrupts_pass(struct kit *kit)
{
  plat_delay(&kit->plat, 100000000);
}

DRIVER_TEST(Event, ReachesTheCallback)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  struct drv_counts counts;

  EXPECT_EQ(kit_write(kit, SID, 0x5008), KIT_FAULT);
  let_interrupts_pass(kit);
  EXPECT_EQ(kit->events, 1);
  EXPECT_EQ(FGET(F_TRANSLATION, Type, kit->event), EVENT_F_TRANSLATION);
  EXPECT_EQ(FGET(F_TRANSLATION, SID, kit->event), SID);
  EXPECT_EQ(FGET(F_TRANSLATION, InputAddr, kit->event), 0x5008);
  EXPECT_EQ(FGET(F_TRANSLATION, RnW, kit->event), 0);
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.events, 1);
  EXPECT_EQ(kit_reg(kit, OFF_EVENTQ_CONS), kit_reg(kit, OFF_EVENTQ_PROD));
  kit_free(kit, d, SID);
}

DRIVER_TEST(Event, ManyOfThemWrapTheQueue)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  for (unsigned i = 0; i < 500; i++) {
    EXPECT_EQ(kit_read(kit, SID, 0x1000ULL * i), KIT_FAULT);
    plat_delay(&kit->plat, 3000000);
  }
  let_interrupts_pass(kit);
  EXPECT_EQ(kit->events, 500);
  EXPECT_EQ(FGET(F_TRANSLATION, InputAddr, kit->event), 0x1000ULL * 499);
  kit_free(kit, d, SID);
}

static void log_event(struct kit *kit)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  kit_read(kit, SID, 0x7000);
  let_interrupts_pass(kit);
  EXPECT_STR_CONTAINS(kit->log, "event: F_TRANSLATION sid=3");
  kit_free(kit, d, SID);
}

PARAM_TEST_CASE(Event, WithoutACallbackIsLogged, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit.options.event = NULL;
  kit_run(&kit, log_event);
}

/* More records than the queue has room for, while no handler can run. */
static void overflow(struct kit *kit)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);

  plat_irq_handler(&kit->plat, SMMU_SIGNAL_EVENTQ, NULL, NULL);
  for (unsigned i = 0; i < 40; i++)
    kit_read(kit, SID, 0x1000ULL * i);
  let_interrupts_pass(kit);
  plat_irq_handler(&kit->plat, SMMU_SIGNAL_EVENTQ, drv_eventq_handler, kit->drv);
  drv_eventq_handler(kit->drv);
  EXPECT_GE(kit->events, 4);
  EXPECT_LT(kit->events, 40);
  EXPECT_STR_CONTAINS(kit->log, "overflow");
  EXPECT_EQ(kit_reg(kit, OFF_EVENTQ_CONS), kit_reg(kit, OFF_EVENTQ_PROD));
  kit->events = 0;
  kit_read(kit, SID, 0x1000);
  let_interrupts_pass(kit);
  EXPECT_EQ(kit->events, 1);
  kit_free(kit, d, SID);
}

PARAM_TEST_CASE(Event, OverflowIsAcknowledged, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit.options.eventq_log2 = 2;
  kit.config.events = 2;
  kit_run(&kit, overflow);
}

/* PROD that changes at each read, or lies: the handler ends. */
static bool answer_prod(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  uint64_t *prod = kit->arg;

  if (!write && addr == PLAT_SMMU_BASE + OFF_EVENTQ_PROD) {
    *value = *prod;
    if (*prod < 1 << 19)
      *prod = (*prod + 1) & 0xff;
  }
  return false;
}

DRIVER_TEST(Event, HandlerEndsWhateverProdSays)
{
  uint64_t prod = 1;

  kit->arg = &prod;
  kit->answer = answer_prod;
  drv_eventq_handler(kit->drv);
  EXPECT_EQ(kit->events, 4097); /* the last one was found with the queue off */
  prod = UINT32_MAX;
  kit_clear(kit);
  drv_eventq_handler(kit->drv);
  EXPECT_EQ(kit->events, 0);
  EXPECT_STR_CONTAINS(kit->log, "PROD cannot be true");
  kit->answer = NULL;
}

/* ---- a queue that is never empty ---- */

static void flood(struct kit *kit, unsigned n)
{
  const bool *stop = kit->arg;

  while (!*stop)
    kit_read(kit, SID, 0x1000ULL * (n + 1));
}

static bool was_started_over(struct kit *kit)
{
  return kit_writes(kit, PLAT_SMMU_BASE + OFF_CR0) > 0;
}

/* Faster than the handler: it gives up after a while, and the queue would stay full, silently. */
static void flooded(struct kit *kit)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  bool stop = false;
  unsigned before;

  kit->arg = &stop;
  kit_clear(kit);
  for (unsigned n = 0; n < 2; n++)
    kit_start(kit, n + 1, flood, n);
  do {
    before = kit->events;
    plat_delay(&kit->plat, 500000000);
  } while (kit->events != before && !was_started_over(kit));
  EXPECT_TRUE(was_started_over(kit));
  stop = true;
  kit_join(kit);
  let_interrupts_pass(kit);
  EXPECT_GE(kit->events, 4096);
  before = kit->events;
  kit_read(kit, SID, 0x5000);
  let_interrupts_pass(kit);
  EXPECT_EQ(kit->events, before + 1);
  EXPECT_EQ(FGET(F_TRANSLATION, InputAddr, kit->event), 0x5000);
  kit_free(kit, d, SID);
}

TEST_CASE(Event, AfterAFloodTheNextOneArrives)
{
  static struct kit kit;

  kit_init(&kit, 1);
  kit.options.eventq_log2 = 3;
  kit_run(&kit, flooded);
}

/* PROD that cannot be true is no reason to hear nothing any more. */
static bool answer_lie(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  bool *lie = kit->arg;

  if (!write && addr == PLAT_SMMU_BASE + OFF_EVENTQ_PROD && *lie) {
    *value = 0x7fffffff;
    *lie = false;
  }
  return false;
}

DRIVER_TEST(Event, OneLieOfProdLosesNoRecord)
{
  struct drv_domain *d = kit_domain(kit, DRV_DOMAIN_S1, SID);
  bool lie = true;

  kit->arg = &lie;
  kit->answer = answer_lie;
  kit_read(kit, SID, 0x5000);
  let_interrupts_pass(kit);
  EXPECT_FALSE(lie);
  EXPECT_STR_CONTAINS(kit->log, "starting over");
  EXPECT_EQ(kit->events, 1);
  kit->answer = NULL;
  kit_read(kit, SID, 0x6000);
  let_interrupts_pass(kit);
  EXPECT_EQ(kit->events, 2);
  EXPECT_EQ(FGET(F_TRANSLATION, InputAddr, kit->event), 0x6000);
  kit_free(kit, d, SID);
}

/* A record that says Stall is answered, or its transaction would wait for ever. The device here has
 * no stalls and stops at CMD_RESUME, which is then skipped: that it was sent is what counts. */
static bool answer_one_record(struct kit *kit, uint64_t addr, bool write, uint64_t *value)
{
  (void)kit;
  if (!write && addr == PLAT_SMMU_BASE + OFF_EVENTQ_PROD)
    *value = 1;
  return false;
}

DRIVER_TEST(Event, StallIsTerminated)
{
  uint64_t record[4] = { 0 };

  FPUT(F_TRANSLATION, Type, record, EVENT_F_TRANSLATION);
  FPUT(F_TRANSLATION, SID, record, SID);
  FPUT(F_TRANSLATION, Stall, record, 1);
  FPUT(F_TRANSLATION, STAG, record, 0x42);
  for (unsigned i = 0; i < 4; i++)
    engine_memory_store64(kit->memory, kit->drv->eventq.ring + 8 * i, record[i]);
  kit->answer = answer_one_record;
  kit_clear(kit);
  drv_eventq_handler(kit->drv);
  kit->answer = NULL;
  EXPECT_EQ(kit->events, 1);
  EXPECT_EQ(((struct kit_access *)kit->stores.at)[0].value,
            CMD_RESUME | 1ULL << 13 | (uint64_t)SID << 32);
  EXPECT_EQ(((struct kit_access *)kit->stores.at)[1].value, 0x42);
  let_interrupts_pass(kit);
  EXPECT_STR_CONTAINS(kit->log, "skipped");
}

/* ---- command errors -------------------------------------------------------------------------------- */

DRIVER_TEST(Gerror, IllegalCommandIsSkippedAndTheRestRuns)
{
  struct drv_command c[3] = { { { CMD_TLBI_NH_ASID, 0 } },
                              { { 0x99, 0x1234 } },
                              { { CMD_TLBI_NH_ASID, 0 } } };
  struct drv_counts counts;

  kit->breaks = "command-illegal";
  EXPECT_EQ(drv_issue(kit->drv, c, 3, true), 0);
  let_interrupts_pass(kit);
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.gerrors, 1);
  EXPECT_EQ(counts.timeouts, 0);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), 2);
  EXPECT_EQ(kit_count(kit, CMD_SYNC), 2);
  EXPECT_EQ(kit_count(kit, 0x99), 0);
  EXPECT_STR_CONTAINS(kit->log, "error 1 at CONS");
  EXPECT_STR_CONTAINS(kit->log, "0000000000000099 0000000000001234");
  EXPECT_EQ(kit_reg(kit, OFF_GERROR) ^ kit_reg(kit, OFF_GERRORN), 0);
  EXPECT_EQ(drv_issue(kit->drv, c, 1, true), 0);
}

static void bad_citizen(struct kit *kit, unsigned n)
{
  struct drv_command good = { { CMD_TLBI_NH_ASID, 0 } };
  struct drv_command bad = { { 0x99, n } };

  for (unsigned i = 0; i < 10; i++) {
    EXPECT_EQ(drv_issue(kit->drv, &good, 1, true), 0);
    EXPECT_EQ(drv_issue(kit->drv, &bad, 1, true), 0);
  }
}

DRIVER_TEST(Gerror, OthersGoOnWhileErrorsAreSkipped)
{
  struct drv_counts counts;

  kit->breaks = "command-illegal";
  for (unsigned n = 0; n < 8; n++)
    kit_start(kit, n + 1, bad_citizen, n);
  kit_join(kit);
  let_interrupts_pass(kit);
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(kit_count(kit, CMD_TLBI_NH_ASID), 80);
  EXPECT_EQ(counts.gerrors, 80);
  EXPECT_EQ(counts.timeouts, 0);
}

/* A ring that cannot be read is read again, but not for ever. */
static void abort_fetch(struct kit *kit)
{
  uint64_t ring = kit->drv->cmdq.ring;
  struct drv_counts counts;

  EXPECT_EQ(engine_memory_inject_abort(kit->memory, ring, 4096, true), 0);
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), -ETIMEDOUT);
  EXPECT_STR_CONTAINS(kit->log, "giving up");
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.gerrors, 17);
  EXPECT_EQ(engine_memory_inject_abort(kit->memory, ring, 4096, false), 0);
  plat_mmio_write(&kit->plat, PLAT_SMMU_BASE + OFF_GERRORN, kit_reg(kit, OFF_GERROR), 4);
  EXPECT_EQ(drv_issue(kit->drv, NULL, 0, true), 0);
}

PARAM_TEST_CASE(Gerror, FetchThatAbortsForEverIsGivenUp, kit_devices, KIT_DEVICES)
{
  struct kit kit;

  kit_init(&kit, param);
  kit.options.without = DRV_WITHOUT_MSI_POLL;
  kit_run(&kit, abort_fetch);
}

/* One abort at the same index, every second lap: the index is the same, the fetches are not in a
 * row. */
static int issued;

static void issue_sync(struct kit *kit, unsigned n)
{
  (void)n;
  issued = drv_issue_main(kit->drv, NULL, 0, true);
}

static void issue_until_prod_is(struct kit *kit, uint64_t prod)
{
  while (kit_reg(kit, OFF_CMDQ_PROD) != prod)
    ASSERT_EQ(drv_issue_main(kit->drv, NULL, 0, true), 0);
}

static void aborts_laps_apart(struct kit *kit)
{
  uint64_t ring = kit->drv->cmdq.ring;
  struct drv_counts counts;

  for (unsigned i = 0; i < 20; i++) {
    uint64_t before;

    issue_until_prod_is(kit, 0xf0);
    issue_until_prod_is(kit, 0x10);
    drv_get_counts(kit->drv, &counts);
    before = counts.gerrors;
    engine_memory_inject_abort(kit->memory, ring, 4096, true);
    kit_start(kit, 1, issue_sync, 0);
    for (unsigned t = 0; t < 10000 && counts.gerrors == before; t++) {
      plat_delay(&kit->plat, 10000);
      drv_get_counts(kit->drv, &counts);
    }
    engine_memory_inject_abort(kit->memory, ring, 4096, false);
    kit_join(kit);
    ASSERT_EQ(issued, 0);
  }
}

TEST_CASE(Gerror, AbortsLapsApartAreNotInARow)
{
  static struct kit kit;

  kit_init(&kit, 1);
  kit.options.cmdq_log2 = 7;
  kit.options.without = DRV_WITHOUT_MSI_POLL;
  kit_run(&kit, aborts_laps_apart);
}

DRIVER_TEST(Gerror, HandlerWithNothingToDoDoesNothing)
{
  struct drv_counts counts;

  drv_gerror_handler(kit->drv);
  drv_get_counts(kit->drv, &counts);
  EXPECT_EQ(counts.gerrors, 0);
  EXPECT_EQ(kit_writes(kit, PLAT_SMMU_BASE + OFF_GERRORN), 0);
}
