/* The judge of configurations: each bad field is refused by name; and the presets. IHI 0070 6.3.1
 * to 6.3.6. */
#include <string.h>

#include "shim/gtest_c.h"
#include "smmu/ecmdq.h"
#include "smmu/smmu.h"

static struct smmu_config neutral(void)
{
  struct smmu_config cfg;

  smmu_config_neutral(&cfg);
  return cfg;
}

static void expect_refused(const struct smmu_config *cfg, const char *name)
{
  char why[160] = "";

  EXPECT_EQ(smmu_config_check(cfg, why, sizeof why), SMMU_ERR_BADCFG);
  EXPECT_STR_CONTAINS(why, name);
  EXPECT_STR_CONTAINS(why, "expected");
  EXPECT_EQ(smmu_size(cfg), 0u);
}

static const char *const profiles[] = { "none", "qemu", "neutral", "tiny" };

PARAM_TEST_CASE(Config, PresetsAreLegalWithEachProfile, profiles, 4)
{
  struct smmu_config cfg = neutral(), qemu;

  smmu_config_qemu(&qemu);
  EXPECT_EQ(smmu_config_set_tlb_profile(&cfg, profiles[param]), SMMU_OK);
  EXPECT_EQ(smmu_config_set_tlb_profile(&qemu, profiles[param]), SMMU_OK);
  EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
  EXPECT_EQ(smmu_config_check(&qemu, NULL, 0), SMMU_OK);
}

TEST_CASE(Config, UnknownProfileIsRefused)
{
  struct smmu_config cfg = neutral();

  EXPECT_EQ(smmu_config_set_tlb_profile(&cfg, "huge"), SMMU_ERR_BADARG);
}

TEST_CASE(Config, ProfileLeavesTheIdRegisters)
{
  struct smmu_config cfg = neutral(), before = cfg;

  smmu_config_set_tlb_profile(&cfg, "tiny");
  EXPECT_MEMEQ(cfg.idr, before.idr, sizeof cfg.idr);
}

/* ---- what the model does not do ---- */

TEST_CASE(Config, PromisesThatAreNotKeptAreRefused)
{
  static const struct {
    uint8_t idr, bit;
    const char *name;
  } rows[] = { { 0, 30, "IDR0.RME_IMPL" },
               { 1, 28, "IDR1.REL" },
               { 1, 29, "IDR1.QUEUES_PRESET" },
               { 1, 30, "IDR1.TABLES_PRESET" },
               { 3, 18, "IDR3.S1PI" },
               { 3, 19, "IDR3.S2PI" },
               { 3, 20, "IDR3.S2PO" },
               { 3, 22, "IDR3.MTEPERM" },
               { 3, 23, "IDR3.AIE" },
               { 3, 15, "IDR3.DPT" },
               { 3, 21, "IDR3.THE" },
               { 5, 8, "IDR5.D128" },
               { 5, 11, "IDR5.VAX" } };

  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct smmu_config cfg = neutral();

    cfg.idr[rows[i].idr] |= 1u << rows[i].bit;
    expect_refused(&cfg, rows[i].name);
  }
}

TEST_CASE(Config, EnhancedCommandQueuesNeedCoherencyAndMsis)
{
  struct smmu_config cfg = neutral();

  smmu_config_set_ecmdq(&cfg, 2, 4);
  EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
  EXPECT_EQ(cfg.idr[1] >> 31, 1u);
  EXPECT_EQ(cfg.idr6, 0x01020000u);
  EXPECT_EQ(smmu_ecmdq_count(&cfg), 8u);
  cfg.idr[0] &= ~(1u << 4);
  expect_refused(&cfg, "IDR1.ECMDQ");
  cfg = neutral();
  smmu_config_set_ecmdq(&cfg, 2, 4);
  cfg.idr[0] &= ~(1u << 13);
  expect_refused(&cfg, "IDR1.ECMDQ");
}

TEST_CASE(Config, EnhancedCommandQueuesAreAtMost256InWholePowersOfTwo)
{
  static const unsigned refused[][2] = { { 2, 256 }, { 256, 2 }, { 3, 1 }, { 1, 3 }, { 1, 0 } };
  struct smmu_config cfg = neutral();

  smmu_config_set_ecmdq(&cfg, 1, 256);
  EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
  for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    smmu_config_set_ecmdq(&cfg, refused[i][0], refused[i][1]);
    expect_refused(&cfg, "idr6");
  }
  smmu_config_set_ecmdq(&cfg, 0, 0);
  EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
  EXPECT_EQ(smmu_ecmdq_count(&cfg), 0u);
  cfg.idr6 = 0x10000;
  expect_refused(&cfg, "idr6");
}

TEST_CASE(Config, TablesOtherThanVmsav8_64AreRefused)
{
  struct smmu_config cfg = neutral();

  cfg.idr[0] = (cfg.idr[0] & ~0xcu) | 0xc;
  expect_refused(&cfg, "IDR0.TTF");
}

