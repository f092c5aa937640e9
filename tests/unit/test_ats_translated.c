/* ATS Translated transactions: checks, the second half of split stage ATS, and errors. IHI
 * 0070 3.9.1.1, 3.9.1.3, 5.2 (EATS), 7.3.8, 13.6.3. */
#include "shim/rig_ats.h"

#define PA  0x80000ULL
#define IPA 0x40000000ULL

enum { ON = 0xd, CHECKED = 0x1d };

static struct smmu_result use(struct rig *rig, uint64_t addr, bool write)
{
  return rig_ats_use(rig, (struct smmu_txn){ .addr = addr, .sid = SID, .write = write });
}

static void expect_forbidden(struct rig *rig, uint64_t addr)
{
  uint64_t words[4];

  EXPECT_EQ(use(rig, addr, false).status, SMMU_STATUS_ABORT);
  EXPECT_EQ(rig_event(rig, words), 7u);
  EXPECT_EQ(words[0], 0x0000000100000007u);
  EXPECT_EQ(words[1], 1ULL << 35);
  EXPECT_EQ(words[2], addr);
  EXPECT_EQ(words[3], 0u);
}

static void expect_silent_abort(struct rig *rig, struct smmu_txn txn)
{
  EXPECT_EQ(rig_ats_use(rig, txn).status, SMMU_STATUS_ABORT);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

static const struct smmu_txn plain = { .addr = PA, .sid = SID };

/* ---- ATSCHK = 0: nothing is looked at ---- */

ENGINE_TEST(AtsTranslated, PassesUncheckedWithoutAtschk)
{
  struct smmu_result r;

  rig_ats(rig, 0);
  r = use(rig, PA + 0x123, true);
  EXPECT_PA(r, PA + 0x123);
  EXPECT_EQ(r.bypassed, 1u);
  EXPECT_EQ(r.perm, 7u);
  STE_SET(rig, SID, V, 0);
  EXPECT_PA(use(rig, PA, false), PA);
  EXPECT_PA(rig_ats_use(rig, (struct smmu_txn){ .addr = PA, .sid = 1000 }), PA);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(AtsTranslated, UncheckedReadsNothing)
{
  uint64_t before;

  rig_ats(rig, 1);
  before = rig_read_count(rig);
  use(rig, PA, false);
  EXPECT_EQ(rig_read_count(rig), before);
}

ENGINE_TEST(AtsTranslated, AddressAboveTheOutputSizeIsAbortedSilently)
{
  rig_ats(rig, 1);
  expect_silent_abort(rig, (struct smmu_txn){ .addr = 1ULL << 48, .sid = SID });
  rig_set_cr0(rig, CHECKED);
  expect_silent_abort(rig, (struct smmu_txn){ .addr = 1ULL << 48, .sid = SID });
}

ENGINE_TEST(AtsTranslated, WithSmmuenZeroIsForbidden)
{
  rig_ats(rig, 1);
  rig_set_cr0(rig, 0xc);
  expect_forbidden(rig, PA + 0x123);
}

ENGINE_TEST(AtsTranslated, OfADeviceWithoutAtsIsAborted)
{
  expect_silent_abort(rig, plain);
}

ENGINE_TEST(AtsTranslated, UncheckedIsLabelledByGbpmpamAndCheckedByTheSte)
{
  struct smmu_config config;

  rig_ats(rig, 1);
  config = rig->config;
  config.idr[3] |= 1u << 7;    /* MPAM */
  config.mpamidr = 0x00030fff; /* PARTID_MAX 4095, PMG_MAX 3 */
  rig_restart(rig, &config);
  rig_patch(rig, rig_ste(rig, SID), 4 * 64 + 31, 4 * 64 + 16, 0x123);
  rig_patch(rig, rig_ste(rig, SID), 5 * 64 + 7, 5 * 64, 2);
  rig_set_reg(rig, OFF_GBPMPAM, 0x80000000u | 1 << 16 | 0x456);
  for (unsigned checked = 0; checked < 2; checked++) {
    const struct smmu_record *r;

    rig_set_cr0(rig, checked ? CHECKED : ON);
    rig_watch(rig);
    use(rig, PA, false);
    r = rig_find(rig, SMMU_TRACE_RESPOND, 0);
    ASSERT_TRUE(r);
    EXPECT_EQ(r->partid, checked ? 0x123u : 0x456u);
    EXPECT_EQ(r->pmg, checked ? 2u : 1u);
  }
}

/* ---- ATSCHK = 1 ---- */

ENGINE_TEST(AtsTranslated, PassesWithFullAts)
{
  rig_ats(rig, 1);
  rig_set_cr0(rig, CHECKED);
  EXPECT_PA(use(rig, PA + 8, true), PA + 8);
  EXPECT_PA(use(rig, PA + 8, true), PA + 8);
}

ENGINE_TEST(AtsTranslated, CheckedOnceIsCheckedFromTheCache)
{
  uint64_t before;

  rig_ats(rig, 1);
  rig_set_cr0(rig, CHECKED);
  use(rig, PA, false);
  before = rig_read_count(rig);
  use(rig, PA + 0x5000, false);
  EXPECT_EQ(rig_read_count(rig), before);
  rig_cmds(rig, "CFGI_STE sid=1; SYNC");
  before = rig_read_count(rig);
  use(rig, PA, false);
  EXPECT_EQ(rig_read_count(rig), before + 1);
}

ENGINE_TEST(AtsTranslated, CheckDoesNotReadACd)
{
  rig_ats(rig, 1);
  rig_set_cr0(rig, CHECKED);
  CD_SET(rig, SID, 0, V, 0);
  EXPECT_PA(use(rig, PA, false), PA);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), C_BAD_CD); /* and leaves nothing that others would use */
}

