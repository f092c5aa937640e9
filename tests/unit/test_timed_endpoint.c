/* Engine `timed`: when messages reach endpoints and when answers come back. */
#include "shim/rig_ats.h"
#include "util/check.h"

enum { LINK = 7000, THINKING = 1000 };

static uint64_t arrived;

static enum engine_answer receive(void *ctx, const struct smmu_message *m, uint64_t time,
                                  uint64_t *delay_ps)
{
  (void)m;
  arrived = time;
  *delay_ps = THINKING;
  return *(enum engine_answer *)ctx;
}

/* One ATC_INV and a CMD_SYNC where nothing but the link takes time: from the doorbell to rest. */
static uint64_t time_of_sync(struct rig *rig, enum engine_answer answer, uint64_t timeout_ps)
{
  struct engine_endpoint endpoint = { &answer, receive, timeout_ps };
  uint64_t start;

  rig_ats(rig, 1);
  rig->host->set_endpoint(rig->engine, &endpoint);
  start = engine_timed_now(rig_timed(rig));
  rig_push(rig, "ATC_INV sid=1 size=0; SYNC");
  arrived -= start;
  return engine_timed_now(rig_timed(rig)) - start;
}

static void with_link(void (*body)(struct rig *rig))
{
  struct timed_profile profile;

  timed_profile_zero(&profile);
  profile.stage[SMMU_STAGE_ATS].latency_ps = LINK;
  rig_run_timed(&profile, 0, body);
}

static void an_answer(struct rig *rig)
{
  EXPECT_EQ(time_of_sync(rig, ENGINE_ANSWER_DONE, 0), 2u * LINK + THINKING);
  EXPECT_EQ(arrived, (uint64_t)LINK);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 2u);
}

TEST_CASE(TimedEndpoint, AnswerTakesTheLinkTwiceAndWhatTheEndpointNeeds)
{
  with_link(an_answer);
}

static void no_answer(struct rig *rig)
{
  EXPECT_EQ(time_of_sync(rig, ENGINE_ANSWER_NEVER, 500000), LINK + 500000u);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 0x03000001u);
}

TEST_CASE(TimedEndpoint, SilenceIsATimeout)
{
  with_link(no_answer);
}

static void too_late(struct rig *rig)
{
  EXPECT_EQ(time_of_sync(rig, ENGINE_ANSWER_DONE, THINKING - 1), LINK + THINKING - 1u);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 0x03000001u);
}

TEST_CASE(TimedEndpoint, AnswerThatComesTooLateIsATimeout)
{
  with_link(too_late);
}

static void answered_from_outside(struct rig *rig)
{
  enum engine_answer answer = ENGINE_ANSWER_LATER;
  struct engine_endpoint endpoint = { &answer, receive, 100000 };
  struct engine_timed *e;

  rig_ats(rig, 1);
  e = rig_timed(rig);
  rig->host->set_endpoint(rig->engine, &endpoint);
  rig_put_cmd(rig, 0, "ATC_INV sid=1 size=0");
  rig_put_cmd(rig, 1, "SYNC");
  engine_timed_mmio_write(e, OFF_CMDQ_PROD, 2, 4);
  engine_timed_run_until(e, engine_timed_now(e) + 50000);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 1u);
  EXPECT_EQ(engine_timed_answer(e, 0, SMMU_ENDPOINT_DONE), SMMU_OK);
  EXPECT_EQ(engine_timed_answer(e, 0, SMMU_ENDPOINT_DONE), SMMU_ERR_BADARG);
  engine_timed_run_until(e, engine_timed_now(e) + 1);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 2u);
  /* The next one with the same tag has a timeout of its own. */
  rig_put_cmd(rig, 2, "ATC_INV sid=1 size=0");
  rig_put_cmd(rig, 3, "SYNC");
  engine_timed_mmio_write(e, OFF_CMDQ_PROD, 4, 4);
  engine_timed_run_until(e, engine_timed_now(e) + LINK + 99999);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 3u);
  engine_timed_run_until(e, engine_timed_now(e) + 1);
  EXPECT_EQ(rig_reg(rig, OFF_CMDQ_CONS), 0x03000003u);
}

TEST_CASE(TimedEndpoint, AnswerFromOutsideCountsWhenItIsGiven)
{
  with_link(answered_from_outside);
}