TEST_CASE(Config, StallModelAndStallMaxAgree)
{
  struct smmu_config cfg = neutral();

  cfg.idr[5] |= 1u << 16;
  expect_refused(&cfg, "IDR5.STALL_MAX is 0x1,");
  cfg.idr[0] &= ~(3u << 24);
  EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
  cfg.idr[5] &= 0xffff;
  expect_refused(&cfg, "IDR5.STALL_MAX is 0x0,");
  cfg.idr[0] |= 3u << 24;
  expect_refused(&cfg, "IDR0.STALL_MODEL");
}

TEST_CASE(Config, ReservedEndiannessIsRefused)
{
  for (uint32_t ttendian = 0; ttendian < 4; ttendian++) {
    struct smmu_config cfg = neutral();

    cfg.idr[0] = (cfg.idr[0] & ~(3u << 21)) | ttendian << 21;
    if (ttendian == 1)
      expect_refused(&cfg, "IDR0.TTENDIAN");
    else
      EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
  }
}

/* ---- ID registers against each other ---- */

TEST_CASE(Config, AStageIsNeeded)
{
  struct smmu_config cfg = neutral();

  cfg.idr[0] &= ~(3u | 1u << 9);
  expect_refused(&cfg, "IDR0");
}

TEST_CASE(Config, HypNeedsBothStages)
{
  struct smmu_config cfg = neutral();

  cfg.idr[0] &= ~1u;
  expect_refused(&cfg, "IDR0.HYP");
}

TEST_CASE(Config, LimitsOfIdr1)
{
  static const struct {
    uint32_t mask, value;
    const char *name;
  } rows[] = { { 0x3f, 33, "IDR1.SIDSIZE" },
               { 0x1f << 6, 21 << 6, "IDR1.SSIDSIZE" },
               { 0x1f << 16, 20 << 16, "IDR1.EVENTQS" },
               { 0x1f << 21, 20 << 21, "IDR1.CMDQS" } };

  for (unsigned i = 0; i < 4; i++) {
    struct smmu_config cfg = neutral();

    cfg.idr[1] = (cfg.idr[1] & ~rows[i].mask) | rows[i].value;
    expect_refused(&cfg, rows[i].name);
  }
}

TEST_CASE(Config, ReservedStreamTableLevelsAreRefused)
{
  struct smmu_config cfg = neutral();

  cfg.idr[0] |= 2u << 27;
  expect_refused(&cfg, "IDR0.ST_LEVEL");
}

TEST_CASE(Config, AGranuleIsNeeded)
{
  struct smmu_config cfg = neutral();

  cfg.idr[5] &= ~0x70u;
  expect_refused(&cfg, "IDR5");
}

/* OAS, granules, DS and VAX against each other. IHI 0070 6.3.6. */
TEST_CASE(Config, WideAddressesNeedWideDescriptors)
{
  static const struct {
    uint32_t idr5;
    const char *refused; /* NULL: legal */
  } rows[] = {
    { 0x046, NULL },       /* OAS 52 with GRAN64K */
    { 0x036, "IDR5.OAS" }, /* small granules alone */
    { 0x4b6, NULL },       /* the same with DS and VAX */
    { 0x0b6, "IDR5.DS" },  /* DS without VAX */
    { 0x445, NULL },       /* VAX apart from OAS */
    { 0x435, "IDR5.VAX" }, { 0x845, "IDR5.VAX" }, { 0x4c6, "IDR5.DS" }, { 0x047, "IDR5.OAS" },
  };

  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct smmu_config cfg = neutral();

    cfg.idr[5] = rows[i].idr5;
    if (rows[i].refused)
      expect_refused(&cfg, rows[i].refused);
    else
      EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
  }
}

TEST_CASE(Config, WideAddressesNeedV31)
{
  struct smmu_config cfg = neutral();

  cfg.idr[5] = 0x76;
  cfg.aidr = 0;
  expect_refused(&cfg, "AIDR");
}

TEST_CASE(Config, SevenBitStreamIdsNeedTwoLevels)
{
  struct smmu_config cfg = neutral();

  cfg.idr[0] &= ~(3u << 27);
  cfg.idr[1] = (cfg.idr[1] & ~0x3fu) | 7;
  expect_refused(&cfg, "IDR0.ST_LEVEL");
  cfg.idr[1]--;
  EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
}

TEST_CASE(Config, PtwnncNeedsStageTwo)
{
  struct smmu_config cfg = neutral();

  cfg.idr[3] |= 1u << 14;
  EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
  cfg.idr[0] &= ~(1u | 1u << 9);
  expect_refused(&cfg, "IDR3.PTWNNC");
}

TEST_CASE(Config, PbhaNeedsHad)
{
  struct smmu_config cfg = neutral();

  cfg.idr[3] |= 1u << 3;
  EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
  cfg.idr[3] &= ~4u;
  expect_refused(&cfg, "IDR3.PBHA");
}

/* ---- sizes ---- */

static void expect_size(size_t member, uint16_t value, const char *name)
{
  struct smmu_config cfg = neutral();

  *(uint16_t *)((char *)&cfg + member) = value;
  expect_refused(&cfg, name);
}

