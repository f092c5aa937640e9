/* The device with an ATC: what it keeps, uses and forgets; and the round from request to
 * invalidation with an engine. IHI 0070 3.9.1, 4.5.1. */
#include "smmu/endpoint.h"

#include "shim/rig_ats.h"

static const struct smmu_result page = { .pa = 0x80000, .perm = 3, .size_log2 = 12 };

static struct endpoint with_page(uint64_t addr)
{
  struct endpoint ep;

  endpoint_init(&ep, SID, 4);
  EXPECT_TRUE(endpoint_completed(&ep, &(struct endpoint_access){ .addr = addr }, &page));
  return ep;
}

static bool has(struct endpoint *ep, struct endpoint_access a)
{
  struct smmu_txn txn;

  return endpoint_next(ep, &a, &txn) == ENDPOINT_USE;
}

static void drop(struct endpoint *ep, struct smmu_message m)
{
  m.kind = SMMU_MESSAGE_ATC_INV;
  m.sid = SID;
  EXPECT_EQ(endpoint_receive(ep, &m), ENGINE_ANSWER_DONE);
}

TEST_CASE(Endpoint, AsksForWhatItDoesNotHave)
{
  struct endpoint_access a = { .addr = 0x1234, .ssid = 5, .ssv = 1, .write = 1, .privileged = 1 };
  struct endpoint ep;
  struct smmu_txn txn;

  endpoint_init(&ep, 7, 4);
  EXPECT_EQ(endpoint_next(&ep, &a, &txn), ENDPOINT_REQUEST);
  EXPECT_EQ(txn.kind, SMMU_TXN_ATS_REQUEST);
  EXPECT_EQ(txn.sid, 7u);
  EXPECT_EQ(txn.ssid, 5u);
  EXPECT_EQ(txn.addr, 0x1234u);
  EXPECT_EQ(txn.write, 1u);
  EXPECT_EQ(txn.no_write, 0u);
  EXPECT_EQ(txn.privileged, 1u);
}

TEST_CASE(Endpoint, UsesWhatItWasGiven)
{
  struct endpoint ep = with_page(0x1000);
  struct endpoint_access a = { .addr = 0x1567, .write = 1 };
  struct smmu_txn txn;

  EXPECT_EQ(endpoint_next(&ep, &a, &txn), ENDPOINT_USE);
  EXPECT_EQ(txn.kind, SMMU_TXN_ATS_TRANSLATED);
  EXPECT_EQ(txn.addr, 0x80567u);
  EXPECT_FALSE(has(&ep, (struct endpoint_access){ .addr = 0x2000 }));
}

TEST_CASE(Endpoint, AsksAgainForWhatItWasNotGranted)
{
  struct smmu_result read_only = page;
  struct endpoint_access write = { .addr = 0x1000, .write = 1 };
  struct endpoint ep;

  endpoint_init(&ep, SID, 4);
  read_only.perm = SMMU_PERM_READ;
  EXPECT_FALSE(endpoint_completed(&ep, &write, &read_only));
  EXPECT_FALSE(has(&ep, write));
  EXPECT_TRUE(has(&ep, (struct endpoint_access){ .addr = 0x1000 }));
  EXPECT_TRUE(endpoint_completed(&ep, &write, &page)); /* in the place of the other */
  EXPECT_EQ(endpoint_used(&ep), 1u);
}

TEST_CASE(Endpoint, KeepsNothingThatGrantsNothing)
{
  struct endpoint_access a = { .addr = 0x1000 };
  struct smmu_result none = { .size_log2 = 12 }, refused = { .status = SMMU_STATUS_UR };
  struct endpoint ep;

  endpoint_init(&ep, SID, 4);
  EXPECT_FALSE(endpoint_completed(&ep, &a, &none));
  EXPECT_FALSE(endpoint_completed(&ep, &a, &refused));
  EXPECT_EQ(endpoint_used(&ep), 0u);
}

