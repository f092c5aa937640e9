/* ATS Translation Requests: who may ask, what is granted, what is recorded. IHI 0070 3.9.1.2, 5.2
 * (EATS, S1DSS), 7.3.6, 13.6.3 to 13.6.5, 13.7. */
#include "shim/rig_ats.h"

#define VA   0x1000ULL
#define PA   0x80000ULL
#define IPA  0x40000000ULL
#define READ 1u
#define RW   3u
#define RX   5u
#define RWX  7u

static struct smmu_result request(struct rig *rig, uint64_t addr, bool write)
{
  return rig_ats_request(rig, (struct smmu_txn){ .addr = addr, .sid = SID, .write = write });
}

/* Granted: where, what, how much. */
static void expect_granted(struct smmu_result r, uint64_t addr, unsigned perm, unsigned size_log2)
{
  EXPECT_EQ(r.status, SMMU_STATUS_OK);
  EXPECT_EQ(r.event, 0u);
  EXPECT_EQ(r.pa, addr);
  EXPECT_EQ(r.perm, perm);
  EXPECT_EQ(r.size_log2, size_log2);
}

static void expect_nothing(struct smmu_result r)
{
  expect_granted(r, 0, 0, 12);
}

/* ---- who may ask ---- */

ENGINE_TEST(AtsRequest, IsTranslatedWithFullAts)
{
  rig_ats(rig, 1);
  rig_map(rig, SID, VA, PA, RIG_RW);
  expect_granted(request(rig, VA + 0x123, true), PA + 0x123, RW, 12);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(AtsRequest, OfADeviceWithoutAtsIsUnsupported)
{
  rig_map(rig, SID, VA, PA, RIG_RW);
  EXPECT_EQ(request(rig, VA, false).status, SMMU_STATUS_UR);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(AtsRequest, WithSmmuenZeroIsRefusedAndRecorded)
{
  uint64_t words[4];

  rig_ats(rig, 1);
  rig_set_cr0(rig, 0xc);
  EXPECT_EQ(request(rig, VA + 0x678, true).status, SMMU_STATUS_UR);
  EXPECT_EQ(rig_event(rig, words), 5u);
  EXPECT_EQ(words[0], 0x0000000100000005u);
  EXPECT_EQ(words[1], 1ULL << 44 | 1ULL << 35 | 1ULL << 34); /* one STU, R, W */
  EXPECT_EQ(words[2], VA);
  EXPECT_EQ(words[3], 0u);
}

ENGINE_TEST(AtsRequest, WithEatsZeroIsRefusedAndRecorded)
{
  uint64_t words[4];

  rig_ats(rig, 0);
  rig_map(rig, SID, VA, PA, RIG_RW);
  EXPECT_EQ(request(rig, VA, false).status, SMMU_STATUS_UR);
  EXPECT_EQ(rig_event(rig, words), 5u);
  EXPECT_EQ(words[1], 1ULL << 44 | 1ULL << 35);
  rig_read(rig, SID, VA); /* the same from the configuration cache */
  EXPECT_EQ(request(rig, VA, false).status, SMMU_STATUS_UR);
  EXPECT_EQ(rig_event(rig, NULL), 5u);
}

ENGINE_TEST(AtsRequest, WithReservedEatsIsRefusedAndRecorded)
{
  rig_ats(rig, 3);
  EXPECT_EQ(request(rig, VA, false).status, SMMU_STATUS_UR);
  EXPECT_EQ(rig_event(rig, NULL), 5u);
}

ENGINE_TEST(AtsRequest, RecordNamesWhatWasAskedBeforeOverrides)
{
  uint64_t words[4];

  rig_ats(rig, 0);
  STE_SET(rig, SID, S1CDMax, 3);
  STE_SET(rig, SID, PRIVCFG, 2); /* unprivileged */
  STE_SET(rig, SID, INSTCFG, 2); /* data */
  rig_ats_request(
    rig, (struct smmu_txn){
           .addr = VA, .sid = SID, .ssv = 1, .ssid = 5, .privileged = 1, .instruction = 1 });
  EXPECT_EQ(rig_event(rig, words), 5u);
  EXPECT_EQ(words[0], 0x0000000100005805u);
  EXPECT_EQ(words[1], 1ULL << 44 | 1ULL << 35 | 1ULL << 33 | 1ULL << 32);
}

ENGINE_TEST(AtsRequest, OfABypassedStreamIsRefusedAndRecorded)
{
  rig_ats(rig, 1);
  STE_SET(rig, SID, Config, 4);
  EXPECT_EQ(request(rig, VA, false).status, SMMU_STATUS_UR);
  EXPECT_EQ(rig_event(rig, NULL), 5u);
}

ENGINE_TEST(AtsRequest, OfAnAbortedStreamIsRefusedSilently)
{
  rig_ats(rig, 1);
  STE_SET(rig, SID, Config, 0);
  EXPECT_EQ(request(rig, VA, false).status, SMMU_STATUS_UR);
  EXPECT_EQ(request(rig, VA, false).status, SMMU_STATUS_UR);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(AtsRequest, SplitStageNeedsAtschk)
{
  rig_ats_nested(rig, 2);
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
  EXPECT_EQ(request(rig, VA, false).status, SMMU_STATUS_UR);
  EXPECT_EQ(rig_event(rig, NULL), 5u);
  rig_set_cr0(rig, 0x1d);
  EXPECT_EQ(rig_reg(rig, OFF_CR0ACK), 0x1du);
  expect_granted(request(rig, VA + 8, true), IPA + 8, RW, 12);
}

ENGINE_TEST(AtsRequest, FullAtsDoesNotNeedAtschk)
{
  rig_ats(rig, 1);
  rig_map(rig, SID, VA, PA, RIG_RW);
  expect_granted(request(rig, VA, false), PA, RW, 12);
  rig_set_cr0(rig, 0x1d);
  expect_granted(request(rig, VA, false), PA, RW, 12);
}

/* ---- faults of the translation are answers ---- */

ENGINE_TEST(AtsRequest, OfAnUnmappedPageIsGrantedNothing)
{
  rig_ats(rig, 1);
  expect_nothing(request(rig, VA, false));
  expect_nothing(request(rig, 1ULL << 40, false)); /* beyond T0SZ */
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(AtsRequest, OfAPageWithoutAccessFlagIsGrantedNothing)
{
  rig_ats(rig, 1);
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_NO_AF);
  expect_nothing(request(rig, VA, false));
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(AtsRequest, OfAnOutputAboveTheSizeIsGrantedNothing)
{
  rig_ats(rig, 1);
  rig_map(rig, SID, VA, 1ULL << 47, RIG_RW);
  CD_SET(rig, SID, 0, IPS, 0); /* 32 bits */
  expect_nothing(request(rig, VA, false));
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(AtsRequest, ThatWouldBeReadAsZeroIsGrantedNothing)
{
  rig_ats(rig, 1);
  CD_SET(rig, SID, 0, A, 0);
  expect_nothing(request(rig, VA, false));
}

ENGINE_TEST(AtsRequest, StageTwoFaultsAreGrantedNothing)
{
  rig_ats_nested(rig, 1);
  rig_map(rig, SID, VA, IPA, RIG_RW);
  expect_nothing(request(rig, VA, false)); /* the IPA is not mapped */
  STE_SET(rig, SID, S1ContextPtr, (IPA + 0x100000) >> 6);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  expect_nothing(request(rig, VA, false)); /* the CD is not */
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(AtsRequest, NothingGrantedIsOfTheSmallestUnit)
{
  struct smmu_config config;

  rig_ats(rig, 1);
  config = rig->config;
  config.idr[5] &= ~0x10u; /* no 4 KB */
  rig_restart(rig, &config);
  rig_stream(rig, SID, &(struct rig_stream){ .granule1 = 16 });
  STE_SET(rig, SID, EATS, 1);
  expect_granted(request(rig, VA, false), 0, 0, 14);
}

/* ---- what is granted ---- */

ENGINE_TEST(AtsRequest, WriteIsGrantedWhereThePageAllowsIt)
{
  rig_ats(rig, 1);
  rig_map(rig, SID, VA, PA, RIG_R);
  expect_granted(request(rig, VA, true), PA, READ, 12);
  expect_granted(request(rig, VA, false), PA, READ, 12);
}

ENGINE_TEST(AtsRequest, ForReadsMayBeGrantedWrites)
{
  rig_ats(rig, 1);
  rig_map(rig, SID, VA, PA, RIG_RW);
  expect_granted(request(rig, VA, false), PA, RW, 12);
}

ENGINE_TEST(AtsRequest, BlocksAreGrantedWhole)
{
  rig_ats(rig, 1);
  rig_map(rig, SID, 0x200000, 0x40000000, RIG_RW | RIG_L2);
  expect_granted(request(rig, 0x212345, true), 0x40012345, RW, 21);
}

/* A stream with substreams whose CD 5 maps VA with these flags. */
static void substream(struct rig *rig, unsigned flags)
{
  rig_ats(rig, 1);
  STE_SET(rig, SID, S1CDMax, 3);
  STE_SET(rig, SID, S1DSS, 2);
  rig_set_cd(rig, SID, 5, 20, &rig_space(rig, SID)->s1);
  rig_map(rig, SID, VA, PA, flags);
}

static struct smmu_result with_pasid(struct rig *rig, bool write, bool exec, bool priv)
{
  return rig_ats_request(rig, (struct smmu_txn){ .addr = VA,
                                                 .sid = SID,
                                                 .ssv = 1,
                                                 .ssid = 5,
                                                 .write = write,
                                                 .instruction = exec,
                                                 .privileged = priv });
}

ENGINE_TEST(AtsRequest, ExecutionIsGrantedWhenAskedFor)
{
  substream(rig, RIG_RW);
  expect_granted(with_pasid(rig, true, false, false), PA, RW, 12);
  expect_granted(with_pasid(rig, true, true, false), PA, RWX, 12);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(AtsRequest, ExecutionIsNotGrantedOfAPageThatForbidsIt)
{
  substream(rig, RIG_RW | RIG_NO_EXEC);
  expect_granted(with_pasid(rig, false, true, false), PA, RW, 12);
}

ENGINE_TEST(AtsRequest, GrantsGoByThePrivilegeOfThePasid)
{
  substream(rig, RIG_RW | RIG_PRIVILEGED);
  expect_granted(with_pasid(rig, true, false, true), PA, RW, 12);
  EXPECT_EQ(with_pasid(rig, true, false, false).perm, 0u);
}

ENGINE_TEST(AtsRequest, WithoutPasidIsUnprivilegedData)
{
  rig_ats(rig, 1);
  rig_map(rig, SID, VA, PA, RIG_RW);
  expect_granted(
    rig_ats_request(rig,
                    (struct smmu_txn){ .addr = VA, .sid = SID, .instruction = 1, .privileged = 1 }),
    PA, RW, 12);
  rig_map(rig, SID, VA + 0x1000, PA, RIG_RW | RIG_PRIVILEGED);
  EXPECT_EQ(
    rig_ats_request(rig, (struct smmu_txn){ .addr = VA + 0x1000, .sid = SID, .privileged = 1 })
      .perm,
    0u);
}

ENGINE_TEST(AtsRequest, PrivcfgDecidesWhosePermissionsCount)
{
  rig_ats(rig, 1);
  rig_map(rig, SID, VA, PA, RIG_RW | RIG_PRIVILEGED);
  STE_SET(rig, SID, PRIVCFG, 3);
  expect_granted(request(rig, VA, true), PA, RW, 12);
}

ENGINE_TEST(AtsRequest, ExecuteOnlyPagesGrantNothing)
{
  rig_ats_nested(rig, 1);
  rig_map(rig, SID, VA, IPA, RIG_R);
  rig_map2(rig, SID, IPA, PA, 0); /* no R, no W: executable alone */
  EXPECT_EQ(request(rig, VA, false).perm, 0u);
}

ENGINE_TEST(AtsRequest, ExecuteOnlyPagesGrantNoExecution)
{
  rig_ats_nested(rig, 1);
  STE_SET(rig, SID, S1CDMax, 3);
  rig_set_cd(rig, SID, 5, 20, &rig_space(rig, SID)->s1);
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_W); /* written and executed, not read */
  expect_granted(with_pasid(rig, true, true, false), PA, SMMU_PERM_WRITE, 12);
}

ENGINE_TEST(AtsRequest, InstcfgMakesReadsOfFetches)
{
  rig_ats_nested(rig, 1);
  STE_SET(rig, SID, INSTCFG, 3);
  rig_map(rig, SID, VA, IPA, RIG_R);
  rig_map2(rig, SID, IPA, PA, 0);
  expect_granted(request(rig, VA, false), PA, READ, 12);
  rig_map(rig, SID, VA + 0x1000, IPA + 0x1000, RIG_R | RIG_NO_EXEC);
  rig_map2(rig, SID, IPA + 0x1000, PA, RIG_R);
  EXPECT_EQ(request(rig, VA + 0x1000, false).perm, 0u);
}

ENGINE_TEST(AtsRequest, InstcfgDataGrantsExecutionOfWhatCanBeRead)
{
  substream(rig, RIG_R | RIG_NO_EXEC);
  STE_SET(rig, SID, INSTCFG, 2);
  expect_granted(with_pasid(rig, false, true, false), PA, RX, 12);
}

ENGINE_TEST(AtsRequest, StageTwoIsNotWalkedWhenStageOneGrantsNothing)
{
  rig_restart_profile(rig, "none");
  rig_ats_nested(rig, 1);
  rig_map(rig, SID, VA, IPA, RIG_RW | RIG_PRIVILEGED);
  engine_memory_inject_abort(rig->memory, rig_table_desc(rig, &rig_space(rig, SID)->s2, IPA, 3), 8,
                             true);
  expect_nothing(request(rig, VA, false));
}

/* ---- stalls ---- */

ENGINE_TEST(AtsRequest, NeverStalls)
{
  struct smmu_config config;

  rig_ats(rig, 1);
  config = rig->config;
  config.idr[0] &= ~(3u << 24); /* STALL_MODEL: both */
  config.idr[5] |= 4u << 16;
  rig_restart(rig, &config);
  CD_SET(rig, SID, 0, S, 1);
  expect_nothing(request(rig, VA, true));
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

/* ---- two stages ---- */

ENGINE_TEST(AtsRequest, FullAtsGivesTheOutputOfBothStages)
{
  rig_ats_nested(rig, 1);
  rig_map(rig, SID, VA, IPA, RIG_RW);
  rig_map2(rig, SID, IPA, PA, RIG_R);
  expect_granted(request(rig, VA + 4, true), PA + 4, READ, 12);
  expect_granted(request(rig, VA + 4, true), PA + 4, READ, 12); /* from the TLB */
}

ENGINE_TEST(AtsRequest, SplitStageGivesTheIpaAndThePermissionsOfBoth)
{
  rig_ats_nested(rig, 2);
  rig_set_cr0(rig, 0x1d);
  rig_map(rig, SID, 0x200000, IPA, RIG_RW | RIG_L2);
  rig_map2(rig, SID, IPA + 0x3000, PA, RIG_R);
  expect_granted(request(rig, 0x203456, true), IPA + 0x3456, READ, 12);
  expect_granted(request(rig, 0x203456, true), IPA + 0x3456, READ, 12);
  expect_nothing(request(rig, 0x204456, true)); /* stage 2 has nothing there */
}

/* ---- S1DSS ---- */

static void substreams(struct rig *rig, unsigned config, unsigned eats, unsigned s1dss)
{
  if (config == 7)
    rig_ats_nested(rig, eats);
  else
    rig_ats(rig, eats);
  STE_SET(rig, SID, S1CDMax, 3);
  STE_SET(rig, SID, S1DSS, s1dss);
}

ENGINE_TEST(AtsRequest, WithoutPasidUsesCdZero)
{
  substreams(rig, 5, 1, 2);
  rig_map(rig, SID, VA, PA, RIG_RW);
  expect_granted(request(rig, VA, true), PA, RW, 12);
}

ENGINE_TEST(AtsRequest, ThatSkipsTheOnlyStageIsGrantedTheIdentity)
{
  substreams(rig, 5, 1, 1);
  expect_granted(request(rig, 0x123456789abc, false), 0x123456789abc, RW, 12);
  expect_nothing(request(rig, 1ULL << 48, false));
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(AtsRequest, ThatSkipsStageOneIsTranslatedByStageTwo)
{
  substreams(rig, 7, 1, 1);
  rig_map2(rig, SID, IPA, PA, RIG_R);
  expect_granted(request(rig, IPA + 8, true), PA + 8, READ, 12);
}

ENGINE_TEST(AtsRequest, SplitStageThatSkipsStageOneGivesTheIpaItself)
{
  substreams(rig, 7, 2, 1);
  rig_set_cr0(rig, 0x1d);
  rig_map2(rig, SID, IPA, PA, RIG_R);
  expect_granted(request(rig, IPA + 8, true), IPA + 8, READ, 12);
  expect_nothing(request(rig, IPA + 0x1000, true));
}

/* ---- caches ---- */

ENGINE_TEST(AtsRequest, FillsAndUsesTheSameCaches)
{
  rig_ats(rig, 1);
  rig_map(rig, SID, VA, PA, RIG_RW);
  request(rig, VA, true);
  EXPECT_EQ(rig_reads(rig, SID, VA), 0u);
}
