/* Page Requests that find no place: overflow, disabled, aborted; what the SMMU answers itself. IHI
 * 0070 8.1, 8.2, 8.3. */
#include "shim/rig_ats.h"

#define OVFLG 0x80000000u

static struct rig_endpoint endpoint;

/* A queue of two entries, both taken, after rig_pri() and whatever stands between. */
static void fill(struct rig *rig)
{
  endpoint = (struct rig_endpoint){ .answer = ENGINE_ANSWER_DONE };
  rig_listen(rig, &endpoint);
  for (unsigned i = 0; i < 2; i++)
    rig_page_request(rig, (struct smmu_pri){ .read = 1, .group = 1 });
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 2u);
}

static void start(struct rig *rig)
{
  rig_pri(rig, 1);
  fill(rig);
}

static void expect_response(unsigned response, unsigned group, bool pasid)
{
  const struct smmu_message *m = &endpoint.message[endpoint.n ? endpoint.n - 1 : 0];

  EXPECT_GT(endpoint.n, 0u);
  EXPECT_EQ(m->kind, SMMU_MESSAGE_PRI_RESP);
  EXPECT_EQ(m->sid, (uint32_t)SID);
  EXPECT_EQ(m->response, response);
  EXPECT_EQ(m->group, group);
  EXPECT_EQ(m->ssv, pasid);
  EXPECT_EQ(m->ssid, pasid ? 9u : 0u);
}

static const struct smmu_pri last = { .read = 1, .last = 1, .group = 7 };
static const struct smmu_pri with_pasid = { .read = 1, .last = 1, .group = 7, .ssv = 1, .ssid = 9 };
static const struct smmu_pri with_pasid_of_sid = {
  .read = 1, .last = 1, .group = 7, .ssv = 1, .ssid = 9, .sid = SID
};

/* ---- overflow ---- */

ENGINE_TEST(PriOverflow, IsFlaggedOnce)
{
  start(rig);
  rig_page_request(rig, last);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), OVFLG | 2u);
  rig_page_request(rig, last);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), OVFLG | 2u);
}

ENGINE_TEST(PriOverflow, LastOfAGroupIsAnsweredWithSuccess)
{
  start(rig);
  rig_page_request(rig, (struct smmu_pri){ .read = 1, .group = 6 });
  EXPECT_EQ(endpoint.n, 0u); /* not the last: nobody says anything */
  rig_page_request(rig, last);
  EXPECT_EQ(endpoint.n, 1u);
  expect_response(SMMU_PRI_SUCCESS, 7, false);
}

ENGINE_TEST(PriOverflow, LastsUntilItIsAcknowledged)
{
  start(rig);
  rig_page_request(rig, last);
  rig_page_requests(rig, NULL, 0); /* room, but OVACKFLG as it was */
  rig_page_request(rig, last);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), OVFLG | 2u);
  EXPECT_EQ(endpoint.n, 2u);
  rig_set_reg(rig, OFF_PRIQ_CONS, OVFLG | 2u);
  rig_page_request(rig, last);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), OVFLG | 3u);
  EXPECT_EQ(endpoint.n, 2u);
}

ENGINE_TEST(PriOverflow, IsFlaggedAgainAfterTheAcknowledgement)
{
  start(rig);
  rig_page_request(rig, last);
  rig_set_reg(rig, OFF_PRIQ_CONS, OVFLG); /* acknowledged, still full */
  rig_page_request(rig, last);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 2u);
}

ENGINE_TEST(PriOverflow, StopMarkersAreNeverAnswered)
{
  start(rig);
  rig_page_request(rig, (struct smmu_pri){ .ssv = 1, .ssid = 9, .last = 1 });
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), OVFLG | 2u);
  EXPECT_EQ(endpoint.n, 0u);
  /* Without a PASID it is no marker. */
  rig_page_request(rig, (struct smmu_pri){ .last = 1 });
  EXPECT_EQ(endpoint.n, 1u);
}

ENGINE_TEST(PriOverflow, WithLoALostLastInterrupts)
{
  rig_pri(rig, 1);
  rig_set_reg(rig, OFF_PRIQ_IRQ_CFG2, OVFLG);
  rig_set_reg(rig, OFF_IRQ_CTRL, 2);
  fill(rig);
  rig_page_request(rig, (struct smmu_pri){ .read = 1 });
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_PRIQ], 0u);
  rig_page_request(rig, last);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_PRIQ], 1u);
}

