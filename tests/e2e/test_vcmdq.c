/* The emulated CMDQV: what is kept, what goes to the hardware, when queues are made, and how errors
 * of the hardware reach the guest. */
#include "raw.h"

#include <errno.h>

enum { PAGE0 = 0x30000, PAGE1 = 0x40000, RING_LOG2 = 8, RING_BYTES = 16 << RING_LOG2 };

#define QUEUE0(l, reg)  (cmdqv_lvcmdq_page0(0, l) + OFF_VCMDQ_##reg)
#define QUEUE1(l, reg)  (cmdqv_lvcmdq_page1(0, l) + OFF_VCMDQ_##reg)
#define GLOBAL0(q, reg) (cmdqv_vcmdq_page0(q) + OFF_VCMDQ_##reg)
#define GLOBAL1(q, reg) (cmdqv_vcmdq_page1(q) + OFF_VCMDQ_##reg)
#define ALLOC_MAP(q)    (OFF_CMDQV_CMDQ_ALLOC_MAP + 4ULL * (q))
#define VINTF(reg)      (cmdqv_vintf(0) + OFF_VINTF_##reg)

static uint64_t ring_of(struct raw *raw)
{
  uint64_t ring = 0;

  EXPECT_EQ(plat_dma_alloc(raw->p, RING_BYTES, RING_BYTES, &ring), 0);
  return ring;
}

/* Queue l as Linux brings it up; the VINTF is on already. */
static uint64_t queue_up(struct raw *raw, unsigned l)
{
  uint64_t ring = ring_of(raw);

  raw_set_cmdqv(raw, ALLOC_MAP(l), 1 | l << 1);
  raw_set_cmdqv64(raw, QUEUE1(l, BASE), ring | RING_LOG2);
  raw_set_cmdqv(raw, QUEUE0(l, CONFIG), 1);
  return ring;
}

static uint64_t ioctls(struct raw *raw)
{
  return e2e_counts(raw->e2e, 0).vm.ioctls;
}

static bool wait_consumed(struct raw *raw, unsigned l, uint32_t prod)
{
  for (unsigned i = 0; i < 1000; i++) {
    if (GET(VCMDQ_CONS_INDX, RD, raw_cmdqv(raw, QUEUE0(l, CONS_INDX))) == prod)
      return true;
    plat_delay(raw->p, 1000000);
  }
  return false;
}

#define CMDQV_TEST(suite, name) \
  static void cmdqv_body_##suite##_##name(struct raw *raw); \
  E2E_TEST(suite, name) \
  { \
    e2e->spec.cmdqv = true; \
    e2e_make(e2e); \
    raw_run(e2e, 0, cmdqv_body_##suite##_##name); \
  } \
  static void cmdqv_body_##suite##_##name(struct raw *raw)

CMDQV_TEST(Cmdqv, ShowsOneVintfAndItsQueues)
{
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_PARAM), 0x4021);
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_CONFIG), 0x20083);
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_STATUS), 1);
  raw_set_cmdqv(raw, OFF_CMDQV_PARAM, 0);
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_PARAM), 0x4021);
}

CMDQV_TEST(Cmdqv, HypOwnReadsAsZeroAndVmidIsKept)
{
  raw_set_cmdqv(raw, VINTF(CONFIG), 1u << 17 | 0x1234 << 1);
  EXPECT_EQ(raw_cmdqv(raw, VINTF(CONFIG)), 0x1234 << 1);
  EXPECT_EQ(raw_cmdqv(raw, VINTF(STATUS)), 0);
  raw_set_cmdqv(raw, VINTF(CONFIG), 1u << 17 | 1);
  EXPECT_EQ(raw_cmdqv(raw, VINTF(CONFIG)), 1);
  EXPECT_EQ(raw_cmdqv(raw, VINTF(STATUS)), 1);
}

