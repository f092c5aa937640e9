/* Event records word for word, and how the transaction ends. IHI 0070 3.12, 5.5, 7.3; spec 3.4,
 * 3.7, 6.1. */
#include "shim/rig.h"

#define RNW      (1ULL << 35)
#define IND      (1ULL << 34)
#define PNU      (1ULL << 33)
#define S2       (1ULL << 39)
#define CLASS(n) ((uint64_t)(n) << 40)
#define TTRNW    (1ULL << 44)

enum { CLASS_CD = 0, CLASS_TT = 1, CLASS_IN = 2 };

/* The one new record has these four words. */
#define EXPECT_RECORD(rig, w0, w1, w2, w3) \
  do { \
    const uint64_t wanted[4] = { w0, w1, w2, w3 }; \
    uint64_t found[4]; \
    EXPECT_NE(rig_event(rig, found), 0u); \
    for (unsigned word_i = 0; word_i < 4; word_i++) \
      EXPECT_EQ(found[word_i], wanted[word_i]); \
  } while (0)

#define HEAD(type) ((uint64_t)SID << 32 | (type))

static void dma(struct rig *rig, struct smmu_txn txn)
{
  txn.sid = SID;
  EXPECT_NE(rig_dma(rig, txn).status, SMMU_STATUS_OK);
}

static void nested(struct rig *rig)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = 7, .vmid = 5 });
}

/* ---- records ---- */

ENGINE_TEST(Fault, RecordOfARead)
{
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
  EXPECT_RECORD(rig, HEAD(0x10), RNW | CLASS(CLASS_IN), 0x1234, 0);
}

ENGINE_TEST(Fault, RecordOfAPrivilegedWrite)
{
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .write = 1, .privileged = 1 });
  EXPECT_RECORD(rig, HEAD(0x10), PNU | CLASS(CLASS_IN), 0x1234, 0);
}

ENGINE_TEST(Fault, RecordOfAnInstructionFetch)
{
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .instruction = 1 });
  EXPECT_RECORD(rig, HEAD(0x10), RNW | IND | CLASS(CLASS_IN), 0x1234, 0);
}

ENGINE_TEST(Fault, WritesAreNeverInstructions)
{
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .instruction = 1, .write = 1 });
  EXPECT_RECORD(rig, HEAD(0x10), CLASS(CLASS_IN), 0x1234, 0);
}

ENGINE_TEST(Fault, RecordKeepsTheWholeInputAddress)
{
  dma(rig, (struct smmu_txn){ .addr = 0xfedcba9876543210 });
  EXPECT_RECORD(rig, HEAD(0x10), RNW | CLASS(CLASS_IN), 0xfedcba9876543210, 0);
}

ENGINE_TEST(Fault, RecordNamesTheSubstream)
{
  rig_stream(rig, SID, &(struct rig_stream){ .s1cdmax = 3 });
  rig_set_cd(rig, SID, 5, 20, &rig_space(rig, SID)->s1);
  dma(rig, (struct smmu_txn){ .addr = 0x1000, .ssid = 5, .ssv = 1 });
  EXPECT_RECORD(rig, HEAD(0x10) | 5 << 12 | 1 << 11, RNW | CLASS(CLASS_IN), 0x1000, 0);
}

ENGINE_TEST(Fault, RecordOfAPermissionFault)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_R);
  dma(rig, (struct smmu_txn){ .addr = 0x1008, .write = 1 });
  EXPECT_RECORD(rig, HEAD(0x13), CLASS(CLASS_IN), 0x1008, 0);
}

ENGINE_TEST(Fault, RecordOfAnAccessFlagFault)
{
  rig_map(rig, SID, 0x1000, 0x80000, RIG_RW | RIG_NO_AF);
  dma(rig, (struct smmu_txn){ .addr = 0x1008 });
  EXPECT_RECORD(rig, HEAD(0x12), RNW | CLASS(CLASS_IN), 0x1008, 0);
}

ENGINE_TEST(Fault, RecordOfAStageTwoFault)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6 });
  dma(rig, (struct smmu_txn){ .addr = 0x40001234 });
  EXPECT_RECORD(rig, HEAD(0x10), RNW | S2 | CLASS(CLASS_IN), 0x40001234, 0x40001000);
}

ENGINE_TEST(Fault, RecordOfAStageTwoFaultOnTheOutputOfStageOne)
{
  nested(rig);
  rig_map(rig, SID, 0x1000, 0x40005000, RIG_RW);
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
  EXPECT_RECORD(rig, HEAD(0x10), RNW | S2 | CLASS(CLASS_IN), 0x1234, 0x40005000);
}

ENGINE_TEST(Fault, RecordOfAStageTwoFaultOnAStageOneDescriptor)
{
  nested(rig);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, SID)->s1, 0x1000, 1),
                        0x40007000 | 3);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .write = 1 });
  EXPECT_RECORD(rig, HEAD(0x10), S2 | CLASS(CLASS_TT), 0x1234, 0x40007000);
}

ENGINE_TEST(Fault, RecordOfAStageTwoFaultOnTheCd)
{
  nested(rig);
  STE_SET(rig, SID, S1ContextPtr, 0x40009000 >> 6);
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
  EXPECT_RECORD(rig, HEAD(0x10), RNW | S2 | CLASS(CLASS_CD), 0x1234, 0x40009000);
}

