/* Flags in descriptors and requests: what an ATS Translation Request announces is done, an ATOS
 * request may forbid it. IHI 0070 3.13.7.1, 9.1.3, 13.7.1. */
#include "shim/rig_ats.h"

#define VA    0x1000ULL
#define PA    0x80000ULL
#define AF    (1ULL << 10)
#define RO    (1ULL << 7)
#define CLEAN (1ULL << 51 | RO)

enum { RUN = 0x100, ATOS_SID = 0x108, ATOS_ADDR = 0x110, ATOS_PAR = 0x118 };

static uint64_t word(struct rig *rig, uint64_t at)
{
  return engine_memory_load64(rig->memory, at);
}

/* A clean page that nobody has accessed, under HA and HD. */
static uint64_t make_page(struct rig *rig)
{
  uint64_t at = rig_map(rig, SID, VA, PA, RIG_RW | RIG_NO_AF);

  engine_memory_store64(rig->memory, at, word(rig, at) | CLEAN);
  CD_SET(rig, SID, 0, HA, 1);
  CD_SET(rig, SID, 0, HD, 1);
  return at;
}

static uint64_t with_ats(struct rig *rig)
{
  rig->config.idr[0] |= 2u << 6;
  rig_ats(rig, 1);
  return make_page(rig);
}

static unsigned request(struct rig *rig, bool write)
{
  struct smmu_result r =
    rig_ats_request(rig, (struct smmu_txn){ .addr = VA, .sid = SID, .write = write });

  EXPECT_EQ(r.status, SMMU_STATUS_OK);
  return r.perm;
}

ENGINE_TEST(HttuRequest, OfReadsAloneMakesNothingDirty)
{
  uint64_t at = with_ats(rig);

  EXPECT_EQ(request(rig, false), SMMU_PERM_READ);
  EXPECT_EQ(word(rig, at) & (AF | RO), AF | RO);
  EXPECT_EQ(request(rig, false), SMMU_PERM_READ); /* from the TLB */
  EXPECT_EQ(word(rig, at) & RO, RO);
}

ENGINE_TEST(HttuRequest, OfWritesMakesThePageDirtyAndIsGrantedThem)
{
  uint64_t at = with_ats(rig);

  EXPECT_EQ(request(rig, true), SMMU_PERM_READ | SMMU_PERM_WRITE);
  EXPECT_EQ(word(rig, at) & (AF | RO), AF);
}

ENGINE_TEST(HttuRequest, OfWritesToACachedCleanPageMakesItDirtyToo)
{
  uint64_t at = with_ats(rig);

  request(rig, false);
  EXPECT_EQ(request(rig, true), SMMU_PERM_READ | SMMU_PERM_WRITE);
  EXPECT_EQ(word(rig, at) & RO, 0u);
}

ENGINE_TEST(HttuRequest, StageTwoStaysCleanWhereStageOneIsReadOnly)
{
  uint64_t at;

  rig->config.idr[0] |= 2u << 6;
  rig_ats(rig, 1);
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7 });
  STE_SET(rig, SID, EATS, 1);
  STE_SET(rig, SID, S2HA, 1);
  STE_SET(rig, SID, S2HD, 1);
  rig_map(rig, SID, VA, 0x40005000, RIG_R);
  at = rig_map2(rig, SID, 0x40005000, PA, RIG_R);
  engine_memory_store64(rig->memory, at, word(rig, at) | 1ULL << 51);
  EXPECT_EQ(request(rig, true), SMMU_PERM_READ);
  EXPECT_EQ(word(rig, at) >> 7 & 1, 0u);
}

/* ---- ATOS ---- */

static uint64_t ask(struct rig *rig, unsigned httui)
{
  rig_mmio_write(rig, ATOS_SID, SID, 8);
  rig_mmio_write(rig, ATOS_ADDR, VA | 1u << 10 | httui << 6, 8); /* stage 1, a write */
  rig_mmio_write(rig, RUN, 1, 4);
  return rig_mmio_read(rig, ATOS_PAR, 8);
}

static uint64_t with_atos(struct rig *rig)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= 1u << 15 | 2u << 6;
  rig_restart(rig, &config);
  return make_page(rig);
}

ENGINE_TEST(HttuRequest, AtosUpdatesAsATransactionDoes)
{
  uint64_t at = with_atos(rig);

  EXPECT_EQ(ask(rig, 0) & 1, 0u);
  EXPECT_EQ(word(rig, at) & (AF | RO), AF);
}

ENGINE_TEST(HttuRequest, HttuiTranslatesAsIfAndChangesNothing)
{
  uint64_t at = with_atos(rig), before = word(rig, at);

  EXPECT_EQ(ask(rig, 1) & (1 | 0xfffffffff000), PA);
  EXPECT_EQ(word(rig, at), before);
}