TEST_CASE(Endpoint, PasidsAndPrivilegesAreKeptApart)
{
  struct endpoint_access a = { .addr = 0x1000, .ssv = 1, .ssid = 5 };
  struct endpoint ep;

  endpoint_init(&ep, SID, 4);
  endpoint_completed(&ep, &a, &page);
  EXPECT_TRUE(has(&ep, a));
  EXPECT_FALSE(has(&ep, (struct endpoint_access){ .addr = 0x1000 }));
  EXPECT_FALSE(has(&ep, (struct endpoint_access){ .addr = 0x1000, .ssv = 1, .ssid = 6 }));
  EXPECT_FALSE(
    has(&ep, (struct endpoint_access){ .addr = 0x1000, .ssv = 1, .ssid = 5, .privileged = 1 }));
}

TEST_CASE(Endpoint, TheLeastRecentlyUsedOneGoes)
{
  struct endpoint_access a = { .addr = 0x1000 }, b = { .addr = 0x2000 }, c = { .addr = 0x3000 };
  struct endpoint ep;

  endpoint_init(&ep, SID, 2);
  endpoint_completed(&ep, &a, &page);
  endpoint_completed(&ep, &b, &page);
  EXPECT_TRUE(has(&ep, a));
  endpoint_completed(&ep, &c, &page);
  EXPECT_TRUE(has(&ep, a));
  EXPECT_FALSE(has(&ep, b));
}

TEST_CASE(Endpoint, AsksForAPage)
{
  struct endpoint_access a = { .addr = 0x1234, .ssid = 5, .ssv = 1, .write = 1, .instruction = 1 };
  struct endpoint ep;
  struct smmu_pri p;

  endpoint_init(&ep, 7, 1);
  p = endpoint_page_request(&ep, &a, 3, true);
  EXPECT_EQ(p.addr, 0x1000u);
  EXPECT_EQ(p.sid, 7u);
  EXPECT_EQ(p.ssid, 5u);
  EXPECT_EQ(p.group, 3u);
  EXPECT_TRUE(p.ssv && p.last && p.read && p.write && p.exec && !p.privileged);
  a.ssv = 0;
  p = endpoint_page_request(&ep, &a, 3, false);
  EXPECT_TRUE(!p.ssv && !p.ssid && !p.exec && !p.last);
}

/* ---- ATC_INV ---- */

TEST_CASE(Endpoint, ForgetsTheSpanAndNothingElse)
{
  struct endpoint ep = with_page(0x1000);

  drop(&ep, (struct smmu_message){ .addr = 0x2000, .size_log2 = 12 });
  EXPECT_EQ(endpoint_used(&ep), 1u);
  drop(&ep, (struct smmu_message){ .addr = 0, .size_log2 = 13 });
  EXPECT_EQ(endpoint_used(&ep), 0u);
  EXPECT_EQ(ep.dropped, 1u);
}

TEST_CASE(Endpoint, ForgetsABlockOfWhichAPageIsNamed)
{
  struct smmu_result block = { .pa = 0x40000000, .perm = 3, .size_log2 = 21 };
  struct endpoint ep;

  endpoint_init(&ep, SID, 4);
  endpoint_completed(&ep, &(struct endpoint_access){ .addr = 0x200000 }, &block);
  drop(&ep, (struct smmu_message){ .addr = 0x3ff000, .size_log2 = 12 });
  EXPECT_EQ(endpoint_used(&ep), 0u);
}

TEST_CASE(Endpoint, ForgetsEverythingOfOnePasid)
{
  struct endpoint ep = with_page(0x1000);
  struct endpoint_access a = { .addr = 1ULL << 63, .ssv = 1, .ssid = 5 };

  endpoint_completed(&ep, &a, &page);
  drop(&ep, (struct smmu_message){ .size_log2 = 64, .ssv = 1, .ssid = 4 });
  EXPECT_EQ(endpoint_used(&ep), 2u);
  drop(&ep, (struct smmu_message){ .size_log2 = 64, .ssv = 1, .ssid = 5, .global = 1 });
  EXPECT_FALSE(has(&ep, a));
  drop(&ep, (struct smmu_message){ .size_log2 = 64 });
  EXPECT_EQ(endpoint_used(&ep), 0u);
}