/* ---- the PASID of the answer ---- */

ENGINE_TEST(PriOverflow, WithPpsTheAnswerHasThePasid)
{
  struct smmu_config config;

  rig_pri(rig, 1);
  config = rig->config;
  config.idr[3] |= 1u << 5; /* PPS */
  rig_restart(rig, &config);
  rig_set_reg(rig, OFF_PRIQ_BASE, RIG_PRIQ | 1);
  rig_set_cr0(rig, 0xf);
  fill(rig);
  STE_SET(rig, SID, V, 0); /* nobody looks at it */
  rig_page_request(rig, with_pasid);
  expect_response(SMMU_PRI_SUCCESS, 7, true);
}

ENGINE_TEST(PriOverflow, PparDecidesWithoutPps)
{
  start(rig);
  rig_page_request(rig, with_pasid);
  expect_response(SMMU_PRI_SUCCESS, 7, false);
  STE_SET(rig, SID, PPAR, 1);
  rig_page_request(rig, with_pasid);
  expect_response(SMMU_PRI_SUCCESS, 7, true);
}

ENGINE_TEST(PriOverflow, PparIsFoundInTwoLevels)
{
  rig_pri(rig, 1);
  rig_set_cr0(rig, 0xc);
  rig_strtab(rig, 8, 6);
  rig_stream(rig, SID, NULL);
  STE_SET(rig, SID, PPAR, 1);
  rig_set_cr0(rig, 0xc);
  rig_set_cr0(rig, 0xf);
  fill(rig);
  rig_page_request(rig, with_pasid);
  expect_response(SMMU_PRI_SUCCESS, 7, true);
}

static void expect_failure(struct rig *rig, unsigned event)
{
  rig_page_request(rig, with_pasid);
  expect_response(SMMU_PRI_FAILURE, 7, false);
  EXPECT_EQ(rig_event(rig, NULL), event);
}

ENGINE_TEST(PriOverflow, WithoutAValidSteTheAnswerIsFailure)
{
  start(rig);
  STE_SET(rig, SID, V, 0);
  expect_failure(rig, 0);
}

static void record(struct rig *rig)
{
  rig_set_cr0(rig, 0xe);
  rig_set_reg(rig, OFF_CR2, 0xa);
  rig_set_cr0(rig, 0xf);
}

ENGINE_TEST(PriOverflow, ErrorsOfTheSteAreRecordedWithRecCfgAts)
{
  uint64_t words[4];

  start(rig);
  record(rig);
  STE_SET(rig, SID, V, 0);
  rig_page_request(rig, with_pasid);
  EXPECT_EQ(rig_event(rig, words), 4u);
  EXPECT_EQ(words[0], 0x0000000100009804u);
  engine_memory_inject_abort(rig->memory, rig_ste(rig, SID), 64, true);
  rig_page_request(rig, with_pasid);
  EXPECT_EQ(rig_event(rig, words), 3u);
  EXPECT_EQ(words[3], rig_ste(rig, SID));
}

ENGINE_TEST(PriOverflow, UnknownStreamsAreRecordedWithRecinvsid)
{
  struct smmu_pri p = with_pasid;

  start(rig);
  record(rig);
  p.sid = 64;
  rig_page_request(rig, p);
  EXPECT_EQ(endpoint.message[endpoint.n - 1].response, (uint8_t)SMMU_PRI_FAILURE);
  EXPECT_EQ(rig_event(rig, NULL), 2u);
  rig_set_cr0(rig, 0xe);
  rig_set_reg(rig, OFF_CR2, 8);
  rig_set_cr0(rig, 0xf);
  rig_page_request(rig, p);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

/* ---- disabled and aborted ---- */

/* Every request is refused, whether it is the last of its group or not. */
static void expect_refused(struct rig *rig)
{
  unsigned n = endpoint.n;

  rig_page_request(rig, (struct smmu_pri){ .read = 1, .group = 3, .ssv = 1, .ssid = 9 });
  EXPECT_EQ(endpoint.n, n + 1);
  expect_response(SMMU_PRI_FAILURE, 3, false);
  rig_page_request(rig, (struct smmu_pri){ .ssv = 1, .ssid = 9, .last = 1 });
  EXPECT_EQ(endpoint.n, n + 1); /* a Stop marker */
}

ENGINE_TEST(PriOverflow, WithPriqenZeroEverythingIsRefused)
{
  start(rig);
  rig_set_cr0(rig, 0xd);
  expect_refused(rig);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 2u);
}

