/* CMD_ATC_INV from enhanced command queues: each waits for its own alone, and a timeout is an error
 * of its own. IHI 0070 3.5.6, 3.9.1.4, 4.7.3, 6.3.109. */
#include "shim/rig_ats.h"
#include "shim/rig_ecmdq.h"

static void start(struct rig *rig, struct rig_endpoint *e)
{
  struct smmu_config config;

  *e = (struct rig_endpoint){ .answer = ENGINE_ANSWER_LATER };
  rig_ecmdqs(rig, 1, 2);
  config = rig->config;
  config.idr[0] |= 1u << 10;
  rig_restart(rig, &config);
  rig_listen(rig, e);
  rig_ecmdq_on(rig, 0);
  rig_ecmdq_on(rig, 1);
}

static uint64_t cons_of(struct rig *rig, unsigned q)
{
  return rig_ereg(rig, q, OFF_ECMDQ_CONS) & 0xfffff;
}

ENGINE_TEST(AtcEcmdq, SyncWaitsForItsOwnQueueAlone)
{
  struct rig_endpoint e;

  start(rig, &e);
  rig_epush(rig, 1, "ATC_INV sid=1 size=0; SYNC");
  EXPECT_EQ(cons_of(rig, 1), 1u);
  rig_ecmds(rig, 0, "SYNC");
  rig_cmds(rig, "SYNC");
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, SMMU_ENDPOINT_DONE), SMMU_OK);
  EXPECT_EQ(cons_of(rig, 1), 2u);
}

ENGINE_TEST(AtcEcmdq, TimeoutIsAnErrorOfThatQueueAndItsSyncIsRepeated)
{
  struct rig_endpoint e;

  start(rig, &e);
  rig_epush(rig, 1, "ATC_INV sid=1 size=0; SYNC");
  EXPECT_EQ(rig_answer(rig, e.message[0].tag, SMMU_ENDPOINT_TIMEOUT), SMMU_OK);
  EXPECT_EQ(cons_of(rig, 1), 1u);
  EXPECT_EQ(rig_ereg(rig, 1, OFF_ECMDQ_CONS) >> 24 & 7, 3u); /* ERR_REASON */
  rig_ecmds(rig, 0, "SYNC");
  rig_eack(rig, 1);
  EXPECT_EQ(cons_of(rig, 1), 2u);
}
