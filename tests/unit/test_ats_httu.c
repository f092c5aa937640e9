/* ATS requests and the flags that the device updates: what is granted is accessed, and dirty where
 * it may be written. IHI 0070 3.9.1, 3.13.7, 13.7. */
#include "shim/rig_ats.h"

#define VA  0x1000ULL
#define PA  0x80000ULL
#define IPA 0x40000000ULL

enum { AF = 1 << 10, READ_ONLY = 1 << 7, R = 1, RW = 3 };
#define DBM (1ULL << 51)

/* A page that hardware may make writable, and may mark as accessed. */
static uint64_t clean_page(struct rig *rig, bool hd)
{
  struct smmu_config config;
  uint64_t desc;

  rig_ats(rig, 1);
  config = rig->config;
  config.idr[0] |= 2u << 6; /* HTTU: Access flag and dirty state */
  rig_restart(rig, &config);
  CD_SET(rig, SID, 0, HA, 1);
  CD_SET(rig, SID, 0, HD, hd);
  desc = rig_map(rig, SID, VA, PA, RIG_R | RIG_NO_AF);
  engine_memory_store64(rig->memory, desc, engine_memory_load64(rig->memory, desc) | DBM);
  return desc;
}

static unsigned granted(struct rig *rig, bool write)
{
  struct smmu_result r =
    rig_ats_request(rig, (struct smmu_txn){ .addr = VA, .sid = SID, .write = write });

  EXPECT_EQ(r.status, SMMU_STATUS_OK);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
  return r.perm;
}

ENGINE_TEST(AtsHttu, RequestThatAnnouncesWritesMakesThePageDirty)
{
  uint64_t desc = clean_page(rig, true);

  EXPECT_EQ(granted(rig, true), (unsigned)RW);
  EXPECT_EQ(engine_memory_load64(rig->memory, desc) & (AF | READ_ONLY), (uint64_t)AF);
}

ENGINE_TEST(AtsHttu, RequestForReadsLeavesItClean)
{
  uint64_t desc = clean_page(rig, true);

  EXPECT_EQ(granted(rig, false), (unsigned)R);
  EXPECT_EQ(engine_memory_load64(rig->memory, desc) & (AF | READ_ONLY), (uint64_t)(AF | READ_ONLY));
  /* Also from the TLB; and the one that announces writes makes it dirty all the same. */
  EXPECT_EQ(granted(rig, false), (unsigned)R);
  EXPECT_EQ(granted(rig, true), (unsigned)RW);
  EXPECT_EQ(engine_memory_load64(rig->memory, desc) & READ_ONLY, 0u);
}

ENGINE_TEST(AtsHttu, WithoutDirtyStateACleanPageIsReadOnly)
{
  uint64_t desc = clean_page(rig, false);

  EXPECT_EQ(granted(rig, true), (unsigned)R);
  EXPECT_EQ(engine_memory_load64(rig->memory, desc) & (AF | READ_ONLY), (uint64_t)(AF | READ_ONLY));
}

ENGINE_TEST(AtsHttu, NothingGrantedIsNotAccessed)
{
  uint64_t desc = clean_page(rig, true);

  engine_memory_store64(rig->memory, desc, engine_memory_load64(rig->memory, desc) & ~(1ULL << 6));
  EXPECT_EQ(granted(rig, true), 0u); /* for the privileged alone */
  EXPECT_EQ(engine_memory_load64(rig->memory, desc) & (AF | READ_ONLY), (uint64_t)READ_ONLY);
}

ENGINE_TEST(AtsHttu, AReadOnlyStageOneLeavesStageTwoClean)
{
  struct smmu_config config;
  uint64_t desc;

  rig_ats_nested(rig, 1);
  config = rig->config;
  config.idr[0] |= 2u << 6;
  rig_restart(rig, &config);
  STE_SET(rig, SID, S2HA, 1);
  STE_SET(rig, SID, S2HD, 1);
  rig_map(rig, SID, VA, IPA, RIG_R);
  desc = rig_map2(rig, SID, IPA, PA, RIG_R);
  engine_memory_store64(rig->memory, desc, engine_memory_load64(rig->memory, desc) | DBM);
  EXPECT_EQ(granted(rig, true), (unsigned)R);
  EXPECT_EQ(engine_memory_load64(rig->memory, desc) & READ_ONLY, 0u); /* S2AP[1]: not writable */
}

ENGINE_TEST(AtsHttu, UpdateThatStageTwoForbidsGrantsNothingAlsoFromTheTlb)
{
  struct smmu_config config;
  uint64_t leaf, tables;

  rig_ats_nested(rig, 1);
  config = rig->config;
  config.idr[0] |= 2u << 6;
  rig_restart(rig, &config);
  CD_SET(rig, SID, 0, HA, 1);
  CD_SET(rig, SID, 0, HD, 1);
  leaf = rig_map(rig, SID, VA, IPA, RIG_R);
  engine_memory_store64(rig->memory, leaf, engine_memory_load64(rig->memory, leaf) | DBM);
  rig_map2(rig, SID, IPA, PA, RIG_R);
  tables = rig_table_desc(rig, &rig_space(rig, SID)->s2, rig_cd(rig, SID, 0), 2);
  engine_memory_store64(rig->memory, tables,
                        engine_memory_load64(rig->memory, tables) & ~(uint64_t)READ_ONLY);
  EXPECT_EQ(granted(rig, false), (unsigned)R);
  EXPECT_EQ(granted(rig, true), 0u);
  EXPECT_EQ(engine_memory_load64(rig->memory, leaf) & READ_ONLY, (uint64_t)READ_ONLY);
}