/* What was asked for with a PASID goes with an invalidation that names none. */
TEST_CASE(Endpoint, ForgetsThatOfPasidsWhenNoneIsNamed)
{
  struct endpoint ep = with_page(0x1000);
  struct endpoint_access a = { .addr = 0x1000, .ssv = 1, .ssid = 5 };
  struct endpoint_access other = { .addr = 0x9000, .ssv = 1, .ssid = 5 };

  endpoint_completed(&ep, &a, &page);
  endpoint_completed(&ep, &other, &page);
  drop(&ep, (struct smmu_message){ .addr = 0x1000, .size_log2 = 12 });
  EXPECT_FALSE(has(&ep, a));
  EXPECT_TRUE(has(&ep, other));
  EXPECT_EQ(endpoint_used(&ep), 1u);
}

TEST_CASE(Endpoint, IsNotMeantByOtherStreams)
{
  struct endpoint ep = with_page(0x1000);
  struct smmu_message m = { .kind = SMMU_MESSAGE_ATC_INV, .sid = SID + 1, .size_log2 = 64 };

  EXPECT_EQ(endpoint_receive(&ep, &m), ENGINE_ANSWER_UNSUPPORTED);
  EXPECT_EQ(endpoint_used(&ep), 1u);
}

TEST_CASE(Endpoint, ABrokenOneAnswersAndForgetsNothing)
{
  struct endpoint ep = with_page(0x1000);

  ep.deaf = 1;
  drop(&ep, (struct smmu_message){ .size_log2 = 64 });
  EXPECT_EQ(endpoint_used(&ep), 1u);
}

/* ---- with an engine ---- */

static enum engine_answer receive(void *ctx, const struct smmu_message *m, uint64_t time,
                                  uint64_t *delay_ps)
{
  (void)time, (void)delay_ps;
  return endpoint_receive(ctx, m);
}

/* An access of the device, whatever that takes; how many transactions it took. */
static unsigned access_page(struct rig *rig, struct endpoint *ep, struct smmu_result *r)
{
  struct endpoint_access a = { .addr = 0x1000, .write = 1 };
  struct smmu_txn txn;

  if (endpoint_next(ep, &a, &txn) == ENDPOINT_USE) {
    *r = rig_dma(rig, txn);
    return 1;
  }
  *r = rig_dma(rig, txn);
  if (!endpoint_completed(ep, &a, r))
    return 1;
  EXPECT_EQ(endpoint_next(ep, &a, &txn), ENDPOINT_USE);
  *r = rig_dma(rig, txn);
  return 2;
}

ENGINE_TEST(Endpoint, KeepsAPageUntilAtcInv)
{
  struct endpoint ep;
  struct engine_endpoint e = { .ctx = &ep, .receive = receive };
  struct smmu_result r;

  rig_ats(rig, 1);
  endpoint_init(&ep, SID, 8);
  rig->host->set_endpoint(rig->engine, &e);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  EXPECT_EQ(access_page(rig, &ep, &r), 2u);
  EXPECT_PA(r, 0x80000);
  rig_unmap(rig, SID, 0x1000);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x1000; SYNC");
  EXPECT_EQ(access_page(rig, &ep, &r), 1u);
  EXPECT_PA(r, 0x80000); /* the SMMU's TLB is not the device's */
  rig_cmds(rig, "ATC_INV sid=1 addr=0x1000 size=0; SYNC");
  EXPECT_EQ(access_page(rig, &ep, &r), 1u);
  EXPECT_EQ(r.perm, 0u);
}