TEST_CASE(Config, SizesOutOfRangeAreRefused)
{
  expect_size(offsetof(struct smmu_config, txns), 0, "txns");
  expect_size(offsetof(struct smmu_config, txns), 1025, "txns");
  expect_size(offsetof(struct smmu_config, tbus), 0, "tbus");
  expect_size(offsetof(struct smmu_config, tbus), 65, "tbus");
  expect_size(offsetof(struct smmu_config, events), 0, "events");
  expect_size(offsetof(struct smmu_config, events), 1025, "events");
  expect_size(offsetof(struct smmu_config, replace), 2, "replace");
  expect_size(offsetof(struct smmu_config, atomic_bytes), 4, "atomic_bytes");
  expect_size(offsetof(struct smmu_config, atomic_bytes), 24, "atomic_bytes");
  expect_size(offsetof(struct smmu_config, atomic_bytes), 128, "atomic_bytes");
}

TEST_CASE(Config, CacheGeometryOutOfRangeIsRefused)
{
  expect_size(offsetof(struct smmu_config, utlb.sets), 3, "utlb");
  expect_size(offsetof(struct smmu_config, tlb.sets), 65535, "tlb");
  expect_size(offsetof(struct smmu_config, tlb.ways), 0, "tlb");
  expect_size(offsetof(struct smmu_config, walk_cache.ways), 257, "walk_cache");
  expect_size(offsetof(struct smmu_config, cfg_cache.sets), 6, "cfg_cache");
}

TEST_CASE(Config, MoreEntriesThanTheBlockCanHoldAreRefused)
{
  struct smmu_config cfg = neutral();

  cfg.utlb = (struct smmu_cache_config){ 32768, 256 };
  cfg.tbus = 64;
  expect_refused(&cfg, "entries");
}

/* The VATOS page is one of the SMMU's own, wherever IDR2 puts it; it has a place of its own. */
TEST_CASE(Config, RegistersReachToTheVatosPage)
{
  struct smmu_config cfg = neutral();

  EXPECT_EQ(smmu_mmio_bytes(&cfg), 0x20000u);
  cfg.idr[2] = 3;
  EXPECT_EQ(smmu_mmio_bytes(&cfg), 0x20000u);
  cfg.idr[0] |= 1u << 15 | 1u << 20;
  EXPECT_EQ(smmu_mmio_bytes(&cfg), 0x60000u);
  smmu_config_set_ecmdq(&cfg, 2, 1);
  EXPECT_EQ(smmu_mmio_bytes(&cfg), 0x120000u);
  cfg.idr[2] = 0x100;
  EXPECT_EQ(smmu_mmio_bytes(&cfg), 0x1030000u);
  EXPECT_EQ(smmu_config_check(&cfg, NULL, 0), SMMU_OK);
  cfg.idr[2] = 0xf; /* on the second control page */
  expect_refused(&cfg, "IDR2.BA_VATOS");
}

TEST_CASE(Config, VatosWithoutAtosIsRefused)
{
  struct smmu_config cfg = neutral();

  cfg.idr[0] |= 1u << 20;
  expect_refused(&cfg, "IDR0.VATOS");
}

TEST_CASE(Config, ReasonIsCutToItsRoom)
{
  struct smmu_config cfg = neutral();
  char why[8] = "";

  cfg.txns = 0;
  EXPECT_EQ(smmu_config_check(&cfg, why, sizeof why), SMMU_ERR_BADCFG);
  EXPECT_STREQ(why, "txns is");
}

/* Whatever a known device promises, the model keeps. */
TEST_CASE(Config, EveryKnownDeviceIsAccepted)
{
  char why[160];

  for (unsigned i = 0; smmu_ids_name(i); i++) {
    struct smmu_config cfg;

    smmu_config_neutral(&cfg);
    EXPECT_EQ(smmu_config_set_ids(&cfg, smmu_ids_name(i)), 0);
    if (smmu_config_check(&cfg, why, sizeof why) != 0)
      ADD_TEST_FAILURE("%s: %s", smmu_ids_name(i), why);
    EXPECT_NOT_NULL(smmu_ids_row(i, 0));
  }
  EXPECT_NULL(smmu_ids_what(6));
}

TEST_CASE(Config, UnknownDeviceIsNoConfiguration)
{
  struct smmu_config cfg, before;

  smmu_config_neutral(&cfg);
  before = cfg;
  EXPECT_EQ(smmu_config_set_ids(&cfg, "mmu-900"), SMMU_ERR_BADARG);
  EXPECT_MEMEQ(cfg.idr, before.idr, sizeof cfg.idr);
  EXPECT_EQ(cfg.idr6, before.idr6);
  EXPECT_EQ(cfg.mpamidr, before.mpamidr);
  EXPECT_EQ(cfg.iidr, before.iidr);
  EXPECT_EQ(cfg.aidr, before.aidr);
  EXPECT_EQ(cfg.page_requests, before.page_requests);
}
