/* CMD_ATC_INV from VCMDQs: the StreamID table of a guest, and whose CMD_SYNC waits for what.
 * IHI 0070 4.5.1, 4.7.3, 7.1; of CMDQV what published drivers show. */
#include "shim/rig_ats.h"
#include "shim/rig_cmdqv.h"

enum { ILL = 1, TIMEOUT = 3, ILL_ACCESS = 4 };

static const struct rig_endpoint at_once = { .answer = ENGINE_ANSWER_DONE };

/* VINTF 0 of the hypervisor with queue 0, VINTF 1 of a guest with queue 1. */
static void start(struct rig *rig, struct rig_endpoint *e, enum engine_answer answer)
{
  struct smmu_config config = rig->config;

  *e = at_once;
  e->answer = answer;
  rig_cmdqv(rig, 2, 4);
  config = rig->config;
  config.idr[0] |= 1u << 10;
  rig_restart(rig, &config);
  rig_listen(rig, e);
  rig_vintf(rig, 0, 0, RIG_HYP_OWN);
  rig_vintf(rig, 1, 5, RIG_GUEST);
  rig_vcmdq(rig, 0, 0, 0);
  rig_vcmdq(rig, 1, 1, 0);
}

/* Entry n of the guest's table: virtual StreamID, physical one. */
static void match(struct rig *rig, unsigned n, uint32_t virt, uint32_t phys)
{
  rig_set_vintf_reg(rig, 1, OFF_VINTF_SID_REPLACE + 4 * n, phys);
  rig_set_vintf_reg(rig, 1, OFF_VINTF_SID_MATCH + 4 * n, virt << 1 | 1);
}

static uint32_t cons_of(struct rig *rig, unsigned q)
{
  return rig_vreg(rig, q, OFF_VCMDQ_CONS_INDX);
}

ENGINE_TEST(AtcCmdqv, GuestStreamIsReplaced)
{
  struct rig_endpoint e;

  start(rig, &e, ENGINE_ANSWER_DONE);
  match(rig, 15, 0x20, 0xabcde);
  match(rig, 3, 0x21, 7);
  rig_vcmds(rig, 1,
            "ATC_INV sid=0x20 ssv=1 ssid=9 addr=0x5000 size=0; ATC_INV sid=0x21 size=52; SYNC");
  EXPECT_EQ(e.n, 2u);
  EXPECT_EQ(e.message[0].sid, 0xabcdeu);
  EXPECT_EQ(e.message[0].ssid, 9u);
  EXPECT_EQ(e.message[0].addr, 0x5000u);
  EXPECT_EQ(e.message[1].sid, 7u);
}

ENGINE_TEST(AtcCmdqv, UnknownStreamIsAnIllegalAccess)
{
  struct rig_endpoint e;

  start(rig, &e, ENGINE_ANSWER_DONE);
  match(rig, 0, 0x20, 1);
  rig_vpush(rig, 1, "TLBI_NH_ASID asid=1; ATC_INV sid=1 size=0");
  EXPECT_EQ(cons_of(rig, 1), ILL_ACCESS << 24 | 1u);
  EXPECT_EQ(rig_vreg(rig, 1, OFF_VCMDQ_GERROR), 1u);
  EXPECT_EQ(e.n, 0u);
}

ENGINE_TEST(AtcCmdqv, DisabledEntryMatchesNothing)
{
  struct rig_endpoint e;

  start(rig, &e, ENGINE_ANSWER_DONE);
  match(rig, 0, 0x20, 1);
  rig_set_vintf_reg(rig, 1, OFF_VINTF_SID_MATCH, 0x20 << 1);
  rig_vpush(rig, 1, "ATC_INV sid=0x20 size=0");
  EXPECT_EQ(cons_of(rig, 1), ILL_ACCESS << 24);
}

ENGINE_TEST(AtcCmdqv, WithoutAtsTheCommandIsUnknown)
{
  rig_cmdqv(rig, 2, 4);
  rig_vintf(rig, 1, 5, RIG_GUEST);
  rig_vcmdq(rig, 1, 1, 0);
  rig_vpush(rig, 1, "ATC_INV sid=0x20 size=0");
  EXPECT_EQ(cons_of(rig, 1), ILL << 24);
}

ENGINE_TEST(AtcCmdqv, HypervisorNamesStreamsItself)
{
  struct rig_endpoint e;

  start(rig, &e, ENGINE_ANSWER_DONE);
  rig_vcmds(rig, 0, "ATC_INV sid=0x20 size=0; SYNC");
  EXPECT_EQ(e.message[0].sid, 0x20u);
}

