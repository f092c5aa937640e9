/* The emulated command queue: what it consumes, what it sends to the host, and where it stops. */
#include "raw.h"

/* HWPT_INVALIDATE calls that these commands come to. */
static uint64_t calls_for(struct raw *raw, const char *text)
{
  struct e2e_counts before = e2e_counts(raw->e2e, raw->vm);

  raw_cmds(raw, text);
  EXPECT_FALSE(raw_has_error(raw));
  EXPECT_EQ(raw_consumed(raw), raw->put);
  return e2e_since(raw->e2e, raw->vm, &before).vm.invalidates;
}

RAW_TEST(Commands, OfOneClassAreOneCallWhateverSyncsAreBetween)
{
  raw_up(raw);
  raw_cmds(raw, "CFGI_ALL; SYNC");
  EXPECT_EQ(calls_for(raw, "TLBI_NH_ALL"), 1);
  EXPECT_EQ(calls_for(raw, "TLBI_NH_VA va=0x1000; SYNC; TLBI_NH_ASID asid=3; SYNC"), 1);
  EXPECT_EQ(calls_for(raw, "SYNC; SYNC"), 0);
}

RAW_TEST(Commands, OfAnotherClassAreAnotherCall)
{
  raw_up(raw);
  raw_cmds(raw, "CFGI_ALL; SYNC");
  EXPECT_EQ(calls_for(raw, "TLBI_NH_ALL; CFGI_CD sid=5; SYNC"), 2);
  EXPECT_EQ(calls_for(raw, "TLBI_NH_ALL; CFGI_CD sid=5; CFGI_CD_ALL sid=300; TLBI_NH_ALL"), 3);
}

RAW_TEST(Commands, BeforeAStreamIsInstalledAreSent)
{
  raw_up(raw);
  raw_cmds(raw, "CFGI_ALL; SYNC");
  EXPECT_EQ(calls_for(raw, "TLBI_NH_ALL; CFGI_STE sid=5; TLBI_NH_ALL; SYNC"), 2);
}

RAW_TEST(Commands, OfStreamsThatAreNoDevicesDoNothing)
{
  raw_up(raw);
  EXPECT_EQ(calls_for(raw, "CFGI_CD sid=6; CFGI_CD_ALL sid=7; CFGI_STE sid=8; SYNC"), 0);
}

RAW_TEST(Commands, ThatAreIllegalStopTheQueueUntilAcknowledged)
{
  raw_up(raw);
  raw_cmds(raw, "SYNC; OP_0x99; SYNC");
  raw_wait(raw);
  EXPECT_EQ(raw_consumed(raw), 1);
  EXPECT_EQ(raw_error(raw), CERROR_ILL);
  EXPECT_TRUE(raw_has_error(raw));
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_GERROR], 1);
  plat_store64(raw->p, raw->cmdq + 16, CMD_SYNC);
  raw_cmds(raw, "SYNC");
  EXPECT_EQ(raw_consumed(raw), 1); /* legal by now, and still stopped */
  raw_acknowledge(raw);
  EXPECT_FALSE(raw_has_error(raw));
  EXPECT_EQ(raw_consumed(raw), 4);
}

RAW_TEST(Commands, ThatAGuestWithoutTheFeatureMayNotSendAreIllegal)
{
  static const char *const illegal[] = {
    "TLBI_EL2_ALL",          "TLBI_EL2_VA va=0x1000", "TLBI_S12_VMALL", "TLBI_S2_IPA ipa=0x1000",
    "ATC_INV sid=5",         "PRI_RESP sid=5",        "RESUME sid=5",   "STALL_TERM sid=5",
    "CFGI_STE sid=5 ssec=1", "CFGI_CD sid=5 ssec=1",  "SYNC cs=3",
  };

  raw_up(raw);
  for (unsigned i = 0; i < sizeof illegal / sizeof *illegal; i++) {
    raw_cmds(raw, illegal[i]);
    EXPECT_EQ(raw_error(raw), CERROR_ILL);
    EXPECT_EQ(raw_consumed(raw), i);
    plat_store64(raw->p, raw->cmdq + 16ULL * i, CMD_SYNC);
    raw_acknowledge(raw);
    EXPECT_EQ(raw_consumed(raw), i + 1);
  }
}

RAW_TEST(Commands, OutsideRamAreAnAbort)
{
  raw_up(raw);
  raw_set(raw, OFF_CR0, 0);
  raw_set(raw, OFF_CMDQ_BASE, 0x1000 | RAW_LOG2);
  raw_set(raw, OFF_CR0, MASK(CR0, CMDQEN));
  raw_set(raw, OFF_CMDQ_PROD, 3);
  EXPECT_EQ(raw_error(raw), CERROR_ABT);
  EXPECT_EQ(raw_consumed(raw), 0);
  EXPECT_TRUE(raw_has_error(raw));
}

