/* A device with an ATC on a board: it asks for translations, keeps them until the driver has them
 * invalidated, and waits for pages that it asks for. IHI 0070 3.9, 4.5, 8. */
#include "kit.h"
#include "smmu/endpoint.h"

enum { VA = 0x5000, PA = 0x90000 };

struct device {
  struct endpoint endpoint;
  struct drv_domain *domain;
  struct drv_page_fault fault; /* the last one */
  unsigned faults;
  bool no_memory; /* pages are not made good */
  bool on;        /* the driver has switched ATS on */
};

static struct device device;

static enum engine_answer receive(void *ctx, const struct smmu_message *m, uint64_t time,
                                  uint64_t *delay_ps)
{
  (void)time, (void)delay_ps;
  return endpoint_receive(ctx, m);
}

static void enable(void *arg, bool on)
{
  ((struct device *)arg)->on = on;
}

static bool make_good(void *arg, const struct drv_page_fault *fault)
{
  (void)arg;
  device.fault = *fault;
  device.faults++;
  return !device.no_memory && drv_map(device.domain, fault->addr, PA, 0x1000, KIT_RW) == 0;
}

/* One access of the device: a request first if it has nothing. KIT_FAULT: not granted. */
static uint64_t use(struct kit *kit, bool write)
{
  struct endpoint_access a = { .addr = VA + 8, .write = write };
  struct smmu_result r;
  struct smmu_txn txn;

  if (endpoint_next(&device.endpoint, &a, &txn) == ENDPOINT_REQUEST) {
    r = kit_translate(kit, &txn);
    if (!endpoint_completed(&device.endpoint, &a, &r))
      return KIT_FAULT;
    EXPECT_EQ(endpoint_next(&device.endpoint, &a, &txn), ENDPOINT_USE);
  }
  r = kit_translate(kit, &txn);
  return r.status == SMMU_STATUS_OK ? r.pa : KIT_FAULT;
}

static void start(struct kit *kit)
{
  struct engine_endpoint e = { .ctx = &device.endpoint, .receive = receive };

  endpoint_init(&device.endpoint, SID, 8);
  EXPECT_TRUE(plat_board_set_endpoint(kit->board, &e));
  EXPECT_EQ(drv_enable_ats(kit->drv, SID, enable, &device), 0);
  device.domain = kit_domain(kit, DRV_DOMAIN_S1, SID);
  EXPECT_TRUE(device.on);
}

static void stop(struct kit *kit)
{
  kit_free(kit, device.domain, SID);
  drv_disable_ats(kit->drv, SID);
}

static void run(int variant, void (*body)(struct kit *kit))
{
  struct kit kit;

  device = (struct device){ 0 };
  kit_init(&kit, variant);
  kit.config.idr[0] |= 1u << 10 | 1u << 16; /* ATS, PRI */
  kit.config.idr[1] |= 8u << 11;            /* PRIQS */
  kit.config.page_requests = 8;
  kit.options.page_fault = make_good;
  kit_run(&kit, body);
}

static void unmap(struct kit *kit)
{
  start(kit);
  EXPECT_EQ(drv_map(device.domain, VA, PA, 0x1000, KIT_RW), 0);
  EXPECT_EQ(use(kit, true), PA + 8u);
  EXPECT_EQ(endpoint_used(&device.endpoint), 1u);
  kit_unmap(kit, device.domain, VA, 0x1000);
  EXPECT_EQ(endpoint_used(&device.endpoint), 0u);
  EXPECT_EQ(use(kit, false), KIT_FAULT);
  stop(kit);
}

PARAM_TEST_CASE(Atc, UnmappingTakesThePageOutOfTheDevice, kit_devices, KIT_DEVICES)
{
  run(param, unmap);
}

/* Ask for the page and wait for the answer. */
static unsigned request_page(struct kit *kit)
{
  struct endpoint_access a = { .addr = VA + 8, .write = 1 };
  struct smmu_pri p = endpoint_page_request(&device.endpoint, &a, 77, true);

  EXPECT_EQ(plat_board_page_request(kit->board, &p), SMMU_OK);
  plat_delay(&kit->plat, 100000000);
  EXPECT_EQ(device.endpoint.responses, 1u);
  EXPECT_EQ(device.endpoint.group, 77u);
  return device.endpoint.response;
}

static void page_in(struct kit *kit)
{
  start(kit);
  EXPECT_EQ(use(kit, true), KIT_FAULT);
  EXPECT_EQ(request_page(kit), (unsigned)SMMU_PRI_SUCCESS);
  EXPECT_EQ(device.fault.addr, (uint64_t)VA);
  EXPECT_EQ(device.fault.sid, (uint32_t)SID);
  EXPECT_EQ(device.fault.access, (unsigned)KIT_RW);
  EXPECT_TRUE(device.fault.requested);
  EXPECT_EQ(use(kit, true), PA + 8u);
  stop(kit);
}

PARAM_TEST_CASE(Atc, APageIsMadeGoodAndTheDeviceTriesAgain, kit_devices, KIT_DEVICES)
{
  run(param, page_in);
}

static void no_page(struct kit *kit)
{
  start(kit);
  device.no_memory = true;
  EXPECT_EQ(request_page(kit), (unsigned)SMMU_PRI_INVALID);
  EXPECT_EQ(use(kit, true), KIT_FAULT);
  stop(kit);
}

PARAM_TEST_CASE(Atc, APageThatCannotBeHadIsRefused, kit_devices, KIT_DEVICES)
{
  run(param, no_page);
}

/* A group of three pages has one answer, with the last. */
static void group(struct kit *kit)
{
  struct smmu_pri p = { .sid = SID, .read = 1, .group = 3 };

  start(kit);
  for (unsigned i = 0; i < 3; i++) {
    p.addr = VA + 0x1000ULL * i;
    p.last = i == 2;
    EXPECT_EQ(plat_board_page_request(kit->board, &p), SMMU_OK);
  }
  plat_delay(&kit->plat, 100000000);
  EXPECT_EQ(device.faults, 3u);
  EXPECT_EQ(device.endpoint.responses, 1u);
  EXPECT_EQ(device.endpoint.response, (unsigned)SMMU_PRI_SUCCESS);
  stop(kit);
}

PARAM_TEST_CASE(Atc, AGroupHasOneAnswer, kit_devices, KIT_DEVICES)
{
  run(param, group);
}
