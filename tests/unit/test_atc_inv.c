/* CMD_ATC_INV: what is sent, what CMD_SYNC waits for, timeouts and how software recovers. IHI
 * 0070 3.9.1.4, 3.9.1.5, 4.5.1, 4.7.3, 7.1. */
#include "shim/rig_ats.h"
#include "util/check.h"

#define CERROR_AT(slot, code) ((uint32_t)(code) << 24 | (slot))

static const struct rig_endpoint at_once = { .answer = ENGINE_ANSWER_DONE };

static void listen(struct rig *rig, struct rig_endpoint *e, enum engine_answer answer)
{
  *e = at_once;
  e->answer = answer;
  rig_ats(rig, 1);
  rig_listen(rig, e);
}

static uint64_t cons_of(struct rig *rig)
{
  return rig_reg(rig, OFF_CMDQ_CONS);
}

static uint64_t command_error(struct rig *rig)
{
  return (rig_reg(rig, OFF_GERROR) ^ rig_reg(rig, OFF_GERRORN)) & 1;
}

static void acknowledge(struct rig *rig)
{
  rig_set_reg(rig, OFF_GERRORN, rig_reg(rig, OFF_GERROR));
}

/* ---- what is sent ---- */

ENGINE_TEST(AtcInv, NamesStreamAndAlignedSpan)
{
  struct rig_endpoint e;

  listen(rig, &e, ENGINE_ANSWER_DONE);
  rig_cmds(rig, "ATC_INV sid=0x12345 addr=0xfedcba9876543000 size=4; SYNC");
  EXPECT_EQ(e.n, 1u);
  EXPECT_EQ(e.message[0].kind, SMMU_MESSAGE_ATC_INV);
  EXPECT_EQ(e.message[0].sid, 0x12345u);
  EXPECT_EQ(e.message[0].addr, 0xfedcba9876540000u);
  EXPECT_EQ(e.message[0].size_log2, 16u);
  EXPECT_EQ(e.message[0].ssv, 0u);
}

ENGINE_TEST(AtcInv, NamesPasidAndGlobal)
{
  struct rig_endpoint e;

  listen(rig, &e, ENGINE_ANSWER_DONE);
  rig_cmds(rig, "ATC_INV sid=1 ssv=1 ssid=0x89 global=1 addr=0x1000 size=0; "
                "ATC_INV sid=1 ssid=0x89 global=1 addr=0x1000 size=0; SYNC");
  EXPECT_EQ(e.message[0].ssv, 1u);
  EXPECT_EQ(e.message[0].ssid, 0x89u);
  EXPECT_EQ(e.message[0].global, 1u);
  EXPECT_EQ(e.message[1].ssv, 0u); /* Global counts with SSV alone */
  EXPECT_EQ(e.message[1].ssid, 0u);
  EXPECT_EQ(e.message[1].global, 0u);
}

ENGINE_TEST(AtcInv, SizeOf52IsEverything)
{
  struct rig_endpoint e;

  listen(rig, &e, ENGINE_ANSWER_DONE);
  rig_cmds(rig, "ATC_INV sid=1 addr=0x7000 size=52; SYNC");
  EXPECT_EQ(e.message[0].size_log2, 64u);
  EXPECT_EQ(e.message[0].addr, 0u);
}

ENGINE_TEST(AtcInv, SizeBeyondEverythingIsIllegal)
{
  struct rig_endpoint e;

  listen(rig, &e, ENGINE_ANSWER_DONE);
  rig_push(rig, "ATC_INV sid=1 size=53");
  EXPECT_EQ(cons_of(rig), CERROR_AT(0, 1));
  EXPECT_EQ(e.n, 0u);
}

ENGINE_TEST(AtcInv, IsIllegalWithoutAts)
{
  rig_push(rig, "ATC_INV sid=1 size=0");
  EXPECT_EQ(cons_of(rig), CERROR_AT(0, 1));
}

ENGINE_TEST(AtcInv, SubstreamIsIgnoredWithoutSubstreams)
{
  struct smmu_config config;
  struct rig_endpoint e;

  listen(rig, &e, ENGINE_ANSWER_DONE);
  config = rig->config;
  config.idr[1] &= ~(0x1fu << 6);
  rig_restart(rig, &config);
  rig_listen(rig, &e);
  rig_cmds(rig, "ATC_INV sid=1 ssv=1 ssid=5 size=0; SYNC");
  EXPECT_EQ(e.n, 1u);
  EXPECT_EQ(e.message[0].ssv, 0u);
}