CMDQV_TEST(Cmdqv, PageOfQueuesTrapsUntilTheVintfIsOn)
{
  struct e2e_counts before = e2e_counts(raw->e2e, 0), c;

  raw_set_cmdqv(raw, QUEUE0(0, PROD_INDX), 3);
  EXPECT_EQ(raw_cmdqv(raw, QUEUE0(0, PROD_INDX)), 3);
  c = e2e_since(raw->e2e, 0, &before);
  EXPECT_EQ(c.vm.exits, 2);
  EXPECT_EQ(c.vm.exits_cmdqv, 2);
  EXPECT_EQ(c.vm.mapped, 0);
  raw_set_cmdqv(raw, VINTF(CONFIG), 1);
  before = e2e_counts(raw->e2e, 0);
  raw_set_cmdqv(raw, QUEUE0(0, PROD_INDX), 3);
  EXPECT_EQ(raw_cmdqv(raw, QUEUE0(0, PROD_INDX)), 0); /* no such queue yet: dropped */
  c = e2e_since(raw->e2e, 0, &before);
  EXPECT_EQ(c.vm.exits, 0);
  EXPECT_EQ(c.vm.mapped, 2);
  raw_set_cmdqv(raw, VINTF(CONFIG), 0);
  before = e2e_counts(raw->e2e, 0);
  raw_cmdqv(raw, QUEUE0(0, PROD_INDX));
  EXPECT_EQ(e2e_since(raw->e2e, 0, &before).vm.exits, 1);
}

CMDQV_TEST(Cmdqv, AQueueIsMadeWhenItsBaseIsWritten)
{
  uint64_t calls;

  raw_set_cmdqv(raw, VINTF(CONFIG), 1);
  calls = ioctls(raw);
  raw_set_cmdqv(raw, ALLOC_MAP(0), 1);
  EXPECT_EQ(ioctls(raw), calls);
  raw_set_cmdqv64(raw, QUEUE1(0, BASE), ring_of(raw) | RING_LOG2);
  EXPECT_EQ(ioctls(raw), calls + 1);
  EXPECT_EQ(raw_cmdqv(raw, QUEUE0(0, STATUS)), 0); /* the guest enables it */
  raw_set_cmdqv(raw, QUEUE0(0, CONFIG), 1);
  plat_delay(raw->p, 10000000);
  EXPECT_EQ(raw_cmdqv(raw, QUEUE0(0, STATUS)), 1);
  EXPECT_EQ(plat_mmio_read(raw->p, PLAT_CMDQV_BASE + QUEUE1(0, BASE), 8) & 31, RING_LOG2);
}

/* Linux 6.12 programs the queues first and turns the VINTF on last. */
CMDQV_TEST(Cmdqv, WhatWasWrittenBeforeTheVintfWasOnReachesTheHardware)
{
  uint64_t ring = ring_of(raw);

  plat_store64(raw->p, ring, CMD_SYNC);
  raw_set_cmdqv(raw, ALLOC_MAP(0), 1);
  raw_set_cmdqv64(raw, GLOBAL1(0, BASE), ring | RING_LOG2);
  raw_set_cmdqv(raw, QUEUE0(0, PROD_INDX), 1);
  raw_set_cmdqv(raw, GLOBAL0(0, CONFIG), 1);
  EXPECT_EQ(raw_cmdqv(raw, QUEUE0(0, STATUS)), 1);
  raw_set_cmdqv(raw, VINTF(CONFIG), 1);
  EXPECT_TRUE(wait_consumed(raw, 0, 1));
  EXPECT_EQ(raw_cmdqv(raw, QUEUE0(0, STATUS)), 1);
  EXPECT_EQ(raw_cmdqv(raw, GLOBAL0(0, CONS_INDX)), 1);
}

CMDQV_TEST(Cmdqv, QueuesConsumeCommandsWithoutTheVmm)
{
  uint64_t ring[2];
  struct e2e_counts before;

  raw_set_cmdqv(raw, VINTF(CONFIG), 1);
  for (unsigned l = 0; l < 2; l++) {
    ring[l] = queue_up(raw, l);
    plat_store64(raw->p, ring[l], CMD_TLBI_NH_ASID | 7ULL << 48);
    plat_store64(raw->p, ring[l] + 16, CMD_SYNC);
  }
  before = e2e_counts(raw->e2e, 0);
  for (unsigned l = 0; l < 2; l++)
    raw_set_cmdqv(raw, QUEUE0(l, PROD_INDX), 2);
  for (unsigned l = 0; l < 2; l++)
    EXPECT_TRUE(wait_consumed(raw, l, 2));
  EXPECT_EQ(e2e_since(raw->e2e, 0, &before).vm.exits, 0);
  EXPECT_EQ(e2e_since(raw->e2e, 0, &before).vm.ioctls, 0);
}