ENGINE_TEST(PriOverflow, WithSmmuenZeroEverythingIsRefused)
{
  start(rig);
  rig_set_cr0(rig, 0xe);
  expect_refused(rig);
}

ENGINE_TEST(PriOverflow, AbortedWriteIsAGlobalErrorAndRefusesTheRequest)
{
  rig_pri(rig, 4);
  endpoint = (struct rig_endpoint){ .answer = ENGINE_ANSWER_DONE };
  rig_listen(rig, &endpoint);
  engine_memory_inject_abort(rig->memory, RIG_PRIQ, 16, true);
  rig_page_request(rig, last);
  EXPECT_EQ(rig_reg(rig, OFF_GERROR), 1u << 3);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 0u);
  expect_response(SMMU_PRI_FAILURE, 7, false);
  engine_memory_inject_abort(rig->memory, RIG_PRIQ, 16, false);
  expect_refused(rig); /* until software acknowledges */
  rig_set_reg(rig, OFF_GERRORN, 1u << 3);
  rig_page_request(rig, last);
  EXPECT_EQ(rig_reg(rig, OFF_PRIQ_PROD), 1u);
}

/* ---- registers meanwhile ---- */

/* The event buffer is full, and the PRI queue waits for room for a record. */
static struct rig_hand wait_for_room(struct rig *rig)
{
  struct smmu_config config;
  struct rig_hand h;
  smmu_actor txn;

  rig_pri(rig, 1);
  config = rig->config;
  config.events = 1;
  rig_restart(rig, &config);
  rig_set_reg(rig, OFF_PRIQ_BASE, RIG_PRIQ | 1);
  rig_set_cr0(rig, 0xf);
  fill(rig);
  record(rig);
  h = rig_hand(rig);
  smmu_submit(rig->device, &(struct smmu_txn){ .addr = 0x1000, .sid = SID }, &txn, NULL);
  rig_finish(&h, txn);
  STE_SET(rig, SID, V, 0);
  EXPECT_EQ(smmu_pri_request(rig->device, &with_pasid_of_sid, NULL), (int)SMMU_OK);
  EXPECT_EQ(rig_finish(&h, smmu_actor_priq(rig->device)), SMMU_ASK_WAIT + 0u);
  return h;
}

ENGINE_TEST(PriOverflow, ARecordThatWaitsForRoomDoesNotHoldUpIrqCtrl)
{
  struct rig_hand h = wait_for_room(rig);

  smmu_mmio_write(rig->device, OFF_IRQ_CTRL, 7, 4, NULL);
  smmu_invariant(rig->device);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_IRQ_CTRLACK), 7u);
  EXPECT_EQ(rig_events(rig, NULL, 0), 2u);
}

/* The record is of an STE that a CFGI has taken back, and its CMD_SYNC has completed. */
ENGINE_TEST(PriOverflow, NoRecordTellsOfAnSteFromBeforeASync)
{
  struct rig_hand h = wait_for_room(rig);
  smmu_actor cmdq = smmu_actor_cmdq(rig->device, 0);

  STE_SET(rig, SID, V, 1);
  rig_put_cmd(rig, 0, "CFGI_STE sid=1");
  rig_put_cmd(rig, 1, "SYNC");
  smmu_mmio_write(rig->device, OFF_CMDQ_PROD, 2, 4, NULL);
  EXPECT_EQ(rig_finish(&h, cmdq), SMMU_ASK_WAIT + 0u);
  smmu_invariant(rig->device);
  rig_finish(&h, smmu_actor_eventq(rig->device)); /* the record that was there before */
  rig_finish(&h, cmdq);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 2u);
  rig_settle(&h);
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
}