ENGINE_TEST(Fault, RecordOfAStageTwoPermissionFaultOnADescriptorSaysRead)
{
  nested(rig);
  rig_map2(rig, SID, 0x40007000, 0x80000, RIG_W);
  engine_memory_store64(rig->memory, rig_table_desc(rig, &rig_space(rig, SID)->s1, 0x1000, 1),
                        0x40007000 | 3);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .write = 1 });
  EXPECT_RECORD(rig, HEAD(0x13), TTRNW | S2 | CLASS(CLASS_TT), 0x1234, 0x40007000);
}

ENGINE_TEST(Fault, RecordOfAnAbortedStageOneDescriptor)
{
  uint64_t at = rig_table_desc(rig, &rig_space(rig, SID)->s1, 0x1000, 1);

  engine_memory_inject_abort(rig->memory, at, 8, true);
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
  EXPECT_RECORD(rig, HEAD(0x0b), RNW | CLASS(CLASS_TT), 0x1234, at);
}

ENGINE_TEST(Fault, RecordOfAnAbortedStageTwoDescriptor)
{
  uint64_t at;

  rig_stream(rig, SID, &(struct rig_stream){ .config = 6 });
  at = rig_table_desc(rig, &rig_space(rig, SID)->s2, 0x40001000, 1);
  engine_memory_inject_abort(rig->memory, at, 8, true);
  dma(rig, (struct smmu_txn){ .addr = 0x40001234 });
  EXPECT_RECORD(rig, HEAD(0x0b), RNW | S2 | CLASS(CLASS_IN), 0x40001234, at);
}

ENGINE_TEST(Fault, RecordsOfStructureFetchesNameTheAddress)
{
  engine_memory_inject_abort(rig->memory, rig_cd(rig, SID, 0), 64, true);
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
  EXPECT_RECORD(rig, HEAD(0x09), 0, 0, rig_cd(rig, SID, 0));
  engine_memory_inject_abort(rig->memory, rig_ste(rig, SID), 64, true);
  dma(rig, (struct smmu_txn){ .addr = 0x1234 });
  EXPECT_RECORD(rig, HEAD(0x03), 0, 0, rig_ste(rig, SID));
}

ENGINE_TEST(Fault, RecordsOfBadStructuresAreTheirHead)
{
  CD_SET(rig, SID, 0, V, 0);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .write = 1 });
  EXPECT_RECORD(rig, HEAD(0x0a), 0, 0, 0);
  STE_SET(rig, SID, V, 0);
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .write = 1 });
  EXPECT_RECORD(rig, HEAD(0x04), 0, 0, 0);
}

ENGINE_TEST(Fault, BadSubstreamRecordHasTheSubstreamAndNoSsv)
{
  dma(rig, (struct smmu_txn){ .addr = 0x1234, .ssv = 1, .ssid = 9 });
  EXPECT_RECORD(rig, HEAD(0x08) | 9 << 12, 0, 0, 0);
}

/* ---- CD.A, CD.R, STE.S2R ---- */

ENGINE_TEST(Fault, StageOneFaultsWithoutRAreNotRecorded)
{
  CD_SET(rig, SID, 0, R, 0);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), F_TRANSLATION);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(Fault, StageOneFaultsWithoutAReadAsZero)
{
  CD_SET(rig, SID, 0, A, 0);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_RAZWI);
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
}

ENGINE_TEST(Fault, TermModelForbidsReadingAsZero)
{
  struct smmu_config config = rig->config;

  config.idr[0] |= 1u << 26;
  rig_restart(rig, &config);
  CD_SET(rig, SID, 0, A, 0);
  EXPECT_FAULT(rig_read(rig, SID, 0x1000), C_BAD_CD);
}

ENGINE_TEST(Fault, OtherFaultsIgnoreAAndR)
{
  CD_SET(rig, SID, 0, A, 0);
  CD_SET(rig, SID, 0, R, 0);
  engine_memory_inject_abort(rig->memory, rig_table_desc(rig, &rig_space(rig, SID)->s1, 0, 1), 8,
                             true);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_ABORT);
  EXPECT_EQ(rig_event(rig, NULL), 0x0bu);
}

ENGINE_TEST(Fault, StageTwoFaultsWithoutS2rAreNotRecorded)
{
  rig_stream(rig, SID, &(struct rig_stream){ .config = 6 });
  STE_SET(rig, SID, S2R, 0);
  EXPECT_FAULT(rig_read(rig, SID, 0x40000000), F_TRANSLATION);
  EXPECT_EQ(rig_event(rig, NULL), 0u);
}

ENGINE_TEST(Fault, StageTwoFaultsOfANestedStreamIgnoreTheCd)
{
  nested(rig);
  rig_map(rig, SID, 0x1000, 0x40005000, RIG_RW);
  CD_SET(rig, SID, 0, A, 0);
  CD_SET(rig, SID, 0, R, 0);
  EXPECT_EQ(rig_read(rig, SID, 0x1000).status, SMMU_STATUS_ABORT);
  EXPECT_EQ(rig_event(rig, NULL), 0x10u);
}

ENGINE_TEST(Fault, PermissionFaultOnAHitIsThatOfAWalk)
{
  uint64_t on_miss[4], on_hit[4];

  nested(rig);
  rig_map(rig, SID, 0x1000, 0x40005000, RIG_RW);
  rig_map2(rig, SID, 0x40005000, 0x80000, RIG_R);
  rig_write(rig, SID, 0x1238);
  rig_event(rig, on_miss);
  EXPECT_PA(rig_read(rig, SID, 0x1238), 0x80238);
  EXPECT_FAULT(rig_write(rig, SID, 0x1238), F_PERMISSION);
  EXPECT_EQ(rig_event(rig, on_hit), 0x13u);
  EXPECT_MEMEQ(on_miss, on_hit, sizeof on_hit);
}