CMDQV_TEST(Cmdqv, ABaseInTwoHalvesEndsAsTheWholeOne)
{
  uint64_t ring = ring_of(raw);

  raw_set_cmdqv(raw, VINTF(CONFIG), 1);
  raw_set_cmdqv(raw, ALLOC_MAP(0), 1);
  raw_set_cmdqv(raw, QUEUE1(0, BASE), (uint32_t)ring | RING_LOG2);
  raw_set_cmdqv(raw, QUEUE1(0, BASE) + 4, (uint32_t)(ring >> 32));
  EXPECT_EQ(raw_cmdqv(raw, QUEUE1(0, BASE)), (uint32_t)ring | RING_LOG2);
  plat_store64(raw->p, ring, CMD_SYNC);
  raw_set_cmdqv(raw, QUEUE0(0, CONFIG), 1);
  plat_delay(raw->p, 10000000);
  raw_set_cmdqv(raw, QUEUE0(0, PROD_INDX), 1);
  EXPECT_TRUE(wait_consumed(raw, 0, 1));
}

static void expect_init_error(struct raw *raw, unsigned l, bool wanted)
{
  EXPECT_EQ(GET(VCMDQ_GERROR, CMDQ_INIT_ERR, raw_cmdqv(raw, GLOBAL0(l, GERROR))), wanted);
}

CMDQV_TEST(Cmdqv, ARingTheHostRefusesIsAnInitError)
{
  raw_set_cmdqv(raw, VINTF(CONFIG), 1);
  raw_set_cmdqv(raw, ALLOC_MAP(0), 1);
  raw_set_cmdqv64(raw, QUEUE1(0, BASE), 0x1000 | RING_LOG2); /* no RAM */
  expect_init_error(raw, 0, true);
  EXPECT_EQ(raw_cmdqv(raw, GLOBAL0(0, STATUS)), 0);
  raw_set_cmdqv(raw, GLOBAL0(0, CONFIG), 1);
  EXPECT_EQ(raw_cmdqv(raw, GLOBAL0(0, STATUS)), 0);
  raw_set_cmdqv64(raw, QUEUE1(0, BASE), ring_of(raw) | 31); /* 32 GB */
  expect_init_error(raw, 0, true);
  raw_set_cmdqv64(raw, QUEUE1(0, BASE), (ring_of(raw) + 32) | RING_LOG2); /* not aligned */
  expect_init_error(raw, 0, true);
  raw_set_cmdqv64(raw, QUEUE1(0, BASE), ring_of(raw) | RING_LOG2);
  expect_init_error(raw, 0, false);
  raw_set_cmdqv(raw, ALLOC_MAP(2), 1 | 2 << 1); /* queue 1 is missing */
  raw_set_cmdqv64(raw, QUEUE1(2, BASE), ring_of(raw) | RING_LOG2);
  expect_init_error(raw, 2, true);
}

/* Queue 1 stands on queue 0: the host keeps queue 0, and it goes on with its old ring. */
CMDQV_TEST(Cmdqv, AQueueThatAnotherStandsOnKeepsItsRing)
{
  uint64_t ring[2];

  raw_set_cmdqv(raw, VINTF(CONFIG), 1);
  ring[0] = queue_up(raw, 0);
  ring[1] = queue_up(raw, 1);
  plat_store64(raw->p, ring[0], CMD_SYNC);
  raw_set_cmdqv64(raw, QUEUE1(0, BASE), ring_of(raw) | RING_LOG2);
  expect_init_error(raw, 0, true);
  plat_delay(raw->p, 10000000);
  raw_set_cmdqv(raw, QUEUE0(0, PROD_INDX), 1);
  EXPECT_TRUE(wait_consumed(raw, 0, 1));
  raw_set_cmdqv(raw, ALLOC_MAP(1), 2);
  raw_set_cmdqv64(raw, QUEUE1(0, BASE), ring_of(raw) | RING_LOG2);
  EXPECT_EQ(raw_cmdqv(raw, QUEUE0(0, CONS_INDX)), 0); /* made anew */
  expect_init_error(raw, 0, false);
}