ENGINE_TEST(AtcInv, IsIgnoredWithSmmuenZero)
{
  struct rig_endpoint e;

  listen(rig, &e, ENGINE_ANSWER_NEVER);
  rig_set_cr0(rig, 0xc);
  rig_cmds(rig, "ATC_INV sid=1 size=0; SYNC");
  EXPECT_EQ(e.n, 0u);
}

ENGINE_TEST(AtcInv, WithNobodyThereIsUnsupportedAndCompletes)
{
  rig_ats(rig, 1);
  rig_cmds(rig, "ATC_INV sid=1 size=0; SYNC");
  EXPECT_EQ(command_error(rig), 0u);
}

/* ---- what CMD_SYNC waits for ---- */

ENGINE_TEST(AtcInv, IsConsumedBeforeItIsAnswered)
{
  struct rig_endpoint e;

  listen(rig, &e, ENGINE_ANSWER_LATER);
  rig_cmds(rig, "ATC_INV sid=1 size=0; TLBI_NSNH_ALL");
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, SMMU_ENDPOINT_DONE), SMMU_OK);
}

ENGINE_TEST(AtcInv, SyncWaitsForEveryAnswer)
{
  struct rig_endpoint e;

  listen(rig, &e, ENGINE_ANSWER_LATER);
  rig_push(rig, "ATC_INV sid=1 size=0; ATC_INV sid=2 size=0; SYNC cs=1");
  EXPECT_EQ(cons_of(rig), 2u);
  EXPECT_EQ(rig_answer(rig, e.message[1].tag, SMMU_ENDPOINT_DONE), SMMU_OK);
  EXPECT_EQ(cons_of(rig), 2u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 0u);
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, SMMU_ENDPOINT_UNSUPPORTED), SMMU_OK);
  EXPECT_EQ(cons_of(rig), 3u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 1u);
}

ENGINE_TEST(AtcInv, IsAnsweredOnce)
{
  struct rig_endpoint e;

  listen(rig, &e, ENGINE_ANSWER_LATER);
  rig_cmds(rig, "ATC_INV sid=1 size=0");
  EXPECT_EQ(rig_answer(rig, e.message[0].tag + 1, SMMU_ENDPOINT_DONE), SMMU_ERR_BADARG);
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, 3), SMMU_ERR_BADARG);
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, SMMU_ENDPOINT_DONE), SMMU_OK);
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, SMMU_ENDPOINT_DONE), SMMU_ERR_BADARG);
  EXPECT_EQ(rig_answer(rig, 0xffffffff, SMMU_ENDPOINT_DONE), SMMU_ERR_BADARG);
}

ENGINE_TEST(AtcInv, TheThirtyThirdWaitsForAnAnswer)
{
  struct rig_endpoint e;

  listen(rig, &e, ENGINE_ANSWER_LATER);
  for (unsigned i = 0; i < 34; i++)
    rig_push(rig, "ATC_INV sid=1 size=0");
  EXPECT_EQ(e.n, 32u);
  EXPECT_EQ(cons_of(rig), 32u);
  EXPECT_EQ(rig_answer(rig, e.message[7].tag, SMMU_ENDPOINT_DONE), SMMU_OK);
  EXPECT_EQ(e.n, 33u);
  EXPECT_EQ(cons_of(rig), 33u);
  EXPECT_EQ(e.message[32].tag, e.message[7].tag);
  for (unsigned i = 0; i < 34; i++)
    rig_answer(rig, e.message[i].tag, SMMU_ENDPOINT_DONE);
  rig_cmds(rig, "SYNC");
}

/* ---- timeouts ---- */