/* CFGI_CD for a device that no CFGI_STE has named: the host knows no such stream. */
RAW_TEST(Commands, ThatTheHostRefusesStopTheQueueThere)
{
  struct e2e_counts before;

  raw_up(raw);
  raw_cmds(raw, "CFGI_STE sid=5; SYNC");
  before = e2e_counts(raw->e2e, 0);
  raw_cmds(raw, "CFGI_CD sid=5; CFGI_CD_ALL sid=5; CFGI_CD sid=300; CFGI_CD sid=5; SYNC");
  EXPECT_EQ(raw_error(raw), CERROR_ILL);
  EXPECT_EQ(raw_consumed(raw), 4);
  EXPECT_TRUE(raw_has_error(raw));
  /* The two before it were carried out. */
  EXPECT_EQ(e2e_since(raw->e2e, 0, &before).host.commands, 3);
}

/* A command that waits in the batch fails when the next one needs it done. */
RAW_TEST(Commands, BehindARefusedOneAreNotCarriedOut)
{
  raw_up(raw);
  raw_ste(raw, E2E_SID0, RAW_STE_V | RAW_STE_BYPASS, 0);
  raw_cmds(raw, "CFGI_CD sid=300; CFGI_STE sid=5; SYNC");
  EXPECT_EQ(raw_error(raw), CERROR_ILL);
  EXPECT_EQ(raw_consumed(raw), 0);
  EXPECT_EQ(e2e_dma(raw->e2e, 0, 0, VMM_RAM_BASE, true).status, SMMU_STATUS_ABORT);
  raw_acknowledge(raw);
  EXPECT_EQ(raw_consumed(raw), 0); /* it fails again */
  raw_cmds(raw, "SYNC");
  EXPECT_TRUE(raw_has_error(raw));
}

RAW_TEST(Commands, ThatFailLaterInTheQueueDoNotHideEarlierOnes)
{
  raw_up(raw);
  raw_cmds(raw, "SYNC; CFGI_CD sid=300; OP_0x99");
  EXPECT_EQ(raw_consumed(raw), 1); /* the earlier of two errors */
  EXPECT_EQ(raw_error(raw), CERROR_ILL);
}

RAW_TEST(Commands, SyncInterruptsOnlyWhenAskedAndDone)
{
  raw_up(raw);
  raw_cmds(raw, "CFGI_STE sid=5; SYNC; SYNC cs=2");
  raw_wait(raw);
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_CMD_SYNC], 0);
  raw_cmds(raw, "TLBI_NH_ALL; SYNC cs=1");
  raw_wait(raw);
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_CMD_SYNC], 1);
  raw_cmds(raw, "CFGI_CD sid=300; SYNC cs=1");
  raw_wait(raw);
  EXPECT_EQ(raw_error(raw), CERROR_ILL);
  EXPECT_EQ(raw->irqs[SMMU_SIGNAL_CMD_SYNC], 1);
}

RAW_TEST(Commands, WaitWhileTheQueueIsOff)
{
  raw_up(raw);
  raw_set(raw, OFF_CR0, MASK(CR0, SMMUEN));
  raw_cmds(raw, "TLBI_NH_ALL; SYNC");
  EXPECT_EQ(raw_consumed(raw), 0);
  raw_set(raw, OFF_CR0, MASK(CR0, SMMUEN) | MASK(CR0, CMDQEN));
  EXPECT_EQ(raw_consumed(raw), 2);
}

RAW_TEST(Commands, GoRoundTheRing)
{
  raw_up(raw);
  for (unsigned i = 0; i < 3u << RAW_LOG2; i += 100) {
    for (unsigned k = 0; k < 100; k++)
      raw_put(raw, "SYNC");
    raw_ring(raw);
    EXPECT_EQ(raw_consumed(raw), raw->put & ((2u << RAW_LOG2) - 1));
  }
}

/* A range that no guest with RIL may send; without RIL its fields mean nothing. */
RAW_TEST(Commands, RangeFieldsMeanNothingWithoutRanges)
{
  raw_up(raw);
  raw_cmds(raw, "TLBI_NH_VA va=0x1000 tg=1; SYNC");
  EXPECT_EQ(raw_consumed(raw), 2);
  EXPECT_FALSE(raw_has_error(raw));
}

static void send_bad_range(struct raw *raw)
{
  struct e2e_counts before;

  raw_up(raw);
  before = e2e_counts(raw->e2e, 0);
  raw_cmds(raw, "TLBI_NH_ALL; TLBI_NH_VA va=0x1000 tg=1; SYNC");
  EXPECT_EQ(raw_error(raw), CERROR_ILL);
  EXPECT_EQ(raw_consumed(raw), 1);
  EXPECT_EQ(e2e_since(raw->e2e, 0, &before).host.tlbi, 1);
  EXPECT_EQ(e2e_since(raw->e2e, 0, &before).host.gerrors, 0);
}

E2E_TEST(Commands, ARangeThatIsIllegalStopsTheGuestsQueueAndNotTheHosts)
{
  e2e->spec.ril = true;
  e2e_make(e2e);
  raw_run(e2e, 0, send_bad_range);
}