CMDQV_TEST(Cmdqv, TurningItOffFreesAllQueuesAndOnAgainMakesThem)
{
  uint64_t calls;

  raw_set_cmdqv(raw, VINTF(CONFIG), 1);
  queue_up(raw, 0);
  queue_up(raw, 1);
  calls = ioctls(raw);
  raw_set_cmdqv(raw, OFF_CMDQV_CONFIG, 0x20082);
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_STATUS), 0);
  EXPECT_EQ(ioctls(raw), calls + 2);
  EXPECT_EQ(raw_cmdqv(raw, QUEUE0(0, STATUS)), 0);
  raw_set_cmdqv(raw, OFF_CMDQV_CONFIG, 0x20083);
  EXPECT_EQ(ioctls(raw), calls + 4);
  raw_set_cmdqv(raw, VINTF(CONFIG), 0);
  EXPECT_EQ(ioctls(raw), calls + 6);
  EXPECT_EQ(raw_cmdqv(raw, VINTF(STATUS)), 0);
}

CMDQV_TEST(Cmdqv, StreamTableOfTheGuestIsStoredAndNothingElse)
{
  struct e2e_counts before = e2e_counts(raw->e2e, 0);

  raw_set_cmdqv(raw, VINTF(SID_REPLACE) + 12, 0x12345);
  raw_set_cmdqv(raw, VINTF(SID_MATCH) + 12, 0x12345 << 1 | 1);
  EXPECT_EQ(raw_cmdqv(raw, VINTF(SID_REPLACE) + 12), 0x12345);
  EXPECT_EQ(raw_cmdqv(raw, VINTF(SID_MATCH) + 12), 0x12345 << 1 | 1);
  EXPECT_EQ(raw_cmdqv(raw, VINTF(SID_MATCH) + 8), 0);
  EXPECT_EQ(e2e_since(raw->e2e, 0, &before).vm.ioctls, 0);
}

CMDQV_TEST(Cmdqv, TakesEightBytesAtBasesAlone)
{
  raw_set_cmdqv64(raw, ALLOC_MAP(0), 1);
  EXPECT_EQ(raw_cmdqv(raw, ALLOC_MAP(0)), 0);
  raw_set_cmdqv64(raw, GLOBAL0(0, CONS_INDX), 5);
  EXPECT_EQ(raw_cmdqv(raw, GLOBAL0(0, CONS_INDX)), 0);
  raw_set_cmdqv64(raw, GLOBAL1(0, CONS_INDX_BASE_DRAM), 0x123456789abc);
  EXPECT_EQ(plat_mmio_read(raw->p, PLAT_CMDQV_BASE + GLOBAL1(0, CONS_INDX_BASE_DRAM), 8),
            0x123456789abc);
  EXPECT_EQ(raw_cmdqv(raw, 0x4fffc), 0);
}

CMDQV_TEST(Cmdqv, AnErrorOfAQueueReachesTheGuestAndGoesWhenAcknowledged)
{
  uint64_t ring;

  raw_irqs(raw);
  raw_set_cmdqv(raw, VINTF(CONFIG), 1);
  queue_up(raw, 0);
  ring = queue_up(raw, 1);
  plat_store64(raw->p, ring, CMD_TLBI_NSNH_ALL); /* not for a guest's VCMDQ */
  plat_store64(raw->p, ring + 16, CMD_SYNC);
  raw_set_cmdqv(raw, QUEUE0(1, PROD_INDX), 2);
  raw_wait(raw);
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_CMDQV], 1);
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_VI_ERR_MAP), 1);
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_CMDQ_ERR_MAP), 2);
  EXPECT_EQ(plat_mmio_read(raw->p, PLAT_CMDQV_BASE + VINTF(LVCMDQ_ERR_MAP), 8), 2);
  EXPECT_EQ(GET(VINTF_STATUS, STATUS, raw_cmdqv(raw, VINTF(STATUS))), 1);
  EXPECT_EQ(GET(VCMDQ_CONS_INDX, ERR, raw_cmdqv(raw, QUEUE0(1, CONS_INDX))), CERROR_ILL);
  plat_store64(raw->p, ring, CMD_SYNC);
  raw_set_cmdqv(raw, QUEUE0(1, GERRORN), raw_cmdqv(raw, QUEUE0(1, GERROR)));
  EXPECT_TRUE(wait_consumed(raw, 1, 2));
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_VI_ERR_MAP), 0);
  EXPECT_EQ(raw_cmdqv(raw, VINTF(LVCMDQ_ERR_MAP)), 0);
}

