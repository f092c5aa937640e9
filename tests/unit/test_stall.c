/* Stalled transactions: what stalls, the record, and each way out. IHI 0070 3.12, 3.12.2, 3.12.5, 4.7,
 * 5.5, 6.3.9.6, 7.2.1. */
#include <stdio.h>

#include "shim/rig.h"

#define STALL (1ULL << 31)
#define RNW   (1ULL << 35)
#define S2    (1ULL << 39)

static unsigned stag_of(const uint64_t words[4])
{
  return (unsigned)(words[1] & 0xffff);
}

/* A read that stalls; its record, with the type that it must have. Returns the STAG. */
static unsigned stall(struct rig *rig, uint32_t sid, uint64_t addr, unsigned type)
{
  uint64_t words[4] = { 0 };

  EXPECT_EQ(rig_read(rig, sid, addr).status, SMMU_STATUS_STALLED);
  EXPECT_EQ(rig_event(rig, words), type);
  EXPECT_EQ(words[1] & STALL, STALL);
  EXPECT_EQ(words[0] >> 32, sid);
  EXPECT_EQ(words[2], addr);
  return stag_of(words);
}

static void resume(struct rig *rig, uint32_t sid, unsigned stag, const char *how)
{
  char text[80];

  snprintf(text, sizeof text, "RESUME sid=%u stag=%u %s", sid, stag, how);
  rig_cmds(rig, text);
}

/* ---- what stalls ---- */

STALL_TEST(Stall, TheFourFaultsOfStageOneStall)
{
  rig_restart_stalling(rig, 8);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW | RIG_NO_AF);
  rig_map(rig, SID, 0x2000, 0x80000, RIG_RW | RIG_PRIVILEGED);
  engine_memory_store64(rig->memory, rig_map(rig, SID, 0x3000, 0, RIG_RW), 0xf00000000f47 | 3);
  CD_SET(rig, SID, 0, IPS, 0);
  stall(rig, SID, 0x5000, 0x10);
  stall(rig, SID, 0x3000, 0x11);
  stall(rig, SID, 0x1000, 0x12);
  stall(rig, SID, 0x2000, 0x13);
}

STALL_TEST(Stall, RecordSaysStallAndIsWrittenWhateverR)
{
  uint64_t words[4];

  rig_restart_stalling(rig, 8);
  CD_SET(rig, SID, 0, R, 0);
  EXPECT_EQ(rig_read(rig, SID, 0x1234).status, SMMU_STATUS_STALLED);
  EXPECT_EQ(rig_event(rig, words), 0x10u);
  EXPECT_EQ(words[0], (uint64_t)SID << 32 | 0x10);
  EXPECT_EQ(words[1] & ~0xffffULL, RNW | 2ULL << 40 | STALL);
  EXPECT_EQ(words[2], 0x1234u);
  EXPECT_EQ(words[3], 0u);
}

STALL_TEST(Stall, OtherFaultsAbort)
{
  rig_restart_stalling(rig, 8);
  engine_memory_inject_abort(rig->memory, rig_table_desc(rig, &rig_space(rig, SID)->s1, 0, 1), 8,
                             true);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_WALK_EABT);
  CD_SET(rig, SID, 0, V, 0);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), C_BAD_CD);
}

STALL_TEST(Stall, StageOneStallsNeedTheirFlagAlone)
{
  rig_restart_stalling(rig, 8);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7 });
  CD_SET(rig, SID, 0, S, 1);
  stall(rig, SID, 0x1000, 0x10);
  rig_map(rig, SID, 0x2000, 0x40005000, RIG_RW); /* stage 2 terminates */
  EXPECT_FAULT(rig_read(rig, SID, 0x2000), F_TRANSLATION);
}

STALL_TEST(Stall, StageTwoStallsOnDataDescriptorsAndTheCd)
{
  uint64_t words[4];

  rig_restart_stalling(rig, 8);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7 });
  STE_SET(rig, SID, S2S, 1);
  STE_SET(rig, SID, S2R, 0);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_TRANSLATION); /* stage 1 terminates */
  rig_event(rig, NULL);
  rig_map(rig, SID, 0x2000, 0x40005000, RIG_RW);
  EXPECT_EQ(rig_read(rig, SID, 0x2008).status, SMMU_STATUS_STALLED);
  EXPECT_EQ(rig_event(rig, words), 0x10u);
  EXPECT_EQ(words[1] & ~0xffffULL, RNW | S2 | 2ULL << 40 | STALL);
  EXPECT_EQ(words[3], 0x40005000u);
  STE_SET(rig, SID, S1ContextPtr, 0x40009000 >> 6);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_EQ(rig_read(rig, SID, 0x2008).status, SMMU_STATUS_STALLED);
  EXPECT_EQ(rig_event(rig, words), 0x10u);
  EXPECT_EQ(words[1] & ~0xffffULL, RNW | S2 | STALL);
  EXPECT_EQ(words[3], 0x40009000u);
}