ENGINE_TEST(AtsTranslated, WithEatsZeroIsForbidden)
{
  rig_ats(rig, 0);
  rig_set_cr0(rig, CHECKED);
  expect_forbidden(rig, PA);
  rig_map(rig, SID, 0x1000, PA, RIG_RW);
  rig_read(rig, SID, 0x1000);
  expect_forbidden(rig, PA + 0x10);
}

ENGINE_TEST(AtsTranslated, OfABypassedStreamIsForbidden)
{
  rig_ats(rig, 1);
  rig_set_cr0(rig, CHECKED);
  STE_SET(rig, SID, Config, 4);
  expect_forbidden(rig, PA);
}

ENGINE_TEST(AtsTranslated, OfAnAbortedStreamIsAbortedSilently)
{
  rig_ats(rig, 1);
  rig_set_cr0(rig, CHECKED);
  STE_SET(rig, SID, Config, 0);
  expect_silent_abort(rig, plain);
  expect_silent_abort(rig, plain);
}

static void expect_recorded(struct rig *rig, struct smmu_txn txn, unsigned event)
{
  rig_ats_record(rig, true);
  EXPECT_EQ(rig_ats_use(rig, txn).status, SMMU_STATUS_ABORT);
  EXPECT_EQ(rig_event(rig, NULL), event);
}

ENGINE_TEST(AtsTranslated, ConfigurationErrorsAreRecordedWithRecCfgAts)
{
  struct smmu_txn unknown = { .addr = PA, .sid = 64 };

  rig_ats(rig, 1);
  rig_set_cr0(rig, CHECKED);
  STE_SET(rig, SID, V, 0);
  expect_silent_abort(rig, plain);
  expect_silent_abort(rig, unknown);
  expect_recorded(rig, plain, 4);
  expect_recorded(rig, unknown, 2);
  rig_set_cr0(rig, 0x1c);
  rig_set_reg(rig, OFF_CR2, 8); /* RECINVSID does not count here */
  rig_set_cr0(rig, CHECKED);
  EXPECT_EQ(rig_ats_use(rig, unknown).event, 2u);
  EXPECT_EQ(rig_event(rig, NULL), 2u);
}

/* ---- split stage ---- */

static void split(struct rig *rig)
{
  rig_ats_nested(rig, 2);
  rig_set_cr0(rig, CHECKED);
  rig_map2(rig, SID, IPA, PA, RIG_RW);
}