CMDQV_TEST(Cmdqv, AMaskedErrorInterruptsNobody)
{
  uint64_t ring;

  raw_irqs(raw);
  raw_set_cmdqv(raw, OFF_CMDQV_VI_INT_MASK, 1);
  raw_set_cmdqv(raw, VINTF(CONFIG), 1);
  ring = queue_up(raw, 0);
  plat_store64(raw->p, ring, CMD_TLBI_NSNH_ALL);
  raw_set_cmdqv(raw, QUEUE0(0, PROD_INDX), 1);
  raw_wait(raw);
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_CMDQV], 0);
  EXPECT_EQ(raw_cmdqv(raw, OFF_CMDQV_VI_ERR_MAP), 1);
}

/* ---- the guest's driver ---- */

static void send_bad_commands(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct drv *drv = guest_drv(guest);
  struct drv_command commands[] = { { { CMD_TLBI_NH_ASID | 1ULL << 48, 0 } },
                                    { { CMD_TLBI_NH_VA, 1 << 10 } },       /* an illegal range */
                                    { { CMD_ATC_INV | 77ULL << 32, 52 } }, /* not its device */
                                    { { CMD_TLBI_NH_ASID | 1ULL << 48, 0 } } };
  struct e2e_counts before = e2e_counts(e2e, 0), c;

  EXPECT_EQ(drv_issue(drv, commands, 4, true), 0);
  c = e2e_since(e2e, 0, &before);
  EXPECT_EQ(c.guest.vcmdq_submissions, 1);
  EXPECT_EQ(c.vm.irqs, 2);
  EXPECT_EQ(c.guest.timeouts, 0);
  EXPECT_EQ(c.guest.gerrors, 2);
  EXPECT_EQ(drv_issue(drv, commands, 1, true), 0);
}

E2E_TEST(Cmdqv, TheGuestsDriverRecoversFromErrorsOfTheHardware)
{
  e2e->spec.cmdqv = true;
  e2e_make(e2e);
  e2e_guest(e2e, 0, send_bad_commands);
}

static void use_every_vcmdq(struct guest *guest, unsigned cpu, void *arg)
{
  struct drv_command command = { { CMD_TLBI_NH_ASID | 1ULL << 48, 0 } };

  (void)cpu;
  (void)arg;
  for (unsigned i = 0; i < 20; i++)
    EXPECT_EQ(drv_issue(guest_drv(guest), &command, 1, true), 0);
}

static void run_on_all(struct guest *guest, void *arg)
{
  struct e2e *e2e = arg;
  struct e2e_counts before = e2e_counts(e2e, 0), c;

  EXPECT_EQ(drv_get_features(guest_drv(guest))->lvcmdqs, e2e->spec.lvcmdqs);
  EXPECT_FALSE(drv_get_features(guest_drv(guest))->hyp_own);
  EXPECT_EQ(guest_run(guest, 4, use_every_vcmdq, NULL), 0);
  c = e2e_since(e2e, 0, &before);
  EXPECT_EQ(c.guest.vcmdq_submissions, 80);
  EXPECT_EQ(c.vm.exits, 0);
}

E2E_TEST(Cmdqv, EveryVcpuHasAQueueOfItsOwn)
{
  e2e->spec.cmdqv = true;
  e2e->spec.vcpus = 4;
  e2e_make(e2e);
  e2e_guest(e2e, 0, run_on_all);
}

E2E_TEST(Cmdqv, WorksWithTheRingsThatScatteredRamAllows)
{
  e2e->spec.cmdqv = true;
  e2e->spec.vcpus = 4;
  e2e->spec.backing = IOMMUFD_MEMORY_SCATTERED;
  e2e_make(e2e);
  e2e_guest(e2e, 0, run_on_all);
}

E2E_TEST(Cmdqv, VcpusShareQueuesWhereThereAreFewer)
{
  e2e->spec.cmdqv = true;
  e2e->spec.vcpus = 4;
  e2e->spec.lvcmdqs = 2;
  e2e_make(e2e);
  e2e_guest(e2e, 0, run_on_all);
}