ENGINE_TEST(AtcCmdqv, SyncWaitsForItsOwnQueueAlone)
{
  struct rig_endpoint e;

  start(rig, &e, ENGINE_ANSWER_LATER);
  match(rig, 0, 1, 1);
  rig_vpush(rig, 1, "ATC_INV sid=1 size=0; SYNC");
  EXPECT_EQ(cons_of(rig, 1), 1u);
  rig_vcmds(rig, 0, "SYNC");
  rig_cmds(rig, "SYNC");
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, SMMU_ENDPOINT_DONE), SMMU_OK);
  EXPECT_EQ(cons_of(rig, 1), 2u);
}

ENGINE_TEST(AtcCmdqv, TimeoutStopsItsOwnQueueAlone)
{
  struct rig_endpoint e;

  start(rig, &e, ENGINE_ANSWER_LATER);
  match(rig, 0, 1, 1);
  rig_vpush(rig, 1, "ATC_INV sid=1 size=0; SYNC");
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, SMMU_ENDPOINT_TIMEOUT), SMMU_OK);
  EXPECT_EQ(cons_of(rig, 1), TIMEOUT << 24 | 1u);
  rig_vcmds(rig, 0, "SYNC");
  rig_cmds(rig, "SYNC");
  rig_vack(rig, 1);
  EXPECT_EQ(cons_of(rig, 1) & 0xff, 2u);
}

/* Drivers do so when a queue changes hands: an old timeout must not be the next owner's. */
ENGINE_TEST(AtcCmdqv, SyncOfTheOwnQueueClearsWhatAQueueThatIsOffLeft)
{
  struct rig_endpoint e;

  start(rig, &e, ENGINE_ANSWER_LATER);
  match(rig, 0, 1, 1);
  rig_vcmds(rig, 1, "ATC_INV sid=1 size=0");
  rig_set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 0);
  rig_push(rig, "SYNC");
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 0u);
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, SMMU_ENDPOINT_TIMEOUT), SMMU_OK);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 1u);
  rig_set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 1);
  rig_vcmds(rig, 1, "SYNC");
}

ENGINE_TEST(AtcCmdqv, TimeoutOfAQueueThatWasOffIsChargedToTheNextOwner)
{
  struct rig_endpoint e;

  start(rig, &e, ENGINE_ANSWER_LATER);
  match(rig, 0, 1, 1);
  rig_vcmds(rig, 1, "ATC_INV sid=1 size=0");
  rig_set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 0);
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, SMMU_ENDPOINT_TIMEOUT), SMMU_OK);
  rig_set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 1);
  rig_vpush(rig, 1, "SYNC");
  EXPECT_EQ(cons_of(rig, 1), TIMEOUT << 24 | 1u);
}

/* Hand-stepped: the queue goes off between ATC_INV and its answer. The answer has pushed a Translated
 * transaction before it, and whoever waits for the answer waits for that one too. */
ENGINE_TEST(AtcCmdqv, SyncOfTheOwnQueueSeesOutWhatTheAnswerHasPushed)
{
  struct rig_endpoint e;
  struct rig_hand h;
  smmu_actor txn, cmdq;

  start(rig, &e, ENGINE_ANSWER_LATER);
  STE_SET(rig, SID, EATS, 1);
  rig_set_cr0(rig, 0x1d);
  match(rig, 0, 1, 1);
  rig_vcmds(rig, 1, "ATC_INV sid=1 size=0");
  rig_set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 0);
  rig_push(rig, "SYNC");
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 0u);
  h = rig_hand(rig);
  cmdq = smmu_actor_cmdq(rig->device, 0);
  EXPECT_EQ(
    smmu_submit(rig->device,
                &(struct smmu_txn){ .addr = 0x80000, .sid = 1, .kind = SMMU_TXN_ATS_TRANSLATED },
                &txn, NULL),
    SMMU_OK);
  EXPECT_EQ(smmu_endpoint_done(rig->device, e.message[0].tag, SMMU_ENDPOINT_DONE, NULL), SMMU_OK);
  smmu_invariant(rig->device);
  EXPECT_FALSE(smmu_is_runnable(rig->device, cmdq));
  EXPECT_EQ(rig_finish(&h, txn), SMMU_ASK_END);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 1u);
}

/* Whose queue it is again may wait for the answer; the SMMU's own queue goes on. */
ENGINE_TEST(AtcCmdqv, SyncOfTheOwnQueueStopsWaitingWhenTheQueueIsOnAgain)
{
  struct rig_endpoint e;

  start(rig, &e, ENGINE_ANSWER_LATER);
  match(rig, 0, 1, 1);
  rig_vcmds(rig, 1, "ATC_INV sid=1 size=0");
  rig_set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 0);
  rig_push(rig, "SYNC");
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 0u);
  rig_set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 1);
  smmu_invariant(rig->device);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 1u);
}