ENGINE_TEST(AtsTranslated, SplitStageIsTranslatedByStageTwo)
{
  struct smmu_result r;

  split(rig);
  r = use(rig, IPA + 0x123, true);
  EXPECT_PA(r, PA + 0x123);
  EXPECT_EQ(r.bypassed, 0u);
  EXPECT_PA(use(rig, IPA + 0x123, true), PA + 0x123);
}

ENGINE_TEST(AtsTranslated, SplitStageFaultsAsAnyTransaction)
{
  uint64_t words[4];

  split(rig);
  EXPECT_EQ(use(rig, IPA + 0x1234, true).status, SMMU_STATUS_ABORT);
  EXPECT_EQ(rig_event(rig, words), 0x10u);
  EXPECT_EQ(words[0], 0x0000000100000010u);
  EXPECT_EQ(words[1], 1ULL << 39 | 2ULL << 40); /* S2, CLASS = IN, a write */
  EXPECT_EQ(words[2], IPA + 0x1234);
  EXPECT_EQ(words[3], IPA + 0x1000);
}

ENGINE_TEST(AtsTranslated, SplitStagePermissionsAreChecked)
{
  split(rig);
  rig_map2(rig, SID, IPA + 0x1000, PA, RIG_R);
  EXPECT_PA(use(rig, IPA + 0x1000, false), PA);
  EXPECT_FAULT(use(rig, IPA + 0x1000, true), F_PERMISSION);
}

ENGINE_TEST(AtsTranslated, SplitStageAddressAboveTheInputSizeIsAStageOneFault)
{
  uint64_t words[4];

  split(rig);
  EXPECT_FAULT(use(rig, 1ULL << 48, false), F_ADDR_SIZE);
  EXPECT_EQ(rig_event(rig, words), 0x11u);
  EXPECT_EQ(words[1], 1ULL << 35 | 2ULL << 40);
}

ENGINE_TEST(AtsTranslated, SplitStageSeesTheNextStageTwoAfterItsInvalidation)
{
  split(rig);
  use(rig, IPA, false);
  rig_map2(rig, SID, IPA, PA + 0x1000, RIG_RW);
  EXPECT_PA(use(rig, IPA, false), PA);
  rig_cmds(rig, "TLBI_S2_IPA vmid=5 addr=0x40000000; SYNC");
  EXPECT_PA(use(rig, IPA, false), PA + 0x1000);
}

ENGINE_TEST(AtsTranslated, SplitStageWithoutAtschkPassesTheIpaAsItIs)
{
  split(rig);
  rig_set_cr0(rig, ON);
  EXPECT_PA(use(rig, IPA, false), IPA);
}

/* ---- PASID on Translated transactions ---- */

/* A stream whose transactions need a SubstreamID. */
static void substreams(struct rig *rig, bool pasidtt)
{
  struct smmu_config config;

  rig_ats(rig, 1);
  config = rig->config;
  config.idr[3] |= (uint32_t)pasidtt << 16;
  rig_restart(rig, &config);
  STE_SET(rig, SID, S1CDMax, 3);
  rig_set_cd(rig, SID, 5, 20, &rig_space(rig, SID)->s1);
  rig_set_cr0(rig, CHECKED);
}

ENGINE_TEST(AtsTranslated, PasidIsNotSeenWithoutPasidtt)
{
  substreams(rig, false);
  EXPECT_PA(use(rig, PA, false), PA);
  EXPECT_PA(rig_ats_use(rig, (struct smmu_txn){ .addr = PA, .sid = SID, .ssv = 1, .ssid = 9 }), PA);
}

ENGINE_TEST(AtsTranslated, PasidIsCheckedWithPasidtt)
{
  struct smmu_txn bad = { .addr = PA, .sid = SID, .ssv = 1, .ssid = 9 };

  substreams(rig, true);
  EXPECT_PA(rig_ats_use(rig, (struct smmu_txn){ .addr = PA, .sid = SID, .ssv = 1, .ssid = 5 }), PA);
  expect_silent_abort(rig, bad);
  expect_silent_abort(rig, plain); /* S1DSS = 0: no transaction without one */
  expect_recorded(rig, bad, 8);
  expect_recorded(rig, plain, 6);
}
