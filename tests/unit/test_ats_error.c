/* ATS Translation Requests that meet an error of the configuration: Completer Abort, and what
 * CR2.REC_CFG_ATS has recorded. IHI 0070 3.9.1.2, 5.2 (S1DSS), 6.3.12. */
#include "shim/rig_ats.h"

#define VA 0x1000ULL

static void expect_aborted(struct rig *rig, struct smmu_txn txn)
{
  EXPECT_EQ(rig_ats_request(rig, txn).status, SMMU_STATUS_CA);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

/* The same, recorded because CR2.REC_CFG_ATS is set. */
static void expect_recorded(struct rig *rig, struct smmu_txn txn, unsigned event)
{
  rig_ats_record(rig, true);
  EXPECT_EQ(rig_ats_request(rig, txn).status, SMMU_STATUS_CA);
  EXPECT_EQ(rig_event(rig, NULL), event);
}

static const struct smmu_txn plain = { .addr = VA, .sid = SID };

ENGINE_TEST(AtsError, WithABadSteIsCompleterAbort)
{
  rig_ats(rig, 1);
  STE_SET(rig, SID, V, 0);
  expect_aborted(rig, plain);
  expect_recorded(rig, plain, 4);
}

ENGINE_TEST(AtsError, WithABadCdIsCompleterAbort)
{
  rig_ats(rig, 1);
  CD_SET(rig, SID, 0, V, 0);
  expect_aborted(rig, plain);
  expect_recorded(rig, plain, 0xa);
}

ENGINE_TEST(AtsError, OfAnUnknownStreamIsCompleterAbort)
{
  struct smmu_txn txn = { .addr = VA, .sid = 64 };

  rig_ats(rig, 1);
  expect_aborted(rig, txn);
  expect_recorded(rig, txn, 2);
  rig_set_cr0(rig, 0xc);
  rig_set_reg(rig, OFF_CR2, 8); /* REC_CFG_ATS without RECINVSID */
  rig_set_cr0(rig, 0xd);
  expect_aborted(rig, txn);
}

ENGINE_TEST(AtsError, WhoseSteCannotBeReadIsCompleterAbort)
{
  rig_ats(rig, 1);
  engine_memory_inject_abort(rig->memory, rig_ste(rig, SID), 64, true);
  expect_aborted(rig, plain);
  expect_recorded(rig, plain, 3);
}

ENGINE_TEST(AtsError, WhoseCdCannotBeReadIsCompleterAbort)
{
  rig_ats(rig, 1);
  engine_memory_inject_abort(rig->memory, rig_cd(rig, SID, 0), 64, true);
  expect_aborted(rig, plain);
  expect_recorded(rig, plain, 9);
}

ENGINE_TEST(AtsError, WhoseWalkAbortsIsCompleterAbort)
{
  rig_ats(rig, 1);
  engine_memory_inject_abort(rig->memory, rig_space(rig, SID)->s1.base, 8, true);
  expect_aborted(rig, plain);
  expect_recorded(rig, plain, 0xb);
}

ENGINE_TEST(AtsError, WithASubstreamThatIsNotThereIsCompleterAbort)
{
  struct smmu_txn txn = { .addr = VA, .sid = SID, .ssv = 1, .ssid = 9 };

  rig_ats(rig, 1);
  STE_SET(rig, SID, S1CDMax, 3);
  expect_aborted(rig, txn);
  expect_recorded(rig, txn, 8);
}

ENGINE_TEST(AtsError, WithoutReccfgatsSupportNothingIsRecorded)
{
  struct smmu_config config;

  rig_ats(rig, 1);
  config = rig->config;
  config.idr[0] &= ~(1u << 23); /* ATSRECERR */
  rig_restart(rig, &config);
  rig_ats_record(rig, true);
  STE_SET(rig, SID, V, 0);
  expect_aborted(rig, plain);
}

/* ---- S1DSS ---- */

static void substreams(struct rig *rig, unsigned s1dss)
{
  rig_ats(rig, 1);
  STE_SET(rig, SID, S1CDMax, 3);
  STE_SET(rig, SID, S1DSS, s1dss);
}

ENGINE_TEST(AtsError, WithoutPasidWhereOneIsNeededIsCompleterAbort)
{
  substreams(rig, 0);
  expect_aborted(rig, plain);
  expect_recorded(rig, plain, 6);
}

ENGINE_TEST(AtsError, ForTheSubstreamThatIsTakenIsCompleterAbort)
{
  struct smmu_txn txn = { .addr = VA, .sid = SID, .ssv = 1 };

  substreams(rig, 2);
  expect_aborted(rig, txn);
  expect_recorded(rig, txn, 6);
}
