/* A block, or a contiguous group, larger than the effective output size: what is cached of it is the
 * part that is in range. IHI 0070 3.4, 7.3.14, 4.4.2; Arm ARM D8.3. */
#include "shim/rig.h"

enum { BLOCK = 0x4c1 }; /* level 0, output 0, AF, AP read-only */

#define IN_RANGE 0x0030000000ULL
#define BEYOND   0x1000000000ULL /* 2^36 */

/* OAS 52 and DS: 512 GB blocks. */
static void begin(struct rig *rig)
{
  struct smmu_config config = rig->config;

  config.idr[5] = 0x4f6;
  rig_restart(rig, &config);
}

/* Stage 1 of 48 bits with one block for 36 bits of output. Address of its descriptor. */
static uint64_t block_of_stage1(struct rig *rig)
{
  uint64_t table;

  begin(rig);
  table = rig_alloc(rig, 0x1000);
  CD_SET(rig, SID, 0, T0SZ, 16);
  CD_SET(rig, SID, 0, TTB0, table >> 4);
  CD_SET(rig, SID, 0, IPS, 1);
  CD_SET(rig, SID, 0, DS, 1);
  engine_memory_store64(rig->memory, table, BLOCK);
  return table;
}

/* The same for stage 2, below stage 1 if both. */
static uint64_t block_of_stage2(struct rig *rig, unsigned config)
{
  uint64_t table;

  begin(rig);
  rig_stream(rig, SID, &(struct rig_stream){ .config = (uint8_t)config, .vmid = 5 });
  table = rig_alloc(rig, 0x1000);
  STE_SET(rig, SID, S2T0SZ, 16);
  STE_SET(rig, SID, S2TTB, table >> 4);
  STE_SET(rig, SID, S2PS, 1);
  STE_SET(rig, SID, S2DS, 1);
  STE_SET(rig, SID, S2SL0, 2);
  engine_memory_store64(rig->memory, table, BLOCK);
  return table;
}

ENGINE_TEST(Oversize, CachedBlockDoesNotServeWhatIsOutOfRange)
{
  block_of_stage1(rig);
  EXPECT_PA(rig_read(rig, SID, IN_RANGE), IN_RANGE);
  EXPECT_EQ(rig_reads(rig, SID, BEYOND - 8), 0u);
  EXPECT_FAULT(rig_read(rig, SID, BEYOND), F_ADDR_SIZE);
}

ENGINE_TEST(Oversize, CachedStage2BlockDoesNotServeWhatIsOutOfRange)
{
  block_of_stage2(rig, 6);
  EXPECT_PA(rig_read(rig, SID, IN_RANGE), IN_RANGE);
  EXPECT_EQ(rig_reads(rig, SID, BEYOND - 8), 0u);
  EXPECT_FAULT(rig_read(rig, SID, BEYOND), F_ADDR_SIZE);
}

ENGINE_TEST(Oversize, StepOfANestedWalkDoesNotServeWhatIsOutOfRange)
{
  block_of_stage2(rig, 7);
  rig_map(rig, SID, 0x1000, IN_RANGE, RIG_R);
  rig_map(rig, SID, 0x2000, BEYOND, RIG_R);
  EXPECT_PA(rig_read(rig, SID, 0x1000), IN_RANGE);
  EXPECT_FAULT(rig_read(rig, SID, 0x2000), F_ADDR_SIZE);
}

ENGINE_TEST(Oversize, ContiguousGroupDoesNotServeWhatIsOutOfRange)
{
  struct smmu_config config = rig->config;
  uint64_t desc[2];

  config.contiguous = 1;
  rig_restart(rig, &config);
  CD_SET(rig, SID, 0, IPS, 0);
  for (unsigned i = 0; i < 2; i++) {
    uint64_t at = rig_map(rig, SID, 0x100000000ULL * i, 0x100000000ULL * i, RIG_R | RIG_L1);

    desc[i] = engine_memory_load64(rig->memory, at);
    engine_memory_store64(rig->memory, at, desc[i] | 1ULL << 52);
  }
  EXPECT_PA(rig_read(rig, SID, 0x5000), 0x5000);
  EXPECT_FAULT(rig_read(rig, SID, 0x100005000), F_ADDR_SIZE);
}

/* ---- invalidation by an address that was never in range ---- */

ENGINE_TEST(Oversize, InvalidationByAnyAddressOfTheBlockTakesThePart)
{
  uint64_t desc = block_of_stage1(rig);

  EXPECT_PA(rig_read(rig, SID, IN_RANGE), IN_RANGE);
  engine_memory_store64(rig->memory, desc, 0);
  rig_cmds(rig, "TLBI_NH_VA asid=7 va=0x2000000000 leaf=1; SYNC");
  EXPECT_FAULT(rig_read(rig, SID, IN_RANGE), F_TRANSLATION);
}

ENGINE_TEST(Oversize, InvalidationByAnyIpaOfTheBlockTakesThePart)
{
  uint64_t desc = block_of_stage2(rig, 7);

  rig_map(rig, SID, 0x1000, IN_RANGE, RIG_R);
  EXPECT_PA(rig_read(rig, SID, 0x1000), IN_RANGE);
  engine_memory_store64(rig->memory, desc, 0);
  rig_cmds(rig, "TLBI_S2_IPA vmid=5 ipa=0x2000000000 leaf=1; SYNC; CFGI_ALL; "
                "TLBI_NH_ALL vmid=5; SYNC");
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_TRANSLATION);
}