STALL_TEST(Stall, AddressSizeFaultsOfABypassAbort)
{
  rig_restart_stalling(rig, 8);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6 });
  STE_SET(rig, SID, S2S, 1);
  EXPECT_FAULT(rig_read(rig, SID, 1ULL << 52), F_ADDR_SIZE);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 4 });
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  EXPECT_FAULT(rig_read(rig, SID, 1ULL << 52), F_ADDR_SIZE);
}

/* ---- CMD_RESUME ---- */

STALL_TEST(Stall, RetryLooksEverythingUpAgain)
{
  unsigned stag;

  rig_restart_stalling(rig, 8);
  stag = stall(rig, SID, 0x1234, 0x10);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  EXPECT_EQ(rig_late(rig).status, SMMU_STATUS_STALLED);
  resume(rig, SID, stag, "action=1");
  EXPECT_PA(rig_late(rig), 0x80234);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

STALL_TEST(Stall, RetryThatFaultsMakesARecordOfItsOwn)
{
  unsigned stag;

  rig_restart_stalling(rig, 8);
  stag = stall(rig, SID, 0x1234, 0x10);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW | RIG_NO_AF);
  resume(rig, SID, stag, "action=1");
  EXPECT_EQ(rig_late(rig).status, SMMU_STATUS_STALLED);
  EXPECT_EQ(rig_event(rig, NULL), 0x12u);
}

STALL_TEST(Stall, RetryUnderAnotherConfigurationTerminates)
{
  unsigned stag;

  rig_restart_stalling(rig, 8);
  stag = stall(rig, SID, 0x1234, 0x10);
  CD_SET(rig, SID, 0, S, 0);
  rig_cmds(rig, "CFGI_CD sid=1; SYNC");
  resume(rig, SID, stag, "action=1");
  EXPECT_FAULT(rig_late(rig), F_TRANSLATION);
}

STALL_TEST(Stall, TerminationAbortsOrReadsAsZero)
{
  unsigned first, second;

  rig_restart_stalling(rig, 8);
  first = stall(rig, SID, 0x1000, 0x10);
  second = stall(rig, SID, 0x2000, 0x10);
  EXPECT_NE(first, second);
  resume(rig, SID, second, "abort=1");
  EXPECT_FAULT(rig_late(rig), F_TRANSLATION);
  resume(rig, SID, first, "abort=0");
  EXPECT_EQ(rig_late(rig).status, SMMU_STATUS_RAZWI);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

STALL_TEST(Stall, TermModelAbortsWhateverTheCommandSays)
{
  rig->config.idr[0] |= 1u << 26;
  rig_restart_stalling(rig, 8);
  resume(rig, SID, stall(rig, SID, 0x1000, 0x10), "abort=0");
  EXPECT_EQ(rig_late(rig).status, SMMU_STATUS_ABORT);
}

STALL_TEST(Stall, StageTwoFaultsMayReadAsZero)
{
  rig_restart_stalling(rig, 8);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6 });
  STE_SET(rig, SID, S2S, 1);
  resume(rig, SID, stall(rig, SID, 0x40001000, 0x10), "abort=0");
  EXPECT_EQ(rig_late(rig).status, SMMU_STATUS_RAZWI);
}

STALL_TEST(Stall, ResumeNeedsBothStreamAndTag)
{
  unsigned stag;

  rig_restart_stalling(rig, 8);
  stag = stall(rig, SID, 0x1000, 0x10);
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW);
  resume(rig, SID + 1, stag, "action=1");
  resume(rig, SID, stag + 1, "action=1");
  resume(rig, SID, 0xffff, "action=1");
  EXPECT_EQ(rig_late(rig).status, SMMU_STATUS_STALLED);
  resume(rig, SID, stag, "action=1");
  EXPECT_PA(rig_late(rig), 0x80000);
  resume(rig, SID, stag, "action=1"); /* nobody's any more */
}

/* ---- CMD_STALL_TERM ---- */

STALL_TEST(Stall, StallTermEndsThoseOfItsStreamAlone)
{
  unsigned other;

  rig_restart_stalling(rig, 8);
  rig_stream(rig, 2, &(struct rig_stream){ .asid = 9 });
  CD_SET(rig, 2, 0, S, 1);
  stall(rig, SID, 0x1000, 0x10);
  other = stall(rig, 2, 0x2000, 0x10);
  stall(rig, SID, 0x3000, 0x10);
  rig_cmds(rig, "STALL_TERM sid=1");
  EXPECT_FAULT(rig_late(rig), F_TRANSLATION);
  EXPECT_FAULT(rig_late(rig), F_TRANSLATION);
  EXPECT_EQ(rig_late(rig).status, SMMU_STATUS_STALLED);
  resume(rig, 2, other, "abort=0");
  EXPECT_EQ(rig_late(rig).status, SMMU_STATUS_RAZWI);
}