ENGINE_TEST(AtcInv, TimeoutIsAnErrorOfTheSync)
{
  struct rig_endpoint e = { .answer = ENGINE_ANSWER_NEVER, .timeout_ps = 1000000 };

  rig_ats(rig, 1);
  rig_listen(rig, &e);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  rig_read(rig, SID, 0x1000);
  rig_push(rig, "TLBI_NSNH_ALL; ATC_INV sid=1 size=0; TLBI_NSNH_ALL; SYNC cs=1; SYNC cs=1");
  EXPECT_EQ(cons_of(rig), CERROR_AT(3, 3));
  EXPECT_EQ(command_error(rig), 1u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 0u);
  EXPECT_FALSE(rig_is_cached(rig, SID, 0x1000)); /* what came before is done */
  acknowledge(rig); /* CONS is still at the SYNC: it is executed again */
  EXPECT_EQ(GET(CMDQ_CONS, RD, cons_of(rig)), 5u);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_CMD_SYNC], 2u);
}

ENGINE_TEST(AtcInv, RepeatedSyncWaitsForWhatWasSentMeanwhile)
{
  struct rig_endpoint e = { .answer = ENGINE_ANSWER_NEVER, .timeout_ps = 1000000 };

  rig_ats(rig, 1);
  rig_listen(rig, &e);
  rig_push(rig, "ATC_INV sid=1 size=0; SYNC");
  EXPECT_EQ(cons_of(rig), CERROR_AT(1, 3));
  rig_put_cmd(rig, 1, "ATC_INV sid=1 size=0"); /* software retries instead */
  acknowledge(rig);
  EXPECT_EQ(GET(CMDQ_CONS, RD, cons_of(rig)), 2u);
  rig_push(rig, "SYNC");
  EXPECT_EQ(cons_of(rig), CERROR_AT(2, 3));
}

ENGINE_TEST(AtcInv, TimeoutWithoutSyncWaitsForTheNextOne)
{
  struct rig_endpoint e = { .answer = ENGINE_ANSWER_NEVER, .timeout_ps = 1000000 };

  rig_ats(rig, 1);
  rig_listen(rig, &e);
  rig_cmds(rig, "ATC_INV sid=1 size=0; TLBI_NSNH_ALL");
  EXPECT_EQ(command_error(rig), 0u);
  rig_set_cr0(rig, 0x5); /* a queue that was off remembers it as well */
  rig_set_cr0(rig, 0xd);
  rig_push(rig, "SYNC");
  EXPECT_EQ(cons_of(rig), CERROR_AT(2, 3));
}

/* ---- order ---- */

/* Hand-stepped: the SYNC of an ATC_INV that has been answered waits for Translated transactions of
 * that stream that came before the answer. */
static void sync_with_dma_in_flight(struct rig *rig, uint32_t sid, bool waits)
{
  struct rig_hand h;
  smmu_actor txn, cmdq;

  rig_ats(rig, 1);
  rig_set_cr0(rig, 0x1d);
  h = rig_hand(rig);
  cmdq = smmu_actor_cmdq(rig->device, 0);
  rig_put_cmd(rig, 0, "ATC_INV sid=1 size=52");
  rig_put_cmd(rig, 1, "SYNC");
  CHECK(
    smmu_submit(rig->device,
                &(struct smmu_txn){ .addr = 0x80000, .sid = sid, .kind = SMMU_TXN_ATS_TRANSLATED },
                &txn, NULL) == SMMU_OK);
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 2, 4, NULL);
  while (smmu_is_runnable(rig->device, cmdq))
    rig_step(&h, cmdq);
  EXPECT_EQ(cons_of(rig), 1u);
  EXPECT_EQ(smmu_endpoint_done(rig->device, 0, SMMU_ENDPOINT_DONE, NULL), SMMU_OK);
  smmu_invariant(rig->device);
  EXPECT_EQ(smmu_is_runnable(rig->device, cmdq), !waits);
  EXPECT_EQ(rig_finish(&h, txn), SMMU_ASK_END);
  EXPECT_TRUE(smmu_is_runnable(rig->device, cmdq));
  rig_settle(&h);
  EXPECT_EQ(cons_of(rig), 2u);
}

ENGINE_TEST(AtcInv, SyncSeesTranslatedTransactionsOut)
{
  sync_with_dma_in_flight(rig, 1, true);
}

ENGINE_TEST(AtcInv, SyncDoesNotWaitForOtherStreams)
{
  sync_with_dma_in_flight(rig, 2, false);
}