STALL_TEST(Stall, StallTermAlsoEndsWhatHasNoRecordYetAndNoneComes)
{
  rig_restart_stalling(rig, 8);
  rig_set_cr0(rig, 9); /* event queue off */
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_STALLED);
  rig_cmds(rig, "STALL_TERM sid=1");
  EXPECT_FAULT(rig_late(rig), F_TRANSLATION);
  rig_set_cr0(rig, 0xd);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

/* ---- SMMUEN ---- */

STALL_TEST(Stall, ClearingSmmuenTerminatesAll)
{
  rig_restart_stalling(rig, 1);
  stall(rig, SID, 0x1000, 0x10);
  EXPECT_EQ(rig_read(rig, SID, 0x2000).status, SMMU_STATUS_STALLED); /* beyond STALL_MAX */
  rig_set_cr0(rig, 0xc);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), 0xcu);
  EXPECT_FAULT(rig_late(rig), F_TRANSLATION);
  EXPECT_FAULT(rig_late(rig), F_TRANSLATION);
  rig_set_cr0(rig, 0xd);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
  stall(rig, SID, 0x1000, 0x10);
}

STALL_TEST(Stall, SmmuenIsAcknowledgedAfterThem)
{
  struct rig_hand h;
  smmu_actor txn;

  rig_restart_stalling(rig, 8);
  h = rig_hand(rig);
  smmu_submit(rig->device, &(struct smmu_txn){ .sid = SID }, &txn, NULL);
  EXPECT_EQ(rig_finish(&h, txn), SMMU_ASK_WAIT);
  rig_finish(&h, smmu_actor_eventq(rig->device));
  EXPECT_FALSE(smmu_is_runnable(rig->device, txn));
  smmu_mmio_write(rig->device, OFF_CR0, 0xc, 4, NULL);
  EXPECT_TRUE(smmu_is_runnable(rig->device, txn));
  EXPECT_FALSE(smmu_is_runnable(rig->device, smmu_actor_ack(rig->device)));
  EXPECT_EQ(rig_finish(&h, txn), SMMU_ASK_END);
  rig_settle(&h);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), 0xcu);
}

/* ---- STALL_MAX and tags ---- */

STALL_TEST(Stall, NoMoreRecordsThanStallMaxAreOutstanding)
{
  unsigned first;

  rig_restart_stalling(rig, 2);
  first = stall(rig, SID, 0x1000, 0x10);
  stall(rig, SID, 0x2000, 0x10);
  EXPECT_EQ(rig_read(rig, SID, 0x3000).status, SMMU_STATUS_STALLED);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
  resume(rig, SID, first, "abort=1");
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
}

STALL_TEST(Stall, SlotsThatAreAllStalledLeaveNoRoom)
{
  uint64_t words[64][4], seen = 0;

  rig_restart_stalling(rig, 64);
  for (unsigned i = 0; i < 64; i++)
    EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_STALLED);
  ASSERT_EQ(rig_events(rig, words, 64), 64u);
  for (unsigned i = 0; i < 64; i++)
    seen |= 1ULL << stag_of(words[i]);
  EXPECT_EQ(seen, ~0ULL); /* a tag each */
  EXPECT_EQ(
    rig->host->translate(rig->engine, &(struct smmu_txn){ .sid = SID }, &(struct smmu_result){ 0 }),
    SMMU_ERR_NOSLOT);
  rig_cmds(rig, "STALL_TERM sid=1");
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_STALLED);
}

/* ---- interrupts ---- */

STALL_TEST(Stall, FirstRecordInterrupts)
{
  rig_restart_stalling(rig, 8);
  rig_set_reg(rig, OFF_IRQ_CTRL, 4);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_STALLED);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_STALLED);
  EXPECT_EQ(rig->signals[SMMU_SIGNAL_EVENTQ], 1u);
}

/* The interrupt handler maps and resumes: the answer comes with the question. */
static void handle(struct rig *rig, enum smmu_signal line)
{
  uint64_t words[4];

  if (line != SMMU_SIGNAL_EVENTQ || rig_event(rig, words) != 0x10)
    return;
  rig_map(rig, SID, words[2], 0x80000, RIG_RW);
  rig_push(rig, "RESUME sid=1 stag=0 action=1");
}

STALL_TEST(Stall, AHandlerThatResumesIsInTime)
{
  rig_restart_stalling(rig, 8);
  rig_set_reg(rig, OFF_IRQ_CTRL, 4);
  rig->on_signal = handle;
  EXPECT_PA(rig_read(rig, SID, 0x1000), 0x80000);
}
